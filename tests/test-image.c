#include "config.h"

#include "picture-files.h"

#include <math.h>
#include <string.h>

/* Pictures of all formats that are read: their pixels, depths, colours, turns and sizes. */

static void
assert_pattern (const WhyTensor *pixels, int bands, int tolerance)
{
  g_assert_cmpint (pixels->dims[2], ==, bands);
  for (int h = 0; h < pixels->dims[0]; h++)
    for (int w = 0; w < pixels->dims[1]; w++)
      for (int c = 0; c < bands; c++)
        {
          const double value = why_tensor_get_f64 (pixels, (gsize) ((h * pixels->dims[1] + w) * bands + c));
          if (fabs (value - pf_pattern (w, h, c)) > tolerance)
            g_error ("at %d,%d band %d: %g, expected %u", w, h, c, value, pf_pattern (w, h, c));
        }
}

static void
test_lossless (void)
{
  static const struct
  {
    const char *name, *options, *format;
    int bands;
    VipsBandFormat depth;
  } cases[] = {
    { "rgb.png", "", "PNG", 3, VIPS_FORMAT_UCHAR },
    { "interlaced.png", "[interlace]", "PNG", 3, VIPS_FORMAT_UCHAR },
    { "grey.png", "", "PNG", 1, VIPS_FORMAT_UCHAR },
    { "rgb16.png", "", "PNG", 3, VIPS_FORMAT_USHORT },
    { "grey16.png", "", "PNG", 1, VIPS_FORMAT_USHORT },
    { "interlaced16.png", "[interlace]", "PNG", 3, VIPS_FORMAT_USHORT },
    { "rgb.tif", "", "TIFF", 3, VIPS_FORMAT_UCHAR },
    { "lzw.tif", "[compression=lzw,predictor=horizontal]", "TIFF", 3, VIPS_FORMAT_UCHAR },
    { "tiled.tif", "[tile,tile-width=16,tile-height=16,compression=deflate]", "TIFF", 3, VIPS_FORMAT_USHORT },
    { "big.tif", "[bigtiff]", "TIFF", 1, VIPS_FORMAT_UCHAR },
    { "grey16.tif", "", "TIFF", 1, VIPS_FORMAT_USHORT },
    { "float.tif", "", "TIFF", 1, VIPS_FORMAT_FLOAT },
    { "lossless.webp", "[lossless]", "WebP", 3, VIPS_FORMAT_UCHAR },
  };

  for (gsize k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      const gboolean wide = cases[k].depth == VIPS_FORMAT_USHORT;
      const VipsInterpretation meaning = cases[k].bands == 1
                                           ? (wide ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W)
                                         : wide ? VIPS_INTERPRETATION_RGB16
                                                : VIPS_INTERPRETATION_sRGB;
      VipsImage *image = pf_make_pattern (PF_W, PF_H, cases[k].bands, cases[k].depth, meaning);
      g_autofree char *path = pf_path (cases[k].name);
      g_autofree char *target = g_strconcat (path, cases[k].options, NULL);

      g_test_message ("%s", cases[k].name);
      g_assert_cmpint (vips_image_write_to_file (image, target, NULL), ==, 0);
      g_object_unref (image);
      g_autoptr (WhyImageSource) source = pf_open (path, NULL);
      g_assert_cmpstr (why_image_source_get_format (source), ==, cases[k].format);
      g_assert_cmpint (why_image_source_get_width (source), ==, PF_W);
      g_assert_cmpint (why_image_source_get_height (source), ==, PF_H);
      g_assert_cmpint (why_image_source_get_bands (source), ==, cases[k].bands);
      g_assert_cmpint (why_image_source_get_bits (source), ==,
                       wide ? 16 : cases[k].depth == VIPS_FORMAT_FLOAT ? 32 : 8);
      g_assert_cmpint (why_image_source_is_float (source), ==, cases[k].depth == VIPS_FORMAT_FLOAT);
      g_assert_false (why_image_source_has_alpha (source));
      g_assert_cmpint (why_image_source_get_orientation (source), ==, 1);
      g_assert_true (isnan (why_image_source_get_mpp_x (source)));
      g_autoptr (WhyTensor) pixels = pf_read_all (source, FALSE);
      g_assert_cmpint (pixels->dtype, ==, WHY_DTYPE_UINT8);
      assert_pattern (pixels, cases[k].bands, 0);
      g_autoptr (WhyTensor) deep = pf_read_all (source, TRUE);
      if (wide)
        {
          g_assert_cmpint (deep->dtype, ==, WHY_DTYPE_UINT16);
          g_assert_cmpint (((guint16 *) deep->data)[cases[k].bands], ==, pf_pattern (1, 0, 0) * 257 + 3);
        }
      else if (cases[k].depth == VIPS_FORMAT_FLOAT)
        {
          g_assert_cmpint (deep->dtype, ==, WHY_DTYPE_FLOAT32);
          g_assert_cmpfloat (fabsf (((float *) deep->data)[2] - (float) pf_pattern (2, 0, 0)), <, 1e-3f);
        }
    }
}

