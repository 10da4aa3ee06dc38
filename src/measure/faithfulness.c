#include "config.h"

#include "measure/faithfulness.h"

#include "base/error.h"
#include "engine/branch.h"
#include "explain/map-resize.h"
#include "explain/noise.h"
#include "measure/overlap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_PRESET 20
#define CONTROLS_PRESET 3
#define IMPUTE_NOISE 0.01
/* Sigma of the blur, of the shorter side. */
#define BLUR_SHARE (1 / 22.4)
/* As for methods with many runs: what still stays in the processor's cache. */
#define NUMBERS_AT_ONCE 760000

static const char *const removal_ids[] = { "mean", "zero", "blur", "linear" };

const char *
why_removal_id (WhyRemoval removal)
{
  return removal_ids[removal];
}

gboolean
why_removal_parse (const char *text, WhyRemoval *removal, GError **error)
{
  for (gsize index = 0; index < G_N_ELEMENTS (removal_ids); index++)
    if (strcmp (text, removal_ids[index]) == 0)
      {
        *removal = (WhyRemoval) index;
        return TRUE;
      }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "There is no way '%s' to take pixels away; there are mean, zero, blur and linear", text);
  return FALSE;
}

/* ---- what everything here works with ---- */

typedef struct
{
  const WhyExplainRequest *request;
  const WhyJob *job;
  WhyTarget target;
  WhyBranch *branch; /* the session's */
  gsize n_positions, n_channels;
  WhyRemoval removal;
  WhyTensor *fill; /* nullable: the picture of which all was taken away */
  guint64 seed;
  double done, share; /* of the job's progress */
} Context;

static void
context_clear (Context *context)
{
  g_clear_pointer (&context->fill, why_tensor_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Context, context_clear)

static WhyTensor *
fill_evenly (const Context *context, gboolean mean, GError **error)
{
  const WhyTensor *input = context->job->input;
  WhyTensor *fill = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, input->rank, input->dims, error);

  for (gsize c = 0; fill != NULL && mean && c < context->n_channels; c++)
    {
      const float *plane = (const float *) input->data + c * context->n_positions;
      double sum = 0;
      for (gsize at = 0; at < context->n_positions; at++)
        sum += (double) plane[at];
      for (gsize at = 0; at < context->n_positions; at++)
        ((float *) fill->data)[c * context->n_positions + at] = (float) (sum / (double) context->n_positions);
    }
  return fill;
}

/* One axis: lines of @n numbers @step apart. Mirrored at the ends. */
static void
blur_line (float *line, double *scratch, gint64 n, gsize step, const double *kernel, gint64 reach)
{
  for (gint64 at = 0; at < n; at++)
    scratch[at] = (double) line[(gsize) at * step];
  for (gint64 at = 0; at < n; at++)
    {
      double sum = 0;
      for (gint64 tap = -reach; tap <= reach; tap++)
        {
          gint64 from = (at + tap) % (2 * n);
          from = from < 0 ? from + 2 * n : from;
          sum += kernel[tap + reach] * scratch[from < n ? from : 2 * n - 1 - from];
        }
      line[(gsize) at * step] = (float) sum;
    }
}

static WhyTensor *
blur (const WhyTensor *input, WhyCancel *cancel, GError **error)
{
  g_autoptr (WhyTensor) result = why_tensor_copy (input, error);
  gint64 shortest = G_MAXINT64, longest = 1;

  for (int axis = 2; axis < input->rank; axis++)
    {
      shortest = MIN (shortest, input->dims[axis]);
      longest = MAX (longest, input->dims[axis]);
    }
  if (result == NULL)
    return NULL;
  const double sigma = MAX ((double) shortest * BLUR_SHARE, 0.5);
  const gint64 reach = (gint64) ceil (3 * sigma);
  g_autofree double *kernel = g_new (double, (gsize) (2 * reach + 1));
  g_autofree double *scratch = g_new (double, (gsize) longest);
  double sum = 0;
  for (gint64 tap = -reach; tap <= reach; tap++)
    sum += kernel[tap + reach] = exp (-(double) (tap * tap) / (2 * sigma * sigma));
  for (gint64 tap = 0; tap <= 2 * reach; tap++)
    kernel[tap] /= sum;

  const gsize count = why_tensor_count (result);
  for (int axis = 2; axis < input->rank; axis++)
    {
      const gsize step = (gsize) result->strides[axis], n = (gsize) result->dims[axis];
      for (gsize line = 0; line < count / n; line++)
        {
          if (line % 4096 == 0 && !why_cancel_check (cancel, error))
            return NULL;
          blur_line ((float *) result->data + line / step * step * n + line % step, scratch, (gint64) n, step,
                     kernel, reach);
        }
    }
  return g_steal_pointer (&result);
}

