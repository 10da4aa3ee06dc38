#include "config.h"

#include "cases-panel.h"
#include "compat.h"
#include "palette.h"
#include "recent.h"
#include "shortcuts.h"
#include "window-private.h"

#include "service/samples.h"

#include <glib/gi18n.h>

/* What lies around the document: commands, keys, cases, files that a session misses. */

/* After a change; what is lost in a crash is no more than this. */
#define AUTOSAVE_DELAY_MS 3000
/* Below this width the list of cases lies over the picture. */
#define FOLD_WIDTH 900

static const char *const orders[] = { "name", "answer", "confidence" };

static WhyCaseList *
get_cases (WhyWindow *self)
{
  return why_document_get_cases (self->document);
}

/* ---- actions ---- */

static void
activate_palette (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gtk_window_present (GTK_WINDOW (why_palette_new (data)));
}

static void
activate_shortcuts (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_shortcuts_show (data);
}

static void
activate_reload (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_reload (WHY_WINDOW (data)->document);
}

static void
step (WhyWindow *self, int direction)
{
  if (!why_document_step_case (self->document, direction))
    why_window_toast (self, direction > 0 ? _("This is the last picture") : _("This is the first picture"));
}

static void
activate_next_case (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  step (data, 1);
}

static void
activate_previous_case (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  step (data, -1);
}

static void
activate_case (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  const int position = g_variant_get_int32 (parameter);
  g_autoptr (WhyCase) item =
    position >= 0 ? g_list_model_get_item (G_LIST_MODEL (get_cases (self)), (guint) position) : NULL;

  if (item != NULL)
    why_document_show_case (self->document, item);
}

static void
change_cases_order (GSimpleAction *action, GVariant *value, gpointer data)
{
  for (gsize order = 0; order < G_N_ELEMENTS (orders); order++)
    {
      if (strcmp (orders[order], g_variant_get_string (value, NULL)) == 0)
        {
          why_case_list_set_order (get_cases (data), (WhyCasesOrder) order);
          g_simple_action_set_state (action, value);
        }
    }
}

static void
change_cases_filter (GSimpleAction *action, GVariant *value, gpointer data)
{
  why_case_list_set_filter (get_cases (data), g_variant_get_string (value, NULL));
  g_simple_action_set_state (action, value);
}

static void
show_cases (WhyWindow *self, gboolean shown)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "show-cases");

  adw_flap_set_reveal_flap (self->flap, shown);
  g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_boolean (shown));
}

static void
change_show_cases (GSimpleAction *action, GVariant *value, gpointer data)
{
  show_cases (data, g_variant_get_boolean (value));
}

static void
activate_locate (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_document_locate (WHY_WINDOW (data)->document, g_variant_get_string (parameter, NULL));
}

/* ---- dialogs ---- */

static char *
finish_dialog (GAsyncResult *result)
{
  g_autoptr (GListModel) files = why_compat_file_dialog_finish (result);
  g_autoptr (GFile) file = files != NULL ? g_list_model_get_item (files, 0) : NULL;

  return file != NULL ? g_file_get_path (file) : NULL;
}

static void
on_folder_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree char *path = finish_dialog (result);
  const char *paths[] = { path, NULL };

  if (path != NULL)
    why_window_open (WHY_WINDOW (source), paths);
}

static void
activate_open_folder_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  const WhyFileDialog dialog = {
    .title = _("Open a Folder of Pictures"),
    .accept = _("_Open"),
    .folder = self->last_folder,
    .is_folder = TRUE,
  };

  why_compat_file_dialog (GTK_WINDOW (self), &dialog, on_folder_cb, NULL);
}

static void
on_located_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree char *path = finish_dialog (result);

  if (path != NULL)
    why_document_locate (WHY_WINDOW (source)->document, path);
}

static void
activate_locate_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *self = data;
  const char *missing = why_document_get_missing_path (self->document);
  g_autofree char *name = missing != NULL ? g_path_get_basename (missing) : NULL;

  if (missing == NULL)
    return;
  /* Translators: title of a dialog that asks for a file that has been moved */
  g_autofree char *title = g_strdup_printf (_("Where Is “%s”?"), name);
  const WhyFileDialog dialog = { .title = title, .accept = _("_Locate"), .folder = self->last_folder };
  why_compat_file_dialog (GTK_WINDOW (self), &dialog, on_located_cb, NULL);
}

