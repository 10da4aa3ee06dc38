#include "config.h"

#include "curtain.h"

#include <glib/gi18n.h>
#include <math.h>

#define KNOB 28
#define STEP 0.02
#define LARGE_STEP 0.1

/* ---- the divider ---- */

#define WHY_TYPE_DIVIDER (why_divider_get_type ())
G_DECLARE_FINAL_TYPE (WhyDivider, why_divider, WHY, DIVIDER, GtkWidget)

struct _WhyDivider
{
  GtkWidget parent_instance;
};

G_DEFINE_FINAL_TYPE (WhyDivider, why_divider, GTK_TYPE_WIDGET)

static void
why_divider_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  static const GdkRGBA black = { 0, 0, 0, 0.75f };
  static const GdkRGBA white = { 1, 1, 1, 1 };
  const float width = (float) gtk_widget_get_width (widget);
  const float height = (float) gtk_widget_get_height (widget);
  const float middle = floorf (width / 2);
  const float top = floorf ((height - KNOB) / 2);
  GskRoundedRect knob;

  /* White between black: visible on any picture. */
  gtk_snapshot_append_color (snapshot, &black, &GRAPHENE_RECT_INIT (middle - 2, 0, 4, height));
  gtk_snapshot_append_color (snapshot, &white, &GRAPHENE_RECT_INIT (middle - 1, 0, 2, height));
  gsk_rounded_rect_init_from_rect (&knob, &GRAPHENE_RECT_INIT (middle - KNOB / 2, top, KNOB, KNOB), KNOB / 2);
  gtk_snapshot_push_rounded_clip (snapshot, &knob);
  gtk_snapshot_append_color (snapshot, &white, &knob.bounds);
  for (int side = -1; side <= 1; side += 2)
    gtk_snapshot_append_color (snapshot, &black, &GRAPHENE_RECT_INIT (middle + (float) side * 4 - 1, top + 8, 2, KNOB - 16));
  gtk_snapshot_pop (snapshot);
  if (gtk_widget_has_visible_focus (widget))
    gtk_snapshot_append_border (snapshot, &knob, (float[4]) { 3, 3, 3, 3 },
                                (GdkRGBA[4]) { { 0.1f, 0.4f, 0.9f, 1 }, { 0.1f, 0.4f, 0.9f, 1 }, { 0.1f, 0.4f, 0.9f, 1 },
                                               { 0.1f, 0.4f, 0.9f, 1 } });
}

static void
why_divider_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                     int *minimum_baseline, int *natural_baseline)
{
  *minimum = *natural = KNOB + 4;
}

static void
why_divider_class_init (WhyDividerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = why_divider_snapshot;
  widget_class->measure = why_divider_measure;
  gtk_widget_class_set_css_name (widget_class, "divider");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_SLIDER);
}

static void
why_divider_init (WhyDivider *self)
{
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "col-resize");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Divider between the two maps"),
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_MIN, 0.0, GTK_ACCESSIBLE_PROPERTY_VALUE_MAX, 1.0, -1);
}

/* ---- the curtain ---- */

struct _WhyCurtain
{
  GtkWidget parent_instance;

  GtkWidget *panes[2]; /* left, right; both lie over the whole field and are clipped at the divider */
  GtkWidget *divider;

  double position;
  double drag_from;
};

G_DEFINE_FINAL_TYPE (WhyCurtain, why_curtain, GTK_TYPE_WIDGET)

enum
{
  SIGNAL_MOVED,
  SIGNAL_LAST_SIGNAL,
};

static guint signals[SIGNAL_LAST_SIGNAL];

static WhyCanvas *
get_canvas (WhyCurtain *self)
{
  return why_compare_pane_get_canvas (WHY_COMPARE_PANE (self->panes[1]));
}

/* Where the visible picture begins and ends. */
static void
find_field (WhyCurtain *self, double *left, double *right)
{
  graphene_point_t start = GRAPHENE_POINT_INIT (0, 0);
  GtkWidget *canvas = GTK_WIDGET (get_canvas (self));

  if (!why_canvas_get_visible (get_canvas (self), left, right))
    {
      *left = 0;
      *right = gtk_widget_get_width (GTK_WIDGET (self));
      return;
    }
  if (gtk_widget_compute_point (canvas, GTK_WIDGET (self), &GRAPHENE_POINT_INIT (0, 0), &start))
    {
      *left += (double) start.x;
      *right += (double) start.x;
    }
}

static double
find_divider (WhyCurtain *self)
{
  double left;
  double right;

  find_field (self, &left, &right);
  return round (left + self->position * (right - left));
}

static void
place_divider (WhyCurtain *self)
{
  const int width = KNOB + 4;
  const int height = gtk_widget_get_height (GTK_WIDGET (self));

  gtk_widget_size_allocate (self->divider, &(GtkAllocation) { (int) find_divider (self) - width / 2, 0, width, MAX (height, KNOB + 4) },
                            -1);
}

static void
why_curtain_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  WhyCurtain *self = WHY_CURTAIN (widget);

  for (int side = 0; side < 2; side++)
    gtk_widget_size_allocate (self->panes[side], &(GtkAllocation) { 0, 0, width, height }, -1);
  place_divider (self);
}

static void
why_curtain_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                     int *minimum_baseline, int *natural_baseline)
{
  WhyCurtain *self = WHY_CURTAIN (widget);

  gtk_widget_measure (self->panes[0], orientation, for_size, minimum, natural, NULL, NULL);
}

