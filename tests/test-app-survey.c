#include "config.h"

#include "app-driver.h"
#include "gland-slide.h"

#include <glib/gstdio.h>
#include <string.h>
#include <vips/vips.h>

/* A slide in the real program: every field is asked about, the surest are gone through and explained, and the table is saved.
 * Needs a display and a session bus (with-display.sh). */

#define COLUMNS 12
#define ROWS 9
#define TUMOUR_COLUMN 7
#define TUMOUR_ROW 4
#define TUMOUR_CLASS 1
#define N_GLASS 3

static char *folder;
static char *slide_path;
static char *plain_path;

static JsonNode *
get_state (AppDriver *driver)
{
  app_driver_wait_idle (driver);
  return app_driver_state (driver);
}

static AppDriver *
start (const char *picture)
{
  AppDriver *driver = app_driver_start (NULL, NULL);
  g_autofree char *model = gland_slide_model ();

  app_driver_resize (driver, 1280, 800);
  app_driver_open (driver, model, picture, NULL);
  app_driver_wait_idle (driver);
  return driver;
}

static void
test_slide (void)
{
  AppDriver *driver = start (slide_path);
  g_autofree char *table = g_build_filename (folder, "fields.csv", NULL);
  g_autofree char *text = NULL;

  g_autoptr (JsonNode) before = get_state (driver);
  g_assert_true (state_is_null (before, "window.survey"));
  app_driver_win (driver, "target-class", g_variant_new_int32 (TUMOUR_CLASS));
  app_driver_win (driver, "survey", g_variant_new_string ("all"));
  g_autoptr (JsonNode) done = get_state (driver);
  g_assert_true (state_is_null (done, "error"));
  g_assert_true (state_bool (done, "window.survey.complete"));
  g_assert_false (state_bool (done, "window.survey.running"));
  g_assert_cmpint ((int) state_number (done, "window.survey.columns"), ==, COLUMNS);
  /* The first column of glass touches tissue in the overview. */
  g_assert_cmpint ((int) state_number (done, "window.survey.glass"), ==, (N_GLASS - 1) * ROWS);
  g_assert_cmpint ((int) state_number (done, "window.survey.over_half"), ==, 1);
  g_assert_cmpfloat (state_number (done, "window.survey.highest"), >, 0.9);
  app_driver_screenshot (driver, "survey");

  /* The surest field is the one with tumour: it is gone to and explained, and the answer is the survey's. */
  app_driver_win (driver, "next-field", NULL);
  g_autoptr (JsonNode) first = get_state (driver);
  g_assert_cmpint ((int) state_number (first, "window.survey.rank"), ==, 0);
  g_autofree char *place = g_strdup_printf ("%d,%d,%d,%d", TUMOUR_COLUMN * GLAND_TILE, TUMOUR_ROW * GLAND_TILE, GLAND_TILE, GLAND_TILE);
  g_assert_cmpstr (state_string (first, "document.roi"), ==, place);
  g_assert_cmpfloat ((float) state_probability (first, TUMOUR_CLASS), ==, (float) state_number (first, "window.survey.highest"));
  g_assert_false (state_is_null (first, "map"));
  app_driver_screenshot (driver, "survey-field");
  app_driver_win (driver, "next-field", NULL);
  g_autoptr (JsonNode) second = get_state (driver);
  g_assert_cmpint ((int) state_number (second, "window.survey.rank"), ==, 1);
  app_driver_win (driver, "previous-field", NULL);
  g_autoptr (JsonNode) back = get_state (driver);
  g_assert_cmpint ((int) state_number (back, "window.survey.rank"), ==, 0);

  app_driver_win (driver, "show-survey", NULL);
  g_autoptr (JsonNode) hidden = get_state (driver);
  g_assert_false (state_bool (hidden, "window.survey.shown"));
  app_driver_win (driver, "export-survey", g_variant_new_string (table));
  g_autoptr (JsonNode) saved = get_state (driver);
  for (int tries = 0; tries < 1000 && !g_file_test (table, G_FILE_TEST_EXISTS); tries++)
    g_usleep (10000);
  g_assert_true (state_is_null (saved, "error"));
  g_assert_true (g_file_get_contents (table, &text, NULL, NULL));
  g_autofree char *line = g_strdup_printf ("\n%s,\"tumour\",", place);
  g_assert_nonnull (strstr (text, line));
  g_unlink (table);

  app_driver_win (driver, "export-survey", g_variant_new_string ("/no/such/folder/fields.csv"));
  JsonNode *refused = NULL;
  WAIT_FOR (driver, refused, !state_is_null (refused, "error"));
  g_assert_nonnull (strstr (state_string (refused, "error"), "/no/such/folder/fields.csv"));
  json_node_unref (refused);

  app_driver_win (driver, "export-survey", g_variant_new_string (table));
  app_driver_win (driver, "forget-survey", NULL);
  g_autoptr (JsonNode) forgotten = get_state (driver);
  g_assert_true (state_is_null (forgotten, "window.survey"));
  app_driver_stop (driver);
  /* Forgotten and left at once, and written all the same. */
  g_autofree char *again = NULL;
  g_assert_true (g_file_get_contents (table, &again, NULL, NULL));
  g_assert_cmpstr (again, ==, text);
  g_unlink (table);
}

