#include "config.h"

#include "methods.h"

/* Eigen-CAM: Muhammad and Yeasin, IJCNN 2020: the layer's activations, one row a position and one
 * column a channel, projected on their first right singular vector. The paper does not centre the
 * columns, pytorch-grad-cam does. A singular vector's sign is free. */
static WhyTensor *
combine (const WhyExplainRequest *request,
         const WhyTensor *activation,
         const WhyTensor *gradient,
         GError **error)
{
  return why_method_first_component (request, activation, why_option_boolean (request, "centre"),
                                     error);
}

static const WhyOptionClass options[] = {
  {
    .id = "centre",
    .title = N_ ("Subtract the mean of each channel"),
    .kind = WHY_OPTION_BOOLEAN,
    .by_profile = { { WHY_PROFILE_PYTORCH_GRAD_CAM, 1 } },
  },
};

const WhyExplainerClass why_eigencam = {
  .id = "eigencam",
  .title = N_ ("Eigen-CAM"),
  .paper = "Muhammad and Yeasin, IJCNN 2020",
  .about = N_ ("The strongest pattern of the layer's activations, whatever the class."),
  .note = N_ (
    "The sign of a principal component is free: it is turned to go with the sum over channels."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_NO_CLASS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .combine = combine,
};
