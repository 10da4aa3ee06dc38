#include "config.h"

#include "explain/map.h"

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
  g_free (map);
}
