#pragma once

#include "../plan.h"

G_BEGIN_DECLS

/* Own kernels, used by both backends where operands are float32: simple loops over contiguous
 * memory that the compiler vectorises. */
extern const WhyKernel why_elementwise_kernels[];
extern const WhyKernel why_pool_kernels[];
extern const WhyKernel why_movement_kernels[];
extern const WhyKernel why_normalization_kernels[];
extern const WhyKernel why_layer_norm_kernels[];
extern const WhyKernel why_reduce_kernels[];

G_END_DECLS
