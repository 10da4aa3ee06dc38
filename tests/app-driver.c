#include "config.h"

#include "app-driver.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define OBJECT_PATH "/io/github/whylight/Whylight"

struct _AppDriver
{
  GSubprocess *process;
  GDataInputStream *answers;
  GDBusConnection *bus;
  gint64 started;
  double seconds_to_window;
  char *messages_path; /* nullable: where standard error goes */
};

static gboolean
activate (AppDriver *driver, const char *path, const char *action, GVariant *parameter, GError **error)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("av"));
  if (parameter != NULL)
    g_variant_builder_add (&builder, "v", parameter);
  g_autoptr (GVariant) result = g_dbus_connection_call_sync (
      driver->bus, WHY_APP_ID, path, "org.gtk.Actions", "Activate",
      g_variant_new ("(sava{sv})", action, &builder, NULL), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, 20000, NULL, error);
  return result != NULL;
}

void
app_driver_app (AppDriver *driver, const char *action, GVariant *parameter)
{
  g_autoptr (GError) error = NULL;

  activate (driver, OBJECT_PATH, action, parameter, &error);
  g_assert_no_error (error);
}

void
app_driver_win (AppDriver *driver, const char *action, GVariant *parameter)
{
  g_autoptr (GError) error = NULL;

  activate (driver, OBJECT_PATH "/window/1", action, parameter, &error);
  g_assert_no_error (error);
}

gboolean
app_driver_try_win (AppDriver *driver, const char *action, GVariant *parameter)
{
  g_autoptr (GError) error = NULL;

  return activate (driver, OBJECT_PATH "/window/1", action, parameter, &error);
}

GVariant *
app_driver_describe (AppDriver *driver)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = g_dbus_connection_call_sync (
      driver->bus, WHY_APP_ID, OBJECT_PATH "/window/1", "org.gtk.Actions", "DescribeAll", NULL, G_VARIANT_TYPE ("(a{s(bgav)})"),
      G_DBUS_CALL_FLAGS_NO_AUTO_START, 20000, NULL, &error);

  g_assert_no_error (error);
  return g_variant_get_child_value (answer, 0);
}

char *
app_driver_messages (AppDriver *driver)
{
  char *text = NULL;

  g_assert_nonnull (driver->messages_path);
  g_assert_true (g_file_get_contents (driver->messages_path, &text, NULL, NULL));
  return text;
}

static char *
read_answer (AppDriver *driver)
{
  g_autoptr (GError) error = NULL;
  char *line = g_data_input_stream_read_line_utf8 (driver->answers, NULL, NULL, &error);

  g_assert_no_error (error);
  if (line == NULL)
    {
      g_autofree char *messages = driver->messages_path != NULL ? app_driver_messages (driver) : NULL;
      g_error ("the program ended without an answer. %s", messages != NULL ? messages : "");
    }
  return line;
}

/* Until its window is there the program has no action group for it. */
static void
wait_for_window (AppDriver *driver)
{
  const gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  while (g_get_monotonic_time () < deadline)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) result = g_dbus_connection_call_sync (
          driver->bus, WHY_APP_ID, OBJECT_PATH "/window/1", "org.gtk.Actions", "List", NULL, NULL,
          G_DBUS_CALL_FLAGS_NO_AUTO_START, 20000, NULL, &error);
      if (result != NULL)
        {
          driver->seconds_to_window = app_driver_seconds (driver);
          return;
        }
      if (g_subprocess_get_identifier (driver->process) == NULL)
        g_error ("the program ended before it had a window");
      g_usleep (5000);
    }
  g_error ("no window within 30 seconds: is there a bus?");
}

