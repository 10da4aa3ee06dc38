#include "config.h"

#include "graph/conv.h"
#include "families.h"
#include "quantize.h"
#include "rows.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Convolutions and matrix products of integers. Here they are exact, which is what their definition
 * asks for; networks that are to be explained are simulated in floating types instead (see
 * WhyOpClass.simulate), where these operators are the usual ones between quantisers. */

/* Values minus their zero point as 32-bit integers, to be freed; NULL with an error. The zero points
 * change every @run elements and start again after @n_zero_points of them. */
static gint32 *
load_shifted (const WhyNode *node, const WhyTensor *values, const WhyTensor *zero_point, gsize run, GError **error)
{
  gsize count = why_tensor_count (values);
  gsize n_zero_points = zero_point != NULL ? why_tensor_count (zero_point) : 0;
  gint32 *shifted = g_try_new (gint32, MAX (count, 1));

  if (shifted == NULL)
    {
      why_node_fail (node, error, WHY_ERROR_TOO_LARGE, "there is no memory for %" G_GSIZE_FORMAT " values", count);
      return NULL;
    }
  for (gsize index = 0; index < count; index++)
    {
      gint64 shift = n_zero_points > 0 ? why_tensor_get_i64 (zero_point, index / run % n_zero_points) : 0;
      shifted[index] = (gint32) (why_tensor_get_i64 (values, index) - shift);
    }
  return shifted;
}

static gboolean
check_8_bits (const WhyNode *node, guint index, GError **error)
{
  const WhyValue *value = node->inputs[index];
  if (value->dtype == WHY_DTYPE_INT8 || value->dtype == WHY_DTYPE_UINT8)
    return TRUE;
  return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "'%s' must be int8 or uint8, not %s", value->name,
                        why_dtype_name (value->dtype));
}

/* A zero point, if there is one, has the type of what it belongs to. */
static gboolean
check_zero_point (const WhyNode *node, guint index, const WhyValue *of, GError **error)
{
  const WhyValue *zero_point = why_node_input (node, index);
  if (zero_point == NULL || zero_point->dtype == of->dtype)
    return TRUE;
  return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "zero point '%s' is %s, '%s' is %s", zero_point->name,
                        why_dtype_name (zero_point->dtype), of->name, why_dtype_name (of->dtype));
}

static gboolean
check_scale (const WhyNode *node, guint index, GError **error)
{
  const WhyValue *scale = node->inputs[index];
  if (why_dtype_is_float (scale->dtype))
    return TRUE;
  return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "scale '%s' must be of a floating type, not %s", scale->name,
                        why_dtype_name (scale->dtype));
}

/* The inputs of QLinearConv and QLinearMatMul. */
enum
{
  Q_A,
  Q_A_SCALE,
  Q_A_ZERO,
  Q_B,
  Q_B_SCALE,
  Q_B_ZERO,
  Q_Y_SCALE,
  Q_Y_ZERO,
  Q_BIAS,
};

static gboolean
check_q_linear (const WhyNode *node, gint64 a_length, gint64 b_length, GError **error)
{
  double least, greatest;

  if (!why_quantized_range (node->inputs[Q_Y_ZERO]->dtype, &least, &greatest))
    return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP, "quantising to %s is not supported",
                          why_dtype_name (node->inputs[Q_Y_ZERO]->dtype));
  return check_8_bits (node, Q_A, error) && check_8_bits (node, Q_B, error) &&
         check_zero_point (node, Q_A_ZERO, node->inputs[Q_A], error) &&
         check_zero_point (node, Q_B_ZERO, node->inputs[Q_B], error) && check_scale (node, Q_A_SCALE, error) &&
         check_scale (node, Q_B_SCALE, error) && check_scale (node, Q_Y_SCALE, error) &&
         why_quantize_check_pair (node, Q_A_SCALE, a_length, error) &&
         why_quantize_check_pair (node, Q_B_SCALE, b_length, error) &&
         why_quantize_check_pair (node, Q_Y_SCALE, 0, error);
}

/* The number for @place of a single value or a list. */
static double
one_of (const WhyTensor *list, gint64 place)
{
  return why_tensor_get_f64 (list, why_tensor_count (list) > 1 ? (gsize) place : 0);
}

