#include "config.h"

#include "dicom-slice.h"
#include "service/document.h"
#include "service/export.h"
#include "service/state-json.h"
#include "small-models.h"
#include "spin.h"

#include <glib/gstdio.h>
#include <math.h>

/* A volume from the file to the plane that is shown: one bright voxel at a known place of the body must be where the
 * map has its peak, in every plane, however the file's axes lie. */

static const gint64 dims[3] = { 7, 6, 5 }; /* columns, rows, slices */
static const gint64 bright[3] = { 1, 4, 3 };

static char *folder;
static char *model_path;

/* Columns to the left, rows down, slices to the front; and the other way round with the axes exchanged. */
static const float worlds[][12] = {
  { -1, 0, 0, 0, 0, 0, 2, 0, 0, -1, 0, 0 },
  { 0, 0, 2, 0, 1, 0, 0, 0, 0, 1, 0, 0 },
  { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0 },
};

static char *
write_volume (const float *world)
{
  static const float spacing[3] = { 1.0f, 1.0f, 2.0f };
  g_autofree float *values = g_new0 (float, (gsize) (dims[0] * dims[1] * dims[2]));
  char *path = g_build_filename (folder, "bright.nii", NULL);

  values[(bright[2] * dims[1] + bright[1]) * dims[0] + bright[0]] = 80.0f;
  small_volume (path, dims, values, spacing, world);
  return path;
}

/* Along which of columns, rows, slices the planes of a kind are counted. */
static int
axis_of (WhyPlaneKind kind, const float *world)
{
  const int direction = kind == WHY_PLANE_AXIAL ? 2 : kind == WHY_PLANE_CORONAL ? 1 : 0;
  int axis = 0;

  while (world[4 * direction + axis] == 0.0f)
    axis++;
  return axis;
}

static void
check_plane (WhyDocument *document, WhyPlaneKind kind, const float *world)
{
  const int axis = axis_of (kind, world);

  why_document_set_slice (document, kind, bright[axis]);
  g_assert_cmpint (why_document_get_n_slices (document), ==, dims[axis]);
  g_assert_cmpint (why_document_get_slice (document), ==, bright[axis]);

  WhyTensor *display = why_document_get_picture (document);
  WhyMap *map = why_document_get_map (document);
  WhyAffine to_source;
  g_assert_nonnull (map);
  g_assert_cmpint (map->values->rank, ==, 2);
  g_assert_true (why_document_map_to_source (document, &to_source));
  const float *values = map->values->data;
  const gint64 width = map->values->dims[1];
  gint64 n_bright = 0;
  for (gint64 cell = 0; cell < (gint64) why_tensor_count (map->values); cell++)
    {
      double x = (double) (cell % width) + 0.5, y = (double) (cell / width) + 0.5;

      why_affine_apply (&to_source, &x, &y);
      g_assert_cmpfloat (x, >, 0);
      g_assert_cmpfloat (x, <, (double) display->dims[1]);
      g_assert_cmpfloat (y, >, 0);
      g_assert_cmpfloat (y, <, (double) display->dims[0]);
      if (values[cell] == 0.0f)
        continue;
      n_bright++;
      /* Prepared it is 1, and the gradient of the mean is one over the number of voxels. */
      g_assert_cmpfloat_with_epsilon (values[cell], 1.0 / (double) (dims[0] * dims[1] * dims[2]), 1e-8);
      /* Interpolated where voxels are stretched, but nowhere else so bright. */
      const guint8 here = ((const guint8 *) display->data)[(gint64) y * display->dims[1] + (gint64) x];
      g_assert_cmpint (here, >, 127);
    }
  g_assert_cmpint (n_bright, ==, 1);

  /* A neighbouring plane is dark, and its map empty but on the scale of the whole. */
  why_document_set_slice (document, kind, bright[axis] == 0 ? 1 : bright[axis] - 1);
  WhyOverlayMap overlay;
  WhyOverlayStyle style;
  double lo, hi;
  g_assert_true (why_document_get_overlay (document, &overlay, &style));
  why_overlay_limits (&overlay, &style, &lo, &hi);
  g_assert_cmpfloat (lo, ==, 0.0);
  g_assert_cmpfloat_with_epsilon (hi, 1.0 / (double) (dims[0] * dims[1] * dims[2]), 1e-8);
  for (int cell = 0; cell < overlay.width * overlay.height; cell++)
    g_assert_cmpfloat (overlay.values[cell], ==, 0.0f);
}

