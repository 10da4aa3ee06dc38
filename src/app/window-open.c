#include "config.h"

#include "window-private.h"

#include "compat.h"
#include "words.h"

#include <glib/gi18n.h>

void
why_window_open (WhyWindow *self, const char *const *paths)
{
  g_return_if_fail (WHY_IS_WINDOW (self));

  /* What went wrong with another file is of no interest any more. */
  if (paths[0] != NULL)
    why_document_dismiss_error (self->document);
  g_autoptr (GPtrArray) others = g_ptr_array_new ();
  for (gsize k = 0; paths[k] != NULL; k++)
    {
      if (!why_window_takes_outlines (self, paths[k]))
        g_ptr_array_add (others, (gpointer) paths[k]);
      g_free (self->last_folder);
      self->last_folder = g_path_get_dirname (paths[k]);
    }
  g_ptr_array_add (others, NULL);
  if (others->len > 1)
    why_document_open_paths (self->document, (const char *const *) others->pdata);
}

/* ---- dialogs ---- */

/* What can be opened, by the endings of names. */
static const struct
{
  const char *name;
  const char *suffixes[12];
} openable[] = {
  { N_("Pictures"), { "png", "jpg", "jpeg", "jpe", "jfif", "tif", "tiff", "webp", "gif", "bmp" } },
  { N_("Whole slides"), { "svs", "ndpi", "scn", "bif", "tif", "tiff" } },
  { N_("Scans and volumes (DICOM, NIfTI)"), { "nii", "nii.gz", "dcm", "dicom", "ima" } },
  { N_("Models (ONNX)"), { "onnx" } },
  { N_("Sessions"), { "whylight" } },
};

static void
add_suffixes (GtkFileFilter *filter, const char *const *suffixes)
{
  for (gsize k = 0; suffixes[k] != NULL; k++)
    gtk_file_filter_add_suffix (filter, suffixes[k]);
}

static void
add_filter (GListStore *filters, const char *name, const char *const *suffixes)
{
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, name);
  add_suffixes (filter, suffixes);
  g_list_store_append (filters, filter);
}

static void
on_open_response_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  WhyWindow *self = WHY_WINDOW (source);
  g_autoptr (GListModel) files = why_compat_file_dialog_finish (result);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint k = 0; files != NULL && k < g_list_model_get_n_items (files); k++)
    {
      g_autoptr (GFile) file = g_list_model_get_item (files, k);
      g_autofree char *path = g_file_get_path (file);
      if (path != NULL)
        g_strv_builder_add (builder, path);
    }
  g_auto (GStrv) paths = g_strv_builder_end (builder);
  why_window_open (self, (const char *const *) paths);
}

void
why_window_open_dialog (WhyWindow *self)
{
  g_autoptr (GListStore) filters = g_list_store_new (GTK_TYPE_FILE_FILTER);
  g_autoptr (GtkFileFilter) all = gtk_file_filter_new ();
  g_autoptr (GtkFileFilter) any = gtk_file_filter_new ();

  gtk_file_filter_set_name (all, _("Pictures, models and sessions"));
  g_list_store_append (filters, all);
  for (gsize kind = 0; kind < G_N_ELEMENTS (openable); kind++)
    {
      add_suffixes (all, openable[kind].suffixes);
      add_filter (filters, _(openable[kind].name), openable[kind].suffixes);
    }
  gtk_file_filter_set_name (any, _("All files"));
  gtk_file_filter_add_pattern (any, "*");
  g_list_store_append (filters, any);
  const WhyFileDialog dialog = {
    .title = _("Open a Picture or a Model"),
    .accept = _("_Open"),
    .folder = self->last_folder,
    .filters = G_LIST_MODEL (filters),
    .several = TRUE,
  };
  why_compat_file_dialog (GTK_WINDOW (self), &dialog, on_open_response_cb, NULL);
}

/* ---- figures ---- */

