#include "config.h"

#include "dnnl.h"

#include "base/error.h"
#include "graph/conv.h"
#include "graph/normalization.h"

#include <math.h>
#include <string.h>

/* Convolutions in channels last. Batch normalisation and other per-channel constants that follow
 * are multiplied into weight and bias; activations and residual additions become post-ops. */

typedef struct
{
  float *weight, *bias; /* of the fused operator; NULL: those of the node as they are */
  gboolean has_bias;
} Fused;

static void
geometry (const WhyConvParams *params,
          dnnl_dim_t *strides,
          dnnl_dim_t *dilates,
          dnnl_dim_t *pad_l,
          dnnl_dim_t *pad_r)
{
  int front = WHY_CONV_SPATIAL - params->n_spatial;
  for (int axis = 0; axis < params->n_spatial; axis++)
    {
      strides[axis] = params->stride[front + axis];
      dilates[axis] = params->dilation[front + axis] - 1;
      pad_l[axis] = params->pad_begin[front + axis];
      pad_r[axis] = params->pad_end[front + axis];
    }
}

static gboolean
has_negative_pad (const WhyConvParams *params)
{
  for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
    {
      if (params->pad_begin[axis] < 0 || params->pad_end[axis] < 0)
        return TRUE;
    }
  return FALSE;
}

/* The weight's dims as oneDNN has them: with groups as the first dimension where there are groups.
 * For transposed convolutions the file has (in, out/g, k...) where oneDNN wants out before in. */
static int
weight_dims (const WhyValue *w, gint64 groups, gboolean transposed, gint64 *dims, gint64 *strides)
{
  gint64 dense[WHY_MAX_RANK];
  int rank = 0;

  why_dims_dense_strides (w->rank, w->dims, dense);
  if (groups > 1)
    {
      dims[0] = groups;
      strides[0] = dense[0] * (w->dims[0] / groups);
      rank = 1;
    }
  dims[rank] = w->dims[0] / groups;
  strides[rank] = dense[0];
  dims[rank + 1] = w->dims[1];
  strides[rank + 1] = dense[1];
  if (transposed)
    {
      gint64 dim = dims[rank], stride = strides[rank];
      dims[rank] = dims[rank + 1];
      strides[rank] = strides[rank + 1];
      dims[rank + 1] = dim;
      strides[rank + 1] = stride;
    }
  for (int axis = 2; axis < w->rank; axis++)
    {
      dims[rank + axis] = w->dims[axis];
      strides[rank + axis] = dense[axis];
    }
  return rank + w->rank;
}

/* ---- per-channel constants ---- */

static double
channel_value (const WhyTensor *tensor, gint64 c)
{
  return why_tensor_get_f64 (tensor, why_tensor_count (tensor) == 1 ? 0 : (gsize) c);
}

/* If @node is y = s x + t with constants per channel, takes it into scale and shift. */
static gboolean
take_affine (const WhyNode *node, const WhyValue *tail, double *scale, double *shift)
{
  const char *type = node->klass->type;
  gint64 channels = tail->dims[1];

  if (strcmp (type, "BatchNormalization") == 0)
    {
      const WhyBatchNormParams *params = node->params;
      if (params->training || node->inputs[0] != tail)
        return FALSE;
      for (guint input = 1; input < 5; input++)
        {
          if (node->inputs[input]->constant == NULL)
            return FALSE;
        }
      for (gint64 c = 0; c < channels; c++)
        {
          double s = channel_value (node->inputs[1]->constant, c) /
                     sqrt (channel_value (node->inputs[4]->constant, c) + params->epsilon);
          scale[c] *= s;
          shift[c] = (shift[c] - channel_value (node->inputs[3]->constant, c)) * s +
                     channel_value (node->inputs[2]->constant, c);
        }
      return TRUE;
    }
  gboolean multiplies = strcmp (type, "Mul") == 0, adds = strcmp (type, "Add") == 0;
  if ((!multiplies && !adds) || node->inputs[0] == node->inputs[1])
    return FALSE;
  const WhyValue *other = node->inputs[0] == tail ? node->inputs[1] : node->inputs[0];
  if (!why_channel_constant (other, tail->rank, 1, channels) ||
      node->outputs[0]->rank != tail->rank)
    return FALSE;
  for (gint64 c = 0; c < channels; c++)
    {
      double value = channel_value (other->constant, c);
      scale[c] *= multiplies ? value : 1.0;
      shift[c] = multiplies ? shift[c] * value : shift[c] + value;
    }
  return TRUE;
}

