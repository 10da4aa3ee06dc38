#include "config.h"

#include "grad-check.h"
#include "region-check.h"

#include <math.h>
#include <string.h>

/* Reductions and selections. */

#define F32 WHY_DTYPE_FLOAT32
#define F64 WHY_DTYPE_FLOAT64
#define I8 WHY_DTYPE_INT8
#define U8 WHY_DTYPE_UINT8
#define I32 WHY_DTYPE_INT32
#define I64 WHY_DTYPE_INT64
#define U64 WHY_DTYPE_UINT64
#define BOOL WHY_DTYPE_BOOL

#define F32_TOLERANCE 1e-6

static const char *const all_types[] = { "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
                                         "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare" };

/* Of { 1, 2 } and { 3, 4 } along the last axis. */
static void
test_values (void)
{
  static const double expected[][2] = {
    { 3.0, 7.0 }, { 1.5, 3.5 }, { 2.0, 4.0 }, { 1.0, 3.0 }, { 2.0, 12.0 }, { 3.0, 7.0 },
    { 2.23606798, 5.0 }, { 1.09861229, 1.94591015 }, { 2.31326169, 4.31326169 }, { 5.0, 25.0 },
  };
  for (gsize type = 0; type < G_N_ELEMENTS (all_types); type++)
    {
      const WhyAttr attrs[] = { CHECK_INTS ("axes", -1), CHECK_INT ("keepdims", 0) };
      const WhyAttr drop[] = { CHECK_INT ("keepdims", 0) };
      WhyTensor *old[] = { check_tensor (F32, "2x2", 1.0, 2.0, 3.0, 4.0) };
      check_equal (check_eval (all_types[type], 11, old, 1, attrs, 2, 1, 0),
                   check_tensor (F32, "2", expected[type][0], expected[type][1]), F32_TOLERANCE);
      WhyTensor *now[] = { check_tensor (F32, "2x2", 1.0, 2.0, 3.0, 4.0), check_tensor (I64, "1", 1) };
      check_equal (check_eval (all_types[type], 18, now, 2, drop, 1, 1, 0),
                   check_tensor (F32, "2", expected[type][0], expected[type][1]), F32_TOLERANCE);
    }
}

static void
test_axes (void)
{
  const WhyAttr noop[] = { CHECK_INT ("noop_with_empty_axes", 1) };
#define X check_tensor (F32, "2x3x2", 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0)
  WhyTensor *middle[] = { X, check_tensor (I64, "1", -2) };
  check_equal (check_eval ("ReduceSum", 0, middle, 2, NULL, 0, 1, 0), check_tensor (F32, "2x1x2", 6.0, 9.0, 24.0, 27.0), 0.0);
  WhyTensor *ends[] = { X, check_tensor (I64, "2", 2, 0) };
  check_equal (check_eval ("ReduceSum", 0, ends, 2, NULL, 0, 1, 0), check_tensor (F32, "1x3x1", 14.0, 22.0, 30.0), 0.0);
  WhyTensor *absent[] = { X };
  check_equal (check_eval ("ReduceSum", 0, absent, 1, NULL, 0, 1, 0), check_tensor (F32, "1x1x1", 66.0), 0.0);
  WhyTensor *empty[] = { X, check_tensor (I64, "0") };
  check_equal (check_eval ("ReduceSum", 0, empty, 2, NULL, 0, 1, 0), check_tensor (F32, "1x1x1", 66.0), 0.0);
  WhyTensor *kept[] = { X, check_tensor (I64, "0") };
  check_equal (check_eval ("ReduceSum", 0, kept, 2, noop, 1, 1, 0), X, 0.0);
#undef X
  WhyTensor *scalar[] = { check_tensor (F32, "", 5.0) };
  check_equal (check_eval ("ReduceMean", 0, scalar, 1, NULL, 0, 1, 0), check_tensor (F32, "", 5.0), 0.0);
}

