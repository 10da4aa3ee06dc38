#include "config.h"

#include "service/picture.h"

#include "base/project.h"
#include "base/range.h"
#include "image/resize.h"
#include "image/source.h"
#include "service/slide.h"

#include <math.h>
#include <string.h>

/* Voxels that are longer than wide by less than this are shown as they are. */
#define LEAST_STRETCH 1.01
/* A plane of very flat voxels is not stretched without end. */
#define MAX_DISPLAY_SIDE 8192
/* The longer side of a slide's display: enough for thumbnails and to find tissue. */
#define SLIDE_DISPLAY_SIDE 1024

static void
set_size (WhyPicture *picture)
{
  picture->width = picture->display->dims[1];
  picture->height = picture->display->dims[0];
}

static WhyPlane
find_plane (const WhyPicture *picture, WhyPlaneKind kind, gint64 index)
{
  return why_plane_find (kind, picture->values->dims, picture->has_world ? picture->voxel_to_world : NULL, index);
}

/* Deeper than a screen: all there is as black to white, which is also what networks see. */
static WhyGreyWindow
whole_range (const WhyTensor *pixels)
{
  const double white = pixels->dtype == WHY_DTYPE_UINT16 ? 65535.0 : 255.0;

  return (WhyGreyWindow){ white / 2.0, white };
}

static gboolean
load_pixels (WhyPicture *picture, WhyImageSource *source, WhyCancel *cancel, GError **error)
{
  const gint64 width = why_image_source_get_width (source);
  const gint64 height = why_image_source_get_height (source);

  picture->pixels = why_image_source_read_full (source, 0, 0, width, height, width, height, cancel, error);
  if (picture->pixels == NULL)
    return FALSE;
  picture->display = picture->pixels->dtype == WHY_DTYPE_UINT8
                       ? why_tensor_ref (picture->pixels)
                       : why_image_source_read (source, 0, 0, width, height, width, height, cancel, error);
  picture->is_window_exact = why_image_source_is_window_exact (source);
  if (picture->pixels->dtype != WHY_DTYPE_UINT8)
    picture->full_window = picture->own_window = picture->window = picture->network_window =
      whole_range (picture->pixels);
  picture->spacing[0] = picture->spacing[1] = picture->spacing[2] = NAN;
  return picture->display != NULL;
}

/* All that there is, from the lowest to the highest. */
static WhyGreyWindow
find_full_window (const WhyPicture *picture)
{
  const float *values = picture->values->data;
  const gsize n_values = why_tensor_count (picture->values);
  float low = INFINITY, high = -INFINITY;
  WhyGreyWindow window = picture->own_window;

  for (gsize voxel = 0; voxel < n_values; voxel++)
    {
      if (isfinite (values[voxel]))
        {
          low = MIN (low, values[voxel]);
          high = MAX (high, values[voxel]);
        }
    }
  if (low < high)
    why_window_from_range ((double) low, (double) high, picture->is_window_exact, &window.centre, &window.width);
  return window;
}

/* What the file wants to be seen, or all but the lowest and highest thousandth. */
static void
find_own_window (WhyPicture *picture, const WhyImageSource *source)
{
  double centre, width;
  float low, high;

  picture->is_inverted = why_image_source_is_inverted (source);
  picture->is_window_exact = why_image_source_is_window_exact (source);
  picture->is_own_stated = why_image_source_get_window (source, &centre, &width);
  if (!picture->is_own_stated)
    {
      why_range_robust (picture->values->data, why_tensor_count (picture->values), &low, &high);
      why_window_from_range ((double) low, (double) high, picture->is_window_exact, &centre, &width);
    }
  picture->own_window = picture->window = picture->network_window = (WhyGreyWindow){ centre, width };
  picture->full_window = find_full_window (picture);
}

/* The kind of plane that the slices of the file are. */
static WhyPlaneKind
find_own_kind (const WhyPicture *picture)
{
  for (int kind = WHY_PLANE_AXIAL; kind <= WHY_PLANE_SAGITTAL; kind++)
    {
      if (find_plane (picture, (WhyPlaneKind) kind, 0).axis == 0)
        return (WhyPlaneKind) kind;
    }
  return WHY_PLANE_AXIAL;
}

