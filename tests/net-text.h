#pragma once

#include "base/tensor.h"
#include "onnx/model.h"

G_BEGIN_DECLS

/* Small networks written as text:
 *
 *   in x 1,3,8,8              an input, float32 (`in x int64 3` for another type)
 *   w NAME DIMS [SCALE]       weights: random, -SCALE to SCALE (1)
 *   p NAME DIMS               the same, 0.5 to 1.5
 *   f NAME DIMS 1.5,2         a float32 constant ("-" as dims: a scalar); one value fills it all
 *   i NAME 1,-1               an int64 constant of rank 1
 *   opset 11                  17 if it is left out; comes first
 *   out y                     an output
 *   Conv x,w,b y pads=[1,1] group=2 auto_pad=SAME_UPPER alpha=0.5
 *
 * Statements end with ";". The same text makes the same network on every machine. */

/** net_load: Returns: (transfer full): the network as a model in memory */
WhyOnnxModel *net_load (const char *text) G_GNUC_WARN_UNUSED_RESULT;

/** net_inputs: Returns: (transfer full) (element-type WhyTensor): random values for the inputs of the
 * text, -1 to 1 (integers: 0 to 99), of its dims; the sequence depends on @seed alone */
GPtrArray *net_inputs (const char *text, guint32 seed) G_GNUC_WARN_UNUSED_RESULT;

/** net_random: Returns: (transfer full): float32, -1 to 1 */
WhyTensor *net_random (guint32 seed, int rank, const gint64 *dims) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
