#include "config.h"

#include "layer-list.h"

#include "layer-row.h"
#include "layer-thumbs.h"
#include "layer-words.h"
#include "service/network.h"

#include <glib/gi18n.h>

#define SEARCH_FROM 16
#define N_SUGGESTED 3

struct _WhyLayerList
{
  AdwBin parent_instance;

  /* Template */
  GtkWidget *search_button;
  GtkSearchBar *search_bar;
  GtkWidget *search;
  GtkListView *list;
  GtkLabel *note;
  GtkListBox *advice;
  GtkStack *pages;

  /* Owned */
  WhyDocument *document;
  WhyLayerThumbs *thumbs;
  GPtrArray *rows; /* bound to items; borrowed */
  GtkFilter *filter;
  GtkFilterListModel *filtered;
  GtkSingleSelection *selection;
  WhyModel *model;           /* nullable: whose parts without a map are listed too, or being looked for */
  GCancellable *cancellable; /* while they are */

  gconstpointer shown_advice; /* only to be compared */
  gboolean holds; /* maps of all layers: while the list is seen */
  guint scroll_id;
  int scroll_frames;
  gboolean syncing;
};

G_DEFINE_FINAL_TYPE (WhyLayerList, why_layer_list, ADW_TYPE_BIN)

/* ---- search and selection ---- */

static gboolean
match_cb (gpointer item, gpointer data)
{
  WhyLayerList *self = data;
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));

  if (*text == '\0')
    return TRUE;
  g_autofree char *wanted = g_utf8_casefold (text, -1);
  g_autofree char *title = why_layer_words_title (item);
  g_autofree char *facts = g_strdup_printf ("%s %s %s %s", why_layer_item_get_name (item), title,
                                            why_layer_item_get_op (item), why_layer_item_get_shape (item));
  g_autofree char *folded = g_utf8_casefold (facts, -1);
  return strstr (folded, wanted) != NULL;
}

static void
on_search_cb (WhyLayerList *self)
{
  gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
on_selected_cb (WhyLayerList *self)
{
  WhyLayerItem *item = gtk_single_selection_get_selected_item (self->selection);

  if (self->syncing || item == NULL || why_layer_item_get_reason (item) != NULL)
    return;
  gtk_widget_activate_action (GTK_WIDGET (self), "win.layer", "s", why_layer_item_get_name (item));
}

static void queue_scroll (WhyLayerList *self);

static void
select_layer (WhyLayerList *self)
{
  const char *wanted = why_document_get_layer (self->document);
  GListModel *items = G_LIST_MODEL (self->selection);
  guint position = GTK_INVALID_LIST_POSITION;

  if (wanted == NULL)
    wanted = why_document_get_shown_layer (self->document);
  for (guint k = 0; wanted != NULL && k < g_list_model_get_n_items (items); k++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (items, k);
      if (g_strcmp0 (why_layer_item_get_name (item), wanted) == 0)
        {
          position = k;
          break;
        }
    }
  if (position == gtk_single_selection_get_selected (self->selection))
    return;
  self->syncing = TRUE;
  gtk_single_selection_set_selected (self->selection, position);
  self->syncing = FALSE;
  queue_scroll (self);
}

/* Lists scroll only once they have a size: not before the frame after the one that shows them. */
static gboolean
scroll_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  WhyLayerList *self = WHY_LAYER_LIST (widget);
  const guint position = gtk_single_selection_get_selected (self->selection);

  if (self->scroll_frames-- > 0)
    return G_SOURCE_CONTINUE;
  self->scroll_id = 0;
  if (position != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", position);
  return G_SOURCE_REMOVE;
}

static void
queue_scroll (WhyLayerList *self)
{
  if (!gtk_widget_get_mapped (GTK_WIDGET (self->list)))
    return;
  self->scroll_frames = 2;
  if (self->scroll_id == 0)
    self->scroll_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), scroll_cb, NULL, NULL);
}

static void
update_search (WhyLayerList *self)
{
  GListModel *items = gtk_filter_list_model_get_model (self->filtered);
  const gboolean useful = items != NULL && g_list_model_get_n_items (items) >= SEARCH_FROM &&
                          !why_document_get_wants_layer_advice (self->document);

  gtk_widget_set_visible (self->search_button, useful);
  gtk_search_bar_set_key_capture_widget (self->search_bar, useful ? GTK_WIDGET (self->list) : NULL);
  if (!useful)
    gtk_search_bar_set_search_mode (self->search_bar, FALSE);
}

static void
set_items (WhyLayerList *self, GListModel *items)
{
  self->syncing = TRUE;
  gtk_filter_list_model_set_model (self->filtered, items);
  self->syncing = FALSE;
  update_search (self);
  select_layer (self);
}

static void
on_network_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (WhyLayerList) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyNetwork) network = why_network_of_model_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->cancellable);
  /* The layers are listed without it too; the graph says what is wrong. */
  if (network == NULL)
    return;
  g_autoptr (GListModel) items = why_network_list_layers (network, why_model_get_layers (self->model));
  set_items (self, items);
}

