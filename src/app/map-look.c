#include "config.h"

#include "map-look.h"

#include "colormap-strip.h"
#include "words.h"

#include "service/document-look.h"

#include <glib/gi18n.h>
#include <math.h>

/* Shares of the sum of magnitudes that can be left out; Captum's visualisation takes 2 %. */
static const double clips[] = { 0, 0.005, 0.01, 0.02, 0.05, 0.1 };

struct _WhyMapLook
{
  AdwBin parent_instance;

  /* Template */
  GtkAdjustment *opacity_adjustment;
  GtkAdjustment *threshold_adjustment;
  GtkAdjustment *levels_adjustment;
  GtkLabel *opacity_value;
  GtkDropDown *colormap;
  GtkExpander *more;
  GtkLabel *threshold_value;
  GtkLabel *threshold_sentence;
  GtkEntry *lo;
  GtkEntry *hi;
  GtkWidget *clip_box;
  GtkDropDown *clip;
  GtkDropDown *vision;

  /* Owned */
  WhyDocument *document;

  gboolean colormaps_signed;
  guint scroll_id;
  int scroll_frames;
  gboolean syncing;
};

G_DEFINE_FINAL_TYPE (WhyMapLook, why_map_look, ADW_TYPE_BIN)

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
fill_colormaps (WhyMapLook *self, gboolean is_signed)
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
on_colormap_cb (WhyMapLook *self)
{
  GtkStringObject *item = gtk_drop_down_get_selected_item (self->colormap);

  if (self->syncing || item == NULL)
    return;
  gtk_widget_activate_action (GTK_WIDGET (self), "win.colormap", "s", gtk_string_object_get_string (item));
}

static void
update_colormap (WhyMapLook *self)
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

/* ---- opacity and threshold ---- */

static void
on_opacity_cb (WhyMapLook *self)
{
  if (!self->syncing)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.opacity", "d",
                                gtk_adjustment_get_value (self->opacity_adjustment));
}

static char *
percent_text (double share)
{
  /* Translators: a share in per cent */
  return g_strdup_printf (_("%.0f%%"), share * 100);
}

static void
update_opacity (WhyMapLook *self)
{
  const double opacity = why_document_get_opacity (self->document);
  g_autofree char *text = percent_text (opacity);

  self->syncing = TRUE;
  gtk_adjustment_set_value (self->opacity_adjustment, opacity);
  self->syncing = FALSE;
  gtk_label_set_label (self->opacity_value, text);
}

static void
on_threshold_cb (WhyMapLook *self)
{
  if (!self->syncing)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.threshold", "d",
                                gtk_adjustment_get_value (self->threshold_adjustment));
}

static void
update_threshold (WhyMapLook *self)
{
  const double threshold = why_document_get_threshold (self->document);
  g_autofree char *text = percent_text (threshold);
  g_autofree char *sentence = why_words_share_shown (self->document);

  self->syncing = TRUE;
  gtk_adjustment_set_value (self->threshold_adjustment, threshold);
  self->syncing = FALSE;
  gtk_label_set_label (self->threshold_value, text);
  gtk_label_set_label (self->threshold_sentence, sentence);
}

/* ---- limits ---- */

/* As typed: with the decimal mark of the language, or a point. */
static gboolean
read_number (GtkEntry *entry, double *value)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (entry));
  g_autofree char *plain = why_words_plain_number (text);
  char *end;

  *value = g_ascii_strtod (plain, &end);
  return end != plain && *g_strchug (end) == '\0' && isfinite (*value);
}

