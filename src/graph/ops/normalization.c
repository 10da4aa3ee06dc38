#include "config.h"

#include "graph/normalization.h"

#include "base/error.h"

#include "families.h"

#include <math.h>
#include <string.h>

static gboolean
need_float (const WhyNode *node, GError **error)
{
  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *value = node->inputs[input];
      if (value != NULL && !why_dtype_is_float (value->dtype))
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "input %u is %s, expected a floating type", input,
                              why_dtype_name (value->dtype));
    }
  return TRUE;
}

static gboolean
need_vector (const WhyNode *node, guint index, const char *what, gint64 length, GError **error)
{
  const WhyValue *value = why_node_input (node, index);
  if (value == NULL || (value->rank == 1 && value->dims[0] == length))
    return TRUE;
  g_autofree char *dims = why_dims_to_string (value->rank, value->dims);
  return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                        "%s is %s, expected %" G_GINT64_FORMAT " values", what, dims, length);
}

/* ---- BatchNormalization ---- */

static gboolean
batch_norm_infer (WhyNode *node, GError **error)
{
  WhyBatchNormParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  static const char *const names[] = { "scale", "bias", "mean", "variance" };

  if (!need_float (node, error))
    return FALSE;
  if (x->rank < 2)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "input of rank %d, expected at least 2",
                          x->rank);
  for (guint index = 0; index < 4; index++)
    {
      if (!need_vector (node, index + 1, names[index], x->dims[1], error))
        return FALSE;
    }
  params->epsilon = why_node_float (node, "epsilon", 1e-5);
  params->momentum = why_node_float (node, "momentum", 0.9);
  params->training = why_node_int (node, "training_mode", 0) != 0;
  if (node->opset < 7)
    {
      params->training = why_node_int (node, "is_test", 0) == 0;
      if (why_node_int (node, "spatial", 1) == 0)
        return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP,
                              "statistics per position (spatial = 0) are not supported");
    }
  return why_node_set_output_like (node, 0, x->dtype, x, error) &&
         why_node_set_output_like (node, 1, node->inputs[3]->dtype, node->inputs[3], error) &&
         why_node_set_output_like (node, 2, node->inputs[4]->dtype, node->inputs[4], error);
}

static gsize
inner_size (const WhyTensor *x, int first)
{
  gsize size = 1;
  for (int axis = first; axis < x->rank; axis++)
    size *= (gsize) x->dims[axis];
  return size;
}

static gboolean
batch_norm_eval (const WhyNode *node,
                 WhyTensor *const *inputs,
                 WhyTensor *const *outputs,
                 GError **error)
{
  const WhyBatchNormParams *params = node->params;
  const WhyTensor *x = inputs[0];
  gsize inner = inner_size (x, 2), channels = (gsize) x->dims[1], batch = (gsize) x->dims[0];

  for (gsize c = 0; c < channels; c++)
    {
      double mean = why_tensor_get_f64 (inputs[3], c), variance = why_tensor_get_f64 (inputs[4], c);
      if (params->training)
        {
          double sum = 0, squares = 0, count = (double) (batch * inner), running_mean = mean,
                 running_variance = variance;
          for (gsize n = 0; n < batch; n++)
            for (gsize at = 0; at < inner; at++)
              sum += why_tensor_get_f64 (x, (n * channels + c) * inner + at);
          mean = sum / count;
          for (gsize n = 0; n < batch; n++)
            for (gsize at = 0; at < inner; at++)
              squares += pow (why_tensor_get_f64 (x, (n * channels + c) * inner + at) - mean, 2);
          variance = squares / count;
          if (node->n_outputs > 1 && outputs[1] != NULL)
            why_tensor_set_f64 (outputs[1], c,
                                running_mean * params->momentum + mean * (1 - params->momentum));
          if (node->n_outputs > 2 && outputs[2] != NULL)
            why_tensor_set_f64 (outputs[2], c,
                                running_variance * params->momentum +
                                  variance * (1 - params->momentum));
        }
      double factor = why_tensor_get_f64 (inputs[1], c) / sqrt (variance + params->epsilon);
      double offset = why_tensor_get_f64 (inputs[2], c) - mean * factor;
      for (gsize n = 0; outputs[0] != NULL && n < batch; n++)
        for (gsize at = 0; at < inner; at++)
          {
            gsize index = (n * channels + c) * inner + at;
            why_tensor_set_f64 (outputs[0], index, why_tensor_get_f64 (x, index) * factor + offset);
          }
    }
  return TRUE;
}

/* dx = dy scale / sqrt (variance + epsilon), per channel; folded into one constant when these are.
 */
