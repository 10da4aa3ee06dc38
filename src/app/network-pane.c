#include "config.h"

#include "network-pane.h"

#include "layer-thumbs.h"
#include "network-view.h"

#include <glib/gi18n.h>

#define ZOOM_STEP 1.3

struct _WhyNetworkPane
{
  AdwBin parent_instance;

  /* Template */
  WhyNetworkView *view;
  GtkEditable *search;
  GtkLabel *matches;
  GtkLabel *block;
  GtkStack *stack;
  AdwStatusPage *problem;
  GtkWidget *zoom_in;
  GtkWidget *zoom_out;
  GtkWidget *zoom_fit;

  /* Owned */
  WhyDocument *document;
  WhyModel *model; /* whose graph is shown, or being made */
  WhyNetwork *network;
  GCancellable *cancellable; /* while it is being made */
  gboolean holds;
};

G_DEFINE_FINAL_TYPE (WhyNetworkPane, why_network_pane, ADW_TYPE_BIN)

/* ---- the graph ---- */

static void
update_block (WhyNetworkPane *self)
{
  g_autofree char *text = why_network_view_describe (self->view, why_network_view_get_cursor (self->view));

  gtk_label_set_label (self->block, text);
}

static void
show_layer (WhyNetworkPane *self)
{
  const char *layer = why_document_get_layer (self->document);

  why_network_view_show_layer (self->view, layer != NULL ? layer : why_document_get_shown_layer (self->document));
  update_block (self);
}

static void
on_made_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (WhyNetworkPane) self = data;
  g_autoptr (GError) error = NULL;
  WhyNetwork *network = why_network_of_model_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->cancellable);
  if (network == NULL)
    {
      adw_status_page_set_description (self->problem, error->message);
      gtk_stack_set_visible_child_name (self->stack, "problem");
      return;
    }
  self->network = network;
  why_network_view_set_network (self->view, network);
  gtk_stack_set_visible_child_name (self->stack, "graph");
  show_layer (self);
}

static void
drop (WhyNetworkPane *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->model);
  g_clear_pointer (&self->network, why_network_unref);
  if (self->view != NULL)
    why_network_view_set_network (self->view, NULL);
}

/* Only for who looks at it. */
static void
update_network (WhyNetworkPane *self)
{
  WhyModel *model = why_document_get_model (self->document);

  if (model == self->model || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;
  drop (self);
  gtk_editable_set_text (self->search, "");
  if (model == NULL)
    return;
  self->model = g_object_ref (model);
  self->cancellable = g_cancellable_new ();
  gtk_stack_set_visible_child_name (self->stack, "wait");
  why_network_of_model_async (model, self->cancellable, on_made_cb, g_object_ref (self));
}

static void
on_map_cb (WhyNetworkPane *self)
{
  update_network (self);
  if (!self->holds)
    why_document_hold_layer_maps (self->document);
  self->holds = TRUE;
}

static void
release (WhyNetworkPane *self)
{
  if (self->holds)
    why_document_release_layer_maps (self->document);
  self->holds = FALSE;
}

/* ---- search ---- */

static void
on_search_cb (WhyNetworkPane *self)
{
  const char *text = gtk_editable_get_text (self->search);
  const guint n = why_network_view_search (self->view, text);
  g_autofree char *found = *text != '\0' ? g_strdup_printf (ngettext ("%u match", "%u matches", n), n) : g_strdup ("");

  gtk_label_set_label (self->matches, found);
  gtk_widget_set_visible (GTK_WIDGET (self->matches), *text != '\0');
  if (n > 0)
    why_network_view_next_match (self->view, 1);
}

static void
on_next_cb (WhyNetworkPane *self)
{
  why_network_view_next_match (self->view, 1);
}

static void
on_previous_cb (WhyNetworkPane *self)
{
  why_network_view_next_match (self->view, -1);
}

static void
on_stop_cb (WhyNetworkPane *self)
{
  gtk_editable_set_text (self->search, "");
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

void
why_network_pane_search (WhyNetworkPane *self, const char *text)
{
  g_return_if_fail (WHY_IS_NETWORK_PANE (self));
  gtk_editable_set_text (self->search, text);
  on_search_cb (self);
}

/* ---- zoom ---- */

static void
on_zoom_in_cb (WhyNetworkPane *self)
{
  why_network_view_zoom_by (self->view, ZOOM_STEP);
}

static void
on_zoom_out_cb (WhyNetworkPane *self)
{
  why_network_view_zoom_by (self->view, 1 / ZOOM_STEP);
}

static void
on_zoom_fit_cb (WhyNetworkPane *self)
{
  why_network_view_zoom_fit (self->view);
}

/* ---- widget ---- */

gboolean
why_network_pane_is_idle (WhyNetworkPane *self)
{
  g_return_val_if_fail (WHY_IS_NETWORK_PANE (self), TRUE);
  return self->cancellable == NULL;
}

guint
why_network_pane_get_n_blocks (WhyNetworkPane *self)
{
  g_return_val_if_fail (WHY_IS_NETWORK_PANE (self), 0);
  return self->network != NULL ? (guint) self->network->n_blocks : 0;
}

const char *
why_network_pane_get_cursor_title (WhyNetworkPane *self)
{
  g_return_val_if_fail (WHY_IS_NETWORK_PANE (self), NULL);
  const int cursor = self->network != NULL ? why_network_view_get_cursor (self->view) : -1;
  return cursor >= 0 ? self->network->blocks[cursor].title : NULL;
}

static void
why_network_pane_dispose (GObject *object)
{
  WhyNetworkPane *self = WHY_NETWORK_PANE (object);

  if (self->document != NULL)
    release (self);
  drop (self);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_NETWORK_PANE);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_network_pane_parent_class)->dispose (object);
}