static const GActionEntry entries[] = {
  { "palette", activate_palette, NULL, NULL, NULL, { 0 } },
  { "show-help-overlay", activate_shortcuts, NULL, NULL, NULL, { 0 } },
  { "reload", activate_reload, NULL, NULL, NULL, { 0 } },
  { "next-case", activate_next_case, NULL, NULL, NULL, { 0 } },
  { "previous-case", activate_previous_case, NULL, NULL, NULL, { 0 } },
  { "case", activate_case, "i", NULL, NULL, { 0 } },
  { "cases-order", NULL, "s", "'name'", change_cases_order, { 0 } },
  { "cases-filter", NULL, "s", "''", change_cases_filter, { 0 } },
  { "show-cases", NULL, NULL, "false", change_show_cases, { 0 } },
  { "open-folder-dialog", activate_open_folder_dialog, NULL, NULL, NULL, { 0 } },
  { "locate", activate_locate, "s", NULL, NULL, { 0 } },
  { "locate-dialog", activate_locate_dialog, NULL, NULL, NULL, { 0 } },
};

/* ---- following the document ---- */

static void
set_enabled (WhyWindow *self, const char *name, gboolean enabled)
{
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

static void
on_document_cb (WhyWindow *self)
{
  const gboolean has_something =
    why_document_get_picture (self->document) != NULL || why_document_get_model (self->document) != NULL;
  const gboolean missing = why_document_get_missing_path (self->document) != NULL;

  set_enabled (self, "reload", has_something);
  set_enabled (self, "show-cases", has_something);
  set_enabled (self, "next-case", why_case_list_get_n_all (get_cases (self)) > 1);
  set_enabled (self, "previous-case", why_case_list_get_n_all (get_cases (self)) > 1);
  set_enabled (self, "locate", missing);
  set_enabled (self, "locate-dialog", missing);
  gtk_widget_set_visible (self->locate_button, missing);
}

static void
on_opened_cb (WhyWindow *self)
{
  /* Who opens several wants to see which. */
  if (why_case_list_is_chosen (get_cases (self)) && why_case_list_get_n_all (get_cases (self)) > 1 &&
      !adw_flap_get_folded (self->flap))
    show_cases (self, TRUE);
  on_document_cb (self);
}

/* Over a narrow window the list would lie on the picture until it is asked for. */
static void
on_folded_cb (WhyWindow *self)
{
  if (adw_flap_get_folded (self->flap))
    show_cases (self, FALSE);
}

static void
on_reveal_cb (WhyWindow *self)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "show-cases");

  /* A press beside it closes it too. */
  g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_boolean (adw_flap_get_reveal_flap (self->flap)));
}

static void
on_predicts_cb (WhyWindow *self)
{
  why_case_list_set_predicts (get_cases (self), g_settings_get_boolean (self->settings, "predict-cases"));
}

static void
on_action_state_cb (WhyWindow *self, const char *name, GVariant *value)
{
  if (strcmp (name, "present") == 0 && g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    why_cases_panel_set_private (WHY_CASES_PANEL (self->cases_panel), g_variant_get_boolean (value));
}

/* The list is beside the picture only where both have room. */
static gboolean
fold_cb (gpointer data)
{
  WhyWindow *self = data;

  self->fold_id = 0;
  adw_flap_set_fold_policy (self->flap, self->flap_folds ? ADW_FLAP_FOLD_POLICY_ALWAYS : ADW_FLAP_FOLD_POLICY_AUTO);
  return G_SOURCE_REMOVE;
}

void
why_window_desk_allocated (WhyWindow *self, int width)
{
  const gboolean folds = width < FOLD_WIDTH;

  /* Sizes are being handed out just now. */
  if (folds != self->flap_folds)
    {
      self->flap_folds = folds;
      if (self->fold_id == 0)
        self->fold_id = g_idle_add_full (G_PRIORITY_HIGH_IDLE, fold_cb, self, NULL);
    }
}

gboolean
why_window_key_steps_case (WhyWindow *self, guint keyval)
{
  if (gtk_window_get_focus (GTK_WINDOW (self)) != GTK_WIDGET (self->canvas))
    return FALSE;
  if (keyval == GDK_KEY_Right || keyval == GDK_KEY_KP_Right)
    return gtk_widget_activate_action (GTK_WIDGET (self), "win.next-case", NULL);
  if (keyval == GDK_KEY_Left || keyval == GDK_KEY_KP_Left)
    return gtk_widget_activate_action (GTK_WIDGET (self), "win.previous-case", NULL);
  return FALSE;
}

/* ---- what was open lately ---- */

static void
remember (const char *path, WhyFileKind kind)
{
  g_autofree char *kept = why_autosave_get_default_folder ();
  g_autoptr (WhySample) sample = path != NULL ? why_samples_find (NULL, NULL) : NULL;
  g_autofree char *samples = sample != NULL ? g_path_get_dirname (sample->picture) : NULL;
  g_autofree char *models = sample != NULL ? g_path_get_dirname (sample->model) : NULL;

  /* Not what ships, and what nobody has saved. */
  if (path != NULL && !g_str_has_prefix (path, kept) && (samples == NULL || !g_str_has_prefix (path, samples)) &&
      (models == NULL || !g_str_has_prefix (path, models)))
    why_recent_add (path, kind);
}

static void
on_picture_path_cb (WhyWindow *self)
{
  remember (why_document_get_picture_path (self->document), WHY_FILE_PICTURE);
}

static void
on_model_cb (WhyWindow *self)
{
  WhyModel *model = why_document_get_model (self->document);

  remember (model != NULL ? why_model_get_path (model) : NULL, WHY_FILE_MODEL);
}

/* Opened or saved. */
static void
on_session_path_cb (WhyWindow *self)
{
  remember (why_document_get_session_path (self->document), WHY_FILE_SESSION);
}

/* The menu looks at every file it names: when it is opened, not whenever a file was. */
static void
on_main_menu_cb (WhyWindow *self)
{
  why_recent_fill_menu (self->recent_menu);
}

/* ---- examples ---- */

void
why_window_show_sample (WhyWindow *self, const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhySample) sample = why_samples_find (id, &error);

  if (sample == NULL)
    why_document_set_error (self->document, error->message);
  else
    why_document_show_sample (self->document, sample);
}

