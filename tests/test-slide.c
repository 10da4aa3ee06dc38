#include "config.h"

#include "picture-files.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Whole slides through the real loader: pyramids made here, whose pixels are known, and a scanner's file where the data
 * for tests are. */

#define SLIDE_W 2100
#define SLIDE_H 1300

/* Slow waves: places and bands differ, and averages of neighbours are close to their middle. */
static guint8
pattern (int x, int y, int band)
{
  return (guint8) lround (127.0 + 90.0 * sin (x * 0.01 + band) + 30.0 * cos (y * 0.03 - band));
}

static VipsImage *
make_slide (void)
{
  guint8 *pixels = g_malloc ((gsize) SLIDE_W * SLIDE_H * 3);
  VipsImage *image;

  for (int y = 0; y < SLIDE_H; y++)
    for (int x = 0; x < SLIDE_W; x++)
      for (int band = 0; band < 3; band++)
        pixels[((gsize) y * SLIDE_W + (gsize) x) * 3 + (gsize) band] = pattern (x, y, band);
  VipsImage *lent = vips_image_new_from_memory_copy (pixels, (gsize) SLIDE_W * SLIDE_H * 3, SLIDE_W, SLIDE_H, 3,
                                                     VIPS_FORMAT_UCHAR);
  g_free (pixels);
  g_assert_cmpint (vips_copy (lent, &image, "interpretation", VIPS_INTERPRETATION_sRGB, "xres", 2000.0, "yres", 2000.0,
                              NULL), ==, 0);
  g_object_unref (lent);
  return image;
}

/* The pixels of a level, as the library that wrote them reads them. */
static guint8 *
read_level (const char *path, int page, int subifd, int *width, int *height)
{
  VipsImage *image = NULL;
  gsize length;

  g_assert_cmpint (vips_tiffload (path, &image, "page", page, "subifd", subifd, NULL), ==, 0);
  *width = vips_image_get_width (image);
  *height = vips_image_get_height (image);
  guint8 *pixels = vips_image_write_to_memory (image, &length);
  g_assert_cmpuint (length, ==, (gsize) *width * (gsize) *height * 3);
  g_object_unref (image);
  return pixels;
}

static void
assert_same (WhyImageSource *source, gint64 x, gint64 y, gint64 w, gint64 h, int scale, const guint8 *level,
             int level_w, int tolerance)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyTensor) read = why_image_source_read (source, x * scale, y * scale, w * scale, h * scale, w, h, NULL,
                                                      &error);

  g_assert_no_error (error);
  g_assert_cmpint (read->dims[0], ==, h);
  g_assert_cmpint (read->dims[1], ==, w);
  const guint8 *pixels = read->data;
  for (gint64 row = 0; row < h; row++)
    for (gint64 value = 0; value < w * 3; value++)
      {
        const int found = pixels[row * w * 3 + value];
        const int wanted = level[((y + row) * level_w + x) * 3 + value];

        if (ABS (found - wanted) > tolerance)
          g_error ("1/%d: at %d,%d: %d, expected %d", scale, (int) (x + value / 3), (int) (y + row), found, wanted);
      }
}

static void
check_levels (const char *path, gboolean in_subifds, int tolerance)
{
  g_autoptr (WhyImageSource) source = pf_open (path, NULL);

  g_assert_true (why_image_source_is_slide (source));
  g_assert_cmpint (why_image_source_get_width (source), ==, SLIDE_W);
  g_assert_cmpint (why_image_source_get_height (source), ==, SLIDE_H);
  g_assert_cmpfloat_with_epsilon (why_image_source_get_mpp_x (source), 0.5, 1e-6);
  g_assert_cmpint (why_image_source_get_n_levels (source), >=, 3);
  for (int level = 0; level < 3; level++)
    {
      const int scale = 1 << level;
      int width, height;
      g_autofree guint8 *pixels = in_subifds ? read_level (path, 0, level - 1, &width, &height)
                                             : read_level (path, level, -1, &width, &height);

      /* 1300 and 2100 are no powers of two: the size of a level is rounded, its scale is not. */
      g_assert_cmpfloat (why_image_source_get_downsample (source, level), ==, scale);
      assert_same (source, 0, 0, width, height, scale, pixels, width, tolerance);
      assert_same (source, 100, 37, 211, 150, scale, pixels, width, tolerance);
      assert_same (source, width - 70, height - 65, 70, 65, scale, pixels, width, tolerance);
    }
}

