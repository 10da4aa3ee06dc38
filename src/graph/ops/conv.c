#include "config.h"

#include "graph/conv.h"

#include "base/error.h"
#include "base/size.h"

#include "families.h"

#include <string.h>

void
why_conv_spatial (int rank, const gint64 *dims, gint64 *spatial)
{
  for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
    {
      int own = rank - WHY_CONV_SPATIAL + axis;
      spatial[axis] = own >= 2 ? dims[own] : 1;
    }
}

/* Reads an attribute of one value per spatial dimension into its front-padded places. */
static gboolean
spatial_attr (const WhyNode *node,
              const char *name,
              int n_spatial,
              gint64 least,
              gint64 *values,
              GError **error)
{
  gsize n;
  const gint64 *given = why_node_ints (node, name, &n);

  if (given == NULL)
    return TRUE;
  if (n != (gsize) n_spatial)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "%s has %" G_GSIZE_FORMAT " values, expected %d", name, n, n_spatial);
  for (int axis = 0; axis < n_spatial; axis++)
    {
      if (given[axis] < least || given[axis] > G_MAXINT32)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "%s holds %" G_GINT64_FORMAT, name,
                              given[axis]);
      values[WHY_CONV_SPATIAL - n_spatial + axis] = given[axis];
    }
  return TRUE;
}

static gboolean
window_attrs (const WhyNode *node,
              const WhyValue *x,
              WhyConvParams *params,
              gboolean *same,
              gboolean *lower,
              GError **error)
{
  gsize n;
  const gint64 *pads = why_node_ints (node, "pads", &n);
  const char *auto_pad = why_node_string (node, "auto_pad", "NOTSET");
  int n_spatial = x->rank - 2, front = WHY_CONV_SPATIAL - n_spatial;

  if (n_spatial < 1 || n_spatial > WHY_CONV_SPATIAL)
    return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP,
                          "input of rank %d; 3, 4 and 5 are supported", x->rank);
  params->n_spatial = n_spatial;
  for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
    {
      params->stride[axis] = params->dilation[axis] = 1;
      if (axis < front)
        params->kernel[axis] = 1;
    }
  if (!spatial_attr (node, "strides", n_spatial, 1, params->stride, error) ||
      !spatial_attr (node, "dilations", n_spatial, 1, params->dilation, error))
    return FALSE;
  *lower = strcmp (auto_pad, "SAME_LOWER") == 0;
  *same = *lower || strcmp (auto_pad, "SAME_UPPER") == 0;
  gboolean is_explicit = *auto_pad == '\0' || strcmp (auto_pad, "NOTSET") == 0;
  if (!*same && !is_explicit && strcmp (auto_pad, "VALID") != 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "auto_pad is '%s', expected NOTSET, SAME_UPPER, SAME_LOWER or VALID",
                          auto_pad);
  if (pads != NULL && is_explicit)
    {
      if (n != 2 * (gsize) n_spatial)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "pads has %" G_GSIZE_FORMAT " values, expected %d", n, 2 * n_spatial);
      for (int axis = 0; axis < n_spatial; axis++)
        {
          if (ABS (pads[axis]) > G_MAXINT32 || ABS (pads[axis + n_spatial]) > G_MAXINT32)
            return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "pads holds %" G_GINT64_FORMAT,
                                  pads[axis]);
          params->pad_begin[front + axis] = pads[axis];
          params->pad_end[front + axis] = pads[axis + n_spatial];
        }
    }
  return TRUE;
}

