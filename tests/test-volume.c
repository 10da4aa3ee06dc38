#include "config.h"

#include "image/recipe.h"
#include "image/source.h"
#include "image/volume.h"

#include "base/error.h"
#include "base/range.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

/* NIfTI files written byte by byte as nifti1.h and nifti2.h lay them out, read through the real loader process;
 * planes of volumes; and their preparation. */

#define WIDTH 4
#define HEIGHT 3
#define DEPTH 2
#define N_VOXELS (WIDTH * HEIGHT * DEPTH)

static char *folder;

typedef struct
{
  int type, bits;
  gboolean swapped, second, compressed;
  double slope, inter;
  int n_frames;
  gsize cut; /* bytes missing at the end */
  const char *magic;
  const float *srow; /* (nullable) (array fixed-size=12) */
  int offset; /* 0: where it belongs */
} Spec;

static void
put (guint8 *at, gsize size, guint64 value, gboolean swapped)
{
  for (gsize byte = 0; byte < size; byte++)
    at[byte] = (guint8) (value >> 8 * (swapped ? size - 1 - byte : byte));
}

static void
put_real (guint8 *at, gsize size, double value, gboolean swapped)
{
  const float single = (float) value;
  guint32 bits32;
  guint64 bits64;

  memcpy (&bits32, &single, sizeof bits32);
  memcpy (&bits64, &value, sizeof bits64);
  put (at, size, size == 4 ? bits32 : bits64, swapped);
}

/* The stored number of a voxel: negative ones too where the type has them. */
static double
stored (const Spec *spec, int voxel)
{
  const gboolean is_signed = spec->type != 2 && spec->type != 512 && spec->type != 768 && spec->type != 1280;
  return is_signed ? voxel * 5 - 50 : voxel * 5;
}

static char *
write_nifti (const char *name, const Spec *spec)
{
  const gsize header = spec->second ? 540 : 348;
  const gsize real = spec->second ? 8 : 4;
  const gsize voxel_size = (gsize) spec->bits / 8;
  const int n_frames = MAX (spec->n_frames, 1);
  const gsize length = header + 4 + voxel_size * N_VOXELS * (gsize) n_frames;
  g_autofree guint8 *bytes = g_malloc0 (length);
  const gint64 dims[5] = { n_frames > 1 ? 4 : 3, WIDTH, HEIGHT, DEPTH, n_frames };
  const double sizes[4] = { 1.0, 0.5, 0.75, 2.0 };
  const gboolean swapped = spec->swapped;

  put (bytes, 4, header, swapped);
  for (int axis = 0; axis < 8; axis++)
    put (bytes + (spec->second ? 16 + axis * 8 : 40 + axis * 2), spec->second ? 8 : 2,
         axis < 5 ? (guint64) dims[axis] : 1, swapped);
  for (int axis = 0; axis < 4; axis++)
    put_real (bytes + (spec->second ? 104 : 76) + (gsize) axis * real, real, sizes[axis], swapped);
  put (bytes + (spec->second ? 12 : 70), 2, (guint64) spec->type, swapped);
  put (bytes + (spec->second ? 14 : 72), 2, (guint64) spec->bits, swapped);
  const gsize offset = spec->offset != 0 ? (gsize) spec->offset : header + 4;
  if (spec->second)
    put (bytes + 168, 8, offset, swapped);
  else
    put_real (bytes + 108, 4, (double) offset, swapped);
  put_real (bytes + (spec->second ? 176 : 112), real, spec->slope, swapped);
  put_real (bytes + (spec->second ? 184 : 116), real, spec->inter, swapped);
  put (bytes + (spec->second ? 500 : 123), spec->second ? 4 : 1, 2, swapped); /* millimetres */
  if (spec->srow != NULL)
    {
      put (bytes + (spec->second ? 348 : 254), spec->second ? 4 : 2, 1, swapped);
      for (gsize entry = 0; entry < 12; entry++)
        put_real (bytes + (spec->second ? 400 : 280) + entry * real, real, (double) spec->srow[entry], swapped);
    }
  if (spec->second)
    memcpy (bytes + 4, spec->magic != NULL ? spec->magic : "n+2\0\r\n\032\n", 8);
  else
    memcpy (bytes + 344, spec->magic != NULL ? spec->magic : "n+1", 4);
  for (int frame = 0; frame < n_frames; frame++)
    for (int voxel = 0; voxel < N_VOXELS; voxel++)
      {
        guint8 *at = bytes + header + 4 + (gsize) (frame * N_VOXELS + voxel) * voxel_size;
        const double value = stored (spec, voxel) + frame;

        if (spec->type == 16 || spec->type == 64)
          put_real (at, voxel_size, value, swapped);
        else
          put (at, voxel_size, (guint64) (gint64) value, swapped);
      }

  char *path = g_build_filename (folder, name, NULL);
  if (spec->compressed)
    {
      gzFile file = gzopen (path, "wb");
      g_assert_cmpint (gzwrite (file, bytes, (unsigned) (length - spec->cut)), ==, (int) (length - spec->cut));
      g_assert_cmpint (gzclose (file), ==, Z_OK);
    }
  else
    g_assert_true (g_file_set_contents (path, (const char *) bytes, (gssize) (length - spec->cut), NULL));
  return path;
}

