#include "config.h"

#include "grad-check.h"

#include <math.h>

#define F32 WHY_DTYPE_FLOAT32
#define F64 WHY_DTYPE_FLOAT64

/* Values to a few units of float32, worked out from the definitions with a pocket calculator. */
#define F32_TOLERANCE 1e-6

static void
expect (const char *type, const WhyAttr *attrs, guint n_attrs, WhyTensor *x, WhyTensor *y)
{
  check_equal (check_eval (type, 0, &x, 1, attrs, n_attrs, 1, 0), y, F32_TOLERANCE);
}

static void
test_values (void)
{
  const WhyAttr alpha_2[] = { CHECK_FLOAT ("alpha", 2.0) };
  const WhyAttr selu[] = { CHECK_FLOAT ("alpha", 2.0), CHECK_FLOAT ("gamma", 3.0) };
  const WhyAttr hard[] = { CHECK_FLOAT ("alpha", 0.5), CHECK_FLOAT ("beta", 0.6) };
  const WhyAttr gelu_tanh[] = { CHECK_STRING ("approximate", "tanh") };
  const WhyAttr shrink[] = { CHECK_FLOAT ("lambd", 1.5), CHECK_FLOAT ("bias", 0.5) };
#define X check_tensor (F32, "3", -1.0, 0.0, 2.0)

  expect ("Relu", NULL, 0, X, check_tensor (F32, "3", 0.0, 0.0, 2.0));
  expect ("LeakyRelu", NULL, 0, X, check_tensor (F32, "3", -0.01, 0.0, 2.0));
  expect ("LeakyRelu", alpha_2, 1, X, check_tensor (F32, "3", -2.0, 0.0, 2.0));
  expect ("Elu", alpha_2, 1, X, check_tensor (F32, "3", -1.26424112, 0.0, 2.0));
  expect ("Selu", selu, 2, X, check_tensor (F32, "3", -3.79272335, 0.0, 6.0));
  expect ("Celu", alpha_2, 1, X, check_tensor (F32, "3", -0.78693868, 0.0, 2.0));
  expect ("ThresholdedRelu", alpha_2, 1, check_tensor (F32, "3", 2.0, 2.5, -3.0), check_tensor (F32, "3", 0.0, 2.5, 0.0));
  expect ("Sigmoid", NULL, 0, X, check_tensor (F32, "3", 0.26894142, 0.5, 0.88079708));
  expect ("HardSigmoid", hard, 2, X, check_tensor (F32, "3", 0.1, 0.6, 1.0));
  expect ("HardSwish", NULL, 0, check_tensor (F32, "4", -4.0, -1.0, 1.5, 5.0), check_tensor (F32, "4", 0.0, -1.0 / 3.0, 1.125, 5.0));
  expect ("Tanh", NULL, 0, X, check_tensor (F32, "3", -0.76159416, 0.0, 0.96402758));
  expect ("Softplus", NULL, 0, X, check_tensor (F32, "3", 0.31326169, 0.69314718, 2.12692801));
  expect ("Softsign", NULL, 0, X, check_tensor (F32, "3", -0.5, 0.0, 2.0 / 3.0));
  expect ("Mish", NULL, 0, X, check_tensor (F32, "3", -0.30340146, 0.0, 1.94395896));
  expect ("Gelu", NULL, 0, X, check_tensor (F32, "3", -0.15865525, 0.0, 1.95449974));
  expect ("Gelu", gelu_tanh, 1, X, check_tensor (F32, "3", -0.15880801, 0.0, 1.95459769));
  expect ("Erf", NULL, 0, X, check_tensor (F32, "3", -0.84270079, 0.0, 0.99532227));
  expect ("Shrink", shrink, 2, X, check_tensor (F32, "3", 0.0, 0.0, 1.5));
#undef X
}

