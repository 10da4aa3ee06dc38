#pragma once

#include "engine/session.h"
#include "net-text.h"

G_BEGIN_DECLS

/* The one check that all of the engine's tests share: whatever a session computes must be what the
 * operators' plain definitions compute in float64. Everything here ends the test with a message,
 * and the text of the network (see net-text.h), when it fails. */

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