gboolean
why_window_parse (const WhyNode *node,
                  const WhyValue *x,
                  WhyConvParams *params,
                  gint64 *out_spatial,
                  GError **error)
{
  gboolean same, lower;
  gint64 in[WHY_CONV_SPATIAL];

  if (!window_attrs (node, x, params, &same, &lower, error))
    return FALSE;
  why_conv_spatial (x->rank, x->dims, in);
  for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
    {
      gint64 reach = (params->kernel[axis] - 1) * params->dilation[axis] + 1;
      gint64 stride = params->stride[axis];
      if (same && axis >= WHY_CONV_SPATIAL - params->n_spatial)
        {
          gint64 out = (in[axis] + stride - 1) / stride;
          gint64 pad = MAX ((out - 1) * stride + reach - in[axis], 0);
          params->pad_begin[axis] = lower ? (pad + 1) / 2 : pad / 2;
          params->pad_end[axis] = pad - params->pad_begin[axis];
        }
      gint64 span = in[axis] + params->pad_begin[axis] + params->pad_end[axis] - reach;
      if (span < 0)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                              "the window spans %" G_GINT64_FORMAT
                              " positions, the padded input has %" G_GINT64_FORMAT,
                              reach, span + reach);
      out_spatial[axis] = span / stride + 1;
      /* The last window of a rounded-up pool must begin inside the input or its left padding. */
      if (params->ceil_mode && span % stride != 0 &&
          (span / stride + 1) * stride < in[axis] + params->pad_begin[axis])
        out_spatial[axis]++;
    }
  return TRUE;
}

gboolean
why_conv_parse (const WhyNode *node,
                const WhyValue *x,
                const WhyValue *w,
                WhyConvParams *params,
                gint64 *out_dims,
                GError **error)
{
  gint64 out_spatial[WHY_CONV_SPATIAL];
  g_autofree char *w_dims = why_dims_to_string (w->rank, w->dims);

  params->groups = why_node_int (node, "group", 1);
  if (x->rank < 3 || x->rank > 2 + WHY_CONV_SPATIAL || w->rank != x->rank)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "weight is %s, input has rank %d; both want rank 3, 4 or 5", w_dims,
                          x->rank);
  if (params->groups < 1 || w->dims[0] % params->groups != 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "weight is %s, %" G_GINT64_FORMAT
                          " groups do not divide its output channels",
                          w_dims, params->groups);
  if (w->dims[1] > G_MAXINT32 || params->groups > G_MAXINT32 ||
      x->dims[1] != w->dims[1] * params->groups)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "weight is %s with %" G_GINT64_FORMAT
                          " groups, input has %" G_GINT64_FORMAT " channels",
                          w_dims, params->groups, x->dims[1]);
  why_conv_spatial (w->rank, w->dims, params->kernel);
  for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
    {
      if (params->kernel[axis] < 1 || params->kernel[axis] > G_MAXINT32)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "weight is %s", w_dims);
    }
  gsize n_kernel;
  const gint64 *kernel = why_node_ints (node, "kernel_shape", &n_kernel);
  if (kernel != NULL && (n_kernel != (gsize) (x->rank - 2) ||
                         memcmp (kernel, w->dims + 2, n_kernel * sizeof *kernel) != 0))
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "kernel_shape contradicts the weight, which is %s", w_dims);
  if (!why_window_parse (node, x, params, out_spatial, error))
    return FALSE;
  out_dims[0] = x->dims[0];
  out_dims[1] = w->dims[0];
  for (int axis = 0; axis < params->n_spatial; axis++)
    out_dims[2 + axis] = out_spatial[WHY_CONV_SPATIAL - params->n_spatial + axis];
  return TRUE;
}

void
why_conv_region (const WhyConvParams *params, const WhyBox *out, WhyBox *in)
{
  in->lo[0] = out->lo[0];
  in->hi[0] = out->hi[0];
  for (int axis = 0; axis < params->n_spatial; axis++)
    {
      int place = WHY_CONV_SPATIAL - params->n_spatial + axis;
      in->lo[2 + axis] = out->lo[2 + axis] * params->stride[place] - params->pad_begin[place];
      in->hi[2 + axis] = (out->hi[2 + axis] - 1) * params->stride[place] -
                         params->pad_begin[place] +
                         (params->kernel[place] - 1) * params->dilation[place] + 1;
    }
}

/* ---- the plain loops ---- */

