#include "config.h"

#include "photo.h"

#include "base/error.h"
#include "base/size.h"

#include <string.h>

/* Windows and OS/2 bitmaps. libvips has no reader of its own for them (only ImageMagick's, which is not
 * let in), so this one: 1, 2, 4, 8, 16, 24 and 32 bits, palettes, bit fields, RLE4 and RLE8, bottom-up and
 * top-down, headers of 12, 40, 52, 56, 64, 108 and 124 bytes.
 *
 * Source: "Bitmap Storage" and BITMAPV5HEADER of the Windows GDI documentation. */

#define FILE_HEADER_SIZE 14
#define MAX_INFO_SIZE 124
#define MAX_PROFILE_BYTES (4u << 20)
#define ROWS_BETWEEN_CHECKS 64

enum
{
  COMPRESSION_RGB = 0,
  COMPRESSION_RLE8 = 1,
  COMPRESSION_RLE4 = 2,
  COMPRESSION_BITFIELDS = 3,
  COMPRESSION_JPEG = 4,
  COMPRESSION_PNG = 5,
  COMPRESSION_ALPHABITFIELDS = 6,
};

typedef struct
{
  guint32 mask;
  int shift;
  guint32 max; /* mask >> shift */
} BitField;

typedef struct
{
  WhyLoaderFile *file;
  gint64 width, height;
  gboolean top_down;
  int bits;
  guint32 compression;
  guint32 pixel_offset;
  guint32 n_colours;
  guint8 palette[256][3]; /* R, G, B */
  BitField fields[4];     /* R, G, B, A for 16 and 32 bits */
  gboolean has_alpha;
  gboolean grey; /* all colours of the palette */
  double x_per_mm, y_per_mm;
  guint64 profile_offset;
  guint32 profile_length;
} Bitmap;

static guint16
get_u16 (const guint8 *bytes)
{
  return (guint16) (bytes[0] | bytes[1] << 8);
}

static guint32
get_u32 (const guint8 *bytes)
{
  return (guint32) bytes[0] | (guint32) bytes[1] << 8 | (guint32) bytes[2] << 16 | (guint32) bytes[3] << 24;
}

static gboolean
sniff_bmp (const guint8 *head, gsize length)
{
  if (length < FILE_HEADER_SIZE + 4 || head[0] != 'B' || head[1] != 'M')
    return FALSE;
  const guint32 info_size = get_u32 (head + FILE_HEADER_SIZE);
  return info_size == 12 || info_size == 16 || (info_size >= 40 && info_size <= MAX_INFO_SIZE);
}

static gboolean
set_field (BitField *field, guint32 mask)
{
  *field = (BitField) { .mask = mask };
  if (mask == 0)
    return TRUE;
  field->shift = __builtin_ctz (mask);
  field->max = mask >> field->shift;
  return (field->max & (field->max + 1)) == 0 || field->max == G_MAXUINT32; /* without holes */
}

static gboolean
fail_bmp (GError **error, const char *sentence)
{
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "is damaged: %s", sentence);
  return FALSE;
}

static gboolean
parse_fields (Bitmap *bitmap, const guint8 *info, guint32 info_size, GError **error)
{
  guint32 masks[4] = { 0 };

  if (bitmap->compression == COMPRESSION_RGB)
    {
      masks[0] = bitmap->bits == 16 ? 0x7c00 : 0xff0000;
      masks[1] = bitmap->bits == 16 ? 0x03e0 : 0x00ff00;
      masks[2] = bitmap->bits == 16 ? 0x001f : 0x0000ff;
    }
  else
    {
      /* Inside the header from 52 bytes on; behind the 40-byte header else. */
      guint8 behind[16] = { 0 };
      const gboolean has_fourth = info_size >= 56 || bitmap->compression == COMPRESSION_ALPHABITFIELDS;
      const guint8 *at = info + 40;

      if (info_size < 52)
        {
          if (!why_loader_file_read_at (bitmap->file, FILE_HEADER_SIZE + info_size, behind, has_fourth ? 16 : 12))
            return fail_bmp (error, "the colour masks are missing");
          at = behind;
        }
      for (int band = 0; band < (has_fourth ? 4 : 3); band++)
        masks[band] = get_u32 (at + 4 * band);
      if (bitmap->bits == 16)
        for (int band = 0; band < 4; band++)
          masks[band] &= 0xffff;
    }
  for (int band = 0; band < 4; band++)
    {
      if (!set_field (&bitmap->fields[band], masks[band]))
        return fail_bmp (error, "a colour mask has holes");
    }
  bitmap->has_alpha = masks[3] != 0;
  return TRUE;
}

