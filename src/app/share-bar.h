#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A thin bar for a probability, with the earlier value behind it. Begins at the side where text begins. */

#define WHY_TYPE_SHARE_BAR (why_share_bar_get_type ())
G_DECLARE_FINAL_TYPE (WhyShareBar, why_share_bar, WHY, SHARE_BAR, GtkWidget)

/**
 * why_share_bar_set_shares:
 * @share: 0..1
 * @before: 0..1, or negative: none
 * @strong: in the accent colour
 */
void why_share_bar_set_shares (WhyShareBar *self, double share, double before, gboolean strong);

G_END_DECLS
