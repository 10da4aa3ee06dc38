#include "config.h"

#include "grad-check.h"
#include "region-check.h"

#include "graph/resize.h"

#include <math.h>
#include <string.h>

/* Operators that interpolate, and Einsum. Values are worked out by hand; weights of cubic
 * interpolation come from Keys' formula with a = -0.75. */

#define F32 WHY_DTYPE_FLOAT32
#define F64 WHY_DTYPE_FLOAT64
#define I64 WHY_DTYPE_INT64
#define ATTRS(attrs) attrs, G_N_ELEMENTS (attrs)
#define NONE NULL, 0
#define TENSORS(...) (WhyTensor *[]){ __VA_ARGS__ }, G_N_ELEMENTS (((WhyTensor *[]){ __VA_ARGS__ }))
#define EVAL(type, opset, attrs, ...) check_eval (type, opset, TENSORS (__VA_ARGS__), attrs, 1, 0)
#define FAILS(part, type, opset, attrs, ...)                                                       \
  check_fails (type, opset, TENSORS (__VA_ARGS__), 1, attrs, part)
#define F(dims, ...) check_tensor (F32, dims, __VA_ARGS__)
#define I(dims, ...) check_tensor (I64, dims, __VA_ARGS__)
#define X(dims) check_random (7, -1, 1, dims)

/* Results are compared in float32: a few units of its last place at values below 16. */
#define CLOSE 4e-6

static void
grad (const char *type, guint constants, WhyTensor *const *inputs, guint n_inputs,
      const WhyAttr *attrs, guint n_attrs)
{
  GradCheck check = {
    .type = type, .n_inputs = n_inputs, .constant = constants, .attrs = attrs, .n_attrs = n_attrs
  };
  memcpy (check.inputs, inputs, n_inputs * sizeof *inputs);
  grad_check (&check);
}

#define GRAD(type, constants, attrs, ...) grad (type, constants, TENSORS (__VA_ARGS__), attrs)

/* ---- Resize ---- */

static WhyTensor *
to_sizes (const char *dims, const gint64 *sizes, gsize n, const WhyAttr *attrs, guint n_attrs)
{
  /* 0, 1, 2, ... resized to @sizes */
  WhyTensor *counted = check_distinct (1, 1, dims);
  gsize count = why_tensor_count (counted);
  for (gsize index = 0; index < count; index++)
    why_tensor_set_f64 (counted, index, (double) index);
  WhyTensor *inputs[] = { counted, NULL, NULL, why_tensor_new_i64 (n, sizes) };
  return check_eval ("Resize", 19, inputs, 4, attrs, n_attrs, 1, 0);
}

#define TO(dims, sizes, attrs) to_sizes (dims, sizes, G_N_ELEMENTS (sizes), attrs)
#define D(dims, ...) check_tensor (F64, dims, __VA_ARGS__)

static void
test_resize_nearest (void)
{
  static const gint64 five[] = { 5 }, eight[] = { 8 };
  /* Half a pixel: positions of 5 in 3 are -0.2, 0.4, 1, 1.6, 2.2; of 8 in 4 they are quarters. */
  const WhyAttr plain[] = { CHECK_STRING ("mode", "nearest") };
  const WhyAttr floor_down[] = { CHECK_STRING ("nearest_mode", "floor") },
                ceil_up[] = { CHECK_STRING ("nearest_mode", "ceil") };
  const WhyAttr corners[] = { CHECK_STRING ("coordinate_transformation_mode", "align_corners") };
  const WhyAttr corners_up[] = { CHECK_STRING ("coordinate_transformation_mode", "align_corners"),
                                 CHECK_STRING ("nearest_mode", "round_prefer_ceil") };
  const WhyAttr asymmetric[] = { CHECK_STRING ("coordinate_transformation_mode", "asymmetric"),
                                 CHECK_STRING ("nearest_mode", "floor") };
  const WhyAttr nn[] = { CHECK_STRING ("coordinate_transformation_mode", "tf_half_pixel_for_nn"),
                         CHECK_STRING ("nearest_mode", "floor") };

  check_equal (TO ("3", five, ATTRS (plain)), D ("5", 0.0, 0.0, 1.0, 2.0, 2.0), 0);
  check_equal (TO ("3", five, ATTRS (floor_down)), D ("5", 0.0, 0.0, 1.0, 1.0, 2.0), 0);
  check_equal (TO ("3", five, ATTRS (ceil_up)), D ("5", 0.0, 1.0, 1.0, 2.0, 2.0), 0);
  /* 0, 0.5, 1, 1.5, 2: ties */
  check_equal (TO ("3", five, ATTRS (corners)), D ("5", 0.0, 0.0, 1.0, 1.0, 2.0), 0);
  check_equal (TO ("3", five, ATTRS (corners_up)), D ("5", 0.0, 1.0, 1.0, 2.0, 2.0), 0);
  check_equal (TO ("4", eight, ATTRS (asymmetric)), D ("8", 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0),
               0);
  check_equal (TO ("3", five, ATTRS (nn)), D ("5", 0.0, 0.0, 1.0, 2.0, 2.0),
               0); /* 0.3, 0.9, 1.5, 2.1, 2.7 */

  /* Any type is copied; older forms. */
  check_equal (
    EVAL ("Resize", 10, NONE, check_tensor (WHY_DTYPE_UINT8, "1x2", 7, 9), F ("2", 2.0, 1.5)),
    check_tensor (WHY_DTYPE_UINT8, "2x3", 7, 7, 9, 7, 7, 9), 0);
  check_equal (EVAL ("Upsample", 9, NONE, check_tensor (WHY_DTYPE_BOOL, "2", 1, 0), F ("1", 2.0)),
               check_tensor (WHY_DTYPE_BOOL, "4", 1, 1, 0, 0), 0);
  const WhyAttr scales[] = { CHECK_FLOATS ("scales", 1.0, 2.0) };
  check_equal (EVAL ("Upsample", 7, ATTRS (scales), I ("2x1", 4, 5)), I ("2x2", 4, 4, 5, 5), 0);
}

