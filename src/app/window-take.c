#include "config.h"

#include "window-private.h"

#include "drag-figure.h"
#include "presentation.h"
#include "service/caption.h"
#include "take-panel.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

/* Taking it along: what is exported and how, the clipboard, the steps of a talk, and the talk itself. */

struct _WhyWindowTake
{
  WhyExportOptions options; /* as chosen on the page */
  GtkStack *outer;          /* the window's content, and the presentation beside it */
  GtkWidget *presentation;  /* nullable: made when it is needed first */
  gboolean presenting;
  gboolean was_fullscreen;
};

/* ---- what and how ---- */

static const char *const kind_ids[] = { "figure", "seen", "overlay", "raw", "raw-source", "scores" };
static const char *const text_ids[] = { "lines", "caption", "none" };

static const char *
kind_id (WhyExportKind kind)
{
  return kind == WHY_EXPORT_AUTO ? "figure" : kind_ids[kind - WHY_EXPORT_FIGURE];
}

/* With the part that is on screen, where that matters. */
static WhyExportOptions
options_for (WhyWindow *self, WhyExportKind kind)
{
  WhyExportOptions options = self->take->options;

  options.kind = kind;
  options.survey = kind == WHY_EXPORT_SEEN ? why_window_get_export_survey (self) : NULL;
  if (kind == WHY_EXPORT_SEEN && why_canvas_get_shown_part (self->canvas, &options.view))
    {
      double width = options.view.width;
      double height = options.view.height;
      why_turn_size (why_document_get_turn (self->document), &width, &height);
      options.width = width * why_canvas_get_zoom (self->canvas) / gtk_widget_get_scale_factor (GTK_WIDGET (self->canvas));
    }
  return options;
}

void
why_window_exported_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (WhyWindow) self = data;
  g_autoptr (GError) error = NULL;

  if (why_document_export_finish (WHY_DOCUMENT (source), result, &error))
    why_window_toast (self, _("Saved"));
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    why_document_set_error (self->document, error->message);
}

const WhyExportOptions *
why_window_get_export_options (WhyWindow *self)
{
  return &self->take->options;
}

static void
export_as (WhyWindow *self, WhyExportKind kind, const char *path)
{
  const WhyExportOptions options = options_for (self, kind);

  why_document_export (self->document, path, &options, why_window_exported_cb, g_object_ref (self));
}

void
why_window_export (WhyWindow *self, const char *path)
{
  export_as (self, WHY_EXPORT_AUTO, path);
}

void
why_window_export_chosen (WhyWindow *self, const char *path)
{
  export_as (self, self->take->options.kind, path);
}

WhyExportKind
why_window_get_export_kind (WhyWindow *self)
{
  return self->take->options.kind == WHY_EXPORT_AUTO ? WHY_EXPORT_FIGURE : self->take->options.kind;
}

static void
activate_export_as (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  g_autoptr (GError) error = NULL;
  const char *kind_text;
  const char *path;
  WhyExportKind kind;

  g_variant_get (parameter, "(&s&s)", &kind_text, &path);
  if (why_export_kind_parse (kind_text, &kind, &error))
    export_as (self, kind, path);
  else
    why_document_set_error (self->document, error->message);
}

static void
show_options (WhyWindow *self)
{
  why_take_panel_set_options (WHY_TAKE_PANEL (self->take_panel), &self->take->options);
}

static void
change_export_kind (GSimpleAction *action, GVariant *value, gpointer data)
{
  WhyWindow *self = data;
  g_autoptr (GError) error = NULL;
  WhyExportKind kind;

  if (!why_export_kind_parse (g_variant_get_string (value, NULL), &kind, &error))
    {
      why_document_set_error (self->document, error->message);
      return;
    }
  self->take->options.kind = kind;
  g_simple_action_set_state (action, g_variant_new_string (kind_id (kind)));
  show_options (self);
}

static void
change_export_text (GSimpleAction *action, GVariant *value, gpointer data)
{
  WhyWindow *self = data;
  const char *text = g_variant_get_string (value, NULL);

  for (guint index = 0; index < G_N_ELEMENTS (text_ids); index++)
    {
      if (strcmp (text, text_ids[index]) != 0)
        continue;
      self->take->options.text = (WhyExportText) index;
      g_simple_action_set_state (action, value);
      show_options (self);
      return;
    }
  why_document_set_error (self->document, _("Below a figure there are lines, a caption or none"));
}

