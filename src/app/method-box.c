#include "config.h"

#include "method-box.h"

#include "tooltip.h"

#include <glib/gi18n.h>
#include <string.h>

/* Until a page has its place, and until scrolling has come to its end. */
#define LEAST_FRAMES 3
#define MOST_FRAMES 40

struct _WhyMethodBox
{
  AdwBin parent_instance;

  /* Template */
  GtkMenuButton *method_button;
  GtkLabel *method_label;
  GtkPopover *method_popover;
  GtkListBox *methods;
  GtkMenuButton *options_button;
  GtkLabel *about;
  GtkDropDown *profile;
  GtkGrid *options;

  /* Owned */
  WhyDocument *document;
  GPtrArray *option_list; /* of WhyOptionClass, as shown in the grid */
  GPtrArray *controls;    /* borrowed widgets, one for each */

  gboolean syncing;
  gboolean opens_options;
  int open_frames;
  guint open_id; /* tick callback; goes with the widget */
};

G_DEFINE_FINAL_TYPE (WhyMethodBox, why_method_box, ADW_TYPE_BIN)

static const WhyExplainerClass *
current_method (WhyMethodBox *self)
{
  return why_explainer_lookup (why_document_get_method (self->document), NULL);
}

/* ---- methods ---- */

static const char *
group_of (const WhyExplainerClass *method)
{
  if ((method->needs & WHY_IS_CONTROL) != 0)
    return _("Controls");
  return (method->needs & WHY_NEEDS_LAYER) != 0 ? _("At a layer") : _("On the picture");
}

static const WhyExplainerClass *
row_method (GtkListBoxRow *row)
{
  return g_object_get_data (G_OBJECT (row), "method");
}

static void
header_cb (GtkListBoxRow *row, GtkListBoxRow *before, gpointer data)
{
  const char *group = group_of (row_method (row));

  if (before != NULL && strcmp (group_of (row_method (before)), group) == 0)
    {
      gtk_list_box_row_set_header (row, NULL);
      return;
    }
  GtkWidget *label = gtk_label_new (group);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "heading");
  gtk_widget_set_margin_start (label, 12);
  gtk_widget_set_margin_top (label, before != NULL ? 12 : 3);
  gtk_widget_set_margin_bottom (label, 3);
  gtk_list_box_row_set_header (row, label);
}

static GtkWidget *
new_label (const char *text, gboolean small)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 44);
  if (small)
    {
      gtk_widget_add_css_class (label, "caption");
    }
  return label;
}

static GtkWidget *
new_method_row (const WhyExplainerClass *method, const char *limitation)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  /* Translators: method, where it was published */
  g_autofree char *title = g_strdup_printf (_("%1$s (%2$s)"), _(method->title), method->paper);

  gtk_box_append (GTK_BOX (box), new_label (_(method->title), FALSE));
  GtkWidget *words = new_label (limitation != NULL ? limitation : _(method->about), TRUE);
  /* A row that cannot be chosen is dimmed as a whole. */
  if (limitation == NULL)
    gtk_widget_add_css_class (words, "dim-label");
  gtk_box_append (GTK_BOX (box), words);
  gtk_widget_set_margin_top (box, 3);
  gtk_widget_set_margin_bottom (box, 3);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_widget_set_tooltip_text (row, title);
  gtk_widget_set_sensitive (row, limitation == NULL);
  g_object_set_data (G_OBJECT (row), "method", (gpointer) method);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, _(method->title),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  limitation != NULL ? limitation : _(method->about), -1);
  return row;
}

/* In the order of the groups: the list's own is by kinship. */
static void
fill_methods (WhyMethodBox *self)
{
  WhyModel *model = why_document_get_model (self->document);
  gsize n;
  const WhyExplainerClass *const *methods = why_explainer_list (&n);
  GtkListBoxRow *row;

  while ((row = gtk_list_box_get_row_at_index (self->methods, 0)) != NULL)
    gtk_list_box_remove (self->methods, GTK_WIDGET (row));
  for (int group = 0; group < 3; group++)
    for (gsize k = 0; k < n; k++)
      {
        const gboolean control = (methods[k]->needs & WHY_IS_CONTROL) != 0;
        const gboolean layer = (methods[k]->needs & WHY_NEEDS_LAYER) != 0;
        if ((control ? 2 : layer ? 0 : 1) != group)
          continue;
        gtk_list_box_append (self->methods,
                             new_method_row (methods[k], model != NULL ? why_model_get_method_limitation (model, methods[k]->id)
                                                                       : NULL));
      }
}

