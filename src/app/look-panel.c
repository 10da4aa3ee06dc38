#include "config.h"

#include "look-panel.h"

#include "colormap-strip.h"
#include "layer-row.h"
#include "method-box.h"
#include "words.h"

#include <glib/gi18n.h>

#define SEARCH_FROM 16

struct _WhyLookPanel
{
  AdwBin parent_instance;

  /* Template */
  GtkLabel *sentence;
  WhyMethodBox *method_box;
  GtkAdjustment *opacity_adjustment;
  GtkLabel *opacity_value;
  GtkDropDown *colormap;
  GtkWidget *search;
  GtkListView *list;

  /* Owned */
  WhyDocument *document;
  GtkFilter *filter;
  GtkFilterListModel *filtered;
  GtkSingleSelection *selection;

  gboolean colormaps_signed;
  guint scroll_id;
  int scroll_frames;
  gboolean syncing;
};

G_DEFINE_FINAL_TYPE (WhyLookPanel, why_look_panel, ADW_TYPE_BIN)

/* ---- layers ---- */

static gboolean
match_cb (gpointer item, gpointer data)
{
  WhyLookPanel *self = data;
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));

  if (*text == '\0' || !gtk_widget_get_visible (self->search))
    return TRUE;
  g_autofree char *wanted = g_utf8_casefold (text, -1);
  g_autofree char *facts = g_strdup_printf ("%s %s %s", why_layer_item_get_name (item), why_layer_item_get_op (item),
                                            why_layer_item_get_shape (item));
  g_autofree char *folded = g_utf8_casefold (facts, -1);
  return strstr (folded, wanted) != NULL;
}

static void
on_search_cb (WhyLookPanel *self)
{
  gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
on_selected_cb (WhyLookPanel *self)
{
  WhyLayerItem *item = gtk_single_selection_get_selected_item (self->selection);

  if (self->syncing || item == NULL)
    return;
  gtk_widget_activate_action (GTK_WIDGET (self), "win.layer", "s", why_layer_item_get_name (item));
}

static void queue_scroll (WhyLookPanel *self);

static void
select_layer (WhyLookPanel *self)
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
  WhyLookPanel *self = WHY_LOOK_PANEL (widget);
  const guint position = gtk_single_selection_get_selected (self->selection);

  if (self->scroll_frames-- > 0)
    return G_SOURCE_CONTINUE;
  self->scroll_id = 0;
  if (position != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", position);
  return G_SOURCE_REMOVE;
}

static void
queue_scroll (WhyLookPanel *self)
{
  if (!gtk_widget_get_mapped (GTK_WIDGET (self->list)))
    return;
  self->scroll_frames = 2;
  if (self->scroll_id == 0)
    self->scroll_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), scroll_cb, NULL, NULL);
}

static void
update_layers (WhyLookPanel *self)
{
  GListModel *layers = why_document_get_layers (self->document);

  self->syncing = TRUE;
  gtk_widget_set_visible (self->search, layers != NULL && g_list_model_get_n_items (layers) >= SEARCH_FROM);
  gtk_editable_set_text (GTK_EDITABLE (self->search), "");
  gtk_filter_list_model_set_model (self->filtered, layers);
  self->syncing = FALSE;
  select_layer (self);
}

static void
setup_layer_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  gtk_list_item_set_child (list_item, why_layer_row_new ());
}

static void
bind_layer_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  why_layer_row_set_item (WHY_LAYER_ROW (gtk_list_item_get_child (list_item)), gtk_list_item_get_item (list_item));
}

/* ---- colours ---- */

static void
setup_colormap_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_box_append (GTK_BOX (box), why_colormap_strip_new ());
  gtk_box_append (GTK_BOX (box), label);
  gtk_list_item_set_child (list_item, box);
}

static void
bind_colormap_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  GtkWidget *box = gtk_list_item_get_child (list_item);
  const char *id = gtk_string_object_get_string (gtk_list_item_get_item (list_item));
  const WhyColormap *colormap = why_colormap_find (id, NULL);

  if (colormap == NULL)
    return;
  why_colormap_strip_set_colormap (WHY_COLORMAP_STRIP (gtk_widget_get_first_child (box)), colormap);
  gtk_label_set_label (GTK_LABEL (gtk_widget_get_last_child (box)), why_colormap_get_title (colormap));
}

