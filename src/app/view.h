#pragma once

#include "base/turn.h"
#include "draw/overlay.h"

G_BEGIN_DECLS

/* Where a picture lies in a widget: zoom and position, plain numbers without any GTK.
 *
 * Coordinates: img_x, img_y are source pixels (continuous, base/affine.h); view_x, view_y are the
 * widget's (logical pixels, origin top left). Pictures are never mirrored, whatever the text direction.
 *
 * Numbers as in GNOME's image viewer: 1.3 a wheel notch, 1.5 a button or key, at most 2000 %, more only where
 * a picture of few pixels would otherwise be lost in the widget. */

#define WHY_VIEW_WHEEL_FACTOR 1.3
#define WHY_VIEW_STEP_FACTOR 1.5
#define WHY_VIEW_MAX_ZOOM 20.0
#define WHY_VIEW_MAX_FIT 200.0
#define WHY_VIEW_MARGIN 24.0

/**
 * WhyView:
 * @img_width, @img_height: source pixels; 0: no picture
 * @view_width, @view_height: widget
 * @device_scale: device pixels to a logical one
 * @zoom: device pixels to a source pixel: 1 is 100 %
 * @center_x, @center_y: the source position in the middle of the widget
 * @fit: the zoom follows the widget's size
 * @turn: how the picture lies in the widget; see why_view_set_turn()
 * @margin: around a picture that is shown as a whole, logical pixels
 * @keeps_part, @part: so does it, but to show this part of the picture: see why_view_show()
 */
typedef struct
{
  double img_width, img_height;
  double view_width, view_height;
  double device_scale;
  double zoom;
  double center_x, center_y;
  gboolean fit;
  WhyTurn turn;
  double margin;
  gboolean keeps_part;
  WhyRect part;
} WhyView;

void why_view_init (WhyView *view);

/** why_view_set_turn: what is shown is turned and mirrored; positions in the picture stay what they are. Its middle stays in the
 *  middle */
void why_view_set_turn (WhyView *view, WhyTurn turn);

/** why_view_set_picture: another picture; shown as a whole unless it has the size of the last one. */
void why_view_set_picture (WhyView *view, double img_width, double img_height);
void why_view_set_size (WhyView *view, double view_width, double view_height, double device_scale);

double why_view_fit_zoom (const WhyView *view); /* the zoom that shows all with a small margin */
double why_view_min_zoom (const WhyView *view);
double why_view_max_zoom (const WhyView *view);

void why_view_zoom_fit (WhyView *view);

/** why_view_zoom_at: changes the zoom so that the source position under (@view_x, @view_y) stays there. */
void why_view_zoom_at (WhyView *view, double zoom, double view_x, double view_y);

/** why_view_place: shows the same part as another widget does, as far as the size allows. @fit: all of it */
void why_view_place (WhyView *view, gboolean fit, double zoom, double center_x, double center_y);

/** why_view_pan: moves the picture by so many logical pixels; stops at its edges. */
void why_view_pan (WhyView *view, double dx, double dy);

/** why_view_center_on: moves without zooming so that this source position is in the middle, as far as edges allow */
void why_view_center_on (WhyView *view, double img_x, double img_y);

/** why_view_show: zooms and moves so that @rect, in source pixels, just fits; until something else is asked for, also when the
 *  widget gets another size */
void why_view_show (WhyView *view, const WhyRect *rect);

/** why_view_scale: logical pixels to a source pixel */
double why_view_scale (const WhyView *view);
void why_view_to_image (const WhyView *view, double view_x, double view_y, double *img_x, double *img_y);
void why_view_from_image (const WhyView *view, double img_x, double img_y, double *view_x, double *view_y);

/** why_view_turned_size: of the picture as it is shown */
void why_view_turned_size (const WhyView *view, double *width, double *height);
/** why_view_distance_to_image: a displacement in the widget, logical pixels, as one in the picture */
void why_view_distance_to_image (const WhyView *view, double dx, double dy, double *img_dx, double *img_dy);

/** why_view_rect_from_image: a rectangle of the source in logical pixels */
WhyRect why_view_rect_from_image (const WhyView *view, const WhyRect *rect);

/**
 * why_view_visible:
 * @img: (out): the visible part in source pixels
 * @target: (out): where it lies, on whole device pixels, so that a texture of
 *   @target * device_scale pixels is shown one to one
 *
 * Returns: %FALSE if nothing is visible
 */
gboolean why_view_visible (const WhyView *view, WhyRect *img, WhyRect *target);

/**
 * why_view_rect_between:
 * @img: (out): the rectangle with these two corners (source positions), clipped to the picture
 *
 * Returns: %FALSE if it has no area
 */
gboolean why_view_rect_between (const WhyView *view, double img_x0, double img_y0, double img_x1,
                                double img_y1, WhyRect *img);

G_END_DECLS
