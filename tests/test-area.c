#include "config.h"

#include "image/area.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Shapes against their plain definitions, pixel by pixel; values at the edge of what a rule says are left out where
 * the definition is worked out another way. */

#define WIDTH 61
#define HEIGHT 47

/* Pixels nearer to an edge than this may fall to either side by rounding. */
#define EDGE 1e-6

static WhyArea *
good (WhyArea *shape, GError **error)
{
  g_assert_no_error (*error);
  g_assert_nonnull (shape);
  return shape;
}

static WhyArea *
rectangle (double x, double y, double w, double h)
{
  g_autoptr (GError) error = NULL;

  return good (why_area_new_rectangle (&(WhyRect) { x, y, w, h }, FALSE, &error), &error);
}

static WhyArea *
ellipse (double x, double y, double w, double h)
{
  g_autoptr (GError) error = NULL;

  return good (why_area_new_ellipse (&(WhyRect) { x, y, w, h }, FALSE, &error), &error);
}

static WhyArea *
polygon (const WhyPoint *points, gsize n_points)
{
  g_autoptr (GError) error = NULL;

  return good (why_area_new_polygon (points, n_points, FALSE, &error), &error);
}

static WhyArea *
brush (const WhyPoint *points, gsize n_points, double radius)
{
  g_autoptr (GError) error = NULL;

  return good (why_area_new_brush (points, n_points, radius, FALSE, &error), &error);
}

static WhyArea *
mask (gint64 rows, gint64 columns, const guint8 *values, const WhyRect *box)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyTensor) tensor = why_tensor_new (WHY_DTYPE_UINT8, 2, (gint64[]) { rows, columns }, &error);

  g_assert_no_error (error);
  memcpy (tensor->data, values, (gsize) (rows * columns));
  return good (why_area_new_mask (tensor, box, FALSE, &error), &error);
}

/* Rows are longer than the picture, and what lies beyond them is left alone. */
static guint8 *
draw (const WhyArea *shape)
{
  guint8 *coverage = g_malloc ((WIDTH + 3) * HEIGHT);

  memset (coverage, 77, (WIDTH + 3) * HEIGHT);
  why_area_rasterise (shape, WIDTH, HEIGHT, coverage, WIDTH + 3);
  for (int row = 0; row < HEIGHT; row++)
    {
      for (int column = WIDTH; column < WIDTH + 3; column++)
        g_assert_cmpint (coverage[row * (WIDTH + 3) + column], ==, 77);
      memmove (coverage + row * WIDTH, coverage + row * (WIDTH + 3), WIDTH);
    }
  return coverage;
}

/* How far inside the edge a point is (below 0: outside), by the definition; only the sign near the edge must be right. */
typedef double (*Depth) (gconstpointer data, double x, double y);

static guint
check (const WhyArea *shape, Depth depth, gconstpointer data)
{
  g_autofree guint8 *coverage = draw (shape);
  guint n_inside = 0;

  for (int row = 0; row < HEIGHT; row++)
    for (int column = 0; column < WIDTH; column++)
      {
        const double x = column + 0.5;
        const double y = row + 0.5;
        const double inside = depth (data, x, y);
        const guint8 value = coverage[row * WIDTH + column];

        g_assert_true (value == 0 || value == 255);
        /* The hit test is the same rule, to the last bit. */
        g_assert_cmpint (value == 255, ==, why_area_contains (shape, x, y));
        if (fabs (inside) > EDGE && (value == 255) != (inside > 0))
          g_error ("pixel %d, %d is %d, and %g inside", column, row, value, inside);
        n_inside += value == 255;
      }
  return n_inside;
}

static double
rectangle_depth (gconstpointer data, double x, double y)
{
  const WhyRect *box = data;

  return MIN (MIN (x - box->x, box->x + box->width - x), MIN (y - box->y, box->y + box->height - y));
}

