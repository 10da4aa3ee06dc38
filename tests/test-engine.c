#include "config.h"

#include "base/error.h"
#include "base/parallel.h"
#include "net-check.h"
#include "random-net.h"

#include "../src/engine/kernels/generic.h"
#include "../src/engine/plan.h"

#include <math.h>
#include <string.h>

/* Plans and sessions: memory, gradients of whole networks against differences, threads, cancelling,
 * budgets, and everything that a session remembers from one run to the next. */

/* Whole gradients in float32 against central differences in float64, relative to the largest one.
 */
#define DIFFERENCE_TOLERANCE 1e-4
#define DIFFERENCE_STEP 1e-5
/* The order of sums may depend on how work is shared out. */
#define THREADS_TOLERANCE 1e-6
#define RANDOM_NETS 200

static const char residual_net[] =
  "in x 1,3,10,10; w k 8,3,3,3 0.5; w s 8; w t 8; w m 8; p v 8; Conv x,k a pads=[1,1,1,1]; "
  "BatchNormalization a,s,t,m,v b1; "
  "Relu b1 c; w l 8,8,3,3 0.3; Conv c,l d pads=[1,1,1,1]; BatchNormalization d,s,t,m,v e; Add e,c "
  "g; Relu g h; "
  "MaxPool h j kernel_shape=[2,2] strides=[2,2]; GlobalAveragePool j q; Flatten q r; w z 8,5; w zb "
  "5; Gemm r,z,zb logits; out logits";
static const char gated_net[] =
  "in x 1,3,9,9; w k 8,3,3,3 0.5; Conv x,k a strides=[2,2] pads=[1,1,1,1]; HardSwish a b1; "
  "GlobalAveragePool b1 g; w l 4,8,1,1; "
  "w lb 4; Conv g,l,lb h; Relu h hr; w n 8,4,1,1; Conv hr,n j; Sigmoid j sg; Mul b1,sg c; w o "
  "6,8,1,1; Conv c,o e; Clip e,lo,hi e6; f lo - 0; "
  "f hi - 6; GlobalAveragePool e6 q; Flatten q logits; out logits";
static const char joined_net[] =
  "in x 1,2,12,12; w k 4,2,1,1; w kb 4; Conv x,k,kb a; Relu a b1; w l 6,4,1,1; Conv b1,l c; Relu c "
  "d; w n 6,4,3,3 0.5; "
  "Conv b1,n e pads=[1,1,1,1]; Relu e g; Concat d,g h axis=1; AveragePool h j kernel_shape=[3,3] "
  "strides=[2,2]; w o 3,12,1,1; Conv j,o q; "
  "f sc 4 1,1,2,2; Resize q,,sc r mode=linear; Softmax r logits axis=1; out logits";
static const char attention_net[] =
  "in x 1,3,8,8; w k 8,3,4,4 0.5; Conv x,k a strides=[4,4]; i rs 1,8,4; Reshape a,rs b1; Transpose "
  "b1 c perm=[0,2,1]; w ls 8; w lb 8; "
  "LayerNormalization c,ls,lb d; w wq 8,8 0.5; w wk 8,8 0.5; w wv 8,8 0.5; MatMul d,wq q; MatMul "
  "d,wk kk; MatMul d,wv vv; i hs 1,4,2,4; "
  "Reshape q,hs q2; Transpose q2 q3 perm=[0,2,1,3]; Reshape kk,hs k2; Transpose k2 k3 "
  "perm=[0,2,3,1]; Reshape vv,hs v2; "
  "Transpose v2 v3 perm=[0,2,1,3]; MatMul q3,k3 sc; f half - 0.5; Mul sc,half sd; Softmax sd p "
  "axis=-1; MatMul p,v3 o; "
  "Transpose o o2 perm=[0,2,1,3]; i os 1,4,8; Reshape o2,os o3; Add o3,c y; ReduceMean y ym "
  "axes=[1] keepdims=0; w z 8,3; MatMul ym,z logits; "
  "out logits";

static WhySession *
new_session (WhyOnnxModel *model, WhyBackend backend)
{
  const WhySessionOptions options = { .backend = backend };
  g_autoptr (GError) error = NULL;
  WhySession *session = why_session_new (model, &options, &error);
  g_assert_no_error (error);
  return session;
}

static WhyTensor *
run_one (WhySession *session, WhyTensor *input, const char *name)
{
  g_autoptr (GError) error = NULL;
  WhyTensor *result = NULL;
  why_session_run (session, &input, 1, &name, 1, &result, NULL, &error);
  g_assert_no_error (error);
  return result;
}

static WhyTensor *
gradient_one (WhySession *session,
              WhyTensor *input,
              const char *of,
              WhyTensor *seed,
              const char *name,
              WhyGradRule rule)
{
  g_autoptr (GError) error = NULL;
  WhyTensor *result = NULL;
  why_session_gradients (session, &input, 1, of, seed, &name, 1, rule, NULL, &result, NULL, &error);
  g_assert_no_error (error);
  return result;
}

