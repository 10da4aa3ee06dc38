#include "config.h"

#include "text.h"

#include <math.h>

#define FONT_FAMILIES "Cantarell, Inter, Adwaita Sans, sans-serif"

PangoLayout *
why_text_layout (cairo_t *cr, const char *text, double font_size, gboolean bold, double max_width)
{
  PangoLayout *layout = pango_cairo_create_layout (cr);
  PangoContext *context = pango_layout_get_context (layout);
  PangoFontDescription *font = pango_font_description_from_string (FONT_FAMILIES);
  cairo_font_options_t *options = cairo_font_options_create ();
  g_autofree char *valid = g_utf8_make_valid (text != NULL ? text : "", -1);

  cairo_font_options_set_hint_style (options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics (options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias (options, CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options (context, options);
  cairo_font_options_destroy (options);
  pango_context_set_round_glyph_positions (context, FALSE);
  pango_layout_context_changed (layout);

  pango_font_description_set_absolute_size (font, font_size * PANGO_SCALE);
  pango_font_description_set_weight (font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  pango_layout_set_single_paragraph_mode (layout, TRUE); /* file names may hold line breaks */
  pango_layout_set_text (layout, valid, -1);
  if (max_width > 0)
    {
      pango_layout_set_width (layout, (int) MIN (floor (max_width * PANGO_SCALE), G_MAXINT / 2));
      pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_MIDDLE);
    }
  return layout;
}

void
why_text_set_wrap (PangoLayout *layout, double width, int n_lines)
{
  pango_layout_set_width (layout, (int) MIN (MAX (width, 1) * PANGO_SCALE, G_MAXINT / 2));
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_MIDDLE);
  pango_layout_set_height (layout, -n_lines);
}

void
why_text_size (PangoLayout *layout, double *width, double *height)
{
  PangoRectangle logical;

  pango_layout_get_extents (layout, NULL, &logical);
  *width = logical.width / (double) PANGO_SCALE;
  *height = logical.height / (double) PANGO_SCALE;
}

void
why_text_draw (cairo_t *cr, PangoLayout *layout, double x, double y)
{
  cairo_move_to (cr, x, y);
  pango_cairo_show_layout (cr, layout);
}
