#include "config.h"

#include "elementwise.h"

#include "base/parallel.h"
#include "graph/reduce.h"
#include "graph/softmax.h"
#include "vector.h"

#include <math.h>
#include <string.h>

/* Softmax and sums. Both see their input as outer x n x inner in the order in which it lies in
 * memory and reduce over n. */

typedef struct
{
  gsize outer, n, inner;
  float factor; /* of sums: 1 or 1 / n */
  gboolean logarithm;
  const float *x;
  float *y;
} Reduce;

/* ---- Softmax ---- */

#define ROW const float *y
#define TERM(at) y[at]
WHY_DEFINE_ROW_SUM (sum_terms, ROW, TERM)

WHY_VECTOR static void
softmax_row (const float *x, float *y, gsize n, gboolean logarithm)
{
  const float most = why_vector_row_max (x, n);
  for (gsize at = 0; at < n; at++)
    y[at] = why_vector_exp (x[at] - most);
  const double sum = sum_terms (y, n);
  const float factor = (float) (1.0 / sum), offset = most + (float) log (sum);
  if (logarithm)
    for (gsize at = 0; at < n; at++)
      y[at] = x[at] - offset;
  else
    for (gsize at = 0; at < n; at++)
      y[at] *= factor;
}

static void
softmax_rows (gsize begin, gsize end, gpointer data)
{
  const Reduce *reduce = data;
  for (gsize row = begin; row < end; row++)
    softmax_row (reduce->x + row * reduce->n, reduce->y + row * reduce->n, reduce->n,
                 reduce->logarithm);
}

static gboolean
run_softmax (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  Reduce reduce = *(const Reduce *) step->data;
  reduce.x = step->inputs[0]->data;
  reduce.y = step->outputs[0]->data;
  why_parallel_for (reduce.outer, 1 + 2048 / (1 + reduce.n), softmax_rows, &reduce);
  return TRUE;
}

/* Rows must lie contiguous: the last axes in plain layout, or channels in channels last. */
static gboolean
softmax_layout (const WhyNode *node, WhyLayout *layout)
{
  const WhySoftmaxParams *params = node->params;
  const WhyValue *x = node->inputs[0];

  *layout = params->inner != 1 ? WHY_LAYOUT_CHANNELS_LAST : WHY_LAYOUT_PLAIN;
  return x->dtype == WHY_DTYPE_FLOAT32 && x->rank > 0 &&
         (params->inner == 1 || (params->axis == 1 && params->last_axis == 1 && x->rank >= 3));
}

static gboolean
compile_softmax (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhySoftmaxParams *params = node->params;
  WhyLayout layout;

  *done = FALSE;
  if (!softmax_layout (node, &layout))
    return TRUE;
  WhyBuffer *input = why_plan_input (plan, node->inputs[0], layout, error);
  if (input == NULL)
    return FALSE;
  Reduce *reduce = g_new0 (Reduce, 1);
  reduce->n = (gsize) params->n;
  reduce->outer = (gsize) (params->outer * params->inner);
  reduce->logarithm = strcmp (node->klass->type, "LogSoftmax") == 0;
  WhyBuffer *output = why_plan_output (plan, node->outputs[0], layout);
  WhyStep *step =
    why_plan_add_step (plan, node, run_softmax, &input, 1, &output, 1, reduce, g_free);
  step->in_place = !reduce->logarithm; /* which reads its input twice */
  *done = TRUE;
  return TRUE;
}

/* ---- SoftmaxGrad: dx = y (dy - sum (dy y)) ---- */

typedef struct
{
  gsize n;
  const float *dy, *y;
  float *dx;
} SoftmaxGrad;

#define ROWS const float *dy, const float *y
#define WEIGHTED(at) (dy[at] * y[at])
WHY_DEFINE_ROW_SUM (sum_weighted, ROWS, WEIGHTED)

WHY_VECTOR static void
softmax_grad_row (const float *dy, const float *y, float *dx, gsize n)
{
  const float mean = (float) sum_weighted (dy, y, n);
  for (gsize at = 0; at < n; at++)
    dx[at] = y[at] * (dy[at] - mean);
}

static void
softmax_grad_rows (gsize begin, gsize end, gpointer data)
{
  const SoftmaxGrad *grad = data;
  for (gsize row = begin; row < end; row++)
    softmax_grad_row (grad->dy + row * grad->n, grad->y + row * grad->n, grad->dx + row * grad->n,
                      grad->n);
}

static gboolean
run_softmax_grad (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  const WhySoftmaxParams *params = step->node->params;
  SoftmaxGrad grad = { (gsize) params->n, step->inputs[0]->data, step->inputs[1]->data,
                       step->outputs[0]->data };
  why_parallel_for ((gsize) (params->outer * params->inner), 1 + 4096 / (1 + grad.n),
                    softmax_grad_rows, &grad);
  return TRUE;
}

static gboolean
compile_softmax_grad (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  WhyBuffer *inputs[2];
  WhyLayout layout;

  *done = FALSE;
  if (!softmax_layout (node, &layout))
    return TRUE;
  for (guint input = 0; input < 2; input++)
    {
      inputs[input] = why_plan_input (plan, node->inputs[input], layout, error);
      if (inputs[input] == NULL)
        return FALSE;
    }
  WhyBuffer *output = why_plan_output (plan, node->outputs[0], layout);
  WhyStep *step =
    why_plan_add_step (plan, node, run_softmax_grad, inputs, 2, &output, 1, NULL, NULL);
  step->in_place = TRUE;
  *done = TRUE;
  return TRUE;
}

