#include "config.h"

#include "cli.h"
#include "json.h"
#include "overlap.h"

#include "base/error.h"
#include "service/check.h"

#include <math.h>
#include <string.h>

typedef struct
{
  char *method, *layer, *class_text, *polarity, *profile, *mask;
  char **method_options, **checks;
  double threshold;
  gboolean json;
  char *joined; /* the method's options */
  gboolean wanted[WHY_N_CHECKS];
  WhyExplainRequest request;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->method);
  g_free (options->layer);
  g_free (options->class_text);
  g_free (options->polarity);
  g_free (options->profile);
  g_free (options->mask);
  g_strfreev (options->method_options);
  g_strfreev (options->checks);
  g_free (options->joined);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
choose_checks (Options *options, GError **error)
{
  for (int kind = 0; kind < WHY_N_CHECKS; kind++)
    options->wanted[kind] = options->checks == NULL && kind != WHY_CHECK_REGIONS;
  for (char **name = options->checks; name != NULL && *name != NULL; name++)
    {
      WhyCheckKind kind;
      /* Nothing is covered here, so there are no regions. */
      if (!why_check_kind_from_id (*name, &kind) || kind == WHY_CHECK_REGIONS)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                       "there is no check '%s'; choose faithfulness, randomisation, occlusion or controls", *name);
          return FALSE;
        }
      options->wanted[kind] = TRUE;
    }
  return TRUE;
}

static gboolean
parse_options (Options *options, GError **error)
{
  WhyExplainRequest *request = &options->request;

  request->method = options->method != NULL ? options->method : "gradcam";
  request->layer = options->layer;
  request->profile = options->profile;
  request->target_class = -1;
  if (options->method_options != NULL)
    request->options = options->joined = g_strjoinv (",", options->method_options);
  if (!(options->threshold >= 0 && options->threshold <= 1))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "--threshold takes a number from 0 to 1");
      return FALSE;
    }
  return choose_checks (options, error) &&
         (options->polarity == NULL || why_polarity_parse (options->polarity, &request->polarity, error));
}

/* A bar of figures to read by eye: correlation from 0 to 1. */
static void
print_steps (const WhySanity *sanity)
{
  for (gsize step = 0; step < sanity->n_steps; step++)
    {
      const WhySanityStep *one = &sanity->steps[step];
      g_print ("    top %3" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " layers  spearman %.2f  magnitudes %.2f  ssim %5.2f  hog %5.2f  down to %s\n",
               one->n_layers, sanity->n_weighted, one->likeness.spearman, one->likeness.magnitude, one->likeness.ssim,
               one->likeness.hog, one->layer);
    }
}

static void
print_check (const WhyCheckResult *check, WhyModel *model)
{
  const int other = check->controls.other_class;
  g_autofree char *sentence = why_check_result_describe (check, other >= 0 ? why_model_get_class_label (model, other) : NULL);

  g_print ("%s (%.1f s)\n  %s\n", why_check_kind_title (check->kind), check->milliseconds / 1000, sentence);
  if (check->kind == WHY_CHECK_RANDOMISATION)
    print_steps (&check->sanity);
  if (check->kind == WHY_CHECK_FAITHFULNESS && check->has_road)
    g_print ("    ROAD %.3f\n", check->road.combined);
}

static void
print_json (WhyModel *model, const CliInput *input, const WhyResult *result, const GPtrArray *checks,
            const WhyOverlapResult *overlap)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  why_json_add_string (builder, "model", why_model_get_path (model));
  why_json_add_string (builder, "input", input->path);
  why_json_add_string (builder, "method", result->map->method);
  why_json_add_string (builder, "layer", result->map->layer);
  why_json_add_int (builder, "class", result->target_class);
  why_json_add_string (builder, "label", why_model_get_class_label (model, result->target_class));
  json_builder_set_member_name (builder, "checks");
  json_builder_begin_array (builder);
  for (guint index = 0; index < checks->len; index++)
    why_check_result_add_json (g_ptr_array_index (checks, index), builder);
  json_builder_end_array (builder);
  cli_overlap_add_json (builder, overlap);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

