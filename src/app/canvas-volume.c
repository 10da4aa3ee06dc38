#include "config.h"

#include "canvas-private.h"

#include "compat.h"

#include <math.h>

/* What a canvas shows of a volume beside its pixels: towards which sides of the body its edges lie, and where other planes
 * meet this one. */

#define EDGE 8.0
/* Of a plane beside others. */
#define MARGIN 8.0
/* The place itself stays to be seen. */
#define GAP 9.0f

/* ---- drawing ---- */

static void
append_line (GtkSnapshot *snapshot, float x, float y, float width, float height)
{
  static const GdkRGBA black = { 0, 0, 0, 0.55f };
  static const GdkRGBA white = { 1, 1, 1, 0.9f };
  const gboolean across = width > height;

  if (width <= 0 || height <= 0)
    return;
  gtk_snapshot_append_color (snapshot, &black, &GRAPHENE_RECT_INIT (across ? x : x - 1, across ? y - 1 : y, across ? width : 3,
                                                                    across ? 3 : height));
  gtk_snapshot_append_color (snapshot, &white, &GRAPHENE_RECT_INIT (x, y, width, height));
}

/* From edge to edge of the picture. */
static void
append_cross (WhyCanvas *self, GtkSnapshot *snapshot)
{
  WhyRect img;
  WhyRect shown;
  double view_x;
  double view_y;

  if (!self->marker || !why_view_visible (&self->view, &img, &shown))
    return;
  why_view_from_image (&self->view, self->marker_x, self->marker_y, &view_x, &view_y);
  const float x = (float) floor (view_x), y = (float) floor (view_y);
  const float left = (float) shown.x, top = (float) shown.y;
  const float right = (float) (shown.x + shown.width), bottom = (float) (shown.y + shown.height);
  if (y >= top && y <= bottom)
    {
      append_line (snapshot, left, y, MIN (x - GAP, right) - left, 1);
      append_line (snapshot, MAX (x + GAP + 1, left), y, right - MAX (x + GAP + 1, left), 1);
    }
  if (x >= left && x <= right)
    {
      append_line (snapshot, x, top, 1, MIN (y - GAP, bottom) - top);
      append_line (snapshot, x, MAX (y + GAP + 1, top), 1, bottom - MAX (y + GAP + 1, top));
    }
}

static void
append_letter (WhyCanvas *self, GtkSnapshot *snapshot, char letter, double x, double y)
{
  static const GdkRGBA ground = { 0, 0, 0, 0.6f };
  static const GdkRGBA white = { 1, 1, 1, 1 };
  const char text[2] = { letter, '\0' };
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();
  GskRoundedRect badge;
  int width;
  int height;

  pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_BOLD));
  pango_layout_set_attributes (layout, attributes);
  pango_layout_get_pixel_size (layout, &width, &height);
  const double side = MAX (width, height) + 2;
  gsk_rounded_rect_init_from_rect (&badge, &GRAPHENE_RECT_INIT ((float) round (x - side / 2), (float) round (y - side / 2),
                                                                (float) side, (float) side), (float) (side / 2));
  gtk_snapshot_push_rounded_clip (snapshot, &badge);
  gtk_snapshot_append_color (snapshot, &ground, &badge.bounds);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) round (x - width / 2.0), (float) round (y - height / 2.0)));
  gtk_snapshot_append_layout (snapshot, layout, &white);
  gtk_snapshot_restore (snapshot);
}

/* In the middle of each side of what is visible of the picture. */
static void
append_sides (WhyCanvas *self, GtkSnapshot *snapshot)
{
  const double font_size = why_compat_get_font_size (GTK_WIDGET (self));
  const double inset = EDGE + font_size * 0.8;
  WhyRect img;
  WhyRect shown;

  if (!why_view_visible (&self->view, &img, &shown) || MIN (shown.width, shown.height) < 6 * font_size)
    return;
  const double middle_x = shown.x + shown.width / 2, middle_y = shown.y + shown.height / 2;
  for (int side = 0; side < 4; side++)
    {
      double across = side == 0 ? -1 : side == 1 ? 1 : 0;
      double down = side == 2 ? -1 : side == 3 ? 1 : 0;

      why_turn_distance (self->view.turn, &across, &down);
      append_letter (self, snapshot, self->volume.sides[side], middle_x + across * (shown.width / 2 - inset),
                     middle_y + down * (shown.height / 2 - inset));
    }
}

