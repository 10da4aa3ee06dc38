#include "config.h"

#include "methods.h"

/* Grad-CAM: Selvaraju et al., ICCV 2017. Weight of a channel: the mean of the score's gradient over the
 * layer's positions (their equation 1); map: ReLU of the weighted sum of activations (equation 2).
 * Evidence against a class is the counterfactual of the same paper: the map of the negated gradient,
 * which is the negative part of the signed map. */
static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  g_autoptr (WhyTensor) activation = NULL;
  g_autoptr (WhyTensor) gradient = NULL;
  double score = 0;

  if (!why_method_gradients (request, target, job, WHY_GRAD_RULE_GRADIENT, &activation, &gradient, &score, error))
    return NULL;
  g_autofree double *weights = g_new0 (double, (gsize) MAX (activation->dims[1], 1));
  why_method_channel_means (gradient, weights);
  WhyTensor *values = why_method_weighted_sum (activation, weights, error);
  return values != NULL ? why_method_new_map (request, job, values, score) : NULL;
}

const WhyExplainerClass why_gradcam = {
  .id = "gradcam",
  .title = N_ ("Grad-CAM"),
  .paper = "Selvaraju et al., ICCV 2017",
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT,
  .run = run,
};
