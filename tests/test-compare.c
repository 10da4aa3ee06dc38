#include "config.h"

#include "base/parallel.h"
#include "draw/png.h"
#include "service/annotation.h"
#include "service/compare.h"
#include "service/sheet.h"
#include "service/state-json.h"
#include "small-models.h"
#include "spin.h"

#include <cairo.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

/* Maps beside the map: each must be the very map that asking for it alone gives. */

static char *folder;
static char *model_path;
static char *other_path;
static char *picture_path;

typedef struct
{
  WhyRunner *runner;
  WhyDocument *document;
  int n_changes;
} Fixture;

static void
on_changed (WhyDocument *document, gpointer data)
{
  ((Fixture *) data)->n_changes++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->runner = why_runner_new ();
  fixture->document = why_document_new (fixture->runner);
  g_signal_connect (fixture->document, "compare-changed", G_CALLBACK (on_changed), fixture);
  why_document_open_model (fixture->document, model_path);
  why_document_open_picture (fixture->document, picture_path);
  spin_until_idle (fixture->document);
  g_assert_nonnull (why_document_get_map (fixture->document));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->document);
  why_runner_unref (fixture->runner);
}

static WhyVariant *
get_variant (WhyDocument *document, guint place)
{
  /* The document keeps it. */
  g_autoptr (WhyVariant) variant = g_list_model_get_item (why_document_get_variants (document), place);

  g_assert_nonnull (variant);
  return variant;
}

static guint
n_variants (WhyDocument *document)
{
  return g_list_model_get_n_items (why_document_get_variants (document));
}

static void
assert_same_map (const WhyMap *one, const WhyMap *other)
{
  g_assert_nonnull (one);
  g_assert_nonnull (other);
  g_assert_cmpint (why_tensor_count (one->values), ==, why_tensor_count (other->values));
  g_assert_cmpmem (one->values->data, why_tensor_count (one->values) * sizeof (float), other->values->data,
                   why_tensor_count (other->values) * sizeof (float));
}

/* The map of a document of its own that is asked just this. */
static WhyMap *
ask_alone (const char *model, const char *layer, const char *method, int target_class, const char *polarity)
{
  g_autoptr (WhyRunner) runner = why_runner_new ();
  WhyDocument *document = why_document_new (runner);

  why_document_open_model (document, model);
  why_document_open_picture (document, picture_path);
  spin_until_idle (document);
  g_object_set (document, "layer", layer, "method", method, "target-class", target_class, "polarity", polarity, NULL);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  WhyMap *map = why_map_ref (why_document_get_map (document));
  g_assert_finalize_object (document);
  return map;
}

static void
test_bit_equal (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  why_document_set_target_class (document, 0);
  why_document_set_polarity (document, "signed");
  why_document_compare_with (document, WHY_DIMENSION_LAYER, "conv1");
  why_document_set_compared (document, 1, WHY_DIMENSION_METHOD, "layercam");
  why_document_set_compared (document, 2, WHY_DIMENSION_CLASS, "green");
  why_document_set_compared (document, 2, WHY_DIMENSION_POLARITY, "absolute");
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  g_assert_cmpstr (why_document_get_compare (document), ==, "side");
  g_assert_cmpuint (n_variants (document), ==, 3);
  spin_until_idle (document);

  g_autoptr (WhyMap) layer = ask_alone (model_path, "conv1", "gradcam", 0, "signed");
  g_autoptr (WhyMap) method = ask_alone (model_path, NULL, "layercam", 0, "signed");
  g_autoptr (WhyMap) class = ask_alone (model_path, NULL, "gradcam", 1, "absolute");
  assert_same_map (why_variant_get_map (get_variant (document, 0)), layer);
  assert_same_map (why_variant_get_map (get_variant (document, 1)), method);
  assert_same_map (why_variant_get_map (get_variant (document, 2)), class);
  g_assert_cmpint (why_variant_get_state (get_variant (document, 2)), ==, WHY_VARIANT_DONE);
  /* The network is not given its picture anew. */
  g_assert_true (why_variant_get_result (get_variant (document, 0))->input == why_document_get_result (document)->input);

  /* What is not said follows the main question. */
  why_document_set_target_class (document, 2);
  spin_until_idle (document);
  g_autoptr (WhyMap) followed = ask_alone (model_path, "conv1", "gradcam", 2, "signed");
  assert_same_map (why_variant_get_map (get_variant (document, 0)), followed);
  /* What is said stays. */
  assert_same_map (why_variant_get_map (get_variant (document, 2)), class);
}

