#include "config.h"

#include "dnnl.h"

#include "base/error.h"
#include "base/pages.h"
#include "graph/activation.h"

#include <math.h>
#include <string.h>

struct _WhyPrimitive
{
  dnnl_primitive_t primitive;
  int n_args;
  gboolean bound;
  dnnl_exec_arg_t args[WHY_DNNL_ARGS_MAX];
  WhyBuffer *buffers[WHY_DNNL_ARGS_MAX]; /* NULL: packed memory */
  gsize offsets[WHY_DNNL_ARGS_MAX];      /* in the buffers */
  WhyPrimitive *next;                    /* owned: the step's next piece */
  dnnl_memory_desc_t scratch_md;
};

static dnnl_engine_t the_engine;
static dnnl_stream_t the_stream;

/* One engine and one stream serve all sessions: on the CPU they hold no state, and a primitive runs
 * in the thread that executes it. */
static void
start (void)
{
  static gsize once = 0;
  if (g_once_init_enter (&once))
    {
      if (dnnl_engine_create (&the_engine, dnnl_cpu, 0) != dnnl_success ||
          dnnl_stream_create (&the_stream, the_engine, dnnl_stream_default_flags) != dnnl_success)
        g_error ("oneDNN gives no CPU engine");
      /* Primitives are kept by the plans themselves. */
      g_once_init_leave (&once, 1);
    }
}

dnnl_engine_t
why_dnnl_engine (void)
{
  start ();
  return the_engine;
}

dnnl_stream_t
why_dnnl_stream (void)
{
  start ();
  return the_stream;
}

void
why_dnnl_forget (void)
{
  int capacity;

  if (dnnl_get_primitive_cache_capacity (&capacity) == dnnl_success &&
      dnnl_set_primitive_cache_capacity (0) == dnnl_success)
    dnnl_set_primitive_cache_capacity (capacity);
}

gboolean
why_dnnl_md_strides (int rank, const gint64 *dims, const gint64 *strides, dnnl_memory_desc_t *md)
{
  dnnl_dims_t md_dims, md_strides;
  if (rank < 1 || rank > 6)
    return FALSE;
  for (int axis = 0; axis < rank; axis++)
    {
      md_dims[axis] = dims[axis];
      md_strides[axis] = strides[axis];
    }
  return dnnl_memory_desc_init_by_strides (md, rank, md_dims, dnnl_f32, md_strides) == dnnl_success;
}

gboolean
why_dnnl_md (const WhyValue *value, WhyLayout layout, dnnl_memory_desc_t *md)
{
  gint64 strides[WHY_MAX_RANK];
  if (value->dtype != WHY_DTYPE_FLOAT32)
    return FALSE;
  if (layout == WHY_LAYOUT_CHANNELS_LAST && value->rank >= 3)
    why_dims_channels_last_strides (value->rank, value->dims, strides);
  else
    why_dims_dense_strides (value->rank, value->dims, strides);
  return why_dnnl_md_strides (value->rank, value->dims, strides, md);
}

gboolean
why_dnnl_md_any (int rank, const gint64 *dims, dnnl_memory_desc_t *md)
{
  dnnl_dims_t md_dims;
  if (rank < 1 || rank > 6)
    return FALSE;
  for (int axis = 0; axis < rank; axis++)
    md_dims[axis] = dims[axis];
  return dnnl_memory_desc_init_by_tag (md, rank, md_dims, dnnl_f32, dnnl_format_tag_any) ==
         dnnl_success;
}

dnnl_primitive_attr_t
why_dnnl_attr (void)
{
  dnnl_primitive_attr_t attr = NULL;
  start ();
  dnnl_primitive_attr_create (&attr);
  dnnl_primitive_attr_set_scratchpad_mode (attr, dnnl_scratchpad_mode_user);
  return attr;
}

const dnnl_memory_desc_t *
why_dnnl_weights_md (const WhyPrimitive *primitive)
{
  const_dnnl_primitive_desc_t pd = NULL;
  dnnl_primitive_get_primitive_desc (primitive->primitive, &pd);
  return dnnl_primitive_desc_query_md (pd, dnnl_query_weights_md, 0);
}

