#include "config.h"

#include "rows.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

WhyWide
why_wide_of (WhyDType dtype)
{
  if (why_dtype_is_float (dtype))
    return WHY_WIDE_F64;
  return dtype == WHY_DTYPE_UINT8 || dtype == WHY_DTYPE_UINT16 || dtype == WHY_DTYPE_UINT32 ||
         dtype == WHY_DTYPE_UINT64 ? WHY_WIDE_U64 : WHY_WIDE_I64;
}

/* The common step of 1 has a loop of its own because only that one becomes vector instructions. */
#define LOAD(T, field, W)                                    \
  {                                                          \
    const T *from = (const T *) tensor->data + at;           \
    if (step == 1)                                           \
      for (gsize k = 0; k < n; k++)                          \
        row->field[k] = (W) from[k];                         \
    else                                                     \
      for (gsize k = 0; k < n; k++)                          \
        row->field[k] = (W) from[(gint64) k * step];         \
    break;                                                   \
  }

#define LOAD_INTEGERS(field, W)                              \
  case WHY_DTYPE_BOOL:                                       \
  case WHY_DTYPE_UINT8: LOAD (guint8, field, W)              \
  case WHY_DTYPE_INT8: LOAD (gint8, field, W)                \
  case WHY_DTYPE_UINT16: LOAD (guint16, field, W)            \
  case WHY_DTYPE_INT16: LOAD (gint16, field, W)              \
  case WHY_DTYPE_UINT32: LOAD (guint32, field, W)            \
  case WHY_DTYPE_INT32: LOAD (gint32, field, W)              \
  case WHY_DTYPE_UINT64: LOAD (guint64, field, W)            \
  case WHY_DTYPE_INT64: LOAD (gint64, field, W)              \
  case WHY_DTYPE_STRING:                                     \
  case WHY_DTYPE_UNDEFINED:                                  \
    g_assert_not_reached ();

static void
load_f64 (WhyRow *row, const WhyTensor *tensor, gint64 at, gint64 step, gsize n)
{
  switch (tensor->dtype)
    {
    case WHY_DTYPE_FLOAT32: LOAD (float, f, double)
    case WHY_DTYPE_FLOAT64: LOAD (double, f, double)
    case WHY_DTYPE_FLOAT16:
    case WHY_DTYPE_BFLOAT16:
      for (gsize k = 0; k < n; k++)
        row->f[k] = why_tensor_get_f64 (tensor, (gsize) (at + (gint64) k * step));
      break;
    LOAD_INTEGERS (f, double)
    }
}

static void
load_i64 (WhyRow *row, const WhyTensor *tensor, gint64 at, gint64 step, gsize n)
{
  switch (tensor->dtype)
    {
    case WHY_DTYPE_FLOAT32:
    case WHY_DTYPE_FLOAT64:
    case WHY_DTYPE_FLOAT16:
    case WHY_DTYPE_BFLOAT16:
      g_assert_not_reached ();
    LOAD_INTEGERS (i, gint64)
    }
}

void
why_row_load (WhyRow *row, WhyWide wide, const WhyTensor *tensor, gint64 at, gint64 step, gsize n)
{
  /* Sign extension makes the two integer loads the same bits. */
  if (wide == WHY_WIDE_F64)
    load_f64 (row, tensor, at, step, n);
  else
    load_i64 (row, tensor, at, step, n);
}

#define STORE(T, field)                                      \
  {                                                          \
    T *to = (T *) tensor->data + at;                         \
    for (gsize k = 0; k < n; k++)                            \
      to[k] = (T) row->field[k];                             \
    break;                                                   \
  }

static void
store_f64 (const WhyRow *row, WhyTensor *tensor, gint64 at, gsize n)
{
  switch (tensor->dtype)
    {
    case WHY_DTYPE_FLOAT32: STORE (float, f)
    case WHY_DTYPE_FLOAT64: STORE (double, f)
    case WHY_DTYPE_BOOL:
      for (gsize k = 0; k < n; k++)
        ((guint8 *) tensor->data)[(gsize) at + k] = row->f[k] != 0.0;
      break;
    case WHY_DTYPE_FLOAT16:
    case WHY_DTYPE_BFLOAT16:
    case WHY_DTYPE_UINT8:
    case WHY_DTYPE_INT8:
    case WHY_DTYPE_UINT16:
    case WHY_DTYPE_INT16:
    case WHY_DTYPE_INT32:
    case WHY_DTYPE_INT64:
    case WHY_DTYPE_UINT32:
    case WHY_DTYPE_UINT64:
      for (gsize k = 0; k < n; k++)
        why_tensor_set_f64 (tensor, (gsize) at + k, row->f[k]);
      break;
    case WHY_DTYPE_STRING:
    case WHY_DTYPE_UNDEFINED:
      g_assert_not_reached ();
    }
}

