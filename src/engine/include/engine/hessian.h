#pragma once

#include "engine/session.h"

G_BEGIN_DECLS

/**
 * WhyScoreFunc:
 * @of: the tensor that scores are made of
 *
 * Adds the nodes that compute a score to @graph.
 *
 * Returns: (transfer none) (nullable): the score; the sum of its elements is meant
 */
typedef WhyValue *(*WhyScoreFunc) (WhyGraph *graph, WhyValue *of, gpointer data, GError **error);

/**
 * why_session_hessian_product:
 * @inputs: (array length=n_inputs): the picture
 * @of, @score, @data: the score: a function of the tensor @of, such as the logits
 * @at: name of a tensor that @of depends on
 * @vector: (nullable): float32, dense, with the dims of @at; %NULL: the tensor's own values
 * @gradient: (nullable) (out) (transfer full): d(score) / d(at), dense
 * @product: (out) (transfer full): the Hessian of the score by @at times the vector, dense
 *
 * Computes from @at on only (see engine/branch.h), both directions twice; nothing of it is kept.
 * %WHY_ERROR_NO_GRADIENT where an operator behind @at has no second gradient.
 */
gboolean why_session_hessian_product (WhySession *session,
                                      WhyTensor *const *inputs,
                                      gsize n_inputs,
                                      const char *of,
                                      WhyScoreFunc score,
                                      gpointer data,
                                      const char *at,
                                      WhyTensor *vector,
                                      WhyTensor **gradient,
                                      WhyTensor **product,
                                      WhyCancel *cancel,
                                      GError **error);

G_END_DECLS