WhyPrimitive *
why_dnnl_primitive_new (dnnl_primitive_desc_t pd)
{
  WhyPrimitive *primitive = g_new0 (WhyPrimitive, 1);
  const dnnl_memory_desc_t *scratch =
    dnnl_primitive_desc_query_md (pd, dnnl_query_scratchpad_md, 0);
  dnnl_status_t status = dnnl_primitive_create (&primitive->primitive, pd);

  if (scratch != NULL)
    primitive->scratch_md = *scratch;
  dnnl_primitive_desc_destroy (pd);
  if (status == dnnl_success)
    return primitive;
  g_free (primitive);
  return NULL;
}

void
why_dnnl_primitive_free (gpointer data)
{
  WhyPrimitive *primitive = data;
  for (int arg = 0; arg < primitive->n_args; arg++)
    {
      if (primitive->buffers[arg] != NULL)
        dnnl_memory_destroy (primitive->args[arg].memory);
    }
  dnnl_primitive_destroy (primitive->primitive);
  g_clear_pointer (&primitive->next, why_dnnl_primitive_free);
  g_free (primitive);
}

void
why_dnnl_follow (WhyPrimitive *primitive, WhyPrimitive *next)
{
  while (primitive->next != NULL)
    primitive = primitive->next;
  primitive->next = next;
}

void
why_dnnl_bind (WhyPrimitive *primitive, int arg, const dnnl_memory_desc_t *md, WhyBuffer *buffer)
{
  why_dnnl_bind_at (primitive, arg, md, buffer, 0);
}

void
why_dnnl_bind_at (WhyPrimitive *primitive,
                  int arg,
                  const dnnl_memory_desc_t *md,
                  WhyBuffer *buffer,
                  gsize offset)
{
  dnnl_memory_t memory = NULL;
  g_assert (primitive->n_args < WHY_DNNL_ARGS_MAX);
  if (dnnl_memory_create (&memory, md, why_dnnl_engine (), DNNL_MEMORY_NONE) != dnnl_success)
    g_error ("oneDNN gives no memory object");
  primitive->args[primitive->n_args] = (dnnl_exec_arg_t){ arg, memory };
  primitive->offsets[primitive->n_args] = offset;
  primitive->buffers[primitive->n_args++] = buffer;
}

/* ---- packed constants ---- */

typedef struct
{
  dnnl_memory_t memory;
  gpointer data;
} Packed;

static void
packed_free (gpointer data)
{
  Packed *packed = data;
  dnnl_memory_destroy (packed->memory);
  why_pages_unshare (packed->data);
  g_free (packed);
}

static Packed *
pack (WhyPages *pages,
      const dnnl_memory_desc_t *from,
      const float *data,
      const dnnl_memory_desc_t *to,
      GError **error)
{
  Packed *packed = g_new0 (Packed, 1);
  gsize n_bytes = dnnl_memory_desc_get_size (to);
  dnnl_memory_t source = NULL;
  dnnl_primitive_desc_t pd = NULL;
  dnnl_primitive_t reorder = NULL;
  gboolean done =
    (packed->data = why_pages_share (pages, n_bytes)) != NULL &&
    dnnl_memory_create (&packed->memory, to, why_dnnl_engine (), packed->data) == dnnl_success &&
    dnnl_memory_create (&source, from, why_dnnl_engine (), (void *) data) == dnnl_success;

  if (done && dnnl_memory_desc_equal (from, to))
    memcpy (packed->data, data, n_bytes);
  else if (done)
    {
      done = dnnl_reorder_primitive_desc_create (&pd, from, why_dnnl_engine (), to,
                                                 why_dnnl_engine (), NULL) == dnnl_success &&
             dnnl_primitive_create (&reorder, pd) == dnnl_success;
      dnnl_exec_arg_t args[] = { { DNNL_ARG_FROM, source }, { DNNL_ARG_TO, packed->memory } };
      done = done &&
             dnnl_primitive_execute (reorder, why_dnnl_stream (), 2, args) == dnnl_success &&
             dnnl_stream_wait (why_dnnl_stream ()) == dnnl_success;
    }
  dnnl_primitive_destroy (reorder);
  dnnl_primitive_desc_destroy (pd);
  dnnl_memory_destroy (source);
  if (done)
    return packed;
  packed_free (packed);
  g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
               "There is no memory to lay out %" G_GSIZE_FORMAT " MB of weights", n_bytes >> 20);
  return NULL;
}

