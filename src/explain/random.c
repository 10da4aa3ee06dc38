#include "config.h"

#include "methods.h"

#include "explain/noise.h"

/* A control, of the library pytorch-grad-cam: channels weighed by uniform random numbers from -1 to
 * 1. A map that looks no better than this one explains nothing. */
static gboolean
weigh (const WhyExplainRequest *request,
       const WhyTensor *activation,
       const WhyTensor *gradient,
       double *weights,
       GError **error)
{
  const guint64 seed = (guint64) why_option_real (request, "seed");

  for (gint64 c = 0; c < activation->dims[1]; c++)
    weights[c] = 2 * why_noise_uniform (seed, (guint64) c) - 1;
  return TRUE;
}

static const WhyOptionClass options[] = {
  {
    .id = "seed",
    .title = N_ ("Seed of the random numbers"),
    .kind = WHY_OPTION_INTEGER,
    .preset = 0,
    .minimum = 0,
    .maximum = 1e15,
  },
};

const WhyExplainerClass why_random = {
  .id = "random",
  .title = N_ ("Random weights (control)"),
  .paper = "pytorch-grad-cam",
  .about = N_ ("Channels weighed by chance: what a map looks like that knows nothing."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_NO_CLASS | WHY_IS_CONTROL,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .weights = weigh,
};
