#include "config.h"

#include "dicom.h"

#include "base/error.h"

/* What a JPEG or JPEG-LS stream says of itself, up to the header of its frame (ISO 10918-1 annex B, ISO 14495-1 annex
 * C), before DCMTK gets it: its search for that header does not end in every stream, and what it decodes of another
 * size or depth leaves a part of the frame as it was. */

#define MARKER_START 0xd8
#define MARKER_TABLES 0xdb
#define MARKER_RESTART 0xdd
#define MARKER_COMMENT 0xfe
#define MARKER_LS_FRAME 0xf7
#define MARKER_LS_PRESET 0xf8

static guint
get16 (const guint8 *bytes)
{
  return (guint) bytes[0] << 8 | bytes[1];
}

static gboolean
is_frame (guint marker)
{
  /* DHT, JPG and DAC are among the numbers of frames. */
  return marker == MARKER_LS_FRAME ||
         (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc);
}

static gboolean
is_segment (guint marker)
{
  return marker == 0xc4 || marker == 0xcc || marker == MARKER_TABLES || marker == MARKER_RESTART ||
         (marker >= 0xe0 && marker <= 0xef) || marker == MARKER_COMMENT || marker == MARKER_LS_PRESET;
}

/* The frame's header behind its length; NULL: there is none. */
static const guint8 *
find_frame (const guint8 *stream, gsize length)
{
  if (length < 2 || stream[0] != 0xff || stream[1] != MARKER_START)
    return NULL;
  for (gsize at = 2; at + 4 <= length;)
    {
      const guint marker = stream[at + 1];
      const gsize n_bytes = get16 (stream + at + 2);

      if (stream[at] != 0xff || n_bytes < 2 || n_bytes > length - at - 2)
        return NULL;
      if (is_frame (marker))
        return n_bytes >= 8 ? stream + at + 4 : NULL;
      if (!is_segment (marker))
        return NULL;
      at += 2 + n_bytes;
    }
  return NULL;
}

gboolean
why_dicom_jpeg_check (const WhyDicom *dicom, const guint8 *stream, gsize length, GError **error)
{
  const guint8 *frame = find_frame (stream, length);

  if (frame == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                           "holds pixels that cannot be decompressed: the JPEG stream inside is cut off or damaged");
      return FALSE;
    }
  const guint precision = frame[0], rows = get16 (frame + 1), columns = get16 (frame + 3), samples = frame[5];
  if (rows == dicom->rows && columns == dicom->columns && samples == (guint) dicom->samples &&
      precision <= (guint) dicom->bits_allocated && precision > (guint) dicom->bits_allocated - 8)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
               "holds pixels that cannot be decompressed: the JPEG picture inside has %ux%u pixels of %u samples with "
               "%u bits; the file says %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " of %d with %d",
               columns, rows, samples, precision, dicom->columns, dicom->rows, dicom->samples, dicom->bits_allocated);
  return FALSE;
}
