#pragma once

#include "canvas.h"
#include "image/outline.h"
#include "service/annotation.h"
#include "view.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Outlines and the grid of a layer's cells over the picture. */

/**
 * WhyCanvasOutline:
 * @rings: (element-type WhyRing): in source pixels; borrowed of what made them, which keeps them
 * @current: drawn stronger
 */
typedef struct
{
  GArray *rings;
  guint32 color;
  WhyPattern pattern;
  gboolean current;
} WhyCanvasOutline;

/** WhyMarks: what is drawn, and the last drawing. Zeroed: nothing */
typedef struct
{
  WhyCanvasOutline *outlines;
  gsize n_outlines;
  gboolean has_grid;
  WhyAffine grid_to_source;
  gint64 n_columns, n_rows;
  /*< private >*/
  GdkTexture *texture;
  WhyView drawn;
  gboolean stale;
} WhyMarks;

void why_marks_clear (WhyMarks *marks);
/** why_marks_set_outlines: @outlines: (array length=n): copied, and a reference to each list of rings is taken;
 *   those that are there already are not drawn anew */
void why_marks_set_outlines (WhyMarks *marks, const WhyCanvasOutline *outlines, gsize n);
/** why_marks_set_grid: @to_source: (nullable): from cells; %NULL: no grid */
void why_marks_set_grid (WhyMarks *marks, const WhyAffine *to_source, gint64 n_columns, gint64 n_rows);
/** why_marks_snapshot: draws them as they lie in @view; what has not changed is not drawn anew */
void why_marks_snapshot (WhyMarks *marks, GtkSnapshot *snapshot, const WhyView *view);

/** why_canvas_set_annotations: @outlines: (array length=n): what people outlined */
void why_canvas_set_annotations (WhyCanvas *self, const WhyCanvasOutline *outlines, gsize n);
/** why_canvas_get_n_annotations: Returns: how many outlines are drawn */
guint why_canvas_get_n_annotations (WhyCanvas *self);
/** why_canvas_set_grid: @to_source: (nullable): from a layer's cells to source pixels; %NULL: no grid */
void why_canvas_set_grid (WhyCanvas *self, const WhyAffine *to_source, gint64 n_columns, gint64 n_rows);

G_END_DECLS
