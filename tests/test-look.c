#include "config.h"

#include "draw/png.h"
#include "service/document-look.h"
#include "service/export.h"
#include "service/state-json.h"
#include "small-models.h"
#include "spin.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

/* What is explained and how the map is drawn: each value is checked, undone, saved, and reaches what is drawn. */

#define WIDTH 32
#define HEIGHT 24

static char *folder;
static char *small_path;
static char *dense_path;
static char *picture_path;

typedef struct
{
  WhyRunner *runner;
  WhyDocument *document;
} Fixture;

/* 3x16x16 -> relu1 -> convolution 1x1 -> 3 classes for every pixel. */
static OnnxBuilder *
dense_model (void)
{
  static const float weights[] = { 2, -1, 0, -1, 2, 0, 0, -1, 2 };
  OnnxBuilder *b = ob_new (7, 13);

  ob_metadata (b, "whylight.recipe",
               "{\"version\": 1, \"size\": [16, 16], \"resize\": \"stretch\", \"crop\": \"none\", \"filter\": \"bilinear\","
               " \"channels\": \"RGB\", \"layout\": \"NCHW\", \"scale\": 255, \"mean\": [0, 0, 0], \"std\": [1, 1, 1],"
               " \"pad\": [0, 0, 0], \"task\": \"segmentation\", \"labels\": [\"red\", \"green\", \"blue\"]}");
  ob_input (b, "image", WHY_DTYPE_FLOAT32, "1,3,16,16");
  ob_init_f32 (b, "weights", "3,3,1,1", weights);
  ob_node (b, "Relu", "image", "relu1", NULL);
  ob_node (b, "Conv", "relu1,weights", "logits", NULL);
  ob_output (b, "logits", WHY_DTYPE_FLOAT32, "1,3,16,16");
  return b;
}

static void
write_picture (void)
{
  guint32 pixels[WIDTH * HEIGHT];
  g_autoptr (GError) error = NULL;

  for (guint32 pixel = 0; pixel < WIDTH * HEIGHT; pixel++)
    pixels[pixel] = 0xff000000u | (pixel * 0x070b0du) % 0x1000000u;
  why_png_write (picture_path, pixels, WIDTH, HEIGHT, WIDTH * sizeof *pixels, FALSE, NULL, 0, NULL, &error);
  g_assert_no_error (error);
}

static void
open_model (Fixture *fixture, const char *path)
{
  why_document_open_model (fixture->document, path);
  why_document_open_picture (fixture->document, picture_path);
  spin_until_idle (fixture->document);
  g_assert_null (why_document_get_error_message (fixture->document));
  g_assert_nonnull (why_document_get_map (fixture->document));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->runner = why_runner_new ();
  fixture->document = why_document_new (fixture->runner);
  open_model (fixture, data);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->document);
  why_runner_unref (fixture->runner);
}

static void
assert_refused (WhyDocument *document, const char *part)
{
  const char *message = why_document_get_error_message (document);

  g_assert_nonnull (message);
  g_assert_nonnull (strstr (message, part));
  why_document_dismiss_error (document);
}

/* ---- what is explained ---- */

static void
test_score (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  g_assert_cmpstr (why_document_get_score (document), ==, "logit");
  const double logit = why_class_item_get_logit (why_document_get_class (document, why_document_get_shown_class (document)));
  const double probability =
    why_class_item_get_probability (why_document_get_class (document, why_document_get_shown_class (document)));
  /* float32 through the network, double in the score */
  g_assert_cmpfloat_with_epsilon (why_document_get_map (document)->score, logit, 1e-5);
  why_document_set_score (document, "probability");
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_map (document)->score_kind, ==, "probability");
  g_assert_cmpfloat_with_epsilon (why_document_get_map (document)->score, probability, 1e-5);
  why_document_set_score (document, "rest");
  spin_until_idle (document);
  g_assert_cmpfloat_with_epsilon (why_document_get_map (document)->score, logit + log (probability), 1e-5);
  why_document_undo (document);
  why_document_undo (document);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_score (document), ==, "logit");
  g_assert_cmpfloat_with_epsilon (why_document_get_map (document)->score, logit, 1e-5);
  g_assert_false (why_document_get_can_undo (document));
  why_document_set_score (document, "beauty");
  assert_refused (document, "beauty");
  why_document_set_score (document, "similarity");
  assert_refused (document, "--reference");
  g_assert_cmpstr (why_document_get_score (document), ==, "logit");
}

