#include "config.h"

#include "app-driver.h"

#include <atspi/atspi.h>
#include <string.h>

/* What a screen reader is told, over the bus that it listens to: everything that can have the focus has a name, and
 * the picture and its map are described in words. */

#define DEPTH_MAX 60

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AtspiAccessible, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AtspiStateSet, g_object_unref)

typedef struct
{
  guint n_focusable;
  guint n_nameless;
  GString *path;
} Lint;

/* The toolkit gives an unnamed widget the name of its type. */
static gboolean
is_name (const char *name)
{
  return name != NULL && *name != '\0' && !g_str_has_prefix (name, "Gtk") && !g_str_has_prefix (name, "Adw") &&
         !g_str_has_prefix (name, "Why");
}

static gboolean
has_named_child (AtspiAccessible *node, int depth)
{
  const int n_children = atspi_accessible_get_child_count (node, NULL);

  for (int child = 0; child < n_children && depth > 0; child++)
    {
      g_autoptr (AtspiAccessible) inner = atspi_accessible_get_child_at_index (node, child, NULL);
      g_autofree char *name = inner != NULL ? atspi_accessible_get_name (inner, NULL) : NULL;
      if (is_name (name) || (inner != NULL && has_named_child (inner, depth - 1)))
        return TRUE;
    }
  return FALSE;
}

/* Boxes, lists and scrolled windows hold what has names. */
static gboolean
is_container (AtspiRole role)
{
  return role == ATSPI_ROLE_FILLER || role == ATSPI_ROLE_PANEL || role == ATSPI_ROLE_SCROLL_PANE ||
         role == ATSPI_ROLE_VIEWPORT || role == ATSPI_ROLE_SPLIT_PANE || role == ATSPI_ROLE_GROUPING ||
         role == ATSPI_ROLE_WINDOW || role == ATSPI_ROLE_FRAME || role == ATSPI_ROLE_DIALOG ||
         role == ATSPI_ROLE_UNKNOWN || role == ATSPI_ROLE_INVALID;
}

static void
lint (AtspiAccessible *node, int depth, Lint *result)
{
  g_autofree char *name = atspi_accessible_get_name (node, NULL);
  const AtspiRole role = atspi_accessible_get_role (node, NULL);
  g_autofree char *role_name = atspi_accessible_get_role_name (node, NULL);
  g_autoptr (AtspiStateSet) states = atspi_accessible_get_state_set (node);
  const int n_children = atspi_accessible_get_child_count (node, NULL);
  const gsize length = result->path->len;

  g_string_append_printf (result->path, "/%s%s%s", role_name, name != NULL && *name != '\0' ? " " : "", name);
  if (atspi_state_set_contains (states, ATSPI_STATE_FOCUSABLE) && !is_container (role))
    {
      result->n_focusable++;
      if (!is_name (name) && !has_named_child (node, 4))
        {
          g_test_message ("no name: %s", result->path->str);
          result->n_nameless++;
        }
    }
  for (int child = 0; child < n_children && depth < DEPTH_MAX; child++)
    {
      g_autoptr (AtspiAccessible) inner = atspi_accessible_get_child_at_index (node, child, NULL);
      if (inner != NULL)
        lint (inner, depth + 1, result);
    }
  g_string_truncate (result->path, length);
}

static AtspiAccessible *
find_application (void)
{
  const gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  while (g_get_monotonic_time () < deadline)
    {
      g_autoptr (AtspiAccessible) desktop = atspi_get_desktop (0);
      const int n_children = atspi_accessible_get_child_count (desktop, NULL);
      for (int child = 0; child < n_children; child++)
        {
          AtspiAccessible *found = atspi_accessible_get_child_at_index (desktop, child, NULL);
          g_autofree char *name = found != NULL ? atspi_accessible_get_name (found, NULL) : NULL;
          if (name != NULL && strstr (name, "whylight") != NULL && atspi_accessible_get_child_count (found, NULL) > 0)
            return found;
          g_clear_object (&found);
        }
      g_usleep (50000);
    }
  return NULL;
}

static void
check_names (AppDriver *driver, const char *where)
{
  app_driver_wait_idle (driver);
  g_autoptr (AtspiAccessible) application = find_application ();
  Lint result = { .path = g_string_new (where) };

  g_assert_nonnull (application);
  /* What is kept here would be the tree of the step before. */
  atspi_accessible_set_cache_mask (application, ATSPI_CACHE_NONE);
  lint (application, 0, &result);
  g_test_message ("%s: %u that can have the focus", where, result.n_focusable);
  g_string_free (result.path, TRUE);
  /* Not even a window's buttons would mean that nothing was seen. */
  g_assert_cmpuint (result.n_focusable, >, 5);
  if (result.n_nameless > 0)
    g_test_fail ();
}