static gboolean
parse_palette (Bitmap *bitmap, guint32 info_size, guint32 n_stated, GError **error)
{
  const gsize entry = info_size == 12 ? 3 : 4;
  const guint64 at = FILE_HEADER_SIZE + (guint64) info_size;
  guint8 raw[256 * 4];
  guint32 n_colours = 1u << bitmap->bits;

  if (n_stated > 0 && n_stated < n_colours)
    n_colours = n_stated;
  /* Some writers keep fewer than they say: the pixels begin where the palette ends. */
  if (bitmap->pixel_offset > at && (bitmap->pixel_offset - at) / entry < n_colours)
    n_colours = (guint32) ((bitmap->pixel_offset - at) / entry);
  if (n_colours == 0 || !why_loader_file_read_at (bitmap->file, at, raw, n_colours * entry))
    return fail_bmp (error, "the palette is missing");
  bitmap->n_colours = n_colours;
  bitmap->grey = TRUE;
  for (guint32 colour = 0; colour < n_colours; colour++)
    {
      const guint8 *bgr = raw + colour * entry;

      bitmap->palette[colour][0] = bgr[2];
      bitmap->palette[colour][1] = bgr[1];
      bitmap->palette[colour][2] = bgr[0];
      bitmap->grey = bitmap->grey && bgr[0] == bgr[1] && bgr[1] == bgr[2];
    }
  return TRUE;
}

static gboolean
parse_header (Bitmap *bitmap, GError **error)
{
  guint8 head[FILE_HEADER_SIZE + MAX_INFO_SIZE] = { 0 };
  const guint8 *info = head + FILE_HEADER_SIZE;
  guint32 n_stated = 0;

  if (!why_loader_file_read_at (bitmap->file, 0, head, FILE_HEADER_SIZE + 4))
    return fail_bmp (error, "the header is cut off");
  const guint32 info_size = get_u32 (info);
  if (info_size > MAX_INFO_SIZE || !why_loader_file_read_at (bitmap->file, 0, head, FILE_HEADER_SIZE + info_size))
    return fail_bmp (error, "the header is cut off");
  bitmap->pixel_offset = get_u32 (head + 10);

  if (info_size == 12)
    {
      bitmap->width = get_u16 (info + 4);
      bitmap->height = get_u16 (info + 6);
      bitmap->bits = get_u16 (info + 10);
    }
  else
    {
      bitmap->width = (gint32) get_u32 (info + 4);
      bitmap->height = (gint32) get_u32 (info + 8);
      bitmap->bits = get_u16 (info + 14);
      /* The 16-byte header of OS/2 ends here. */
      bitmap->compression = info_size >= 40 ? get_u32 (info + 16) : COMPRESSION_RGB;
      /* libvips asserts that an image's resolution is not negative. */
      bitmap->x_per_mm = MAX (0, (gint32) get_u32 (info + 24)) / 1000.0;
      bitmap->y_per_mm = MAX (0, (gint32) get_u32 (info + 28)) / 1000.0;
      n_stated = get_u32 (info + 32);
      bitmap->top_down = bitmap->height < 0;
      if (bitmap->top_down)
        bitmap->height = -bitmap->height;
    }
  if (bitmap->width < 1 || bitmap->height < 1)
    return fail_bmp (error, "it says it has no pixels");

  const gboolean indexed = bitmap->bits == 1 || bitmap->bits == 2 || bitmap->bits == 4 || bitmap->bits == 8;
  const gboolean masked =
    bitmap->compression == COMPRESSION_BITFIELDS || bitmap->compression == COMPRESSION_ALPHABITFIELDS;
  const gboolean direct = bitmap->bits == 16 || bitmap->bits == 32;
  if (bitmap->compression == COMPRESSION_JPEG || bitmap->compression == COMPRESSION_PNG)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                           "is a bitmap that wraps a JPEG or PNG for a printer, which is not read");
      return FALSE;
    }
  if (!(bitmap->compression == COMPRESSION_RGB && (indexed || direct || bitmap->bits == 24)) &&
      !(bitmap->compression == COMPRESSION_RLE8 && bitmap->bits == 8 && !bitmap->top_down) &&
      !(bitmap->compression == COMPRESSION_RLE4 && bitmap->bits == 4 && !bitmap->top_down) &&
      !(masked && direct && info_size != 64))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "is a bitmap with %d bits and compression %u, which is not read", bitmap->bits, bitmap->compression);
      return FALSE;
    }

  if (direct && !parse_fields (bitmap, info, info_size, error))
    return FALSE;
  if (indexed && !parse_palette (bitmap, info_size, n_stated, error))
    return FALSE;
  /* V5: 'MBED' and a profile somewhere behind the header. */
  if (info_size == MAX_INFO_SIZE && get_u32 (info + 56) == 0x4d424544)
    {
      bitmap->profile_offset = FILE_HEADER_SIZE + (guint64) get_u32 (info + 112);
      bitmap->profile_length = get_u32 (info + 116);
    }
  return TRUE;
}

