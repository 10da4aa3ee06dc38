#include "config.h"

#include "cli.h"
#include "json.h"
#include "panels.h"

#include "base/error.h"

#include <string.h>

/* A contact sheet: many methods, some classes, one picture. */

typedef struct
{
  char **methods;
  char **classes;
  char *layer;
  char *polarity;
  char *figure;
  int columns;
  gboolean json;

  /* parsed */
  GPtrArray *method_list; /* of WhyExplainerClass */
  GArray *class_list;     /* of int */
  WhyPolarity parsed_polarity;
} Options;

static void
options_clear (Options *options)
{
  g_strfreev (options->methods);
  g_strfreev (options->classes);
  g_free (options->layer);
  g_free (options->polarity);
  g_free (options->figure);
  g_clear_pointer (&options->method_list, g_ptr_array_unref);
  g_clear_pointer (&options->class_list, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* Without a word about it: all that work at a layer. */
static gboolean
choose_methods (Options *options, GError **error)
{
  gsize n;
  const WhyExplainerClass *const *all = why_explainer_list (&n);

  options->method_list = g_ptr_array_new ();
  for (gsize index = 0; options->methods == NULL && index < n; index++)
    {
      if ((all[index]->needs & WHY_NEEDS_LAYER) != 0)
        g_ptr_array_add (options->method_list, (gpointer) all[index]);
    }
  for (char **id = options->methods; id != NULL && *id != NULL; id++)
    {
      const WhyExplainerClass *method = why_explainer_lookup (*id, error);
      if (method == NULL)
        return FALSE;
      g_ptr_array_add (options->method_list, (gpointer) method);
    }
  return TRUE;
}

static gboolean
choose_classes (Options *options, CliJob *job, GError **error)
{
  options->class_list = g_array_new (FALSE, FALSE, sizeof (int));
  for (char **text = options->classes; text != NULL && *text != NULL; text++)
    {
      const int index = why_model_find_class (job->model, *text, error);
      if (index < 0)
        return FALSE;
      g_array_append_val (options->class_list, index);
    }
  if (options->class_list->len > 0)
    return TRUE;

  g_autoptr (WhyTensor) probabilities = NULL;
  g_autoptr (WhyTensor) logits = NULL;
  int n;
  if (!why_predict (&job->job, NULL, why_model_is_multi_label (job->model), &probabilities, &logits, error))
    return FALSE;
  g_autofree int *top = cli_top_classes (probabilities, 2, &n);
  g_array_append_vals (options->class_list, top, (guint) n);
  return TRUE;
}

static void
add_json (JsonBuilder *builder, const WhyExplainerClass *method, int target, const WhyMap *map, const GError *error)
{
  json_builder_begin_object (builder);
  why_json_add_string (builder, "method", method->id);
  why_json_add_int (builder, "class", target);
  if (map != NULL)
    {
      why_json_add_double (builder, "minimum", map->minimum);
      why_json_add_double (builder, "maximum", map->maximum);
      why_json_add_string (builder, "reason", map->reason);
    }
  why_json_add_string (builder, "error", error != NULL ? error->message : NULL);
  json_builder_end_object (builder);
}

/* A method that cannot run here is told of and left out; the others still make a sheet. */
static gboolean
make_panels (const Options *options, CliJob *job, CliPanels *panels, GPtrArray *left_out, JsonBuilder *builder,
             GError **error)
{
  gsize n_made = 0;
  g_autofree char *reason = NULL;

  for (guint index = 0; index < options->method_list->len; index++)
    {
      const WhyExplainerClass *method = g_ptr_array_index (options->method_list, index);
      for (guint place = 0; place < options->class_list->len; place++)
        {
          const int target = g_array_index (options->class_list, int, place);
          const WhyExplainRequest request = {
            .method = method->id,
            .layer = (method->needs & WHY_NEEDS_LAYER) == 0 ? NULL
                     : options->layer != NULL               ? options->layer
                                                            : why_model_get_default_layer (job->model),
            .target_class = target,
            .polarity = options->parsed_polarity,
            .multi_label = why_model_is_multi_label (job->model),
          };
          WhyExplainResult result;
          g_autoptr (GError) local = NULL;
          if (!why_explain (&request, &job->job, &result, &local))
            {
              g_ptr_array_add (left_out, g_strdup_printf ("%s: %s", method->id, local->message));
              if (reason == NULL)
                reason = g_strdup (local->message);
              add_json (builder, method, target, NULL, local);
              break;
            }
          const gboolean fine = cli_panels_add (panels, result.map->values, &result.map->to_input,
                                                options->parsed_polarity == WHY_POLARITY_SIGNED, method->id,
                                                why_model_get_class_label (job->model, target), error);
          add_json (builder, method, target, result.map, NULL);
          why_explain_result_clear (&result);
          if (!fine)
            return FALSE;
          n_made++;
        }
    }
  if (n_made > 0)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: none of the methods can run on this model: %s",
               why_model_get_path (job->model), reason);
  return FALSE;
}

static int
compute (Options *options, const CliCommon *common, const char *model_path, const char *input_path)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliJob) job = { 0 };
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (!cli_job_open (&job, common, model_path, input_path, &error) || !choose_classes (options, &job, &error) ||
      (options->layer != NULL && why_model_find_layer (job.model, options->layer, &error) == NULL))
    return cli_fail (CLI_BAD_INPUT, error);
  g_autoptr (CliPanels) panels = cli_panels_new (&job);
  json_builder_begin_object (builder);
  why_json_add_string (builder, "model", why_model_get_path (job.model));
  why_json_add_string (builder, "input", job.input.path);
  json_builder_set_member_name (builder, "maps");
  json_builder_begin_array (builder);
  g_autoptr (GPtrArray) left_out = g_ptr_array_new_with_free_func (g_free);
  if (!make_panels (options, &job, panels, left_out, builder, &error))
    return cli_fail (CLI_BAD_INPUT, error);
  json_builder_end_array (builder);

  const char *layer = options->layer != NULL ? options->layer : why_model_get_default_layer (job.model);
  g_autofree char *name = g_path_get_basename (job.input.path);
  g_autofree char *where = g_strdup_printf ("%s, %s, layer %s", name, why_polarity_id (options->parsed_polarity), layer);
  const gsize columns = options->columns > 0 ? (gsize) options->columns : options->class_list->len * 3;
  if (!cli_panels_write (panels, columns, why_model_get_title (job.model), where, NULL, options->figure, &error))
    return cli_fail (CLI_BAD_INPUT, error);
  why_json_add_string (builder, "figure", options->figure);
  json_builder_end_object (builder);
  if (options->json)
    cli_json_print (builder);
  else
    {
      for (guint index = 0; index < left_out->len; index++)
        g_print ("left out   %s\n", (const char *) g_ptr_array_index (left_out, index));
      g_print ("written    %s\n", options->figure);
    }
  return CLI_OK;
}

