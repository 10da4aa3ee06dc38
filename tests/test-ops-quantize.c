#include "config.h"

#include "grad-check.h"
#include "region-check.h"

#include <math.h>
#include <string.h>

/* Quantised operators: exact integers, and their simulation in floating types with its gradients. */

#define F32 WHY_DTYPE_FLOAT32
#define F64 WHY_DTYPE_FLOAT64
#define I8 WHY_DTYPE_INT8
#define U8 WHY_DTYPE_UINT8
#define I32 WHY_DTYPE_INT32

static void
test_quantize (void)
{
  WhyTensor *plain[] = { check_tensor (F32, "6", 0.0, 2.0, 3.0, 1000.0, -254.0, -1000.0), check_tensor (F32, "", 2.0), check_tensor (U8, "", 128) };
  check_equal (check_eval ("QuantizeLinear", 0, plain, 3, NULL, 0, 1, 0), check_tensor (U8, "6", 128, 129, 130, 255, 1, 0), 0.0);
  /* Half to even, before the zero point is added. */
  WhyTensor *half[] = { check_tensor (F32, "4", 0.5, 1.5, 2.5, -0.5), check_tensor (F32, "", 1.0), check_tensor (I8, "", 1) };
  check_equal (check_eval ("QuantizeLinear", 0, half, 3, NULL, 0, 1, 0), check_tensor (I8, "4", 1, 3, 3, 1), 0.0);
  WhyTensor *bare[] = { check_tensor (F32, "2", -3.0, 300.0), check_tensor (F32, "", 1.0) };
  check_equal (check_eval ("QuantizeLinear", 0, bare, 2, NULL, 0, 1, 0), check_tensor (U8, "2", 0, 255), 0.0);
  const WhyAttr axis_0[] = { CHECK_INT ("axis", 0) };
  WhyTensor *rows[] = { check_tensor (F32, "2x2", 2.0, 4.0, 2.0, 4.0), check_tensor (F32, "2", 1.0, 2.0), check_tensor (I8, "2", 0, 10) };
  check_equal (check_eval ("QuantizeLinear", 0, rows, 3, axis_0, 1, 1, 0), check_tensor (I8, "2x2", 2, 4, 11, 12), 0.0);
  WhyTensor *none[] = { check_tensor (F32, "1", (double) NAN), check_tensor (F32, "", 1.0), check_tensor (I8, "", 3) };
  check_equal (check_eval ("QuantizeLinear", 0, none, 3, NULL, 0, 1, 0), check_tensor (I8, "1", 3), 0.0);

  WhyTensor *back[] = { check_tensor (U8, "3", 0, 128, 255), check_tensor (F32, "", 2.0), check_tensor (U8, "", 128) };
  check_equal (check_eval ("DequantizeLinear", 0, back, 3, NULL, 0, 1, 0), check_tensor (F32, "3", -256.0, 0.0, 254.0), 0.0);
  WhyTensor *columns[] = { check_tensor (I8, "2x2", 1, 2, 3, 4), check_tensor (F32, "2", 1.0, 10.0) };
  check_equal (check_eval ("DequantizeLinear", 0, columns, 2, NULL, 0, 1, 0), check_tensor (F32, "2x2", 1.0, 20.0, 3.0, 40.0), 0.0);
  WhyTensor *bias[] = { check_tensor (I32, "1", 100000), check_tensor (F32, "1", 0.5) };
  check_equal (check_eval ("DequantizeLinear", 0, bias, 2, NULL, 0, 1, 0), check_tensor (F32, "1", 50000.0), 0.0);
}

