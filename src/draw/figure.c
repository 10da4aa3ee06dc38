#include "config.h"

#include "draw/figure.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "draw/picture.h"

#include "figure-private.h"
#include "text.h"
#include "theme.h"

/* Of outlines: as on a screen, where contours are about one unit wide. */
#define OUTLINE_WIDTH 1.75
#define OUTLINE_SHARE 0.8
/* Measures of a figure 1600 units wide; all scale with its width. */
#define MARGIN 48.0
#define GAP 28.0
#define TITLE_SIZE 46.0
#define SUBTITLE_SIZE 26.0
#define TEXT_SIZE 23.0
#define FOOTER_SIZE 17.0
#define SCALE_BAR_SIZE 20.0
#define CONTOUR_WIDTH 2.2
#define CLASS_ROW 37.0
#define BAR_COLUMN 150.0
#define ROW_HEADING 34.0

#define MAX_PANEL_HEIGHT (0.62 * WHY_FIGURE_WIDTH)
#define MIN_UPRIGHT_BAR 170.0 /* panels lower than this have their colour bar below */
#define MAX_CLASS_ROWS 10
#define CAPTION_LINES 2
#define PARAGRAPH_LINES 24

/* A page that is walked down from the top, once to measure it and once to draw it. */
typedef struct
{
  cairo_t *cr;
  gboolean draw;
  const WhyThemeColors *colors;
  WhyTheme theme;
  double unit; /* user units to one of the measures above */
  double text; /* likewise, for text */
  double width;
  double margin;
  double top;
  double device_scale;
} Page;

static gboolean
panel_is_empty (const WhyPanel *panel)
{
  return panel->picture == NULL && panel->map == NULL;
}

static gboolean
rect_is_unset (const WhyRect *rect)
{
  return rect->x == 0 && rect->y == 0 && rect->width == 0 && rect->height == 0;
}

/* The box of the map in the source. */
static WhyRect
map_extent (const WhyOverlayMap *map)
{
  double left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;

  if (map->source_width > 0 && map->source_height > 0)
    return (WhyRect){ 0, 0, map->source_width, map->source_height };
  for (int corner = 0; corner < 4; corner++)
    {
      double x = corner % 2 == 1 ? map->width : 0;
      double y = corner / 2 == 1 ? map->height : 0;

      why_affine_apply (&map->to_source, &x, &y);
      left = MIN (left, x);
      right = MAX (right, x);
      top = MIN (top, y);
      bottom = MAX (bottom, y);
    }
  return (WhyRect){ left, top, right - left, bottom - top };
}

static WhyRect
picture_place (const WhyPanel *panel)
{
  if (!rect_is_unset (&panel->picture_view))
    return panel->picture_view;
  if (panel->map != NULL && panel->map->source_width > 0 && panel->map->source_height > 0)
    return (WhyRect){ 0, 0, panel->map->source_width, panel->map->source_height };
  return (WhyRect){ 0, 0, (double) panel->picture->dims[1], (double) panel->picture->dims[0] };
}

gboolean
why_panel_resolve (const WhyPanel *panel, WhyRect *view, GError **error)
{
  WhyAffine inverse;

  if (panel_is_empty (panel))
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                           "A figure needs a picture or a map");
      return FALSE;
    }
  if (panel->picture != NULL && !why_picture_check (panel->picture, error))
    return FALSE;
  if (panel->map != NULL &&
      (panel->style == NULL || panel->map->values == NULL || panel->map->width < 1 ||
       panel->map->height < 1 || !why_affine_invert (&panel->map->to_source, &inverse)))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "The map of a figure (%d x %d) lacks values, a style, or a place in the picture",
                   panel->map->width, panel->map->height);
      return FALSE;
    }

  if (!rect_is_unset (&panel->view))
    *view = panel->view;
  else if (panel->picture != NULL)
    *view = picture_place (panel);
  else
    *view = map_extent (panel->map);
  if (!isfinite (view->x) || !isfinite (view->y) || !(view->width > 0) || !(view->height > 0) ||
      !isfinite (view->width) || !isfinite (view->height))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "A figure cannot show a part of %g x %g pixels of the picture", view->width,
                   view->height);
      return FALSE;
    }
  return TRUE;
}