static void
test_titles (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  why_document_set_target_class (document, 0);
  why_document_compare_with (document, WHY_DIMENSION_LAYER, "conv1");
  g_assert_cmpstr (why_document_get_main_title (document), ==, "relu2");
  g_assert_cmpstr (why_variant_get_title (get_variant (document, 0)), ==, "conv1");
  g_assert_cmpstr (why_document_get_common_title (document), ==, "Evidence for “red” · Grad-CAM");
  why_document_set_compared (document, 0, WHY_DIMENSION_CLASS, "blue");
  g_assert_cmpstr (why_document_get_main_title (document), ==, "red · relu2");
  g_assert_cmpstr (why_variant_get_title (get_variant (document, 0)), ==, "blue, azure · conv1");
  g_assert_cmpstr (why_document_get_common_title (document), ==, "Grad-CAM · evidence for");
  spin_until_idle (document);
}

/* With nothing said the other map is that of the class that nearly won. */
static void
test_next_class (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  const int top = why_document_get_shown_class (document);
  int next = -1;

  for (int class = 0; class < 3; class++)
    {
      const double probability = why_class_item_get_probability (why_document_get_class (document, class));
      if (class != top && (next < 0 || probability > why_class_item_get_probability (why_document_get_class (document, next))))
        next = class;
    }
  why_document_set_compare (document, "curtain");
  spin_until_idle (document);
  g_assert_cmpuint (n_variants (document), ==, 1);
  g_assert_cmpint (why_variant_get_result (get_variant (document, 0))->target_class, ==, next);
  /* Asked about that class, the other is the first one again. */
  why_document_set_target_class (document, next);
  spin_until_idle (document);
  g_assert_cmpint (why_variant_get_result (get_variant (document, 0))->target_class, ==, top);
}

static void
test_undo (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  g_assert_false (why_document_get_can_undo (document));
  why_document_set_compare (document, "side");
  spin_until_idle (document);
  why_document_set_compared (document, 0, WHY_DIMENSION_CLASS, NULL);
  why_document_set_compared (document, 0, WHY_DIMENSION_LAYER, "relu1");
  why_document_set_shared_limits (document, TRUE);
  why_document_set_curtain (document, 0.25);
  why_document_set_curtain (document, 0.75); /* the same drag */
  spin_until_idle (document);
  why_document_undo (document);
  g_assert_cmpfloat (why_document_get_curtain (document), ==, 0.5);
  why_document_undo (document);
  g_assert_false (why_document_get_shared_limits (document));
  why_document_undo (document);
  g_assert_cmpstr (why_document_get_compared (document, 0, WHY_DIMENSION_LAYER), ==, NULL);
  why_document_undo (document);
  g_assert_cmpstr (why_document_get_compared (document, 0, WHY_DIMENSION_CLASS), ==, "next");
  why_document_undo (document);
  g_assert_cmpstr (why_document_get_compare (document), ==, "single");
  g_assert_cmpuint (n_variants (document), ==, 0);
  g_assert_false (why_document_get_can_undo (document));
  for (int step = 0; step < 5; step++)
    why_document_redo (document);
  spin_until_idle (document);
  g_assert_cmpfloat (why_document_get_curtain (document), ==, 0.75);
  g_assert_cmpstr (why_document_get_compared (document, 0, WHY_DIMENSION_LAYER), ==, "relu1");
  g_assert_cmpint (why_variant_get_state (get_variant (document, 0)), ==, WHY_VARIANT_DONE);
}

