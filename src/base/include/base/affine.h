#pragma once

#include <glib.h>
#include <math.h>

G_BEGIN_DECLS

/**
 * WhyAffine:
 *
 * A map of the plane: x' = xx x + xy y + x0, y' = yx x + yy y + y0 (the meaning of the fields is that
 * of cairo_matrix_t). Everywhere in the project coordinates are continuous with the origin at the top
 * left *corner* of the first pixel: pixel (column, row) covers [column, column + 1) x [row, row + 1) and
 * its centre is at (column + 0.5, row + 0.5). So halving a picture is a pure scale by 0.5, without
 * an offset, and a map cell knows the box of source pixels it stands for.
 */
typedef struct
{
  double xx, xy, yx, yy;
  double x0, y0;
} WhyAffine;

static inline WhyAffine
why_affine_identity (void)
{
  return (WhyAffine) { .xx = 1.0, .yy = 1.0 };
}

/** why_affine_scale_translate: x' = @sx x + @tx, y' = @sy y + @ty */
static inline WhyAffine
why_affine_scale_translate (double sx, double sy, double tx, double ty)
{
  return (WhyAffine) { .xx = sx, .yy = sy, .x0 = tx, .y0 = ty };
}

/** why_affine_compose: the map that does @first, then @second */
static inline WhyAffine
why_affine_compose (const WhyAffine *first, const WhyAffine *second)
{
  return (WhyAffine) {
    .xx = second->xx * first->xx + second->xy * first->yx,
    .xy = second->xx * first->xy + second->xy * first->yy,
    .yx = second->yx * first->xx + second->yy * first->yx,
    .yy = second->yx * first->xy + second->yy * first->yy,
    .x0 = second->xx * first->x0 + second->xy * first->y0 + second->x0,
    .y0 = second->yx * first->x0 + second->yy * first->y0 + second->y0,
  };
}

/**
 * why_affine_invert:
 * @inverse: (out): the map back; untouched on failure
 *
 * Returns: %FALSE if @affine is singular or not finite
 */
static inline gboolean
why_affine_invert (const WhyAffine *affine, WhyAffine *inverse)
{
  const double det = affine->xx * affine->yy - affine->xy * affine->yx;

  if (!isfinite (det) || det == 0.0 || !isfinite (1.0 / det) || !isfinite (affine->x0) || !isfinite (affine->y0))
    return FALSE;
  const WhyAffine result = {
    .xx = affine->yy / det,
    .xy = -affine->xy / det,
    .yx = -affine->yx / det,
    .yy = affine->xx / det,
    .x0 = (affine->xy * affine->y0 - affine->yy * affine->x0) / det,
    .y0 = (affine->yx * affine->x0 - affine->xx * affine->y0) / det,
  };
  *inverse = result;
  return TRUE;
}

/** why_affine_apply: maps the point (@x, @y) in place */
static inline void
why_affine_apply (const WhyAffine *affine, double *x, double *y)
{
  const double in_x = *x;
  const double in_y = *y;

  *x = affine->xx * in_x + affine->xy * in_y + affine->x0;
  *y = affine->yx * in_x + affine->yy * in_y + affine->y0;
}

/** why_affine_apply_distance: maps a displacement: as why_affine_apply() without the offset */
static inline void
why_affine_apply_distance (const WhyAffine *affine, double *dx, double *dy)
{
  const double in_x = *dx;
  const double in_y = *dy;

  *dx = affine->xx * in_x + affine->xy * in_y;
  *dy = affine->yx * in_x + affine->yy * in_y;
}

G_END_DECLS
