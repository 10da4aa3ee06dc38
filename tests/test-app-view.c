#include "config.h"

#include "service/percent.h"
#include "view.h"
#include "service/layer-title.h"
#include "words.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <math.h>

/* Pure arithmetic and texts of the window; nothing here needs a display. */

#define EPSILON 1e-9

static WhyView
make_view (double img_width, double img_height, double view_width, double view_height, double device_scale)
{
  WhyView view;

  why_view_init (&view);
  why_view_set_size (&view, view_width, view_height, device_scale);
  why_view_set_picture (&view, img_width, img_height);
  return view;
}

static void
test_fit (void)
{
  WhyView view = make_view (1000, 500, 848, 648, 1);
  WhyRect all = { 0, 0, 1000, 500 };
  const WhyRect shown = why_view_rect_from_image (&view, &all);

  /* 848 minus two margins of 24 is 800 for 1000 pixels. */
  g_assert_cmpfloat_with_epsilon (view.zoom, 0.8, EPSILON);
  g_assert_cmpfloat_with_epsilon (shown.x, 24, 0.5);
  g_assert_cmpfloat_with_epsilon (shown.y, 124, 0.5);
  /* Follows the size while it fits, and no longer once somebody zoomed. */
  why_view_set_size (&view, 448, 648, 1);
  g_assert_cmpfloat_with_epsilon (view.zoom, 0.4, EPSILON);
  why_view_zoom_at (&view, 2, 100, 100);
  why_view_set_size (&view, 848, 648, 1);
  g_assert_cmpfloat_with_epsilon (view.zoom, 2, EPSILON);
  /* A small picture is not blown up without end. */
  view = make_view (2, 2, 800, 600, 1);
  g_assert_cmpfloat_with_epsilon (view.zoom, WHY_VIEW_MAX_FIT, EPSILON);
  /* One of few pixels fills the widget, and no zoom goes further than that; others end at 2000 %. */
  view = make_view (4, 4, 848, 648, 1);
  g_assert_cmpfloat_with_epsilon (view.zoom, 150, EPSILON);
  why_view_zoom_at (&view, 1000, 100, 100);
  g_assert_cmpfloat_with_epsilon (view.zoom, 150, EPSILON);
  why_view_zoom_at (&view, 1, 100, 100);
  g_assert_cmpfloat_with_epsilon (view.zoom, 1, EPSILON);
  view = make_view (100, 100, 848, 648, 1);
  why_view_zoom_at (&view, 1000, 100, 100);
  g_assert_cmpfloat_with_epsilon (view.zoom, WHY_VIEW_MAX_ZOOM, EPSILON);
}

static void
test_zoom_keeps_point (void)
{
  const double zooms[] = { 0.37, 1, 2.5, 7, 20 };

  for (gsize k = 0; k < G_N_ELEMENTS (zooms); k++)
    {
      WhyView view = make_view (4000, 3000, 800, 600, 1);
      double img_x0, img_y0, img_x1, img_y1;

      why_view_zoom_at (&view, 1, 400, 300);
      why_view_to_image (&view, 311, 222, &img_x0, &img_y0);
      why_view_zoom_at (&view, zooms[k], 311, 222);
      why_view_to_image (&view, 311, 222, &img_x1, &img_y1);
      /* The corner is put on whole device pixels: at most one pixel of the screen off. */
      g_assert_cmpfloat_with_epsilon (img_x0, img_x1, 1.0 / MIN (zooms[k], 1) + EPSILON);
      g_assert_cmpfloat_with_epsilon (img_y0, img_y1, 1.0 / MIN (zooms[k], 1) + EPSILON);
    }
}

static void
test_round_trip (void)
{
  WhyView view = make_view (640, 480, 700, 500, 2);
  double view_x, view_y, img_x, img_y;

  why_view_zoom_at (&view, 3, 10, 20);
  why_view_from_image (&view, 123.25, 45.5, &view_x, &view_y);
  why_view_to_image (&view, view_x, view_y, &img_x, &img_y);
  g_assert_cmpfloat_with_epsilon (img_x, 123.25, 1e-9);
  g_assert_cmpfloat_with_epsilon (img_y, 45.5, 1e-9);
  /* Two device pixels to a logical one: 300 % is 1.5 logical pixels. */
  g_assert_cmpfloat_with_epsilon (why_view_scale (&view), 1.5, EPSILON);
}

