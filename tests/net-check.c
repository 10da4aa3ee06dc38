#include "config.h"

#include "net-check.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Sums of a few thousand float32 products: each rounding is 6e-8 relative, and the largest value of
 * a tensor, which differences are divided by, is about as large as the parts of its sums. */
#define VALUE_TOLERANCE 2e-5
/* Gradients pass through several such layers and through differences of near values. */
#define GRADIENT_TOLERANCE 1e-4
/* Where large values cancel (the mean of centred ones), rounding errors of their size are left: a
 * share of the network's largest value, or of 1, the size of weights, inputs and seeds. */
#define VALUE_FLOOR 1e-2
#define GRADIENT_FLOOR 1e-4

/* ---- comparing ---- */

double
net_distance (WhyTensor *actual, WhyTensor *expected, double floor)
{
  g_autoptr (WhyTensor) a = why_tensor_to_dense (actual, NULL);
  g_autoptr (WhyTensor) b = why_tensor_to_dense (expected, NULL);
  gsize count = why_tensor_count (b);
  double most = floor, distance = 0;

  if (!why_tensor_same_dims (a, b))
    return INFINITY;
  for (gsize index = 0; index < count; index++)
    {
      double is = why_tensor_get_f64 (a, index), wanted = why_tensor_get_f64 (b, index);
      if (is == wanted || (isnan (is) && isnan (wanted)))
        {
          if (isfinite (wanted))
            most = MAX (most, fabs (wanted));
          continue;
        }
      if (!isfinite (is) || !isfinite (wanted))
        return INFINITY;
      most = MAX (most, fabs (wanted));
      distance = MAX (distance, fabs (is - wanted));
    }
  return distance / most;
}

gboolean
net_same_bits (WhyTensor *a, WhyTensor *b)
{
  g_autoptr (WhyTensor) dense_a = why_tensor_to_dense (a, NULL);
  g_autoptr (WhyTensor) dense_b = why_tensor_to_dense (b, NULL);
  return dense_a->n_bytes == dense_b->n_bytes &&
         (dense_a->n_bytes == 0 || memcmp (dense_a->data, dense_b->data, dense_a->n_bytes) == 0);
}

GPtrArray *
net_names (WhyGraph *graph)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  for (guint index = 0; index < why_graph_n_values (graph); index++)
    {
      const WhyValue *value = why_graph_value (graph, index);
      if (value->producer != NULL && value->name[0] != '~')
        g_ptr_array_add (names, g_strdup (value->name));
    }
  return names;
}

/* ---- the check ---- */

typedef struct
{
  const char *text;
  WhyOnnxModel *model;
  GPtrArray *inputs; /* float32 */
  GPtrArray *wide;   /* the same in float64 */
  WhyGraph *graph;   /* float64 */
  GPtrArray *names;
  GPtrArray *values; /* expected, one a name */
  double largest;    /* of all values, or 1 */
} Net;

static void
fail (const Net *net, const char *what, const char *name, double distance)
{
  g_error ("%s of '%s' is off by %g of its maximum\n%s", what, name, distance, net->text);
}

static void
expect_no_error (const Net *net, const char *what, GError *error)
{
  if (error != NULL)
    g_error ("%s: %s\n%s", what, error->message, net->text);
}

static WhyTensor *
evaluate (const Net *net, GPtrArray *feeds, WhyValue *value)
{
  g_autoptr (GError) error = NULL;
  WhyTensor *result = NULL;
  why_graph_evaluate (net->graph, (WhyTensor *const *) feeds->pdata, &value, 1, &result, NULL,
                      &error);
  expect_no_error (net, "evaluate", error);
  return result;
}

static double
largest_of (const WhyTensor *tensor)
{
  gsize count = why_tensor_count (tensor);
  double largest = 0;
  for (gsize index = 0; index < count; index++)
    {
      double value = fabs (why_tensor_get_f64 (tensor, index));
      largest = isfinite (value) ? MAX (largest, value) : largest;
    }
  return largest;
}