static int
run (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliCommon) common = { 0 };
  g_auto (Options) options = { 0 };
  const GOptionEntry entries[] = {
    { "method", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.methods, "A method (may be repeated; all that work at a layer)", "ID" },
    { "class", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.classes, "A class (may be repeated; the top two)", "K" },
    { "layer", 0, 0, G_OPTION_ARG_STRING, &options.layer, "Tensor to explain at", "TENSOR" },
    { "polarity", 0, 0, G_OPTION_ARG_STRING, &options.polarity, "relu, signed, against or absolute", "NAME" },
    { "columns", 0, 0, G_OPTION_ARG_INT, &options.columns, "Maps side by side (three methods)", "N" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.figure, "Write the sheet (sheet.png)", "FIGURE.png|svg|pdf" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_sheet, entries, &common, 2, 2, &argc, &argv))
    return CLI_BAD_USAGE;
  if (options.figure == NULL)
    options.figure = g_strdup ("sheet.png");
  if (options.columns < 0 || options.columns > 100)
    return cli_fail_text (CLI_BAD_USAGE, "--columns takes a number from 1 to 100");
  if (!cli_check_figure_name (options.figure, &error) || !choose_methods (&options, &error) ||
      (options.polarity != NULL && !why_polarity_parse (options.polarity, &options.parsed_polarity, &error)))
    return cli_fail (CLI_BAD_USAGE, error);
  return compute (&options, &common, argv[1], argv[2]);
}

const CliCommand cli_sheet = { "sheet", "MODEL INPUT", "Draw the maps of many methods on one sheet", run };
