#include "config.h"

#include "compare-pane.h"

#include "limits-strip.h"
#include "show-outlines.h"
#include "show-slide.h"
#include "tooltip.h"
#include "words.h"

#include <glib/gi18n.h>

struct _WhyComparePane
{
  GtkWidget parent_instance;

  GtkWidget *header;
  GtkWidget *letter;
  GtkWidget *title;
  GtkWidget *value;
  GtkWidget *overlay;
  GtkWidget *canvas;
  GtkWidget *spinner;
  GtkWidget *reason;
  GtkWidget *limits;

  /* Owned */
  WhyVariant *variant;

  /* Borrowed: outlives its panes */
  WhyDocument *document;

  WhyPaneKind kind;
  gulong notify_id;
};

G_DEFINE_FINAL_TYPE (WhyComparePane, why_compare_pane, GTK_TYPE_WIDGET)

enum
{
  SIGNAL_CHOSEN,
  SIGNAL_LAST_SIGNAL,
};

static guint signals[SIGNAL_LAST_SIGNAL];

/* ---- life ---- */

static void
forget_variant (WhyComparePane *self)
{
  if (self->variant != NULL)
    g_clear_signal_handler (&self->notify_id, self->variant);
  g_clear_object (&self->variant);
}

static void
why_compare_pane_dispose (GObject *object)
{
  WhyComparePane *self = WHY_COMPARE_PANE (object);
  GtkWidget *child;

  forget_variant (self);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (why_compare_pane_parent_class)->dispose (object);
}

static void
why_compare_pane_class_init (WhyComparePaneClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_compare_pane_dispose;
  signals[SIGNAL_CHOSEN] = g_signal_new ("chosen", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 0);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "pane");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
on_clicked_cb (WhyComparePane *self)
{
  g_signal_emit (self, signals[SIGNAL_CHOSEN], 0);
}

static gboolean
on_key_pressed_cb (GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state, WhyComparePane *self)
{
  if (keyval != GDK_KEY_Return && keyval != GDK_KEY_KP_Enter)
    return FALSE;
  g_signal_emit (self, signals[SIGNAL_CHOSEN], 0);
  return TRUE;
}

