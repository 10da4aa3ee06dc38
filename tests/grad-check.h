#pragma once

#include "graph/differentiate.h"

G_BEGIN_DECLS

/* What the tests of operators share: values, one-node graphs, and gradients against central
 * differences in float64. Everything here ends the test with a message when it fails. */

#define CHECK_MAX_INPUTS 10

/* Attributes: WhyAttr attrs[] = { CHECK_INT ("axis", 1), CHECK_INTS ("pads", 1, 1, 0, 0) }; */
#define CHECK_INT(attr_name, value) { .name = attr_name, .type = WHY_ATTR_INT, .i = value }
#define CHECK_FLOAT(attr_name, value) { .name = attr_name, .type = WHY_ATTR_FLOAT, .f = value }
#define CHECK_STRING(attr_name, value) { .name = attr_name, .type = WHY_ATTR_STRING, .s = value }
#define CHECK_INTS(attr_name, ...)                                                     \
  { .name = attr_name, .type = WHY_ATTR_INTS, .ints = (const gint64[]) { __VA_ARGS__ }, \
    .n = sizeof ((const gint64[]) { __VA_ARGS__ }) / sizeof (gint64) }
#define CHECK_FLOATS(attr_name, ...)                                                       \
  { .name = attr_name, .type = WHY_ATTR_FLOATS, .floats = (const double[]) { __VA_ARGS__ }, \
    .n = sizeof ((const double[]) { __VA_ARGS__ }) / sizeof (double) }

/* Dims as text: "2x3x4", "" for a scalar, "3x0" for an empty tensor. All (transfer full). */

/** check_tensor: @...: one value (int or double as @dtype is integer/bool or floating) for each element:
 * check_tensor (WHY_DTYPE_INT64, "3", 1, 2, 3); floating ones need the point: 1.0 */
WhyTensor *check_tensor (WhyDType dtype, const char *dims, ...) G_GNUC_WARN_UNUSED_RESULT;

/** check_random: float64 uniform in @low..@high; the sequence depends on @seed alone */
WhyTensor *check_random (guint32 seed, double low, double high, const char *dims) G_GNUC_WARN_UNUSED_RESULT;

/** check_random_away: as check_random(), with no value nearer than 0.05 to any of the @n_kinks kinks */
WhyTensor *check_random_away (guint32 seed, double low, double high, const double *kinks, gsize n_kinks,
                              const char *dims) G_GNUC_WARN_UNUSED_RESULT;

/** check_distinct: a shuffled arithmetic sequence with steps of @step around 0: no ties, for maxima */
WhyTensor *check_distinct (guint32 seed, double step, const char *dims) G_GNUC_WARN_UNUSED_RESULT;

/**
 * check_eval:
 * @inputs: (transfer full elements) (array length=n_inputs): %NULL where absent
 * @output: which of @n_outputs outputs
 *
 * Builds and computes the node with all inputs constant.
 *
 * Returns: (transfer full): the output
 */
WhyTensor *check_eval (const char *type, gint64 opset, WhyTensor *const *inputs, guint n_inputs, const WhyAttr *attrs,
                       guint n_attrs, guint n_outputs, guint output) G_GNUC_WARN_UNUSED_RESULT;

/** check_fails: @inputs: (transfer full elements); building the node must fail with @part in the message. Inputs
 * whose bit is set in @variable are graph inputs and not constants. */
void check_fails (const char *type, gint64 opset, WhyTensor *const *inputs, guint n_inputs, guint variable,
                  const WhyAttr *attrs, guint n_attrs, const char *part);

/** check_equal: both: (transfer full); type, dims and values, floats within @tolerance absolute */
void check_equal (WhyTensor *actual, WhyTensor *expected, double tolerance);

/** check_dims: @dims: as in check_tensor() */
void check_dims (const WhyTensor *tensor, const char *dims);

/**
 * GradCheck:
 * @opset: 0 for the newest
 * @inputs: (transfer full elements): float64 where differentiable; %NULL where absent
 * @constant: bits of the inputs that are constants of the graph, such as axes; the other floating
 *   ones are differentiated
 * @n_outputs: 0 is 1
 * @output: whose gradient
 * @rule: for ReLU-like operators; differences are only compared with WHY_GRAD_RULE_GRADIENT
 * @second: check the gradient of the gradient as well
 * @step: of the differences; 0: 1e-5, near the cube root of float64's precision, where the error
 *   of central differences is least (about 1e-10 relative to values of size 1)
 * @tolerance: allowed difference relative to 1 + the gradient; 0: 1e-6
 */
typedef struct
{
  const char *type;
  gint64 opset;
  guint n_inputs;
  WhyTensor *inputs[CHECK_MAX_INPUTS];
  guint constant;
  guint n_outputs;
  guint output;
  const WhyAttr *attrs;
  guint n_attrs;
  WhyGradRule rule;
  gboolean second;
  double step;
  double tolerance;
} GradCheck;

/** grad_check: compares d(sum (seed * output)) / d(input) with central differences for every element
 * of every differentiated input; seed is random. */
void grad_check (const GradCheck *check);

/** grad_check_values: Returns: (transfer full): the gradient of input @input, with @seed (transfer full) as the
 * gradient of the output; for hand-computed kinks and rules. Frees @check's inputs too. */
WhyTensor *grad_check_values (const GradCheck *check, guint input, WhyTensor *seed) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