static gboolean
batch_norm_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyBatchNormParams *params = node->params;
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *x = node->inputs[0], *dy = why_grad_output (builder, node, 0);
  gint64 dims[WHY_MAX_RANK];

  if (params->training || why_grad_wanted (builder, node, 1) ||
      why_grad_wanted (builder, node, 2) || why_grad_wanted (builder, node, 3) ||
      why_grad_wanted (builder, node, 4))
    return why_node_fail (node, error, WHY_ERROR_NO_GRADIENT,
                          "in training mode, or with computed statistics, it has no gradient here");
  WhyValue *spread = why_emit2 (graph, error, "Add", node->inputs[4],
                                why_emit_scalar (graph, node->inputs[4], params->epsilon));
  WhyValue *factor =
    why_emit2 (graph, error, "Div", node->inputs[1], why_emit1 (graph, error, "Sqrt", spread));
  for (int axis = 0; axis < x->rank; axis++)
    dims[axis] = axis == 1 ? x->dims[1] : 1;
  return why_grad_add (
    builder, node, 0,
    why_emit2 (graph, error, "Mul", dy, why_emit_reshape (graph, error, factor, x->rank, dims)));
}

/* ---- normalisation over a block of values: instance, layer, group, mean-variance ---- */

/* y = (x - mean) / sqrt (variance + epsilon) over blocks of @n neighbouring values. */
static void
normalize_block (
  const WhyTensor *x, gsize start, gsize n, double epsilon, double *mean_out, double *inverse_out)
{
  double sum = 0, squares = 0;
  for (gsize at = 0; at < n; at++)
    sum += why_tensor_get_f64 (x, start + at);
  *mean_out = sum / (double) n;
  for (gsize at = 0; at < n; at++)
    squares += pow (why_tensor_get_f64 (x, start + at) - *mean_out, 2);
  *inverse_out = 1.0 / sqrt (squares / (double) n + epsilon);
}

/* The gradient of normalising over the last dimension of a matrix [rows, n]: with
 * r = 1 / sqrt (variance + epsilon) and h = (x - mean) r, dx = r (g - mean (g) - h mean (g h)).
 * Everything is emitted as nodes that have gradients themselves. */
static WhyValue *
emit_normalize_gradient (WhyGraph *graph,
                         GError **error,
                         WhyValue *x,
                         WhyValue *g,
                         const gint64 *axes,
                         gsize n_axes,
                         double epsilon)
{
  WhyValue *axes_value = why_emit_i64 (graph, n_axes, axes);
  WhyValue *centred =
    why_emit2 (graph, error, "Sub", x, why_emit2 (graph, error, "ReduceMean", x, axes_value));
  WhyValue *variance = why_emit2 (graph, error, "ReduceMean",
                                  why_emit2 (graph, error, "Mul", centred, centred), axes_value);
  WhyValue *spread = why_emit2 (graph, error, "Add", variance, why_emit_scalar (graph, x, epsilon));
  WhyValue *inverse =
    why_emit1 (graph, error, "Reciprocal", why_emit1 (graph, error, "Sqrt", spread));
  WhyValue *unit = why_emit2 (graph, error, "Mul", centred, inverse);
  WhyValue *g_mean = why_emit2 (graph, error, "ReduceMean", g, axes_value);
  WhyValue *gh_mean =
    why_emit2 (graph, error, "ReduceMean", why_emit2 (graph, error, "Mul", g, unit), axes_value);
  WhyValue *inside = why_emit2 (graph, error, "Sub", why_emit2 (graph, error, "Sub", g, g_mean),
                                why_emit2 (graph, error, "Mul", unit, gh_mean));
  return why_emit2 (graph, error, "Mul", inverse, inside);
}

static gboolean
no_scale_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  for (guint input = 1; input < node->n_inputs; input++)
    {
      if (why_grad_wanted (builder, node, input))
        return why_node_fail (
          node, error, WHY_ERROR_NO_GRADIENT,
          "its scale or bias depends on the picture, which has no gradient here");
    }
  return TRUE;
}

static gboolean
instance_norm_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0];
  if (!need_float (node, error))
    return FALSE;
  if (x->rank < 3)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "input of rank %d, expected at least 3",
                          x->rank);
  return need_vector (node, 1, "scale", x->dims[1], error) &&
         need_vector (node, 2, "bias", x->dims[1], error) &&
         why_node_set_output_like (node, 0, x->dtype, x, error);
}

static gboolean
instance_norm_eval (const WhyNode *node,
                    WhyTensor *const *inputs,
                    WhyTensor *const *outputs,
                    GError **error)
{
  const WhyTensor *x = inputs[0];
  gsize inner = inner_size (x, 2), channels = (gsize) x->dims[1],
        planes = channels * (gsize) x->dims[0];
  double epsilon = why_node_float (node, "epsilon", 1e-5);

  for (gsize plane = 0; plane < planes; plane++)
    {
      double mean, inverse, scale = why_tensor_get_f64 (inputs[1], plane % channels),
                            bias = why_tensor_get_f64 (inputs[2], plane % channels);
      normalize_block (x, plane * inner, inner, epsilon, &mean, &inverse);
      for (gsize at = plane * inner; at < (plane + 1) * inner; at++)
        why_tensor_set_f64 (outputs[0], at,
                            (why_tensor_get_f64 (x, at) - mean) * inverse * scale + bias);
    }
  return TRUE;
}

static WhyValue *
per_channel (WhyGraph *graph, GError **error, WhyValue *vector, int rank)
{
  gint64 dims[WHY_MAX_RANK];
  for (int axis = 0; axis < rank; axis++)
    dims[axis] = axis == 1 ? vector->dims[0] : 1;
  return why_emit_reshape (graph, error, vector, rank, dims);
}