static int
run (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliCommon) common = { 0 };
  g_auto (CliInput) input = { 0 };
  g_auto (Options) options = { 0 };
  WhyOverlapResult overlap;
  const GOptionEntry entries[] = {
    { "check", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.checks, "faithfulness, randomisation, occlusion or controls (all; may be repeated)", "NAME" },
    { "method", 0, 0, G_OPTION_ARG_STRING, &options.method, "Method of explanation (gradcam)", "ID" },
    { "option", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.method_options, "An option of the method (may be repeated)", "NAME=VALUE" },
    { "layer", 0, 0, G_OPTION_ARG_STRING, &options.layer, "Tensor to explain at", "TENSOR" },
    { "class", 0, 0, G_OPTION_ARG_STRING, &options.class_text, "Class to explain, by number or label (the top class)", "K" },
    { "polarity", 0, 0, G_OPTION_ARG_STRING, &options.polarity, "relu, signed, against or absolute", "NAME" },
    { "profile", 0, 0, G_OPTION_ARG_STRING, &options.profile, "Whose definition of the method to follow (paper)", "ID" },
    { "mask", 0, 0, G_OPTION_ARG_FILENAME, &options.mask, "Compare with an outline: a mask or GeoJSON", "FILE" },
    { "threshold", 0, 0, G_OPTION_ARG_DOUBLE, &options.threshold, "Of the overlap, a share of the map's range (0)", "X" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_check, entries, &common, 2, 2, &argc, &argv))
    return CLI_BAD_USAGE;
  if (!parse_options (&options, &error))
    return cli_fail (CLI_BAD_USAGE, error);
  g_autoptr (WhyModel) model = cli_model_load_for (argv[1], common.recipe, argv[2], &error);
  if (model == NULL || !cli_check_explainable (model, &error) ||
      !cli_input_load (argv[2], &common, model, &input, &error))
    return cli_fail (CLI_BAD_INPUT, error);
  if (options.class_text != NULL)
    {
      options.request.target_class = why_model_find_class (model, options.class_text, &error);
      if (options.request.target_class < 0)
        return cli_fail (CLI_BAD_INPUT, error);
    }
  options.request.multi_label = why_model_get_recipe (model)->task == WHY_RECIPE_TASK_MULTI_LABEL;
  if (options.request.layer == NULL)
    options.request.layer = why_model_get_default_layer (model);

  const WhySessionOptions session_options = { .backend = common.backend };
  g_autoptr (WhySession) session = why_session_new (why_model_get_onnx (model), &session_options, &error);
  if (session == NULL)
    return cli_fail (CLI_BAD_INPUT, error);
  g_autoptr (WhyRequest) request = cli_input_ask (&input, model, &options.request);
  request->backend = common.backend;
  g_autoptr (WhyResult) result = why_request_run (request, session, NULL, NULL, NULL, &error);
  if (result == NULL ||
      (options.mask != NULL && !cli_overlap_measure (options.mask, result, &input, options.threshold, TRUE, &overlap, &error)))
    return cli_fail (CLI_BAD_INPUT, error);

  g_autoptr (GPtrArray) checks = g_ptr_array_new_with_free_func ((GDestroyNotify) why_check_result_unref);
  for (int kind = 0; kind < WHY_N_CHECKS; kind++)
    {
      WhyCheckResult *check =
        options.wanted[kind] ? why_check_run ((WhyCheckKind) kind, result, session, NULL, NULL, NULL, &error) : NULL;
      if (check != NULL)
        g_ptr_array_add (checks, check);
      else if (error != NULL)
        return cli_fail (CLI_BAD_INPUT, error);
      if (check != NULL && !options.json)
        print_check (check, model);
    }
  if (options.json)
    print_json (model, &input, result, checks, options.mask != NULL ? &overlap : NULL);
  else if (options.mask != NULL)
    cli_overlap_print (&overlap);
  return CLI_OK;
}

const CliCommand cli_check = { "check", "MODEL INPUT", "Measure whether a map is to be believed", run };
