#pragma once

#include "../plan.h"

G_BEGIN_DECLS

/** why_generic_compile: the operator's own plain definition, on plain layouts; shape-only operators
 *   become aliases */
gboolean why_generic_compile (WhyPlan *plan, WhyNode *node, GError **error);

/** why_generic_compile_alias: sets *@done and shares memory if @node only changes how its input is
 * seen */
gboolean why_generic_compile_alias (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error);

/** why_generic_add_reorder: adds a step that copies between the two layouts of one value */
void why_generic_add_reorder (WhyPlan *plan, WhyBuffer *from, WhyBuffer *to);

G_END_DECLS
