#include "config.h"

#include "methods.h"

#include <math.h>

/* FEM, Feature Explanation Method: Fuad et al., IPTA 2020: a channel's weight is the share of its
 * cells above mean + k standard deviations (of all cells, not of a sample), k = 2. It needs no
 * gradient and knows no class. */
static gboolean
weigh (const WhyExplainRequest *request,
       const WhyTensor *activation,
       const WhyTensor *gradient,
       double *weights,
       GError **error)
{
  const double k = why_option_real (request, "k");
  const WhyWalk walk = why_walk (activation);
  const float *a = activation->data;
  const double n = (double) walk.positions;

  for (gsize c = 0; c < walk.channels; c++)
    {
      double sum = 0, squares = 0;
      gsize above = 0;
      for (gsize at = 0; at < walk.positions; at++)
        sum += (double) a[at * walk.position_step + c * walk.channel_step];
      for (gsize at = 0; at < walk.positions; at++)
        {
          const double off = (double) a[at * walk.position_step + c * walk.channel_step] - sum / n;
          squares += off * off;
        }
      const double limit = sum / n + k * sqrt (squares / n);
      for (gsize at = 0; at < walk.positions; at++)
        above += (double) a[at * walk.position_step + c * walk.channel_step] > limit;
      weights[c] = (double) above / n;
    }
  return TRUE;
}

static const WhyOptionClass options[] = {
  {
    .id = "k",
    .title = N_ ("Standard deviations above the mean"),
    .kind = WHY_OPTION_REAL,
    .preset = 2,
    .minimum = 0,
    .maximum = 100,
  },
};

const WhyExplainerClass why_fem = {
  .id = "fem",
  .title = N_ ("FEM"),
  .paper = "Fuad et al., IPTA 2020",
  .about = N_ ("Where channels are unusually strong, whatever the class."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_NO_CLASS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .weights = weigh,
};