/* Follows the chain of per-channel constants after @node and multiplies them into weight and bias.
 */
static void
fuse_affine (WhyPlan *plan, const WhyNode *node, gboolean transposed, WhyValue **tail, Fused *fused)
{
  const WhyValue *w = node->inputs[1], *b = why_node_input (node, 2);
  gint64 channels = (*tail)->dims[1];
  g_autofree double *scale = g_new (double, MAX (channels, 1)),
                    *shift = g_new (double, MAX (channels, 1));
  gboolean any = FALSE;

  for (gint64 c = 0; c < channels; c++)
    {
      scale[c] = 1.0;
      shift[c] = b != NULL ? channel_value (b->constant, c) : 0.0;
    }
  for (const WhyNode *reader; (reader = why_plan_only_reader (plan, *tail)) != NULL &&
                              take_affine (reader, *tail, scale, shift);)
    {
      why_plan_absorb (plan, reader);
      *tail = reader->outputs[0];
      any = TRUE;
    }
  fused->has_bias = b != NULL || any;
  if (!any)
    return;
  gsize count = why_tensor_count (w->constant), inner = count / (gsize) MAX (w->dims[0], 1);
  gsize kernel = inner / (gsize) MAX (w->dims[1], 1);
  gint64 groups = ((const WhyConvParams *) node->params)->groups;
  const float *from = w->constant->data;
  fused->weight = g_new (float, MAX (count, 1));
  fused->bias = g_new (float, MAX (channels, 1));
  for (gsize at = 0; at < count; at++)
    {
      gsize channel = at / inner;
      if (transposed) /* (in, out/g, k...): the channel is the second dimension, within the group of
                         the first */
        channel = at / kernel % (gsize) w->dims[1] +
                  at / inner / (gsize) (w->dims[0] / groups) * (gsize) w->dims[1];
      fused->weight[at] = (float) ((double) from[at] * scale[channel]);
    }
  for (gint64 c = 0; c < channels; c++)
    fused->bias[c] = (float) shift[c];
}

static void
fused_clear (Fused *fused)
{
  g_free (fused->weight);
  g_free (fused->bias);
}

/* ---- forward ---- */

static dnnl_primitive_desc_t
create_pd (const void *desc, WhyPostOps *post, const_dnnl_primitive_desc_t hint)
{
  dnnl_primitive_attr_t attr = why_dnnl_attr ();
  dnnl_primitive_desc_t pd = NULL;
  if (post != NULL)
    dnnl_primitive_attr_set_post_ops (attr, post->ops);
  if (dnnl_primitive_desc_create (&pd, desc, attr, why_dnnl_engine (), hint) != dnnl_success)
    pd = NULL;
  dnnl_primitive_attr_destroy (attr);
  return pd;
}

