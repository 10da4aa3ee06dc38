#pragma once

#include "base/cancel.h"

G_BEGIN_DECLS

/**
 * why_nifti_write:
 * @path: ends in .nii, or in .nii.gz to be compressed
 * @values: float32 [D, H, W], dense
 * @dims: (array fixed-size=3): D, H, W
 * @voxel_to_world: (nullable) (array fixed-size=12): three rows of four: (column, row, slice) to millimetres; %NULL:
 *   not stated
 *
 * Writes a NIfTI-1 file of one volume. In one step: on any error or cancel the old file is still there. Blocks; any thread.
 * Source: nifti1.h of the NIfTI Data Format Working Group.
 */
gboolean why_nifti_write (const char *path, const float *values, const gint64 *dims, const double *voxel_to_world,
                          const WhyCancel *cancel, GError **error);

G_END_DECLS
