#include "config.h"

#include "window-private.h"

#include "answer-panel.h"
#include "compat.h"

#include "service/compare.h"

#include <glib/gi18n.h>
#include <string.h>

/* What the network says of every field of the picture: started, shown, gone through and saved. */

/* ---- on the canvas ---- */

const WhyExportSurvey *
why_window_get_export_survey (WhyWindow *self)
{
  WhyClassItem *item = why_document_get_class (self->document, why_surveyor_get_class (self->surveyor));
  WhyExportSurvey shown;

  /* Compared as a whole. */
  memset (&shown, 0, sizeof shown);
  shown.values = why_surveyor_get_overlay (self->surveyor, &shown.to_source, &shown.style);
  g_clear_pointer (&self->export_survey, why_export_survey_free);
  if (shown.values == NULL || item == NULL)
    return NULL;
  /* Translators: title of a colour bar; %s is a class */
  g_autofree char *title = g_strdup_printf (_("“%s” in each field"), why_class_item_get_label (item));
  shown.title = title;
  self->export_survey = why_export_survey_copy (&shown);
  return self->export_survey;
}

static void
show (WhyWindow *self)
{
  const WhyExportSurvey *shown = why_window_get_export_survey (self);

  if (shown != NULL)
    why_canvas_set_survey (self->canvas, shown->values, &shown->to_source, &shown->style, shown->title);
  else
    why_canvas_set_survey (self->canvas, NULL, NULL, NULL, NULL);
}

static void
enable (WhyWindow *self, const char *name, gboolean enabled)
{
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

static void
update (WhyWindow *self)
{
  const gboolean has_survey = why_surveyor_get_survey (self->surveyor) != NULL;

  enable (self, "survey", why_surveyor_can_start (self->surveyor));
  enable (self, "stop-survey", why_surveyor_is_running (self->surveyor));
  enable (self, "forget-survey", has_survey);
  enable (self, "show-survey", has_survey);
  enable (self, "next-field", has_survey);
  enable (self, "previous-field", has_survey && why_surveyor_get_rank (self->surveyor) > 0);
  enable (self, "explain-field", has_survey);
  enable (self, "export-survey", has_survey);
  enable (self, "export-survey-dialog", has_survey);
  g_simple_action_set_state (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), "show-survey")),
                             g_variant_new_boolean (has_survey && why_surveyor_get_shown (self->surveyor)));
  show (self);
}

/* ---- actions ---- */

static void
activate_survey (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  const char *what = g_variant_get_string (parameter, NULL);
  g_autoptr (GError) error = NULL;
  WhyRect img;
  WhyRoi roi;

  if (strcmp (what, "all") == 0)
    why_surveyor_start (self->surveyor, NULL);
  else if (strcmp (what, "view") != 0 || !why_canvas_get_shown_part (self->canvas, &img))
    why_document_set_error (self->document, _("What can be surveyed is “all” or the “view”"));
  else if (why_roi_from_numbers (img.x, img.y, img.width, img.height, why_document_get_picture_width (self->document),
                                 why_document_get_picture_height (self->document), &roi, &error))
    why_surveyor_start (self->surveyor, &roi);
  else
    why_document_set_error (self->document, error->message);
}

static void
activate_stop (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_surveyor_stop (WHY_WINDOW (data)->surveyor);
}

static void
activate_forget (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_surveyor_forget (WHY_WINDOW (data)->surveyor);
}

static void
change_show (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_surveyor_set_shown (WHY_WINDOW (data)->surveyor, g_variant_get_boolean (value));
}

static void
step (WhyWindow *self, gboolean forward)
{
  if (why_surveyor_step (self->surveyor, forward))
    gtk_widget_activate_action (GTK_WIDGET (self), "win.show-region", NULL);
  else
    why_window_toast (self, forward ? _("There is no further field") : _("This is the surest field"));
}

static void
activate_next (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  step (data, TRUE);
}

static void
activate_previous (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  step (data, FALSE);
}

static void
activate_explain (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  const WhyProbe *probe = why_canvas_get_probe (self->canvas);

  if (!probe->valid || !why_surveyor_explain_at (self->surveyor, (double) probe->img_x + 0.5, (double) probe->img_y + 0.5))
    why_window_toast (self, _("Put the pointer or the cross hair on a field first"));
}

