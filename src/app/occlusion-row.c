#include "config.h"

#include "occlusion-row.h"

#include "share-bar.h"
#include "tooltip.h"
#include "words.h"

#include <glib/gi18n.h>
#include <math.h>

struct _WhyOcclusionRow
{
  GtkListBoxRow parent_instance;

  /* Template */
  GtkLabel *number;
  GtkLabel *label;
  GtkLabel *change;
  WhyShareBar *bar;
  GtkLabel *facts;

  WhyOcclusion *occlusion;
};

G_DEFINE_FINAL_TYPE (WhyOcclusionRow, why_occlusion_row, GTK_TYPE_LIST_BOX_ROW)

static void
update (WhyOcclusionRow *self)
{
  WhyRect rect;
  const double before = why_occlusion_get_before (self->occlusion);
  const double after = why_occlusion_get_after (self->occlusion);
  const char *label = why_occlusion_get_class_label (self->occlusion);
  g_autofree char *change = why_words_before_after (before, after);

  why_occlusion_get_rect (self->occlusion, &rect);
  /* Translators: shape, fill, width and height of a covered part */
  g_autofree char *facts = g_strdup_printf (_("%1$s, %2$s, %3$d × %4$d pixels"),
                                            why_words_area (why_occlusion_get_area (self->occlusion)),
                                            why_words_fill (why_occlusion_get_fill (self->occlusion)),
                                            (int) lround (rect.width), (int) lround (rect.height));
  g_autofree char *spoken = g_strdup_printf ("%s, %s, %s", label != NULL ? label : "", change, facts);
  gtk_label_set_label (self->label, label != NULL ? label : "");
  gtk_label_set_label (self->change, change);
  gtk_label_set_label (self->facts, facts);
  why_tooltip_set (GTK_WIDGET (self->facts), facts);
  why_share_bar_set_shares (self->bar, after, before, TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}

static void
why_occlusion_row_dispose (GObject *object)
{
  WhyOcclusionRow *self = WHY_OCCLUSION_ROW (object);

  if (self->occlusion != NULL)
    g_signal_handlers_disconnect_by_func (self->occlusion, update, self);
  g_clear_object (&self->occlusion);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_OCCLUSION_ROW);
  G_OBJECT_CLASS (why_occlusion_row_parent_class)->dispose (object);
}

/* Rows are numbered from 1 as the covers are. */
static void
on_remove_cb (WhyOcclusionRow *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.remove-cover", "i", gtk_list_box_row_get_index (GTK_LIST_BOX_ROW (self)));
}

static void
why_occlusion_row_class_init (WhyOcclusionRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_occlusion_row_dispose;
  g_type_ensure (WHY_TYPE_SHARE_BAR);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/occlusion-row.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyOcclusionRow, number);
  gtk_widget_class_bind_template_child (widget_class, WhyOcclusionRow, label);
  gtk_widget_class_bind_template_child (widget_class, WhyOcclusionRow, change);
  gtk_widget_class_bind_template_child (widget_class, WhyOcclusionRow, bar);
  gtk_widget_class_bind_template_child (widget_class, WhyOcclusionRow, facts);
  gtk_widget_class_bind_template_callback (widget_class, on_remove_cb);
}

static void
why_occlusion_row_init (WhyOcclusionRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
why_occlusion_row_new (WhyOcclusion *occlusion)
{
  WhyOcclusionRow *self = g_object_new (WHY_TYPE_OCCLUSION_ROW, NULL);

  self->occlusion = g_object_ref (occlusion);
  g_signal_connect_swapped (occlusion, "notify", G_CALLBACK (update), self);
  update (self);
  return GTK_WIDGET (self);
}

void
why_occlusion_row_set_number (WhyOcclusionRow *self, guint number)
{
  g_autofree char *text = g_strdup_printf ("%u", number);

  g_return_if_fail (WHY_IS_OCCLUSION_ROW (self));

  gtk_label_set_label (self->number, text);
}
