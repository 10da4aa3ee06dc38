#include "config.h"

#include "photo.h"

#include "base/error.h"

#include <string.h>
#include <unistd.h>

/* The formats libvips decodes. Each file goes to the one loader its first bytes call for; libvips is never
 * left to choose, so that none of its other loaders (ImageMagick, SVG, PDF, ...) can be reached. */

typedef int (*LoadSource) (VipsSource *source, VipsImage **out, ...);

typedef struct
{
  WhyLoaderFile *file;
  LoadSource load;
  const char *shrink_option; /* NULL: the format cannot be shrunk while decoding */
} Decoder;

static VipsImage *
load_image (gpointer data, int shrink, GError **error)
{
  const Decoder *decoder = data;
  const VipsFailOn fail_on =
    (decoder->file->options->flags & WHY_LOADER_ALLOW_TRUNCATED) != 0 ? VIPS_FAIL_ON_NONE : VIPS_FAIL_ON_ERROR;
  VipsSource *source = NULL;
  VipsImage *image = NULL;
  int failed;

  /* The source makes its own duplicate of the descriptor, but the position is shared. */
  if (lseek (decoder->file->fd, 0, SEEK_SET) == 0)
    source = vips_source_new_from_descriptor (decoder->file->fd);
  if (source == NULL)
    {
      why_photo_set_vips_error (error, "cannot be read");
      return NULL;
    }
  /* "memory" in none of these: a large picture would go to a temporary file otherwise, but
   * sequential access never needs one. */
  if (shrink > 1)
    failed = decoder->load (source, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on,
                            decoder->shrink_option, shrink, NULL);
  else
    failed = decoder->load (source, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
  g_object_unref (source);
  if (failed)
    {
      why_photo_set_vips_error (error, "cannot be decoded");
      return NULL;
    }
  return image;
}

static gpointer
open_image (WhyLoaderFile *file, LoadSource load, const char *shrink_option, WhyLoaderProperties *properties,
            GError **error)
{
  Decoder *decoder = g_new (Decoder, 1);
  VipsImage *header;
  WhyPhoto *photo;

  *decoder = (Decoder) { .file = file, .load = load, .shrink_option = shrink_option };
  header = load_image (decoder, 1, error);
  if (header == NULL)
    {
      g_free (decoder);
      return NULL;
    }
  photo = why_photo_new (file, header, shrink_option != NULL, load_image, decoder, g_free, properties, error);
  g_object_unref (header);
  return photo;
}

static gboolean
sniff_png (const guint8 *head, gsize length)
{
  return length >= 8 && memcmp (head, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static gpointer
open_png (WhyLoaderFile *file, WhyLoaderProperties *properties, GError **error)
{
  return open_image (file, vips_pngload_source, NULL, properties, error);
}

const WhyLoaderFormat why_format_png = {
  .name = "PNG", .sniff = sniff_png, .open = open_png, .read = why_photo_read, .close = why_photo_free,
};

static gboolean
sniff_jpeg (const guint8 *head, gsize length)
{
  return length >= 3 && head[0] == 0xff && head[1] == 0xd8 && head[2] == 0xff;
}

static gpointer
open_jpeg (WhyLoaderFile *file, WhyLoaderProperties *properties, GError **error)
{
  return open_image (file, vips_jpegload_source, "shrink", properties, error);
}

const WhyLoaderFormat why_format_jpeg = {
  .name = "JPEG", .sniff = sniff_jpeg, .open = open_jpeg, .read = why_photo_read, .close = why_photo_free,
};

/* Classic TIFF and BigTIFF of both byte orders. */
static gboolean
sniff_tiff (const guint8 *head, gsize length)
{
  return length >= 8 && ((memcmp (head, "II", 2) == 0 && (head[2] == 42 || head[2] == 43) && head[3] == 0) ||
                         (memcmp (head, "MM", 2) == 0 && head[2] == 0 && (head[3] == 42 || head[3] == 43)));
}

static gpointer
open_tiff (WhyLoaderFile *file, WhyLoaderProperties *properties, GError **error)
{
  return open_image (file, vips_tiffload_source, NULL, properties, error);
}

const WhyLoaderFormat why_format_tiff = {
  .name = "TIFF", .sniff = sniff_tiff, .open = open_tiff, .read = why_photo_read, .close = why_photo_free,
};

static gboolean
sniff_webp (const guint8 *head, gsize length)
{
  return length >= 12 && memcmp (head, "RIFF", 4) == 0 && memcmp (head + 8, "WEBP", 4) == 0;
}

static gpointer
open_webp (WhyLoaderFile *file, WhyLoaderProperties *properties, GError **error)
{
  return open_image (file, vips_webpload_source, NULL, properties, error);
}

const WhyLoaderFormat why_format_webp = {
  .name = "WebP", .sniff = sniff_webp, .open = open_webp, .read = why_photo_read, .close = why_photo_free,
};

static gboolean
sniff_gif (const guint8 *head, gsize length)
{
  return length >= 6 && (memcmp (head, "GIF87a", 6) == 0 || memcmp (head, "GIF89a", 6) == 0);
}

static gpointer
open_gif (WhyLoaderFile *file, WhyLoaderProperties *properties, GError **error)
{
  return open_image (file, vips_gifload_source, NULL, properties, error);
}

const WhyLoaderFormat why_format_gif = {
  .name = "GIF", .sniff = sniff_gif, .open = open_gif, .read = why_photo_read, .close = why_photo_free,
};
