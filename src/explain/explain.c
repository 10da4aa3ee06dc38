#include "config.h"

#include "explain/explain.h"

#include "base/error.h"
#include "methods.h"

#include <math.h>
#include <string.h>

static const char *const polarity_ids[] = { "relu", "signed", "against", "absolute" };

gboolean
why_polarity_parse (const char *text, WhyPolarity *polarity, GError **error)
{
  for (gsize index = 0; index < G_N_ELEMENTS (polarity_ids); index++)
    {
      if (strcmp (text, polarity_ids[index]) == 0)
        {
          *polarity = (WhyPolarity) index;
          return TRUE;
        }
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "There is no polarity '%s'; known are relu, signed, against and absolute", text);
  return FALSE;
}

const char *
why_polarity_id (WhyPolarity polarity)
{
  return polarity_ids[polarity];
}

void
why_explain_result_clear (WhyExplainResult *result)
{
  g_clear_pointer (&result->map, why_map_unref);
  g_clear_pointer (&result->probabilities, why_tensor_unref);
  g_clear_pointer (&result->logits, why_tensor_unref);
}

/* ---- what methods share ---- */

static gboolean
get_logits (const WhyTarget *target, const WhyJob *job, WhyTensor **logits, GError **error)
{
  WhyTensor *inputs[] = { job->input };
  const char *names[] = { target->logits->name };
  return why_session_run (job->session, inputs, 1, names, 1, logits, job->cancel, error);
}

gboolean
why_method_gradients (const WhyExplainRequest *request,
                      const WhyTarget *target,
                      const WhyJob *job,
                      WhyGradRule rule,
                      const char *const *layers,
                      gsize n_layers,
                      WhyTensor **activations,
                      WhyTensor **gradients,
                      double *score,
                      GError **error)
{
  g_autoptr (WhyTensor) logits = NULL;
  g_autoptr (WhyTensor) seed = NULL;
  WhyTensor *inputs[] = { job->input };
  gsize n_positions = 0;

  if (!get_logits (target, job, &logits, error))
    return FALSE;
  seed = why_target_seed (target, request, logits, job->input, score, &n_positions, error);
  if (seed == NULL)
    return FALSE;
  return why_session_gradients (job->session, inputs, 1, target->logits->name, seed, layers,
                                n_layers, rule, activations, gradients, job->cancel, error);
}

/* Positions and channels of a layer's tensor, and how to walk them in its memory. */
typedef struct
{
  gsize channels, positions, channel_step, position_step;
} Walk;

static Walk
walk_of (const WhyTensor *tensor)
{
  Walk walk = { (gsize) tensor->dims[1], 1, 1, 1 };
  for (int axis = 2; axis < tensor->rank; axis++)
    walk.positions *= (gsize) tensor->dims[axis];
  if (why_tensor_is_channels_last (tensor))
    walk.position_step = walk.channels;
  else
    walk.channel_step = walk.positions;
  return walk;
}

void
why_method_channel_means (const WhyTensor *tensor, double *means)
{
  Walk walk = walk_of (tensor);
  const float *values = tensor->data;
  memset (means, 0, walk.channels * sizeof *means);
  if (walk.channel_step == 1)
    for (gsize at = 0; at < walk.positions; at++)
      for (gsize c = 0; c < walk.channels; c++)
        means[c] += (double) values[at * walk.position_step + c];
  else
    for (gsize c = 0; c < walk.channels; c++)
      for (gsize at = 0; at < walk.positions; at++)
        means[c] += (double) values[c * walk.channel_step + at];
  for (gsize c = 0; c < walk.channels; c++)
    means[c] /= (double) walk.positions;
}

WhyTensor *
why_method_weighted_sum (const WhyTensor *activation, const double *weights, GError **error)
{
  Walk walk = walk_of (activation);
  const float *values = activation->data;
  WhyTensor *map =
    why_tensor_new (WHY_DTYPE_FLOAT32, activation->rank - 2, activation->dims + 2, error);
  g_autofree double *sums = g_new0 (double, MAX (walk.positions, 1));

  if (map == NULL)
    return NULL;
  if (walk.channel_step == 1)
    for (gsize at = 0; at < walk.positions; at++)
      {
        double sum = 0;
        for (gsize c = 0; c < walk.channels; c++)
          sum += weights[c] * (double) values[at * walk.position_step + c];
        sums[at] = sum;
      }
  else
    for (gsize c = 0; c < walk.channels; c++)
      for (gsize at = 0; at < walk.positions; at++)
        sums[at] += weights[c] * (double) values[c * walk.channel_step + at];
  for (gsize at = 0; at < walk.positions; at++)
    ((float *) map->data)[at] = (float) sums[at];
  return map;
}

