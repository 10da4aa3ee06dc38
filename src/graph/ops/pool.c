#include "config.h"

#include "graph/conv.h"

#include "base/error.h"

#include "families.h"

#include <math.h>
#include <string.h>

/* Pools over windows (WhyConvParams as for convolutions) and over all of space. */

static gboolean
window_infer (WhyNode *node, GError **error)
{
  WhyConvParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  gint64 spatial[WHY_CONV_SPATIAL], dims[WHY_MAX_RANK];
  gsize n;
  const gint64 *kernel = why_node_ints (node, "kernel_shape", &n);

  if (x->rank < 3 || x->rank > 2 + WHY_CONV_SPATIAL)
    return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP,
                          "input of rank %d; 3, 4 and 5 are supported", x->rank);
  if (kernel == NULL || n != (gsize) x->rank - 2)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "kernel_shape has %" G_GSIZE_FORMAT " values, expected %d", n,
                          x->rank - 2);
  for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
    params->kernel[axis] = 1;
  for (gsize axis = 0; axis < n; axis++)
    {
      if (kernel[axis] < 1 || kernel[axis] > G_MAXINT32)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "kernel_shape holds %" G_GINT64_FORMAT, kernel[axis]);
      params->kernel[WHY_CONV_SPATIAL - n + axis] = kernel[axis];
    }
  params->groups = 1;
  params->ceil_mode = why_node_int (node, "ceil_mode", 0) != 0;
  params->count_include_pad = why_node_int (node, "count_include_pad", 0) != 0;
  params->p = why_node_int (node, "p", 2);
  if (!why_window_parse (node, x, params, spatial, error))
    return FALSE;
  dims[0] = x->dims[0];
  dims[1] = x->dims[1];
  for (int axis = 2; axis < x->rank; axis++)
    dims[axis] = spatial[WHY_CONV_SPATIAL - x->rank + axis];
  return why_node_set_output (node, 0, x->dtype, x->rank, dims, error) &&
         why_node_set_output (node, 1, WHY_DTYPE_INT64, x->rank, dims, error);
}

static gboolean
float_window_infer (WhyNode *node, GError **error)
{
  if (!why_dtype_is_float (node->inputs[0]->dtype))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input is %s, expected a floating type",
                          why_dtype_name (node->inputs[0]->dtype));
  return window_infer (node, error);
}

static void
window_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  why_conv_region (node->params, out, in);
  in->lo[1] = out->lo[1];
  in->hi[1] = out->hi[1];
}

/* One window: the range of kernel positions that fall inside the input along each dimension. */
typedef struct
{
  gint64 start[WHY_CONV_SPATIAL]; /* input position of kernel position 0 */
  gint64 lo[WHY_CONV_SPATIAL], hi[WHY_CONV_SPATIAL];
  gint64 n_padded; /* window positions inside the input or its padding */
} Window;

static void
window_at (
  const WhyConvParams *params, const gint64 *in, gint64 od, gint64 oh, gint64 ow, Window *window)
{
  const gint64 out[WHY_CONV_SPATIAL] = { od, oh, ow };
  window->n_padded = 1;
  for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
    {
      gint64 step = params->dilation[axis];
      gint64 start = out[axis] * params->stride[axis] - params->pad_begin[axis];
      gint64 inside = in[axis] + params->pad_end[axis] - start;
      window->start[axis] = start;
      window->lo[axis] = start < 0 ? (-start + step - 1) / step : 0;
      window->hi[axis] = MIN (params->kernel[axis], (in[axis] - start + step - 1) / step);
      window->n_padded *= MIN (params->kernel[axis], (inside + step - 1) / step);
    }
}