/* @messages_path: (nullable) (transfer full): where standard error goes */
static AppDriver *
start (const char *const *environment, const char *const *args, char *messages_path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  AppDriver *driver = g_new0 (AppDriver, 1);
  const char *program = g_getenv ("WHYLIGHT");

  g_assert_nonnull (program);
  driver->messages_path = messages_path;
  if (messages_path != NULL)
    g_subprocess_launcher_set_stderr_file_path (launcher, messages_path);
  g_subprocess_launcher_setenv (launcher, "WHYLIGHT_TEST", "1", TRUE);
  for (gsize k = 0; environment != NULL && environment[k] != NULL; k++)
    {
      g_auto (GStrv) pair = g_strsplit (environment[k], "=", 2);
      g_subprocess_launcher_setenv (launcher, pair[0], pair[1], TRUE);
    }
  g_ptr_array_add (argv, (gpointer) program);
  for (gsize k = 0; args != NULL && args[k] != NULL; k++)
    g_ptr_array_add (argv, (gpointer) args[k]);
  g_ptr_array_add (argv, NULL);
  driver->bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  g_assert_no_error (error);
  driver->started = g_get_monotonic_time ();
  driver->process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  driver->answers = g_data_input_stream_new (g_subprocess_get_stdout_pipe (driver->process));
  wait_for_window (driver);
  return driver;
}

AppDriver *
app_driver_start (const char *const *environment, const char *const *args)
{
  return start (environment, args, NULL);
}

AppDriver *
app_driver_start_strict (const char *const *args)
{
  static const char *const environment[] = { "G_DEBUG=fatal-criticals", NULL };
  g_autoptr (GError) error = NULL;
  char *path = NULL;
  const int file = g_file_open_tmp ("whylight-messages-XXXXXX", &path, &error);

  g_assert_no_error (error);
  close (file);
  return start (environment, args, path);
}

AppDriver *
app_driver_start_with (const char *model, const char *file)
{
  g_autofree char *model_path = g_build_filename (WHY_SOURCE_DIR, model, NULL);
  g_autofree char *file_path = g_build_filename (WHY_SOURCE_DIR, file, NULL);
  const char *args[] = { model_path, file_path, NULL };
  AppDriver *driver = app_driver_start (NULL, args);

  app_driver_wait_idle (driver);
  return driver;
}

static void
driver_free (AppDriver *driver)
{
  g_clear_object (&driver->answers);
  g_clear_object (&driver->process);
  g_clear_object (&driver->bus);
  if (driver->messages_path != NULL)
    g_unlink (driver->messages_path);
  g_free (driver->messages_path);
  g_free (driver);
}

void
app_driver_stop (AppDriver *driver)
{
  g_autoptr (GError) error = NULL;

  app_driver_app (driver, "quit", NULL);
  g_subprocess_wait (driver->process, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (driver->process));
  g_assert_cmpint (g_subprocess_get_exit_status (driver->process), ==, 0);
  driver_free (driver);
}

void
app_driver_kill (AppDriver *driver)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_force_exit (driver->process);
  g_subprocess_wait (driver->process, NULL, &error);
  g_assert_no_error (error);
  driver_free (driver);
}

void
app_driver_open (AppDriver *driver, ...)
{
  GVariantBuilder builder;
  va_list paths;
  const char *path;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("as"));
  va_start (paths, driver);
  while ((path = va_arg (paths, const char *)) != NULL)
    g_variant_builder_add (&builder, "s", path);
  va_end (paths);
  app_driver_app (driver, "open", g_variant_builder_end (&builder));
}

void
app_driver_wait_idle (AppDriver *driver)
{
  app_driver_app (driver, "wait-idle", NULL);
  g_autofree char *line = read_answer (driver);
  g_assert_cmpstr (line, ==, "idle");
}

JsonNode *
app_driver_state (AppDriver *driver)
{
  g_autoptr (GError) error = NULL;

  app_driver_app (driver, "dump-state", NULL);
  g_autofree char *line = read_answer (driver);
  JsonNode *state = json_from_string (line, &error);
  g_assert_no_error (error);
  g_assert_nonnull (state);
  return state;
}

void
app_driver_screenshot (AppDriver *driver, const char *name)
{
  g_autofree char *folder = g_build_filename (g_getenv ("G_TEST_BUILDDIR"), "artefacts", NULL);
  g_autofree char *file = g_strconcat (name, ".png", NULL);
  g_autofree char *path = g_build_filename (folder, file, NULL);

  g_mkdir_with_parents (folder, 0755);
  g_unlink (path);
  app_driver_wait_idle (driver);
  app_driver_app (driver, "screenshot", g_variant_new_string (path));
  g_autofree char *line = read_answer (driver);
  g_assert_true (g_str_has_prefix (line, "screenshot saved"));
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
}

