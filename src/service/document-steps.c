#include "config.h"

#include "step-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* The steps of a talk: kept with the state, so that adding and removing can be undone like all else. */

#define THUMBNAIL_SIDE 192.0
#define MAX_STEPS 1000

/* ---- thumbnails ---- */

typedef struct
{
  WhyDocumentExport *described;
  WhyStep *step; /* touched by the main thread only */
} ThumbnailJob;

static void
thumbnail_job_free (gpointer data)
{
  ThumbnailJob *job = data;

  why_document_export_free (job->described);
  g_object_unref (job->step);
  g_free (job);
}

static gpointer
run_thumbnail (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  ThumbnailJob *job = data;
  int width, height;
  g_autofree guint32 *pixels = why_export_render_seen (why_document_export_get (job->described), &width, &height, error);

  if (pixels == NULL)
    return NULL;
  const gint64 dims[] = { height, width, 3 };
  WhyTensor *thumbnail = why_tensor_new (WHY_DTYPE_UINT8, 3, dims, error);
  for (gsize pixel = 0; thumbnail != NULL && pixel < (gsize) width * (gsize) height; pixel++)
    {
      for (int c = 0; c < 3; c++)
        ((guint8 *) thumbnail->data)[3 * pixel + (gsize) c] = (guint8) (pixels[pixel] >> (16 - 8 * c));
    }
  return thumbnail;
}

static void
tensor_free (gpointer tensor)
{
  why_tensor_unref (tensor);
}

static const WhyWorkerClass thumbnail_class = {
  .run = run_thumbnail,
  .free_job = thumbnail_job_free,
  .free_result = tensor_free,
};

static void
on_thumbnail (gpointer data, gpointer result, const GError *error, gpointer self)
{
  ThumbnailJob *job = data;

  /* A step without a picture is still a step. */
  if (result != NULL)
    why_step_take_thumbnail (job->step, why_tensor_ref (result));
}

/* Of what is shown just now, which is @step. */
static void
make_thumbnail (WhyDocument *self, WhyStep *step)
{
  WhyExportOptions options = { .kind = WHY_EXPORT_SEEN, .view = step->part, .text = WHY_EXPORT_TEXT_NONE };
  double width = step->part.width;
  double height = step->part.height;

  if (width <= 0 || height <= 0)
    {
      width = (double) why_document_get_picture_width (self);
      height = (double) why_document_get_picture_height (self);
    }
  options.width = MAX (1, round (width * THUMBNAIL_SIDE / MAX (MAX (width, height), 1)));
  WhyDocumentExport *described = why_document_describe_export (self, &options);
  if (described == NULL)
    return;
  ThumbnailJob *job = g_new0 (ThumbnailJob, 1);
  job->described = described;
  job->step = g_object_ref (step);
  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_THUMBNAIL], &thumbnail_class, job, on_thumbnail, NULL,
                     self);
}

/* ---- known answers ---- */

static gboolean
fits_here (WhyDocument *self, const WhyResult *result)
{
  return result != NULL && self->model != NULL && self->picture != NULL &&
         result->request->model == why_model_get_onnx (self->model) && result->request->pixels == self->picture->pixels;
}

WhyResult *
why_document_find_known (WhyDocument *self)
{
  for (guint index = 0; index < self->state.steps->len; index++)
    {
      WhyStep *step = g_ptr_array_index (self->state.steps, index);
      if (fits_here (self, step->result) && why_document_state_asks_same (&step->state, &self->state))
        return step->result;
    }
  return NULL;
}

void
why_document_steps_take_result (WhyDocument *self)
{
  for (guint index = 0; index < self->state.steps->len; index++)
    {
      WhyStep *step = g_ptr_array_index (self->state.steps, index);
      if (!why_document_state_asks_same (&step->state, &self->state))
        continue;
      if (!fits_here (self, step->result))
        {
          g_clear_pointer (&step->result, why_result_unref);
          step->result = why_result_ref (self->result);
        }
      if ((int) index == self->step && step->thumbnail == NULL)
        make_thumbnail (self, step);
    }
}

