#include "config.h"

#include "service/model.h"

#include "base/error.h"
#include "engine/session.h"
#include "explain/explain.h"
#include "graph/graph.h"
#include "graph/op.h"
#include "input-size.h"
#include "model-private.h"
#include "worker.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

/* ---- layers ---- */

struct _WhyLayerItem
{
  GObject parent_instance;

  WhyLayer *layer;
  char *shape;
  char *grid;
  char *stride;
  char *receptive_field;
  char *reason; /* nullable */
  gboolean is_default;
};

G_DEFINE_FINAL_TYPE (WhyLayerItem, why_layer_item, G_TYPE_OBJECT)

enum
{
  LAYER_PROP_0,
  LAYER_PROP_NAME,
  LAYER_PROP_OP,
  LAYER_PROP_SHAPE,
  LAYER_PROP_STRIDE,
  LAYER_PROP_RECEPTIVE_FIELD,
  LAYER_PROP_N_CHANNELS,
  LAYER_PROP_IS_DEFAULT,
  LAYER_N_PROPS,
};

static GParamSpec *layer_props[LAYER_N_PROPS];

static void
why_layer_item_finalize (GObject *object)
{
  WhyLayerItem *self = WHY_LAYER_ITEM (object);

  g_clear_pointer (&self->layer, why_layer_free);
  g_clear_pointer (&self->shape, g_free);
  g_clear_pointer (&self->grid, g_free);
  g_clear_pointer (&self->stride, g_free);
  g_clear_pointer (&self->receptive_field, g_free);
  g_clear_pointer (&self->reason, g_free);
  G_OBJECT_CLASS (why_layer_item_parent_class)->finalize (object);
}

static void
why_layer_item_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  WhyLayerItem *self = WHY_LAYER_ITEM (object);

  switch (prop_id)
    {
    case LAYER_PROP_NAME:
      g_value_set_string (value, self->layer->name);
      break;
    case LAYER_PROP_OP:
      g_value_set_string (value, self->layer->op);
      break;
    case LAYER_PROP_SHAPE:
      g_value_set_string (value, self->shape);
      break;
    case LAYER_PROP_STRIDE:
      g_value_set_string (value, self->stride);
      break;
    case LAYER_PROP_RECEPTIVE_FIELD:
      g_value_set_string (value, self->receptive_field);
      break;
    case LAYER_PROP_N_CHANNELS:
      g_value_set_int64 (value, why_layer_item_get_n_channels (self));
      break;
    case LAYER_PROP_IS_DEFAULT:
      g_value_set_boolean (value, self->is_default);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
why_layer_item_class_init (WhyLayerItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = why_layer_item_finalize;
  object_class->get_property = why_layer_item_get_property;
  layer_props[LAYER_PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  layer_props[LAYER_PROP_OP] = g_param_spec_string ("op", NULL, NULL, NULL, flags);
  layer_props[LAYER_PROP_SHAPE] = g_param_spec_string ("shape", NULL, NULL, NULL, flags);
  layer_props[LAYER_PROP_STRIDE] = g_param_spec_string ("stride", NULL, NULL, NULL, flags);
  layer_props[LAYER_PROP_RECEPTIVE_FIELD] = g_param_spec_string ("receptive-field", NULL, NULL, NULL, flags);
  layer_props[LAYER_PROP_N_CHANNELS] = g_param_spec_int64 ("n-channels", NULL, NULL, 0, G_MAXINT64, 0, flags);
  layer_props[LAYER_PROP_IS_DEFAULT] = g_param_spec_boolean ("is-default", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, LAYER_N_PROPS, layer_props);
}

static void
why_layer_item_init (WhyLayerItem *self)
{
}

/* "16", or "16x8" where the directions differ; "" where a number is not known. */
static char *
format_extent (const double *numbers, int n)
{
  gboolean same = TRUE;

  for (int axis = 0; axis < n; axis++)
    {
      if (!(numbers[axis] > 0))
        return g_strdup ("");
      same = same && numbers[axis] == numbers[0];
    }
  if (same && n > 0)
    return g_strdup_printf ("%.4g", numbers[0]);

  g_autoptr (GString) text = g_string_new (NULL);
  for (int axis = 0; axis < n; axis++)
    g_string_append_printf (text, "%s%.4g", axis > 0 ? "x" : "", numbers[axis]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static WhyLayerItem *
layer_item_new (WhyLayer *layer)
{
  WhyLayerItem *self = g_object_new (WHY_TYPE_LAYER_ITEM, NULL);

  self->layer = layer;
  self->shape = why_dims_to_string (layer->rank, layer->dims);
  self->grid = why_dims_to_string (layer->n_spatial, layer->grid);
  self->stride = format_extent (layer->stride, layer->n_spatial);
  self->receptive_field = format_extent (layer->receptive_field, layer->n_spatial);
  return self;
}

WhyLayerItem *
why_layer_item_new_without_map (const char *name, const char *op, const char *shape, const char *reason)
{
  WhyLayer *layer = g_new0 (WhyLayer, 1);

  layer->name = g_strdup (name);
  layer->op = g_strdup (op);
  WhyLayerItem *self = layer_item_new (layer);
  g_free (self->shape);
  self->shape = g_strdup (shape);
  self->reason = g_strdup (reason);
  return self;
}

const WhyLayer *
why_layer_item_get_layer (WhyLayerItem *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_ITEM (self), NULL);
  return self->layer;
}

const char *
why_layer_item_get_name (WhyLayerItem *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_ITEM (self), NULL);
  return self->layer->name;
}

const char *
why_layer_item_get_op (WhyLayerItem *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_ITEM (self), NULL);
  return self->layer->op;
}

const char *
why_layer_item_get_shape (WhyLayerItem *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_ITEM (self), NULL);
  return self->shape;
}

