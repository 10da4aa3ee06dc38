#include "config.h"

#include "value-chooser.h"

#include "service/percent.h"

#include <glib/gi18n.h>

struct _WhyValueChooser
{
  GtkWidget parent_instance;

  GtkWidget *dimensions;
  GtkWidget *search;
  GtkWidget *list;
  GtkWidget *open_button;

  /* Owned */
  WhyDocument *document;
  GtkStringList *values;
  GtkFilter *filter;

  int place;
  gboolean filling;
};

G_DEFINE_FINAL_TYPE (WhyValueChooser, why_value_chooser, GTK_TYPE_WIDGET)

/* In the order of the list of dimensions. */
static const WhyDimension dimensions[] = {
  WHY_DIMENSION_CLASS, WHY_DIMENSION_LAYER, WHY_DIMENSION_METHOD, WHY_DIMENSION_POLARITY, WHY_DIMENSION_MODEL,
};

static WhyDimension
get_dimension (WhyValueChooser *self)
{
  const guint selected = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->dimensions));

  return dimensions[MIN (selected, G_N_ELEMENTS (dimensions) - 1)];
}

/* ---- values ---- */

static char *
dup_title (WhyValueChooser *self, const char *value)
{
  if (*value == '\0')
    /* Translators: a map that is compared is to have the same class, layer... as map A */
    return g_strdup (_("As in A"));
  g_autofree char *title = why_document_dup_value_title (self->document, get_dimension (self), value);
  if (strcmp (value, "next") == 0 && get_dimension (self) == WHY_DIMENSION_CLASS)
    /* Translators: %s: a class */
    return g_strdup_printf (_("Next class (%s)"), title);
  return g_steal_pointer (&title);
}

static gboolean
is_chosen (WhyValueChooser *self, const char *value)
{
  WhyDimension row_dimension;
  WhyDimension column_dimension;
  const char *const *rows;
  const char *const *columns;
  const WhyDimension dimension = get_dimension (self);

  if (self->place >= 0)
    {
      const char *now = why_document_get_compared (self->document, (guint) self->place, dimension);
      return g_strcmp0 (now != NULL ? now : "", value) == 0;
    }
  why_document_get_grid (self->document, &row_dimension, &rows, &column_dimension, &columns);
  return (dimension == row_dimension && g_strv_contains (rows, value)) ||
         (dimension == column_dimension && g_strv_contains (columns, value));
}

static int
by_probability (gconstpointer a, gconstpointer b)
{
  const double one = why_class_item_get_probability (*(WhyClassItem *const *) a);
  const double other = why_class_item_get_probability (*(WhyClassItem *const *) b);

  return (one < other) - (one > other);
}

static void
add_classes (WhyValueChooser *self)
{
  GListModel *classes = why_document_get_classes (self->document);
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  gtk_string_list_append (self->values, "next");
  gtk_string_list_append (self->values, "top");
  for (guint class = 0; class < g_list_model_get_n_items (classes); class++)
    g_ptr_array_add (items, g_list_model_get_item (classes, class));
  g_ptr_array_sort (items, by_probability);
  for (guint place = 0; place < items->len; place++)
    gtk_string_list_take (self->values, g_strdup_printf ("%d", why_class_item_get_index (g_ptr_array_index (items, place))));
}

static void
add_layers (WhyValueChooser *self)
{
  GListModel *layers = why_document_get_layers (self->document);

  for (guint place = 0; place < g_list_model_get_n_items (layers); place++)
    {
      g_autoptr (WhyLayerItem) layer = g_list_model_get_item (layers, place);
      gtk_string_list_append (self->values, why_layer_item_get_name (layer));
    }
}

static void
add_methods (WhyValueChooser *self)
{
  gsize n;
  const WhyExplainerClass *const *methods = why_explainer_list (&n);

  for (gsize place = 0; place < n; place++)
    gtk_string_list_append (self->values, methods[place]->id);
}

static void
add_polarities (WhyValueChooser *self)
{
  static const char *const polarities[] = { "relu", "against", "signed", "absolute" };

  for (gsize place = 0; place < G_N_ELEMENTS (polarities); place++)
    gtk_string_list_append (self->values, polarities[place]);
}

/* Those that are compared already; others are opened. */
static void
add_models (WhyValueChooser *self)
{
  for (guint place = 0; place < why_document_get_n_compared (self->document); place++)
    {
      const char *path = why_document_get_compared (self->document, place, WHY_DIMENSION_MODEL);
      if (path != NULL)
        gtk_string_list_append (self->values, path);
    }
}

