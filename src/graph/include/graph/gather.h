#pragma once

#include "graph/graph.h"

G_BEGIN_DECLS

typedef enum
{
  WHY_GATHER_AXIS,     /* "Gather": whole slices across one axis */
  WHY_GATHER_ELEMENTS, /* "GatherElements", "ScatterElements": one index an element */
  WHY_GATHER_ND,       /* "GatherND", "ScatterND": rows of indices, one for each leading axis */
} WhyGatherKind;

typedef enum
{
  WHY_SCATTER_NONE,
  WHY_SCATTER_ADD,
  WHY_SCATTER_MUL,
  WHY_SCATTER_MAX,
  WHY_SCATTER_MIN,
} WhyScatterReduction;

/** WhyGatherParams: of all operators that read or write by index */
typedef struct
{
  WhyGatherKind kind;
  int axis;       /* of the first two kinds */
  int batch_dims; /* of the last: leading axes that data and indices share */
  WhyScatterReduction reduction;
} WhyGatherParams;

G_END_DECLS
