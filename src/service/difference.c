#include "config.h"

#include "service/compare.h"

#include "base/error.h"
#include "draw/resample.h"
#include "measure/similarity.h"

#include <math.h>

/* How two maps differ: on one grid, each in units of its own greatest magnitude. */

static double
greatest (const float *values, gsize n)
{
  double most = 0;

  for (gsize cell = 0; cell < n; cell++)
    {
      if (isfinite (values[cell]))
        most = MAX (most, fabs ((double) values[cell]));
    }
  return most;
}

/* @map on the grid of the map whose cells are taken to the picture by @grid_to_source. */
static gboolean
lay_on (const WhyMap *map, const WhyAffine *to_source, const WhyAffine *grid_to_source, float *out, int width, int height)
{
  WhyAffine from_source;

  if (!why_affine_invert (to_source, &from_source))
    return FALSE;
  const WhyAffine to_map = why_affine_compose (grid_to_source, &from_source);
  why_resample_affine (map->values->data, (int) map->values->dims[1], (int) map->values->dims[0], WHY_RESAMPLE_BILINEAR,
                       &to_map, NAN, out, width, height);
  return TRUE;
}

static void
take_numbers (WhyDifference *difference, const float *a, const float *b, gsize n)
{
  gsize same = 0;

  for (gsize cell = 0; cell < n; cell++)
    {
      if (!isfinite (a[cell]) || !isfinite (b[cell]))
        continue;
      difference->n_cells++;
      same += (a[cell] > 0) - (a[cell] < 0) == (b[cell] > 0) - (b[cell] < 0);
    }
  difference->pearson = why_similarity_pearson (a, b, n);
  difference->spearman = why_similarity_spearman (a, b, n, FALSE);
  difference->sign_agreement = difference->n_cells > 0 ? (double) same / (double) difference->n_cells : NAN;
}

void
why_difference_free (WhyDifference *difference)
{
  why_tensor_unref (difference->values);
  g_free (difference);
}

WhyDifference *
why_difference_new (const WhyMap *a, const WhyAffine *a_to_source, const WhyMap *b, const WhyAffine *b_to_source,
                    GError **error)
{
  g_return_val_if_fail (a->values->rank == 2 && b->values->rank == 2, NULL);

  const gsize n_a = why_tensor_count (a->values);
  const gsize n_b = why_tensor_count (b->values);
  const gboolean a_is_finer = n_a >= n_b;
  const WhyTensor *grid = a_is_finer ? a->values : b->values;
  const WhyAffine *grid_to_source = a_is_finer ? a_to_source : b_to_source;
  const gsize n = why_tensor_count (grid);
  g_autoptr (WhyTensor) values = why_tensor_new (WHY_DTYPE_FLOAT32, 2, grid->dims, error);
  g_autoptr (WhyTensor) other = values != NULL ? why_tensor_new (WHY_DTYPE_FLOAT32, 2, grid->dims, error) : NULL;

  if (other == NULL)
    return NULL;
  if (!lay_on (a_is_finer ? b : a, a_is_finer ? b_to_source : a_to_source, grid_to_source, other->data, (int) grid->dims[1],
               (int) grid->dims[0]))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_FAILED, "The maps do not lie over the same picture");
      return NULL;
    }
  const float *on_a = a_is_finer ? a->values->data : other->data;
  const float *on_b = a_is_finer ? other->data : b->values->data;
  const double most_a = greatest (a->values->data, n_a);
  const double most_b = greatest (b->values->data, n_b);
  WhyDifference *difference = g_new0 (WhyDifference, 1);
  float *out = values->data;
  for (gsize cell = 0; cell < n; cell++)
    out[cell] = (float) ((most_a > 0 ? (double) on_a[cell] / most_a : (double) on_a[cell]) -
                         (most_b > 0 ? (double) on_b[cell] / most_b : (double) on_b[cell]));
  difference->values = g_steal_pointer (&values);
  difference->to_source = *grid_to_source;
  take_numbers (difference, on_a, on_b, n);
  return difference;
}
