#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "draw/contour.h"
#include "draw/overlay.h"

static float *
random_map (int width, int height, guint32 seed, gboolean is_signed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  float *values = g_new (float, width *height);

  for (int cell = 0; cell < width * height; cell++)
    values[cell] = (float) g_rand_double_range (rand, is_signed ? -1 : 0, 1);
  return values;
}

static WhyOverlayMap
make_map (const float *values, int width, int height, double cell)
{
  return (WhyOverlayMap){
    .values = values,
    .width = width,
    .height = height,
    .to_source = why_affine_scale_translate (cell, cell, 0, 0),
    .source_width = width * cell,
    .source_height = height * cell,
  };
}

static guint32 *
render (const WhyOverlayMap *map, const WhyOverlayStyle *style, WhyRect view, int width, int height)
{
  guint32 *pixels = g_new (guint32, width * height);

  memset (pixels, 0x5a, (gsize) width * height * 4);
  why_overlay_render (map, style, &view, width, height, pixels, (gsize) width * 4);
  return pixels;
}

static int
pixel_distance (guint32 a, guint32 b)
{
  int distance = 0;

  for (int shift = 0; shift <= 24; shift += 8)
    distance = MAX (distance, abs ((int) (a >> shift & 0xff) - (int) (b >> shift & 0xff)));
  return distance;
}

/* Every channel at most alpha, and the colour of the map times alpha. */
static void
test_overlay_premultiplied (void)
{
  const float values[] = { 0, 0.25f, 0.5f, 1 };
  WhyOverlayMap map = make_map (values, 4, 1, 1);
  WhyOverlayStyle style;

  why_overlay_style_init (&style, FALSE);
  style.kind = WHY_RESAMPLE_NEAREST;
  for (int step = 0; step <= 10; step++)
    {
      style.opacity = step / 10.0;
      g_autofree guint32 *pixels = render (&map, &style, (WhyRect){ 0, 0, 4, 1 }, 4, 1);

      for (int w = 0; w < 4; w++)
        {
          double rgb[3];

          why_colormap_lookup (why_colormap_default (FALSE), values[w], rgb);
          g_assert_cmpint (pixels[w] >> 24, ==, lrint (255 * style.opacity));
          for (int c = 0; c < 3; c++)
            {
              int channel = pixels[w] >> (16 - 8 * c) & 0xff;

              g_assert_cmpint (channel, <=, pixels[w] >> 24);
              g_assert_cmpint (abs (channel - (int) lrint (255 * style.opacity * rgb[c])), <=, 1);
            }
        }
    }
}

/* Twice as large a zoom shows the same colours at the same source positions. */
static void
test_overlay_zooms (void)
{
  g_autofree float *values = random_map (7, 7, 6, TRUE);
  WhyOverlayMap map = make_map (values, 7, 7, 32);
  WhyOverlayStyle style;

  why_overlay_style_init (&style, TRUE);
  for (WhyResample kind = WHY_RESAMPLE_NEAREST; kind <= WHY_RESAMPLE_BICUBIC; kind++)
    {
      style.kind = kind;
      g_autofree guint32 *one = render (&map, &style, (WhyRect){ 0, 0, 224, 224 }, 224, 224);
      g_autofree guint32 *three = render (&map, &style, (WhyRect){ 0, 0, 224, 224 }, 672, 672);

      for (int h = 0; h < 224; h++)
        for (int w = 0; w < 224; w++) /* centre of pixel w is the centre of pixel 3 w + 1 */
          g_assert_cmpint (pixel_distance (one[h * 224 + w], three[(3 * h + 1) * 672 + 3 * w + 1]),
                           <=, 1);
    }
}