/* Visits every (output position, kernel position) pair whose input position is inside, once for one
 * image and one pair of channels; BODY sees offsets `at_in`, `at_out`, `at_w` in elements. */
#define FOR_WINDOW(P, IN, OUT, BODY)                                                               \
  for (gint64 od = 0; od < (OUT)[0]; od++)                                                         \
    for (gint64 kd = 0; kd < (P)->kernel[0]; kd++)                                                 \
      {                                                                                            \
        gint64 d = od * (P)->stride[0] - (P)->pad_begin[0] + kd * (P)->dilation[0];                \
        if (d < 0 || d >= (IN)[0])                                                                 \
          continue;                                                                                \
        for (gint64 oh = 0; oh < (OUT)[1]; oh++)                                                   \
          for (gint64 kh = 0; kh < (P)->kernel[1]; kh++)                                           \
            {                                                                                      \
              gint64 h = oh * (P)->stride[1] - (P)->pad_begin[1] + kh * (P)->dilation[1];          \
              if (h < 0 || h >= (IN)[1])                                                           \
                continue;                                                                          \
              for (gint64 ow = 0; ow < (OUT)[2]; ow++)                                             \
                for (gint64 kw = 0; kw < (P)->kernel[2]; kw++)                                     \
                  {                                                                                \
                    gint64 w = ow * (P)->stride[2] - (P)->pad_begin[2] + kw * (P)->dilation[2];    \
                    if (w < 0 || w >= (IN)[2])                                                     \
                      continue;                                                                    \
                    gsize at_in = (gsize) ((d * (IN)[1] + h) * (IN)[2] + w);                       \
                    gsize at_out = (gsize) ((od * (OUT)[1] + oh) * (OUT)[2] + ow);                 \
                    gsize at_w = (gsize) ((kd * (P)->kernel[1] + kh) * (P)->kernel[2] + kw);       \
                    BODY;                                                                          \
                  }                                                                                \
            }                                                                                      \
      }

typedef struct
{
  gint64 batch, groups, in_channels, out_channels; /* channels of one group */
  gint64 in[WHY_CONV_SPATIAL], out[WHY_CONV_SPATIAL];
  gsize in_size, out_size, kernel_size;
} Sizes;

static void
get_sizes (const WhyConvParams *params,
           const WhyTensor *x,
           const WhyTensor *w,
           const WhyTensor *y,
           Sizes *sizes)
{
  sizes->batch = x->dims[0];
  sizes->groups = params->groups;
  sizes->in_channels = w->dims[1];
  sizes->out_channels = w->dims[0] / params->groups;
  why_conv_spatial (x->rank, x->dims, sizes->in);
  why_conv_spatial (y->rank, y->dims, sizes->out);
  sizes->in_size = (gsize) (sizes->in[0] * sizes->in[1] * sizes->in[2]);
  sizes->out_size = (gsize) (sizes->out[0] * sizes->out[1] * sizes->out[2]);
  sizes->kernel_size = (gsize) (params->kernel[0] * params->kernel[1] * params->kernel[2]);
}

/* Forward: out[oc] += w[oc][ic] * in[ic]. All in double: this is the definition others are held to.
 */
static void
forward (
  const WhyConvParams *params, const Sizes *s, const double *in, const double *weight, double *out)
{
  for (gint64 n = 0; n < s->batch; n++)
    for (gint64 g = 0; g < s->groups; g++)
      for (gint64 oc = 0; oc < s->out_channels; oc++)
        for (gint64 ic = 0; ic < s->in_channels; ic++)
          {
            const double *from =
              in + (gsize) ((n * s->groups + g) * s->in_channels + ic) * s->in_size;
            double *to = out + (gsize) ((n * s->groups + g) * s->out_channels + oc) * s->out_size;
            const double *kernel =
              weight + (gsize) ((g * s->out_channels + oc) * s->in_channels + ic) * s->kernel_size;
            FOR_WINDOW (params, s->in, s->out, to[at_out] += from[at_in] * kernel[at_w])
          }
}

