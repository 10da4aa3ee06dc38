#include "config.h"

#include "base/error.h"
#include "base/parallel.h"
#include "draw/png.h"
#include "service/document.h"
#include "service/export.h"
#include "service/samples.h"
#include "service/state-json.h"
#include "small-models.h"
#include "spin.h"
#include "worker.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

static char *folder;
static char *model_path;
static char *slow_path;
static char *picture_path;

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* ---- runner ---- */

typedef struct
{
  int n_results;
  WhyResult *result;
} Answers;

static void
on_answer (WhyResult *result, gpointer data)
{
  Answers *answers = data;

  answers->n_results++;
  g_clear_pointer (&answers->result, why_result_unref);
  answers->result = why_result_ref (result);
}

static WhyTensor *
make_picture (gint64 height, gint64 width, guint32 seed)
{
  const gint64 dims[] = { height, width, 3 };
  WhyTensor *pixels = why_tensor_new (WHY_DTYPE_UINT8, 3, dims, NULL);
  guint8 *bytes = pixels->data;

  for (gint64 index = 0; index < height * width * 3; index++)
    {
      seed = seed * 1664525u + 1013904223u;
      bytes[index] = (guint8) (seed >> 24);
    }
  return pixels;
}

static WhyRequest *
make_request (WhyModel *model, WhyTensor *pixels, int target_class, const char *layer)
{
  const WhyExplainRequest explain = {
    .method = "gradcam", .layer = layer, .target_class = target_class, .polarity = WHY_POLARITY_SIGNED
  };
  WhyRequest *request =
    why_request_new (why_model_get_onnx (model), why_model_get_recipe (model), pixels, NULL, &explain);

  request->backend = WHY_BACKEND_REFERENCE;
  return request;
}

