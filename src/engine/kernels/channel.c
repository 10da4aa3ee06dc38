#include "config.h"

#include "elementwise.h"

#include "base/parallel.h"
#include "graph/conv.h"
#include "vector.h"

#include <string.h>

/* Sums over channels, for maps: of a tensor in plain order (in channels last, programs make them),
 * and of a convolution whose output nobody has kept. */

#define GRAIN 16384

/* ---- ChannelSum in plain order: one plane after the other ---- */

typedef struct
{
  gsize channels, positions;
  const float *x, *weights;
  float *y;
} Planes;

#define PLANE_BLOCK 512

WHY_VECTOR static void
add_planes (gsize begin, gsize end, gpointer data)
{
  const Planes *planes = data;
  for (gsize first = begin; first < end; first += PLANE_BLOCK)
    {
      gsize width = MIN (PLANE_BLOCK, end - first);
      float *y = planes->y + first;
      memset (y, 0, width * sizeof *y);
      for (gsize c = 0; c < planes->channels; c++)
        {
          const float *x = planes->x + c * planes->positions + first, weight = planes->weights[c];
          for (gsize at = 0; at < width; at++)
            y[at] += weight * x[at];
        }
    }
}

static gboolean
run_channel_sum (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  const WhyValue *x = step->inputs[0]->value;
  Planes planes = { .channels = (gsize) x->dims[1], .positions = 1 };

  for (int axis = 2; axis < x->rank; axis++)
    planes.positions *= (gsize) x->dims[axis];
  for (gsize n = 0; n < (gsize) x->dims[0]; n++)
    {
      planes.x = (const float *) step->inputs[0]->data + n * planes.channels * planes.positions;
      planes.weights = (const float *) step->inputs[1]->data + n * planes.channels;
      planes.y = (float *) step->outputs[0]->data + n * planes.positions;
      why_parallel_for (planes.positions, 1 + GRAIN / (1 + planes.channels), add_planes, &planes);
    }
  return TRUE;
}

static gboolean
compile_channel_sum (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  WhyBuffer *inputs[2];

  *done = FALSE;
  if (node->inputs[0]->dtype != WHY_DTYPE_FLOAT32)
    return TRUE;
  for (guint input = 0; input < 2; input++)
    {
      inputs[input] = why_plan_input (plan, node->inputs[input], WHY_LAYOUT_PLAIN, error);
      if (inputs[input] == NULL)
        return FALSE;
    }
  WhyBuffer *output = why_plan_output (plan, node->outputs[0], WHY_LAYOUT_PLAIN);
  why_plan_add_step (plan, node, run_channel_sum, inputs, 2, &output, 1, NULL, NULL);
  *done = TRUE;
  return TRUE;
}

/* ---- ConvChannelSum ---- */

/* First the filters are summed with their weights to one filter of kernel x channels, channels side
 * by side; then that one filter runs over the input in channels last. */
typedef struct
{
  const WhyConvParams *params;
  gsize in_channels, group_channels, group_outputs, area, inner; /* inner = group_channels area */
  gint64 in[WHY_CONV_SPATIAL], out[WHY_CONV_SPATIAL];
  const float *x, *w, *weights;
  float *filter; /* [area][in_channels] */
  float *y;
  float shift;
} ConvSum;

#define FILTER_BLOCK 64
/* Filters added in float32 before they go into double: bounds the rounding. */
#define FILTER_RUN 16

WHY_VECTOR static void
sum_filters (const float *w, const float *weights, gsize n, gsize inner, gsize width, double *sums)
{
  float part[FILTER_BLOCK];
  for (gsize first = 0; first < n; first += FILTER_RUN)
    {
      gsize last = MIN (first + FILTER_RUN, n);
      memset (part, 0, sizeof part);
      if (width == FILTER_BLOCK)
        for (gsize k = first; k < last; k++)
          for (gsize at = 0; at < FILTER_BLOCK; at++)
            part[at] += weights[k] * w[k * inner + at];
      else
        for (gsize k = first; k < last; k++)
          for (gsize at = 0; at < width; at++)
            part[at] += weights[k] * w[k * inner + at];
      for (gsize at = 0; at < width; at++)
        sums[at] += (double) part[at];
    }
}