static void
select_method (WhyMethodBox *self)
{
  const WhyExplainerClass *method = current_method (self);
  GtkListBoxRow *row;

  for (int k = 0; (row = gtk_list_box_get_row_at_index (self->methods, k)) != NULL; k++)
    {
      if (row_method (row) == method)
        gtk_list_box_select_row (self->methods, row);
    }
}

static void
on_row_cb (WhyMethodBox *self, GtkListBoxRow *row)
{
  gtk_popover_popdown (self->method_popover);
  gtk_widget_activate_action (GTK_WIDGET (self), "win.method", "s", row_method (row)->id);
}

/* ---- profile ---- */

static void
fill_profiles (WhyMethodBox *self)
{
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);
  const WhyExplainerClass *method = current_method (self);
  const char *wanted = why_document_get_profile (self->document);
  gsize n;
  const WhyProfile *profiles = why_profile_list (&n);
  guint position = 0;

  for (gsize k = 0; k < n; k++)
    {
      if (!why_profile_fits (&profiles[k], method))
        continue;
      if (strcmp (profiles[k].id, wanted) == 0)
        position = g_list_model_get_n_items (G_LIST_MODEL (titles));
      g_autofree char *title = g_strdup_printf ("%s %s", _(profiles[k].title), profiles[k].version);
      gtk_string_list_append (titles, g_strchomp (title));
    }
  gtk_drop_down_set_model (self->profile, G_LIST_MODEL (titles));
  gtk_drop_down_set_selected (self->profile, position);
}

static void
on_profile_cb (WhyMethodBox *self)
{
  const WhyExplainerClass *method = current_method (self);
  guint place = gtk_drop_down_get_selected (self->profile);
  gsize n;
  const WhyProfile *profiles = why_profile_list (&n);

  if (self->syncing || place == GTK_INVALID_LIST_POSITION)
    return;
  for (gsize k = 0; k < n; k++)
    {
      if (why_profile_fits (&profiles[k], method) && place-- == 0)
        {
          gtk_widget_activate_action (GTK_WIDGET (self), "win.profile", "s", profiles[k].id);
          return;
        }
    }
}

/* ---- options ---- */

static double
control_value (const WhyOptionClass *option, GtkWidget *control)
{
  switch (option->kind)
    {
    case WHY_OPTION_BOOLEAN:
      return gtk_switch_get_active (GTK_SWITCH (control));
    case WHY_OPTION_CHOICE:
      return gtk_drop_down_get_selected (GTK_DROP_DOWN (control));
    case WHY_OPTION_INTEGER:
    case WHY_OPTION_REAL:
      break;
    }
  return gtk_spin_button_get_value (GTK_SPIN_BUTTON (control));
}

static void
set_control (const WhyOptionClass *option, GtkWidget *control, double value)
{
  if (option->kind == WHY_OPTION_BOOLEAN)
    gtk_switch_set_active (GTK_SWITCH (control), value != 0);
  else if (option->kind == WHY_OPTION_CHOICE)
    gtk_drop_down_set_selected (GTK_DROP_DOWN (control), (guint) value);
  else
    gtk_spin_button_set_value (GTK_SPIN_BUTTON (control), value);
}

static char *
value_text (const WhyOptionClass *option, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (option->kind == WHY_OPTION_BOOLEAN)
    return g_strdup (value != 0 ? "yes" : "no");
  if (option->kind == WHY_OPTION_CHOICE)
    return g_strdup (option->choices[(gsize) value]);
  return g_strdup (g_ascii_formatd (buffer, sizeof buffer, option->kind == WHY_OPTION_INTEGER ? "%.0f" : "%.6g", value));
}

static WhyProfileKind
current_profile (WhyMethodBox *self)
{
  return why_profile_lookup (why_document_get_profile (self->document), NULL)->kind;
}