static void
test_runner_answers (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyModel) model = why_model_load (model_path, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (WhyRunner) runner = why_runner_new ();
  g_autoptr (WhyTensor) pixels = make_picture (32, 48, 1);
  const guint view = why_runner_add_view (runner);
  Answers answers = { 0 };
  WhyAffine to_source;

  for (int target = 0; target < 3; target++)
    {
      g_autoptr (WhyRequest) request = make_request (model, pixels, target, "relu2");
      why_runner_submit (runner, view, request, on_answer, NULL, &answers);
    }
  spin_until (is_nonzero, &answers.n_results);
  spin_for (20);
  g_assert_cmpint (answers.n_results, ==, 1);
  g_assert_no_error (answers.result->error);
  g_assert_cmpint (answers.result->target_class, ==, 2);
  g_assert_cmpstr (answers.result->map->layer, ==, "relu2");
  g_assert_cmpint (answers.result->map->values->dims[0], ==, 8);
  double sum = 0;
  for (int k = 0; k < 3; k++)
    sum += why_tensor_get_f64 (answers.result->probabilities, k);
  g_assert_cmpfloat_with_epsilon (sum, 1.0, 1e-5);

  /* A map of 8x8 cells on a picture of 48x32: a cell is 6x4 pixels. */
  g_autoptr (WhyMap) shown = why_result_show_map (answers.result, answers.result->map, NULL, TRUE, &to_source);
  g_assert_true (shown == answers.result->map);
  g_assert_cmpfloat_with_epsilon (to_source.xx, 6.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (to_source.yy, 4.0, 1e-9);

  /* Another class of the same picture finds the same prepared input, so the session need not run forward. */
  g_autoptr (WhyTensor) input = why_tensor_ref (answers.result->input);
  g_autoptr (WhyRequest) again = make_request (model, pixels, 0, "conv1");
  answers.n_results = 0;
  why_runner_submit (runner, view, again, on_answer, NULL, &answers);
  spin_until (is_nonzero, &answers.n_results);
  g_assert_true (answers.result->input == input);
  g_assert_cmpstr (answers.result->map->layer, ==, "conv1");

  g_clear_pointer (&answers.result, why_result_unref);
  why_runner_remove_view (runner, view);
}

static void
test_runner_error (void)
{
  g_autoptr (WhyModel) model = why_model_load (model_path, NULL, NULL);
  g_autoptr (WhyRunner) runner = why_runner_new ();
  g_autoptr (WhyTensor) pixels = make_picture (20, 20, 2);
  g_autoptr (WhyRequest) request = make_request (model, pixels, 0, "relu7");
  Answers answers = { 0 };

  why_runner_submit (runner, why_runner_add_view (runner), request, on_answer, NULL, &answers);
  spin_until (is_nonzero, &answers.n_results);
  g_assert_error (answers.result->error, WHY_ERROR, WHY_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (answers.result->error->message, "relu7"));
  g_assert_null (answers.result->map);
  why_result_unref (answers.result);
}

/* Steps that are known are taken over, the others computed as if they had been asked alone. */
static void
test_runner_covers (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyModel) model = why_model_load (model_path, NULL, NULL);
  g_autoptr (WhyTensor) pixels = make_picture (32, 32, 3);
  g_autoptr (WhyArea) left = why_area_new_rectangle (&(WhyRect) { 0, 0, 16, 32 }, FALSE, NULL);
  g_autoptr (WhyArea) middle = why_area_new_ellipse (&(WhyRect) { 8, 8, 16, 16 }, FALSE, NULL);
  const WhyCover covers[] = { { left, WHY_OCCLUDE_BLACK, 1 }, { middle, WHY_OCCLUDE_NOISE, 7 } };
  g_autoptr (WhyRequest) plain = make_request (model, pixels, 1, "relu2");
  g_autoptr (WhyRequest) one = make_request (model, pixels, 1, "relu2");
  g_autoptr (WhyRequest) both = make_request (model, pixels, 1, "relu2");
  g_autoptr (WhyRequest) knowing = make_request (model, pixels, 1, "relu2");

  why_request_set_covers (one, covers, 1, NULL);
  why_request_set_covers (both, covers, 2, NULL);
  g_autoptr (WhyResult) plain_result = why_request_run (plain, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (WhyResult) one_result = why_request_run (one, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (WhyResult) both_result = why_request_run (both, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  for (gsize k = 0; k < 3; k++)
    {
      g_assert_cmpfloat (why_tensor_get_f64 (both_result->steps[0], k), ==, why_tensor_get_f64 (plain_result->probabilities, k));
      g_assert_cmpfloat (why_tensor_get_f64 (both_result->steps[1], k), ==, why_tensor_get_f64 (one_result->probabilities, k));
      g_assert_cmpfloat (why_tensor_get_f64 (both_result->steps[2], k), ==, why_tensor_get_f64 (both_result->probabilities, k));
    }
  g_assert_cmpfloat (why_tensor_get_f64 (one_result->probabilities, 0), !=, why_tensor_get_f64 (plain_result->probabilities, 0));
  g_assert_null (plain_result->covered);
  g_assert_cmpint (((guint8 *) one_result->covered->data)[0], ==, 0);

  WhyTensor *const known[] = { plain_result->probabilities, one_result->probabilities, NULL };
  why_request_set_covers (knowing, covers, 2, known);
  g_autoptr (WhyResult) knowing_result = why_request_run (knowing, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (knowing_result->steps[1] == one_result->probabilities);
  g_assert_cmpmem (knowing_result->map->values->data, knowing_result->map->values->n_bytes, both_result->map->values->data,
                   both_result->map->values->n_bytes);
}

/* The thread is free again long before the run would have ended. */
static void
test_runner_cancel (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyModel) slow = why_model_load (slow_path, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (WhyModel) small = why_model_load (model_path, NULL, NULL);
  g_autoptr (WhyRunner) runner = why_runner_new ();
  g_autoptr (WhyTensor) pixels = make_picture (64, 64, 4);
  g_autoptr (WhyTensor) other_pixels = make_picture (64, 64, 5);
  const guint slow_view = why_runner_add_view (runner);
  const guint small_view = why_runner_add_view (runner);
  Answers slow_answers = { 0 };
  Answers small_answers = { 0 };

  /* Once to the end, for the time it takes. */
  g_autoptr (WhyRequest) whole = make_request (slow, pixels, 0, "t10");
  why_runner_submit (runner, slow_view, whole, on_answer, NULL, &slow_answers);
  spin_until (is_nonzero, &slow_answers.n_results);
  g_assert_no_error (slow_answers.result->error);
  const double whole_ms = slow_answers.result->milliseconds;

  g_autoptr (WhyRequest) stopped = make_request (slow, other_pixels, 0, "t10");
  g_autoptr (WhyRequest) next = make_request (small, pixels, 0, "relu2");
  slow_answers.n_results = 0;
  why_runner_submit (runner, slow_view, stopped, on_answer, NULL, &slow_answers);
  spin_for ((guint) MIN (whole_ms / 10, 50));
  const gint64 start = g_get_monotonic_time ();
  why_runner_cancel (runner, slow_view);
  why_runner_submit (runner, small_view, next, on_answer, NULL, &small_answers);
  spin_until (is_nonzero, &small_answers.n_results);
  const double stopped_ms = (g_get_monotonic_time () - start) / 1000.0;
  g_test_message ("whole run %.0f ms; %.0f ms from cancel to the next answer", whole_ms, stopped_ms);
  g_assert_cmpint (slow_answers.n_results, ==, 0);
  /* The run is some 50 steps: half of it is far more than the step under way and the small run. */
  g_assert_cmpfloat (stopped_ms, <, MAX (whole_ms / 2, 100));
  why_result_unref (slow_answers.result);
  why_result_unref (small_answers.result);
}

static void
test_runner_unref_while_running (void)
{
  g_autoptr (WhyModel) slow = why_model_load (slow_path, NULL, NULL);
  WhyRunner *runner = why_runner_new ();
  g_autoptr (WhyTensor) pixels = make_picture (64, 64, 6);
  g_autoptr (WhyRequest) request = make_request (slow, pixels, 0, "t10");
  Answers answers = { 0 };

  why_runner_submit (runner, why_runner_add_view (runner), request, on_answer, NULL, &answers);
  spin_for (20);
  why_runner_unref (runner);
  spin_for (5);
  g_assert_cmpint (answers.n_results, ==, 0);
}

/* ---- model ---- */

static void
test_model (void)
{
  g_autoptr (GError) error = NULL;
  WhyModel *model = why_model_load (model_path, NULL, &error);
  int rank;

  g_assert_no_error (error);
  g_assert_cmpstr (why_model_get_title (model), ==, "small");
  g_assert_cmpint (why_model_get_n_classes (model), ==, 3);
  g_assert_cmpstr (why_model_get_class_label (model, 1), ==, "green");
  g_assert_cmpstr (why_model_ends_in (model), ==, "Softmax");
  g_assert_false (why_model_is_multi_label (model));
  g_assert_cmpstr (why_model_get_default_layer (model), ==, "relu2");
  g_assert_cmpstr (why_model_get_assumed_text (model), ==, "");
  g_assert_null (why_model_get_limitation (model));
  g_assert_cmpuint (why_model_get_n_nodes (model), ==, 8);
  /* 4*3*9 + 4 + 6*4*9 + 6 + 6*3 */
  g_assert_cmpuint (why_model_get_n_parameters (model), ==, 352);
  const gint64 *dims = why_model_get_input_shape (model, &rank);
  g_assert_cmpint (rank, ==, 4);
  g_assert_cmpint (dims[0], ==, 1);
  g_assert_cmpint (dims[3], ==, 16);

  WhyLayerItem *layer = why_model_find_layer (model, "conv2", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (why_layer_item_get_op (layer), ==, "Conv");
  g_assert_cmpstr (why_layer_item_get_shape (layer), ==, "1x6x8x8");
  g_assert_cmpstr (why_layer_item_get_stride (layer), ==, "2");
  /* Two 3x3 kernels at stride 1. */
  g_assert_cmpstr (why_layer_item_get_receptive_field (layer), ==, "5");
  g_assert_cmpint (why_layer_item_get_n_channels (layer), ==, 6);
  g_assert_false (why_layer_item_get_is_default (layer));

  g_assert_cmpint (why_model_find_class (model, "2", &error), ==, 2);
  g_assert_cmpint (why_model_find_class (model, "Green", &error), ==, 1);
  g_assert_cmpint (why_model_find_class (model, "azure", &error), ==, 2);
  g_assert_no_error (error);
  g_assert_cmpint (why_model_find_class (model, "greed", &error), ==, -1);
  g_assert_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "green"));
  g_clear_error (&error);
  g_assert_cmpint (why_model_find_class (model, "3", &error), ==, -1);
  g_assert_nonnull (strstr (error->message, "classes 0 to 2"));
  g_clear_error (&error);
  g_assert_null (why_model_find_layer (model, "relu", &error));
  g_assert_nonnull (strstr (error->message, "relu1"));
  g_assert_finalize_object (model);
}

static void
on_model_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **slot = data;

  *slot = g_object_ref (result);
}

static gboolean
is_set (gpointer pointer)
{
  return *(gpointer *) pointer != NULL;
}

static void
test_model_async (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) good = NULL;
  g_autoptr (GAsyncResult) bad = NULL;

  why_model_load_async (model_path, NULL, on_model_loaded, &good);
  spin_until (is_set, &good);
  g_autoptr (WhyModel) model = why_model_load_finish (good, &error);
  g_assert_no_error (error);
  g_assert_cmpint (why_model_get_n_classes (model), ==, 3);

  g_autofree char *missing = in_folder ("missing.onnx");
  why_model_load_async (missing, NULL, on_model_loaded, &bad);
  spin_until (is_set, &bad);
  g_assert_null (why_model_load_finish (bad, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND);
}

static void
test_samples (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *picture = why_samples_picture (&error);

  g_assert_no_error (error);
  g_assert_true (g_file_test (picture, G_FILE_TEST_IS_REGULAR));
  g_setenv ("WHYLIGHT_DATA", folder, TRUE);
  g_autofree char *samples = in_folder ("samples");
  g_autofree char *planted = g_build_filename (samples, "wardrobe-1.png", NULL);
  g_assert_cmpint (g_mkdir_with_parents (samples, 0700), ==, 0);
  g_assert_true (g_file_set_contents (planted, "x", 1, NULL));
  g_autofree char *given = why_samples_picture (&error);
  g_assert_no_error (error);
  g_assert_cmpstr (given, ==, planted);
  g_unsetenv ("WHYLIGHT_DATA");
}

/* ---- document ---- */

typedef struct
{
  WhyRunner *runner;
  WhyDocument *document;
  GHashTable *notified; /* name -> count */
  int n_updated;
} Fixture;

static void
on_notify (GObject *object, GParamSpec *pspec, gpointer data)
{
  Fixture *fixture = data;
  const int count = GPOINTER_TO_INT (g_hash_table_lookup (fixture->notified, pspec->name));

  g_hash_table_insert (fixture->notified, (gpointer) pspec->name, GINT_TO_POINTER (count + 1));
}

static void
on_updated (WhyDocument *document, gpointer data)
{
  ((Fixture *) data)->n_updated++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->runner = why_runner_new ();
  fixture->document = why_document_new (fixture->runner);
  fixture->notified = g_hash_table_new (g_str_hash, g_str_equal);
  g_signal_connect (fixture->document, "notify", G_CALLBACK (on_notify), fixture);
  g_signal_connect (fixture->document, "updated", G_CALLBACK (on_updated), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->document);
  g_hash_table_unref (fixture->notified);
  why_runner_unref (fixture->runner);
}

static int
n_notified (Fixture *fixture, const char *name)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (fixture->notified, name));
}

