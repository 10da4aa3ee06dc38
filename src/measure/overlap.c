#include "config.h"

#include "measure/overlap.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Values are sorted into levels once; every figure is then a sum over levels, so that a picture of many
 * million pixels costs two passes and no sorting. */
#define N_LEVELS 65536

typedef struct
{
  gsize inside[N_LEVELS], outside[N_LEVELS]; /* by value between the least and the largest */
  /* Of the pixels whose value is above 0, by the highest step of the curve that they reach. */
  gsize reach_inside[WHY_OVERLAP_STEPS + 1], reach_outside[WHY_OVERLAP_STEPS + 1];
  gsize at_inside, at_outside; /* above 0 and at least the one threshold */
  double low, high;            /* of the values, finite ones */
  double energy_inside, energy;
} Count;

static double
oriented (float value, gboolean against)
{
  return against ? -(double) value : (double) value;
}

/* The least and the largest value, the peak and the number of pixels seen. */
static gsize
find_range (const float *values, gsize n, gint64 width, gboolean against, Count *count, WhyOverlap *overlap)
{
  gsize n_seen = 0;

  count->low = INFINITY;
  count->high = -INFINITY;
  for (gsize at = 0; at < n; at++)
    {
      const double value = oriented (values[at], against);
      if (!isfinite (value))
        continue;
      n_seen++;
      count->low = MIN (count->low, value);
      if (value > count->high)
        {
          count->high = value;
          overlap->peak_x = (double) (at % (gsize) width) + 0.5;
          overlap->peak_y = (double) (at / (gsize) width) + 0.5;
        }
    }
  overlap->peak = n_seen > 0 ? count->high : NAN;
  overlap->has_evidence = n_seen > 0 && count->high > 0;
  return n_seen;
}

/* The highest step whose threshold @value reaches; -1: not even that of step 0. The division only guesses:
 * the comparison that decides is the one the single threshold makes. */
static int
step_reached (double value, double low, double high)
{
  const double span = high - low;
  int step;

  if (!(span > 0))
    return value >= low ? WHY_OVERLAP_STEPS : -1;
  step = (int) CLAMP ((value - low) / span * WHY_OVERLAP_STEPS, -1.0, (double) WHY_OVERLAP_STEPS);
  while (step < WHY_OVERLAP_STEPS && value >= low + span * (step + 1) / WHY_OVERLAP_STEPS)
    step++;
  while (step >= 0 && value < low + span * step / WHY_OVERLAP_STEPS)
    step--;
  return step;
}

static void
count_pixel (Count *count, double value, gboolean inside, double low, double high, double threshold)
{
  const double scale = count->high > count->low ? (N_LEVELS - 1) / (count->high - count->low) : 0.0;
  const gsize level = (gsize) ((value - count->low) * scale + 0.5);

  (inside ? count->inside : count->outside)[MIN (level, N_LEVELS - 1)]++;
  if (!(value > 0))
    return;
  count->energy += value;
  count->energy_inside += inside ? value : 0.0;
  *(inside ? &count->at_inside : &count->at_outside) += value >= threshold;
  const int step = step_reached (value, low, high);
  if (step >= 0)
    (inside ? count->reach_inside : count->reach_outside)[step]++;
}

static gboolean
near_mask (const guint8 *mask, gint64 height, gint64 width, gint64 row, gint64 column, double tolerance)
{
  const gint64 reach = (gint64) floor (CLAMP (tolerance, 0.0, 1e4));

  for (gint64 h = MAX (row - reach, 0); h <= MIN (row + reach, height - 1); h++)
    for (gint64 w = MAX (column - reach, 0); w <= MIN (column + reach, width - 1); w++)
      {
        const double dy = (double) (h - row), dx = (double) (w - column);
        if (mask[h * width + w] != 0 && dx * dx + dy * dy <= tolerance * tolerance)
          return TRUE;
      }
  return FALSE;
}

static gboolean
peak_hits (const WhyTensor *map, const guint8 *mask, const WhyOverlapOptions *options, double peak)
{
  const gint64 height = map->dims[0], width = map->dims[1];
  const float *values = map->data;

  for (gint64 row = 0; row < height; row++)
    for (gint64 column = 0; column < width; column++)
      {
        const double value = oriented (values[row * width + column], options->against);
        if (value == peak &&
            near_mask (mask, height, width, row, column, MAX (options->tolerance, 0.0)))
          return TRUE;
      }
  return FALSE;
}

static double
iou_of (gsize inside, gsize outside, gsize n_mask)
{
  const gsize n_union = n_mask + outside;
  return n_union > 0 ? (double) inside / (double) n_union : 0.0;
}

