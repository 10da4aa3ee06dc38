#pragma once

#include "base/tensor.h"

G_BEGIN_DECLS

/**
 * WhyReduceParams:
 * @n_axes: how many axes are reduced; 0 where nothing is (noop_with_empty_axes, or a scalar)
 * @axes: ascending, each from 0 to the input's rank - 1
 * @keep_dims: reduced axes stay with dimension 1
 *
 * node->params of the Reduce operators.
 */
typedef struct
{
  int n_axes;
  int axes[WHY_MAX_RANK];
  gboolean keep_dims;
} WhyReduceParams;

G_END_DECLS
