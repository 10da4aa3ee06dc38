#include "config.h"

#include "graph/reduce.h"
#include "families.h"
#include "rows.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* ---- inference ---- */

static gboolean
reduce_axes (WhyNode *node, const gint64 *axes, gsize n_axes, GError **error)
{
  WhyReduceParams *params = node->params;
  int rank = node->inputs[0]->rank;
  gboolean reduced[WHY_MAX_RANK] = { FALSE };

  if (n_axes == 0 && why_node_int (node, "noop_with_empty_axes", 0) == 0)
    for (int axis = 0; axis < rank; axis++)
      reduced[axis] = TRUE;
  for (gsize index = 0; index < n_axes; index++)
    {
      int axis;
      if (!why_node_axis (node, axes[index], rank, &axis, error))
        return FALSE;
      if (reduced[axis])
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "axis %d is named twice", axis);
      reduced[axis] = TRUE;
    }
  for (int axis = 0; axis < rank; axis++)
    {
      if (reduced[axis])
        params->axes[params->n_axes++] = axis;
    }
  return TRUE;
}

static gboolean
reduce_infer (WhyNode *node, GError **error)
{
  WhyReduceParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  const WhyValue *axes_value = why_node_input (node, 1);
  gint64 dims[WHY_MAX_RANK];
  int rank = 0, next = 0;

  params->keep_dims = why_node_int (node, "keepdims", 1) != 0;
  if (axes_value != NULL)
    {
      const WhyTensor *axes = why_node_need_constant (node, 1, "axes", error);
      if (axes == NULL)
        return FALSE;
      if (axes->dtype != WHY_DTYPE_INT64 || axes->rank > 1)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "axes must be a list of int64, not %s of rank %d",
                              why_dtype_name (axes->dtype), axes->rank);
      if (!reduce_axes (node, axes->data, why_tensor_count (axes), error))
        return FALSE;
    }
  else
    {
      gsize n_axes;
      const gint64 *axes = why_node_ints (node, "axes", &n_axes);
      if (!reduce_axes (node, axes, n_axes, error))
        return FALSE;
    }

  for (int axis = 0; axis < x->rank; axis++)
    {
      gboolean reduced = next < params->n_axes && params->axes[next] == axis;
      if (reduced)
        next++;
      if (!reduced || params->keep_dims)
        dims[rank++] = reduced ? 1 : x->dims[axis];
    }
  return why_node_set_output (node, 0, x->dtype, rank, dims, error);
}

static gboolean
reduce_number_infer (WhyNode *node, GError **error)
{
  if (node->inputs[0]->dtype == WHY_DTYPE_BOOL)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input '%s' must be a number, not bool", node->inputs[0]->name);
  return reduce_infer (node, error);
}

/* ---- evaluation ---- */

typedef union
{
  double f;
  gint64 i;
  guint64 u;
} Total;

/**
 * AccumulateFunc:
 * @totals: where the row's first element goes; the next one @step further, 0 when all go to one
 * @shift: for AccumulateFunc of log-sum-exp: the maxima, stepped as @totals
 */
typedef void (*AccumulateFunc) (const WhyRow *row, gsize n, Total *totals, gint64 step, const Total *shift);

#define DEFINE_ACCUMULATE(name, field, VALUE)                                                       \
  static void                                                                                       \
  name (const WhyRow *row, gsize n, Total *totals, gint64 step, const Total *shift)                 \
  {                                                                                                 \
    for (gsize k = 0; k < n; k++)                                                                   \
      {                                                                                             \
        __typeof__ (row->field[k]) x = row->field[k], t = totals[(gint64) k * step].field;          \
        totals[(gint64) k * step].field = (VALUE);                                                  \
      }                                                                                             \
  }

DEFINE_ACCUMULATE (sum_f64, f, t + x)
DEFINE_ACCUMULATE (sum_u64, u, t + x)
DEFINE_ACCUMULATE (product_f64, f, t * x)
DEFINE_ACCUMULATE (product_u64, u, t * x)
DEFINE_ACCUMULATE (max_f64, f, x > t || isnan (x) ? x : t)
DEFINE_ACCUMULATE (max_i64, i, MAX (x, t))
DEFINE_ACCUMULATE (max_u64, u, MAX (x, t))
DEFINE_ACCUMULATE (min_f64, f, x < t || isnan (x) ? x : t)
DEFINE_ACCUMULATE (min_i64, i, MIN (x, t))
DEFINE_ACCUMULATE (min_u64, u, MIN (x, t))
DEFINE_ACCUMULATE (absolute_f64, f, t + fabs (x))
DEFINE_ACCUMULATE (absolute_i64, i, (gint64) ((guint64) t + (x < 0 ? 0 - (guint64) x : (guint64) x)))
DEFINE_ACCUMULATE (square_f64, f, t + x * x)
DEFINE_ACCUMULATE (square_u64, u, t + x * x)

