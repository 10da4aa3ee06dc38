#include "config.h"

#include "window-private.h"

#include "canvas-annotations.h"
#include "compat.h"
#include "service/annotation.h"
#include "service/check.h"
#include "show-outlines.h"

#include <glib/gi18n.h>
#include <string.h>

/* Outlines, the layer's grid and checks: actions, dialogs, and what of them lies over the picture. */

/* ---- over the picture ---- */

/* Which of them can be chosen and reshaped is known before all of them can be drawn. */
static void
show_outlines (WhyWindow *self)
{
  GListModel *annotations = why_document_get_annotations (self->document);
  const int selected = why_document_get_selected_annotation (self->document);
  const guint n = g_list_model_get_n_items (annotations);
  g_autofree WhyArea **areas = g_new0 (WhyArea *, n + 1);

  for (guint index = 0; index < n; index++)
    {
      g_autoptr (WhyAnnotation) annotation = g_list_model_get_item (annotations, index);
      if (why_annotation_get_visible (annotation) || (int) index == selected)
        areas[index] = why_annotation_get_shape (annotation);
    }
  why_show_outlines (self->canvas, self->document);
  why_canvas_set_outline_areas (self->canvas, areas, n, selected);
}

static void
show_grid (WhyWindow *self)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "grid");
  g_autoptr (GVariant) state = g_action_get_state (action);
  WhyResolution resolution;

  if (g_variant_get_boolean (state) && why_document_get_resolution (self->document, &resolution))
    why_canvas_set_grid (self->canvas, &resolution.grid_to_source, resolution.n_columns, resolution.n_rows);
  else
    why_canvas_set_grid (self->canvas, NULL, 0, 0);
}

static void
change_grid (GSimpleAction *action, GVariant *value, gpointer data)
{
  g_simple_action_set_state (action, value);
  show_grid (data);
}

/* ---- files ---- */

gboolean
why_window_takes_outlines (WhyWindow *self, const char *path)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  if (!g_str_has_suffix (lower, ".geojson"))
    return FALSE;
  why_document_import_annotations (self->document, path);
  return TRUE;
}

static char *
chosen_path (GAsyncResult *result)
{
  g_autoptr (GListModel) files = why_compat_file_dialog_finish (result);
  g_autoptr (GFile) file = files != NULL ? g_list_model_get_item (files, 0) : NULL;

  return file != NULL ? g_file_get_path (file) : NULL;
}

static void
on_import_response_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree char *path = chosen_path (result);

  if (path != NULL)
    why_document_import_annotations (WHY_WINDOW (source)->document, path);
}

static void
on_export_response_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree char *path = chosen_path (result);

  if (path == NULL)
    return;
  const char *dot = strrchr (path, '.');
  const gboolean has_suffix = dot != NULL && strchr (dot, G_DIR_SEPARATOR) == NULL;
  g_autofree char *full = has_suffix ? g_strdup (path) : g_strconcat (path, ".geojson", NULL);
  why_document_export_annotations (WHY_WINDOW (source)->document, full);
}

static GListModel *
make_filters (gboolean save)
{
  static const char *const masks[] = { "png", "bmp", "tif", "tiff", "gif", "webp", NULL };
  GListStore *filters = g_list_store_new (GTK_TYPE_FILE_FILTER);
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, save ? _("GeoJSON, or a mask (PNG)") : _("GeoJSON and masks"));
  gtk_file_filter_add_suffix (filter, "geojson");
  gtk_file_filter_add_suffix (filter, "json");
  for (gsize index = 0; masks[index] != NULL && (!save || index == 0); index++)
    gtk_file_filter_add_suffix (filter, masks[index]);
  g_list_store_append (filters, filter);
  return G_LIST_MODEL (filters);
}

static void
activate_import_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  g_autoptr (GListModel) filters = make_filters (FALSE);
  const WhyFileDialog dialog = {
    .title = _("Import Outlines"),
    .accept = _("_Import"),
    .folder = self->last_folder,
    .filters = filters,
  };

  why_compat_file_dialog (GTK_WINDOW (self), &dialog, on_import_response_cb, NULL);
}

static void
activate_export_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  g_autoptr (GListModel) filters = make_filters (TRUE);
  const char *path = why_document_get_picture_path (self->document);
  g_autofree char *base = path != NULL ? g_path_get_basename (path) : g_strdup ("outlines");
  char *dot = strrchr (base, '.');

  if (dot != NULL && dot != base)
    *dot = '\0';
  g_autofree char *name = g_strconcat (base, ".geojson", NULL);
  const WhyFileDialog dialog = {
    .title = _("Export Outlines"),
    .accept = _("_Save"),
    .folder = self->last_folder,
    .name = name,
    .filters = filters,
    .save = TRUE,
  };
  why_compat_file_dialog (GTK_WINDOW (self), &dialog, on_export_response_cb, NULL);
}