static gboolean
instance_norm_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *x = node->inputs[0], *dy = why_grad_output (builder, node, 0);
  gint64 axes[WHY_MAX_RANK];

  if (!no_scale_gradient (builder, node, error))
    return FALSE;
  for (int axis = 2; axis < x->rank; axis++)
    axes[axis - 2] = axis;
  WhyValue *g =
    why_emit2 (graph, error, "Mul", dy, per_channel (graph, error, node->inputs[1], x->rank));
  return why_grad_add (builder, node, 0,
                       emit_normalize_gradient (graph, error, x, g, axes, (gsize) x->rank - 2,
                                                why_node_float (node, "epsilon", 1e-5)));
}

/* Normalising mixes over space, so a cell depends on all of it; for receptive fields this default
 * (the whole input) is the truth. */

static gboolean
layer_norm_infer (WhyNode *node, GError **error)
{
  WhyLayerNormParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  gint64 dims[WHY_MAX_RANK], both[WHY_MAX_RANK];
  int rank;

  if (!need_float (node, error) ||
      !why_node_axis (node, why_node_int (node, "axis", -1), x->rank, &params->axis, error))
    return FALSE;
  params->epsilon = why_node_float (node, "epsilon", 1e-5);
  for (guint index = 1; index < node->n_inputs; index++)
    {
      const WhyValue *value = node->inputs[index];
      if (value == NULL)
        continue;
      if (!why_dims_broadcast (value->rank, value->dims, x->rank, x->dims, &rank, both) ||
          rank != x->rank || memcmp (both, x->dims, (gsize) rank * sizeof *both) != 0)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "%s does not fit the input",
                              index == 1 ? "scale" : "bias");
    }
  params->n = 1;
  for (int axis = 0; axis < x->rank; axis++)
    {
      dims[axis] = axis < params->axis ? x->dims[axis] : 1;
      params->n *= axis < params->axis ? 1 : x->dims[axis];
    }
  /* Mean and inverse deviation are float32 unless the input is float64. */
  WhyDType stash = x->dtype == WHY_DTYPE_FLOAT64 ? WHY_DTYPE_FLOAT64 : WHY_DTYPE_FLOAT32;
  return why_node_set_output_like (node, 0, x->dtype, x, error) &&
         why_node_set_output (node, 1, stash, x->rank, dims, error) &&
         why_node_set_output (node, 2, stash, x->rank, dims, error);
}

static gboolean
layer_norm_eval (const WhyNode *node,
                 WhyTensor *const *inputs,
                 WhyTensor *const *outputs,
                 GError **error)
{
  const WhyLayerNormParams *params = node->params;
  const WhyTensor *x = inputs[0];
  gint64 scale_step[WHY_MAX_RANK], bias_step[WHY_MAX_RANK], index[WHY_MAX_RANK] = { 0 };
  gsize n = (gsize) params->n, count = why_tensor_count (x), blocks = n > 0 ? count / n : 0;
  const WhyTensor *bias = node->n_inputs > 2 ? inputs[2] : NULL;

  why_broadcast_strides (inputs[1]->rank, inputs[1]->dims, x->rank, x->dims, scale_step);
  if (bias != NULL)
    why_broadcast_strides (bias->rank, bias->dims, x->rank, x->dims, bias_step);
  for (gsize block = 0; block < blocks; block++)
    {
      double mean, inverse;
      normalize_block (x, block * n, n, params->epsilon, &mean, &inverse);
      if (node->n_outputs > 1 && outputs[1] != NULL)
        why_tensor_set_f64 (outputs[1], block, mean);
      if (node->n_outputs > 2 && outputs[2] != NULL)
        why_tensor_set_f64 (outputs[2], block, inverse);
      for (gsize at = block * n; at < (block + 1) * n; at++)
        {
          gint64 at_scale = 0, at_bias = 0;
          for (int axis = 0; axis < x->rank; axis++)
            {
              at_scale += index[axis] * scale_step[axis];
              at_bias += bias != NULL ? index[axis] * bias_step[axis] : 0;
            }
          double unit = (why_tensor_get_f64 (x, at) - mean) * inverse;
          why_tensor_set_f64 (outputs[0], at,
                              unit * why_tensor_get_f64 (inputs[1], (gsize) at_scale) +
                                (bias != NULL ? why_tensor_get_f64 (bias, (gsize) at_bias) : 0.0));
          for (int axis = x->rank - 1; axis >= 0 && ++index[axis] == x->dims[axis]; axis--)
            index[axis] = 0;
        }
    }
  return TRUE;
}

static WhyValue *
emit_layer_norm_grad (WhyGraph *graph,
                      GError **error,
                      WhyValue *dy,
                      WhyValue *x,
                      WhyValue *scale,
                      int axis,
                      double epsilon)
{
  const WhyAttr attrs[] = {
    { .name = "axis", .type = WHY_ATTR_INT, .i = axis },
    { .name = "epsilon", .type = WHY_ATTR_FLOAT, .f = epsilon },
  };
  WhyValue *inputs[] = { dy, x, scale };
  if (dy == NULL || x == NULL || scale == NULL)
    return NULL;
  return why_emit (graph, error, "LayerNormGrad", 3, inputs, attrs, 2);
}

