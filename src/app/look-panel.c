#include "config.h"

#include "look-panel.h"

#include "colormap-strip.h"
#include "layer-list.h"
#include "method-box.h"
#include "words.h"

#include <glib/gi18n.h>

struct _WhyLookPanel
{
  AdwBin parent_instance;

  /* Template */
  GtkLabel *sentence;
  WhyMethodBox *method_box;
  GtkAdjustment *opacity_adjustment;
  GtkLabel *opacity_value;
  GtkDropDown *colormap;
  WhyLayerList *layer_list;

  /* Owned */
  WhyDocument *document;

  gboolean colormaps_signed;
  gboolean syncing;
};

G_DEFINE_FINAL_TYPE (WhyLookPanel, why_look_panel, ADW_TYPE_BIN)

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

/* ---- widget ---- */

static void
why_look_panel_dispose (GObject *object)
{
  WhyLookPanel *self = WHY_LOOK_PANEL (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_LOOK_PANEL);
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
  g_type_ensure (WHY_TYPE_LAYER_LIST);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, sentence);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, method_box);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, opacity_adjustment);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, opacity_value);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, colormap);
  gtk_widget_class_bind_template_child (widget_class, WhyLookPanel, layer_list);
}

static void
why_look_panel_init (WhyLookPanel *self)
{
  g_autoptr (GtkListItemFactory) colormaps = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (colormaps, "setup", G_CALLBACK (setup_colormap_cb), self);
  g_signal_connect (colormaps, "bind", G_CALLBACK (bind_colormap_cb), self);
  gtk_drop_down_set_factory (self->colormap, colormaps);
  g_signal_connect_object (self->opacity_adjustment, "value-changed", G_CALLBACK (on_opacity_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->colormap, "notify::selected", G_CALLBACK (on_colormap_cb), self, G_CONNECT_SWAPPED);
}

void
why_look_panel_set_document (WhyLookPanel *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_LOOK_PANEL (self) && self->document == NULL);

  self->document = g_object_ref (document);
  g_signal_connect_object (document, "updated", G_CALLBACK (update_sentence), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::opacity", G_CALLBACK (update_opacity), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::colormap", G_CALLBACK (update_colormap), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::polarity", G_CALLBACK (update_colormap), self, G_CONNECT_SWAPPED);
  why_method_box_set_document (self->method_box, document);
  why_layer_list_set_document (self->layer_list, document);
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
