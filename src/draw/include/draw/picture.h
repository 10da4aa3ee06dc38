#pragma once

#include "base/tensor.h"
#include "draw/overlay.h"

G_BEGIN_DECLS

/**
 * why_picture_check:
 * @picture: wanted: uint8, dims [H, W, C] with C = 3 (sRGB) or 1 (grey), any strides
 *
 * Returns: %FALSE with %WHY_ERROR_BAD_SHAPE if it is something else
 */
gboolean why_picture_check (const WhyTensor *picture, GError **error);

/**
 * why_picture_render:
 * @picture: as for why_picture_check()
 * @view: the part to show, in pixels of @picture
 * @smooth: above 1:1 interpolate; else pixels are seen as pixels. Below 1:1 always the mean of the area.
 * @pixels: (out caller-allocates): native-endian 0xAARRGGBB; opaque on the picture, 0 outside it
 * @stride: bytes from row to row
 *
 * Any thread; the same code for screen, thumbnails and figures.
 */
void why_picture_render (const WhyTensor *picture, const WhyRect *view, gboolean smooth, int out_width,
                         int out_height, guint32 *pixels, gsize stride);

/**
 * why_picture_paint:
 * @target: where @view goes, in user units of @cr
 * @device_scale: pixels wanted for a user unit
 */
void why_picture_paint (cairo_t *cr, const WhyTensor *picture, const WhyRect *view, gboolean smooth,
                        const WhyRect *target, double device_scale);

G_END_DECLS
