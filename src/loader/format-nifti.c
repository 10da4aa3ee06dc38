#include "config.h"

#include "format.h"

#include "base/error.h"
#include "base/range.h"
#include "base/size.h"
#include "resample.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

/* NIfTI-1 and NIfTI-2 volumes in one file (.nii), plain or compressed with gzip (.nii.gz). Values are
 * kept as float32 after the file's slope and intercept, in the order of the file: columns along its
 * first axis, rows along its second, slices along its third, frames along its fourth.
 *
 * Own reader, because the usual library fills a file that was cut off with zeros and reports success.
 * Source: nifti1.h and nifti2.h of the NIfTI Data Format Working Group. */

#define HEADER_1 348u
#define HEADER_2 540u
/* Header extensions lie between the header and the voxels; more than this is no header. */
#define MAX_OFFSET (64u << 20)
#define CHUNK (1u << 18)

typedef struct
{
  int code;
  gsize size;
  const char *name;
} VoxelType;

static const VoxelType types[] = {
  { 2, 1, "uint8" },   { 4, 2, "int16" },    { 8, 4, "int32" },   { 16, 4, "float32" }, { 64, 8, "float64" },
  { 256, 1, "int8" },  { 512, 2, "uint16" }, { 768, 4, "uint32" }, { 1024, 8, "int64" }, { 1280, 8, "uint64" },
};

/* Bytes of the file from the front to the back, inflated where it is compressed. */
typedef struct
{
  const WhyLoaderFile *file;
  gboolean compressed;
  guint64 at; /* of the file */
  z_stream inflater;
  guint8 *chunk;
} Stream;

typedef struct
{
  WhyLoaderFile *file;
  gboolean compressed;
  gboolean swapped;
  const VoxelType *type;
  guint64 offset;
  gint64 dims[4];
  double slope, inter;
  double shown_low, shown_high; /* cal_min, cal_max; equal: none stated */

  float *values; /* one frame, or NULL */
  guint32 frame;
  float low, high; /* what is black and white when shown */
} Volume;

/* ---- bytes ---- */

static gboolean
stream_open (Stream *stream, const WhyLoaderFile *file, gboolean compressed)
{
  *stream = (Stream){ .file = file, .compressed = compressed };
  if (!compressed)
    return TRUE;
  stream->chunk = g_malloc (CHUNK);
  /* 16: a gzip header is expected. */
  return inflateInit2 (&stream->inflater, 16 + MAX_WBITS) == Z_OK;
}

static void
stream_close (Stream *stream)
{
  if (stream->compressed)
    inflateEnd (&stream->inflater);
  g_free (stream->chunk);
}

/* Returns how many bytes there were; fewer than @length: the file ends or is damaged there. */
static gsize
stream_read (Stream *stream, void *target, gsize length)
{
  if (!stream->compressed)
    {
      const guint64 left = stream->file->size - MIN (stream->at, stream->file->size);
      const gsize n_bytes = (gsize) MIN ((guint64) length, left);

      if (!why_loader_file_read_at (stream->file, stream->at, target, n_bytes))
        return 0;
      stream->at += n_bytes;
      return n_bytes;
    }
  stream->inflater.next_out = target;
  stream->inflater.avail_out = (uInt) length;
  while (stream->inflater.avail_out > 0)
    {
      if (stream->inflater.avail_in == 0)
        {
          const gsize n_bytes = (gsize) MIN ((guint64) CHUNK,
                                             stream->file->size - MIN (stream->at, stream->file->size));

          if (n_bytes == 0 || !why_loader_file_read_at (stream->file, stream->at, stream->chunk, n_bytes))
            break;
          stream->at += n_bytes;
          stream->inflater.next_in = stream->chunk;
          stream->inflater.avail_in = (uInt) n_bytes;
        }
      const int status = inflate (&stream->inflater, Z_NO_FLUSH);
      /* Some writers put several gzip members into one file. */
      if (status == Z_STREAM_END && inflateReset (&stream->inflater) == Z_OK)
        continue;
      if (status != Z_OK)
        break;
    }
  return length - stream->inflater.avail_out;
}

static gboolean
stream_skip (Stream *stream, guint64 length)
{
  if (!stream->compressed)
    {
      stream->at += length;
      return stream->at <= stream->file->size;
    }
  g_autofree guint8 *scratch = g_malloc (CHUNK);
  while (length > 0)
    {
      const gsize part = (gsize) MIN (length, (guint64) CHUNK);

      if (why_loader_file_cancelled (stream->file) || stream_read (stream, scratch, part) != part)
        return FALSE;
      length -= part;
    }
  return TRUE;
}

