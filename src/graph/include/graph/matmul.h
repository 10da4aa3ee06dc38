#pragma once

#include "graph/op.h"

G_BEGIN_DECLS

/**
 * WhyGemmParams:
 *
 * Of Gemm: Y = alpha * op(A) op(B) + beta * C, op transposes where the flag is set.
 */
typedef struct
{
  double alpha, beta;
  gboolean trans_a, trans_b;
} WhyGemmParams;

G_END_DECLS
