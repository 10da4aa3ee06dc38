#include "config.h"

#include "families.h"
#include "rows.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Operators along one axis. Dims fall into three: what is before the axis, the axis, what is behind. */
typedef struct
{
  int axis;
  gint64 outer, length, inner;
} Split;

static Split
split_at (const gint64 *dims, int rank, int axis)
{
  Split split = { .axis = axis, .outer = 1, .length = rank > 0 ? dims[axis] : 1, .inner = 1 };
  for (int before = 0; before < axis; before++)
    split.outer *= dims[before];
  for (int behind = axis + 1; behind < rank; behind++)
    split.inner *= dims[behind];
  return split;
}

/* Whether @x comes before @held in the order of maxima (@sign 1) or minima (@sign -1); NaN is beyond
 * all numbers either way, as in NumPy. */
static inline gboolean
beats_f64 (double x, double held, int sign)
{
  return sign * x > sign * held || (isnan (x) && !isnan (held));
}

static inline gboolean
beats_i64 (gint64 x, gint64 held, int sign)
{
  return sign > 0 ? x > held : x < held;
}

static inline gboolean
beats_u64 (guint64 x, guint64 held, int sign)
{
  return sign > 0 ? x > held : x < held;
}

/* ---- ArgMax, ArgMin, Hardmax ---- */

typedef struct
{
  int axis; /* of a scalar: 0 */
  gboolean keep_dims, last;
} ArgParams;

static gboolean
arg_infer (WhyNode *node, GError **error)
{
  ArgParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  gint64 dims[WHY_MAX_RANK];
  int rank = 0;

  params->keep_dims = why_node_int (node, "keepdims", 1) != 0;
  params->last = why_node_int (node, "select_last_index", 0) != 0;
  if (!why_node_axis (node, why_node_int (node, "axis", 0), x->rank, &params->axis, error))
    return FALSE;
  if (x->dims[params->axis] == 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "axis %d of '%s' has no elements to choose from",
                          params->axis, x->name);
  for (int axis = 0; axis < x->rank; axis++)
    {
      if (axis != params->axis || params->keep_dims)
        dims[rank++] = axis == params->axis ? 1 : x->dims[axis];
    }
  return why_node_set_output (node, 0, WHY_DTYPE_INT64, rank, dims, error);
}

#define DEFINE_CHOOSE(name, field, BEATS)                                                           \
  static void                                                                                       \
  name (const WhyRow *row, gsize n, WhyRow *held, gint64 *winners, gint64 place, int sign, gboolean last) \
  {                                                                                                 \
    for (gsize k = 0; k < n; k++)                                                                   \
      {                                                                                             \
        if (place == 0 || BEATS (row->field[k], held->field[k], sign) ||                            \
            (last && !BEATS (held->field[k], row->field[k], sign)))                                 \
          {                                                                                         \
            held->field[k] = row->field[k];                                                         \
            winners[k] = place;                                                                     \
          }                                                                                         \
      }                                                                                             \
  }

DEFINE_CHOOSE (choose_f64, f, beats_f64)
DEFINE_CHOOSE (choose_i64, i, beats_i64)
DEFINE_CHOOSE (choose_u64, u, beats_u64)

/* For every position beside the axis: the place along it of the greatest or least element. */
static void
find_winners (const WhyTensor *x, const Split *split, int sign, gboolean last, gint64 *winners)
{
  static void (*const funcs[]) (const WhyRow *, gsize, WhyRow *, gint64 *, gint64, int, gboolean) = {
    choose_f64, choose_i64, choose_u64
  };
  WhyWide wide = why_wide_of (x->dtype);
  WhyRow row, held;

  for (gint64 outer = 0; outer < split->outer; outer++)
    for (gint64 begin = 0; begin < split->inner; begin += WHY_ROW_MAX)
      {
        gsize n = (gsize) MIN (WHY_ROW_MAX, split->inner - begin);
        for (gint64 place = 0; place < split->length; place++)
          {
            why_row_load (&row, wide, x, (outer * split->length + place) * split->inner + begin, 1, n);
            funcs[wide](&row, n, &held, winners + outer * split->inner + begin, place, sign, last);
          }
      }
}

static gboolean
arg_max_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  const ArgParams *params = node->params;
  Split split = split_at (inputs[0]->dims, inputs[0]->rank, params->axis);
  find_winners (inputs[0], &split, 1, params->last, outputs[0]->data);
  return TRUE;
}

