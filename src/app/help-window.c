#include "config.h"

#include "help-window.h"

#include "service/help.h"

#include <glib/gi18n.h>

#define PAGE_SCHEME "page:"

struct _WhyHelpWindow
{
  AdwWindow parent_instance;

  /* Template */
  AdwLeaflet *leaflet;
  GtkSearchEntry *search;
  GtkListBox *contents;
  GtkWidget *page_box;
  AdwWindowTitle *page_title;
  GtkButton *back;
  GtkScrolledWindow *scroller;
  GtkBox *blocks;

  /* Owned */
  GPtrArray *pages;   /* of WhyHelpPage, in the order of the contents */
  GPtrArray *history; /* of borrowed WhyHelpPage, the present one last */
};

G_DEFINE_FINAL_TYPE (WhyHelpWindow, why_help_window, ADW_TYPE_WINDOW)

static WhyHelpPage *
find_page (WhyHelpWindow *self, const char *id)
{
  for (guint index = 0; index < self->pages->len; index++)
    {
      WhyHelpPage *page = g_ptr_array_index (self->pages, index);
      if (g_str_equal (page->id, id))
        return page;
    }
  return NULL;
}

/* ---- one page ---- */

static gboolean
on_link_cb (WhyHelpWindow *self, const char *uri)
{
  if (!g_str_has_prefix (uri, PAGE_SCHEME))
    return FALSE;
  why_help_window_show_page (self, uri + strlen (PAGE_SCHEME));
  return TRUE;
}

static GtkWidget *
new_label (WhyHelpWindow *self, const WhyHelpBlock *block)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_markup (GTK_LABEL (label), block->markup);
  gtk_label_set_selectable (GTK_LABEL (label), block->kind == WHY_HELP_SCREEN);
  gtk_widget_set_hexpand (label, TRUE);
  g_signal_connect_object (label, "activate-link", G_CALLBACK (on_link_cb), self, G_CONNECT_SWAPPED);
  return label;
}

static GtkWidget *
new_block (WhyHelpWindow *self, const WhyHelpBlock *block)
{
  static const char *const classes[] = {
    [WHY_HELP_TITLE] = "title-1", [WHY_HELP_HEADING] = "title-4", [WHY_HELP_NOTE] = "card", [WHY_HELP_SCREEN] = "command",
  };
  GtkWidget *label = new_label (self, block);

  if (block->kind == WHY_HELP_TITLE || block->kind == WHY_HELP_HEADING || block->kind == WHY_HELP_SCREEN)
    {
      gtk_widget_add_css_class (label, classes[block->kind]);
      if (block->kind == WHY_HELP_SCREEN)
        gtk_widget_add_css_class (label, "monospace");
      else
        gtk_widget_set_margin_top (label, 12);
      return label;
    }
  if (block->kind == WHY_HELP_PARAGRAPH)
    return label;

  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9);
  if (block->kind == WHY_HELP_NOTE)
    {
      gtk_widget_add_css_class (box, "card");
      gtk_widget_set_margin_top (label, 9);
      gtk_widget_set_margin_bottom (label, 9);
      gtk_widget_set_margin_start (label, 12);
      gtk_widget_set_margin_end (label, 12);
    }
  else
    {
      /* Translators: number of a step */
      g_autofree char *mark = block->kind == WHY_HELP_STEP ? g_strdup_printf (_("%d."), block->number) : g_strdup ("•");
      GtkWidget *bullet = gtk_label_new (mark);
      gtk_label_set_width_chars (GTK_LABEL (bullet), 2);
      gtk_widget_set_valign (bullet, GTK_ALIGN_START);
      gtk_widget_add_css_class (bullet, "dim-label");
      gtk_box_append (GTK_BOX (box), bullet);
    }
  gtk_box_append (GTK_BOX (box), label);
  return box;
}

static void
present_page (WhyHelpWindow *self)
{
  const WhyHelpPage *page = g_ptr_array_index (self->history, self->history->len - 1);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->blocks))) != NULL)
    gtk_box_remove (self->blocks, child);
  for (guint index = 0; index < page->blocks->len; index++)
    gtk_box_append (self->blocks, new_block (self, g_ptr_array_index (page->blocks, index)));
  adw_window_title_set_title (self->page_title, page->title);
  gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (self->scroller), 0);
  gtk_widget_set_sensitive (GTK_WIDGET (self->back), self->history->len > 1 || adw_leaflet_get_folded (self->leaflet));
  adw_leaflet_set_visible_child (self->leaflet, self->page_box);
}

gboolean
why_help_window_show_page (WhyHelpWindow *self, const char *id)
{
  g_return_val_if_fail (WHY_IS_HELP_WINDOW (self), FALSE);
  WhyHelpPage *page = find_page (self, id);

  if (page == NULL)
    return FALSE;
  if (self->history->len == 0 || g_ptr_array_index (self->history, self->history->len - 1) != page)
    g_ptr_array_add (self->history, page);
  present_page (self);
  return TRUE;
}

const char *
why_help_window_get_page (WhyHelpWindow *self)
{
  g_return_val_if_fail (WHY_IS_HELP_WINDOW (self), NULL);
  return self->history->len > 0 ? ((WhyHelpPage *) g_ptr_array_index (self->history, self->history->len - 1))->id : NULL;
}

