#include "config.h"

#include "gland-slide.h"

#include <vips/vips.h>

static VipsImage *
load (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "data", "samples", name, NULL);
  VipsImage *image = vips_image_new_from_file (path, NULL);

  g_assert_nonnull (image);
  return image;
}

/* White at the right; @image: (transfer full) */
static VipsImage *
add_glass (VipsImage *image, int n_glass)
{
  const double full[] = { 255, 255, 255 };
  VipsImage *black = NULL, *white = NULL, *with = NULL;

  if (n_glass == 0)
    return image;
  g_assert_cmpint (vips_black (&black, n_glass * GLAND_TILE, vips_image_get_height (image), "bands", 3, NULL), ==, 0);
  g_assert_cmpint (vips_linear (black, &white, full, full, 3, "uchar", TRUE, NULL), ==, 0);
  g_assert_cmpint (vips_insert (image, white, &with, vips_image_get_width (image) - n_glass * GLAND_TILE, 0, NULL), ==, 0);
  g_object_unref (black);
  g_object_unref (white);
  g_object_unref (image);
  return with;
}

void
gland_slide_write (const char *slide_path, const char *plain_path, int columns, int rows, int tumour_x, int tumour_y, int n_glass)
{
  VipsImage *normal = load ("gland-normal.png"), *tumour = load ("gland-tumour.png");
  VipsImage *field = NULL, *slide = NULL, *scaled = NULL;

  g_assert_cmpint (vips_replicate (normal, &field, columns, rows, NULL), ==, 0);
  g_assert_cmpint (vips_insert (field, tumour, &slide, tumour_x, tumour_y, NULL), ==, 0);
  slide = add_glass (slide, n_glass);
  g_assert_cmpint (vips_copy (slide, &scaled, "xres", 2000.0, "yres", 2000.0, NULL), ==, 0);
  g_assert_cmpint (vips_tiffsave (scaled, slide_path, "tile", TRUE, "tile_width", 128, "tile_height", 128, "pyramid", TRUE,
                                  "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE, NULL), ==, 0);
  g_assert_cmpint (vips_pngsave (slide, plain_path, NULL), ==, 0);
  g_object_unref (scaled);
  g_object_unref (slide);
  g_object_unref (field);
  g_object_unref (tumour);
  g_object_unref (normal);
}

char *
gland_slide_model (void)
{
  return g_test_build_filename (G_TEST_DIST, "..", "models", "phantoms", "gland.onnx", NULL);
}
