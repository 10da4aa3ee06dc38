#include "config.h"

#include "graph/composite.h"
#include "graph/op.h"

#include "graph-private.h"

#include <math.h>
#include <string.h>

/* Constants in files are rounded to float32, or typed with six digits. A number that is further off
 * means another function, be it only by the rounding to float16: results are to be those of the file. */
#define CONSTANT_TOLERANCE 2e-6

#define INSIDE_MAX 24

/* What a matcher finds: the operator, its inputs, and the values inside. */
typedef struct
{
  const char *type;
  WhyValue *inputs[3];
  guint n_inputs;
  WhyAttr attrs[2];
  guint n_attrs;
  const WhyValue *inside[INSIDE_MAX];
  guint n_inside;
  gboolean overflow;
} Match;

typedef struct
{
  WhyGraph *graph;
  guint *n_uses; /* by value index */
} Finder;

static gboolean
is_type (const WhyValue *value, const char *type)
{
  return value->producer != NULL && strcmp (value->producer->klass->type, type) == 0;
}

static void
note_inside (Match *match, const WhyValue *value)
{
  for (guint at = 0; at < match->n_inside; at++)
    {
      if (match->inside[at] == value)
        return;
    }
  if (match->n_inside == INSIDE_MAX)
    match->overflow = TRUE;
  else
    match->inside[match->n_inside++] = value;
}

/* The number that @value is everywhere; NAN if it is none. */
static double
number (const WhyValue *value)
{
  if (value->constant == NULL || why_tensor_count (value->constant) != 1 ||
      !why_dtype_is_float (value->dtype))
    return NAN;
  return why_tensor_get_f64 (value->constant, 0);
}

static gboolean
is_near (double number, double expected)
{
  return fabs (number - expected) <= CONSTANT_TOLERANCE * fabs (expected);
}

static gboolean
same_shape (const WhyValue *a, const WhyValue *b)
{
  return a->rank == b->rank && memcmp (a->dims, b->dims, (gsize) a->rank * sizeof *a->dims) == 0;
}

/* The two inputs of a node of @type with a constant: *@other is the one that is not constant. */
static double
split_number (const WhyNode *node, WhyValue **other)
{
  for (guint input = 0; input < 2; input++)
    {
      double found = number (node->inputs[input]);
      if (!isnan (found))
        {
          *other = node->inputs[1 - input];
          return found;
        }
    }
  return NAN;
}

/* ---- layer normalisation ---- */

/* Whether @value is the mean of @of over its last axis, kept as a dimension. */
static gboolean
is_mean (const WhyValue *value, const WhyValue *of)
{
  if (!is_type (value, "ReduceMean") || value->producer->inputs[0] != of || of->rank < 1 ||
      value->rank != of->rank)
    return FALSE;
  for (int axis = 0; axis < of->rank; axis++)
    {
      if (value->dims[axis] != (axis == of->rank - 1 ? 1 : of->dims[axis]))
        return FALSE;
    }
  /* Of a dimension that is 1 anyway it cannot be seen which axis was reduced, and it does not matter. */
  return of->dims[of->rank - 1] > 1;
}

/* x where @value is x - mean (x). */
static WhyValue *
centred (Match *match, const WhyValue *value)
{
  if (!is_type (value, "Sub"))
    return NULL;
  WhyValue *x = value->producer->inputs[0], *mean = value->producer->inputs[1];
  if (!is_mean (mean, x) || !same_shape (value, x))
    return NULL;
  note_inside (match, mean);
  note_inside (match, value);
  return x;
}

/* Whether @value is the square of something centred around the mean of @x. */
static gboolean
is_square_of_centred (Match *match, const WhyValue *value, const WhyValue *x)
{
  const WhyNode *node = value->producer;
  gboolean square = is_type (value, "Pow") ? number (node->inputs[1]) == 2.0
                                           : is_type (value, "Mul") && node->inputs[0] == node->inputs[1];
  return square && centred (match, node->inputs[0]) == x;
}