static void
draw_curve (const Count *count, WhyOverlap *overlap)
{
  gsize inside = 0, outside = 0;

  for (int step = WHY_OVERLAP_STEPS; step >= 0; step--)
    {
      inside += count->reach_inside[step];
      outside += count->reach_outside[step];
      overlap->curve[step] = iou_of (inside, outside, overlap->n_mask);
      if (overlap->curve[step] >= overlap->best_iou)
        {
          overlap->best_iou = overlap->curve[step];
          overlap->best_threshold = (double) step / WHY_OVERLAP_STEPS;
        }
    }
}

/* From the highest level down. Within a level pixels are in no order. */
static void
rank_levels (const Count *count, WhyOverlap *overlap)
{
  gsize n_inside = 0, n_outside = 0;
  double inside = 0, outside = 0, wrong = 0, precision = 0, ranked = 0;

  for (gsize level = 0; level < N_LEVELS; level++)
    {
      n_inside += count->inside[level];
      n_outside += count->outside[level];
    }
  overlap->roc_auc = overlap->average_precision = overlap->rank_accuracy = NAN;
  if (n_inside == 0 || n_outside == 0)
    return;
  for (gsize level = N_LEVELS; level-- > 0;)
    {
      const double more_inside = (double) count->inside[level];
      const double more_outside = (double) count->outside[level];
      const double room = MAX ((double) n_inside - inside - outside, 0.0);
      const double more = more_inside + more_outside;
      if (more == 0)
        continue;
      ranked += more_inside * MIN (room / more, 1.0);
      wrong += more_inside * (outside + more_outside / 2);
      inside += more_inside;
      outside += more_outside;
      precision += more_inside * inside / (inside + outside);
    }
  overlap->roc_auc = 1.0 - wrong / ((double) n_inside * (double) n_outside);
  overlap->average_precision = precision / (double) n_inside;
  overlap->rank_accuracy = ranked / (double) n_inside;
}

gboolean
why_overlap_measure (const WhyTensor *map,
                     const WhyTensor *mask,
                     const WhyOverlapOptions *options,
                     WhyOverlap *overlap,
                     WhyCancel *cancel,
                     GError **error)
{
  g_return_val_if_fail (map->rank == 2 && map->dtype == WHY_DTYPE_FLOAT32, FALSE);
  g_return_val_if_fail (mask->rank == 2 && mask->dtype == WHY_DTYPE_UINT8, FALSE);

  if (!why_tensor_same_dims (map, mask))
    {
      g_autofree char *map_dims = why_dims_to_string (2, map->dims);
      g_autofree char *mask_dims = why_dims_to_string (2, mask->dims);
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE,
                   "The outline is %s pixels, the map %s: they are of different pictures", mask_dims,
                   map_dims);
      return FALSE;
    }

  const gsize n = why_tensor_count (map);
  const float *values = map->data;
  const guint8 *inside = mask->data;
  g_autofree Count *count = g_new0 (Count, 1);
  memset (overlap, 0, sizeof *overlap);
  overlap->n_pixels = find_range (values, n, map->dims[1], options->against, count, overlap);
  const gboolean own = options->low == 0 && options->high == 0;
  const double low = own ? 0.0 : options->low;
  const double high = own ? MAX (count->high, 0.0) : options->high;
  const double threshold = low + (high - low) * options->threshold;
  for (gsize at = 0; at < n; at++)
    {
      /* Looking at the token for every pixel would take longer than counting it. */
      if (at % 1048576 == 0 && !why_cancel_check (cancel, error))
        return FALSE;
      const double value = oriented (values[at], options->against);
      overlap->n_mask += inside[at] != 0;
      if (isfinite (value))
        count_pixel (count, value, inside[at] != 0, low, high, threshold);
      else
        overlap->n_mask_unseen += inside[at] != 0;
    }

  overlap->threshold = options->threshold;
  overlap->iou = iou_of (count->at_inside, count->at_outside, overlap->n_mask);
  const gsize n_above = count->at_inside + count->at_outside;
  overlap->precision = n_above > 0 ? (double) count->at_inside / (double) n_above : NAN;
  overlap->recall =
    overlap->n_mask > 0 ? (double) count->at_inside / (double) overlap->n_mask : NAN;
  overlap->area =
    overlap->n_pixels > 0 ? (double) n_above / (double) overlap->n_pixels : 0.0;
  overlap->expected = overlap->n_pixels > 0 ? (double) (overlap->n_mask - overlap->n_mask_unseen) /
                                                (double) overlap->n_pixels
                                            : NAN;
  overlap->energy = overlap->has_evidence ? count->energy_inside / count->energy : NAN;
  overlap->hit =
    overlap->has_evidence && peak_hits (map, inside, options, count->high);
  draw_curve (count, overlap);
  rank_levels (count, overlap);
  return why_cancel_check (cancel, error);
}
