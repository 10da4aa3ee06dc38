#include "config.h"

#include "draw/outline.h"

void
why_outline_stroke (cairo_t *cr, guint32 color, WhyPattern pattern, double width)
{
  static const double dashes[WHY_N_PATTERNS][4] = { { 0 }, { 8, 4 }, { 2, 3 }, { 9, 3, 2, 3 } };
  static const int n_dashes[WHY_N_PATTERNS] = { 0, 2, 2, 4 };

  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_dash (cr, NULL, 0, 0);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.7);
  cairo_set_line_width (cr, width + 2);
  cairo_stroke_preserve (cr);
  cairo_set_source_rgb (cr, (color >> 16 & 0xff) / 255.0, (color >> 8 & 0xff) / 255.0, (color & 0xff) / 255.0);
  cairo_set_line_width (cr, width);
  cairo_set_dash (cr, dashes[pattern], n_dashes[pattern], 0);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
}
