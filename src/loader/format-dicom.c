#include "config.h"

#include "dicom.h"
#include "resample.h"

#include "base/error.h"
#include "base/range.h"
#include "base/size.h"
#include "base/slices.h"

#include <math.h>
#include <string.h>

/* DICOM: grey pictures with their values (Hounsfield units and the like), stacks of frames, and colours. What a file
 * says about people stays in the file: nothing of it is read. */

typedef struct
{
  WhyDicom *dicom;
  gsize n_bytes; /* of a frame */
  gint64 *order; /* of the frames, as slices */
  gboolean is_grey;
} Picture;

/* ---- what it is ---- */

static double
to_um (double millimetres)
{
  return isfinite (millimetres) && millimetres > 0.0 ? millimetres * 1000.0 : NAN;
}

/* Distances within a slice: of the patient, else of the detector (a projection magnifies). */
static void
find_spacing (const WhyDicom *dicom, double *between_rows, double *between_columns)
{
  const WhyDicomFrame *frame = &dicom->frames[0];

  *between_rows = frame->spacing[0];
  *between_columns = frame->spacing[1];
  if (!(*between_rows > 0.0) || !(*between_columns > 0.0))
    {
      *between_rows = dicom->imager_spacing[0];
      *between_columns = dicom->imager_spacing[1];
    }
}

/* A single slice: how far the next one would be is what the file says of them. */
static void
place_slice (const WhyDicom *dicom, const WhyDicomFrame *frame, const WhySlices *slices, double between_rows,
             double between_columns, WhyLoaderProperties *properties)
{
  double step[3];
  const double *rows = frame->orientation, *columns = frame->orientation + 3;

  if (isfinite (slices->spacing))
    {
      memcpy (step, slices->step, sizeof step);
      properties->mpp_z = to_um (slices->spacing);
    }
  else
    {
      const double stated = dicom->slice_spacing > 0.0 ? dicom->slice_spacing : frame->thickness;
      const double spacing = isfinite (to_um (stated)) ? stated : 1.0;

      step[0] = spacing * (rows[1] * columns[2] - rows[2] * columns[1]);
      step[1] = spacing * (rows[2] * columns[0] - rows[0] * columns[2]);
      step[2] = spacing * (rows[0] * columns[1] - rows[1] * columns[0]);
      properties->mpp_z = to_um (stated);
    }
  why_slices_get_world (frame->position, frame->orientation, between_rows, between_columns, step,
                        properties->voxel_to_world);
  properties->has_world = TRUE;
}

static void
place (Picture *picture, WhyLoaderProperties *properties)
{
  const WhyDicom *dicom = picture->dicom;
  const gsize n_frames = (gsize) dicom->n_frames;
  double between_rows, between_columns;
  WhySlices slices;

  for (gsize frame = 0; frame < n_frames; frame++)
    picture->order[frame] = (gint64) frame;
  find_spacing (dicom, &between_rows, &between_columns);
  properties->mpp_x = to_um (between_columns);
  properties->mpp_y = to_um (between_rows);
  properties->mpp_z = to_um (dicom->slice_spacing);
  if (!isfinite (properties->mpp_x) || !isfinite (properties->mpp_y))
    return;

  g_autofree double *positions = g_new (double, 3 * n_frames);
  g_autofree double *orientations = g_new (double, 6 * n_frames);
  for (gsize frame = 0; frame < n_frames; frame++)
    {
      memcpy (positions + 3 * frame, dicom->frames[frame].position, 3 * sizeof (double));
      memcpy (orientations + 6 * frame, dicom->frames[frame].orientation, 6 * sizeof (double));
    }
  if (!why_slices_arrange (positions, orientations, n_frames, &slices))
    return; /* a film, or a projection: it has no place in space */
  if (slices.same >= 0 || slices.turned >= 0)
    {
      if (n_frames > 1)
        why_loader_add_note (properties,
                             slices.turned >= 0
                               ? "the frames lie in different directions and are shown in the order of the file"
                               : "several frames lie in the same place and are shown in the order of the file");
      if (n_frames > 1)
        {
          why_slices_clear (&slices);
          return;
        }
    }
  if (slices.gap >= 0)
    why_loader_add_note (properties, "a slice is missing between frames");
  for (gsize slice = 0; slice < n_frames; slice++)
    picture->order[slice] = (gint64) slices.order[slice];
  const WhyDicomFrame *first = &dicom->frames[slices.order[0]];
  place_slice (dicom, first, &slices, between_rows, between_columns, properties);
  memcpy (properties->slice_position, first->position, sizeof properties->slice_position);
  memcpy (properties->slice_directions, first->orientation, sizeof properties->slice_directions);
  g_autofree char *note = why_slices_dup_note (&slices);
  why_loader_add_note (properties, note);
  why_slices_clear (&slices);
}

