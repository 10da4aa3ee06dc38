#pragma once

#include "draw/overlay.h"
#include "service/document.h"
#include "service/survey.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * WhySurveyor:
 *
 * Surveys the picture of a document with its model, behind everything else that the document asks, and goes through the
 * fields that it found from the surest on. What it found is of that picture and that model: it is forgotten with either.
 *
 * Signal "changed": something that the functions below tell; a few times a second while a survey runs. Main thread only.
 */
#define WHY_TYPE_SURVEYOR (why_surveyor_get_type ())
G_DECLARE_FINAL_TYPE (WhySurveyor, why_surveyor, WHY, SURVEYOR, GObject)

WhySurveyor *why_surveyor_new (WhyDocument *document) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_surveyor_plan:
 * @field_width, @field_height: (out): of a field, source pixels; unset where 0 is returned
 *
 * Returns: how many fields cover the picture; 0: it cannot be surveyed, or there is no model that answers
 */
double why_surveyor_plan (WhySurveyor *self, gint64 *field_width, gint64 *field_height);
/** why_surveyor_can_start: whether there is a picture with more than one field, and a model that answers */
gboolean why_surveyor_can_start (WhySurveyor *self);
/** why_surveyor_start: @area: (nullable): source pixels, %NULL: all; in place of any survey that there is. What stands in the
 *  way the document says. Without @area a survey that was stopped goes on. */
void why_surveyor_start (WhySurveyor *self, const WhyRoi *area);
void why_surveyor_stop (WhySurveyor *self);
/** why_surveyor_forget: stops it too */
void why_surveyor_forget (WhySurveyor *self);

gboolean why_surveyor_is_running (WhySurveyor *self);
double why_surveyor_get_progress (WhySurveyor *self); /* 0..1 */
int why_surveyor_get_seconds_left (WhySurveyor *self); /* -1: not running, or not known yet */
WhySurvey *why_surveyor_get_survey (WhySurveyor *self); /* (transfer none) (nullable) */
/** why_surveyor_describe: Returns: (transfer full): what was found of the class shown, in a sentence or two; before there
 *  is a survey, how large one would be; "": there cannot be one */
char *why_surveyor_describe (WhySurveyor *self) G_GNUC_WARN_UNUSED_RESULT;

gboolean why_surveyor_get_shown (WhySurveyor *self);
void why_surveyor_set_shown (WhySurveyor *self, gboolean shown);
/**
 * why_surveyor_get_overlay:
 * @to_source: (out): from its cells to source pixels
 * @style: (out): probabilities from 0 to 1, in cells
 *
 * Returns: (transfer none) (nullable): float32 [rows, columns]: probabilities of the class shown, NaN where it was not asked;
 *   %NULL: nothing is to be shown
 */
WhyTensor *why_surveyor_get_overlay (WhySurveyor *self, WhyAffine *to_source, WhyOverlayStyle *style);
/** why_surveyor_get_class: of the overlay; -1: none */
int why_surveyor_get_class (WhySurveyor *self);

/**
 * why_surveyor_step:
 * @forward: to the field that is next in order of the class's probability, else to the one before
 *
 * Explains that field. Returns: %FALSE: there is none further
 */
gboolean why_surveyor_step (WhySurveyor *self, gboolean forward);
/** why_surveyor_get_rank: of the field gone to last, from 0; -1: none */
int why_surveyor_get_rank (WhySurveyor *self);
/** why_surveyor_explain_at: explains the field there, source pixels. Returns: %FALSE: there is none */
gboolean why_surveyor_explain_at (WhySurveyor *self, double x, double y);

/** why_surveyor_save: in another thread writes what why_survey_to_csv() says of the survey, which there must be */
void why_surveyor_save (WhySurveyor *self, GFile *file, GAsyncReadyCallback callback, gpointer data);
gboolean why_surveyor_save_finish (WhySurveyor *self, GAsyncResult *result, GError **error);

/** why_surveyor_to_json: Returns: (transfer full) (nullable): its state, for scripts and tests; %NULL: there is no survey */
JsonObject *why_surveyor_to_json (WhySurveyor *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
