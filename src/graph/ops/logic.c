#include "config.h"

#include "families.h"
#include "rows.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* ---- comparisons ---- */

#define DEFINE_ROWS(name, field, OPERATOR)                                                          \
  static void                                                                                       \
  name (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)                                 \
  {                                                                                                 \
    for (gsize k = 0; k < n; k++)                                                                   \
      out->i[k] = in[0].field[k] OPERATOR in[1].field[k];                                           \
  }

#define DEFINE_COMPARISON(name, OPERATOR)                                                           \
  DEFINE_ROWS (name##_rows_f64, f, OPERATOR)                                                        \
  DEFINE_ROWS (name##_rows_i64, i, OPERATOR)                                                        \
  DEFINE_ROWS (name##_rows_u64, u, OPERATOR)                                                        \
  static gboolean                                                                                   \
  name##_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error) \
  {                                                                                                 \
    static const WhyRowsFunc funcs[] = { name##_rows_f64, name##_rows_i64, name##_rows_u64 };       \
    WhyWide wide = why_wide_of (inputs[0]->dtype);                                                  \
    why_rows_map (inputs, 2, outputs[0], wide, WHY_WIDE_I64, funcs[wide], NULL);                    \
    return TRUE;                                                                                    \
  }

DEFINE_COMPARISON (equal, ==)
DEFINE_COMPARISON (greater, >)
DEFINE_COMPARISON (greater_or_equal, >=)
DEFINE_COMPARISON (less, <)
DEFINE_COMPARISON (less_or_equal, <=)

/* ---- logic: on bool as 0 and 1, on integers bit by bit ---- */

#define DEFINE_BITS(name, OPERATOR)                                                                 \
  DEFINE_ROWS (name##_rows, u, OPERATOR)                                                            \
  static gboolean                                                                                   \
  name##_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error) \
  {                                                                                                 \
    why_rows_map (inputs, 2, outputs[0], WHY_WIDE_U64, WHY_WIDE_U64, name##_rows, NULL);            \
    return TRUE;                                                                                    \
  }

DEFINE_BITS (and, &)
DEFINE_BITS (or, |)
DEFINE_BITS (xor, ^)

#define DEFINE_UNARY(name, in_field, out_field, in_wide, out_wide, VALUE)                           \
  static void                                                                                       \
  name##_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)                          \
  {                                                                                                 \
    for (gsize k = 0; k < n; k++)                                                                   \
      {                                                                                             \
        __typeof__ (in[0].in_field[k]) x = in[0].in_field[k];                                       \
        out->out_field[k] = (VALUE);                                                                \
      }                                                                                             \
  }                                                                                                 \
  static gboolean                                                                                   \
  name##_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error) \
  {                                                                                                 \
    why_rows_map (inputs, 1, outputs[0], in_wide, out_wide, name##_rows, NULL);                     \
    return TRUE;                                                                                    \
  }

DEFINE_UNARY (not, u, u, WHY_WIDE_U64, WHY_WIDE_U64, x == 0)
DEFINE_UNARY (bitwise_not, u, u, WHY_WIDE_U64, WHY_WIDE_U64, ~x)
DEFINE_UNARY (is_nan, f, i, WHY_WIDE_F64, WHY_WIDE_I64, isnan (x) != 0)

/* A shift by the width of the type or more leaves nothing; in C it would be undefined. */
static void
shift_left_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  for (gsize k = 0; k < n; k++)
    out->u[k] = in[1].u[k] < 64 ? in[0].u[k] << in[1].u[k] : 0;
}

static void
shift_right_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  for (gsize k = 0; k < n; k++)
    out->u[k] = in[1].u[k] < 64 ? in[0].u[k] >> in[1].u[k] : 0;
}

static gboolean
bit_shift_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  gboolean left = strcmp (why_node_string (node, "direction", ""), "LEFT") == 0;
  why_rows_map (inputs, 2, outputs[0], WHY_WIDE_U64, WHY_WIDE_U64, left ? shift_left_rows : shift_right_rows, NULL);
  return TRUE;
}

typedef struct
{
  gboolean detect_negative, detect_positive;
} IsInfParams;

static void
is_inf_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  const IsInfParams *params = data;
  for (gsize k = 0; k < n; k++)
    out->i[k] = isinf (in[0].f[k]) && (in[0].f[k] > 0.0 ? params->detect_positive : params->detect_negative);
}

static gboolean
is_inf_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  why_rows_map (inputs, 1, outputs[0], WHY_WIDE_F64, WHY_WIDE_I64, is_inf_rows, node->params);
  return TRUE;
}

/* ---- inference ---- */

static gboolean
comparison_infer (WhyNode *node, GError **error)
{
  return why_infer_same_types (node, error) && why_infer_broadcast (node, WHY_DTYPE_BOOL, error);
}

/* All inputs are bool, or all are integers where @bits. */
static gboolean
check_logical (const WhyNode *node, gboolean bits, GError **error)
{
  for (guint index = 0; index < node->n_inputs; index++)
    {
      const WhyValue *value = node->inputs[index];
      if (bits ? !why_dtype_is_integer (value->dtype) : value->dtype != WHY_DTYPE_BOOL)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input '%s' must be %s, not %s", value->name,
                              bits ? "of an integer type" : "bool", why_dtype_name (value->dtype));
    }
  return why_infer_same_types (node, error);
}

static gboolean
logical_infer (WhyNode *node, GError **error)
{
  return check_logical (node, FALSE, error) && why_infer_broadcast (node, WHY_DTYPE_BOOL, error);
}

static gboolean
bitwise_infer (WhyNode *node, GError **error)
{
  return check_logical (node, TRUE, error) && why_infer_broadcast (node, node->inputs[0]->dtype, error);
}

static gboolean
bit_shift_infer (WhyNode *node, GError **error)
{
  const char *direction = why_node_string (node, "direction", "");

  if (strcmp (direction, "LEFT") != 0 && strcmp (direction, "RIGHT") != 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "direction must be LEFT or RIGHT, not '%s'", direction);
  for (guint index = 0; index < 2; index++)
    {
      const WhyValue *value = node->inputs[index];
      if (why_wide_of (value->dtype) != WHY_WIDE_U64)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input '%s' must be of an unsigned type, not %s",
                              value->name, why_dtype_name (value->dtype));
    }
  return why_infer_same_types (node, error) && why_infer_broadcast (node, node->inputs[0]->dtype, error);
}

