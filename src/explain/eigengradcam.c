#include "config.h"

#include "methods.h"

/* EigenGrad-CAM: a method of the library pytorch-grad-cam, without a paper: gradient times
 * activation, as in HiResCAM, with the sum over channels replaced by the first principal component.
 */
static WhyTensor *
combine (const WhyExplainRequest *request,
         const WhyTensor *activation,
         const WhyTensor *gradient,
         GError **error)
{
  g_autoptr (WhyTensor) product = why_method_new_like (activation, error);
  const gsize count = product != NULL ? why_tensor_count (product) : 0;

  for (gsize at = 0; at < count; at++)
    ((float *) product->data)[at] =
      ((const float *) gradient->data)[at] * ((const float *) activation->data)[at];
  return product != NULL ? why_method_first_component (request, product, TRUE, error) : NULL;
}

const WhyExplainerClass why_eigengradcam = {
  .id = "eigengradcam",
  .title = N_ ("EigenGrad-CAM"),
  .paper = "pytorch-grad-cam",
  .about = N_ ("The strongest pattern of gradient times activation: Eigen-CAM for one class."),
  .note = N_ (
    "The sign of a principal component is free: it is turned to go with the sum over channels."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM,
  .combine = combine,
};
