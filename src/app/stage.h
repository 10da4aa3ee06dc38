#pragma once

#include "draw/legend.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What the network says, large enough for the back of a lecture room: the class, its probability as number and bar, the next
 * classes, and what the colours mean. Bars move to new values unless animations are off. */

#define WHY_TYPE_STAGE (why_stage_get_type ())
G_DECLARE_FINAL_TYPE (WhyStage, why_stage, WHY, STAGE, GtkWidget)

#define WHY_STAGE_ROWS 5

/**
 * WhyStageRow:
 * @share: probability
 * @before: of the uncovered picture; -1: nothing is covered
 */
typedef struct
{
  const char *label;
  double share;
  double before;
} WhyStageRow;

GtkWidget *why_stage_new (void);

/** why_stage_set_rows: @rows: (array length=n_rows): the class explained first; at most %WHY_STAGE_ROWS. @at_once: bars do
 *  not glide: they are driven step by step already */
void why_stage_set_rows (WhyStage *self, const WhyStageRow *rows, gsize n_rows, gboolean at_once);

/** why_stage_set_legend: @style: (nullable): %NULL: no map is shown. @caption: what the colours tell */
void why_stage_set_legend (WhyStage *self, const WhyOverlayStyle *style, double lo, double hi, const char *caption);

/** why_stage_set_position: "3 / 7", or "" */
void why_stage_set_position (WhyStage *self, const char *position);

/** why_stage_dup_text: Returns: (transfer full): all that can be read, in one line */
char *why_stage_dup_text (WhyStage *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
