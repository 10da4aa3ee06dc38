#pragma once

#include "base/tensor.h"

G_BEGIN_DECLS

/**
 * why_project_volume:
 * @volume: float32 [d, h, w], or with a fourth dimension of 1; dense
 * @signed_values: of values with sign take the one that is farthest from zero; else the highest
 * @projections: (out) (array length=3): what is seen along each of the dimensions: [h, w], [d, w] and [d, h]
 *
 * Maximum intensity projections along all three axes, in one pass over the volume. What is not a number is
 * not seen; where there is nothing else the result is 0.
 *
 * Returns: %FALSE if there is no memory; nothing is returned then
 */
gboolean why_project_volume (const WhyTensor *volume, gboolean signed_values, WhyTensor **projections, GError **error);

G_END_DECLS
