#include "config.h"

#include "measure/truth.h"

#include "base/error.h"
#include "measure/overlap.h"

#include <math.h>
#include <string.h>

/* ---- from cells to positions ---- */

/* One slice of a map of rank 3, as a map of its own. */
static WhyTensor *
spread_slice (const WhyMap *map, gint64 slice, const WhyAffine *to_source, const gint64 *dims, WhyCancel *cancel,
              GError **error)
{
  const gint64 *cells = map->values->dims;
  const gsize n_cells = (gsize) (cells[1] * cells[2]);
  WhyTensor *values = why_tensor_new (WHY_DTYPE_FLOAT32, 2, cells + 1, error);

  if (values == NULL)
    return NULL;
  memcpy (values->data, (const float *) map->values->data + (gsize) slice * n_cells, n_cells * sizeof (float));
  g_autoptr (WhyMap) plane = why_map_new (values, &map->to_input, map->method, map->layer, map->polarity, map->profile);
  return why_overlap_spread (plane, to_source, TRUE, dims[2], dims[1], cancel, error);
}

static void
mix_slices (const WhyTensor *below, const WhyTensor *above, double share, float *out)
{
  const float *first = below->data, *second = above->data;
  const gsize n = why_tensor_count (below);

  for (gsize at = 0; at < n; at++)
    out[at] = share > 0 ? (float) ((double) first[at] + share * ((double) second[at] - (double) first[at])) : first[at];
}

static WhyTensor *
spread_volume (const WhyMap *map, const WhyAffine *to_source, double depth_scale, double depth_offset,
               const gint64 *dims, WhyCancel *cancel, GError **error)
{
  const gint64 n_slices = map->values->dims[0];
  const gsize plane = (gsize) (dims[1] * dims[2]);
  g_autoptr (WhyTensor) result = why_tensor_new (WHY_DTYPE_FLOAT32, 3, dims, error);
  g_autoptr (GPtrArray) slices = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);

  for (gint64 slice = 0; result != NULL && slice < n_slices; slice++)
    {
      WhyTensor *spread = spread_slice (map, slice, to_source, dims, cancel, error);
      if (spread == NULL)
        return NULL;
      g_ptr_array_add (slices, spread);
    }
  for (gint64 depth = 0; result != NULL && depth < dims[0]; depth++)
    {
      float *out = (float *) result->data + (gsize) depth * plane;
      const double at = ((double) depth + 0.5 - depth_offset) / depth_scale;
      if (!(at >= 0 && at <= (double) n_slices))
        {
          for (gsize pixel = 0; pixel < plane; pixel++)
            out[pixel] = NAN;
          continue;
        }
      const double centre = CLAMP (at - 0.5, 0.0, (double) (n_slices - 1));
      const gint64 first = (gint64) centre;
      mix_slices (slices->pdata[first], slices->pdata[MIN (first + 1, n_slices - 1)], centre - (double) first, out);
    }
  return g_steal_pointer (&result);
}

WhyTensor *
why_truth_spread (const WhyMap *map, const WhyAffine *to_source, double depth_scale, double depth_offset, int rank,
                  const gint64 *dims, WhyCancel *cancel, GError **error)
{
  if (map->values->rank != rank || (rank != 2 && rank != 3))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE, "The map has %d dimensions, the truth %d", map->values->rank,
                   rank);
      return NULL;
    }
  if (rank == 2)
    return why_overlap_spread (map, to_source, TRUE, dims[1], dims[0], cancel, error);
  g_return_val_if_fail (depth_scale > 0, NULL);
  return spread_volume (map, to_source, depth_scale, depth_offset, dims, cancel, error);
}

/* ---- scores ---- */

typedef struct
{
  gint64 dims[3]; /* a picture is one slice */
  gint64 reach[3];
  const float *values;
  const guint8 *mask;
  guint8 *near; /* where the mask is within the reach */
} Field;

/* One line of @n positions, @step apart: what is no further than @reach from a position that is set. */
static void
widen_line (guint8 *line, gint64 n, gsize step, gint64 reach, gint64 *scratch)
{
  gint64 last = -1;

  for (gint64 at = n - 1; at >= 0; at--)
    {
      last = line[(gsize) at * step] != 0 ? at : last;
      scratch[at] = last; /* the next one that is set, itself included; -1: none */
    }
  last = -1;
  for (gint64 at = 0; at < n; at++)
    {
      const gint64 next = scratch[at];
      last = next == at ? at : last;
      line[(gsize) at * step] = (next >= 0 && next - at <= reach) || (last >= 0 && at - last <= reach);
    }
}

