#include "config.h"

#include "elementwise.h"

#include "base/parallel.h"
#include "graph/normalization.h"
#include "vector.h"

#include <math.h>

/* Layer normalisation over the last dimensions, and its gradient: each row lies contiguous. */

typedef struct
{
  gsize n;
  double epsilon;
  const float *x, *dy, *scale, *shift; /* dy: of the gradient; shift: nullable */
  float *y;
} LayerNorm;

#define X_ARG const float *x
#define CENTRED_ARGS const float *x, float mean
#define G_ARGS const float *dy, const float *scale
#define GX_ARGS const float *dy, const float *scale, const float *x, float mean
#define VALUE(at) x[at]
#define SQUARE(at) ((x[at] - mean) * (x[at] - mean))
#define G(at) (dy[at] * scale[at])
#define GX(at) (dy[at] * scale[at] * (x[at] - mean))
WHY_DEFINE_ROW_SUM (sum_values, X_ARG, VALUE)
WHY_DEFINE_ROW_SUM (sum_squares, CENTRED_ARGS, SQUARE)
WHY_DEFINE_ROW_SUM (sum_g, G_ARGS, G)
WHY_DEFINE_ROW_SUM (sum_gx, GX_ARGS, GX)

WHY_VECTOR static void
layer_norm_row (
  const float *x, const float *scale, const float *shift, double epsilon, float *y, gsize n)
{
  const float mean = (float) (sum_values (x, n) / (double) n);
  const float inverse = (float) (1.0 / sqrt (sum_squares (x, mean, n) / (double) n + epsilon));
  if (shift != NULL)
    for (gsize at = 0; at < n; at++)
      y[at] = (x[at] - mean) * inverse * scale[at] + shift[at];
  else
    for (gsize at = 0; at < n; at++)
      y[at] = (x[at] - mean) * inverse * scale[at];
}

/* dx = r (g - mean (g) - h mean (g h)), g = dy scale, h = (x - mean) r, r = 1 / deviation */
WHY_VECTOR static void
layer_norm_grad_row (
  const float *dy, const float *x, const float *scale, double epsilon, float *dx, gsize n)
{
  const float mean = (float) (sum_values (x, n) / (double) n);
  const double inverse = 1.0 / sqrt (sum_squares (x, mean, n) / (double) n + epsilon);
  const float g_mean = (float) (sum_g (dy, scale, n) / (double) n);
  const float slope = (float) (sum_gx (dy, scale, x, mean, n) / (double) n * inverse * inverse);
  const float factor = (float) inverse;
  for (gsize at = 0; at < n; at++)
    dx[at] = (dy[at] * scale[at] - g_mean - (x[at] - mean) * slope) * factor;
}

static void
layer_norm_rows (gsize begin, gsize end, gpointer data)
{
  const LayerNorm *norm = data;
  for (gsize row = begin; row < end; row++)
    {
      gsize start = row * norm->n;
      if (norm->dy != NULL)
        layer_norm_grad_row (norm->dy + start, norm->x + start, norm->scale, norm->epsilon,
                             norm->y + start, norm->n);
      else
        layer_norm_row (norm->x + start, norm->scale, norm->shift, norm->epsilon, norm->y + start,
                        norm->n);
    }
}

static void
run_rows (const WhyStep *step, LayerNorm *norm)
{
  norm->y = step->outputs[0]->data;
  why_parallel_for (norm->n > 0 ? step->outputs[0]->n_bytes / sizeof (float) / norm->n : 0,
                    1 + 8192 / (1 + norm->n), layer_norm_rows, norm);
}

static gboolean
run_layer_norm (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  const WhyLayerNormParams *params = step->node->params;
  LayerNorm norm = {
    .n = (gsize) params->n,
    .epsilon = params->epsilon,
    .x = step->inputs[0]->data,
    .scale = step->inputs[1]->data,
    .shift = step->n_inputs > 2 ? step->inputs[2]->data : NULL,
  };
  run_rows (step, &norm);
  return TRUE;
}

static gboolean
run_layer_norm_grad (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  const WhyLayerNormParams *params = step->node->params;
  LayerNorm norm = {
    .n = (gsize) params->n,
    .epsilon = params->epsilon,
    .dy = step->inputs[0]->data,
    .x = step->inputs[1]->data,
    .scale = step->inputs[2]->data,
  };
  run_rows (step, &norm);
  return TRUE;
}

/* Scale and shift must hold one number for each place of a row. */
static gboolean
has_rows (const WhyNode *node, guint first)
{
  const WhyLayerNormParams *params = node->params;
  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *value = node->inputs[input];
      gint64 count = 1;
      if (value == NULL || value->dtype != WHY_DTYPE_FLOAT32)
        return FALSE;
      for (int axis = 0; axis < value->rank; axis++)
        count *= value->dims[axis];
      if (input >= first && count != params->n)
        return FALSE;
    }
  for (guint output = 1; output < node->n_outputs; output++)
    {
      if (node->outputs[output] != NULL)
        return FALSE;
    }
  return node->outputs[0] != NULL;
}

static gboolean
compile_rows (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  gboolean is_grad = g_str_has_suffix (node->klass->type, "Grad");
  WhyBuffer *inputs[3];

  *done = FALSE;
  if (!has_rows (node, is_grad ? 2 : 1))
    return TRUE;
  for (guint input = 0; input < node->n_inputs; input++)
    {
      inputs[input] = why_plan_input (plan, node->inputs[input], WHY_LAYOUT_PLAIN, error);
      if (inputs[input] == NULL)
        return FALSE;
    }
  WhyBuffer *output = why_plan_output (plan, node->outputs[0], WHY_LAYOUT_PLAIN);
  WhyStep *step = why_plan_add_step (plan, node, is_grad ? run_layer_norm_grad : run_layer_norm,
                                     inputs, node->n_inputs, &output, 1, NULL, NULL);
  /* A row's sums are taken before it is written. */
  step->in_place = TRUE;
  *done = TRUE;
  return TRUE;
}

const WhyKernel why_layer_norm_kernels[] = {
  { "LayerNormalization", compile_rows },
  { "LayerNormGrad", compile_rows },
  { NULL, NULL },
};
