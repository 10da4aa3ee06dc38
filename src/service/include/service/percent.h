#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * why_percent_text:
 * @share: 0..1, e.g. a probability
 *
 * Returns: (transfer full): "98.2%" in the user's language, "< 0.1%" and "> 99.9%" for what would be rounded to 0
 *   or 1 and is neither; "…" for what is negative or not a number: not known yet
 */
char *why_percent_text (double share) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