/* The epsilon where @value is sqrt (variance of @x + epsilon); NAN if it is not. */
static double
match_deviation (Match *match, const WhyValue *value, const WhyValue *x)
{
  WhyValue *variance = NULL;

  if (!is_type (value, "Sqrt") || !is_type (value->producer->inputs[0], "Add"))
    return NAN;
  const WhyValue *sum = value->producer->inputs[0];
  double epsilon = split_number (sum->producer, &variance);
  if (isnan (epsilon) || epsilon < 0.0 || !is_type (variance, "ReduceMean"))
    return NAN;
  const WhyValue *square = variance->producer->inputs[0];
  if (square->producer == NULL || !is_mean (variance, square) ||
      !is_square_of_centred (match, square, x))
    return NAN;
  note_inside (match, square);
  note_inside (match, variance);
  note_inside (match, sum);
  note_inside (match, value);
  return epsilon;
}

/* Whether @value is a constant with one number for each place of the last dimension of @x. */
static gboolean
is_row_constant (const WhyValue *value, const WhyValue *x)
{
  if (value->constant == NULL || value->rank < 1 || value->rank > x->rank || value->dtype != x->dtype)
    return FALSE;
  gint64 n = x->dims[x->rank - 1];
  return value->dims[value->rank - 1] == n && why_tensor_count (value->constant) == (gsize) n;
}

/* The unscaled part: (x - mean) / sqrt (variance + epsilon). */
static WhyValue *
match_unit (Match *match, const WhyValue *value, double *epsilon)
{
  if (!is_type (value, "Div"))
    return NULL;
  WhyValue *x = centred (match, value->producer->inputs[0]);
  if (x == NULL)
    return NULL;
  *epsilon = match_deviation (match, value->producer->inputs[1], x);
  return !isnan (*epsilon) ? x : NULL;
}

/* The operand of the two-input node behind @value that is a constant of rows; *@rest the other. */
static WhyValue *
split_rows (const WhyValue *value, const char *type, WhyValue **rest)
{
  if (!is_type (value, type))
    return NULL;
  for (guint input = 0; input < 2; input++)
    {
      WhyValue *constant = value->producer->inputs[input], *other = value->producer->inputs[1 - input];
      if (is_row_constant (constant, value) && same_shape (other, value))
        {
          *rest = other;
          return constant;
        }
    }
  return NULL;
}

static gboolean
match_layer_norm (Finder *finder, const WhyNode *last, Match *match)
{
  WhyValue *tail = last->outputs[0], *product = NULL, *unit = NULL;
  double epsilon;

  /* A group ends where the shift is added: the product before it would be a shorter one. */
  WhyValue *shift = split_rows (tail, "Add", &product);
  WhyValue *scale = shift != NULL ? split_rows (product, "Mul", &unit) : NULL;
  if (scale == NULL)
    return FALSE;
  WhyValue *x = match_unit (match, unit, &epsilon);
  if (x == NULL || !same_shape (x, tail) || x->dtype != tail->dtype)
    return FALSE;
  note_inside (match, unit);
  note_inside (match, product);
  match->type = "LayerNormalization";
  match->inputs[0] = x;
  match->inputs[1] = scale;
  match->inputs[2] = shift;
  match->n_inputs = 3;
  match->attrs[0] = (WhyAttr){ .name = "epsilon", .type = WHY_ATTR_FLOAT, .f = epsilon };
  match->n_attrs = 1;
  return TRUE;
}

/* ---- GELU ---- */

#define FACTORS_MAX 6

/* The factors of a product, through products that nothing else reads. */
static gboolean
collect_factors (const Finder *finder, Match *match, WhyValue *value, WhyValue **factors, guint *n)
{
  for (guint input = 0; input < 2; input++)
    {
      WhyValue *factor = value->producer->inputs[input];
      if (is_type (factor, "Mul") && finder->n_uses[factor->index] == 1)
        {
          note_inside (match, factor);
          if (!collect_factors (finder, match, factor, factors, n))
            return FALSE;
        }
      else if (*n == FACTORS_MAX)
        return FALSE;
      else
        factors[(*n)++] = factor;
    }
  return TRUE;
}

