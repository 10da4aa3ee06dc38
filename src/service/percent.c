#include "config.h"

#include "service/percent.h"

#include <glib/gi18n-lib.h>

char *
why_percent_text (double share)
{
  if (!(share >= 0))
    return g_strdup ("…");
  if (share > 0 && share < 0.0005)
    /* Translators: less than a tenth of a per cent */
    return g_strdup (_ ("< 0.1%"));
  if (share >= 0.9995 && share < 1)
    return g_strdup (_ ("> 99.9%"));
  /* Translators: a probability in per cent; %% is the per cent sign */
  return g_strdup_printf (_ ("%.1f%%"), MIN (share, 1) * 100);
}
