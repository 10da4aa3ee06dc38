#include "config.h"

#include "many.h"

#include <math.h>
#include <string.h>

/* Ablation-CAM: Desai and Ramaswamy, WACV 2020. The weight of a channel is the share of the score
 * that is lost when the channel is switched off: (y - y_k) / y (equation 5). The part of the
 * network behind the layer is all that has to be run. The paper has positive scores in mind; a
 * negative y would turn every sign, so the size of y is divided by here. pytorch-grad-cam divides
 * by y itself, and where the layer's minimum is not exactly 0 it sets the channel to the minimum
 * less 1e7: the minimum of a batch of 32 copies that is being altered, so that it falls by 1e7 with
 * every channel of the batch. */

#define PGC_FAR_BELOW 1e7f
#define PGC_BATCH 32

typedef struct
{
  WhyAltered layer;
  gsize *channels; /* (array length=n): those that are not switched off already */
  gsize n;
  float off;    /* what a channel is set to */
  float step;   /* less this for each place in its batch */
  double score; /* of the picture as it is */
  double divisor;
  double *weights; /* (array length=C) */
} Ablation;

static gboolean
make (gsize first, gsize n, float *rows, gpointer data, GError **error)
{
  Ablation *ablation = data;
  const WhyAltered *layer = &ablation->layer;

  for (gsize row = 0; row < n; row++)
    {
      float *begin = rows + row * why_altered_size (layer);
      float *map = why_altered_begin (&ablation->layer, begin);
      float *channel = map + ablation->channels[first + row] * layer->positions;
      memcpy (map, layer->map->data, layer->map->n_bytes);
      const float place = (float) (ablation->channels[first + row] % PGC_BATCH);
      for (gsize at = 0; at < layer->positions; at++)
        channel[at] = ablation->off - place * ablation->step;
      if (!why_altered_end (&ablation->layer, begin, error))
        return FALSE;
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
  return why_method_weighted_sum (ablation->layer.map, ablation->weights, error);
}

static void
choose_channels (Ablation *ablation, WhyProfileKind profile)
{
  const gsize n_channels = (gsize) ablation->layer.map->dims[1];
  const float *values = ablation->layer.map->data;
  float least = INFINITY;

  for (gsize at = 0; at < n_channels * ablation->layer.positions; at++)
    least = fminf (least, values[at]);
  if (profile == WHY_PROFILE_PYTORCH_GRAD_CAM && least != 0.0f)
    ablation->step = PGC_FAR_BELOW;
  ablation->off = ablation->step > 0 ? least - PGC_FAR_BELOW : 0.0f;
  ablation->weights = g_new0 (double, n_channels + 1);
  ablation->channels = g_new (gsize, n_channels + 1);
  for (gsize c = 0; c < n_channels; c++)
    {
      gboolean is_off = TRUE;
      for (gsize at = 0; is_off && at < ablation->layer.positions; at++)
        is_off = values[c * ablation->layer.positions + at] == ablation->off;
      if (!is_off)
        ablation->channels[ablation->n++] = c;
    }
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  const WhyProfileKind profile = why_method_profile (request);
  g_auto (WhyFixed) fixed = { 0 };
  Ablation ablation = { 0 };

  if (!why_fixed_init (&fixed, request, target, job, error) ||
      !why_altered_init (&ablation.layer, request->layer, job, error))
    {
      why_altered_clear (&ablation.layer);
      return NULL;
    }
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
  why_altered_clear (&ablation.layer);
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