static void
test_types (void)
{
  WhyTensor *x[] = { check_tensor (I8, "2", -128, -128) };
  check_equal (check_eval ("ReduceL1", 0, x, 1, NULL, 0, 1, 0), check_tensor (I8, "1", 0), 0.0);
  x[0] = check_tensor (I32, "3", -7, 2, 3);
  check_equal (check_eval ("ReduceMax", 0, x, 1, NULL, 0, 1, 0), check_tensor (I32, "1", 3), 0.0);
  x[0] = check_tensor (U64, "2", -1, 3);
  check_equal (check_eval ("ReduceMax", 0, x, 1, NULL, 0, 1, 0), check_tensor (U64, "1", -1), 0.0);
  x[0] = check_tensor (U8, "2", 200, 3);
  check_equal (check_eval ("ReduceMin", 0, x, 1, NULL, 0, 1, 0), check_tensor (U8, "1", 3), 0.0);
  x[0] = check_tensor (I64, "2", 3, 5);
  check_equal (check_eval ("ReduceProd", 0, x, 1, NULL, 0, 1, 0), check_tensor (I64, "1", 15), 0.0);
  x[0] = check_tensor (F32, "2", (double) NAN, 5.0);
  check_equal (check_eval ("ReduceMax", 0, x, 1, NULL, 0, 1, 0), check_tensor (F32, "1", (double) NAN), 0.0);
  x[0] = check_tensor (F32, "2", 1000.0, 1000.0);
  check_equal (check_eval ("ReduceLogSumExp", 0, x, 1, NULL, 0, 1, 0), check_tensor (F32, "1", 1000.6931472), 1e-4);
  x[0] = check_tensor (F32, "2", (double) -INFINITY, (double) -INFINITY);
  check_equal (check_eval ("ReduceLogSumExp", 0, x, 1, NULL, 0, 1, 0), check_tensor (F32, "1", (double) -INFINITY), 0.0);
}

/* Reducing nothing: the neutral element. */
static void
test_empty (void)
{
#define NOTHING(Type, Dtype, result)                                                                       \
  G_STMT_START                                                                                             \
  {                                                                                                        \
    WhyTensor *x[] = { check_tensor (Dtype, "2x0"), check_tensor (I64, "1", 1) };                          \
    check_equal (check_eval (Type, 0, x, 2, NULL, 0, 1, 0), check_tensor (Dtype, "2x1", result, result), 0.0); \
  }                                                                                                        \
  G_STMT_END
  NOTHING ("ReduceSum", F32, 0.0);
  NOTHING ("ReduceProd", F32, 1.0);
  NOTHING ("ReduceMax", F32, (double) -INFINITY);
  NOTHING ("ReduceMin", F32, (double) INFINITY);
  NOTHING ("ReduceMax", I8, -128);
  NOTHING ("ReduceMin", I8, 127);
  NOTHING ("ReduceMin", U8, 255);
  NOTHING ("ReduceMax", BOOL, 0);
#undef NOTHING
  WhyTensor *none[] = { check_tensor (F32, "0x3"), check_tensor (I64, "1", 1) };
  check_equal (check_eval ("ReduceMean", 0, none, 2, NULL, 0, 1, 0), check_tensor (F32, "0x1"), 0.0);
}

static void
test_long (void)
{
  gint64 dims[] = { 3, 1000 };
  for (int axis = 0; axis < 2; axis++)
    {
      WhyTensor *x = why_tensor_new (F32, 2, dims, NULL);
      for (gsize index = 0; index < 3000; index++)
        ((float *) x->data)[index] = (float) (index % 1000);
      WhyTensor *inputs[] = { x, check_tensor (I64, "1", axis) };
      g_autoptr (WhyTensor) y = check_eval ("ReduceSum", 0, inputs, 2, NULL, 0, 1, 0);
      check_dims (y, axis == 0 ? "1x1000" : "3x1");
      for (gsize index = 0; index < why_tensor_count (y); index++)
        g_assert_cmpfloat (((float *) y->data)[index], ==, axis == 0 ? (float) (3 * index) : 499500.0f);
    }
}

