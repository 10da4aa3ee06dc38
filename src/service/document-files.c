#include "config.h"

#include "document-private.h"

#include "base/error.h"
#include "service/export.h"
#include "service/samples.h"
#include "service/sheet.h"
#include "session-file.h"

#include <glib/gi18n-lib.h>

/* Opening and writing files, all on the loader thread. */

/* ---- pictures ---- */

static gpointer
load_picture (gpointer path, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  return why_picture_load (path, cancel, error);
}

static void
picture_free (gpointer picture)
{
  why_picture_free (picture);
}

static const WhyWorkerClass picture_class = {
  .run = load_picture,
  .free_job = g_free,
  .free_result = picture_free,
};

void
why_document_set_loading (WhyDocument *self, WhyLoad load, const char *path)
{
  g_clear_pointer (&self->load_names[load], g_free);
  self->loading[load] = path != NULL;
  if (path != NULL)
    self->load_names[load] = g_filename_display_basename (path);
  why_document_update_busy (self);
}

static void
on_picture (gpointer job, gpointer result, const GError *error, gpointer data)
{
  WhyDocument *self = data;
  const WhyPicture *picture = result;

  g_object_freeze_notify (G_OBJECT (self));
  if (picture == NULL)
    why_document_fail (self, WHY_ERROR_KIND_PICTURE, error->message);
  else
    {
      why_document_succeed (self, WHY_ERROR_KIND_PICTURE);
      why_document_take_picture (self, why_picture_copy (picture));
    }
  why_document_set_loading (self, WHY_LOAD_PICTURE, NULL);
  why_document_case_read (self, job, error != NULL ? error->message : NULL);
  why_document_apply_session (self);
  g_object_thaw_notify (G_OBJECT (self));
}

void
why_document_open_picture (WhyDocument *self, const char *path)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  g_return_if_fail (path != NULL);

  g_autofree char *wanted = g_strdup (path);
  g_free (self->wanted_picture);
  self->wanted_picture = g_steal_pointer (&wanted);
  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_PICTURE], &picture_class, g_strdup (path),
                     on_picture, NULL, self);
  why_document_set_loading (self, WHY_LOAD_PICTURE, path);
}

/* ---- models ---- */

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
on_model (gpointer job, gpointer result, const GError *error, gpointer data)
{
  WhyDocument *self = data;

  g_object_freeze_notify (G_OBJECT (self));
  if (result == NULL)
    why_document_fail (self, WHY_ERROR_KIND_MODEL, error->message);
  else
    {
      why_document_succeed (self, WHY_ERROR_KIND_MODEL);
      why_document_take_model (self, g_object_ref (result));
    }
  why_document_set_loading (self, WHY_LOAD_MODEL, NULL);
  why_document_apply_session (self);
  g_object_thaw_notify (G_OBJECT (self));
}

void
why_document_open_model (WhyDocument *self, const char *path)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  g_return_if_fail (path != NULL);

  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_MODEL], &model_class, g_strdup (path),
                     on_model, NULL, self);
  why_document_set_loading (self, WHY_LOAD_MODEL, path);
}

gboolean
why_document_open_sample (WhyDocument *self)
{
  g_autoptr (GError) error = NULL;

  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  g_autofree char *model = why_samples_model (&error);
  g_autofree char *picture = model != NULL ? why_samples_picture (&error) : NULL;
  if (picture == NULL)
    {
      why_document_fail (self, WHY_ERROR_KIND_OTHER, error->message);
      return FALSE;
    }
  why_document_open_model (self, model);
  why_document_open_picture (self, picture);
  return TRUE;
}

/* ---- figures ---- */

typedef struct
{
  WhyExport what;
  WhySheet *sheet; /* NULL: one map */
  char *path;
} ExportJob;

static void
export_job_free (gpointer data)
{
  ExportJob *job = data;

  g_object_unref (job->what.model);
  g_free ((char *) job->what.input_path);
  why_tensor_unref (job->what.picture);
  why_picture_free ((WhyPicture *) job->what.source);
  why_result_unref (job->what.result);
  g_clear_pointer (&job->sheet, why_sheet_free);
  g_free (job->path);
  g_free (job);
}