static gboolean
load_slide (WhyPicture *picture, WhyImageSource *source, WhyCancel *cancel, GError **error)
{
  const gint64 width = why_image_source_get_width (source);
  const gint64 height = why_image_source_get_height (source);
  const double shrink = MIN (1.0, SLIDE_DISPLAY_SIDE / (double) MAX (width, height));

  picture->display = why_image_source_read (source, 0, 0, width, height, MAX (1, (gint64) ((double) width * shrink)),
                                            MAX (1, (gint64) ((double) height * shrink)), cancel, error);
  if (picture->display == NULL)
    return FALSE;
  picture->slide = why_image_source_ref (source);
  picture->width = width;
  picture->height = height;
  picture->objective_power = why_image_source_get_objective_power (source);
  why_slide_find_centre (picture->display, &picture->centre_x, &picture->centre_y);
  picture->centre_x *= (double) width;
  picture->centre_y *= (double) height;
  WhyRoi roi = { 0 };
  return why_picture_look_at (picture, NULL, &roi, 0, &roi, cancel, error);
}

static gboolean
load_values (WhyPicture *picture, WhyImageSource *source, WhyCancel *cancel, GError **error)
{
  const double *world = why_image_source_get_voxel_to_world (source);
  g_autoptr (WhyTensor) volume = why_image_source_read_volume (source, 0, cancel, error);

  if (volume == NULL)
    return FALSE;
  const gint64 dims[4] = { volume->dims[0], volume->dims[1], volume->dims[2], 1 };
  picture->values = why_tensor_reshape (volume, 4, dims);
  if (dims[0] > 1 && !why_project_volume (volume, FALSE, picture->projections, error))
    return FALSE;
  picture->has_world = world != NULL;
  if (world != NULL)
    memcpy (picture->voxel_to_world, world, sizeof picture->voxel_to_world);
  picture->spacing[0] = why_image_source_get_mpp_z (source);
  picture->spacing[1] = why_image_source_get_mpp_y (source);
  picture->spacing[2] = why_image_source_get_mpp_x (source);
  find_own_window (picture, source);
  picture->kind = WHY_PLANE_AXIAL;
  if (dims[0] == 1 || picture->is_series)
    picture->kind = find_own_kind (picture);
  picture->plane = find_plane (picture, picture->kind, 0);
  picture->plane.index = picture->plane.axis == 0 ? why_image_source_get_own_slice (source)
                                                  : why_picture_get_n_planes (picture, picture->kind) / 2;
  return why_picture_fit (picture, why_image_source_is_volume (source), NULL, error);
}

WhyPicture *
why_picture_load (const char *path, WhyCancel *cancel, GError **error)
{
  g_autoptr (WhyPicture) picture = g_new0 (WhyPicture, 1);
  g_autoptr (WhyImageSource) source = why_image_source_open_series (path, NULL, cancel, error);

  if (source == NULL)
    return NULL;
  /* Of a folder the slice that stands for it, which names the same series. */
  picture->path = g_strdup (why_image_source_get_path (source));
  picture->plane_to_display = why_affine_identity ();
  picture->pixels_to_source = why_affine_identity ();
  picture->is_series = why_image_source_is_series (source);
  /* Two letters, or one of a few: they live for ever. */
  picture->unit = g_intern_string (why_image_source_get_unit (source));
  picture->modality = g_intern_string (why_image_source_get_modality (source));
  const gboolean loaded = why_image_source_has_values (source) ? load_values (picture, source, cancel, error)
                          : why_image_source_is_slide (source) ? load_slide (picture, source, cancel, error)
                                                               : load_pixels (picture, source, cancel, error);
  if (!loaded)
    return NULL;
  if (picture->slide == NULL)
    set_size (picture);
  /* Pixels that are not square have no one size. */
  const double mpp_x = why_image_source_get_mpp_x (source), mpp_y = why_image_source_get_mpp_y (source);
  if (picture->values == NULL && fabs (mpp_x / mpp_y - 1) < 0.01)
    picture->um_per_pixel = (mpp_x + mpp_y) / 2;
  picture->note = g_strdup (why_image_source_get_note (source));
  return g_steal_pointer (&picture);
}

