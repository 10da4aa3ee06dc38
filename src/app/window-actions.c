#include "config.h"

#include "look-panel.h"
#include "window-private.h"

#include <glib/gi18n.h>

/* Names and parameters are stable: menus, shortcuts, scripts over D-Bus and tests use them. The state of
 * an action that has a parameter is the present value. */

typedef WhyWindow Window; /* short, for the table of handlers below */

static void
activate_model (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_open_model (((Window *) data)->document, g_variant_get_string (parameter, NULL));
}

static void
change_layer (GSimpleAction *action, GVariant *value, gpointer data)
{
  const char *layer = g_variant_get_string (value, NULL);

  why_document_set_layer (((Window *) data)->document, *layer != '\0' ? layer : NULL);
}

static void
change_target_class (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_target_class (((Window *) data)->document, g_variant_get_int32 (value));
}

static void
change_contrast_class (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_contrast_class (((Window *) data)->document, g_variant_get_int32 (value));
}

static void
change_method (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_method (((Window *) data)->document, g_variant_get_string (value, NULL));
}

static void
change_profile (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_profile (((Window *) data)->document, g_variant_get_string (value, NULL));
}

static void
change_method_options (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_method_options (((Window *) data)->document, g_variant_get_string (value, NULL));
}

static void
change_polarity (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_polarity (((Window *) data)->document, g_variant_get_string (value, NULL));
}

static void
change_opacity (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_opacity (((Window *) data)->document, g_variant_get_double (value));
}

static void
change_colormap (GSimpleAction *action, GVariant *value, gpointer data)
{
  Window *self = data;
  const char *id = g_variant_get_string (value, NULL);

  why_document_set_colormap (self->document, id);
  if (why_colormap_find (id, NULL) != NULL)
    g_settings_set_string (self->settings, "colormap", id);
}

static void
change_limits (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_limits (((Window *) data)->document, g_variant_get_string (value, NULL));
}

static void
change_threshold (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_threshold (((Window *) data)->document, g_variant_get_double (value));
}

static void
change_interpolation (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_smooth (((Window *) data)->document, strcmp (g_variant_get_string (value, NULL), "cells") != 0);
}

static void
activate_slice (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  Window *self = data;
  const char *name;
  gint32 slice;
  WhyPlaneKind plane;

  g_variant_get (parameter, "(&si)", &name, &slice);
  if (why_plane_kind_from_string (name, &plane))
    why_document_set_slice (self->document, plane, slice);
  else
    {
      g_autofree char *message = g_strdup_printf (_("There is no plane “%s”; there are: axial, coronal, sagittal"), name);
      why_document_set_error (self->document, message);
    }
}

static void
activate_slice_step (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  /* Presenters' remotes send the keys that turn over slices. */
  if (!why_window_step_presentation (data, g_variant_get_int32 (parameter)))
    why_window_step_slice (data, g_variant_get_int32 (parameter));
}

static void
activate_undo (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_undo (((Window *) data)->document);
}

static void
activate_redo (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_redo (((Window *) data)->document);
}

static void
activate_cancel (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  Window *self = data;

  /* What somebody waits for first; the survey goes on behind it. */
  if (why_document_get_busy (self->document))
    why_document_cancel (self->document);
  else
    why_surveyor_stop (self->surveyor);
}

static void
change_show_map (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_show_map (((Window *) data)->document, g_variant_get_boolean (value));
}

static void
change_show_inspector (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_window_set_show_inspector (data, g_variant_get_boolean (value));
}

static void
change_page (GSimpleAction *action, GVariant *value, gpointer data)
{
  Window *self = data;
  const char *page = g_variant_get_string (value, NULL);

  if (adw_view_stack_get_child_by_name (self->pages, page) == NULL)
    return;
  adw_view_stack_set_visible_child_name (self->pages, page);
  if (!self->show_inspector)
    why_window_set_show_inspector (self, TRUE);
}

/* Both lie on a page that may be out of sight. */
static void
show_methods (Window *self, gboolean options)
{
  adw_view_stack_set_visible_child_name (self->pages, "look");
  if (!self->show_inspector)
    why_window_set_show_inspector (self, TRUE);
  why_look_panel_show_methods (WHY_LOOK_PANEL (self->look_panel), options);
}

static void
activate_show_methods (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  show_methods (data, FALSE);
}

static void
activate_show_method_options (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  show_methods (data, TRUE);
}

static void
activate_zoom_fit (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_canvas_zoom_fit (why_window_get_canvas (data));
}

