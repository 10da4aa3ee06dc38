#include "config.h"

#include "annotation-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

GListModel *
why_document_get_annotations (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return G_LIST_MODEL (self->annotations);
}

int
why_document_get_selected_annotation (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), -1);
  return self->selected_annotation;
}

void
why_document_select_annotation (WhyDocument *self, int index)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (index < 0 || index >= (int) self->state.annotations->len)
    index = -1;
  if (index == self->selected_annotation)
    return;
  self->selected_annotation = index;
  why_document_notify (self, WHY_DOCUMENT_PROP_SELECTED_ANNOTATION);
  why_document_update_overlap (self);
  why_document_emit_redraw (self);
}

/* After the state's list was replaced. Rows that stay keep their objects. */
void
why_document_update_annotations (WhyDocument *self)
{
  const GPtrArray *wanted = self->state.annotations;
  const guint n_old = g_list_model_get_n_items (G_LIST_MODEL (self->annotations));
  guint same = 0, tail = 0;

  while (same < MIN (n_old, wanted->len))
    {
      g_autoptr (WhyAnnotation) old = g_list_model_get_item (G_LIST_MODEL (self->annotations), same);
      if (old != g_ptr_array_index (wanted, same))
        break;
      same++;
    }
  while (tail < MIN (n_old, wanted->len) - same)
    {
      g_autoptr (WhyAnnotation) old = g_list_model_get_item (G_LIST_MODEL (self->annotations), n_old - tail - 1);
      if (old != g_ptr_array_index (wanted, wanted->len - tail - 1))
        break;
      tail++;
    }
  if (same == n_old && n_old == wanted->len)
    return;
  g_list_store_splice (self->annotations, same, n_old - same - tail, wanted->pdata + same, wanted->len - same - tail);
  if (self->selected_annotation >= (int) wanted->len)
    why_document_select_annotation (self, -1);
  why_document_update_overlap (self);
}

static GPtrArray *
copy_list (WhyDocument *self)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint index = 0; index < self->state.annotations->len; index++)
    g_ptr_array_add (list, g_object_ref (g_ptr_array_index (self->state.annotations, index)));
  return list;
}

static void
commit_list (WhyDocument *self, GPtrArray *list, const char *kind)
{
  WhyDocumentState state = why_document_begin_change (self);

  g_ptr_array_unref (state.annotations);
  state.annotations = list;
  why_document_commit (self, &state, kind);
}

/* Whether @n more outlines can be added. */
static gboolean
check_room (WhyDocument *self, guint n)
{
  if (self->picture == NULL)
    why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("Open a picture first: there is nothing to outline yet"));
  else if (self->picture->is_volume)
    why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("Outlines are for pictures; this is a volume"));
  else if (self->state.annotations->len + n > WHY_MAX_ANNOTATIONS)
    why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("There are too many outlines; delete some first"));
  else
    return TRUE;
  return FALSE;
}

void
why_document_annotate (WhyDocument *self, WhyArea *shape, const char *name, const char *class_name)
{
  const WhyAnnotationData data = {
    .shape = shape,
    .name = (char *) name,
    .class_name = (char *) class_name,
    .visible = TRUE,
  };

  g_return_if_fail (WHY_IS_DOCUMENT (self) && shape != NULL);
  if (!check_room (self, 1))
    return;
  GPtrArray *list = copy_list (self);
  g_ptr_array_add (list, why_annotation_new (&data, list->len));
  g_object_freeze_notify (G_OBJECT (self));
  commit_list (self, list, NULL);
  why_document_select_annotation (self, (int) self->state.annotations->len - 1);
  g_object_thaw_notify (G_OBJECT (self));
}

/* Puts another annotation in the place of one. @kind: (nullable): changes of one kind in a row are one step back */
static void
replace_annotation (WhyDocument *self, guint index, const WhyAnnotationData *data, const char *kind)
{
  GPtrArray *list = copy_list (self);

  g_object_unref (g_ptr_array_index (list, index));
  g_ptr_array_index (list, index) = why_annotation_new (data, index);
  commit_list (self, list, kind);
}

static const WhyAnnotationData *
find (WhyDocument *self, guint index)
{
  if (index >= self->state.annotations->len)
    return NULL;
  return why_annotation_get_data (g_ptr_array_index (self->state.annotations, index));
}

void
why_document_rename_annotation (WhyDocument *self, guint index, const char *name, const char *class_name)
{
  const WhyAnnotationData *old = find (self, index);

  g_return_if_fail (WHY_IS_DOCUMENT (self) && name != NULL);
  if (old == NULL)
    return;
  WhyAnnotationData data = *old;
  data.name = (char *) name;
  if (class_name != NULL)
    data.class_name = *class_name != '\0' ? (char *) class_name : NULL;
  if (g_strcmp0 (old->name, data.name) != 0 || g_strcmp0 (old->class_name, data.class_name) != 0)
    replace_annotation (self, index, &data, NULL);
}

void
why_document_show_annotation (WhyDocument *self, guint index, gboolean visible)
{
  const WhyAnnotationData *old = find (self, index);

  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (old == NULL || old->visible == visible)
    return;
  WhyAnnotationData data = *old;
  data.visible = visible;
  replace_annotation (self, index, &data, NULL);
}

void
why_document_reshape_annotation (WhyDocument *self, guint index, WhyArea *shape)
{
  const WhyAnnotationData *old = find (self, index);

  g_return_if_fail (WHY_IS_DOCUMENT (self) && shape != NULL);
  if (old == NULL || why_area_equal (old->shape, shape))
    return;
  WhyAnnotationData data = *old;
  data.shape = shape;
  replace_annotation (self, index, &data, NULL);
}

