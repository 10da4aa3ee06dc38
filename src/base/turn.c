#include "config.h"

#include "base/turn.h"

/* Pixels are read row by row and written column by column, so in squares that stay in the cache. */
#define BLOCK 32

gboolean
why_turn_is_mirrored (WhyTurn turn)
{
  return (turn & 4) != 0;
}

int
why_turn_get_quarters (WhyTurn turn)
{
  return turn & 3;
}

gboolean
why_turn_is_sideways (WhyTurn turn)
{
  return (turn & 1) != 0;
}

WhyTurn
why_turn_rotate (WhyTurn turn, int quarters)
{
  return (turn & 4) | ((turn + quarters) & 3);
}

/* Mirroring what is turned is turning the other way what is mirrored. */
WhyTurn
why_turn_flip (WhyTurn turn)
{
  return ((turn & 4) ^ 4) | (-turn & 3);
}

WhyTurn
why_turn_invert (WhyTurn turn)
{
  return why_turn_is_mirrored (turn) ? turn : -turn & 3;
}

void
why_turn_size (WhyTurn turn, double *width, double *height)
{
  if (!why_turn_is_sideways (turn))
    return;
  const double kept = *width;
  *width = *height;
  *height = kept;
}

WhyAffine
why_turn_get_affine (WhyTurn turn, double width, double height)
{
  const gboolean mirrored = why_turn_is_mirrored (turn);
  const WhyAffine mirror = why_affine_scale_translate (mirrored ? -1.0 : 1.0, 1.0, mirrored ? width : 0.0, 0.0);
  WhyAffine rotation = why_affine_identity ();

  switch (why_turn_get_quarters (turn))
    {
    case 1:
      rotation = (WhyAffine) { .xy = -1.0, .yx = 1.0, .x0 = height };
      break;
    case 2:
      rotation = (WhyAffine) { .xx = -1.0, .yy = -1.0, .x0 = width, .y0 = height };
      break;
    case 3:
      rotation = (WhyAffine) { .xy = 1.0, .yx = -1.0, .y0 = width };
      break;
    default:
      break;
    }
  return why_affine_compose (&mirror, &rotation);
}

void
why_turn_distance (WhyTurn turn, double *dx, double *dy)
{
  const WhyAffine affine = why_turn_get_affine (turn, 0, 0);

  why_affine_apply_distance (&affine, dx, dy);
}

WhyRect
why_turn_rect (const WhyAffine *affine, const WhyRect *rect)
{
  double x0 = rect->x, y0 = rect->y, x1 = rect->x + rect->width, y1 = rect->y + rect->height;

  why_affine_apply (affine, &x0, &y0);
  why_affine_apply (affine, &x1, &y1);
  return (WhyRect) { MIN (x0, x1), MIN (y0, y1), fabs (x1 - x0), fabs (y1 - y0) };
}

/* Where the first pixel that is shown lies in memory, and how far the next ones to the right and below are. */
static gint64
find_strides (WhyTurn turn, gint64 width, gint64 height, gint64 row_stride, gint64 column_stride, gint64 *down,
              gint64 *right)
{
  const WhyAffine back = why_turn_get_affine (why_turn_invert (turn),
                                              why_turn_is_sideways (turn) ? (double) height : (double) width,
                                              why_turn_is_sideways (turn) ? (double) width : (double) height);
  double x = 0.5, y = 0.5;

  why_affine_apply (&back, &x, &y);
  *right = (gint64) back.xx * column_stride + (gint64) back.yx * row_stride;
  *down = (gint64) back.xy * column_stride + (gint64) back.yy * row_stride;
  return (gint64) x * column_stride + (gint64) y * row_stride;
}

WhyTensor *
why_turn_tensor (WhyTurn turn, WhyTensor *pixels)
{
  const gint64 height = pixels->dims[0], width = pixels->dims[1];
  const gboolean sideways = why_turn_is_sideways (turn);
  const gint64 dims[3] = { sideways ? width : height, sideways ? height : width, pixels->dims[2] };
  gint64 strides[3] = { 0, 0, pixels->strides[2] };

  g_return_val_if_fail (pixels->rank == 3, NULL);
  if (turn == 0)
    return why_tensor_ref (pixels);
  const gint64 first = find_strides (turn, width, height, pixels->strides[0], pixels->strides[1], &strides[0],
                                     &strides[1]);
  guint8 *data = (guint8 *) pixels->data + first * (gint64) why_dtype_size (pixels->dtype);
  return why_tensor_new_view (pixels->dtype, 3, dims, strides, data, why_tensor_ref (pixels),
                              (GDestroyNotify) why_tensor_unref);
}

void
why_turn_pixels (WhyTurn turn, const guint32 *from, int width, int height, guint32 *to)
{
  const int shown_width = why_turn_is_sideways (turn) ? height : width;
  const int shown_height = why_turn_is_sideways (turn) ? width : height;
  gint64 down, right;
  const guint32 *first = from + find_strides (turn, width, height, width, 1, &down, &right);

  for (int top = 0; top < shown_height; top += BLOCK)
    for (int left = 0; left < shown_width; left += BLOCK)
      for (int y = top; y < MIN (top + BLOCK, shown_height); y++)
        for (int x = left; x < MIN (left + BLOCK, shown_width); x++)
          to[(gsize) y * (gsize) shown_width + (gsize) x] = first[y * down + x * right];
}
