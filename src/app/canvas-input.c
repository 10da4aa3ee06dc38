#include "config.h"

#include "canvas-private.h"

#include <math.h>

#define PAN_STEP 48.0

/* Touch pads report pixels where wheels report notches. */
static gboolean
on_scroll_cb (GtkEventControllerScroll *controller, double dx, double dy, WhyCanvas *self)
{
  const GdkModifierType modifiers =
      gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (controller));
  const gboolean wheel = gtk_event_controller_scroll_get_unit (controller) == GDK_SCROLL_UNIT_WHEEL;

  if (self->picture == NULL)
    return FALSE;
  if (modifiers & GDK_SHIFT_MASK)
    {
      why_view_pan (&self->view, -(dx + dy) * (wheel ? PAN_STEP : 1), 0);
      why_canvas_view_changed (self, FALSE);
      return TRUE;
    }
  if (self->steps_slices && !(modifiers & GDK_CONTROL_MASK))
    {
      self->slice_scroll += wheel ? dy : dy / 24.0;
      const int n_steps = (int) self->slice_scroll;
      self->slice_scroll -= n_steps;
      if (n_steps != 0)
        why_canvas_emit_slice_stepped (self, n_steps);
      return TRUE;
    }
  if (wheel || (modifiers & GDK_CONTROL_MASK))
    {
      const double notches = wheel ? dy : dy / 48.0;
      const gboolean inside = self->pointer_x >= 0;
      const double view_x = inside ? self->pointer_x : self->view.view_width / 2;
      const double view_y = inside ? self->pointer_y : self->view.view_height / 2;

      if (notches == 0)
        return FALSE;
      why_view_zoom_at (&self->view, self->view.zoom * pow (WHY_VIEW_WHEEL_FACTOR, -notches), view_x, view_y);
      why_canvas_view_changed (self, TRUE);
      return TRUE;
    }
  why_view_pan (&self->view, -dx, -dy);
  why_canvas_view_changed (self, FALSE);
  return TRUE;
}

static void
on_motion_cb (GtkEventControllerMotion *controller, double x, double y, WhyCanvas *self)
{
  double img_x;
  double img_y;

  if (x == self->pointer_x && y == self->pointer_y)
    return;
  self->pointer_x = x;
  self->pointer_y = y;
  if (self->crosshair)
    {
      self->crosshair = FALSE;
      gtk_widget_queue_draw (GTK_WIDGET (self));
    }
  why_view_to_image (&self->view, x, y, &img_x, &img_y);
  why_canvas_probe_at (self, img_x, img_y);
  why_canvas_tool_hover (self, x, y);
  if (!why_canvas_is_dragging (self))
    why_canvas_update_cursor (self);
}

static void
on_leave_cb (GtkEventControllerMotion *controller, WhyCanvas *self)
{
  self->pointer_x = -1;
  self->pointer_y = -1;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (self->marker)
    why_canvas_probe_at (self, self->marker_x, self->marker_y);
  else if (!self->crosshair)
    why_canvas_probe_none (self);
}

/* ---- drag: pan or draw ---- */

static gboolean
is_square (GtkGestureDrag *gesture)
{
  return (gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture)) & GDK_SHIFT_MASK) != 0;
}

static void
on_drag_begin_cb (GtkGestureDrag *gesture, double x, double y, WhyCanvas *self)
{
  const guint button = gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (gesture));

  gtk_widget_grab_focus (GTK_WIDGET (self));
  self->panning = FALSE;
  if (self->picture == NULL || (button != GDK_BUTTON_PRIMARY && button != GDK_BUTTON_MIDDLE))
    {
      gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_DENIED);
      return;
    }
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  self->tool_pressed = button == GDK_BUTTON_PRIMARY && !self->space_held;
  if (self->tool_pressed)
    self->crosshair = FALSE;
  if (self->tool_pressed && why_canvas_volume_press (self, x, y))
    return;
  if (!self->tool_pressed ||
      !why_canvas_tool_press (self, x, y, gtk_event_controller_get_current_event_time (GTK_EVENT_CONTROLLER (gesture)),
                              is_square (gesture)))
    {
      self->panning = TRUE;
      self->pan_last_x = 0;
      self->pan_last_y = 0;
    }
  why_canvas_update_cursor (self);
}

static void
on_drag_update_cb (GtkGestureDrag *gesture, double dx, double dy, WhyCanvas *self)
{
  double start_x;
  double start_y;

  if (gtk_gesture_drag_get_start_point (gesture, &start_x, &start_y) &&
      why_canvas_volume_drag (self, start_x + dx, start_y + dy))
    return;
  if (self->panning)
    {
      why_view_pan (&self->view, dx - self->pan_last_x, dy - self->pan_last_y);
      self->pan_last_x = dx;
      self->pan_last_y = dy;
      why_canvas_view_changed (self, FALSE);
    }
  else if (self->tool_pressed && gtk_gesture_drag_get_start_point (gesture, &start_x, &start_y))
    why_canvas_tool_drag (self, start_x + dx, start_y + dy, is_square (gesture));
}

