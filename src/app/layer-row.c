#include "config.h"

#include "layer-row.h"

#include "layer-words.h"
#include "tooltip.h"

#include <glib/gi18n.h>

struct _WhyLayerRow
{
  AdwBin parent_instance;

  /* Template */
  GtkPicture *thumb;
  GtkImage *no_thumb;
  GtkLabel *name;
  GtkLabel *facts;
  GtkLabel *geometry;
  GtkWidget *is_default;

  /* Owned */
  WhyDocument *document;
  WhyLayerThumbs *thumbs;
  WhyLayerItem *item;
};

G_DEFINE_FINAL_TYPE (WhyLayerRow, why_layer_row, ADW_TYPE_BIN)

static void
why_layer_row_dispose (GObject *object)
{
  WhyLayerRow *self = WHY_LAYER_ROW (object);

  gtk_widget_dispose_template (GTK_WIDGET (object), WHY_TYPE_LAYER_ROW);
  g_clear_object (&self->item);
  g_clear_object (&self->thumbs);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_layer_row_parent_class)->dispose (object);
}

static void
why_layer_row_class_init (WhyLayerRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_layer_row_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/layer-row.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyLayerRow, thumb);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerRow, no_thumb);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerRow, name);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerRow, facts);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerRow, geometry);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerRow, is_default);
  gtk_widget_class_set_css_name (widget_class, "layerrow");
}

static void
why_layer_row_init (WhyLayerRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
why_layer_row_new (WhyDocument *document, WhyLayerThumbs *thumbs)
{
  WhyLayerRow *self = g_object_new (WHY_TYPE_LAYER_ROW, NULL);

  self->document = g_object_ref (document);
  self->thumbs = g_object_ref (thumbs);
  return GTK_WIDGET (self);
}

static void
set_class (GtkWidget *widget, const char *name, gboolean set)
{
  if (set)
    gtk_widget_add_css_class (widget, name);
  else
    gtk_widget_remove_css_class (widget, name);
}

void
why_layer_row_update (WhyLayerRow *self)
{
  gboolean is_current = FALSE;

  g_return_if_fail (WHY_IS_LAYER_ROW (self));
  if (self->item == NULL)
    return;
  const char *name = why_layer_item_get_name (self->item);
  const char *reason = why_layer_words_reason (self->document, self->item);
  GdkTexture *texture = reason == NULL ? why_layer_thumbs_get (self->thumbs, name, &is_current) : NULL;
  g_autofree char *facts = why_layer_words_facts (self->item);
  g_autofree char *geometry = why_layer_words_geometry (self->document, self->item);
  g_autofree char *tooltip = why_layer_words_tooltip (self->document, self->item);
  const char *last = reason != NULL ? _("cannot be explained") : geometry;
  g_autofree char *spoken = g_strdup_printf ("%s, %s, %s", name, facts, last);

  gtk_picture_set_paintable (self->thumb, GDK_PAINTABLE (texture));
  gtk_widget_set_visible (GTK_WIDGET (self->no_thumb), texture == NULL);
  gtk_image_set_from_icon_name (self->no_thumb, reason != NULL ? "action-unavailable-symbolic" : "whylight-map-symbolic");
  set_class (GTK_WIDGET (self->thumb), "outdated", !is_current);
  set_class (GTK_WIDGET (self), "cannot", reason != NULL);
  set_class (GTK_WIDGET (self->geometry), "dim-label", reason == NULL);
  gtk_label_set_label (self->geometry, last);
  gtk_widget_set_visible (GTK_WIDGET (self->geometry), *last != '\0');
  why_tooltip_set (GTK_WIDGET (self), tooltip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, reason != NULL ? reason : "", -1);
}

void
why_layer_row_set_item (WhyLayerRow *self, WhyLayerItem *item)
{
  g_return_if_fail (WHY_IS_LAYER_ROW (self));

  g_set_object (&self->item, item);
  if (item == NULL)
    {
      gtk_picture_set_paintable (self->thumb, NULL);
      return;
    }
  g_autofree char *title = why_layer_words_title (item);
  g_autofree char *facts = why_layer_words_facts (item);
  gtk_label_set_label (self->name, title);
  gtk_label_set_label (self->facts, facts);
  gtk_widget_set_visible (self->is_default, why_layer_item_get_is_default (item));
  why_layer_row_update (self);
}