static void
on_control_cb (WhyMethodBox *self)
{
  g_autofree char *text = NULL;

  if (self->syncing)
    return;
  for (guint k = 0; k < self->option_list->len; k++)
    {
      const WhyOptionClass *option = g_ptr_array_index (self->option_list, k);
      const double value = control_value (option, g_ptr_array_index (self->controls, k));
      g_autofree char *value_as_text = value_text (option, value);
      /* What is as preset is left to the preset, which another profile may change. */
      char *next = why_options_replace (text, option->id,
                                        value == why_option_preset (option, current_profile (self)) ? NULL : value_as_text);
      g_free (text);
      text = next;
    }
  gtk_widget_activate_action (GTK_WIDGET (self), "win.method-options", "s", text != NULL ? text : "");
}

static GtkWidget *
new_number (const WhyOptionClass *option)
{
  const gboolean whole = option->kind == WHY_OPTION_INTEGER;
  const double step = whole ? 1 : option->maximum > 1 ? 0.1 : 0.01;
  GtkWidget *spin = gtk_spin_button_new_with_range (option->minimum, option->maximum, step);

  gtk_spin_button_set_digits (GTK_SPIN_BUTTON (spin), whole ? 0 : 3);
  gtk_editable_set_width_chars (GTK_EDITABLE (spin), 7);
  gtk_editable_set_max_width_chars (GTK_EDITABLE (spin), 9);
  return spin;
}

static GtkWidget *
new_control (WhyMethodBox *self, const WhyOptionClass *option)
{
  GtkWidget *control = NULL;
  const char *signal = "value-changed";

  switch (option->kind)
    {
    case WHY_OPTION_BOOLEAN:
      control = gtk_switch_new ();
      signal = "notify::active";
      break;
    case WHY_OPTION_CHOICE:
      control = gtk_drop_down_new_from_strings (option->choices);
      signal = "notify::selected";
      break;
    case WHY_OPTION_INTEGER:
    case WHY_OPTION_REAL:
      control = new_number (option);
      break;
    }
  gtk_widget_set_valign (control, GTK_ALIGN_CENTER);
  gtk_widget_set_halign (control, GTK_ALIGN_END);
  g_signal_connect_object (control, signal, G_CALLBACK (on_control_cb), self, G_CONNECT_SWAPPED);
  return control;
}

static void
update_values (WhyMethodBox *self)
{
  self->syncing = TRUE;
  for (guint k = 0; k < self->option_list->len; k++)
    {
      const WhyOptionClass *option = g_ptr_array_index (self->option_list, k);
      set_control (option, g_ptr_array_index (self->controls, k),
                   why_options_get (current_method (self), current_profile (self),
                                    why_document_get_method_options (self->document), option->id));
    }
  self->syncing = FALSE;
}

static void
fill_options (WhyMethodBox *self)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->options))) != NULL)
    gtk_grid_remove (self->options, child);
  g_clear_pointer (&self->option_list, g_ptr_array_unref);
  g_ptr_array_set_size (self->controls, 0);
  self->option_list = why_options_list (current_method (self));
  /* Here one layer is looked at. */
  for (guint k = self->option_list->len; k-- > 0;)
    {
      if (((const WhyOptionClass *) g_ptr_array_index (self->option_list, k))->several_layers)
        g_ptr_array_remove_index (self->option_list, k);
    }
  for (guint k = 0; k < self->option_list->len; k++)
    {
      const WhyOptionClass *option = g_ptr_array_index (self->option_list, k);
      GtkWidget *label = new_label (_(option->title), FALSE);
      GtkWidget *control = new_control (self, option);
      gtk_label_set_max_width_chars (GTK_LABEL (label), 26);
      gtk_widget_set_hexpand (label, TRUE);
      gtk_grid_attach (self->options, label, 0, (int) k, 1, 1);
      gtk_grid_attach (self->options, control, 1, (int) k, 1, 1);
      gtk_accessible_update_relation (GTK_ACCESSIBLE (control), GTK_ACCESSIBLE_RELATION_LABELLED_BY, label, NULL, -1);
      g_ptr_array_add (self->controls, control);
    }
  update_values (self);
}

static void
update_method (WhyMethodBox *self)
{
  const WhyExplainerClass *method = current_method (self);
  g_autofree char *about = g_strdup_printf ("%s\n%s", _(method->about), method->paper);

  gtk_label_set_label (self->method_label, _(method->title));
  why_tooltip_set (GTK_WIDGET (self->method_button), about);
  gtk_label_set_label (self->about, about);
  self->syncing = TRUE;
  fill_profiles (self);
  self->syncing = FALSE;
  fill_options (self);
  select_method (self);
}