static void
test_bad (void)
{
  const WhyAttr beyond[] = { CHECK_INTS ("axes", 2) }, twice[] = { CHECK_INTS ("axes", 1, -1) };
  WhyTensor *x[] = { check_tensor (F32, "1x2", 1.0, 2.0), NULL };
  WhyTensor *held = why_tensor_ref (x[0]);
  check_fails ("ReduceMean", 11, x, 1, 0, beyond, 1, "axis");
  x[0] = why_tensor_ref (held);
  check_fails ("ReduceMean", 11, x, 1, 0, twice, 1, "axis 1 is named twice");
  x[0] = why_tensor_ref (held);
  x[1] = check_tensor (I64, "1", 0);
  check_fails ("ReduceSum", 0, x, 2, 2, NULL, 0, "constant");
  x[0] = why_tensor_ref (held);
  x[1] = check_tensor (F32, "1", 0.0);
  check_fails ("ReduceSum", 0, x, 2, 0, NULL, 0, "axes must be a list of int64, not float32");
  x[0] = check_tensor (BOOL, "1", 1);
  check_fails ("ReduceSum", 0, x, 1, 0, NULL, 0, "must be a number, not bool");
  x[0] = held;
  check_fails ("ReduceMean", 11, x, 1, 0, (const WhyAttr[]) { CHECK_INTS ("axes", -3) }, 1, "axis");
}

static void
test_gradients (void)
{
  const WhyAttr drop[] = { CHECK_INT ("keepdims", 0) };
  for (gsize type = 0; type < G_N_ELEMENTS (all_types); type++)
    {
      gboolean extreme = strcmp (all_types[type], "ReduceMax") == 0 || strcmp (all_types[type], "ReduceMin") == 0;
#define VALUES(dims) extreme ? check_distinct (9, 0.2, dims) : check_random (9, 0.3, 2.0, dims)
      grad_check (&(GradCheck) { .type = all_types[type], .n_inputs = 2, .constant = 2, .second = TRUE,
                                 .inputs = { VALUES ("2x3x4"), check_tensor (I64, "1", 1) } });
      grad_check (&(GradCheck) { .type = all_types[type], .n_inputs = 2, .constant = 2, .attrs = drop, .n_attrs = 1,
                                 .inputs = { VALUES ("2x3x2x2"), check_tensor (I64, "2", 0, 2) } });
      grad_check (&(GradCheck) { .type = all_types[type], .n_inputs = 1, .attrs = drop, .n_attrs = 1,
                                 .inputs = { VALUES ("2x3") } });
#undef VALUES
    }
  const double zero[] = { 0.0 };
  grad_check (&(GradCheck) { .type = "ReduceL1", .n_inputs = 1, .inputs = { check_random_away (4, -1.0, 1.0, zero, 1, "2x3") } });
  grad_check (&(GradCheck) { .type = "ReduceProd", .n_inputs = 1, .inputs = { check_tensor (F64, "3", 2.0, 0.0, 3.0) } });
  grad_check (&(GradCheck) { .type = "ReduceProd", .n_inputs = 1, .inputs = { check_tensor (F64, "3", 0.0, 0.0, 3.0) } });
}

/* Equal maxima share the gradient as torch.amax does; the norm of nothing has none. */
static void
test_ties (void)
{
  GradCheck amax = { .type = "ReduceMax", .n_inputs = 1, .inputs = { check_tensor (F64, "4", 2.0, 1.0, 2.0, 0.0) } };
  check_equal (grad_check_values (&amax, 0, check_tensor (F64, "1", 4.0)), check_tensor (F64, "4", 2.0, 0.0, 2.0, 0.0), 0.0);
  GradCheck norm = { .type = "ReduceL2", .n_inputs = 1, .inputs = { check_tensor (F64, "2", 0.0, 0.0) } };
  check_equal (grad_check_values (&norm, 0, check_tensor (F64, "1", 4.0)), check_tensor (F64, "2", 0.0, 0.0), 0.0);
}

static void
test_region (void)
{
  g_autoptr (WhyGraph) graph = why_graph_new_empty (NULL);
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { 4, 5, 6 }, axes[] = { 1 };
  WhyValue *x = why_graph_add_input (graph, "x", F32, 3, dims);
  WhyValue *y = why_emit_reduce_sum (graph, &error, x, axes, 1, FALSE);
  g_assert_no_error (error);
  WhyBox out = { .rank = 2, .lo = { 1, 2 }, .hi = { 2, 4 } }, in;
  why_op_region (y->producer, 0, 0, &out, &in);
  g_assert_cmpint (in.rank, ==, 3);
  const gint64 lo[] = { 1, 0, 2 }, hi[] = { 2, 5, 4 };
  for (int axis = 0; axis < 3; axis++)
    {
      g_assert_cmpint (in.lo[axis], ==, lo[axis]);
      g_assert_cmpint (in.hi[axis], ==, hi[axis]);
    }
}