/* A scale of 0.6 is not exact in float32, but position 3 / 0.6 is 5 and 5 times 1.4 is 7. */
static void
test_resize_inexact_scales (void)
{
  const WhyAttr attrs[] = { CHECK_STRING ("coordinate_transformation_mode", "asymmetric"),
                            CHECK_STRING ("nearest_mode", "floor") };
  WhyTensor *third = EVAL ("Resize", 13, ATTRS (attrs), I ("10", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
                           NULL, F ("1", 0.6));
  check_equal (third, I ("6", 0, 1, 3, 5, 6, 8), 0);
  g_autoptr (WhyTensor)
    seven = EVAL ("Resize", 13, ATTRS (attrs), I ("5", 0, 1, 2, 3, 4), NULL, F ("1", 1.4));
  check_dims (seven, "7");
}

static void
test_resize_linear (void)
{
  static const gint64 four[] = { 4 }, two[] = { 2 }, one[] = { 1 }, plane[] = { 2, 3 };
  const WhyAttr linear[] = { CHECK_STRING ("mode", "linear") };
  const WhyAttr corners[] = { CHECK_STRING ("mode", "linear"),
                              CHECK_STRING ("coordinate_transformation_mode", "align_corners") };
  const WhyAttr torch[] = { CHECK_STRING ("mode", "linear"),
                            CHECK_STRING ("coordinate_transformation_mode", "pytorch_half_pixel") };
  const WhyAttr smooth[] = { CHECK_STRING ("mode", "linear"), CHECK_INT ("antialias", 1) };
  const WhyAttr inside[] = { CHECK_STRING ("mode", "linear"), CHECK_INT ("antialias", 1),
                             CHECK_INT ("exclude_outside", 1) };

  check_equal (TO ("2", four, ATTRS (linear)), D ("4", 0.0, 0.25, 0.75, 1.0), CLOSE);
  check_equal (TO ("2", four, ATTRS (corners)), D ("4", 0.0, 1.0 / 3, 2.0 / 3, 1.0), CLOSE);
  check_equal (TO ("4", two, ATTRS (linear)), D ("2", 0.5, 2.5), CLOSE);
  check_equal (TO ("4", one, ATTRS (linear)), D ("1", 1.5), CLOSE);
  check_equal (TO ("4", one, ATTRS (torch)), D ("1", 0.0), CLOSE);
  check_equal (TO ("2x2", plane, ATTRS (corners)), D ("2x3", 0.0, 0.5, 1.0, 2.0, 2.5, 3.0), CLOSE);
  /* Half the size with a triangle of twice the width: 1/8 3/8 3/8 1/8 around the middle, the border
   * repeated (0, 0, 1, 2 and 1, 2, 3, 3), or left out (0, 1, 2 by 3/7, 3/7, 1/7). */
  check_equal (TO ("4", two, ATTRS (smooth)), D ("2", 0.625, 2.375), CLOSE);
  check_equal (TO ("4", two, ATTRS (inside)), D ("2", 5.0 / 7, 16.0 / 7), CLOSE);
  /* 250 250 and 10 by thirds: integers are cut, not rounded. */
  check_equal (EVAL ("Resize", 13, ATTRS (corners), check_tensor (WHY_DTYPE_UINT8, "2", 10, 250),
                     NULL, NULL, I ("1", 4)),
               check_tensor (WHY_DTYPE_UINT8, "4", 10, 90, 170, 250), 0);
  check_equal (EVAL ("Resize", 13, ATTRS (linear), check_tensor (WHY_DTYPE_FLOAT16, "2", 0.0, 1.0),
                     NULL, F ("1", 2.0)),
               check_tensor (WHY_DTYPE_FLOAT16, "4", 0.0, 0.25, 0.75, 1.0), 0);
}

static void
test_resize_cubic (void)
{
  static const gint64 eight[] = { 8 };
  const WhyAttr cubic[] = { CHECK_STRING ("mode", "cubic") };
  const WhyAttr inside[] = { CHECK_STRING ("mode", "cubic"), CHECK_INT ("exclude_outside", 1),
                             CHECK_FLOAT ("cubic_coeff_a", -0.5) };
  /* At a quarter the weights are -0.10546875, 0.87890625, 0.26171875, -0.03515625 (a = -0.75); on
   * the ramp 0 1 2 3. */
  const double w[] = { -0.10546875, 0.87890625, 0.26171875, -0.03515625 };
  /* and for a = -0.5: */
  const double v[] = { -0.0703125, 0.8671875, 0.2265625, -0.0234375 };
  double q1 = w[2] + 2 * w[3], q3 = w[1] + 2 * w[0] + 0 * w[2];
  g_autoptr (WhyTensor) result = TO ("4", eight, ATTRS (cubic));
  g_autoptr (WhyTensor) cut = TO ("4", eight, ATTRS (inside));

  g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (result, 1), q1,
                                  1e-12); /* at 0.25: taps 0 0 1 2 */
  g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (result, 2), w[2] * 0 + q3,
                                  1e-12); /* at 0.75: taps 2 1 0 0 */
  g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (result, 3), 1 * w[1] + 2 * w[2] + 3 * w[3],
                                  1e-12); /* at 1.25: taps 0 1 2 3 */
  g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (cut, 1),
                                  (v[2] + 2 * v[3]) / (v[1] + v[2] + v[3]),
                                  1e-12); /* tap -1 left out */
}

