#include "config.h"

#include "area-private.h"

#include "base/error.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

static const char *const kind_names[] = {
  [WHY_AREA_RECTANGLE] = "rectangle", [WHY_AREA_ELLIPSE] = "ellipse", [WHY_AREA_POLYGON] = "polygon",
  [WHY_AREA_BRUSH] = "brush",         [WHY_AREA_MASK] = "mask",
};

const char *
why_area_kind_to_string (WhyAreaKind kind)
{
  g_return_val_if_fail (kind < G_N_ELEMENTS (kind_names), NULL);

  return kind_names[kind];
}

gboolean
why_area_kind_from_string (const char *name, WhyAreaKind *kind)
{
  for (gsize known = 0; known < G_N_ELEMENTS (kind_names); known++)
    {
      if (strcmp (name, kind_names[known]) == 0)
        {
          *kind = (WhyAreaKind) known;
          return TRUE;
        }
    }
  return FALSE;
}

/* ---- making ---- */

static WhyArea *
shape_new (WhyAreaKind kind, const WhyRect *box, gboolean inverse)
{
  WhyArea *shape = g_new0 (WhyArea, 1);

  shape->kind = kind;
  shape->box = *box;
  shape->inverse = inverse != FALSE;
  shape->ref_count = 1;
  return shape;
}

/* Also false for NaN. */
static gboolean
in_range (double value)
{
  return fabs (value) <= WHY_AREA_MAX_COORDINATE;
}

static gboolean
check_box (WhyAreaKind kind, const WhyRect *box, GError **error)
{
  if (in_range (box->x) && in_range (box->y) && in_range (box->width) && in_range (box->height) && box->width > 0.0 &&
      box->height > 0.0)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "%s: a box of %g x %g pixels at %g, %g cannot be used; width and height must be above 0 and all "
               "numbers within %g", kind_names[kind], box->width, box->height, box->x, box->y, WHY_AREA_MAX_COORDINATE);
  return FALSE;
}

static gboolean
check_points (WhyAreaKind kind, const WhyPoint *points, gsize n_points, gsize n_least, GError **error)
{
  if (n_points < n_least || n_points > WHY_AREA_MAX_POINTS)
    {
      g_set_error (error, WHY_ERROR, n_points < n_least ? WHY_ERROR_BAD_REQUEST : WHY_ERROR_TOO_LARGE,
                   "%s: %" G_GSIZE_FORMAT " points; from %" G_GSIZE_FORMAT " to %d are possible", kind_names[kind],
                   n_points, n_least, WHY_AREA_MAX_POINTS);
      return FALSE;
    }
  for (gsize point = 0; point < n_points; point++)
    {
      if (!in_range (points[point].x) || !in_range (points[point].y))
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                       "%s: point %" G_GSIZE_FORMAT " is at %g, %g; numbers within %g are needed",
                       kind_names[kind], point + 1, points[point].x, points[point].y, WHY_AREA_MAX_COORDINATE);
          return FALSE;
        }
    }
  return TRUE;
}

static WhyRect
box_of_points (const WhyPoint *points, gsize n_points)
{
  double left = points[0].x, right = points[0].x, top = points[0].y, bottom = points[0].y;

  for (gsize point = 1; point < n_points; point++)
    {
      left = MIN (left, points[point].x);
      right = MAX (right, points[point].x);
      top = MIN (top, points[point].y);
      bottom = MAX (bottom, points[point].y);
    }
  return (WhyRect) { left, top, right - left, bottom - top };
}

WhyArea *
why_area_new_rectangle (const WhyRect *box, gboolean inverse, GError **error)
{
  return check_box (WHY_AREA_RECTANGLE, box, error) ? shape_new (WHY_AREA_RECTANGLE, box, inverse) : NULL;
}

WhyArea *
why_area_new_ellipse (const WhyRect *box, gboolean inverse, GError **error)
{
  return check_box (WHY_AREA_ELLIPSE, box, error) ? shape_new (WHY_AREA_ELLIPSE, box, inverse) : NULL;
}

WhyArea *
why_area_new_polygon (const WhyPoint *points, gsize n_points, gboolean inverse, GError **error)
{
  if (!check_points (WHY_AREA_POLYGON, points, n_points, 3, error))
    return NULL;
  const WhyRect box = box_of_points (points, n_points);
  if (!check_box (WHY_AREA_POLYGON, &box, error))
    return NULL;
  WhyArea *shape = shape_new (WHY_AREA_POLYGON, &box, inverse);
  shape->points = g_memdup2 (points, n_points * sizeof *points);
  shape->n_points = n_points;
  return shape;
}