/* ---- selections ---- */

static void
test_arg (void)
{
  const WhyAttr last[] = { CHECK_INT ("axis", 1), CHECK_INT ("select_last_index", 1), CHECK_INT ("keepdims", 0) };
  const WhyAttr first[] = { CHECK_INT ("axis", -1) };
#define X check_tensor (F32, "2x3", 1.0, 5.0, 5.0, 7.0, 0.0, 0.0)
  WhyTensor *x[] = { X };
  check_equal (check_eval ("ArgMax", 0, x, 1, first, 1, 1, 0), check_tensor (I64, "2x1", 1, 0), 0.0);
  x[0] = X;
  check_equal (check_eval ("ArgMax", 0, x, 1, last, 3, 1, 0), check_tensor (I64, "2", 2, 0), 0.0);
  x[0] = X;
  check_equal (check_eval ("ArgMin", 0, x, 1, last, 3, 1, 0), check_tensor (I64, "2", 0, 2), 0.0);
  x[0] = X;
  check_equal (check_eval ("ArgMax", 0, x, 1, NULL, 0, 1, 0), check_tensor (I64, "1x3", 1, 0, 0), 0.0);
#undef X
  x[0] = check_tensor (U8, "3", 3, 200, 4);
  check_equal (check_eval ("ArgMax", 0, x, 1, NULL, 0, 1, 0), check_tensor (I64, "1", 1), 0.0);
  x[0] = check_tensor (F32, "4", 1.0, (double) NAN, (double) INFINITY, (double) NAN);
  check_equal (check_eval ("ArgMax", 0, x, 1, NULL, 0, 1, 0), check_tensor (I64, "1", 1), 0.0);
  x[0] = check_tensor (F32, "2x0");
  check_fails ("ArgMax", 0, x, 1, 0, first, 1, "axis 1 of '~0' has no elements");
  x[0] = check_tensor (F32, "0x2");
  check_equal (check_eval ("ArgMax", 0, x, 1, first, 1, 1, 0), check_tensor (I64, "0x1"), 0.0);
}

static void
test_top_k (void)
{
  const WhyAttr smallest[] = { CHECK_INT ("axis", 0), CHECK_INT ("largest", 0) };
  const WhyAttr old[] = { CHECK_INT ("k", 1) };
  WhyTensor *x[] = { check_tensor (F32, "2x4", 3.0, 9.0, 9.0, 1.0, -1.0, -4.0, -2.0, -1.0), check_tensor (I64, "1", 3) };
  why_tensor_ref (x[0]);
  why_tensor_ref (x[1]);
  WhyTensor *again[] = { x[0], x[1] };
  check_equal (check_eval ("TopK", 0, x, 2, NULL, 0, 2, 0), check_tensor (F32, "2x3", 9.0, 9.0, 3.0, -1.0, -1.0, -2.0), 0.0);
  check_equal (check_eval ("TopK", 0, again, 2, NULL, 0, 2, 1), check_tensor (I64, "2x3", 1, 2, 0, 0, 3, 2), 0.0);
  WhyTensor *columns[] = { check_tensor (I32, "3x2", 1, 6, 2, 5, 0, 9), check_tensor (I64, "1", 2) };
  check_equal (check_eval ("TopK", 0, columns, 2, smallest, 2, 2, 0), check_tensor (I32, "2x2", 0, 5, 1, 6), 0.0);
  WhyTensor *attr[] = { check_tensor (F32, "3", 1.0, 5.0, 2.0) };
  check_equal (check_eval ("TopK", 9, attr, 1, old, 1, 2, 1), check_tensor (I64, "1", 1), 0.0);
  WhyTensor *none[] = { check_tensor (F32, "3", 1.0, 5.0, 2.0), check_tensor (I64, "1", 0) };
  check_equal (check_eval ("TopK", 0, none, 2, NULL, 0, 2, 0), check_tensor (F32, "0"), 0.0);
  WhyTensor *many[] = { check_tensor (F32, "3", 1.0, 5.0, 2.0), check_tensor (I64, "1", 4) };
  check_fails ("TopK", 0, many, 2, 0, NULL, 0, "k is 4, axis 0 of '~0' has 3 elements");
  WhyTensor *minus[] = { check_tensor (F32, "3", 1.0, 5.0, 2.0), check_tensor (I64, "1", -1) };
  check_fails ("TopK", 0, minus, 2, 0, NULL, 0, "k is -1");
}