/* Conv and ConvTranspose differ in the descriptor alone. */
static dnnl_primitive_desc_t
forward_pd (const WhyConvParams *params,
            gboolean transposed,
            const dnnl_memory_desc_t *src,
            const dnnl_memory_desc_t *weight,
            const dnnl_memory_desc_t *bias,
            const dnnl_memory_desc_t *dst,
            WhyPostOps *post)
{
  dnnl_dims_t strides, dilates, pad_l, pad_r;
  geometry (params, strides, dilates, pad_l, pad_r);
  if (transposed)
    {
      dnnl_deconvolution_desc_t desc;
      if (dnnl_dilated_deconvolution_forward_desc_init (
            &desc, dnnl_forward_inference, dnnl_deconvolution_direct, src, weight, bias, dst,
            strides, dilates, pad_l, pad_r) != dnnl_success)
        return NULL;
      return create_pd (&desc, post, NULL);
    }
  dnnl_convolution_desc_t desc;
  if (dnnl_dilated_convolution_forward_desc_init (&desc, dnnl_forward_inference,
                                                  dnnl_convolution_direct, src, weight, bias, dst,
                                                  strides, dilates, pad_l, pad_r) != dnnl_success)
    return NULL;
  return create_pd (&desc, post, NULL);
}

/* ---- long convolutions in pieces ---- */

/* A primitive cannot be stopped. One that takes longer than this, in seconds, is made of several, so that
 * cancelling does not have to wait: a volume of 256^3 keeps two cores busy for a second and more. */
#define PIECE_SECONDS 0.04
/* Slow cores: rather a piece too many than one too few. */
#define PRODUCTS_PER_SECOND 2e10
#define BYTES_PER_SECOND 4e9
/* Few channels are computed as a vector of them. */
#define CHANNELS_LEAST 16

typedef struct
{
  int axis;            /* along which it is cut: pictures, or the first spatial one */
  gint64 begin, end;   /* of the output */
  gint64 first, count; /* of the input */
  WhyConvParams params;
} Piece;

static double
estimate_seconds (const WhyConvParams *params, const WhyValue *x, const WhyValue *w, const WhyValue *y)
{
  double products = (double) MAX (w->dims[1], MIN (CHANNELS_LEAST, x->dims[1])), values = 1;

  for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
    products *= (double) params->kernel[axis];
  for (int axis = 0; axis < y->rank; axis++)
    values *= (double) (axis == 1 ? MAX (y->dims[1], CHANNELS_LEAST) : y->dims[axis]);
  return products * values / PRODUCTS_PER_SECOND + 2.0 * values * sizeof (float) / BYTES_PER_SECOND;
}

/* Part @index of @n; FALSE if it would read padding alone. */
static gboolean
cut_piece (const WhyConvParams *params,
           const WhyValue *x,
           const WhyValue *y,
           gint64 index,
           gint64 n,
           Piece *piece)
{
  int front = WHY_CONV_SPATIAL - params->n_spatial;

  piece->params = *params;
  piece->axis = y->dims[0] > 1 ? 0 : 2;
  piece->begin = y->dims[piece->axis] * index / n;
  piece->end = y->dims[piece->axis] * (index + 1) / n;
  piece->first = piece->begin;
  piece->count = piece->end - piece->begin;
  if (piece->axis == 0)
    return TRUE;
  gint64 begin = piece->begin * params->stride[front] - params->pad_begin[front];
  gint64 end = (piece->end - 1) * params->stride[front] - params->pad_begin[front] +
               (params->kernel[front] - 1) * params->dilation[front] + 1;
  piece->params.pad_begin[front] = MAX (0, -begin);
  piece->params.pad_end[front] = MAX (0, end - x->dims[2]);
  piece->first = MAX (begin, 0);
  piece->count = MIN (end, x->dims[2]) - piece->first;
  return piece->count > 0;
}

/* Describes @count places from @first on along @axis; the offset in bytes. */
static gsize
part_md (const dnnl_memory_desc_t *whole, int axis, gint64 first, gint64 count, dnnl_memory_desc_t *part)
{
  gint64 dims[WHY_MAX_RANK], strides[WHY_MAX_RANK];

  for (int each = 0; each < whole->ndims; each++)
    {
      dims[each] = each == axis ? count : whole->dims[each];
      strides[each] = whole->format_desc.blocking.strides[each];
    }
  /* The step from one picture to the next is that of the part where there is just one: oneDNN (2.6.3)
   * takes its generated code for memory without gaps alone, even if nobody ever takes that step. */
  if (axis == 2 && dims[0] == 1)
    strides[0] = dims[2] * strides[2];
  why_dnnl_md_strides (whole->ndims, dims, strides, part);
  return (gsize) (first * strides[axis]) * sizeof (float);
}