static void
forget_network (WhyLayerList *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->model);
}

/* What has no map shall be listed too, and why: for who looks at it. */
static void
want_network (WhyLayerList *self)
{
  WhyModel *model = why_document_get_model (self->document);

  if (model == self->model || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;
  forget_network (self);
  if (model == NULL)
    return;
  self->model = g_object_ref (model);
  self->cancellable = g_cancellable_new ();
  why_network_of_model_async (model, self->cancellable, on_network_cb, g_object_ref (self));
}

static void
update_layers (WhyLayerList *self)
{
  forget_network (self);
  gtk_editable_set_text (GTK_EDITABLE (self->search), "");
  set_items (self, why_document_get_layers (self->document));
  want_network (self);
}

static void
setup_layer_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  WhyLayerList *self = data;
  gtk_list_item_set_child (list_item, why_layer_row_new (self->document, self->thumbs));
}

static void
bind_layer_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  WhyLayerList *self = data;
  WhyLayerRow *row = WHY_LAYER_ROW (gtk_list_item_get_child (list_item));
  WhyLayerItem *item = gtk_list_item_get_item (list_item);

  why_layer_row_set_item (row, item);
  gtk_list_item_set_selectable (list_item, why_layer_item_get_reason (item) == NULL);
  g_ptr_array_add (self->rows, row);
}

static void
unbind_layer_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  WhyLayerList *self = data;
  WhyLayerRow *row = WHY_LAYER_ROW (gtk_list_item_get_child (list_item));

  why_layer_row_set_item (row, NULL);
  g_ptr_array_remove_fast (self->rows, row);
}

static void
update_rows (WhyLayerList *self)
{
  for (guint row = 0; row < self->rows->len; row++)
    why_layer_row_update (g_ptr_array_index (self->rows, row));
}

static void
update_note (WhyLayerList *self)
{
  const char *note = why_document_get_layer_maps_note (self->document);

  gtk_label_set_label (self->note, note);
  gtk_widget_set_visible (GTK_WIDGET (self->note), *note != '\0');
}

/* ---- which layer? ---- */

static GtkWidget *
make_advice_row (WhyLayerList *self, const WhyLayerAdvice *advice, guint place)
{
  GtkWidget *row = adw_action_row_new ();
  WhyLayerItem *item = why_model_find_layer (why_document_get_model (self->document), advice->layer, NULL);
  g_autofree char *name = item != NULL ? why_layer_words_title (item) : g_strdup (advice->layer);
  /* Translators: place in a ranking, name of a layer */
  g_autofree char *title = g_strdup_printf (_("%1$u. %2$s"), place, name);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), advice->reason);
  adw_action_row_set_title_lines (ADW_ACTION_ROW (row), 2);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (row), "win.layer");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (row), "s", advice->layer);
  gtk_widget_set_tooltip_text (row, advice->layer);
  return row;
}

static void
update_advice (WhyLayerList *self)
{
  const GPtrArray *advice = why_document_get_layer_advice (self->document);
  const gboolean wanted = why_document_get_wants_layer_advice (self->document);
  GtkWidget *row;

  gtk_stack_set_visible_child_name (self->pages, wanted ? "advice" : "list");
  update_search (self);
  /* Many changes are none of the advice. */
  if (advice == self->shown_advice && advice != NULL)
    return;
  while ((row = gtk_widget_get_first_child (GTK_WIDGET (self->advice))) != NULL)
    gtk_list_box_remove (self->advice, row);
  self->shown_advice = advice;
  if (!wanted)
    return;
  for (guint index = 0; advice != NULL && index < MIN (advice->len, N_SUGGESTED); index++)
    gtk_list_box_append (self->advice, make_advice_row (self, g_ptr_array_index (advice, index), index + 1));
  if (advice != NULL && advice->len > 0)
    return;
  row = adw_action_row_new ();
  const char *note = why_document_get_layer_maps_note (self->document);
  const char *text = *note != '\0' ? note : advice == NULL ? _("Covering what the maps show, and measuring…")
                                                           : _("No map has anything to be covered.");
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), text);
  gtk_list_box_append (self->advice, row);
}

/* Maps are computed while somebody looks at them. */
static void
hold (WhyLayerList *self, gboolean holds)
{
  if (holds == self->holds || self->document == NULL)
    return;
  self->holds = holds;
  if (holds)
    why_document_hold_layer_maps (self->document);
  else
    why_document_release_layer_maps (self->document);
}

static void
on_map_cb (WhyLayerList *self)
{
  hold (self, TRUE);
  want_network (self);
}

static void
on_unmap_cb (WhyLayerList *self)
{
  hold (self, FALSE);
}

