#include "config.h"

#include "app-driver.h"

#include <glib/gstdio.h>
#include <string.h>

/* Outlines, overlap and checks in the window, on the example that ships. */

static AppDriver *
start (void)
{
  AppDriver *driver = app_driver_start (NULL, NULL);

  app_driver_win (driver, "try-example", NULL);
  app_driver_wait_idle (driver);
  app_driver_win (driver, "page", g_variant_new_string ("test"));
  app_driver_wait_idle (driver);
  return driver;
}

static JsonNode *
settled (AppDriver *driver)
{
  app_driver_wait_idle (driver);
  return app_driver_state (driver);
}

static void
test_outlines (void)
{
  AppDriver *driver = start ();
  g_autofree char *folder = g_dir_make_tmp ("whylight-measure-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "outlines.geojson", NULL);
  g_autofree char *mask = g_build_filename (folder, "mask.png", NULL);

  app_driver_win (driver, "annotate", g_variant_new_string ("{\"kind\": \"ellipse\", \"x\": 10, \"y\": 20, \"w\": 90, \"h\": 60}"));
  app_driver_win (driver, "annotate",
                  g_variant_new_string ("{\"kind\": \"brush\", \"points\": [20, 30, 80, 90], \"radius\": 8}"));
  app_driver_win (driver, "rename-annotation", g_variant_new ("(iss)", 0, "lesion", "Tumor"));
  app_driver_win (driver, "threshold", g_variant_new_double (0.4));
  g_autoptr (JsonNode) drawn = settled (driver);
  g_assert_cmpuint (state_length (drawn, "annotations"), ==, 2);
  g_assert_cmpstr (state_string (drawn, "annotations.0.name"), ==, "lesion");
  g_assert_cmpfloat (state_number (drawn, "selected_annotation"), ==, 1);
  g_assert_cmpfloat (state_number (drawn, "overlap.threshold"), ==, 0.4);
  g_assert_cmpuint (state_length (drawn, "overlap.curve"), ==, 101);
  app_driver_screenshot (driver, "outlines");

  /* All of them; the covered pixels are more. */
  app_driver_win (driver, "select-annotation", g_variant_new_int32 (-1));
  g_autoptr (JsonNode) all = settled (driver);
  g_assert_cmpfloat (state_number (all, "overlap.outline_pixels"), >, state_number (drawn, "overlap.outline_pixels"));

  /* Out as GeoJSON and as a mask, and in again. */
  app_driver_win (driver, "export-annotations", g_variant_new_string (path));
  app_driver_wait_idle (driver);
  app_driver_win (driver, "export-annotations", g_variant_new_string (mask));
  app_driver_wait_idle (driver);
  app_driver_win (driver, "clear-annotations", NULL);
  g_autoptr (JsonNode) none = settled (driver);
  g_assert_cmpuint (state_length (none, "annotations"), ==, 0);
  g_assert_true (state_is_null (none, "overlap"));
  app_driver_win (driver, "import-annotations", g_variant_new_string (path));
  app_driver_wait_idle (driver);
  app_driver_win (driver, "import-annotations", g_variant_new_string (mask));
  g_autoptr (JsonNode) read = settled (driver);
  g_assert_cmpuint (state_length (read, "annotations"), ==, 4);
  g_assert_cmpstr (state_string (read, "annotations.0.class"), ==, "Tumor");
  g_assert_cmpstr (state_string (read, "annotations.2.kind"), ==, "mask");
  app_driver_win (driver, "undo", NULL);
  g_autoptr (JsonNode) undone = settled (driver);
  g_assert_cmpuint (state_length (undone, "annotations"), ==, 2);
  g_remove (path);
  g_remove (mask);
  g_rmdir (folder);
  app_driver_stop (driver);
}

static void
test_checks (void)
{
  AppDriver *driver = start ();

  app_driver_win (driver, "grid", NULL);
  app_driver_win (driver, "run-check", g_variant_new_string ("controls"));
  app_driver_wait_idle (driver);
  app_driver_win (driver, "run-check", g_variant_new_string ("randomisation"));
  g_autoptr (JsonNode) done = settled (driver);
  g_assert_cmpstr (state_string (done, "checks.controls.state"), ==, "done");
  g_assert_cmpstr (state_string (done, "checks.randomisation.state"), ==, "done");
  g_assert_cmpuint (strlen (state_string (done, "checks.randomisation.sentence")), >, 40);
  g_assert_cmpfloat (state_number (done, "resolution.cell_x"), >, 0);
  app_driver_screenshot (driver, "checks");
  app_driver_win (driver, "method", g_variant_new_string ("hirescam"));
  g_autoptr (JsonNode) changed = settled (driver);
  g_assert_cmpstr (state_string (changed, "checks.randomisation.state"), ==, "outdated");
  app_driver_win (driver, "run-check", g_variant_new_string ("magic"));
  g_autoptr (JsonNode) wrong = settled (driver);
  g_assert_false (state_is_null (wrong, "error"));
  app_driver_stop (driver);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/measure/outlines", test_outlines);
  g_test_add_func ("/measure/checks", test_checks);
  return g_test_run ();
}
