#include "config.h"

#include "compare-bar.h"

#include "tooltip.h"
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
  GtkWidget *limits;
  GtkWidget *zooms[3]; /* out, fit, in */

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
  why_tooltip_set (self->common, why_document_get_common_title (self->document));
  for (guint place = 0; place < WHY_MAX_OTHERS; place++)
    {
      gtk_widget_set_visible (self->others[place], place < n);
      if (place >= n)
        continue;
      g_autoptr (WhyVariant) variant = g_list_model_get_item (variants, place);
      g_autofree char *text = g_strdup_printf ("%s: %s", letters[place], why_variant_get_title (variant));
      gtk_label_set_label (GTK_LABEL (self->other_labels[place]), text);
      why_tooltip_set (self->others[place], text);
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

/* ---- lay-out ---- */

#define SPACING 6

/* More than there are. */
#define MAX_CHILDREN 16

/* What the bar can do without where it is narrow, first to go first: the title is what all maps have in common, zooming has
 * keys and the wheel, and the scale is in the menu of the button that compares. */
static int
list_spare (WhyCompareBar *self, GtkWidget *spare[5])
{
  int n = 0;

  spare[n++] = self->common;
  spare[n++] = self->zooms[0];
  spare[n++] = self->zooms[2];
  spare[n++] = self->zooms[1];
  spare[n++] = self->limits;
  return n;
}

static gboolean
is_spare (WhyCompareBar *self, GtkWidget *child)
{
  GtkWidget *spare[5];
  const int n = list_spare (self, spare);

  for (int place = 0; place < n; place++)
    {
      if (spare[place] == child)
        return TRUE;
    }
  return FALSE;
}

static void
why_compare_bar_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                         int *minimum_baseline, int *natural_baseline)
{
  WhyCompareBar *self = WHY_COMPARE_BAR (widget);
  int n = 0;

  *minimum = 0;
  *natural = 0;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      int child_minimum;
      int child_natural;

      /* What had no room at the last width is measured too: it may have now. */
      if (!gtk_widget_get_visible (child))
        continue;
      gtk_widget_measure (child, orientation, -1, &child_minimum, &child_natural, NULL, NULL);
      if (orientation == GTK_ORIENTATION_VERTICAL)
        {
          *minimum = MAX (*minimum, child_minimum);
          *natural = MAX (*natural, child_natural);
          continue;
        }
      *natural += child_natural + (n++ > 0 ? SPACING : 0);
      if (!is_spare (self, child))
        *minimum += child_minimum + (*minimum > 0 ? SPACING : 0);
    }
}

static void
why_compare_bar_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  WhyCompareBar *self = WHY_COMPARE_BAR (widget);
  const gboolean mirrored = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  GtkWidget *spare[5];
  const int n_spare = list_spare (self, spare);
  GtkRequestedSize sizes[MAX_CHILDREN];
  int wanted = -SPACING;
  guint n = 0;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      int least;

      if (!gtk_widget_get_visible (child))
        continue;
      gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &least, NULL, NULL, NULL);
      wanted += least + SPACING;
    }
  for (int place = 0; place < n_spare; place++)
    {
      int least;

      gtk_widget_set_child_visible (spare[place], wanted <= width);
      if (wanted <= width)
        continue;
      gtk_widget_measure (spare[place], GTK_ORIENTATION_HORIZONTAL, -1, &least, NULL, NULL, NULL);
      wanted -= least + SPACING;
    }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      if (!gtk_widget_should_layout (child) || !gtk_widget_get_child_visible (child) || n == MAX_CHILDREN)
        continue;
      sizes[n].data = child;
      gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &sizes[n].minimum_size, &sizes[n].natural_size, NULL, NULL);
      n++;
    }
  const int rest = gtk_distribute_natural_allocation (MAX (width - wanted, 0), n, sizes);
  int x = 0;
  for (guint place = 0; place < n; place++)
    {
      GtkWidget *child = sizes[place].data;
      int child_width = sizes[place].minimum_size;

      /* What is over lies before the buttons at the end. */
      if (child == self->common)
        child_width += rest;
      else if (child == self->zooms[1] && !gtk_widget_get_child_visible (self->common) &&
               !gtk_widget_get_child_visible (self->zooms[0]))
        x += rest;
      else if (child == self->zooms[0] && !gtk_widget_get_child_visible (self->common))
        x += rest;
      gtk_widget_size_allocate (child, &(GtkAllocation) { mirrored ? width - x - child_width : x, 0, child_width, height }, baseline);
      x += child_width + SPACING;
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
  gtk_label_set_ellipsize (GTK_LABEL (*label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (*label), 24);
  gtk_label_set_width_chars (GTK_LABEL (*label), 3);
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
  widget_class->measure = why_compare_bar_measure;
  widget_class->size_allocate = why_compare_bar_size_allocate;
  gtk_widget_class_set_css_name (widget_class, "comparebar");
}

static void
why_compare_bar_init (WhyCompareBar *self)
{
}

GtkWidget *
why_compare_bar_new (WhyDocument *document)
{
  WhyCompareBar *self = g_object_new (WHY_TYPE_COMPARE_BAR, NULL);

  self->limits = gtk_toggle_button_new_with_mnemonic (_("Same S_cale"));
  self->document = g_object_ref (document);
  add_icon (self, "window-close-symbolic", _("End the Comparison"), "win.compare", g_variant_new_string ("single"));
  for (int place = 0; place < WHY_MAX_OTHERS; place++)
    self->others[place] = make_button (self, place, &self->other_labels[place]);
  self->add = add_icon (self, "list-add-symbolic", _("Add a Map"), "win.compare-add", NULL);
  self->grid = make_button (self, -1, &self->grid_label);
  self->bare = make_bare_button ();
  gtk_widget_set_parent (self->bare, GTK_WIDGET (self));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->limits), "win.compare-shared-limits");
  gtk_widget_set_tooltip_text (self->limits, _("Draw All Maps with the Same Limits"));
  gtk_widget_set_parent (self->limits, GTK_WIDGET (self));
  self->common = gtk_label_new ("");
  gtk_label_set_ellipsize (GTK_LABEL (self->common), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_xalign (GTK_LABEL (self->common), 1);
  gtk_label_set_width_chars (GTK_LABEL (self->common), 16);
  gtk_widget_add_css_class (self->common, "dim-label");
  gtk_widget_set_parent (self->common, GTK_WIDGET (self));
  self->zooms[0] = add_icon (self, "zoom-out-symbolic", _("Zoom Out"), "win.zoom-out", NULL);
  self->zooms[1] = add_icon (self, "zoom-fit-best-symbolic", _("Fit the Picture into the Window"), "win.zoom-fit", NULL);
  self->zooms[2] = add_icon (self, "zoom-in-symbolic", _("Zoom In"), "win.zoom-in", NULL);
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
