#include "config.h"

#include "canvas-private.h"

#include "compat.h"
#include "draw/legend.h"

#include <math.h>

#define LEGEND_MARGIN 12
#define LEGEND_LENGTH 200

/* Above this size of the canvas the legend grows with it, so many times at most. */
#define LARGE 760.0
#define MAX_SCALE 1.8

/* Places in the legend's rectangle, along each side, at which the map below it is looked at. */
#define N_LOOKS 9

/* What else lies along the upper edge: the tools at the right. */
#define TOOLS_WIDTH 230

/* Of what lies in the upper left corner, with the space below. */
#define CORNER_HEIGHT 54

/* As share of the colour bar: a corner is left only for one that hides this much less. */
#define WORTH_MOVING 0.2

/* The strongest value of the map below a rectangle of the widget, as share of its limits. */
static double
strength_below (WhyCanvas *self, const WhyOverlayMap *map, const WhyRect *place, double lo, double hi)
{
  WhyAffine to_map;
  double strongest = 0;

  if (!why_affine_invert (&map->to_source, &to_map))
    return 0;
  for (int row = 0; row < N_LOOKS; row++)
    {
      for (int column = 0; column < N_LOOKS; column++)
        {
          double x;
          double y;

          why_view_to_image (&self->view, place->x + place->width * column / (N_LOOKS - 1),
                             place->y + place->height * row / (N_LOOKS - 1), &x, &y);
          if (x < 0 || y < 0 || x >= self->view.img_width || y >= self->view.img_height)
            continue;
          why_affine_apply (&to_map, &x, &y);
          const double value = why_resample_at (map->values, map->width, map->height, self->style.kind, x, y);
          const double position = why_overlay_position (value, lo, hi, self->style.centre_zero);
          if (isfinite (position))
            strongest = MAX (strongest, self->style.centre_zero ? fabs (2 * position - 1) : position);
        }
    }
  return strongest;
}

/* The mark of another colour vision and the buttons of the region lie in the upper left corner, one below the other. */
double
why_canvas_get_upper_left (WhyCanvas *self)
{
  const gboolean has_mark = self->style.vision != WHY_VISION_NORMAL, has_region = self->region.width > 0;

  if (gtk_widget_get_default_direction () == GTK_TEXT_DIR_RTL)
    return CORNER_HEIGHT; /* the tools are there, and these at the right */
  return (has_mark + has_region) * CORNER_HEIGHT;
}

/* Below at the left, unless what the map points at lies there; the other two corners have the tools and the scale. */
static void
choose_corner (WhyCanvas *self, const WhyOverlayMap *map, double lo, double hi)
{
  const double bottom = floor (self->view.view_height - LEGEND_MARGIN - self->legend_height);
  const double top = LEGEND_MARGIN + why_canvas_get_upper_left (self);
  const WhyRect places[2] = {
    { LEGEND_MARGIN, bottom, self->legend_width, self->legend_height },
    { LEGEND_MARGIN, top, self->legend_width, self->legend_height },
  };
  const double below[2] = { strength_below (self, map, &places[0], lo, hi), strength_below (self, map, &places[1], lo, hi) };
  const gboolean has_room = bottom > top + self->legend_height + LEGEND_MARGIN &&
                            self->view.view_width > self->legend_width + TOOLS_WIDTH + 3 * LEGEND_MARGIN;
  const int corner = has_room && below[1] < below[0] - WORTH_MOVING;

  self->legend_x = places[corner].x;
  self->legend_y = places[corner].y;
}

void
why_canvas_update_legend (WhyCanvas *self)
{
  if (!self->legend_stale)
    return;
  self->legend_stale = FALSE;
  g_clear_pointer (&self->legend_node, gsk_render_node_unref);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  /* A wall in a lecture hall is seen from the back row. */
  const double scale = CLAMP (MIN (self->view.view_width, self->view.view_height) / LARGE, 1, MAX_SCALE);
  why_canvas_update_survey_legend (self, scale);
  if (self->map == NULL || self->legend_title == NULL)
    return;

  const WhyOverlayMap map = {
    .values = self->map->data,
    .width = (int) self->map->dims[1],
    .height = (int) self->map->dims[0],
    .to_source = self->to_source,
  };
  WhyColorBar bar = {
    .style = &self->style,
    .title = self->legend_title,
    .lines = (const char *const *) self->legend_lines,
    .unit = self->legend_unit,
    .length = MIN (LEGEND_LENGTH * scale, self->view.view_width - 4 * LEGEND_MARGIN),
    .font_size = why_compat_get_font_size (GTK_WIDGET (self)) * scale,
    .theme = WHY_THEME_ON_PICTURE,
  };
  const double max_width = MIN (self->view.view_width - 2 * LEGEND_MARGIN, 380 * scale);
  /* A small canvas is for the picture: the details are in the inspector too. */
  if (self->view.view_width < 480 || self->view.view_height < 400)
    {
      bar.lines = NULL;
      bar.length = MIN (bar.length, 140);
      bar.font_size *= 0.85;
    }
  /* Of a very small one, as little as may be: the colours and their numbers. */
  if (self->view.view_height < 300)
    {
      bar.title = NULL;
      bar.length = MIN (bar.length, 90);
    }
  if (max_width < 100 || self->view.view_height < 160)
    return;
  why_overlay_limits (&map, &self->style, &bar.lo, &bar.hi);

  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  cairo_surface_t *scratch = cairo_image_surface_create (CAIRO_FORMAT_A8, 1, 1);
  cairo_t *measure = cairo_create (scratch);
  why_color_bar_measure (measure, &bar, max_width, &self->legend_width, &self->legend_height);
  cairo_destroy (measure);
  cairo_surface_destroy (scratch);

  cairo_t *cr = gtk_snapshot_append_cairo (
      snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) ceil (self->legend_width), (float) ceil (self->legend_height)));
  why_color_bar_draw (cr, &bar, 0, 0, max_width);
  cairo_destroy (cr);
  self->legend_node = gtk_snapshot_to_node (snapshot);
  choose_corner (self, &map, bar.lo, bar.hi);
}

/* The ends of the colour bar are where its limits are changed. */
static void
on_pressed_cb (GtkGestureClick *gesture, int n_press, double x, double y, gpointer data)
{
  WhyCanvas *self = data;

  if (self->legend_node == NULL || self->map == NULL || !self->show_map || self->bare || x < self->legend_x ||
      y < self->legend_y || x > self->legend_x + self->legend_width || y > self->legend_y + self->legend_height)
    return;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  gtk_widget_activate_action (GTK_WIDGET (self), "win.edit-limit", "s",
                              x > self->legend_x + self->legend_width / 2 ? "upper" : "lower");
}

void
why_canvas_init_legend (WhyCanvas *self)
{
  GtkGesture *click = gtk_gesture_click_new ();

  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (click), GTK_PHASE_CAPTURE);
  g_signal_connect_object (click, "pressed", G_CALLBACK (on_pressed_cb), self, 0);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
}