static void
open_both (Fixture *fixture)
{
  why_document_open (fixture->document, model_path);
  why_document_open (fixture->document, picture_path);
  g_assert_true (why_document_get_busy (fixture->document));
  spin_until (is_idle, fixture->document);
  g_assert_cmpstr (why_document_get_error_message (fixture->document), ==, NULL);
  g_assert_nonnull (why_document_get_map (fixture->document));
  g_hash_table_remove_all (fixture->notified);
  fixture->n_updated = 0;
}

/* What the reader remarks on the file is a sentence like the others. */
static void
test_document_remark (Fixture *fixture, gconstpointer data)
{
  static const guint8 two_pages[] = {
    'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, 0x80, 0, 0, 255, 0, 0, 0, 0, 255, /* one pixel, two colours */
    0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4c, 1, 0, 0x3b,
  };
  g_autofree char *path = in_folder ("two.gif");

  g_assert_true (g_file_set_contents (path, (const char *) two_pages, sizeof two_pages, NULL));
  why_document_open (fixture->document, model_path);
  why_document_open (fixture->document, path);
  spin_until (is_idle, fixture->document);
  g_assert_cmpstr (why_document_get_error_message (fixture->document), ==, NULL);
  g_assert_true (g_str_has_suffix (why_document_get_status (fixture->document),
                                   "The file has several pages; the first is shown."));
}

