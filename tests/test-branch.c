#include "config.h"

#include "base/error.h"
#include "base/parallel.h"
#include "engine/branch.h"
#include "graph/branch.h"
#include "net-check.h"
#include "random-net.h"

#include <string.h>

/* Alternatives computed at once must be what each gives by itself; a branch that is given the very
 * values that the network has computed must give what the network gave. */

/* Other kernels are chosen for more pictures, and they sum in another order. */
#define SAME_TOLERANCE 1e-5
#define N 3

static const char attention_net[] =
  "in x 1,6,8; w q 8,8 0.5; w k 8,8 0.5; w v 8,8 0.5; w position 1,7,8; w token 1,1,8; w head 8,5; "
  "w bias 5;"
  "Concat token,x tokens axis=1; Add tokens,position placed; Transpose placed turned perm=[1,0,2];"
  "MatMul turned,q q0; MatMul turned,k k0; MatMul turned,v v0; i heads 7,2,4; Reshape q0,heads q1;"
  "Reshape k0,heads k1; Reshape v0,heads v1; Transpose q1 q2 perm=[1,0,2]; Transpose k1 k2 "
  "perm=[1,2,0];"
  "Transpose v1 v2 perm=[1,0,2]; MatMul q2,k2 scores; Softmax scores weights axis=-1; MatMul "
  "weights,v2 mixed;"
  "Transpose mixed back perm=[1,0,2]; i flat 7,1,8; Reshape back,flat joined; Add joined,turned "
  "sum;"
  "Transpose sum rows perm=[1,0,2]; ReduceMean rows mean axes=[-1] keepdims=1; Sub rows,mean "
  "centred;"
  "i first 0; Gather centred,first cls axis=1; i two 1,8; Reshape cls,two row; Gemm row,head,bias "
  "logits; out logits";

static const char windows_net[] =
  "in x 1,4,4,6; i cut 1,2,2,2,2,6; Reshape x,cut parts; Transpose parts near perm=[0,1,3,2,4,5];"
  "i windows 4,4,6; Reshape near,windows w; w q 6,6; MatMul w,q q0; Transpose q0 q1 perm=[0,2,1];"
  "MatMul w,q1 s; w mask 4,4,4; Add s,mask masked; Softmax masked p axis=-1; MatMul p,w mixed;"
  "i back 1,2,2,2,2,6; Reshape mixed,back b; Transpose b far perm=[0,1,3,2,4,5]; i whole 1,4,4,6;"
  "Reshape far,whole y; i begin 1; i end 3; i axis 2; Slice y,begin,end,axis part; "
  "ReduceMean part mean axes=[1,2] keepdims=0; w head 6,5; MatMul mean,head logits; out logits";

static const char picture_net[] =
  "in x 1,3,8,8; w a 4,3,3,3; w ab 4; Conv x,a,ab c1 pads=[1,1,1,1]; Relu c1 r1; w b 4,4,3,3; w bb "
  "4;"
  "Conv r1,b,bb c2 pads=[1,1,1,1]; Add c2,r1 s; Relu s r2; MaxPool r2 p kernel_shape=[2,2] "
  "strides=[2,2];"
  "w e 4,4,1,1; w eb 4; GlobalAveragePool p g0; Conv g0,e,eb g1; Sigmoid g1 g2; Mul p,g2 gated;"
  "f sizes - 1; i up 1,4,8,8; Resize gated,,,up big mode=nearest; Concat big,r1 both axis=1;"
  "GlobalAveragePool both pooled; Flatten pooled flat axis=1; w head 5,8; w hb 5;"
  "Gemm flat,head,hb logits transB=1; Softmax logits probabilities axis=1; out probabilities";