gboolean
why_dnnl_bind_packed (WhyPrimitive *primitive,
                      WhyPlan *plan,
                      int arg,
                      gconstpointer key,
                      gsize key_size,
                      const dnnl_memory_desc_t *from,
                      const float *data,
                      const dnnl_memory_desc_t *to,
                      GError **error)
{
  GHashTable *cache = why_plan_options (plan)->packed;
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) &arg, sizeof arg);
  g_byte_array_append (bytes, key, (guint) key_size);
  g_byte_array_append (bytes, (const guint8 *) to, sizeof *to);
  GBytes *full_key = g_byte_array_free_to_bytes (bytes);
  WhyPacked *entry = g_hash_table_lookup (cache, full_key);
  Packed *packed = entry != NULL ? entry->data : NULL;
  if (packed == NULL && why_plan_only_measures (plan, dnnl_memory_desc_get_size (to)))
    {
      g_bytes_unref (full_key);
      return TRUE;
    }
  if (packed == NULL)
    {
      packed = pack (why_plan_options (plan)->pages, from, data, to, error);
      if (packed == NULL)
        {
          g_bytes_unref (full_key);
          return FALSE;
        }
      entry = g_new (WhyPacked, 1);
      *entry = (WhyPacked){ packed, packed_free, dnnl_memory_desc_get_size (to), 0 };
      g_hash_table_insert (cache, g_bytes_ref (full_key), entry);
    }
  g_bytes_unref (full_key);
  why_plan_use_packed (plan, entry);
  g_assert (primitive->n_args < WHY_DNNL_ARGS_MAX);
  primitive->args[primitive->n_args] = (dnnl_exec_arg_t){ arg, packed->memory };
  primitive->buffers[primitive->n_args++] = NULL;
  return TRUE;
}

/* ---- the step ---- */

static void
set_memory (WhyPrimitive *primitive)
{
  for (int arg = 0; arg < primitive->n_args; arg++)
    {
      if (primitive->buffers[arg] != NULL)
        dnnl_memory_set_data_handle (primitive->args[arg].memory,
                                     (guint8 *) primitive->buffers[arg]->data +
                                       primitive->offsets[arg]);
    }
  primitive->bound = TRUE;
}

static gboolean
run_primitive (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  if (step->adds_to != NULL && step->adds_to->data != step->outputs[0]->data)
    memcpy (step->outputs[0]->data, step->adds_to->data, step->outputs[0]->n_bytes);
  for (WhyPrimitive *primitive = step->data; primitive != NULL; primitive = primitive->next)
    {
      /* Where buffers lie is known only once the whole plan is laid out, and never changes after. */
      if (!primitive->bound)
        set_memory (primitive);
      if (dnnl_primitive_execute (primitive->primitive, why_dnnl_stream (), primitive->n_args,
                                  primitive->args) != dnnl_success)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_FAILED, "%s '%s': oneDNN could not compute it",
                       step->node->klass->type, step->node->name);
          return FALSE;
        }
      if (primitive->next != NULL && !why_cancel_check (cancel, error))
        return FALSE;
    }
  return TRUE;
}

WhyStep *
why_dnnl_add_step (WhyPlan *plan,
                   const WhyNode *node,
                   WhyPrimitive *primitive,
                   WhyBuffer *const *inputs,
                   guint n_inputs,
                   WhyBuffer *output)
{
  gsize scratch_bytes = 0;
  WhyBuffer *scratch = NULL;

  for (WhyPrimitive *piece = primitive; piece != NULL; piece = piece->next)
    {
      if (piece->scratch_md.ndims > 0)
        scratch_bytes = MAX (scratch_bytes, dnnl_memory_desc_get_size (&piece->scratch_md));
    }
  if (scratch_bytes > 0)
    scratch = why_plan_scratch (plan, scratch_bytes);
  for (WhyPrimitive *piece = primitive; piece != NULL; piece = piece->next)
    {
      if (piece->scratch_md.ndims > 0 && dnnl_memory_desc_get_size (&piece->scratch_md) > 0)
        why_dnnl_bind (piece, DNNL_ARG_SCRATCHPAD, &piece->scratch_md, scratch);
    }
  WhyStep *step = why_plan_add_step (plan, node, run_primitive, inputs, n_inputs, &output, 1,
                                     primitive, why_dnnl_primitive_free);
  step->scratch = scratch;
  return step;
}