static void
test_grid (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  static const char *const layers[] = { "conv1", "relu1", "conv2", "relu2", NULL };
  static const char *const classes[] = { "0", "1", "2", NULL };
  static const char *const too_many[] = { "0", "1", "2", "0", "1", "2", "0", "1", "2", "0", NULL };

  why_document_set_grid (document, WHY_DIMENSION_LAYER, layers, WHY_DIMENSION_CLASS, classes);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  g_assert_cmpuint (n_variants (document), ==, 12);
  /* First cells first. */
  g_assert_cmpint (why_variant_get_state (get_variant (document, 0)), ==, WHY_VARIANT_RUNNING);
  g_assert_cmpint (why_variant_get_state (get_variant (document, 11)), ==, WHY_VARIANT_WAITING);
  spin_until_idle (document);
  for (int row = 0; row < 4; row++)
    for (int column = 0; column < 3; column++)
      {
        const WhyMap *map = why_variant_get_map (get_variant (document, (guint) (row * 3 + column)));
        g_assert_cmpstr (map->layer, ==, layers[row]);
        g_assert_cmpint (map->target_class, ==, column);
      }
  g_autoptr (WhyMap) alone = ask_alone (model_path, "conv2", "gradcam", 1, "relu");
  assert_same_map (why_variant_get_map (get_variant (document, 7)), alone);
  g_assert_cmpstr (why_variant_get_title (get_variant (document, 7)), ==, "green · conv2");
  g_assert_cmpstr (why_document_get_common_title (document), ==, "Grad-CAM · evidence for");

  /* A cell becomes the main question, and the grid stays. */
  why_document_choose_variant (document, 7);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_layer (document), ==, "conv2");
  g_assert_cmpint (why_document_get_target_class (document), ==, 1);
  g_assert_cmpuint (n_variants (document), ==, 12);
  assert_same_map (why_document_get_map (document), alone);

  /* One column less; what was computed stays. */
  g_autoptr (WhyVariant) kept = g_object_ref (get_variant (document, 7));
  why_document_change_grid (document, WHY_DIMENSION_CLASS, "red", FALSE);
  g_assert_cmpuint (n_variants (document), ==, 8);
  g_assert_true (get_variant (document, 4) == kept);
  g_assert_cmpint (why_variant_get_state (kept), ==, WHY_VARIANT_DONE);

  why_document_set_grid (document, WHY_DIMENSION_LAYER, layers, WHY_DIMENSION_CLASS, too_many);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "at most 36"));
  g_assert_cmpuint (n_variants (document), ==, 8);
  why_document_set_grid (document, WHY_DIMENSION_CLASS, classes, WHY_DIMENSION_CLASS, classes);
  g_assert_cmpuint (n_variants (document), ==, 8);
}

static void
test_presets (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  static const struct
  {
    const char *preset;
    guint n_cells;
  } presets[] = { { "layers", 4 }, { "classes", 3 }, { "layers-classes", 12 } };

  for (gsize preset = 0; preset < G_N_ELEMENTS (presets); preset++)
    {
      why_document_preset_grid (document, presets[preset].preset);
      g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
      g_assert_cmpuint (n_variants (document), ==, presets[preset].n_cells);
    }
  why_document_preset_grid (document, "methods");
  g_assert_cmpuint (n_variants (document), >, 5);
  spin_until_idle (document);
  /* All methods offered can run here. */
  for (guint place = 0; place < n_variants (document); place++)
    g_assert_cmpstr (why_variant_get_reason (get_variant (document, place)), ==, NULL);
  why_document_preset_grid (document, "planets");
  g_assert_nonnull (strstr (why_document_get_error_message (document), "planets"));
}

static void
test_limits (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  WhyOverlayMap map;
  WhyOverlayStyle style;
  double lo, hi, most = 0;

  why_document_set_polarity (document, "signed");
  why_document_preset_grid (document, "layers");
  spin_until_idle (document);
  for (guint place = 0; place < 4; place++)
    {
      const WhyMap *cell = why_variant_get_map (get_variant (document, place));
      const double own = MAX (cell->maximum, -cell->minimum);
      g_assert_true (why_document_get_pane_overlay (document, get_variant (document, place), &map, &style));
      why_overlay_limits (&map, &style, &lo, &hi);
      g_assert_cmpfloat_with_epsilon (hi, own, own * 1e-6);
      g_assert_cmpfloat (lo, ==, -hi);
      most = MAX (most, own);
    }
  why_document_set_shared_limits (document, TRUE);
  for (guint place = 0; place < 4; place++)
    {
      g_assert_true (why_document_get_pane_overlay (document, get_variant (document, place), &map, &style));
      why_overlay_limits (&map, &style, &lo, &hi);
      g_assert_cmpfloat_with_epsilon (hi, most, most * 1e-6);
    }
}

