#include "config.h"

#include "area-private.h"

#include <math.h>
#include <string.h>

/* Rows of pixels from shapes, by the centres of the pixels. Ends of rows are computed, then moved to where the
 * rule of the hit test says, so that both agree to the last bit. */

/* ---- which pixels ---- */

/* First pixel whose centre is at or behind @edge, in limits that fit any integer. */
static gint64
first_centre (double edge, gint64 low, gint64 high)
{
  return (gint64) CLAMP (ceil (edge - 0.5), (double) low, (double) high);
}

/* Pixels with their centres in [start, start + extent), at least the one under the middle. */
static void
centres_between (double start, double extent, gint64 low, gint64 high, gint64 *first, gint64 *end)
{
  *first = first_centre (start, low, high);
  *end = first_centre (start + extent, low, high);
  if (first_centre (start, G_MININT32, G_MAXINT32) >= first_centre (start + extent, G_MININT32, G_MAXINT32))
    {
      const gint64 middle = (gint64) floor (start + extent / 2.0);

      *first = CLAMP (middle, low, high);
      *end = CLAMP (middle + 1, low, high);
    }
}

/* The pixels of @part that a shape, not inverted, can touch. */
static gboolean
touched (const WhyArea *shape, const WhyPixelBox *part, WhyPixelBox *pixels)
{
  const WhyRect *box = &shape->box;

  if (shape->kind == WHY_AREA_RECTANGLE)
    {
      centres_between (box->x, box->width, part->left, part->right, &pixels->left, &pixels->right);
      centres_between (box->y, box->height, part->top, part->bottom, &pixels->top, &pixels->bottom);
    }
  else
    {
      pixels->left = (gint64) CLAMP (floor (box->x), (double) part->left, (double) part->right);
      pixels->top = (gint64) CLAMP (floor (box->y), (double) part->top, (double) part->bottom);
      pixels->right = (gint64) CLAMP (ceil (box->x + box->width), (double) part->left, (double) part->right);
      pixels->bottom = (gint64) CLAMP (ceil (box->y + box->height), (double) part->top, (double) part->bottom);
    }
  return pixels->left < pixels->right && pixels->top < pixels->bottom;
}

gboolean
why_area_get_pixels (const WhyArea *shape, gint64 width, gint64 height, WhyPixelBox *pixels)
{
  const WhyPixelBox all = { 0, 0, width, height };

  if (!shape->inverse)
    return touched (shape, &all, pixels);
  *pixels = all;
  return width > 0 && height > 0;
}

/* ---- rows ---- */

typedef struct
{
  const WhyPixelBox *part;
  guint8 *coverage;
  gsize stride;
} Target;

static guint8 *
row_of (const Target *target, gint64 row)
{
  return target->coverage + (gsize) (row - target->part->top) * target->stride;
}

/* Sets pixels [first, end) of a row, clipped to the part. */
static void
set_span (const Target *target, gint64 row, gint64 first, gint64 end)
{
  first = MAX (first, target->part->left);
  end = MIN (end, target->part->right);
  if (first < end)
    memset (row_of (target, row) + (first - target->part->left), 255, (gsize) (end - first));
}

static void
draw_ellipse (const WhyArea *shape, const WhyPixelBox *pixels, const Target *target)
{
  const WhyRect *box = &shape->box;

  for (gint64 row = pixels->top; row < pixels->bottom; row++)
    {
      const double y = (double) row + 0.5;
      const double v = (y - (box->y + box->height / 2.0)) / (box->height / 2.0);
      const double half = box->width / 2.0 * sqrt (MAX (0.0, 1.0 - v * v));
      const double middle = box->x + box->width / 2.0;
      gint64 first = first_centre (middle - half, pixels->left, pixels->right);
      gint64 end = first_centre (middle + half, pixels->left, pixels->right);

      while (first > pixels->left && why_area_in_ellipse (box, (double) first - 0.5, y))
        first--;
      while (first < end && !why_area_in_ellipse (box, (double) first + 0.5, y))
        first++;
      while (end < pixels->right && why_area_in_ellipse (box, (double) end + 0.5, y))
        end++;
      while (end > first && !why_area_in_ellipse (box, (double) end - 0.5, y))
        end--;
      set_span (target, row, first, end);
    }
}

/* ---- polygons ---- */

typedef struct
{
  gint64 first, end; /* rows whose centres it crosses */
  guint start;       /* its point */
} Edge;

static int
compare_edges (gconstpointer a, gconstpointer b)
{
  const Edge *one = a;
  const Edge *other = b;

  if (one->first != other->first)
    return one->first < other->first ? -1 : 1;
  return (one->start > other->start) - (one->start < other->start);
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  const double one = *(const double *) a;
  const double other = *(const double *) b;

  return (one > other) - (one < other);
}

