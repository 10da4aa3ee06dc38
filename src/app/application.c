#include "config.h"

#include "application.h"

#include "compat.h"
#include "help-window.h"
#include "preferences.h"
#include "shortcuts.h"
#include "test-actions.h"
#include "window.h"

#include "service/autosave.h"

#include <glib/gi18n.h>

struct _WhyApplication
{
  AdwApplication parent_instance;

  WhyRunner *runner;
  GSettings *settings;
  WhyAutosaveFolder *kept; /* nullable */
  char **lost;             /* nullable: sessions of a process that crashed */
  guint forget_id;
  GtkWidget *help; /* nullable; weak */
};

G_DEFINE_FINAL_TYPE (WhyApplication, why_application, ADW_TYPE_APPLICATION)

/* Files that are restored are written again by then. */
#define FORGET_SECONDS 12

static WhyWindow *
new_window (WhyApplication *self)
{
  WhyWindow *window = WHY_WINDOW (why_window_new (ADW_APPLICATION (self), self->runner));

  why_window_keep (window, self->kept);
  return window;
}

static WhyWindow *
get_window (WhyApplication *self)
{
  /* The list begins with the one used last; dialogs are in it too. */
  for (GList *link = gtk_application_get_windows (GTK_APPLICATION (self)); link != NULL; link = link->next)
    {
      if (WHY_IS_WINDOW (link->data))
        return link->data;
    }
  return new_window (self);
}

/* One file that a window shows already: that window comes to the front. */
static WhyWindow *
find_showing (WhyApplication *self, const char *path)
{
  g_autofree char *full = g_canonicalize_filename (path, NULL);

  for (GList *link = gtk_application_get_windows (GTK_APPLICATION (self)); link != NULL; link = link->next)
    {
      if (!WHY_IS_WINDOW (link->data))
        continue;
      WhyDocument *document = why_window_get_document (link->data);
      const char *shown = why_document_get_picture_path (document);
      g_autofree char *shown_full = shown != NULL ? g_canonicalize_filename (shown, NULL) : NULL;
      if (g_strcmp0 (shown_full, full) == 0 || g_strcmp0 (why_document_get_session_path (document), full) == 0)
        return link->data;
    }
  return NULL;
}

static void
open_in (WhyApplication *self, WhyWindow *window, const char *const *paths)
{
  WhyWindow *showing = paths[0] != NULL && paths[1] == NULL ? find_showing (self, paths[0]) : NULL;

  if (showing != NULL && showing != window)
    window = showing;
  else
    why_window_open (window, paths);
  gtk_window_present (GTK_WINDOW (window));
}

/* ---- actions ---- */

static void
activate_open (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *window = get_window (data);
  g_autofree const char **paths = g_variant_get_strv (parameter, NULL);

  open_in (data, window, paths);
}

static void
activate_about (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_compat_show_about (gtk_application_get_active_window (GTK_APPLICATION (data)));
}

static void
activate_preferences (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyApplication *self = data;

  why_preferences_show (gtk_application_get_active_window (GTK_APPLICATION (self)), self->settings);
}

static void
activate_new_window (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gtk_window_present (GTK_WINDOW (new_window (data)));
}

static void
activate_open_folder (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *window = get_window (data);
  const char *paths[] = { g_variant_get_string (parameter, NULL), NULL };

  why_window_open (window, paths);
  gtk_window_present (GTK_WINDOW (window));
}

static void
activate_sample (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *window = get_window (data);

  why_window_show_sample (window, g_variant_get_string (parameter, NULL));
  gtk_window_present (GTK_WINDOW (window));
}

static void
show_help (WhyApplication *self, const char *page)
{
  if (self->help == NULL)
    {
      self->help = why_help_window_new ();
      g_object_add_weak_pointer (G_OBJECT (self->help), (gpointer *) &self->help);
      gtk_window_set_application (GTK_WINDOW (self->help), GTK_APPLICATION (self));
    }
  if (page != NULL)
    why_help_window_show_page (WHY_HELP_WINDOW (self->help), page);
  gtk_window_present (GTK_WINDOW (self->help));
}

static void
activate_help (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  show_help (data, NULL);
}

static void
activate_help_page (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  show_help (data, g_variant_get_string (parameter, NULL));
}

/* ---- after a crash ---- */

