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

static void
write_volume (const char *path)
{
  static const gint64 dims[3] = { 6, 5, 4 };
  static const float spacing[3] = { 1, 1, 1 };
  static const float world[12] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0 };
  float values[6 * 5 * 4];

  for (gsize voxel = 0; voxel < G_N_ELEMENTS (values); voxel++)
    values[voxel] = (float) (voxel * 7 % 31);
  small_volume (path, dims, values, spacing, world);
}

/* Opens it, looks at everything it says, at each of its steps, and saves it again. */
static void
use_session (WhyRunner *runner, const char *path)
{
  WhyDocument *document = why_document_new (runner);

  why_document_open (document, path);
  spin_until_idle (document);
  g_assert_nonnull (why_document_get_picture (document));
  const guint n_steps = g_list_model_get_n_items (why_document_get_steps (document));
  for (guint step = 0; step <= n_steps; step++)
    {
      g_autofree char *state = why_state_to_json (document);
      g_autofree char *command = why_document_dup_command_line (document);
      g_autofree char *caption = why_document_dup_caption (document);

      g_assert_nonnull (state);
      if (step == n_steps)
        break;
      why_document_go_step (document, (int) step);
      spin_until_idle (document);
    }
  why_document_save_session (document, path);
  spin_until_idle (document);
  g_assert_finalize_object (document);
}

/* Numbers that no program writes, in the region, the view, the window and the steps: a sentence, or the nearest that makes
 * sense; never a crash. */