static double
ellipse_depth (gconstpointer data, double x, double y)
{
  const WhyRect *box = data;
  const double a = box->width / 2;
  const double b = box->height / 2;

  return 1 - hypot ((x - box->x - a) / a, (y - box->y - b) / b);
}

static void
test_boxes (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  guint n_rectangle = 0;
  guint n_ellipse = 0;

  for (int round = 0; round < 200; round++)
    {
      const WhyRect box = { g_rand_double_range (random, -20, 60), g_rand_double_range (random, -20, 45),
                            g_rand_double_range (random, 1.5, 70), g_rand_double_range (random, 1.5, 60) };
      g_autoptr (WhyArea) one = rectangle (box.x, box.y, box.width, box.height);
      g_autoptr (WhyArea) other = ellipse (box.x, box.y, box.width, box.height);

      n_rectangle += check (one, rectangle_depth, &box);
      n_ellipse += check (other, ellipse_depth, &box);
    }
  g_assert_cmpuint (n_ellipse, >, 10000);
  g_assert_cmpuint (n_rectangle, >, n_ellipse);
}

static void
test_edges (void)
{
  g_autoptr (WhyArea) whole = rectangle (10, 5, 3, 2);
  g_autoptr (WhyArea) half = rectangle (9.5, 4.5, 3, 2);
  g_autoptr (WhyArea) line = rectangle (10.1, 5, 0.2, 4);
  g_autoptr (WhyArea) dot = ellipse (20.6, 7.1, 0.1, 0.2);
  g_autoptr (WhyArea) outside = rectangle (-5, 3, 0.3, 2);
  g_autofree guint8 *coverage = NULL;

  /* Centres 10.5 .. 12.5 and 5.5, 6.5 */
  coverage = draw (whole);
  for (int row = 0; row < HEIGHT; row++)
    for (int column = 0; column < WIDTH; column++)
      g_assert_cmpint (coverage[row * WIDTH + column], ==, column >= 10 && column < 13 && row >= 5 && row < 7 ? 255 : 0);

  /* Left and top edge count, right and bottom do not. */
  g_free (g_steal_pointer (&coverage));
  coverage = draw (half);
  for (int row = 0; row < HEIGHT; row++)
    for (int column = 0; column < WIDTH; column++)
      g_assert_cmpint (coverage[row * WIDTH + column], ==, column >= 9 && column < 12 && row >= 4 && row < 6 ? 255 : 0);

  g_free (g_steal_pointer (&coverage));
  coverage = draw (line);
  for (int row = 0; row < HEIGHT; row++)
    for (int column = 0; column < WIDTH; column++)
      g_assert_cmpint (coverage[row * WIDTH + column], ==, column == 10 && row >= 5 && row < 9 ? 255 : 0);

  g_free (g_steal_pointer (&coverage));
  coverage = draw (dot);
  for (int row = 0; row < HEIGHT; row++)
    for (int column = 0; column < WIDTH; column++)
      g_assert_cmpint (coverage[row * WIDTH + column], ==, column == 20 && row == 7 ? 255 : 0);

  /* What is beside the picture does not come back in at its edge. */
  g_free (g_steal_pointer (&coverage));
  coverage = draw (outside);
  for (int pixel = 0; pixel < WIDTH * HEIGHT; pixel++)
    g_assert_cmpint (coverage[pixel], ==, 0);
}

typedef struct
{
  const WhyPoint *points;
  gsize n_points;
  double radius;
} Line;

static double
segment_distance (const WhyPoint *a, const WhyPoint *b, double x, double y)
{
  const double length = hypot (b->x - a->x, b->y - a->y);

  if (length == 0)
    return hypot (x - a->x, y - a->y);
  /* In the frame of the segment */
  const double along = ((x - a->x) * (b->x - a->x) + (y - a->y) * (b->y - a->y)) / length;
  const double across = ((x - a->x) * (b->y - a->y) - (y - a->y) * (b->x - a->x)) / length;
  const double beyond = along < 0 ? -along : along > length ? along - length : 0;
  return hypot (across, beyond);
}

