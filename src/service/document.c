#include "config.h"

#include "document-compare.h"
#include "document-private.h"
#include "check-private.h"
#include "service/annotation.h"
#include "service/step.h"
#include "session-file.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Changes of one slider closer to each other than this are one step of undo. */
#define COALESCE_US (G_USEC_PER_SEC)
#define MAX_UNDO 200

G_DEFINE_FINAL_TYPE (WhyDocument, why_document, G_TYPE_OBJECT)

static GParamSpec *props[WHY_DOCUMENT_N_PROPS];

enum
{
  SIGNAL_UPDATED,
  SIGNAL_REDRAW,
  SIGNAL_OVERLAP_CHANGED,
  SIGNAL_SESSION_SAVED,
  SIGNAL_COMPARE_CHANGED,
  SIGNAL_PREVIEWED,
  SIGNAL_COVER_SELECTED,
  SIGNAL_LAYER_MAPS_CHANGED,
  SIGNAL_STEP_SHOWN,
  SIGNAL_PLAYED,
  SIGNAL_LAST_SIGNAL,
};

static guint signals[SIGNAL_LAST_SIGNAL];

void
why_document_notify (WhyDocument *self, WhyDocumentProp prop)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[prop]);
}

void
why_document_emit_updated (WhyDocument *self)
{
  g_signal_emit (self, signals[SIGNAL_UPDATED], 0);
}

void
why_document_emit_layer_maps_changed (WhyDocument *self)
{
  g_signal_emit (self, signals[SIGNAL_LAYER_MAPS_CHANGED], 0);
}

void
why_document_emit_session_saved (WhyDocument *self, const char *path)
{
  g_signal_emit (self, signals[SIGNAL_SESSION_SAVED], 0, path);
}

void
why_document_emit_step_shown (WhyDocument *self, int step)
{
  g_signal_emit (self, signals[SIGNAL_STEP_SHOWN], 0, step);
}

void
why_document_emit_played (WhyDocument *self)
{
  g_signal_emit (self, signals[SIGNAL_PLAYED], 0);
}

void
why_document_emit_redraw (WhyDocument *self)
{
  why_document_update_overlap (self);
  g_signal_emit (self, signals[SIGNAL_REDRAW], 0);
}

void
why_document_emit_compare_changed (WhyDocument *self)
{
  g_signal_emit (self, signals[SIGNAL_COMPARE_CHANGED], 0);
}

void
why_document_emit_previewed (WhyDocument *self)
{
  g_signal_emit (self, signals[SIGNAL_PREVIEWED], 0);
}

void
why_document_emit_cover_selected (WhyDocument *self)
{
  g_signal_emit (self, signals[SIGNAL_COVER_SELECTED], 0);
}

void
why_document_emit_overlap_changed (WhyDocument *self)
{
  g_signal_emit (self, signals[SIGNAL_OVERLAP_CHANGED], 0);
}

/* ---- errors and activity ---- */

void
why_document_fail (WhyDocument *self, WhyErrorKind kind, const char *message)
{
  self->error_kind = kind;
  if (g_strcmp0 (self->error_message, message) == 0)
    return;
  g_free (self->error_message);
  self->error_message = g_strdup (message);
  why_document_notify (self, WHY_DOCUMENT_PROP_ERROR_MESSAGE);
}

void
why_document_succeed (WhyDocument *self, WhyErrorKind kind)
{
  if (self->error_kind == kind)
    why_document_fail (self, WHY_ERROR_KIND_NONE, NULL);
}

static char *
make_activity (WhyDocument *self)
{
  const WhyExplainerClass *method;
  char *comparing;

  if (self->loading[WHY_LOAD_MODEL])
    return g_strdup_printf (_ ("Loading %s"), self->load_names[WHY_LOAD_MODEL]);
  if (self->loading[WHY_LOAD_PICTURE])
    return g_strdup_printf (_ ("Reading %s"), self->load_names[WHY_LOAD_PICTURE]);
  if (self->running)
    {
      method = why_explainer_lookup (self->state.method, NULL);
      return g_strdup_printf (_ ("Computing %s"), method != NULL ? _ (method->title) : self->state.method);
    }
  comparing = why_document_compare_dup_activity (self);
  if (comparing != NULL)
    return comparing;
  if (why_document_is_checking (self))
    /* Translators: the title of a check that runs */
    return g_strdup_printf (_ ("Checking: %s"), why_document_checking_title (self));
  if (self->loading[WHY_LOAD_ANNOTATIONS])
    /* Translators: a file with outlines, while it is read or written */
    return g_strdup_printf (_ ("Outlines: %s"), self->load_names[WHY_LOAD_ANNOTATIONS]);
  if (self->loading[WHY_LOAD_REGION])
    /* Translators: of a slide, the part that the network is shown */
    return g_strdup (_ ("Reading the region"));
  if (self->loading[WHY_LOAD_EXPORT])
    return g_strdup_printf (_ ("Writing %s"), self->load_names[WHY_LOAD_EXPORT]);
  if (self->loading[WHY_LOAD_SESSION])
    return g_strdup_printf (_ ("Reading %s"), self->load_names[WHY_LOAD_SESSION]);
  if (self->loading[WHY_LOAD_SAVE])
    return g_strdup_printf (_ ("Writing %s"), self->load_names[WHY_LOAD_SAVE]);
  if (self->loading[WHY_LOAD_HOTTEST])
    return g_strdup (_ ("Finding the hottest part"));
  return g_strdup ("");
}