/* ---- after a crash ---- */

void
why_window_keep (WhyWindow *self, WhyAutosaveFolder *folder)
{
  g_clear_object (&self->autosave);
  if (folder != NULL)
    self->autosave = why_autosave_new (folder, self->document, AUTOSAVE_DELAY_MS);
}

static GtkWidget *
new_restore_bar (void)
{
  GtkWidget *revealer = gtk_revealer_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9);
  GtkWidget *label = gtk_label_new (_("Whylight did not end as it should. Restore what was open?"));
  GtkWidget *restore = gtk_button_new_with_mnemonic (_("_Restore"));
  GtkWidget *discard = gtk_button_new_with_mnemonic (_("_Forget It"));

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (restore), "app.restore-lost");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (discard), "app.discard-lost");
  gtk_widget_set_valign (restore, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (discard, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (box, "error-bar");
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), restore);
  gtk_box_append (GTK_BOX (box), discard);
  gtk_revealer_set_child (GTK_REVEALER (revealer), box);
  return revealer;
}

void
why_window_offer_restore (WhyWindow *self, gboolean offer)
{
  if (self->restore_bar == NULL && offer)
    {
      GtkWidget *error_bar = GTK_WIDGET (self->error_revealer);
      self->restore_bar = new_restore_bar ();
      gtk_box_insert_child_after (GTK_BOX (gtk_widget_get_parent (error_bar)), self->restore_bar, error_bar);
    }
  if (self->restore_bar != NULL)
    gtk_revealer_set_reveal_child (GTK_REVEALER (self->restore_bar), offer);
}

void
why_window_init_desk (WhyWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  why_cases_panel_set_document (WHY_CASES_PANEL (self->cases_panel), self->document);
  g_signal_connect_object (self->flap, "notify::folded", G_CALLBACK (on_folded_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->flap, "notify::reveal-flap", G_CALLBACK (on_reveal_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify", G_CALLBACK (on_document_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (get_cases (self), "opened", G_CALLBACK (on_opened_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::predict-cases", G_CALLBACK (on_predicts_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self, "action-state-changed", G_CALLBACK (on_action_state_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::picture-path", G_CALLBACK (on_picture_path_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::model", G_CALLBACK (on_model_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::session-path", G_CALLBACK (on_session_path_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (gtk_menu_button_get_popover (self->menu_button), "show", G_CALLBACK (on_main_menu_cb), self,
                           G_CONNECT_SWAPPED);
  g_autofree char *method = g_settings_get_string (self->settings, "method");
  if (why_explainer_lookup (method, NULL) != NULL)
    why_document_set_method (self->document, method);
  on_predicts_cb (self);
  on_document_cb (self);
}

void
why_window_add_desk_state (WhyWindow *self, JsonObject *window)
{
  WhyCaseList *cases = get_cases (self);
  WhyCase *current = why_case_list_get_current (cases);

  json_object_set_boolean_member (window, "cases_shown", adw_flap_get_reveal_flap (self->flap));
  json_object_set_int_member (window, "n_cases", why_case_list_get_n_all (cases));
  json_object_set_int_member (window, "n_cases_listed", g_list_model_get_n_items (G_LIST_MODEL (cases)));
  json_object_set_string_member (window, "case", current != NULL ? why_case_get_name (current) : "");
  json_object_set_string_member (window, "session", why_document_get_session_path (self->document));
  json_object_set_string_member (window, "missing", why_document_get_missing_path (self->document));
  json_object_set_boolean_member (window, "restore_offered",
                                  self->restore_bar != NULL && gtk_revealer_get_reveal_child (GTK_REVEALER (self->restore_bar)));
}
