#include "config.h"

#include "base/project.h"
#include "explain/map.h"
#include "service/compare.h"
#include "service/document.h"
#include "service/state-json.h"
#include "small-models.h"
#include "spin.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* Several planes of one volume, where they meet, and what is seen along an axis. */

static const gint64 count[3] = { 7, 6, 5 }; /* columns, rows, slices */
static const gint64 bright[3] = { 1, 4, 3 };
static const double brightness = 80.0;

static char *folder;
static char *model_path;

/* How the axes of the file may lie in the body, and the side letters at left, right, top and bottom of the axial, coronal and
 * sagittal plane, which follow from the convention alone: the patient's right at the left, front or top at the top, sagittal
 * planes with the front at the left. */
static const float worlds[][12] = {
  { -1, 0, 0, 0, 0, 0, 2, 0, 0, -1, 0, 0 },
  { 0, 0, 2, 0, 1, 0, 0, 0, 0, 1, 0, 0 },
  { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0 },
};
static const char *const sides[3] = { "RLAP", "RLSI", "APSI" };

static char *
write_volume (const float *world)
{
  static const float spacing[3] = { 1.0f, 1.0f, 2.0f };
  g_autofree float *values = g_new0 (float, (gsize) (count[0] * count[1] * count[2]));
  char *path = g_build_filename (folder, "bright.nii", NULL);

  values[(bright[2] * count[1] + bright[1]) * count[0] + bright[0]] = (float) brightness;
  small_volume (path, count, values, spacing, world);
  return path;
}

/* ---- projections: against the definition, cell by cell ---- */

static float
value_at (const float *values, const gint64 *dims, gint64 d, gint64 h, gint64 w)
{
  return values[(d * dims[1] + h) * dims[2] + w];
}

static float
defined (const float *values, const gint64 *dims, int axis, gint64 row, gint64 column, gboolean signed_values)
{
  float best = 0;
  gboolean any = FALSE;

  for (gint64 along = 0; along < dims[axis]; along++)
    {
      const gint64 d = axis == 0 ? along : row;
      const gint64 h = axis == 0 ? row : axis == 1 ? along : column;
      const gint64 w = axis == 2 ? along : column;
      const float value = value_at (values, dims, d, h, w);
      if (isnan (value))
        continue;
      if (!any || (signed_values ? fabsf (value) > fabsf (best) : value > best))
        best = value;
      any = TRUE;
    }
  return best;
}

static void
test_project (void)
{
  static const gint64 dims[3] = { 4, 5, 6 };
  g_autoptr (WhyTensor) volume = why_tensor_new (WHY_DTYPE_FLOAT32, 3, dims, NULL);
  float *values = volume->data;

  for (int cell = 0; cell < 120; cell++)
    values[cell] = (float) g_test_rand_double_range (-1, 1);
  /* A column of nothing, and one of negative numbers beside a hole. */
  for (gint64 d = 0; d < 4; d++)
    {
      values[(d * 5 + 2) * 6 + 3] = NAN;
      values[(d * 5 + 1) * 6 + 1] = d == 1 ? NAN : -0.5f - (float) d / 10;
    }
  for (int signed_values = 0; signed_values < 2; signed_values++)
    {
      WhyTensor *projections[3];

      g_assert_true (why_project_volume (volume, signed_values, projections, NULL));
      for (int axis = 0; axis < 3; axis++)
        {
          const gint64 rows = dims[axis == 0 ? 1 : 0], columns = dims[axis == 2 ? 1 : 2];
          const float *seen = projections[axis]->data;

          g_assert_cmpint (projections[axis]->dims[0], ==, rows);
          g_assert_cmpint (projections[axis]->dims[1], ==, columns);
          for (gint64 row = 0; row < rows; row++)
            for (gint64 column = 0; column < columns; column++)
              g_assert_cmpfloat (seen[row * columns + column], ==,
                                 defined (values, dims, axis, row, column, signed_values));
          why_tensor_unref (projections[axis]);
        }
    }
}