/* The unit only where it is one that is known: anything else is free text. */
static const char *
find_unit (const WhyDicom *dicom)
{
  if (dicom->is_hounsfield || strcmp (dicom->modality, "CT") == 0)
    return "HU";
  if (strcmp (dicom->units, "BQML") == 0)
    return "Bq/ml";
  return "";
}

static void
describe_values (const WhyDicom *dicom, WhyLoaderProperties *properties)
{
  const WhyDicomFrame *frame = &dicom->frames[0];

  properties->bits = 32;
  properties->is_float = TRUE;
  properties->has_values = TRUE;
  properties->is_inverted = strcmp (dicom->photometric, "MONOCHROME1") == 0;
  /* Whole numbers are windowed by their count, unless a slope makes fractions of them. */
  properties->is_window_exact = dicom->is_linear_exact || dicom->is_float ||
                                frame->slope != round (frame->slope);
  if (frame->width > 0.0 && isfinite (frame->centre))
    {
      properties->window_centre = frame->centre;
      properties->window_width = frame->width;
    }
  else if (dicom->has_voi_table)
    {
      why_loader_add_note (properties, "the table of greys that the file asks for is not followed; choose a window");
    }
  if (dicom->is_sigmoid)
    why_loader_add_note (properties, "the file asks for a curved window; a straight one is shown");
  if (dicom->has_modality_table)
    why_loader_add_note (properties,
                         "the file's table from stored to real values is not followed: values are as stored");
  g_strlcpy (properties->unit, find_unit (dicom), sizeof properties->unit);
}

static gboolean
check_memory (const WhyLoaderFile *file, const Picture *picture, GError **error)
{
  const WhyDicom *dicom = picture->dicom;
  const gint64 n_slices = picture->is_grey ? dicom->n_frames : 1;
  const gint64 dims[3] = { dicom->rows, dicom->columns, n_slices };
  const gsize value_size = picture->is_grey ? sizeof (float) : 3;
  gsize n_voxels, n_bytes;

  if (!why_loader_check_size (file, dicom->columns, dicom->rows, dicom->samples, sizeof (float), error))
    return FALSE;
  if (!why_dims_count (dims, 3, &n_voxels) || n_voxels > file->options->max_pixels ||
      !why_size_mul (n_voxels, value_size, &n_bytes) || n_bytes > file->options->max_memory / 8 * 6 ||
      picture->n_bytes == 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "has %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels in %" G_GINT64_FORMAT
                   " frames, which is more than the limits of %" G_GUINT64_FORMAT " pixels and %" G_GUINT64_FORMAT
                   " MB",
                   dicom->columns, dicom->rows, dicom->n_frames, file->options->max_pixels,
                   file->options->max_memory >> 20);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_colours (const WhyDicom *dicom, GError **error)
{
  static const char *const known[] = { "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT", NULL };
  const char *name = dicom->photometric;
  const gboolean grey = g_str_has_prefix (name, "MONOCHROME") && dicom->samples == 1;
  const gboolean palette = strcmp (name, "PALETTE COLOR") == 0 && dicom->samples == 1;

  if (grey || (dicom->samples == 3 && g_strv_contains (known, name)))
    return TRUE;
  if (palette && !dicom->is_float && dicom->bits_allocated <= 16)
    {
      for (int band = 0; band < 3; band++)
        {
          const WhyDicomPalette *table = &dicom->palette[band];
          if (table->n_entries == 0 || (table->bits != 8 && table->bits != 16) || table->length < table->n_entries)
            {
              g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE,
                                   "is damaged: its table of colours is missing or cut off");
              return FALSE;
            }
        }
      return TRUE;
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "has colours of a kind that is not read (%s, %d samples a pixel)",
               name, dicom->samples);
  return FALSE;
}

static void
close_dicom (gpointer state)
{
  Picture *picture = state;

  g_clear_pointer (&picture->dicom, why_dicom_free);
  g_free (picture->order);
  g_free (picture);
}

static gpointer
open_dicom (WhyLoaderFile *file, WhyLoaderProperties *properties, GError **error)
{
  Picture *picture = g_new0 (Picture, 1);
  WhyDicom *dicom = picture->dicom = why_dicom_parse (file, error);

  if (dicom != NULL)
    {
      picture->is_grey = g_str_has_prefix (dicom->photometric, "MONOCHROME");
      picture->n_bytes = why_dicom_frame_bytes (dicom);
    }
  if (dicom == NULL || !check_colours (dicom, error) || !check_memory (file, picture, error))
    {
      close_dicom (picture);
      return NULL;
    }
  picture->order = g_new (gint64, (gsize) dicom->n_frames);
  properties->width = dicom->columns;
  properties->height = dicom->rows;
  properties->bits = 8;
  properties->bands = picture->is_grey ? 1 : 3;
  properties->has_series = dicom->has_series && picture->is_grey && dicom->n_frames == 1;
  memcpy (properties->series, dicom->series, sizeof properties->series);
  place (picture, properties);
  /* Two letters; more are nobody's business. */
  if (strlen (dicom->modality) == 2)
    g_strlcpy (properties->modality, dicom->modality, sizeof properties->modality);
  if (picture->is_grey)
    {
      properties->kind = dicom->n_frames > 1 ? WHY_LOADER_KIND_VOLUME : WHY_LOADER_KIND_PHOTO;
      properties->n_slices = dicom->n_frames;
      describe_values (dicom, properties);
    }
  else
    {
      properties->n_frames = dicom->n_frames;
      properties->has_world = FALSE;
    }
  return picture;
}

