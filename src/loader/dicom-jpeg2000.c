#include "config.h"

#include "dicom.h"

#include "base/error.h"

#include <openjpeg.h>
#include <string.h>

/* JPEG 2000, which DCMTK does not decode. */

typedef struct
{
  const guint8 *bytes;
  gsize length, at;
} Memory;

static OPJ_SIZE_T
read_memory (void *buffer, OPJ_SIZE_T length, void *data)
{
  Memory *memory = data;
  const gsize n_bytes = MIN (length, memory->length - memory->at);

  if (n_bytes == 0)
    return (OPJ_SIZE_T) -1;
  memcpy (buffer, memory->bytes + memory->at, n_bytes);
  memory->at += n_bytes;
  return n_bytes;
}

static OPJ_OFF_T
skip_memory (OPJ_OFF_T length, void *data)
{
  Memory *memory = data;

  if (length < 0)
    return -1;
  const gsize n_bytes = MIN ((gsize) length, memory->length - memory->at);
  memory->at += n_bytes;
  return n_bytes == 0 && length > 0 ? -1 : (OPJ_OFF_T) n_bytes;
}

static OPJ_BOOL
seek_memory (OPJ_OFF_T offset, void *data)
{
  Memory *memory = data;

  if (offset < 0 || (gsize) offset > memory->length)
    return OPJ_FALSE;
  memory->at = (gsize) offset;
  return OPJ_TRUE;
}

static gboolean
fail (GError **error, const char *why)
{
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "holds pixels that cannot be decompressed: %s", why);
  return FALSE;
}

/* The size inside the stream is believed only if it is the one that was checked. */
static gboolean
check_image (const WhyDicom *dicom, const opj_image_t *image, GError **error)
{
  if ((int) image->numcomps != dicom->samples || image->x1 - image->x0 != (OPJ_UINT32) dicom->columns ||
      image->y1 - image->y0 != (OPJ_UINT32) dicom->rows)
    return fail (error, "the JPEG 2000 picture inside has another size or other colours than the file says");
  for (OPJ_UINT32 band = 0; band < image->numcomps; band++)
    {
      if (image->comps[band].dx != 1 || image->comps[band].dy != 1 ||
          image->comps[band].prec > (OPJ_UINT32) dicom->bits_allocated)
        return fail (error, "its colours are coarser than its grey, or deeper than it says");
    }
  return TRUE;
}

static gboolean
copy_samples (const WhyDicom *dicom, const opj_image_t *image, guint8 *bytes, GError **error)
{
  const gsize n_pixels = (gsize) dicom->rows * (gsize) dicom->columns;
  const gsize n_bands = image->numcomps;

  for (gsize band = 0; band < n_bands; band++)
    {
      const OPJ_INT32 *values = image->comps[band].data;

      if (values == NULL || image->comps[band].w != (OPJ_UINT32) dicom->columns ||
          image->comps[band].h != (OPJ_UINT32) dicom->rows)
        return fail (error, "a part of it is missing");
      for (gsize pixel = 0; pixel < n_pixels; pixel++)
        {
          if (dicom->bits_allocated == 8)
            bytes[pixel * n_bands + band] = (guint8) values[pixel];
          else
            {
              const guint16 sample = (guint16) values[pixel];
              memcpy (bytes + 2 * (pixel * n_bands + band), &sample, sizeof sample);
            }
        }
    }
  return TRUE;
}

gboolean
why_dicom_jpeg2000_decode (const WhyDicom *dicom, const guint8 *stream, gsize length, guint8 *bytes, gsize n_bytes,
                           char *photometric, GError **error)
{
  static const guint8 boxed[4] = { 0, 0, 0, 12 };
  const gboolean in_boxes = length >= 12 && memcmp (stream, boxed, 4) == 0;
  Memory memory = { .bytes = stream, .length = length };
  opj_dparameters_t parameters;
  opj_image_t *image = NULL;
  gboolean decoded = FALSE;

  opj_codec_t *codec = opj_create_decompress (in_boxes ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
  opj_stream_t *source = opj_stream_default_create (OPJ_TRUE);
  if (codec != NULL && source != NULL)
    {
      opj_stream_set_user_data (source, &memory, NULL);
      opj_stream_set_user_data_length (source, length);
      opj_stream_set_read_function (source, read_memory);
      opj_stream_set_skip_function (source, skip_memory);
      opj_stream_set_seek_function (source, seek_memory);
      opj_set_default_decoder_parameters (&parameters);
      if (!opj_setup_decoder (codec, &parameters) || !opj_decoder_set_strict_mode (codec, OPJ_TRUE) ||
          !opj_read_header (source, codec, &image))
        fail (error, "the JPEG 2000 stream inside is damaged");
      else if (!check_image (dicom, image, error))
        decoded = FALSE;
      else if (!opj_decode (codec, source, image))
        fail (error, "the JPEG 2000 stream inside is cut off or damaged");
      else
        decoded = copy_samples (dicom, image, bytes, error);
    }
  else
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                           "there is not enough memory to decompress its pixels");
    }
  if (image != NULL)
    opj_image_destroy (image);
  if (source != NULL)
    opj_stream_destroy (source);
  if (codec != NULL)
    opj_destroy_codec (codec);
  /* The colour transform of the stream has been undone: what is left is RGB, or what the file says. */
  if (strcmp (dicom->photometric, "YBR_RCT") == 0 || strcmp (dicom->photometric, "YBR_ICT") == 0)
    g_strlcpy (photometric, "RGB", 17);
  return decoded;
}
