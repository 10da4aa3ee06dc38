#include "config.h"

#include "chart.h"

#include "compat.h"

#include <math.h>
#include <string.h>

#define HEIGHT 96
#define MARGIN 6
#define MAX_CURVES 4
#define STEP 0.01

typedef struct
{
  WhyChartLine line;
  gboolean dots;
  gsize n;
  double x[WHY_CHART_MAX_POINTS], y[WHY_CHART_MAX_POINTS];
} Curve;

struct _WhyChart
{
  GtkWidget parent_instance;

  Curve curves[MAX_CURVES];
  gsize n_curves;
  double handle, mark;
  char *left, *right, *top;
};

G_DEFINE_FINAL_TYPE (WhyChart, why_chart, GTK_TYPE_WIDGET)

static guint picked_signal;

/* The inside, without labels and margins. */
static void
get_plot (WhyChart *self, double *left, double *top, double *width, double *height)
{
  const double font = why_compat_get_font_size (GTK_WIDGET (self)) * 0.85;
  const gboolean below = self->left != NULL || self->right != NULL;

  *left = MARGIN;
  *top = MARGIN + (self->top != NULL ? font * 1.5 : 0);
  *width = MAX (gtk_widget_get_width (GTK_WIDGET (self)) - 2.0 * MARGIN, 1);
  *height = MAX (gtk_widget_get_height (GTK_WIDGET (self)) - *top - MARGIN - (below ? font * 1.5 : 0), 1);
}

static void
draw_text (WhyChart *self, cairo_t *cr, const char *text, double x, double y, double align)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  PangoFontDescription *font = pango_font_description_copy (pango_context_get_font_description (pango_layout_get_context (layout)));
  int width;

  pango_font_description_set_absolute_size (font, why_compat_get_font_size (GTK_WIDGET (self)) * 0.85 * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  pango_layout_get_pixel_size (layout, &width, NULL);
  cairo_move_to (cr, x - align * width, y);
  pango_cairo_show_layout (cr, layout);
}

static void
draw_curve (cairo_t *cr, const Curve *curve, double left, double top, double width, double height)
{
  static const double dashes[] = { 4, 3 };
  gboolean begun = FALSE;

  for (gsize at = 0; at < curve->n; at++)
    {
      if (!isfinite (curve->x[at]) || !isfinite (curve->y[at]))
        continue;
      const double x = left + CLAMP (curve->x[at], 0, 1) * width, y = top + (1 - CLAMP (curve->y[at], 0, 1)) * height;
      if (begun)
        cairo_line_to (cr, x, y);
      else
        cairo_move_to (cr, x, y);
      begun = TRUE;
    }
  cairo_set_line_width (cr, curve->line == WHY_CHART_MAIN ? 2 : 1.25);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_dash (cr, dashes, curve->line == WHY_CHART_CONTROL ? 2 : 0, 0);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
  for (gsize at = 0; curve->dots && at < curve->n; at++)
    {
      cairo_arc (cr, left + CLAMP (curve->x[at], 0, 1) * width, top + (1 - CLAMP (curve->y[at], 0, 1)) * height, 3, 0, 2 * G_PI);
      cairo_fill (cr);
    }
}

static void
draw_upright (cairo_t *cr, double x, double top, double height, gboolean grip)
{
  cairo_set_line_width (cr, grip ? 2 : 1);
  cairo_move_to (cr, x, top);
  cairo_line_to (cr, x, top + height);
  cairo_stroke (cr);
  if (!grip)
    return;
  cairo_arc (cr, x, top + height, 5, 0, 2 * G_PI);
  cairo_fill (cr);
}

static void
why_chart_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  WhyChart *self = WHY_CHART (widget);
  double left, top, width, height;
  GdkRGBA text, accent;

  get_plot (self, &left, &top, &width, &height);
  why_compat_get_color (widget, &text);
  why_compat_get_accent (widget, &accent);
  cairo_t *cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                                                                          (float) gtk_widget_get_height (widget)));
  gdk_cairo_set_source_rgba (cr, &text);
  if (self->top != NULL)
    draw_text (self, cr, self->top, left, 0, 0);
  if (self->left != NULL)
    draw_text (self, cr, self->left, left, top + height + 3, 0);
  if (self->right != NULL)
    draw_text (self, cr, self->right, left + width, top + height + 3, 1);

  GdkRGBA faint = text;
  faint.alpha *= 0.25f;
  gdk_cairo_set_source_rgba (cr, &faint);
  cairo_set_line_width (cr, 1);
  for (int line = 0; line <= 2; line++)
    {
      const double y = floor (top + height * line / 2) + 0.5;
      cairo_move_to (cr, left, y);
      cairo_line_to (cr, left + width, y);
    }
  cairo_stroke (cr);
  for (gsize curve = 0; curve < self->n_curves; curve++)
    {
      GdkRGBA color = self->curves[curve].line == WHY_CHART_MAIN ? accent : text;
      color.alpha *= self->curves[curve].line == WHY_CHART_MAIN ? 1.0f : 0.75f;
      gdk_cairo_set_source_rgba (cr, &color);
      draw_curve (cr, &self->curves[curve], left, top, width, height);
    }
  if (isfinite (self->mark))
    {
      gdk_cairo_set_source_rgba (cr, &faint);
      draw_upright (cr, left + self->mark * width, top, height, FALSE);
    }
  if (isfinite (self->handle))
    {
      gdk_cairo_set_source_rgba (cr, &text);
      draw_upright (cr, left + self->handle * width, top, height, TRUE);
    }
  cairo_destroy (cr);
}