static WhyTensor *
stack (GPtrArray *rows)
{
  const WhyTensor *first = g_ptr_array_index (rows, 0);
  gint64 dims[WHY_MAX_RANK];

  memcpy (dims, first->dims, sizeof dims);
  dims[0] *= rows->len;
  WhyTensor *all = why_tensor_new (first->dtype, first->rank, dims, NULL);
  for (guint row = 0; row < rows->len; row++)
    memcpy ((guint8 *) all->data + row * first->n_bytes,
            ((const WhyTensor *) g_ptr_array_index (rows, row))->data, first->n_bytes);
  return all;
}

/* Row @row of @n, in the dims of @like. */
static WhyTensor *
row_of (const WhyTensor *all, gsize row, gsize n, const WhyTensor *like)
{
  WhyTensor *one = why_tensor_new (all->dtype, like->rank, like->dims, NULL);
  g_assert_cmpuint (one->n_bytes * n, ==, all->n_bytes);
  memcpy (one->data, (const guint8 *) all->data + row * one->n_bytes, one->n_bytes);
  return one;
}

static void
expect_near (
  WhyTensor *actual, WhyTensor *expected, const char *what, const char *name, const char *text)
{
  double distance = net_distance (actual, expected, 1e-3);
  if (!(distance <= SAME_TOLERANCE))
    g_error ("%s from '%s' is off by %g\n%s", what, name, distance, text);
}

typedef struct
{
  const char *text;
  WhySession *session;
  WhyTensor **inputs;
  gsize n_inputs;
  const char *out;
  WhyTensor *expected; /* of the current picture */
} Net;

/* Alternatives of one tensor: its own values first, random ones behind. */
static void
check_from (const Net *net, const char *from, gboolean must_batch)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  WhyTensor *own = NULL, *together = NULL;

  g_assert_true (
    why_session_run (net->session, net->inputs, net->n_inputs, &from, 1, &own, NULL, &error));
  g_ptr_array_add (rows, own);
  for (guint row = 1; row < N; row++)
    g_ptr_array_add (rows, net_random (row + 77, own->rank, own->dims));
  g_autoptr (WhyTensor) all = stack (rows);
  g_autoptr (WhyBranch) many =
    why_branch_new (net->session, net->inputs, net->n_inputs, from, &net->out, 1, N, NULL, &error);
  g_autoptr (WhyBranch) one =
    why_branch_new (net->session, net->inputs, net->n_inputs, from, &net->out, 1, 1, NULL, &error);
  if (error != NULL)
    g_error ("branch from '%s': %s\n%s", from, error->message, net->text);
  if (must_batch && why_branch_n (many) != N)
    {
      g_autoptr (GPtrArray) outside = g_ptr_array_new ();
      WhyGraph *graph = why_session_graph (net->session);
      WhyValue *out = why_graph_find_value (graph, net->out);
      g_autoptr (WhyGraph) none =
        why_graph_branch (graph, why_graph_find_value (graph, from), N, &out, 1, outside, &error);
      g_error ("from '%s': %s\n%s", from, error->message, net->text);
    }
  g_assert_true (why_branch_run (many, all, N, &together, NULL, &error));
  for (guint row = 0; row < N; row++)
    {
      WhyTensor *single = NULL;
      g_autoptr (WhyTensor) part = row_of (together, row, N, net->expected);
      g_assert_true (why_branch_run (one, g_ptr_array_index (rows, row), 1, &single, NULL, &error));
      g_autoptr (WhyTensor) shaped = row_of (single, 0, 1, net->expected);
      expect_near (part, shaped, "one of several", from, net->text);
      if (row == 0)
        expect_near (shaped, net->expected, "what the network computed", from, net->text);
      why_tensor_unref (single);
    }
  why_tensor_unref (together);
}

static void
net_open (Net *net, const char *text, WhyBackend backend, GPtrArray **inputs)
{
  g_autoptr (WhyOnnxModel) model = net_load (text);
  g_autoptr (GError) error = NULL;
  const WhySessionOptions options = { .backend = backend };

  *inputs = net_inputs (text, 5);
  net->text = text;
  net->session = why_session_new (model, &options, &error);
  g_assert_no_error (error);
  net->inputs = (WhyTensor **) (*inputs)->pdata;
  net->n_inputs = (*inputs)->len;
  net->out = model->graph->outputs[0].name;
  g_assert_true (why_session_run (net->session, net->inputs, net->n_inputs, &net->out, 1,
                                  &net->expected, NULL, &error));
}

