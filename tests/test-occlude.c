#include "config.h"

#include "image/occlude.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Fills against their plain definitions. */

static WhyTensor *
make_picture (WhyDType dtype, gint64 width, gint64 height, gint64 bands)
{
  WhyTensor *picture = why_tensor_new (dtype, 3, (gint64[3]) { height, width, bands }, NULL);

  for (gint64 h = 0; h < height; h++)
    for (gint64 w = 0; w < width; w++)
      for (gint64 c = 0; c < bands; c++)
        {
          const gint64 value = (w * 37 + h * 91 + c * 53 + w * h % 17 * 11) % 256;
          why_tensor_set_f64 (picture, (gsize) ((h * width + w) * bands + c), (double) value * (dtype == WHY_DTYPE_UINT16 ? 257 : 1));
        }
  return picture;
}

static WhyTensor *
cover (const WhyTensor *picture, WhyArea *shape, WhyOccludeFill fill, guint64 seed)
{
  g_autoptr (GError) error = NULL;
  WhyTensor *covered = why_occlude_area (picture, shape, fill, seed, &error);

  g_assert_no_error (error);
  g_assert_true (why_tensor_same_dims (covered, picture));
  g_assert_cmpint (covered->dtype, ==, picture->dtype);
  return covered;
}

static WhyTensor *
cover_rect (const WhyTensor *picture, double x, double y, double w, double h, WhyOccludeFill fill, guint64 seed)
{
  g_autoptr (WhyArea) shape = why_area_new_rectangle (&(WhyRect) { x, y, w, h }, FALSE, NULL);

  return cover (picture, shape, fill, seed);
}

static void
test_occlude (void)
{
  const WhyDType types[] = { WHY_DTYPE_UINT8, WHY_DTYPE_UINT16, WHY_DTYPE_FLOAT32 };

  for (gsize t = 0; t < G_N_ELEMENTS (types); t++)
    {
      const double unit = types[t] == WHY_DTYPE_UINT16 ? 257.0 : 1.0;
      g_autoptr (WhyTensor) picture = make_picture (types[t], 10, 8, 3);
      double mean[3] = { 0.0 };

      for (gsize at = 0; at < 240; at++)
        mean[at % 3] += why_tensor_get_f64 (picture, at) / 80.0;
      for (int fill = WHY_OCCLUDE_MEAN; fill < WHY_OCCLUDE_N_FILLS; fill++)
        {
          /* Centres from 2.5 to 5.5 and from 1.5 to 3.5 */
          g_autoptr (WhyTensor) covered = cover_rect (picture, 2.3, 1.5, 3.4, 2.2, (WhyOccludeFill) fill, 7);
          g_autoptr (WhyTensor) again = cover_rect (picture, 2.3, 1.5, 3.4, 2.2, (WhyOccludeFill) fill, 7);

          g_assert_cmpmem (covered->data, covered->n_bytes, again->data, again->n_bytes);
          for (gsize h = 0; h < 8; h++)
            for (gsize w = 0; w < 10; w++)
              for (gsize c = 0; c < 3; c++)
                {
                  const gboolean inside = w >= 2 && w <= 5 && h >= 1 && h <= 3;
                  const double value = why_tensor_get_f64 (covered, (h * 10 + w) * 3 + c);

                  if (!inside)
                    g_assert_cmpfloat (value, ==, why_tensor_get_f64 (picture, (h * 10 + w) * 3 + c));
                  else if (fill == WHY_OCCLUDE_MEAN)
                    g_assert_cmpfloat (fabs (value - mean[c]), <=, 0.501);
                  else if (fill == WHY_OCCLUDE_BLACK)
                    g_assert_cmpfloat (value, ==, 0.0);
                  else if (fill == WHY_OCCLUDE_WHITE)
                    g_assert_cmpfloat (value, ==, 255.0 * unit);
                }
        }
      /* Smaller than a pixel, outside, everything */
      g_autoptr (WhyTensor) dot = cover_rect (picture, 4.6, 4.6, 0.1, 0.1, WHY_OCCLUDE_WHITE, 0);
      g_assert_cmpfloat (why_tensor_get_f64 (dot, (4 * 10 + 4) * 3), ==, 255.0 * unit);
      g_autoptr (WhyTensor) outside = cover_rect (picture, 1e7, -1e7, 5, 5, WHY_OCCLUDE_BLUR, 0);
      g_assert_cmpmem (outside->data, outside->n_bytes, picture->data, picture->n_bytes);
      g_autoptr (WhyTensor) all = cover_rect (picture, -1e7, -1e7, 3e7, 3e7, WHY_OCCLUDE_BLACK, 0);
      for (gsize at = 0; at < 240; at++)
        g_assert_cmpfloat (why_tensor_get_f64 (all, at), ==, 0.0);
    }
}