static gboolean
layer_norm_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyLayerNormParams *params = node->params;
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *x = node->inputs[0], *dy = why_grad_output (builder, node, 0);

  if (!no_scale_gradient (builder, node, error))
    return FALSE;
  if (why_grad_output (builder, node, 1) != NULL || why_grad_output (builder, node, 2) != NULL ||
      dy == NULL)
    return why_node_fail (node, error, WHY_ERROR_NO_GRADIENT,
                          "gradients through its mean or deviation outputs are not defined here");
  return why_grad_add (
    builder, node, 0,
    emit_layer_norm_grad (graph, error, dy, x, node->inputs[1], params->axis, params->epsilon));
}

/* ---- LayerNormGrad (dy, x, scale): with g = dy scale, r = 1 / sqrt (variance + epsilon) and
 * h = (x - mean) r, dx = r (g - mean (g) - h mean (g h)) ---- */

static gboolean
layer_norm_grad_infer (WhyNode *node, GError **error)
{
  WhyLayerNormParams *params = node->params;
  const WhyValue *dy = node->inputs[0], *x = node->inputs[1], *scale = node->inputs[2];
  gint64 both[WHY_MAX_RANK];
  int rank;

  if (!need_float (node, error) ||
      !why_node_axis (node, why_node_int (node, "axis", -1), x->rank, &params->axis, error))
    return FALSE;
  if (dy->rank != x->rank || memcmp (dy->dims, x->dims, (gsize) x->rank * sizeof *x->dims) != 0 ||
      !why_dims_broadcast (scale->rank, scale->dims, x->rank, x->dims, &rank, both) ||
      rank != x->rank || memcmp (both, x->dims, (gsize) rank * sizeof *both) != 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "its inputs do not fit together");
  params->epsilon = why_node_float (node, "epsilon", 1e-5);
  params->n = 1;
  for (int axis = params->axis; axis < x->rank; axis++)
    params->n *= x->dims[axis];
  return why_node_set_output_like (node, 0, x->dtype, x, error);
}

static gboolean
layer_norm_grad_eval (const WhyNode *node,
                      WhyTensor *const *inputs,
                      WhyTensor *const *outputs,
                      GError **error)
{
  const WhyLayerNormParams *params = node->params;
  const WhyTensor *dy = inputs[0], *x = inputs[1], *scale = inputs[2];
  gint64 step[WHY_MAX_RANK], index[WHY_MAX_RANK] = { 0 };
  gsize n = (gsize) params->n, blocks = n > 0 ? why_tensor_count (x) / n : 0;
  g_autofree double *g = g_new0 (double, n + 1);

  why_broadcast_strides (scale->rank, scale->dims, x->rank, x->dims, step);
  for (gsize block = 0; block < blocks; block++)
    {
      double mean, inverse, g_mean = 0, gh_mean = 0;
      normalize_block (x, block * n, n, params->epsilon, &mean, &inverse);
      for (gsize at = 0; at < n; at++)
        {
          gint64 at_scale = 0;
          for (int axis = 0; axis < x->rank; axis++)
            at_scale += index[axis] * step[axis];
          g[at] = why_tensor_get_f64 (dy, block * n + at) * why_tensor_get_f64 (scale, (gsize) at_scale);
          g_mean += g[at] / (double) n;
          gh_mean += g[at] * (why_tensor_get_f64 (x, block * n + at) - mean) * inverse / (double) n;
          for (int axis = x->rank - 1; axis >= 0 && ++index[axis] == x->dims[axis]; axis--)
            index[axis] = 0;
        }
      for (gsize at = 0; at < n; at++)
        {
          double unit = (why_tensor_get_f64 (x, block * n + at) - mean) * inverse;
          why_tensor_set_f64 (outputs[0], block * n + at, inverse * (g[at] - g_mean - unit * gh_mean));
        }
    }
  return TRUE;
}

static WhyValue *
emit_mean (WhyGraph *graph, GError **error, WhyValue *value, WhyValue *axes)
{
  return why_emit2 (graph, error, "ReduceMean", value, axes);
}

/* With u what flows back: for dy scale times the same operator of u, whose middle part is symmetric.
 * For x, with the bars being means, a = mean ((u - u_) (g - g_)), b = mean (u h), c = mean (g h):
 * -r^2 (h (a - 3 b c) + c (u - u_) + b (g - g_)). */
