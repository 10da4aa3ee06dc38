#include "config.h"

#include "window-private.h"

#include "answer-panel.h"
#include "cases-panel.h"
#include "look-panel.h"
#include "slice-bar.h"
#include "slim-bin.h"
#include "start-page.h"
#include "take-panel.h"
#include "test-panel.h"

#include "service/state-json.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>

/* Where the buttons of the region lie, in a narrow window: below the tools. */
#define BAR_HEIGHT 46
/* Below this width the inspector lies under the canvas. */
#define NARROW_WIDTH 680

/* What all the tools over the canvas take. */
#define MANY_TOOLS_WIDTH 380

G_DEFINE_FINAL_TYPE (WhyWindow, why_window, ADW_TYPE_APPLICATION_WINDOW)

/* ---- lay-out ---- */

static void
place_divider (WhyWindow *self)
{
  if (self->narrow)
    gtk_paned_set_position (self->paned, gtk_widget_get_height (GTK_WIDGET (self->paned)) * 9 / 20);
  else
    gtk_paned_set_position (self->paned, MAX (120, gtk_widget_get_width (GTK_WIDGET (self)) -
                                                       g_settings_get_int (self->settings, "inspector-width")));
}

/* Once the new lay-out has its size. */
static gboolean
place_divider_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  WhyWindow *self = WHY_WINDOW (widget);

  if (self->divider_frames-- > 0)
    return G_SOURCE_CONTINUE;
  self->divider_id = 0;
  place_divider (self);
  return G_SOURCE_REMOVE;
}

/* What lies in the upper left corner of the canvas lies one below the other. */
void
why_window_place_corner (WhyWindow *self)
{
  /* There is no room for the tools and the region's buttons in one line. */
  const int region_top = self->few_tools ? BAR_HEIGHT : 0;
  const int mark_top = gtk_widget_get_visible (self->region_bar) ? region_top + BAR_HEIGHT : 0;

  gtk_widget_set_margin_top (self->region_bar, region_top);
  gtk_widget_set_margin_top (GTK_WIDGET (self->vision_mark), mark_top);
}

static gboolean
narrow_cb (gpointer data)
{
  WhyWindow *self = data;
  const GtkOrientation orientation = self->narrow ? GTK_ORIENTATION_VERTICAL : GTK_ORIENTATION_HORIZONTAL;

  self->narrow_id = 0;
  gtk_widget_set_visible (self->more_tools, !self->few_tools);
  why_window_place_corner (self);
  if (gtk_orientable_get_orientation (GTK_ORIENTABLE (self->paned)) == orientation)
    return G_SOURCE_REMOVE;
  why_slim_bin_set_relaxed (WHY_SLIM_BIN (self->slim), !self->narrow);
  gtk_widget_set_visible (self->map_button, !self->narrow);
  gtk_widget_set_visible (self->cases_button, !self->narrow);
  gtk_widget_set_visible (self->compare_button, !self->narrow);
  g_menu_remove_all (self->narrow_section);
  why_slice_bar_set_narrow (WHY_SLICE_BAR (self->slice_bar), self->narrow);
  if (self->narrow)
    {
      gtk_button_set_icon_name (self->open_button, "document-open-symbolic");
      g_menu_append (self->narrow_section, _("Show the _Map"), "win.show-map");
      g_menu_append_submenu (self->narrow_section, _("_Compare Maps"), self->compare_menu);
    }
  else
    {
      gtk_button_set_label (self->open_button, _("_Open…"));
      gtk_button_set_use_underline (self->open_button, TRUE);
    }
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self->paned), orientation);
  gtk_widget_set_size_request (self->inspector, self->narrow ? -1 : 300, self->narrow ? 180 : -1);
  self->divider_frames = 2;
  if (self->divider_id == 0)
    self->divider_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), place_divider_cb, NULL, NULL);
  return G_SOURCE_REMOVE;
}

/* Once sizes are not being handed out any more. */
static void
queue_narrow (WhyWindow *self)
{
  if (self->narrow_id == 0)
    self->narrow_id = g_idle_add_full (G_PRIORITY_HIGH_IDLE, narrow_cb, self, NULL);
}

