#include "config.h"

#include "layer-row.h"

#include "words.h"

#include <glib/gi18n.h>

struct _WhyLayerRow
{
  AdwBin parent_instance;

  /* Template */
  GtkLabel *name;
  GtkLabel *facts;
  GtkWidget *is_default;
};

G_DEFINE_FINAL_TYPE (WhyLayerRow, why_layer_row, ADW_TYPE_BIN)

static void
why_layer_row_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), WHY_TYPE_LAYER_ROW);
  G_OBJECT_CLASS (why_layer_row_parent_class)->dispose (object);
}

static void
why_layer_row_class_init (WhyLayerRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_layer_row_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/layer-row.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyLayerRow, name);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerRow, facts);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerRow, is_default);
  gtk_widget_class_set_css_name (widget_class, "layerrow");
}

static void
why_layer_row_init (WhyLayerRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
why_layer_row_new (void)
{
  return g_object_new (WHY_TYPE_LAYER_ROW, NULL);
}

void
why_layer_row_set_item (WhyLayerRow *self, WhyLayerItem *item)
{
  g_return_if_fail (WHY_IS_LAYER_ROW (self));

  if (item == NULL)
    return;
  const char *stride = why_layer_item_get_stride (item);
  const char *field = why_layer_item_get_receptive_field (item);
  g_autofree char *shape = why_words_shape (why_layer_item_get_shape (item));
  g_autofree char *step = *stride != '\0' ? why_words_shape (stride) : NULL;
  g_autofree char *facts = NULL;
  g_autofree char *tooltip = NULL;

  if (why_layer_item_get_is_tokens (item))
    {
      g_autofree char *grid = why_words_shape (why_layer_item_get_grid (item));
      /* Translators: operator, shape of the layer, arrangement of its tokens over the picture, distance of its cells in
       * pixels of the network's input */
      facts = g_strdup_printf (_("%1$s · %2$s · %3$s tokens · stride %4$s"), why_layer_item_get_op (item), shape, grid, step);
    }
  else if (step != NULL)
    /* Translators: operator, shape of the layer, distance of its cells in pixels of the network's input */
    facts = g_strdup_printf (_("%1$s · %2$s · stride %3$s"), why_layer_item_get_op (item), shape, step);
  else
    facts = g_strdup_printf ("%s · %s", why_layer_item_get_op (item), shape);
  if (*field != '\0')
    tooltip = g_strdup_printf (_("%1$s\nOne cell sees %2$s pixels of the network’s input"), why_layer_item_get_name (item),
                               field);
  else
    tooltip = g_strdup (why_layer_item_get_name (item));
  gtk_label_set_label (self->name, why_layer_item_get_name (item));
  gtk_label_set_label (self->facts, facts);
  gtk_widget_set_visible (self->is_default, why_layer_item_get_is_default (item));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), tooltip);
  g_autofree char *spoken = g_strdup_printf ("%s, %s", why_layer_item_get_name (item), facts);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}