WhyPicture *
why_picture_copy (const WhyPicture *picture)
{
  WhyPicture *copy = g_memdup2 (picture, sizeof *picture);

  copy->path = g_strdup (picture->path);
  copy->note = g_strdup (picture->note);
  copy->pixels = picture->pixels != NULL ? why_tensor_ref (picture->pixels) : NULL;
  copy->slide = picture->slide != NULL ? why_image_source_ref (picture->slide) : NULL;
  copy->display = why_tensor_ref (picture->display);
  for (int axis = 0; axis < 3 && picture->projections[axis] != NULL; axis++)
    why_tensor_ref (copy->projections[axis]);
  copy->values = picture->values != NULL ? why_tensor_ref (picture->values) : NULL;
  copy->plane_values = picture->plane_values != NULL ? why_tensor_ref (picture->plane_values) : NULL;
  return copy;
}

void
why_picture_free (WhyPicture *picture)
{
  g_free (picture->path);
  g_free (picture->note);
  g_clear_pointer (&picture->pixels, why_tensor_unref);
  g_clear_pointer (&picture->display, why_tensor_unref);
  for (int axis = 0; axis < 3; axis++)
    g_clear_pointer (&picture->projections[axis], why_tensor_unref);
  g_clear_pointer (&picture->values, why_tensor_unref);
  g_clear_pointer (&picture->plane_values, why_tensor_unref);
  g_clear_pointer (&picture->slide, why_image_source_unref);
  g_free (picture);
}

WhyRoi
why_picture_find_roi (const WhyPicture *picture, const WhyRecipe *recipe, const WhyRoi *wanted, double um_per_pixel)
{
  WhyRoi roi = { 0 };
  gint64 width, height;

  if (picture->is_volume)
    return roi;
  if (wanted->width > 0 && why_roi_from_numbers ((double) wanted->x, (double) wanted->y, (double) wanted->width,
                                                 (double) wanted->height, picture->width, picture->height, &roi, NULL))
    return roi;
  if (picture->slide == NULL)
    return roi;
  why_roi_field (recipe, um_per_pixel, &width, &height);
  return why_roi_around (picture->centre_x, picture->centre_y, width, height, picture->width, picture->height);
}

void
why_picture_get_shown (const WhyPicture *picture, const WhyRoi *roi, gint64 *width, gint64 *height,
                       WhyAffine *to_source)
{
  const gint64 *dims = picture->pixels->dims + (picture->pixels->rank == 4 ? 1 : 0);
  const gboolean part = picture->slide == NULL && !picture->is_volume && roi->width > 0;
  const WhyAffine shift = why_affine_scale_translate (1, 1, part ? (double) roi->x : 0, part ? (double) roi->y : 0);

  *width = part ? roi->width : dims[1];
  *height = part ? roi->height : dims[0];
  *to_source = why_affine_compose (&shift, &picture->pixels_to_source);
}

gboolean
why_picture_look_at (WhyPicture *picture, const WhyRecipe *recipe, const WhyRoi *wanted, double um_per_pixel,
                     WhyRoi *roi, WhyCancel *cancel, GError **error)
{
  const WhyRoi found = why_picture_find_roi (picture, recipe, wanted, um_per_pixel);

  *roi = found;
  if (picture->slide == NULL || (picture->pixels != NULL && why_roi_equal (&picture->pixels_roi, roi)))
    return TRUE;
  WhyTensor *pixels = why_picture_read_roi (picture, roi, cancel, error);
  if (pixels != NULL)
    why_picture_set_pixels (picture, roi, pixels);
  return pixels != NULL;
}

WhyTensor *
why_picture_read_roi (const WhyPicture *picture, const WhyRoi *roi, WhyCancel *cancel, GError **error)
{
  gint64 out_width, out_height;

  g_return_val_if_fail (picture->slide != NULL && roi->width > 0, NULL);
  why_slide_size_to_read (roi->width, roi->height, &out_width, &out_height);
  return why_slide_read (picture->slide, TRUE, roi->x, roi->y, roi->width, roi->height, out_width, out_height, cancel,
                         error);
}

void
why_picture_set_pixels (WhyPicture *picture, const WhyRoi *roi, WhyTensor *pixels)
{
  g_clear_pointer (&picture->pixels, why_tensor_unref);
  picture->pixels = pixels;
  picture->pixels_roi = *roi;
  picture->pixels_to_source =
    why_affine_scale_translate ((double) roi->width / (double) pixels->dims[1],
                                (double) roi->height / (double) pixels->dims[0], (double) roi->x, (double) roi->y);
}

