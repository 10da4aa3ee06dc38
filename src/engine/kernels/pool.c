#include "config.h"

#include "elementwise.h"

#include "base/parallel.h"
#include "graph/conv.h"
#include "vector.h"

#include <math.h>
#include <string.h>

/* Pools over windows and over all of space, in channels last: the inner loop runs over channels,
 * which lie side by side, for every position of the window. */

typedef enum
{
  POOL_MAX,
  POOL_AVERAGE,
} PoolKind;

typedef struct
{
  const WhyConvParams *params;
  PoolKind kind;
  gint64 in[WHY_CONV_SPATIAL], out[WHY_CONV_SPATIAL];
  gsize channels, in_size, out_size;
  const float *x, *dy;
  float *y;
} Pool;

WHY_VECTOR static void
keep_largest (const float *x, float *y, gsize channels)
{
  for (gsize c = 0; c < channels; c++)
    y[c] = ((x[c] > y[c]) | (x[c] != x[c])) ? x[c] : y[c];
}

WHY_VECTOR static void
add_to (const float *x, float *y, gsize channels)
{
  for (gsize c = 0; c < channels; c++)
    y[c] += x[c];
}

WHY_VECTOR static void
add_scaled (const float *x, float scale, float *y, gsize channels)
{
  for (gsize c = 0; c < channels; c++)
    y[c] += x[c] * scale;
}

WHY_VECTOR static void
scale_by (float scale, float *y, gsize channels)
{
  for (gsize c = 0; c < channels; c++)
    y[c] *= scale;
}

typedef struct
{
  gint64 start[WHY_CONV_SPATIAL], lo[WHY_CONV_SPATIAL], hi[WHY_CONV_SPATIAL];
  gint64 count; /* positions to divide by */
} Window;

static void
window_at (const Pool *pool, gsize position, Window *window)
{
  const WhyConvParams *params = pool->params;
  gint64 at[WHY_CONV_SPATIAL], inside = 1, padded = 1;

  at[2] = (gint64) position % pool->out[2];
  at[1] = (gint64) position / pool->out[2] % pool->out[1];
  at[0] = (gint64) position / (pool->out[2] * pool->out[1]);
  for (int axis = 0; axis < WHY_CONV_SPATIAL; axis++)
    {
      gint64 step = params->dilation[axis],
             start = at[axis] * params->stride[axis] - params->pad_begin[axis];
      window->start[axis] = start;
      window->lo[axis] = start < 0 ? (-start + step - 1) / step : 0;
      window->hi[axis] = MIN (params->kernel[axis], (pool->in[axis] - start + step - 1) / step);
      inside *= MAX (window->hi[axis] - window->lo[axis], 0);
      padded *= MIN (params->kernel[axis],
                     (pool->in[axis] + params->pad_end[axis] - start + step - 1) / step);
    }
  window->count = params->count_include_pad ? padded : inside;
}

static gsize
window_input (const Pool *pool, const Window *window, gint64 kd, gint64 kh, gint64 kw)
{
  const WhyConvParams *params = pool->params;
  return (gsize) (((window->start[0] + kd * params->dilation[0]) * pool->in[1] + window->start[1] +
                   kh * params->dilation[1]) *
                    pool->in[2] +
                  window->start[2] + kw * params->dilation[2]) *
         pool->channels;
}

static void
pool_positions (gsize begin, gsize end, gpointer data)
{
  const Pool *pool = data;
  for (gsize index = begin; index < end; index++)
    {
      gsize n = index / pool->out_size;
      float *y = pool->y + index * pool->channels;
      const float *x = pool->x + n * pool->in_size * pool->channels;
      Window window;

      window_at (pool, index % pool->out_size, &window);
      float first = pool->kind == POOL_MAX ? -INFINITY : 0.0f;
      for (gsize c = 0; c < pool->channels; c++)
        y[c] = first;
      for (gint64 kd = window.lo[0]; kd < window.hi[0]; kd++)
        for (gint64 kh = window.lo[1]; kh < window.hi[1]; kh++)
          for (gint64 kw = window.lo[2]; kw < window.hi[2]; kw++)
            {
              const float *from = x + window_input (pool, &window, kd, kh, kw);
              if (pool->kind == POOL_MAX)
                keep_largest (from, y, pool->channels);
              else
                add_to (from, y, pool->channels);
            }
      if (pool->kind == POOL_AVERAGE && window.count > 0)
        scale_by (1.0f / (float) window.count, y, pool->channels);
    }
}

static void
fill_pool (Pool *pool, const WhyValue *x, const WhyValue *y)
{
  why_conv_spatial (x->rank, x->dims, pool->in);
  why_conv_spatial (y->rank, y->dims, pool->out);
  pool->channels = (gsize) x->dims[1];
  pool->in_size = (gsize) (pool->in[0] * pool->in[1] * pool->in[2]);
  pool->out_size = (gsize) (pool->out[0] * pool->out[1] * pool->out[2]);
}

