#pragma once

#include "graph/op.h"

G_BEGIN_DECLS

/** WhyBatchNormParams: inference uses the given statistics; training mode those of the batch itself */
typedef struct
{
  double epsilon, momentum;
  gboolean training;
} WhyBatchNormParams;

/** WhyLayerNormParams: normalised over the dimensions from @axis on, @n values each time */
typedef struct
{
  double epsilon;
  int axis;
  gint64 n;
} WhyLayerNormParams;

G_END_DECLS
