#include "config.h"

#include "document-private.h"

#include "base/error.h"
#include "image/recipe.h"
#include "model-private.h"
#include "service/file-kind.h"
#include "session-file.h"

#include <glib/gi18n-lib.h>

/* One Open for everything: what the files are is looked at first, in the loader thread. */

typedef struct
{
  char **paths;
  WhyFileKind *kinds;
} Sniffed;

static void
sniffed_free (gpointer data)
{
  Sniffed *sniffed = data;

  g_strfreev (sniffed->paths);
  g_free (sniffed->kinds);
  g_free (sniffed);
}

static void
strv_free (gpointer strv)
{
  g_strfreev (strv);
}

static gpointer
sniff (gpointer paths, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  Sniffed *sniffed = g_new0 (Sniffed, 1);
  const guint n_paths = g_strv_length (paths);

  sniffed->paths = g_strdupv (paths);
  sniffed->kinds = g_new0 (WhyFileKind, n_paths + 1);
  for (guint index = 0; index < n_paths; index++)
    sniffed->kinds[index] = why_file_kind_of (sniffed->paths[index]);
  return sniffed;
}

static const WhyWorkerClass sniff_class = {
  .run = sniff,
  .free_job = strv_free,
  .free_result = sniffed_free,
};

static void
on_folder_failed (const char *message, gpointer data)
{
  why_document_fail (data, WHY_ERROR_KIND_PICTURE, message);
}

static void
open_sniffed (WhyDocument *self, const Sniffed *sniffed)
{
  g_autoptr (GPtrArray) pictures = g_ptr_array_new ();
  const char *last[WHY_FILE_FOLDER + 1] = { NULL };

  for (gsize index = 0; sniffed->paths[index] != NULL; index++)
    {
      const WhyFileKind kind = sniffed->kinds[index];
      /* What looks like nothing is given to the reader of models, which says what it is instead. */
      last[kind == WHY_FILE_OTHER ? WHY_FILE_MODEL : kind] = sniffed->paths[index];
      if (why_file_kind_is_shown (kind))
        g_ptr_array_add (pictures, sniffed->paths[index]);
    }
  /* The names come after their model: the loader takes one after the other. */
  if (last[WHY_FILE_SESSION] != NULL)
    why_document_open_session (self, last[WHY_FILE_SESSION]);
  if (last[WHY_FILE_MODEL] != NULL)
    why_document_open_model (self, last[WHY_FILE_MODEL]);
  if (last[WHY_FILE_LABELS] != NULL)
    why_document_open_labels (self, last[WHY_FILE_LABELS]);
  if (pictures->len == 1)
    why_document_open_picture (self, g_ptr_array_index (pictures, 0));
  else if (pictures->len > 1)
    {
      g_ptr_array_add (pictures, NULL);
      why_case_list_set_paths (self->cases, (const char *const *) pictures->pdata, NULL);
    }
  else if (last[WHY_FILE_FOLDER] != NULL)
    why_case_list_open_folder (self->cases, last[WHY_FILE_FOLDER], NULL, on_folder_failed, self);
}

static void
on_sniffed (gpointer job, gpointer result, const GError *error, gpointer data)
{
  WhyDocument *self = data;

  /* They come in the order they were asked for. */
  g_array_remove_index (self->sniffs, 0);
  open_sniffed (self, result);
  why_document_update_busy (self);
}

void
why_document_open_paths (WhyDocument *self, const char *const *paths)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  g_return_if_fail (paths != NULL);

  if (paths[0] == NULL)
    return;
  const guint view = why_runner_add_view (self->runner);
  g_array_append_val (self->sniffs, view);
  why_worker_submit (why_runner_loader (self->runner), view, &sniff_class, g_strdupv ((char **) paths), on_sniffed, NULL, self);
  why_document_update_busy (self);
}

