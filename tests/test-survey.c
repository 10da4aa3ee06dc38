#include "config.h"

#include "base/error.h"
#include "cli-driver.h"
#include "gland-slide.h"
#include "service/surveyor.h"
#include "spin.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <vips/vips.h>

/* What a network says of every field: the same as it says of each of them alone. */

#define TILE GLAND_TILE
#define COLUMNS 7
#define ROWS 5
#define TUMOUR_COLUMN 2
#define TUMOUR_ROW 1
#define TUMOUR_CLASS 1
/* The first of them touches tissue in the overview. */
#define GLASS_COLUMNS 2

static char *folder;
static char *model_path;
static char *slide_path;
static char *plain_path;

static WhyDocument *
open_document (WhyRunner *runner, const char *picture)
{
  WhyDocument *document = why_document_new (runner);

  why_document_open_model (document, model_path);
  why_document_open_picture (document, picture);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  return document;
}

static void
close_document (WhyDocument *document, WhyRunner *runner)
{
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

static WhySurvey *
make_survey (WhyDocument *document, const WhyRoi *area)
{
  WhyModel *model = why_document_get_model (document);
  const WhyExplainRequest explain = { .method = "gradcam", .target_class = -1 };
  g_autoptr (GError) error = NULL;
  WhySurvey *survey = why_survey_new (why_document_get_source (document), why_model_get_onnx (model), why_model_get_recipe (model),
                                      &explain, (gsize) why_model_get_n_classes (model), area,
                                      why_document_get_um_per_pixel (document), &error);

  g_assert_no_error (error);
  g_assert_nonnull (survey);
  return survey;
}

static void
run (WhySurvey *survey)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (why_survey_run (survey, NULL, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (why_survey_is_complete (survey));
}

/* What the document answers when it is shown that field alone. */
static float
ask_alone (WhyDocument *document, const WhyRoi *roi)
{
  why_document_set_roi (document, (double) roi->x, (double) roi->y, (double) roi->width, (double) roi->height);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  return (float) why_class_item_get_probability (why_document_get_class (document, TUMOUR_CLASS));
}

static void
check_answers (const char *path, gboolean slide)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, path);
  g_autoptr (WhySurvey) survey = make_survey (document, NULL);
  WhySurveyCounts counts;

  g_assert_true (why_document_is_slide (document) == slide);
  g_assert_cmpint (why_survey_get_columns (survey), ==, COLUMNS);
  g_assert_cmpint (why_survey_get_rows (survey), ==, ROWS);
  g_assert_false (why_survey_is_complete (survey));
  run (survey);
  why_survey_get_counts (survey, &counts);
  g_assert_cmpuint (counts.n_fields, ==, COLUMNS * ROWS);
  /* The first column of glass touches tissue in the overview. Of pictures everything is asked. */
  g_assert_cmpuint (counts.n_glass, ==, slide ? (GLASS_COLUMNS - 1) * ROWS : 0);
  g_assert_cmpuint (counts.n_answered, ==, counts.n_fields - counts.n_glass);
  g_assert_cmpuint (counts.n_unreadable, ==, 0);

  g_autoptr (GArray) ranked = why_survey_rank (survey, TUMOUR_CLASS);
  g_assert_cmpuint (ranked->len, ==, counts.n_answered);
  g_assert_cmpuint (g_array_index (ranked, guint32, 0), ==, TUMOUR_ROW * COLUMNS + TUMOUR_COLUMN);
  for (guint rank = 1; rank < ranked->len; rank++)
    g_assert_cmpfloat (why_survey_get_probability (survey, g_array_index (ranked, guint32, rank - 1), TUMOUR_CLASS), >=,
                       why_survey_get_probability (survey, g_array_index (ranked, guint32, rank), TUMOUR_CLASS));

  const gsize fields[] = { 0, TUMOUR_ROW * COLUMNS + TUMOUR_COLUMN, 9, (ROWS - 1) * COLUMNS + 3 };
  for (gsize index = 0; index < G_N_ELEMENTS (fields); index++)
    {
      WhyRoi roi;
      why_survey_get_field (survey, fields[index], &roi);
      /* The same pixels through the same code. */
      g_assert_cmpfloat ((float) why_survey_get_probability (survey, fields[index], TUMOUR_CLASS), ==, ask_alone (document, &roi));
    }
  g_assert_cmpfloat (why_survey_get_probability (survey, fields[1], TUMOUR_CLASS), >, 0.9);
  g_assert_cmpfloat (why_survey_get_probability (survey, fields[0], TUMOUR_CLASS), <, 0.5);
  g_assert_true (isnan (why_survey_get_probability (survey, COLUMNS - 1, TUMOUR_CLASS)) == slide);
  g_assert_true (isnan (why_survey_get_probability (survey, 0, 99)));
  g_assert_null (why_survey_dup_map (survey, 99));
  close_document (document, runner);
}