/* The value whose erf it is, after a factor of 1 / sqrt (2). */
static WhyValue *
match_erf_argument (Match *match, WhyValue *value)
{
  WhyValue *x = NULL;
  double factor = NAN;

  if (is_type (value, "Div"))
    {
      x = value->producer->inputs[0];
      factor = 1.0 / number (value->producer->inputs[1]);
    }
  else if (is_type (value, "Mul"))
    factor = split_number (value->producer, &x);
  if (!is_near (factor, G_SQRT2 / 2.0))
    return NULL;
  note_inside (match, value);
  return x;
}

static gboolean
is_cube (Match *match, WhyValue *value, const WhyValue *x)
{
  const WhyNode *node = value->producer;
  if (is_type (value, "Pow"))
    return node->inputs[0] == x && number (node->inputs[1]) == 3.0;
  if (!is_type (value, "Mul"))
    return FALSE;
  for (guint input = 0; input < 2; input++)
    {
      WhyValue *square = node->inputs[input];
      if (node->inputs[1 - input] == x && is_type (square, "Mul") && square->producer->inputs[0] == x &&
          square->producer->inputs[1] == x)
        {
          note_inside (match, square);
          return TRUE;
        }
    }
  return FALSE;
}

/* The value x where @value is sqrt (2 / pi) (x + 0.044715 x^3). */
static WhyValue *
match_tanh_argument (Match *match, WhyValue *value)
{
  WhyValue *sum = NULL;

  if (!is_type (value, "Mul") ||
      !is_near (split_number (value->producer, &sum), sqrt (2.0 / G_PI)) || !is_type (sum, "Add"))
    return NULL;
  for (guint input = 0; input < 2; input++)
    {
      WhyValue *x = sum->producer->inputs[input], *rest = sum->producer->inputs[1 - input], *cube = NULL;
      if (!is_type (rest, "Mul") || !is_near (split_number (rest->producer, &cube), 0.044715) ||
          !is_cube (match, cube, x))
        continue;
      note_inside (match, cube);
      note_inside (match, rest);
      note_inside (match, sum);
      note_inside (match, value);
      return x;
    }
  return NULL;
}

/* The value x where @value is 1 + erf (x / sqrt (2)) or its approximation by tanh. */
static WhyValue *
match_bell (Match *match, WhyValue *value, gboolean *by_tanh)
{
  WhyValue *curve = NULL, *x = NULL;

  if (!is_type (value, "Add") || split_number (value->producer, &curve) != 1.0)
    return NULL;
  *by_tanh = is_type (curve, "Tanh");
  if (*by_tanh)
    x = match_tanh_argument (match, curve->producer->inputs[0]);
  else if (is_type (curve, "Erf"))
    x = match_erf_argument (match, curve->producer->inputs[0]);
  if (x != NULL)
    {
      note_inside (match, curve);
      note_inside (match, value);
    }
  return x;
}

/* 0.5 x (1 + erf (x / sqrt (2))), the factors in any order. */
static gboolean
match_gelu (Finder *finder, const WhyNode *last, Match *match)
{
  WhyValue *factors[FACTORS_MAX], *x = NULL, *tail = last->outputs[0];
  gboolean by_tanh = FALSE, half = FALSE, itself = FALSE;
  guint n = 0;

  if (strcmp (last->klass->type, "Mul") != 0 || !collect_factors (finder, match, tail, factors, &n) ||
      n != 3)
    return FALSE;
  for (guint factor = 0; factor < n; factor++)
    {
      WhyValue *found = factors[factor]->producer != NULL ? match_bell (match, factors[factor], &by_tanh)
                                                          : NULL;
      x = found != NULL ? found : x;
    }
  if (x == NULL || !same_shape (x, tail) || x->dtype != tail->dtype)
    return FALSE;
  for (guint factor = 0; factor < n; factor++)
    {
      itself |= factors[factor] == x;
      half |= number (factors[factor]) == 0.5;
    }
  if (!itself || !half)
    return FALSE;
  match->type = "Gelu";
  match->inputs[0] = x;
  match->n_inputs = 1;
  match->attrs[0] = (WhyAttr){ .name = "approximate", .type = WHY_ATTR_STRING, .s = by_tanh ? "tanh" : "none" };
  match->n_attrs = 1;
  return TRUE;
}

