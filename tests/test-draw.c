#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "draw/colormap.h"
#include "draw/legend.h"
#include "draw/picture.h"
#include "draw/resample.h"

/* A float32 sum of at most four products of values near 1. */
#define FLOAT_TOLERANCE 1e-6

/* For values that floats hold exactly; g_assert_cmpfloat_with_epsilon() wants more than zero. */
#define EXACT 1e-15

static float *
random_map (int width, int height, guint32 seed, gboolean is_signed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  float *values = g_new (float, width *height);

  for (int cell = 0; cell < width * height; cell++)
    values[cell] = (float) g_rand_double_range (rand, is_signed ? -1 : 0, 1);
  return values;
}

/* ---- colour maps ---- */

static void
test_colormap_list (void)
{
  gsize n;
  const WhyColormap *const *list = why_colormap_list (&n);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (n, >=, 8);
  for (gsize map = 0; map < n; map++)
    {
      g_assert_true (why_colormap_find (why_colormap_get_id (list[map]), NULL) == list[map]);
      g_assert_cmpstr (why_colormap_get_title (list[map]), !=, "");
    }
  g_assert_null (why_colormap_find ("virids", &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "viridis"));
}

/* Lightness must never fall: otherwise a higher value could look lower. */
static void
test_colormap_lightness (void)
{
  gsize n, n_sequential = 0;
  const WhyColormap *const *list = why_colormap_list (&n);

  for (gsize map = 0; map < n; map++)
    {
      WhyColormapFlags flags = why_colormap_get_flags (list[map]);
      double last = -1;

      if (flags & WHY_COLORMAP_SEQUENTIAL)
        {
          double rgb[3];

          n_sequential++;
          for (int step = 0; step <= 2000; step++)
            {
              why_colormap_lookup (list[map], step / 2000.0, rgb);
              double lightness = why_color_lightness (rgb);
              g_assert_cmpfloat (lightness, >, last);
              last = lightness;
            }
        }
      if (flags & WHY_COLORMAP_DIVERGING)
        {
          for (int step = 0; step <= 500; step++)
            {
              double low[3], high[3];

              why_colormap_lookup (list[map], 0.5 - step / 1000.0, low);
              why_colormap_lookup (list[map], 0.5 + step / 1000.0, high);
              /* Equal weight on both sides, darker away from zero. */
              g_assert_cmpfloat_with_epsilon (why_color_lightness (low), why_color_lightness (high),
                                              0.004);
              if (step > 0)
                g_assert_cmpfloat (why_color_lightness (low), <, last);
              last = why_color_lightness (low);
            }
        }
      if (!(flags & (WHY_COLORMAP_SEQUENTIAL | WHY_COLORMAP_DIVERGING)))
        g_assert_false (flags & WHY_COLORMAP_PERCEPTUAL);
    }
  g_assert_cmpuint (n_sequential, ==, 5);
}

/* Ends and a few inner values of the published tables (matplotlib's _cm_listed, entries 0, 36, 100,
 * 171 and 255 of 256). Tolerances: what 33 control points lose. */
static void
test_colormap_published (void)
{
  static const struct
  {
    const char *id;
    double t;
    guint32 rgb;
    int tolerance;
  } cases[] = {
    { "inferno", 0 / 255.0, 0x000004, 0 },   { "inferno", 36 / 255.0, 0x280b53, 2 },
    { "inferno", 100 / 255.0, 0x902568, 2 }, { "inferno", 171 / 255.0, 0xee6a24, 2 },
    { "inferno", 255 / 255.0, 0xfcffa4, 0 }, { "viridis", 0 / 255.0, 0x440154, 0 },
    { "viridis", 36 / 255.0, 0x46327e, 2 },  { "viridis", 100 / 255.0, 0x2a768e, 2 },
    { "viridis", 171 / 255.0, 0x37b878, 2 }, { "viridis", 255 / 255.0, 0xfde725, 0 },
    { "magma", 0 / 255.0, 0x000004, 0 },     { "magma", 36 / 255.0, 0x221150, 2 },
    { "magma", 100 / 255.0, 0x892881, 2 },   { "magma", 171 / 255.0, 0xf2625d, 2 },
    { "magma", 255 / 255.0, 0xfcfdbf, 0 },   { "cividis", 0 / 255.0, 0x00224e, 0 },
    { "cividis", 36 / 255.0, 0x213b6e, 6 },  { "cividis", 100 / 255.0, 0x656870, 6 },
    { "cividis", 171 / 255.0, 0xa69c74, 6 }, { "cividis", 255 / 255.0, 0xfee838, 0 },
    { "turbo", 0 / 255.0, 0x30123b, 0 },     { "turbo", 36 / 255.0, 0x4776ee, 2 },
    { "turbo", 100 / 255.0, 0x3ff68a, 2 },   { "turbo", 171 / 255.0, 0xfbb838, 2 },
    { "turbo", 255 / 255.0, 0x7a0403, 0 },
  };

  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      guint32 rgb = why_colormap_lookup_rgb8 (why_colormap_find (cases[index].id, NULL),
                                              cases[index].t);

      g_test_message ("%s(%g) = %06x, published %06x", cases[index].id, cases[index].t, rgb,
                      cases[index].rgb);
      for (int shift = 0; shift <= 16; shift += 8)
        g_assert_cmpint (abs ((int) (rgb >> shift & 0xff) -
                              (int) (cases[index].rgb >> shift & 0xff)),
                         <=, cases[index].tolerance);
    }
}