static void
test_lossy (void)
{
  static const struct
  {
    const char *name, *options;
    int bands;
  } cases[] = {
    { "rgb.jpg", "[Q=100,subsample-mode=off]", 3 },
    { "progressive.jpg", "[Q=100,subsample-mode=off,interlace]", 3 },
    { "grey.jpg", "[Q=100]", 1 },
  };

  for (gsize k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      /* Smooth, so that the codec keeps it within three levels. */
      VipsImage *image = pf_make_pattern (24, 16, cases[k].bands, VIPS_FORMAT_UCHAR,
                                       cases[k].bands == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB);
      VipsImage *smooth = NULL, *bytes = NULL;
      g_autofree char *path = pf_path (cases[k].name);
      g_autofree char *target = g_strconcat (path, cases[k].options, NULL);

      g_assert_cmpint (vips_linear1 (image, &smooth, 0.25, 60.0, NULL), ==, 0);
      g_assert_cmpint (vips_cast (smooth, &bytes, VIPS_FORMAT_UCHAR, NULL), ==, 0);
      g_assert_cmpint (vips_image_write_to_file (bytes, target, NULL), ==, 0);
      g_autoptr (WhyImageSource) source = pf_open (path, NULL);
      g_assert_cmpstr (why_image_source_get_format (source), ==, "JPEG");
      g_autoptr (WhyTensor) pixels = pf_read_all (source, FALSE);
      g_assert_cmpint (pixels->dims[2], ==, cases[k].bands);
      size_t length;
      g_autofree guint8 *expected = vips_image_write_to_memory (bytes, &length);
      double worst = 0.0, sum = 0.0;
      for (gsize at = 0; at < length; at++)
        {
          const double off = fabs ((double) ((guint8 *) pixels->data)[at] - expected[at]);
          worst = MAX (worst, off);
          sum += off / (double) length;
        }
      g_assert_cmpfloat (worst, <=, 6.0);
      g_assert_cmpfloat (sum, <=, 1.5);
      g_object_unref (image);
      g_object_unref (smooth);
      g_object_unref (bytes);
    }
}

static void
test_alpha (void)
{
  static const char *const names[] = { "alpha.png", "alpha.tif", "alpha.webp", "alpha-grey.png", "alpha16.png" };

  for (gsize k = 0; k < G_N_ELEMENTS (names); k++)
    {
      const gboolean grey = strstr (names[k], "grey") != NULL;
      const gboolean wide = strstr (names[k], "16") != NULL;
      const int n_bands = grey ? 2 : 4;
      g_autofree char *path = pf_path (names[k]);
      g_autofree char *target = g_strconcat (path, g_str_has_suffix (path, "webp") ? "[lossless]" : "", NULL);
      /* three pixels: opaque, half, clear; colour 200, 100, 50 */
      const guint8 colour[3] = { 200, 100, 50 };
      const guint8 alpha[3] = { 255, 128, 0 };
      guint8 bytes[12];
      guint16 words[12];

      for (int w = 0; w < 3; w++)
        for (int c = 0; c < n_bands; c++)
          {
            bytes[w * n_bands + c] = c == n_bands - 1 ? alpha[w] : colour[c];
            words[w * n_bands + c] = (guint16) (bytes[w * n_bands + c] * 257);
          }
      VipsImage *lent = wide ? vips_image_new_from_memory_copy (words, (gsize) n_bands * 6, 3, 1, n_bands,
                                                                VIPS_FORMAT_USHORT)
                             : vips_image_new_from_memory_copy (bytes, (gsize) n_bands * 3, 3, 1, n_bands,
                                                                VIPS_FORMAT_UCHAR);
      VipsImage *image = NULL;
      const VipsInterpretation meaning = grey   ? VIPS_INTERPRETATION_B_W
                                         : wide ? VIPS_INTERPRETATION_RGB16
                                                : VIPS_INTERPRETATION_sRGB;
      vips_copy (lent, &image, "interpretation", meaning, NULL);
      g_assert_cmpint (vips_image_write_to_file (image, target, NULL), ==, 0);
      g_object_unref (image);
      g_object_unref (lent);

      for (int black = 0; black < 2; black++)
        {
          const WhyImageBackground background = black ? WHY_IMAGE_BACKGROUND_BLACK : WHY_IMAGE_BACKGROUND_WHITE;
          const WhyImageLimits limits = { .background = background };
          g_autoptr (WhyImageSource) source = pf_open (path, &limits);
          g_autoptr (WhyTensor) pixels = pf_read_all (source, FALSE);
          const int n_shown = grey ? 1 : 3;

          g_assert_true (why_image_source_has_alpha (source));
          g_assert_cmpint (pixels->dims[2], ==, n_shown);
          for (int w = 0; w < 3; w++)
            for (int c = 0; c < n_shown; c++)
              {
                /* WebP stores no colour where nothing shows; the mix is computed in whole numbers. */
                const double expected = colour[c] * alpha[w] / 255.0 + (black ? 0.0 : 255.0) * (255 - alpha[w]) / 255.0;
                g_assert_cmpfloat (fabs (((guint8 *) pixels->data)[w * n_shown + c] - expected), <=, 1.0);
              }
        }
    }
}