static void
expect_near (WhyTensor *actual, WhyTensor *expected, double tolerance)
{
  double distance = net_distance (actual, expected, 1e-6);
  g_assert_cmpfloat (distance, <=, tolerance);
}

/* ---- random networks: no value overwrites another ---- */

static void
test_random_nets (void)
{
  guint32 first = (guint32) g_test_rand_int_range (0, 1 << 20);
  g_test_message ("random networks %u to %u", first, first + RANDOM_NETS - 1);
  for (guint32 seed = first; seed < first + RANDOM_NETS; seed++)
    {
      g_autofree char *text = random_net (seed);
      net_check (text, NET_FORWARD_ONLY);
    }
}

static void
test_random_gradients (void)
{
  for (guint32 seed = 0; seed < RANDOM_NETS / 4; seed++)
    {
      g_autofree char *text = random_net (seed);
      net_check (text, 0);
    }
}

/* ---- whole gradients against differences ---- */

static double
score_of (WhyGraph *graph, WhyTensor *input, WhyTensor *seed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyTensor) result = NULL;
  WhyValue *wanted = why_graph_output (graph, 0);
  gsize count = why_tensor_count (seed);
  double sum = 0;

  why_graph_evaluate (graph, &input, &wanted, 1, &result, NULL, &error);
  g_assert_no_error (error);
  for (gsize index = 0; index < count; index++)
    sum += why_tensor_get_f64 (result, index) * why_tensor_get_f64 (seed, index);
  return sum;
}

static void
test_differences (gconstpointer data)
{
  const char *text = data;
  const WhyGraphOptions options = { .force_float64 = TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyOnnxModel) model = net_load (text);
  g_autoptr (GPtrArray) inputs = net_inputs (text, 11);
  WhyTensor *input = g_ptr_array_index (inputs, 0);
  WhyShape shape = { .rank = input->rank };
  memcpy (shape.dims, input->dims, sizeof shape.dims);
  g_autoptr (WhyGraph) graph = why_graph_new (model, &shape, 1, &options, &error);
  g_assert_no_error (error);
  const WhyValue *output = why_graph_output (graph, 0);
  g_autoptr (WhyTensor) seed = net_random (12, output->rank, output->dims);
  g_autoptr (WhyTensor) wide = why_tensor_cast (input, WHY_DTYPE_FLOAT64, &error);
  g_autoptr (WhyTensor) expected = why_tensor_copy (wide, &error);
  gsize count = why_tensor_count (wide);
  for (gsize index = 0; index < count; index++)
    {
      double *at = (double *) wide->data + index, held = *at;
      *at = held + DIFFERENCE_STEP;
      double above = score_of (graph, wide, seed);
      *at = held - DIFFERENCE_STEP;
      double below = score_of (graph, wide, seed);
      *at = held;
      ((double *) expected->data)[index] = (above - below) / (2 * DIFFERENCE_STEP);
    }
  for (WhyBackend backend = WHY_BACKEND_AUTO; backend <= WHY_BACKEND_REFERENCE;
       backend += WHY_BACKEND_REFERENCE)
    {
      g_autoptr (WhySession) session = new_session (model, backend);
      g_autoptr (WhyTensor) gradient =
        gradient_one (session, input, output->name, seed, "x", WHY_GRAD_RULE_GRADIENT);
      expect_near (gradient, expected, DIFFERENCE_TOLERANCE);
    }
}

/* ---- threads ---- */

static const char wide_net[] =
  "in x 1,8,48,48; w k 32,8,3,3 0.3; w kb 32; Conv x,k,kb a pads=[1,1,1,1]; Relu a b1; w l "
  "32,1,3,3; Conv b1,l c pads=[1,1,1,1] group=32; "
  "HardSwish c d; Add d,b1 e; MaxPool e f1 kernel_shape=[3,3] strides=[2,2]; GlobalAveragePool f1 "
  "g; Sigmoid g h; Mul f1,h j; "
  "i rs 1,32,-1; Reshape j,rs q; Transpose q r perm=[0,2,1]; w z 32,64 0.3; MatMul r,z s; Softmax "
  "s t axis=-1; "
  "ReduceMean t logits axes=[1] keepdims=0; out logits";