static void
activate_zoom_in (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_canvas_zoom_step (why_window_get_canvas (data), 1);
}

static void
activate_zoom_out (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_canvas_zoom_step (why_window_get_canvas (data), -1);
}

static void
activate_zoom (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_canvas_zoom_to (why_window_get_canvas (data), g_variant_get_double (parameter));
}

static void
activate_export (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_window_export (data, g_variant_get_string (parameter, NULL));
}

static void
activate_export_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_window_export_dialog (data);
}

static void
activate_save_session (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_save_session (((Window *) data)->document, g_variant_get_string (parameter, NULL));
}

static void
activate_save_session_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_window_save_session_dialog (data);
}

static void
activate_open_session (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_open_session (((Window *) data)->document, g_variant_get_string (parameter, NULL));
}

static void
activate_open_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_window_open_dialog (data);
}

static void
activate_try_example (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_window_show_sample (data, NULL);
}

static void
activate_dismiss_error (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_dismiss_error (((Window *) data)->document);
}

static void
activate_copy_error (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  Window *self = data;
  const char *message = why_document_get_error_message (self->document);

  if (message == NULL)
    return;
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), message);
  why_window_toast (self, _("Message copied"));
}

static void
activate_copy_command (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  Window *self = data;
  g_autofree char *command = why_document_dup_command_line (self->document);

  if (command == NULL)
    return;
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), command);
  why_window_toast (self, _("Command copied"));
}

static const GActionEntry entries[] = {
  { "model", activate_model, "s", NULL, NULL, { 0 } },
  { "layer", NULL, "s", "''", change_layer, { 0 } },
  { "target-class", NULL, "i", "-1", change_target_class, { 0 } },
  { "contrast-class", NULL, "i", "-1", change_contrast_class, { 0 } },
  { "method", NULL, "s", "'gradcam'", change_method, { 0 } },
  { "profile", NULL, "s", "'paper'", change_profile, { 0 } },
  { "method-options", NULL, "s", "''", change_method_options, { 0 } },
  { "polarity", NULL, "s", "'relu'", change_polarity, { 0 } },
  { "opacity", NULL, "d", "0.5", change_opacity, { 0 } },
  { "colormap", NULL, "s", "''", change_colormap, { 0 } },
  { "limits", NULL, "s", "'own'", change_limits, { 0 } },
  { "threshold", NULL, "d", "0.0", change_threshold, { 0 } },
  { "interpolation", NULL, "s", "'smooth'", change_interpolation, { 0 } },
  { "slice", activate_slice, "(si)", NULL, NULL, { 0 } },
  { "slice-step", activate_slice_step, "i", NULL, NULL, { 0 } },
  { "undo", activate_undo, NULL, NULL, NULL, { 0 } },
  { "redo", activate_redo, NULL, NULL, NULL, { 0 } },
  { "cancel", activate_cancel, NULL, NULL, NULL, { 0 } },
  { "show-map", NULL, NULL, "true", change_show_map, { 0 } },
  { "show-inspector", NULL, NULL, "true", change_show_inspector, { 0 } },
  { "page", NULL, "s", "'answer'", change_page, { 0 } },
  { "show-methods", activate_show_methods, NULL, NULL, NULL, { 0 } },
  { "show-method-options", activate_show_method_options, NULL, NULL, NULL, { 0 } },
  { "zoom-fit", activate_zoom_fit, NULL, NULL, NULL, { 0 } },
  { "zoom-in", activate_zoom_in, NULL, NULL, NULL, { 0 } },
  { "zoom-out", activate_zoom_out, NULL, NULL, NULL, { 0 } },
  { "zoom", activate_zoom, "d", NULL, NULL, { 0 } },
  { "export", activate_export, "s", NULL, NULL, { 0 } },
  { "export-dialog", activate_export_dialog, NULL, NULL, NULL, { 0 } },
  { "save-session", activate_save_session, "s", NULL, NULL, { 0 } },
  { "save-session-dialog", activate_save_session_dialog, NULL, NULL, NULL, { 0 } },
  { "open-session", activate_open_session, "s", NULL, NULL, { 0 } },
  { "open-dialog", activate_open_dialog, NULL, NULL, NULL, { 0 } },
  { "try-example", activate_try_example, NULL, NULL, NULL, { 0 } },
  { "dismiss-error", activate_dismiss_error, NULL, NULL, NULL, { 0 } },
  { "copy-error", activate_copy_error, NULL, NULL, NULL, { 0 } },
  { "copy-command", activate_copy_command, NULL, NULL, NULL, { 0 } },
};

