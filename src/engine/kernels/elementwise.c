#include "config.h"

#include "elementwise.h"

#include "base/parallel.h"
#include "graph/activation.h"
#include "vector.h"

#include <math.h>
#include <string.h>

/* Element-wise operators on float32. The output is walked as outer x middle x inner, operand b (and
 * a) repeating along some of these: that covers equal shapes, scalars, one value a channel in
 * either layout, one a position, and [N, C, 1, 1] against [N, C, H, W]. Other broadcasts go to the
 * plain definition. */

#define GRAIN 16384

/* ---- one operand (and gradients: two operands of equal shape, the second being x or y) ---- */

typedef WhyUnary Unary;
typedef WhyUnaryLoop UnaryLoop;

#define UNARY(NAME, EXPRESSION)                                                                    \
  WHY_VECTOR static void NAME (const Unary *unary, const float *a, const float *b, float *y,       \
                               gsize n)                                                            \
  {                                                                                                \
    const float alpha G_GNUC_UNUSED = unary->alpha, beta G_GNUC_UNUSED = unary->beta;              \
    const float low G_GNUC_UNUSED = unary->min, high G_GNUC_UNUSED = unary->max;                   \
    for (gsize at = 0; at < n; at++)                                                               \
      {                                                                                            \
        const float x G_GNUC_UNUSED = a[at];                                                       \
        y[at] = EXPRESSION;                                                                        \
      }                                                                                            \
  }

/* A gradient: x is dy, r the forward value that decides the factor. */
#define GRADIENT(NAME, EXPRESSION)                                                                 \
  WHY_VECTOR static void NAME (const Unary *unary, const float *a, const float *b, float *y,       \
                               gsize n)                                                            \
  {                                                                                                \
    const float alpha G_GNUC_UNUSED = unary->alpha, beta G_GNUC_UNUSED = unary->beta;              \
    const float low G_GNUC_UNUSED = unary->min, high G_GNUC_UNUSED = unary->max;                   \
    for (gsize at = 0; at < n; at++)                                                               \
      {                                                                                            \
        const float dy = a[at], r = b[at];                                                         \
        y[at] = EXPRESSION;                                                                        \
      }                                                                                            \
  }

UNARY (relu, x < 0.0f ? 0.0f : x)
UNARY (leaky_relu, x < 0.0f ? alpha * x : x)
UNARY (clip, x < low ? low : (x > high ? high : x))
UNARY (hard_sigmoid, why_vector_unit (alpha *x + beta))
UNARY (hard_swish, x *why_vector_unit (x *(1.0f / 6.0f) + 0.5f))
UNARY (negate, -x)
UNARY (absolute, fabsf (x))
UNARY (square_root, sqrtf (x))
UNARY (reciprocal, 1.0f / x)
UNARY (sign, (float) (x > 0.0f) - (float) (x < 0.0f))
UNARY (sigmoid, why_vector_sigmoid (x))
UNARY (gated_sigmoid, x *why_vector_sigmoid (x))
UNARY (gated_hard_sigmoid, x *why_vector_unit (alpha *x + beta))
UNARY (hyperbolic_tangent, why_vector_tanh (x))
UNARY (exponential, why_vector_exp (x))
UNARY (error_function, why_vector_erf (x))
UNARY (gelu_erf, 0.5f * x * (1.0f + why_vector_erf (x * 0.70710678118654752f)))
UNARY (gelu_tanh,
       0.5f * x * (1.0f + why_vector_tanh (0.79788456080286536f * (x + 0.044715f * x * x * x))))
/* These call the library for every element. */
UNARY (logarithm, logf (x))
UNARY (elu, x < 0.0f ? alpha * expm1f (x) : x)

GRADIENT (relu_grad, r > 0.0f ? dy : 0.0f)
GRADIENT (leaky_relu_grad, r > 0.0f ? dy : alpha * dy)
GRADIENT (clip_grad, ((r > low) & (r < high)) ? dy : 0.0f)
GRADIENT (sigmoid_grad, dy *r *(1.0f - r))
GRADIENT (tanh_grad, dy *(1.0f - r * r))
GRADIENT (hard_sigmoid_grad, ((r > 0.0f) & (r < 1.0f)) ? dy *alpha : 0.0f)
GRADIENT (hard_swish_grad, r < -3.0f ? 0.0f : (r > 3.0f ? dy : dy * (r * (1.0f / 3.0f) + 0.5f)))
GRADIENT (erf_grad, dy * 1.1283791670955126f * why_vector_exp (-r * r))
GRADIENT (elu_grad, r > 0.0f ? dy : dy * (r + alpha))
GRADIENT (gelu_erf_grad,
          dy *(0.5f * (1.0f + why_vector_erf (r * 0.70710678118654752f)) +
               r * 0.39894228040143268f * why_vector_exp (-0.5f * r * r)))

