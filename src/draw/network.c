#include "config.h"

#include "draw/network.h"

#include <math.h>

#include "base/error.h"
#include "draw/picture.h"

#include "figure-private.h"
#include "text.h"
#include "theme.h"

#define MARGIN 24.0
#define ROUND 8.0
#define TITLE_SIZE 12.5
#define TEXT_SIZE 11.0
#define EDGE_TEXT_SIZE 10.0
/* Below it the lines of a block cannot be read any more. */
#define MIN_SCALE 0.4
/* A quarter of a gigabyte, while it is drawn. */
#define MAX_PIXELS 64e6
/* Readers show no larger page (ISO 32000-1, annex C.2). */
#define MAX_PAGE 14400.0

/* ---- edges ---- */

void
why_network_trace_edge (cairo_t *cr, const WhyLayoutEdge *edge)
{
  const double *points = edge->points;

  cairo_move_to (cr, points[0], points[1]);
  for (gsize point = 1; point < edge->n_points; point++)
    {
      const double x0 = points[2 * point - 2];
      const double y0 = points[2 * point - 1];
      const double x1 = points[2 * point];
      const double y1 = points[2 * point + 1];
      const double bend = (y1 - y0) / 2;
      if (x0 == x1)
        cairo_line_to (cr, x1, y1);
      else
        cairo_curve_to (cr, x0, y0 + bend, x1, y1 - bend, x1, y1);
    }
}

void
why_network_draw_arrow (cairo_t *cr, const WhyLayoutEdge *edge)
{
  const double x = edge->points[2 * edge->n_points - 2];
  const double y = edge->points[2 * edge->n_points - 1];

  cairo_move_to (cr, x, y);
  cairo_line_to (cr, x - 4, y - 8);
  cairo_line_to (cr, x + 4, y - 8);
  cairo_close_path (cr);
  cairo_fill (cr);
}

static void
draw_text (cairo_t *cr, const char *string, double size, gboolean bold, double x, double middle, double width)
{
  PangoLayout *text = why_text_layout (cr, string, size, bold, width);
  double text_width;
  double text_height;

  why_text_size (text, &text_width, &text_height);
  why_text_draw (cr, text, x, middle - text_height / 2);
  g_object_unref (text);
}

/* What goes along is said where there is one straight edge: the block below says it too where there are several. */
static void
draw_edge (cairo_t *cr, const WhyLayoutEdge *edge, const char *text, const WhyThemeColors *colors)
{
  why_theme_set_source (cr, &colors->bar);
  cairo_set_line_width (cr, 1.2);
  why_network_trace_edge (cr, edge);
  cairo_stroke (cr);
  why_network_draw_arrow (cr, edge);
  if (edge->n_points != 2 || edge->points[0] != edge->points[2])
    return;
  why_theme_set_source (cr, &colors->dim);
  draw_text (cr, text, EDGE_TEXT_SIZE, FALSE, edge->points[0] + 6, (edge->points[1] + edge->points[3]) / 2, 160);
}

/* ---- blocks ---- */

typedef struct
{
  const WhyNetworkFigure *figure;
  const WhyThemeColors *colors;
  double device_scale;
  cairo_surface_t *picture; /* nullable: as large as in a block */
} Drawing;

static cairo_surface_t *
render_thumb (const Drawing *drawing, const WhyNetworkFigureBlock *block)
{
  const WhyTensor *picture = drawing->figure->picture;
  const double scale = WHY_NETWORK_THUMB * drawing->device_scale / (double) MAX (picture->dims[0], picture->dims[1]);
  const int width = (int) MAX (1, rint ((double) picture->dims[1] * scale));
  const int height = (int) MAX (1, rint ((double) picture->dims[0] * scale));
  const WhyRect all = { 0, 0, (double) picture->dims[1], (double) picture->dims[0] };
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);

  if (cairo_surface_status (surface) != CAIRO_STATUS_SUCCESS)
    return surface;
  cairo_surface_flush (surface);
  guint32 *pixels = (guint32 *) (gpointer) cairo_image_surface_get_data (surface);
  const gsize stride = (gsize) cairo_image_surface_get_stride (surface);
  if (block == NULL)
    why_picture_render (picture, &all, TRUE, width, height, pixels, stride);
  else
    why_overlay_render (block->map, block->style, &all, width, height, pixels, stride);
  cairo_surface_mark_dirty (surface);
  return surface;
}

static void
paint_thumb (cairo_t *cr, cairo_surface_t *surface, double left, double top)
{
  const double width = cairo_image_surface_get_width (surface);
  const double height = cairo_image_surface_get_height (surface);
  const double scale = WHY_NETWORK_THUMB / MAX (width, height);

  cairo_save (cr);
  cairo_translate (cr, left + (WHY_NETWORK_THUMB - width * scale) / 2, top + (WHY_NETWORK_THUMB - height * scale) / 2);
  cairo_scale (cr, scale, scale);
  cairo_set_source_surface (cr, surface, 0, 0);
  cairo_paint (cr);
  cairo_restore (cr);
}

static void
draw_map (const Drawing *drawing, cairo_t *cr, const WhyNetworkFigureBlock *block, double left, double top)
{
  if (block->map == NULL || drawing->picture == NULL)
    {
      cairo_rectangle (cr, left, top, WHY_NETWORK_THUMB, WHY_NETWORK_THUMB);
      why_theme_set_source (cr, &drawing->colors->track);
      cairo_fill (cr);
      return;
    }
  cairo_surface_t *map = render_thumb (drawing, block);
  paint_thumb (cr, drawing->picture, left, top);
  paint_thumb (cr, map, left, top);
  cairo_surface_destroy (map);
}

