#include "config.h"

#include "draw/resample.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"

#include "resampler.h"

/* Keys' cubic convolution, with the A of torch and OpenCV. */
#define CUBIC_A (-0.75)

/* Slack for "on the map", in cells: coordinates have gone through a few roundings. */
#define EDGE_SLACK 1e-9

static double
cubic_weight (double distance)
{
  double d = fabs (distance);

  if (d <= 1)
    return ((CUBIC_A + 2) * d - (CUBIC_A + 3)) * d * d + 1;
  if (d < 2)
    return CUBIC_A * (((d - 5) * d + 8) * d - 4);
  return 0;
}

/* Integer part of a position, kept within what an int and the map can hold. NaN, from an affine
 * beyond all measure, lies on no map; the index only has to be a valid one. */
static int
floor_within (double position, int low, int high)
{
  if (isnan (position))
    return low;
  return (int) CLAMP (floor (position), low, high);
}

/* Adds the weight of input @k, which may lie beyond the border, to the tap of the border value. */
static void
add_tap (WhyAxis *axis, int out, int k, double weight)
{
  int tap = CLAMP (k, 0, axis->n_in - 1) - axis->start[out];

  axis->weights[(gsize) out * (gsize) axis->n_taps + (gsize) tap] += (float) weight;
}

static void
axis_set_point (WhyAxis *axis, WhyResample kind, int out, double position)
{
  double x = position - 0.5;
  int last = axis->n_in - axis->n_taps;
  int k;
  double f;

  switch (kind)
    {
    case WHY_RESAMPLE_NEAREST:
      axis->start[out] = floor_within (position, 0, last);
      axis->weights[out] = 1;
      return;

    case WHY_RESAMPLE_BICUBIC:
      k = floor_within (x, -3, axis->n_in + 2);
      f = CLAMP (x - k, 0, 1);
      axis->start[out] = CLAMP (k - 1, 0, last);
      for (int tap = -1; tap <= 2; tap++)
        add_tap (axis, out, k + tap, cubic_weight (tap - f));
      return;

    case WHY_RESAMPLE_BILINEAR:
    case WHY_RESAMPLE_CORNER_ALIGNED:
    case WHY_RESAMPLE_AREA:
    default:
      k = floor_within (x, -1, axis->n_in);
      f = CLAMP (x - k, 0, 1);
      axis->start[out] = CLAMP (k, 0, last);
      add_tap (axis, out, k, 1 - f);
      add_tap (axis, out, k + 1, f);
      return;
    }
}

static void
axis_set_area (WhyAxis *axis, int out, double from, double to)
{
  double low = CLAMP (MIN (from, to), 0, axis->n_in);
  double high = CLAMP (MAX (from, to), 0, axis->n_in);
  int first = floor_within (low, 0, axis->n_in - 1);

  axis->start[out] = MIN (first, axis->n_in - axis->n_taps);
  if (high - low < EDGE_SLACK)
    {
      add_tap (axis, out, first, 1);
      return;
    }
  for (int k = first; k < axis->n_in && k < high; k++)
    {
      double covered = MIN (high, k + 1.0) - MAX (low, k);

      if (k - axis->start[out] < axis->n_taps && covered > 0)
        add_tap (axis, out, k, covered / (high - low));
    }
}

void
why_axis_init (WhyAxis *axis, WhyResample kind, int n_in, int n_out, double scale, double offset)
{
  int wanted = 2;

  if (kind == WHY_RESAMPLE_NEAREST)
    wanted = 1;
  else if (kind == WHY_RESAMPLE_BICUBIC)
    wanted = 4;
  else if (kind == WHY_RESAMPLE_AREA)
    wanted = (int) MIN (ceil (fabs (scale)) + 1, n_in);

  axis->n_in = n_in;
  axis->n_out = n_out;
  axis->n_taps = MIN (wanted, n_in);
  axis->start = g_new0 (int, n_out);
  axis->weights = g_new0 (float, (gsize) n_out * (gsize) axis->n_taps);
  axis->begin = n_out;
  axis->end = 0;
  for (int out = 0; out < n_out; out++)
    {
      double position = scale * (out + 0.5) + offset;

      if (position >= -EDGE_SLACK && position <= n_in + EDGE_SLACK)
        {
          axis->begin = MIN (axis->begin, out);
          axis->end = out + 1;
        }
      if (kind == WHY_RESAMPLE_AREA)
        axis_set_area (axis, out, position - scale / 2, position + scale / 2);
      else
        axis_set_point (axis, kind, out, position);
    }
  if (axis->end <= axis->begin)
    axis->begin = axis->end = 0;
}

void
why_axis_clear (WhyAxis *axis)
{
  g_clear_pointer (&axis->start, g_free);
  g_clear_pointer (&axis->weights, g_free);
}