const char *
why_layer_item_get_grid (WhyLayerItem *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_ITEM (self), NULL);
  return self->grid;
}

gboolean
why_layer_item_get_is_tokens (WhyLayerItem *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_ITEM (self), FALSE);
  return self->layer->tokens;
}

const char *
why_layer_item_get_stride (WhyLayerItem *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_ITEM (self), NULL);
  return self->stride;
}

const char *
why_layer_item_get_receptive_field (WhyLayerItem *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_ITEM (self), NULL);
  return self->receptive_field;
}

gint64
why_layer_item_get_n_channels (WhyLayerItem *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_ITEM (self), 0);
  return self->layer->channels;
}

gboolean
why_layer_item_get_is_default (WhyLayerItem *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_ITEM (self), FALSE);
  return self->is_default;
}

const char *
why_layer_item_get_reason (WhyLayerItem *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_ITEM (self), NULL);
  return self->reason;
}

/* ---- the model ---- */

G_DEFINE_FINAL_TYPE (WhyModel, why_model, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_PATH,
  PROP_TITLE,
  PROP_SUMMARY,
  PROP_RECIPE_TEXT,
  PROP_ASSUMED_TEXT,
  PROP_N_CLASSES,
  PROP_LAYERS,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void
why_model_finalize (GObject *object)
{
  WhyModel *self = WHY_MODEL (object);

  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->recipe_path, g_free);
  g_clear_pointer (&self->title, g_free);
  g_clear_pointer (&self->summary, g_free);
  g_clear_pointer (&self->producer, g_free);
  g_clear_pointer (&self->recipe_text, g_free);
  g_clear_pointer (&self->assumed_text, g_free);
  g_clear_pointer (&self->limitation, g_free);
  g_clear_pointer (&self->default_layer, g_free);
  g_clear_pointer (&self->method_limits, g_ptr_array_unref);
  g_clear_pointer (&self->labels, g_strfreev);
  g_clear_object (&self->layers);
  g_clear_pointer (&self->recipe, why_recipe_unref);
  g_clear_pointer (&self->onnx, why_onnx_model_unref);
  G_OBJECT_CLASS (why_model_parent_class)->finalize (object);
}

