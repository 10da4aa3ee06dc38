#include "config.h"

#include "take-panel.h"

struct _WhyTakePanel
{
  AdwBin parent_instance;

  /* Template */
  GtkWidget *command_box;
  GtkLabel *command;

  WhyDocument *document;
};

G_DEFINE_FINAL_TYPE (WhyTakePanel, why_take_panel, ADW_TYPE_BIN)

static void
update (WhyTakePanel *self)
{
  g_autofree char *command = why_document_dup_command_line (self->document);

  gtk_widget_set_visible (self->command_box, command != NULL);
  gtk_label_set_label (self->command, command != NULL ? command : "");
}

static void
why_take_panel_dispose (GObject *object)
{
  WhyTakePanel *self = WHY_TAKE_PANEL (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_TAKE_PANEL);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_take_panel_parent_class)->dispose (object);
}

static void
why_take_panel_class_init (WhyTakePanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_take_panel_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/take-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, command_box);
  gtk_widget_class_bind_template_child (widget_class, WhyTakePanel, command);
}

static void
why_take_panel_init (WhyTakePanel *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
why_take_panel_set_document (WhyTakePanel *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_TAKE_PANEL (self) && self->document == NULL);

  self->document = g_object_ref (document);
  g_signal_connect_object (document, "updated", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "redraw", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
