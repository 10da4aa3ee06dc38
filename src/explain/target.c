#include "config.h"

#include "explain/target.h"

#include "base/error.h"
#include "explain/explain.h"
#include "graph/op.h"
#include "graph/softmax.h"

#include <math.h>
#include <string.h>

static gboolean
is_type (const WhyNode *node, const char *const *types)
{
  for (gsize type = 0; types[type] != NULL; type++)
    {
      if (strcmp (node->klass->type, types[type]) == 0)
        return TRUE;
    }
  return FALSE;
}

static gint64
count_spatial (const WhyValue *value)
{
  gint64 count = 1;
  for (int axis = 2; axis < value->rank; axis++)
    count *= value->dims[axis];
  return count;
}

/* Walks back over operators that only reshape to a Softmax or Sigmoid, if there is one. */
static const WhyNode *
find_activation (const WhyValue *output)
{
  static const char *const reshapes[] = { "Reshape",  "Flatten", "Squeeze", "Unsqueeze",
                                          "Identity", "Cast",    "Dropout", NULL };
  static const char *const activations[] = { "Softmax", "LogSoftmax", "Sigmoid", NULL };

  for (const WhyNode *node = output->producer; node != NULL; node = node->inputs[0]->producer)
    {
      if (is_type (node, activations))
        return node;
      if (!is_type (node, reshapes) || node->inputs[0] == NULL)
        return NULL;
    }
  return NULL;
}

gboolean
why_target_find (
  WhyGraph *graph, const char *output_name, gboolean multi_label, WhyTarget *target, GError **error)
{
  WhyValue *output = why_graph_output (graph, 0);

  if (output_name != NULL)
    {
      output = why_graph_require_value (graph, output_name, error);
      if (output == NULL)
        return FALSE;
    }
  const WhyNode *activation = find_activation (output);
  memset (target, 0, sizeof *target);
  target->output = output;
  target->has_activation = activation != NULL;
  target->logits = activation != NULL ? activation->inputs[0] : output;
  const WhyValue *logits = target->logits;

  g_autofree char *dims = why_dims_to_string (logits->rank, logits->dims);
  if (logits->constant != NULL || !why_dtype_is_float (logits->dtype) || logits->rank < 1)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "Output '%s' (%s, %s) holds no class scores; choose another output",
                   output->name, dims, why_dtype_name (logits->dtype));
      return FALSE;
    }
  target->class_axis = logits->rank == 1 ? 0 : 1;
  target->dense = logits->rank > 2 && count_spatial (logits) > 1;
  if (activation != NULL && target->dense && strcmp (activation->klass->type, "Sigmoid") != 0)
    {
      const WhySoftmaxParams *params = activation->params;
      if (params->axis == params->last_axis)
        target->class_axis = params->axis;
    }
  target->n_classes = logits->dims[target->class_axis];
  if (activation != NULL)
    target->kind =
      strcmp (activation->klass->type, "Sigmoid") == 0 ? WHY_OUTPUT_SIGMOID : WHY_OUTPUT_SOFTMAX;
  else
    target->kind = multi_label || target->n_classes == 1 ? WHY_OUTPUT_SIGMOID : WHY_OUTPUT_SOFTMAX;
  if (target->n_classes < 1 || (logits->rank > 1 && logits->dims[0] != 1))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "Output '%s' is %s; expected the scores of one picture", output->name, dims);
      return FALSE;
    }
  return TRUE;
}

/* The logits seen as outer x classes x inner; positions are the outer and inner ones together. */
typedef struct
{
  gsize outer, classes, inner;
} Shape;

static Shape
see (const WhyTarget *target, const WhyTensor *logits)
{
  Shape shape = { 1, (gsize) target->n_classes, 1 };
  for (int axis = 0; axis < logits->rank; axis++)
    {
      if (axis < target->class_axis)
        shape.outer *= (gsize) logits->dims[axis];
      else if (axis > target->class_axis)
        shape.inner *= (gsize) logits->dims[axis];
    }
  return shape;
}

static double
sigmoid (double x)
{
  return x < 0 ? exp (x) / (1.0 + exp (x)) : 1.0 / (1.0 + exp (-x));
}