/* A part is a crop of the whole: no seams between tiles, hatch included. */
static void
test_overlay_tiles (void)
{
  g_autofree float *values = random_map (9, 9, 7, FALSE);
  WhyOverlayMap map = make_map (values, 9, 9, 16);
  WhyOverlayStyle style;

  values[30] = NAN;
  values[47] = INFINITY;
  why_overlay_style_init (&style, FALSE);
  style.threshold = 0.2;
  for (int variant = 0; variant < 3; variant++)
    {
      const double zooms[] = { 2, 1, 1 / 3.0 };
      double zoom = zooms[variant];
      int size = (int) (144 * zoom);
      g_autofree guint32 *whole = render (&map, &style, (WhyRect){ 0, 0, 144, 144 }, size, size);
      const int tile = 12; /* not a multiple of the hatch, which repeats every 8 */

      for (int top = 0; top < size; top += tile)
        for (int left = 0; left < size; left += tile)
          {
            WhyRect view = { left / zoom, top / zoom, tile / zoom, tile / zoom };
            g_autofree guint32 *part = render (&map, &style, view, tile, tile);

            for (int h = 0; h < tile; h++)
              for (int w = 0; w < tile; w++)
                g_assert_cmpint (pixel_distance (part[h * tile + w],
                                                 whole[(top + h) * size + left + w]),
                                 <=, 1);
          }
    }
}

static void
test_overlay_flipped (void)
{
  g_autofree float *values = random_map (7, 6, 8, TRUE);
  float flipped[42];
  WhyOverlayMap map = make_map (values, 7, 6, 10);
  WhyOverlayMap mirror = make_map (flipped, 7, 6, 10);
  WhyOverlayMap by_affine = map;
  WhyOverlayStyle style;

  for (int h = 0; h < 6; h++)
    for (int w = 0; w < 7; w++)
      flipped[h * 7 + w] = values[h * 7 + 6 - w];
  by_affine.to_source = (WhyAffine){ .xx = -10, .yy = 10, .x0 = 70 };
  why_overlay_style_init (&style, TRUE);
  g_autofree guint32 *plain = render (&map, &style, (WhyRect){ 0, 0, 70, 60 }, 210, 180);
  g_autofree guint32 *other = render (&mirror, &style, (WhyRect){ 0, 0, 70, 60 }, 210, 180);
  g_autofree guint32 *third = render (&by_affine, &style, (WhyRect){ 0, 0, 70, 60 }, 210, 180);
  for (int h = 0; h < 180; h++)
    for (int w = 0; w < 210; w++)
      {
        g_assert_cmpint (pixel_distance (plain[h * 210 + w], other[h * 210 + 209 - w]), <=, 1);
        g_assert_cmpint (pixel_distance (other[h * 210 + w], third[h * 210 + w]), <=, 1);
      }
}

static void
test_overlay_stats (void)
{
  WhyMapStats stats;

  why_map_stats ((const float[]){ -1, NAN, 3, INFINITY }, 4, &stats);
  g_assert_cmpfloat (stats.min, ==, -1);
  g_assert_cmpfloat (stats.max, ==, 3);
  g_assert_cmpfloat (stats.mean, ==, 1);
  g_assert_cmpuint (stats.n_not_finite, ==, 2);
  g_assert_true (!stats.flat && !stats.all_zero && !stats.all_negative && stats.has_negative);
  why_map_stats ((const float[]){ -1, -2 }, 2, &stats);
  g_assert_true (stats.all_negative && !stats.flat);
  why_map_stats ((const float[]){ 0, -0.0f }, 2, &stats);
  g_assert_true (stats.all_zero && stats.flat && !stats.all_negative && !stats.has_negative);
  why_map_stats ((const float[]){ NAN }, 1, &stats);
  g_assert_true (stats.flat && stats.n_not_finite == 1 && !stats.all_negative);
  g_assert_cmpfloat (stats.max, ==, 0);
}

