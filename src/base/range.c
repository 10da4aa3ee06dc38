#include "config.h"

#include "base/range.h"

#include <math.h>
#include <stdlib.h>

#define MAX_SAMPLE (1u << 16)

int
why_range_compare_floats (const void *a, const void *b)
{
  const float one = *(const float *) a;
  const float other = *(const float *) b;

  return (one > other) - (one < other);
}

void
why_range_robust (const float *values, gsize n, float *low, float *high)
{
  const gsize step = n / MAX_SAMPLE + 1;
  g_autofree float *sample = g_new (float, n / step + 1);
  gsize n_sampled = 0;

  *low = 0.0f;
  *high = 1.0f;
  for (gsize at = 0; at < n; at += step)
    {
      if (isfinite (values[at]))
        sample[n_sampled++] = values[at];
    }
  if (n_sampled == 0)
    return;
  qsort (sample, n_sampled, sizeof *sample, why_range_compare_floats);
  *low = sample[n_sampled / 1000];
  *high = sample[n_sampled - 1 - n_sampled / 1000];
  /* Also where one is added to a number so large that it does not change. */
  while (!(*high > *low))
    *high = *low + fmaxf (1.0f, fabsf (*low) * 1e-6f);
}

void
why_window_get_range (double centre, double width, gboolean is_exact, double *low, double *high)
{
  const double half = (is_exact || width <= 1.0 ? width : width - 1.0) / 2.0;
  const double middle = is_exact || width <= 1.0 ? centre : centre - 0.5;

  *low = middle - half;
  *high = middle + half;
}

void
why_window_from_range (double low, double high, gboolean is_exact, double *centre, double *width)
{
  *width = high - low + (is_exact ? 0.0 : 1.0);
  *centre = (high + low) / 2.0 + (is_exact ? 0.0 : 0.5);
}