/* Whether all the tools have room over the picture. */
static void
count_tools (WhyWindow *self, int width)
{
  const int canvas = self->show_inspector && !self->narrow ? gtk_paned_get_position (self->paned) : width;
  const gboolean few = self->narrow || canvas < MANY_TOOLS_WIDTH;

  if (few == self->few_tools)
    return;
  self->few_tools = few;
  queue_narrow (self);
}

static void
why_window_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  WhyWindow *self = WHY_WINDOW (widget);
  const gboolean narrow = width < NARROW_WIDTH;

  GTK_WIDGET_CLASS (why_window_parent_class)->size_allocate (widget, width, height, baseline);
  why_window_desk_allocated (self, width);
  /* Sizes are being handed out just now: change the lay-out afterwards. */
  if (narrow != self->narrow)
    {
      self->narrow = narrow;
      queue_narrow (self);
    }
  count_tools (self, width);
}

static void
on_position_cb (WhyWindow *self)
{
  const int width = gtk_widget_get_width (GTK_WIDGET (self->paned));

  count_tools (self, width);
  if (!self->narrow && self->narrow_id == 0 && self->divider_id == 0 && width > NARROW_WIDTH && gtk_widget_get_visible (self->inspector))
    g_settings_set_int (self->settings, "inspector-width",
                        CLAMP (width - gtk_paned_get_position (self->paned), 280, 2000));
}

void
why_window_set_show_inspector (WhyWindow *self, gboolean show_inspector)
{
  self->show_inspector = show_inspector;
  gtk_widget_set_visible (self->inspector, show_inspector);
  g_settings_set_boolean (self->settings, "show-inspector", show_inspector);
  count_tools (self, gtk_widget_get_width (GTK_WIDGET (self)));
  why_window_update_actions (self);
}

void
why_window_toast (WhyWindow *self, const char *text)
{
  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (text));
}

/* ---- keys that are not accelerators, because they are letters and digits ---- */

static gboolean
set_bare (WhyWindow *self, guint keyval, gboolean bare)
{
  if (keyval != GDK_KEY_h && keyval != GDK_KEY_H && keyval != GDK_KEY_c && keyval != GDK_KEY_C)
    return FALSE;
  why_window_set_bare (self, bare);
  return TRUE;
}

static gboolean
on_key_pressed_cb (GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state,
                   WhyWindow *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  /* Behind what is selected in a text, which has its own. */
  if ((state & (GDK_CONTROL_MASK | GDK_SHIFT_MASK | GDK_ALT_MASK)) == GDK_CONTROL_MASK && (keyval == GDK_KEY_c || keyval == GDK_KEY_Insert))
    return gtk_widget_activate_action (widget, "win.copy-picture", NULL);
  if ((state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK | GDK_META_MASK)) != 0)
    return FALSE;
  if (focus != NULL && GTK_IS_EDITABLE (focus) && keyval != GDK_KEY_Escape)
    return FALSE;
  switch (keyval)
    {
    case GDK_KEY_plus:
    case GDK_KEY_equal:
    case GDK_KEY_KP_Add:
      return gtk_widget_activate_action (widget, "win.zoom-in", NULL);
    case GDK_KEY_minus:
    case GDK_KEY_KP_Subtract:
      return gtk_widget_activate_action (widget, "win.zoom-out", NULL);
    case GDK_KEY_0:
    case GDK_KEY_KP_0:
      return gtk_widget_activate_action (widget, "win.zoom-fit", NULL);
    case GDK_KEY_1:
    case GDK_KEY_KP_1:
      return gtk_widget_activate_action (widget, "win.zoom", "d", 1.0);
    case GDK_KEY_2:
    case GDK_KEY_KP_2:
      return gtk_widget_activate_action (widget, "win.zoom", "d", 2.0);
    case GDK_KEY_e:
    case GDK_KEY_E:
      return gtk_widget_activate_action (widget, "win.explain-view", NULL);
    case GDK_KEY_f:
    case GDK_KEY_F:
      return gtk_widget_activate_action (widget, "win.explain-here", NULL);
    case GDK_KEY_r:
    case GDK_KEY_R:
      return gtk_widget_activate_action (widget, "win.tool", "s", "rectangle");
    case GDK_KEY_o:
    case GDK_KEY_O:
      return gtk_widget_activate_action (widget, "win.tool", "s", "ellipse");
    case GDK_KEY_p:
    case GDK_KEY_P:
      return gtk_widget_activate_action (widget, "win.tool", "s", "polygon");
    case GDK_KEY_b:
    case GDK_KEY_B:
      return gtk_widget_activate_action (widget, "win.tool", "s", "brush");
    case GDK_KEY_i:
    case GDK_KEY_I:
      return gtk_widget_activate_action (widget, "win.tool", "s", "probe");
    case GDK_KEY_m:
    case GDK_KEY_M:
      return gtk_widget_activate_action (widget, "win.tool", "s", "pan");
    case GDK_KEY_Escape:
      if (why_canvas_cancel_drag (self->canvas) || why_window_compare_escape (self))
        return TRUE;
      if (why_document_get_busy (self->document) || why_surveyor_is_running (self->surveyor))
        return gtk_widget_activate_action (widget, "win.cancel", NULL);
      return gtk_widget_activate_action (widget, "win.tool", "s", "pan");
    default:
      return why_window_key_steps_case (self, keyval) || set_bare (self, keyval, TRUE);
    }
}

