#include "config.h"

#include "step-row.h"

#include <glib/gi18n.h>

struct _WhyStepRow
{
  GtkListBoxRow parent_instance;

  /* Template */
  GtkPicture *picture;
  GtkLabel *number;
  GtkEditableLabel *name;
  GtkLabel *file;
  GtkButton *up;
  GtkButton *down;
  GtkButton *remove;

  WhyStep *step;
  guint index;
};

G_DEFINE_FINAL_TYPE (WhyStepRow, why_step_row, GTK_TYPE_LIST_BOX_ROW)

static void
show_thumbnail (WhyStepRow *self)
{
  WhyTensor *thumbnail = why_step_get_thumbnail (self->step);

  if (thumbnail == NULL)
    {
      gtk_picture_set_paintable (self->picture, NULL);
      return;
    }
  const gsize size = (gsize) (thumbnail->dims[0] * thumbnail->dims[1] * 3);
  g_autoptr (GBytes) bytes = g_bytes_new (thumbnail->data, size);
  g_autoptr (GdkTexture) texture = gdk_memory_texture_new ((int) thumbnail->dims[1], (int) thumbnail->dims[0], GDK_MEMORY_R8G8B8, bytes,
                                                           (gsize) thumbnail->dims[1] * 3);
  gtk_picture_set_paintable (self->picture, GDK_PAINTABLE (texture));
}

static void
on_editing_cb (WhyStepRow *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->name));

  if (gtk_editable_label_get_editing (self->name))
    return;
  if (*text == '\0')
    gtk_editable_set_text (GTK_EDITABLE (self->name), why_step_get_name (self->step));
  else if (!g_str_equal (text, why_step_get_name (self->step)))
    gtk_widget_activate_action (GTK_WIDGET (self), "win.step-rename", "(is)", (int) self->index, text);
}

static void
on_up_cb (WhyStepRow *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.step-move", "(ii)", (int) self->index, (int) self->index - 1);
}

static void
on_down_cb (WhyStepRow *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.step-move", "(ii)", (int) self->index, (int) self->index + 1);
}

static void
on_remove_cb (WhyStepRow *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.step-remove", "i", (int) self->index);
}

static void
why_step_row_dispose (GObject *object)
{
  WhyStepRow *self = WHY_STEP_ROW (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_STEP_ROW);
  g_clear_object (&self->step);
  G_OBJECT_CLASS (why_step_row_parent_class)->dispose (object);
}

static void
why_step_row_class_init (WhyStepRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_step_row_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/step-row.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyStepRow, picture);
  gtk_widget_class_bind_template_child (widget_class, WhyStepRow, number);
  gtk_widget_class_bind_template_child (widget_class, WhyStepRow, name);
  gtk_widget_class_bind_template_child (widget_class, WhyStepRow, file);
  gtk_widget_class_bind_template_child (widget_class, WhyStepRow, up);
  gtk_widget_class_bind_template_child (widget_class, WhyStepRow, down);
  gtk_widget_class_bind_template_child (widget_class, WhyStepRow, remove);
  gtk_widget_class_bind_template_callback (widget_class, on_up_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_down_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_remove_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_editing_cb);
}

static void
why_step_row_init (WhyStepRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
set_label (GtkWidget *widget, const char *label)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

GtkWidget *
why_step_row_new (WhyStep *step)
{
  WhyStepRow *self = g_object_new (WHY_TYPE_STEP_ROW, NULL);
  const char *name = why_step_get_name (step);
  g_autofree char *rename = g_strdup_printf (_("Name of the step “%s”"), name);
  g_autofree char *up = g_strdup_printf (_("Move “%s” up"), name);
  g_autofree char *down = g_strdup_printf (_("Move “%s” down"), name);
  g_autofree char *away = g_strdup_printf (_("Remove “%s”"), name);

  self->step = g_object_ref (step);
  gtk_editable_set_text (GTK_EDITABLE (self->name), name);
  set_label (GTK_WIDGET (self), name);
  set_label (GTK_WIDGET (self->name), rename);
  set_label (GTK_WIDGET (self->up), up);
  set_label (GTK_WIDGET (self->down), down);
  set_label (GTK_WIDGET (self->remove), away);
  g_signal_connect_object (step, "notify::thumbnail", G_CALLBACK (show_thumbnail), self, G_CONNECT_SWAPPED);
  show_thumbnail (self);
  return GTK_WIDGET (self);
}

void
why_step_row_set_place (WhyStepRow *self, guint index, guint n_steps, gboolean current)
{
  g_autofree char *number = g_strdup_printf ("%u", index + 1);

  g_return_if_fail (WHY_IS_STEP_ROW (self));

  self->index = index;
  gtk_label_set_label (self->number, number);
  gtk_widget_set_sensitive (GTK_WIDGET (self->up), index > 0);
  gtk_widget_set_sensitive (GTK_WIDGET (self->down), index + 1 < n_steps);
  if (current)
    gtk_widget_add_css_class (GTK_WIDGET (self), "current-step");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "current-step");
}

void
why_step_row_set_shows_picture (WhyStepRow *self, gboolean shows)
{
  g_return_if_fail (WHY_IS_STEP_ROW (self));
  const char *picture = shows ? why_step_get_picture (self->step) : NULL;

  gtk_label_set_label (self->file, picture != NULL ? picture : "");
  gtk_widget_set_visible (GTK_WIDGET (self->file), picture != NULL);
  /* Translators: name of a file */
  g_autofree char *told = picture != NULL ? g_strdup_printf (_("Made with the picture %s"), picture) : g_strdup ("");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->file), told);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, told, -1);
}

guint
why_step_row_get_index (WhyStepRow *self)
{
  g_return_val_if_fail (WHY_IS_STEP_ROW (self), 0);

  return self->index;
}