static void
test_failures (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  why_document_set_compare (document, "next-to");
  g_assert_nonnull (strstr (why_document_get_error_message (document), "next-to"));
  why_document_compare_with (document, WHY_DIMENSION_LAYER, "conv9");
  g_assert_nonnull (strstr (why_document_get_error_message (document), "conv9"));
  why_document_compare_with (document, WHY_DIMENSION_CLASS, "purple");
  g_assert_nonnull (strstr (why_document_get_error_message (document), "purple"));
  g_assert_cmpstr (why_document_get_compare (document), ==, "single");
  why_document_set_compared (document, 2, WHY_DIMENSION_CLASS, "red");
  g_assert_nonnull (strstr (why_document_get_error_message (document), "no map 3"));

  /* A model that is not there: the pane says so, the document goes on. */
  why_document_compare_with (document, WHY_DIMENSION_MODEL, "/nowhere/net.onnx");
  spin_until_idle (document);
  g_assert_cmpint (why_variant_get_state (get_variant (document, 0)), ==, WHY_VARIANT_FAILED);
  g_assert_nonnull (strstr (why_variant_get_reason (get_variant (document, 0)), "net.onnx"));
  g_assert_null (why_variant_get_map (get_variant (document, 0)));
  g_assert_nonnull (why_document_get_map (document));
}

static void
test_other_model (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  why_document_set_target_class (document, 1);
  why_document_compare_with (document, WHY_DIMENSION_MODEL, other_path);
  spin_until_idle (document);
  g_autoptr (WhyMap) alone = ask_alone (other_path, NULL, "gradcam", 1, "relu");
  assert_same_map (why_variant_get_map (get_variant (document, 0)), alone);
  g_assert_cmpstr (why_variant_get_title (get_variant (document, 0)), ==, "other");

  /* Swapped: the other model is the main one, and this one beside it. */
  why_document_choose_variant (document, 0);
  spin_until_idle (document);
  g_assert_cmpstr (why_model_get_title (why_document_get_model (document)), ==, "other");
  g_assert_cmpstr (why_document_get_compared (document, 0, WHY_DIMENSION_MODEL), ==, model_path);
  g_assert_cmpint (why_variant_get_state (get_variant (document, 0)), ==, WHY_VARIANT_DONE);
}

static void
test_swap (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  why_document_set_target_class (document, 0);
  why_document_compare_with (document, WHY_DIMENSION_METHOD, "layercam");
  why_document_set_compared (document, 0, WHY_DIMENSION_LAYER, "relu1");
  why_document_set_compared (document, 0, WHY_DIMENSION_CLASS, "2");
  spin_until_idle (document);
  g_autoptr (WhyMap) one = why_map_ref (why_document_get_map (document));
  g_autoptr (WhyMap) other = why_map_ref (why_variant_get_map (get_variant (document, 0)));
  why_document_choose_variant (document, 0);
  spin_until_idle (document);
  assert_same_map (why_document_get_map (document), other);
  assert_same_map (why_variant_get_map (get_variant (document, 0)), one);
  g_assert_cmpstr (why_document_get_method (document), ==, "layercam");
  why_document_undo (document);
  spin_until_idle (document);
  assert_same_map (why_document_get_map (document), one);
}

/* ---- the difference ---- */

static WhyMap *
make_map (const float *values, gint64 height, gint64 width)
{
  const gint64 dims[] = { height, width };
  const WhyAffine to_input = why_affine_scale_translate (16.0 / (double) width, 16.0 / (double) height, 0, 0);
  WhyTensor *tensor = why_tensor_new (WHY_DTYPE_FLOAT32, 2, dims, NULL);

  memcpy (tensor->data, values, (gsize) (height * width) * sizeof (float));
  return why_map_new (tensor, &to_input, "gradcam", "relu2", "signed", "paper");
}

