#pragma once

#include "draw/overlay.h"

G_BEGIN_DECLS

/* The style puts zero in the middle: asked for, or the colour map is a diverging one. */
gboolean why_overlay_style_is_centred (const WhyOverlayStyle *style);

/* Premultiplied ARGB32 of a position 0..1 on the colour map, opacity and vision included, threshold
 * not. */
guint32 why_overlay_style_color (const WhyOverlayStyle *style, double position);

G_END_DECLS
