#include "config.h"

#include "methods.h"

#include "base/error.h"

#include <string.h>

/* CAM: Zhou et al., CVPR 2016: the last feature maps weighed by the classifier's weights, for
 * networks that average the maps over space and then classify linearly. The weight of a channel is
 * the derivative of the logit by the channel's mean, that is the sum of its gradients over the
 * positions: this is exact whatever linear operators lie between the mean and the logit, and
 * needs no reading of weights. The classifier's bias is not part of the map. */

static gint64
count_space (const WhyValue *value)
{
  gint64 count = 1;
  for (int axis = 2; axis < value->rank; axis++)
    count *= value->dims[axis];
  return count;
}

static gboolean
is_one_of (const WhyNode *node, const char *const *types)
{
  for (gsize type = 0; types[type] != NULL; type++)
    if (strcmp (node->klass->type, types[type]) == 0)
      return TRUE;
  return FALSE;
}

/* The one input of a node that is not constant, if there is just one. */
static const WhyValue *
only_input (const WhyNode *node)
{
  const WhyValue *only = NULL;

  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *value = node->inputs[input];
      if (value == NULL || value->constant != NULL)
        continue;
      if (only != NULL)
        return NULL;
      only = value;
    }
  return only;
}

/* The value that is averaged over space, with nothing but linear operators behind. */
static const WhyValue *
find_pooled (const WhyTarget *target)
{
  static const char *const linear[] = { "Gemm",     "MatMul",  "Conv",      "Add",
                                        "Sub",      "Mul",     "Div",       "Reshape",
                                        "Flatten",  "Squeeze", "Unsqueeze", "Cast",
                                        "Identity", "Dropout", "Transpose", "BatchNormalization",
                                        NULL };
  static const char *const pools[] = { "GlobalAveragePool", "ReduceMean", "AveragePool", NULL };
  const WhyValue *value = target->logits;

  while (value != NULL && value->producer != NULL)
    {
      const WhyNode *node = value->producer;
      const WhyValue *from = only_input (node);
      if (from == NULL)
        return NULL;
      if (is_one_of (node, pools) && from->rank >= 3 && count_space (from) > 1 &&
          (value->rank < 3 || count_space (value) == 1))
        return from;
      if (!is_one_of (node, linear) || (from->rank >= 3 && count_space (from) > 1))
        return NULL;
      value = from;
    }
  return NULL;
}

static gboolean
check (const WhyExplainRequest *request, const WhyTarget *target, WhyGraph *graph, GError **error)
{
  const WhyValue *pooled = find_pooled (target);

  if (pooled == NULL || target->dense)
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                 "CAM needs a network that averages its last maps over space and then classifies "
                 "linearly, which this one does not; gradcam is the same idea for any network");
  else if (request->score != WHY_SCORE_LOGIT)
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                 "CAM explains the logit, not the %s; gradcam explains either",
                 why_score_id (request->score));
  else if (request->layer != NULL && strcmp (request->layer, pooled->name) != 0)
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                 "CAM works at the layer that is averaged over space, '%s', not at '%s'; gradcam "
                 "works at any",
                 pooled->name, request->layer);
  else
    return TRUE;
  return FALSE;
}

static gboolean
weigh (const WhyExplainRequest *request,
       const WhyTensor *activation,
       const WhyTensor *gradient,
       double *weights,
       GError **error)
{
  const WhyWalk walk = why_walk (activation);

  why_method_channel_means (gradient, weights);
  for (gsize c = 0; c < walk.channels; c++)
    weights[c] *= (double) walk.positions;
  return TRUE;
}

const WhyExplainerClass why_cam = {
  .id = "cam",
  .title = N_ ("CAM"),
  .paper = "Zhou et al., CVPR 2016",
  .about = N_ ("The last maps by the classifier's own weights: no gradient's approximation."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT | WHY_NEEDS_POOLED_HEAD,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_TORCHCAM | WHY_FITS_MONAI,
  .check = check,
  .weights = weigh,
};
