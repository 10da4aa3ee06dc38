#pragma once

#include "graph/graph.h"

G_BEGIN_DECLS

/**
 * WhySliceParams:
 * @start: first index along each axis of the (bigger) tensor
 * @step: distance between neighbours, possibly negative, never 0
 *
 * Of "Slice" and of its adjoint "SliceGrad", which writes its input into a tensor of zeros at those
 * places. How many there are is in the dims of the smaller tensor.
 */
typedef struct
{
  gint64 start[WHY_MAX_RANK];
  gint64 step[WHY_MAX_RANK];
} WhySliceParams;

typedef enum
{
  WHY_PAD_CONSTANT,
  WHY_PAD_REFLECT, /* without repeating the border */
  WHY_PAD_EDGE,
  WHY_PAD_WRAP,
} WhyPadMode;

/**
 * WhyPadParams:
 * @begin, @end: how many elements to add before and behind each axis; negative: to take away
 * @value: what a constant padding holds where that is an attribute (before opset 11); later it is
 *   input 2, zero if absent
 *
 * Of "Pad" and, for the modes other than constant, of its adjoint "PadGrad".
 */
typedef struct
{
  WhyPadMode mode;
  gint64 begin[WHY_MAX_RANK];
  gint64 end[WHY_MAX_RANK];
  double value;
} WhyPadParams;

/**
 * why_pad_sources:
 * @extent: size of the unpadded axis
 * @sources: (out caller-allocates): for each of the @extent + @begin + @end places, the index it
 *   copies, or -1 for the constant
 */
void why_pad_sources (WhyPadMode mode, gint64 extent, gint64 begin, gint64 end, gint64 *sources);

G_END_DECLS