/* ---- ReduceSum, ReduceMean ---- */

WHY_VECTOR static double
sum_row (const float *x, gsize n)
{
  return sum_terms (x, n);
}

#define COLUMNS 64

/* Sums columns of an n x inner block; a block of columns at a time, in double. */
WHY_VECTOR static void
sum_columns (const float *x, gsize n, gsize inner, gsize first, gsize width, float factor, float *y)
{
  double sum[COLUMNS] = { 0 };
  for (gsize row = 0; row < n; row++)
    for (gsize at = 0; at < width; at++)
      sum[at] += (double) x[row * inner + first + at];
  for (gsize at = 0; at < width; at++)
    y[first + at] = (float) (sum[at] * (double) factor);
}

static void
reduce_blocks (gsize begin, gsize end, gpointer data)
{
  const Reduce *reduce = data;
  gsize blocks = (reduce->inner + COLUMNS - 1) / COLUMNS;
  for (gsize at = begin; at < end; at++)
    {
      gsize outer = at / blocks, first = at % blocks * COLUMNS;
      const float *x = reduce->x + outer * reduce->n * reduce->inner;
      if (reduce->inner == 1)
        reduce->y[outer] = (float) (sum_row (x, reduce->n) * (double) reduce->factor);
      else
        sum_columns (x, reduce->n, reduce->inner, first, MIN (COLUMNS, reduce->inner - first),
                     reduce->factor, reduce->y + outer * reduce->inner);
    }
}

static gboolean
run_reduce (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  Reduce reduce = *(const Reduce *) step->data;
  reduce.x = step->inputs[0]->data;
  reduce.y = step->outputs[0]->data;
  gsize blocks = reduce.outer * ((reduce.inner + COLUMNS - 1) / COLUMNS);
  why_parallel_for (blocks, 1 + 32768 / (1 + reduce.n * MIN (reduce.inner, COLUMNS)), reduce_blocks,
                    &reduce);
  return TRUE;
}

/* The reduced axes must be neighbours in memory. What is left lies in plain order then, except that
 * a channels-last input gives a channels-last output, which needs its dimensions kept. */
static gboolean
see_as_block (const WhyValue *x, WhyLayout layout, const WhyReduceParams *params, Reduce *reduce)
{
  gboolean reduced[WHY_MAX_RANK] = { FALSE };
  int state = 0;

  for (int axis = 0; axis < params->n_axes; axis++)
    reduced[params->axes[axis]] = TRUE;
  reduce->outer = reduce->n = reduce->inner = 1;
  for (int place = 0; place < x->rank; place++)
    {
      int axis = place;
      if (layout == WHY_LAYOUT_CHANNELS_LAST && x->rank >= 3 && place > 0)
        axis = place == x->rank - 1 ? 1 : place + 1;
      gsize dim = (gsize) x->dims[axis];
      if (dim == 1)
        continue;
      if (reduced[axis])
        {
          if (state == 2)
            return FALSE;
          state = 1;
          reduce->n *= dim;
        }
      else if (state == 0)
        reduce->outer *= dim;
      else
        {
          state = 2;
          reduce->inner *= dim;
        }
    }
  return reduce->n > 0;
}

/* Whether what is left of a channels-last input, its reduced dimensions dropped, lies in plain
 * order and has no layout of its own: channels must not come to lie behind positions. */
static gboolean
leaves_plain (const WhyValue *x, const WhyReduceParams *params)
{
  gint64 channels = x->dims[1], positions = 1;

  for (int axis = 2; axis < x->rank; axis++)
    positions *= x->dims[axis];
  for (int axis = 0; axis < params->n_axes; axis++)
    {
      if (params->axes[axis] == 1)
        channels = 1;
      else if (params->axes[axis] >= 2)
        positions /= x->dims[params->axes[axis]];
    }
  return x->rank - params->n_axes < 3 && (channels == 1 || positions == 1);
}

static gboolean
compile_reduce (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyReduceParams *params = node->params;
  WhyValue *x = node->inputs[0], *y = node->outputs[0];
  WhyLayout layout = why_plan_layout (plan, x);
  Reduce reduce = { 0 };

  *done = FALSE;
  if (x->dtype != WHY_DTYPE_FLOAT32 || x->constant != NULL)
    return TRUE;
  if (layout == WHY_LAYOUT_CHANNELS_LAST && !(see_as_block (x, layout, params, &reduce) &&
                                              (params->keep_dims || leaves_plain (x, params))))
    layout = WHY_LAYOUT_PLAIN;
  if (!see_as_block (x, layout, params, &reduce))
    return TRUE;
  WhyBuffer *input = why_plan_input (plan, x, layout, error);
  if (input == NULL)
    return FALSE;
  reduce.factor = strcmp (node->klass->type, "ReduceMean") == 0 ? 1.0f / (float) reduce.n : 1.0f;
  WhyBuffer *output = why_plan_output (plan, y, layout);
  why_plan_add_step (plan, node, run_reduce, &input, 1, &output, 1,
                     g_memdup2 (&reduce, sizeof reduce), g_free);
  *done = TRUE;
  return TRUE;
}

const WhyKernel why_reduce_kernels[] = {
  { "Softmax", compile_softmax },
  { "LogSoftmax", compile_softmax },
  { "SoftmaxGrad", compile_softmax_grad },
  { "ReduceSum", compile_reduce },
  { "ReduceMean", compile_reduce },
  { NULL, NULL },
};