static void
why_chart_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                   int *minimum_baseline, int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 80 : HEIGHT;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 240 : HEIGHT;
}

static void
pick (WhyChart *self, double position)
{
  g_signal_emit (self, picked_signal, 0, CLAMP (position, 0.0, 1.0));
}

static void
pick_at (WhyChart *self, double x)
{
  double left, top, width, height;

  if (!isfinite (self->handle))
    return;
  get_plot (self, &left, &top, &width, &height);
  pick (self, round ((x - left) / width * 100) / 100);
}

static void
on_drag_begin_cb (GtkGestureDrag *gesture, double x, double y, WhyChart *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
  pick_at (self, x);
}

static void
on_drag_update_cb (GtkGestureDrag *gesture, double dx, double dy, WhyChart *self)
{
  double x, y;

  if (gtk_gesture_drag_get_start_point (gesture, &x, &y))
    pick_at (self, x + dx);
}

static gboolean
on_key_cb (GtkEventControllerKey *controller, guint key, guint code, GdkModifierType state, WhyChart *self)
{
  if (!isfinite (self->handle) || (state & (GDK_CONTROL_MASK | GDK_ALT_MASK)) != 0)
    return FALSE;
  switch (key)
    {
    case GDK_KEY_Left:
    case GDK_KEY_Down:
      pick (self, self->handle - STEP);
      return TRUE;
    case GDK_KEY_Right:
    case GDK_KEY_Up:
      pick (self, self->handle + STEP);
      return TRUE;
    case GDK_KEY_Page_Down:
      pick (self, self->handle - 10 * STEP);
      return TRUE;
    case GDK_KEY_Page_Up:
      pick (self, self->handle + 10 * STEP);
      return TRUE;
    case GDK_KEY_Home:
      pick (self, 0);
      return TRUE;
    case GDK_KEY_End:
      pick (self, 1);
      return TRUE;
    default:
      return FALSE;
    }
}

static void
why_chart_finalize (GObject *object)
{
  WhyChart *self = WHY_CHART (object);

  g_free (self->left);
  g_free (self->right);
  g_free (self->top);
  G_OBJECT_CLASS (why_chart_parent_class)->finalize (object);
}

static void
why_chart_class_init (WhyChartClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = why_chart_finalize;
  widget_class->snapshot = why_chart_snapshot;
  widget_class->measure = why_chart_measure;
  gtk_widget_class_set_css_name (widget_class, "chart");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
  picked_signal = g_signal_new ("picked", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                G_TYPE_DOUBLE);
}

static void
why_chart_init (WhyChart *self)
{
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkEventController *key = gtk_event_controller_key_new ();

  self->handle = self->mark = NAN;
  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (on_drag_update_cb), self);
  g_signal_connect (key, "key-pressed", G_CALLBACK (on_key_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
  gtk_widget_add_controller (GTK_WIDGET (self), key);
}

void
why_chart_clear (WhyChart *self)
{
  g_return_if_fail (WHY_IS_CHART (self));
  self->n_curves = 0;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
why_chart_add (WhyChart *self, WhyChartLine line, const double *x, const double *y, gsize n, gboolean dots)
{
  g_return_if_fail (WHY_IS_CHART (self) && n <= WHY_CHART_MAX_POINTS && self->n_curves < MAX_CURVES);

  Curve *curve = &self->curves[self->n_curves++];
  curve->line = line;
  curve->dots = dots;
  curve->n = n;
  memcpy (curve->x, x, n * sizeof *x);
  memcpy (curve->y, y, n * sizeof *y);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
why_chart_set_handle (WhyChart *self, double position)
{
  g_return_if_fail (WHY_IS_CHART (self));
  self->handle = position;
  gtk_widget_set_focusable (GTK_WIDGET (self), isfinite (position));
  if (isfinite (position) && gtk_accessible_get_accessible_role (GTK_ACCESSIBLE (self)) == GTK_ACCESSIBLE_ROLE_SLIDER)
    gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_VALUE_MIN, 0.0,
                                    GTK_ACCESSIBLE_PROPERTY_VALUE_MAX, 1.0, GTK_ACCESSIBLE_PROPERTY_VALUE_NOW, position, -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
why_chart_set_mark (WhyChart *self, double position)
{
  g_return_if_fail (WHY_IS_CHART (self));
  self->mark = position;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
why_chart_set_labels (WhyChart *self, const char *left, const char *right, const char *top)
{
  g_return_if_fail (WHY_IS_CHART (self));
  g_free (self->left);
  g_free (self->right);
  g_free (self->top);
  self->left = g_strdup (left);
  self->right = g_strdup (right);
  self->top = g_strdup (top);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