/* Fits @view into @box without stretching it: centred across, at the top. */
static WhyRect
fit (const WhyRect *view, const WhyRect *box)
{
  double scale = MIN (box->width / view->width, box->height / view->height);

  return (WhyRect){ box->x + (box->width - view->width * scale) / 2, box->y, view->width * scale,
                    view->height * scale };
}

static void
draw_map (cairo_t *cr, const WhyPanel *panel, const WhyRect *view, const WhyRect *target,
          double device_scale, double line_width)
{
  WhyOverlayStyle plain = *panel->style;

  plain.n_contours = 0; /* drawn below, in a width that suits the figure */
  why_overlay_paint (cr, panel->map, &plain, view, target, device_scale);
  if (panel->style->n_contours > 0)
    why_overlay_paint_contours (cr, panel->map, panel->style, view, target, line_width);
}

/* Everywhere but in its hole, which is the other way round to the rectangle around it. */
static void
draw_below (cairo_t *cr, const WhyPanel *panel, const WhyRect *view, const WhyRect *target, double device_scale)
{
  const double scale_x = target->width / view->width, scale_y = target->height / view->height;
  const WhyRect *hole = &panel->below_hole;

  cairo_save (cr);
  cairo_new_path (cr);
  cairo_rectangle (cr, target->x, target->y, target->width, target->height);
  if (hole->width > 0)
    cairo_rectangle (cr, target->x + (hole->x - view->x) * scale_x, target->y + (hole->y - view->y) * scale_y, hole->width * scale_x,
                     hole->height * scale_y);
  cairo_set_fill_rule (cr, CAIRO_FILL_RULE_EVEN_ODD);
  cairo_clip (cr);
  why_overlay_paint (cr, panel->below, panel->below_style, view, target, device_scale);
  cairo_restore (cr);
}

static void
draw_outline (cairo_t *cr, const WhyPanelOutline *outline, const WhyRect *view, const WhyRect *target, double width)
{
  const double *point = outline->points;

  cairo_save (cr);
  cairo_new_path (cr);
  cairo_translate (cr, target->x, target->y);
  cairo_scale (cr, target->width / view->width, target->height / view->height);
  cairo_translate (cr, -view->x, -view->y);
  for (gsize ring = 0; ring < outline->n_rings; ring++)
    {
      for (gsize at = 0; at < outline->ring_sizes[ring]; at++, point += 2)
        {
          if (at == 0)
            cairo_move_to (cr, point[0], point[1]);
          else
            cairo_line_to (cr, point[0], point[1]);
        }
      cairo_close_path (cr);
    }
  cairo_restore (cr);
  /* Dashes and edges are as on a screen, in proportion. */
  cairo_save (cr);
  cairo_scale (cr, width, width);
  why_outline_stroke (cr, outline->color, outline->pattern, OUTLINE_WIDTH);
  cairo_restore (cr);
}

void
why_panel_draw (cairo_t *cr, const WhyPanel *panel, const WhyRect *view, const WhyRect *target, double device_scale,
                double line_width)
{
  if (panel->picture != NULL)
    {
      WhyRect place = picture_place (panel);
      double to_pixels_x = (double) panel->picture->dims[1] / place.width;
      double to_pixels_y = (double) panel->picture->dims[0] / place.height;
      WhyRect part = {
        (view->x - place.x) * to_pixels_x,
        (view->y - place.y) * to_pixels_y,
        view->width * to_pixels_x,
        view->height * to_pixels_y,
      };

      why_picture_paint (cr, panel->picture, &part, !panel->pixelated, target, device_scale);
    }
  if (panel->below != NULL)
    draw_below (cr, panel, view, target, device_scale);
  if (panel->map != NULL)
    draw_map (cr, panel, view, target, device_scale, line_width);
  for (gsize index = 0; index < panel->n_outlines; index++)
    draw_outline (cr, &panel->outlines[index], view, target, line_width * OUTLINE_SHARE);
}