/* ---- convolution ---- */

typedef struct
{
  const WhyConvParams *params;
  gint64 in[WHY_CONV_SPATIAL];
  gint64 channels, group_channels; /* of the input: all, and those of a group */
  const gint32 *x, *w;
} IntConv;

/* The sum for output channel @m of sample @n at @place; padding stands for real zeros. */
static gint64
conv_at (const IntConv *conv, gint64 n, gint64 m, gint64 group, const gint64 *place)
{
  const WhyConvParams *p = conv->params;
  const gint64 *kernel = p->kernel, *in = conv->in;
  gint64 sum = 0;

  for (gint64 c = 0; c < conv->group_channels; c++)
    {
      const gint32 *x = conv->x + (n * conv->channels + group * conv->group_channels + c) * in[0] * in[1] * in[2];
      const gint32 *w = conv->w + (m * conv->group_channels + c) * kernel[0] * kernel[1] * kernel[2];
      for (gint64 kd = 0; kd < kernel[0]; kd++)
        {
          gint64 d = place[0] * p->stride[0] - p->pad_begin[0] + kd * p->dilation[0];
          if (d < 0 || d >= in[0])
            continue;
          for (gint64 kh = 0; kh < kernel[1]; kh++)
            {
              gint64 h = place[1] * p->stride[1] - p->pad_begin[1] + kh * p->dilation[1];
              if (h < 0 || h >= in[1])
                continue;
              for (gint64 kw = 0; kw < kernel[2]; kw++)
                {
                  gint64 col = place[2] * p->stride[2] - p->pad_begin[2] + kw * p->dilation[2];
                  if (col >= 0 && col < in[2])
                    sum += (gint64) x[(d * in[1] + h) * in[2] + col] * w[(kd * kernel[1] + kh) * kernel[2] + kw];
                }
            }
        }
    }
  return sum;
}

/* Calls @store (output index, channel, sum) for all of the output. */
static gboolean
int_conv (const WhyNode *node,
          const WhyTensor *x,
          const WhyTensor *x_zero,
          const WhyTensor *w,
          const WhyTensor *w_zero,
          const WhyTensor *y,
          void (*store) (gsize at, gint64 m, gint64 sum, gpointer data),
          gpointer data,
          GError **error)
{
  const WhyConvParams *params = node->params;
  gsize per_channel = w->dims[0] > 0 ? MAX (why_tensor_count (w) / (gsize) w->dims[0], 1) : 1;
  g_autofree gint32 *xs = load_shifted (node, x, x_zero, 1, error);
  g_autofree gint32 *ws = xs != NULL ? load_shifted (node, w, w_zero, per_channel, error) : NULL;
  gint64 out[WHY_CONV_SPATIAL], place[WHY_CONV_SPATIAL];
  IntConv conv = { .params = params, .channels = x->dims[1], .group_channels = w->dims[1], .x = xs, .w = ws };
  gsize at = 0;

  if (ws == NULL)
    return FALSE;
  why_conv_spatial (x->rank, x->dims, conv.in);
  why_conv_spatial (y->rank, y->dims, out);
  for (gint64 n = 0; n < y->dims[0]; n++)
    for (gint64 m = 0; m < y->dims[1]; m++)
      for (place[0] = 0; place[0] < out[0]; place[0]++)
        for (place[1] = 0; place[1] < out[1]; place[1]++)
          for (place[2] = 0; place[2] < out[2]; place[2]++)
            store (at++, m, conv_at (&conv, n, m, m / (y->dims[1] / params->groups), place), data);
  return TRUE;
}

