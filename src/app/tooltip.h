#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * why_tooltip_set:
 * @text: (nullable): plain text, or %NULL for no tooltip
 *
 * For texts that are set again and again and seldom change. The toolkit asks the display where the pointer is
 * whenever a tooltip is set, be it the same one, and waits for the answer: with twenty rows that is longer than a frame.
 */
void why_tooltip_set (GtkWidget *widget, const char *text);

G_END_DECLS
