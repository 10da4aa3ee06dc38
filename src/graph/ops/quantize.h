#pragma once

#include "graph/op.h"

G_BEGIN_DECLS

/* What QuantizeLinear and its kin share. A quantised tensor stands for (q - zero_point) * scale. */

/** why_quantized_range: the least and greatest value of a quantised type; %FALSE if @dtype is none
 * (8 and 16 bit integers are) */
gboolean why_quantized_range (WhyDType dtype, double *least, double *greatest);

/** why_quantize_f64: @quotient (value / scale) rounded half to even, moved and cut to the range */
double why_quantize_f64 (double quotient, double zero_point, double least, double greatest);

/**
 * why_quantize_check_pair:
 * @scale: index of the scale; the zero point follows it
 * @length: how many scales there may be instead of one, 0 if only one
 *
 * Scale and zero point (which may be absent) are one number each, or lists of @length.
 */
gboolean why_quantize_check_pair (const WhyNode *node, guint scale, gint64 length, GError **error);

/** why_emit_along: a list of values for @axis of a tensor of @rank dims, shaped to broadcast; a single
 * value becomes a scalar */
WhyValue *why_emit_along (WhyGraph *graph, GError **error, WhyValue *list, int rank, int axis);

/** why_emit_dequantize: (q - zero_point) * scale in floating type; @zero_point: (nullable); lists go
 * along @axis */
WhyValue *why_emit_dequantize (WhyGraph *graph, GError **error, WhyValue *q, WhyValue *scale, WhyValue *zero_point, int axis);

G_END_DECLS