#define FOR_INSIDE(P, IN, WINDOW, ...)                                                             \
  for (gint64 kd = (WINDOW).lo[0]; kd < (WINDOW).hi[0]; kd++)                                      \
    for (gint64 kh = (WINDOW).lo[1]; kh < (WINDOW).hi[1]; kh++)                                    \
      for (gint64 kw = (WINDOW).lo[2]; kw < (WINDOW).hi[2]; kw++)                                  \
        {                                                                                          \
          gsize at = (gsize) ((((WINDOW).start[0] + kd * (P)->dilation[0]) * (IN)[1] +             \
                               (WINDOW).start[1] + kh * (P)->dilation[1]) *                        \
                                (IN)[2] +                                                          \
                              (WINDOW).start[2] + kw * (P)->dilation[2]);                          \
          __VA_ARGS__;                                                                             \
        }

/* Walks all windows of all planes; the last argument, the body, sees `window`, `plane` (the plane's
 * first input element), `out` (the output element) and `index` (n * C + c). */
#define FOR_WINDOWS(P, X_RANK, X_DIMS, Y_DIMS, ...)                                                \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 in[WHY_CONV_SPATIAL], to[WHY_CONV_SPATIAL];                                             \
    why_conv_spatial ((X_RANK), (X_DIMS), in);                                                     \
    why_conv_spatial ((X_RANK), (Y_DIMS), to);                                                     \
    gsize plane_size = (gsize) (in[0] * in[1] * in[2]), out = 0;                                   \
    for (gint64 index = 0; index < (X_DIMS)[0] * (X_DIMS)[1]; index++)                             \
      {                                                                                            \
        gsize plane = (gsize) index * plane_size;                                                  \
        for (gint64 od = 0; od < to[0]; od++)                                                      \
          for (gint64 oh = 0; oh < to[1]; oh++)                                                    \
            for (gint64 ow = 0; ow < to[2]; ow++, out++)                                           \
              {                                                                                    \
                Window window;                                                                     \
                window_at ((P), in, od, oh, ow, &window);                                          \
                __VA_ARGS__;                                                                       \
              }                                                                                    \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

/* ---- MaxPool ---- */

/* The index, in the plane, of the first largest value of a window; NaN counts as largest. */
static gboolean
find_max (const WhyConvParams *params,
          const gint64 *in,
          const Window *window,
          const WhyTensor *x,
          gsize plane,
          gsize *best)
{
  gboolean any = FALSE;
  double most = 0;
  FOR_INSIDE (params, in, *window, {
    double value = why_tensor_get_f64 (x, plane + at);
    if (!any || value > most || (isnan (value) && !isnan (most)))
      {
        most = value;
        *best = at;
        any = TRUE;
      }
  })
  return any;
}

static gboolean
max_pool_eval (const WhyNode *node,
               WhyTensor *const *inputs,
               WhyTensor *const *outputs,
               GError **error)
{
  const WhyConvParams *params = node->params;
  const WhyTensor *x = inputs[0];
  WhyTensor *y = outputs[0], *indices = node->n_outputs > 1 ? outputs[1] : NULL;
  gboolean column_major = why_node_int (node, "storage_order", 0) != 0;
  const gint64 *dims = y != NULL ? y->dims : indices->dims;

  FOR_WINDOWS (params, x->rank, x->dims, dims, {
    gsize best = 0;
    gboolean any = find_max (params, in, &window, x, plane, &best);
    if (y != NULL && !any)
      why_tensor_set_f64 (y, out, why_dtype_is_float (y->dtype) ? -INFINITY : 0);
    else if (y != NULL)
      why_tensor_set_f64 (y, out, why_tensor_get_f64 (x, plane + best));
    if (indices != NULL)
      {
        if (column_major)
          {
            gsize w = best % (gsize) in[2], h = best / (gsize) in[2] % (gsize) in[1],
                  d = best / (gsize) (in[2] * in[1]);
            best = (w * (gsize) in[1] + h) * (gsize) in[0] + d;
          }
        why_tensor_set_i64 (indices, out, (gint64) (plane + best));
      }
  });
  return TRUE;
}

/* Copies the geometry of a pool into the attributes of the node that its gradient emits. */
typedef struct
{
  gint64 kernel[WHY_CONV_SPATIAL], stride[WHY_CONV_SPATIAL], dilation[WHY_CONV_SPATIAL],
    pads[2 * WHY_CONV_SPATIAL];
  gint64 dims[WHY_MAX_RANK];
  WhyAttr attrs[7];
} PoolAttrs;

static void
pool_attrs (const WhyConvParams *params, const WhyValue *x, PoolAttrs *store)
{
  int n = params->n_spatial, front = WHY_CONV_SPATIAL - n;
  for (int axis = 0; axis < n; axis++)
    {
      store->kernel[axis] = params->kernel[front + axis];
      store->stride[axis] = params->stride[front + axis];
      store->dilation[axis] = params->dilation[front + axis];
      store->pads[axis] = params->pad_begin[front + axis];
      store->pads[n + axis] = params->pad_end[front + axis];
    }
  memcpy (store->dims, x->dims, sizeof store->dims);
  const WhyAttr attrs[7] = {
    { .name = "kernel_shape", .type = WHY_ATTR_INTS, .ints = store->kernel, .n = (gsize) n },
    { .name = "strides", .type = WHY_ATTR_INTS, .ints = store->stride, .n = (gsize) n },
    { .name = "dilations", .type = WHY_ATTR_INTS, .ints = store->dilation, .n = (gsize) n },
    { .name = "pads", .type = WHY_ATTR_INTS, .ints = store->pads, .n = 2 * (gsize) n },
    { .name = "ceil_mode", .type = WHY_ATTR_INT, .i = params->ceil_mode },
    { .name = "count_include_pad", .type = WHY_ATTR_INT, .i = params->count_include_pad },
    { .name = "input_dims", .type = WHY_ATTR_INTS, .ints = store->dims, .n = (gsize) x->rank },
  };
  memcpy (store->attrs, attrs, sizeof attrs);
}

static gboolean
max_pool_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  PoolAttrs store;

  if (dy == NULL)
    return TRUE;
  WhyValue *inputs[] = { dy, node->inputs[0] };
  pool_attrs (node->params, node->inputs[0], &store);
  return why_grad_add (
    builder, node, 0,
    why_emit (why_grad_graph (builder), error, "MaxPoolGrad", 2, inputs, store.attrs, 7));
}

