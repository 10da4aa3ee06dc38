#include "config.h"

#include "quantize.h"
#include "families.h"
#include "movement.h"
#include "rows.h"

#include "base/error.h"
#include "onnx/model.h"

#include <math.h>
#include <string.h>

gboolean
why_quantized_range (WhyDType dtype, double *least, double *greatest)
{
  gsize size = why_dtype_size (dtype);
  gboolean is_signed = dtype == WHY_DTYPE_INT8 || dtype == WHY_DTYPE_INT16;

  if (!why_dtype_is_integer (dtype) || size > 2)
    return FALSE;
  double span = size == 1 ? 255.0 : 65535.0;
  *least = is_signed ? -(span + 1.0) / 2.0 : 0.0;
  *greatest = *least + span;
  return TRUE;
}

double
why_quantize_f64 (double quotient, double zero_point, double least, double greatest)
{
  double q = rint (quotient) + zero_point;
  /* NaN (0 / 0) becomes the zero point. */
  if (isnan (q))
    return zero_point;
  return q < least ? least : q > greatest ? greatest : q;
}

/* One number, or a list of @length of them (0: never a list). */
static gboolean
is_one_or_list (const WhyValue *value, gint64 length)
{
  return value->rank == 0 || (value->rank == 1 && (value->dims[0] == 1 || (length > 0 && value->dims[0] == length)));
}

gboolean
why_quantize_check_pair (const WhyNode *node, guint scale, gint64 length, GError **error)
{
  const WhyValue *values[] = { why_node_input (node, scale), why_node_input (node, scale + 1) };

  for (guint which = 0; which < 2; which++)
    {
      if (values[which] == NULL || is_one_or_list (values[which], length))
        continue;
      g_autofree char *text = why_dims_to_string (values[which]->rank, values[which]->dims);
      if (length > 0)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                              "'%s' is %s, expected one value or %" G_GINT64_FORMAT, values[which]->name, text, length);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "'%s' is %s, expected one value", values[which]->name, text);
    }
  return TRUE;
}

WhyValue *
why_emit_along (WhyGraph *graph, GError **error, WhyValue *list, int rank, int axis)
{
  gint64 dims[WHY_MAX_RANK];

  if (list == NULL)
    return NULL;
  if (list->rank == 0 || list->dims[0] == 1)
    return why_emit_reshape (graph, error, list, 0, NULL);
  for (int place = 0; place < rank - axis; place++)
    dims[place] = place == 0 ? list->dims[0] : 1;
  return why_emit_reshape (graph, error, list, rank - axis, dims);
}

WhyValue *
why_emit_dequantize (WhyGraph *graph, GError **error, WhyValue *q, WhyValue *scale, WhyValue *zero_point, int axis)
{
  WhyValue *inputs[] = { q, scale, zero_point };
  WhyAttr attr = { .name = "axis", .type = WHY_ATTR_INT, .i = axis };

  if (q == NULL || scale == NULL)
    return NULL;
  return why_emit (graph, error, "DequantizeLinear", zero_point != NULL ? 3 : 2, inputs, &attr, 1);
}

/* ---- QuantizeLinear, DequantizeLinear ---- */

typedef struct
{
  int axis;     /* of lists of scales, or of blocks */
  gint64 block; /* how many neighbours along the axis share a scale, 0: all */
  double least, greatest;
} QuantizeParams;

/* @list, which has a value for each block along @axis, with one for each element of @x. */
static WhyTensor *
spread_blocks (const WhyTensor *list, const WhyTensor *x, int axis, gint64 block, GError **error)
{
  WhyTensor *result = why_tensor_new (list->dtype, x->rank, x->dims, error);
  gsize inner = (gsize) why_dims_product (x->dims, axis + 1, x->rank), count = why_tensor_count (x);
  gsize extent = (gsize) x->dims[axis], n_blocks = (gsize) list->dims[axis];

  for (gsize at = 0; result != NULL && at < count; at++)
    {
      gsize outer = at / inner / extent, place = at / inner % extent / (gsize) block;
      why_tensor_set_f64 (result, at, why_tensor_get_f64 (list, (outer * n_blocks + place) * inner + at % inner));
    }
  return result;
}

