#include "config.h"

#include "families.h"
#include "rows.h"

#include "base/error.h"

#include <math.h>

/* Integer arithmetic wraps around, division truncates towards zero, and where there is no result
 * (division by zero) it is 0: the program must not end because of a file's numbers. */

static inline gint64
divide_i64 (gint64 a, gint64 b)
{
  if (b == 0)
    return 0;
  return b == -1 ? (gint64) (0 - (guint64) a) : a / b;
}

static inline guint64
divide_u64 (guint64 a, guint64 b)
{
  return b == 0 ? 0 : a / b;
}

/* C's remainder, with the sign of the dividend. */
static inline gint64
remainder_i64 (gint64 a, gint64 b)
{
  return b == 0 || b == -1 ? 0 : a % b;
}

/* Python's, with the sign of the divisor. */
static inline gint64
modulo_i64 (gint64 a, gint64 b)
{
  gint64 rest = remainder_i64 (a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static inline guint64
modulo_u64 (guint64 a, guint64 b)
{
  return b == 0 ? 0 : a % b;
}

static inline double
modulo_f64 (double a, double b)
{
  double rest = fmod (a, b);
  return rest != 0.0 && (rest < 0.0) != (b < 0.0) ? rest + b : rest;
}

/* By squaring, modulo 2^64; a negative exponent is 1 / a^|b| truncated. */
static inline guint64
power_u64 (guint64 base, guint64 exponent)
{
  guint64 result = 1;
  for (; exponent > 0; exponent >>= 1, base *= base)
    {
      if ((exponent & 1) != 0)
        result *= base;
    }
  return result;
}

static inline gint64
power_i64 (gint64 base, gint64 exponent)
{
  if (exponent >= 0)
    return (gint64) power_u64 ((guint64) base, (guint64) exponent);
  if (base == 1 || base == -1)
    return (exponent & 1) != 0 ? base : 1;
  return 0;
}

static inline double
sign_f64 (double x)
{
  return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x;
}

/* Comparisons that keep a NaN of either side. */
static inline double
larger_f64 (double a, double b)
{
  return a > b || isnan (a) ? a : b;
}

static inline double
smaller_f64 (double a, double b)
{
  return a < b || isnan (a) ? a : b;
}

#define DEFINE_ROWS1(name, field, VALUE)                                                            \
  static void                                                                                       \
  name (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)                                 \
  {                                                                                                 \
    for (gsize k = 0; k < n; k++)                                                                   \
      {                                                                                             \
        __typeof__ (in[0].field[k]) x = in[0].field[k];                                             \
        out->field[k] = (VALUE);                                                                    \
      }                                                                                             \
  }

#define DEFINE_ROWS2(name, field, VALUE)                                                            \
  static void                                                                                       \
  name (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)                                 \
  {                                                                                                 \
    for (gsize k = 0; k < n; k++)                                                                   \
      {                                                                                             \
        __typeof__ (in[0].field[k]) a = in[0].field[k], b = in[1].field[k];                         \
        out->field[k] = (VALUE);                                                                    \
      }                                                                                             \
  }

/* The three kinds of arithmetic of one operator, indexed by WhyWide. */
typedef WhyRowsFunc RowsFuncs[3];

static gboolean
map_all (WhyTensor *const *inputs, guint n_inputs, WhyTensor *output, const RowsFuncs funcs)
{
  WhyWide wide = why_wide_of (inputs[0]->dtype);
  why_rows_map (inputs, n_inputs, output, wide, wide, funcs[wide], NULL);
  return TRUE;
}

#define DEFINE_UNARY(name, F64, I64, U64)                                                           \
  DEFINE_ROWS1 (name##_rows_f64, f, F64)                                                            \
  DEFINE_ROWS1 (name##_rows_i64, i, I64)                                                            \
  DEFINE_ROWS1 (name##_rows_u64, u, U64)                                                            \
  static gboolean                                                                                   \
  name##_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error) \
  {                                                                                                 \
    static const RowsFuncs funcs = { name##_rows_f64, name##_rows_i64, name##_rows_u64 };           \
    return map_all (inputs, 1, outputs[0], funcs);                                                  \
  }

#define DEFINE_FLOAT_UNARY(name, F64)                                                               \
  DEFINE_ROWS1 (name##_rows_f64, f, F64)                                                            \
  static gboolean                                                                                   \
  name##_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error) \
  {                                                                                                 \
    why_rows_map (inputs, 1, outputs[0], WHY_WIDE_F64, WHY_WIDE_F64, name##_rows_f64, NULL);        \
    return TRUE;                                                                                    \
  }

#define DEFINE_BINARY(name, F64, I64, U64)                                                          \
  DEFINE_ROWS2 (name##_rows_f64, f, F64)                                                            \
  DEFINE_ROWS2 (name##_rows_i64, i, I64)                                                            \
  DEFINE_ROWS2 (name##_rows_u64, u, U64)                                                            \
  static gboolean                                                                                   \
  name##_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error) \
  {                                                                                                 \
    static const RowsFuncs funcs = { name##_rows_f64, name##_rows_i64, name##_rows_u64 };           \
    return map_all (inputs, 2, outputs[0], funcs);                                                  \
  }

DEFINE_UNARY (neg, -x, (gint64) (0 - (guint64) x), 0 - x)
DEFINE_UNARY (abs, fabs (x), x < 0 ? (gint64) (0 - (guint64) x) : x, x)
DEFINE_UNARY (sign, sign_f64 (x), (x > 0) - (x < 0), x > 0)

DEFINE_FLOAT_UNARY (sqrt, sqrt (x))
DEFINE_FLOAT_UNARY (exp, exp (x))
DEFINE_FLOAT_UNARY (log, log (x))
DEFINE_FLOAT_UNARY (reciprocal, 1.0 / x)
DEFINE_FLOAT_UNARY (floor, floor (x))
DEFINE_FLOAT_UNARY (ceil, ceil (x))
DEFINE_FLOAT_UNARY (round, rint (x))
DEFINE_FLOAT_UNARY (sin, sin (x))
DEFINE_FLOAT_UNARY (cos, cos (x))
DEFINE_FLOAT_UNARY (tan, tan (x))
DEFINE_FLOAT_UNARY (asin, asin (x))
DEFINE_FLOAT_UNARY (acos, acos (x))
DEFINE_FLOAT_UNARY (atan, atan (x))
DEFINE_FLOAT_UNARY (sinh, sinh (x))
DEFINE_FLOAT_UNARY (cosh, cosh (x))
DEFINE_FLOAT_UNARY (asinh, asinh (x))
DEFINE_FLOAT_UNARY (acosh, acosh (x))
DEFINE_FLOAT_UNARY (atanh, atanh (x))

DEFINE_BINARY (add, a + b, (gint64) ((guint64) a + (guint64) b), a + b)
DEFINE_BINARY (sub, a - b, (gint64) ((guint64) a - (guint64) b), a - b)
DEFINE_BINARY (mul, a * b, (gint64) ((guint64) a * (guint64) b), a * b)
DEFINE_BINARY (div, a / b, divide_i64 (a, b), divide_u64 (a, b))
DEFINE_BINARY (modulo, modulo_f64 (a, b), modulo_i64 (a, b), modulo_u64 (a, b))
DEFINE_BINARY (remainder, fmod (a, b), remainder_i64 (a, b), modulo_u64 (a, b))
DEFINE_BINARY (max, larger_f64 (a, b), MAX (a, b), MAX (a, b))
DEFINE_BINARY (min, smaller_f64 (a, b), MIN (a, b), MIN (a, b))

DEFINE_ROWS2 (pow_rows_f64, f, pow (a, b))
DEFINE_ROWS2 (pow_rows_i64, i, power_i64 (a, b))
DEFINE_ROWS2 (pow_rows_u64, u, power_u64 (a, b))

static gboolean
pow_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  static const RowsFuncs funcs = { pow_rows_f64, pow_rows_i64, pow_rows_u64 };
  WhyWide wide = why_wide_of (inputs[0]->dtype), exponent = why_wide_of (inputs[1]->dtype);

  if (exponent == WHY_WIDE_F64)
    wide = WHY_WIDE_F64;
  else if (wide == WHY_WIDE_U64)
    wide = exponent;
  why_rows_map (inputs, 2, outputs[0], wide, wide, funcs[wide], NULL);
  return TRUE;
}

static gboolean
mod_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  return why_node_int (node, "fmod", 0) != 0 ? remainder_eval (node, inputs, outputs, error)
                                             : modulo_eval (node, inputs, outputs, error);
}

/* Folds the inputs of a variadic operator into the output, two at a time. */
static gboolean
fold_all (const WhyNode *node,
          gboolean (*eval) (const WhyNode *, WhyTensor *const *, WhyTensor *const *, GError **),
          WhyTensor *const *inputs,
          WhyTensor *output,
          GError **error)
{
  why_copy_broadcast (inputs[0], output);
  for (guint input = 1; input < node->n_inputs; input++)
    {
      WhyTensor *pair[] = { output, inputs[input] };
      if (!eval (node, pair, &output, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
max_all_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  return fold_all (node, max_eval, inputs, outputs[0], error);
}

static gboolean
min_all_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  return fold_all (node, min_eval, inputs, outputs[0], error);
}

static gboolean
sum_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  return fold_all (node, add_eval, inputs, outputs[0], error);
}

static void
divide_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  double divisor = *(const double *) data;
  for (gsize k = 0; k < n; k++)
    out->f[k] = in[0].f[k] / divisor;
}

static gboolean
mean_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  double n_inputs = node->n_inputs;
  if (!sum_eval (node, inputs, outputs, error))
    return FALSE;
  why_rows_map (outputs, 1, outputs[0], WHY_WIDE_F64, WHY_WIDE_F64, divide_rows, &n_inputs);
  return TRUE;
}

/* ---- inference ---- */

static gboolean
check_numbers (const WhyNode *node, GError **error)
{
  for (guint index = 0; index < node->n_inputs; index++)
    {
      const WhyValue *value = node->inputs[index];
      if (value == NULL)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input %u is missing", index);
      if (value->dtype == WHY_DTYPE_BOOL)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input '%s' must be a number, not bool", value->name);
    }
  return TRUE;
}

static gboolean
unary_infer (WhyNode *node, GError **error)
{
  return check_numbers (node, error) &&
         why_node_set_output_like (node, 0, node->inputs[0]->dtype, node->inputs[0], error);
}

static gboolean
float_unary_infer (WhyNode *node, GError **error)
{
  return why_infer_float (node, error) && unary_infer (node, error);
}

static gboolean
variadic_infer (WhyNode *node, GError **error)
{
  return check_numbers (node, error) && why_infer_same_types (node, error) &&
         why_infer_broadcast (node, node->inputs[0]->dtype, error);
}

static gboolean
mean_infer (WhyNode *node, GError **error)
{
  return why_infer_float (node, error) && variadic_infer (node, error);
}

static gboolean
pow_infer (WhyNode *node, GError **error)
{
  return check_numbers (node, error) &&
         why_infer_broadcast (node, node->inputs[0]->dtype, error);
}

/* ---- gradients ---- */

static WhyValue *
mul (WhyGraph *graph, WhyValue *a, WhyValue *b, GError **error)
{
  return why_emit2 (graph, error, "Mul", a, b);
}

/* offset + factor * x^2 */
static WhyValue *
quadratic (WhyGraph *graph, WhyValue *x, double offset, double factor, GError **error)
{
  WhyValue *square = mul (graph, x, x, error);
  if (factor != 1.0)
    square = why_emit_scaled (graph, error, square, factor);
  return why_emit2 (graph, error, "Add", square, why_emit_scalar (graph, x, offset));
}

/* Defines NAME_gradient: input 0 gets GRADIENT, in terms of graph, dy, x and y. */
#define DEFINE_GRADIENT(name, GRADIENT)                                                             \
  static gboolean                                                                                   \
  name##_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)                    \
  {                                                                                                 \
    WhyGraph *graph G_GNUC_UNUSED = why_grad_graph (builder);                                       \
    WhyValue *dy = why_grad_output (builder, node, 0);                                              \
    WhyValue *x G_GNUC_UNUSED = node->inputs[0], *y G_GNUC_UNUSED = node->outputs[0];               \
    return why_grad_add (builder, node, 0, (GRADIENT));                                             \
  }

DEFINE_GRADIENT (neg, why_emit1 (graph, error, "Neg", dy))
DEFINE_GRADIENT (abs, mul (graph, dy, why_emit1 (graph, error, "Sign", x), error))
DEFINE_GRADIENT (sqrt, why_emit2 (graph, error, "Div", why_emit_scaled (graph, error, dy, 0.5), y))
DEFINE_GRADIENT (exp, mul (graph, dy, y, error))
DEFINE_GRADIENT (log, why_emit2 (graph, error, "Div", dy, x))
DEFINE_GRADIENT (reciprocal, why_emit1 (graph, error, "Neg", mul (graph, dy, mul (graph, y, y, error), error)))
DEFINE_GRADIENT (round, dy)
DEFINE_GRADIENT (sin, mul (graph, dy, why_emit1 (graph, error, "Cos", x), error))
DEFINE_GRADIENT (cos, why_emit1 (graph, error, "Neg", mul (graph, dy, why_emit1 (graph, error, "Sin", x), error)))
DEFINE_GRADIENT (tan, mul (graph, dy, quadratic (graph, y, 1.0, 1.0, error), error))
DEFINE_GRADIENT (sinh, mul (graph, dy, why_emit1 (graph, error, "Cosh", x), error))
DEFINE_GRADIENT (cosh, mul (graph, dy, why_emit1 (graph, error, "Sinh", x), error))
DEFINE_GRADIENT (atan, why_emit2 (graph, error, "Div", dy, quadratic (graph, x, 1.0, 1.0, error)))
DEFINE_GRADIENT (atanh, why_emit2 (graph, error, "Div", dy, quadratic (graph, x, 1.0, -1.0, error)))

/* dy / sqrt (offset + factor * x^2), for the inverse functions. */
static WhyValue *
over_root (WhyGraph *graph, WhyValue *dy, WhyValue *x, double offset, double factor, GError **error)
{
  return why_emit2 (graph, error, "Div", dy,
                    why_emit1 (graph, error, "Sqrt", quadratic (graph, x, offset, factor, error)));
}

DEFINE_GRADIENT (asin, over_root (graph, dy, x, 1.0, -1.0, error))
DEFINE_GRADIENT (acos, why_emit1 (graph, error, "Neg", over_root (graph, dy, x, 1.0, -1.0, error)))
DEFINE_GRADIENT (asinh, over_root (graph, dy, x, 1.0, 1.0, error))
DEFINE_GRADIENT (acosh, over_root (graph, dy, x, -1.0, 1.0, error))

/* Sign, Floor and Ceil are constant but for jumps: nothing flows, as in PyTorch. */
static gboolean
flat_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  return TRUE;
}

/* True if input @index wants no gradient or has got this one. */
#define ADD_IF_WANTED(index, GRADIENT)                                                              \
  (!why_grad_wanted (builder, node, index) || why_grad_add_reduced (builder, node, index, (GRADIENT), error))

static gboolean
add_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  for (guint index = 0; index < node->n_inputs; index++)
    {
      if (!ADD_IF_WANTED (index, dy))
        return FALSE;
    }
  return TRUE;
}

static gboolean
mean_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *part = why_emit_scaled (why_grad_graph (builder), error, why_grad_output (builder, node, 0),
                                    1.0 / (double) node->n_inputs);
  for (guint index = 0; index < node->n_inputs; index++)
    {
      if (!ADD_IF_WANTED (index, part))
        return FALSE;
    }
  return TRUE;
}

static gboolean
sub_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  return ADD_IF_WANTED (0, dy) && ADD_IF_WANTED (1, why_emit1 (why_grad_graph (builder), error, "Neg", dy));
}

static gboolean
mul_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *dy = why_grad_output (builder, node, 0);
  return ADD_IF_WANTED (0, mul (graph, dy, node->inputs[1], error)) &&
         ADD_IF_WANTED (1, mul (graph, dy, node->inputs[0], error));
}

static gboolean
div_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *over_b = why_emit2 (graph, error, "Div", why_grad_output (builder, node, 0), node->inputs[1]);
  return ADD_IF_WANTED (0, over_b) &&
         ADD_IF_WANTED (1, why_emit1 (graph, error, "Neg", mul (graph, over_b, node->outputs[0], error)));
}

/* a - b * whole: b is scaled by minus the whole part of the quotient. */
static gboolean
mod_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *dy = why_grad_output (builder, node, 0);

  if (!ADD_IF_WANTED (0, dy))
    return FALSE;
  if (!why_grad_wanted (builder, node, 1))
    return TRUE;
  WhyValue *multiple = why_emit2 (graph, error, "Sub", node->outputs[0], node->inputs[0]);
  WhyValue *whole = why_emit2 (graph, error, "Div", multiple, node->inputs[1]);
  return why_grad_add_reduced (builder, node, 1, mul (graph, dy, whole, error), error);
}

/* exponent * x^(exponent - 1) */
static WhyValue *
power_slope (WhyGraph *graph, WhyValue *x, WhyValue *exponent, GError **error)
{
  WhyValue *one = why_emit_scalar (graph, exponent, 1.0), *zero = why_emit_scalar (graph, exponent, 0.0);

  if (exponent->constant != NULL && why_tensor_count (exponent->constant) == 1)
    {
      double value = why_tensor_get_f64 (exponent->constant, 0);
      if (value == 2.0)
        return why_emit_scaled (graph, error, x, 2.0);
      if (value != 0.0)
        {
          WhyValue *power = why_emit2 (graph, error, "Pow", x, why_emit_scalar (graph, x, value - 1.0));
          return why_emit_scaled (graph, error, power, value);
        }
    }
  WhyValue *power = why_emit2 (graph, error, "Pow", x, why_emit2 (graph, error, "Sub", exponent, one));
  WhyValue *slope = mul (graph, exponent, power, error);
  /* At x = 0 the power is infinite for exponent 0, where the function is constant. */
  return why_emit3 (graph, error, "Where", why_emit2 (graph, error, "Equal", exponent, zero), zero, slope);
}

static gboolean
pow_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *dy = why_grad_output (builder, node, 0);
  WhyValue *x = node->inputs[0], *y = node->outputs[0];
  WhyValue *exponent = why_emit_cast (graph, error, node->inputs[1], x);

  if (exponent == NULL)
    return FALSE;
  if (!ADD_IF_WANTED (0, mul (graph, dy, power_slope (graph, x, exponent, error), error)))
    return FALSE;
  if (!why_grad_wanted (builder, node, 1))
    return TRUE;
  /* 0^b is 0 for all b > 0 (and at 0 PyTorch says so too), though log (0) is infinite. */
  WhyValue *zero = why_emit_scalar (graph, x, 0.0);
  WhyValue *constant = why_emit2 (graph, error, "And", why_emit2 (graph, error, "Equal", x, zero),
                                  why_emit2 (graph, error, "GreaterOrEqual", exponent, zero));
  WhyValue *slope = mul (graph, y, why_emit1 (graph, error, "Log", x), error);
  slope = why_emit3 (graph, error, "Where", constant, zero, slope);
  return why_grad_add_reduced (builder, node, 1, why_emit_cast (graph, error, mul (graph, dy, slope, error),
                                                                node->inputs[1]), error);
}

/* Max and Min: the gradient goes to the inputs that equal the output, in equal parts where several do. */
static gboolean
extreme_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *dy = why_grad_output (builder, node, 0), *y = node->outputs[0];
  g_autofree WhyValue **masks = g_new0 (WhyValue *, node->n_inputs);

  if (node->n_inputs == 1)
    return why_grad_add (builder, node, 0, dy);
  for (guint index = 0; index < node->n_inputs; index++)
    {
      masks[index] = why_emit_cast (graph, error, why_emit2 (graph, error, "Equal", node->inputs[index], y), dy);
      if (masks[index] == NULL)
        return FALSE;
    }
  WhyValue *n_winners = why_emit (graph, error, "Sum", node->n_inputs, masks, NULL, 0);
  WhyValue *part = why_emit2 (graph, error, "Div", dy, n_winners);
  for (guint index = 0; index < node->n_inputs; index++)
    {
      if (!ADD_IF_WANTED (index, mul (graph, part, masks[index], error)))
        return FALSE;
    }
  return TRUE;
}