static void
activate_import (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_import_annotations (WHY_WINDOW (data)->document, g_variant_get_string (parameter, NULL));
}

static void
activate_export (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_export_annotations (WHY_WINDOW (data)->document, g_variant_get_string (parameter, NULL));
}

/* ---- outlines ---- */

/* As a session has them: so a script can draw anything. */
static void
activate_annotate (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyDocument *document = WHY_WINDOW (data)->document;
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyArea) area = why_area_from_json (g_variant_get_string (parameter, NULL), -1, &error);

  if (area != NULL)
    why_document_annotate (document, area, NULL, NULL);
  else
    why_document_set_error (document, error->message);
}

static void
activate_rename (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  int index;
  const char *name, *class_name;

  g_variant_get (parameter, "(i&s&s)", &index, &name, &class_name);
  if (index >= 0)
    why_document_rename_annotation (WHY_WINDOW (data)->document, (guint) index, name, class_name);
}

static void
activate_show (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  int index;
  gboolean visible;

  g_variant_get (parameter, "(ib)", &index, &visible);
  if (index >= 0)
    why_document_show_annotation (WHY_WINDOW (data)->document, (guint) index, visible);
}

static void
activate_remove (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const int index = g_variant_get_int32 (parameter);

  if (index >= 0)
    why_document_remove_annotation (WHY_WINDOW (data)->document, (guint) index);
}

static void
activate_select (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_select_annotation (WHY_WINDOW (data)->document, g_variant_get_int32 (parameter));
}

static void
activate_clear (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_clear_annotations (WHY_WINDOW (data)->document);
}

static void
activate_check (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyDocument *document = WHY_WINDOW (data)->document;
  WhyCheckKind kind;

  if (why_check_kind_from_id (g_variant_get_string (parameter, NULL), &kind))
    why_document_run_check (document, kind);
  else
    why_document_set_error (document, _("There is no such check"));
}

static const GActionEntry entries[] = {
  { "import-annotations", activate_import, "s", NULL, NULL, { 0 } },
  { "import-annotations-dialog", activate_import_dialog, NULL, NULL, NULL, { 0 } },
  { "export-annotations", activate_export, "s", NULL, NULL, { 0 } },
  { "export-annotations-dialog", activate_export_dialog, NULL, NULL, NULL, { 0 } },
  { "annotate", activate_annotate, "s", NULL, NULL, { 0 } },
  { "rename-annotation", activate_rename, "(iss)", NULL, NULL, { 0 } },
  { "show-annotation", activate_show, "(ib)", NULL, NULL, { 0 } },
  { "remove-annotation", activate_remove, "i", NULL, NULL, { 0 } },
  { "select-annotation", activate_select, "i", NULL, NULL, { 0 } },
  { "clear-annotations", activate_clear, NULL, NULL, NULL, { 0 } },
  { "run-check", activate_check, "s", NULL, NULL, { 0 } },
  { "grid", NULL, NULL, "false", change_grid, { 0 } },
};

static void
enable (WhyWindow *self, const char *name, gboolean enabled)
{
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

static void
update_actions (WhyWindow *self)
{
  const gboolean picture = why_document_get_picture (self->document) != NULL && !why_document_is_volume (self->document);
  const gboolean outlines = g_list_model_get_n_items (why_document_get_annotations (self->document)) > 0;
  WhyResolution resolution;

  enable (self, "import-annotations", picture);
  enable (self, "import-annotations-dialog", picture);
  enable (self, "export-annotations", outlines);
  enable (self, "export-annotations-dialog", outlines);
  enable (self, "annotate", picture);
  enable (self, "clear-annotations", outlines);
  enable (self, "run-check", why_document_get_map (self->document) != NULL);
  enable (self, "grid", why_document_get_resolution (self->document, &resolution));
}

static void
on_outlines_cb (WhyWindow *self)
{
  update_actions (self);
  show_outlines (self);
}

static void
on_map_cb (WhyWindow *self)
{
  update_actions (self);
  show_grid (self);
}

void
why_window_init_measure (WhyWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  g_signal_connect_object (why_document_get_annotations (self->document), "items-changed", G_CALLBACK (on_outlines_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::selected-annotation", G_CALLBACK (on_outlines_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::picture", G_CALLBACK (update_actions), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::map", G_CALLBACK (on_map_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "updated", G_CALLBACK (on_map_cb), self, G_CONNECT_SWAPPED);
  update_actions (self);
}