static void
draw_panel (const Page *page, const WhyPanel *panel, const WhyRect *view, const WhyRect *target,
            gboolean with_map, gboolean with_scale_bar)
{
  cairo_t *cr = page->cr;
  WhyPanel shown = *panel;

  cairo_save (cr);
  cairo_new_path (cr);
  cairo_rectangle (cr, target->x, target->y, target->width, target->height);
  cairo_clip_preserve (cr);
  why_theme_set_source (cr, &page->colors->track);
  cairo_fill (cr);
  if (!with_map)
    shown.map = NULL;
  why_panel_draw (cr, &shown, view, target, page->device_scale, CONTOUR_WIDTH * page->unit);
  if (with_scale_bar)
    {
      double inset = MIN (14 * page->unit, target->width * 0.03);

      why_scale_bar_draw (cr, panel->um_per_pixel * view->width / target->width,
                          target->width * 0.22,
                          MIN (SCALE_BAR_SIZE * page->text, target->width * 0.1), target->x + inset,
                          target->y + target->height - inset);
    }
  cairo_restore (cr);
}

/* One line of text at the top of what is left of the page. */
static void
put_line (Page *page, const char *text, double size, gboolean bold, const WhyColor *color, double x,
          double width, double gap_below)
{
  double text_width, text_height;

  if (text == NULL || text[0] == '\0')
    return;
  g_autoptr (PangoLayout) layout = why_text_layout (page->cr, text, size * page->text, bold, width);
  why_text_size (layout, &text_width, &text_height);
  if (page->draw)
    {
      why_theme_set_source (page->cr, color);
      why_text_draw (page->cr, layout, x, page->top);
    }
  page->top += text_height + gap_below * page->unit;
}

static void
put_heading (Page *page, const char *title, const char *value, const char *subtitle)
{
  double room = page->width - 2 * page->margin;
  double start = page->top;

  if (title != NULL || value != NULL)
    {
      double value_width = 0, value_height = 0, title_width = 0, title_height = 0;
      double gap = value != NULL ? 0.4 * TITLE_SIZE * page->text : 0;
      g_autoptr (PangoLayout)
        value_text = why_text_layout (page->cr, value, TITLE_SIZE * page->text, FALSE, 0);

      if (value != NULL)
        why_text_size (value_text, &value_width, &value_height);
      g_autoptr (PangoLayout)
        title_text = why_text_layout (page->cr, title, TITLE_SIZE * page->text, TRUE,
                                      MAX (room - value_width - gap, room * 0.2));
      if (title != NULL)
        why_text_size (title_text, &title_width, &title_height);
      if (page->draw && title != NULL)
        {
          why_theme_set_source (page->cr, &page->colors->text);
          why_text_draw (page->cr, title_text, page->margin, page->top);
        }
      if (page->draw && value != NULL)
        {
          /* On one base line, which bold and normal have in different places. */
          double shift = (pango_layout_get_baseline (title_text) -
                          pango_layout_get_baseline (value_text)) /
                         (double) PANGO_SCALE;

          why_theme_set_source (page->cr, &page->colors->highlight);
          why_text_draw (page->cr, value_text,
                         page->margin + (title_width > 0 ? title_width + gap : 0),
                         page->top + (title != NULL ? shift : 0));
        }
      page->top += MAX (title_height, value_height);
    }
  put_line (page, subtitle, SUBTITLE_SIZE, FALSE, &page->colors->dim, page->margin, room, 0);
  if (page->top > start)
    page->top += 20 * page->unit;
}

static void
put_footer (Page *page, const char *footer)
{
  const char *text = footer != NULL ? footer
                                    : _ ("For research and teaching; not a medical device.");
  double room = page->width - 2 * page->margin;
  double mark_width, mark_height;

  if (text[0] == '\0')
    {
      page->top += page->margin * 0.75;
      return;
    }
  page->top += 22 * page->unit;
  if (page->draw)
    {
      why_theme_set_source (page->cr, &page->colors->track);
      cairo_rectangle (page->cr, page->margin, page->top, room, 1.5 * page->unit);
      cairo_fill (page->cr);
    }
  page->top += 12 * page->unit;
  g_autoptr (PangoLayout)
    mark = why_text_layout (page->cr, "Whylight " WHY_VERSION, FOOTER_SIZE * page->text, FALSE, 0);
  why_text_size (mark, &mark_width, &mark_height);
  if (page->draw)
    {
      why_theme_set_source (page->cr, &page->colors->dim);
      why_text_draw (page->cr, mark, page->width - page->margin - mark_width, page->top);
    }
  put_line (page, text, FOOTER_SIZE, FALSE, &page->colors->dim, page->margin,
            room - mark_width - GAP * page->unit, 22);
}