static void
test_extremes (void)
{
#define ENDS check_tensor (F32, "3", -1000.0, 1000.0, (double) NAN)
  expect ("Sigmoid", NULL, 0, ENDS, check_tensor (F32, "3", 0.0, 1.0, (double) NAN));
  expect ("Softplus", NULL, 0, ENDS, check_tensor (F32, "3", 0.0, 1000.0, (double) NAN));
  expect ("Mish", NULL, 0, ENDS, check_tensor (F32, "3", 0.0, 1000.0, (double) NAN));
  expect ("Elu", NULL, 0, ENDS, check_tensor (F32, "3", -1.0, 1000.0, (double) NAN));
  expect ("Relu", NULL, 0, ENDS, check_tensor (F32, "3", 0.0, 1000.0, (double) NAN));
  expect ("Gelu", NULL, 0, ENDS, check_tensor (F32, "3", 0.0, 1000.0, (double) NAN));
  expect ("HardSigmoid", NULL, 0, ENDS, check_tensor (F32, "3", 0.0, 1.0, (double) NAN));
#undef ENDS
  /* Other element types, scalars and nothing at all. */
  expect ("Relu", NULL, 0, check_tensor (WHY_DTYPE_INT8, "2x2", -128, 127, -1, 0), check_tensor (WHY_DTYPE_INT8, "2x2", 0, 127, 0, 0));
  expect ("Relu", NULL, 0, check_tensor (WHY_DTYPE_FLOAT16, "2", -1.0, 0.5), check_tensor (WHY_DTYPE_FLOAT16, "2", 0.0, 0.5));
  expect ("Tanh", NULL, 0, check_tensor (WHY_DTYPE_BFLOAT16, "1", 1.0), check_tensor (WHY_DTYPE_BFLOAT16, "1", 0.76171875));
  expect ("Sigmoid", NULL, 0, check_tensor (F64, "", 0.0), check_tensor (F64, "", 0.5));
  expect ("Relu", NULL, 0, check_tensor (F32, "2x0x3"), check_tensor (F32, "2x0x3"));
}

static void
test_prelu (void)
{
  WhyTensor *inputs[] = { check_tensor (F32, "2x2x2", -1.0, 1.0, -2.0, 2.0, -3.0, 3.0, -4.0, 4.0), check_tensor (F32, "2x1", 0.5, 10.0) };
  check_equal (check_eval ("PRelu", 0, inputs, 2, NULL, 0, 1, 0),
               check_tensor (F32, "2x2x2", -0.5, 1.0, -20.0, 2.0, -1.5, 3.0, -40.0, 4.0), F32_TOLERANCE);
  /* One slope a channel, as before opset 7. */
  WhyTensor *old[] = { check_tensor (F32, "1x2x2", -1.0, 1.0, -2.0, 2.0), check_tensor (F32, "2", 0.5, 10.0) };
  check_equal (check_eval ("PRelu", 6, old, 2, NULL, 0, 1, 0), check_tensor (F32, "1x2x2", -0.5, 1.0, -20.0, 2.0), F32_TOLERANCE);
  WhyTensor *wide[] = { check_tensor (F32, "2", -1.0, 1.0), check_tensor (F32, "2x2", 0.0, 0.0, 0.0, 0.0) };
  check_fails ("PRelu", 0, wide, 2, 0, NULL, 0, "slope is 2x2, which does not broadcast to the input's 2");
}

