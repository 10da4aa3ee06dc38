#include "config.h"

#include "application.h"

#include "compat.h"
#include "shortcuts.h"
#include "test-actions.h"
#include "window.h"

#include <glib/gi18n.h>

struct _WhyApplication
{
  AdwApplication parent_instance;

  WhyRunner *runner;
  GSettings *settings;
};

G_DEFINE_FINAL_TYPE (WhyApplication, why_application, ADW_TYPE_APPLICATION)

static WhyWindow *
get_window (WhyApplication *self)
{
  /* The list begins with the one used last; dialogs are in it too. */
  for (GList *link = gtk_application_get_windows (GTK_APPLICATION (self)); link != NULL; link = link->next)
    {
      if (WHY_IS_WINDOW (link->data))
        return link->data;
    }
  return WHY_WINDOW (why_window_new (ADW_APPLICATION (self), self->runner));
}

/* ---- actions ---- */

static void
activate_open (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyWindow *window = get_window (data);
  g_autofree const char **paths = g_variant_get_strv (parameter, NULL);

  why_window_open (window, paths);
  gtk_window_present (GTK_WINDOW (window));
}

static void
activate_about (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_compat_show_about (gtk_application_get_active_window (GTK_APPLICATION (data)));
}

static void
on_color_scheme_cb (AdwComboRow *row, GParamSpec *pspec, WhyApplication *self)
{
  g_settings_set_enum (self->settings, "color-scheme", (int) adw_combo_row_get_selected (row));
}

static void
activate_preferences (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  WhyApplication *self = data;
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_resource ("/io/github/whylight/Whylight/preferences.ui");
  GtkWindow *preferences = GTK_WINDOW (gtk_builder_get_object (builder, "preferences"));
  GObject *color_scheme = gtk_builder_get_object (builder, "color_scheme");
  GObject *smooth = gtk_builder_get_object (builder, "smooth");

  adw_combo_row_set_selected (ADW_COMBO_ROW (color_scheme), (guint) g_settings_get_enum (self->settings, "color-scheme"));
  g_signal_connect_object (color_scheme, "notify::selected", G_CALLBACK (on_color_scheme_cb), self, 0);
  g_settings_bind (self->settings, "smooth", smooth, "active", G_SETTINGS_BIND_DEFAULT);
  gtk_window_set_transient_for (preferences, gtk_application_get_active_window (GTK_APPLICATION (self)));
  gtk_window_present (preferences);
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
  apply_color_scheme (self);
  add_actions (self);
  why_test_actions_add (ADW_APPLICATION (self));
}

static void
why_application_activate (GApplication *application)
{
  gtk_window_present (GTK_WINDOW (get_window (WHY_APPLICATION (application))));
}

static void
why_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  WhyWindow *window = get_window (WHY_APPLICATION (application));
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (int k = 0; k < n_files; k++)
    {
      g_autofree char *path = g_file_get_path (files[k]);
      if (path != NULL)
        g_strv_builder_add (builder, path);
    }
  g_auto (GStrv) paths = g_strv_builder_end (builder);
  why_window_open (window, (const char *const *) paths);
  gtk_window_present (GTK_WINDOW (window));
}

static void
why_application_shutdown (GApplication *application)
{
  WhyApplication *self = WHY_APPLICATION (application);

  g_clear_object (&self->settings);
  G_APPLICATION_CLASS (why_application_parent_class)->shutdown (application);
  /* After the windows: their documents use it. */
  g_clear_pointer (&self->runner, why_runner_unref);
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
  g_application_set_option_context_parameter_string (G_APPLICATION (self), _("[PICTURE] [MODEL]"));
  g_signal_connect (self, "handle-local-options", G_CALLBACK (on_local_options_cb), NULL);
}

WhyApplication *
why_application_new (void)
{
  return g_object_new (WHY_TYPE_APPLICATION, "application-id", WHY_APP_ID, "flags", G_APPLICATION_HANDLES_OPEN,
                       "resource-base-path", "/io/github/whylight/Whylight", NULL);
}