static void
on_drag_end_cb (GtkGestureDrag *gesture, double dx, double dy, WhyCanvas *self)
{
  double start_x;
  double start_y;
  const gboolean clicked = self->panning && self->tool == WHY_TOOL_PROBE && fabs (dx) < 4 && fabs (dy) < 4;

  self->panning = FALSE;
  why_canvas_volume_release (self);
  if (self->tool_pressed && gtk_gesture_drag_get_start_point (gesture, &start_x, &start_y))
    why_canvas_tool_release (self, start_x + dx, start_y + dy);
  self->tool_pressed = FALSE;
  why_canvas_update_cursor (self);
  if (clicked)
    why_canvas_emit_clicked (self);
}

static void
on_drag_cancel_cb (GtkGesture *gesture, GdkEventSequence *sequence, WhyCanvas *self)
{
  self->panning = FALSE;
  self->tool_pressed = FALSE;
  why_canvas_tool_give_up (self);
  why_canvas_update_cursor (self);
}

gboolean
why_canvas_cancel_drag (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), FALSE);

  const gboolean active = why_canvas_tool_give_up (self) || self->crosshair;
  self->crosshair = FALSE;
  self->tool_pressed = FALSE;
  if (active)
    gtk_widget_queue_draw (GTK_WIDGET (self));
  return active;
}

/* ---- pinch ---- */

static void
on_pinch_begin_cb (GtkGesture *gesture, GdkEventSequence *sequence, WhyCanvas *self)
{
  self->pinch_zoom = self->view.zoom;
  why_canvas_tool_give_up (self);
}

static void
on_pinch_scale_cb (GtkGestureZoom *gesture, double scale, WhyCanvas *self)
{
  double x = self->view.view_width / 2;
  double y = self->view.view_height / 2;

  gtk_gesture_get_bounding_box_center (GTK_GESTURE (gesture), &x, &y);
  why_view_zoom_at (&self->view, self->pinch_zoom * scale, x, y);
  why_canvas_view_changed (self, TRUE);
}

/* ---- keys ---- */

/* With the tools that draw the arrow keys move a cross hair, at which Enter or Space sets corners and points: what the
 * mouse does, without a mouse. The probe goes pixel by pixel. */
static gboolean
move_crosshair (WhyCanvas *self, double dx, double dy, gboolean large)
{
  const double step = self->tool == WHY_TOOL_PROBE ? (large ? 10.0 : 1.0) : MAX (1.0, (large ? 40.0 : 8.0) / why_view_scale (&self->view));

  if (!self->crosshair)
    {
      self->crosshair = TRUE;
      self->cross_x = self->view.center_x;
      self->cross_y = self->view.center_y;
    }
  else
    {
      self->cross_x = CLAMP (self->cross_x + dx * step, 0, self->view.img_width);
      self->cross_y = CLAMP (self->cross_y + dy * step, 0, self->view.img_height);
    }
  why_canvas_tool_cursor_moved (self);
  why_canvas_probe_at (self, MIN (self->cross_x, self->view.img_width - 0.5),
                       MIN (self->cross_y, self->view.img_height - 0.5));
  gtk_widget_queue_draw (GTK_WIDGET (self));
  return TRUE;
}

static gboolean
arrow (WhyCanvas *self, double dx, double dy, GdkModifierType state)
{
  const gboolean large = (state & GDK_SHIFT_MASK) != 0;
  const double view_dx = dx;
  const double view_dy = dy;

  /* Right on the screen is another direction in a picture that is turned. */
  why_turn_distance (why_turn_invert (self->view.turn), &dx, &dy);
  if ((state & GDK_CONTROL_MASK) && why_canvas_get_chosen_part (self) >= 0)
    {
      /* Moves the part that is chosen; with Shift its right and lower edge. */
      const double step = MAX (1.0, round (4.0 / why_view_scale (&self->view)));
      return gtk_widget_activate_action (GTK_WIDGET (self), "win.nudge-cover", "(dddd)", large ? 0.0 : dx * step,
                                         large ? 0.0 : dy * step, large ? dx * step : 0.0, large ? dy * step : 0.0);
    }
  if (why_canvas_volume_arrow (self, (int) dx * (large ? 10 : 1), (int) dy * (large ? 10 : 1)))
    return TRUE;
  if (self->tool != WHY_TOOL_PAN)
    return move_crosshair (self, dx, dy, large);
  /* All of the picture is there: sideways is the way to the next one. */
  if (view_dx != 0 && !large && why_canvas_get_fit (self))
    return FALSE;
  why_view_pan (&self->view, -view_dx * (large ? self->view.view_width * 0.8 : PAN_STEP),
                -view_dy * (large ? self->view.view_height * 0.8 : PAN_STEP));
  why_canvas_view_changed (self, FALSE);
  return TRUE;
}

