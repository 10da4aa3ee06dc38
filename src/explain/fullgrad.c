#include "config.h"

#include "many.h"

#include "graph/matmul.h"
#include "graph/normalization.h"
#include "explain/map-resize.h"

#include <math.h>
#include <string.h>

/* Full-Grad: Srinivas and Fleuret, NeurIPS 2019. A network of linear and ReLU-like operators is y =
 * x . dy/dx + sum b . dy/db over its input x and all its biases b (their proposition 1); the map
 * shows all these shares: psi (x * dy/dx) + sum over layers and channels of U psi (b * G), psi
 * being the magnitude stretched to 0 to 1 (equation 5). Biases of layers without spatial extent
 * belong to the sum, not to the map. As in the authors' program psi stretches the tensor of a layer
 * as a whole, and U is bilinear from corner to corner; pytorch-grad-cam stretches each channel for
 * itself, enlarges between half-pixel centres, and knows the biases of convolutions and batch
 * normalisations only.
 *
 * Biases are those of Conv, ConvTranspose and Gemm, constants that are added or subtracted, the
 * offset beta - gamma mu / sigma of a batch normalisation, and the ceiling of a Clip where it is
 * reached. What operators of another kind (gates, Sigmoid, attention) leave over shows as the
 * residual of the sum. */

/* How the bias of a node lies along the dims of its output. */
typedef struct
{
  const WhyNode *node;
  const WhyValue *output; /* where its gradient is looked up */
  WhyTensor *bias;        /* broadcast against the output from the right; NULL: of a Clip */
  gboolean from_layer;    /* of a convolution or batch normalisation */
} Bias;

typedef struct
{
  GPtrArray *biases; /* Bias */
  double sum;        /* of all shares */
  double *map;       /* (array length=pixels) */
  gsize pixels;
  WhyProfileKind profile;
  const WhyTensor *input;
} Full;

static void
bias_free (gpointer data)
{
  Bias *bias = data;
  why_tensor_unref (bias->bias);
  g_free (bias);
}

/* ---- finding biases ---- */

/* @tensor: (transfer full) (nullable) */
static void
add_bias (Full *full, const WhyNode *node, WhyTensor *tensor, gboolean from_layer)
{
  Bias *bias = g_new0 (Bias, 1);

  bias->node = node;
  bias->output = node->outputs[0];
  bias->bias = tensor;
  bias->from_layer = from_layer;
  g_ptr_array_add (full->biases, bias);
}

/* One number a channel, for an output [1, C, spatial...], times @factor. */
static WhyTensor *
per_channel (const WhyNode *node, const double *values)
{
  const WhyValue *output = node->outputs[0];
  gint64 dims[WHY_MAX_RANK];

  for (int axis = 0; axis < output->rank; axis++)
    dims[axis] = axis == 1 ? output->dims[1] : 1;
  WhyTensor *bias = why_tensor_new (WHY_DTYPE_FLOAT32, output->rank, dims, NULL);
  for (gint64 c = 0; bias != NULL && c < output->dims[1]; c++)
    ((float *) bias->data)[c] = (float) values[c];
  return bias;
}

static void
add_layer_bias (Full *full, const WhyNode *node)
{
  const WhyValue *value = why_node_input (node, 2);
  const gsize n = (gsize) node->outputs[0]->dims[1];
  g_autofree double *values = g_new0 (double, n + 1);

  if (value == NULL || value->constant == NULL || why_tensor_count (value->constant) != n)
    return;
  for (gsize c = 0; c < n; c++)
    values[c] = why_tensor_get_f64 (value->constant, c);
  add_bias (full, node, per_channel (node, values), TRUE);
}

static void
add_norm_bias (Full *full, const WhyNode *node)
{
  const WhyBatchNormParams *params = node->params;
  const gsize n = (gsize) node->outputs[0]->dims[1];
  g_autofree double *values = g_new0 (double, n + 1);

  for (guint input = 1; input < 5; input++)
    if (node->inputs[input] == NULL || node->inputs[input]->constant == NULL)
      return;
  for (gsize c = 0; c < n; c++)
    values[c] = why_tensor_get_f64 (node->inputs[2]->constant, c) -
                why_tensor_get_f64 (node->inputs[1]->constant, c) *
                  why_tensor_get_f64 (node->inputs[3]->constant, c) /
                  sqrt (why_tensor_get_f64 (node->inputs[4]->constant, c) + params->epsilon);
  add_bias (full, node, per_channel (node, values), TRUE);
}

