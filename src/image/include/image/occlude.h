#pragma once

#include "base/tensor.h"

G_BEGIN_DECLS

/* Covering part of a picture, in source pixels, before the recipe: so that what the network sees is what
 * it would see of such a picture. */

typedef enum
{
  WHY_OCCLUDE_MEAN,  /* mean colour of the whole picture */
  WHY_OCCLUDE_BLACK,
  WHY_OCCLUDE_WHITE,
  WHY_OCCLUDE_BLUR,  /* Gaussian, sigma = max (w, h) / 4, of the picture below */
  WHY_OCCLUDE_NOISE, /* uniform over the whole range, from the seed */
} WhyOccludeFill;

const char *why_occlude_fill_to_string (WhyOccludeFill fill); /* "mean", "black", "white", "blur", "noise" */
gboolean why_occlude_fill_from_string (const char *name, WhyOccludeFill *fill);

/**
 * why_occlude_rect:
 * @pixels: [H, W, C], uint8 (0..255), uint16 (0..65535) or float32 (0..255), dense
 * @x: left edge in source pixels; @y: top edge; @w: width; @h: height, at least 0, finite. Clipped to the
 *   picture. Covers the pixels whose centres lie inside, and where there is none (a rectangle smaller
 *   than a pixel) the one pixel under its centre
 * @fill: with what
 * @seed: for noise
 *
 * Cover several rectangles by repeated calls. The same arguments give the same bytes. Blur looks at
 * pixels outside the rectangle too and mirrors at the picture's edge.
 *
 * Returns: (transfer full) (nullable): a new tensor of the same type and dims
 */
WhyTensor *why_occlude_rect (const WhyTensor *pixels, double x, double y, double w, double h,
                             WhyOccludeFill fill, guint64 seed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
