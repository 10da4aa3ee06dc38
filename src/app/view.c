#include "config.h"

#include "view.h"

#include <math.h>

void
why_view_init (WhyView *view)
{
  *view = (WhyView) { .device_scale = 1.0, .zoom = 1.0, .fit = TRUE, .margin = WHY_VIEW_MARGIN };
}

double
why_view_scale (const WhyView *view)
{
  return view->zoom / view->device_scale;
}

void
why_view_turned_size (const WhyView *view, double *width, double *height)
{
  *width = view->img_width;
  *height = view->img_height;
  why_turn_size (view->turn, width, height);
}

void
why_view_distance_to_image (const WhyView *view, double dx, double dy, double *img_dx, double *img_dy)
{
  const double scale = why_view_scale (view);

  *img_dx = dx / scale;
  *img_dy = dy / scale;
  why_turn_distance (why_turn_invert (view->turn), img_dx, img_dy);
}

double
why_view_fit_zoom (const WhyView *view)
{
  if (view->img_width <= 0 || view->img_height <= 0)
    return 1.0;
  const double width = MAX (view->view_width - 2 * view->margin, 16);
  const double height = MAX (view->view_height - 2 * view->margin, 16);
  double turned_width;
  double turned_height;

  why_view_turned_size (view, &turned_width, &turned_height);
  const double scale = MIN (width / turned_width, height / turned_height);

  return MIN (scale * view->device_scale, WHY_VIEW_MAX_FIT);
}

double
why_view_min_zoom (const WhyView *view)
{
  return MIN (why_view_fit_zoom (view), 0.1);
}

double
why_view_max_zoom (const WhyView *view)
{
  return MAX (why_view_fit_zoom (view), WHY_VIEW_MAX_ZOOM);
}

/* A picture that is smaller than the widget stays in the middle, a larger one covers it. */
static double
clamp_center (double center, double img_extent, double view_extent)
{
  if (img_extent <= view_extent)
    return img_extent / 2;
  return CLAMP (center, view_extent / 2, img_extent - view_extent / 2);
}

static void
settle (WhyView *view)
{
  if (view->fit)
    {
      view->zoom = why_view_fit_zoom (view);
      view->center_x = view->img_width / 2;
      view->center_y = view->img_height / 2;
      return;
    }
  if (view->keeps_part && view->view_width > 0)
    {
      double part_width = view->part.width;
      double part_height = view->part.height;

      why_turn_size (view->turn, &part_width, &part_height);
      view->zoom = MIN (view->view_width / part_width, view->view_height / part_height) * view->device_scale;
      view->center_x = view->part.x + view->part.width / 2;
      view->center_y = view->part.y + view->part.height / 2;
    }
  view->zoom = CLAMP (view->zoom, why_view_min_zoom (view), why_view_max_zoom (view));
  const double scale = why_view_scale (view);
  double extent_x = view->view_width / scale;
  double extent_y = view->view_height / scale;
  why_turn_size (view->turn, &extent_x, &extent_y);
  view->center_x = clamp_center (view->center_x, view->img_width, extent_x);
  view->center_y = clamp_center (view->center_y, view->img_height, extent_y);
}

void
why_view_set_turn (WhyView *view, WhyTurn turn)
{
  view->turn = turn;
  settle (view);
}

void
why_view_set_picture (WhyView *view, double img_width, double img_height)
{
  if (img_width != view->img_width || img_height != view->img_height)
    {
      view->fit = TRUE;
      view->keeps_part = FALSE;
    }
  view->img_width = img_width;
  view->img_height = img_height;
  settle (view);
}

void
why_view_set_size (WhyView *view, double view_width, double view_height, double device_scale)
{
  view->view_width = view_width;
  view->view_height = view_height;
  view->device_scale = device_scale > 0 ? device_scale : 1;
  settle (view);
}

void
why_view_zoom_fit (WhyView *view)
{
  view->fit = TRUE;
  view->keeps_part = FALSE;
  settle (view);
}

void
why_view_zoom_at (WhyView *view, double zoom, double view_x, double view_y)
{
  double img_x;
  double img_y;

  if (view->img_width <= 0 || !isfinite (zoom))
    return;
  why_view_to_image (view, view_x, view_y, &img_x, &img_y);
  view->zoom = CLAMP (zoom, why_view_min_zoom (view), why_view_max_zoom (view));
  view->fit = FALSE;
  view->keeps_part = FALSE;
  double dx;
  double dy;
  why_view_distance_to_image (view, view_x - view->view_width / 2, view_y - view->view_height / 2, &dx, &dy);
  view->center_x = img_x - dx;
  view->center_y = img_y - dy;
  settle (view);
}

void
why_view_place (WhyView *view, gboolean fit, double zoom, double center_x, double center_y)
{
  view->fit = fit;
  view->zoom = zoom;
  view->center_x = center_x;
  view->center_y = center_y;
  settle (view);
}

void
why_view_pan (WhyView *view, double dx, double dy)
{
  const double scale = why_view_scale (view);
  double width;
  double height;
  double img_dx;
  double img_dy;

  why_view_turned_size (view, &width, &height);
  if (width * scale <= view->view_width && height * scale <= view->view_height)
    return;
  view->fit = FALSE;
  view->keeps_part = FALSE;
  why_view_distance_to_image (view, dx, dy, &img_dx, &img_dy);
  view->center_x -= img_dx;
  view->center_y -= img_dy;
  settle (view);
}