static void
exp_f64 (const WhyRow *row, gsize n, Total *totals, gint64 step, const Total *shift)
{
  for (gsize k = 0; k < n; k++)
    {
      /* An infinite maximum would make NaN of the difference. */
      double by = shift[(gint64) k * step].f;
      totals[(gint64) k * step].f += exp (row->f[k] - (isfinite (by) ? by : 0.0));
    }
}

/* Adds all of @input to @totals, which has one entry for each element of the output. */
static void
accumulate (const WhyReduceParams *params,
            const WhyTensor *input,
            WhyWide wide,
            AccumulateFunc func,
            Total *totals,
            const Total *shift)
{
  gint64 dims[WHY_MAX_RANK + 1], steps[WHY_MAX_RANK + 1], index[WHY_MAX_RANK + 1] = { 0 };
  gboolean reduced[WHY_MAX_RANK] = { FALSE };
  gint64 count = (gint64) why_tensor_count (input), step = 1, at = 0;
  int rank = 0;
  WhyRow row;

  if (count == 0)
    return;
  for (int index_axis = 0; index_axis < params->n_axes; index_axis++)
    reduced[params->axes[index_axis]] = TRUE;
  /* From the last axis to the first, neighbours of one kind as one; dims[0] is the fastest. */
  for (int axis = input->rank - 1; axis >= 0; axis--)
    {
      gint64 axis_step = reduced[axis] ? 0 : step;
      if (input->dims[axis] == 1)
        continue;
      if (rank > 0 && (steps[rank - 1] == 0) == (axis_step == 0))
        dims[rank - 1] *= input->dims[axis];
      else
        {
          dims[rank] = input->dims[axis];
          steps[rank++] = axis_step;
        }
      if (!reduced[axis])
        step *= input->dims[axis];
    }
  if (rank == 0)
    {
      dims[rank] = 1;
      steps[rank++] = 0;
    }

  for (gint64 done = 0; done < count; done += dims[0])
    {
      for (gint64 begin = 0; begin < dims[0]; begin += WHY_ROW_MAX)
        {
          gsize n = (gsize) MIN (WHY_ROW_MAX, dims[0] - begin);
          gint64 to = at + begin * steps[0];
          why_row_load (&row, wide, input, done + begin, 1, n);
          func (&row, n, totals + to, steps[0], shift != NULL ? shift + to : NULL);
        }
      for (int place = 1; place < rank; place++)
        {
          at += steps[place];
          if (++index[place] < dims[place])
            break;
          at -= steps[place] * dims[place];
          index[place] = 0;
        }
    }
}

static void
store_totals (const Total *totals, WhyWide wide, WhyTensor *output)
{
  gsize count = why_tensor_count (output);
  WhyRow row;

  for (gsize begin = 0; begin < count; begin += WHY_ROW_MAX)
    {
      gsize n = MIN (WHY_ROW_MAX, count - begin);
      for (gsize k = 0; k < n; k++)
        row.u[k] = totals[begin + k].u;
      why_row_store (&row, wide, output, (gint64) begin, n);
    }
}

static Total *
new_totals (const WhyNode *node, const WhyTensor *output, Total start, GError **error)
{
  gsize count = why_tensor_count (output);
  Total *totals = g_try_new (Total, MAX (count, 1));

  if (totals == NULL)
    why_node_fail (node, error, WHY_ERROR_TOO_LARGE, "there is no memory for %" G_GSIZE_FORMAT " values", count);
  else
    for (gsize index = 0; index < count; index++)
      totals[index] = start;
  return totals;
}

