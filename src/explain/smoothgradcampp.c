#include "config.h"

#include "methods.h"

#include "gradcampp.h"
#include "explain/noise.h"

#include <math.h>
#include <string.h>

/* Smooth Grad-CAM++: Omeiza et al., arXiv 1908.01224: Grad-CAM++ whose powers of the gradient are
 * means over pictures with noise. The paper leaves number and strength of the noise to the user;
 * the presets are TorchCAM's. In TorchCAM the activations and the clipped gradient are those of the
 * last noisy picture, and the denominator has the sum of A G^3 cell by cell; in the paper they are
 * those of the clean picture and the mean. */

typedef struct
{
  gsize count;
  double *g, *g2, *g3; /* sums over the samples */
} Moments;

static void
moments_clear (Moments *moments)
{
  g_free (moments->g);
  g_free (moments->g2);
  g_free (moments->g3);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Moments, moments_clear)

static void
add_sample (Moments *moments, const WhyTensor *gradient)
{
  const float *values = gradient->data;

  if (moments->count == 0)
    {
      moments->count = why_tensor_count (gradient);
      moments->g = g_new0 (double, MAX (moments->count, 1));
      moments->g2 = g_new0 (double, MAX (moments->count, 1));
      moments->g3 = g_new0 (double, MAX (moments->count, 1));
    }
  for (gsize at = 0; at < moments->count; at++)
    {
      const double value = (double) values[at];
      moments->g[at] += value;
      moments->g2[at] += value * value;
      moments->g3[at] += value * value * value;
    }
}

/* @clipped: (nullable): the gradient to be clipped; %NULL: the mean of the samples */
static void
weigh (const Moments *moments,
       const WhyTensor *activation,
       const WhyTensor *clipped,
       gboolean torchcam,
       double n,
       double *weights)
{
  const WhyWalk walk = why_walk (activation);
  const float *a = activation->data;

  for (gsize c = 0; c < walk.channels; c++)
    {
      double sum_a = 0, sum_ag3 = 0;
      for (gsize at = 0; at < walk.positions; at++)
        {
          const gsize place = at * walk.position_step + c * walk.channel_step;
          sum_a += (double) a[place];
          sum_ag3 += (double) a[place] * moments->g3[place] / n;
        }
      weights[c] = 0;
      for (gsize at = 0; at < walk.positions; at++)
        {
          const gsize place = at * walk.position_step + c * walk.channel_step;
          const double g2 = moments->g2[place] / n, g3 = moments->g3[place] / n;
          const double slope = clipped != NULL ? (double) ((const float *) clipped->data)[place]
                                               : moments->g[place] / n;
          const double alpha = torchcam
                                 ? g2 / (2 * g2 + sum_ag3 + 1e-8)
                                 : why_gradcampp_alpha (WHY_PROFILE_PAPER, g2, g3, sum_a, sum_ag3);
          weights[c] += alpha * (slope < 0 ? 0 : slope);
        }
    }
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  const int n = why_option_integer (request, "samples");
  const double sigma = why_option_real (request, "noise");
  const guint64 seed = (guint64) why_option_real (request, "seed");
  const gboolean torchcam = why_method_profile (request) == WHY_PROFILE_TORCHCAM;
  g_auto (Moments) moments = { 0 };
  g_autoptr (WhyTensor) activation = NULL, last_activation = NULL, last_gradient = NULL;
  WhyTensor *clean = NULL;
  double score = 0, ignored = 0;

  for (int sample = 0; sample < n; sample++)
    {
      g_autoptr (WhyTensor) noisy =
        why_noise_add (job->input, sigma, seed, (guint64) sample, error);
      WhyJob with_noise = *job;
      with_noise.input = noisy;
      g_clear_pointer (&last_activation, why_tensor_unref);
      g_clear_pointer (&last_gradient, why_tensor_unref);
      if (noisy == NULL || !why_method_gradients (
                             request, target, &with_noise, WHY_GRAD_RULE_GRADIENT, &request->layer,
                             1, &last_activation, &last_gradient, &ignored, error))
        return NULL;
      add_sample (&moments, last_gradient);
      if (job->progress != NULL)
        job->progress ((double) (sample + 1) / (double) (n + 1), job->progress_data);
    }
  /* The clean picture comes last, so that the session is left with it. */
  if (!why_method_gradients (request, target, job, WHY_GRAD_RULE_GRADIENT, &request->layer, 1,
                             &activation, &clean, &score, error))
    return NULL;
  why_tensor_unref (clean);

  g_autofree double *weights = g_new0 (double, (gsize) MAX (activation->dims[1], 1));
  weigh (&moments, activation, torchcam ? last_gradient : NULL, torchcam, n, weights);
  WhyTensor *values =
    why_method_weighted_sum (torchcam ? last_activation : activation, weights, error);
  return values != NULL ? why_method_new_map (request, job, values, score) : NULL;
}

static const WhyOptionClass options[] = {
  {
    .id = "samples",
    .title = N_ ("Noisy pictures"),
    .kind = WHY_OPTION_INTEGER,
    .preset = 4,
    .minimum = 1,
    .maximum = 10000,
  },
  {
    .id = "noise",
    .title = N_ ("Standard deviation of the noise, in units of the prepared input"),
    .kind = WHY_OPTION_REAL,
    .preset = 0.3,
    .minimum = 0,
    .maximum = 1000,
  },
  {
    .id = "seed",
    .title = N_ ("Seed of the noise"),
    .kind = WHY_OPTION_INTEGER,
    .preset = 0,
    .minimum = 0,
    .maximum = 1e15,
  },
};

const WhyExplainerClass why_smoothgradcampp = {
  .id = "smooth-gradcam++",
  .title = N_ ("Smooth Grad-CAM++"),
  .paper = "Omeiza et al., arXiv 1908.01224, 2019",
  .about = N_ ("Grad-CAM++ with gradients averaged over slightly noisy pictures."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT | WHY_NEEDS_MANY_RUNS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_TORCHCAM,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .run = run,
};
