#include "config.h"

#include "document-private.h"

#include "base/error.h"
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

  why_document_leave_session (self);
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

  why_document_leave_session (self);
  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_MODEL], &model_class, g_strdup (path),
                     on_model, NULL, self);
  why_document_set_loading (self, WHY_LOAD_MODEL, path);
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
  why_document_cancel_export (self);
}
