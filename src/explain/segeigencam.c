#include "config.h"

#include "methods.h"

#include <math.h>

/* Seg-Eigen-CAM: Chung and Ying, Applied Sciences 15 (13), 2025: the first principal component of
 * |G| A, turned so that it reaches further up than down (their equation 13). */
static WhyTensor *
combine (const WhyExplainRequest *request,
         const WhyTensor *activation,
         const WhyTensor *gradient,
         GError **error)
{
  const WhyWalk walk = why_walk (activation);
  g_autofree double *rows = why_method_rows (activation);
  g_autofree double *slopes = why_method_rows (gradient);
  g_autofree double *projection = g_new (double, MAX (walk.positions, 1));

  for (gsize at = 0; at < walk.positions * walk.channels; at++)
    rows[at] *= fabs (slopes[at]);
  if (!why_method_principal (rows, walk.positions, walk.channels, TRUE, WHY_SIGN_REACH, projection,
                             error))
    return NULL;
  return why_method_new_values (activation, projection, error);
}

const WhyExplainerClass why_segeigencam = {
  .id = "seg-eigencam",
  .title = N_ ("Seg-Eigen-CAM"),
  .paper = "Chung and Ying, Applied Sciences 15 (13), 2025",
  .about = N_ ("The strongest pattern of activations, weighed by the strength of the gradient."),
  .note = N_ ("The sign of a principal component is free: the map is turned so that it reaches "
              "further up than down."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM,
  .combine = combine,
};