/* With the tool that asks for values a click asks why. */
static void
on_clicked_cb (WhyWindow *self)
{
  if (why_surveyor_get_survey (self->surveyor) != NULL && why_surveyor_get_shown (self->surveyor))
    gtk_widget_activate_action (GTK_WIDGET (self), "win.explain-field", NULL);
}

/* ---- files ---- */

typedef struct
{
  WhyWindow *window;
  char *path;
  GApplication *application; /* held: the program does not end before the table is written */
} Saving;

static void
on_saved_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Saving *saving = data;
  g_autoptr (WhyWindow) self = saving->window;
  g_autofree char *path = saving->path;
  g_autoptr (GApplication) application = saving->application;
  g_autoptr (GError) error = NULL;

  g_free (saving);
  g_application_release (application);
  const gboolean saved = why_surveyor_save_finish (WHY_SURVEYOR (source), result, &error);
  /* The window may have been closed since. */
  if (self->document == NULL)
    return;
  if (saved)
    {
      g_autofree char *name = g_path_get_basename (path);
      g_autofree char *text = g_strdup_printf (_("Saved %s"), name);
      why_window_toast (self, text);
      return;
    }
  g_autofree char *message = g_strdup_printf (_("%1$s cannot be written: %2$s"), path, error->message);
  why_document_set_error (self->document, message);
}

static void
save (WhyWindow *self, const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  if (why_surveyor_get_survey (self->surveyor) == NULL)
    return;
  Saving *saving = g_new0 (Saving, 1);
  *saving = (Saving) { g_object_ref (self), g_strdup (path), g_object_ref (G_APPLICATION (gtk_window_get_application (GTK_WINDOW (self)))) };
  g_application_hold (saving->application);
  why_surveyor_save (self->surveyor, file, on_saved_cb, saving);
}

static void
activate_export (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  save (data, g_variant_get_string (parameter, NULL));
}

static void
on_export_response_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GListModel) files = why_compat_file_dialog_finish (result);
  g_autoptr (GFile) file = files != NULL ? g_list_model_get_item (files, 0) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  if (path != NULL)
    save (WHY_WINDOW (source), path);
}

static void
activate_export_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  g_autofree char *name = why_window_dup_export_name (self, ".csv");
  const WhyFileDialog dialog = {
    .title = _("Save the Survey"),
    .accept = _("_Save"),
    .folder = self->last_folder,
    .name = name,
    .save = TRUE,
  };

  why_compat_file_dialog (GTK_WINDOW (self), &dialog, on_export_response_cb, NULL);
}

static const GActionEntry entries[] = {
  { "survey", activate_survey, "s", NULL, NULL, { 0 } },
  { "stop-survey", activate_stop, NULL, NULL, NULL, { 0 } },
  { "forget-survey", activate_forget, NULL, NULL, NULL, { 0 } },
  { "show-survey", NULL, NULL, "false", change_show, { 0 } },
  { "next-field", activate_next, NULL, NULL, NULL, { 0 } },
  { "previous-field", activate_previous, NULL, NULL, NULL, { 0 } },
  { "explain-field", activate_explain, NULL, NULL, NULL, { 0 } },
  { "export-survey", activate_export, "s", NULL, NULL, { 0 } },
  { "export-survey-dialog", activate_export_dialog, NULL, NULL, NULL, { 0 } },
};

/* ---- life ---- */

void
why_window_add_survey_state (WhyWindow *self, JsonObject *window)
{
  JsonObject *survey = why_surveyor_to_json (self->surveyor);

  if (survey != NULL)
    json_object_set_object_member (window, "survey", survey);
  else
    json_object_set_null_member (window, "survey");
}

void
why_window_init_survey (WhyWindow *self)
{
  self->surveyor = why_surveyor_new (self->document);
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  g_signal_connect_object (self->surveyor, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->canvas, "clicked", G_CALLBACK (on_clicked_cb), self, G_CONNECT_SWAPPED);
  why_answer_panel_set_surveyor (WHY_ANSWER_PANEL (self->answer_panel), self->surveyor);
  update (self);
}

void
why_window_dispose_survey (WhyWindow *self)
{
  if (self->surveyor != NULL)
    why_surveyor_forget (self->surveyor);
  g_clear_object (&self->surveyor);
  g_clear_pointer (&self->export_survey, why_export_survey_free);
}
