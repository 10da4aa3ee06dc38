#include "config.h"

#include "document-compare.h"
#include "document-private.h"
#include "layer-maps.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Maps of all layers for the present question: for thumbnails, and so that another layer is shown at
 * once. They are computed behind everything else, and only while somebody wants them. */

/* Not while the question still changes (a rectangle is dragged). */
#define SETTLE_MS 80

/* @round: of questions: maps of an earlier one are shown until there are new ones. */
typedef struct
{
  WhyMap *map;
  guint round;
} LayerMap;

static void
layer_map_free (gpointer data)
{
  LayerMap *entry = data;

  why_map_unref (entry->map);
  g_free (entry);
}

/* Whether two questions differ in their layer at most. */
static gboolean
asks_same_elsewhere (const WhyDocumentState *a, const WhyDocumentState *b)
{
  WhyDocumentState moved = *a;

  moved.layer = b->layer;
  return why_document_state_asks_same (&moved, b);
}

static gboolean
is_answered (WhyDocument *self)
{
  return self->layers.has_question && asks_same_elsewhere (&self->state, &self->layers.question);
}

/* ---- life ---- */

void
why_document_layers_init (WhyDocument *self)
{
  self->layers.maps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, layer_map_free);
  self->layers.reasons = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
forget_question (WhyDocument *self)
{
  if (self->layers.has_question)
    why_document_state_clear (&self->layers.question);
  self->layers.has_question = FALSE;
  self->layers.complete = FALSE;
  self->layers.round++;
  g_clear_pointer (&self->layers.advice, g_ptr_array_unref);
}

void
why_document_layers_stop (WhyDocument *self)
{
  g_clear_handle_id (&self->layers.settle_id, g_source_remove);
  if (self->layers.running)
    why_runner_cancel (self->runner, self->layers.view);
  self->layers.running = FALSE;
}

void
why_document_layers_forget (WhyDocument *self)
{
  why_document_layers_stop (self);
  forget_question (self);
  g_hash_table_remove_all (self->layers.maps);
  g_hash_table_remove_all (self->layers.reasons);
  why_document_emit_layer_maps_changed (self);
}

void
why_document_layers_finalize (WhyDocument *self)
{
  forget_question (self);
  g_clear_pointer (&self->layers.maps, g_hash_table_unref);
  g_clear_pointer (&self->layers.reasons, g_hash_table_unref);
}

/* ---- computing ---- */

static void schedule (WhyDocument *self);

static void
keep (WhyDocument *self, const char *layer, WhyMap *map)
{
  LayerMap *entry = g_new0 (LayerMap, 1);

  *entry = (LayerMap) { .map = why_map_ref (map), .round = self->layers.round };
  g_hash_table_insert (self->layers.maps, g_strdup (layer), entry);
}

static gboolean
is_old (gpointer name, gpointer entry, gpointer data)
{
  return ((LayerMap *) entry)->round != *(guint *) data;
}

static void
on_maps (WhyResult *result, gpointer data)
{
  WhyDocument *self = data;
  char *const *names = result->request->layers;

  self->layers.running = FALSE;
  self->layers.complete = TRUE;
  g_hash_table_remove_all (self->layers.reasons);
  g_hash_table_foreach_remove (self->layers.maps, is_old, &self->layers.round);
  for (gsize index = 0; names[index] != NULL; index++)
    {
      const char *reason = result->error != NULL ? result->error->message : result->reasons[index];
      if (reason != NULL)
        g_hash_table_insert (self->layers.reasons, g_strdup (names[index]), g_strdup (reason));
      if (result->error == NULL && result->maps[index] != NULL)
        keep (self, names[index], result->maps[index]);
    }
  if (result->advice != NULL)
    {
      g_clear_pointer (&self->layers.advice, g_ptr_array_unref);
      self->layers.advice = g_ptr_array_ref (result->advice);
    }
  if (self->layers.wants_advice && result->request->preset_layer == NULL &&
      why_model_get_default_layer (self->model) != NULL)
    {
      self->layers.complete = FALSE;
      schedule (self);
    }
  why_document_update_busy (self);
  why_document_emit_layer_maps_changed (self);
}

static gboolean
method_is_at_layer (WhyDocument *self)
{
  const WhyExplainerClass *method = why_explainer_lookup (self->state.method, NULL);

  return method != NULL && (method->needs & WHY_NEEDS_LAYER) != 0;
}

static gboolean
settled_cb (gpointer data)
{
  WhyDocument *self = data;
  const guint n_layers = why_model_get_n_layers (self->model);
  g_autofree const WhyLayer **layers = g_new0 (const WhyLayer *, n_layers + 1);
  g_autoptr (WhyRequest) request = why_document_make_own_request (self, NULL);

  self->layers.settle_id = 0;
  for (guint index = 0; index < n_layers; index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (why_model_get_layers (self->model), index);
      layers[index] = why_layer_item_get_layer (item);
    }
  if (request == NULL)
    return G_SOURCE_REMOVE;
  why_request_set_layers (request, layers, n_layers);
  if (self->layers.wants_advice && why_model_get_default_layer (self->model) != NULL)
    why_request_set_advice (request, why_model_get_default_layer (self->model));
  why_runner_submit_background (self->runner, self->layers.view, request, on_maps, self);
  self->layers.running = TRUE;
  why_document_emit_layer_maps_changed (self);
  return G_SOURCE_REMOVE;
}

/* Once there is an answer: the maps come behind it. */
static void
schedule (WhyDocument *self)
{
  if (self->layers.n_holds == 0 || self->layers.complete || self->layers.running || self->running ||
      self->layers.settle_id != 0 || self->result == NULL || self->result->request->predict_only ||
      !is_answered (self) || !method_is_at_layer (self))
    return;
  self->layers.settle_id = g_timeout_add (SETTLE_MS, settled_cb, self);
}