static void
test_overlay_limits (void)
{
  const float values[] = { -2, 1, NAN, 0.5f };
  const float positive[] = { 1, 2, 3, 4 };
  WhyOverlayMap map = make_map (values, 4, 1, 1);
  WhyOverlayMap positive_map = make_map (positive, 4, 1, 1);
  WhyOverlayStyle style;
  double lo, hi;

  why_overlay_style_init (&style, FALSE);
#define ASSERT_LIMITS(map, low, high)                                                              \
  why_overlay_limits (map, &style, &lo, &hi);                                                      \
  g_assert_cmpfloat (lo, ==, low);                                                                 \
  g_assert_cmpfloat (hi, ==, high);
  style.limits = WHY_LIMITS_MIN_MAX;
  ASSERT_LIMITS (&map, -2, 1);
  ASSERT_LIMITS (&positive_map, 1, 4);
  style.limits = WHY_LIMITS_ZERO_MAX;
  ASSERT_LIMITS (&positive_map, 0, 4);
  ASSERT_LIMITS (&map, -2, 1);
  style.limits = WHY_LIMITS_LOCKED;
  style.lo = -1;
  style.hi = 9;
  ASSERT_LIMITS (&map, -1, 9);
  style.centre_zero = TRUE;
  ASSERT_LIMITS (&map, -9, 9);
  style.limits = WHY_LIMITS_MIN_MAX;
  ASSERT_LIMITS (&map, -2, 2);
  style.limits = WHY_LIMITS_SYMMETRIC;
  ASSERT_LIMITS (&positive_map, -4, 4);
  /* Three quarters of 1 + 2 + 3 + 4 are reached with the 4: 1 + 2 + 3 = 6 < 7.5; 55 % with the 3.
   */
  style.centre_zero = FALSE;
  style.limits = WHY_LIMITS_ZERO_MAX;
  style.outlier_share = 0.25;
  ASSERT_LIMITS (&positive_map, 0, 4);
  style.outlier_share = 0.45;
  ASSERT_LIMITS (&positive_map, 0, 3);
  /* A diverging colour map has its middle at zero, asked or not. */
  style.outlier_share = 0;
  style.colormap = why_colormap_default (TRUE);
  ASSERT_LIMITS (&positive_map, -4, 4);
}

static void
test_overlay_threshold (void)
{
  const float values[] = { 0, 0.4f, 0.5f, 1, -0.4f, -0.5f, -1, -0.1f };
  WhyOverlayMap map = make_map (values, 8, 1, 1);
  WhyOverlayStyle style;
  const guint expected_signed[] = { 0, 0, 128, 128, 0, 128, 128, 0 };

  why_overlay_style_init (&style, TRUE);
  style.opacity = 0.5;
  style.alpha_by_value = FALSE;
  style.kind = WHY_RESAMPLE_NEAREST;
  style.threshold = 0.5;
  g_autofree guint32 *both = render (&map, &style, (WhyRect){ 0, 0, 8, 1 }, 8, 1);
  for (int w = 0; w < 8; w++)
    g_assert_cmpint (both[w] >> 24, ==, expected_signed[w]);

  why_overlay_style_init (&style, FALSE);
  style.kind = WHY_RESAMPLE_NEAREST;
  style.limits = WHY_LIMITS_MIN_MAX; /* -1..1: the middle is 0 */
  style.threshold = 0.5;
  g_autofree guint32 *upper = render (&map, &style, (WhyRect){ 0, 0, 8, 1 }, 8, 1);
  for (int w = 0; w < 8; w++)
    g_assert_cmpint (upper[w] >> 24, ==, values[w] >= 0 ? 128 : 0);

  style.threshold = 0;
  style.alpha_by_value = TRUE;
  g_autofree guint32 *faded = render (&map, &style, (WhyRect){ 0, 0, 8, 1 }, 8, 1);
  g_assert_cmpint (faded[6] >> 24, ==, 0);
  g_assert_cmpint (faded[0] >> 24, ==, 64);
  g_assert_cmpint (faded[3] >> 24, ==, 128);
}

/* Flat maps: no division by zero, and nothing that looks like evidence. */
static void
test_overlay_flat (void)
{
  const float levels[] = { 0, 2.5f, -1, 1e38f };

  for (gsize level = 0; level < G_N_ELEMENTS (levels); level++)
    for (int is_signed = 0; is_signed < 2; is_signed++)
      for (WhyLimits limits = WHY_LIMITS_MIN_MAX; limits <= WHY_LIMITS_LOCKED; limits++)
        {
          float values[4];
          WhyOverlayMap map = make_map (values, 2, 2, 4);
          WhyOverlayStyle style;

          for (int cell = 0; cell < 4; cell++)
            values[cell] = levels[level];
          why_overlay_style_init (&style, is_signed);
          style.limits = limits;
          style.opacity = 0.5;
          style.alpha_by_value = FALSE;
          g_autofree guint32 *pixels = render (&map, &style, (WhyRect){ 0, 0, 8, 8 }, 16, 16);
          for (int pixel = 1; pixel < 256; pixel++)
            g_assert_cmphex (pixels[pixel], ==, pixels[0]);
          if (levels[level] == 0)
            {
              double rgb[3];

              why_colormap_lookup (why_overlay_style_colormap (&style), is_signed ? 0.5 : 0, rgb);
              g_assert_cmpint (abs ((int) (pixels[0] >> 16 & 0xff) - (int) lrint (rgb[0] * 127.5)),
                               <=, 1);
            }
        }
}