void
why_document_steps_forget_answers (WhyDocument *self)
{
  for (guint index = 0; index < self->state.steps->len; index++)
    {
      WhyStep *step = g_ptr_array_index (self->state.steps, index);
      g_clear_pointer (&step->result, why_result_unref);
      for (guint cover = 0; cover < step->state.occlusions->len; cover++)
        why_occlusion_set_probabilities (g_ptr_array_index (step->state.occlusions, cover), NULL, NULL);
      if (step->thumbnail != NULL)
        why_step_take_thumbnail (step, NULL);
    }
  why_document_set_step (self, -1);
}

/* ---- the list ---- */

void
why_document_update_steps (WhyDocument *self)
{
  const GPtrArray *wanted = self->state.steps;
  GListModel *shown = G_LIST_MODEL (self->steps);
  const guint n_shown = g_list_model_get_n_items (shown);
  guint same = 0;

  while (same < n_shown && same < wanted->len)
    {
      g_autoptr (WhyStep) step = g_list_model_get_item (shown, same);
      if (step != g_ptr_array_index (wanted, same))
        break;
      same++;
    }
  if (same < n_shown || same < wanted->len)
    g_list_store_splice (self->steps, same, n_shown - same, wanted->pdata + same, wanted->len - same);
  if (self->step >= (int) wanted->len)
    why_document_set_step (self, (int) wanted->len - 1);
}

GListModel *
why_document_get_steps (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return G_LIST_MODEL (self->steps);
}

int
why_document_get_step (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), -1);
  return self->step;
}

void
why_document_set_step (WhyDocument *self, int step)
{
  if (self->step == step)
    return;
  self->step = step;
  why_document_notify (self, WHY_DOCUMENT_PROP_STEP);
}

static GPtrArray *
copy_steps (WhyDocument *self)
{
  GPtrArray *steps = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint index = 0; index < self->state.steps->len; index++)
    g_ptr_array_add (steps, g_object_ref (g_ptr_array_index (self->state.steps, index)));
  return steps;
}

static void
commit_steps (WhyDocument *self, GPtrArray *steps)
{
  WhyDocumentState state = why_document_begin_change (self);

  g_ptr_array_unref (state.steps);
  state.steps = steps;
  why_document_commit (self, &state, NULL);
}

static gboolean
check_index (WhyDocument *self, int index)
{
  if (index >= 0 && (guint) index < self->state.steps->len)
    return TRUE;
  g_autofree char *message = g_strdup_printf (
    g_dngettext (GETTEXT_PACKAGE, "There is no step %d; there is %u", "There is no step %d; there are %u", self->state.steps->len),
    index < G_MAXINT ? index + 1 : index, self->state.steps->len);
  why_document_fail (self, WHY_ERROR_KIND_VALUE, message);
  return FALSE;
}

/* "bag, block3.relu, covered" */
static char *
invent_name (WhyDocument *self)
{
  WhyClassItem *item = why_document_get_class (self, why_document_get_shown_class (self));
  const char *layer = why_document_get_shown_layer (self);
  GString *name = g_string_new (item != NULL ? why_class_item_get_label (item) : _ ("Picture"));

  if (!self->state.show_map)
    g_string_append_printf (name, ", %s", _ ("without map"));
  else if (layer != NULL)
    g_string_append_printf (name, ", %s", layer);
  if (self->state.occlusions->len > 0)
    g_string_append_printf (name, ", %s", _ ("covered"));
  return g_string_free (name, FALSE);
}

static char *
dup_picture_name (WhyDocument *self)
{
  return self->picture != NULL && self->picture->path != NULL ? g_filename_display_basename (self->picture->path)
                                                              : NULL;
}

gboolean
why_document_get_steps_mix_pictures (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  g_autofree char *open = dup_picture_name (self);
  const char *only = open;

  for (guint index = 0; index < self->state.steps->len; index++)
    {
      const WhyStep *step = g_ptr_array_index (self->state.steps, index);
      if (step->picture != NULL && only != NULL && strcmp (step->picture, only) != 0)
        return TRUE;
      if (only == NULL)
        only = step->picture;
    }
  return FALSE;
}

