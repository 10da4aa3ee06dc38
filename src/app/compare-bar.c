#include "config.h"

#include "compare-bar.h"

#include "value-chooser.h"

#include <glib/gi18n.h>

struct _WhyCompareBar
{
  GtkWidget parent_instance;

  GtkWidget *common;
  GtkWidget *others[WHY_MAX_OTHERS];
  GtkWidget *other_labels[WHY_MAX_OTHERS];
  GtkWidget *add;
  GtkWidget *grid;
  GtkWidget *grid_label;
  GtkWidget *bare;

  /* Owned */
  WhyDocument *document;

  int open_place;
  int open_frames;
  guint open_id; /* tick callback; goes with the widget */
};

G_DEFINE_FINAL_TYPE (WhyCompareBar, why_compare_bar, GTK_TYPE_WIDGET)

static void
update (WhyCompareBar *self)
{
  static const char *const letters[WHY_MAX_OTHERS] = { "B", "C", "D" };
  const WhyCompareMode mode = why_document_get_compare_mode (self->document);
  const gboolean grid = mode == WHY_COMPARE_GRID;
  GListModel *variants = why_document_get_variants (self->document);
  const guint n = grid ? 0 : g_list_model_get_n_items (variants);

  gtk_label_set_label (GTK_LABEL (self->common), why_document_get_common_title (self->document));
  for (guint place = 0; place < WHY_MAX_OTHERS; place++)
    {
      gtk_widget_set_visible (self->others[place], place < n);
      if (place >= n)
        continue;
      g_autoptr (WhyVariant) variant = g_list_model_get_item (variants, place);
      g_autofree char *text = g_strdup_printf ("%s: %s", letters[place], why_variant_get_title (variant));
      gtk_label_set_label (GTK_LABEL (self->other_labels[place]), text);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->others[place]), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    }
  gtk_widget_set_visible (self->add, mode == WHY_COMPARE_SIDE && n < WHY_MAX_OTHERS);
  gtk_widget_set_visible (self->grid, grid);
  gtk_widget_set_visible (self->bare, mode == WHY_COMPARE_CURTAIN);
  if (grid)
    {
      const guint n_cells = g_list_model_get_n_items (variants);
      g_autofree char *text = g_strdup_printf (ngettext ("%u map", "%u maps", n_cells), n_cells);
      gtk_label_set_label (GTK_LABEL (self->grid_label), text);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->grid), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    }
}

/* ---- building ---- */

static void
on_popover_cb (GtkPopover *popover, WhyValueChooser *chooser)
{
  why_value_chooser_fill (chooser);
}

static void
add_button (GtkWidget *box, GtkWidget *popover, const char *label, const char *action, int place)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (label);

  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "i", place);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action);
  g_signal_connect_object (button, "clicked", G_CALLBACK (gtk_popover_popdown), popover, G_CONNECT_SWAPPED);
  gtk_box_append (GTK_BOX (box), button);
}

/* Lists take their time to be made: not before they are wanted. */
static void
make_popover_cb (GtkMenuButton *button, gpointer data)
{
  const int place = GPOINTER_TO_INT (data);
  WhyCompareBar *self = WHY_COMPARE_BAR (gtk_widget_get_ancestor (GTK_WIDGET (button), WHY_TYPE_COMPARE_BAR));

  if (gtk_menu_button_get_popover (button) != NULL)
    return;
  GtkWidget *popover = gtk_popover_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *chooser = why_value_chooser_new (self->document, place);
  gtk_box_append (GTK_BOX (box), chooser);
  if (place >= 0)
    {
      GtkWidget *buttons = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
      gtk_box_set_homogeneous (GTK_BOX (buttons), TRUE);
      add_button (buttons, popover, _("S_wap with A"), "win.compare-choose", place);
      add_button (buttons, popover, _("_Remove"), "win.compare-remove", place);
      gtk_box_append (GTK_BOX (box), buttons);
    }
  gtk_popover_set_child (GTK_POPOVER (popover), box);
  gtk_menu_button_set_popover (button, popover);
  g_signal_connect_object (popover, "show", G_CALLBACK (on_popover_cb), chooser, 0);
}

