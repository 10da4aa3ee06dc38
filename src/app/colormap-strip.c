#include "config.h"

#include "colormap-strip.h"

#define STRIP_WIDTH 64
#define STRIP_HEIGHT 14
#define N_STEPS 64

struct _WhyColormapStrip
{
  GtkWidget parent_instance;

  const WhyColormap *colormap;
  GdkTexture *texture;
};

G_DEFINE_FINAL_TYPE (WhyColormapStrip, why_colormap_strip, GTK_TYPE_WIDGET)

static void
why_colormap_strip_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  WhyColormapStrip *self = WHY_COLORMAP_STRIP (widget);
  const float width = (float) gtk_widget_get_width (widget);
  const float height = (float) gtk_widget_get_height (widget);
  GskRoundedRect clip;

  if (self->texture == NULL)
    return;
  gsk_rounded_rect_init_from_rect (&clip, &GRAPHENE_RECT_INIT (0, 0, width, height), 3);
  gtk_snapshot_push_rounded_clip (snapshot, &clip);
  gtk_snapshot_append_texture (snapshot, self->texture, &GRAPHENE_RECT_INIT (0, 0, width, height));
  gtk_snapshot_pop (snapshot);
}

static void
why_colormap_strip_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                            int *natural, int *minimum_baseline, int *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? STRIP_WIDTH : STRIP_HEIGHT;
}

static void
why_colormap_strip_dispose (GObject *object)
{
  g_clear_object (&WHY_COLORMAP_STRIP (object)->texture);
  G_OBJECT_CLASS (why_colormap_strip_parent_class)->dispose (object);
}

static void
why_colormap_strip_class_init (WhyColormapStripClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_colormap_strip_dispose;
  widget_class->snapshot = why_colormap_strip_snapshot;
  widget_class->measure = why_colormap_strip_measure;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
why_colormap_strip_init (WhyColormapStrip *self)
{
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
  /* Colour scales are not mirrored. */
  gtk_widget_set_direction (GTK_WIDGET (self), GTK_TEXT_DIR_LTR);
}

GtkWidget *
why_colormap_strip_new (void)
{
  return g_object_new (WHY_TYPE_COLORMAP_STRIP, NULL);
}

void
why_colormap_strip_set_colormap (WhyColormapStrip *self, const WhyColormap *colormap)
{
  guint32 pixels[N_STEPS];

  g_return_if_fail (WHY_IS_COLORMAP_STRIP (self));

  if (colormap == self->colormap)
    return;
  self->colormap = colormap;
  g_clear_object (&self->texture);
  if (colormap != NULL)
    {
      for (int k = 0; k < N_STEPS; k++)
        pixels[k] = 0xff000000u | why_colormap_lookup_rgb8 (colormap, (k + 0.5) / N_STEPS);
      g_autoptr (GBytes) bytes = g_bytes_new (pixels, sizeof pixels);
      self->texture = gdk_memory_texture_new (N_STEPS, 1, GDK_MEMORY_DEFAULT, bytes, sizeof pixels);
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