/* A scale or zero point (nullable) that broadcasts to @x; %NULL with @error if there is no memory. */
static WhyTensor *
along (WhyTensor *list, const WhyTensor *x, const QuantizeParams *params, GError **error)
{
  gint64 dims[WHY_MAX_RANK];
  int n_dims = 0;

  if (list == NULL)
    return why_tensor_new_scalar_f32 (0.0f);
  if (params->block > 0)
    return spread_blocks (list, x, params->axis, params->block, error);
  if (list->rank == 1 && list->dims[0] != 1)
    for (int place = params->axis; place < x->rank; place++)
      dims[n_dims++] = place == params->axis ? list->dims[0] : 1;
  return why_tensor_reshape (list, n_dims, dims);
}

/* The same as nodes. */
static WhyValue *
emit_along (WhyGraph *graph, GError **error, WhyValue *list, const WhyValue *x, const QuantizeParams *params)
{
  if (params->block == 0 || list == NULL || list->rank == 0)
    return why_emit_along (graph, error, list, x->rank, params->axis);
  const WhyAttr axis = { .name = "axis", .type = WHY_ATTR_INT, .i = params->axis };
  g_autofree gint64 *places = g_new (gint64, MAX (x->dims[params->axis], 1));
  for (gint64 place = 0; place < x->dims[params->axis]; place++)
    places[place] = place / params->block;
  WhyValue *inputs[] = { list, why_emit_i64 (graph, (gsize) x->dims[params->axis], places) };
  return why_emit (graph, error, "Gather", 2, inputs, &axis, 1);
}

/* Scale and zero point have a value for each block. */
static gboolean
check_blocks (const WhyNode *node, const QuantizeParams *params, GError **error)
{
  const WhyValue *x = node->inputs[0];

  for (guint index = 1; index < 3; index++)
    {
      const WhyValue *list = why_node_input (node, index);
      gboolean fits = list == NULL || list->rank == x->rank;
      for (int axis = 0; list != NULL && fits && axis < x->rank; axis++)
        {
          gint64 wanted = x->dims[axis];
          if (axis == params->axis)
            wanted = wanted / params->block + (wanted % params->block != 0);
          fits = list->dims[axis] == wanted;
        }
      if (fits)
        continue;
      g_autofree char *found = why_dims_to_string (list->rank, list->dims);
      g_autofree char *dims = why_dims_to_string (x->rank, x->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                            "'%s' is %s, expected a value for each %" G_GINT64_FORMAT " neighbours along axis %d of %s",
                            list->name, found, params->block, params->axis, dims);
    }
  return TRUE;
}

static gboolean
infer_axis (WhyNode *node, GError **error)
{
  QuantizeParams *params = node->params;
  const WhyValue *x = node->inputs[0], *scale = node->inputs[1];

  params->block = why_node_int (node, "block_size", 0);
  if (params->block < 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "block_size is %" G_GINT64_FORMAT, params->block);
  if (params->block > 0 || (scale->rank == 1 && scale->dims[0] != 1))
    {
      if (!why_node_axis (node, why_node_int (node, "axis", 1), x->rank, &params->axis, error))
        return FALSE;
    }
  if (!why_dtype_is_float (scale->dtype))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "scale '%s' must be of a floating type, not %s", scale->name,
                          why_dtype_name (scale->dtype));
  if (params->block > 0)
    return check_blocks (node, params, error);
  return why_quantize_check_pair (node, 1, scale->rank == 1 ? x->dims[params->axis] : 0, error);
}

/* The type that the zero point or, without one, the attribute asks for. */
static gboolean
quantized_type (const WhyNode *node, WhyDType *dtype, double *least, double *greatest, GError **error)
{
  const WhyValue *zero_point = why_node_input (node, 2);
  gint64 type = why_node_int (node, "output_dtype", 0);

  if (zero_point != NULL)
    type = zero_point->dtype;
  else if (type == 0)
    type = WHY_DTYPE_UINT8;
  if (type < 0 || type > G_MAXINT || !why_quantized_range ((WhyDType) type, least, greatest))
    return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP, "quantising to %s is not supported",
                          why_onnx_elem_type_name ((int) CLAMP (type, 0, G_MAXINT)));
  *dtype = (WhyDType) type;
  return TRUE;
}

static gboolean
quantize_infer (WhyNode *node, GError **error)
{
  QuantizeParams *params = node->params;
  const WhyValue *x = node->inputs[0];
  WhyDType dtype;

  if (!why_dtype_is_float (x->dtype) && x->dtype != WHY_DTYPE_INT32)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input '%s' must be floating or int32, not %s", x->name,
                          why_dtype_name (x->dtype));
  return infer_axis (node, error) && quantized_type (node, &dtype, &params->least, &params->greatest, error) &&
         why_node_set_output_like (node, 0, dtype, x, error);
}

