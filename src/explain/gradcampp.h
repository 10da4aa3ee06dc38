#pragma once

#include "explain/profile.h"

G_BEGIN_DECLS

/**
 * why_gradcampp_alpha:
 * @g2, @g3: square and cube of the gradient at a cell, or their means over noisy pictures
 * @sum_a: sum of the channel's activations
 * @sum_ag3: sum of the channel's activations times @g3, cell by cell
 *
 * Returns: the weight of the cell's gradient, with the profile's denominator
 */
double
why_gradcampp_alpha (WhyProfileKind profile, double g2, double g3, double sum_a, double sum_ag3);

G_END_DECLS