static gboolean
arg_min_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  const ArgParams *params = node->params;
  Split split = split_at (inputs[0]->dims, inputs[0]->rank, params->axis);
  find_winners (inputs[0], &split, -1, params->last, outputs[0]->data);
  return TRUE;
}

static void
arg_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const ArgParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  int out_axis = 0;

  for (int axis = 0; axis < x->rank; axis++)
    {
      gboolean chosen = axis == params->axis;
      in->lo[axis] = chosen ? 0 : out->lo[out_axis];
      in->hi[axis] = chosen ? x->dims[axis] : out->hi[out_axis];
      out_axis += !chosen || params->keep_dims;
    }
}

/* Sign and the like: constant but for jumps. */
static gboolean
flat_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  return TRUE;
}

static gboolean
hardmax_infer (WhyNode *node, GError **error)
{
  ArgParams *params = node->params;
  const WhyValue *x = node->inputs[0];

  if (!why_infer_float (node, error) ||
      !why_node_axis (node, why_node_int (node, "axis", node->opset < 13 ? 1 : -1), x->rank, &params->axis, error))
    return FALSE;
  return why_node_set_output_like (node, 0, x->dtype, x, error);
}

static gboolean
hardmax_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  const ArgParams *params = node->params;
  Split split = split_at (inputs[0]->dims, inputs[0]->rank, params->axis);

  memset (outputs[0]->data, 0, outputs[0]->n_bytes);
  /* Before opset 13 all dims from the axis on were taken as one. */
  if (node->opset < 13)
    {
      split.length *= split.inner;
      split.inner = 1;
    }
  if (why_tensor_count (outputs[0]) == 0)
    return TRUE;
  g_autofree gint64 *winners = g_try_new (gint64, (gsize) (split.outer * split.inner));
  if (winners == NULL)
    return why_node_fail (node, error, WHY_ERROR_TOO_LARGE, "there is no memory for the maxima");
  find_winners (inputs[0], &split, 1, FALSE, winners);
  for (gint64 outer = 0; outer < split.outer; outer++)
    for (gint64 inner = 0; inner < split.inner; inner++)
      {
        gint64 place = winners[outer * split.inner + inner];
        why_tensor_set_f64 (outputs[0], (gsize) ((outer * split.length + place) * split.inner + inner), 1.0);
      }
  return TRUE;
}

/* ---- TopK ---- */

typedef struct
{
  int axis;
  gint64 k;
  gboolean largest;
} TopKParams;

/* Infers the axis and dims from k, whatever form it comes in. */
static gboolean
top_k_infer_k (WhyNode *node, gint64 k, GError **error)
{
  TopKParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  gint64 dims[WHY_MAX_RANK];

  params->k = k;
  params->largest = why_node_int (node, "largest", 1) != 0;
  if (!why_node_axis (node, why_node_int (node, "axis", -1), x->rank, &params->axis, error))
    return FALSE;
  if (k < 0 || k > x->dims[params->axis])
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "k is %" G_GINT64_FORMAT ", axis %d of '%s' has %" G_GINT64_FORMAT " elements", k,
                          params->axis, x->name, x->dims[params->axis]);
  memcpy (dims, x->dims, sizeof dims);
  dims[params->axis] = k;
  return why_node_set_output (node, 0, x->dtype, x->rank, dims, error) &&
         (node->n_outputs < 2 || why_node_set_output (node, 1, WHY_DTYPE_INT64, x->rank, dims, error));
}

static gboolean
top_k_attr_infer (WhyNode *node, GError **error)
{
  return top_k_infer_k (node, why_node_int (node, "k", -1), error);
}

static gboolean
top_k_infer (WhyNode *node, GError **error)
{
  const WhyTensor *k = why_node_need_constant (node, 1, "K", error);
  if (k == NULL)
    return FALSE;
  if (k->dtype != WHY_DTYPE_INT64 || why_tensor_count (k) != 1)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "K must be one int64");
  return top_k_infer_k (node, why_tensor_get_i64 (k, 0), error);
}

typedef struct
{
  union { double f; gint64 i; guint64 u; } value;
  gint64 place;
} Candidate;

typedef struct
{
  WhyWide wide;
  int sign;
} Order;