static void
test_orientation (void)
{
  static const char *const names[] = { "turned.tif", "turned.jpg", "turned.webp" };

  for (gsize k = 0; k < G_N_ELEMENTS (names); k++)
    for (int orientation = 1; orientation <= 8; orientation++)
      {
        VipsImage *image = pf_make_pattern (PF_W, PF_H, 3, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB);
        VipsImage *stored = NULL, *upright = NULL;
        g_autofree char *path = pf_path (names[k]);
        g_autofree char *target = g_strconcat (path, g_str_has_suffix (path, "webp") ? "[lossless]" : "", NULL);
        size_t length;

        g_test_message ("%s %d", names[k], orientation);
        vips_image_set_int (image, VIPS_META_ORIENTATION, orientation);
        g_assert_cmpint (vips_image_write_to_file (image, target, NULL), ==, 0);
        /* libvips' own turning is the reference: the loader does not use it. */
        stored = vips_image_new_from_file (path, NULL);
        g_assert_cmpint (vips_image_get_orientation (stored), ==, orientation);
        g_assert_cmpint (vips_autorot (stored, &upright, NULL), ==, 0);
        g_autofree guint8 *expected = vips_image_write_to_memory (upright, &length);
        const int width = vips_image_get_width (upright);

        g_autoptr (WhyImageSource) source = pf_open (path, NULL);
        g_assert_cmpint (why_image_source_get_orientation (source), ==, orientation);
        g_assert_cmpint (why_image_source_get_width (source), ==, width);
        g_autoptr (WhyTensor) pixels = pf_read_all (source, FALSE);
        g_assert_cmpmem (pixels->data, pixels->n_bytes, expected, length);

        g_autoptr (WhyTensor) part = why_image_source_read (source, 2, 5, 7, 4, 7, 4, NULL, NULL);
        for (int h = 0; h < 4; h++)
          g_assert_cmpmem ((guint8 *) part->data + h * 21, 21, expected + ((5 + h) * width + 2) * 3, 21);
        g_object_unref (image);
        g_object_unref (stored);
        g_object_unref (upright);
      }
}

static double
linear_of_srgb (double value)
{
  return value <= 0.04045 ? value / 12.92 : pow ((value + 0.055) / 1.055, 2.4);
}

static double
srgb_of_linear (double value)
{
  return value <= 0.0031308 ? value * 12.92 : 1.055 * pow (value, 1.0 / 2.4) - 0.055;
}