/* The same post-ops for a part of the result. */
static void
copy_post_ops (const WhyPostOps *from, const dnnl_memory_desc_t *dst, WhyPostOps *to)
{
  *to = *from;
  dnnl_post_ops_create (&to->ops);
  for (int op = 0; op < dnnl_post_ops_len (from->ops); op++)
    {
      dnnl_alg_kind_t kind;
      float scale, alpha, beta;
      if (dnnl_post_ops_get_kind (from->ops, op) == dnnl_eltwise)
        {
          dnnl_post_ops_get_params_eltwise (from->ops, op, &scale, &kind, &alpha, &beta);
          dnnl_post_ops_append_eltwise (to->ops, scale, kind, alpha, beta);
        }
      else
        dnnl_post_ops_append_binary (to->ops, dnnl_binary_add, dst);
    }
}

/* What the pieces of one convolution have in common. */
typedef struct
{
  WhyPlan *plan;
  WhyNode *node;
  WhyValue *tail;
  const Fused *fused;
  const WhyPostOps *post;
  const dnnl_memory_desc_t *src, *dst, *weight, *weight_any, *bias;
  WhyBuffer *input, *output;
  const char *kind; /* of oneDNN's implementation */
} Whole;

static const char *
implementation (dnnl_primitive_desc_t pd)
{
  const char *name = NULL;
  dnnl_primitive_desc_query (pd, dnnl_query_impl_info_str, 0, (void *) &name);
  return name != NULL ? name : "";
}

static gboolean
bind_constants (const Whole *whole, WhyPrimitive *primitive, GError **error)
{
  const WhyValue *w = whole->node->inputs[1], *b = why_node_input (whole->node, 2);
  const gpointer key[] = { whole->node, whole->tail };

  return why_dnnl_bind_packed (primitive, whole->plan, DNNL_ARG_WEIGHTS, key, sizeof key, whole->weight,
                               whole->fused->weight != NULL ? whole->fused->weight : w->constant->data,
                               why_dnnl_weights_md (primitive), error) &&
         (!whole->fused->has_bias ||
          why_dnnl_bind_packed (primitive, whole->plan, DNNL_ARG_BIAS, key, sizeof key, whole->bias,
                                whole->fused->bias != NULL ? whole->fused->bias : b->constant->data,
                                whole->bias, error));
}

/* NULL without an error: oneDNN has no convolution of this form. */
static WhyPrimitive *
new_piece (const Whole *whole, const Piece *piece, GError **error)
{
  dnnl_memory_desc_t src, dst;
  WhyPostOps post;
  gsize src_offset = part_md (whole->src, piece->axis, piece->first, piece->count, &src);
  gsize dst_offset = part_md (whole->dst, piece->axis, piece->begin, piece->end - piece->begin, &dst);

  copy_post_ops (whole->post, &dst, &post);
  dnnl_primitive_desc_t pd = forward_pd (&piece->params, FALSE, &src, whole->weight_any,
                                         whole->fused->has_bias ? whole->bias : NULL, &dst, &post);
  dnnl_post_ops_destroy (post.ops);
  /* For some paddings oneDNN has nothing but its plain loops, a hundred times slower. */
  if (pd != NULL && strcmp (implementation (pd), whole->kind) != 0)
    g_clear_pointer (&pd, dnnl_primitive_desc_destroy);
  WhyPrimitive *primitive = pd != NULL ? why_dnnl_primitive_new (pd) : NULL;
  if (primitive == NULL || !bind_constants (whole, primitive, error))
    {
      g_clear_pointer (&primitive, why_dnnl_primitive_free);
      return NULL;
    }
  why_dnnl_bind_at (primitive, DNNL_ARG_SRC, &src, whole->input, src_offset);
  why_dnnl_bind_at (primitive, DNNL_ARG_DST, &dst, whole->output, dst_offset);
  why_dnnl_bind_post_ops_at (primitive, whole->post, &dst, dst_offset);
  return primitive;
}