gint64
why_picture_get_n_planes (const WhyPicture *picture, WhyPlaneKind kind)
{
  if (picture->values == NULL)
    return 1;
  const WhyPlane plane = find_plane (picture, kind, 0);
  return why_plane_get_count (&plane, picture->values->dims);
}

/* Distances between the voxels of a plane as it is turned. */
static void
find_spacing (const WhyPicture *picture, const WhyPlane *plane, double *x, double *y)
{
  const int row_axis = plane->axis == 0 ? 1 : 0;
  const int column_axis = plane->axis == 2 ? 1 : 2;

  *x = picture->spacing[plane->transpose ? row_axis : column_axis];
  *y = picture->spacing[plane->transpose ? column_axis : row_axis];
}

double
why_picture_get_um_per_pixel (const WhyPicture *picture)
{
  double x, y;

  if (picture->values == NULL)
    return 0;
  find_spacing (picture, &picture->plane, &x, &y);
  if (!isfinite (x) || !isfinite (y) || !(x > 0) || !(y > 0))
    return 0;
  /* The display is stretched along the longer one until its pixels are square. */
  return MIN (x, y);
}

/* How much longer than the shorter one a voxel is across and down the display. */
static void
find_stretch (const WhyPicture *picture, const WhyPlane *plane, double *across, double *down)
{
  double x, y;

  find_spacing (picture, plane, &x, &y);

  *across = *down = 1.0;
  if (!isfinite (x) || !isfinite (y))
    return;
  if (x > y * LEAST_STRETCH)
    *across = x / y;
  else if (y > x * LEAST_STRETCH)
    *down = y / x;
}

gboolean
why_picture_has_planes (const WhyPicture *picture)
{
  return picture->values != NULL && (picture->is_volume || picture->values->dims[0] > 1);
}

/* Black and white; the other way round where low values are white. */
static void
find_range (const WhyPicture *picture, WhyGreyWindow window, gboolean is_exact, double *low, double *high)
{
  double from, to;

  why_window_get_range (window.centre, window.width, is_exact, &from, &to);
  *low = picture->is_inverted ? to : from;
  *high = picture->is_inverted ? from : to;
}

/* What a picture without values has instead. */
static WhyTensor *
windowed_pixels (const WhyPicture *picture)
{
  return picture->plane_values != NULL ? picture->plane_values : picture->pixels;
}

static gboolean
show (WhyPicture *picture, GError **error)
{
  double low, high;

  find_range (picture, picture->window, picture->is_window_exact, &low, &high);
  WhyTensor *display = why_window_apply (windowed_pixels (picture), low, high, WHY_DTYPE_UINT8, error);
  if (display == NULL)
    return FALSE;
  g_clear_pointer (&picture->display, why_tensor_unref);
  picture->display = display;
  return TRUE;
}

/* Of a picture with values the plane that is shown, as the network is to see it. */
static gboolean
prepare_flat (WhyPicture *picture, GError **error)
{
  double low, high;

  find_range (picture, picture->network_window, picture->is_window_exact || picture->is_network_stated, &low, &high);
  WhyTensor *pixels = why_window_apply (picture->plane_values, low, high, WHY_DTYPE_FLOAT32, error);
  if (pixels == NULL)
    return FALSE;
  g_clear_pointer (&picture->pixels, why_tensor_unref);
  picture->pixels = pixels;
  return TRUE;
}

static gboolean
take_plane (WhyPicture *picture, WhyPlaneKind kind, gint64 index, gboolean projected, GError **error)
{
  const WhyPlane plane = find_plane (picture, kind, index);
  g_autoptr (WhyTensor) values =
    projected ? why_volume_take_projection (picture->projections[plane.axis], picture->values->dims, &plane, error)
              : why_volume_take_plane (picture->values, &plane, error);
  double across, down;

  if (values == NULL)
    return FALSE;
  const double width = (double) values->dims[1];
  const double height = (double) values->dims[0];
  find_stretch (picture, &plane, &across, &down);
  const gint64 shown_width = (gint64) CLAMP (round (width * across), 1.0, MAX (width, MAX_DISPLAY_SIDE));
  const gint64 shown_height = (gint64) CLAMP (round (height * down), 1.0, MAX (height, MAX_DISPLAY_SIDE));
  if (across != 1.0 || down != 1.0)
    {
      WhyTensor *stretched = why_resize (values, shown_width, shown_height, 0, 0, shown_width, shown_height,
                                         WHY_FILTER_BILINEAR, error);
      if (stretched == NULL)
        return FALSE;
      why_tensor_unref (values);
      values = stretched;
    }
  const WhyAffine turned = why_plane_get_affine (&plane, picture->values->dims);
  const WhyAffine stretch =
    why_affine_scale_translate ((double) shown_width / width, (double) shown_height / height, 0.0, 0.0);
  picture->plane_to_display = why_affine_compose (&turned, &stretch);
  picture->kind = kind;
  picture->plane = plane;
  picture->projected = projected;
  g_clear_pointer (&picture->plane_values, why_tensor_unref);
  picture->plane_values = g_steal_pointer (&values);
  if (!show (picture, error))
    return FALSE;
  set_size (picture);
  return picture->is_volume || prepare_flat (picture, error);
}