static void
change_export_scale (GSimpleAction *action, GVariant *value, gpointer data)
{
  WhyWindow *self = data;
  const double scale = CLAMP (g_variant_get_double (value), 0.25, 8);

  self->take->options.scale = scale;
  g_simple_action_set_state (action, g_variant_new_double (scale));
  show_options (self);
}

static void
change_export_text_scale (GSimpleAction *action, GVariant *value, gpointer data)
{
  WhyWindow *self = data;
  const double scale = CLAMP (g_variant_get_double (value), 0.5, 3);

  self->take->options.text_scale = scale;
  g_simple_action_set_state (action, g_variant_new_double (scale));
  show_options (self);
}

static void
change_export_dark (GSimpleAction *action, GVariant *value, gpointer data)
{
  WhyWindow *self = data;

  self->take->options.dark = g_variant_get_boolean (value);
  g_simple_action_set_state (action, value);
  show_options (self);
}

static void
change_export_paths (GSimpleAction *action, GVariant *value, gpointer data)
{
  WhyWindow *self = data;

  self->take->options.full_paths = g_variant_get_boolean (value);
  g_simple_action_set_state (action, value);
  show_options (self);
}

static void
change_pixel_size (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_document_set_um_per_pixel (((WhyWindow *) data)->document, g_variant_get_double (value));
}

/* ---- clipboard ---- */

typedef struct
{
  WhyWindow *window;
  char *folder;
  char *path;
} Copy;

static void
copy_free (Copy *copy)
{
  g_unlink (copy->path);
  g_rmdir (copy->folder);
  g_object_unref (copy->window);
  g_free (copy->folder);
  g_free (copy->path);
  g_free (copy);
}

static void
on_copy_read_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Copy *copy = data;
  g_autoptr (GError) error = NULL;
  char *contents = NULL;
  gsize length = 0;

  if (g_file_load_contents_finish (G_FILE (source), result, &contents, &length, NULL, &error))
    {
      g_autoptr (GBytes) bytes = g_bytes_new_take (contents, length);
      g_autoptr (GdkContentProvider) provider = gdk_content_provider_new_for_bytes ("image/png", bytes);
      gdk_clipboard_set_content (gtk_widget_get_clipboard (GTK_WIDGET (copy->window)), provider);
      why_window_toast (copy->window, _("Picture copied"));
    }
  else
    why_document_set_error (copy->window->document, error->message);
  copy_free (copy);
}

static void
on_copy_written_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Copy *copy = data;
  g_autoptr (GError) error = NULL;

  if (!why_document_export_finish (WHY_DOCUMENT (source), result, &error))
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        why_document_set_error (copy->window->document, error->message);
      copy_free (copy);
      return;
    }
  g_autoptr (GFile) file = g_file_new_for_path (copy->path);
  g_file_load_contents_async (file, NULL, on_copy_read_cb, copy);
}

/* Drawn as it is now and in another thread: what is pasted later is what was seen when it was copied. */
static void
activate_copy_picture (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  g_autoptr (GError) error = NULL;
  WhyExportOptions options = options_for (self, WHY_EXPORT_SEEN);
  char *folder = g_dir_make_tmp ("whylight-XXXXXX", &error);

  if (folder == NULL)
    {
      why_document_set_error (self->document, error->message);
      return;
    }
  Copy *copy = g_new0 (Copy, 1);
  copy->window = g_object_ref (self);
  copy->folder = folder;
  copy->path = g_build_filename (folder, "picture.png", NULL);
  options.scale = gtk_widget_get_scale_factor (GTK_WIDGET (self));
  why_document_export (self->document, copy->path, &options, on_copy_written_cb, copy);
}

static void
activate_copy_caption (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  g_autofree char *caption = why_document_dup_caption (self->document);

  if (caption == NULL)
    return;
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), caption);
  why_window_toast (self, _("Caption copied"));
}

static void
activate_copy_citation (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  g_autofree char *citation = why_caption_citation (why_document_get_method (self->document));

  if (citation == NULL)
    return;
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), citation);
  why_window_toast (self, _("Reference copied"));
}