/* All pieces; NULL without an error where there is just one, or where it cannot be cut. */
static WhyPrimitive *
new_pieces (const Whole *whole, GError **error)
{
  const WhyConvParams *params = whole->node->params;
  const WhyValue *x = whole->node->inputs[0], *y = whole->node->outputs[0];
  WhyPrimitive *first = NULL;
  double n_wanted = ceil (estimate_seconds (params, x, whole->node->inputs[1], y) / PIECE_SECONDS);
  gint64 n = MIN ((gint64) MIN (n_wanted, 1e6), y->dims[y->dims[0] > 1 ? 0 : 2]);

  for (gint64 index = 0; n > 1 && index < n; index++)
    {
      g_autoptr (GError) local = NULL;
      Piece piece;
      WhyPrimitive *next =
        cut_piece (params, x, y, index, n, &piece) ? new_piece (whole, &piece, &local) : NULL;
      if (next == NULL)
        {
          g_clear_pointer (&first, why_dnnl_primitive_free);
          if (local != NULL)
            g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
      if (first == NULL)
        first = next;
      else
        why_dnnl_follow (first, next);
    }
  return first;
}

static gboolean
compile_forward (WhyPlan *plan, WhyNode *node, gboolean transposed, gboolean *done, GError **error)
{
  const WhyConvParams *params = node->params;
  WhyValue *x = node->inputs[0], *w = node->inputs[1], *b = why_node_input (node, 2),
           *tail = node->outputs[0];
  gint64 w_dims[WHY_MAX_RANK], w_strides[WHY_MAX_RANK];
  dnnl_memory_desc_t src, weight, weight_any, bias, dst;
  /* in groups, oneDNN's sum in place is slower than its other additions */
  WhyPostOps post = { .node = transposed || params->groups > 1 ? NULL : node };
  Fused fused = { 0 };
  WhyBuffer *inputs[8];
  guint n_inputs = 0;

  *done = FALSE;
  if (w->constant == NULL || (b != NULL && b->constant == NULL) || x->dtype != WHY_DTYPE_FLOAT32 ||
      has_negative_pad (params) || why_tensor_count (w->constant) == 0 || x->dims[0] == 0)
    return TRUE;
  int w_rank = weight_dims (w, params->groups, transposed, w_dims, w_strides);
  const gint64 one = 1;
  if (!why_dnnl_md (x, WHY_LAYOUT_CHANNELS_LAST, &src) ||
      !why_dnnl_md (tail, WHY_LAYOUT_CHANNELS_LAST, &dst) ||
      !why_dnnl_md_strides (w_rank, w_dims, w_strides, &weight) ||
      !why_dnnl_md_any (w_rank, w_dims, &weight_any) ||
      !why_dnnl_md_strides (1, &tail->dims[1], &one, &bias))
    return TRUE;
  /* Whether oneDNN can do it at all is asked before anything is absorbed. */
  dnnl_primitive_desc_t pd = forward_pd (params, transposed, &src, &weight_any, NULL, &dst, NULL);
  if (pd == NULL)
    return TRUE;
  dnnl_primitive_desc_destroy (pd);

  fuse_affine (plan, node, transposed, &tail, &fused);
  if (!why_dnnl_collect_post_ops (plan, &tail, WHY_LAYOUT_CHANNELS_LAST, &dst, &post, error))
    goto fail;
  pd =
    forward_pd (params, transposed, &src, &weight_any, fused.has_bias ? &bias : NULL, &dst, &post);
  const char *kind = pd != NULL ? implementation (pd) : ""; /* a name that oneDNN keeps for good */
  WhyPrimitive *primitive = pd != NULL ? why_dnnl_primitive_new (pd) : NULL;
  if (primitive == NULL)
    {
      why_node_fail (node, error, WHY_ERROR_FAILED, "oneDNN has no convolution of this form");
      goto fail;
    }
  Whole whole = { plan,    node,        tail,  &fused, &post, &src, &dst,
                  &weight, &weight_any, &bias, NULL,   NULL,  kind };
  inputs[n_inputs++] = whole.input = why_plan_input (plan, x, WHY_LAYOUT_CHANNELS_LAST, error);
  if (inputs[0] == NULL || !bind_constants (&whole, primitive, error))
    {
      why_dnnl_primitive_free (primitive);
      goto fail;
    }
  whole.output = why_plan_output (plan, tail, WHY_LAYOUT_CHANNELS_LAST);
  why_dnnl_bind (primitive, DNNL_ARG_SRC, &src, inputs[0]);
  why_dnnl_bind (primitive, DNNL_ARG_DST, &dst, whole.output);
  why_dnnl_bind_post_ops (primitive, &post, inputs, &n_inputs);
  g_autoptr (GError) local = NULL;
  WhyPrimitive *pieces = !transposed ? new_pieces (&whole, &local) : NULL;
  if (local != NULL)
    {
      why_dnnl_primitive_free (primitive);
      g_propagate_error (error, g_steal_pointer (&local));
      goto fail;
    }
  if (pieces != NULL)
    {
      why_dnnl_primitive_free (primitive);
      primitive = pieces;
    }
  WhyStep *step = why_dnnl_add_step (plan, node, primitive, inputs, n_inputs, whole.output);
  step->adds_to = post.adds_to;
  dnnl_post_ops_destroy (post.ops);
  fused_clear (&fused);
  *done = TRUE;
  return TRUE;

fail:
  if (post.ops != NULL)
    dnnl_post_ops_destroy (post.ops);
  fused_clear (&fused);
  return FALSE;
}

static gboolean
compile_conv (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  return compile_forward (plan, node, FALSE, done, error);
}

static gboolean
compile_conv_transpose (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  return compile_forward (plan, node, TRUE, done, error);
}

/* ---- backward by data ---- */

/* @scale: (nullable): constant factors of the incoming gradient, per channel, multiplied into the
 * weight */
static gboolean
compile_backward (WhyPlan *plan,
                  WhyNode *node,
                  WhyValue *dy,
                  const WhyTensor *scale,
                  gboolean *done,
                  GError **error)
{
  const WhyConvParams *params = node->params;
  WhyValue *w = node->inputs[1], *dx = node->outputs[0];
  gint64 w_dims[WHY_MAX_RANK], w_strides[WHY_MAX_RANK];
  dnnl_memory_desc_t diff_src, weight, weight_any, diff_dst;
  dnnl_dims_t strides, dilates, pad_l, pad_r;
  dnnl_convolution_desc_t forward, backward;
  g_autofree float *scaled = NULL;

  *done = FALSE;
  if (w->constant == NULL || dy->dtype != WHY_DTYPE_FLOAT32 || has_negative_pad (params) ||
      why_tensor_count (w->constant) == 0)
    return TRUE;
  int w_rank = weight_dims (w, params->groups, FALSE, w_dims, w_strides);
  geometry (params, strides, dilates, pad_l, pad_r);
  if (!why_dnnl_md (dx, WHY_LAYOUT_CHANNELS_LAST, &diff_src) ||
      !why_dnnl_md (dy, WHY_LAYOUT_CHANNELS_LAST, &diff_dst) ||
      !why_dnnl_md_strides (w_rank, w_dims, w_strides, &weight) ||
      !why_dnnl_md_any (w_rank, w_dims, &weight_any) ||
      dnnl_dilated_convolution_forward_desc_init (
        &forward, dnnl_forward_training, dnnl_convolution_direct, &diff_src, &weight_any, NULL,
        &diff_dst, strides, dilates, pad_l, pad_r) != dnnl_success ||
      dnnl_dilated_convolution_backward_data_desc_init (&backward, dnnl_convolution_direct,
                                                        &diff_src, &weight_any, &diff_dst, strides,
                                                        dilates, pad_l, pad_r) != dnnl_success)
    return TRUE;
  dnnl_primitive_desc_t hint = create_pd (&forward, NULL, NULL);
  dnnl_primitive_desc_t pd = hint != NULL ? create_pd (&backward, NULL, hint) : NULL;
  if (hint != NULL)
    dnnl_primitive_desc_destroy (hint);
  WhyPrimitive *primitive = pd != NULL ? why_dnnl_primitive_new (pd) : NULL;
  if (primitive == NULL)
    return TRUE;

  const float *data = w->constant->data;
  if (scale != NULL)
    {
      gsize count = why_tensor_count (w->constant), inner = count / (gsize) w->dims[0];
      scaled = g_new (float, count);
      for (gsize at = 0; at < count; at++)
        scaled[at] = (float) ((double) data[at] * channel_value (scale, (gint64) (at / inner)));
      data = scaled;
    }
  const gpointer key[] = { node, (gpointer) scale };
  WhyBuffer *input = why_plan_input (plan, dy, WHY_LAYOUT_CHANNELS_LAST, error);
  if (input == NULL ||
      !why_dnnl_bind_packed (primitive, plan, DNNL_ARG_WEIGHTS, key, sizeof key, &weight, data,
                             why_dnnl_weights_md (primitive), error))
    {
      why_dnnl_primitive_free (primitive);
      return FALSE;
    }
  WhyBuffer *output = why_plan_output (plan, dx, WHY_LAYOUT_CHANNELS_LAST);
  why_dnnl_bind (primitive, DNNL_ARG_DIFF_DST, &diff_dst, input);
  why_dnnl_bind (primitive, DNNL_ARG_DIFF_SRC, &diff_src, output);
  why_dnnl_add_step (plan, node, primitive, &input, 1, output);
  *done = TRUE;
  return TRUE;
}

static gboolean
compile_conv_input_grad (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  return compile_backward (plan, node, node->inputs[0], NULL, done, error);
}

/* The gradient of batch normalisation is a constant factor per channel; in front of a convolution's
 * gradient it goes into the weight. */
static gboolean
compile_mul (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  WhyValue *product = node->outputs[0];
  const WhyNode *reader = why_plan_only_reader (plan, product);

  *done = FALSE;
  if (reader == NULL || strcmp (reader->klass->type, "ConvInputGrad") != 0 ||
      reader->inputs[0] != product)
    return TRUE;
  for (guint input = 0; input < 2; input++)
    {
      WhyValue *factor = node->inputs[input], *dy = node->inputs[1 - input];
      if (dy->rank != product->rank || dy->constant != NULL ||
          memcmp (dy->dims, product->dims, (gsize) dy->rank * sizeof *dy->dims) != 0 ||
          !why_channel_constant (factor, product->rank, 1, product->dims[1]))
        continue;
      if (!compile_backward (plan, (WhyNode *) reader, dy, factor->constant, done, error))
        return FALSE;
      if (*done)
        why_plan_absorb (plan, reader);
      return TRUE;
    }
  return TRUE;
}

const WhyKernel why_dnnl_conv_kernels[] = {
  { "Conv", compile_conv },
  { "ConvTranspose", compile_conv_transpose },
  { "ConvInputGrad", compile_conv_input_grad },
  { "Mul", compile_mul },
  { NULL, NULL },
};