/* With t = tanh (c (x + 0.044715 x^3)): (1 + t) / 2 + x (1 - t^2) c (1 + 3 * 0.044715 x^2) / 2. */
WHY_VECTOR static void
gelu_tanh_grad (const Unary *unary, const float *a, const float *b, float *y, gsize n)
{
  for (gsize at = 0; at < n; at++)
    {
      const float x = b[at], square = x * x;
      const float t = why_vector_tanh (0.79788456080286536f * x * (1.0f + 0.044715f * square));
      const float slope = 0.39894228040143268f * (1.0f + 0.134145f * square);
      y[at] = a[at] * (0.5f * (1.0f + t) + x * (1.0f - t * t) * slope);
    }
}

static const struct
{
  const char *type;
  UnaryLoop loop;
} unary_types[] = {
  { "Relu", relu },
  { "LeakyRelu", leaky_relu },
  { "Clip", clip },
  { "HardSigmoid", hard_sigmoid },
  { "HardSwish", hard_swish },
  { "Neg", negate },
  { "Abs", absolute },
  { "Sqrt", square_root },
  { "Reciprocal", reciprocal },
  { "Sign", sign },
  { "Sigmoid", sigmoid },
  { "Tanh", hyperbolic_tangent },
  { "Exp", exponential },
  { "Log", logarithm },
  { "Erf", error_function },
  { "Elu", elu },
  { "Gelu", gelu_erf },
  { "ReluGrad", relu_grad },
  { "LeakyReluGrad", leaky_relu_grad },
  { "ClipGrad", clip_grad },
  { "SigmoidGrad", sigmoid_grad },
  { "TanhGrad", tanh_grad },
  { "HardSigmoidGrad", hard_sigmoid_grad },
  { "HardSwishGrad", hard_swish_grad },
  { "ErfGrad", erf_grad },
  { "EluGrad", elu_grad },
  { "GeluGrad", gelu_erf_grad },
};

/* An activation that is multiplied with its own input: x * sigmoid (x) and the like. */
static const struct
{
  const char *type;
  UnaryLoop loop;
} gated_types[] = {
  { "Sigmoid", gated_sigmoid },
  { "HardSigmoid", gated_hard_sigmoid },
};

static void
unary_range (gsize begin, gsize end, gpointer data)
{
  const Unary *unary = data;
  unary->loop (unary, unary->a + begin, unary->b != NULL ? unary->b + begin : NULL,
               unary->y + begin, end - begin);
}

static gboolean
run_unary (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  Unary unary = *(const Unary *) step->data;
  unary.a = step->inputs[0]->data;
  unary.b = step->n_inputs > 1 ? step->inputs[1]->data : NULL;
  unary.y = step->outputs[0]->data;
  why_parallel_for (step->outputs[0]->n_bytes / sizeof (float), GRAIN, unary_range, &unary);
  return TRUE;
}

static gboolean
same_dims (const WhyValue *a, const WhyValue *b)
{
  return a->rank == b->rank && memcmp (a->dims, b->dims, (gsize) a->rank * sizeof *a->dims) == 0;
}

static gboolean
is_float32 (const WhyValue *value)
{
  return value->dtype == WHY_DTYPE_FLOAT32;
}

static gboolean
ends_with_grad (const char *type)
{
  return g_str_has_suffix (type, "Grad");
}

