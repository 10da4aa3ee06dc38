#include "config.h"

#include "image/outline.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

#define ELLIPSE_POINTS 96

static void
ring_clear (gpointer data)
{
  WhyRing *ring = data;
  g_clear_pointer (&ring->points, g_free);
}

GArray *
why_outline_new (void)
{
  GArray *rings = g_array_new (FALSE, FALSE, sizeof (WhyRing));

  g_array_set_clear_func (rings, ring_clear);
  return rings;
}

static void
add_ring (GArray *rings, const WhyPoint *points, gsize n_points)
{
  const WhyRing ring = { g_memdup2 (points, n_points * sizeof *points), n_points, -1 };

  g_array_append_val (rings, ring);
}

/* ---- nesting ---- */

typedef struct
{
  const WhyRing *ring;
  WhyRect box;
  double area;
  WhyPoint probe; /* on its line, and on no other's */
  int depth;
} Nest;

static double
area_of (const WhyRing *ring)
{
  double twice = 0;

  for (gsize at = 0; at < ring->n_points; at++)
    {
      const WhyPoint *a = &ring->points[at], *b = &ring->points[(at + 1) % ring->n_points];
      twice += a->x * b->y - b->x * a->y;
    }
  return fabs (twice) / 2;
}

static void
nest_init (Nest *nest, const WhyRing *ring)
{
  const WhyPoint *first = &ring->points[0], *second = &ring->points[1 % ring->n_points];
  double left = first->x, right = first->x, top = first->y, bottom = first->y;

  for (gsize at = 1; at < ring->n_points; at++)
    {
      left = MIN (left, ring->points[at].x);
      right = MAX (right, ring->points[at].x);
      top = MIN (top, ring->points[at].y);
      bottom = MAX (bottom, ring->points[at].y);
    }
  *nest = (Nest) {
    .ring = ring,
    .box = { left, top, right - left, bottom - top },
    .area = area_of (ring),
    .probe = { (first->x + second->x) / 2, (first->y + second->y) / 2 },
  };
}

static gboolean
encloses (const Nest *outer, const WhyPoint *point)
{
  const WhyRing *ring = outer->ring;
  gboolean inside = FALSE;

  if (point->x < outer->box.x || point->y < outer->box.y || point->x > outer->box.x + outer->box.width ||
      point->y > outer->box.y + outer->box.height)
    return FALSE;
  for (gsize at = 0; at < ring->n_points; at++)
    {
      const WhyPoint *a = &ring->points[at], *b = &ring->points[(at + 1) % ring->n_points];
      if ((a->y > point->y) != (b->y > point->y) &&
          point->x < a->x + (point->y - a->y) / (b->y - a->y) * (b->x - a->x))
        inside = !inside;
    }
  return inside;
}

void
why_outline_nest (GArray *rings)
{
  g_autofree Nest *nests = g_new (Nest, rings->len + 1);
  g_autoptr (GArray) sorted = why_outline_new ();
  g_autofree int *parents = g_new (int, rings->len + 1);

  for (guint index = 0; index < rings->len; index++)
    nest_init (&nests[index], &g_array_index (rings, WhyRing, index));
  for (guint index = 0; index < rings->len; index++)
    {
      parents[index] = -1;
      for (guint other = 0; other < rings->len; other++)
        {
          if (other == index || nests[other].area <= nests[index].area ||
              !encloses (&nests[other], &nests[index].probe))
            continue;
          nests[index].depth++;
          if (parents[index] < 0 || nests[other].area < nests[parents[index]].area)
            parents[index] = (int) other;
        }
    }
  /* An island in a hole is a ring of its own, and so is what only seems to be a hole as lines cross. */
  for (guint index = 0; index < rings->len; index++)
    if (nests[index].depth % 2 == 0 || nests[parents[index]].depth % 2 != 0)
      parents[index] = -1;
  for (guint index = 0; index < rings->len; index++)
    {
      if (parents[index] >= 0)
        continue;
      const int place = (int) sorted->len;
      WhyRing ring = g_array_index (rings, WhyRing, index);
      ring.parent = -1;
      g_array_append_val (sorted, ring);
      for (guint hole = 0; hole < rings->len; hole++)
        {
          if (parents[hole] != (int) index)
            continue;
          ring = g_array_index (rings, WhyRing, hole);
          ring.parent = place;
          g_array_append_val (sorted, ring);
        }
    }
  memcpy (rings->data, sorted->data, sorted->len * sizeof (WhyRing));
  g_array_set_clear_func (sorted, NULL);
}

