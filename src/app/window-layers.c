#include "config.h"

#include "window-private.h"

#include "layer-list.h"
#include "layer-thumbs.h"
#include "look-panel.h"
#include "network-pane.h"

#include <glib/gi18n.h>

/* Width of graph and picture beside each other, at least. */
#define ROOM_FOR_BOTH 620

/* Walking through the layers, the graph of the network beside the picture, and which layer to choose. */

/* ---- walking ---- */

static guint
find_layer (GListModel *layers, const char *name)
{
  for (guint index = 0; name != NULL && index < g_list_model_get_n_items (layers); index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (layers, index);
      if (g_strcmp0 (why_layer_item_get_name (item), name) == 0)
        return index;
    }
  return g_list_model_get_n_items (layers);
}

/* Those that the method cannot explain are passed over. */
static void
activate_layer_step (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = WHY_WINDOW (data);
  WhyDocument *document = self->document;
  GListModel *layers = why_document_get_layers (document);
  const gint64 n_layers = g_list_model_get_n_items (layers);
  const int step = g_variant_get_int32 (parameter);
  const char *shown = why_document_get_layer (document);
  gint64 at = find_layer (layers, shown != NULL ? shown : why_document_get_shown_layer (document));

  if (n_layers == 0 || step == 0)
    return;
  /* The next step shall find its map there. */
  if (!self->holds_layer_maps)
    why_document_hold_layer_maps (document);
  self->holds_layer_maps = TRUE;
  const gint64 from = at;
  for (at = CLAMP (at + step, 0, n_layers - 1); at >= 0 && at < n_layers && at != from; at += step > 0 ? 1 : -1)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (layers, (guint) at);
      if (why_document_get_layer_reason (document, why_layer_item_get_name (item)) != NULL)
        continue;
      why_document_set_layer (document, why_layer_item_get_name (item));
      return;
    }
}

/* ---- the graph ---- */

/* Beside each other where there is room for both; else the graph alone: its blocks show the maps too. */
static void
place_graph (WhyWindow *self)
{
  GtkWidget *picture = gtk_paned_get_end_child (GTK_PANED (self->layer_paned));
  const gboolean graph = gtk_widget_get_visible (self->network_pane);

  gtk_widget_set_visible (picture, !graph || gtk_widget_get_width (self->layer_paned) >= ROOM_FOR_BOTH);
}

static gboolean
place_graph_cb (gpointer data)
{
  WhyWindow *self = data;

  self->place_graph_id = 0;
  place_graph (self);
  return G_SOURCE_REMOVE;
}

/* Sizes are being handed out just now: afterwards. */
static void
queue_place_graph (WhyWindow *self)
{
  if (self->place_graph_id == 0)
    self->place_graph_id = g_idle_add_full (G_PRIORITY_HIGH_IDLE, place_graph_cb, self, NULL);
}

static void
change_layer_view (GSimpleAction *action, GVariant *value, gpointer data)
{
  WhyWindow *self = WHY_WINDOW (data);
  const char *view = g_variant_get_string (value, NULL);
  const gboolean graph = g_strcmp0 (view, "graph") == 0;

  if (!graph && g_strcmp0 (view, "list") != 0)
    {
      g_autofree char *message = g_strdup_printf (_("There is no view “%s” of the layers; there are: list, graph"), view);
      why_document_set_error (self->document, message);
      return;
    }
  g_simple_action_set_state (action, value);
  gtk_widget_set_visible (self->network_pane, graph);
  place_graph (self);
  if (graph)
    gtk_paned_set_position (GTK_PANED (self->layer_paned), gtk_widget_get_width (self->layer_paned) / 2);
}

static void
activate_search_network (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = WHY_WINDOW (data);

  g_action_group_change_action_state (G_ACTION_GROUP (self), "layer-view", g_variant_new_string ("graph"));
  why_network_pane_search (WHY_NETWORK_PANE (self->network_pane), g_variant_get_string (parameter, NULL));
}

