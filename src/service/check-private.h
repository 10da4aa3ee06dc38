#pragma once

#include "document-private.h"
#include "request.h"
#include "service/check.h"
#include "service/cover.h"

G_BEGIN_DECLS

/**
 * WhyCheckRequest:
 * @request: that made @map
 * @target_class: the class that was explained, where the request left it open
 * @regions: (element-type WhyCover): of %WHY_CHECK_REGIONS: what is covered in all combinations
 * @names: (array zero-terminated): of the regions
 * @n_background: how many of the request's covers stay meanwhile
 *
 * Immutable.
 */
typedef struct
{
  WhyCheckKind kind;
  WhyRequest *request;
  WhyMap *map;
  int target_class;
  GArray *regions;
  char **names;
  gsize n_background;
} WhyCheckRequest;

WhyCheckRequest *why_check_request_new (WhyCheckKind kind, const WhyResult *result) G_GNUC_WARN_UNUSED_RESULT;
void why_check_request_free (WhyCheckRequest *check);

/** why_check_request_set_outlines: covers of the request stay; outlines are covered instead. @regions, @names: (transfer full).
 *   Before the request is shared. */
void why_check_request_set_outlines (WhyCheckRequest *check, GArray *regions, char **names);

/* check-regions.c */
gboolean why_check_regions_possible (const GArray *regions);
gboolean why_check_run_regions (const WhyCheckRequest *check, const WhyJob *job, WhyRegions *result, GError **error);
char *why_check_describe_regions (const WhyRegions *regions) G_GNUC_WARN_UNUSED_RESULT;

/** why_run_state_check: in the compute thread */
WhyCheckResult *why_run_state_check (WhyRunState *state, const WhyCheckRequest *check, WhyCancel *cancel, WhyProgress progress,
                                     gpointer progress_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** WhyCheckFunc: @result: (nullable): borrowed; @error: (nullable): why there is none, never a cancellation */
typedef void (*WhyCheckFunc) (WhyCheckResult *result, const GError *error, gpointer data);

/**
 * why_runner_submit_check:
 * @view: of its own, so that the check goes on when the map's view asks for nothing new
 * @state_view: whose session and prepared input are used
 * @check: (transfer full)
 *
 * As why_runner_submit().
 */
void why_runner_submit_check (WhyRunner *runner, guint view, guint state_view, WhyCheckRequest *check, WhyCheckFunc on_result,
                              WhyProgressFunc on_progress, gpointer data);

/**
 * why_overlap_of_areas:
 * @map: of rank 2
 * @is_signed: measure the evidence against too
 * @areas: (element-type WhyArea): what is inside
 * @width, @height: of the picture
 *
 * Returns: (transfer full) (nullable): freed with g_free()
 */
WhyOverlapResult *why_overlap_of_areas (const WhyMap *map, const WhyAffine *to_display, gboolean smooth, gboolean is_signed,
                                        const GPtrArray *areas, gint64 width, gint64 height,
                                        const WhyOverlapOptions *options, WhyCancel *cancel,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- the object ---- */

WhyCheck *why_check_new (WhyCheckKind kind) G_GNUC_WARN_UNUSED_RESULT;
/* @result: (nullable): NULL: keep it, unless the state is "not run" or "failed"; @sentence: (nullable): NULL: keep it */
void why_check_set (WhyCheck *self, WhyCheckState state, WhyCheckResult *result, const char *sentence);
void why_check_set_progress (WhyCheck *self, double progress);

G_END_DECLS