static void
test_resize_crop (void)
{
  const WhyAttr crop[] = { CHECK_STRING ("mode", "linear"),
                           CHECK_STRING ("coordinate_transformation_mode", "tf_crop_and_resize"),
                           CHECK_FLOAT ("extrapolation_value", -5.0) };
  const WhyAttr axis[] = { CHECK_STRING ("mode", "linear"),
                           CHECK_STRING ("coordinate_transformation_mode", "tf_crop_and_resize"),
                           CHECK_INTS ("axes", 1) };

  /* From 0.5 to 1.5 of 0..2: positions 1, 2, 3, the last outside; along the first axis all. */
  check_equal (EVAL ("Resize", 13, ATTRS (crop), F ("1x3", 1.0, 2.0, 4.0),
                     F ("4", 0.0, 0.5, 1.0, 1.5), NULL, I ("2", 1, 3)),
               F ("1x3", 2.0, 4.0, -5.0), CLOSE);
  check_equal (EVAL ("Resize", 18, ATTRS (axis), F ("1x3", 1.0, 2.0, 4.0), F ("2", 1.0, 0.0), NULL,
                     I ("1", 3)),
               F ("1x3", 4.0, 2.0, 1.0), CLOSE);
  FAILS ("roi has 2 numbers", "Resize", 13, ATTRS (crop), F ("1x3", 1.0, 2.0, 4.0),
         F ("2", 1.0, 0.0), NULL, I ("2", 1, 3));
  FAILS ("roi is not finite", "Resize", 18, ATTRS (axis), F ("1x3", 1.0, 2.0, 4.0),
         F ("2", 1.0, (double) INFINITY), NULL, I ("1", 3));
}