/* MaxPoolGrad (dy, x): each window gives its gradient to its first largest value, as PyTorch does.
 */
static gboolean
max_pool_grad_infer (WhyNode *node, GError **error)
{
  WhyConvParams *params = node->params;
  const WhyValue *x = node->inputs[1];
  gint64 spatial[WHY_CONV_SPATIAL];
  gsize n;
  const gint64 *kernel = why_node_ints (node, "kernel_shape", &n);

  for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
    params->kernel[axis] = 1;
  for (gsize axis = 0; axis < n; axis++)
    params->kernel[WHY_CONV_SPATIAL - n + axis] = kernel[axis];
  params->ceil_mode = why_node_int (node, "ceil_mode", 0) != 0;
  return why_window_parse (node, x, params, spatial, error) &&
         why_node_set_output_like (node, 0, x->dtype, x, error);
}

static gboolean
max_pool_grad_eval (const WhyNode *node,
                    WhyTensor *const *inputs,
                    WhyTensor *const *outputs,
                    GError **error)
{
  const WhyConvParams *params = node->params;
  const WhyTensor *dy = inputs[0], *x = inputs[1];
  WhyTensor *dx = outputs[0];

  memset (dx->data, 0, dx->n_bytes);
  FOR_WINDOWS (params, x->rank, x->dims, dy->dims, {
    gsize best = 0;
    if (find_max (params, in, &window, x, plane, &best))
      why_tensor_set_f64 (dx, plane + best,
                          why_tensor_get_f64 (dx, plane + best) + why_tensor_get_f64 (dy, out));
  });
  return TRUE;
}