/* Even-odd filling row by row with the edges that cross it. Source: Foley, van Dam, Feiner, Hughes, "Computer
 * Graphics: Principles and Practice", 2nd edition, section 3.6. */
static void
draw_polygon (const WhyArea *shape, const WhyPixelBox *pixels, const Target *target)
{
  g_autofree Edge *edges = g_new (Edge, shape->n_points);
  g_autofree guint *active = g_new (guint, shape->n_points);
  g_autofree double *crossings = g_new (double, shape->n_points);
  gsize n_edges = 0;
  gsize n_begun = 0;
  gsize n_active = 0;

  for (gsize point = 0; point < shape->n_points; point++)
    {
      const double one = shape->points[point].y;
      const double other = shape->points[(point + 1) % shape->n_points].y;
      /* A row more on either side: the rule decides. */
      const Edge edge = {
        .first = (gint64) CLAMP (floor (MIN (one, other)) - 1.0, (double) pixels->top, (double) pixels->bottom),
        .end = (gint64) CLAMP (ceil (MAX (one, other)) + 1.0, (double) pixels->top, (double) pixels->bottom),
        .start = (guint) point,
      };

      if (edge.first < edge.end)
        edges[n_edges++] = edge;
    }
  qsort (edges, n_edges, sizeof *edges, compare_edges);

  for (gint64 row = pixels->top; row < pixels->bottom; row++)
    {
      const double y = (double) row + 0.5;
      gsize n_crossings = 0;
      gsize n_kept = 0;

      while (n_begun < n_edges && edges[n_begun].first <= row)
        active[n_active++] = (guint) n_begun++;
      for (gsize index = 0; index < n_active; index++)
        {
          const Edge *edge = &edges[active[index]];
          const WhyPoint *start = &shape->points[edge->start];
          const WhyPoint *end = &shape->points[(edge->start + 1) % shape->n_points];

          if (edge->end <= row)
            continue;
          active[n_kept++] = active[index];
          if (why_area_edge_crosses (start, end, y))
            crossings[n_crossings++] = why_area_crossing (start, end, y);
        }
      n_active = n_kept;
      qsort (crossings, n_crossings, sizeof *crossings, compare_doubles);
      /* A closed line crosses a row an even number of times. */
      for (gsize index = 0; index + 1 < n_crossings; index += 2)
        set_span (target, row, first_centre (crossings[index], pixels->left, pixels->right),
                  first_centre (crossings[index + 1], pixels->left, pixels->right));
    }
}

/* ---- brushes ---- */

/* Where the row at @y meets the disc around @centre, widening [low, high]. */
static void
meet_disc (const WhyPoint *centre, double radius, double y, double *low, double *high)
{
  const double dy = y - centre->y;

  /* A little beyond, as the rule may round the other way. */
  if (fabs (dy) > radius * (1.0 + 1e-12))
    return;
  const double half = sqrt (MAX (0.0, radius * radius - dy * dy));
  *low = MIN (*low, centre->x - half);
  *high = MAX (*high, centre->x + half);
}

static void
meet_side (double ax, double ay, double bx, double by, double y, double *low, double *high)
{
  if ((ay <= y) == (by <= y))
    return;
  const double x = ax + (y - ay) * (bx - ax) / (by - ay);
  *low = MIN (*low, x);
  *high = MAX (*high, x);
}

/* One stroke: two discs and what lies between them. It is convex, so each row of it is one span. */
static void
draw_segment (const WhyPoint *start, const WhyPoint *end, double radius, const WhyPixelBox *pixels,
              const Target *target)
{
  const double length = hypot (end->x - start->x, end->y - start->y);
  const double across_x = length > 0.0 ? -(end->y - start->y) / length * radius : 0.0;
  const double across_y = length > 0.0 ? (end->x - start->x) / length * radius : 0.0;
  const gint64 top = (gint64) CLAMP (floor (MIN (start->y, end->y) - radius), (double) pixels->top,
                                     (double) pixels->bottom);
  const gint64 bottom = (gint64) CLAMP (ceil (MAX (start->y, end->y) + radius), (double) pixels->top,
                                        (double) pixels->bottom);

  for (gint64 row = top; row < bottom; row++)
    {
      const double y = (double) row + 0.5;
      double low = G_MAXDOUBLE;
      double high = -G_MAXDOUBLE;

      meet_disc (start, radius, y, &low, &high);
      meet_disc (end, radius, y, &low, &high);
      meet_side (start->x + across_x, start->y + across_y, end->x + across_x, end->y + across_y, y, &low, &high);
      meet_side (start->x - across_x, start->y - across_y, end->x - across_x, end->y - across_y, y, &low, &high);
      if (low > high)
        continue;
      gint64 first = first_centre (low, pixels->left, pixels->right);
      gint64 last_end = first_centre (high, pixels->left, pixels->right);

      while (first > pixels->left && why_area_near_segment (start, end, radius, (double) first - 0.5, y))
        first--;
      while (first < last_end && !why_area_near_segment (start, end, radius, (double) first + 0.5, y))
        first++;
      while (last_end < pixels->right && why_area_near_segment (start, end, radius, (double) last_end + 0.5, y))
        last_end++;
      while (last_end > first && !why_area_near_segment (start, end, radius, (double) last_end - 0.5, y))
        last_end--;
      set_span (target, row, first, last_end);
    }
}