/* @label: (out) */
static GtkWidget *
make_button (WhyCompareBar *self, int place, GtkWidget **label)
{
  GtkWidget *button = gtk_menu_button_new ();
  GtkWidget *content = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  *label = gtk_label_new ("");
  gtk_label_set_ellipsize (GTK_LABEL (*label), PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (GTK_LABEL (*label), 24);
  gtk_label_set_width_chars (GTK_LABEL (*label), 8);
  gtk_box_append (GTK_BOX (content), *label);
  gtk_box_append (GTK_BOX (content), gtk_image_new_from_icon_name ("pan-down-symbolic"));
  gtk_menu_button_set_child (GTK_MENU_BUTTON (button), content);
  gtk_menu_button_set_create_popup_func (GTK_MENU_BUTTON (button), make_popover_cb, GINT_TO_POINTER (place), NULL);
  gtk_widget_set_tooltip_text (button, place >= 0 ? _("Choose What to Compare With") : _("Choose Rows and Columns"));
  gtk_widget_set_parent (button, GTK_WIDGET (self));
  return button;
}

static GtkWidget *
add_icon (WhyCompareBar *self, const char *icon, const char *name, const char *action, GVariant *target)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  if (target != NULL)
    gtk_actionable_set_action_target_value (GTK_ACTIONABLE (button), target);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action);
  gtk_widget_set_parent (button, GTK_WIDGET (self));
  return button;
}

static GtkWidget *
make_bare_button (void)
{
  GtkWidget *button = gtk_menu_button_new ();
  g_autoptr (GMenu) menu = g_menu_new ();

  g_menu_append (menu, _("Two Maps"), "win.compare-bare('none')");
  g_menu_append (menu, _("Picture Only on the Left"), "win.compare-bare('left')");
  g_menu_append (menu, _("Picture Only on the Right"), "win.compare-bare('right')");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button), G_MENU_MODEL (menu));
  gtk_menu_button_set_label (GTK_MENU_BUTTON (button), _("Sides"));
  gtk_widget_set_tooltip_text (button, _("Show the Picture Without a Map on One Side"));
  return button;
}

static void
why_compare_bar_dispose (GObject *object)
{
  WhyCompareBar *self = WHY_COMPARE_BAR (object);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (child);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_compare_bar_parent_class)->dispose (object);
}

static void
why_compare_bar_class_init (WhyCompareBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_compare_bar_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "comparebar");
}

static void
why_compare_bar_init (WhyCompareBar *self)
{
  gtk_box_layout_set_spacing (GTK_BOX_LAYOUT (gtk_widget_get_layout_manager (GTK_WIDGET (self))), 6);
}

GtkWidget *
why_compare_bar_new (WhyDocument *document)
{
  WhyCompareBar *self = g_object_new (WHY_TYPE_COMPARE_BAR, NULL);
  GtkWidget *limits = gtk_toggle_button_new_with_mnemonic (_("Same S_cale"));

  self->document = g_object_ref (document);
  add_icon (self, "window-close-symbolic", _("End the Comparison"), "win.compare", g_variant_new_string ("single"));
  for (int place = 0; place < WHY_MAX_OTHERS; place++)
    self->others[place] = make_button (self, place, &self->other_labels[place]);
  self->add = add_icon (self, "list-add-symbolic", _("Add a Map"), "win.compare-add", NULL);
  self->grid = make_button (self, -1, &self->grid_label);
  self->bare = make_bare_button ();
  gtk_widget_set_parent (self->bare, GTK_WIDGET (self));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (limits), "win.compare-shared-limits");
  gtk_widget_set_tooltip_text (limits, _("Draw All Maps with the Same Limits"));
  gtk_widget_set_parent (limits, GTK_WIDGET (self));
  self->common = gtk_label_new ("");
  gtk_label_set_ellipsize (GTK_LABEL (self->common), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_xalign (GTK_LABEL (self->common), 1);
  gtk_label_set_width_chars (GTK_LABEL (self->common), 12);
  gtk_widget_set_hexpand (self->common, TRUE);
  gtk_widget_add_css_class (self->common, "dim-label");
  gtk_widget_set_parent (self->common, GTK_WIDGET (self));
  add_icon (self, "zoom-out-symbolic", _("Zoom Out"), "win.zoom-out", NULL);
  add_icon (self, "zoom-fit-best-symbolic", _("Fit the Picture into the Window"), "win.zoom-fit", NULL);
  add_icon (self, "zoom-in-symbolic", _("Zoom In"), "win.zoom-in", NULL);
  g_signal_connect_object (document, "compare-changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "redraw", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  return GTK_WIDGET (self);
}

/* Once the bar, which may have been made just now, has its place. */
static gboolean
open_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  WhyCompareBar *self = WHY_COMPARE_BAR (widget);
  const int place = self->open_place;

  if (self->open_frames-- > 0)
    return G_SOURCE_CONTINUE;
  self->open_id = 0;
  GtkWidget *button = place >= 0 && place < WHY_MAX_OTHERS ? self->others[place] : self->grid;
  if (gtk_widget_get_mapped (button))
    gtk_menu_button_popup (GTK_MENU_BUTTON (button));
  return G_SOURCE_REMOVE;
}

void
why_compare_bar_open (WhyCompareBar *self, int place)
{
  g_return_if_fail (WHY_IS_COMPARE_BAR (self));
  self->open_place = place;
  self->open_frames = 2;
  if (self->open_id == 0)
    self->open_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), open_cb, NULL, NULL);
}