/* Display P3 to sRGB, both D65, with the published primaries (SMPTE EG 432-1; the curve is sRGB's). */
static void
test_icc (void)
{
  static const double p3_to_srgb[3][3] = {
    { 1.2249402, -0.2249402, 0.0 }, { -0.0420570, 1.0420570, 0.0 }, { -0.0196376, -0.0786361, 1.0982735 },
  };
  static const guint8 colours[][3] = { { 120, 120, 120 }, { 150, 110, 90 }, { 90, 130, 110 }, { 100, 100, 140 } };
  VipsBlob *profile = NULL;

  g_assert_cmpint (vips_profile_load ("p3", &profile, NULL), ==, 0);
  for (int broken = 0; broken < 2; broken++)
    {
      VipsImage *lent = vips_image_new_from_memory_copy (colours, sizeof colours, 4, 1, 3, VIPS_FORMAT_UCHAR);
      VipsImage *image = NULL;
      g_autofree char *path = pf_path (broken ? "broken-icc.tif" : "p3.tif");
      size_t length;
      const void *bytes = vips_blob_get (profile, &length);
      g_autofree guint8 *copy = g_memdup2 (bytes, length);

      if (broken)
        memset (copy + 36, 0, length - 36);
      vips_copy (lent, &image, "interpretation", VIPS_INTERPRETATION_sRGB, NULL);
      vips_image_set_blob_copy (image, VIPS_META_ICC_NAME, copy, length);
      g_assert_cmpint (vips_image_write_to_file (image, path, NULL), ==, 0);
      g_object_unref (image);
      g_object_unref (lent);

      g_autoptr (WhyImageSource) source = pf_open (path, NULL);
      g_assert_true (why_image_source_has_icc (source));
      g_autoptr (WhyTensor) pixels = pf_read_all (source, FALSE);
      const guint8 *shown = pixels->data;
      for (int w = 0; w < 4; w++)
        for (int c = 0; c < 3; c++)
          {
            double linear = 0.0;

            for (int from = 0; from < 3; from++)
              linear += p3_to_srgb[c][from] * linear_of_srgb (colours[w][from] / 255.0);
            /* lcms rounds to 8 bits in tables: two levels */
            const double expected = broken ? colours[w][c] : 255.0 * srgb_of_linear (linear);
            g_assert_cmpfloat (fabs (shown[w * 3 + c] - expected), <=, broken ? 0.0 : 2.0);
          }
      /* the colours do differ from what is stored, so ignoring the profile would fail above */
      g_assert_true (broken || shown[3] != colours[1][0]);
      g_assert_true (!broken || strstr (why_image_source_get_note (source), "profile") != NULL);
    }
  vips_area_unref (VIPS_AREA (profile));
}

static void
test_cmyk (void)
{
  /* no ink; full black ink; full cyan */
  static const guint8 inks[3 * 16][4] = { 0 };
  guint8 data[3 * 16 * 16][4];

  memcpy (data, inks, sizeof inks);
  for (int h = 0; h < 16; h++)
    for (int w = 0; w < 48; w++)
      {
        guint8 *pixel = data[h * 48 + w];
        memset (pixel, 0, 4);
        if (w >= 16 && w < 32)
          pixel[3] = 255;
        if (w >= 32)
          pixel[0] = 255;
      }
  static const char *const names[] = { "cmyk.jpg", "cmyk.tif", "cmyk16.tif" };
  for (gsize k = 0; k < G_N_ELEMENTS (names); k++)
    {
      VipsImage *lent = vips_image_new_from_memory_copy (data, sizeof data, 48, 16, 4, VIPS_FORMAT_UCHAR);
      VipsImage *image = NULL;
      g_autofree char *path = pf_path (names[k]);

      vips_copy (lent, &image, "interpretation", VIPS_INTERPRETATION_CMYK, NULL);
      if (strstr (names[k], "16") != NULL)
        {
          VipsImage *scaled = NULL, *wide = NULL;
          g_assert_cmpint (vips_linear1 (image, &scaled, 257.0, 0.0, NULL), ==, 0);
          g_assert_cmpint (vips_cast (scaled, &wide, VIPS_FORMAT_USHORT, NULL), ==, 0);
          g_object_unref (scaled);
          g_object_unref (image);
          image = wide;
        }
      g_assert_cmpint (vips_image_write_to_file (image, path, NULL), ==, 0);
      g_object_unref (image);
      g_object_unref (lent);
      g_autoptr (WhyImageSource) source = pf_open (path, NULL);
      g_assert_cmpint (why_image_source_get_bands (source), ==, 3);
      g_assert_false (why_image_source_has_alpha (source));
      g_autoptr (WhyTensor) pixels = pf_read_all (source, FALSE);
      const guint8 *row = (guint8 *) pixels->data + 8 * 48 * 3;
      /* Paper white, black ink dark, cyan ink blue-green: which press is a matter of the profile. */
      for (int c = 0; c < 3; c++)
        {
          g_assert_cmpint (row[8 * 3 + c], >=, 245);
          g_assert_cmpint (row[24 * 3 + c], <=, 60);
        }
      g_assert_cmpint (row[40 * 3], <, 80);
      g_assert_cmpint (row[40 * 3 + 1], >, 100);
      g_assert_cmpint (row[40 * 3 + 2], >, 150);
    }
}