static WhyImageSource *
open_good (const char *path)
{
  g_autoptr (GError) error = NULL;
  WhyImageSource *source = why_image_source_open (path, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (why_image_source_is_volume (source));
  return source;
}

static void
check_values (const Spec *spec, WhyImageSource *source, int frame)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyTensor) volume = why_image_source_read_volume (source, frame, NULL, &error);
  const gboolean scaled = spec->slope != 0.0;

  g_assert_no_error (error);
  g_assert_cmpint (volume->rank, ==, 3);
  g_assert_cmpint (volume->dims[0], ==, DEPTH);
  g_assert_cmpint (volume->dims[1], ==, HEIGHT);
  g_assert_cmpint (volume->dims[2], ==, WIDTH);
  for (int voxel = 0; voxel < N_VOXELS; voxel++)
    {
      const double value = stored (spec, voxel) + frame;
      const float expected = (float) (scaled ? value * spec->slope + spec->inter : value);
      g_assert_cmpfloat (((const float *) volume->data)[voxel], ==, expected);
    }
}

static void
test_types (void)
{
  static const Spec specs[] = {
    { 2, 8 },    { 4, 16 },   { 8, 32 },    { 16, 32 },   { 64, 64 },
    { 256, 8 },  { 512, 16 }, { 768, 32 },  { 1024, 64 }, { 1280, 64 },
  };

  for (gsize type = 0; type < G_N_ELEMENTS (specs); type++)
    for (int form = 0; form < 8; form++)
      {
        Spec spec = specs[type];
        spec.swapped = (form & 1) != 0;
        spec.second = (form & 2) != 0;
        spec.compressed = (form & 4) != 0;
        spec.slope = form == 3 ? 0.25 : 0.0;
        spec.inter = form == 3 ? -7.0 : 0.0;
        g_autofree char *path = write_nifti (spec.compressed ? "t.nii.gz" : "t.nii", &spec);
        g_autoptr (WhyImageSource) source = open_good (path);

        g_assert_cmpstr (why_image_source_get_format (source), ==, "NIfTI");
        g_assert_cmpint (why_image_source_get_width (source), ==, WIDTH);
        g_assert_cmpint (why_image_source_get_height (source), ==, HEIGHT);
        g_assert_cmpint (why_image_source_get_n_slices (source), ==, DEPTH);
        g_assert_cmpfloat (why_image_source_get_mpp_x (source), ==, 500.0);
        g_assert_cmpfloat (why_image_source_get_mpp_y (source), ==, 750.0);
        g_assert_cmpfloat (why_image_source_get_mpp_z (source), ==, 2000.0);
        g_assert_null (why_image_source_get_voxel_to_world (source));
        check_values (&spec, source, 0);
      }
}

static void
test_frames (void)
{
  g_autoptr (GError) error = NULL;

  for (int compressed = 0; compressed < 2; compressed++)
    {
      const Spec spec = { 4, 16, .n_frames = 3, .compressed = compressed == 1 };
      g_autofree char *path = write_nifti ("frames.nii", &spec);
      g_autoptr (WhyImageSource) source = open_good (path);

      g_assert_cmpint (why_image_source_get_n_frames (source), ==, 3);
      check_values (&spec, source, 0);
      check_values (&spec, source, 2);
      check_values (&spec, source, 1);
      g_assert_null (why_image_source_read_volume (source, 3, NULL, &error));
      g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
      g_clear_error (&error);
    }
}