static AppDriver *
start (void)
{
  static const char *const environment[] = { "GTK_A11Y=atspi", NULL };

  return app_driver_start (environment, NULL);
}

static void
test_empty (void)
{
  AppDriver *driver = start ();

  check_names (driver, "empty");
  app_driver_stop (driver);
}

static void
test_pages (void)
{
  static const char *const pages[] = { "answer", "look", "test", "take" };
  AppDriver *driver = start ();

  app_driver_win (driver, "try-example", NULL);
  app_driver_wait_idle (driver);
  app_driver_win (driver, "occlude", g_variant_new ("(dddd)", 20.0, 20.0, 60.0, 60.0));
  for (gsize page = 0; page < G_N_ELEMENTS (pages); page++)
    {
      app_driver_win (driver, "page", g_variant_new_string (pages[page]));
      check_names (driver, pages[page]);
    }
  app_driver_stop (driver);
}

static void
test_modes (void)
{
  static const char *const modes[] = { "side", "curtain", "grid", "difference" };
  AppDriver *driver = start ();

  app_driver_win (driver, "try-example", NULL);
  app_driver_wait_idle (driver);
  for (gsize mode = 0; mode < G_N_ELEMENTS (modes); mode++)
    {
      app_driver_win (driver, "compare", g_variant_new_string (modes[mode]));
      check_names (driver, modes[mode]);
    }
  app_driver_win (driver, "compare", g_variant_new_string ("single"));
  app_driver_win (driver, "layer-view", g_variant_new_string ("graph"));
  check_names (driver, "graph");
  app_driver_stop (driver);
}

static void
test_dialogs (void)
{
  AppDriver *driver = start ();

  app_driver_win (driver, "palette", NULL);
  check_names (driver, "palette");
  app_driver_stop (driver);
  driver = start ();
  app_driver_app (driver, "preferences", NULL);
  check_names (driver, "preferences");
  app_driver_stop (driver);
}

/* The canvas says in words what a map shows. */
static AtspiAccessible *
find_described (AtspiAccessible *node, int depth)
{
  g_autofree char *description = atspi_accessible_get_description (node, NULL);
  const int n_children = atspi_accessible_get_child_count (node, NULL);

  if (atspi_accessible_get_role (node, NULL) == ATSPI_ROLE_IMAGE && description != NULL && strlen (description) > 20)
    return g_object_ref (node);
  for (int child = 0; child < n_children && depth < DEPTH_MAX; child++)
    {
      g_autoptr (AtspiAccessible) inner = atspi_accessible_get_child_at_index (node, child, NULL);
      AtspiAccessible *found = inner != NULL ? find_described (inner, depth + 1) : NULL;
      if (found != NULL)
        return found;
    }
  return NULL;
}

static void
test_words (void)
{
  AppDriver *driver = start ();

  app_driver_win (driver, "try-example", NULL);
  app_driver_wait_idle (driver);
  g_autoptr (JsonNode) state = app_driver_state (driver);
  g_autoptr (AtspiAccessible) application = find_application ();
  g_assert_nonnull (application);
  atspi_accessible_set_cache_mask (application, ATSPI_CACHE_NONE);
  g_autoptr (AtspiAccessible) canvas = find_described (application, 0);
  g_assert_nonnull (canvas);
  g_autofree char *description = atspi_accessible_get_description (canvas, NULL);
  g_test_message ("the canvas: %s", description);
  g_assert_nonnull (strstr (description, state_string (state, "class.label")));
  app_driver_stop (driver);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* Without a display no program to listen to. */
  g_assert_nonnull (g_getenv ("DISPLAY"));
  if (atspi_init () != 0)
    {
      g_print ("1..0 # SKIP the accessibility bus cannot be reached: is at-spi2-core installed?\n");
      return 0;
    }
  g_test_add_func ("/names/empty", test_empty);
  g_test_add_func ("/names/pages", test_pages);
  g_test_add_func ("/names/modes", test_modes);
  g_test_add_func ("/names/dialogs", test_dialogs);
  g_test_add_func ("/names/words", test_words);
  const int status = g_test_run ();
  atspi_exit ();
  return status;
}
