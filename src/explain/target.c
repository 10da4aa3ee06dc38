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

/* Columns and rows of a dense output: its last two dimensions that do not count classes. */
static void
plane_size (const WhyTarget *target, gint64 size[2])
{
  const WhyValue *logits = target->logits;
  int n = 0;

  size[0] = size[1] = 1;
  for (int axis = logits->rank - 1; axis > 0 && n < 2; axis--)
    {
      if (axis != target->class_axis)
        size[n++] = logits->dims[axis];
    }
}

/* Whether a position has its centre in the request's box. */
static gboolean
in_box (const WhyTarget *target, const WhyExplainRequest *request, gsize place, const WhyTensor *input)
{
  gint64 size[2];

  plane_size (target, size);
  const gint64 column = (gint64) place % size[0], row = (gint64) place / size[0] % size[1];
  const double x = ((double) column + 0.5) * (double) input->dims[input->rank - 1] / (double) size[0];
  const double y = ((double) row + 0.5) * (double) input->dims[input->rank - 2] / (double) size[1];
  return x >= request->point_x && y >= request->point_y && x < request->point_x + request->box_width &&
         y < request->point_y + request->box_height;
}

/* Whether a position of a dense output belongs to the region of the request. @place counts
 * positions of the plane (the last two dimensions that are not classes). */
static gboolean
in_region (const WhyTarget *target,
           const WhyExplainRequest *request,
           const double *z,
           const Shape *shape,
           gsize place,
           gint64 point,
           const WhyTensor *input)
{
  switch (request->region)
    {
    case WHY_REGION_ALL:
      return TRUE;
    case WHY_REGION_POINT:
      return (gint64) place == point;
    case WHY_REGION_MASK:
      return why_tensor_get_f64 (request->mask, place) != 0.0;
    case WHY_REGION_BOX:
      return in_box (target, request, place, input);
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
    request->region != WHY_REGION_PREDICTED && request->region != WHY_REGION_ALL;

  if (needs_places && !target->dense)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "Output '%s' is one answer for the whole picture: a point, a box or a mask needs an "
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
  gint64 size[2];

  plane_size (target, size);
  double x = request->point_x * (double) size[0] / (double) input->dims[input->rank - 1];
  double y = request->point_y * (double) size[1] / (double) input->dims[input->rank - 2];
  if (!(x >= 0 && y >= 0 && x < (double) size[0] && y < (double) size[1]))
    return -1;
  return (gint64) y * size[0] + (gint64) x;
}

/* Adds @sign times one class's score at one position to @score, and its derivative by the logits to
 * @seed (nullable). @p are the softmax of @z, for softmax outputs. With d the Kronecker delta: for
 * probabilities p_c (d_ck - p_k), or p (1 - p) for the sigmoid; for z + log p d_ck + (d_ck - p_k),
 * or 1 + (1 - p). */
static void
add_class (const WhyTarget *target,
           WhyScoreKind kind,
           gsize c,
           double sign,
           const double *z,
           const double *p,
           gsize n,
           double *seed,
           double *score)
{
  gboolean alone = target->kind == WHY_OUTPUT_SIGMOID;
  double own = kind == WHY_SCORE_LOGIT ? 0 : alone ? sigmoid (z[c]) : p[c];
  double factor = kind == WHY_SCORE_PROBABILITY ? own : 1.0;

  if (kind == WHY_SCORE_PROBABILITY)
    *score += sign * own;
  else
    {
      *score += sign * z[c];
      seed[c] += sign;
    }
  if (kind == WHY_SCORE_LOGIT)
    return;
  if (kind == WHY_SCORE_REST)
    {
      /* log p without its underflow: z less the logarithm of the sum. */
      double log_own = -log1p (exp (-z[c]));
      if (alone && z[c] < 0)
        log_own = z[c] - log1p (exp (z[c]));
      else if (!alone)
        {
          double most = z[0], sum = 0;
          for (gsize k = 1; k < n; k++)
            most = fmax (most, z[k]);
          for (gsize k = 0; k < n; k++)
            sum += exp (z[k] - most);
          log_own = z[c] - most - log (sum);
        }
      *score += sign * log_own;
    }
  if (alone)
    seed[c] += sign * factor * (1.0 - own);
  else
    for (gsize k = 0; k < n; k++)
      seed[k] += sign * factor * ((k == c ? 1.0 : 0.0) - p[k]);
}

/* The score at one position and its derivative: the target class, those that are added, less the
 * one it is compared with. */
static double
score_position (const WhyTarget *target,
                const WhyExplainRequest *request,
                const double *z,
                double *p,
                gsize n,
                double *seed)
{
  double score = 0;

  memset (seed, 0, n * sizeof *seed);
  if (request->score != WHY_SCORE_LOGIT && target->kind == WHY_OUTPUT_SOFTMAX)
    softmax (z, p, n);
  add_class (target, request->score, (gsize) request->target_class, 1, z, p, n, seed, &score);
  for (gsize also = 0; also < request->n_also_classes; also++)
    add_class (target, request->score, (gsize) request->also_classes[also], 1, z, p, n, seed,
               &score);
  if (request->has_contrast)
    add_class (target, request->score, (gsize) request->contrast_class, -1, z, p, n, seed, &score);
  return score;
}

/* The cosine s of the angle between the output z and the reference r, and its derivative
 * r / (|z| |r|) - s z / |z|^2. A zero vector has no direction: the score is 0, and so is its
 * derivative. */
static gboolean
score_similarity (const WhyExplainRequest *request,
                  const WhyTensor *logits,
                  WhyTensor *seed,
                  double *score,
                  GError **error)
{
  gsize n = why_tensor_count (logits);
  double zz = 0, rr = 0, zr = 0;

  *score = 0;
  if (request->reference == NULL || why_tensor_count (request->reference) != n)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE,
                   "The reference has %" G_GSIZE_FORMAT
                   " numbers, but the output has %" G_GSIZE_FORMAT
                   ": it must be what the same network says of another picture",
                   request->reference != NULL ? why_tensor_count (request->reference) : 0, n);
      return FALSE;
    }
  for (gsize at = 0; at < n; at++)
    {
      double z = why_tensor_get_f64 (logits, at), r = why_tensor_get_f64 (request->reference, at);
      zz += z * z;
      rr += r * r;
      zr += z * r;
    }
  if (zz == 0 || rr == 0)
    return TRUE;
  *score = zr / sqrt (zz * rr);
  for (gsize at = 0; seed != NULL && at < n; at++)
    ((float *) seed->data)[at] =
      (float) (why_tensor_get_f64 (request->reference, at) / sqrt (zz * rr) -
               *score * why_tensor_get_f64 (logits, at) / zz);
  return TRUE;
}