static void
test_colormap_neutral (void)
{
  double rgb[3];

  why_colormap_lookup (why_colormap_default (TRUE), 0.5, rgb);
  g_assert_cmpfloat (rgb[0], ==, rgb[1]);
  g_assert_cmpfloat (rgb[0], ==, rgb[2]);
  g_assert_cmpfloat (rgb[0], >, 0.9);
  why_colormap_lookup (why_colormap_default (TRUE), 0, rgb);
  g_assert_cmpfloat (rgb[2], >, rgb[0] + 0.3); /* negative is blue */
  why_colormap_lookup (why_colormap_default (TRUE), 1, rgb);
  g_assert_cmpfloat (rgb[0], >, rgb[2] + 0.3); /* positive is red */
  g_assert_cmphex (why_colormap_lookup_rgb8 (why_colormap_default (FALSE), -5), ==,
                   why_colormap_lookup_rgb8 (why_colormap_default (FALSE), 0));
  g_assert_cmphex (why_colormap_lookup_rgb8 (why_colormap_default (FALSE), INFINITY), ==,
                   why_colormap_lookup_rgb8 (why_colormap_default (FALSE), 1));
  g_assert_cmphex (why_colormap_lookup_rgb8 (why_colormap_default (TRUE), NAN), ==,
                   why_colormap_lookup_rgb8 (why_colormap_default (TRUE), 0.5));
}

static void
test_vision (void)
{
  const double grey[3] = { 0.5, 0.5, 0.5 };
  const double red[3] = { 0.8, 0.2, 0.2 };
  const double green[3] = { 0.35, 0.45, 0.2 };
  double seen[3], other[3];

  for (WhyVision vision = WHY_VISION_NORMAL; vision <= WHY_VISION_TRITAN; vision++)
    {
      /* Grey stays grey: the rows of the matrices sum to one. */
      why_vision_simulate (vision, 1, grey, seen);
      for (int c = 0; c < 3; c++)
        g_assert_cmpfloat_with_epsilon (seen[c], 0.5, 1e-4);
      why_vision_simulate (vision, 0, red, seen);
      for (int c = 0; c < 3; c++)
        g_assert_cmpfloat_with_epsilon (seen[c], red[c], 1e-9);

      /* Pixels go the same way, to the last step of 8 bits and of the table. */
      guint32 pixel = 0xff000000 | 204 << 16 | 51 << 8 | 51;
      why_vision_simulate (vision, 1, red, seen);
      why_vision_simulate_pixels (vision, 1, &pixel, 1, 1, 4);
      for (int c = 0; c < 3; c++)
        g_assert_cmpint (abs ((int) (pixel >> (16 - 8 * c) & 0xff) - (int) lrint (seen[c] * 255)),
                         <=, 1);
    }
  /* Red and green come much nearer to each other for deutans. */
  why_vision_simulate (WHY_VISION_DEUTAN, 1, red, seen);
  why_vision_simulate (WHY_VISION_DEUTAN, 1, green, other);
  g_assert_cmpfloat (fabs ((seen[0] - seen[1]) - (other[0] - other[1])), <,
                     0.6 * fabs ((red[0] - red[1]) - (green[0] - green[1])));
}

/* ---- resampling ---- */

static void
assert_values (const float *values, const double *expected, int n, double tolerance)
{
  for (int cell = 0; cell < n; cell++)
    g_assert_cmpfloat_with_epsilon (values[cell], expected[cell], tolerance);
}

