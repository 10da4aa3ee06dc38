#include "config.h"

#include <math.h>

#include <pango/pangocairo.h>

#include "draw/contour.h"
#include "draw/legend.h"
#include "draw/overlay.h"

#include "overlay-private.h"
#include "text.h"

/* Labels are written only on lines at least this many times as long as the text is wide. */
#define LABEL_LENGTHS 3.0

typedef struct
{
  const WhyOverlayMap *map;
  WhyAffine map_to_target;
  double lo;
  double hi;
} Places;

static void
place (const Places *places, const WhyContourLine *line, gsize point, double *x, double *y)
{
  *x = line->points[2 * point];
  *y = line->points[2 * point + 1];
  why_affine_apply (&places->map_to_target, x, y);
}

static void
add_path (cairo_t *cr, const Places *places, const WhyContourLine *line)
{
  for (gsize point = 0; point < line->n_points; point++)
    {
      double x, y;

      place (places, line, point, &x, &y);
      if (point == 0)
        cairo_move_to (cr, x, y);
      else
        cairo_line_to (cr, x, y);
    }
  if (line->closed)
    cairo_close_path (cr);
}

static double
path_length (const Places *places, const WhyContourLine *line)
{
  double length = 0;
  double last_x, last_y, x, y;

  place (places, line, 0, &last_x, &last_y);
  for (gsize point = 1; point < line->n_points; point++)
    {
      place (places, line, point, &x, &y);
      length += hypot (x - last_x, y - last_y);
      last_x = x;
      last_y = y;
    }
  return length;
}

/* Upright, at the line's topmost point inside @target: the place is the same for every zoom. */
static void
draw_label (cairo_t *cr, const Places *places, const WhyContourLine *line, const char *text,
            const WhyRect *target, double font_size)
{
  g_autoptr (PangoLayout) layout = why_text_layout (cr, text, font_size, TRUE, 0);
  double width, height, x, y;
  double best_x = 0, best_y = INFINITY;

  why_text_size (layout, &width, &height);
  if (path_length (places, line) < LABEL_LENGTHS * width)
    return;
  for (gsize point = 0; point < line->n_points; point++)
    {
      place (places, line, point, &x, &y);
      if (y < best_y && x - width / 2 >= target->x && x + width / 2 <= target->x + target->width &&
          y - height / 2 >= target->y && y + height / 2 <= target->y + target->height)
        {
          best_x = x;
          best_y = y;
        }
    }
  if (!isfinite (best_y))
    return;
  cairo_move_to (cr, best_x - width / 2, best_y - height / 2);
  pango_cairo_layout_path (cr, layout);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.85);
  cairo_set_line_width (cr, font_size * 0.3);
  cairo_stroke_preserve (cr);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_fill (cr);
}

static void
draw_level (cairo_t *cr, const Places *places, const WhyOverlayStyle *style, double level,
            const WhyRect *target, double line_width)
{
  g_autoptr (GPtrArray) lines = why_contour_trace (places->map->values, places->map->width,
                                                   places->map->height, style->kind, level);

  if (lines->len == 0)
    return;
  cairo_new_path (cr);
  for (guint line = 0; line < lines->len; line++)
    add_path (cr, places, lines->pdata[line]);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.8);
  cairo_set_line_width (cr, line_width * 2);
  cairo_stroke_preserve (cr);
  /* What speaks against the class is dashed: not by colour alone. */
  if (level < 0)
    cairo_set_dash (cr, (const double[]){ line_width * 5, line_width * 3 }, 2, 0);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_set_line_width (cr, line_width);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);

  if (style->contour_labels)
    {
      int exponent = why_tick_exponent (places->lo, places->hi);
      g_autofree char *number = why_tick_label (level, (places->hi - places->lo) / 100, exponent);
      g_autofree char *factor = why_tick_factor (exponent);
      g_autofree char *text = g_strconcat (number, factor, NULL);

      for (guint line = 0; line < lines->len; line++)
        draw_label (cr, places, lines->pdata[line], text, target, line_width * 8);
    }
}

void
why_overlay_paint_contours (cairo_t *cr, const WhyOverlayMap *map, const WhyOverlayStyle *style,
                            const WhyRect *view, const WhyRect *target, double line_width)
{
  Places places = { .map = map };
  gboolean centred = why_overlay_style_is_centred (style);

  g_return_if_fail (cr != NULL && map != NULL && view != NULL && target != NULL);

  if (!(target->width > 0 && target->height > 0 && view->width > 0 && view->height > 0))
    return;
  WhyAffine source_to_target = why_affine_scale_translate (target->width / view->width,
                                                           target->height / view->height, 0, 0);
  source_to_target.x0 = target->x - source_to_target.xx * view->x;
  source_to_target.y0 = target->y - source_to_target.yy * view->y;
  places.map_to_target = why_affine_compose (&map->to_source, &source_to_target);
  why_overlay_limits (map, style, &places.lo, &places.hi);
  if (!(places.hi > places.lo))
    return; /* a flat map has no levels */

  cairo_save (cr);
  cairo_rectangle (cr, target->x, target->y, target->width, target->height);
  cairo_clip (cr);
  if (map->source_width > 0 && map->source_height > 0)
    {
      cairo_rectangle (cr, source_to_target.x0, source_to_target.y0,
                       map->source_width * source_to_target.xx,
                       map->source_height * source_to_target.yy);
      cairo_clip (cr);
    }
  for (int level = 0; level < CLAMP (style->n_contours, 0, WHY_MAX_CONTOURS); level++)
    {
      double share = CLAMP (style->contours[level], 0, 1);

      if (centred)
        {
          draw_level (cr, &places, style, share * places.hi, target, line_width);
          if (share > 0)
            draw_level (cr, &places, style, -share * places.hi, target, line_width);
        }
      else
        draw_level (cr, &places, style, places.lo + share * (places.hi - places.lo), target,
                    line_width);
    }
  cairo_restore (cr);
}
