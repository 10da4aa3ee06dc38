#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * WhyActivationParams:
 * @alpha, @beta: the operator's attributes, with its defaults filled in. Selu: alpha and gamma; Shrink:
 *   lambd and bias
 * @min, @max: Clip's and ClipGrad's bounds where they are constant (infinite where absent)
 * @approximate: Gelu's tanh form instead of erf
 * @bounds_known: @min and @max say it all: the bounds are not computed by other nodes
 *
 * node->params of Relu LeakyRelu Elu Selu Celu ThresholdedRelu Sigmoid HardSigmoid HardSwish Tanh
 * Softplus Softsign Mish Gelu Erf Shrink Clip, and of the operators "<Type>Grad" that exist in the backward
 * direction. With dy = d(score)/d(output), x the input and y the output of the forward operator,
 * <Type>Grad (dy, r) = dy * D (r):
 *
 * |Type        | r | D (r)                                                |
 * |Relu        | y | 1 where y > 0, else 0                                |
 * |LeakyRelu   | y | 1 where y > 0, else alpha                            |
 * |Elu         | y | 1 where y > 0, else y + alpha                        |
 * |Selu        | y | beta where y > 0, else y + alpha * beta              |
 * |Celu        | y | 1 where y > 0, else y / alpha + 1                    |
 * |Sigmoid     | y | y * (1 - y)                                          |
 * |Tanh        | y | 1 - y * y                                            |
 * |HardSigmoid | y | alpha where 0 < y < 1, else 0                        |
 * |Clip        | y | 1 where min < y < max, else 0; inputs dy, y, min, max|
 * |HardSwish   | x | 0 where x < -3, 1 where x > 3, else x / 3 + 1 / 2    |
 * |Gelu        | x | derivative of either form                            |
 * |Mish        | x | derivative                                           |
 * |Erf         | x | 2 / sqrt (pi) * exp (-x * x)                         |
 * |Softsign    | x | 1 / (1 + abs (x))^2                                  |
 * |Shrink      | x | 1 where abs (x) > alpha, else 0                      |
 *
 * Those of the output need not keep the input. NaN in r is as "not greater" in the piecewise ones.
 *
 * Guided backpropagation and deconvnet apply to the rectifiers: Relu, LeakyRelu, PRelu, Elu, Selu,
 * Celu, ThresholdedRelu, and Clip whose lower bound is 0 (ReLU6). Guided: dy is clamped to positive
 * values and then passed as usual; deconvnet: dy is clamped and nothing else. The smooth functions
 * (Sigmoid, Tanh, HardSwish, Gelu, Mish, ...) keep their gradient: the papers do not define others.
 */
typedef struct
{
  double alpha, beta;
  double min, max;
  gboolean approximate;
  gboolean bounds_known;
} WhyActivationParams;

G_END_DECLS
