#include "config.h"

#include "app-driver.h"

#include <math.h>
#include <string.h>

/* The window's controls of the question and of the map's look, by their actions. */

static AppDriver *
start (void)
{
  g_autofree char *model = g_test_build_filename (G_TEST_DIST, "..", "models", "wardrobe", "wardrobe.onnx", NULL);
  g_autofree char *picture = g_test_build_filename (G_TEST_DIST, "..", "data", "samples", "wardrobe-1.png", NULL);
  const char *args[] = { model, picture, NULL };
  AppDriver *driver = app_driver_start (NULL, args);

  app_driver_wait_idle (driver);
  return driver;
}

static void
text (AppDriver *driver, const char *action, const char *value)
{
  app_driver_win (driver, action, g_variant_new_string (value));
}

static void
class (AppDriver *driver, const char *action, int index)
{
  app_driver_win (driver, action, g_variant_new_int32 (index));
}

/* Why this and not that; with another one; and back again. */
static void
test_question (void)
{
  AppDriver *driver = start ();
  g_autoptr (JsonNode) first = app_driver_state (driver);
  const int top = (int) state_number (first, "class.shown");
  const int second = (int) state_number (first, "probabilities.1.index");
  const int third = (int) state_number (first, "probabilities.2.index");
  const double z_top = state_number (first, "probabilities.0.logit");
  const double z_second = state_number (first, "probabilities.1.logit");
  const double z_third = state_number (first, "probabilities.2.logit");

  text (driver, "page", "answer");
  class (driver, "target-class", top);
  class (driver, "toggle-contrast", second);
  class (driver, "also-class", third);
  app_driver_wait_idle (driver);
  g_autoptr (JsonNode) asked = app_driver_state (driver);
  g_assert_cmpint ((int) state_number (asked, "contrast_class"), ==, second);
  g_assert_cmpint ((int) state_number (asked, "also_classes.0"), ==, third);
  /* float32 logits, added in double */
  g_assert_cmpfloat_with_epsilon (state_number (asked, "map.score"), z_top + z_third - z_second, 1e-3);
  app_driver_screenshot (driver, "controls-question");

  text (driver, "score", "probability");
  app_driver_wait_idle (driver);
  g_autoptr (JsonNode) probability = app_driver_state (driver);
  g_assert_cmpstr (state_string (probability, "map.score_kind"), ==, "probability");
  class (driver, "toggle-contrast", second);
  app_driver_win (driver, "clear-also-classes", NULL);
  text (driver, "score", "logit");
  app_driver_wait_idle (driver);
  g_autoptr (JsonNode) again = app_driver_state (driver);
  g_assert_cmpint ((int) state_number (again, "contrast_class"), ==, -1);
  g_assert_cmpfloat (state_number (again, "map.sum"), ==, state_number (first, "map.sum"));
  app_driver_stop (driver);
}

static void
test_look (void)
{
  AppDriver *driver = start ();
  g_autoptr (JsonNode) first = app_driver_state (driver);

  text (driver, "page", "look");
  app_driver_win (driver, "look-more", NULL);
  app_driver_win (driver, "contours", NULL);
  class (driver, "contour-levels", 4);
  text (driver, "alpha", "value");
  app_driver_win (driver, "threshold", g_variant_new_double (0.5));
  app_driver_win (driver, "limits-range", g_variant_new ("(dd)", 0.0, 2 * state_number (first, "display.hi")));
  app_driver_wait_idle (driver);
  g_autoptr (JsonNode) shown = app_driver_state (driver);
  g_assert_true (state_is_null (shown, "error"));
  g_assert_true (state_bool (shown, "display.contours"));
  g_assert_cmpint ((int) state_number (shown, "display.contour_levels"), ==, 4);
  g_assert_cmpstr (state_string (shown, "display.alpha"), ==, "value");
  g_assert_cmpstr (state_string (shown, "display.limits"), ==, "locked");
  /* Half of twice the maximum is the maximum: next to nothing reaches it. */
  g_assert_cmpfloat (state_number (shown, "display.share_shown"), <, 0.01);
  text (driver, "colour-vision", "tritanopia");
  app_driver_wait_idle (driver);
  app_driver_screenshot (driver, "controls-look");

  /* One step back for each. */
  for (int step = 0; step < 6; step++)
    app_driver_win (driver, "undo", NULL);
  app_driver_wait_idle (driver);
  g_autoptr (JsonNode) back = app_driver_state (driver);
  g_assert_false (state_bool (back, "display.contours"));
  g_assert_cmpstr (state_string (back, "display.limits"), ==, "own");
  g_assert_cmpstr (state_string (back, "display.colour_vision"), ==, "normal");
  g_assert_false (state_bool (back, "can_undo"));
  app_driver_stop (driver);
}

/* A popover of a button that is scrolled away: the toolkit must not complain, which would end the program here. */
static void
test_scrolled_away (void)
{
  AppDriver *driver = start ();

  app_driver_win (driver, "page", g_variant_new_string ("look"));
  app_driver_win (driver, "look-more", NULL);
  app_driver_wait_idle (driver);
  app_driver_win (driver, "edit-limit", g_variant_new_string ("upper"));
  app_driver_wait_idle (driver);
  app_driver_win (driver, "show-method-options", NULL);
  app_driver_screenshot (driver, "method-options-scrolled");
  app_driver_wait_idle (driver);
  app_driver_win (driver, "page", g_variant_new_string ("answer"));
  app_driver_win (driver, "show-method-options", NULL);
  app_driver_screenshot (driver, "method-options-other-page");
  g_autoptr (JsonNode) state = app_driver_state (driver);
  g_assert_cmpstr (state_string (state, "window.inspector_page"), ==, "look");
  app_driver_stop (driver);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/controls/question", test_question);
  g_test_add_func ("/controls/look", test_look);
  g_test_add_func ("/controls/scrolled-away", test_scrolled_away);
  return g_test_run ();
}
