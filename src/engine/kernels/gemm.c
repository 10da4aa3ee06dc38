#include "config.h"

#include "gemm.h"

#include "base/error.h"
#include "base/size.h"
#include "graph/conv.h"
#include "graph/matmul.h"

#include <cblas.h>
#include <string.h>

typedef struct
{
  const WhyConvParams *params;
  gint64 batch, groups, in_channels, out_channels; /* channels of one group */
  gint64 in[WHY_CONV_SPATIAL], out[WHY_CONV_SPATIAL];
  gsize in_size, out_size, kernel_size;
} Conv;

/* columns[(ic, kd, kh, kw), (od, oh, ow)] of one image and one group; zero outside. With @back the
 * reverse: adds columns into the image. */
static void
unfold (const Conv *conv, float *image, float *columns, gboolean back)
{
  const WhyConvParams *p = conv->params;
  gsize row = 0;
  for (gint64 ic = 0; ic < conv->in_channels; ic++)
    for (gint64 kd = 0; kd < p->kernel[0]; kd++)
      for (gint64 kh = 0; kh < p->kernel[1]; kh++)
        for (gint64 kw = 0; kw < p->kernel[2]; kw++, row++)
          {
            float *column = columns + row * conv->out_size;
            for (gint64 od = 0; od < conv->out[0]; od++)
              for (gint64 oh = 0; oh < conv->out[1]; oh++)
                for (gint64 ow = 0; ow < conv->out[2]; ow++, column++)
                  {
                    gint64 d = od * p->stride[0] - p->pad_begin[0] + kd * p->dilation[0];
                    gint64 h = oh * p->stride[1] - p->pad_begin[1] + kh * p->dilation[1];
                    gint64 w = ow * p->stride[2] - p->pad_begin[2] + kw * p->dilation[2];
                    gboolean inside = d >= 0 && d < conv->in[0] && h >= 0 && h < conv->in[1] &&
                                      w >= 0 && w < conv->in[2];
                    float *pixel =
                      image + ((ic * conv->in[0] + d) * conv->in[1] + h) * conv->in[2] + w;
                    if (!back)
                      *column = inside ? *pixel : 0.0f;
                    else if (inside)
                      *pixel += *column;
                  }
          }
}

static void
get_conv (
  const WhyConvParams *params, const WhyValue *x, const WhyValue *w, const WhyValue *y, Conv *conv)
{
  conv->params = params;
  conv->batch = x->dims[0];
  conv->groups = params->groups;
  conv->in_channels = w->dims[1];
  conv->out_channels = w->dims[0] / params->groups;
  why_conv_spatial (x->rank, x->dims, conv->in);
  why_conv_spatial (y->rank, y->dims, conv->out);
  conv->in_size = (gsize) (conv->in[0] * conv->in[1] * conv->in[2]);
  conv->out_size = (gsize) (conv->out[0] * conv->out[1] * conv->out[2]);
  conv->kernel_size = (gsize) (params->kernel[0] * params->kernel[1] * params->kernel[2]);
}

static void
add_bias (const WhyBuffer *bias, WhyBuffer *y, gsize size)
{
  const float *values = bias->data;
  float *to = y->data;
  for (gint64 n = 0; n < y->value->dims[0]; n++)
    for (gint64 c = 0; c < y->value->dims[1]; c++)
      for (gsize at = 0; at < size; at++)
        *to++ += values[c];
}

/* Forward: y = W columns. */
static gboolean
run_conv (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  const WhyBuffer *x = step->inputs[0], *w = step->inputs[1];
  WhyBuffer *y = step->outputs[0];
  float *columns = step->scratch->data;
  Conv conv;

  get_conv (step->node->params, x->value, w->value, y->value, &conv);
  gsize depth = (gsize) conv.in_channels * conv.kernel_size;
  for (gint64 index = 0; index < conv.batch * conv.groups; index++)
    {
      gsize group = (gsize) (index % conv.groups);
      if (!why_cancel_check (cancel, error))
        return FALSE;
      unfold (&conv, (float *) x->data + (gsize) index * (gsize) conv.in_channels * conv.in_size,
              columns, FALSE);
      cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint) conv.out_channels,
                   (blasint) conv.out_size, (blasint) depth, 1.0f,
                   (const float *) w->data + group * (gsize) conv.out_channels * depth,
                   (blasint) depth, columns, (blasint) conv.out_size, 0.0f,
                   (float *) y->data + (gsize) index * (gsize) conv.out_channels * conv.out_size,
                   (blasint) conv.out_size);
    }
  if (step->n_inputs > 2)
    add_bias (step->inputs[2], y, conv.out_size);
  return TRUE;
}

/* Adjoint: columns = W^T dy, folded back. Input 0 is dy (of ConvTranspose: x). */
static gboolean
run_adjoint (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  const WhyBuffer *dy = step->inputs[0], *w = step->inputs[1];
  WhyBuffer *dx = step->outputs[0];
  float *columns = step->scratch->data;
  Conv conv;

  get_conv (step->node->params, dx->value, w->value, dy->value, &conv);
  gsize depth = (gsize) conv.in_channels * conv.kernel_size;
  memset (dx->data, 0, dx->n_bytes);
  for (gint64 index = 0; index < conv.batch * conv.groups; index++)
    {
      gsize group = (gsize) (index % conv.groups);
      if (!why_cancel_check (cancel, error))
        return FALSE;
      cblas_sgemm (
        CblasRowMajor, CblasTrans, CblasNoTrans, (blasint) depth, (blasint) conv.out_size,
        (blasint) conv.out_channels, 1.0f,
        (const float *) w->data + group * (gsize) conv.out_channels * depth, (blasint) depth,
        (const float *) dy->data + (gsize) index * (gsize) conv.out_channels * conv.out_size,
        (blasint) conv.out_size, 0.0f, columns, (blasint) conv.out_size);
      unfold (&conv, (float *) dx->data + (gsize) index * (gsize) conv.in_channels * conv.in_size,
              columns, TRUE);
    }
  if (step->n_inputs > 2)
    add_bias (step->inputs[2], dx, conv.in_size);
  return TRUE;
}