/* ---- tracing ---- */

enum
{
  RIGHT,
  DOWN,
  LEFT,
  UP,
};

/* For each corner of the grid the directions in which an edge leaves it, with the inside to its right. */
static guint8 *
find_edges (const guint8 *inside, gsize width, gsize height)
{
  const gsize corners = width + 1;
  guint8 *edges = g_try_malloc0 (corners * (height + 1));

  for (gsize row = 0; edges != NULL && row < height; row++)
    for (gsize column = 0; column < width; column++)
      {
        const guint8 *at = inside + row * width + column;
        guint8 *corner = edges + row * corners + column;
        if (*at < 128)
          continue;
        if (row == 0 || at[-(gssize) width] < 128)
          corner[0] |= 1 << RIGHT;
        if (column + 1 == width || at[1] < 128)
          corner[1] |= 1 << DOWN;
        if (row + 1 == height || at[width] < 128)
          corner[corners + 1] |= 1 << LEFT;
        if (column == 0 || at[-1] < 128)
          corner[corners] |= 1 << UP;
      }
  return edges;
}

/* Follows the edges from one corner until they close, and takes them away. */
static void
follow (guint8 *edges, gsize corners, gsize start, double left, double top, GArray *points)
{
  const gssize steps[] = { 1, (gssize) corners, -1, -(gssize) corners };
  const int first = __builtin_ctz (edges[start]);
  gsize at = start;
  int direction = first, before = -1;

  g_array_set_size (points, 0);
  do
    {
      if (direction != before)
        {
          const WhyPoint point = { left + (double) (at % corners), top + (double) (at / corners) };
          g_array_append_val (points, point);
        }
      /* The first edge stays until the end: it tells that the ring has closed, where two meet at the corner. */
      if (at != start || direction != first)
        edges[at] &= (guint8) ~(1 << direction);
      at = (gsize) ((gssize) at + steps[direction]);
      before = direction;
      /* To the right first: so pixels that touch at a corner only become two rings. */
      for (int turn = 1; turn >= -1; turn--)
        {
          direction = (before + turn + 4) % 4;
          if ((edges[at] & 1 << direction) != 0)
            break;
        }
    }
  while (at != start || direction != first);
  edges[start] &= (guint8) ~(1 << first);
}

static gboolean
trace (const guint8 *inside, gsize width, gsize height, double left, double top, GArray *rings, GError **error)
{
  const gsize corners = width + 1;
  g_autofree guint8 *edges = find_edges (inside, width, height);
  g_autoptr (GArray) points = g_array_new (FALSE, FALSE, sizeof (WhyPoint));

  if (edges == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "There is no memory for the outline of %" G_GSIZE_FORMAT " x %" G_GSIZE_FORMAT " pixels", width,
                   height);
      return FALSE;
    }
  for (gsize corner = 0; corner < corners * (height + 1); corner++)
    while (edges[corner] != 0)
      {
        follow (edges, corners, corner, left, top, points);
        if (rings->len >= WHY_OUTLINE_MAX_RINGS)
          {
            g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                         "The outline has more than %d parts; export it as a mask instead", WHY_OUTLINE_MAX_RINGS);
            return FALSE;
          }
        add_ring (rings, (const WhyPoint *) points->data, points->len);
      }
  return TRUE;
}