/* Against a direct two-dimensional Gaussian with mirrored edges, in double. */
static void
test_occlude_blur (void)
{
  const struct
  {
    double x, y, w, h, tolerance;
  } cases[] = {
    { 10, 12, 8, 6, 1e-3 },   /* sigma 2: the kernel itself, cut at 3 sigma; both are */
    { 0, 0, 5, 9, 1e-3 },     /* at the corner */
    { 20, 10, 16, 16, 9.0 },  /* sigma 4: running means, within 3 % of 255 */
    { 0, 0, 60, 40, 9.0 },    /* everything */
  };
  g_autoptr (WhyTensor) picture = make_picture (WHY_DTYPE_FLOAT32, 60, 40, 1);

  for (gsize k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      const double sigma = MAX (cases[k].w, cases[k].h) / 4.0;
      const int reach = (int) ceil (3.0 * sigma) * (sigma < 3.0 ? 1 : 2);
      g_autoptr (WhyTensor) blurred =
        cover_rect (picture, cases[k].x, cases[k].y, cases[k].w, cases[k].h, WHY_OCCLUDE_BLUR, 0);

      for (int h = (int) cases[k].y; h < cases[k].y + cases[k].h; h += 3)
        for (int w = (int) cases[k].x; w < cases[k].x + cases[k].w; w += 3)
          {
            double sum = 0.0, weights = 0.0;

            for (int dh = -reach; dh <= reach; dh++)
              for (int dw = -reach; dw <= reach; dw++)
                {
                  int from_h = h + dh, from_w = w + dw;
                  const double weight = exp (-0.5 * (dh * dh + dw * dw) / (sigma * sigma));

                  while (from_h < 0 || from_h > 39)
                    from_h = from_h < 0 ? -1 - from_h : 79 - from_h;
                  while (from_w < 0 || from_w > 59)
                    from_w = from_w < 0 ? -1 - from_w : 119 - from_w;
                  sum += weight * why_tensor_get_f64 (picture, (gsize) (from_h * 60 + from_w));
                  weights += weight;
                }
            g_assert_cmpfloat (fabs (why_tensor_get_f64 (blurred, (gsize) (h * 60 + w)) - sum / weights), <=,
                               cases[k].tolerance);
          }
    }
}

/* From sigma 16 on by way of a smaller picture: steps between plateaus show the kernel's form. */
static void
test_blur_reduced (void)
{
  enum { WIDTH = 420, HEIGHT = 300 };
  const struct
  {
    double x, y, w, h;
  } cases[] = { { 130, 100, 96, 64 }, { 0, 0, 200, 180 }, { 300, 20, 120, 250 }, { 0, 0, WIDTH, HEIGHT } };
  g_autoptr (WhyTensor) picture = why_tensor_new (WHY_DTYPE_UINT8, 3, (gint64[3]) { HEIGHT, WIDTH, 1 }, NULL);

  for (int h = 0; h < HEIGHT; h++)
    for (int w = 0; w < WIDTH; w++)
      ((guint8 *) picture->data)[h * WIDTH + w] = w / 90 % 2 == h / 70 % 2 ? 230 : 20;
  for (gsize k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      const double sigma = MAX (cases[k].w, cases[k].h) / 4.0;
      const int reach = (int) ceil (4.0 * sigma);
      g_autofree double *kernel = g_new (double, (gsize) (2 * reach + 1));
      g_autofree double *rows = g_new (double, WIDTH * HEIGHT);
      g_autoptr (WhyTensor) blurred = cover_rect (picture, cases[k].x, cases[k].y, cases[k].w, cases[k].h, WHY_OCCLUDE_BLUR, 0);
      double sum = 0;

      for (int tap = -reach; tap <= reach; tap++)
        sum += kernel[tap + reach] = exp (-0.5 * tap * tap / (sigma * sigma));
      for (int h = 0; h < HEIGHT; h++)
        for (int w = 0; w < WIDTH; w++)
          {
            double value = 0;

            for (int tap = -reach; tap <= reach; tap++)
              {
                int from = w + tap;

                while (from < 0 || from >= WIDTH)
                  from = from < 0 ? -1 - from : 2 * WIDTH - 1 - from;
                value += kernel[tap + reach] / sum * ((const guint8 *) picture->data)[h * WIDTH + from];
              }
            rows[h * WIDTH + w] = value;
          }
      for (int h = (int) cases[k].y; h < cases[k].y + cases[k].h; h += 7)
        for (int w = (int) cases[k].x; w < cases[k].x + cases[k].w; w += 7)
          {
            double value = 0;

            for (int tap = -reach; tap <= reach; tap++)
              {
                int from = h + tap;

                while (from < 0 || from >= HEIGHT)
                  from = from < 0 ? -1 - from : 2 * HEIGHT - 1 - from;
                value += kernel[tap + reach] / sum * rows[from * WIDTH + w];
              }
            /* Three running means are within 3 % of a Gaussian, of 210 levels between the plateaus. */
            g_assert_cmpfloat (fabs (((const guint8 *) blurred->data)[h * WIDTH + w] - value), <=, 7.0);
          }
    }
}