void
why_document_update_busy (WhyDocument *self)
{
  g_autofree char *activity = make_activity (self);

  g_object_freeze_notify (G_OBJECT (self));
  if (strcmp (activity, self->activity) != 0)
    {
      g_free (self->activity);
      self->activity = g_steal_pointer (&activity);
      why_document_notify (self, WHY_DOCUMENT_PROP_ACTIVITY);
    }
  const gboolean busy = why_document_get_busy (self);
  if (self->cases != NULL)
    why_case_list_set_paused (self->cases, busy);
  if (busy != self->busy_shown)
    {
      self->busy_shown = busy;
      why_document_notify (self, WHY_DOCUMENT_PROP_BUSY);
    }
  g_object_thaw_notify (G_OBJECT (self));
}

void
why_document_set_progress (WhyDocument *self, double progress)
{
  if (self->progress == progress)
    return;
  self->progress = progress;
  why_document_notify (self, WHY_DOCUMENT_PROP_PROGRESS);
}

gboolean
why_document_get_busy (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  gboolean busy = self->running || self->measuring || self->sniffs->len > 0 || why_document_is_checking (self) ||
                  why_document_compare_is_busy (self) || (self->cases != NULL && why_case_list_is_opening (self->cases));
  for (int load = 0; load < WHY_N_LOADS; load++)
    busy = busy || self->loading[load];
  return busy;
}

void
why_document_dismiss_error (WhyDocument *self)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  why_document_fail (self, WHY_ERROR_KIND_NONE, NULL);
}

void
why_document_set_error (WhyDocument *self, const char *message)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  why_document_fail (self, message != NULL ? WHY_ERROR_KIND_OTHER : WHY_ERROR_KIND_NONE, message);
}

void
why_document_cancel (WhyDocument *self)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (!why_document_get_busy (self))
    return;

  g_object_freeze_notify (G_OBJECT (self));
  why_document_stop_play (self);
  why_document_finish_window (self);
  why_document_cancel_loads (self);
  why_document_compare_cancel (self);
  why_document_stop_checks (self);
  why_runner_cancel (self->runner, self->view);
  self->stopped = self->running;
  self->running = FALSE;
  why_document_set_progress (self, 0);
  why_document_drop_partial (self);
  why_document_drop_preview (self);
  why_document_update_classes (self);
  why_document_update_status (self);
  why_document_update_busy (self);
  g_object_thaw_notify (G_OBJECT (self));
}

/* ---- undo ---- */

static void
state_free (gpointer state)
{
  why_document_state_clear (state);
  g_free (state);
}

static void
notify_history (WhyDocument *self)
{
  why_document_notify (self, WHY_DOCUMENT_PROP_CAN_UNDO);
  why_document_notify (self, WHY_DOCUMENT_PROP_CAN_REDO);
}

static void
push_state (GPtrArray *stack, const WhyDocumentState *state)
{
  WhyDocumentState *copy = g_new0 (WhyDocumentState, 1);

  why_document_state_copy (state, copy);
  if (stack->len >= MAX_UNDO)
    g_ptr_array_remove_index (stack, 0);
  g_ptr_array_add (stack, copy);
}

/* Before a change: @slider: (nullable): static string for changes that come in streams. */
static void
record (WhyDocument *self, const char *slider)
{
  const gint64 now = g_get_monotonic_time ();
  const gboolean goes_on = slider != NULL && self->last_change == slider && now - self->last_change_time < COALESCE_US;

  self->last_change = slider;
  self->last_change_time = now;
  if (goes_on)
    return;
  push_state (self->undo, &self->state);
  g_ptr_array_set_size (self->redo, 0);
  notify_history (self);
}

void
why_document_forget_history (WhyDocument *self)
{
  g_ptr_array_set_size (self->undo, 0);
  g_ptr_array_set_size (self->redo, 0);
  self->last_change = NULL;
  notify_history (self);
}