static void
test_nonsense (void)
{
  static const struct
  {
    const char *member;
    const char *said; /* NULL: taken */
  } cases[] = {
    /* Which part the network is shown. */
    { "\"roi\":7", "roi: a string or null is needed" },
    { "\"roi\":[1,2,3,4]", "roi: a string or null is needed" },
    { "\"roi\":\"\"", "is no region" },
    { "\"roi\":\"1,2,3\"", "is no region" },
    { "\"roi\":\"1,2,3,4,5\"", "is no region" },
    { "\"roi\":\"nan,0,4,4\"", "is no region" },
    { "\"roi\":\"-1,0,4,4\"", "is no region" },
    { "\"roi\":\"0,0,0,4\"", "is no region" },
    { "\"roi\":\"0,0,99999999999999999999,4\"", "is no region" },
    { "\"roi\":\"2000000000,2000000000,4,4\"", NULL },
    { "\"roi\":\"1,1,2147483647,2147483647\"", NULL },
    /* What the answer is read at. */
    { "\"region\":\"point:1e999,2\"", "" },
    { "\"region\":\"point:nan,2\"", "" },
    { "\"region\":\"box:0,0,-1,4\"", "" },
    { "\"region\":\"point:1e300,-1e300\"", NULL },
    { "\"region\":{}", "region: a string is needed" },
    /* How it lies. */
    { "\"rotation\":45", "rotation: 45 is not known" },
    { "\"rotation\":-90", "rotation: -90 is not known" },
    { "\"rotation\":360", "rotation: 360 is not known" },
    { "\"rotation\":90.5", "rotation: a whole number is needed" },
    { "\"rotation\":9223372036854775807", "is not known" },
    { "\"mirrored\":1", "mirrored: true or false is needed" },
    { "\"planes\":\"four\"", "planes: \"four\" is not known" },
    { "\"planes\":3", "planes: a string is needed" },
    { "\"projection\":null", "projection: a string is needed" },
    { "\"slice\":-9223372036854775807", NULL },
    { "\"slice\":9223372036854775807,\"plane\":\"coronal\"", NULL },
    { "\"slice\":1e3", "slice: a whole number is needed" },
    { "\"cross_hair\":[1,2]", "cross_hair: a list" },
    { "\"cross_hair\":[1,2,3,4]", "cross_hair: a list" },
    { "\"cross_hair\":[1,2,-3]", "cross_hair: a list" },
    { "\"cross_hair\":[1,2.5,3]", "cross_hair: a list" },
    { "\"cross_hair\":[1,null,3]", "cross_hair: a list" },
    { "\"cross_hair\":[9223372036854775807,0,9223372036854775807]", NULL },
    /* Black and white. */
    { "\"window_width\":1e999,\"window_level\":0", "window_width: a number is needed" },
    { "\"window_width\":NaN", "is not JSON" },
    { "\"window_width\":\"wide\"", "window_width: a number is needed" },
    { "\"window_width\":80,\"window_level\":-1e999", "window_level: a number is needed" },
    { "\"window_width\":-80,\"window_level\":40", NULL },
    { "\"window_width\":1e308,\"window_level\":1e308", NULL },
    { "\"window_width\":5e-324,\"window_level\":-1e308", NULL },
    /* Colours and sizes. */
    { "\"opacity\":-1e308,\"threshold\":1e308,\"clip\":1e308,\"contour_levels\":-9223372036854775807,\"contours\":true", NULL },
    { "\"limits\":\"locked\",\"lo\":1e308,\"hi\":-1e308", NULL },
    { "\"um_per_pixel\":-5", NULL },
    { "\"um_per_pixel\":5e-324", NULL },
    { "\"also_classes\":[-1]", "also_classes: a list" },
    { "\"also_classes\":[2147483647]", NULL },
    /* Of a talk. */
    { "\"steps\":[{\"part\":[0,0,1]}]", "part: a list" },
    { "\"steps\":[{\"part\":[0,0,-1,5]}]", "part: a list" },
    { "\"steps\":[{\"part\":[0,0,1e999,5]}]", "part: a list" },
    { "\"steps\":[{\"rotation\":7}]", "steps: number 1: rotation" },
    { "\"steps\":[{\"part\":[-1e308,1e308,1e308,5e-324],\"picture_width\":-5,\"picture_height\":9223372036854775807,"
      "\"slice\":-7,\"roi\":\"2000000000,0,4,4\",\"window_width\":1e308}]", NULL },
    { "\"steps\":[{\"method\":\"nonsense\"},{\"profile\":\"nonsense\"},{\"polarity\":\"nonsense\"},"
      "{\"colormap\":\"nonsense\"},{\"method_options\":\"=,;\"},{\"layer\":\"\"},{\"also_classes\":[77]},"
      "{\"target_class\":77},{\"contrast_class\":0,\"target_class\":0},{\"region\":\"point:1e300,1e300\"}]", NULL },
  };
  g_autofree char *here = in_folder ("nonsense");
  g_autofree char *saved = g_build_filename (here, "s.whylight", NULL);
  g_autofree char *volume = g_build_filename (here, "volume.nii", NULL);
  g_autofree char *volume_net = g_build_filename (here, "volume.onnx", NULL);
  WhyRunner *runner = why_runner_new ();

  make_files (here);
  write_volume (volume);
  small_write (volume_model (), volume_net);
  for (gsize which = 0; which < 2 * G_N_ELEMENTS (cases); which++)
    {
      /* A picture takes no notice of slices and windows, a volume none of regions. */
      const char *base = which % 2 == 0
                           ? "\"model\":{\"path\":\"nets/small.onnx\"},\"picture\":{\"path\":\"picture.png\"}"
                           : "\"model\":{\"path\":\"volume.onnx\"},\"picture\":{\"path\":\"volume.nii\"}";
      const char *member = cases[which / 2].member, *said = cases[which / 2].said;
      g_autoptr (GError) error = NULL;
      g_autofree char *text = g_strdup_printf ("{\"whylight\":\"session\",\"version\":1,%s,%s}", base, member);
      g_assert_true (g_file_set_contents (saved, text, -1, NULL));
      WhySessionFile *session = why_session_file_read (saved, NULL, &error);
      if ((session == NULL) != (said != NULL))
        g_error ("%s is %s", member, session == NULL ? error->message : "taken");
      if (session == NULL)
        {
          if (strstr (error->message, said) == NULL)
            g_error ("%s: \"%s\" does not say \"%s\"", member, error->message, said);
          continue;
        }
      why_session_file_free (session);
      use_session (runner, saved);
    }
  g_remove (volume);
  g_remove (volume_net);
  why_runner_unref (runner);
  remove_files (here);
}

