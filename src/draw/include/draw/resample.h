#pragma once

#include "base/affine.h"

G_BEGIN_DECLS

/* Resampling of maps: float32, one channel, rows dense. The one rule for screen and export.
 *
 * Coordinates are continuous with half-pixel centres: cell k covers k..k+1 and its centre is at
 * k + 0.5. Beyond the outermost centres the border value goes on (clamped edges). */

/**
 * WhyResample:
 * @WHY_RESAMPLE_NEAREST: the cell that the position lies in: cells are seen as cells
 * @WHY_RESAMPLE_BILINEAR: half-pixel bilinear; torch's interpolate (align_corners=False), cv2.INTER_LINEAR
 * @WHY_RESAMPLE_CORNER_ALIGNED: bilinear with the outermost centres of input and output on each other
 *   (align_corners=True; scipy's zoom of order 1). Only for why_resample_resize(); in a view it is
 *   plain bilinear with the map's affine from why_resample_corner_affine().
 * @WHY_RESAMPLE_BICUBIC: half-pixel, Keys' kernel with A = -0.75 (torch, cv2.INTER_CUBIC); may overshoot
 * @WHY_RESAMPLE_AREA: mean of the cells covered, weighted by the part covered: for making smaller
 */
typedef enum
{
  WHY_RESAMPLE_NEAREST,
  WHY_RESAMPLE_BILINEAR,
  WHY_RESAMPLE_CORNER_ALIGNED,
  WHY_RESAMPLE_BICUBIC,
  WHY_RESAMPLE_AREA,
} WhyResample;

/**
 * why_resample_resize:
 * @values: (array): @height rows of @width values
 * @out: (array) (out caller-allocates): @out_height rows of @out_width values
 *
 * Fits the whole map to another size. All sizes at least 1. Values that are not finite spread to
 * every output value that gives them a weight other than 0. Any thread; uses why_parallel_for(); the
 * result does not depend on the number of threads.
 */
void why_resample_resize (const float *values, int width, int height, WhyResample kind, float *out,
                          int out_width, int out_height);

/**
 * why_resample_affine:
 * @out_to_map: from output pixels to map cells, both continuous (centres at + 0.5)
 * @outside: value for output pixels whose centre is not on the map, e.g. NAN
 *
 * Samples the map for every output pixel centre. Exact for turns by 90 degrees and flips; other turns
 * are sampled point by point (%WHY_RESAMPLE_AREA then is bilinear).
 */
void why_resample_affine (const float *values, int width, int height, WhyResample kind,
                          const WhyAffine *out_to_map, float outside, float *out, int out_width,
                          int out_height);

/**
 * why_resample_at:
 * @map_x: continuous position in cells
 *
 * Returns: the value at one position, by the same rule as the drawing, for the probe; NAN outside the
 *   map. %WHY_RESAMPLE_AREA is bilinear here.
 */
float why_resample_at (const float *values, int width, int height, WhyResample kind, double map_x,
                       double map_y);

/**
 * why_resample_corner_affine:
 * @map_to_input: (out): from the cells of a @width x @height map to an @in_width x @in_height input when
 *   the centres of the corner cells sit on the centres of the corner pixels
 */
void why_resample_corner_affine (int width, int height, int in_width, int in_height,
                                 WhyAffine *map_to_input);

G_END_DECLS
