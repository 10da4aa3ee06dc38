#pragma once

#include "onnx-builder.h"

G_BEGIN_DECLS

/* Networks for tests of everything above the engine. */

/**
 * small_model:
 *
 * 3x16x16 -> conv1 (3x3, 4 channels) -> relu1 -> conv2 (stride 2, 6 channels) -> relu2 -> mean over space -> 3 classes
 * "logits" -> "probabilities" (Softmax). Weights are random but fixed. Recipe in the metadata: labels red, green, blue;
 * stretch to 16x16. Its answers depend on the whole picture.
 */
OnnxBuilder *small_model (void) G_GNUC_WARN_UNUSED_RESULT;

/** slow_model: a chain of 16 convolutions on 160x160, which takes a second or so */
OnnxBuilder *slow_model (void) G_GNUC_WARN_UNUSED_RESULT;

/**
 * volume_model:
 *
 * 1 x D x H x W of any size -> relu1 (a copy of what is positive) -> mean over space -> 2 classes "logits": plus and
 * minus the mean. The Grad-CAM map of class 0 at relu1 is the prepared volume divided by its number of voxels.
 */
OnnxBuilder *volume_model (void) G_GNUC_WARN_UNUSED_RESULT;

/**
 * small_volume:
 * @dims: columns, rows, slices
 * @values: (array): of the voxels, columns fastest
 * @spacing: (array fixed-size=3): millimetres
 * @world: (array fixed-size=12): voxel indices to millimetres, three rows of four
 *
 * Writes a NIfTI-1 file of float32.
 */
void small_volume (const char *path, const gint64 *dims, const float *values, const float *spacing, const float *world);

/** small_write: writes the model and frees it; the file is gone with its folder */
void small_write (OnnxBuilder *model, const char *path);

G_END_DECLS