void
why_view_center_on (WhyView *view, double img_x, double img_y)
{
  if (view->img_width <= 0 || !isfinite (img_x) || !isfinite (img_y))
    return;
  view->fit = FALSE;
  view->keeps_part = FALSE;
  view->center_x = img_x;
  view->center_y = img_y;
  settle (view);
}

void
why_view_show (WhyView *view, const WhyRect *rect)
{
  if (view->img_width <= 0 || !(rect->width > 0) || !(rect->height > 0))
    return;
  view->fit = FALSE;
  view->keeps_part = TRUE;
  view->part = *rect;
  settle (view);
}

/* The left upper corner of the picture as it is turned, moved to a whole device pixel, so that pixels of the picture
 * at 100 % are pixels of the screen. */
static void
origin (const WhyView *view, double *view_x, double *view_y)
{
  const WhyAffine turned = why_turn_get_affine (view->turn, view->img_width, view->img_height);
  const double scale = why_view_scale (view);
  double x = view->center_x;
  double y = view->center_y;

  why_affine_apply (&turned, &x, &y);
  *view_x = round ((view->view_width / 2 - x * scale) * view->device_scale) / view->device_scale;
  *view_y = round ((view->view_height / 2 - y * scale) * view->device_scale) / view->device_scale;
}

void
why_view_to_image (const WhyView *view, double view_x, double view_y, double *img_x, double *img_y)
{
  const double scale = why_view_scale (view);
  double origin_x;
  double origin_y;

  origin (view, &origin_x, &origin_y);
  double width;
  double height;
  why_view_turned_size (view, &width, &height);
  const WhyAffine back = why_turn_get_affine (why_turn_invert (view->turn), width, height);
  *img_x = (view_x - origin_x) / scale;
  *img_y = (view_y - origin_y) / scale;
  why_affine_apply (&back, img_x, img_y);
}

void
why_view_from_image (const WhyView *view, double img_x, double img_y, double *view_x, double *view_y)
{
  const double scale = why_view_scale (view);
  double origin_x;
  double origin_y;

  origin (view, &origin_x, &origin_y);
  const WhyAffine turned = why_turn_get_affine (view->turn, view->img_width, view->img_height);
  why_affine_apply (&turned, &img_x, &img_y);
  *view_x = img_x * scale + origin_x;
  *view_y = img_y * scale + origin_y;
}

WhyRect
why_view_rect_from_image (const WhyView *view, const WhyRect *rect)
{
  const double scale = why_view_scale (view);
  WhyRect result = { .width = rect->width * scale, .height = rect->height * scale };
  double x;
  double y;

  /* Of the two corners one has the smaller x, and one the smaller y. */
  why_view_from_image (view, rect->x, rect->y, &result.x, &result.y);
  why_view_from_image (view, rect->x + rect->width, rect->y + rect->height, &x, &y);
  why_turn_size (view->turn, &result.width, &result.height);
  result.x = MIN (result.x, x);
  result.y = MIN (result.y, y);
  return result;
}

gboolean
why_view_visible (const WhyView *view, WhyRect *img, WhyRect *target)
{
  const WhyRect all = { 0, 0, view->img_width, view->img_height };
  const double device = view->device_scale;

  if (view->img_width <= 0 || view->img_height <= 0 || view->view_width <= 0 || view->view_height <= 0)
    return FALSE;
  const WhyRect shown = why_view_rect_from_image (view, &all);
  const double left = floor (MAX (shown.x, 0) * device) / device;
  const double top = floor (MAX (shown.y, 0) * device) / device;
  const double right = ceil (MIN (shown.x + shown.width, view->view_width) * device - 1e-6) / device;
  const double bottom = ceil (MIN (shown.y + shown.height, view->view_height) * device - 1e-6) / device;
  if (right <= left || bottom <= top)
    return FALSE;
  *target = (WhyRect) { left, top, right - left, bottom - top };
  double x;
  double y;
  why_view_to_image (view, left, top, &img->x, &img->y);
  why_view_to_image (view, right, bottom, &x, &y);
  img->width = target->width / why_view_scale (view);
  img->height = target->height / why_view_scale (view);
  why_turn_size (view->turn, &img->width, &img->height);
  img->x = MIN (img->x, x);
  img->y = MIN (img->y, y);
  return TRUE;
}

gboolean
why_view_rect_between (const WhyView *view, double img_x0, double img_y0, double img_x1, double img_y1,
                       WhyRect *img)
{
  const double left = CLAMP (MIN (img_x0, img_x1), 0, view->img_width);
  const double right = CLAMP (MAX (img_x0, img_x1), 0, view->img_width);
  const double top = CLAMP (MIN (img_y0, img_y1), 0, view->img_height);
  const double bottom = CLAMP (MAX (img_y0, img_y1), 0, view->img_height);

  *img = (WhyRect) { left, top, right - left, bottom - top };
  return right > left && bottom > top;
}
