#include "config.h"

#include "graph/softmax.h"

#include "base/error.h"

#include "families.h"

#include <math.h>
#include <string.h>

static void
measure (WhySoftmaxParams *params, const WhyValue *x)
{
  params->outer = params->n = params->inner = 1;
  for (int at = 0; at < x->rank; at++)
    {
      if (at < params->axis)
        params->outer *= x->dims[at];
      else if (at <= params->last_axis)
        params->n *= x->dims[at];
      else
        params->inner *= x->dims[at];
    }
}

/* Up to opset 12 the input is flattened to a matrix at `axis` (default 1) and rows are normalised;
 * from 13 on values are normalised along `axis` (default -1) alone. Both are: over `n` values that
 * lie `inner` apart, for every outer and inner position. */
static gboolean
softmax_infer (WhyNode *node, GError **error)
{
  WhySoftmaxParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  gboolean flattens = node->opset < 13;

  if (!why_dtype_is_float (x->dtype))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input is %s, expected a floating type",
                          why_dtype_name (x->dtype));
  gint64 axis = why_node_int (node, "axis", flattens ? 1 : -1);
  if (x->rank == 0 || (flattens && axis == x->rank))
    params->axis = x->rank;
  else if (!why_node_axis (node, axis, x->rank, &params->axis, error))
    return FALSE;
  params->last_axis = flattens ? x->rank - 1 : params->axis;
  measure (params, x);
  return why_node_set_output_like (node, 0, x->dtype, x, error);
}

static gboolean
run (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, gboolean logarithm)
{
  const WhySoftmaxParams *params = node->params;
  for (gint64 outer = 0; outer < params->outer; outer++)
    for (gint64 inner = 0; inner < params->inner; inner++)
      {
        gsize start = (gsize) (outer * params->n * params->inner + inner),
              step = (gsize) params->inner;
        double most = -INFINITY, sum = 0;
        for (gsize at = 0; at < (gsize) params->n; at++)
          most = fmax (most, why_tensor_get_f64 (inputs[0], start + at * step));
        for (gsize at = 0; at < (gsize) params->n; at++)
          sum += exp (why_tensor_get_f64 (inputs[0], start + at * step) - most);
        for (gsize at = 0; at < (gsize) params->n; at++)
          {
            double shifted = why_tensor_get_f64 (inputs[0], start + at * step) - most;
            why_tensor_set_f64 (outputs[0], start + at * step,
                                logarithm ? shifted - log (sum) : exp (shifted) / sum);
          }
      }
  return TRUE;
}

static gboolean
softmax_eval (const WhyNode *node,
              WhyTensor *const *inputs,
              WhyTensor *const *outputs,
              GError **error)
{
  return run (node, inputs, outputs, FALSE);
}

static gboolean
log_softmax_eval (const WhyNode *node,
                  WhyTensor *const *inputs,
                  WhyTensor *const *outputs,
                  GError **error)
{
  return run (node, inputs, outputs, TRUE);
}

static WhyValue *
sum_over (WhyGraph *graph, GError **error, const WhySoftmaxParams *params, WhyValue *value)
{
  gint64 axes[WHY_MAX_RANK];
  gsize n_axes = 0;
  if (value != NULL && value->rank == 0)
    return value;
  for (int axis = params->axis; axis <= params->last_axis; axis++)
    axes[n_axes++] = axis;
  return why_emit_reduce_sum (graph, error, value, axes, n_axes, TRUE);
}

static WhyValue *
emit_softmax_grad (WhyGraph *graph,
                   GError **error,
                   const WhySoftmaxParams *params,
                   WhyValue *dy,
                   WhyValue *y)
{
  const WhyAttr attrs[] = {
    { .name = "axis", .type = WHY_ATTR_INT, .i = params->axis },
    { .name = "last_axis", .type = WHY_ATTR_INT, .i = params->last_axis },
  };
  WhyValue *inputs[] = { dy, y };
  return dy != NULL ? why_emit (graph, error, "SoftmaxGrad", 2, inputs, attrs, 2) : NULL;
}

static gboolean
softmax_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  return why_grad_add (builder, node, 0,
                       emit_softmax_grad (why_grad_graph (builder), error, node->params,
                                          why_grad_output (builder, node, 0), node->outputs[0]));
}

/* ---- SoftmaxGrad (dy, y): dx = y (dy - sum (dy y)) ---- */

