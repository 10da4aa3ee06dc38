#pragma once

#include "service/check.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Checks of the map, and what its layer can resolve. */

#define WHY_TYPE_CHECKS_BOX (why_checks_box_get_type ())
G_DECLARE_FINAL_TYPE (WhyChecksBox, why_checks_box, WHY, CHECKS_BOX, AdwBin)

void why_checks_box_set_document (WhyChecksBox *self, WhyDocument *document);

G_END_DECLS
