#pragma once

#include "base/tensor.h"

G_BEGIN_DECLS

/* How alike two maps are. No two programs agree on the settings of SSIM and HOG, so they are stated
 * here, and are those that scikit-image has when none are given. */

/**
 * why_similarity_pearson:
 * @a, @b: (array length=n): pairs of which one is not finite are left out
 *
 * Returns: Pearson's correlation, -1 to 1; NaN if one of them is constant
 */
double why_similarity_pearson (const float *a, const float *b, gsize n);

/**
 * why_similarity_spearman:
 * @a, @b: (array length=n): pairs of which one is not finite are left out
 * @absolute: compare magnitudes: for maps whose sign is arbitrary
 *
 * Returns: Spearman's rank correlation: Pearson's of the ranks, equal values sharing their mean rank;
 *   NaN if one of them is constant
 */
double why_similarity_spearman (const float *a, const float *b, gsize n, gboolean absolute);

/**
 * why_similarity_ssim:
 * @a, @b: float32 [h, w], dense, of the same size, at least 7 x 7
 * @range: the data's range, L: largest value less least
 *
 * Structural similarity (Wang, Bovik, Sheikh and Simoncelli, IEEE TIP 2004): windows of 7 x 7 pixels with equal
 * weights, K1 = 0.01, K2 = 0.03, sample covariances (divided by 48); mean over the pixels whose window lies in the
 * picture.
 *
 * Returns: 1 for equal pictures; NaN for pictures that are too small or not finite
 */
double why_similarity_ssim (const WhyTensor *a, const WhyTensor *b, double range);

/**
 * why_similarity_hog:
 * @map: float32 [h, w], dense; at least @cell x 3 pixels along both axes
 * @cell: pixels of a cell, even
 * @n: (out): how many numbers
 *
 * Histograms of oriented gradients (Dalal and Triggs, CVPR 2005): central differences, 0 at the border; 9
 * orientations of 20 degrees without interpolation, each cell the mean magnitude by orientation; blocks of 3 x 3
 * cells, one for every cell they fit at, normalised by L2-Hys (epsilon 1e-5, clipped at 0.2).
 *
 * Returns: (transfer full) (nullable) (array length=n): %NULL if the map is too small
 */
float *why_similarity_hog (const WhyTensor *map, gint64 cell, gsize *n) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_similarity_hogs:
 *
 * Returns: Pearson's correlation of the two maps' HOG with cells of 16 pixels, as the paper on sanity checks
 *   has it (Adebayo et al., NeurIPS 2018); NaN where there is none
 */
double why_similarity_hogs (const WhyTensor *a, const WhyTensor *b);

G_END_DECLS