static void
net_init (Net *net, const char *text)
{
  const WhyGraphOptions options = { .force_float64 = TRUE };
  g_autoptr (GError) error = NULL;

  *net = (Net){ .text = text, .model = net_load (text), .inputs = net_inputs (text, 7) };
  net->wide = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  g_autofree WhyShape *shapes = g_new0 (WhyShape, net->inputs->len + 1);
  for (guint index = 0; index < net->inputs->len; index++)
    {
      WhyTensor *input = g_ptr_array_index (net->inputs, index);
      shapes[index].rank = input->rank;
      memcpy (shapes[index].dims, input->dims, sizeof input->dims);
      g_ptr_array_add (
        net->wide,
        why_tensor_cast (
          input, why_dtype_is_float (input->dtype) ? WHY_DTYPE_FLOAT64 : input->dtype, NULL));
    }
  net->graph = why_graph_new (net->model, shapes, net->inputs->len, &options, &error);
  expect_no_error (net, "graph", error);
  net->names = net_names (net->graph);
  net->values = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  net->largest = 1;
  for (guint index = 0; index < net->names->len; index++)
    {
      WhyValue *value = why_graph_find_value (net->graph, g_ptr_array_index (net->names, index));
      WhyTensor *expected = evaluate (net, net->wide, value);
      g_ptr_array_add (net->values, expected);
      net->largest = MAX (net->largest, largest_of (expected));
    }
}

static void
net_clear (Net *net)
{
  why_graph_free (net->graph);
  why_onnx_model_unref (net->model);
  g_ptr_array_unref (net->inputs);
  g_ptr_array_unref (net->wide);
  g_ptr_array_unref (net->names);
  g_ptr_array_unref (net->values);
}

static void
expect_value (const Net *net, const char *what, WhyTensor *actual, guint index)
{
  WhyTensor *expected = g_ptr_array_index (net->values, index);
  g_assert_false (why_dtype_is_float (expected->dtype) && actual->dtype != WHY_DTYPE_FLOAT32);
  double distance = net_distance (actual, expected, VALUE_FLOOR * net->largest);
  if (!(distance <= VALUE_TOLERANCE))
    fail (net, what, g_ptr_array_index (net->names, index), distance);
}

static WhySession *
new_session (const Net *net, WhyBackend backend)
{
  const WhySessionOptions options = { .backend = backend };
  g_autoptr (GError) error = NULL;
  WhySession *session = why_session_new (net->model, &options, &error);
  expect_no_error (net, "session", error);
  return session;
}

static void
run (const Net *net, WhySession *session, const char *const *names, gsize n, WhyTensor **results)
{
  g_autoptr (GError) error = NULL;
  why_session_run (session, (WhyTensor *const *) net->inputs->pdata, net->inputs->len, names, n,
                   results, NULL, &error);
  expect_no_error (net, why_session_backend_name (session), error);
}

/* Every value by itself: of a session of its own, and of one that has been asked for others before.
 */
static void
check_each (const Net *net, WhyBackend backend, const char *what)
{
  g_autoptr (WhySession) growing = new_session (net, backend);
  for (guint index = net->names->len; index-- > 0;)
    {
      g_autoptr (WhySession) session = new_session (net, backend);
      g_autoptr (WhyTensor) result = NULL;
      g_autoptr (WhyTensor) again = NULL;
      const char *name = g_ptr_array_index (net->names, index);
      run (net, session, &name, 1, &result);
      expect_value (net, what, result, index);
      run (net, growing, &name, 1, &again);
      expect_value (net, what, again, index);
    }
}

static void
check_all (const Net *net, WhySession *session, const char *what)
{
  g_autoptr (GPtrArray) results =
    g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  g_ptr_array_set_size (results, (int) net->names->len);
  run (net, session, (const char *const *) net->names->pdata, net->names->len,
       (WhyTensor **) results->pdata);
  for (guint index = 0; index < net->names->len; index++)
    expect_value (net, what, g_ptr_array_index (results, index), index);
}

/* Gradients of one rule by every value that has one, against the same by float64's plain
 * definitions. */
static void
check_gradients (const Net *net, WhySession *session, WhyGradRule rule, const char *what)
{
  WhyValue *of = why_graph_output (net->graph, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyTensor) seed = net_random (4711, of->rank, of->dims);
  WhyValue *seed_value =
    why_graph_add_input (net->graph, NULL, WHY_DTYPE_FLOAT64, of->rank, of->dims);
  g_ptr_array_add (net->wide, why_tensor_cast (seed, WHY_DTYPE_FLOAT64, NULL));
  g_autoptr (WhyGradients) gradients =
    why_graph_differentiate (net->graph, of, seed_value, rule, &error);
  expect_no_error (net, "differentiate", error);

  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  for (guint index = 0; index < net->inputs->len; index++)
    g_ptr_array_add (names, why_graph_input (net->graph, index)->name);
  for (guint index = 0; index < net->names->len; index++)
    g_ptr_array_add (names, g_ptr_array_index (net->names, index));
  for (guint index = 0; index < names->len; index++)
    {
      const char *name = g_ptr_array_index (names, index);
      WhyValue *gradient =
        why_gradients_get (gradients, why_graph_find_value (net->graph, name), NULL);
      g_autoptr (WhyTensor) activation = NULL;
      g_autoptr (WhyTensor) actual = NULL;
      g_autoptr (GError) local = NULL;
      gboolean done =
        why_session_gradients (session, (WhyTensor *const *) net->inputs->pdata, net->inputs->len,
                               of->name, seed, &name, 1, rule, &activation, &actual, NULL, &local);
      if (gradient == NULL)
        {
          g_assert_false (done);
          g_assert_error (local, WHY_ERROR, WHY_ERROR_NO_GRADIENT);
          continue;
        }
      expect_no_error (net, name, local);
      g_autoptr (WhyTensor) expected = evaluate (net, net->wide, gradient);
      double distance = net_distance (actual, expected, GRADIENT_FLOOR);
      if (!(distance <= GRADIENT_TOLERANCE))
        fail (net, what, name, distance);
      if (index >= net->inputs->len)
        expect_value (net, "activation beside a gradient", activation, index - net->inputs->len);
    }
}

