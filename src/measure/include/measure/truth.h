#pragma once

#include "base/cancel.h"
#include "explain/map.h"

G_BEGIN_DECLS

/* A map against what is known to be true: which places carry evidence. Pictures and volumes alike. */

/**
 * WhyTruthScore:
 * @n_inside: positions of the structure
 * @expected: which part of the picture it is: what a map that is the same everywhere gets for @energy and @best_iou
 * @expected_pointing: which part of what the network sees lies inside or within the reach: what chance would give for @pointing
 * @has_evidence: whether any value is above 0
 * @pointing: which share of the positions with the largest value lies inside, or within the reach: 0 or 1 where there is
 *   one; a flat map gets no more than chance. 0 without evidence
 * @energy: the sum of the positive values inside over the sum of all; 0 without evidence
 * @best_iou: intersection over union at the best of 100 thresholds between 0 and the largest value
 * @mean_inside, @mean_outside: of the signed values; NaN where there are none
 */
typedef struct
{
  gsize n_inside;
  double expected, expected_pointing;
  gboolean has_evidence;
  double pointing, energy, best_iou;
  double mean_inside, mean_outside;
} WhyTruthScore;

/**
 * why_truth_spread:
 * @map: of rank 2 or 3
 * @to_source: from cells to pixels of the picture, in the plane, without rotation or shear
 * @depth_scale, @depth_offset: the same along depth: slice = scale * cell + offset; not looked at for rank 2
 * @rank: that of @map
 * @dims: (array length=rank): of the picture or volume
 *
 * Returns: (transfer full) (nullable): float32: the map at every position, linear between the centres of cells; NaN where the
 *   network does not see
 */
WhyTensor *why_truth_spread (const WhyMap *map,
                             const WhyAffine *to_source,
                             double depth_scale,
                             double depth_offset,
                             int rank,
                             const gint64 *dims,
                             WhyCancel *cancel,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_truth_score:
 * @map: float32, dense, rank 2 or 3, signed
 * @mask: uint8 of the same dims, dense: not 0 is inside
 * @reach: (array length=rank): how far along each axis a peak may lie from the structure and still count: half a cell of
 *   the map, whose place is known no better
 */
gboolean why_truth_score (WhyTensor *map,
                          WhyTensor *mask,
                          const double *reach,
                          WhyTruthScore *score,
                          WhyCancel *cancel,
                          GError **error);

/** why_truth_sign_is_right: of a structure that speaks against: its values are negative in the mean, and lower than elsewhere, so
 * that a map that is negative everywhere alike is not right */
gboolean why_truth_sign_is_right (const WhyTruthScore *against);

/**
 * why_truth_interval:
 * @share: of @n cases, 0 to 1
 * @low, @high: (out): 0 and 1 for no cases
 *
 * Between what a share lies with a probability of 95 % (Wilson, 1927).
 */
void why_truth_interval (double share, guint n, double *low, double *high);

G_END_DECLS