static void
put_captions (Page *page, const char *const *captions, double x, double width)
{
  /* A paragraph on its own is shown in full. */
  const int most_lines = captions != NULL && captions[0] != NULL && captions[1] == NULL ? PARAGRAPH_LINES : CAPTION_LINES;

  for (gsize line = 0; captions != NULL && captions[line] != NULL; line++)
    {
      double text_width, text_height;
      g_autoptr (PangoLayout)
        layout = why_text_layout (page->cr, captions[line], TEXT_SIZE * page->text, FALSE, 0);

      why_text_set_wrap (layout, width, most_lines);
      why_text_size (layout, &text_width, &text_height);
      if (page->draw)
        {
          why_theme_set_source (page->cr, &page->colors->text);
          why_text_draw (page->cr, layout, x, page->top);
        }
      page->top += text_height + 5 * page->unit;
    }
}

static void
put_classes (Page *page, const WhyFigureClass *classes, gsize n_classes, double x, double width)
{
  for (gsize row = 0; row < MIN (n_classes, MAX_CLASS_ROWS); row++)
    {
      WhyRect place = { x, page->top, width, CLASS_ROW * page->text };

      if (page->draw)
        why_bar_row_draw (page->cr, classes[row].label, classes[row].value,
                          classes[row].probability, classes[row].target, page->theme, TEXT_SIZE * page->text, &place);
      page->top += place.height;
    }
}

/* Colour bar beside a panel of height @height, or below one of width @length. */
static void
put_color_bar (Page *page, const WhyPanel *panel, const char *bar_unit, gboolean vertical, double x,
               double y, double length, double max_width, double *height)
{
  double width;
  WhyColorBar bar = {
    .style = panel->style,
    .unit = bar_unit,
    .vertical = vertical,
    .length = length,
    .font_size = TEXT_SIZE * page->text,
    .theme = page->theme,
  };

  why_overlay_limits (panel->map, panel->style, &bar.lo, &bar.hi);
  if (vertical)
    {
      /* As high as the panel, numbers and unit included. */
      why_color_bar_measure (page->cr, &bar, max_width, &width, height);
      bar.length = MAX (length - (*height - length), bar.font_size * 2);
    }
  why_color_bar_measure (page->cr, &bar, max_width, &width, height);
  if (page->draw)
    why_color_bar_draw (page->cr, &bar, x, y, max_width);
}

