#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  WHY_SAMPLE_U8,
  WHY_SAMPLE_U16,
  WHY_SAMPLE_F32, /* range 0..255 */
} WhySample;

gsize why_sample_size (WhySample sample);

/**
 * why_resample:
 * @source: rows of @source_w * @bands samples, no padding
 * @x: the region in source pixels, fractions allowed, inside the picture
 * @target: rows of @target_w * @bands samples
 *
 * Reduces by averaging over the exact area each target pixel covers, enlarges by repeating the nearest pixel
 * (each axis for itself). Equal sizes at whole offsets copy. Going to fewer bits divides 16-bit values by 257,
 * rounds and clips.
 *
 * Returns: FALSE if there is no memory for a row
 */
gboolean why_resample (const void *source, WhySample source_type, gint64 source_w, gint64 source_h, int bands,
                       double x, double y, double w, double h,
                       void *target, WhySample target_type, gint64 target_w, gint64 target_h);

/** why_reorient: writes @source as EXIF @orientation (1..8) says it is to be shown; the upright width is
 *  @source_h for 5..8. @pixel_size in bytes. */
void why_reorient (const void *source, gint64 source_w, gint64 source_h, gsize pixel_size, int orientation,
                   void *target);

G_END_DECLS
