#include "config.h"

#include "document-private.h"

#include "base/error.h"

/* What a cover would do, while it is being drawn. One request is with the runner at a time; it is not cancelled by the
 * next shape, or none would ever be finished, but of those that come meanwhile only the last is asked about. */

static void submit (WhyDocument *self);

static void
on_preview (WhyResult *result, gpointer data)
{
  WhyDocument *self = data;

  self->preview_runs = FALSE;
  if (result->error != NULL)
    {
      why_document_fail (self, WHY_ERROR_KIND_RUN, result->error->message);
      g_clear_pointer (&self->preview_wanted, why_area_unref);
      return;
    }
  self->n_previews++;
  g_clear_pointer (&self->preview, why_result_unref);
  self->preview = why_result_ref (result);
  /* The next one is on its way before this one is drawn. */
  if (self->preview_wanted != NULL)
    submit (self);
  why_document_update_classes (self);
  why_document_emit_previewed (self);
}

static void
submit (WhyDocument *self)
{
  const GPtrArray *occlusions = self->state.occlusions;
  const guint index = self->preview_index >= 0 && self->preview_index < (int) occlusions->len ? (guint) self->preview_index
                                                                                              : occlusions->len;
  const gsize n_covers = MAX (occlusions->len, index + 1);
  g_autofree WhyCover *covers = g_new0 (WhyCover, n_covers);
  g_autofree WhyTensor **known = g_new0 (WhyTensor *, n_covers + 1);
  g_autoptr (WhyArea) shape = g_steal_pointer (&self->preview_wanted);

  known[0] = self->base_probabilities;
  for (guint at = 0; at < occlusions->len; at++)
    {
      covers[at] = *why_occlusion_get_cover (g_ptr_array_index (occlusions, at));
      if (at < index)
        known[at + 1] = why_occlusion_get_after_probabilities (g_ptr_array_index (occlusions, at));
    }
  if (index == occlusions->len)
    {
      if (!why_occlude_fill_from_string (self->fill, &covers[index].fill))
        g_return_if_reached ();
      /* As it will be once it is there. */
      covers[index].seed = self->n_covers_made + 1;
    }
  covers[index].shape = shape;

  g_autoptr (WhyRequest) request = why_document_make_uncovered_request (self, NULL);
  if (request == NULL)
    return;
  why_request_set_covers (request, covers, n_covers, known);
  request->predict_only = TRUE;
  request->preview = TRUE;
  if (self->running)
    {
      /* One thread computes: the map goes on when the shape is done. */
      self->preview_interrupts = TRUE;
      self->running = FALSE;
      why_document_set_progress (self, 0);
      why_document_drop_partial (self);
      why_document_update_busy (self);
    }
  why_runner_submit (self->runner, self->view, request, on_preview, NULL, self);
  self->preview_runs = TRUE;
}

void
why_document_stop_preview (WhyDocument *self)
{
  g_clear_pointer (&self->preview_wanted, why_area_unref);
  if (self->preview_runs)
    why_runner_cancel (self->runner, self->view);
  self->preview_runs = FALSE;
  self->preview_interrupts = FALSE;
  self->previewing = FALSE;
}

void
why_document_drop_preview (WhyDocument *self)
{
  why_document_stop_preview (self);
  g_clear_pointer (&self->preview, why_result_unref);
}

void
why_document_preview (WhyDocument *self, WhyArea *shape, int index)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));

  if (shape == NULL)
    {
      const gboolean shown = self->previewing && self->preview != NULL;
      const gboolean ask = self->preview_interrupts;

      if (!self->previewing)
        return;
      why_document_drop_preview (self);
      if (shown)
        why_document_update_classes (self);
      if (shown)
        why_document_emit_previewed (self);
      if (ask)
        why_document_ask (self);
      return;
    }
  /* Without a first answer there is nothing to compare with. */
  if (self->model == NULL || self->picture == NULL || self->picture->is_volume || self->base_probabilities == NULL)
    return;
  why_document_stop_play (self);
  why_area_ref (shape);
  g_clear_pointer (&self->preview_wanted, why_area_unref);
  self->preview_wanted = shape;
  self->preview_index = index;
  self->previewing = TRUE;
  if (!self->preview_runs)
    submit (self);
}

gboolean
why_document_is_previewing (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->previewing;
}

guint
why_document_get_n_previews (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);
  return self->n_previews;
}

static double
value_of (const WhyTensor *probabilities, int index)
{
  if (probabilities == NULL || index < 0 || (gsize) index >= why_tensor_count (probabilities))
    return -1;
  return why_tensor_get_f64 (probabilities, (gsize) index);
}

void
why_document_get_preview (WhyDocument *self, int class_index, double *before, double *now)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));

  const WhyResult *result = self->preview != NULL ? self->preview : self->result;
  *before = value_of (self->base_probabilities, class_index);
  *now = value_of (result != NULL ? result->probabilities : NULL, class_index);
}