static void
fill_values (WhyValueChooser *self)
{
  const WhyDimension dimension = get_dimension (self);

  self->filling = TRUE;
  gtk_editable_set_text (GTK_EDITABLE (self->search), "");
  gtk_string_list_splice (self->values, 0, g_list_model_get_n_items (G_LIST_MODEL (self->values)), NULL);
  if (self->place >= 0)
    gtk_string_list_append (self->values, "");
  switch (dimension)
    {
    case WHY_DIMENSION_CLASS:
      add_classes (self);
      break;
    case WHY_DIMENSION_LAYER:
      add_layers (self);
      break;
    case WHY_DIMENSION_METHOD:
      add_methods (self);
      break;
    case WHY_DIMENSION_POLARITY:
      add_polarities (self);
      break;
    case WHY_DIMENSION_MODEL:
      add_models (self);
      break;
    case WHY_N_DIMENSIONS:
    default:
      break;
    }
  gtk_widget_set_visible (self->search, g_list_model_get_n_items (G_LIST_MODEL (self->values)) > 10);
  gtk_widget_set_visible (self->open_button, dimension == WHY_DIMENSION_MODEL);
  self->filling = FALSE;
}

void
why_value_chooser_fill (WhyValueChooser *self)
{
  g_return_if_fail (WHY_IS_VALUE_CHOOSER (self));
  /* Begins where the map differs now. */
  for (guint place = 0; self->place >= 0 && place < G_N_ELEMENTS (dimensions); place++)
    {
      if (why_document_get_compared (self->document, (guint) self->place, dimensions[place]) != NULL)
        {
          gtk_drop_down_set_selected (GTK_DROP_DOWN (self->dimensions), place);
          break;
        }
    }
  fill_values (self);
}

/* ---- the list ---- */

static gboolean
match_cb (gpointer item, gpointer data)
{
  WhyValueChooser *self = data;
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));

  if (self->filling || *text == '\0')
    return TRUE;
  g_autofree char *title = dup_title (self, gtk_string_object_get_string (item));
  g_autofree char *wanted = g_utf8_casefold (text, -1);
  g_autofree char *folded = g_utf8_casefold (title, -1);
  return strstr (folded, wanted) != NULL;
}

static void
on_search_cb (WhyValueChooser *self)
{
  if (!self->filling)
    gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
on_dimension_cb (WhyValueChooser *self)
{
  fill_values (self);
  gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9);
  GtkWidget *label = gtk_label_new ("");
  GtkWidget *value = gtk_label_new ("");
  GtkWidget *check = gtk_image_new_from_icon_name ("object-select-symbolic");

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (value, "numeric");
  gtk_widget_add_css_class (value, "dim-label");
  gtk_box_append (GTK_BOX (row), label);
  gtk_box_append (GTK_BOX (row), value);
  gtk_box_append (GTK_BOX (row), check);
  gtk_list_item_set_child (list_item, row);
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  WhyValueChooser *self = data;
  GtkWidget *label = gtk_widget_get_first_child (gtk_list_item_get_child (list_item));
  GtkWidget *percent = gtk_widget_get_next_sibling (label);
  GtkWidget *check = gtk_widget_get_last_child (gtk_list_item_get_child (list_item));
  const char *value = gtk_string_object_get_string (gtk_list_item_get_item (list_item));
  g_autofree char *title = dup_title (self, value);
  WhyClassItem *class = get_dimension (self) == WHY_DIMENSION_CLASS && g_ascii_isdigit (*value)
                          ? why_document_get_class (self->document, (int) g_ascii_strtoll (value, NULL, 10)) : NULL;

  gtk_label_set_label (GTK_LABEL (label), title);
  if (class != NULL && why_class_item_get_probability (class) >= 0)
    {
      g_autofree char *text = why_percent_text (why_class_item_get_probability (class));
      gtk_label_set_label (GTK_LABEL (percent), text);
    }
  else
    gtk_label_set_label (GTK_LABEL (percent), "");
  gtk_widget_set_opacity (check, is_chosen (self, value) ? 1 : 0);
}

