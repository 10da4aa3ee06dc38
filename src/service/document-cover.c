#include "config.h"

#include "document-private.h"

#include "hottest.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* Covering parts of the picture: each change of the list is one step of undo. */

static GPtrArray *
copy_occlusions (const GPtrArray *occlusions)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint index = 0; index < occlusions->len; index++)
    g_ptr_array_add (copy, g_object_ref (g_ptr_array_index (occlusions, index)));
  return copy;
}

/* @occlusions: taken; @slider: (nullable): see why_document_commit(). What is not covered any more is not selected either. */
static void
commit_occlusions (WhyDocument *self, GPtrArray *occlusions, int selected, const char *slider)
{
  WhyDocumentState state = why_document_begin_change (self);

  g_ptr_array_unref (state.occlusions);
  state.occlusions = occlusions;
  /* The question is what becomes of the class that is shown, whichever is on top afterwards. */
  if (state.target_class < 0 && occlusions->len > 0)
    state.target_class = why_document_get_shown_class (self);
  why_document_stop_preview (self);
  why_document_commit (self, &state, slider);
  why_document_set_selected_cover (self, selected);
}

/* Whether @shape covers anything of the picture; says what is wrong. */
static gboolean
check_shape (WhyDocument *self, const WhyArea *shape)
{
  WhyPixelBox pixels;

  if (self->picture == NULL)
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("Open a picture first: there is nothing to cover yet"));
      return FALSE;
    }
  if (self->picture->is_volume)
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("Parts of pictures can be covered, and this is a volume"));
      return FALSE;
    }
  if (!why_area_get_pixels (shape, why_document_get_picture_width (self), why_document_get_picture_height (self), &pixels))
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("What should be covered lies outside the picture"));
      return FALSE;
    }
  return TRUE;
}

void
why_document_cover (WhyDocument *self, WhyArea *shape)
{
  WhyCover cover = { .shape = shape };

  g_return_if_fail (WHY_IS_DOCUMENT (self) && shape != NULL);
  if (!check_shape (self, shape))
    return;
  if (!why_occlude_fill_from_string (self->fill, &cover.fill))
    g_return_if_reached ();
  cover.seed = ++self->n_covers_made;
  GPtrArray *occlusions = copy_occlusions (self->state.occlusions);
  g_ptr_array_add (occlusions, why_occlusion_new (&cover));
  commit_occlusions (self, occlusions, (int) occlusions->len - 1, NULL);
}

void
why_document_occlude (WhyDocument *self, double x, double y, double w, double h)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));

  const double left = MAX (x, 0.0);
  const double top = MAX (y, 0.0);
  const double right = MIN (x + w, (double) why_document_get_picture_width (self));
  const double bottom = MIN (y + h, (double) why_document_get_picture_height (self));
  g_autoptr (WhyArea) shape = NULL;

  if (isfinite (x) && isfinite (y) && isfinite (w) && isfinite (h))
    shape = why_area_new_rectangle (&(WhyRect) { left, top, right - left, bottom - top }, FALSE, NULL);
  if (shape != NULL)
    why_document_cover (self, shape);
  else
    why_document_fail (self, WHY_ERROR_KIND_VALUE,
                       self->picture == NULL ? _ ("Open a picture first: there is nothing to cover yet")
                                             : _ ("The rectangle lies outside the picture"));
}

static gboolean
check_index (WhyDocument *self, guint index)
{
  if (index < self->state.occlusions->len)
    return TRUE;
  g_autofree char *message = g_strdup_printf (ngettext ("There is no cover number %u; there is %u",
                                                        "There is no cover number %u; there are %u",
                                                        (gulong) self->state.occlusions->len),
                                              index + 1, self->state.occlusions->len);
  why_document_fail (self, WHY_ERROR_KIND_VALUE, message);
  return FALSE;
}

/* What is put in its place is a new object: the old one is part of the history. What covers after it did must be
 * found out anew. */
static void
replace_cover (WhyDocument *self, guint index, const WhyCover *cover, const char *slider)
{
  GPtrArray *occlusions = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint at = 0; at < self->state.occlusions->len; at++)
    {
      WhyOcclusion *old = g_ptr_array_index (self->state.occlusions, at);

      g_ptr_array_add (occlusions, at < index    ? g_object_ref (old)
                                   : at == index ? why_occlusion_new (cover)
                                                 : why_occlusion_new (why_occlusion_get_cover (old)));
    }
  commit_occlusions (self, occlusions, (int) index, slider);
}

void
why_document_replace_cover (WhyDocument *self, guint index, WhyArea *shape)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && shape != NULL);
  if (!check_index (self, index) || !check_shape (self, shape))
    return;
  WhyCover cover = *why_occlusion_get_cover (g_ptr_array_index (self->state.occlusions, index));
  if (why_area_equal (cover.shape, shape))
    {
      why_document_preview (self, NULL, -1);
      return;
    }
  cover.shape = shape;
  replace_cover (self, index, &cover, NULL);
}