static void
test_also (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  gsize n;
  double sum = 0;

  why_document_set_target_class (document, 1);
  why_document_toggle_also_class (document, 2);
  why_document_toggle_also_class (document, 0);
  spin_until_idle (document);
  const int *also = why_document_get_also_classes (document, &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpint (also[0], ==, 0);
  g_assert_cmpint (also[1], ==, 2);
  for (int index = 0; index < 3; index++)
    sum += why_class_item_get_logit (why_document_get_class (document, index));
  g_assert_cmpfloat_with_epsilon (why_document_get_map (document)->score, sum, 1e-5);
  g_autofree char *command = why_document_dup_command_line (document);
  g_assert_nonnull (strstr (command, "--also 0 --also 2"));
  /* What becomes the target, or what is compared with, is not added as well. */
  why_document_set_target_class (document, 2);
  also = why_document_get_also_classes (document, &n);
  g_assert_cmpuint (n, ==, 1);
  why_document_set_contrast_class (document, 0);
  why_document_get_also_classes (document, &n);
  g_assert_cmpuint (n, ==, 0);
  why_document_toggle_also_class (document, 2);
  assert_refused (document, "one explained");
  why_document_toggle_also_class (document, 0);
  assert_refused (document, "compared with");
  why_document_toggle_also_class (document, 3);
  assert_refused (document, "no class 3");
  why_document_undo (document);
  why_document_get_also_classes (document, &n);
  g_assert_cmpuint (n, ==, 1);
  why_document_clear_also_classes (document);
  why_document_get_also_classes (document, &n);
  g_assert_cmpuint (n, ==, 0);
  spin_until_idle (document);
}

static void
test_region_refused (Fixture *fixture, gconstpointer data)
{
  why_document_set_region (fixture->document, "all");
  assert_refused (fixture->document, "one answer for the whole picture");
  why_document_set_region (fixture->document, "sea");
  assert_refused (fixture->document, "sea");
}

/* The network has no way from one pixel to another, so that the map lives where the region is. */
static void
test_region (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  why_document_set_target_class (document, 0);
  why_document_set_polarity (document, "absolute");
  why_document_set_method (document, "elementwise");
  why_document_set_layer (document, "relu1");
  why_document_set_region (document, "box:8,6,8,6");
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  const WhyMap *map = why_document_get_map (document);
  const float *values = map->values->data;
  g_assert_cmpint (map->values->dims[1], ==, 16);
  for (int row = 0; row < 16; row++)
    {
      for (int column = 0; column < 16; column++)
        {
          /* A cell is 2 x 1.5 pixels; its centre decides. */
          const double x = (column + 0.5) * 2;
          const double y = (row + 0.5) * 1.5;
          if (x < 8 || x >= 16 || y < 6 || y >= 12)
            g_assert_cmpfloat (values[row * 16 + column], ==, 0);
        }
    }
  g_assert_cmpfloat (map->maximum, >, 0);
  g_autofree char *command = why_document_dup_command_line (document);
  g_assert_nonnull (strstr (command, "--region box:8,6,8,6"));
  const double in_box = map->score;

  why_document_set_region (document, "all");
  spin_until_idle (document);
  g_assert_cmpfloat (fabs (why_document_get_map (document)->score - in_box), >, 1e-3);
  why_document_set_region (document, "point:31,23");
  spin_until_idle (document);
  values = why_document_get_map (document)->values->data;
  for (int cell = 0; cell < 255; cell++)
    g_assert_cmpfloat (values[cell], ==, 0);
  why_document_set_region (document, "point:32,2");
  assert_refused (document, "outside");
  why_document_set_region (document, "box:1,1,0,4");
  assert_refused (document, "box:");
  why_document_set_region (document, "mask:a.npy");
  assert_refused (document, "command line");
  /* A place in this picture is none in the next. */
  why_document_open_picture (document, picture_path);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_region (document), ==, "predicted");
}

/* ---- how it is drawn ---- */

static WhyOverlayStyle
style_of (WhyDocument *document)
{
  WhyOverlayMap map;
  WhyOverlayStyle style;

  g_assert_true (why_document_get_overlay (document, &map, &style));
  return style;
}

