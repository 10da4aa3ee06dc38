#pragma once

#include "service/document.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A figure that can be dropped into another program: written to a temporary file when the drag begins, and handed over as a file
 * or as a PNG when it is dropped. */

#define WHY_TYPE_DRAG_FIGURE (why_drag_figure_get_type ())
G_DECLARE_FINAL_TYPE (WhyDragFigure, why_drag_figure, WHY, DRAG_FIGURE, GdkContentProvider)

/** why_drag_figure_new: @name: of the file, ends in .png */
GdkContentProvider *why_drag_figure_new (WhyDocument *document, const WhyExportOptions *options, const char *name);

G_END_DECLS