static void
set_enabled (Window *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

static void
set_state (Window *self, const char *name, GVariant *value)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), name);

  g_simple_action_set_state (G_SIMPLE_ACTION (action), value);
}

/* The one place where actions are enabled and get their state. */
void
why_window_update_actions (WhyWindow *self)
{
  WhyDocument *document = self->document;
  const gboolean has_picture = why_document_get_picture (document) != NULL;
  const gboolean has_model = why_document_get_model (document) != NULL;
  const gboolean has_map = why_document_get_map (document) != NULL;
  const gboolean has_error = why_document_get_error_message (document) != NULL;
  const char *layer = why_document_get_layer (document);
  const char *colormap = why_document_get_colormap (document);
  const char *page = adw_view_stack_get_visible_child_name (self->pages);

  set_enabled (self, "layer", has_model);
  set_enabled (self, "target-class", has_model);
  set_enabled (self, "contrast-class", has_model);
  set_enabled (self, "undo", has_picture && why_document_get_can_undo (document));
  set_enabled (self, "redo", why_document_get_can_redo (document));
  set_enabled (self, "cancel", why_document_get_busy (document));
  set_enabled (self, "show-map", has_map);
  set_enabled (self, "show-inspector", has_picture || has_model);
  set_enabled (self, "page", has_picture || has_model);
  set_enabled (self, "show-methods", has_model);
  set_enabled (self, "show-method-options", has_model);
  set_enabled (self, "zoom-fit", has_picture);
  set_enabled (self, "zoom-in", has_picture);
  set_enabled (self, "zoom-out", has_picture);
  set_enabled (self, "zoom", has_picture);
  set_enabled (self, "export", has_map);
  set_enabled (self, "export-dialog", has_map);
  set_enabled (self, "save-session-dialog", why_document_get_model (document) != NULL || why_document_get_picture (document) != NULL);
  set_enabled (self, "copy-command", has_map);
  set_enabled (self, "copy-error", has_error);
  set_enabled (self, "dismiss-error", has_error);

  set_state (self, "layer", g_variant_new_string (layer != NULL ? layer : ""));
  set_state (self, "target-class", g_variant_new_int32 (why_document_get_target_class (document)));
  set_state (self, "contrast-class", g_variant_new_int32 (why_document_get_contrast_class (document)));
  set_state (self, "method", g_variant_new_string (why_document_get_method (document)));
  set_state (self, "profile", g_variant_new_string (why_document_get_profile (document)));
  const char *options = why_document_get_method_options (document);
  set_state (self, "method-options", g_variant_new_string (options != NULL ? options : ""));
  set_state (self, "polarity", g_variant_new_string (why_document_get_polarity (document)));
  set_state (self, "opacity", g_variant_new_double (why_document_get_opacity (document)));
  set_state (self, "colormap", g_variant_new_string (colormap != NULL ? colormap : ""));
  set_state (self, "limits", g_variant_new_string (why_document_get_limits (document)));
  set_state (self, "threshold", g_variant_new_double (why_document_get_threshold (document)));
  set_state (self, "interpolation", g_variant_new_string (why_document_get_smooth (document) ? "smooth" : "cells"));
  set_state (self, "show-map", g_variant_new_boolean (why_document_get_show_map (document)));
  set_state (self, "show-inspector", g_variant_new_boolean (self->show_inspector));
  set_state (self, "page", g_variant_new_string (page != NULL ? page : "answer"));
}

void
why_window_init_actions (WhyWindow *self)
{
  g_autofree char *fill = g_settings_get_string (self->settings, "fill");
  g_autofree char *colormap = g_settings_get_string (self->settings, "colormap");

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);

  why_document_set_fill (self->document, fill);
  if (why_colormap_find (colormap, NULL) != NULL)
    why_document_set_colormap (self->document, colormap);
  g_settings_bind (self->settings, "opacity", self->document, "opacity", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (self->settings, "smooth", self->document, "smooth", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (self->settings, "fill", self->document, "fill", G_SETTINGS_BIND_SET);
  g_signal_connect_object (self->document, "notify", G_CALLBACK (why_window_update_actions), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->pages, "notify::visible-child", G_CALLBACK (why_window_update_actions), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (why_document_get_occlusions (self->document), "items-changed",
                           G_CALLBACK (why_window_update_actions), self, G_CONNECT_SWAPPED);
  why_window_update_actions (self);
}
