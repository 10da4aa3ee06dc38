#pragma once

#include "service/compare.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The ordinary lists, to say what a map that is compared is to differ in: classes, layers, methods, evidence, models. A
 * choice activates win.compare-value, or for a grid win.compare-grid-value. */
#define WHY_TYPE_VALUE_CHOOSER (why_value_chooser_get_type ())
G_DECLARE_FINAL_TYPE (WhyValueChooser, why_value_chooser, WHY, VALUE_CHOOSER, GtkWidget)

/** why_value_chooser_new: @place: of the map that is set, 0: B; -1: the rows and columns of the grid */
GtkWidget *why_value_chooser_new (WhyDocument *document, int place);

/** why_value_chooser_fill: from the document, when it is about to be shown */
void why_value_chooser_fill (WhyValueChooser *self);

G_END_DECLS
