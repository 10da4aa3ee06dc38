#pragma once

#include "base/tensor.h"

G_BEGIN_DECLS

/**
 * why_noise_add:
 * @tensor: float32, dense
 * @sigma: standard deviation
 * @seed: of the whole sequence
 * @sample: which of its draws: 0, 1, 2...
 *
 * Normal noise that is the same on every machine and for any number of threads. Element e of draw s
 * of a tensor with n elements has the index i = s n + e (n rounded up to an even number). Numbers
 * come in pairs (i even, i + 1) from two uniform ones, u = (splitmix64 (seed, i) >> 11) + 0.5 and
 * v likewise of i + 1, both over 2^53, by Box and Muller: sqrt (-2 ln u) cos (2 pi v) and with
 * sin. splitmix64 (seed, i) is the (i + 1)th number of Steele's generator started at seed.
 *
 * Returns: (transfer full) (nullable): @tensor plus noise; sums are rounded once
 */
WhyTensor *why_noise_add (const WhyTensor *tensor,
                          double sigma,
                          guint64 seed,
                          guint64 sample,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_noise_uniform: Returns: number @index of the sequence of @seed, above 0 and below 1 */
double why_noise_uniform (guint64 seed, guint64 index);

G_END_DECLS