static double
brush_depth (gconstpointer data, double x, double y)
{
  const Line *line = data;
  double distance = hypot (x - line->points[0].x, y - line->points[0].y);

  for (gsize point = 1; point < line->n_points; point++)
    distance = MIN (distance, segment_distance (&line->points[point - 1], &line->points[point], x, y));
  return line->radius - distance;
}

/* Even-odd along the column instead of the row. */
static double
polygon_depth (gconstpointer data, double x, double y)
{
  const Line *line = data;
  double distance = G_MAXDOUBLE;
  guint n_above = 0;

  for (gsize point = 0; point < line->n_points; point++)
    {
      const WhyPoint *a = &line->points[point];
      const WhyPoint *b = &line->points[(point + 1) % line->n_points];

      distance = MIN (distance, segment_distance (a, b, x, y));
      if ((a->x < x) != (b->x < x) && a->y + (b->y - a->y) * ((x - a->x) / (b->x - a->x)) < y)
        n_above++;
    }
  return n_above % 2 == 1 ? distance : -distance;
}

static void
random_points (GRand *random, WhyPoint *points, gsize n_points)
{
  for (gsize point = 0; point < n_points; point++)
    {
      points[point].x = g_rand_double_range (random, -15, WIDTH + 15);
      points[point].y = g_rand_double_range (random, -15, HEIGHT + 15);
      /* Corners on the centres of pixels and level edges as well */
      if (g_rand_boolean (random))
        points[point] = (WhyPoint) { floor (points[point].x) + 0.5, floor (points[point].y) + 0.5 };
    }
}

static void
test_lines (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (8);
  guint n_polygon = 0;
  guint n_brush = 0;

  for (int round = 0; round < 300; round++)
    {
      WhyPoint points[9];
      const gsize n_points = (gsize) g_rand_int_range (random, 3, 10);
      const Line line = { points, n_points, g_rand_double_range (random, 0.6, 12) };

      random_points (random, points, n_points);
      if (round % 5 == 0)
        points[1].y = points[0].y;
      if (round % 7 == 0 && n_points > 3)
        points[2] = points[1];
      g_autoptr (WhyArea) closed = polygon (points, n_points);
      g_autoptr (WhyArea) drawn = brush (points, n_points, line.radius);
      g_autoptr (WhyArea) stamp = brush (points, 1, line.radius);

      n_polygon += check (closed, polygon_depth, &line);
      n_brush += check (drawn, brush_depth, &line);
      check (stamp, brush_depth, &(Line) { points, 1, line.radius });
    }
  g_assert_cmpuint (n_polygon, >, 10000);
  g_assert_cmpuint (n_brush, >, 10000);
}

static void
test_even_odd (void)
{
  /* Twice around: the middle is outside. */
  static const WhyPoint points[] = { { 5, 5 }, { 45, 5 }, { 45, 40 }, { 5, 40 }, { 5, 5 },
                                     { 15, 15 }, { 35, 15 }, { 35, 30 }, { 15, 30 }, { 15, 15 } };
  g_autoptr (WhyArea) ring = polygon (points, G_N_ELEMENTS (points));

  g_assert_true (why_area_contains (ring, 10, 10));
  g_assert_false (why_area_contains (ring, 25, 25));
  g_assert_false (why_area_contains (ring, 50, 25));
  check (ring, polygon_depth, &(Line) { points, G_N_ELEMENTS (points), 0 });
}