/* ---- post-ops ---- */

gboolean
why_channel_constant (const WhyValue *value, int rank, int channel_axis, gint64 channels)
{
  if (value->constant == NULL || value->dtype != WHY_DTYPE_FLOAT32 || value->rank > rank)
    return FALSE;
  for (int axis = 0; axis < value->rank; axis++)
    {
      int place = rank - value->rank + axis;
      if (value->dims[axis] != 1 && (place != channel_axis || value->dims[axis] != channels))
        return FALSE;
    }
  return TRUE;
}

/* oneDNN's generated code (seen in 2.6.3) gives all post-ops of one kind the parameters of the
 * first: another of that kind may only follow if it has the same. */
static gboolean
may_append (dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta)
{
  for (int op = 0; op < dnnl_post_ops_len (ops); op++)
    {
      dnnl_alg_kind_t other;
      float scale, other_alpha, other_beta;
      if (dnnl_post_ops_get_kind (ops, op) == dnnl_eltwise &&
          dnnl_post_ops_get_params_eltwise (ops, op, &scale, &other, &other_alpha, &other_beta) ==
            dnnl_success &&
          other == kind && (other_alpha != alpha || other_beta != beta))
        return FALSE;
    }
  return TRUE;
}

static gboolean
append_eltwise (dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta)
{
  return may_append (ops, kind, alpha, beta) &&
         dnnl_post_ops_append_eltwise (ops, 1.0f, kind, alpha, beta) == dnnl_success;
}

/* An activation as oneDNN's element-wise post-op. */
static gboolean
append_activation (dnnl_post_ops_t ops, const WhyNode *node)
{
  const char *type = node->klass->type;
  const WhyActivationParams *params = node->params;
  dnnl_alg_kind_t kind;
  float alpha = 0, beta = 0;

  if (strcmp (type, "Relu") == 0)
    kind = dnnl_eltwise_relu;
  else if (strcmp (type, "LeakyRelu") == 0)
    {
      kind = dnnl_eltwise_relu;
      alpha = (float) params->alpha;
    }
  else if (strcmp (type, "Clip") == 0 && params->bounds_known)
    {
      kind = dnnl_eltwise_clip;
      alpha = (float) fmax (fmin (params->min, params->max), (double) -G_MAXFLOAT);
      beta = (float) fmin (params->max, (double) G_MAXFLOAT);
    }
  else if (strcmp (type, "Sigmoid") == 0)
    kind = dnnl_eltwise_logistic;
  else if (strcmp (type, "Tanh") == 0)
    kind = dnnl_eltwise_tanh;
  else if (strcmp (type, "HardSwish") == 0)
    kind = dnnl_eltwise_hardswish;
  else if (strcmp (type, "Gelu") == 0)
    kind = params->approximate ? dnnl_eltwise_gelu_tanh : dnnl_eltwise_gelu_erf;
  else if (strcmp (type, "HardSigmoid") == 0)
    return may_append (ops, dnnl_eltwise_clip, 0.0f, 1.0f) &&
           append_eltwise (ops, dnnl_eltwise_linear, (float) params->alpha, (float) params->beta) &&
           append_eltwise (ops, dnnl_eltwise_clip, 0.0f, 1.0f);
  else
    return FALSE;
  return append_eltwise (ops, kind, alpha, beta);
}

/* Whether @gate, multiplied with its own input, is oneDNN's hard swish. */
static gboolean
append_gated (dnnl_post_ops_t ops, const WhyNode *gate)
{
  const WhyActivationParams *params = gate->params;

  return strcmp (gate->klass->type, "HardSigmoid") == 0 &&
         fabs (params->alpha - 1.0 / 6.0) < 1e-7 && params->beta == 0.5 &&
         append_eltwise (ops, dnnl_eltwise_hardswish, 0, 0);
}

/* oneDNN's best convolutions (2.6.3) add to what is in the result's memory already, but know no other
 * operand, so where the summand is not read again, its memory becomes the result's. */
static gboolean
adds_in_place (WhyPlan *plan,
               const WhyNode *node,
               const WhyValue *other,
               WhyLayout layout,
               const WhyPostOps *post)
{
  return post->n == 0 && post->node != NULL && other != post->node->inputs[0] &&
         (why_plan_layout (plan, other) == layout || why_layout_same (other)) &&
         why_plan_last_read (plan, other, post->node, node);
}

