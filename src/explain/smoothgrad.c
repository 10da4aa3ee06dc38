#include "config.h"

#include "noisy.h"

/* SmoothGrad: Smilkov et al., 2017 (arXiv 1706.03825): the mean of the gradients at pictures with
 * normal noise. Their program averages the squares where asked to ("square"), which has no sign. */

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  return why_noisy_map (request, target, job,
                        why_option_boolean (request, "square") ? WHY_NOISY_SQUARES : WHY_NOISY_MEAN,
                        error);
}

static const WhyOptionClass options[] = {
  WHY_NOISY_OPTIONS,
  {
    .id = "square",
    .title = N_ ("Average the squares"),
    .kind = WHY_OPTION_BOOLEAN,
    .by_profile = { { WHY_PROFILE_MONAI, 1 } },
  },
};

const WhyExplainerClass why_smoothgrad = {
  .id = "smoothgrad",
  .title = N_ ("SmoothGrad"),
  .paper = "Smilkov et al., 2017, arXiv 1706.03825",
  .about = N_ ("The gradient by the input, averaged over noisy pictures."),
  .needs = WHY_NEEDS_GRADIENT | WHY_NEEDS_MANY_RUNS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_CAPTUM | WHY_FITS_MONAI | WHY_FITS_TF_KERAS_VIS,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .run = run,
};