static WhyTensor *
bmp_read (GByteArray *file, const char *name)
{
  g_autofree char *path = pf_path (name);

  g_test_message ("%s", name);
  g_assert_true (g_file_set_contents (path, (const char *) file->data, file->len, NULL));
  g_byte_array_unref (file);
  g_autoptr (WhyImageSource) source = pf_open (path, NULL);
  g_assert_cmpstr (why_image_source_get_format (source), ==, "BMP");
  return pf_read_all (source, FALSE);
}

static void
test_bmp (void)
{
  /* 24 bits, bottom-up and top-down, rows padded to four bytes */
  for (int down = 0; down < 2; down++)
    {
      GByteArray *file = pf_bitmap (5, down ? -3 : 3, 24, 0, 0, 0);
      for (int row = 0; row < 3; row++)
        {
          for (int w = 0; w < 5; w++)
            for (int c = 2; c >= 0; c--)
              g_byte_array_append (file, &(guint8) { (guint8) pf_pattern (w, down ? row : 2 - row, c) }, 1);
          g_byte_array_append (file, (const guint8 *) "\0", 1);
        }
      g_autoptr (WhyTensor) pixels = bmp_read (file, down ? "down.bmp" : "up.bmp");
      assert_pattern (pixels, 3, 0);
    }

  /* 1, 4 and 8 bits with a palette */
  for (int bits = 1; bits <= 8; bits = bits == 1 ? 4 : bits * 2)
    {
      GByteArray *file = pf_bitmap (5, 1, bits, 0, 8, 2);
      pf_put_u32 (file, 0x102030);
      pf_put_u32 (file, 0xffeedd);
      const guint8 one[4] = { 0xa8 };                /* 1 0 1 0 1 */
      const guint8 four[4] = { 0x10, 0x10, 0x10 };
      const guint8 eight[8] = { 1, 0, 1, 0, 1 };
      g_byte_array_append (file, bits == 1 ? one : bits == 4 ? four : eight, bits == 8 ? 8 : 4);
      g_autoptr (WhyTensor) pixels = bmp_read (file, "palette.bmp");
      g_assert_cmpmem (pixels->data, pixels->n_bytes, "\xff\xee\xdd\x10\x20\x30\xff\xee\xdd\x10\x20\x30\xff\xee\xdd",
                       15);
    }

  /* 8 bits, grey palette: one band */
  GByteArray *grey = pf_bitmap (3, 1, 8, 0, 8, 2);
  pf_put_u32 (grey, 0x222222);
  pf_put_u32 (grey, 0x999999);
  g_byte_array_append (grey, (const guint8 *) "\1\0\7\0", 4); /* 7 is beyond the palette: black */
  g_autoptr (WhyTensor) grey_pixels = bmp_read (grey, "grey.bmp");
  g_assert_cmpint (grey_pixels->dims[2], ==, 1);
  g_assert_cmpmem (grey_pixels->data, grey_pixels->n_bytes, "\x99\x22\x00", 3);

  /* 16 bits 5-5-5 and 5-6-5 */
  GByteArray *five = pf_bitmap (2, 1, 16, 0, 0, 0);
  pf_put_u16 (five, 31 << 10 | 16 << 5);
  pf_put_u16 (five, 31);
  g_autoptr (WhyTensor) five_pixels = bmp_read (five, "555.bmp");
  g_assert_cmpmem (five_pixels->data, five_pixels->n_bytes, "\xff\x84\x00\x00\x00\xff", 6); /* 16/31 of 255 = 131.6 */
  GByteArray *six = pf_bitmap (2, 1, 16, 3, 12, 0);
  pf_put_u32 (six, 0xf800);
  pf_put_u32 (six, 0x07e0);
  pf_put_u32 (six, 0x001f);
  pf_put_u16 (six, 63 << 5);
  pf_put_u16 (six, 0xffff);
  g_autoptr (WhyTensor) six_pixels = bmp_read (six, "565.bmp");
  g_assert_cmpmem (six_pixels->data, six_pixels->n_bytes, "\x00\xff\x00\xff\xff\xff", 6);

  /* RLE8: a run of 3, two literals (padded), end of line, delta (2, 0), a run, end. 5 x 2, bottom row first. */
  GByteArray *runs = pf_bitmap (5, 2, 8, 1, 16, 4);
  pf_put_u32 (runs, 0x000001);
  pf_put_u32 (runs, 0x111111);
  pf_put_u32 (runs, 0x222222);
  pf_put_u32 (runs, 0x333333);
  const guint8 stream[] = { 2, 1, 0, 3, 2, 3, 2, 0, 0, 0, 0, 2, 2, 0, 3, 3, 0, 1 };
  g_byte_array_append (runs, stream, sizeof stream);
  g_autoptr (WhyTensor) run_pixels = bmp_read (runs, "rle8.bmp");
  g_assert_cmpint (run_pixels->dims[2], ==, 3);
  const guint8 expected[2][5] = { { 1, 1, 0x33, 0x33, 0x33 }, { 0x11, 0x11, 0x22, 0x33, 0x22 } };
  for (int h = 0; h < 2; h++)
    for (int w = 0; w < 5; w++)
      g_assert_cmpint (((guint8 *) run_pixels->data)[(h * 5 + w) * 3 + 2], ==, expected[h][w]);

  /* RLE4: five alternating pixels, then end of file mark */
  GByteArray *nibbles = pf_bitmap (5, 1, 4, 2, 8, 2);
  pf_put_u32 (nibbles, 0x000000);
  pf_put_u32 (nibbles, 0xff0000);
  const guint8 nibble_stream[] = { 5, 0x10, 0, 1 };
  g_byte_array_append (nibbles, nibble_stream, sizeof nibble_stream);
  g_autoptr (WhyTensor) nibble_pixels = bmp_read (nibbles, "rle4.bmp");
  for (int w = 0; w < 5; w++)
    g_assert_cmpint (((guint8 *) nibble_pixels->data)[w * 3], ==, w % 2 == 0 ? 255 : 0);

  /* 32 bits: the fourth byte means nothing */
  GByteArray *wide = pf_bitmap (1, 1, 32, 0, 0, 0);
  pf_put_u32 (wide, 0x40102030);
  g_autoptr (WhyTensor) wide_pixels = bmp_read (wide, "32.bmp");
  g_assert_cmpmem (wide_pixels->data, wide_pixels->n_bytes, "\x10\x20\x30", 3);

  /* A negative resolution, on which libvips aborts, and one of a microscope */
  GByteArray *negative = pf_bitmap (1, 1, 24, 0, 0, 0);
  memset (negative->data + 38, 0xff, 8);
  pf_put_u32 (negative, 0x00102030);
  g_autoptr (WhyTensor) negative_pixels = bmp_read (negative, "negative.bmp");
  g_assert_cmpmem (negative_pixels->data, negative_pixels->n_bytes, "\x10\x20\x30", 3);
}

