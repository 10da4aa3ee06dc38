#include "config.h"

#include "service/document-look.h"
#include "comparison.h"
#include "checksum.h"
#include "annotation-private.h"
#include "model-private.h"
#include "session-file.h"
#include "step-private.h"

#include <glib/gi18n-lib.h>

/* Saving what a document shows, and showing it again. */

typedef struct
{
  WhySessionFile *session;
  char *path;
} SaveJob;

static void
save_job_free (gpointer data)
{
  SaveJob *job = data;

  why_session_file_free (job->session);
  g_free (job->path);
  g_free (job);
}

static gpointer
run_save (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  const SaveJob *job = data;

  return why_session_file_write (job->session, job->path, cancel, error) ? g_strdup (job->path) : NULL;
}

static const WhyWorkerClass save_class = {
  .run = run_save,
  .free_job = save_job_free,
  .free_result = g_free,
};

static void
set_session_path (WhyDocument *self, const char *path)
{
  g_autofree char *full = path != NULL ? g_canonicalize_filename (path, NULL) : NULL;

  if (g_strcmp0 (full, self->session_path) == 0)
    return;
  g_free (self->session_path);
  self->session_path = g_steal_pointer (&full);
  why_document_notify (self, WHY_DOCUMENT_PROP_SESSION_PATH);
}

const char *
why_document_get_session_path (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->session_path;
}

void
why_document_leave_session (WhyDocument *self)
{
  set_session_path (self, NULL);
}

static void
on_saved (gpointer job, gpointer result, const GError *error, gpointer data)
{
  WhyDocument *self = data;

  if (result != NULL)
    why_document_succeed (self, WHY_ERROR_KIND_EXPORT);
  else
    why_document_fail (self, WHY_ERROR_KIND_EXPORT, error->message);
  why_document_set_loading (self, WHY_LOAD_SAVE, NULL);
  if (result != NULL)
    {
      set_session_path (self, result);
      why_document_emit_session_saved (self, result);
    }
}

static GPtrArray *
describe_steps (WhyDocument *self)
{
  GPtrArray *steps = why_session_steps_new ();

  for (guint index = 0; index < self->state.steps->len; index++)
    {
      WhyStep *step = g_ptr_array_index (self->state.steps, index);
      WhySessionStep *told = why_session_step_new ();

      told->name = g_strdup (step->name);
      why_document_state_copy (&step->state, &told->state);
      /* Objects stay in this thread. */
      g_clear_pointer (&told->state.occlusions, g_ptr_array_unref);
      g_clear_pointer (&told->state.annotations, g_ptr_array_unref);
      for (guint cover = 0; cover < step->state.occlusions->len; cover++)
        {
          WhyCover copy;
          why_cover_copy (why_occlusion_get_cover (g_ptr_array_index (step->state.occlusions, cover)), &copy);
          g_array_append_val (told->covers, copy);
        }
      told->plane = step->plane;
      told->slice = step->slice;
      told->part = step->part;
      told->picture = g_strdup (step->picture);
      told->picture_width = step->picture_width;
      told->picture_height = step->picture_height;
      g_ptr_array_add (steps, told);
    }
  return steps;
}

static void
take_covers (WhyDocument *self, const GArray *covers, GPtrArray *occlusions)
{
  for (guint index = 0; index < covers->len; index++)
    {
      const WhyCover *cover = &g_array_index (covers, WhyCover, index);
      g_ptr_array_add (occlusions, why_occlusion_new (cover));
      self->n_covers_made = MAX (self->n_covers_made, cover->seed);
    }
}

static GPtrArray *
take_steps (WhyDocument *self, const GPtrArray *told)
{
  GPtrArray *steps = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint index = 0; index < told->len; index++)
    {
      WhySessionStep *read = g_ptr_array_index (told, index);
      WhyStep *step = why_step_new (read->name != NULL ? read->name : "", &read->state);

      /* The copy shares the list of the file's state, which is empty, or has none where the state was
       * described in this program (a reload); it needs one of its own. */
      g_clear_pointer (&step->state.occlusions, g_ptr_array_unref);
      step->state.occlusions = g_ptr_array_new_with_free_func (g_object_unref);
      take_covers (self, read->covers, step->state.occlusions);
      step->plane = read->plane;
      step->slice = read->slice;
      step->part = read->part;
      step->picture = read->picture != NULL ? why_model_clean_text (read->picture) : NULL;
      step->picture_width = read->picture_width;
      step->picture_height = read->picture_height;
      g_ptr_array_add (steps, step);
    }
  return steps;
}

