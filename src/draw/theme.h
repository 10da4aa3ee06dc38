#pragma once

#include <cairo.h>

#include "draw/legend.h"

G_BEGIN_DECLS

typedef struct
{
  double r, g, b, a;
} WhyColor;

typedef struct
{
  WhyColor ground;    /* of a page; of the panel when on a picture */
  WhyColor text;
  WhyColor dim;       /* less important text */
  WhyColor track;     /* empty part of a bar, empty panel */
  WhyColor bar;       /* filled part */
  WhyColor highlight; /* filled part and text of the row that matters */
} WhyThemeColors;

const WhyThemeColors *why_theme_colors (WhyTheme theme);

void why_theme_set_source (cairo_t *cr, const WhyColor *color);

/* A path, rounded as far as the size allows. */
void why_theme_rounded (cairo_t *cr, double x, double y, double width, double height, double radius);

/* The colours of a map in a rectangle, low values left (below), with threshold and alpha by value as they
 * act. */
void why_color_strip_draw (cairo_t *cr, const WhyOverlayStyle *style, gboolean vertical, const WhyRect *strip,
                           double line_width);

G_END_DECLS