static gboolean
is_nan_infer (WhyNode *node, GError **error)
{
  return why_infer_float (node, error) && why_node_set_output_like (node, 0, WHY_DTYPE_BOOL, node->inputs[0], error);
}

static gboolean
is_inf_infer (WhyNode *node, GError **error)
{
  IsInfParams *params = node->params;
  params->detect_negative = why_node_int (node, "detect_negative", 1) != 0;
  params->detect_positive = why_node_int (node, "detect_positive", 1) != 0;
  return is_nan_infer (node, error);
}

/* ---- Where ---- */

static gboolean
where_infer (WhyNode *node, GError **error)
{
  const WhyValue *condition = node->inputs[0], *a = node->inputs[1], *b = node->inputs[2];

  if (condition->dtype != WHY_DTYPE_BOOL)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "condition '%s' must be bool, not %s", condition->name,
                          why_dtype_name (condition->dtype));
  if (a->dtype != b->dtype)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "inputs must have one type; '%s' is %s and '%s' is %s",
                          a->name, why_dtype_name (a->dtype), b->name, why_dtype_name (b->dtype));
  return why_infer_broadcast (node, a->dtype, error);
}

static void
where_rows_f64 (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  for (gsize k = 0; k < n; k++)
    out->f[k] = in[0].f[k] != 0.0 ? in[1].f[k] : in[2].f[k];
}

static void
where_rows_u64 (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  for (gsize k = 0; k < n; k++)
    out->u[k] = in[0].u[k] != 0 ? in[1].u[k] : in[2].u[k];
}

static gboolean
where_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  WhyWide wide = why_dtype_is_float (inputs[1]->dtype) ? WHY_WIDE_F64 : WHY_WIDE_U64;
  why_rows_map (inputs, 3, outputs[0], wide, wide, wide == WHY_WIDE_F64 ? where_rows_f64 : where_rows_u64, NULL);
  return TRUE;
}

static gboolean
where_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *dy = why_grad_output (builder, node, 0);
  WhyValue *zero = why_emit_scalar (graph, dy, 0.0), *condition = node->inputs[0];

  if (why_grad_wanted (builder, node, 1) &&
      !why_grad_add_reduced (builder, node, 1, why_emit3 (graph, error, "Where", condition, dy, zero), error))
    return FALSE;
  return !why_grad_wanted (builder, node, 2) ||
         why_grad_add_reduced (builder, node, 2, why_emit3 (graph, error, "Where", condition, zero, dy), error);
}

/* The outputs are bool or integers: no gradient can arrive, and none is declared. */
#define BINARY(Type, Since, Infer, name)                                                            \
  { .type = Type, .since = Since, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,               \
    .flags = WHY_OP_ELEMENTWISE, .infer = Infer, .eval = name##_eval }

#define UNARY(Type, Since, Infer, name)                                                             \
  { .type = Type, .since = Since, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,               \
    .flags = WHY_OP_ELEMENTWISE, .infer = Infer, .eval = name##_eval }

const WhyOpClass why_ops_logic[] = {
  BINARY ("Equal", 1, comparison_infer, equal),
  BINARY ("Greater", 1, comparison_infer, greater),
  BINARY ("GreaterOrEqual", 12, comparison_infer, greater_or_equal),
  BINARY ("Less", 1, comparison_infer, less),
  BINARY ("LessOrEqual", 12, comparison_infer, less_or_equal),
  BINARY ("And", 1, logical_infer, and),
  BINARY ("Or", 1, logical_infer, or),
  BINARY ("Xor", 1, logical_infer, xor),
  UNARY ("Not", 1, logical_infer, not),
  BINARY ("BitwiseAnd", 18, bitwise_infer, and),
  BINARY ("BitwiseOr", 18, bitwise_infer, or),
  BINARY ("BitwiseXor", 18, bitwise_infer, xor),
  UNARY ("BitwiseNot", 18, bitwise_infer, bitwise_not),
  BINARY ("BitShift", 11, bit_shift_infer, bit_shift),
  UNARY ("IsNaN", 9, is_nan_infer, is_nan),
  { .type = "IsInf", .since = 10, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1, .flags = WHY_OP_ELEMENTWISE,
    .params_size = sizeof (IsInfParams), .infer = is_inf_infer, .eval = is_inf_eval },
  { .type = "Where", .since = 9, .min_inputs = 3, .max_inputs = 3, .max_outputs = 1, .flags = WHY_OP_ELEMENTWISE,
    .infer = where_infer, .eval = where_eval, .gradient = where_gradient },
  { NULL },
};