/* ---- dragging out ---- */

static GdkContentProvider *
on_drag_prepare_cb (GtkDragSource *source, double x, double y, WhyWindow *self)
{
  const WhyExportOptions options = options_for (self, WHY_EXPORT_SEEN);
  g_autofree char *name = why_window_dup_export_name (self, ".png");

  if (why_document_get_map (self->document) == NULL)
    return NULL;
  return why_drag_figure_new (self->document, &options, name);
}

static void
on_drag_begin_cb (GtkDragSource *source, GdkDrag *drag, WhyWindow *self)
{
  g_autoptr (GdkPaintable) icon = why_take_panel_dup_icon (WHY_TAKE_PANEL (self->take_panel));

  if (icon != NULL)
    gtk_drag_source_set_icon (source, icon, 0, 0);
}

/* ---- steps ---- */

static void
activate_step_add (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  WhyRect part = { 0 };

  if (!why_canvas_get_fit (self->canvas))
    why_canvas_get_shown_part (self->canvas, &part);
  why_document_add_step (self->document, g_variant_get_string (parameter, NULL), &part);
}

static void
activate_step_go (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  const int step = g_variant_get_int32 (parameter);

  if (!self->take->presenting || !why_presentation_go (WHY_PRESENTATION (self->take->presentation), step))
    why_document_go_step (self->document, step);
}

static void
activate_step_remove (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_remove_step (((WhyWindow *) data)->document, g_variant_get_int32 (parameter));
}

static void
activate_step_move (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  int from;
  int to;

  g_variant_get (parameter, "(ii)", &from, &to);
  why_document_move_step (((WhyWindow *) data)->document, from, to);
}

static void
activate_step_rename (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  int step;
  const char *name;

  g_variant_get (parameter, "(i&s)", &step, &name);
  why_document_rename_step (((WhyWindow *) data)->document, step, name);
}

static void
on_step_shown_cb (WhyWindow *self, int index)
{
  g_autoptr (WhyStep) step = g_list_model_get_item (why_document_get_steps (self->document), (guint) index);
  WhyRect part;

  if (step == NULL)
    return;
  why_step_get_part (step, &part);
  why_canvas_show_part (self->canvas, &part);
}

gboolean
why_window_step_presentation (WhyWindow *self, int n_steps)
{
  if (!self->take->presenting)
    return FALSE;
  why_presentation_move (WHY_PRESENTATION (self->take->presentation), n_steps);
  return TRUE;
}

/* ---- presenting ---- */

static void
on_leave_cb (WhyWindow *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.present", NULL);
}

static void
set_presenting (WhyWindow *self, gboolean presenting)
{
  WhyWindowTake *take = self->take;
  WhyRect part = { 0 };

  take->presenting = presenting;
  if (!presenting)
    {
      gtk_stack_set_visible_child_name (take->outer, "main");
      why_presentation_leave (WHY_PRESENTATION (take->presentation));
      why_document_end_play (self->document);
      if (!take->was_fullscreen)
        gtk_window_unfullscreen (GTK_WINDOW (self));
      gtk_widget_grab_focus (GTK_WIDGET (self->canvas));
      why_window_show_title (self);
      return;
    }
  if (take->presentation == NULL)
    {
      take->presentation = why_presentation_new (self->document);
      g_signal_connect_object (take->presentation, "leave", G_CALLBACK (on_leave_cb), self, G_CONNECT_SWAPPED);
      gtk_stack_add_named (take->outer, take->presentation, "presentation");
    }
  take->was_fullscreen = gtk_window_is_fullscreen (GTK_WINDOW (self));
  if (!why_canvas_get_fit (self->canvas))
    why_canvas_get_shown_part (self->canvas, &part);
  gtk_stack_set_visible_child_name (take->outer, "presentation");
  gtk_window_fullscreen (GTK_WINDOW (self));
  /* Task bars and window lists show it to the audience too. */
  gtk_window_set_title (GTK_WINDOW (self), "Whylight");
  why_presentation_enter (WHY_PRESENTATION (take->presentation), &part);
}