static void
put_figure_panels (Page *page, const WhyFigure *figure, const WhyRect *view)
{
  const WhyPanel *panel = &figure->panel;
  double gap = GAP * page->unit;
  double room = page->width - 2 * page->margin;
  int n_panels = figure->kind == WHY_FIGURE_SIDE_BY_SIDE && panel->picture != NULL &&
                     panel->map != NULL
                   ? 2
                   : 1;
  gboolean upright = TRUE;
  double beside = panel->map != NULL ? BAR_COLUMN * page->text + gap * 0.7 : 0;
  WhyRect box = { page->margin, page->top, (room - beside - (n_panels - 1) * gap) / n_panels,
                  MAX_PANEL_HEIGHT * page->unit };
  WhyRect place = fit (view, &box);

  if (panel->map != NULL && place.height < MIN_UPRIGHT_BAR * page->unit)
    {
      upright = FALSE;
      beside = 0;
      box.width = (room - (n_panels - 1) * gap) / n_panels;
      place = fit (view, &box);
    }
  place.height = MAX (place.height, page->unit); /* a strip of a picture still is a line */

  /* Panels and bar stand together in the middle. */
  double total = n_panels * place.width + (n_panels - 1) * gap + beside;
  place.x = page->margin + (room - total) / 2;
  if (panel->heading != NULL)
    {
      double map_x = place.x + (n_panels - 1) * (place.width + gap);
      double start = page->top;

      if (n_panels == 2)
        {
          put_line (page, _ ("Picture"), TEXT_SIZE, TRUE, &page->colors->text, place.x, place.width,
                    8);
          page->top = start;
        }
      put_line (page, panel->heading, TEXT_SIZE, TRUE, &page->colors->text, map_x, place.width, 8);
      place.y = page->top;
    }
  for (int index = 0; index < n_panels; index++)
    {
      if (page->draw)
        draw_panel (page, panel, view, &place, index == n_panels - 1, index == 0);
      if (index + 1 < n_panels)
        place.x += place.width + gap;
    }
  page->top = place.y + place.height;
  if (panel->map != NULL)
    {
      double height;

      if (upright)
        put_color_bar (page, panel, figure->unit, TRUE, place.x + place.width + gap * 0.7, place.y,
                       place.height, BAR_COLUMN * page->text, &height);
      else
        {
          page->top += gap * 0.6;
          put_color_bar (page, panel, figure->unit, FALSE, page->margin, page->top, room * 0.6,
                         room, &height);
          page->top += height;
        }
    }
  if (panel->note != NULL)
    {
      page->top += 8 * page->unit;
      put_line (page, panel->note, TEXT_SIZE * 0.86, FALSE, &page->colors->dim, place.x,
                place.width, 0);
    }
}

static void
put_below (Page *page, const WhyFigure *figure)
{
  double room = page->width - 2 * page->margin;
  double start = page->top + 26 * page->unit;
  gboolean has_captions = figure->captions != NULL && figure->captions[0] != NULL;
  double captions_width = figure->n_classes > 0 ? room * 0.5 : room;
  double bottom = page->top;

  if (has_captions)
    {
      page->top = start;
      put_captions (page, figure->captions, page->margin, captions_width);
      bottom = page->top;
    }
  if (figure->n_classes > 0)
    {
      double gap = 2 * GAP * page->unit;
      double left = has_captions ? page->margin + captions_width + gap : page->margin;

      page->top = start;
      put_classes (page, figure->classes, figure->n_classes, left,
                   page->width - page->margin - left);
      bottom = MAX (bottom, page->top);
    }
  page->top = bottom;
}

static void
open_page (Page *page, cairo_t *cr, WhyTheme theme, double width, double text_scale, double device_scale,
           gboolean draw)
{
  *page = (Page){
    .cr = cr,
    .draw = draw,
    .theme = theme,
    .colors = why_theme_colors (theme),
    .width = width,
    .unit = width / WHY_FIGURE_WIDTH,
    .text = width / WHY_FIGURE_WIDTH * (text_scale > 0 ? CLAMP (text_scale, 0.25, 4) : 1),
    .device_scale = device_scale,
  };
  page->margin = MARGIN * page->unit;
  page->top = page->margin * 0.8;
}

static gboolean
check_width (double width, double *result, GError **error)
{
  *result = width == 0 ? WHY_FIGURE_WIDTH : width;
  if (isfinite (*result) && *result >= 1 && *result <= 1e6)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "A figure cannot be %g wide", width);
  return FALSE;
}

/* Returns the height in @height; the ground is drawn by the caller, who knows it only then. */
static gboolean
walk_figure (cairo_t *cr, const WhyFigure *figure, double device_scale, gboolean draw,
             double *width, double *height, GError **error)
{
  WhyRect view;
  Page page;

  if (!why_panel_resolve (&figure->panel, &view, error) ||
      !check_width (figure->width, width, error))
    return FALSE;
  if (figure->kind == WHY_FIGURE_BARE)
    {
      if (figure->width == 0)
        *width = MAX (1, round (view.width));
      *height = MAX (1, round (*width * view.height / view.width));
      if (draw)
        {
          WhyRect target = { 0, 0, *width, *height };

          open_page (&page, cr, figure->theme, *width, figure->text_scale, device_scale, TRUE);
          page.unit = MAX (page.unit, 0.5);
          draw_panel (&page, &figure->panel, &view, &target, TRUE, FALSE);
        }
      return TRUE;
    }
  open_page (&page, cr, figure->theme, *width, figure->text_scale, device_scale, draw);
  put_heading (&page, figure->title, figure->title_value, figure->subtitle);
  put_figure_panels (&page, figure, &view);
  put_below (&page, figure);
  put_footer (&page, figure->footer);
  *height = ceil (page.top);
  return TRUE;
}

