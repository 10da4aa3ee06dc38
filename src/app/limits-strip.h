#pragma once

#include "draw/overlay.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A small colour bar: the lower limit, the colours, the upper limit. */
#define WHY_TYPE_LIMITS_STRIP (why_limits_strip_get_type ())
G_DECLARE_FINAL_TYPE (WhyLimitsStrip, why_limits_strip, WHY, LIMITS_STRIP, GtkWidget)

GtkWidget *why_limits_strip_new (void);

/** why_limits_strip_set: @map, @style: (nullable): %NULL: nothing is shown */
void why_limits_strip_set (WhyLimitsStrip *self, const WhyOverlayMap *map, const WhyOverlayStyle *style);

G_END_DECLS