static void
update_limits (WhyMapLook *self)
{
  const gboolean locked = g_strcmp0 (why_document_get_limits (self->document), "locked") == 0;
  double lo;
  double hi;
  const gboolean known = why_document_get_limits_range (self->document, &lo, &hi);
  g_autofree char *lo_text = known ? why_words_number (lo) : g_strdup ("");
  g_autofree char *hi_text = known ? why_words_number (hi) : g_strdup ("");
  guint position = 0;

  self->syncing = TRUE;
  /* Not while somebody types. */
  if (!gtk_widget_has_focus (gtk_widget_get_first_child (GTK_WIDGET (self->lo))))
    gtk_editable_set_text (GTK_EDITABLE (self->lo), lo_text);
  if (!gtk_widget_has_focus (gtk_widget_get_first_child (GTK_WIDGET (self->hi))))
    gtk_editable_set_text (GTK_EDITABLE (self->hi), hi_text);
  gtk_widget_set_sensitive (GTK_WIDGET (self->lo), known);
  gtk_widget_set_sensitive (GTK_WIDGET (self->hi), known);
  gtk_widget_remove_css_class (GTK_WIDGET (self->lo), "error");
  gtk_widget_remove_css_class (GTK_WIDGET (self->hi), "error");
  gtk_widget_set_visible (self->clip_box, !locked);
  for (guint k = 0; k < G_N_ELEMENTS (clips); k++)
    {
      if (fabs (clips[k] - why_document_get_clip (self->document)) < fabs (clips[position] - why_document_get_clip (self->document)))
        position = k;
    }
  gtk_drop_down_set_selected (self->clip, position);
  self->syncing = FALSE;
}

static void
on_limit_cb (WhyMapLook *self)
{
  double lo;
  double hi;
  double now_lo;
  double now_hi;

  if (self->syncing || !why_document_get_limits_range (self->document, &now_lo, &now_hi))
    return;
  const gboolean lo_fine = read_number (self->lo, &lo);
  const gboolean hi_fine = read_number (self->hi, &hi);
  if (lo_fine && hi_fine && lo < hi)
    {
      g_autofree char *lo_text = why_words_number (now_lo);
      g_autofree char *hi_text = why_words_number (now_hi);
      /* The text is rounded: what was not touched stays what it is. */
      if (strcmp (lo_text, gtk_editable_get_text (GTK_EDITABLE (self->lo))) == 0)
        lo = now_lo;
      if (strcmp (hi_text, gtk_editable_get_text (GTK_EDITABLE (self->hi))) == 0)
        hi = now_hi;
      if (lo != now_lo || hi != now_hi)
        gtk_widget_activate_action (GTK_WIDGET (self), "win.limits-range", "(dd)", lo, hi);
      update_limits (self);
      return;
    }
  gtk_widget_add_css_class (GTK_WIDGET (lo_fine ? self->hi : self->lo), "error");
}

static void
on_limit_left_cb (WhyMapLook *self)
{
  on_limit_cb (self);
  update_limits (self);
}

static void
on_clip_cb (WhyMapLook *self)
{
  const guint position = gtk_drop_down_get_selected (self->clip);

  if (!self->syncing && position < G_N_ELEMENTS (clips))
    gtk_widget_activate_action (GTK_WIDGET (self), "win.clip", "d", clips[position]);
}

/* ---- lines and eyes ---- */

static void
on_levels_cb (WhyMapLook *self)
{
  if (!self->syncing)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.contour-levels", "i",
                                (int) gtk_adjustment_get_value (self->levels_adjustment));
}

static void
on_vision_cb (WhyMapLook *self)
{
  const guint position = gtk_drop_down_get_selected (self->vision);

  if (!self->syncing && position <= WHY_VISION_ACHROMAT)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.colour-vision", "s", why_vision_id ((WhyVision) position));
}

static void
update_look (WhyMapLook *self)
{
  WhyVision vision = WHY_VISION_NORMAL;

  if (!why_vision_parse (why_document_get_colour_vision (self->document), &vision, NULL))
    g_return_if_reached ();
  self->syncing = TRUE;
  gtk_adjustment_set_value (self->levels_adjustment, why_document_get_contour_levels (self->document));
  gtk_drop_down_set_selected (self->vision, (guint) vision);
  self->syncing = FALSE;
  update_limits (self);
  update_threshold (self);
}

/* ---- what is folded ---- */

static gboolean
scroll_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  WhyMapLook *self = WHY_MAP_LOOK (widget);
  GtkWidget *scroller = gtk_widget_get_ancestor (widget, GTK_TYPE_SCROLLED_WINDOW);
  graphene_rect_t bounds;

  if (self->scroll_frames-- > 0)
    return G_SOURCE_CONTINUE;
  self->scroll_id = 0;
  if (scroller != NULL && gtk_widget_compute_bounds (GTK_WIDGET (self->more), scroller, &bounds))
    {
      GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scroller));
      gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) + (double) bounds.origin.y - 6);
    }
  return G_SOURCE_REMOVE;
}