/* A small colour strip with its own limits at its ends. */
static void
put_own_limits (Page *page, const WhyPanel *panel, const WhyRect *cell, double size)
{
  double lo, hi, lo_width, hi_width, text_height;
  WhyRect strip = { cell->x, page->top, cell->width, size * 0.45 };

  why_overlay_limits (panel->map, panel->style, &lo, &hi);
  int exponent = why_tick_exponent (lo, hi);
  g_autofree char *factor = why_tick_factor (exponent);
  g_autofree char *lo_number = why_tick_label (lo, (hi - lo) / 100, exponent);
  g_autofree char *hi_number = why_tick_label (hi, (hi - lo) / 100, exponent);
  g_autofree char *hi_text = g_strconcat (hi_number, factor, NULL);
  g_autoptr (PangoLayout)
    lo_layout = why_text_layout (page->cr, lo_number, size, FALSE, cell->width * 0.4);
  g_autoptr (PangoLayout)
    hi_layout = why_text_layout (page->cr, hi_text, size, FALSE, cell->width * 0.58);

  why_text_size (lo_layout, &lo_width, &text_height);
  why_text_size (hi_layout, &hi_width, &text_height);
  if (page->draw)
    {
      why_color_strip_draw (page->cr, panel->style, FALSE, &strip, size * 0.05);
      why_theme_set_source (page->cr, &page->colors->dim);
      why_text_draw (page->cr, lo_layout, cell->x, page->top + strip.height + size * 0.1);
      why_text_draw (page->cr, hi_layout, cell->x + cell->width - hi_width,
                     page->top + strip.height + size * 0.1);
    }
  page->top += strip.height + size * 0.1 + text_height;
}

static void
put_row_heading (const Page *page, const char *text, double x, double height)
{
  double text_width, text_height, size = TEXT_SIZE * page->text;

  if (!page->draw || text == NULL)
    return;
  /* A name that is longer than its row is written smaller, as far as it can be read, before it is cut. */
  g_autoptr (PangoLayout) whole = why_text_layout (page->cr, text, size, TRUE, 0);
  why_text_size (whole, &text_width, &text_height);
  if (text_width > height)
    size *= MAX (0.98 * height / text_width, 0.6);
  g_autoptr (PangoLayout) layout = why_text_layout (page->cr, text, size, TRUE, height);
  why_text_size (layout, &text_width, &text_height);
  cairo_save (page->cr);
  cairo_translate (page->cr, x, page->top + (height + text_width) / 2);
  cairo_rotate (page->cr, -G_PI / 2);
  why_theme_set_source (page->cr, &page->colors->text);
  why_text_draw (page->cr, layout, 0, 0);
  cairo_restore (page->cr);
}

/* One row of a grid, its headings and notes included. Cells of one row keep their parts in line. */
static void
put_grid_row (Page *page, const WhyGrid *grid, gsize row, double left, double cell_width,
              double cell_height, double text_size)
{
  const WhyPanel *panels = grid->panels + row * grid->n_columns;
  double gap = GAP * page->unit * 0.6;
  double small = text_size / page->text;
  double start = page->top;
  double bottom = start;

  for (int part = 0; part < 3; part++) /* headings, pictures, what is below */
    {
      bottom = page->top;
      start = page->top;
      if (part == 1 && grid->row_headings != NULL)
        put_row_heading (page, grid->row_headings[row], page->margin, cell_height);
      for (gsize column = 0; column < grid->n_columns; column++)
        {
          const WhyPanel *panel = &panels[column];
          WhyRect box = { left + (double) column * (cell_width + gap), start, cell_width,
                          cell_height };
          WhyRect view;

          page->top = start;
          if (panel_is_empty (panel) || !why_panel_resolve (panel, &view, NULL))
            continue;
          WhyRect place = fit (&view, &box);
          if (part == 0)
            put_line (page, panel->heading, small, TRUE, &page->colors->text, box.x, box.width, 4);
          else if (part == 1)
            {
              if (page->draw)
                draw_panel (page, panel, &view, &place, TRUE, TRUE);
              page->top += cell_height;
            }
          else
            {
              page->top += 6 * page->unit;
              if (panel->map != NULL && !grid->shared_limits)
                put_own_limits (page, panel, &box, text_size * 0.9);
              put_line (page, panel->note, small * 0.9, FALSE, &page->colors->dim, box.x, box.width,
                        0);
            }
          bottom = MAX (bottom, page->top);
        }
      page->top = bottom;
    }
  page->top += gap;
}