void
why_axis_touched (const WhyAxis *axis, int *from, int *to)
{
  *from = axis->n_in;
  *to = 0;
  for (int out = axis->begin; out < axis->end; out++)
    {
      *from = MIN (*from, axis->start[out]);
      *to = MAX (*to, axis->start[out] + axis->n_taps);
    }
  if (*from > *to)
    *from = *to = 0;
}

static gboolean
block_has_bad (const WhyResampler *resampler, int w_from, int w_to, int h_from, int h_to)
{
  for (int h = h_from; h < h_to; h++)
    {
      const float *row = resampler->values + (gsize) h * (gsize) resampler->width;
      float sum = 0; /* 0 * x is 0 or NaN */

      for (int w = w_from; w < w_to; w++)
        sum += 0 * row[w];
      if (isnan (sum))
        return TRUE;
    }
  return FALSE;
}

static void
turn_axes (WhyResampler *resampler)
{
  int width = resampler->width;
  int height = resampler->height;

  resampler->turned = g_new (float, (gsize) width * (gsize) height);
  for (int h = 0; h < height; h++)
    for (int w = 0; w < width; w++)
      resampler->turned[(gsize) w * (gsize) height + (gsize) h] =
        resampler->values[(gsize) h * (gsize) width + (gsize) w];
  resampler->values = resampler->turned;
  resampler->width = height;
  resampler->height = width;
}

static WhyResample
axis_kind (WhyResample kind, double scale, gboolean shrink_by_area)
{
  return shrink_by_area && fabs (scale) > 1 + 1e-6 ? WHY_RESAMPLE_AREA : kind;
}

void
why_resampler_init (WhyResampler *resampler, const float *values, int width, int height,
                    WhyResample kind, const WhyAffine *out_to_map, int out_width, int out_height,
                    gboolean shrink_by_area, gboolean skip_bad)
{
  WhyAffine affine = *out_to_map;
  double size = fabs (affine.xx) + fabs (affine.xy) + fabs (affine.yx) + fabs (affine.yy);

  *resampler = (WhyResampler){
    .values = values,
    .width = width,
    .height = height,
    .kind = kind,
    .skip_bad = skip_bad,
    .out_width = out_width,
  };
  if (fabs (affine.xx) + fabs (affine.yy) <= size * 1e-12 && size > 0)
    {
      /* A quarter turn: swap the axes of the (small) map, then it is a plain scaling again. */
      turn_axes (resampler);
      affine = (WhyAffine){
        .xx = affine.yx,
        .xy = affine.yy,
        .x0 = affine.y0,
        .yx = affine.xx,
        .yy = affine.xy,
        .y0 = affine.x0,
      };
    }
  resampler->out_to_map = affine;
  resampler->separable = fabs (affine.xy) + fabs (affine.yx) <= size * 1e-12;
  if (!resampler->separable)
    {
      resampler->has_bad = block_has_bad (resampler, 0, resampler->width, 0, resampler->height);
      return;
    }

  int row_from, row_to;
  why_axis_init (&resampler->across, axis_kind (kind, affine.xx, shrink_by_area), resampler->width,
                 out_width, affine.xx, affine.x0);
  why_axis_init (&resampler->down, axis_kind (kind, affine.yy, shrink_by_area), resampler->height,
                 out_height, affine.yy, affine.y0);
  why_axis_touched (&resampler->across, &resampler->column_begin, &resampler->column_end);
  why_axis_touched (&resampler->down, &row_from, &row_to);
  resampler->has_bad = block_has_bad (resampler, resampler->column_begin, resampler->column_end,
                                      row_from, row_to);
}

void
why_resampler_clear (WhyResampler *resampler)
{
  why_axis_clear (&resampler->across);
  why_axis_clear (&resampler->down);
  g_clear_pointer (&resampler->turned, g_free);
}

gsize
why_resampler_scratch (const WhyResampler *resampler)
{
  return (gsize) resampler->width;
}

/* One output from its taps, minding values that are not finite. @centre: the value of the cell that
 * the output's centre lies in. */
static float
mix_minding_bad (const WhyResampler *resampler, int w_start, int w_taps, const float *w_weights,
                 int h_start, int h_taps, const float *h_weights, float centre)
{
  double sum = 0;
  double total = 0;

  if (resampler->skip_bad && !isfinite (centre))
    return centre;
  for (int h = 0; h < h_taps; h++)
    {
      const float *row = resampler->values + (gsize) (h_start + h) * (gsize) resampler->width +
                         w_start;

      for (int w = 0; w < w_taps; w++)
        {
          double weight = (double) h_weights[h] * w_weights[w];

          if (weight == 0 || (resampler->skip_bad && !isfinite (row[w])))
            continue;
          sum += weight * row[w];
          total += weight;
        }
    }
  if (!resampler->skip_bad)
    return (float) sum;
  return total > 1e-6 ? (float) (sum / total) : centre;
}