static void
make_filter (gsize begin, gsize end, gpointer data)
{
  const ConvSum *sum = data;
  gsize blocks = (sum->inner + FILTER_BLOCK - 1) / FILTER_BLOCK;

  for (gsize index = begin; index < end; index++)
    {
      gsize group = index / blocks, first = index % blocks * FILTER_BLOCK,
            width = MIN (FILTER_BLOCK, sum->inner - first);
      double sums[FILTER_BLOCK] = { 0 };
      sum_filters (sum->w + group * sum->group_outputs * sum->inner + first,
                   sum->weights + group * sum->group_outputs, sum->group_outputs, sum->inner, width,
                   sums);
      for (gsize at = 0; at < width; at++)
        {
          gsize channel = group * sum->group_channels + (first + at) / sum->area,
                tap = (first + at) % sum->area;
          sum->filter[tap * sum->in_channels + channel] = (float) sums[at];
        }
    }
}

/* Kernel positions of one output position that lie inside the input. */
static void
inside (const ConvSum *sum, int axis, gint64 at, gint64 *start, gint64 *lo, gint64 *hi)
{
  const WhyConvParams *params = sum->params;
  gint64 step = params->dilation[axis];
  *start = at * params->stride[axis] - params->pad_begin[axis];
  *lo = *start < 0 ? (-*start + step - 1) / step : 0;
  *hi = MIN (params->kernel[axis], (sum->in[axis] - *start + step - 1) / step);
}

/* A stretch of the filter and of the input that it meets, one after the other in both. */
typedef struct
{
  const float *x, *filter;
} Stretch;

/* Output positions that are computed together, whose inputs lie @step apart. */
#define TOGETHER 4

WHY_VECTOR static void
run_stretches (const Stretch *stretches,
               gsize n_stretches,
               gsize length,
               gsize step,
               float shift,
               float *y,
               gsize n)
{
  if (n == TOGETHER)
    {
      float sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
      for (gsize at = 0; at < n_stretches; at++)
        {
          const float *filter = stretches[at].filter, *x0 = stretches[at].x, *x1 = x0 + step,
                      *x2 = x1 + step, *x3 = x2 + step;
#pragma omp simd reduction(+ : sum0, sum1, sum2, sum3)
          for (gsize c = 0; c < length; c++)
            {
              sum0 += x0[c] * filter[c];
              sum1 += x1[c] * filter[c];
              sum2 += x2[c] * filter[c];
              sum3 += x3[c] * filter[c];
            }
        }
      y[0] = shift + sum0;
      y[1] = shift + sum1;
      y[2] = shift + sum2;
      y[3] = shift + sum3;
      return;
    }
  for (gsize position = 0; position < n; position++)
    {
      float total = 0;
      for (gsize at = 0; at < n_stretches; at++)
        {
          const float *filter = stretches[at].filter, *x = stretches[at].x + position * step;
#pragma omp simd reduction(+ : total)
          for (gsize c = 0; c < length; c++)
            total += x[c] * filter[c];
        }
      y[position] = shift + total;
    }
}

/* @n positions of one row, from @ow on, whose kernels all lie between @lo and @hi of the last axis.
 */
static void
run_positions (const ConvSum *sum,
               Stretch *stretches,
               const gint64 *at,
               gint64 ow,
               gsize n,
               gint64 lo,
               gint64 hi,
               float *y)
{
  const WhyConvParams *params = sum->params;
  gint64 start[2], from[2], to[2], first = ow * params->stride[2] - params->pad_begin[2];
  /* Without dilation the positions of a row and their channels lie side by side. */
  gint64 width = params->dilation[2] == 1 ? MAX (hi - lo, 1) : 1;
  gsize n_stretches = 0;

  for (int axis = 0; axis < 2; axis++)
    inside (sum, axis, at[axis], &start[axis], &from[axis], &to[axis]);
  for (gint64 kd = from[0]; kd < to[0]; kd++)
    for (gint64 kh = from[1]; kh < to[1]; kh++)
      for (gint64 kw = lo; kw < hi; kw += width)
        {
          gint64 row = ((start[0] + kd * params->dilation[0]) * sum->in[1] + start[1] +
                        kh * params->dilation[1]) *
                       sum->in[2];
          gint64 tap = (kd * params->kernel[1] + kh) * params->kernel[2] + kw;
          stretches[n_stretches++] = (Stretch){
            sum->x + (gsize) (row + first + kw * params->dilation[2]) * sum->in_channels,
            sum->filter + (gsize) tap * sum->in_channels,
          };
        }
  run_stretches (stretches, n_stretches, (gsize) width * sum->in_channels,
                 (gsize) params->stride[2] * sum->in_channels, sum->shift, y, n);
}

