#include "config.h"

#include "many.h"

#include "engine/hessian.h"

/* Shapley-CAM: Cai, 2025 (arXiv 2501.06261): weights of the channels w_k = mean over positions of
 * G_k - (H A)_k / 2, where H is the Hessian of the score by the layer's activations A and G the
 * gradient: the Shapley values of the activations, taken to second order. Behind a layer that
 * reaches the score by linear and ReLU-like operators alone H is zero, and with a logit as score
 * this is Grad-CAM; the author's advice is the score ReST. */

/* The score as nodes: a function of the logits that is differentiated twice. @weights (+1 for
 * classes that count, -1 for the contrast class, 0 elsewhere) stand outside of it. */
typedef struct
{
  const WhyTarget *target;
  const WhyExplainRequest *request;
  WhyTensor *weights; /* of the logits; the reference's numbers for a similarity */
} Score;

static WhyValue *
emit_softmax (WhyGraph *graph, const char *type, WhyValue *logits, int axis, GError **error)
{
  const WhyAttr attr = { .name = "axis", .type = WHY_ATTR_INT, .i = axis };
  return why_emit (graph, error, type, 1, &logits, &attr, 1);
}

/* log p of each class. */
static WhyValue *
emit_log_probability (const Score *score, WhyGraph *graph, WhyValue *logits, GError **error)
{
  if (score->target->kind == WHY_OUTPUT_SOFTMAX)
    return emit_softmax (graph, "LogSoftmax", logits, score->target->class_axis, error);
  WhyValue *negative = why_emit1 (graph, error, "Neg", logits);
  return why_emit1 (graph, error, "Neg", why_emit1 (graph, error, "Softplus", negative));
}

static WhyValue *
emit_norm (WhyGraph *graph, WhyValue *value, GError **error)
{
  return why_emit1 (graph, error, "Sqrt", why_emit1 (graph, error, "ReduceSumSquare", value));
}

static WhyValue *
emit_score (WhyGraph *graph, WhyValue *logits, gpointer data, GError **error)
{
  const Score *score = data;
  WhyValue *weights = why_graph_add_constant (graph, NULL, why_tensor_ref (score->weights));
  WhyValue *of = logits;

  switch (score->request->score)
    {
    case WHY_SCORE_LOGIT:
      break;
    case WHY_SCORE_PROBABILITY:
      of = score->target->kind == WHY_OUTPUT_SOFTMAX
             ? emit_softmax (graph, "Softmax", logits, score->target->class_axis, error)
             : why_emit1 (graph, error, "Sigmoid", logits);
      break;
    case WHY_SCORE_REST:
      of =
        why_emit2 (graph, error, "Add", logits, emit_log_probability (score, graph, logits, error));
      break;
    case WHY_SCORE_SIMILARITY:
      {
        WhyValue *product =
          why_emit1 (graph, error, "ReduceSum", why_emit2 (graph, error, "Mul", logits, weights));
        WhyValue *norms = why_emit2 (graph, error, "Mul", emit_norm (graph, logits, error),
                                     emit_norm (graph, weights, error));
        return why_emit2 (graph, error, "Div", product, norms);
      }
    }
  return why_emit2 (graph, error, "Mul", of, weights);
}

/* +1 and -1 where the request's classes and region are: the derivative of the same score of
 * logits. */
static WhyTensor *
make_weights (const WhyFixed *fixed, const WhyTarget *target, const WhyJob *job, GError **error)
{
  WhyExplainRequest request = fixed->request;
  g_autoptr (WhyTensor) logits = NULL;
  double score;
  gsize n_positions;

  if (!why_method_logits (target, job, &logits, error))
    return NULL;
  if (request.score == WHY_SCORE_SIMILARITY)
    {
      g_autoptr (WhyTensor) dense = why_tensor_to_dense (request.reference, error);
      return dense != NULL ? why_tensor_reshape (dense, logits->rank, logits->dims) : NULL;
    }
  request.score = WHY_SCORE_LOGIT;
  return why_target_seed (target, &request, logits, job->input, &score, &n_positions, error);
}

static gboolean
is_zero (const WhyTensor *tensor)
{
  const gsize count = why_tensor_count (tensor);

  for (gsize at = 0; at < count; at++)
    if (((const float *) tensor->data)[at] != 0.0f)
      return FALSE;
  return TRUE;
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  WhyTensor *inputs[] = { job->input };
  g_auto (WhyFixed) fixed = { 0 };
  g_autoptr (WhyTensor) weights = NULL;
  g_autoptr (WhyTensor) gradient = NULL;
  g_autoptr (WhyTensor) product = NULL;
  g_auto (WhyGrid) grid = { 0 };
  g_autoptr (WhyTensor) activation = NULL;

  if (!why_fixed_init (&fixed, request, target, job, error))
    return NULL;
  weights = make_weights (&fixed, target, job, error);
  Score score = { target, request, weights };
  if (weights == NULL ||
      !why_session_hessian_product (job->session, inputs, 1, target->logits->name, emit_score,
                                    &score, request->layer, NULL, &gradient, &product, job->cancel,
                                    error) ||
      !why_method_activations (job, &request->layer, 1, &activation, error))
    return NULL;
  WhyGraph *graph = why_session_graph (job->session);
  why_grid_init (&grid, why_places_get (graph), why_graph_find_value (graph, request->layer));
  g_autoptr (WhyTensor) first_order = why_grid_to_map (&grid, gradient, error);
  g_autoptr (WhyTensor) second_order =
    first_order != NULL ? why_grid_to_map (&grid, product, error) : NULL;
  if (second_order == NULL)
    return NULL;
  const gsize n_channels = (gsize) MAX (activation->dims[1], 1);
  g_autofree double *means = g_new0 (double, n_channels);
  g_autofree double *second = g_new0 (double, n_channels);
  why_method_channel_means (first_order, means);
  why_method_channel_means (second_order, second);
  for (gsize c = 0; c < n_channels; c++)
    means[c] -= 0.5 * second[c];
  WhyTensor *values = why_method_weighted_sum (activation, means, error);
  if (values == NULL)
    return NULL;
  WhyMap *map = why_method_new_map (request, job, values, fixed.score);
  if (is_zero (product))
    {
      g_free (map->note);
      map->note =
        g_strdup ("The score is a piecewise linear function of this layer, so there is no "
                  "second order and this is Grad-CAM. Choose the score ReST or the "
                  "probability.");
    }
  return map;
}

const WhyExplainerClass why_shapleycam = {
  .id = "shapleycam",
  .title = N_ ("Shapley-CAM"),
  .paper = "Cai, 2025, arXiv 2501.06261",
  .about = N_ ("Grad-CAM with the curvature of the score taken into account."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT | WHY_NEEDS_SECOND_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM,
  .run = run,
};
