#include "config.h"

#include "cases-panel.h"

#include "thumbnail.h"
#include "tooltip.h"

#include "service/percent.h"

#include <glib/gi18n.h>

#define PICTURE_WIDTH 64
#define PICTURE_HEIGHT 48

struct _WhyCasesPanel
{
  AdwBin parent_instance;

  /* Template */
  GtkSearchEntry *filter;
  GtkStack *stack;
  GtkListView *list;
  GtkSingleSelection *selection;
  GtkLabel *nothing_label;
  GtkLabel *count_label;

  /* Owned */
  WhyCaseList *cases;

  gboolean is_private;
  gboolean syncing;
  guint current_id; /* idle that chooses the row of the shown case */
};

G_DEFINE_FINAL_TYPE (WhyCasesPanel, why_cases_panel, ADW_TYPE_BIN)

/* ---- rows ---- */

typedef struct
{
  WhyCasesPanel *panel; /* borrowed: its rows go before it */
  GtkListItem *list_item;
  GtkWidget *box;
  GtkPicture *picture;
  GtkLabel *name;
  GtkLabel *answer;
  GtkImage *mark;
  WhyCase *item; /* owned while bound */
  gulong handler;
} Row;

static void
row_show (Row *row)
{
  WhyCase *item = row->item;
  const double probability = why_case_get_probability (item);
  const char *problem = why_case_get_problem (item);
  g_autofree char *name = row->panel->is_private
                            /* Translators: number in the list, instead of a file name that not everybody shall see */
                            ? g_strdup_printf (_("Case %u"), gtk_list_item_get_position (row->list_item) + 1)
                            : g_strdup (why_case_get_name (item));
  g_autofree char *percent = probability >= 0 ? why_percent_text (probability) : NULL;
  g_autofree char *answer = problem != NULL  ? g_strdup (_("cannot be shown"))
                            : percent != NULL ? g_strdup_printf ("%s · %s", why_case_get_label (item), percent)
                                              : g_strdup ("");
  g_autofree char *spoken = g_strdup_printf ("%s, %s%s%s", name, answer, why_case_get_has_map (item) ? ", " : "",
                                             why_case_get_has_map (item) ? _("map is there") : "");
  g_autoptr (GdkTexture) texture = why_thumbnail_texture (why_case_get_thumbnail (item));

  gtk_label_set_label (row->name, name);
  gtk_label_set_label (row->answer, answer);
  gtk_picture_set_paintable (row->picture, GDK_PAINTABLE (texture));
  gtk_image_set_from_icon_name (row->mark, problem != NULL ? "dialog-warning-symbolic" : "whylight-map-symbolic");
  gtk_widget_set_opacity (GTK_WIDGET (row->mark), problem != NULL || why_case_get_has_map (item) ? 1 : 0);
  why_tooltip_set (row->box, row->panel->is_private ? NULL : problem != NULL ? problem : why_case_get_path (item));
  gtk_accessible_update_property (GTK_ACCESSIBLE (row->box), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}

static void
on_setup_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, WhyCasesPanel *self)
{
  Row *row = g_new0 (Row, 1);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);

  row->panel = self;
  row->list_item = list_item;
  row->box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9);
  row->picture = GTK_PICTURE (gtk_picture_new ());
  row->name = GTK_LABEL (gtk_label_new (NULL));
  row->answer = GTK_LABEL (gtk_label_new (NULL));
  row->mark = GTK_IMAGE (gtk_image_new ());
  gtk_picture_set_content_fit (row->picture, GTK_CONTENT_FIT_CONTAIN);
  gtk_widget_set_size_request (GTK_WIDGET (row->picture), PICTURE_WIDTH, PICTURE_HEIGHT);
  gtk_widget_add_css_class (GTK_WIDGET (row->picture), "thumbnail");
  gtk_label_set_xalign (row->name, 0);
  gtk_label_set_ellipsize (row->name, PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_xalign (row->answer, 0);
  gtk_label_set_ellipsize (row->answer, PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (GTK_WIDGET (row->answer), "caption");
  gtk_widget_add_css_class (GTK_WIDGET (row->answer), "dim-label");
  gtk_widget_set_hexpand (texts, TRUE);
  gtk_widget_set_valign (texts, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (texts), GTK_WIDGET (row->name));
  gtk_box_append (GTK_BOX (texts), GTK_WIDGET (row->answer));
  gtk_box_append (GTK_BOX (row->box), GTK_WIDGET (row->picture));
  gtk_box_append (GTK_BOX (row->box), texts);
  gtk_box_append (GTK_BOX (row->box), GTK_WIDGET (row->mark));
  gtk_list_item_set_child (list_item, row->box);
  g_object_set_data_full (G_OBJECT (list_item), "row", row, g_free);
}

static void
on_bind_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, WhyCasesPanel *self)
{
  Row *row = g_object_get_data (G_OBJECT (list_item), "row");

  row->item = g_object_ref (gtk_list_item_get_item (list_item));
  row->handler = g_signal_connect_swapped (row->item, "notify", G_CALLBACK (row_show), row);
  row_show (row);
  why_case_list_want (self->cases, row->item, TRUE);
}

static void
on_unbind_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, WhyCasesPanel *self)
{
  Row *row = g_object_get_data (G_OBJECT (list_item), "row");

  if (row->item == NULL)
    return;
  g_clear_signal_handler (&row->handler, row->item);
  if (self->cases != NULL)
    why_case_list_want (self->cases, row->item, FALSE);
  g_clear_object (&row->item);
}

