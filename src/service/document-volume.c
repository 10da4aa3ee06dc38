#include "config.h"

#include "document-compare.h"
#include "document-private.h"

#include <math.h>
#include <string.h>

/* How a picture lies, and where in a volume one looks: slice, cross hair, what is seen along an axis. No question is asked of
 * it, so moving is nothing to be undone; how it is shown is. */

gboolean
why_document_view_equal (const WhyDocumentView *a, const WhyDocumentView *b)
{
  return a->three_planes == b->three_planes && a->projected == b->projected && a->turn == b->turn &&
         a->window.centre == b->window.centre && a->window.width == b->window.width;
}

/* ---- slices ---- */

void
why_document_notify_display (WhyDocument *self)
{
  why_document_notify (self, WHY_DOCUMENT_PROP_PICTURE);
  why_document_notify (self, WHY_DOCUMENT_PROP_PICTURE_WIDTH);
  why_document_notify (self, WHY_DOCUMENT_PROP_PICTURE_HEIGHT);
  why_document_notify (self, WHY_DOCUMENT_PROP_PLANE);
  why_document_notify (self, WHY_DOCUMENT_PROP_SLICE);
}

/* The display of the document is another one, and so is what lies over it. */
static void
tell_display (WhyDocument *self)
{
  g_object_freeze_notify (G_OBJECT (self));
  if (why_document_is_volume (self))
    {
      why_document_update_shown_map (self);
      why_document_compare_show (self);
    }
  else
    why_document_ask_of_plane (self);
  why_document_notify_display (self);
  why_document_notify (self, WHY_DOCUMENT_PROP_MAP);
  g_object_thaw_notify (G_OBJECT (self));
}

/* Returns: whether it is another one */
static gboolean
show_slice (WhyDocument *self, WhyPlaneKind plane, gint64 slice)
{
  g_autoptr (GError) error = NULL;

  if (plane == self->picture->kind && slice == self->picture->plane.index)
    return FALSE;
  if (!why_picture_set_plane (self->picture, plane, slice, &error))
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, error->message);
      return FALSE;
    }
  tell_display (self);
  return TRUE;
}

void
why_document_set_slice (WhyDocument *self, WhyPlaneKind plane, gint64 slice)
{
  gint64 voxel[3];

  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (!why_document_get_cross_hair (self, voxel))
    return;
  g_object_freeze_notify (G_OBJECT (self));
  voxel[why_picture_get_plane_axis (self->picture, plane)] = slice;
  /* Another plane, through the same place. */
  if (plane != self->picture->kind)
    show_slice (self, plane, CLAMP (slice, 0, why_picture_get_n_planes (self->picture, plane) - 1));
  why_document_set_cross_hair (self, voxel);
  g_object_thaw_notify (G_OBJECT (self));
  why_document_emit_redraw (self);
}

gint64
why_document_get_slice_of (WhyDocument *self, WhyPlaneKind plane)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);
  return why_document_has_planes (self) ? self->cross[why_picture_get_plane_axis (self->picture, plane)] : 0;
}

/* ---- cross hair ---- */

gboolean
why_document_get_cross_hair (WhyDocument *self, gint64 *voxel)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  if (!why_document_has_planes (self))
    return FALSE;
  memcpy (voxel, self->cross, sizeof self->cross);
  return TRUE;
}

void
why_document_set_cross_hair (WhyDocument *self, const gint64 *voxel)
{
  gint64 count[3];
  gint64 wanted[3];

  g_return_if_fail (WHY_IS_DOCUMENT (self));
  if (!why_document_has_planes (self))
    return;
  why_picture_get_voxels (self->picture, count);
  for (int axis = 0; axis < 3; axis++)
    wanted[axis] = CLAMP (voxel[axis], 0, count[axis] - 1);
  if (memcmp (wanted, self->cross, sizeof wanted) == 0)
    return;
  memcpy (self->cross, wanted, sizeof wanted);
  g_object_freeze_notify (G_OBJECT (self));
  const gboolean changed =
    show_slice (self, self->picture->kind, why_document_get_slice_of (self, self->picture->kind));
  why_document_notify (self, WHY_DOCUMENT_PROP_CROSS_HAIR);
  g_object_thaw_notify (G_OBJECT (self));
  /* Moving within the plane that is shown changes nothing of it. */
  if (changed)
    why_document_emit_redraw (self);
}

char *
why_document_dup_cross_hair (WhyDocument *self)
{
  gint64 voxel[3];

  if (!why_document_get_cross_hair (self, voxel))
    return g_strdup ("");
  return g_strdup_printf ("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, voxel[0], voxel[1], voxel[2]);
}

void
why_document_init_volume (WhyDocument *self)
{
  gint64 count[3];

  if (!why_document_has_planes (self))
    return;
  why_picture_get_voxels (self->picture, count);
  for (int axis = 0; axis < 3; axis++)
    self->cross[axis] = count[axis] / 2;
  /* Of slices in files of their own the one that was opened is shown. */
  self->cross[why_picture_get_plane_axis (self->picture, self->picture->kind)] = self->picture->plane.index;
  if (self->state.view.projected && !why_picture_set_projected (self->picture, TRUE, NULL))
    g_warning ("no memory for a projection");
  why_document_notify (self, WHY_DOCUMENT_PROP_CROSS_HAIR);
}

/* ---- what is shown of it ---- */

void
why_document_update_projected (WhyDocument *self)
{
  g_autoptr (GError) error = NULL;

  if (!why_document_has_planes (self) || self->picture->projected == self->state.view.projected)
    return;
  if (!why_picture_set_projected (self->picture, self->state.view.projected, &error))
    {
      why_document_fail (self, WHY_ERROR_KIND_VALUE, error->message);
      return;
    }
  tell_display (self);
}

char *
why_document_dup_view (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  const WhyDocumentView *view = &self->state.view;
  GString *text = g_string_new (view->three_planes ? "three" : "one");

  if (view->projected)
    g_string_append (text, " maximum");
  if (why_turn_is_mirrored (view->turn))
    g_string_append (text, " mirrored");
  if (why_turn_get_quarters (view->turn) != 0)
    g_string_append_printf (text, " %d", 90 * why_turn_get_quarters (view->turn));
  return g_string_free (text, FALSE);
}

WhyTurn
why_document_get_turn (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), 0);
  return self->state.view.turn;
}