/* Zero is the neutral colour also between cells of different sign. */
static void
test_overlay_zero (void)
{
  const float values[] = { -1, 3 };
  WhyOverlayMap map = make_map (values, 2, 1, 8);
  WhyOverlayStyle style;

  why_overlay_style_init (&style, TRUE);
  style.opacity = 1;
  style.alpha_by_value = FALSE;
  style.limits = WHY_LIMITS_LOCKED;
  style.lo = -0.7;
  style.hi = 3;
  /* Zero at a quarter between the centres 4 and 12: at 6. */
  g_autofree guint32 *pixels = render (&map, &style, (WhyRect){ 5.5, 0, 1, 1 }, 1, 1);
  g_assert_cmpint (pixels[0] >> 16 & 0xff, ==, pixels[0] & 0xff);
  g_assert_cmpint (pixels[0] >> 16 & 0xff, >, 230);
}

static void
test_overlay_not_finite (void)
{
  float values[] = { 1, 1, 1, 1, NAN, 1, 1, 1, -INFINITY };
  WhyOverlayMap map = make_map (values, 3, 3, 8);
  WhyOverlayStyle style;
  int n_colors = 0;
  guint32 last = 0;

  why_overlay_style_init (&style, FALSE);
  style.limits = WHY_LIMITS_LOCKED;
  style.hi = 1;
  g_autofree guint32 *pixels = render (&map, &style, (WhyRect){ 0, 0, 24, 24 }, 24, 24);
  for (int h = 0; h < 24; h++)
    for (int w = 0; w < 24; w++)
      {
        guint32 pixel = pixels[h * 24 + w];
        int cell = h / 8 * 3 + w / 8;

        if (cell == 4 || cell == 8)
          {
            /* Grey, in stripes. */
            g_assert_cmpint (pixel >> 16 & 0xff, ==, pixel & 0xff);
            n_colors += pixel != last;
            last = pixel;
          }
        else /* the ones keep their colour right up to the bad cells */
          g_assert_cmphex (pixel, ==, pixels[0]);
      }
  g_assert_cmpint (n_colors, >, 10);

  for (int cell = 0; cell < 9; cell++)
    values[cell] = NAN;
  g_autofree guint32 *none = render (&map, &style, (WhyRect){ 0, 0, 24, 24 }, 24, 24);
  g_assert_cmpint (none[0] >> 16 & 0xff, ==, none[0] & 0xff);
}

static void
test_overlay_outside (void)
{
  const float values[] = { 1, 1, 1, 1 };
  WhyOverlayMap map = make_map (values, 2, 2, 10);
  WhyOverlayStyle style;
  WhyAffine off = why_affine_scale_translate (10, 10, 5, -5);

  why_overlay_style_init (&style, FALSE);
  map.to_source = off; /* covers 5..25 x -5..15 of a picture of 18 x 18 */
  map.source_width = map.source_height = 18;
  g_autofree guint32 *pixels = render (&map, &style, (WhyRect){ -4, -4, 32, 32 }, 32, 32);
  for (int h = 0; h < 32; h++)
    for (int w = 0; w < 32; w++)
      {
        int x = w - 4, y = h - 4;

        g_assert_cmpint (pixels[h * 32 + w] >> 24, ==,
                         x >= 5 && x < 18 && y >= 0 && y < 15 ? 128 : 0);
      }

  /* Nowhere, or at a place beyond all measure: nothing is drawn, and nothing breaks. */
  const WhyRect views[] = {
    { 0, 0, 8, 8 },
    { NAN, 0, 8, 8 },
    { 1e308, -1e308, 8, 8 },
    { 0, 0, -1, 8 },
    { 1e300, 0, 1e-300, INFINITY },
  };
  for (gsize view = 0; view < G_N_ELEMENTS (views); view++)
    {
      map.to_source = view == 0 ? (WhyAffine){ 0 }
                                : why_affine_scale_translate (1e-3, 1e-3, 1e200, 0);
      map.source_width = map.source_height = 0;
      g_autofree guint32 *none = render (&map, &style, views[view], 8, 8);
      for (int pixel = 0; pixel < 64; pixel++)
        g_assert_cmphex (none[pixel], ==, 0);
    }
}

