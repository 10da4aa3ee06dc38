#pragma once

#include "../plan.h"

G_BEGIN_DECLS

/* Movements that are not made: see WhyView. Chains of slices, transpositions and reshapes become one copy,
 * and sums of boxes among zeros (what is left of reading parts, in the backward direction) one
 * copy of each box. */

extern const WhyKernel why_view_kernels[];

/** why_view_compile_reshape: sets *@done if @node reshapes a view and its result can be a view, too */
gboolean
why_view_compile_reshape (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error);

/**
 * why_view_resolve:
 * @value: no constant
 *
 * How @value can be read where it lies: a view, or its memory in the layout that it is in.
 */
gboolean why_view_resolve (WhyPlan *plan, WhyValue *value, WhyView *view, GError **error);

/** why_view_add_copy: adds the step that fills @to, a buffer of the viewed value, from @view */
void why_view_add_copy (WhyPlan *plan, const WhyNode *node, const WhyView *view, WhyBuffer *to);

/**
 * why_view_matrices:
 * @strides: (out caller-allocates): along the axes of @value, rank 2 or more
 *
 * Returns: (nullable): memory of the matrices that lie along the last two axes of @value: densely packed, each
 *   by rows or by columns
 */
WhyBuffer *
why_view_matrices (WhyPlan *plan, WhyValue *value, gint64 *strides, GError **error);

G_END_DECLS