static gboolean
run_pool (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  Pool pool = *(const Pool *) step->data;
  pool.x = step->inputs[0]->data;
  pool.y = step->outputs[0]->data;
  gsize n = (gsize) step->outputs[0]->value->dims[0];
  why_parallel_for (n * pool.out_size, 1 + 1024 / (1 + pool.channels), pool_positions, &pool);
  return TRUE;
}

static gboolean
compile_pool (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyValue *x = node->inputs[0], *y = node->outputs[0];

  *done = FALSE;
  if (x->dtype != WHY_DTYPE_FLOAT32 || y == NULL ||
      (node->n_outputs > 1 && node->outputs[1] != NULL))
    return TRUE;
  WhyBuffer *input = why_plan_input (plan, node->inputs[0], WHY_LAYOUT_CHANNELS_LAST, error);
  if (input == NULL)
    return FALSE;
  Pool *pool = g_new0 (Pool, 1);
  pool->params = node->params;
  pool->kind = strcmp (node->klass->type, "MaxPool") == 0 ? POOL_MAX : POOL_AVERAGE;
  fill_pool (pool, x, y);
  WhyBuffer *output = why_plan_output (plan, node->outputs[0], WHY_LAYOUT_CHANNELS_LAST);
  why_plan_add_step (plan, node, run_pool, &input, 1, &output, 1, pool, g_free);
  *done = TRUE;
  return TRUE;
}

/* ---- gradients: windows overlap, so images and channels are split among threads, not positions
 * ---- */

/* Channels that are looked at together. */
#define GRAD_BLOCK 128

/* One position of a window: @give goes to where @x is @most, and nothing is left of it there. */
WHY_VECTOR static void
give_where_most (const float *restrict x,
                 const float *restrict most,
                 float *restrict give,
                 float *restrict dx,
                 gsize n)
{
  for (gsize c = 0; c < n; c++)
    {
      const gboolean found = (x[c] == most[c]) | ((x[c] != x[c]) & (most[c] != most[c]));
      dx[c] += found ? give[c] : 0.0f;
      give[c] = found ? 0.0f : give[c];
    }
}

/* Gives @dy to the first largest value of the window, channel by channel. @taps: where the window's
 * positions begin. As in the plain definition, NaN is larger than all else. */
static void
give_to_largest (
  const float *x, const gsize *taps, gsize n_taps, const float *dy, float *dx, gsize width)
{
  float most[GRAD_BLOCK], give[GRAD_BLOCK];

  for (gsize c = 0; c < width; c += GRAD_BLOCK)
    {
      gsize n = MIN (GRAD_BLOCK, width - c);
      memcpy (most, x + taps[0] + c, n * sizeof *most);
      memcpy (give, dy + c, n * sizeof *give);
      for (gsize tap = 1; tap < n_taps; tap++)
        keep_largest (x + taps[tap] + c, most, n);
      for (gsize tap = 0; tap < n_taps; tap++)
        give_where_most (x + taps[tap] + c, most, give, dx + taps[tap] + c, n);
    }
}

static void
max_grad_channels (gsize begin, gsize end, gpointer data)
{
  const Pool *pool = data;
  const WhyConvParams *params = pool->params;
  g_autofree gsize *taps =
    g_new (gsize, (gsize) (params->kernel[0] * params->kernel[1] * params->kernel[2]));

  for (gsize position = 0; position < pool->out_size; position++)
    {
      Window window;
      gsize n_taps = 0;
      window_at (pool, position, &window);
      for (gint64 kd = window.lo[0]; kd < window.hi[0]; kd++)
        for (gint64 kh = window.lo[1]; kh < window.hi[1]; kh++)
          for (gint64 kw = window.lo[2]; kw < window.hi[2]; kw++)
            taps[n_taps++] = window_input (pool, &window, kd, kh, kw);
      if (n_taps > 0)
        give_to_largest (pool->x + begin, taps, n_taps,
                         pool->dy + position * pool->channels + begin, pool->y + begin,
                         end - begin);
    }
}

static void
clear_range (gsize begin, gsize end, gpointer data)
{
  memset ((float *) data + begin, 0, (end - begin) * sizeof (float));
}

static void
average_grad_channels (gsize begin, gsize end, gpointer data)
{
  const Pool *pool = data;
  for (gsize position = 0; position < pool->out_size; position++)
    {
      Window window;
      window_at (pool, position, &window);
      if (window.count == 0)
        continue;
      float share = 1.0f / (float) window.count;
      for (gint64 kd = window.lo[0]; kd < window.hi[0]; kd++)
        for (gint64 kh = window.lo[1]; kh < window.hi[1]; kh++)
          for (gint64 kw = window.lo[2]; kw < window.hi[2]; kw++)
            add_scaled (pool->dy + position * pool->channels + begin, share,
                        pool->y + window_input (pool, &window, kd, kh, kw) + begin, end - begin);
    }
}