static void
test_threads (void)
{
  g_autoptr (WhyOnnxModel) model = net_load (wide_net);
  g_autoptr (GPtrArray) inputs = net_inputs (wide_net, 3);
  WhyTensor *input = g_ptr_array_index (inputs, 0);
  const gint64 dims[] = { 1, 64 };
  g_autoptr (WhyTensor) seed = net_random (4, 2, dims);
  int n_before = why_parallel_get_threads ();
  WhyTensor *values[2][2] = { { NULL } }, *gradients[2][2] = { { NULL } };

  for (int threads = 0; threads < 2; threads++)
    {
      why_parallel_set_threads (threads + 1);
      for (int repeat = 0; repeat < 2; repeat++)
        {
          g_autoptr (WhySession) session = new_session (model, WHY_BACKEND_AUTO);
          values[threads][repeat] = run_one (session, input, "logits");
          gradients[threads][repeat] =
            gradient_one (session, input, "logits", seed, "x", WHY_GRAD_RULE_GRADIENT);
        }
      g_assert_true (net_same_bits (values[threads][0], values[threads][1]));
      g_assert_true (net_same_bits (gradients[threads][0], gradients[threads][1]));
    }
  why_parallel_set_threads (n_before);
  expect_near (values[0][0], values[1][0], THREADS_TOLERANCE);
  expect_near (gradients[0][0], gradients[1][0], THREADS_TOLERANCE);
  for (int index = 0; index < 4; index++)
    {
      why_tensor_unref (values[index / 2][index % 2]);
      why_tensor_unref (gradients[index / 2][index % 2]);
    }
}

/* ---- cancelling ---- */

/* Plain definitions, and before the node with this index a step that cancels the run. */
static guint trip_at;
static WhyCancel *trip_token;

static gboolean
run_trip (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  why_cancel_set (trip_token);
  return TRUE;
}

static gboolean
compile_trip (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  *done = FALSE;
  if (node->index == trip_at)
    why_plan_add_step (plan, node, run_trip, NULL, 0, NULL, 0, NULL, NULL);
  return TRUE;
}

static void
test_cancel_at_each_node (void)
{
  static const WhyBackendClass backend = { "trip", compile_trip };
  g_autoptr (WhyOnnxModel) model = net_load (residual_net);
  g_autoptr (GPtrArray) inputs = net_inputs (residual_net, 5);
  WhyTensor *input = g_ptr_array_index (inputs, 0);
  const WhyGraphOptions options = { .promote_floats = TRUE };
  g_autoptr (GError) error = NULL;
  WhyShape shape = { .rank = input->rank };
  memcpy (shape.dims, input->dims, sizeof shape.dims);
  g_autoptr (WhyGraph) graph = why_graph_new (model, &shape, 1, &options, &error);
  g_assert_no_error (error);
  WhyValue *output = why_graph_output (graph, 0);
  g_autoptr (GPtrArray) keep = g_ptr_array_new ();
  g_ptr_array_add (keep, output);
  g_autoptr (WhyTensor) expected = NULL;
  why_graph_evaluate (graph, &input, &output, 1, &expected, NULL, &error);
  g_assert_no_error (error);

  for (trip_at = 0; trip_at < why_graph_n_nodes (graph); trip_at++)
    {
      const WhyPlanOptions plan_options = { .backend = &backend,
                                            .keep = keep,
                                            .memory_budget = 1 << 20 };
      WhyPlan *plan = why_plan_new (graph, &plan_options, &error);
      g_assert_no_error (error);
      trip_token = why_cancel_new ();
      why_plan_set_input (plan, why_graph_input (graph, 0), input, &error);
      g_assert_false (why_plan_run (plan, trip_token, &error));
      g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
      g_clear_error (&error);
      /* The next run, with a token of its own, starts from the beginning. */
      why_plan_set_input (plan, why_graph_input (graph, 0), input, &error);
      g_assert_true (why_plan_run (plan, NULL, &error));
      g_assert_no_error (error);
      g_autoptr (WhyTensor) result = why_plan_read (plan, output, &error);
      g_assert_true (net_same_bits (result, expected));
      why_cancel_unref (trip_token);
      why_plan_free (plan);
    }
}

typedef struct
{
  WhyCancel *token;
  gulong delay; /* microseconds */
} Later;

static gpointer
set_later (gpointer data)
{
  const Later *later = data;
  g_usleep (later->delay);
  why_cancel_set (later->token);
  return NULL;
}

/* A session that was cancelled wherever it happened to be gives the right answer next time, as does
 * one whose token was set before. */
static void
test_cancel_session (void)
{
  g_autoptr (WhyOnnxModel) model = net_load (wide_net);
  g_autoptr (GPtrArray) inputs = net_inputs (wide_net, 3);
  WhyTensor *input = g_ptr_array_index (inputs, 0);
  const gint64 dims[] = { 1, 64 };
  const char *names[] = { "x" };
  g_autoptr (WhyTensor) seed = net_random (4, 2, dims);
  g_autoptr (WhySession) fresh = new_session (model, WHY_BACKEND_AUTO);
  g_autoptr (WhySession) session = new_session (model, WHY_BACKEND_AUTO);
  g_autoptr (WhyTensor) expected =
    gradient_one (fresh, input, "logits", seed, "x", WHY_GRAD_RULE_GRADIENT);

  for (gulong delay = 0; delay < 40; delay++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyCancel) token = why_cancel_new ();
      g_autoptr (WhyTensor) cancelled = NULL;
      g_autoptr (WhyTensor) copy = why_tensor_copy (input, &error);
      Later later = { token, delay * 50 };
      GThread *thread = NULL;
      if (delay == 0)
        why_cancel_set (token);
      else
        thread = g_thread_new ("cancel", set_later, &later);
      gboolean done =
        why_session_gradients (session, &copy, 1, "logits", seed, names, 1, WHY_GRAD_RULE_GRADIENT,
                               NULL, &cancelled, token, &error);
      if (thread != NULL)
        g_thread_join (thread);
      g_assert_true (done || g_error_matches (error, WHY_ERROR, WHY_ERROR_CANCELLED));
      g_assert_false (done && delay == 0);
      g_assert_true (done == (cancelled != NULL));
      g_autoptr (WhyTensor) again =
        gradient_one (session, copy, "logits", seed, "x", WHY_GRAD_RULE_GRADIENT);
      g_assert_true (net_same_bits (again, expected));
    }
}

