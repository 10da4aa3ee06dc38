#include "config.h"

#include "base/npy.h"
#include "base/parallel.h"
#include "explain/explain.h"

#include <math.h>
#include <string.h>

/* Tiny networks of every make beside what PyTorch's autograd says about them in float64; see
 * golden/make.py for what the files hold. Every backend must agree with PyTorch, not only with the
 * others. */

/* Of the largest value: what is promised for whole networks of a hundred layers. */
#define TOLERANCE 1e-4
/* Of the largest value: sums may be split among threads, and nothing else may change. */
#define THREADS_TOLERANCE 1e-6

typedef struct
{
  char *folder;
  WhyOnnxModel *model;
  WhySession *session;
  WhyTensor *input;
  WhyTensor *classes;
} Golden;

static WhyTensor *
read_golden (const char *folder, const char *name, const char *suffix)
{
  g_autofree char *file = g_strconcat (name, suffix, ".npy", NULL);
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autoptr (GError) error = NULL;
  WhyTensor *tensor = why_npy_read (path, &error);
  g_assert_no_error (error);
  return tensor;
}

static void
golden_init (Golden *golden, const char *name, WhyBackend backend)
{
  const WhySessionOptions options = { .backend = backend };
  g_autoptr (GError) error = NULL;

  golden->folder = g_test_build_filename (G_TEST_DIST, "golden", name, NULL);
  g_autofree char *path = g_build_filename (golden->folder, "net.onnx", NULL);
  golden->model = why_onnx_model_load (path, &error);
  g_assert_no_error (error);
  golden->session = why_session_new (golden->model, &options, &error);
  g_assert_no_error (error);
  golden->input = read_golden (golden->folder, "input", "");
  golden->classes = read_golden (golden->folder, "classes", "");
}

static void
golden_clear (Golden *golden)
{
  g_free (golden->folder);
  why_session_free (golden->session);
  why_onnx_model_unref (golden->model);
  why_tensor_unref (golden->input);
  why_tensor_unref (golden->classes);
}

/* The largest difference over the largest value of what is expected; @nth: which of the stacked
 * ones. Dims of @actual follow the stack's, but for a batch dimension of 1. */
static void
expect_near (const Golden *golden,
             const char *what,
             const WhyTensor *actual,
             const WhyTensor *stack,
             gsize nth)
{
  g_autoptr (WhyTensor) dense = why_tensor_to_dense ((WhyTensor *)actual, NULL);
  gsize count = why_tensor_count (dense);
  int n_same = stack->rank - 1;
  double largest = 0, distance = 0;

  g_assert_cmpuint ((nth + 1) * count, <=, why_tensor_count (stack));
  for (int axis = 0; axis < n_same; axis++)
    g_assert_cmpint (dense->dims[dense->rank - 1 - axis], ==, stack->dims[stack->rank - 1 - axis]);
  for (gsize at = 0; at < count; at++)
    {
      double expected = why_tensor_get_f64 (stack, nth * count + at);
      double difference = fabs (why_tensor_get_f64 (dense, at) - expected);
      largest = MAX (largest, fabs (expected));
      distance = isnan (difference) ? INFINITY : MAX (distance, difference);
    }
  g_assert_cmpfloat (largest, >, 0);
  if (!(distance <= TOLERANCE * largest))
    g_error ("%s by %s: %s (class %" G_GSIZE_FORMAT " of the golden) is off by %g of its maximum",
             golden->folder, why_session_backend_name (golden->session), what, nth,
             distance / largest);
}

static void
check_output (const Golden *golden)
{
  const char *name = golden->model->graph->outputs[0].name;
  g_autoptr (WhyTensor) expected = read_golden (golden->folder, "output", "");
  g_autoptr (WhyTensor) actual = NULL;
  g_autoptr (GError) error = NULL;
  WhyTensor *inputs[] = { golden->input };

  why_session_run (golden->session, inputs, 1, &name, 1, &actual, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (why_tensor_same_dims (actual, expected));
  expect_near (golden, "output", actual, expected, 0);
}

/* The weights that pick class @k, wherever it is: channels are the second dimension. */
static WhyTensor *
seed_of (const WhyValue *logits, gint64 k)
{
  WhyTensor *seed = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, logits->rank, logits->dims, NULL);
  gsize n_positions = why_tensor_count (seed) / (gsize)logits->dims[1];
  for (gsize at = 0; at < n_positions; at++)
    ((float *)seed->data)[(gsize)k * n_positions + at] = 1.0f;
  return seed;
}