static guint
n_cases (WhyDocument *document)
{
  return g_list_model_get_n_items (G_LIST_MODEL (why_document_get_cases (document)));
}

/* Pictures that were chosen together come back together, elsewhere too, with the one shown that was shown. */
static void
test_cases (void)
{
  static const char *const names[] = { "c.png", "a.png", "b.png" };
  g_autofree char *here = in_folder ("here");
  g_autofree char *there = in_folder ("there");
  g_autofree char *saved = g_build_filename (here, "s.whylight", NULL);
  g_autofree char *moved = g_build_filename (there, "s.whylight", NULL);
  g_autofree char *model = g_build_filename (here, "nets", "small.onnx", NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  WhyRunner *runner = why_runner_new ();

  make_files (here);
  for (gsize name = 0; name < G_N_ELEMENTS (names); name++)
    {
      char *path = g_build_filename (here, names[name], NULL);
      write_picture (path, (guint8) (20 * name));
      g_ptr_array_add (paths, path);
    }
  g_ptr_array_add (paths, NULL);
  WhyDocument *document = why_document_new (runner);
  why_document_open (document, model);
  why_document_open_paths (document, (const char *const *) paths->pdata);
  spin_until_idle (document);
  g_assert_cmpuint (n_cases (document), ==, 3);
  g_assert_true (why_document_step_case (document, -1));
  spin_until_idle (document);
  g_autofree char *shown = g_path_get_basename (why_document_get_picture_path (document));
  why_document_save_session (document, saved);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));

  /* The lone picture beside them is not one of them. */
  g_assert_cmpint (g_rename (here, there), ==, 0);
  WhyDocument *again = why_document_new (runner);
  why_document_open (again, moved);
  spin_until_idle (again);
  g_assert_null (why_document_get_error_message (again));
  g_assert_cmpuint (n_cases (again), ==, 3);
  g_autofree char *shown_again = g_path_get_basename (why_document_get_picture_path (again));
  g_assert_cmpstr (shown_again, ==, shown);
  for (guint index = 0; index < 3; index++)
    {
      g_autoptr (WhyCase) before = g_list_model_get_item (G_LIST_MODEL (why_document_get_cases (document)), index);
      g_autoptr (WhyCase) after = g_list_model_get_item (G_LIST_MODEL (why_document_get_cases (again)), index);
      g_autofree char *name_before = g_path_get_basename (why_case_get_path (before));
      g_autofree char *name_after = g_path_get_basename (why_case_get_path (after));
      g_assert_cmpstr (name_after, ==, name_before);
    }
  WhyCase *current = why_case_list_get_current (why_document_get_cases (again));
  g_assert_cmpstr (why_case_get_path (current), ==, why_document_get_picture_path (again));
  g_assert_true (why_document_step_case (again, -1));
  spin_until_idle (again);
  g_assert_null (why_document_get_error_message (again));
  g_assert_cmpstr (why_document_get_picture_path (again), !=, why_case_get_path (current));

  /* One of them is gone by now: the others are there, and paging over it says so. */
  for (gsize name = 0; name < G_N_ELEMENTS (names); name++)
    {
      g_autofree char *path = g_build_filename (there, names[name], NULL);
      if (strcmp (names[name], shown) != 0)
        g_assert_cmpint (g_remove (path), ==, 0);
    }
  why_document_open (again, moved);
  spin_until_idle (again);
  g_assert_cmpuint (n_cases (again), ==, 3);
  g_assert_null (why_document_get_error_message (again));
  why_document_step_case (again, 1);
  spin_until_idle (again);
  g_assert_nonnull (why_document_get_error_message (again));
  g_assert_finalize_object (again);
  g_assert_finalize_object (document);
  why_runner_unref (runner);
  for (gsize name = 0; name < G_N_ELEMENTS (names); name++)
    {
      g_autofree char *path = g_build_filename (there, names[name], NULL);
      g_remove (path);
    }
  remove_files (there);
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
  g_test_add_func ("/session-file/nonsense", test_nonsense);
  g_test_add_func ("/session-file/cases", test_cases);
  const int status = g_test_run ();

  g_rmdir (folder);
  g_free (folder);
  return status;
}
