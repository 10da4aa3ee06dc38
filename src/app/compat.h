#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Everything that is called differently in later versions of GTK and libadwaita, and nothing else. */

/** why_compat_get_font_size: of the widget's text in logical pixels */
double why_compat_get_font_size (GtkWidget *widget);

/** why_compat_get_color: the colour of the widget's text */
void why_compat_get_color (GtkWidget *widget, GdkRGBA *color);

/** why_compat_get_accent: the theme's accent colour as it is used for text and bars */
void why_compat_get_accent (GtkWidget *widget, GdkRGBA *color);

typedef struct
{
  const char *title;
  const char *accept;      /* label of the button */
  const char *folder;      /* nullable: where to begin */
  const char *name;        /* nullable: proposed file name, for saving */
  GListModel *filters;     /* nullable: of GtkFileFilter; the first one is chosen */
  gboolean save;
  gboolean is_folder;
  gboolean several;
} WhyFileDialog;

/** why_compat_file_dialog: asks for files; @callback gets a GTask of a GListModel of GFile. */
void why_compat_file_dialog (GtkWindow *parent, const WhyFileDialog *dialog, GAsyncReadyCallback callback,
                             gpointer data);

/** why_compat_file_dialog_finish: Returns: (transfer full) (nullable): %NULL when nothing was chosen */
GListModel *why_compat_file_dialog_finish (GAsyncResult *result) G_GNUC_WARN_UNUSED_RESULT;

/** why_compat_show_about: */
void why_compat_show_about (GtkWindow *parent);

G_END_DECLS
