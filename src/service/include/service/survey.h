#pragma once

#include "service/picture.h"
#include "service/runner.h"

G_BEGIN_DECLS

/**
 * WhySurvey:
 *
 * What a network answers for every field of a slide or of a large picture. A field is as large as the network sees at
 * once (why_roi_field()); fields lie side by side from the upper left corner of the part that is surveyed, and the last of
 * a row or column is moved back so that it lies in the picture. The answer for a field is the same, to the last digit, as
 * that for why_document_set_roi() of it. Fields of a slide without tissue are not asked about.
 *
 * They are asked about from coarse to fine, so that after a fraction of the time the whole is covered, thinly.
 *
 * Counted; one thread fills it, any may read.
 */
typedef struct _WhySurvey WhySurvey;

/**
 * WhySurveyCounts:
 * @n_fields: all of them
 * @n_glass: without tissue; 0 until the survey has begun to run, which is when they are looked for
 * @n_answered: that are known
 * @n_unreadable: whose pixels are damaged
 */
typedef struct
{
  gsize n_fields, n_glass, n_answered, n_unreadable;
} WhySurveyCounts;

/**
 * why_survey_new:
 * @picture: copied; no volume
 * @explain: which of the network's outputs, and how its numbers become probabilities; the rest of it means nothing
 * @n_classes: of the network
 * @area: (nullable): what is surveyed, source pixels; %NULL: everything
 * @um_per_pixel: of the picture; 0: unknown
 *
 * Returns: (transfer full) (nullable): %NULL with %WHY_ERROR_BAD_REQUEST for a volume, %WHY_ERROR_TOO_LARGE for more than
 *   2^20 fields or 2^24 answers
 */
WhySurvey *why_survey_new (const WhyPicture *picture, WhyOnnxModel *model, WhyRecipe *recipe,
                           const WhyExplainRequest *explain, gsize n_classes, const WhyRoi *area, double um_per_pixel,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
WhySurvey *why_survey_ref (WhySurvey *self);
void why_survey_unref (WhySurvey *self);

/**
 * why_survey_run:
 * @session: (nullable): of the model; %NULL: one is made
 * @progress: (nullable): 0..1 of the fields with tissue
 *
 * In the calling thread; what is asked next is read meanwhile in another one. Goes on where an earlier run of the same
 * survey was cancelled. Fields that cannot be read are counted and left out.
 *
 * Returns: %FALSE with %WHY_ERROR_CANCELLED, or because no field at all could be read or asked about
 */
gboolean why_survey_run (WhySurvey *self, WhySession *session, WhyCancel *cancel, WhyProgress progress,
                         gpointer progress_data, GError **error);

void why_survey_get_counts (WhySurvey *self, WhySurveyCounts *counts);
/** why_survey_is_complete: whether there is nothing left to ask */
gboolean why_survey_is_complete (WhySurvey *self);
/** why_survey_dup_problem: Returns: (transfer full) (nullable): what is wrong with the first field that cannot be read */
char *why_survey_dup_problem (WhySurvey *self) G_GNUC_WARN_UNUSED_RESULT;

gint64 why_survey_get_columns (const WhySurvey *self);
gint64 why_survey_get_rows (const WhySurvey *self);
gsize why_survey_get_n_classes (const WhySurvey *self);
/** why_survey_get_field: @field: (out): row * columns + column: where it lies, source pixels */
void why_survey_get_field (const WhySurvey *self, gsize field, WhyRoi *roi);
/** why_survey_get_to_source: @to_source: (out): from cells of a map of it to source pixels */
void why_survey_get_to_source (const WhySurvey *self, WhyAffine *to_source);

/** why_survey_get_probability: NaN: not known */
double why_survey_get_probability (WhySurvey *self, gsize field, int class_index);
/** why_survey_dup_map: Returns: (transfer full) (nullable): float32 [rows, columns]: the class's probability in each
 *   field; NaN: not known. %NULL: there is no such class */
WhyTensor *why_survey_dup_map (WhySurvey *self, int class_index) G_GNUC_WARN_UNUSED_RESULT;
/**
 * why_survey_rank:
 *
 * Returns: (transfer full) (element-type guint32): the fields whose probabilities of the class are known, the highest first,
 *   of equal ones the upper left
 */
GArray *why_survey_rank (WhySurvey *self, int class_index) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_survey_to_csv:
 * @labels: (array length=n_classes): names of the classes
 *
 * Returns: (transfer full): a line with the names of columns (x, y, width, height in source pixels, top class, each class),
 *   and one for every field that is known; numbers in the C locale with nine digits
 */
char *why_survey_to_csv (WhySurvey *self, const char *const *labels) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhySurvey, why_survey_unref)

G_END_DECLS
