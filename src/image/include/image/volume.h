#pragma once

#include "base/affine.h"
#include "base/tensor.h"

G_BEGIN_DECLS

/* Planes through a volume, as a picture shows them. */

/**
 * WhyPlane:
 * @axis: the dimension of the volume [D, H, W] that the plane stands on: 0, 1 or 2
 * @index: which entry of it
 * @transpose: rows and columns are exchanged
 * @flip_x, @flip_y: then mirrored
 *
 * Rows and columns of a plane are the two other dimensions in their order, unless transposed.
 */
typedef struct
{
  int axis;
  gint64 index;
  gboolean transpose;
  gboolean flip_x, flip_y;
} WhyPlane;

/* Anatomical planes. */
typedef enum
{
  WHY_PLANE_AXIAL,
  WHY_PLANE_CORONAL,
  WHY_PLANE_SAGITTAL,
} WhyPlaneKind;

const char *why_plane_kind_to_string (WhyPlaneKind kind); /* "axial", "coronal", "sagittal" */
gboolean why_plane_kind_from_string (const char *name, WhyPlaneKind *kind);

/**
 * why_plane_find:
 * @dims: (array fixed-size=3): of the volume [D, H, W]
 * @voxel_to_world: (nullable) (array fixed-size=12): see why_image_source_get_voxel_to_world()
 * @index: in file order, from the kind's axis
 *
 * The plane of the volume that is nearest to an anatomical one, turned as radiologists show it: front or top
 * of the body at the top, the patient's right at the left; sagittal planes with the front at the left. Without
 * a transform the file's slices count as axial and nothing is turned.
 */
WhyPlane why_plane_find (WhyPlaneKind kind, const gint64 *dims, const double *voxel_to_world, gint64 index);

/** why_plane_get_count: how many planes there are along its axis */
gint64 why_plane_get_count (const WhyPlane *plane, const gint64 *dims);

/** why_plane_get_size: columns and rows of the picture */
void why_plane_get_size (const WhyPlane *plane, const gint64 *dims, gint64 *width, gint64 *height);

/**
 * why_plane_get_affine:
 *
 * Returns: from continuous coordinates in the plane (x along the last of its two dimensions, y along the first)
 *   to those of the picture
 */
WhyAffine why_plane_get_affine (const WhyPlane *plane, const gint64 *dims);

/**
 * why_volume_take_plane:
 * @volume: float32 [D, H, W] or [D, H, W, 1], dense
 *
 * Returns: (transfer full) (nullable): float32 [h, w, 1]: the plane's values, turned as it is shown
 */
WhyTensor *why_volume_take_plane (const WhyTensor *volume, const WhyPlane *plane,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_volume_take_projection:
 * @projection: float32 of the plane's two dimensions, dense: see why_project_volume()
 * @dims: (array fixed-size=3): of the volume
 *
 * As why_volume_take_plane(), of what is seen along the plane's axis; its index means nothing.
 */
WhyTensor *why_volume_take_projection (const WhyTensor *projection, const gint64 *dims, const WhyPlane *plane,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_window_apply:
 * @pixels: uint16 or float32, dense
 * @low, @high: what becomes 0 and 255 (base/range.h chooses where nobody does); @high may be the lower one
 * @type: uint8 or float32 of the result
 *
 * Returns: (transfer full) (nullable): of the same dimensions, between 0 and 255; not-a-number is what @low becomes
 */
WhyTensor *why_window_apply (const WhyTensor *pixels, double low, double high, WhyDType type,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
