#pragma once

#include "service/step.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A step of a talk: its picture, number and name, and what can be done with it. */

#define WHY_TYPE_STEP_ROW (why_step_row_get_type ())
G_DECLARE_FINAL_TYPE (WhyStepRow, why_step_row, WHY, STEP_ROW, GtkListBoxRow)

GtkWidget *why_step_row_new (WhyStep *step);
/** why_step_row_set_place: @index: from 0, of @n_steps. @current: it was gone to last */
void why_step_row_set_place (WhyStepRow *self, guint index, guint n_steps, gboolean current);
/** why_step_row_set_shows_picture: @shows: names the file that the step was made with */
void why_step_row_set_shows_picture (WhyStepRow *self, gboolean shows);
guint why_step_row_get_index (WhyStepRow *self);

G_END_DECLS