/* The adjoint of what each window gives away is what it finds at the place it gave it to. */
static gboolean
max_pool_grad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  WhyValue *inputs[] = { dy, node->inputs[1] };

  return dy == NULL ||
         why_grad_add (builder, node, 0,
                       why_emit (why_grad_graph (builder), error, "MaxPoolPick", 2, inputs,
                                 node->attrs, node->n_attrs));
}

/* MaxPoolPick (v, x): for each window v at the place of the first largest x. */
static gboolean
max_pool_pick_eval (const WhyNode *node,
                    WhyTensor *const *inputs,
                    WhyTensor *const *outputs,
                    GError **error)
{
  const WhyConvParams *params = node->params;
  const WhyTensor *v = inputs[0], *x = inputs[1];

  FOR_WINDOWS (params, x->rank, x->dims, outputs[0]->dims, {
    gsize best = 0;
    why_tensor_set_f64 (outputs[0], out,
                        find_max (params, in, &window, x, plane, &best)
                          ? why_tensor_get_f64 (v, plane + best)
                          : 0.0);
  });
  return TRUE;
}

static gboolean
max_pool_pick_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  WhyValue *inputs[] = { dy, node->inputs[1] };

  return dy == NULL ||
         why_grad_add (builder, node, 0,
                       why_emit (why_grad_graph (builder), error, "MaxPoolGrad", 2, inputs,
                                 node->attrs, node->n_attrs));
}

/* ---- AveragePool ---- */

/* With count_include_pad a window counts what lies in the input or its padding, not what ceil_mode
 * lets it reach beyond that: as PyTorch and ONNX Runtime count. (ONNX's own test data of versions
 * 1.15 to 1.17 counted the whole window in one case, which later versions took back.) */

static gboolean
average_pool_eval (const WhyNode *node,
                   WhyTensor *const *inputs,
                   WhyTensor *const *outputs,
                   GError **error)
{
  const WhyConvParams *params = node->params;
  const WhyTensor *x = inputs[0];

  FOR_WINDOWS (params, x->rank, x->dims, outputs[0]->dims, {
    double sum = 0;
    gint64 count = 0;
    FOR_INSIDE (params, in, window, {
      sum += why_tensor_get_f64 (x, plane + at);
      count++;
    })
    count = params->count_include_pad ? window.n_padded : count;
    why_tensor_set_f64 (outputs[0], out, count > 0 ? sum / (double) count : 0.0);
  });
  return TRUE;
}

static gboolean
average_pool_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  PoolAttrs store;
  pool_attrs (node->params, node->inputs[0], &store);
  return why_grad_add (
    builder, node, 0,
    why_emit (why_grad_graph (builder), error, "AveragePoolGrad", 1, &dy, store.attrs, 7));
}

/* AveragePoolGrad (dy): the adjoint, so its own gradient is the pool. */
static gboolean
average_pool_grad_infer (WhyNode *node, GError **error)
{
  WhyConvParams *params = node->params;
  gint64 spatial[WHY_CONV_SPATIAL];
  gsize n;
  const gint64 *dims = why_node_ints (node, "input_dims", &n);
  WhyValue like = *node->inputs[0];

  memcpy (like.dims, dims, n * sizeof *dims);
  const gint64 *kernel = why_node_ints (node, "kernel_shape", &n);
  for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
    params->kernel[axis] = 1;
  for (gsize axis = 0; axis < n; axis++)
    params->kernel[WHY_CONV_SPATIAL - n + axis] = kernel[axis];
  params->ceil_mode = why_node_int (node, "ceil_mode", 0) != 0;
  params->count_include_pad = why_node_int (node, "count_include_pad", 0) != 0;
  return why_window_parse (node, &like, params, spatial, error) &&
         why_node_set_output_like (node, 0, like.dtype, &like, error);
}