static void
test_slide (void)
{
  check_answers (slide_path, TRUE);
}

static void
test_picture (void)
{
  check_answers (plain_path, FALSE);
}

typedef struct
{
  WhyCancel *cancel;
  int n_calls;
} Stop;

static void
on_progress (double done, gpointer data)
{
  Stop *stop = data;

  g_assert_cmpfloat (done, >, 0);
  g_assert_cmpfloat (done, <=, 1);
  if (++stop->n_calls == 6)
    why_cancel_set (stop->cancel);
}

/* Stopped in the middle it keeps what it knows, and going on asks the rest only. */
static void
test_continue (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, slide_path);
  g_autoptr (WhySurvey) whole = make_survey (document, NULL);
  g_autoptr (WhySurvey) parts = make_survey (document, NULL);
  g_autoptr (WhyCancel) cancel = why_cancel_new ();
  g_autoptr (GError) error = NULL;
  Stop stop = { cancel, 0 };
  WhySurveyCounts counts;

  run (whole);
  g_assert_false (why_survey_run (parts, NULL, cancel, on_progress, &stop, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
  why_survey_get_counts (parts, &counts);
  g_assert_cmpuint (counts.n_answered, ==, 6);
  g_assert_cmpuint (counts.n_unreadable, ==, 0);
  g_assert_false (why_survey_is_complete (parts));
  run (parts);
  why_survey_get_counts (parts, &counts);
  g_assert_cmpuint (counts.n_answered, ==, counts.n_fields - counts.n_glass);
  g_autoptr (WhyTensor) a = why_survey_dup_map (whole, TUMOUR_CLASS), b = why_survey_dup_map (parts, TUMOUR_CLASS);
  g_assert_cmpmem (a->data, why_tensor_count (a) * sizeof (float), b->data, why_tensor_count (b) * sizeof (float));
  close_document (document, runner);
}

/* A part that is no multiple of a field: the last field of a row reaches beyond it, but never beyond the picture. */
static void
test_part (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, slide_path);
  const WhyRoi right = { TILE * (COLUMNS - 3) + 100, TILE * (ROWS - 1) + 24, 400, 200 };
  g_autoptr (WhySurvey) survey = make_survey (document, &right);
  WhyAffine to_source;
  double x = 0, y = 0;
  WhyRoi roi;

  g_assert_cmpint (why_survey_get_columns (survey), ==, 2);
  g_assert_cmpint (why_survey_get_rows (survey), ==, 1);
  why_survey_get_field (survey, 0, &roi);
  g_assert_cmpint (roi.x, ==, right.x);
  g_assert_cmpint (roi.y, ==, TILE * (ROWS - 1));
  g_assert_cmpint (roi.width, ==, TILE);
  why_survey_get_field (survey, 1, &roi);
  g_assert_cmpint (roi.x, ==, right.x + TILE);
  why_survey_get_to_source (survey, &to_source);
  why_affine_apply (&to_source, &x, &y);
  g_assert_cmpfloat (x, ==, (double) right.x);
  g_assert_cmpfloat (y, ==, (double) right.y);
  close_document (document, runner);
}

