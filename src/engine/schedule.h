#pragma once

#include "plan.h"

G_BEGIN_DECLS

/**
 * why_schedule_compile:
 *
 * Compiles all needed nodes of a plan for gradients: in an order in which what is made is read
 * soon, and with element-wise operators and the sums behind them gathered into programs. Forward
 * values that the parent has not kept are computed again inside the programs that read them.
 */
gboolean why_schedule_compile (WhyPlan *plan, GError **error);

/** why_schedule_gathers: whether @node takes part in programs */
gboolean why_schedule_gathers (const WhyNode *node);

/** why_schedule_recomputes: whether @value may be computed again from the inputs of its node, being
 *   an element-wise function of them */
gboolean why_schedule_recomputes (const WhyValue *value);

G_END_DECLS
