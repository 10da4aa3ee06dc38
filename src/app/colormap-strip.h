#pragma once

#include "draw/colormap.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A colour map as a small strip. */

#define WHY_TYPE_COLORMAP_STRIP (why_colormap_strip_get_type ())
G_DECLARE_FINAL_TYPE (WhyColormapStrip, why_colormap_strip, WHY, COLORMAP_STRIP, GtkWidget)

GtkWidget *why_colormap_strip_new (void);
void why_colormap_strip_set_colormap (WhyColormapStrip *self, const WhyColormap *colormap);

G_END_DECLS
