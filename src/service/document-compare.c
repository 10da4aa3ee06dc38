#include "config.h"

#include "document-compare.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* Computing the maps beside the main one. */

/* Another model: read once for all questions that name it, with a session of its own. */
typedef struct
{
  WhyDocument *document; /* borrowed */
  char *path;
  WhyModel *model; /* NULL: not there */
  char *error;
  guint load_view;
  guint view;
  gboolean loading;
} OtherModel;

static void
other_free (gpointer data)
{
  OtherModel *other = data;
  WhyRunner *runner = other->document->runner;

  why_worker_cancel (why_runner_loader (runner), other->load_view);
  why_runner_remove_view (runner, other->view);
  g_clear_object (&other->model);
  g_free (other->error);
  g_free (other->path);
  g_free (other);
}

static gpointer
load_model (gpointer path, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  return why_model_load (path, NULL, error);
}

static const WhyWorkerClass model_class = {
  .run = load_model,
  .free_job = g_free,
  .free_result = g_object_unref,
};

static void
on_other_loaded (gpointer job, gpointer result, const GError *error, gpointer data)
{
  OtherModel *other = data;

  other->loading = FALSE;
  if (result != NULL)
    other->model = g_object_ref (result);
  else
    other->error = g_strdup (error->message);
  why_document_compare_sync (other->document);
}

static OtherModel *
get_other (WhyDocument *self, const char *path)
{
  OtherModel *other = g_hash_table_lookup (self->compare->models, path);

  if (other != NULL)
    return other;
  other = g_new0 (OtherModel, 1);
  other->document = self;
  other->path = g_strdup (path);
  other->load_view = why_runner_add_view (self->runner);
  other->view = why_runner_add_view (self->runner);
  other->loading = TRUE;
  g_hash_table_insert (self->compare->models, other->path, other);
  why_worker_submit (why_runner_loader (self->runner), other->load_view, &model_class, g_strdup (path), on_other_loaded,
                     NULL, other);
  return other;
}

