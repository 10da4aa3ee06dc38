#include "config.h"

#include "base/parallel.h"

#include <omp.h>
#include <unistd.h>

/* Long enough to bridge the gap between two steps of a plan, short enough to harm nobody. */
#define SPIN_COUNT "5000"

void
why_parallel_restrain_spinning (char **argv)
{
  if (g_getenv ("GOMP_SPINCOUNT") != NULL || g_getenv ("OMP_WAIT_POLICY") != NULL)
    return;
  g_setenv ("GOMP_SPINCOUNT", SPIN_COUNT, TRUE);
  execv ("/proc/self/exe", argv);
}

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

void
why_parallel_for (gsize n, gsize grain, WhyParallelFunc func, gpointer data)
{
  gsize n_parts = MIN ((gsize) omp_get_max_threads (), n / MAX (grain, 1));

  if (n_parts <= 1)
    {
      if (n > 0)
        func (0, n, data);
      return;
    }
#pragma omp parallel for schedule(static) num_threads((int) n_parts)
  for (gsize part = 0; part < n_parts; part++)
    func (n * part / n_parts, n * (part + 1) / n_parts, data);
}