static gboolean
context_init (Context *context,
              const WhyExplainRequest *request,
              const WhyJob *job,
              WhyRemoval removal,
              guint64 seed,
              GError **error)
{
  WhyTensor *inputs[] = { job->input };
  WhyShape shape = { .rank = job->input->rank };

  context->request = request;
  context->job = job;
  context->removal = removal;
  context->seed = seed;
  context->n_channels = (gsize) MAX (job->input->dims[1], 1);
  context->n_positions = why_tensor_count (job->input) / context->n_channels;
  memcpy (shape.dims, job->input->dims, sizeof shape.dims);
  WhyGraph *graph = why_session_prepare (job->session, &shape, 1, error);
  if (graph == NULL || !why_target_find (graph, request->output, request->multi_label, &context->target, error))
    return FALSE;
  if (request->target_class < 0 || request->target_class >= context->target.n_classes)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND,
                   "There is no class %d; the network has classes 0 to %" G_GINT64_FORMAT, request->target_class,
                   context->target.n_classes - 1);
      return FALSE;
    }
  if (removal == WHY_REMOVAL_LINEAR && job->input->rank != 4)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                           "Linear imputation is for pictures; choose mean, zero or blur for a volume");
      return FALSE;
    }
  if (removal == WHY_REMOVAL_BLUR)
    context->fill = blur (job->input, job->cancel, error);
  else
    context->fill = fill_evenly (context, removal != WHY_REMOVAL_ZERO, error);
  if (context->fill == NULL)
    return FALSE;
  const gsize count = why_tensor_count (job->input);
  const char *logits = context->target.logits->name;
  context->branch = why_branch_get (job->session, inputs, 1, why_graph_input (graph, 0)->name, &logits, 1,
                                    (gint64) CLAMP (NUMBERS_AT_ONCE / MAX (count, 1), 1, 16), job->cancel, error);
  return context->branch != NULL;
}

/* ---- the order ---- */

typedef struct
{
  float value;
  guint32 chance;
  guint32 position;
} Place;

static int
compare_places (const void *a, const void *b)
{
  const Place *x = a, *y = b;

  if (x->value != y->value)
    return x->value < y->value ? 1 : -1;
  return x->chance != y->chance ? (x->chance < y->chance ? -1 : 1)
                                : (x->position > y->position) - (x->position < y->position);
}

/* Returns: (transfer full): the rank of every position, 0 for the largest value */
static guint32 *
rank_positions (const float *values, gsize n, guint64 seed)
{
  g_autofree Place *places = g_new (Place, n + 1);
  guint32 *ranks = g_new (guint32, n + 1);

  for (gsize at = 0; at < n; at++)
    {
      places[at].value = isnan (values[at]) ? -INFINITY : values[at];
      places[at].chance = (guint32) (why_noise_uniform (seed, at) * 4294967296.0);
      places[at].position = (guint32) at;
    }
  qsort (places, n, sizeof *places, compare_places);
  for (gsize rank = 0; rank < n; rank++)
    ranks[places[rank].position] = (guint32) rank;
  return ranks;
}

/* The map's values at every position of the input. */
static WhyTensor *
spread (const WhyMap *map, const WhyTensor *input, WhyCancel *cancel, GError **error)
{
  const int n_spatial = input->rank - 2;

  if (map->values->rank != n_spatial)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE,
                   "The map has %d dimensions, the picture %d; they do not belong together", map->values->rank,
                   n_spatial);
      return NULL;
    }
  if (n_spatial == 2 && map->to_input.xx > 0 && map->to_input.yy > 0)
    return why_overlap_spread (map, &map->to_input, TRUE, input->dims[3], input->dims[2], cancel, error);
  return why_map_resize (map->values, input->dims + 2, WHY_RESIZE_LINEAR, error);
}

