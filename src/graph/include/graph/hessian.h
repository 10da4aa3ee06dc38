#pragma once

#include "graph/graph.h"

G_BEGIN_DECLS

/**
 * why_graph_hessian_product:
 * @score: the value whose sum of elements is meant; to see the second derivative of a softmax it has
 *   to be behind that softmax, not the logits with the softmax's derivative as weights
 * @at: a value that @score depends on
 * @vector: a value with the dims of @at; it may be @at itself, which then counts as constant
 * @gradient: (out) (transfer none): d(score) / d(at)
 * @product: (out) (transfer none): the Hessian of the score by @at, times @vector. A constant zero
 *   where the gradient does not depend on @at: between kinks, networks of linear and ReLU-like
 *   operators have none
 *
 * Adds the backward nodes of @score, then those of the weighted sum of the gradient with @vector as
 * weights: the differentiation pass applied twice.
 */
gboolean why_graph_hessian_product (WhyGraph *graph,
                                    WhyValue *score,
                                    WhyValue *at,
                                    WhyValue *vector,
                                    WhyValue **gradient,
                                    WhyValue **product,
                                    GError **error);

G_END_DECLS
