#include "config.h"

#include "movement.h"

#include "base/error.h"

#include <string.h>

/* Squares of this side are copied at a time where reading and writing run along different axes, so
 * that both stay within the first-level cache. */
#define TILE 32

typedef struct
{
  gint64 n_a, n_b; /* b is the axis that is written fastest */
  gint64 from_a, from_b;
  gint64 to_a, to_b;
} Plane;

#define DEFINE_COPY_PLANE(TYPE)                                                                    \
  static void copy_plane_##TYPE (const Plane *plane, const TYPE *from, TYPE *to)                   \
  {                                                                                                \
    for (gint64 tile_a = 0; tile_a < plane->n_a; tile_a += TILE)                                   \
      for (gint64 tile_b = 0; tile_b < plane->n_b; tile_b += TILE)                                 \
        {                                                                                          \
          gint64 end_a = MIN (tile_a + TILE, plane->n_a), end_b = MIN (tile_b + TILE, plane->n_b); \
          for (gint64 a = tile_a; a < end_a; a++)                                                  \
            for (gint64 b = tile_b; b < end_b; b++)                                                \
              to[a * plane->to_a + b * plane->to_b] = from[a * plane->from_a + b * plane->from_b]; \
        }                                                                                          \
  }

DEFINE_COPY_PLANE (guint8)
DEFINE_COPY_PLANE (guint16)
DEFINE_COPY_PLANE (guint32)
DEFINE_COPY_PLANE (guint64)

static void
copy_plane (const Plane *plane, gsize size, const char *from, char *to)
{
  if (plane->from_b == 1 && plane->to_b == 1)
    {
      for (gint64 a = 0; a < plane->n_a; a++)
        memcpy (to + a * plane->to_a * (gint64) size, from + a * plane->from_a * (gint64) size,
                (gsize) plane->n_b * size);
      return;
    }
  switch (size)
    {
    case 1: copy_plane_guint8 (plane, (const guint8 *) from, (guint8 *) to); break;
    case 2: copy_plane_guint16 (plane, (const guint16 *) from, (guint16 *) to); break;
    case 4: copy_plane_guint32 (plane, (const guint32 *) from, (guint32 *) to); break;
    case 8: copy_plane_guint64 (plane, (const guint64 *) from, (guint64 *) to); break;
    default: g_assert_not_reached ();
    }
}

void
why_move_strided (int rank, const gint64 *dims, gsize size, gconstpointer from,
                  const gint64 *from_strides, gpointer to, const gint64 *to_strides)
{
  gint64 extent[WHY_MOVE_RANK], read[WHY_MOVE_RANK], write[WHY_MOVE_RANK],
    index[WHY_MOVE_RANK] = { 0 };
  int n_axes = 0;

  g_assert (rank >= 0 && rank <= WHY_MOVE_RANK);
  for (int axis = 0; axis < rank; axis++)
    {
      if (dims[axis] == 0)
        return;
      if (dims[axis] == 1)
        continue;
      if (n_axes > 0 && read[n_axes - 1] == from_strides[axis] * dims[axis] &&
          write[n_axes - 1] == to_strides[axis] * dims[axis])
        {
          extent[n_axes - 1] *= dims[axis];
          read[n_axes - 1] = from_strides[axis];
          write[n_axes - 1] = to_strides[axis];
          continue;
        }
      extent[n_axes] = dims[axis];
      read[n_axes] = from_strides[axis];
      write[n_axes] = to_strides[axis];
      n_axes++;
    }
  if (n_axes == 0)
    {
      memcpy (to, from, size);
      return;
    }

  int last = n_axes - 1, across = n_axes - 2;
  if (read[last] != 1)
    {
      for (int axis = 0; axis < last; axis++)
        {
          if (ABS (read[axis]) < ABS (read[across]))
            across = axis;
        }
    }
  Plane plane = { .n_a = 1, .n_b = extent[last], .from_b = read[last], .to_b = write[last] };
  if (across >= 0)
    {
      plane.n_a = extent[across];
      plane.from_a = read[across];
      plane.to_a = write[across];
    }
  for (;;)
    {
      gint64 from_at = 0, to_at = 0;
      for (int axis = 0; axis < n_axes; axis++)
        {
          from_at += index[axis] * read[axis];
          to_at += index[axis] * write[axis];
        }
      copy_plane (&plane, size, (const char *) from + from_at * (gint64) size,
                  (char *) to + to_at * (gint64) size);

      int axis = last - 1;
      for (; axis >= 0; axis--)
        {
          if (axis == across)
            continue;
          if (++index[axis] < extent[axis])
            break;
          index[axis] = 0;
        }
      if (axis < 0)
        return;
    }
}

void
why_move_all (const WhyTensor *from, WhyTensor *to)
{
  memcpy (to->data, from->data, why_tensor_count (to) * why_dtype_size (to->dtype));
}

gboolean
why_infer_ints (const WhyNode *node, guint index, const char *what, int max, gint64 *values, int *n,
                GError **error)
{
  WhyTensor *tensor = why_node_need_constant (node, index, what, error);
  if (tensor == NULL)
    return FALSE;
  if (tensor->dtype != WHY_DTYPE_INT64 && tensor->dtype != WHY_DTYPE_INT32)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "%s is %s, expected int64 or int32",
                          what, why_dtype_name (tensor->dtype));
  gsize count = why_tensor_count (tensor);
  if (tensor->rank > 1 || count > (gsize) max)
    {
      g_autofree char *text = why_dims_to_string (tensor->rank, tensor->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                            "%s is %s, expected a list of at most %d numbers", what, text, max);
    }
  for (gsize item = 0; item < count; item++)
    values[item] = why_tensor_get_i64 (tensor, item);
  *n = (int) count;
  return TRUE;
}

gboolean
why_infer_attr_ints (const WhyNode *node, const char *name, int max, gint64 *values, int *n,
                     GError **error)
{
  gsize count;
  const gint64 *ints = why_node_ints (node, name, &count);
  if (count > (gsize) max)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "%s has %" G_GSIZE_FORMAT " numbers, expected at most %d", name, count,
                          max);
  if (count > 0)
    memcpy (values, ints, count * sizeof *values);
  *n = (int) count;
  return TRUE;
}

gboolean
why_infer_axes (const WhyNode *node, int n, gint64 *axes, int rank, GError **error)
{
  gboolean seen[WHY_MAX_RANK] = { FALSE };
  for (int place = 0; place < n; place++)
    {
      int axis;
      if (!why_node_axis (node, axes[place], rank, &axis, error))
        return FALSE;
      if (seen[axis])
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "axis %d is named twice", axis);
      seen[axis] = TRUE;
      axes[place] = axis;
    }
  return TRUE;
}