static void
why_model_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  WhyModel *self = WHY_MODEL (object);

  switch (prop_id)
    {
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;
    case PROP_SUMMARY:
      g_value_set_string (value, self->summary);
      break;
    case PROP_RECIPE_TEXT:
      g_value_set_string (value, self->recipe_text);
      break;
    case PROP_ASSUMED_TEXT:
      g_value_set_string (value, self->assumed_text);
      break;
    case PROP_N_CLASSES:
      g_value_set_int (value, self->n_classes);
      break;
    case PROP_LAYERS:
      g_value_set_object (value, self->layers);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
why_model_class_init (WhyModelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = why_model_finalize;
  object_class->get_property = why_model_get_property;
  props[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, NULL, flags);
  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  props[PROP_SUMMARY] = g_param_spec_string ("summary", NULL, NULL, NULL, flags);
  props[PROP_RECIPE_TEXT] = g_param_spec_string ("recipe-text", NULL, NULL, NULL, flags);
  props[PROP_ASSUMED_TEXT] = g_param_spec_string ("assumed-text", NULL, NULL, NULL, flags);
  props[PROP_N_CLASSES] = g_param_spec_int ("n-classes", NULL, NULL, 0, G_MAXINT, 0, flags);
  props[PROP_LAYERS] = g_param_spec_object ("layers", NULL, NULL, G_TYPE_LIST_MODEL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
why_model_init (WhyModel *self)
{
  self->layers = g_list_store_new (WHY_TYPE_LAYER_ITEM);
}

/* ---- loading ---- */

static char *
make_title (const char *path)
{
  g_autofree char *base = g_filename_display_basename (path);

  if (g_str_has_suffix (base, ".onnx") && strlen (base) > strlen (".onnx"))
    base[strlen (base) - strlen (".onnx")] = '\0';
  return why_model_clean_text (base);
}

static WhyRecipe *
find_recipe (const WhyOnnxModel *onnx, const char *path, const char *recipe_path, GError **error)
{
  if (recipe_path != NULL)
    return why_recipe_load (recipe_path, error);

  g_autoptr (GHashTable) metadata = g_hash_table_new (g_str_hash, g_str_equal);
  for (gsize entry = 0; entry < onnx->n_metadata; entry++)
    g_hash_table_insert (metadata, onnx->metadata[entry].key, onnx->metadata[entry].value);
  const WhyOnnxValueInfo *input = onnx->graph->n_inputs > 0 ? &onnx->graph->inputs[0] : NULL;
  const WhyRecipeHints hints = {
    .model_path = path,
    .producer = onnx->producer_name,
    .metadata = metadata,
    .rank = input != NULL ? input->rank : -1,
    .dims = input != NULL ? input->dims : NULL,
  };
  return why_recipe_find (&hints, error);
}

static void
count_parameters (WhyModel *self)
{
  const WhyOnnxGraph *graph = self->onnx->graph;

  for (gsize init = 0; init < graph->n_initializers; init++)
    {
      if (graph->initializers[init].tensor != NULL)
        self->n_parameters += why_tensor_count (graph->initializers[init].tensor);
    }
  for (gsize node = 0; node < graph->n_nodes; node++)
    {
      const WhyOnnxAttr *value = why_onnx_node_attr (&graph->nodes[node], "value");
      if (value != NULL && value->type == WHY_ONNX_ATTR_TENSOR && value->t != NULL)
        self->n_parameters += why_tensor_count (value->t);
    }
  self->n_nodes = (guint) MIN (graph->n_nodes, G_MAXUINT);
}

/* What runs in whole numbers elsewhere, and has no gradient there. */
static gboolean
is_quantised (const WhyOnnxGraph *graph)
{
  static const char *const types[] = { "QuantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul",
                                       "ConvInteger",    "MatMulInteger",         NULL };

  for (gsize node = 0; node < graph->n_nodes; node++)
    {
      if (g_strv_contains (types, graph->nodes[node].op_type))
        return TRUE;
    }
  return FALSE;
}

static void
describe (WhyModel *self)
{
  g_autofree char *version = why_model_clean_text (self->onnx->producer_version);
  g_autofree char *name = why_model_clean_text (self->onnx->producer_name);
  g_autofree char *parameters = NULL;

  self->producer = g_strstrip (g_strdup_printf ("%s %s", name, version));
  self->opset = why_onnx_model_opset (self->onnx, "");
  if (self->n_parameters >= 1000000)
    parameters = g_strdup_printf ("%.1f M", self->n_parameters / 1e6);
  else if (self->n_parameters >= 1000)
    parameters = g_strdup_printf ("%.1f k", self->n_parameters / 1e3);
  else
    parameters = g_strdup_printf ("%" G_GUINT64_FORMAT, self->n_parameters);
  GString *summary = g_string_new (NULL);
  g_string_printf (summary, _ ("%s%sopset %" PRId64 ", %u nodes, %s parameters"), self->producer,
                   *self->producer != '\0' ? ", " : "", self->opset, self->n_nodes, parameters);
  if (self->opset > WHY_OPSET_NEWEST)
    /* Translators: the operators of a model in a newer operator set */
    g_string_append_printf (summary, _ (", read as opset %d"), WHY_OPSET_NEWEST);
  if (is_quantised (self->onnx->graph))
    g_string_append (summary, _ (", quantised: computed in float32, gradients pass the rounding unchanged"));
  self->summary = g_string_free (summary, FALSE);
}

static char *
format_numbers (const double *numbers, int n)
{
  GString *text = g_string_new (NULL);

  for (int channel = 0; channel < n; channel++)
    g_string_append_printf (text, "%s%.4g", channel > 0 ? " " : "", numbers[channel]);
  return g_string_free (text, FALSE);
}

static void
describe_recipe (WhyModel *self)
{
  const WhyRecipe *recipe = self->recipe;
  const int n_channels = why_recipe_get_n_channels (recipe);
  static const char *const channels[] = { "RGB", "BGR", N_ ("grey") };
  g_autofree char *mean = format_numbers (recipe->mean, n_channels);
  g_autofree char *std = format_numbers (recipe->std, n_channels);
  g_autofree char *size = recipe->width > 0
                            ? g_strdup_printf ("%" G_GINT64_FORMAT "x%" G_GINT64_FORMAT, recipe->width, recipe->height)
                            : g_strdup (_ ("any size"));
  GString *text = g_string_new (size);

  switch (recipe->resize)
    {
    case WHY_RECIPE_RESIZE_STRETCH:
      g_string_append (text, _ (", stretched"));
      break;
    case WHY_RECIPE_RESIZE_SHORTEST_SIDE:
      g_string_append_printf (text, _ (", shorter side to %" PRId64), recipe->shortest);
      if (recipe->crop == WHY_RECIPE_CROP_CENTER)
        g_string_append (text, _ (", centre cut out"));
      break;
    case WHY_RECIPE_RESIZE_FIT:
      g_string_append (text, _ (", fitted with a border"));
      break;
    default:
      break;
    }
  g_string_append_printf (text, ", %s, %s", why_filter_to_string (recipe->filter), _ (channels[recipe->channels]));
  g_string_append_printf (text, _ (", divided by %.4g, mean %s, deviation %s"), recipe->scale, mean, std);
  self->recipe_text = g_string_free (text, FALSE);
}

static gboolean
find_layers (WhyModel *self, WhyGraph *graph, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  WhyTarget target = { 0 };

  if (!why_target_find (graph, NULL, self->recipe->task == WHY_RECIPE_TASK_MULTI_LABEL, &target, &local_error))
    {
      self->limitation = g_strdup_printf (_ ("This model can be run but not explained: %s"), local_error->message);
      return TRUE;
    }
  if (target.n_classes > G_MAXINT)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "%s: %" G_GINT64_FORMAT " classes are too many", self->path,
                   target.n_classes);
      return FALSE;
    }
  self->n_classes = (int) target.n_classes;
  self->multi_label = target.kind == WHY_OUTPUT_SIGMOID;
  self->dense = target.dense;
  if (target.has_activation)
    self->ends_in = target.kind == WHY_OUTPUT_SIGMOID ? "Sigmoid" : "Softmax";

  g_autoptr (GPtrArray) layers = why_layers_list (graph, target.logits);
  const WhyValue *preset = why_layers_preset (graph, target.logits);
  const char *preset_name = self->recipe->layer != NULL ? self->recipe->layer : preset != NULL ? preset->name : NULL;
  g_autofree char *name = g_strdup (preset_name);
  const guint n_layers = layers != NULL ? layers->len : 0;

  if (n_layers == 0)
    self->limitation = g_strdup (_ ("This model has no tensor with spatial extent that its answer depends on, "
                                    "so there is nothing to draw a map of."));
  while (layers != NULL && layers->len > 0)
    {
      g_autoptr (WhyLayerItem) item = layer_item_new (g_ptr_array_steal_index (layers, 0));
      item->is_default = g_strcmp0 (item->layer->name, name) == 0;
      if (item->is_default)
        self->default_layer = g_strdup (name);
      g_list_store_append (self->layers, item);
    }
  if (self->recipe->layer != NULL && n_layers > 0 && self->default_layer == NULL)
    {
      g_autoptr (GError) missing = NULL;
      (void) why_model_find_layer (self, self->recipe->layer, &missing);
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: the recipe's layer: %s", self->path, missing->message);
      return FALSE;
    }
  const WhyExplainRequest any = { .layer = self->default_layer, .multi_label = self->multi_label };
  self->method_limits = why_explainer_check_all (&any, graph);
  return TRUE;
}

static gboolean
understand (WhyModel *self, const char *recipe_path, const WhyShape *prepared, GError **error)
{
  g_autofree WhyShape *shapes = g_new0 (WhyShape, self->onnx->graph->n_inputs + 1);

  if (!why_graph_check_operators (self->onnx, error))
    return FALSE;
  self->recipe = find_recipe (self->onnx, self->path, recipe_path, error);
  if (self->recipe == NULL)
    return FALSE;
  g_autoptr (WhyGraph) graph = why_input_graph (self->onnx, self->recipe, prepared, shapes, error);
  self->input = shapes[0];
  if (graph == NULL || !find_layers (self, graph, error))
    return FALSE;
  if (self->onnx->graph->n_inputs != 1 && self->limitation == NULL)
    self->limitation = g_strdup_printf (_ ("This model has %u inputs; a picture can be put into one only."),
                                        (guint) self->onnx->graph->n_inputs);

  count_parameters (self);
  describe (self);
  describe_recipe (self);
  why_model_make_labels (self);
  return TRUE;
}

WhyModel *
why_model_load (const char *path, const char *recipe_path, GError **error)
{
  return why_model_load_for (path, recipe_path, NULL, error);
}

WhyModel *
why_model_load_for (const char *path, const char *recipe_path, const WhyTensor *prepared, GError **error)
{
  WhyShape shape = { 0 };

  g_return_val_if_fail (path != NULL, NULL);
  if (prepared != NULL)
    {
      shape.rank = prepared->rank;
      memcpy (shape.dims, prepared->dims, sizeof shape.dims);
    }

  g_autoptr (WhyModel) self = g_object_new (WHY_TYPE_MODEL, NULL);
  self->path = g_strdup (path);
  self->recipe_path = g_strdup (recipe_path);
  self->title = make_title (path);
  self->onnx = why_onnx_model_load (path, error);
  if (self->onnx == NULL)
    return NULL;

  GError *local_error = NULL;
  if (!understand (self, recipe_path, prepared != NULL ? &shape : NULL, &local_error))
    {
      /* Who finds a contradiction in the graph does not always know the file. */
      if (strstr (local_error->message, path) == NULL && (recipe_path == NULL || strstr (local_error->message, recipe_path) == NULL))
        g_prefix_error (&local_error, "%s: ", path);
      g_propagate_error (error, local_error);
      return NULL;
    }
  return g_steal_pointer (&self);
}

/* A thread of its own, joined when the model is there: a load waits for nothing else. */
typedef struct
{
  WhyWorker *worker;
  GTask *task;
} Load;

static gpointer
run_load (gpointer path, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  return why_model_load (path, NULL, error);
}

static const WhyWorkerClass load_class = {
  .run = run_load,
  .free_job = g_free,
  .free_result = g_object_unref,
};

static void
on_loaded (gpointer job, gpointer result, const GError *error, gpointer data)
{
  Load *load = data;

  if (!g_task_return_error_if_cancelled (load->task))
    {
      if (result != NULL)
        g_task_return_pointer (load->task, g_object_ref (result), g_object_unref);
      else
        g_task_return_error (load->task, g_error_copy (error));
    }
  g_object_unref (load->task);
  why_worker_unref (load->worker);
  g_free (load);
}

void
why_model_load_async (const char *path, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  Load *load = g_new0 (Load, 1);

  load->task = g_task_new (NULL, cancellable, callback, data);
  g_task_set_source_tag (load->task, why_model_load_async);
  load->worker = why_worker_new ("why-load-model", 0);
  why_worker_submit (load->worker, 1, &load_class, g_strdup (path), on_loaded, NULL, load);
}

WhyModel *
why_model_load_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- getters ---- */

const char *
why_model_get_path (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return self->path;
}

const char *
why_model_get_recipe_path (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return self->recipe_path;
}

const char *
why_model_get_title (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return self->title;
}

WhyOnnxModel *
why_model_get_onnx (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return self->onnx;
}

WhyRecipe *
why_model_get_recipe (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return self->recipe;
}

const char *
why_model_get_recipe_text (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return self->recipe_text;
}

const char *
why_model_get_assumed_text (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return self->assumed_text;
}

const char *
why_model_get_summary (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return self->summary;
}

const char *
why_model_get_producer (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return self->producer;
}

gint64
why_model_get_opset (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), 0);
  return self->opset;
}

