#pragma once

#include "engine/session.h"
#include "graph/conformance.h"

G_BEGIN_DECLS

/**
 * why_conformance_run_session:
 * @data: (type WhyBackend): pointer to the backend to use
 *
 * A #WhyConformanceRun by the engine, types kept. What a session cannot take (inputs that decide shapes) is left to the
 * plain definitions.
 */
gboolean why_conformance_run_session (WhyOnnxModel *model, WhyTensor *const *inputs, gsize n_inputs, WhyTensor **results,
                                      gsize n_results, gpointer data, GError **error);

G_END_DECLS
