#include "config.h"

#include "app-driver.h"

#include <string.h>

/* A volume in the real program: all planes with one cross hair, the maximum along an axis, turning, comparing. Needs a display
 * and a session bus (with-display.sh). */

static AppDriver *
start (void)
{
  AppDriver *driver = app_driver_start_with ("models/phantoms/tumour3d.onnx", "data/samples/tumour3d-lesion.nii.gz");

  app_driver_resize (driver, 1280, 800);
  app_driver_wait_idle (driver);
  return driver;
}

static JsonNode *
get_state (AppDriver *driver)
{
  app_driver_wait_idle (driver);
  return app_driver_state (driver);
}

static void
test_planes (void)
{
  AppDriver *driver = start ();

  app_driver_win (driver, "planes", NULL);
  app_driver_win (driver, "cross-hair", g_variant_new ("(iii)", 10, 20, 30));
  g_autoptr (JsonNode) three = get_state (driver);
  g_assert_true (state_bool (three, "display.three_planes"));
  g_assert_cmpint ((int) state_number (three, "window.planes"), ==, 4);
  g_assert_cmpstr (state_string (three, "document.cross_hair"), ==, "10 20 30");
  g_assert_nonnull (strstr (state_string (three, "window.probe"), "10, 20, 30"));
  app_driver_screenshot (driver, "planes");

  /* The slice of the current plane moves the cross hair, and back. */
  app_driver_win (driver, "slice", g_variant_new ("(si)", "coronal", 5));
  app_driver_win (driver, "slice-step", g_variant_new_int32 (1));
  g_autoptr (JsonNode) moved = get_state (driver);
  g_assert_cmpstr (state_string (moved, "document.plane"), ==, "coronal");
  g_assert_cmpint ((int) state_number (moved, "document.slice"), ==, 6);
  g_assert_cmpstr (state_string (moved, "document.cross_hair"), !=, "10 20 30");

  /* While maps are compared there is one plane, and after that all are there again. */
  app_driver_win (driver, "compare", g_variant_new_string ("side"));
  g_autoptr (JsonNode) compared = get_state (driver);
  g_assert_cmpint ((int) state_number (compared, "window.planes"), ==, 1);
  g_assert_cmpint ((int) state_number (compared, "window.panes"), ==, 2);
  app_driver_win (driver, "probe-at", g_variant_new ("(dd)", 20.5, 20.5));
  g_autoptr (JsonNode) probed = get_state (driver);
  g_assert_nonnull (strstr (state_string (probed, "window.probe"), "voxel"));
  g_assert_cmpint ((int) state_number (probed, "window.panes_probed"), ==, 2);
  app_driver_screenshot (driver, "planes-compared");
  app_driver_win (driver, "compare", g_variant_new_string ("single"));
  g_autoptr (JsonNode) again = get_state (driver);
  g_assert_cmpint ((int) state_number (again, "window.planes"), ==, 4);

  app_driver_resize (driver, 360, 640);
  g_autoptr (JsonNode) narrow = get_state (driver);
  g_assert_cmpint ((int) state_number (narrow, "window.planes"), ==, 1);
  app_driver_screenshot (driver, "planes-narrow");
  app_driver_stop (driver);
}

static void
test_shown (void)
{
  AppDriver *driver = start ();

  app_driver_win (driver, "mip", NULL);
  app_driver_win (driver, "rotate", g_variant_new_int32 (-1));
  app_driver_win (driver, "flip", NULL);
  g_autoptr (JsonNode) turned = get_state (driver);
  g_assert_true (state_bool (turned, "display.projected"));
  g_assert_true (state_bool (turned, "display.mirrored"));
  g_assert_cmpint ((int) state_number (turned, "display.rotation"), ==, 90);
  app_driver_screenshot (driver, "planes-turned");
  for (int step = 0; step < 3; step++)
    app_driver_win (driver, "undo", NULL);
  g_autoptr (JsonNode) undone = get_state (driver);
  g_assert_false (state_bool (undone, "display.projected"));
  g_assert_false (state_bool (undone, "display.mirrored"));
  g_assert_cmpint ((int) state_number (undone, "display.rotation"), ==, 0);
  app_driver_stop (driver);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app-planes/planes", test_planes);
  g_test_add_func ("/app-planes/shown", test_shown);
  return g_test_run ();
}
