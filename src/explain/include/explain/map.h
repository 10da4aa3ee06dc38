#pragma once

#include "base/affine.h"
#include "base/tensor.h"

G_BEGIN_DECLS

/**
 * WhyMap:
 * @values: raw float32 values, dense, rank 2 [h, w] or 3 [d, h, w]; never normalised, clipped only
 * as the polarity asks
 * @attribution: (nullable): for methods on the input: float32 in the input's shape [1, C,
 * spatial...], dense and signed whatever the polarity; @values is its summary over channels
 * @to_input: from map cells to pixels of the network's input, in the plane (x is the last
 * dimension); cell centres lie at +0.5 (see base/affine.h). Compose with the recipe's map for
 * source pixels
 * @depth_scale, @depth_offset: the same along depth for rank 3: input = scale * cell + offset
 * @method, @layer, @polarity, @profile: what made it: ids as on the command line; no layer (%NULL)
 * for methods on the input
 * @target_class: the class explained, -1 where the method knows none
 * @score_kind: "logit" or "probability"
 * @score: value of the score explained
 * @minimum, @maximum: of the finite values; 0 if there are none
 * @n_not_finite: values that are NaN or infinite
 * @reason: (nullable): for a map that is flat, empty or not finite: one sentence that says why, and
 * what to do
 *
 * The result of an explanation: immutable once made, counted, shared between threads.
 */
typedef struct
{
  WhyTensor *values;
  WhyTensor *attribution;
  WhyAffine to_input;
  double depth_scale;
  double depth_offset;
  char *method;
  char *layer;
  char *polarity;
  char *profile;
  int target_class;
  char *score_kind;
  double score;
  double minimum;
  double maximum;
  gsize n_not_finite;
  char *reason;
  /*< private >*/
  _Atomic int ref_count;
} WhyMap;

/** why_map_new: @values: (transfer full). Strings are copied; statistics are taken, @reason is left
 * open. */
WhyMap *why_map_new (WhyTensor *values,
                     const WhyAffine *to_input,
                     const char *method,
                     const char *layer,
                     const char *polarity,
                     const char *profile) G_GNUC_WARN_UNUSED_RESULT;
WhyMap *why_map_ref (WhyMap *map);
void why_map_unref (WhyMap *map);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyMap, why_map_unref)

G_END_DECLS