/* Two neighbours share a scale, the last one has its own. */
static void
test_blocks (void)
{
  const WhyAttr block[] = { CHECK_INT ("block_size", 2), CHECK_INT ("axis", 1) };
  WhyTensor *back[] = { check_tensor (I8, "2x3", 1, 2, 3, 4, 5, 6), check_tensor (F32, "2x2", 1.0, 10.0, 2.0, 20.0),
                        check_tensor (I8, "2x2", 0, 1, 2, 3) };
  check_equal (check_eval ("DequantizeLinear", 21, back, 3, block, 2, 1, 0),
               check_tensor (F32, "2x3", 1.0, 2.0, 20.0, 4.0, 6.0, 60.0), 0.0);
  WhyTensor *there[] = { check_tensor (F32, "2x3", 1.0, 2.0, 20.0, 4.0, 6.0, 60.0), check_tensor (F32, "2x2", 1.0, 10.0, 2.0, 20.0),
                         check_tensor (I8, "2x2", 0, 1, 2, 3) };
  check_equal (check_eval ("QuantizeLinear", 21, there, 3, block, 2, 1, 0), check_tensor (I8, "2x3", 1, 2, 3, 4, 5, 6), 0.0);
  /* Since opset 23 the type may be stated. */
  const WhyAttr half[] = { CHECK_INT ("output_dtype", WHY_DTYPE_FLOAT64) };
  WhyTensor *typed[] = { check_tensor (I8, "1", 3), check_tensor (F32, "", 0.5) };
  check_equal (check_eval ("DequantizeLinear", 23, typed, 2, half, 1, 1, 0), check_tensor (WHY_DTYPE_FLOAT64, "1", 1.5), 0.0);
}

static void
test_dynamic (void)
{
  for (guint output = 0; output < 3; output++)
    {
      WhyTensor *x[] = { check_tensor (F32, "4", 0.0, -1.0, 1.55, 0.5) };
      WhyTensor *expected[] = { check_tensor (U8, "4", 100, 0, 255, 150), check_tensor (F32, "", 0.01), check_tensor (U8, "", 100) };
      check_equal (check_eval ("DynamicQuantizeLinear", 0, x, 1, NULL, 0, 3, output), why_tensor_ref (expected[output]), 1e-8);
      for (guint other = 0; other < 3; other++)
        why_tensor_unref (expected[other]);
    }
  WhyTensor *zeros[] = { check_tensor (F32, "2", 0.0, 0.0) };
  check_equal (check_eval ("DynamicQuantizeLinear", 0, zeros, 1, NULL, 0, 3, 0), check_tensor (U8, "2", 0, 0), 0.0);
}

static void
test_integer_layers (void)
{
  const WhyAttr pads[] = { CHECK_INTS ("pads", 1, 1) };
  /* x - 1 is 1 2 3 between padding that stands for 0. */
  WhyTensor *conv[] = { check_tensor (U8, "1x1x3", 2, 3, 4), check_tensor (U8, "1x1x3", 1, 1, 1), check_tensor (U8, "", 1) };
  check_equal (check_eval ("ConvInteger", 0, conv, 3, pads, 1, 1, 0), check_tensor (I32, "1x1x3", 3, 6, 5), 0.0);
  const WhyAttr group[] = { CHECK_INT ("group", 2) };
  WhyTensor *grouped[] = { check_tensor (I8, "1x2x2", 1, 2, 3, 4), check_tensor (I8, "2x1x1", 5, -5), check_tensor (I8, "", 0), check_tensor (I8, "2", 1, -1) };
  check_equal (check_eval ("ConvInteger", 0, grouped, 4, group, 1, 1, 0), check_tensor (I32, "1x2x2", 4, 8, -12, -16), 0.0);
  WhyTensor *product[] = { check_tensor (U8, "2x2", 11, 7, 3, 10), check_tensor (I8, "2x1", 1, -2), check_tensor (U8, "2", 1, 3), check_tensor (I8, "1", 1) };
  check_equal (check_eval ("MatMulInteger", 0, product, 4, NULL, 0, 1, 0), check_tensor (I32, "2x1", -18, -21), 0.0);
  WhyTensor *vectors[] = { check_tensor (U8, "2", 2, 3), check_tensor (U8, "2", 4, 5) };
  check_equal (check_eval ("MatMulInteger", 0, vectors, 2, NULL, 0, 1, 0), check_tensor (I32, "", 23), 0.0);
}

/* x = 0.5 * (q - 2), w = (0.25, 1) * q, y = 0.5 * (q - 10): y of channel 0 is sum (x) / 4 + bias. */
static void
q_conv_inputs (WhyTensor **inputs)
{
  inputs[0] = check_tensor (U8, "1x1x3", 2, 6, 10);
  inputs[1] = check_tensor (F32, "", 0.5);
  inputs[2] = check_tensor (U8, "", 2);
  inputs[3] = check_tensor (I8, "2x1x2", 1, 1, 1, -1);
  inputs[4] = check_tensor (F32, "2", 0.25, 1.0);
  inputs[5] = check_tensor (I8, "2", 0, 0);
  inputs[6] = check_tensor (F32, "", 0.5);
  inputs[7] = check_tensor (U8, "", 10);
  inputs[8] = check_tensor (I32, "2", 8, 0);
}