/* Noise on the cells of @map. */
static WhyMap *
random_map (const WhyMap *map, guint64 seed, GError **error)
{
  WhyTensor *values = why_tensor_new (WHY_DTYPE_FLOAT32, map->values->rank, map->values->dims, error);

  if (values == NULL)
    return NULL;
  const gsize n = why_tensor_count (values);
  for (gsize cell = 0; cell < n; cell++)
    ((float *) values->data)[cell] = (float) why_noise_uniform (seed, cell);
  return why_map_new (values, &map->to_input, map->method, map->layer, map->polarity, map->profile);
}

/* ---- runs ---- */

/* One picture in which the positions of rank below @cut are given (@insertion) or taken away. */
static gboolean
make_row (const Context *context, const guint32 *ranks, gsize cut, gboolean insertion, float *row, GError **error)
{
  const float *picture = context->job->input->data, *fill = context->fill->data;
  const gsize n = context->n_positions;

  if (context->removal == WHY_REMOVAL_LINEAR)
    {
      g_autofree guint8 *removed = g_new (guint8, n + 1);
      for (gsize at = 0; at < n; at++)
        removed[at] = (ranks[at] < cut) != insertion;
      return why_impute_linear (picture, context->n_channels, context->job->input->dims[2],
                                context->job->input->dims[3], removed, IMPUTE_NOISE, context->seed, row,
                                context->job->cancel, error);
    }
  for (gsize c = 0; c < context->n_channels; c++)
    for (gsize at = 0; at < n; at++)
      row[c * n + at] = ((ranks[at] < cut) != insertion ? fill : picture)[c * n + at];
  return TRUE;
}

static gboolean
take_scores (const Context *context, WhyTensor *logits, gsize n, double *scores, GError **error)
{
  const WhyValue *one = context->target.logits;
  const gsize n_bytes = logits->n_bytes / n;

  for (gsize row = 0; row < n; row++)
    {
      g_autoptr (WhyTensor) view = why_tensor_new_view (logits->dtype, one->rank, one->dims, NULL,
                                                        (guint8 *) logits->data + row * n_bytes, NULL, NULL);
      g_autoptr (WhyTensor) probabilities = why_target_probabilities (&context->target, view, error);
      if (probabilities == NULL)
        return FALSE;
      scores[row] = (double) ((const float *) probabilities->data)[context->request->target_class];
    }
  return TRUE;
}

/* The class's probability at each of @cuts. */
static gboolean
run_cuts (Context *context, const guint32 *ranks, const gsize *cuts, gsize n_cuts, gboolean insertion, double *scores,
          GError **error)
{
  const WhyJob *job = context->job;
  const WhyTensor *input = job->input;
  const gsize count = why_tensor_count (input);

  for (gsize first = 0; first < n_cuts;)
    {
      const gsize n = MIN ((gsize) why_branch_n (context->branch), n_cuts - first);
      gint64 dims[WHY_MAX_RANK];
      g_autoptr (WhyTensor) logits = NULL;
      memcpy (dims, input->dims, sizeof dims);
      dims[0] *= (gint64) n;
      g_autoptr (WhyTensor) rows = why_tensor_new (WHY_DTYPE_FLOAT32, input->rank, dims, error);
      for (gsize row = 0; row < n; row++)
        if (rows == NULL || !why_cancel_check (job->cancel, error) ||
            !make_row (context, ranks, cuts[first + row], insertion, (float *) rows->data + row * count, error))
          return FALSE;
      if (!why_branch_run (context->branch, rows, (gint64) n, &logits, job->cancel, error) ||
          !take_scores (context, logits, n, scores + first, error))
        return FALSE;
      first += n;
      if (job->progress != NULL)
        job->progress (context->done + context->share * (double) first / (double) n_cuts, job->progress_data);
    }
  context->done += context->share;
  return TRUE;
}

static gboolean
run_curve (Context *context, const guint32 *ranks, guint n_steps, gboolean insertion, WhyCurve *curve, GError **error)
{
  gsize cuts[WHY_CURVE_MAX];

  curve->n = n_steps + 1;
  curve->auc = 0;
  for (gsize step = 0; step <= n_steps; step++)
    {
      cuts[step] = (gsize) ((double) context->n_positions * (double) step / n_steps + 0.5);
      curve->fractions[step] = (double) cuts[step] / (double) context->n_positions;
    }
  if (!run_cuts (context, ranks, cuts, curve->n, insertion, curve->scores, error))
    return FALSE;
  for (gsize step = 1; step < curve->n; step++)
    curve->auc += (curve->fractions[step] - curve->fractions[step - 1]) *
                  (curve->scores[step] + curve->scores[step - 1]) / 2;
  return TRUE;
}