/* ---- header ---- */

static gboolean
is_gzip (const guint8 *head, gsize length)
{
  return length > 18 && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8;
}

/* The first bytes of what is compressed; returns how many came out. */
static gsize
inflate_head (const guint8 *head, gsize length, guint8 *target, gsize room)
{
  z_stream inflater = { .next_in = (Bytef *) head, .avail_in = (uInt) length, .next_out = target,
                        .avail_out = (uInt) room };

  if (inflateInit2 (&inflater, 16 + MAX_WBITS) != Z_OK)
    return 0;
  (void) inflate (&inflater, Z_SYNC_FLUSH);
  inflateEnd (&inflater);
  return room - inflater.avail_out;
}

static guint64
get (const guint8 *header, gsize offset, gsize size, gboolean swapped)
{
  guint64 value = 0;

  for (gsize byte = 0; byte < size; byte++)
    value |= (guint64) header[offset + byte] << 8 * (swapped ? size - 1 - byte : byte);
  return value;
}

static gint64
get_int (const guint8 *header, gsize offset, gsize size, gboolean swapped)
{
  const int unused = 64 - 8 * (int) size;

  return (gint64) (get (header, offset, size, swapped) << unused) >> unused;
}

static double
get_real (const guint8 *header, gsize offset, gsize size, gboolean swapped)
{
  const guint64 bits = get (header, offset, size, swapped);
  const guint32 bits32 = (guint32) bits;
  float single;
  double value;

  if (size == 4)
    {
      memcpy (&single, &bits32, sizeof single);
      return (double) single;
    }
  memcpy (&value, &bits, sizeof value);
  return value;
}

/* 1 or 2: the version whose header this begins with, 0: neither. Headers in two files ("ni1") count. */
static int
version_of (const guint8 *header, gsize length, gboolean *swapped)
{
  if (length < 348)
    return 0;
  for (int order = 0; order < 2; order++)
    {
      const guint64 size = get (header, 0, 4, order == 1);

      *swapped = order == 1;
      if (size == HEADER_1 && (memcmp (header + 344, "n+1", 4) == 0 || memcmp (header + 344, "ni1", 4) == 0))
        return 1;
      if (size == HEADER_2 && (memcmp (header + 4, "n+2", 4) == 0 || memcmp (header + 4, "ni2", 4) == 0))
        return 2;
    }
  return 0;
}

static gboolean
sniff_nifti (const guint8 *head, gsize length)
{
  guint8 inflated[HEADER_1];
  gboolean swapped;

  if (is_gzip (head, length))
    {
      /* A version-2 header may need more than the bytes at hand to show all of itself: its first are enough. */
      const gsize n_bytes = inflate_head (head, length, inflated, sizeof inflated);
      const gboolean second = n_bytes >= 8 && memcmp (inflated + 4, "n+2", 4) == 0;

      return second || version_of (inflated, n_bytes, &swapped) != 0;
    }
  return version_of (head, length, &swapped) != 0;
}

static gboolean
fail (GError **error, const char *sentence)
{
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "%s", sentence);
  return FALSE;
}

static gboolean
parse_type (Volume *volume, int code, GError **error)
{
  for (gsize type = 0; type < G_N_ELEMENTS (types); type++)
    {
      if (types[type].code == code)
        {
          volume->type = &types[type];
          return TRUE;
        }
    }
  if (code == 128 || code == 2304)
    return fail (error, "holds colours, not one value a voxel, which is not read; convert it to grey");
  if (code == 32 || code == 1792 || code == 2048)
    return fail (error, "holds complex numbers, which cannot be shown; save their magnitude");
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "has voxels of type %d, which is not read", code);
  return FALSE;
}

/* Counts of the four axes; unused ones are 1. */
static gboolean
parse_dims (Volume *volume, const gint64 *dims, GError **error)
{
  if (dims[0] < 2 || dims[0] > 7)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "is damaged: it says it has %" G_GINT64_FORMAT " dimensions",
                   dims[0]);
      return FALSE;
    }
  for (int axis = 0; axis < 7; axis++)
    {
      const gint64 count = axis < dims[0] ? dims[axis + 1] : 1;

      if (count < 1 || count > WHY_LOADER_MAX_SIDE)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                       "is damaged: its axis %d has %" G_GINT64_FORMAT " entries", axis + 1, count);
          return FALSE;
        }
      if (axis < 4)
        volume->dims[axis] = count;
      else if (count > 1)
        return fail (error, "has more than four axes, which is not read; save one of its components");
    }
  return TRUE;
}