WhyArea *
why_area_new_brush (const WhyPoint *points, gsize n_points, double radius, gboolean inverse, GError **error)
{
  if (!check_points (WHY_AREA_BRUSH, points, n_points, 1, error))
    return NULL;
  if (!in_range (radius) || !(radius > 0.0))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "brush: a radius of %g pixels; it must be above 0 and at most %g", radius, WHY_AREA_MAX_COORDINATE);
      return NULL;
    }
  WhyRect box = box_of_points (points, n_points);
  box = (WhyRect) { box.x - radius, box.y - radius, box.width + 2.0 * radius, box.height + 2.0 * radius };
  WhyArea *shape = shape_new (WHY_AREA_BRUSH, &box, inverse);
  shape->points = g_memdup2 (points, n_points * sizeof *points);
  shape->n_points = n_points;
  shape->radius = radius;
  return shape;
}

WhyArea *
why_area_new_mask (WhyTensor *values, const WhyRect *box, gboolean inverse, GError **error)
{
  g_return_val_if_fail (values != NULL && values->dtype == WHY_DTYPE_UINT8 && values->rank == 2 &&
                        why_tensor_is_dense (values), NULL);

  if (!check_box (WHY_AREA_MASK, box, error))
    return NULL;
  if (values->dims[0] < 1 || values->dims[1] < 1)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "mask: it has no rows or no columns");
      return NULL;
    }
  if (values->dims[0] > WHY_AREA_MAX_CELLS / values->dims[1])
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "mask: %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT " cells; at most %" G_GINT64_FORMAT " are possible",
                   values->dims[1], values->dims[0], WHY_AREA_MAX_CELLS);
      return NULL;
    }
  WhyArea *shape = shape_new (WHY_AREA_MASK, box, inverse);
  shape->values = why_tensor_ref (values);
  return shape;
}

WhyArea *
why_area_ref (WhyArea *shape)
{
  atomic_fetch_add (&shape->ref_count, 1);
  return shape;
}

void
why_area_unref (WhyArea *shape)
{
  if (atomic_fetch_sub (&shape->ref_count, 1) != 1)
    return;
  g_free (shape->points);
  g_clear_pointer (&shape->values, why_tensor_unref);
  g_free (shape);
}

WhyArea *
why_area_with_inverse (WhyArea *shape, gboolean inverse)
{
  if (shape->inverse == (inverse != FALSE))
    return why_area_ref (shape);
  WhyArea *other = shape_new (shape->kind, &shape->box, inverse);
  other->points = g_memdup2 (shape->points, shape->n_points * sizeof *shape->points);
  other->n_points = shape->n_points;
  other->radius = shape->radius;
  other->values = shape->values != NULL ? why_tensor_ref (shape->values) : NULL;
  return other;
}

/* Where a point lies in a box, of no extent: in the middle, and as far into the other box. */
static double
carry (double value, double from, double from_extent, double to, double to_extent)
{
  return from_extent > 0.0 ? to + (value - from) / from_extent * to_extent : to + to_extent / 2.0;
}

WhyArea *
why_area_fit (const WhyArea *shape, const WhyRect *box, GError **error)
{
  const double grow = MIN (box->width / shape->box.width, box->height / shape->box.height);
  const double radius = shape->radius * grow;
  WhyRect from = shape->box;
  WhyRect to = *box;

  if (!check_box (shape->kind, box, error))
    return NULL;
  switch (shape->kind)
    {
    case WHY_AREA_RECTANGLE:
      return why_area_new_rectangle (box, shape->inverse, error);
    case WHY_AREA_ELLIPSE:
      return why_area_new_ellipse (box, shape->inverse, error);
    case WHY_AREA_MASK:
      return why_area_new_mask (shape->values, box, shape->inverse, error);
    case WHY_AREA_BRUSH:
      from = box_of_points (shape->points, shape->n_points);
      to = (WhyRect) { to.x + radius, to.y + radius, to.width - 2.0 * radius, to.height - 2.0 * radius };
      break;
    case WHY_AREA_POLYGON:
    default:
      break;
    }
  g_autofree WhyPoint *points = g_new (WhyPoint, shape->n_points);
  for (gsize point = 0; point < shape->n_points; point++)
    {
      points[point].x = carry (shape->points[point].x, from.x, from.width, to.x, to.width);
      points[point].y = carry (shape->points[point].y, from.y, from.height, to.y, to.height);
    }
  return shape->kind == WHY_AREA_POLYGON ? why_area_new_polygon (points, shape->n_points, shape->inverse, error)
                                          : why_area_new_brush (points, shape->n_points, radius, shape->inverse, error);
}