/* A method on the picture itself has no use for a layer. */
static void
update_method (WhyLayerList *self)
{
  const WhyExplainerClass *method = why_explainer_lookup (why_document_get_method (self->document), NULL);
  const gboolean at_layer = method != NULL && (method->needs & WHY_NEEDS_LAYER) != 0;

  gtk_widget_set_sensitive (GTK_WIDGET (self->list), at_layer);
  gtk_widget_set_sensitive (self->search_button, at_layer);
  gtk_widget_set_sensitive (GTK_WIDGET (self->search_bar), at_layer);
  update_note (self);
}

/* ---- widget ---- */

static void
why_layer_list_dispose (GObject *object)
{
  WhyLayerList *self = WHY_LAYER_LIST (object);

  hold (self, FALSE);
  forget_network (self);
  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_func (self->selection, on_selected_cb, self);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_LAYER_LIST);
  g_clear_object (&self->selection);
  g_clear_object (&self->filtered);
  g_clear_object (&self->filter);
  g_clear_object (&self->thumbs);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_layer_list_parent_class)->dispose (object);
}

static void
why_layer_list_finalize (GObject *object)
{
  g_ptr_array_unref (WHY_LAYER_LIST (object)->rows);
  G_OBJECT_CLASS (why_layer_list_parent_class)->finalize (object);
}

static void
why_layer_list_class_init (WhyLayerListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_layer_list_dispose;
  G_OBJECT_CLASS (klass)->finalize = why_layer_list_finalize;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/layer-list.ui");
  gtk_widget_class_set_css_name (widget_class, "layerlist");
  gtk_widget_class_bind_template_child (widget_class, WhyLayerList, search_button);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerList, search_bar);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerList, search);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerList, list);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerList, note);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerList, advice);
  gtk_widget_class_bind_template_child (widget_class, WhyLayerList, pages);
}

static void
why_layer_list_init (WhyLayerList *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  self->rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (factory, "setup", G_CALLBACK (setup_layer_cb), self);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_layer_cb), self);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_layer_cb), self);
  gtk_list_view_set_factory (self->list, factory);
  self->filter = GTK_FILTER (gtk_custom_filter_new (match_cb, self, NULL));
  self->filtered = gtk_filter_list_model_new (NULL, g_object_ref (self->filter));
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->filtered));
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));

  g_signal_connect_object (self->search, "search-changed", G_CALLBACK (on_search_cb), self, G_CONNECT_SWAPPED);
  gtk_search_bar_connect_entry (self->search_bar, GTK_EDITABLE (self->search));
  /* As long as either page of the list is seen. */
  g_signal_connect (self, "map", G_CALLBACK (on_map_cb), NULL);
  g_signal_connect (self, "unmap", G_CALLBACK (on_unmap_cb), NULL);
  g_signal_connect_object (self->list, "map", G_CALLBACK (queue_scroll), self, G_CONNECT_SWAPPED);
  g_signal_connect_swapped (self->selection, "notify::selected-item", G_CALLBACK (on_selected_cb), self);
}

void
why_layer_list_set_document (WhyLayerList *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_LAYER_LIST (self) && self->document == NULL);

  self->document = g_object_ref (document);
  self->thumbs = why_layer_thumbs_for (document);
  g_signal_connect_object (self->thumbs, "changed", G_CALLBACK (update_rows), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "layer-maps-changed", G_CALLBACK (update_advice), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "updated", G_CALLBACK (select_layer), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::layers", G_CALLBACK (update_layers), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::layer", G_CALLBACK (select_layer), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::method", G_CALLBACK (update_method), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::method-options", G_CALLBACK (update_method), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::um-per-pixel", G_CALLBACK (update_rows), self, G_CONNECT_SWAPPED);
  update_method (self);
  update_layers (self);
}

/* ---- what is seen of it ---- */

gboolean
why_layer_list_is_idle (WhyLayerList *self)
{
  g_return_val_if_fail (WHY_IS_LAYER_LIST (self), TRUE);
  return self->cancellable == NULL;
}

void
why_layer_list_dump (WhyLayerList *self, JsonObject *object)
{
  g_return_if_fail (WHY_IS_LAYER_LIST (self));
  GListModel *items = gtk_filter_list_model_get_model (self->filtered);
  const guint n_items = items != NULL ? g_list_model_get_n_items (items) : 0;
  GtkWidget *view = gtk_widget_get_parent (GTK_WIDGET (self->list));
  guint n_cannot = 0;
  guint n_seen = 0;

  for (guint index = 0; index < n_items; index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (items, index);
      n_cannot += why_layer_words_reason (self->document, item) != NULL;
    }
  for (guint index = 0; index < self->rows->len; index++)
    {
      GtkWidget *row = g_ptr_array_index (self->rows, index);
      graphene_rect_t bounds;
      if (gtk_widget_get_mapped (row) && gtk_widget_compute_bounds (row, view, &bounds) && bounds.origin.y >= 0 &&
          bounds.origin.y + bounds.size.height <= (float) gtk_widget_get_height (view))
        n_seen++;
    }
  json_object_set_int_member (object, "n_rows", n_items);
  json_object_set_int_member (object, "n_cannot", n_cannot);
  json_object_set_int_member (object, "n_seen", n_seen);
}