/* By hand: output centre o + 0.5 lies at (o + 0.5) / 2 of the input. */
static void
test_resample_by_hand (void)
{
  const float line[] = { 0, 1, 4 };
  float out[6];

  why_resample_resize (line, 3, 1, WHY_RESAMPLE_BILINEAR, out, 6, 1);
  assert_values (out, (const double[]){ 0, 0.25, 0.75, 1.75, 3.25, 4 }, 6, EXACT);
  why_resample_resize (line, 1, 3, WHY_RESAMPLE_BILINEAR, out, 1, 6);
  assert_values (out, (const double[]){ 0, 0.25, 0.75, 1.75, 3.25, 4 }, 6, EXACT);
  why_resample_resize (line, 3, 1, WHY_RESAMPLE_NEAREST, out, 6, 1);
  assert_values (out, (const double[]){ 0, 0, 1, 1, 4, 4 }, 6, EXACT);
  why_resample_resize (line, 3, 1, WHY_RESAMPLE_CORNER_ALIGNED, out, 5, 1);
  assert_values (out, (const double[]){ 0, 0.5, 1, 2.5, 4 }, 5, EXACT);
  /* Keys, A = -0.75, a quarter to the right of cell 1: weights at distances 1.25, 0.25, 0.75, 1.75
   * are -0.10546875, 0.87890625, 0.26171875, -0.03515625; the last falls on the border value. */
  why_resample_resize (line, 3, 1, WHY_RESAMPLE_BICUBIC, out, 6, 1);
  g_assert_cmpfloat_with_epsilon (out[3], 0.87890625 + 4 * (0.26171875 - 0.03515625),
                                  FLOAT_TOLERANCE);
  /* Two outputs of 1.5 cells each. */
  why_resample_resize (line, 3, 1, WHY_RESAMPLE_AREA, out, 2, 1);
  assert_values (out, (const double[]){ 0.5 / 1.5, 4.5 / 1.5 }, 2, FLOAT_TOLERANCE);
}

static void
test_resample_identity (void)
{
  g_autofree float *values = random_map (13, 9, 1, TRUE);
  float out[13 * 9];

  for (WhyResample kind = WHY_RESAMPLE_NEAREST; kind <= WHY_RESAMPLE_AREA; kind++)
    {
      why_resample_resize (values, 13, 9, kind, out, 13, 9);
      for (int cell = 0; cell < 13 * 9; cell++)
        g_assert_cmpfloat (out[cell], ==, values[cell]);
    }
}

/* A plane is reproduced by linear interpolation away from the borders, and one value by every kind.
 */
static void
test_resample_exactness (void)
{
  float plane[8 * 6], out[37 * 41];

  for (int h = 0; h < 6; h++)
    for (int w = 0; w < 8; w++)
      plane[h * 8 + w] = 0.25f * w - 0.5f * h;
  why_resample_resize (plane, 8, 6, WHY_RESAMPLE_BILINEAR, out, 37, 41);
  for (int h = 0; h < 41; h++)
    for (int w = 0; w < 37; w++)
      {
        double x = CLAMP ((w + 0.5) * 8 / 37 - 0.5, 0, 7);
        double y = CLAMP ((h + 0.5) * 6 / 41 - 0.5, 0, 5);
        g_assert_cmpfloat_with_epsilon (out[h * 37 + w], 0.25 * x - 0.5 * y, FLOAT_TOLERANCE);
      }

  const float one = -3.25f;
  for (WhyResample kind = WHY_RESAMPLE_NEAREST; kind <= WHY_RESAMPLE_AREA; kind++)
    {
      why_resample_resize (&one, 1, 1, kind, out, 5, 7);
      for (int cell = 0; cell < 35; cell++)
        g_assert_cmpfloat_with_epsilon (out[cell], -3.25, FLOAT_TOLERANCE);
    }
}

/* Area keeps the mean. */
static void
test_resample_area (void)
{
  g_autofree float *values = random_map (100, 70, 2, FALSE);
  float out[7 * 9];
  double mean = 0, out_mean = 0;

  why_resample_resize (values, 100, 70, WHY_RESAMPLE_AREA, out, 7, 9);
  for (int cell = 0; cell < 7000; cell++)
    mean += values[cell] / 7000.0;
  for (int cell = 0; cell < 63; cell++)
    out_mean += out[cell] / 63.0;
  g_assert_cmpfloat_with_epsilon (mean, out_mean, FLOAT_TOLERANCE);
}