#define UNARY(Type, Since, Infer, name, Gradient)                                                   \
  { .type = Type, .since = Since, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,               \
    .flags = WHY_OP_ELEMENTWISE, .infer = Infer, .eval = name##_eval, .gradient = Gradient }

#define BINARY(Type, Since, Infer, name)                                                            \
  { .type = Type, .since = Since, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,               \
    .flags = WHY_OP_ELEMENTWISE, .infer = Infer, .eval = name##_eval, .gradient = name##_gradient }

#define VARIADIC(Type, Infer, Eval, Gradient)                                                       \
  { .type = Type, .since = 1, .min_inputs = 1, .max_inputs = G_MAXUINT, .max_outputs = 1,           \
    .flags = WHY_OP_ELEMENTWISE, .infer = Infer, .eval = Eval, .gradient = Gradient }

const WhyOpClass why_ops_arithmetic[] = {
  BINARY ("Add", 1, variadic_infer, add),
  BINARY ("Sub", 1, variadic_infer, sub),
  BINARY ("Mul", 1, variadic_infer, mul),
  BINARY ("Div", 1, variadic_infer, div),
  BINARY ("Mod", 10, variadic_infer, mod),
  BINARY ("Pow", 1, pow_infer, pow),
  VARIADIC ("Max", variadic_infer, max_all_eval, extreme_gradient),
  VARIADIC ("Min", variadic_infer, min_all_eval, extreme_gradient),
  VARIADIC ("Sum", variadic_infer, sum_eval, add_gradient),
  VARIADIC ("Mean", mean_infer, mean_eval, mean_gradient),
  UNARY ("Neg", 1, unary_infer, neg, neg_gradient),
  UNARY ("Abs", 1, unary_infer, abs, abs_gradient),
  UNARY ("Sign", 9, unary_infer, sign, flat_gradient),
  UNARY ("Sqrt", 1, float_unary_infer, sqrt, sqrt_gradient),
  UNARY ("Exp", 1, float_unary_infer, exp, exp_gradient),
  UNARY ("Log", 1, float_unary_infer, log, log_gradient),
  UNARY ("Reciprocal", 1, float_unary_infer, reciprocal, reciprocal_gradient),
  UNARY ("Floor", 1, float_unary_infer, floor, flat_gradient),
  UNARY ("Ceil", 1, float_unary_infer, ceil, flat_gradient),
  /* Rounding is what quantisation does: its gradient is passed straight through. */
  { .type = "Round", .since = 11, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .flags = WHY_OP_ELEMENTWISE | WHY_OP_STRAIGHT_THROUGH, .infer = float_unary_infer, .eval = round_eval,
    .gradient = round_gradient },
  UNARY ("Sin", 7, float_unary_infer, sin, sin_gradient),
  UNARY ("Cos", 7, float_unary_infer, cos, cos_gradient),
  UNARY ("Tan", 7, float_unary_infer, tan, tan_gradient),
  UNARY ("Asin", 7, float_unary_infer, asin, asin_gradient),
  UNARY ("Acos", 7, float_unary_infer, acos, acos_gradient),
  UNARY ("Atan", 7, float_unary_infer, atan, atan_gradient),
  UNARY ("Sinh", 9, float_unary_infer, sinh, sinh_gradient),
  UNARY ("Cosh", 9, float_unary_infer, cosh, cosh_gradient),
  UNARY ("Asinh", 9, float_unary_infer, asinh, asinh_gradient),
  UNARY ("Acosh", 9, float_unary_infer, acosh, acosh_gradient),
  UNARY ("Atanh", 9, float_unary_infer, atanh, atanh_gradient),
  { NULL },
};
