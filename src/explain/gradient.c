#include "config.h"

#include "methods.h"

#include "base/error.h"

#include <math.h>

/* Gradient by the input: Simonyan, Vedaldi and Zisserman, ICLR Workshop 2014. The attribution is
 * the derivative of the score by every number of the prepared input, signed, in the input's shape.
 * What is shown has one value a position: the paper's map is the largest magnitude over channels
 * (polarity "absolute"), which has no sign; where a sign is asked for it is the sum over channels,
 * the change of the score if all channels of the position grow alike. */

static float
summarise (const float *at, gsize n_channels, gsize step, WhyPolarity polarity)
{
  double sum = 0;
  float most = 0;

  for (gsize c = 0; c < n_channels; c++)
    {
      float magnitude = fabsf (at[c * step]);
      sum += (double) at[c * step];
      most = magnitude > most || isnan (magnitude) ? magnitude : most;
    }
  if (polarity != WHY_POLARITY_ABSOLUTE)
    return (float) sum;
  return isnan (sum) ? NAN : most;
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  WhyExplainRequest on_input = *request;
  const WhyValue *input = why_graph_input (why_session_graph (job->session), 0);
  const char *name = input->name;
  g_autoptr (WhyTensor) activation = NULL;
  g_autoptr (WhyTensor) gradient = NULL;
  double score = 0;

  on_input.layer = NULL;
  if (input->rank < 3 || input->rank > 5)
    {
      g_autofree char *dims = why_dims_to_string (input->rank, input->dims);
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "Input '%s' is %s: it has no spatial extent, so there is no map of it", name,
                   dims);
      return NULL;
    }
  if (!why_method_gradients (request, target, job, WHY_GRAD_RULE_GRADIENT, &name, 1, &activation,
                             &gradient, &score, error))
    return NULL;

  g_autoptr (WhyTensor) attribution = why_tensor_to_dense (gradient, error);
  g_autoptr (WhyTensor) values =
    attribution != NULL
      ? why_tensor_new (WHY_DTYPE_FLOAT32, input->rank - 2, input->dims + 2, error)
      : NULL;
  if (values == NULL)
    return NULL;
  gsize n_positions = why_tensor_count (values);
  for (gsize at = 0; at < n_positions; at++)
    ((float *) values->data)[at] =
      summarise ((const float *) attribution->data + at, (gsize) input->dims[1], n_positions,
                 request->polarity);
  WhyMap *map = why_method_new_map (&on_input, job, g_steal_pointer (&values), score);
  map->attribution = g_steal_pointer (&attribution);
  return map;
}

const WhyExplainerClass why_gradient = {
  .id = "gradient",
  .title = N_ ("Gradient by the input"),
  .paper = "Simonyan, Vedaldi and Zisserman, ICLR Workshop 2014",
  .about = N_ ("How much the class's score changes with each number of the input."),
  .needs = WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_CAPTUM | WHY_FITS_MONAI | WHY_FITS_TF_KERAS_VIS,
  .run = run,
};