/* A turned map (a rotated slide) is clipped to its outline. */
static void
test_overlay_rotated (void)
{
  const float values[] = { 1, 1, 1, 1 };
  WhyOverlayMap map = make_map (values, 2, 2, 10);
  WhyOverlayStyle style;
  int n_drawn = 0;

  why_overlay_style_init (&style, FALSE);
  map.source_width = map.source_height = 0;
  map.to_source = (WhyAffine){ 7.0710678, -7.0710678, 7.0710678, 7.0710678, 20, 5 };
  g_autofree guint32 *pixels = render (&map, &style, (WhyRect){ 0, 0, 40, 40 }, 160, 160);
  for (int pixel = 0; pixel < 160 * 160; pixel++)
    n_drawn += pixels[pixel] >> 24 == 128;
  /* A square of 20 x 20 source pixels at 4 x 4 pixels each; half a pixel of its outline in doubt.
   */
  g_assert_cmpint (abs (n_drawn - 6400), <, 4 * 80 / 2);
}

static void
test_overlay_threads (void)
{
  g_autofree float *values = random_map (31, 17, 9, TRUE);
  WhyOverlayMap map = make_map (values, 31, 17, 20);
  WhyOverlayStyle style;
  int before = why_parallel_get_threads ();

  why_overlay_style_init (&style, TRUE);
  why_parallel_set_threads (1);
  g_autofree guint32 *one = render (&map, &style, (WhyRect){ 0, 0, 620, 340 }, 620, 340);
  why_parallel_set_threads (2);
  g_autofree guint32 *two = render (&map, &style, (WhyRect){ 0, 0, 620, 340 }, 620, 340);
  why_parallel_set_threads (before);
  g_assert_cmpmem (one, 620 * 340 * 4, two, 620 * 340 * 4);
}

static void
test_overlay_speed (void)
{
  const int sizes[] = { 7, 224 };
  g_autofree guint32 *pixels = g_new (guint32, 3840 * 2160);

  if (!g_test_perf ())
    {
      g_test_skip ("a measurement; run with -m perf");
      return;
    }
  for (gsize size = 0; size < G_N_ELEMENTS (sizes); size++)
    for (int n_threads = 1; n_threads <= 2; n_threads++)
      {
        g_autofree float *values = random_map (sizes[size], sizes[size], 10, FALSE);
        WhyOverlayMap map = make_map (values, sizes[size], sizes[size], 3840.0 / sizes[size]);
        WhyOverlayStyle style;
        WhyRect view = { 0, 0, 3840, 2160 };
        double best = INFINITY;

        why_overlay_style_init (&style, FALSE);
        why_parallel_set_threads (n_threads);
        for (int run = 0; run < 10; run++)
          {
            g_test_timer_start ();
            why_overlay_render (&map, &style, &view, 3840, 2160, pixels, 3840 * 4);
            best = MIN (best, g_test_timer_elapsed ());
          }
        g_test_minimized_result (best, "3840x2160 from %dx%d, %d threads: %.1f ms", sizes[size],
                                 sizes[size], n_threads, best * 1000);
      }
}

/* ---- contours ---- */

static void
test_contour_circle (void)
{
  enum
  {
    N = 41
  };
  float values[N * N];

  /* A cone: the line at 10 is a circle of radius 10 round the centre. */
  for (int h = 0; h < N; h++)
    for (int w = 0; w < N; w++)
      values[h * N + w] = (float) hypot (w + 0.5 - 20.5, h + 0.5 - 20.5);
  g_autoptr (GPtrArray) lines = why_contour_trace (values, N, N, WHY_RESAMPLE_BILINEAR, 10);
  g_assert_cmpuint (lines->len, ==, 1);
  const WhyContourLine *line = lines->pdata[0];
  double area = 0;

  g_assert_true (line->closed);
  for (gsize point = 0; point < line->n_points; point++)
    {
      const double *here = line->points + 2 * point;
      const double *next = line->points + 2 * ((point + 1) % line->n_points);

      /* A cone is bent by 1/r = 0.1 a cell: linear interpolation errs by at most 0.1 / 8 each way.
       */
      g_assert_cmpfloat_with_epsilon (hypot (here[0] - 20.5, here[1] - 20.5), 10, 0.03);
      area += (here[0] * next[1] - next[0] * here[1]) / 2;
    }
  /* The high side, outside, is on the right: the walk is anticlockwise on the screen, its area
   * negative. */
  g_assert_cmpfloat_with_epsilon (area, -G_PI * 100, 2);
}