/* ---- budgets ---- */

static void
test_budget (void)
{
  /* 32 channels of 48 x 48 take 295 kB, of 8 x 8 they take 8 */
  static const char text[] = "in x 1,3,H,W; w k 32,3,3,3; Conv x,k a pads=[1,1,1,1]; Relu a b1; "
                             "GlobalAveragePool b1 y; out y";
  const gint64 large_dims[] = { 1, 3, 48, 48 }, small_dims[] = { 1, 3, 8, 8 };
  g_autoptr (WhyOnnxModel) model = net_load (text);
  g_autoptr (WhyTensor) large = net_random (5, 4, large_dims);
  g_autoptr (WhyTensor) small = net_random (6, 4, small_dims);
  const char *name = "y";

  for (WhyBackend backend = WHY_BACKEND_AUTO; backend <= WHY_BACKEND_REFERENCE;
       backend += WHY_BACKEND_REFERENCE)
    {
      const WhySessionOptions tight = { .backend = backend, .memory_budget = 200 << 10 };
      g_autoptr (GError) error = NULL;
      g_autoptr (WhySession) session = why_session_new (model, &tight, &error);
      g_autoptr (WhySession) wide = new_session (model, backend);
      WhyTensor *result = NULL;
      g_assert_false (why_session_run (session, &large, 1, &name, 1, &result, NULL, &error));
      g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
      g_assert_nonnull (strstr (
        error->message, "The network needs 1 MB for an input of this size, the budget is 0 MB; "
                        "use a smaller input or a larger budget"));
      g_assert_null (result);
      /* It is no dead end: a smaller picture fits, and a wider session takes the large one. */
      g_autoptr (WhyTensor) fits = run_one (session, small, name);
      g_autoptr (WhyTensor) expected = run_one (wide, small, name);
      g_assert_true (net_same_bits (fits, expected));
      g_assert_cmpuint (why_session_plan_bytes (session), <=, tight.memory_budget);
      result = run_one (wide, large, name);
      why_tensor_unref (result);
      g_assert_cmpuint (why_session_plan_bytes (wide), >, tight.memory_budget);
    }
}

/* Weights count, too: 256 x 256 of them take 262 kB, whatever the picture. */
static void
test_budget_of_weights (void)
{
  static const char text[] = "in x 1,256; w k 256,256; MatMul x,k y; out y";
  const gint64 dims[] = { 1, 256 };
  const WhySessionOptions tight = { .memory_budget = 200 << 10 }, wide = { .memory_budget = 400 << 10 };
  g_autoptr (WhyOnnxModel) model = net_load (text);
  g_autoptr (WhyTensor) x = net_random (5, 2, dims);
  g_autoptr (GError) error = NULL;
  g_autoptr (WhySession) small = why_session_new (model, &tight, &error);
  g_autoptr (WhySession) large = why_session_new (model, &wide, &error);
  const char *name = "y";
  WhyTensor *result = NULL;

  if (why_backend_fast () == NULL)
    {
      g_test_skip ("the reference backend reads weights where the file has them");
      return;
    }
  g_assert_false (why_session_run (small, &x, 1, &name, 1, &result, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "needs 1 MB"));
  g_assert_cmpuint (why_session_plan_bytes (small), ==, 0);
  result = run_one (large, x, name);
  why_tensor_unref (result);
  g_assert_cmpuint (why_session_plan_bytes (large), >=, 256 * 256 * sizeof (float));
  g_assert_cmpuint (why_session_plan_bytes (large), <=, wide.memory_budget);
}

/* What was packed for steps that a later question has split is dropped; plans for gradients asked for
 * before make room. */