static void
notify_state (WhyDocument *self, const WhyDocumentState *old)
{
  const WhyDocumentState *state = &self->state;
  const struct
  {
    gboolean changed;
    WhyDocumentProp prop;
  } changes[] = {
    { state->target_class != old->target_class, WHY_DOCUMENT_PROP_TARGET_CLASS },
    { state->contrast_class != old->contrast_class, WHY_DOCUMENT_PROP_CONTRAST_CLASS },
    { g_strcmp0 (state->layer, old->layer) != 0, WHY_DOCUMENT_PROP_LAYER },
    { strcmp (state->method, old->method) != 0, WHY_DOCUMENT_PROP_METHOD },
    { strcmp (state->profile, old->profile) != 0, WHY_DOCUMENT_PROP_PROFILE },
    { g_strcmp0 (state->method_options, old->method_options) != 0, WHY_DOCUMENT_PROP_METHOD_OPTIONS },
    { strcmp (state->polarity, old->polarity) != 0, WHY_DOCUMENT_PROP_POLARITY },
    { g_strcmp0 (state->colormap, old->colormap) != 0, WHY_DOCUMENT_PROP_COLORMAP },
    { strcmp (state->limits, old->limits) != 0, WHY_DOCUMENT_PROP_LIMITS },
    { state->opacity != old->opacity, WHY_DOCUMENT_PROP_OPACITY },
    { state->threshold != old->threshold, WHY_DOCUMENT_PROP_THRESHOLD },
    { state->show_map != old->show_map, WHY_DOCUMENT_PROP_SHOW_MAP },
    { state->smooth != old->smooth, WHY_DOCUMENT_PROP_SMOOTH },
    { !why_document_view_equal (&state->view, &old->view), WHY_DOCUMENT_PROP_VIEW },
    { !why_document_target_equal (&state->target, &old->target), WHY_DOCUMENT_PROP_TARGET_KIND },
    { !why_document_look_equal (&state->look, &old->look) || state->lo != old->lo || state->hi != old->hi, WHY_DOCUMENT_PROP_LOOK },
    { state->comparison->mode != old->comparison->mode, WHY_DOCUMENT_PROP_COMPARE },
    { state->curtain != old->curtain, WHY_DOCUMENT_PROP_CURTAIN },
    { state->um_per_pixel != old->um_per_pixel, WHY_DOCUMENT_PROP_UM_PER_PIXEL },
    { !why_roi_equal (&state->roi, &old->roi), WHY_DOCUMENT_PROP_ROI },
  };

  for (gsize change = 0; change < G_N_ELEMENTS (changes); change++)
    {
      if (changes[change].changed)
        why_document_notify (self, changes[change].prop);
    }
}

/* The one place where the state changes. @state: contents are taken. */
static void
switch_state (WhyDocument *self, WhyDocumentState *state)
{
  WhyDocumentState old = self->state;

  g_object_freeze_notify (G_OBJECT (self));
  why_document_stop_play (self);
  self->state = *state;
  *state = (WhyDocumentState) { 0 };
  why_document_succeed (self, WHY_ERROR_KIND_VALUE);
  if (self->state.smooth != old.smooth)
    {
      why_document_update_shown_map (self);
      why_document_compare_show (self);
    }
  if (self->state.view.projected != old.view.projected)
    why_document_update_projected (self);
  why_document_update_window (self);
  notify_state (self, &old);
  if (self->state.annotations != old.annotations)
    {
      why_document_update_annotations (self);
      why_document_outdate_regions (self);
    }
  if (self->state.steps != old.steps)
    why_document_update_steps (self);
  const gboolean asks_same = why_document_state_asks_same (&self->state, &old);
  if (!why_roi_equal (&self->state.roi, &old.roi))
    why_document_forget_region (self);
  if (!asks_same)
    {
      why_document_update_classes (self);
      why_document_update_occlusions (self);
      why_document_ask (self);
    }
  if (!asks_same || self->state.comparison != old.comparison)
    why_document_compare_sync (self);
  why_document_update_status (self);
  why_document_state_clear (&old);
  g_object_thaw_notify (G_OBJECT (self));
  why_document_emit_redraw (self);
}

/* A changed copy of the state, to be altered and given to why_document_commit(). */
WhyDocumentState
why_document_begin_change (WhyDocument *self)
{
  WhyDocumentState state;

  why_document_state_copy (&self->state, &state);
  return state;
}

void
why_document_commit (WhyDocument *self, WhyDocumentState *state, const char *slider)
{
  g_object_freeze_notify (G_OBJECT (self));
  record (self, slider);
  switch_state (self, state);
  g_object_thaw_notify (G_OBJECT (self));
}

static void
travel (WhyDocument *self, GPtrArray *from, GPtrArray *to)
{
  if (from->len == 0)
    return;
  g_object_freeze_notify (G_OBJECT (self));
  WhyDocumentState *state = g_ptr_array_steal_index (from, from->len - 1);
  push_state (to, &self->state);
  self->last_change = NULL;
  switch_state (self, state);
  g_free (state);
  notify_history (self);
  g_object_thaw_notify (G_OBJECT (self));
}

void
why_document_undo (WhyDocument *self)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  travel (self, self->undo, self->redo);
}

void
why_document_redo (WhyDocument *self)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  travel (self, self->redo, self->undo);
}