static void
expect_failure (const char *path, int code, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyImageSource) source = why_image_source_open (path, NULL, NULL, &error);
  g_autoptr (WhyTensor) volume = source != NULL ? why_image_source_read_volume (source, 0, NULL, &error) : NULL;

  g_assert_null (volume);
  g_assert_error (error, WHY_ERROR, code);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, part);
}

static void
test_damage (void)
{
  for (int compressed = 0; compressed < 2; compressed++)
    {
      const Spec cut = { 4, 16, .cut = 3, .compressed = compressed == 1 };
      const Spec header = { 4, 16, .cut = 2 * N_VOXELS + 30, .compressed = compressed == 1 };
      const Spec half = { 4, 16, .cut = 2 * N_VOXELS - 5, .compressed = compressed == 1 };
      g_autofree char *cut_path = write_nifti ("cut.nii", &cut);
      expect_failure (cut_path, WHY_ERROR_BAD_IMAGE, "it has 2 slices, but ends in slice 2");
      g_autofree char *half_path = write_nifti ("half.nii", &half);
      expect_failure (half_path, WHY_ERROR_BAD_IMAGE, "it has 2 slices, but ends in slice 1");
      /* Less than a header is not recognised as a volume at all. */
      g_autofree char *header_path = write_nifti ("header.nii", &header);
      expect_failure (header_path, WHY_ERROR_BAD_IMAGE, "is ");
    }
  const Spec pair = { 4, 16, .magic = "ni1" };
  g_autofree char *pair_path = write_nifti ("pair.hdr", &pair);
  expect_failure (pair_path, WHY_ERROR_BAD_IMAGE, "two files");
  const Spec colour = { 128, 24 };
  g_autofree char *colour_path = write_nifti ("colour.nii", &colour);
  expect_failure (colour_path, WHY_ERROR_BAD_IMAGE, "holds colours");
  const Spec complex_numbers = { 32, 64 };
  g_autofree char *complex_path = write_nifti ("complex.nii", &complex_numbers);
  expect_failure (complex_path, WHY_ERROR_BAD_IMAGE, "complex numbers");
  const Spec odd = { 77, 16 };
  g_autofree char *odd_path = write_nifti ("odd.nii", &odd);
  expect_failure (odd_path, WHY_ERROR_BAD_IMAGE, "voxels of type 77");
  const Spec far_away = { 4, 16, .second = TRUE, .offset = 1 << 30 };
  g_autofree char *far_path = write_nifti ("far.nii", &far_away);
  expect_failure (far_path, WHY_ERROR_BAD_IMAGE, "far behind its header");
}

/* A header that promises more than any machine has, in a file of a few hundred bytes. */
static void
test_huge (void)
{
  const Spec spec = { 4, 16 };
  g_autofree char *path = write_nifti ("huge.nii", &spec);
  g_autofree char *bytes = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  for (int axis = 1; axis <= 3; axis++)
    put ((guint8 *) bytes + 40 + axis * 2, 2, 32767, FALSE);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) length, NULL));
  expect_failure (path, WHY_ERROR_TOO_LARGE, "32767x32767x32767 voxels");
  put ((guint8 *) bytes + 42, 2, (guint64) -4, FALSE);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) length, NULL));
  expect_failure (path, WHY_ERROR_BAD_IMAGE, "axis 1 has -4 entries");
}

/* As a picture: the middle slice between the ends of the window. */
static void
test_shown (void)
{
  const Spec spec = { 4, 16 };
  g_autofree char *path = write_nifti ("shown.nii", &spec);
  g_autoptr (WhyImageSource) source = open_good (path);
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyTensor) pixels = why_image_source_read (source, 0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT, NULL, &error);

  g_assert_no_error (error);
  /* Slice 1 holds voxels 12 to 23; all 24 lie evenly between black and white. */
  for (int voxel = 0; voxel < WIDTH * HEIGHT; voxel++)
    g_assert_cmpint (((const guint8 *) pixels->data)[voxel], ==, (int) floor ((12 + voxel) / 23.0 * 255.0 + 0.5));
}

