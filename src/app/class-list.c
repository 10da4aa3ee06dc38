#include "config.h"

#include "class-list.h"

#include "class-row.h"

#include <glib/gi18n.h>

/* With fewer classes than this all are in sight. */
#define SEARCH_FROM 16

/* Rows at first, and those that come whenever the end is reached. */
#define PAGE 48

/* Rows made or changed in one turn of the main loop: some two hundred microseconds each. */
#define STEP 8

struct _WhyClassList
{
  AdwBin parent_instance;

  /* Template */
  GtkWidget *search;
  GtkScrolledWindow *scroller;
  GtkListView *list;
  GtkLabel *rest;
  GMenuModel *menu;

  /* Owned */
  WhyDocument *document;
  GListStore *shown;   /* what the list has; follows @wanted step by step */
  GPtrArray *wanted;   /* of WhyClassItem, borrowed from the document's list */
  GtkSingleSelection *selection;
  GtkWidget *popover;

  guint n_matching; /* of which @wanted are the first */
  guint limit;
  guint step_id;
  int menu_class; /* the menu's */
  gboolean syncing;
};

G_DEFINE_FINAL_TYPE (WhyClassList, why_class_list, ADW_TYPE_BIN)

/* ---- which rows ---- */

static double
rank_of (WhyClassItem *item)
{
  const double before = why_class_item_get_probability_before (item);

  return before >= 0 ? before : why_class_item_get_probability (item);
}

/* By the uncovered picture's probability, so that rows stay where they are while parts are covered and
 * the bars can be compared. */
static int
compare_items (gconstpointer a, gconstpointer b)
{
  WhyClassItem *first = *(WhyClassItem *const *) a;
  WhyClassItem *second = *(WhyClassItem *const *) b;
  const double x = rank_of (first);
  const double y = rank_of (second);

  if (x != y)
    return x < y ? 1 : -1;
  return why_class_item_get_index (first) - why_class_item_get_index (second);
}

static gboolean
is_marked (WhyClassItem *item)
{
  return why_class_item_get_is_target (item) || why_class_item_get_role (item) != WHY_CLASS_ROLE_NONE;
}

static void
rank (WhyClassList *self)
{
  GListModel *classes = why_document_get_classes (self->document);
  const guint n = g_list_model_get_n_items (classes);
  const char *text = gtk_widget_get_visible (self->search) ? gtk_editable_get_text (GTK_EDITABLE (self->search)) : "";
  g_autoptr (GPtrArray) matching = g_ptr_array_sized_new (n);

  for (guint index = 0; index < n; index++)
    {
      /* The document's list keeps it. */
      g_autoptr (WhyClassItem) item = g_list_model_get_item (classes, index);
      if (*text == '\0' || why_class_item_matches (item, text))
        g_ptr_array_add (matching, item);
    }
  g_ptr_array_sort (matching, compare_items);
  g_ptr_array_set_size (self->wanted, 0);
  self->n_matching = matching->len;
  for (guint place = 0; place < matching->len; place++)
    {
      /* What the question is about is always there, however improbable. */
      if (place < self->limit || is_marked (matching->pdata[place]))
        g_ptr_array_add (self->wanted, matching->pdata[place]);
    }
}

static void
update_rest (WhyClassList *self)
{
  const guint n_more = self->n_matching - self->wanted->len;
  const gboolean none = self->n_matching == 0 && why_document_get_model (self->document) != NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->rest), n_more > 0 || none);
  if (none)
    gtk_label_set_label (self->rest, _("No class has that name or number."));
  else if (n_more > 0)
    {
      g_autofree char *text =
          g_strdup_printf (ngettext ("%u less probable class: scroll on, or search.", "%u less probable classes: scroll on, or search.", n_more),
                           n_more);
      gtk_label_set_label (self->rest, text);
    }
}

