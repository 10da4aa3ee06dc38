#pragma once

#include "engine/session.h"

G_BEGIN_DECLS

/* Small networks written as text, and the one check that all of the engine's tests share: whatever
 * a session computes must be what the operators' plain definitions compute in float64. Everything
 * here ends the test with a message, and the text of the network, when it fails.
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

/** net_inputs: Returns: (transfer full) (element-type WhyTensor): random float32 for the inputs of
 * the text, -1 to 1, of the text's dims; the sequence depends on @seed alone */
GPtrArray *net_inputs (const char *text, guint32 seed) G_GNUC_WARN_UNUSED_RESULT;

/** net_random: Returns: (transfer full): float32, -1 to 1 */
WhyTensor *net_random (guint32 seed, int rank, const gint64 *dims) G_GNUC_WARN_UNUSED_RESULT;

/**
 * net_distance:
 * @floor: size of values below which only the absolute error matters: where numbers of that size
 * cancel
 *
 * Returns: the largest difference of two tensors, divided by the largest value of @expected (by
 *   @floor if that is larger): an error of one element matters as much as it can be seen in the
 * whole. Infinities and NaN must agree, else the distance is infinite. Any layouts.
 */
double net_distance (WhyTensor *actual, WhyTensor *expected, double floor);

/** net_same_bits: both tensors hold the very same values */
gboolean net_same_bits (WhyTensor *a, WhyTensor *b);

/** net_names: Returns: (transfer full): names of the values of @graph that are computed and have a
 * name of the file */
GPtrArray *net_names (WhyGraph *graph) G_GNUC_WARN_UNUSED_RESULT;

#define NET_FORWARD_ONLY                                                                           \
  (1u << 0) /* no gradients: the network has none, or kinks that float32 may cross */
#define NET_RULES (1u << 1) /* guided backpropagation and deconvnet, too */

/**
 * net_check:
 *
 * Runs the network of @text on the fast and on the reference backend: with every value asked for by
 * itself (which must break up fused steps and nothing else) and with all asked for at once; and the
 * gradients of a random sum of the first output by every value, one after the other in one session.
 * Everything is compared with the plain definitions in float64.
 */
void net_check (const char *text, guint flags);

G_END_DECLS
