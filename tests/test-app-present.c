#include "config.h"

#include "app-driver.h"

#include <string.h>

/* A talk, given by the keys of a remote: what is on the screen then, and the window as it was afterwards. Needs a display, a
 * session bus (with-display.sh) and xdotool. */

static AppDriver *
start (void)
{
  AppDriver *driver = app_driver_start_with ("models/wardrobe/wardrobe.onnx", "data/samples/wardrobe-1.png");

  hand ("search --name wardrobe windowfocus");
  return driver;
}

/* Whether a text can be read on the screen, in a tooltip or in the title. */
static gboolean
can_be_read (JsonNode *state, const char *text)
{
  const guint n_texts = state_length (state, "window.texts");

  if (strstr (state_string (state, "window.presentation.window_title"), text) != NULL ||
      strstr (state_string (state, "window.presentation.text"), text) != NULL)
    return TRUE;
  for (guint index = 0; index < n_texts; index++)
    {
      g_autofree char *path = g_strdup_printf ("window.texts.%u", index);
      if (strstr (state_string (state, path), text) != NULL)
        return TRUE;
    }
  return FALSE;
}

static gboolean
says (JsonNode *state, const char *text)
{
  return strstr (state_string (state, "window.presentation.text"), text) != NULL;
}

/* Names of files can be names of people. */
static void
assert_private (JsonNode *state)
{
  g_assert_true (state_bool (state, "window.presentation.on"));
  g_assert_false (can_be_read (state, "wardrobe-1"));
  g_assert_false (can_be_read (state, ".png"));
  g_assert_false (can_be_read (state, ".onnx"));
  g_assert_false (can_be_read (state, "data/samples"));
  g_assert_false (can_be_read (state, "/models"));
}

/* Whole view, one part, and something covered. */
static void
add_steps (AppDriver *driver)
{
  app_driver_win (driver, "step-add", g_variant_new_string ("All"));
  app_driver_win (driver, "zoom", g_variant_new_double (2.5));
  app_driver_wait_idle (driver);
  app_driver_win (driver, "step-add", g_variant_new_string ("A part"));
  app_driver_win (driver, "zoom-fit", NULL);
  app_driver_win (driver, "occlude", g_variant_new ("(dddd)", 0.0, 0.0, 512.0, 512.0));
  app_driver_wait_idle (driver);
  app_driver_win (driver, "step-add", g_variant_new_string ("Covered"));
  app_driver_win (driver, "step-go", g_variant_new_int32 (0));
  app_driver_wait_idle (driver);
}