static void
test_planes (void)
{
  for (gsize world = 0; world < G_N_ELEMENTS (worlds); world++)
    {
      WhyRunner *runner = why_runner_new ();
      WhyDocument *document = why_document_new (runner);
      g_autofree char *path = write_volume (worlds[world]);

      why_document_open (document, model_path);
      why_document_open (document, path);
      spin_until_idle (document);
      g_assert_null (why_document_get_error_message (document));
      g_assert_true (why_document_is_volume (document));
      why_document_set_target_class (document, 0);
      why_document_set_layer (document, "relu1");
      spin_until_idle (document);
      for (int kind = 0; kind < 3; kind++)
        check_plane (document, (WhyPlaneKind) kind, worlds[world]);

      g_assert_finalize_object (document);
      why_runner_unref (runner);
    }
}

static void
test_export (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = why_document_new (runner);
  g_autofree char *path = write_volume (worlds[0]);

  why_document_open (document, path);
  why_document_open (document, model_path);
  spin_until_idle (document);
  why_document_set_slice (document, WHY_PLANE_SAGITTAL, 1);
  g_autofree char *command = why_document_dup_command_line (document);
  g_assert_nonnull (strstr (command, " --slice sagittal:1 "));
  g_autofree char *state = why_state_to_json (document);
  g_assert_nonnull (strstr (state, "\"plane\":\"sagittal\",\"slice\":1,\"n_slices\":7"));

  g_autofree char *figure = g_build_filename (folder, "figure.svg", NULL);
  g_autofree char *written = NULL;
  why_document_export (document, figure, NULL, NULL, NULL);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  g_assert_true (g_file_get_contents (figure, &written, NULL, NULL));
  g_unlink (figure);

  /* What is meant for pictures is refused in words. */
  why_document_occlude (document, 1, 1, 2, 2);
  g_assert_nonnull (why_document_get_error_message (document));

  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

/* A network for pictures sees the plane that is shown, and is asked anew when that is another one. */
static void
test_flat (void)
{
  g_autofree char *flat_path = g_build_filename (folder, "flat.onnx", NULL);
  g_autofree char *path = write_volume (worlds[0]);
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = why_document_new (runner);
  gint64 wanted[2];

  small_write (small_model (), flat_path);
  why_document_open (document, flat_path);
  why_document_open (document, path);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  g_assert_false (why_document_is_volume (document));
  g_assert_true (why_document_has_planes (document));
  const int axis = axis_of (WHY_PLANE_AXIAL, worlds[0]);
  why_document_set_slice (document, WHY_PLANE_AXIAL, bright[axis] == 0 ? 1 : bright[axis] - 1);
  spin_until_idle (document);
  for (int turn = 0; turn < 2; turn++)
    {
      /* A plane with the bright voxel, and one without. */
      why_document_set_slice (document, WHY_PLANE_AXIAL,
                              turn == 0           ? bright[axis]
                              : bright[axis] == 0 ? 1
                                                  : bright[axis] - 1);
      g_assert_null (why_document_get_result (document));
      spin_until_idle (document);
      WhyResult *result = why_document_get_result (document);
      g_assert_nonnull (result);
      const WhyTensor *pixels = result->request->pixels;
      const WhyTensor *display = why_document_get_picture (document);
      g_assert_cmpint (pixels->rank, ==, 3);
      g_assert_cmpint (pixels->dims[0], ==, display->dims[0]);
      g_assert_cmpint (pixels->dims[1], ==, display->dims[1]);
      wanted[turn] = 0;
      for (gsize pixel = 0; pixel < why_tensor_count (pixels); pixel++)
        wanted[turn] += ((const float *) pixels->data)[pixel] > 127.0f;
    }
  g_assert_cmpint (wanted[0], >, 0);
  g_assert_cmpint (wanted[1], ==, 0);
  /* What can be done with pictures can be done with a plane. */
  why_document_occlude (document, 1, 1, 2, 2);
  g_assert_null (why_document_get_error_message (document));
  spin_until_idle (document);
  g_unlink (flat_path);
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

/* What is shown between black and white: undoable, in the state, in captions; the network's input stays what it is. */
static void
test_window (void)
{
  g_autofree char *path = write_volume (worlds[0]);
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = why_document_new (runner);
  const int axis = axis_of (WHY_PLANE_AXIAL, worlds[0]);
  double width, centre;

  why_document_set_window (document, 100, 0);
  g_assert_nonnull (why_document_get_error_message (document));
  why_document_open (document, model_path);
  why_document_open (document, path);
  spin_until_idle (document);
  why_document_set_slice (document, WHY_PLANE_AXIAL, bright[axis]);
  g_assert_true (why_document_get_window (document, &width, &centre));
  const double own_width = width;
  WhyResult *before = why_document_get_result (document);

  /* 80 is the bright voxel, 0 all others: a window from -100 to 300 makes them 0.45 and 0.25 of white. */
  for (int step = 0; step < 3; step++)
    why_document_set_window (document, 380 + 10 * step, 100);
  g_assert_true (why_document_get_window (document, &width, &centre));
  g_assert_cmpfloat (width, ==, 400.0);
  g_assert_cmpfloat (centre, ==, 100.0);
  const WhyTensor *display = why_document_get_picture (document);
  int lowest = 255, highest = 0;
  for (gsize pixel = 0; pixel < why_tensor_count (display); pixel++)
    {
      lowest = MIN (lowest, ((const guint8 *) display->data)[pixel]);
      highest = MAX (highest, ((const guint8 *) display->data)[pixel]);
    }
  g_assert_cmpint (lowest, ==, 64); /* 0.25 * 255 */
  g_assert_cmpint (highest, >, 64);
  g_assert_cmpint (highest, <=, 115);
  g_assert_true (why_document_get_result (document) == before);
  g_autofree char *state = why_state_to_json (document);
  g_assert_nonnull (strstr (state, "\"window_width\":400"));
  g_autofree char *caption = why_document_dup_caption (document);
  g_assert_nonnull (strstr (caption, "Window 400, level 100"));

  /* One step for the three. */
  why_document_undo (document);
  g_assert_true (why_document_get_window (document, &width, &centre));
  g_assert_cmpfloat (width, ==, own_width);
  why_document_redo (document);
  why_document_set_window_preset (document, "brain");
  g_assert_true (why_document_get_window (document, &width, &centre));
  g_assert_cmpfloat (width, ==, 80.0);
  g_assert_cmpfloat (centre, ==, 40.0);
  why_document_set_window_preset (document, "file");
  g_assert_true (why_document_get_window (document, &width, &centre));
  g_assert_cmpfloat (width, ==, own_width);
  why_document_set_window_preset (document, "liver");
  g_assert_nonnull (why_document_get_error_message (document));

  /* In the session. */
  g_autofree char *session = g_build_filename (folder, "window.whylight", NULL);
  why_document_set_window (document, 250, 30);
  why_document_save_session (document, session);
  spin_until_idle (document);
  WhyDocument *other = why_document_new (runner);
  why_document_open (other, session);
  spin_until_idle (other);
  g_assert_true (why_document_get_window (other, &width, &centre));
  g_assert_cmpfloat (width, ==, 250.0);
  g_assert_cmpfloat (centre, ==, 30.0);
  g_unlink (session);
  g_assert_finalize_object (other);
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

#define LARGE_SIDE 1100

/* What the display shows of a value, by the definition of DICOM PS3.3 C.11.2.1.2. */
static int
grey_of (double value, double width, double centre)
{
  const double share = (value - (centre - 0.5)) / (width - 1) + 0.5;

  return (int) (255 * CLAMP (share, 0, 1) + 0.5);
}

static void
check_greys (WhyDocument *document, const gint16 *values, double width, double centre)
{
  const WhyTensor *display = why_document_get_picture (document);
  int worst = 0;

  g_assert_cmpuint (why_tensor_count (display), ==, LARGE_SIDE * LARGE_SIDE);
  for (gsize pixel = 0; pixel < LARGE_SIDE * LARGE_SIDE; pixel++)
    worst = MAX (worst, ABS (((const guint8 *) display->data)[pixel] - grey_of (values[pixel], width, centre)));
  /* Simple precision may round the other way. */
  g_assert_cmpint (worst, <=, 1);
}

/* Too large to be drawn while somebody drags the pointer: a thread does it, the latest window wins, and nobody who takes the
 * picture along or stops everything gets the one before. */
static void
test_large_window (void)
{
  g_autofree char *path = g_build_filename (folder, "large.dcm", NULL);
  g_autofree char *other_path = write_volume (worlds[0]);
  g_autofree gint16 *values = g_new (gint16, LARGE_SIDE * LARGE_SIDE);
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = why_document_new (runner);
  double width, centre;

  for (int pixel = 0; pixel < LARGE_SIDE * LARGE_SIDE; pixel++)
    values[pixel] = (gint16) (pixel * 7 % 2000 - 1000);
  dicom_slice_write (path, NULL, 0, values, LARGE_SIDE, LARGE_SIDE);
  why_document_open (document, path);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  const WhyTensor *first = why_document_get_picture (document);

  for (int step = 0; step < 5; step++)
    why_document_set_window (document, 300 + step, 20 * step);
  /* Said at once, shown when it is there. */
  g_assert_true (why_document_get_window (document, &width, &centre));
  g_assert_cmpfloat (width, ==, 304);
  g_assert_true (why_document_get_busy (document));
  g_assert_true (why_document_get_picture (document) == first);
  spin_until_idle (document);
  check_greys (document, values, 304, 80);

  /* There and back again, faster than it is drawn. */
  why_document_set_window_preset (document, "bone");
  why_document_undo (document);
  spin_until_idle (document);
  g_assert_true (why_document_get_window (document, &width, &centre));
  check_greys (document, values, width, centre);

  /* Nothing is left half done by a stop. */
  why_document_set_window_preset (document, "full");
  g_assert_true (why_document_get_window (document, &width, &centre));
  g_assert_cmpfloat (width, ==, 2000);
  g_assert_cmpfloat (centre, ==, 0);
  why_document_cancel (document);
  g_assert_false (why_document_get_busy (document));
  check_greys (document, values, 2000, 0);

  /* What was drawn of one picture is not shown for another, and may come when there is none to show it. */
  why_document_set_window (document, 50, 50);
  why_document_open (document, other_path);
  spin_until_idle (document);
  g_assert_cmpuint (why_tensor_count (why_document_get_picture (document)), <, LARGE_SIDE);
  why_document_open (document, path);
  spin_until_idle (document);
  why_document_set_window (document, 60, 50);
  g_assert_finalize_object (document);
  g_unlink (path);
  why_runner_unref (runner);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("why-volume-document-XXXXXX", NULL);
  model_path = g_build_filename (folder, "volume.onnx", NULL);
  small_write (volume_model (), model_path);
  g_test_add_func ("/volume-document/planes", test_planes);
  g_test_add_func ("/volume-document/export", test_export);
  g_test_add_func ("/volume-document/flat", test_flat);
  g_test_add_func ("/volume-document/window", test_window);
  g_test_add_func ("/volume-document/large-window", test_large_window);
  const int status = g_test_run ();

  g_autofree char *volume = g_build_filename (folder, "bright.nii", NULL);
  g_unlink (volume);
  g_unlink (model_path);
  g_rmdir (folder);
  g_free (model_path);
  g_free (folder);
  return status;
}