/* ---- which one ---- */

static guint
find_position (WhyCasesPanel *self, WhyCase *item)
{
  const guint n_cases = g_list_model_get_n_items (G_LIST_MODEL (self->cases));

  for (guint position = 0; item != NULL && position < n_cases; position++)
    {
      g_autoptr (WhyCase) other = g_list_model_get_item (G_LIST_MODEL (self->cases), position);
      if (other == item)
        return position;
    }
  return GTK_INVALID_LIST_POSITION;
}

static void
show_current (WhyCasesPanel *self)
{
  const guint position = find_position (self, why_case_list_get_current (self->cases));

  self->syncing = TRUE;
  gtk_single_selection_set_selected (self->selection, position);
  self->syncing = FALSE;
  if (position != GTK_INVALID_LIST_POSITION && gtk_widget_get_mapped (GTK_WIDGET (self->list)))
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", position);
}

static void
on_selected_cb (WhyCasesPanel *self)
{
  const guint position = gtk_single_selection_get_selected (self->selection);

  if (!self->syncing && position != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.case", "i", (int) position);
}

/* ---- around the list ---- */

static void
show_counts (WhyCasesPanel *self)
{
  const guint n_all = why_case_list_get_n_all (self->cases);
  const guint n_shown = g_list_model_get_n_items (G_LIST_MODEL (self->cases));
  const guint n_skipped = why_case_list_get_n_skipped (self->cases);
  g_autoptr (GString) text = g_string_new (NULL);

  if (n_shown < n_all)
    g_string_append_printf (text, _("%1$u of %2$u"), n_shown, n_all);
  else if (n_all > 0)
    g_string_append_printf (text, ngettext ("%u picture", "%u pictures", n_all), n_all);
  if (n_skipped > 0)
    {
      g_string_append (text, ", ");
      /* Translators: files of the folder that are no pictures */
      g_string_append_printf (text, ngettext ("%u other file", "%u other files", n_skipped), n_skipped);
    }
  gtk_label_set_label (self->count_label, text->str);
  why_tooltip_set (GTK_WIDGET (self->count_label), text->str);
  gtk_label_set_label (self->nothing_label, n_all > 0 ? _("No case with this name or class")
                                                      : _("Open a folder, or several pictures at once, to go through them one by one"));
  gtk_stack_set_visible_child_name (self->stack, n_shown > 0 ? "cases" : "nothing");
}

static gboolean
show_current_cb (gpointer data)
{
  WhyCasesPanel *self = data;

  self->current_id = 0;
  show_current (self);
  return G_SOURCE_REMOVE;
}

/* The selection hears of the same change, maybe later: until then it has numbers of rows that are there no more. */
static void
on_items_cb (WhyCasesPanel *self)
{
  show_counts (self);
  if (self->current_id == 0)
    self->current_id = g_idle_add_full (G_PRIORITY_HIGH_IDLE, show_current_cb, self, NULL);
}

static void
on_filter_cb (WhyCasesPanel *self)
{
  why_case_list_set_filter (self->cases, gtk_editable_get_text (GTK_EDITABLE (self->filter)));
}

void
why_cases_panel_set_private (WhyCasesPanel *self, gboolean is_private)
{
  g_return_if_fail (WHY_IS_CASES_PANEL (self));

  if (self->is_private == is_private)
    return;
  self->is_private = is_private;
  /* All rows anew. */
  self->syncing = TRUE;
  gtk_single_selection_set_model (self->selection, NULL);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->cases));
  self->syncing = FALSE;
  show_current (self);
}

void
why_cases_panel_set_document (WhyCasesPanel *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_CASES_PANEL (self) && self->cases == NULL);

  self->cases = g_object_ref (why_document_get_cases (document));
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  g_signal_connect_object (factory, "setup", G_CALLBACK (on_setup_cb), self, 0);
  g_signal_connect_object (factory, "bind", G_CALLBACK (on_bind_cb), self, 0);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (on_unbind_cb), self, 0);
  self->syncing = TRUE;
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->cases));
  self->syncing = FALSE;
  gtk_list_view_set_factory (self->list, factory);
  g_signal_connect_object (self->selection, "notify::selected", G_CALLBACK (on_selected_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->cases, "notify::current", G_CALLBACK (show_current), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->cases, "items-changed", G_CALLBACK (on_items_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->cases, "opened", G_CALLBACK (on_items_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->filter, "search-changed", G_CALLBACK (on_filter_cb), self, G_CONNECT_SWAPPED);
  show_counts (self);
}

static void
why_cases_panel_dispose (GObject *object)
{
  WhyCasesPanel *self = WHY_CASES_PANEL (object);

  self->syncing = TRUE;
  g_clear_handle_id (&self->current_id, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_CASES_PANEL);
  g_clear_object (&self->cases);
  G_OBJECT_CLASS (why_cases_panel_parent_class)->dispose (object);
}

static void
why_cases_panel_class_init (WhyCasesPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_cases_panel_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/cases-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyCasesPanel, filter);
  gtk_widget_class_bind_template_child (widget_class, WhyCasesPanel, stack);
  gtk_widget_class_bind_template_child (widget_class, WhyCasesPanel, list);
  gtk_widget_class_bind_template_child (widget_class, WhyCasesPanel, selection);
  gtk_widget_class_bind_template_child (widget_class, WhyCasesPanel, nothing_label);
  gtk_widget_class_bind_template_child (widget_class, WhyCasesPanel, count_label);
}

static void
why_cases_panel_init (WhyCasesPanel *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