static void
test_regions (void)
{
  VipsImage *image = pf_make_pattern (PF_W, PF_H, 3, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB);
  g_autofree char *path = pf_path ("regions.png");
  g_assert_cmpint (vips_image_write_to_file (image, path, NULL), ==, 0);
  g_object_unref (image);
  g_autoptr (WhyImageSource) source = pf_open (path, NULL);

  g_autoptr (WhyTensor) part = why_image_source_read (source, 3, 4, 6, 5, 6, 5, NULL, NULL);
  for (int h = 0; h < 5; h++)
    for (int w = 0; w < 6; w++)
      g_assert_cmpint (((guint8 *) part->data)[(h * 6 + w) * 3 + 1], ==, pf_pattern (w + 3, h + 4, 1));

  /* Reduced: the mean over the exact area, fractions of pixels included. */
  g_autoptr (WhyTensor) small = why_image_source_read (source, 1, 2, 20, 13, 7, 4, NULL, NULL);
  for (int h = 0; h < 4; h++)
    for (int w = 0; w < 7; w++)
      {
        const double left = 1 + w * 20 / 7.0, right = 1 + (w + 1) * 20 / 7.0;
        const double top = 2 + h * 13 / 4.0, bottom = 2 + (h + 1) * 13 / 4.0;
        double sum = 0.0;

        for (int y = 0; y < PF_H; y++)
          for (int x = 0; x < PF_W; x++)
            {
              const double in_x = MAX (0.0, MIN (right, x + 1) - MAX (left, x));
              const double in_y = MAX (0.0, MIN (bottom, y + 1) - MAX (top, y));
              sum += in_x * in_y * pf_pattern (x, y, 2);
            }
        /* half a level of rounding and float sums */
        const double mean = sum / ((right - left) * (bottom - top));
        g_assert_cmpfloat_with_epsilon (((guint8 *) small->data)[(h * 7 + w) * 3 + 2], mean, 0.51);
      }

  /* Enlarged: the nearest pixel */
  g_autoptr (WhyTensor) large = why_image_source_read (source, 2, 2, 2, 2, 6, 4, NULL, NULL);
  for (int h = 0; h < 4; h++)
    for (int w = 0; w < 6; w++)
      g_assert_cmpint (((guint8 *) large->data)[(h * 6 + w) * 3], ==, pf_pattern (2 + w / 3, 2 + h / 2, 0));

  static const gint64 bad[][6] = {
    { -1, 0, 2, 2, 2, 2 }, { 0, 0, PF_W + 1, 2, 2, 2 }, { PF_W, 0, 1, 1, 1, 1 }, { 0, 0, 0, 1, 1, 1 },
    { G_MAXINT64, 0, 1, 1, 1, 1 }, { 1, 1, G_MAXINT64, 1, 1, 1 }, { 0, 0, 1, 1, 0, 1 },
    { 0, 0, 1, 1, G_MAXINT64, G_MAXINT64 }, { 0, 0, 1, 1, 100000, 100000 },
  };
  for (gsize b = 0; b < G_N_ELEMENTS (bad); b++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_null (why_image_source_read (source, bad[b][0], bad[b][1], bad[b][2], bad[b][3], bad[b][4], bad[b][5],
                                            NULL, &error));
      g_assert_nonnull (error);
      g_assert_true (g_str_has_prefix (error->message, "regions.png: "));
    }
  g_assert_true (why_image_source_is_alive (source));
}

