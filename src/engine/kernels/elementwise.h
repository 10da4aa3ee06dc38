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
extern const WhyKernel why_channel_kernels[];

/* The loops themselves, for steps that compute several operators a piece of memory at a time. */

typedef struct _WhyUnary WhyUnary;
typedef void (*WhyUnaryLoop) (
  const WhyUnary *unary, const float *a, const float *b, float *y, gsize n);

/**
 * WhyUnary:
 * @loop: computes @n values; @b is the second operand of gradients
 */
struct _WhyUnary
{
  WhyUnaryLoop loop;
  float alpha, beta, min, max;
  const float *a, *b;
  float *y;
};

typedef void (*WhyBinaryLoop) (const float *a, const float *b, float *y, gsize n);

/** WhyBinaryLoops: both operands vary, or one of them is a single number */
typedef struct
{
  WhyBinaryLoop both, b_fixed, a_fixed;
} WhyBinaryLoops;

/** why_elementwise_unary: whether @node is a function of one operand (or the gradient of one) that
 * has a loop; types and dims are not looked at */
gboolean why_elementwise_unary (const WhyNode *node, WhyUnary *unary);

/** why_elementwise_binary: whether @type is a function of two operands that has loops */
gboolean why_elementwise_binary (const char *type, WhyBinaryLoops *loops);

G_END_DECLS