static void
row_minding_bad (const WhyResampler *resampler, int out_y, float *row)
{
  const WhyAxis *across = &resampler->across;
  const WhyAxis *down = &resampler->down;
  const WhyAffine *affine = &resampler->out_to_map;
  int centre_h = floor_within (affine->yy * (out_y + 0.5) + affine->y0, 0, resampler->height - 1);

  for (int out = across->begin; out < across->end; out++)
    {
      int centre_w = floor_within (affine->xx * (out + 0.5) + affine->x0, 0, resampler->width - 1);

      row[out] = mix_minding_bad (resampler, across->start[out], across->n_taps,
                                  across->weights + (gsize) out * (gsize) across->n_taps,
                                  down->start[out_y], down->n_taps,
                                  down->weights + (gsize) out_y * (gsize) down->n_taps,
                                  resampler->values[(gsize) centre_h * (gsize) resampler->width +
                                                    (gsize) centre_w]);
    }
}

/* One position by the rule of @kind: both axes as one-output axes on the stack. */
static float
sample_at (const WhyResampler *resampler, double map_x, double map_y)
{
  int w_start = 0, h_start = 0;
  float w_weights[4] = { 0 }, h_weights[4] = { 0 };
  int n_wanted = resampler->kind == WHY_RESAMPLE_NEAREST   ? 1
                 : resampler->kind == WHY_RESAMPLE_BICUBIC ? 4
                                                           : 2;
  WhyAxis across = { .n_in = resampler->width,
                     .n_taps = MIN (n_wanted, resampler->width),
                     .start = &w_start,
                     .weights = w_weights };
  WhyAxis down = { .n_in = resampler->height,
                   .n_taps = MIN (n_wanted, resampler->height),
                   .start = &h_start,
                   .weights = h_weights };

  axis_set_point (&across, resampler->kind, 0, map_x);
  axis_set_point (&down, resampler->kind, 0, map_y);
  if (resampler->has_bad)
    {
      int centre_w = floor_within (map_x, 0, resampler->width - 1);
      int centre_h = floor_within (map_y, 0, resampler->height - 1);

      return mix_minding_bad (resampler, w_start, across.n_taps, w_weights, h_start, down.n_taps,
                              h_weights,
                              resampler->values[(gsize) centre_h * (gsize) resampler->width +
                                                (gsize) centre_w]);
    }

  float sum = 0;
  for (int h = 0; h < down.n_taps; h++)
    {
      const float *row = resampler->values + (gsize) (h_start + h) * (gsize) resampler->width +
                         w_start;
      float row_sum = 0;

      for (int w = 0; w < across.n_taps; w++)
        row_sum += w_weights[w] * row[w];
      sum += h_weights[h] * row_sum;
    }
  return sum;
}

static gboolean
is_on_map (const WhyResampler *resampler, double map_x, double map_y)
{
  return map_x >= -EDGE_SLACK && map_x <= resampler->width + EDGE_SLACK && map_y >= -EDGE_SLACK &&
         map_y <= resampler->height + EDGE_SLACK;
}

static void
row_turned (const WhyResampler *resampler, int out_y, float *row, int *begin, int *end)
{
  *begin = resampler->out_width;
  *end = 0;
  for (int out = 0; out < resampler->out_width; out++)
    {
      double map_x = out + 0.5;
      double map_y = out_y + 0.5;

      why_affine_apply (&resampler->out_to_map, &map_x, &map_y);
      if (!is_on_map (resampler, map_x, map_y))
        continue;
      row[out] = sample_at (resampler, map_x, map_y);
      *begin = MIN (*begin, out);
      *end = out + 1; /* a row cuts a parallelogram in one piece */
    }
  if (*end <= *begin)
    *begin = *end = 0;
}