/* @z, @p: (array length=n) */
static void
softmax (const double *z, double *p, gsize n)
{
  double most = -INFINITY, sum = 0;
  for (gsize k = 0; k < n; k++)
    most = fmax (most, z[k]);
  for (gsize k = 0; k < n; k++)
    sum += p[k] = exp (z[k] - most);
  for (gsize k = 0; k < n; k++)
    p[k] /= sum;
}

/* For every class: in how many positions it wins (a lone sigmoid: is over one half). */
static void
count_wins (const WhyTarget *target, const WhyTensor *logits, const Shape *shape, double *wins)
{
  gsize positions = shape->outer * shape->inner;
  for (gsize at = 0; at < positions; at++)
    {
      gsize start = at / shape->inner * shape->classes * shape->inner + at % shape->inner, best = 0;
      for (gsize k = 0; k < shape->classes; k++)
        {
          double value = why_tensor_get_f64 (logits, start + k * shape->inner);
          if (target->kind == WHY_OUTPUT_SIGMOID)
            wins[k] += value > 0;
          else if (value > why_tensor_get_f64 (logits, start + best * shape->inner))
            best = k;
        }
      if (target->kind == WHY_OUTPUT_SOFTMAX)
        wins[best] += 1;
    }
  for (gsize k = 0; k < shape->classes; k++)
    wins[k] /= (double) MAX (positions, 1);
}

WhyTensor *
why_target_probabilities (const WhyTarget *target, WhyTensor *logits, GError **error)
{
  Shape shape = see (target, logits);
  const gint64 dims[] = { target->n_classes };
  g_autofree double *z = g_new0 (double, shape.classes), *p = g_new0 (double, shape.classes);
  WhyTensor *result = why_tensor_new (WHY_DTYPE_FLOAT32, 1, dims, error);

  if (result == NULL)
    return NULL;
  if (target->dense)
    count_wins (target, logits, &shape, p);
  else
    {
      for (gsize k = 0; k < shape.classes; k++)
        {
          z[k] = why_tensor_get_f64 (logits, k);
          p[k] = sigmoid (z[k]);
        }
      if (target->kind == WHY_OUTPUT_SOFTMAX)
        softmax (z, p, shape.classes);
    }
  for (gsize k = 0; k < shape.classes; k++)
    ((float *) result->data)[k] = (float) p[k];
  return result;
}

WhyTensor *
why_target_class_logits (const WhyTarget *target, WhyTensor *logits, GError **error)
{
  Shape shape = see (target, logits);
  const gint64 dims[] = { target->n_classes };
  WhyTensor *result = why_tensor_new (WHY_DTYPE_FLOAT32, 1, dims, error);
  gsize positions = shape.outer * shape.inner;

  for (gsize k = 0; result != NULL && k < shape.classes; k++)
    {
      double sum = 0;
      for (gsize at = 0; at < positions; at++)
        sum += why_tensor_get_f64 (logits, at / shape.inner * shape.classes * shape.inner +
                                             k * shape.inner + at % shape.inner);
      ((float *) result->data)[k] = (float) (sum / (double) MAX (positions, 1));
    }
  return result;
}

/* Whether a position of a dense output belongs to the region of the request. @place counts
 * positions of the plane (the last two dimensions that are not classes). */
static gboolean
in_region (const WhyTarget *target,
           const WhyExplainRequest *request,
           const double *z,
           const Shape *shape,
           gsize place,
           gint64 point)
{
  switch (request->region)
    {
    case WHY_REGION_ALL:
      return TRUE;
    case WHY_REGION_POINT:
      return (gint64) place == point;
    case WHY_REGION_MASK:
      return why_tensor_get_f64 (request->mask, place) != 0.0;
    case WHY_REGION_PREDICTED:
      break;
    }
  if (target->kind == WHY_OUTPUT_SIGMOID)
    return z[request->target_class] > 0;
  for (gsize k = 0; k < shape->classes; k++)
    {
      if (z[k] > z[request->target_class])
        return FALSE;
    }
  return TRUE;
}

/* A region that does not fit must be told of: ignoring it would explain something else than was
 * asked for. */