static gboolean
average_pool_grad_eval (const WhyNode *node,
                        WhyTensor *const *inputs,
                        WhyTensor *const *outputs,
                        GError **error)
{
  const WhyConvParams *params = node->params;
  WhyTensor *dx = outputs[0];

  memset (dx->data, 0, dx->n_bytes);
  FOR_WINDOWS (params, dx->rank, dx->dims, inputs[0]->dims, {
    gint64 count = 1;
    for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
      count *= MAX (window.hi[axis] - window.lo[axis], 0);
    count = params->count_include_pad ? window.n_padded : count;
    if (count > 0)
      {
        double share = why_tensor_get_f64 (inputs[0], out) / (double) count;
        FOR_INSIDE (
          params, in, window,
          why_tensor_set_f64 (dx, plane + at, why_tensor_get_f64 (dx, plane + at) + share))
      }
  });
  return TRUE;
}

static gboolean
average_pool_grad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  PoolAttrs store;
  pool_attrs (node->params, node->inputs[0], &store);
  return why_grad_add (
    builder, node, 0,
    why_emit (why_grad_graph (builder), error, "AveragePool", 1, &dy, store.attrs, 6));
}

/* ---- LpPool: (sum |x|^p)^(1/p) ---- */

static gboolean
check_p (const WhyNode *node, GError **error)
{
  gint64 p = why_node_int (node, "p", 2);
  if (p >= 1)
    return TRUE;
  return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                        "p is %" G_GINT64_FORMAT ", expected at least 1", p);
}

static gboolean
lp_pool_infer (WhyNode *node, GError **error)
{
  return check_p (node, error) && float_window_infer (node, error);
}

/* y^(1-p), a factor of the gradient. Where all of a window is 0 there is none; the other factor is
 * 0 there, and this one is kept finite so that 0 comes out. */
static WhyValue *
emit_outer_factor (WhyGraph *graph, GError **error, WhyValue *y, double p)
{
  WhyValue *bounded = why_emit2 (graph, error, "Max", y, why_emit_scalar (graph, y, 1e-12));
  return why_emit2 (graph, error, "Pow", bounded, why_emit_scalar (graph, y, 1.0 - p));
}

static gboolean
lp_pool_eval (const WhyNode *node,
              WhyTensor *const *inputs,
              WhyTensor *const *outputs,
              GError **error)
{
  const WhyConvParams *params = node->params;
  const WhyTensor *x = inputs[0];
  double p = (double) params->p;

  FOR_WINDOWS (params, x->rank, x->dims, outputs[0]->dims, {
    double sum = 0;
    FOR_INSIDE (params, in, window, sum += pow (fabs (why_tensor_get_f64 (x, plane + at)), p))
    why_tensor_set_f64 (outputs[0], out, pow (sum, 1.0 / p));
  });
  return TRUE;
}

/* dy/dx = sign (x) |x|^(p-1) y^(1-p), summed over windows: an average pool's adjoint with the count
 * put back, between two element-wise factors. */
static gboolean
lp_pool_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyConvParams *params = node->params;
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *x = node->inputs[0], *y = node->outputs[0];
  WhyValue *dy = why_grad_output (builder, node, 0);
  PoolAttrs store;

  pool_attrs (params, x, &store);
  store.attrs[5].i = 1; /* every window counts its full size, which is undone by the factor */
  if (params->ceil_mode)
    return why_node_fail (node, error, WHY_ERROR_NO_GRADIENT,
                          "with ceil_mode it has no gradient here");
  double size = (double) (params->kernel[0] * params->kernel[1] * params->kernel[2]);
  double p = (double) params->p;
  WhyValue *scaled = why_emit2 (graph, error, "Mul", dy, emit_outer_factor (graph, error, y, p));
  scaled = why_emit2 (graph, error, "Mul", scaled, why_emit_scalar (graph, x, size));
  WhyValue *spread =
    scaled != NULL ? why_emit (graph, error, "AveragePoolGrad", 1, &scaled, store.attrs, 7) : NULL;
  WhyValue *power = why_emit2 (graph, error, "Pow", why_emit1 (graph, error, "Abs", x),
                               why_emit_scalar (graph, x, p - 1.0));
  WhyValue *factor = why_emit2 (graph, error, "Mul", why_emit1 (graph, error, "Sign", x), power);
  return why_grad_add (builder, node, 0, why_emit2 (graph, error, "Mul", spread, factor));
}