/* The sign of a map decides what is strongest; its limits stay those of the whole. */
static void
test_map (void)
{
  static const gint64 dims[3] = { 2, 2, 2 };
  static const float cells[8] = { 0.1f, -0.2f, 0.3f, 0.1f, -0.4f, 0.1f, 0.2f, -0.9f };
  static const char *const polarities[2] = { "relu", "signed" };
  static const float expected[2][4] = { { 0.1f, 0.1f, 0.3f, 0.1f }, { -0.4f, -0.2f, 0.3f, -0.9f } };
  const WhyAffine identity = why_affine_identity ();

  for (int polarity = 0; polarity < 2; polarity++)
    for (int prepared = 0; prepared < 2; prepared++)
      {
        WhyTensor *values = why_tensor_new (WHY_DTYPE_FLOAT32, 3, dims, NULL);
        memcpy (values->data, cells, sizeof cells);
        g_autoptr (WhyMap) map = why_map_new (values, &identity, "gradcam", "layer", polarities[polarity], "paper");
        if (prepared)
          why_map_prepare_projections (map);
        g_autoptr (WhyMap) seen = why_map_project (map, 0);
        g_assert_cmpmem (seen->values->data, sizeof expected[polarity], expected[polarity], sizeof expected[polarity]);
        g_assert_cmpfloat (seen->minimum, ==, map->minimum);
        g_assert_cmpfloat (seen->maximum, ==, map->maximum);
        g_assert_cmpstr (seen->polarity, ==, polarities[polarity]);
      }
}

/* ---- voxels ---- */

static void
check_places (const WhyPicture *picture)
{
  int right_axis = -1;
  int down_axis = -1;

  for (gint64 column = 0; column < count[0]; column++)
    for (gint64 row = 0; row < count[1]; row++)
      for (gint64 slice = 0; slice < count[2]; slice++)
        {
          const gint64 voxel[3] = { column, row, slice };
          gint64 found[3];
          double x;
          double y;

          if (voxel[why_picture_get_plane_axis (picture, picture->kind)] != picture->plane.index)
            continue;
          why_picture_find_place (picture, voxel, &x, &y);
          g_assert_true (why_picture_find_voxel (picture, x, y, found));
          g_assert_cmpmem (found, sizeof found, voxel, sizeof voxel);
        }
  /* One to the right in the picture is one to the right on the display, whatever axis of the file that is. */
  const gint64 start[3] = { 3, 3, 2 };
  double from_x;
  double from_y;
  double to_x;
  double to_y;
  gint64 moved[3] = { 3, 3, 2 };
  why_picture_find_place (picture, start, &from_x, &from_y);
  why_picture_step (picture, 1, 0, moved);
  why_picture_find_place (picture, moved, &to_x, &to_y);
  g_assert_cmpfloat (to_x, >, from_x);
  g_assert_cmpfloat (to_y, ==, from_y);
  for (int axis = 0; axis < 3; axis++)
    right_axis = moved[axis] != start[axis] ? axis : right_axis;
  memcpy (moved, start, sizeof moved);
  why_picture_step (picture, 0, 1, moved);
  why_picture_find_place (picture, moved, &to_x, &to_y);
  g_assert_cmpfloat (to_x, ==, from_x);
  g_assert_cmpfloat (to_y, >, from_y);
  for (int axis = 0; axis < 3; axis++)
    down_axis = moved[axis] != start[axis] ? axis : down_axis;
  g_assert_cmpint (right_axis, !=, down_axis);
  g_assert_cmpint (right_axis, >=, 0);
  g_assert_cmpint (down_axis, >=, 0);
}

