#pragma once

#include "graph/op.h"

G_BEGIN_DECLS

/* The families of operators: each table ends with an entry without a type. A new family is one file
 * here, one line below and one in registry.c. */
extern const WhyOpClass why_ops_activation[];
extern const WhyOpClass why_ops_arithmetic[];
extern const WhyOpClass why_ops_cast[];
extern const WhyOpClass why_ops_channel[];
extern const WhyOpClass why_ops_concat[];
extern const WhyOpClass why_ops_conv[];
extern const WhyOpClass why_ops_einsum[];
extern const WhyOpClass why_ops_gather[];
extern const WhyOpClass why_ops_generate[];
extern const WhyOpClass why_ops_grid_sample[];
extern const WhyOpClass why_ops_logic[];
extern const WhyOpClass why_ops_matmul[];
extern const WhyOpClass why_ops_normalization[];
extern const WhyOpClass why_ops_pad[];
extern const WhyOpClass why_ops_pool[];
extern const WhyOpClass why_ops_quantize[];
extern const WhyOpClass why_ops_quantized[];
extern const WhyOpClass why_ops_reduce[];
extern const WhyOpClass why_ops_resize[];
extern const WhyOpClass why_ops_select[];
extern const WhyOpClass why_ops_shape[];
extern const WhyOpClass why_ops_slice[];
extern const WhyOpClass why_ops_softmax[];
extern const WhyOpClass why_ops_transpose[];

G_END_DECLS
