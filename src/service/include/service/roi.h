#pragma once

#include "base/affine.h"
#include "image/recipe.h"

G_BEGIN_DECLS

/**
 * WhyRoi:
 * @x, @y, @width, @height: whole source pixels; @width 0: no region is chosen, which means all of an ordinary picture, and of
 *   a whole slide what the network's field of view suggests
 *
 * Region of interest: the part of a picture that the network is shown.
 */
typedef struct
{
  gint64 x, y, width, height;
} WhyRoi;

gboolean why_roi_equal (const WhyRoi *a, const WhyRoi *b);

/** why_roi_parse: "X,Y,W,H"; an error tells the form */
gboolean why_roi_parse (const char *text, WhyRoi *roi, GError **error);
char *why_roi_to_string (const WhyRoi *roi) G_GNUC_WARN_UNUSED_RESULT;

/** why_roi_from_numbers: rounds outwards and cuts at the edges of the picture; an error says what is wrong */
gboolean why_roi_from_numbers (double x, double y, double width, double height, gint64 picture_width,
                               gint64 picture_height, WhyRoi *roi, GError **error);

/**
 * why_roi_field:
 * @recipe: (nullable)
 * @mpp: micrometres of a source pixel, 0: unknown
 * @width, @height: (out): source pixels that the network sees at once at the pixel size it was trained at, or as many as
 *   its input has where one of the two sizes is not known
 *
 * Of a recipe that cuts the middle out of what it resizes: all that it resizes.
 */
void why_roi_field (const WhyRecipe *recipe, double mpp, gint64 *width, gint64 *height);

/** why_roi_around: a region of this size around a place, moved and cut so that it lies in the picture */
WhyRoi why_roi_around (double x, double y, gint64 width, gint64 height, gint64 picture_width, gint64 picture_height);

G_END_DECLS