static void
set_kind (cairo_t *cr, guint32 color, double alpha)
{
  cairo_set_source_rgba (cr, ((color >> 16) & 0xff) / 255.0, ((color >> 8) & 0xff) / 255.0, (color & 0xff) / 255.0,
                         alpha);
}

static void
draw_block (const Drawing *drawing, cairo_t *cr, const WhyLayoutNode *node, const WhyNetworkFigureBlock *block)
{
  const WhyThemeColors *colors = drawing->colors;
  const double line = (node->height - 8) / 3;
  double left = node->x + WHY_NETWORK_STRIPE + 8;

  cairo_save (cr);
  why_theme_rounded (cr, node->x, node->y, node->width, node->height, ROUND);
  cairo_clip (cr);
  why_theme_set_source (cr, &colors->ground);
  cairo_paint (cr);
  if (!block->pale)
    {
      set_kind (cr, block->color, 0.16);
      cairo_paint (cr);
    }
  cairo_rectangle (cr, node->x, node->y, WHY_NETWORK_STRIPE, node->height);
  set_kind (cr, block->color, 1);
  cairo_fill (cr);
  cairo_restore (cr);
  why_theme_rounded (cr, node->x, node->y, node->width, node->height, ROUND);
  why_theme_set_source (cr, block->chosen ? &colors->highlight : &colors->bar);
  cairo_set_line_width (cr, block->chosen ? 3 : 1);
  cairo_stroke (cr);
  if (block->has_room)
    {
      draw_map (drawing, cr, block, left, node->y + (node->height - WHY_NETWORK_THUMB) / 2);
      left += WHY_NETWORK_THUMB + 8;
    }
  const double width = node->x + node->width - 8 - left;
  why_theme_set_source (cr, block->pale ? &colors->dim : &colors->text);
  draw_text (cr, block->title, TITLE_SIZE, !block->pale, left, node->y + 4 + line / 2, width);
  why_theme_set_source (cr, &colors->dim);
  draw_text (cr, block->ops, TEXT_SIZE, FALSE, left, node->y + 4 + 1.5 * line, width);
  draw_text (cr, block->shape, TEXT_SIZE, FALSE, left, node->y + 4 + 2.5 * line, width);
}

/* ---- the graph ---- */

void
why_network_figure_measure (const WhyNetworkFigure *figure, double *width, double *height)
{
  const double unit = figure->unit;

  *width = (figure->layout->width + 2 * MARGIN) * unit;
  *height = (figure->layout->height + 2 * MARGIN) * unit;
}

void
why_network_figure_draw (cairo_t *cr, const WhyNetworkFigure *figure, double device_scale)
{
  Drawing drawing = { .figure = figure, .colors = why_theme_colors (figure->theme), .device_scale = device_scale };
  const double unit = figure->unit;
  double width;
  double height;

  why_network_figure_measure (figure, &width, &height);
  drawing.device_scale *= unit;
  cairo_save (cr);
  cairo_rectangle (cr, 0, 0, width, height);
  why_theme_set_source (cr, &drawing.colors->ground);
  cairo_fill (cr);
  cairo_scale (cr, unit, unit);
  cairo_translate (cr, MARGIN, MARGIN);
  if (figure->picture != NULL)
    drawing.picture = render_thumb (&drawing, NULL);
  for (gsize edge = 0; edge < figure->layout->n_edges; edge++)
    draw_edge (cr, &figure->layout->edges[edge], figure->edge_texts[edge], drawing.colors);
  for (gsize node = 0; node < figure->layout->n_nodes; node++)
    draw_block (&drawing, cr, &figure->layout->nodes[node], &figure->blocks[node]);
  if (drawing.picture != NULL)
    cairo_surface_destroy (drawing.picture);
  cairo_restore (cr);
}

/* Smaller where a PNG or a page would not hold it, as long as it can be read. Returns: 0: no PNG holds it */
static double
fitting_unit (const WhyNetworkFigure *figure, gboolean page)
{
  const double scale = figure->scale > 0 ? figure->scale : 1;
  double width;
  double height;

  why_network_figure_measure (figure, &width, &height);
  if (page)
    return MIN (1, MAX_PAGE / MAX (width, height));
  /* A side is rounded up. */
  const double fitting = MIN ((WHY_MAX_SURFACE - 1) / MAX (width, height), sqrt (MAX_PIXELS / (width * height)));
  return fitting < MIN (MIN_SCALE, scale) ? 0 : MIN (1, fitting / scale);
}

gboolean
why_network_figure_write (const WhyNetworkFigure *figure, const char *path, const WhyTextEntry *texts, gsize n_texts,
                          const WhyCancel *cancel, GError **error)
{
  g_return_val_if_fail (figure != NULL && path != NULL && (texts != NULL || n_texts == 0), FALSE);
  g_autofree char *lower = g_ascii_strdown (path, -1);
  WhyNetworkFigure fitted = *figure;

  fitted.unit = 1;
  if (g_str_has_suffix (lower, ".png") || g_str_has_suffix (lower, ".pdf"))
    fitted.unit = fitting_unit (&fitted, g_str_has_suffix (lower, ".pdf"));
  if (fitted.unit > 0)
    return why_drawing_write (&(WhyDrawing){ .network = &fitted }, figure->scale, path, texts, n_texts, cancel, error);
  g_set_error (
    error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
    "%s: a graph of %.0f x %.0f units is too large for a PNG in which its text can be read; save it as PDF or SVG",
    path, figure->layout->width, figure->layout->height);
  return FALSE;
}
