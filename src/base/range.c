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