static void
check_gradient (const Golden *golden, const char *tensor)
{
  g_autoptr (WhyTensor) expected = read_golden (golden->folder, tensor, ".gradient");
  WhyTensor *inputs[] = { golden->input };
  WhyTarget target;
  g_autoptr (GError) error = NULL;

  why_target_find (why_session_graph (golden->session), NULL, FALSE, &target, &error);
  g_assert_no_error (error);
  for (gsize nth = 0; nth < why_tensor_count (golden->classes); nth++)
    {
      g_autoptr (WhyTensor) seed =
        seed_of (target.logits, (gint64)why_tensor_get_f64 (golden->classes, nth));
      g_autoptr (WhyTensor) activation = NULL;
      g_autoptr (WhyTensor) gradient = NULL;
      why_session_gradients (golden->session, inputs, 1, target.logits->name, seed, &tensor, 1,
                             WHY_GRAD_RULE_GRADIENT, &activation, &gradient, NULL, &error);
      g_assert_no_error (error);
      expect_near (golden, tensor, gradient, expected, nth);
    }
}

/* @tensor: (nullable): %NULL for a method on the input */
static void
check_map (const Golden *golden, const char *method, const char *tensor, const WhyTensor *expected)
{
  const WhyJob job = { .session = golden->session, .input = golden->input };

  for (gsize nth = 0; nth < why_tensor_count (golden->classes); nth++)
    {
      const WhyExplainRequest request = {
        .method = method,
        .layer = tensor,
        .target_class = (int)why_tensor_get_f64 (golden->classes, nth),
        .polarity = WHY_POLARITY_SIGNED,
        .region = WHY_REGION_ALL,
      };
      WhyExplainResult result;
      g_autoptr (GError) error = NULL;
      why_explain (&request, &job, &result, &error);
      g_assert_no_error (error);
      expect_near (golden, tensor != NULL ? tensor : method,
                   tensor != NULL ? result.map->values : result.map->attribution, expected, nth);
      why_explain_result_clear (&result);
    }
}

/* What is explained when no layer is named, where that is worth a golden: the grid of tokens before
 * the last attention, or before the mean. */
