#include "config.h"

#include "image/source.h"

#include "base/error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

/* Files are made here with libvips' savers or byte by byte, with pixels known beforehand, and read through the
 * real loader process. */

static char *folder;

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static WhyImageSource *
open_good (const char *path, const WhyImageLimits *limits)
{
  g_autoptr (GError) error = NULL;
  WhyImageSource *source = why_image_source_open (path, limits, NULL, &error);

  g_assert_no_error (error);
  return source;
}

static WhyTensor *
read_all (WhyImageSource *source, gboolean full)
{
  const gint64 width = why_image_source_get_width (source);
  const gint64 height = why_image_source_get_height (source);
  g_autoptr (GError) error = NULL;
  WhyTensor *pixels = full ? why_image_source_read_full (source, 0, 0, width, height, width, height, NULL, &error)
                           : why_image_source_read (source, 0, 0, width, height, width, height, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (pixels->dims[0], ==, height);
  g_assert_cmpint (pixels->dims[1], ==, width);
  return pixels;
}

/* The pattern: a value that names place and band. */
static guint
pattern (int w, int h, int c)
{
  return (guint) (w * 5 + h * 3 + c * 71) % 256;
}

#define PIC_W 23
#define PIC_H 17

static VipsImage *
make_pattern (int width, int height, int bands, VipsBandFormat format, VipsInterpretation meaning)
{
  const gsize size = vips_format_sizeof (format);
  guint8 *data = g_malloc ((gsize) (width * height * bands) * size);

  for (int h = 0; h < height; h++)
    for (int w = 0; w < width; w++)
      for (int c = 0; c < bands; c++)
        {
          const gsize at = (gsize) ((h * width + w) * bands + c);
          const guint value = pattern (w, h, c);

          if (format == VIPS_FORMAT_UCHAR)
            data[at] = (guint8) value;
          else if (format == VIPS_FORMAT_USHORT)
            ((guint16 *) data)[at] = (guint16) (value * 257 + 3 * (value < 255));
          else
            ((float *) data)[at] = (float) value / 255.0f;
        }
  VipsImage *lent = vips_image_new_from_memory_copy (data, (gsize) (width * height * bands) * size, width, height, bands, format);
  g_free (data);
  VipsImage *image = NULL;
  g_assert_cmpint (vips_copy (lent, &image, "interpretation", meaning, NULL), ==, 0);
  g_object_unref (lent);
  return image;
}

static void
assert_pattern (const WhyTensor *pixels, int bands, int tolerance)
{
  g_assert_cmpint (pixels->dims[2], ==, bands);
  for (int h = 0; h < pixels->dims[0]; h++)
    for (int w = 0; w < pixels->dims[1]; w++)
      for (int c = 0; c < bands; c++)
        {
          const double value = why_tensor_get_f64 (pixels, (gsize) ((h * pixels->dims[1] + w) * bands + c));
          if (fabs (value - pattern (w, h, c)) > tolerance)
            g_error ("at %d,%d band %d: %g, expected %u", w, h, c, value, pattern (w, h, c));
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
      const VipsInterpretation meaning = cases[k].bands == 1 ? (wide ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W)
                                         : wide             ? VIPS_INTERPRETATION_RGB16
                                                            : VIPS_INTERPRETATION_sRGB;
      VipsImage *image = make_pattern (PIC_W, PIC_H, cases[k].bands, cases[k].depth, meaning);
      g_autofree char *path = path_of (cases[k].name);
      g_autofree char *target = g_strconcat (path, cases[k].options, NULL);

      g_test_message ("%s", cases[k].name);
      g_assert_cmpint (vips_image_write_to_file (image, target, NULL), ==, 0);
      g_object_unref (image);
      g_autoptr (WhyImageSource) source = open_good (path, NULL);
      g_assert_cmpstr (why_image_source_get_format (source), ==, cases[k].format);
      g_assert_cmpint (why_image_source_get_width (source), ==, PIC_W);
      g_assert_cmpint (why_image_source_get_height (source), ==, PIC_H);
      g_assert_cmpint (why_image_source_get_bands (source), ==, cases[k].bands);
      g_assert_cmpint (why_image_source_get_bits (source), ==, wide ? 16 : cases[k].depth == VIPS_FORMAT_FLOAT ? 32 : 8);
      g_assert_cmpint (why_image_source_is_float (source), ==, cases[k].depth == VIPS_FORMAT_FLOAT);
      g_assert_false (why_image_source_has_alpha (source));
      g_assert_cmpint (why_image_source_get_orientation (source), ==, 1);
      g_assert_true (isnan (why_image_source_get_mpp_x (source)));
      g_autoptr (WhyTensor) pixels = read_all (source, FALSE);
      g_assert_cmpint (pixels->dtype, ==, WHY_DTYPE_UINT8);
      assert_pattern (pixels, cases[k].bands, 0);
      g_autoptr (WhyTensor) deep = read_all (source, TRUE);
      if (wide)
        {
          g_assert_cmpint (deep->dtype, ==, WHY_DTYPE_UINT16);
          g_assert_cmpint (((guint16 *) deep->data)[cases[k].bands], ==, pattern (1, 0, 0) * 257 + 3);
        }
      else if (cases[k].depth == VIPS_FORMAT_FLOAT)
        {
          g_assert_cmpint (deep->dtype, ==, WHY_DTYPE_FLOAT32);
          g_assert_cmpfloat (fabsf (((float *) deep->data)[2] - (float) pattern (2, 0, 0)), <, 1e-3f);
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
      VipsImage *image = make_pattern (24, 16, cases[k].bands, VIPS_FORMAT_UCHAR,
                                       cases[k].bands == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB);
      VipsImage *smooth = NULL, *bytes = NULL;
      g_autofree char *path = path_of (cases[k].name);
      g_autofree char *target = g_strconcat (path, cases[k].options, NULL);

      g_assert_cmpint (vips_linear1 (image, &smooth, 0.25, 60.0, NULL), ==, 0);
      g_assert_cmpint (vips_cast (smooth, &bytes, VIPS_FORMAT_UCHAR, NULL), ==, 0);
      g_assert_cmpint (vips_image_write_to_file (bytes, target, NULL), ==, 0);
      g_autoptr (WhyImageSource) source = open_good (path, NULL);
      g_assert_cmpstr (why_image_source_get_format (source), ==, "JPEG");
      g_autoptr (WhyTensor) pixels = read_all (source, FALSE);
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
      g_autofree char *path = path_of (names[k]);
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
      VipsImage *lent = wide ? vips_image_new_from_memory_copy (words, (gsize) n_bands * 6, 3, 1, n_bands, VIPS_FORMAT_USHORT)
                             : vips_image_new_from_memory_copy (bytes, (gsize) n_bands * 3, 3, 1, n_bands, VIPS_FORMAT_UCHAR);
      VipsImage *image = NULL;
      vips_copy (lent, &image, "interpretation", grey ? VIPS_INTERPRETATION_B_W : wide ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB, NULL);
      g_assert_cmpint (vips_image_write_to_file (image, target, NULL), ==, 0);
      g_object_unref (image);
      g_object_unref (lent);

      for (int black = 0; black < 2; black++)
        {
          const WhyImageLimits limits = { .background = black ? WHY_IMAGE_BACKGROUND_BLACK : WHY_IMAGE_BACKGROUND_WHITE };
          g_autoptr (WhyImageSource) source = open_good (path, &limits);
          g_autoptr (WhyTensor) pixels = read_all (source, FALSE);
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
        VipsImage *image = make_pattern (PIC_W, PIC_H, 3, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB);
        VipsImage *stored = NULL, *upright = NULL;
        g_autofree char *path = path_of (names[k]);
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

        g_autoptr (WhyImageSource) source = open_good (path, NULL);
        g_assert_cmpint (why_image_source_get_orientation (source), ==, orientation);
        g_assert_cmpint (why_image_source_get_width (source), ==, width);
        g_autoptr (WhyTensor) pixels = read_all (source, FALSE);
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
      g_autofree char *path = path_of (broken ? "broken-icc.tif" : "p3.tif");
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

      g_autoptr (WhyImageSource) source = open_good (path, NULL);
      g_assert_true (why_image_source_has_icc (source));
      g_autoptr (WhyTensor) pixels = read_all (source, FALSE);
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
      g_autofree char *path = path_of (names[k]);

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
      g_autoptr (WhyImageSource) source = open_good (path, NULL);
      g_assert_cmpint (why_image_source_get_bands (source), ==, 3);
      g_assert_false (why_image_source_has_alpha (source));
      g_autoptr (WhyTensor) pixels = read_all (source, FALSE);
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

static void
put_u16 (GByteArray *file, guint value)
{
  const guint8 bytes[2] = { value & 255, value >> 8 & 255 };
  g_byte_array_append (file, bytes, 2);
}

static void
put_u32 (GByteArray *file, guint32 value)
{
  put_u16 (file, value & 0xffff);
  put_u16 (file, value >> 16);
}

/* Header of a bitmap; palette and masks are appended by the caller. */
static GByteArray *
bmp_new (int width, int height, int bits, guint32 compression, guint32 n_extra, guint32 n_colours)
{
  GByteArray *file = g_byte_array_new ();

  g_byte_array_append (file, (const guint8 *) "BM", 2);
  put_u32 (file, 0);
  put_u32 (file, 0);
  put_u32 (file, 14 + 40 + n_extra);
  put_u32 (file, 40);
  put_u32 (file, (guint32) width);
  put_u32 (file, (guint32) height);
  put_u16 (file, 1);
  put_u16 (file, (guint) bits);
  put_u32 (file, compression);
  put_u32 (file, 0);
  put_u32 (file, 0);
  put_u32 (file, 0);
  put_u32 (file, n_colours);
  put_u32 (file, 0);
  return file;
}

static WhyTensor *
bmp_read (GByteArray *file, const char *name)
{
  g_autofree char *path = path_of (name);

  g_test_message ("%s", name);
  g_assert_true (g_file_set_contents (path, (const char *) file->data, file->len, NULL));
  g_byte_array_unref (file);
  g_autoptr (WhyImageSource) source = open_good (path, NULL);
  g_assert_cmpstr (why_image_source_get_format (source), ==, "BMP");
  return read_all (source, FALSE);
}

static void
test_bmp (void)
{
  /* 24 bits, bottom-up and top-down, rows padded to four bytes */
  for (int down = 0; down < 2; down++)
    {
      GByteArray *file = bmp_new (5, down ? -3 : 3, 24, 0, 0, 0);
      for (int row = 0; row < 3; row++)
        {
          for (int w = 0; w < 5; w++)
            for (int c = 2; c >= 0; c--)
              g_byte_array_append (file, &(guint8) { (guint8) pattern (w, down ? row : 2 - row, c) }, 1);
          g_byte_array_append (file, (const guint8 *) "\0", 1);
        }
      g_autoptr (WhyTensor) pixels = bmp_read (file, down ? "down.bmp" : "up.bmp");
      assert_pattern (pixels, 3, 0);
    }

  /* 1, 4 and 8 bits with a palette */
  for (int bits = 1; bits <= 8; bits = bits == 1 ? 4 : bits * 2)
    {
      GByteArray *file = bmp_new (5, 1, bits, 0, 8, 2);
      put_u32 (file, 0x102030);
      put_u32 (file, 0xffeedd);
      const guint8 one[4] = { 0xa8 };                /* 1 0 1 0 1 */
      const guint8 four[4] = { 0x10, 0x10, 0x10 };
      const guint8 eight[8] = { 1, 0, 1, 0, 1 };
      g_byte_array_append (file, bits == 1 ? one : bits == 4 ? four : eight, bits == 8 ? 8 : 4);
      g_autoptr (WhyTensor) pixels = bmp_read (file, "palette.bmp");
      g_assert_cmpmem (pixels->data, pixels->n_bytes, "\xff\xee\xdd\x10\x20\x30\xff\xee\xdd\x10\x20\x30\xff\xee\xdd", 15);
    }

  /* 8 bits, grey palette: one band */
  GByteArray *grey = bmp_new (3, 1, 8, 0, 8, 2);
  put_u32 (grey, 0x222222);
  put_u32 (grey, 0x999999);
  g_byte_array_append (grey, (const guint8 *) "\1\0\7\0", 4); /* 7 is beyond the palette: black */
  g_autoptr (WhyTensor) grey_pixels = bmp_read (grey, "grey.bmp");
  g_assert_cmpint (grey_pixels->dims[2], ==, 1);
  g_assert_cmpmem (grey_pixels->data, grey_pixels->n_bytes, "\x99\x22\x00", 3);

  /* 16 bits 5-5-5 and 5-6-5 */
  GByteArray *five = bmp_new (2, 1, 16, 0, 0, 0);
  put_u16 (five, 31 << 10 | 16 << 5);
  put_u16 (five, 31);
  g_autoptr (WhyTensor) five_pixels = bmp_read (five, "555.bmp");
  g_assert_cmpmem (five_pixels->data, five_pixels->n_bytes, "\xff\x84\x00\x00\x00\xff", 6); /* 16/31 of 255 = 131.6 */
  GByteArray *six = bmp_new (2, 1, 16, 3, 12, 0);
  put_u32 (six, 0xf800);
  put_u32 (six, 0x07e0);
  put_u32 (six, 0x001f);
  put_u16 (six, 63 << 5);
  put_u16 (six, 0xffff);
  g_autoptr (WhyTensor) six_pixels = bmp_read (six, "565.bmp");
  g_assert_cmpmem (six_pixels->data, six_pixels->n_bytes, "\x00\xff\x00\xff\xff\xff", 6);

  /* RLE8: a run of 3, two literals (padded), end of line, delta (2, 0), a run, end. 5 x 2, bottom row first. */
  GByteArray *runs = bmp_new (5, 2, 8, 1, 16, 4);
  put_u32 (runs, 0x000001);
  put_u32 (runs, 0x111111);
  put_u32 (runs, 0x222222);
  put_u32 (runs, 0x333333);
  const guint8 stream[] = { 2, 1, 0, 3, 2, 3, 2, 0, 0, 0, 0, 2, 2, 0, 3, 3, 0, 1 };
  g_byte_array_append (runs, stream, sizeof stream);
  g_autoptr (WhyTensor) run_pixels = bmp_read (runs, "rle8.bmp");
  g_assert_cmpint (run_pixels->dims[2], ==, 3);
  const guint8 expected[2][5] = { { 1, 1, 0x33, 0x33, 0x33 }, { 0x11, 0x11, 0x22, 0x33, 0x22 } };
  for (int h = 0; h < 2; h++)
    for (int w = 0; w < 5; w++)
      g_assert_cmpint (((guint8 *) run_pixels->data)[(h * 5 + w) * 3 + 2], ==, expected[h][w]);

  /* RLE4: five alternating pixels, then end of file mark */
  GByteArray *nibbles = bmp_new (5, 1, 4, 2, 8, 2);
  put_u32 (nibbles, 0x000000);
  put_u32 (nibbles, 0xff0000);
  const guint8 nibble_stream[] = { 5, 0x10, 0, 1 };
  g_byte_array_append (nibbles, nibble_stream, sizeof nibble_stream);
  g_autoptr (WhyTensor) nibble_pixels = bmp_read (nibbles, "rle4.bmp");
  for (int w = 0; w < 5; w++)
    g_assert_cmpint (((guint8 *) nibble_pixels->data)[w * 3], ==, w % 2 == 0 ? 255 : 0);

  /* 32 bits: the fourth byte means nothing */
  GByteArray *wide = bmp_new (1, 1, 32, 0, 0, 0);
  put_u32 (wide, 0x40102030);
  g_autoptr (WhyTensor) wide_pixels = bmp_read (wide, "32.bmp");
  g_assert_cmpmem (wide_pixels->data, wide_pixels->n_bytes, "\x10\x20\x30", 3);

  /* A negative resolution, on which libvips aborts, and one of a microscope */
  GByteArray *negative = bmp_new (1, 1, 24, 0, 0, 0);
  memset (negative->data + 38, 0xff, 8);
  put_u32 (negative, 0x00102030);
  g_autoptr (WhyTensor) negative_pixels = bmp_read (negative, "negative.bmp");
  g_assert_cmpmem (negative_pixels->data, negative_pixels->n_bytes, "\x10\x20\x30", 3);
}

static void
test_regions (void)
{
  VipsImage *image = make_pattern (PIC_W, PIC_H, 3, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB);
  g_autofree char *path = path_of ("regions.png");
  g_assert_cmpint (vips_image_write_to_file (image, path, NULL), ==, 0);
  g_object_unref (image);
  g_autoptr (WhyImageSource) source = open_good (path, NULL);

  g_autoptr (WhyTensor) part = why_image_source_read (source, 3, 4, 6, 5, 6, 5, NULL, NULL);
  for (int h = 0; h < 5; h++)
    for (int w = 0; w < 6; w++)
      g_assert_cmpint (((guint8 *) part->data)[(h * 6 + w) * 3 + 1], ==, pattern (w + 3, h + 4, 1));

  /* Reduced: the mean over the exact area, fractions of pixels included. */
  g_autoptr (WhyTensor) small = why_image_source_read (source, 1, 2, 20, 13, 7, 4, NULL, NULL);
  for (int h = 0; h < 4; h++)
    for (int w = 0; w < 7; w++)
      {
        const double left = 1 + w * 20 / 7.0, right = 1 + (w + 1) * 20 / 7.0;
        const double top = 2 + h * 13 / 4.0, bottom = 2 + (h + 1) * 13 / 4.0;
        double sum = 0.0;

        for (int y = 0; y < PIC_H; y++)
          for (int x = 0; x < PIC_W; x++)
            {
              const double in_x = MAX (0.0, MIN (right, x + 1) - MAX (left, x));
              const double in_y = MAX (0.0, MIN (bottom, y + 1) - MAX (top, y));
              sum += in_x * in_y * pattern (x, y, 2);
            }
        /* half a level of rounding and float sums */
        g_assert_cmpfloat (fabs (((guint8 *) small->data)[(h * 7 + w) * 3 + 2] - sum / ((right - left) * (bottom - top))), <=, 0.51);
      }

  /* Enlarged: the nearest pixel */
  g_autoptr (WhyTensor) large = why_image_source_read (source, 2, 2, 2, 2, 6, 4, NULL, NULL);
  for (int h = 0; h < 4; h++)
    for (int w = 0; w < 6; w++)
      g_assert_cmpint (((guint8 *) large->data)[(h * 6 + w) * 3], ==, pattern (2 + w / 3, 2 + h / 2, 0));

  static const gint64 bad[][6] = {
    { -1, 0, 2, 2, 2, 2 }, { 0, 0, PIC_W + 1, 2, 2, 2 }, { PIC_W, 0, 1, 1, 1, 1 }, { 0, 0, 0, 1, 1, 1 },
    { G_MAXINT64, 0, 1, 1, 1, 1 }, { 1, 1, G_MAXINT64, 1, 1, 1 }, { 0, 0, 1, 1, 0, 1 },
    { 0, 0, 1, 1, G_MAXINT64, G_MAXINT64 }, { 0, 0, 1, 1, 100000, 100000 },
  };
  for (gsize b = 0; b < G_N_ELEMENTS (bad); b++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_null (why_image_source_read (source, bad[b][0], bad[b][1], bad[b][2], bad[b][3], bad[b][4], bad[b][5], NULL, &error));
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
  g_autofree char *path = path_of ("large.jpg");

  g_assert_cmpint (vips_xyz (&xyz, 5001, 3601, NULL), ==, 0);
  g_assert_cmpint (vips_extract_band (xyz, &x, 0, NULL), ==, 0);
  g_assert_cmpint (vips_linear1 (x, &ramp, 255.0 / 5001.0, 0.0, NULL), ==, 0);
  g_assert_cmpint (vips_cast (ramp, &bytes, VIPS_FORMAT_UCHAR, NULL), ==, 0);
  g_assert_cmpint (vips_jpegsave (bytes, path, "Q", 95, NULL), ==, 0);
  g_object_unref (xyz);
  g_object_unref (x);
  g_object_unref (ramp);
  g_object_unref (bytes);

  g_autoptr (WhyImageSource) source = open_good (path, NULL);
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
      VipsImage *image = make_pattern (PIC_W, PIC_H, n_bands, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W);
      g_autofree char *path = path_of ("bands.tif");
      g_assert_cmpint (vips_tiffsave (image, path, NULL), ==, 0);
      g_object_unref (image);
      g_autoptr (WhyImageSource) source = open_good (path, NULL);
      g_assert_false (why_image_source_has_alpha (source));
      g_assert_nonnull (strstr (why_image_source_get_note (source), "bands"));
      g_autoptr (WhyTensor) pixels = read_all (source, FALSE);
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
  g_autofree char *path = path_of ("one.gif");

  g_assert_true (g_file_set_contents (path, (const char *) bytes, sizeof bytes, NULL));
  g_autoptr (WhyImageSource) source = open_good (path, NULL);
  g_assert_cmpstr (why_image_source_get_format (source), ==, "GIF");
  g_autoptr (WhyTensor) pixels = read_all (source, FALSE);
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
      VipsImage *image = vips_image_new_from_memory_copy (cases[k].values, sizeof cases[k].values, 3, 1, 1, VIPS_FORMAT_FLOAT);
      g_autofree char *path = path_of ("range.tif");

      g_assert_cmpint (vips_tiffsave (image, path, NULL), ==, 0);
      g_object_unref (image);
      g_autoptr (WhyImageSource) source = open_good (path, NULL);
      g_autoptr (WhyTensor) pixels = read_all (source, TRUE);
      for (gsize w = 0; w < 3; w++)
        g_assert_cmpfloat (fabs (why_tensor_get_f64 (pixels, w) - cases[k].shown[w]), <=, 1e-3);
      g_assert_nonnull (strstr (why_image_source_get_note (source), "are shown as"));
    }
}

static void
test_resolution (void)
{
  VipsImage *image = make_pattern (4, 4, 1, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W);
  g_autofree char *path = path_of ("mpp.tif");

  g_assert_cmpint (vips_tiffsave (image, path, "xres", 2000.0, "yres", 4000.0, "resunit", VIPS_FOREIGN_TIFF_RESUNIT_CM, NULL), ==, 0);
  g_autoptr (WhyImageSource) fine = open_good (path, NULL);
  g_assert_cmpfloat (fabs (why_image_source_get_mpp_x (fine) - 0.5), <=, 1e-6);
  g_assert_cmpfloat (fabs (why_image_source_get_mpp_y (fine) - 0.25), <=, 1e-6);
  /* 300 dots an inch say how to print it, not what is on it */
  g_assert_cmpint (vips_tiffsave (image, path, "xres", 300.0 / 25.4, "yres", 300.0 / 25.4, NULL), ==, 0);
  g_autoptr (WhyImageSource) coarse = open_good (path, NULL);
  g_assert_true (isnan (why_image_source_get_mpp_x (coarse)));
  g_object_unref (image);
}

static void
assert_refused (const char *name, const char *data, gsize length, const char *message)
{
  g_autofree char *path = path_of (name);
  g_autoptr (GError) error = NULL;

  if (data != NULL)
    g_assert_true (g_file_set_contents (path, data, (gssize) length, NULL));
  g_autoptr (WhyImageSource) source = why_image_source_open (path, NULL, NULL, &error);
  g_assert_null (source);
  g_assert_nonnull (error);
  g_assert_cmpint (error->domain, ==, WHY_ERROR);
  g_assert_true (g_str_has_prefix (error->message, name));
  if (!g_pattern_match_simple (message, error->message))
    g_error ("unexpected message: %s", error->message);
}

static void
test_strangers (void)
{
  static const char lfs[] = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n";
  static const char onnx[] = "\x08\x07\x12\x07pytorch\x1a\x03" "1.0:\x10";
  static const char html[] = "\n<!DOCTYPE html><html><body>404</body></html>";

  assert_refused ("a.png", lfs, sizeof lfs - 1, "*Git LFS pointer*");
  assert_refused ("b.png", onnx, sizeof onnx - 1, "*ONNX model*");
  assert_refused ("c.png", html, sizeof html - 1, "*web page*");
  assert_refused ("d.png", "hello", 5, "*is text*");
  assert_refused ("e.png", "", 0, "*empty*");
  assert_refused ("f.png", "\x01\x02\x03", 3, "*not a picture*");
  assert_refused ("g.pdf", "%PDF-1.4 x", 10, "*PDF*");
  assert_refused ("h.svg", "<?xml version='1.0'?><svg/>", 27, "*SVG*");
  assert_refused ("i.png", "\x89PNG\r\n\x1a\n", 8, "*PNG file*");
  assert_refused ("j.jpg", "\xff\xd8\xff", 3, "*JPEG file*");
  assert_refused ("k.bmp", "BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", 18, "*BMP file*cut off*");
  assert_refused ("l.tif", "II*\0\xff\xff\xff\xff", 8, "*TIFF file*");
  assert_refused ("none.png", NULL, 0, "*no such file*");

  g_autofree char *fifo = path_of ("fifo.png");
  g_autofree char *directory = path_of ("folder.png");
  g_autofree char *dangling = path_of ("dangling.png");
  g_assert_cmpint (mknod (fifo, S_IFIFO | 0600, 0), ==, 0);
  g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
  g_assert_cmpint (symlink ("nowhere", dangling), ==, 0);
  assert_refused ("fifo.png", NULL, 0, "*not a regular file*");
  assert_refused ("folder.png", NULL, 0, "*folder*");
  assert_refused ("dangling.png", NULL, 0, "*no such file*");

  /* A link to a picture is a picture. */
  g_autofree char *path = path_of ("real.png");
  g_autofree char *link = path_of ("link.png");
  VipsImage *image = make_pattern (3, 3, 1, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W);
  g_assert_cmpint (vips_pngsave (image, path, NULL), ==, 0);
  g_object_unref (image);
  g_assert_cmpint (symlink ("real.png", link), ==, 0);
  g_autoptr (WhyImageSource) source = open_good (link, NULL);
  g_assert_cmpint (why_image_source_get_width (source), ==, 3);
}

static const char *const damaged_names[] = { "damage.png", "damage.jpg", "damage.tif", "damage.webp", "damage.bmp" };

static void
make_damage_file (const char *name, char **data, gsize *length)
{
  g_autofree char *path = path_of (name);

  if (g_str_has_suffix (name, ".bmp"))
    {
      GByteArray *file = bmp_new (64, 48, 24, 0, 0, 0);
      for (int at = 0; at < 64 * 48 * 3; at++)
        g_byte_array_append (file, &(guint8) { (guint8) (at * 7) }, 1);
      *length = file->len;
      *data = (char *) g_byte_array_free (file, FALSE);
      return;
    }
  VipsImage *image = make_pattern (64, 48, 3, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB);
  g_assert_cmpint (vips_image_write_to_file (image, path, NULL), ==, 0);
  g_object_unref (image);
  g_assert_true (g_file_get_contents (path, data, length, NULL));
}

static void
test_truncated (void)
{
  for (gsize k = 0; k < G_N_ELEMENTS (damaged_names); k++)
    {
      g_autofree char *data = NULL;
      g_autofree char *path = path_of (damaged_names[k]);
      gsize length;

      make_damage_file (damaged_names[k], &data, &length);
      for (int tenth = 1; tenth < 10; tenth++)
        {
          g_autoptr (GError) error = NULL;

          g_assert_true (g_file_set_contents (path, data, (gssize) (length * (gsize) tenth / 10), NULL));
          g_autoptr (WhyImageSource) source = why_image_source_open (path, NULL, NULL, &error);
          if (source != NULL)
            {
              g_autoptr (WhyTensor) pixels = why_image_source_read (source, 0, 0, 64, 48, 64, 48, NULL, &error);
              g_assert_null (pixels);
            }
          g_test_message ("%s", error->message);
          g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE);
          g_assert_true (g_str_has_prefix (error->message, damaged_names[k]));
          g_assert_null (strstr (error->message, "Vips"));
        }
    }

  /* What is readable, when that is asked for */
  g_autofree char *data = NULL;
  g_autofree char *path = path_of ("damage.bmp");
  gsize length;
  make_damage_file ("damage.bmp", &data, &length);
  g_assert_true (g_file_set_contents (path, data, (gssize) length / 2, NULL));
  g_autoptr (WhyImageSource) source = open_good (path, &(WhyImageLimits) { .allow_truncated = TRUE });
  g_autoptr (WhyTensor) pixels = read_all (source, FALSE);
  g_assert_cmpint (((guint8 *) pixels->data)[47 * 64 * 3 + 2], ==, 0); /* first stored byte: blue of the last row */
  g_assert_cmpint (((guint8 *) pixels->data)[47 * 64 * 3 + 1], ==, 7);
  g_assert_cmpint (((guint8 *) pixels->data)[0], ==, 0);
}

/* Any change of bytes ends in pixels of the announced size or in a sentence. */
static void
test_flipped (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  const int n_runs = g_test_thorough () ? 1000 : 20;

  for (gsize k = 0; k < G_N_ELEMENTS (damaged_names); k++)
    {
      g_autofree char *data = NULL;
      g_autofree char *path = path_of (damaged_names[k]);
      gsize length;

      make_damage_file (damaged_names[k], &data, &length);
      for (int run = 0; run < n_runs; run++)
        {
          g_autofree char *changed = g_memdup2 (data, length);
          g_autoptr (GError) error = NULL;
          WhyTensor *pixels = NULL;

          for (int flip = 0; flip < 1 + run % 4; flip++)
            {
              /* half of them in the header, where the sizes are */
              const gint32 end = run % 2 == 0 ? MIN (200, (gint32) length) : (gint32) length;
              changed[g_rand_int_range (random, 0, end)] = (char) g_rand_int_range (random, 0, 256);
            }
          g_assert_true (g_file_set_contents (path, changed, (gssize) length, NULL));
          WhyImageSource *source = why_image_source_open (path, &(WhyImageLimits) { .timeout_ms = 20000 }, NULL, &error);
          if (source != NULL)
            {
              const gint64 width = why_image_source_get_width (source);
              const gint64 height = why_image_source_get_height (source);
              pixels = why_image_source_read (source, 0, 0, width, height, MIN (width, 64), MIN (height, 64), NULL, &error);
            }
          g_assert_true ((pixels != NULL) == (error == NULL));
          if (error != NULL)
            {
              g_assert_true (g_str_has_prefix (error->message, damaged_names[k]));
              /* Contained as a crash would be, there is none here: not in our code and, with this seed, not
               * in the decoders. */
              if (strstr (error->message, "the picture reader") != NULL)
                g_error ("run %d: %s", run, error->message);
            }
          /* every page is really there */
          guint sum = 0;
          for (gsize at = 0; pixels != NULL && at < pixels->n_bytes; at++)
            sum += ((guint8 *) pixels->data)[at];
          g_assert_cmpuint (sum, <, G_MAXUINT);
          g_clear_pointer (&pixels, why_tensor_unref);
          g_clear_pointer (&source, why_image_source_unref);
        }
    }
}

static void
test_bombs (void)
{
  g_autofree char *jpeg = NULL;
  g_autofree char *bomb_path = path_of ("bomb.jpg");
  gsize length, frame;
  g_autoptr (GError) error = NULL;

  /* A small JPEG whose frame header says 65,500 x 65,500 */
  make_damage_file ("damage.jpg", &jpeg, &length);
  for (frame = 0; frame + 9 < length && !((guint8) jpeg[frame] == 0xff && (guint8) jpeg[frame + 1] == 0xc0); frame++)
    ;
  g_assert_cmpuint (frame + 9, <, length);
  for (int at = 5; at <= 7; at += 2)
    {
      jpeg[frame + at] = (char) 0xff;
      jpeg[frame + at + 1] = (char) 0xdc;
    }
  g_assert_true (g_file_set_contents (bomb_path, jpeg, 2000 < length ? 2000 : (gssize) length, NULL));
  g_assert_null (why_image_source_open (bomb_path, NULL, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "65500x65500"));
  g_clear_error (&error);

  /* Within the budget of pixels (16,000 x 16,000), but there is nothing behind the header. */
  for (int at = 5; at <= 7; at += 2)
    {
      jpeg[frame + at] = (char) 0x3e;
      jpeg[frame + at + 1] = (char) 0x80;
    }
  g_assert_true (g_file_set_contents (bomb_path, jpeg, (gssize) length, NULL));
  const gint64 start = g_get_monotonic_time ();
  g_autoptr (WhyImageSource) source = why_image_source_open (bomb_path, NULL, NULL, &error);
  if (source != NULL)
    {
      g_autoptr (WhyTensor) pixels = why_image_source_read (source, 0, 0, 16000, 16000, 10, 10, NULL, &error);
      g_assert_null (pixels);
    }
  g_test_message ("%s", error->message);
  g_assert_true (g_error_matches (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE) ||
                 g_error_matches (error, WHY_ERROR, WHY_ERROR_TOO_LARGE));
  g_assert_cmpint (g_get_monotonic_time () - start, <, 20 * G_TIME_SPAN_SECOND);
  g_clear_error (&error);

  /* The pixel budget is the caller's */
  g_autofree char *path = path_of ("budget.png");
  VipsImage *image = make_pattern (PIC_W, PIC_H, 3, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB);
  g_assert_cmpint (vips_pngsave (image, path, NULL), ==, 0);
  g_object_unref (image);
  g_assert_null (why_image_source_open (path, &(WhyImageLimits) { .max_pixels = PIC_W * PIC_H - 1 }, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_autoptr (WhyImageSource) exact = open_good (path, &(WhyImageLimits) { .max_pixels = PIC_W * PIC_H });
  g_assert_nonnull (exact);

  /* Bitmaps that lie about their size */
  static const int sizes[][2] = { { 0, 5 }, { 5, 0 }, { G_MAXINT, G_MAXINT }, { G_MININT, 1 }, { 1, G_MININT }, { 20000, 20000 } };
  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      GByteArray *file = bmp_new (sizes[s][0], sizes[s][1], 24, 0, 0, 0);
      assert_refused ("liar.bmp", (const char *) file->data, file->len, "liar.bmp: *");
      g_byte_array_unref (file);
    }
}

static void
remove_folder (void)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = path_of (name);
      g_remove (path);
    }
  g_dir_close (dir);
  g_rmdir (folder);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (VIPS_INIT (argv[0]) != 0)
    g_error ("libvips: %s", vips_error_buffer ());
  vips_cache_set_max (0); /* files change under the same name here */
  folder = g_dir_make_tmp ("why-image-XXXXXX", NULL);
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
  g_test_add_func ("/image/source/strangers", test_strangers);
  g_test_add_func ("/image/source/truncated", test_truncated);
  g_test_add_func ("/image/source/flipped", test_flipped);
  g_test_add_func ("/image/source/bombs", test_bombs);
  const int status = g_test_run ();
  remove_folder ();
  vips_shutdown ();
  return status;
}