/* Each kind of shape covers what its pixels are, mixed where a mask says so. */
static void
test_shapes (void)
{
  static const WhyPoint points[] = { { 3, 2 }, { 30, 6 }, { 12, 27 } };
  static const guint8 values[] = { 0, 255, 128, 64 };
  g_autoptr (WhyTensor) tensor = why_tensor_new (WHY_DTYPE_UINT8, 2, (gint64[2]) { 2, 2 }, NULL);
  g_autoptr (WhyTensor) picture = make_picture (WHY_DTYPE_UINT8, 34, 29, 3);

  memcpy (tensor->data, values, sizeof values);
  WhyArea *shapes[] = {
    why_area_new_ellipse (&(WhyRect) { 5, 4, 20, 14 }, FALSE, NULL), why_area_new_polygon (points, 3, FALSE, NULL),
    why_area_new_brush (points, 3, 3, TRUE, NULL), why_area_new_mask (tensor, &(WhyRect) { 4, 3, 20, 20 }, FALSE, NULL),
    why_area_new_rectangle (&(WhyRect) { 3, 3, 9, 9 }, TRUE, NULL),
  };

  for (gsize shape = 0; shape < G_N_ELEMENTS (shapes); shape++)
    for (int fill = 0; fill < WHY_OCCLUDE_N_FILLS; fill++)
      {
        guint8 coverage[34 * 29];
        g_autoptr (WhyTensor) covered = cover (picture, shapes[shape], (WhyOccludeFill) fill, 3);
        g_autoptr (WhyTensor) again = cover (picture, shapes[shape], (WhyOccludeFill) fill, 3);
        g_autoptr (WhyTensor) other = cover (picture, shapes[shape], (WhyOccludeFill) fill, 4);
        guint n_changed = 0;

        g_assert_cmpmem (covered->data, covered->n_bytes, again->data, again->n_bytes);
        g_assert_cmpint (memcmp (covered->data, other->data, covered->n_bytes) != 0, ==, fill == WHY_OCCLUDE_NOISE);
        why_area_rasterise (shapes[shape], 34, 29, coverage, 34);
        for (gsize at = 0; at < 34 * 29 * 3; at++)
          {
            const int before = ((const guint8 *) picture->data)[at];
            const int after = ((const guint8 *) covered->data)[at];
            const int share = coverage[at / 3];

            n_changed += before != after;
            if (share == 0)
              g_assert_cmpint (after, ==, before);
            else if (fill == WHY_OCCLUDE_BLACK || fill == WHY_OCCLUDE_WHITE)
              {
                const double wanted = before + share / 255.0 * ((fill == WHY_OCCLUDE_WHITE ? 255 : 0) - before);
                g_assert_cmpfloat (fabs (after - wanted), <=, 0.5001);
              }
          }
        g_assert_cmpuint (n_changed, >, 200);
      }
  for (gsize shape = 0; shape < G_N_ELEMENTS (shapes); shape++)
    why_area_unref (shapes[shape]);
}

/* ---- texture ---- */

