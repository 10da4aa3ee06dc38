#include "config.h"

#include "canvas-private.h"

#include "compat.h"
#include "draw/legend.h"

#include <math.h>

/* What lies over the picture to find one's way: scale bar and overview, in the lower right corner. */

#define MARGIN 12
#define OVERVIEW_SIDE 148.0
#define SCALE_SHARE 0.2
/* A canvas smaller than this is for the picture. */
#define LEAST_WIDTH 340
#define LEAST_HEIGHT 260
/* As good as all is visible. */
#define NEARLY_ALL 0.96

/* ---- scale bar ---- */

void
why_canvas_update_scale (WhyCanvas *self)
{
  const WhyView *view = &self->view;
  const double font_size = why_compat_get_font_size (GTK_WIDGET (self));
  const double um_per_unit = self->um_per_pixel / why_view_scale (view);
  const double most = MIN (view->view_width * SCALE_SHARE, 240);
  g_autofree char *label = NULL;
  double length;

  if (um_per_unit == self->scale_um && most == self->scale_most)
    return;
  self->scale_um = um_per_unit;
  self->scale_most = most;
  g_clear_pointer (&self->scale_node, gsk_render_node_unref);
  if (self->picture == NULL || view->view_width < 160 || !why_scale_bar_choose (um_per_unit, most, &length, &label))
    return;
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  self->scale_width = MAX (length, font_size * 5) + 2 * font_size;
  self->scale_height = font_size * 3.2;
  cairo_t *cr = gtk_snapshot_append_cairo (
      snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) ceil (self->scale_width), (float) ceil (self->scale_height)));
  why_scale_bar_draw (cr, um_per_unit, most, font_size, 0, self->scale_height);
  cairo_destroy (cr);
  self->scale_node = gtk_snapshot_to_node (snapshot);
}

/* In a narrow widget the colour bar reaches as far as this corner: then all here stands above it. */
static double
get_lift (WhyCanvas *self)
{
  const gboolean has_legend = self->legend_node != NULL && !self->no_legend && self->map != NULL && self->show_map && !self->bare;

  return has_legend && MARGIN + self->legend_width + 8 > self->view.view_width - MARGIN - MAX (self->scale_width, 1)
           ? self->legend_height + 8 + why_canvas_get_survey_lift (self)
           : 0;
}

/* ---- overview ---- */

static gboolean
place_overview (WhyCanvas *self, WhyRect *place)
{
  const WhyView *view = &self->view;
  const double scale = why_view_scale (view);
  WhyRect img;
  WhyRect target;

  if (!self->with_overview || self->picture == NULL || self->base_texture == NULL || view->view_width < LEAST_WIDTH ||
      view->view_height < LEAST_HEIGHT || !why_view_visible (view, &img, &target) ||
      (img.width >= view->img_width * NEARLY_ALL && img.height >= view->img_height * NEARLY_ALL))
    return FALSE;
  double width;
  double height;
  why_view_turned_size (view, &width, &height);
  const double longer = MIN (OVERVIEW_SIDE, MIN (view->view_width, view->view_height) * 0.3);
  const double shrink = longer / MAX (view->img_width, view->img_height);
  /* What is as small as the overview needs none. */
  if (scale <= shrink)
    return FALSE;
  place->width = MAX (1, round (width * shrink));
  place->height = MAX (1, round (height * shrink));
  place->x = view->view_width - MARGIN - place->width;
  place->y = view->view_height - MARGIN - place->height - (self->scale_node != NULL ? self->scale_height + 6 : 0) -
             get_lift (self);
  return TRUE;
}

gboolean
why_canvas_get_overview (WhyCanvas *self, WhyRect *place)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self) && place != NULL, FALSE);

  return place_overview (self, place);
}

static graphene_rect_t
to_graphene (const WhyRect *rect)
{
  return GRAPHENE_RECT_INIT ((float) rect->x, (float) rect->y, (float) rect->width, (float) rect->height);
}

static void
append_border (GtkSnapshot *snapshot, const WhyRect *rect, float width, const GdkRGBA *color)
{
  const graphene_rect_t bounds = to_graphene (rect);
  const float widths[4] = { width, width, width, width };
  const GdkRGBA colors[4] = { *color, *color, *color, *color };
  GskRoundedRect outline;

  gsk_rounded_rect_init_from_rect (&outline, &bounds, 0);
  gtk_snapshot_append_border (snapshot, &outline, widths, colors);
}

