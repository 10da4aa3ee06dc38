#include "config.h"

#include "explain/map.h"

#include "base/project.h"

#include <math.h>
#include <stdatomic.h>

WhyMap *
why_map_new (WhyTensor *values,
             const WhyAffine *to_input,
             const char *method,
             const char *layer,
             const char *polarity,
             const char *profile)
{
  WhyMap *map = g_new0 (WhyMap, 1);
  const float *at = values->data;
  gsize count = why_tensor_count (values);
  gboolean any = FALSE;

  g_return_val_if_fail (values->dtype == WHY_DTYPE_FLOAT32 && why_tensor_is_dense (values), NULL);
  atomic_init (&map->ref_count, 1);
  map->values = values;
  map->to_input = *to_input;
  map->depth_scale = 1.0;
  map->method = g_strdup (method);
  map->layer = g_strdup (layer);
  map->polarity = g_strdup (polarity);
  map->profile = g_strdup (profile);
  map->score_kind = g_strdup ("logit");
  map->target_class = -1;
  map->contrast_class = -1;
  for (gsize index = 0; index < count; index++)
    {
      double value = (double) at[index];
      if (!isfinite (value))
        {
          map->n_not_finite++;
          continue;
        }
      map->minimum = any ? MIN (map->minimum, value) : value;
      map->maximum = any ? MAX (map->maximum, value) : value;
      any = TRUE;
    }
  return map;
}

WhyMap *
why_map_ref (WhyMap *map)
{
  atomic_fetch_add_explicit (&map->ref_count, 1, memory_order_relaxed);
  return map;
}

/* x, y and depth each have a scale and an offset of their own. */
static WhyAffine
plane_to_input (const WhyMap *map, int axis)
{
  const int row_axis = axis == 0 ? 1 : 0, column_axis = axis == 2 ? 1 : 2;
  const double scales[3] = { map->depth_scale, map->to_input.yy, map->to_input.xx };
  const double offsets[3] = { map->depth_offset, map->to_input.y0, map->to_input.x0 };

  return why_affine_scale_translate (scales[column_axis], scales[row_axis], offsets[column_axis], offsets[row_axis]);
}

/* @plane: (transfer full): values on a plane across @axis, on the scale of the whole map. */
static WhyMap *
flat_map (const WhyMap *map, int axis, WhyTensor *plane)
{
  const WhyAffine to_input = plane_to_input (map, axis);
  WhyMap *result = why_map_new (plane, &to_input, map->method, map->layer, map->polarity, map->profile);

  result->options = g_strdup (map->options);
  result->target_class = map->target_class;
  result->contrast_class = map->contrast_class;
  g_free (result->score_kind);
  result->score_kind = g_strdup (map->score_kind);
  result->score = map->score;
  result->minimum = map->minimum;
  result->maximum = map->maximum;
  result->n_not_finite = map->n_not_finite;
  result->reason = g_strdup (map->reason);
  result->note = g_strdup (map->note);
  return result;
}

WhyMap *
why_map_plane (const WhyMap *map, int axis, double position, gboolean smooth)
{
  const gint64 *dims = map->values->dims;
  const gint64 strides[3] = { dims[1] * dims[2], dims[2], 1 };
  const int row_axis = axis == 0 ? 1 : 0, column_axis = axis == 2 ? 1 : 2;
  const gint64 plane_dims[2] = { dims[row_axis], dims[column_axis] };
  const float *values = map->values->data;
  const double last = (double) (dims[axis] - 1);
  const double centre = smooth ? CLAMP (position - 0.5, 0.0, last) : CLAMP (floor (position), 0.0, last);
  const gint64 before = (gint64) centre;
  const gint64 after = MIN (before + 1, dims[axis] - 1);
  const double share = centre - (double) before;

  g_return_val_if_fail (map->values->rank == 3, NULL);
  WhyTensor *plane = why_tensor_new (WHY_DTYPE_FLOAT32, 2, plane_dims, NULL);
  if (plane == NULL)
    return NULL;
  for (gint64 h = 0; h < plane_dims[0]; h++)
    for (gint64 w = 0; w < plane_dims[1]; w++)
      {
        const float *at = values + h * strides[row_axis] + w * strides[column_axis];
        const double one = (double) at[before * strides[axis]];
        const double other = (double) at[after * strides[axis]];
        ((float *) plane->data)[h * plane_dims[1] + w] =
          (float) (share > 0.0 ? one + share * (other - one) : one);
      }
  return flat_map (map, axis, plane);
}

static gboolean
is_signed (const WhyMap *map)
{
  return g_strcmp0 (map->polarity, "signed") == 0;
}

void
why_map_prepare_projections (WhyMap *map)
{
  if (map->values->rank == 3 && map->projections[0] == NULL)
    (void) why_project_volume (map->values, is_signed (map), map->projections, NULL);
}

WhyMap *
why_map_project (const WhyMap *map, int axis)
{
  WhyTensor *projections[3] = { NULL, NULL, NULL };

  g_return_val_if_fail (map->values->rank == 3, NULL);
  if (map->projections[axis] != NULL)
    return flat_map (map, axis, why_tensor_ref (map->projections[axis]));
  if (!why_project_volume (map->values, is_signed (map), projections, NULL))
    return NULL;
  WhyMap *result = flat_map (map, axis, why_tensor_ref (projections[axis]));
  for (int other = 0; other < 3; other++)
    why_tensor_unref (projections[other]);
  return result;
}

void
why_map_unref (WhyMap *map)
{
  if (map == NULL || atomic_fetch_sub_explicit (&map->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  why_tensor_unref (map->values);
  why_tensor_unref (map->attribution);
  g_free (map->method);
  g_free (map->layer);
  g_free (map->polarity);
  g_free (map->profile);
  g_free (map->options);
  g_strfreev (map->more_layers);
  for (gsize part = 0; part < map->n_parts; part++)
    why_tensor_unref (map->parts[part]);
  g_free (map->parts);
  g_free (map->also_classes);
  g_free (map->score_kind);
  g_free (map->reason);
  g_free (map->note);
  for (int axis = 0; axis < 3; axis++)
    why_tensor_unref (map->projections[axis]);
  g_free (map);
}
