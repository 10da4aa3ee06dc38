#include "config.h"

#include "methods.h"

/* XGrad-CAM: Fu et al., BMVC 2020: a channel's weight is the mean of its gradient weighed by its
 * activation: sum (G A) / sum A (their equation 8). The libraries add a small number to the
 * denominator; the paper's weight of a channel that sums to zero is undefined: it takes no part. */
static gboolean
weigh (const WhyExplainRequest *request,
       const WhyTensor *activation,
       const WhyTensor *gradient,
       double *weights,
       GError **error)
{
  const WhyProfileKind profile = why_method_profile (request);
  const double epsilon = profile == WHY_PROFILE_PYTORCH_GRAD_CAM ? 1e-7
                         : profile == WHY_PROFILE_TORCHCAM       ? 1e-8
                                                                 : 0;
  const WhyWalk walk = why_walk (activation);
  const float *a = activation->data, *g = gradient->data;

  for (gsize c = 0; c < walk.channels; c++)
    {
      double sum_a = 0, sum_ga = 0;
      for (gsize at = 0; at < walk.positions; at++)
        {
          const gsize place = at * walk.position_step + c * walk.channel_step;
          sum_a += (double) a[place];
          sum_ga += (double) a[place] * (double) g[place];
        }
      weights[c] = sum_a + epsilon != 0 ? sum_ga / (sum_a + epsilon) : 0;
    }
  return TRUE;
}

const WhyExplainerClass why_xgradcam = {
  .id = "xgradcam",
  .title = N_ ("XGrad-CAM"),
  .paper = "Fu et al., BMVC 2020",
  .about = N_ ("As Grad-CAM, with gradients counted where the channel is active."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM | WHY_FITS_TORCHCAM,
  .weights = weigh,
};
