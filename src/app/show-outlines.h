#pragma once

#include "canvas.h"
#include "service/document.h"

G_BEGIN_DECLS

/** why_show_outlines: the outlines of @document that are visible, and the one selected. Those that take long to find are made in
 *   a thread, once for all canvases, and shown by themselves when they are there. */
void why_show_outlines (WhyCanvas *canvas, WhyDocument *document);

G_END_DECLS