static void
test_mask (void)
{
  static const guint8 values[] = { 0, 255, 130, 60, 0, 200 };
  /* Cells of 4 x 5 pixels, from -2, 3 on */
  g_autoptr (WhyArea) shape = mask (2, 3, values, &(WhyRect) { -2, 3, 12, 10 });
  g_autofree guint8 *coverage = draw (shape);

  for (int row = 0; row < HEIGHT; row++)
    for (int column = 0; column < WIDTH; column++)
      {
        const int cell_column = (column + 2) / 4;
        const int cell_row = (row - 3) / 5;
        const guint8 wanted = cell_column < 3 && row >= 3 && cell_row < 2 ? values[cell_row * 3 + cell_column] : 0;

        g_assert_cmpint (coverage[row * WIDTH + column], ==, wanted);
        g_assert_cmpint (why_area_contains (shape, column + 0.5, row + 0.5), ==, wanted >= 128);
      }
}

static void
test_inverse_and_parts (void)
{
  static const WhyPoint points[] = { { 3, 4 }, { 50, 11 }, { 20, 44 } };
  static const guint8 values[] = { 0, 255, 130, 60 };
  WhyArea *const shapes[] = {
    rectangle (12, 7.3, 20, 30), ellipse (-4, 9, 30, 20), polygon (points, 3), brush (points, 3, 5),
    mask (2, 2, values, &(WhyRect) { 5, 5, 40, 30 }), rectangle (100, 100, 5, 5),
  };

  for (gsize shape = 0; shape < G_N_ELEMENTS (shapes); shape++)
    {
      g_autoptr (WhyArea) inverse = why_area_with_inverse (shapes[shape], TRUE);
      g_autofree guint8 *plain = draw (shapes[shape]);
      g_autofree guint8 *other = draw (inverse);
      const WhyPixelBox part = { 9, -6, 33, 28 };
      guint8 cut[34 * 30];
      WhyPixelBox pixels;

      g_assert_true (why_area_get_inverse (inverse));
      for (int pixel = 0; pixel < WIDTH * HEIGHT; pixel++)
        g_assert_cmpint (plain[pixel] + other[pixel], ==, 255);
      g_assert_cmpint (why_area_contains (inverse, 21, 22), !=, why_area_contains (shapes[shape], 21, 22));

      why_area_rasterise_part (shapes[shape], &part, cut, 30);
      for (int row = 0; row < 28; row++)
        for (int column = 9; column < 33; column++)
          g_assert_cmpint (cut[(row + 6) * 30 + column - 9], ==, plain[row * WIDTH + column]);

      g_assert_true (why_area_get_pixels (inverse, WIDTH, HEIGHT, &pixels));
      g_assert_cmpint (pixels.right, ==, WIDTH);
      if (why_area_get_pixels (shapes[shape], WIDTH, HEIGHT, &pixels))
        {
          for (int row = 0; row < HEIGHT; row++)
            for (int column = 0; column < WIDTH; column++)
              if (plain[row * WIDTH + column] != 0)
                g_assert_true (column >= pixels.left && column < pixels.right && row >= pixels.top && row < pixels.bottom);
        }
      else
        g_assert_cmpuint (shape, ==, G_N_ELEMENTS (shapes) - 1);
    }

  guint8 *all = g_malloc (WIDTH * HEIGHT);
  why_area_rasterise_union (shapes, G_N_ELEMENTS (shapes), WIDTH, HEIGHT, all, WIDTH);
  for (int pixel = 0; pixel < WIDTH * HEIGHT; pixel++)
    {
      guint8 wanted = 0;

      for (gsize shape = 0; shape < G_N_ELEMENTS (shapes); shape++)
        {
          guint8 value;
          const WhyPixelBox one = { pixel % WIDTH, pixel / WIDTH, pixel % WIDTH + 1, pixel / WIDTH + 1 };

          why_area_rasterise_part (shapes[shape], &one, &value, 1);
          wanted = MAX (wanted, value);
        }
      g_assert_cmpint (all[pixel], ==, wanted);
    }
  memset (all, 9, WIDTH * HEIGHT);
  why_area_rasterise_union (NULL, 0, WIDTH, HEIGHT, all, WIDTH);
  for (int pixel = 0; pixel < WIDTH * HEIGHT; pixel++)
    g_assert_cmpint (all[pixel], ==, 0);
  g_free (all);
  for (gsize shape = 0; shape < G_N_ELEMENTS (shapes); shape++)
    why_area_unref (shapes[shape]);
}

