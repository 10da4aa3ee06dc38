#pragma once

#include "explain/explain.h"
#include "explain/layer.h"

G_BEGIN_DECLS

/* What methods share, and the methods. */

#define N_(text) text

/**
 * why_method_gradients:
 * @layers: (array length=n_layers): tensor names
 * @activations, @gradients: (out caller-allocates) (array length=n_layers) (transfer full): in the
 * engine's layout
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

/** why_method_channel_means: @means: (out caller-allocates) (array length=C): over space, in double
 */
void why_method_channel_means (const WhyTensor *tensor, double *means);

/** why_method_apply_polarity: on a signed map, in place */
void why_method_apply_polarity (WhyTensor *map, WhyPolarity polarity);

/** why_method_new_map: @values: (transfer full): signed; polarity is applied, geometry taken from
 * the layer */
WhyMap *why_method_new_map (const WhyExplainRequest *request,
                            const WhyJob *job,
                            WhyTensor *values,
                            double score);

extern const WhyExplainerClass why_gradcam;
extern const WhyExplainerClass why_gradient;

G_END_DECLS