static void
test_visible_is_whole_pixels (void)
{
  for (int step = 0; step < 40; step++)
    {
      WhyView view = make_view (513, 377, 401, 299, 1);
      WhyRect img, target;

      why_view_zoom_at (&view, 0.3 + step * 0.37, 7 * step % 401, 11 * step % 299);
      why_view_pan (&view, step * 3.3, -step * 1.7);
      g_assert_true (why_view_visible (&view, &img, &target));
      g_assert_cmpfloat (target.x, ==, floor (target.x));
      g_assert_cmpfloat (target.width, ==, floor (target.width));
      g_assert_cmpfloat (target.x, >=, 0);
      g_assert_cmpfloat (target.x + target.width, <=, 401);
      g_assert_cmpfloat (target.y + target.height, <=, 299);
      g_assert_cmpfloat_with_epsilon (img.width * why_view_scale (&view), target.width, 1e-6);
    }
}

static void
test_pan_stops_at_edges (void)
{
  WhyView view = make_view (1000, 1000, 500, 500, 1);
  double img_x, img_y;

  why_view_zoom_at (&view, 1, 250, 250);
  why_view_pan (&view, 1e6, 1e6);
  why_view_to_image (&view, 0, 0, &img_x, &img_y);
  g_assert_cmpfloat_with_epsilon (img_x, 0, 1);
  g_assert_cmpfloat_with_epsilon (img_y, 0, 1);
  why_view_pan (&view, -1e6, -1e6);
  why_view_to_image (&view, 500, 500, &img_x, &img_y);
  g_assert_cmpfloat_with_epsilon (img_x, 1000, 1);
  /* A picture that is in sight as a whole stays where it is. */
  why_view_zoom_fit (&view);
  why_view_pan (&view, 50, 50);
  g_assert_true (view.fit);
}

static void
test_rectangle (void)
{
  WhyView view = make_view (100, 80, 500, 500, 1);
  WhyRect rect;

  g_assert_true (why_view_rect_between (&view, 90, 70, 20, 10, &rect));
  g_assert_cmpfloat (rect.x, ==, 20);
  g_assert_cmpfloat (rect.height, ==, 60);
  g_assert_true (why_view_rect_between (&view, -50, -50, 500, 500, &rect));
  g_assert_cmpfloat (rect.width, ==, 100);
  g_assert_cmpfloat (rect.height, ==, 80);
  g_assert_false (why_view_rect_between (&view, 30, 10, 30, 60, &rect));
  g_assert_false (why_view_rect_between (&view, -30, 10, -1, 60, &rect));
}

static void
test_no_picture (void)
{
  WhyView view = make_view (0, 0, 500, 500, 1);
  WhyRect img, target;

  g_assert_false (why_view_visible (&view, &img, &target));
  why_view_zoom_at (&view, 3, 10, 10);
  why_view_pan (&view, 3, 10);
  why_view_zoom_fit (&view);
  g_assert_true (isfinite (view.zoom) && isfinite (view.center_x));
}

/* ---- words ---- */

static void
test_percent (void)
{
  const struct
  {
    double share;
    const char *text;
  } cases[] = { { 0, "0.0%" },       { 0.0001, "< 0.1%" }, { 0.0005, "0.1%" }, { 0.123, "12.3%" },
                { 0.9994, "99.9%" }, { 0.9999, "> 99.9%" }, { 1, "100.0%" },   { -1, "…" },
                { NAN, "…" } };

  for (gsize k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      g_autofree char *text = why_percent_text (cases[k].share);
      g_assert_cmpstr (text, ==, cases[k].text);
    }
}

static void
test_shapes (void)
{
  g_autofree char *image = why_layer_shape_text ("1x512x14x14");
  g_autofree char *batch = why_layer_shape_text ("2x3");
  g_autofree char *single = why_layer_shape_text ("1x5");

  g_assert_cmpstr (image, ==, "512 × 14 × 14");
  g_assert_cmpstr (batch, ==, "2 × 3");
  g_assert_cmpstr (single, ==, "1 × 5");
}

static void
test_places (void)
{
  g_assert_cmpstr (why_words_place (0.1, 0.1), ==, "upper left");
  g_assert_cmpstr (why_words_place (0.5, 0.5), ==, "centre");
  g_assert_cmpstr (why_words_place (0.99, 0.5), ==, "right");
  g_assert_cmpstr (why_words_place (5, 5), ==, "lower right");
}

static void
test_concentration (void)
{
  const float even[10] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
  const float peak[10] = { 0, 0, -9, 0, 0.5f, 0, 0, 0, 0.5f, 0 };
  const float bad[4] = { NAN, INFINITY, 0, 2 };
  const float zero[4] = { 0 };

  g_assert_cmpfloat_with_epsilon (why_words_concentration (even, 10, 0.8), 0.8, 1e-9);
  g_assert_cmpfloat_with_epsilon (why_words_concentration (peak, 10, 0.8), 0.1, 1e-9);
  g_assert_cmpfloat_with_epsilon (why_words_concentration (bad, 4, 0.8), 0.25, 1e-9);
  g_assert_cmpfloat (why_words_concentration (zero, 4, 0.8), ==, 0);
}

