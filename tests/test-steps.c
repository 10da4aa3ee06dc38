#include "config.h"

#include "draw/png.h"
#include "service/document.h"
#include "service/step.h"
#include "small-models.h"
#include "spin.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* The steps of a talk: kept, gone to, undone, saved; and covers that grow while the network answers. */

static char *folder;
static char *model_path;
static char *picture_path;

typedef struct
{
  WhyRunner *runner;
  WhyDocument *document;
  int n_shown, n_played;
  double last_share;
  gboolean fell; /* shares only grow */
} Fixture;

static void
on_shown (WhyDocument *document, int index, Fixture *fixture)
{
  fixture->n_shown++;
}

static void
on_played (WhyDocument *document, Fixture *fixture)
{
  WhyTensor *probabilities;
  WhyTensor *picture;
  double share;

  fixture->n_played++;
  if (!why_document_get_play (document, &share, &probabilities, &picture))
    return;
  g_assert_nonnull (probabilities);
  g_assert_nonnull (picture);
  fixture->fell = fixture->fell || share < fixture->last_share;
  fixture->last_share = share;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->runner = why_runner_new ();
  fixture->document = why_document_new (fixture->runner);
  why_document_open (fixture->document, model_path);
  why_document_open (fixture->document, picture_path);
  spin_until_idle (fixture->document);
  g_assert_null (why_document_get_error_message (fixture->document));
  g_signal_connect (fixture->document, "step-shown", G_CALLBACK (on_shown), fixture);
  g_signal_connect (fixture->document, "played", G_CALLBACK (on_played), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->document);
  why_runner_unref (fixture->runner);
}

static guint
n_steps (WhyDocument *document)
{
  return g_list_model_get_n_items (why_document_get_steps (document));
}

static WhyStep *
get_step (WhyDocument *document, guint index)
{
  g_autoptr (WhyStep) step = g_list_model_get_item (why_document_get_steps (document), index);

  return step; /* the document keeps it */
}

static gboolean
has_thumbnail (gpointer step)
{
  return why_step_get_thumbnail (step) != NULL;
}

static double
probability (WhyDocument *document, int index)
{
  return why_class_item_get_probability (why_document_get_class (document, index));
}

static void
make_talk (WhyDocument *document)
{
  const WhyRect part = { 3, 4, 10, 8 };

  why_document_set_target_class (document, 0);
  spin_until_idle (document);
  why_document_add_step (document, "one", NULL);
  why_document_set_target_class (document, 2);
  why_document_set_layer (document, "relu1");
  why_document_set_opacity (document, 0.25);
  spin_until_idle (document);
  why_document_add_step (document, NULL, &part);
  why_document_occlude (document, 2, 2, 15, 12);
  why_document_set_show_map (document, FALSE);
  spin_until_idle (document);
  why_document_add_step (document, "three", NULL);
  spin_until_idle (document);
}

