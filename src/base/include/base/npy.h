#pragma once

#include "base/tensor.h"

G_BEGIN_DECLS

/**
 * why_npy_read:
 * @path: a NumPy .npy file, format version 1 to 3, little-endian, C or Fortran order
 *
 * Types bool, int8..int64, uint8..uint64, float16, float32, float64. Header and sizes are checked
 * against the file's length before anything is allocated.
 *
 * Returns: (transfer full) (nullable): a dense tensor, or %NULL with an error naming the file
 */
WhyTensor *why_npy_read (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_npy_write:
 *
 * Writes @tensor in C order, format version 1.0, atomically (the old file or the new one, never a
 * half). bfloat16 is written as float32.
 */
gboolean why_npy_write (WhyTensor *tensor, const char *path, GError **error);

G_END_DECLS
