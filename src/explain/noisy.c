#include "config.h"

#include "noisy.h"

#include "base/parallel.h"
#include "explain/noise.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const WhyExplainRequest *request;
  const WhyTensor *input;
  gsize count; /* numbers of the input */
  guint64 seed;
  double deviation;
  gboolean magnitude;
  gboolean rooted; /* MONAI: of the sum of squares the root, over the number of pictures */
  WhyNoisyKind kind;
  double *mean;    /* (array length=count): of the gradients, or of their squares, so far */
  double *squares; /* (array length=count): summed squares of distances from the mean */
  float *rows;
  gsize first;
} Noisy;

static void
make_rows (gsize begin, gsize end, gpointer data)
{
  const Noisy *noisy = data;

  for (gsize row = begin; row < end; row++)
    {
      float *out = noisy->rows + row * noisy->count;
      g_autoptr (WhyTensor) altered =
        why_noise_add (noisy->input, noisy->deviation, noisy->seed, noisy->first + row, NULL);
      if (altered != NULL)
        memcpy (out, altered->data, altered->n_bytes);
      else /* no memory: what comes next needs much more, and says so */
        memset (out, 0, noisy->count * sizeof *out);
    }
}

static gboolean
make (gsize first, gsize n, float *rows, gpointer data, GError **error)
{
  Noisy *noisy = data;

  noisy->rows = rows;
  noisy->first = first;
  why_parallel_for (n, 1, make_rows, noisy);
  return TRUE;
}

/* Welford's update: one pass, and no difference of large sums. */
static gboolean
take (gsize first, gsize n, const double *scores, float *gradients, gpointer data, GError **error)
{
  Noisy *noisy = data;

  for (gsize row = 0; row < n; row++)
    {
      const double share = 1.0 / (double) (first + row + 1);
      for (gsize at = 0; at < noisy->count; at++)
        {
          const double slope = (double) gradients[row * noisy->count + at];
          const double gradient = noisy->magnitude ? fabs (slope) : slope;
          const double value = noisy->kind == WHY_NOISY_SQUARES ? gradient * gradient : gradient;
          const double off = value - noisy->mean[at];
          noisy->mean[at] += off * share;
          noisy->squares[at] += off * (value - noisy->mean[at]);
        }
    }
  return TRUE;
}

static WhyTensor *
finish (gsize done, gpointer data, GError **error)
{
  const Noisy *noisy = data;
  WhyTensor *result =
    why_tensor_new (WHY_DTYPE_FLOAT32, noisy->input->rank, noisy->input->dims, error);

  for (gsize at = 0; result != NULL && at < noisy->count; at++)
    ((float *) result->data)[at] =
      (float) (noisy->kind == WHY_NOISY_VARIANCE ? noisy->squares[at] / (double) done
               : noisy->rooted                   ? sqrt (noisy->mean[at] / (double) done)
                                                 : noisy->mean[at]);
  return result;
}

static WhyTensor *
sketch (gsize done, gpointer data, GError **error)
{
  const Noisy *noisy = data;
  g_autoptr (WhyTensor) attribution = finish (done, data, error);
  return attribution != NULL ? why_input_summary (noisy->request, attribution, error) : NULL;
}

static double
range_of (const WhyTensor *input)
{
  const float *values = input->data;
  const gsize count = why_tensor_count (input);
  double lo = INFINITY, hi = -INFINITY;

  for (gsize at = 0; at < count; at++)
    {
      lo = fmin (lo, (double) values[at]);
      hi = fmax (hi, (double) values[at]);
    }
  return hi > lo ? hi - lo : 0.0;
}

WhyMap *
why_noisy_map (const WhyExplainRequest *request,
               const WhyTarget *target,
               const WhyJob *job,
               WhyNoisyKind kind,
               GError **error)
{
  g_auto (WhyFixed) fixed = { 0 };
  Noisy noisy = {
    .request = request,
    .input = job->input,
    .count = why_tensor_count (job->input),
    .seed = (guint64) why_option_integer (request, "seed"),
    .deviation = why_option_real (request, "noise"),
    .magnitude = why_option_boolean (request, "magnitude"),
    .rooted = kind == WHY_NOISY_SQUARES && why_method_profile (request) == WHY_PROFILE_MONAI,
    .kind = kind,
  };
  const WhyMany many = {
    .from = why_input_name (job),
    .n = (gsize) why_option_integer (request, "samples"),
    .make = make,
    .take = take,
    .sketch = sketch,
    .gradients = TRUE,
    .data = &noisy,
  };

  if (!why_fixed_init (&fixed, request, target, job, error))
    return NULL;
  if (!why_option_boolean (request, "absolute"))
    noisy.deviation *= range_of (job->input);
  noisy.mean = g_new0 (double, noisy.count + 1);
  noisy.squares = g_new0 (double, noisy.count + 1);
  WhyTensor *attribution =
    why_many_run (&many, &fixed, target, job, error) ? finish (many.n, &noisy, error) : NULL;
  g_free (noisy.mean);
  g_free (noisy.squares);
  return attribution != NULL ? why_input_map (request, job, attribution, fixed.score, error) : NULL;
}
