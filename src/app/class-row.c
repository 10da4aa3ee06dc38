#include "config.h"

#include "class-row.h"

#include "share-bar.h"
#include "words.h"

#include "service/percent.h"

#include <glib/gi18n.h>

struct _WhyClassRow
{
  AdwBin parent_instance;

  /* Template */
  GtkLabel *label;
  GtkLabel *percent;
  WhyShareBar *bar;

  WhyClassItem *item;
};

G_DEFINE_FINAL_TYPE (WhyClassRow, why_class_row, ADW_TYPE_BIN)

static void
update (WhyClassRow *self)
{
  if (self->item == NULL)
    return;
  const char *label = why_class_item_get_label (self->item);
  const double share = why_class_item_get_probability (self->item);
  const double before = why_class_item_get_probability_before (self->item);
  const gboolean is_target = why_class_item_get_is_target (self->item);
  const gboolean changed = before >= 0 && (share > before + 0.0005 || share < before - 0.0005);
  g_autofree char *percent = changed ? why_words_before_after (before, share) : why_percent_text (share);
  g_autofree char *spoken = g_strdup_printf ("%s, %s", label, percent);

  gtk_label_set_label (self->label, label);
  gtk_label_set_label (self->percent, share >= 0 ? percent : "");
  why_share_bar_set_shares (self->bar, share, before, is_target);
  if (is_target)
    gtk_widget_add_css_class (GTK_WIDGET (self), "target");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "target");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}

static void
why_class_row_dispose (GObject *object)
{
  why_class_row_set_item (WHY_CLASS_ROW (object), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (object), WHY_TYPE_CLASS_ROW);
  G_OBJECT_CLASS (why_class_row_parent_class)->dispose (object);
}

static void
why_class_row_class_init (WhyClassRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_class_row_dispose;
  g_type_ensure (WHY_TYPE_SHARE_BAR);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/class-row.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyClassRow, label);
  gtk_widget_class_bind_template_child (widget_class, WhyClassRow, percent);
  gtk_widget_class_bind_template_child (widget_class, WhyClassRow, bar);
  gtk_widget_class_set_css_name (widget_class, "classrow");
}

static void
why_class_row_init (WhyClassRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
why_class_row_new (void)
{
  return g_object_new (WHY_TYPE_CLASS_ROW, NULL);
}

void
why_class_row_set_item (WhyClassRow *self, WhyClassItem *item)
{
  g_return_if_fail (WHY_IS_CLASS_ROW (self));

  if (item == self->item)
    return;
  if (self->item != NULL)
    g_signal_handlers_disconnect_by_func (self->item, update, self);
  g_set_object (&self->item, item);
  if (item != NULL)
    g_signal_connect_swapped (item, "notify", G_CALLBACK (update), self);
  update (self);
}