/* ---- asking ---- */

WhyAreaKind
why_area_get_kind (const WhyArea *shape)
{
  return shape->kind;
}

gboolean
why_area_get_inverse (const WhyArea *shape)
{
  return shape->inverse;
}

void
why_area_get_box (const WhyArea *shape, WhyRect *box)
{
  *box = shape->box;
}

const WhyPoint *
why_area_get_points (const WhyArea *shape, gsize *n_points)
{
  *n_points = shape->n_points;
  return shape->points;
}

double
why_area_get_radius (const WhyArea *shape)
{
  return shape->radius;
}

const WhyTensor *
why_area_get_values (const WhyArea *shape)
{
  return shape->values;
}

gboolean
why_area_equal (const WhyArea *a, const WhyArea *b)
{
  if (a == b)
    return TRUE;
  /* Numbers are compared, not bytes: -0 is 0, and NaN is not let in. */
  if (a->kind != b->kind || a->inverse != b->inverse || a->box.x != b->box.x || a->box.y != b->box.y ||
      a->box.width != b->box.width || a->box.height != b->box.height || a->radius != b->radius ||
      a->n_points != b->n_points)
    return FALSE;
  for (gsize point = 0; point < a->n_points; point++)
    {
      if (a->points[point].x != b->points[point].x || a->points[point].y != b->points[point].y)
        return FALSE;
    }
  return a->values == b->values ||
         (a->values != NULL && b->values != NULL && why_tensor_same_dims (a->values, b->values) &&
          memcmp (a->values->data, b->values->data, why_tensor_count (a->values)) == 0);
}

guint8
why_area_mask_value (const WhyArea *shape, double x, double y)
{
  const WhyTensor *values = shape->values;
  const double column = floor ((x - shape->box.x) / shape->box.width * (double) values->dims[1]);
  const double row = floor ((y - shape->box.y) / shape->box.height * (double) values->dims[0]);

  if (!(column >= 0.0 && column < (double) values->dims[1] && row >= 0.0 && row < (double) values->dims[0]))
    return 0;
  return ((const guint8 *) values->data)[(gint64) row * values->dims[1] + (gint64) column];
}

static gboolean
in_polygon (const WhyArea *shape, double x, double y)
{
  gboolean inside = FALSE;

  for (gsize point = 0; point < shape->n_points; point++)
    {
      const WhyPoint *start = &shape->points[point];
      const WhyPoint *end = &shape->points[(point + 1) % shape->n_points];

      if (why_area_edge_crosses (start, end, y) && why_area_crossing (start, end, y) <= x)
        inside = !inside;
    }
  return inside;
}

static gboolean
near_line (const WhyArea *shape, double x, double y)
{
  gboolean near = why_area_near_segment (&shape->points[0], &shape->points[0], shape->radius, x, y);

  for (gsize point = 1; point < shape->n_points && !near; point++)
    near = why_area_near_segment (&shape->points[point - 1], &shape->points[point], shape->radius, x, y);
  return near;
}

gboolean
why_area_contains (const WhyArea *shape, double x, double y)
{
  gboolean inside = FALSE;

  if (!isfinite (x) || !isfinite (y))
    return FALSE;
  switch (shape->kind)
    {
    case WHY_AREA_RECTANGLE:
      inside = x >= shape->box.x && x < shape->box.x + shape->box.width && y >= shape->box.y &&
               y < shape->box.y + shape->box.height;
      break;
    case WHY_AREA_ELLIPSE:
      inside = why_area_in_ellipse (&shape->box, x, y);
      break;
    case WHY_AREA_POLYGON:
      inside = in_polygon (shape, x, y);
      break;
    case WHY_AREA_BRUSH:
      inside = near_line (shape, x, y);
      break;
    case WHY_AREA_MASK:
      inside = why_area_mask_value (shape, x, y) >= 128;
      break;
    default:
      break;
    }
  return inside != shape->inverse;
}