static void
test_resize_shapes (void)
{
  static const gint64 sizes[] = { 6, 6 };
  const WhyAttr larger[] = { CHECK_STRING ("keep_aspect_ratio_policy", "not_larger"),
                             CHECK_INTS ("axes", 0, 1) };
  const WhyAttr smaller[] = { CHECK_STRING ("keep_aspect_ratio_policy", "not_smaller"),
                              CHECK_INTS ("axes", 1, 0) };
  const WhyAttr policy[] = { CHECK_STRING ("keep_aspect_ratio_policy", "any") },
                mode[] = { CHECK_STRING ("mode", "lanczos") };
  g_autoptr (WhyTensor) fits = TO ("3x4", sizes, ATTRS (larger)),
                        covers = TO ("3x4", sizes, ATTRS (smaller));
  g_autoptr (WhyTensor)
    none = EVAL ("Resize", 13, NONE, check_tensor (F32, "0x2"), NULL, F ("2", 2.0, 2.0));
  g_autoptr (WhyTensor)
    vanished = EVAL ("Resize", 13, NONE, F ("2", 1.0, 2.0), NULL, F ("1", 0.25));

  check_dims (fits, "5x6"); /* 6/3 and 6/4: 1.5 times 3 is 4.5, rounded up */
  check_dims (covers, "6x8");
  check_dims (none, "0x4");
  check_dims (vanished, "0");
  FAILS ("expected one of stretch", "Resize", 18, ATTRS (policy), F ("1", 0.0), NULL, NULL,
         I ("1", 3));
  FAILS ("mode is 'lanczos'", "Resize", 13, ATTRS (mode), F ("1", 0.0), NULL, NULL, I ("1", 3));
  FAILS ("2 scales for 1", "Resize", 13, NONE, F ("1", 0.0), NULL, F ("2", 1.0, 1.0));
  FAILS ("as well as sizes", "Resize", 13, NONE, F ("1", 0.0), NULL, F ("1", 1.0), I ("1", 3));
  FAILS ("neither scales nor sizes", "Resize", 13, NONE, F ("1", 0.0));
  FAILS ("by -1", "Resize", 13, NONE, F ("1", 0.0), NULL, F ("1", -1.0));
  FAILS ("by nan", "Resize", 13, NONE, F ("1", 0.0), NULL, F ("1", (double) NAN));
  FAILS ("by 1e+30", "Resize", 13, NONE, F ("1", 0.0), NULL, F ("1", 1e30));
  FAILS ("from 0 to 3", "Resize", 13, NONE, check_tensor (F32, "0"), NULL, NULL, I ("1", 3));
  FAILS ("from 1 to -3", "Resize", 13, NONE, F ("1", 0.0), NULL, NULL, I ("1", -3));
  check_fails ("Resize", 13, (WhyTensor *[]) { F ("1", 0.0), NULL, F ("1", 2.0) }, 3, 5, NONE,
               "('scales')");
}

/* What fast kernels rely on: indices inside, weights that sum to one. */
static void
test_resize_table (void)
{
  WhyResizeParams params = { .mode = WHY_RESIZE_CUBIC,
                             .antialias = TRUE,
                             .cubic_a = -0.75,
                             .from = { 37 },
                             .to = { 11 },
                             .roi_hi = { 1 } };
  g_autoptr (GError) error = NULL;
  WhyResizeTable table;

  g_assert_true (why_resize_table_init (&table, &params, 0, 37, 11, &error));
  g_assert_no_error (error);
  g_assert_cmpint (table.size, ==, 11);
  g_assert_null (table.outside);
  for (gint64 position = 0; position < table.size; position++)
    {
      double sum = 0;
      for (gint64 tap = position * table.n_taps; tap < (position + 1) * table.n_taps; tap++)
        {
          g_assert_cmpint (table.sources[tap], >=, 0);
          g_assert_cmpint (table.sources[tap], <, 37);
          sum += table.weights[tap];
        }
      g_assert_cmpfloat_with_epsilon (sum, 1, 1e-12);
    }
  why_resize_table_clear (&table);
  g_assert_true (why_resize_is_identity (&params, 1, 5, 5) == (params.from[1] == params.to[1]));
}