/* ---- global pools ---- */

static gboolean
global_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0];
  gint64 dims[WHY_MAX_RANK];

  if (x->rank < 2)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "input of rank %d, expected at least 2",
                          x->rank);
  if (!why_dtype_is_float (x->dtype))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input is %s, expected a floating type",
                          why_dtype_name (x->dtype));
  for (int axis = 0; axis < x->rank; axis++)
    dims[axis] = axis < 2 ? x->dims[axis] : 1;
  return why_node_set_output (node, 0, x->dtype, x->rank, dims, error);
}

static gsize
spatial_size (const WhyTensor *x)
{
  gsize size = 1;
  for (int axis = 2; axis < x->rank; axis++)
    size *= (gsize) x->dims[axis];
  return size;
}

static gboolean
global_average_eval (const WhyNode *node,
                     WhyTensor *const *inputs,
                     WhyTensor *const *outputs,
                     GError **error)
{
  gsize size = spatial_size (inputs[0]), n_planes = why_tensor_count (outputs[0]);
  for (gsize plane = 0; plane < n_planes; plane++)
    {
      double sum = 0;
      for (gsize at = 0; at < size; at++)
        sum += why_tensor_get_f64 (inputs[0], plane * size + at);
      why_tensor_set_f64 (outputs[0], plane, sum / (double) size);
    }
  return TRUE;
}

static gboolean
global_max_eval (const WhyNode *node,
                 WhyTensor *const *inputs,
                 WhyTensor *const *outputs,
                 GError **error)
{
  gsize size = spatial_size (inputs[0]), n_planes = why_tensor_count (outputs[0]);
  for (gsize plane = 0; plane < n_planes; plane++)
    {
      double most = -INFINITY;
      for (gsize at = 0; at < size; at++)
        {
          double value = why_tensor_get_f64 (inputs[0], plane * size + at);
          most = value > most || isnan (value) ? value : most;
        }
      why_tensor_set_f64 (outputs[0], plane, most);
    }
  return TRUE;
}

static gboolean
global_lp_eval (const WhyNode *node,
                WhyTensor *const *inputs,
                WhyTensor *const *outputs,
                GError **error)
{
  gsize size = spatial_size (inputs[0]), n_planes = why_tensor_count (outputs[0]);
  double p = (double) why_node_int (node, "p", 2);
  for (gsize plane = 0; plane < n_planes; plane++)
    {
      double sum = 0;
      for (gsize at = 0; at < size; at++)
        sum += pow (fabs (why_tensor_get_f64 (inputs[0], plane * size + at)), p);
      why_tensor_set_f64 (outputs[0], plane, pow (sum, 1.0 / p));
    }
  return TRUE;
}

static gboolean
global_lp_infer (WhyNode *node, GError **error)
{
  return check_p (node, error) && global_infer (node, error);
}

static WhyValue *
expand_like (WhyGraph *graph, GError **error, WhyValue *value, const WhyValue *like)
{
  return why_emit2 (graph, error, "Expand", value,
                    why_emit_i64 (graph, (gsize) like->rank, like->dims));
}

static gboolean
global_average_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *x = node->inputs[0], *dy = why_grad_output (builder, node, 0);
  double size = 1;

  for (int axis = 2; axis < x->rank; axis++)
    size *= (double) x->dims[axis];
  WhyValue *share = why_emit2 (graph, error, "Mul", dy, why_emit_scalar (graph, x, 1.0 / size));
  return why_grad_add (builder, node, 0, expand_like (graph, error, share, x));
}

