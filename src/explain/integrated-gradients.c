#include "config.h"

#include "many.h"

#include <math.h>
#include <string.h>

/* Integrated gradients: Sundararajan, Taly and Yan, ICML 2017: (x - x') times the mean gradient on
 * the straight line from a baseline x' to the picture x. The integral is summed by Gauss-Legendre
 * nodes or by the trapezoid rule. What the attributions must add up to is f(x) - f(x'), and what is
 * missing tells whether there are steps enough. */

static const char *const baselines[] = { "zero", "mean", "minimum", NULL };
static const char *const rules[] = { "gauss-legendre", "trapezoid", NULL };

typedef struct
{
  const WhyExplainRequest *request;
  const WhyTensor *input;
  gsize count;
  float *baseline;         /* (array length=count) */
  double *nodes, *weights; /* (array length=n): the first is the baseline itself */
  double baseline_score;
  double *sum; /* (array length=count) */
} Path;

/* Nodes in 0..1 and weights that sum to 1: roots of the Legendre polynomial by Newton's method. */
static void
gauss_legendre (gsize n, double *nodes, double *weights)
{
  for (gsize root = 0; root < n; root++)
    {
      double z = cos (G_PI * ((double) root + 0.75) / ((double) n + 0.5)), slope = 1, step;
      do
        {
          double p = 1, before = 0;
          for (gsize degree = 1; degree <= n; degree++)
            {
              const double next =
                ((double) (2 * degree - 1) * z * p - (double) (degree - 1) * before) /
                (double) degree;
              before = p;
              p = next;
            }
          slope = (double) n * (z * p - before) / (z * z - 1);
          step = p / slope;
          z -= step;
        }
      while (fabs (step) > 1e-15);
      nodes[n - 1 - root] = 0.5 * (1 + z);
      weights[n - 1 - root] = 1 / ((1 - z * z) * slope * slope);
    }
}

/* At least two nodes. Captum's weights are for n intervals, though n nodes make n - 1: they add up to
 * 1 - 1/n. */
static void
trapezoid (gsize n, gboolean captum, double *nodes, double *weights)
{
  for (gsize node = 0; node < n; node++)
    {
      nodes[node] = (double) node / (double) (n - 1);
      weights[node] = (node == 0 || node == n - 1 ? 0.5 : 1.0) / (double) (captum ? n : n - 1);
    }
}

static gboolean
make (gsize first, gsize n, float *rows, gpointer data, GError **error)
{
  const Path *path = data;
  const float *picture = path->input->data;

  for (gsize row = 0; row < n; row++)
    {
      const float t = (float) path->nodes[first + row];
      float *out = rows + row * path->count;
      for (gsize at = 0; at < path->count; at++)
        out[at] = path->baseline[at] + t * (picture[at] - path->baseline[at]);
    }
  return TRUE;
}

static gboolean
take (gsize first, gsize n, const double *scores, float *gradients, gpointer data, GError **error)
{
  Path *path = data;

  if (first == 0)
    path->baseline_score = scores[0];
  for (gsize row = 0; row < n; row++)
    {
      const double weight = path->weights[first + row];
      const float *gradient = gradients + row * path->count;
      for (gsize at = 0; weight != 0 && at < path->count; at++)
        path->sum[at] += weight * (double) gradient[at];
    }
  return TRUE;
}

/* @total: (out) (nullable): what the attributions add up to */
static WhyTensor *
attribute (const Path *path, double *total, GError **error)
{
  WhyTensor *result =
    why_tensor_new (WHY_DTYPE_FLOAT32, path->input->rank, path->input->dims, error);
  const float *picture = path->input->data;

  for (gsize at = 0; result != NULL && at < path->count; at++)
    {
      const double value = ((double) picture[at] - (double) path->baseline[at]) * path->sum[at];
      ((float *) result->data)[at] = (float) value;
      if (total != NULL)
        *total += value;
    }
  return result;
}

