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

/**
 * why_session_keep:
 * @data: (transfer full) (nullable): freed with @free_data when the session gets another graph, is
 *   freed, or something else is kept
 *
 * What belongs to the session's graph but is none of its business: the branch that was run last.
 */
void why_session_keep (WhySession *session, gpointer data, GDestroyNotify free_data);
gpointer why_session_kept (const WhySession *session); /* nullable */

G_END_DECLS
