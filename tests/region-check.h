#pragma once

#include "graph/op.h"

G_BEGIN_DECLS

/**
 * region_check:
 * @inputs: (transfer full elements) (array length=n_inputs): the first one is float64 and varies,
 * the others are constants
 * @lo: first indices of the box of the output, "0,1"
 * @hi: one past the last ones
 * @expected: the box of input 0, "0..1,2..5"
 *
 * Checks that the operator gives that box, and that it is no lie: when everything outside it
 * changes, nothing in the output's box does.
 */
void region_check (const char *type, WhyTensor *const *inputs, guint n_inputs, const WhyAttr *attrs,
                   guint n_attrs, const char *lo, const char *hi, const char *expected);

/** region_check_of: the same for output number @number of @n_outputs */
void region_check_of (const char *type, WhyTensor *const *inputs, guint n_inputs,
                      const WhyAttr *attrs, guint n_attrs, guint n_outputs, guint number,
                      const char *lo, const char *hi, const char *expected);

G_END_DECLS
