#pragma once

#include "engine/session.h"

G_BEGIN_DECLS

/**
 * why_session_new_for_graph:
 * @like: whose model, backend and budget it has
 * @graph: (transfer full): all that it computes; its inputs have these shapes for ever
 *
 * Returns: (transfer full): a session that does not know how to make another graph: inputs of other
 * shapes are an error. Independent of @like once made.
 */
WhySession *why_session_new_for_graph (const WhySession *like,
                                       WhyGraph *graph) G_GNUC_WARN_UNUSED_RESULT;

gsize why_session_memory_budget (const WhySession *session);

G_END_DECLS