/* What is visible of an ordinary picture; and stopping it, which Escape does when nothing else is under way. */
static void
test_picture (void)
{
  AppDriver *driver = start (plain_path);

  app_driver_win (driver, "target-class", g_variant_new_int32 (TUMOUR_CLASS));
  app_driver_win (driver, "zoom", g_variant_new_double (1.0));
  app_driver_win (driver, "survey", g_variant_new_string ("view"));
  g_autoptr (JsonNode) done = get_state (driver);
  g_assert_true (state_bool (done, "window.survey.complete"));
  g_assert_cmpint ((int) state_number (done, "window.survey.columns"), <, COLUMNS);
  g_assert_cmpint ((int) state_number (done, "window.survey.glass"), ==, 0);
  /* The field under the cross hair is explained. */
  app_driver_win (driver, "probe-at", g_variant_new ("(dd)", COLUMNS * GLAND_TILE / 2.0, ROWS * GLAND_TILE / 2.0));
  app_driver_win (driver, "explain-field", NULL);
  g_autoptr (JsonNode) there = get_state (driver);
  g_assert_nonnull (strstr (state_string (there, "document.roi"), ",224,224"));
  app_driver_screenshot (driver, "survey-picture");

  app_driver_win (driver, "survey", g_variant_new_string ("all"));
  app_driver_win (driver, "stop-survey", NULL);
  g_autoptr (JsonNode) stopped = get_state (driver);
  g_assert_false (state_bool (stopped, "window.survey.running"));
  app_driver_win (driver, "survey", g_variant_new_string ("nonsense"));
  g_autoptr (JsonNode) refused = get_state (driver);
  g_assert_nonnull (strstr (state_string (refused, "error"), "view"));
  app_driver_resize (driver, 360, 640);
  app_driver_screenshot (driver, "survey-narrow");
  app_driver_stop (driver);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (VIPS_INIT (argv[0]) != 0)
    g_error ("libvips cannot start");
  folder = g_dir_make_tmp ("whylight-survey-XXXXXX", NULL);
  slide_path = g_build_filename (folder, "slide.tiff", NULL);
  plain_path = g_build_filename (folder, "plain.png", NULL);
  gland_slide_write (slide_path, plain_path, COLUMNS, ROWS, TUMOUR_COLUMN * GLAND_TILE, TUMOUR_ROW * GLAND_TILE, N_GLASS);
  g_test_add_func ("/survey/slide", test_slide);
  g_test_add_func ("/survey/picture", test_picture);
  const int status = g_test_run ();
  g_unlink (slide_path);
  g_unlink (plain_path);
  g_rmdir (folder);
  g_free (slide_path);
  g_free (plain_path);
  g_free (folder);
  vips_shutdown ();
  return status;
}
