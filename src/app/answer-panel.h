#pragma once

#include "service/document.h"
#include "service/surveyor.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* What does it say? The classes with their probabilities, and the model. */

#define WHY_TYPE_ANSWER_PANEL (why_answer_panel_get_type ())
G_DECLARE_FINAL_TYPE (WhyAnswerPanel, why_answer_panel, WHY, ANSWER_PANEL, AdwBin)

/** why_answer_panel_set_document: once */
void why_answer_panel_set_document (WhyAnswerPanel *self, WhyDocument *document);

void why_answer_panel_set_surveyor (WhyAnswerPanel *self, WhySurveyor *surveyor); /* once */

G_END_DECLS
