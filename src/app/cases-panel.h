#pragma once

#include "service/document.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The pictures of a folder, or those opened together, as a list with thumbnails and answers. Choosing one activates
 * win.case. */

#define WHY_TYPE_CASES_PANEL (why_cases_panel_get_type ())
G_DECLARE_FINAL_TYPE (WhyCasesPanel, why_cases_panel, WHY, CASES_PANEL, AdwBin)

void why_cases_panel_set_document (WhyCasesPanel *self, WhyDocument *document);

/** why_cases_panel_set_private: names of files are numbers instead: somebody looks on */
void why_cases_panel_set_private (WhyCasesPanel *self, gboolean is_private);

G_END_DECLS