gboolean
why_elementwise_unary (const WhyNode *node, WhyUnary *unary)
{
  const char *type = node->klass->type;
  const WhyActivationParams *params =
    node->klass->params_size == sizeof (WhyActivationParams) ? node->params : NULL;

  memset (unary, 0, sizeof *unary);
  for (gsize index = 0; index < G_N_ELEMENTS (unary_types); index++)
    {
      if (strcmp (unary_types[index].type, type) == 0)
        unary->loop = unary_types[index].loop;
    }
  /* Types are told apart by name: a function with several clones may have more than one address. */
  if (g_str_has_prefix (type, "Gelu") && params != NULL && params->approximate)
    unary->loop = ends_with_grad (type) ? gelu_tanh_grad : gelu_tanh;
  if (g_str_has_prefix (type, "Clip") && (params == NULL || !params->bounds_known))
    return FALSE;
  if (params != NULL)
    {
      unary->alpha = (float) params->alpha;
      unary->beta = (float) params->beta;
      /* ONNX: where the bounds are crossed, the upper one wins. */
      unary->min = (float) fmin (params->min, params->max);
      unary->max = (float) params->max;
    }
  return unary->loop != NULL;
}

static gboolean
compile_unary (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  guint n_inputs = ends_with_grad (node->klass->type) ? 2 : 1;
  WhyBuffer *inputs[2] = { NULL, NULL };
  WhyUnary unary;

  *done = FALSE;
  if (!why_elementwise_unary (node, &unary) || !is_float32 (node->inputs[0]))
    return TRUE;
  for (guint input = 0; input < n_inputs; input++)
    {
      if (!same_dims (node->inputs[input], node->outputs[0]) || !is_float32 (node->inputs[input]))
        return TRUE;
    }
  WhyValue *result = node->outputs[0];
  const WhyNode *gate, *product = why_plan_gated (plan, node->inputs[0], &gate);
  for (gsize index = 0; product != NULL && gate == node && index < G_N_ELEMENTS (gated_types);
       index++)
    {
      if (strcmp (gated_types[index].type, node->klass->type) != 0)
        continue;
      unary.loop = gated_types[index].loop;
      result = product->outputs[0];
      why_plan_absorb (plan, product);
    }
  WhyLayout layout = why_plan_layout (plan, node->inputs[0]);
  for (guint input = 0; input < n_inputs; input++)
    {
      if (node->inputs[input]->constant == NULL &&
          why_plan_layout (plan, node->inputs[input]) == WHY_LAYOUT_CHANNELS_LAST)
        layout = WHY_LAYOUT_CHANNELS_LAST;
    }
  for (guint input = 0; input < n_inputs; input++)
    {
      inputs[input] = why_plan_input (plan, node->inputs[input], layout, error);
      if (inputs[input] == NULL)
        return FALSE;
    }
  WhyBuffer *output = why_plan_output (plan, result, layout);
  WhyStep *step =
    why_plan_add_step (plan, node, run_unary, inputs, n_inputs, &output, 1,
                       g_memdup2 (&unary, sizeof unary), g_free);
  step->in_place = TRUE;
  *done = TRUE;
  return TRUE;
}

/* ---- two operands with broadcasting ---- */

typedef WhyBinaryLoop BinaryLoop;

/* Three loops each: both vary, b fixed, a fixed. */
#define BINARY(NAME, EXPRESSION)                                                                   \
  WHY_VECTOR static void NAME##_both (const float *pa, const float *pb, float *y, gsize n)         \
  {                                                                                                \
    for (gsize at = 0; at < n; at++)                                                               \
      {                                                                                            \
        const float a = pa[at], b = pb[at];                                                        \
        y[at] = EXPRESSION;                                                                        \
      }                                                                                            \
  }                                                                                                \
  WHY_VECTOR static void NAME##_b_fixed (const float *pa, const float *pb, float *y, gsize n)      \
  {                                                                                                \
    const float b = *pb;                                                                           \
    for (gsize at = 0; at < n; at++)                                                               \
      {                                                                                            \
        const float a = pa[at];                                                                    \
        y[at] = EXPRESSION;                                                                        \
      }                                                                                            \
  }                                                                                                \
  WHY_VECTOR static void NAME##_a_fixed (const float *pa, const float *pb, float *y, gsize n)      \
  {                                                                                                \
    const float a = *pa;                                                                           \
    for (gsize at = 0; at < n; at++)                                                               \
      {                                                                                            \
        const float b = pb[at];                                                                    \
        y[at] = EXPRESSION;                                                                        \
      }                                                                                            \
  }

BINARY (add, a + b)
BINARY (subtract, a - b)
BINARY (multiply, a *b)
BINARY (divide, a / b)
BINARY (largest, ((a > b) | (a != a)) ? a : b)
BINARY (smallest, ((a < b) | (a != a)) ? a : b)
/* The exponents that networks use, without the library's pow. */
BINARY (power, b == 2.0f ? a * a : powf (a, b))