static void
run_rows (gsize begin, gsize end, gpointer data)
{
  const ConvSum *sum = data;
  g_autofree Stretch *stretches = g_new (Stretch, sum->area + 1);

  for (gsize row = begin; row < end; row++)
    {
      gint64 at[] = { (gint64) row / sum->out[1], (gint64) row % sum->out[1] };
      float *y = sum->y + row * (gsize) sum->out[2];
      for (gint64 ow = 0; ow < sum->out[2];)
        {
          gint64 start, lo, hi, last_lo, last_hi, n = 1;
          inside (sum, 2, ow, &start, &lo, &hi);
          if (ow + TOGETHER <= sum->out[2])
            {
              inside (sum, 2, ow + TOGETHER - 1, &start, &last_lo, &last_hi);
              if (lo == 0 && last_lo == 0 && hi == sum->params->kernel[2] && last_hi == hi)
                n = TOGETHER;
            }
          run_positions (sum, stretches, at, ow, (gsize) n, lo, hi, y + ow);
          ow += n;
        }
    }
}

static gboolean
run_conv_channel_sum (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  ConvSum sum = *(const ConvSum *) step->data;
  gsize in_size = (gsize) (sum.in[0] * sum.in[1] * sum.in[2]) * sum.in_channels,
        rows = (gsize) (sum.out[0] * sum.out[1]), positions = rows * (gsize) sum.out[2];
  gsize groups = (gsize) sum.params->groups, outputs = groups * sum.group_outputs;
  gsize blocks = groups * ((sum.inner + FILTER_BLOCK - 1) / FILTER_BLOCK);
  const float *bias = step->n_inputs > 3 ? step->inputs[3]->data : NULL;

  sum.w = step->inputs[1]->data;
  sum.filter = step->scratch->data;
  for (gsize n = 0; n < (gsize) step->outputs[0]->value->dims[0]; n++)
    {
      double shift = 0;
      sum.x = (const float *) step->inputs[0]->data + n * in_size;
      sum.weights = (const float *) step->inputs[2]->data + n * outputs;
      sum.y = (float *) step->outputs[0]->data + n * positions;
      for (gsize k = 0; bias != NULL && k < outputs; k++)
        shift += (double) sum.weights[k] * (double) bias[k];
      sum.shift = (float) shift;
      why_parallel_for (blocks, 1 + GRAIN / (1 + sum.group_outputs * MIN (sum.inner, FILTER_BLOCK)),
                        make_filter, &sum);
      why_parallel_for (rows, 1 + GRAIN / (1 + sum.area * sum.in_channels * (gsize) sum.out[2]),
                        run_rows, &sum);
    }
  return TRUE;
}

static gboolean
compile_conv_channel_sum (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyValue *x = node->inputs[0], *w = node->inputs[1];
  WhyBuffer *inputs[4];

  *done = FALSE;
  if (x->dtype != WHY_DTYPE_FLOAT32 || why_tensor_count (w->constant) == 0)
    return TRUE;
  for (guint input = 0; input < node->n_inputs; input++)
    {
      inputs[input] = why_plan_input (
        plan, node->inputs[input], input == 0 ? WHY_LAYOUT_CHANNELS_LAST : WHY_LAYOUT_PLAIN, error);
      if (inputs[input] == NULL)
        return FALSE;
    }
  ConvSum *sum = g_new0 (ConvSum, 1);
  sum->params = node->params;
  sum->in_channels = (gsize) x->dims[1];
  sum->group_channels = (gsize) w->dims[1];
  sum->group_outputs = (gsize) (w->dims[0] / sum->params->groups);
  sum->area = (gsize) (sum->params->kernel[0] * sum->params->kernel[1] * sum->params->kernel[2]);
  sum->inner = sum->group_channels * sum->area;
  why_conv_spatial (x->rank, x->dims, sum->in);
  why_conv_spatial (node->outputs[0]->rank, node->outputs[0]->dims, sum->out);
  WhyBuffer *scratch = why_plan_scratch (plan, sum->area * sum->in_channels * sizeof (float));
  WhyBuffer *output = why_plan_output (plan, node->outputs[0], WHY_LAYOUT_PLAIN);
  WhyStep *step = why_plan_add_step (plan, node, run_conv_channel_sum, inputs, node->n_inputs,
                                     &output, 1, sum, g_free);
  step->scratch = scratch;
  *done = TRUE;
  return TRUE;
}

const WhyKernel why_channel_kernels[] = {
  { "ChannelSum", compile_channel_sum },
  { "ConvChannelSum", compile_conv_channel_sum },
  { NULL, NULL },
};