static int
bands_of (const Bitmap *bitmap)
{
  return bitmap->grey ? 1 : bitmap->has_alpha ? 4 : 3;
}

static void
put_index (const Bitmap *bitmap, guint8 *pixel, guint32 index)
{
  static const guint8 black[3] = { 0, 0, 0 };
  /* An index beyond the palette: what everybody shows is black. */
  const guint8 *colour = index < bitmap->n_colours ? bitmap->palette[index] : black;

  memcpy (pixel, colour, bitmap->grey ? 1 : 3);
}

static void
unpack_row (const Bitmap *bitmap, const guint8 *row, guint8 *pixels)
{
  const int n_bands = bands_of (bitmap);

  for (gint64 column = 0; column < bitmap->width; column++)
    {
      guint8 *pixel = pixels + column * n_bands;

      if (bitmap->bits <= 8)
        {
          const int per_byte = 8 / bitmap->bits;
          const int shift = 8 - bitmap->bits * (1 + (int) (column % per_byte));

          put_index (bitmap, pixel, (row[column / per_byte] >> shift) & ((1u << bitmap->bits) - 1));
        }
      else if (bitmap->bits == 24)
        {
          pixel[0] = row[column * 3 + 2];
          pixel[1] = row[column * 3 + 1];
          pixel[2] = row[column * 3];
        }
      else
        {
          const guint32 value = bitmap->bits == 16 ? get_u16 (row + column * 2) : get_u32 (row + column * 4);

          for (int band = 0; band < n_bands; band++)
            {
              const BitField *field = &bitmap->fields[band];
              const guint64 level = (value & field->mask) >> field->shift;

              pixel[band] = field->max == 0 ? 0 : (guint8) ((level * 255 + field->max / 2) / field->max);
            }
        }
    }
}

/* Uncompressed rows. Returns how many were there. */
static gint64
read_rows (const Bitmap *bitmap, guint8 *pixels, gsize row_size, gboolean *cancelled)
{
  const gsize stride = ((gsize) bitmap->width * (gsize) bitmap->bits + 31) / 32 * 4;
  g_autofree guint8 *row = g_try_malloc0 (stride);

  if (row == NULL)
    return 0;
  for (gint64 stored = 0; stored < bitmap->height; stored++)
    {
      const guint64 at = bitmap->pixel_offset + (guint64) stored * stride;
      const gint64 shown = bitmap->top_down ? stored : bitmap->height - 1 - stored;
      /* The last row may lack its padding. */
      const gsize needed = ((gsize) bitmap->width * (gsize) bitmap->bits + 7) / 8;

      if (stored % ROWS_BETWEEN_CHECKS == 0 && why_loader_file_cancelled (bitmap->file))
        {
          *cancelled = TRUE;
          return stored;
        }
      if (!why_loader_file_read_at (bitmap->file, at, row, needed))
        return stored;
      unpack_row (bitmap, row, pixels + (gsize) shown * row_size);
    }
  return bitmap->height;
}

/* Run lengths, bottom-up. Pixels a delta jumps over have colour 0. Returns the number of rows that were begun
 * or jumped to, the whole height if the end mark was met. */
static gint64
read_runs (const Bitmap *bitmap, guint8 *pixels, gsize row_size)
{
  const gsize length =
    bitmap->file->size > bitmap->pixel_offset ? (gsize) (bitmap->file->size - bitmap->pixel_offset) : 0;
  const int n_bands = bands_of (bitmap);
  const gboolean nibbles = bitmap->bits == 4;
  g_autofree guint8 *data =
    length > 0 && length <= bitmap->file->options->max_memory / 8 ? g_try_malloc (length) : NULL;
  gint64 column = 0;
  gint64 stored = 0;
  gsize at = 0;

  if (data == NULL || !why_loader_file_read_at (bitmap->file, bitmap->pixel_offset, data, length))
    return 0;
  for (gint64 row = 0; row < bitmap->height; row++)
    for (gint64 c = 0; c < bitmap->width; c++)
      put_index (bitmap, pixels + (gsize) row * row_size + (gsize) (c * n_bands), 0);

  while (at + 2 <= length && stored < bitmap->height)
    {
      const guint8 count = data[at];
      const guint8 value = data[at + 1];

      at += 2;
      if (count > 0 || value >= 3)
        {
          /* A run of one byte, or as many literal pixels, padded to 16 bits. */
          const gboolean literal = count == 0;
          const int n_pixels = literal ? value : count;
          const gsize n_bytes = literal ? (nibbles ? ((gsize) n_pixels + 1) / 2 : (gsize) n_pixels) : 0;

          if (n_bytes > length - at)
            return stored;
          for (int p = 0; p < n_pixels && column < bitmap->width; p++, column++)
            {
              const guint8 byte = literal ? data[at + (gsize) (nibbles ? p / 2 : p)] : value;
              const guint32 index = !nibbles ? byte : (p % 2 == 0 ? byte >> 4 : byte & 15);

              put_index (bitmap, pixels + (gsize) (bitmap->height - 1 - stored) * row_size + (gsize) (column * n_bands),
                         index);
            }
          at += n_bytes + (n_bytes & 1);
        }
      else if (value == 0)
        {
          column = 0;
          stored++;
        }
      else if (value == 1)
        {
          return bitmap->height;
        }
      else
        {
          if (length - at < 2)
            return stored;
          column = MIN (column + data[at], bitmap->width);
          stored += data[at + 1];
          at += 2;
        }
    }
  return MIN (stored, bitmap->height);
}