static void
test_refused (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, slide_path);
  WhyModel *model = why_document_get_model (document);
  const WhyExplainRequest explain = { .method = "gradcam", .target_class = -1 };
  const WhyPicture *picture = why_document_get_source (document);
  const WhyRoi outside = { 100000, 0, 10, 10 }, part = { 0, 0, 1024, 1024 };
  g_autoptr (GError) error = NULL;
  WhyPicture volume = *picture;

  g_assert_null (why_survey_new (picture, why_model_get_onnx (model), why_model_get_recipe (model), &explain, 2, &outside, 0.5, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
  g_clear_error (&error);
  g_assert_null (why_survey_new (picture, why_model_get_onnx (model), why_model_get_recipe (model), &explain, 1 << 20, NULL, 0.5, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "1048576"));
  g_clear_error (&error);
  /* With pixels of a metre a field is no more than one of them: too many of all, as many as there may be of a part. */
  g_assert_null (why_survey_new (picture, why_model_get_onnx (model), why_model_get_recipe (model), &explain, 2, NULL, 1e6, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_autoptr (WhySurvey) most =
    why_survey_new (picture, why_model_get_onnx (model), why_model_get_recipe (model), &explain, 2, &part, 1e6, &error);
  g_assert_no_error (error);
  g_assert_cmpint (why_survey_get_columns (most), ==, 1024);
  g_assert_cmpint (why_survey_get_rows (most), ==, 1024);
  g_assert_true (isnan (why_survey_get_probability (most, (1 << 20) - 1, TUMOUR_CLASS)));
  volume.is_volume = TRUE;
  g_assert_null (why_survey_new (&volume, why_model_get_onnx (model), why_model_get_recipe (model), &explain, 2, NULL, 0.5, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
  close_document (document, runner);
}

static void
test_csv (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, slide_path);
  g_autoptr (WhySurvey) survey = make_survey (document, NULL);
  const char *const labels[] = { "a \"quoted\" one", "tumour", NULL };

  g_assert_cmpuint (why_survey_get_n_classes (survey), ==, 2);
  run (survey);
  g_autofree char *csv = why_survey_to_csv (survey, labels);
  g_auto (GStrv) lines = g_strsplit (csv, "\n", -1);
  WhySurveyCounts counts;
  why_survey_get_counts (survey, &counts);
  /* A line of names, those of the fields, and nothing after the last end of line. */
  g_assert_cmpuint (g_strv_length (lines), ==, counts.n_answered + 2);
  g_assert_cmpstr (lines[0], ==, "x,y,width,height,class,\"a \"\"quoted\"\" one\",\"tumour\"");
  g_autofree char *start = g_strdup_printf ("%d,%d,%d,%d,\"tumour\",", TUMOUR_COLUMN * TILE, TUMOUR_ROW * TILE, TILE, TILE);
  gboolean found = FALSE;
  for (gsize line = 1; lines[line] != NULL && !found; line++)
    {
      if (!g_str_has_prefix (lines[line], start))
        continue;
      g_auto (GStrv) numbers = g_strsplit (lines[line] + strlen (start), ",", -1);
      found = TRUE;
      g_assert_cmpuint (g_strv_length (numbers), ==, 2);
      /* Nine digits bring back every float. */
      g_assert_cmpfloat ((float) g_ascii_strtod (numbers[1], NULL), ==,
                         (float) why_survey_get_probability (survey, TUMOUR_ROW * COLUMNS + TUMOUR_COLUMN, TUMOUR_CLASS));
    }
  g_assert_true (found);
  close_document (document, runner);
}

/* The program for scripts says the same, and tells what it left out. */
static void
test_command (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, slide_path);
  g_autoptr (WhySurvey) survey = make_survey (document, NULL);
  g_autofree char *line = g_strdup_printf ("survey %s %s -c 1 --top 2 -o fields.csv --json", model_path, slide_path);
  const char *const labels[] = { why_model_get_class_label (why_document_get_model (document), 0),
                                 why_model_get_class_label (why_document_get_model (document), 1), NULL };
  WhySurveyCounts counts;

  run (survey);
  why_survey_get_counts (survey, &counts);
  g_autoptr (JsonNode) node = cli_json (line);
  JsonObject *answer = json_node_get_object (node);
  g_assert_cmpint (json_object_get_int_member (answer, "columns"), ==, COLUMNS);
  g_assert_cmpint (json_object_get_int_member (answer, "answered"), ==, (gint64) counts.n_answered);
  g_assert_cmpint (json_object_get_int_member (answer, "without_tissue"), ==, (gint64) counts.n_glass);
  JsonArray *surest = json_object_get_array_member (answer, "surest");
  g_assert_cmpuint (json_array_get_length (surest), ==, 2);
  g_autofree char *place = g_strdup_printf ("%d,%d,%d,%d", TUMOUR_COLUMN * TILE, TUMOUR_ROW * TILE, TILE, TILE);
  g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (surest, 0), "roi"), ==, place);

  g_autofree char *path = cli_path ("fields.csv");
  g_autofree char *csv = why_survey_to_csv (survey, labels);
  g_autofree char *written = NULL;
  g_assert_true (g_file_get_contents (path, &written, NULL, NULL));
  g_assert_cmpstr (written, ==, csv);

  g_autofree char *part = g_strdup_printf ("survey %s %s --roi 0,0,448,224", model_path, slide_path);
  g_auto (CliRun) text = cli_fine (part);
  g_assert_nonnull (strstr (text.out, "2 x 1 of 224 x 224 pixels: 2 asked"));
  /* A network that was trained on pixels of a micrometre sees twice as far. */
  g_autofree char *recipe = cli_path ("coarse.json");
  g_assert_true (g_file_set_contents (recipe, "{ \"version\": 1, \"size\": [224, 224], \"mpp\": 1.0 }", -1, NULL));
  g_autofree char *coarse = g_strdup_printf ("survey %s %s --recipe %s --roi 0,0,896,448", model_path, slide_path, recipe);
  g_auto (CliRun) twice = cli_fine (coarse);
  g_assert_nonnull (strstr (twice.out, "2 x 1 of 448 x 448 pixels: 2 asked"));
  g_autofree char *wrong = g_strdup_printf ("survey %s %s -c 7", model_path, slide_path);
  g_auto (CliRun) refused = cli (wrong);
  g_assert_cmpint (refused.status, ==, 2);
  g_assert_nonnull (strstr (refused.err, "no class 7"));
  close_document (document, runner);
}

/* ---- with a document ---- */

static gboolean
has_stopped (gpointer surveyor)
{
  return !why_surveyor_is_running (surveyor);
}

static gboolean
has_begun (gpointer surveyor)
{
  return why_surveyor_get_progress (surveyor) > 0;
}

static void
count_change (WhySurveyor *surveyor, int *n)
{
  (*n)++;
}

static void
test_document (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, slide_path);
  WhySurveyor *surveyor = why_surveyor_new (document);
  WhyOverlayStyle style;
  WhyAffine to_source;
  int n_changes = 0;
  WhyRoi roi;

  g_signal_connect (surveyor, "changed", G_CALLBACK (count_change), &n_changes);
  g_assert_true (why_surveyor_can_start (surveyor));
  g_assert_null (why_surveyor_get_survey (surveyor));
  g_assert_null (why_surveyor_to_json (surveyor));
  g_assert_false (why_surveyor_step (surveyor, TRUE));
  why_document_set_target_class (document, TUMOUR_CLASS);
  spin_until_idle (document);

  why_surveyor_start (surveyor, NULL);
  g_assert_true (why_surveyor_is_running (surveyor));
  /* A question in between is answered, and the survey goes on. */
  spin_until (has_begun, surveyor);
  why_document_set_roi (document, 10, 20, TILE, TILE);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, NULL);
  spin_until (has_stopped, surveyor);
  g_assert_cmpfloat (why_surveyor_get_progress (surveyor), ==, 1);
  g_assert_true (why_survey_is_complete (why_surveyor_get_survey (surveyor)));
  g_assert_cmpint (n_changes, >, 1);

  WhyTensor *map = why_surveyor_get_overlay (surveyor, &to_source, &style);
  g_assert_nonnull (map);
  g_assert_cmpint (map->dims[0], ==, ROWS);
  g_assert_cmpint (map->dims[1], ==, COLUMNS);
  g_assert_cmpfloat (((const float *) map->data)[TUMOUR_ROW * COLUMNS + TUMOUR_COLUMN], >, 0.9f);
  g_assert_cmpfloat (style.lo, ==, 0);
  g_assert_cmpfloat (style.hi, ==, 1);
  g_autofree char *sentence = why_surveyor_describe (surveyor);
  g_assert_nonnull (strstr (sentence, "1 of 30 fields"));
  g_assert_nonnull (strstr (sentence, "5 without tissue"));

  /* From the surest on; and back, but not before the first. */
  g_assert_false (why_surveyor_step (surveyor, FALSE));
  g_assert_true (why_surveyor_step (surveyor, TRUE));
  g_assert_true (why_document_get_roi (document, &roi));
  g_assert_cmpint (roi.x, ==, TUMOUR_COLUMN * TILE);
  g_assert_cmpint (roi.y, ==, TUMOUR_ROW * TILE);
  g_assert_cmpint (why_surveyor_get_rank (surveyor), ==, 0);
  g_assert_false (why_surveyor_step (surveyor, FALSE));
  g_assert_true (why_surveyor_step (surveyor, TRUE));
  g_assert_cmpint (why_surveyor_get_rank (surveyor), ==, 1);
  g_assert_true (why_surveyor_step (surveyor, FALSE));
  g_assert_cmpint (why_surveyor_get_rank (surveyor), ==, 0);
  g_assert_true (why_surveyor_step (surveyor, TRUE));
  g_assert_true (why_surveyor_explain_at (surveyor, TUMOUR_COLUMN * TILE + 5, TUMOUR_ROW * TILE + 200));
  g_assert_cmpint (why_surveyor_get_rank (surveyor), ==, 0);
  g_assert_false (why_surveyor_explain_at (surveyor, -1, 5));
  spin_until_idle (document);

  /* Gone through to the end in the order that the ranking has, each field once. */
  g_autoptr (GArray) ranked = why_survey_rank (why_surveyor_get_survey (surveyor), TUMOUR_CLASS);
  for (guint rank = 1; rank < ranked->len; rank++)
    {
      WhyRoi next;
      g_assert_true (why_surveyor_step (surveyor, TRUE));
      g_assert_cmpint (why_surveyor_get_rank (surveyor), ==, (int) rank);
      why_survey_get_field (why_surveyor_get_survey (surveyor), g_array_index (ranked, guint32, rank), &next);
      g_assert_true (why_document_get_roi (document, &roi));
      g_assert_true (why_roi_equal (&roi, &next));
    }
  g_assert_false (why_surveyor_step (surveyor, TRUE));
  spin_until_idle (document);

  /* Another class: other numbers of the same answers. */
  why_document_set_target_class (document, 0);
  spin_until_idle (document);
  map = why_surveyor_get_overlay (surveyor, &to_source, &style);
  g_assert_cmpint (why_surveyor_get_class (surveyor), ==, 0);
  g_assert_cmpfloat (((const float *) map->data)[TUMOUR_ROW * COLUMNS + TUMOUR_COLUMN], <, 0.1f);
  why_surveyor_set_shown (surveyor, FALSE);
  g_assert_null (why_surveyor_get_overlay (surveyor, &to_source, &style));

  /* Who asks why of a field asks about the class that is seen, whatever the network says there. */
  why_document_set_target_class (document, -1);
  spin_until_idle (document);
  const int seen = why_surveyor_get_class (surveyor);
  g_assert_true (why_surveyor_explain_at (surveyor, TUMOUR_COLUMN * TILE + 5, TUMOUR_ROW * TILE + 200));
  spin_until_idle (document);
  g_assert_cmpint (why_surveyor_get_class (surveyor), ==, seen);

  /* Another picture: nothing of it is known. */
  why_document_open_picture (document, plain_path);
  spin_until_idle (document);
  g_assert_null (why_surveyor_get_survey (surveyor));
  g_assert_cmpint (why_surveyor_get_class (surveyor), ==, -1);
  g_assert_finalize_object (surveyor);
  close_document (document, runner);
}