/* The better value first, of equal ones the lower place: a total order. */
static int
compare_candidates (gconstpointer pa, gconstpointer pb, gpointer data)
{
  const Candidate *a = pa, *b = pb;
  const Order *order = data;
  gboolean a_first = FALSE, b_first = FALSE;

  switch (order->wide)
    {
    case WHY_WIDE_F64:
      a_first = beats_f64 (a->value.f, b->value.f, order->sign);
      b_first = beats_f64 (b->value.f, a->value.f, order->sign);
      break;
    case WHY_WIDE_I64:
      a_first = beats_i64 (a->value.i, b->value.i, order->sign);
      b_first = beats_i64 (b->value.i, a->value.i, order->sign);
      break;
    case WHY_WIDE_U64:
      a_first = beats_u64 (a->value.u, b->value.u, order->sign);
      b_first = beats_u64 (b->value.u, a->value.u, order->sign);
      break;
    }
  if (a_first != b_first)
    return a_first ? -1 : 1;
  return a->place < b->place ? -1 : a->place > b->place;
}

static void
load_candidates (const WhyTensor *x, const Split *split, gint64 outer, gint64 inner, WhyWide wide, Candidate *candidates)
{
  WhyRow row;
  for (gint64 begin = 0; begin < split->length; begin += WHY_ROW_MAX)
    {
      gsize n = (gsize) MIN (WHY_ROW_MAX, split->length - begin);
      why_row_load (&row, wide, x, (outer * split->length + begin) * split->inner + inner, split->inner, n);
      for (gsize k = 0; k < n; k++)
        {
          candidates[begin + (gint64) k].value.u = row.u[k];
          candidates[begin + (gint64) k].place = begin + (gint64) k;
        }
    }
}

static gboolean
top_k_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  const TopKParams *params = node->params;
  const WhyTensor *x = inputs[0];
  WhyTensor *values = outputs[0], *indices = node->n_outputs > 1 ? outputs[1] : NULL;
  Split split = split_at (x->dims, x->rank, params->axis);
  Order order = { why_wide_of (x->dtype), params->largest ? 1 : -1 };
  gsize size = why_dtype_size (x->dtype);

  if (params->k == 0 || split.length == 0)
    return TRUE;
  g_autofree Candidate *candidates = g_try_new (Candidate, (gsize) split.length);
  if (candidates == NULL)
    return why_node_fail (node, error, WHY_ERROR_TOO_LARGE, "there is no memory to sort %" G_GINT64_FORMAT " values",
                          split.length);
  for (gint64 outer = 0; outer < split.outer; outer++)
    for (gint64 inner = 0; inner < split.inner; inner++)
      {
        load_candidates (x, &split, outer, inner, order.wide, candidates);
        qsort_r (candidates, (gsize) split.length, sizeof *candidates, compare_candidates, &order);
        for (gint64 rank = 0; rank < params->k; rank++)
          {
            gsize to = (gsize) ((outer * params->k + rank) * split.inner + inner);
            gsize from = (gsize) ((outer * split.length + candidates[rank].place) * split.inner + inner);
            if (values != NULL)
              memcpy ((char *) values->data + to * size, (const char *) x->data + from * size, size);
            if (indices != NULL)
              ((gint64 *) indices->data)[to] = candidates[rank].place;
          }
      }
  return TRUE;
}

/* Every value came from one place, and there its gradient goes. */
static gboolean
top_k_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const TopKParams *params = node->params;
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *x = node->inputs[0], *dy = why_grad_output (builder, node, 0);
  WhyAttr axis = { .name = "axis", .type = WHY_ATTR_INT, .i = params->axis };

  if (dy == NULL || !why_grad_wanted (builder, node, 0))
    return TRUE;
  /* The file may not have asked for the indices. */
  WhyValue *indices = node->n_outputs > 1 ? node->outputs[1] : NULL;
  if (indices == NULL)
    {
      WhyValue *inputs[] = { x, why_emit_i64 (graph, 1, &params->k) };
      WhyAttr attrs[] = { axis, { .name = "largest", .type = WHY_ATTR_INT, .i = params->largest } };
      WhyValue **again = why_graph_add_node (graph, "TopK", 0, NULL, inputs, 2, NULL, 2, attrs, 2, error);
      if (again == NULL)
        return FALSE;
      indices = again[1];
    }
  WhyTensor *zeros = why_tensor_new_zeros (x->dtype, x->rank, x->dims, error);
  if (zeros == NULL)
    return FALSE;
  WhyValue *inputs[] = { why_graph_add_constant (graph, NULL, zeros), indices, dy };
  return why_grad_add (builder, node, 0, why_emit (graph, error, "ScatterElements", 3, inputs, &axis, 1));
}

/* ---- CumSum ---- */

typedef struct
{
  int axis;
  gboolean exclusive, reverse;
} CumSumParams;