void
why_method_apply_polarity (WhyTensor *map, WhyPolarity polarity)
{
  float *values = map->data;
  gsize count = why_tensor_count (map);
  for (gsize at = 0; at < count; at++)
    {
      float value = values[at];
      /* NaN stays NaN: comparisons with it are false. */
      if (polarity == WHY_POLARITY_RELU)
        values[at] = value < 0.0f ? 0.0f : value;
      else if (polarity == WHY_POLARITY_AGAINST)
        values[at] = value > 0.0f ? 0.0f : 0.0f - value;
      else if (polarity == WHY_POLARITY_ABSOLUTE)
        values[at] = fabsf (value);
    }
}

/* One sentence for a map that shows nothing, judged by the signed map it was made from. */
static char *
explain_empty (const WhyExplainRequest *request, const WhyTensor *values)
{
  const float *at = values->data;
  gsize count = why_tensor_count (values), n_positive = 0, n_negative = 0, n_bad = 0;
  for (gsize index = 0; index < count; index++)
    {
      n_positive += at[index] > 0.0f;
      n_negative += at[index] < 0.0f;
      n_bad += !isfinite (at[index]);
    }
  if (n_bad > 0)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
                            " values of the map are not finite: the network or its input holds "
                            "infinite or undefined numbers. Check the preparation of the picture.",
                            n_bad, count);
  if (n_positive == 0 && n_negative == 0)
    return g_strdup ("The map is empty: at this layer nothing changes the score. Choose another "
                     "layer, or the logit if the "
                     "probability is close to 0 or 1.");
  if (n_positive == 0 && request->polarity == WHY_POLARITY_RELU)
    return g_strdup ("The map is empty: all evidence at this layer speaks against this class. Show "
                     "the signed map or the "
                     "evidence against.");
  if (n_negative == 0 && request->polarity == WHY_POLARITY_AGAINST)
    return g_strdup ("The map is empty: no evidence at this layer speaks against this class. Show "
                     "the evidence for it.");
  return NULL;
}

WhyMap *
why_method_new_map (const WhyExplainRequest *request,
                    const WhyJob *job,
                    WhyTensor *values,
                    double score)
{
  int rank = values->rank;
  const WhyTensor *input = job->input;
  char *reason = explain_empty (request, values);
  double scale_x = (double) input->dims[input->rank - 1] / (double) values->dims[rank - 1];
  double scale_y =
    rank >= 2 ? (double) input->dims[input->rank - 2] / (double) values->dims[rank - 2] : 1.0;
  WhyAffine to_input = why_affine_scale_translate (scale_x, scale_y, 0.0, 0.0);

  why_method_apply_polarity (values, request->polarity);
  WhyMap *map = why_map_new (values, &to_input, request->method, request->layer,
                             why_polarity_id (request->polarity),
                             request->profile != NULL ? request->profile : "paper");
  if (rank == 3)
    map->depth_scale = (double) input->dims[input->rank - 3] / (double) values->dims[0];
  map->target_class = request->target_class;
  g_free (map->score_kind);
  map->score_kind = g_strdup (request->score == WHY_SCORE_LOGIT ? "logit" : "probability");
  map->score = score;
  map->reason = reason;
  return map;
}

/* ---- the run ---- */

static gboolean
find_target (
  const WhyJob *job, const char *output, gboolean multi_label, WhyTarget *target, GError **error)
{
  WhyShape shape = { .rank = job->input->rank };
  memcpy (shape.dims, job->input->dims, sizeof shape.dims);
  WhyGraph *graph = why_session_prepare (job->session, &shape, 1, error);
  return graph != NULL && why_target_find (graph, output, multi_label, target, error);
}

