#include "config.h"

#include "measure/sanity.h"

#include "base/error.h"
#include "explain/map-resize.h"
#include "explain/noise.h"
#include "measure/similarity.h"

#include <math.h>
#include <string.h>

#define STEPS_PRESET 8
#define DRAWS_PRESET 3
#define PASSES_BELOW 0.5
#define FAILS_FROM 0.7

/* ---- likeness ---- */

/* Magnitudes at the input's size, from 0 to 1. Returns: (nullable): %NULL for a flat map too */
static WhyTensor *
stretch (const WhyMap *map, const WhyTensor *input, GError **error)
{
  WhyTensor *result = why_map_resize (map->values, input->dims + 2, WHY_RESIZE_LINEAR, error);
  const gsize n = result != NULL ? why_tensor_count (result) : 0;
  float least = INFINITY, most = -INFINITY;

  for (gsize at = 0; at < n; at++)
    {
      float *value = (float *) result->data + at;
      *value = fabsf (*value);
      least = MIN (least, *value);
      most = MAX (most, *value);
    }
  for (gsize at = 0; at < n && most > least; at++)
    ((float *) result->data)[at] = (((float *) result->data)[at] - least) / (most - least);
  return result;
}

/* A map that says nothing is like no other. */
static double
or_zero (double correlation)
{
  return isnan (correlation) ? 0.0 : correlation;
}

gboolean
why_likeness_measure (const WhyMap *a, const WhyMap *b, const WhyTensor *input, WhyLikeness *likeness, GError **error)
{
  const gsize n = why_tensor_count (a->values);

  if (!why_tensor_same_dims (a->values, b->values))
    {
      g_autofree char *dims_a = why_dims_to_string (a->values->rank, a->values->dims);
      g_autofree char *dims_b = why_dims_to_string (b->values->rank, b->values->dims);
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE, "Maps of %s and %s cells cannot be compared cell by cell", dims_a,
                   dims_b);
      return FALSE;
    }
  *likeness = (WhyLikeness) {
    .spearman = or_zero (why_similarity_spearman (a->values->data, b->values->data, n, FALSE)),
    .magnitude = or_zero (why_similarity_spearman (a->values->data, b->values->data, n, TRUE)),
    .ssim = NAN,
    .hog = NAN,
  };
  if (a->values->rank != 2 || input->rank != 4)
    return TRUE;
  g_autoptr (WhyTensor) large_a = stretch (a, input, error);
  g_autoptr (WhyTensor) large_b = large_a != NULL ? stretch (b, input, error) : NULL;
  if (large_b == NULL)
    return FALSE;
  likeness->ssim = why_similarity_ssim (large_a, large_b, 1.0);
  likeness->hog = why_similarity_hogs (large_a, large_b);
  return TRUE;
}

/* ---- cascading randomisation ---- */

void
why_sanity_clear (WhySanity *sanity)
{
  for (gsize step = 0; step < sanity->n_steps; step++)
    g_free (sanity->steps[step].layer);
  g_clear_pointer (&sanity->steps, g_free);
  sanity->n_steps = 0;
  g_clear_pointer (&sanity->random_map, why_map_unref);
}

static gboolean
is_flat (const WhyMap *map)
{
  return map->n_not_finite > 0 || !(map->maximum > map->minimum);
}

/* One draw's share of a step. NaN stays NaN: where there is no SSIM there is no mean of it. */
static void
add_draw (WhySanityStep *step, const WhyLikeness *likeness, guint n_draws)
{
  const double spearman = fabs (likeness->spearman), magnitude = fabs (likeness->magnitude);

  step->likeness.spearman += spearman / n_draws;
  step->likeness.magnitude += magnitude / n_draws;
  step->likeness.ssim += likeness->ssim / n_draws;
  step->likeness.hog += likeness->hog / n_draws;
  step->worst = MAX (step->worst, MAX (spearman, magnitude));
}

static WhyMap *
explain_model (WhyOnnxModel *model, const WhyExplainRequest *request, const WhyJob *job, const WhySessionOptions *options,
               GError **error)
{
  g_autoptr (WhySession) session = why_session_new (model, options, error);
  const WhyJob random = { .session = session, .input = job->input, .cancel = job->cancel };
  WhyExplainResult result;

  if (session == NULL || !why_explain (request, &random, &result, error))
    return NULL;
  WhyMap *map = why_map_ref (result.map);
  why_explain_result_clear (&result);
  return map;
}

static gboolean
run_step (WhySanity *sanity, gsize index, const WhyWeights *weights, const WhyExplainRequest *request, const WhyMap *original,
          const WhyJob *job, const WhySanityOptions *options, guint n_draws, GError **error)
{
  WhySanityStep *step = &sanity->steps[index];

  for (guint draw = 0; draw < n_draws; draw++)
    {
      WhyLikeness likeness;
      if (!why_cancel_check (job->cancel, error))
        return FALSE;
      g_autoptr (WhyOnnxModel) model =
        why_weights_redraw (weights, step->n_layers, options->redraw, options->seed + draw, error);
      g_autoptr (WhyMap) map =
        model != NULL ? explain_model (model, request, job, &options->session, error) : NULL;
      if (map == NULL || !why_likeness_measure (original, map, job->input, &likeness, error))
        return FALSE;
      step->n_flat += is_flat (map);
      add_draw (step, &likeness, n_draws);
      if (job->progress != NULL)
        job->progress ((double) (index * n_draws + draw + 1) / (double) (sanity->n_steps * n_draws), job->progress_data);
      if (index + 1 == sanity->n_steps && draw == 0)
        sanity->random_map = g_steal_pointer (&map);
    }
  return TRUE;
}