/* Sums the score over the region, and fills @seed and @mask (both nullable) with its derivative and
 * the region. */
static gboolean
visit (const WhyTarget *target,
       const WhyExplainRequest *request,
       const WhyTensor *logits,
       const WhyTensor *input,
       WhyTensor *seed,
       float *mask,
       double *score,
       gsize *n_positions,
       GError **error)
{
  Shape shape = see (target, logits);
  g_autofree double *z = g_new0 (double, shape.classes), *p = g_new0 (double, shape.classes);
  g_autofree double *derivative = g_new0 (double, shape.classes);
  gsize positions = shape.outer * shape.inner;
  gint64 point = target->dense && request->region == WHY_REGION_POINT
                   ? point_position (target, request, input)
                   : -1;

  *score = 0;
  *n_positions = 0;
  if (!check_region (target, request, &shape, error))
    return FALSE;
  if (request->score == WHY_SCORE_SIMILARITY)
    {
      *n_positions = positions;
      return score_similarity (request, logits, seed, score, error);
    }
  for (gsize at = 0; at < positions; at++)
    {
      gsize start = at / shape.inner * shape.classes * shape.inner + at % shape.inner;
      for (gsize k = 0; k < shape.classes; k++)
        z[k] = why_tensor_get_f64 (logits, start + k * shape.inner);
      if (target->dense && !in_region (target, request, z, &shape, at, point, input))
        continue;
      *score += score_position (target, request, z, p, shape.classes, derivative);
      for (gsize k = 0; seed != NULL && k < shape.classes; k++)
        ((float *) seed->data)[start + k * shape.inner] = (float) derivative[k];
      if (mask != NULL)
        mask[at] = 1.0f;
      (*n_positions)++;
    }
  return TRUE;
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
  g_autoptr (WhyTensor) seed =
    why_tensor_new_zeros (WHY_DTYPE_FLOAT32, logits->rank, logits->dims, error);

  if (seed == NULL ||
      !visit (target, request, logits, input, seed, NULL, score, n_positions, error))
    return NULL;
  return g_steal_pointer (&seed);
}

gboolean
why_target_scores (const WhyTarget *target,
                   const WhyExplainRequest *request,
                   WhyTensor *logits,
                   const WhyTensor *input,
                   double *scores,
                   GError **error)
{
  const WhyValue *one = target->logits;
  gsize count = 1;

  for (int axis = 0; axis < one->rank; axis++)
    count *= (gsize) one->dims[axis];
  gsize n = why_tensor_count (logits) / count;
  g_return_val_if_fail (n * count == why_tensor_count (logits), FALSE);
  for (gsize picture = 0; picture < n; picture++)
    {
      guint8 *data = (guint8 *) logits->data + picture * count * why_dtype_size (logits->dtype);
      g_autoptr (WhyTensor) view =
        why_tensor_new_view (logits->dtype, one->rank, one->dims, NULL, data, NULL, NULL);
      gsize n_positions;
      if (!visit (target, request, view, input, NULL, NULL, &scores[picture], &n_positions, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
why_target_region (const WhyTarget *target,
                   const WhyExplainRequest *request,
                   WhyTensor *logits,
                   const WhyTensor *input,
                   WhyTensor **mask,
                   GError **error)
{
  Shape shape = see (target, logits);
  const gint64 dims[] = { (gint64) (shape.outer * shape.inner) };
  double score;
  gsize n_positions;

  *mask = NULL;
  if (!target->dense)
    return TRUE;
  g_autoptr (WhyTensor) region = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, 1, dims, error);
  if (region == NULL ||
      !visit (target, request, logits, input, NULL, region->data, &score, &n_positions, error))
    return FALSE;
  *mask = g_steal_pointer (&region);
  return TRUE;
}
