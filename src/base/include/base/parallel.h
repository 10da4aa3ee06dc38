#pragma once

#include "base/cancel.h"

G_BEGIN_DECLS

/* The one team of threads: OpenMP's, the same that oneDNN uses, so that the two never compete for
 * the cores. Set the number once at start; 0 means the number of cores. */

void why_parallel_set_threads (int n_threads);
int why_parallel_get_threads (void);

/**
 * why_parallel_watch:
 * @cancel: (nullable): of the work that this thread does from now on
 *
 * From then on why_parallel_for(), called by this thread, hands out its ranges in pieces, and none any more once
 * @cancel is set: what it computes is unfinished then. Whoever gave the token looks at it afterwards.
 */
void why_parallel_watch (WhyCancel *cancel);

/**
 * WhyParallelFunc:
 * @begin: first index
 * @end: one past the last index
 */
typedef void (*WhyParallelFunc) (gsize begin, gsize end, gpointer data);

/**
 * why_parallel_for:
 * @n: how many indices
 * @grain: the least number of indices worth a thread of its own
 *
 * Calls @func on disjoint ranges that cover 0..@n. The split depends only on @n, @grain and the
 * number of threads, so results that do not sum across ranges are the same for every run. While a token is
 * watched (why_parallel_watch()) a thread's range may come in several calls, one after the other.
 */
void why_parallel_for (gsize n, gsize grain, WhyParallelFunc func, gpointer data);

G_END_DECLS
