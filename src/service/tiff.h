#pragma once

#include "base/cancel.h"

G_BEGIN_DECLS

/**
 * WhyTiffPlace:
 * @um_x, @um_y: micrometres from value to value across and down; 0: unknown
 */
typedef struct
{
  double um_x, um_y;
} WhyTiffPlace;

/**
 * why_tiff_write:
 * @values: (array): @n_pages pages of @height rows of @width values
 * @place: (nullable): becomes the resolution of the file; unknown: none is stated
 * @description: UTF-8, for ImageDescription of the first page
 *
 * Writes float32 (sample format IEEE), one sample a pixel, deflated; of several pages each is a page of the file. In
 * one step: on any error or cancel the old file is still there. Blocks; any thread.
 */
gboolean why_tiff_write (const char *path, const float *values, gint64 width, gint64 height, gint64 n_pages,
                         const WhyTiffPlace *place, const char *description, const WhyCancel *cancel, GError **error);

G_END_DECLS