/* All eight turns and flips, as affines, give the turned output of the plain one. */
static void
test_resample_turns (void)
{
  enum
  {
    N_W = 5,
    N_H = 4,
    OUT = 24
  };
  g_autofree float *values = random_map (N_W, N_H, 3, TRUE);
  float plain[OUT * OUT], turned[OUT * OUT];
  WhyAffine to_map = why_affine_scale_translate (N_W / (double) OUT, N_H / (double) OUT, 0, 0);

  for (WhyResample kind = WHY_RESAMPLE_NEAREST; kind <= WHY_RESAMPLE_BICUBIC; kind++)
    {
      why_resample_affine (values, N_W, N_H, kind, &to_map, NAN, plain, OUT, OUT);
      for (int turn = 0; turn < 8; turn++)
        {
          gboolean swap = turn & 1, flip_x = turn & 2, flip_y = turn & 4;
          WhyAffine move = { 0 };

          move.xx = swap ? 0 : 1;
          move.yy = swap ? 0 : 1;
          move.xy = swap ? 1 : 0;
          move.yx = swap ? 1 : 0;
          WhyAffine flip = { flip_x ? -1 : 1, 0, 0, flip_y ? -1 : 1, flip_x ? OUT : 0,
                             flip_y ? OUT : 0 };
          WhyAffine both = why_affine_compose (&move, &flip);
          WhyAffine all = why_affine_compose (&both, &to_map);
          why_resample_affine (values, N_W, N_H, kind, &all, NAN, turned, OUT, OUT);
          for (int h = 0; h < OUT; h++)
            for (int w = 0; w < OUT; w++)
              {
                int x = swap ? h : w, y = swap ? w : h;

                x = flip_x ? OUT - 1 - x : x;
                y = flip_y ? OUT - 1 - y : y;
                g_assert_cmpfloat_with_epsilon (turned[h * OUT + w], plain[y * OUT + x],
                                                FLOAT_TOLERANCE);
              }
        }
    }
}

/* A turn by 30 degrees and the probe give the same values, NAN off the map. */
static void
test_resample_rotated (void)
{
  g_autofree float *values = random_map (7, 7, 4, TRUE);
  float out[40 * 40];
  double cosine = cos (G_PI / 6) / 4, sine = sin (G_PI / 6) / 4;
  WhyAffine to_map = { cosine, -sine, sine, cosine, 1.5, -2 };
  int n_outside = 0;

  why_resample_affine (values, 7, 7, WHY_RESAMPLE_BILINEAR, &to_map, NAN, out, 40, 40);
  for (int h = 0; h < 40; h++)
    for (int w = 0; w < 40; w++)
      {
        double x = w + 0.5, y = h + 0.5;

        why_affine_apply (&to_map, &x, &y);
        float at = why_resample_at (values, 7, 7, WHY_RESAMPLE_BILINEAR, x, y);
        if (x < 0 || y < 0 || x > 7 || y > 7)
          {
            n_outside++;
            g_assert_true (isnan (at) && isnan (out[h * 40 + w]));
          }
        else
          g_assert_cmpfloat_with_epsilon (out[h * 40 + w], at, FLOAT_TOLERANCE);
      }
  g_assert_cmpint (n_outside, >, 100);
  g_assert_cmpint (n_outside, <, 1500);
}

/* The corner-aligned affine and the corner-aligned resize are the same thing. */
static void
test_resample_corner_affine (void)
{
  g_autofree float *values = random_map (7, 5, 5, TRUE);
  float resized[22 * 31], through[22 * 31];
  WhyAffine map_to_input, input_to_map;

  why_resample_corner_affine (7, 5, 22, 31, &map_to_input);
  g_assert_true (why_affine_invert (&map_to_input, &input_to_map));
  why_resample_resize (values, 7, 5, WHY_RESAMPLE_CORNER_ALIGNED, resized, 22, 31);
  why_resample_affine (values, 7, 5, WHY_RESAMPLE_BILINEAR, &input_to_map, NAN, through, 22, 31);
  for (int cell = 0; cell < 22 * 31; cell++)
    g_assert_cmpfloat_with_epsilon (through[cell], resized[cell], FLOAT_TOLERANCE);
}

