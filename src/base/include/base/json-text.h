#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * why_json_text_check:
 * @json: @length bytes
 * @max_depth: of objects and lists within each other
 *
 * Looks at a JSON text before a parser that calls itself for every level sees it, so that a file of brackets does
 * not overflow the stack. The text need not be valid; comments, which some parsers take, are refused, as a quote
 * in one would fool the count.
 *
 * Returns: %FALSE with %WHY_ERROR_BAD_REQUEST and the end of a sentence ("is nested deeper than 8 levels")
 */
gboolean why_json_text_check (const char *json, gsize length, int max_depth, GError **error);

G_END_DECLS
