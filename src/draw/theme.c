#include "config.h"

#include "theme.h"

static const WhyThemeColors light = {
  .ground = { 1, 1, 1, 1 },
  .text = { 0.12, 0.12, 0.14, 1 },
  .dim = { 0.38, 0.38, 0.41, 1 },
  .track = { 0.92, 0.92, 0.93, 1 },
  .bar = { 0.62, 0.63, 0.67, 1 },
  .highlight = { 0.10, 0.37, 0.71, 1 },
};

static const WhyThemeColors dark = {
  .ground = { 0.105, 0.105, 0.12, 1 },
  .text = { 0.96, 0.96, 0.97, 1 },
  .dim = { 0.70, 0.70, 0.74, 1 },
  .track = { 0.20, 0.20, 0.23, 1 },
  .bar = { 0.47, 0.48, 0.53, 1 },
  .highlight = { 0.47, 0.68, 0.93, 1 },
};

static const WhyThemeColors on_picture = {
  .ground = { 0.07, 0.07, 0.08, 0.78 },
  .text = { 1, 1, 1, 1 },
  .dim = { 0.86, 0.86, 0.88, 1 },
  .track = { 1, 1, 1, 0.16 },
  .bar = { 0.72, 0.73, 0.77, 1 },
  .highlight = { 0.60, 0.77, 0.95, 1 },
};

const WhyThemeColors *
why_theme_colors (WhyTheme theme)
{
  switch (theme)
    {
    case WHY_THEME_DARK:
      return &dark;
    case WHY_THEME_ON_PICTURE:
      return &on_picture;
    case WHY_THEME_LIGHT:
    default:
      return &light;
    }
}

void
why_theme_set_source (cairo_t *cr, const WhyColor *color)
{
  cairo_set_source_rgba (cr, color->r, color->g, color->b, color->a);
}

void
why_theme_rounded (cairo_t *cr, double x, double y, double width, double height, double radius)
{
  radius = MIN (radius, MIN (width, height) / 2);
  cairo_new_sub_path (cr);
  cairo_arc (cr, x + width - radius, y + radius, radius, -G_PI / 2, 0);
  cairo_arc (cr, x + width - radius, y + height - radius, radius, 0, G_PI / 2);
  cairo_arc (cr, x + radius, y + height - radius, radius, G_PI / 2, G_PI);
  cairo_arc (cr, x + radius, y + radius, radius, G_PI, 3 * G_PI / 2);
  cairo_close_path (cr);
}
