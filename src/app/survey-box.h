#pragma once

#include "service/surveyor.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Starts a survey, says what it found, and goes through its fields. Not visible where there is nothing to survey. */
#define WHY_TYPE_SURVEY_BOX (why_survey_box_get_type ())
G_DECLARE_FINAL_TYPE (WhySurveyBox, why_survey_box, WHY, SURVEY_BOX, AdwBin)

void why_survey_box_set_surveyor (WhySurveyBox *self, WhySurveyor *surveyor); /* once */

G_END_DECLS
