#include "config.h"

#include "many.h"
#include "methods.h"

#include "base/error.h"

#include <string.h>

/* One line a method; the method's file holds the rest. */
static const WhyExplainerClass *const classes[] = {
  &why_gradcam,
  &why_cam,
  &why_counterfactual,
  &why_hirescam,
  &why_elementwise,
  &why_gradcampp,
  &why_smoothgradcampp,
  &why_xgradcam,
  &why_layercam,
  &why_eigencam,
  &why_eigengradcam,
  &why_segeigencam,
  &why_kpcacam,
  &why_fem,
  &why_finercam,
  &why_refinecam,
  &why_shapleycam,
  &why_fullgrad,
  &why_scorecam,
  &why_ablationcam,
  &why_reciprocam,
  &why_gradient,
  &why_gradient_x_input,
  &why_smoothgrad,
  &why_vargrad,
  &why_integrated_gradients,
  &why_guided_backprop,
  &why_deconvnet,
  &why_guided_gradcam,
  &why_rise,
  &why_occlusion,
  &why_random,
  &why_sobel,
};

const WhyExplainerClass *const *
why_explainer_list (gsize *n)
{
  *n = G_N_ELEMENTS (classes);
  return classes;
}

const WhyExplainerClass *
why_explainer_lookup (const char *id, GError **error)
{
  const char *ids[G_N_ELEMENTS (classes)];
  for (gsize index = 0; index < G_N_ELEMENTS (classes); index++)
    {
      ids[index] = classes[index]->id;
      if (strcmp (classes[index]->id, id) == 0)
        return classes[index];
    }
  g_autofree char *near = why_error_nearest (id, ids, G_N_ELEMENTS (ids));
  g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "There is no method '%s'%s", id, near);
  return NULL;
}