/* The picture keeps its place; the graph opens before it. */
static void
add_graph (WhyWindow *self)
{
  GtkWidget *picture = g_object_ref (gtk_paned_get_start_child (self->paned));

  self->layer_paned = gtk_paned_new (GTK_ORIENTATION_HORIZONTAL);
  self->network_pane = why_network_pane_new (self->document);
  gtk_widget_set_visible (self->network_pane, FALSE);
  gtk_paned_set_start_child (self->paned, NULL);
  gtk_paned_set_start_child (GTK_PANED (self->layer_paned), self->network_pane);
  gtk_paned_set_end_child (GTK_PANED (self->layer_paned), picture);
  gtk_widget_set_hexpand (self->layer_paned, TRUE);
  gtk_paned_set_start_child (self->paned, self->layer_paned);
  g_object_unref (picture);
}

/* ---- which layer? ---- */

static void
change_suggest_layer (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_wants_layer_advice (WHY_WINDOW (data)->document, g_variant_get_boolean (value));
  g_simple_action_set_state (action, value);
}

/* ---- the window ---- */

gboolean
why_window_layers_are_idle (WhyWindow *self)
{
  g_autoptr (WhyLayerThumbs) thumbs = why_layer_thumbs_for (self->document);

  return self->place_graph_id == 0 && self->n_graph_files == 0 && why_document_get_layer_maps_state (self->document) != WHY_LAYER_MAPS_COMPUTING &&
         why_layer_thumbs_is_idle (thumbs) && why_network_pane_is_idle (WHY_NETWORK_PANE (self->network_pane)) &&
         why_layer_list_is_idle (why_look_panel_get_layers (WHY_LOOK_PANEL (self->look_panel)));
}

void
why_window_dump_layers (WhyWindow *self, JsonObject *window)
{
  WhyNetworkPane *pane = WHY_NETWORK_PANE (self->network_pane);
  JsonObject *graph = json_object_new ();
  JsonObject *list = json_object_new ();
  const char *title = why_network_pane_get_cursor_title (pane);

  why_layer_list_dump (why_look_panel_get_layers (WHY_LOOK_PANEL (self->look_panel)), list);
  json_object_set_object_member (window, "layer_list", list);

  json_object_set_string_member (window, "layer_view", gtk_widget_get_visible (self->network_pane) ? "graph" : "list");
  json_object_set_int_member (graph, "n_blocks", why_network_pane_get_n_blocks (pane));
  if (title != NULL)
    json_object_set_string_member (graph, "cursor", title);
  else
    json_object_set_null_member (graph, "cursor");
  json_object_set_object_member (window, "network", graph);
}

static void
update_actions (WhyWindow *self)
{
  const gboolean has_model = why_document_get_model (self->document) != NULL;
  static const char *const names[] = { "layer-step", "layer-view", "search-network", "suggest-layer" };

  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), names[index])), has_model);
}

void
why_window_dispose_layers (WhyWindow *self)
{
  g_clear_handle_id (&self->place_graph_id, g_source_remove);
  if (self->holds_layer_maps)
    why_document_release_layer_maps (self->document);
  self->holds_layer_maps = FALSE;
}

void
why_window_init_layers (WhyWindow *self)
{
  static const GActionEntry entries[] = {
    { "layer-step", activate_layer_step, "i", NULL, NULL, { 0 } },
    { "layer-view", NULL, "s", "'list'", change_layer_view, { 0 } },
    { "search-network", activate_search_network, "s", NULL, NULL, { 0 } },
    { "suggest-layer", NULL, NULL, "false", change_suggest_layer, { 0 } },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  add_graph (self);
  g_signal_connect_object (self->document, "notify::model", G_CALLBACK (update_actions), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->layer_paned, "notify::max-position", G_CALLBACK (queue_place_graph), self,
                           G_CONNECT_SWAPPED);
  update_actions (self);
}
