#include "config.h"

#include "explain/features.h"

#include "base/error.h"
#include "methods.h"

#include <math.h>
#include <string.h>

void
why_feature_sheet_clear (WhyFeatureSheet *sheet)
{
  for (gsize place = 0; place < sheet->n_features; place++)
    {
      why_tensor_unref (sheet->features[place].activation);
      why_tensor_unref (sheet->features[place].contribution);
    }
  g_clear_pointer (&sheet->features, g_free);
  sheet->n_features = 0;
  g_clear_pointer (&sheet->map, why_map_unref);
}

static gboolean
check_method (const WhyExplainerClass *klass, GError **error)
{
  if (klass->weights != NULL || klass->contribute != NULL)
    return TRUE;

  gsize n;
  const WhyExplainerClass *const *classes = why_explainer_list (&n);
  g_autoptr (GString) others = g_string_new (NULL);
  for (gsize index = 0; index < n; index++)
    if (classes[index]->weights != NULL || classes[index]->contribute != NULL)
      g_string_append_printf (others, "%s%s", others->len > 0 ? ", " : "", classes[index]->id);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "The map of '%s' is not a sum over the layer's channels; it is for %s", klass->id,
               others->str);
  return FALSE;
}

/* What each cell of each channel adds, in the activation's layout. @weights: (out
 * caller-allocates) (array length=C): NaN where there are none */
static WhyTensor *
contributions (const WhyExplainerClass *klass,
               const WhyExplainRequest *request,
               const WhyTensor *activation,
               const WhyTensor *gradient,
               double *weights,
               GError **error)
{
  const WhyWalk walk = why_walk (activation);
  g_autoptr (WhyTensor) sum = why_method_new_like (activation, error);

  if (sum == NULL)
    return NULL;
  if (klass->weights == NULL)
    {
      for (gsize c = 0; c < walk.channels; c++)
        weights[c] = NAN;
      return klass->contribute (request, activation, gradient, sum, error) ? g_steal_pointer (&sum)
                                                                           : NULL;
    }
  if (!klass->weights (request, activation, gradient, weights, error))
    return NULL;
  for (gsize at = 0; at < walk.positions; at++)
    for (gsize c = 0; c < walk.channels; c++)
      {
        const gsize place = at * walk.position_step + c * walk.channel_step;
        ((float *) sum->data)[place] =
          (float) (weights[c] * (double) ((const float *) activation->data)[place]);
      }
  return g_steal_pointer (&sum);
}

static WhyTensor *
take_channel (const WhyTensor *tensor, gsize channel, GError **error)
{
  const WhyWalk walk = why_walk (tensor);
  WhyTensor *plane = why_tensor_new (WHY_DTYPE_FLOAT32, tensor->rank - 2, tensor->dims + 2, error);

  for (gsize at = 0; plane != NULL && at < walk.positions; at++)
    ((float *) plane->data)[at] =
      ((const float *) tensor->data)[at * walk.position_step + channel * walk.channel_step];
  return plane;
}

/* Larger shares first; equal ones by channel, so that the order is always the same. */
static int
by_share (const void *a, const void *b)
{
  const WhyFeature *one = a, *other = b;
  if (one->share != other->share)
    return one->share > other->share ? -1 : 1;
  return one->channel < other->channel ? -1 : 1;
}

static gboolean
fill_sheet (WhyFeatureSheet *sheet,
            const WhyTensor *activation,
            const WhyTensor *sums,
            const double *weights,
            gsize n_wanted,
            GError **error)
{
  const WhyWalk walk = why_walk (activation);
  WhyFeature *all = g_new0 (WhyFeature, MAX (walk.channels, 1));
  double total = 0;

  for (gsize c = 0; c < walk.channels; c++)
    {
      all[c].channel = (gint64) c;
      all[c].weight = weights[c];
      for (gsize at = 0; at < walk.positions; at++)
        {
          const double value =
            (double) ((const float *) sums->data)[at * walk.position_step + c * walk.channel_step];
          if (!isfinite (value))
            continue;
          all[c].sum += value;
          all[c].share += fabs (value);
        }
      total += all[c].share;
    }
  for (gsize c = 0; total > 0 && c < walk.channels; c++)
    all[c].share /= total;
  qsort (all, walk.channels, sizeof *all, by_share);
  sheet->n_channels = (gint64) walk.channels;
  sheet->features = all;
  for (gsize place = 0; place < MIN (n_wanted, walk.channels); place++)
    {
      WhyFeature *feature = &all[place];
      sheet->n_features++;
      sheet->covered += feature->share;
      feature->activation = take_channel (activation, (gsize) feature->channel, error);
      feature->contribution = take_channel (sums, (gsize) feature->channel, error);
      if (feature->activation == NULL || feature->contribution == NULL)
        return FALSE;
    }
  return TRUE;
}

gboolean
why_features_make (const WhyExplainRequest *request,
                   const WhyJob *job,
                   gsize n_wanted,
                   WhyFeatureSheet *sheet,
                   GError **error)
{
  const WhyExplainerClass *klass = why_explainer_lookup (request->method, error);
  WhyExplainRequest one = *request;
  WhyExplainResult result;
  g_autoptr (WhyTensor) activation = NULL, gradient = NULL;

  memset (sheet, 0, sizeof *sheet);
  if (klass == NULL || !check_method (klass, error))
    return FALSE;
  one.more_layers = NULL;
  if (!why_explain (&one, job, &result, error))
    return FALSE;
  sheet->map = why_map_ref (result.map);
  one.layer = sheet->map->layer;
  one.target_class = result.target_class;
  why_explain_result_clear (&result);

  WhyTarget target;
  double score;
  gboolean done =
    why_target_find (why_session_graph (job->session), one.output, one.multi_label, &target, error);
  if (done && (klass->needs & WHY_NEEDS_GRADIENT) != 0)
    done = why_method_gradients (&one, &target, job, WHY_GRAD_RULE_GRADIENT, &one.layer, 1,
                                 &activation, &gradient, &score, error);
  else if (done)
    done = why_method_activations (job, &one.layer, 1, &activation, error);
  if (done)
    {
      g_autofree double *weights = g_new0 (double, (gsize) MAX (activation->dims[1], 1));
      g_autoptr (WhyTensor) sums =
        contributions (klass, &one, activation, gradient, weights, error);
      done = sums != NULL && fill_sheet (sheet, activation, sums, weights, n_wanted, error);
    }
  if (!done)
    why_feature_sheet_clear (sheet);
  return done;
}