static void
test_world (void)
{
  static const float lia[12] = { -1, 0, 0, 90, 0, 0, 1, -120, 0, -1, 0, 80 };
  const Spec spec = { 4, 16, .srow = lia };
  g_autofree char *path = write_nifti ("world.nii", &spec);
  g_autoptr (WhyImageSource) source = open_good (path);
  const double *world = why_image_source_get_voxel_to_world (source);
  const gint64 dims[3] = { DEPTH, HEIGHT, WIDTH };

  g_assert_nonnull (world);
  for (int entry = 0; entry < 12; entry++)
    g_assert_cmpfloat (world[entry], ==, (double) lia[entry]);

  /* Columns run to the left, rows down, slices to the front: slices are coronal and lie right as they are. */
  const WhyPlane coronal = why_plane_find (WHY_PLANE_CORONAL, dims, world, 1);
  g_assert_cmpint (coronal.axis, ==, 0);
  g_assert_false (coronal.transpose || coronal.flip_x || coronal.flip_y);
  const WhyPlane axial = why_plane_find (WHY_PLANE_AXIAL, dims, world, 99);
  g_assert_cmpint (axial.axis, ==, 1);
  g_assert_cmpint (axial.index, ==, HEIGHT - 1);
  g_assert_false (axial.transpose || axial.flip_x);
  g_assert_true (axial.flip_y); /* the front at the top */
  const WhyPlane sagittal = why_plane_find (WHY_PLANE_SAGITTAL, dims, world, 0);
  g_assert_cmpint (sagittal.axis, ==, 2);
  g_assert_true (sagittal.transpose && sagittal.flip_x);
  g_assert_false (sagittal.flip_y);
}

/* Each voxel of the shown plane must be the one whose coordinates the affine maps there. */
static void
test_planes (void)
{
  const gint64 dims[3] = { 5, 4, 3 };
  g_autoptr (WhyTensor) volume = why_tensor_new (WHY_DTYPE_FLOAT32, 3, dims, NULL);
  float *values = volume->data;

  for (int voxel = 0; voxel < 60; voxel++)
    values[voxel] = (float) voxel;
  for (int axis = 0; axis < 3; axis++)
    for (int form = 0; form < 8; form++)
      {
        const WhyPlane plane = { axis, 2, (form & 1) != 0, (form & 2) != 0, (form & 4) != 0 };
        g_autoptr (GError) error = NULL;
        g_autoptr (WhyTensor) taken = why_volume_take_plane (volume, &plane, &error);
        g_assert_no_error (error);
        g_autoptr (WhyTensor) picture = why_window_apply (taken, 0.0, 255.0, WHY_DTYPE_UINT8, &error);
        const WhyAffine affine = why_plane_get_affine (&plane, dims);
        const int row_axis = axis == 0 ? 1 : 0;
        const int column_axis = axis == 2 ? 1 : 2;
        gint64 width, height;

        g_assert_no_error (error);
        why_plane_get_size (&plane, dims, &width, &height);
        g_assert_cmpint (picture->dims[0], ==, height);
        g_assert_cmpint (picture->dims[1], ==, width);
        for (gint64 row = 0; row < dims[row_axis]; row++)
          for (gint64 column = 0; column < dims[column_axis]; column++)
            {
              gint64 at[3] = { 2, 2, 2 };
              double x = (double) column + 0.5, y = (double) row + 0.5;

              at[row_axis] = row;
              at[column_axis] = column;
              why_affine_apply (&affine, &x, &y);
              g_assert_cmpint (((const guint8 *) picture->data)[(gint64) y * width + (gint64) x], ==,
                               (at[0] * 4 + at[1]) * 3 + at[2]);
            }
      }
}

static WhyTensor *
prepare (const char *json, const gint64 *dims, const float *values)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyRecipe) recipe = why_recipe_parse (json, -1, "test", NULL, &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) volume =
    why_tensor_new_view (WHY_DTYPE_FLOAT32, 4, dims, NULL, (gpointer) values, NULL, NULL);
  WhyTensor *input = why_recipe_prepare (recipe, volume, &error);
  g_assert_no_error (error);
  return input;
}

