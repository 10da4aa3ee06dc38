#pragma once

#include "draw/figure.h"
#include "draw/seen.h"

G_BEGIN_DECLS

#define WHY_FIGURE_WIDTH 1600.0

/* What figure-file.c needs to write any kind of figure. */
typedef struct
{
  const WhyFigure *figure; /* one of the three */
  const WhyGrid *grid;
  const WhySeen *seen;
} WhyDrawing;

gboolean why_drawing_measure (const WhyDrawing *drawing, double *width, double *height, GError **error);
gboolean why_drawing_draw (cairo_t *cr, const WhyDrawing *drawing, double device_scale, GError **error);

/* The part of the source that @panel shows, all defaults filled in; FALSE with an error when the panel
 * cannot be drawn. */
gboolean why_panel_resolve (const WhyPanel *panel, WhyRect *view, GError **error);

/* Picture, map and outlines, nothing else. @line_width: of contours */
void why_panel_draw (cairo_t *cr, const WhyPanel *panel, const WhyRect *view, const WhyRect *target, double device_scale,
                     double line_width);

/* An overlay as pixels, contours included: ARGB32, @width wide. */
cairo_surface_t *why_panel_render_overlay (const WhyPanel *panel, const WhyRect *view, int width, int height);

G_END_DECLS