static void
test_fit (void)
{
  static const WhyPoint points[] = { { 10, 10 }, { 30, 10 }, { 20, 26 } };
  g_autoptr (GError) error = NULL;
  WhyArea *const shapes[] = { rectangle (1, 2, 3, 4), ellipse (1, 2, 3, 4), polygon (points, 3), brush (points, 3, 4),
                               brush (points, 1, 4) };
  const WhyRect wanted = { 40, 50, 56, 48 };

  for (gsize shape = 0; shape < G_N_ELEMENTS (shapes); shape++)
    {
      g_autoptr (WhyArea) fitted = why_area_fit (shapes[shape], &wanted, &error);
      WhyRect box;
      WhyRect same;

      g_assert_no_error (error);
      why_area_get_box (fitted, &box);
      /* A single stamp stays round: it is in the middle. */
      if (shape == 4)
        {
          g_assert_cmpfloat_with_epsilon (box.x + box.width / 2, 68, 1e-9);
          g_assert_cmpfloat_with_epsilon (box.width, 48, 1e-9);
        }
      else
        {
          g_assert_cmpfloat_with_epsilon (box.x, wanted.x, 1e-9);
          g_assert_cmpfloat_with_epsilon (box.width, wanted.width, 1e-9);
        }
      g_assert_cmpfloat_with_epsilon (box.y, wanted.y, 1e-9);
      g_assert_cmpfloat_with_epsilon (box.height, wanted.height, 1e-9);

      why_area_get_box (shapes[shape], &same);
      g_autoptr (WhyArea) moved =
        why_area_fit (shapes[shape], &(WhyRect) { same.x + 8, same.y - 16, same.width, same.height }, &error);
      g_autoptr (WhyArea) back = why_area_fit (moved, &same, &error);
      g_assert_no_error (error);
      g_assert_false (why_area_equal (shapes[shape], moved));
      g_assert_true (why_area_equal (shapes[shape], back));
      g_autoptr (WhyArea) none = why_area_fit (shapes[shape], &(WhyRect) { 0, 0, 0, 4 }, &error);
      g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
      g_assert_null (none);
      g_clear_error (&error);
    }
  for (gsize shape = 0; shape < G_N_ELEMENTS (shapes); shape++)
    why_area_unref (shapes[shape]);
}