#define Q_CONV_RESULT check_tensor (U8, "1x2x2", 13, 15, 6, 6)

/* a = 0.5 * (q - 10) = 1 2; columns (1 3), 2 * (2 100): 7, 404 -> 255 */
static void
q_product_inputs (WhyTensor **inputs)
{
  inputs[0] = check_tensor (U8, "1x2", 12, 14);
  inputs[1] = check_tensor (F32, "", 0.5);
  inputs[2] = check_tensor (U8, "", 10);
  inputs[3] = check_tensor (I8, "2x2", 1, 2, 3, 100);
  inputs[4] = check_tensor (F32, "2", 1.0, 2.0);
  inputs[5] = check_tensor (I8, "2", 0, 0);
  inputs[6] = check_tensor (F32, "", 1.0);
  inputs[7] = check_tensor (U8, "", 0);
}

#define Q_PRODUCT_RESULT check_tensor (U8, "1x2", 7, 255)

static void
test_q_linear (void)
{
  WhyTensor *conv[9];
  q_conv_inputs (conv);
  /* x = 0 2 4; channel 0: (0 + 2) / 4 + 8 * 0.125 = 1.5 -> 13, (2 + 4) / 4 + 1 = 2.5 -> 15; channel 1:
   * 0 - 2 = -2 -> 6, 2 - 4 = -2 -> 6 */
  check_equal (check_eval ("QLinearConv", 0, conv, 9, NULL, 0, 1, 0), Q_CONV_RESULT, 0.0);
  WhyTensor *product[8];
  q_product_inputs (product);
  check_equal (check_eval ("QLinearMatMul", 0, product, 8, NULL, 0, 1, 0), Q_PRODUCT_RESULT, 0.0);
}

static void
test_bad (void)
{
  WhyTensor *scales[] = { check_tensor (F32, "2x3", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), check_tensor (F32, "2", 1.0, 1.0) };
  check_fails ("QuantizeLinear", 0, scales, 2, 0, NULL, 0, "is 2, expected one value or 3");
  WhyTensor *wide[] = { check_tensor (F32, "1", 0.0), check_tensor (F32, "", 1.0), check_tensor (I32, "", 0) };
  check_fails ("QuantizeLinear", 0, wide, 3, 0, NULL, 0, "quantising to int32 is not supported");
  const WhyAttr block[] = { CHECK_INT ("block_size", 2), CHECK_INT ("axis", 1) };
  WhyTensor *blocks[] = { check_tensor (I8, "1x3", 0, 0, 0), check_tensor (F32, "1x3", 1.0, 1.0, 1.0) };
  check_fails ("DequantizeLinear", 21, blocks, 2, 0, block, 2, "is 1x3, expected a value for each 2 neighbours along axis 1");
  const WhyAttr negative[] = { CHECK_INT ("block_size", -2) };
  WhyTensor *fine[] = { check_tensor (I8, "1x1", 0), check_tensor (F32, "1x1", 1.0) };
  check_fails ("DequantizeLinear", 21, fine, 2, 0, negative, 1, "block_size is -2");
  const WhyAttr to_int[] = { CHECK_INT ("output_dtype", WHY_DTYPE_INT32) };
  WhyTensor *whole[] = { check_tensor (I8, "1", 0), check_tensor (F32, "", 1.0) };
  check_fails ("DequantizeLinear", 23, whole, 2, 0, to_int, 1, "dequantising to int32 is not supported");
  WhyTensor *integer[] = { check_tensor (I8, "1", 0), check_tensor (I8, "", 1) };
  check_fails ("DequantizeLinear", 0, integer, 2, 0, NULL, 0, "must be of a floating type, not int8");
  WhyTensor *conv[] = { check_tensor (F32, "1x1x3", 2.0, 3.0, 4.0), check_tensor (U8, "1x1x3", 1, 1, 1) };
  check_fails ("ConvInteger", 0, conv, 2, 0, NULL, 0, "must be int8 or uint8, not float32");
  WhyTensor *shapes[] = { check_tensor (U8, "1x2", 2, 3), check_tensor (U8, "1x3", 1, 1, 1) };
  check_fails ("MatMulInteger", 0, shapes, 2, 0, NULL, 0, "1x2 and 1x3 cannot be multiplied");
  WhyTensor *mixed[] = { check_tensor (U8, "1x1", 2), check_tensor (U8, "1x1", 1), check_tensor (I8, "", 1) };
  check_fails ("MatMulInteger", 0, mixed, 3, 0, NULL, 0, "is int8");
}

