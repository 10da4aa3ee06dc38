#pragma once

#include "engine/session.h"

G_BEGIN_DECLS

/* A branch: what a network makes of other values of one of its tensors.
 *
 * It begins at a tensor, the input or any other, and is given alternatives of it: masked pictures,
 * noisy ones, a layer with a channel switched off. Only what lies between that tensor and the
 * wanted ones is computed; whatever else is read there (a skip connection) is what the current
 * picture gave. Several alternatives are computed at once where the network allows it (see
 * graph/branch.h), else one after the other; the caller does not see the difference. Belongs to one
 * thread at a time, like the session; independent of the session once made. */

typedef struct _WhyBranch WhyBranch;

/**
 * why_branch_new:
 * @session: its model, backend and memory budget are taken over
 * @inputs: (array length=n_inputs): the current picture: if @session has just run it, that run is
 * used
 * @from: name of the tensor that alternatives are given for
 * @wanted: (array length=n_wanted): names of tensors that depend on it
 * @n: how many alternatives to compute at once where that is possible, at least 1
 *
 * Errors: those of why_graph_branch() for one alternative, and of running the picture.
 */
WhyBranch *why_branch_new (WhySession *session,
                           WhyTensor *const *inputs,
                           gsize n_inputs,
                           const char *from,
                           const char *const *wanted,
                           gsize n_wanted,
                           gint64 n,
                           WhyCancel *cancel,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void why_branch_free (WhyBranch *branch);

/**
 * why_branch_get:
 *
 * As why_branch_new(), but the session keeps the branch, and gives it again, with its plans, when the
 * next one asked for is of the same tensors and number.
 *
 * Returns: (transfer none) (nullable): valid until another branch is asked for or the session gets
 *   inputs of other shapes
 */
WhyBranch *why_branch_get (WhySession *session,
                           WhyTensor *const *inputs,
                           gsize n_inputs,
                           const char *from,
                           const char *const *wanted,
                           gsize n_wanted,
                           gint64 n,
                           WhyCancel *cancel,
                           GError **error);

/** why_branch_n: how many alternatives are computed at once; becomes less when memory is short */
gint64 why_branch_n (const WhyBranch *branch);

/** why_branch_from: Returns: (transfer none): dims of @from for one picture */
const WhyShape *why_branch_from (const WhyBranch *branch);

/**
 * why_branch_run:
 * @alternatives: float32, dense, the dims of @from with the first multiplied by @n_alternatives
 * @n_alternatives: any number; best a multiple of why_branch_n()
 * @results: (out caller-allocates) (array length=n_wanted) (transfer full): of why_branch_new()'s
 *   @wanted, dense, the first dimension multiplied likewise (see why_graph_branch())
 */
gboolean why_branch_run (WhyBranch *branch,
                         WhyTensor *alternatives,
                         gint64 n_alternatives,
                         WhyTensor **results,
                         WhyCancel *cancel,
                         GError **error);

/**
 * why_branch_gradients:
 * @alternatives, @n_alternatives: as for why_branch_run()
 * @seed: weights of the first wanted tensor, in the dims of its result
 * @gradients: (out) (transfer full): in the dims of @alternatives, dense: the gradient of each
 *   alternative's own weighted sum by the alternative
 *
 * After why_branch_run() on the very same @alternatives, of which there are not more than
 * why_branch_n(), only the backward direction is computed.
 */
gboolean why_branch_gradients (WhyBranch *branch,
                               WhyTensor *alternatives,
                               gint64 n_alternatives,
                               WhyTensor *seed,
                               WhyGradRule rule,
                               WhyTensor **gradients,
                               WhyCancel *cancel,
                               GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyBranch, why_branch_free)

G_END_DECLS