static void
test_json (void)
{
  static const WhyPoint points[] = { { 10.1, 1.0 / 3.0 }, { 30, -10 }, { 1e-7, 26 } };
  guint8 values[300];
  g_autoptr (GRand) random = g_rand_new_with_seed (9);

  for (gsize value = 0; value < sizeof values; value++)
    values[value] = (guint8) g_rand_int_range (random, 0, 256);
  WhyArea *const shapes[] = { rectangle (1, 2, 3, 4.25), ellipse (-0.1, 2, 3, 4), polygon (points, 3), brush (points, 3, 4),
                               mask (15, 20, values, &(WhyRect) { 5, 5, 40, 30 }) };

  for (gsize shape = 0; shape < G_N_ELEMENTS (shapes); shape++)
    for (int inverse = 0; inverse < 2; inverse++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (WhyArea) written = why_area_with_inverse (shapes[shape], inverse == 1);
        g_autofree char *json = why_area_to_json (written);
        g_autoptr (WhyArea) read = why_area_from_json (json, -1, &error);

        g_assert_no_error (error);
        g_assert_true (why_area_equal (read, written));
        for (gsize other = 0; other < G_N_ELEMENTS (shapes); other++)
          g_assert_cmpint (why_area_equal (read, shapes[other]), ==, other == shape && inverse == 0);
        /* Nothing of a text may be missing. */
        for (gsize length = 0; length < strlen (json); length += 1 + length / 16)
          {
            g_autoptr (GError) cut_error = NULL;
            g_autoptr (WhyArea) cut = why_area_from_json (json, (gssize) length, &cut_error);

            g_assert_null (cut);
            g_assert_error (cut_error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
          }
      }
  for (gsize shape = 0; shape < G_N_ELEMENTS (shapes); shape++)
    why_area_unref (shapes[shape]);
}

static void
test_bad (void)
{
  static const struct
  {
    const char *json;
    const char *sentence;
  } cases[] = {
    { "[]", "object" },
    { "", "object" },
    { "{\"x\":1}", "kind" },
    { "{\"kind\":\"star\"}", "kind" },
    { "{\"kind\":3}", "kind" },
    { "{\"kind\":\"rectangle\",\"x\":1,\"y\":1,\"w\":1}", "h: a number" },
    { "{\"kind\":\"rectangle\",\"x\":1,\"y\":1,\"w\":0,\"h\":1}", "above 0" },
    { "{\"kind\":\"rectangle\",\"x\":1,\"y\":1,\"w\":-1,\"h\":1}", "above 0" },
    { "{\"kind\":\"ellipse\",\"x\":1e400,\"y\":1,\"w\":1,\"h\":1}", "cannot be" },
    { "{\"kind\":\"ellipse\",\"x\":1e9,\"y\":1,\"w\":1,\"h\":1}", "within" },
    { "{\"kind\":\"ellipse\",\"x\":\"1\",\"y\":1,\"w\":1,\"h\":1}", "x: a number" },
    { "{\"kind\":\"ellipse\",\"x\":1,\"y\":1,\"w\":1,\"h\":1,\"inverse\":1}", "inverse" },
    { "{\"kind\":\"ellipse\",\"x\":1,\"y\":1,\"w\":1,\"h\":1,\"radios\":1}", "radios" },
    { "{\"kind\":\"polygon\",\"points\":[1,2,3,4]}", "2 points" },
    { "{\"kind\":\"polygon\",\"points\":[1,2,3,4,5]}", "points: a list" },
    { "{\"kind\":\"polygon\",\"points\":[1,2,3,4,5,null]}", "points: a list" },
    { "{\"kind\":\"polygon\",\"points\":[1,2,3,2,5,2]}", "above 0" },
    { "{\"kind\":\"polygon\",\"points\":[1,2,3,[4],5,6]}", "points: a list" },
    { "{\"kind\":\"brush\",\"points\":[],\"radius\":2}", "0 points" },
    { "{\"kind\":\"brush\",\"points\":[1,2]}", "radius" },
    { "{\"kind\":\"brush\",\"points\":[1,2],\"radius\":0}", "radius" },
    { "{\"kind\":\"mask\",\"x\":1,\"y\":1,\"w\":1,\"h\":1,\"columns\":2,\"rows\":2}", "data" },
    { "{\"kind\":\"mask\",\"x\":1,\"y\":1,\"w\":1,\"h\":1,\"columns\":2,\"rows\":0,\"data\":\"\"}", "rows" },
    { "{\"kind\":\"mask\",\"x\":1,\"y\":1,\"w\":1,\"h\":1,\"columns\":2,\"rows\":2.5,\"data\":\"\"}", "rows" },
    { "{\"kind\":\"mask\",\"x\":1,\"y\":1,\"w\":1,\"h\":1,\"columns\":2,\"rows\":2,\"data\":\"\"}", "data" },
    { "{\"kind\":\"mask\",\"x\":1,\"y\":1,\"w\":1,\"h\":1,\"columns\":2,\"rows\":2,\"data\":\"AAAA\"}", "data" },
    /* zlib's form of five zeros: one too many for 2 x 2, too few for 2 x 3 */
    { "{\"kind\":\"mask\",\"x\":1,\"y\":1,\"w\":1,\"h\":1,\"columns\":2,\"rows\":2,\"data\":\"eJxjYAACAAAFAAE=\"}", "data" },
    { "{\"kind\":\"mask\",\"x\":1,\"y\":1,\"w\":1,\"h\":1,\"columns\":2,\"rows\":3,\"data\":\"eJxjYAACAAAFAAE=\"}", "data" },
    { "{\"kind\":\"mask\",\"x\":1,\"y\":1,\"w\":1,\"h\":1,\"columns\":60000000,\"rows\":60000000,\"data\":\"\"}", "cells" },
    { "{\"kind\":\"polygon\",\"points\":[[[[[[1]]]]]]}", "nested" },
  };

  for (gsize at = 0; at < G_N_ELEMENTS (cases); at++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyArea) shape = why_area_from_json (cases[at].json, -1, &error);

      g_assert_null (shape);
      if (error == NULL || error->domain != WHY_ERROR || strstr (error->message, cases[at].sentence) == NULL)
        g_error ("%s: %s", cases[at].json, error != NULL ? error->message : "no error");
    }

  g_autoptr (GString) many = g_string_new ("{\"kind\":\"polygon\",\"points\":[0,0");
  g_autoptr (GError) error = NULL;
  for (int point = 0; point < WHY_AREA_MAX_POINTS; point++)
    g_string_append_printf (many, ",%d,1", point);
  g_string_append (many, "]}");
  g_autoptr (WhyArea) shape = why_area_from_json (many->str, -1, &error);
  g_assert_null (shape);
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);

  const WhyPoint bad[] = { { 0, 0 }, { NAN, 1 }, { 4, 4 } };
  g_clear_error (&error);
  g_autoptr (WhyArea) none = why_area_new_polygon (bad, 3, FALSE, &error);
  g_assert_null (none);
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
}

