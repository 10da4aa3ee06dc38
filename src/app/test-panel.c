#include "config.h"

#include "test-panel.h"

#include "annotation-box.h"
#include "checks-box.h"
#include "occlusion-row.h"
#include "words.h"

#include <glib/gi18n.h>

struct _WhyTestPanel
{
  AdwBin parent_instance;

  /* Template */
  GtkLabel *sentence;
  GtkStack *stack;
  GtkListBox *list;
  WhyAnnotationBox *annotation_box;
  WhyChecksBox *checks_box;

  WhyDocument *document;
};

G_DEFINE_FINAL_TYPE (WhyTestPanel, why_test_panel, ADW_TYPE_BIN)

static GtkWidget *
make_row_cb (gpointer item, gpointer data)
{
  return why_occlusion_row_new (item);
}

static void
update_sentence (WhyTestPanel *self)
{
  WhyClassItem *shown = why_document_get_class (self->document, why_document_get_shown_class (self->document));
  const gboolean covered = g_list_model_get_n_items (why_document_get_occlusions (self->document)) > 0;
  g_autofree char *text = NULL;

  if (!covered || shown == NULL || why_class_item_get_probability_before (shown) < 0)
    text = g_strdup (_("Cover a part of the picture. If the network needed it, its confidence falls."));
  else
    {
      const double before = why_class_item_get_probability_before (shown);
      const double after = why_class_item_get_probability (shown);
      g_autofree char *change = why_words_before_after (before, after);
      const char *verdict = after < before / 2             ? _("It needed what is covered.")
                            : after < before - 0.05         ? _("What is covered matters, but not alone.")
                            : after > before + 0.05         ? _("What is covered spoke against it.")
                                                            : _("It can do without what is covered.");
      /* Translators: class, "98 % → 12 %", a sentence */
      text = g_strdup_printf (_("%1$s: %2$s. %3$s"), why_class_item_get_label (shown), change, verdict);
    }
  gtk_label_set_label (self->sentence, text);
}

static void
update_list (WhyTestPanel *self)
{
  guint number = 1;

  for (GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (self->list)); row != NULL;
       row = gtk_widget_get_next_sibling (row))
    {
      if (WHY_IS_OCCLUSION_ROW (row))
        why_occlusion_row_set_number (WHY_OCCLUSION_ROW (row), number++);
    }
  gtk_stack_set_visible_child_name (self->stack, number > 1 ? "list" : "empty");
  update_sentence (self);
}

static void
why_test_panel_dispose (GObject *object)
{
  WhyTestPanel *self = WHY_TEST_PANEL (object);

  if (self->list != NULL)
    gtk_list_box_bind_model (self->list, NULL, NULL, NULL, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_TEST_PANEL);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_test_panel_parent_class)->dispose (object);
}

static void
why_test_panel_class_init (WhyTestPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_test_panel_dispose;
  g_type_ensure (WHY_TYPE_ANNOTATION_BOX);
  g_type_ensure (WHY_TYPE_CHECKS_BOX);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/test-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyTestPanel, sentence);
  gtk_widget_class_bind_template_child (widget_class, WhyTestPanel, stack);
  gtk_widget_class_bind_template_child (widget_class, WhyTestPanel, list);
  gtk_widget_class_bind_template_child (widget_class, WhyTestPanel, annotation_box);
  gtk_widget_class_bind_template_child (widget_class, WhyTestPanel, checks_box);
}

static void
why_test_panel_init (WhyTestPanel *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
why_test_panel_set_document (WhyTestPanel *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_TEST_PANEL (self) && self->document == NULL);

  self->document = g_object_ref (document);
  why_annotation_box_set_document (self->annotation_box, document);
  why_checks_box_set_document (self->checks_box, document);
  gtk_list_box_bind_model (self->list, why_document_get_occlusions (document), make_row_cb, NULL, NULL);
  /* After the list box's own handler, so that its rows are there. */
  g_signal_connect_object (why_document_get_occlusions (document), "items-changed", G_CALLBACK (update_list), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (document, "updated", G_CALLBACK (update_sentence), self, G_CONNECT_SWAPPED);
  update_list (self);
}