static gboolean
compile_conv_like (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  gboolean adjoint = strcmp (node->klass->type, "Conv") != 0;
  const WhyValue *w = node->inputs[1];
  WhyBuffer *inputs[3];
  Conv conv;
  gsize n_bytes;

  *done = FALSE;
  if (node->inputs[0]->dtype != WHY_DTYPE_FLOAT32)
    return TRUE;
  get_conv (node->params, adjoint ? node->outputs[0] : node->inputs[0], w,
            adjoint ? node->inputs[0] : node->outputs[0], &conv);
  gsize depth = (gsize) conv.in_channels * conv.kernel_size;
  if (conv.out_size == 0 || depth == 0 || conv.out_channels == 0 || conv.batch == 0)
    return TRUE;
  if (!why_size_mul (depth, conv.out_size, &n_bytes) ||
      !why_size_mul (n_bytes, sizeof (float), &n_bytes) || conv.out_size > G_MAXINT ||
      depth > G_MAXINT)
    return why_node_fail (node, error, WHY_ERROR_TOO_LARGE,
                          "the reference backend cannot unfold an input of this size");
  for (guint input = 0; input < node->n_inputs; input++)
    {
      inputs[input] = why_plan_input (plan, node->inputs[input], WHY_LAYOUT_PLAIN, error);
      if (inputs[input] == NULL)
        return FALSE;
    }
  WhyBuffer *output = why_plan_output (plan, node->outputs[0], WHY_LAYOUT_PLAIN);
  WhyStep *step = why_plan_add_step (plan, node, adjoint ? run_adjoint : run_conv, inputs,
                                     node->n_inputs, &output, 1, NULL, NULL);
  step->scratch = why_plan_scratch (plan, n_bytes);
  *done = TRUE;
  return TRUE;
}

/* ---- matrix products of two matrices; stacks go to the definition ---- */

static gboolean
run_gemm (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  const WhyNode *node = step->node;
  const WhyGemmParams plain = { .alpha = 1.0, .beta = 1.0 };
  const WhyGemmParams *params = strcmp (node->klass->type, "Gemm") == 0 ? node->params : &plain;
  const WhyBuffer *a = step->inputs[0], *b = step->inputs[1];
  WhyBuffer *y = step->outputs[0];
  gint64 cols = b->value->dims[params->trans_b ? 0 : 1],
         inner = b->value->dims[params->trans_b ? 1 : 0];
  gint64 rows = (gint64) (y->n_bytes / sizeof (float)) / cols;
  float beta = 0.0f;

  if (step->n_inputs > 2)
    {
      const WhyValue *c = step->inputs[2]->value;
      const float *from = step->inputs[2]->data;
      float *to = y->data;
      gint64 strides[2];
      why_broadcast_strides (c->rank, c->dims, 2, y->value->dims, strides);
      for (gint64 row = 0; row < rows; row++)
        for (gint64 col = 0; col < cols; col++)
          *to++ = from[row * strides[0] + col * strides[1]];
      beta = (float) params->beta;
    }
  cblas_sgemm (CblasRowMajor, params->trans_a ? CblasTrans : CblasNoTrans,
               params->trans_b ? CblasTrans : CblasNoTrans, (blasint) rows, (blasint) cols,
               (blasint) inner, (float) params->alpha, a->data,
               (blasint) (params->trans_a ? rows : inner), b->data,
               (blasint) (params->trans_b ? inner : cols), beta, y->data, (blasint) cols);
  return TRUE;
}

static gboolean
compile_product (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyValue *a = node->inputs[0], *b = node->inputs[1], *y = node->outputs[0];
  WhyBuffer *inputs[3];
  gsize count = 1;

  *done = FALSE;
  for (int axis = 0; axis < y->rank; axis++)
    count *= (gsize) y->dims[axis];
  if (a->dtype != WHY_DTYPE_FLOAT32 || b->dtype != WHY_DTYPE_FLOAT32 || b->rank != 2 ||
      a->rank < 2 || count == 0 || count > G_MAXINT || a->dims[a->rank - 1] == 0 || b->dims[0] == 0)
    return TRUE;
  for (guint input = 0; input < node->n_inputs; input++)
    {
      inputs[input] = why_plan_input (plan, node->inputs[input], WHY_LAYOUT_PLAIN, error);
      if (inputs[input] == NULL)
        return FALSE;
    }
  WhyBuffer *output = why_plan_output (plan, node->outputs[0], WHY_LAYOUT_PLAIN);
  why_plan_add_step (plan, node, run_gemm, inputs, node->n_inputs, &output, 1, NULL, NULL);
  *done = TRUE;
  return TRUE;
}

const WhyKernel why_gemm_kernels[] = {
  { "Conv", compile_conv_like },
  { "ConvTranspose", compile_conv_like },
  { "ConvInputGrad", compile_conv_like },
  { "MatMul", compile_product },
  { "Gemm", compile_product },
  { NULL, NULL },
};