static void
test_cum_sum (void)
{
  const WhyAttr exclusive[] = { CHECK_INT ("exclusive", 1) }, reverse[] = { CHECK_INT ("reverse", 1) };
  const WhyAttr both[] = { CHECK_INT ("exclusive", 1), CHECK_INT ("reverse", 1) };
#define X { check_tensor (F32, "3x2", 1.0, 10.0, 2.0, 20.0, 3.0, 30.0), check_tensor (I32, "", 0) }
  WhyTensor *plain[] = X, *a[] = X, *b[] = X, *c[] = X;
#undef X
  check_equal (check_eval ("CumSum", 0, plain, 2, NULL, 0, 1, 0), check_tensor (F32, "3x2", 1.0, 10.0, 3.0, 30.0, 6.0, 60.0), 0.0);
  check_equal (check_eval ("CumSum", 0, a, 2, exclusive, 1, 1, 0), check_tensor (F32, "3x2", 0.0, 0.0, 1.0, 10.0, 3.0, 30.0), 0.0);
  check_equal (check_eval ("CumSum", 0, b, 2, reverse, 1, 1, 0), check_tensor (F32, "3x2", 6.0, 60.0, 5.0, 50.0, 3.0, 30.0), 0.0);
  check_equal (check_eval ("CumSum", 0, c, 2, both, 2, 1, 0), check_tensor (F32, "3x2", 5.0, 50.0, 3.0, 30.0, 0.0, 0.0), 0.0);
  WhyTensor *wrapping[] = { check_tensor (U8, "2", 200, 100), check_tensor (I64, "1", -1) };
  check_equal (check_eval ("CumSum", 0, wrapping, 2, NULL, 0, 1, 0), check_tensor (U8, "2", 200, 44), 0.0);
}

static void
test_others (void)
{
  const WhyAttr axis_0[] = { CHECK_INT ("axis", 0) };
  WhyTensor *x[] = { check_tensor (F32, "2x3", 0.0, 1.0, 0.0, 2.0, (double) NAN, 0.0) };
  check_equal (check_eval ("NonZero", 0, x, 1, NULL, 0, 1, 0), check_tensor (I64, "2x3", 0, 1, 1, 1, 0, 1), 0.0);
  x[0] = check_tensor (F32, "2", 0.0, 1.0);
  check_fails ("NonZero", 0, x, 1, 1, NULL, 0, "constant");

  WhyTensor *hot[] = { check_tensor (I64, "3", 0, -1, 7), check_tensor (I64, "", 2), check_tensor (F32, "2", 0.5, 9.0) };
  check_equal (check_eval ("OneHot", 0, hot, 3, NULL, 0, 1, 0), check_tensor (F32, "3x2", 9.0, 0.5, 0.5, 9.0, 0.5, 0.5), 0.0);
  WhyTensor *columns[] = { check_tensor (I64, "3", 0, -1, 7), check_tensor (F32, "1", 2.0), check_tensor (I32, "2", 0, 1) };
  check_equal (check_eval ("OneHot", 0, columns, 3, axis_0, 1, 1, 0), check_tensor (I32, "2x3", 1, 0, 0, 0, 1, 0), 0.0);
  WhyTensor *deep[] = { check_tensor (I64, "1", 0), check_tensor (I64, "", 0), check_tensor (F32, "2", 0.5, 9.0) };
  check_fails ("OneHot", 0, deep, 3, 0, NULL, 0, "depth must be at least 1, not 0");
  WhyTensor *huge[] = { check_tensor (I64, "1", 0), check_tensor (F64, "", 1e18), check_tensor (F32, "2", 0.5, 9.0) };
  check_fails ("OneHot", 0, huge, 3, 0, NULL, 0, "OneHot");
  WhyTensor *values[] = { check_tensor (I64, "1", 0), check_tensor (I64, "", 2), check_tensor (F32, "3", 0.5, 9.0, 1.0) };
  check_fails ("OneHot", 0, values, 3, 0, NULL, 0, "values must be two, off and on, not 3");

  x[0] = check_tensor (F32, "2x3", 1.0, 3.0, 3.0, 9.0, 2.0, 1.0);
  check_equal (check_eval ("Hardmax", 0, x, 1, NULL, 0, 1, 0), check_tensor (F32, "2x3", 0.0, 1.0, 0.0, 1.0, 0.0, 0.0), 0.0);
  /* Before opset 13 all from the axis on was one. */
  x[0] = check_tensor (F32, "1x2x2", 1.0, 3.0, 9.0, 1.0);
  check_equal (check_eval ("Hardmax", 11, x, 1, NULL, 0, 1, 0), check_tensor (F32, "1x2x2", 0.0, 0.0, 1.0, 0.0), 0.0);
}