/* One pass over the input. @finish (nullable) maps the finished totals. */
static gboolean
reduce (const WhyNode *node,
        const WhyTensor *input,
        WhyTensor *output,
        WhyWide wide,
        AccumulateFunc func,
        Total start,
        double (*finish) (double, double n),
        GError **error)
{
  g_autofree Total *totals = new_totals (node, output, start, error);
  gsize count = why_tensor_count (output);

  if (totals == NULL)
    return FALSE;
  accumulate (node->params, input, wide, func, totals, NULL);
  if (finish != NULL && count > 0)
    {
      double n = (double) (why_tensor_count (input) / count);
      for (gsize index = 0; index < count; index++)
        totals[index].f = finish (totals[index].f, n);
    }
  store_totals (totals, wide, output);
  return TRUE;
}

static double
finish_mean (double total, double n)
{
  return total / n;
}

static double
finish_root (double total, double n)
{
  return sqrt (total);
}

static double
finish_log (double total, double n)
{
  return log (total);
}

#define DEFINE_EVAL(name, F64, I64, U64, START_F64, START_INTEGER)                                  \
  static gboolean                                                                                   \
  name##_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error) \
  {                                                                                                 \
    static const AccumulateFunc funcs[] = { F64, I64, U64 };                                        \
    WhyWide wide = why_wide_of (inputs[0]->dtype);                                                  \
    Total start = { .f = START_F64 };                                                               \
    if (wide != WHY_WIDE_F64)                                                                       \
      start.i = (START_INTEGER);                                                                    \
    return reduce (node, inputs[0], outputs[0], wide, funcs[wide], start, NULL, error);             \
  }

#define DEFINE_FLOAT_EVAL(name, F64, FINISH)                                                        \
  static gboolean                                                                                   \
  name##_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error) \
  {                                                                                                 \
    return reduce (node, inputs[0], outputs[0], WHY_WIDE_F64, F64, (Total) { .f = 0.0 }, FINISH, error); \
  }

DEFINE_EVAL (reduce_sum, sum_f64, sum_u64, sum_u64, 0.0, 0)
DEFINE_EVAL (reduce_prod, product_f64, product_u64, product_u64, 1.0, 1)
DEFINE_EVAL (reduce_l1, absolute_f64, absolute_i64, sum_u64, 0.0, 0)
DEFINE_EVAL (reduce_sum_square, square_f64, square_u64, square_u64, 0.0, 0)
DEFINE_FLOAT_EVAL (reduce_mean, sum_f64, finish_mean)
DEFINE_FLOAT_EVAL (reduce_l2, square_f64, finish_root)
DEFINE_FLOAT_EVAL (reduce_log_sum, sum_f64, finish_log)

/* The least and the greatest value of the type, which is what an empty maximum or minimum is. */
static gint64
least (WhyDType dtype)
{
  switch (why_wide_of (dtype) == WHY_WIDE_I64 && dtype != WHY_DTYPE_BOOL ? why_dtype_size (dtype) : 0)
    {
    case 1: return G_MININT8;
    case 2: return G_MININT16;
    case 4: return G_MININT32;
    case 8: return G_MININT64;
    default: return 0;
    }
}

static gint64
greatest (WhyDType dtype)
{
  return dtype == WHY_DTYPE_BOOL ? 1 : (gint64) ~(guint64) least (dtype);
}

DEFINE_EVAL (reduce_max, max_f64, max_i64, max_u64, -INFINITY, least (inputs[0]->dtype))
DEFINE_EVAL (reduce_min, min_f64, min_i64, min_u64, INFINITY, greatest (inputs[0]->dtype))

static gboolean
reduce_log_sum_exp_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  g_autofree Total *maxima = new_totals (node, outputs[0], (Total) { .f = -INFINITY }, error);
  g_autofree Total *sums = maxima != NULL ? new_totals (node, outputs[0], (Total) { .f = 0.0 }, error) : NULL;
  gsize count = why_tensor_count (outputs[0]);

  if (sums == NULL)
    return FALSE;
  accumulate (node->params, inputs[0], WHY_WIDE_F64, max_f64, maxima, NULL);
  accumulate (node->params, inputs[0], WHY_WIDE_F64, exp_f64, sums, maxima);
  for (gsize index = 0; index < count; index++)
    sums[index].f = log (sums[index].f) + (isfinite (maxima[index].f) ? maxima[index].f : 0.0);
  store_totals (sums, WHY_WIDE_F64, outputs[0]);
  return TRUE;
}

/* ---- gradients ---- */