static gboolean
predict (const WhyTarget *target,
         const WhyJob *job,
         WhyTensor **probabilities,
         WhyTensor **class_logits,
         GError **error)
{
  g_autoptr (WhyTensor) logits = NULL;

  if (!get_logits (target, job, &logits, error))
    return FALSE;
  *probabilities = why_target_probabilities (target, logits, error);
  *class_logits = *probabilities != NULL ? why_target_class_logits (target, logits, error) : NULL;
  if (*class_logits != NULL)
    return TRUE;
  g_clear_pointer (probabilities, why_tensor_unref);
  return FALSE;
}

gboolean
why_predict (const WhyJob *job,
             const char *output,
             gboolean multi_label,
             WhyTensor **probabilities,
             WhyTensor **logits,
             GError **error)
{
  WhyTarget target;
  return find_target (job, output, multi_label, &target, error) &&
         predict (&target, job, probabilities, logits, error);
}

static gboolean
choose_class (WhyExplainRequest *request,
              const WhyTarget *target,
              const WhyTensor *probabilities,
              GError **error)
{
  const float *values = probabilities->data;
  if (request->target_class >= target->n_classes || request->target_class < -1)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND,
                   "There is no class %d; the network has classes 0 to %" G_GINT64_FORMAT,
                   request->target_class, target->n_classes - 1);
      return FALSE;
    }
  if (request->target_class >= 0)
    return TRUE;
  request->target_class = 0;
  for (gint64 k = 1; k < target->n_classes; k++)
    {
      if (values[k] > values[request->target_class] || isnan (values[request->target_class]))
        request->target_class = (int) k;
    }
  return TRUE;
}

/* The last value with spatial extent on the way to the score. Walks nodes backwards instead of
 * listing layers with all their geometry, which only listings need. */
static const char *
default_layer (WhyGraph *graph, const WhyTarget *target)
{
  g_autofree gboolean *feeds = g_new0 (gboolean, why_graph_n_values (graph) + 1);
  const WhyValue *picture = why_graph_input (graph, 0);

  feeds[target->logits->index] = TRUE;
  for (guint index = why_graph_n_nodes (graph); index-- > 0;)
    {
      const WhyNode *node = why_graph_node (graph, index);
      const WhyValue *value = node->n_outputs > 0 ? node->outputs[0] : NULL;
      gint64 spatial = 1;
      gboolean reaches = FALSE;
      for (guint output = 0; output < node->n_outputs; output++)
        reaches |= node->outputs[output] != NULL && feeds[node->outputs[output]->index];
      if (!reaches)
        continue;
      for (int axis = 2; value != NULL && axis < value->rank; axis++)
        spatial *= value->dims[axis];
      if (value != NULL && value != target->logits && value->rank == picture->rank && spatial > 1 &&
          value->name[0] != '~' && why_dtype_is_float (value->dtype))
        return value->name;
      for (guint input = 0; input < node->n_inputs; input++)
        {
          if (node->inputs[input] != NULL)
            feeds[node->inputs[input]->index] = TRUE;
        }
    }
  return NULL;
}

/* Whether there can be a map at a tensor. */
static gboolean
check_layer (WhyGraph *graph, const char *name, GError **error)
{
  const WhyValue *value = why_graph_require_value (graph, name, error);
  if (value == NULL)
    return FALSE;
  gint64 spatial = 1;
  for (int axis = 2; axis < value->rank; axis++)
    spatial *= value->dims[axis];
  if (value->rank >= 3 && value->rank <= 5 && spatial > 1 && value->dtype == WHY_DTYPE_FLOAT32 &&
      value->constant == NULL)
    return TRUE;
  g_autofree char *dims = why_dims_to_string (value->rank, value->dims);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "Tensor '%s' is %s: it has no spatial extent, so there is no map at it; the layers "
               "command lists those that have",
               value->name, dims);
  return FALSE;
}

static gboolean
choose_layer (WhyExplainRequest *request, const WhyTarget *target, WhyGraph *graph, GError **error)
{
  if (request->layer != NULL)
    return check_layer (graph, request->layer, error);
  request->layer = default_layer (graph, target);
  if (request->layer != NULL)
    return TRUE;
  g_set_error_literal (
    error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
    "The network has no layer with spatial extent to explain; use a method on the input");
  return FALSE;
}