/* Builds @type with all inputs constant in a graph that computes in float32. */
static WhyTensor *
eval_simulated (const char *type, WhyTensor **inputs, guint n_inputs, guint n_outputs, guint output)
{
  const WhyGraphOptions options = { .promote_floats = TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyGraph) graph = why_graph_new_empty (&options);
  WhyValue *values[9];

  for (guint input = 0; input < n_inputs; input++)
    values[input] = why_graph_add_constant (graph, NULL, inputs[input]);
  WhyValue **outputs = why_graph_add_node (graph, type, 0, "it", values, n_inputs, NULL, n_outputs, NULL, 0, &error);
  g_assert_no_error (error);
  return why_tensor_ref (outputs[output]->constant);
}

static void
test_simulation (void)
{
  WhyTensor *conv[9];
  q_conv_inputs (conv);
  g_autoptr (WhyTensor) expected = Q_CONV_RESULT;
  check_equal (eval_simulated ("QLinearConv", conv, 9, 1, 0), why_tensor_cast (expected, F32, NULL), 0.0);
  WhyTensor *columns[8];
  g_autoptr (WhyTensor) product_result = Q_PRODUCT_RESULT;
  q_product_inputs (columns);
  check_equal (eval_simulated ("QLinearMatMul", columns, 8, 1, 0), why_tensor_cast (product_result, F32, NULL), 0.0);
  WhyTensor *quantize[] = { check_tensor (F32, "3", 3.0, 1000.0, -1000.0), check_tensor (F32, "", 2.0), check_tensor (I8, "", 1) };
  check_equal (eval_simulated ("QuantizeLinear", quantize, 3, 1, 0), check_tensor (F32, "3", 3.0, 127.0, -128.0), 0.0);
  WhyTensor *product[] = { check_tensor (U8, "2x2", 11, 7, 3, 10), check_tensor (I8, "2x1", 1, -2), check_tensor (U8, "2", 1, 3), check_tensor (I8, "1", 1) };
  check_equal (eval_simulated ("MatMulInteger", product, 4, 1, 0), check_tensor (F32, "2x1", -18.0, -21.0), 0.0);
  WhyTensor *integer[] = { check_tensor (U8, "1x1x3", 2, 3, 4), check_tensor (U8, "1x1x2", 1, 1), check_tensor (U8, "", 1) };
  check_equal (eval_simulated ("ConvInteger", integer, 3, 1, 0), check_tensor (F32, "1x1x2", 3.0, 5.0), 0.0);
  WhyTensor *dynamic[] = { check_tensor (F32, "4", 0.0, -1.0, 1.55, 0.5) };
  check_equal (eval_simulated ("DynamicQuantizeLinear", dynamic, 1, 3, 0), check_tensor (F32, "4", 100.0, 0.0, 255.0, 150.0), 0.0);
}

/* The gradient of the input of @graph's chain, which ends in @y. */
static WhyTensor *
chain_gradient (WhyGraph *graph, WhyValue *x, WhyTensor *x_value, WhyValue *y, WhyTensor *seed_value)
{
  g_autoptr (GError) error = NULL;
  WhyTensor *result = NULL;
  WhyValue *seed = why_graph_add_input (graph, "seed", y->dtype, y->rank, y->dims);
  g_autoptr (WhyGradients) gradients = why_graph_differentiate (graph, y, seed, WHY_GRAD_RULE_GRADIENT, &error);
  g_assert_no_error (error);
  WhyValue *wanted = why_gradients_get (gradients, x, &error);
  g_assert_no_error (error);
  WhyTensor *feeds[] = { x_value, seed_value };
  why_graph_evaluate (graph, feeds, &wanted, 1, &result, NULL, &error);
  g_assert_no_error (error);
  why_tensor_unref (x_value);
  why_tensor_unref (seed_value);
  return result;
}