static void
test_voxels (void)
{
  for (gsize world = 0; world < G_N_ELEMENTS (worlds); world++)
    {
      g_autofree char *path = write_volume (worlds[world]);
      g_autoptr (WhyPicture) picture = why_picture_load (path, NULL, NULL);
      double mm[3];
      char found[4];
      gint64 voxel[3];

      g_assert_nonnull (picture);
      g_assert_cmpfloat (why_picture_get_value (picture, bright), ==, brightness);
      g_assert_true (why_picture_get_world (picture, bright, mm));
      for (int direction = 0; direction < 3; direction++)
        {
          const float *row = worlds[world] + 4 * direction;
          g_assert_cmpfloat (mm[direction], ==,
                             (double) row[0] * (double) bright[0] + (double) row[1] * (double) bright[1] +
                               (double) row[2] * (double) bright[2] + (double) row[3]);
        }
      for (int kind = 0; kind < 3; kind++)
        {
          g_assert_true (why_picture_set_plane (picture, (WhyPlaneKind) kind, 2, NULL));
          check_places (picture);
          g_assert_true (why_picture_get_sides (picture, found));
          g_assert_cmpmem (found, 4, sides[kind], 4);
          g_assert_false (why_picture_find_voxel (picture, -0.1, 0.5, voxel));
          g_assert_false (why_picture_find_voxel (picture, 0.5, (double) picture->display->dims[0] + 0.1, voxel));

          /* What is seen along the axis: the bright voxel, wherever it lies on it, and pressing there finds it. */
          double x;
          double y;
          g_assert_true (why_picture_set_projected (picture, TRUE, NULL));
          why_picture_find_place (picture, bright, &x, &y);
          const gint64 at = (gint64) y * picture->display->dims[1] + (gint64) x;
          g_assert_cmpint (((const guint8 *) picture->display->data)[at], >, 127);
          g_assert_true (why_picture_find_voxel (picture, x, y, voxel));
          g_assert_cmpmem (voxel, sizeof voxel, bright, sizeof bright);
          g_assert_true (why_picture_set_projected (picture, FALSE, NULL));
        }
    }
}

/* ---- the document ---- */

static WhyDocument *
open_document (WhyRunner *runner, const float *world)
{
  WhyDocument *document = why_document_new (runner);
  g_autofree char *path = write_volume (world);

  why_document_open (document, model_path);
  why_document_open (document, path);
  spin_until_idle (document);
  why_document_set_target_class (document, 0);
  why_document_set_layer (document, "relu1");
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  return document;
}

static void
on_notify_cb (GObject *object, GParamSpec *spec, guint *n_notified)
{
  (*n_notified)++;
}

static void
test_cross_hair (void)
{
  for (gsize world = 0; world < G_N_ELEMENTS (worlds); world++)
    {
      WhyRunner *runner = why_runner_new ();
      WhyDocument *document = open_document (runner, worlds[world]);
      gint64 voxel[3];
      guint n_moved = 0;

      /* In the middle at first. */
      g_assert_true (why_document_get_cross_hair (document, voxel));
      for (int axis = 0; axis < 3; axis++)
        g_assert_cmpint (voxel[axis], ==, count[axis] / 2);
      g_signal_connect (document, "notify::cross-hair", G_CALLBACK (on_notify_cb), &n_moved);
      why_document_set_cross_hair (document, bright);
      g_assert_cmpint (n_moved, ==, 1);
      why_document_set_cross_hair (document, bright);
      g_assert_cmpint (n_moved, ==, 1);
      for (int kind = 0; kind < 3; kind++)
        {
          const int axis = why_picture_get_plane_axis (why_document_get_source (document), (WhyPlaneKind) kind);
          WhyPlaneImage image = { NULL };
          double x;
          double y;

          /* Each plane goes through it, and shows there what is bright, with the peak of the map. */
          g_assert_cmpint (why_document_get_slice_of (document, (WhyPlaneKind) kind), ==, bright[axis]);
          g_assert_true (why_document_show_plane (document, (WhyPlaneKind) kind, FALSE, &image));
          g_assert_cmpint (image.picture->plane.index, ==, bright[axis]);
          why_picture_find_place (image.picture, bright, &x, &y);
          const gint64 at = (gint64) y * image.picture->display->dims[1] + (gint64) x;
          g_assert_cmpint (((const guint8 *) image.picture->display->data)[at], >, 127);
          WhyAffine to_map = why_affine_identity ();
          g_assert_nonnull (image.map);
          g_assert_true (why_affine_invert (&image.overlay.to_source, &to_map));
          why_affine_apply (&to_map, &x, &y);
          const float *cells = image.map->values->data;
          g_assert_cmpfloat (cells[(gint64) y * image.map->values->dims[1] + (gint64) x], >, 0);

          /* Picture and map are made once, and again for another slice. */
          WhyTensor *display = image.picture->display;
          WhyMap *map = image.map;
          g_assert_true (why_document_show_plane (document, (WhyPlaneKind) kind, FALSE, &image));
          g_assert_true (image.picture->display == display);
          g_assert_true (image.map == map);
          why_document_set_slice (document, (WhyPlaneKind) kind, bright[axis] == 0 ? 1 : 0);
          g_assert_true (why_document_show_plane (document, (WhyPlaneKind) kind, FALSE, &image));
          g_assert_cmpint (image.picture->plane.index, !=, bright[axis]);
          for (gsize cell = 0; cell < why_tensor_count (image.map->values); cell++)
            g_assert_cmpfloat (((const float *) image.map->values->data)[cell], ==, 0);
          why_document_set_cross_hair (document, bright);
          why_plane_image_clear (&image);
          g_assert_null (image.picture);
          g_assert_null (image.map);
        }
      /* The slice of one plane moves it along one axis only. */
      why_document_set_slice (document, WHY_PLANE_CORONAL, 0);
      g_assert_true (why_document_get_cross_hair (document, voxel));
      const int axis = why_picture_get_plane_axis (why_document_get_source (document), WHY_PLANE_CORONAL);
      for (int other = 0; other < 3; other++)
        g_assert_cmpint (voxel[other], ==, other == axis ? 0 : bright[other]);
      g_assert_cmpint (why_document_get_plane (document), ==, WHY_PLANE_CORONAL);
      /* Brought into range. */
      why_document_set_cross_hair (document, (const gint64[3]) { 100, -5, 2 });
      g_autofree char *text = why_document_dup_cross_hair (document);
      g_assert_cmpstr (text, ==, "6 0 2");
      g_assert_finalize_object (document);
      why_runner_unref (runner);
    }
}

