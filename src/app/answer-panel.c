#include "config.h"

#include "answer-panel.h"

#include "class-row.h"
#include "words.h"

#include <glib/gi18n.h>

/* With fewer classes than this all are in sight. */
#define SEARCH_FROM 16

struct _WhyAnswerPanel
{
  AdwBin parent_instance;

  /* Template */
  GtkLabel *sentence;
  GtkWidget *search;
  GtkListView *list;
  GtkWidget *card;
  AdwActionRow *model_row;
  AdwActionRow *recipe_row;
  GtkWidget *assumed;

  /* Owned */
  WhyDocument *document;
  GtkSorter *sorter;
  GtkFilter *filter;
  GtkSingleSelection *selection;

  double *ranks; /* by class index, as sorted last */
  guint n_ranks;

  gboolean syncing;
};

G_DEFINE_FINAL_TYPE (WhyAnswerPanel, why_answer_panel, ADW_TYPE_BIN)

static double
rank_of (WhyClassItem *item)
{
  const double before = why_class_item_get_probability_before (item);

  return before >= 0 ? before : why_class_item_get_probability (item);
}

/* By the uncovered picture's probability, so that rows stay where they are while parts are covered and
 * the bars can be compared. */
static int
compare_cb (gconstpointer a, gconstpointer b, gpointer data)
{
  WhyClassItem *first = (WhyClassItem *) a;
  WhyClassItem *second = (WhyClassItem *) b;
  const double x = rank_of (first);
  const double y = rank_of (second);

  if (x != y)
    return x < y ? GTK_ORDERING_LARGER : GTK_ORDERING_SMALLER;
  return gtk_ordering_from_cmpfunc (why_class_item_get_index (first) - why_class_item_get_index (second));
}

static gboolean
match_cb (gpointer item, gpointer data)
{
  WhyAnswerPanel *self = data;
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));

  if (*text == '\0' || !gtk_widget_get_visible (self->search))
    return TRUE;
  g_autofree char *wanted = g_utf8_casefold (text, -1);
  g_autofree char *label = g_utf8_casefold (why_class_item_get_label (item), -1);
  g_autofree char *number = g_strdup_printf ("%d", why_class_item_get_index (item));
  return strstr (label, wanted) != NULL || strcmp (number, wanted) == 0;
}