static void
test_resize_gradients (void)
{
  static const char *const modes[] = { "nearest", "linear", "cubic" };
  static const char *const coordinates[] = { "half_pixel", "half_pixel_symmetric",
                                             "pytorch_half_pixel", "align_corners", "asymmetric" };

  for (gsize mode = 0; mode < G_N_ELEMENTS (modes); mode++)
    {
      const WhyAttr smooth[] = { CHECK_STRING ("mode", modes[mode]),
                                 CHECK_INT ("antialias", mode > 0),
                                 CHECK_INT ("exclude_outside", mode > 0) };
      const WhyAttr crop[] = { CHECK_STRING ("mode", modes[mode]),
                               CHECK_STRING ("coordinate_transformation_mode",
                                             "tf_crop_and_resize"),
                               CHECK_FLOAT ("extrapolation_value", 4.0) };
      for (gsize index = 0; index < G_N_ELEMENTS (coordinates); index++)
        {
          const WhyAttr attrs[] = { CHECK_STRING ("mode", modes[mode]),
                                    CHECK_STRING ("coordinate_transformation_mode",
                                                  coordinates[index]) };
          GRAD ("Resize", 12, ATTRS (attrs), X ("2x3x4"), NULL,
                check_tensor (F64, "3", 1.0, 2.3, 0.6));
        }
      GRAD ("Resize", 8, ATTRS (smooth), X ("5x4"), NULL, NULL, I ("2", 2, 7));
      GRAD ("Resize", 10, ATTRS (crop), X ("3x4"), check_tensor (F64, "4", 0.2, -0.3, 0.9, 0.8),
            NULL, I ("2", 4, 5));
    }
}

/* The gradient of the gradient is the forward direction again. */
static void
test_resize_second_gradient (void)
{
  const double from[] = { 3, 1 }, to[] = { 5, 1 }, lo[] = { 0, 0 }, hi[] = { 1, 1 };
  const WhyAttr attrs[] = {
    CHECK_INT ("mode", WHY_RESIZE_LINEAR),
    { .name = "from", .type = WHY_ATTR_FLOATS, .floats = from, .n = 2 },
    { .name = "to", .type = WHY_ATTR_FLOATS, .floats = to, .n = 2 },
    { .name = "roi_lo", .type = WHY_ATTR_FLOATS, .floats = lo, .n = 2 },
    { .name = "roi_hi", .type = WHY_ATTR_FLOATS, .floats = hi, .n = 2 },
    CHECK_INTS ("dims", 3, 2),
  };
  const WhyAttr forward[] = { attrs[0], attrs[1], attrs[2],
                              attrs[3], attrs[4], CHECK_INTS ("dims", 5, 2) };

  GRAD ("ResizeGrad", 0, ATTRS (attrs), X ("5x2"));
  GRAD ("ResizeBy", 0, ATTRS (forward), X ("3x2"));
}

static void
test_resize_regions (void)
{
  const WhyAttr linear[] = { CHECK_STRING ("mode", "linear") },
                smooth[] = { CHECK_STRING ("mode", "linear"), CHECK_INT ("antialias", 1) };

#define REGION(type, attrs, lo, hi, expected, ...)                                                 \
  region_check (type, TENSORS (__VA_ARGS__), attrs, lo, hi, expected)
  REGION ("Resize", NONE, "1,2", "2,4", "1..2,1..2", X ("2x4"), NULL, NULL, I ("2", 2, 8));
  REGION ("Resize", ATTRS (linear), "0,2", "1,4", "0..1,0..3", X ("2x4"), NULL, NULL,
          I ("2", 2, 8));
  REGION ("Resize", ATTRS (linear), "1", "2", "2..4", X ("4"), NULL, NULL, I ("1", 2));
  REGION ("Resize", ATTRS (smooth), "1", "2", "2..6", X ("6"), NULL, NULL, I ("1", 2));
}

/* ---- GridSample ---- */

static WhyTensor *
sample (const char *mode, const char *outside, gboolean corners, double at)
{
  /* one position of the row 1 2 4 8; y in the middle of one row */
  const WhyAttr attrs[] = { CHECK_STRING ("mode", mode), CHECK_STRING ("padding_mode", outside),
                            CHECK_INT ("align_corners", corners) };
  return EVAL ("GridSample", 20, ATTRS (attrs), F ("1x1x1x4", 1.0, 2.0, 4.0, 8.0),
               F ("1x1x1x2", at, 0.0));
}

#define ONE(value) F ("1x1x1x1", value)

