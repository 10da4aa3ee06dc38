#include "config.h"

#include "methods.h"

/* LayerCAM: Jiang et al., IEEE TIP 2021: every cell's activation weighed by its own gradient where
 * that is positive, summed over channels (their equation 6). Maps of several layers are sharpened
 * by tanh (gamma M / max M) and fused by their maximum (equation 10); gamma is 2 in the paper. */
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
      const float slope = ((const float *) gradient->data)[at];
      ((float *) sum->data)[at] = slope < 0 ? 0 : slope * ((const float *) activation->data)[at];
    }
  return TRUE;
}

static const WhyOptionClass options[] = {
  {
    .id = "gamma",
    .title = N_ ("Sharpening of several layers' maps"),
    .kind = WHY_OPTION_REAL,
    .preset = 2,
    .minimum = 0,
    .maximum = 100,
    .several_layers = TRUE,
    .by_profile = { { WHY_PROFILE_PYTORCH_GRAD_CAM, 0 } },
  },
};

const WhyExplainerClass why_layercam = {
  .id = "layercam",
  .title = N_ ("LayerCAM"),
  .paper = "Jiang et al., IEEE TIP 2021",
  .about =
    N_ ("Each cell by its own gradient; good at early, finely resolved layers, also several."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM | WHY_FITS_TORCHCAM | WHY_FITS_TF_KERAS_VIS,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .contribute = contribute,
};