/* Stopping takes effect at once, starting once more goes on, and a new part begins anew. */
static void
test_stop (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, slide_path);
  WhySurveyor *surveyor = why_surveyor_new (document);
  const WhyRoi part = { TUMOUR_COLUMN * TILE, TUMOUR_ROW * TILE, 2 * TILE, TILE };

  why_surveyor_start (surveyor, NULL);
  why_surveyor_stop (surveyor);
  g_assert_false (why_surveyor_is_running (surveyor));
  WhySurvey *first = why_surveyor_get_survey (surveyor);
  why_surveyor_start (surveyor, NULL);
  g_assert_true (why_surveyor_get_survey (surveyor) == first);
  spin_until (has_stopped, surveyor);
  g_assert_cmpfloat (why_surveyor_get_progress (surveyor), ==, 1);
  why_surveyor_start (surveyor, &part);
  g_assert_cmpint (why_survey_get_columns (why_surveyor_get_survey (surveyor)), ==, 2);
  /* Given up while it runs. */
  why_surveyor_forget (surveyor);
  g_assert_null (why_surveyor_get_survey (surveyor));
  spin_for (20);
  why_surveyor_start (surveyor, &part);
  spin_until (has_stopped, surveyor);
  g_autoptr (JsonObject) json = why_surveyor_to_json (surveyor);
  g_assert_cmpint (json_object_get_int_member (json, "answered"), ==, 2);
  g_assert_true (json_object_get_boolean_member (json, "complete"));
  /* And while the document goes. */
  why_surveyor_start (surveyor, NULL);
  g_assert_finalize_object (surveyor);
  close_document (document, runner);
}

