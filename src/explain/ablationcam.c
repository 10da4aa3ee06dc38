#include "config.h"

#include "many.h"

#include <math.h>
#include <string.h>

/* Ablation-CAM: Desai and Ramaswamy, WACV 2020. The weight of a channel is the share of the score
 * that is lost when the channel is switched off: (y - y_k) / y (equation 5). The part of the
 * network behind the layer is all that has to be run. The paper has positive scores in mind; a
 * negative y would turn every sign, so the size of y is divided by here. pytorch-grad-cam divides
 * by y itself, and where the layer's minimum is not exactly 0 it sets the channel to the minimum
 * less 1e7. */

#define PGC_FAR_BELOW 1e7f

typedef struct
{
  WhyTensor *activation; /* dense */
  gsize positions;
  gsize *channels; /* (array length=n): those that are not switched off already */
  gsize n;
  float off;    /* what a channel is set to */
  double score; /* of the picture as it is */
  double divisor;
  double *weights; /* (array length=C) */
} Ablation;

static gboolean
make (gsize first, gsize n, float *rows, gpointer data, GError **error)
{
  const Ablation *ablation = data;
  const gsize count = why_tensor_count (ablation->activation);

  for (gsize row = 0; row < n; row++)
    {
      float *channel = rows + row * count + ablation->channels[first + row] * ablation->positions;
      memcpy (rows + row * count, ablation->activation->data, count * sizeof *rows);
      for (gsize at = 0; at < ablation->positions; at++)
        channel[at] = ablation->off;
    }
  return TRUE;
}

static gboolean
take (gsize first, gsize n, const double *scores, float *gradients, gpointer data, GError **error)
{
  Ablation *ablation = data;

  for (gsize row = 0; row < n; row++)
    ablation->weights[ablation->channels[first + row]] =
      (ablation->score - scores[row]) / ablation->divisor;
  return TRUE;
}

static WhyTensor *
sum_up (gsize done, gpointer data, GError **error)
{
  const Ablation *ablation = data;
  return why_method_weighted_sum (ablation->activation, ablation->weights, error);
}

static void
choose_channels (Ablation *ablation, WhyProfileKind profile)
{
  const gsize n_channels = (gsize) ablation->activation->dims[1];
  const float *values = ablation->activation->data;
  float least = INFINITY;

  for (gsize at = 0; at < n_channels * ablation->positions; at++)
    least = fminf (least, values[at]);
  ablation->off =
    profile == WHY_PROFILE_PYTORCH_GRAD_CAM && least != 0.0f ? least - PGC_FAR_BELOW : 0.0f;
  ablation->weights = g_new0 (double, n_channels + 1);
  ablation->channels = g_new (gsize, n_channels + 1);
  for (gsize c = 0; c < n_channels; c++)
    {
      gboolean is_off = TRUE;
      for (gsize at = 0; is_off && at < ablation->positions; at++)
        is_off = values[c * ablation->positions + at] == ablation->off;
      if (!is_off)
        ablation->channels[ablation->n++] = c;
    }
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  const WhyProfileKind profile = why_method_profile (request);
  g_auto (WhyFixed) fixed = { 0 };
  WhyTensor *inputs[] = { job->input };
  g_autoptr (WhyTensor) activation = NULL;
  Ablation ablation = { 0 };

  if (!why_fixed_init (&fixed, request, target, job, error) ||
      !why_session_run (job->session, inputs, 1, &request->layer, 1, &activation, job->cancel,
                        error))
    return NULL;
  ablation.activation = activation;
  ablation.positions = why_tensor_count (activation) / (gsize) MAX (activation->dims[1], 1);
  ablation.score = fixed.score;
  ablation.divisor = profile == WHY_PROFILE_PYTORCH_GRAD_CAM ? fixed.score : fabs (fixed.score);
  if (ablation.divisor == 0) /* then only the differences are known */
    ablation.divisor = 1;
  choose_channels (&ablation, profile);
  const WhyMany many = {
    .from = request->layer,
    .n = ablation.n,
    .make = make,
    .take = take,
    .sketch = sum_up,
    .layer = request->layer,
    .data = &ablation,
  };
  WhyTensor *values =
    why_many_run (&many, &fixed, target, job, error) ? sum_up (ablation.n, &ablation, error) : NULL;
  g_free (ablation.channels);
  g_free (ablation.weights);
  return values != NULL ? why_method_new_map (request, job, values, fixed.score) : NULL;
}

const WhyExplainerClass why_ablationcam = {
  .id = "ablationcam",
  .title = N_ ("Ablation-CAM"),
  .paper = "Desai and Ramaswamy, WACV 2020",
  .about = N_ ("Channels of the layer, weighted with what the score loses without each."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_MANY_RUNS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM,
  .run = run,
};
