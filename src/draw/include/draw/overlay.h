#pragma once

#include <cairo.h>

#include "base/rect.h"
#include "draw/colormap.h"
#include "draw/resample.h"

G_BEGIN_DECLS

/**
 * WhyOverlayMap:
 * @values: (array): raw values, @height rows of @width, never normalised; borrowed
 * @to_source: from map cells to source pixels
 * @source_width: size of the source picture: nothing is drawn outside it, so that a map of a padded
 *   input does not run over the border; 0: unknown, no limit
 */
typedef struct
{
  const float *values;
  int width;
  int height;
  WhyAffine to_source;
  double source_width;
  double source_height;
} WhyOverlayMap;

/**
 * WhyMapStats:
 * @min: over the finite values, as all below; 0 when there is none
 * @n_values: all values
 * @n_not_finite: NaN and infinities among them
 * @flat: all finite values are equal (also true when there is none)
 * @all_zero: all finite values are 0
 * @all_negative: there is a finite value and all are below 0
 * @has_negative: some finite value is below 0
 *
 * Facts about a map, from which the caller makes the sentence shown ("The map is empty: ...").
 */
typedef struct
{
  double min;
  double max;
  double mean;
  gsize n_values;
  gsize n_not_finite;
  gboolean flat;
  gboolean all_zero;
  gboolean all_negative;
  gboolean has_negative;
} WhyMapStats;

void why_map_stats (const float *values, gsize n_values, WhyMapStats *stats);

/**
 * WhyLimits:
 * @WHY_LIMITS_MIN_MAX: from the map's least to its greatest value
 * @WHY_LIMITS_ZERO_MAX: from 0 (or the least value, if that is below) to the greatest (or 0)
 * @WHY_LIMITS_SYMMETRIC: from -m to m with m the greatest magnitude: 0 is in the middle
 * @WHY_LIMITS_LOCKED: as given, shared by several maps
 */
typedef enum
{
  WHY_LIMITS_MIN_MAX,
  WHY_LIMITS_ZERO_MAX,
  WHY_LIMITS_SYMMETRIC,
  WHY_LIMITS_LOCKED,
} WhyLimits;

#define WHY_MAX_CONTOURS 8

/**
 * WhyOverlayStyle:
 * @colormap: (nullable): %NULL: the default for signed or unsigned maps, see @centre_zero
 * @opacity: 0..1
 * @limits: where the ends of the colour map are. With @centre_zero %WHY_LIMITS_MIN_MAX and
 *   %WHY_LIMITS_ZERO_MAX count as %WHY_LIMITS_SYMMETRIC, and locked limits are widened so that they are
 *   symmetric: 0 is the neutral colour whatever the limits
 * @lo: (and @hi) the locked limits, raw units
 * @outlier_share: 0..0.5; own limits only: the magnitude that holds all but this share of the sum of
 *   magnitudes becomes the limit (Captum's outlier_perc); 0: none
 * @centre_zero: the map is signed: 0 lies in the middle of the colour map
 * @threshold: 0..1 of the range; what is below is transparent. For signed maps of the magnitude.
 * @kind: %WHY_RESAMPLE_NEAREST (cells), %WHY_RESAMPLE_BILINEAR or %WHY_RESAMPLE_BICUBIC (smooth). Where the
 *   picture shows more than one cell to a pixel the mean of the cells (area) is shown instead
 * @alpha_by_value: opacity grows with the value (signed: with the magnitude) from 0 to @opacity
 * @blank_gaps: values that are not finite are transparent, as places of which nothing is known; otherwise they are hatched,
 *   as a fault
 * @vision: simulated colour vision
 * @contours: (array length=n_contours): levels as shares of the range, like @threshold; for signed maps
 *   each is drawn on both sides
 * @contour_labels: write the raw value on the lines
 *
 * How a map looks. Nothing here changes the map. A plain value that may be copied.
 */
typedef struct
{
  const WhyColormap *colormap;
  double opacity;
  WhyLimits limits;
  double lo;
  double hi;
  double outlier_share;
  gboolean centre_zero;
  double threshold;
  WhyResample kind;
  gboolean alpha_by_value;
  gboolean blank_gaps;
  WhyVision vision;
  int n_contours;
  double contours[WHY_MAX_CONTOURS];
  gboolean contour_labels;
} WhyOverlayStyle;

/**
 * why_overlay_style_init:
 *
 * Smooth; unsigned: half opaque, from 0 to the maximum; signed: symmetric, opacity growing with the
 * magnitude up to 0.8.
 */
void why_overlay_style_init (WhyOverlayStyle *style, gboolean is_signed);

/** why_overlay_style_colormap: Returns: (transfer none): the colour map that is used, never %NULL */
const WhyColormap *why_overlay_style_colormap (const WhyOverlayStyle *style);

/**
 * why_overlay_limits:
 * @lo: (out): (and @hi) raw values at the ends of the colour bar, lo <= hi, finite
 *
 * A flat map may give lo == hi; it is then drawn in the lowest colour (signed: in the neutral one).
 */
void why_overlay_limits (const WhyOverlayMap *map, const WhyOverlayStyle *style, double *lo, double *hi);

/**
 * why_overlay_position:
 *
 * Returns: where @value lies on the colour map, 0..1, clamped; NaN for NaN
 */
double why_overlay_position (double value, double lo, double hi, gboolean centre_zero);

/** why_overlay_shows: whether @value is drawn between these limits: it reaches the threshold */
gboolean why_overlay_shows (const WhyOverlayStyle *style, double value, double lo, double hi);

/** why_overlay_style_set_contours: @n_levels: lines at equal distances inside the limits, at most %WHY_MAX_CONTOURS; 0: none */
void why_overlay_style_set_contours (WhyOverlayStyle *style, int n_levels);

/**
 * why_overlay_render:
 * @view: the part of the source to show, in source pixels
 * @pixels: (out caller-allocates): @out_height rows of @out_width pixels, native-endian 0xAARRGGBB with
 *   colours premultiplied by alpha (%CAIRO_FORMAT_ARGB32, GDK_MEMORY_DEFAULT); overwritten, not blended
 * @stride: bytes from row to row, at least 4 * @out_width and a multiple of 4
 *
 * Draws the map without contours. Output pixel (x, y) shows the map at its centre. Off the map: clear. A
 * cell that is not finite is hatched in grey; its neighbours are interpolated among finite cells only.
 * The own limits are those of the whole map, whatever the view, so tiles fit together. Any thread.
 */
void why_overlay_render (const WhyOverlayMap *map, const WhyOverlayStyle *style, const WhyRect *view,
                         int out_width, int out_height, guint32 *pixels, gsize stride);

/**
 * why_overlay_paint:
 * @view: the part of the source to show, in source pixels
 * @target: where it goes, in user units of @cr
 * @device_scale: pixels wanted for a user unit, e.g. 1 for a screen, 2 for a fine PDF
 *
 * Renders and paints the map over what is there, then its contour lines (as vectors).
 */
void why_overlay_paint (cairo_t *cr, const WhyOverlayMap *map, const WhyOverlayStyle *style,
                        const WhyRect *view, const WhyRect *target, double device_scale);

/**
 * why_overlay_paint_contours:
 * @line_width: of the inner stroke, user units; the outer black one is twice as wide
 *
 * Only the contour lines, for a canvas that keeps the colours in textures.
 */
void why_overlay_paint_contours (cairo_t *cr, const WhyOverlayMap *map, const WhyOverlayStyle *style,
                                 const WhyRect *view, const WhyRect *target, double line_width);

G_END_DECLS