static void
test_difference_numbers (void)
{
  static const float a_values[] = { 1, -2, 3, 4 };
  static const float b_values[] = { 10, 20, 30, 80 };
  static const float c_values[] = { 5 };
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyMap) a = make_map (a_values, 2, 2);
  g_autoptr (WhyMap) b = make_map (b_values, 2, 2);
  g_autoptr (WhyMap) c = make_map (c_values, 1, 1);

  g_autoptr (WhyDifference) same = why_difference_new (a, &a->to_input, a, &a->to_input, &error);
  g_assert_no_error (error);
  for (gsize cell = 0; cell < 4; cell++)
    g_assert_cmpfloat (((float *) same->values->data)[cell], ==, 0);
  g_assert_cmpfloat_with_epsilon (same->pearson, 1, 1e-12);
  g_assert_cmpfloat_with_epsilon (same->spearman, 1, 1e-12);
  g_assert_cmpfloat (same->sign_agreement, ==, 1);
  g_assert_cmpuint (same->n_cells, ==, 4);

  /* 1/4 - 10/80, -2/4 - 20/80, 3/4 - 30/80, 4/4 - 80/80; the signs agree in three of four. */
  static const float wanted[] = { 0.125f, -0.75f, 0.375f, 0 };
  g_autoptr (WhyDifference) difference = why_difference_new (a, &a->to_input, b, &b->to_input, &error);
  g_assert_no_error (error);
  for (gsize cell = 0; cell < 4; cell++)
    g_assert_cmpfloat (((float *) difference->values->data)[cell], ==, wanted[cell]);
  g_assert_cmpfloat (difference->sign_agreement, ==, 0.75);
  /* Ranks 2 1 3 4 and 1 2 3 4: 1 - 6 * 2 / (4 * 15). */
  g_assert_cmpfloat_with_epsilon (difference->spearman, 0.8, 1e-12);
  /* Deviations -0.5 -3.5 1.5 2.5 and -25 -15 -5 45: 170 / sqrt (21 * 2900). */
  g_assert_cmpfloat_with_epsilon (difference->pearson, 170 / sqrt (21.0 * 2900.0), 1e-9);

  /* On the finer grid, whichever comes first. */
  g_autoptr (WhyDifference) coarse = why_difference_new (c, &c->to_input, a, &a->to_input, &error);
  g_assert_no_error (error);
  g_assert_cmpint (coarse->values->dims[0], ==, 2);
  g_assert_cmpfloat (((float *) coarse->values->data)[1], ==, 1.5f);
  g_assert_true (isnan (coarse->pearson));

  /* Where only one of them lies there is no difference. */
  const WhyAffine shifted = why_affine_compose (&b->to_input, &(WhyAffine) { .xx = 1, .yy = 1, .x0 = 8 });
  g_autoptr (WhyDifference) half = why_difference_new (a, &a->to_input, b, &shifted, &error);
  g_assert_no_error (error);
  g_assert_true (isnan (((float *) half->values->data)[0]));
  g_assert_cmpuint (half->n_cells, ==, 2);
  g_assert_cmpfloat_with_epsilon (((float *) half->values->data)[1], -0.5 - 10.0 / 80, 1e-6);
}

static void
test_difference_mode (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  WhyOverlayMap map;
  WhyOverlayStyle style;
  double lo, hi;

  why_document_set_polarity (document, "signed");
  why_document_compare_with (document, WHY_DIMENSION_LAYER, "conv1");
  why_document_set_compare (document, "difference");
  spin_until_idle (document);
  const WhyDifference *difference = why_document_get_difference (document);
  g_assert_nonnull (difference);
  /* relu2 has 8 x 8 cells, conv1 16 x 16. */
  g_assert_cmpint (difference->values->dims[1], ==, 16);
  g_assert_true (why_document_get_difference_overlay (document, &map, &style));
  why_overlay_limits (&map, &style, &lo, &hi);
  g_assert_cmpfloat (lo, ==, -hi);
  g_assert_true (style.centre_zero);
  why_document_set_compare (document, "side");
  g_assert_null (why_document_get_difference (document));
}

/* ---- figures ---- */

