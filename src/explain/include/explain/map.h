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
 * @options: (nullable): of the method, as in the request
 * @more_layers: (nullable) (array zero-terminated=1): layers fused with @layer
 * @parts: (array length=n_parts): for a map made of several: the maps it was made of, with the same
 *   polarity, each dense in its layer's size: of all layers, for the picture as it is and then for
 *   every altered form of it, turned back
 * @n_part_layers: layers among the parts
 * @target_class: the class explained, -1 where the method knows none
 * @contrast_class: the class it was compared with, -1: none
 * @also_classes: (nullable) (array length=n_also_classes): classes added
 * @score_kind: as why_score_id() has it
 * @score: value of the score explained
 * @has_residual, @residual: for methods whose attributions must add up to a known number: what they
 *   add up to, less that number, in units of the score
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
  char *options;
  char **more_layers;
  WhyTensor **parts;
  gsize n_parts, n_part_layers;
  int target_class;
  int contrast_class;
  int *also_classes;
  gsize n_also_classes;
  char *score_kind;
  double score;
  gboolean has_residual;
  double residual;
  double minimum;
  double maximum;
  gsize n_not_finite;
  char *reason;
  char *note;
  /*< private >*/
  WhyTensor *projections[3]; /* nullable: see why_map_prepare_projections() */
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

/**
 * why_map_plane:
 * @map: of rank 3
 * @axis: the dimension of [d, h, w] that the plane stands on
 * @position: where on it, in continuous cells: centres lie at +0.5
 * @smooth: interpolate linearly between the two nearest cells; else the cell that @position lies in
 *
 * Returns: (transfer full) (nullable): a map of rank 2; to_input is in the plane's own two axes (x
 * along the last of them), minimum and maximum are still those of the whole map. %NULL if there is no
 * memory
 */
WhyMap *why_map_plane (const WhyMap *map,
                       int axis,
                       double position,
                       gboolean smooth) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_map_project:
 * @map: of rank 3
 * @axis: the dimension of [d, h, w] that is looked along
 *
 * The highest value along an axis; of signed maps the one farthest from zero, with its sign.
 *
 * Returns: (transfer full) (nullable): as why_map_plane()
 */
WhyMap *why_map_project (const WhyMap *map, int axis) G_GNUC_WARN_UNUSED_RESULT;

/** why_map_prepare_projections: so that why_map_project() need not look at every cell: by whoever makes the map, before
 *  anybody else has it. Nothing happens with other ranks */
void why_map_prepare_projections (WhyMap *map);
void why_map_unref (WhyMap *map);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyMap, why_map_unref)

G_END_DECLS