static void
test_memory_of_questions (void)
{
  static const char text[] =
    "in x 1,16,12,12; w k 16,16,3,3 0.1; w l 16,16,3,3 0.1; w m 16,16,3,3 0.1; w s 16; w t 16; w u 16; p v 16; "
    "Conv x,k a pads=[1,1,1,1]; BatchNormalization a,s,t,u,v b; Relu b c; Conv c,l d pads=[1,1,1,1]; "
    "BatchNormalization d,s,t,u,v e; Relu e g; Conv g,m h pads=[1,1,1,1]; Relu h y; out y";
  static const char *const names[] = { "a", "b", "c", "d", "e", "g", "h" };
  const gint64 dims[] = { 1, 16, 12, 12 };
  g_autoptr (WhyOnnxModel) model = net_load (text);
  g_autoptr (WhyTensor) x = net_random (5, 4, dims);
  g_autoptr (WhyTensor) seed = net_random (6, 4, dims);
  g_autoptr (WhySession) growing = new_session (model, WHY_BACKEND_AUTO);
  g_autoptr (WhySession) fresh = new_session (model, WHY_BACKEND_AUTO);
  g_autoptr (GPtrArray) expected = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  WhyTensor *results[G_N_ELEMENTS (names)] = { NULL };
  g_autoptr (GError) error = NULL;

  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    why_tensor_unref (run_one (growing, x, names[index]));
  why_session_run (fresh, &x, 1, names, G_N_ELEMENTS (names), results, NULL, &error);
  g_assert_no_error (error);
  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    why_tensor_unref (results[index]);
  g_assert_cmpuint (why_session_plan_bytes (growing), ==, why_session_plan_bytes (fresh));

  gsize most = 0;
  for (int pass = 0; pass < 2; pass++)
    {
      const WhySessionOptions options = { .memory_budget = pass == 0 ? 0 : most };
      g_autoptr (WhySession) session = why_session_new (model, &options, &error);
      for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
        {
          WhyTensor *gradient = NULL;
          g_autoptr (WhySession) alone = new_session (model, WHY_BACKEND_AUTO);
          why_session_gradients (pass == 0 ? alone : session, &x, 1, "y", seed, &names[index], 1,
                                 WHY_GRAD_RULE_GRADIENT, NULL, &gradient, NULL, &error);
          g_assert_no_error (error);
          if (pass == 0)
            {
              most = MAX (most, why_session_plan_bytes (alone));
              g_ptr_array_add (expected, gradient);
              continue;
            }
          g_assert_cmpfloat (net_distance (gradient, g_ptr_array_index (expected, index), 1e-3), <=, 1e-5);
          g_assert_cmpuint (why_session_plan_bytes (session), <=, most);
          why_tensor_unref (gradient);
        }
      /* What all questions together need at least: the activations that the deepest gradient reads. */
      most += 3 * 16 * 12 * 12 * sizeof (float);
    }
}

/* Convolutions that would take long are made of pieces, with what follows them. They must be what the other
 * backend computes at once: along the first axis of a picture, with strides and dilation at the seams, and
 * along a batch. */
static void
test_long_convolutions (void)
{
  static const char *const texts[] = {
    "in x 1,16,331,200; w k 32,16,5,5 0.1; w b 32; Conv x,k,b a pads=[2,2,2,2]; Relu a y; out y",
    "in x 1,16,420,300; w k 32,16,5,5 0.1; w l 32,16,1,1; Conv x,k a pads=[3,2,5,2] strides=[2,1] dilations=[2,1]; "
    "Conv x,l r strides=[2,1]; Add a,r c; Relu c y; out y",
    "in x 3,16,160,140; w k 32,16,5,5 0.1; Conv x,k a pads=[2,2,2,2]; Relu a y; out y",
  };
  for (gsize text = 0; text < G_N_ELEMENTS (texts); text++)
    {
      g_autoptr (WhyOnnxModel) model = net_load (texts[text]);
      g_autoptr (GPtrArray) inputs = net_inputs (texts[text], 3);
      g_autoptr (WhySession) fast = new_session (model, WHY_BACKEND_AUTO);
      g_autoptr (WhySession) reference = new_session (model, WHY_BACKEND_REFERENCE);
      g_autoptr (WhyTensor) actual = run_one (fast, g_ptr_array_index (inputs, 0), "y");
      g_autoptr (WhyTensor) expected = run_one (reference, g_ptr_array_index (inputs, 0), "y");
      /* Sums of 400 products, each rounded to 6e-8. */
      g_assert_cmpfloat (net_distance (actual, expected, 1e-3), <=, 1e-5);
    }
}

/* Buffers whose lives do not overlap share memory: a long chain takes no more than a short one. */
static void
test_memory_is_shared (void)
{
  gsize n_bytes[2];
  for (int length = 0; length < 2; length++)
    {
      g_autoptr (GString) text = g_string_new ("in v0 1,8,32,32; w k 8,8,3,3 0.2; ");
      int n = length == 0 ? 4 : 24;
      for (int step = 0; step < n; step++)
        g_string_append_printf (text, "Conv v%d,k v%d pads=[1,1,1,1]; ", step, step + 1);
      g_string_append_printf (text, "out v%d", n);
      g_autoptr (WhyOnnxModel) model = net_load (text->str);
      g_autoptr (GPtrArray) inputs = net_inputs (text->str, 1);
      g_autoptr (WhySession) session = new_session (model, WHY_BACKEND_REFERENCE);
      g_autofree char *name = g_strdup_printf ("v%d", n);
      why_tensor_unref (run_one (session, g_ptr_array_index (inputs, 0), name));
      n_bytes[length] = why_session_plan_bytes (session);
    }
  g_assert_cmpuint (n_bytes[0], ==, n_bytes[1]);
}