static void
test_clip (void)
{
  WhyTensor *both[] = { check_tensor (F32, "4", -9.0, 0.5, 9.0, (double) NAN), check_tensor (F32, "", -1.0), check_tensor (F32, "", 6.0) };
  check_equal (check_eval ("Clip", 0, both, 3, NULL, 0, 1, 0), check_tensor (F32, "4", -1.0, 0.5, 6.0, (double) NAN), 0.0);
  WhyTensor *upper[] = { check_tensor (F32, "3", -9.0, 0.5, 9.0), NULL, check_tensor (F32, "1", 6.0) };
  check_equal (check_eval ("Clip", 0, upper, 3, NULL, 0, 1, 0), check_tensor (F32, "3", -9.0, 0.5, 6.0), 0.0);
  WhyTensor *none[] = { check_tensor (WHY_DTYPE_UINT8, "2", 0, 255) };
  check_equal (check_eval ("Clip", 0, none, 1, NULL, 0, 1, 0), check_tensor (WHY_DTYPE_UINT8, "2", 0, 255), 0.0);
  WhyTensor *integer[] = { check_tensor (WHY_DTYPE_INT64, "3", -5, 2, 7), check_tensor (WHY_DTYPE_INT64, "", -1), check_tensor (WHY_DTYPE_INT64, "", 3) };
  check_equal (check_eval ("Clip", 0, integer, 3, NULL, 0, 1, 0), check_tensor (WHY_DTYPE_INT64, "3", -1, 2, 3), 0.0);
  /* A lower bound above the upper one: the upper one holds. */
  WhyTensor *crossed[] = { check_tensor (F32, "3", -9.0, 3.0, 9.0), check_tensor (F32, "", 5.0), check_tensor (F32, "", 1.0) };
  check_equal (check_eval ("Clip", 0, crossed, 3, NULL, 0, 1, 0), check_tensor (F32, "3", 1.0, 1.0, 1.0), 0.0);
  /* The old form. */
  const WhyAttr attrs[] = { CHECK_FLOAT ("min", 0.0), CHECK_FLOAT ("max", 6.0) };
  WhyTensor *old[] = { check_tensor (F32, "3", -9.0, 3.0, 9.0) };
  check_equal (check_eval ("Clip", 6, old, 1, attrs, 2, 1, 0), check_tensor (F32, "3", 0.0, 3.0, 6.0), 0.0);
}

static void
test_bad (void)
{
  const WhyAttr approximate[] = { CHECK_STRING ("approximate", "fast") };
  const WhyAttr zero[] = { CHECK_FLOAT ("alpha", 0.0) };
  const WhyAttr infinite[] = { CHECK_FLOAT ("alpha", (double) INFINITY) };
  WhyTensor *x[] = { check_tensor (F32, "1", 0.0), check_tensor (F32, "2", 0.0, 1.0) };

  check_fails ("Gelu", 0, (WhyTensor *[]) { why_tensor_ref (x[0]) }, 1, 0, approximate, 1, "approximate must be none or tanh, not 'fast'");
  check_fails ("Celu", 0, (WhyTensor *[]) { why_tensor_ref (x[0]) }, 1, 0, zero, 1, "alpha must be positive");
  check_fails ("Elu", 0, (WhyTensor *[]) { why_tensor_ref (x[0]) }, 1, 0, infinite, 1, "must be finite");
  check_fails ("Sigmoid", 0, (WhyTensor *[]) { check_tensor (WHY_DTYPE_INT32, "1", 1) }, 1, 0, NULL, 0, "must be of a floating type, not int32");
  check_fails ("Relu", 0, (WhyTensor *[]) { check_tensor (WHY_DTYPE_BOOL, "1", 1) }, 1, 0, NULL, 0, "must be floating or signed, not bool");
  check_fails ("Clip", 0, (WhyTensor *[]) { why_tensor_ref (x[0]), why_tensor_ref (x[1]) }, 2, 0, NULL, 0, "min must be a scalar, not 2");
  check_fails ("Clip", 0, (WhyTensor *[]) { why_tensor_ref (x[0]), check_tensor (F64, "", 0.0) }, 2, 0, NULL, 0, "is float32");
  why_tensor_unref (x[0]);
  why_tensor_unref (x[1]);
}

/* ---- gradients ---- */

typedef struct
{
  const char *type;
  double alpha; /* 0: the default */
  double kinks[2];
  guint n_kinks;
  const char *approximate;
} Smooth;