static gboolean
cum_sum_infer (WhyNode *node, GError **error)
{
  CumSumParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  const WhyTensor *axis = why_node_need_constant (node, 1, "axis", error);

  if (axis == NULL)
    return FALSE;
  if (!why_dtype_is_integer (axis->dtype) || why_tensor_count (axis) != 1)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "axis must be one integer");
  if (x->dtype == WHY_DTYPE_BOOL)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input '%s' must be a number, not bool", x->name);
  params->exclusive = why_node_int (node, "exclusive", 0) != 0;
  params->reverse = why_node_int (node, "reverse", 0) != 0;
  return why_node_axis (node, why_tensor_get_i64 (axis, 0), x->rank, &params->axis, error) &&
         why_node_set_output_like (node, 0, x->dtype, x, error);
}

static void
cum_sum_row (const WhyTensor *x, WhyTensor *y, gint64 at, gsize n, gboolean exclusive, WhyRow *totals)
{
  gboolean is_float = why_dtype_is_float (x->dtype);
  WhyWide wide = is_float ? WHY_WIDE_F64 : WHY_WIDE_U64;
  WhyRow row;

  why_row_load (&row, wide, x, at, 1, n);
  if (exclusive)
    why_row_store (totals, wide, y, at, n);
  for (gsize k = 0; k < n; k++)
    {
      if (is_float)
        totals->f[k] += row.f[k];
      else
        totals->u[k] += row.u[k];
    }
  if (!exclusive)
    why_row_store (totals, wide, y, at, n);
}

static gboolean
cum_sum_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  const CumSumParams *params = node->params;
  Split split = split_at (inputs[0]->dims, inputs[0]->rank, params->axis);
  WhyRow totals;

  for (gint64 outer = 0; outer < split.outer; outer++)
    for (gint64 begin = 0; begin < split.inner; begin += WHY_ROW_MAX)
      {
        gsize n = (gsize) MIN (WHY_ROW_MAX, split.inner - begin);
        memset (&totals, 0, sizeof totals);
        for (gint64 step = 0; step < split.length; step++)
          {
            gint64 place = params->reverse ? split.length - 1 - step : step;
            cum_sum_row (inputs[0], outputs[0], (outer * split.length + place) * split.inner + begin, n,
                         params->exclusive, &totals);
          }
      }
  return TRUE;
}

/* An element is in the sums that follow it: the same sum, from the other end. */
static gboolean
cum_sum_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const CumSumParams *params = node->params;
  WhyValue *inputs[] = { why_grad_output (builder, node, 0), node->inputs[1] };
  WhyAttr attrs[] = {
    { .name = "exclusive", .type = WHY_ATTR_INT, .i = params->exclusive },
    { .name = "reverse", .type = WHY_ATTR_INT, .i = !params->reverse },
  };
  return why_grad_add (builder, node, 0, why_emit (why_grad_graph (builder), error, "CumSum", 2, inputs, attrs, 2));
}

static void
cum_sum_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const CumSumParams *params = node->params;
  const WhyValue *x = node->inputs[0];

  if (input > 0)
    return;
  *in = *out;
  if (params->reverse)
    in->hi[params->axis] = x->dims[params->axis];
  else
    in->lo[params->axis] = 0;
}

/* ---- NonZero ---- */

static gsize
count_non_zero (const WhyTensor *x)
{
  gsize count = why_tensor_count (x), n = 0;
  for (gsize index = 0; index < count; index++)
    n += why_tensor_get_f64 (x, index) != 0.0;
  return n;
}

static gboolean
non_zero_infer (WhyNode *node, GError **error)
{
  /* The number of elements is a dimension of the result, and dimensions must be known. */
  const WhyTensor *x = why_node_need_constant (node, 0, "X", error);
  if (x == NULL)
    return FALSE;
  gint64 dims[] = { x->rank, (gint64) count_non_zero (x) };
  return why_node_set_output (node, 0, WHY_DTYPE_INT64, 2, dims, error);
}

static gboolean
non_zero_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  const WhyTensor *x = inputs[0];
  gint64 *found = outputs[0]->data;
  gint64 index[WHY_MAX_RANK] = { 0 };
  gsize count = why_tensor_count (x);
  gint64 n = 0, n_found = outputs[0]->dims[1];

  for (gsize at = 0; at < count; at++)
    {
      if (why_tensor_get_f64 (x, at) != 0.0)
        {
          for (int axis = 0; axis < x->rank; axis++)
            found[axis * n_found + n] = index[axis];
          n++;
        }
      for (int axis = x->rank - 1; axis >= 0; axis--)
        {
          if (++index[axis] < x->dims[axis])
            break;
          index[axis] = 0;
        }
    }
  return TRUE;
}

