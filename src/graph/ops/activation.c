#include "config.h"

#include "graph/activation.h"
#include "families.h"
#include "rows.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

#define SELU_ALPHA 1.67326319217681884765625
#define SELU_GAMMA 1.05070102214813232421875
#define SQRT_2_OVER_PI 0.79788456080286535588
#define TWO_OVER_SQRT_PI 1.12837916709551257390
#define GELU_CUBIC 0.044715

/* ---- the functions, their derivatives D and second derivatives S; see graph/activation.h ---- */

static inline double
softplus (double x)
{
  return log1p (exp (-fabs (x))) + (x > 0.0 ? x : 0.0);
}

static inline double
sigmoid (double x)
{
  /* One of the two forms would overflow on either side. */
  double e = exp (-fabs (x));
  return x >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
}

/* Mish is x * w (x) with w = tanh (softplus (x)). */
static inline double
mish_derivative (double x)
{
  double w = tanh (softplus (x)), w1 = (1.0 - w * w) * sigmoid (x);
  return w + x * w1;
}

static inline double
mish_second (double x)
{
  double s = sigmoid (x), w = tanh (softplus (x)), w1 = (1.0 - w * w) * s;
  double w2 = (1.0 - w * w) * s * (1.0 - s) - 2.0 * w * w1 * s;
  return 2.0 * w1 + x * w2;
}

static inline double
gelu (double x, gboolean approximate)
{
  if (approximate)
    return 0.5 * x * (1.0 + tanh (SQRT_2_OVER_PI * (x + GELU_CUBIC * x * x * x)));
  return 0.5 * x * erfc (-x * M_SQRT1_2);
}

static inline double
gelu_derivative (double x, gboolean approximate)
{
  if (approximate)
    {
      double t = tanh (SQRT_2_OVER_PI * (x + GELU_CUBIC * x * x * x));
      double u1 = SQRT_2_OVER_PI * (1.0 + 3.0 * GELU_CUBIC * x * x);
      return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * u1;
    }
  return 0.5 * erfc (-x * M_SQRT1_2) + x * exp (-0.5 * x * x) * 0.5 * SQRT_2_OVER_PI;
}

static inline double
gelu_second (double x, gboolean approximate)
{
  if (approximate)
    {
      double t = tanh (SQRT_2_OVER_PI * (x + GELU_CUBIC * x * x * x));
      double u1 = SQRT_2_OVER_PI * (1.0 + 3.0 * GELU_CUBIC * x * x), u2 = SQRT_2_OVER_PI * 6.0 * GELU_CUBIC * x;
      double t1 = (1.0 - t * t) * u1;
      return t1 + 0.5 * x * ((1.0 - t * t) * u2 - 2.0 * t * t1 * u1);
    }
  return (2.0 - x * x) * exp (-0.5 * x * x) * 0.5 * SQRT_2_OVER_PI;
}

/* Not fmin and fmax: those drop a NaN, and a network's NaN must stay visible. */
static inline double
clamp (double x, double low, double high)
{
  x = x < low ? low : x;
  return x > high ? high : x;
}

/* ---- evaluation ---- */

