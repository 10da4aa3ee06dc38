#include "config.h"

#include "picture-files.h"

#include <glib/gstdio.h>

static char *folder;

void
pf_begin (int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);
  if (VIPS_INIT (**argv) != 0)
    g_error ("libvips: %s", vips_error_buffer ());
  vips_cache_set_max (0); /* files change under the same name here */
  folder = g_dir_make_tmp ("whylight-pictures-XXXXXX", NULL);
  g_assert_nonnull (folder);
}

int
pf_end (void)
{
  const int status = g_test_run ();
  GDir *dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = pf_path (name);
      g_remove (path);
    }
  g_dir_close (dir);
  g_rmdir (folder);
  g_free (folder);
  vips_shutdown ();
  return status;
}

char *
pf_path (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

WhyImageSource *
pf_open (const char *path, const WhyImageLimits *limits)
{
  g_autoptr (GError) error = NULL;
  WhyImageSource *source = why_image_source_open (path, limits, NULL, &error);

  g_assert_no_error (error);
  return source;
}

WhyTensor *
pf_read_all (WhyImageSource *source, gboolean full)
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

guint
pf_pattern (int w, int h, int c)
{
  return (guint) (w * 5 + h * 3 + c * 71) % 256;
}

VipsImage *
pf_make_pattern (int width, int height, int bands, VipsBandFormat format, VipsInterpretation meaning)
{
  const gsize size = vips_format_sizeof (format);
  guint8 *data = g_malloc ((gsize) (width * height * bands) * size);

  for (int h = 0; h < height; h++)
    for (int w = 0; w < width; w++)
      for (int c = 0; c < bands; c++)
        {
          const gsize at = (gsize) ((h * width + w) * bands + c);
          const guint value = pf_pattern (w, h, c);

          if (format == VIPS_FORMAT_UCHAR)
            data[at] = (guint8) value;
          else if (format == VIPS_FORMAT_USHORT)
            ((guint16 *) data)[at] = (guint16) (value * 257 + 3 * (value < 255));
          else
            ((float *) data)[at] = (float) value / 255.0f;
        }
  VipsImage *lent = vips_image_new_from_memory_copy (data, (gsize) (width * height * bands) * size, width, height,
                                                     bands, format);
  g_free (data);
  VipsImage *image = NULL;
  g_assert_cmpint (vips_copy (lent, &image, "interpretation", meaning, NULL), ==, 0);
  g_object_unref (lent);
  return image;
}

void
pf_put_u16 (GByteArray *file, guint value)
{
  const guint8 bytes[2] = { value & 255, value >> 8 & 255 };
  g_byte_array_append (file, bytes, 2);
}

void
pf_put_u32 (GByteArray *file, guint32 value)
{
  pf_put_u16 (file, value & 0xffff);
  pf_put_u16 (file, value >> 16);
}

GByteArray *
pf_bitmap (int width, int height, int bits, guint32 compression, guint32 n_extra, guint32 n_colours)
{
  GByteArray *file = g_byte_array_new ();

  g_byte_array_append (file, (const guint8 *) "BM", 2);
  pf_put_u32 (file, 0);
  pf_put_u32 (file, 0);
  pf_put_u32 (file, 14 + 40 + n_extra);
  pf_put_u32 (file, 40);
  pf_put_u32 (file, (guint32) width);
  pf_put_u32 (file, (guint32) height);
  pf_put_u16 (file, 1);
  pf_put_u16 (file, (guint) bits);
  pf_put_u32 (file, compression);
  pf_put_u32 (file, 0);
  pf_put_u32 (file, 0);
  pf_put_u32 (file, 0);
  pf_put_u32 (file, n_colours);
  pf_put_u32 (file, 0);
  return file;
}
