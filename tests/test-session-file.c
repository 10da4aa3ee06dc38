#include "config.h"

#include "base/error.h"
#include "draw/png.h"
#include "service/document.h"
#include "service/state-json.h"
#include "session-file.h"
#include "small-models.h"
#include "spin.h"

#include <glib/gstdio.h>
#include <string.h>

/* Sessions: what was shown is shown again, elsewhere too; and files that are no session, or not whole, become sentences. */

static char *folder;

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
write_picture (const char *path, guint8 level)
{
  guint32 pixels[20 * 30];
  g_autoptr (GError) error = NULL;

  for (guint32 pixel = 0; pixel < 20 * 30; pixel++)
    pixels[pixel] = 0xff000000u | (pixel * 0x070b0du + level * 0x010203u) % 0x1000000u;
  why_png_write (path, pixels, 30, 20, 30 * sizeof *pixels, FALSE, NULL, 0, NULL, &error);
  g_assert_no_error (error);
}

static void
make_files (const char *where)
{
  g_autofree char *nets = g_build_filename (where, "nets", NULL);
  g_autofree char *model = g_build_filename (nets, "small.onnx", NULL);
  g_autofree char *picture = g_build_filename (where, "picture.png", NULL);

  g_assert_cmpint (g_mkdir_with_parents (nets, 0700), ==, 0);
  small_write (small_model (), model);
  write_picture (picture, 0);
}

static void
remove_files (const char *where)
{
  static const char *const names[] = { "nets/small.onnx", "nets", "picture.png", "s.whylight" };

  for (gsize name = 0; name < G_N_ELEMENTS (names); name++)
    {
      g_autofree char *path = g_build_filename (where, names[name], NULL);
      g_remove (path);
    }
  g_rmdir (where);
}

/* The state with what depends on the folder cut out. */
static char *
state_without_paths (WhyDocument *document)
{
  g_autofree char *state = why_state_to_json (document);
  GString *text = g_string_new (NULL);

  for (const char *at = state; *at != '\0';)
    {
      if (g_str_has_prefix (at, "\"path\":\""))
        {
          at = strchr (at + strlen ("\"path\":\""), '"') + 1;
          continue;
        }
      g_string_append_c (text, *at++);
    }
  return g_string_free (text, FALSE);
}

static WhyDocument *
ask_something (WhyRunner *runner, const char *where)
{
  WhyDocument *document = why_document_new (runner);
  g_autofree char *model = g_build_filename (where, "nets", "small.onnx", NULL);
  g_autofree char *picture = g_build_filename (where, "picture.png", NULL);

  why_document_open (document, model);
  why_document_open (document, picture);
  spin_until_idle (document);
  why_document_set_method (document, "hirescam");
  why_document_set_target_class (document, 1);
  why_document_set_layer (document, "relu1");
  why_document_set_polarity (document, "signed");
  spin_until_idle (document);
  why_document_set_limits (document, "locked");
  why_document_set_opacity (document, 0.25);
  why_document_set_threshold (document, 0.125);
  why_document_set_smooth (document, FALSE);
  why_document_set_fill (document, "noise");
  why_document_occlude (document, 2, 3, 10, 8);
  why_document_occlude (document, 12, 1, 6.5, 4);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  return document;
}

static void
test_round_trip (void)
{
  g_autofree char *here = in_folder ("here");
  g_autofree char *there = in_folder ("there");
  g_autofree char *saved = g_build_filename (here, "s.whylight", NULL);
  g_autofree char *moved = g_build_filename (there, "s.whylight", NULL);
  WhyRunner *runner = why_runner_new ();

  make_files (here);
  WhyDocument *document = ask_something (runner, here);
  why_document_save_session (document, saved);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  g_autofree char *before = state_without_paths (document);
  g_assert_finalize_object (document);

  /* The whole folder is moved: paths are relative. */
  g_assert_cmpint (g_rename (here, there), ==, 0);
  WhyDocument *again = why_document_new (runner);
  why_document_open (again, moved);
  spin_until_idle (again);
  g_assert_null (why_document_get_error_message (again));
  g_assert_false (why_document_get_can_undo (again));
  g_autofree char *after = state_without_paths (again);
  /* There is nothing to undo in the one that was opened; all else is the same, answers included. */
  char *can_undo = strstr (before, "\"can_undo\":true");
  g_assert_nonnull (can_undo);
  g_autofree char *expected =
    g_strdup_printf ("%.*s\"can_undo\":false%s", (int) (can_undo - before), before, can_undo + strlen ("\"can_undo\":true"));
  g_assert_cmpstr (after, ==, expected);
  g_assert_finalize_object (again);
  why_runner_unref (runner);
  remove_files (there);
}