static gboolean
check_region (const WhyTarget *target,
              const WhyExplainRequest *request,
              const Shape *shape,
              GError **error)
{
  const WhyTensor *mask = request->mask;
  const gboolean needs_places =
    request->region == WHY_REGION_POINT || request->region == WHY_REGION_MASK;

  if (needs_places && !target->dense)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "Output '%s' is one answer for the whole picture: a point or a mask needs an "
                   "answer for every pixel",
                   target->output->name);
      return FALSE;
    }
  if (request->region != WHY_REGION_MASK)
    return TRUE;
  const gsize count = mask != NULL ? why_tensor_count (mask) : 0;
  if (count == shape->outer * shape->inner)
    return TRUE;
  g_autofree char *found =
    mask != NULL ? why_dims_to_string (mask->rank, mask->dims) : g_strdup ("none");
  g_autofree char *expected = why_dims_to_string (target->logits->rank, target->logits->dims);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE,
               "The mask is %s: it has %" G_GSIZE_FORMAT
               " values, but '%s' (%s) has %" G_GSIZE_FORMAT " positions",
               found, count, target->logits->name, expected, shape->outer * shape->inner);
  return FALSE;
}

/* The position that holds a point given in pixels of the network's input; -1: outside. */
static gint64
point_position (const WhyTarget *target, const WhyExplainRequest *request, const WhyTensor *input)
{
  gint64 size[2] = { 1, 1 };
  int n = 0;
  const WhyValue *logits = target->logits;
  for (int axis = logits->rank - 1; axis > 0 && n < 2; axis--)
    {
      if (axis != target->class_axis)
        size[n++] = logits->dims[axis];
    }
  double x = request->point_x * (double) size[0] / (double) input->dims[input->rank - 1];
  double y = request->point_y * (double) size[1] / (double) input->dims[input->rank - 2];
  if (!(x >= 0 && y >= 0 && x < (double) size[0] && y < (double) size[1]))
    return -1;
  return (gint64) y * size[0] + (gint64) x;
}

/* The weight of one class's logit in the score at one position; for probabilities the derivative of
 * the probability: p_c (delta - p_k), or p (1 - p) for the sigmoid. */
static void
seed_position (const WhyTarget *target,
               const WhyExplainRequest *request,
               const double *z,
               double *p,
               gsize n,
               float *seed,
               gsize step)
{
  gsize c = (gsize) request->target_class;
  if (request->score == WHY_SCORE_LOGIT)
    seed[c * step] = 1.0f;
  else if (target->kind == WHY_OUTPUT_SIGMOID)
    seed[c * step] = (float) (sigmoid (z[c]) * (1.0 - sigmoid (z[c])));
  else
    {
      softmax (z, p, n);
      for (gsize k = 0; k < n; k++)
        seed[k * step] = (float) (p[c] * ((k == c ? 1.0 : 0.0) - p[k]));
    }
}

WhyTensor *
why_target_seed (const WhyTarget *target,
                 const WhyExplainRequest *request,
                 WhyTensor *logits,
                 const WhyTensor *input,
                 double *score,
                 gsize *n_positions,
                 GError **error)
{
  Shape shape = see (target, logits);
  g_autofree double *z = g_new0 (double, shape.classes), *p = g_new0 (double, shape.classes);
  WhyTensor *seed = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, logits->rank, logits->dims, error);
  gsize positions = shape.outer * shape.inner;
  gint64 point = target->dense && request->region == WHY_REGION_POINT
                   ? point_position (target, request, input)
                   : -1;

  *score = 0;
  *n_positions = 0;
  if (seed != NULL && !check_region (target, request, &shape, error))
    g_clear_pointer (&seed, why_tensor_unref);
  for (gsize at = 0; seed != NULL && at < positions; at++)
    {
      gsize start = at / shape.inner * shape.classes * shape.inner + at % shape.inner;
      for (gsize k = 0; k < shape.classes; k++)
        z[k] = why_tensor_get_f64 (logits, start + k * shape.inner);
      if (target->dense && !in_region (target, request, z, &shape, at, point))
        continue;
      seed_position (target, request, z, p, shape.classes, (float *) seed->data + start,
                     shape.inner);
      double value = z[request->target_class];
      if (request->score == WHY_SCORE_PROBABILITY)
        value = target->kind == WHY_OUTPUT_SIGMOID ? sigmoid (value) : p[request->target_class];
      *score += value;
      (*n_positions)++;
    }
  return seed;
}