WhySessionFile *
why_document_make_session (WhyDocument *self)
{
  WhySessionFile *session = g_new0 (WhySessionFile, 1);

  session->model_path = self->model != NULL ? g_canonicalize_filename (why_model_get_path (self->model), NULL) : NULL;
  session->picture_path = self->picture != NULL ? g_canonicalize_filename (self->picture->path, NULL) : NULL;
  session->labels_path = self->labels_path != NULL ? g_canonicalize_filename (self->labels_path, NULL) : NULL;
  if (why_case_list_is_chosen (self->cases))
    session->cases = why_case_list_dup_paths (self->cases);
  why_document_state_copy (&self->state, &session->state);
  g_clear_pointer (&session->state.occlusions, g_ptr_array_unref);
  session->covers = why_cover_array_new ();
  g_clear_pointer (&session->state.annotations, g_ptr_array_unref);
  session->annotations = why_annotation_dup_data (self->state.annotations);
  for (guint index = 0; index < self->state.occlusions->len; index++)
    {
      WhyCover cover;
      why_cover_copy (why_occlusion_get_cover (g_ptr_array_index (self->state.occlusions, index)), &cover);
      g_array_append_val (session->covers, cover);
    }
  g_clear_pointer (&session->state.steps, g_ptr_array_unref);
  session->steps = describe_steps (self);
  session->fill = g_strdup (self->fill);
  session->plane = why_document_get_plane (self);
  session->slice = why_document_has_planes (self) ? why_document_get_slice (self) : -1;
  if (!why_document_get_cross_hair (self, session->cross))
    session->cross[0] = -1;
  return session;
}

void
why_document_save_session (WhyDocument *self, const char *path)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  g_return_if_fail (path != NULL);

  SaveJob *job = g_new0 (SaveJob, 1);
  job->session = why_document_make_session (self);
  job->path = g_strdup (path);
  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_SAVE], &save_class, job, on_saved, NULL, self);
  why_document_set_loading (self, WHY_LOAD_SAVE, path);
}

static gpointer
run_read (gpointer path, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  return why_session_file_read (path, cancel, error);
}

static void
session_free (gpointer session)
{
  why_session_file_free (session);
}

static const WhyWorkerClass read_class = {
  .run = run_read,
  .free_job = g_free,
  .free_result = session_free,
};

void
why_document_show_session (WhyDocument *self, WhySessionFile *session)
{
  /* Read once more, or gone on with: it is the same session still. */
  g_autofree char *path = g_strdup (self->session_path);

  g_clear_pointer (&self->pending, why_session_file_free);
  self->pending = session;
  if (session->model_path != NULL)
    why_document_open_model (self, session->model_path);
  if (session->labels_path != NULL)
    why_document_open_labels (self, session->labels_path);
  if (session->picture_path != NULL)
    why_document_open_picture (self, session->picture_path);
  if (session->cases != NULL && session->cases[0] != NULL && session->picture_path != NULL)
    why_case_list_set_paths (self->cases, (const char *const *) session->cases, session->picture_path);
  set_session_path (self, path);
}

static WhySessionSource
first_missing (const WhySessionFile *session)
{
  WhySessionSource source = WHY_SESSION_MODEL;

  while (source < WHY_SESSION_LABELS && (session->missing & (1u << source)) == 0)
    source++;
  return source;
}

static void
say_missing (WhyDocument *self)
{
  g_autofree char *message = g_strdup_printf (_ ("The session names a file that is not there: %s"),
                                              why_document_get_missing_path (self));
  why_document_fail (self, WHY_ERROR_KIND_OTHER, message);
}

/* What is there is shown; the rest of the session waits for what is not. */
static void
show_incomplete (WhyDocument *self, WhySessionFile *session)
{
  self->incomplete = session;
  if (session->model_path != NULL && (session->missing & (1u << WHY_SESSION_MODEL)) == 0)
    why_document_open_model (self, session->model_path);
  if (session->picture_path != NULL && (session->missing & (1u << WHY_SESSION_PICTURE)) == 0)
    why_document_open_picture (self, session->picture_path);
  say_missing (self);
}