gboolean
why_document_get_can_undo (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->undo->len > 0;
}

gboolean
why_document_get_can_redo (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->redo->len > 0;
}

/* ---- new files ---- */

void
why_document_forget_answer (WhyDocument *self)
{
  why_document_drop_preview (self);
  why_worker_cancel (why_runner_loader (self->runner), self->loads[WHY_LOAD_HOTTEST]);
  why_document_set_loading (self, WHY_LOAD_HOTTEST, NULL);
  why_document_stop_play (self);
  why_document_steps_forget_answers (self);
  why_runner_cancel (self->runner, self->view);
  why_document_layers_forget (self);
  self->running = FALSE;
  self->stopped = FALSE;
  why_document_set_progress (self, 0);
  g_clear_pointer (&self->base_probabilities, why_tensor_unref);
  why_document_drop_partial (self);
  why_document_drop_result (self);
  why_document_forget_checks (self);
  why_document_succeed (self, WHY_ERROR_KIND_RUN);
  why_document_succeed (self, WHY_ERROR_KIND_VALUE);
  why_document_notify (self, WHY_DOCUMENT_PROP_MAP);
  why_document_notify (self, WHY_DOCUMENT_PROP_PROBABILITIES);
  why_document_notify (self, WHY_DOCUMENT_PROP_SHOWN_CLASS);
  why_document_notify (self, WHY_DOCUMENT_PROP_SHOWN_LAYER);
}

static void
take_file (WhyDocument *self, WhyDocumentState *state)
{
  const WhyDocumentState old = self->state;

  self->state = *state;
  why_document_update_window (self);
  notify_state (self, &old);
  WhyDocumentState gone = old;
  why_document_state_clear (&gone);
  why_document_forget_history (self);
  why_document_forget_answer (self);
  why_document_update_classes (self);
  why_document_update_occlusions (self);
  why_document_update_annotations (self);
  why_document_ask (self);
  why_document_compare_sync (self);
  why_document_update_status (self);
  why_document_update_busy (self);
}

void
why_document_take_picture (WhyDocument *self, WhyPicture *picture)
{
  WhyDocumentState state = why_document_begin_change (self);

  g_object_freeze_notify (G_OBJECT (self));
  if (!why_document_keeps_window (self->picture, picture))
    state.view.window = (WhyGreyWindow){ 0 };
  g_clear_pointer (&self->picture, why_picture_free);
  self->picture = picture;
  why_document_init_volume (self);
  why_document_state_forget_picture (&state);
  why_document_take_slide (self);
  why_document_notify (self, WHY_DOCUMENT_PROP_PICTURE_PATH);
  why_document_notify_display (self);
  take_file (self, &state);
  g_object_thaw_notify (G_OBJECT (self));
  why_document_emit_redraw (self);
}

static void
fill_classes (WhyDocument *self)
{
  const int n_classes = why_model_get_n_classes (self->model);
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  for (int index = 0; index < n_classes; index++)
    g_ptr_array_add (items, why_class_item_new (index, why_model_get_class_label (self->model, index)));
  g_list_store_splice (self->classes, 0, g_list_model_get_n_items (G_LIST_MODEL (self->classes)), items->pdata, items->len);
}

void
why_document_take_model (WhyDocument *self, WhyModel *model)
{
  WhyDocumentState state = why_document_begin_change (self);

  g_object_freeze_notify (G_OBJECT (self));
  g_clear_object (&self->model);
  self->model = model;
  g_clear_pointer (&self->labels_path, g_free);
  why_case_list_set_model (self->cases, model);
  g_clear_pointer (&state.layer, g_free);
  state.target_class = -1;
  state.contrast_class = -1;
  why_document_target_clear (&state.target);
  why_document_target_init (&state.target);
  WhyComparison *comparison = why_comparison_copy (state.comparison);
  why_document_compare_fit (self, comparison);
  why_comparison_unref (state.comparison);
  state.comparison = comparison;
  /* Locked limits belong to another network's numbers. */
  g_free (state.limits);
  state.limits = g_strdup ("own");
  /* The rectangles stay, what they did to the other network does not. */
  for (guint index = 0; index < state.occlusions->len; index++)
    why_occlusion_set_probabilities (g_ptr_array_index (state.occlusions, index), NULL, NULL);
  /* The old answer goes first: its class numbers mean nothing to the new labels. */
  why_document_drop_partial (self);
  why_document_drop_result (self);
  fill_classes (self);
  why_document_notify (self, WHY_DOCUMENT_PROP_MODEL);
  why_document_notify (self, WHY_DOCUMENT_PROP_LAYERS);
  take_file (self, &state);
  g_object_thaw_notify (G_OBJECT (self));
  why_document_emit_redraw (self);
}

