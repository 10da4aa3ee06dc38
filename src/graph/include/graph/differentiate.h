#pragma once

#include "graph/op.h"

G_BEGIN_DECLS

/**
 * WhyGradients:
 *
 * The backward direction of a graph from one value: for every floating value on a path to it, the
 * value that holds the gradient. Made lazily for the whole graph; which nodes run is decided by
 * what a plan asks for.
 */
typedef struct _WhyGradients WhyGradients;

/**
 * why_graph_differentiate:
 * @of: the value whose weighted sum is the score, e.g. the logits
 * @seed: a value of the same dims and type: weights of the sum (one-hot for one class). Usually a
 *   graph input made for it, so that another class is another seed and not another graph
 * @rule: how ReLU-like operators pass the gradient
 *
 * Adds backward nodes to @graph (reverse-mode differentiation; every node is visited once, in reverse
 * topological order). An operator without a gradient stops the pass on its paths only: asking for a
 * value beyond it is then an error.
 *
 * Returns: (transfer full) (nullable): valid as long as the graph
 */
WhyGradients *why_graph_differentiate (WhyGraph *graph, WhyValue *of, WhyValue *seed, WhyGradRule rule,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_gradients_get:
 *
 * Returns: (transfer none) (nullable): the value that holds d(score)/d(@value). %NULL with
 *   %WHY_ERROR_NO_GRADIENT if an operator without a gradient is in the way (named, with its node), or
 *   if @value does not influence the score.
 */
WhyValue *why_gradients_get (WhyGradients *gradients, const WhyValue *value, GError **error);

/** why_gradients_is_zero: whether the gradient by @value is zero because nothing of @value reaches
 *   the score but through comparisons and roundings, if at all; no operator is in the way */
gboolean why_gradients_is_zero (const WhyGradients *gradients, const WhyValue *value);

void why_gradients_free (WhyGradients *gradients);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyGradients, why_gradients_free)

G_END_DECLS