/* ---- values ---- */

static double
get_float (const WhyDicom *dicom, const guint8 *sample)
{
  if (dicom->bits_allocated == 64)
    {
      double value;
      memcpy (&value, sample, sizeof value);
      return value;
    }
  float value;
  memcpy (&value, sample, sizeof value);
  return (double) value;
}

/* The bits that are used, as a number with or without sign. */
static inline gint64
get_stored (const guint8 *sample, int allocated, int shift, int stored, gboolean is_signed)
{
  guint32 bits;

  if (allocated == 8)
    bits = *sample;
  else if (allocated == 16)
    {
      guint16 half;
      memcpy (&half, sample, sizeof half);
      bits = half;
    }
  else
    memcpy (&bits, sample, sizeof bits);
  bits >>= shift;
  if (stored < 32)
    bits &= (1u << stored) - 1;
  if (is_signed && (bits >> (stored - 1)) != 0)
    return (gint64) bits - ((gint64) 1 << stored);
  return bits;
}

/* One frame as the file means it. */
static gboolean
read_values (const Picture *picture, gint64 slice, float *values, GError **error)
{
  const WhyDicom *dicom = picture->dicom;
  const gint64 frame = picture->order[slice];
  const WhyDicomFrame *about = &dicom->frames[frame];
  const gsize n_pixels = (gsize) (dicom->rows * dicom->columns);
  const gsize size = (gsize) dicom->bits_allocated / 8;
  const int shift = dicom->high_bit + 1 - dicom->bits_stored;
  g_autofree guint8 *bytes = g_try_malloc (picture->n_bytes + 1);
  char photometric[17];
  int planar;

  if (bytes == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "there is not enough memory for its pixels");
      return FALSE;
    }
  if (!why_dicom_decode_frame (dicom, frame, bytes, photometric, &planar, error))
    return FALSE;
  for (gsize pixel = 0; pixel < n_pixels; pixel++)
    {
      const guint8 *sample = bytes + pixel * size;
      const double value = dicom->is_float ? get_float (dicom, sample)
                                           : (double) get_stored (sample, dicom->bits_allocated, shift,
                                                                  dicom->bits_stored, dicom->is_signed);
      values[pixel] = (float) (value * about->slope + about->intercept);
    }
  return TRUE;
}

/* ---- for the eye ---- */

/* Values between the ends of the file's window, or of nearly all of them, as 0 to 255. */
static void
apply_window (float *values, gsize n_values, const WhyLoaderProperties *properties)
{
  double low, high;

  if (properties->window_width > 0.0)
    {
      why_window_get_range (properties->window_centre, properties->window_width, properties->is_window_exact, &low,
                            &high);
    }
  else
    {
      float from, to;
      why_range_robust (values, n_values, &from, &to);
      low = (double) from;
      high = (double) to;
    }
  const double scale = high > low ? 255.0 / (high - low) : 255.0;
  for (gsize which = 0; which < n_values; which++)
    {
      const double share = isfinite (values[which]) ? ((double) values[which] - low) * scale : 0.0;
      const double grey = CLAMP (share, 0.0, 255.0);
      values[which] = (float) (properties->is_inverted ? 255.0 - grey : grey);
    }
}

static guint8
look_up (const WhyDicom *dicom, const guint8 *table, int band, int index)
{
  const WhyDicomPalette *palette = &dicom->palette[band];
  const guint entry = (guint) CLAMP (index - palette->first, 0, (int) palette->n_entries - 1);

  /* 16-bit entries carry the colour in their upper half; some writers pack 8 bits into such a table all the same. */
  if (palette->bits == 16 && palette->length >= 2 * (guint64) palette->n_entries)
    return table[2 * entry + (dicom->big_endian ? 0 : 1)];
  return table[entry];
}