/* On a ground of its own, for pictures may be white there. */
static void
append_window (WhyCanvas *self, GtkSnapshot *snapshot)
{
  static const GdkRGBA ground = { 0, 0, 0, 0.6f };
  static const GdkRGBA white = { 1, 1, 1, 1 };
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), self->volume.window_text);
  GskRoundedRect badge;
  int width;
  int height;

  pango_layout_get_pixel_size (layout, &width, &height);
  if (width + 4 * EDGE > self->view.view_width)
    return;
  /* Upper left, or lower left where the colour bar has moved up there. */
  const gboolean has_legend = self->legend_node != NULL && self->map != NULL && self->show_map;
  const gboolean low = has_legend && self->legend_x < self->view.view_width / 2 && self->legend_y < self->view.view_height / 2;
  const float top = low ? (float) (self->view.view_height - height - 6 - EDGE)
                        : (float) (EDGE + why_canvas_get_upper_left (self));
  gsk_rounded_rect_init_from_rect (&badge, &GRAPHENE_RECT_INIT (EDGE, top, (float) width + 12, (float) height + 6), 6);
  gtk_snapshot_push_rounded_clip (snapshot, &badge);
  gtk_snapshot_append_color (snapshot, &ground, &badge.bounds);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (EDGE + 6, top + 3));
  gtk_snapshot_append_layout (snapshot, layout, &white);
  gtk_snapshot_restore (snapshot);
}

void
why_canvas_append_volume (WhyCanvas *self, GtkSnapshot *snapshot)
{
  if (self->volume.meets)
    append_cross (self, snapshot);
  if (self->volume.has_sides)
    append_sides (self, snapshot);
  if (self->volume.window_text != NULL && !self->bare)
    append_window (self, snapshot);
}

/* ---- input ---- */

static void
place (WhyCanvas *self, double view_x, double view_y)
{
  double img_x;
  double img_y;

  why_view_to_image (&self->view, view_x, view_y, &img_x, &img_y);
  why_canvas_emit_cross_placed (self, CLAMP (img_x, 0, self->view.img_width - 1e-3),
                                CLAMP (img_y, 0, self->view.img_height - 1e-3));
}

gboolean
why_canvas_volume_press (WhyCanvas *self, double view_x, double view_y)
{
  if (!self->volume.meets)
    return FALSE;
  self->volume.moving = TRUE;
  place (self, view_x, view_y);
  return TRUE;
}

gboolean
why_canvas_volume_drag (WhyCanvas *self, double view_x, double view_y)
{
  if (!self->volume.moving)
    return FALSE;
  place (self, view_x, view_y);
  return TRUE;
}

void
why_canvas_volume_release (WhyCanvas *self)
{
  self->volume.moving = FALSE;
}

gboolean
why_canvas_volume_arrow (WhyCanvas *self, int dx, int dy)
{
  if (!self->volume.meets)
    return FALSE;
  why_canvas_emit_cross_stepped (self, dx, dy);
  return TRUE;
}

/* ---- setters ---- */

void
why_canvas_set_meets (WhyCanvas *self, gboolean meets)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  self->volume.meets = meets;
  self->volume.moving = FALSE;
  self->view.margin = meets ? MARGIN : WHY_VIEW_MARGIN;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

void
why_canvas_set_sides (WhyCanvas *self, const char *sides)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (self->volume.has_sides == (sides != NULL) && (sides == NULL || memcmp (sides, self->volume.sides, 4) == 0))
    return;
  self->volume.has_sides = sides != NULL;
  if (sides != NULL)
    memcpy (self->volume.sides, sides, 4);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
why_canvas_set_window_text (WhyCanvas *self, const char *text)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (g_strcmp0 (self->volume.window_text, text) == 0)
    return;
  g_free (self->volume.window_text);
  self->volume.window_text = g_strdup (text);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
