#include "config.h"

#include "cover-box.h"

#include "occlusion-row.h"
#include "share-bar.h"
#include "words.h"

#include <glib/gi18n.h>
#include <math.h>

struct _WhyCoverBox
{
  GtkBox parent_instance;

  /* Template */
  GtkLabel *sentence;
  GtkWidget *brush_row;
  GtkAdjustment *brush_size;
  GtkAdjustment *hottest;
  GtkLabel *hottest_label;
  GtkWidget *live;
  GtkLabel *live_label;
  GtkLabel *live_change;
  WhyShareBar *live_bar;
  GtkWidget *list_frame;
  GtkListBox *list;

  /* Owned */
  WhyDocument *document;

  /* State */
  GActionGroup *actions; /* the window's, while in one; borrowed */
  gboolean syncing;
};

G_DEFINE_FINAL_TYPE (WhyCoverBox, why_cover_box, GTK_TYPE_BOX)

static GtkWidget *
make_row_cb (gpointer item, gpointer data)
{
  return why_occlusion_row_new (item);
}

/* ---- what it does to the class ---- */

static void
update_live (WhyCoverBox *self)
{
  const int target = why_document_get_target_class (self->document);
  WhyClassItem *item =
    why_document_get_class (self->document, target >= 0 ? target : why_document_get_shown_class (self->document));
  const gboolean drawing = why_document_is_previewing (self->document);
  const gboolean covered = g_list_model_get_n_items (why_document_get_occlusions (self->document)) > 0;
  double before = -1;
  double now = -1;

  if (item != NULL)
    why_document_get_preview (self->document, why_class_item_get_index (item), &before, &now);
  const gboolean known = before >= 0 && now >= 0 && (drawing || covered);
  gtk_widget_set_visible (self->live, known);
  if (!known)
    {
      gtk_label_set_label (self->sentence, _("Cover a part of the picture. If the network needed it, its confidence falls."));
      return;
    }
  g_autofree char *change = why_words_before_after (before, now);
  gtk_label_set_label (self->live_label, why_class_item_get_label (item));
  gtk_label_set_label (self->live_change, change);
  why_share_bar_set_shares (self->live_bar, now, before, TRUE);
  gtk_label_set_label (self->sentence, now < before / 2      ? _("It needed what is covered.")
                                       : now < before - 0.05 ? _("What is covered matters, but not alone.")
                                       : now > before + 0.05 ? _("What is covered spoke against it.")
                                                             : _("It can do without what is covered."));
}

/* ---- list ---- */

static void
select_row (WhyCoverBox *self)
{
  const int selected = why_document_get_selected_cover (self->document);
  GtkListBoxRow *row = selected >= 0 ? gtk_list_box_get_row_at_index (self->list, selected) : NULL;

  self->syncing = TRUE;
  if (row != NULL)
    gtk_list_box_select_row (self->list, row);
  else
    gtk_list_box_unselect_all (self->list);
  self->syncing = FALSE;
}

static void
update_list (WhyCoverBox *self)
{
  guint number = 1;

  for (GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (self->list)); row != NULL;
       row = gtk_widget_get_next_sibling (row))
    {
      if (WHY_IS_OCCLUSION_ROW (row))
        why_occlusion_row_set_number (WHY_OCCLUSION_ROW (row), number++);
    }
  gtk_widget_set_visible (self->list_frame, number > 1);
  select_row (self);
  update_live (self);
}

