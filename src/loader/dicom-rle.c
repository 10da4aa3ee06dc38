#include "config.h"

#include "dicom.h"

#include "base/error.h"

/* Runs of equal bytes (PS3.5 annex G). Not by DCMTK: version 3.6.7, that of Debian 12, reads outside of the frame where
 * the table of its segments lies. */

#define HEADER_BYTES 64
#define MAX_SEGMENTS 15

static guint32
get_number (const guint8 *bytes)
{
  return (guint32) bytes[3] << 24 | (guint32) bytes[2] << 16 | (guint32) bytes[1] << 8 | bytes[0];
}

/* One byte of each of @n_values samples; those of @to are @stride bytes apart. */
static gboolean
unpack (const guint8 *from, gsize length, guint8 *to, gsize stride, gsize n_values)
{
  gsize at = 0, n_done = 0;

  while (n_done < n_values)
    {
      if (at >= length)
        return FALSE;
      const guint8 head = from[at++];
      if (head == 128)
        continue;
      const gboolean is_run = head > 128;
      const gsize count = MIN (is_run ? 257u - head : head + 1u, n_values - n_done);
      if ((is_run ? 1 : count) > length - at)
        return FALSE;
      for (gsize value = 0; value < count; value++)
        to[(n_done + value) * stride] = from[is_run ? at : at + value];
      at += is_run ? 1 : count;
      n_done += count;
    }
  return TRUE;
}

gboolean
why_dicom_rle_decode (const WhyDicom *dicom, const guint8 *stream, gsize length, guint8 *bytes, gsize n_bytes,
                      GError **error)
{
  const gsize size = (gsize) dicom->bits_allocated / 8, n_segments = size * (gsize) dicom->samples;
  const gsize n_pixels = n_bytes / n_segments;

  if (length < HEADER_BYTES || n_segments > MAX_SEGMENTS || get_number (stream) != n_segments)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "holds pixels that cannot be decompressed: its frame is not in the %" G_GSIZE_FORMAT
                   " segments that its samples take",
                   n_segments);
      return FALSE;
    }
  for (gsize segment = 0; segment < n_segments; segment++)
    {
      const guint8 *entry = stream + 4 + 4 * segment;
      const gsize start = get_number (entry);
      const gsize end = segment + 1 < n_segments ? get_number (entry + 4) : length;
      /* The highest byte of a sample comes first. */
      const gsize byte = segment % size;
      guint8 *to = bytes + (segment - byte) + (G_BYTE_ORDER == G_BIG_ENDIAN ? byte : size - 1 - byte);

      if (start < HEADER_BYTES || end < start || end > length ||
          !unpack (stream + start, end - start, to, n_segments, n_pixels))
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                       "holds pixels that cannot be decompressed: segment %" G_GSIZE_FORMAT " of a frame is cut off "
                       "or damaged",
                       segment + 1);
          return FALSE;
        }
    }
  return TRUE;
}
