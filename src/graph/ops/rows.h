#pragma once

#include "graph/op.h"

G_BEGIN_DECLS

/* How the plain definitions of element-wise operators walk tensors. Values are loaded in short rows
 * into the widest type of their kind, computed there and stored with the rounding of the output's
 * type, so that an operator is written once and not once for each of a dozen types. Results are
 * those of the narrow type: + - * / and sqrt in float64 round to the correct float32, and integers
 * wrap around when stored. */

#define WHY_ROW_MAX 256

typedef enum
{
  WHY_WIDE_F64, /* float16, bfloat16, float32, float64 */
  WHY_WIDE_I64, /* bool and signed integers */
  WHY_WIDE_U64, /* unsigned integers */
} WhyWide;

typedef union
{
  double f[WHY_ROW_MAX];
  gint64 i[WHY_ROW_MAX];
  guint64 u[WHY_ROW_MAX];
} WhyRow;

/**
 * WhyRowsFunc:
 * @in: one row for each operand
 * @n: how many elements, at most WHY_ROW_MAX
 */
typedef void (*WhyRowsFunc) (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data);

#define WHY_ROWS_MAX_INPUTS 4

WhyWide why_wide_of (WhyDType dtype);

/** why_row_load: @n elements of dense memory, from flat index @at in steps of @step. Floating values
 * load into WHY_WIDE_F64 only; integers and bool into any. */
void why_row_load (WhyRow *row, WhyWide wide, const WhyTensor *tensor, gint64 at, gint64 step, gsize n);

/** why_row_store: the reverse, contiguous. Integers wrap; floats to integers truncate and saturate;
 * anything but zero is a true bool. */
void why_row_store (const WhyRow *row, WhyWide wide, WhyTensor *tensor, gint64 at, gsize n);

/**
 * why_rows_map:
 * @inputs: (array length=n_inputs): dense; broadcast to @output's dims
 * @in_wide: what the operands are loaded as
 * @out_wide: what @func writes
 *
 * Calls @func for all of @output, row after row. @output may be one of the inputs if that has its dims.
 */
void why_rows_map (WhyTensor *const *inputs, guint n_inputs, WhyTensor *output, WhyWide in_wide,
                   WhyWide out_wide, WhyRowsFunc func, gconstpointer data);

/** why_copy_broadcast: fills @output with @input (same type) broadcast to its dims. */
void why_copy_broadcast (const WhyTensor *input, WhyTensor *output);

/* ---- checks that infer() functions share ---- */

/** why_infer_float: all inputs present are of one floating type; fails naming @node and the type */
gboolean why_infer_float (const WhyNode *node, GError **error);

/** why_infer_same_types: all inputs present have the type of the first; else fails naming both */
gboolean why_infer_same_types (const WhyNode *node, GError **error);

/** why_infer_broadcast: sets output 0 to the broadcast dims of all inputs present, with that type */
gboolean why_infer_broadcast (WhyNode *node, WhyDType dtype, GError **error);

/* ---- gradients that several families use ---- */

/** why_grad_add_reduced: adds @gradient to input @index after summing it down to the input's dims */
gboolean why_grad_add_reduced (WhyGradBuilder *builder, const WhyNode *node, guint index, WhyValue *gradient,
                               GError **error);

/** why_emit_cast: Returns: @value as @like's type */
WhyValue *why_emit_cast (WhyGraph *graph, GError **error, WhyValue *value, const WhyValue *like);

/** why_emit_scaled: @value times a number */
WhyValue *why_emit_scaled (WhyGraph *graph, GError **error, WhyValue *value, double factor);

G_END_DECLS
