#pragma once

#include "graph/graph.h"

G_BEGIN_DECLS

/** WhyTransposeParams: of "Transpose": axis number k of the output is axis @perm[k] of the input */
typedef struct
{
  int perm[WHY_MAX_RANK];
} WhyTransposeParams;

G_END_DECLS