static void
test_select_gradients (void)
{
  const WhyAttr axis_1[] = { CHECK_INT ("axis", 1) }, smallest[] = { CHECK_INT ("largest", 0) };
  const WhyAttr both[] = { CHECK_INT ("exclusive", 1), CHECK_INT ("reverse", 1) };
  grad_check (&(GradCheck) { .type = "TopK", .n_inputs = 2, .constant = 2, .n_outputs = 2, .attrs = axis_1, .n_attrs = 1, .second = TRUE,
                             .inputs = { check_distinct (3, 0.1, "2x5x2"), check_tensor (I64, "1", 3) } });
  grad_check (&(GradCheck) { .type = "TopK", .n_inputs = 2, .constant = 2, .n_outputs = 1, .attrs = smallest, .n_attrs = 1,
                             .inputs = { check_distinct (3, 0.1, "2x5"), check_tensor (I64, "1", 2) } });
  grad_check (&(GradCheck) { .type = "CumSum", .n_inputs = 2, .constant = 2, .second = TRUE,
                             .inputs = { check_random (3, -1.0, 1.0, "2x5x2"), check_tensor (I64, "", 1) } });
  grad_check (&(GradCheck) { .type = "CumSum", .n_inputs = 2, .constant = 2, .attrs = both, .n_attrs = 2,
                             .inputs = { check_random (3, -1.0, 1.0, "2x5x2"), check_tensor (I64, "", 0) } });
}

static void
test_select_regions (void)
{
  const WhyAttr kept[] = { CHECK_INT ("axis", 1) };
  const WhyAttr dropped[] = { CHECK_INT ("axis", -2), CHECK_INT ("keepdims", 0) };
  const WhyAttr reverse[] = { CHECK_INT ("reverse", 1) };
  const WhyAttr before[] = { CHECK_INT ("exclusive", 1) };

  region_check ("ArgMax", (WhyTensor *[]) { check_distinct (1, 0.1, "3x4x5") }, 1, kept, 1, "1,0,2", "2,1,4",
                "1..2,0..4,2..4");
  region_check ("ArgMin", (WhyTensor *[]) { check_distinct (1, 0.1, "3x4x5") }, 1, dropped, 2, "0,3", "2,5",
                "0..2,0..4,3..5");
#define SUMMED (WhyTensor *[]) { check_random (1, -1, 1, "3x4"), check_tensor (I64, "", 1) }, 2
  region_check ("CumSum", SUMMED, NULL, 0, "1,1", "2,3", "1..2,0..3");
  region_check ("CumSum", SUMMED, before, 1, "1,1", "2,3", "1..2,0..3");
  region_check ("CumSum", SUMMED, reverse, 1, "0,1", "2,3", "0..2,1..4");
#undef SUMMED
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ops/reduce/values", test_values);
  g_test_add_func ("/ops/reduce/axes", test_axes);
  g_test_add_func ("/ops/reduce/types", test_types);
  g_test_add_func ("/ops/reduce/empty", test_empty);
  g_test_add_func ("/ops/reduce/long", test_long);
  g_test_add_func ("/ops/reduce/bad", test_bad);
  g_test_add_func ("/ops/reduce/gradients", test_gradients);
  g_test_add_func ("/ops/reduce/ties", test_ties);
  g_test_add_func ("/ops/reduce/region", test_region);
  g_test_add_func ("/ops/select/arg", test_arg);
  g_test_add_func ("/ops/select/top-k", test_top_k);
  g_test_add_func ("/ops/select/cum-sum", test_cum_sum);
  g_test_add_func ("/ops/select/others", test_others);
  g_test_add_func ("/ops/select/gradients", test_select_gradients);
  g_test_add_func ("/ops/select/regions", test_select_regions);
  return g_test_run ();
}
