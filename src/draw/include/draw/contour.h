#pragma once

#include "draw/resample.h"

G_BEGIN_DECLS

/**
 * WhyContourLine:
 * @points: (array): @n_points pairs x, y in map cells (continuous, centres at + 0.5)
 * @closed: the last point is joined to the first
 *
 * Higher values are on the same side of every line: to the right, walking along it with y downwards.
 */
typedef struct
{
  double *points;
  gsize n_points;
  gboolean closed;
} WhyContourLine;

void why_contour_line_free (WhyContourLine *line);

/**
 * why_contour_trace:
 * @kind: how values between the cell centres are found; %WHY_RESAMPLE_NEAREST gives the outline of the
 *   cells at or above @level, the others marching squares on a finer grid of the interpolated map, so
 *   that lines agree with the colours
 * @level: in raw units
 *
 * Values that are not finite count as below every level.
 *
 * Returns: (transfer full) (element-type WhyContourLine): the lines, possibly none
 */
GPtrArray *why_contour_trace (const float *values, int width, int height, WhyResample kind, double level)
    G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyContourLine, why_contour_line_free)

G_END_DECLS
