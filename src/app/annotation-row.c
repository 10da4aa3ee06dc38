#include "config.h"

#include "annotation-row.h"

#include "canvas-annotations.h"
#include "tooltip.h"

#include <glib/gi18n.h>

struct _WhyAnnotationRow
{
  GtkListBoxRow parent_instance;

  /* Template */
  GtkDrawingArea *swatch;
  GtkEditableLabel *name;
  GtkLabel *class_name;
  GtkToggleButton *visible_button;
  GtkButton *remove_button;

  WhyDocument *document;
  WhyAnnotation *annotation;
};

G_DEFINE_FINAL_TYPE (WhyAnnotationRow, why_annotation_row, GTK_TYPE_LIST_BOX_ROW)

static guint
place_of (WhyAnnotationRow *self)
{
  return (guint) gtk_list_box_row_get_index (GTK_LIST_BOX_ROW (self));
}

static void
draw_swatch_cb (GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer data)
{
  WhyAnnotationRow *self = data;

  cairo_rectangle (cr, 2.5, 2.5, width - 5, height - 5);
  why_outline_stroke (cr, why_annotation_get_color (self->annotation), why_annotation_get_pattern (self->annotation), 2);
}

/* Editing ends: the name, if it has become another. A row that is replaced meanwhile is none of its list's any more. */
static void
on_editing_cb (WhyAnnotationRow *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->name));

  if (gtk_editable_label_get_editing (self->name) || gtk_widget_get_parent (GTK_WIDGET (self)) == NULL)
    return;
  if (*text == '\0')
    gtk_editable_set_text (GTK_EDITABLE (self->name), why_annotation_get_name (self->annotation));
  else
    why_document_rename_annotation (self->document, place_of (self), text, NULL);
}

static void
on_visible_cb (WhyAnnotationRow *self)
{
  why_document_show_annotation (self->document, place_of (self), gtk_toggle_button_get_active (self->visible_button));
}

static void
on_remove_cb (WhyAnnotationRow *self)
{
  why_document_remove_annotation (self->document, place_of (self));
}

static void
why_annotation_row_dispose (GObject *object)
{
  WhyAnnotationRow *self = WHY_ANNOTATION_ROW (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_ANNOTATION_ROW);
  g_clear_object (&self->document);
  g_clear_object (&self->annotation);
  G_OBJECT_CLASS (why_annotation_row_parent_class)->dispose (object);
}

static void
why_annotation_row_class_init (WhyAnnotationRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_annotation_row_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/annotation-row.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationRow, swatch);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationRow, name);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationRow, class_name);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationRow, visible_button);
  gtk_widget_class_bind_template_child (widget_class, WhyAnnotationRow, remove_button);
}

static void
why_annotation_row_init (WhyAnnotationRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
set_label (gpointer widget, const char *text)
{
  why_tooltip_set (widget, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

GtkWidget *
why_annotation_row_new (WhyDocument *document, WhyAnnotation *annotation)
{
  WhyAnnotationRow *self = g_object_new (WHY_TYPE_ANNOTATION_ROW, NULL);
  const char *name = why_annotation_get_name (annotation), *class_name = why_annotation_get_class_name (annotation);
  const gboolean visible = why_annotation_get_visible (annotation);
  /* Translators: of an outline with a name */
  g_autofree char *show = g_strdup_printf (visible ? _("Hide “%s”") : _("Show “%s”"), name);
  /* Translators: of an outline with a name */
  g_autofree char *remove = g_strdup_printf (_("Delete “%s”"), name);
  /* Translators: of an outline with a name */
  g_autofree char *rename = g_strdup_printf (_("Name of the outline: %s"), name);

  self->document = g_object_ref (document);
  self->annotation = g_object_ref (annotation);
  gtk_drawing_area_set_draw_func (self->swatch, draw_swatch_cb, self, NULL);
  gtk_editable_set_text (GTK_EDITABLE (self->name), name);
  gtk_label_set_label (self->class_name, class_name != NULL && g_strcmp0 (class_name, name) != 0 ? class_name : "");
  gtk_toggle_button_set_active (self->visible_button, visible);
  gtk_button_set_icon_name (GTK_BUTTON (self->visible_button), visible ? "view-reveal-symbolic" : "view-conceal-symbolic");
  set_label (self->visible_button, show);
  set_label (self->remove_button, remove);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->name), GTK_ACCESSIBLE_PROPERTY_LABEL, rename, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  g_signal_connect_swapped (self->name, "notify::editing", G_CALLBACK (on_editing_cb), self);
  g_signal_connect_swapped (self->visible_button, "toggled", G_CALLBACK (on_visible_cb), self);
  g_signal_connect_swapped (self->remove_button, "clicked", G_CALLBACK (on_remove_cb), self);
  return GTK_WIDGET (self);
}
