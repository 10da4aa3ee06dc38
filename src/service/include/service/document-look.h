#pragma once

#include "service/document.h"

G_BEGIN_DECLS

/* More of what is asked of a document and of how its map is drawn. All setters are undoable steps; a value that
 * does not exist changes nothing and becomes the document's error message. "notify::target-kind" and "notify::look"
 * tell of changes of the first and of the second group; both hold for all that document.h says. */

/* ---- what is explained ("target-kind") ---- */

/** why_document_get_score: "logit", "probability" or "rest", see WhyScoreKind */
const char *why_document_get_score (WhyDocument *self);
void why_document_set_score (WhyDocument *self, const char *score);

/** why_document_get_also_classes: Returns: (transfer none) (array length=n): classes whose scores are added to the target's,
 *  ascending */
const int *why_document_get_also_classes (WhyDocument *self, gsize *n);
/** why_document_toggle_also_class: adds a class, or takes it out again; the target and the class it is compared with cannot be
 *  added */
void why_document_toggle_also_class (WhyDocument *self, int class_index);
void why_document_clear_also_classes (WhyDocument *self);

/**
 * why_document_get_region:
 *
 * For networks with an answer for every pixel: which of them are explained. "predicted" (where the class wins), "all",
 * "point:X,Y" or "box:X,Y,W,H" in pixels of the picture.
 */
const char *why_document_get_region (WhyDocument *self);
void why_document_set_region (WhyDocument *self, const char *region);

/* ---- how the map is drawn ("look") ---- */

/** why_document_get_limits_range: the numbers at the ends of the colour bar; %FALSE without a map */
gboolean why_document_get_limits_range (WhyDocument *self, double *lo, double *hi);
/** why_document_set_limits_range: locks the limits to these numbers; @lo must be below @hi */
void why_document_set_limits_range (WhyDocument *self, double lo, double hi);

/** why_document_get_clip: 0..0.5: the limits leave out this share of the sum of magnitudes, so that single extreme
 *  values do not make all the others look alike; of own limits only. 0: nothing is left out */
double why_document_get_clip (WhyDocument *self);
void why_document_set_clip (WhyDocument *self, double clip);

gboolean why_document_get_contours (WhyDocument *self);
void why_document_set_contours (WhyDocument *self, gboolean contours);
/** why_document_get_contour_levels: 1 to %WHY_MAX_CONTOURS lines, equally far from each other between the limits */
int why_document_get_contour_levels (WhyDocument *self);
void why_document_set_contour_levels (WhyDocument *self, int levels);
gboolean why_document_get_contour_labels (WhyDocument *self);
void why_document_set_contour_labels (WhyDocument *self, gboolean labels);

/** why_document_get_alpha: "auto" (by value for signed maps, else uniform), "uniform" or "value": transparent where the map is low */
const char *why_document_get_alpha (WhyDocument *self);
/** why_document_get_effective_alpha: "uniform" or "value" */
const char *why_document_get_effective_alpha (WhyDocument *self);
void why_document_set_alpha (WhyDocument *self, const char *alpha);

/** why_document_get_colour_vision: as why_vision_id() has it: whose eyes the screen imitates. Never in a figure. */
const char *why_document_get_colour_vision (WhyDocument *self);
void why_document_set_colour_vision (WhyDocument *self, const char *colour_vision);

/** why_document_get_share_shown: the share of the picture where the map reaches the threshold, 0..1; -1 without a map */
double why_document_get_share_shown (WhyDocument *self);

/**
 * why_region_to_input:
 * @request: its region is set; the place is filled in
 * @numbers: as why_region_parse() found them, in pixels of a picture of @width x @height
 *
 * Regions are named in the picture and wanted in the network's input.
 */
gboolean why_region_to_input (WhyExplainRequest *request, const double numbers[4], const WhyRecipe *recipe, gint64 width,
                              gint64 height, GError **error);
/** why_region_to_shown: likewise, with @numbers in source pixels of @picture, of which the network is shown @roi (or all) */
gboolean why_region_to_shown (WhyExplainRequest *request, const double numbers[4], const WhyRecipe *recipe,
                              const WhyPicture *picture, const WhyRoi *roi, GError **error);

/**
 * why_region_from_request:
 * @input_to_source: of the result
 *
 * Returns: (transfer full) (nullable): the region as why_region_parse() takes it, in pixels of the picture; %NULL for
 *   masks, which have no text
 */
char *why_region_from_request (const WhyExplainRequest *request, const WhyAffine *input_to_source) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
