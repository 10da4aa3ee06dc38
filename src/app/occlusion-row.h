#pragma once

#include "service/document.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* One covered part: what it did to the confidence. */

#define WHY_TYPE_OCCLUSION_ROW (why_occlusion_row_get_type ())
G_DECLARE_FINAL_TYPE (WhyOcclusionRow, why_occlusion_row, WHY, OCCLUSION_ROW, GtkListBoxRow)

GtkWidget *why_occlusion_row_new (WhyOcclusion *occlusion);
void why_occlusion_row_set_number (WhyOcclusionRow *self, guint number);

G_END_DECLS
