#include "config.h"

#include "image/volume.h"

#include <math.h>
#include <string.h>

static const char *const kinds[] = { "axial", "coronal", "sagittal" };

const char *
why_plane_kind_to_string (WhyPlaneKind kind)
{
  return kinds[kind];
}

gboolean
why_plane_kind_from_string (const char *name, WhyPlaneKind *kind)
{
  for (gsize index = 0; index < G_N_ELEMENTS (kinds); index++)
    {
      if (strcmp (name, kinds[index]) == 0)
        {
          *kind = (WhyPlaneKind) index;
          return TRUE;
        }
    }
  return FALSE;
}

/* For each direction of the body (right-left, back-front, down-up) the dimension of [D, H, W] that runs along
 * it most, each dimension once, and whether it grows towards right, front and up. */
static void
find_axes (const double *world, int *axes, gboolean *grows)
{
  gboolean used[3] = { FALSE, FALSE, FALSE };
  gboolean placed[3] = { FALSE, FALSE, FALSE };

  for (int turn = 0; turn < 3; turn++)
    {
      double most = -1.0;
      int best_direction = 0, best_column = 0;

      for (int direction = 0; direction < 3; direction++)
        for (int column = 0; column < 3; column++)
          {
            const double length =
              sqrt (world[column] * world[column] + world[4 + column] * world[4 + column] +
                    world[8 + column] * world[8 + column]);
            const double share = length > 0.0 ? fabs (world[4 * direction + column]) / length : 0.0;

            if (!placed[direction] && !used[column] && share > most)
              {
                most = share;
                best_direction = direction;
                best_column = column;
              }
          }
      placed[best_direction] = TRUE;
      used[best_column] = TRUE;
      axes[best_direction] = 2 - best_column; /* columns are the last dimension */
      grows[best_direction] = world[4 * best_direction + best_column] > 0.0;
    }
}

/* The plane's two dimensions in their order: rows, columns before transposing. */
static void
plane_axes (const WhyPlane *plane, int *row_axis, int *column_axis)
{
  *row_axis = plane->axis == 0 ? 1 : 0;
  *column_axis = plane->axis == 2 ? 1 : 2;
}

WhyPlane
why_plane_find (WhyPlaneKind kind, const gint64 *dims, const double *voxel_to_world, gint64 index)
{
  static const int without_world[3] = { 0, 1, 2 };
  /* Which direction the plane stands on, and which run right and down on the screen. */
  static const int across[3] = { 2, 1, 0 };
  static const int rightwards[3] = { 0, 0, 1 };
  static const int downwards[3] = { 1, 2, 2 };
  WhyPlane plane = { .axis = without_world[kind] };
  int axes[3], row_axis, column_axis;
  gboolean grows[3];

  if (voxel_to_world != NULL)
    {
      find_axes (voxel_to_world, axes, grows);
      plane.axis = axes[across[kind]];
      plane_axes (&plane, &row_axis, &column_axis);
      plane.transpose = axes[rightwards[kind]] == row_axis;
      /* The patient's right, or front, lies at the left: what grows towards it is mirrored. Rows go down. */
      plane.flip_x = grows[rightwards[kind]];
      plane.flip_y = grows[downwards[kind]];
    }
  plane.index = CLAMP (index, 0, dims[plane.axis] - 1);
  return plane;
}

gint64
why_plane_get_count (const WhyPlane *plane, const gint64 *dims)
{
  return dims[plane->axis];
}

void
why_plane_get_size (const WhyPlane *plane, const gint64 *dims, gint64 *width, gint64 *height)
{
  int row_axis, column_axis;

  plane_axes (plane, &row_axis, &column_axis);
  *width = dims[plane->transpose ? row_axis : column_axis];
  *height = dims[plane->transpose ? column_axis : row_axis];
}

WhyAffine
why_plane_get_affine (const WhyPlane *plane, const gint64 *dims)
{
  gint64 width, height;

  why_plane_get_size (plane, dims, &width, &height);
  const WhyAffine turned = plane->transpose ? (WhyAffine) { .xy = 1.0, .yx = 1.0 } : why_affine_identity ();
  const WhyAffine mirrored =
    why_affine_scale_translate (plane->flip_x ? -1.0 : 1.0, plane->flip_y ? -1.0 : 1.0,
                                plane->flip_x ? (double) width : 0.0, plane->flip_y ? (double) height : 0.0);
  return why_affine_compose (&turned, &mirrored);
}

