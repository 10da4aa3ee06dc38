#include "config.h"

#include "many.h"

#include "explain/map-resize.h"

/* Guided Grad-CAM: Selvaraju et al., ICCV 2017, section 3.2: guided backpropagation times the ReLU
 * of Grad-CAM, enlarged bilinearly to the input; by Captum to the nearest cell. */

static WhyTensor *
make_cam (const WhyExplainRequest *request,
          const WhyTarget *target,
          const WhyJob *job,
          double *score,
          GError **error)
{
  const WhyResizeKind kind =
    why_method_profile (request) == WHY_PROFILE_CAPTUM ? WHY_RESIZE_NEAREST : WHY_RESIZE_LINEAR;
  g_autoptr (WhyTensor) activation = NULL;
  g_autoptr (WhyTensor) gradient = NULL;

  if (!why_method_gradients (request, target, job, WHY_GRAD_RULE_GRADIENT, &request->layer, 1,
                             &activation, &gradient, score, error))
    return NULL;
  g_autofree double *weights = g_new0 (double, (gsize) MAX (activation->dims[1], 1));
  why_method_channel_means (gradient, weights);
  g_autoptr (WhyTensor) cam = why_method_weighted_sum (activation, weights, error);
  if (cam == NULL)
    return NULL;
  why_method_apply_polarity (cam, WHY_POLARITY_RELU);
  return why_map_resize (cam, job->input->dims + 2, kind, error);
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  double score = 0;
  g_autoptr (WhyTensor) cam = make_cam (request, target, job, &score, error);
  WhyTensor *guided =
    cam != NULL ? why_input_gradient (request, target, job, WHY_GRAD_RULE_GUIDED, &score, error)
                : NULL;
  const gsize pixels = guided != NULL ? why_tensor_count (cam) : 0;

  for (gsize at = 0; guided != NULL && at < why_tensor_count (guided); at++)
    ((float *) guided->data)[at] *= ((const float *) cam->data)[at % pixels];
  return guided != NULL ? why_input_map (request, job, guided, score, error) : NULL;
}

const WhyExplainerClass why_guided_gradcam = {
  .id = "guided-gradcam",
  .title = N_ ("Guided Grad-CAM"),
  .paper = "Selvaraju et al., ICCV 2017",
  .about = N_ ("Fine structures of guided backpropagation where Grad-CAM finds the class."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT | WHY_NEEDS_RELU_RULES,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_CAPTUM,
  .check = why_check_rectifiers,
  .run = run,
};