gboolean
why_help_window_go_back (WhyHelpWindow *self)
{
  g_return_val_if_fail (WHY_IS_HELP_WINDOW (self), FALSE);

  if (self->history->len > 1)
    {
      g_ptr_array_set_size (self->history, self->history->len - 1);
      present_page (self);
      return TRUE;
    }
  return adw_leaflet_get_folded (self->leaflet) && adw_leaflet_navigate (self->leaflet, ADW_NAVIGATION_DIRECTION_BACK);
}

/* ---- contents ---- */

static gboolean
filter_cb (GtkListBoxRow *row, gpointer data)
{
  WhyHelpWindow *self = data;
  const WhyHelpPage *page = g_object_get_data (G_OBJECT (row), "page");

  return why_help_matches (page, gtk_editable_get_text (GTK_EDITABLE (self->search)));
}

static void
on_row_cb (WhyHelpWindow *self, GtkListBoxRow *row)
{
  const WhyHelpPage *page = g_object_get_data (G_OBJECT (row), "page");

  why_help_window_show_page (self, page->id);
}

guint
why_help_window_search (WhyHelpWindow *self, const char *words)
{
  guint n_listed = 0;

  g_return_val_if_fail (WHY_IS_HELP_WINDOW (self), 0);
  gtk_editable_set_text (GTK_EDITABLE (self->search), words);
  gtk_list_box_invalidate_filter (self->contents);
  for (guint index = 0; index < self->pages->len; index++)
    n_listed += why_help_matches (g_ptr_array_index (self->pages, index), words) ? 1 : 0;
  return n_listed;
}

static void
add_row (WhyHelpWindow *self, WhyHelpPage *page)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *label = gtk_label_new (page->title);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), label);
  gtk_widget_set_tooltip_text (row, page->description);
  g_object_set_data (G_OBJECT (row), "page", page);
  gtk_list_box_append (self->contents, row);
}

/* ---- life ---- */

static void
activate_back (GtkWidget *widget, const char *name, GVariant *parameter)
{
  why_help_window_go_back (WHY_HELP_WINDOW (widget));
}

static void
activate_close (GtkWidget *widget, const char *name, GVariant *parameter)
{
  gtk_window_close (GTK_WINDOW (widget));
}

static void
why_help_window_dispose (GObject *object)
{
  WhyHelpWindow *self = WHY_HELP_WINDOW (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_HELP_WINDOW);
  g_clear_pointer (&self->history, g_ptr_array_unref);
  g_clear_pointer (&self->pages, g_ptr_array_unref);
  G_OBJECT_CLASS (why_help_window_parent_class)->dispose (object);
}

static void
why_help_window_class_init (WhyHelpWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_help_window_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/help-window.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyHelpWindow, leaflet);
  gtk_widget_class_bind_template_child (widget_class, WhyHelpWindow, search);
  gtk_widget_class_bind_template_child (widget_class, WhyHelpWindow, contents);
  gtk_widget_class_bind_template_child (widget_class, WhyHelpWindow, page_box);
  gtk_widget_class_bind_template_child (widget_class, WhyHelpWindow, page_title);
  gtk_widget_class_bind_template_child (widget_class, WhyHelpWindow, back);
  gtk_widget_class_bind_template_child (widget_class, WhyHelpWindow, scroller);
  gtk_widget_class_bind_template_child (widget_class, WhyHelpWindow, blocks);
  gtk_widget_class_install_action (widget_class, "help.back", NULL, activate_back);
  gtk_widget_class_install_action (widget_class, "help.close", NULL, activate_close);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Left, GDK_ALT_MASK, "help.back", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_w, GDK_CONTROL_MASK, "help.close", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "help.close", NULL);
}

static void
page_free (gpointer page)
{
  why_help_page_free (page);
}

static void
why_help_window_init (WhyHelpWindow *self)
{
  g_auto (GStrv) ids = why_help_list (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  self->pages = g_ptr_array_new_with_free_func (page_free);
  self->history = g_ptr_array_new ();
  for (gsize index = 0; ids != NULL && ids[index] != NULL; index++)
    {
      g_autoptr (GError) error = NULL;
      WhyHelpPage *page = why_help_load (ids[index], &error);
      if (page == NULL)
        {
          g_warning ("%s", error->message);
          continue;
        }
      g_ptr_array_add (self->pages, page);
      add_row (self, page);
    }
  gtk_list_box_set_filter_func (self->contents, filter_cb, self, NULL);
  g_signal_connect_swapped (self->search, "search-changed", G_CALLBACK (gtk_list_box_invalidate_filter), self->contents);
  g_signal_connect_swapped (self->contents, "row-activated", G_CALLBACK (on_row_cb), self);
  g_signal_connect_swapped (self->back, "clicked", G_CALLBACK (why_help_window_go_back), self);
  if (self->pages->len > 0)
    why_help_window_show_page (self, "index");
}

GtkWidget *
why_help_window_new (void)
{
  return g_object_new (WHY_TYPE_HELP_WINDOW, NULL);
}