static void
test_recipe (void)
{
  static const float values[8] = { 10, 20, 30, 40, 50, 60, 70, 90 };
  const gint64 dims[4] = { 2, 2, 2, 1 };
  g_autoptr (WhyTensor) as_is = prepare ("{\"version\":1,\"channels\":\"grey\",\"normalise\":\"none\"}", dims, values);
  g_autoptr (WhyTensor) range = prepare ("{\"version\":1,\"channels\":\"grey\",\"normalise\":\"min-max\"}", dims,
                                         values);
  g_autoptr (WhyTensor) score = prepare ("{\"version\":1,\"channels\":\"grey\",\"normalise\":\"z-score\"}", dims,
                                         values);
  double sum = 0.0, squares = 0.0;

  g_assert_cmpint (range->rank, ==, 5);
  for (int voxel = 0; voxel < 8; voxel++)
    {
      const double normal = (double) ((const float *) score->data)[voxel];
      g_assert_cmpfloat (((const float *) as_is->data)[voxel], ==, values[voxel]);
      g_assert_cmpfloat_with_epsilon (((const float *) range->data)[voxel], (values[voxel] - 10) / 80, 1e-7);
      sum += normal;
      squares += normal * normal;
    }
  g_assert_cmpfloat_with_epsilon (sum, 0.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (squares, 8.0, 1e-5);

  /* Four slices from two, interpolated at half-slice centres: 1/4, 3/4 of the way between their neighbours. */
  g_autoptr (WhyTensor) deep = prepare (
    "{\"version\":1,\"channels\":\"grey\",\"normalise\":\"none\",\"size\":[2,2,4],\"filter\":\"bilinear-noaa\"}", dims,
    values);
  g_assert_cmpint (deep->dims[2], ==, 4);
  const double weights[4] = { 0.0, 0.25, 0.75, 1.0 };
  for (int d = 0; d < 4; d++)
    for (int voxel = 0; voxel < 4; voxel++)
      g_assert_cmpfloat_with_epsilon (((const float *) deep->data)[d * 4 + voxel],
                                      values[voxel] + weights[d] * (double) (values[voxel + 4] - values[voxel]), 1e-5);

  gint64 depth;
  double scale, offset;
  g_autoptr (WhyRecipe) recipe = why_recipe_parse ("{\"version\":1,\"size\":[2,2,4],\"normalise\":\"none\"}", -1,
                                                   "test", NULL, NULL);
  why_recipe_get_depth (recipe, 2, &depth, &scale, &offset);
  g_assert_cmpint (depth, ==, 4);
  g_assert_cmpfloat (scale, ==, 0.5);
  g_assert_cmpfloat (offset, ==, 0.0);
}

static void
test_range (void)
{
  float values[3000], low, high;

  for (int at = 0; at < 3000; at++)
    values[at] = (float) at;
  values[5] = NAN;
  values[6] = INFINITY;
  why_range_robust (values, 3000, &low, &high);
  g_assert_cmpfloat (low, ==, 2.0f);
  g_assert_cmpfloat (high, ==, 2997.0f);
  const float large = 3e20f;
  why_range_robust (&large, 1, &low, &high);
  g_assert_cmpfloat (low, <, high);
  const float none = NAN;
  why_range_robust (&none, 1, &low, &high);
  g_assert_cmpfloat (low, ==, 0.0f);
  g_assert_cmpfloat (high, ==, 1.0f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("why-volume-XXXXXX", NULL);
  g_test_add_func ("/volume/nifti/types", test_types);
  g_test_add_func ("/volume/nifti/frames", test_frames);
  g_test_add_func ("/volume/nifti/damage", test_damage);
  g_test_add_func ("/volume/nifti/huge", test_huge);
  g_test_add_func ("/volume/nifti/shown", test_shown);
  g_test_add_func ("/volume/nifti/world", test_world);
  g_test_add_func ("/volume/planes", test_planes);
  g_test_add_func ("/volume/recipe", test_recipe);
  g_test_add_func ("/volume/range", test_range);
  const int status = g_test_run ();

  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
  return status;
}