/* Other bytes than when it was saved: shown, and said. */
static void
test_changed (void)
{
  g_autofree char *here = in_folder ("changed");
  g_autofree char *saved = g_build_filename (here, "s.whylight", NULL);
  g_autofree char *picture = g_build_filename (here, "picture.png", NULL);
  WhyRunner *runner = why_runner_new ();

  make_files (here);
  WhyDocument *document = ask_something (runner, here);
  why_document_save_session (document, saved);
  spin_until_idle (document);
  write_picture (picture, 90);
  why_document_open_session (document, saved);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, "The picture has changed since the session was saved");
  g_assert_nonnull (why_document_get_map (document));

  g_assert_cmpint (g_remove (picture), ==, 0);
  why_document_open_session (document, saved);
  spin_until_idle (document);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "that is not there"));
  g_assert_cmpstr (why_document_get_missing_path (document), ==, picture);
  g_assert_finalize_object (document);
  why_runner_unref (runner);
  remove_files (here);
}

/* On another machine: both files lie elsewhere, together. Pointing at one is enough; other contents are said. */
static void
test_locate (void)
{
  g_autofree char *here = in_folder ("away");
  g_autofree char *there = in_folder ("found");
  g_autofree char *saved = g_build_filename (here, "s.whylight", NULL);
  g_autofree char *model = g_build_filename (here, "nets", "small.onnx", NULL);
  g_autofree char *picture = g_build_filename (here, "picture.png", NULL);
  g_autofree char *model_now = g_build_filename (there, "small.onnx", NULL);
  g_autofree char *picture_now = g_build_filename (there, "picture.png", NULL);
  WhyRunner *runner = why_runner_new ();

  make_files (here);
  WhyDocument *document = ask_something (runner, here);
  why_document_save_session (document, saved);
  spin_until_idle (document);
  g_autofree char *before = state_without_paths (document);
  g_assert_finalize_object (document);
  g_assert_cmpint (g_mkdir (there, 0700), ==, 0);
  g_assert_cmpint (g_rename (model, model_now), ==, 0);
  g_assert_cmpint (g_rename (picture, picture_now), ==, 0);

  document = why_document_new (runner);
  why_document_open (document, saved);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_missing_path (document), ==, model);
  g_assert_nonnull (strstr (why_document_get_error_message (document), model));
  why_document_locate (document, model_now);
  spin_until_idle (document);
  g_assert_null (why_document_get_missing_path (document));
  g_assert_null (why_document_get_error_message (document));
  g_autofree char *after = state_without_paths (document);
  char *can_undo = strstr (before, "\"can_undo\":true");
  g_assert_nonnull (can_undo);
  g_assert_true (strncmp (before, after, (gsize) (can_undo - before)) == 0);

  /* Something else in its place is shown, and said. */
  write_picture (picture_now, 90);
  why_document_open (document, saved);
  spin_until_idle (document);
  why_document_locate (document, model_now);
  spin_until_idle (document);
  g_assert_cmpstr (why_document_get_error_message (document), ==, "The picture has changed since the session was saved");
  g_assert_nonnull (why_document_get_map (document));
  g_assert_finalize_object (document);
  why_runner_unref (runner);
  g_remove (model_now);
  g_remove (picture_now);
  g_rmdir (there);
  remove_files (here);
}

static void
on_session_saved_cb (WhyDocument *document, const char *path, guint *n_saved)
{
  (*n_saved)++;
}

/* Saving one and opening another at once: both happen. */
static void
test_save_and_open (void)
{
  g_autofree char *here = in_folder ("both");
  g_autofree char *saved = g_build_filename (here, "s.whylight", NULL);
  g_autofree char *other = g_build_filename (here, "t.whylight", NULL);
  WhyRunner *runner = why_runner_new ();
  guint n_saved = 0;

  make_files (here);
  g_assert_true (g_file_set_contents (other,
                                      "{\"whylight\":\"session\",\"version\":1,\"picture\":{\"path\":\"picture.png\"},"
                                      "\"opacity\":0.75}",
                                      -1, NULL));
  WhyDocument *document = ask_something (runner, here);
  g_signal_connect (document, "session-saved", G_CALLBACK (on_session_saved_cb), &n_saved);
  why_document_save_session (document, saved);
  why_document_open_session (document, other);
  spin_until_idle (document);
  g_assert_cmpuint (n_saved, ==, 1);
  g_assert_true (g_file_test (saved, G_FILE_TEST_IS_REGULAR));
  g_assert_cmpfloat (why_document_get_opacity (document), ==, 0.75);
  g_assert_finalize_object (document);
  why_runner_unref (runner);
  g_remove (other);
  remove_files (here);
}

/* A class that the network does not have: a sentence, and the rest is shown. */
static void
test_unknown_class (void)
{
  g_autofree char *here = in_folder ("class");
  g_autofree char *saved = g_build_filename (here, "s.whylight", NULL);
  WhyRunner *runner = why_runner_new ();

  make_files (here);
  g_assert_true (g_file_set_contents (saved,
                                      "{\"whylight\":\"session\",\"version\":1,\"model\":{\"path\":\"nets/small.onnx\"},"
                                      "\"picture\":{\"path\":\"picture.png\"},\"target_class\":77,\"opacity\":0.75}",
                                      -1, NULL));
  WhyDocument *document = why_document_new (runner);
  why_document_open (document, saved);
  spin_until_idle (document);
  g_assert_nonnull (strstr (why_document_get_error_message (document), "77"));
  g_assert_cmpfloat (why_document_get_opacity (document), ==, 0.75);
  g_assert_nonnull (why_document_get_map (document));
  g_assert_finalize_object (document);
  why_runner_unref (runner);
  remove_files (here);
}