/* A photograph large enough to be shrunk while it is decoded. */
static void
test_overview (void)
{
  VipsImage *ramp = NULL, *bytes = NULL, *xyz = NULL, *x = NULL;
  g_autofree char *path = pf_path ("large.jpg");

  g_assert_cmpint (vips_xyz (&xyz, 5001, 3601, NULL), ==, 0);
  g_assert_cmpint (vips_extract_band (xyz, &x, 0, NULL), ==, 0);
  g_assert_cmpint (vips_linear1 (x, &ramp, 255.0 / 5001.0, 0.0, NULL), ==, 0);
  g_assert_cmpint (vips_cast (ramp, &bytes, VIPS_FORMAT_UCHAR, NULL), ==, 0);
  g_assert_cmpint (vips_jpegsave (bytes, path, "Q", 95, NULL), ==, 0);
  g_object_unref (xyz);
  g_object_unref (x);
  g_object_unref (ramp);
  g_object_unref (bytes);

  g_autoptr (WhyImageSource) source = pf_open (path, NULL);
  for (int turn = 0; turn < 2; turn++)
    {
      g_autoptr (WhyTensor) small = why_image_source_read (source, 0, 0, 5001, 3601, 100, 72, NULL, NULL);
      for (int w = 0; w < 100; w++)
        /* the ramp is cut to whole levels (half a level low on average), the codec adds one or two */
        g_assert_cmpfloat (fabs (((guint8 *) small->data)[36 * 100 + w] - (255.0 * (w + 0.5) / 100.0 - 0.5)), <=, 2.0);
      /* and again from the whole picture */
      g_autoptr (WhyTensor) part = why_image_source_read (source, 2400, 1000, 200, 10, 200, 10, NULL, NULL);
      g_assert_cmpfloat (fabs (((guint8 *) part->data)[100] - 255.0 * 2500 / 5001), <=, 3.0);
    }
}

/* Channels beyond three are neither alpha nor an error. */
static void
test_many_bands (void)
{
  for (int n_bands = 5; n_bands <= 7; n_bands++)
    {
      VipsImage *image = pf_make_pattern (PF_W, PF_H, n_bands, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W);
      g_autofree char *path = pf_path ("bands.tif");
      g_assert_cmpint (vips_tiffsave (image, path, NULL), ==, 0);
      g_object_unref (image);
      g_autoptr (WhyImageSource) source = pf_open (path, NULL);
      g_assert_false (why_image_source_has_alpha (source));
      g_assert_nonnull (strstr (why_image_source_get_note (source), "bands"));
      g_autoptr (WhyTensor) pixels = pf_read_all (source, FALSE);
      assert_pattern (pixels, 3, 0);
    }
}

