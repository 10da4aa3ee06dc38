#pragma once

#include "image/area.h"

G_BEGIN_DECLS

/* Shapes as closed lines, as other programs keep them: rings of points, of which some are the edges of holes. */

/* So that no mask makes a file that nobody can open. */
#define WHY_OUTLINE_MAX_RINGS 20000

/**
 * WhyRing:
 * @points: (array length=n_points): the last joins the first, which is not repeated
 * @parent: of a hole the index of the ring it is in, else -1
 */
typedef struct
{
  WhyPoint *points;
  gsize n_points;
  int parent;
} WhyRing;

/**
 * why_outline_of_shape:
 * @width, @height: of the picture
 *
 * Rectangles and polygons as they are; ellipses as 96 points on their line; brushes, masks and inverse shapes along the
 * edges of the pixels that they cover, pixels that touch at a corner being apart.
 *
 * Returns: (transfer full) (nullable) (element-type WhyRing): each ring before its holes; maybe empty. %NULL with
 *   %WHY_ERROR_TOO_LARGE over %WHY_OUTLINE_MAX_RINGS, or if there is no memory
 */
GArray *why_outline_of_shape (const WhyArea *shape, gint64 width, gint64 height,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_outline_to_shape:
 * @rings: (array length=n_rings): in any order; what lies in an odd number of them is inside. Parents are not looked at
 *
 * Returns: (transfer full) (nullable): one polygon: the rings are joined by lines there and back, which enclose
 *   nothing. why_outline_of_shape() takes them apart again
 */
WhyArea *why_outline_to_shape (const WhyRing *rings, gsize n_rings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_outline_nest: sets the parents of rings that do not cross, and puts each before its holes */
void why_outline_nest (GArray *rings);

GArray *why_outline_new (void) G_GNUC_WARN_UNUSED_RESULT; /* of WhyRing, which it frees */

G_END_DECLS