static void
test_sheet (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree char *path = g_build_filename (folder, "sheet.png", NULL);
  g_autoptr (GError) error = NULL;
  static const char *const layers[] = { "conv1", "relu2", NULL };
  static const char *const classes[] = { "0", "1", "2", NULL };

  g_assert_null (why_sheet_new (document));
  why_document_set_grid (document, WHY_DIMENSION_LAYER, layers, WHY_DIMENSION_CLASS, classes);
  spin_until_idle (document);
  g_autoptr (WhySheet) grid = why_sheet_new (document);
  g_assert_cmpuint (why_sheet_get_n_panels (grid), ==, 6);
  g_assert_cmpuint (why_sheet_get_n_columns (grid), ==, 3);
  /* The panel has the map of its cell, which stays though the document goes on. */
  g_autoptr (WhyMap) cell = why_map_ref (why_variant_get_map (get_variant (document, 4)));
  why_document_set_compare (document, "single");
  const WhyPanel *panel = why_sheet_get_panel (grid, 4);
  g_assert_true (panel->map->values == cell->values->data);
  g_assert_cmpint (panel->map->width, ==, 8);
  g_assert_true (why_sheet_write (grid, path, WHY_THEME_LIGHT, NULL, &error));
  g_assert_no_error (error);
  g_autofree char *recipe = why_png_read_text (path, "whylight:recipe", &error);
  g_assert_no_error (error);
  g_autoptr (JsonNode) root = json_from_string (recipe, NULL);
  JsonArray *maps = json_object_get_array_member (json_node_get_object (root), "maps");
  g_assert_cmpuint (json_array_get_length (maps), ==, 6);
  JsonObject *map = json_array_get_object_element (maps, 4);
  g_assert_cmpstr (json_object_get_string_member (map, "title"), ==, "relu2 · green");
  g_assert_nonnull (strstr (json_object_get_string_member (map, "command"), "--layer relu2"));
  g_assert_nonnull (strstr (json_object_get_string_member (map, "command"), "--class 1"));

  /* Turned, all of it: the file is another one, and its maps are made again the same way round. */
  g_autofree char *turned_path = g_build_filename (folder, "turned.png", NULL);
  g_autofree char *upright_bytes = NULL, *turned_bytes = NULL;
  gsize upright_size, turned_size;
  why_document_set_turn (document, why_turn_rotate (0, 1));
  why_document_set_compare (document, "grid");
  spin_until_idle (document);
  g_autoptr (WhySheet) turned = why_sheet_new (document);
  g_assert_true (why_sheet_write (turned, turned_path, WHY_THEME_LIGHT, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &upright_bytes, &upright_size, NULL));
  g_assert_true (g_file_get_contents (turned_path, &turned_bytes, &turned_size, NULL));
  g_assert_false (upright_size == turned_size && memcmp (upright_bytes, turned_bytes, upright_size) == 0);
  g_autofree char *turned_recipe = why_png_read_text (turned_path, "whylight:recipe", &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (turned_recipe, "--rotate 90"));
  why_document_set_turn (document, 0);
  g_unlink (turned_path);

  why_document_set_compare (document, "difference");
  spin_until_idle (document);
  g_autoptr (WhySheet) difference = why_sheet_new (document);
  g_assert_cmpuint (why_sheet_get_n_panels (difference), ==, 3);
  g_assert_cmpstr (why_sheet_get_panel (difference, 2)->heading, ==, "A − B");
  g_unlink (path);
}

