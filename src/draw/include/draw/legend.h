#pragma once

#include <cairo.h>

#include "draw/overlay.h"

G_BEGIN_DECLS

/**
 * WhyTheme:
 *
 * @WHY_THEME_ON_PICTURE: white on a dark translucent panel, for legends over a picture
 */
typedef enum
{
  WHY_THEME_LIGHT,
  WHY_THEME_DARK,
  WHY_THEME_ON_PICTURE,
} WhyTheme;

#define WHY_MAX_TICKS 16

/**
 * why_ticks:
 * @max_ticks: at most so many, at least 2, at most %WHY_MAX_TICKS
 * @ticks: (out) (array): ascending multiples of 1, 2 or 5 times a power of ten in lo..hi
 * @step: (out) (optional): their distance
 *
 * Returns: how many; 1 (the value itself) when lo == hi, 0 when the limits are not finite. If lo < 0 < hi, 0 is among them
 */
int why_ticks (double lo, double hi, int max_ticks, double *ticks, double *step);

/**
 * why_tick_label:
 * @step: distance of the ticks, decides the number of decimals
 * @exponent: labels are in units of 10^@exponent
 *
 * Returns: (transfer full): with a real minus sign, in the current locale's decimal mark
 */
char *why_tick_label (double value, double step, int exponent) G_GNUC_WARN_UNUSED_RESULT;

/** why_tick_exponent: the common power of ten for labels between the limits; 0 for ordinary numbers. */
int why_tick_exponent (double lo, double hi);

/** why_tick_factor: Returns: (transfer full): " ×10⁻⁵" to stand behind a number, "" for exponent 0 */
char *why_tick_factor (int exponent) G_GNUC_WARN_UNUSED_RESULT;

/**
 * WhyColorBar:
 * @style: colour map, threshold, alpha by value and vision are shown as they act
 * @lo: (and @hi) the limits, raw units
 * @title: (nullable): e.g. "Grad-CAM, features.18.2"
 * @lines: (nullable) (array zero-terminated=1): more lines, e.g. class and normalisation
 * @unit: (nullable): what the numbers are, e.g. "logit per activation"
 * @vertical: bar upright, numbers at its right
 * @length: of the bar, user units
 * @font_size: user units (pixels on screen)
 */
typedef struct
{
  const WhyOverlayStyle *style;
  double lo;
  double hi;
  const char *title;
  const char *const *lines;
  const char *unit;
  gboolean vertical;
  double length;
  double font_size;
  WhyTheme theme;
} WhyColorBar;

/** why_color_bar_measure: size with its panel and text. @max_width: text is shortened to fit, at least the bar */
void why_color_bar_measure (cairo_t *cr, const WhyColorBar *bar, double max_width, double *width,
                            double *height);

/** why_color_bar_draw: draws into the rectangle at @x, @y of the size measured. */
void why_color_bar_draw (cairo_t *cr, const WhyColorBar *bar, double x, double y, double max_width);

/**
 * why_scale_bar_choose:
 * @um_per_unit: micrometres that one user unit shows
 * @max_length: longest bar wanted, user units
 * @length: (out): of the bar, user units
 * @label: (out) (transfer full): e.g. "200 µm", "1 mm", "5 m"
 *
 * The longest length of the 1-2-5 series that fits.
 *
 * Returns: %FALSE, with nothing set, when the pixel size is unknown (not positive or not finite)
 */
gboolean why_scale_bar_choose (double um_per_unit, double max_length, double *length, char **label);

/**
 * why_scale_bar_draw:
 * @x: left edge
 * @y: lower edge
 *
 * Draws bar and label on a panel; nothing when the pixel size is unknown.
 */
void why_scale_bar_draw (cairo_t *cr, double um_per_unit, double max_length, double font_size, double x,
                         double y);

/**
 * why_bar_row_draw:
 * @value: the number in words, at the end of the row
 * @share: 0..1, e.g. a probability: how much of the bar is filled
 * @highlight: drawn in the accent colour and bold
 *
 * One row of a bar chart: label, bar and number, in a rectangle. Long labels lose their middle.
 */
void why_bar_row_draw (cairo_t *cr, const char *label, const char *value, double share, gboolean highlight,
                       WhyTheme theme, double font_size, const WhyRect *row);

G_END_DECLS