/* One red pixel, written by hand: clear code, colour 0, end code. */
static void
test_gif (void)
{
  static const guint8 bytes[] = {
    'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, 0x80, 0, 0, 0xff, 0, 0, 0, 0, 0,
    ',', 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, ';',
  };
  g_autofree char *path = pf_path ("one.gif");

  g_assert_true (g_file_set_contents (path, (const char *) bytes, sizeof bytes, NULL));
  g_autoptr (WhyImageSource) source = pf_open (path, NULL);
  g_assert_cmpstr (why_image_source_get_format (source), ==, "GIF");
  g_autoptr (WhyTensor) pixels = pf_read_all (source, FALSE);
  g_assert_cmpmem (pixels->data, pixels->n_bytes, "\xff\0\0", 3);
}

static void
test_ranges (void)
{
  static const struct
  {
    float values[3];
    double shown[3];
  } cases[] = {
    { { 0.0f, 0.5f, 1.0f }, { 0.0, 127.5, 255.0 } },
    { { 0.0f, 100.0f, 255.0f }, { 0.0, 100.0, 255.0 } },
    { { 0.0f, 25700.0f, 65535.0f }, { 0.0, 100.0, 255.0 } },
    { { -1000.0f, 0.0f, 1000.0f }, { 0.0, 127.5, 255.0 } },
    { { NAN, 0.5f, INFINITY }, { 0.0, 127.5, 0.0 } },
    { { NAN, NAN, NAN }, { 0.0, 0.0, 0.0 } },
  };

  for (gsize k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      VipsImage *image = vips_image_new_from_memory_copy (cases[k].values, sizeof cases[k].values, 3, 1, 1,
                                                          VIPS_FORMAT_FLOAT);
      g_autofree char *path = pf_path ("range.tif");

      g_assert_cmpint (vips_tiffsave (image, path, NULL), ==, 0);
      g_object_unref (image);
      g_autoptr (WhyImageSource) source = pf_open (path, NULL);
      g_autoptr (WhyTensor) pixels = pf_read_all (source, TRUE);
      for (gsize w = 0; w < 3; w++)
        g_assert_cmpfloat (fabs (why_tensor_get_f64 (pixels, w) - cases[k].shown[w]), <=, 1e-3);
      g_assert_nonnull (strstr (why_image_source_get_note (source), "are shown as"));
    }
}

static void
test_resolution (void)
{
  VipsImage *image = pf_make_pattern (4, 4, 1, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W);
  g_autofree char *path = pf_path ("mpp.tif");

  g_assert_cmpint (vips_tiffsave (image, path, "xres", 2000.0, "yres", 4000.0, "resunit", VIPS_FOREIGN_TIFF_RESUNIT_CM,
                                  NULL), ==, 0);
  g_autoptr (WhyImageSource) fine = pf_open (path, NULL);
  g_assert_cmpfloat (fabs (why_image_source_get_mpp_x (fine) - 0.5), <=, 1e-6);
  g_assert_cmpfloat (fabs (why_image_source_get_mpp_y (fine) - 0.25), <=, 1e-6);
  /* 300 dots an inch say how to print it, not what is on it */
  g_assert_cmpint (vips_tiffsave (image, path, "xres", 300.0 / 25.4, "yres", 300.0 / 25.4, NULL), ==, 0);
  g_autoptr (WhyImageSource) coarse = pf_open (path, NULL);
  g_assert_true (isnan (why_image_source_get_mpp_x (coarse)));
  g_object_unref (image);
}

int
main (int argc, char **argv)
{
  pf_begin (&argc, &argv);
  g_test_add_func ("/image/source/lossless", test_lossless);
  g_test_add_func ("/image/source/lossy", test_lossy);
  g_test_add_func ("/image/source/alpha", test_alpha);
  g_test_add_func ("/image/source/orientation", test_orientation);
  g_test_add_func ("/image/source/icc", test_icc);
  g_test_add_func ("/image/source/cmyk", test_cmyk);
  g_test_add_func ("/image/source/bmp", test_bmp);
  g_test_add_func ("/image/source/regions", test_regions);
  g_test_add_func ("/image/source/overview", test_overview);
  g_test_add_func ("/image/source/many-bands", test_many_bands);
  g_test_add_func ("/image/source/gif", test_gif);
  g_test_add_func ("/image/source/ranges", test_ranges);
  g_test_add_func ("/image/source/resolution", test_resolution);
  return pf_end ();
}