/* Maps of many layers by a method that combines activation and gradient. */
static gboolean
combine_layers (const WhyExplainerClass *klass,
                const WhyExplainRequest *request,
                const WhyTarget *target,
                const WhyJob *job,
                const char *const *layers,
                gsize n_layers,
                WhyMap **maps,
                GError **error)
{
  g_autofree WhyTensor **activations = g_new0 (WhyTensor *, n_layers + 1);
  g_autofree WhyTensor **gradients = g_new0 (WhyTensor *, n_layers + 1);
  double score = 0;
  gboolean done = why_method_gradients (request, target, job, WHY_GRAD_RULE_GRADIENT, layers,
                                        n_layers, activations, gradients, &score, error);

  for (gsize index = 0; index < n_layers; index++)
    {
      WhyExplainRequest one = *request;
      one.layer = layers[index];
      WhyTensor *values =
        done ? klass->combine (&one, activations[index], gradients[index], error) : NULL;
      maps[index] = values != NULL ? why_method_new_map (&one, job, values, score) : NULL;
      done = maps[index] != NULL;
      why_tensor_unref (activations[index]);
      why_tensor_unref (gradients[index]);
    }
  for (gsize index = 0; !done && index < n_layers; index++)
    g_clear_pointer (&maps[index], why_map_unref);
  return done;
}

static gboolean
make_maps (const WhyExplainerClass *klass,
           const WhyExplainRequest *request,
           const WhyTarget *target,
           const WhyJob *job,
           const char *const *layers,
           gsize n_layers,
           WhyMap **maps,
           GError **error)
{
  if (klass->combine != NULL)
    return combine_layers (klass, request, target, job, layers, n_layers, maps, error);
  for (gsize index = 0; index < n_layers; index++)
    {
      WhyExplainRequest one = *request;
      one.layer = layers[index];
      maps[index] = klass->run (&one, target, job, error);
      if (maps[index] == NULL)
        {
          while (index-- > 0)
            g_clear_pointer (&maps[index], why_map_unref);
          return FALSE;
        }
    }
  return TRUE;
}

/* What every run begins with: the network's answer and the class. */
static gboolean
begin (const WhyExplainerClass *klass,
       WhyExplainRequest *request,
       const WhyJob *job,
       WhyTarget *target,
       WhyExplainResult *result,
       GError **error)
{
  if (klass == NULL || !find_target (job, request->output, request->multi_label, target, error) ||
      !predict (target, job, &result->probabilities, &result->logits, error) ||
      !choose_class (request, target, result->probabilities, error))
    return FALSE;
  result->target_class = request->target_class;
  return TRUE;
}

gboolean
why_explain (const WhyExplainRequest *request,
             const WhyJob *job,
             WhyExplainResult *result,
             GError **error)
{
  WhyExplainRequest resolved = *request;
  WhyTarget target;
  const WhyExplainerClass *klass = why_explainer_lookup (request->method, error);

  memset (result, 0, sizeof *result);
  if (begin (klass, &resolved, job, &target, result, error) &&
      ((klass->needs & WHY_NEEDS_LAYER) == 0 ||
       choose_layer (&resolved, &target, why_session_graph (job->session), error)) &&
      make_maps (klass, &resolved, &target, job, &resolved.layer, 1, &result->map, error))
    return TRUE;
  why_explain_result_clear (result);
  return FALSE;
}

gboolean
why_explain_layers (const WhyExplainRequest *request,
                    const char *const *layers,
                    gsize n_layers,
                    const WhyJob *job,
                    WhyExplainResult *result,
                    WhyMap **maps,
                    GError **error)
{
  WhyExplainRequest resolved = *request;
  WhyTarget target;
  const WhyExplainerClass *klass = why_explainer_lookup (request->method, error);

  memset (result, 0, sizeof *result);
  gboolean done = begin (klass, &resolved, job, &target, result, error);
  for (gsize index = 0; done && index < n_layers; index++)
    done = check_layer (why_session_graph (job->session), layers[index], error);
  if (done && make_maps (klass, &resolved, &target, job, layers, n_layers, maps, error))
    return TRUE;
  why_explain_result_clear (result);
  return FALSE;
}