void
why_document_open (WhyDocument *self, const char *path)
{
  const char *paths[] = { path, NULL };

  g_return_if_fail (path != NULL);
  why_document_open_paths (self, paths);
}

/* ---- class names ---- */

static gpointer
read_labels (gpointer path, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  return why_labels_read (path, error);
}

static const WhyWorkerClass labels_class = {
  .run = read_labels,
  .free_job = g_free,
  .free_result = strv_free,
};

static void
on_labels (gpointer path, gpointer result, const GError *error, gpointer data)
{
  WhyDocument *self = data;

  g_object_freeze_notify (G_OBJECT (self));
  if (result == NULL)
    why_document_fail (self, WHY_ERROR_KIND_MODEL, error->message);
  else if (self->model == NULL)
    why_document_fail (self, WHY_ERROR_KIND_MODEL, _ ("These are names of classes; open the model that they belong to first"));
  else
    {
      why_document_succeed (self, WHY_ERROR_KIND_MODEL);
      g_autoptr (WhyModel) named = why_model_copy_with_labels (self->model, result);
      why_document_rename_classes (self, named);
      g_free (self->labels_path);
      self->labels_path = g_strdup (path);
    }
  why_document_set_loading (self, WHY_LOAD_LABELS, NULL);
  why_document_apply_session (self);
  g_object_thaw_notify (G_OBJECT (self));
}

void
why_document_open_labels (WhyDocument *self, const char *path)
{
  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_LABELS], &labels_class, g_strdup (path), on_labels,
                     NULL, self);
  why_document_set_loading (self, WHY_LOAD_LABELS, path);
}

const char *
why_document_get_labels_path (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->labels_path;
}

/* ---- once more ---- */

void
why_document_reload (WhyDocument *self)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));

  if (self->model == NULL && self->picture == NULL)
    return;
  why_document_dismiss_error (self);
  why_document_show_session (self, why_document_make_session (self));
}

/* ---- examples ---- */

/* An example shows what its story tells, whatever was asked before; how maps look stays as it is liked. */
static void
take_questions (WhyDocumentState *state, const WhySample *sample)
{
  WhyDocumentState preset;

  why_document_state_init (&preset);
  g_free (state->method);
  state->method = g_strdup (sample->method != NULL ? sample->method : preset.method);
  g_clear_pointer (&state->method_options, g_free);
  g_free (state->polarity);
  state->polarity = g_strdup (sample->polarity != NULL ? sample->polarity : preset.polarity);
  state->show_map = TRUE;
  why_document_target_clear (&state->target);
  why_document_target_init (&state->target);
  why_document_state_clear (&preset);
}

/* As a session of its own: the settings come when both files are there. */
void
why_document_show_sample (WhyDocument *self, const WhySample *sample)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  WhySessionFile *session = why_document_make_session (self);

  why_session_file_set_path (session, WHY_SESSION_MODEL, sample->model);
  why_session_file_set_path (session, WHY_SESSION_PICTURE, sample->picture);
  why_session_file_set_path (session, WHY_SESSION_LABELS, NULL);
  g_clear_pointer (&session->cases, g_strfreev);
  g_array_set_size (session->covers, 0);
  session->slice = -1;
  session->cross[0] = -1;
  session->state.target_class = -1;
  session->state.contrast_class = -1;
  session->class_name = g_strdup (sample->class_name);
  g_free (session->state.layer);
  session->state.layer = g_strdup (sample->layer);
  take_questions (&session->state, sample);
  why_document_leave_session (self);
  why_document_show_session (self, session);
}

gboolean
why_document_open_sample (WhyDocument *self)
{
  g_autoptr (GError) error = NULL;

  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  g_autoptr (WhySample) sample = why_samples_find (NULL, &error);
  if (sample == NULL)
    {
      why_document_fail (self, WHY_ERROR_KIND_OTHER, error->message);
      return FALSE;
    }
  why_document_show_sample (self, sample);
  return TRUE;
}