/* Defines NAME_eval: output = VALUE in terms of x and the params p. */
#define DEFINE_ACTIVATION(name, VALUE)                                                              \
  static void                                                                                       \
  name##_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)                          \
  {                                                                                                 \
    const WhyActivationParams *p G_GNUC_UNUSED = data;                                              \
    for (gsize k = 0; k < n; k++)                                                                   \
      {                                                                                             \
        double x = in[0].f[k];                                                                      \
        out->f[k] = (VALUE);                                                                        \
      }                                                                                             \
  }                                                                                                 \
  static gboolean                                                                                   \
  name##_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error) \
  {                                                                                                 \
    why_rows_map (inputs, 1, outputs[0], WHY_WIDE_F64, WHY_WIDE_F64, name##_rows, node->params);    \
    return TRUE;                                                                                    \
  }

/* Defines NAME_eval: output = VALUE in terms of dy, r and the params p. Where a factor is 0 it is
 * written as a choice, so that an infinite dy does not become NaN. */
#define DEFINE_DERIVATIVE(name, VALUE)                                                              \
  static void                                                                                       \
  name##_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)                          \
  {                                                                                                 \
    const WhyActivationParams *p G_GNUC_UNUSED = data;                                              \
    for (gsize k = 0; k < n; k++)                                                                   \
      {                                                                                             \
        double dy = in[0].f[k], r = in[1].f[k];                                                     \
        out->f[k] = (VALUE);                                                                        \
      }                                                                                             \
  }                                                                                                 \
  static gboolean                                                                                   \
  name##_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error) \
  {                                                                                                 \
    why_rows_map (inputs, 2, outputs[0], WHY_WIDE_F64, WHY_WIDE_F64, name##_rows, node->params);    \
    return TRUE;                                                                                    \
  }

DEFINE_ACTIVATION (leaky_relu, x < 0.0 ? p->alpha * x : x)
DEFINE_ACTIVATION (thresholded_relu, x > p->alpha || isnan (x) ? x : 0.0)
DEFINE_ACTIVATION (elu, x < 0.0 ? p->alpha * expm1 (x) : x)
DEFINE_ACTIVATION (selu, p->beta * (x < 0.0 ? p->alpha * expm1 (x) : x))
DEFINE_ACTIVATION (celu, x < 0.0 ? p->alpha * expm1 (x / p->alpha) : x)
DEFINE_ACTIVATION (sigmoid, sigmoid (x))
DEFINE_ACTIVATION (hard_sigmoid, clamp (p->alpha * x + p->beta, 0.0, 1.0))
DEFINE_ACTIVATION (hard_swish, x * clamp (x / 6.0 + 0.5, 0.0, 1.0))
DEFINE_ACTIVATION (tanh, tanh (x))
DEFINE_ACTIVATION (softplus, softplus (x))
DEFINE_ACTIVATION (softsign, x / (1.0 + fabs (x)))
DEFINE_ACTIVATION (mish, x * tanh (softplus (x)))
DEFINE_ACTIVATION (gelu, gelu (x, p->approximate))
DEFINE_ACTIVATION (erf, erf (x))

DEFINE_DERIVATIVE (relu_grad, r > 0.0 ? dy : 0.0)
DEFINE_DERIVATIVE (leaky_relu_grad, r > 0.0 ? dy : dy * p->alpha)
DEFINE_DERIVATIVE (elu_grad, r > 0.0 ? dy : dy * (r + p->alpha))
DEFINE_DERIVATIVE (selu_grad, r > 0.0 ? dy * p->beta : dy * (r + p->alpha * p->beta))
DEFINE_DERIVATIVE (celu_grad, r > 0.0 ? dy : dy * (r / p->alpha + 1.0))
DEFINE_DERIVATIVE (sigmoid_grad, dy * (r * (1.0 - r)))
DEFINE_DERIVATIVE (hard_sigmoid_grad, r > 0.0 && r < 1.0 ? dy * p->alpha : 0.0)
DEFINE_DERIVATIVE (hard_swish_grad, r < -3.0 ? 0.0 : r > 3.0 ? dy : dy * (r / 3.0 + 0.5))
DEFINE_DERIVATIVE (tanh_grad, dy * (1.0 - r * r))
DEFINE_DERIVATIVE (softsign_grad, dy / ((1.0 + fabs (r)) * (1.0 + fabs (r))))
DEFINE_DERIVATIVE (mish_grad, dy * mish_derivative (r))
DEFINE_DERIVATIVE (gelu_grad, dy * gelu_derivative (r, p->approximate))
DEFINE_DERIVATIVE (erf_grad, dy * TWO_OVER_SQRT_PI * exp (-r * r))

/* <Type>Grad2 (dy, r) = dy * dD/dr (r), for the second derivative. */
DEFINE_DERIVATIVE (elu_grad2, r > 0.0 ? 0.0 : dy)
DEFINE_DERIVATIVE (celu_grad2, r > 0.0 ? 0.0 : dy / p->alpha)
DEFINE_DERIVATIVE (sigmoid_grad2, dy * (1.0 - 2.0 * r))
DEFINE_DERIVATIVE (hard_swish_grad2, r < -3.0 || r > 3.0 ? 0.0 : dy / 3.0)
DEFINE_DERIVATIVE (tanh_grad2, -2.0 * dy * r)
DEFINE_DERIVATIVE (softsign_grad2, (r > 0.0 ? -2.0 : r < 0.0 ? 2.0 : 0.0) * dy / pow (1.0 + fabs (r), 3.0))
DEFINE_DERIVATIVE (mish_grad2, dy * mish_second (r))
DEFINE_DERIVATIVE (gelu_grad2, dy * gelu_second (r, p->approximate))
DEFINE_DERIVATIVE (erf_grad2, -2.0 * dy * r * TWO_OVER_SQRT_PI * exp (-r * r))

/* alpha is lambd, beta is bias. */
DEFINE_ACTIVATION (shrink, x < -p->alpha ? x + p->beta : x > p->alpha ? x - p->beta : 0.0)
DEFINE_DERIVATIVE (shrink_grad, r < -p->alpha || r > p->alpha ? dy : 0.0)

static void
relu_rows_f64 (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  for (gsize k = 0; k < n; k++)
    out->f[k] = in[0].f[k] < 0.0 ? 0.0 : in[0].f[k];
}

static void
relu_rows_i64 (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  for (gsize k = 0; k < n; k++)
    out->i[k] = MAX (in[0].i[k], 0);
}

static gboolean
relu_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  WhyWide wide = why_dtype_is_float (inputs[0]->dtype) ? WHY_WIDE_F64 : WHY_WIDE_I64;
  why_rows_map (inputs, 1, outputs[0], wide, wide, wide == WHY_WIDE_F64 ? relu_rows_f64 : relu_rows_i64, NULL);
  return TRUE;
}

static void
prelu_rows_f64 (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  for (gsize k = 0; k < n; k++)
    out->f[k] = in[0].f[k] < 0.0 ? in[0].f[k] * in[1].f[k] : in[0].f[k];
}

static void
prelu_rows_u64 (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  for (gsize k = 0; k < n; k++)
    out->u[k] = in[0].i[k] < 0 ? in[0].u[k] * in[1].u[k] : in[0].u[k];
}

static void
copy_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  memcpy (out->u, in[0].u, n * sizeof *out->u);
}

