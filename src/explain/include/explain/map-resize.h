#pragma once

#include "base/tensor.h"

G_BEGIN_DECLS

/* Enlarging and shrinking of maps, as the libraries do it that maps are compared with. Along each
 * axis on its own, in double until stored. How the program itself draws maps is a matter of
 * src/draw. */

typedef enum
{
  WHY_RESIZE_LINEAR,         /* cell centres at half pixels, edges repeated (OpenCV, PyTorch) */
  WHY_RESIZE_LINEAR_CORNERS, /* first and last cells' centres stay at the ends (SciPy's zoom) */
  WHY_RESIZE_NEAREST,        /* floor of the scaled index (PyTorch) */
  WHY_RESIZE_CUBIC_CORNERS,  /* interpolating cubic spline, mirrored at the ends (SciPy's zoom) */
} WhyResizeKind;

/**
 * why_map_resize:
 * @map: float32, dense
 * @dims: (array length=map's rank): each at least 1
 *
 * Returns: (transfer full) (nullable): float32, dense
 */
WhyTensor *why_map_resize (const WhyTensor *map,
                           const gint64 *dims,
                           WhyResizeKind kind,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