void
why_resampler_row (const WhyResampler *resampler, int out_y, float *scratch, float *row, int *begin,
                   int *end)
{
  const WhyAxis *across = &resampler->across;
  const WhyAxis *down = &resampler->down;

  if (!resampler->separable)
    {
      row_turned (resampler, out_y, row, begin, end);
      return;
    }
  if (out_y < down->begin || out_y >= down->end || across->begin >= across->end)
    {
      *begin = *end = 0;
      return;
    }
  *begin = across->begin;
  *end = across->end;
  if (resampler->has_bad)
    {
      row_minding_bad (resampler, out_y, row);
      return;
    }

  /* First along the columns, for all the columns of the map, then along the row. */
  const float *h_weights = down->weights + (gsize) out_y * (gsize) down->n_taps;
  for (int h = 0; h < down->n_taps; h++)
    {
      const float *line = resampler->values +
                          (gsize) (down->start[out_y] + h) * (gsize) resampler->width;
      float weight = h_weights[h];

      if (h == 0)
        for (int w = resampler->column_begin; w < resampler->column_end; w++)
          scratch[w] = weight * line[w];
      else if (weight != 0)
        for (int w = resampler->column_begin; w < resampler->column_end; w++)
          scratch[w] += weight * line[w];
    }

  const int *restrict start = across->start;
  const float *restrict weights = across->weights;
  float *restrict result = row;
  if (across->n_taps == 1)
    for (int out = *begin; out < *end; out++)
      result[out] = weights[out] * scratch[start[out]];
  else if (across->n_taps == 2)
    for (int out = *begin; out < *end; out++)
      result[out] = weights[2 * out] * scratch[start[out]] +
                    weights[2 * out + 1] * scratch[start[out] + 1];
  else
    for (int out = *begin; out < *end; out++)
      {
        const float *taps = weights + (gsize) out * (gsize) across->n_taps;
        float sum = 0;

        for (int tap = 0; tap < across->n_taps; tap++)
          sum += taps[tap] * scratch[start[out] + tap];
        result[out] = sum;
      }
}

typedef struct
{
  const WhyResampler *resampler;
  float *out;
  float outside;
} RowsTask;

static void
resample_rows (gsize begin, gsize end, gpointer data)
{
  const RowsTask *task = data;
  int out_width = task->resampler->out_width;
  g_autofree float *scratch = g_new (float, why_resampler_scratch (task->resampler));

  for (gsize h = begin; h < end; h++)
    {
      float *row = task->out + h * (gsize) out_width;
      int from, to;

      why_resampler_row (task->resampler, (int) h, scratch, row, &from, &to);
      for (int w = 0; w < from; w++)
        row[w] = task->outside;
      for (int w = to; w < out_width; w++)
        row[w] = task->outside;
    }
}

void
why_resample_affine (const float *values, int width, int height, WhyResample kind,
                     const WhyAffine *out_to_map, float outside, float *out, int out_width,
                     int out_height)
{
  WhyResampler resampler;

  g_return_if_fail (values != NULL && width > 0 && height > 0);
  g_return_if_fail (out != NULL && out_width > 0 && out_height > 0);

  why_resampler_init (&resampler, values, width, height, kind, out_to_map, out_width, out_height,
                      FALSE, FALSE);
  RowsTask task = { &resampler, out, outside };
  why_parallel_for ((gsize) out_height, MAX (1, 65536 / (gsize) out_width), resample_rows, &task);
  why_resampler_clear (&resampler);
}

void
why_resample_resize (const float *values, int width, int height, WhyResample kind, float *out,
                     int out_width, int out_height)
{
  WhyAffine out_to_map = why_affine_scale_translate ((double) width / out_width,
                                                     (double) height / out_height, 0, 0);

  g_return_if_fail (width > 0 && height > 0 && out_width > 0 && out_height > 0);

  if (kind == WHY_RESAMPLE_CORNER_ALIGNED)
    {
      double step_x = out_width > 1 ? (width - 1) / (out_width - 1.0) : 0;
      double step_y = out_height > 1 ? (height - 1) / (out_height - 1.0) : 0;

      out_to_map = why_affine_scale_translate (step_x, step_y, 0.5 - step_x / 2, 0.5 - step_y / 2);
    }
  why_resample_affine (values, width, height, kind, &out_to_map, NAN, out, out_width, out_height);
}

float
why_resample_at (const float *values, int width, int height, WhyResample kind, double map_x,
                 double map_y)
{
  g_return_val_if_fail (values != NULL && width > 0 && height > 0, NAN);

  WhyResampler resampler = {
    .values = values,
    .width = width,
    .height = height,
    .kind = kind,
    .has_bad = TRUE,
    .skip_bad = TRUE,
  };
  return is_on_map (&resampler, map_x, map_y) ? sample_at (&resampler, map_x, map_y) : NAN;
}

void
why_resample_corner_affine (int width, int height, int in_width, int in_height,
                            WhyAffine *map_to_input)
{
  double step_x = width > 1 ? (in_width - 1) / (width - 1.0) : in_width;
  double step_y = height > 1 ? (in_height - 1) / (height - 1.0) : in_height;

  /* A single cell has no corner to align: it fills the input. */
  *map_to_input = why_affine_scale_translate (step_x, step_y, width > 1 ? 0.5 - step_x / 2 : 0,
                                              height > 1 ? 0.5 - step_y / 2 : 0);
}
