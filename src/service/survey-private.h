#pragma once

#include "request.h"
#include "service/survey.h"

G_BEGIN_DECLS

/** why_survey_run_in: @budget: microseconds after which it returns, whether it is complete or not; 0: when it is. See
 *  why_survey_run() */
gboolean why_survey_run_in (WhySurvey *self, WhyRunState *state, gint64 budget, WhyCancel *cancel, WhyProgress progress,
                            gpointer progress_data, GError **error);

/** WhySurveyFunc: @error: (nullable): why it ended, never a cancellation */
typedef void (*WhySurveyFunc) (const GError *error, gpointer data);

/**
 * why_runner_submit_survey:
 * @view: of its own
 *
 * A part of the survey, behind all other work, so that other work that nobody waits for gets its turn; @on_part then says
 * that there is more, or that it is complete.
 */
void why_runner_submit_survey (WhyRunner *runner, guint view, WhySurvey *survey, WhySurveyFunc on_part, gpointer data);

G_END_DECLS