gboolean
why_picture_set_plane (WhyPicture *picture, WhyPlaneKind kind, gint64 index, GError **error)
{
  g_return_val_if_fail (picture->values != NULL, FALSE);
  return take_plane (picture, kind, index, picture->projected, error);
}

gboolean
why_picture_set_projected (WhyPicture *picture, gboolean projected, GError **error)
{
  g_return_val_if_fail (why_picture_has_planes (picture), FALSE);
  return take_plane (picture, picture->kind, picture->plane.index, projected && picture->projections[0] != NULL, error);
}

gboolean
why_picture_fit (WhyPicture *picture, gboolean takes_volumes, const WhyRecipe *recipe, GError **error)
{
  const gboolean has_window = recipe != NULL && recipe->normalise == WHY_RECIPE_NORMALISE_WINDOW;
  const WhyGreyWindow wanted =
    has_window ? (WhyGreyWindow){ recipe->window_centre, recipe->window_width } : picture->own_window;

  const gboolean same_window = picture->is_network_stated == has_window &&
                               wanted.centre == picture->network_window.centre &&
                               wanted.width == picture->network_window.width;

  if (picture->values == NULL ||
      (picture->pixels != NULL && picture->is_volume == takes_volumes && (takes_volumes || same_window)))
    return TRUE;
  picture->is_volume = takes_volumes;
  picture->network_window = wanted;
  picture->is_network_stated = has_window;
  if (takes_volumes)
    {
      g_clear_pointer (&picture->pixels, why_tensor_unref);
      picture->pixels = why_tensor_ref (picture->values);
    }
  if (picture->plane_values == NULL)
    return why_picture_set_plane (picture, picture->kind, picture->plane.index, error);
  return takes_volumes || prepare_flat (picture, error);
}

gboolean
why_picture_has_window (const WhyPicture *picture)
{
  return picture->own_window.width > 0.0;
}

void
why_picture_choose_window (WhyPicture *picture, WhyGreyWindow window)
{
  if (why_picture_has_window (picture))
    picture->window = window.width > 0.0 ? window : picture->own_window;
}

gboolean
why_picture_draw (WhyPicture *picture, GError **error)
{
  return !why_picture_has_window (picture) || show (picture, error);
}

gboolean
why_picture_set_window (WhyPicture *picture, WhyGreyWindow window, GError **error)
{
  why_picture_choose_window (picture, window);
  return why_picture_draw (picture, error);
}

gboolean
why_picture_take_display (WhyPicture *picture, const WhyPicture *drawn)
{
  if (!why_picture_has_window (picture) || windowed_pixels (drawn) != windowed_pixels (picture) ||
      drawn->window.width != picture->window.width || drawn->window.centre != picture->window.centre)
    return FALSE;
  why_tensor_unref (picture->display);
  picture->display = why_tensor_ref (drawn->display);
  return TRUE;
}

double
why_picture_get_pixel_value (const WhyPicture *picture, gint64 x, gint64 y)
{
  const WhyTensor *values = why_picture_has_window (picture) ? windowed_pixels (picture) : NULL;

  if (values == NULL || x < 0 || y < 0 || y >= values->dims[0] || x >= values->dims[1] || values->dims[2] != 1)
    return NAN;
  const gint64 at = y * values->dims[1] + x;
  return values->dtype == WHY_DTYPE_UINT16 ? (double) ((const guint16 *) values->data)[at]
                                           : (double) ((const float *) values->data)[at];
}
