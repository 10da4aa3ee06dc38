#pragma once

#include "graph/op.h"

G_BEGIN_DECLS

/**
 * WhySoftmaxParams:
 * @axis, @last_axis: first and last dimension normalised over
 * @outer, @n, @inner: the tensor seen as outer x n x inner; normalised over n
 */
typedef struct
{
  int axis, last_axis;
  gint64 outer, n, inner;
} WhySoftmaxParams;

G_END_DECLS