static void
on_key_released_cb (GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state,
                    WhyWindow *self)
{
  set_bare (self, keyval, FALSE);
}

static void
on_active_cb (WhyWindow *self)
{
  /* The release of a held key goes to whoever has the focus then. */
  if (!gtk_window_is_active (GTK_WINDOW (self)))
    why_window_set_bare (self, FALSE);
}

/* Who calls for something elsewhere (a command of the palette, say) is done with the popover that has the focus. It would stay
 * open and follow its button to where that is scrolled away, which may be on no screen. */
static void
on_focus_cb (WhyWindow *self)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));
  GtkWidget *popover = focus != NULL ? gtk_widget_get_ancestor (focus, GTK_TYPE_POPOVER) : NULL;
  GtkWidget *left = self->focus_popover;

  /* What has the focus may be gone for a moment, as the contents of a popover change. */
  if (focus == NULL || popover == left)
    return;
  g_set_weak_pointer (&self->focus_popover, popover);
  if (left != NULL && !gtk_widget_is_ancestor (focus, left))
    gtk_popover_popdown (GTK_POPOVER (left));
}

/* ---- state for scripts ---- */

static gboolean
is_at_rest (GtkRevealer *revealer)
{
  return gtk_revealer_get_reveal_child (revealer) == gtk_revealer_get_child_revealed (revealer);
}

gboolean
why_window_is_idle (WhyWindow *self)
{
  g_return_val_if_fail (WHY_IS_WINDOW (self), TRUE);

  return !why_document_get_busy (self->document) && why_window_layers_are_idle (self) && self->narrow_id == 0 && self->divider_id == 0 &&
         !self->busy_shown && !why_surveyor_is_running (self->surveyor) &&
         !gtk_stack_get_transition_running (self->stack) && is_at_rest (self->error_revealer) &&
         is_at_rest (self->hint_revealer) && is_at_rest (self->drop_revealer) &&
         why_window_compare_is_idle (self) && why_window_volume_is_idle (self) && why_window_take_is_idle (self) &&
         (!gtk_widget_get_mapped (GTK_WIDGET (self->canvas)) || why_canvas_is_settled (self->canvas));
}