/* Given up while its files are read: it must not come over what is opened next. */
static void
test_cancelled (void)
{
  g_autofree char *here = in_folder ("cancelled");
  g_autofree char *saved = g_build_filename (here, "s.whylight", NULL);
  g_autofree char *model = g_build_filename (here, "nets", "small.onnx", NULL);
  g_autofree char *picture = g_build_filename (here, "picture.png", NULL);
  WhyRunner *runner = why_runner_new ();

  make_files (here);
  g_assert_true (g_file_set_contents (saved,
                                      "{\"whylight\":\"session\",\"version\":1,\"model\":{\"path\":\"nets/small.onnx\"},"
                                      "\"picture\":{\"path\":\"picture.png\"},\"opacity\":0.75}",
                                      -1, NULL));
  WhyDocument *document = why_document_new (runner);
  why_document_open_session (document, saved);
  while (document->pending == NULL)
    g_main_context_iteration (NULL, TRUE);
  why_document_cancel (document);
  why_document_open_model (document, model);
  why_document_open_picture (document, picture);
  spin_until_idle (document);
  g_assert_nonnull (why_document_get_map (document));
  g_assert_cmpfloat (why_document_get_opacity (document), ==, 0.5);
  g_assert_finalize_object (document);
  why_runner_unref (runner);
  remove_files (here);
}

static void
test_bad (void)
{
  static const struct
  {
    const char *text;
    const char *part;
  } cases[] = {
    { "", "is not a JSON object" },
    { "{\"whylight\":", "is not JSON" },
    { "[]", "is not a JSON object" },
    { "{}", "is no session" },
    { "{\"whylight\":\"session\"}", "version 0" },
    { "{\"whylight\":\"session\",\"version\":2}", "version 2; this program knows version 1" },
    { "{\"whylight\":\"session\",\"version\":1,\"opacty\":1}", "key \"opacty\" is not known" },
    { "{\"whylight\":\"session\",\"version\":1,\"opacity\":\"half\"}", "opacity: a number is needed" },
    { "{\"whylight\":\"session\",\"version\":1,\"target_class\":1.5}", "target_class: a whole number" },
    { "{\"whylight\":\"session\",\"version\":1,\"target_class\":-7}", "target_class: -7 is no class" },
    { "{\"whylight\":\"session\",\"version\":1,\"limits\":\"shared\"}", "limits: \"shared\"" },
    { "{\"whylight\":\"session\",\"version\":1,\"plane\":\"oblique\"}", "plane: \"oblique\"" },
    { "{\"whylight\":\"session\",\"version\":1,\"model\":\"a.onnx\"}", "model: an object with a path" },
    { "{\"whylight\":\"session\",\"version\":1,\"cases\":[\"a.png\",7]}", "cases: number 2" },
    { "{\"whylight\":\"session\",\"version\":1,\"cases\":\"a.png\"}", "cases: a list" },
    { "{\"whylight\":\"session\",\"version\":1,\"occlusions\":[{\"x\":1,\"y\":1,\"w\":0,\"h\":4}]}", "occlusions: number 1" },
    { "{\"whylight\":\"session\",\"version\":1,\"occlusions\":{}}", "occlusions: a list" },
    { "{\"a\":[[[[[[[[[[1]]]]]]]]]]}", "nested deeper than" },
  };
  g_autofree char *path = in_folder ("bad.whylight");

  for (gsize k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_true (g_file_set_contents (path, cases[k].text, -1, NULL));
      WhySessionFile *session = why_session_file_read (path, NULL, &error);
      g_assert_null (session);
      g_assert_true (error->domain == WHY_ERROR);
      g_assert_true (g_str_has_prefix (error->message, path));
      if (strstr (error->message, cases[k].part) == NULL)
        g_error ("\"%s\" does not say \"%s\"", error->message, cases[k].part);
    }
  g_remove (path);
  g_autoptr (GError) error = NULL;
  g_assert_null (why_session_file_read (path, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_IO);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("why-session-XXXXXX", NULL);
  g_test_add_func ("/session-file/round-trip", test_round_trip);
  g_test_add_func ("/session-file/changed", test_changed);
  g_test_add_func ("/session-file/locate", test_locate);
  g_test_add_func ("/session-file/save-and-open", test_save_and_open);
  g_test_add_func ("/session-file/unknown-class", test_unknown_class);
  g_test_add_func ("/session-file/cancelled", test_cancelled);
  g_test_add_func ("/session-file/bad", test_bad);
  const int status = g_test_run ();

  g_rmdir (folder);
  g_free (folder);
  return status;
}
