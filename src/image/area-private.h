#pragma once

#include "image/area.h"

G_BEGIN_DECLS

/* area.c: making and asking; area-raster.c: pixels; area-json.c: text. */

struct _WhyArea
{
  WhyAreaKind kind;
  gboolean inverse;
  WhyRect box;
  WhyPoint *points; /* polygon and brush */
  gsize n_points;
  double radius;
  WhyTensor *values; /* mask */
  _Atomic int ref_count;
};

/* The rules that both the hit test and the rows of pixels follow. */

/* Of the cell of a mask under a point; 0 outside. */
guint8 why_area_mask_value (const WhyArea *shape, double x, double y);

/* Where an edge crosses the row at @y, which lies in [start.y, end.y) one way or the other. */
static inline double
why_area_crossing (const WhyPoint *start, const WhyPoint *end, double y)
{
  return start->x + (y - start->y) * (end->x - start->x) / (end->y - start->y);
}

static inline gboolean
why_area_edge_crosses (const WhyPoint *start, const WhyPoint *end, double y)
{
  return (start->y <= y) != (end->y <= y);
}

static inline gboolean
why_area_in_ellipse (const WhyRect *box, double x, double y)
{
  const double u = (x - (box->x + box->width / 2.0)) / (box->width / 2.0);
  const double v = (y - (box->y + box->height / 2.0)) / (box->height / 2.0);

  return u * u + v * v <= 1.0;
}

static inline gboolean
why_area_near_segment (const WhyPoint *start, const WhyPoint *end, double radius, double x, double y)
{
  const double along_x = end->x - start->x;
  const double along_y = end->y - start->y;
  const double length2 = along_x * along_x + along_y * along_y;
  const double at = length2 > 0.0 ? ((x - start->x) * along_x + (y - start->y) * along_y) / length2 : 0.0;
  const double nearest = CLAMP (at, 0.0, 1.0);
  const double dx = x - (start->x + nearest * along_x);
  const double dy = y - (start->y + nearest * along_y);

  return dx * dx + dy * dy <= radius * radius;
}

G_END_DECLS
