#pragma once

#include "explain/explain.h"

G_BEGIN_DECLS

/* ---- networks with other weights ---- */

/* ONNX files do not say how weights were initialised, so they are drawn anew by one of these. Biases,
 * normalisations and other tensors of rank 1, and integers, are always permuted: what has to be positive stays so. */
typedef enum
{
  WHY_REDRAW_PERMUTE,  /* the tensor's own numbers in another order: its distribution stays */
  WHY_REDRAW_GAUSSIAN, /* normal, with the tensor's mean and standard deviation */
  WHY_REDRAW_HE,       /* normal, mean 0, variance 2 / inputs of a unit (He et al., ICCV 2015) */
} WhyRedraw;

/** why_redraw_parse: "permute", "gaussian", "he"; an error lists them */
gboolean why_redraw_parse (const char *text, WhyRedraw *redraw, GError **error);
const char *why_redraw_id (WhyRedraw redraw);

/**
 * WhyWeights:
 *
 * The weights of a model by layers: a layer is a node that multiplies by a matrix or kernel (convolutions, Gemm, MatMul...) and
 * what comes after it, up to the next one: its bias, normalisation, slopes. Counted from the top, the network's output, in
 * the order of the file, which is topological.
 */
typedef struct _WhyWeights WhyWeights;

/** why_weights_find: %WHY_ERROR_BAD_REQUEST if the model has none that are known */
WhyWeights *why_weights_find (WhyOnnxModel *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void why_weights_free (WhyWeights *weights);
gsize why_weights_n_layers (const WhyWeights *weights);
/** why_weights_layer_name: of its node, or of what the node makes; 0: the top one */
const char *why_weights_layer_name (const WhyWeights *weights, gsize layer);

/**
 * why_weights_redraw:
 * @n_layers: how many from the top
 *
 * Returns: (transfer full) (nullable): the model with their weights drawn anew, the same for the same @seed; all other weights
 *   are shared
 */
WhyOnnxModel *why_weights_redraw (const WhyWeights *weights,
                                  gsize n_layers,
                                  WhyRedraw redraw,
                                  guint64 seed,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyWeights, why_weights_free)

/* ---- likeness ---- */

/**
 * WhyLikeness:
 * @spearman: rank correlation of the cells; @magnitude: of their magnitudes
 * @ssim, @hog: of the magnitudes enlarged to the input's size (linear) and stretched to 0..1; NaN for volumes and small inputs
 *
 * How alike two maps are; see similarity.h. A flat map is like none: 0.
 */
typedef struct
{
  double spearman, magnitude, ssim, hog;
} WhyLikeness;

/** why_likeness_measure: @input: of the network, for its size */
gboolean why_likeness_measure (const WhyMap *a,
                               const WhyMap *b,
                               const WhyTensor *input,
                               WhyLikeness *likeness,
                               GError **error);

/* ---- cascading randomisation ---- */

/**
 * WhySanityOptions:
 * @n_steps: at most so many networks from the top down; 0: 8. The last one is all random
 * @n_draws: networks for each step; 0: 3
 * @session: backend and memory of the sessions
 */
typedef struct
{
  WhyRedraw redraw;
  guint n_steps;
  guint n_draws;
  guint64 seed;
  WhySessionOptions session;
} WhySanityOptions;

/**
 * WhySanityStep:
 * @layer: the lowest layer drawn anew
 * @n_layers: drawn anew, from the top
 * @likeness: means over the draws; for the two correlations of their magnitudes: an inverted map is as alike
 * @worst: the largest magnitude of a correlation in any draw
 * @n_flat: draws whose map was flat or not finite
 */
typedef struct
{
  char *layer;
  gsize n_layers;
  WhyLikeness likeness;
  double worst;
  guint n_flat;
} WhySanityStep;

typedef enum
{
  WHY_SANITY_PASSES,  /* the all-random network's map is another: correlation below 0.5 */
  WHY_SANITY_UNCLEAR, /* 0.5 to 0.7 */
  WHY_SANITY_FAILS,   /* 0.7 and more: the map would be much the same if the network had learned nothing */
} WhySanityVerdict;

/**
 * WhySanity:
 * @n_weighted: layers of the network
 * @resemblance: of the last step: the larger of its two mean correlations; decides
 * @random_map: (nullable): by the last network
 */
typedef struct
{
  WhySanityStep *steps;
  gsize n_steps, n_weighted;
  double resemblance;
  WhySanityVerdict verdict;
  WhyMap *random_map;
} WhySanity;

void why_sanity_clear (WhySanity *sanity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WhySanity, why_sanity_clear)

/**
 * why_sanity_measure:
 * @request: the class must be stated. Maps are made signed, whatever its polarity: clipping would hide differences
 * @job: its session is of the model as it is
 *
 * Cascading parameter randomisation (Adebayo et al., NeurIPS 2018): the weights are drawn anew from the output down, layer
 * by layer, and the map of the same class at the same layer is made each time. A method whose map stays shows the
 * picture, not what the network learned. One session for each network; only one is alive at a time.
 */
gboolean why_sanity_measure (const WhyExplainRequest *request,
                             const WhyJob *job,
                             const WhySanityOptions *options,
                             WhySanity *sanity,
                             GError **error);

/* ---- controls ---- */

/**
 * WhyControls:
 * @other_class: one chosen by chance, -1: the network has only one
 * @by_class: the map of that class beside that of the target: alike where it shows what is there rather than
 *   why it is this class
 * @by_input: the map of the same picture with its positions in random order, likewise: alike where it does not depend
 *   on what is in the picture
 * @class_map, @input_map: (nullable)
 */
typedef struct
{
  int other_class;
  WhyLikeness by_class, by_input;
  WhyMap *class_map, *input_map;
} WhyControls;

void why_controls_clear (WhyControls *controls);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WhyControls, why_controls_clear)

/** why_controls_measure: arguments as for why_sanity_measure() */
gboolean why_controls_measure (const WhyExplainRequest *request,
                               const WhyJob *job,
                               guint64 seed,
                               WhyControls *controls,
                               GError **error);

G_END_DECLS