/* Quantise, dequantise: 1 inside the range, 0 where it was cut, and nothing of the rounding. */
static void
test_pair_gradient (void)
{
  const WhyGraphOptions options = { .promote_floats = TRUE };
  g_autoptr (WhyGraph) graph = why_graph_new_empty (&options);
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { 4 };
  WhyValue *x = why_graph_add_input (graph, "x", F32, 1, dims);
  WhyValue *scale = why_graph_add_constant (graph, NULL, check_tensor (F32, "", 0.5));
  WhyValue *zero = why_graph_add_constant (graph, NULL, check_tensor (I8, "", 3));
  WhyValue *q = why_emit3 (graph, &error, "QuantizeLinear", x, scale, zero);
  WhyValue *y = why_emit3 (graph, &error, "DequantizeLinear", q, scale, zero);
  g_assert_no_error (error);
  /* -65.5 is the least value, 62 the greatest. */
  check_equal (chain_gradient (graph, x, check_tensor (F32, "4", 0.3, -65.4, 62.4, -70.0), y, check_tensor (F32, "4", 1.0, 2.0, 3.0, 4.0)),
               check_tensor (F32, "4", 1.0, 2.0, 0.0, 0.0), 1e-6);
}

/* The same in blocks: each element is cut off by the range of its own block's scale. */
static void
test_blocks_gradient (void)
{
  const WhyGraphOptions options = { .promote_floats = TRUE };
  g_autoptr (WhyGraph) graph = why_graph_new_empty (&options);
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { 1, 4 };
  const WhyAttr block[] = { CHECK_INT ("block_size", 2), CHECK_INT ("axis", 1) };
  WhyValue *x = why_graph_add_input (graph, "x", F32, 2, dims);
  WhyValue *scale = why_graph_add_constant (graph, NULL, check_tensor (F32, "1x2", 0.5, 5.0));
  WhyValue *zero = why_graph_add_constant (graph, NULL, check_tensor (I8, "1x2", 0, 0));
  WhyValue *there[] = { x, scale, zero };
  WhyValue *q = why_emit (graph, &error, "QuantizeLinear", 3, there, block, 2);
  WhyValue *back[] = { q, scale, zero };
  WhyValue *y = why_emit (graph, &error, "DequantizeLinear", 3, back, block, 2);
  g_assert_no_error (error);
  /* 63.5 is the greatest value of the first block, 635 of the second. */
  check_equal (chain_gradient (graph, x, check_tensor (F32, "1x4", 60.0, 70.0, 70.0, 700.0), y,
                               check_tensor (F32, "1x4", 1.0, 2.0, 3.0, 4.0)),
               check_tensor (F32, "1x4", 1.0, 0.0, 3.0, 0.0), 1e-6);
}

/* Quantise, QLinearConv, dequantise: the gradient of the convolution of real numbers. */
static void
test_layer_gradient (void)
{
  const WhyGraphOptions options = { .promote_floats = TRUE };
  g_autoptr (WhyGraph) graph = why_graph_new_empty (&options);
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { 1, 1, 3 };
  WhyTensor *tensors[9];
  WhyValue *values[9];

  q_conv_inputs (tensors);
  WhyValue *x = why_graph_add_input (graph, "x", F32, 3, dims);
  for (guint index = 0; index < 9; index++)
    values[index] = why_graph_add_constant (graph, NULL, tensors[index]);
  values[0] = why_emit3 (graph, &error, "QuantizeLinear", x, values[1], values[2]);
  WhyValue *q = why_emit (graph, &error, "QLinearConv", 9, values, NULL, 0);
  WhyValue *y = why_emit3 (graph, &error, "DequantizeLinear", q, values[6], values[7]);
  g_assert_no_error (error);
  /* Channel 0 is (x0 + x1, x1 + x2) / 4, channel 1 is (x0 - x1, x1 - x2). */
  check_equal (chain_gradient (graph, x, check_tensor (F32, "1x1x3", 0.1, 2.2, 3.9), y, check_tensor (F32, "1x2x2", 4.0, 8.0, 1.0, 10.0)),
               check_tensor (F32, "1x1x3", 2.0, 12.0, -8.0), 1e-5);
}