static void
test_document_open (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  WhyOverlayMap map;
  WhyOverlayStyle style;

  g_assert_null (why_document_get_map (document));
  g_assert_cmpuint (g_list_model_get_n_items (why_document_get_layers (document)), ==, 0);
  why_document_open (document, model_path);
  why_document_open (document, picture_path);
  spin_until (is_idle, document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  g_assert_cmpint (fixture->n_updated, ==, 1);
  g_assert_cmpint (why_document_get_picture_width (document), ==, 512);
  g_assert_cmpint (n_notified (fixture, "map"), >=, 1);
  g_assert_cmpint (n_notified (fixture, "model"), ==, 1);
  g_assert_cmpuint (g_list_model_get_n_items (why_document_get_classes (document)), ==, 3);
  g_assert_cmpuint (g_list_model_get_n_items (why_document_get_layers (document)), ==, 4);

  /* The top class is the one explained. */
  const int shown = why_document_get_shown_class (document);
  for (int k = 0; k < 3; k++)
    g_assert_cmpfloat (why_class_item_get_probability (why_document_get_class (document, k)), <=,
                       why_class_item_get_probability (why_document_get_class (document, shown)));
  g_assert_true (why_class_item_get_is_target (why_document_get_class (document, shown)));
  g_assert_cmpstr (why_document_get_shown_layer (document), ==, "relu2");
  g_assert_null (why_document_get_class (document, 3));
  g_assert_true (why_document_get_overlay (document, &map, &style));
  g_assert_cmpint (map.width, ==, 8);
  g_assert_cmpfloat (map.source_width, ==, 512);
  g_assert_cmpfloat_with_epsilon (map.to_source.xx, 64, 1e-9);
}

static void
test_document_properties (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  open_both (fixture);
  g_autoptr (WhyMap) map = why_map_ref (why_document_get_map (document));

  /* Display settings notify on change only, and ask nothing. */
  g_object_set (document, "opacity", 0.5, "threshold", 0.0, "colormap", NULL, "limits", "own", "show-map", TRUE, "smooth", TRUE,
                "fill", "mean", "target-class", -1, "contrast-class", -1, "layer", NULL, "method", "gradcam", "polarity", "relu",
                NULL);
  g_assert_cmpuint (g_hash_table_size (fixture->notified), ==, 0);
  g_object_set (document, "opacity", 0.25, "threshold", 0.1, "colormap", "viridis", "show-map", FALSE, "smooth", FALSE, NULL);
  g_assert_cmpint (n_notified (fixture, "opacity"), ==, 1);
  g_assert_cmpint (n_notified (fixture, "threshold"), ==, 1);
  g_assert_cmpint (n_notified (fixture, "colormap"), ==, 1);
  g_assert_cmpint (n_notified (fixture, "show-map"), ==, 1);
  g_assert_cmpint (n_notified (fixture, "busy"), ==, 0);
  g_assert_true (why_document_get_map (document) == map);

  /* Locked limits are those the map has now. */
  WhyOverlayMap overlay;
  WhyOverlayStyle style;
  double lo;
  double hi;
  g_assert_true (why_document_get_overlay (document, &overlay, &style));
  why_overlay_limits (&overlay, &style, &lo, &hi);
  why_document_set_limits (document, "locked");
  g_assert_true (why_document_get_overlay (document, &overlay, &style));
  g_assert_cmpint (style.limits, ==, WHY_LIMITS_LOCKED);
  g_assert_cmpfloat (style.lo, ==, lo);
  g_assert_cmpfloat (style.hi, ==, hi);
  g_assert_cmpfloat (style.opacity, ==, 0.25);
  g_assert_cmpint (style.kind, ==, WHY_RESAMPLE_NEAREST);

  /* The rest asks anew, and the old map stays until the answer is there. */
  g_object_set (document, "polarity", "signed", NULL);
  g_assert_true (why_document_get_busy (document));
  g_assert_true (why_document_get_map (document) == map);
  spin_until (is_idle, document);
  g_assert_cmpstr (why_document_get_map (document)->polarity, ==, "signed");
  g_object_set (document, "target-class", 1, "layer", "relu1", NULL);
  spin_until (is_idle, document);
  g_assert_cmpint (why_document_get_shown_class (document), ==, 1);
  g_assert_cmpstr (why_document_get_shown_layer (document), ==, "relu1");
  g_assert_true (why_class_item_get_is_target (why_document_get_class (document, 1)));
  g_object_set (document, "contrast-class", 0, NULL);
  g_assert_nonnull (strstr (why_document_get_status (document), "red"));
  spin_until (is_idle, document);
  g_assert_cmpint (why_document_get_map (document)->contrast_class, ==, 0);

  /* Profile and options go with the method that has them; a figure's command says them. */
  g_object_set (document, "profile", "torchcam", "method-options", "aug-smooth=yes", NULL);
  spin_until (is_idle, document);
  g_assert_cmpstr (why_document_get_map (document)->profile, ==, "torchcam");
  g_assert_cmpuint (why_document_get_map (document)->n_parts, ==, 6);
  g_autofree char *command = why_document_dup_command_line (document);
  g_assert_nonnull (strstr (command, "--option aug-smooth=yes"));
  g_assert_nonnull (strstr (command, "--contrast 0"));
  g_assert_nonnull (strstr (command, "--profile torchcam"));
  g_object_set (document, "method", "fem", NULL);
  g_assert_cmpstr (why_document_get_profile (document), ==, "paper");
  g_assert_null (why_document_get_method_options (document));
  why_document_undo (document);
  g_assert_cmpstr (why_document_get_method_options (document), ==, "aug-smooth=yes");
  spin_until (is_idle, document);
  g_assert_null (why_model_get_method_limitation (why_document_get_model (document), "gradcam"));
}

static gboolean
has_partial (gpointer document)
{
  return g_strcmp0 (why_document_get_map (document)->method, "rise") == 0 && why_document_get_seconds_left (document) > 0;
}

/* While a long method runs, the map so far and the time left are shown; stopping brings the last whole map back. */
static void
test_document_partial (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  WhyOverlayMap overlay;
  WhyOverlayStyle style;

  open_both (fixture);
  g_autoptr (WhyMap) last = why_map_ref (why_document_get_map (document));
  g_object_set (document, "method", "rise", "method-options", "masks=1000000", NULL);
  spin_until (has_partial, document);
  g_assert_true (why_document_get_busy (document));
  g_assert_cmpfloat (why_document_get_progress (document), <, 1);
  g_assert_true (why_document_get_overlay (document, &overlay, &style));
  g_assert_cmpint (overlay.width, ==, 16);
  why_document_cancel (document);
  g_assert_true (why_document_get_map (document) == last);
  g_assert_cmpint (why_document_get_seconds_left (document), ==, -1);
  /* A partial map that was under way does not come after all. */
  g_object_set (document, "method", "fem", NULL);
  spin_until (is_idle, document);
  g_assert_cmpstr (why_document_get_map (document)->method, ==, "fem");
}

static void
test_document_unknown_values (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  const struct
  {
    const char *property;
    const char *value;
    const char *said;
  } cases[] = {
    { "layer", "relu", "relu1" },       { "method", "grad", "gradcam" },  { "polarity", "up", "signed" },
    { "profile", "mine", "paper" },     { "method-options", "k=1", "gradcam" },
    { "colormap", "virids", "viridis" }, { "limits", "tight", "locked" }, { "fill", "pink", "mean" },
  };

  why_document_set_target_class (document, 1);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "model"));
  why_document_occlude (document, 0, 0, 5, 5);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "picture"));
  why_document_dismiss_error (document);

  open_both (fixture);
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      g_autofree char *before = NULL;
      g_autofree char *after = NULL;
      g_object_get (document, cases[index].property, &before, NULL);
      g_object_set (document, cases[index].property, cases[index].value, NULL);
      g_object_get (document, cases[index].property, &after, NULL);
      g_assert_cmpstr (before, ==, after);
      const char *message = why_document_get_error_message (document);
      g_assert_nonnull (message);
      if (strstr (message, cases[index].said) == NULL)
        g_error ("%s: the message does not name %s: %s", cases[index].property, cases[index].said, message);
      why_document_dismiss_error (document);
      g_assert_null (why_document_get_error_message (document));
    }
  why_document_set_target_class (document, 3);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "0 to 2"));
  g_assert_false (why_document_get_busy (document));
  g_assert_cmpint (why_document_get_target_class (document), ==, -1);
  /* A value that exists clears the complaint about one that does not. */
  why_document_set_target_class (document, 2);
  g_assert_null (why_document_get_error_message (document));
  spin_until (is_idle, document);
}