static void
make_header (WhyComparePane *self)
{
  self->header = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  gtk_widget_add_css_class (self->header, "pane-header");
  self->letter = gtk_label_new ("");
  gtk_widget_add_css_class (self->letter, "pane-letter");
  gtk_box_append (GTK_BOX (self->header), self->letter);
  self->title = gtk_label_new ("");
  gtk_label_set_ellipsize (GTK_LABEL (self->title), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_xalign (GTK_LABEL (self->title), 0);
  gtk_widget_set_hexpand (self->title, TRUE);
  gtk_widget_add_css_class (self->title, "heading");
  gtk_box_append (GTK_BOX (self->header), self->title);
  self->value = gtk_label_new ("");
  gtk_widget_add_css_class (self->value, "numeric");
  gtk_box_append (GTK_BOX (self->header), self->value);
  gtk_widget_set_parent (self->header, GTK_WIDGET (self));
}

static void
make_picture (WhyComparePane *self)
{
  self->overlay = gtk_overlay_new ();
  gtk_widget_add_css_class (self->overlay, "canvas-frame");
  gtk_widget_set_vexpand (self->overlay, TRUE);
  gtk_widget_set_hexpand (self->overlay, TRUE);
  self->canvas = why_canvas_new ();
  why_canvas_set_tool (WHY_CANVAS (self->canvas), WHY_TOOL_PROBE);
  /* Until it is told what it shows: those of the curtain are there before anybody draws one. */
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->canvas), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Picture with map"), -1);
  gtk_overlay_set_child (GTK_OVERLAY (self->overlay), self->canvas);
  self->spinner = gtk_spinner_new ();
  gtk_widget_set_size_request (self->spinner, 24, 24);
  gtk_widget_set_halign (self->spinner, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (self->spinner, GTK_ALIGN_CENTER);
  gtk_widget_set_can_target (self->spinner, FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->spinner), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Computing"), -1);
  gtk_overlay_add_overlay (GTK_OVERLAY (self->overlay), self->spinner);
  self->reason = gtk_label_new ("");
  gtk_label_set_wrap (GTK_LABEL (self->reason), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (self->reason), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_lines (GTK_LABEL (self->reason), 6);
  gtk_label_set_ellipsize (GTK_LABEL (self->reason), PANGO_ELLIPSIZE_END);
  gtk_widget_set_valign (self->reason, GTK_ALIGN_CENTER);
  gtk_widget_set_halign (self->reason, GTK_ALIGN_CENTER);
  gtk_widget_set_can_target (self->reason, FALSE);
  gtk_widget_add_css_class (self->reason, "osd");
  gtk_widget_add_css_class (self->reason, "canvas-hint");
  gtk_overlay_add_overlay (GTK_OVERLAY (self->overlay), self->reason);
  gtk_widget_set_parent (self->overlay, GTK_WIDGET (self));
}

static void
why_compare_pane_init (WhyComparePane *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_orientable_set_orientation (GTK_ORIENTABLE (gtk_widget_get_layout_manager (GTK_WIDGET (self))), GTK_ORIENTATION_VERTICAL);
  make_header (self);
  make_picture (self);
  self->limits = why_limits_strip_new ();
  gtk_widget_set_parent (self->limits, GTK_WIDGET (self));
  g_signal_connect_object (self->canvas, "clicked", G_CALLBACK (on_clicked_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key_pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
}

GtkWidget *
why_compare_pane_new (WhyDocument *document)
{
  WhyComparePane *self = g_object_new (WHY_TYPE_COMPARE_PANE, NULL);

  self->document = document;
  return GTK_WIDGET (self);
}

/* ---- getters ---- */

WhyPaneKind
why_compare_pane_get_kind (WhyComparePane *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_PANE (self), WHY_PANE_MAIN);
  return self->kind;
}

WhyVariant *
why_compare_pane_get_variant (WhyComparePane *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_PANE (self), NULL);
  return self->variant;
}

WhyCanvas *
why_compare_pane_get_canvas (WhyComparePane *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_PANE (self), NULL);
  return WHY_CANVAS (self->canvas);
}

const char *
why_compare_pane_get_title (WhyComparePane *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_PANE (self), "");
  return gtk_label_get_label (GTK_LABEL (self->title));
}

const char *
why_compare_pane_get_letter (WhyComparePane *self)
{
  g_return_val_if_fail (WHY_IS_COMPARE_PANE (self), "");
  return gtk_label_get_label (GTK_LABEL (self->letter));
}

/* ---- what it shows ---- */

static gboolean
find_map (WhyComparePane *self, WhyTensor **values, WhyOverlayMap *map, WhyOverlayStyle *style)
{
  WhyMap *main_map;

  switch (self->kind)
    {
    case WHY_PANE_DIFFERENCE:
      if (!why_document_get_difference_overlay (self->document, map, style))
        return FALSE;
      *values = why_document_get_difference (self->document)->values;
      return TRUE;
    case WHY_PANE_VARIANT:
      if (self->variant == NULL || !why_document_get_pane_overlay (self->document, self->variant, map, style))
        return FALSE;
      *values = why_variant_get_map (self->variant)->values;
      return TRUE;
    case WHY_PANE_MAIN:
    default:
      main_map = why_document_get_map (self->document);
      if (main_map == NULL || !why_document_get_pane_overlay (self->document, NULL, map, style))
        return FALSE;
      *values = main_map->values;
      return TRUE;
    }
}

static void
update_title (WhyComparePane *self)
{
  const char *title = self->kind == WHY_PANE_DIFFERENCE ? _("A − B")
                      : self->variant != NULL           ? why_variant_get_title (self->variant)
                                                        : why_document_get_main_title (self->document);
  const char *letter = gtk_label_get_label (GTK_LABEL (self->letter));
  g_autofree char *spoken = *letter != '\0' ? g_strdup_printf ("%s: %s", letter, title) : g_strdup (title);

  gtk_label_set_label (GTK_LABEL (self->title), title);
  why_tooltip_set (self->header, title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->canvas), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  _("Picture with map. Arrow keys move the cross hair in all maps."), -1);
}