static const struct
{
  const char *type;
  BinaryLoop both, b_fixed, a_fixed;
} binary_types[] = {
  { "Add", add_both, add_b_fixed, add_a_fixed },
  { "Sub", subtract_both, subtract_b_fixed, subtract_a_fixed },
  { "Mul", multiply_both, multiply_b_fixed, multiply_a_fixed },
  { "Div", divide_both, divide_b_fixed, divide_a_fixed },
  { "Max", largest_both, largest_b_fixed, largest_a_fixed },
  { "Min", smallest_both, smallest_b_fixed, smallest_a_fixed },
  { "Pow", power_both, power_b_fixed, power_a_fixed },
  { "Sum", add_both, add_b_fixed, add_a_fixed },
};

gboolean
why_elementwise_binary (const char *type, WhyBinaryLoops *loops)
{
  for (gsize index = 0; index < G_N_ELEMENTS (binary_types); index++)
    {
      if (strcmp (binary_types[index].type, type) != 0)
        continue;
      *loops = (WhyBinaryLoops){ binary_types[index].both, binary_types[index].b_fixed,
                                 binary_types[index].a_fixed };
      return TRUE;
    }
  return FALSE;
}

#define DIMS_MAX 4

/* The walk: memory dims of the output, merged where both operands step evenly; strides in elements,
 * 0 where an operand repeats. The last dimension is the inner loop. */
typedef struct
{
  BinaryLoop both, b_fixed, a_fixed;
  int rank;
  gint64 dims[DIMS_MAX], a_strides[DIMS_MAX], b_strides[DIMS_MAX];
  const float *a, *b;
  float *y;
} Binary;

static void
binary_rows (gsize begin, gsize end, gpointer data)
{
  const Binary *binary = data;
  int inner = binary->rank - 1;
  gsize n = (gsize) binary->dims[inner];
  gint64 step_a = binary->a_strides[inner], step_b = binary->b_strides[inner];

  for (gsize row = begin; row < end; row++)
    {
      gsize rest = row;
      gint64 at_a = 0, at_b = 0;
      for (int axis = inner - 1; axis >= 0; axis--)
        {
          gint64 index = (gint64) (rest % (gsize) binary->dims[axis]);
          rest /= (gsize) binary->dims[axis];
          at_a += index * binary->a_strides[axis];
          at_b += index * binary->b_strides[axis];
        }
      const float *a = binary->a + at_a, *b = binary->b + at_b;
      float *y = binary->y + row * n;
      if (step_a != 0 && step_b != 0)
        binary->both (a, b, y, n);
      else if (step_a != 0)
        binary->b_fixed (a, b, y, n);
      else
        binary->a_fixed (a, b, y, n);
    }
}

static void
binary_flat (gsize begin, gsize end, gpointer data)
{
  const Binary *binary = data;
  if (binary->a_strides[0] != 0 && binary->b_strides[0] != 0)
    binary->both (binary->a + begin, binary->b + begin, binary->y + begin, end - begin);
  else if (binary->a_strides[0] != 0)
    binary->b_fixed (binary->a + begin, binary->b, binary->y + begin, end - begin);
  else
    binary->a_fixed (binary->a, binary->b + begin, binary->y + begin, end - begin);
}

static gboolean
run_binary (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  Binary binary = *(const Binary *) step->data;
  binary.a = step->inputs[0]->data;
  binary.b = step->inputs[1]->data;
  binary.y = step->outputs[0]->data;
  gsize rows = 1;
  for (int axis = 0; axis < binary.rank - 1; axis++)
    rows *= (gsize) binary.dims[axis];
  if (binary.rank == 1)
    why_parallel_for ((gsize) binary.dims[0], GRAIN, binary_flat, &binary);
  else
    why_parallel_for (rows, 1 + GRAIN / (gsize) MAX (binary.dims[binary.rank - 1], 1), binary_rows,
                      &binary);
  return TRUE;
}