/* A box is the product of its sides, so that one axis after the other will do. */
static void
widen (Field *field)
{
  const gsize n = (gsize) (field->dims[0] * field->dims[1] * field->dims[2]);
  gsize step = 1;

  field->near = g_malloc (MAX (n, 1));
  memcpy (field->near, field->mask, n);
  for (int axis = 2; axis >= 0; axis--)
    {
      const gsize length = (gsize) field->dims[axis];
      g_autofree gint64 *scratch = g_new (gint64, MAX (length, 1));
      for (gsize line = 0; length > 0 && line < n / length; line++)
        widen_line (field->near + line / step * step * length + line % step, (gint64) length, step, field->reach[axis],
                    scratch);
      step *= length;
    }
}

/* Which share of the positions with the value @peak lies near; with NaN, of all where the network sees. */
static double
share_near (const Field *field, double peak)
{
  const gsize n = (gsize) (field->dims[0] * field->dims[1] * field->dims[2]);
  gsize n_all = 0, n_near = 0;

  for (gsize at = 0; at < n; at++)
    {
      const double value = (double) field->values[at];
      if (isnan (peak) ? !isfinite (value) : value != peak)
        continue;
      n_all++;
      n_near += field->near[at] != 0;
    }
  return n_all > 0 ? (double) n_near / (double) n_all : 0.0;
}

static void
take_means (const Field *field, gsize n, WhyTruthScore *score)
{
  double sums[2] = { 0, 0 };
  gsize counts[2] = { 0, 0 };

  for (gsize at = 0; at < n; at++)
    {
      const int inside = field->mask[at] != 0;
      if (!isfinite (field->values[at]))
        continue;
      sums[inside] += (double) field->values[at];
      counts[inside]++;
    }
  score->mean_inside = counts[1] > 0 ? sums[1] / (double) counts[1] : NAN;
  score->mean_outside = counts[0] > 0 ? sums[0] / (double) counts[0] : NAN;
}

gboolean
why_truth_score (WhyTensor *map, WhyTensor *mask, const double *reach, WhyTruthScore *score, WhyCancel *cancel,
                 GError **error)
{
  const int rank = map->rank;
  const WhyOverlapOptions options = { 0 };
  WhyOverlap overlap;

  g_return_val_if_fail (map->dtype == WHY_DTYPE_FLOAT32 && mask->dtype == WHY_DTYPE_UINT8, FALSE);
  g_return_val_if_fail (rank == 2 || rank == 3, FALSE);
  memset (score, 0, sizeof *score);
  if (!why_tensor_same_dims (map, mask))
    {
      g_autofree char *found = why_dims_to_string (map->rank, map->dims);
      g_autofree char *wanted = why_dims_to_string (mask->rank, mask->dims);
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE, "The map is %s, the truth %s: they are of different pictures",
                   found, wanted);
      return FALSE;
    }
  /* Sums and thresholds know nothing of neighbours: slices may lie below each other. */
  const gint64 columns = map->dims[rank - 1];
  const gint64 flat[] = { columns > 0 ? (gint64) why_tensor_count (map) / columns : 0, columns };
  g_autoptr (WhyTensor) flat_map = why_tensor_reshape (map, 2, flat);
  g_autoptr (WhyTensor) flat_mask = why_tensor_reshape (mask, 2, flat);
  if (!why_overlap_measure (flat_map, flat_mask, &options, &overlap, cancel, error))
    return FALSE;

  Field field = { .dims = { 1, 1, 1 }, .values = map->data, .mask = mask->data };
  for (int axis = 0; axis < rank; axis++)
    {
      field.dims[3 - rank + axis] = map->dims[axis];
      field.reach[3 - rank + axis] = (gint64) floor (CLAMP (reach[axis], 0.0, (double) map->dims[axis]));
    }
  widen (&field);
  score->n_inside = overlap.n_mask;
  score->expected = overlap.expected;
  score->expected_pointing = share_near (&field, NAN);
  score->has_evidence = overlap.has_evidence;
  if (overlap.has_evidence)
    {
      score->pointing = share_near (&field, overlap.peak);
      score->energy = overlap.energy;
      score->best_iou = overlap.best_iou;
    }
  take_means (&field, why_tensor_count (map), score);
  g_free (field.near);
  return TRUE;
}

gboolean
why_truth_sign_is_right (const WhyTruthScore *against)
{
  return against->mean_inside < 0 && !(against->mean_inside >= against->mean_outside);
}

void
why_truth_interval (double share, guint n, double *low, double *high)
{
  const double z = 1.959964; /* 97.5 % of the normal distribution lie below */
  const double z2 = z * z / (double) MAX (n, 1);
  const double p = CLAMP (share, 0.0, 1.0);

  *low = 0;
  *high = 1;
  if (n == 0)
    return;
  const double centre = (p + z2 / 2) / (1 + z2);
  const double half = sqrt (p * (1 - p) * z2 + z2 * z2 / 4) / (1 + z2);
  *low = MAX (centre - half, 0.0);
  *high = MIN (centre + half, 1.0);
}