static void
net_close (Net *net, GPtrArray *inputs)
{
  why_tensor_unref (net->expected);
  why_session_free (net->session);
  g_ptr_array_unref (inputs);
}

/* From every tensor of the network that its output depends on. */
static guint
check_net (const char *text, WhyBackend backend, gboolean must_batch)
{
  Net net;
  GPtrArray *inputs;
  guint n_checked = 0;

  net_open (&net, text, backend, &inputs);
  WhyGraph *graph = why_session_graph (net.session);
  guint n_values = why_graph_n_values (graph);
  for (guint index = 0; index < n_values; index++)
    {
      const WhyValue *value = why_graph_value (graph, index);
      g_autoptr (GPtrArray) outside = g_ptr_array_new ();
      WhyValue *out = why_graph_output (graph, 0);
      g_autoptr (WhyGraph) branch =
        value->constant == NULL && value->dtype == WHY_DTYPE_FLOAT32 && value->rank > 0
          ? why_graph_branch (graph, value, 1, &out, 1, outside, NULL)
          : NULL;
      if (branch == NULL)
        continue;
      check_from (&net, value->name, must_batch);
      n_checked++;
    }
  net_close (&net, inputs);
  return n_checked;
}

static void
test_net (gconstpointer text)
{
  g_assert_cmpuint (check_net (text, WHY_BACKEND_AUTO, FALSE), >, 10);
  check_net (text, WHY_BACKEND_REFERENCE, FALSE);
}

/* From the input, where nothing is cut apart, these must be computed together. */
static void
test_batched (gconstpointer text)
{
  Net net;
  GPtrArray *inputs;

  net_open (&net, text, WHY_BACKEND_AUTO, &inputs);
  check_from (&net, "x", TRUE);
  net_close (&net, inputs);
}

static void
test_random (void)
{
  for (guint32 seed = 1; seed <= 40; seed++)
    {
      g_autofree char *text = random_net (seed);
      check_net (text, WHY_BACKEND_AUTO, FALSE);
    }
}