void
why_document_layers_question_changed (WhyDocument *self)
{
  if (is_answered (self))
    return;
  why_document_layers_stop (self);
  if (!self->layers.has_question)
    return;
  forget_question (self);
  why_document_emit_layer_maps_changed (self);
}

void
why_document_layers_take_answer (WhyDocument *self)
{
  WhyMap *map = self->result->map;

  if (!self->layers.has_question)
    {
      why_document_state_copy (&self->state, &self->layers.question);
      self->layers.has_question = TRUE;
    }
  /* One that is not small is there only as long as it is shown. */
  if (map != NULL && map->layer != NULL)
    {
      const LayerMap *entry = g_hash_table_lookup (self->layers.maps, map->layer);
      const gboolean is_new = entry == NULL || entry->map != map;
      if (is_new && why_tensor_count (map->values) <= WHY_LAYER_CELLS_MAX / 4)
        keep (self, map->layer, map);
      if (is_new)
        why_document_emit_layer_maps_changed (self);
    }
  schedule (self);
}

gboolean
why_document_layers_show_ready (WhyDocument *self)
{
  const char *layer = self->state.layer != NULL ? self->state.layer : why_model_get_default_layer (self->model);
  const LayerMap *entry = layer != NULL ? g_hash_table_lookup (self->layers.maps, layer) : NULL;

  if (entry == NULL || entry->round != self->layers.round || self->result == NULL || !is_answered (self))
    return FALSE;
  g_autoptr (WhyRequest) request = why_document_make_own_request (self, NULL);
  g_autoptr (WhyResult) result = request != NULL ? why_result_with_map (self->result, request, entry->map) : NULL;
  if (result == NULL)
    return FALSE;
  if (self->running)
    why_runner_cancel (self->runner, self->view);
  why_document_stop_preview (self);
  why_document_compare_pause (self);
  why_document_take_result (self, result);
  return TRUE;
}

/* ---- for those who show them ---- */

void
why_document_hold_layer_maps (WhyDocument *self)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  self->layers.n_holds++;
  schedule (self);
}

void
why_document_release_layer_maps (WhyDocument *self)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && self->layers.n_holds > 0);
  self->layers.n_holds--;
  if (self->layers.n_holds == 0)
    why_document_layers_stop (self);
}

void
why_document_set_wants_layer_advice (WhyDocument *self, gboolean wants)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (self->layers.wants_advice == !!wants)
    return;
  self->layers.wants_advice = !!wants;
  if (wants && self->layers.advice == NULL && !self->layers.running)
    {
      self->layers.complete = FALSE;
      schedule (self);
    }
  why_document_emit_layer_maps_changed (self);
}

gboolean
why_document_get_wants_layer_advice (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->layers.wants_advice;
}

const GPtrArray *
why_document_get_layer_advice (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->layers.wants_advice ? self->layers.advice : NULL;
}

WhyLayerMapsState
why_document_get_layer_maps_state (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), WHY_LAYER_MAPS_NONE);

  if (self->layers.complete)
    return WHY_LAYER_MAPS_COMPLETE;
  return self->layers.running || self->layers.settle_id != 0 ? WHY_LAYER_MAPS_COMPUTING : WHY_LAYER_MAPS_NONE;
}

WhyMap *
why_document_get_layer_map (WhyDocument *self, const char *layer, gboolean *is_current)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self) && layer != NULL, NULL);
  const LayerMap *entry = g_hash_table_lookup (self->layers.maps, layer);

  if (entry == NULL && self->result != NULL && self->result->map != NULL &&
      g_strcmp0 (self->result->map->layer, layer) == 0)
    {
      if (is_current != NULL)
        *is_current = is_answered (self);
      return self->result->map;
    }
  if (is_current != NULL)
    *is_current = entry != NULL && entry->round == self->layers.round;
  return entry != NULL ? entry->map : NULL;
}

const char *
why_document_get_layer_reason (WhyDocument *self, const char *layer)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self) && layer != NULL, NULL);
  return g_hash_table_lookup (self->layers.reasons, layer);
}

const char *
why_document_get_layer_maps_note (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), "");
  const WhyExplainerClass *method = why_explainer_lookup (self->state.method, NULL);

  if (method == NULL || self->model == NULL)
    return "";
  if ((method->needs & WHY_NEEDS_LAYER) == 0)
    return _ ("This method looks at the picture itself, not at a layer.");
  if (!why_explainer_shares_runs (method, self->state.method_options))
    return _ ("This method takes runs of its own for each layer: choose one to see its map.");
  return "";
}

gboolean
why_document_get_layer_cell (WhyDocument *self, WhyLayerItem *item, double *width, double *height, double *um_width,
                             double *um_height)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self) && WHY_IS_LAYER_ITEM (item), FALSE);
  const WhyLayer *layer = why_layer_item_get_layer (item);

  if (self->result == NULL || self->picture == NULL || layer->n_spatial < 2)
    return FALSE;
  const WhyAffine to_source = why_affine_compose (&layer->to_input, &self->result->input_to_source);
  *width = ABS (to_source.xx);
  *height = ABS (to_source.yy);
  *um_width = 0;
  *um_height = 0;
  const double um = why_document_get_um_per_pixel (self);
  /* Columns and rows of a volume. */
  if (self->picture->is_volume && self->picture->spacing[2] > 0 && self->picture->spacing[1] > 0)
    {
      *um_width = *width * self->picture->spacing[2];
      *um_height = *height * self->picture->spacing[1];
    }
  else if (!self->picture->is_volume && um > 0)
    {
      *um_width = *width * um;
      *um_height = *height * um;
    }
  return TRUE;
}