static void
test_grid_sample (void)
{
  /* Position ((g + 1) 4 - 1) / 2, or with aligned corners (g + 1) 3 / 2. */
  check_equal (sample ("linear", "zeros", FALSE, 0.0), ONE (3.0), CLOSE);
  check_equal (sample ("linear", "zeros", FALSE, -1.0), ONE (0.5), CLOSE);
  check_equal (sample ("linear", "border", FALSE, -1.0), ONE (1.0), CLOSE);
  check_equal (sample ("linear", "zeros", TRUE, -1.0), ONE (1.0), CLOSE);
  check_equal (sample ("linear", "zeros", TRUE, 0.0), ONE (3.0), CLOSE);
  check_equal (sample ("linear", "border", TRUE, 9.0), ONE (8.0), CLOSE);
  check_equal (sample ("linear", "zeros", TRUE, 9.0), ONE (0.0), CLOSE);
  check_equal (sample ("linear", "reflection", TRUE, 2.0), ONE (3.0), CLOSE); /* 4.5 back to 1.5 */
  check_equal (sample ("linear", "reflection", FALSE, 1.5), ONE (6.0),
               CLOSE); /* 4.5 about 3.5: 2.5 */
  check_equal (sample ("linear", "reflection", TRUE, -3.0), ONE (8.0), CLOSE); /* -3 about 0: 3 */
  check_equal (sample ("linear", "reflection", TRUE, 3.5), ONE (1.75),
               CLOSE); /* 6.75 to -0.75 to 0.75 */
  check_equal (sample ("nearest", "zeros", FALSE, 0.0), ONE (4.0),
               CLOSE); /* 1.5: to the even one */
  check_equal (sample ("nearest", "zeros", FALSE, 1.2), ONE (0.0), CLOSE);
  check_equal (sample ("nearest", "border", FALSE, 1.2), ONE (8.0), CLOSE);
  check_equal (sample ("linear", "zeros", FALSE, (double) NAN), ONE (0.0), 0);
  check_equal (sample ("linear", "reflection", FALSE, (double) INFINITY), ONE (0.0), 0);
  /* In the middle the cubic weights are -3/32, 19/32, 19/32, -3/32. */
  check_equal (sample ("cubic", "zeros", FALSE, 0.0), ONE ((19 * 6.0 - 3 * 9.0) / 32), CLOSE);
  check_equal (sample ("cubic", "border", TRUE, -2.0 / 3), ONE ((19 * 3.0 - 3 * 5.0) / 32),
               CLOSE); /* 0.5: 1 1 2 4 */
}

static void
test_grid_sample_dimensions (void)
{
  const WhyAttr cubic[] = { CHECK_STRING ("mode", "bicubic") },
                bad[] = { CHECK_STRING ("mode", "lanczos") };
  const WhyAttr outside[] = { CHECK_STRING ("padding_mode", "wrap") };

  /* x is the last axis: the grid's first number. */
  check_equal (
    EVAL ("GridSample", 16, NONE, F ("1x1x2x2", 1.0, 2.0, 3.0, 4.0), F ("1x1x1x2", 0.5, -0.5)),
    ONE (2.0), CLOSE);
  check_equal (
    EVAL ("GridSample", 20, NONE, F ("1x1x2x1x1", 1.0, 3.0), F ("1x1x1x1x3", 0.0, 0.0, 0.25)),
    F ("1x1x1x1x1", 2.5), CLOSE);
  check_equal (EVAL ("GridSample", 20, NONE, F ("1x2x2", 1.0, 3.0, 5.0, 7.0), F ("1x1x1", 0.25)),
               F ("1x2x1", 2.5, 6.5), CLOSE);
  g_autoptr (WhyTensor) none = EVAL ("GridSample", 16, ATTRS (cubic), F ("1x1x1x1", 1.0),
                                     check_tensor (F32, "1x0x3x2"));
  check_dims (none, "1x1x0x3");
  FAILS ("does not fit", "GridSample", 16, NONE, F ("1x1x1x1", 1.0), F ("1x1x1x1", 0.0));
  FAILS ("expected 3 to 5", "GridSample", 20, NONE, F ("1x1", 1.0), F ("1x1", 0.0));
  FAILS ("mode is 'lanczos'", "GridSample", 20, ATTRS (bad), F ("1x1x1", 1.0), F ("1x1x1", 0.0));
  FAILS ("padding_mode is 'wrap'", "GridSample", 20, ATTRS (outside), F ("1x1x1", 1.0),
         F ("1x1x1", 0.0));
  FAILS ("its input is empty", "GridSample", 20, NONE, check_tensor (F32, "1x1x0"),
         F ("1x1x1", 0.0));
}

/* Positions at least this far from whole pixels, where linear interpolation has its kinks, and from
 * the border, where reflection has. */
static WhyTensor *
smooth_grid (const char *dims, gint64 size)
{
  WhyTensor *grid = check_random (21, -1.9, 1.9, dims);
  gsize count = why_tensor_count (grid);
  for (gsize index = 0; index < count; index++)
    {
      double twice = (why_tensor_get_f64 (grid, index) + 1) *
                     (double) size; /* kinks at whole numbers, aligned or not */
      double whole = floor (twice);
      double part = CLAMP (twice - whole, 0.1, 0.9);
      why_tensor_set_f64 (grid, index, (whole + part) / (double) size - 1);
    }
  return grid;
}