static gboolean
layer_norm_grad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyLayerNormParams *params = node->params;
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *u = why_grad_output (builder, node, 0), *dy = node->inputs[0], *x = node->inputs[1],
           *scale = node->inputs[2];
  gint64 axes[WHY_MAX_RANK];
  gsize n_axes = 0;

  if (why_grad_wanted (builder, node, 2))
    return why_node_fail (node, error, WHY_ERROR_NO_GRADIENT,
                          "its scale depends on the picture, which has no gradient here");
  if (why_grad_wanted (builder, node, 0) &&
      !why_grad_add (builder, node, 0,
                     why_emit2 (graph, error, "Mul", scale,
                                emit_layer_norm_grad (graph, error, u, x, why_emit_scalar (graph, x, 1.0),
                                                      params->axis, params->epsilon))))
    return FALSE;
  if (!why_grad_wanted (builder, node, 1))
    return TRUE;
  for (int axis = params->axis; axis < x->rank; axis++)
    axes[n_axes++] = axis;
  WhyValue *along = why_emit_i64 (graph, n_axes, axes);
  WhyValue *g = why_emit2 (graph, error, "Mul", dy, scale);
  WhyValue *x_centred = why_emit2 (graph, error, "Sub", x, emit_mean (graph, error, x, along));
  WhyValue *u_centred = why_emit2 (graph, error, "Sub", u, emit_mean (graph, error, u, along));
  WhyValue *g_centred = why_emit2 (graph, error, "Sub", g, emit_mean (graph, error, g, along));
  WhyValue *variance =
    emit_mean (graph, error, why_emit2 (graph, error, "Mul", x_centred, x_centred), along);
  WhyValue *square = why_emit1 (
    graph, error, "Reciprocal",
    why_emit2 (graph, error, "Add", variance, why_emit_scalar (graph, x, params->epsilon)));
  WhyValue *unit =
    why_emit2 (graph, error, "Mul", x_centred, why_emit1 (graph, error, "Sqrt", square));
  WhyValue *a = emit_mean (graph, error, why_emit2 (graph, error, "Mul", u_centred, g_centred), along);
  WhyValue *b = emit_mean (graph, error, why_emit2 (graph, error, "Mul", u, unit), along);
  WhyValue *c = emit_mean (graph, error, why_emit2 (graph, error, "Mul", g, unit), along);
  WhyValue *bc = why_emit2 (graph, error, "Mul", b, c);
  WhyValue *factor = why_emit2 (
    graph, error, "Sub", a, why_emit2 (graph, error, "Mul", bc, why_emit_scalar (graph, x, 3.0)));
  WhyValue *sum =
    why_emit2 (graph, error, "Add", why_emit2 (graph, error, "Mul", c, u_centred),
               why_emit2 (graph, error, "Mul", b, g_centred));
  sum = why_emit2 (graph, error, "Add", why_emit2 (graph, error, "Mul", unit, factor), sum);
  return why_grad_add (
    builder, node, 1,
    why_emit2 (graph, error, "Mul", why_emit1 (graph, error, "Neg", square), sum));
}

static void
layer_norm_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyLayerNormParams *params = node->params;
  for (int axis = 0; input == 0 && axis < params->axis; axis++)
    {
      in->lo[axis] = out->lo[axis];
      in->hi[axis] = out->hi[axis];
    }
}

/* ---- GroupNormalization: scale per group in opset 18, per channel from 21 on ---- */

static gboolean
group_norm_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0];
  gint64 groups = why_node_int (node, "num_groups", 0);

  if (!need_float (node, error))
    return FALSE;
  if (x->rank < 2 || groups < 1 || x->dims[1] % groups != 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "%" G_GINT64_FORMAT " groups do not divide the channels of its input",
                          groups);
  gint64 length = node->opset < 21 ? groups : x->dims[1];
  return need_vector (node, 1, "scale", length, error) &&
         need_vector (node, 2, "bias", length, error) &&
         why_node_set_output_like (node, 0, x->dtype, x, error);
}

static gboolean
group_norm_eval (const WhyNode *node,
                 WhyTensor *const *inputs,
                 WhyTensor *const *outputs,
                 GError **error)
{
  const WhyTensor *x = inputs[0];
  gsize groups = (gsize) why_node_int (node, "num_groups", 1), channels = (gsize) x->dims[1];
  gsize inner = inner_size (x, 2), block = channels / groups * inner;
  double epsilon = why_node_float (node, "epsilon", 1e-5);

  for (gsize at_group = 0; at_group < (gsize) x->dims[0] * groups; at_group++)
    {
      double mean, inverse;
      normalize_block (x, at_group * block, block, epsilon, &mean, &inverse);
      for (gsize at = 0; at < block; at++)
        {
          gsize index = at_group * block + at, channel = index / inner % channels;
          gsize place = node->opset < 21 ? at_group % groups : channel;
          why_tensor_set_f64 (outputs[0], index,
                              (why_tensor_get_f64 (x, index) - mean) * inverse *
                                  why_tensor_get_f64 (inputs[1], place) +
                                why_tensor_get_f64 (inputs[2], place));
        }
    }
  return TRUE;
}