static gboolean
paint_palette (const WhyDicom *dicom, const guint8 *bytes, guint8 *colours, GError **error)
{
  const gsize n_pixels = (gsize) (dicom->rows * dicom->columns);
  const int shift = dicom->high_bit + 1 - dicom->bits_stored;

  for (int band = 0; band < 3; band++)
    {
      const WhyDicomPalette *palette = &dicom->palette[band];
      const gsize length = (gsize) MIN (palette->length, 2 * (guint64) palette->n_entries);
      g_autofree guint8 *table = g_malloc (length);

      if (!why_dicom_read_at (dicom, palette->offset, table, length))
        {
          g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "is damaged: its table of colours is cut off");
          return FALSE;
        }
      for (gsize pixel = 0; pixel < n_pixels; pixel++)
        {
          const gint64 index = get_stored (bytes + pixel * ((gsize) dicom->bits_allocated / 8), dicom->bits_allocated,
                                           shift, dicom->bits_stored, dicom->is_signed);
          colours[3 * pixel + (gsize) band] = look_up (dicom, table, band, (int) index);
        }
    }
  return TRUE;
}

/* PS3.3 C.7.6.3.1.2: full range, as in JPEG files. */
static void
paint_ybr (guint8 *colours, gsize n_pixels)
{
  for (gsize pixel = 0; pixel < n_pixels; pixel++)
    {
      guint8 *at = colours + 3 * pixel;
      const double y = at[0], cb = at[1] - 128.0, cr = at[2] - 128.0;
      const double rgb[3] = { y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb };

      for (int band = 0; band < 3; band++)
        at[band] = (guint8) CLAMP (rgb[band] + 0.5, 0.0, 255.0);
    }
}

static gboolean
read_colours (const Picture *picture, guint8 *colours, GError **error)
{
  const WhyDicom *dicom = picture->dicom;
  const gsize n_pixels = (gsize) (dicom->rows * dicom->columns);
  g_autofree guint8 *bytes = g_try_malloc (picture->n_bytes + 1);
  char photometric[17];
  int planar;

  if (bytes == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "there is not enough memory for its pixels");
      return FALSE;
    }
  if (!why_dicom_decode_frame (dicom, 0, bytes, photometric, &planar, error))
    return FALSE;
  if (dicom->samples == 1)
    return paint_palette (dicom, bytes, colours, error);
  if (planar == 1)
    {
      for (gsize pixel = 0; pixel < n_pixels; pixel++)
        for (gsize band = 0; band < 3; band++)
          colours[3 * pixel + band] = bytes[band * n_pixels + pixel];
    }
  else
    {
      memcpy (colours, bytes, 3 * n_pixels);
    }
  if (g_str_has_prefix (photometric, "YBR"))
    paint_ybr (colours, n_pixels);
  return TRUE;
}

static gboolean
show (const Picture *picture, const WhyLoaderRequest *request, void *pixels, const WhyLoaderProperties *properties,
      GError **error)
{
  const WhyDicom *dicom = picture->dicom;
  const gsize n_pixels = (gsize) (dicom->rows * dicom->columns);
  g_autofree void *whole = g_try_malloc_n (n_pixels, picture->is_grey ? sizeof (float) : 3);

  if (whole == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "there is not enough memory for this view");
      return FALSE;
    }
  if (picture->is_grey ? !read_values (picture, request->slice, whole, error) : !read_colours (picture, whole, error))
    return FALSE;
  if (picture->is_grey)
    apply_window (whole, n_pixels, properties);
  if (!why_resample (whole, picture->is_grey ? WHY_SAMPLE_F32 : WHY_SAMPLE_U8, dicom->columns, dicom->rows,
                     picture->is_grey ? 1 : 3, (double) request->x, (double) request->y, (double) request->w,
                     (double) request->h, pixels,
                     picture->is_grey && request->depth == WHY_LOADER_DEPTH_FULL ? WHY_SAMPLE_F32 : WHY_SAMPLE_U8,
                     request->out_w, request->out_h))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "there is not enough memory for this view");
      return FALSE;
    }
  return TRUE;
}

static gboolean
read_dicom (gpointer state, const WhyLoaderRequest *request, void *pixels, WhyLoaderProperties *properties,
            GError **error)
{
  const Picture *picture = state;
  const gsize n_pixels = (gsize) (picture->dicom->rows * picture->dicom->columns);

  if (request->depth != WHY_LOADER_DEPTH_RAW)
    return show (picture, request, pixels, properties, error);
  for (gint64 slice = 0; slice < MAX (request->n_slices, 1); slice++)
    {
      if (why_loader_file_cancelled (picture->dicom->file))
        {
          g_set_error_literal (error, WHY_ERROR, WHY_ERROR_CANCELLED, "reading was cancelled");
          return FALSE;
        }
      if (!read_values (picture, request->slice + slice, (float *) pixels + (gsize) slice * n_pixels, error))
        return FALSE;
    }
  return TRUE;
}

const WhyLoaderFormat why_format_dicom = {
  .name = "DICOM",
  .sniff = why_dicom_sniff,
  .open = open_dicom,
  .read = read_dicom,
  .close = close_dicom,
};
