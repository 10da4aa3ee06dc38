#include "config.h"

#include "slice-bar.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>

struct _WhySliceBar
{
  AdwBin parent_instance;

  /* Template */
  GtkToggleButton *axial;
  GtkToggleButton *coronal;
  GtkToggleButton *sagittal;
  GtkAdjustment *adjustment;
  GtkLabel *label;

  WhyDocument *document;
  gboolean syncing;
};

G_DEFINE_FINAL_TYPE (WhySliceBar, why_slice_bar, ADW_TYPE_BIN)

static GtkToggleButton *
button_of (WhySliceBar *self, WhyPlaneKind plane)
{
  return plane == WHY_PLANE_AXIAL ? self->axial : plane == WHY_PLANE_CORONAL ? self->coronal : self->sagittal;
}

static void
update (WhySliceBar *self)
{
  const gint64 slice = why_document_get_slice (self->document);
  const gint64 n_slices = why_document_get_n_slices (self->document);
  /* Counted from one, as on the console of a scanner. */
  g_autofree char *text = g_strdup_printf ("%" PRId64 " / %" PRId64, slice + 1, n_slices);

  self->syncing = TRUE;
  gtk_widget_set_visible (GTK_WIDGET (self), why_document_has_planes (self->document));
  gtk_toggle_button_set_active (button_of (self, why_document_get_plane (self->document)), TRUE);
  gtk_adjustment_set_upper (self->adjustment, (double) (n_slices - 1));
  gtk_adjustment_set_value (self->adjustment, (double) slice);
  gtk_label_set_label (self->label, text);
  self->syncing = FALSE;
}

static void
on_value_changed_cb (WhySliceBar *self)
{
  if (!self->syncing)
    why_document_set_slice (self->document, why_document_get_plane (self->document),
                            (gint64) (gtk_adjustment_get_value (self->adjustment) + 0.5));
}

/* Through the same place of the body. */
static void
on_toggled_cb (WhySliceBar *self, GtkToggleButton *button)
{
  const WhyPlaneKind plane = button == self->axial     ? WHY_PLANE_AXIAL
                             : button == self->coronal ? WHY_PLANE_CORONAL
                                                       : WHY_PLANE_SAGITTAL;

  if (self->syncing || !gtk_toggle_button_get_active (button) || plane == why_document_get_plane (self->document))
    return;
  why_document_set_slice (self->document, plane, why_document_get_slice_of (self->document, plane));
}

static void
why_slice_bar_dispose (GObject *object)
{
  WhySliceBar *self = WHY_SLICE_BAR (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_SLICE_BAR);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_slice_bar_parent_class)->dispose (object);
}

static void
why_slice_bar_class_init (WhySliceBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_slice_bar_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/slice-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, WhySliceBar, axial);
  gtk_widget_class_bind_template_child (widget_class, WhySliceBar, coronal);
  gtk_widget_class_bind_template_child (widget_class, WhySliceBar, sagittal);
  gtk_widget_class_bind_template_child (widget_class, WhySliceBar, adjustment);
  gtk_widget_class_bind_template_child (widget_class, WhySliceBar, label);
}

static void
why_slice_bar_init (WhySliceBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (self->adjustment, "value-changed", G_CALLBACK (on_value_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->axial, "toggled", G_CALLBACK (on_toggled_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->coronal, "toggled", G_CALLBACK (on_toggled_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->sagittal, "toggled", G_CALLBACK (on_toggled_cb), self, G_CONNECT_SWAPPED);
}

void
why_slice_bar_set_document (WhySliceBar *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_SLICE_BAR (self) && self->document == NULL);

  self->document = g_object_ref (document);
  g_signal_connect_object (document, "notify::slice", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::plane", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}

void
why_slice_bar_set_narrow (WhySliceBar *self, gboolean narrow)
{
  g_return_if_fail (WHY_IS_SLICE_BAR (self));
  GtkWidget *box = adw_bin_get_child (ADW_BIN (self));

  gtk_orientable_set_orientation (GTK_ORIENTABLE (box), narrow ? GTK_ORIENTATION_VERTICAL : GTK_ORIENTATION_HORIZONTAL);
}