static void
change_present (GSimpleAction *action, GVariant *value, gpointer data)
{
  WhyWindow *self = data;
  const gboolean presenting = g_variant_get_boolean (value);

  if (presenting == self->take->presenting || (presenting && why_document_get_picture (self->document) == NULL))
    return;
  set_presenting (self, presenting);
  g_simple_action_set_state (action, value);
}

static void
change_fullscreen (GSimpleAction *action, GVariant *value, gpointer data)
{
  if (g_variant_get_boolean (value))
    gtk_window_fullscreen (data);
  else
    gtk_window_unfullscreen (data);
}

static void
on_fullscreened_cb (WhyWindow *self)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "fullscreen");

  g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_boolean (gtk_window_is_fullscreen (GTK_WINDOW (self))));
}

static void
activate_blank (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;

  if (self->take->presenting)
    why_presentation_set_blank (WHY_PRESENTATION (self->take->presentation),
                                !why_presentation_get_blank (WHY_PRESENTATION (self->take->presentation)));
}

static const GActionEntry entries[] = {
  { "export-as", activate_export_as, "(ss)", NULL, NULL, { 0 } },
  { "export-kind", NULL, "s", "'figure'", change_export_kind, { 0 } },
  { "export-text", NULL, "s", "'lines'", change_export_text, { 0 } },
  { "export-scale", NULL, "d", "1.0", change_export_scale, { 0 } },
  { "export-text-scale", NULL, "d", "1.0", change_export_text_scale, { 0 } },
  { "export-dark", NULL, NULL, "false", change_export_dark, { 0 } },
  { "export-paths", NULL, NULL, "false", change_export_paths, { 0 } },
  { "pixel-size", NULL, "d", "0.0", change_pixel_size, { 0 } },
  { "copy-picture", activate_copy_picture, NULL, NULL, NULL, { 0 } },
  { "copy-caption", activate_copy_caption, NULL, NULL, NULL, { 0 } },
  { "copy-citation", activate_copy_citation, NULL, NULL, NULL, { 0 } },
  { "step-add", activate_step_add, "s", NULL, NULL, { 0 } },
  { "step-go", activate_step_go, "i", NULL, NULL, { 0 } },
  { "step-remove", activate_step_remove, "i", NULL, NULL, { 0 } },
  { "step-move", activate_step_move, "(ii)", NULL, NULL, { 0 } },
  { "step-rename", activate_step_rename, "(is)", NULL, NULL, { 0 } },
  { "present", NULL, NULL, "false", change_present, { 0 } },
  { "blank", activate_blank, NULL, NULL, NULL, { 0 } },
  { "fullscreen", NULL, NULL, "false", change_fullscreen, { 0 } },
};

static void
set_enabled (WhyWindow *self, const char *name, gboolean enabled)
{
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

static void
update (WhyWindow *self)
{
  const gboolean has_map = why_document_get_map (self->document) != NULL;
  const gboolean has_picture = why_document_get_picture (self->document) != NULL;
  const double um = why_document_get_um_per_pixel (self->document);
  g_autofree char *citation = why_caption_citation (why_document_get_method (self->document));
  GAction *pixel_size = g_action_map_lookup_action (G_ACTION_MAP (self), "pixel-size");

  set_enabled (self, "export-as", has_map);
  set_enabled (self, "copy-picture", has_map);
  set_enabled (self, "copy-caption", has_map);
  set_enabled (self, "copy-citation", citation != NULL);
  set_enabled (self, "pixel-size", has_picture && !why_document_is_volume (self->document));
  set_enabled (self, "step-add", has_picture);
  set_enabled (self, "present", has_picture || self->take->presenting);
  g_simple_action_set_state (G_SIMPLE_ACTION (pixel_size), g_variant_new_double (um));
  why_canvas_set_um_per_pixel (self->canvas, um);
}

/* What the talk is about may go away while it is given. */
static void
on_picture_cb (WhyWindow *self)
{
  if (self->take->presenting && why_document_get_picture (self->document) == NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.present", NULL);
  update (self);
}

void
why_window_init_take (WhyWindow *self)
{
  GtkWidget *content = adw_application_window_get_content (ADW_APPLICATION_WINDOW (self));
  GtkDragSource *drag = gtk_drag_source_new ();

  self->take = g_new0 (WhyWindowTake, 1);
  self->take->options = (WhyExportOptions) { .kind = WHY_EXPORT_FIGURE, .scale = 1, .text_scale = 1 };
  self->take->outer = GTK_STACK (gtk_stack_new ());
  g_object_ref (content);
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (self), NULL);
  gtk_stack_add_named (self->take->outer, content, "main");
  g_object_unref (content);
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (self), GTK_WIDGET (self->take->outer));

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  g_signal_connect (drag, "prepare", G_CALLBACK (on_drag_prepare_cb), self);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin_cb), self);
  why_take_panel_set_canvas (WHY_TAKE_PANEL (self->take_panel), GTK_WIDGET (self->canvas), GTK_EVENT_CONTROLLER (drag));
  show_options (self);
  g_signal_connect_object (self->document, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::picture", G_CALLBACK (on_picture_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "step-shown", G_CALLBACK (on_step_shown_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect (self, "notify::fullscreened", G_CALLBACK (on_fullscreened_cb), NULL);
  update (self);
}