char *
why_window_dup_state (WhyWindow *self)
{
  g_autofree char *document = why_state_to_json (self->document);
  g_autoptr (JsonNode) root = json_from_string (document, NULL);
  JsonObject *window = json_object_new ();

  g_return_val_if_fail (WHY_IS_WINDOW (self), NULL);

  json_object_set_string_member (window, "page", gtk_stack_get_visible_child_name (self->stack));
  json_object_set_string_member (window, "inspector_page", adw_view_stack_get_visible_child_name (self->pages));
  json_object_set_boolean_member (window, "inspector", self->show_inspector);
  json_object_set_boolean_member (window, "narrow", self->narrow);
  json_object_set_boolean_member (window, "error_bar", gtk_revealer_get_reveal_child (self->error_revealer));
  json_object_set_string_member (window, "tool",
                                 why_tool_to_string (why_canvas_get_tool (self->canvas)));
  json_object_set_string_member (window, "tool_purpose", why_purpose_to_string (why_canvas_get_purpose (self->canvas)));
  json_object_set_double_member (window, "brush_size", why_canvas_get_brush_size (self->canvas));
  json_object_set_boolean_member (window, "cover_inverse", why_canvas_get_inverse (self->canvas));
  json_object_set_boolean_member (window, "drawing", why_canvas_is_dragging (self->canvas));
  json_object_set_int_member (window, "drawing_points", why_canvas_get_n_points (self->canvas));
  json_object_set_boolean_member (window, "bare", why_canvas_get_bare (self->canvas));
  json_object_set_double_member (window, "zoom", why_canvas_get_zoom (why_window_get_canvas (self)));
  json_object_set_boolean_member (window, "zoom_fit", why_canvas_get_fit (why_window_get_canvas (self)));
  why_window_add_compare_state (self, window);
  why_window_add_volume_state (self, window);
  json_object_set_int_member (window, "width", gtk_widget_get_width (GTK_WIDGET (self)));
  json_object_set_int_member (window, "height", gtk_widget_get_height (GTK_WIDGET (self)));
  json_object_set_string_member (window, "title", adw_window_title_get_title (self->title));
  json_object_set_string_member (window, "subtitle", adw_window_title_get_subtitle (self->title));
  why_window_add_desk_state (self, window);
  json_object_set_boolean_member (window, "dark", adw_style_manager_get_dark (adw_style_manager_get_default ()));
  why_window_dump_layers (self, window);
  why_window_take_add_state (self, window);
  why_window_add_survey_state (self, window);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      json_object_unref (window);
      return g_steal_pointer (&document);
    }
  json_object_set_object_member (json_node_get_object (root), "window", window);
  return json_to_string (root, FALSE);
}

/* ---- life ---- */

static gboolean
why_window_close_request (GtkWindow *window)
{
  WhyWindow *self = WHY_WINDOW (window);
  int width;
  int height;

  gtk_window_get_default_size (window, &width, &height);
  g_settings_set_int (self->settings, "window-width", CLAMP (width, 360, 32767));
  g_settings_set_int (self->settings, "window-height", CLAMP (height, 294, 32767));
  g_settings_set_boolean (self->settings, "window-maximized", gtk_window_is_maximized (window));
  /* One that is open keeps its grab and so itself; a tooltip that was about to come would then ask where the pointer is in it. */
  if (self->focus_popover != NULL)
    gtk_popover_popdown (GTK_POPOVER (self->focus_popover));
  return GTK_WINDOW_CLASS (why_window_parent_class)->close_request (window);
}

static void
why_window_dispose (GObject *object)
{
  WhyWindow *self = WHY_WINDOW (object);

  g_clear_handle_id (&self->narrow_id, g_source_remove);
  g_clear_handle_id (&self->fold_id, g_source_remove);
  why_window_dispose_show (self);
  why_window_dispose_layers (self);
  why_window_dispose_take (self);
  why_window_dispose_survey (self);
  gtk_widget_dispose_template (GTK_WIDGET (self), WHY_TYPE_WINDOW);
  g_clear_weak_pointer (&self->focus_popover);
  g_clear_object (&self->autosave);
  g_clear_object (&self->document);
  g_clear_object (&self->settings);
  g_clear_pointer (&self->last_folder, g_free);
  G_OBJECT_CLASS (why_window_parent_class)->dispose (object);
}

