#include "config.h"

#include "app-driver.h"

#include <math.h>
#include <string.h>

/* Each tool by pointer and by keys, and what is covered already: chosen, moved, stretched, removed. Events go through
 * the X server, as a hand's would; needs a display and a session bus (with-display.sh). */

static AppDriver *
start (void)
{
  AppDriver *driver = app_driver_start_with ("models/wardrobe/wardrobe.onnx", "data/samples/wardrobe-1.png");

  hand ("search --name wardrobe windowfocus");
  return driver;
}

static void
test_ellipse (void)
{
  g_autoptr (JsonNode) state = NULL;

  if (!hand_is_there ())
    return;
  AppDriver *driver = start ();
  hand ("key o");
  WAIT_FOR (driver, state, g_str_equal (state_string (state, "window.tool"), "ellipse"));
  hand ("mousemove 250 200 mousedown 1 mousemove 300 260 mousemove 400 330");
  /* While the button is down: the probabilities move, the state does not. */
  WAIT_FOR (driver, state, state_number (state, "previews") >= 1);
  g_assert_true (state_bool (state, "previewing"));
  g_assert_true (state_bool (state, "window.drawing"));
  g_assert_cmpuint (state_length (state, "occlusions"), ==, 0);
  g_assert_false (state_bool (state, "can_undo"));
  hand ("mouseup 1");
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 1);
  g_assert_cmpstr (state_string (state, "occlusions.0.kind"), ==, "ellipse");
  g_assert_false (state_bool (state, "previewing"));
  const double scale = state_number (state, "window.zoom");
  g_assert_cmpfloat_with_epsilon (state_number (state, "occlusions.0.w") * scale, 150, 1.5);
  g_assert_cmpfloat_with_epsilon (state_number (state, "occlusions.0.h") * scale, 130, 1.5);

  /* Given up: nothing is left of it. */
  const double probability = state_number (state, "occlusions.0.after");
  hand ("mousemove 500 300 mousedown 1 mousemove 560 360 mousemove 600 400");
  WAIT_FOR (driver, state, state_bool (state, "previewing"));
  hand ("key Escape");
  WAIT_FOR (driver, state, !state_bool (state, "previewing"));
  hand ("mouseup 1");
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 1);
  g_assert_cmpfloat (state_number (state, "occlusions.0.after"), ==, probability);

  /* With Shift a circle. */
  hand ("mousemove 500 300 keydown Shift mousedown 1 mousemove 520 330 mousemove 600 360 mouseup 1 keyup Shift");
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 2);
  g_assert_cmpfloat_with_epsilon (state_number (state, "occlusions.1.w"), state_number (state, "occlusions.1.h"), 1e-6);
  app_driver_screenshot (driver, "cover-ellipses");
  g_clear_pointer (&state, json_node_unref);
  app_driver_stop (driver);
}

static void
test_polygon (void)
{
  g_autoptr (JsonNode) state = NULL;

  if (!hand_is_there ())
    return;
  AppDriver *driver = start ();
  hand ("key p");
  WAIT_FOR (driver, state, g_str_equal (state_string (state, "window.tool"), "polygon"));
  hand ("mousemove 250 200 click 1");
  WAIT_FOR (driver, state, state_number (state, "window.drawing_points") == 1);
  hand ("mousemove 400 210 click 1");
  WAIT_FOR (driver, state, state_number (state, "window.drawing_points") == 2);
  hand ("mousemove 390 330 click 1");
  WAIT_FOR (driver, state, state_number (state, "window.drawing_points") == 3);
  hand ("mousemove 260 320 click 1");
  WAIT_FOR (driver, state, state_number (state, "window.drawing_points") == 4);
  hand ("key BackSpace");
  WAIT_FOR (driver, state, state_number (state, "window.drawing_points") == 3);
  hand ("key Return");
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 1);
  g_assert_cmpstr (state_string (state, "occlusions.0.kind"), ==, "polygon");
  g_assert_cmpuint (state_length (state, "occlusions.0.shape.points"), ==, 6);

  /* By keys alone: Space sets points at the cross hair, Return closes. */
  hand ("key shift+Left shift+Left space shift+Right space shift+Down space");
  WAIT_FOR (driver, state, state_number (state, "window.drawing_points") == 3);
  hand ("key Return");
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 2);
  g_assert_cmpstr (state_string (state, "occlusions.1.kind"), ==, "polygon");
  hand ("key ctrl+z");
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 1);
  g_clear_pointer (&state, json_node_unref);
  app_driver_stop (driver);
}

