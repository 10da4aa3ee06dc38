#include "config.h"

#include "dicom.h"

#include "base/error.h"
#include "base/size.h"

#include <string.h>

/* One frame's bytes: from one piece, or from its fragments through a decoder. */

gsize
why_dicom_frame_bytes (const WhyDicom *dicom)
{
  const gint64 dims[3] = { dicom->rows, dicom->columns, dicom->samples };
  gsize n_samples, n_bytes;

  if (!why_dims_count (dims, 3, &n_samples) || !why_size_mul (n_samples, (gsize) dicom->bits_allocated / 8, &n_bytes) ||
      n_bytes >= G_MAXUINT32)
    return 0;
  return n_bytes;
}

static void
swap_samples (guint8 *bytes, gsize n_bytes, gsize size)
{
  for (gsize at = 0; at + size <= n_bytes; at += size)
    for (gsize byte = 0; byte < size / 2; byte++)
      {
        const guint8 kept = bytes[at + byte];
        bytes[at + byte] = bytes[at + size - 1 - byte];
        bytes[at + size - 1 - byte] = kept;
      }
}

static gboolean
fail_cut (const WhyDicom *dicom, gint64 frame, GError **error)
{
  if (dicom->n_frames > 1)
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                 "is cut off or damaged: it says it has %" G_GINT64_FORMAT
                 " frames, but ends in frame %" G_GINT64_FORMAT,
                 dicom->n_frames, frame + 1);
  else
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                 "is cut off or damaged: the pixels of %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " are not all there",
                 dicom->columns, dicom->rows);
  return FALSE;
}

static gboolean
fail_memory (GError **error)
{
  g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "there is not enough memory for its pixels");
  return FALSE;
}

/* Two pixels share their colour: Y Y Cb Cr becomes Y Cb Cr Y Cb Cr. */
static gboolean
read_422 (const WhyDicom *dicom, gint64 frame, guint8 *bytes, gsize n_bytes, GError **error)
{
  const gsize stored = n_bytes / 3 * 2;
  g_autofree guint8 *pairs = g_try_malloc (stored);
  const guint64 start = (guint64) stored * (guint64) frame;

  if (pairs == NULL)
    return fail_memory (error);
  if (dicom->columns % 2 != 0)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                           "is damaged: two pixels share a colour, and its rows are odd");
      return FALSE;
    }
  if (start + stored > dicom->pixels_length || !why_dicom_read_at (dicom, dicom->pixels_offset + start, pairs, stored))
    return fail_cut (dicom, frame, error);
  for (gsize pair = 0; pair < stored / 4; pair++)
    {
      const guint8 *from = pairs + 4 * pair;
      guint8 *to = bytes + 6 * pair;

      to[0] = from[0];
      to[3] = from[1];
      to[1] = to[4] = from[2];
      to[2] = to[5] = from[3];
    }
  return TRUE;
}

/* Segmentations: eight pixels a byte, the first in the lowest bit; frames follow one another without a gap. */
static gboolean
read_packed (const WhyDicom *dicom, gint64 frame, guint8 *bytes, gsize n_pixels, GError **error)
{
  const guint64 first = (guint64) n_pixels * (guint64) frame;
  const guint64 start = first / 8, end = (first + n_pixels + 7) / 8;
  g_autofree guint8 *packed = g_try_malloc ((gsize) (end - start));

  if (packed == NULL)
    return fail_memory (error);
  if (end > dicom->pixels_length ||
      !why_dicom_read_at (dicom, dicom->pixels_offset + start, packed, (gsize) (end - start)))
    return fail_cut (dicom, frame, error);
  for (gsize pixel = 0; pixel < n_pixels; pixel++)
    {
      const guint64 bit = first + pixel - 8 * start;
      bytes[pixel] = packed[bit / 8] >> (bit % 8) & 1;
    }
  return TRUE;
}

static gboolean
read_native (const WhyDicom *dicom, gint64 frame, guint8 *bytes, gsize n_bytes, GError **error)
{
  const guint64 start = (guint64) n_bytes * (guint64) frame;

  if (dicom->is_packed)
    return read_packed (dicom, frame, bytes, n_bytes, error);
  if (strcmp (dicom->photometric, "YBR_FULL_422") == 0)
    return read_422 (dicom, frame, bytes, n_bytes, error);
  if (start + n_bytes > dicom->pixels_length ||
      !why_dicom_read_at (dicom, dicom->pixels_offset + start, bytes, n_bytes))
    return fail_cut (dicom, frame, error);
  if (dicom->big_endian != (G_BYTE_ORDER == G_BIG_ENDIAN))
    swap_samples (bytes, n_bytes, (gsize) dicom->bits_allocated / 8);
  return TRUE;
}

