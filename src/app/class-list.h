#pragma once

#include "service/document.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The classes with their probabilities, the most probable first; searchable; what is explained and what it is compared
 * with are marked.
 *
 * Only the first rows are made, a few in each turn of the main loop, and more as somebody scrolls down: a list of a
 * thousand classes must not stop the window. */

#define WHY_TYPE_CLASS_LIST (why_class_list_get_type ())
G_DECLARE_FINAL_TYPE (WhyClassList, why_class_list, WHY, CLASS_LIST, AdwBin)

void why_class_list_set_document (WhyClassList *self, WhyDocument *document);

G_END_DECLS