static void
test_document_missing_files (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree char *missing = in_folder ("nowhere.png");
  g_autofree char *page = in_folder ("page.onnx");

  g_assert_true (g_file_set_contents (page, "<!DOCTYPE html><html></html>", -1, NULL));
  open_both (fixture);
  g_autoptr (WhyMap) map = why_map_ref (why_document_get_map (document));
  why_document_open (document, missing);
  spin_until (is_idle, document);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "nowhere.png"));
  why_document_open (document, page);
  spin_until (is_idle, document);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "page.onnx"));
  g_assert_nonnull (strstr (why_document_get_error_message (document), "web page"));
  /* Nothing is lost. */
  g_assert_true (why_document_get_map (document) == map);
  g_assert_cmpstr (why_document_get_picture_path (document), ==, picture_path);
  why_document_open (document, model_path);
  spin_until (is_idle, document);
  g_assert_null (why_document_get_error_message (document));
}

static void
check_step (WhyOcclusion *occlusion, double before, double after)
{
  g_assert_cmpfloat (why_occlusion_get_before (occlusion), ==, before);
  g_assert_cmpfloat (why_occlusion_get_after (occlusion), ==, after);
}

static void
test_document_occlusions (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  GListModel *occlusions = why_document_get_occlusions (document);

  open_both (fixture);
  why_document_set_target_class (document, 1);
  spin_until (is_idle, document);
  WhyClassItem *item = why_document_get_class (document, 1);
  const double plain = why_class_item_get_probability (item);
  g_assert_cmpfloat (why_class_item_get_probability_before (item), ==, -1);

  why_document_set_fill (document, "black");
  why_document_occlude (document, -50, 0, 306, 600);
  g_assert_cmpuint (g_list_model_get_n_items (occlusions), ==, 1);
  g_autoptr (WhyOcclusion) first = g_list_model_get_item (occlusions, 0);
  WhyRect rect;
  why_occlusion_get_rect (first, &rect);
  /* Clipped to the picture. */
  g_assert_cmpfloat (rect.x, ==, 0);
  g_assert_cmpfloat (rect.width, ==, 256);
  g_assert_cmpfloat (rect.height, ==, 512);
  g_assert_cmpfloat (why_occlusion_get_after (first), ==, -1);
  spin_until (is_idle, document);
  const double once = why_class_item_get_probability (item);
  g_assert_cmpfloat (once, !=, plain);
  check_step (first, plain, once);
  g_assert_cmpfloat (why_class_item_get_probability_before (item), ==, plain);
  g_assert_cmpstr (why_occlusion_get_class_label (first), ==, "green");
  g_assert_true (why_document_get_covered_picture (document) != why_document_get_picture (document));

  /* Two at once: the first of them is overtaken, and its step is known all the same. */
  why_document_occlude (document, 300, 0, 100, 100);
  why_document_occlude (document, 300, 200, 100, 100);
  spin_until (is_idle, document);
  g_assert_cmpuint (g_list_model_get_n_items (occlusions), ==, 3);
  g_autoptr (WhyOcclusion) second = g_list_model_get_item (occlusions, 1);
  g_autoptr (WhyOcclusion) third = g_list_model_get_item (occlusions, 2);
  const double thrice = why_class_item_get_probability (item);
  g_assert_cmpfloat (why_occlusion_get_before (second), ==, once);
  g_assert_cmpfloat (why_occlusion_get_after (second), >=, 0);
  check_step (third, why_occlusion_get_after (second), thrice);

  /* Another class: the same rectangles tell about that class. */
  why_document_set_target_class (document, 0);
  spin_until (is_idle, document);
  g_assert_cmpstr (why_occlusion_get_class_label (first), ==, "red");
  g_assert_cmpfloat (why_occlusion_get_after (third), ==, why_class_item_get_probability (why_document_get_class (document, 0)));
  why_document_undo (document);
  g_assert_cmpint (why_document_get_target_class (document), ==, 1);

  why_document_undo (document);
  why_document_undo (document);
  g_assert_cmpuint (g_list_model_get_n_items (occlusions), ==, 1);
  spin_until (is_idle, document);
  g_assert_cmpfloat (why_class_item_get_probability (item), ==, once);
  why_document_undo (document);
  spin_until (is_idle, document);
  g_assert_cmpuint (g_list_model_get_n_items (occlusions), ==, 0);
  g_assert_cmpfloat (why_class_item_get_probability (item), ==, plain);
  g_assert_cmpfloat (why_class_item_get_probability_before (item), ==, -1);
  g_assert_true (why_document_get_covered_picture (document) == why_document_get_picture (document));

  why_document_redo (document);
  why_document_redo (document);
  why_document_redo (document);
  spin_until (is_idle, document);
  g_assert_cmpfloat (why_class_item_get_probability (item), ==, thrice);
  why_document_clear_occlusions (document);
  g_assert_false (why_document_get_can_redo (document));
  spin_until (is_idle, document);
  g_assert_cmpfloat (why_class_item_get_probability (item), ==, plain);
  why_document_undo (document);
  spin_until (is_idle, document);
  g_assert_cmpuint (g_list_model_get_n_items (occlusions), ==, 3);

  why_document_occlude (document, 600, 600, 10, 10);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "outside"));
  why_document_occlude (document, NAN, 0, 10, 10);
  g_assert_cmpuint (g_list_model_get_n_items (occlusions), ==, 3);
}