/* Before opset 7 a slope of rank 1 was one slope for each channel. */
static int
prelu_slope_dims (const WhyNode *node, gint64 *dims)
{
  const WhyValue *x = node->inputs[0], *slope = node->inputs[1];

  memcpy (dims, slope->dims, sizeof slope->dims);
  if (node->opset >= 7 || slope->rank != 1 || x->rank < 3 || slope->dims[0] != x->dims[1])
    return slope->rank;
  for (int axis = 1; axis < x->rank - 1; axis++)
    dims[axis] = 1;
  return x->rank - 1;
}

static gboolean
prelu_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  static const WhyRowsFunc funcs[] = { prelu_rows_f64, prelu_rows_u64, copy_rows };
  WhyWide wide = why_wide_of (inputs[0]->dtype);
  gint64 dims[WHY_MAX_RANK];
  int rank = prelu_slope_dims (node, dims);
  g_autoptr (WhyTensor) slope = why_tensor_reshape (inputs[1], rank, dims);
  WhyTensor *operands[] = { inputs[0], slope };

  why_rows_map (operands, 2, outputs[0], wide, wide, funcs[wide], NULL);
  return TRUE;
}

typedef union
{
  double f[2];
  gint64 i[2];
  guint64 u[2];
} ClipBounds;

#define DEFINE_CLIP(name, field)                                                  \
  static void                                                                     \
  name (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)               \
  {                                                                               \
    const ClipBounds *bounds = data;                                              \
    for (gsize k = 0; k < n; k++)                                                 \
      {                                                                           \
        out->field[k] = in[0].field[k] < bounds->field[0] ? bounds->field[0] : in[0].field[k];  \
        out->field[k] = out->field[k] > bounds->field[1] ? bounds->field[1] : out->field[k];    \
      }                                                                           \
  }

DEFINE_CLIP (clip_rows_f64, f)
DEFINE_CLIP (clip_rows_i64, i)
DEFINE_CLIP (clip_rows_u64, u)

/* The bounds from the inputs after @first, else from the attributes of the old form. */
static void
clip_bounds (const WhyNode *node, WhyTensor *const *inputs, guint first, WhyWide wide, ClipBounds *bounds)
{
  const WhyActivationParams *p = node->params;

  for (guint side = 0; side < 2; side++)
    {
      const WhyTensor *bound = first + side < node->n_inputs ? inputs[first + side] : NULL;
      if (wide == WHY_WIDE_F64)
        bounds->f[side] = bound != NULL ? why_tensor_get_f64 (bound, 0) : side == 0 ? p->min : p->max;
      else if (bound != NULL)
        bounds->i[side] = why_tensor_get_i64 (bound, 0);
      else if (wide == WHY_WIDE_I64)
        bounds->i[side] = side == 0 ? G_MININT64 : G_MAXINT64;
      else
        bounds->u[side] = side == 0 ? 0 : G_MAXUINT64;
    }
}