static gboolean
conv_integer_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0], *w = node->inputs[1];
  const WhyValue *w_zero = why_node_input (node, 3);
  gint64 dims[WHY_MAX_RANK];

  if (!check_8_bits (node, 0, error) || !check_8_bits (node, 1, error) || !check_zero_point (node, 2, x, error) ||
      !check_zero_point (node, 3, w, error) || !why_conv_parse (node, x, w, node->params, dims, error))
    return FALSE;
  if (why_node_input (node, 2) != NULL && (node->inputs[2]->rank > 1 || (node->inputs[2]->rank == 1 && node->inputs[2]->dims[0] != 1)))
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "the input's zero point must be one value");
  if (w_zero != NULL && (w_zero->rank > 1 || (w_zero->rank == 1 && w_zero->dims[0] != 1 && w_zero->dims[0] != w->dims[0])))
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "the weight's zero point must be one value or %" G_GINT64_FORMAT,
                          w->dims[0]);
  return why_node_set_output (node, 0, WHY_DTYPE_INT32, x->rank, dims, error);
}

static void
store_integer (gsize at, gint64 m, gint64 sum, gpointer data)
{
  ((gint32 *) data)[at] = (gint32) (guint32) (guint64) sum;
}

static gboolean
conv_integer_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  return int_conv (node, inputs[0], node->n_inputs > 2 ? inputs[2] : NULL, inputs[1],
                   node->n_inputs > 3 ? inputs[3] : NULL, outputs[0], store_integer, outputs[0]->data, error);
}

static gboolean
q_linear_conv_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[Q_A], *w = node->inputs[Q_B], *bias = why_node_input (node, Q_BIAS);
  gint64 dims[WHY_MAX_RANK];

  if (!why_conv_parse (node, x, w, node->params, dims, error) || !check_q_linear (node, 0, w->dims[0], error))
    return FALSE;
  if (bias != NULL && (bias->dtype != WHY_DTYPE_INT32 || bias->rank != 1 || bias->dims[0] != w->dims[0]))
    {
      g_autofree char *text = why_dims_to_string (bias->rank, bias->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "bias is %s of %s, expected %" G_GINT64_FORMAT " of int32",
                            text, why_dtype_name (bias->dtype), w->dims[0]);
    }
  return why_node_set_output (node, 0, node->inputs[Q_Y_ZERO]->dtype, x->rank, dims, error);
}

typedef struct
{
  WhyTensor *const *inputs;
  const WhyTensor *bias;
  WhyTensor *output;
  double least, greatest;
} Requantize;

static void
store_requantized (gsize at, gint64 m, gint64 sum, gpointer data)
{
  const Requantize *r = data;
  double scale = one_of (r->inputs[Q_A_SCALE], 0) * one_of (r->inputs[Q_B_SCALE], m) / one_of (r->inputs[Q_Y_SCALE], 0);

  if (r->bias != NULL)
    sum += why_tensor_get_i64 (r->bias, (gsize) m);
  why_tensor_set_f64 (r->output, at,
                      why_quantize_f64 ((double) sum * scale, one_of (r->inputs[Q_Y_ZERO], 0), r->least, r->greatest));
}

static gboolean
q_linear_conv_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  Requantize r = { .inputs = inputs, .bias = node->n_inputs > Q_BIAS ? inputs[Q_BIAS] : NULL, .output = outputs[0] };
  why_quantized_range (outputs[0]->dtype, &r.least, &r.greatest);
  return int_conv (node, inputs[Q_A], inputs[Q_A_ZERO], inputs[Q_B], inputs[Q_B_ZERO], outputs[0], store_requantized,
                   &r, error);
}

/* ---- matrix product ---- */

/* Dims of a and b as matrices (a vector is one row or one column) and of the result. */
typedef struct
{
  gint64 rows, inner, cols;
  int rank;                   /* of the result without dropped ones: batches, rows, cols */
  gint64 dims[WHY_MAX_RANK];
  int out_rank;
  gint64 out_dims[WHY_MAX_RANK];
} Product;

