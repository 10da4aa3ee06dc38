#include "config.h"

#include "window-private.h"

#include <glib/gi18n.h>
#include <math.h>

/* Window and level of scans: actions, and dragging with the right button: across for the width, up for lower levels, which
 * are brighter; twice with the right button: the file's own. */

/* So far one drags for the width that the file has. */
#define FULL_DRAG 400.0

typedef struct
{
  double width, centre; /* when the drag began */
  double step;          /* of values, for a pixel */
} GreyDrag;

static void
activate_level (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  double width;
  double centre;

  g_variant_get (parameter, "(dd)", &width, &centre);
  why_document_set_window (((WhyWindow *) data)->document, width, centre);
}

static void
activate_preset (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_set_window_preset (((WhyWindow *) data)->document, g_variant_get_string (parameter, NULL));
}

static const GActionEntry entries[] = {
  { "window-level", activate_level, "(dd)", NULL, NULL, { 0 } },
  { "window-preset", activate_preset, "s", NULL, NULL, { 0 } },
};

static void
update (WhyWindow *self)
{
  const WhyPicture *picture = why_document_get_source (self->document);
  const gboolean has_window = why_document_has_window (self->document);
  double width;
  double centre;

  for (gsize entry = 0; entry < G_N_ELEMENTS (entries); entry++)
    g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), entries[entry].name)),
                                 has_window);
  /* Of pictures that are deeper than a screen only where somebody has asked for a window. */
  const gboolean is_told = why_document_get_window (self->document, &width, &centre) &&
                           (picture->values != NULL || width != picture->own_window.width ||
                            centre != picture->own_window.centre);
  /* Translators: window width and level, with the letters that radiologists use */
  g_autofree char *text = is_told ? g_strdup_printf (_("W %.5g  L %.5g"), width, centre) : NULL;
  why_canvas_set_window_text (self->canvas, text);
}

static void
on_drag_begin_cb (GtkGestureDrag *gesture, double x, double y, WhyWindow *self)
{
  const WhyPicture *picture = why_document_get_source (self->document);
  GreyDrag *drag = g_object_get_data (G_OBJECT (gesture), "drag");

  if (!why_document_get_window (self->document, &drag->width, &drag->centre))
    {
      gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_DENIED);
      return;
    }
  drag->step = MAX (picture->own_window.width, drag->width) / FULL_DRAG;
}

/* Whole units where a unit is a small part of the window. */
static double
tidy (double value, double step)
{
  return step >= 0.1 ? round (value) : value;
}

static void
on_drag_update_cb (GtkGestureDrag *gesture, double dx, double dy, WhyWindow *self)
{
  const GreyDrag *drag = g_object_get_data (G_OBJECT (gesture), "drag");
  const double least = drag->step >= 0.1 ? 1.0 : drag->step;

  if (!why_document_has_window (self->document))
    return;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  why_document_set_window (self->document, MAX (tidy (drag->width + dx * drag->step, drag->step), least),
                           tidy (drag->centre + dy * drag->step, drag->step));
}

static void
on_pressed_cb (GtkGestureClick *gesture, int n_press, double x, double y, WhyWindow *self)
{
  if (n_press == 2 && why_document_has_window (self->document))
    why_document_set_window (self->document, 0, 0);
}

void
why_window_init_grey (WhyWindow *self)
{
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), GDK_BUTTON_SECONDARY);
  g_object_set_data_full (G_OBJECT (drag), "drag", g_new0 (GreyDrag, 1), g_free);
  g_signal_connect_object (drag, "drag-begin", G_CALLBACK (on_drag_begin_cb), self, 0);
  g_signal_connect_object (drag, "drag-update", G_CALLBACK (on_drag_update_cb), self, 0);
  gtk_widget_add_controller (GTK_WIDGET (self->canvas), GTK_EVENT_CONTROLLER (drag));
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect_object (click, "pressed", G_CALLBACK (on_pressed_cb), self, 0);
  gtk_widget_add_controller (GTK_WIDGET (self->canvas), GTK_EVENT_CONTROLLER (click));
  g_signal_connect_object (self->document, "notify::picture", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