/* Where pictures would mix they are computed one after the other. */
static void
test_mixed (void)
{
  static const char text[] =
    "in x 1,3,4,4; ReduceMean x m axes=[0] keepdims=1; Sub x,m y; Relu y r;"
    "ReduceMax r out1 axes=[0,2,3] keepdims=0; out out1";
  Net net;
  GPtrArray *inputs;
  g_autoptr (GError) error = NULL;

  check_net (text, WHY_BACKEND_AUTO, FALSE);
  net_open (&net, text, WHY_BACKEND_AUTO, &inputs);
  g_autoptr (WhyBranch) branch =
    why_branch_new (net.session, net.inputs, 1, "x", &net.out, 1, 4, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (why_branch_n (branch), ==, 1);
  WhyGraph *graph = why_session_graph (net.session);
  WhyValue *out = why_graph_output (graph, 0);
  g_autoptr (GPtrArray) outside = g_ptr_array_new ();
  g_assert_null (why_graph_branch (graph, why_graph_input (graph, 0), 2, &out, 1, outside, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP);
  g_assert_nonnull (strstr (error->message, "ReduceMean 'm'"));
  net_close (&net, inputs);
}

/* Gradients of each alternative's own score; with and without a run before, padded and not. */
static void
test_gradients (gconstpointer text)
{
  Net net;
  GPtrArray *inputs;
  g_autoptr (GError) error = NULL;

  net_open (&net, text, WHY_BACKEND_AUTO, &inputs);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  for (guint row = 0; row < 5; row++)
    g_ptr_array_add (rows, net_random (row + 3, net.inputs[0]->rank, net.inputs[0]->dims));
  g_autoptr (WhyTensor) all = stack (rows);
  for (gint64 n = 1; n <= 8; n++)
    {
      g_autoptr (WhyBranch) branch =
        why_branch_new (net.session, net.inputs, 1, "x", &net.out, 1, n, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (why_branch_n (branch), ==, n);
      WhyTensor *answers = NULL, *gradients = NULL;
      if (n % 2 == 0)
        g_assert_true (why_branch_run (branch, all, 5, &answers, NULL, &error));
      gint64 dims[WHY_MAX_RANK];
      memcpy (dims, net.expected->dims, sizeof dims);
      dims[0] *= 5;
      g_autoptr (WhyTensor) seed = net_random (9, net.expected->rank, dims);
      g_assert_true (why_branch_gradients (branch, all, 5, seed, WHY_GRAD_RULE_GRADIENT, &gradients,
                                           NULL, &error));
      for (guint row = 0; row < 5; row++)
        {
          const char *x = "x";
          WhyTensor *gradient = NULL;
          g_autoptr (WhyTensor) own_seed = row_of (seed, row, 5, net.expected);
          g_autoptr (WhyTensor) part = row_of (gradients, row, 5, net.inputs[0]);
          WhyTensor *input = g_ptr_array_index (rows, row);
          g_assert_true (why_session_gradients (net.session, &input, 1, net.out, own_seed, &x, 1,
                                                WHY_GRAD_RULE_GRADIENT, NULL, &gradient, NULL,
                                                &error));
          expect_near (part, gradient, "gradient", x, text);
          why_tensor_unref (gradient);
        }
      why_tensor_unref (gradients);
      why_tensor_unref (answers);
    }
  net_close (&net, inputs);
}

/* Memory for one alternative but not for many: fewer are computed at once, with the same result. */
static void
test_budget (void)
{
  g_autoptr (WhyOnnxModel) model = net_load (picture_net);
  g_autoptr (GPtrArray) inputs = net_inputs (picture_net, 5);
  g_autoptr (GError) error = NULL;
  const WhySessionOptions options = { .memory_budget = 64 << 10 };
  g_autoptr (WhySession) small = why_session_new (model, &options, &error);
  g_autoptr (WhySession) large = why_session_new (model, NULL, &error);
  const gint64 dims[] = { 64, 3, 8, 8 };
  g_autoptr (WhyTensor) all = net_random (4, 4, dims);
  const char *out = "logits";
  WhyTensor *results[2] = { NULL, NULL };

  g_assert_no_error (error);
  g_autoptr (WhyBranch) few =
    why_branch_new (small, (WhyTensor *const *) inputs->pdata, 1, "x", &out, 1, 64, NULL, &error);
  g_autoptr (WhyBranch) many =
    why_branch_new (large, (WhyTensor *const *) inputs->pdata, 1, "x", &out, 1, 64, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (why_branch_run (few, all, 64, &results[0], NULL, &error));
  g_assert_true (why_branch_run (many, all, 64, &results[1], NULL, &error));
  g_assert_cmpint (why_branch_n (few), <, 64);
  g_assert_cmpint (why_branch_n (many), ==, 64);
  expect_near (results[0], results[1], "within a small budget", "x", picture_net);
  why_tensor_unref (results[0]);
  why_tensor_unref (results[1]);
}

/* A branch that is kept gives what a new one gives, also for another picture, whose skip connection
 * is another. */
static void
test_kept (void)
{
  Net net;
  GPtrArray *inputs;
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { 2, 4, 8, 8 };
  g_autoptr (WhyTensor) two = net_random (1, 4, dims);

  net_open (&net, picture_net, WHY_BACKEND_AUTO, &inputs);
  WhyTensor *first = NULL, *second = NULL, *expected = NULL;
  WhyBranch *kept = why_branch_get (net.session, net.inputs, 1, "c2", &net.out, 1, 2, NULL, &error);
  g_assert_true (why_branch_run (kept, two, 2, &first, NULL, &error));
  g_autoptr (WhyTensor) other = net_random (3, 4, net.inputs[0]->dims);
  WhyBranch *again = why_branch_get (net.session, &other, 1, "c2", &net.out, 1, 2, NULL, &error);
  g_assert_true (again == kept);
  g_assert_true (why_branch_run (again, two, 2, &second, NULL, &error));
  g_autoptr (WhyBranch) fresh =
    why_branch_new (net.session, &other, 1, "c2", &net.out, 1, 2, NULL, &error);
  g_assert_true (why_branch_run (fresh, two, 2, &expected, NULL, &error));
  g_assert_true (net_same_bits (second, expected));
  g_assert_cmpfloat (net_distance (first, second, 1e-3), >, 1e-3);
  /* Another number, another tensor: another branch. */
  WhyBranch *three = why_branch_get (net.session, &other, 1, "c2", &net.out, 1, 3, NULL, &error);
  g_assert_cmpint (why_branch_n (three), ==, 3);
  WhyBranch *whole = why_branch_get (net.session, &other, 1, "x", &net.out, 1, 3, NULL, &error);
  g_assert_cmpint (why_branch_from (whole)->dims[1], ==, 3);
  g_assert_no_error (error);
  why_tensor_unref (first);
  why_tensor_unref (second);
  why_tensor_unref (expected);
  net_close (&net, inputs);
}

static void
test_errors (void)
{
  Net net;
  GPtrArray *inputs;
  g_autoptr (GError) error = NULL;
  const char *early = "c1";
  WhyTensor *result = NULL;

  net_open (&net, picture_net, WHY_BACKEND_AUTO, &inputs);
  g_assert_null (why_branch_new (net.session, net.inputs, 1, "r1", &early, 1, 2, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST);
  g_assert_nonnull (strstr (error->message, "'c1' does not depend on 'r1'"));
  g_clear_error (&error);
  g_assert_null (why_branch_new (net.session, net.inputs, 1, "r9", &net.out, 1, 2, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_autoptr (WhyBranch) branch =
    why_branch_new (net.session, net.inputs, 1, "r1", &net.out, 1, 2, NULL, &error);
  g_assert_false (why_branch_run (branch, net.inputs[0], 1, &result, NULL, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE);
  g_assert_nonnull (
    strstr (error->message, "1 alternatives of 'r1' (1x4x8x8) were given as 1x3x8x8"));
  g_clear_error (&error);
  g_autoptr (WhyCancel) cancel = why_cancel_new ();
  const gint64 dims[] = { 2, 4, 8, 8 };
  g_autoptr (WhyTensor) two = net_random (1, 4, dims);
  why_cancel_set (cancel);
  g_assert_false (why_branch_run (branch, two, 2, &result, cancel, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
  g_assert_null (result);
  net_close (&net, inputs);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  why_parallel_set_threads (1);
  g_test_add_data_func ("/branch/from-each/picture", picture_net, test_net);
  g_test_add_data_func ("/branch/from-each/attention", attention_net, test_net);
  g_test_add_data_func ("/branch/from-each/windows", windows_net, test_net);
  g_test_add_func ("/branch/from-each/random", test_random);
  g_test_add_data_func ("/branch/together/picture", picture_net, test_batched);
  g_test_add_data_func ("/branch/together/attention", attention_net, test_batched);
  g_test_add_data_func ("/branch/together/windows", windows_net, test_batched);
  g_test_add_func ("/branch/mixed", test_mixed);
  g_test_add_data_func ("/branch/gradients/picture", picture_net, test_gradients);
  g_test_add_data_func ("/branch/gradients/attention", attention_net, test_gradients);
  g_test_add_func ("/branch/budget", test_budget);
  g_test_add_func ("/branch/kept", test_kept);
  g_test_add_func ("/branch/errors", test_errors);
  return g_test_run ();
}