static void
test_contour_cells (void)
{
  const float values[] = {
    0, 0, 0, 0, /* */
    0, 1, 0, 0, /* */
    0, 0, 1, 0, /* touches only at a corner */
    0, 0, 0, NAN,
  };
  g_autoptr (GPtrArray) lines = why_contour_trace (values, 4, 4, WHY_RESAMPLE_NEAREST, 0.5);
  double area = 0;

  for (guint index = 0; index < lines->len; index++)
    {
      const WhyContourLine *line = lines->pdata[index];

      g_assert_true (line->closed);
      for (gsize point = 0; point < line->n_points; point++)
        {
          const double *here = line->points + 2 * point;
          const double *next = line->points + 2 * ((point + 1) % line->n_points);

          g_assert_cmpfloat (fabs (here[0] - next[0]) + fabs (here[1] - next[1]), ==, 1);
          area += (here[0] * next[1] - next[0] * here[1]) / 2;
        }
    }
  g_assert_cmpfloat (area, ==, 2); /* two cells, high inside: clockwise on the screen */

  g_autoptr (GPtrArray) none = why_contour_trace (values, 4, 4, WHY_RESAMPLE_NEAREST, 5);
  g_assert_cmpuint (none->len, ==, 0);
}

/* On the line the interpolated map has the level, also at saddles and where lines leave the map. */
static void
test_contour_level (void)
{
  for (guint32 seed = 20; seed < 30; seed++)
    {
      g_autofree float *values = random_map (7, 5, seed, TRUE);
      g_autoptr (GPtrArray) lines = why_contour_trace (values, 7, 5, WHY_RESAMPLE_BILINEAR, 0.2);

      g_assert_cmpuint (lines->len, >, 0);
      for (guint index = 0; index < lines->len; index++)
        {
          const WhyContourLine *line = lines->pdata[index];

          for (gsize point = 0; point < line->n_points; point++)
            {
              double x = line->points[2 * point], y = line->points[2 * point + 1];
              float at = why_resample_at (values, 7, 5, WHY_RESAMPLE_BILINEAR, x, y);

              /* Straight between samples an eighth of a cell apart, along an axis: bilinear is
               * linear there, but for the cell centres that lie between two samples: a bend of at
               * most 4 at 1/16 cell. */
              g_assert_cmpfloat_with_epsilon (at, 0.2, 0.13);
            }
          if (!line->closed)
            for (int end = 0; end < 2; end++)
              {
                double x = line->points[end == 0 ? 0 : 2 * (line->n_points - 1)];
                double y = line->points[(end == 0 ? 0 : 2 * (line->n_points - 1)) + 1];

                g_assert_true (x < 1e-6 || y < 1e-6 || x > 7 - 1e-6 || y > 5 - 1e-6);
              }
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/overlay/premultiplied", test_overlay_premultiplied);
  g_test_add_func ("/overlay/zooms", test_overlay_zooms);
  g_test_add_func ("/overlay/tiles", test_overlay_tiles);
  g_test_add_func ("/overlay/flipped", test_overlay_flipped);
  g_test_add_func ("/overlay/stats", test_overlay_stats);
  g_test_add_func ("/overlay/limits", test_overlay_limits);
  g_test_add_func ("/overlay/threshold", test_overlay_threshold);
  g_test_add_func ("/overlay/flat", test_overlay_flat);
  g_test_add_func ("/overlay/zero", test_overlay_zero);
  g_test_add_func ("/overlay/not-finite", test_overlay_not_finite);
  g_test_add_func ("/overlay/outside", test_overlay_outside);
  g_test_add_func ("/overlay/rotated", test_overlay_rotated);
  g_test_add_func ("/overlay/threads", test_overlay_threads);
  g_test_add_func ("/overlay/speed", test_overlay_speed);
  g_test_add_func ("/contour/circle", test_contour_circle);
  g_test_add_func ("/contour/cells", test_contour_cells);
  g_test_add_func ("/contour/level", test_contour_level);
  return g_test_run ();
}
