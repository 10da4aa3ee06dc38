#include "config.h"

#include "grad-check.h"

#include <math.h>

/* Arithmetic, logic and casts. */

#define F32 WHY_DTYPE_FLOAT32
#define F64 WHY_DTYPE_FLOAT64
#define I8 WHY_DTYPE_INT8
#define U8 WHY_DTYPE_UINT8
#define I32 WHY_DTYPE_INT32
#define I64 WHY_DTYPE_INT64
#define U64 WHY_DTYPE_UINT64
#define BOOL WHY_DTYPE_BOOL

#define F32_TOLERANCE 1e-6

static void
expect1 (const char *type, WhyTensor *x, WhyTensor *y)
{
  check_equal (check_eval (type, 0, &x, 1, NULL, 0, 1, 0), y, F32_TOLERANCE);
}

static void
expect2 (const char *type, WhyTensor *a, WhyTensor *b, WhyTensor *y)
{
  WhyTensor *inputs[] = { a, b };
  check_equal (check_eval (type, 0, inputs, 2, NULL, 0, 1, 0), y, F32_TOLERANCE);
}

static void
test_unary (void)
{
  expect1 ("Neg", check_tensor (F32, "2", 1.5, -2.0), check_tensor (F32, "2", -1.5, 2.0));
  expect1 ("Neg", check_tensor (I8, "2", -128, 5), check_tensor (I8, "2", -128, -5));
  expect1 ("Abs", check_tensor (I8, "3", -128, -5, 7), check_tensor (I8, "3", -128, 5, 7));
  expect1 ("Abs", check_tensor (U8, "1", 200), check_tensor (U8, "1", 200));
  expect1 ("Sign", check_tensor (F32, "4", -3.0, 0.0, 9.0, (double) NAN), check_tensor (F32, "4", -1.0, 0.0, 1.0, (double) NAN));
  expect1 ("Sign", check_tensor (I32, "3", -3, 0, 9), check_tensor (I32, "3", -1, 0, 1));
  expect1 ("Round", check_tensor (F32, "6", 0.5, 1.5, 2.5, -0.5, -1.5, 2.4), check_tensor (F32, "6", 0.0, 2.0, 2.0, 0.0, -2.0, 2.0));
  expect1 ("Floor", check_tensor (F32, "2", 1.5, -1.5), check_tensor (F32, "2", 1.0, -2.0));
  expect1 ("Ceil", check_tensor (F32, "2", 1.5, -1.5), check_tensor (F32, "2", 2.0, -1.0));
  expect1 ("Sqrt", check_tensor (F32, "2", 2.0, -1.0), check_tensor (F32, "2", 1.41421356, (double) NAN));
  expect1 ("Exp", check_tensor (F32, "2", 1.0, 1000.0), check_tensor (F32, "2", 2.71828183, (double) INFINITY));
  expect1 ("Log", check_tensor (F32, "2", 2.0, 0.0), check_tensor (F32, "2", 0.69314718, (double) -INFINITY));
  expect1 ("Reciprocal", check_tensor (WHY_DTYPE_FLOAT16, "1", 4.0), check_tensor (WHY_DTYPE_FLOAT16, "1", 0.25));
}