static void
why_curtain_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  WhyCurtain *self = WHY_CURTAIN (widget);
  const float width = (float) gtk_widget_get_width (widget);
  const float height = (float) gtk_widget_get_height (widget);
  const float at = (float) find_divider (self);

  for (int side = 0; side < 2; side++)
    {
      gtk_snapshot_push_clip (snapshot, side == 0 ? &GRAPHENE_RECT_INIT (0, 0, at, height)
                                                  : &GRAPHENE_RECT_INIT (at, 0, width - at, height));
      gtk_widget_snapshot_child (widget, self->panes[side], snapshot);
      gtk_snapshot_pop (snapshot);
    }
  gtk_widget_snapshot_child (widget, self->divider, snapshot);
}

static void
move_to (WhyCurtain *self, double position)
{
  const double wanted = CLAMP (position, 0, 1);

  if (wanted == self->position)
    return;
  why_curtain_set_position (self, wanted);
  g_signal_emit (self, signals[SIGNAL_MOVED], 0, wanted);
}

static void
on_drag_begin_cb (GtkGestureDrag *gesture, double x, double y, WhyCurtain *self)
{
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  gtk_widget_grab_focus (self->divider);
  self->drag_from = self->position;
}

static void
on_drag_update_cb (GtkGestureDrag *gesture, double dx, double dy, WhyCurtain *self)
{
  double start_x;
  double start_y;
  double left;
  double right;
  graphene_point_t point;

  /* The divider moves under the pointer: places are those of the curtain. */
  if (!gtk_gesture_drag_get_start_point (gesture, &start_x, &start_y) ||
      !gtk_widget_compute_point (self->divider, GTK_WIDGET (self), &GRAPHENE_POINT_INIT ((float) (start_x + dx), 0), &point))
    return;
  find_field (self, &left, &right);
  if (right > left)
    move_to (self, ((double) point.x - left) / (right - left));
}

static gboolean
on_key_pressed_cb (GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state, WhyCurtain *self)
{
  const double step = (state & GDK_SHIFT_MASK) != 0 ? LARGE_STEP : STEP;

  switch (keyval)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      move_to (self, self->position - step);
      return TRUE;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      move_to (self, self->position + step);
      return TRUE;
    case GDK_KEY_Home:
      move_to (self, 0);
      return TRUE;
    case GDK_KEY_End:
      move_to (self, 1);
      return TRUE;
    default:
      return FALSE;
    }
}

static void
why_curtain_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (why_curtain_parent_class)->dispose (object);
}

static void
why_curtain_class_init (WhyCurtainClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_curtain_dispose;
  widget_class->size_allocate = why_curtain_size_allocate;
  widget_class->measure = why_curtain_measure;
  widget_class->snapshot = why_curtain_snapshot;
  signals[SIGNAL_MOVED] = g_signal_new ("moved", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 1, G_TYPE_DOUBLE);
  gtk_widget_class_set_css_name (widget_class, "curtain");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
why_curtain_init (WhyCurtain *self)
{
  self->position = 0.5;
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  /* Left is left: the picture is never mirrored. */
  gtk_widget_set_direction (GTK_WIDGET (self), GTK_TEXT_DIR_LTR);
}

GtkWidget *
why_curtain_new (WhyDocument *document)
{
  WhyCurtain *self = g_object_new (WHY_TYPE_CURTAIN, NULL);
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  for (int side = 0; side < 2; side++)
    {
      self->panes[side] = why_compare_pane_new (document);
      gtk_widget_set_parent (self->panes[side], GTK_WIDGET (self));
      why_compare_pane_set_side (WHY_COMPARE_PANE (self->panes[side]), side == 1);
    }
  /* The upper one takes the pointer for both. */
  gtk_widget_set_can_target (self->panes[0], FALSE);
  gtk_widget_set_can_focus (self->panes[0], FALSE);
  self->divider = g_object_new (WHY_TYPE_DIVIDER, NULL);
  gtk_widget_set_parent (self->divider, GTK_WIDGET (self));
  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (on_drag_update_cb), self);
  gtk_widget_add_controller (self->divider, GTK_EVENT_CONTROLLER (drag));
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key_pressed_cb), self);
  gtk_widget_add_controller (self->divider, keys);
  /* The divider stands on the visible part of the picture, whatever that is. */
  g_signal_connect_object (get_canvas (self), "place-changed", G_CALLBACK (gtk_widget_queue_allocate), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

WhyComparePane *
why_curtain_get_pane (WhyCurtain *self, gboolean right)
{
  g_return_val_if_fail (WHY_IS_CURTAIN (self), NULL);
  return WHY_COMPARE_PANE (self->panes[right ? 1 : 0]);
}

void
why_curtain_set_position (WhyCurtain *self, double position)
{
  g_return_if_fail (WHY_IS_CURTAIN (self));
  g_autofree char *text = g_strdup_printf (_("%d%%"), (int) lround (position * 100));

  self->position = position;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->divider), GTK_ACCESSIBLE_PROPERTY_VALUE_NOW, position,
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
why_curtain_set_bare (WhyCurtain *self, const char *bare)
{
  g_return_if_fail (WHY_IS_CURTAIN (self));
  why_canvas_set_bare (why_compare_pane_get_canvas (WHY_COMPARE_PANE (self->panes[0])), g_strcmp0 (bare, "left") == 0);
  why_canvas_set_bare (get_canvas (self), g_strcmp0 (bare, "right") == 0);
}