static void
select_target (WhyClassList *self)
{
  GListModel *items = G_LIST_MODEL (self->selection);
  guint position = GTK_INVALID_LIST_POSITION;

  for (guint place = 0; place < g_list_model_get_n_items (items); place++)
    {
      g_autoptr (WhyClassItem) item = g_list_model_get_item (items, place);
      if (why_class_item_get_is_target (item))
        {
          position = place;
          break;
        }
    }
  if (position == gtk_single_selection_get_selected (self->selection))
    return;
  self->syncing = TRUE;
  gtk_single_selection_set_selected (self->selection, position);
  self->syncing = FALSE;
  if (position != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", position);
}

/* The next few rows that differ from what is wanted. No class may be in the list twice in between: GTK finds the rows of what
 * has moved by it. So those that come up are taken away below first, and those that go down are back when their turn comes. */
static gboolean
step_cb (gpointer data)
{
  WhyClassList *self = data;
  GListModel *shown = G_LIST_MODEL (self->shown);
  const guint n_shown = g_list_model_get_n_items (shown);
  guint place = 0;

  for (; place < n_shown && place < self->wanted->len; place++)
    {
      g_autoptr (WhyClassItem) item = g_list_model_get_item (shown, place);
      if (item != self->wanted->pdata[place])
        break;
    }
  if (place == n_shown && place == self->wanted->len)
    {
      self->step_id = 0;
      select_target (self);
      return G_SOURCE_REMOVE;
    }
  const guint n_removed = MIN (STEP, n_shown - place);
  const guint n_added = MIN (STEP, self->wanted->len - place);
  self->syncing = TRUE;
  for (guint below = n_shown; below-- > place + n_removed;)
    {
      g_autoptr (WhyClassItem) item = g_list_model_get_item (shown, below);
      for (guint added = 0; added < n_added; added++)
        {
          if (item == self->wanted->pdata[place + added])
            {
              g_list_store_remove (self->shown, below);
              break;
            }
        }
    }
  g_list_store_splice (self->shown, place, n_removed, self->wanted->pdata + place, n_added);
  self->syncing = FALSE;
  return G_SOURCE_CONTINUE;
}

static void
refill (WhyClassList *self)
{
  rank (self);
  update_rest (self);
  /* After drawing, so that a frame comes between two steps. */
  if (self->step_id == 0)
    self->step_id = g_idle_add_full (GDK_PRIORITY_REDRAW + 5, step_cb, self, NULL);
}

static void
on_search_cb (WhyClassList *self)
{
  self->limit = PAGE;
  refill (self);
}

static void
show_more (WhyClassList *self)
{
  if (self->wanted->len >= self->n_matching)
    return;
  self->limit += PAGE;
  refill (self);
}

/* Somebody scrolls on where there is nothing more. */
static void
on_edge_cb (GtkScrolledWindow *scroller, GtkPositionType edge, gpointer data)
{
  if (edge == GTK_POS_BOTTOM)
    show_more (data);
}

static void
on_model_cb (WhyClassList *self)
{
  WhyModel *model = why_document_get_model (self->document);

  gtk_widget_set_visible (self->search, model != NULL && why_model_get_n_classes (model) >= SEARCH_FROM);
  gtk_editable_set_text (GTK_EDITABLE (self->search), "");
  self->limit = PAGE;
  /* Rows of another network's classes would be taken for this one's. */
  self->syncing = TRUE;
  g_list_store_remove_all (self->shown);
  self->syncing = FALSE;
  refill (self);
}

/* ---- what is done with them ---- */

static void
on_selected_cb (WhyClassList *self)
{
  WhyClassItem *item = gtk_single_selection_get_selected_item (self->selection);

  if (self->syncing || item == NULL)
    return;
  gtk_widget_activate_action (GTK_WIDGET (self), "win.target-class", "i", why_class_item_get_index (item));
}

static WhyClassItem *
item_of (GtkWidget *widget)
{
  GtkWidget *child = widget != NULL ? gtk_widget_get_first_child (widget) : NULL;

  return child != NULL && WHY_IS_CLASS_ROW (child) ? why_class_row_get_item (WHY_CLASS_ROW (child)) : NULL;
}

static WhyClassItem *
focused_item (WhyClassList *self)
{
  return item_of (gtk_widget_get_focus_child (GTK_WIDGET (self->list)));
}

static void
show_menu (WhyClassList *self, WhyClassItem *item, const GdkRectangle *place)
{
  self->menu_class = why_class_item_get_index (item);
  if (self->popover == NULL)
    {
      self->popover = gtk_popover_menu_new_from_model (self->menu);
      gtk_widget_set_parent (self->popover, GTK_WIDGET (self->list));
      gtk_popover_set_has_arrow (GTK_POPOVER (self->popover), FALSE);
      gtk_widget_set_halign (self->popover, GTK_ALIGN_START);
    }
  gtk_popover_set_pointing_to (GTK_POPOVER (self->popover), place);
  gtk_popover_popup (GTK_POPOVER (self->popover));
}

static void
on_menu_click_cb (GtkGestureClick *gesture, int n_press, double x, double y, gpointer data)
{
  WhyClassList *self = data;
  GtkWidget *widget = gtk_widget_pick (GTK_WIDGET (self->list), x, y, GTK_PICK_DEFAULT);
  GtkWidget *row = widget != NULL ? gtk_widget_get_ancestor (widget, WHY_TYPE_CLASS_ROW) : NULL;
  WhyClassItem *item = row != NULL ? why_class_row_get_item (WHY_CLASS_ROW (row)) : item_of (widget);

  if (item != NULL)
    show_menu (self, item, &(GdkRectangle) { (int) x, (int) y, 1, 1 });
}

static gboolean
on_key_cb (GtkEventControllerKey *controller, guint key, guint code, GdkModifierType state, gpointer data)
{
  WhyClassList *self = data;
  WhyClassItem *item = focused_item (self);
  const gboolean plain = (state & (GDK_CONTROL_MASK | GDK_ALT_MASK)) == 0;
  graphene_rect_t bounds;

  if (item == NULL)
    return FALSE;
  if ((key == GDK_KEY_Down || key == GDK_KEY_End || key == GDK_KEY_Page_Down) && self->wanted->len > 0 &&
      item == self->wanted->pdata[self->wanted->len - 1])
    show_more (self);
  if (plain && (key == GDK_KEY_v || key == GDK_KEY_V))
    return gtk_widget_activate_action (GTK_WIDGET (self), "win.toggle-contrast", "i", why_class_item_get_index (item));
  if (plain && (key == GDK_KEY_a || key == GDK_KEY_A))
    return gtk_widget_activate_action (GTK_WIDGET (self), "win.also-class", "i", why_class_item_get_index (item));
  if (key != GDK_KEY_Menu && !(key == GDK_KEY_F10 && (state & GDK_SHIFT_MASK)))
    return FALSE;
  if (gtk_widget_compute_bounds (gtk_widget_get_focus_child (GTK_WIDGET (self->list)), GTK_WIDGET (self->list), &bounds))
    show_menu (self, item, &(GdkRectangle) { (int) bounds.origin.x + 24, (int) (bounds.origin.y + bounds.size.height), 1, 1 });
  return TRUE;
}

static void
activate_class (WhyClassList *self, const char *action)
{
  gtk_widget_activate_action (GTK_WIDGET (self), action, "i", self->menu_class);
}

static void
activate_explain (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  activate_class (data, "win.target-class");
}

static void
activate_compare (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  activate_class (data, "win.toggle-contrast");
}

static void
activate_add (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  activate_class (data, "win.also-class");
}

/* Enter in the search takes the first one found. */
static void
on_search_activate_cb (WhyClassList *self)
{
  if (self->wanted->len > 0)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.target-class", "i", why_class_item_get_index (self->wanted->pdata[0]));
}

/* ---- widget ---- */

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  gtk_list_item_set_child (list_item, why_class_row_new ());
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  why_class_row_set_item (WHY_CLASS_ROW (gtk_list_item_get_child (list_item)), gtk_list_item_get_item (list_item));
}