/* What comes into sight is what was asked for: it moves up once it has its size, two frames from now. */
static void
on_expanded_cb (WhyMapLook *self)
{
  if (!gtk_expander_get_expanded (self->more) || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;
  self->scroll_frames = 2;
  if (self->scroll_id == 0)
    self->scroll_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), scroll_cb, NULL, NULL);
}

/* ---- widget ---- */

static void
why_map_look_dispose (GObject *object)
{
  WhyMapLook *self = WHY_MAP_LOOK (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_MAP_LOOK);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_map_look_parent_class)->dispose (object);
}

static void
why_map_look_class_init (WhyMapLookClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_map_look_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/map-look.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, opacity_adjustment);
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, threshold_adjustment);
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, levels_adjustment);
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, opacity_value);
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, colormap);
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, more);
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, threshold_value);
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, threshold_sentence);
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, lo);
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, hi);
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, clip_box);
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, clip);
  gtk_widget_class_bind_template_child (widget_class, WhyMapLook, vision);
}

static void
watch_limit (WhyMapLook *self, GtkEntry *entry)
{
  GtkEventController *focus = gtk_event_controller_focus_new ();

  g_signal_connect_object (entry, "activate", G_CALLBACK (on_limit_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (focus, "leave", G_CALLBACK (on_limit_left_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (GTK_WIDGET (entry), focus);
}

static void
fill_clips (WhyMapLook *self)
{
  g_autoptr (GtkStringList) texts = gtk_string_list_new (NULL);

  for (gsize k = 0; k < G_N_ELEMENTS (clips); k++)
    {
      /* Translators: a share in per cent */
      g_autofree char *text = clips[k] > 0 ? g_strdup_printf (_("%g%%"), clips[k] * 100) : g_strdup (C_("extremes", "None"));
      gtk_string_list_append (texts, text);
    }
  gtk_drop_down_set_model (self->clip, G_LIST_MODEL (texts));
}

static void
why_map_look_init (WhyMapLook *self)
{
  g_autoptr (GtkListItemFactory) colormaps = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (colormaps, "setup", G_CALLBACK (setup_colormap_cb), self);
  g_signal_connect (colormaps, "bind", G_CALLBACK (bind_colormap_cb), self);
  gtk_drop_down_set_factory (self->colormap, colormaps);
  fill_clips (self);
  watch_limit (self, self->lo);
  watch_limit (self, self->hi);
  g_signal_connect_object (self->opacity_adjustment, "value-changed", G_CALLBACK (on_opacity_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->threshold_adjustment, "value-changed", G_CALLBACK (on_threshold_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->levels_adjustment, "value-changed", G_CALLBACK (on_levels_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->colormap, "notify::selected", G_CALLBACK (on_colormap_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->clip, "notify::selected", G_CALLBACK (on_clip_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->more, "notify::expanded", G_CALLBACK (on_expanded_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->vision, "notify::selected", G_CALLBACK (on_vision_cb), self, G_CONNECT_SWAPPED);
}

void
why_map_look_set_document (WhyMapLook *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_MAP_LOOK (self) && self->document == NULL);

  self->document = g_object_ref (document);
  g_signal_connect_object (document, "notify::opacity", G_CALLBACK (update_opacity), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::colormap", G_CALLBACK (update_colormap), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::polarity", G_CALLBACK (update_colormap), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::threshold", G_CALLBACK (update_threshold), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::look", G_CALLBACK (update_look), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::limits", G_CALLBACK (update_look), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "updated", G_CALLBACK (update_look), self, G_CONNECT_SWAPPED);
  update_opacity (self);
  update_colormap (self);
  update_look (self);
}

GAction *
why_map_look_new_more_action (WhyMapLook *self)
{
  g_return_val_if_fail (WHY_IS_MAP_LOOK (self), NULL);
  return G_ACTION (g_property_action_new ("look-more", self->more, "expanded"));
}

void
why_map_look_edit_limit (WhyMapLook *self, gboolean upper)
{
  g_return_if_fail (WHY_IS_MAP_LOOK (self));
  gtk_expander_set_expanded (self->more, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (upper ? self->hi : self->lo));
}
