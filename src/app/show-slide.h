#pragma once

#include "canvas.h"
#include "service/document.h"

G_BEGIN_DECLS

/** why_show_slide: the slide of @document with its covers. Returns: %FALSE if it has none: nothing is changed */
gboolean why_show_slide (WhyCanvas *canvas, WhyDocument *document);

/** why_show_sides: of a volume: which sides of the body lie at the edges of the plane that is shown */
void why_show_sides (WhyCanvas *canvas, WhyDocument *document);

G_END_DECLS