/* The first ending is proposed. */
static const struct
{
  WhyExportKind kind;
  const char *name;
  const char *suffixes[6];
} kinds_of_file[] = {
  { WHY_EXPORT_FIGURE, N_("Figures (PNG, SVG, PDF)"), { "png", "svg", "pdf" } },
  { WHY_EXPORT_SEEN, N_("Figures (PNG, SVG, PDF)"), { "png", "svg", "pdf" } },
  { WHY_EXPORT_OVERLAY, N_("Translucent pictures (PNG)"), { "png" } },
  { WHY_EXPORT_RAW, N_("Numbers (TIFF, NumPy, NIfTI)"), { "tif", "tiff", "npy", "nii", "nii.gz" } },
  { WHY_EXPORT_RAW_SOURCE, N_("Numbers (TIFF, NumPy)"), { "tif", "tiff", "npy" } },
  { WHY_EXPORT_SCORES, N_("Tables (CSV, JSON)"), { "csv", "json" } },
};

static gsize
find_kind_of_file (WhyWindow *self)
{
  for (gsize index = 0; index < G_N_ELEMENTS (kinds_of_file); index++)
    {
      if (kinds_of_file[index].kind == why_window_get_export_kind (self))
        return index;
    }
  return 0;
}

static void
on_export_response_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  WhyWindow *self = WHY_WINDOW (source);
  g_autoptr (GListModel) files = why_compat_file_dialog_finish (result);
  g_autoptr (GFile) file = files != NULL ? g_list_model_get_item (files, 0) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;
  const char *const *suffixes = kinds_of_file[find_kind_of_file (self)].suffixes;

  if (path == NULL)
    return;
  for (gsize k = 0; suffixes[k] != NULL; k++)
    {
      g_autofree char *ending = g_strconcat (".", suffixes[k], NULL);
      g_autofree char *lower = g_ascii_strdown (path, -1);
      if (g_str_has_suffix (lower, ending))
        {
          why_window_export_chosen (self, path);
          return;
        }
    }
  /* Without an ending the proposed one; with another the sentence says which there are. */
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *with_suffix = strchr (base, '.') == NULL ? g_strconcat (path, ".", suffixes[0], NULL) : g_strdup (path);
  why_window_export_chosen (self, with_suffix);
}

char *
why_window_dup_export_name (WhyWindow *self, const char *ending)
{
  const char *path = why_document_get_picture_path (self->document);
  WhyClassItem *shown = why_document_get_class (self->document, why_document_get_shown_class (self->document));
  g_autofree char *base = path != NULL ? g_path_get_basename (path) : g_strdup ("map");
  char *dot = strchr (base, '.');

  if (dot != NULL && dot != base)
    *dot = '\0';
  char *name = g_strdup_printf ("%s-%s%s", base, shown != NULL ? why_class_item_get_label (shown) : "map", ending);
  return g_strdelimit (name, "/\\:*?\"<>| ", '-');
}

void
why_window_export_dialog (WhyWindow *self)
{
  g_autoptr (GListStore) filters = g_list_store_new (GTK_TYPE_FILE_FILTER);
  const gsize kind = find_kind_of_file (self);
  g_autofree char *ending = g_strconcat (".", kinds_of_file[kind].suffixes[0], NULL);
  g_autofree char *name = why_window_dup_export_name (self, ending);

  add_filter (filters, _(kinds_of_file[kind].name), kinds_of_file[kind].suffixes);
  const WhyFileDialog dialog = {
    .title = _("Save Figure"),
    .accept = _("_Save"),
    .folder = self->last_folder,
    .name = name,
    .filters = G_LIST_MODEL (filters),
    .save = TRUE,
  };
  why_compat_file_dialog (GTK_WINDOW (self), &dialog, on_export_response_cb, NULL);
}

/* ---- sessions ---- */

static void
on_session_saved_cb (WhyWindow *self)
{
  why_window_toast (self, _("Session saved"));
}

static void
on_save_session_response_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  WhyWindow *self = WHY_WINDOW (source);
  g_autoptr (GListModel) files = why_compat_file_dialog_finish (result);
  g_autoptr (GFile) file = files != NULL ? g_list_model_get_item (files, 0) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  if (path == NULL)
    return;
  g_autofree char *full = g_str_has_suffix (path, ".whylight") ? g_strdup (path) : g_strconcat (path, ".whylight", NULL);
  why_document_save_session (self->document, full);
}