static void
why_window_class_init (WhyWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = why_window_dispose;
  widget_class->size_allocate = why_window_size_allocate;
  GTK_WINDOW_CLASS (klass)->close_request = why_window_close_request;

  g_type_ensure (WHY_TYPE_CANVAS);
  g_type_ensure (WHY_TYPE_CASES_PANEL);
  g_type_ensure (WHY_TYPE_START_PAGE);
  g_type_ensure (WHY_TYPE_ANSWER_PANEL);
  g_type_ensure (WHY_TYPE_LOOK_PANEL);
  g_type_ensure (WHY_TYPE_TEST_PANEL);
  g_type_ensure (WHY_TYPE_TAKE_PANEL);
  g_type_ensure (WHY_TYPE_SLICE_BAR);
  g_type_ensure (WHY_TYPE_SLIM_BIN);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/whylight/Whylight/window.ui");
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, slim);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, title);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, recent_menu);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, narrow_section);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, compare_menu);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, menu_button);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, open_button);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, map_button);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, compare_button);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, error_revealer);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, error_label);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, error_details);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, drop_overlay);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, error_page);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, loading_spinner);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, start_page);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, flap);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, cases_panel);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, cases_button);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, locate_button);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, paned);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, canvas);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, slice_bar);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, tool_bar);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, region_bar);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, more_tools);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, zoom_label);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, hint_revealer);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, hint_label);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, vision_mark);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, hint_button);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, inspector);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, pages);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, answer_panel);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, look_panel);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, test_panel);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, take_panel);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, drop_revealer);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, drop_label);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, bottom_line);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, status_label);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, progress_box);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, progress_bar);
  gtk_widget_class_bind_template_child (widget_class, WhyWindow, probe_label);
}

static void
why_window_init (WhyWindow *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  self->settings = g_settings_new (WHY_APP_ID);
  gtk_window_set_default_size (GTK_WINDOW (self), g_settings_get_int (self->settings, "window-width"),
                               g_settings_get_int (self->settings, "window-height"));
  if (g_settings_get_boolean (self->settings, "window-maximized"))
    gtk_window_maximize (GTK_WINDOW (self));
  why_slim_bin_set_relaxed (WHY_SLIM_BIN (self->slim), TRUE);
  self->show_inspector = g_settings_get_boolean (self->settings, "show-inspector");
  gtk_widget_set_visible (self->inspector, self->show_inspector);

  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key_pressed_cb), self);
  g_signal_connect (keys, "key-released", G_CALLBACK (on_key_released_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  g_signal_connect (self, "notify::is-active", G_CALLBACK (on_active_cb), NULL);
  g_signal_connect (self, "notify::focus-widget", G_CALLBACK (on_focus_cb), NULL);
}

GtkWidget *
why_window_new (AdwApplication *application, WhyRunner *runner)
{
  WhyWindow *self = g_object_new (WHY_TYPE_WINDOW, "application", application, NULL);
  const int width = g_settings_get_int (self->settings, "window-width");

  self->document = why_document_new (runner);
  why_answer_panel_set_document (WHY_ANSWER_PANEL (self->answer_panel), self->document);
  why_look_panel_set_document (WHY_LOOK_PANEL (self->look_panel), self->document);
  why_test_panel_set_document (WHY_TEST_PANEL (self->test_panel), self->document);
  why_take_panel_set_document (WHY_TAKE_PANEL (self->take_panel), self->document);
  why_slice_bar_set_document (WHY_SLICE_BAR (self->slice_bar), self->document);
  why_window_init_actions (self);
  why_window_init_cover (self);
  why_window_init_region (self);
  why_window_init_survey (self);
  why_window_init_look (self);
  why_window_init_desk (self);
  why_window_init_compare (self);
  why_window_init_volume (self);
  why_window_init_grey (self);
  why_window_init_layers (self);
  why_window_init_graph (self);
  why_window_init_measure (self);
  why_window_init_take (self);
  why_window_init_open (self);
  why_window_init_show (self);
  gtk_paned_set_position (self->paned, width - g_settings_get_int (self->settings, "inspector-width"));
  g_signal_connect_object (self->paned, "notify::position", G_CALLBACK (on_position_cb), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

WhyDocument *
why_window_get_document (WhyWindow *self)
{
  g_return_val_if_fail (WHY_IS_WINDOW (self), NULL);

  return self->document;
}
