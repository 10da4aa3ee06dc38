#include "config.h"

#include "methods.h"

/* Grad-CAM: Selvaraju et al., ICCV 2017. Weight of a channel: the mean of the score's gradient over
 * the layer's positions (their equation 1); map: ReLU of the weighted sum of activations (equation
 * 2). Evidence against a class is the counterfactual of the same paper: the map of the negated
 * gradient, which is the negative part of the signed map. */
static WhyTensor *
combine (const WhyExplainRequest *request,
         const WhyTensor *activation,
         const WhyTensor *gradient,
         GError **error)
{
  g_autofree double *weights = g_new0 (double, (gsize) MAX (activation->dims[1], 1));

  why_method_channel_means (gradient, weights);
  return why_method_weighted_sum (activation, weights, error);
}

const WhyExplainerClass why_gradcam = {
  .id = "gradcam",
  .title = N_ ("Grad-CAM"),
  .paper = "Selvaraju et al., ICCV 2017",
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT,
  .combine = combine,
};
