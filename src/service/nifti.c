#include "config.h"

#include "nifti.h"

#include "base/error.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#define HEADER 352u /* with the four bytes that say that no extension follows */
#define MAX_BYTES (G_GUINT64_CONSTANT (2) << 30)
#define COMPRESSION 4

static void
put_16 (guint8 *at, gint16 value)
{
  const guint16 little = GUINT16_TO_LE ((guint16) value);

  memcpy (at, &little, sizeof little);
}

static void
put_32 (guint8 *at, gint32 value)
{
  const guint32 little = GUINT32_TO_LE ((guint32) value);

  memcpy (at, &little, sizeof little);
}

static void
put_float (guint8 *at, double value)
{
  const float single = (float) value;
  gint32 bits;

  memcpy (&bits, &single, sizeof bits);
  put_32 (at, bits);
}

/* Offsets are those of struct nifti_1_header. */
static void
fill_header (guint8 *header, const gint64 *dims, const double *world)
{
  memset (header, 0, HEADER);
  put_32 (header, 348);
  put_16 (header + 40, 3); /* dim[0] */
  put_16 (header + 42, (gint16) dims[2]);
  put_16 (header + 44, (gint16) dims[1]);
  put_16 (header + 46, (gint16) dims[0]);
  for (int axis = 4; axis < 8; axis++)
    put_16 (header + 40 + 2 * axis, 1);
  put_16 (header + 70, 16); /* datatype: float32 */
  put_16 (header + 72, 32); /* bitpix */
  put_float (header + 76, 1);
  for (int axis = 0; axis < 3; axis++)
    put_float (header + 80 + 4 * axis, world == NULL ? 1 : sqrt (world[axis] * world[axis] + world[4 + axis] * world[4 + axis] +
                                                                 world[8 + axis] * world[8 + axis]));
  put_float (header + 108, HEADER); /* vox_offset */
  put_float (header + 112, 1);      /* scl_slope */
  header[123] = world != NULL ? 2 : 0; /* xyzt_units: millimetres */
  g_strlcpy ((char *) header + 148, "Map by Whylight " WHY_VERSION, 80);
  if (world != NULL)
    {
      put_16 (header + 254, 2); /* sform_code: aligned to another file: the picture */
      for (int number = 0; number < 12; number++)
        put_float (header + 280 + 4 * number, world[number]);
    }
  memcpy (header + 344, "n+1", 4);
}

static gboolean
write_all (GOutputStream *stream, const guint8 *header, const float *values, gsize count, const WhyCancel *cancel, GError **error)
{
  const gsize piece = 1 << 18;

  if (!g_output_stream_write_all (stream, header, HEADER, NULL, NULL, error))
    return FALSE;
  for (gsize at = 0; at < count; at += piece)
    {
      const gsize n = MIN (piece, count - at);
      if (!why_cancel_check (cancel, error))
        return FALSE;
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
      if (!g_output_stream_write_all (stream, values + at, n * sizeof *values, NULL, NULL, error))
        return FALSE;
#else
      g_autofree guint8 *bytes = g_malloc (n * sizeof *values);
      for (gsize value = 0; value < n; value++)
        put_float (bytes + 4 * value, (double) values[at + value]);
      if (!g_output_stream_write_all (stream, bytes, n * sizeof *values, NULL, NULL, error))
        return FALSE;
#endif
    }
  return g_output_stream_close (stream, NULL, error);
}

gboolean
why_nifti_write (const char *path, const float *values, const gint64 *dims, const double *voxel_to_world, const WhyCancel *cancel,
                 GError **error)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GCancellable) give_up = g_cancellable_new ();
  g_autoptr (GError) failure = NULL;
  guint8 header[HEADER];

  g_return_val_if_fail (values != NULL && dims[0] > 0 && dims[1] > 0 && dims[2] > 0, FALSE);

  if (dims[0] > G_MAXINT16 || dims[1] > G_MAXINT16 || dims[2] > G_MAXINT16 ||
      (guint64) dims[0] * (guint64) dims[1] * (guint64) dims[2] > MAX_BYTES / sizeof (float))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "%s: a volume of %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT
                   " is larger than is written (32767 a side, 2 GB); write .npy",
                   path, dims[2], dims[1], dims[0]);
      return FALSE;
    }
  fill_header (header, dims, voxel_to_world);
  g_autoptr (GFileOutputStream) plain = g_file_replace (file, NULL, FALSE, G_FILE_CREATE_REPLACE_DESTINATION, NULL, &failure);
  if (plain == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be written: %s", path, failure->message);
      return FALSE;
    }
  g_autoptr (GOutputStream) stream = NULL;
  if (g_str_has_suffix (lower, ".gz"))
    {
      g_autoptr (GZlibCompressor) compressor = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, COMPRESSION);
      stream = g_converter_output_stream_new (G_OUTPUT_STREAM (plain), G_CONVERTER (compressor));
    }
  else
    stream = g_object_ref (G_OUTPUT_STREAM (plain));
  if (write_all (stream, header, values, (gsize) (dims[0] * dims[1] * dims[2]), cancel, &failure))
    return TRUE;
  /* Closing a cancelled stream leaves the old file where it was. */
  g_cancellable_cancel (give_up);
  g_output_stream_close (G_OUTPUT_STREAM (plain), give_up, NULL);
  if (failure->domain == WHY_ERROR)
    g_propagate_error (error, g_steal_pointer (&failure));
  else
    g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be written: %s", path, failure->message);
  return FALSE;
}