/* Which fragments a frame is made of: one each, all of them, or as the offset table says. */
static gboolean
find_fragments (const WhyDicom *dicom, gint64 frame, guint *first, guint *n_fragments, GError **error)
{
  const guint all = dicom->fragments->len;

  *first = (guint) frame;
  *n_fragments = 1;
  if (dicom->n_frames == 1)
    {
      *first = 0;
      *n_fragments = all;
      return all > 0 || fail_cut (dicom, frame, error);
    }
  if ((gint64) all == dicom->n_frames)
    return TRUE;
  if ((gint64) all < dicom->n_frames)
    return (gint64) all > frame || fail_cut (dicom, frame, error);
  if ((gint64) dicom->offsets->len != dicom->n_frames)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                   "does not say which of its %u fragments belong to which of its %" G_GINT64_FORMAT " frames", all,
                   dicom->n_frames);
      return FALSE;
    }
  /* Offsets count from the first fragment's item, whose header takes 8 bytes. */
  const guint64 origin = g_array_index (dicom->fragments, WhyDicomFragment, 0).offset;
  const guint64 start = origin + g_array_index (dicom->offsets, guint32, frame);
  const guint64 end =
    frame + 1 < dicom->n_frames ? origin + g_array_index (dicom->offsets, guint32, frame + 1) : G_MAXUINT64;
  *n_fragments = 0;
  for (guint which = 0; which < all; which++)
    {
      const guint64 at = g_array_index (dicom->fragments, WhyDicomFragment, which).offset;

      if (at < start || at >= end)
        continue;
      if (*n_fragments == 0)
        *first = which;
      ++*n_fragments;
    }
  return *n_fragments > 0 || fail_cut (dicom, frame, error);
}

static guint8 *
read_fragments (const WhyDicom *dicom, gint64 frame, gsize *length, GError **error)
{
  guint first, n_fragments;
  guint64 sum = 0;

  if (!find_fragments (dicom, frame, &first, &n_fragments, error))
    return NULL;
  for (guint which = first; which < first + n_fragments; which++)
    sum += g_array_index (dicom->fragments, WhyDicomFragment, which).length;
  if (sum > dicom->size || sum > dicom->file->options->max_memory / 4 || sum >= G_MAXINT32)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "has a frame of %" G_GUINT64_FORMAT " compressed bytes, which is too much", sum);
      return NULL;
    }
  g_autofree guint8 *stream = g_try_malloc ((gsize) sum + 1);
  if (stream == NULL)
    {
      fail_memory (error);
      return NULL;
    }
  *length = 0;
  for (guint which = first; which < first + n_fragments; which++)
    {
      const WhyDicomFragment *fragment = &g_array_index (dicom->fragments, WhyDicomFragment, which);

      if (!why_dicom_read_at (dicom, fragment->offset, stream + *length, fragment->length))
        {
          fail_cut (dicom, frame, error);
          return NULL;
        }
      *length += fragment->length;
    }
  return g_steal_pointer (&stream);
}

gboolean
why_dicom_decode_frame (const WhyDicom *dicom, gint64 frame, guint8 *bytes, char *photometric, int *planar,
                        GError **error)
{
  const gsize n_bytes = why_dicom_frame_bytes (dicom);
  gsize length = 0;

  g_strlcpy (photometric, dicom->photometric, 17);
  *planar = dicom->planar;
  if (dicom->compression == WHY_DICOM_NATIVE)
    {
      if (strcmp (photometric, "YBR_FULL_422") == 0)
        {
          g_strlcpy (photometric, "YBR_FULL", 17);
          *planar = 0;
        }
      return read_native (dicom, frame, bytes, n_bytes, error);
    }
  g_autofree guint8 *stream = read_fragments (dicom, frame, &length, error);
  if (stream == NULL)
    return FALSE;
  *planar = 0;
  if (dicom->compression == WHY_DICOM_RLE)
    return why_dicom_rle_decode (dicom, stream, length, bytes, n_bytes, error);
  if (dicom->compression == WHY_DICOM_JPEG_2000)
    return why_dicom_jpeg2000_decode (dicom, stream, length, bytes, n_bytes, photometric, error);
  return why_dicom_jpeg_check (dicom, stream, length, error) &&
         why_dicom_codec_decode (dicom, stream, length, bytes, n_bytes, photometric, error);
}