static void
on_read (gpointer job, gpointer result, const GError *error, gpointer data)
{
  WhyDocument *self = data;
  WhySessionFile *session = result;

  g_object_freeze_notify (G_OBJECT (self));
  g_clear_pointer (&self->incomplete, why_session_file_free);
  if (session == NULL)
    why_document_fail (self, WHY_ERROR_KIND_OTHER, error->message);
  else
    {
      WhySessionFile *taken = g_new0 (WhySessionFile, 1);
      *taken = *session;
      *session = (WhySessionFile) { 0 };
      if (taken->missing != 0)
        show_incomplete (self, taken);
      else
        why_document_show_session (self, taken);
      /* Only now: its files are opened like any others. */
      set_session_path (self, job);
    }
  why_document_set_loading (self, WHY_LOAD_SESSION, NULL);
  why_document_apply_session (self);
  g_object_thaw_notify (G_OBJECT (self));
}

void
why_document_open_session (WhyDocument *self, const char *path)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  g_return_if_fail (path != NULL);

  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_SESSION], &read_class, g_strdup (path), on_read,
                     NULL, self);
  why_document_set_loading (self, WHY_LOAD_SESSION, path);
}

/* ---- files that are somewhere else by now ---- */

const char *
why_document_get_missing_path (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->incomplete != NULL ? why_session_file_get_path (self->incomplete, first_missing (self->incomplete)) : NULL;
}

typedef struct
{
  char *paths[WHY_SESSION_N_SOURCES];
  char *checksums[WHY_SESSION_N_SOURCES];
} Located;

static void
located_free (gpointer data)
{
  Located *located = data;

  for (int source = 0; source < WHY_SESSION_N_SOURCES; source++)
    {
      g_free (located->paths[source]);
      g_free (located->checksums[source]);
    }
  g_free (located);
}

/* The job says where to look, the result what is there. */
static gpointer
run_locate (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  const Located *job = data;
  Located *located = g_new0 (Located, 1);

  for (int source = 0; source < WHY_SESSION_N_SOURCES; source++)
    {
      if (job->paths[source] == NULL || !g_file_test (job->paths[source], G_FILE_TEST_IS_REGULAR))
        continue;
      located->paths[source] = g_strdup (job->paths[source]);
      located->checksums[source] = why_checksum_file (job->paths[source], cancel, error);
      if (located->checksums[source] == NULL)
        {
          located_free (located);
          return NULL;
        }
    }
  return located;
}

static const WhyWorkerClass locate_class = {
  .run = run_locate,
  .free_job = located_free,
  .free_result = located_free,
};

static void
on_located (gpointer job, gpointer result, const GError *error, gpointer data)
{
  WhyDocument *self = data;
  const Located *located = result;

  g_object_freeze_notify (G_OBJECT (self));
  if (located == NULL)
    why_document_fail (self, WHY_ERROR_KIND_OTHER, error->message);
  else if (self->incomplete != NULL)
    {
      for (int source = 0; source < WHY_SESSION_N_SOURCES; source++)
        {
          if (located->paths[source] != NULL)
            why_session_file_found (self->incomplete, source, located->paths[source], located->checksums[source]);
        }
      if (self->incomplete->missing != 0)
        say_missing (self);
      else
        {
          why_document_dismiss_error (self);
          why_document_show_session (self, g_steal_pointer (&self->incomplete));
        }
    }
  why_document_set_loading (self, WHY_LOAD_SESSION, NULL);
  g_object_thaw_notify (G_OBJECT (self));
}

void
why_document_locate (WhyDocument *self, const char *path)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  g_return_if_fail (path != NULL);

  if (self->incomplete == NULL)
    return;
  const WhySessionSource sought = first_missing (self->incomplete);
  g_autofree char *full = g_canonicalize_filename (path, NULL);
  g_autofree char *folder = g_path_get_dirname (full);
  Located *job = g_new0 (Located, 1);
  for (WhySessionSource source = sought; source < WHY_SESSION_N_SOURCES; source++)
    {
      g_autofree char *name = NULL;
      if ((self->incomplete->missing & (1u << source)) == 0)
        continue;
      name = g_path_get_basename (why_session_file_get_path (self->incomplete, source));
      job->paths[source] = source == sought ? g_strdup (full) : g_build_filename (folder, name, NULL);
    }
  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_SESSION], &locate_class, job, on_located, NULL, self);
  why_document_set_loading (self, WHY_LOAD_SESSION, path);
}

