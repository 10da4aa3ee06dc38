#pragma once

#include "service/document.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Section of the page "Is it true?": covering parts of the picture. */

#define WHY_TYPE_COVER_BOX (why_cover_box_get_type ())
G_DECLARE_FINAL_TYPE (WhyCoverBox, why_cover_box, WHY, COVER_BOX, GtkBox)

/** why_cover_box_set_document: once */
void why_cover_box_set_document (WhyCoverBox *self, WhyDocument *document);

G_END_DECLS
