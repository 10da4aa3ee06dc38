#include "config.h"

#include "net-check.h"

#include "base/error.h"
#include "onnx-builder.h"

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
#define ATTRS_MAX 8

/* ---- text ---- */

static WhyTensor *
tensor_of (WhyDType dtype, const char *dims_text)
{
  gint64 dims[WHY_MAX_RANK];
  int rank = 0;
  g_auto (GStrv) parts = g_strsplit (dims_text, ",", -1);
  if (strcmp (dims_text, "-") != 0)
    for (; parts[rank] != NULL; rank++)
      dims[rank] = g_ascii_strtoll (parts[rank], NULL, 10);
  WhyTensor *tensor = why_tensor_new_zeros (dtype, rank, dims, NULL);
  g_assert_nonnull (tensor);
  return tensor;
}

static void
fill_random (WhyTensor *tensor, guint32 seed, double low, double high)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  gsize count = why_tensor_count (tensor);
  for (gsize index = 0; index < count; index++)
    why_tensor_set_f64 (tensor, index, g_rand_double_range (rand, low, high));
}

WhyTensor *
net_random (guint32 seed, int rank, const gint64 *dims)
{
  WhyTensor *tensor = why_tensor_new (WHY_DTYPE_FLOAT32, rank, dims, NULL);
  g_assert_nonnull (tensor);
  fill_random (tensor, seed, -1, 1);
  return tensor;
}

static WhyTensor *
floats_of (const char *dims, const char *list)
{
  WhyTensor *tensor = tensor_of (WHY_DTYPE_FLOAT32, dims);
  g_auto (GStrv) parts = g_strsplit (list, ",", -1);
  gsize count = why_tensor_count (tensor), n = g_strv_length (parts);
  g_assert_true (n == 1 || n == count);
  for (gsize index = 0; index < count; index++)
    why_tensor_set_f64 (tensor, index, g_ascii_strtod (parts[n == 1 ? 0 : index], NULL));
  return tensor;
}

static WhyTensor *
ints_of (const char *list)
{
  gint64 values[64];
  gsize n = 0;
  g_auto (GStrv) parts = g_strsplit (list, ",", -1);
  for (; parts[n] != NULL; n++)
    values[n] = g_ascii_strtoll (parts[n], NULL, 10);
  return why_tensor_new_i64 (n, values);
}

static GByteArray *
attr_of (const char *word)
{
  g_auto (GStrv) sides = g_strsplit (word, "=", 2);
  const char *name = sides[0], *value = sides[1];
  g_assert_nonnull (value);
  if (*value == '[')
    {
      g_autofree char *inside = g_strndup (value + 1, strlen (value) - 2);
      g_autoptr (WhyTensor) list = ints_of (inside);
      return ob_ints_n (name, why_tensor_count (list), list->data);
    }
  if (!g_ascii_isdigit (*value) && *value != '-')
    return ob_string (name, value);
  if (strpbrk (value, ".e") != NULL)
    return ob_float (name, (float) g_ascii_strtod (value, NULL));
  return ob_int (name, g_ascii_strtoll (value, NULL, 10));
}

static void
add_node (OnnxBuilder *builder, char **words)
{
  GByteArray *attrs[ATTRS_MAX] = { NULL };
  for (gsize index = 0; words[3 + index] != NULL; index++)
    {
      g_assert_cmpuint (index, <, ATTRS_MAX);
      attrs[index] = attr_of (words[3 + index]);
    }
  ob_node (builder, words[0], strcmp (words[1], "-") == 0 ? "" : words[1], words[2], attrs[0],
           attrs[1], attrs[2], attrs[3], attrs[4], attrs[5], attrs[6], attrs[7], NULL);
}

static void
add_statement (OnnxBuilder *builder, char **words, guint32 seed)
{
  g_autoptr (WhyTensor) tensor = NULL;
  const char *first = words[0];

  if (strcmp (first, "in") == 0)
    {
      gboolean typed = words[3] != NULL;
      const char *dims = words[typed ? 3 : 2];
      ob_input (builder, words[1], typed ? WHY_DTYPE_INT64 : WHY_DTYPE_FLOAT32,
                strcmp (dims, "-") == 0 ? "" : dims);
    }
  else if (strcmp (first, "out") == 0)
    ob_output (builder, words[1], WHY_DTYPE_FLOAT32, NULL);
  else if (strcmp (first, "w") == 0)
    {
      double scale = words[3] != NULL ? g_ascii_strtod (words[3], NULL) : 1.0;
      tensor = tensor_of (WHY_DTYPE_FLOAT32, words[2]);
      fill_random (tensor, seed, -scale, scale);
    }
  else if (strcmp (first, "p") == 0)
    {
      tensor = tensor_of (WHY_DTYPE_FLOAT32, words[2]);
      fill_random (tensor, seed, 0.5, 1.5);
    }
  else if (strcmp (first, "f") == 0)
    tensor = floats_of (words[2], words[3]);
  else if (strcmp (first, "i") == 0)
    tensor = ints_of (words[2]);
  else
    add_node (builder, words);
  if (tensor != NULL)
    ob_init (builder, words[1], tensor);
}

/* Words of each statement, without the empty ones that neighbouring blanks make. */
static GPtrArray *
split (const char *text)
{
  GPtrArray *statements = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_auto (GStrv) lines = g_strsplit (text, ";", -1);
  for (gsize line = 0; lines[line] != NULL; line++)
    {
      g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
      g_auto (GStrv) parts = g_strsplit_set (lines[line], " \n", -1);
      gboolean any = FALSE;
      for (gsize part = 0; parts[part] != NULL; part++)
        {
          if (*parts[part] == '\0')
            continue;
          g_strv_builder_add (words, parts[part]);
          any = TRUE;
        }
      if (any)
        g_ptr_array_add (statements, g_strv_builder_end (words));
    }
  return statements;
}

WhyOnnxModel *
net_load (const char *text)
{
  g_autoptr (GPtrArray) statements = split (text);
  g_autoptr (OnnxBuilder) builder = NULL;
  guint start = 0;
  int opset = 17;

  if (strcmp (((char **) g_ptr_array_index (statements, 0))[0], "opset") == 0)
    opset =
      (int) g_ascii_strtoll (((char **) g_ptr_array_index (statements, start++))[1], NULL, 10);
  builder = ob_new (8, opset);
  for (guint index = start; index < statements->len; index++)
    add_statement (builder, g_ptr_array_index (statements, index), 100 + index);
  return ob_load (builder);
}

GPtrArray *
net_inputs (const char *text, guint32 seed)
{
  g_autoptr (GPtrArray) statements = split (text);
  GPtrArray *inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  for (guint index = 0; index < statements->len; index++)
    {
      char **words = g_ptr_array_index (statements, index);
      if (strcmp (words[0], "in") != 0)
        continue;
      WhyTensor *tensor = tensor_of (words[3] != NULL ? WHY_DTYPE_INT64 : WHY_DTYPE_FLOAT32,
                                     words[words[3] != NULL ? 3 : 2]);
      fill_random (tensor, seed + index, -1, 1);
      g_ptr_array_add (inputs, tensor);
    }
  return inputs;
}

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
        check_gradients (&net, session, rule, fast ? "fast gradient" : "reference gradient");
      g_assert_cmpuint (net.wide->len, >, n_feeds);
    }
  net_clear (&net);
}