static void
test_binary (void)
{
  expect2 ("Add", check_tensor (F32, "2x1", 1.0, 2.0), check_tensor (F32, "3", 10.0, 20.0, 30.0),
           check_tensor (F32, "2x3", 11.0, 21.0, 31.0, 12.0, 22.0, 32.0));
  expect2 ("Sub", check_tensor (U8, "2", 3, 250), check_tensor (U8, "", 5), check_tensor (U8, "2", 254, 245));
  expect2 ("Mul", check_tensor (I8, "2", 100, -3), check_tensor (I8, "2", 2, 4), check_tensor (I8, "2", -56, -12));
  expect2 ("Div", check_tensor (I32, "4", 7, -7, 5, -2147483647 - 1), check_tensor (I32, "4", 2, 2, 0, -1),
           check_tensor (I32, "4", 3, -3, 0, -2147483647 - 1));
  expect2 ("Div", check_tensor (U64, "2", -1, 9), check_tensor (U64, "2", -1, 2), check_tensor (U64, "2", 1, 4));
  expect2 ("Div", check_tensor (F32, "2", 1.0, 1.0), check_tensor (F32, "2", 4.0, 0.0), check_tensor (F32, "2", 0.25, (double) INFINITY));
  expect2 ("Mod", check_tensor (I64, "4", -7, 7, -7, 5), check_tensor (I64, "4", 3, -3, -3, 0), check_tensor (I64, "4", 2, -2, -1, 0));
  const WhyAttr fmod_attr[] = { CHECK_INT ("fmod", 1) };
  WhyTensor *fmod_inputs[] = { check_tensor (F32, "2", -7.5, 7.5), check_tensor (F32, "2", 2.0, -2.0) };
  check_equal (check_eval ("Mod", 0, fmod_inputs, 2, fmod_attr, 1, 1, 0), check_tensor (F32, "2", -1.5, 1.5), 0.0);
  /* Nothing to compute, and a scalar. */
  expect2 ("Add", check_tensor (F32, "0x3"), check_tensor (F32, "3", 1.0, 2.0, 3.0), check_tensor (F32, "0x3"));
  expect2 ("Mul", check_tensor (F32, "", 3.0), check_tensor (F32, "", 4.0), check_tensor (F32, "", 12.0));
}

/* Rows longer than one load and broadcasting in the middle. */
static void
test_long_rows (void)
{
  gint64 dims[] = { 2, 3, 700 }, small[] = { 3, 1 };
  WhyTensor *a = why_tensor_new (F32, 3, dims, NULL), *b = why_tensor_new (F32, 2, small, NULL);
  for (gsize index = 0; index < 4200; index++)
    ((float *) a->data)[index] = (float) index;
  for (gsize index = 0; index < 3; index++)
    ((float *) b->data)[index] = (float) (index * 10000);
  WhyTensor *inputs[] = { a, b };
  g_autoptr (WhyTensor) sum = check_eval ("Add", 0, inputs, 2, NULL, 0, 1, 0);
  check_dims (sum, "2x3x700");
  for (gsize index = 0; index < 4200; index++)
    g_assert_cmpfloat (((float *) sum->data)[index], ==, (float) (index + index / 700 % 3 * 10000));
}

static void
test_pow (void)
{
  expect2 ("Pow", check_tensor (F32, "3", 2.0, 4.0, 0.0), check_tensor (F32, "3", 3.0, 0.5, 0.0), check_tensor (F32, "3", 8.0, 2.0, 1.0));
  expect2 ("Pow", check_tensor (F32, "2", 2.0, -3.0), check_tensor (I64, "", 3), check_tensor (F32, "2", 8.0, -27.0));
  expect2 ("Pow", check_tensor (I32, "2", 4, 9), check_tensor (F32, "", 0.5), check_tensor (I32, "2", 2, 3));
  expect2 ("Pow", check_tensor (I64, "5", -3, 2, -1, 1, 2), check_tensor (I64, "5", 5, 70, -3, -5, -1),
           check_tensor (I64, "5", -243, 0, -1, 1, 0));
}

static void
test_variadic (void)
{
  WhyTensor *three[] = { check_tensor (F32, "2", 1.0, (double) NAN), check_tensor (F32, "", 2.0), check_tensor (F32, "2x1", 0.0, 5.0) };
  for (guint index = 0; index < 3; index++)
    why_tensor_ref (three[index]);
  WhyTensor *again[] = { three[0], three[1], three[2] };
  check_equal (check_eval ("Max", 0, three, 3, NULL, 0, 1, 0), check_tensor (F32, "2x2", 2.0, (double) NAN, 5.0, (double) NAN), 0.0);
  check_equal (check_eval ("Min", 0, again, 3, NULL, 0, 1, 0), check_tensor (F32, "2x2", 0.0, (double) NAN, 1.0, (double) NAN), 0.0);
  WhyTensor *mean[] = { check_tensor (F32, "2", 1.0, 2.0), check_tensor (F32, "2", 2.0, 4.0), check_tensor (F32, "2", 6.0, 9.0) };
  check_equal (check_eval ("Mean", 0, mean, 3, NULL, 0, 1, 0), check_tensor (F32, "2", 3.0, 5.0), 0.0);
  WhyTensor *sum[] = { check_tensor (F32, "2", 1.0, 2.0) };
  check_equal (check_eval ("Sum", 0, sum, 1, NULL, 0, 1, 0), check_tensor (F32, "2", 1.0, 2.0), 0.0);
}