guint
why_model_get_n_nodes (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), 0);
  return self->n_nodes;
}

guint64
why_model_get_n_parameters (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), 0);
  return self->n_parameters;
}

int
why_model_get_n_classes (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), 0);
  return self->n_classes;
}

gboolean
why_model_is_multi_label (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), FALSE);
  return self->multi_label;
}

const char *
why_model_ends_in (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return self->ends_in;
}

gboolean
why_model_is_dense (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), FALSE);
  return self->dense;
}

const char *
why_model_get_limitation (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return self->limitation;
}

gboolean
why_model_fit_picture (WhyModel *self, WhyPicture *picture, GError **error)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), FALSE);
  const WhyOnnxGraph *graph = self->onnx->graph;
  const int rank = graph->n_inputs > 0 ? graph->inputs[0].rank : -1;
  const gboolean takes_volumes = rank == 5 || (rank != 4 && picture->is_volume);

  return why_picture_fit (picture, takes_volumes, self->recipe, error) &&
         why_model_check_picture (self, picture->is_volume, error);
}

gboolean
why_model_check_picture (WhyModel *self, gboolean is_volume, GError **error)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), FALSE);
  const WhyOnnxGraph *graph = self->onnx->graph;
  const int rank = graph->n_inputs > 0 ? graph->inputs[0].rank : -1;

  if (rank < 0 || rank == (is_volume ? 5 : 4))
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               is_volume ? _ ("%s: input '%s' of this model has %d dimensions: it takes pictures; a volume needs 5 (one, "
                              "channels, slices, rows, columns)")
               : rank == 5 ? _ ("%s: input '%s' of this model has %d dimensions: it takes volumes, not pictures")
                         : _ ("%s: input '%s' of this model has %d dimensions: a picture has 4 (one, channels, rows, columns)"),
               self->path, graph->inputs[0].name, rank);
  return FALSE;
}

