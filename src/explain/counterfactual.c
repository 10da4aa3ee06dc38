#include "config.h"

#include "methods.h"

/* Counterfactual explanations of the Grad-CAM paper (Selvaraju et al., ICCV 2017, section on
 * counterfactuals): the gradient is negated, so the map shows what would make the network change
 * its mind if it were removed. The same as Grad-CAM's polarity "against", under a name of its own.
 */
static gboolean
weigh (const WhyExplainRequest *request,
       const WhyTensor *activation,
       const WhyTensor *gradient,
       double *weights,
       GError **error)
{
  why_method_channel_means (gradient, weights);
  for (gint64 c = 0; c < activation->dims[1]; c++)
    weights[c] = 0.0 - weights[c];
  return TRUE;
}

const WhyExplainerClass why_counterfactual = {
  .id = "counterfactual",
  .title = N_ ("Counterfactual Grad-CAM"),
  .paper = "Selvaraju et al., ICCV 2017",
  .about = N_ ("Where the layer speaks against the class."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .weights = weigh,
};
