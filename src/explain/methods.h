#pragma once

#include "explain/explain.h"
#include "explain/layer.h"

G_BEGIN_DECLS

/* What methods share, and the methods. */

#define N_(text) text

/* ---- options and profile of a request; presets where it names none ---- */

double why_option_real (const WhyExplainRequest *request, const char *id);
int why_option_integer (const WhyExplainRequest *request, const char *id);
gboolean why_option_boolean (const WhyExplainRequest *request, const char *id);
const char *why_option_choice (const WhyExplainRequest *request, const char *id);
WhyProfileKind why_method_profile (const WhyExplainRequest *request);

/* ---- runs ---- */

/** why_method_logits: @logits: (out) (transfer full): dense values of @target->logits */
gboolean
why_method_logits (const WhyTarget *target, const WhyJob *job, WhyTensor **logits, GError **error);

/**
 * why_method_gradients:
 * @layers: (array length=n_layers): tensor names
 * @activations, @gradients: (out caller-allocates) (array length=n_layers) (transfer full): in the
 * engine's layout; of token layers as [1, C, grid...], so that methods need not know of them
 * @score: (out): value of the score
 *
 * Runs the network and its gradient for the request's score. An empty region gives zero gradients.
 */
gboolean why_method_gradients (const WhyExplainRequest *request,
                               const WhyTarget *target,
                               const WhyJob *job,
                               WhyGradRule rule,
                               const char *const *layers,
                               gsize n_layers,
                               WhyTensor **activations,
                               WhyTensor **gradients,
                               double *score,
                               GError **error);

/** why_method_gradients_of: the same for a score of the method's own: @seed: its derivative by the
 * logits */
gboolean why_method_gradients_of (const WhyTarget *target,
                                  const WhyJob *job,
                                  WhyGradRule rule,
                                  WhyTensor *seed,
                                  const char *const *layers,
                                  gsize n_layers,
                                  WhyTensor **activations,
                                  WhyTensor **gradients,
                                  GError **error);

/**
 * why_method_emit_grid:
 * @layer: a layer's value
 * @value: it, or its gradient
 *
 * Returns: (nullable): for WhyExplainerClass.emit: @value as [1, C, grid...]: itself, or for a token
 *   layer with the nodes that lay it out so
 */
WhyValue *why_method_emit_grid (WhyMapBuilder *builder,
                                const WhyValue *layer,
                                WhyValue *value,
                                GError **error);

/**
 * why_method_activations: as why_method_gradients(), where no gradient is needed
 */
gboolean why_method_activations (const WhyJob *job,
                                 const char *const *layers,
                                 gsize n_layers,
                                 WhyTensor **activations,
                                 GError **error);

/**
 * why_method_signed_map:
 * @request: with one layer, and one score
 *
 * The map of a method that is a function of activation and gradient (weights, contribute or
 * combine), with the options all such methods share.
 *
 * Returns: (transfer full): float32 [spatial...], dense
 */
