#include "config.h"

#include "graph/softmax.h"

#include "base/error.h"

#include "families.h"

#include <math.h>

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

/* dx = y (dy - sum (dy y)) */
static gboolean
softmax_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *y = node->outputs[0], *dy = why_grad_output (builder, node, 0);
  WhyValue *weighted = why_emit2 (graph, error, "Mul", dy, y);
  WhyValue *centred =
    why_emit2 (graph, error, "Sub", dy, sum_over (graph, error, node->params, weighted));
  return why_grad_add (builder, node, 0, why_emit2 (graph, error, "Mul", y, centred));
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
  { "LogSoftmax", 1, 0, 1, 1, 1, 0, sizeof (WhySoftmaxParams), softmax_infer, log_softmax_eval,
    log_softmax_gradient, softmax_region },
  { NULL },
};
