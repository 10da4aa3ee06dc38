#include "config.h"

#include "draw/seen.h"

#include <math.h>

#include "base/error.h"
#include "draw/picture.h"

#include "figure-private.h"
#include "text.h"
#include "theme.h"

/* As the canvas has it: see there. */
#define MARGIN 1.0 /* of the font size */
#define BAR_LENGTH 17.0
#define BAR_WIDTH_MOST 32.0
#define SCALE_SHARE 0.2
#define SMALL_VIEW 26.0

static gboolean
resolve (const WhySeen *seen, WhyRect *view, double *width, double *height, GError **error)
{
  if (!why_panel_resolve (&seen->panel, view, error))
    return FALSE;
  *width = seen->width > 0 ? seen->width : MAX (1, round (view->width));
  *height = MAX (1, round (*width * view->height / view->width));
  if (isfinite (*width) && isfinite (*height) && *width <= 1e6 && *height <= 1e6)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "A picture cannot be drawn %g wide and %g high", *width, *height);
  return FALSE;
}

static void
draw_mark (cairo_t *cr, const char *mark, double font_size, double width)
{
  const WhyThemeColors *colors = why_theme_colors (WHY_THEME_ON_PICTURE);
  const double size = font_size * 0.8;
  const double padding = size * 0.4;
  double text_width, text_height;

  g_autoptr (PangoLayout) layout = why_text_layout (cr, mark, size, FALSE, MAX (width - 4 * font_size, font_size));
  why_text_size (layout, &text_width, &text_height);
  const double x = width - font_size * MARGIN - text_width - 2 * padding;
  const double y = font_size * MARGIN;
  why_theme_rounded (cr, x, y, text_width + 2 * padding, text_height + padding, size * 0.4);
  why_theme_set_source (cr, &colors->ground);
  cairo_fill (cr);
  why_theme_set_source (cr, &colors->text);
  why_text_draw (cr, layout, x + padding, y + padding / 2);
}

/* Returns: where its upper edge is */
static double
draw_bar (cairo_t *cr, const WhySeen *seen, const WhyOverlayMap *map, const WhyOverlayStyle *style, const char *title,
          const char *const *lines, double width, double height, double bottom)
{
  const double font_size = seen->font_size;
  const double margin = font_size * MARGIN;
  const double most = MIN (width - 2 * margin, font_size * BAR_WIDTH_MOST);
  const gboolean small = width < SMALL_VIEW * font_size || height < SMALL_VIEW * font_size;
  WhyColorBar bar = {
    .style = style,
    .title = title,
    .lines = small ? NULL : lines,
    .length = MIN (font_size * BAR_LENGTH, most - 2 * font_size),
    .font_size = font_size,
    .theme = WHY_THEME_ON_PICTURE,
  };
  double bar_width, bar_height;

  if (bar.length < font_size * 4 || bottom < font_size * 8)
    return bottom;
  why_overlay_limits (map, style, &bar.lo, &bar.hi);
  why_color_bar_measure (cr, &bar, most, &bar_width, &bar_height);
  why_color_bar_draw (cr, &bar, margin, bottom - bar_height, most);
  return bottom - bar_height;
}

static void
draw_bars (cairo_t *cr, const WhySeen *seen, double width, double height)
{
  const WhyPanel *panel = &seen->panel;
  double bottom = height - seen->font_size * MARGIN;

  if (panel->map != NULL && seen->title != NULL)
    bottom = draw_bar (cr, seen, panel->map, panel->style, seen->title, seen->lines, width, height, bottom) - seen->font_size * MARGIN / 2;
  if (panel->below != NULL && seen->below_title != NULL)
    draw_bar (cr, seen, panel->below, panel->below_style, seen->below_title, NULL, width, height, bottom);
}

gboolean
why_seen_measure (const WhySeen *seen, double *width, double *height, GError **error)
{
  WhyRect view;

  g_return_val_if_fail (seen != NULL && width != NULL && height != NULL, FALSE);

  return resolve (seen, &view, width, height, error);
}

gboolean
why_seen_draw (cairo_t *cr, const WhySeen *seen, double device_scale, GError **error)
{
  double width, height;
  WhyRect view;

  g_return_val_if_fail (cr != NULL && seen != NULL && seen->font_size > 0 && device_scale > 0, FALSE);

  if (!resolve (seen, &view, &width, &height, error))
    return FALSE;
  const WhyRect target = { 0, 0, width, height };
  const double margin = seen->font_size * MARGIN;
  cairo_save (cr);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_clip (cr);
  why_panel_draw (cr, &seen->panel, &view, &target, device_scale, MAX (1, seen->font_size / 8));
  draw_bars (cr, seen, width, height);
  if (seen->panel.um_per_pixel > 0)
    {
      const double um_per_unit = seen->panel.um_per_pixel * view.width / width;
      double length;
      g_autofree char *label = NULL;
      if (why_scale_bar_choose (um_per_unit, width * SCALE_SHARE, &length, &label))
        why_scale_bar_draw (cr, um_per_unit, width * SCALE_SHARE, seen->font_size,
                            MAX (width - margin - MAX (length, seen->font_size * 4) - seen->font_size, margin), height - margin);
    }
  if (seen->mark != NULL)
    draw_mark (cr, seen->mark, seen->font_size, width);
  cairo_restore (cr);
  return TRUE;
}

guint32 *
why_seen_render (const WhySeen *seen, int *width, int *height, GError **error)
{
  const double scale = seen->scale > 0 ? seen->scale : 1;
  double across, down;

  g_return_val_if_fail (seen != NULL && width != NULL && height != NULL, NULL);

  if (!why_seen_measure (seen, &across, &down, error))
    return NULL;
  across = ceil (across * scale);
  down = ceil (down * scale);
  if (across > WHY_MAX_SURFACE || down > WHY_MAX_SURFACE)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "A picture of %.0f x %.0f pixels is too large; at most %d a side", across,
                   down, WHY_MAX_SURFACE);
      return NULL;
    }
  *width = (int) across;
  *height = (int) down;
  guint32 *pixels = g_try_malloc0_n ((gsize) *height, (gsize) *width * 4);
  if (pixels == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "There is no memory for a picture of %d x %d pixels", *width, *height);
      return NULL;
    }
  cairo_surface_t *surface =
    cairo_image_surface_create_for_data ((guchar *) pixels, CAIRO_FORMAT_ARGB32, *width, *height, *width * 4);
  cairo_t *cr = cairo_create (surface);
  cairo_scale (cr, scale, scale);
  const gboolean drawn = why_seen_draw (cr, seen, scale, error);
  cairo_destroy (cr);
  cairo_surface_finish (surface);
  cairo_surface_destroy (surface);
  if (!drawn)
    g_clear_pointer (&pixels, g_free);
  return pixels;
}
