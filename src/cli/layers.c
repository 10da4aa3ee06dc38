#include "config.h"

#include "cli.h"

#include "json.h"
#include "service/layer-advice.h"

#include <string.h>

/* "14x14 tokens + 1 other"; empty where the shape says it */
static char *
tokens_text (WhyLayerItem *item)
{
  const gint64 n_others = why_layer_item_get_layer (item)->n_other_tokens;
  const char *grid = why_layer_item_get_grid (item);

  if (!why_layer_item_get_is_tokens (item))
    return g_strdup ("");
  if (n_others == 0)
    return g_strdup_printf ("%s tokens", grid);
  return g_strdup_printf ("%s tokens + %" G_GINT64_FORMAT, grid, n_others);
}

static void
print_table (WhyModel *model)
{
  GListModel *layers = why_model_get_layers (model);
  const guint n_layers = g_list_model_get_n_items (layers);
  int widths[4] = { 4, 2, 5, 4 };

  for (guint index = 0; index < n_layers; index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (layers, index);
      const char *cells[3] = { why_layer_item_get_name (item), why_layer_item_get_op (item), why_layer_item_get_shape (item) };
      for (int column = 0; column < 3; column++)
        widths[column] = MAX (widths[column], MIN (60, (int) g_utf8_strlen (cells[column], -1)));
      g_autofree char *tokens = tokens_text (item);
      widths[3] = MAX (widths[3], (int) strlen (tokens));
    }
  g_print ("  %-*s  %-*s  %-*s  %-*s  %6s  %s\n", widths[0], "name", widths[1], "op", widths[2], "shape", widths[3], "grid",
           "stride", "receptive field");
  for (guint index = 0; index < n_layers; index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (layers, index);
      g_autofree char *tokens = tokens_text (item);
      g_print ("%c %-*s  %-*s  %-*s  %-*s  %6s  %s\n", why_layer_item_get_is_default (item) ? '*' : ' ', widths[0],
               why_layer_item_get_name (item), widths[1], why_layer_item_get_op (item), widths[2], why_layer_item_get_shape (item),
               widths[3], tokens, why_layer_item_get_stride (item), why_layer_item_get_receptive_field (item));
    }
}

static void
add_numbers (JsonBuilder *builder, const char *name, const double *numbers, int n)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (int axis = 0; axis < n; axis++)
    json_builder_add_double_value (builder, numbers[axis]);
  json_builder_end_array (builder);
}