static void
on_search_cb (WhyAnswerPanel *self)
{
  gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
on_selected_cb (WhyAnswerPanel *self)
{
  WhyClassItem *item = gtk_single_selection_get_selected_item (self->selection);

  if (self->syncing || item == NULL)
    return;
  gtk_widget_activate_action (GTK_WIDGET (self), "win.target-class", "i", why_class_item_get_index (item));
}

static void
select_target (WhyAnswerPanel *self)
{
  int wanted = why_document_get_target_class (self->document);
  guint position = GTK_INVALID_LIST_POSITION;
  GListModel *items = G_LIST_MODEL (self->selection);

  if (wanted < 0)
    wanted = why_document_get_shown_class (self->document);
  for (guint k = 0; wanted >= 0 && k < g_list_model_get_n_items (items); k++)
    {
      g_autoptr (WhyClassItem) item = g_list_model_get_item (items, k);
      if (why_class_item_get_index (item) == wanted)
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
  if (position != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", position);
}

static void
update_sentence (WhyAnswerPanel *self)
{
  WhyModel *model = why_document_get_model (self->document);
  WhyClassItem *shown = why_document_get_class (self->document, why_document_get_shown_class (self->document));
  g_autofree char *text = NULL;

  if (model == NULL)
    text = g_strdup (_("Open a model (an ONNX file) to ask it about the picture."));
  else if (why_model_get_limitation (model) != NULL)
    text = g_strdup (why_model_get_limitation (model));
  else if (why_document_get_picture (self->document) == NULL)
    text = g_strdup (_("Open a picture to see what the model says about it."));
  else if (shown == NULL)
    text = g_strdup (_("Choose a class to see the evidence for it."));
  else
    text = why_words_answer (self->document);
  gtk_label_set_label (self->sentence, text);
}

static void
update_model (WhyAnswerPanel *self)
{
  WhyModel *model = why_document_get_model (self->document);

  gtk_widget_set_visible (self->card, model != NULL);
  gtk_widget_set_visible (self->search, model != NULL && why_model_get_n_classes (model) >= SEARCH_FROM);
  gtk_editable_set_text (GTK_EDITABLE (self->search), "");
  gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
  if (model != NULL)
    {
      const char *assumed = why_model_get_assumed_text (model);
      const int n_classes = why_model_get_n_classes (model);
      g_autofree char *classes =
          g_strdup_printf (why_model_is_multi_label (model)
                               /* Translators: several of the classes may be true at once */
                               ? ngettext ("%d class, any number at once", "%d classes, any number at once", (gulong) n_classes)
                               : ngettext ("%d class", "%d classes", (gulong) n_classes),
                           n_classes);
      g_autofree char *subtitle = g_strdup_printf ("%s\n%s", classes, why_model_get_summary (model));
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->model_row), why_model_get_title (model));
      adw_action_row_set_subtitle (self->model_row, subtitle);
      gtk_widget_set_tooltip_text (GTK_WIDGET (self->model_row), why_model_get_path (model));
      adw_action_row_set_subtitle (self->recipe_row, why_model_get_recipe_text (model));
      gtk_widget_set_visible (self->assumed, *assumed != '\0');
      g_autofree char *tooltip =
          g_strdup_printf (_("Neither the model nor a file beside it says: %s. The usual values are assumed."), assumed);
      gtk_widget_set_tooltip_text (self->assumed, tooltip);
      gtk_widget_set_tooltip_text (GTK_WIDGET (self->recipe_row), why_model_get_recipe_text (model));
    }
  update_sentence (self);
}

/* Most questions leave the probabilities as they are; sorting a thousand classes again would be felt. */
static gboolean
ranks_changed (WhyAnswerPanel *self)
{
  GListModel *classes = why_document_get_classes (self->document);
  const guint n = g_list_model_get_n_items (classes);
  gboolean changed = n != self->n_ranks;

  if (changed)
    {
      self->ranks = g_renew (double, self->ranks, MAX (n, 1));
      self->n_ranks = n;
    }
  for (guint k = 0; k < n; k++)
    {
      g_autoptr (WhyClassItem) item = g_list_model_get_item (classes, k);
      const double rank = rank_of (item);
      changed = changed || rank != self->ranks[k];
      self->ranks[k] = rank;
    }
  return changed;
}

static void
on_updated_cb (WhyAnswerPanel *self)
{
  if (ranks_changed (self))
    {
      self->syncing = TRUE;
      gtk_sorter_changed (self->sorter, GTK_SORTER_CHANGE_DIFFERENT);
      self->syncing = FALSE;
    }
  select_target (self);
  update_sentence (self);
}

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
why_answer_panel_dispose (GObject *object)
{
  WhyAnswerPanel *self = WHY_ANSWER_PANEL (object);

  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_func (self->selection, on_selected_cb, self);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_ANSWER_PANEL);
  g_clear_object (&self->selection);
  g_clear_object (&self->sorter);
  g_clear_object (&self->filter);
  g_clear_pointer (&self->ranks, g_free);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_answer_panel_parent_class)->dispose (object);
}

static void
why_answer_panel_class_init (WhyAnswerPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_answer_panel_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/answer-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyAnswerPanel, sentence);
  gtk_widget_class_bind_template_child (widget_class, WhyAnswerPanel, search);
  gtk_widget_class_bind_template_child (widget_class, WhyAnswerPanel, list);
  gtk_widget_class_bind_template_child (widget_class, WhyAnswerPanel, card);
  gtk_widget_class_bind_template_child (widget_class, WhyAnswerPanel, model_row);
  gtk_widget_class_bind_template_child (widget_class, WhyAnswerPanel, recipe_row);
  gtk_widget_class_bind_template_child (widget_class, WhyAnswerPanel, assumed);
}

static void
why_answer_panel_init (WhyAnswerPanel *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), self);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), self);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cb), self);
  gtk_list_view_set_factory (self->list, factory);
  self->sorter = GTK_SORTER (gtk_custom_sorter_new (compare_cb, NULL, NULL));
  self->filter = GTK_FILTER (gtk_custom_filter_new (match_cb, self, NULL));
  g_signal_connect_object (self->search, "search-changed", G_CALLBACK (on_search_cb), self, G_CONNECT_SWAPPED);
}

void
why_answer_panel_set_document (WhyAnswerPanel *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_ANSWER_PANEL (self) && self->document == NULL);

  self->document = g_object_ref (document);
  GtkSortListModel *sorted = gtk_sort_list_model_new (g_object_ref (why_document_get_classes (document)),
                                                      g_object_ref (self->sorter));
  GtkFilterListModel *filtered = gtk_filter_list_model_new (G_LIST_MODEL (sorted), g_object_ref (self->filter));
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (filtered));
  g_object_unref (filtered);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));
  g_signal_connect_swapped (self->selection, "notify::selected-item", G_CALLBACK (on_selected_cb), self);
  g_signal_connect_object (document, "updated", G_CALLBACK (on_updated_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::model", G_CALLBACK (update_model), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::picture", G_CALLBACK (update_sentence), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::target-class", G_CALLBACK (select_target), self, G_CONNECT_SWAPPED);
  update_model (self);
  select_target (self);
}