void
why_document_rename_classes (WhyDocument *self, WhyModel *model)
{
  g_object_freeze_notify (G_OBJECT (self));
  g_set_object (&self->model, model);
  fill_classes (self);
  why_document_update_classes (self);
  why_document_update_occlusions (self);
  why_case_list_set_model (self->cases, model);
  if (self->result != NULL)
    why_document_case_answered (self);
  why_document_compare_sync (self);
  why_document_notify (self, WHY_DOCUMENT_PROP_MODEL);
  why_document_update_status (self);
  g_object_thaw_notify (G_OBJECT (self));
  why_document_emit_updated (self);
}

/* ---- the object ---- */

WhyDocument *
why_document_new (WhyRunner *runner)
{
  g_return_val_if_fail (runner != NULL, NULL);

  WhyDocument *self = g_object_new (WHY_TYPE_DOCUMENT, NULL);
  self->runner = why_runner_ref (runner);
  self->view = why_runner_add_view (runner);
  self->layers.view = why_runner_add_sibling (runner, self->view);
  self->check_view = why_runner_add_view (runner);
  for (int load = 0; load < WHY_N_LOADS; load++)
    self->loads[load] = why_runner_add_view (runner);
  why_document_compare_init (self);
  self->autosave_view = why_runner_add_view (runner);
  why_document_init_cases (self);
  return self;
}

static void
why_document_dispose (GObject *object)
{
  WhyDocument *self = WHY_DOCUMENT (object);

  why_document_stop_play (self);
  if (self->runner != NULL)
    {
      why_document_dispose_cases (self);
      why_document_cancel_loads (self);
      why_document_compare_dispose (self);
      why_worker_cancel (why_runner_loader (self->runner), self->autosave_view);
      why_document_layers_stop (self);
      why_runner_remove_view (self->runner, self->layers.view);
      why_document_dispose_checks (self);
      why_runner_remove_view (self->runner, self->view);
      g_clear_pointer (&self->runner, why_runner_unref);
    }
  g_clear_object (&self->model);
  G_OBJECT_CLASS (why_document_parent_class)->dispose (object);
}

static void
why_document_finalize (GObject *object)
{
  WhyDocument *self = WHY_DOCUMENT (object);

  g_clear_object (&self->tiles);
  g_clear_pointer (&self->picture, why_picture_free);
  g_clear_pointer (&self->partial, why_map_unref);
  g_clear_pointer (&self->preview, why_result_unref);
  g_clear_pointer (&self->preview_wanted, why_area_unref);
  g_clear_pointer (&self->asked, why_request_unref);
  why_document_drop_result (self);
  g_clear_pointer (&self->base_probabilities, why_tensor_unref);
  g_clear_object (&self->classes);
  g_clear_object (&self->occlusions);
  g_clear_object (&self->annotations);
  g_clear_object (&self->checks);
  g_clear_object (&self->no_layers);
  g_clear_object (&self->steps);
  g_clear_pointer (&self->fill, g_free);
  g_clear_pointer (&self->error_message, g_free);
  g_clear_pointer (&self->status, g_free);
  g_clear_pointer (&self->activity, g_free);
  g_clear_pointer (&self->undo, g_ptr_array_unref);
  g_clear_pointer (&self->redo, g_ptr_array_unref);
  g_clear_pointer (&self->sniffs, g_array_unref);
  g_clear_pointer (&self->pending, why_session_file_free);
  g_clear_pointer (&self->incomplete, why_session_file_free);
  g_clear_pointer (&self->labels_path, g_free);
  g_clear_pointer (&self->wanted_picture, g_free);
  g_clear_pointer (&self->session_path, g_free);
  why_document_state_clear (&self->state);
  why_document_layers_finalize (self);
  G_OBJECT_CLASS (why_document_parent_class)->finalize (object);
}