char *
app_driver_frame_stats (AppDriver *driver, const char *what)
{
  app_driver_app (driver, "frame-stats", g_variant_new_string (what));
  return read_answer (driver);
}

gsize
app_driver_memory (AppDriver *driver, const char *kind)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/status", g_subprocess_get_identifier (driver->process));
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  const char *line = strstr (text, kind);
  g_assert_nonnull (line);
  return (gsize) g_ascii_strtoull (line + strlen (kind) + 1, NULL, 10) * 1024;
}

gint64
app_driver_started (AppDriver *driver)
{
  return driver->started;
}

void
app_driver_resize (AppDriver *driver, int width, int height)
{
  app_driver_app (driver, "resize", g_variant_new ("(ii)", width, height));
  g_autofree char *line = read_answer (driver);
  g_assert_cmpstr (line, ==, "resized");
  app_driver_wait_idle (driver);
}

double
app_driver_seconds (AppDriver *driver)
{
  return (double) (g_get_monotonic_time () - driver->started) / G_USEC_PER_SEC;
}

double
app_driver_seconds_to_window (AppDriver *driver)
{
  return driver->seconds_to_window;
}

/* ---- state ---- */

static JsonNode *
find (JsonNode *state, const char *path)
{
  g_auto (GStrv) steps = g_strsplit (path, ".", -1);
  JsonNode *node = state;

  for (gsize k = 0; steps[k] != NULL; k++)
    {
      if (JSON_NODE_HOLDS_ARRAY (node))
        {
          const guint index = (guint) g_ascii_strtoull (steps[k], NULL, 10);
          g_assert_cmpuint (index, <, json_array_get_length (json_node_get_array (node)));
          node = json_array_get_element (json_node_get_array (node), index);
        }
      else if (JSON_NODE_HOLDS_OBJECT (node) && json_object_has_member (json_node_get_object (node), steps[k]))
        node = json_object_get_member (json_node_get_object (node), steps[k]);
      else
        {
          g_autofree char *text = json_to_string (state, TRUE);
          g_error ("no %s (at '%s') in %s", path, steps[k], text);
        }
    }
  return node;
}

double
state_number (JsonNode *state, const char *path)
{
  JsonNode *node = find (state, path);

  if (!JSON_NODE_HOLDS_VALUE (node))
    g_error ("%s is no number", path);
  return json_node_get_double (node);
}

const char *
state_string (JsonNode *state, const char *path)
{
  JsonNode *node = find (state, path);

  return JSON_NODE_HOLDS_NULL (node) ? NULL : json_node_get_string (node);
}

gboolean
state_bool (JsonNode *state, const char *path)
{
  return json_node_get_boolean (find (state, path));
}

gboolean
state_is_null (JsonNode *state, const char *path)
{
  return JSON_NODE_HOLDS_NULL (find (state, path));
}

guint
state_length (JsonNode *state, const char *path)
{
  JsonNode *node = find (state, path);

  g_assert_true (JSON_NODE_HOLDS_ARRAY (node));
  return json_array_get_length (json_node_get_array (node));
}

double
state_probability (JsonNode *state, int index)
{
  const guint n = state_length (state, "probabilities");

  for (guint k = 0; k < n; k++)
    {
      g_autofree char *at = g_strdup_printf ("probabilities.%u.index", k);
      if ((int) state_number (state, at) == index)
        {
          g_autofree char *path = g_strdup_printf ("probabilities.%u.probability", k);
          return state_number (state, path);
        }
    }
  g_error ("class %d is not among the probabilities", index);
}

gboolean
hand_is_there (void)
{
  g_autofree char *path = g_find_program_in_path ("xdotool");

  if (path == NULL)
    g_test_skip ("xdotool is not installed");
  return path != NULL;
}

void
hand (const char *words)
{
  g_autofree char *line = g_strdup_printf ("xdotool %s", words);
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  g_autoptr (GError) error = NULL;
  int status = 0;

  g_spawn_sync (NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}