void
why_document_nudge_annotation (WhyDocument *self, guint index, const WhyRect *by)
{
  const WhyAnnotationData *old = find (self, index);
  g_autoptr (GError) error = NULL;
  WhyRect box;

  g_return_if_fail (WHY_IS_DOCUMENT (self) && by != NULL);
  if (old == NULL)
    return;
  WhyAnnotationData data = *old;
  why_area_get_box (old->shape, &box);
  box.x += by->x;
  box.y += by->y;
  box.width = MAX (box.width + by->width, 1.0);
  box.height = MAX (box.height + by->height, 1.0);
  g_autoptr (WhyArea) moved = why_area_fit (old->shape, &box, &error);
  data.shape = moved;
  if (moved != NULL)
    replace_annotation (self, index, &data, "nudge-outline");
  else
    why_document_fail (self, WHY_ERROR_KIND_VALUE, error->message);
}

void
why_document_remove_annotation (WhyDocument *self, guint index)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (find (self, index) == NULL)
    return;
  GPtrArray *list = copy_list (self);
  g_ptr_array_remove_index (list, index);
  g_object_freeze_notify (G_OBJECT (self));
  commit_list (self, list, NULL);
  why_document_select_annotation (self, -1);
  g_object_thaw_notify (G_OBJECT (self));
}

void
why_document_clear_annotations (WhyDocument *self)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (self->state.annotations->len > 0)
    commit_list (self, g_ptr_array_new_with_free_func (g_object_unref), NULL);
}

GPtrArray *
why_document_dup_outline_areas (WhyDocument *self)
{
  GPtrArray *areas = g_ptr_array_new_with_free_func ((GDestroyNotify) why_area_unref);
  const WhyAnnotationData *selected =
    self->selected_annotation >= 0 ? find (self, (guint) self->selected_annotation) : NULL;

  for (guint index = 0; index < self->state.annotations->len; index++)
    {
      const WhyAnnotationData *data = find (self, index);
      if (selected != NULL ? data == selected : data->visible)
        g_ptr_array_add (areas, why_area_ref (data->shape));
    }
  return areas;
}

/* ---- files ---- */

typedef struct
{
  char *path;
  gint64 width, height;
  GArray *data; /* to be written; NULL: read */
} FileJob;

typedef struct
{
  GArray *data; /* nullable */
  char *warning;
} FileResult;

static void
job_free (gpointer pointer)
{
  FileJob *job = pointer;

  g_free (job->path);
  g_clear_pointer (&job->data, g_array_unref);
  g_free (job);
}

static void
result_free (gpointer pointer)
{
  FileResult *result = pointer;

  g_clear_pointer (&result->data, g_array_unref);
  g_free (result->warning);
  g_free (result);
}

static gpointer
run_file (gpointer pointer, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  const FileJob *job = pointer;
  FileResult *result = g_new0 (FileResult, 1);

  if (job->data != NULL ? why_annotation_file_write (job->data, job->width, job->height, job->path, error)
                        : (result->data = why_annotation_file_read (job->path, job->width, job->height, cancel,
                                                                    &result->warning, error)) != NULL)
    return result;
  result_free (result);
  return NULL;
}

static const WhyWorkerClass file_class = {
  .run = run_file,
  .free_job = job_free,
  .free_result = result_free,
};

static void
add_all (WhyDocument *self, const GArray *data)
{
  if (!check_room (self, data->len))
    return;
  GPtrArray *list = copy_list (self);
  for (guint index = 0; index < data->len; index++)
    g_ptr_array_add (list, why_annotation_new (&g_array_index (data, WhyAnnotationData, index), list->len));
  commit_list (self, list, NULL);
}

static void
on_file_done (gpointer job, gpointer pointer, const GError *error, gpointer data)
{
  WhyDocument *self = data;
  const FileResult *result = pointer;

  g_object_freeze_notify (G_OBJECT (self));
  if (result == NULL)
    why_document_fail (self, WHY_ERROR_KIND_OTHER, error->message);
  else if (result->data != NULL)
    {
      why_document_succeed (self, WHY_ERROR_KIND_OTHER);
      add_all (self, result->data);
      if (result->warning != NULL)
        why_document_fail (self, WHY_ERROR_KIND_OTHER, result->warning);
    }
  why_document_set_loading (self, WHY_LOAD_ANNOTATIONS, NULL);
  g_object_thaw_notify (G_OBJECT (self));
}

static void
submit (WhyDocument *self, const char *path, GArray *data)
{
  FileJob *job = g_new0 (FileJob, 1);

  job->path = g_strdup (path);
  job->width = why_document_get_picture_width (self);
  job->height = why_document_get_picture_height (self);
  job->data = data;
  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_ANNOTATIONS], &file_class, job, on_file_done, NULL,
                     self);
  why_document_set_loading (self, WHY_LOAD_ANNOTATIONS, path);
}

void
why_document_import_annotations (WhyDocument *self, const char *path)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && path != NULL);
  if (check_room (self, 1))
    submit (self, path, NULL);
}

void
why_document_export_annotations (WhyDocument *self, const char *path)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && path != NULL);

  g_autoptr (GPtrArray) shown = g_ptr_array_new ();
  for (guint index = 0; index < self->state.annotations->len; index++)
    if (find (self, index)->visible)
      g_ptr_array_add (shown, g_ptr_array_index (self->state.annotations, index));
  if (self->picture == NULL || shown->len == 0)
    why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("There is no outline to write: draw one, or show those that are hidden"));
  else
    submit (self, path, why_annotation_dup_data (shown));
}