static gboolean
check_grid (const WhyGrid *grid, const WhyPanel **first_map, double *aspect, GError **error)
{
  gsize n_panels;

  *first_map = NULL;
  *aspect = 0;
  if (grid->panels == NULL || grid->n_rows < 1 || grid->n_columns < 1 || grid->n_rows > 1000 ||
      grid->n_columns > 1000)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "A grid of %" G_GSIZE_FORMAT " x %" G_GSIZE_FORMAT
                   " panels cannot be drawn; 1 to 1000 each way can",
                   grid->n_rows, grid->n_columns);
      return FALSE;
    }
  n_panels = grid->n_rows * grid->n_columns;
  for (gsize index = 0; index < n_panels; index++)
    {
      WhyRect view;

      if (panel_is_empty (&grid->panels[index]))
        continue;
      if (!why_panel_resolve (&grid->panels[index], &view, error))
        {
          g_prefix_error (error, "Panel %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT ": ", index + 1,
                          n_panels);
          return FALSE;
        }
      *aspect = MAX (*aspect, view.height / view.width);
      if (*first_map == NULL && grid->panels[index].map != NULL)
        *first_map = &grid->panels[index];
    }
  *aspect = *aspect > 0 ? CLAMP (*aspect, 0.1, 1.6) : 1;
  return TRUE;
}

static gboolean
walk_grid (cairo_t *cr, const WhyGrid *grid, double device_scale, gboolean draw, double *width,
           double *height, GError **error)
{
  const WhyPanel *first_map;
  double aspect;
  Page page;

  if (!check_grid (grid, &first_map, &aspect, error) || !check_width (grid->width, width, error))
    return FALSE;
  open_page (&page, cr, grid->theme, *width, grid->text_scale, device_scale, draw);

  double gap = GAP * page.unit * 0.6;
  double left = page.margin + (grid->row_headings != NULL ? (ROW_HEADING + 6) * page.text : 0);
  double right = page.width - page.margin;
  gboolean shared_bar = grid->shared_limits && first_map != NULL;
  if (shared_bar)
    right -= BAR_COLUMN * page.text + gap;
  double cell_width = MAX ((right - left - (double) (grid->n_columns - 1) * gap) /
                             (double) grid->n_columns,
                           page.unit);
  double cell_height = cell_width * aspect;
  double text_size = CLAMP (cell_width * 0.08, 13 * page.text, TEXT_SIZE * page.text);

  put_heading (&page, grid->title, NULL, grid->subtitle);
  if (grid->column_headings != NULL)
    {
      double start = page.top;
      double bottom = start;

      for (gsize column = 0; column < grid->n_columns; column++)
        {
          page.top = start;
          put_line (&page, grid->column_headings[column], text_size / page.text, TRUE,
                    &page.colors->text, left + (double) column * (cell_width + gap), cell_width, 6);
          bottom = MAX (bottom, page.top);
        }
      page.top = bottom;
    }
  double top_of_panels = page.top;
  for (gsize row = 0; row < grid->n_rows; row++)
    put_grid_row (&page, grid, row, left, cell_width, cell_height, text_size);
  if (shared_bar)
    {
      double bar_height;

      put_color_bar (&page, first_map, grid->unit, TRUE, right + gap, top_of_panels,
                     MIN (page.top - gap - top_of_panels, MAX_PANEL_HEIGHT * page.unit * 0.6),
                     BAR_COLUMN * page.text, &bar_height);
      page.top = MAX (page.top, top_of_panels + bar_height);
    }
  if (grid->captions != NULL && grid->captions[0] != NULL)
    {
      page.top += 8 * page.unit;
      put_captions (&page, grid->captions, page.margin, page.width - 2 * page.margin);
    }
  put_footer (&page, grid->footer);
  *height = ceil (page.top);
  return TRUE;
}