/* Adjoint: in[ic] += w[oc][ic] * out[oc]. */
static void
adjoint (
  const WhyConvParams *params, const Sizes *s, const double *out, const double *weight, double *in)
{
  for (gint64 n = 0; n < s->batch; n++)
    for (gint64 g = 0; g < s->groups; g++)
      for (gint64 oc = 0; oc < s->out_channels; oc++)
        for (gint64 ic = 0; ic < s->in_channels; ic++)
          {
            double *to = in + (gsize) ((n * s->groups + g) * s->in_channels + ic) * s->in_size;
            const double *from =
              out + (gsize) ((n * s->groups + g) * s->out_channels + oc) * s->out_size;
            const double *kernel =
              weight + (gsize) ((g * s->out_channels + oc) * s->in_channels + ic) * s->kernel_size;
            FOR_WINDOW (params, s->in, s->out, to[at_in] += from[at_out] * kernel[at_w])
          }
}

typedef void (*ConvFunc) (
  const WhyConvParams *, const Sizes *, const double *, const double *, double *);

/* Runs one of the two on tensors of any floating type. @x and @y say which is the side of Conv's
 * input and of its output; @from is the one to read. */
static gboolean
run (const WhyConvParams *params,
     ConvFunc func,
     WhyTensor *from,
     WhyTensor *weight,
     WhyTensor *bias,
     WhyTensor *to,
     GError **error)
{
  Sizes sizes;
  g_autoptr (WhyTensor) source = why_tensor_cast (from, WHY_DTYPE_FLOAT64, error);
  g_autoptr (WhyTensor) kernel =
    source != NULL ? why_tensor_cast (weight, WHY_DTYPE_FLOAT64, error) : NULL;
  g_autoptr (WhyTensor) sum =
    kernel != NULL ? why_tensor_new_zeros (WHY_DTYPE_FLOAT64, to->rank, to->dims, error) : NULL;

  if (sum == NULL)
    return FALSE;
  get_sizes (params, func == forward ? source : sum, kernel, func == forward ? sum : source,
             &sizes);
  func (params, &sizes, source->data, kernel->data, sum->data);

  double *values = sum->data;
  gsize count = why_tensor_count (sum), inner = 1;
  for (int axis = 2; axis < sum->rank; axis++)
    inner *= (gsize) sum->dims[axis];
  for (gsize index = 0; index < count; index++)
    {
      gsize channel = index / inner % (gsize) sum->dims[1];
      why_tensor_set_f64 (
        to, index, values[index] + (bias != NULL ? why_tensor_get_f64 (bias, channel) : 0.0));
    }
  return TRUE;
}

/* Attributes of Conv with explicit padding, for the nodes that gradients emit. @spatial is their
 * store. */
typedef struct
{
  gint64 stride[WHY_CONV_SPATIAL], dilation[WHY_CONV_SPATIAL], pads[2 * WHY_CONV_SPATIAL],
    dims[WHY_MAX_RANK];
  WhyAttr attrs[5];
} ConvAttrs;

static void
conv_attrs (const WhyConvParams *params, ConvAttrs *store, int rank, const gint64 *dims)
{
  int n = params->n_spatial, front = WHY_CONV_SPATIAL - n;
  for (int axis = 0; axis < n; axis++)
    {
      store->stride[axis] = params->stride[front + axis];
      store->dilation[axis] = params->dilation[front + axis];
      store->pads[axis] = params->pad_begin[front + axis];
      store->pads[n + axis] = params->pad_end[front + axis];
    }
  memcpy (store->dims, dims, (gsize) rank * sizeof *dims);
  const WhyAttr attrs[5] = {
    { .name = "strides", .type = WHY_ATTR_INTS, .ints = store->stride, .n = (gsize) n },
    { .name = "dilations", .type = WHY_ATTR_INTS, .ints = store->dilation, .n = (gsize) n },
    { .name = "pads", .type = WHY_ATTR_INTS, .ints = store->pads, .n = 2 * (gsize) n },
    { .name = "group", .type = WHY_ATTR_INT, .i = params->groups },
    { .name = "input_dims", .type = WHY_ATTR_INTS, .ints = store->dims, .n = (gsize) rank },
  };
  memcpy (store->attrs, attrs, sizeof attrs);
}