static void
check_preset (const Golden *golden)
{
  g_autofree char *path = g_build_filename (golden->folder, "preset.txt", NULL);
  g_autofree char *expected = NULL;
  const WhyJob job = { .session = golden->session, .input = golden->input };
  const WhyExplainRequest request = { .method = "gradcam", .target_class = 0 };
  WhyExplainResult result;
  g_autoptr (GError) error = NULL;

  if (!g_file_get_contents (path, &expected, NULL, NULL))
    return;
  why_explain (&request, &job, &result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (result.map->layer, ==, g_strchomp (expected));
  why_explain_result_clear (&result);
}

static void
check_backend (const char *name, WhyBackend backend)
{
  Golden golden;
  guint n_gradients = 0, n_maps = 0;
  const char *file;

  golden_init (&golden, name, backend);
  g_autoptr (GDir) folder = g_dir_open (golden.folder, 0, NULL);
  check_output (&golden);
  check_preset (&golden);
  while ((file = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *tensor = g_strndup (file, strcspn (file, "."));
      if (g_str_has_suffix (file, ".gradient.npy"))
        {
          check_gradient (&golden, tensor);
          n_gradients++;
        }
      else if (g_str_has_suffix (file, ".map.npy"))
        {
          g_autoptr (WhyTensor) expected = read_golden (golden.folder, tensor, ".map");
          check_map (&golden, "gradcam", tensor, expected);
          n_maps++;
        }
    }
  g_autoptr (WhyTensor) expected = read_golden (golden.folder, "input", ".gradient");
  check_map (&golden, "gradient", NULL, expected);
  /* A folder that lost its files does not pass. */
  g_assert_cmpuint (n_gradients, >=, 3);
  g_assert_cmpuint (n_maps, >=, 1);
  golden_clear (&golden);
}

static void
test_golden (gconstpointer name)
{
  check_backend (name, WHY_BACKEND_AUTO);
  check_backend (name, WHY_BACKEND_REFERENCE);
}

static const char *const threaded[] = {
  "gradcam", "hirescam", "gradcam++", "layercam", "eigencam", "gradient",
};

/* The output, and a map of each method in @threaded, computed in a session of its own. */
static void
compute_all (const char *name, WhyTensor **results)
{
  const char *output;
  g_autoptr (GError) error = NULL;
  Golden golden;

  golden_init (&golden, name, WHY_BACKEND_AUTO);
  WhyTensor *inputs[] = { golden.input };
  const WhyJob job = { .session = golden.session, .input = golden.input };
  output = golden.model->graph->outputs[0].name;
  why_session_run (golden.session, inputs, 1, &output, 1, &results[0], NULL, &error);
  g_assert_no_error (error);
  for (gsize method = 0; method < G_N_ELEMENTS (threaded); method++)
    {
      const WhyExplainRequest request = { .method = threaded[method],
                                          .target_class = 1,
                                          .polarity = WHY_POLARITY_SIGNED,
                                          .region = WHY_REGION_ALL };
      WhyExplainResult result;
      why_explain (&request, &job, &result, &error);
      g_assert_no_error (error);
      WhyTensor *map = result.map->attribution != NULL ? result.map->attribution : result.map->values;
      results[1 + method] = why_tensor_to_dense (map, NULL);
      why_explain_result_clear (&result);
    }
  golden_clear (&golden);
}

static double
distance_of (const WhyTensor *a, const WhyTensor *b)
{
  double largest = 0, distance = 0;

  g_assert_true (why_tensor_same_dims (a, b));
  for (gsize at = 0; at < why_tensor_count (a); at++)
    {
      double value = why_tensor_get_f64 (a, at);
      double difference = fabs (value - why_tensor_get_f64 (b, at));
      largest = MAX (largest, fabs (value));
      distance = isnan (difference) ? INFINITY : MAX (distance, difference);
    }
  return distance > 0 ? distance / largest : 0;
}

/* The same bits whenever the number of threads is the same; nearly the same when it is not. */
static void
test_threads (gconstpointer name)
{
  enum { N_RESULTS = 1 + G_N_ELEMENTS (threaded) };
  WhyTensor *results[2][2][N_RESULTS] = { { { NULL } } };
  int n_before = why_parallel_get_threads ();

  for (int threads = 0; threads < 2; threads++)
    {
      why_parallel_set_threads (threads + 1);
      for (int repeat = 0; repeat < 2; repeat++)
        compute_all (name, results[threads][repeat]);
    }
  why_parallel_set_threads (n_before);
  for (gsize index = 0; index < N_RESULTS; index++)
    {
      const char *what = index > 0 ? threaded[index - 1] : "output";
      for (int threads = 0; threads < 2; threads++)
        {
          WhyTensor *first = results[threads][0][index], *again = results[threads][1][index];
          g_assert_cmpmem (first->data, first->n_bytes, again->data, again->n_bytes);
        }
      double distance = distance_of (results[0][0][index], results[1][0][index]);
      if (!(distance <= THREADS_TOLERANCE))
        g_error ("%s: %s with two threads is off by %g of its maximum", (const char *) name, what,
                 distance);
      for (int threads = 0; threads < 2; threads++)
        for (int repeat = 0; repeat < 2; repeat++)
          why_tensor_unref (results[threads][repeat][index]);
    }
}

int
main (int argc, char **argv)
{
  static const char *const names[] = {
    "residual",   "squeeze-excite", "inverted-residual",
    "mbconv",     "dense-concat",   "channel-shuffle",
    "unet",       "volume",         "attention",
    "convnext",   "windows",        "windows-cosine",
    "group-norm", "softmax-head",   "distilled",
    "registers",  "stages",         "blocks-and-grids",
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    {
      g_autofree char *path = g_strconcat ("/golden/", names[index], NULL);
      g_autofree char *threads = g_strconcat (path, "/threads", NULL);
      g_test_add_data_func (path, names[index], test_golden);
      g_test_add_data_func (threads, names[index], test_threads);
    }
  return g_test_run ();
}