/* What an outline changes in the figure, per row and column of panels. */
static void
test_sheet_outlines (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree char *path = g_build_filename (folder, "sheet.png", NULL);
  g_autoptr (GError) error = NULL;
  static const char *const layers[] = { "conv1", "relu2", NULL };
  static const char *const classes[] = { "0", "1", "2", NULL };
  cairo_surface_t *surfaces[3];
  guint n_changed[2][3] = { { 0 } };

  why_document_set_grid (document, WHY_DIMENSION_LAYER, layers, WHY_DIMENSION_CLASS, classes);
  spin_until_idle (document);
  for (int time = 0; time < 3; time++)
    {
      if (time == 1)
        {
          const WhyRect box = { 128, 128, 256, 256 };
          g_autoptr (WhyArea) shape = why_area_new_ellipse (&box, FALSE, &error);
          why_document_annotate (document, shape, NULL, NULL);
          g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
        }
      if (time == 2)
        why_document_show_annotation (document, 0, FALSE);
      g_autoptr (WhySheet) sheet = why_sheet_new (document);
      g_assert_true (why_sheet_write (sheet, path, WHY_THEME_LIGHT, NULL, &error));
      g_assert_no_error (error);
      surfaces[time] = cairo_image_surface_create_from_png (path);
    }
  const int width = cairo_image_surface_get_width (surfaces[0]);
  const int height = cairo_image_surface_get_height (surfaces[0]);
  const gsize stride = (gsize) cairo_image_surface_get_stride (surfaces[0]);
  const guchar *without = cairo_image_surface_get_data (surfaces[0]);
  const guchar *with = cairo_image_surface_get_data (surfaces[1]);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      n_changed[y * 2 / height][x * 3 / width] += memcmp (without + (gsize) y * stride + 4 * (gsize) x,
                                                        with + (gsize) y * stride + 4 * (gsize) x, 4) != 0;
  for (int row = 0; row < 2; row++)
    for (int column = 0; column < 3; column++)
      g_assert_cmpuint (n_changed[row][column], >, 200);
  /* What is not shown is not drawn. */
  g_assert_cmpmem (without, stride * (gsize) height, cairo_image_surface_get_data (surfaces[2]), stride * (gsize) height);
  for (int time = 0; time < 3; time++)
    cairo_surface_destroy (surfaces[time]);
  g_unlink (path);
}

/* ---- sessions ---- */

static void
on_saved (WhyDocument *document, const char *path, gpointer data)
{
  *(int *) data = 1;
}

static char *
dup_compare (WhyDocument *document)
{
  g_autofree char *state = why_state_to_json (document);
  g_autoptr (JsonNode) root = json_from_string (state, NULL);

  return json_to_string (json_object_get_member (json_node_get_object (root), "compare"), FALSE);
}

static void
test_session (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree char *path = g_build_filename (folder, "compare.whylight", NULL);
  static const char *const methods[] = { "gradcam", "layercam", NULL };
  static const char *const classes[] = { "0", "next", NULL };
  int saved = 0;

  why_document_compare_with (document, WHY_DIMENSION_MODEL, other_path);
  why_document_set_compared (document, 1, WHY_DIMENSION_LAYER, "relu1");
  why_document_set_grid (document, WHY_DIMENSION_METHOD, methods, WHY_DIMENSION_CLASS, classes);
  why_document_set_shared_limits (document, TRUE);
  why_document_set_curtain_bare (document, "right");
  why_document_set_curtain (document, 0.25);
  spin_until_idle (document);
  g_signal_connect (document, "session-saved", G_CALLBACK (on_saved), &saved);
  why_document_save_session (document, path);
  spin_until (is_nonzero, &saved);
  g_autofree char *before = dup_compare (document);

  WhyDocument *again = why_document_new (fixture->runner);
  why_document_open_session (again, path);
  spin_until_idle (again);
  g_assert_cmpstr (why_document_get_error_message (again), ==, NULL);
  g_autofree char *after = dup_compare (again);
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpstr (why_document_get_compared (again, 0, WHY_DIMENSION_MODEL), ==, other_path);
  g_assert_finalize_object (again);

  /* What a file may not say. */
  static const struct
  {
    const char *what;
    const char *instead;
  } wrongs[] = {
    { "\"mode\":\"grid\"", "\"mode\":\"tower\"" },
    { "\"next\"", "\"purple\"" },
    { "\"layercam\"", "\"layercamel\"" },
    { "\"curtain\":0.25", "\"curtain\":\"left\"" },
    { "\"shared_limits\":true", "\"shared_limits\":3" },
    { "\"bare\":\"right\"", "\"beer\":\"right\"" },
  };
  g_autofree char *text = NULL;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (gsize wrong = 0; wrong < G_N_ELEMENTS (wrongs); wrong++)
    {
      GString *changed = g_string_new (text);
      g_assert_cmpuint (g_string_replace (changed, wrongs[wrong].what, wrongs[wrong].instead, 1), ==, 1);
      g_assert_true (g_file_set_contents (path, changed->str, -1, NULL));
      g_string_free (changed, TRUE);
      WhyDocument *refused = why_document_new (fixture->runner);
      why_document_open_session (refused, path);
      spin_until_idle (refused);
      g_assert_nonnull (why_document_get_error_message (refused));
      g_assert_nonnull (strstr (why_document_get_error_message (refused), "compare"));
      g_assert_finalize_object (refused);
    }
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  why_document_compare_with (document, WHY_DIMENSION_METHOD, "rise:masks=1000000");
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  g_assert_true (why_document_get_busy (document));
  spin_for (20);
  g_assert_cmpint (why_variant_get_state (get_variant (document, 0)), ==, WHY_VARIANT_RUNNING);
  /* The main question does not wait for it. */
  why_document_set_layer (document, "conv1");
  g_assert_cmpint (why_variant_get_state (get_variant (document, 0)), ==, WHY_VARIANT_WAITING);
  why_document_cancel (document);
  g_assert_false (why_document_get_busy (document));
  spin_for (20);
  g_assert_false (why_document_get_busy (document));
  g_assert_null (why_variant_get_map (get_variant (document, 0)));
  /* A new question takes it up again. */
  why_document_compare_with (document, WHY_DIMENSION_METHOD, "layercam");
  why_document_set_layer (document, "relu1");
  spin_until_idle (document);
  g_assert_cmpint (why_variant_get_state (get_variant (document, 0)), ==, WHY_VARIANT_DONE);
}

