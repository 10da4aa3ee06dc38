#include "config.h"

#include "app-driver.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* Several maps at once, in the real program: each way of comparing them by its actions, at a desk and on a narrow
 * window. Needs a display and a session bus (with-display.sh). */

static AppDriver *
start (void)
{
  AppDriver *driver = app_driver_start_with ("models/wardrobe/wardrobe.onnx", "data/samples/wardrobe-1.png");

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
compare (AppDriver *driver, const char *mode)
{
  app_driver_win (driver, "compare", g_variant_new_string (mode));
}

/* The values at the end of the bottom line: one for each map. */
static guint
count_values (JsonNode *state)
{
  const char *probe = state_string (state, "window.probe");
  guint n = 0;

  for (const char *letter = "ABCD"; *letter != '\0'; letter++)
    {
      const char text[] = { ' ', *letter, ' ', '\0' };
      n += strstr (probe, text) != NULL;
    }
  return n;
}

static void
test_side (void)
{
  AppDriver *driver = start ();
  g_autoptr (JsonNode) before = get_state (driver);
  g_assert_cmpstr (state_string (before, "window.compare"), ==, "single");
  g_assert_cmpint ((int) state_number (before, "window.panes"), ==, 1);

  compare (driver, "side");
  g_autoptr (JsonNode) side = get_state (driver);
  g_assert_cmpstr (state_string (side, "compare.mode"), ==, "side");
  g_assert_cmpint ((int) state_number (side, "window.panes"), ==, 2);
  g_assert_cmpint ((int) state_number (side, "window.pane_columns"), ==, 2);
  g_assert_cmpstr (state_string (side, "compare.variants.0.class"), ==, "next");
  g_assert_cmpstr (state_string (side, "compare.variants.0.state"), ==, "done");
  g_assert_cmpint ((int) state_number (side, "compare.variants.0.map.class"), !=, (int) state_number (side, "map.class"));
  g_assert_cmpint ((int) state_number (side, "compare.variants.0.map.width"), ==, (int) state_number (side, "map.width"));
  g_assert_cmpstr (state_string (side, "compare.main_title"), !=, state_string (side, "compare.variants.0.title"));

  /* Three beside it, and a cross hair in all of them. */
  app_driver_win (driver, "compare-value", g_variant_new ("(iss)", 1, "method", "layercam"));
  app_driver_win (driver, "compare-value", g_variant_new ("(iss)", 2, "polarity", "signed"));
  app_driver_wait_idle (driver);
  app_driver_win (driver, "probe-at", g_variant_new ("(dd)", 200.0, 150.0));
  g_autoptr (JsonNode) four = get_state (driver);
  g_assert_cmpint ((int) state_number (four, "window.panes"), ==, 4);
  g_assert_true (state_is_null (four, "error"));
  g_assert_cmpstr (state_string (four, "compare.variants.2.map.polarity"), ==, "signed");
  g_assert_nonnull (strstr (state_string (four, "window.probe"), "x 200  y 150"));
  g_assert_cmpuint (count_values (four), ==, 4);
  app_driver_screenshot (driver, "compare-four");

  /* Zooming moves all; the canvases share one place. */
  app_driver_win (driver, "zoom", g_variant_new_double (3.0));
  g_autoptr (JsonNode) zoomed = get_state (driver);
  g_assert_cmpfloat (state_number (zoomed, "window.zoom"), ==, 3.0);
  app_driver_win (driver, "zoom-fit", NULL);

  /* Swapped, and back. */
  const int first = (int) state_number (four, "map.class");
  const int second = (int) state_number (four, "compare.variants.0.map.class");
  app_driver_win (driver, "compare-choose", g_variant_new_int32 (0));
  g_autoptr (JsonNode) swapped = get_state (driver);
  g_assert_cmpint ((int) state_number (swapped, "map.class"), ==, second);
  g_assert_cmpint ((int) state_number (swapped, "compare.variants.0.map.class"), ==, first);
  app_driver_win (driver, "undo", NULL);
  g_autoptr (JsonNode) undone = get_state (driver);
  g_assert_cmpint ((int) state_number (undone, "map.class"), ==, first);

  app_driver_win (driver, "compare-remove", g_variant_new_int32 (2));
  app_driver_win (driver, "compare-remove", g_variant_new_int32 (1));
  app_driver_win (driver, "compare-remove", g_variant_new_int32 (0));
  g_autoptr (JsonNode) alone = get_state (driver);
  g_assert_cmpstr (state_string (alone, "compare.mode"), ==, "single");
  g_assert_cmpint ((int) state_number (alone, "window.panes"), ==, 1);
  app_driver_stop (driver);
}

static void
test_curtain (void)
{
  AppDriver *driver = start ();

  compare (driver, "curtain");
  app_driver_win (driver, "curtain", g_variant_new_double (0.3));
  g_autoptr (JsonNode) state = get_state (driver);
  g_assert_cmpstr (state_string (state, "compare.mode"), ==, "curtain");
  g_assert_cmpfloat (state_number (state, "window.curtain"), ==, 0.3);
  g_assert_cmpint ((int) state_number (state, "window.panes"), ==, 2);
  app_driver_win (driver, "compare-bare", g_variant_new_string ("right"));
  app_driver_win (driver, "probe-at", g_variant_new ("(dd)", 100.0, 100.0));
  g_autoptr (JsonNode) bare = get_state (driver);
  g_assert_cmpstr (state_string (bare, "compare.bare"), ==, "right");
  g_assert_cmpuint (count_values (bare), ==, 2);
  app_driver_screenshot (driver, "compare-curtain");
  app_driver_win (driver, "curtain", g_variant_new_double (7));
  g_autoptr (JsonNode) end = get_state (driver);
  g_assert_cmpfloat (state_number (end, "window.curtain"), ==, 1.0);
  app_driver_stop (driver);
}

static void
test_difference (void)
{
  AppDriver *driver = start ();

  app_driver_win (driver, "compare-with", g_variant_new ("(ss)", "method", "layercam"));
  compare (driver, "difference");
  g_autoptr (JsonNode) state = get_state (driver);
  g_assert_cmpint ((int) state_number (state, "window.panes"), ==, 3);
  g_assert_cmpint ((int) state_number (state, "compare.difference.width"), ==, (int) state_number (state, "map.width"));
  const double pearson = state_number (state, "compare.difference.pearson");
  const double spearman = state_number (state, "compare.difference.spearman");
  g_assert_cmpfloat (fabs (pearson), <=, 1.0);
  g_assert_cmpfloat (fabs (spearman), <=, 1.0);
  /* Both are divided by their greatest magnitude: none can differ by more than 2, and from 0 by something. */
  g_assert_cmpfloat (state_number (state, "compare.difference.maximum"), <=, 2.0);
  g_assert_cmpfloat (state_number (state, "compare.difference.maximum") - state_number (state, "compare.difference.minimum"), >, 0);
  app_driver_screenshot (driver, "compare-difference");

  /* With itself: nothing is left. */
  app_driver_win (driver, "compare-value", g_variant_new ("(iss)", 0, "method", ""));
  g_autoptr (JsonNode) same = get_state (driver);
  g_assert_cmpfloat (state_number (same, "compare.difference.maximum"), ==, 0);
  g_assert_cmpfloat (state_number (same, "compare.difference.minimum"), ==, 0);
  g_assert_cmpfloat_with_epsilon (state_number (same, "compare.difference.pearson"), 1, 1e-9);
  g_assert_cmpfloat (state_number (same, "compare.difference.sign_agreement"), ==, 1);
  app_driver_stop (driver);
}

static void
test_grid (void)
{
  AppDriver *driver = start ();
  g_autofree char *figure = g_build_filename (g_get_home_dir (), "grid.pdf", NULL);

  app_driver_win (driver, "compare-grid", g_variant_new_string ("layers"));
  g_autoptr (JsonNode) layers = get_state (driver);
  const guint n = state_length (layers, "compare.variants");
  g_assert_cmpstr (state_string (layers, "compare.mode"), ==, "grid");
  g_assert_cmpuint (n, >, 2);
  g_assert_cmpint ((int) state_number (layers, "window.panes"), ==, (int) n);
  for (guint place = 0; place < n; place++)
    {
      g_autofree char *path = g_strdup_printf ("compare.variants.%u.state", place);
      g_assert_cmpstr (state_string (layers, path), ==, "done");
    }
  app_driver_screenshot (driver, "compare-layers");

  app_driver_win (driver, "compare-shared-limits", NULL);
  g_autoptr (JsonNode) shared = get_state (driver);
  g_assert_true (state_bool (shared, "compare.shared_limits"));
  g_assert_cmpfloat (state_number (shared, "compare.variants.0.hi"), ==, state_number (shared, "compare.variants.1.hi"));
  g_assert_cmpfloat (state_number (layers, "compare.variants.0.hi"), !=, state_number (layers, "compare.variants.1.hi"));

  /* The cross hair is in every cell, and stays so when the maps are others. */
  app_driver_win (driver, "probe-at", g_variant_new ("(dd)", 100.0, 120.0));
  g_autoptr (JsonNode) probed = get_state (driver);
  g_assert_cmpint ((int) state_number (probed, "window.panes_probed"), ==, (int) n);
  g_assert_nonnull (strstr (state_string (probed, "window.probe"), "x 100  y 120"));
  app_driver_win (driver, "polarity", g_variant_new_string ("signed"));
  g_autoptr (JsonNode) other = get_state (driver);
  g_assert_cmpint ((int) state_number (other, "window.panes_probed"), ==, (int) n);
  compare (driver, "side");
  g_autoptr (JsonNode) two_left = get_state (driver);
  g_assert_cmpint ((int) state_number (two_left, "window.panes_probed"), ==, 2);
  app_driver_win (driver, "compare-grid", g_variant_new_string ("layers"));
  app_driver_win (driver, "polarity", g_variant_new_string ("relu"));
  g_autoptr (JsonNode) again = get_state (driver);
  g_assert_cmpint ((int) state_number (again, "window.panes_probed"), ==, (int) n);

  /* A cell becomes the question. */
  app_driver_win (driver, "compare-choose", g_variant_new_int32 (1));
  g_autoptr (JsonNode) chosen = get_state (driver);
  g_assert_cmpstr (state_string (chosen, "layer"), ==, state_string (layers, "compare.variants.1.layer"));
  g_assert_cmpuint (state_length (chosen, "compare.variants"), ==, n);

  /* Two dimensions; a class is added to the columns and one taken out. */
  app_driver_win (driver, "compare-cells",
                  g_variant_new_parsed ("('method', ['gradcam', 'layercam'], 'class', ['0', '1'])"));
  app_driver_win (driver, "compare-grid-value", g_variant_new ("(ssb)", "class", "2", TRUE));
  app_driver_win (driver, "compare-grid-value", g_variant_new ("(ssb)", "class", "0", FALSE));
  g_autoptr (JsonNode) two = get_state (driver);
  g_assert_cmpuint (state_length (two, "compare.rows"), ==, 2);
  g_assert_cmpuint (state_length (two, "compare.columns"), ==, 2);
  g_assert_cmpint ((int) state_number (two, "compare.variants.3.map.class"), ==, 2);
  g_assert_cmpstr (state_string (two, "compare.variants.3.map.method"), ==, "layercam");
  g_assert_cmpint ((int) state_number (two, "window.pane_columns"), ==, 2);
  app_driver_screenshot (driver, "compare-grid");

  /* The figure shows what the screen shows. */
  app_driver_win (driver, "export", g_variant_new_string (figure));
  g_autoptr (JsonNode) exported = get_state (driver);
  g_assert_true (state_is_null (exported, "error"));
  g_assert_true (g_file_test (figure, G_FILE_TEST_EXISTS));
  app_driver_stop (driver);
}

/* Lines along many pixels are made in a thread. */
static void
assert_outlined (AppDriver *driver, guint n_panes, int n_outlines)
{
  const gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;

  for (;;)
    {
      g_autoptr (JsonNode) state = get_state (driver);
      guint n_right = 0;
      g_assert_cmpuint (state_length (state, "window.pane_outlines"), ==, n_panes);
      for (guint place = 0; place < n_panes; place++)
        {
          g_autofree char *path = g_strdup_printf ("window.pane_outlines.%u", place);
          n_right += (int) state_number (state, path) == n_outlines;
        }
      if (n_right == n_panes)
        return;
      if (g_get_monotonic_time () > end)
        g_error ("%d outlines are drawn in %u of %u panes", n_outlines, n_right, n_panes);
    }
}

static void
test_outlines (void)
{
  AppDriver *driver = start ();
  static const char *const shapes[] = {
    "{\"kind\": \"ellipse\", \"x\": 120, \"y\": 60, \"w\": 90, \"h\": 60}",
    "{\"kind\": \"brush\", \"points\": [60, 60, 120, 150, 200, 170], \"radius\": 12}",
  };

  /* Drawn before there is a pane, and after. */
  app_driver_win (driver, "annotate", g_variant_new_string (shapes[0]));
  assert_outlined (driver, 1, 1);
  compare (driver, "side");
  assert_outlined (driver, 2, 1);
  app_driver_win (driver, "annotate", g_variant_new_string (shapes[1]));
  assert_outlined (driver, 2, 2);
  app_driver_screenshot (driver, "compare-outlines-side");
  app_driver_win (driver, "undo", NULL);
  assert_outlined (driver, 2, 1);
  app_driver_win (driver, "redo", NULL);
  compare (driver, "curtain");
  assert_outlined (driver, 2, 2);
  app_driver_screenshot (driver, "compare-outlines-curtain");

  /* Hidden ones are not drawn, but the one that is selected. */
  app_driver_win (driver, "select-annotation", g_variant_new_int32 (0));
  app_driver_win (driver, "show-annotation", g_variant_new ("(ib)", 0, FALSE));
  assert_outlined (driver, 2, 2);
  app_driver_win (driver, "select-annotation", g_variant_new_int32 (-1));
  assert_outlined (driver, 2, 1);
  app_driver_win (driver, "show-annotation", g_variant_new ("(ib)", 0, TRUE));
  compare (driver, "difference");
  assert_outlined (driver, 3, 2);
  app_driver_screenshot (driver, "compare-outlines-difference");
  app_driver_win (driver, "compare-grid", g_variant_new_string ("layers"));
  g_autoptr (JsonNode) layers = get_state (driver);
  assert_outlined (driver, state_length (layers, "compare.variants"), 2);
  app_driver_screenshot (driver, "compare-outlines-grid");
  app_driver_win (driver, "clear-annotations", NULL);
  assert_outlined (driver, state_length (layers, "compare.variants"), 0);
  app_driver_stop (driver);
}

static void
test_narrow (void)
{
  AppDriver *driver = start ();

  compare (driver, "side");
  app_driver_wait_idle (driver);
  /* In one go, from the lay-out whose least width is more than that. */
  app_driver_resize (driver, 360, 640);
  g_autoptr (JsonNode) state = get_state (driver);
  g_assert_cmpint ((int) state_number (state, "window.width"), <=, 360);
  g_assert_cmpint ((int) state_number (state, "window.panes"), ==, 2);
  /* Beside each other, which leaves the pictures more room in what is wider than high. */
  g_assert_cmpint ((int) state_number (state, "window.pane_columns"), ==, 2);
  app_driver_screenshot (driver, "compare-narrow");
  /* High and narrow: one below the other. */
  app_driver_win (driver, "show-inspector", NULL);
  app_driver_wait_idle (driver);
  g_autoptr (JsonNode) high = get_state (driver);
  g_assert_cmpint ((int) state_number (high, "window.pane_columns"), ==, 1);
  app_driver_win (driver, "show-inspector", NULL);
  app_driver_win (driver, "compare-grid", g_variant_new_string ("layers"));
  app_driver_wait_idle (driver);
  app_driver_screenshot (driver, "compare-narrow-grid");
  app_driver_stop (driver);
}

static void
test_session (void)
{
  AppDriver *driver = start ();
  g_autofree char *session = g_build_filename (g_get_home_dir (), "compare.whylight", NULL);

  app_driver_win (driver, "compare-with", g_variant_new ("(ss)", "method", "layercam"));
  compare (driver, "curtain");
  app_driver_win (driver, "curtain", g_variant_new_double (0.25));
  app_driver_wait_idle (driver);
  app_driver_win (driver, "save-session", g_variant_new_string (session));
  app_driver_wait_idle (driver);
  compare (driver, "single");
  app_driver_wait_idle (driver);
  app_driver_win (driver, "open-session", g_variant_new_string (session));
  g_autoptr (JsonNode) state = get_state (driver);
  g_assert_true (state_is_null (state, "error"));
  g_assert_cmpstr (state_string (state, "window.compare"), ==, "curtain");
  g_assert_cmpfloat (state_number (state, "window.curtain"), ==, 0.25);
  g_assert_cmpstr (state_string (state, "compare.variants.0.map.method"), ==, "layercam");
  app_driver_stop (driver);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app-compare/side", test_side);
  g_test_add_func ("/app-compare/curtain", test_curtain);
  g_test_add_func ("/app-compare/difference", test_difference);
  g_test_add_func ("/app-compare/grid", test_grid);
  g_test_add_func ("/app-compare/outlines", test_outlines);
  g_test_add_func ("/app-compare/narrow", test_narrow);
  g_test_add_func ("/app-compare/session", test_session);
  return g_test_run ();
}