static gboolean
softmax_grad_infer (WhyNode *node, GError **error)
{
  WhySoftmaxParams *params = node->params;
  const WhyValue *dy = node->inputs[0], *y = node->inputs[1];

  if (!why_dtype_is_float (y->dtype) || dy->dtype != y->dtype || dy->rank != y->rank ||
      memcmp (dy->dims, y->dims, (gsize) y->rank * sizeof *y->dims) != 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "its inputs do not fit together");
  params->axis = (int) why_node_int (node, "axis", 0);
  params->last_axis = (int) why_node_int (node, "last_axis", 0);
  measure (params, y);
  return why_node_set_output_like (node, 0, y->dtype, y, error);
}

static gboolean
softmax_grad_eval (const WhyNode *node,
                   WhyTensor *const *inputs,
                   WhyTensor *const *outputs,
                   GError **error)
{
  const WhySoftmaxParams *params = node->params;
  for (gint64 outer = 0; outer < params->outer; outer++)
    for (gint64 inner = 0; inner < params->inner; inner++)
      {
        gsize start = (gsize) (outer * params->n * params->inner + inner),
              step = (gsize) params->inner;
        double sum = 0;
        for (gsize at = 0; at < (gsize) params->n; at++)
          sum += why_tensor_get_f64 (inputs[0], start + at * step) *
                 why_tensor_get_f64 (inputs[1], start + at * step);
        for (gsize at = 0; at < (gsize) params->n; at++)
          why_tensor_set_f64 (outputs[0], start + at * step,
                              why_tensor_get_f64 (inputs[1], start + at * step) *
                                (why_tensor_get_f64 (inputs[0], start + at * step) - sum));
      }
  return TRUE;
}

/* With u what flows back: for dy the same operator of u, which is symmetric; for y
 * u (dy - sum (dy y)) - dy sum (u y). */
static gboolean
softmax_grad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhySoftmaxParams *params = node->params;
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *u = why_grad_output (builder, node, 0), *dy = node->inputs[0], *y = node->inputs[1];

  if (why_grad_wanted (builder, node, 0) &&
      !why_grad_add (builder, node, 0, emit_softmax_grad (graph, error, params, u, y)))
    return FALSE;
  if (!why_grad_wanted (builder, node, 1))
    return TRUE;
  WhyValue *dy_sum = sum_over (graph, error, params, why_emit2 (graph, error, "Mul", dy, y));
  WhyValue *u_sum = sum_over (graph, error, params, why_emit2 (graph, error, "Mul", u, y));
  WhyValue *first = why_emit2 (graph, error, "Mul", u, why_emit2 (graph, error, "Sub", dy, dy_sum));
  return why_grad_add (builder, node, 1,
                       why_emit2 (graph, error, "Sub", first, why_emit2 (graph, error, "Mul", dy, u_sum)));
}

/* dx = dy - exp (y) sum (dy) */
static gboolean
log_softmax_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *y = node->outputs[0], *dy = why_grad_output (builder, node, 0);
  WhyValue *spread = why_emit2 (graph, error, "Mul", why_emit1 (graph, error, "Exp", y),
                                sum_over (graph, error, node->params, dy));
  return why_grad_add (builder, node, 0, why_emit2 (graph, error, "Sub", dy, spread));
}

static void
softmax_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhySoftmaxParams *params = node->params;
  for (int axis = 0; axis < out->rank; axis++)
    {
      if (axis >= params->axis && axis <= params->last_axis)
        continue;
      in->lo[axis] = out->lo[axis];
      in->hi[axis] = out->hi[axis];
    }
}

const WhyOpClass why_ops_softmax[] = {
  { "Softmax", 1, 0, 1, 1, 1, 0, sizeof (WhySoftmaxParams), softmax_infer, softmax_eval,
    softmax_gradient, softmax_region },
  { "SoftmaxGrad", 1, 0, 2, 2, 1, WHY_OP_INTERNAL, sizeof (WhySoftmaxParams), softmax_grad_infer,
    softmax_grad_eval, softmax_grad_gradient, NULL },
  { "LogSoftmax", 1, 0, 1, 1, 1, 0, sizeof (WhySoftmaxParams), softmax_infer, log_softmax_eval,
    log_softmax_gradient, softmax_region },
  { NULL },
};