/* An addition of a value of the same shape that is there already: a residual connection. */
static gboolean
append_addition (WhyPlan *plan,
                 const WhyNode *node,
                 const WhyValue *tail,
                 WhyLayout layout,
                 const dnnl_memory_desc_t *dst,
                 WhyPostOps *post,
                 gboolean *added,
                 GError **error)
{
  *added = FALSE;
  if (strcmp (node->klass->type, "Add") != 0 || node->inputs[0] == node->inputs[1])
    return TRUE;
  WhyValue *other = node->inputs[0] == tail ? node->inputs[1] : node->inputs[0];
  if (other->dtype != WHY_DTYPE_FLOAT32 || other->rank != tail->rank ||
      memcmp (other->dims, tail->dims, (gsize) tail->rank * sizeof *tail->dims) != 0 ||
      !why_plan_has (plan, other))
    return TRUE;
  if (adds_in_place (plan, node, other, layout, post))
    {
      if (dnnl_post_ops_append_sum (post->ops, 1.0f) != dnnl_success)
        return TRUE;
      post->adds_to = post->operands[post->n] = why_plan_input (plan, other, layout, error);
      *added = TRUE;
      return TRUE;
    }
  post->operand_mds[post->n] = *dst;
  if (dnnl_post_ops_append_binary (post->ops, dnnl_binary_add, dst) != dnnl_success)
    return TRUE;
  post->operands[post->n] = why_plan_input (plan, other, layout, error);
  *added = TRUE;
  return post->operands[post->n] != NULL;
}

gboolean
why_dnnl_collect_post_ops (WhyPlan *plan,
                           WhyValue **tail,
                           WhyLayout layout,
                           const dnnl_memory_desc_t *dst,
                           WhyPostOps *post,
                           GError **error)
{
  *post = (WhyPostOps){ .node = post->node };
  dnnl_post_ops_create (&post->ops);
  /* One node may need two post-ops. */
  while (post->n + 2 <= (int) G_N_ELEMENTS (post->operands))
    {
      const WhyNode *reader = why_plan_only_reader (plan, *tail), *gate;
      const WhyNode *product = why_plan_gated (plan, *tail, &gate);
      gboolean added = FALSE;

      if (product != NULL && append_gated (post->ops, gate))
        {
          why_plan_absorb (plan, gate);
          why_plan_absorb (plan, product);
          post->n = dnnl_post_ops_len (post->ops);
          *tail = product->outputs[0];
          continue;
        }
      if (reader == NULL || reader->n_outputs != 1)
        return TRUE;
      if (reader->inputs[0] == *tail && append_activation (post->ops, reader))
        {
          added = TRUE;
          post->n = dnnl_post_ops_len (post->ops);
        }
      else if (!append_addition (plan, reader, *tail, layout, dst, post, &added, error))
        return FALSE;
      else if (added)
        post->n++;
      if (!added)
        return TRUE;
      why_plan_absorb (plan, reader);
      *tail = reader->outputs[0];
    }
  return TRUE;
}

void
why_dnnl_bind_post_ops_at (WhyPrimitive *primitive,
                           const WhyPostOps *post,
                           const dnnl_memory_desc_t *dst,
                           gsize offset)
{
  for (int op = 0; op < post->n; op++)
    {
      if (post->operands[op] != NULL && post->operands[op] != post->adds_to)
        why_dnnl_bind_at (primitive, DNNL_ARG_ATTR_MULTIPLE_POST_OP (op) | DNNL_ARG_SRC_1, dst,
                          post->operands[op], offset);
    }
}

void
why_dnnl_bind_post_ops (WhyPrimitive *primitive,
                        const WhyPostOps *post,
                        WhyBuffer **inputs,
                        guint *n_inputs)
{
  for (int op = 0; op < post->n; op++)
    {
      if (post->operands[op] == NULL)
        continue;
      inputs[(*n_inputs)++] = post->operands[op];
      if (post->operands[op] == post->adds_to)
        continue;
      why_dnnl_bind (primitive, DNNL_ARG_ATTR_MULTIPLE_POST_OP (op) | DNNL_ARG_SRC_1,
                     &post->operand_mds[op], post->operands[op]);
    }
}