/* @values: of the plane's first row and column; strides in elements. */
static WhyTensor *
take_values (const float *values, gint64 row_stride, gint64 column_stride, const WhyPlane *plane, const gint64 *dims,
             GError **error)
{
  gint64 width, height;

  why_plane_get_size (plane, dims, &width, &height);
  const gint64 picture_dims[3] = { height, width, 1 };
  WhyTensor *picture = why_tensor_new (WHY_DTYPE_FLOAT32, 3, picture_dims, error);
  if (picture == NULL)
    return NULL;

  /* Steps from one pixel to the next, across and down. */
  const gint64 across = (plane->transpose ? row_stride : column_stride) * (plane->flip_x ? -1 : 1);
  const gint64 down = (plane->transpose ? column_stride : row_stride) * (plane->flip_y ? -1 : 1);
  const float *first =
    values + (plane->flip_x ? -across * (width - 1) : 0) + (plane->flip_y ? -down * (height - 1) : 0);
  float *target = picture->data;

  for (gint64 y = 0; y < height; y++)
    {
      const float *row = first + y * down;

      if (across == 1)
        memcpy (target, row, (gsize) width * sizeof *target);
      else
        for (gint64 x = 0; x < width; x++)
          target[x] = row[x * across];
      target += width;
    }
  return picture;
}

WhyTensor *
why_volume_take_plane (const WhyTensor *volume, const WhyPlane *plane, GError **error)
{
  const gint64 *dims = volume->dims;
  const gint64 strides[3] = { dims[1] * dims[2], dims[2], 1 };
  int row_axis, column_axis;

  g_return_val_if_fail (volume->dtype == WHY_DTYPE_FLOAT32 && volume->rank >= 3 && why_tensor_is_dense (volume), NULL);
  plane_axes (plane, &row_axis, &column_axis);
  return take_values ((const float *) volume->data + plane->index * strides[plane->axis], strides[row_axis],
                      strides[column_axis], plane, dims, error);
}

WhyTensor *
why_volume_take_projection (const WhyTensor *projection, const gint64 *dims, const WhyPlane *plane, GError **error)
{
  int row_axis, column_axis;

  plane_axes (plane, &row_axis, &column_axis);
  g_return_val_if_fail (projection->dtype == WHY_DTYPE_FLOAT32 && projection->rank == 2 &&
                        why_tensor_is_dense (projection) &&
                          projection->dims[0] == dims[row_axis] && projection->dims[1] == dims[column_axis],
                        NULL);
  return take_values (projection->data, projection->dims[1], 1, plane, dims, error);
}

/* In simple precision and without branches, so that eight values at a time are done. */
static void
window_floats (const float *values, gsize count, float low, float scale, float *target)
{
  for (gsize which = 0; which < count; which++)
    {
      const float share = (values[which] - low) * scale;
      const float known = share == share ? share : 0.0f;
      target[which] = known < 0.0f ? 0.0f : known > 255.0f ? 255.0f : known;
    }
}

#define ROW 4096

WhyTensor *
why_window_apply (const WhyTensor *pixels, double low, double high, WhyDType type, GError **error)
{
  const gsize count = why_tensor_count (pixels);
  const float scale = high != low ? (float) (255.0 / (high - low)) : 255.0f;
  WhyTensor *shown = why_tensor_new (type, pixels->rank, pixels->dims, error);
  float values[ROW], windowed[ROW];

  g_return_val_if_fail (pixels->dtype == WHY_DTYPE_FLOAT32 || pixels->dtype == WHY_DTYPE_UINT16, shown);
  for (gsize start = 0; shown != NULL && start < count; start += ROW)
    {
      const gsize n_values = MIN (ROW, count - start);
      const float *from = values;

      if (pixels->dtype == WHY_DTYPE_FLOAT32)
        from = (const float *) pixels->data + start;
      else
        for (gsize which = 0; which < n_values; which++)
          values[which] = (float) ((const guint16 *) pixels->data)[start + which];
      if (type == WHY_DTYPE_FLOAT32)
        {
          window_floats (from, n_values, (float) low, scale, (float *) shown->data + start);
          continue;
        }
      window_floats (from, n_values, (float) low, scale, windowed);
      for (gsize which = 0; which < n_values; which++)
        ((guint8 *) shown->data)[start + which] = (guint8) (windowed[which] + 0.5f);
    }
  return shown;
}