void
why_document_nudge_cover (WhyDocument *self, guint index, const WhyRect *by)
{
  g_autoptr (GError) error = NULL;
  WhyRect box;

  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (!check_index (self, index))
    return;
  WhyCover cover = *why_occlusion_get_cover (g_ptr_array_index (self->state.occlusions, index));
  why_area_get_box (cover.shape, &box);
  box.x += by->x;
  box.y += by->y;
  box.width = MAX (box.width + by->width, 1.0);
  box.height = MAX (box.height + by->height, 1.0);
  g_autoptr (WhyArea) moved = why_area_fit (cover.shape, &box, &error);
  if (moved == NULL)
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, error->message);
      return;
    }
  if (!check_shape (self, moved))
    return;
  cover.shape = moved;
  replace_cover (self, index, &cover, "nudge");
}

void
why_document_refill_cover (WhyDocument *self, guint index, const char *fill)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && fill != NULL);
  if (!check_index (self, index))
    return;
  WhyCover cover = *why_occlusion_get_cover (g_ptr_array_index (self->state.occlusions, index));
  const WhyOccludeFill before = cover.fill;
  if (!why_occlude_fill_from_string (fill, &cover.fill))
    why_document_fail_fill (self, fill);
  else if (cover.fill != before)
    replace_cover (self, index, &cover, NULL);
}

void
why_document_remove_cover (WhyDocument *self, guint index)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (!check_index (self, index))
    return;
  GPtrArray *occlusions = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint at = 0; at < self->state.occlusions->len; at++)
    {
      WhyOcclusion *old = g_ptr_array_index (self->state.occlusions, at);

      if (at != index)
        g_ptr_array_add (occlusions, at < index ? g_object_ref (old) : why_occlusion_new (why_occlusion_get_cover (old)));
    }
  commit_occlusions (self, occlusions, -1, NULL);
}

void
why_document_clear_occlusions (WhyDocument *self)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (self->state.occlusions->len > 0)
    commit_occlusions (self, g_ptr_array_new_with_free_func (g_object_unref), -1, NULL);
}

/* ---- which one ---- */

int
why_document_get_selected_cover (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), -1);
  return self->selected_cover < (int) self->state.occlusions->len ? self->selected_cover : -1;
}

void
why_document_set_selected_cover (WhyDocument *self, int index)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (index < -1 || index >= (int) self->state.occlusions->len)
    index = -1;
  if (self->selected_cover == index)
    return;
  self->selected_cover = index;
  why_document_emit_cover_selected (self);
}

/* ---- the hottest part ---- */

typedef struct
{
  WhyMap *map;
  WhyOverlayMap overlay; /* over the frame */
  WhyRect frame;
  WhyResample kind;
  double share;
  gboolean inverse;
} Hottest;

static void
hottest_free (gpointer data)
{
  Hottest *job = data;

  why_map_unref (job->map);
  g_free (job);
}

static gpointer
run_hottest (gpointer data, WhyCancel *cancel, WhyProgress progress, gpointer progress_data, GError **error)
{
  const Hottest *job = data;

  g_autoptr (WhyArea) area = why_hottest_area (&job->overlay, job->kind, job->share, job->inverse, error);
  WhyRect box;

  if (area == NULL)
    return NULL;
  why_area_get_box (area, &box);
  box.x += job->frame.x;
  box.y += job->frame.y;
  return why_area_fit (area, &box, error);
}

static void
shape_free (gpointer shape)
{
  why_area_unref (shape);
}

static const WhyWorkerClass hottest_class = {
  .run = run_hottest,
  .free_job = hottest_free,
  .free_result = shape_free,
};

static void
on_hottest (gpointer job, gpointer result, const GError *error, gpointer data)
{
  WhyDocument *self = data;

  g_object_freeze_notify (G_OBJECT (self));
  if (result != NULL)
    why_document_cover (self, result);
  else
    why_document_fail (self, WHY_ERROR_KIND_VALUE, error->message);
  why_document_set_loading (self, WHY_LOAD_HOTTEST, NULL);
  g_object_thaw_notify (G_OBJECT (self));
}

void
why_document_cover_hottest (WhyDocument *self, double share, gboolean inverse)
{
  WhyOverlayMap overlay;
  WhyOverlayStyle style;

  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (!(share > 0.0 && share <= 1.0))
    {
      /* xgettext:no-c-format */
      why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("The hottest part must be above 0 % and at most 100 % of the picture"));
      return;
    }
  if (self->picture == NULL || self->picture->is_volume || !why_document_get_overlay (self, &overlay, &style))
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, _ ("There is no map of a picture yet whose hottest part could be covered"));
      return;
    }
  Hottest *job = g_new0 (Hottest, 1);
  job->map = why_map_ref (why_document_get_map (self));
  job->overlay = overlay;
  /* Of a slide the hottest part of its region. */
  why_document_get_frame (self, &job->frame);
  job->overlay.to_source.x0 -= job->frame.x;
  job->overlay.to_source.y0 -= job->frame.y;
  job->overlay.source_width = job->frame.width;
  job->overlay.source_height = job->frame.height;
  job->kind = style.kind;
  job->share = share;
  job->inverse = inverse;
  why_worker_submit (why_runner_loader (self->runner), self->loads[WHY_LOAD_HOTTEST], &hottest_class, job, on_hottest, NULL, self);
  why_document_set_loading (self, WHY_LOAD_HOTTEST, "");
}