void
why_row_store (const WhyRow *row, WhyWide wide, WhyTensor *tensor, gint64 at, gsize n)
{
  if (wide == WHY_WIDE_F64)
    {
      store_f64 (row, tensor, at, n);
      return;
    }
  switch (tensor->dtype)
    {
    case WHY_DTYPE_BOOL:
      for (gsize k = 0; k < n; k++)
        ((guint8 *) tensor->data)[(gsize) at + k] = row->u[k] != 0;
      break;
    case WHY_DTYPE_UINT8:
    case WHY_DTYPE_INT8: STORE (guint8, u)
    case WHY_DTYPE_UINT16:
    case WHY_DTYPE_INT16: STORE (guint16, u)
    case WHY_DTYPE_UINT32:
    case WHY_DTYPE_INT32: STORE (guint32, u)
    case WHY_DTYPE_UINT64:
    case WHY_DTYPE_INT64: STORE (guint64, u)
    case WHY_DTYPE_FLOAT16:
    case WHY_DTYPE_FLOAT32:
    case WHY_DTYPE_FLOAT64:
    case WHY_DTYPE_BFLOAT16:
      for (gsize k = 0; k < n; k++)
        why_tensor_set_f64 (tensor, (gsize) at + k,
                            wide == WHY_WIDE_I64 ? (double) row->i[k] : (double) row->u[k]);
      break;
    case WHY_DTYPE_STRING:
    case WHY_DTYPE_UNDEFINED:
      g_assert_not_reached ();
    }
}

/* The output's dims with neighbours merged wherever all operands step through both as through one,
 * so that rows are as long as broadcasting allows. */
typedef struct
{
  int rank;
  guint n_operands;
  gint64 dims[WHY_MAX_RANK];
  gint64 strides[WHY_ROWS_MAX_INPUTS][WHY_MAX_RANK];
} Walk;

static void
walk_init (Walk *walk, const WhyTensor *const *inputs, guint n_inputs, const WhyTensor *output)
{
  gint64 strides[WHY_ROWS_MAX_INPUTS][WHY_MAX_RANK];

  walk->rank = 0;
  walk->n_operands = n_inputs;
  for (guint operand = 0; operand < n_inputs; operand++)
    why_broadcast_strides (inputs[operand]->rank, inputs[operand]->dims, output->rank, output->dims, strides[operand]);
  for (int axis = 0; axis < output->rank; axis++)
    {
      gint64 dim = output->dims[axis];
      gboolean merge = walk->rank > 0;
      if (dim == 1)
        continue;
      for (guint operand = 0; merge && operand < n_inputs; operand++)
        merge = walk->strides[operand][walk->rank - 1] == strides[operand][axis] * dim;
      if (!merge)
        walk->dims[walk->rank++] = 1;
      walk->dims[walk->rank - 1] *= dim;
      for (guint operand = 0; operand < n_inputs; operand++)
        walk->strides[operand][walk->rank - 1] = strides[operand][axis];
    }
  if (walk->rank == 0)
    {
      walk->rank = 1;
      walk->dims[0] = 1;
      for (guint operand = 0; operand < n_inputs; operand++)
        walk->strides[operand][0] = 0;
    }
}

/* Steps all but the last axis; @at are the operands' flat positions of the row's first element. */
static void
walk_next (const Walk *walk, gint64 *index, gint64 *at)
{
  for (int axis = walk->rank - 2; axis >= 0; axis--)
    {
      gboolean carry = ++index[axis] == walk->dims[axis];
      for (guint operand = 0; operand < walk->n_operands; operand++)
        at[operand] += carry ? -walk->strides[operand][axis] * (walk->dims[axis] - 1) : walk->strides[operand][axis];
      if (!carry)
        return;
      index[axis] = 0;
    }
}