static void
test_grid_sample_gradients (void)
{
  static const char *const modes[] = { "linear", "nearest", "cubic" }, *const outside[] = {
    "zeros", "border", "reflection"
  };

  for (gsize mode = 0; mode < G_N_ELEMENTS (modes); mode++)
    for (gsize each = 0; each < G_N_ELEMENTS (outside); each++)
      for (int corners = 0; corners < 2; corners++)
        {
          const WhyAttr attrs[] = { CHECK_STRING ("mode", modes[mode]),
                                    CHECK_STRING ("padding_mode", outside[each]),
                                    CHECK_INT ("align_corners", corners) };
          const WhyAttr back[] = { attrs[0], attrs[1], attrs[2], CHECK_INTS ("dims", 1, 2, 3, 3) };
          /* With aligned corners 4 pixels are 3 steps, otherwise 3 pixels are 3. */
          const char *dims = corners ? "2x2x4x4" : "2x2x3x3";
          GRAD ("GridSample", 0, ATTRS (attrs), X (dims), smooth_grid ("2x2x3x2", 3));
          if (!corners)
            GRAD ("GridSampleGrad", 0, ATTRS (back), X ("1x2x2x2"), smooth_grid ("1x2x2x2", 3));
        }
  GRAD ("GridSample", 0, NONE, X ("1x2x3x3x3"), smooth_grid ("1x2x1x2x3", 3));
  region_check ("GridSample", (WhyTensor *[]){ X ("2x3x4x4"), smooth_grid ("2x2x2x2", 4) }, 2, NONE,
                "1,1,0,0", "2,2,1,1", "1..2,1..2,0..4,0..4");
}

/* ---- Einsum ---- */

static WhyTensor *
einsum (const char *equation, WhyTensor *a, WhyTensor *b)
{
  const WhyAttr attrs[] = { CHECK_STRING ("equation", equation) };
  WhyTensor *inputs[] = { a, b };
  return check_eval ("Einsum", 12, inputs, b != NULL ? 2 : 1, attrs, 1, 1, 0);
}

static void
test_einsum (void)
{
#define A I ("2x2", 1, 2, 3, 4)
#define B I ("2x3", 1, 0, 2, 0, 1, 1)
  check_equal (einsum ("ij,jk->ik", A, B), I ("2x3", 1, 2, 4, 3, 4, 10), 0);
  check_equal (einsum ("ij,jk", A, B), I ("2x3", 1, 2, 4, 3, 4, 10), 0);
  check_equal (einsum (" i j , j k -> k i ", A, B), I ("3x2", 1, 3, 2, 4, 4, 10), 0);
  check_equal (einsum ("ji", B, NULL), I ("3x2", 1, 0, 0, 1, 2, 1), 0); /* alphabetical: ij */
  check_equal (einsum ("Ba", B, NULL), B, 0);                           /* capitals first */
  check_equal (einsum ("ii->i", A, NULL), I ("2", 1, 4), 0);
  check_equal (einsum ("ii", A, NULL), I ("", 5), 0);
  check_equal (einsum ("ij->", A, NULL), I ("", 10), 0);
  check_equal (einsum ("i,j->ij", I ("2", 2, 3), I ("3", 1, 2, 3)), I ("2x3", 2, 4, 6, 3, 6, 9), 0);
  check_equal (einsum ("...j,j->...", I ("1x2x2", 1, 2, 3, 4), I ("2", 1, 10)), I ("1x2", 21, 43),
               0);
  check_equal (einsum ("...i,...i", I ("2x1x2", 1, 2, 3, 4), I ("3x2", 1, 0, 0, 1, 1, 1)),
               I ("2x3", 1, 2, 3, 3, 4, 7), 0);
  check_equal (einsum ("i...->...i", B, NULL), I ("3x2", 1, 0, 0, 1, 2, 1), 0);
  check_equal (einsum ("ij,ij->i", A, I ("1x2", 1, 10)), I ("2", 21, 43),
               0); /* an axis of one entry is broadcast */
  check_equal (einsum ("ij->i", check_tensor (F32, "2x0"), NULL), F ("2", 0.0, 0.0), 0);
  check_equal (einsum ("i,i->", F ("2", 0.5, 2.0), F ("2", 4.0, 0.25)), F ("", 2.5), 0);
  check_equal (einsum ("i,i->", check_tensor (WHY_DTYPE_UINT8, "2", 16, 16),
                       check_tensor (WHY_DTYPE_UINT8, "2", 16, 1)),
               check_tensor (WHY_DTYPE_UINT8, "", 16), 0);
}

