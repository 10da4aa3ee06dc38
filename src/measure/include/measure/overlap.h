#pragma once

#include "base/cancel.h"
#include "explain/map.h"

G_BEGIN_DECLS

/* Where a map lies against an outline that somebody drew. All of it is counted in pixels of the source
 * picture, at whose resolution outlines are drawn: a map is spread over them first. */

#define WHY_OVERLAP_STEPS 100

/**
 * why_overlap_spread:
 * @map: of rank 2
 * @to_source: from map cells to source pixels, without rotation or shear
 * @smooth: bilinear between the centres of cells, as the window draws it; else each pixel has the
 *   value of the cell it lies in
 * @width, @height: of the source picture
 *
 * Returns: (transfer full) (nullable): float32 [height, width]: the map at the centre of every pixel,
 *   NaN where the network does not see the picture
 */
WhyTensor *why_overlap_spread (const WhyMap *map,
                               const WhyAffine *to_source,
                               gboolean smooth,
                               gint64 width,
                               gint64 height,
                               WhyCancel *cancel,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * WhyOverlapOptions:
 * @low, @high: what the thresholds 0 and 1 stand for, in values of the map; both 0: 0 and the
 *   largest value
 * @threshold: 0 to 1: for the figures at one threshold
 * @tolerance: in pixels: how far from the outline the peak may lie and still count
 * @against: measure the evidence against: the map with its sign turned
 */
typedef struct
{
  double low, high;
  double threshold;
  double tolerance;
  gboolean against;
} WhyOverlapOptions;

/**
 * WhyOverlap:
 * @n_pixels: that the network sees
 * @n_mask: pixels inside the outline, @n_mask_unseen: those of them the network does not see
 * @has_evidence: whether any value is above 0; without it there is neither peak nor share
 * @threshold, @iou: intersection over union of the outline and of the pixels whose value is above 0 and
 *   at least the threshold; pixels of the outline that are not seen are in the union
 * @precision: which part of those pixels is inside; @recall: which part of the outline they cover; NaN
 *   without any
 * @area: which part of the picture they are
 * @curve: IoU at the thresholds k / %WHY_OVERLAP_STEPS
 * @best_iou, @best_threshold: the largest of @curve, and the lowest threshold that has it
 * @hit: pointing game: whether a pixel with the largest value is inside, or within the tolerance
 *   (Zhang et al., ECCV 2016: 15 pixels; several largest ones: any)
 * @peak_x, @peak_y, @peak: the first largest value, at a pixel's centre
 * @energy: energy-based pointing game: the sum of the positive values inside over the sum of all
 *   (Wang et al., CVPR Workshops 2020); NaN without evidence
 * @expected: what chance would give for @energy: the part of the picture that is inside
 * @roc_auc: area under the ROC curve of "inside" told by the value: the share of pairs of a pixel inside and
 *   one outside that the map puts in the right order, ties counted half
 * @average_precision: the step-wise area under the precision-recall curve
 * @rank_accuracy: of as many pixels with the largest values as the outline has, how many are inside
 *   (Arras et al., 2022)
 *
 * The last three are NaN where all or none of the pixels are inside. They are taken from 65,536 levels of
 * value; values that share a level count as equal.
 */
typedef struct
{
  gsize n_pixels, n_mask, n_mask_unseen;
  gboolean has_evidence;
  double threshold, iou, precision, recall, area;
  double curve[WHY_OVERLAP_STEPS + 1];
  double best_iou, best_threshold;
  gboolean hit;
  double peak_x, peak_y, peak;
  double energy, expected;
  double roc_auc, average_precision, rank_accuracy;
} WhyOverlap;

/**
 * why_overlap_measure:
 * @map: float32 [h, w], dense; values that are not finite are not seen
 * @mask: uint8 [h, w], dense: not 0 is inside
 */
gboolean why_overlap_measure (const WhyTensor *map,
                              const WhyTensor *mask,
                              const WhyOverlapOptions *options,
                              WhyOverlap *overlap,
                              WhyCancel *cancel,
                              GError **error);

G_END_DECLS