static gboolean
names_model (WhyDocument *self, const char *path)
{
  const GPtrArray *others = self->state.comparison->others;
  GListModel *variants = G_LIST_MODEL (self->compare->variants);

  for (guint place = 0; place < g_list_model_get_n_items (variants); place++)
    {
      g_autoptr (WhyVariant) variant = g_list_model_get_item (variants, place);
      if (g_strcmp0 (why_variant_get_value (variant, WHY_DIMENSION_MODEL), path) == 0)
        return TRUE;
    }
  for (guint place = 0; place < others->len; place++)
    {
      const WhyQuestion *question = g_ptr_array_index (others, place);
      if (g_strcmp0 (question->values[WHY_DIMENSION_MODEL], path) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Their weights are large. */
static void
drop_unused_models (WhyDocument *self)
{
  GHashTableIter iter;
  gpointer path;

  g_hash_table_iter_init (&iter, self->compare->models);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    {
      if (!names_model (self, path))
        g_hash_table_iter_remove (&iter);
    }
}

/* ---- what a variant asks ---- */

int
why_document_compare_main_class (WhyDocument *self)
{
  if (self->state.target_class >= 0)
    return self->state.target_class;
  return self->result != NULL ? self->result->target_class : -1;
}

int
why_document_compare_next_class (WhyDocument *self)
{
  WhyTensor *probabilities = self->result != NULL ? self->result->probabilities : NULL;
  const int main_class = why_document_compare_main_class (self);
  const int n_classes = probabilities != NULL ? (int) why_tensor_count (probabilities) : 0;
  int best = -1;

  for (int class = 0; class < n_classes; class++)
    {
      if (class != main_class && (best < 0 || why_tensor_get_f64 (probabilities, (gsize) class) >
                                                why_tensor_get_f64 (probabilities, (gsize) best)))
        best = class;
    }
  return best;
}

char *
why_compare_split_method (const char *value, const char **options)
{
  const char *colon = strchr (value, ':');

  *options = colon != NULL && colon[1] != '\0' ? colon + 1 : NULL;
  return colon != NULL ? g_strndup (value, (gsize) (colon - value)) : g_strdup (value);
}

typedef enum
{
  ASKABLE,
  WAITS,   /* for a model or the main answer */
  HOPELESS, /* with a reason */
} Outlook;

/* @class: (inout): of the document's model; becomes that of @model */
static Outlook
translate_class (WhyDocument *self, WhyModel *model, int *class, char **reason)
{
  if (model == self->model || *class < 0)
    return ASKABLE;
  const char *label = why_model_get_class_label (self->model, *class);
  int found = why_model_find_class (model, label, NULL);
  /* As many classes, and no names for them: it is the same list. */
  if (found < 0 && why_model_get_n_classes (model) == why_model_get_n_classes (self->model) &&
      why_model_get_recipe (model)->labels == NULL)
    found = *class;
  if (found < 0)
    {
      /* Translators: model, class */
      *reason = g_strdup_printf (_ ("%1$s has no class called “%2$s”; choose its top class to compare with"),
                                 why_model_get_title (model), label);
      return HOPELESS;
    }
  *class = found;
  return ASKABLE;
}

static Outlook
resolve_class (WhyDocument *self, WhyModel *model, const char *value, int *class, char **reason)
{
  if (g_strcmp0 (value, "top") == 0)
    {
      *class = -1;
      return ASKABLE;
    }
  if (g_strcmp0 (value, "next") == 0)
    *class = why_document_compare_next_class (self);
  else if (value != NULL)
    *class = (int) g_ascii_strtoll (value, NULL, 10);
  else if (model == self->model)
    {
      *class = self->state.target_class;
      return ASKABLE;
    }
  else
    *class = why_document_compare_main_class (self);
  if (*class < 0)
    return WAITS;
  return translate_class (self, model, class, reason);
}

static Outlook
resolve_model (WhyDocument *self, const WhyQuestion *question, WhyModel **model, char **reason)
{
  const char *path = question->values[WHY_DIMENSION_MODEL];
  g_autoptr (GError) error = NULL;

  *model = self->model;
  if (path != NULL)
    {
      OtherModel *other = get_other (self, path);
      *model = other->model;
      if (other->loading)
        return WAITS;
      if (other->model == NULL)
        {
          *reason = g_strdup (other->error);
          return HOPELESS;
        }
    }
  if (why_model_get_n_layers (*model) == 0 || why_model_get_n_classes (*model) == 0 ||
      why_model_get_onnx (*model)->graph->n_inputs != 1)
    {
      const char *limitation = why_model_get_limitation (*model);
      *reason = g_strdup (limitation != NULL ? limitation : _ ("This model has no layer that can be explained"));
      return HOPELESS;
    }
  if (!why_model_check_picture (*model, self->picture->is_volume, &error))
    {
      *reason = g_strdup (error->message);
      return HOPELESS;
    }
  return ASKABLE;
}

static Outlook
make_request (WhyDocument *self, WhyVariant *variant, WhyRequest **request, char **reason)
{
  const WhyQuestion *question = why_variant_get_question (variant);
  const WhyDocumentState *state = &self->state;
  const char *layer = question->values[WHY_DIMENSION_LAYER];
  const char *method_value = question->values[WHY_DIMENSION_METHOD];
  const char *polarity_value = question->values[WHY_DIMENSION_POLARITY];
  const char *profile = state->profile;
  const char *options = state->method_options;
  g_autofree char *method = NULL;
  g_autoptr (GError) error = NULL;
  WhyPolarity polarity = WHY_POLARITY_RELU;
  WhyModel *model = NULL;
  int class = -1;
  int contrast = state->contrast_class;
  g_autofree char *no_contrast = NULL;

  if (self->model == NULL || self->picture == NULL)
    return WAITS;
  Outlook outlook = resolve_model (self, question, &model, reason);
  why_variant_set_model (variant, model);
  if (outlook == ASKABLE)
    outlook = resolve_class (self, model, question->values[WHY_DIMENSION_CLASS], &class, reason);
  if (outlook != ASKABLE)
    return outlook;
  if (contrast >= 0 && translate_class (self, model, &contrast, &no_contrast) != ASKABLE)
    contrast = -1;

  if (layer == NULL && model == self->model)
    layer = state->layer;
  if (layer != NULL && why_model_find_layer (model, layer, &error) == NULL)
    {
      *reason = g_strdup (error->message);
      return HOPELESS;
    }
  if (method_value != NULL)
    {
      method = why_compare_split_method (method_value, &options);
      if (!why_profile_fits (why_profile_lookup (profile, NULL), why_explainer_lookup (method, NULL)))
        profile = "paper";
    }
  else
    method = g_strdup (state->method);
  /* The setters let only known ones in. */
  if (!why_polarity_parse (polarity_value != NULL ? polarity_value : state->polarity, &polarity, NULL))
    g_return_val_if_reached (HOPELESS);

  WhyExplainRequest explain = {
    .method = method,
    .layer = layer != NULL ? layer : why_model_get_default_layer (model),
    .target_class = class,
    .polarity = polarity,
    .has_contrast = contrast >= 0 && contrast != class,
    .contrast_class = contrast,
    .profile = profile,
    .options = options,
    .multi_label = why_model_is_multi_label (model),
  };
  WhyRoi roi;
  why_document_get_roi (self, &roi);
  if (!why_document_target_ask (&state->target, why_model_get_recipe (model), self->picture, &roi, &explain, &error))
    {
      *reason = g_strdup (error->message);
      return HOPELESS;
    }
  /* Classes are added to the main question's class only. */
  if (model != self->model || question->values[WHY_DIMENSION_CLASS] != NULL)
    explain.n_also_classes = 0;
  *request = why_document_make_request (self, model, &explain);
  return *request != NULL ? ASKABLE : HOPELESS;
}

/* ---- the difference ---- */

typedef struct
{
  WhyMap *a;
  WhyMap *b;
  WhyAffine a_to_source;
  WhyAffine b_to_source;
} DifferenceJob;

static void
difference_job_free (gpointer data)
{
  DifferenceJob *job = data;

  why_map_unref (job->a);
  why_map_unref (job->b);
  g_free (job);
}

static gpointer
run_difference (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  const DifferenceJob *job = data;

  return why_difference_new (job->a, &job->a_to_source, job->b, &job->b_to_source, error);
}

static void
difference_free (gpointer difference)
{
  why_difference_free (difference);
}

static const WhyWorkerClass difference_class = {
  .run = run_difference,
  .free_job = difference_job_free,
  .free_result = difference_free,
};

static WhyDifference *
difference_copy (const WhyDifference *difference)
{
  WhyDifference *copy = g_memdup2 (difference, sizeof *difference);

  copy->values = why_tensor_ref (difference->values);
  return copy;
}

static void
on_difference (gpointer job, gpointer result, const GError *error, gpointer data)
{
  WhyDocument *self = data;

  self->compare->differing = FALSE;
  g_clear_pointer (&self->compare->difference, why_difference_free);
  if (result != NULL)
    self->compare->difference = difference_copy (result);
  else
    why_document_fail (self, WHY_ERROR_KIND_RUN, error->message);
  why_document_update_busy (self);
  why_document_emit_compare_changed (self);
  why_document_emit_redraw (self);
}

static void
update_difference (WhyDocument *self)
{
  WhyDocumentCompare *compare = self->compare;
  g_autoptr (WhyVariant) variant = g_list_model_get_item (G_LIST_MODEL (compare->variants), 0);
  WhyAffine to_source;

  if (compare->differing)
    {
      why_worker_cancel (why_runner_loader (self->runner), compare->difference_view);
      compare->differing = FALSE;
    }
  /* While one of them is computed the old difference stays. */
  if (self->state.comparison->mode != WHY_COMPARE_DIFFERENCE || variant == NULL || self->shown_map == NULL ||
      why_variant_get_state (variant) == WHY_VARIANT_FAILED)
    {
      g_clear_pointer (&compare->difference, why_difference_free);
      return;
    }
  if (self->running || self->partial != NULL || why_variant_get_state (variant) != WHY_VARIANT_DONE ||
      !why_variant_map_to_source (variant, &to_source))
    return;

  DifferenceJob *job = g_new0 (DifferenceJob, 1);
  job->a = why_map_ref (self->shown_map);
  job->a_to_source = self->shown_to_display;
  job->b = why_map_ref (why_variant_get_map (variant));
  job->b_to_source = to_source;
  compare->differing = TRUE;
  why_worker_submit (why_runner_loader (self->runner), compare->difference_view, &difference_class, job, on_difference, NULL,
                     self);
}

/* ---- one after the other ---- */

static void pump (WhyDocument *self);

static void
show (WhyDocument *self, WhyVariant *variant)
{
  why_variant_show (variant, self->picture, self->state.smooth);
}

static void
take_result (WhyDocument *self, WhyVariant *variant, WhyResult *result)
{
  why_variant_set_result (variant, result->error == NULL ? result : NULL);
  show (self, variant);
  why_variant_set_state (variant, result->error == NULL ? WHY_VARIANT_DONE : WHY_VARIANT_FAILED,
                         result->error != NULL ? result->error->message : NULL);
}

static void
count (WhyDocument *self, guint *n_over, guint *n_all)
{
  GListModel *variants = G_LIST_MODEL (self->compare->variants);

  *n_over = 0;
  *n_all = g_list_model_get_n_items (variants);
  for (guint place = 0; place < *n_all; place++)
    {
      g_autoptr (WhyVariant) variant = g_list_model_get_item (variants, place);
      const WhyVariantState state = why_variant_get_state (variant);
      *n_over += state == WHY_VARIANT_DONE || state == WHY_VARIANT_FAILED;
    }
}

static void
on_variant_result (WhyResult *result, gpointer data)
{
  WhyDocument *self = data;
  g_autoptr (WhyVariant) variant = g_steal_pointer (&self->compare->running);

  g_object_freeze_notify (G_OBJECT (self));
  take_result (self, variant, result);
  why_variant_set_progress (variant, 0);
  update_difference (self);
  pump (self);
  why_document_compare_update_titles (self);
  why_document_update_busy (self);
  g_object_thaw_notify (G_OBJECT (self));
  why_document_emit_redraw (self);
}

static void
on_variant_progress (double done, gpointer data)
{
  WhyDocument *self = data;
  guint n_over;
  guint n_all;

  count (self, &n_over, &n_all);
  why_variant_set_progress (self->compare->running, done);
  why_document_set_progress (self, (n_over + done) / MAX (n_all, 1));
}

static void
pump (WhyDocument *self)
{
  WhyDocumentCompare *compare = self->compare;
  GListModel *variants = G_LIST_MODEL (compare->variants);

  if (self->running || compare->running != NULL || compare->stopped)
    return;
  for (guint place = 0; place < g_list_model_get_n_items (variants); place++)
    {
      g_autoptr (WhyVariant) variant = g_list_model_get_item (variants, place);
      WhyRequest *asked = why_variant_get_asked (variant);
      const char *path = why_variant_get_value (variant, WHY_DIMENSION_MODEL);
      guint n_over;
      guint n_all;
      if (why_variant_get_state (variant) != WHY_VARIANT_WAITING || asked == NULL)
        continue;
      const OtherModel *other = path != NULL ? g_hash_table_lookup (compare->models, path) : NULL;
      compare->running = g_object_ref (variant);
      why_variant_set_state (variant, WHY_VARIANT_RUNNING, NULL);
      why_runner_submit (self->runner, other != NULL ? other->view : compare->view, asked, on_variant_result,
                         on_variant_progress, self);
      count (self, &n_over, &n_all);
      why_document_set_progress (self, (double) n_over / n_all);
      return;
    }
  why_document_set_progress (self, 0);
}

void
why_document_compare_pause (WhyDocument *self)
{
  WhyDocumentCompare *compare = self->compare;
  g_autoptr (WhyVariant) variant = NULL;

  if (compare == NULL || compare->running == NULL)
    return;
  variant = g_steal_pointer (&compare->running);
  const char *path = why_variant_get_value (variant, WHY_DIMENSION_MODEL);
  const OtherModel *other = path != NULL ? g_hash_table_lookup (compare->models, path) : NULL;
  why_runner_cancel (self->runner, other != NULL ? other->view : compare->view);
  why_variant_set_progress (variant, 0);
  why_variant_set_state (variant, WHY_VARIANT_WAITING, NULL);
}

void
why_document_compare_cancel (WhyDocument *self)
{
  GHashTableIter iter;
  gpointer value;

  if (self->compare == NULL)
    return;
  why_document_compare_pause (self);
  self->compare->stopped = TRUE;
  if (self->compare->differing)
    why_worker_cancel (why_runner_loader (self->runner), self->compare->difference_view);
  self->compare->differing = FALSE;
  g_hash_table_iter_init (&iter, self->compare->models);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const OtherModel *other = value;
      if (other->loading)
        g_hash_table_iter_remove (&iter);
    }
}

/* ---- bringing all up to date ---- */

static void
refresh (WhyDocument *self, WhyVariant *variant)
{
  g_autoptr (WhyRequest) request = NULL;
  g_autofree char *reason = NULL;
  const Outlook outlook = make_request (self, variant, &request, &reason);
  WhyRequest *asked = why_variant_get_asked (variant);

  if (outlook != ASKABLE)
    {
      if (variant == self->compare->running)
        why_document_compare_pause (self);
      why_variant_set_asked (variant, NULL);
      if (outlook == HOPELESS)
        {
          why_variant_set_result (variant, NULL);
          show (self, variant);
        }
      why_variant_set_state (variant, outlook == HOPELESS ? WHY_VARIANT_FAILED : WHY_VARIANT_WAITING, reason);
      return;
    }
  if (asked != NULL && why_request_same (asked, request))
    return;
  /* A map of another picture is no map to be left standing. */
  WhyResult *last = why_variant_get_result (variant);
  if (last != NULL && (last->request->pixels != request->pixels || !why_roi_equal (&last->request->roi, &request->roi)))
    {
      why_variant_set_result (variant, NULL);
      show (self, variant);
    }
  if (variant == self->compare->running)
    why_document_compare_pause (self);
  why_variant_set_asked (variant, request);
  why_variant_set_state (variant, WHY_VARIANT_WAITING, NULL);
  if (self->result != NULL && why_request_same (self->result->request, request))
    take_result (self, variant, self->result);
}

/* Those that ask the same as before stay, with their maps. */
static void
update_list (WhyDocument *self)
{
  g_autoptr (GPtrArray) wanted = why_comparison_list (self->state.comparison);
  g_autoptr (GPtrArray) next = g_ptr_array_new_with_free_func (g_object_unref);
  GListModel *shown = G_LIST_MODEL (self->compare->variants);
  const guint n_shown = g_list_model_get_n_items (shown);
  gboolean same = n_shown == wanted->len;

  for (guint place = 0; place < wanted->len; place++)
    {
      WhyVariant *found = NULL;
      for (guint old = 0; old < n_shown && found == NULL; old++)
        {
          g_autoptr (WhyVariant) variant = g_list_model_get_item (shown, old);
          if (why_question_equal (why_variant_get_question (variant), g_ptr_array_index (wanted, place)) &&
              !g_ptr_array_find (next, variant, NULL))
            {
              same = same && old == place;
              found = g_steal_pointer (&variant);
            }
        }
      if (found == NULL)
        {
          same = FALSE;
          found = why_variant_new (g_ptr_array_index (wanted, place));
        }
      g_ptr_array_add (next, found);
    }
  if (same)
    return;
  if (self->compare->running != NULL && !g_ptr_array_find (next, self->compare->running, NULL))
    why_document_compare_pause (self);
  g_list_store_splice (self->compare->variants, 0, n_shown, next->pdata, next->len);
}

void
why_document_compare_show (WhyDocument *self)
{
  GListModel *variants = G_LIST_MODEL (self->compare->variants);

  for (guint place = 0; place < g_list_model_get_n_items (variants); place++)
    {
      g_autoptr (WhyVariant) variant = g_list_model_get_item (variants, place);
      show (self, variant);
    }
  update_difference (self);
}

void
why_document_compare_sync (WhyDocument *self)
{
  GListModel *variants = G_LIST_MODEL (self->compare->variants);

  g_object_freeze_notify (G_OBJECT (self));
  self->compare->stopped = FALSE;
  update_list (self);
  for (guint place = 0; place < g_list_model_get_n_items (variants); place++)
    {
      g_autoptr (WhyVariant) variant = g_list_model_get_item (variants, place);
      refresh (self, variant);
    }
  drop_unused_models (self);
  update_difference (self);
  pump (self);
  why_document_compare_update_titles (self);
  why_document_update_busy (self);
  g_object_thaw_notify (G_OBJECT (self));
  why_document_emit_compare_changed (self);
}

gboolean
why_document_compare_is_busy (WhyDocument *self)
{
  GHashTableIter iter;
  gpointer value;

  if (self->compare == NULL)
    return FALSE;
  if (self->compare->running != NULL || self->compare->differing)
    return TRUE;
  g_hash_table_iter_init (&iter, self->compare->models);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const OtherModel *other = value;
      if (other->loading)
        return TRUE;
    }
  return FALSE;
}

char *
why_document_compare_dup_activity (WhyDocument *self)
{
  guint n_over;
  guint n_all;

  if (self->compare == NULL || !why_document_compare_is_busy (self))
    return NULL;
  count (self, &n_over, &n_all);
  /* Translators: maps that are compared: the number of the one being computed, how many there are */
  return g_strdup_printf (_ ("Computing map %1$u of %2$u"), MIN (n_over + 1, n_all), n_all);
}

void
why_document_compare_init (WhyDocument *self)
{
  WhyDocumentCompare *compare = g_new0 (WhyDocumentCompare, 1);

  compare->variants = g_list_store_new (WHY_TYPE_VARIANT);
  compare->models = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, other_free);
  compare->main_title = g_strdup ("");
  compare->common_title = g_strdup ("");
  compare->view = why_runner_add_sibling (self->runner, self->view);
  compare->difference_view = why_runner_add_view (self->runner);
  self->compare = compare;
}

void
why_document_compare_dispose (WhyDocument *self)
{
  WhyDocumentCompare *compare = self->compare;

  if (compare == NULL)
    return;
  why_document_compare_cancel (self);
  why_runner_remove_view (self->runner, compare->view);
  g_hash_table_unref (compare->models);
  g_object_unref (compare->variants);
  g_clear_pointer (&compare->difference, why_difference_free);
  g_free (compare->main_title);
  g_free (compare->common_title);
  g_free (compare);
  self->compare = NULL;
}