static void
test_brush (void)
{
  g_autoptr (JsonNode) state = NULL;

  if (!hand_is_there ())
    return;
  AppDriver *driver = start ();
  hand ("key b");
  WAIT_FOR (driver, state, g_str_equal (state_string (state, "window.tool"), "brush"));
  const double size = state_number (state, "window.brush_size");
  hand ("key bracketright");
  WAIT_FOR (driver, state, state_number (state, "window.brush_size") > size);
  hand ("key bracketleft bracketleft");
  WAIT_FOR (driver, state, state_number (state, "window.brush_size") < size);
  app_driver_win (driver, "brush-size", g_variant_new_double (20));
  hand ("mousemove 250 250 mousedown 1 mousemove 300 260 mousemove 350 250 mouseup 1");
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 1);
  g_assert_cmpstr (state_string (state, "occlusions.0.kind"), ==, "brush");
  g_assert_cmpfloat (state_number (state, "occlusions.0.shape.radius"), ==, 10);
  g_assert_cmpuint (state_length (state, "occlusions.0.shape.points"), >=, 4);
  /* A stamp by keys. */
  hand ("key shift+Right Return");
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 2);
  g_assert_cmpuint (state_length (state, "occlusions.1.shape.points"), ==, 2);
  g_clear_pointer (&state, json_node_unref);
  app_driver_stop (driver);
}

/* Chosen, moved and stretched by pointer and keys, inverted, removed, and all of it undone. */
static void
test_editing (void)
{
  g_autoptr (JsonNode) state = NULL;

  if (!hand_is_there ())
    return;
  AppDriver *driver = start ();
  hand ("key r");
  WAIT_FOR (driver, state, g_str_equal (state_string (state, "window.tool"), "rectangle"));
  hand ("mousemove 250 200 mousedown 1 mousemove 300 260 mousemove 400 330 mouseup 1");
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 1);
  g_assert_cmpint ((int) state_number (state, "selected_cover"), ==, 0);
  const double x = state_number (state, "occlusions.0.x");
  const double w = state_number (state, "occlusions.0.w");
  const double scale = state_number (state, "window.zoom");

  hand ("key m");
  WAIT_FOR (driver, state, g_str_equal (state_string (state, "window.tool"), "pan"));
  hand ("mousemove 330 270 mousedown 1 mousemove 340 270 mousemove 360 270 mouseup 1");
  WAIT_FOR (driver, state, state_number (state, "occlusions.0.x") > x);
  g_assert_cmpfloat_with_epsilon ((state_number (state, "occlusions.0.x") - x) * scale, 30, 1.5);
  g_assert_cmpfloat_with_epsilon (state_number (state, "occlusions.0.w"), w, 1e-6);
  g_assert_cmpuint (state_length (state, "occlusions"), ==, 1);
  /* The right edge, in its middle. */
  hand ("mousemove 430 265 mousedown 1 mousemove 440 265 mousemove 470 265 mouseup 1");
  WAIT_FOR (driver, state, state_number (state, "occlusions.0.w") > w);
  g_assert_cmpfloat_with_epsilon ((state_number (state, "occlusions.0.w") - w) * scale, 40, 1.5);
  const double moved = state_number (state, "occlusions.0.x");
  hand ("key ctrl+Right");
  WAIT_FOR (driver, state, state_number (state, "occlusions.0.x") > moved);
  const double wide = state_number (state, "occlusions.0.w");
  hand ("key ctrl+shift+Left");
  WAIT_FOR (driver, state, state_number (state, "occlusions.0.w") < wide);

  app_driver_win (driver, "invert-cover", g_variant_new_int32 (-1));
  WAIT_FOR (driver, state, state_bool (state, "occlusions.0.inverse"));
  g_assert_cmpfloat (state_number (state, "occlusions.0.after"), >=, 0);
  /* Beside it: nothing is chosen any more; on it: it is again. */
  hand ("mousemove 300 500 click 1");
  WAIT_FOR (driver, state, state_number (state, "selected_cover") == -1);
  hand ("mousemove 350 270 click 1");
  WAIT_FOR (driver, state, state_number (state, "selected_cover") == 0);
  hand ("key Delete");
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 0);
  hand ("key ctrl+z");
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 1);
  g_assert_true (state_bool (state, "occlusions.0.inverse"));
  g_clear_pointer (&state, json_node_unref);
  app_driver_stop (driver);
}

