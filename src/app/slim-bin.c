#include "config.h"

#include "slim-bin.h"

struct _WhySlimBin
{
  GtkWidget parent_instance;

  GtkWidget *child;
  gboolean relaxed;
};

static GtkBuildableIface *parent_buildable_iface;

static void why_slim_bin_buildable_init (GtkBuildableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (WhySlimBin, why_slim_bin, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_BUILDABLE, why_slim_bin_buildable_init))

static void
why_slim_bin_add_child (GtkBuildable *buildable, GtkBuilder *builder, GObject *child, const char *type)
{
  WhySlimBin *self = WHY_SLIM_BIN (buildable);

  if (!GTK_IS_WIDGET (child) || self->child != NULL)
    {
      parent_buildable_iface->add_child (buildable, builder, child, type);
      return;
    }
  self->child = GTK_WIDGET (child);
  gtk_widget_set_parent (self->child, GTK_WIDGET (self));
}

static void
why_slim_bin_buildable_init (GtkBuildableIface *iface)
{
  parent_buildable_iface = g_type_interface_peek_parent (iface);
  iface->add_child = why_slim_bin_add_child;
}

static GtkSizeRequestMode
why_slim_bin_get_request_mode (GtkWidget *widget)
{
  WhySlimBin *self = WHY_SLIM_BIN (widget);
  return self->child != NULL ? gtk_widget_get_request_mode (self->child) : GTK_SIZE_REQUEST_CONSTANT_SIZE;
}

/* The width that the child gets. */
static int
child_width (WhySlimBin *self, int width)
{
  int minimum;

  gtk_widget_measure (self->child, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  return MAX (width, minimum);
}

static void
why_slim_bin_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                      int *minimum_baseline, int *natural_baseline)
{
  WhySlimBin *self = WHY_SLIM_BIN (widget);

  if (self->child == NULL || !gtk_widget_should_layout (self->child))
    return;
  if (orientation == GTK_ORIENTATION_VERTICAL && for_size >= 0)
    for_size = child_width (self, for_size);
  gtk_widget_measure (self->child, orientation, for_size, minimum, natural, minimum_baseline, natural_baseline);
  if (orientation == GTK_ORIENTATION_HORIZONTAL && self->relaxed)
    *minimum = 0;
}

static void
why_slim_bin_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  WhySlimBin *self = WHY_SLIM_BIN (widget);

  if (self->child == NULL || !gtk_widget_should_layout (self->child))
    return;
  const int wide = child_width (self, width);
  const int left = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL ? width - wide : 0;
  gtk_widget_size_allocate (self->child, &(GtkAllocation) { left, 0, wide, height }, baseline);
}

static void
why_slim_bin_dispose (GObject *object)
{
  WhySlimBin *self = WHY_SLIM_BIN (object);

  g_clear_pointer (&self->child, gtk_widget_unparent);
  G_OBJECT_CLASS (why_slim_bin_parent_class)->dispose (object);
}

static void
why_slim_bin_class_init (WhySlimBinClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_slim_bin_dispose;
  widget_class->get_request_mode = why_slim_bin_get_request_mode;
  widget_class->measure = why_slim_bin_measure;
  widget_class->size_allocate = why_slim_bin_size_allocate;
}

static void
why_slim_bin_init (WhySlimBin *self)
{
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
}

void
why_slim_bin_set_relaxed (WhySlimBin *self, gboolean relaxed)
{
  g_return_if_fail (WHY_IS_SLIM_BIN (self));

  relaxed = relaxed != FALSE;
  if (relaxed == self->relaxed)
    return;
  self->relaxed = relaxed;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}