static gboolean
product_parse (const WhyNode *node, const WhyValue *a, const WhyValue *b, Product *product, GError **error)
{
  gboolean fits = a->rank >= 1 && b->rank >= 1;
  int n_batch = 0;

  if (fits)
    {
      product->rows = a->rank > 1 ? a->dims[a->rank - 2] : 1;
      product->inner = a->dims[a->rank - 1];
      product->cols = b->rank > 1 ? b->dims[b->rank - 1] : 1;
      fits = product->inner == b->dims[MAX (b->rank - 2, 0)] &&
             why_dims_broadcast (MAX (a->rank - 2, 0), a->dims, MAX (b->rank - 2, 0), b->dims, &n_batch, product->dims);
    }
  if (!fits)
    {
      g_autofree char *a_text = why_dims_to_string (a->rank, a->dims);
      g_autofree char *b_text = why_dims_to_string (b->rank, b->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "%s and %s cannot be multiplied", a_text, b_text);
    }
  memcpy (product->out_dims, product->dims, sizeof product->dims);
  product->rank = n_batch + 2;
  product->out_rank = n_batch;
  product->dims[n_batch] = product->rows;
  product->dims[n_batch + 1] = product->cols;
  if (a->rank > 1)
    product->out_dims[product->out_rank++] = product->rows;
  if (b->rank > 1)
    product->out_dims[product->out_rank++] = product->cols;
  return TRUE;
}

/* Calls @store (output index, row, column, sum) for all of the output. */
static gboolean
int_product (const WhyNode *node,
             const WhyTensor *a,
             const WhyTensor *a_zero,
             const WhyTensor *b,
             const WhyTensor *b_zero,
             void (*store) (gsize at, gint64 row, gint64 col, gint64 sum, gpointer data),
             gpointer data,
             GError **error)
{
  const WhyValue *a_value = node->inputs[0], *b_value = node->inputs[node->klass->min_inputs > 2 ? Q_B : 1];
  gint64 a_strides[WHY_MAX_RANK], b_strides[WHY_MAX_RANK], index[WHY_MAX_RANK] = { 0 };
  Product p;

  if (!product_parse (node, a_value, b_value, &p, error))
    return FALSE;
  g_autofree gint32 *as = load_shifted (node, a, a_zero, (gsize) MAX (p.inner, 1), error);
  g_autofree gint32 *bs = as != NULL ? load_shifted (node, b, b_zero, 1, error) : NULL;
  if (bs == NULL)
    return FALSE;

  int n_batch = p.rank - 2;
  gint64 n_batches = 1;
  why_broadcast_strides (MAX (a->rank - 2, 0), a->dims, n_batch, p.dims, a_strides);
  why_broadcast_strides (MAX (b->rank - 2, 0), b->dims, n_batch, p.dims, b_strides);
  for (int axis = 0; axis < n_batch; axis++)
    n_batches *= p.dims[axis];
  gsize at = 0;
  for (gint64 batch = 0; batch < n_batches; batch++)
    {
      gint64 a_batch = 0, b_batch = 0;
      for (int axis = 0; axis < n_batch; axis++)
        {
          a_batch += index[axis] * a_strides[axis];
          b_batch += index[axis] * b_strides[axis];
        }
      for (gint64 row = 0; row < p.rows; row++)
        for (gint64 col = 0; col < p.cols; col++)
          {
            const gint32 *left = as + (a_batch * p.rows + row) * p.inner, *right = bs + b_batch * p.inner * p.cols + col;
            gint64 sum = 0;
            for (gint64 k = 0; k < p.inner; k++)
              sum += (gint64) left[k] * right[k * p.cols];
            store (at++, row, col, sum, data);
          }
      for (int axis = n_batch - 1; axis >= 0 && ++index[axis] == p.dims[axis]; axis--)
        index[axis] = 0;
    }
  return TRUE;
}

/* A list of zero points or scales is for the rows of a and for the columns of b. */
static gint64
rows_of (const WhyValue *a)
{
  return a->rank > 1 ? a->dims[a->rank - 2] : 0;
}

static gint64
cols_of (const WhyValue *b)
{
  return b->rank > 1 ? b->dims[b->rank - 1] : 0;
}

static gboolean
check_list (const WhyNode *node, guint index, gint64 length, GError **error)
{
  const WhyValue *value = why_node_input (node, index);
  if (value == NULL || value->rank == 0 || (value->rank == 1 && (value->dims[0] == 1 || value->dims[0] == length)))
    return TRUE;
  g_autofree char *text = why_dims_to_string (value->rank, value->dims);
  return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "zero point '%s' is %s, expected one value or %" G_GINT64_FORMAT,
                        value->name, text, length);
}