void
why_document_add_step (WhyDocument *self, const char *name, const WhyRect *part)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));

  if (self->picture == NULL || self->state.steps->len >= MAX_STEPS)
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE,
                         self->picture == NULL ? _ ("Open a picture first: there is nothing to show in a talk yet")
                                               : _ ("A talk has at most 1000 steps"));
      return;
    }
  g_autofree char *invented = name == NULL || *name == '\0' ? invent_name (self) : NULL;
  WhyStep *step = why_step_new (invented != NULL ? invented : name, &self->state);
  step->plane = why_document_get_plane (self);
  step->slice = why_document_has_planes (self) ? why_document_get_slice (self) : -1;
  step->part = part != NULL ? *part : (WhyRect) { 0 };
  step->picture = dup_picture_name (self);
  step->picture_width = why_document_get_picture_width (self);
  step->picture_height = why_document_get_picture_height (self);
  GPtrArray *steps = copy_steps (self);
  g_ptr_array_add (steps, step);
  commit_steps (self, steps);
  why_document_set_step (self, (int) self->state.steps->len - 1);
  if (!self->running && self->result != NULL)
    why_document_steps_take_result (self);
}

void
why_document_remove_step (WhyDocument *self, int index)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));

  if (!check_index (self, index))
    return;
  GPtrArray *steps = copy_steps (self);
  g_ptr_array_remove_index (steps, (guint) index);
  commit_steps (self, steps);
}

void
why_document_move_step (WhyDocument *self, int from, int to)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));

  if (!check_index (self, from) || !check_index (self, to) || from == to)
    return;
  GPtrArray *steps = copy_steps (self);
  g_ptr_array_insert (steps, to, g_ptr_array_steal_index (steps, (guint) from));
  commit_steps (self, steps);
  if (self->step == from)
    why_document_set_step (self, to);
}

void
why_document_rename_step (WhyDocument *self, int index, const char *name)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && name != NULL);

  if (!check_index (self, index))
    return;
  GPtrArray *steps = copy_steps (self);
  WhyStep *old = g_ptr_array_index (steps, (guint) index);
  if (*name == '\0' || strcmp (old->name, name) == 0)
    {
      g_ptr_array_unref (steps);
      return;
    }
  steps->pdata[index] = why_step_renamed (old, name);
  g_object_unref (old);
  commit_steps (self, steps);
}

/* Whether the model that is open knows what the step asks of one. */
static gboolean
check_question (WhyDocument *self, WhyStep *step)
{
  g_autoptr (GError) error = NULL;
  const int n_classes = self->model != NULL ? why_model_get_n_classes (self->model) : 0;

  if (self->model != NULL &&
      (step->state.target_class >= n_classes || step->state.contrast_class >= n_classes ||
       (step->state.layer != NULL && why_model_find_layer (self->model, step->state.layer, &error) == NULL)))
    {
      g_autofree char *message = g_strdup_printf (_ ("The step “%s” was made with another model"), step->name);
      why_document_fail (self, WHY_ERROR_KIND_VALUE, message);
      return FALSE;
    }
  return TRUE;
}

gboolean
why_document_go_step (WhyDocument *self, int index)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);

  if (!check_index (self, index))
    return FALSE;
  g_autoptr (WhyStep) step = g_object_ref (g_ptr_array_index (self->state.steps, (guint) index));
  if (!check_question (self, step))
    return FALSE;
  WhyDocumentState state;
  why_document_state_copy (&step->state, &state);
  g_clear_pointer (&state.steps, g_ptr_array_unref);
  state.steps = g_ptr_array_ref (self->state.steps);
  state.um_per_pixel = self->state.um_per_pixel;
  state.view.turn = self->state.view.turn;
  /* Outlines are of the picture, not of what is asked about it. */
  g_clear_pointer (&state.annotations, g_ptr_array_unref);
  state.annotations = g_ptr_array_ref (self->state.annotations);
  /* Covers of a picture of another size would lie anywhere. */
  if (state.occlusions->len > 0 && (step->picture_width != why_document_get_picture_width (self) ||
                                    step->picture_height != why_document_get_picture_height (self)))
    {
      g_ptr_array_unref (state.occlusions);
      state.occlusions = g_ptr_array_new_with_free_func (g_object_unref);
    }
  g_object_freeze_notify (G_OBJECT (self));
  why_document_set_step (self, index);
  why_document_commit (self, &state, "step");
  if (step->slice >= 0 && why_document_has_planes (self))
    why_document_set_slice (self, step->plane, step->slice);
  g_object_thaw_notify (G_OBJECT (self));
  if (!self->running && self->result != NULL)
    why_document_steps_take_result (self);
  why_document_emit_step_shown (self, index);
  return TRUE;
}