static void
why_document_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  WhyDocument *self = WHY_DOCUMENT (object);

  switch ((WhyDocumentProp) prop_id)
    {
    case WHY_DOCUMENT_PROP_SESSION_PATH:
      g_value_set_string (value, self->session_path);
      break;
    case WHY_DOCUMENT_PROP_PICTURE_PATH:
      g_value_set_string (value, why_document_get_picture_path (self));
      break;
    case WHY_DOCUMENT_PROP_PICTURE:
      g_value_set_boxed (value, why_document_get_picture (self));
      break;
    case WHY_DOCUMENT_PROP_PICTURE_WIDTH:
      g_value_set_int64 (value, why_document_get_picture_width (self));
      break;
    case WHY_DOCUMENT_PROP_PICTURE_HEIGHT:
      g_value_set_int64 (value, why_document_get_picture_height (self));
      break;
    case WHY_DOCUMENT_PROP_PLANE:
      g_value_set_string (value, why_plane_kind_to_string (why_document_get_plane (self)));
      break;
    case WHY_DOCUMENT_PROP_SLICE:
      g_value_set_int64 (value, why_document_get_slice (self));
      break;
    case WHY_DOCUMENT_PROP_CROSS_HAIR:
      g_value_take_string (value, why_document_dup_cross_hair (self));
      break;
    case WHY_DOCUMENT_PROP_VIEW:
      g_value_take_string (value, why_document_dup_view (self));
      break;
    case WHY_DOCUMENT_PROP_MODEL:
      g_value_set_object (value, self->model);
      break;
    case WHY_DOCUMENT_PROP_LAYERS:
      g_value_set_object (value, why_document_get_layers (self));
      break;
    case WHY_DOCUMENT_PROP_CLASSES:
      g_value_set_object (value, self->classes);
      break;
    case WHY_DOCUMENT_PROP_OCCLUSIONS:
      g_value_set_object (value, self->occlusions);
      break;
    case WHY_DOCUMENT_PROP_TARGET_CLASS:
      g_value_set_int (value, self->state.target_class);
      break;
    case WHY_DOCUMENT_PROP_CONTRAST_CLASS:
      g_value_set_int (value, self->state.contrast_class);
      break;
    case WHY_DOCUMENT_PROP_LAYER:
      g_value_set_string (value, self->state.layer);
      break;
    case WHY_DOCUMENT_PROP_METHOD:
      g_value_set_string (value, self->state.method);
      break;
    case WHY_DOCUMENT_PROP_PROFILE:
      g_value_set_string (value, self->state.profile);
      break;
    case WHY_DOCUMENT_PROP_METHOD_OPTIONS:
      g_value_set_string (value, self->state.method_options);
      break;
    case WHY_DOCUMENT_PROP_POLARITY:
      g_value_set_string (value, self->state.polarity);
      break;
    case WHY_DOCUMENT_PROP_COLORMAP:
      g_value_set_string (value, self->state.colormap);
      break;
    case WHY_DOCUMENT_PROP_LIMITS:
      g_value_set_string (value, self->state.limits);
      break;
    case WHY_DOCUMENT_PROP_FILL:
      g_value_set_string (value, self->fill);
      break;
    case WHY_DOCUMENT_PROP_OPACITY:
      g_value_set_double (value, self->state.opacity);
      break;
    case WHY_DOCUMENT_PROP_THRESHOLD:
      g_value_set_double (value, self->state.threshold);
      break;
    case WHY_DOCUMENT_PROP_SHOW_MAP:
      g_value_set_boolean (value, self->state.show_map);
      break;
    case WHY_DOCUMENT_PROP_SMOOTH:
      g_value_set_boolean (value, self->state.smooth);
      break;
    case WHY_DOCUMENT_PROP_TARGET_KIND:
      g_value_set_string (value, why_score_id (self->state.target.score));
      break;
    case WHY_DOCUMENT_PROP_LOOK:
      g_value_set_string (value, why_document_alpha_id (self->state.look.alpha));
      break;
    case WHY_DOCUMENT_PROP_COMPARE:
      g_value_set_string (value, why_document_get_compare (self));
      break;
    case WHY_DOCUMENT_PROP_CURTAIN:
      g_value_set_double (value, self->state.curtain);
      break;
    case WHY_DOCUMENT_PROP_SELECTED_ANNOTATION:
      g_value_set_int (value, self->selected_annotation);
      break;
    case WHY_DOCUMENT_PROP_ROI:
      g_value_set_boolean (value, self->state.roi.width > 0);
      break;
    case WHY_DOCUMENT_PROP_UM_PER_PIXEL:
      g_value_set_double (value, why_document_get_um_per_pixel (self));
      break;
    case WHY_DOCUMENT_PROP_STEP:
      g_value_set_int (value, self->step);
      break;
    case WHY_DOCUMENT_PROP_SHOWN_CLASS:
      g_value_set_int (value, why_document_get_shown_class (self));
      break;
    case WHY_DOCUMENT_PROP_SHOWN_LAYER:
      g_value_set_string (value, why_document_get_shown_layer (self));
      break;
    case WHY_DOCUMENT_PROP_MAP:
      g_value_set_boxed (value, why_document_get_map (self));
      break;
    case WHY_DOCUMENT_PROP_PROBABILITIES:
      g_value_set_boxed (value, why_document_get_probabilities (self));
      break;
    case WHY_DOCUMENT_PROP_BUSY:
      g_value_set_boolean (value, why_document_get_busy (self));
      break;
    case WHY_DOCUMENT_PROP_PROGRESS:
      g_value_set_double (value, self->progress);
      break;
    case WHY_DOCUMENT_PROP_ACTIVITY:
      g_value_set_string (value, self->activity);
      break;
    case WHY_DOCUMENT_PROP_STATUS:
      g_value_set_string (value, self->status);
      break;
    case WHY_DOCUMENT_PROP_ERROR_MESSAGE:
      g_value_set_string (value, self->error_message);
      break;
    case WHY_DOCUMENT_PROP_CAN_UNDO:
      g_value_set_boolean (value, self->undo->len > 0);
      break;
    case WHY_DOCUMENT_PROP_CAN_REDO:
      g_value_set_boolean (value, self->redo->len > 0);
      break;
    case WHY_DOCUMENT_PROP_0:
    case WHY_DOCUMENT_N_PROPS:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
why_document_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  WhyDocument *self = WHY_DOCUMENT (object);

  /* The others are read-only; -Wswitch-enum would have them all named. */
  switch (prop_id)
    {
    case WHY_DOCUMENT_PROP_TARGET_CLASS:
      why_document_set_target_class (self, g_value_get_int (value));
      break;
    case WHY_DOCUMENT_PROP_CONTRAST_CLASS:
      why_document_set_contrast_class (self, g_value_get_int (value));
      break;
    case WHY_DOCUMENT_PROP_LAYER:
      why_document_set_layer (self, g_value_get_string (value));
      break;
    case WHY_DOCUMENT_PROP_METHOD:
      why_document_set_method (self, g_value_get_string (value));
      break;
    case WHY_DOCUMENT_PROP_PROFILE:
      why_document_set_profile (self, g_value_get_string (value));
      break;
    case WHY_DOCUMENT_PROP_METHOD_OPTIONS:
      why_document_set_method_options (self, g_value_get_string (value));
      break;
    case WHY_DOCUMENT_PROP_POLARITY:
      why_document_set_polarity (self, g_value_get_string (value));
      break;
    case WHY_DOCUMENT_PROP_COLORMAP:
      why_document_set_colormap (self, g_value_get_string (value));
      break;
    case WHY_DOCUMENT_PROP_LIMITS:
      why_document_set_limits (self, g_value_get_string (value));
      break;
    case WHY_DOCUMENT_PROP_FILL:
      why_document_set_fill (self, g_value_get_string (value));
      break;
    case WHY_DOCUMENT_PROP_OPACITY:
      why_document_set_opacity (self, g_value_get_double (value));
      break;
    case WHY_DOCUMENT_PROP_THRESHOLD:
      why_document_set_threshold (self, g_value_get_double (value));
      break;
    case WHY_DOCUMENT_PROP_SHOW_MAP:
      why_document_set_show_map (self, g_value_get_boolean (value));
      break;
    case WHY_DOCUMENT_PROP_SMOOTH:
      why_document_set_smooth (self, g_value_get_boolean (value));
      break;
    case WHY_DOCUMENT_PROP_COMPARE:
      why_document_set_compare (self, g_value_get_string (value));
      break;
    case WHY_DOCUMENT_PROP_CURTAIN:
      why_document_set_curtain (self, g_value_get_double (value));
      break;
    case WHY_DOCUMENT_PROP_UM_PER_PIXEL:
      why_document_set_um_per_pixel (self, g_value_get_double (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
why_document_class_init (WhyDocumentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->dispose = why_document_dispose;
  object_class->finalize = why_document_finalize;
  object_class->get_property = why_document_get_property;
  object_class->set_property = why_document_set_property;

#define STRING(id, name, flags) props[WHY_DOCUMENT_PROP_##id] = g_param_spec_string (name, NULL, NULL, NULL, flags)
#define BOOLEAN(id, name, initial, flags) \
  props[WHY_DOCUMENT_PROP_##id] = g_param_spec_boolean (name, NULL, NULL, initial, flags)
#define INT(id, name, flags) props[WHY_DOCUMENT_PROP_##id] = g_param_spec_int (name, NULL, NULL, -1, G_MAXINT, -1, flags)
#define INT64(id, name) props[WHY_DOCUMENT_PROP_##id] = g_param_spec_int64 (name, NULL, NULL, 0, G_MAXINT64, 0, ro)
#define SHARE(id, name, initial, flags) \
  props[WHY_DOCUMENT_PROP_##id] = g_param_spec_double (name, NULL, NULL, 0, 1, initial, flags)
#define OBJECT(id, name, type) props[WHY_DOCUMENT_PROP_##id] = g_param_spec_object (name, NULL, NULL, type, ro)
#define BOXED(id, name, type) props[WHY_DOCUMENT_PROP_##id] = g_param_spec_boxed (name, NULL, NULL, type, ro)

  STRING (PICTURE_PATH, "picture-path", ro);
  STRING (SESSION_PATH, "session-path", ro);
  BOXED (PICTURE, "picture", WHY_TYPE_TENSOR);
  INT64 (PICTURE_WIDTH, "picture-width");
  INT64 (PICTURE_HEIGHT, "picture-height");
  STRING (PLANE, "plane", ro);
  INT64 (SLICE, "slice");
  STRING (CROSS_HAIR, "cross-hair", ro);
  STRING (VIEW, "view", ro);
  OBJECT (MODEL, "model", WHY_TYPE_MODEL);
  OBJECT (LAYERS, "layers", G_TYPE_LIST_MODEL);
  OBJECT (CLASSES, "classes", G_TYPE_LIST_MODEL);
  OBJECT (OCCLUSIONS, "occlusions", G_TYPE_LIST_MODEL);
  INT (TARGET_CLASS, "target-class", rw);
  INT (CONTRAST_CLASS, "contrast-class", rw);
  STRING (LAYER, "layer", rw);
  STRING (METHOD, "method", rw);
  STRING (PROFILE, "profile", rw);
  STRING (METHOD_OPTIONS, "method-options", rw);
  STRING (POLARITY, "polarity", rw);
  STRING (COLORMAP, "colormap", rw);
  STRING (LIMITS, "limits", rw);
  STRING (FILL, "fill", rw);
  SHARE (OPACITY, "opacity", 0.5, rw);
  SHARE (THRESHOLD, "threshold", 0, rw);
  BOOLEAN (SHOW_MAP, "show-map", TRUE, rw);
  BOOLEAN (SMOOTH, "smooth", TRUE, rw);
  STRING (TARGET_KIND, "target-kind", ro);
  STRING (LOOK, "look", ro);
  STRING (COMPARE, "compare", rw);
  SHARE (CURTAIN, "curtain", 0.5, rw);
  INT (SELECTED_ANNOTATION, "selected-annotation", ro);
  props[WHY_DOCUMENT_PROP_ROI] = g_param_spec_boolean ("has-roi", NULL, NULL, FALSE, ro);
  props[WHY_DOCUMENT_PROP_UM_PER_PIXEL] = g_param_spec_double ("um-per-pixel", NULL, NULL, 0, 1e9, 0, rw);
  INT (STEP, "step", ro);
  INT (SHOWN_CLASS, "shown-class", ro);
  STRING (SHOWN_LAYER, "shown-layer", ro);
  BOXED (MAP, "map", WHY_TYPE_MAP);
  BOXED (PROBABILITIES, "probabilities", WHY_TYPE_TENSOR);
  BOOLEAN (BUSY, "busy", FALSE, ro);
  SHARE (PROGRESS, "progress", 0, ro);
  STRING (ACTIVITY, "activity", ro);
  STRING (STATUS, "status", ro);
  STRING (ERROR_MESSAGE, "error-message", ro);
  BOOLEAN (CAN_UNDO, "can-undo", FALSE, ro);
  BOOLEAN (CAN_REDO, "can-redo", FALSE, ro);
  g_object_class_install_properties (object_class, WHY_DOCUMENT_N_PROPS, props);

#undef STRING
#undef BOOLEAN
#undef INT
#undef INT64
#undef SHARE
#undef OBJECT
#undef BOXED

  signals[SIGNAL_UPDATED] = g_signal_new ("updated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 0);
  signals[SIGNAL_SESSION_SAVED] = g_signal_new ("session-saved", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                                NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_COMPARE_CHANGED] = g_signal_new ("compare-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                                  NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_PREVIEWED] = g_signal_new ("previewed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                            G_TYPE_NONE, 0);
  signals[SIGNAL_COVER_SELECTED] = g_signal_new ("cover-selected", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                                 NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_LAYER_MAPS_CHANGED] = g_signal_new ("layer-maps-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                                     0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_STEP_SHOWN] = g_signal_new ("step-shown", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                             NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  signals[SIGNAL_PLAYED] = g_signal_new ("played", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 0);
  signals[SIGNAL_REDRAW] = g_signal_new ("redraw", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 0);
  signals[SIGNAL_OVERLAP_CHANGED] = g_signal_new ("overlap-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                                  NULL, NULL, G_TYPE_NONE, 0);
}

static void
why_document_init (WhyDocument *self)
{
  why_document_state_init (&self->state);
  why_document_layers_init (self);
  self->classes = g_list_store_new (WHY_TYPE_CLASS_ITEM);
  self->occlusions = g_list_store_new (WHY_TYPE_OCCLUSION);
  self->annotations = g_list_store_new (WHY_TYPE_ANNOTATION);
  self->selected_annotation = -1;
  self->running_check = -1;
  self->checks = g_list_store_new (WHY_TYPE_CHECK);
  for (int kind = 0; kind < WHY_N_CHECKS; kind++)
    {
      g_autoptr (WhyCheck) check = why_check_new ((WhyCheckKind) kind);
      g_list_store_append (self->checks, check);
    }
  self->steps = g_list_store_new (WHY_TYPE_STEP);
  self->step = -1;
  self->no_layers = g_list_store_new (WHY_TYPE_LAYER_ITEM);
  self->undo = g_ptr_array_new_with_free_func (state_free);
  self->redo = g_ptr_array_new_with_free_func (state_free);
  self->sniffs = g_array_new (FALSE, FALSE, sizeof (guint));
  self->fill = g_strdup ("mean");
  self->selected_cover = -1;
  self->status = g_strdup ("");
  self->activity = g_strdup ("");
}
