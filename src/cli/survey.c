#include "config.h"

#include "cli.h"
#include "json.h"

#include "base/error.h"
#include "service/picture.h"
#include "service/survey.h"

#include <math.h>

static char *
make_table (WhySurvey *survey, WhyModel *model)
{
  const gsize n_classes = why_survey_get_n_classes (survey);
  g_autofree const char **labels = g_new0 (const char *, n_classes + 1);

  for (gsize k = 0; k < n_classes; k++)
    labels[k] = why_model_get_class_label (model, (int) k);
  return why_survey_to_csv (survey, labels);
}

/* Per class: in how many fields it is the likeliest. */
static gsize *
count_winners (WhySurvey *survey)
{
  const gsize n_classes = why_survey_get_n_classes (survey);
  const gsize n_fields = (gsize) (why_survey_get_columns (survey) * why_survey_get_rows (survey));
  gsize *winners = g_new0 (gsize, n_classes);

  for (gsize field = 0; field < n_fields; field++)
    {
      gsize top = 0;
      double best = why_survey_get_probability (survey, field, 0);

      if (!isfinite (best))
        continue;
      for (gsize k = 1; k < n_classes; k++)
        {
          const double other = why_survey_get_probability (survey, field, (int) k);
          if (other > best)
            {
              best = other;
              top = k;
            }
        }
      winners[top]++;
    }
  return winners;
}

static void
print_text (WhySurvey *survey, WhyModel *model, const char *path, int class_index, int n_top, double seconds)
{
  g_autofree gsize *winners = count_winners (survey);
  WhySurveyCounts counts;
  WhyRoi field;

  why_survey_get_counts (survey, &counts);
  why_survey_get_field (survey, 0, &field);
  g_print ("fields     %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT
           " pixels: %" G_GSIZE_FORMAT " asked, %" G_GSIZE_FORMAT " without tissue, %" G_GSIZE_FORMAT " not readable\n",
           why_survey_get_columns (survey), why_survey_get_rows (survey), field.width, field.height, counts.n_answered,
           counts.n_glass, counts.n_unreadable);
  for (gsize k = 0; k < why_survey_get_n_classes (survey); k++)
    {
      if (winners[k] > 0)
        g_print ("likeliest  %" G_GSIZE_FORMAT " %s: %" G_GSIZE_FORMAT "\n", k,
                 why_model_get_class_label (model, (int) k), winners[k]);
    }
  if (class_index >= 0)
    {
      g_autoptr (GArray) ranked = why_survey_rank (survey, class_index);
      for (guint rank = 0; rank < MIN (ranked->len, (guint) n_top); rank++)
        {
          const guint32 at = g_array_index (ranked, guint32, rank);
          why_survey_get_field (survey, at, &field);
          g_autofree char *place = why_roi_to_string (&field);
          g_print ("%7.4f    --roi %s\n", why_survey_get_probability (survey, at, class_index), place);
        }
    }
  g_print ("time       %.1f s, %.0f fields a second\n", seconds,
           seconds > 0 ? (double) counts.n_answered / seconds : 0);
  if (path != NULL)
    g_print ("written    %s\n", path);
}

