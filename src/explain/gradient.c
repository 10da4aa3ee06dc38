#include "config.h"

#include "many.h"

/* Gradient by the input: Simonyan, Vedaldi and Zisserman, ICLR Workshop 2014. The attribution is
 * the derivative of the score by every number of the prepared input, signed, in the input's shape.
 * What is shown has one value a position: the paper's map is the largest magnitude over channels
 * (polarity "absolute"), which has no sign; where a sign is asked for it is the sum over channels,
 * the change of the score if all channels of the position grow alike. */

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  double score = 0;
  WhyTensor *gradient =
    why_input_gradient (request, target, job, WHY_GRAD_RULE_GRADIENT, &score, error);

  return gradient != NULL ? why_input_map (request, job, gradient, score, error) : NULL;
}

const WhyExplainerClass why_gradient = {
  .id = "gradient",
  .title = N_ ("Gradient by the input"),
  .paper = "Simonyan, Vedaldi and Zisserman, ICLR Workshop 2014",
  .about = N_ ("How much the class's score changes with each number of the input."),
  .needs = WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_CAPTUM | WHY_FITS_MONAI | WHY_FITS_TF_KERAS_VIS,
  .run = run,
};