static gboolean
mat_mul_integer_infer (WhyNode *node, GError **error)
{
  const WhyValue *a = node->inputs[0], *b = node->inputs[1];
  Product product;

  return check_8_bits (node, 0, error) && check_8_bits (node, 1, error) && check_zero_point (node, 2, a, error) &&
         check_zero_point (node, 3, b, error) && check_list (node, 2, rows_of (a), error) &&
         check_list (node, 3, cols_of (b), error) && product_parse (node, a, b, &product, error) &&
         why_node_set_output (node, 0, WHY_DTYPE_INT32, product.out_rank, product.out_dims, error);
}

static void
store_integer_product (gsize at, gint64 row, gint64 col, gint64 sum, gpointer data)
{
  store_integer (at, 0, sum, data);
}

static gboolean
mat_mul_integer_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  return int_product (node, inputs[0], node->n_inputs > 2 ? inputs[2] : NULL, inputs[1],
                      node->n_inputs > 3 ? inputs[3] : NULL, store_integer_product, outputs[0]->data, error);
}

static gboolean
q_linear_mat_mul_infer (WhyNode *node, GError **error)
{
  const WhyValue *a = node->inputs[Q_A], *b = node->inputs[Q_B];
  Product product;

  return check_q_linear (node, rows_of (a), cols_of (b), error) && product_parse (node, a, b, &product, error) &&
         why_node_set_output (node, 0, node->inputs[Q_Y_ZERO]->dtype, product.out_rank, product.out_dims, error);
}

static void
store_requantized_product (gsize at, gint64 row, gint64 col, gint64 sum, gpointer data)
{
  const Requantize *r = data;
  double scale = one_of (r->inputs[Q_A_SCALE], row) * one_of (r->inputs[Q_B_SCALE], col) / one_of (r->inputs[Q_Y_SCALE], 0);
  why_tensor_set_f64 (r->output, at,
                      why_quantize_f64 ((double) sum * scale, one_of (r->inputs[Q_Y_ZERO], 0), r->least, r->greatest));
}

static gboolean
q_linear_mat_mul_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  Requantize r = { .inputs = inputs, .output = outputs[0] };
  why_quantized_range (outputs[0]->dtype, &r.least, &r.greatest);
  return int_product (node, inputs[Q_A], inputs[Q_A_ZERO], inputs[Q_B], inputs[Q_B_ZERO], store_requantized_product, &r,
                      error);
}

/* ---- simulation in floating types ---- */

/* QuantizeLinear of @y with the scale and zero point of the node: the end of a simulated operator. */
static WhyValue **
requantize (WhyGraph *graph, const WhyNode *node, WhyValue *y, const char *const *output_names, GError **error)
{
  WhyValue *inputs[] = { y, node->inputs[Q_Y_SCALE], node->inputs[Q_Y_ZERO] };
  return y != NULL ? why_graph_add_node (graph, "QuantizeLinear", 0, node->name, inputs, 3, output_names, 1, NULL, 0, error)
                   : NULL;
}

static WhyValue **
q_linear_conv_simulate (WhyGraph *graph, const WhyNode *node, const char *const *output_names, GError **error)
{
  WhyValue *const *in = node->inputs;
  WhyValue *bias = why_node_input (node, Q_BIAS);
  WhyValue *inputs[3] = {
    why_emit_dequantize (graph, error, in[Q_A], in[Q_A_SCALE], in[Q_A_ZERO], 1),
    why_emit_dequantize (graph, error, in[Q_B], in[Q_B_SCALE], in[Q_B_ZERO], 0),
  };
  if (inputs[0] == NULL || inputs[1] == NULL)
    return NULL;
  if (bias != NULL)
    {
      /* Of a single weight scale, the product has the rank that the two have: 0 or 1. */
      WhyValue *scale = why_emit2 (graph, error, "Mul", in[Q_A_SCALE], in[Q_B_SCALE]);
      inputs[2] = why_emit_dequantize (graph, error, bias, scale, NULL, 0);
      if (inputs[2] == NULL)
        return NULL;
    }
  WhyValue *y = why_emit (graph, error, "Conv", bias != NULL ? 3 : 2, inputs, node->attrs, node->n_attrs);
  return requantize (graph, node, y, output_names, error);
}

