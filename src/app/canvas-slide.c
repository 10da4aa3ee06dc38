#include "config.h"

#include "canvas-private.h"

#include <math.h>
#include <string.h>

/* Whole slides, of which the canvas has tiles instead of a picture, and the region that the network is shown. */

/* Of the brackets at the corners of the region. */
#define BRACKET 14.0f
/* A region this small in the overview is seen all the same. */
#define LEAST_MARK 5.0

/* ---- slides ---- */

static void
on_loaded_cb (WhyCanvas *self)
{
  self->tiles_loaded = TRUE;
  if (self->incomplete)
    why_canvas_queue_update (self);
}

void
why_canvas_drop_slide (WhyCanvas *self)
{
  g_clear_pointer (&self->patch, why_tensor_unref);
  self->incomplete = FALSE;
  if (self->tiles == NULL)
    return;
  g_signal_handlers_disconnect_by_func (self->tiles, on_loaded_cb, self);
  why_tiles_forget (self->tiles, self);
  g_clear_object (&self->tiles);
}

void
why_canvas_set_slide (WhyCanvas *self, WhyTiles *tiles, WhyTensor *patch, const WhyRect *place)
{
  g_return_if_fail (WHY_IS_CANVAS (self) && WHY_IS_TILES (tiles));

  const gboolean same_patch = patch == self->patch && (patch == NULL || memcmp (place, &self->patch_img, sizeof *place) == 0);
  if (tiles == self->tiles && same_patch)
    return;
  if (tiles != self->tiles)
    {
      why_canvas_set_picture (self, NULL);
      self->tiles = g_object_ref (tiles);
      self->picture = why_tensor_ref (why_tiles_get_overview (tiles));
      g_signal_connect_object (tiles, "loaded", G_CALLBACK (on_loaded_cb), self, G_CONNECT_SWAPPED);
      why_view_set_picture (&self->view, (double) why_tiles_get_width (tiles), (double) why_tiles_get_height (tiles));
    }
  g_clear_pointer (&self->patch, why_tensor_unref);
  if (patch != NULL)
    {
      self->patch = why_tensor_ref (patch);
      self->patch_img = *place;
    }
  self->picture_serial++;
  why_canvas_view_changed (self, TRUE);
}

gboolean
why_canvas_probe_slide (WhyCanvas *self, gint64 img_x, gint64 img_y, guint8 rgb[3])
{
  return self->tiles != NULL && why_tiles_probe (self->tiles, img_x, img_y, rgb);
}

/* ---- the region ---- */

void
why_canvas_set_region (WhyCanvas *self, const WhyRect *region)
{
  const WhyRect none = { 0 };

  g_return_if_fail (WHY_IS_CANVAS (self));

  if (region == NULL)
    region = &none;
  if (memcmp (region, &self->region, sizeof *region) == 0)
    return;
  self->region = *region;
  self->legend_stale = TRUE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
append_bar (GtkSnapshot *snapshot, float x, float y, float width, float height, const GdkRGBA *color)
{
  if (width > 0 && height > 0)
    gtk_snapshot_append_color (snapshot, color, &GRAPHENE_RECT_INIT (x, y, width, height));
}

/* A frame of @thickness around a box, drawn outwards. */
static void
append_frame (GtkSnapshot *snapshot, float x, float y, float width, float height, float thickness, const GdkRGBA *color)
{
  append_bar (snapshot, x - thickness, y - thickness, width + 2 * thickness, thickness, color);
  append_bar (snapshot, x - thickness, y + height, width + 2 * thickness, thickness, color);
  append_bar (snapshot, x - thickness, y, thickness, height, color);
  append_bar (snapshot, x + width, y, thickness, height, color);
}

/* Two strokes at each corner, outside of the frame. */
static void
append_brackets (GtkSnapshot *snapshot, float x, float y, float width, float height, float arm, float thickness, float grow,
                 const GdkRGBA *color)
{
  for (int corner = 0; corner < 4; corner++)
    {
      const gboolean right = corner & 1, bottom = corner & 2;
      const float at_x = right ? x + width - arm + thickness : x - thickness;
      const float at_y = bottom ? y + height : y - thickness;
      const float up_x = right ? x + width : x - thickness;
      const float up_y = bottom ? y + height - arm + thickness : y - thickness;

      append_bar (snapshot, at_x - grow, at_y - grow, arm + 2 * grow, thickness + 2 * grow, color);
      append_bar (snapshot, up_x - grow, up_y - grow, thickness + 2 * grow, arm + 2 * grow, color);
    }
}

void
why_canvas_append_region (WhyCanvas *self, GtkSnapshot *snapshot)
{
  static const GdkRGBA black = { 0, 0, 0, 0.75f };
  static const GdkRGBA white = { 1, 1, 1, 0.95f };
  static const GdkRGBA yellow = { 0.98f, 0.84f, 0.2f, 1 };

  if (self->region.width <= 0 || self->bare)
    return;
  const WhyRect box = why_view_rect_from_image (&self->view, &self->region);
  const float x = (float) floor (box.x), y = (float) floor (box.y);
  const float width = (float) (ceil (box.x + box.width) - floor (box.x)), height = (float) (ceil (box.y + box.height) - floor (box.y));
  const float arm = MIN (BRACKET, MAX (4.0f, MIN (width, height) / 3));
  append_frame (snapshot, x, y, width, height, 3, &black);
  append_frame (snapshot, x - 1, y - 1, width + 2, height + 2, 1, &white);
  append_brackets (snapshot, x - 1, y - 1, width + 2, height + 2, arm, 3, 1, &black);
  append_brackets (snapshot, x - 1, y - 1, width + 2, height + 2, arm, 3, 0, &yellow);
}

void
why_canvas_append_region_mark (WhyCanvas *self, GtkSnapshot *snapshot, const WhyRect *place, const WhyAffine *turn,
                               double shrink)
{
  static const GdkRGBA black = { 0, 0, 0, 0.8f };
  static const GdkRGBA yellow = { 0.98f, 0.84f, 0.2f, 1 };

  if (self->region.width <= 0 || self->bare)
    return;
  const WhyRect box = why_turn_rect (turn, &self->region);
  const double width = MAX (box.width * shrink, LEAST_MARK), height = MAX (box.height * shrink, LEAST_MARK);
  const double x = place->x + (box.x + box.width / 2) * shrink - width / 2;
  const double y = place->y + (box.y + box.height / 2) * shrink - height / 2;
  append_frame (snapshot, (float) x, (float) y, (float) width, (float) height, 2, &black);
  append_frame (snapshot, (float) x, (float) y, (float) width, (float) height, 1, &yellow);
}
