#pragma once

#include "image/source.h"

G_BEGIN_DECLS

/** why_slide_is_tissue: whether a pixel (R, G, B) is stained rather than glass */
gboolean why_slide_is_tissue (const guint8 *rgb);

/**
 * why_slide_find_centre:
 * @overview: uint8 [H, W, C] of the whole slide
 * @x, @y: (out): a place amid tissue, 0..1 of width and height; the middle where there is none
 */
void why_slide_find_centre (const WhyTensor *overview, double *x, double *y);

/** why_slide_size_to_read: in what size a region is read for the network: its own up to 2^24 pixels, else by halves less */
void why_slide_size_to_read (gint64 width, gint64 height, gint64 *out_width, gint64 *out_height);

/**
 * why_slide_read:
 * @deep: in the depth of the file, as why_image_source_read_full(); else for the eye
 *
 * As why_image_source_read(). A slide is open for hours: where its reader has died since the last time, the first time a
 * new one is started. Any thread; blocks.
 */
WhyTensor *why_slide_read (WhyImageSource *slide, gboolean deep, gint64 x, gint64 y, gint64 width, gint64 height, gint64 out_width,
                           gint64 out_height, WhyCancel *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