void
why_window_dispose_take (WhyWindow *self)
{
  g_clear_pointer (&self->take, g_free);
}

gboolean
why_window_is_presenting (WhyWindow *self)
{
  return self->take != NULL && self->take->presenting;
}

gboolean
why_window_take_is_idle (WhyWindow *self)
{
  return self->take == NULL || !self->take->presenting || why_presentation_is_settled (WHY_PRESENTATION (self->take->presentation));
}

/* All that can be read on screen or appears beside the pointer: names of files must not be in it while others look on. */
static void
add_texts (GtkWidget *widget, JsonArray *texts)
{
  const char *tooltip = gtk_widget_get_tooltip_text (widget);
  const char *text = GTK_IS_LABEL (widget) ? gtk_label_get_text (GTK_LABEL (widget)) : NULL;

  if (!gtk_widget_get_mapped (widget))
    return;
  if (tooltip != NULL)
    json_array_add_string_element (texts, tooltip);
  if (text != NULL && *text != '\0')
    json_array_add_string_element (texts, text);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    add_texts (child, texts);
}

void
why_window_take_add_state (WhyWindow *self, JsonObject *window)
{
  JsonArray *texts = json_array_new ();
  const WhyWindowTake *take = self->take;
  JsonObject *export = json_object_new ();
  JsonObject *presentation = json_object_new ();
  WhyRect overview;
  WhyRect part = { 0 };
  g_autofree char *text = take->presenting ? why_presentation_dup_text (WHY_PRESENTATION (take->presentation)) : NULL;

  json_object_set_string_member (export, "kind", kind_id (take->options.kind));
  json_object_set_string_member (export, "text", text_ids[take->options.text]);
  json_object_set_double_member (export, "scale", take->options.scale);
  json_object_set_double_member (export, "text_scale", take->options.text_scale);
  json_object_set_boolean_member (export, "dark", take->options.dark);
  json_object_set_boolean_member (export, "full_paths", take->options.full_paths);
  json_object_set_object_member (window, "export", export);
  json_object_set_boolean_member (presentation, "on", take->presenting);
  json_object_set_boolean_member (presentation, "blank",
                                  take->presenting && why_presentation_get_blank (WHY_PRESENTATION (take->presentation)));
  json_object_set_string_member (presentation, "text", text != NULL ? text : "");
  json_object_set_string_member (presentation, "window_title", gtk_window_get_title (GTK_WINDOW (self)));
  json_object_set_object_member (window, "presentation", presentation);
  add_texts (GTK_WIDGET (self), texts);
  json_object_set_array_member (window, "texts", texts);
  json_object_set_boolean_member (window, "fullscreen", gtk_window_is_fullscreen (GTK_WINDOW (self)));
  json_object_set_boolean_member (window, "overview", why_canvas_get_overview (self->canvas, &overview));
  why_canvas_get_shown_part (self->canvas, &part);
  json_object_set_double_member (window, "visible_x", part.x);
  json_object_set_double_member (window, "visible_y", part.y);
  json_object_set_double_member (window, "visible_width", part.width);
  json_object_set_double_member (window, "visible_height", part.height);
}