static gboolean
check_bias (const WhyNode *node, gint64 channels, GError **error)
{
  const WhyValue *bias = why_node_input (node, 2);
  if (bias != NULL && (bias->rank != 1 || bias->dims[0] != channels))
    {
      g_autofree char *dims = why_dims_to_string (bias->rank, bias->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                            "bias is %s, the output has %" G_GINT64_FORMAT " channels", dims,
                            channels);
    }
  return TRUE;
}

static gboolean
check_floats (const WhyNode *node, GError **error)
{
  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *value = node->inputs[input];
      if (value != NULL &&
          (!why_dtype_is_float (value->dtype) || value->dtype != node->inputs[0]->dtype))
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "input %u is %s; all must be of one floating type", input,
                              why_dtype_name (value->dtype));
    }
  return TRUE;
}

/* ---- Conv ---- */

static gboolean
conv_infer (WhyNode *node, GError **error)
{
  gint64 dims[WHY_MAX_RANK];
  const WhyValue *x = node->inputs[0], *w = node->inputs[1];
  return check_floats (node, error) && why_conv_parse (node, x, w, node->params, dims, error) &&
         check_bias (node, dims[1], error) &&
         why_node_set_output (node, 0, x->dtype, x->rank, dims, error);
}

static gboolean
conv_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  return run (node->params, forward, inputs[0], inputs[1], node->n_inputs > 2 ? inputs[2] : NULL,
              outputs[0], error);
}

/* d/d(bias): the sum over everything but channels. */
static gboolean
bias_gradient (WhyGradBuilder *builder, const WhyNode *node, WhyValue *dy, GError **error)
{
  gint64 axes[WHY_MAX_RANK];
  gsize n_axes = 0;

  if (!why_grad_wanted (builder, node, 2))
    return TRUE;
  for (int axis = 0; axis < dy->rank; axis++)
    {
      if (axis != 1)
        axes[n_axes++] = axis;
    }
  return why_grad_add (
    builder, node, 2,
    why_emit_reduce_sum (why_grad_graph (builder), error, dy, axes, n_axes, FALSE));
}

static gboolean
no_weight_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  if (!why_grad_wanted (builder, node, 1))
    return TRUE;
  return why_node_fail (node, error, WHY_ERROR_NO_GRADIENT,
                        "its weight depends on the picture, which has no gradient here");
}

static gboolean
conv_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  ConvAttrs store;

  if (!no_weight_gradient (builder, node, error) || !bias_gradient (builder, node, dy, error))
    return FALSE;
  if (!why_grad_wanted (builder, node, 0))
    return TRUE;
  WhyValue *inputs[] = { dy, node->inputs[1] };
  conv_attrs (node->params, &store, node->inputs[0]->rank, node->inputs[0]->dims);
  return why_grad_add (
    builder, node, 0,
    why_emit (why_grad_graph (builder), error, "ConvInputGrad", 2, inputs, store.attrs, 5));
}

static void
conv_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  if (input == 0)
    why_conv_region (node->params, out, in);
}

/* ---- ConvInputGrad (dy, w): d(score)/d(input of Conv) ---- */

static gboolean
conv_input_grad_infer (WhyNode *node, GError **error)
{
  WhyConvParams *params = node->params;
  gboolean same, lower;
  gsize n;
  const gint64 *dims = why_node_ints (node, "input_dims", &n);
  const WhyValue *dy = node->inputs[0], *w = node->inputs[1];

  g_return_val_if_fail (dims != NULL && n == (gsize) dy->rank, FALSE);
  params->groups = why_node_int (node, "group", 1);
  why_conv_spatial (w->rank, w->dims, params->kernel);
  return window_attrs (node, dy, params, &same, &lower, error) &&
         why_node_set_output (node, 0, dy->dtype, dy->rank, dims, error);
}

