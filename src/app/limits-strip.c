#include "config.h"

#include "limits-strip.h"

#include "colormap-strip.h"
#include "words.h"

#include <glib/gi18n.h>

struct _WhyLimitsStrip
{
  GtkWidget parent_instance;

  GtkWidget *low;
  GtkWidget *strip;
  GtkWidget *high;
};

G_DEFINE_FINAL_TYPE (WhyLimitsStrip, why_limits_strip, GTK_TYPE_WIDGET)

static void
why_limits_strip_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (why_limits_strip_parent_class)->dispose (object);
}

static void
why_limits_strip_class_init (WhyLimitsStripClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_limits_strip_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "limits");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static GtkWidget *
add_label (WhyLimitsStrip *self)
{
  GtkWidget *label = gtk_label_new ("");

  gtk_widget_add_css_class (label, "caption");
  gtk_widget_add_css_class (label, "numeric");
  gtk_widget_set_parent (label, GTK_WIDGET (self));
  return label;
}

static void
why_limits_strip_init (WhyLimitsStrip *self)
{
  gtk_box_layout_set_spacing (GTK_BOX_LAYOUT (gtk_widget_get_layout_manager (GTK_WIDGET (self))), 6);
  /* From low to high, in every language. */
  gtk_widget_set_direction (GTK_WIDGET (self), GTK_TEXT_DIR_LTR);
  self->low = add_label (self);
  self->strip = why_colormap_strip_new ();
  gtk_widget_set_hexpand (self->strip, TRUE);
  gtk_widget_set_parent (self->strip, GTK_WIDGET (self));
  self->high = add_label (self);
}

GtkWidget *
why_limits_strip_new (void)
{
  return g_object_new (WHY_TYPE_LIMITS_STRIP, NULL);
}

static char *
number (double value)
{
  char text[32];

  g_snprintf (text, sizeof text, "%.3g", value == 0 ? 0.0 : ABS (value));
  /* Isolated, so that the sign stays in front of the number in text that runs from right to left. */
  return g_strdup_printf ("\u2066%s%s\u2069", value < 0 ? "−" : "", text);
}

void
why_limits_strip_set (WhyLimitsStrip *self, const WhyOverlayMap *map, const WhyOverlayStyle *style)
{
  double lo;
  double hi;

  g_return_if_fail (WHY_IS_LIMITS_STRIP (self));
  if (map == NULL)
    {
      gtk_label_set_label (GTK_LABEL (self->low), "");
      gtk_label_set_label (GTK_LABEL (self->high), "");
      why_colormap_strip_set_colormap (WHY_COLORMAP_STRIP (self->strip), NULL);
      return;
    }
  why_overlay_limits (map, style, &lo, &hi);
  g_autofree char *low = number (lo);
  g_autofree char *high = number (hi);
  /* Translators: what the colours of a map stand for: the lowest and the highest number */
  g_autofree char *spoken = g_strdup_printf (_("Colours from %1$s to %2$s"), low, high);
  gtk_label_set_label (GTK_LABEL (self->low), low);
  gtk_label_set_label (GTK_LABEL (self->high), high);
  why_colormap_strip_set_colormap (WHY_COLORMAP_STRIP (self->strip), why_overlay_style_colormap (style));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}
