#include "config.h"

#include "measure/faithfulness.h"

#include "base/error.h"
#include "explain/noise.h"

#include <math.h>
#include <string.h>

#define SIDE (1.0 / 6)
#define CORNER (1.0 / 12)
#define TOLERANCE 1e-4

/* The system D x - W x = b in the removed pixels: D_i the sum of the weights of i's neighbours, W the weights among removed
 * ones, b what the others contribute. It is symmetric, and positive definite as soon as one pixel is left. */
typedef struct
{
  gint64 height, width;
  gsize n;          /* unknowns */
  gint64 *pixels;   /* of each unknown */
  gint64 *unknowns; /* of each pixel, -1: not removed */
  gint32 *links;    /* of each unknown the unknowns next to it, -1: none there; in the order below */
  double *weights;  /* of each unknown: the sum of its neighbours' */
} System;

static const struct
{
  int down, right;
  double weight;
} neighbours[] = {
  { -1, -1, CORNER }, { -1, 0, SIDE },  { -1, 1, CORNER }, { 0, -1, SIDE },
  { 0, 1, SIDE },     { 1, -1, CORNER }, { 1, 0, SIDE },    { 1, 1, CORNER },
};

/* Returns: the neighbouring pixel or -1 */
static gint64
neighbour (const System *system, gint64 pixel, gsize which)
{
  const gint64 row = pixel / system->width + neighbours[which].down;
  const gint64 column = pixel % system->width + neighbours[which].right;

  if (row < 0 || column < 0 || row >= system->height || column >= system->width)
    return -1;
  return row * system->width + column;
}

static void
link_unknowns (System *system)
{
  for (gsize unknown = 0; unknown < system->n; unknown++)
    {
      system->weights[unknown] = 0;
      for (gsize which = 0; which < G_N_ELEMENTS (neighbours); which++)
        {
          const gint64 other = neighbour (system, system->pixels[unknown], which);
          system->weights[unknown] += other >= 0 ? neighbours[which].weight : 0;
          system->links[unknown * G_N_ELEMENTS (neighbours) + which] = other >= 0 ? (gint32) system->unknowns[other] : -1;
        }
    }
}

static void
apply (const System *system, const double *x, double *result)
{
  const gint32 *link = system->links;

  for (gsize unknown = 0; unknown < system->n; unknown++)
    {
      double sum = system->weights[unknown] * x[unknown];
      for (gsize which = 0; which < G_N_ELEMENTS (neighbours); which++, link++)
        if (*link >= 0)
          sum -= neighbours[which].weight * x[*link];
      result[unknown] = sum;
    }
}

static void
make_right_side (const System *system, const float *plane, double *b)
{
  for (gsize unknown = 0; unknown < system->n; unknown++)
    {
      b[unknown] = 0;
      for (gsize which = 0; which < G_N_ELEMENTS (neighbours); which++)
        {
          const gint64 other = neighbour (system, system->pixels[unknown], which);
          if (other >= 0 && system->unknowns[other] < 0)
            b[unknown] += neighbours[which].weight * (double) plane[other];
        }
    }
}

static double
dot (const double *a, const double *b, gsize n)
{
  double sum = 0;
  for (gsize at = 0; at < n; at++)
    sum += a[at] * b[at];
  return sum;
}

/* Conjugate gradients from @x on. */
static gboolean
solve (const System *system, const double *b, double *x, WhyCancel *cancel, GError **error)
{
  const gsize n = system->n;
  g_autofree double *residual = g_new (double, n);
  g_autofree double *direction = g_new (double, n);
  g_autofree double *image = g_new (double, n);

  apply (system, x, image);
  for (gsize at = 0; at < n; at++)
    direction[at] = residual[at] = b[at] - image[at];
  double now = dot (residual, residual, n);
  const double enough = TOLERANCE * TOLERANCE * dot (b, b, n);
  /* In exact arithmetic n steps suffice; a hole is done after some multiple of its width. */
  for (gsize step = 0; step < 10 * n && now > enough; step++)
    {
      if (!why_cancel_check (cancel, error))
        return FALSE;
      apply (system, direction, image);
      const double length = now / dot (direction, image, n);
      for (gsize at = 0; at < n; at++)
        {
          x[at] += length * direction[at];
          residual[at] -= length * image[at];
        }
      const double next = dot (residual, residual, n);
      for (gsize at = 0; at < n; at++)
        direction[at] = residual[at] + next / now * direction[at];
      now = next;
    }
  return TRUE;
}

static double
mean_of (const float *plane, gsize n, const guint8 *removed)
{
  double sum = 0, count = 0;

  for (gsize at = 0; at < n; at++)
    if (removed == NULL || removed[at] == 0)
      {
        sum += (double) plane[at];
        count++;
      }
  return count > 0 ? sum / count : 0;
}

/* Standard normal numbers by Box and Muller, as why_noise_add() makes them. */
static double
normal (guint64 seed, guint64 index)
{
  const double u = why_noise_uniform (seed, 2 * index), v = why_noise_uniform (seed, 2 * index + 1);
  return sqrt (-2 * log (u)) * cos (2 * G_PI * v);
}

gboolean
why_impute_linear (const float *pixels,
                   gsize n_channels,
                   gint64 height,
                   gint64 width,
                   const guint8 *removed,
                   double sigma,
                   guint64 seed,
                   float *out,
                   WhyCancel *cancel,
                   GError **error)
{
  const gsize n_pixels = (gsize) (height * width);
  g_autofree gint64 *places = g_new (gint64, n_pixels + 1);
  g_autofree gint64 *unknowns = g_new (gint64, n_pixels + 1);
  System system = { height, width, 0, places, unknowns, NULL, NULL };

  for (gsize pixel = 0; pixel < n_pixels; pixel++)
    {
      unknowns[pixel] = removed[pixel] != 0 ? (gint64) system.n : -1;
      if (removed[pixel] != 0)
        places[system.n++] = (gint64) pixel;
    }
  g_autofree gint32 *links = g_new (gint32, system.n * G_N_ELEMENTS (neighbours) + 1);
  g_autofree double *weights = g_new (double, system.n + 1);
  system.links = links;
  system.weights = weights;
  link_unknowns (&system);
  memcpy (out, pixels, n_channels * n_pixels * sizeof *out);
  g_autofree double *b = g_new (double, system.n + 1);
  g_autofree double *x = g_new (double, system.n + 1);
  for (gsize channel = 0; channel < n_channels && system.n > 0; channel++)
    {
      const float *plane = pixels + channel * n_pixels;
      const gboolean all = system.n == n_pixels;
      const double start = mean_of (plane, n_pixels, all ? NULL : removed);
      for (gsize unknown = 0; unknown < system.n; unknown++)
        x[unknown] = start;
      make_right_side (&system, plane, b);
      if (!all && !solve (&system, b, x, cancel, error))
        return FALSE;
      for (gsize unknown = 0; unknown < system.n; unknown++)
        out[channel * n_pixels + (gsize) places[unknown]] =
          (float) (x[unknown] + sigma * normal (seed, channel * n_pixels + unknown));
    }
  return TRUE;
}