static gboolean
group_norm_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *x = node->inputs[0], *dy = why_grad_output (builder, node, 0), *scale = node->inputs[1];
  gint64 groups = why_node_int (node, "num_groups", 1), inner = 1;
  const gint64 axes[] = { 2, 3 };

  if (!no_scale_gradient (builder, node, error))
    return FALSE;
  for (int axis = 2; axis < x->rank; axis++)
    inner *= x->dims[axis];
  const gint64 dims[] = { x->dims[0], groups, x->dims[1] / groups, inner };
  const gint64 scale_dims[] = { 1, groups, node->opset < 21 ? 1 : dims[2], 1 };
  WhyValue *g = why_emit2 (graph, error, "Mul", why_emit_reshape (graph, error, dy, 4, dims),
                           why_emit_reshape (graph, error, scale, 4, scale_dims));
  WhyValue *dx = emit_normalize_gradient (graph, error, why_emit_reshape (graph, error, x, 4, dims),
                                          g, axes, 2, why_node_float (node, "epsilon", 1e-5));
  return why_grad_add (builder, node, 0, why_emit_reshape (graph, error, dx, x->rank, x->dims));
}

/* ---- MeanVarianceNormalization: epsilon 1e-9 on the deviation ---- */

static const gint64 mvn_default_axes[] = { 0, 2, 3 };

static gboolean
mvn_axes (const WhyNode *node, gint64 *axes, gsize *n_axes, GError **error)
{
  const gint64 *given = why_node_ints (node, "axes", n_axes);
  int rank = node->inputs[0]->rank, axis = 0;
  if (given == NULL)
    {
      given = mvn_default_axes;
      *n_axes = G_N_ELEMENTS (mvn_default_axes);
    }
  if (*n_axes > WHY_MAX_RANK)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "too many axes");
  for (gsize index = 0; index < *n_axes; index++)
    {
      if (!why_node_axis (node, given[index], rank, &axis, error))
        return FALSE;
      axes[index] = axis;
    }
  return TRUE;
}

static gboolean
mvn_infer (WhyNode *node, GError **error)
{
  gint64 axes[WHY_MAX_RANK];
  gsize n_axes;
  return need_float (node, error) && mvn_axes (node, axes, &n_axes, error) &&
         why_node_set_output_like (node, 0, node->inputs[0]->dtype, node->inputs[0], error);
}

static gboolean
mvn_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  const WhyTensor *x = inputs[0];
  gint64 axes[WHY_MAX_RANK], step[WHY_MAX_RANK], kept[WHY_MAX_RANK], index[WHY_MAX_RANK] = { 0 };
  gsize n_axes = 0, count = why_tensor_count (x), n_kept;

  mvn_axes (node, axes, &n_axes, NULL);
  memcpy (kept, x->dims, sizeof kept);
  for (gsize axis = 0; axis < n_axes; axis++)
    kept[axes[axis]] = 1;
  why_broadcast_strides (x->rank, kept, x->rank, x->dims, step);
  n_kept = 1;
  for (int axis = 0; axis < x->rank; axis++)
    n_kept *= (gsize) kept[axis];
  g_autofree double *sums = g_new0 (double, 2 * n_kept + 1);
  double n = n_kept > 0 ? (double) (count / n_kept) : 1.0;

  for (int pass = 0; pass < 3; pass++)
    {
      memset (index, 0, sizeof index);
      for (gsize at = 0; at < count; at++)
        {
          gint64 place = 0;
          for (int axis = 0; axis < x->rank; axis++)
            place += index[axis] * step[axis];
          double value = why_tensor_get_f64 (x, at), *mean = &sums[2 * place],
                 *squares = &sums[2 * place + 1];
          if (pass == 0)
            *mean += value / n;
          else if (pass == 1)
            *squares += (value - *mean) * (value - *mean) / n;
          else
            why_tensor_set_f64 (outputs[0], at, (value - *mean) / (sqrt (*squares) + 1e-9));
          for (int axis = x->rank - 1; axis >= 0 && ++index[axis] == x->dims[axis]; axis--)
            index[axis] = 0;
        }
    }
  return TRUE;
}

/* The epsilon of 1e-9 beside a deviation is below float32's resolution: its share is left out. */
static gboolean
mvn_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  gint64 axes[WHY_MAX_RANK];
  gsize n_axes = 0;
  return mvn_axes (node, axes, &n_axes, error) &&
         why_grad_add (builder, node, 0,
                       emit_normalize_gradient (why_grad_graph (builder), error, node->inputs[0],
                                                why_grad_output (builder, node, 0), axes, n_axes,
                                                0.0));
}

/* ---- LRN: y = x (k + alpha/size sum of neighbours squared)^-beta, neighbours among channels ----
 */

static gboolean
lrn_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0];
  gint64 size = why_node_int (node, "size", 0);
  if (!need_float (node, error))
    return FALSE;
  if (x->rank < 2 || size < 1 || size > G_MAXINT32)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "size is %" G_GINT64_FORMAT " for an input of rank %d", size, x->rank);
  return why_node_set_output_like (node, 0, x->dtype, x, error);
}

/* Sum over channels c - before .. c + after of a plane-wise tensor. */
static double
channel_window (const WhyTensor *x,
                gsize n,
                gint64 c,
                gsize at,
                gsize inner,
                gint64 before,
                gint64 after,
                gboolean squared)
{
  double sum = 0;
  for (gint64 near = MAX (c - before, 0); near <= MIN (c + after, x->dims[1] - 1); near++)
    {
      double value = why_tensor_get_f64 (x, (n * (gsize) x->dims[1] + (gsize) near) * inner + at);
      sum += squared ? value * value : value;
    }
  return sum;
}