/* Signed maps need a colour map with a neutral middle, the others one that rises. */
static void
fill_colormaps (WhyLookPanel *self, gboolean is_signed)
{
  g_autoptr (GtkStringList) ids = gtk_string_list_new (NULL);
  gsize n;
  const WhyColormap *const *all = why_colormap_list (&n);

  for (gsize k = 0; k < n; k++)
    {
      const WhyColormapFlags flags = why_colormap_get_flags (all[k]);
      const WhyColormapFlags unwanted = is_signed ? WHY_COLORMAP_SEQUENTIAL : WHY_COLORMAP_DIVERGING;
      if (!(flags & unwanted))
        gtk_string_list_append (ids, why_colormap_get_id (all[k]));
    }
  self->colormaps_signed = is_signed;
  gtk_drop_down_set_model (self->colormap, G_LIST_MODEL (ids));
}

static void
on_colormap_cb (WhyLookPanel *self)
{
  GtkStringObject *item = gtk_drop_down_get_selected_item (self->colormap);

  if (self->syncing || item == NULL)
    return;
  gtk_widget_activate_action (GTK_WIDGET (self), "win.colormap", "s", gtk_string_object_get_string (item));
}

static void
update_colormap (WhyLookPanel *self)
{
  const gboolean is_signed = g_strcmp0 (why_document_get_polarity (self->document), "signed") == 0;
  const char *id = why_document_get_colormap (self->document);
  guint position = GTK_INVALID_LIST_POSITION;

  /* One that does not fit the sign is not used. */
  const WhyColormap *wanted = id != NULL ? why_colormap_find (id, NULL) : NULL;
  const WhyColormapFlags unfit = is_signed ? WHY_COLORMAP_SEQUENTIAL : WHY_COLORMAP_DIVERGING;
  if (wanted == NULL || (why_colormap_get_flags (wanted) & unfit))
    id = why_colormap_get_id (why_colormap_default (is_signed));
  self->syncing = TRUE;
  if (is_signed != self->colormaps_signed || gtk_drop_down_get_model (self->colormap) == NULL)
    fill_colormaps (self, is_signed);
  GListModel *ids = gtk_drop_down_get_model (self->colormap);
  for (guint k = 0; k < g_list_model_get_n_items (ids); k++)
    {
      g_autoptr (GtkStringObject) item = g_list_model_get_item (ids, k);
      if (g_strcmp0 (gtk_string_object_get_string (item), id) == 0)
        position = k;
    }
  gtk_drop_down_set_selected (self->colormap, position);
  self->syncing = FALSE;
}

/* ---- opacity and the sentence ---- */

static void
on_opacity_cb (WhyLookPanel *self)
{
  if (!self->syncing)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.opacity", "d",
                                gtk_adjustment_get_value (self->opacity_adjustment));
}

static void
update_opacity (WhyLookPanel *self)
{
  const double opacity = why_document_get_opacity (self->document);
  /* Translators: opacity in per cent */
  g_autofree char *text = g_strdup_printf (_("%.0f%%"), opacity * 100);

  self->syncing = TRUE;
  gtk_adjustment_set_value (self->opacity_adjustment, opacity);
  self->syncing = FALSE;
  gtk_label_set_label (self->opacity_value, text);
}

static void
update_sentence (WhyLookPanel *self)
{
  WhyMap *map = why_document_get_map (self->document);
  WhyClassItem *shown = why_document_get_class (self->document, why_document_get_shown_class (self->document));
  WhyAffine to_source;

  if (map == NULL || shown == NULL || map->values->rank != 2)
    {
      gtk_label_set_label (self->sentence, _("With a picture and a model, the map appears here."));
      return;
    }
  g_autofree char *cells = why_words_map_size (map->values);
  g_autofree char *question = why_words_question (self->document);
  g_autofree char *text = NULL;
  const WhyExplainerClass *method = why_explainer_lookup (map->method, NULL);
  if (method != NULL && !why_words_knows_class (map))
    {
      /* Translators: method, "8 × 8 cells" */
      text = g_strdup_printf (_("Shown is %1$s in %2$s, the same for every class."), _(method->title), cells);
      gtk_label_set_label (self->sentence, text);
      return;
    }
  if (why_document_map_to_source (self->document, &to_source))
    {
      g_autofree char *size = g_strdup_printf ("%.3g × %.3g", fabs (to_source.xx), fabs (to_source.yy));
      /* Translators: "evidence for", class, "8 × 8 cells", size of a cell */
      text = g_strdup_printf (_("Shown is the %1$s “%2$s” in %3$s of %4$s pixels each."),
                              why_words_polarity (map->polarity), question, cells, size);
    }
  else
    text = g_strdup_printf (_("Shown is the %1$s “%2$s” in %3$s."), why_words_polarity (map->polarity),
                            question, cells);
  gtk_label_set_label (self->sentence, text);
}