/* A slope goes on as a slope: what is left out fits what is around it, although the cover hid something else. */
static void
test_texture_slope (void)
{
  g_autoptr (WhyTensor) picture = why_tensor_new (WHY_DTYPE_FLOAT32, 3, (gint64[3]) { 90, 120, 1 }, NULL);
  g_autoptr (WhyArea) hole = why_area_new_ellipse (&(WhyRect) { 30, 20, 50, 44 }, FALSE, NULL);
  g_autoptr (WhyArea) object = why_area_new_ellipse (&(WhyRect) { 31, 21, 48, 42 }, FALSE, NULL);
  float *values = picture->data;

  for (int h = 0; h < 90; h++)
    for (int w = 0; w < 120; w++)
      values[h * 120 + w] = why_area_contains (object, w + 0.5, h + 0.5) ? 255.0f : (float) (40 + w + 0.5 * h);
  g_autoptr (WhyTensor) covered = cover (picture, hole, WHY_OCCLUDE_TEXTURE, 0);
  for (int h = 0; h < 90; h++)
    for (int w = 0; w < 120; w++)
      {
        /* The membrane is not quite relaxed, and its border lies half a window outside: a tenth of the slope's range. */
        const double wanted = 40 + w + 0.5 * h;
        g_assert_cmpfloat (fabs ((double) ((const float *) covered->data)[h * 120 + w] - wanted), <=, 12.0);
      }
}

static double
deviation (const WhyTensor *picture, const WhyArea *shape)
{
  double sum = 0, squares = 0, n = 0;

  for (gint64 h = 0; h < picture->dims[0]; h++)
    for (gint64 w = 0; w < picture->dims[1]; w++)
      {
        const double value = (double) ((const float *) picture->data)[h * picture->dims[1] + w];
        if (!why_area_contains (shape, (double) w + 0.5, (double) h + 0.5))
          continue;
        sum += value;
        squares += value * value;
        n++;
      }
  return sqrt (squares / n - sum / n * (sum / n));
}

/* Grain outside is grain inside, of the same strength; blur has none of it. */
static void
test_texture_grain (void)
{
  g_autoptr (WhyTensor) picture = why_tensor_new (WHY_DTYPE_FLOAT32, 3, (gint64[3]) { 100, 100, 1 }, NULL);
  g_autoptr (WhyArea) hole = why_area_new_rectangle (&(WhyRect) { 30, 30, 40, 40 }, FALSE, NULL);
  g_autoptr (WhyArea) around = why_area_with_inverse (hole, TRUE);
  g_autoptr (GRand) random = g_rand_new_with_seed (11);
  float *values = picture->data;

  for (gsize at = 0; at < 100 * 100; at++)
    values[at] = (float) g_rand_double_range (random, 80, 160);
  /* What is hidden does not show. */
  for (int h = 30; h < 70; h++)
    for (int w = 30; w < 70; w++)
      values[h * 100 + w] = 250;
  g_autoptr (WhyTensor) covered = cover (picture, hole, WHY_OCCLUDE_TEXTURE, 0);
  const double outside = deviation (picture, around);
  const double inside = deviation (covered, hole);
  g_assert_cmpfloat (inside, >, 0.8 * outside);
  g_assert_cmpfloat (inside, <, 1.3 * outside);

  for (int h = 30; h < 70; h++)
    for (int w = 30; w < 70; w++)
      values[h * 100 + w] = 0;
  g_autoptr (WhyTensor) again = cover (picture, hole, WHY_OCCLUDE_TEXTURE, 0);
  g_assert_cmpmem (covered->data, covered->n_bytes, again->data, again->n_bytes);
}

static void
test_texture_all (void)
{
  g_autoptr (WhyTensor) picture = make_picture (WHY_DTYPE_UINT8, 20, 15, 3);
  g_autoptr (WhyTensor) all = cover_rect (picture, 0, 0, 20, 15, WHY_OCCLUDE_TEXTURE, 0);
  g_autoptr (WhyTensor) mean = cover_rect (picture, 0, 0, 20, 15, WHY_OCCLUDE_MEAN, 0);

  g_assert_cmpmem (all->data, all->n_bytes, mean->data, mean->n_bytes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/occlude/rectangles", test_occlude);
  g_test_add_func ("/occlude/blur", test_occlude_blur);
  g_test_add_func ("/occlude/blur-reduced", test_blur_reduced);
  g_test_add_func ("/occlude/shapes", test_shapes);
  g_test_add_func ("/occlude/texture-slope", test_texture_slope);
  g_test_add_func ("/occlude/texture-grain", test_texture_grain);
  g_test_add_func ("/occlude/texture-all", test_texture_all);
  return g_test_run ();
}