/* ---- what a session remembers ---- */

static void
test_other_shapes (void)
{
  static const char text[] = "in x N,3,H,W; w k 4,3,3,3; Conv x,k a pads=[1,1,1,1]; Relu a b1; "
                             "GlobalAveragePool b1 g; Flatten g y; out y";
  static const gint64 shapes[][4] = { { 1, 3, 8, 8 }, { 2, 3, 5, 9 },  { 1, 3, 8, 8 },
                                      { 1, 3, 1, 1 }, { 3, 3, 40, 3 }, { 1, 3, 8, 8 } };
  g_autoptr (WhyOnnxModel) model = net_load (text);

  for (WhyBackend backend = WHY_BACKEND_AUTO; backend <= WHY_BACKEND_REFERENCE;
       backend += WHY_BACKEND_REFERENCE)
    {
      g_autoptr (WhySession) session = new_session (model, backend);
      for (gsize index = 0; index < G_N_ELEMENTS (shapes); index++)
        {
          g_autoptr (WhyTensor) input = net_random (20, 4, shapes[index]);
          g_autoptr (WhySession) fresh = new_session (model, backend);
          g_autoptr (WhyTensor) result = run_one (session, input, "y");
          g_autoptr (WhyTensor) expected = run_one (fresh, input, "y");
          g_autoptr (WhyTensor) seed = net_random (21, 2, expected->dims);
          g_autoptr (WhyTensor) gradient =
            gradient_one (session, input, "y", seed, "b1", WHY_GRAD_RULE_GRADIENT);
          g_autoptr (WhyTensor) expected_gradient =
            gradient_one (fresh, input, "y", seed, "b1", WHY_GRAD_RULE_GRADIENT);
          g_assert_cmpint (result->dims[0], ==, shapes[index][0]);
          g_assert_true (net_same_bits (result, expected));
          g_assert_true (net_same_bits (gradient, expected_gradient));
        }
    }
}

/* Score tensors, rules, tensors and pictures in turn: each answer as from a session that has seen
 * nothing else. */
static void
test_other_questions (void)
{
  static const char *const of[] = { "logits", "g", "logits", "r" };
  static const char *const wanted[] = { "x", "c", "a", "e" };
  g_autoptr (WhyOnnxModel) model = net_load (residual_net);
  g_autoptr (GPtrArray) first = net_inputs (residual_net, 30);
  g_autoptr (GPtrArray) second = net_inputs (residual_net, 31);

  for (WhyBackend backend = WHY_BACKEND_AUTO; backend <= WHY_BACKEND_REFERENCE;
       backend += WHY_BACKEND_REFERENCE)
    {
      g_autoptr (WhySession) session = new_session (model, backend);
      gsize n_bytes = 0;
      for (guint round = 0; round < 3; round++)
        {
          for (guint question = 0; question < 48; question++)
            {
              WhyTensor *input = g_ptr_array_index (question % 3 == 2 ? second : first, 0);
              const char *score = of[question / 12], *name = wanted[question / 3 % 4];
              WhyGradRule rule = (WhyGradRule) ((question + question / 16) % 3);
              g_autoptr (WhySession) fresh = new_session (model, backend);
              g_autoptr (WhyTensor) value = run_one (fresh, input, score);
              g_autoptr (WhyTensor) seed = net_random (32 + question, value->rank, value->dims);
              g_autoptr (WhyTensor) expected = gradient_one (fresh, input, score, seed, name, rule);
              g_autoptr (WhyTensor) result = gradient_one (session, input, score, seed, name, rule);
              g_autoptr (WhyTensor) activation = run_one (session, input, name);
              g_autoptr (WhyTensor) expected_activation = run_one (fresh, input, name);
              /* Fusing may differ between the two, and with it the rounding. */
              expect_near (result, expected, DIFFERENCE_TOLERANCE);
              expect_near (activation, expected_activation, DIFFERENCE_TOLERANCE);
            }
          if (round == 1)
            n_bytes = why_session_plan_bytes (session);
        }
      /* Asking the same again and again must not pile anything up. */
      g_assert_cmpuint (why_session_plan_bytes (session), <=, n_bytes);
    }
}

/* A changed tensor at another address is another picture; results are never overwritten by later
 * runs. */
