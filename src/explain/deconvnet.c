#include "config.h"

#include "many.h"

/* Deconvolutional network: Zeiler and Fergus, ECCV 2014, in the form of Springenberg et al.: the
 * gradient by the input, but ReLU passes back what is positive, whatever its input was. */

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  double score = 0;
  WhyTensor *gradient =
    why_input_gradient (request, target, job, WHY_GRAD_RULE_DECONVNET, &score, error);

  return gradient != NULL ? why_input_map (request, job, gradient, score, error) : NULL;
}

const WhyExplainerClass why_deconvnet = {
  .id = "deconvnet",
  .title = N_ ("Deconvnet"),
  .paper = "Zeiler and Fergus, ECCV 2014",
  .about = N_ ("Structures that would excite the network; depends little on the picture."),
  .needs = WHY_NEEDS_GRADIENT | WHY_NEEDS_RELU_RULES,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_CAPTUM,
  .check = why_check_rectifiers,
  .run = run,
};
