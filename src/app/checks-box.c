#include "config.h"

#include "checks-box.h"

#include "check-row.h"
#include "words.h"
#include "wrap-buttons.h"

#include <glib/gi18n.h>
#include <math.h>

struct _WhyChecksBox
{
  AdwBin parent_instance;

  /* Template */
  GtkListBox *list;
  GtkLabel *resolution;

  WhyDocument *document;
};

G_DEFINE_FINAL_TYPE (WhyChecksBox, why_checks_box, ADW_TYPE_BIN)

static GtkWidget *
make_row_cb (gpointer item, gpointer data)
{
  WhyChecksBox *self = data;

  return why_check_row_new (self->document, item);
}

static void
update_resolution (WhyChecksBox *self)
{
  const WhyMap *map = why_document_get_map (self->document);
  WhyResolution resolution;

  const double um = why_document_get_um_per_pixel (self->document);

  if (why_document_get_resolution (self->document, &resolution) && um > 0)
    {
      g_autofree char *cell = why_words_size (resolution.cell_x * um, resolution.cell_y * um);
      g_autofree char *smallest = why_words_length (resolution.smallest * um);
      g_autofree char *field = why_words_length (fmax (resolution.field_x, resolution.field_y) * um);
      /* Translators: as the sentence that follows, with lengths ("0.9 × 0.9 mm") beside the pixels: %5$s of the cell, %6$s of
       * the smallest structure, %7$s of what one cell sees */
      g_autofree char *text = g_strdup_printf (
        _("A cell of this layer covers %1$.0f × %2$.0f pixels of the picture (%5$s), and sees up to %4$.0f of them (%7$s). What "
          "is closer together than about %3$.0f pixels (%6$s) cannot be told apart, however smoothly the map is drawn."),
        resolution.cell_x, resolution.cell_y, resolution.smallest, fmax (resolution.field_x, resolution.field_y), cell, smallest,
        field);
      gtk_label_set_label (self->resolution, text);
    }
  else if (why_document_get_resolution (self->document, &resolution))
    {
      /* Translators: width and height of a cell of the layer; the smallest structure; what one cell sees: all in pixels */
      g_autofree char *text = g_strdup_printf (
        _("A cell of this layer covers %1$.0f × %2$.0f pixels of the picture, and sees up to %4$.0f of them. What is closer "
          "together than about %3$.0f pixels cannot be told apart, however smoothly the map is drawn."),
        resolution.cell_x, resolution.cell_y, resolution.smallest, fmax (resolution.field_x, resolution.field_y));
      gtk_label_set_label (self->resolution, text);
    }
  else if (map == NULL)
    gtk_label_set_label (self->resolution, _("Known when there is a map."));
  else if (map->layer == NULL)
    gtk_label_set_label (self->resolution, _("This method works on the pixels of the network's input, not on a layer's cells."));
  else
    gtk_label_set_label (self->resolution, _("Not known for this layer."));
}

static void
why_checks_box_dispose (GObject *object)
{
  WhyChecksBox *self = WHY_CHECKS_BOX (object);

  if (self->list != NULL)
    gtk_list_box_bind_model (self->list, NULL, NULL, NULL, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_CHECKS_BOX);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_checks_box_parent_class)->dispose (object);
}

static void
why_checks_box_class_init (WhyChecksBoxClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_checks_box_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/checks-box.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyChecksBox, list);
  gtk_widget_class_bind_template_child (widget_class, WhyChecksBox, resolution);
}

static void
why_checks_box_init (WhyChecksBox *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  why_wrap_buttons (GTK_WIDGET (self));
}

void
why_checks_box_set_document (WhyChecksBox *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_CHECKS_BOX (self) && self->document == NULL);

  self->document = g_object_ref (document);
  gtk_list_box_bind_model (self->list, why_document_get_checks (document), make_row_cb, self, NULL);
  g_signal_connect_object (document, "updated", G_CALLBACK (update_resolution), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::map", G_CALLBACK (update_resolution), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::um-per-pixel", G_CALLBACK (update_resolution), self, G_CONNECT_SWAPPED);
  update_resolution (self);
}
