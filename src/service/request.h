#pragma once

#include "service/runner.h"

G_BEGIN_DECLS

/**
 * WhyRunState:
 * @session: for @model
 * @pixels, @roi, @recipe, @covers, @covered: what the prepared input was made of
 * @prepared: the input of the last run; the same pointer tells the session that its activations still hold
 * @layer_checks: see layer-maps.h
 *
 * What one view keeps between requests. Belongs to one thread.
 */
typedef struct
{
  WhySession *session;
  WhyOnnxModel *model;
  WhyBackend backend;
  WhyRecipe *recipe;
  WhyTensor *pixels;
  WhyRoi roi;
  WhyCover *covers;
  gsize n_covers;
  WhyTensor *covered;
  WhyTensor *prepared;
  struct _WhyLayerChecks *layer_checks;
  gboolean passing; /* not worth its memory once there is nothing to do */
} WhyRunState;

void why_run_state_clear (WhyRunState *state);

/** why_run_state_prepare: brings session and input up to what the request asks of; that is the beginning of a run */
gboolean why_run_state_prepare (WhyRunState *state, const WhyRequest *request, WhyCancel *cancel, GError **error);

/** why_run_state_run: see why_request_run(); failures of the work itself are in the result's error */
WhyResult *why_run_state_run (WhyRunState *state, WhyRequest *request, WhyCancel *cancel, WhyProgress progress,
                              gpointer progress_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