static void
test_look (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  WhyResult *result = why_document_get_result (document);

  g_assert_cmpint (style_of (document).n_contours, ==, 0);
  why_document_set_contours (document, TRUE);
  g_assert_cmpint (style_of (document).n_contours, ==, 3);
  g_assert_cmpfloat (style_of (document).contours[0], ==, 0.25);
  why_document_set_contour_levels (document, 1);
  g_assert_cmpfloat (style_of (document).contours[0], ==, 0.5);
  why_document_set_contour_labels (document, FALSE);
  g_assert_false (style_of (document).contour_labels);
  g_assert_false (style_of (document).alpha_by_value);
  why_document_set_alpha (document, "value");
  g_assert_true (style_of (document).alpha_by_value);
  why_document_set_clip (document, 0.25);
  g_assert_cmpfloat (style_of (document).outlier_share, ==, 0.25);
  why_document_set_colour_vision (document, "tritanopia");
  g_assert_cmpint (style_of (document).vision, ==, WHY_VISION_TRITAN);
  g_autofree char *command = why_document_dup_command_line (document);
  g_assert_nonnull (strstr (command, "--clip 0.25 --alpha value --contours 1 --no-contour-labels"));
  /* Nothing was computed again for all that. */
  g_assert_true (why_document_get_result (document) == result);

  why_document_set_alpha (document, "none");
  assert_refused (document, "none");
  why_document_set_colour_vision (document, "hawk");
  assert_refused (document, "hawk");
  why_document_set_contour_levels (document, 99);
  g_assert_cmpint (why_document_get_contour_levels (document), ==, WHY_MAX_CONTOURS);

  for (int step = 0; step < 7; step++)
    why_document_undo (document);
  g_assert_false (why_document_get_can_undo (document));
  g_assert_cmpint (style_of (document).n_contours, ==, 0);
  g_assert_cmpint (style_of (document).vision, ==, WHY_VISION_NORMAL);
  g_assert_cmpstr (why_document_get_alpha (document), ==, "auto");
  g_assert_cmpfloat (why_document_get_clip (document), ==, 0);
}

/* A signed map has another default, which an explicit choice overrides. */
static void
test_alpha (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  g_assert_cmpstr (why_document_get_effective_alpha (document), ==, "uniform");
  why_document_set_polarity (document, "signed");
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_effective_alpha (document), ==, "value");
  g_assert_true (style_of (document).alpha_by_value);
  why_document_set_alpha (document, "uniform");
  g_assert_cmpstr (why_document_get_effective_alpha (document), ==, "uniform");
  g_assert_false (style_of (document).alpha_by_value);
}

static void
test_limits (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  double lo;
  double hi;

  g_assert_true (why_document_get_limits_range (document, &lo, &hi));
  g_assert_cmpfloat (lo, ==, 0);
  g_assert_cmpfloat (hi, ==, why_document_get_map (document)->maximum);
  /* A drag is one step. */
  for (int step = 1; step <= 5; step++)
    why_document_set_limits_range (document, 0.125, step);
  g_assert_cmpstr (why_document_get_limits (document), ==, "locked");
  g_assert_true (why_document_get_limits_range (document, &lo, &hi));
  g_assert_cmpfloat (lo, ==, 0.125);
  g_assert_cmpfloat (hi, ==, 5);
  why_document_set_limits_range (document, 2, 2);
  assert_refused (document, "below");
  why_document_set_limits_range (document, NAN, 2);
  assert_refused (document, "below");
  why_document_undo (document);
  g_assert_cmpstr (why_document_get_limits (document), ==, "own");
  g_assert_false (why_document_get_can_undo (document));
}

/* The share in words is what is seen: counted in the pixels drawn. */
static void
test_share_shown (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree guint32 *pixels = g_new (guint32, 256 * 256);

  why_document_set_polarity (document, "absolute");
  spin_until_idle (document);
  g_assert_cmpfloat (why_document_get_share_shown (document), ==, 1);
  for (int tenth = 2; tenth < 10; tenth += 3)
    {
      const WhyRect all = { 0, 0, WIDTH, HEIGHT };
      WhyOverlayMap map;
      WhyOverlayStyle style;
      guint n_shown = 0;

      why_document_set_threshold (document, tenth / 10.0);
      g_assert_true (why_document_get_overlay (document, &map, &style));
      why_overlay_render (&map, &style, &all, 256, 256, pixels, 256 * 4);
      for (int pixel = 0; pixel < 256 * 256; pixel++)
        n_shown += pixels[pixel] != 0;
      /* One counts at 128 x 128 places, the other at twice as many each way: they differ along the edges only. */
      g_assert_cmpfloat_with_epsilon (why_document_get_share_shown (document), n_shown / 65536.0, 0.01);
    }
}

