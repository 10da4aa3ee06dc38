#include "config.h"

#include "methods.h"

#include "gradcampp.h"

#include <math.h>

/* Grad-CAM++: Chattopadhyay et al., WACV 2018. A channel's weight is the sum over positions of
 * alpha ReLU (G), with alpha = G^2 / (2 G^2 + G^3 sum_q A (q)) (their equation 19), 0 where G is 0.
 *
 * The paper explains Y = exp (z), whose derivatives by A are exp (z) times powers of G for the
 * piecewise linear networks it speaks of: exp (z) cancels in alpha and is one positive factor of
 * all weights. It is left out here, so that the map is in units of the logit and large logits do
 * not overflow. */

double
why_gradcampp_alpha (WhyProfileKind profile, double g2, double g3, double sum_a, double sum_ag3)
{
  double denominator = 2 * g2 + g3 * sum_a;

  switch (profile)
    {
    case WHY_PROFILE_PYTORCH_GRAD_CAM:
      return g2 / (denominator + 1e-6);
    case WHY_PROFILE_TORCHCAM:
      /* The library divides a copy: alpha stays the square. */
      return g2;
    case WHY_PROFILE_MONAI:
      denominator = 2 * g2 + sum_ag3;
      return g2 / ((denominator != 0 ? denominator : 1) + 1e-7);
    case WHY_PROFILE_PAPER:
    case WHY_PROFILE_CAPTUM:
    case WHY_PROFILE_TF_KERAS_VIS:
    case WHY_N_PROFILES:
      break;
    }
  return denominator != 0 ? g2 / denominator : 0;
}

static gboolean
weigh (const WhyExplainRequest *request,
       const WhyTensor *activation,
       const WhyTensor *gradient,
       double *weights,
       GError **error)
{
  const WhyProfileKind profile = why_method_profile (request);
  const WhyWalk walk = why_walk (activation);
  const float *a = activation->data, *g = gradient->data;

  for (gsize c = 0; c < walk.channels; c++)
    {
      double sum_a = 0, sum_ag3 = 0, sum_alpha = 0, sum = 0;
      for (gsize at = 0; at < walk.positions; at++)
        {
          const gsize place = at * walk.position_step + c * walk.channel_step;
          const double slope = (double) g[place];
          sum_a += (double) a[place];
          sum_ag3 += (double) a[place] * slope * slope * slope;
        }
      for (gsize at = 0; at < walk.positions; at++)
        {
          const double slope = (double) g[at * walk.position_step + c * walk.channel_step];
          /* Undefined gradients stay visible in the map. */
          if (slope == 0)
            continue;
          const double alpha =
            why_gradcampp_alpha (profile, slope * slope, slope * slope * slope, sum_a, sum_ag3);
          sum_alpha += alpha;
          sum += alpha * (slope < 0 ? 0 : slope);
        }
      /* tf-keras-vis makes the alphas of a channel sum to 1. */
      if (profile == WHY_PROFILE_TF_KERAS_VIS && sum_alpha != 0)
        sum /= sum_alpha;
      weights[c] = sum;
    }
  return TRUE;
}

const WhyExplainerClass why_gradcampp = {
  .id = "gradcam++",
  .title = N_ ("Grad-CAM++"),
  .paper = "Chattopadhyay et al., WACV 2018",
  .about = N_ ("As Grad-CAM, weighing cells so that several things of one class all show."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles =
    WHY_FITS_PYTORCH_GRAD_CAM | WHY_FITS_TORCHCAM | WHY_FITS_MONAI | WHY_FITS_TF_KERAS_VIS,
  .weights = weigh,
};