static void
offer_lost (WhyApplication *self, gboolean offer)
{
  static const char *const names[] = { "restore-lost", "discard-lost" };

  for (gsize name = 0; name < G_N_ELEMENTS (names); name++)
    g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), names[name])), offer);
  for (GList *link = gtk_application_get_windows (GTK_APPLICATION (self)); link != NULL; link = link->next)
    {
      if (WHY_IS_WINDOW (link->data))
        why_window_offer_restore (link->data, offer);
    }
}

static gboolean
forget_cb (gpointer data)
{
  WhyApplication *self = data;

  self->forget_id = 0;
  why_autosave_folder_forget_lost (self->kept);
  return G_SOURCE_REMOVE;
}

static void
activate_restore_lost (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyApplication *self = data;
  g_auto (GStrv) lost = g_steal_pointer (&self->lost);

  offer_lost (self, FALSE);
  for (gsize index = 0; lost != NULL && lost[index] != NULL; index++)
    {
      WhyWindow *window = index == 0 ? get_window (self) : new_window (self);
      why_document_open_session (why_window_get_document (window), lost[index]);
      gtk_window_present (GTK_WINDOW (window));
    }
  /* Should it crash once more before that, it is still there. */
  if (self->forget_id == 0)
    self->forget_id = g_timeout_add_seconds (FORGET_SECONDS, forget_cb, self);
}

static void
activate_discard_lost (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyApplication *self = data;

  g_clear_pointer (&self->lost, g_strfreev);
  why_autosave_folder_forget_lost (self->kept);
  offer_lost (self, FALSE);
}

static void
apply_autosave (WhyApplication *self)
{
  g_autofree char *folder = why_autosave_get_default_folder ();
  g_autoptr (GError) error = NULL;
  const gboolean wanted = g_settings_get_boolean (self->settings, "autosave");

  if (wanted && self->kept == NULL)
    {
      self->kept = why_autosave_folder_new (folder, &error);
      if (self->kept == NULL)
        {
          g_message ("%s", error->message);
          return;
        }
      self->lost = why_autosave_folder_find_lost (self->kept);
      if (self->lost[0] == NULL)
        g_clear_pointer (&self->lost, g_strfreev);
    }
  for (GList *link = gtk_application_get_windows (GTK_APPLICATION (self)); link != NULL; link = link->next)
    {
      if (WHY_IS_WINDOW (link->data))
        why_window_keep (link->data, wanted ? self->kept : NULL);
    }
}

static void
activate_quit (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  /* Through the windows, so that they keep their size and give everything back. */
  g_autoptr (GList) windows = g_list_copy (gtk_application_get_windows (GTK_APPLICATION (data)));

  for (GList *link = windows; link != NULL; link = link->next)
    gtk_window_close (link->data);
}

static void
add_actions (WhyApplication *self)
{
  static const GActionEntry entries[] = {
    { "open", activate_open, "as", NULL, NULL, { 0 } },
    { "about", activate_about, NULL, NULL, NULL, { 0 } },
    { "preferences", activate_preferences, NULL, NULL, NULL, { 0 } },
    { "new-window", activate_new_window, NULL, NULL, NULL, { 0 } },
    { "open-folder", activate_open_folder, "s", NULL, NULL, { 0 } },
    { "sample", activate_sample, "s", NULL, NULL, { 0 } },
    { "help", activate_help, NULL, NULL, NULL, { 0 } },
    { "help-page", activate_help_page, "s", NULL, NULL, { 0 } },
    { "restore-lost", activate_restore_lost, NULL, NULL, NULL, { 0 } },
    { "discard-lost", activate_discard_lost, NULL, NULL, NULL, { 0 } },
    { "quit", activate_quit, NULL, NULL, NULL, { 0 } },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  why_shortcuts_install (GTK_APPLICATION (self));
}

/* ---- application ---- */

static void
apply_color_scheme (WhyApplication *self)
{
  static const AdwColorScheme schemes[] = { ADW_COLOR_SCHEME_DEFAULT, ADW_COLOR_SCHEME_FORCE_LIGHT,
                                            ADW_COLOR_SCHEME_FORCE_DARK };
  const int scheme = g_settings_get_enum (self->settings, "color-scheme");

  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), schemes[CLAMP (scheme, 0, 2)]);
}

