#pragma once

#include "graph/resize.h"

G_BEGIN_DECLS

/** why_resize_n_taps: how many input positions one output position along @axis sums */
gint64 why_resize_n_taps (const WhyResizeParams *params, int axis);

/**
 * why_resize_taps:
 * @sources: (out caller-allocates): why_resize_n_taps() indices
 * @weights: (out caller-allocates): their weights
 *
 * Returns: %FALSE if output position @position is outside and extrapolated; its weights are zero
 * then
 */
gboolean why_resize_taps (const WhyResizeParams *params, int axis, gint64 in_size, gint64 out_size,
                          gint64 position, gint64 *sources, double *weights);

G_END_DECLS
