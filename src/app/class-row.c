#include "config.h"

#include "class-row.h"

#include "share-bar.h"
#include "tooltip.h"
#include "words.h"

#include "service/percent.h"

#include <glib/gi18n.h>

struct _Mark;

struct _WhyClassRow
{
  AdwBin parent_instance;

  /* Template */
  GtkLabel *label;
  GtkImage *mark;
  GtkLabel *tag;
  GtkLabel *percent;
  GtkWidget *versus;
  WhyShareBar *bar;

  WhyClassItem *item;
  const struct _Mark *shown_mark;
};

G_DEFINE_FINAL_TYPE (WhyClassRow, why_class_row, ADW_TYPE_BIN)

/* What a class is in the question: never by colour alone. */
typedef struct _Mark
{
  const char *icon;
  const char *text;
} Mark;

static const Mark *
mark_of (WhyClassItem *item)
{
  static const Mark marks[] = {
    { NULL, NULL },
    { "whylight-target-symbolic", NC_("class", "explained") },
    { "whylight-versus-symbolic", NC_("class", "compared with") },
    { "whylight-also-symbolic", NC_("class", "added") },
  };

  if (why_class_item_get_is_target (item))
    return &marks[1];
  if (why_class_item_get_role (item) == WHY_CLASS_ROLE_CONTRAST)
    return &marks[2];
  return &marks[why_class_item_get_role (item) == WHY_CLASS_ROLE_ALSO ? 3 : 0];
}

static void
set_class (WhyClassRow *self, const char *name, gboolean on)
{
  if (on)
    gtk_widget_add_css_class (GTK_WIDGET (self), name);
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), name);
}

static void
show_mark (WhyClassRow *self, const Mark *mark)
{
  const gboolean compared = why_class_item_get_role (self->item) == WHY_CLASS_ROLE_CONTRAST;

  self->shown_mark = mark;
  gtk_image_set_from_icon_name (self->mark, mark->icon);
  gtk_widget_set_visible (GTK_WIDGET (self->mark), mark->icon != NULL);
  gtk_label_set_label (self->tag, mark->text != NULL ? g_dpgettext2 (NULL, "class", mark->text) : "");
  gtk_widget_set_visible (GTK_WIDGET (self->tag), mark->text != NULL);
  set_class (self, "marked", mark->text != NULL);
  gtk_widget_set_visible (self->versus, !why_class_item_get_is_target (self->item));
  gtk_button_set_icon_name (GTK_BUTTON (self->versus), compared ? "window-close-symbolic" : "whylight-versus-symbolic");
  why_tooltip_set (self->versus, compared ? _("Compare with no class") : _("Why not this one? Compare with it (Ctrl+click)"));
}

static void
on_versus_cb (WhyClassRow *self)
{
  if (self->item != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.toggle-contrast", "i", why_class_item_get_index (self->item));
}

/* Before the list takes the click as a choice. */
static void
on_pressed_cb (GtkGestureClick *gesture, int n_press, double x, double y, gpointer data)
{
  WhyClassRow *self = data;
  const GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));

  if (self->item == NULL || !(state & (GDK_CONTROL_MASK | GDK_SHIFT_MASK)))
    return;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  gtk_widget_activate_action (GTK_WIDGET (self), state & GDK_CONTROL_MASK ? "win.toggle-contrast" : "win.also-class", "i",
                              why_class_item_get_index (self->item));
}

static void
update (WhyClassRow *self)
{
  if (self->item == NULL)
    return;
  const char *label = why_class_item_get_label (self->item);
  const double share = why_class_item_get_probability (self->item);
  const double before = why_class_item_get_probability_before (self->item);
  const gboolean is_target = why_class_item_get_is_target (self->item);
  const gboolean changed = before >= 0 && (share > before + 0.0005 || share < before - 0.0005);
  g_autofree char *percent = changed ? why_words_before_after (before, share) : why_percent_text (share);
  const Mark *mark = mark_of (self->item);
  g_autofree char *spoken = g_strjoin (", ", label, percent, mark->text != NULL ? g_dpgettext2 (NULL, "class", mark->text) : NULL, NULL);

  gtk_label_set_label (self->label, label);
  gtk_label_set_label (self->percent, share >= 0 ? percent : "");
  why_share_bar_set_shares (self->bar, share, before, is_target);
  if (mark != self->shown_mark)
    show_mark (self, mark);
  set_class (self, "target", is_target);
  why_tooltip_set (GTK_WIDGET (self->label), label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}

static void
why_class_row_dispose (GObject *object)
{
  why_class_row_set_item (WHY_CLASS_ROW (object), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (object), WHY_TYPE_CLASS_ROW);
  G_OBJECT_CLASS (why_class_row_parent_class)->dispose (object);
}

static void
why_class_row_class_init (WhyClassRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_class_row_dispose;
  g_type_ensure (WHY_TYPE_SHARE_BAR);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/class-row.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyClassRow, label);
  gtk_widget_class_bind_template_child (widget_class, WhyClassRow, percent);
  gtk_widget_class_bind_template_child (widget_class, WhyClassRow, bar);
  gtk_widget_class_bind_template_child (widget_class, WhyClassRow, mark);
  gtk_widget_class_bind_template_child (widget_class, WhyClassRow, tag);
  gtk_widget_class_bind_template_child (widget_class, WhyClassRow, versus);
  gtk_widget_class_set_css_name (widget_class, "classrow");
}

static void
why_class_row_init (WhyClassRow *self)
{
  GtkGesture *click = gtk_gesture_click_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (click), GTK_PHASE_CAPTURE);
  g_signal_connect_object (click, "pressed", G_CALLBACK (on_pressed_cb), self, 0);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  g_signal_connect_object (self->versus, "clicked", G_CALLBACK (on_versus_cb), self, G_CONNECT_SWAPPED);
}

WhyClassItem *
why_class_row_get_item (WhyClassRow *self)
{
  g_return_val_if_fail (WHY_IS_CLASS_ROW (self), NULL);
  return self->item;
}

GtkWidget *
why_class_row_new (void)
{
  return g_object_new (WHY_TYPE_CLASS_ROW, NULL);
}

void
why_class_row_set_item (WhyClassRow *self, WhyClassItem *item)
{
  g_return_if_fail (WHY_IS_CLASS_ROW (self));

  if (item == self->item)
    return;
  if (self->item != NULL)
    g_signal_handlers_disconnect_by_func (self->item, update, self);
  g_set_object (&self->item, item);
  if (item != NULL)
    {
      g_signal_connect_swapped (item, "notify", G_CALLBACK (update), self);
      show_mark (self, mark_of (item));
    }
  update (self);
}
