#include "config.h"

#include "compat.h"

#include <glib/gi18n.h>

double
why_compat_get_font_size (GtkWidget *widget)
{
  PangoContext *context = gtk_widget_get_pango_context (widget);
  const PangoFontDescription *font = pango_context_get_font_description (context);
  const double size = (double) pango_font_description_get_size (font) / PANGO_SCALE;

  if (size <= 0)
    return 15;
  if (pango_font_description_get_size_is_absolute (font))
    return size;
  const double dpi = pango_cairo_context_get_resolution (context);
  return size * (dpi > 0 ? dpi : 96) / 72;
}

void
why_compat_get_color (GtkWidget *widget, GdkRGBA *color)
{
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), color);
  G_GNUC_END_IGNORE_DEPRECATIONS
}

void
why_compat_get_accent (GtkWidget *widget, GdkRGBA *color)
{
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  if (!gtk_style_context_lookup_color (gtk_widget_get_style_context (widget), "accent_bg_color", color))
    why_compat_get_color (widget, color);
  G_GNUC_END_IGNORE_DEPRECATIONS
}

static void
on_response_cb (GtkNativeDialog *native, int response, gpointer data)
{
  g_autoptr (GTask) task = data;

  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  if (response == GTK_RESPONSE_ACCEPT)
    g_task_return_pointer (task, gtk_file_chooser_get_files (GTK_FILE_CHOOSER (native)), g_object_unref);
  else
    g_task_return_pointer (task, NULL, NULL);
  G_GNUC_END_IGNORE_DEPRECATIONS
  /* The one reference; nobody else keeps the dialog. */
  gtk_native_dialog_destroy (native);
  g_object_unref (native);
}

void
why_compat_file_dialog (GtkWindow *parent, const WhyFileDialog *dialog, GAsyncReadyCallback callback,
                        gpointer data)
{
  GTask *task = g_task_new (parent, NULL, callback, data);

  g_task_set_source_tag (task, why_compat_file_dialog);
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  GtkFileChooserNative *native = gtk_file_chooser_native_new (
      dialog->title, parent,
      dialog->save        ? GTK_FILE_CHOOSER_ACTION_SAVE
      : dialog->is_folder ? GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER
                          : GTK_FILE_CHOOSER_ACTION_OPEN,
      dialog->accept, _("_Cancel"));
  GtkFileChooser *chooser = GTK_FILE_CHOOSER (native);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (native), TRUE);
  gtk_file_chooser_set_select_multiple (chooser, dialog->several);
  for (guint k = 0; dialog->filters != NULL && k < g_list_model_get_n_items (dialog->filters); k++)
    {
      g_autoptr (GtkFileFilter) filter = g_list_model_get_item (dialog->filters, k);
      gtk_file_chooser_add_filter (chooser, filter);
      if (k == 0)
        gtk_file_chooser_set_filter (chooser, filter);
    }
  if (dialog->folder != NULL)
    {
      g_autoptr (GFile) folder = g_file_new_for_path (dialog->folder);
      gtk_file_chooser_set_current_folder (chooser, folder, NULL);
    }
  if (dialog->save && dialog->name != NULL)
    gtk_file_chooser_set_current_name (chooser, dialog->name);
  G_GNUC_END_IGNORE_DEPRECATIONS
  g_signal_connect (native, "response", G_CALLBACK (on_response_cb), task);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (native));
}

GListModel *
why_compat_file_dialog_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

void
why_compat_show_about (GtkWindow *parent)
{
  static const char *const developers[] = { "The Whylight developers", NULL };

  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  adw_show_about_window (
      parent, "application-name", "Whylight", "application-icon", WHY_APP_ID, "version", WHY_VERSION,
      "developer-name", _("The Whylight developers"), "developers", developers, "license-type",
      GTK_LICENSE_APACHE_2_0, "comments",
      _("See why an image network answers as it does.\n\n"
        "A heat map shows where a network found the reasons for an answer. It does not show that the answer is "
        "right, nor that the reasons are good ones.\n\n"
        "For research and teaching; not a medical device."),
      /* Translators: put your names here, one a line */
      "translator-credits", _("translator-credits"), NULL);
  G_GNUC_END_IGNORE_DEPRECATIONS
}
