#pragma once

#include "compare-pane.h"

G_BEGIN_DECLS

/* One picture with two maps: one left of a divider, the other right of it. The divider is dragged, or moved by the arrow
 * keys. Signal "moved" (d): by hand, where it now is. */
#define WHY_TYPE_CURTAIN (why_curtain_get_type ())
G_DECLARE_FINAL_TYPE (WhyCurtain, why_curtain, WHY, CURTAIN, GtkWidget)

GtkWidget *why_curtain_new (WhyDocument *document);

WhyComparePane *why_curtain_get_pane (WhyCurtain *self, gboolean right);

/** why_curtain_set_position: 0..1 of the visible part of the picture */
void why_curtain_set_position (WhyCurtain *self, double position);
/** why_curtain_set_bare: "none", "left", "right": the side that shows the picture only */
void why_curtain_set_bare (WhyCurtain *self, const char *bare);

G_END_DECLS
