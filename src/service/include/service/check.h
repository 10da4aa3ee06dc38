#pragma once

#include "measure/faithfulness.h"
#include "measure/overlap.h"
#include "measure/resolution.h"
#include "measure/sanity.h"
#include "measure/shapley.h"
#include "service/document.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Whether a map is to be believed: measures of src/measure, run on what a document shows. */

/* ---- overlap with outlines ---- */

/**
 * WhyOverlapResult:
 * @overlap: of the evidence for the class (of maps of magnitude: of strength)
 * @has_against, @against: of signed maps: of the evidence against
 * @n_outlines: what was compared
 */
typedef struct _WhyOverlapResult
{
  WhyOverlap overlap;
  gboolean has_against;
  WhyOverlap against;
  guint n_outlines;
} WhyOverlapResult;

/** why_document_get_overlap: Returns: (transfer none) (nullable): of the present map with the selected outline, or with all
 *   that are visible; kept up to date in the background; "overlap-changed" tells of a new one */
const WhyOverlapResult *why_document_get_overlap (WhyDocument *self);

/**
 * why_overlap_of_file:
 * @path: GeoJSON or a mask, see why_document_import_annotations(); all in it together is the outline
 * @result: with a map
 * @picture: that the map is of, no volume
 * @threshold: 0 to 1 of the map's range
 * @overlap: (out caller-allocates)
 * @warning: (out) (nullable): a remark on the file
 *
 * For the command line. Blocks.
 */
gboolean why_overlap_of_file (const char *path, const WhyResult *result, const WhyPicture *picture, double threshold,
                              gboolean smooth, WhyOverlapResult *overlap, char **warning, GError **error);

/** why_document_get_resolution: of the layer of the present map; %FALSE if there is none, or not in two dimensions */
gboolean why_document_get_resolution (WhyDocument *self, WhyResolution *resolution);

/* ---- checks ---- */

typedef enum
{
  WHY_CHECK_FAITHFULNESS, /* deletion and insertion */
  WHY_CHECK_RANDOMISATION,
  WHY_CHECK_OCCLUSION, /* agreement with a sweep of windows */
  WHY_CHECK_CONTROLS,  /* another class, a picture without content */
  WHY_CHECK_REGIONS,   /* Shapley values of regions */
  WHY_N_CHECKS,
} WhyCheckKind;

/* "faithfulness", "randomisation", "occlusion", "controls", "regions" */
const char *why_check_kind_id (WhyCheckKind kind);
gboolean why_check_kind_from_id (const char *id, WhyCheckKind *kind);
const char *why_check_kind_title (WhyCheckKind kind); /* translated */
const char *why_check_kind_about (WhyCheckKind kind); /* translated: what it does, one sentence */

/* 256 combinations */
#define WHY_REGIONS_MAX 8

/**
 * WhyRegions:
 * @names: (array zero-terminated)
 * @shares: (array length=n): Shapley values: each region's part of @all - @none, of which they are the sum
 * @none, @all: probability of the class with all regions covered, and with none
 */
typedef struct
{
  guint n;
  char **names;
  double shares[WHY_REGIONS_MAX];
  double none, all;
} WhyRegions;

/**
 * WhyCheckResult:
 * @request: what was asked: model, picture, covers, method, layer, class
 * @target_class: the class explained
 * @map: the map that was checked
 * @faithfulness, @road, @has_road; @sanity; @sweep, @sweep_agreement; @controls; @regions: of the kind's: the others are empty
 * @sweep: map of the occlusion sweep, at the input's size
 * @sweep_agreement: Spearman's rank correlation of it and the map, both at the input's size; NaN if one is flat
 *
 * One answer. Immutable, counted.
 */
typedef struct
{
  WhyCheckKind kind;
  WhyRequest *request;
  int target_class;
  WhyMap *map;
  WhyFaithfulness faithfulness;
  gboolean has_road;
  WhyRoad road;
  WhySanity sanity;
  WhyMap *sweep;
  double sweep_agreement;
  WhyControls controls;
  WhyRegions regions;
  double milliseconds;
  /*< private >*/
  _Atomic int ref_count;
} WhyCheckResult;

WhyCheckResult *why_check_result_ref (WhyCheckResult *result);
void why_check_result_unref (WhyCheckResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyCheckResult, why_check_result_unref)

/**
 * why_check_run:
 * @result: a map with its request: the question that is checked
 * @session: (nullable): as for why_request_run()
 *
 * In the calling thread, for the command line. Regions are what the request covers. %WHY_ERROR_BAD_REQUEST if @result has no map.
 */
WhyCheckResult *why_check_run (WhyCheckKind kind, const WhyResult *result, WhySession *session, WhyCancel *cancel,
                               WhyProgress progress, gpointer progress_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_check_result_describe: @other_name: (nullable): of the class that served as a control; Returns: (transfer full): two
 *   translated sentences: the verdict and what it means, and its figures */
char *why_check_result_describe (const WhyCheckResult *result, const char *other_name) G_GNUC_WARN_UNUSED_RESULT;

/** why_check_result_add_json: adds an object with all figures as the builder's next value */
void why_check_result_add_json (const WhyCheckResult *result, JsonBuilder *builder);
/** why_overlap_add_json: likewise */
void why_overlap_add_json (const WhyOverlap *overlap, JsonBuilder *builder);

typedef enum
{
  WHY_CHECK_NOT_RUN,
  WHY_CHECK_RUNNING,
  WHY_CHECK_DONE,
  WHY_CHECK_OUTDATED, /* the question has changed since */
  WHY_CHECK_FAILED,
} WhyCheckState;

/**
 * WhyCheck:
 *
 * One kind of check as a row of a list. Properties (read-only): "kind", "state" (i), "progress" (d, 0..1), "sentence" (s: the
 * result, or what went wrong, or "").
 */
#define WHY_TYPE_CHECK (why_check_get_type ())
G_DECLARE_FINAL_TYPE (WhyCheck, why_check, WHY, CHECK, GObject)

WhyCheckKind why_check_get_kind (WhyCheck *self);
WhyCheckState why_check_get_state (WhyCheck *self);
double why_check_get_progress (WhyCheck *self);
const char *why_check_get_sentence (WhyCheck *self);
WhyCheckResult *why_check_get_result (WhyCheck *self); /* nullable */

/** why_document_get_checks: Returns: (transfer none): of WhyCheck, one of each kind */
GListModel *why_document_get_checks (WhyDocument *self);
/**
 * why_document_run_check:
 *
 * Runs a check of the present map in the compute thread (regions are the visible outlines, or with fewer than two of these
 * what is covered); one at a time: another that runs is stopped. So is one when the
 * question changes, for then its answer would mean nothing any more. why_document_cancel() stops it too. Without a finished map
 * there is an error message.
 */
void why_document_run_check (WhyDocument *self, WhyCheckKind kind);

G_END_DECLS