static gboolean
lrn_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  const WhyTensor *x = inputs[0];
  gint64 size = why_node_int (node, "size", 1);
  double alpha = why_node_float (node, "alpha", 1e-4), beta = why_node_float (node, "beta", 0.75),
         bias = why_node_float (node, "bias", 1.0);
  gsize inner = inner_size (x, 2);

  for (gsize n = 0; n < (gsize) x->dims[0]; n++)
    for (gint64 c = 0; c < x->dims[1]; c++)
      for (gsize at = 0; at < inner; at++)
        {
          gsize index = (n * (gsize) x->dims[1] + (gsize) c) * inner + at;
          double sum = channel_window (x, n, c, at, inner, (size - 1) / 2, size / 2, TRUE);
          why_tensor_set_f64 (outputs[0], index,
                              why_tensor_get_f64 (x, index) *
                                pow (bias + alpha / (double) size * sum, -beta));
        }
  return TRUE;
}

/* With s = k + alpha/size W(x^2), W the sum over the window and W' its adjoint:
 * dx = dy s^-beta - 2 alpha beta / size x W'(dy x s^(-beta-1)). */
static gboolean
lrn_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *x = node->inputs[0], *dy = why_grad_output (builder, node, 0);
  gint64 size = why_node_int (node, "size", 1);
  double alpha = why_node_float (node, "alpha", 1e-4) / (double) size,
         beta = why_node_float (node, "beta", 0.75);
  const WhyAttr window[] = { { .name = "before", .type = WHY_ATTR_INT, .i = (size - 1) / 2 },
                             { .name = "after", .type = WHY_ATTR_INT, .i = size / 2 } };
  const WhyAttr mirrored[] = { { .name = "before", .type = WHY_ATTR_INT, .i = size / 2 },
                               { .name = "after", .type = WHY_ATTR_INT, .i = (size - 1) / 2 } };

  WhyValue *squares = why_emit2 (graph, error, "Mul", x, x);
  WhyValue *sum =
    squares != NULL ? why_emit (graph, error, "ChannelWindowSum", 1, &squares, window, 2) : NULL;
  WhyValue *s = why_emit2 (graph, error, "Mul", sum, why_emit_scalar (graph, x, alpha));
  s = why_emit2 (graph, error, "Add", s,
                 why_emit_scalar (graph, x, why_node_float (node, "bias", 1.0)));
  WhyValue *own = why_emit2 (graph, error, "Mul", dy,
                             why_emit2 (graph, error, "Pow", s, why_emit_scalar (graph, x, -beta)));
  WhyValue *inside =
    why_emit2 (graph, error, "Mul", why_emit2 (graph, error, "Mul", dy, x),
               why_emit2 (graph, error, "Pow", s, why_emit_scalar (graph, x, -beta - 1.0)));
  WhyValue *spread =
    inside != NULL ? why_emit (graph, error, "ChannelWindowSum", 1, &inside, mirrored, 2) : NULL;
  WhyValue *others = why_emit2 (graph, error, "Mul", why_emit2 (graph, error, "Mul", x, spread),
                                why_emit_scalar (graph, x, 2.0 * alpha * beta));
  return why_grad_add (builder, node, 0, why_emit2 (graph, error, "Sub", own, others));
}

static void
lrn_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  if (input != 0)
    return;
  for (int axis = 0; axis < out->rank; axis++)
    {
      if (axis != 1)
        {
          in->lo[axis] = out->lo[axis];
          in->hi[axis] = out->hi[axis];
        }
    }
}

/* With the statistics of the batch itself everything in a channel depends on all of it. */
static void
batch_norm_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyBatchNormParams *params = node->params;
  if (!params->training)
    lrn_region (node, input, out, in);
}

/* ChannelWindowSum (x; before, after) */
static gboolean
channel_window_infer (WhyNode *node, GError **error)
{
  return why_node_set_output_like (node, 0, node->inputs[0]->dtype, node->inputs[0], error);
}

static gboolean
channel_window_eval (const WhyNode *node,
                     WhyTensor *const *inputs,
                     WhyTensor *const *outputs,
                     GError **error)
{
  const WhyTensor *x = inputs[0];
  gint64 before = why_node_int (node, "before", 0), after = why_node_int (node, "after", 0);
  gsize inner = inner_size (x, 2);
  for (gsize n = 0; n < (gsize) x->dims[0]; n++)
    for (gint64 c = 0; c < x->dims[1]; c++)
      for (gsize at = 0; at < inner; at++)
        why_tensor_set_f64 (outputs[0], (n * (gsize) x->dims[1] + (gsize) c) * inner + at,
                            channel_window (x, n, c, at, inner, before, after, FALSE));
  return TRUE;
}

static gboolean
channel_window_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  const WhyAttr mirrored[] = {
    { .name = "before", .type = WHY_ATTR_INT, .i = why_node_int (node, "after", 0) },
    { .name = "after", .type = WHY_ATTR_INT, .i = why_node_int (node, "before", 0) }
  };
  return why_grad_add (
    builder, node, 0,
    why_emit (why_grad_graph (builder), error, "ChannelWindowSum", 1, &dy, mirrored, 2));
}

