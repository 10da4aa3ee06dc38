#pragma once

#include "graph/graph.h"

G_BEGIN_DECLS

/**
 * why_graph_branch:
 * @graph: for one picture
 * @from: the value that alternatives are given for; an input or any computed value
 * @n: how many alternatives at once
 * @wanted: (array length=n_wanted): values that depend on @from
 * @outside: (element-type WhyValue): values of @graph are appended: what the branch reads besides
 *   @from and constants
 *
 * The part of @graph that lies between @from and @wanted, as a graph of its own for @n alternatives
 * of @from at once. Its input 0 is @from with its first dimension multiplied by @n; inputs 1 and on
 * are the values of @outside, as they are for the one picture: skip connections that leave above
 * @from. Its outputs are @wanted, each with its first dimension multiplied by @n (a scalar: of
 * dimension @n); what belongs to alternative k is the k-th part of the memory of a dense tensor.
 * Names of values are those of @graph.
 *
 * Alternatives never mix: where that follows from the operators, whatever the file says about its
 * batch size. Dimensions written into the file for one picture (of Reshape, Expand and the like)
 * are made to fit, and the place of the alternatives is followed through transpositions and through
 * reshapes that join it with others. Any operator can be computed for one alternative.
 *
 * Returns: (transfer full) (nullable): %NULL with %WHY_ERROR_UNSUPPORTED_OP that names the first
 *   node at which alternatives would mix, or is not known not to; %WHY_ERROR_BAD_REQUEST where one
 * of
 *   @wanted does not depend on @from
 */
WhyGraph *why_graph_branch (const WhyGraph *graph,
                            const WhyValue *from,
                            gint64 n,
                            WhyValue *const *wanted,
                            guint n_wanted,
                            GPtrArray *outside,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
