#include "config.h"

#include "methods.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Finer-CAM: Zhang et al., CVPR 2025, arXiv 2501.11309: Grad-CAM of z_c - strength z_d: what sets
 * the class apart from one it is easily taken for. The other class d is chosen (the request's
 * contrast class), or the nearest logits are taken: their mean (TorchCAM does the same), or in
 * pytorch-grad-cam their mean weighed by their probabilities, through which the gradient goes too.
 */

typedef struct
{
  double distance;
  gsize k;
} Near;

static int
by_distance (const void *a, const void *b)
{
  const Near *one = a, *other = b;
  if (one->distance != other->distance)
    return one->distance < other->distance ? -1 : 1;
  return one->k < other->k ? -1 : 1;
}

/* Returns: (transfer full) (array length=*n): the classes to tell from, at most *n */
static gsize *
choose_references (const WhyExplainRequest *request, const double *z, gsize n_classes, gsize *n)
{
  const gsize c = (gsize) request->target_class;
  gsize *references = g_new0 (gsize, MAX (*n, 1));

  if (request->has_contrast)
    {
      *n = 1;
      references[0] = (gsize) request->contrast_class;
      return references;
    }
  g_autofree Near *near = g_new (Near, n_classes);
  for (gsize k = 0; k < n_classes; k++)
    near[k] = (Near){ k == c ? -1 : fabs (z[k] - z[c]), k };
  qsort (near, n_classes, sizeof *near, by_distance);
  *n = MIN (*n, n_classes - 1);
  for (gsize place = 0; place < *n; place++)
    references[place] = near[place + 1].k;
  return references;
}

/* sum p_i (z_c - s z_i) / (sum p_i + 1e-9) and its derivative, with p the softmax of z. */
static double
weighed_by_probability (const double *z,
                        gsize n_classes,
                        gsize c,
                        const gsize *references,
                        gsize n,
                        double s,
                        double *seed)
{
  g_autofree double *p = g_new (double, n_classes);
  double most = -INFINITY, sum = 0, above = 0, below = 1e-9;

  for (gsize k = 0; k < n_classes; k++)
    most = fmax (most, z[k]);
  for (gsize k = 0; k < n_classes; k++)
    sum += p[k] = exp (z[k] - most);
  for (gsize k = 0; k < n_classes; k++)
    p[k] /= sum;
  for (gsize place = 0; place < n; place++)
    {
      above += p[references[place]] * (z[c] - s * z[references[place]]);
      below += p[references[place]];
    }
  for (gsize k = 0; k < n_classes; k++)
    {
      double d_above = 0, d_below = 0;
      for (gsize place = 0; place < n; place++)
        {
          const gsize r = references[place];
          const double dp = p[r] * ((r == k ? 1.0 : 0.0) - p[k]);
          d_above += dp * (z[c] - s * z[r]) + p[r] * ((c == k ? 1.0 : 0.0) - (r == k ? s : 0.0));
          d_below += dp;
        }
      seed[k] = (d_above * below - above * d_below) / (below * below);
    }
  return above / below;
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  const gsize c = (gsize) request->target_class, n_classes = (gsize) target->n_classes;
  const double strength = why_option_real (request, "strength");
  gsize n = (gsize) why_option_integer (request, "references");
  g_autoptr (WhyTensor) logits = NULL, seed = NULL, activation = NULL, gradient = NULL;
  g_autofree double *z = g_new (double, n_classes), *derivative = g_new0 (double, n_classes);
  double score;

  if (!why_method_logits (target, job, &logits, error))
    return NULL;
  seed = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, logits->rank, logits->dims, error);
  if (seed == NULL)
    return NULL;
  for (gsize k = 0; k < n_classes; k++)
    z[k] = why_tensor_get_f64 (logits, k);
  g_autofree gsize *references = choose_references (request, z, n_classes, &n);
  if (why_method_profile (request) == WHY_PROFILE_PYTORCH_GRAD_CAM)
    score = weighed_by_probability (z, n_classes, c, references, n, strength, derivative);
  else
    {
      score = z[c];
      derivative[c] = 1;
      for (gsize place = 0; place < n; place++)
        {
          score -= strength * z[references[place]] / (double) n;
          derivative[references[place]] -= strength / (double) n;
        }
    }
  for (gsize k = 0; k < n_classes; k++)
    ((float *) seed->data)[k] = (float) derivative[k];
  if (!why_method_gradients_of (target, job, WHY_GRAD_RULE_GRADIENT, seed, &request->layer, 1,
                                &activation, &gradient, error))
    return NULL;

  g_autofree double *weights = g_new0 (double, (gsize) MAX (activation->dims[1], 1));
  why_method_channel_means (gradient, weights);
  WhyTensor *values = why_method_weighted_sum (activation, weights, error);
  if (values == NULL)
    return NULL;
  WhyMap *map = why_method_new_map (request, job, values, score);
  g_autoptr (GString) others = g_string_new (NULL);
  for (gsize place = 0; place < n; place++)
    g_string_append_printf (others, "%s%" G_GSIZE_FORMAT, place > 0 ? ", " : "", references[place]);
  g_free (map->note);
  map->note = g_strdup_printf ("Told apart from class %s.", others->str);
  return map;
}

static gboolean
check (const WhyExplainRequest *request, const WhyTarget *target, WhyGraph *graph, GError **error)
{
  if (target->dense || target->n_classes < 2 || request->score != WHY_SCORE_LOGIT)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "Finer-CAM tells a class's logit from others' and needs one answer for the "
                   "picture with at least two classes; use gradcam with a contrast class");
      return FALSE;
    }
  return TRUE;
}

static const WhyOptionClass options[] = {
  {
    .id = "references",
    .title = N_ ("Nearest classes to tell from"),
    .kind = WHY_OPTION_INTEGER,
    .preset = 3,
    .minimum = 1,
    .maximum = 1000,
  },
  {
    .id = "strength",
    .title = N_ ("How much of the other classes is taken off"),
    .kind = WHY_OPTION_REAL,
    .preset = 0.6,
    .minimum = 0,
    .maximum = 10,
    .by_profile = { { WHY_PROFILE_PYTORCH_GRAD_CAM, 1 } },
  },
};

const WhyExplainerClass why_finercam = {
  .id = "finercam",
  .title = N_ ("Finer-CAM"),
  .paper = "Zhang et al., CVPR 2025, arXiv 2501.11309",
  .about = N_ ("What sets the class apart from those it is most easily taken for."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM | WHY_FITS_TORCHCAM,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .check = check,
  .run = run,
};
