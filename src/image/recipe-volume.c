#include "config.h"

#include "base/error.h"
#include "base/range.h"
#include "base/size.h"
#include "recipe-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Volumes: the planes are placed as a picture is, and the slices along the depth by the same rules, each
 * axis for itself. Values are what the file means (Hounsfield units, a scanner's arbitrary ones), so they
 * are brought to 0..1 first as the recipe's "normalise" says. */

/* Where the slices end up: the depth is resized to full, of which n_win slices from win on land at put. */
typedef struct
{
  gint64 full, win, n_win, put, input;
} DepthPlacement;

static DepthPlacement
place_depth (const WhyRecipe *recipe, gint64 n_slices)
{
  DepthPlacement p = { .full = n_slices, .n_win = n_slices, .input = n_slices };

  if (recipe->depth == 0)
    return p;
  p.input = recipe->depth;
  if (recipe->resize == WHY_RECIPE_RESIZE_STRETCH)
    {
      p.full = recipe->depth;
      p.n_win = recipe->depth;
    }
  else
    {
      why_recipe_place_axis (p.full, p.input, &p.win, &p.n_win, &p.put);
    }
  return p;
}

void
why_recipe_get_depth (const WhyRecipe *recipe, gint64 n_slices, gint64 *input_depth, double *scale, double *offset)
{
  const DepthPlacement p = place_depth (recipe, n_slices);
  const double step = (double) n_slices / (double) p.full;

  *input_depth = p.input;
  *scale = step;
  *offset = (double) (p.win - p.put) * step;
}

/* Every plane resized: [D, h, w]. */
static WhyTensor *
resize_planes (const WhyRecipe *recipe, const WhyTensor *volume, const WhyPlacement *p, GError **error)
{
  const gint64 dims[3] = { volume->dims[0], p->win_h, p->win_w };
  const gint64 plane_dims[3] = { volume->dims[1], volume->dims[2], 1 };
  const gsize plane = (gsize) (plane_dims[0] * plane_dims[1]);
  const gsize resized_plane = (gsize) (p->win_h * p->win_w);
  g_autoptr (WhyTensor) result = why_tensor_new (WHY_DTYPE_FLOAT32, 3, dims, error);

  for (gint64 d = 0; result != NULL && d < dims[0]; d++)
    {
      g_autoptr (WhyTensor) slice = why_tensor_new_view (
        WHY_DTYPE_FLOAT32, 3, plane_dims, NULL, (float *) volume->data + (gsize) d * plane, NULL, NULL);
      g_autoptr (WhyTensor) resized = why_resize (slice, p->full_w, p->full_h, p->win_x, p->win_y, p->win_w, p->win_h,
                                                  recipe->filter, error);
      if (resized == NULL)
        return NULL;
      memcpy ((float *) result->data + (gsize) d * resized_plane, resized->data, resized_plane * sizeof (float));
    }
  return g_steal_pointer (&result);
}

/* The depth resized: slices as the rows of a picture whose columns are the pixels of a plane. */
static WhyTensor *
resize_depth (const WhyRecipe *recipe, WhyTensor *planes, const DepthPlacement *p, GError **error)
{
  gint64 plane;
  if (p->full == planes->dims[0] && p->n_win == planes->dims[0])
    return why_tensor_ref (planes);
  if (!why_dim_mul (planes->dims[1], planes->dims[2], &plane) || plane > WHY_RECIPE_MAX_SIDE)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "planes of %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " voxels are too large to be resized in depth",
                   planes->dims[2], planes->dims[1]);
      return NULL;
    }
  const gint64 picture_dims[3] = { planes->dims[0], plane, 1 };
  const gint64 dims[3] = { p->n_win, planes->dims[1], planes->dims[2] };
  g_autoptr (WhyTensor) picture = why_tensor_reshape (planes, 3, picture_dims);
  g_autoptr (WhyTensor) resized = why_resize (picture, plane, p->full, 0, p->win, plane, p->n_win, recipe->filter,
                                              error);
  return resized != NULL ? why_tensor_reshape (resized, 3, dims) : NULL;
}