static void
test_document_undo (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  g_assert_false (why_document_get_can_undo (document));
  why_document_undo (document);
  /* A slider that moves is one step; another slider is another. */
  for (int step = 1; step <= 20; step++)
    why_document_set_opacity (document, 0.5 + step / 50.0);
  for (int step = 1; step <= 20; step++)
    why_document_set_threshold (document, step / 50.0);
  why_document_set_colormap (document, "viridis");
  g_assert_cmpint (n_notified (fixture, "can-undo"), >=, 1);
  why_document_undo (document);
  g_assert_cmpstr (why_document_get_colormap (document), ==, NULL);
  why_document_undo (document);
  g_assert_cmpfloat (why_document_get_threshold (document), ==, 0);
  g_assert_cmpfloat (why_document_get_opacity (document), ==, 0.9);
  why_document_undo (document);
  g_assert_cmpfloat (why_document_get_opacity (document), ==, 0.5);
  g_assert_false (why_document_get_can_undo (document));
  why_document_redo (document);
  g_assert_cmpfloat (why_document_get_opacity (document), ==, 0.9);
  /* After going back a moving slider starts a step of its own. */
  why_document_set_opacity (document, 0.1);
  g_assert_false (why_document_get_can_redo (document));
  why_document_undo (document);
  g_assert_cmpfloat (why_document_get_opacity (document), ==, 0.9);
}