static gboolean
run_both (Context *context, const WhyMap *map, guint n_steps, WhyCurve *deletion, WhyCurve *insertion, GError **error)
{
  g_autoptr (WhyTensor) values = spread (map, context->job->input, context->job->cancel, error);

  if (values == NULL)
    return FALSE;
  g_autofree guint32 *ranks = rank_positions (values->data, context->n_positions, context->seed);
  return run_curve (context, ranks, n_steps, FALSE, deletion, error) &&
         run_curve (context, ranks, n_steps, TRUE, insertion, error);
}

static void
add_control (WhyCurve *mean, double *low, double *high, const WhyCurve *control, guint index, guint n_controls)
{
  if (index == 0)
    {
      memset (mean, 0, sizeof *mean);
      *low = *high = control->auc;
    }
  mean->n = control->n;
  for (gsize step = 0; step < control->n; step++)
    {
      mean->fractions[step] = control->fractions[step];
      mean->scores[step] += control->scores[step] / n_controls;
    }
  mean->auc += control->auc / n_controls;
  *low = MIN (*low, control->auc);
  *high = MAX (*high, control->auc);
}

gboolean
why_faithfulness_measure (const WhyExplainRequest *request,
                          const WhyJob *job,
                          const WhyMap *map,
                          const WhyFaithfulnessOptions *options,
                          WhyFaithfulness *result,
                          GError **error)
{
  g_auto (Context) context = { 0 };
  const guint n_steps = options->n_steps > 0 ? MIN (options->n_steps, WHY_CURVE_MAX - 1) : STEPS_PRESET;
  const guint n_controls = options->n_controls > 0 ? options->n_controls : CONTROLS_PRESET;

  memset (result, 0, sizeof *result);
  if (!context_init (&context, request, job, options->removal, options->seed, error))
    return FALSE;
  context.share = 0.5 / (n_controls + 1);
  if (!run_both (&context, map, n_steps, &result->deletion, &result->insertion, error))
    return FALSE;
  for (guint control = 0; control < n_controls; control++)
    {
      WhyCurve deletion, insertion;
      g_autoptr (WhyMap) chance = random_map (map, options->seed + control + 1, error);
      if (chance == NULL || !run_both (&context, chance, n_steps, &deletion, &insertion, error))
        return FALSE;
      add_control (&result->control_deletion, &result->control_deletion_low, &result->control_deletion_high,
                   &deletion, control, n_controls);
      add_control (&result->control_insertion, &result->control_insertion_low, &result->control_insertion_high,
                   &insertion, control, n_controls);
    }
  return TRUE;
}

gboolean
why_faithfulness_road (const WhyExplainRequest *request,
                       const WhyJob *job,
                       const WhyMap *map,
                       guint64 seed,
                       WhyRoad *road,
                       GError **error)
{
  g_auto (Context) context = { 0 };
  gsize cuts[WHY_ROAD_STEPS];

  memset (road, 0, sizeof *road);
  if (!context_init (&context, request, job, WHY_REMOVAL_LINEAR, seed, error))
    return FALSE;
  context.share = 0.5;
  g_autoptr (WhyTensor) values = spread (map, job->input, job->cancel, error);
  if (values == NULL)
    return FALSE;
  for (gsize step = 0; step < WHY_ROAD_STEPS; step++)
    cuts[step] = (context.n_positions * (step + 1) + 5) / 10;
  g_autofree guint32 *ranks = rank_positions (values->data, context.n_positions, seed);
  if (!run_cuts (&context, ranks, cuts, WHY_ROAD_STEPS, FALSE, road->most, error))
    return FALSE;
  for (gsize at = 0; at < context.n_positions; at++)
    ranks[at] = (guint32) (context.n_positions - 1 - ranks[at]);
  if (!run_cuts (&context, ranks, cuts, WHY_ROAD_STEPS, FALSE, road->least, error))
    return FALSE;
  for (gsize step = 0; step < WHY_ROAD_STEPS; step++)
    road->combined += (road->least[step] - road->most[step]) / 2 / WHY_ROAD_STEPS;
  return TRUE;
}