static void
change_view (WhyDocument *self, const WhyDocumentView *view)
{
  if (why_document_view_equal (view, &self->state.view))
    return;
  WhyDocumentState state = why_document_begin_change (self);
  state.view = *view;
  why_document_commit (self, &state, NULL);
}

void
why_document_set_turn (WhyDocument *self, WhyTurn turn)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self) && turn >= 0 && turn < WHY_N_TURNS);
  WhyDocumentView view = self->state.view;
  view.turn = turn;
  change_view (self, &view);
}

gboolean
why_document_get_three_planes (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->state.view.three_planes;
}

void
why_document_set_three_planes (WhyDocument *self, gboolean three_planes)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  WhyDocumentView view = self->state.view;
  view.three_planes = !!three_planes;
  change_view (self, &view);
}

gboolean
why_document_get_projected (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), FALSE);
  return self->state.view.projected;
}

void
why_document_set_projected (WhyDocument *self, gboolean projected)
{
  g_return_if_fail (WHY_IS_DOCUMENT (self));
  WhyDocumentView view = self->state.view;
  view.projected = !!projected;
  change_view (self, &view);
}

/* ---- planes beside the one that is shown ---- */

const WhyPicture *
why_document_get_source (WhyDocument *self)
{
  g_return_val_if_fail (WHY_IS_DOCUMENT (self), NULL);
  return self->picture;
}

void
why_plane_image_clear (WhyPlaneImage *image)
{
  g_clear_pointer (&image->picture, why_picture_free);
  g_clear_pointer (&image->map, why_map_unref);
  g_clear_pointer (&image->whole, why_map_unref);
}

/* Of the same volume, drawn with the same black and white. */
static gboolean
is_up_to_date (const WhyPicture *shown, const WhyPicture *source, WhyPlaneKind kind, gint64 index, gboolean projected)
{
  return shown != NULL && shown->values == source->values && shown->window.centre == source->window.centre &&
         shown->window.width == source->window.width &&
         shown->kind == kind && shown->projected == projected && (projected || shown->plane.index == index);
}

static gboolean
show_picture (WhyDocument *self, WhyPlaneKind kind, gboolean projected, WhyPlaneImage *image)
{
  const gint64 index = why_document_get_slice_of (self, kind);
  g_autoptr (GError) error = NULL;

  if (is_up_to_date (image->picture, self->picture, kind, index, projected))
    return TRUE;
  g_clear_pointer (&image->map, why_map_unref);
  g_clear_pointer (&image->picture, why_picture_free);
  image->picture = why_picture_copy (self->picture);
  image->picture->projected = projected;
  if (why_picture_set_plane (image->picture, kind, index, &error))
    return TRUE;
  why_document_fail (self, WHY_ERROR_KIND_VALUE, error->message);
  return FALSE;
}

gboolean
why_document_show_plane (WhyDocument *self, WhyPlaneKind kind, gboolean projected, WhyPlaneImage *image)
{
  WhyMap *whole = self->partial != NULL ? self->partial : self->result != NULL ? self->result->map : NULL;
  WhyAffine to_display;

  g_return_val_if_fail (WHY_IS_DOCUMENT (self) && image != NULL, FALSE);
  if (!why_document_has_planes (self) || !show_picture (self, kind, projected, image))
    {
      why_plane_image_clear (image);
      return FALSE;
    }
  /* A network for pictures has seen no other plane. */
  if (whole == NULL || self->result == NULL || (!why_document_is_volume (self) && kind != self->picture->kind))
    {
      g_clear_pointer (&image->map, why_map_unref);
      return TRUE;
    }
  if (image->map == NULL || image->whole != whole || image->smooth != self->state.smooth)
    {
      g_clear_pointer (&image->map, why_map_unref);
      g_clear_pointer (&image->whole, why_map_unref);
      image->whole = why_map_ref (whole);
      image->smooth = self->state.smooth;
      image->map = why_result_show_map (self->result, whole, image->picture, self->state.smooth, &to_display);
      if (image->map == NULL || image->map->values->rank != 2)
        {
          g_clear_pointer (&image->map, why_map_unref);
          return TRUE;
        }
      image->overlay = (WhyOverlayMap) {
        .values = image->map->values->data,
        .width = (int) image->map->values->dims[1],
        .height = (int) image->map->values->dims[0],
        .to_source = to_display,
        .source_width = (double) image->picture->display->dims[1],
        .source_height = (double) image->picture->display->dims[0],
      };
    }
  why_document_make_style (self, image->map, whole, &image->style);
  return TRUE;
}