/* The first largest value of a plane takes it all, as PyTorch's adaptive_max_pool does. */
static gboolean
global_max_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *x = node->inputs[0], *dy = why_grad_output (builder, node, 0);
  WhyConvParams params = {
    .n_spatial = x->rank - 2, .kernel = { 1, 1, 1 }, .stride = { 1, 1, 1 }, .dilation = { 1, 1, 1 }
  };
  PoolAttrs store;

  if (x->rank < 3 || x->rank > 2 + WHY_CONV_SPATIAL)
    return why_node_fail (node, error, WHY_ERROR_NO_GRADIENT, "no gradient for an input of rank %d",
                          x->rank);
  why_conv_spatial (x->rank, x->dims, params.kernel);
  pool_attrs (&params, x, &store);
  WhyValue *inputs[] = { dy, x };
  return why_grad_add (
    builder, node, 0,
    why_emit (why_grad_graph (builder), error, "MaxPoolGrad", 2, inputs, store.attrs, 7));
}

static gboolean
global_lp_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *x = node->inputs[0], *y = node->outputs[0], *dy = why_grad_output (builder, node, 0);
  double p = (double) why_node_int (node, "p", 2);
  WhyValue *outer = why_emit2 (graph, error, "Mul", dy, emit_outer_factor (graph, error, y, p));
  WhyValue *power = why_emit2 (graph, error, "Pow", why_emit1 (graph, error, "Abs", x),
                               why_emit_scalar (graph, x, p - 1.0));
  WhyValue *inner = why_emit2 (graph, error, "Mul", why_emit1 (graph, error, "Sign", x), power);
  return why_grad_add (builder, node, 0, why_emit2 (graph, error, "Mul", inner, outer));
}

static void
global_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  for (int axis = 0; axis < 2; axis++)
    {
      in->lo[axis] = out->lo[axis];
      in->hi[axis] = out->hi[axis];
    }
}

const WhyOpClass why_ops_pool[] = {
  { "MaxPool", 1, 0, 1, 1, 2, 0, sizeof (WhyConvParams), window_infer, max_pool_eval,
    max_pool_gradient, window_region },
  { "MaxPoolGrad", 1, 0, 2, 2, 1, WHY_OP_INTERNAL, sizeof (WhyConvParams), max_pool_grad_infer,
    max_pool_grad_eval, max_pool_grad_gradient, NULL },
  { "MaxPoolPick", 1, 0, 2, 2, 1, WHY_OP_INTERNAL, sizeof (WhyConvParams), window_infer,
    max_pool_pick_eval, max_pool_pick_gradient, NULL },
  { "AveragePool", 1, 0, 1, 1, 1, 0, sizeof (WhyConvParams), float_window_infer, average_pool_eval,
    average_pool_gradient, window_region },
  { "AveragePoolGrad", 1, 0, 1, 1, 1, WHY_OP_INTERNAL, sizeof (WhyConvParams),
    average_pool_grad_infer, average_pool_grad_eval, average_pool_grad_gradient, NULL },
  { "LpPool", 2, 0, 1, 1, 1, 0, sizeof (WhyConvParams), lp_pool_infer, lp_pool_eval,
    lp_pool_gradient, window_region },
  { "GlobalAveragePool", 1, 0, 1, 1, 1, 0, 0, global_infer, global_average_eval,
    global_average_gradient, global_region },
  { "GlobalMaxPool", 1, 0, 1, 1, 1, 0, 0, global_infer, global_max_eval, global_max_gradient,
    global_region },
  { "GlobalLpPool", 2, 0, 1, 1, 1, 0, 0, global_lp_infer, global_lp_eval, global_lp_gradient,
    global_region },
  { NULL },
};
