#include "config.h"

#include "document-compare.h"
#include "document-private.h"

#include "base/error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Asking the runner, and taking its answers. */

/* ---- lists ---- */

static int
resolved_class (WhyDocument *self)
{
  if (self->state.target_class >= 0)
    return self->state.target_class;
  return self->result != NULL ? self->result->target_class : -1;
}

static WhyClassRole
role_of (WhyDocument *self, int index)
{
  const GArray *also = self->state.target.also_classes;

  if (index == self->state.contrast_class)
    return WHY_CLASS_ROLE_CONTRAST;
  for (guint place = 0; place < also->len; place++)
    {
      if (g_array_index (also, int, place) == index)
        return WHY_CLASS_ROLE_ALSO;
    }
  return WHY_CLASS_ROLE_NONE;
}

void
why_document_update_classes (WhyDocument *self)
{
  const WhyResult *result = self->preview != NULL ? self->preview : self->result;
  const WhyTensor *before = result != NULL && result->request->n_covers > 0 ? result->steps[0] : NULL;
  const guint n_classes = g_list_model_get_n_items (G_LIST_MODEL (self->classes));
  const int target = resolved_class (self);

  for (guint index = 0; index < n_classes; index++)
    {
      g_autoptr (WhyClassItem) item = g_list_model_get_item (G_LIST_MODEL (self->classes), index);
      why_class_item_set_is_target (item, (int) index == target);
      why_class_item_set_role (item, role_of (self, (int) index));
      if (result == NULL || result->probabilities == NULL || index >= why_tensor_count (result->probabilities))
        why_class_item_set (item, -1, 0, -1);
      else
        why_class_item_set (item, why_tensor_get_f64 (result->probabilities, index),
                            result->logits != NULL ? why_tensor_get_f64 (result->logits, index) : 0,
                            before != NULL ? why_tensor_get_f64 (before, index) : -1);
    }
}

void
why_document_update_occlusions (WhyDocument *self)
{
  const int target = resolved_class (self);
  const gboolean named = self->model != NULL && target >= 0 && target < why_model_get_n_classes (self->model);
  const GPtrArray *wanted = self->state.occlusions;
  GListModel *shown = G_LIST_MODEL (self->occlusions);
  guint kept = 0;

  for (guint index = 0; index < wanted->len; index++)
    why_occlusion_set_class (g_ptr_array_index (wanted, index), named ? target : -1,
                             named ? why_model_get_class_label (self->model, target) : "");

  while (kept < wanted->len && kept < g_list_model_get_n_items (shown))
    {
      g_autoptr (WhyOcclusion) item = g_list_model_get_item (shown, kept);
      if (item != g_ptr_array_index (wanted, kept))
        break;
      kept++;
    }
  const guint n_shown = g_list_model_get_n_items (shown);
  if (kept < n_shown || kept < wanted->len)
    g_list_store_splice (self->occlusions, kept, n_shown - kept, wanted->pdata + kept, wanted->len - kept);
}

/* ---- the sentence below the picture ---- */

static char *
contrast_sentence (WhyDocument *self)
{
  const int first = resolved_class (self);
  const int second = self->state.contrast_class;
  const WhyTensor *logits = self->result != NULL ? self->result->logits : NULL;

  if (first < 0 || second < 0 || first == second || logits == NULL || (gsize) MAX (first, second) >= why_tensor_count (logits))
    return NULL;
  const double lead = why_tensor_get_f64 (logits, (gsize) first) - why_tensor_get_f64 (logits, (gsize) second);
  const char *ahead = why_model_get_class_label (self->model, lead >= 0 ? first : second);
  const char *behind = why_model_get_class_label (self->model, lead >= 0 ? second : first);
  return g_strdup_printf (_ ("“%s” is ahead of “%s” by a logit of %.3g."), ahead, behind, ABS (lead));
}

/* Readers remark in half sentences, to which more can be joined. */
static char *
make_sentence (const char *remark)
{
  GString *sentence = g_string_new (NULL);

  g_string_append_unichar (sentence, g_unichar_toupper (g_utf8_get_char (remark)));
  g_string_append (sentence, g_utf8_next_char (remark));
  if (!g_str_has_suffix (remark, "."))
    g_string_append_c (sentence, '.');
  return g_string_free (sentence, FALSE);
}