static gboolean
clip_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  static const WhyRowsFunc funcs[] = { clip_rows_f64, clip_rows_i64, clip_rows_u64 };
  WhyWide wide = why_wide_of (inputs[0]->dtype);
  ClipBounds bounds;

  clip_bounds (node, inputs, 1, wide, &bounds);
  why_rows_map (inputs, 1, outputs[0], wide, wide, funcs[wide], &bounds);
  return TRUE;
}

static void
clip_grad_rows (const WhyRow *in, WhyRow *out, gsize n, gconstpointer data)
{
  const ClipBounds *bounds = data;
  for (gsize k = 0; k < n; k++)
    out->f[k] = in[1].f[k] > bounds->f[0] && in[1].f[k] < bounds->f[1] ? in[0].f[k] : 0.0;
}

static gboolean
clip_grad_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  ClipBounds bounds;
  clip_bounds (node, inputs, 2, WHY_WIDE_F64, &bounds);
  why_rows_map (inputs, 2, outputs[0], WHY_WIDE_F64, WHY_WIDE_F64, clip_grad_rows, &bounds);
  return TRUE;
}

/* ---- inference ---- */

static gboolean
activation_infer (WhyNode *node, GError **error)
{
  return why_infer_float (node, error) &&
         why_node_set_output_like (node, 0, node->inputs[0]->dtype, node->inputs[0], error);
}

/* Fills alpha and beta, then as activation_infer(). */
static gboolean
infer_with (WhyNode *node, double alpha, const char *beta_name, double beta, GError **error)
{
  WhyActivationParams *p = node->params;
  p->alpha = why_node_float (node, "alpha", alpha);
  p->beta = beta_name != NULL ? why_node_float (node, beta_name, beta) : 0.0;
  if (!isfinite (p->alpha) || !isfinite (p->beta))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "alpha is %g and beta or gamma %g; they must be finite",
                          p->alpha, p->beta);
  return activation_infer (node, error);
}

static gboolean
leaky_relu_infer (WhyNode *node, GError **error)
{
  return infer_with (node, 0.01f, NULL, 0.0, error);
}

static gboolean
alpha_one_infer (WhyNode *node, GError **error)
{
  return infer_with (node, 1.0, NULL, 0.0, error);
}

static gboolean
selu_infer (WhyNode *node, GError **error)
{
  return infer_with (node, SELU_ALPHA, "gamma", SELU_GAMMA, error);
}

static gboolean
celu_infer (WhyNode *node, GError **error)
{
  if (!infer_with (node, 1.0, NULL, 0.0, error))
    return FALSE;
  const WhyActivationParams *p = node->params;
  if (p->alpha <= 0.0)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "alpha must be positive, not %g", p->alpha);
  return TRUE;
}

static gboolean
hard_sigmoid_infer (WhyNode *node, GError **error)
{
  return infer_with (node, 0.2f, "beta", 0.5, error);
}

static gboolean
shrink_infer (WhyNode *node, GError **error)
{
  WhyActivationParams *p = node->params;
  p->alpha = why_node_float (node, "lambd", 0.5);
  p->beta = why_node_float (node, "bias", 0.0);
  return why_node_set_output_like (node, 0, node->inputs[0]->dtype, node->inputs[0], error);
}

static gboolean
gelu_infer (WhyNode *node, GError **error)
{
  WhyActivationParams *p = node->params;
  const char *approximate = why_node_string (node, "approximate", "none");

  if (strcmp (approximate, "none") != 0 && strcmp (approximate, "tanh") != 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "approximate must be none or tanh, not '%s'", approximate);
  p->approximate = strcmp (approximate, "tanh") == 0;
  return activation_infer (node, error);
}

static gboolean
relu_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0];
  if (!why_dtype_is_float (x->dtype) && (why_wide_of (x->dtype) != WHY_WIDE_I64 || x->dtype == WHY_DTYPE_BOOL))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input '%s' must be floating or signed, not %s", x->name,
                          why_dtype_name (x->dtype));
  return why_node_set_output_like (node, 0, x->dtype, x, error);
}

static gboolean
prelu_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0], *slope = node->inputs[1];
  gint64 dims[WHY_MAX_RANK];
  int rank = prelu_slope_dims (node, dims);

  if (x->dtype == WHY_DTYPE_BOOL)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input '%s' must be a number, not bool", x->name);
  if (!why_infer_same_types (node, error))
    return FALSE;
  if (!why_dims_broadcast (x->rank, x->dims, rank, dims, &rank, dims) || rank != x->rank ||
      (rank > 0 && memcmp (dims, x->dims, (gsize) rank * sizeof *dims) != 0))
    {
      g_autofree char *x_text = why_dims_to_string (x->rank, x->dims);
      g_autofree char *slope_text = why_dims_to_string (slope->rank, slope->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "slope is %s, which does not broadcast to the input's %s",
                            slope_text, x_text);
    }
  return why_node_set_output_like (node, 0, x->dtype, x, error);
}

