#include "config.h"

#include "document-private.h"

#include <math.h>

/* Covers that grow before the eyes of an audience, while the network answers again and again: as often as it can. */

static void
play_free (WhyDocumentPlay *play)
{
  g_clear_pointer (&play->result, why_result_unref);
  g_free (play);
}

void
why_document_stop_play (WhyDocument *self)
{
  if (self->play == NULL)
    return;
  g_clear_pointer (&self->play, play_free);
  why_document_emit_played (self);
}

/* @share of the shape, around the middle of its box; NULL while that is less than a pixel. */
static WhyArea *
grow_shape (WhyArea *shape, double share)
{
  WhyRect box;

  if (share >= 1)
    return why_area_ref (shape);
  why_area_get_box (shape, &box);
  const WhyRect part = { box.x + box.width * (1 - share) / 2, box.y + box.height * (1 - share) / 2, box.width * share,
                         box.height * share };
  return part.width >= 1 && part.height >= 1 ? why_area_fit (shape, &part, NULL) : NULL;
}

/* One cover after the other; each grows from its middle. Returns how many there are to be seen. */
static gsize
grow (const GPtrArray *occlusions, double share, WhyCover *covers)
{
  const double at = share * occlusions->len;
  gsize n_covers = 0;

  for (guint index = 0; index < occlusions->len; index++)
    {
      const double part = CLAMP (at - index, 0.0, 1.0);
      const WhyCover *whole = why_occlusion_get_cover (g_ptr_array_index (occlusions, index));
      WhyArea *shape = part > 0 ? grow_shape (whole->shape, part) : NULL;

      if (shape == NULL)
        break;
      covers[n_covers++] = (WhyCover) { shape, whole->fill, whole->seed };
    }
  return n_covers;
}

static void ask_for_more (WhyDocument *self);

static void
on_played (WhyResult *result, gpointer data)
{
  WhyDocument *self = data;

  if (self->play == NULL)
    return;
  if (result->error != NULL)
    {
      why_document_stop_play (self);
      return;
    }
  g_clear_pointer (&self->play->result, why_result_unref);
  self->play->result = why_result_ref (result);
  self->play->n_answers++;
  why_document_emit_played (self);
  if (self->play == NULL)
    return;
  if (self->play->share >= 1)
    why_document_stop_play (self);
  else
    ask_for_more (self);
}

static void
ask_for_more (WhyDocument *self)
{
  WhyDocumentPlay *play = self->play;
  const GPtrArray *occlusions = self->state.occlusions;
  const double share = (double) (g_get_monotonic_time () - play->start) / (double) play->duration;
  g_autofree WhyCover *covers = g_new0 (WhyCover, occlusions->len + 1);
  g_autofree WhyTensor **known = g_new0 (WhyTensor *, occlusions->len + 1);
  g_autoptr (WhyRequest) request = why_document_make_uncovered_request (self, NULL);

  if (request == NULL)
    {
      why_document_stop_play (self);
      return;
    }
  play->share = CLAMP (share, 0.0, 1.0);
  const gsize n_covers = grow (occlusions, play->share, covers);
  /* Only the answer with all that is covered by now is wanted; what stands for the others is not looked at. */
  for (gsize cover = 0; cover < n_covers; cover++)
    known[cover] = self->base_probabilities;
  why_request_set_covers (request, covers, n_covers, known);
  for (gsize cover = 0; cover < n_covers; cover++)
    why_cover_clear (&covers[cover]);
  request->predict_only = TRUE;
  why_runner_submit (self->runner, self->view, request, on_played, NULL, self);
}

void
why_document_end_play (WhyDocument *self)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));

  if (self->play == NULL)
    return;
  why_runner_cancel (self->runner, self->view);
  why_document_stop_play (self);
}

gboolean
why_document_play_covers (WhyDocument *self, guint milliseconds)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);

  why_document_stop_play (self);
  if (self->running || self->result == NULL || self->state.occlusions->len == 0 || self->base_probabilities == NULL ||
      milliseconds == 0)
    return FALSE;
  self->play = g_new0 (WhyDocumentPlay, 1);
  self->play->start = g_get_monotonic_time ();
  self->play->duration = (gint64) milliseconds * 1000;
  ask_for_more (self);
  if (self->play == NULL)
    return FALSE;
  why_document_emit_played (self);
  return TRUE;
}

gboolean
why_document_get_play (WhyDocument *self, double *share, WhyTensor **probabilities, WhyTensor **picture)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);

  if (self->play == NULL)
    return FALSE;
  const WhyResult *result = self->play->result;
  *share = self->play->share;
  *probabilities = result != NULL ? result->probabilities : self->base_probabilities;
  *picture = result != NULL && result->covered != NULL && !why_document_is_slide (self) ? result->covered : why_document_get_picture (self);
  return TRUE;
}