/* ---- OneHot ---- */

typedef struct
{
  int axis;
  gint64 depth;
} OneHotParams;

static gboolean
one_hot_infer (WhyNode *node, GError **error)
{
  OneHotParams *params = node->params;
  const WhyValue *indices = node->inputs[0], *values = node->inputs[2];
  const WhyTensor *depth = why_node_need_constant (node, 1, "depth", error);
  gint64 dims[WHY_MAX_RANK];
  int rank = indices->rank + 1;

  if (depth == NULL)
    return FALSE;
  if (depth->dtype == WHY_DTYPE_BOOL || why_tensor_count (depth) != 1)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "depth must be one number");
  params->depth = why_tensor_get_i64 (depth, 0);
  if (params->depth < 1)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "depth must be at least 1, not %" G_GINT64_FORMAT, params->depth);
  if (indices->dtype == WHY_DTYPE_BOOL)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "indices '%s' must be numbers, not bool", indices->name);
  if (values->rank != 1 || values->dims[0] != 2)
    {
      g_autofree char *text = why_dims_to_string (values->rank, values->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "values must be two, off and on, not %s", text);
    }
  if (rank > WHY_MAX_RANK)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "the output would have %d dimensions, at most %d are supported",
                          rank, WHY_MAX_RANK);
  if (!why_node_axis (node, why_node_int (node, "axis", -1), rank, &params->axis, error))
    return FALSE;
  for (int axis = 0; axis < rank; axis++)
    dims[axis] = axis == params->axis ? params->depth : indices->dims[axis < params->axis ? axis : axis - 1];
  return why_node_set_output (node, 0, values->dtype, rank, dims, error);
}

static gboolean
one_hot_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  const OneHotParams *params = node->params;
  const WhyTensor *indices = inputs[0], *values = inputs[2];
  Split split = split_at (outputs[0]->dims, outputs[0]->rank, params->axis);
  gsize size = why_dtype_size (values->dtype), count = why_tensor_count (outputs[0]);
  char *to = outputs[0]->data;

  for (gsize at = 0; at < count; at++)
    memcpy (to + at * size, values->data, size);
  for (gint64 outer = 0; outer < split.outer; outer++)
    for (gint64 inner = 0; inner < split.inner; inner++)
      {
        gint64 place = why_tensor_get_i64 (indices, (gsize) (outer * split.inner + inner));
        if (place < 0)
          place += split.length;
        /* An index out of range means no element is on. */
        if (place >= 0 && place < split.length)
          memcpy (to + (gsize) ((outer * split.length + place) * split.inner + inner) * size,
                  (const char *) values->data + size, size);
      }
  return TRUE;
}

#define ARG(Type, name)                                                                             \
  { .type = Type, .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,                   \
    .params_size = sizeof (ArgParams), .infer = arg_infer, .eval = name##_eval, .region = arg_region }

#define TOP_K(Since, Until, Inputs, Infer)                                                          \
  { .type = "TopK", .since = Since, .until = Until, .min_inputs = Inputs, .max_inputs = Inputs,     \
    .max_outputs = 2, .params_size = sizeof (TopKParams), .infer = Infer, .eval = top_k_eval,       \
    .gradient = top_k_gradient }

const WhyOpClass why_ops_select[] = {
  ARG ("ArgMax", arg_max),
  ARG ("ArgMin", arg_min),
  TOP_K (1, 9, 1, top_k_attr_infer),
  TOP_K (10, 0, 2, top_k_infer),
  { .type = "Hardmax", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .params_size = sizeof (ArgParams), .infer = hardmax_infer, .eval = hardmax_eval, .gradient = flat_gradient },
  { .type = "CumSum", .since = 11, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,
    .params_size = sizeof (CumSumParams), .infer = cum_sum_infer, .eval = cum_sum_eval, .gradient = cum_sum_gradient,
    .region = cum_sum_region },
  { .type = "NonZero", .since = 9, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .infer = non_zero_infer, .eval = non_zero_eval },
  { .type = "OneHot", .since = 9, .min_inputs = 3, .max_inputs = 3, .max_outputs = 1,
    .params_size = sizeof (OneHotParams), .infer = one_hot_infer, .eval = one_hot_eval },
  { NULL },
};
