#pragma once

#include <math.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * WhyAffine:
 *
 * x' = xx x + xy y + x0 and y' = yx x + yy y + y0, as cairo has it. Coordinates are continuous: the
 * centre of pixel (or map cell) k is at k + 0.5, so that scaling needs no half-pixel correction.
 */
typedef struct
{
  double xx, xy;
  double yx, yy;
  double x0, y0;
} WhyAffine;

static inline WhyAffine
why_affine_identity (void)
{
  return (WhyAffine){ .xx = 1, .yy = 1 };
}

/** why_affine_scale: scaling about the origin, then a shift. */
static inline WhyAffine
why_affine_scale (double scale_x, double scale_y, double shift_x, double shift_y)
{
  return (WhyAffine){ .xx = scale_x, .yy = scale_y, .x0 = shift_x, .y0 = shift_y };
}

static inline void
why_affine_apply (const WhyAffine *affine, double x, double y, double *out_x, double *out_y)
{
  *out_x = affine->xx * x + affine->xy * y + affine->x0;
  *out_y = affine->yx * x + affine->yy * y + affine->y0;
}

/** why_affine_compose: @first, then @second. */
static inline WhyAffine
why_affine_compose (const WhyAffine *first, const WhyAffine *second)
{
  WhyAffine both = {
    .xx = second->xx * first->xx + second->xy * first->yx,
    .xy = second->xx * first->xy + second->xy * first->yy,
    .yx = second->yx * first->xx + second->yy * first->yx,
    .yy = second->yx * first->xy + second->yy * first->yy,
  };
  why_affine_apply (second, first->x0, first->y0, &both.x0, &both.y0);
  return both;
}

/** why_affine_invert: Returns: %FALSE, leaving @inverse alone, when @affine has none or is not finite */
static inline gboolean
why_affine_invert (const WhyAffine *affine, WhyAffine *inverse)
{
  double det = affine->xx * affine->yy - affine->xy * affine->yx;

  if (!isfinite (1 / det) || !isfinite (det) || !isfinite (affine->x0) || !isfinite (affine->y0))
    return FALSE;
  WhyAffine result = {
    .xx = affine->yy / det,
    .xy = -affine->xy / det,
    .yx = -affine->yx / det,
    .yy = affine->xx / det,
  };
  result.x0 = -(result.xx * affine->x0 + result.xy * affine->y0);
  result.y0 = -(result.yx * affine->x0 + result.yy * affine->y0);
  *inverse = result;
  return TRUE;
}

G_END_DECLS