static void
test_results_stay (void)
{
  g_autoptr (WhyOnnxModel) model = net_load (gated_net);
  g_autoptr (GPtrArray) first = net_inputs (gated_net, 40);
  g_autoptr (GPtrArray) second = net_inputs (gated_net, 41);
  g_autoptr (WhySession) session = new_session (model, WHY_BACKEND_AUTO);
  g_autoptr (WhyTensor) before = run_one (session, g_ptr_array_index (first, 0), "logits");
  g_autoptr (WhyTensor) copy = why_tensor_copy (before, NULL);
  g_autoptr (WhyTensor) other = run_one (session, g_ptr_array_index (second, 0), "logits");
  g_autoptr (WhyTensor) after = run_one (session, g_ptr_array_index (first, 0), "logits");
  g_assert_false (net_same_bits (before, other));
  g_assert_true (net_same_bits (before, copy));
  g_assert_true (net_same_bits (before, after));
}

static void
test_layouts (void)
{
  g_autoptr (WhyOnnxModel) model = net_load (residual_net);
  g_autoptr (GPtrArray) inputs = net_inputs (residual_net, 50);
  WhyTensor *input = g_ptr_array_index (inputs, 0);
  const gint64 dims[] = { 1, 5 };
  g_autoptr (WhyTensor) seed = net_random (51, 2, dims);
  const char *name = "g";
  WhyTensor *activations[2], *gradients[2];

  for (WhyBackend backend = WHY_BACKEND_AUTO; backend <= WHY_BACKEND_REFERENCE;
       backend += WHY_BACKEND_REFERENCE)
    {
      g_autoptr (WhySession) session = new_session (model, backend);
      g_autoptr (GError) error = NULL;
      int at = backend == WHY_BACKEND_REFERENCE;
      why_session_gradients (session, &input, 1, "logits", seed, &name, 1, WHY_GRAD_RULE_GRADIENT,
                             &activations[at], &gradients[at], NULL, &error);
      g_assert_no_error (error);
      gboolean last = strcmp (why_session_backend_name (session), "reference") != 0;
      g_assert_cmpint (why_tensor_is_channels_last (activations[at]), ==, last);
      g_assert_cmpint (why_tensor_is_channels_last (gradients[at]), ==, last);
      g_autoptr (WhyTensor) value = run_one (session, input, name);
      g_assert_true (why_tensor_is_dense (value));
      g_assert_true (net_same_bits (value, activations[at]));
    }
  expect_near (activations[0], activations[1], DIFFERENCE_TOLERANCE);
  expect_near (gradients[0], gradients[1], DIFFERENCE_TOLERANCE);
  for (int at = 0; at < 2; at++)
    {
      why_tensor_unref (activations[at]);
      why_tensor_unref (gradients[at]);
    }
}

/* Constants, inputs, unread inputs and outputs that are both can be asked for like everything else.
 */