static gpointer
run_export (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  ExportJob *job = data;

  const gboolean written = job->sheet != NULL ? why_sheet_write (job->sheet, job->path, job->what.theme, cancel, error)
                                              : why_export_figure (&job->what, job->path, cancel, error);

  return written ? g_strdup (job->path) : NULL;
}

static const WhyWorkerClass export_class = {
  .run = run_export,
  .free_job = export_job_free,
  .free_result = g_free,
};

static void
on_exported (gpointer job, gpointer result, const GError *error, gpointer data)
{
  WhyDocument *self = data;
  g_autoptr (GTask) task = g_steal_pointer (&self->export_task);

  if (result != NULL)
    why_document_succeed (self, WHY_ERROR_KIND_EXPORT);
  else
    why_document_fail (self, WHY_ERROR_KIND_EXPORT, error->message);
  why_document_set_loading (self, WHY_LOAD_EXPORT, NULL);
  if (result != NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_error_copy (error));
}

static void
cancel_export (WhyDocument *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->export_task);

  if (task != NULL)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s", _ ("Writing the figure was cancelled"));
}

static gboolean
describe_export (WhyDocument *self, WhyExport *what)
{
  WhyOverlayMap map;

  if (self->model == NULL || self->picture == NULL || !why_document_get_overlay (self, &map, &what->style))
    return FALSE;
  /* What others see is tried out on the screen; a figure has the true colours. */
  what->style.vision = WHY_VISION_NORMAL;
  what->model = self->model;
  what->input_path = self->picture->path;
  what->picture = why_document_get_covered_picture (self);
  what->source = self->picture;
  what->result = self->result;
  what->kind = WHY_FIGURE_SIDE_BY_SIDE;
  what->theme = WHY_THEME_LIGHT;
  return TRUE;
}

void
why_document_export (WhyDocument *self, const char *path, GAsyncReadyCallback callback, gpointer data)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  g_return_if_fail (path != NULL);

  WhyExport what = { 0 };
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, data);
  g_task_set_source_tag (task, why_document_export);
  if (!describe_export (self, &what))
    {
      why_document_fail (self, WHY_ERROR_KIND_EXPORT, _ ("There is no map yet that could be written to a file"));
      g_task_return_new_error (task, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s", self->error_message);
      return;
    }

  ExportJob *job = g_new0 (ExportJob, 1);
  job->what = what;
  g_object_ref (job->what.model);
  job->what.input_path = g_strdup (what.input_path);
  why_tensor_ref (job->what.picture);
  job->what.source = why_picture_copy (what.source);
  why_result_ref (job->what.result);
  job->sheet = why_sheet_new (self);
  job->path = g_strdup (path);

  cancel_export (self);
  self->export_task = g_steal_pointer (&task);
  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_EXPORT], &export_class, job, on_exported, NULL,
                     self);
  why_document_set_loading (self, WHY_LOAD_EXPORT, path);
}

gboolean
why_document_export_finish (WhyDocument *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

char *
why_document_dup_command_line (WhyDocument *self)
{
  WhyExport what = { 0 };

  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return describe_export (self, &what) ? why_export_command (&what, NULL) : NULL;
}

/* ---- stopping ---- */

void
why_document_cancel_loads (WhyDocument *self)
{
  WhyWorker *loader = why_runner_loader (self->runner);

  for (int load = 0; load < WHY_N_LOADS; load++)
    {
      why_worker_cancel (loader, self->loads[load]);
      self->loading[load] = FALSE;
      g_clear_pointer (&self->load_names[load], g_free);
    }
  for (guint index = 0; index < self->sniffs->len; index++)
    why_worker_cancel (loader, g_array_index (self->sniffs, guint, index));
  g_array_set_size (self->sniffs, 0);
  /* Else it would be put upon whatever is opened next. */
  g_clear_pointer (&self->pending, why_session_file_free);
  cancel_export (self);
}
