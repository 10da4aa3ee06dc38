#include "config.h"

#include "hottest.h"

#include "base/error.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define N_BINS 65536

static void
find_range (const float *values, gsize n_values, float *lowest, float *highest)
{
  *lowest = INFINITY;
  *highest = -INFINITY;
  for (gsize value = 0; value < n_values; value++)
    {
      if (!isfinite (values[value]))
        continue;
      *lowest = MIN (*lowest, values[value]);
      *highest = MAX (*highest, values[value]);
    }
}

static gsize
bin_of (float value, float lowest, float highest)
{
  const double bin = ((double) value - (double) lowest) / ((double) highest - (double) lowest) * N_BINS;

  return (gsize) CLAMP (bin, 0.0, N_BINS - 1.0);
}

static int
compare_down (gconstpointer a, gconstpointer b)
{
  const float one = *(const float *) a;
  const float other = *(const float *) b;

  return (one < other) - (one > other);
}

/* The @n_wanted-th value from above: bins first, then only the values of one bin are sorted. */
static float
nth_from_above (const float *values, gsize n_values, gsize n_wanted, float lowest, float highest)
{
  g_autofree guint32 *counts = g_new0 (guint32, N_BINS);
  gsize n_above = 0;
  gsize bin = N_BINS - 1;

  for (gsize value = 0; value < n_values; value++)
    {
      if (isfinite (values[value]))
        counts[bin_of (values[value], lowest, highest)]++;
    }
  while (bin > 0 && n_above + counts[bin] < n_wanted)
    n_above += counts[bin--];
  g_autofree float *members = g_new (float, MAX (counts[bin], 1));
  gsize n_members = 0;
  for (gsize value = 0; value < n_values; value++)
    {
      if (isfinite (values[value]) && bin_of (values[value], lowest, highest) == bin)
        members[n_members++] = values[value];
    }
  if (n_members == 0)
    return lowest;
  qsort (members, n_members, sizeof *members, compare_down);
  return members[CLAMP (n_wanted - n_above, 1, n_members) - 1];
}

/* The mask without the empty rows and columns around it. */
static WhyArea *
crop (const guint8 *marked, gint64 width, gint64 height, double cell, gboolean inverse, GError **error)
{
  gint64 left = width, right = 0, top = height, bottom = 0;

  for (gint64 h = 0; h < height; h++)
    for (gint64 w = 0; w < width; w++)
      {
        if (marked[h * width + w] == 0)
          continue;
        left = MIN (left, w);
        right = MAX (right, w + 1);
        top = MIN (top, h);
        bottom = MAX (bottom, h + 1);
      }
  const gint64 dims[2] = { bottom - top, right - left };
  g_autoptr (WhyTensor) values = why_tensor_new (WHY_DTYPE_UINT8, 2, dims, error);
  if (values == NULL)
    return NULL;
  for (gint64 h = top; h < bottom; h++)
    memcpy ((guint8 *) values->data + (h - top) * dims[1], marked + h * width + left, (gsize) dims[1]);
  const WhyRect box = { (double) left * cell, (double) top * cell, (double) dims[1] * cell, (double) dims[0] * cell };
  return why_area_new_mask (values, &box, inverse, error);
}

WhyArea *
why_hottest_area (const WhyOverlayMap *map, WhyResample kind, double share, gboolean inverse, GError **error)
{
  g_return_val_if_fail (map->source_width >= 1.0 && map->source_height >= 1.0, NULL);
  g_return_val_if_fail (share > 0.0 && share <= 1.0, NULL);

  gint64 cell = 1;
  while (ceil (map->source_width / (double) cell) * ceil (map->source_height / (double) cell) > (double) WHY_AREA_MAX_CELLS)
    cell++;
  const gint64 width = (gint64) ceil (map->source_width / (double) cell);
  const gint64 height = (gint64) ceil (map->source_height / (double) cell);
  const gsize n_values = (gsize) (width * height);
  g_autofree float *values = g_try_new (float, n_values);
  WhyAffine to_map;
  float lowest, highest;

  if (values == NULL || !why_affine_invert (&map->to_source, &to_map))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, _ ("There is not enough memory to find the hottest part"));
      return NULL;
    }
  const WhyAffine to_source = why_affine_scale_translate ((double) cell, (double) cell, 0.0, 0.0);
  const WhyAffine out_to_map = why_affine_compose (&to_source, &to_map);
  why_resample_affine (map->values, map->width, map->height, kind, &out_to_map, NAN, values, (int) width, (int) height);
  find_range (values, n_values, &lowest, &highest);
  if (!(highest > lowest))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                           _ ("The map has the same value everywhere, so no part of it is hottest"));
      return NULL;
    }
  const gsize n_wanted = CLAMP ((gsize) llround (share * (double) n_values), 1, n_values);
  const float least = nth_from_above (values, n_values, n_wanted, lowest, highest);
  g_autofree guint8 *marked = g_try_malloc (n_values);
  if (marked == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, _ ("There is not enough memory to find the hottest part"));
      return NULL;
    }
  for (gsize value = 0; value < n_values; value++)
    marked[value] = isfinite (values[value]) && values[value] >= least && values[value] > lowest ? 255 : 0;
  return crop (marked, width, height, (double) cell, inverse, error);
}