/* A constant operand of Add, Sub, Sum or Gemm, times @factor. */
static void
add_operand (Full *full, const WhyNode *node, guint input, double factor)
{
  const WhyValue *value = why_node_input (node, input);

  if (value == NULL || value->constant == NULL || !why_dtype_is_float (value->dtype))
    return;
  WhyTensor *scaled = why_tensor_new (WHY_DTYPE_FLOAT32, value->rank, value->dims, NULL);
  for (gsize at = 0; scaled != NULL && at < why_tensor_count (scaled); at++)
    ((float *) scaled->data)[at] = (float) (factor * why_tensor_get_f64 (value->constant, at));
  add_bias (full, node, scaled, FALSE);
}

static void
add_node (Full *full, const WhyNode *node)
{
  const char *type = node->klass->type;

  if (strcmp (type, "Conv") == 0 || strcmp (type, "ConvTranspose") == 0)
    add_layer_bias (full, node);
  else if (strcmp (type, "BatchNormalization") == 0)
    add_norm_bias (full, node);
  else if (strcmp (type, "Gemm") == 0)
    add_operand (full, node, 2, ((const WhyGemmParams *) node->params)->beta);
  else if (strcmp (type, "Clip") == 0)
    add_bias (full, node, NULL, FALSE);
  else if (strcmp (type, "Add") == 0 || strcmp (type, "Sum") == 0)
    for (guint input = 0; input < node->n_inputs; input++)
      add_operand (full, node, input, 1);
  else if (strcmp (type, "Sub") == 0)
    {
      add_operand (full, node, 0, 1);
      add_operand (full, node, 1, -1);
    }
}

/* All nodes that the logits depend on: those behind, and backward ones, are of other runs. */
static void
find_biases (Full *full, const WhyGraph *graph, const WhyValue *logits)
{
  g_autofree gboolean *feeds = g_new0 (gboolean, why_graph_n_values (graph) + 1);

  feeds[logits->index] = TRUE;
  for (guint index = why_graph_n_nodes (graph); index-- > 0;)
    {
      const WhyNode *node = why_graph_node (graph, index);
      gboolean reaches = FALSE;
      for (guint output = 0; output < node->n_outputs; output++)
        reaches |= node->outputs[output] != NULL && feeds[node->outputs[output]->index];
      for (guint input = 0; reaches && input < node->n_inputs; input++)
        if (node->inputs[input] != NULL)
          feeds[node->inputs[input]->index] = TRUE;
      if (reaches && node->outputs[0] != NULL && node->outputs[0]->rank > 0)
        add_node (full, node);
    }
}

/* ---- shares ---- */

/* Adds U psi (@share) to the map; @share, dense, with channels in dimension 1, is written over. */
static gboolean
add_to_map (Full *full, WhyTensor *share, GError **error)
{
  const gboolean each = full->profile == WHY_PROFILE_PYTORCH_GRAD_CAM;
  const gsize n_channels = (gsize) share->dims[1],
              positions = why_tensor_count (share) / MAX (n_channels, 1);
  const double epsilon = each ? 1e-7 : 1e-6;
  /* OpenCV enlarges pictures, SciPy volumes. */
  const WhyResizeKind kind = !each              ? WHY_RESIZE_LINEAR_CORNERS
                             : share->rank == 5 ? WHY_RESIZE_CUBIC_CORNERS
                                                : WHY_RESIZE_LINEAR;
  float *values = share->data;
  g_autoptr (WhyTensor) sum =
    why_tensor_new_zeros (WHY_DTYPE_FLOAT32, share->rank - 2, share->dims + 2, error);
  double lo = INFINITY, hi = -INFINITY;

  if (sum == NULL)
    return FALSE;
  for (gsize c = 0; c < n_channels; c++)
    {
      for (gsize at = c * positions; !each && c == 0 && at < n_channels * positions; at++)
        {
          lo = fmin (lo, fabs ((double) values[at]));
          hi = fmax (hi, fabs ((double) values[at]));
        }
      if (each)
        {
          lo = INFINITY;
          hi = -INFINITY;
        }
      for (gsize at = c * positions; each && at < (c + 1) * positions; at++)
        {
          lo = fmin (lo, fabs ((double) values[at]));
          hi = fmax (hi, fabs ((double) values[at]));
        }
      for (gsize at = 0; at < positions; at++)
        ((float *) sum->data)[at] +=
          (float) ((fabs ((double) values[c * positions + at]) - lo) / (hi - lo + epsilon));
    }
  g_autoptr (WhyTensor) enlarged = why_map_resize (sum, full->input->dims + 2, kind, error);
  for (gsize at = 0; enlarged != NULL && at < full->pixels; at++)
    full->map[at] += (double) ((const float *) enlarged->data)[at];
  return enlarged != NULL;
}

