#include "config.h"

#include "base/parallel.h"

#include <omp.h>

void
why_parallel_set_threads (int n_threads)
{
  omp_set_dynamic (0);
  omp_set_num_threads (n_threads > 0 ? n_threads : omp_get_num_procs ());
}

int
why_parallel_get_threads (void)
{
  return omp_get_max_threads ();
}

static _Thread_local WhyCancel *watched;

void
why_parallel_watch (WhyCancel *cancel)
{
  watched = cancel;
}

/* A range in at most so many pieces: the longest loops take about a second on a large volume. */
#define PIECES_MAX 64

static void
run_range (gsize begin, gsize end, gsize grain, WhyParallelFunc func, gpointer data, const WhyCancel *cancel)
{
  gsize step = cancel != NULL ? MAX (grain, (end - begin + PIECES_MAX - 1) / PIECES_MAX) : end - begin;

  for (; begin < end && !why_cancel_is_set (cancel); begin += MIN (step, end - begin))
    func (begin, MIN (end, begin + step), data);
}

void
why_parallel_for (gsize n, gsize grain, WhyParallelFunc func, gpointer data)
{
  gsize n_parts = MIN ((gsize) omp_get_max_threads (), n / MAX (grain, 1));

  if (n_parts <= 1)
    {
      run_range (0, n, MAX (grain, 1), func, data, watched);
      return;
    }
  const WhyCancel *cancel = watched; /* the team's other threads have one of their own */
#pragma omp parallel for schedule(static) num_threads((int) n_parts)
  for (gsize part = 0; part < n_parts; part++)
    run_range (n * part / n_parts, n * (part + 1) / n_parts, MAX (grain, 1), func, data, cancel);
}