/* Reads the bounds, which are inputs @first and @first + 1 or attributes. */
static gboolean
clip_infer_bounds (WhyNode *node, guint first, GError **error)
{
  static const char *const names[] = { "min", "max" };
  WhyActivationParams *p = node->params;
  double *slots[] = { &p->min, &p->max };

  p->bounds_known = TRUE;
  for (guint side = 0; side < 2; side++)
    {
      const WhyValue *bound = why_node_input (node, first + side);
      *slots[side] = why_node_float (node, names[side], side == 0 ? -INFINITY : INFINITY);
      if (bound == NULL)
        continue;
      /* Rank 1 with one element is against the letter and yet common. */
      if (bound->rank > 1 || (bound->rank == 1 && bound->dims[0] != 1))
        {
          g_autofree char *text = why_dims_to_string (bound->rank, bound->dims);
          return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "%s must be a scalar, not %s", names[side], text);
        }
      if (bound->constant != NULL)
        *slots[side] = why_tensor_get_f64 (bound->constant, 0);
      else
        p->bounds_known = FALSE;
    }
  return TRUE;
}

static gboolean
clip_infer (WhyNode *node, GError **error)
{
  const WhyValue *x = node->inputs[0];
  if (x->dtype == WHY_DTYPE_BOOL)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input '%s' must be a number, not bool", x->name);
  return why_infer_same_types (node, error) && clip_infer_bounds (node, 1, error) &&
         why_node_set_output_like (node, 0, x->dtype, x, error);
}

/* dy and r of <Type>Grad have one shape: gradients make them so. */
static gboolean
clip_grad_infer (WhyNode *node, GError **error)
{
  return clip_infer_bounds (node, 2, error) && activation_infer (node, error);
}

/* ---- gradients ---- */

/* What the rectifiers make of the gradient under the rule. */
static WhyValue *
rectified_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyValue *dy = why_grad_output (builder, node, 0);
  return why_grad_rule (builder) == WHY_GRAD_RULE_GRADIENT ? dy
                                                           : why_emit1 (why_grad_graph (builder), error, "Relu", dy);
}

/* TYPE (dy, r) with the attributes of @node. */
static WhyValue *
emit_like (WhyGradBuilder *builder, const WhyNode *node, const char *type, WhyValue *dy, WhyValue *r, GError **error)
{
  WhyValue *inputs[] = { dy, r };
  if (dy == NULL || r == NULL)
    return NULL;
  return why_emit (why_grad_graph (builder), error, type, 2, inputs, node->attrs, node->n_attrs);
}

static gboolean
add_rectified (WhyGradBuilder *builder, const WhyNode *node, const char *type, GError **error)
{
  WhyValue *dy = rectified_gradient (builder, node, error);
  if (why_grad_rule (builder) != WHY_GRAD_RULE_DECONVNET)
    dy = emit_like (builder, node, type, dy, node->outputs[0], error);
  return why_grad_add (builder, node, 0, dy);
}

static gboolean
relu_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  return add_rectified (builder, node, "ReluGrad", error);
}

/* dy where x > @threshold, else @below. */
static WhyValue *
emit_where_above (WhyGradBuilder *builder, const WhyNode *node, double threshold, WhyValue *above, WhyValue *below,
                  GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *x = node->inputs[0];
  WhyValue *mask = why_emit2 (graph, error, "Greater", x, why_emit_scalar (graph, x, threshold));
  return why_emit3 (graph, error, "Where", mask, above, below);
}

static gboolean
leaky_relu_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyActivationParams *p = node->params;

  /* The sign of the output tells that of the input only if the slope keeps it. */
  if (p->alpha >= 0.0 || why_grad_rule (builder) == WHY_GRAD_RULE_DECONVNET)
    return add_rectified (builder, node, "LeakyReluGrad", error);
  WhyValue *dy = rectified_gradient (builder, node, error);
  WhyValue *below = why_emit_scaled (why_grad_graph (builder), error, dy, p->alpha);
  return why_grad_add (builder, node, 0, emit_where_above (builder, node, 0.0, dy, below, error));
}

