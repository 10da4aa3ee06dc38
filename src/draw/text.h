#pragma once

#include <pango/pangocairo.h>

G_BEGIN_DECLS

/**
 * why_text_layout:
 * @font_size: user units
 * @max_width: user units; longer text loses its middle; 0: any width
 *
 * One line of text, laid out without hinting, so that its size is the same at every scale and on every
 * device.
 *
 * Returns: (transfer full)
 */
PangoLayout *why_text_layout (cairo_t *cr, const char *text, double font_size, gboolean bold,
                              double max_width) G_GNUC_WARN_UNUSED_RESULT;

/** why_text_set_wrap: lets a layout take several lines of @width, at most @n_lines. */
void why_text_set_wrap (PangoLayout *layout, double width, int n_lines);

/** why_text_size: logical size in user units. */
void why_text_size (PangoLayout *layout, double *width, double *height);

/** why_text_draw: in the current colour, upper left corner at @x, @y. */
void why_text_draw (cairo_t *cr, PangoLayout *layout, double x, double y);

G_END_DECLS