static void
unbind_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  why_class_row_set_item (WHY_CLASS_ROW (gtk_list_item_get_child (list_item)), NULL);
}

static void
why_class_list_dispose (GObject *object)
{
  WhyClassList *self = WHY_CLASS_LIST (object);

  g_clear_handle_id (&self->step_id, g_source_remove);
  g_clear_pointer (&self->popover, gtk_widget_unparent);
  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_func (self->selection, on_selected_cb, self);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_CLASS_LIST);
  g_clear_object (&self->selection);
  g_clear_object (&self->shown);
  g_clear_pointer (&self->wanted, g_ptr_array_unref);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_class_list_parent_class)->dispose (object);
}

static void
why_class_list_class_init (WhyClassListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_class_list_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/class-list.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyClassList, search);
  gtk_widget_class_bind_template_child (widget_class, WhyClassList, scroller);
  gtk_widget_class_bind_template_child (widget_class, WhyClassList, list);
  gtk_widget_class_bind_template_child (widget_class, WhyClassList, rest);
  gtk_widget_class_bind_template_child (widget_class, WhyClassList, menu);
}

static void
add_input (WhyClassList *self)
{
  static const GActionEntry entries[] = {
    { "explain", activate_explain, NULL, NULL, NULL, { 0 } },
    { "compare", activate_compare, NULL, NULL, NULL, { 0 } },
    { "add", activate_add, NULL, NULL, NULL, { 0 } },
  };
  g_autoptr (GSimpleActionGroup) actions = g_simple_action_group_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  g_action_map_add_action_entries (G_ACTION_MAP (actions), entries, G_N_ELEMENTS (entries), self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "classes", G_ACTION_GROUP (actions));
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect_object (click, "pressed", G_CALLBACK (on_menu_click_cb), self, 0);
  gtk_widget_add_controller (GTK_WIDGET (self->list), GTK_EVENT_CONTROLLER (click));
  g_signal_connect_object (keys, "key-pressed", G_CALLBACK (on_key_cb), self, 0);
  gtk_widget_add_controller (GTK_WIDGET (self->list), keys);
}

static void
why_class_list_init (WhyClassList *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  self->shown = g_list_store_new (WHY_TYPE_CLASS_ITEM);
  self->wanted = g_ptr_array_new ();
  self->limit = PAGE;
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), self);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), self);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cb), self);
  gtk_list_view_set_factory (self->list, factory);
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->shown));
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));
  g_signal_connect_swapped (self->selection, "notify::selected-item", G_CALLBACK (on_selected_cb), self);
  g_signal_connect_object (self->search, "search-changed", G_CALLBACK (on_search_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->search, "activate", G_CALLBACK (on_search_activate_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->scroller, "edge-overshot", G_CALLBACK (on_edge_cb), self, 0);
  add_input (self);
}

void
why_class_list_set_document (WhyClassList *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_CLASS_LIST (self) && self->document == NULL);

  self->document = g_object_ref (document);
  g_signal_connect_object (document, "updated", G_CALLBACK (refill), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::model", G_CALLBACK (on_model_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::target-class", G_CALLBACK (refill), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::contrast-class", G_CALLBACK (refill), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::target-kind", G_CALLBACK (refill), self, G_CONNECT_SWAPPED);
  on_model_cb (self);
}