void
why_window_save_session_dialog (WhyWindow *self)
{
  static const char *const sessions[] = { "whylight", NULL };
  g_autoptr (GListStore) filters = g_list_store_new (GTK_TYPE_FILE_FILTER);
  const char *path = why_document_get_picture_path (self->document);
  g_autofree char *base = path != NULL ? g_path_get_basename (path) : g_strdup (_("session"));
  char *dot = strrchr (base, '.');

  if (dot != NULL && dot != base)
    *dot = '\0';
  g_autofree char *name = g_strconcat (base, ".whylight", NULL);
  add_filter (filters, _("Sessions"), sessions);
  const WhyFileDialog dialog = {
    .title = _("Save Session"),
    .accept = _("_Save"),
    .folder = self->last_folder,
    .name = name,
    .filters = G_LIST_MODEL (filters),
    .save = TRUE,
  };
  why_compat_file_dialog (GTK_WINDOW (self), &dialog, on_save_session_response_cb, NULL);
}

/* ---- drag and drop ---- */

static char **
paths_of (const GValue *value)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (value != NULL && G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST))
    {
      g_autoptr (GSList) files = gdk_file_list_get_files (g_value_get_boxed (value));
      for (GSList *link = files; link != NULL; link = link->next)
        {
          g_autofree char *path = g_file_get_path (link->data);
          if (path != NULL)
            g_strv_builder_add (builder, path);
        }
    }
  return g_strv_builder_end (builder);
}

static void
show_drop (WhyWindow *self, GtkDropTarget *target)
{
  g_auto (GStrv) paths = paths_of (gtk_drop_target_get_value (target));
  const gsize n = g_strv_length (paths);
  g_autofree WhyFileKind *kinds = g_new0 (WhyFileKind, n + 1);
  g_auto (GStrv) names = g_new0 (char *, n + 1);

  for (gsize k = 0; k < n; k++)
    {
      kinds[k] = why_file_kind_of (paths[k]);
      names[k] = g_path_get_basename (paths[k]);
    }
  g_autofree char *text = why_words_drop ((const char *const *) names, kinds, n);
  gtk_label_set_label (self->drop_label, text);
}

static GdkDragAction
on_drop_enter_cb (GtkDropTarget *target, double x, double y, WhyWindow *self)
{
  show_drop (self, target);
  gtk_revealer_set_reveal_child (self->drop_revealer, TRUE);
  return GDK_ACTION_COPY;
}

static void
on_drop_value_cb (GtkDropTarget *target, GParamSpec *pspec, WhyWindow *self)
{
  if (gtk_drop_target_get_value (target) != NULL)
    show_drop (self, target);
}

static void
on_drop_leave_cb (GtkDropTarget *target, WhyWindow *self)
{
  gtk_revealer_set_reveal_child (self->drop_revealer, FALSE);
}

static gboolean
on_drop_cb (GtkDropTarget *target, const GValue *value, double x, double y, WhyWindow *self)
{
  g_auto (GStrv) paths = paths_of (value);

  gtk_revealer_set_reveal_child (self->drop_revealer, FALSE);
  why_window_open (self, (const char *const *) paths);
  return paths[0] != NULL;
}

void
why_window_init_open (WhyWindow *self)
{
  g_signal_connect_object (self->document, "session-saved", G_CALLBACK (on_session_saved_cb), self, G_CONNECT_SWAPPED);
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  /* So that what will happen can be said while the pointer is still over the window. */
  gtk_drop_target_set_preload (target, TRUE);
  g_signal_connect (target, "enter", G_CALLBACK (on_drop_enter_cb), self);
  g_signal_connect (target, "notify::value", G_CALLBACK (on_drop_value_cb), self);
  g_signal_connect (target, "leave", G_CALLBACK (on_drop_leave_cb), self);
  g_signal_connect (target, "drop", G_CALLBACK (on_drop_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
}