static gboolean
check_memory (const Volume *volume, GError **error)
{
  gsize n_voxels, n_bytes;

  if (!why_dims_count (volume->dims, 3, &n_voxels) || n_voxels > volume->file->options->max_pixels ||
      !why_size_mul (n_voxels, sizeof (float), &n_bytes) || n_bytes > volume->file->options->max_memory / 8 * 6)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "has %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT "x%" G_GINT64_FORMAT
                   " voxels, which is more than the limits of %" G_GUINT64_FORMAT " voxels and %" G_GUINT64_FORMAT
                   " MB",
                   volume->dims[0], volume->dims[1], volume->dims[2], volume->file->options->max_pixels,
                   volume->file->options->max_memory >> 20);
      return FALSE;
    }
  return TRUE;
}

/* Micrometres in the file's unit of length; NAN where it states none. */
static double
micrometres (int units)
{
  switch (units & 7)
    {
    case 1:
      return 1e6;
    case 2:
      return 1e3;
    case 3:
      return 1.0;
    default:
      return NAN;
    }
}

/* Voxel indices (column, row, slice) to millimetres in the scanner's or template's space: right, anterior,
 * superior are positive. Method 3 (sform) before method 2 (quaternion), as nifti1.h recommends for display. */
static void
fill_world (const guint8 *header, int version, gboolean swapped, const double *pixdim, WhyLoaderProperties *properties)
{
  const gboolean second = version == 2;
  const gsize real = second ? 8 : 4;
  const gint64 qform = get_int (header, second ? 344 : 252, second ? 4 : 2, swapped);
  const gint64 sform = get_int (header, second ? 348 : 254, second ? 4 : 2, swapped);
  const gsize quaternion = second ? 352 : 256;
  const gsize rows = second ? 400 : 280;
  double *world = properties->voxel_to_world;

  if (sform > 0)
    {
      for (int entry = 0; entry < 12; entry++)
        world[entry] = get_real (header, rows + (gsize) entry * real, real, swapped);
    }
  else if (qform > 0)
    {
      const double b = get_real (header, quaternion, real, swapped);
      const double c = get_real (header, quaternion + real, real, swapped);
      const double d = get_real (header, quaternion + 2 * real, real, swapped);
      const double a = sqrt (MAX (0.0, 1.0 - b * b - c * c - d * d));
      const double flip = pixdim[0] < 0 ? -1.0 : 1.0;
      const double rotation[9] = {
        a * a + b * b - c * c - d * d, 2 * (b * c - a * d),           2 * (b * d + a * c),
        2 * (b * c + a * d),           a * a + c * c - b * b - d * d, 2 * (c * d - a * b),
        2 * (b * d - a * c),           2 * (c * d + a * b),           a * a + d * d - b * b - c * c,
      };

      for (int row = 0; row < 3; row++)
        {
          for (int axis = 0; axis < 3; axis++)
            world[4 * row + axis] = rotation[3 * row + axis] * pixdim[axis + 1] * (axis == 2 ? flip : 1.0);
          world[4 * row + 3] = get_real (header, quaternion + (gsize) (3 + row) * real, real, swapped);
        }
    }
  properties->has_world = sform > 0 || qform > 0;
  for (int entry = 0; entry < 12; entry++)
    properties->has_world = properties->has_world && isfinite (world[entry]);
}

