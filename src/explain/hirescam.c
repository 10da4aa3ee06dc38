#include "config.h"

#include "methods.h"

/* HiResCAM: Draelos and Carin, arXiv 2011.08891: the sum over channels of gradient times
 * activation, cell by cell (their equation 4), so that no cell's gradient is averaged away. Where
 * the layer feeds global average pooling and a linear layer it equals Grad-CAM. */
static gboolean
contribute (const WhyExplainRequest *request,
            const WhyTensor *activation,
            const WhyTensor *gradient,
            WhyTensor *sum,
            GError **error)
{
  const gsize count = why_tensor_count (activation);

  for (gsize at = 0; at < count; at++)
    ((float *) sum->data)[at] =
      ((const float *) gradient->data)[at] * ((const float *) activation->data)[at];
  return TRUE;
}

const WhyExplainerClass why_hirescam = {
  .id = "hirescam",
  .title = N_ ("HiResCAM"),
  .paper = "Draelos and Carin, arXiv 2011.08891, 2020",
  .about = N_ ("What each cell of the layer adds to the class's score: gradient times activation."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM,
  .contribute = contribute,
};