static void
test_projected (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, worlds[0]);

  why_document_set_slice (document, WHY_PLANE_AXIAL, 0);
  g_autofree char *slice_state = why_state_to_json (document);
  g_assert_nonnull (strstr (slice_state, "\"projected\":false"));
  why_document_set_projected (document, TRUE);
  g_autofree char *view = why_document_dup_view (document);
  g_assert_cmpstr (view, ==, "one maximum");
  g_autofree char *state = why_state_to_json (document);
  g_assert_nonnull (strstr (state, "\"projected\":true"));
  /* Whatever slice is chosen, what is bright is seen, on every plane. */
  for (int kind = 0; kind < 3; kind++)
    {
      WhyAffine to_source;
      int n_bright = 0;

      why_document_set_slice (document, (WhyPlaneKind) kind, 0);
      WhyMap *map = why_document_get_map (document);
      g_assert_nonnull (map);
      g_assert_true (why_document_map_to_source (document, &to_source));
      for (gsize cell = 0; cell < why_tensor_count (map->values); cell++)
        n_bright += ((const float *) map->values->data)[cell] > 0;
      g_assert_cmpint (n_bright, ==, 1);
    }
  g_autofree char *command = why_document_dup_command_line (document);
  g_assert_nonnull (strstr (command, " --slice sagittal:max "));
  g_autofree char *caption = why_document_dup_caption (document);
  g_assert_nonnull (strstr (caption, "aximum"));
  why_document_undo (document);
  g_assert_false (why_document_get_projected (document));
  g_assert_false (why_document_get_source (document)->projected);
  why_document_redo (document);
  g_assert_true (why_document_get_source (document)->projected);

  /* Another volume is shown likewise. */
  g_autofree char *path = write_volume (worlds[1]);
  why_document_open (document, path);
  spin_until_idle (document);
  g_assert_true (why_document_get_source (document)->projected);
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

static void
test_session (void)
{
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, worlds[1]);
  g_autofree char *path = g_build_filename (folder, "planes.json", NULL);
  gint64 voxel[3];

  why_document_set_cross_hair (document, bright);
  why_document_set_three_planes (document, TRUE);
  why_document_set_projected (document, TRUE);
  why_document_set_turn (document, why_turn_rotate (why_turn_flip (0), 3));
  why_document_set_slice (document, WHY_PLANE_CORONAL, 2);
  g_autofree char *cross_hair = why_document_dup_cross_hair (document);
  why_document_save_session (document, path);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  g_assert_finalize_object (document);

  document = why_document_new (runner);
  why_document_open (document, path);
  spin_until_idle (document);
  g_assert_null (why_document_get_error_message (document));
  g_autofree char *view = why_document_dup_view (document);
  g_assert_cmpstr (view, ==, "three maximum mirrored 270");
  g_assert_cmpint (why_document_get_plane (document), ==, WHY_PLANE_CORONAL);
  g_assert_cmpint (why_document_get_slice (document), ==, 2);
  g_assert_true (why_document_get_cross_hair (document, voxel));
  g_autofree char *restored = why_document_dup_cross_hair (document);
  g_assert_cmpstr (restored, ==, cross_hair);

  /* What cannot be is said. */
  g_autofree char *text = NULL;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_autoptr (GString) wrong = g_string_new (text);
  g_assert_cmpuint (g_string_replace (wrong, "\"three\"", "\"seven\"", 0), ==, 1);
  g_assert_true (g_file_set_contents (path, wrong->str, -1, NULL));
  why_document_open (document, path);
  spin_until_idle (document);
  g_assert_nonnull (why_document_get_error_message (document));
  g_assert_nonnull (strstr (why_document_get_error_message (document), "seven"));
  g_unlink (path);
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

