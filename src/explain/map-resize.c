#include "config.h"

#include "explain/map-resize.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Which cells make one output cell, along one axis. */
typedef struct
{
  gsize index[4];
  double weight[4];
  int n;
} Taps;

/* The poles' series of the cubic B-spline's prefilter: Unser, Aldroubi and Eden 1993. */
#define CUBIC_POLE (-0.26794919243112270647) /* sqrt (3) - 2 */

static gsize
mirror (gint64 at, gint64 n)
{
  if (n == 1)
    return 0;
  const gint64 period = 2 * (n - 1);
  at = ((at % period) + period) % period;
  return (gsize) (at < n ? at : period - at);
}

static void
cubic_taps (Taps *taps, double where, gint64 n)
{
  const double start = floor (where);
  const double t = where - start;
  const double weights[] = {
    (1 - t) * (1 - t) * (1 - t) / 6,
    (4 - 6 * t * t + 3 * t * t * t) / 6,
    (1 + 3 * t + 3 * t * t - 3 * t * t * t) / 6,
    t * t * t / 6,
  };

  taps->n = 4;
  for (int tap = 0; tap < 4; tap++)
    {
      taps->index[tap] = mirror ((gint64) start + tap - 1, n);
      taps->weight[tap] = weights[tap];
    }
}

static void
make_taps (Taps *taps, gint64 out, gint64 n, gint64 n_out, WhyResizeKind kind)
{
  const gboolean corners = kind == WHY_RESIZE_LINEAR_CORNERS || kind == WHY_RESIZE_CUBIC_CORNERS;
  double where = ((double) out + 0.5) * (double) n / (double) n_out - 0.5;

  memset (taps, 0, sizeof *taps);
  taps->n = 1;
  taps->weight[0] = 1;
  if (kind == WHY_RESIZE_NEAREST)
    {
      taps->index[0] = MIN ((gsize) (out * n / n_out), (gsize) n - 1);
      return;
    }
  if (corners)
    where = n_out > 1 ? (double) out * (double) (n - 1) / (double) (n_out - 1) : 0;
  if (kind == WHY_RESIZE_CUBIC_CORNERS)
    {
      cubic_taps (taps, where, n);
      return;
    }
  where = CLAMP (where, 0, (double) (n - 1));
  taps->index[0] = (gsize) floor (where);
  if ((gint64) taps->index[0] == n - 1)
    return;
  taps->n = 2;
  taps->index[1] = taps->index[0] + 1;
  taps->weight[1] = where - floor (where);
  taps->weight[0] = 1 - taps->weight[1];
}

/* Turns one line of values into the coefficients of the spline through them. */
static void
spline_coefficients (double *line, gsize n, gsize step)
{
  const double pole = CUBIC_POLE;
  double power = pole, sum;

  if (n < 2)
    return;
  for (gsize at = 0; at < n; at++)
    line[at * step] *= (1 - pole) * (1 - 1 / pole);
  /* Mirrored at the ends, the sum over the endless past is one over a period. */
  sum = line[0] + pow (pole, (double) (n - 1)) * line[(n - 1) * step];
  for (gsize at = 1; at + 1 < n; at++)
    {
      sum += (power + pow (pole, (double) (2 * (n - 1) - at))) * line[at * step];
      power *= pole;
    }
  line[0] = sum / (1 - pow (pole, (double) (2 * (n - 1))));
  for (gsize at = 1; at < n; at++)
    line[at * step] += pole * line[(at - 1) * step];
  line[(n - 1) * step] =
    (pole * line[(n - 2) * step] + line[(n - 1) * step]) * pole / (pole * pole - 1);
  for (gsize at = n - 1; at-- > 0;)
    line[at * step] = pole * (line[(at + 1) * step] - line[at * step]);
}

/* One axis: @values are outer x n x inner; Returns: (transfer full): outer x n_out x inner */
static double *
resize_axis (double *values, gsize outer, gint64 n, gsize inner, gint64 n_out, WhyResizeKind kind)
{
  double *result = g_new (double, MAX (outer * (gsize) n_out * inner, 1));
  g_autofree Taps *taps = g_new (Taps, MAX ((gsize) n_out, 1));

  if (kind == WHY_RESIZE_CUBIC_CORNERS)
    for (gsize line = 0; line < outer * inner; line++)
      spline_coefficients (values + line / inner * (gsize) n * inner + line % inner, (gsize) n,
                           inner);
  for (gint64 out = 0; out < n_out; out++)
    make_taps (&taps[out], out, n, n_out, kind);
  for (gsize at = 0; at < outer * (gsize) n_out; at++)
    {
      const Taps *mix = &taps[at % (gsize) n_out];
      const double *from = values + at / (gsize) n_out * (gsize) n * inner;
      for (gsize column = 0; column < inner; column++)
        {
          double sum = 0;
          for (int tap = 0; tap < mix->n; tap++)
            sum += mix->weight[tap] * from[mix->index[tap] * inner + column];
          result[at * inner + column] = sum;
        }
    }
  return result;
}

WhyTensor *
why_map_resize (const WhyTensor *map, const gint64 *dims, WhyResizeKind kind, GError **error)
{
  WhyTensor *result = why_tensor_new (WHY_DTYPE_FLOAT32, map->rank, dims, error);
  gsize count = why_tensor_count (map), outer = 1;

  if (result == NULL)
    return NULL;
  g_autofree double *values = g_new (double, MAX (count, 1));
  for (gsize at = 0; at < count; at++)
    values[at] = (double) ((const float *) map->data)[at];
  for (int axis = 0; axis < map->rank; axis++)
    {
      gsize inner = 1;
      for (int after = axis + 1; after < map->rank; after++)
        inner *= (gsize) map->dims[after];
      double *next = resize_axis (values, outer, map->dims[axis], inner, dims[axis], kind);
      g_free (values);
      values = next;
      outer *= (gsize) dims[axis];
    }
  count = why_tensor_count (result);
  for (gsize at = 0; at < count; at++)
    ((float *) result->data)[at] = (float) values[at];
  return result;
}
