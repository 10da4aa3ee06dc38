#include "config.h"

#include "families.h"
#include "rows.h"

#include "base/error.h"
#include "graph/conv.h"

#include <string.h>

/* What class activation maps are made of: sums over channels with one weight a channel. Passes emit
 * these; no file has them. */

/* weights: one number a channel and image */
static gboolean
check_weights (
  const WhyNode *node, const WhyValue *weights, gint64 batch, gint64 channels, GError **error)
{
  gint64 others = 1;

  for (int axis = 2; axis < weights->rank; axis++)
    others *= weights->dims[axis];
  if (weights->rank >= 2 && weights->dims[0] == batch && weights->dims[1] == channels &&
      others == 1)
    return TRUE;
  g_autofree char *dims = why_dims_to_string (weights->rank, weights->dims);
  return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                        "weights are %s, not one for each of %" G_GINT64_FORMAT " channels", dims,
                        channels);
}

/* ---- ChannelSum (x, weights): N x C x ..., N x C -> N x 1 x ... ---- */

static gboolean
channel_sum_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0];
  gint64 dims[WHY_MAX_RANK];

  if (x->rank < 2)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "input of rank %d has no channels",
                          x->rank);
  if (!why_infer_float (node, error) ||
      !check_weights (node, node->inputs[1], x->dims[0], x->dims[1], error))
    return FALSE;
  memcpy (dims, x->dims, sizeof dims);
  dims[1] = 1;
  return why_node_set_output (node, 0, x->dtype, x->rank, dims, error);
}

static gboolean
channel_sum_eval (const WhyNode *node,
                  WhyTensor *const *inputs,
                  WhyTensor *const *outputs,
                  GError **error)
{
  const WhyTensor *x = inputs[0];
  gsize channels = (gsize) x->dims[1], positions = 1;

  for (int axis = 2; axis < x->rank; axis++)
    positions *= (gsize) x->dims[axis];
  for (gsize n = 0; n < (gsize) x->dims[0]; n++)
    for (gsize at = 0; at < positions; at++)
      {
        double sum = 0;
        for (gsize c = 0; c < channels; c++)
          sum += why_tensor_get_f64 (inputs[1], n * channels + c) *
                 why_tensor_get_f64 (x, (n * channels + c) * positions + at);
        why_tensor_set_f64 (outputs[0], n * positions + at, sum);
      }
  return TRUE;
}

/* ---- ConvChannelSum (x, w, weights, b): ChannelSum (Conv (x, w, b), weights) without the tensor
 * between: a convolution is linear in its weight, so the weighted sum of its output channels is the
 * one channel that the weighted sum of its filters gives. ---- */

static gboolean
conv_channel_sum_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0], *b = why_node_input (node, 3);
  gint64 dims[WHY_MAX_RANK];

  if (!why_infer_float (node, error) ||
      !why_conv_parse (node, x, node->inputs[1], node->params, dims, error) ||
      !check_weights (node, node->inputs[2], dims[0], dims[1], error))
    return FALSE;
  if (b != NULL && (b->rank != 1 || b->dims[0] != dims[1]))
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "the bias has not one number for each channel");
  dims[1] = 1;
  return why_node_set_output (node, 0, x->dtype, x->rank, dims, error);
}

static double
conv_at (const WhyConvParams *params,
         WhyTensor *const *inputs,
         const gint64 *in,
         gint64 n,
         gint64 k,
         const gint64 *at)
{
  const WhyTensor *x = inputs[0], *w = inputs[1];
  gint64 per_group = w->dims[0] / params->groups, first = k / per_group * w->dims[1];
  gint64 area = params->kernel[0] * params->kernel[1] * params->kernel[2];
  double sum = 0;

  for (gint64 c = 0; c < w->dims[1]; c++)
    for (gint64 tap = 0; tap < area; tap++)
      {
        gint64 kd = tap / (params->kernel[1] * params->kernel[2]),
               kh = tap / params->kernel[2] % params->kernel[1];
        gint64 from[] = {
          at[0] * params->stride[0] - params->pad_begin[0] + kd * params->dilation[0],
          at[1] * params->stride[1] - params->pad_begin[1] + kh * params->dilation[1],
          at[2] * params->stride[2] - params->pad_begin[2] +
            tap % params->kernel[2] * params->dilation[2]
        };
        if (from[0] < 0 || from[0] >= in[0] || from[1] < 0 || from[1] >= in[1] || from[2] < 0 ||
            from[2] >= in[2])
          continue;
        gint64 at_x =
          (((n * x->dims[1] + first + c) * in[0] + from[0]) * in[1] + from[1]) * in[2] + from[2];
        sum += why_tensor_get_f64 (w, (gsize) ((k * w->dims[1] + c) * area + tap)) *
               why_tensor_get_f64 (x, (gsize) at_x);
      }
  return sum;
}

static gboolean
conv_channel_sum_eval (const WhyNode *node,
                       WhyTensor *const *inputs,
                       WhyTensor *const *outputs,
                       GError **error)
{
  const WhyTensor *b = node->n_inputs > 3 ? inputs[3] : NULL, *y = outputs[0];
  gint64 channels = inputs[1]->dims[0], in[WHY_CONV_SPATIAL], out[WHY_CONV_SPATIAL];

  why_conv_spatial (inputs[0]->rank, inputs[0]->dims, in);
  why_conv_spatial (y->rank, y->dims, out);
  gint64 positions = out[0] * out[1] * out[2];
  for (gint64 n = 0; n < y->dims[0]; n++)
    for (gint64 position = 0; position < positions; position++)
      {
        gint64 at[] = { position / (out[1] * out[2]), position / out[2] % out[1],
                        position % out[2] };
        double sum = 0;
        for (gint64 k = 0; k < channels; k++)
          sum += why_tensor_get_f64 (inputs[2], (gsize) (n * channels + k)) *
                 (conv_at (node->params, inputs, in, n, k, at) +
                  (b != NULL ? why_tensor_get_f64 (b, (gsize) k) : 0.0));
        why_tensor_set_f64 (outputs[0], (gsize) (n * positions + position), sum);
      }
  return TRUE;
}

const WhyOpClass why_ops_channel[] = {
  { .type = "ChannelSum",
    .since = 1,
    .min_inputs = 2,
    .max_inputs = 2,
    .max_outputs = 1,
    .flags = WHY_OP_INTERNAL,
    .infer = channel_sum_infer,
    .eval = channel_sum_eval },
  { .type = "ConvChannelSum",
    .since = 1,
    .min_inputs = 3,
    .max_inputs = 4,
    .max_outputs = 1,
    .flags = WHY_OP_INTERNAL,
    .params_size = sizeof (WhyConvParams),
    .infer = conv_channel_sum_infer,
    .eval = conv_channel_sum_eval },
  { NULL },
};