/* ---- in figures ---- */

static void
on_written (GObject *document, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (why_document_export_finish (WHY_DOCUMENT (document), result, &error));
  g_assert_no_error (error);
}

/* All that is seen, a pixel of the figure for each of the picture. */
static VipsImage *
write_seen (WhyDocument *document, const WhyExportSurvey *survey, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  const WhyExportOptions options = { .kind = WHY_EXPORT_SEEN,
                                     .survey = survey,
                                     .view = { 0, 0, COLUMNS * TILE, ROWS * TILE },
                                     .width = why_turn_is_sideways (why_document_get_turn (document)) ? ROWS * TILE : COLUMNS * TILE,
                                     .text = WHY_EXPORT_TEXT_NONE };

  why_document_export (document, path, &options, on_written, NULL);
  spin_until_idle (document);
  VipsImage *file = vips_image_new_from_file (path, NULL);
  g_assert_nonnull (file);
  VipsImage *image = vips_image_copy_memory (file);
  g_assert_nonnull (image);
  g_object_unref (file);
  g_unlink (path);
  return image;
}

static gboolean
same_pixel (VipsImage *a, VipsImage *b, const WhyAffine *turn, double x, double y)
{
  g_autofree double *one = NULL, *other = NULL;
  int n, m;

  why_affine_apply (turn, &x, &y);
  g_assert_cmpint (vips_image_get_width (a), ==, vips_image_get_width (b));
  g_assert_cmpint (vips_getpoint (a, &one, &n, (int) x, (int) y, NULL), ==, 0);
  g_assert_cmpint (vips_getpoint (b, &other, &m, (int) x, (int) y, NULL), ==, 0);
  g_assert_cmpint (n, ==, m);
  return memcmp (one, other, (gsize) n * sizeof (double)) == 0;
}

