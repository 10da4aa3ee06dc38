#pragma once

#include "base/tensor.h"

G_BEGIN_DECLS

/**
 * WhyFilter:
 * @WHY_FILTER_NEAREST: the pixel under the centre
 * @WHY_FILTER_AREA: box (Pillow's BOX)
 * @WHY_FILTER_BILINEAR: triangle
 * @WHY_FILTER_BICUBIC: Keys' cubic, a = -0.5
 * @WHY_FILTER_LANCZOS: three lobes
 * @WHY_FILTER_BILINEAR_NOAA: two by two neighbours whatever the reduction, half-pixel centres, as
 *   OpenCV's INTER_LINEAR and torch's interpolate (align_corners=False, antialias=False)
 *
 * The first five are Pillow's: the support grows with the reduction (antialiasing).
 */
typedef enum
{
  WHY_FILTER_NEAREST,
  WHY_FILTER_AREA,
  WHY_FILTER_BILINEAR,
  WHY_FILTER_BICUBIC,
  WHY_FILTER_LANCZOS,
  WHY_FILTER_BILINEAR_NOAA,
} WhyFilter;

const char *why_filter_to_string (WhyFilter filter); /* "nearest", "area", ..., "bilinear-noaa" */
gboolean why_filter_from_string (const char *name, WhyFilter *filter);

/**
 * why_resize:
 * @pixels: [H, W, C], uint8, uint16 or float32, dense
 * @full_w: columns the whole picture is resized to; @full_h: rows
 * @win_x: first column wanted of that result; @win_y: first row
 * @win_w: columns wanted; @win_h: rows. The window must lie inside the result.
 * @filter: how
 *
 * Resizes the whole picture and returns a window of the result; only the window is computed.
 * For uint8 and Pillow's filters the arithmetic is Pillow's own (two passes, horizontal first, 22-bit
 * weights, rounding to 8 bits after each pass), so values are equal to Image.resize(). (Pillow 13 takes the
 * columns first where one axis grows and the other shrinks, which changes some values by one level; networks
 * in use today were trained before that.) For the other types, and for bilinear-noaa, weights are doubles and values
 * floats in the unit of the input.
 *
 * Source: Pillow's Resample.c (precompute_coeffs, ImagingResample*), reimplemented.
 *
 * Returns: (transfer full) (nullable): [win_h, win_w, C], uint8 where the above says so, else float32
 */
WhyTensor *why_resize (const WhyTensor *pixels,
                       gint64 full_w, gint64 full_h,
                       gint64 win_x, gint64 win_y, gint64 win_w, gint64 win_h,
                       WhyFilter filter,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
