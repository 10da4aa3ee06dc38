#include "config.h"

#include "measure/overlap.h"

#include "base/error.h"
#include "base/parallel.h"

#include <math.h>

/* The two cells that a pixel's value is made of, along one axis; none: outside the map. */
typedef struct
{
  gint64 first, second;
  double share; /* of the second */
  gboolean seen;
} Tap;

static Tap *
make_taps (gint64 n_pixels, gint64 n_cells, double scale, double offset, gboolean smooth)
{
  Tap *taps = g_new0 (Tap, (gsize) MAX (n_pixels, 1));

  for (gint64 pixel = 0; pixel < n_pixels; pixel++)
    {
      const double at = ((double) pixel + 0.5 - offset) / scale;
      Tap *tap = &taps[pixel];
      tap->seen = at >= 0.0 && at <= (double) n_cells;
      if (!tap->seen)
        continue;
      const double centre = CLAMP (at - 0.5, 0.0, (double) (n_cells - 1));
      tap->first = smooth ? (gint64) centre : MIN ((gint64) at, n_cells - 1);
      tap->second = MIN (tap->first + 1, n_cells - 1);
      tap->share = smooth ? centre - (double) tap->first : 0.0;
    }
  return taps;
}

typedef struct
{
  const float *cells;
  gint64 n_columns;
  gint64 width;
  const Tap *rows, *columns;
  float *pixels;
} Spread;

/* A cell without weight has no say, even where it is not finite. */
static double
mix (double first, double second, double share)
{
  return share > 0.0 ? first + share * (second - first) : first;
}

static void
spread_rows (gsize begin, gsize end, gpointer data)
{
  const Spread *spread = data;

  for (gsize row = begin; row < end; row++)
    {
      const Tap *vertical = &spread->rows[row];
      float *line = spread->pixels + row * (gsize) spread->width;
      const float *above = spread->cells + vertical->first * spread->n_columns;
      const float *below = spread->cells + vertical->second * spread->n_columns;
      for (gint64 column = 0; column < spread->width; column++)
        {
          const Tap *tap = &spread->columns[column];
          line[column] = NAN;
          if (!vertical->seen || !tap->seen)
            continue;
          const double top = mix ((double) above[tap->first], (double) above[tap->second], tap->share);
          const double bottom =
            mix ((double) below[tap->first], (double) below[tap->second], tap->share);
          line[column] = (float) mix (top, bottom, vertical->share);
        }
    }
}

WhyTensor *
why_overlap_spread (const WhyMap *map,
                    const WhyAffine *to_source,
                    gboolean smooth,
                    gint64 width,
                    gint64 height,
                    WhyCancel *cancel,
                    GError **error)
{
  const gint64 dims[] = { height, width };

  g_return_val_if_fail (map != NULL && map->values->rank == 2, NULL);
  g_return_val_if_fail (to_source->xy == 0.0 && to_source->yx == 0.0, NULL);
  g_return_val_if_fail (to_source->xx > 0.0 && to_source->yy > 0.0, NULL);

  if (!why_cancel_check (cancel, error))
    return NULL;
  g_autoptr (WhyTensor) pixels = why_tensor_new (WHY_DTYPE_FLOAT32, 2, dims, error);
  if (pixels == NULL)
    return NULL;
  g_autofree Tap *rows =
    make_taps (height, map->values->dims[0], to_source->yy, to_source->y0, smooth);
  g_autofree Tap *columns =
    make_taps (width, map->values->dims[1], to_source->xx, to_source->x0, smooth);
  Spread spread = { map->values->data, map->values->dims[1], width, rows, columns, pixels->data };
  why_parallel_for ((gsize) height, 64, spread_rows, &spread);
  return why_cancel_check (cancel, error) ? g_steal_pointer (&pixels) : NULL;
}