/* ---- maps ---- */

/* The sum over channels, weighted by the mean gradient: as Grad-CAM. */
static WhyValue *
emit_map (WhyMapBuilder *builder, WhyValue *activation, WhyValue *gradient, GError **error)
{
  WhyValue *means = why_map_channel_means (builder, gradient, error);
  return means != NULL ? why_map_weighted_sum (builder, activation, means, error) : NULL;
}

/* The same without ever looking at a convolution's output, whatever that costs. */
static WhyValue *
emit_map_before (WhyMapBuilder *builder, WhyValue *activation, WhyValue *gradient, GError **error)
{
  const WhyNode *node = activation->producer;
  if (node == NULL || strcmp (node->klass->type, "Conv") != 0 ||
      node->inputs[1]->constant == NULL || node->inputs[0]->constant != NULL ||
      (node->n_inputs > 2 && node->inputs[2] != NULL && node->inputs[2]->constant == NULL))
    return emit_map (builder, activation, gradient, error);
  WhyValue *inputs[] = { node->inputs[0], node->inputs[1],
                         why_map_channel_means (builder, gradient, error),
                         node->n_inputs > 2 ? node->inputs[2] : NULL };
  return why_emit (why_map_builder_graph (builder), error, "ConvChannelSum",
                   inputs[3] != NULL ? 4 : 3, inputs, node->attrs, node->n_attrs);
}

/* The map in float64, by its definition. @scale: (out): its size if nothing cancelled, neither in
 * the mean gradients nor in the sum over channels. */
static WhyTensor *
expected_map (const WhyTensor *activation, const WhyTensor *gradient, double *scale)
{
  gint64 dims[WHY_MAX_RANK];
  gsize channels = (gsize) activation->dims[1], positions = 1;

  memcpy (dims, activation->dims, sizeof dims);
  dims[1] = 1;
  for (int axis = 2; axis < activation->rank; axis++)
    positions *= (gsize) activation->dims[axis];
  WhyTensor *map = why_tensor_new (WHY_DTYPE_FLOAT64, activation->rank, dims, NULL);
  double *to = map->data;
  g_autofree double *sizes = g_new0 (double, (gsize) dims[0] * positions + 1);
  memset (to, 0, map->n_bytes);
  *scale = 0;
  for (gsize n = 0; n < (gsize) dims[0]; n++)
    for (gsize c = 0; c < channels; c++)
      {
        const gsize first = (n * channels + c) * positions;
        double mean = 0, size = 0;
        for (gsize at = 0; at < positions; at++)
          {
            mean += why_tensor_get_f64 (gradient, first + at) / (double) positions;
            size += fabs (why_tensor_get_f64 (gradient, first + at)) / (double) positions;
          }
        for (gsize at = 0; at < positions; at++)
          {
            double value = why_tensor_get_f64 (activation, first + at);
            to[n * positions + at] += mean * value;
            sizes[n * positions + at] += size * fabs (value);
            *scale = MAX (*scale, sizes[n * positions + at]);
          }
      }
  return map;
}

typedef struct
{
  GPtrArray *names;
  GPtrArray *expected;
  const GArray *scales;
  WhyTensor *seed;
  const char *of;
  WhyGradRule rule;
} Maps;

