#pragma once

#include "window.h"

G_BEGIN_DECLS

/* The command palette: type a few letters of anything that can be done, Enter does it. Made from the catalogue of
 * actions; what cannot be done just now is not offered. */

#define WHY_TYPE_PALETTE (why_palette_get_type ())
G_DECLARE_FINAL_TYPE (WhyPalette, why_palette, WHY, PALETTE, AdwWindow)

GtkWidget *why_palette_new (WhyWindow *window);

/** why_palette_set_text: as if it had been typed */
void why_palette_set_text (WhyPalette *self, const char *text);

/** why_palette_is_settled: all commands were looked through */
gboolean why_palette_is_settled (WhyPalette *self);

guint why_palette_get_n_found (WhyPalette *self);
/** why_palette_get_title: Returns: (nullable): of the command at @position, best first */
const char *why_palette_get_title (WhyPalette *self, guint position);

/** why_palette_run: does what is selected, as Enter does, and closes */
void why_palette_run (WhyPalette *self);

G_END_DECLS