static gboolean
walk (cairo_t *cr, const WhyDrawing *drawing, double device_scale, gboolean draw, double *width,
      double *height, GError **error)
{
  if (drawing->figure != NULL)
    return walk_figure (cr, drawing->figure, device_scale, draw, width, height, error);
  return walk_grid (cr, drawing->grid, device_scale, draw, width, height, error);
}

gboolean
why_drawing_measure (const WhyDrawing *drawing, double *width, double *height, GError **error)
{
  if (drawing->seen != NULL)
    return why_seen_measure (drawing->seen, width, height, error);
  if (drawing->network != NULL)
    {
      why_network_figure_measure (drawing->network, width, height);
      return TRUE;
    }
  cairo_surface_t *surface = cairo_recording_surface_create (CAIRO_CONTENT_COLOR_ALPHA, NULL);
  cairo_t *cr = cairo_create (surface);
  gboolean ok = walk (cr, drawing, 1, FALSE, width, height, error);

  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return ok;
}

gboolean
why_drawing_draw (cairo_t *cr, const WhyDrawing *drawing, double device_scale, GError **error)
{
  double width, height;
  if (drawing->seen != NULL)
    return why_seen_draw (cr, drawing->seen, device_scale, error);
  if (drawing->network != NULL)
    {
      why_network_figure_draw (cr, drawing->network, device_scale);
      return TRUE;
    }
  WhyTheme theme = drawing->figure != NULL ? drawing->figure->theme : drawing->grid->theme;

  if (!why_drawing_measure (drawing, &width, &height, error))
    return FALSE;
  cairo_save (cr);
  cairo_new_path (cr);
  cairo_rectangle (cr, 0, 0, width, height);
  why_theme_set_source (cr, &why_theme_colors (theme)->ground);
  cairo_fill (cr);
  gboolean ok = walk (cr, drawing, device_scale, TRUE, &width, &height, error);
  cairo_restore (cr);
  return ok;
}

cairo_surface_t *
why_panel_render_overlay (const WhyPanel *panel, const WhyRect *view, int width, int height)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  cairo_t *cr = cairo_create (surface);
  WhyRect target = { 0, 0, width, height };

  draw_map (cr, panel, view, &target, 1, MAX (1, CONTOUR_WIDTH * width / WHY_FIGURE_WIDTH));
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}

gboolean
why_figure_measure (const WhyFigure *figure, double *width, double *height, GError **error)
{
  g_return_val_if_fail (figure != NULL && width != NULL && height != NULL, FALSE);

  return why_drawing_measure (&(WhyDrawing){ .figure = figure }, width, height, error);
}

gboolean
why_grid_measure (const WhyGrid *grid, double *width, double *height, GError **error)
{
  g_return_val_if_fail (grid != NULL && width != NULL && height != NULL, FALSE);

  return why_drawing_measure (&(WhyDrawing){ .grid = grid }, width, height, error);
}

gboolean
why_figure_draw (cairo_t *cr, const WhyFigure *figure, double device_scale, GError **error)
{
  g_return_val_if_fail (cr != NULL && figure != NULL && device_scale > 0, FALSE);

  return why_drawing_draw (cr, &(WhyDrawing){ .figure = figure }, device_scale, error);
}

gboolean
why_grid_draw (cairo_t *cr, const WhyGrid *grid, double device_scale, GError **error)
{
  g_return_val_if_fail (cr != NULL && grid != NULL && device_scale > 0, FALSE);

  return why_drawing_draw (cr, &(WhyDrawing){ .grid = grid }, device_scale, error);
}
