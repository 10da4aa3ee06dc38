#include "config.h"

#include "families.h"
#include "movement.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* ---- Constant ---- */

static gboolean
constant_infer (WhyNode *node, GError **error)
{
  WhyTensor *tensor = why_node_tensor (node, "value");
  gsize n_floats, n_ints;

  if (tensor != NULL)
    return why_node_set_output (node, 0, tensor->dtype, tensor->rank, tensor->dims, error);
  if (why_node_has_attr (node, "value_float"))
    return why_node_set_output (node, 0, WHY_DTYPE_FLOAT32, 0, NULL, error);
  if (why_node_has_attr (node, "value_int"))
    return why_node_set_output (node, 0, WHY_DTYPE_INT64, 0, NULL, error);
  why_node_floats (node, "value_floats", &n_floats);
  why_node_ints (node, "value_ints", &n_ints);
  gint64 count = (gint64) (n_floats + n_ints);
  if (why_node_has_attr (node, "value_floats"))
    return why_node_set_output (node, 0, WHY_DTYPE_FLOAT32, 1, &count, error);
  if (why_node_has_attr (node, "value_ints"))
    return why_node_set_output (node, 0, WHY_DTYPE_INT64, 1, &count, error);
  if (node->n_attrs > 0)
    return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP,
                          "a value given as '%s' is not supported", node->attrs[0].name);
  return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "has no value");
}

static gboolean
constant_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
               GError **error)
{
  WhyTensor *tensor = why_node_tensor (node, "value");
  gsize n_floats, n_ints;

  if (tensor != NULL)
    {
      g_autoptr (WhyTensor) dense = why_tensor_to_dense (tensor, error);
      if (dense == NULL)
        return FALSE;
      why_move_all (dense, outputs[0]);
      return TRUE;
    }
  const double *floats = why_node_floats (node, "value_floats", &n_floats);
  const gint64 *ints = why_node_ints (node, "value_ints", &n_ints);
  for (gsize index = 0; index < n_floats; index++)
    why_tensor_set_f64 (outputs[0], index, floats[index]);
  for (gsize index = 0; index < n_ints; index++)
    why_tensor_set_i64 (outputs[0], index, ints[index]);
  if (why_node_has_attr (node, "value_float"))
    why_tensor_set_f64 (outputs[0], 0, why_node_float (node, "value_float", 0));
  if (why_node_has_attr (node, "value_int"))
    why_tensor_set_i64 (outputs[0], 0, why_node_int (node, "value_int", 0));
  return TRUE;
}

/* ---- ConstantOfShape ---- */

static gboolean
constant_of_shape_infer (WhyNode *node, GError **error)
{
  gint64 dims[WHY_MAX_RANK];
  int rank;
  const WhyTensor *value = why_node_tensor (node, "value");

  if (!why_infer_ints (node, 0, "input", WHY_MAX_RANK, dims, &rank, error))
    return FALSE;
  for (int axis = 0; axis < rank; axis++)
    {
      if (dims[axis] < 0)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "dimension %d is %" G_GINT64_FORMAT,
                              axis, dims[axis]);
    }
  if (value != NULL && why_tensor_count (value) != 1)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "'value' has %" G_GSIZE_FORMAT " elements, expected one",
                          why_tensor_count (value));
  return why_node_set_output (node, 0, value != NULL ? value->dtype : WHY_DTYPE_FLOAT32, rank, dims,
                              error);
}

static gboolean
constant_of_shape_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
                        GError **error)
{
  const WhyTensor *value = why_node_tensor (node, "value");
  const gint64 none = 0, one = 1;
  gint64 count = (gint64) why_tensor_count (outputs[0]);
  gsize size = why_dtype_size (outputs[0]->dtype);

  if (value == NULL)
    memset (outputs[0]->data, 0, (gsize) count * size);
  else
    why_move_strided (1, &count, size, value->data, &none, outputs[0]->data, &one);
  return TRUE;
}

/* ---- Range ---- */

static gboolean
range_infer (WhyNode *node, GError **error)
{
  static const char *const names[] = { "start", "limit", "delta" };
  WhyTensor *bounds[3];
  gint64 count;

  for (guint input = 0; input < 3; input++)
    {
      bounds[input] = why_node_need_constant (node, input, names[input], error);
      if (bounds[input] == NULL)
        return FALSE;
      if (why_tensor_count (bounds[input]) != 1)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "%s has %" G_GSIZE_FORMAT " elements, expected one", names[input],
                              why_tensor_count (bounds[input]));
      if (bounds[input]->dtype != bounds[0]->dtype || bounds[0]->dtype == WHY_DTYPE_BOOL)
        return why_node_fail (
          node, error, WHY_ERROR_BAD_MODEL, "%s is %s, start is %s; expected one type of number",
          names[input], why_dtype_name (bounds[input]->dtype), why_dtype_name (bounds[0]->dtype));
    }
  if (why_dtype_is_float (bounds[0]->dtype))
    {
      double start = why_tensor_get_f64 (bounds[0], 0), limit = why_tensor_get_f64 (bounds[1], 0);
      double steps = ceil ((limit - start) / why_tensor_get_f64 (bounds[2], 0));
      if (!isfinite (steps) || fabs (steps) > 0x1p52)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "from %g to %g in steps of %g is not a list", start, limit,
                              why_tensor_get_f64 (bounds[2], 0));
      count = steps > 0 ? (gint64) steps : 0;
    }
  else
    {
      gint64 start = why_tensor_get_i64 (bounds[0], 0), limit = why_tensor_get_i64 (bounds[1], 0);
      gint64 delta = why_tensor_get_i64 (bounds[2], 0), span;
      if (delta == 0 || __builtin_sub_overflow (limit, start, &span) ||
          ABS ((double) span) > 0x1p62 || ABS ((double) delta) > 0x1p62)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                              " in steps of %" G_GINT64_FORMAT " is not a list",
                              start, limit, delta);
      count = (span > 0) == (delta > 0) && span != 0 ? (span + delta - (delta > 0 ? 1 : -1)) / delta
                                                     : 0;
    }
  return why_node_set_output (node, 0, bounds[0]->dtype, 1, &count, error);
}

