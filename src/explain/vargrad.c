#include "config.h"

#include "noisy.h"

/* VarGrad: Adebayo et al., ICLR Workshop 2018 (arXiv 1810.03307): the variance of the gradients at
 * pictures with normal noise, for each number of the input. It has no sign. */

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  return why_noisy_map (request, target, job, WHY_NOISY_VARIANCE, error);
}

static const WhyOptionClass options[] = { WHY_NOISY_OPTIONS };

const WhyExplainerClass why_vargrad = {
  .id = "vargrad",
  .title = N_ ("VarGrad"),
  .paper = "Adebayo et al., ICLR Workshop 2018",
  .about = N_ ("How much the gradient by the input changes from one noisy picture to the next."),
  .needs = WHY_NEEDS_GRADIENT | WHY_NEEDS_MANY_RUNS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_CAPTUM,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .run = run,
};