const char *
why_model_get_class_label (WhyModel *self, int index)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), "");
  g_return_val_if_fail (index >= 0 && index < self->n_classes, "");
  return self->labels[index];
}

/* "tabby, tabby cat" answers to the whole and to each of its names. */
static gboolean
label_answers_to (const char *label, const char *text)
{
  if (g_ascii_strcasecmp (label, text) == 0)
    return TRUE;

  g_auto (GStrv) names = g_strsplit (label, ",", -1);
  for (char **name = names; *name != NULL; name++)
    {
      if (g_ascii_strcasecmp (g_strstrip (*name), text) == 0)
        return TRUE;
    }
  return FALSE;
}

int
why_model_find_class (WhyModel *self, const char *text, GError **error)
{
  gint64 number;

  g_return_val_if_fail (WHY_IS_MODEL (self), -1);
  if (self->n_classes == 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "%s: the model has no classes", self->path);
      return -1;
    }
  if (g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &number, NULL))
    {
      if (number >= 0 && number < self->n_classes)
        return (int) number;
      g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "%s: there is no class %s; the model has classes 0 to %d", self->path,
                   text, self->n_classes - 1);
      return -1;
    }
  for (int label = 0; label < self->n_classes; label++)
    {
      if (label_answers_to (self->labels[label], text))
        return label;
    }
  g_autofree char *nearest = why_error_nearest (text, (const char *const *) self->labels, (gsize) self->n_classes);
  g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "%s: there is no class '%s'%s", self->path, text, nearest);
  return -1;
}