static gboolean
run_pool_grad (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  Pool pool = *(const Pool *) step->data;
  const WhyBuffer *dy = step->inputs[0], *dx = step->outputs[0];
  const float *x = pool.kind == POOL_MAX ? step->inputs[1]->data : NULL;

  why_parallel_for (dx->n_bytes / sizeof (float), 65536, clear_range, dx->data);
  for (gsize n = 0; n < (gsize) dx->value->dims[0]; n++)
    {
      pool.dy = (const float *) dy->data + n * pool.out_size * pool.channels;
      pool.y = (float *) dx->data + n * pool.in_size * pool.channels;
      pool.x = x != NULL ? x + n * pool.in_size * pool.channels : NULL;
      why_parallel_for (pool.channels, 16,
                        pool.kind == POOL_MAX ? max_grad_channels : average_grad_channels, &pool);
    }
  return TRUE;
}

static gboolean
compile_pool_grad (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  gboolean is_max = strcmp (node->klass->type, "MaxPoolGrad") == 0;
  WhyBuffer *inputs[2];
  guint n_inputs = is_max ? 2 : 1;

  *done = FALSE;
  if (node->inputs[0]->dtype != WHY_DTYPE_FLOAT32)
    return TRUE;
  for (guint input = 0; input < n_inputs; input++)
    {
      inputs[input] = why_plan_input (plan, node->inputs[input], WHY_LAYOUT_CHANNELS_LAST, error);
      if (inputs[input] == NULL)
        return FALSE;
    }
  Pool *pool = g_new0 (Pool, 1);
  pool->params = node->params;
  pool->kind = is_max ? POOL_MAX : POOL_AVERAGE;
  fill_pool (pool, node->outputs[0], node->inputs[0]);
  WhyBuffer *output = why_plan_output (plan, node->outputs[0], WHY_LAYOUT_CHANNELS_LAST);
  why_plan_add_step (plan, node, run_pool_grad, inputs, n_inputs, &output, 1, pool, g_free);
  *done = TRUE;
  return TRUE;
}

/* ---- global average ---- */

typedef struct
{
  const float *x;
  float *y;
  gsize channels, spatial;
} Global;

/* Sums in blocks of rows, so that rounding grows with the root of the number of positions. */
#define GLOBAL_BLOCK 64

WHY_VECTOR static void
global_channels (gsize begin, gsize end, gpointer data)
{
  const Global *global = data;
  float part[GLOBAL_BLOCK];

  for (gsize first = begin; first < end; first += GLOBAL_BLOCK)
    {
      gsize width = MIN (GLOBAL_BLOCK, end - first);
      double sum[GLOBAL_BLOCK] = { 0 };
      for (gsize s_begin = 0; s_begin < global->spatial; s_begin += GLOBAL_BLOCK)
        {
          gsize s_end = MIN (s_begin + GLOBAL_BLOCK, global->spatial);
          memset (part, 0, sizeof part);
          for (gsize s = s_begin; s < s_end; s++)
            {
              const float *row = global->x + s * global->channels + first;
              for (gsize c = 0; c < width; c++)
                part[c] += row[c];
            }
          for (gsize c = 0; c < width; c++)
            sum[c] += (double) part[c];
        }
      for (gsize c = 0; c < width; c++)
        global->y[first + c] = (float) (sum[c] / (double) global->spatial);
    }
}

static gboolean
run_global (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  const WhyValue *x = step->inputs[0]->value;
  Global global = { .channels = (gsize) x->dims[1], .spatial = 1 };

  for (int axis = 2; axis < x->rank; axis++)
    global.spatial *= (gsize) x->dims[axis];
  for (gsize n = 0; n < (gsize) x->dims[0]; n++)
    {
      global.x = (const float *) step->inputs[0]->data + n * global.channels * global.spatial;
      global.y = (float *) step->outputs[0]->data + n * global.channels;
      why_parallel_for (global.channels, 1 + 65536 / (1 + global.spatial), global_channels,
                        &global);
    }
  return TRUE;
}

static gboolean
compile_global (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  *done = FALSE;
  if (node->inputs[0]->dtype != WHY_DTYPE_FLOAT32 || node->inputs[0]->rank < 3)
    return TRUE;
  WhyBuffer *input = why_plan_input (plan, node->inputs[0], WHY_LAYOUT_CHANNELS_LAST, error);
  if (input == NULL)
    return FALSE;
  WhyBuffer *output = why_plan_output (plan, node->outputs[0], WHY_LAYOUT_CHANNELS_LAST);
  why_plan_add_step (plan, node, run_global, &input, 1, &output, 1, NULL, NULL);
  *done = TRUE;
  return TRUE;
}

const WhyKernel why_pool_kernels[] = {
  { "MaxPool", compile_pool },
  { "AveragePool", compile_pool },
  { "MaxPoolGrad", compile_pool_grad },
  { "AveragePoolGrad", compile_pool_grad },
  { "GlobalAveragePool", compile_global },
  { NULL, NULL },
};