static gboolean
on_key_pressed_cb (GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state,
                   WhyCanvas *self)
{
  if (self->picture == NULL || (state & GDK_ALT_MASK))
    return FALSE;
  if (!(state & GDK_CONTROL_MASK) && why_canvas_tool_key (self, keyval, state))
    return TRUE;
  switch (keyval)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      return arrow (self, -1, 0, state);
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      return arrow (self, 1, 0, state);
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
      return arrow (self, 0, -1, state);
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
      return arrow (self, 0, 1, state);
    case GDK_KEY_space:
      self->space_held = TRUE;
      why_canvas_update_cursor (self);
      return TRUE;
    default:
      return FALSE;
    }
}

static void
on_key_released_cb (GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state,
                    WhyCanvas *self)
{
  if (keyval == GDK_KEY_space && self->space_held)
    {
      self->space_held = FALSE;
      why_canvas_update_cursor (self);
    }
}

static void
on_focus_out_cb (GtkEventControllerFocus *controller, WhyCanvas *self)
{
  self->space_held = FALSE;
  why_canvas_cancel_drag (self);
  why_canvas_update_cursor (self);
}

/* Which corner or side of the box on the screen a grip of the box in the picture is. */
static int
turn_grip (WhyCanvas *self, int grip)
{
  double across = grip % 3 - 1;
  double down = grip / 3 - 1;

  why_turn_distance (self->view.turn, &across, &down);
  return 3 * ((int) down + 1) + (int) across + 1;
}

void
why_canvas_update_cursor (WhyCanvas *self)
{
  const double scale = why_view_scale (&self->view);
  const gboolean can_pan = self->view.img_width * scale > self->view.view_width ||
                           self->view.img_height * scale > self->view.view_height;
  static const char *const grips[9] = { "nw-resize", "n-resize", "ne-resize", "w-resize", NULL,
                                        "e-resize",  "sw-resize", "s-resize", "se-resize" };
  int index;
  const int grip = self->drawing.edited >= 0                         ? self->drawing.grip
                   : self->pointer_x >= 0 && !self->drawing.active && !self->space_held
                     ? why_canvas_grip_at (self, self->pointer_x, self->pointer_y, &index)
                     : WHY_GRIP_NONE;
  const char *name = NULL;

  if (self->panning)
    name = "grabbing";
  else if (self->picture != NULL && grip != WHY_GRIP_NONE)
    name = grip == WHY_GRIP_ALL || grip >= WHY_GRIP_FIRST_POINT ? "move" : grips[turn_grip (self, grip)];
  else if (self->picture != NULL && self->tool == WHY_TOOL_BRUSH && !self->space_held)
    name = "none";
  else if (self->picture != NULL && self->tool != WHY_TOOL_PAN && !self->space_held)
    name = "crosshair";
  else if (self->picture != NULL && can_pan)
    name = "grab";
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), name);
}

void
why_canvas_init_input (WhyCanvas *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkGesture *pinch = gtk_gesture_zoom_new ();

  g_signal_connect (scroll, "scroll", G_CALLBACK (on_scroll_cb), self);
  gtk_widget_add_controller (widget, scroll);
  g_signal_connect (motion, "motion", G_CALLBACK (on_motion_cb), self);
  g_signal_connect (motion, "enter", G_CALLBACK (on_motion_cb), self);
  g_signal_connect (motion, "leave", G_CALLBACK (on_leave_cb), self);
  gtk_widget_add_controller (widget, motion);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key_pressed_cb), self);
  g_signal_connect (keys, "key-released", G_CALLBACK (on_key_released_cb), self);
  gtk_widget_add_controller (widget, keys);
  g_signal_connect (focus, "leave", G_CALLBACK (on_focus_out_cb), self);
  gtk_widget_add_controller (widget, focus);

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), 0);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (on_drag_update_cb), self);
  g_signal_connect (drag, "drag-end", G_CALLBACK (on_drag_end_cb), self);
  g_signal_connect (drag, "cancel", G_CALLBACK (on_drag_cancel_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (drag));
  g_signal_connect (pinch, "begin", G_CALLBACK (on_pinch_begin_cb), self);
  g_signal_connect (pinch, "scale-changed", G_CALLBACK (on_pinch_scale_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (pinch));
}
