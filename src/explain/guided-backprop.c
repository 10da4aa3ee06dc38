#include "config.h"

#include "many.h"

/* Guided backpropagation: Springenberg et al., ICLR Workshop 2015: the gradient by the input, but
 * ReLU passes back only what is positive, where its input was positive. Operators of ReLU's kind
 * (LeakyRelu, PRelu, Elu and the like, Clip from 0) do so too; all others keep their gradient. */

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  double score = 0;
  WhyTensor *gradient =
    why_input_gradient (request, target, job, WHY_GRAD_RULE_GUIDED, &score, error);

  return gradient != NULL ? why_input_map (request, job, gradient, score, error) : NULL;
}

const WhyExplainerClass why_guided_backprop = {
  .id = "guided-backprop",
  .title = N_ ("Guided backpropagation"),
  .paper = "Springenberg et al., ICLR Workshop 2015",
  .about = N_ ("Fine structures that excite the network; depends little on the class."),
  .needs = WHY_NEEDS_GRADIENT | WHY_NEEDS_RELU_RULES,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_CAPTUM | WHY_FITS_MONAI | WHY_FITS_PYTORCH_GRAD_CAM |
              WHY_FITS_TF_KERAS_VIS,
  .check = why_check_rectifiers,
  .run = run,
};