static VipsImage *
load_bitmap (gpointer data, int shrink, GError **error)
{
  Bitmap *bitmap = data;
  const int n_bands = bands_of (bitmap);
  const gboolean runs = bitmap->compression == COMPRESSION_RLE8 || bitmap->compression == COMPRESSION_RLE4;
  const gsize row_size = (gsize) bitmap->width * (gsize) n_bands;
  gboolean cancelled = FALSE;
  gsize n_bytes;
  guint8 *pixels = NULL;
  VipsImage *image;

  if (why_size_mul (row_size, (gsize) bitmap->height, &n_bytes))
    pixels = g_try_malloc0 (n_bytes);
  if (pixels == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "does not fit into the memory it may use");
      return NULL;
    }
  const gint64 n_rows =
    runs ? read_runs (bitmap, pixels, row_size) : read_rows (bitmap, pixels, row_size, &cancelled);
  if (cancelled)
    g_set_error_literal (error, WHY_ERROR, WHY_ERROR_CANCELLED, "reading was cancelled");
  else if (n_rows < bitmap->height && (bitmap->file->options->flags & WHY_LOADER_ALLOW_TRUNCATED) == 0)
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                 "is cut off: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " rows are there", n_rows, bitmap->height);
  if (cancelled || (n_rows < bitmap->height && (bitmap->file->options->flags & WHY_LOADER_ALLOW_TRUNCATED) == 0))
    {
      g_free (pixels);
      return NULL;
    }

  /* Alpha that is zero everywhere was never meant: many writers leave the fourth byte empty. */
  if (n_bands == 4)
    {
      gboolean any = FALSE;

      for (gsize at = 3; at < n_bytes && !any; at += 4)
        any = pixels[at] != 0;
      for (gsize at = 3; at < n_bytes && !any; at += 4)
        pixels[at] = 255;
    }

  image = vips_image_new_from_memory (pixels, n_bytes, (int) bitmap->width, (int) bitmap->height, n_bands,
                                      VIPS_FORMAT_UCHAR);
  if (image == NULL)
    {
      g_free (pixels);
      why_photo_set_vips_error (error, "cannot be decoded");
      return NULL;
    }
  g_signal_connect_swapped (image, "postclose", G_CALLBACK (g_free), pixels);
  image->Type = n_bands == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
  image->Xres = bitmap->x_per_mm;
  image->Yres = bitmap->y_per_mm;
  if (bitmap->profile_length > 0 && bitmap->profile_length <= MAX_PROFILE_BYTES)
    {
      guint8 *profile = g_malloc (bitmap->profile_length);

      if (why_loader_file_read_at (bitmap->file, bitmap->profile_offset, profile, bitmap->profile_length))
        vips_image_set_blob_copy (image, VIPS_META_ICC_NAME, profile, bitmap->profile_length);
      g_free (profile);
    }
  return image;
}

static gpointer
open_bmp (WhyLoaderFile *file, WhyLoaderProperties *properties, GError **error)
{
  Bitmap *bitmap = g_new0 (Bitmap, 1);
  VipsImage *header;
  WhyPhoto *photo;

  bitmap->file = file;
  if (!parse_header (bitmap, error) ||
      !why_loader_check_size (file, bitmap->width, bitmap->height, bands_of (bitmap), 1, error))
    {
      g_free (bitmap);
      return NULL;
    }
  /* A header without pixels for what all photographs have in common. */
  header = vips_image_new ();
  vips_image_init_fields (header, (int) bitmap->width, (int) bitmap->height, bands_of (bitmap), VIPS_FORMAT_UCHAR,
                          VIPS_CODING_NONE, bitmap->grey ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB,
                          bitmap->x_per_mm, bitmap->y_per_mm);
  photo = why_photo_new (file, header, FALSE, load_bitmap, bitmap, g_free, properties, error);
  g_object_unref (header);
  if (photo != NULL)
    properties->has_icc = bitmap->profile_length > 0;
  return photo;
}

const WhyLoaderFormat why_format_bmp = {
  .name = "BMP", .sniff = sniff_bmp, .open = open_bmp, .read = why_photo_read, .close = why_photo_free,
};