/* @gradient, dense, times the bias, which is broadcast to its dims. */
static void
multiply (const Bias *bias, WhyTensor *gradient)
{
  const WhyTensor *factors = bias->bias;
  gint64 strides[WHY_MAX_RANK];
  const gsize count = why_tensor_count (gradient);

  why_broadcast_strides (factors->rank, factors->dims, gradient->rank, gradient->dims, strides);
  for (gsize at = 0; at < count; at++)
    {
      gsize rest = at, from = 0;
      for (int axis = gradient->rank - 1; axis >= 0; axis--)
        {
          from += rest % (gsize) gradient->dims[axis] * (gsize) strides[axis];
          rest /= (gsize) gradient->dims[axis];
        }
      ((float *) gradient->data)[at] *= ((const float *) factors->data)[from];
    }
}

/* The share of a Clip: what it cuts off at is a bias where it is reached; the gradient behind it
 * stops there. */
static void
multiply_clip (const Bias *bias,
               const WhyTensor *output,
               const WhyTensor *input,
               WhyTensor *gradient)
{
  const gsize count = why_tensor_count (gradient);
  const float *out = output->data, *in = input->data;

  for (gsize at = 0; at < count; at++)
    ((float *) gradient->data)[at] *= out[at] != in[at] ? out[at] : 0.0f;
}

static gboolean
add_share (Full *full, const Bias *bias, WhyTensor *gradient, GError **error)
{
  const gsize count = why_tensor_count (gradient);
  const WhyValue *output = bias->output;
  const gboolean spatial = output->rank == full->input->rank && output->dims[0] == 1;

  for (gsize at = 0; at < count; at++)
    full->sum += (double) ((const float *) gradient->data)[at];
  if (!spatial || (full->profile == WHY_PROFILE_PYTORCH_GRAD_CAM && !bias->from_layer))
    return TRUE;
  return add_to_map (full, gradient, error);
}

/* Names of outputs in the order of the biases. */
static GPtrArray *
list_names (const Full *full)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint index = 0; index < full->biases->len; index++)
    g_ptr_array_add (names, ((const Bias *) g_ptr_array_index (full->biases, index))->output->name);
  return names;
}

static gboolean
read_clip (const Bias *bias, const WhyJob *job, WhyTensor **values, GError **error)
{
  WhyTensor *inputs[] = { job->input };
  const char *names[] = { bias->node->inputs[0]->name, bias->output->name };
  return why_session_run (job->session, inputs, 1, names, 2, values, job->cancel, error);
}

static gboolean
add_all_shares (Full *full, const WhyJob *job, WhyTensor *const *gradients, GError **error)
{
  for (guint index = 0; index < full->biases->len; index++)
    {
      const Bias *bias = g_ptr_array_index (full->biases, index);
      g_autoptr (WhyTensor) share = why_tensor_copy (gradients[index], error);
      if (share == NULL)
        return FALSE;
      if (bias->bias != NULL)
        multiply (bias, share);
      else
        {
          WhyTensor *values[2] = { NULL, NULL };
          if (!read_clip (bias, job, values, error))
            return FALSE;
          multiply_clip (bias, values[1], values[0], share);
          why_tensor_unref (values[0]);
          why_tensor_unref (values[1]);
        }
      if (!add_share (full, bias, share, error))
        return FALSE;
    }
  return TRUE;
}