/* The mask in the texts above is what it is said to be. */
static void
test_zlib (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyArea) shape =
    why_area_from_json ("{\"kind\":\"mask\",\"x\":1,\"y\":1,\"w\":1,\"h\":1,\"columns\":5,\"rows\":1,\"data\":\"eJxjYAACAAAFAAE=\"}", -1, &error);

  g_assert_no_error (error);
  const WhyTensor *values = why_area_get_values (shape);
  for (int value = 0; value < 5; value++)
    g_assert_cmpint (((const guint8 *) values->data)[value], ==, 0);
}

/* A polygon of as many points as there may be, all across the picture, in the time of a test. */
static void
test_many_points (void)
{
  g_autofree WhyPoint *points = g_new (WhyPoint, WHY_AREA_MAX_POINTS);
  g_autoptr (GRand) random = g_rand_new_with_seed (10);

  random_points (random, points, WHY_AREA_MAX_POINTS);
  g_autoptr (WhyArea) shape = polygon (points, WHY_AREA_MAX_POINTS);
  g_autofree guint8 *coverage = draw (shape);
  for (int pixel = 0; pixel < WIDTH * HEIGHT; pixel += 97)
    g_assert_cmpint (coverage[pixel] == 255, ==, why_area_contains (shape, pixel % WIDTH + 0.5, pixel / WIDTH + 0.5));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/area/boxes", test_boxes);
  g_test_add_func ("/area/edges", test_edges);
  g_test_add_func ("/area/lines", test_lines);
  g_test_add_func ("/area/even-odd", test_even_odd);
  g_test_add_func ("/area/mask", test_mask);
  g_test_add_func ("/area/inverse-and-parts", test_inverse_and_parts);
  g_test_add_func ("/area/fit", test_fit);
  g_test_add_func ("/area/json", test_json);
  g_test_add_func ("/area/bad", test_bad);
  g_test_add_func ("/area/zlib", test_zlib);
  g_test_add_func ("/area/many-points", test_many_points);
  return g_test_run ();
}
