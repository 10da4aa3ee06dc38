#include "config.h"

#include "many.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Measured on two cores: pictures at once share the reading of weights and the waiting for threads,
 * which is worth up to 12 % (ResNet-18) at 4 to 8 of 224 x 224; with 16 and more the activations no
 * longer stay in the cache (EfficientNet, DenseNet: 15 % slower). Behind late layers, where one
 * alternative is a few thousand numbers, many at once make the matrix products worth while. */
#define NUMBERS_AT_ONCE (gsize) 760000
#define AT_ONCE_MAX (gsize) 64
/* A map so far is for people's eyes. */
#define SKETCH_INTERVAL (G_USEC_PER_SEC / 4)

gint64
why_many_at_once (gsize count, gsize n)
{
  const gsize fit = CLAMP (NUMBERS_AT_ONCE / MAX (count, 1), 1, AT_ONCE_MAX);
  /* Evenly: 65 alternatives are 33 and 32, not 64 and 1. */
  const gsize n_parts = (MAX (n, 1) + fit - 1) / fit;
  return (gint64) ((MAX (n, 1) + n_parts - 1) / n_parts);
}

/* ---- the score ---- */

gboolean
why_fixed_init (WhyFixed *fixed,
                const WhyExplainRequest *request,
                const WhyTarget *target,
                const WhyJob *job,
                GError **error)
{
  g_autoptr (WhyTensor) logits = NULL;

  memset (fixed, 0, sizeof *fixed);
  fixed->request = *request;
  if (!why_method_logits (target, job, &logits, error) ||
      !why_target_region (target, request, logits, job->input, &fixed->mask, error))
    return FALSE;
  if (fixed->mask != NULL)
    {
      fixed->request.region = WHY_REGION_MASK;
      fixed->request.mask = fixed->mask;
    }
  return why_target_scores (target, &fixed->request, logits, job->input, &fixed->score, error);
}

void
why_fixed_clear (WhyFixed *fixed)
{
  g_clear_pointer (&fixed->mask, why_tensor_unref);
}

/* ---- many runs ---- */

typedef struct
{
  const WhyMany *many;
  const WhyFixed *fixed;
  const WhyTarget *target;
  const WhyJob *job;
  WhyBranch *branch;
  gint64 last_sketch;
} Run;

/* The weights of the logits for each alternative: of its own score. */
static WhyTensor *
make_seeds (const Run *run, WhyTensor *logits, gsize n, GError **error)
{
  const WhyValue *one = run->target->logits;
  const gsize n_bytes = logits->n_bytes / n;
  g_autoptr (WhyTensor) seeds =
    why_tensor_new (WHY_DTYPE_FLOAT32, logits->rank, logits->dims, error);

  for (gsize row = 0; seeds != NULL && row < n; row++)
    {
      g_autoptr (WhyTensor) view =
        why_tensor_new_view (logits->dtype, one->rank, one->dims, NULL,
                             (guint8 *) logits->data + row * n_bytes, NULL, NULL);
      double score;
      gsize n_positions;
      g_autoptr (WhyTensor) seed = why_target_seed (run->target, &run->fixed->request, view,
                                                    run->job->input, &score, &n_positions, error);
      if (seed == NULL)
        return NULL;
      memcpy ((guint8 *) seeds->data + row * n_bytes, seed->data, n_bytes);
    }
  return g_steal_pointer (&seeds);
}

static gboolean
run_part (const Run *run, gsize first, gsize n, GError **error)
{
  const WhyMany *many = run->many;
  const WhyShape *shape = why_branch_from (run->branch);
  gint64 dims[WHY_MAX_RANK];
  g_autoptr (WhyTensor) logits = NULL;
  g_autoptr (WhyTensor) gradients = NULL;
  g_autofree double *scores = g_new (double, n);

  memcpy (dims, shape->dims, sizeof dims);
  dims[0] *= (gint64) n;
  g_autoptr (WhyTensor) rows = why_tensor_new (WHY_DTYPE_FLOAT32, shape->rank, dims, error);
  if (rows == NULL || !many->make (first, n, rows->data, many->data, error) ||
      !why_branch_run (run->branch, rows, (gint64) n, &logits, run->job->cancel, error) ||
      !why_target_scores (run->target, &run->fixed->request, logits, run->job->input, scores,
                          error))
    return FALSE;
  if (many->gradients)
    {
      g_autoptr (WhyTensor) seeds = make_seeds (run, logits, n, error);
      if (seeds == NULL || !why_branch_gradients (run->branch, rows, (gint64) n, seeds, many->rule,
                                                  &gradients, run->job->cancel, error))
        return FALSE;
    }
  return many->take (first, n, scores, gradients != NULL ? gradients->data : NULL, many->data,
                     error);
}

