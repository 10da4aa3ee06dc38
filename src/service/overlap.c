#include "config.h"

#include "annotation-private.h"
#include "check-private.h"

#include "base/error.h"

#include <string.h>

WhyOverlapResult *
why_overlap_of_areas (const WhyMap *map, const WhyAffine *to_display, gboolean smooth, gboolean is_signed, const GPtrArray *areas,
                      gint64 width, gint64 height, const WhyOverlapOptions *options, WhyCancel *cancel, GError **error)
{
  const gint64 dims[] = { height, width };
  g_autoptr (WhyTensor) mask = why_tensor_new (WHY_DTYPE_UINT8, 2, dims, error);
  g_autoptr (WhyTensor) pixels =
    mask != NULL ? why_overlap_spread (map, to_display, smooth, width, height, cancel, error) : NULL;
  g_autofree WhyOverlapResult *result = g_new0 (WhyOverlapResult, 1);

  if (pixels == NULL)
    return NULL;
  why_area_rasterise_union ((WhyArea *const *) areas->pdata, areas->len, width, height, mask->data, (gsize) width);
  /* Soft edges of a mask: what is covered by half is inside. */
  const gsize n_pixels = why_tensor_count (mask);
  for (gsize at = 0; at < n_pixels; at++)
    ((guint8 *) mask->data)[at] = ((guint8 *) mask->data)[at] >= 128;
  result->n_outlines = areas->len;
  result->has_against = is_signed;
  WhyOverlapOptions against = *options;
  against.against = TRUE;
  if (!why_overlap_measure (pixels, mask, options, &result->overlap, cancel, error) ||
      (is_signed && !why_overlap_measure (pixels, mask, &against, &result->against, cancel, error)))
    return NULL;
  return g_steal_pointer (&result);
}

gboolean
why_overlap_of_file (const char *path, const WhyResult *result, const WhyPicture *picture, double threshold, gboolean smooth,
                     WhyOverlapResult *overlap, char **warning, GError **error)
{
  const gint64 width = picture->width, height = picture->height;
  g_autoptr (GPtrArray) areas = g_ptr_array_new ();
  WhyAffine to_display;

  *warning = NULL;
  g_autoptr (WhyMap) map = why_result_show_map (result, result->map, picture, smooth, &to_display);
  if (picture->slide != NULL)
    {
      g_set_error_literal (
        error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
        "Outlines in a file are compared with maps of pictures; of a slide, cut the region out (vips crop), or "
        "open the outlines in the window");
      return FALSE;
    }
  if (picture->is_volume || map == NULL)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "Outlines are compared with maps of pictures, not of volumes");
      return FALSE;
    }
  g_autoptr (GArray) data = why_annotation_file_read (path, width, height, NULL, warning, error);
  if (data == NULL)
    return FALSE;
  for (guint index = 0; index < data->len; index++)
    g_ptr_array_add (areas, g_array_index (data, WhyAnnotationData, index).shape);
  /* The range that is drawn: from 0, or the least value if that is less, to the largest. */
  const gboolean is_signed = g_strcmp0 (map->polarity, "signed") == 0;
  const WhyOverlapOptions options = {
    .low = is_signed ? 0 : MIN (map->minimum, 0),
    .high = is_signed ? MAX (map->maximum, -map->minimum) : MAX (map->maximum, 0),
    .threshold = threshold,
  };
  g_autofree WhyOverlapResult *measured =
    why_overlap_of_areas (map, &to_display, smooth, is_signed, areas, width, height, &options, NULL, error);
  if (measured == NULL)
    return FALSE;
  *overlap = *measured;
  return TRUE;
}