static gboolean
parse_header (Volume *volume, const guint8 *header, gsize length, WhyLoaderProperties *properties, GError **error)
{
  gboolean swapped;
  const int version = version_of (header, length, &swapped);
  const gboolean second = version == 2;
  const gsize real = second ? 8 : 4;
  gint64 dims[8];
  double pixdim[8];

  if (version == 0 || length < (second ? HEADER_2 : HEADER_1))
    return fail (error, "is damaged: its header is cut off");
  if (header[(second ? 4 : 344) + 1] == 'i')
    return fail (error, "is only the header of a volume in two files; join them to one .nii file");
  volume->swapped = swapped;
  for (int axis = 0; axis < 8; axis++)
    {
      dims[axis] = get_int (header, (second ? 16 : 40) + (gsize) axis * (second ? 8 : 2), second ? 8 : 2, swapped);
      pixdim[axis] = get_real (header, (second ? 104 : 76) + (gsize) axis * real, real, swapped);
    }
  if (!parse_dims (volume, dims, error) ||
      !parse_type (volume, (int) get_int (header, second ? 12 : 70, 2, swapped), error) ||
      !check_memory (volume, error))
    return FALSE;

  const double offset = second ? (double) get_int (header, 168, 8, swapped) : get_real (header, 108, 4, swapped);
  const double least = second ? HEADER_2 : HEADER_1;
  if (!(offset <= MAX_OFFSET))
    return fail (error, "is damaged: it says its voxels begin far behind its header");
  /* Old writers leave it 0. */
  volume->offset = (guint64) (offset < least ? least + 4 : offset);

  volume->slope = get_real (header, second ? 176 : 112, real, swapped);
  volume->inter = get_real (header, second ? 184 : 116, real, swapped);
  if (volume->slope == 0.0 || !isfinite (volume->slope) || !isfinite (volume->inter))
    {
      volume->slope = 1.0; /* 0 means: no scaling */
      volume->inter = 0.0;
    }
  volume->shown_high = get_real (header, second ? 192 : 124, real, swapped);
  volume->shown_low = get_real (header, second ? 200 : 128, real, swapped);

  const double unit = micrometres ((int) get_int (header, second ? 500 : 123, second ? 4 : 1, swapped));
  double *sizes[3] = { &properties->mpp_x, &properties->mpp_y, &properties->mpp_z };
  for (int axis = 0; axis < 3; axis++)
    {
      const double size = fabs (pixdim[axis + 1]) * unit;
      *sizes[axis] = size > 0.0 && isfinite (size) ? size : NAN;
    }
  fill_world (header, version, swapped, pixdim, properties);
  return TRUE;
}

static gpointer
open_nifti (WhyLoaderFile *file, WhyLoaderProperties *properties, GError **error)
{
  g_autofree Volume *volume = g_new0 (Volume, 1);
  guint8 header[HEADER_2] = { 0 };
  guint8 magic[20];
  Stream stream;

  volume->file = file;
  volume->compressed = why_loader_file_read_at (file, 0, magic, sizeof magic) && is_gzip (magic, sizeof magic);
  if (!stream_open (&stream, file, volume->compressed))
    {
      stream_close (&stream);
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_FAILED, "cannot be decompressed");
      return NULL;
    }
  const gsize length = stream_read (&stream, header, sizeof header);
  stream_close (&stream);
  if (!parse_header (volume, header, length, properties, error))
    return NULL;

  properties->kind = WHY_LOADER_KIND_VOLUME;
  properties->bands = 1;
  properties->bits = 32;
  properties->is_float = TRUE;
  properties->width = volume->dims[0];
  properties->height = volume->dims[1];
  properties->n_slices = volume->dims[2];
  properties->n_frames = volume->dims[3];
  return g_steal_pointer (&volume);
}

/* ---- voxels ---- */

static float
convert (const Volume *volume, const guint8 *voxel)
{
  const gsize size = volume->type->size;
  double value;

  switch (volume->type->code)
    {
    case 16:
    case 64:
      value = get_real (voxel, 0, size, volume->swapped);
      break;
    case 4:
    case 8:
    case 256:
    case 1024:
      value = (double) get_int (voxel, 0, size, volume->swapped);
      break;
    default:
      value = (double) get (voxel, 0, size, volume->swapped);
      break;
    }
  return (float) (value * volume->slope + volume->inter);
}

/* Black and white for showing: what the file says, else all but the lowest and highest thousandth. */
static void
choose_window (Volume *volume)
{
  if (volume->shown_low < volume->shown_high && isfinite (volume->shown_low) && isfinite (volume->shown_high))
    {
      volume->low = (float) volume->shown_low;
      volume->high = (float) volume->shown_high;
      return;
    }
  why_range_robust (volume->values, (gsize) (volume->dims[0] * volume->dims[1] * volume->dims[2]), &volume->low,
                    &volume->high);
}