/* Elu and Selu: gamma * (x above 0, alpha * (exp (x) - 1) below). */
static gboolean
add_exponential (WhyGradBuilder *builder, const WhyNode *node, double gamma, const char *type, GError **error)
{
  const WhyActivationParams *p = node->params;
  WhyGraph *graph = why_grad_graph (builder);

  if ((p->alpha >= 0.0 && gamma > 0.0) || why_grad_rule (builder) == WHY_GRAD_RULE_DECONVNET)
    return add_rectified (builder, node, type, error);
  WhyValue *dy = rectified_gradient (builder, node, error);
  WhyValue *above = why_emit_scaled (graph, error, dy, gamma);
  /* The exponential is cut at 0: above it, it is not used and might be infinite. */
  WhyValue *zero = why_emit_scalar (graph, node->inputs[0], 0.0);
  WhyValue *slope = why_emit1 (graph, error, "Exp", why_emit2 (graph, error, "Min", node->inputs[0], zero));
  WhyValue *below = why_emit2 (graph, error, "Mul", why_emit_scaled (graph, error, dy, gamma * p->alpha), slope);
  return why_grad_add (builder, node, 0, emit_where_above (builder, node, 0.0, above, below, error));
}

static gboolean
elu_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  return add_exponential (builder, node, 1.0, "EluGrad", error);
}

static gboolean
selu_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  return add_exponential (builder, node, ((const WhyActivationParams *) node->params)->beta, "SeluGrad", error);
}

static gboolean
celu_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  return add_rectified (builder, node, "CeluGrad", error);
}

static gboolean
thresholded_relu_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyActivationParams *p = node->params;
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *dy = rectified_gradient (builder, node, error);

  if (why_grad_rule (builder) == WHY_GRAD_RULE_DECONVNET)
    return why_grad_add (builder, node, 0, dy);
  if (p->alpha >= 0.0)
    return why_grad_add (builder, node, 0, why_emit2 (graph, error, "ReluGrad", dy, node->outputs[0]));
  WhyValue *zero = why_emit_scalar (graph, node->inputs[0], 0.0);
  return why_grad_add (builder, node, 0, emit_where_above (builder, node, p->alpha, dy, zero, error));
}

static gboolean
prelu_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *x = node->inputs[0], *dy = rectified_gradient (builder, node, error);
  gint64 dims[WHY_MAX_RANK];
  int rank = prelu_slope_dims (node, dims);
  WhyValue *slope = why_emit_reshape (graph, error, node->inputs[1], rank, dims);

  if (dy == NULL || slope == NULL)
    return FALSE;
  if (why_grad_wanted (builder, node, 0))
    {
      WhyValue *dx = dy;
      if (why_grad_rule (builder) != WHY_GRAD_RULE_DECONVNET)
        dx = emit_where_above (builder, node, 0.0, dy, why_emit2 (graph, error, "Mul", dy, slope), error);
      if (!why_grad_add (builder, node, 0, dx))
        return FALSE;
    }
  if (why_grad_wanted (builder, node, 1))
    {
      WhyValue *zero = why_emit_scalar (graph, x, 0.0);
      WhyValue *negative = why_emit2 (graph, error, "Min", x, zero);
      WhyValue *part = why_emit_sum_to (graph, error, why_emit2 (graph, error, "Mul", dy, negative), rank, dims);
      if (!why_grad_add (builder, node, 1,
                         why_emit_reshape (graph, error, part, node->inputs[1]->rank, node->inputs[1]->dims)))
        return FALSE;
    }
  return TRUE;
}

/* A bound of Clip or ClipGrad as a value, whatever form it has. */
static WhyValue *
clip_bound (WhyGradBuilder *builder, const WhyNode *node, guint first, guint side)
{
  const WhyActivationParams *p = node->params;
  WhyValue *bound = why_node_input (node, first + side);
  return bound != NULL ? bound
                       : why_emit_scalar (why_grad_graph (builder), node->inputs[0], side == 0 ? p->min : p->max);
}

static WhyValue *
emit_clip_grad (WhyGradBuilder *builder, const WhyNode *node, guint first, WhyValue *dy, WhyValue *y, GError **error)
{
  WhyValue *inputs[] = { dy, y, clip_bound (builder, node, first, 0), clip_bound (builder, node, first, 1) };
  return dy != NULL ? why_emit (why_grad_graph (builder), error, "ClipGrad", 4, inputs, NULL, 0) : NULL;
}

