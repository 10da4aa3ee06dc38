#pragma once

#include "engine/session.h"
#include "plan.h"

G_BEGIN_DECLS

/* Decides which forward values have to be kept for maps of layers, and which are computed again. */

/**
 * why_map_builder_new:
 * @forward: (nullable): the forward plan there is
 * @n_values, @n_nodes: of the forward direction
 */
WhyMapBuilder *
why_map_builder_new (WhyGraph *graph, const WhyPlan *forward, guint n_values, guint n_nodes);
void why_map_builder_free (WhyMapBuilder *builder);

/** why_map_builder_need: the nodes behind @value, a gradient or a map, are going to run */
void why_map_builder_need (WhyMapBuilder *builder, WhyValue *value);

/** why_map_builder_settle: decides, among what was needed so far, what has to be kept */
void why_map_builder_settle (WhyMapBuilder *builder);

/** why_map_builder_kept: Returns: (transfer container): forward values to keep, after settling */
GPtrArray *why_map_builder_kept (const WhyMapBuilder *builder) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