static void
why_network_pane_class_init (WhyNetworkPaneClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_network_pane_dispose;
  g_type_ensure (WHY_TYPE_NETWORK_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/network-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyNetworkPane, view);
  gtk_widget_class_bind_template_child (widget_class, WhyNetworkPane, search);
  gtk_widget_class_bind_template_child (widget_class, WhyNetworkPane, matches);
  gtk_widget_class_bind_template_child (widget_class, WhyNetworkPane, block);
  gtk_widget_class_bind_template_child (widget_class, WhyNetworkPane, stack);
  gtk_widget_class_bind_template_child (widget_class, WhyNetworkPane, problem);
  gtk_widget_class_bind_template_child (widget_class, WhyNetworkPane, zoom_in);
  gtk_widget_class_bind_template_child (widget_class, WhyNetworkPane, zoom_out);
  gtk_widget_class_bind_template_child (widget_class, WhyNetworkPane, zoom_fit);
}

static void
connect (WhyNetworkPane *self, gpointer widget, const char *signal, GCallback callback)
{
  g_signal_connect_object (widget, signal, callback, self, G_CONNECT_SWAPPED);
}

static void
why_network_pane_init (WhyNetworkPane *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  connect (self, self->search, "search-changed", G_CALLBACK (on_search_cb));
  connect (self, self->search, "activate", G_CALLBACK (on_next_cb));
  connect (self, self->search, "next-match", G_CALLBACK (on_next_cb));
  connect (self, self->search, "previous-match", G_CALLBACK (on_previous_cb));
  connect (self, self->search, "stop-search", G_CALLBACK (on_stop_cb));
  connect (self, self->zoom_in, "clicked", G_CALLBACK (on_zoom_in_cb));
  connect (self, self->zoom_out, "clicked", G_CALLBACK (on_zoom_out_cb));
  connect (self, self->zoom_fit, "clicked", G_CALLBACK (on_zoom_fit_cb));
  connect (self, self->view, "cursor-changed", G_CALLBACK (update_block));
  gtk_search_entry_set_key_capture_widget (GTK_SEARCH_ENTRY (self->search), GTK_WIDGET (self->view));
  g_signal_connect (self, "map", G_CALLBACK (on_map_cb), NULL);
  g_signal_connect (self, "unmap", G_CALLBACK (release), NULL);
}

GtkWidget *
why_network_pane_new (WhyDocument *document)
{
  WhyNetworkPane *self = g_object_new (WHY_TYPE_NETWORK_PANE, NULL);

  self->document = g_object_ref (document);
  why_network_view_set_document (self->view, document);
  connect (self, document, "notify::model", G_CALLBACK (update_network));
  connect (self, document, "notify::layer", G_CALLBACK (show_layer));
  connect (self, document, "updated", G_CALLBACK (show_layer));
  return GTK_WIDGET (self);
}