/* ---- all of them ---- */

/* Everything inside is read by the group alone, so that nothing but the group's last value leads
 * from it to anywhere. */
static gboolean
is_closed (const Finder *finder, const Match *match, const WhyNode *last)
{
  if (match->overflow)
    return FALSE;
  for (guint at = 0; at < match->n_inside; at++)
    for (guint input = 0; input < match->n_inputs; input++)
      {
        if (match->inside[at] == match->inputs[input])
          return FALSE;
      }
  for (guint at = 0; at < match->n_inside; at++)
    {
      const WhyValue *value = match->inside[at];
      guint n_readers = 0;
      for (guint reader = 0; reader <= match->n_inside; reader++)
        {
          const WhyNode *node = reader < match->n_inside ? match->inside[reader]->producer : last;
          for (guint input = 0; input < node->n_inputs; input++)
            n_readers += node->inputs[input] == value;
        }
      if (finder->n_uses[value->index] != n_readers ||
          why_graph_inside (finder->graph, value) != NULL ||
          why_graph_composite (finder->graph, value->producer) != NULL)
        return FALSE;
    }
  return TRUE;
}

static void
add_composite (WhyGraph *graph, const WhyNode *last, const Match *match)
{
  WhyNode *node = why_graph_make_composite (graph, match->type, last, match->inputs, match->n_inputs,
                                            match->attrs, match->n_attrs);
  if (node == NULL)
    return;
  if (graph->composites->len <= last->index)
    g_ptr_array_set_size (graph->composites, (gint) last->index + 1);
  graph->composites->pdata[last->index] = node;
  for (guint at = 0; at < match->n_inside; at++)
    {
      guint index = match->inside[at]->index;
      if (graph->inside->len <= index)
        g_ptr_array_set_size (graph->inside, (gint) index + 1);
      graph->inside->pdata[index] = node;
    }
}

void
why_graph_find_composites (WhyGraph *graph)
{
  static gboolean (*const matchers[]) (Finder *, const WhyNode *, Match *) = {
    match_layer_norm,
    match_gelu,
  };
  g_autofree guint *n_uses = g_new0 (guint, graph->values->len + 1);
  Finder finder = { graph, n_uses };

  for (guint index = 0; index < graph->nodes->len; index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      for (guint input = 0; input < node->n_inputs; input++)
        {
          if (node->inputs[input] != NULL)
            n_uses[node->inputs[input]->index]++;
        }
    }
  for (guint index = 0; index < graph->outputs->len; index++)
    n_uses[why_graph_output (graph, index)->index]++;
  for (guint index = 0; index < graph->nodes->len; index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      if (node->n_outputs != 1 || node->outputs[0] == NULL || why_graph_composite (graph, node) != NULL)
        continue;
      for (gsize matcher = 0; matcher < G_N_ELEMENTS (matchers); matcher++)
        {
          Match match = { 0 };
          if (matchers[matcher](&finder, node, &match) && is_closed (&finder, &match, node))
            {
              add_composite (graph, node, &match);
              break;
            }
        }
    }
}

const WhyNode *
why_graph_composite (const WhyGraph *graph, const WhyNode *node)
{
  return node->index < graph->composites->len ? g_ptr_array_index (graph->composites, node->index)
                                              : NULL;
}

const WhyNode *
why_graph_inside (const WhyGraph *graph, const WhyValue *value)
{
  return value->index < graph->inside->len ? g_ptr_array_index (graph->inside, value->index) : NULL;
}