static gboolean
show_sketch (Run *run, gsize done, GError **error)
{
  const gint64 now = g_get_monotonic_time ();
  const WhyMany *many = run->many;

  if (run->job->partial == NULL || many->sketch == NULL || done == many->n ||
      now - run->last_sketch < SKETCH_INTERVAL)
    return TRUE;
  WhyTensor *values = many->sketch (done, many->data, error);
  if (values == NULL)
    return FALSE;
  WhyExplainRequest request = run->fixed->request;
  request.layer = many->layer;
  g_autoptr (WhyMap) map = why_method_new_map (&request, run->job, values, run->fixed->score);
  run->job->partial (map, run->job->partial_data);
  run->last_sketch = now;
  return TRUE;
}

gboolean
why_many_run (const WhyMany *many,
              const WhyFixed *fixed,
              const WhyTarget *target,
              const WhyJob *job,
              GError **error)
{
  WhyTensor *inputs[] = { job->input };
  const char *logits = target->logits->name;
  const WhyValue *from =
    why_graph_require_value (why_session_graph (job->session), many->from, error);
  Run run = { many, fixed, target, job, NULL, g_get_monotonic_time () };
  gsize count = 1;

  if (from == NULL)
    return FALSE;
  for (int axis = 0; axis < from->rank; axis++)
    count *= (gsize) from->dims[axis];
  WhyBranch *branch = why_branch_get (job->session, inputs, 1, many->from, &logits, 1,
                                      why_many_at_once (count, many->n), job->cancel, error);
  run.branch = branch;
  for (gsize first = 0; branch != NULL && first < many->n;)
    {
      const gsize n = MIN ((gsize) why_branch_n (branch), many->n - first);
      if (!why_cancel_check (job->cancel, error) || !run_part (&run, first, n, error) ||
          !show_sketch (&run, first + n, error))
        return FALSE;
      first += n;
      if (job->progress != NULL)
        job->progress ((double) first / (double) many->n, job->progress_data);
    }
  return branch != NULL;
}

/* ---- a layer to be altered ---- */

gboolean
why_altered_init (WhyAltered *altered, const char *layer, const WhyJob *job, GError **error)
{
  WhyGraph *graph = why_session_graph (job->session);
  const WhyValue *value = why_graph_require_value (graph, layer, error);
  WhyTensor *inputs[] = { job->input };

  memset (altered, 0, sizeof *altered);
  if (value == NULL || !why_grid_init (&altered->grid, why_places_get (graph), value) ||
      !why_session_run (job->session, inputs, 1, &layer, 1, &altered->tensor, job->cancel, error))
    return FALSE;
  g_autoptr (WhyTensor) map = why_grid_to_map (&altered->grid, altered->tensor, error);
  altered->map = map != NULL ? why_tensor_to_dense (map, error) : NULL;
  if (altered->map == NULL)
    return FALSE;
  altered->positions = why_grid_n_cells (&altered->grid);
  if (altered->grid.kind == WHY_GRID_TOKENS)
    altered->scratch = why_tensor_copy (altered->map, error);
  return altered->grid.kind != WHY_GRID_TOKENS || altered->scratch != NULL;
}

void
why_altered_clear (WhyAltered *altered)
{
  why_grid_clear (&altered->grid);
  g_clear_pointer (&altered->map, why_tensor_unref);
  g_clear_pointer (&altered->tensor, why_tensor_unref);
  g_clear_pointer (&altered->scratch, why_tensor_unref);
}

gsize
why_altered_size (const WhyAltered *altered)
{
  return why_tensor_count (altered->tensor);
}

float *
why_altered_begin (WhyAltered *altered, float *row)
{
  return altered->scratch != NULL ? altered->scratch->data : row;
}

gboolean
why_altered_end (WhyAltered *altered, float *row, GError **error)
{
  if (altered->scratch == NULL)
    return TRUE;
  g_autoptr (WhyTensor) tensor =
    why_grid_from_map (&altered->grid, altered->scratch, altered->tensor, error);
  if (tensor != NULL)
    memcpy (row, tensor->data, tensor->n_bytes);
  return tensor != NULL;
}