static gboolean
trace_shape (const WhyArea *shape, gint64 width, gint64 height, GArray *rings, GError **error)
{
  WhyPixelBox box;

  if (!why_area_get_pixels (shape, width, height, &box))
    return TRUE;
  const gint64 dims[] = { box.bottom - box.top, box.right - box.left };
  g_autoptr (WhyTensor) coverage = why_tensor_new (WHY_DTYPE_UINT8, 2, dims, error);
  if (coverage == NULL)
    return FALSE;
  why_area_rasterise_part (shape, &box, coverage->data, (gsize) dims[1]);
  return trace (coverage->data, (gsize) dims[1], (gsize) dims[0], (double) box.left, (double) box.top, rings, error);
}

/* ---- polygons of several rings ---- */

static gboolean
same_point (const WhyPoint *a, const WhyPoint *b)
{
  return a->x == b->x && a->y == b->y;
}

/* A polygon that comes back to its first point is several rings: the first, and others that begin and end in
 * a point of their own. Others are what they are. */
static void
split_polygon (const WhyPoint *points, gsize n_points, GArray *rings)
{
  gsize first = 0;

  for (gsize at = 1; at <= n_points; at++)
    {
      if (at < n_points && !same_point (&points[at], &points[0]))
        continue;
      /* The ring itself, or between two returns one that begins and ends in the same point. */
      const gsize begin = first == 0 ? 0 : first + 1;
      gsize n = at - begin;
      if (first > 0 && n > 1 && same_point (&points[begin], &points[begin + n - 1]))
        n--;
      if (n >= 3)
        add_ring (rings, points + begin, n);
      first = at;
    }
}

WhyArea *
why_outline_to_shape (const WhyRing *rings, gsize n_rings, GError **error)
{
  g_autoptr (GArray) points = g_array_new (FALSE, FALSE, sizeof (WhyPoint));

  if (n_rings == 0)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "An outline without rings encloses nothing");
      return NULL;
    }
  for (gsize ring = 0; ring < n_rings; ring++)
    {
      g_array_append_vals (points, rings[ring].points, (guint) rings[ring].n_points);
      if (ring > 0)
        g_array_append_vals (points, rings[ring].points, 1);
      if (n_rings > 1)
        g_array_append_vals (points, rings[0].points, 1);
    }
  return why_area_new_polygon ((const WhyPoint *) points->data, points->len, FALSE, error);
}

GArray *
why_outline_of_shape (const WhyArea *shape, gint64 width, gint64 height, GError **error)
{
  g_autoptr (GArray) rings = why_outline_new ();
  const WhyAreaKind kind = why_area_get_kind (shape);
  WhyPoint points[ELLIPSE_POINTS];
  WhyRect box;
  gsize n_points;

  why_area_get_box (shape, &box);
  if (why_area_get_inverse (shape) || kind == WHY_AREA_BRUSH || kind == WHY_AREA_MASK)
    {
      if (!trace_shape (shape, width, height, rings, error))
        return NULL;
    }
  else if (kind == WHY_AREA_POLYGON)
    {
      const WhyPoint *polygon = why_area_get_points (shape, &n_points);
      split_polygon (polygon, n_points, rings);
    }
  else
    {
      n_points = kind == WHY_AREA_RECTANGLE ? 4 : ELLIPSE_POINTS;
      for (gsize at = 0; at < n_points; at++)
        {
          const double angle = 2 * G_PI * (double) at / ELLIPSE_POINTS;
          points[at] = (WhyPoint) { box.x + box.width / 2 * (1 + cos (angle)),
                                    box.y + box.height / 2 * (1 + sin (angle)) };
          if (kind == WHY_AREA_RECTANGLE)
            points[at] = (WhyPoint) { box.x + (at == 1 || at == 2 ? box.width : 0), box.y + (at > 1 ? box.height : 0) };
        }
      add_ring (rings, points, n_points);
    }
  why_outline_nest (rings);
  return g_steal_pointer (&rings);
}