/* The quotient is rounded to float32 as every other implementation's is: that decides ties. */
static void
quantize_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  const QuantizeParams *params = data;
  for (gsize k = 0; k < n; k++)
    out->f[k] = why_quantize_f64 ((double) (float) (in[0].f[k] / in[1].f[k]), in[2].f[k], params->least, params->greatest);
}

/* As quantize_rows() for float64 input, which has no need of that. */
static void
quantize_rows_f64 (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  const QuantizeParams *params = data;
  for (gsize k = 0; k < n; k++)
    out->f[k] = why_quantize_f64 (in[0].f[k] / in[1].f[k], in[2].f[k], params->least, params->greatest);
}

static void
dequantize_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  for (gsize k = 0; k < n; k++)
    out->f[k] = (in[0].f[k] - in[2].f[k]) * in[1].f[k];
}

static gboolean
map_with_pair (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *output, WhyRowsFunc func, GError **error)
{
  const QuantizeParams *params = node->params;
  g_autoptr (WhyTensor) scale = along (inputs[1], inputs[0], params, error);
  g_autoptr (WhyTensor) zero_point = along (node->n_inputs > 2 ? inputs[2] : NULL, inputs[0], params, error);

  if (scale == NULL || zero_point == NULL)
    return FALSE;
  WhyTensor *operands[] = { inputs[0], scale, zero_point };
  why_rows_map (operands, 3, output, WHY_WIDE_F64, WHY_WIDE_F64, func, params);
  return TRUE;
}

static gboolean
quantize_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  return map_with_pair (node, inputs, outputs[0],
                        inputs[0]->dtype == WHY_DTYPE_FLOAT64 ? quantize_rows_f64 : quantize_rows, error);
}

static gboolean
dequantize_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0], *scale = node->inputs[1];

  /* A floating input is a simulated integer. */
  if (x->dtype == WHY_DTYPE_BOOL || (why_dtype_is_float (x->dtype) && x->dtype != scale->dtype))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input '%s' must be of an integer type, not %s", x->name,
                          why_dtype_name (x->dtype));
  /* Since opset 23 the type may be stated; where floating types are all computed in one, in that. */
  gint64 stated = why_node_int (node, "output_dtype", 0);
  WhyDType dtype = scale->dtype;
  if (stated != 0 && !why_dtype_is_float (x->dtype))
    {
      if (stated < 0 || stated > G_MAXINT || !why_dtype_is_float ((WhyDType) stated))
        return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP, "dequantising to %s is not supported",
                              why_onnx_elem_type_name ((int) CLAMP (stated, 0, G_MAXINT)));
      dtype = (WhyDType) stated;
    }
  return infer_axis (node, error) && why_node_set_output_like (node, 0, dtype, x, error);
}

static gboolean
dequantize_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  return map_with_pair (node, inputs, outputs[0], dequantize_rows, error);
}

static gboolean
dequantize_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const QuantizeParams *params = node->params;
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *dy = why_grad_output (builder, node, 0);

  if (!why_grad_wanted (builder, node, 0))
    return TRUE;
  WhyValue *scale = emit_along (graph, error, node->inputs[1], node->inputs[0], params);
  return why_grad_add (builder, node, 0, why_emit2 (graph, error, "Mul", dy, scale));
}

/* Scales and zero points are needed whole. */
static void
same_place_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  if (input == 0)
    *in = *out;
}

/* ---- simulation in floating types ---- */

/* FakeQuantizeLinear: x, scale and zero point broadcast; attributes say the range. */
static gboolean
fake_quantize_infer (WhyNode *node, GError **error)
{
  QuantizeParams *params = node->params;
  params->least = why_node_float (node, "least", 0.0);
  params->greatest = why_node_float (node, "greatest", 255.0);
  return why_node_set_output_like (node, 0, node->inputs[0]->dtype, node->inputs[0], error);
}

static gboolean
fake_quantize_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  why_rows_map (inputs, 3, outputs[0], WHY_WIDE_F64, WHY_WIDE_F64,
                inputs[0]->dtype == WHY_DTYPE_FLOAT64 ? quantize_rows_f64 : quantize_rows, node->params);
  return TRUE;
}

