#pragma once

#include "graph/graph.h"

G_BEGIN_DECLS

/** WhyConcatParams: of "Concat" and "Split": the axis along which pieces lie side by side */
typedef struct
{
  int axis;
} WhyConcatParams;

/** why_concat_offset: where input number @input of a "Concat" begins along its axis */
gint64 why_concat_offset (const WhyNode *node, guint input);

/** why_split_range: which part of the axis output number @output of a "Split" holds */
void why_split_range (const WhyNode *node, guint output, gint64 *offset, gint64 *size);

G_END_DECLS