/* A view as seen has the survey, but not where the field that is explained has its map, however the picture is turned. */
static void
check_figure (const char *path, WhyTurn way)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, path);
  WhySurveyor *surveyor = why_surveyor_new (document);
  const WhyAffine turn = why_turn_get_affine (way, COLUMNS * TILE, ROWS * TILE);
  const double hole_x = TUMOUR_COLUMN * TILE + 112, hole_y = TUMOUR_ROW * TILE + 112;
  WhyExportSurvey survey = { .title = (char *) "each field" };

  why_document_set_target_class (document, TUMOUR_CLASS);
  why_document_set_roi (document, TUMOUR_COLUMN * TILE, TUMOUR_ROW * TILE, TILE, TILE);
  why_document_set_turn (document, way);
  spin_until_idle (document);
  why_surveyor_start (surveyor, NULL);
  spin_until (has_stopped, surveyor);
  survey.values = why_surveyor_get_overlay (surveyor, &survey.to_source, &survey.style);
  g_assert_nonnull (survey.values);
  VipsImage *without = write_seen (document, NULL, "without.png"), *with = write_seen (document, &survey, "with.png");
  g_assert_cmpint (vips_image_get_width (with), ==, why_turn_is_sideways (way) ? ROWS * TILE : COLUMNS * TILE);
  g_assert_true (same_pixel (with, without, &turn, hole_x, hole_y));
  g_assert_true (same_pixel (with, without, &turn, hole_x + 100, hole_y - 100));
  g_assert_false (same_pixel (with, without, &turn, hole_x + 130, hole_y));
  g_assert_false (same_pixel (with, without, &turn, 30, 30));
  /* Glass of a slide was not asked about. */
  g_assert_cmpint (same_pixel (with, without, &turn, COLUMNS * TILE - 30, 300), ==, why_document_is_slide (document));
  g_object_unref (with);
  g_object_unref (without);
  g_assert_finalize_object (surveyor);
  close_document (document, runner);
}