static void
on_model_cb (WhyMethodBox *self)
{
  fill_methods (self);
  select_method (self);
}

/* ---- widget ---- */

static void
why_method_box_dispose (GObject *object)
{
  WhyMethodBox *self = WHY_METHOD_BOX (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_METHOD_BOX);
  g_clear_pointer (&self->option_list, g_ptr_array_unref);
  g_clear_pointer (&self->controls, g_ptr_array_unref);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_method_box_parent_class)->dispose (object);
}

static void
why_method_box_class_init (WhyMethodBoxClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_method_box_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/method-box.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyMethodBox, method_button);
  gtk_widget_class_bind_template_child (widget_class, WhyMethodBox, method_label);
  gtk_widget_class_bind_template_child (widget_class, WhyMethodBox, method_popover);
  gtk_widget_class_bind_template_child (widget_class, WhyMethodBox, methods);
  gtk_widget_class_bind_template_child (widget_class, WhyMethodBox, options_button);
  gtk_widget_class_bind_template_child (widget_class, WhyMethodBox, about);
  gtk_widget_class_bind_template_child (widget_class, WhyMethodBox, profile);
  gtk_widget_class_bind_template_child (widget_class, WhyMethodBox, options);
}

static void
why_method_box_init (WhyMethodBox *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->option_list = g_ptr_array_new ();
  self->controls = g_ptr_array_new ();
  gtk_list_box_set_header_func (self->methods, header_cb, NULL, NULL);
  g_signal_connect_object (self->methods, "row-activated", G_CALLBACK (on_row_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->profile, "notify::selected", G_CALLBACK (on_profile_cb), self, G_CONNECT_SWAPPED);
}

void
why_method_box_set_document (WhyMethodBox *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_METHOD_BOX (self) && self->document == NULL);

  self->document = g_object_ref (document);
  g_signal_connect_object (document, "notify::model", G_CALLBACK (on_model_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::method", G_CALLBACK (update_method), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::profile", G_CALLBACK (update_method), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::method-options", G_CALLBACK (update_values), self, G_CONNECT_SWAPPED);
  on_model_cb (self);
  update_method (self);
}

/* Whether it lies in the window, not in what is scrolled away. */
static gboolean
is_seen (GtkWidget *widget)
{
  GtkWidget *window = GTK_WIDGET (gtk_widget_get_root (widget));
  graphene_point_t middle;

  return gtk_widget_get_mapped (widget) && window != NULL &&
         gtk_widget_compute_point (widget, window,
                                   &GRAPHENE_POINT_INIT ((float) gtk_widget_get_width (widget) / 2,
                                                         (float) gtk_widget_get_height (widget) / 2), &middle) &&
         middle.x >= 0 && middle.y >= 0 && middle.x <= (float) gtk_widget_get_width (window) &&
         middle.y <= (float) gtk_widget_get_height (window);
}

static gboolean
open_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  WhyMethodBox *self = WHY_METHOD_BOX (widget);
  GtkMenuButton *button = self->opens_options ? self->options_button : self->method_button;

  self->open_frames++;
  if (self->open_frames < LEAST_FRAMES || (self->open_frames < MOST_FRAMES && !is_seen (GTK_WIDGET (button))))
    return G_SOURCE_CONTINUE;
  self->open_id = 0;
  if (is_seen (GTK_WIDGET (button)))
    gtk_menu_button_popup (button);
  return G_SOURCE_REMOVE;
}

/* A page that is shown just now has no place yet, and the button may be scrolled away: GTK would look in vain for the screen
 * that it is on. The focus brings it back. */
void
why_method_box_show (WhyMethodBox *self, gboolean options)
{
  g_return_if_fail (WHY_IS_METHOD_BOX (self));

  /* In a talk, say, there is no page. */
  if (!gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;
  self->opens_options = options;
  self->open_frames = 0;
  gtk_widget_grab_focus (GTK_WIDGET (options ? self->options_button : self->method_button));
  if (self->open_id == 0)
    self->open_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), open_cb, NULL, NULL);
}
