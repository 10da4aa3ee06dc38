#pragma once

#include "service/document.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Take it along: figures and the command line. */

#define WHY_TYPE_TAKE_PANEL (why_take_panel_get_type ())
G_DECLARE_FINAL_TYPE (WhyTakePanel, why_take_panel, WHY, TAKE_PANEL, AdwBin)

/** why_take_panel_set_document: once */
void why_take_panel_set_document (WhyTakePanel *self, WhyDocument *document);

G_END_DECLS