static void
test_logic (void)
{
  expect2 ("Less", check_tensor (F32, "3", 1.0, 2.0, (double) NAN), check_tensor (F32, "", 2.0), check_tensor (BOOL, "3", 1, 0, 0));
  expect2 ("GreaterOrEqual", check_tensor (I64, "2", 3, -1), check_tensor (I64, "", 3), check_tensor (BOOL, "2", 1, 0));
  /* -1 as an unsigned number is the greatest. */
  expect2 ("Greater", check_tensor (U64, "1", -1), check_tensor (U64, "1", 1), check_tensor (BOOL, "1", 1));
  expect2 ("Equal", check_tensor (BOOL, "2", 1, 0), check_tensor (BOOL, "2", 1, 1), check_tensor (BOOL, "2", 1, 0));
  expect2 ("And", check_tensor (BOOL, "4", 0, 0, 1, 1), check_tensor (BOOL, "4", 0, 1, 0, 1), check_tensor (BOOL, "4", 0, 0, 0, 1));
  expect2 ("Or", check_tensor (BOOL, "4", 0, 0, 1, 1), check_tensor (BOOL, "4", 0, 1, 0, 1), check_tensor (BOOL, "4", 0, 1, 1, 1));
  expect2 ("Xor", check_tensor (BOOL, "4", 0, 0, 1, 1), check_tensor (BOOL, "4", 0, 1, 0, 1), check_tensor (BOOL, "4", 0, 1, 1, 0));
  expect1 ("Not", check_tensor (BOOL, "2", 0, 1), check_tensor (BOOL, "2", 1, 0));
  expect2 ("BitwiseAnd", check_tensor (U8, "1", 12), check_tensor (U8, "1", 10), check_tensor (U8, "1", 8));
  expect2 ("BitwiseXor", check_tensor (I8, "1", -1), check_tensor (I8, "1", 1), check_tensor (I8, "1", -2));
  expect1 ("BitwiseNot", check_tensor (U8, "1", 12), check_tensor (U8, "1", 243));
  expect1 ("IsNaN", check_tensor (F32, "2", (double) NAN, 1.0), check_tensor (BOOL, "2", 1, 0));
  const WhyAttr left[] = { CHECK_STRING ("direction", "LEFT") }, up[] = { CHECK_STRING ("direction", "UP") };
  WhyTensor *shift[] = { check_tensor (U8, "3", 1, 255, 7), check_tensor (U8, "3", 7, 4, 64) };
  check_equal (check_eval ("BitShift", 0, shift, 2, left, 1, 1, 0), check_tensor (U8, "3", 128, 240, 0), 0.0);
  WhyTensor *bad_shift[] = { check_tensor (U8, "1", 1), check_tensor (U8, "1", 7) };
  check_fails ("BitShift", 0, bad_shift, 2, 0, up, 1, "direction must be LEFT or RIGHT, not 'UP'");
  const WhyAttr positive[] = { CHECK_INT ("detect_negative", 0) };
  WhyTensor *infinities[] = { check_tensor (F32, "3", (double) INFINITY, (double) -INFINITY, 1.0) };
  check_equal (check_eval ("IsInf", 0, infinities, 1, positive, 1, 1, 0), check_tensor (BOOL, "3", 1, 0, 0), 0.0);
  WhyTensor *where[] = { check_tensor (BOOL, "2x1", 1, 0), check_tensor (I64, "2", 1, 2), check_tensor (I64, "", 9) };
  check_equal (check_eval ("Where", 0, where, 3, NULL, 0, 1, 0), check_tensor (I64, "2x2", 1, 2, 9, 9), 0.0);
}

