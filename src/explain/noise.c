#include "config.h"

#include "explain/noise.h"

#include <math.h>

static guint64
splitmix64 (guint64 seed, guint64 index)
{
  guint64 z = seed + (index + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

double
why_noise_uniform (guint64 seed, guint64 index)
{
  return ((double) (splitmix64 (seed, index) >> 11) + 0.5) / 9007199254740992.0;
}

WhyTensor *
why_noise_add (const WhyTensor *tensor, double sigma, guint64 seed, guint64 sample, GError **error)
{
  WhyTensor *result = why_tensor_new (WHY_DTYPE_FLOAT32, tensor->rank, tensor->dims, error);
  const gsize count = why_tensor_count (tensor);
  const guint64 first = sample * (guint64) (count + count % 2);

  for (gsize pair = 0; result != NULL && pair < count; pair += 2)
    {
      const double u = why_noise_uniform (seed, first + pair);
      const double v = why_noise_uniform (seed, first + pair + 1);
      const double length = sigma * sqrt (-2 * log (u));
      double parts[2]; /* sine and cosine */
      sincos (2 * G_PI * v, &parts[0], &parts[1]);
      for (gsize at = pair; at < MIN (pair + 2, count); at++)
        ((float *) result->data)[at] =
          (float) ((double) ((const float *) tensor->data)[at] +
                   length * (at == pair ? parts[1] : parts[0]));
    }
  return result;
}
