#include "config.h"

#include "cli.h"

#include "json.h"

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

static int
run (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliCommon) common = { 0 };
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_layers, entries, &common, 1, 1, &argc, &argv))
    return CLI_BAD_USAGE;
  g_autoptr (WhyModel) model = why_model_load (argv[1], common.recipe, &error);
  if (model == NULL)
    return cli_fail (CLI_BAD_INPUT, error);
  if (json)
    print_json (model);
  else
    print_table (model);
  /* An empty table wants a reason. */
  if (why_model_get_limitation (model) != NULL)
    g_printerr ("whylight-cli: %s: %s\n", why_model_get_path (model), why_model_get_limitation (model));
  return CLI_OK;
}

const CliCommand cli_layers = { "layers", "MODEL", "List the tensors that can be explained", run };