/* Values before and behind all Clips, so that they are kept from the run that the gradients
 * follow. */
static gboolean
ask_for_clips (const Full *full, const WhyJob *job, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  WhyTensor *inputs[] = { job->input };

  for (guint index = 0; index < full->biases->len; index++)
    {
      const Bias *bias = g_ptr_array_index (full->biases, index);
      if (bias->bias == NULL)
        {
          g_ptr_array_add (names, bias->node->inputs[0]->name);
          g_ptr_array_add (names, bias->output->name);
        }
    }
  g_autofree WhyTensor **values = g_new0 (WhyTensor *, names->len + 1);
  const gboolean done =
    names->len == 0 || why_session_run (job->session, inputs, 1, (const char *const *) names->pdata,
                                        names->len, values, job->cancel, error);
  for (guint index = 0; index < names->len; index++)
    why_tensor_unref (values[index]);
  return done;
}

/* As they are: token layers are not rearranged. */
static gboolean
get_gradients (const WhyExplainRequest *request,
               const WhyTarget *target,
               const WhyJob *job,
               const GPtrArray *names,
               WhyTensor **gradients,
               double *score,
               GError **error)
{
  WhyTensor *inputs[] = { job->input };
  g_autoptr (WhyTensor) logits = NULL;
  gsize n_positions;

  if (!why_method_logits (target, job, &logits, error))
    return FALSE;
  g_autoptr (WhyTensor) seed =
    why_target_seed (target, request, logits, job->input, score, &n_positions, error);
  return seed != NULL &&
         why_session_gradients (job->session, inputs, 1, target->logits->name, seed,
                                (const char *const *) names->pdata, names->len,
                                WHY_GRAD_RULE_GRADIENT, NULL, gradients, job->cancel, error);
}

static gboolean
compute (Full *full,
         const WhyExplainRequest *request,
         const WhyTarget *target,
         const WhyJob *job,
         double *score,
         GError **error)
{
  g_autoptr (GPtrArray) names = list_names (full);
  g_ptr_array_add (names, (gpointer) why_input_name (job));
  g_autofree WhyTensor **gradients = g_new0 (WhyTensor *, names->len + 1);
  gboolean done = ask_for_clips (full, job, error) &&
                  get_gradients (request, target, job, names, gradients, score, error);
  g_autoptr (WhyTensor) share = done ? why_tensor_copy (gradients[names->len - 1], error) : NULL;

  for (gsize at = 0; share != NULL && at < why_tensor_count (share); at++)
    {
      float *value = (float *) share->data + at;
      *value *= ((const float *) job->input->data)[at];
      full->sum += (double) *value;
    }
  done = share != NULL && add_to_map (full, share, error) &&
         add_all_shares (full, job, gradients, error);
  for (guint index = 0; index < names->len; index++)
    why_tensor_unref (gradients[index]);
  return done;
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  Full full = {
    .biases = g_ptr_array_new_with_free_func (bias_free),
    .profile = why_method_profile (request),
    .input = job->input,
    .pixels = why_tensor_count (job->input) / (gsize) MAX (job->input->dims[1], 1),
  };
  g_autoptr (WhyTensor) values =
    why_tensor_new (WHY_DTYPE_FLOAT32, job->input->rank - 2, job->input->dims + 2, error);
  WhyMap *map = NULL;
  double score = 0;

  full.map = g_new0 (double, full.pixels + 1);
  find_biases (&full, why_session_graph (job->session), target->logits);
  if (values != NULL && compute (&full, request, target, job, &score, error))
    {
      for (gsize at = 0; at < full.pixels; at++)
        ((float *) values->data)[at] = (float) full.map[at];
      map = why_method_new_map (request, job, g_steal_pointer (&values), score);
      why_map_add_residual (map, score, full.sum, "the score");
    }
  g_free (full.map);
  g_ptr_array_unref (full.biases);
  return map;
}

const WhyExplainerClass why_fullgrad = {
  .id = "fullgrad",
  .title = N_ ("Full-Grad"),
  .paper = "Srinivas and Fleuret, NeurIPS 2019",
  .about = N_ ("The shares of the input and of all biases in the score, whatever their sign."),
  .needs = WHY_NEEDS_GRADIENT,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM,
  .run = run,
};