static WhyMap *
explain_here (const WhyExplainRequest *request, const WhyJob *job, WhyTensor *input, GError **error)
{
  const WhyJob plain = { .session = job->session, .input = input, .cancel = job->cancel };
  WhyExplainResult result;

  if (!why_explain (request, &plain, &result, error))
    return NULL;
  WhyMap *map = why_map_ref (result.map);
  why_explain_result_clear (&result);
  return map;
}

gboolean
why_sanity_measure (const WhyExplainRequest *request, const WhyJob *job, const WhySanityOptions *options, WhySanity *sanity,
                    GError **error)
{
  WhyExplainRequest as_signed = *request;
  const guint n_draws = options->n_draws > 0 ? options->n_draws : DRAWS_PRESET;

  memset (sanity, 0, sizeof *sanity);
  as_signed.polarity = WHY_POLARITY_SIGNED;
  g_return_val_if_fail (request->target_class >= 0, FALSE);
  g_autoptr (WhyWeights) weights = why_weights_find (why_session_model (job->session), error);
  g_autoptr (WhyMap) original = weights != NULL ? explain_here (&as_signed, job, job->input, error) : NULL;
  if (original == NULL)
    return FALSE;

  sanity->n_weighted = why_weights_n_layers (weights);
  sanity->n_steps = MIN (options->n_steps > 0 ? options->n_steps : STEPS_PRESET, sanity->n_weighted);
  sanity->steps = g_new0 (WhySanityStep, sanity->n_steps + 1);
  for (gsize index = 0; index < sanity->n_steps; index++)
    {
      WhySanityStep *step = &sanity->steps[index];
      step->n_layers = (sanity->n_weighted * (index + 1) + sanity->n_steps - 1) / sanity->n_steps;
      step->layer = g_strdup (why_weights_layer_name (weights, step->n_layers - 1));
      if (!run_step (sanity, index, weights, &as_signed, original, job, options, n_draws, error))
        {
          why_sanity_clear (sanity);
          return FALSE;
        }
    }
  const WhySanityStep *last = &sanity->steps[sanity->n_steps - 1];
  sanity->resemblance = MAX (last->likeness.spearman, last->likeness.magnitude);
  sanity->verdict = sanity->resemblance < PASSES_BELOW ? WHY_SANITY_PASSES
                    : sanity->resemblance < FAILS_FROM ? WHY_SANITY_UNCLEAR
                                                       : WHY_SANITY_FAILS;
  return TRUE;
}

/* ---- controls ---- */

void
why_controls_clear (WhyControls *controls)
{
  g_clear_pointer (&controls->class_map, why_map_unref);
  g_clear_pointer (&controls->input_map, why_map_unref);
}

/* The picture with its positions in random order: the same colours, nothing in it. */
static WhyTensor *
shuffle (const WhyTensor *input, guint64 seed, GError **error)
{
  WhyTensor *result = why_tensor_copy (input, error);
  const gsize n_channels = (gsize) MAX (input->dims[1], 1), n = why_tensor_count (input) / n_channels;

  for (gsize left = n; result != NULL && left > 1; left--)
    {
      const gsize chosen = MIN ((gsize) (why_noise_uniform (seed, left) * (double) left), left - 1);
      for (gsize c = 0; c < n_channels; c++)
        {
          float *plane = (float *) result->data + c * n;
          const float held = plane[left - 1];
          plane[left - 1] = plane[chosen];
          plane[chosen] = held;
        }
    }
  return result;
}

gboolean
why_controls_measure (const WhyExplainRequest *request, const WhyJob *job, guint64 seed, WhyControls *controls, GError **error)
{
  WhyExplainRequest as_signed = *request;
  g_autoptr (WhyTensor) probabilities = NULL;
  g_autoptr (WhyTensor) logits = NULL;

  memset (controls, 0, sizeof *controls);
  controls->other_class = -1;
  g_return_val_if_fail (request->target_class >= 0, FALSE);
  as_signed.polarity = WHY_POLARITY_SIGNED;
  g_autoptr (WhyTensor) noise = shuffle (job->input, seed, error);
  if (noise == NULL || !why_predict (job, request->output, request->multi_label, &probabilities, &logits, error))
    return FALSE;
  g_autoptr (WhyMap) original = explain_here (&as_signed, job, job->input, error);
  if (original == NULL)
    return FALSE;

  WhyExplainRequest other = as_signed;
  const gint64 n_others = probabilities->dims[0] - 1;
  if (n_others > 0)
    {
      const gint64 chosen = MIN ((gint64) (why_noise_uniform (seed, 0) * (double) n_others), n_others - 1);
      controls->other_class = (int) (chosen + (chosen >= request->target_class));
      other.target_class = controls->other_class;
      other.has_contrast = other.has_contrast && other.contrast_class != other.target_class;
      controls->class_map = explain_here (&other, job, job->input, error);
      if (controls->class_map == NULL ||
          !why_likeness_measure (original, controls->class_map, job->input, &controls->by_class, error))
        {
          why_controls_clear (controls);
          return FALSE;
        }
    }
  if (job->progress != NULL)
    job->progress (0.5, job->progress_data);
  controls->input_map = explain_here (&as_signed, job, noise, error);
  if (controls->input_map != NULL &&
      why_likeness_measure (original, controls->input_map, job->input, &controls->by_input, error))
    return TRUE;
  why_controls_clear (controls);
  return FALSE;
}