static void
test_session (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree char *path = g_build_filename (folder, "look.whylight", NULL);

  why_document_set_target_class (document, 2);
  why_document_toggle_also_class (document, 0);
  why_document_set_score (document, "rest");
  if (data == dense_path)
    why_document_set_region (document, "box:2,3,8.5,9");
  why_document_set_limits_range (document, -0.5, 2.25);
  why_document_set_clip (document, 0.125);
  why_document_set_contours (document, TRUE);
  why_document_set_contour_levels (document, 5);
  why_document_set_contour_labels (document, FALSE);
  why_document_set_alpha (document, "value");
  why_document_set_colour_vision (document, "achromatopsia");
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  why_document_save_session (document, path);
  spin_until_idle (document);
  g_autofree char *before = why_state_to_json (document);

  WhyDocument *again = why_document_new (fixture->runner);
  why_document_open_session (again, path);
  spin_until_idle (again);
  g_assert_null (why_document_get_error_message (again));
  g_autofree char *after = why_state_to_json (again);
  /* Answers and drawing alike; only there is nothing to be undone yet. */
  char *can_undo = strstr (before, "\"can_undo\":true");
  g_assert_nonnull (can_undo);
  g_autofree char *expected =
    g_strdup_printf ("%.*s\"can_undo\":false%s", (int) (can_undo - before), before, can_undo + strlen ("\"can_undo\":true"));
  g_assert_cmpstr (after, ==, expected);
  g_assert_nonnull (strstr (after, "\"colour_vision\":\"achromatopsia\""));
  g_assert_finalize_object (again);
  g_remove (path);
}

/* A figure keeps its true colours, whatever the screen imitates. */
static void
test_export_vision (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree char *plain = g_build_filename (folder, "plain.png", NULL);
  g_autofree char *tried = g_build_filename (folder, "tried.png", NULL);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autoptr (GError) error = NULL;
  gsize n_first;
  gsize n_second;

  why_document_export (document, plain, NULL, NULL, NULL);
  spin_until_idle (document);
  why_document_set_colour_vision (document, "achromatopsia");
  g_assert_cmpint (style_of (document).vision, ==, WHY_VISION_ACHROMAT);
  why_document_export (document, tried, NULL, NULL, NULL);
  spin_until_idle (document);
  g_assert_true (g_file_get_contents (plain, &first, &n_first, &error));
  g_assert_true (g_file_get_contents (tried, &second, &n_second, &error));
  /* Only the name of the file, which is part of the recipe, may differ: names of one length, same pixels. */
  const char *pixels_first = memmem (first, n_first, "IDAT", 4);
  const char *pixels_second = memmem (second, n_second, "IDAT", 4);
  g_assert_nonnull (pixels_first);
  g_assert_nonnull (pixels_second);
  const gsize left = n_first - (gsize) (pixels_first - first);
  g_assert_cmpuint (left, ==, n_second - (gsize) (pixels_second - second));
  g_assert_cmpmem (pixels_first, left, pixels_second, left);
  g_remove (plain);
  g_remove (tried);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("WHYLIGHT_LOADER", WHY_BUILD_DIR "/src/loader/whylight-loader", FALSE);
  folder = g_dir_make_tmp ("why-look-XXXXXX", NULL);
  small_path = g_build_filename (folder, "small.onnx", NULL);
  dense_path = g_build_filename (folder, "dense.onnx", NULL);
  picture_path = g_build_filename (folder, "picture.png", NULL);
  small_write (small_model (), small_path);
  small_write (dense_model (), dense_path);
  write_picture ();

#define LOOK(path, model, function) g_test_add ("/look/" path, Fixture, model, set_up, function, tear_down)
  LOOK ("score", small_path, test_score);
  LOOK ("also", small_path, test_also);
  LOOK ("region-refused", small_path, test_region_refused);
  LOOK ("region", dense_path, test_region);
  LOOK ("look", small_path, test_look);
  LOOK ("alpha", small_path, test_alpha);
  LOOK ("limits", small_path, test_limits);
  LOOK ("share-shown", small_path, test_share_shown);
  LOOK ("session", small_path, test_session);
  LOOK ("session-dense", dense_path, test_session);
  LOOK ("export-vision", small_path, test_export_vision);
  const int failed = g_test_run ();
  ob_remove_tree (folder);
  g_free (small_path);
  g_free (dense_path);
  g_free (picture_path);
  g_free (folder);
  return failed;
}
