#include "config.h"

#include "base/environment.h"

#include <glib.h>
#include <unistd.h>

/* Long enough to bridge the gap between two steps of a plan, short enough to harm nobody. */
#define SPIN_COUNT "5000"

/* malloc asks for large pages where a block has room for one. */
#define TUNABLES "glibc.malloc.hugetlb=1"

void
why_environment_settle (char **argv)
{
  if (g_getenv ("GOMP_SPINCOUNT") != NULL || g_getenv ("OMP_WAIT_POLICY") != NULL)
    return;
  g_setenv ("GOMP_SPINCOUNT", SPIN_COUNT, TRUE);
  g_setenv ("GLIBC_TUNABLES", TUNABLES, FALSE);
  execv ("/proc/self/exe", argv);
}