static void
test_cast (void)
{
  const WhyAttr to_i32[] = { CHECK_INT ("to", I32) }, to_bool[] = { CHECK_INT ("to", BOOL) }, to_u8[] = { CHECK_INT ("to", U8) };
  const WhyAttr to_f32[] = { CHECK_INT ("to", F32) }, to_string[] = { CHECK_INT ("to", 8) }, to_odd[] = { CHECK_INT ("to", 4711) };
  WhyTensor *x[] = { check_tensor (F32, "3", 1.9, -1.9, 0.5) };
  check_equal (check_eval ("Cast", 0, x, 1, to_i32, 1, 1, 0), check_tensor (I32, "3", 1, -1, 0), 0.0);
  x[0] = check_tensor (F32, "3", 0.5, 0.0, (double) NAN);
  check_equal (check_eval ("Cast", 0, x, 1, to_bool, 1, 1, 0), check_tensor (BOOL, "3", 1, 0, 1), 0.0);
  x[0] = check_tensor (I64, "3", 300, -1, 7);
  check_equal (check_eval ("Cast", 0, x, 1, to_u8, 1, 1, 0), check_tensor (U8, "3", 44, 255, 7), 0.0);
  x[0] = check_tensor (U64, "1", -1);
  check_equal (check_eval ("Cast", 0, x, 1, to_f32, 1, 1, 0), check_tensor (F32, "1", 18446744073709551616.0), 0.0);
  x[0] = check_tensor (I64, "1", 3);
  check_fails ("Cast", 0, x, 1, 0, to_string, 1, "casting to string is not supported");
  x[0] = check_tensor (I64, "1", 3);
  check_fails ("Cast", 0, x, 1, 0, to_odd, 1, "casting to");
  x[0] = check_tensor (I64, "1", 3);
  check_fails ("Cast", 0, x, 1, 0, NULL, 0, "attribute 'to' is missing");
  expect2 ("CastLike", check_tensor (F32, "1", 2.5), check_tensor (I8, "0"), check_tensor (I8, "1", 2));
}

static void
test_dropout (void)
{
  WhyTensor *x[] = { check_tensor (F32, "2", 1.0, 2.0), check_tensor (F32, "", 0.5), check_tensor (BOOL, "", 1) };
  WhyTensor *data = why_tensor_ref (x[0]);
  check_fails ("Dropout", 0, x, 3, 1, NULL, 0, "is in training mode");
  x[0] = why_tensor_ref (data);
  check_equal (check_eval ("Dropout", 0, x, 1, NULL, 0, 2, 1), check_tensor (BOOL, "2", 1, 1), 0.0);
  x[0] = why_tensor_ref (data);
  check_equal (check_eval ("Dropout", 7, x, 1, NULL, 0, 2, 1), check_tensor (F32, "2", 1.0, 1.0), 0.0);
  x[0] = data;
  check_equal (check_eval ("Dropout", 0, x, 1, NULL, 0, 1, 0), check_tensor (F32, "2", 1.0, 2.0), 0.0);
}

static void
test_bad (void)
{
  WhyTensor *types[] = { check_tensor (F32, "1", 1.0), check_tensor (I64, "1", 1) };
  check_fails ("Add", 0, types, 2, 0, NULL, 0, "inputs must have one type");
  WhyTensor *shapes[] = { check_tensor (F32, "2", 1.0, 2.0), check_tensor (F32, "3", 1.0, 2.0, 3.0) };
  check_fails ("Mul", 0, shapes, 2, 0, NULL, 0, "do not broadcast");
  WhyTensor *truth[] = { check_tensor (BOOL, "1", 1), check_tensor (BOOL, "1", 1) };
  check_fails ("Add", 0, truth, 2, 0, NULL, 0, "must be a number, not bool");
  WhyTensor *number[] = { check_tensor (I64, "1", 1) };
  check_fails ("Sqrt", 0, number, 1, 0, NULL, 0, "must be of a floating type, not int64");
  WhyTensor *condition[] = { check_tensor (I64, "1", 1), check_tensor (I64, "1", 1), check_tensor (I64, "1", 1) };
  check_fails ("Where", 0, condition, 3, 0, NULL, 0, "must be bool, not int64");
  WhyTensor *logical[] = { check_tensor (I64, "1", 1), check_tensor (I64, "1", 1) };
  check_fails ("And", 0, logical, 2, 0, NULL, 0, "must be bool, not int64");
}