static gboolean
range_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
            GError **error)
{
  gsize count = why_tensor_count (outputs[0]);

  if (why_dtype_is_float (outputs[0]->dtype))
    {
      double start = why_tensor_get_f64 (inputs[0], 0), delta = why_tensor_get_f64 (inputs[2], 0);
      for (gsize index = 0; index < count; index++)
        why_tensor_set_f64 (outputs[0], index, start + (double) index * delta);
      return TRUE;
    }
  gint64 start = why_tensor_get_i64 (inputs[0], 0), delta = why_tensor_get_i64 (inputs[2], 0);
  for (gsize index = 0; index < count; index++)
    why_tensor_set_i64 (outputs[0], index, start + (gint64) index * delta);
  return TRUE;
}

/* ---- EyeLike ---- */

static gboolean
eye_infer (WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  gint64 dtype = why_node_int (node, "dtype", input->dtype);

  if (input->rank != 2)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "its input has %d dimensions, expected 2", input->rank);
  if (dtype < 0 || dtype > G_MAXINT)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "there is no element type %" G_GINT64_FORMAT, dtype);
  return why_node_set_output_like (node, 0, (WhyDType) dtype, input, error);
}

static gboolean
eye_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  gint64 n_rows = outputs[0]->dims[0], n_columns = outputs[0]->dims[1];
  gint64 diagonal = CLAMP (why_node_int (node, "k", 0), -n_rows, n_columns);

  memset (outputs[0]->data, 0, why_tensor_count (outputs[0]) * why_dtype_size (outputs[0]->dtype));
  for (gint64 row = MAX (0, -diagonal); row < n_rows && row + diagonal < n_columns; row++)
    why_tensor_set_i64 (outputs[0], (gsize) (row * n_columns + row + diagonal), 1);
  return TRUE;
}

/* ---- Trilu: the upper or lower triangle of each matrix ---- */

static gboolean
trilu_infer (WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0], *diagonal = why_node_input (node, 1);

  if (input->rank < 2)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "its input has %d dimensions, expected 2 or more", input->rank);
  if (diagonal != NULL && (diagonal->dtype != WHY_DTYPE_INT64 ||
                           why_dims_product (diagonal->dims, 0, diagonal->rank) != 1))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "k is not one int64 number");
  return why_node_set_output_like (node, 0, input->dtype, input, error);
}

static gboolean
trilu_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
            GError **error)
{
  int rank = outputs[0]->rank;
  gint64 n_rows = outputs[0]->dims[rank - 2], n_columns = outputs[0]->dims[rank - 1];
  gint64 k = node->n_inputs > 1 && inputs[1] != NULL ? why_tensor_get_i64 (inputs[1], 0) : 0;
  gint64 diagonal = CLAMP (k, -n_rows - 1, n_columns + 1);
  gboolean upper = why_node_int (node, "upper", 1) != 0;
  gsize size = why_dtype_size (outputs[0]->dtype);
  gint64 n_lines = why_dims_product (outputs[0]->dims, 0, rank - 1);

  memset (outputs[0]->data, 0, why_tensor_count (outputs[0]) * size);
  for (gint64 line = 0; line < n_lines; line++)
    {
      gint64 row = line % n_rows;
      gint64 begin = upper ? CLAMP (row + diagonal, 0, n_columns) : 0;
      gint64 end = upper ? n_columns : CLAMP (row + diagonal + 1, 0, n_columns);
      if (end > begin)
        memcpy (why_tensor_at (outputs[0], line * n_columns + begin),
                why_tensor_at (inputs[0], line * n_columns + begin), (gsize) (end - begin) * size);
    }
  return TRUE;
}

static gboolean
trilu_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyAttr upper = WHY_ATTR_OF_INT ("upper", why_node_int (node, "upper", 1));
  WhyValue *inputs[] = { why_grad_output (builder, node, 0), why_node_input (node, 1) };
  return why_grad_add (builder, node, 0,
                       why_emit (why_grad_graph (builder), error, "Trilu",
                                 inputs[1] != NULL ? 2 : 1, inputs, &upper, 1));
}

static void
trilu_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  if (input == 0)
    *in = *out;
}

/* clang-format off */
const WhyOpClass why_ops_generate[] = {
  { .type = "Constant", .since = 1, .min_inputs = 0, .max_inputs = 0, .max_outputs = 1,
    .infer = constant_infer, .eval = constant_eval },
  { .type = "ConstantOfShape", .since = 9, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .infer = constant_of_shape_infer, .eval = constant_of_shape_eval },
  { .type = "Range", .since = 11, .min_inputs = 3, .max_inputs = 3, .max_outputs = 1,
    .infer = range_infer, .eval = range_eval },
  { .type = "EyeLike", .since = 9, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .flags = WHY_OP_DIMS_ONLY, .infer = eye_infer, .eval = eye_eval },
  { .type = "Trilu", .since = 14, .min_inputs = 1, .max_inputs = 2, .max_outputs = 1,
    .infer = trilu_infer, .eval = trilu_eval, .gradient = trilu_gradient,
    .region = trilu_region },
  { .type = NULL },
};
/* clang-format on */