static WhyValue **
q_linear_mat_mul_simulate (WhyGraph *graph, const WhyNode *node, const char *const *output_names, GError **error)
{
  WhyValue *const *in = node->inputs;
  WhyValue *a = why_emit_dequantize (graph, error, in[Q_A], in[Q_A_SCALE], in[Q_A_ZERO], MAX (in[Q_A]->rank - 2, 0));
  WhyValue *b = why_emit_dequantize (graph, error, in[Q_B], in[Q_B_SCALE], in[Q_B_ZERO], MAX (in[Q_B]->rank - 1, 0));
  return requantize (graph, node, why_emit2 (graph, error, "MatMul", a, b), output_names, error);
}

/* The integers as floating numbers minus their zero point, lists along @axis. */
static WhyValue *
shifted (WhyGraph *graph, const WhyNode *node, guint index, int axis, GError **error)
{
  WhyValue *value = node->inputs[index], *zero_point = why_node_input (node, index + 2);
  WhyAttr to = { .name = "to", .type = WHY_ATTR_INT, .i = WHY_DTYPE_FLOAT32 };

  if (!why_dtype_is_float (value->dtype))
    value = why_emit (graph, error, "Cast", 1, &value, &to, 1);
  if (zero_point == NULL || value == NULL)
    return value;
  WhyValue *shift = why_emit_along (graph, error, zero_point, value->rank, axis);
  return why_emit2 (graph, error, "Sub", value, why_emit_cast (graph, error, shift, value));
}

static WhyValue **
conv_integer_simulate (WhyGraph *graph, const WhyNode *node, const char *const *output_names, GError **error)
{
  WhyValue *inputs[] = { shifted (graph, node, 0, 1, error), shifted (graph, node, 1, 0, error) };
  if (inputs[0] == NULL || inputs[1] == NULL)
    return NULL;
  return why_graph_add_node (graph, "Conv", 0, node->name, inputs, 2, output_names, 1, node->attrs, node->n_attrs, error);
}

static WhyValue **
mat_mul_integer_simulate (WhyGraph *graph, const WhyNode *node, const char *const *output_names, GError **error)
{
  WhyValue *inputs[] = {
    shifted (graph, node, 0, MAX (node->inputs[0]->rank - 2, 0), error),
    shifted (graph, node, 1, MAX (node->inputs[1]->rank - 1, 0), error),
  };
  if (inputs[0] == NULL || inputs[1] == NULL)
    return NULL;
  return why_graph_add_node (graph, "MatMul", 0, node->name, inputs, 2, output_names, 1, NULL, 0, error);
}

static void
conv_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  if (input == 0)
    why_conv_region (node->params, out, in);
}

const WhyOpClass why_ops_quantized[] = {
  { .type = "ConvInteger", .since = 10, .min_inputs = 2, .max_inputs = 4, .max_outputs = 1,
    .params_size = sizeof (WhyConvParams), .infer = conv_integer_infer, .eval = conv_integer_eval,
    .region = conv_region, .simulate = conv_integer_simulate },
  { .type = "MatMulInteger", .since = 10, .min_inputs = 2, .max_inputs = 4, .max_outputs = 1,
    .infer = mat_mul_integer_infer, .eval = mat_mul_integer_eval, .simulate = mat_mul_integer_simulate },
  { .type = "QLinearConv", .since = 10, .min_inputs = 8, .max_inputs = 9, .max_outputs = 1,
    .flags = WHY_OP_STRAIGHT_THROUGH, .params_size = sizeof (WhyConvParams), .infer = q_linear_conv_infer,
    .eval = q_linear_conv_eval, .region = conv_region, .simulate = q_linear_conv_simulate },
  { .type = "QLinearMatMul", .since = 10, .min_inputs = 8, .max_inputs = 8, .max_outputs = 1,
    .flags = WHY_OP_STRAIGHT_THROUGH, .infer = q_linear_mat_mul_infer, .eval = q_linear_mat_mul_eval,
    .simulate = q_linear_mat_mul_simulate },
  { NULL },
};