static void
test_going (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  WhyRect part;

  make_talk (document);
  g_assert_cmpuint (n_steps (document), ==, 3);
  g_assert_cmpint (why_document_get_step (document), ==, 2);
  g_assert_cmpstr (why_step_get_name (get_step (document, 1)), ==, "blue, azure, relu1");
  why_step_get_part (get_step (document, 1), &part);
  g_assert_cmpfloat (part.width, ==, 10);
  g_assert_cmpuint (why_step_get_n_covers (get_step (document, 2)), ==, 1);
  const double covered = probability (document, 2);

  /* All is known: nothing runs, and what was shown is shown in the same turn of the main loop. */
  g_assert_true (why_document_go_step (document, 0));
  g_assert_false (why_document_get_busy (document));
  g_assert_cmpint (fixture->n_shown, ==, 1);
  g_assert_cmpint (why_document_get_target_class (document), ==, 0);
  g_assert_cmpint (why_document_get_shown_class (document), ==, 0);
  g_assert_cmpstr (why_document_get_shown_layer (document), ==, "relu2");
  g_assert_cmpfloat (why_document_get_opacity (document), ==, 0.5);
  g_assert_true (why_document_get_show_map (document));
  g_assert_cmpuint (g_list_model_get_n_items (why_document_get_occlusions (document)), ==, 0);
  const double uncovered = probability (document, 2);
  g_assert_cmpfloat (uncovered, !=, covered);
  g_assert_true (why_document_go_step (document, 2));
  g_assert_false (why_document_get_busy (document));
  g_assert_cmpstr (why_document_get_shown_layer (document), ==, "relu1");
  g_assert_cmpfloat (probability (document, 2), ==, covered);
  g_assert_cmpfloat (why_class_item_get_probability_before (why_document_get_class (document, 2)), ==, uncovered);
  g_assert_false (why_document_get_show_map (document));

  /* There is no fourth. */
  g_assert_false (why_document_go_step (document, 3));
  g_assert_false (why_document_go_step (document, G_MAXINT));
  g_assert_nonnull (why_document_get_error_message (document));
  g_assert_cmpint (why_document_get_step (document), ==, 2);
  for (guint index = 0; index < 3; index++)
    {
      why_document_go_step (document, (int) index);
      spin_until (has_thumbnail, get_step (document, index));
    }
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;

  make_talk (document);
  why_document_move_step (document, 2, 0);
  g_assert_cmpstr (why_step_get_name (get_step (document, 0)), ==, "three");
  g_assert_cmpint (why_document_get_step (document), ==, 0);
  why_document_rename_step (document, 0, "covered");
  g_assert_cmpstr (why_step_get_name (get_step (document, 0)), ==, "covered");
  g_assert_true (why_step_get_is_known (get_step (document, 0)));
  why_document_remove_step (document, 1);
  g_assert_cmpuint (n_steps (document), ==, 2);
  g_assert_cmpstr (why_step_get_name (get_step (document, 1)), ==, "blue, azure, relu1");

  /* Each of these was one change. */
  why_document_undo (document);
  g_assert_cmpuint (n_steps (document), ==, 3);
  g_assert_cmpstr (why_step_get_name (get_step (document, 1)), ==, "one");
  why_document_undo (document);
  g_assert_cmpstr (why_step_get_name (get_step (document, 0)), ==, "three");
  why_document_undo (document);
  g_assert_cmpstr (why_step_get_name (get_step (document, 2)), ==, "three");
  why_document_redo (document);
  g_assert_cmpstr (why_step_get_name (get_step (document, 0)), ==, "three");
  g_assert_false (why_document_get_busy (document));
  why_document_remove_step (document, 7);
  g_assert_nonnull (why_document_get_error_message (document));
  g_assert_cmpuint (n_steps (document), ==, 3);
}

static void
test_play (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  WhyTensor *probabilities;
  WhyTensor *picture;
  double share;

  /* Nothing is covered. */
  g_assert_false (why_document_play_covers (document, 100));
  make_talk (document);
  const double covered = probability (document, 2);
  const double before = why_class_item_get_probability_before (why_document_get_class (document, 2));
  fixture->n_played = 0;
  g_assert_true (why_document_play_covers (document, 300));
  g_assert_true (why_document_get_play (document, &share, &probabilities, &picture));
  g_assert_cmpfloat (why_tensor_get_f64 (probabilities, 2), ==, before);
  double seen[2] = { NAN, NAN };
  const gint64 end = g_get_monotonic_time () + PATIENCE_US;
  while (why_document_get_play (document, &share, &probabilities, &picture))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      seen[isnan (seen[0]) ? 0 : 1] = why_tensor_get_f64 (probabilities, 2);
      g_main_context_iteration (NULL, FALSE);
      g_usleep (200);
    }
  /* From what it was without the cover towards what it is with it; the end is the answer that was there. */
  g_assert_cmpfloat (seen[0], ==, before);
  g_assert_cmpfloat (seen[1], !=, before);
  g_assert_false (fixture->fell);
  g_assert_cmpint (fixture->n_played, >, 2);
  g_assert_cmpfloat (fixture->last_share, >, 0.3);
  g_assert_cmpfloat (probability (document, 2), ==, covered);

  /* Any change ends it, and so does the end of the talk. */
  g_assert_true (why_document_play_covers (document, 60000));
  why_document_set_opacity (document, 0.9);
  g_assert_false (why_document_get_play (document, &share, &probabilities, &picture));
  g_assert_true (why_document_play_covers (document, 60000));
  why_document_end_play (document);
  g_assert_false (why_document_get_play (document, &share, &probabilities, &picture));
  spin_for (30);
  g_assert_true (why_document_play_covers (document, 60000));
  why_document_set_target_class (document, 1);
  spin_until_idle (document);
  g_assert_false (why_document_get_play (document, &share, &probabilities, &picture));
  g_assert_cmpint (why_document_get_shown_class (document), ==, 1);
}