/* ---- maps of the input ---- */

const char *
why_input_name (const WhyJob *job)
{
  return why_graph_input (why_session_graph (job->session), 0)->name;
}

static float
summarise (const float *at, gsize n_channels, gsize step, WhyPolarity polarity)
{
  double sum = 0;
  float most = 0;

  for (gsize c = 0; c < n_channels; c++)
    {
      const float magnitude = fabsf (at[c * step]);
      sum += (double) at[c * step];
      most = magnitude > most || isnan (magnitude) ? magnitude : most;
    }
  if (polarity != WHY_POLARITY_ABSOLUTE)
    return (float) sum;
  return isnan (sum) ? NAN : most;
}

WhyTensor *
why_input_summary (const WhyExplainRequest *request, const WhyTensor *attribution, GError **error)
{
  WhyTensor *values =
    why_tensor_new (WHY_DTYPE_FLOAT32, attribution->rank - 2, attribution->dims + 2, error);
  const gsize n_positions = values != NULL ? why_tensor_count (values) : 0;

  for (gsize at = 0; at < n_positions; at++)
    ((float *) values->data)[at] =
      summarise ((const float *) attribution->data + at, (gsize) attribution->dims[1], n_positions,
                 request->polarity);
  return values;
}

WhyMap *
why_input_map (const WhyExplainRequest *request,
               const WhyJob *job,
               WhyTensor *attribution,
               double score,
               GError **error)
{
  WhyTensor *values = why_input_summary (request, attribution, error);
  if (values == NULL)
    {
      why_tensor_unref (attribution);
      return NULL;
    }
  WhyMap *map = why_method_new_map (request, job, values, score);
  map->attribution = attribution;
  return map;
}

WhyTensor *
why_input_gradient (const WhyExplainRequest *request,
                    const WhyTarget *target,
                    const WhyJob *job,
                    WhyGradRule rule,
                    double *score,
                    GError **error)
{
  const char *name = why_input_name (job);
  g_autoptr (WhyTensor) activation = NULL;
  g_autoptr (WhyTensor) gradient = NULL;

  if (!why_method_gradients (request, target, job, rule, &name, 1, &activation, &gradient, score,
                             error))
    return NULL;
  /* The engine's tensor may be shared; callers write into what they get. */
  return why_tensor_copy (gradient, error);
}

void
why_map_add_residual (WhyMap *map, double expected, double sum, const char *what)
{
  const double residual = sum - expected;

  g_free (map->note);
  map->note = g_strdup_printf ("The attributions add up to %.6g; %s is %.6g. What is missing is "
                               "%.2g (%.2g %%).",
                               sum, what, expected, -residual,
                               expected != 0 ? 100.0 * fabs (residual / expected) : 0.0);
  map->has_residual = TRUE;
  map->residual = residual;
}

/* ---- networks ---- */

gboolean
why_check_rectifiers (const WhyExplainRequest *request,
                      const WhyTarget *target,
                      WhyGraph *graph,
                      GError **error)
{
  static const char *const rectifiers[] = { "Celu",  "Clip", "Elu",  "LeakyRelu",
                                            "PRelu", "Relu", "Selu", "ThresholdedRelu" };
  static const char *const smooth[] = { "Erf", "Gelu", "HardSwish", "Mish", "Sigmoid", "Tanh" };
  const char *found = NULL;

  for (guint index = 0; index < why_graph_n_nodes (graph); index++)
    {
      const char *type = why_graph_node (graph, index)->klass->type;
      for (gsize at = 0; at < G_N_ELEMENTS (rectifiers); at++)
        if (strcmp (type, rectifiers[at]) == 0)
          return TRUE;
      for (gsize at = 0; at < G_N_ELEMENTS (smooth) && found == NULL; at++)
        if (strcmp (type, smooth[at]) == 0)
          found = smooth[at];
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "The method '%s' changes the gradient of ReLU, and this network has none%s%s%s: it "
               "would be the plain gradient; smoothgrad and integrated-gradients can be used "
               "instead",
               request->method, found != NULL ? " (it has " : "", found != NULL ? found : "",
               found != NULL ? ")" : "");
  return FALSE;
}
