#include "config.h"

#include "document-compare.h"
#include "document-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* Planes of a volume as pictures: what a network that takes pictures sees. */

/* What covers did to another plane. */
static void
forget_covers_effect (GPtrArray *occlusions)
{
  for (guint index = 0; index < occlusions->len; index++)
    why_occlusion_set_probabilities (g_ptr_array_index (occlusions, index), NULL, NULL);
}

/* Covers and outlines stay in their places from plane to plane, as a hand that lies on a stack of films. */
void
why_document_ask_of_plane (WhyDocument *self)
{
  GPtrArray *const histories[2] = { self->undo, self->redo };

  why_document_forget_answer (self);
  forget_covers_effect (self->state.occlusions);
  for (gsize history = 0; history < G_N_ELEMENTS (histories); history++)
    for (guint step = 0; step < histories[history]->len; step++)
      forget_covers_effect (((WhyDocumentState *) g_ptr_array_index (histories[history], step))->occlusions);
  why_document_update_classes (self);
  why_document_update_occlusions (self);
  why_document_ask (self);
  why_document_compare_sync (self);
  why_document_update_status (self);
  why_document_update_busy (self);
}

/* ---- window ---- */

static const struct
{
  const char *id;
  double width, centre;
} presets[] = {
  { "brain", 80, 40 }, { "lung", 1500, -600 }, { "bone", 2000, 400 }, { "abdomen", 400, 40 },
};

gboolean
why_document_has_window (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->picture != NULL && why_picture_has_window (self->picture);
}

gboolean
why_document_get_window (WhyDocument *self, double *width, double *centre)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  if (!why_document_has_window (self))
    return FALSE;
  *width = self->picture->window.width;
  *centre = self->picture->window.centre;
  return TRUE;
}

void
why_document_set_window (WhyDocument *self, double width, double centre)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (!why_document_has_window (self))
    {
      why_document_fail (
        self, WHY_ERROR_KIND_VALUE,
        _ ("A window is for scans, volumes and pictures of more than 8 bits; this picture is shown as it is"));
      return;
    }
  if (!(width >= 0.0) || !isfinite (width) || !isfinite (centre))
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("A window has a width above 0, and a level"));
      return;
    }
  const WhyGreyWindow window = { width > 0.0 ? centre : 0.0, width };
  if (window.width == self->state.view.window.width && window.centre == self->state.view.window.centre)
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.view.window = window;
  why_document_commit (self, &state, "window");
}

void
why_document_set_window_preset (WhyDocument *self, const char *preset)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && preset != NULL);

  for (gsize which = 0; which < G_N_ELEMENTS (presets); which++)
    {
      if (strcmp (preset, presets[which].id) == 0)
        {
          why_document_set_window (self, presets[which].width, presets[which].centre);
          return;
        }
    }
  if (strcmp (preset, "file") == 0)
    why_document_set_window (self, 0, 0);
  else if (strcmp (preset, "full") == 0)
    {
      const WhyGreyWindow full = why_document_has_window (self) ? self->picture->full_window : (WhyGreyWindow){ 0 };
      why_document_set_window (self, full.width, full.centre);
    }
  else
    {
      g_autofree char *message =
        g_strdup_printf (_ ("There is no window '%s'; choose brain, lung, bone, abdomen, full or file"), preset);
      why_document_fail (self, WHY_ERROR_KIND_VALUE, message);
    }
}

/* A display of more samples is drawn in a thread: this many take about a millisecond. */
#define MAX_DRAWN_AT_ONCE ((gsize) 1 << 20)

static gpointer
draw_copy (gpointer picture, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  return why_picture_draw (picture, error) ? why_picture_copy (picture) : NULL;
}

static void
picture_free (gpointer picture)
{
  why_picture_free (picture);
}

static const WhyWorkerClass window_class = {
  .run = draw_copy,
  .free_job = picture_free,
  .free_result = picture_free,
};

static void
on_drawn (gpointer job, gpointer result, const GError *error, gpointer data)
{
  WhyDocument *self = data;

  g_object_freeze_notify (G_OBJECT (self));
  why_document_set_loading (self, WHY_LOAD_WINDOW, NULL);
  if (result == NULL)
    why_document_fail (self, WHY_ERROR_KIND_VALUE, error->message);
  /* What came meanwhile, another picture or plane, has drawn itself. */
  else if (self->picture != NULL && why_picture_take_display (self->picture, result))
    why_document_notify (self, WHY_DOCUMENT_PROP_PICTURE);
  g_object_thaw_notify (G_OBJECT (self));
}

static void
draw_now (WhyDocument *self)
{
  g_autoptr (GError) error = NULL;

  if (!why_picture_draw (self->picture, &error))
    why_document_fail (self, WHY_ERROR_KIND_VALUE, error->message);
  why_document_notify (self, WHY_DOCUMENT_PROP_PICTURE);
}

void
why_document_update_window (WhyDocument *self)
{
  if (!why_document_has_window (self))
    return;
  const WhyGreyWindow *set = &self->state.view.window;
  const WhyGreyWindow wanted = set->width > 0.0 ? *set : self->picture->own_window;
  if (wanted.width == self->picture->window.width && wanted.centre == self->picture->window.centre)
    return;
  why_picture_choose_window (self->picture, wanted);
  if (why_tensor_count (self->picture->display) <= MAX_DRAWN_AT_ONCE)
    {
      draw_now (self);
      return;
    }
  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_WINDOW], &window_class,
                     why_picture_copy (self->picture), on_drawn, NULL, self);
  why_document_set_loading (self, WHY_LOAD_WINDOW, self->picture->path);
}

void
why_document_finish_window (WhyDocument *self)
{
  if (!self->loading[WHY_LOAD_WINDOW])
    return;
  why_worker_cancel (why_runner_loader (self->runner), self->loads[WHY_LOAD_WINDOW]);
  why_document_set_loading (self, WHY_LOAD_WINDOW, NULL);
  draw_now (self);
}

gboolean
why_document_keeps_window (const WhyPicture *old, const WhyPicture *picture)
{
  return old != NULL && *picture->unit != '\0' && g_strcmp0 (old->unit, picture->unit) == 0;
}
