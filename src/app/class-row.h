#pragma once

#include "service/document.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* A row of the class list: label, probability, bar; with covers the probability before them too. */

#define WHY_TYPE_CLASS_ROW (why_class_row_get_type ())
G_DECLARE_FINAL_TYPE (WhyClassRow, why_class_row, WHY, CLASS_ROW, AdwBin)

GtkWidget *why_class_row_new (void);
void why_class_row_set_item (WhyClassRow *self, WhyClassItem *item); /* nullable */

/** why_class_row_get_item: Returns: (transfer none) (nullable) */
WhyClassItem *why_class_row_get_item (WhyClassRow *self);

G_END_DECLS