/* @value, which has the output's dims, with the reduced axes put back as 1. */
static WhyValue *
keep_dims (WhyGraph *graph, const WhyNode *node, WhyValue *value, GError **error)
{
  const WhyReduceParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  gint64 dims[WHY_MAX_RANK];

  memcpy (dims, x->dims, sizeof dims);
  for (int index = 0; index < params->n_axes; index++)
    dims[params->axes[index]] = 1;
  return why_emit_reshape (graph, error, value, x->rank, dims);
}

/* TYPE of @value over the node's axes, reduced axes kept. */
static WhyValue *
reduce_again (WhyGraph *graph, const WhyNode *node, const char *type, WhyValue *value, GError **error)
{
  static const WhyAttr noop = { .name = "noop_with_empty_axes", .type = WHY_ATTR_INT, .i = 1 };
  const WhyReduceParams *params = node->params;
  gint64 axes[WHY_MAX_RANK];

  if (value == NULL)
    return NULL;
  for (int index = 0; index < params->n_axes; index++)
    axes[index] = params->axes[index];
  WhyValue *inputs[] = { value, why_emit_i64 (graph, (gsize) params->n_axes, axes) };
  return why_emit (graph, error, type, 2, inputs, &noop, 1);
}

static WhyValue *
expand (WhyGraph *graph, WhyValue *value, const WhyValue *like, GError **error)
{
  return value == NULL ? NULL
                       : why_emit2 (graph, error, "Expand", value, why_emit_i64 (graph, (gsize) like->rank, like->dims));
}

/* Defines NAME_gradient: x gets GRADIENT, in terms of graph, x, and of dy and y with reduced axes kept. */
#define DEFINE_GRADIENT(name, GRADIENT)                                                             \
  static gboolean                                                                                   \
  name##_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)                    \
  {                                                                                                 \
    WhyGraph *graph = why_grad_graph (builder);                                                     \
    WhyValue *x G_GNUC_UNUSED = node->inputs[0];                                                    \
    WhyValue *dy = keep_dims (graph, node, why_grad_output (builder, node, 0), error);              \
    WhyValue *y G_GNUC_UNUSED = keep_dims (graph, node, node->outputs[0], error);                   \
    return dy != NULL && y != NULL && why_grad_add (builder, node, 0, (GRADIENT));                  \
  }

static WhyValue *
mean_part (WhyGraph *graph, const WhyNode *node, WhyValue *dy, GError **error)
{
  const WhyReduceParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  double n = 1.0;

  for (int index = 0; index < params->n_axes; index++)
    n *= (double) x->dims[params->axes[index]];
  /* An empty mean is NaN and nothing flows into nothing. */
  return expand (graph, why_emit_scaled (graph, error, dy, n > 0.0 ? 1.0 / n : 0.0), x, error);
}

/* Maxima and minima: to all elements that equal the result, in equal parts. */
static WhyValue *
extreme_part (WhyGraph *graph, const WhyNode *node, WhyValue *dy, WhyValue *y, GError **error)
{
  WhyValue *mask = why_emit_cast (graph, error, why_emit2 (graph, error, "Equal", node->inputs[0], y), dy);
  WhyValue *n_winners = reduce_again (graph, node, "ReduceSum", mask, error);
  return why_emit2 (graph, error, "Mul", mask, why_emit2 (graph, error, "Div", dy, n_winners));
}

/* dy times the product of the other elements, which is y / x only if there is no 0 among them. */
static WhyValue *
product_part (WhyGraph *graph, const WhyNode *node, WhyValue *dy, GError **error)
{
  WhyValue *x = node->inputs[0];
  WhyValue *zero = why_emit_scalar (graph, x, 0.0), *one = why_emit_scalar (graph, x, 1.0);
  WhyValue *is_zero = why_emit2 (graph, error, "Equal", x, zero);
  WhyValue *safe = why_emit3 (graph, error, "Where", is_zero, one, x);
  WhyValue *zero_count = why_emit_cast (graph, error, is_zero, x);
  WhyValue *zeros = reduce_again (graph, node, "ReduceSum", zero_count, error);
  WhyValue *product = reduce_again (graph, node, "ReduceProd", safe, error);
  /* Without other zeros than itself, an element's partners multiply to product / safe. */
  WhyValue *alone = why_emit2 (graph, error, "Equal", zeros, zero_count);
  WhyValue *others = why_emit3 (graph, error, "Where", alone, why_emit2 (graph, error, "Div", product, safe), zero);
  return why_emit2 (graph, error, "Mul", dy, others);
}