static void
test_drop (void)
{
  const char *names[] = { "net.onnx", "cat.jpg" };
  const WhyFileKind both[] = { WHY_FILE_OTHER, WHY_FILE_PICTURE };

  g_autofree char *two = why_words_drop (names, both, 2);
  g_autofree char *picture = why_words_drop (names + 1, both + 1, 1);
  g_autofree char *model = why_words_drop (names, both, 1);
  g_autofree char *none = why_words_drop (NULL, NULL, 0);
  g_assert_cmpstr (two, ==, "Ask “net.onnx” about “cat.jpg”");
  g_assert_cmpstr (picture, ==, "Look at “cat.jpg”");
  g_assert_cmpstr (model, ==, "Ask the model “net.onnx”");
  g_assert_cmpstr (none, ==, "Drop pictures, a model, a session, a folder or class names");
  const char *more[] = { "a.png", "b.nii", "folder", "names.txt", "talk.whylight" };
  const WhyFileKind kinds[] = { WHY_FILE_PICTURE, WHY_FILE_VOLUME, WHY_FILE_FOLDER, WHY_FILE_LABELS, WHY_FILE_SESSION };
  g_autofree char *several = why_words_drop (more, kinds, 2);
  g_autofree char *folder = why_words_drop (more + 2, kinds + 2, 1);
  g_autofree char *labels = why_words_drop (more + 3, kinds + 3, 1);
  g_autofree char *session = why_words_drop (more, kinds, 5);
  g_assert_cmpstr (several, ==, "Look at 2 pictures");
  g_assert_cmpstr (folder, ==, "Look at the pictures in “folder”");
  g_assert_cmpstr (labels, ==, "Name the classes as “names.txt” does");
  g_assert_cmpstr (session, ==, "Go on with the session “talk.whylight”");
}

static void
test_probe (void)
{
  const WhyProbe nothing = { .valid = FALSE };
  const WhyProbe bare = { .valid = TRUE, .img_x = 12, .img_y = 7, .rgb = { 1, 171, 255 } };
  const WhyProbe full = { .valid = TRUE, .img_x = 12, .img_y = 7, .rgb = { 0, 0, 0 }, .has_map = TRUE, .value = -0.25f };
  const WhyProbe broken = { .valid = TRUE, .has_map = TRUE, .value = NAN };
  g_autofree char *a = why_words_probe (&nothing, 10);
  g_autofree char *b = why_words_probe (&bare, 0);
  g_autofree char *c = why_words_probe (&full, 0);
  g_autofree char *d = why_words_probe (&broken, 0);
  g_autofree char *small = why_words_probe (&bare, 0.5);
  g_autofree char *large = why_words_probe (&full, 150);

  g_assert_cmpstr (a, ==, "");
  g_assert_cmpstr (b, ==, "x 12  y 7   #01abff");
  g_assert_cmpstr (c, ==, "x 12  y 7   #000000   map −0.25");
  g_assert_nonnull (strstr (d, "not a number"));
  g_assert_cmpstr (small, ==, "x 12  y 7  (6, 3.50 µm)   #01abff");
  g_assert_cmpstr (large, ==, "x 12  y 7  (1.80, 1.05 mm)   #000000   map −0.25");
}

static void
test_lengths (void)
{
  g_autofree char *small = why_words_length (0.25);
  g_autofree char *edge = why_words_length (999);
  g_autofree char *large = why_words_length (1000);
  g_autofree char *huge = why_words_length (1234567);
  g_autofree char *size = why_words_size (800, 1600);

  g_assert_cmpstr (small, ==, "0.250 µm");
  g_assert_cmpstr (edge, ==, "999 µm");
  g_assert_cmpstr (large, ==, "1 mm");
  g_assert_cmpstr (huge, ==, "1235 mm");
  g_assert_cmpstr (size, ==, "0.800 × 1.60 mm");
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/view/fit", test_fit);
  g_test_add_func ("/view/zoom-keeps-point", test_zoom_keeps_point);
  g_test_add_func ("/view/round-trip", test_round_trip);
  g_test_add_func ("/view/visible-is-whole-pixels", test_visible_is_whole_pixels);
  g_test_add_func ("/view/pan-stops-at-edges", test_pan_stops_at_edges);
  g_test_add_func ("/view/rectangle", test_rectangle);
  g_test_add_func ("/view/no-picture", test_no_picture);
  g_test_add_func ("/words/percent", test_percent);
  g_test_add_func ("/words/shapes", test_shapes);
  g_test_add_func ("/words/places", test_places);
  g_test_add_func ("/words/concentration", test_concentration);
  g_test_add_func ("/words/drop", test_drop);
  g_test_add_func ("/words/probe", test_probe);
  g_test_add_func ("/words/lengths", test_lengths);
  return g_test_run ();
}