static void
test_document_cancel (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  open_both (fixture);
  why_document_open_model (document, slow_path);
  why_document_cancel (document);
  g_assert_false (why_document_get_busy (document));
  spin_for (50);
  /* The load was dropped: the model is the old one. */
  g_assert_cmpstr (why_model_get_title (why_document_get_model (document)), ==, "small");

  why_document_set_target_class (document, 2);
  g_autoptr (WhyMap) map = why_map_ref (why_document_get_map (document));
  why_document_cancel (document);
  g_assert_false (why_document_get_busy (document));
  g_assert_null (why_document_get_error_message (document));
  spin_for (50);
  g_assert_true (why_document_get_map (document) == map);
  g_assert_cmpint (fixture->n_updated, ==, 0);
  /* Choosing the same once more asks once more. */
  why_document_set_target_class (document, 2);
  spin_until (is_idle, document);
  g_assert_cmpint (why_document_get_shown_class (document), ==, 2);
}

static void
test_document_new_model (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree char *other = in_folder ("other.onnx");

  small_write (small_model (), other);
  open_both (fixture);
  why_document_set_target_class (document, 2);
  why_document_set_layer (document, "conv1");
  why_document_occlude (document, 0, 0, 100, 100);
  spin_until (is_idle, document);
  why_document_open (document, other);
  spin_until (is_idle, document);
  g_assert_cmpstr (why_model_get_title (why_document_get_model (document)), ==, "other");
  g_assert_cmpint (why_document_get_target_class (document), ==, -1);
  g_assert_cmpstr (why_document_get_layer (document), ==, NULL);
  g_assert_false (why_document_get_can_undo (document));
  /* The rectangle stays and is measured anew. */
  g_autoptr (WhyOcclusion) occlusion = g_list_model_get_item (why_document_get_occlusions (document), 0);
  g_assert_nonnull (occlusion);
  g_assert_cmpfloat (why_occlusion_get_after (occlusion), >=, 0);
  /* A new picture drops it. */
  why_document_open (document, picture_path);
  spin_until (is_idle, document);
  g_assert_cmpuint (g_list_model_get_n_items (why_document_get_occlusions (document)), ==, 0);
  g_assert_nonnull (why_document_get_map (document));
}

static void
test_document_dispose_while_busy (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = why_document_new (runner);

  why_document_open (document, slow_path);
  why_document_open (document, picture_path);
  g_assert_finalize_object (document);
  document = why_document_new (runner);
  why_document_open_model (document, slow_path);
  why_document_open_picture (document, picture_path);
  spin_for (100);
  g_assert_finalize_object (document);
  spin_for (10);
  why_runner_unref (runner);
}

