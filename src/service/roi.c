#include "config.h"

#include "service/roi.h"

#include "base/error.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* What a network is taken to see where neither its recipe nor its shape say so. */
#define DEFAULT_SIDE 512
/* More than any slide has. */
#define MAX_SIDE 1e9

gboolean
why_roi_equal (const WhyRoi *a, const WhyRoi *b)
{
  if (a->width == 0 || b->width == 0)
    return a->width == b->width;
  return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

gboolean
why_roi_parse (const char *text, WhyRoi *roi, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", 5);
  gint64 *const numbers[] = { &roi->x, &roi->y, &roi->width, &roi->height };
  gboolean good = g_strv_length (parts) == G_N_ELEMENTS (numbers);

  for (gsize part = 0; good && part < G_N_ELEMENTS (numbers); part++)
    good = g_ascii_string_to_signed (parts[part], 10, part < 2 ? 0 : 1, G_MAXINT32, numbers[part], NULL);
  if (!good)
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                 "'%s' is no region; write X,Y,W,H: left, top, width and height in whole pixels of the picture", text);
  return good;
}

char *
why_roi_to_string (const WhyRoi *roi)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT, roi->x,
                          roi->y, roi->width, roi->height);
}

gboolean
why_roi_from_numbers (double x, double y, double width, double height, gint64 picture_width, gint64 picture_height,
                      WhyRoi *roi, GError **error)
{
  const gboolean is_finite = isfinite (x) && isfinite (y) && isfinite (width) && isfinite (height);
  const double left = MAX (floor (x), 0.0), top = MAX (floor (y), 0.0);
  const double right = MIN (ceil (x + width), (double) picture_width),
               bottom = MIN (ceil (y + height), (double) picture_height);

  /* MAX and MIN would make an edge of the picture out of what is no number. */
  if (!is_finite || !(width > 0) || !(height > 0) || !(right - left >= 1) || !(bottom - top >= 1))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   _ ("The region %1$g,%2$g,%3$g,%4$g does not lie in the picture of %5$g × %6$g pixels"), x, y, width,
                   height, (double) picture_width, (double) picture_height);
      return FALSE;
    }
  *roi = (WhyRoi) { (gint64) left, (gint64) top, (gint64) (right - left), (gint64) (bottom - top) };
  return TRUE;
}

void
why_roi_field (const WhyRecipe *recipe, double mpp, gint64 *width, gint64 *height)
{
  double w = recipe != NULL && recipe->width > 0 ? (double) recipe->width : DEFAULT_SIDE;
  double h = recipe != NULL && recipe->height > 0 ? (double) recipe->height : DEFAULT_SIDE;

  if (recipe != NULL && recipe->resize == WHY_RECIPE_RESIZE_SHORTEST_SIDE)
    {
      /* What is cut off is part of what is resized. */
      const double grow = (double) recipe->shortest / MIN (w, h);
      w *= grow;
      h *= grow;
    }
  if (recipe != NULL && recipe->mpp > 0 && mpp > 0)
    {
      w *= recipe->mpp / mpp;
      h *= recipe->mpp / mpp;
    }
  /* The sizes of pixels are what files and people say. */
  *width = (gint64) round (CLAMP (w, 1.0, MAX_SIDE));
  *height = (gint64) round (CLAMP (h, 1.0, MAX_SIDE));
}

WhyRoi
why_roi_around (double x, double y, gint64 width, gint64 height, gint64 picture_width, gint64 picture_height)
{
  WhyRoi roi = { .width = MIN (width, picture_width), .height = MIN (height, picture_height) };

  roi.x = CLAMP ((gint64) llround (x - (double) roi.width / 2), 0, picture_width - roi.width);
  roi.y = CLAMP ((gint64) llround (y - (double) roi.height / 2), 0, picture_height - roi.height);
  return roi;
}