/* x / y, and 0 where the norm is 0. */
static WhyValue *
norm_slope (WhyGraph *graph, WhyValue *x, WhyValue *y, GError **error)
{
  WhyValue *zero = why_emit_scalar (graph, x, 0.0), *one = why_emit_scalar (graph, x, 1.0);
  WhyValue *safe = why_emit3 (graph, error, "Where", why_emit2 (graph, error, "Equal", y, zero), one, y);
  return why_emit2 (graph, error, "Div", x, safe);
}

DEFINE_GRADIENT (reduce_sum, expand (graph, dy, x, error))
DEFINE_GRADIENT (reduce_mean, mean_part (graph, node, dy, error))
DEFINE_GRADIENT (reduce_extreme, extreme_part (graph, node, dy, y, error))
DEFINE_GRADIENT (reduce_prod, product_part (graph, node, dy, error))
DEFINE_GRADIENT (reduce_l1, why_emit2 (graph, error, "Mul", why_emit1 (graph, error, "Sign", x), dy))
DEFINE_GRADIENT (reduce_l2, why_emit2 (graph, error, "Mul", norm_slope (graph, x, y, error), dy))
DEFINE_GRADIENT (reduce_sum_square, why_emit2 (graph, error, "Mul", x, why_emit_scaled (graph, error, dy, 2.0)))
DEFINE_GRADIENT (reduce_log_sum,
                 expand (graph,
                         why_emit2 (graph, error, "Div", dy, reduce_again (graph, node, "ReduceSum", x, error)),
                         x, error))
DEFINE_GRADIENT (reduce_log_sum_exp,
                 why_emit2 (graph, error, "Mul", dy,
                            why_emit1 (graph, error, "Exp", why_emit2 (graph, error, "Sub", x, y))))

static void
reduce_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyReduceParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  int next = 0, out_axis = 0;

  if (input > 0)
    return;
  for (int axis = 0; axis < x->rank; axis++)
    {
      if (next < params->n_axes && params->axes[next] == axis)
        {
          in->lo[axis] = 0;
          in->hi[axis] = x->dims[axis];
          out_axis += params->keep_dims;
          next++;
        }
      else
        {
          in->lo[axis] = out->lo[out_axis];
          in->hi[axis] = out->hi[out_axis++];
        }
    }
}

#define REDUCE_FROM(Type, Since, Until, Inputs, Infer, name, Gradient)                              \
  { .type = Type, .since = Since, .until = Until, .min_inputs = 1, .max_inputs = Inputs,            \
    .max_outputs = 1, .params_size = sizeof (WhyReduceParams), .infer = Infer, .eval = name##_eval, \
    .gradient = Gradient##_gradient, .region = reduce_region }

/* The axes were an attribute before the opset @Input. */
#define REDUCE(Type, Input, Infer, name, Gradient)                                                  \
  REDUCE_FROM (Type, 1, Input - 1, 1, Infer, name, Gradient),                                       \
  REDUCE_FROM (Type, Input, 0, 2, Infer, name, Gradient)

const WhyOpClass why_ops_reduce[] = {
  REDUCE ("ReduceSum", 13, reduce_number_infer, reduce_sum, reduce_sum),
  REDUCE ("ReduceMean", 18, reduce_number_infer, reduce_mean, reduce_mean),
  REDUCE ("ReduceMax", 18, reduce_infer, reduce_max, reduce_extreme),
  REDUCE ("ReduceMin", 18, reduce_infer, reduce_min, reduce_extreme),
  REDUCE ("ReduceProd", 18, reduce_number_infer, reduce_prod, reduce_prod),
  REDUCE ("ReduceL1", 18, reduce_number_infer, reduce_l1, reduce_l1),
  REDUCE ("ReduceL2", 18, reduce_number_infer, reduce_l2, reduce_l2),
  REDUCE ("ReduceLogSum", 18, reduce_number_infer, reduce_log_sum, reduce_log_sum),
  REDUCE ("ReduceLogSumExp", 18, reduce_number_infer, reduce_log_sum_exp, reduce_log_sum_exp),
  REDUCE ("ReduceSumSquare", 18, reduce_number_infer, reduce_sum_square, reduce_sum_square),
  { NULL },
};