static void
test_session (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree char *path = g_build_filename (folder, "talk.whylight", NULL);
  WhyRect part;

  make_talk (document);
  why_document_set_um_per_pixel (document, 0.25);
  why_document_save_session (document, path);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));

  WhyDocument *other = why_document_new (fixture->runner);
  why_document_open (other, path);
  spin_until_idle (other);
  g_assert_null (why_document_get_error_message (other));
  g_assert_cmpuint (n_steps (other), ==, 3);
  g_assert_cmpfloat (why_document_get_um_per_pixel (other), ==, 0.25);
  for (guint index = 0; index < 3; index++)
    {
      g_assert_cmpstr (why_step_get_name (get_step (other, index)), ==, why_step_get_name (get_step (document, index)));
      g_assert_cmpstr (why_step_get_picture (get_step (other, index)), ==, "wardrobe-1.png");
    }
  g_assert_false (why_document_get_steps_mix_pictures (other));
  why_step_get_part (get_step (other, 1), &part);
  g_assert_cmpfloat (part.x, ==, 3);
  g_assert_cmpfloat (part.height, ==, 8);
  for (int index = 0; index < 3; index++)
    {
      why_document_go_step (document, index);
      why_document_go_step (other, index);
      spin_until_idle (other);
      g_assert_cmpstr (why_document_get_shown_layer (other), ==, why_document_get_shown_layer (document));
      g_assert_cmpfloat (why_document_get_opacity (other), ==, why_document_get_opacity (document));
      /* The same network, picture and covers in the same order of operations. */
      g_assert_cmpfloat (probability (other, 2), ==, probability (document, 2));
    }
  g_assert_finalize_object (other);
  g_unlink (path);
}

/* Read once more after the picture changed on disk: the talk is still there, what was known of the old picture is not, and it
 * is the same session. */
static void
test_reload (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree char *path = g_build_filename (folder, "talk.whylight", NULL);
  g_autofree char *changing = g_build_filename (folder, "changing.png", NULL);
  guint32 pixels[24 * 16];
  WhyRect part;

  for (guint32 pixel = 0; pixel < 24 * 16; pixel++)
    pixels[pixel] = 0xff000000u | (pixel * 0x050301u) % 0x1000000u;
  g_assert_true (why_png_write (changing, pixels, 24, 16, 24 * 4, FALSE, NULL, 0, NULL, NULL));
  why_document_open (document, changing);
  spin_until_idle (document);
  make_talk (document);
  const double before = probability (document, 2);
  why_document_save_session (document, path);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));

  for (guint32 pixel = 0; pixel < 24 * 16; pixel++)
    pixels[pixel] = 0xff000000u | (pixel * 0x010307u + 0x804020u) % 0x1000000u;
  g_assert_true (why_png_write (changing, pixels, 24, 16, 24 * 4, FALSE, NULL, 0, NULL, NULL));
  why_document_reload (document);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  g_assert_cmpstr (why_document_get_session_path (document), ==, path);
  g_assert_cmpfloat (probability (document, 2), !=, before);
  g_assert_cmpuint (n_steps (document), ==, 3);
  g_assert_cmpstr (why_step_get_name (get_step (document, 0)), ==, "one");
  why_step_get_part (get_step (document, 1), &part);
  g_assert_cmpfloat (part.width, ==, 10);
  g_assert_cmpuint (why_step_get_n_covers (get_step (document, 2)), ==, 1);
  g_assert_false (why_step_get_is_known (get_step (document, 0)));
  for (int index = 0; index < 3; index++)
    {
      g_assert_true (why_document_go_step (document, index));
      spin_until_idle (document);
      g_assert_null (why_document_get_error_message (document));
      g_assert_true (why_step_get_is_known (get_step (document, (guint) index)));
    }
  /* Changing one must not change the others: each has a list of covers of its own. */
  g_assert_cmpuint (g_list_model_get_n_items (why_document_get_occlusions (document)), ==, 1);
  why_document_go_step (document, 0);
  g_assert_cmpuint (g_list_model_get_n_items (why_document_get_occlusions (document)), ==, 0);
  g_unlink (path);
  g_unlink (changing);
}