static void
test_talk (void)
{
  g_autoptr (JsonNode) state = NULL;

  if (!hand_is_there ())
    return;
  AppDriver *driver = start ();
  add_steps (driver);
  g_autoptr (JsonNode) before = app_driver_state (driver);
  g_assert_cmpuint (state_length (before, "steps"), ==, 3);
  g_assert_cmpuint (state_length (before, "occlusions"), ==, 0);
  /* The question below is one that can be answered with yes. */
  g_assert_true (can_be_read (before, "wardrobe-1"));
  const char *label = state_string (before, "probabilities.0.label");
  const int top = (int) state_number (before, "class.shown");
  const double answer = state_probability (before, top);

  hand ("key shift+F5");
  WAIT_FOR (driver, state, state_bool (state, "window.presentation.on"));
  assert_private (state);
  g_assert_cmpstr (state_string (state, "window.presentation.window_title"), ==, "Whylight");
  g_assert_true (says (state, label));
  g_assert_true (says (state, "1 / 3"));
  g_assert_false (says (state, "before:"));
  app_driver_screenshot (driver, "talk-all");

  hand ("key Page_Down");
  WAIT_FOR (driver, state, says (state, "2 / 3"));
  assert_private (state);
  app_driver_screenshot (driver, "talk-part");

  /* Without animations there is nothing between before and after: both are there at once. */
  hand ("key Page_Down");
  WAIT_FOR (driver, state, says (state, "3 / 3"));
  assert_private (state);
  g_assert_cmpuint (state_length (state, "occlusions"), ==, 1);
  g_assert_cmpfloat_with_epsilon (state_number (state, "occlusions.0.before"), answer, 1e-6);
  g_assert_cmpfloat (state_number (state, "occlusions.0.after"), <, answer - 0.2);
  g_assert_true (says (state, "before:"));
  app_driver_screenshot (driver, "talk-covered");

  /* The last step is the end of the way. */
  hand ("key Page_Down");
  hand ("key b");
  WAIT_FOR (driver, state, state_bool (state, "window.presentation.blank"));
  assert_private (state);
  g_assert_cmpstr (state_string (state, "window.presentation.text"), ==, "");
  app_driver_screenshot (driver, "talk-black");
  hand ("key b");
  WAIT_FOR (driver, state, !state_bool (state, "window.presentation.blank"));
  g_assert_true (says (state, "3 / 3"));
  hand ("key Page_Up");
  WAIT_FOR (driver, state, says (state, "2 / 3"));
  hand ("key Page_Up");
  WAIT_FOR (driver, state, says (state, "1 / 3"));
  g_assert_cmpuint (state_length (state, "occlusions"), ==, 0);

  hand ("key Escape");
  WAIT_FOR (driver, state, !state_bool (state, "window.presentation.on"));
  g_assert_false (state_bool (state, "window.fullscreen"));
  g_assert_true (can_be_read (state, "wardrobe-1"));
  g_assert_cmpstr (state_string (state, "window.title"), ==, "wardrobe-1.png");
  g_assert_cmpstr (state_string (state, "window.inspector_page"), ==, state_string (before, "window.inspector_page"));
  g_assert_true (state_bool (state, "window.inspector"));
  g_assert_true (state_bool (state, "window.zoom_fit"));
  g_assert_cmpint ((int) state_number (state, "class.shown"), ==, top);
  g_assert_cmpfloat_with_epsilon (state_probability (state, top), answer, 1e-6);
  /* Keys are the window's again. */
  hand ("key r");
  WAIT_FOR (driver, state, g_str_equal (state_string (state, "window.tool"), "rectangle"));
  app_driver_stop (driver);
}

/* Without steps what is open is shown, and nothing about steps. */
static void
test_without_steps (void)
{
  g_autoptr (JsonNode) state = NULL;

  if (!hand_is_there ())
    return;
  AppDriver *driver = start ();
  hand ("key shift+F5");
  WAIT_FOR (driver, state, state_bool (state, "window.presentation.on"));
  assert_private (state);
  g_assert_false (says (state, " / "));
  hand ("key Page_Down");
  hand ("key Page_Up");
  WAIT_FOR (driver, state, state_bool (state, "window.presentation.on"));
  hand ("key shift+F5");
  WAIT_FOR (driver, state, !state_bool (state, "window.presentation.on"));
  app_driver_stop (driver);
}

/* A list of cases that is not seen forgets none of its manners: read anew and then emptied, while a talk is given, it told
 * of a chosen row that it did not have any more. */
static void
test_cases_meanwhile (void)
{
  AppDriver *driver = start ();

  app_driver_win (driver, "next-case", NULL);
  app_driver_win (driver, "show-cases", NULL);
  app_driver_wait_idle (driver);
  app_driver_win (driver, "present", NULL);
  app_driver_wait_idle (driver);
  app_driver_win (driver, "reload", NULL);
  app_driver_wait_idle (driver);
  app_driver_win (driver, "cases-order", g_variant_new_string ("answer"));
  app_driver_win (driver, "cases-filter", g_variant_new_string ("no such name"));
  app_driver_wait_idle (driver);
  app_driver_win (driver, "cases-filter", g_variant_new_string (""));
  app_driver_win (driver, "next-case", NULL);
  app_driver_wait_idle (driver);
  /* Any complaint of the toolkit would have ended it. */
  g_autoptr (JsonNode) state = app_driver_state (driver);
  g_assert_nonnull (state);
  app_driver_stop (driver);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/present/talk", test_talk);
  g_test_add_func ("/present/without-steps", test_without_steps);
  g_test_add_func ("/present/cases-meanwhile", test_cases_meanwhile);
  return g_test_run ();
}