void
why_rows_map (WhyTensor *const *inputs, guint n_inputs, WhyTensor *output, WhyWide in_wide, WhyWide out_wide,
              WhyRowsFunc func, gconstpointer data)
{
  WhyRow in[WHY_ROWS_MAX_INPUTS], out;
  gint64 index[WHY_MAX_RANK] = { 0 }, at[WHY_ROWS_MAX_INPUTS] = { 0 };
  gint64 count = (gint64) why_tensor_count (output);
  Walk walk;

  g_assert (n_inputs <= WHY_ROWS_MAX_INPUTS);
  if (count == 0)
    return;
  walk_init (&walk, (const WhyTensor *const *) inputs, n_inputs, output);
  gint64 length = walk.dims[walk.rank - 1];
  for (gint64 done = 0; done < count; done += length)
    {
      for (gint64 begin = 0; begin < length; begin += WHY_ROW_MAX)
        {
          gsize n = (gsize) MIN (WHY_ROW_MAX, length - begin);
          for (guint operand = 0; operand < n_inputs; operand++)
            {
              gint64 step = walk.strides[operand][walk.rank - 1];
              why_row_load (&in[operand], in_wide, inputs[operand], at[operand] + begin * step, step, n);
            }
          func (in, &out, n, data);
          why_row_store (&out, out_wide, output, done + begin, n);
        }
      walk_next (&walk, index, at);
    }
}

void
why_copy_broadcast (const WhyTensor *input, WhyTensor *output)
{
  gsize size = why_dtype_size (output->dtype);
  gint64 index[WHY_MAX_RANK] = { 0 }, at = 0;
  gint64 count = (gint64) why_tensor_count (output);
  Walk walk;

  if (count == 0)
    return;
  walk_init (&walk, &input, 1, output);
  gint64 length = walk.dims[walk.rank - 1];
  gsize step = (gsize) walk.strides[0][walk.rank - 1] * size;
  for (gint64 done = 0; done < count; done += length)
    {
      const char *from = (const char *) input->data + (gsize) at * size;
      char *to = (char *) output->data + (gsize) done * size;
      if (step == size)
        memcpy (to, from, (gsize) length * size);
      else
        for (gint64 k = 0; k < length; k++)
          memcpy (to + (gsize) k * size, from + (gsize) k * step, size);
      walk_next (&walk, index, &at);
    }
}

gboolean
why_infer_same_types (const WhyNode *node, GError **error)
{
  const WhyValue *first = NULL;

  for (guint index = 0; index < node->n_inputs; index++)
    {
      const WhyValue *value = node->inputs[index];
      if (value == NULL)
        continue;
      if (first == NULL)
        first = value;
      else if (value->dtype != first->dtype)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "inputs must have one type; '%s' is %s and '%s' is %s", first->name,
                              why_dtype_name (first->dtype), value->name, why_dtype_name (value->dtype));
    }
  return TRUE;
}

gboolean
why_infer_float (const WhyNode *node, GError **error)
{
  for (guint index = 0; index < node->n_inputs; index++)
    {
      const WhyValue *value = node->inputs[index];
      if (value != NULL && !why_dtype_is_float (value->dtype))
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input '%s' must be of a floating type, not %s",
                              value->name, why_dtype_name (value->dtype));
    }
  return why_infer_same_types (node, error);
}

gboolean
why_infer_broadcast (WhyNode *node, WhyDType dtype, GError **error)
{
  const WhyValue *first = why_node_input (node, 0);
  gint64 dims[WHY_MAX_RANK] = { 0 };
  int rank = first->rank;

  memcpy (dims, first->dims, sizeof dims);
  for (guint index = 1; index < node->n_inputs; index++)
    {
      const WhyValue *value = node->inputs[index];
      if (value == NULL || why_dims_broadcast (rank, dims, value->rank, value->dims, &rank, dims))
        continue;
      g_autofree char *so_far = why_dims_to_string (rank, dims);
      g_autofree char *other = why_dims_to_string (value->rank, value->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "%s and %s ('%s') do not broadcast", so_far, other,
                            value->name);
    }
  return why_node_set_output (node, 0, dtype, rank, dims, error);
}

gboolean
why_grad_add_reduced (WhyGradBuilder *builder, const WhyNode *node, guint index, WhyValue *gradient, GError **error)
{
  const WhyValue *input = node->inputs[index];

  if (gradient == NULL)
    return FALSE;
  return why_grad_add (builder, node, index,
                       why_emit_sum_to (why_grad_graph (builder), error, gradient, input->rank, input->dims));
}

WhyValue *
why_emit_cast (WhyGraph *graph, GError **error, WhyValue *value, const WhyValue *like)
{
  if (value == NULL || value->dtype == like->dtype)
    return value;
  WhyAttr to = { .name = "to", .type = WHY_ATTR_INT, .i = like->dtype };
  return why_emit (graph, error, "Cast", 1, &value, &to, 1);
}

WhyValue *
why_emit_scaled (WhyGraph *graph, GError **error, WhyValue *value, double factor)
{
  if (value == NULL)
    return NULL;
  return why_emit2 (graph, error, "Mul", value, why_emit_scalar (graph, value, factor));
}
