#pragma once

#include "graph/graph.h"

G_BEGIN_DECLS

/* Operators that exporters write out as several nodes: layer normalisation as ReduceMean, Sub, Pow,
 * ReduceMean, Add, Sqrt, Div, Mul, Add; GELU as Div, Erf, Add, Mul, Mul or with Tanh.
 *
 * The graph stays as the file has it: every tensor keeps its name and can be asked for. Beside it, the last
 * node of such a group has a composite, a node of the operator that the group amounts to, which is in no
 * list of nodes, has the last node's index and writes the same value. Whoever computes may use it in
 * place of the last node; what lies inside is then needed only where somebody wants it for itself.
 * Differentiation passes over the group in one step, by the composite's gradient, and defines the
 * gradients of the values inside by the plain nodes, without counting their flow twice. */

/** why_graph_find_composites: called when a graph has been built; again after nodes have been added it
 * finds those among the new nodes too */
void why_graph_find_composites (WhyGraph *graph);

/** why_graph_composite: Returns: (nullable): the composite whose last node is @node */
const WhyNode *why_graph_composite (const WhyGraph *graph, const WhyNode *node);

/** why_graph_inside: Returns: (nullable): the composite inside which @value is computed: nobody else
 * reads it */
const WhyNode *why_graph_inside (const WhyGraph *graph, const WhyValue *value);

G_END_DECLS