static void
test_resample_not_finite (void)
{
  const float line[] = { 1, NAN, 3, INFINITY };
  float out[8];

  /* Identity: only the cells themselves. */
  why_resample_resize (line, 4, 1, WHY_RESAMPLE_BILINEAR, out, 4, 1);
  g_assert_cmpfloat (out[0], ==, 1);
  g_assert_true (isnan (out[1]));
  g_assert_cmpfloat (out[2], ==, 3);
  g_assert_true (isinf (out[3]));
  why_resample_resize (line, 4, 1, WHY_RESAMPLE_BILINEAR, out, 8, 1);
  g_assert_cmpfloat (out[0], ==, 1); /* clamped: no weight on the NaN */
  g_assert_true (isnan (out[1]));
}

/* ---- legends ---- */

static void
test_ticks (void)
{
  double ticks[WHY_MAX_TICKS], step;

  g_assert_cmpint (why_ticks (0, 1, 6, ticks, &step), ==, 6);
  g_assert_cmpfloat_with_epsilon (ticks[1], 0.2, 1e-12);
  g_assert_cmpint (why_ticks (-0.37, 0.81, 7, ticks, &step), ==, 6);
  g_assert_cmpfloat_with_epsilon (step, 0.2, 1e-12);
  g_assert_cmpfloat (ticks[1], ==, 0);
  g_assert_cmpint (why_ticks (3, 3, 7, ticks, &step), ==, 1);
  g_assert_cmpint (why_ticks (NAN, 1, 7, ticks, &step), ==, 0);
  for (int power = -300; power < 300; power += 7)
    {
      int n = why_ticks (-3 * pow (10, power), 7 * pow (10, power), 8, ticks, &step);

      g_assert_cmpint (n, >=, 2);
      g_assert_cmpint (n, <=, 8);
    }
  why_ticks (-1.7e308, 1.7e308, 8, ticks, &step);
  why_ticks (0, 5e-324, 8, ticks, &step);
  why_ticks (1e17, 1e17 + 64, 8, ticks, &step);

#define ASSERT_TEXT(expression, expected)                                                          \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *text = expression;                                                            \
    g_assert_cmpstr (text, ==, expected);                                                          \
  }                                                                                                \
  G_STMT_END
  ASSERT_TEXT (why_tick_label (0.2, 0.2, 0), "0.2");
  ASSERT_TEXT (why_tick_label (-0.0, 0.2, 0), "0");
  ASSERT_TEXT (why_tick_label (-3e-5, 1e-5, -5), "−3");
  ASSERT_TEXT (why_tick_label (20, 10, 0), "20");
  ASSERT_TEXT (why_tick_factor (-5), " ×10⁻⁵");
  ASSERT_TEXT (why_tick_factor (12), " ×10¹²");
  ASSERT_TEXT (why_tick_factor (0), "");
  g_assert_cmpint (why_tick_exponent (-3.2e-5, 1e-5), ==, -5);
  g_assert_cmpint (why_tick_exponent (0, 0.5), ==, 0);
  g_assert_cmpint (why_tick_exponent (0, 2e7), ==, 7);
  g_assert_cmpint (why_tick_exponent (0, 0), ==, 0);
}

static void
test_scale_bar (void)
{
  static const struct
  {
    double um_per_unit, max_length, length;
    const char *label;
  } cases[] = {
    { 0.25, 100, 80, "20 µm" }, { 0.5, 400, 400, "200 µm" }, { 10, 150, 100, "1 mm" },
    { 1000, 20, 20, "20 mm" },  { 1e6, 7, 5, "5 m" },        { 0.001, 300, 200, "200 nm" },
    { 1, 1, 1, "1 µm" },        { 100, 99.99, 50, "5 mm" },
  };
  double length = -1;
  char *label = NULL;

  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      g_assert_true (
        why_scale_bar_choose (cases[index].um_per_unit, cases[index].max_length, &length, &label));
      g_assert_cmpstr (label, ==, cases[index].label);
      g_assert_cmpfloat_with_epsilon (length, cases[index].length, 1e-9 * length);
      g_clear_pointer (&label, g_free);
    }
  g_assert_false (why_scale_bar_choose (0, 100, &length, &label));
  g_assert_false (why_scale_bar_choose (NAN, 100, &length, &label));
  g_assert_false (why_scale_bar_choose (-1, 100, &length, &label));
  g_assert_false (why_scale_bar_choose (INFINITY, 100, &length, &label));
  g_assert_null (label);
}

/* ---- pictures ---- */

