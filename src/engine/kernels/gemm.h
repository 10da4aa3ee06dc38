#pragma once

#include "../plan.h"

G_BEGIN_DECLS

/* Products by OpenBLAS: convolutions as im2col and sgemm, in plain layouts. The reference that
 * oneDNN's kernels are tested against, and what a build without oneDNN runs on. */
extern const WhyKernel why_gemm_kernels[];

G_END_DECLS