static void
why_application_startup (GApplication *application)
{
  WhyApplication *self = WHY_APPLICATION (application);

  G_APPLICATION_CLASS (why_application_parent_class)->startup (application);
  gtk_window_set_default_icon_name (WHY_APP_ID);
  self->settings = g_settings_new (WHY_APP_ID);
  self->runner = why_runner_new ();
  g_signal_connect_object (self->settings, "changed::color-scheme", G_CALLBACK (apply_color_scheme), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::threads", G_CALLBACK (why_preferences_apply), self->settings, 0);
  g_signal_connect_object (self->settings, "changed::memory-budget", G_CALLBACK (why_preferences_apply), self->settings, 0);
  g_signal_connect_object (self->settings, "changed::autosave", G_CALLBACK (apply_autosave), self, G_CONNECT_SWAPPED);
  apply_color_scheme (self);
  if (g_settings_get_int (self->settings, "threads") > 0 || g_settings_get_int (self->settings, "memory-budget") > 0)
    why_preferences_apply (self->settings);
  add_actions (self);
  apply_autosave (self);
  why_test_actions_add (ADW_APPLICATION (self));
}

static void
why_application_activate (GApplication *application)
{
  WhyApplication *self = WHY_APPLICATION (application);

  gtk_window_present (GTK_WINDOW (get_window (self)));
  offer_lost (self, self->lost != NULL);
}

static void
why_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  WhyApplication *self = WHY_APPLICATION (application);
  WhyWindow *window = get_window (self);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (int k = 0; k < n_files; k++)
    {
      g_autofree char *path = g_file_get_path (files[k]);
      if (path != NULL)
        g_strv_builder_add (builder, path);
    }
  g_auto (GStrv) paths = g_strv_builder_end (builder);
  open_in (self, window, (const char *const *) paths);
  offer_lost (self, self->lost != NULL);
}

static void
why_application_shutdown (GApplication *application)
{
  WhyApplication *self = WHY_APPLICATION (application);

  g_clear_handle_id (&self->forget_id, g_source_remove);
  g_clear_object (&self->settings);
  G_APPLICATION_CLASS (why_application_parent_class)->shutdown (application);
  /* After the windows: their documents use it. What still holds one now, a task in another thread, must not keep
   * it working while the process ends. */
  why_runner_stop (self->runner);
  g_clear_pointer (&self->runner, why_runner_unref);
  /* What was not restored yet is offered again next time, unless somebody said no. */
  g_clear_pointer (&self->lost, g_strfreev);
  g_clear_pointer (&self->kept, why_autosave_folder_free);
}

static void
why_application_class_init (WhyApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->startup = why_application_startup;
  application_class->activate = why_application_activate;
  application_class->open = why_application_open;
  application_class->shutdown = why_application_shutdown;
}

/* GSettings ends the program without a schema; a sentence is better. */
static gboolean
have_settings (void)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema =
      source != NULL ? g_settings_schema_source_lookup (source, WHY_APP_ID, TRUE) : NULL;

  return schema != NULL;
}

static int
on_local_options_cb (GApplication *application, GVariantDict *options, gpointer data)
{
  if (g_variant_dict_contains (options, "version"))
    {
      g_print ("Whylight %s\n", WHY_VERSION);
      return 0;
    }
  if (!have_settings ())
    {
      g_printerr (_("whylight: its settings (%s) are not installed; run “meson install”, or set GSETTINGS_SCHEMA_DIR\n"),
                  WHY_APP_ID);
      return 1;
    }
  return -1;
}

static void
why_application_init (WhyApplication *self)
{
  static const GOptionEntry options[] = {
    { "version", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, NULL, N_("Print the version and end"), NULL },
    { NULL },
  };

  g_application_add_main_option_entries (G_APPLICATION (self), options);
  g_application_set_option_context_parameter_string (G_APPLICATION (self), _("[FILES]"));
  g_signal_connect (self, "handle-local-options", G_CALLBACK (on_local_options_cb), NULL);
}

WhyApplication *
why_application_new (void)
{
  return g_object_new (WHY_TYPE_APPLICATION, "application-id", WHY_APP_ID, "flags", G_APPLICATION_HANDLES_OPEN,
                       "resource-base-path", "/io/github/whylight/Whylight", NULL);
}