static void
on_row_selected_cb (WhyCoverBox *self, GtkListBoxRow *row, GtkListBox *list)
{
  if (!self->syncing && row != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.select-cover", "i", gtk_list_box_row_get_index (row));
}

/* In the list as on the canvas: Delete removes, Ctrl and the arrow keys move, with Shift they stretch. */
static gboolean
on_key_pressed_cb (GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state, WhyCoverBox *self)
{
  const gboolean stretch = (state & GDK_SHIFT_MASK) != 0;
  const gint64 shorter = MIN (why_document_get_picture_width (self->document), why_document_get_picture_height (self->document));
  const double step = MAX (1.0, round ((double) shorter / 100.0));
  double dx = 0;
  double dy = 0;

  if (keyval == GDK_KEY_Delete || keyval == GDK_KEY_KP_Delete)
    return gtk_widget_activate_action (GTK_WIDGET (self), "win.remove-cover", "i", -1);
  if (!(state & GDK_CONTROL_MASK))
    return FALSE;
  if (keyval == GDK_KEY_Left || keyval == GDK_KEY_Right)
    dx = keyval == GDK_KEY_Left ? -step : step;
  else if (keyval == GDK_KEY_Up || keyval == GDK_KEY_Down)
    dy = keyval == GDK_KEY_Up ? -step : step;
  else
    return FALSE;
  return gtk_widget_activate_action (GTK_WIDGET (self), "win.nudge-cover", "(dddd)", stretch ? 0.0 : dx, stretch ? 0.0 : dy,
                                     stretch ? dx : 0.0, stretch ? dy : 0.0);
}

/* ---- sliders ---- */

static void
on_brush_size_cb (WhyCoverBox *self)
{
  if (!self->syncing)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.brush-size", "d", gtk_adjustment_get_value (self->brush_size));
}

static void
on_hottest_cb (WhyCoverBox *self)
{
  /* Translators: share of the picture */
  g_autofree char *text = g_strdup_printf (_("Hottest %.0f%% of the map"), gtk_adjustment_get_value (self->hottest));

  gtk_label_set_label (self->hottest_label, text);
}

static void
on_cover_hottest_cb (WhyCoverBox *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.cover-hottest", "d", gtk_adjustment_get_value (self->hottest) / 100.0);
}

static void
on_action_state_cb (WhyCoverBox *self, const char *name, GVariant *state, GActionGroup *actions)
{
  if (strcmp (name, "tool") == 0)
    gtk_widget_set_visible (self->brush_row, strcmp (g_variant_get_string (state, NULL), "brush") == 0);
  else if (strcmp (name, "brush-size") == 0)
    {
      const gint64 longer = MAX (why_document_get_picture_width (self->document), why_document_get_picture_height (self->document));

      self->syncing = TRUE;
      gtk_adjustment_set_upper (self->brush_size, MAX (2.0, (double) longer / 2.0));
      gtk_adjustment_set_value (self->brush_size, g_variant_get_double (state));
      self->syncing = FALSE;
    }
}

static void
on_root_cb (WhyCoverBox *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (self->actions != NULL)
    g_signal_handlers_disconnect_by_func (self->actions, on_action_state_cb, self);
  self->actions = root != NULL && G_IS_ACTION_GROUP (root) ? G_ACTION_GROUP (root) : NULL;
  if (self->actions != NULL)
    g_signal_connect_object (self->actions, "action-state-changed", G_CALLBACK (on_action_state_cb), self, G_CONNECT_SWAPPED);
}

/* ---- life ---- */

static void
why_cover_box_dispose (GObject *object)
{
  WhyCoverBox *self = WHY_COVER_BOX (object);

  if (self->list != NULL)
    gtk_list_box_bind_model (self->list, NULL, NULL, NULL, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_COVER_BOX);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (why_cover_box_parent_class)->dispose (object);
}

static void
why_cover_box_class_init (WhyCoverBoxClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_cover_box_dispose;
  g_type_ensure (WHY_TYPE_SHARE_BAR);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/cover-box.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyCoverBox, sentence);
  gtk_widget_class_bind_template_child (widget_class, WhyCoverBox, brush_row);
  gtk_widget_class_bind_template_child (widget_class, WhyCoverBox, brush_size);
  gtk_widget_class_bind_template_child (widget_class, WhyCoverBox, hottest);
  gtk_widget_class_bind_template_child (widget_class, WhyCoverBox, hottest_label);
  gtk_widget_class_bind_template_child (widget_class, WhyCoverBox, live);
  gtk_widget_class_bind_template_child (widget_class, WhyCoverBox, live_label);
  gtk_widget_class_bind_template_child (widget_class, WhyCoverBox, live_change);
  gtk_widget_class_bind_template_child (widget_class, WhyCoverBox, live_bar);
  gtk_widget_class_bind_template_child (widget_class, WhyCoverBox, list_frame);
  gtk_widget_class_bind_template_child (widget_class, WhyCoverBox, list);
  gtk_widget_class_bind_template_callback (widget_class, on_brush_size_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_hottest_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_cover_hottest_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_row_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, on_key_pressed_cb);
}

static void
why_cover_box_init (WhyCoverBox *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  on_hottest_cb (self);
  g_signal_connect (self, "notify::root", G_CALLBACK (on_root_cb), NULL);
}

void
why_cover_box_set_document (WhyCoverBox *self, WhyDocument *document)
{
  g_return_if_fail (WHY_IS_COVER_BOX (self) && self->document == NULL);

  self->document = g_object_ref (document);
  gtk_list_box_bind_model (self->list, why_document_get_occlusions (document), make_row_cb, NULL, NULL);
  /* After the list box's own handler, so that its rows are there. */
  g_signal_connect_object (why_document_get_occlusions (document), "items-changed", G_CALLBACK (update_list), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (document, "updated", G_CALLBACK (update_live), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "previewed", G_CALLBACK (update_live), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::target-class", G_CALLBACK (update_live), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "cover-selected", G_CALLBACK (select_row), self, G_CONNECT_SWAPPED);
  update_list (self);
}