static void
draw_mask (const WhyArea *shape, const WhyPixelBox *pixels, const Target *target)
{
  for (gint64 row = pixels->top; row < pixels->bottom; row++)
    {
      guint8 *coverage = row_of (target, row) - target->part->left;

      for (gint64 column = pixels->left; column < pixels->right; column++)
        coverage[column] = why_area_mask_value (shape, (double) column + 0.5, (double) row + 0.5);
    }
}

/* ---- all of them ---- */

static void
draw (const WhyArea *shape, const WhyPixelBox *pixels, const Target *target)
{
  switch (shape->kind)
    {
    case WHY_AREA_RECTANGLE:
      for (gint64 row = pixels->top; row < pixels->bottom; row++)
        set_span (target, row, pixels->left, pixels->right);
      break;
    case WHY_AREA_ELLIPSE:
      draw_ellipse (shape, pixels, target);
      break;
    case WHY_AREA_POLYGON:
      draw_polygon (shape, pixels, target);
      break;
    case WHY_AREA_BRUSH:
      draw_segment (&shape->points[0], &shape->points[0], shape->radius, pixels, target);
      for (gsize point = 1; point < shape->n_points; point++)
        draw_segment (&shape->points[point - 1], &shape->points[point], shape->radius, pixels, target);
      break;
    case WHY_AREA_MASK:
      draw_mask (shape, pixels, target);
      break;
    default:
      break;
    }
  if (shape->kind != WHY_AREA_MASK && shape->box.width < 1.0 && shape->box.height < 1.0)
    {
      const gint64 column = (gint64) floor (shape->box.x + shape->box.width / 2.0);
      const gint64 row = (gint64) floor (shape->box.y + shape->box.height / 2.0);

      if (row >= pixels->top && row < pixels->bottom)
        set_span (target, row, column, column + 1);
    }
}

void
why_area_rasterise_part (const WhyArea *shape, const WhyPixelBox *part, guint8 *coverage, gsize stride)
{
  const Target target = { part, coverage, stride };
  const gsize row_bytes = (gsize) MAX (part->right - part->left, 0);
  WhyPixelBox pixels;

  g_return_if_fail (stride >= row_bytes);

  for (gint64 row = part->top; row < part->bottom; row++)
    memset (row_of (&target, row), 0, row_bytes);
  if (touched (shape, part, &pixels))
    draw (shape, &pixels, &target);
  if (!shape->inverse)
    return;
  for (gint64 row = part->top; row < part->bottom; row++)
    {
      guint8 *values = row_of (&target, row);

      for (gsize column = 0; column < row_bytes; column++)
        values[column] = 255 - values[column];
    }
}

void
why_area_rasterise (const WhyArea *shape, gint64 width, gint64 height, guint8 *coverage, gsize stride)
{
  const WhyPixelBox all = { 0, 0, width, height };

  why_area_rasterise_part (shape, &all, coverage, stride);
}

void
why_area_rasterise_union (WhyArea *const *shapes, gsize n_shapes, gint64 width, gint64 height, guint8 *coverage,
                          gsize stride)
{
  g_autofree guint8 *other = NULL;

  for (gint64 row = 0; row < height && n_shapes == 0; row++)
    memset (coverage + (gsize) row * stride, 0, (gsize) width);
  for (gsize shape = 0; shape < n_shapes; shape++)
    {
      WhyPixelBox pixels;

      if (shape == 0)
        {
          why_area_rasterise (shapes[shape], width, height, coverage, stride);
          continue;
        }
      if (!why_area_get_pixels (shapes[shape], width, height, &pixels))
        continue;
      const gsize columns = (gsize) (pixels.right - pixels.left);
      g_free (g_steal_pointer (&other));
      other = g_malloc (columns * (gsize) (pixels.bottom - pixels.top));
      why_area_rasterise_part (shapes[shape], &pixels, other, columns);
      for (gint64 row = pixels.top; row < pixels.bottom; row++)
        {
          const guint8 *from = other + (gsize) (row - pixels.top) * columns;
          guint8 *to = coverage + (gsize) row * stride + pixels.left;

          for (gsize column = 0; column < columns; column++)
            to[column] = MAX (to[column], from[column]);
        }
    }
}