/* Dims and broadcast strides of an operand in the order in which the output lies in memory. */
static void
memory_order (
  const WhyValue *operand, const WhyValue *output, WhyLayout layout, gint64 *dims, gint64 *strides)
{
  gint64 own[WHY_MAX_RANK], own_strides[WHY_MAX_RANK];
  int extra = output->rank - operand->rank;

  for (int axis = 0; axis < output->rank; axis++)
    own[axis] = axis < extra ? 1 : operand->dims[axis - extra];
  if (layout == WHY_LAYOUT_CHANNELS_LAST && output->rank >= 3)
    why_dims_channels_last_strides (output->rank, own, own_strides);
  else
    why_dims_dense_strides (output->rank, own, own_strides);
  for (int place = 0; place < output->rank; place++)
    {
      int axis = place;
      if (layout == WHY_LAYOUT_CHANNELS_LAST && output->rank >= 3 && place > 0)
        axis = place == output->rank - 1 ? 1 : place + 1;
      dims[place] = output->dims[axis];
      strides[place] = own[axis] == 1 ? 0 : own_strides[axis];
    }
}

/* Joins neighbouring dimensions that both operands walk evenly; FALSE if more than DIMS_MAX stay.
 */
static gboolean
merge_dims (int rank, const gint64 *dims, const gint64 *a, const gint64 *b, Binary *binary)
{
  int n = 0;
  gint64 merged[WHY_MAX_RANK], step_a[WHY_MAX_RANK], step_b[WHY_MAX_RANK];

  for (int axis = 0; axis < rank; axis++)
    {
      if (dims[axis] == 1)
        continue;
      if (n > 0 && step_a[n - 1] == a[axis] * dims[axis] && step_b[n - 1] == b[axis] * dims[axis])
        {
          merged[n - 1] *= dims[axis];
          step_a[n - 1] = a[axis];
          step_b[n - 1] = b[axis];
          continue;
        }
      merged[n] = dims[axis];
      step_a[n] = a[axis];
      step_b[n++] = b[axis];
    }
  if (n > DIMS_MAX)
    return FALSE;
  if (n == 0)
    {
      merged[0] = 1;
      step_a[0] = step_b[0] = 1;
      n = 1;
    }
  /* The inner loops know contiguous and fixed only. */
  if ((step_a[n - 1] != 0 && step_a[n - 1] != 1) || (step_b[n - 1] != 0 && step_b[n - 1] != 1) ||
      (step_a[n - 1] == 0 && step_b[n - 1] == 0))
    return FALSE;
  binary->rank = n;
  memcpy (binary->dims, merged, (gsize) n * sizeof *merged);
  memcpy (binary->a_strides, step_a, (gsize) n * sizeof *step_a);
  memcpy (binary->b_strides, step_b, (gsize) n * sizeof *step_b);
  return TRUE;
}

/* An operand that repeats along all but channels, or along nothing, can be had in either layout if
 * its own rank equals the output's, or if it lacks only leading ones; of lower rank only where that
 * makes no difference. */
static gboolean
operand_ready (const WhyValue *operand, const WhyValue *output, WhyLayout layout)
{
  return layout == WHY_LAYOUT_PLAIN || operand->rank == output->rank || operand->rank == 0 ||
         (operand->constant != NULL && why_tensor_count (operand->constant) == 1);
}

static gboolean
compile_binary (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  WhyValue *output_value = node->outputs[0];
  gint64 dims[WHY_MAX_RANK], a_strides[WHY_MAX_RANK], b_strides[WHY_MAX_RANK];
  Binary binary = { 0 };
  WhyBuffer *inputs[2];

  *done = FALSE;
  if (node->n_inputs != 2 || !is_float32 (node->inputs[0]) || !is_float32 (node->inputs[1]) ||
      !is_float32 (output_value))
    return TRUE;
  WhyLayout layout = WHY_LAYOUT_PLAIN;
  for (guint input = 0; input < 2; input++)
    {
      if (node->inputs[input]->constant == NULL && same_dims (node->inputs[input], output_value) &&
          why_plan_layout (plan, node->inputs[input]) == WHY_LAYOUT_CHANNELS_LAST)
        layout = WHY_LAYOUT_CHANNELS_LAST;
    }
  if (!operand_ready (node->inputs[0], output_value, layout) ||
      !operand_ready (node->inputs[1], output_value, layout))
    layout = WHY_LAYOUT_PLAIN;
  WhyBinaryLoops loops = { NULL };
  gboolean known = why_elementwise_binary (node->klass->type, &loops);
  binary.both = loops.both;
  binary.b_fixed = loops.b_fixed;
  binary.a_fixed = loops.a_fixed;
  memory_order (node->inputs[0], output_value, layout, dims, a_strides);
  memory_order (node->inputs[1], output_value, layout, dims, b_strides);
  if (!known || !merge_dims (output_value->rank, dims, a_strides, b_strides, &binary))
    return TRUE;
  for (guint input = 0; input < 2; input++)
    {
      inputs[input] = why_plan_input (plan, node->inputs[input], layout, error);
      if (inputs[input] == NULL)
        return FALSE;
    }
  WhyBuffer *output = why_plan_output (plan, output_value, layout);
  WhyStep *step = why_plan_add_step (plan, node, run_binary, inputs, 2, &output, 1,
                                     g_memdup2 (&binary, sizeof binary), g_free);
  step->in_place = TRUE;
  *done = TRUE;
  return TRUE;
}