/* Brings the values to what "normalise" says, in place; not-a-number becomes the lowest. */
static gboolean
normalise (const WhyRecipe *recipe, float *values, gsize count, GError **error)
{
  const WhyRecipeNormalise how = recipe->normalise;
  double low = INFINITY, high = -INFINITY, sum = 0.0, squares = 0.0;
  gsize n_finite = 0;

  for (gsize voxel = 0; voxel < count; voxel++)
    {
      if (!isfinite (values[voxel]))
        continue;
      const double value = (double) values[voxel];
      low = MIN (low, value);
      high = MAX (high, value);
      sum += value;
      n_finite++;
    }
  if (n_finite == 0)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "the volume holds no finite value");
      return FALSE;
    }
  const double mean = sum / (double) n_finite;
  double scale = 1.0, offset = 0.0;

  for (gsize voxel = 0; voxel < count; voxel++)
    {
      if (!isfinite (values[voxel]))
        values[voxel] = (float) low;
      else
        squares += ((double) values[voxel] - mean) * ((double) values[voxel] - mean);
    }
  if (how == WHY_RECIPE_NORMALISE_PERCENTILE)
    {
      g_autofree float *sorted = g_try_new (float, count);
      if (sorted == NULL)
        {
          g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "there is not enough memory to sort the voxels");
          return FALSE;
        }
      memcpy (sorted, values, count * sizeof *sorted);
      qsort (sorted, count, sizeof *sorted, why_range_compare_floats);
      low = (double) sorted[(gsize) (0.01 * (double) (count - 1))];
      high = (double) sorted[(gsize) (0.99 * (double) (count - 1))];
    }
  if (how == WHY_RECIPE_NORMALISE_Z_SCORE)
    {
      const double deviation = sqrt (squares / (double) n_finite);
      offset = mean;
      scale = deviation > 0.0 ? 1.0 / deviation : 1.0;
    }
  else if (how == WHY_RECIPE_NORMALISE_WINDOW)
    {
      offset = recipe->window_centre - recipe->window_width / 2.0;
      scale = 1.0 / recipe->window_width;
    }
  else if (how != WHY_RECIPE_NORMALISE_NONE)
    {
      offset = low;
      scale = high > low ? 1.0 / (high - low) : 1.0;
    }
  for (gsize voxel = 0; voxel < count; voxel++)
    {
      double value = ((double) values[voxel] - offset) * scale;
      if (how == WHY_RECIPE_NORMALISE_PERCENTILE || how == WHY_RECIPE_NORMALISE_WINDOW)
        value = CLAMP (value, 0.0, 1.0);
      values[voxel] = (float) value;
    }
  return TRUE;
}

WhyTensor *
why_recipe_prepare_volume (const WhyRecipe *recipe, const WhyTensor *volume, GError **error)
{
  const int n_channels = why_recipe_get_n_channels (recipe);
  const DepthPlacement depth = place_depth (recipe, volume->dims[0]);
  WhyPlacement p;

  if (!why_recipe_place (recipe, volume->dims[2], volume->dims[1], &p, error))
    return NULL;
  g_autoptr (WhyTensor) planes = resize_planes (recipe, volume, &p, error);
  g_autoptr (WhyTensor) window = planes != NULL ? resize_depth (recipe, planes, &depth, error) : NULL;
  if (window == NULL)
    return NULL;
  /* resize_depth() gives back the planes themselves where nothing changes; they are nobody else's. */
  if (!normalise (recipe, window->data, why_tensor_count (window), error))
    return NULL;

  const gint64 dims[5] = { 1, n_channels, depth.input, p.input_h, p.input_w };
  WhyTensor *input = why_tensor_new (WHY_DTYPE_FLOAT32, 5, dims, error);
  if (input == NULL)
    return NULL;
  float *target = input->data;
  for (int c = 0; c < n_channels; c++)
    for (gint64 d = 0; d < depth.input; d++)
      for (gint64 h = 0; h < p.input_h; h++)
        for (gint64 w = 0; w < p.input_w; w++)
          {
            const gint64 from_d = d - depth.put, from_h = h - p.put_y, from_w = w - p.put_x;
            const gboolean inside = from_d >= 0 && from_d < depth.n_win && from_h >= 0 && from_h < p.win_h &&
                                    from_w >= 0 && from_w < p.win_w;
            const double voxel =
              inside ? (double) ((const float *) window->data)[(from_d * p.win_h + from_h) * p.win_w + from_w]
                     : recipe->pad[0];
            double value = (voxel / recipe->scale - recipe->mean[c]) / recipe->std[c];

            if (recipe->has_clip)
              value = CLAMP (value, recipe->clip_low, recipe->clip_high);
            *target++ = (float) value;
          }
  return input;
}