static void
test_unusual_values (void)
{
  static const char text[] = "in x 2,3; in unread 4; w k 2,3; Add x,k y; Identity x same; out y; "
                             "out same; out k; out unread";
  static const char *const names[] = { "k", "x", "unread", "same", "y" };
  g_autoptr (WhyOnnxModel) model = net_load (text);
  g_autoptr (GPtrArray) inputs = net_inputs (text, 60);
  for (WhyBackend backend = WHY_BACKEND_AUTO; backend <= WHY_BACKEND_REFERENCE;
       backend += WHY_BACKEND_REFERENCE)
    {
      g_autoptr (WhySession) session = new_session (model, backend);
      g_autoptr (GError) error = NULL;
      WhyTensor *results[5] = { NULL };
      why_session_run (session, (WhyTensor *const *) inputs->pdata, 2, names, 5, results, NULL,
                       &error);
      g_assert_no_error (error);
      g_assert_true (net_same_bits (results[1], g_ptr_array_index (inputs, 0)));
      g_assert_true (net_same_bits (results[2], g_ptr_array_index (inputs, 1)));
      g_assert_true (net_same_bits (results[3], g_ptr_array_index (inputs, 0)));
      for (gsize at = 0; at < 6; at++)
        g_assert_cmpfloat (((float *) results[4]->data)[at], ==,
                           ((float *) results[0]->data)[at] + ((float *) results[1]->data)[at]);
      /* The gradient of a score by itself is its weights. */
      g_autoptr (WhyTensor) seed = net_random (61, 2, results[4]->dims);
      WhyTensor *gradient = NULL;
      why_session_gradients (session, (WhyTensor *const *) inputs->pdata, 2, "y", seed, &names[4],
                             1, WHY_GRAD_RULE_GRADIENT, NULL, &gradient, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (net_same_bits (gradient, seed));
      why_tensor_unref (gradient);
      for (gsize at = 0; at < 5; at++)
        why_tensor_unref (results[at]);
    }
}

/* ---- errors ---- */

static void
test_errors (void)
{
  g_autoptr (WhyOnnxModel) model = net_load (residual_net);
  g_autoptr (GPtrArray) inputs = net_inputs (residual_net, 70);
  g_autoptr (WhySession) session = new_session (model, WHY_BACKEND_AUTO);
  WhyTensor *input = g_ptr_array_index (inputs, 0), *pair[] = { input, input }, *result = NULL;
  const gint64 wrong_dims[] = { 1, 4, 10, 10 }, seed_dims[] = { 5 }, class_dims[] = { 1, 5 };
  g_autoptr (WhyTensor) wrong = net_random (71, 4, wrong_dims);
  g_autoptr (WhyTensor) seed = net_random (72, 1, seed_dims);
  g_autoptr (WhyTensor) good_seed = net_random (72, 2, class_dims);
  g_autoptr (GError) error = NULL;
  const char *name = "logitz", *good = "logits", *behind = "logits";
  WhyBackend backend;

#define EXPECT(call, error_code, part)                                                             \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_assert_false (call);                                                                         \
    g_assert_error (error, WHY_ERROR, error_code);                                                 \
    if (strstr (error->message, part) == NULL)                                                     \
      g_error ("no '%s' in '%s'", part, error->message);                                           \
    g_clear_error (&error);                                                                        \
    g_assert_null (result);                                                                        \
  }                                                                                                \
  G_STMT_END

  EXPECT (why_session_run (session, &input, 1, &name, 1, &result, NULL, &error),
          WHY_ERROR_NOT_FOUND, "The network has no tensor 'logitz'; nearest names: ");
  EXPECT (why_session_run (session, &wrong, 1, &good, 1, &result, NULL, &error),
          WHY_ERROR_BAD_SHAPE, "input 'x' wants 1x3x10x10, was given 1x4x10x10");
  EXPECT (why_session_run (session, pair, 2, &good, 1, &result, NULL, &error), WHY_ERROR_BAD_SHAPE,
          "the network has 1 inputs, shapes were given for 2");
  EXPECT (why_session_gradients (session, &input, 1, "logits", seed, &good, 1,
                                 WHY_GRAD_RULE_GRADIENT, NULL, &result, NULL, &error),
          WHY_ERROR_BAD_SHAPE, "The weights of the score are 5, 'logits' is 1x5");
  EXPECT (why_session_gradients (session, &input, 1, "nothing", seed, &good, 1,
                                 WHY_GRAD_RULE_GRADIENT, NULL, &result, NULL, &error),
          WHY_ERROR_NOT_FOUND, "The network has no tensor 'nothing'");
  g_autoptr (WhyTensor) row = run_one (session, input, "g");
  EXPECT (why_session_gradients (session, &input, 1, "g", row, &behind, 1, WHY_GRAD_RULE_GRADIENT,
                                 NULL, &result, NULL, &error),
          WHY_ERROR_NO_GRADIENT, "'logits' has no influence on 'g'");
  EXPECT (why_backend_parse ("fast", &backend, &error), WHY_ERROR_BAD_REQUEST,
          "There is no backend 'fast'; known are auto, onednn and reference");
#undef EXPECT
  g_assert_true (why_backend_parse ("reference", &backend, &error));
  g_assert_cmpint (backend, ==, WHY_BACKEND_REFERENCE);
  /* After all this the session is as good as new. */
  g_autoptr (WhyTensor) gradient =
    gradient_one (session, input, "logits", good_seed, "x", WHY_GRAD_RULE_GRADIENT);
  g_autoptr (WhySession) fresh = new_session (model, WHY_BACKEND_AUTO);
  g_autoptr (WhyTensor) expected =
    gradient_one (fresh, input, "logits", good_seed, "x", WHY_GRAD_RULE_GRADIENT);
  expect_near (gradient, expected, DIFFERENCE_TOLERANCE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* The networks are too small to share out, and waiting for another thread takes longer than they
   * do. */
  why_parallel_set_threads (1);
  g_test_add_func ("/engine/random/values", test_random_nets);
  g_test_add_func ("/engine/random/gradients", test_random_gradients);
  g_test_add_data_func ("/engine/differences/residual", residual_net, test_differences);
  g_test_add_data_func ("/engine/differences/gated", gated_net, test_differences);
  g_test_add_data_func ("/engine/differences/joined", joined_net, test_differences);
  g_test_add_data_func ("/engine/differences/attention", attention_net, test_differences);
  g_test_add_func ("/engine/threads", test_threads);
  g_test_add_func ("/engine/cancel/each-node", test_cancel_at_each_node);
  g_test_add_func ("/engine/cancel/session", test_cancel_session);
  g_test_add_func ("/engine/memory/budget", test_budget);
  g_test_add_func ("/engine/long-convolutions", test_long_convolutions);
  g_test_add_func ("/engine/memory/weights", test_budget_of_weights);
  g_test_add_func ("/engine/memory/questions", test_memory_of_questions);
  g_test_add_func ("/engine/memory/shared", test_memory_is_shared);
  g_test_add_func ("/engine/session/shapes", test_other_shapes);
  g_test_add_func ("/engine/session/questions", test_other_questions);
  g_test_add_func ("/engine/session/results-stay", test_results_stay);
  g_test_add_func ("/engine/session/layouts", test_layouts);
  g_test_add_func ("/engine/session/unusual-values", test_unusual_values);
  g_test_add_func ("/engine/session/errors", test_errors);
  return g_test_run ();
}
