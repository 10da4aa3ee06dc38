#include "config.h"

#include "measure/similarity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 7

/* ---- correlation ---- */

static double
correlate (const double *a, const double *b, gsize n)
{
  double mean_a = 0, mean_b = 0, cov = 0, var_a = 0, var_b = 0;

  for (gsize at = 0; at < n; at++)
    {
      mean_a += a[at] / (double) n;
      mean_b += b[at] / (double) n;
    }
  for (gsize at = 0; at < n; at++)
    {
      cov += (a[at] - mean_a) * (b[at] - mean_b);
      var_a += (a[at] - mean_a) * (a[at] - mean_a);
      var_b += (b[at] - mean_b) * (b[at] - mean_b);
    }
  return var_a > 0 && var_b > 0 ? CLAMP (cov / sqrt (var_a) / sqrt (var_b), -1.0, 1.0) : NAN;
}

/* Returns: how many pairs are finite; those are copied */
static gsize
take_pairs (const float *a, const float *b, gsize n, gboolean absolute, double *out_a, double *out_b)
{
  gsize n_pairs = 0;

  for (gsize at = 0; at < n; at++)
    {
      if (!isfinite (a[at]) || !isfinite (b[at]))
        continue;
      out_a[n_pairs] = absolute ? fabs ((double) a[at]) : (double) a[at];
      out_b[n_pairs++] = absolute ? fabs ((double) b[at]) : (double) b[at];
    }
  return n_pairs;
}

/* All equal: what rounding leaves of a constant's variance is no information. */
static gboolean
is_constant (const double *values, gsize n)
{
  for (gsize at = 1; at < n; at++)
    if (values[at] != values[0])
      return FALSE;
  return TRUE;
}

double
why_similarity_pearson (const float *a, const float *b, gsize n)
{
  g_autofree double *x = g_new (double, n + 1);
  g_autofree double *y = g_new (double, n + 1);
  const gsize n_pairs = take_pairs (a, b, n, FALSE, x, y);

  return is_constant (x, n_pairs) || is_constant (y, n_pairs) ? NAN : correlate (x, y, n_pairs);
}

typedef struct
{
  double value;
  gsize at;
} Ranked;

static int
compare_ranked (const void *a, const void *b)
{
  const double x = ((const Ranked *) a)->value, y = ((const Ranked *) b)->value;
  return (x > y) - (x < y);
}

static void
rank_in_place (double *values, gsize n)
{
  g_autofree Ranked *order = g_new (Ranked, n + 1);

  for (gsize at = 0; at < n; at++)
    order[at] = (Ranked) { values[at], at };
  qsort (order, n, sizeof *order, compare_ranked);
  for (gsize first = 0; first < n;)
    {
      gsize end = first + 1;
      while (end < n && order[end].value == order[first].value)
        end++;
      for (gsize place = first; place < end; place++)
        values[order[place].at] = (double) (first + end - 1) / 2;
      first = end;
    }
}

double
why_similarity_spearman (const float *a, const float *b, gsize n, gboolean absolute)
{
  g_autofree double *x = g_new (double, n + 1);
  g_autofree double *y = g_new (double, n + 1);
  const gsize n_pairs = take_pairs (a, b, n, absolute, x, y);

  if (is_constant (x, n_pairs) || is_constant (y, n_pairs))
    return NAN;
  rank_in_place (x, n_pairs);
  rank_in_place (y, n_pairs);
  return correlate (x, y, n_pairs);
}

/* ---- structural similarity ---- */

typedef struct
{
  double a, b, aa, bb, ab;
} Sums;

static void
add_column (Sums *sums, const float *a, const float *b, gint64 width, gint64 row, gint64 column, double sign)
{
  for (gint64 h = row; h < row + WINDOW; h++)
    {
      const double x = (double) a[h * width + column], y = (double) b[h * width + column];
      sums->a += sign * x;
      sums->b += sign * y;
      sums->aa += sign * x * x;
      sums->bb += sign * y * y;
      sums->ab += sign * x * y;
    }
}

static double
ssim_of (const Sums *sums, double c1, double c2)
{
  const double n = WINDOW * WINDOW;
  const double mean_a = sums->a / n, mean_b = sums->b / n;
  const double sample = n / (n - 1);
  const double var_a = sample * (sums->aa / n - mean_a * mean_a);
  const double var_b = sample * (sums->bb / n - mean_b * mean_b);
  const double cov = sample * (sums->ab / n - mean_a * mean_b);

  return (2 * mean_a * mean_b + c1) * (2 * cov + c2) /
         ((mean_a * mean_a + mean_b * mean_b + c1) * (var_a + var_b + c2));
}

double
why_similarity_ssim (const WhyTensor *a, const WhyTensor *b, double range)
{
  g_return_val_if_fail (a->rank == 2 && why_tensor_same_dims (a, b), NAN);

  const gint64 height = a->dims[0], width = a->dims[1];
  const double c1 = 0.01 * range * 0.01 * range, c2 = 0.03 * range * 0.03 * range;
  double sum = 0;

  if (height < WINDOW || width < WINDOW || !(range > 0))
    return NAN;
  for (gint64 row = 0; row + WINDOW <= height; row++)
    {
      Sums sums = { 0 };
      for (gint64 column = 0; column < width; column++)
        {
          add_column (&sums, a->data, b->data, width, row, column, 1.0);
          if (column >= WINDOW)
            add_column (&sums, a->data, b->data, width, row, column - WINDOW, -1.0);
          if (column >= WINDOW - 1)
            sum += ssim_of (&sums, c1, c2);
        }
    }
  return sum / ((double) (height - WINDOW + 1) * (double) (width - WINDOW + 1));
}