WhyTensor *why_method_signed_map (const WhyExplainerClass *klass,
                                  const WhyExplainRequest *request,
                                  const WhyTensor *activation,
                                  const WhyTensor *gradient,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- tensors of a layer ---- */

/**
 * WhyWalk:
 *
 * Positions and channels of a layer's tensor [1, C, spatial...], and how to walk them in its
 * memory, in elements: a dense tensor has its channels one after the other, one with channels last
 * its positions.
 */
typedef struct
{
  gsize channels, positions, channel_step, position_step;
} WhyWalk;

WhyWalk why_walk (const WhyTensor *tensor);

/**
 * why_method_weighted_sum:
 * @activation: [1, C, spatial...], either layout
 * @weights: (array length=C)
 *
 * Returns: (transfer full): float32 [spatial...], dense: the sum over channels of weight times
 * activation, in double until stored
 */
WhyTensor *why_method_weighted_sum (const WhyTensor *activation,
                                    const double *weights,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_method_channel_sum: Returns: (transfer full): float32 [spatial...], dense */
WhyTensor *why_method_channel_sum (const WhyTensor *tensor,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_method_new_like: Returns: (transfer full): uninitialised, with the dims and layout of
 *   @tensor, which is dense or channels last */
WhyTensor *why_method_new_like (const WhyTensor *tensor, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_method_channel_means: @means: (out caller-allocates) (array length=C): over space, in double
 */
void why_method_channel_means (const WhyTensor *tensor, double *means);

/**
 * why_method_rows:
 *
 * Returns: (transfer full) (array length=positions*channels): in double, one row a position
 * whatever the tensor's layout, so that results do not depend on it; what is not finite becomes 0
 */
double *why_method_rows (const WhyTensor *tensor) G_GNUC_WARN_UNUSED_RESULT;

/* How the free sign of a singular vector is chosen. */
typedef enum
{
  WHY_SIGN_LARGEST, /* the value of largest magnitude, the first of several, is positive */
  WHY_SIGN_SUM,     /* the projection goes with the sum of the columns; else as the largest */
  WHY_SIGN_REACH,   /* the maximum is no smaller than minus the minimum (Seg-Eigen-CAM) */
  WHY_SIGN_LAPACK,  /* what LAPACK's dgesdd returns, for agreement with NumPy */
} WhySign;

/**
 * why_method_principal:
 * @rows: (array length=n_rows*n_columns): altered if they are to be centred
 * @centre: subtract the mean of each column first
 * @projection: (out caller-allocates) (array length=n_rows): of the rows on the first right
 *   singular vector. All zeros for rows that are
 *
 * Returns: %FALSE if LAPACK finds no solution
 */
gboolean why_method_principal (double *rows,
                               gsize n_rows,
                               gsize n_columns,
                               gboolean centre,
                               WhySign sign,
                               double *projection,
                               GError **error);

/** why_method_top_eigenvector: @matrix: (array length=n*n): symmetric; destroyed. @vector: (out
 * caller-allocates) (array length=n): of the largest eigenvalue, of length 1 */
gboolean
why_method_top_eigenvector (double *matrix, gsize n, double *vector, double *value, GError **error);

/** why_method_first_component: Returns: (transfer full): float32 [spatial...]: @tensor [1, C,
 *   spatial...] projected on its first principal component; it goes with
 *   the sum over channels, or has the sign that the profile decides on */
WhyTensor *why_method_first_component (const WhyExplainRequest *request,
                                       const WhyTensor *tensor,
                                       gboolean centre,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_method_new_values: Returns: (transfer full): float32 [spatial...] of a layer's tensor from
 * one number a position */
WhyTensor *why_method_new_values (const WhyTensor *activation,
                                  const double *values,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- maps ---- */

/** why_method_apply_polarity: on a signed map, in place */
void why_method_apply_polarity (WhyTensor *map, WhyPolarity polarity);

/** why_method_new_map: @values: (transfer full): signed; polarity is applied, geometry taken from
 * the layer; the class's note goes with it */
WhyMap *why_method_new_map (const WhyExplainRequest *request,
                            const WhyJob *job,
                            WhyTensor *values,
                            double score);

/**
 * why_method_fuse:
 * @parts: (array length=n_parts): of several layers, with their polarity
 * @fusion: as the option "fusion"
 * @gamma: 0, or maps are sharpened by tanh (gamma x) first (LayerCAM)
 *
 * Each map is divided by its largest magnitude and enlarged to the finest grid among them
 * (bilinear, half-pixel centres), then one value is made of those at a position: that of largest
 * magnitude, the mean or the product.
 *
 * Returns: (transfer full)
 */
WhyTensor *why_method_fuse (WhyTensor *const *parts,
                            gsize n_parts,
                            const char *fusion,
                            double gamma,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- the methods ---- */

extern const WhyExplainerClass why_cam;
extern const WhyExplainerClass why_gradcam;
extern const WhyExplainerClass why_counterfactual;
extern const WhyExplainerClass why_hirescam;
extern const WhyExplainerClass why_elementwise;
extern const WhyExplainerClass why_gradcampp;
extern const WhyExplainerClass why_smoothgradcampp;
extern const WhyExplainerClass why_xgradcam;
extern const WhyExplainerClass why_layercam;
extern const WhyExplainerClass why_eigencam;
extern const WhyExplainerClass why_eigengradcam;
extern const WhyExplainerClass why_segeigencam;
extern const WhyExplainerClass why_kpcacam;
extern const WhyExplainerClass why_fem;
extern const WhyExplainerClass why_finercam;
extern const WhyExplainerClass why_refinecam;
extern const WhyExplainerClass why_gradient;
extern const WhyExplainerClass why_random;
extern const WhyExplainerClass why_sobel;

G_END_DECLS