static gboolean
conv_input_grad_eval (const WhyNode *node,
                      WhyTensor *const *inputs,
                      WhyTensor *const *outputs,
                      GError **error)
{
  return run (node->params, adjoint, inputs[0], inputs[1], NULL, outputs[0], error);
}

/* The adjoint of the adjoint is the convolution itself. */
static gboolean
conv_input_grad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  ConvAttrs store;

  if (!no_weight_gradient (builder, node, error))
    return FALSE;
  WhyValue *inputs[] = { dy, node->inputs[1] };
  conv_attrs (node->params, &store, dy->rank, dy->dims);
  return why_grad_add (
    builder, node, 0,
    why_emit (why_grad_graph (builder), error, "Conv", 2, inputs, store.attrs, 4));
}

/* ---- ConvTranspose: the adjoint of a Conv whose output channels are its input channels ---- */

static gboolean
conv_transpose_dims (const WhyNode *node,
                     WhyConvParams *params,
                     gboolean same,
                     gboolean lower,
                     gint64 *dims,
                     GError **error)
{
  const WhyValue *x = node->inputs[0];
  int n = params->n_spatial, front = WHY_CONV_SPATIAL - n;
  gint64 output_padding[WHY_CONV_SPATIAL] = { 0 };
  gsize n_shape;
  const gint64 *shape = why_node_ints (node, "output_shape", &n_shape);

  if (!spatial_attr (node, "output_padding", n, 0, output_padding, error))
    return FALSE;
  if (shape != NULL && n_shape != (gsize) n && n_shape != (gsize) n + 2)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "output_shape has %" G_GSIZE_FORMAT " values, expected %d", n_shape, n);
  for (int axis = 0; axis < n; axis++)
    {
      int place = front + axis;
      gint64 full = (x->dims[2 + axis] - 1) * params->stride[place] +
                    (params->kernel[place] - 1) * params->dilation[place] + 1 +
                    output_padding[place];
      if (shape != NULL || same)
        {
          gint64 wanted = shape != NULL ? shape[n_shape - (gsize) n + (gsize) axis]
                                        : x->dims[2 + axis] * params->stride[place];
          if (wanted < 0 || wanted > G_MAXINT32)
            return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                                  "output_shape asks for %" G_GINT64_FORMAT " positions", wanted);
          /* Less than nothing is cut off where the output is to be larger: rounded down, not to 0.
           */
          gint64 total = full - wanted, half = (total - (total < 0)) / 2;
          params->pad_begin[place] = same && !lower ? half : total - half;
          params->pad_end[place] = total - params->pad_begin[place];
        }
      dims[2 + axis] = full - params->pad_begin[place] - params->pad_end[place];
      if (dims[2 + axis] < 0)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "its padding leaves no output");
    }
  return TRUE;
}

static gboolean
conv_transpose_infer (WhyNode *node, GError **error)
{
  WhyConvParams *params = node->params;
  const WhyValue *x = node->inputs[0], *w = node->inputs[1];
  gint64 dims[WHY_MAX_RANK];
  gboolean same, lower;

  if (!check_floats (node, error))
    return FALSE;
  params->groups = why_node_int (node, "group", 1);
  if (x->rank < 3 || x->rank > 2 + WHY_CONV_SPATIAL || w->rank != x->rank ||
      w->dims[0] != x->dims[1] || params->groups < 1 || params->groups > G_MAXINT32 ||
      x->dims[1] % params->groups != 0 || w->dims[1] > G_MAXINT32)
    {
      g_autofree char *w_dims = why_dims_to_string (w->rank, w->dims),
                      *x_dims = why_dims_to_string (x->rank, x->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                            "weight is %s with %" G_GINT64_FORMAT " groups, input is %s", w_dims,
                            params->groups, x_dims);
    }
  why_conv_spatial (w->rank, w->dims, params->kernel);
  for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
    {
      if (params->kernel[axis] < 1 || params->kernel[axis] > G_MAXINT32)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "its kernel is empty or too large");
    }
  if (!window_attrs (node, x, params, &same, &lower, error) ||
      !conv_transpose_dims (node, params, same, lower, dims, error))
    return FALSE;
  dims[0] = x->dims[0];
  dims[1] = w->dims[1] * params->groups;
  return check_bias (node, dims[1], error) &&
         why_node_set_output (node, 0, x->dtype, x->rank, dims, error);
}