/* Another model under the same comparison: what means nothing to it is not asked. */
static void
test_new_model (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  why_document_compare_with (document, WHY_DIMENSION_CLASS, "2");
  spin_until_idle (document);
  why_document_open_model (document, other_path);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_compared (document, 0, WHY_DIMENSION_CLASS), ==, "next");
  g_assert_cmpint (why_variant_get_state (get_variant (document, 0)), ==, WHY_VARIANT_DONE);
  why_document_preset_grid (document, "layers");
  spin_until_idle (document);
  g_assert_cmpuint (n_variants (document), ==, 4);
}

static void
test_dispose_while_busy (void)
{
  g_autoptr (WhyRunner) runner = why_runner_new ();
  WhyDocument *document = why_document_new (runner);

  why_document_open_model (document, model_path);
  why_document_open_picture (document, picture_path);
  spin_until_idle (document);
  why_document_compare_with (document, WHY_DIMENSION_METHOD, "rise:masks=1000000");
  why_document_set_compared (document, 1, WHY_DIMENSION_MODEL, other_path);
  spin_for (5);
  g_assert_finalize_object (document);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("WHYLIGHT_LOADER", WHY_BUILD_DIR "/src/loader/whylight-loader", FALSE);
#ifdef __SANITIZE_THREAD__
  /* The sanitizer does not see OpenMP's barriers. */
  why_parallel_set_threads (1);
#endif
  folder = g_dir_make_tmp ("test-compare-XXXXXX", NULL);
  model_path = g_build_filename (folder, "small.onnx", NULL);
  other_path = g_build_filename (folder, "other.onnx", NULL);
  picture_path = g_test_build_filename (G_TEST_DIST, "..", "data", "samples", "wardrobe-1.png", NULL);
  small_write (small_model (), model_path);
  small_write (small_model (), other_path);

#define COMPARE(path, function) g_test_add ("/compare/" path, Fixture, NULL, set_up, function, tear_down)
  COMPARE ("bit-equal", test_bit_equal);
  COMPARE ("titles", test_titles);
  COMPARE ("next-class", test_next_class);
  COMPARE ("undo", test_undo);
  COMPARE ("grid", test_grid);
  COMPARE ("presets", test_presets);
  COMPARE ("limits", test_limits);
  COMPARE ("failures", test_failures);
  COMPARE ("other-model", test_other_model);
  COMPARE ("swap", test_swap);
  g_test_add_func ("/compare/difference-numbers", test_difference_numbers);
  COMPARE ("difference-mode", test_difference_mode);
  COMPARE ("sheet", test_sheet);
  COMPARE ("sheet-outlines", test_sheet_outlines);
  COMPARE ("session", test_session);
  COMPARE ("cancel", test_cancel);
  COMPARE ("new-model", test_new_model);
  g_test_add_func ("/compare/dispose-while-busy", test_dispose_while_busy);
#undef COMPARE

  const int status = g_test_run ();
  g_unlink (model_path);
  g_unlink (other_path);
  g_autofree char *session = g_build_filename (folder, "compare.whylight", NULL);
  g_unlink (session);
  g_rmdir (folder);
  return status;
}