static void
test_unary_gradients (void)
{
  static const struct
  {
    const char *type;
    double low, high;
  } cases[] = {
    { "Neg", -2.0, 2.0 },    { "Abs", 0.1, 2.0 },    { "Abs", -2.0, -0.1 }, { "Sqrt", 0.2, 3.0 },
    { "Exp", -2.0, 2.0 },    { "Log", 0.2, 3.0 },    { "Reciprocal", 0.3, 2.0 }, { "Sin", -4.0, 4.0 },
    { "Cos", -4.0, 4.0 },    { "Tan", -1.0, 1.0 },   { "Asin", -0.9, 0.9 }, { "Acos", -0.9, 0.9 },
    { "Atan", -3.0, 3.0 },   { "Sinh", -2.0, 2.0 },  { "Cosh", -2.0, 2.0 }, { "Asinh", -3.0, 3.0 },
    { "Acosh", 1.2, 4.0 },   { "Atanh", -0.9, 0.9 }, { "Identity", -1.0, 1.0 }, { "Dropout", -1.0, 1.0 },
    { "Sum", -1.0, 1.0 },    { "Max", -1.0, 1.0 },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    grad_check (&(GradCheck) { .type = cases[index].type, .n_inputs = 1, .second = TRUE,
                               .inputs = { check_random ((guint32) index, cases[index].low, cases[index].high, "3x4") } });
}

static void
test_binary_gradients (void)
{
  static const char *const shapes[][2] = { { "3x4", "3x4" }, { "2x3x4", "3x1" }, { "1x4", "2x3x1" }, { "2x2", "" } };
  static const char *const types[] = { "Add", "Sub", "Mul", "Div", "Pow", "Mean", "Sum" };

  for (gsize type = 0; type < G_N_ELEMENTS (types); type++)
    for (gsize shape = 0; shape < G_N_ELEMENTS (shapes); shape++)
      grad_check (&(GradCheck) { .type = types[type], .n_inputs = 2, .second = TRUE,
                                 .inputs = { check_random ((guint32) shape, 0.4, 2.0, shapes[shape][0]),
                                             check_random (77, 0.5, 2.0, shapes[shape][1]) } });
  grad_check (&(GradCheck) { .type = "Div", .n_inputs = 2, .constant = 1,
                             .inputs = { check_random (1, 0.5, 2.0, "3"), check_random (2, 0.5, 2.0, "2x3") } });
  const WhyAttr fmod_attr[] = { CHECK_INT ("fmod", 1) };
  grad_check (&(GradCheck) { .type = "Mod", .n_inputs = 2, .attrs = fmod_attr, .n_attrs = 1,
                             .inputs = { check_tensor (F64, "4", 7.3, -7.3, 5.1, 0.2), check_tensor (F64, "4", 2.0, 2.0, -1.5, 3.0) } });
}

static void
test_power_gradients (void)
{
  static const double exponents[] = { 2.0, 3.0, 0.5, 1.0, -1.0 };
  for (gsize index = 0; index < G_N_ELEMENTS (exponents); index++)
    grad_check (&(GradCheck) { .type = "Pow", .n_inputs = 2, .constant = 2, .second = TRUE,
                               .inputs = { check_random (3, 0.5, 2.0, "5"), check_tensor (F64, "", exponents[index]) } });
  /* A whole exponent of a negative base, as an integer. */
  grad_check (&(GradCheck) { .type = "Pow", .n_inputs = 2, .constant = 2,
                             .inputs = { check_random (3, -2.0, 2.0, "5"), check_tensor (I64, "", 3) } });
  /* x^0 is constant, at 0 too; 0^b does not depend on b. */
  GradCheck zero = { .type = "Pow", .n_inputs = 2, .constant = 2, .inputs = { check_tensor (F64, "2", 0.0, 3.0), check_tensor (F64, "", 0.0) } };
  check_equal (grad_check_values (&zero, 0, check_tensor (F64, "2", 1.0, 1.0)), check_tensor (F64, "2", 0.0, 0.0), 0.0);
  GradCheck base = { .type = "Pow", .n_inputs = 2, .inputs = { check_tensor (F64, "2", 0.0, 1.0), check_tensor (F64, "2", 2.0, 2.0) } };
  check_equal (grad_check_values (&base, 1, check_tensor (F64, "2", 1.0, 1.0)), check_tensor (F64, "2", 0.0, 0.0), 0.0);
}

static void
test_choice_gradients (void)
{
  grad_check (&(GradCheck) { .type = "Max", .n_inputs = 3, .inputs = { check_distinct (1, 0.3, "2x3"), check_distinct (2, 0.31, "3"), check_distinct (3, 0.37, "2x1") } });
  grad_check (&(GradCheck) { .type = "Min", .n_inputs = 2, .second = TRUE, .inputs = { check_distinct (1, 0.3, "2x3"), check_distinct (2, 0.31, "3") } });
  grad_check (&(GradCheck) { .type = "Where", .n_inputs = 3, .constant = 1, .second = TRUE,
                             .inputs = { check_tensor (BOOL, "2x1", 1, 0), check_random (1, -1.0, 1.0, "2x3"), check_random (2, -1.0, 1.0, "3") } });
  /* Equal parts to equal maxima, as torch.maximum does. */
  GradCheck tie = { .type = "Max", .n_inputs = 2, .inputs = { check_tensor (F64, "2", 1.0, 2.0), check_tensor (F64, "2", 1.0, 3.0) } };
  check_equal (grad_check_values (&tie, 0, check_tensor (F64, "2", 4.0, 4.0)), check_tensor (F64, "2", 2.0, 0.0), 0.0);
  GradCheck abs_check = { .type = "Abs", .n_inputs = 1, .inputs = { check_tensor (F64, "1", 0.0) } };
  check_equal (grad_check_values (&abs_check, 0, check_tensor (F64, "1", 4.0)), check_tensor (F64, "1", 0.0), 0.0);
  /* Rounding passes its gradient straight through. */
  GradCheck round_check = { .type = "Round", .n_inputs = 1, .inputs = { check_tensor (F64, "1", 0.7) } };
  check_equal (grad_check_values (&round_check, 0, check_tensor (F64, "1", 4.0)), check_tensor (F64, "1", 4.0), 0.0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ops/arithmetic/unary", test_unary);
  g_test_add_func ("/ops/arithmetic/binary", test_binary);
  g_test_add_func ("/ops/arithmetic/long-rows", test_long_rows);
  g_test_add_func ("/ops/arithmetic/pow", test_pow);
  g_test_add_func ("/ops/arithmetic/variadic", test_variadic);
  g_test_add_func ("/ops/arithmetic/logic", test_logic);
  g_test_add_func ("/ops/arithmetic/cast", test_cast);
  g_test_add_func ("/ops/arithmetic/dropout", test_dropout);
  g_test_add_func ("/ops/arithmetic/bad", test_bad);
  g_test_add_func ("/ops/arithmetic/gradients-unary", test_unary_gradients);
  g_test_add_func ("/ops/arithmetic/gradients-binary", test_binary_gradients);
  g_test_add_func ("/ops/arithmetic/gradients-pow", test_power_gradients);
  g_test_add_func ("/ops/arithmetic/gradients-choice", test_choice_gradients);
  return g_test_run ();
}