static void
print_json (WhyModel *model)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  GListModel *layers = why_model_get_layers (model);

  json_builder_begin_object (builder);
  why_json_add_string (builder, "model", why_model_get_path (model));
  why_json_add_int (builder, "n_classes", why_model_get_n_classes (model));
  why_json_add_string (builder, "default", why_model_get_default_layer (model));
  json_builder_set_member_name (builder, "layers");
  json_builder_begin_array (builder);
  for (guint index = 0; index < g_list_model_get_n_items (layers); index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (layers, index);
      const WhyLayer *layer = why_layer_item_get_layer (item);
      json_builder_begin_object (builder);
      why_json_add_string (builder, "name", layer->name);
      why_json_add_string (builder, "op", layer->op);
      cli_json_dims (builder, "shape", layer->rank, layer->dims);
      why_json_add_boolean (builder, "tokens", layer->tokens);
      cli_json_dims (builder, "grid", layer->n_spatial, layer->grid);
      why_json_add_int (builder, "channels", layer->channels);
      why_json_add_int (builder, "other_tokens", layer->n_other_tokens);
      add_numbers (builder, "stride", layer->stride, layer->n_spatial);
      add_numbers (builder, "receptive_field", layer->receptive_field, layer->n_spatial);
      why_json_add_boolean (builder, "default", why_layer_item_get_is_default (item));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

/* ---- which layer? ---- */

static WhyResult *
ask_advice (WhyModel *model, const CliInput *input, int target, const char *method, const CliCommon *common, GError **error)
{
  const guint n_layers = why_model_get_n_layers (model);
  g_autofree const WhyLayer **layers = g_new0 (const WhyLayer *, n_layers + 1);
  const WhyExplainRequest explain = {
    .method = method,
    .target_class = target,
    .multi_label = why_model_get_recipe (model)->task == WHY_RECIPE_TASK_MULTI_LABEL,
  };
  g_autoptr (WhyRequest) request = cli_input_ask (input, model, &explain);

  for (guint index = 0; index < n_layers; index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (why_model_get_layers (model), index);
      layers[index] = why_layer_item_get_layer (item);
    }
  request->backend = common->backend;
  why_request_set_layers (request, layers, n_layers);
  why_request_set_advice (request, why_model_get_default_layer (model));
  return why_request_run (request, NULL, NULL, NULL, NULL, error);
}

static void
print_advice (WhyModel *model, const CliInput *input, const WhyResult *result, gboolean json)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (!json)
    g_print ("%s\n", why_model_get_class_label (model, result->target_class));
  json_builder_begin_object (builder);
  why_json_add_string (builder, "model", why_model_get_path (model));
  why_json_add_string (builder, "input", input->path);
  why_json_add_int (builder, "class", result->target_class);
  why_json_add_string (builder, "label", why_model_get_class_label (model, result->target_class));
  json_builder_set_member_name (builder, "layers");
  json_builder_begin_array (builder);
  for (guint index = 0; result->advice != NULL && index < result->advice->len; index++)
    {
      const WhyLayerAdvice *advice = g_ptr_array_index (result->advice, index);
      why_layer_advice_to_json (builder, advice);
      if (!json)
        g_print ("%u. %s  (%.2f)\n   %s\n", index + 1, advice->layer, advice->score, advice->reason);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  if (json)
    cli_json_print (builder);
}

static int
suggest_layers (WhyModel *model, const char *path, const char *class_text, const char *method, gboolean json,
                const CliCommon *common)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliInput) input = { 0 };
  int target = -1;
  const WhyExplainerClass *klass = why_explainer_lookup (method, &error);

  if (klass == NULL)
    return cli_fail (CLI_BAD_USAGE, error);
  if (path == NULL)
    return cli_fail_text (CLI_BAD_USAGE, "--suggest needs a PICTURE: layers are ranked by its maps");
  if (!why_explainer_shares_runs (klass, NULL))
    return cli_fail_text (CLI_BAD_USAGE, "the method '%s' has no maps of all layers from one run; choose another one for --suggest",
                          method);
  if (!cli_input_load (path, common, model, &input, &error) || !cli_check_explainable (model, &error))
    return cli_fail (CLI_BAD_INPUT, error);
  if (why_model_get_default_layer (model) == NULL)
    return cli_fail_text (CLI_BAD_INPUT, "%s: %s", why_model_get_path (model), why_model_get_limitation (model));
  if (class_text != NULL)
    {
      target = why_model_find_class (model, class_text, &error);
      if (target < 0)
        return cli_fail (CLI_BAD_INPUT, error);
    }
  g_autoptr (WhyResult) result = ask_advice (model, &input, target, method, common, &error);
  if (result == NULL)
    return cli_fail (CLI_BAD_INPUT, error);
  print_advice (model, &input, result, json);
  return CLI_OK;
}

static int
run (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliCommon) common = { 0 };
  gboolean json = FALSE;
  gboolean suggest = FALSE;
  g_autofree char *target = NULL;
  g_autofree char *method = NULL;
  const GOptionEntry entries[] = {
    { "suggest", 0, 0, G_OPTION_ARG_NONE, &suggest, "Rank layers for PICTURE, by figures", NULL },
    { "class", 0, 0, G_OPTION_ARG_STRING, &target, "With --suggest: class number or label (default: the top class)", "CLASS" },
    { "method", 0, 0, G_OPTION_ARG_STRING, &method, "With --suggest: method of the maps (default: gradcam)", "METHOD" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_layers, entries, &common, 1, 2, &argc, &argv))
    return CLI_BAD_USAGE;
  g_autoptr (WhyModel) model = why_model_load (argv[1], common.recipe, &error);
  if (model == NULL)
    return cli_fail (CLI_BAD_INPUT, error);
  if (suggest)
    return suggest_layers (model, argc > 2 ? argv[2] : NULL, target, method != NULL ? method : "gradcam", json, &common);
  if (json)
    print_json (model);
  else
    print_table (model);
  /* An empty table wants a reason. */
  if (why_model_get_limitation (model) != NULL)
    g_printerr ("whylight-cli: %s: %s\n", why_model_get_path (model), why_model_get_limitation (model));
  return CLI_OK;
}

const CliCommand cli_layers = { "layers", "MODEL [PICTURE]", "List the tensors that can be explained", run };