/* FakeQuantizeGrad (dy, x, scale, zero point): dy / scale where x is inside the range, else 0: what
 * PyTorch's fake_quantize does. */
static void
fake_quantize_grad_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  const QuantizeParams *params = data;
  for (gsize k = 0; k < n; k++)
    {
      double q = rint (in[1].f[k] / in[2].f[k]) + in[3].f[k];
      out->f[k] = q >= params->least && q <= params->greatest ? in[0].f[k] / in[2].f[k] : 0.0;
    }
}

static gboolean
fake_quantize_grad_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  why_rows_map (inputs, 4, outputs[0], WHY_WIDE_F64, WHY_WIDE_F64, fake_quantize_grad_rows, node->params);
  return TRUE;
}

static WhyValue *
emit_fake_grad (WhyGradBuilder *builder, const WhyNode *node, WhyValue *const *operands, WhyValue *dy, GError **error)
{
  WhyValue *inputs[] = { dy, operands[0], operands[1], operands[2] };
  return dy != NULL ? why_emit (why_grad_graph (builder), error, "FakeQuantizeGrad", 4, inputs, node->attrs, node->n_attrs)
                    : NULL;
}

static gboolean
fake_quantize_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  if (!why_grad_wanted (builder, node, 0))
    return TRUE;
  return why_grad_add (builder, node, 0,
                       emit_fake_grad (builder, node, node->inputs, why_grad_output (builder, node, 0), error));
}

static gboolean
fake_quantize_grad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  if (!why_grad_wanted (builder, node, 0))
    return TRUE;
  return why_grad_add (builder, node, 0,
                       emit_fake_grad (builder, node, node->inputs + 1, why_grad_output (builder, node, 0), error));
}

static WhyValue **
quantize_simulate (WhyGraph *graph, const WhyNode *node, const char *const *output_names, GError **error)
{
  const WhyValue *x = node->inputs[0], *scale = node->inputs[1];
  QuantizeParams params = { 0 };
  WhyNode probe = *node;
  WhyDType dtype;

  probe.params = &params;
  if (!why_dtype_is_float (x->dtype))
    {
      why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP, "quantising %s input is not supported",
                     why_dtype_name (x->dtype));
      return NULL;
    }
  if (!infer_axis (&probe, error) || !quantized_type (node, &dtype, &params.least, &params.greatest, error))
    return NULL;
  const WhyAttr attrs[] = {
    { .name = "least", .type = WHY_ATTR_FLOAT, .f = params.least },
    { .name = "greatest", .type = WHY_ATTR_FLOAT, .f = params.greatest },
  };
  WhyValue *zero_point = why_node_input (node, 2);
  if (zero_point == NULL)
    zero_point = why_emit_scalar (graph, scale, 0.0);
  WhyValue *inputs[] = {
    node->inputs[0],
    emit_along (graph, error, node->inputs[1], x, &params),
    emit_along (graph, error, zero_point, x, &params),
  };
  if (inputs[1] == NULL || inputs[2] == NULL)
    return NULL;
  return why_graph_add_node (graph, "FakeQuantizeLinear", 0, node->name, inputs, 3, output_names, 1, attrs, 2, error);
}

/* ---- DynamicQuantizeLinear ---- */

static gboolean
dynamic_quantize_outputs (WhyNode *node, WhyDType dtype, GError **error)
{
  const WhyValue *x = node->inputs[0];
  return why_node_set_output_like (node, 0, dtype, x, error) &&
         (node->n_outputs < 2 || why_node_set_output (node, 1, x->dtype, 0, NULL, error)) &&
         (node->n_outputs < 3 || why_node_set_output (node, 2, dtype, 0, NULL, error));
}

static gboolean
dynamic_quantize_infer (WhyNode *node, GError **error)
{
  return why_infer_float (node, error) && dynamic_quantize_outputs (node, WHY_DTYPE_UINT8, error);
}

static gboolean
fake_dynamic_quantize_infer (WhyNode *node, GError **error)
{
  return why_infer_float (node, error) && dynamic_quantize_outputs (node, node->inputs[0]->dtype, error);
}