static void
test_figure (void)
{
  const WhyTurn quarter = why_turn_flip (why_turn_rotate (0, 1));

  check_figure (plain_path, 0);
  check_figure (slide_path, 0);
  check_figure (plain_path, quarter);
  check_figure (slide_path, quarter);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (VIPS_INIT (argv[0]) != 0)
    g_error ("libvips cannot start");
  /* Figures are written under the same names again. */
  vips_cache_set_max (0);
  cli_driver_start ();
  folder = g_dir_make_tmp ("whylight-survey-XXXXXX", NULL);
  model_path = gland_slide_model ();
  slide_path = g_build_filename (folder, "slide.tiff", NULL);
  plain_path = g_build_filename (folder, "plain.png", NULL);
  gland_slide_write (slide_path, plain_path, COLUMNS, ROWS, TUMOUR_COLUMN * TILE, TUMOUR_ROW * TILE, GLASS_COLUMNS);
  g_test_add_func ("/survey/slide", test_slide);
  g_test_add_func ("/survey/picture", test_picture);
  g_test_add_func ("/survey/continue", test_continue);
  g_test_add_func ("/survey/part", test_part);
  g_test_add_func ("/survey/refused", test_refused);
  g_test_add_func ("/survey/csv", test_csv);
  g_test_add_func ("/survey/command", test_command);
  g_test_add_func ("/surveyor/document", test_document);
  g_test_add_func ("/surveyor/stop", test_stop);
  g_test_add_func ("/surveyor/figure", test_figure);
  const int status = g_test_run ();
  g_unlink (slide_path);
  g_unlink (plain_path);
  g_rmdir (folder);
  g_free (slide_path);
  g_free (plain_path);
  g_free (model_path);
  g_free (folder);
  cli_driver_finish ();
  vips_shutdown ();
  return status;
}
