#include "config.h"

#include "cli.h"
#include "json.h"
#include "panels.h"

#include "base/error.h"
#include "explain/features.h"

typedef struct
{
  char *method;
  char *layer;
  char *class_text;
  char *contrast_text;
  char *profile;
  char **method_options;
  char *figure;
  int n_top;
  gboolean json;

  /* parsed */
  char *option_text;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->method);
  g_free (options->layer);
  g_free (options->class_text);
  g_free (options->contrast_text);
  g_free (options->profile);
  g_strfreev (options->method_options);
  g_free (options->figure);
  g_free (options->option_text);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
make_request (const Options *options, WhyModel *model, WhyExplainRequest *request, GError **error)
{
  *request = (WhyExplainRequest) {
    .method = options->method != NULL ? options->method : "gradcam",
    .layer = options->layer != NULL ? options->layer : why_model_get_default_layer (model),
    .target_class = -1,
    .polarity = WHY_POLARITY_SIGNED,
    .profile = options->profile,
    .options = options->option_text,
    .multi_label = why_model_is_multi_label (model),
  };
  if (options->class_text != NULL)
    {
      request->target_class = why_model_find_class (model, options->class_text, error);
      if (request->target_class < 0)
        return FALSE;
    }
  if (options->contrast_text != NULL)
    {
      request->has_contrast = TRUE;
      request->contrast_class = why_model_find_class (model, options->contrast_text, error);
      if (request->contrast_class < 0)
        return FALSE;
    }
  return why_model_find_layer (model, request->layer, error) != NULL;
}

static gboolean
draw (const Options *options, const CliJob *job, const WhyFeatureSheet *sheet, GError **error)
{
  g_autoptr (CliPanels) panels = cli_panels_new (job);
  g_autofree char *subtitle = g_strdup_printf ("%s at %s: %s", sheet->map->method, sheet->map->layer,
                                               why_model_get_class_label (job->model, sheet->map->target_class));
  g_autofree char *covered = g_strdup_printf ("These %" G_GSIZE_FORMAT " of %" G_GINT64_FORMAT
                                              " channels are %.1f%% of the map; each is shown with what it adds.",
                                              sheet->n_features, sheet->n_channels, sheet->covered * 100);
  const char *captions[] = { covered, NULL };

  if (!cli_panels_add (panels, sheet->map->values, &sheet->map->to_input, TRUE, "the map", NULL, error))
    return FALSE;
  for (gsize place = 0; place < sheet->n_features; place++)
    {
      const WhyFeature *feature = &sheet->features[place];
      g_autofree char *heading =
        g_strdup_printf ("channel %" G_GINT64_FORMAT ": %.1f%%", feature->channel, feature->share * 100);
      if (!cli_panels_add (panels, feature->contribution, &sheet->map->to_input, TRUE, heading, NULL, error))
        return FALSE;
    }
  return cli_panels_write (panels, 5, why_model_get_title (job->model), subtitle, captions, options->figure, error);
}

static void
print_json (const Options *options, const CliJob *job, const WhyFeatureSheet *sheet)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  why_json_add_string (builder, "model", why_model_get_path (job->model));
  why_json_add_string (builder, "input", job->input.path);
  why_json_add_string (builder, "method", sheet->map->method);
  why_json_add_string (builder, "layer", sheet->map->layer);
  why_json_add_int (builder, "class", sheet->map->target_class);
  why_json_add_int (builder, "channels", sheet->n_channels);
  why_json_add_double (builder, "covered", sheet->covered);
  json_builder_set_member_name (builder, "features");
  json_builder_begin_array (builder);
  for (gsize place = 0; place < sheet->n_features; place++)
    {
      const WhyFeature *feature = &sheet->features[place];
      json_builder_begin_object (builder);
      why_json_add_int (builder, "channel", feature->channel);
      why_json_add_double (builder, "weight", feature->weight);
      why_json_add_double (builder, "sum", feature->sum);
      why_json_add_double (builder, "share", feature->share);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  why_json_add_string (builder, "figure", options->figure);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

static void
print_text (const Options *options, const CliJob *job, const WhyFeatureSheet *sheet)
{
  g_print ("class      %d %s\n", sheet->map->target_class,
           why_model_get_class_label (job->model, sheet->map->target_class));
  g_print ("map        %s at %s\n", sheet->map->method, sheet->map->layer);
  g_print ("covered    %.1f%% of the map by %" G_GSIZE_FORMAT " of %" G_GINT64_FORMAT " channels\n", sheet->covered * 100,
           sheet->n_features, sheet->n_channels);
  g_print ("%-10s %12s %12s %8s\n", "channel", "weight", "sum", "share");
  for (gsize place = 0; place < sheet->n_features; place++)
    {
      const WhyFeature *feature = &sheet->features[place];
      g_print ("%-10" G_GINT64_FORMAT " %12.5g %12.5g %7.2f%%\n", feature->channel, feature->weight, feature->sum,
               feature->share * 100);
    }
  if (options->figure != NULL)
    g_print ("written    %s\n", options->figure);
}

static int
run (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliCommon) common = { 0 };
  g_auto (Options) options = { .n_top = 9 };
  const GOptionEntry entries[] = {
    { "method", 0, 0, G_OPTION_ARG_STRING, &options.method, "Whose map is taken apart (gradcam)", "ID" },
    { "option", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.method_options, "An option of the method (may be repeated)", "NAME=VALUE" },
    { "profile", 0, 0, G_OPTION_ARG_STRING, &options.profile, "Whose definition of the method to follow (paper)", "ID" },
    { "layer", 0, 0, G_OPTION_ARG_STRING, &options.layer, "Tensor to explain at", "TENSOR" },
    { "class", 0, 0, G_OPTION_ARG_STRING, &options.class_text, "Class to explain, by number or label (the top class)", "K" },
    { "contrast", 0, 0, G_OPTION_ARG_STRING, &options.contrast_text, "Class it is compared with", "K" },
    { "top", 0, 0, G_OPTION_ARG_INT, &options.n_top, "How many channels (9)", "N" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.figure, "Write a figure", "FIGURE.png|svg|pdf" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_features, entries, &common, 2, 2, &argc, &argv) || !cli_check_top (options.n_top))
    return CLI_BAD_USAGE;
  if (!cli_check_figure_name (options.figure, &error))
    return cli_fail (CLI_BAD_USAGE, error);
  options.option_text = options.method_options != NULL ? g_strjoinv (",", options.method_options) : NULL;
  const WhyExplainerClass *method =
    why_explainer_lookup (options.method != NULL ? options.method : "gradcam", &error);
  const WhyProfile *profile = method != NULL ? why_profile_lookup (options.profile, &error) : NULL;
  if (profile == NULL || !why_profile_check (profile, method, &error) ||
      !why_options_check (method, options.option_text, &error))
    return cli_fail (CLI_BAD_USAGE, error);

  g_auto (CliJob) job = { 0 };
  g_auto (WhyFeatureSheet) sheet = { 0 };
  WhyExplainRequest request;
  if (!cli_job_open (&job, &common, argv[1], argv[2], &error) || !make_request (&options, job.model, &request, &error) ||
      !why_features_make (&request, &job.job, (gsize) options.n_top, &sheet, &error) ||
      (options.figure != NULL && !draw (&options, &job, &sheet, &error)))
    return cli_fail (CLI_BAD_INPUT, error);
  if (options.json)
    print_json (&options, &job, &sheet);
  else
    print_text (&options, &job, &sheet);
  return CLI_OK;
}

const CliCommand cli_features = { "features", "MODEL INPUT", "Tell which channels of a layer a map is made of", run };