/* Compared maps lie on the same plane as the main one: of two classes that are each other's negative they are so there. */
static void
test_compare (void)
{
  static const char *const modes[] = { "side", "curtain", "difference" };
  WhyRunner *runner = why_runner_new ();
  WhyDocument *document = open_document (runner, worlds[0]);

  why_document_set_polarity (document, "signed");
  spin_until_idle (document);
  for (gsize mode = 0; mode < G_N_ELEMENTS (modes); mode++)
    {
      why_document_set_compare (document, modes[mode]);
      spin_until_idle (document);
      g_assert_null (why_document_get_error_message (document));
      for (int view = 0; view < 2; view++)
        for (int kind = 0; kind < 3; kind++)
          {
            const int axis = why_picture_get_plane_axis (why_document_get_source (document), (WhyPlaneKind) kind);
            WhyAffine main_to_source;
            WhyAffine to_source;

            why_document_set_projected (document, view == 1);
            /* A projection shows it whatever the slice. */
            why_document_set_slice (document, (WhyPlaneKind) kind, view == 1 ? 0 : bright[axis]);
            spin_until_idle (document);
            g_autoptr (WhyVariant) variant = g_list_model_get_item (why_document_get_variants (document), 0);
            WhyMap *main_map = why_document_get_map (document);
            WhyMap *map = why_variant_get_map (variant);
            g_assert_nonnull (map);
            g_assert_true (why_tensor_same_dims (map->values, main_map->values));
            g_assert_true (why_variant_map_to_source (variant, &to_source));
            g_assert_true (why_document_map_to_source (document, &main_to_source));
            g_assert_cmpmem (&to_source, sizeof to_source, &main_to_source, sizeof main_to_source);
            const float *values = map->values->data;
            const float *main_values = main_map->values->data;
            int n_bright = 0;
            for (gsize cell = 0; cell < why_tensor_count (map->values); cell++)
              {
                g_assert_cmpfloat (values[cell], ==, -main_values[cell]);
                n_bright += main_values[cell] > 0;
              }
            g_assert_cmpint (n_bright, ==, 1);
            const WhyDifference *difference = why_document_get_difference (document);
            if (g_str_equal (modes[mode], "difference"))
              {
                /* 1 less -1 where both have their greatest magnitude. */
                float greatest = 0;
                g_assert_nonnull (difference);
                g_assert_true (why_tensor_same_dims (difference->values, main_map->values));
                for (gsize cell = 0; cell < why_tensor_count (difference->values); cell++)
                  greatest = MAX (greatest, ((const float *) difference->values->data)[cell]);
                g_assert_cmpfloat_with_epsilon (greatest, 2, 1e-6);
              }
          }
      why_document_set_projected (document, FALSE);
    }
  g_assert_finalize_object (document);
  why_runner_unref (runner);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("why-planes-XXXXXX", NULL);
  model_path = g_build_filename (folder, "volume.onnx", NULL);
  small_write (volume_model (), model_path);
  g_test_add_func ("/planes/project", test_project);
  g_test_add_func ("/planes/map", test_map);
  g_test_add_func ("/planes/voxels", test_voxels);
  g_test_add_func ("/planes/cross-hair", test_cross_hair);
  g_test_add_func ("/planes/projected", test_projected);
  g_test_add_func ("/planes/session", test_session);
  g_test_add_func ("/planes/compare", test_compare);
  const int status = g_test_run ();

  g_autofree char *volume = g_build_filename (folder, "bright.nii", NULL);
  g_unlink (volume);
  g_unlink (model_path);
  g_rmdir (folder);
  g_free (model_path);
  g_free (folder);
  return status;
}
