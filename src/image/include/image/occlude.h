#pragma once

#include "base/tensor.h"
#include "image/area.h"

G_BEGIN_DECLS

/* Covering part of a picture, in source pixels, before the recipe: so that what the network sees is what
 * it would see of such a picture. */

typedef enum
{
  WHY_OCCLUDE_MEAN,    /* mean colour of the whole picture */
  WHY_OCCLUDE_BLACK,
  WHY_OCCLUDE_WHITE,
  WHY_OCCLUDE_BLUR,    /* Gaussian of the picture below, sigma a quarter of the longer side of the covered box */
  WHY_OCCLUDE_NOISE,   /* uniform over the whole range, from the seed and the place of the pixel */
  WHY_OCCLUDE_TEXTURE, /* as if what surrounds it went on: see occlude-texture.c */
} WhyOccludeFill;

#define WHY_OCCLUDE_N_FILLS (WHY_OCCLUDE_TEXTURE + 1)
#define WHY_OCCLUDE_FILL_NAMES "mean, black, white, blur, noise, texture"

const char *why_occlude_fill_to_string (WhyOccludeFill fill); /* one of the names above */
gboolean why_occlude_fill_from_string (const char *name, WhyOccludeFill *fill);

/**
 * why_occlude_in_place:
 * @pixels: [H, W, C], uint8 (0..255), uint16 (0..65535) or float32 (0..255), dense, 1 to 4 bands; written to
 * @shape: which pixels: those that why_area_rasterise() covers; where that is in part, the pixel is mixed
 * @fill: with what
 * @seed: for noise
 *
 * Cover several shapes by repeated calls: each sees what the one before left. The same arguments give the same
 * bytes. Blur and texture look at pixels around the shape too; blur mirrors at the picture's edge. Any thread.
 *
 * Returns: %FALSE with %WHY_ERROR_TOO_LARGE if there is no memory; then nothing has changed
 */
gboolean why_occlude_in_place (WhyTensor *pixels, const WhyArea *shape, WhyOccludeFill fill, guint64 seed,
                               GError **error);

/** why_occlude_area: Returns: (transfer full) (nullable): the same on a copy */
WhyTensor *why_occlude_area (const WhyTensor *pixels, const WhyArea *shape, WhyOccludeFill fill, guint64 seed,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
