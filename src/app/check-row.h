#pragma once

#include "service/check.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* One check: what it asks, a button that runs or stops it, and its answer in words and as a chart. */

#define WHY_TYPE_CHECK_ROW (why_check_row_get_type ())
G_DECLARE_FINAL_TYPE (WhyCheckRow, why_check_row, WHY, CHECK_ROW, GtkListBoxRow)

GtkWidget *why_check_row_new (WhyDocument *document, WhyCheck *check);

G_END_DECLS