/* Outlines likewise, and the points of one that were set one by one. */
static void
test_outlines (void)
{
  g_autoptr (JsonNode) state = NULL;

  if (!hand_is_there ())
    return;
  AppDriver *driver = start ();
  app_driver_win (driver, "tool-purpose", g_variant_new_string ("annotate"));
  hand ("key r");
  WAIT_FOR (driver, state, g_str_equal (state_string (state, "window.tool"), "rectangle"));
  hand ("mousemove 250 200 mousedown 1 mousemove 300 260 mousemove 400 330 mouseup 1");
  WAIT_FOR (driver, state, state_length (state, "annotations") == 1);
  g_assert_cmpint ((int) state_number (state, "selected_annotation"), ==, 0);
  const double x = state_number (state, "annotations.0.x");
  const double w = state_number (state, "annotations.0.w");
  const double scale = state_number (state, "window.zoom");

  hand ("key m");
  WAIT_FOR (driver, state, g_str_equal (state_string (state, "window.tool"), "pan"));
  hand ("mousemove 330 270 mousedown 1 mousemove 340 270 mousemove 360 270 mouseup 1");
  WAIT_FOR (driver, state, state_number (state, "annotations.0.x") > x);
  g_assert_cmpfloat_with_epsilon ((state_number (state, "annotations.0.x") - x) * scale, 30, 1.5);
  g_assert_cmpfloat_with_epsilon (state_number (state, "annotations.0.w"), w, 1e-6);
  /* The network was not asked: nothing is covered. */
  g_assert_cmpuint (state_length (state, "occlusions"), ==, 0);
  hand ("mousemove 430 265 mousedown 1 mousemove 440 265 mousemove 470 265 mouseup 1");
  WAIT_FOR (driver, state, state_number (state, "annotations.0.w") > w);
  g_assert_cmpfloat_with_epsilon ((state_number (state, "annotations.0.w") - w) * scale, 40, 1.5);
  const double moved = state_number (state, "annotations.0.x");
  hand ("key ctrl+Right ctrl+Right");
  WAIT_FOR (driver, state, state_number (state, "annotations.0.x") > moved);
  hand ("key ctrl+z");
  WAIT_FOR (driver, state, state_number (state, "annotations.0.x") == moved);
  hand ("mousemove 300 500 click 1");
  WAIT_FOR (driver, state, state_number (state, "selected_annotation") == -1);
  hand ("mousemove 350 270 click 1");
  WAIT_FOR (driver, state, state_number (state, "selected_annotation") == 0);
  hand ("key Delete");
  WAIT_FOR (driver, state, state_length (state, "annotations") == 0);
  hand ("key ctrl+z");
  WAIT_FOR (driver, state, state_length (state, "annotations") == 1);

  /* One corner of a triangle, 20 further to the left: its box grows by that, the rest stays. */
  hand ("key p");
  WAIT_FOR (driver, state, g_str_equal (state_string (state, "window.tool"), "polygon"));
  hand ("mousemove 300 420 click 1 mousemove 400 430 click 1 mousemove 350 520 click 1 key Return");
  WAIT_FOR (driver, state, state_length (state, "annotations") == 2);
  hand ("key m");
  const double corner = state_number (state, "annotations.1.x");
  const double width = state_number (state, "annotations.1.w");
  hand ("mousemove 300 420 mousedown 1 mousemove 290 425 mousemove 280 430 mouseup 1");
  WAIT_FOR (driver, state, state_number (state, "annotations.1.x") < corner);
  g_assert_cmpstr (state_string (state, "annotations.1.kind"), ==, "polygon");
  g_assert_cmpfloat_with_epsilon ((corner - state_number (state, "annotations.1.x")) * scale, 20, 1.5);
  g_assert_cmpfloat_with_epsilon ((state_number (state, "annotations.1.w") - width) * scale, 20, 1.5);
  app_driver_screenshot (driver, "outlines-moved");
  g_clear_pointer (&state, json_node_unref);
  app_driver_stop (driver);
}

/* What scripts do. */
static void
test_actions (void)
{
  AppDriver *driver = start ();
  g_autoptr (JsonNode) state = NULL;

  app_driver_win (driver, "fill", g_variant_new_string ("texture"));
  app_driver_win (driver, "cover", g_variant_new_string ("{\"kind\":\"ellipse\",\"x\":10,\"y\":20,\"w\":60,\"h\":40}"));
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 1);
  g_assert_cmpstr (state_string (state, "occlusions.0.fill"), ==, "texture");
  app_driver_win (driver, "refill-cover", g_variant_new ("(is)", 0, "black"));
  WAIT_FOR (driver, state, g_str_equal (state_string (state, "occlusions.0.fill"), "black"));
  app_driver_win (driver, "cover-hottest", g_variant_new_double (0.1));
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 2);
  g_assert_cmpstr (state_string (state, "occlusions.1.kind"), ==, "mask");
  app_driver_win (driver, "cover", g_variant_new_string ("{\"kind\":\"star\"}"));
  WAIT_FOR (driver, state, !state_is_null (state, "error"));
  g_assert_nonnull (strstr (state_string (state, "error"), "polygon"));
  app_driver_win (driver, "tool", g_variant_new_string ("spoon"));
  WAIT_FOR (driver, state, strstr (state_string (state, "error"), "spoon") != NULL);
  app_driver_win (driver, "remove-cover", g_variant_new_int32 (0));
  WAIT_FOR (driver, state, state_length (state, "occlusions") == 1);
  g_assert_cmpstr (state_string (state, "occlusions.0.kind"), ==, "mask");
  app_driver_screenshot (driver, "cover-hottest");
  g_clear_pointer (&state, json_node_unref);
  app_driver_stop (driver);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cover/ellipse", test_ellipse);
  g_test_add_func ("/cover/polygon", test_polygon);
  g_test_add_func ("/cover/brush", test_brush);
  g_test_add_func ("/cover/editing", test_editing);
  g_test_add_func ("/cover/outlines", test_outlines);
  g_test_add_func ("/cover/actions", test_actions);
  return g_test_run ();
}
