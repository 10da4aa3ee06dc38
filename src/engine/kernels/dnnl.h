#pragma once

#include "../plan.h"

#include <oneapi/dnnl/dnnl.h>

G_BEGIN_DECLS

/* What the kernels on oneDNN share: memory descriptors of values, packed constants, and the step
 * that executes a primitive. Written against oneDNN 2.x (Debian 12 has 2.6.3). */

#define WHY_DNNL_ARGS_MAX 10

dnnl_engine_t why_dnnl_engine (void);
dnnl_stream_t why_dnnl_stream (void);

/** why_dnnl_forget: drops the primitives that oneDNN keeps for who asks for the same once more; those in use stay. Any
 * thread */
void why_dnnl_forget (void);

/** why_dnnl_md: describes float32 memory of a value in a layout; %FALSE if oneDNN cannot (rank over
 * 6) */
gboolean why_dnnl_md (const WhyValue *value, WhyLayout layout, dnnl_memory_desc_t *md);

/** why_dnnl_md_any: the same dims, layout for oneDNN to choose */
gboolean why_dnnl_md_any (int rank, const gint64 *dims, dnnl_memory_desc_t *md);

/** why_dnnl_md_strides: @strides in elements */
gboolean
why_dnnl_md_strides (int rank, const gint64 *dims, const gint64 *strides, dnnl_memory_desc_t *md);

/** why_dnnl_attr: a primitive attribute whose scratch memory is the caller's */
dnnl_primitive_attr_t why_dnnl_attr (void);

typedef struct _WhyPrimitive WhyPrimitive;

/** why_dnnl_primitive_new: @pd: (transfer full): destroyed. %NULL: not to be had */
WhyPrimitive *why_dnnl_primitive_new (dnnl_primitive_desc_t pd);
void why_dnnl_primitive_free (gpointer primitive);

/** why_dnnl_bind: argument @arg is the memory of @buffer, described by @md */
void
why_dnnl_bind (WhyPrimitive *primitive, int arg, const dnnl_memory_desc_t *md, WhyBuffer *buffer);

/** why_dnnl_bind_at: as why_dnnl_bind(), @offset bytes into the buffer */
void why_dnnl_bind_at (WhyPrimitive *primitive,
                       int arg,
                       const dnnl_memory_desc_t *md,
                       WhyBuffer *buffer,
                       gsize offset);

/** why_dnnl_follow: @next (transfer full) is executed after @primitive, in the same step, if nobody has
 * cancelled in between */
void why_dnnl_follow (WhyPrimitive *primitive, WhyPrimitive *next);

/**
 * why_dnnl_bind_packed:
 * @key: (array length=key_size): what tells this constant from others of the same graph
 * @from: descriptor of @data
 * @to: what the primitive wants; @data is converted once and kept with the session
 */
gboolean why_dnnl_bind_packed (WhyPrimitive *primitive,
                               WhyPlan *plan,
                               int arg,
                               gconstpointer key,
                               gsize key_size,
                               const dnnl_memory_desc_t *from,
                               const float *data,
                               const dnnl_memory_desc_t *to,
                               GError **error);

/** why_dnnl_add_step: Returns: the step that executes @primitive (transfer full) */
WhyStep *why_dnnl_add_step (WhyPlan *plan,
                        const WhyNode *node,
                        WhyPrimitive *primitive,
                        WhyBuffer *const *inputs,
                        guint n_inputs,
                        WhyBuffer *output);

/** why_dnnl_weights_md: the layout of weights that @primitive wants */
const dnnl_memory_desc_t *why_dnnl_weights_md (const WhyPrimitive *primitive);

/* ---- post-ops: what follows a convolution or matrix product element by element ---- */

/**
 * WhyPostOps:
 * @node: (nullable): set before collecting where the primitive can add its result to what lies in the
 * result's memory: whose it is, which reads its input 0 from memory that is another's
 * @adds_to: (nullable): the operand to which the result is added in place
 */
typedef struct
{
  const WhyNode *node;
  WhyBuffer *adds_to;
  dnnl_post_ops_t ops;
  int n;
  WhyBuffer *operands[5]; /* of binary ones, by number of post-op; NULL: element-wise */
  dnnl_memory_desc_t operand_mds[5];
} WhyPostOps;

/**
 * why_dnnl_collect_post_ops:
 * @tail: (inout): the value so far; afterwards the value that the last absorbed node computes
 * @layout: layout of the result
 * @dst: the result as the primitive sees it; a stack of matrices may be one tall matrix there
 *
 * Absorbs activations and additions of equal shape that follow @tail and that nobody else wants to
 * see.
 */
gboolean why_dnnl_collect_post_ops (WhyPlan *plan,
                                    WhyValue **tail,
                                    WhyLayout layout,
                                    const dnnl_memory_desc_t *dst,
                                    WhyPostOps *post,
                                    GError **error);
void why_dnnl_bind_post_ops (WhyPrimitive *primitive,
                             const WhyPostOps *post,
                             WhyBuffer **inputs,
                             guint *n_inputs);

/** why_dnnl_bind_post_ops_at: of one piece of a step: @dst describes its part of the result, and of the
 * operands, @offset bytes into them */
void why_dnnl_bind_post_ops_at (WhyPrimitive *primitive,
                                const WhyPostOps *post,
                                const dnnl_memory_desc_t *dst,
                                gsize offset);

/**
 * why_channel_constant:
 *
 * Returns: whether @value is a constant float32 that is one number, or one a channel of a tensor of
 *   @rank with @channels channels (shape [C, 1, ...] or [1, C, 1, ...])
 */
gboolean why_channel_constant (const WhyValue *value, int rank, int channel_axis, gint64 channels);

extern const WhyKernel why_dnnl_conv_kernels[];
extern const WhyKernel why_dnnl_matmul_kernels[];

G_END_DECLS