static void
on_activate_cb (GtkListView *list, guint position, WhyValueChooser *self)
{
  g_autoptr (GtkStringObject) item = g_list_model_get_item (G_LIST_MODEL (gtk_list_view_get_model (list)), position);
  g_autofree char *value = g_strdup (gtk_string_object_get_string (item));
  const char *dimension = why_dimension_to_string (get_dimension (self));
  GtkWidget *popover = gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_POPOVER);

  if (self->place < 0)
    {
      gtk_widget_activate_action (GTK_WIDGET (self), "win.compare-grid-value", "(ssb)", dimension, value,
                                  !is_chosen (self, value));
      /* Several are chosen one after the other: the list stays, with other marks. */
      gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
      const guint n = g_list_model_get_n_items (G_LIST_MODEL (self->values));
      for (guint place = 0; place < n; place++)
        {
          if (strcmp (gtk_string_list_get_string (self->values, place), value) == 0)
            gtk_string_list_splice (self->values, place, 1, (const char *[]) { value, NULL });
        }
      return;
    }
  gtk_widget_activate_action (GTK_WIDGET (self), "win.compare-value", "(iss)", self->place, dimension, value);
  if (popover != NULL)
    gtk_popover_popdown (GTK_POPOVER (popover));
}

static void
on_open_cb (WhyValueChooser *self)
{
  GtkWidget *popover = gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_POPOVER);

  gtk_widget_activate_action (GTK_WIDGET (self), "win.compare-model-dialog", "i", self->place);
  if (popover != NULL)
    gtk_popover_popdown (GTK_POPOVER (popover));
}

/* ---- life ---- */

static void
why_value_chooser_dispose (GObject *object)
{
  WhyValueChooser *self = WHY_VALUE_CHOOSER (object);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (child);
  g_clear_object (&self->values);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_value_chooser_parent_class)->dispose (object);
}

static void
why_value_chooser_class_init (WhyValueChooserClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_value_chooser_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "valuechooser");
}

static void
why_value_chooser_init (WhyValueChooser *self)
{
  GtkBoxLayout *layout = GTK_BOX_LAYOUT (gtk_widget_get_layout_manager (GTK_WIDGET (self)));

  gtk_orientable_set_orientation (GTK_ORIENTABLE (layout), GTK_ORIENTATION_VERTICAL);
  gtk_box_layout_set_spacing (layout, 6);
}

GtkWidget *
why_value_chooser_new (WhyDocument *document, int place)
{
  WhyValueChooser *self = g_object_new (WHY_TYPE_VALUE_CHOOSER, NULL);
  const char *const names[] = { _("Class"), _("Layer"), _("Method"), _("Evidence"), _("Model"), NULL };
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkWidget *scroller = gtk_scrolled_window_new ();

  self->document = g_object_ref (document);
  self->place = place;
  self->values = gtk_string_list_new (NULL);
  self->dimensions = gtk_drop_down_new_from_strings (names);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->dimensions), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("What the map differs in"), -1);
  gtk_widget_set_parent (self->dimensions, GTK_WIDGET (self));
  self->search = gtk_search_entry_new ();
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->search), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Search"), -1);
  gtk_widget_set_parent (self->search, GTK_WIDGET (self));

  self->filter = GTK_FILTER (gtk_custom_filter_new (match_cb, self, NULL));
  GtkFilterListModel *filtered = gtk_filter_list_model_new (g_object_ref (G_LIST_MODEL (self->values)), self->filter);
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), self);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), self);
  self->list = gtk_list_view_new (GTK_SELECTION_MODEL (gtk_no_selection_new (G_LIST_MODEL (filtered))), factory);
  gtk_list_view_set_single_click_activate (GTK_LIST_VIEW (self->list), TRUE);
  gtk_widget_add_css_class (self->list, "rows");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Values"), -1);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->list);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (scroller), TRUE);
  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (scroller), 300);
  gtk_widget_set_size_request (scroller, 290, -1);
  gtk_widget_set_parent (scroller, GTK_WIDGET (self));
  self->open_button = gtk_button_new_with_mnemonic (_("_Open Another Model…"));
  gtk_widget_set_parent (self->open_button, GTK_WIDGET (self));

  g_signal_connect_object (self->dimensions, "notify::selected", G_CALLBACK (on_dimension_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->search, "search-changed", G_CALLBACK (on_search_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->list, "activate", G_CALLBACK (on_activate_cb), self, 0);
  g_signal_connect_object (self->open_button, "clicked", G_CALLBACK (on_open_cb), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}