/* A method on the picture itself has no use for a layer. */
static void
update_method (WhyLookPanel *self)
{
  const WhyExplainerClass *method = why_explainer_lookup (why_document_get_method (self->document), NULL);
  const gboolean at_layer = method != NULL && (method->needs & WHY_NEEDS_LAYER) != 0;

  gtk_widget_set_sensitive (GTK_WIDGET (self->list), at_layer);
  gtk_widget_set_sensitive (self->search, at_layer);
}

static void
on_updated_cb (WhyLookPanel *self)
{
  select_layer (self);
  update_sentence (self);
}

/* ---- widget ---- */

static void
why_look_panel_dispose (GObject *object)
{
  WhyLookPanel *self = WHY_LOOK_PANEL (object);

  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_func (self->selection, on_selected_cb, self);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_LOOK_PANEL);
  g_clear_object (&self->selection);
  g_clear_object (&self->filtered);
  g_clear_object (&self->filter);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_look_panel_parent_class)->dispose (object);
}

static void
why_look_panel_class_init (WhyLookPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_look_panel_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/look-panel.ui");
  g_type_ensure (WHY_TYPE_METHOD_BOX);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, sentence);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, method_box);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, opacity_adjustment);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, opacity_value);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, colormap);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, search);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, list);
}

static void
why_look_panel_init (WhyLookPanel *self)
{
  g_autoptr (GtkListItemFactory) layers = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkListItemFactory) colormaps = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (layers, "setup", G_CALLBACK (setup_layer_cb), self);
  g_signal_connect (layers, "bind", G_CALLBACK (bind_layer_cb), self);
  gtk_list_view_set_factory (self->list, layers);
  g_signal_connect (colormaps, "setup", G_CALLBACK (setup_colormap_cb), self);
  g_signal_connect (colormaps, "bind", G_CALLBACK (bind_colormap_cb), self);
  gtk_drop_down_set_factory (self->colormap, colormaps);
  self->filter = GTK_FILTER (gtk_custom_filter_new (match_cb, self, NULL));
  self->filtered = gtk_filter_list_model_new (NULL, g_object_ref (self->filter));
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->filtered));
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));

  g_signal_connect_object (self->search, "search-changed", G_CALLBACK (on_search_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->list, "map", G_CALLBACK (queue_scroll), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->opacity_adjustment, "value-changed", G_CALLBACK (on_opacity_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->colormap, "notify::selected", G_CALLBACK (on_colormap_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_swapped (self->selection, "notify::selected-item", G_CALLBACK (on_selected_cb), self);
}

void
why_look_panel_set_document (WhyLookPanel *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_LOOK_PANEL (self) && self->document == NULL);

  self->document = g_object_ref (document);
  g_signal_connect_object (document, "updated", G_CALLBACK (on_updated_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::layers", G_CALLBACK (update_layers), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::layer", G_CALLBACK (select_layer), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::opacity", G_CALLBACK (update_opacity), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::colormap", G_CALLBACK (update_colormap), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::polarity", G_CALLBACK (update_colormap), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::method", G_CALLBACK (update_method), self, G_CONNECT_SWAPPED);
  why_method_box_set_document (self->method_box, document);
  update_method (self);
  update_layers (self);
  update_opacity (self);
  update_colormap (self);
  update_sentence (self);
}

void
why_look_panel_show_methods (WhyLookPanel *self, gboolean options)
{
  g_return_if_fail (WHY_IS_LOOK_PANEL (self));
  why_method_box_show (self->method_box, options);
}