static WhyTensor *
make_picture (int width, int height, int n_channels)
{
  const gint64 dims[] = { height, width, n_channels };
  WhyTensor *picture = why_tensor_new (WHY_DTYPE_UINT8, 3, dims, NULL);
  guint8 *data = picture->data;

  for (int h = 0; h < height; h++)
    for (int w = 0; w < width; w++)
      for (int c = 0; c < n_channels; c++)
        *data++ = (guint8) (c == 0   ? w * 255 / MAX (width - 1, 1)
                            : c == 1 ? h * 255 / MAX (height - 1, 1)
                                     : 90);
  return picture;
}

static void
test_picture_render (void)
{
  g_autoptr (WhyTensor) picture = make_picture (20, 10, 3);
  const guint8 *data = picture->data;
  guint32 pixels[40 * 20];

  /* 1:1 is the picture itself; outside nothing. */
  for (int smooth = 0; smooth < 2; smooth++)
    {
      why_picture_render (picture, &(WhyRect){ -2, 0, 24, 10 }, smooth, 24, 10, pixels, 24 * 4);
      for (int h = 0; h < 10; h++)
        for (int w = 0; w < 24; w++)
          {
            const guint8 *rgb = data + (h * 20 + w - 2) * 3;

            if (w < 2 || w >= 22)
              g_assert_cmphex (pixels[h * 24 + w], ==, 0);
            else
              g_assert_cmphex (pixels[h * 24 + w], ==,
                               0xff000000u | (guint) rgb[0] << 16 | (guint) rgb[1] << 8 | rgb[2]);
          }
    }
  /* Half size: the mean of four. */
  why_picture_render (picture, &(WhyRect){ 0, 0, 20, 10 }, TRUE, 10, 5, pixels, 10 * 4);
  g_assert_cmpint (pixels[0] >> 16 & 0xff, ==, (int) ((data[0] + data[3]) / 2.0 + 0.5));
  /* Double size in squares. */
  why_picture_render (picture, &(WhyRect){ 0, 0, 20, 10 }, FALSE, 40, 20, pixels, 40 * 4);
  g_assert_cmphex (pixels[0], ==, pixels[41]);

  /* Planes one after the other: the same picture with other strides. */
  const gint64 dims[] = { 10, 20, 3 };
  const gint64 strides[] = { 20, 1, 200 };
  guint8 planes[600];
  guint32 other[200];
  for (int h = 0; h < 10; h++)
    for (int w = 0; w < 20; w++)
      for (int c = 0; c < 3; c++)
        planes[c * 200 + h * 20 + w] = data[(h * 20 + w) * 3 + c];
  g_autoptr (WhyTensor)
    strided = why_tensor_new_view (WHY_DTYPE_UINT8, 3, dims, strides, planes, NULL, NULL);
  why_picture_render (picture, &(WhyRect){ 0, 0, 20, 10 }, TRUE, 20, 10, pixels, 80);
  why_picture_render (strided, &(WhyRect){ 0, 0, 20, 10 }, TRUE, 20, 10, other, 80);
  g_assert_cmpmem (pixels, 800, other, 800);

  g_autoptr (GError) error = NULL;
  g_autoptr (WhyTensor) wrong = make_picture (3, 3, 2);
  g_assert_false (why_picture_check (wrong, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/draw/colormap/list", test_colormap_list);
  g_test_add_func ("/draw/colormap/lightness", test_colormap_lightness);
  g_test_add_func ("/draw/colormap/published", test_colormap_published);
  g_test_add_func ("/draw/colormap/neutral", test_colormap_neutral);
  g_test_add_func ("/draw/colormap/vision", test_vision);
  g_test_add_func ("/draw/resample/by-hand", test_resample_by_hand);
  g_test_add_func ("/draw/resample/identity", test_resample_identity);
  g_test_add_func ("/draw/resample/exactness", test_resample_exactness);
  g_test_add_func ("/draw/resample/area", test_resample_area);
  g_test_add_func ("/draw/resample/turns", test_resample_turns);
  g_test_add_func ("/draw/resample/rotated", test_resample_rotated);
  g_test_add_func ("/draw/resample/corner-affine", test_resample_corner_affine);
  g_test_add_func ("/draw/resample/not-finite", test_resample_not_finite);
  g_test_add_func ("/draw/legend/ticks", test_ticks);
  g_test_add_func ("/draw/legend/scale-bar", test_scale_bar);
  g_test_add_func ("/draw/picture/render", test_picture_render);
  return g_test_run ();
}
