#include "config.h"

#include "many.h"

#include "base/parallel.h"
#include "explain/map-resize.h"

#include <math.h>
#include <string.h>

/* Score-CAM: Wang et al., CVPR Workshops 2020. Every channel of the layer, enlarged to the input
 * and stretched to 0 to 1, becomes a mask H_k of the picture; s_k is the score of the masked
 * picture x * H_k. Weights are the softmax of s over the channels (equation 8; a baseline
 * subtracted from all s changes nothing in it); the map is the weighted sum of the activations. The
 * authors' program takes the probability itself as weight, as tf-keras-vis does: weights=score with
 * a score of "probability". A channel without contrast makes no mask: it is left out, except where
 * pytorch-grad-cam and TorchCAM show the network nothing at all for it. With "top" only the
 * channels that vary most over space are tried ("Faster-Score-CAM"). */

static const char *const weightings[] = { "softmax", "score", NULL };

typedef struct
{
  const WhyExplainRequest *request;
  const WhyTensor *input;
  WhyTensor *activation; /* dense */
  WhyProfileKind profile;
  gsize positions; /* of a channel */
  gsize pixels;    /* of the input's channel */
  gsize *channels; /* (array length=n): those that are tried */
  double *scores;  /* (array length=n) */
  gsize n;
  gboolean softmax;
  float *rows;
  gsize first;
} Score;

static void
get_range (const float *values, gsize count, double *lo, double *hi)
{
  *lo = INFINITY;
  *hi = -INFINITY;
  for (gsize at = 0; at < count; at++)
    {
      *lo = fmin (*lo, (double) values[at]);
      *hi = fmax (*hi, (double) values[at]);
    }
}

static const float *
channel_of (const Score *score, gsize index)
{
  return (const float *) score->activation->data + score->channels[index] * score->positions;
}

/* To 0..1; nothing, where there is no contrast. */
static void
stretch (float *values, gsize count, double epsilon)
{
  double lo, hi;

  get_range (values, count, &lo, &hi);
  const float low = (float) lo, factor = hi > lo ? (float) (1.0 / (hi - lo + epsilon)) : 0.0f;
  for (gsize at = 0; at < count; at++)
    values[at] = (values[at] - low) * factor;
}

/* The mask of one channel, in the input's size. */
static WhyTensor *
make_mask (const Score *score, gsize index)
{
  static const double epsilons[WHY_N_PROFILES] = {
    [WHY_PROFILE_PYTORCH_GRAD_CAM] = 1e-8,
    [WHY_PROFILE_TORCHCAM] = 1e-8,
    [WHY_PROFILE_TF_KERAS_VIS] = 1e-7,
  };
  const gboolean corners =
    score->profile == WHY_PROFILE_PYTORCH_GRAD_CAM || score->profile == WHY_PROFILE_TF_KERAS_VIS;
  const WhyTensor *activation = score->activation, *input = score->input;
  const double epsilon = epsilons[score->profile];
  g_autoptr (WhyTensor) cells =
    why_tensor_new (WHY_DTYPE_FLOAT32, activation->rank - 2, activation->dims + 2, NULL);

  if (cells == NULL)
    return NULL;
  memcpy (cells->data, channel_of (score, index), cells->n_bytes);
  if (score->profile == WHY_PROFILE_TORCHCAM)
    stretch (cells->data, score->positions, epsilon);
  WhyTensor *mask = why_map_resize (cells, input->dims + 2,
                                    corners ? WHY_RESIZE_LINEAR_CORNERS : WHY_RESIZE_LINEAR, NULL);
  if (mask != NULL && score->profile != WHY_PROFILE_TORCHCAM)
    stretch (mask->data, score->pixels, epsilon);
  return mask;
}

static void
make_rows (gsize begin, gsize end, gpointer data)
{
  const Score *score = data;
  const gsize n_channels = (gsize) score->input->dims[1];

  for (gsize row = begin; row < end; row++)
    {
      g_autoptr (WhyTensor) mask = make_mask (score, score->first + row);
      const float *picture = score->input->data, *factors = mask != NULL ? mask->data : NULL;
      float *out = score->rows + row * n_channels * score->pixels;
      if (mask == NULL) /* no memory: seen by what comes next, which needs much more */
        {
          memset (out, 0, n_channels * score->pixels * sizeof *out);
          continue;
        }
      for (gsize c = 0; c < n_channels; c++)
        for (gsize at = 0; at < score->pixels; at++)
          out[c * score->pixels + at] = picture[c * score->pixels + at] * factors[at];
    }
}

static gboolean
make (gsize first, gsize n, float *rows, gpointer data, GError **error)
{
  Score *score = data;

  score->rows = rows;
  score->first = first;
  why_parallel_for (n, 1, make_rows, score);
  return TRUE;
}

static gboolean
take (gsize first, gsize n, const double *scores, float *gradients, gpointer data, GError **error)
{
  Score *score = data;
  memcpy (score->scores + first, scores, n * sizeof *scores);
  return TRUE;
}

