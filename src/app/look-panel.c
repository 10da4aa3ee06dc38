#include "config.h"

#include "look-panel.h"

#include "map-look.h"
#include "method-box.h"
#include "words.h"

#include <glib/gi18n.h>

struct _WhyLookPanel
{
  AdwBin parent_instance;

  /* Template */
  GtkLabel *sentence;
  WhyMethodBox *method_box;
  GtkLabel *polarity_sentence;
  WhyMapLook *map_look;
  WhyLayerList *layer_list;

  /* Owned */
  WhyDocument *document;
};

G_DEFINE_FINAL_TYPE (WhyLookPanel, why_look_panel, ADW_TYPE_BIN)

/* ---- sentences ---- */

static void
update_polarity (WhyLookPanel *self)
{
  gtk_label_set_label (self->polarity_sentence, why_words_polarity_sentence (why_document_get_polarity (self->document)));
}

static void
update_sentence (WhyLookPanel *self)
{
  WhyMap *map = why_document_get_map (self->document);
  WhyClassItem *shown = why_document_get_class (self->document, why_document_get_shown_class (self->document));
  WhyAffine to_source;

  if (map == NULL || shown == NULL || map->values->rank != 2)
    {
      gtk_label_set_label (self->sentence, _("With a picture and a model, the map appears here."));
      return;
    }
  g_autofree char *cells = why_words_map_size (map->values);
  g_autofree char *question = why_words_question (self->document);
  g_autofree char *text = NULL;
  const WhyExplainerClass *method = why_explainer_lookup (map->method, NULL);
  if (method != NULL && !why_words_knows_class (map))
    {
      /* Translators: method, "8 × 8 cells" */
      text = g_strdup_printf (_("Shown is %1$s in %2$s, the same for every class."), _(method->title), cells);
      gtk_label_set_label (self->sentence, text);
      return;
    }
  if (why_document_map_to_source (self->document, &to_source))
    {
      g_autofree char *size = g_strdup_printf ("%.3g × %.3g", fabs (to_source.xx), fabs (to_source.yy));
      /* Translators: "evidence for", class, "8 × 8 cells", size of a cell */
      text = g_strdup_printf (_("Shown is the %1$s “%2$s” in %3$s of %4$s pixels each."),
                              why_words_polarity (map->polarity), question, cells, size);
    }
  else
    text = g_strdup_printf (_("Shown is the %1$s “%2$s” in %3$s."), why_words_polarity (map->polarity),
                            question, cells);
  gtk_label_set_label (self->sentence, text);
}

/* ---- widget ---- */

static void
why_look_panel_dispose (GObject *object)
{
  WhyLookPanel *self = WHY_LOOK_PANEL (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_LOOK_PANEL);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_look_panel_parent_class)->dispose (object);
}

static void
why_look_panel_class_init (WhyLookPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_look_panel_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/look-panel.ui");
  g_type_ensure (WHY_TYPE_METHOD_BOX);
  g_type_ensure (WHY_TYPE_LAYER_LIST);
  g_type_ensure (WHY_TYPE_MAP_LOOK);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, sentence);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, method_box);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, polarity_sentence);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, map_look);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, layer_list);
}

static void
why_look_panel_init (WhyLookPanel *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
why_look_panel_set_document (WhyLookPanel *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_LOOK_PANEL (self) && self->document == NULL);

  self->document = g_object_ref (document);
  g_signal_connect_object (document, "updated", G_CALLBACK (update_sentence), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::polarity", G_CALLBACK (update_polarity), self, G_CONNECT_SWAPPED);
  why_method_box_set_document (self->method_box, document);
  why_layer_list_set_document (self->layer_list, document);
  why_map_look_set_document (self->map_look, document);
  update_polarity (self);
  update_sentence (self);
}

GAction *
why_look_panel_new_more_action (WhyLookPanel *self)
{
  g_return_val_if_fail (WHY_IS_LOOK_PANEL (self), NULL);
  return why_map_look_new_more_action (self->map_look);
}

void
why_look_panel_edit_limit (WhyLookPanel *self, gboolean upper)
{
  g_return_if_fail (WHY_IS_LOOK_PANEL (self));
  why_map_look_edit_limit (self->map_look, upper);
}

void
why_look_panel_show_methods (WhyLookPanel *self, gboolean options)
{
  g_return_if_fail (WHY_IS_LOOK_PANEL (self));
  why_method_box_show (self->method_box, options);
}

WhyLayerList *
why_look_panel_get_layers (WhyLookPanel *self)
{
  g_return_val_if_fail (WHY_IS_LOOK_PANEL (self), NULL);
  return self->layer_list;
}