static gboolean
conv_transpose_eval (const WhyNode *node,
                     WhyTensor *const *inputs,
                     WhyTensor *const *outputs,
                     GError **error)
{
  return run (node->params, adjoint, inputs[0], inputs[1], node->n_inputs > 2 ? inputs[2] : NULL,
              outputs[0], error);
}

static gboolean
conv_transpose_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyConvParams *params = node->params;
  WhyValue *dy = why_grad_output (builder, node, 0);
  WhyGraph *graph = why_grad_graph (builder);
  ConvAttrs store;

  if (!no_weight_gradient (builder, node, error) || !bias_gradient (builder, node, dy, error))
    return FALSE;
  if (!why_grad_wanted (builder, node, 0))
    return TRUE;
  /* Output padding adds rows that Conv would not visit: what it gives is cut back to the input. */
  WhyValue *inputs[] = { dy, node->inputs[1] };
  conv_attrs (params, &store, dy->rank, dy->dims);
  WhyValue *dx = why_emit (graph, error, "Conv", 2, inputs, store.attrs, 4);
  const WhyValue *x = node->inputs[0];
  if (dx != NULL && memcmp (dx->dims, x->dims, (gsize) x->rank * sizeof *x->dims) != 0)
    {
      gint64 starts[WHY_MAX_RANK] = { 0 };
      dx = why_emit3 (graph, error, "Slice", dx, why_emit_i64 (graph, (gsize) x->rank, starts),
                      why_emit_i64 (graph, (gsize) x->rank, x->dims));
    }
  return why_grad_add (builder, node, 0, dx);
}

static gint64
ceil_div (gint64 a, gint64 b)
{
  return a >= 0 ? (a + b - 1) / b : -((-a) / b);
}

static gint64
floor_div (gint64 a, gint64 b)
{
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static void
conv_transpose_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyConvParams *params = node->params;
  if (input != 0)
    return;
  in->lo[0] = out->lo[0];
  in->hi[0] = out->hi[0];
  for (int axis = 0; axis < params->n_spatial; axis++)
    {
      int place = WHY_CONV_SPATIAL - params->n_spatial + axis;
      gint64 reach = (params->kernel[place] - 1) * params->dilation[place];
      in->lo[2 + axis] =
        ceil_div (out->lo[2 + axis] + params->pad_begin[place] - reach, params->stride[place]);
      in->hi[2 + axis] =
        floor_div (out->hi[2 + axis] - 1 + params->pad_begin[place], params->stride[place]) + 1;
    }
}

const WhyOpClass why_ops_conv[] = {
  { "Conv", 1, 0, 2, 3, 1, 0, sizeof (WhyConvParams), conv_infer, conv_eval, conv_gradient,
    conv_region },
  { "ConvInputGrad", 1, 0, 2, 2, 1, WHY_OP_INTERNAL, sizeof (WhyConvParams), conv_input_grad_infer,
    conv_input_grad_eval, conv_input_grad_gradient, NULL },
  { "ConvTranspose", 1, 0, 2, 3, 1, 0, sizeof (WhyConvParams), conv_transpose_infer,
    conv_transpose_eval, conv_transpose_gradient, conv_transpose_region },
  { NULL },
};