/* Expand is the sum with nothing: value repeated. Computed as x * 1 would be; here a copy with
 * strides. */
WHY_VECTOR static void
fill (const float *from, float *y, gsize n)
{
  const float value = *from;
  for (gsize at = 0; at < n; at++)
    y[at] = value;
}

static void
take_a (const float *a, const float *b, float *y, gsize n)
{
  memcpy (y, a, n * sizeof *y);
}

static void
take_a_fixed (const float *a, const float *b, float *y, gsize n)
{
  fill (a, y, n);
}

static gboolean
compile_expand (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  WhyValue *x = node->inputs[0], *output_value = node->outputs[0];
  gint64 dims[WHY_MAX_RANK], a_strides[WHY_MAX_RANK], b_strides[WHY_MAX_RANK];
  Binary binary = { take_a, take_a, take_a_fixed };
  WhyLayout layout = output_value->rank >= 3 && output_value->rank <= 5 &&
                         x->rank == output_value->rank && why_layout_same (x)
                       ? WHY_LAYOUT_CHANNELS_LAST
                       : why_plan_layout (plan, x);

  *done = FALSE;
  if (!is_float32 (x) || x->constant != NULL)
    return TRUE;
  if (x->rank != output_value->rank)
    layout = WHY_LAYOUT_PLAIN;
  memory_order (x, output_value, layout, dims, a_strides);
  memory_order (output_value, output_value, layout, dims, b_strides);
  if (!merge_dims (output_value->rank, dims, a_strides, b_strides, &binary))
    return TRUE;
  WhyBuffer *input = why_plan_input (plan, x, layout, error);
  if (input == NULL)
    return FALSE;
  WhyBuffer *output = why_plan_output (plan, output_value, layout);
  /* The second operand only shapes the walk; its values are never read. */
  WhyBuffer *inputs[] = { input, input };
  why_plan_add_step (plan, node, run_binary, inputs, 2, &output, 1,
                     g_memdup2 (&binary, sizeof binary), g_free);
  *done = TRUE;
  return TRUE;
}

const WhyKernel why_elementwise_kernels[] = {
  { "Add", compile_binary },
  { "Sub", compile_binary },
  { "Mul", compile_binary },
  { "Div", compile_binary },
  { "Max", compile_binary },
  { "Min", compile_binary },
  { "Pow", compile_binary },
  { "Sum", compile_binary },
  { "Expand", compile_expand },
  { "Relu", compile_unary },
  { "LeakyRelu", compile_unary },
  { "Clip", compile_unary },
  { "HardSigmoid", compile_unary },
  { "HardSwish", compile_unary },
  { "Neg", compile_unary },
  { "Abs", compile_unary },
  { "Sqrt", compile_unary },
  { "Reciprocal", compile_unary },
  { "Sign", compile_unary },
  { "Sigmoid", compile_unary },
  { "Tanh", compile_unary },
  { "Exp", compile_unary },
  { "Log", compile_unary },
  { "Erf", compile_unary },
  { "Elu", compile_unary },
  { "Gelu", compile_unary },
  { "ReluGrad", compile_unary },
  { "LeakyReluGrad", compile_unary },
  { "ClipGrad", compile_unary },
  { "SigmoidGrad", compile_unary },
  { "TanhGrad", compile_unary },
  { "HardSigmoidGrad", compile_unary },
  { "HardSwishGrad", compile_unary },
  { "ErfGrad", compile_unary },
  { "EluGrad", compile_unary },
  { "GeluGrad", compile_unary },
  { NULL, NULL },
};