static void
einsum_fails (const char *equation, const char *part)
{
  const WhyAttr attrs[] = { CHECK_STRING ("equation", equation) };
  FAILS (part, "Einsum", 12, ATTRS (attrs), A, B);
}

static void
test_einsum_bad (void)
{
  einsum_fails ("ij->i", "a term for each of 2 inputs");
  einsum_fails ("ij,jk,kl->i", "a term for each of 2 inputs");
  einsum_fails ("ijk,jk->i", "input 0 has 2 dimensions");
  einsum_fails ("ij,kj->i", "axis 1 of input 1 has 3 entries");
  einsum_fails ("i1,jk->i", "no letter");
  einsum_fails ("ij,jk->i-", "no letter");
  einsum_fails ("..,jk->i", "stray point");
  einsum_fails ("......,jk->i", "stray point");
  einsum_fails ("ij,jk->ii", "twice");
  einsum_fails ("ij,jk->il", "no input has");
  FAILS ("'equation' is missing", "Einsum", 12, NONE, A, B);
  const WhyAttr attrs[] = { CHECK_STRING ("equation", "ij,jk") };
  FAILS ("input 1 is float32", "Einsum", 12, ATTRS (attrs), A, F ("2x1", 0.0, 0.0));
}

static void
test_einsum_gradients (void)
{
  static const struct
  {
    const char *equation;
    const char *dims[3];
  } cases[] = {
    { "ij,jk->ik", { "2x3", "3x4" } },
    { "bhqd,bhkd->bhqk", { "2x2x3x2", "2x2x4x2" } },
    { "...ij,...jk->...ik", { "2x1x2x3", "3x3x2" } },
    { "ij->", { "2x3" } },
    { "ij,j->", { "2x3", "3" } },
    { "ij,ik->k", { "2x3", "2x2" } },
    { "ii->i", { "3x3" } },
    { "ii", { "3x3" } },
    { "iij->ji", { "3x3x2" } },
    { "iii,ij->j", { "2x2x2", "2x3" } },
    { "ij,ij->i", { "2x3", "1x3" } },
    { "i,j,k->kji", { "2", "3", "2" } },
    { "bn,anm,bm->ba", { "2x3", "2x3x2", "2x2" } },
  };

  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      const WhyAttr attrs[] = { CHECK_STRING ("equation", cases[index].equation) };
      GradCheck check = { .type = "Einsum", .attrs = attrs, .n_attrs = 1, .second = TRUE };
      for (; check.n_inputs < 3 && cases[index].dims[check.n_inputs] != NULL; check.n_inputs++)
        check.inputs[check.n_inputs] = check_random (30 + check.n_inputs, -1, 1,
                                                     cases[index].dims[check.n_inputs]);
      grad_check (&check);
    }
  const WhyAttr attrs[] = { CHECK_STRING ("equation", "bij,bjk->bik") };
  region_check ("Einsum", (WhyTensor *[]) { X ("2x3x2"), X ("2x2x4") }, 2, ATTRS (attrs), "1,1,0",
                "2,2,2", "1..2,1..2,0..2");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ops/resize/nearest", test_resize_nearest);
  g_test_add_func ("/ops/resize/inexact-scales", test_resize_inexact_scales);
  g_test_add_func ("/ops/resize/linear", test_resize_linear);
  g_test_add_func ("/ops/resize/cubic", test_resize_cubic);
  g_test_add_func ("/ops/resize/crop", test_resize_crop);
  g_test_add_func ("/ops/resize/shapes", test_resize_shapes);
  g_test_add_func ("/ops/resize/table", test_resize_table);
  g_test_add_func ("/ops/resize/gradients", test_resize_gradients);
  g_test_add_func ("/ops/resize/second-gradient", test_resize_second_gradient);
  g_test_add_func ("/ops/resize/regions", test_resize_regions);
  g_test_add_func ("/ops/grid-sample/values", test_grid_sample);
  g_test_add_func ("/ops/grid-sample/dimensions", test_grid_sample_dimensions);
  g_test_add_func ("/ops/grid-sample/gradients", test_grid_sample_gradients);
  g_test_add_func ("/ops/einsum/values", test_einsum);
  g_test_add_func ("/ops/einsum/bad", test_einsum_bad);
  g_test_add_func ("/ops/einsum/gradients", test_einsum_gradients);
  return g_test_run ();
}
