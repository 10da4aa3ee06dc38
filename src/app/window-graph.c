#include "config.h"

#include "window-private.h"

#include "compat.h"
#include "service/network.h"

#include <glib/gi18n.h>
#include <string.h>

/* The graph of the network in a file. */

typedef struct
{
  WhyWindow *window;
  WhyModel *model;
  char *path;
} GraphFile;

static void
graph_file_free (GraphFile *file)
{
  file->window->n_graph_files--;
  g_object_unref (file->window);
  g_object_unref (file->model);
  g_free (file->path);
  g_free (file);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GraphFile, graph_file_free)

static void
on_network_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GraphFile) file = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyNetwork) network = why_network_of_model_finish (result, &error);
  WhyWindow *self = file->window;

  if (network == NULL)
    why_document_set_error (self->document, error->message);
  else if (why_document_get_model (self->document) == file->model)
    why_document_export_network (self->document, network, file->path, why_window_get_export_options (self),
                                 why_window_exported_cb, g_object_ref (self));
}

static void
export_graph (WhyWindow *self, const char *path)
{
  WhyModel *model = why_document_get_model (self->document);
  GraphFile *file = g_new0 (GraphFile, 1);

  file->window = g_object_ref (self);
  file->model = g_object_ref (model);
  file->path = g_strdup (path);
  self->n_graph_files++;
  why_network_of_model_async (model, NULL, on_network_cb, file);
}

static void
activate_export_graph (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  export_graph (data, g_variant_get_string (parameter, NULL));
}

static void
on_response_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  WhyWindow *self = WHY_WINDOW (source);
  g_autoptr (GListModel) files = why_compat_file_dialog_finish (result);
  g_autoptr (GFile) file = files != NULL ? g_list_model_get_item (files, 0) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  if (path == NULL || why_document_get_model (self->document) == NULL)
    return;
  /* Without an ending the proposed one; with another the sentence says which there are. */
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *with_ending = strchr (base, '.') == NULL ? g_strconcat (path, ".png", NULL) : g_strdup (path);
  export_graph (self, with_ending);
}

static void
activate_export_graph_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  static const char *const endings[] = { "png", "svg", "pdf" };
  WhyWindow *self = data;
  g_autoptr (GListStore) filters = g_list_store_new (GTK_TYPE_FILE_FILTER);
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();
  g_autofree char *name = g_strdup_printf ("%s-graph.png", why_model_get_title (why_document_get_model (self->document)));

  gtk_file_filter_set_name (filter, _("Figures (PNG, SVG, PDF)"));
  for (gsize index = 0; index < G_N_ELEMENTS (endings); index++)
    gtk_file_filter_add_suffix (filter, endings[index]);
  g_list_store_append (filters, filter);
  const WhyFileDialog dialog = {
    .title = _("Save the Graph of the Network"),
    .accept = _("_Save"),
    .folder = self->last_folder,
    .name = name,
    .filters = G_LIST_MODEL (filters),
    .save = TRUE,
  };
  why_compat_file_dialog (GTK_WINDOW (self), &dialog, on_response_cb, NULL);
}

static void
update_actions (WhyWindow *self)
{
  static const char *const names[] = { "export-graph", "export-graph-dialog" };
  const gboolean has_model = why_document_get_model (self->document) != NULL;

  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), names[index])), has_model);
}

void
why_window_init_graph (WhyWindow *self)
{
  static const GActionEntry entries[] = {
    { "export-graph", activate_export_graph, "s", NULL, NULL, { 0 } },
    { "export-graph-dialog", activate_export_graph_dialog, NULL, NULL, NULL, { 0 } },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  g_signal_connect_object (self->document, "notify::model", G_CALLBACK (update_actions), self, G_CONNECT_SWAPPED);
  update_actions (self);
}
