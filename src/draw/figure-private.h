#pragma once

#include "draw/figure.h"
#include "draw/network.h"
#include "draw/seen.h"

G_BEGIN_DECLS

#define WHY_FIGURE_WIDTH 1600.0

/* What figure-file.c needs to write any kind of figure. */
typedef struct
{
  const WhyFigure *figure; /* one of the four */
  const WhyGrid *grid;
  const WhySeen *seen;
  const WhyNetworkFigure *network;
} WhyDrawing;

gboolean why_drawing_measure (const WhyDrawing *drawing, double *width, double *height, GError **error);
/* By the ending of @path. @scale: of a PNG, 0: 1. In one step: on any error or cancel the old file is still there. */
gboolean why_drawing_write (const WhyDrawing *drawing, double scale, const char *path, const WhyTextEntry *texts,
                            gsize n_texts, const WhyCancel *cancel, GError **error);
gboolean why_drawing_draw (cairo_t *cr, const WhyDrawing *drawing, double device_scale, GError **error);

/* The part of the source that @panel shows, all defaults filled in; FALSE with an error when the panel
 * cannot be drawn. */
gboolean why_panel_resolve (const WhyPanel *panel, WhyRect *view, GError **error);

/* Picture, map and outlines, nothing else. @line_width: of contours */
void why_panel_draw (cairo_t *cr, const WhyPanel *panel, const WhyRect *view, const WhyRect *target, double device_scale,
                     double line_width);

/* An overlay as pixels, contours included: ARGB32, @width wide. */
cairo_surface_t *why_panel_render_overlay (const WhyPanel *panel, const WhyRect *view, int width, int height);

void why_network_figure_measure (const WhyNetworkFigure *figure, double *width, double *height);
void why_network_figure_draw (cairo_t *cr, const WhyNetworkFigure *figure, double device_scale);

G_END_DECLS