static gboolean
dynamic_quantize_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  const WhyTensor *x = inputs[0];
  gsize count = why_tensor_count (x);
  double low = 0.0, high = 0.0; /* the range always holds 0 */
  WhyRow row;

  for (gsize begin = 0; begin < count; begin += WHY_ROW_MAX)
    {
      gsize n = MIN (WHY_ROW_MAX, count - begin);
      why_row_load (&row, WHY_WIDE_F64, x, (gint64) begin, 1, n);
      for (gsize k = 0; k < n; k++)
        {
          low = MIN (low, row.f[k]);
          high = MAX (high, row.f[k]);
        }
    }
  double scale = (double) (float) ((high - low) / 255.0);
  double zero_point = why_quantize_f64 ((double) (float) (-low / scale), 0.0, 0.0, 255.0);
  for (gsize begin = 0; outputs[0] != NULL && begin < count; begin += WHY_ROW_MAX)
    {
      gsize n = MIN (WHY_ROW_MAX, count - begin);
      why_row_load (&row, WHY_WIDE_F64, x, (gint64) begin, 1, n);
      for (gsize k = 0; k < n; k++)
        row.f[k] = why_quantize_f64 ((double) (float) (row.f[k] / scale), zero_point, 0.0, 255.0);
      why_row_store (&row, WHY_WIDE_F64, outputs[0], (gint64) begin, n);
    }
  if (node->n_outputs > 1 && outputs[1] != NULL)
    why_tensor_set_f64 (outputs[1], 0, scale);
  if (node->n_outputs > 2 && outputs[2] != NULL)
    why_tensor_set_f64 (outputs[2], 0, zero_point);
  return TRUE;
}

/* The scale is taken for a constant: nothing is cut off by it, so what flows through it cancels. */
static gboolean
fake_dynamic_quantize_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *dy = why_grad_output (builder, node, 0);
  WhyValue *scale = node->n_outputs > 1 ? node->outputs[1] : NULL;

  if (dy == NULL)
    return TRUE;
  if (scale == NULL)
    return why_node_fail (node, error, WHY_ERROR_NO_GRADIENT, "nothing reads its scale, so its result means nothing");
  return why_grad_add (builder, node, 0, why_emit2 (graph, error, "Div", dy, scale));
}

static WhyValue **
dynamic_quantize_simulate (WhyGraph *graph, const WhyNode *node, const char *const *output_names, GError **error)
{
  return why_graph_add_node (graph, "FakeDynamicQuantizeLinear", 0, node->name, node->inputs, 1, output_names,
                             node->n_outputs, NULL, 0, error);
}

#define PARAMS .params_size = sizeof (QuantizeParams)

const WhyOpClass why_ops_quantize[] = {
  { .type = "QuantizeLinear", .since = 10, .min_inputs = 2, .max_inputs = 3, .max_outputs = 1,
    .flags = WHY_OP_STRAIGHT_THROUGH, PARAMS, .infer = quantize_infer, .eval = quantize_eval,
    .region = same_place_region, .simulate = quantize_simulate },
  { .type = "DequantizeLinear", .since = 10, .min_inputs = 2, .max_inputs = 3, .max_outputs = 1, PARAMS,
    .infer = dequantize_infer, .eval = dequantize_eval, .gradient = dequantize_gradient, .region = same_place_region },
  { .type = "DynamicQuantizeLinear", .since = 11, .min_inputs = 1, .max_inputs = 1, .max_outputs = 3,
    .flags = WHY_OP_STRAIGHT_THROUGH, .infer = dynamic_quantize_infer, .eval = dynamic_quantize_eval,
    .simulate = dynamic_quantize_simulate },
  { .type = "FakeQuantizeLinear", .since = 1, .min_inputs = 3, .max_inputs = 3, .max_outputs = 1,
    .flags = WHY_OP_ELEMENTWISE | WHY_OP_STRAIGHT_THROUGH | WHY_OP_INTERNAL, PARAMS, .infer = fake_quantize_infer,
    .eval = fake_quantize_eval, .gradient = fake_quantize_gradient },
  { .type = "FakeQuantizeGrad", .since = 1, .min_inputs = 4, .max_inputs = 4, .max_outputs = 1,
    .flags = WHY_OP_ELEMENTWISE | WHY_OP_INTERNAL, PARAMS, .infer = fake_quantize_infer,
    .eval = fake_quantize_grad_eval, .gradient = fake_quantize_grad_gradient },
  { .type = "FakeDynamicQuantizeLinear", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 3,
    .flags = WHY_OP_STRAIGHT_THROUGH | WHY_OP_INTERNAL, .infer = fake_dynamic_quantize_infer,
    .eval = dynamic_quantize_eval, .gradient = fake_dynamic_quantize_gradient },
  { NULL },
};