static void
update_state (WhyComparePane *self, gboolean has_map)
{
  const WhyVariantState state = self->variant != NULL ? why_variant_get_state (self->variant) : WHY_VARIANT_DONE;
  const char *reason = self->variant != NULL && state == WHY_VARIANT_FAILED ? why_variant_get_reason (self->variant) : NULL;
  const gboolean working = state == WHY_VARIANT_RUNNING || (state == WHY_VARIANT_WAITING && why_document_get_busy (self->document));

  gtk_label_set_label (GTK_LABEL (self->reason), reason != NULL ? reason : "");
  gtk_widget_set_visible (self->reason, reason != NULL);
  why_tooltip_set (self->overlay, reason);
  gtk_widget_set_visible (self->spinner, working && !has_map);
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), working && !has_map);
  why_canvas_set_outdated (WHY_CANVAS (self->canvas), has_map && working);
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->canvas), GTK_ACCESSIBLE_STATE_BUSY, working, -1);
}

void
why_compare_pane_update (WhyComparePane *self)
{
  WhyOverlayMap map;
  WhyOverlayStyle style;
  WhyTensor *values = NULL;
  WhyCanvas *canvas = WHY_CANVAS (self->canvas);

  g_return_if_fail (WHY_IS_COMPARE_PANE (self));
  memset (&style, 0, sizeof style);
  why_canvas_set_steps_slices (canvas, why_document_has_planes (self->document));
  if (!why_show_slide (canvas, self->document))
    why_canvas_set_picture (canvas, why_document_get_covered_picture (self->document));
  why_canvas_set_turn (canvas, why_document_get_turn (self->document));
  why_show_sides (canvas, self->document);
  why_show_outlines (canvas, self->document);
  const gboolean has_map = find_map (self, &values, &map, &style);
  if (has_map)
    {
      why_canvas_set_style (canvas, &style);
      why_canvas_set_map (canvas, values, &map.to_source);
    }
  else
    why_canvas_set_map (canvas, NULL, NULL);
  why_canvas_set_show_map (canvas, why_document_get_show_map (self->document));
  why_limits_strip_set (WHY_LIMITS_STRIP (self->limits), has_map ? &map : NULL, has_map ? &style : NULL);
  update_title (self);
  update_state (self, has_map);
}

void
why_compare_pane_update_value (WhyComparePane *self)
{
  const WhyProbe *probe = why_canvas_get_probe (WHY_CANVAS (self->canvas));
  g_autofree char *text = probe->valid && probe->has_map ? why_words_number ((double) probe->value) : g_strdup ("");

  gtk_label_set_label (GTK_LABEL (self->value), text);
}

void
why_compare_pane_set_current (WhyComparePane *self, gboolean current)
{
  g_return_if_fail (WHY_IS_COMPARE_PANE (self));
  if (current)
    gtk_widget_add_css_class (GTK_WIDGET (self), "current");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "current");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_SELECTED, current, -1);
}

void
why_compare_pane_set_side (WhyComparePane *self, gboolean right)
{
  g_return_if_fail (WHY_IS_COMPARE_PANE (self));
  gtk_widget_set_size_request (self->limits, 150, -1);
  gtk_widget_set_halign (self->limits, right ? GTK_ALIGN_END : GTK_ALIGN_START);
  if (!right)
    return;
  gtk_label_set_xalign (GTK_LABEL (self->title), 1);
  gtk_box_reorder_child_after (GTK_BOX (self->header), self->value, NULL);
  gtk_box_reorder_child_after (GTK_BOX (self->header), self->letter, self->title);
}

void
why_compare_pane_show (WhyComparePane *self, WhyPaneKind kind, WhyVariant *variant, const char *letter)
{
  g_return_if_fail (WHY_IS_COMPARE_PANE (self));
  self->kind = kind;
  gtk_label_set_label (GTK_LABEL (self->letter), letter != NULL ? letter : "");
  gtk_widget_set_visible (self->letter, letter != NULL);
  if (variant != self->variant)
    {
      forget_variant (self);
      if (variant != NULL)
        {
          self->variant = g_object_ref (variant);
          self->notify_id = g_signal_connect_object (variant, "notify", G_CALLBACK (why_compare_pane_update), self,
                                                     G_CONNECT_SWAPPED);
        }
    }
  why_compare_pane_update (self);
}
