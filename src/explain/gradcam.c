#include "config.h"

#include "methods.h"

/* Grad-CAM: Selvaraju et al., ICCV 2017. Weight of a channel: the mean of the score's gradient over
 * the layer's positions (their equation 1); map: ReLU of the weighted sum of activations (equation
 * 2). Evidence against a class is the counterfactual of the same paper: the map of the negated
 * gradient, which is the negative part of the signed map. */
static gboolean
weigh (const WhyExplainRequest *request,
       const WhyTensor *activation,
       const WhyTensor *gradient,
       double *weights,
       GError **error)
{
  why_method_channel_means (gradient, weights);
  return TRUE;
}

static WhyValue *
emit (WhyMapBuilder *builder, WhyValue *activation, WhyValue *gradient, GError **error)
{
  WhyValue *grid = why_method_emit_grid (builder, activation, gradient, error);
  WhyValue *weights = grid != NULL ? why_map_channel_means (builder, grid, error) : NULL;

  grid = weights != NULL ? why_method_emit_grid (builder, activation, activation, error) : NULL;
  return grid != NULL ? why_map_weighted_sum (builder, grid, weights, error) : NULL;
}

const WhyExplainerClass why_gradcam = {
  .id = "gradcam",
  .title = N_ ("Grad-CAM"),
  .paper = "Selvaraju et al., ICCV 2017",
  .about = N_ ("Where channels are active that raise the class's score, by their mean gradient."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM | WHY_FITS_CAPTUM | WHY_FITS_TORCHCAM | WHY_FITS_MONAI |
              WHY_FITS_TF_KERAS_VIS,
  .weights = weigh,
  .emit = emit,
};
