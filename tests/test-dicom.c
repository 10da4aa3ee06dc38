#include "config.h"

#include "dicom-builder.h"

#include "image/source.h"

#include "base/error.h"
#include "base/range.h"
#include "base/slices.h"

#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>

/* DICOM files written byte by byte as PS3.5 and PS3.10 lay them out, read through the real loader process; series;
 * files that lie; and, where DCMTK's tools and the collection of real files are there, what they say. */

static char *folder;

static char *
write_bytes (const char *name, const GByteArray *bytes)
{
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, (const char *) bytes->data, bytes->len, NULL));
  return path;
}

static char *
write_dicom (const char *name, const DicomSpec *spec)
{
  g_autoptr (GByteArray) file = db_file (spec);

  return write_bytes (name, file);
}

/* ---- reading ---- */

static WhyImageSource *
open_good (const char *path)
{
  g_autoptr (GError) error = NULL;
  WhyImageSource *source = why_image_source_open (path, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (source);
  return source;
}

static WhyTensor *
read_values (WhyImageSource *source)
{
  g_autoptr (GError) error = NULL;
  WhyTensor *values = why_image_source_read_volume (source, 0, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (values);
  return values;
}

static WhyTensor *
read_shown (WhyImageSource *source)
{
  g_autoptr (GError) error = NULL;
  const gint64 width = why_image_source_get_width (source), height = why_image_source_get_height (source);
  WhyTensor *pixels = why_image_source_read (source, 0, 0, width, height, width, height, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (pixels);
  return pixels;
}

/* The sentence that reading the file ends in, whether it is opened or only read. */
static char *
read_bad (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyImageSource) source = why_image_source_open (path, NULL, NULL, &error);

  if (source != NULL)
    {
      const gint64 width = why_image_source_get_width (source), height = why_image_source_get_height (source);
      g_autoptr (WhyTensor) pixels = why_image_source_read (source, 0, 0, width, height, width, height, NULL, &error);
      g_assert_null (pixels);
      /* The reader has not died of it. */
      g_assert_true (why_image_source_is_alive (source));
    }
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_null (strstr (error->message, "stopped"));
  return g_strdup (error->message);
}

static void
test_values (void)
{
  static const DicomSpec specs[] = {
    { .syntax = DICOM_EXPLICIT, .is_signed = TRUE },
    { .syntax = DICOM_EXPLICIT, .stored = 12 },
    { .syntax = DICOM_EXPLICIT, .stored = 12, .is_signed = TRUE },
    { .syntax = DICOM_EXPLICIT, .stored = 12, .high_bit = 15 },
    { .syntax = DICOM_EXPLICIT, .allocated = 8 },
    { .syntax = DICOM_EXPLICIT, .allocated = 8, .is_signed = TRUE },
    { .syntax = DICOM_IMPLICIT, .stored = 12, .is_signed = TRUE },
    { .syntax = DICOM_IMPLICIT, .bare = TRUE },
    { .syntax = DICOM_EXPLICIT, .bare = TRUE, .stored = 10 },
    { .syntax = DICOM_BIG_ENDIAN, .is_signed = TRUE },
    { .syntax = DICOM_DEFLATED, .stored = 12, .is_signed = TRUE },
    { .syntax = DICOM_RLE, .is_signed = TRUE },
    { .syntax = DICOM_EXPLICIT, .stored = 12, .slope = "2.5", .intercept = "-1024" },
    { .syntax = DICOM_EXPLICIT, .is_signed = TRUE, .slope = "1", .intercept = "-1000", .photometric = "MONOCHROME1" },
  };

  for (gsize which = 0; which < G_N_ELEMENTS (specs); which++)
    {
      const DicomSpec spec = db_complete (&specs[which]);
      const double slope = spec.slope != NULL ? g_ascii_strtod (spec.slope, NULL) : 1.0;
      const double intercept = spec.intercept != NULL ? g_ascii_strtod (spec.intercept, NULL) : 0.0;
      g_autofree char *path = write_dicom ("values.dcm", &specs[which]);
      g_autoptr (WhyImageSource) source = open_good (path);
      g_autoptr (WhyTensor) values = read_values (source);

      g_assert_cmpstr (why_image_source_get_format (source), ==, "DICOM");
      g_assert_false (why_image_source_is_volume (source));
      g_assert_true (why_image_source_has_values (source));
      g_assert_cmpint (values->rank, ==, 3);
      g_assert_cmpint (values->dims[0], ==, 1);
      g_assert_cmpint (values->dims[1], ==, DICOM_ROWS);
      g_assert_cmpint (values->dims[2], ==, DICOM_COLUMNS);
      for (int pixel = 0; pixel < DICOM_PIXELS; pixel++)
        g_assert_cmpfloat (((const float *) values->data)[pixel], ==,
                           (float) (db_stored_value (&spec, pixel) * slope + intercept));
    }
}

/* PS3.3 C.11.2.1.2: y = ((x - (c - 0.5)) / (w - 1) + 0.5) * 255, and without the halves for LINEAR_EXACT. */
static void
test_window (void)
{
  static const char *const functions[] = { NULL, "LINEAR_EXACT" };
  static const char *const photometrics[] = { "MONOCHROME2", "MONOCHROME1" };

  for (gsize function = 0; function < 2; function++)
    for (gsize photometric = 0; photometric < 2; photometric++)
      {
        const DicomSpec short_spec = { .stored = 8, .allocated = 16, .centre = "100\\7", .width = "120\\9",
                                  .function = functions[function], .photometric = photometrics[photometric] };
        const DicomSpec spec = db_complete (&short_spec);
        g_autofree char *path = write_dicom ("window.dcm", &short_spec);
        g_autoptr (WhyImageSource) source = open_good (path);
        g_autoptr (WhyTensor) shown = read_shown (source);
        double centre, width;

        g_assert_true (why_image_source_get_window (source, &centre, &width));
        g_assert_cmpfloat (centre, ==, 100.0);
        g_assert_cmpfloat (width, ==, 120.0);
        g_assert_cmpint (why_image_source_is_window_exact (source), ==, function == 1);
        g_assert_cmpint (why_image_source_is_inverted (source), ==, photometric == 1);
        for (int pixel = 0; pixel < DICOM_PIXELS; pixel++)
          {
            const double x = db_stored_value (&spec, pixel);
            const double y = function == 1 ? ((x - 100.0) / 120.0 + 0.5) * 255.0 : ((x - 99.5) / 119.0 + 0.5) * 255.0;
            const double grey = photometric == 1 ? 255.0 - CLAMP (y, 0.0, 255.0) : CLAMP (y, 0.0, 255.0);
            /* Half a grey: how a tie is rounded is nobody's business. */
            g_assert_cmpfloat_with_epsilon (((const guint8 *) shown->data)[pixel], grey, 0.501);
          }
      }
}

static void
test_window_range (void)
{
  double low, high, centre, width;

  why_window_get_range (40.0, 400.0, TRUE, &low, &high);
  g_assert_cmpfloat (low, ==, -160.0);
  g_assert_cmpfloat (high, ==, 240.0);
  why_window_get_range (40.0, 400.0, FALSE, &low, &high);
  g_assert_cmpfloat (low, ==, -160.0); /* 39.5 - 199.5 */
  g_assert_cmpfloat (high, ==, 239.0);
  why_window_from_range (low, high, FALSE, &centre, &width);
  g_assert_cmpfloat (centre, ==, 40.0);
  g_assert_cmpfloat (width, ==, 400.0);
}

static void
test_colours (void)
{
  for (int planar = 0; planar < 2; planar++)
    {
      const DicomSpec short_spec = { .allocated = 8, .samples = 3, .planar = planar, .photometric = "RGB" };
      const DicomSpec spec = db_complete (&short_spec);
      g_autofree char *path = write_dicom ("colours.dcm", &short_spec);
      g_autoptr (WhyImageSource) source = open_good (path);
      g_autoptr (WhyTensor) shown = read_shown (source);

      g_assert_false (why_image_source_has_values (source));
      g_assert_cmpint (why_image_source_get_bands (source), ==, 3);
      for (int pixel = 0; pixel < DICOM_PIXELS; pixel++)
        for (int band = 0; band < 3; band++)
          {
            const int sample = planar == 1 ? band * DICOM_PIXELS + pixel : 3 * pixel + band;
            g_assert_cmpint (((const guint8 *) shown->data)[3 * pixel + band], ==, db_stored_value (&spec, sample));
          }
    }
  /* JFIF: R = Y + 1.402 (Cr - 128), and so on. */
  const DicomSpec short_spec = { .allocated = 8, .samples = 3, .photometric = "YBR_FULL" };
  const DicomSpec spec = db_complete (&short_spec);
  g_autofree char *path = write_dicom ("colours.dcm", &short_spec);
  g_autoptr (WhyImageSource) source = open_good (path);
  g_autoptr (WhyTensor) shown = read_shown (source);
  for (int pixel = 0; pixel < DICOM_PIXELS; pixel++)
    {
      const double y = db_stored_value (&spec, 3 * pixel);
      const double cb = db_stored_value (&spec, 3 * pixel + 1) - 128, cr = db_stored_value (&spec, 3 * pixel + 2) - 128;
      const double rgb[3] = { y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb };
      for (int band = 0; band < 3; band++)
        g_assert_cmpfloat_with_epsilon (((const guint8 *) shown->data)[3 * pixel + band], CLAMP (rgb[band], 0.0, 255.0),
                                        0.501);
    }
}

/* Colours from a table; what lies outside gets the nearest entry. The first number has the sign that pixels have. */
static void
test_palette (void)
{
  for (int is_signed = 0; is_signed < 2; is_signed++)
    {
      g_autoptr (GByteArray) file = db_palette_file (is_signed ? -3 : 10, is_signed);
      g_autofree char *path = write_bytes ("palette.dcm", file);
      g_autoptr (WhyImageSource) source = open_good (path);
      g_autoptr (WhyTensor) shown = read_shown (source);

      g_assert_cmpint (why_image_source_get_bands (source), ==, 3);
      for (int pixel = 0; pixel < DICOM_PIXELS; pixel++)
        for (int band = 0; band < 3; band++)
          {
            const int entry = CLAMP (pixel % (DICOM_PALETTE + 2) - 1, 0, DICOM_PALETTE - 1);
            g_assert_cmpint (((const guint8 *) shown->data)[3 * pixel + band], ==, 16 * entry + band);
          }
    }
}

/* Patients lie on their backs, heads first: left, posterior and superior are positive in the file, right, anterior and
 * superior in the program, as in NIfTI files. */
static void
test_place (void)
{
  static const double wanted[12] = { -0.5, 0, 0, 100, 0, -0.75, 0, 50.5, 0, 0, 3, -20 };
  const DicomSpec spec = { .position = "-100\\-50.5\\-20", .orientation = "1\\0\\0\\0\\1\\0", .spacing = "0.75\\0.5",
                           .modality = "CT" };
  g_autofree char *path = write_dicom ("place.dcm", &spec);
  g_autoptr (WhyImageSource) source = open_good (path);
  const double *world = why_image_source_get_voxel_to_world (source);

  g_assert_nonnull (world);
  for (int entry = 0; entry < 12; entry++)
    if (entry % 4 != 2) /* how far the next slice would be is not known of one */
      g_assert_cmpfloat (world[entry], ==, wanted[entry]);
  g_assert_cmpfloat (why_image_source_get_mpp_x (source), ==, 500.0);
  g_assert_cmpfloat (why_image_source_get_mpp_y (source), ==, 750.0);
  g_assert_cmpstr (why_image_source_get_unit (source), ==, "HU");
  g_assert_cmpstr (why_image_source_get_modality (source), ==, "CT");
}

static void
test_frames (void)
{
  const DicomSpec short_spec = { .n_frames = 3, .stored = 12 };
  const DicomSpec spec = db_complete (&short_spec);
  g_autofree char *path = write_dicom ("frames.dcm", &short_spec);
  g_autoptr (WhyImageSource) source = open_good (path);
  g_autoptr (WhyTensor) values = read_values (source);

  g_assert_true (why_image_source_is_volume (source));
  g_assert_cmpint (values->dims[0], ==, 3);
  for (int voxel = 0; voxel < 3 * DICOM_PIXELS; voxel++)
    g_assert_cmpfloat (((const float *) values->data)[voxel], ==, (float) db_stored_value (&spec, voxel));
}

/* What files say about people is not in what the program gets to know. */
static void
test_privacy (void)
{
  const DicomSpec spec = { .series = "1.2.3.4.5", .modality = "SECRET" };
  g_autofree char *path = write_dicom ("privacy.dcm", &spec);
  g_autoptr (WhyImageSource) source = open_good (path);

  g_assert_cmpstr (why_image_source_get_modality (source), ==, "");
  g_assert_cmpstr (why_image_source_get_note (source), ==, "");
}

/* ---- series ---- */

static char *
slice_path (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* Slices at these heights, named so that their order by name is another. */
static void
write_series (const char *sub, const double *heights, int n_slices, const char *tilt)
{
  g_autofree char *inside = g_build_filename (folder, sub, NULL);

  g_assert_cmpint (g_mkdir_with_parents (inside, 0700), ==, 0);
  for (int slice = 0; slice < n_slices; slice++)
    {
      g_autofree char *name = g_strdup_printf ("%s/%c.dcm", sub, 'a' + n_slices - 1 - slice);
      g_autofree char *position = g_strdup_printf ("0\\0\\%g", heights[slice]);
      const DicomSpec spec = { .stored = 12, .series = "1.2.3", .position = position,
                               .orientation = tilt != NULL ? tilt : "1\\0\\0\\0\\1\\0",
                               .spacing = "0.5\\0.5", .offset = 100 * slice };
      g_autofree char *path = write_dicom (name, &spec);
    }
}

static void
test_series (void)
{
  static const double heights[5] = { 7.5, 10, 12.5, 15, 17.5 };
  static const double wanted[12] = { -0.5, 0, 0, 0, 0, -0.5, 0, 0, 0, 0, 2.5, 7.5 };
  g_autoptr (GError) error = NULL;

  write_series ("even", heights, 5, NULL);
  g_autofree char *inside = slice_path ("even");
  g_autoptr (WhyImageSource) all = why_image_source_open_series (inside, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (why_image_source_is_series (all));
  g_assert_true (why_image_source_is_volume (all));
  g_assert_cmpint (why_image_source_get_n_slices (all), ==, 5);
  g_assert_cmpfloat (why_image_source_get_mpp_z (all), ==, 2500.0);
  g_assert_cmpstr (why_image_source_get_note (all), ==, "");
  const double *world = why_image_source_get_voxel_to_world (all);
  for (int entry = 0; entry < 12; entry++)
    g_assert_cmpfloat (world[entry], ==, wanted[entry]);
  g_autoptr (WhyTensor) values = read_values (all);
  for (int slice = 0; slice < 5; slice++)
    {
      const DicomSpec short_spec = { .stored = 12, .offset = 100 * slice };
      const DicomSpec spec = db_complete (&short_spec);
      for (int pixel = 0; pixel < DICOM_PIXELS; pixel++)
        g_assert_cmpfloat (((const float *) values->data)[slice * DICOM_PIXELS + pixel], ==,
                           (float) db_stored_value (&spec, pixel));
    }

  /* By one of its files: the one at 12.5 mm is the third. */
  g_autofree char *one = slice_path ("even/c.dcm");
  g_autoptr (WhyImageSource) again = why_image_source_open_series (one, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (why_image_source_get_n_slices (again), ==, 5);
  g_assert_cmpint (why_image_source_get_own_slice (again), ==, 2);
  /* And alone, if nothing else is wanted. */
  g_autoptr (WhyImageSource) alone = open_good (one);
  g_assert_cmpint (why_image_source_get_n_slices (alone), ==, 1);
}

/* After its reader has died a series goes on with the slice that is asked for, not with the file that was opened
 * first. */
static void
test_series_reopened (void)
{
  static const double heights[3] = { 0, 5, 10 };
  g_autoptr (GError) error = NULL;

  write_series ("reopened", heights, 3, NULL);
  g_autofree char *inside = slice_path ("reopened");
  g_autoptr (WhyImageSource) source = why_image_source_open_series (inside, NULL, NULL, &error);
  g_assert_no_error (error);
  /* The middle one is shown, and is not the first by name. */
  g_assert_cmpint (why_image_source_get_own_slice (source), ==, 2);
  g_autoptr (WhyTensor) before = read_shown (source);
  kill (why_image_source_get_loader_pid (source), SIGKILL);
  while (why_image_source_is_alive (source))
    g_usleep (1000);
  g_assert_true (why_image_source_reopen (source, NULL, &error));
  g_assert_no_error (error);
  g_autoptr (WhyTensor) after = read_shown (source);
  g_assert_cmpmem (after->data, after->n_bytes, before->data, before->n_bytes);

  g_autofree char *first_path = g_build_filename (inside, "a.dcm", NULL);
  g_autoptr (WhyImageSource) first = open_good (first_path);
  g_autoptr (WhyTensor) other = read_shown (first);
  g_assert_cmpint (memcmp (other->data, before->data, before->n_bytes), !=, 0);
}

/* Two distances that both occur often: the scan was planned so. And a gantry that leans by 20 degrees. */
static void
test_series_notes (void)
{
  static const double heights[6] = { 0, 4, 8, 12, 19, 26 };
  static const double even[3] = { 0, 5, 10 };
  g_autoptr (GError) error = NULL;

  write_series ("uneven", heights, 6, NULL);
  g_autofree char *uneven = slice_path ("uneven");
  g_autoptr (WhyImageSource) source = why_image_source_open_series (uneven, NULL, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s", why_image_source_get_note (source));
  g_assert_nonnull (strstr (why_image_source_get_note (source), "4.00 to 7.00 mm apart"));
  g_assert_cmpfloat_with_epsilon (why_image_source_get_mpp_z (source), 5200.0, 1e-9);

  write_series ("tilted", even, 3, "1\\0\\0\\0\\0.9396926208\\-0.3420201433");
  g_autofree char *tilted = slice_path ("tilted");
  g_autoptr (WhyImageSource) leaning = why_image_source_open_series (tilted, NULL, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s", why_image_source_get_note (leaning));
  g_assert_nonnull (strstr (why_image_source_get_note (leaning), "20.0 degrees"));
  /* The transform keeps where each slice really is; between slices it is nearer than along the table. */
  g_assert_cmpfloat (why_image_source_get_voxel_to_world (leaning)[10], ==, 5.0);
  g_assert_cmpfloat_with_epsilon (why_image_source_get_mpp_z (leaning), 5000.0 * 0.9396926208, 1e-3);
}

static void
test_series_refused (void)
{
  static const double gap[6] = { 0, 5, 10, 20, 25, 30 };
  static const double twice[4] = { 0, 5, 5, 10 };
  static const double even[3] = { 0, 5, 10 };
  const struct
  {
    const char *sub;
    const double *heights;
    int n_slices;
    const char *sentence;
  } cases[] = {
    { "gap", gap, 6, "a slice is missing" },
    { "twice", twice, 4, "in the same place" },
    { "sizes", even, 3, "has another size" },
  };

  for (gsize which = 0; which < G_N_ELEMENTS (cases); which++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *inside = slice_path (cases[which].sub);
      g_autofree char *first = g_build_filename (inside, "a.dcm", NULL);

      write_series (cases[which].sub, cases[which].heights, cases[which].n_slices, NULL);
      if (which == 2)
        {
          const DicomSpec other = { .series = "1.2.3", .position = "0\\0\\15", .orientation = "1\\0\\0\\0\\1\\0",
                                    .spacing = "0.5\\0.5", .columns = 8 };
          g_autofree char *path = write_dicom ("sizes/z.dcm", &other);
        }
      g_autoptr (WhyImageSource) all = why_image_source_open_series (inside, NULL, NULL, &error);
      g_assert_null (all);
      g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, cases[which].sentence));
      g_assert_nonnull (strstr (error->message, ".dcm"));
      g_clear_error (&error);

      /* One of its files is shown all the same, and says why it stands alone. */
      g_autoptr (WhyImageSource) alone = why_image_source_open_series (first, NULL, NULL, &error);
      g_assert_no_error (error);
      g_assert_false (why_image_source_is_volume (alone));
      g_assert_nonnull (strstr (why_image_source_get_note (alone), cases[which].sentence));
      g_autoptr (WhyTensor) values = read_values (alone);
    }
}

static void
test_sort (void)
{
  static const double heights[3] = { 0, 5, 10 };
  const DicomSpec other = { .series = "1.2.9", .position = "0\\0\\0", .orientation = "1\\0\\0\\0\\1\\0",
                            .spacing = "1\\1" };
  const DicomSpec none = { .stored = 12 };
  guint series[6];

  write_series ("sort", heights, 3, NULL);
  g_autofree char *of_other = write_dicom ("sort/x.dcm", &other);
  g_autofree char *of_none = write_dicom ("sort/y.dcm", &none);
  g_autofree char *a = slice_path ("sort/a.dcm"), *b = slice_path ("sort/b.dcm"), *c = slice_path ("sort/c.dcm");
  const char *const paths[6] = { a, of_other, b, of_none, c, "/nonexistent" };
  g_assert_true (why_image_sort_series (paths, 6, series, NULL));
  const guint wanted[6] = { 1, 2, 1, 0, 1, 0 };
  for (int which = 0; which < 6; which++)
    g_assert_cmpuint (series[which], ==, wanted[which]);
}

/* ---- hostile ---- */

static void
test_cut (void)
{
  const DicomSpec spec = { .stored = 12 };
  g_autofree char *whole = write_dicom ("whole.dcm", &spec);
  g_autofree char *bytes = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (whole, &bytes, &length, NULL));
  for (gsize kept = 133; kept < length; kept += 5)
    {
      g_autofree char *path = slice_path ("cut.dcm");
      g_assert_true (g_file_set_contents (path, bytes, (gssize) kept, NULL));
      g_autofree char *sentence = read_bad (path);
    }
}

static GByteArray *
begin_file (void)
{
  GByteArray *file = g_byte_array_new ();

  db_add_preamble (file, DICOM_EXPLICIT);
  return file;
}

static void
test_hostile (void)
{
  const DicomSpec short_spec = { .stored = 12 };
  const DicomSpec spec = db_complete (&short_spec);
  g_autofree char *sentence = NULL;
  g_autofree char *path = NULL;

  /* 10,000 sequences in one another, with and without lengths. */
  for (int stated = 0; stated < 2; stated++)
    {
      g_autoptr (GByteArray) nested = begin_file ();
      for (int depth = 0; depth < 10000; depth++)
        {
          const guint32 left = (guint32) (10000 - depth) * 20;
          db_add_header (nested, 0x00081140, "SQ", stated != 0 ? left : 0xffffffff, TRUE, FALSE);
          db_add_header (nested, 0xfffee000, "", stated != 0 ? left - 20 : 0xffffffff, FALSE, FALSE);
        }
      path = write_bytes ("nested.dcm", nested);
      sentence = read_bad (path);
      g_clear_pointer (&path, g_free);
      g_clear_pointer (&sentence, g_free);
    }

  /* Lengths that lie. */
  g_autoptr (GByteArray) lying = begin_file ();
  db_add_header (lying, 0x00080060, "UN", 0xfffffff0, TRUE, FALSE);
  path = write_bytes ("lying.dcm", lying);
  sentence = read_bad (path);
  g_assert_nonnull (strstr (sentence, "(0008,0060)"));
  g_clear_pointer (&path, g_free);
  g_clear_pointer (&sentence, g_free);

  g_autoptr (GByteArray) item = begin_file ();
  db_add_header (item, 0x52009229, "SQ", 16, TRUE, FALSE);
  db_add_header (item, 0xfffee000, "", 0x7fffffff, FALSE, FALSE);
  db_add_header (item, 0x00080060, "CS", 0, TRUE, FALSE);
  path = write_bytes ("item.dcm", item);
  sentence = read_bad (path);
  g_clear_pointer (&path, g_free);
  g_clear_pointer (&sentence, g_free);

  g_autoptr (GByteArray) narrow = begin_file ();
  db_add_header (narrow, 0x52009229, "SQ", 4, TRUE, FALSE);
  db_add_header (narrow, 0xfffee000, "", 0x7fffffff, FALSE, FALSE);
  path = write_bytes ("narrow.dcm", narrow);
  sentence = read_bad (path);
  g_assert_nonnull (strstr (sentence, "(fffe,e000)"));
  g_clear_pointer (&path, g_free);
  g_clear_pointer (&sentence, g_free);

  /* A fragment of 4 GB, and none at all. */
  for (int kind = 0; kind < 2; kind++)
    {
      g_autoptr (GByteArray) file = g_byte_array_new ();
      db_add_preamble (file, DICOM_RLE);
      db_add_description (file, &spec, TRUE, FALSE);
      db_add_header (file, 0x7fe00010, "OB", 0xffffffff, TRUE, FALSE);
      db_add_header (file, 0xfffee000, "", 0, FALSE, FALSE);
      if (kind == 0)
        db_add_header (file, 0xfffee000, "", 0xfffffffe, FALSE, FALSE);
      else
        db_add_header (file, 0xfffee0dd, "", 0, FALSE, FALSE);
      path = write_bytes ("fragment.dcm", file);
      sentence = read_bad (path);
      g_clear_pointer (&path, g_free);
      g_clear_pointer (&sentence, g_free);
    }

  /* Garbage for each decoder. */
  static const char *const syntaxes[] = { DICOM_RLE, "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51",
                                          "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80",
                                          "1.2.840.10008.1.2.4.90" };
  for (gsize syntax = 0; syntax < G_N_ELEMENTS (syntaxes); syntax++)
    for (guint seed = 0; seed < 5; seed++)
      {
        g_autoptr (GByteArray) file = g_byte_array_new ();
        g_autoptr (GRand) random = g_rand_new_with_seed (seed);
        const guint8 starts[][4] = { { 2, 0, 0, 0 }, { 0xff, 0xd8, 0xff, 0xdb }, { 0xff, 0xd8, 0xff, 0xc3 },
                                     { 0xff, 0x4f, 0xff, 0x51 }, { 0xff, 0xd8, 0xff, 0xf7 } };

        db_add_preamble (file, syntaxes[syntax]);
        db_add_description (file, &spec, TRUE, FALSE);
        db_add_header (file, 0x7fe00010, "OB", 0xffffffff, TRUE, FALSE);
        db_add_header (file, 0xfffee000, "", 0, FALSE, FALSE);
        db_add_header (file, 0xfffee000, "", 1000, FALSE, FALSE);
        g_byte_array_append (file, starts[seed], 4);
        for (int byte = 4; byte < 1000; byte++)
          {
            const guint8 value = (guint8) g_rand_int (random);
            g_byte_array_append (file, &value, 1);
          }
        db_add_header (file, 0xfffee0dd, "", 0, FALSE, FALSE);
        path = write_bytes ("garbage.dcm", file);
        g_autoptr (WhyImageSource) source = open_good (path);
        g_autoptr (GError) error = NULL;
        /* A decoder may find pixels in anything; it must not die of it. */
        g_autoptr (WhyTensor) values = why_image_source_read_volume (source, 0, NULL, &error);
        g_assert_true (why_image_source_is_alive (source));
        g_clear_pointer (&path, g_free);
      }
}

/* Streams inside whose own words are others than the file's. */
static void
test_streams (void)
{
  /* JPEG's and JPEG-LS's: the low bytes of rows and columns, from the mark of the frame on. */
  static const gsize sizes[] = { 6, 8 };
  static const guint8 frames[] = { 0xc0, 0xc3, 0xf7 };

  for (gsize which = 0; which < G_N_ELEMENTS (frames); which++)
    {
      gsize frame = 2;

      while (db_streams[which].bytes[frame] != 0xff || db_streams[which].bytes[frame + 1] != frames[which])
        frame++;
      for (gsize field = 0; field < G_N_ELEMENTS (sizes); field++)
        for (int more = -1; more <= 1; more += 2)
          {
            DicomStream stream = db_streams[which];
            stream.bytes[frame + sizes[field]] += (guint8) more;
            g_autoptr (GByteArray) file = db_stream_file (&stream);
            g_autofree char *path = write_bytes ("stream.dcm", file);
            g_autofree char *sentence = read_bad (path);
            g_assert_nonnull (strstr (sentence, "the JPEG picture inside has"));
          }
    }
  for (gsize which = 0; which < DICOM_N_STREAMS - 1; which++)
    {
      DicomStream stream = db_streams[which];
      stream.allocated = 24 - stream.allocated;
      g_autoptr (GByteArray) file = db_stream_file (&stream);
      g_autofree char *path = write_bytes ("stream.dcm", file);
      g_autofree char *sentence = read_bad (path);
      g_assert_nonnull (strstr (sentence, "the JPEG picture inside has"));
    }
}

/* Runs of equal bytes: a table of segments that lies, and runs that end before the pixels do. */
static void
test_runs (void)
{
  static const guint32 tables[][3] = {
    { 1, 64, 88 }, { 3, 64, 88 }, { 0, 0, 0 }, { 0xffffffff, 64, 88 }, { 2, 0, 66 }, { 2, 66, 64 },
    { 2, 64, 0xffffffff }, { 2, 0xffffffff, 66 }, { 2, 0xfffffff0, 0xffffffff }, { 2, 64, 69 }, { 2, 64, 65 },
    { 2, 64, 71 },
  };
  /* 24 bytes a segment: a code that stands for nothing and a run; the same, a byte as it is, and a run that is too
   * long. */
  static const guint8 segments[] = { 0x80, 257 - 24, 7, 0x80, 0, 1, 257 - 100, 2 };
  DicomStream stream = { DICOM_RLE, 16, 64 + sizeof segments, { 2, 0, 0, 0, 64, 0, 0, 0, 67 } };

  memcpy (stream.bytes + 64, segments, sizeof segments);
  g_autoptr (GByteArray) good = db_stream_file (&stream);
  g_autofree char *good_path = write_bytes ("runs.dcm", good);
  g_autoptr (WhyImageSource) source = open_good (good_path);
  g_autoptr (WhyTensor) values = read_values (source);
  g_assert_cmpfloat (((const float *) values->data)[0], ==, 0x0701);
  for (int pixel = 1; pixel < DICOM_PIXELS; pixel++)
    g_assert_cmpfloat (((const float *) values->data)[pixel], ==, 0x0702);

  for (gsize which = 0; which < G_N_ELEMENTS (tables); which++)
    {
      for (gsize byte = 0; byte < 12; byte++)
        stream.bytes[byte] = (guint8) (tables[which][byte / 4] >> 8 * (byte % 4));
      g_autoptr (GByteArray) file = db_stream_file (&stream);
      g_autofree char *path = write_bytes ("runs.dcm", file);
      g_autofree char *sentence = read_bad (path);
      g_assert_nonnull (strstr (sentence, "segment"));
    }
}

static void
test_refused (void)
{
  static const struct
  {
    const char *what;
    DicomSpec spec;
    const char *sentence;
  } cases[] = {
    { "film", { .syntax = "1.2.840.10008.1.2.4.100" }, "transfer syntax 1.2.840.10008.1.2.4.100" },
    { "huge", { .columns = 65535, .rows = 65535, .n_frames = 65535 }, "" },
    { "bits", { .allocated = 16, .stored = 12, .high_bit = 5 }, "which bits" },
    { "colour", { .photometric = "HSV" }, "colours of a kind" },
  };

  for (gsize which = 0; which < G_N_ELEMENTS (cases); which++)
    {
      DicomSpec spec = db_complete (&cases[which].spec);
      g_autoptr (GByteArray) file = g_byte_array_new ();

      db_add_preamble (file, spec.syntax);
      db_add_description (file, &spec, TRUE, FALSE);
      db_add_header (file, 0x7fe00010, "OW", 0, TRUE, FALSE);
      g_autofree char *path = write_bytes ("refused.dcm", file);
      g_autofree char *sentence = read_bad (path);
      g_assert_nonnull (strstr (sentence, cases[which].sentence));
    }
}

/* ---- what others say ---- */

/* Runs one of DCMTK's tools; FALSE if it is not there. */
static gboolean
run_tool (const char *tool, const char *option, const char *number, const char *from, const char *to)
{
  g_autofree char *found = g_find_program_in_path (tool);
  const char *const arguments[] = { found, option, number != NULL ? number : from, number != NULL ? from : to,
                                    number != NULL ? to : NULL, NULL };
  int status;

  if (found == NULL)
    return FALSE;
  g_assert_true (g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                               NULL, NULL, NULL, NULL, &status, NULL));
  return g_spawn_check_wait_status (status, NULL);
}

/* Compressed by DCMTK's tools without loss: the same values come back. */
static void
test_compressed (void)
{
  static const struct
  {
    const char *tool, *option;
  } ways[] = {
    { "dcmcjpeg", "--encode-lossless-sv1" }, { "dcmcjpeg", "--encode-lossless" }, { "dcmcjpls", "--encode-lossless" },
    { "dcmcrle", "--uid-never" },
  };
  /* JPEG lossless knows no sign; 12 and 16 bits go to different decoders. */
  static const DicomSpec specs[] = { { .stored = 12 }, { .stored = 16 }, { .allocated = 8 },
                                     { .stored = 12, .is_signed = TRUE } };
  int n_compared = 0;

  for (gsize which = 0; which < G_N_ELEMENTS (specs); which++)
    {
      g_autofree char *plain = write_dicom ("plain.dcm", &specs[which]);
      g_autoptr (WhyImageSource) source = open_good (plain);
      g_autoptr (WhyTensor) wanted = read_values (source);

      for (gsize way = 0; way < G_N_ELEMENTS (ways); way++)
        {
          g_autofree char *packed = slice_path ("packed.dcm");
          g_unlink (packed);
          if (!run_tool (ways[way].tool, ways[way].option, NULL, plain, packed))
            continue;
          g_autoptr (WhyImageSource) compressed = open_good (packed);
          g_autoptr (WhyTensor) values = read_values (compressed);
          g_assert_cmpmem (values->data, DICOM_PIXELS * sizeof (float), wanted->data, DICOM_PIXELS * sizeof (float));
          n_compared++;
        }
    }
  if (n_compared == 0)
    g_test_skip ("the tools dcmcjpeg, dcmcjpls and dcmcrle (package dcmtk) are not here");
  else
    g_test_message ("%d files compared", n_compared);
}

/* A PGM with 8 bits as DCMTK writes it. */
static guint8 *
read_pgm (const char *path, gsize *n_pixels)
{
  g_autofree char *bytes = NULL;
  gsize length;
  int columns, rows, white, start;

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  g_assert_cmpint (sscanf (bytes, "P5 %d %d %d%n", &columns, &rows, &white, &start), ==, 3);
  g_assert_cmpint (white, ==, 255);
  *n_pixels = (gsize) columns * (gsize) rows;
  g_assert_cmpuint (length, >=, (gsize) start + 1 + *n_pixels);
  return g_memdup2 (bytes + start + 1, *n_pixels);
}

/* The real files: with the file's window as dcm2pnm shows them. */
static void
test_real (void)
{
  static const char *const files[] = { "volumes/ct_brain_single.dcm", "volumes/ct_head_ge/01.dcm",
                                       "volumes/ct_head_ge/14.dcm", "volumes/ct_head_ge/28.dcm",
                                       "volumes/pydicom/MR_small.dcm",
                                       "volumes/pydicom/MR_small_RLE.dcm" };
  const char *data = g_getenv ("WHYLIGHT_TEST_DATA");
  int n_compared = 0;

  for (gsize which = 0; which < G_N_ELEMENTS (files); which++)
    {
      g_autofree char *path = g_build_filename (data != NULL ? data : "/nonexistent", files[which], NULL);
      g_autofree char *shown_path = slice_path ("shown.pgm");

      g_unlink (shown_path);
      if (!g_file_test (path, G_FILE_TEST_EXISTS) || !run_tool ("dcm2pnm", "+Wi", "1", path, shown_path))
        continue;
      gsize n_pixels;
      int worst = 0;
      g_autofree guint8 *wanted = read_pgm (shown_path, &n_pixels);
      g_autoptr (WhyImageSource) source = open_good (path);
      g_autoptr (WhyTensor) shown = read_shown (source);
      g_assert_cmpuint (why_tensor_count (shown), ==, n_pixels);
      for (gsize pixel = 0; pixel < n_pixels; pixel++)
        worst = MAX (worst, abs (((const guint8 *) shown->data)[pixel] - wanted[pixel]));
      g_test_message ("%s: at most %d of 255 apart", files[which], worst);
      /* DCMTK cuts fractions off where others round. */
      g_assert_cmpint (worst, <=, 1);
      n_compared++;
    }
  if (n_compared == 0)
    g_test_skip ("WHYLIGHT_TEST_DATA or dcm2pnm (package dcmtk) is not here");
}

static void
test_real_series (void)
{
  const char *data = g_getenv ("WHYLIGHT_TEST_DATA");
  g_autofree char *inside = g_build_filename (data != NULL ? data : "/nonexistent", "volumes", "ct_head_ge", NULL);
  g_autoptr (GError) error = NULL;

  if (!g_file_test (inside, G_FILE_TEST_IS_DIR))
    {
      g_test_skip ("WHYLIGHT_TEST_DATA has no volumes/ct_head_ge");
      return;
    }
  g_autoptr (WhyImageSource) source = why_image_source_open_series (inside, NULL, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s", why_image_source_get_note (source));
  g_assert_cmpint (why_image_source_get_n_slices (source), ==, 28);
  g_assert_nonnull (strstr (why_image_source_get_note (source), "apart"));
  g_assert_nonnull (strstr (why_image_source_get_note (source), "18.5 degrees"));
  g_assert_cmpstr (why_image_source_get_unit (source), ==, "HU");
  g_autoptr (WhyTensor) values = read_values (source);
  g_assert_cmpint (values->dims[0], ==, 28);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("whylight-dicom-XXXXXX", &error);
  g_assert_no_error (error);
  g_test_add_func ("/dicom/values", test_values);
  g_test_add_func ("/dicom/window", test_window);
  g_test_add_func ("/dicom/window-range", test_window_range);
  g_test_add_func ("/dicom/colours", test_colours);
  g_test_add_func ("/dicom/palette", test_palette);
  g_test_add_func ("/dicom/place", test_place);
  g_test_add_func ("/dicom/frames", test_frames);
  g_test_add_func ("/dicom/privacy", test_privacy);
  g_test_add_func ("/dicom/series", test_series);
  g_test_add_func ("/dicom/series/reopened", test_series_reopened);
  g_test_add_func ("/dicom/series/notes", test_series_notes);
  g_test_add_func ("/dicom/series/refused", test_series_refused);
  g_test_add_func ("/dicom/series/sort", test_sort);
  g_test_add_func ("/dicom/cut", test_cut);
  g_test_add_func ("/dicom/hostile", test_hostile);
  g_test_add_func ("/dicom/streams", test_streams);
  g_test_add_func ("/dicom/runs", test_runs);
  g_test_add_func ("/dicom/refused", test_refused);
  g_test_add_func ("/dicom/compressed", test_compressed);
  g_test_add_func ("/dicom/real", test_real);
  g_test_add_func ("/dicom/real-series", test_real_series);
  return g_test_run ();
}
