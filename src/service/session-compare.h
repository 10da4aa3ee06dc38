#pragma once

#include "comparison.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The member "compare" of a session file:
 *
 *   {"mode": "side", "shared_limits": false, "bare": "none", "curtain": 0.5, "others": [{"class": "next"}],
 *    "row_dimension": "class", "rows": [], "column_dimension": "layer", "columns": ["conv1", "conv2"]}
 *
 * Keys and values of "others" are dimensions and their values, see service/compare.h; paths of models are relative. */

/** why_session_compare_add: @folder: of the session file, absolute */
void why_session_compare_add (JsonBuilder *builder, const WhyComparison *comparison, double curtain, const char *folder);

/**
 * why_session_compare_take:
 * @comparison: (inout) (transfer full): replaced if @object has the member
 *
 * Checks form, methods and polarities; layers and classes are checked by the document.
 */
gboolean why_session_compare_take (JsonObject *object, const char *folder, WhyComparison **comparison, double *curtain,
                                   GError **error);

G_END_DECLS