/* Another picture: the steps stay, what was known does not, and covers of another size do not come along. */
static void
test_other_picture (Fixture *fixture, gconstpointer data)
{
  WhyDocument *document = fixture->document;
  g_autofree char *path = g_build_filename (folder, "other.png", NULL);
  guint32 pixels[24 * 16];

  for (guint32 pixel = 0; pixel < 24 * 16; pixel++)
    pixels[pixel] = 0xff000000u | (pixel * 0x050301u) % 0x1000000u;
  g_assert_true (why_png_write (path, pixels, 24, 16, 24 * 4, FALSE, NULL, 0, NULL, NULL));
  make_talk (document);
  g_assert_false (why_document_get_steps_mix_pictures (document));
  why_document_open (document, path);
  spin_until_idle (document);
  g_assert_cmpuint (n_steps (document), ==, 3);
  g_assert_cmpint (why_document_get_step (document), ==, -1);
  /* They were made with another; and there may be some of either, renamed or not. */
  g_assert_true (why_document_get_steps_mix_pictures (document));
  why_document_add_step (document, "four", NULL);
  why_document_rename_step (document, 0, "first");
  g_assert_cmpstr (why_step_get_picture (get_step (document, 0)), ==, "wardrobe-1.png");
  g_assert_cmpstr (why_step_get_picture (get_step (document, 3)), ==, "other.png");
  for (int step = 0; step < 3; step++)
    why_document_remove_step (document, 0);
  g_assert_false (why_document_get_steps_mix_pictures (document));
  for (int undone = 0; undone < 5; undone++)
    why_document_undo (document);
  g_assert_cmpuint (n_steps (document), ==, 3);
  g_assert_false (why_step_get_is_known (get_step (document, 2)));
  g_assert_true (why_document_go_step (document, 2));
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  g_assert_cmpuint (g_list_model_get_n_items (why_document_get_occlusions (document)), ==, 0);
  g_assert_cmpstr (why_document_get_shown_layer (document), ==, "relu1");
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("WHYLIGHT_LOADER", WHY_BUILD_DIR "/src/loader/whylight-loader", FALSE);
  folder = g_dir_make_tmp ("test-steps-XXXXXX", NULL);
  model_path = g_build_filename (folder, "small.onnx", NULL);
  picture_path = g_test_build_filename (G_TEST_DIST, "..", "data", "samples", "wardrobe-1.png", NULL);
  small_write (small_model (), model_path);

#define STEPS(path, function) g_test_add ("/steps/" path, Fixture, NULL, set_up, function, tear_down)
  STEPS ("going", test_going);
  STEPS ("list", test_list);
  STEPS ("play", test_play);
  STEPS ("session", test_session);
  STEPS ("reload", test_reload);
  STEPS ("other-picture", test_other_picture);
  const int status = g_test_run ();
  g_unlink (model_path);
  g_rmdir (folder);
  g_free (folder);
  g_free (model_path);
  g_free (picture_path);
  return status;
}