/* Reads one frame; its slices one after the other, so that an early end can be told of exactly. */
static gboolean
decode (Volume *volume, guint32 frame, WhyLoaderProperties *properties, GError **error)
{
  const gsize slice_voxels = (gsize) (volume->dims[0] * volume->dims[1]);
  const gsize slice_bytes = slice_voxels * volume->type->size;
  const guint64 frame_bytes = (guint64) slice_bytes * (guint64) volume->dims[2];
  g_autofree guint8 *slice = g_try_malloc (slice_bytes);
  guint64 start;
  Stream stream;
  gint64 n_read = 0;

  g_clear_pointer (&volume->values, g_free);
  volume->values = g_try_malloc0 (slice_voxels * (gsize) volume->dims[2] * sizeof (float));
  if (slice == NULL || volume->values == NULL || __builtin_mul_overflow (frame_bytes, (guint64) frame, &start) ||
      __builtin_add_overflow (start, volume->offset, &start))
    {
      g_clear_pointer (&volume->values, g_free);
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "there is not enough memory for its voxels");
      return FALSE;
    }
  if (stream_open (&stream, volume->file, volume->compressed) && stream_skip (&stream, start))
    {
      for (; n_read < volume->dims[2] && !why_loader_file_cancelled (volume->file); n_read++)
        {
          float *values = volume->values + (gsize) n_read * slice_voxels;

          if (stream_read (&stream, slice, slice_bytes) != slice_bytes)
            break;
          for (gsize voxel = 0; voxel < slice_voxels; voxel++)
            values[voxel] = convert (volume, slice + voxel * volume->type->size);
        }
    }
  stream_close (&stream);
  if (n_read < volume->dims[2])
    {
      const gboolean cancelled = why_loader_file_cancelled (volume->file);

      if (!cancelled && (volume->file->options->flags & WHY_LOADER_ALLOW_TRUNCATED) != 0)
        {
          g_snprintf (properties->note, sizeof properties->note,
                      "the file is cut off: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " slices are there", n_read,
                      volume->dims[2]);
        }
      else
        {
          g_clear_pointer (&volume->values, g_free);
          if (cancelled)
            g_set_error_literal (error, WHY_ERROR, WHY_ERROR_CANCELLED, "reading was cancelled");
          else
            g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                         "is cut off or damaged: it says it has %" G_GINT64_FORMAT
                         " slices, but ends in slice %" G_GINT64_FORMAT,
                         volume->dims[2], n_read + 1);
          return FALSE;
        }
    }
  volume->frame = frame;
  choose_window (volume);
  return TRUE;
}

/* A slice as bytes between the window's ends, for showing and for thumbnails. */
static gboolean
show_slice (const Volume *volume, const float *slice, const WhyLoaderRequest *request, void *pixels)
{
  const gsize n_voxels = (gsize) (volume->dims[0] * volume->dims[1]);
  g_autofree float *windowed = g_try_new (float, n_voxels);

  if (windowed == NULL)
    return FALSE;
  for (gsize voxel = 0; voxel < n_voxels; voxel++)
    {
      const float value = isfinite (slice[voxel]) ? slice[voxel] : volume->low;
      windowed[voxel] = CLAMP ((value - volume->low) / (volume->high - volume->low), 0.0f, 1.0f) * 255.0f;
    }
  return why_resample (windowed, WHY_SAMPLE_F32, volume->dims[0], volume->dims[1], 1, (double) request->x,
                       (double) request->y, (double) request->w, (double) request->h, pixels,
                       request->depth == WHY_LOADER_DEPTH_FULL ? WHY_SAMPLE_F32 : WHY_SAMPLE_U8, request->out_w,
                       request->out_h);
}

static gboolean
read_nifti (gpointer state, const WhyLoaderRequest *request, void *pixels, WhyLoaderProperties *properties,
            GError **error)
{
  Volume *volume = state;

  if ((volume->values == NULL || volume->frame != request->frame) &&
      !decode (volume, request->frame, properties, error))
    return FALSE;
  const gsize slice_voxels = (gsize) (volume->dims[0] * volume->dims[1]);
  const float *slice = volume->values + (gsize) request->slice * slice_voxels;
  if (request->depth == WHY_LOADER_DEPTH_RAW)
    {
      memcpy (pixels, slice, slice_voxels * (gsize) request->n_slices * sizeof (float));
      return TRUE;
    }
  if (!show_slice (volume, slice, request, pixels))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "there is not enough memory for this view");
      return FALSE;
    }
  return TRUE;
}

static void
close_nifti (gpointer state)
{
  Volume *volume = state;

  g_free (volume->values);
  g_free (volume);
}

const WhyLoaderFormat why_format_nifti = {
  .name = "NIfTI",
  .sniff = sniff_nifti,
  .open = open_nifti,
  .read = read_nifti,
  .close = close_nifti,
};
