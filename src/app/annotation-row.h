#pragma once

#include "service/annotation.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A row of the list of outlines: its line, name, class, shown or hidden, delete. */

#define WHY_TYPE_ANNOTATION_ROW (why_annotation_row_get_type ())
G_DECLARE_FINAL_TYPE (WhyAnnotationRow, why_annotation_row, WHY, ANNOTATION_ROW, GtkListBoxRow)

GtkWidget *why_annotation_row_new (WhyDocument *document, WhyAnnotation *annotation);

G_END_DECLS