static WhyTensor *
sketch (gsize done, gpointer data, GError **error)
{
  const Path *path = data;
  g_autoptr (WhyTensor) attribution = attribute (path, NULL, error);
  return attribution != NULL ? why_input_summary (path->request, attribution, error) : NULL;
}

/* One number for each channel. */
static void
fill_baseline (Path *path, const char *kind)
{
  const gsize n_channels = (gsize) MAX (path->input->dims[1], 1), pixels = path->count / n_channels;
  const float *values = path->input->data;

  for (gsize c = 0; c < n_channels; c++)
    {
      double sum = 0, least = INFINITY;
      for (gsize at = 0; at < pixels; at++)
        {
          sum += (double) values[c * pixels + at];
          least = fmin (least, (double) values[c * pixels + at]);
        }
      const double level = strcmp (kind, "mean") == 0      ? sum / (double) MAX (pixels, 1)
                           : strcmp (kind, "minimum") == 0 ? least
                                                           : 0.0;
      for (gsize at = 0; at < pixels; at++)
        path->baseline[c * pixels + at] = (float) level;
    }
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  const gboolean gauss = strcmp (why_option_choice (request, "rule"), "gauss-legendre") == 0;
  const gsize steps = (gsize) why_option_integer (request, "steps");
  g_auto (WhyFixed) fixed = { 0 };
  Path path = {
    .request = request,
    .input = job->input,
    .count = why_tensor_count (job->input),
  };
  double total = 0;

  if (!why_fixed_init (&fixed, request, target, job, error))
    return NULL;
  path.baseline = g_new0 (float, path.count + 1);
  path.sum = g_new0 (double, path.count + 1);
  path.nodes = g_new0 (double, steps + 2);
  path.weights = g_new0 (double, steps + 2);
  fill_baseline (&path, why_option_choice (request, "baseline"));
  if (gauss)
    gauss_legendre (steps, path.nodes + 1, path.weights + 1);
  else
    trapezoid (MAX (steps, 2), why_method_profile (request) == WHY_PROFILE_CAPTUM, path.nodes,
               path.weights);
  const WhyMany many = {
    .from = why_input_name (job),
    .n = gauss ? steps + 1 : MAX (steps, 2),
    .make = make,
    .take = take,
    .sketch = sketch,
    .gradients = TRUE,
    .data = &path,
  };
  WhyTensor *attribution =
    why_many_run (&many, &fixed, target, job, error) ? attribute (&path, &total, error) : NULL;
  WhyMap *map =
    attribution != NULL ? why_input_map (request, job, attribution, fixed.score, error) : NULL;
  if (map != NULL)
    why_map_add_residual (map, fixed.score - path.baseline_score, total,
                          "the score less that of the baseline");
  g_free (path.baseline);
  g_free (path.sum);
  g_free (path.nodes);
  g_free (path.weights);
  return map;
}

static const WhyOptionClass options[] = {
  {
    .id = "steps",
    .title = N_ ("Steps from the baseline to the picture"),
    .kind = WHY_OPTION_INTEGER,
    .preset = 50,
    .minimum = 1,
    .maximum = 10000,
  },
  {
    .id = "baseline",
    .title = N_ ("Baseline"),
    .kind = WHY_OPTION_CHOICE,
    .choices = baselines,
  },
  {
    .id = "rule",
    .title = N_ ("Rule of integration"),
    .kind = WHY_OPTION_CHOICE,
    .choices = rules,
  },
};

const WhyExplainerClass why_integrated_gradients = {
  .id = "integrated-gradients",
  .title = N_ ("Integrated gradients"),
  .paper = "Sundararajan, Taly and Yan, ICML 2017",
  .about = N_ ("What each number of the input adds to the score on the way from a baseline."),
  .needs = WHY_NEEDS_GRADIENT | WHY_NEEDS_MANY_RUNS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_CAPTUM,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .run = run,
};
