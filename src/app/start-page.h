#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* What the empty window offers below its sentence: examples as cards, and what was open lately. */

#define WHY_TYPE_START_PAGE (why_start_page_get_type ())
G_DECLARE_FINAL_TYPE (WhyStartPage, why_start_page, WHY, START_PAGE, AdwBin)

/** why_start_page_refresh: looks anew at what was open lately */
void why_start_page_refresh (WhyStartPage *self);

G_END_DECLS