static void
test_state_json (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree char *empty = why_state_to_json (document);
  g_autoptr (JsonNode) empty_node = json_from_string (empty, NULL);

  g_assert_true (json_object_get_null_member (json_node_get_object (empty_node), "map"));
  g_assert_true (json_object_get_null_member (json_node_get_object (empty_node), "probabilities"));
  open_both (fixture);
  why_document_set_target_class (document, 1);
  why_document_occlude (document, 10, 20, 30, 40);
  spin_until (is_idle, document);
  why_document_set_method (document, "nothing");
  g_autofree char *text = why_state_to_json (document);
  g_assert_null (strchr (text, '\n'));
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  JsonObject *state = json_node_get_object (node);
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (state, "document"), "path"), ==, picture_path);
  g_assert_cmpint (json_object_get_int_member (json_object_get_object_member (state, "class"), "target"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (state, "class"), "label"), ==, "green");
  g_assert_cmpstr (json_object_get_string_member (state, "method"), ==, "gradcam");
  g_assert_false (json_object_get_boolean_member (state, "busy"));
  g_assert_nonnull (strstr (json_object_get_string_member (state, "error"), "nothing"));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (state, "probabilities")), ==, 3);
  JsonObject *map = json_object_get_object_member (state, "map");
  g_assert_cmpint (json_object_get_int_member (map, "width"), ==, 8);
  g_assert_cmpfloat (json_object_get_double_member (map, "maximum"), ==, why_document_get_map (document)->maximum);
  JsonObject *occlusion = json_array_get_object_element (json_object_get_array_member (state, "occlusions"), 0);
  g_assert_cmpfloat (json_object_get_double_member (occlusion, "h"), ==, 40);
  g_assert_cmpfloat (json_object_get_double_member (occlusion, "after"), ==,
                     why_class_item_get_probability (why_document_get_class (document, 1)));
}

static void
on_exported (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **slot = data;

  *slot = g_object_ref (result);
}

static void
test_document_export (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree char *figure = in_folder ("a figure.png");
  g_autoptr (GError) error = NULL;
  GAsyncResult *early = NULL;
  GAsyncResult *result = NULL;

  why_document_export (document, figure, NULL, on_exported, &early);
  spin_until (is_set, &early);
  g_assert_false (why_document_export_finish (document, early, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
  g_clear_error (&error);
  g_clear_object (&early);
  why_document_dismiss_error (document);

  open_both (fixture);
  why_document_occlude (document, 100, 100, 50.5, 60);
  spin_until (is_idle, document);
  why_document_export (document, figure, NULL, on_exported, &result);
  g_assert_true (why_document_get_busy (document));
  spin_until (is_set, &result);
  g_assert_true (why_document_export_finish (document, result, &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  g_assert_false (why_document_get_busy (document));

  g_autofree char *recipe = why_png_read_text (figure, "whylight:recipe", &error);
  g_assert_no_error (error);
  g_autoptr (JsonNode) node = json_from_string (recipe, NULL);
  JsonObject *object = json_node_get_object (node);
  g_autofree char *contents = NULL;
  gsize length;
  g_assert_true (g_file_get_contents (model_path, &contents, &length, NULL));
  g_autofree char *checksum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *) contents, length);
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (object, "model"), "sha256"), ==, checksum);
  const char *command = json_object_get_string_member (object, "command");
  g_assert_nonnull (strstr (command, "--occlude=100,100,50.5,60,mean,"));
  g_assert_nonnull (strstr (command, "a figure.png'"));
  g_autofree char *shown = why_document_dup_command_line (document);
  g_assert_true (g_str_has_prefix (shown, "whylight-cli explain "));

  /* A folder that does not exist is a sentence, not a loss. */
  g_autofree char *nowhere = in_folder ("missing/figure.pdf");
  why_document_export (document, nowhere, NULL, on_exported, &result);
  spin_until (is_set, &result);
  g_assert_false (why_document_export_finish (document, result, &error));
  g_assert_nonnull (strstr (error->message, "figure.pdf"));
  g_assert_nonnull (why_document_get_error_message (document));
  g_clear_object (&result);
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
  folder = g_dir_make_tmp ("test-service-XXXXXX", NULL);
  model_path = in_folder ("small.onnx");
  slow_path = in_folder ("slow.onnx");
  picture_path = g_test_build_filename (G_TEST_DIST, "..", "data", "samples", "wardrobe-1.png", NULL);
  small_write (small_model (), model_path);
  small_write (slow_model (), slow_path);

#define DOCUMENT(path, function) g_test_add ("/document/" path, Fixture, NULL, set_up, function, tear_down)
  g_test_add_func ("/runner/answers", test_runner_answers);
  g_test_add_func ("/runner/error", test_runner_error);
  g_test_add_func ("/runner/covers", test_runner_covers);
  g_test_add_func ("/runner/cancel", test_runner_cancel);
  g_test_add_func ("/runner/unref-while-running", test_runner_unref_while_running);
  g_test_add_func ("/model/facts", test_model);
  g_test_add_func ("/model/async", test_model_async);
  g_test_add_func ("/samples", test_samples);
  DOCUMENT ("open", test_document_open);
  DOCUMENT ("remark", test_document_remark);
  DOCUMENT ("properties", test_document_properties);
  DOCUMENT ("partial", test_document_partial);
  DOCUMENT ("unknown-values", test_document_unknown_values);
  DOCUMENT ("missing-files", test_document_missing_files);
  DOCUMENT ("occlusions", test_document_occlusions);
  DOCUMENT ("undo", test_document_undo);
  DOCUMENT ("cancel", test_document_cancel);
  DOCUMENT ("new-model", test_document_new_model);
  DOCUMENT ("state-json", test_state_json);
  DOCUMENT ("export", test_document_export);
  g_test_add_func ("/document/dispose-while-busy", test_document_dispose_while_busy);
#undef DOCUMENT

  const int status = g_test_run ();
  ob_remove_tree (folder);
  g_free (folder);
  g_free (model_path);
  g_free (slow_path);
  g_free (picture_path);
  return status;
}