static char *
make_status (WhyDocument *self)
{
  g_autoptr (GPtrArray) sentences = g_ptr_array_new_with_free_func (g_free);
  char *contrast = contrast_sentence (self);

  if (self->stopped)
    g_ptr_array_add (sentences, g_strdup (_ ("Stopped.")));
  if (self->model != NULL && why_model_get_limitation (self->model) != NULL)
    g_ptr_array_add (sentences, g_strdup (why_model_get_limitation (self->model)));
  if (self->result != NULL && self->result->map != NULL && self->result->map->reason != NULL)
    g_ptr_array_add (sentences, g_strdup (self->result->map->reason));
  if (self->result != NULL && self->result->map != NULL && self->result->map->note != NULL)
    g_ptr_array_add (sentences, g_strdup (_ (self->result->map->note)));
  char *scale = why_document_dup_scale_warning (self);
  if (scale != NULL)
    g_ptr_array_add (sentences, scale);
  char *crop = why_document_dup_crop_note (self);
  if (crop != NULL)
    g_ptr_array_add (sentences, crop);
  if (contrast != NULL)
    g_ptr_array_add (sentences, contrast);
  if (self->model != NULL && *why_model_get_assumed_text (self->model) != '\0')
    g_ptr_array_add (sentences, g_strdup_printf (_ ("Assumed, as the model does not say: %s."),
                                                 why_model_get_assumed_text (self->model)));
  if (*why_document_get_picture_note (self) != '\0')
    g_ptr_array_add (sentences, make_sentence (why_document_get_picture_note (self)));
  g_ptr_array_add (sentences, NULL);
  return g_strjoinv (" ", (char **) sentences->pdata);
}

void
why_document_update_status (WhyDocument *self)
{
  g_autofree char *status = make_status (self);

  if (strcmp (status, self->status) == 0)
    return;
  g_free (self->status);
  self->status = g_steal_pointer (&status);
  why_document_notify (self, WHY_DOCUMENT_PROP_STATUS);
}

/* ---- requests ---- */

static void
take_steps (WhyDocument *self, WhyResult *result)
{
  const WhyRequest *request = result->request;
  const GPtrArray *occlusions = self->state.occlusions;

  g_clear_pointer (&self->base_probabilities, why_tensor_unref);
  self->base_probabilities = why_tensor_ref (result->steps[0]);
  /* Any change of the covers submits anew, so these are those of the request. */
  g_return_if_fail (occlusions->len == request->n_covers);
  for (guint index = 0; index < occlusions->len; index++)
    why_occlusion_set_probabilities (g_ptr_array_index (occlusions, index), result->steps[index], result->steps[index + 1]);
}

void
why_document_update_shown_map (WhyDocument *self)
{
  g_clear_pointer (&self->shown_map, why_map_unref);
  if (self->result != NULL)
    self->shown_map = why_result_show_map (self->result, self->partial != NULL ? self->partial : self->result->map,
                                           self->picture, self->state.smooth, &self->shown_to_display);
}

void
why_document_drop_result (WhyDocument *self)
{
  g_clear_pointer (&self->result, why_result_unref);
  g_clear_pointer (&self->shown_map, why_map_unref);
}

void
why_document_take_result (WhyDocument *self, WhyResult *result)
{
  g_object_freeze_notify (G_OBJECT (self));
  self->running = FALSE;
  why_document_set_progress (self, 0);
  why_document_drop_partial (self);
  why_document_drop_preview (self);
  if (result->error != NULL)
    why_document_fail (self, WHY_ERROR_KIND_RUN, result->error->message);
  else
    {
      why_document_succeed (self, WHY_ERROR_KIND_RUN);
      g_clear_pointer (&self->result, why_result_unref);
      self->result = why_result_ref (result);
      why_document_update_shown_map (self);
      take_steps (self, result);
      why_document_update_classes (self);
      why_document_update_occlusions (self);
      why_document_case_answered (self);
      why_document_steps_take_result (self);
      why_document_notify (self, WHY_DOCUMENT_PROP_MAP);
      why_document_notify (self, WHY_DOCUMENT_PROP_PROBABILITIES);
      why_document_notify (self, WHY_DOCUMENT_PROP_SHOWN_CLASS);
      why_document_notify (self, WHY_DOCUMENT_PROP_SHOWN_LAYER);
    }
  why_document_compare_sync (self);
  why_document_update_status (self);
  why_document_update_busy (self);
  g_object_thaw_notify (G_OBJECT (self));
  if (result->error == NULL)
    {
      why_document_emit_updated (self);
      why_document_emit_redraw (self);
      why_document_layers_take_answer (self);
    }
}

static void
on_result (WhyResult *result, gpointer data)
{
  why_document_take_result (data, result);
}

void
why_document_drop_partial (WhyDocument *self)
{
  g_clear_pointer (&self->asked, why_request_unref);
  if (self->partial == NULL)
    return;
  g_clear_pointer (&self->partial, why_map_unref);
  why_document_update_shown_map (self);
  why_document_notify (self, WHY_DOCUMENT_PROP_MAP);
  why_document_emit_redraw (self);
}

static void
on_progress (double done, gpointer data)
{
  WhyDocument *self = data;
  WhyMap *partial = self->asked != NULL ? why_request_take_partial (self->asked) : NULL;

  why_document_set_progress (self, done);
  if (partial == NULL)
    return;
  /* Places in the picture are those of the last answer; the very first answer is waited for. */
  if (self->result == NULL || self->result->map == NULL)
    {
      why_map_unref (partial);
      return;
    }
  g_clear_pointer (&self->partial, why_map_unref);
  self->partial = partial;
  why_document_update_shown_map (self);
  why_document_notify (self, WHY_DOCUMENT_PROP_MAP);
  why_document_emit_redraw (self);
}