static void
test_gradients (void)
{
  static const Smooth cases[] = {
    { "Relu", 0.0, { 0.0 }, 1 },
    { "LeakyRelu", 0.2, { 0.0 }, 1 },
    { "LeakyRelu", -0.2, { 0.0 }, 1 },
    { "Elu", 1.5, { 0.0 }, 1 },
    { "Elu", -1.5, { 0.0 }, 1 },
    { "Selu", 0.0, { 0.0 }, 1 },
    { "Selu", -1.0, { 0.0 }, 1 },
    { "Celu", 0.7, { 0.0 }, 1 },
    { "ThresholdedRelu", 0.5, { 0.5 }, 1 },
    { "ThresholdedRelu", -0.5, { -0.5 }, 1 },
    { "Sigmoid" },
    { "HardSigmoid", 0.3, { -0.5 / 0.3, 0.5 / 0.3 }, 2 },
    { "HardSwish", 0.0, { -3.0, 3.0 }, 2 },
    { "Tanh" },
    { "Softplus" },
    { "Softsign", 0.0, { 0.0 }, 1 },
    { "Mish" },
    { "Gelu" },
    { "Gelu", 0.0, { 0.0 }, 0, "tanh" },
    { "Erf" },
    { "Shrink", 0.0, { -0.5, 0.5 }, 2 },
  };

  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      WhyAttr attrs[2];
      guint n_attrs = 0;
      if (cases[index].alpha != 0.0)
        attrs[n_attrs++] = (WhyAttr) CHECK_FLOAT ("alpha", cases[index].alpha);
      if (cases[index].approximate != NULL)
        attrs[n_attrs++] = (WhyAttr) CHECK_STRING ("approximate", cases[index].approximate);
      grad_check (&(GradCheck) {
        .type = cases[index].type,
        .n_inputs = 1,
        .inputs = { check_random_away ((guint32) index, -5.0, 5.0, cases[index].kinks, cases[index].n_kinks, "2x3x4") },
        .attrs = attrs,
        .n_attrs = n_attrs,
        .second = TRUE,
      });
    }
}

static void
test_gradients_of_two (void)
{
  const double zero[] = { 0.0 }, bounds[] = { -1.0, 1.0 };

  grad_check (&(GradCheck) { .type = "PRelu", .n_inputs = 2, .second = TRUE,
                             .inputs = { check_random_away (1, -2.0, 2.0, zero, 1, "2x3x4"), check_random (2, 0.1, 0.9, "3x1") } });
  grad_check (&(GradCheck) { .type = "PRelu", .opset = 6, .n_inputs = 2,
                             .inputs = { check_random_away (1, -2.0, 2.0, zero, 1, "2x3x4"), check_random (2, -0.9, 0.9, "3") } });
  grad_check (&(GradCheck) { .type = "Clip", .n_inputs = 3, .constant = 6, .second = TRUE,
                             .inputs = { check_random_away (3, -3.0, 3.0, bounds, 2, "3x5"), check_tensor (F64, "", -1.0), check_tensor (F64, "", 1.0) } });
  /* Bounds that are computed. */
  grad_check (&(GradCheck) { .type = "Clip", .n_inputs = 3,
                             .inputs = { check_random_away (3, -3.0, 3.0, bounds, 2, "3x5"), check_tensor (F64, "", -1.0), check_tensor (F64, "", 1.0) } });
  const WhyAttr old[] = { CHECK_FLOAT ("min", -1.0), CHECK_FLOAT ("max", 1.0) };
  grad_check (&(GradCheck) { .type = "Clip", .opset = 6, .n_inputs = 1, .attrs = old, .n_attrs = 2,
                             .inputs = { check_random_away (3, -3.0, 3.0, bounds, 2, "3x5") } });
}

/* At the kinks PyTorch gives: 0 for relu (0), the lower slope for leaky_relu and elu, 0 at the ends of
 * hardtanh and of hardsigmoid. */
