#include "config.h"

#include "methods.h"

/* Element-wise Grad-CAM: a method of the library pytorch-grad-cam, without a paper: HiResCAM whose
 * negative products are dropped before the sum over channels. */
static gboolean
contribute (const WhyExplainRequest *request,
            const WhyTensor *activation,
            const WhyTensor *gradient,
            WhyTensor *sum,
            GError **error)
{
  const gsize count = why_tensor_count (activation);

  for (gsize at = 0; at < count; at++)
    {
      const float product =
        ((const float *) gradient->data)[at] * ((const float *) activation->data)[at];
      ((float *) sum->data)[at] = product < 0 ? 0 : product;
    }
  return TRUE;
}

const WhyExplainerClass why_elementwise = {
  .id = "elementwise",
  .title = N_ ("Element-wise Grad-CAM"),
  .paper = "pytorch-grad-cam",
  .about = N_ ("HiResCAM that counts only what speaks for the class, channel by channel."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM,
  .contribute = contribute,
};