static void
append_overview (WhyCanvas *self, GtkSnapshot *snapshot, const WhyRect *place)
{
  static const GdkRGBA black = { 0, 0, 0, 0.8f };
  static const GdkRGBA white = { 1, 1, 1, 1 };
  const WhyView *view = &self->view;
  const graphene_rect_t bounds = to_graphene (place);
  const WhyAffine turn = why_turn_get_affine (view->turn, view->img_width, view->img_height);
  const double shrink = MAX (place->width, place->height) / MAX (view->img_width, view->img_height);
  WhyRect frame = { place->x - 2, place->y - 2, place->width + 4, place->height + 4 };
  WhyRect img;
  WhyRect target;

  append_border (snapshot, &frame, 2, &black);
  why_render_append (snapshot, GTK_WIDGET (self), self->base_texture, &bounds);
  if (self->survey.whole != NULL && !self->bare)
    why_render_append (snapshot, GTK_WIDGET (self), self->survey.whole, &bounds);
  if (self->whole_map_texture != NULL && self->map != NULL && self->show_map && !self->bare)
    why_render_append (snapshot, GTK_WIDGET (self), self->whole_map_texture, &bounds);
  if (!why_view_visible (view, &img, &target))
    return;
  img = why_turn_rect (&turn, &img);
  WhyRect shown = { place->x + img.x * shrink, place->y + img.y * shrink, img.width * shrink, img.height * shrink };
  WhyRect outer = { shown.x - 1, shown.y - 1, shown.width + 2, shown.height + 2 };
  gtk_snapshot_push_clip (snapshot, &bounds);
  why_canvas_append_region_mark (self, snapshot, place, &turn, shrink);
  append_border (snapshot, &outer, 4, &black);
  append_border (snapshot, &shown, 2, &white);
  gtk_snapshot_pop (snapshot);
}

void
why_canvas_append_over (WhyCanvas *self, GtkSnapshot *snapshot)
{
  const WhyView *view = &self->view;
  WhyRect place;

  why_canvas_update_scale (self);
  if (self->scale_node != NULL)
    {
      gtk_snapshot_save (snapshot);
      gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) floor (view->view_width - MARGIN - self->scale_width),
                                                              (float) floor (view->view_height - MARGIN - self->scale_height -
                                                                             get_lift (self))));
      gtk_snapshot_append_node (snapshot, self->scale_node);
      gtk_snapshot_restore (snapshot);
    }
  if (place_overview (self, &place))
    append_overview (self, snapshot, &place);
}

/* ---- jumping ---- */

static void
jump (WhyCanvas *self, double x, double y)
{
  WhyRect place;

  if (!place_overview (self, &place))
    return;
  double width;
  double height;
  why_view_turned_size (&self->view, &width, &height);
  const WhyAffine back = why_turn_get_affine (why_turn_invert (self->view.turn), width, height);
  x = (x - place.x) * width / place.width;
  y = (y - place.y) * height / place.height;
  why_affine_apply (&back, &x, &y);
  why_view_center_on (&self->view, x, y);
  why_canvas_view_changed (self, FALSE);
}

/* In the capture phase, and claimed only over the overview: all else goes on to the tools. */
static void
on_drag_begin_cb (GtkGestureDrag *gesture, double x, double y, WhyCanvas *self)
{
  WhyRect place;

  if (!place_overview (self, &place) || x < place.x || y < place.y || x >= place.x + place.width || y >= place.y + place.height)
    {
      gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_DENIED);
      return;
    }
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  jump (self, x, y);
}

static void
on_drag_update_cb (GtkGestureDrag *gesture, double dx, double dy, WhyCanvas *self)
{
  double x;
  double y;

  if (gtk_gesture_drag_get_start_point (gesture, &x, &y))
    jump (self, x + dx, y + dy);
}

void
why_canvas_init_over (WhyCanvas *self)
{
  GtkGesture *drag = gtk_gesture_drag_new ();

  self->with_overview = TRUE;
  self->scale_um = NAN;
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (drag), GTK_PHASE_CAPTURE);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (on_drag_update_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
}

/* ---- setters ---- */

void
why_canvas_set_um_per_pixel (WhyCanvas *self, double um_per_pixel)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (um_per_pixel == self->um_per_pixel)
    return;
  self->um_per_pixel = um_per_pixel;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
why_canvas_set_with_overview (WhyCanvas *self, gboolean with_overview)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (with_overview == self->with_overview)
    return;
  self->with_overview = with_overview;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
why_canvas_set_with_legend (WhyCanvas *self, gboolean with_legend)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (with_legend == !self->no_legend)
    return;
  self->no_legend = !with_legend;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* ---- the part that is visible ---- */

gboolean
why_canvas_get_shown_part (WhyCanvas *self, WhyRect *img)
{
  WhyRect target;

  g_return_val_if_fail (WHY_IS_CANVAS (self) && img != NULL, FALSE);

  if (!why_view_visible (&self->view, img, &target))
    return FALSE;
  /* The view ends at whole pixels of the screen, which may lie a little beside the picture. */
  const double right = MIN (img->x + img->width, self->view.img_width);
  const double bottom = MIN (img->y + img->height, self->view.img_height);
  img->x = MAX (img->x, 0);
  img->y = MAX (img->y, 0);
  img->width = right - img->x;
  img->height = bottom - img->y;
  return TRUE;
}

void
why_canvas_show_part (WhyCanvas *self, const WhyRect *img)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (img != NULL && img->width > 0 && img->height > 0)
    why_view_show (&self->view, img);
  else
    why_view_zoom_fit (&self->view);
  why_canvas_view_changed (self, TRUE);
}
