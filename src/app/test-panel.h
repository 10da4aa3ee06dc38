#pragma once

#include "service/document.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Is it true? A page of sections, each a box of its own. */

#define WHY_TYPE_TEST_PANEL (why_test_panel_get_type ())
G_DECLARE_FINAL_TYPE (WhyTestPanel, why_test_panel, WHY, TEST_PANEL, AdwBin)

/** why_test_panel_set_document: once */
void why_test_panel_set_document (WhyTestPanel *self, WhyDocument *document);

G_END_DECLS
