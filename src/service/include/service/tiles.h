#pragma once

#include "base/rect.h"
#include "image/source.h"

#include <glib-object.h>

G_BEGIN_DECLS

/* A whole slide for the eye: tiles of it at every scale, read in a thread of its own when somebody looks at them, and kept
 * as long as there is room. What is not there yet is drawn from what is coarser.
 *
 * Scales are powers of two, whatever levels the file has: tile (column, row) of scale k is what lies in the square of
 * 512 * 2^k source pixels there, 512 pixels wide (less at the edges).
 *
 * Signal "loaded": more is there than at the last one; in the main context that the object was made in. */
#define WHY_TYPE_TILES (why_tiles_get_type ())
G_DECLARE_FINAL_TYPE (WhyTiles, why_tiles, WHY, TILES, GObject)

#define WHY_TILE_SIDE 512

/**
 * why_tiles_new:
 * @overview: uint8 [H, W, C] of all of it: drawn where nothing finer is there
 *
 * The last reference ends the thread, after the tile it is at.
 */
WhyTiles *why_tiles_new (WhyImageSource *source, WhyTensor *overview) G_GNUC_WARN_UNUSED_RESULT;

gint64 why_tiles_get_width (WhyTiles *self); /* source pixels */
gint64 why_tiles_get_height (WhyTiles *self);
WhyTensor *why_tiles_get_overview (WhyTiles *self); /* (transfer none) */

/** why_tiles_set_budget: bytes of tiles that are kept besides those that were drawn last; 160 MB unless set */
void why_tiles_set_budget (WhyTiles *self, gsize bytes);

/**
 * why_tiles_render:
 * @looker: who draws; what is missing is read in place of what was missing for this one before
 * @img: the part, source pixels
 * @pixels: (out caller-allocates): native-endian 0xAARRGGBB, as why_picture_render() makes it: the mean of the area below
 *   1:1, pixels as pixels above
 *
 * Any thread.
 *
 * Returns: whether it is as fine as it will get
 */
gboolean why_tiles_render (WhyTiles *self, gconstpointer looker, const WhyRect *img, int width, int height,
                           guint32 *pixels, gsize stride);

/** why_tiles_forget: nobody draws for @looker any more */
void why_tiles_forget (WhyTiles *self, gconstpointer looker);

/** why_tiles_probe: @rgb: (out): the finest value that is there. Any thread. Returns: %FALSE outside of the slide */
gboolean why_tiles_probe (WhyTiles *self, gint64 x, gint64 y, guint8 rgb[3]);

/** why_tiles_take_error: Returns: (transfer full) (nullable): why tiles are missing, a sentence; told once */
char *why_tiles_take_error (WhyTiles *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