static gboolean
clip_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  static const char *const beyond[] = { "Less", "Greater" };
  const WhyActivationParams *p = node->params;
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *dy = why_grad_output (builder, node, 0);
  gboolean rectifier = p->bounds_known && p->min == 0.0;

  if (why_grad_wanted (builder, node, 0))
    {
      WhyValue *dx = rectifier ? rectified_gradient (builder, node, error) : dy;
      if (!rectifier || why_grad_rule (builder) != WHY_GRAD_RULE_DECONVNET)
        dx = emit_clip_grad (builder, node, 1, dx, node->outputs[0], error);
      if (!why_grad_add (builder, node, 0, dx))
        return FALSE;
    }
  /* A bound that is computed gets the gradient of what it cut off. */
  for (guint side = 0; side < 2; side++)
    {
      if (!why_grad_wanted (builder, node, 1 + side))
        continue;
      WhyValue *mask = why_emit2 (graph, error, beyond[side], node->inputs[0], node->inputs[1 + side]);
      WhyValue *cut = why_emit3 (graph, error, "Where", mask, dy, why_emit_scalar (graph, dy, 0.0));
      if (!why_grad_add_reduced (builder, node, 1 + side, cut, error))
        return FALSE;
    }
  return TRUE;
}

/* ClipGrad, ReluGrad and the like are linear in dy; what they do with r is piecewise constant. */
static gboolean
clip_grad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  if (!why_grad_wanted (builder, node, 0))
    return TRUE;
  WhyValue *dy = why_grad_output (builder, node, 0);
  return why_grad_add (builder, node, 0, emit_clip_grad (builder, node, 2, dy, node->inputs[1], error));
}

/* Type (x): Type##Grad (dy, r) with r the output or the input. */
#define DEFINE_SMOOTH_GRADIENT(name, Type, R)                                                       \
  static gboolean                                                                                   \
  name##_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)                    \
  {                                                                                                 \
    WhyValue *dy = why_grad_output (builder, node, 0);                                              \
    return why_grad_add (builder, node, 0, emit_like (builder, node, Type "Grad", dy, R, error));   \
  }

DEFINE_SMOOTH_GRADIENT (sigmoid, "Sigmoid", node->outputs[0])
DEFINE_SMOOTH_GRADIENT (hard_sigmoid, "HardSigmoid", node->outputs[0])
DEFINE_SMOOTH_GRADIENT (hard_swish, "HardSwish", node->inputs[0])
DEFINE_SMOOTH_GRADIENT (tanh, "Tanh", node->outputs[0])
DEFINE_SMOOTH_GRADIENT (softsign, "Softsign", node->inputs[0])
DEFINE_SMOOTH_GRADIENT (mish, "Mish", node->inputs[0])
DEFINE_SMOOTH_GRADIENT (gelu, "Gelu", node->inputs[0])
DEFINE_SMOOTH_GRADIENT (erf, "Erf", node->inputs[0])
DEFINE_SMOOTH_GRADIENT (shrink, "Shrink", node->inputs[0])

static gboolean
softplus_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *slope = why_emit1 (graph, error, "Sigmoid", node->inputs[0]);
  return why_grad_add (builder, node, 0, why_emit2 (graph, error, "Mul", why_grad_output (builder, node, 0), slope));
}

/* <Type>Grad (dy, r) = dy * D (r): the same operator for dy, and <Type>Grad2 for r where D is not
 * piecewise constant. */
static gboolean
derivative_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *flow = why_grad_output (builder, node, 0);
  WhyValue *dy = node->inputs[0], *r = node->inputs[1];
  g_autofree char *second = g_strconcat (node->klass->type, "2", NULL);

  if (why_grad_wanted (builder, node, 0) &&
      !why_grad_add (builder, node, 0, emit_like (builder, node, node->klass->type, flow, r, error)))
    return FALSE;
  if (why_grad_wanted (builder, node, 1) && why_op_lookup (second, G_MAXINT, TRUE) != NULL)
    {
      WhyValue *product = why_emit2 (graph, error, "Mul", flow, dy);
      return why_grad_add (builder, node, 1, emit_like (builder, node, second, product, r, error));
    }
  return TRUE;
}

#define PARAMS .params_size = sizeof (WhyActivationParams)