GListModel *
why_model_get_layers (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return G_LIST_MODEL (self->layers);
}

guint
why_model_get_n_layers (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), 0);
  return g_list_model_get_n_items (G_LIST_MODEL (self->layers));
}

WhyLayerItem *
why_model_find_layer (WhyModel *self, const char *name, GError **error)
{
  const char *wanted = name;

  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  const guint n_layers = why_model_get_n_layers (self);
  g_autofree const char **names = g_new0 (const char *, n_layers + 1);

  if (wanted == NULL)
    wanted = self->default_layer;
  for (guint index = 0; index < n_layers; index++)
    {
      /* The store's reference keeps the item. */
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (G_LIST_MODEL (self->layers), index);
      if (wanted != NULL && strcmp (item->layer->name, wanted) == 0)
        return item;
      names[index] = item->layer->name;
    }
  if (n_layers == 0)
    g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "%s: the model has no tensor that can be explained", self->path);
  else
    {
      g_autofree char *nearest = why_error_nearest (wanted != NULL ? wanted : "", names, n_layers);
      g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "%s: there is no tensor '%s' that can be explained%s", self->path,
                   wanted != NULL ? wanted : "", nearest);
    }
  return NULL;
}

const char *
why_model_get_method_limitation (WhyModel *self, const char *method)
{
  gsize n;
  const WhyExplainerClass *const *methods = why_explainer_list (&n);

  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  for (gsize index = 0; self->method_limits != NULL && index < n; index++)
    {
      if (strcmp (methods[index]->id, method) == 0)
        return g_ptr_array_index (self->method_limits, index);
    }
  return NULL;
}

const char *
why_model_get_default_layer (WhyModel *self)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  return self->default_layer;
}

const gint64 *
why_model_get_input_shape (WhyModel *self, int *rank)
{
  g_return_val_if_fail (WHY_IS_MODEL (self), NULL);
  *rank = self->input.rank;
  return self->input.dims;
}