/* The map of the first @done channels tried. */
static WhyTensor *
sum_up (gsize done, gpointer data, GError **error)
{
  const Score *score = data;
  g_autofree double *weights = g_new0 (double, (gsize) score->activation->dims[1]);
  double most = -INFINITY, sum = 0;

  for (gsize index = 0; index < done; index++)
    most = fmax (most, score->scores[index]);
  for (gsize index = 0; index < done; index++)
    {
      double *weight = &weights[score->channels[index]];
      *weight = score->softmax ? exp (score->scores[index] - most) : score->scores[index];
      sum += *weight;
    }
  for (gsize index = 0; score->softmax && index < done; index++)
    weights[score->channels[index]] /= sum;
  return why_method_weighted_sum (score->activation, weights, error);
}

typedef struct
{
  gsize channel;
  double deviation;
} Ranked;

static int
compare_ranked (gconstpointer a, gconstpointer b)
{
  const Ranked *left = a, *right = b;
  if (left->deviation != right->deviation)
    return left->deviation > right->deviation ? -1 : 1;
  return left->channel < right->channel ? -1 : 1;
}

static double
deviation_of (const float *values, gsize count)
{
  double sum = 0, squares = 0;

  for (gsize at = 0; at < count; at++)
    sum += (double) values[at];
  for (gsize at = 0; at < count; at++)
    {
      const double off = (double) values[at] - sum / (double) count;
      squares += off * off;
    }
  return sqrt (squares / (double) count);
}

/* Fills @score->channels: all that make a mask, or the top ones. */
static void
choose_channels (Score *score, gsize top)
{
  const gsize n_channels = (gsize) score->activation->dims[1];
  const gboolean flat_too = score->profile != WHY_PROFILE_PAPER;
  g_autofree Ranked *ranked = g_new (Ranked, n_channels);
  gsize n = 0;

  for (gsize c = 0; c < n_channels; c++)
    {
      const float *values = (const float *) score->activation->data + c * score->positions;
      double lo, hi;
      get_range (values, score->positions, &lo, &hi);
      if (flat_too || hi > lo)
        ranked[n++] = (Ranked){ c, top > 0 ? deviation_of (values, score->positions) : 0 };
    }
  if (top > 0)
    qsort (ranked, n, sizeof *ranked, compare_ranked);
  score->n = top > 0 ? MIN (top, n) : n;
  score->channels = g_new (gsize, score->n + 1);
  score->scores = g_new0 (double, score->n + 1);
  for (gsize index = 0; index < score->n; index++)
    score->channels[index] = ranked[index].channel;
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  g_auto (WhyFixed) fixed = { 0 };
  g_auto (WhyAltered) layer = { 0 };
  WhyExplainRequest of_probability = *request;

  /* tf-keras-vis weighs by the softmax of what the network returns, whatever that is. */
  of_probability.score = WHY_SCORE_PROBABILITY;
  if (why_method_profile (request) == WHY_PROFILE_TF_KERAS_VIS && request->score == WHY_SCORE_LOGIT)
    request = &of_probability;
  Score score = {
    .request = request,
    .input = job->input,
    .profile = why_method_profile (request),
    .softmax = strcmp (why_option_choice (request, "weights"), "softmax") == 0,
  };

  if (!why_fixed_init (&fixed, request, target, job, error) ||
      !why_altered_init (&layer, request->layer, job, error))
    return NULL;
  score.activation = layer.map;
  score.positions = layer.positions;
  score.pixels = why_tensor_count (job->input) / (gsize) MAX (job->input->dims[1], 1);
  choose_channels (&score, (gsize) why_option_integer (request, "top"));
  const WhyMany many = {
    .from = why_input_name (job),
    .n = score.n,
    .make = make,
    .take = take,
    .sketch = sum_up,
    .layer = request->layer,
    .data = &score,
  };
  WhyTensor *values =
    why_many_run (&many, &fixed, target, job, error) ? sum_up (score.n, &score, error) : NULL;
  g_free (score.channels);
  g_free (score.scores);
  return values != NULL ? why_method_new_map (request, job, values, fixed.score) : NULL;
}

static const WhyOptionClass options[] = {
  {
    .id = "top",
    .title = N_ ("Channels to try (0: all)"),
    .kind = WHY_OPTION_INTEGER,
    .maximum = 1e6,
  },
  {
    .id = "weights",
    .title = N_ ("Weights of the channels"),
    .kind = WHY_OPTION_CHOICE,
    .choices = weightings,
    .by_profile = { { WHY_PROFILE_TF_KERAS_VIS, 1 } },
  },
};

const WhyExplainerClass why_scorecam = {
  .id = "scorecam",
  .title = N_ ("Score-CAM"),
  .paper = "Wang et al., CVPR Workshops 2020",
  .about = N_ ("Channels of the layer, weighted with what the network says of the picture behind "
               "each as a mask."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_MANY_RUNS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM | WHY_FITS_TORCHCAM | WHY_FITS_TF_KERAS_VIS,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .run = run,
};