static void
print_json (WhySurvey *survey, WhyModel *model, const char *path, int class_index, int n_top, double seconds)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree gsize *winners = count_winners (survey);
  WhySurveyCounts counts;
  WhyRoi field;

  why_survey_get_counts (survey, &counts);
  why_survey_get_field (survey, 0, &field);
  json_builder_begin_object (builder);
  why_json_add_int (builder, "columns", why_survey_get_columns (survey));
  why_json_add_int (builder, "rows", why_survey_get_rows (survey));
  why_json_add_int (builder, "field_width", field.width);
  why_json_add_int (builder, "field_height", field.height);
  why_json_add_int (builder, "answered", (gint64) counts.n_answered);
  why_json_add_int (builder, "without_tissue", (gint64) counts.n_glass);
  why_json_add_int (builder, "unreadable", (gint64) counts.n_unreadable);
  json_builder_set_member_name (builder, "likeliest");
  json_builder_begin_array (builder);
  for (gsize k = 0; k < why_survey_get_n_classes (survey); k++)
    {
      json_builder_begin_object (builder);
      why_json_add_int (builder, "class", (gint64) k);
      why_json_add_string (builder, "label", why_model_get_class_label (model, (int) k));
      why_json_add_int (builder, "fields", (gint64) winners[k]);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "surest");
  json_builder_begin_array (builder);
  g_autoptr (GArray) ranked = why_survey_rank (survey, class_index);
  for (guint rank = 0; class_index >= 0 && rank < MIN (ranked->len, (guint) n_top); rank++)
    {
      const guint32 at = g_array_index (ranked, guint32, rank);
      why_survey_get_field (survey, at, &field);
      g_autofree char *place = why_roi_to_string (&field);
      json_builder_begin_object (builder);
      why_json_add_string (builder, "roi", place);
      why_json_add_double (builder, "probability", why_survey_get_probability (survey, at, class_index));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  why_json_add_string (builder, "file", path);
  why_json_add_double (builder, "seconds", seconds);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

static int
run (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliCommon) common = { 0 };
  g_auto (CliInput) input = { 0 };
  g_autofree char *path = NULL;
  gboolean json = FALSE;
  int class_index = -1;
  int n_top = 5;
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &path, "Write a table: place and probabilities of every field", "FILE.csv" },
    { "class", 'c', 0, G_OPTION_ARG_INT, &class_index, "List the fields that are surest of this class", "N" },
    { "top", 0, 0, G_OPTION_ARG_INT, &n_top, "How many of them (5)", "K" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_survey, entries, &common, 2, 2, &argc, &argv) || !cli_check_top (n_top))
    return CLI_BAD_USAGE;
  /* The region is what is surveyed; what one field is follows from the network. */
  const WhyRoi area = common.roi;
  common.roi = (WhyRoi) { 0 };
  g_autoptr (WhyModel) model = cli_model_load_for (argv[1], common.recipe, argv[2], &error);
  if (model == NULL || !cli_check_explainable (model, &error) ||
      !cli_input_load (argv[2], &common, model, &input, &error))
    return cli_fail (CLI_BAD_INPUT, error);
  if (input.picture == NULL)
    return cli_fail_text (CLI_BAD_INPUT, "%s: a prepared tensor has no fields; give the picture", argv[2]);
  const int n_classes = why_model_get_n_classes (model);
  if (class_index >= n_classes)
    return cli_fail_text (CLI_BAD_USAGE, "there is no class %d: the network has %d", class_index, n_classes);

  const WhyExplainRequest explain = { .method = "gradcam",
                                      .target_class = -1,
                                      .multi_label =
                                        why_model_get_recipe (model)->task == WHY_RECIPE_TASK_MULTI_LABEL };
  const WhySessionOptions options = { .backend = common.backend };
  g_autoptr (WhySession) session = why_session_new (why_model_get_onnx (model), &options, &error);
  g_autoptr (WhySurvey) survey =
    session != NULL ? why_survey_new (input.picture, why_model_get_onnx (model), why_model_get_recipe (model), &explain,
                                      (gsize) n_classes, &area, input.picture->um_per_pixel, &error)
                    : NULL;
  const gint64 start = g_get_monotonic_time ();
  if (survey == NULL || !why_survey_run (survey, session, NULL, NULL, NULL, &error))
    return cli_fail (CLI_BAD_INPUT, error);
  const double seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  g_autofree char *problem = why_survey_dup_problem (survey);
  if (problem != NULL)
    g_printerr ("whylight-cli: %s\n", problem);
  if (path != NULL)
    {
      g_autofree char *table = make_table (survey, model);
      if (!g_file_set_contents (path, table, -1, &error))
        return cli_fail (CLI_BAD_INPUT, error);
    }
  if (json)
    print_json (survey, model, path, class_index, n_top, seconds);
  else
    {
      print_text (survey, model, path, class_index, n_top, seconds);
      cli_print_assumed (model, &input);
    }
  return CLI_OK;
}

const CliCommand cli_survey = { "survey", "MODEL PICTURE", "Ask about every field of a slide or large picture", run };
