#include "config.h"

#include "document-private.h"
#include "network-export.h"

#include "base/error.h"
#include "service/annotation.h"
#include "service/caption.h"
#include "service/export.h"
#include "service/sheet.h"

#include <glib/gi18n-lib.h>

/* Taking the answer along: files of all kinds, on the loader thread. */

struct _WhyDocumentExport
{
  WhyExport what; /* owns what it points to */
};

void
why_document_export_free (WhyDocumentExport *described)
{
  g_object_unref (described->what.model);
  g_free ((char *) described->what.input_path);
  why_tensor_unref (described->what.picture);
  why_picture_free ((WhyPicture *) described->what.source);
  why_result_unref (described->what.result);
  g_array_unref (described->what.outlines);
  g_clear_pointer ((WhyExportSurvey **) &described->what.survey, why_export_survey_free);
  g_free (described);
}

const WhyExport *
why_document_export_get (const WhyDocumentExport *described)
{
  return &described->what;
}

typedef struct
{
  WhyDocumentExport *described; /* nullable: then the graph is written */
  WhyNetworkExport *network;    /* nullable */
  WhySheet *sheet; /* nullable: of all maps that are compared */
  WhyExportKind kind;
  char *path;
} ExportJob;

static void
export_job_free (gpointer data)
{
  ExportJob *job = data;

  g_clear_pointer (&job->described, why_document_export_free);
  g_clear_pointer (&job->network, why_network_export_free);
  g_clear_pointer (&job->sheet, why_sheet_free);
  g_free (job->path);
  g_free (job);
}

static gpointer
run_export (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  ExportJob *job = data;

  if (job->network != NULL)
    return why_network_export_write (job->network, job->path, cancel, error) ? g_strdup (job->path) : NULL;
  const WhyExport *what = &job->described->what;
  WhyExportKind kind = job->kind;

  if (!why_export_kind_resolve (job->path, &kind, error))
    return NULL;
  const gboolean drawn = kind == WHY_EXPORT_FIGURE || kind == WHY_EXPORT_SEEN;
  const gboolean written = drawn && job->sheet != NULL ? why_sheet_write (job->sheet, job->path, what->theme, cancel, error)
                                                       : why_export_write (what, kind, job->path, cancel, error);
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

void
why_document_cancel_export (WhyDocument *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->export_task);

  if (task != NULL)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s", _ ("Writing the figure was cancelled"));
}

static gboolean
describe_export (WhyDocument *self, const WhyExportOptions *options, WhyExport *what)
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
  what->hide_map = !self->state.show_map;
  what->um_per_pixel = why_document_get_um_per_pixel (self);
  what->turn = self->state.view.turn;
  if (options == NULL)
    return TRUE;
  what->theme = options->dark ? WHY_THEME_DARK : WHY_THEME_LIGHT;
  what->view = options->view;
  what->survey = options->survey;
  what->width = options->width;
  what->scale = options->scale;
  what->text_scale = options->text_scale;
  what->text = options->text;
  what->full_paths = options->full_paths;
  return TRUE;
}

GArray *
why_document_dup_outlines (WhyDocument *self)
{
  GArray *outlines = why_export_outlines_new ();

  for (guint index = 0; index < self->state.annotations->len; index++)
    {
      WhyAnnotation *annotation = g_ptr_array_index (self->state.annotations, index);
      const WhyExportOutline outline = {
        .shape = why_annotation_get_visible (annotation) ? why_area_ref (why_annotation_get_shape (annotation)) : NULL,
        .color = why_annotation_get_color (annotation),
        .pattern = why_annotation_get_pattern (annotation),
      };
      if (outline.shape != NULL)
        g_array_append_val (outlines, outline);
    }
  return outlines;
}

WhyDocumentExport *
why_document_describe_export (WhyDocument *self, const WhyExportOptions *options)
{
  WhyExport what = { 0 };

  why_document_finish_window (self);
  if (!describe_export (self, options, &what))
    return NULL;
  WhyDocumentExport *described = g_new0 (WhyDocumentExport, 1);
  described->what = what;
  g_object_ref (described->what.model);
  described->what.input_path = g_strdup (what.input_path);
  why_tensor_ref (described->what.picture);
  described->what.source = why_picture_copy (what.source);
  why_result_ref (described->what.result);
  described->what.outlines = why_document_dup_outlines (self);
  if (what.survey != NULL)
    described->what.survey = why_export_survey_copy (what.survey);
  return described;
}

/* Takes @job. */
static void
submit_export (WhyDocument *self, ExportJob *job, const char *path, GTask *task)
{
  job->path = g_strdup (path);
  why_document_cancel_export (self);
  self->export_task = g_object_ref (task);
  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_EXPORT], &export_class, job, on_exported, NULL,
                     self);
  why_document_set_loading (self, WHY_LOAD_EXPORT, path);
}

void
why_document_export (WhyDocument *self, const char *path, const WhyExportOptions *options, GAsyncReadyCallback callback, gpointer data)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  g_return_if_fail (path != NULL);

  g_autoptr (GTask) task = g_task_new (self, NULL, callback, data);
  WhyDocumentExport *described = why_document_describe_export (self, options);
  g_task_set_source_tag (task, why_document_export);
  if (described == NULL)
    {
      why_document_fail (self, WHY_ERROR_KIND_EXPORT, _ ("There is no map yet that could be written to a file"));
      g_task_return_new_error (task, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s", self->error_message);
      return;
    }

  ExportJob *job = g_new0 (ExportJob, 1);
  job->described = described;
  job->kind = options != NULL ? options->kind : WHY_EXPORT_AUTO;
  job->sheet = why_sheet_new (self);
  submit_export (self, job, path, task);
}

void
why_document_export_network (WhyDocument *self, WhyNetwork *network, const char *path, const WhyExportOptions *options,
                             GAsyncReadyCallback callback, gpointer data)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && self->model != NULL);
  g_return_if_fail (network != NULL && path != NULL && options != NULL);

  g_autoptr (GTask) task = g_task_new (self, NULL, callback, data);
  g_task_set_source_tag (task, why_document_export_network);
  ExportJob *job = g_new0 (ExportJob, 1);
  job->network = why_network_export_new (self, network, options);
  submit_export (self, job, path, task);
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
  return describe_export (self, NULL, &what) ? why_export_command (&what, NULL) : NULL;
}

char *
why_document_dup_caption (WhyDocument *self)
{
  WhyExport what = { 0 };

  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return describe_export (self, NULL, &what) ? why_caption_text (&what) : NULL;
}

double
why_document_get_um_per_pixel (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);

  const double stated = self->picture != NULL ? why_picture_get_um_per_pixel (self->picture) : 0;

  if (stated > 0 || why_document_is_volume (self))
    return stated;
  if (self->state.um_per_pixel > 0 || self->picture == NULL)
    return self->state.um_per_pixel;
  return self->picture->um_per_pixel;
}

void
why_document_set_um_per_pixel (WhyDocument *self, double um_per_pixel)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));

  if (!(um_per_pixel >= 0) || um_per_pixel > 1e9)
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("A pixel size is a number of micrometres above 0, or 0 for unknown"));
      return;
    }
  if (self->picture != NULL && (self->picture->is_volume || why_picture_get_um_per_pixel (self->picture) > 0))
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("The size of a volume's voxels is stated in its file"));
      return;
    }
  if (um_per_pixel == self->state.um_per_pixel)
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.um_per_pixel = um_per_pixel;
  why_document_commit (self, &state, NULL);
}
