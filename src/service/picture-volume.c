#include "config.h"

#include "service/picture.h"

#include <math.h>

/* Voxels by column, row and slice; tensors have their dimensions the other way round. */

void
why_picture_get_voxels (const WhyPicture *picture, gint64 *count)
{
  for (int axis = 0; axis < 3; axis++)
    count[axis] = why_picture_has_planes (picture) ? picture->values->dims[2 - axis] : 0;
}

int
why_picture_get_plane_axis (const WhyPicture *picture, WhyPlaneKind kind)
{
  g_return_val_if_fail (why_picture_has_planes (picture), 2);

  return 2 - why_plane_find (kind, picture->values->dims, picture->has_world ? picture->voxel_to_world : NULL, 0).axis;
}

/* The dimensions of the volume along the plane's x and y, before it is turned. */
static void
plane_dimensions (const WhyPlane *plane, int *x_dimension, int *y_dimension)
{
  *y_dimension = plane->axis == 0 ? 1 : 0;
  *x_dimension = plane->axis == 2 ? 1 : 2;
}

static gint64
offset_of (const WhyPicture *picture, const gint64 *voxel)
{
  const gint64 *dims = picture->values->dims;

  return (voxel[2] * dims[1] + voxel[1]) * dims[2] + voxel[0];
}

static gboolean
is_inside (const WhyPicture *picture, const gint64 *voxel)
{
  for (int axis = 0; axis < 3; axis++)
    {
      if (voxel[axis] < 0 || voxel[axis] >= picture->values->dims[2 - axis])
        return FALSE;
    }
  return TRUE;
}

/* Along the plane's axis; the middle where all are the same. */
static void
find_brightest (const WhyPicture *picture, gint64 *voxel)
{
  const int axis = 2 - picture->plane.axis;
  const gint64 count = picture->values->dims[picture->plane.axis];
  const float *values = picture->values->data;
  gint64 best = count / 2;

  for (gint64 index = 0; index < count; index++)
    {
      voxel[axis] = best;
      const float highest = values[offset_of (picture, voxel)];
      voxel[axis] = index;
      if (values[offset_of (picture, voxel)] > highest || isnan (highest))
        best = index;
    }
  voxel[axis] = best;
}

gboolean
why_picture_find_voxel (const WhyPicture *picture, double x, double y, gint64 *voxel)
{
  WhyAffine to_plane;
  int x_dimension, y_dimension;

  if (!why_picture_has_planes (picture) || !why_affine_invert (&picture->plane_to_display, &to_plane))
    return FALSE;
  why_affine_apply (&to_plane, &x, &y);
  plane_dimensions (&picture->plane, &x_dimension, &y_dimension);
  voxel[2 - x_dimension] = (gint64) floor (x);
  voxel[2 - y_dimension] = (gint64) floor (y);
  voxel[2 - picture->plane.axis] = picture->plane.index;
  if (!is_inside (picture, voxel))
    return FALSE;
  if (picture->projected)
    find_brightest (picture, voxel);
  return TRUE;
}

void
why_picture_find_place (const WhyPicture *picture, const gint64 *voxel, double *x, double *y)
{
  int x_dimension, y_dimension;

  plane_dimensions (&picture->plane, &x_dimension, &y_dimension);
  *x = (double) voxel[2 - x_dimension] + 0.5;
  *y = (double) voxel[2 - y_dimension] + 0.5;
  why_affine_apply (&picture->plane_to_display, x, y);
}

static int
sign_of (double value)
{
  return value > 0 ? 1 : value < 0 ? -1 : 0;
}

void
why_picture_step (const WhyPicture *picture, int right, int down, gint64 *voxel)
{
  const WhyAffine *turned = &picture->plane_to_display;
  int x_dimension, y_dimension;

  plane_dimensions (&picture->plane, &x_dimension, &y_dimension);
  voxel[2 - x_dimension] += right * sign_of (turned->xx) + down * sign_of (turned->yx);
  voxel[2 - y_dimension] += right * sign_of (turned->xy) + down * sign_of (turned->yy);
}

double
why_picture_get_value (const WhyPicture *picture, const gint64 *voxel)
{
  if (!why_picture_has_planes (picture) || !is_inside (picture, voxel))
    return NAN;
  return (double) ((const float *) picture->values->data)[offset_of (picture, voxel)];
}

gboolean
why_picture_get_world (const WhyPicture *picture, const gint64 *voxel, double *mm)
{
  const double *world = picture->voxel_to_world;

  if (!why_picture_has_planes (picture) || !picture->has_world)
    return FALSE;
  for (int direction = 0; direction < 3; direction++)
    mm[direction] = world[4 * direction] * (double) voxel[0] + world[4 * direction + 1] * (double) voxel[1] +
                    world[4 * direction + 2] * (double) voxel[2] + world[4 * direction + 3];
  return TRUE;
}

/* The side of the body that lies farthest along a step of so many voxels. */
static char
side_of (const WhyPicture *picture, const double *step)
{
  static const char towards[3] = { 'R', 'A', 'S' };
  static const char away[3] = { 'L', 'P', 'I' };
  const double *world = picture->voxel_to_world;
  double most = 0;
  char side = ' ';

  for (int direction = 0; direction < 3; direction++)
    {
      const double length =
        world[4 * direction] * step[0] + world[4 * direction + 1] * step[1] + world[4 * direction + 2] * step[2];
      if (fabs (length) > most)
        {
          most = fabs (length);
          side = length > 0 ? towards[direction] : away[direction];
        }
    }
  return side;
}

gboolean
why_picture_get_sides (const WhyPicture *picture, char *sides)
{
  static const double steps[4][2] = { { -1, 0 }, { 1, 0 }, { 0, -1 }, { 0, 1 } };
  WhyAffine to_plane;
  int x_dimension, y_dimension;

  if (!why_picture_has_planes (picture) || !picture->has_world ||
      !why_affine_invert (&picture->plane_to_display, &to_plane))
    return FALSE;
  plane_dimensions (&picture->plane, &x_dimension, &y_dimension);
  for (int side = 0; side < 4; side++)
    {
      double x = steps[side][0], y = steps[side][1];
      double step[3] = { 0, 0, 0 };

      why_affine_apply_distance (&to_plane, &x, &y);
      step[2 - x_dimension] = x;
      step[2 - y_dimension] = y;
      sides[side] = side_of (picture, step);
    }
  return TRUE;
}