WhyRequest *
why_document_make_uncovered_request (WhyDocument *self, GError **error)
{
  WhyRecipe *recipe = why_model_get_recipe (self->model);
  WhyPolarity polarity = WHY_POLARITY_RELU;

  if (!why_polarity_parse (self->state.polarity, &polarity, error))
    return NULL;
  WhyExplainRequest explain = {
    .method = self->state.method,
    .layer = self->state.layer != NULL ? self->state.layer : why_model_get_default_layer (self->model),
    .target_class = self->state.target_class,
    .polarity = polarity,
    .has_contrast = self->state.contrast_class >= 0 && self->state.contrast_class != self->state.target_class,
    .contrast_class = self->state.contrast_class,
    .profile = self->state.profile,
    .options = self->state.method_options,
    .multi_label = recipe->task == WHY_RECIPE_TASK_MULTI_LABEL,
  };
  WhyRoi roi;
  why_document_get_roi (self, &roi);
  if (!why_document_target_ask (&self->state.target, recipe, self->picture, &roi, &explain, error))
    return NULL;
  WhyRequest *request = why_request_new (why_model_get_onnx (self->model), recipe, self->picture->pixels, NULL, &explain);
  why_request_set_place (request, self->picture, &roi);
  request->predict_only = why_model_get_n_layers (self->model) == 0;
  return request;
}

/* All that is covered; what is known of earlier steps by the document's own model is not computed again. */
static void
add_covers (WhyDocument *self, WhyRequest *request, gboolean own)
{
  const GPtrArray *occlusions = self->state.occlusions;
  g_autofree WhyCover *covers = g_new0 (WhyCover, occlusions->len + 1);
  g_autofree WhyTensor **known = g_new0 (WhyTensor *, occlusions->len + 1);

  known[0] = own ? self->base_probabilities : NULL;
  for (guint index = 0; index < occlusions->len; index++)
    {
      WhyOcclusion *occlusion = g_ptr_array_index (occlusions, index);
      covers[index] = *why_occlusion_get_cover (occlusion);
      known[index + 1] = own ? why_occlusion_get_after_probabilities (occlusion) : NULL;
    }
  why_request_set_covers (request, covers, occlusions->len, known);
}

WhyRequest *
why_document_make_request (WhyDocument *self, WhyModel *model, const WhyExplainRequest *explain)
{
  WhyRequest *request = why_request_new (why_model_get_onnx (model), why_model_get_recipe (model), self->picture->pixels, NULL,
                                         explain);
  WhyRoi roi;

  why_document_get_roi (self, &roi);
  why_request_set_place (request, self->picture, &roi);
  add_covers (self, request, model == self->model);
  return request;
}

WhyRequest *
why_document_make_own_request (WhyDocument *self, GError **error)
{
  WhyRequest *request = why_document_make_uncovered_request (self, error);

  if (request != NULL)
    add_covers (self, request, TRUE);
  return request;
}

void
why_document_ask (WhyDocument *self)
{
  if (self->model == NULL || self->picture == NULL)
    return;
  self->stopped = FALSE;
  why_document_outdate_checks (self);
  why_document_set_progress (self, 0);
  if (why_model_get_n_classes (self->model) == 0 || why_model_get_onnx (self->model)->graph->n_inputs != 1)
    {
      why_document_fail (self, WHY_ERROR_KIND_RUN, why_model_get_limitation (self->model));
      return;
    }

  g_autoptr (GError) error = NULL;
  if (!why_model_fit_picture (self->model, self->picture, &error))
    {
      why_document_fail (self, WHY_ERROR_KIND_RUN, error->message);
      return;
    }

  why_document_layers_question_changed (self);
  why_document_stop_play (self);
  if (!why_document_ensure_region (self))
    return;
  WhyResult *known = why_document_find_known (self);
  if (known != NULL)
    {
      /* A step of a talk: nothing is computed twice while an audience waits. */
      why_document_stop_preview (self);
      why_runner_cancel (self->runner, self->view);
      why_document_compare_pause (self);
      on_result (known, self);
      return;
    }
  if (why_document_layers_show_ready (self))
    return;
  g_autoptr (WhyRequest) request = why_document_make_own_request (self, &error);
  if (request == NULL)
    {
      why_document_fail (self, WHY_ERROR_KIND_RUN, error->message);
      return;
    }
  why_document_stop_preview (self);
  why_document_drop_partial (self);
  why_document_compare_pause (self);
  self->asked = why_request_ref (request);
  self->run_start = g_get_monotonic_time ();
  why_runner_submit (self->runner, self->view, request, on_result, on_progress, self);
  self->running = TRUE;
  why_document_update_status (self);
  why_document_update_busy (self);
}