/* ---- LpNormalization: y = x / ||x||_p along one axis ---- */

static gboolean
lp_norm_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0];
  gint64 p = why_node_int (node, "p", 2);
  int axis;
  if (!need_float (node, error) ||
      !why_node_axis (node, why_node_int (node, "axis", -1), x->rank, &axis, error))
    return FALSE;
  if (p != 1 && p != 2)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "p is %" G_GINT64_FORMAT ", 1 and 2 are defined", p);
  return why_node_set_output_like (node, 0, x->dtype, x, error);
}

static gboolean
lp_norm_eval (const WhyNode *node,
              WhyTensor *const *inputs,
              WhyTensor *const *outputs,
              GError **error)
{
  const WhyTensor *x = inputs[0];
  gint64 p = why_node_int (node, "p", 2);
  int axis = 0;
  why_node_axis (node, why_node_int (node, "axis", -1), x->rank, &axis, NULL);
  gsize inner = inner_size (x, axis + 1), n = (gsize) x->dims[axis],
        outer = n * inner > 0 ? why_tensor_count (x) / (n * inner) : 0;

  for (gsize block = 0; block < outer; block++)
    for (gsize at = 0; at < inner; at++)
      {
        double sum = 0;
        for (gsize k = 0; k < n; k++)
          {
            double value = why_tensor_get_f64 (x, (block * n + k) * inner + at);
            sum += p == 1 ? fabs (value) : value * value;
          }
        sum = p == 1 ? sum : sqrt (sum);
        for (gsize k = 0; k < n; k++)
          {
            gsize index = (block * n + k) * inner + at;
            why_tensor_set_f64 (outputs[0], index,
                                sum > 0 ? why_tensor_get_f64 (x, index) / sum : 0.0);
          }
      }
  return TRUE;
}

/* dx = (dy - d||x||/dx sum (dy y)) / ||x||, with d||x||/dx = sign (x) for p = 1 and y for p = 2 */
static gboolean
lp_norm_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *x = node->inputs[0], *y = node->outputs[0], *dy = why_grad_output (builder, node, 0);
  gint64 axis = why_node_int (node, "axis", -1), p = why_node_int (node, "p", 2);

  axis = axis < 0 ? axis + x->rank : axis;
  WhyValue *norm =
    why_emit2 (graph, error, p == 1 ? "ReduceL1" : "ReduceL2", x, why_emit_i64 (graph, 1, &axis));
  WhyValue *along =
    why_emit_reduce_sum (graph, error, why_emit2 (graph, error, "Mul", dy, y), &axis, 1, TRUE);
  WhyValue *slope = p == 1 ? why_emit1 (graph, error, "Sign", x) : y;
  WhyValue *inside =
    why_emit2 (graph, error, "Sub", dy, why_emit2 (graph, error, "Mul", slope, along));
  /* A row of zeros stays zeros and has no gradient: 0 there, and no infinity. */
  WhyValue *bounded = why_emit2 (graph, error, "Max", norm, why_emit_scalar (graph, x, 1e-12));
  inside = why_emit2 (graph, error, "Mul", inside, why_emit1 (graph, error, "Sign", norm));
  return why_grad_add (builder, node, 0, why_emit2 (graph, error, "Div", inside, bounded));
}

const WhyOpClass why_ops_normalization[] = {
  { "BatchNormalization", 1, 0, 5, 5, 5, 0, sizeof (WhyBatchNormParams), batch_norm_infer,
    batch_norm_eval, batch_norm_gradient, batch_norm_region },
  { "InstanceNormalization", 6, 0, 3, 3, 1, 0, 0, instance_norm_infer, instance_norm_eval,
    instance_norm_gradient, NULL },
  { "LayerNormalization", 1, 0, 2, 3, 3, 0, sizeof (WhyLayerNormParams), layer_norm_infer,
    layer_norm_eval, layer_norm_gradient, layer_norm_region },
  { "LayerNormGrad", 1, 0, 3, 3, 1, WHY_OP_INTERNAL, sizeof (WhyLayerNormParams),
    layer_norm_grad_infer, layer_norm_grad_eval, layer_norm_grad_gradient, NULL },
  { "GroupNormalization", 18, 0, 3, 3, 1, 0, 0, group_norm_infer, group_norm_eval,
    group_norm_gradient, NULL },
  { "MeanVarianceNormalization", 9, 0, 1, 1, 1, 0, 0, mvn_infer, mvn_eval, mvn_gradient, NULL },
  { "LRN", 1, 0, 1, 1, 1, 0, 0, lrn_infer, lrn_eval, lrn_gradient, lrn_region },
  { "ChannelWindowSum", 1, 0, 1, 1, 1, WHY_OP_INTERNAL, 0, channel_window_infer,
    channel_window_eval, channel_window_gradient, lrn_region },
  { "LpNormalization", 1, 0, 1, 1, 1, 0, 0, lp_norm_infer, lp_norm_eval, lp_norm_gradient, NULL },
  { NULL },
};
