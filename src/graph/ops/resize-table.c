#include "config.h"

#include "graph/resize.h"

#include "resize-table.h"

#include "base/error.h"
#include "base/size.h"

#include <float.h>
#include <math.h>

/* Definitions: https://onnx.ai/onnx/operators/onnx__Resize.html and the reference implementation
 * that ONNX's own expected results come from. */

gboolean
why_resize_is_identity (const WhyResizeParams *params, int axis, gint64 in_size, gint64 out_size)
{
  return in_size == out_size && params->from[axis] == params->to[axis] &&
         (params->coordinates != WHY_RESIZE_TF_CROP_AND_RESIZE ||
          (params->roi_lo[axis] == 0 && params->roi_hi[axis] == 1));
}

/* Where output position @position lies in the input's coordinates. */
static double
original_position (const WhyResizeParams *params, int axis, gint64 in_size, gint64 out_size,
                   gint64 position)
{
  double from = params->from[axis], to = params->to[axis], x = (double) position;
  double in = (double) in_size, out = in * to / from; /* not rounded down to whole positions */
  double roi = params->roi_hi[axis] - params->roi_lo[axis];

  switch (params->coordinates)
    {
    case WHY_RESIZE_PYTORCH_HALF_PIXEL:
      if (out == 1)
        return 0;
      return (x + 0.5) * from / to - 0.5;
    case WHY_RESIZE_HALF_PIXEL: return (x + 0.5) * from / to - 0.5;
    case WHY_RESIZE_HALF_PIXEL_SYMMETRIC:
      return in / 2 * (1 - (double) out_size / out) + (x + 0.5) * from / to - 0.5;
    case WHY_RESIZE_ALIGN_CORNERS: return out == 1 ? 0 : x * (in - 1) / (out - 1);
    case WHY_RESIZE_ASYMMETRIC: return x * from / to;
    case WHY_RESIZE_TF_HALF_PIXEL_FOR_NN: return (x + 0.5) * from / to;
    case WHY_RESIZE_TF_CROP_AND_RESIZE:
      return params->roi_lo[axis] * (in - 1) +
             (out == 1 ? roi * (in - 1) / 2 : x * roi * (in - 1) / (out - 1));
    }
  g_return_val_if_reached (0);
}

static double
nearest_position (WhyResizeNearest mode, double x, double tolerance)
{
  /* A scale such as 0.6 is not exact in the file, but positions meant to be whole, or in the
   * middle, must be: whichever way they fall decides which pixel is taken. */
  double twice = rint (2 * x);
  if (fabs (2 * x - twice) <= tolerance)
    x = twice / 2;
  switch (mode)
    {
    case WHY_RESIZE_ROUND_PREFER_FLOOR: return ceil (x - 0.5);
    case WHY_RESIZE_ROUND_PREFER_CEIL: return floor (x + 0.5);
    case WHY_RESIZE_FLOOR: return floor (x);
    case WHY_RESIZE_CEIL: return ceil (x);
    }
  g_return_val_if_reached (0);
}

/* Keys, "Cubic convolution interpolation for digital image processing" (1981). */
static double
cubic_weight (double x, double a)
{
  x = fabs (x);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

/* How much the kernel is widened: by 1 / this. */
static double
kernel_scale (const WhyResizeParams *params, int axis)
{
  return params->antialias ? MIN (params->to[axis] / params->from[axis], 1) : 1;
}

static gint64
first_tap (const WhyResizeParams *params, int axis)
{
  double support = params->mode == WHY_RESIZE_CUBIC ? 2 : 1;
  return (gint64) floor (-support / kernel_scale (params, axis)) + 1;
}

gint64
why_resize_n_taps (const WhyResizeParams *params, int axis)
{
  return params->mode == WHY_RESIZE_NEAREST ? 1 : 2 - 2 * first_tap (params, axis);
}

gboolean
why_resize_taps (const WhyResizeParams *params, int axis, gint64 in_size, gint64 out_size,
                 gint64 position, gint64 *sources, double *weights)
{
  double x = original_position (params, axis, in_size, out_size, position),
         last = (double) (in_size - 1);
  gint64 n_taps = why_resize_n_taps (params, axis);

  if (params->coordinates == WHY_RESIZE_TF_CROP_AND_RESIZE && !(x >= 0 && x <= last))
    {
      for (gint64 tap = 0; tap < n_taps; tap++)
        {
          sources[tap] = 0;
          weights[tap] = 0;
        }
      return FALSE;
    }
  if (params->mode == WHY_RESIZE_NEAREST)
    {
      /* Given scales carry the rounding of float32, given sizes only that of this computation. */
      double tolerance = 1e-12 +
                         fabs (x) * (params->from[axis] == 1 ? 2 * FLT_EPSILON : 4 * DBL_EPSILON);
      sources[0] = (gint64) CLAMP (nearest_position (params->nearest, x, tolerance), 0, last);
      weights[0] = 1;
      return TRUE;
    }

  /* Far outside every tap is the border anyway; this keeps the numbers small. */
  gint64 first = first_tap (params, axis);
  x = CLAMP (x, (double) first - 2, last + 2 - (double) first);
  double base = ceil (x) - 1, scale = kernel_scale (params, axis), sum = 0, inside = 0;
  for (gint64 tap = 0; tap < n_taps; tap++)
    {
      double place = base + (double) (first + tap), distance = (place - x) * scale;
      weights[tap] = params->mode == WHY_RESIZE_CUBIC ? cubic_weight (distance, params->cubic_a)
                                                      : MAX (0, 1 - fabs (distance));
      sum += weights[tap];
      inside += place >= 0 && place <= last ? weights[tap] : 0;
      sources[tap] = (gint64) CLAMP (place, 0, last);
    }
  gboolean exclude = params->exclude_outside && inside != 0;
  double total = exclude ? inside : params->antialias ? sum : 1;
  for (gint64 tap = 0; tap < n_taps; tap++)
    {
      double place = base + (double) (first + tap);
      weights[tap] = exclude && !(place >= 0 && place <= last) ? 0 : weights[tap] / total;
    }
  return TRUE;
}

gboolean
why_resize_table_init (WhyResizeTable *table, const WhyResizeParams *params, int axis,
                       gint64 in_size, gint64 out_size, GError **error)
{
  gsize count;

  *table = (WhyResizeTable) { .size = out_size, .n_taps = why_resize_n_taps (params, axis) };
  g_return_val_if_fail (in_size > 0, FALSE);
  if (!why_size_mul ((gsize) out_size, (gsize) table->n_taps, &count) ||
      count > G_MAXSSIZE / sizeof (double) - 1 ||
      (table->sources = g_try_new (gint64, count + 1)) == NULL ||
      (table->weights = g_try_new (double, count + 1)) == NULL)
    {
      why_resize_table_clear (table);
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "There is no memory to resize %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                   " positions",
                   in_size, out_size);
      return FALSE;
    }
  for (gint64 position = 0; position < out_size; position++)
    {
      gint64 at = position * table->n_taps;
      if (why_resize_taps (params, axis, in_size, out_size, position, table->sources + at,
                           table->weights + at))
        continue;
      if (table->outside == NULL)
        table->outside = g_malloc0 ((gsize) out_size);
      table->outside[position] = TRUE;
    }
  return TRUE;
}

void
why_resize_table_clear (WhyResizeTable *table)
{
  g_clear_pointer (&table->sources, g_free);
  g_clear_pointer (&table->weights, g_free);
  g_clear_pointer (&table->outside, g_free);
}