/* Quantise by the input's own range, multiply integers, scale back. */
static void
test_dynamic_gradient (void)
{
  const WhyGraphOptions options = { .promote_floats = TRUE };
  g_autoptr (WhyGraph) graph = why_graph_new_empty (&options);
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { 1, 2 };
  WhyValue *x = why_graph_add_input (graph, "x", F32, 2, dims);
  WhyValue *w = why_graph_add_constant (graph, NULL, check_tensor (I8, "2x1", 3, -5));
  WhyValue *w_zero = why_graph_add_constant (graph, NULL, check_tensor (I8, "", 1));
  WhyValue *kept[3];
  WhyValue **outputs = why_graph_add_node (graph, "DynamicQuantizeLinear", 0, NULL, &x, 1, NULL, 3, NULL, 0, &error);
  g_assert_no_error (error);
  memcpy (kept, outputs, sizeof kept);
  WhyValue *inputs[] = { kept[0], w, kept[2], w_zero };
  WhyValue *product = why_emit (graph, &error, "MatMulInteger", 4, inputs, NULL, 0);
  const WhyAttr to = CHECK_INT ("to", F32);
  WhyValue *number = why_emit (graph, &error, "Cast", 1, &product, &to, 1);
  WhyValue *y = why_emit2 (graph, &error, "Mul", number, kept[1]);
  g_assert_no_error (error);
  check_equal (chain_gradient (graph, x, check_tensor (F32, "1x2", 0.7, -0.4), y, check_tensor (F32, "1x1", 1.0)),
               check_tensor (F32, "1x2", 2.0, -6.0), 1e-5);
}

/* The gradient is linear in what flows back: 1 / scale inside the range, 0 outside. */
static void
test_gradient_of_gradient (void)
{
  const WhyAttr range[] = { CHECK_FLOAT ("least", -128.0), CHECK_FLOAT ("greatest", 127.0) };
  const GradCheck check = { .type = "FakeQuantizeGrad",
                            .n_inputs = 4,
                            .constant = 0xe,
                            .attrs = range,
                            .n_attrs = 2,
                            .inputs = { check_tensor (F64, "3", 0.0, 0.0, 0.0), check_tensor (F64, "3", 0.3, 200.0, -70.0),
                                        check_tensor (F64, "", 0.5), check_tensor (F64, "", 3.0) } };
  check_equal (grad_check_values (&check, 0, check_tensor (F64, "3", 2.0, 3.0, 4.0)), check_tensor (F64, "3", 4.0, 0.0, 0.0), 0.0);
}

static void
test_regions (void)
{
  const WhyAttr rows[] = { CHECK_INT ("axis", 0) }, pads[] = { CHECK_INTS ("pads", 1, 1) };
  WhyTensor *quantize[] = { check_random (1, -100, 100, "3x4"), check_tensor (F64, "3", 0.5, 1.0, 2.0), check_tensor (I8, "3", 0, 1, 2) };
  region_check ("QuantizeLinear", quantize, 3, rows, 1, "1,2", "3,4", "1..3,2..4");
  WhyTensor *conv[] = { check_tensor (U8, "1x1x5", 1, 2, 3, 4, 5), check_tensor (U8, "1x1x2", 1, 1) };
  region_check ("ConvInteger", conv, 2, pads, 1, "0,0,1", "1,1,3", "0..1,0..1,0..3");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ops/quantize/linear", test_quantize);
  g_test_add_func ("/ops/quantize/dynamic", test_dynamic);
  g_test_add_func ("/ops/quantize/blocks", test_blocks);
  g_test_add_func ("/ops/quantize/blocks-gradient", test_blocks_gradient);
  g_test_add_func ("/ops/quantize/integer-layers", test_integer_layers);
  g_test_add_func ("/ops/quantize/q-linear", test_q_linear);
  g_test_add_func ("/ops/quantize/bad", test_bad);
  g_test_add_func ("/ops/quantize/simulation", test_simulation);
  g_test_add_func ("/ops/quantize/pair-gradient", test_pair_gradient);
  g_test_add_func ("/ops/quantize/layer-gradient", test_layer_gradient);
  g_test_add_func ("/ops/quantize/dynamic-gradient", test_dynamic_gradient);
  g_test_add_func ("/ops/quantize/gradient-of-gradient", test_gradient_of_gradient);
  g_test_add_func ("/ops/quantize/regions", test_regions);
  return g_test_run ();
}