static void
test_pages (void)
{
  g_autofree char *path = pf_path ("pages.tif");
  VipsImage *image = make_slide ();

  g_assert_cmpint (vips_tiffsave (image, path, "tile", TRUE, "tile_width", 128, "tile_height", 128, "pyramid", TRUE,
                                  "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE, NULL), ==, 0);
  g_object_unref (image);
  check_levels (path, FALSE, 0);
}

static void
test_sub_directories (void)
{
  g_autofree char *path = pf_path ("subifds.tif");
  VipsImage *image = make_slide ();

  g_assert_cmpint (vips_tiffsave (image, path, "tile", TRUE, "tile_width", 256, "tile_height", 256, "pyramid", TRUE,
                                  "subifd", TRUE, "bigtiff", TRUE, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_JPEG,
                                  "Q", 90, NULL), ==, 0);
  g_object_unref (image);
  check_levels (path, TRUE, 0);
}

static void
test_ome (void)
{
  static const char xml[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><OME><Instrument><Objective ID=\"Objective:0\" "
    "NominalMagnification=\"40.0\"/></Instrument><Image><Pixels PhysicalSizeX=\"0.25\" "
    "PhysicalSizeXUnit=\"\xc2\xb5m\" PhysicalSizeY=\"0.25\" SizeX=\"2100\"/></Image></OME>";
  g_autofree char *path = pf_path ("slide.ome.tif");
  VipsImage *image = make_slide ();

  vips_image_set_string (image, VIPS_META_IMAGEDESCRIPTION, xml);
  g_assert_cmpint (vips_tiffsave (image, path, "tile", TRUE, "pyramid", TRUE, "subifd", TRUE, "compression",
                                  VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE, NULL), ==, 0);
  g_object_unref (image);
  g_autoptr (WhyImageSource) source = pf_open (path, NULL);
  g_assert_cmpstr (why_image_source_get_format (source), ==, "OME-TIFF");
  g_assert_cmpfloat (why_image_source_get_mpp_x (source), ==, 0.25);
  g_assert_cmpfloat (why_image_source_get_objective_power (source), ==, 40.0);
}

/* Scales between levels, beyond 1:1, and so large that it is read block by block. */
static void
test_scales (void)
{
  g_autofree char *path = pf_path ("pages.tif");
  g_autoptr (WhyImageSource) source = pf_open (path, NULL);
  g_autoptr (GError) error = NULL;

  /* A third: from the level of one half. Averages of averages of slow waves: within 3 of the value in the middle. */
  g_autoptr (WhyTensor) third = why_image_source_read (source, 30, 60, 900, 600, 300, 200, NULL, &error);
  g_assert_no_error (error);
  for (int y = 0; y < 200; y += 7)
    for (int x = 0; x < 300; x += 7)
      {
        const double value = why_tensor_get_f64 (third, (gsize) ((y * 300 + x) * 3 + 1));
        g_assert_cmpfloat_with_epsilon (value, pattern (30 + x * 3 + 1, 60 + y * 3 + 1, 1), 3.0);
      }
  /* Four times: pixels repeated. */
  g_autoptr (WhyTensor) large = why_image_source_read (source, 2000, 1200, 100, 100, 400, 400, NULL, &error);
  g_assert_no_error (error);
  for (int y = 0; y < 400; y++)
    for (int x = 0; x < 400; x++)
      g_assert_cmpfloat (why_tensor_get_f64 (large, (gsize) ((y * 400 + x) * 3)), ==,
                         pattern (2000 + x / 4, 1200 + y / 4, 0));
  /* More than a block. */
  g_autoptr (WhyTensor) wide = why_image_source_read (source, 0, 0, SLIDE_W, 100, 2 * SLIDE_W, 200, NULL, &error);
  g_assert_no_error (error);
  for (int x = 0; x < 2 * SLIDE_W; x++)
    g_assert_cmpfloat (why_tensor_get_f64 (wide, (gsize) ((100 * 2 * SLIDE_W + x) * 3 + 2)), ==,
                       pattern (x / 2, 50, 2));
}

/* Large without being held: 4 x 10^8 pixels, all alike, in a file of a few megabytes. */
static void
test_large (void)
{
  g_autofree char *path = pf_path ("large.tif");
  VipsImage *black = NULL, *grey = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (vips_black (&black, 24000, 16000, "bands", 1, NULL), ==, 0);
  g_assert_cmpint (vips_linear1 (black, &grey, 1.0, 77.0, "uchar", TRUE, NULL), ==, 0);
  g_assert_cmpint (vips_tiffsave (grey, path, "tile", TRUE, "tile_width", 512, "tile_height", 512, "pyramid", TRUE,
                                  "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE, "bigtiff", TRUE, NULL), ==, 0);
  g_object_unref (grey);
  g_object_unref (black);
  g_autoptr (WhyImageSource) source = pf_open (path, NULL);
  g_assert_cmpint (why_image_source_get_width (source), ==, 24000);
  g_autoptr (WhyTensor) whole = why_image_source_read (source, 0, 0, 24000, 16000, 240, 160, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (why_tensor_get_f64 (whole, 12345), ==, 77);
  g_autoptr (WhyTensor) corner = why_image_source_read (source, 23990, 15990, 10, 10, 10, 10, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (why_tensor_get_f64 (corner, 99), ==, 77);
  /* More than may be decoded at once. */
  g_assert_null (why_image_source_read (source, 0, 0, 24000, 16000, 24000, 16000, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_autoptr (WhyCancel) cancel = why_cancel_new ();
  why_cancel_set (cancel);
  g_assert_null (why_image_source_read (source, 0, 0, 10000, 10000, 10000, 10000, cancel, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
  /* Still usable. */
  g_autoptr (WhyTensor) again = why_image_source_read (source, 0, 0, 64, 64, 64, 64, NULL, NULL);
  g_assert_nonnull (again);
}

/* Where the picture has no level that is small enough to be looked at. */
static void
test_no_overview (void)
{
  g_autofree char *path = pf_path ("pages.tif");
  const WhyImageLimits limits = { .max_pixels = 1000 };
  g_autoptr (GError) error = NULL;

  g_assert_null (why_image_source_open (path, &limits, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "overview"));
}

/* Cut off at many places, and with bytes that lie: a sentence, or pixels, never a crash. */
static void
test_damaged (void)
{
  g_autofree char *good = pf_path ("pages.tif");
  g_autofree char *bad = pf_path ("bad.tif");
  g_autofree char *data = NULL;
  gsize length;
  guint n_refused = 0;

  g_assert_true (g_file_get_contents (good, &data, &length, NULL));
  for (int round = 0; round < 40; round++)
    {
      g_autofree char *copy = g_memdup2 (data, length);
      gsize kept = length;
      g_autoptr (GError) error = NULL;

      if (round < 20)
        kept = length * (gsize) (round + 1) / 21;
      else
        {
          /* Offsets, sizes and counts are at the end of each level, in the directories. */
          g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) round);
          for (int byte = 0; byte < 200; byte++)
            {
              const gint32 at = g_rand_int_range (random, (gint32) (length - length / 20), (gint32) length);
              copy[at] = (char) g_rand_int (random);
            }
        }
      g_assert_true (g_file_set_contents (bad, copy, (gssize) kept, NULL));
      const WhyImageLimits limits = { .timeout_ms = 10000 };
      g_autoptr (WhyImageSource) source = why_image_source_open (bad, &limits, NULL, &error);
      g_autoptr (WhyTensor) pixels = NULL;
      if (source != NULL)
        {
          const gint64 width = why_image_source_get_width (source), height = why_image_source_get_height (source);
          pixels = why_image_source_read (source, 0, 0, width, height, MIN (width, 300), MIN (height, 200), NULL,
                                          &error);
          if (pixels != NULL)
            {
              g_clear_pointer (&pixels, why_tensor_unref);
              pixels = why_image_source_read (source, 0, 0, MIN (width, 512), MIN (height, 512), MIN (width, 512),
                                              MIN (height, 512), NULL, &error);
            }
        }
      if (pixels == NULL)
        {
          g_assert_nonnull (error);
          g_assert_true (g_str_has_prefix (error->message, "bad.tif: "));
          g_assert_true (strchr (error->message, '\n') == NULL);
          n_refused++;
        }
    }
  /* The first of those cut off have lost all directories. */
  g_assert_cmpuint (n_refused, >=, 5);
}

static void
test_mirax (void)
{
  g_autofree char *path = pf_path ("case.mrxs");
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "\xff\xd8\xff\xe0 a small picture", -1, NULL));
  g_assert_null (why_image_source_open (path, NULL, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE);
  g_assert_nonnull (strstr (error->message, "case/"));
}

static char *
data_path (const char *name)
{
  const char *data = g_getenv ("WHYLIGHT_TEST_DATA");
  char *path = data != NULL ? g_build_filename (data, "slides", name, NULL) : NULL;

  if (path != NULL && g_file_test (path, G_FILE_TEST_EXISTS))
    return path;
  g_free (path);
  g_test_skip ("no real slides here: WHYLIGHT_TEST_DATA is not set or has none");
  return NULL;
}

static void
test_aperio (void)
{
  g_autofree char *path = data_path ("CMU-1-Small-Region.svs");
  int width, height;

  if (path == NULL)
    return;
  g_autoptr (WhyImageSource) source = pf_open (path, NULL);
  g_assert_cmpstr (why_image_source_get_format (source), ==, "Aperio SVS");
  g_assert_true (why_image_source_is_slide (source));
  g_assert_cmpint (why_image_source_get_width (source), ==, 2220);
  g_assert_cmpint (why_image_source_get_height (source), ==, 2967);
  /* Thumbnail, label and photograph of the glass are pages of this file, and no levels. */
  g_assert_cmpint (why_image_source_get_n_levels (source), ==, 1);
  g_assert_cmpfloat (why_image_source_get_mpp_x (source), ==, 0.499);
  g_assert_cmpfloat (why_image_source_get_objective_power (source), ==, 20.0);
  g_autofree guint8 *pixels = read_level (path, 0, -1, &width, &height);
  /* Two readers of one JPEG: the same pixels. */
  assert_same (source, 0, 0, width, height, 1, pixels, width, 0);
  assert_same (source, 1003, 2001, 517, 333, 1, pixels, width, 0);
}

static void
test_generic (void)
{
  g_autofree char *path = data_path ("CMU-1-Small-Region_pyramid.tif");

  if (path == NULL)
    return;
  g_autoptr (WhyImageSource) source = pf_open (path, NULL);
  g_assert_true (why_image_source_is_slide (source));
  g_assert_cmpint (why_image_source_get_n_levels (source), ==, 5);
  for (int level = 0; level < 5; level++)
    {
      int width, height;
      g_autofree guint8 *pixels = read_level (path, level, -1, &width, &height);

      assert_same (source, 0, 0, width, height, 1 << level, pixels, width, 0);
    }
}

int
main (int argc, char **argv)
{
  pf_begin (&argc, &argv);
  g_test_add_func ("/slide/pages", test_pages);
  g_test_add_func ("/slide/sub-directories", test_sub_directories);
  g_test_add_func ("/slide/ome", test_ome);
  g_test_add_func ("/slide/scales", test_scales);
  g_test_add_func ("/slide/large", test_large);
  g_test_add_func ("/slide/no-overview", test_no_overview);
  g_test_add_func ("/slide/damaged", test_damaged);
  g_test_add_func ("/slide/mirax", test_mirax);
  g_test_add_func ("/slide/aperio", test_aperio);
  g_test_add_func ("/slide/generic", test_generic);
  return pf_end ();
}
