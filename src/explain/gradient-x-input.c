#include "config.h"

#include "many.h"

/* Gradient times input: Shrikumar et al., 2016 (arXiv 1605.01713), section 2: the first-order share
 * of each number of the prepared input in the score. Its zero is the network's zero: for inputs
 * with the mean subtracted, the mean colour. */

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  double score = 0;
  WhyTensor *gradient =
    why_input_gradient (request, target, job, WHY_GRAD_RULE_GRADIENT, &score, error);
  const gsize count = gradient != NULL ? why_tensor_count (gradient) : 0;
  const float *input = job->input->data;

  for (gsize at = 0; at < count; at++)
    ((float *) gradient->data)[at] *= input[at];
  return gradient != NULL ? why_input_map (request, job, gradient, score, error) : NULL;
}

const WhyExplainerClass why_gradient_x_input = {
  .id = "gradient-x-input",
  .title = N_ ("Gradient times input"),
  .paper = "Shrikumar et al., 2016, arXiv 1605.01713",
  .about = N_ ("The gradient, weighted with how far each number of the input is from zero."),
  .needs = WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_CAPTUM,
  .run = run,
};