static void
test_kinks (void)
{
  const WhyAttr leaky[] = { CHECK_FLOAT ("alpha", 0.25) };
  const WhyAttr elu[] = { CHECK_FLOAT ("alpha", 0.75) };
  GradCheck relu = { .type = "Relu", .n_inputs = 1, .inputs = { check_tensor (F64, "2", 0.0, 1.0) } };
  check_equal (grad_check_values (&relu, 0, check_tensor (F64, "2", 3.0, 3.0)), check_tensor (F64, "2", 0.0, 3.0), 0.0);
  GradCheck leaky_relu = { .type = "LeakyRelu", .n_inputs = 1, .inputs = { check_tensor (F64, "2", 0.0, 1.0) }, .attrs = leaky, .n_attrs = 1 };
  check_equal (grad_check_values (&leaky_relu, 0, check_tensor (F64, "2", 4.0, 4.0)), check_tensor (F64, "2", 1.0, 4.0), 0.0);
  GradCheck elu_check = { .type = "Elu", .n_inputs = 1, .inputs = { check_tensor (F64, "2", 0.0, 1.0) }, .attrs = elu, .n_attrs = 1 };
  check_equal (grad_check_values (&elu_check, 0, check_tensor (F64, "2", 4.0, 4.0)), check_tensor (F64, "2", 3.0, 4.0), 0.0);
  GradCheck clip = { .type = "Clip", .n_inputs = 3, .constant = 6,
                     .inputs = { check_tensor (F64, "4", 0.0, 1.0, 6.0, 7.0), check_tensor (F64, "", 0.0), check_tensor (F64, "", 6.0) } };
  check_equal (grad_check_values (&clip, 0, check_tensor (F64, "4", 1.0, 2.0, 3.0, 4.0)), check_tensor (F64, "4", 0.0, 2.0, 0.0, 0.0), 0.0);
  GradCheck hard = { .type = "HardSigmoid", .n_inputs = 1, .inputs = { check_tensor (F64, "2", -2.5, 0.0) } };
  check_equal (grad_check_values (&hard, 0, check_tensor (F64, "2", 1.0, 1.0)), check_tensor (F64, "2", 0.0, 0.2), 1e-8);
}

/* Inputs and arriving gradients in all four combinations of sign. */
static void
test_rule (const char *type, WhyGradRule rule, gboolean clip, WhyTensor *expected)
{
  GradCheck check = { .type = type, .n_inputs = clip ? 3 : 1, .constant = clip ? 6 : 0, .rule = rule,
                      .inputs = { check_tensor (F64, "4", 1.0, 1.0, -1.0, -1.0) } };
  if (clip)
    {
      check.inputs[1] = check_tensor (F64, "", 0.0);
      check.inputs[2] = check_tensor (F64, "", 6.0);
    }
  check_equal (grad_check_values (&check, 0, check_tensor (F64, "4", 2.0, -2.0, 2.0, -2.0)), expected, 1e-9);
}

static void
test_rules (void)
{
  static const char *const rectifiers[] = { "Relu", "Clip" };
  for (gsize index = 0; index < G_N_ELEMENTS (rectifiers); index++)
    {
      gboolean clip = index == 1;
      test_rule (rectifiers[index], WHY_GRAD_RULE_GRADIENT, clip, check_tensor (F64, "4", 2.0, -2.0, 0.0, 0.0));
      test_rule (rectifiers[index], WHY_GRAD_RULE_GUIDED, clip, check_tensor (F64, "4", 2.0, 0.0, 0.0, 0.0));
      test_rule (rectifiers[index], WHY_GRAD_RULE_DECONVNET, clip, check_tensor (F64, "4", 2.0, 0.0, 2.0, 0.0));
    }
  test_rule ("LeakyRelu", WHY_GRAD_RULE_GUIDED, FALSE, check_tensor (F64, "4", 2.0, 0.0, (double) 0.01f * 2.0, 0.0));
  test_rule ("LeakyRelu", WHY_GRAD_RULE_DECONVNET, FALSE, check_tensor (F64, "4", 2.0, 0.0, 2.0, 0.0));
  /* Not a rectifier: the rules change nothing. */
  test_rule ("Neg", WHY_GRAD_RULE_GUIDED, FALSE, check_tensor (F64, "4", -2.0, 2.0, -2.0, 2.0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ops/activation/values", test_values);
  g_test_add_func ("/ops/activation/extremes", test_extremes);
  g_test_add_func ("/ops/activation/prelu", test_prelu);
  g_test_add_func ("/ops/activation/clip", test_clip);
  g_test_add_func ("/ops/activation/bad", test_bad);
  g_test_add_func ("/ops/activation/gradients", test_gradients);
  g_test_add_func ("/ops/activation/gradients-of-two", test_gradients_of_two);
  g_test_add_func ("/ops/activation/kinks", test_kinks);
  g_test_add_func ("/ops/activation/rules", test_rules);
  return g_test_run ();
}