#define ACTIVATION(Type, Since, Infer, name)                                                        \
  { .type = Type, .since = Since, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,               \
    .flags = WHY_OP_ELEMENTWISE, PARAMS, .infer = Infer, .eval = name##_eval, .gradient = name##_gradient }

#define DERIVATIVE(Type, Infer, name)                                                               \
  { .type = Type, .since = 1, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,                   \
    .flags = WHY_OP_ELEMENTWISE | WHY_OP_INTERNAL, PARAMS, .infer = Infer, .eval = name##_eval,     \
    .gradient = derivative_gradient }

#define SECOND(Type, Infer, name)                                                                   \
  { .type = Type, .since = 1, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,                   \
    .flags = WHY_OP_ELEMENTWISE | WHY_OP_INTERNAL, PARAMS, .infer = Infer, .eval = name##_eval }

const WhyOpClass why_ops_activation[] = {
  ACTIVATION ("Relu", 1, relu_infer, relu),
  ACTIVATION ("LeakyRelu", 1, leaky_relu_infer, leaky_relu),
  ACTIVATION ("Elu", 1, alpha_one_infer, elu),
  ACTIVATION ("Selu", 1, selu_infer, selu),
  ACTIVATION ("Celu", 12, celu_infer, celu),
  ACTIVATION ("ThresholdedRelu", 1, alpha_one_infer, thresholded_relu),
  ACTIVATION ("Sigmoid", 1, activation_infer, sigmoid),
  ACTIVATION ("HardSigmoid", 1, hard_sigmoid_infer, hard_sigmoid),
  ACTIVATION ("HardSwish", 14, activation_infer, hard_swish),
  ACTIVATION ("Tanh", 1, activation_infer, tanh),
  ACTIVATION ("Softplus", 1, activation_infer, softplus),
  ACTIVATION ("Softsign", 1, activation_infer, softsign),
  ACTIVATION ("Mish", 18, activation_infer, mish),
  ACTIVATION ("Gelu", 20, gelu_infer, gelu),
  ACTIVATION ("Erf", 9, activation_infer, erf),
  ACTIVATION ("Shrink", 9, shrink_infer, shrink),
  { .type = "PRelu", .since = 1, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1, .flags = WHY_OP_ELEMENTWISE,
    .infer = prelu_infer, .eval = prelu_eval, .gradient = prelu_gradient },
  { .type = "Clip", .since = 1, .until = 10, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .flags = WHY_OP_ELEMENTWISE, PARAMS, .infer = clip_infer, .eval = clip_eval, .gradient = clip_gradient },
  { .type = "Clip", .since = 11, .min_inputs = 1, .max_inputs = 3, .max_outputs = 1,
    .flags = WHY_OP_ELEMENTWISE, PARAMS, .infer = clip_infer, .eval = clip_eval, .gradient = clip_gradient },
  { .type = "ClipGrad", .since = 1, .min_inputs = 2, .max_inputs = 4, .max_outputs = 1,
    .flags = WHY_OP_ELEMENTWISE | WHY_OP_INTERNAL, PARAMS, .infer = clip_grad_infer, .eval = clip_grad_eval,
    .gradient = clip_grad_gradient },
  DERIVATIVE ("ReluGrad", activation_infer, relu_grad),
  DERIVATIVE ("LeakyReluGrad", leaky_relu_infer, leaky_relu_grad),
  DERIVATIVE ("EluGrad", alpha_one_infer, elu_grad),
  DERIVATIVE ("SeluGrad", selu_infer, selu_grad),
  DERIVATIVE ("CeluGrad", celu_infer, celu_grad),
  DERIVATIVE ("SigmoidGrad", activation_infer, sigmoid_grad),
  DERIVATIVE ("HardSigmoidGrad", hard_sigmoid_infer, hard_sigmoid_grad),
  DERIVATIVE ("HardSwishGrad", activation_infer, hard_swish_grad),
  DERIVATIVE ("TanhGrad", activation_infer, tanh_grad),
  DERIVATIVE ("SoftsignGrad", activation_infer, softsign_grad),
  DERIVATIVE ("MishGrad", activation_infer, mish_grad),
  DERIVATIVE ("GeluGrad", gelu_infer, gelu_grad),
  DERIVATIVE ("ErfGrad", activation_infer, erf_grad),
  DERIVATIVE ("ShrinkGrad", shrink_infer, shrink_grad),
  SECOND ("EluGrad2", alpha_one_infer, elu_grad2),
  SECOND ("SeluGrad2", selu_infer, elu_grad2),
  SECOND ("CeluGrad2", celu_infer, celu_grad2),
  SECOND ("SigmoidGrad2", activation_infer, sigmoid_grad2),
  SECOND ("HardSwishGrad2", activation_infer, hard_swish_grad2),
  SECOND ("TanhGrad2", activation_infer, tanh_grad2),
  SECOND ("SoftsignGrad2", activation_infer, softsign_grad2),
  SECOND ("MishGrad2", activation_infer, mish_grad2),
  SECOND ("GeluGrad2", gelu_infer, gelu_grad2),
  SECOND ("ErfGrad2", activation_infer, erf_grad2),
  { NULL },
};