/* Through the setters, so that a layer or class that is not there any more becomes a sentence and not a surprise. */
static void
set_question (WhyDocument *self, const WhyDocumentState *wanted)
{
  why_document_set_method (self, wanted->method);
  why_document_set_profile (self, wanted->profile);
  why_document_set_method_options (self, wanted->method_options);
  why_document_set_polarity (self, wanted->polarity);
  why_document_set_layer (self, wanted->layer);
  why_document_set_target_class (self, wanted->target_class);
  why_document_clear_also_classes (self);
  why_document_set_contrast_class (self, wanted->contrast_class);
  why_document_set_score (self, why_score_id (wanted->target.score));
  for (guint index = 0; index < wanted->target.also_classes->len; index++)
    why_document_toggle_also_class (self, g_array_index (wanted->target.also_classes, int, index));
  why_document_set_region (self, wanted->target.region);
  why_document_set_colormap (self, wanted->colormap);
}

void
why_document_apply_session (WhyDocument *self)
{
  WhySessionFile *session = self->pending;
  g_autofree char *failure = NULL;

  if (session == NULL || self->loading[WHY_LOAD_MODEL] || self->loading[WHY_LOAD_PICTURE] || self->loading[WHY_LOAD_LABELS])
    return;
  self->pending = NULL;
  g_object_freeze_notify (G_OBJECT (self));
  if (session->class_name != NULL && self->model != NULL)
    session->state.target_class = why_model_find_class (self->model, session->class_name, NULL);
  set_question (self, &session->state);
  failure = g_strdup (self->error_kind == WHY_ERROR_KIND_VALUE ? self->error_message : NULL);
  if (session->fill != NULL)
    why_document_set_fill (self, session->fill);

  WhyDocumentState state = why_document_begin_change (self);
  g_free (state.limits);
  state.limits = g_strdup (session->state.limits);
  state.lo = session->state.lo;
  state.hi = session->state.hi;
  state.opacity = session->state.opacity;
  state.threshold = session->state.threshold;
  state.show_map = session->state.show_map;
  state.smooth = session->state.smooth;
  why_comparison_unref (state.comparison);
  state.comparison = why_comparison_ref (session->state.comparison);
  state.curtain = session->state.curtain;
  state.look = session->state.look;
  state.view = session->state.view;
  state.um_per_pixel = session->state.um_per_pixel;
  if (self->picture != NULL && !self->picture->is_volume)
    state.roi = why_picture_find_roi (self->picture, NULL, &session->state.roi, 0);
  if (session->state.roi.width == 0)
    state.roi = (WhyRoi) { 0 };
  if (self->picture != NULL && !self->picture->is_volume && session->covers->len > 0)
    {
      g_ptr_array_unref (state.occlusions);
      state.occlusions = g_ptr_array_new_with_free_func (g_object_unref);
      take_covers (self, session->covers, state.occlusions);
    }
  if (self->picture != NULL && !self->picture->is_volume && session->annotations->len > 0)
    {
      g_ptr_array_unref (state.annotations);
      state.annotations = g_ptr_array_new_with_free_func (g_object_unref);
      for (guint index = 0; index < session->annotations->len; index++)
        g_ptr_array_add (state.annotations,
                         why_annotation_new (&g_array_index (session->annotations, WhyAnnotationData, index), index));
    }
  g_ptr_array_unref (state.steps);
  state.steps = take_steps (self, session->steps);
  why_document_commit (self, &state, NULL);
  why_document_set_selected_cover (self, (int) self->state.occlusions->len - 1);
  if (session->cross[0] >= 0)
    why_document_set_cross_hair (self, session->cross);
  if (session->slice >= 0)
    why_document_set_slice (self, session->plane, session->slice);
  why_document_forget_history (self);
  if (failure != NULL || session->warning != NULL)
    why_document_fail (self, WHY_ERROR_KIND_OTHER, failure != NULL ? failure : session->warning);
  why_session_file_free (session);
  g_object_thaw_notify (G_OBJECT (self));
}