static void
expect_maps (const Net *net,
             WhySession *session,
             const Maps *maps,
             guint first,
             guint n,
             WhyMapEmit emit,
             const char *what)
{
  g_autoptr (GPtrArray) results =
    g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  g_autoptr (GError) error = NULL;

  g_ptr_array_set_size (results, (int) n);
  why_session_maps (session, (WhyTensor *const *) net->inputs->pdata, net->inputs->len, maps->of,
                    maps->seed, (const char *const *) maps->names->pdata + first, n, maps->rule,
                    emit, (WhyTensor **) results->pdata, NULL, &error);
  expect_no_error (net, what, error);
  for (guint index = 0; index < n; index++)
    {
      double distance = net_distance (
        g_ptr_array_index (results, index), g_ptr_array_index (maps->expected, first + index),
        VALUE_FLOOR * g_array_index (maps->scales, double, first + index));
      if (!(distance <= GRADIENT_TOLERANCE))
        fail (net, what, g_ptr_array_index (maps->names, first + index), distance);
    }
}

/* Maps of every layer with space, each by itself and all at once, in either order. */
static void
check_maps (const Net *net, WhyBackend backend, WhyGradRule rule)
{
  WhyValue *of = why_graph_output (net->graph, 0);
  g_autoptr (WhyTensor) seed = net_random (4711, of->rank, of->dims);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GPtrArray) expected =
    g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  WhyValue *seed_value =
    why_graph_add_input (net->graph, NULL, WHY_DTYPE_FLOAT64, of->rank, of->dims);
  g_ptr_array_add (net->wide, why_tensor_cast (seed, WHY_DTYPE_FLOAT64, NULL));
  g_autoptr (WhyGradients) gradients =
    why_graph_differentiate (net->graph, of, seed_value, rule, NULL);
  g_autoptr (GArray) scales = g_array_new (FALSE, FALSE, sizeof (double));
  const Maps maps = { names, expected, scales, seed, of->name, rule };

  for (guint index = 0; index < net->names->len; index++)
    {
      WhyValue *value = why_graph_find_value (net->graph, g_ptr_array_index (net->names, index));
      WhyValue *gradient = why_gradients_get (gradients, value, NULL);
      WhyTensor *activation = g_ptr_array_index (net->values, index);
      if (gradient == NULL || value->rank < 3 || value->rank > 5 ||
          why_tensor_count (activation) <= (gsize) (value->dims[0] * value->dims[1]))
        continue;
      g_autoptr (WhyTensor) gradient_values = evaluate (net, net->wide, gradient);
      g_ptr_array_add (names, value->name);
      double scale;
      g_ptr_array_add (expected, expected_map (activation, gradient_values, &scale));
      scale = MAX (scale, GRADIENT_FLOOR);
      g_array_append_val (scales, scale);
    }
  if (names->len == 0)
    return;
  const WhyMapEmit emits[] = { emit_map, emit_map_before };
  for (gsize emit = 0; emit < G_N_ELEMENTS (emits); emit++)
    {
      g_autoptr (WhySession) all_first = new_session (net, backend);
      g_autoptr (WhySession) each_first = new_session (net, backend);
      expect_maps (net, all_first, &maps, 0, names->len, emits[emit], "map, all asked for,");
      for (guint index = 0; index < names->len; index++)
        {
          expect_maps (net, all_first, &maps, index, 1, emits[emit], "map asked for after all");
          expect_maps (net, each_first, &maps, index, 1, emits[emit], "map");
        }
      expect_maps (net, each_first, &maps, 0, names->len, emits[emit], "map, all asked for last,");
    }
}

void
net_check (const char *text, guint flags)
{
  Net net;
  net_init (&net, text);
  for (WhyBackend backend = WHY_BACKEND_AUTO; backend <= WHY_BACKEND_REFERENCE;
       backend += WHY_BACKEND_REFERENCE)
    {
      gboolean fast = backend != WHY_BACKEND_REFERENCE;
      check_each (&net, backend, fast ? "fast value" : "reference value");
      g_autoptr (WhySession) all = new_session (&net, backend);
      check_all (&net, all,
                 fast ? "fast value, all asked for," : "reference value, all asked for,");
      g_autoptr (WhySession) session = new_session (&net, backend);
      if ((flags & NET_FORWARD_ONLY) != 0)
        continue;
      guint n_feeds = net.wide->len;
      for (WhyGradRule rule = WHY_GRAD_RULE_GRADIENT;
           rule <= ((flags & NET_RULES) != 0 ? WHY_GRAD_RULE_DECONVNET : WHY_GRAD_RULE_GRADIENT);
           rule++)
        {
          check_gradients (&net, session, rule, fast ? "fast gradient" : "reference gradient");
          check_maps (&net, backend, rule);
        }
      g_assert_cmpuint (net.wide->len, >, n_feeds);
    }
  net_clear (&net);
}
