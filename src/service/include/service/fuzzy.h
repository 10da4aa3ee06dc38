#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * why_fuzzy_score:
 * @pattern: what somebody typed: words in any order; upper and lower case and accents do not count
 * @text: what it may mean
 *
 * How well the letters fit. Every word of the pattern must be found in the text: best at its beginning, then at the
 * beginning of one of its words, then anywhere, then with other letters between ("gc++" in "Grad-CAM++"). Of
 * texts that fit equally well the shorter one is better.
 *
 * Returns: 0 for an empty pattern, more for a better fit, -1 where it does not fit. Any thread.
 */
double why_fuzzy_score (const char *pattern, const char *text);

G_END_DECLS
