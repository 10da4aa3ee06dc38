#include "config.h"

#include "base/error.h"
#include "graph/differentiate.h"
#include "net-text.h"
#include "onnx-builder.h"

#include <string.h>

/* Building a graph from a model, and differentiating it. */

#define F32 WHY_DTYPE_FLOAT32
/* Differences of float64 sums of a few terms. */
#define TOLERANCE 1e-12

static WhyGraph *
try_graph (WhyOnnxModel *model, const WhyGraphOptions *options, GError **error)
{
  WhyShape shapes[4] = { { 0 } };
  gsize n = model->graph->n_inputs;
  g_assert_cmpuint (n, <=, G_N_ELEMENTS (shapes));
  for (gsize input = 0; input < n; input++)
    {
      const WhyOnnxValueInfo *info = &model->graph->inputs[input];
      shapes[input].rank = info->rank;
      memcpy (shapes[input].dims, info->dims, sizeof shapes[input].dims);
    }
  return why_graph_new (model, shapes, n, options, error);
}

static WhyGraph *
new_graph (const char *text)
{
  g_autoptr (WhyOnnxModel) model = net_load (text);
  g_autoptr (GError) error = NULL;
  WhyGraph *graph = try_graph (model, NULL, &error);
  g_assert_no_error (error);
  return graph;
}

static void
expect_model_error (WhyOnnxModel *model, int code, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (try_graph (model, NULL, &error));
  g_assert_error (error, WHY_ERROR, code);
  if (strstr (error->message, message) == NULL)
    g_error ("no '%s' in '%s'", message, error->message);
}

static void
expect_error (const char *text, int code, const char *message)
{
  g_autoptr (WhyOnnxModel) model = net_load (text);
  expect_model_error (model, code, message);
}

static WhyTensor *
evaluate (WhyGraph *graph, WhyTensor *const *inputs, const char *name)
{
  g_autoptr (GError) error = NULL;
  WhyValue *value = why_graph_require_value (graph, name, &error);
  WhyTensor *result = NULL;
  g_assert_no_error (error);
  why_graph_evaluate (graph, inputs, &value, 1, &result, NULL, &error);
  g_assert_no_error (error);
  return result;
}

static void
expect_values (WhyTensor *tensor, gsize n, const double *expected)
{
  g_assert_cmpuint (why_tensor_count (tensor), ==, n);
  for (gsize at = 0; at < n; at++)
    g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (tensor, at), expected[at], TOLERANCE);
  why_tensor_unref (tensor);
}

#define EXPECT_VALUES(tensor, ...)                                                                 \
  expect_values (tensor, G_N_ELEMENTS (((const double[]){ __VA_ARGS__ })),                         \
                 (const double[]){ __VA_ARGS__ })

/* ---- order and names ---- */

static void
test_order (void)
{
  g_autoptr (WhyGraph) graph =
    new_graph ("in x 2; Sigmoid c y; Tanh b c; Neg b d; Relu a b; Add x,x a; out y; out d");
  guint place[256] = { 0 };
  g_assert_cmpuint (why_graph_n_nodes (graph), ==, 5);
  for (guint index = 0; index < 5; index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      g_assert_cmpuint (node->index, ==, index);
      for (guint input = 0; input < node->n_inputs; input++)
        g_assert_cmpuint (place[(guint8) node->inputs[input]->name[0]], <=, index);
      place[(guint8) node->outputs[0]->name[0]] = index + 1;
      g_assert_true (node->outputs[0]->producer == node);
    }
  WhyTensor *x = ob_f32 ("2", (const float[]){ 1, -3 });
  EXPECT_VALUES (evaluate (graph, &x, "d"), -2, 0);
  why_tensor_unref (x);
}

static void
test_cycles (void)
{
  expect_error ("in x 2; Relu x q; Add x,b a; Relu a b; out b", WHY_ERROR_BAD_MODEL,
                "Add 'a': is part of a cycle, or waits for one");
  expect_error ("in x 2; Add x,a a; out a", WHY_ERROR_BAD_MODEL,
                "Add 'a': is part of a cycle, or waits for one");
  expect_error ("in x 2; Relu a z; Add x,b a; Relu a b; out z", WHY_ERROR_BAD_MODEL,
                "is part of a cycle, or waits for one");
}

static void
test_names (void)
{
  expect_error ("in x 2; Relu x a; Neg x a; out a", WHY_ERROR_BAD_MODEL,
                "Neg 'a': tensor 'a' is made twice");
  expect_error ("in x 2; Relu x x; out x", WHY_ERROR_BAD_MODEL,
                "Relu 'x': tensor 'x' is made twice");
  expect_error ("in x 2; f k 2 1,2; Relu x k; out k", WHY_ERROR_BAD_MODEL,
                "Relu 'k': tensor 'k' is made twice");
  expect_error ("in x 2; Add x,q a; out a", WHY_ERROR_BAD_MODEL,
                "Add 'a': input 'q' is made by no node");
  expect_error ("in x 2; Relu x a; out b", WHY_ERROR_BAD_MODEL, "output 'b' is made by no node");
  expect_error ("in x 2; Relu x a", WHY_ERROR_BAD_MODEL, "the network has no output");
}

static void
test_find (void)
{
  g_autoptr (WhyGraph) graph =
    new_graph ("in picture 2; Relu picture layer1; Neg layer1 layer2; out layer2");
  g_autoptr (GError) error = NULL;
  g_assert_null (why_graph_find_value (graph, "layer3"));
  g_assert_null (why_graph_require_value (graph, "layr1", &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND);
  g_assert_true (
    g_str_has_prefix (error->message, "The network has no tensor 'layr1'; nearest names: "));
  g_assert_nonnull (strstr (error->message, "layer1"));
  g_assert_cmpuint (why_graph_n_uses (graph, why_graph_find_value (graph, "layer1")), ==, 1);
  g_assert_cmpuint (why_graph_n_uses (graph, why_graph_find_value (graph, "layer2")), ==, 0);
}

/* Identity, and Dropout whose mask nobody reads, are other names of their input. */
static void
test_aliases (void)
{
  g_autoptr (WhyGraph) graph =
    new_graph ("in x 2; Relu x a; Identity a b; Dropout b c; Dropout c d,mask; Neg d e; Where "
               "mask,e,x f; Identity x g; out b; out f; out g");
  WhyValue *a = why_graph_find_value (graph, "a");
  g_assert_true (why_graph_find_value (graph, "b") == a);
  g_assert_true (why_graph_find_value (graph, "c") == a);
  g_assert_true (why_graph_find_value (graph, "d") != a);
  g_assert_cmpstr (a->name, ==, "a");
  g_assert_true (why_graph_output (graph, 0) == a);
  g_assert_cmpstr (why_graph_output_name (graph, 0), ==, "b");
  g_assert_true (why_graph_output (graph, 2) == why_graph_input (graph, 0));
  g_assert_cmpstr (why_graph_output_name (graph, 2), ==, "g");
  WhyTensor *x = ob_f32 ("2", (const float[]){ 1, -3 });
  EXPECT_VALUES (evaluate (graph, &x, "f"), -1, 0);
  EXPECT_VALUES (evaluate (graph, &x, "g"), 1, -3);
  why_tensor_unref (x);
}

/* ---- operators that are not known ---- */

static void
test_unknown (void)
{
  g_autoptr (OnnxBuilder) b = ob_new (8, 13);
  OnnxBuilder *branch = ob_new_graph (), *other = ob_new_graph ();
  const guint8 yes = 1;
  g_autoptr (WhyTensor) condition =
    why_tensor_new_view (WHY_DTYPE_BOOL, 0, NULL, NULL, (gpointer) &yes, NULL, NULL);
  GString *many = g_string_new (NULL);

  ob_input (b, "x", F32, "2");
  ob_init (b, "yes", condition);
  ob_node (b, "Frob", "x", "a", NULL);
  ob_node_full (b, "node7", "com.example", "Zap", "a", "c", NULL);
  ob_node (b, "Frob", "c", "d", NULL);
  ob_node (branch, "Twist", "d", "inner", NULL);
  ob_output (branch, "inner", F32, "2");
  ob_node (other, "Relu", "d", "inner2", NULL);
  ob_output (other, "inner2", F32, "2");
  ob_node (b, "If", "yes", "y", ob_graph ("then_branch", branch), ob_graph ("else_branch", other),
           NULL);
  ob_output (b, "y", F32, "2");
  g_autoptr (WhyOnnxModel) model = ob_load (b);
  expect_model_error (model, WHY_ERROR_UNSUPPORTED_OP,
                      "3 operators are not supported: Frob (opset 13) at 'a', 'd'; Zap (domain "
                      "com.example) at 'node7'; Twist (opset 13) at 'inner'");

  /* Operators for passes only are none of a file's, and a long list is cut. */
  expect_error ("in x 2; ReluGrad x,x y; out y", WHY_ERROR_UNSUPPORTED_OP,
                "1 operator is not supported: ReluGrad (opset 17) at 'y'");
  g_string_append (many, "in x 2; ");
  for (int node = 0; node < 20; node++)
    g_string_append_printf (many, "Frob x v%d; ", node);
  g_string_append (many, "out v0");
  expect_error (many->str, WHY_ERROR_UNSUPPORTED_OP, "'v11' and 8 more");
  g_string_free (many, TRUE);
}

/* Newer sets than were looked at may mean something else by the same operator. */
static void
test_opsets (void)
{
  for (int opset = 21; opset <= WHY_OPSET_LAST_KNOWN + 1; opset++)
    {
      g_autofree char *text = g_strdup_printf ("opset %d; in x 2; Relu x y; out y", opset);
      if (opset > WHY_OPSET_LAST_KNOWN)
        expect_error (text, WHY_ERROR_UNSUPPORTED_OP, "operator set 29, but the newest known here is 28");
      else
        {
          g_autoptr (WhyOnnxModel) model = net_load (text);
          g_autoptr (GError) error = NULL;
          why_graph_check_operators (model, &error);
          g_assert_no_error (error);
        }
    }
}

/* ---- If ---- */

/* y = x + 1 or x - 1 (named inside as outside), as @condition, a statement that makes "cond", says.
 */
static WhyOnnxModel *
conditional (gboolean constant, gboolean value)
{
  g_autoptr (OnnxBuilder) b = ob_new (8, 13);
  OnnxBuilder *then_branch = ob_new_graph (), *else_branch = ob_new_graph ();
  const gint64 wanted = value ? 2 : 3;

  ob_input (b, "x", F32, "2");
  ob_init_f32 (b, "one", "1", (const float[]){ 1 });
  ob_init_i64 (b, "size", "1", &wanted);
  if (constant)
    {
      ob_node (b, "Shape", "x", "shape", NULL);
      ob_node (b, "Equal", "shape,size", "cond", NULL);
    }
  else
    ob_node (b, "Cast", "x", "cond", ob_int ("to", WHY_DTYPE_BOOL), NULL);
  ob_node (then_branch, "Add", "r,one", "inner", NULL);
  ob_output (then_branch, "inner", F32, "2");
  ob_init_f32 (else_branch, "own", "1", (const float[]){ 1 });
  ob_node (else_branch, "Sub", "r,own", "inner", NULL);
  ob_output (else_branch, "inner", F32, "2");
  ob_node (b, "If", "cond", "y", ob_graph ("then_branch", then_branch),
           ob_graph ("else_branch", else_branch), NULL);
  /* behind the If that needs it: order must be mended for what branches read as well */
  ob_node (b, "Neg", "x", "r", NULL);
  ob_output (b, "y", F32, "2");
  return ob_load (b);
}

static void
test_if (void)
{
  for (int value = 0; value < 2; value++)
    {
      g_autoptr (WhyOnnxModel) model = conditional (TRUE, value);
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyGraph) graph = try_graph (model, NULL, &error);
      g_assert_no_error (error);
      WhyTensor *x = ob_f32 ("2", (const float[]){ 5, 7 });
      if (value)
        EXPECT_VALUES (evaluate (graph, &x, "y"), -4, -6);
      else
        EXPECT_VALUES (evaluate (graph, &x, "y"), -6, -8);
      g_assert_cmpuint (why_graph_n_nodes (graph), ==, 2);
      why_tensor_unref (x);
    }
  g_autoptr (WhyOnnxModel) model = conditional (FALSE, TRUE);
  expect_model_error (
    model, WHY_ERROR_UNSUPPORTED_OP,
    "If 'y': its condition depends on the picture; only a constant one is supported");
}

/* ---- local functions ---- */

/* Bent (X) = LeakyRelu (X) with alpha from the attribute "slope" (default, if any), which calls
 * itself if it is to */
static WhyOnnxModel *
with_function (const char *default_slope, gboolean give_slope, gboolean recursive)
{
  g_autoptr (OnnxBuilder) b = ob_new (8, 13);
  GByteArray *function = pb_new (), *opset = pb_new (), *ref = pb_new (), *node = pb_new ();

  ob_opset (b, "local", 1);
  pb_string (ref, 1, "alpha");
  pb_string (ref, 21, "slope");
  pb_int (ref, 20, WHY_ONNX_ATTR_FLOAT);
  pb_string (node, 1, "X");
  pb_string (node, 2, "Y");
  pb_string (node, 3, "inner");
  pb_string (node, 4, recursive ? "Bent" : "LeakyRelu");
  if (recursive)
    pb_string (node, 7, "local");
  pb_message (node, 5, ref);
  pb_string (function, 1, "Bent");
  pb_string (function, 4, "X");
  pb_string (function, 5, "Y");
  if (default_slope == NULL)
    pb_string (function, 6, "slope");
  pb_message (function, 7, node);
  pb_string (opset, 1, "");
  pb_int (opset, 2, 13);
  pb_message (function, 9, opset);
  pb_string (function, 10, "local");
  if (default_slope != NULL)
    pb_message (function, 11, ob_float ("slope", (float) g_ascii_strtod (default_slope, NULL)));
  pb_message (b->model, 25, function);
  ob_input (b, "x", F32, "2");
  ob_node_full (b, "call", "local", "Bent", "x", "a", give_slope ? ob_float ("slope", 0.25f) : NULL,
                NULL);
  ob_node_full (b, "again", "local", "Bent", "a", "y", give_slope ? ob_float ("slope", 0.5f) : NULL,
                NULL);
  ob_output (b, "y", F32, "2");
  return ob_load (b);
}

static void
test_functions (void)
{
  static const struct
  {
    const char *default_slope;
    gboolean give;
    double expected; /* of -64 */
  } cases[] = {
    { NULL, TRUE, -64 * 0.25 * 0.5 },
    { "0.125", FALSE, -64 * 0.125 * 0.125 },
    { "0.125", TRUE, -64 * 0.25 * 0.5 },
    { NULL, FALSE, -64 * (double) 0.01f * (double) 0.01f }, /* the operator's own */
  };
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      g_autoptr (WhyOnnxModel) model =
        with_function (cases[index].default_slope, cases[index].give, FALSE);
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyGraph) graph = try_graph (model, NULL, &error);
      g_assert_no_error (error);
      WhyTensor *x = ob_f32 ("2", (const float[]){ 3, -64 });
      g_autoptr (WhyTensor) y = evaluate (graph, &x, "y");
      g_assert_cmpfloat (why_tensor_get_f64 (y, 0), ==, 3);
      g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (y, 1), cases[index].expected, 1e-6);
      g_assert_nonnull (why_graph_find_value (graph, "a"));
      why_tensor_unref (x);
    }
  g_autoptr (WhyOnnxModel) endless = with_function (NULL, TRUE, TRUE);
  expect_model_error (endless, WHY_ERROR_BAD_MODEL,
                      "functions and branches are nested more than 16 deep");
}

/* ---- types ---- */

static void
test_types (void)
{
  g_autoptr (OnnxBuilder) b = ob_new (8, 13);
  g_autoptr (WhyTensor) weight = ob_f32 ("2", (const float[]){ 0.5f, 2 });
  g_autoptr (WhyTensor) half = why_tensor_cast (weight, WHY_DTYPE_FLOAT16, NULL);
  static const struct
  {
    WhyGraphOptions options;
    WhyDType x, product, wide;
  } cases[] = {
    { { 0 }, WHY_DTYPE_FLOAT16, WHY_DTYPE_FLOAT16, WHY_DTYPE_FLOAT64 },
    { { .promote_floats = TRUE }, F32, F32, F32 },
    { { .force_float64 = TRUE }, WHY_DTYPE_FLOAT64, WHY_DTYPE_FLOAT64, WHY_DTYPE_FLOAT64 },
    { { .promote_floats = TRUE, .force_float64 = TRUE },
      WHY_DTYPE_FLOAT64,
      WHY_DTYPE_FLOAT64,
      WHY_DTYPE_FLOAT64 },
  };
  ob_input (b, "x", WHY_DTYPE_FLOAT16, "2");
  ob_init (b, "w", half);
  ob_node (b, "Mul", "x,w", "product", NULL);
  ob_node (b, "Cast", "product", "wide", ob_int ("to", WHY_DTYPE_FLOAT64), NULL);
  ob_node (b, "Cast", "product", "whole", ob_int ("to", WHY_DTYPE_INT64), NULL);
  ob_node (b, "Constant", "", "k", ob_float ("value_float", 3), NULL);
  ob_output (b, "wide", WHY_DTYPE_FLOAT64, "2");
  ob_output (b, "whole", WHY_DTYPE_INT64, "2");
  ob_output (b, "k", F32, "");
  g_autoptr (WhyOnnxModel) model = ob_load (b);
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyGraph) graph = try_graph (model, &cases[index].options, &error);
      g_assert_no_error (error);
      g_assert_cmpint (why_graph_input (graph, 0)->dtype, ==, cases[index].x);
      g_assert_cmpint (why_graph_find_value (graph, "w")->dtype, ==, cases[index].x);
      g_assert_cmpint (why_graph_find_value (graph, "product")->dtype, ==, cases[index].product);
      g_assert_cmpint (why_graph_find_value (graph, "wide")->dtype, ==, cases[index].wide);
      g_assert_cmpint (why_graph_find_value (graph, "whole")->dtype, ==, WHY_DTYPE_INT64);
      g_assert_cmpint (why_graph_find_value (graph, "k")->dtype, ==,
                       index < 2 ? F32 : WHY_DTYPE_FLOAT64);
      g_autoptr (WhyTensor) x = why_tensor_cast (weight, cases[index].x, NULL);
      EXPECT_VALUES (evaluate (graph, &x, "wide"), 0.25, 4);
      EXPECT_VALUES (evaluate (graph, &x, "whole"), 0, 4);
    }
}

/* ---- folding ---- */

/* What exporters make of x.reshape (x.shape[0], -1): only the Reshape is left. */
static void
test_folding (void)
{
  g_autoptr (WhyGraph) graph = new_graph (
    "in x 2,3,4; Shape x s; i zero 0; i axis 0; Gather s,zero n axis=0; i minus -1; Concat n,minus "
    "target axis=0; Reshape x,target y; "
    "Size x count; Cast count f to=1; Sqrt f root; Mul root,root back; Mul y,back z; out z");
  g_assert_cmpuint (why_graph_n_nodes (graph), ==, 2);
  g_assert_cmpstr (why_graph_node (graph, 0)->klass->type, ==, "Reshape");
  g_assert_cmpstr (why_graph_node (graph, 1)->klass->type, ==, "Mul");
  const WhyValue *target = why_graph_find_value (graph, "target"),
                 *back = why_graph_find_value (graph, "back");
  g_assert_nonnull (target->constant);
  g_assert_null (target->producer);
  g_assert_cmpint (why_tensor_get_i64 (target->constant, 0), ==, 2);
  g_assert_cmpfloat_with_epsilon (why_tensor_get_f64 (back->constant, 0), 24, 1e-5);
  g_assert_cmpint (why_graph_find_value (graph, "y")->dims[1], ==, 12);
}

/* Operators that are computed from constants alone cannot take all memory; what depends on the
 * picture is not computed. */
static void
test_large_constants (void)
{
  expect_error ("in x 2; i dims 70000,70000; ConstantOfShape dims c; out c", WHY_ERROR_TOO_LARGE,
                "ConstantOfShape 'c': constant results would take more than 1 GB");
  expect_error ("in x 1; i dims 4000000000,4000000000,4000000000; Expand x,dims c; out c",
                WHY_ERROR_TOO_LARGE, "Expand 'c': its output would be ");
  expect_error ("in x 2; f one - 1; i dims 70000,70000; Expand one,dims c; Neg c d; out d",
                WHY_ERROR_TOO_LARGE, "Expand 'c': constant results would take more than 1 GB");
  g_autoptr (WhyGraph) graph = new_graph ("in x 1; i dims 70000,70000; Expand x,dims c; out c");
  g_assert_cmpint (why_graph_find_value (graph, "c")->dims[0], ==, 70000);
}

/* A node that cannot be made leaves nothing behind. */
static void
test_failed_node (void)
{
  g_autoptr (WhyGraph) graph = why_graph_new_empty (NULL);
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { 2, 3 };
  const char *const names[] = { "y" };
  WhyValue *x = why_graph_add_input (graph, "x", F32, 2, dims), *pair[] = { x, x };
  guint n_values = why_graph_n_values (graph);
  g_assert_null (
    why_graph_add_node (graph, "MatMul", 0, "product", pair, 2, names, 1, NULL, 0, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE);
  g_assert_cmpstr (error->message, ==, "MatMul 'product': 2x3 and 2x3 do not fit");
  g_assert_cmpuint (why_graph_n_values (graph), ==, n_values);
  g_assert_null (why_graph_find_value (graph, "y"));
  g_clear_error (&error);
  g_assert_null (why_graph_add_node (graph, "MatMul", 0, NULL, pair, 1, names, 1, NULL, 0, &error));
  g_assert_cmpstr (error->message, ==, "MatMul 'y': has 1 inputs, expected 2");
  g_clear_error (&error);
  pair[1] = NULL;
  g_assert_null (why_graph_add_node (graph, "MatMul", 0, NULL, pair, 2, names, 1, NULL, 0, &error));
  g_assert_cmpstr (error->message, ==, "MatMul 'y': input 1 is missing");
  g_clear_error (&error);
  g_assert_null (why_graph_add_node (graph, "Frob", 0, "f", pair, 1, names, 1, NULL, 0, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP);
}

/* ---- shapes ---- */

static void
test_shapes (void)
{
  g_autoptr (WhyOnnxModel) model = net_load ("in x N,3,4; Relu x y; out y");
  static const struct
  {
    WhyShape shapes[2];
    gsize n;
    const char *message;
  } cases[] = {
    { { { 3, { 2, 3, 4 } } }, 1, NULL },
    { { { 3, { 0, 3, 4 } } }, 1, NULL },
    { { { 3, { 2, 4, 4 } } }, 1, "input 'x' wants ?x3x4, was given 2x4x4" },
    { { { 2, { 2, 3 } } }, 1, "input 'x' wants ?x3x4, was given 2x3" },
    { { { 3, { -1, 3, 4 } } }, 1, "input 'x' wants ?x3x4, was given " },
    { { { 3, { 2, 3, 4 } } }, 0, "the network has 1 inputs, shapes were given for 0" },
    { { { 3, { 2, 3, 4 } }, { 1, { 1 } } },
      2,
      "the network has 1 inputs, shapes were given for 2" },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyGraph) graph =
        why_graph_new (model, cases[index].shapes, cases[index].n, NULL, &error);
      if (cases[index].message == NULL)
        {
          g_assert_no_error (error);
          g_assert_cmpint (why_graph_output (graph, 0)->dims[0], ==,
                           cases[index].shapes[0].dims[0]);
          continue;
        }
      g_assert_null (graph);
      g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE);
      if (strstr (error->message, cases[index].message) == NULL)
        g_error ("no '%s' in '%s'", cases[index].message, error->message);
    }
}

/* ---- differentiating ---- */

typedef struct
{
  WhyGraph *graph;
  WhyGradients *gradients;
  WhyTensor *feeds[3];
  guint n_feeds;
} Slope;

/* The sum of y's elements, at x = 2, -3 (and z = 5, 7 where there is a second input). */
static void
slope_init (Slope *slope, const char *text)
{
  static const float points[][2] = { { 2, -3 }, { 5, 7 } };
  const WhyGraphOptions options = { .force_float64 = TRUE };
  g_autoptr (WhyOnnxModel) model = net_load (text);
  g_autoptr (GError) error = NULL;

  memset (slope, 0, sizeof *slope);
  slope->graph = try_graph (model, &options, &error);
  g_assert_no_error (error);
  for (guint input = 0; input < why_graph_n_inputs (slope->graph); input++)
    {
      g_autoptr (WhyTensor) narrow = ob_f32 ("2", points[input]);
      slope->feeds[slope->n_feeds++] = why_tensor_cast (narrow, WHY_DTYPE_FLOAT64, NULL);
    }
  WhyValue *y = why_graph_output (slope->graph, 0);
  WhyValue *seed = why_graph_add_input (slope->graph, NULL, WHY_DTYPE_FLOAT64, y->rank, y->dims);
  WhyTensor *ones = why_tensor_new (WHY_DTYPE_FLOAT64, y->rank, y->dims, NULL);
  gsize count = why_tensor_count (ones);
  for (gsize at = 0; at < count; at++)
    ((double *) ones->data)[at] = 1;
  slope->feeds[slope->n_feeds++] = ones;
  slope->gradients =
    why_graph_differentiate (slope->graph, y, seed, WHY_GRAD_RULE_GRADIENT, &error);
  g_assert_no_error (error);
}

static void
slope_clear (Slope *slope)
{
  for (guint feed = 0; feed < slope->n_feeds; feed++)
    why_tensor_unref (slope->feeds[feed]);
  why_gradients_free (slope->gradients);
  why_graph_free (slope->graph);
}

static WhyTensor *
slope_of (Slope *slope, const char *name)
{
  g_autoptr (GError) error = NULL;
  WhyValue *gradient =
    why_gradients_get (slope->gradients, why_graph_find_value (slope->graph, name), &error);
  WhyTensor *result = NULL;
  g_assert_no_error (error);
  why_graph_evaluate (slope->graph, slope->feeds, &gradient, 1, &result, NULL, &error);
  g_assert_no_error (error);
  return result;
}

static void
expect_no_slope (Slope *slope, const char *name, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (
    why_gradients_get (slope->gradients, why_graph_find_value (slope->graph, name), &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_NO_GRADIENT);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_fan_out (void)
{
  Slope slope;
  /* x^2 + x: 2 x + 1 */
  slope_init (&slope, "in x 2; Mul x,x a; Add a,x y; out y");
  EXPECT_VALUES (slope_of (&slope, "x"), 5, -5);
  EXPECT_VALUES (slope_of (&slope, "a"), 1, 1);
  EXPECT_VALUES (slope_of (&slope, "y"), 1, 1);
  slope_clear (&slope);
  /* x^2 z + 3 x - x: 2 x z + 2, and x^2 */
  slope_init (&slope, "in x 2; in z 2; Mul x,x a; Mul a,z b; f three - 3; Mul x,three c; Add b,c "
                      "d; Sub d,x y; out y");
  EXPECT_VALUES (slope_of (&slope, "x"), 22, -40);
  EXPECT_VALUES (slope_of (&slope, "z"), 4, 9);
  slope_clear (&slope);
  /* many readers of one value, and broadcasting */
  slope_init (&slope, "in x 2; i s 3,2; Expand x,s a; Sum a,x,x,a b; Mul b,x y; out y");
  EXPECT_VALUES (slope_of (&slope, "x"), 3 * 4 * 2 * 2, 3 * 4 * 2 * -3);
  slope_clear (&slope);
}

static void
test_blocked (void)
{
  Slope slope;
  /* A weight that depends on the picture has no gradient: neither has what lies behind it, but what
   * lies before has. */
  slope_init (&slope,
              "in x 2; i s 1,1,2; i ax 0; Relu x r; Reshape r,s a; Conv a,a b; Relu b y; out y");
  EXPECT_VALUES (slope_of (&slope, "b"), 1);
  expect_no_slope (&slope, "a",
                   "Conv 'b': its weight depends on the picture, which has no gradient here: no "
                   "gradient reaches 'a'");
  expect_no_slope (&slope, "r",
                   "Conv 'b': its weight depends on the picture, which has no gradient here: no "
                   "gradient reaches 'r'");
  expect_no_slope (&slope, "x",
                   "Conv 'b': its weight depends on the picture, which has no gradient here: no "
                   "gradient reaches 'x'");
  slope_clear (&slope);
}

static void
test_whole_numbers (void)
{
  Slope slope;
  /* Through whole numbers nothing flows, and the operator that makes them is named. */
  slope_init (&slope,
              "in x 2; Relu x r; ArgMax r best axis=0; Neg best m; Cast m f to=1; Tanh f y; out y");
  expect_no_slope (&slope, "r",
                   "ArgMax 'best': its result is of whole numbers, which have no gradient: no "
                   "gradient reaches 'r'");
  expect_no_slope (&slope, "x",
                   "ArgMax 'best': its result is of whole numbers, which have no gradient: no "
                   "gradient reaches 'x'");
  slope_clear (&slope);
  /* Beside another path that is no obstacle: x * (x > 0) has the slope (x > 0). */
  slope_init (&slope, "in x 2; f zero - 0; Greater x,zero c; Cast c m to=1; Mul x,m y; out y");
  EXPECT_VALUES (slope_of (&slope, "x"), 1, 0);
  slope_clear (&slope);
}

static void
test_no_influence (void)
{
  Slope slope;
  slope_init (&slope, "in x 2; in z 2; Relu x a; Neg z b; Neg a c; Relu a y; out y; out b; out c");
  expect_no_slope (&slope, "z", "'z' has no influence on 'y'");
  expect_no_slope (&slope, "b", "'b' has no influence on 'y'");
  expect_no_slope (&slope, "c", "'c' has no influence on 'y'");
  EXPECT_VALUES (slope_of (&slope, "x"), 1, 0);
  slope_clear (&slope);
}

/* Only the weighted sum of the asked-for tensor counts, whatever hangs on it. */
static void
test_middle (void)
{
  Slope slope;
  g_autoptr (GError) error = NULL;
  slope_init (&slope, "in x 2; Mul x,x a; Mul a,a y; out y");
  WhyValue *a = why_graph_find_value (slope.graph, "a"),
           *x = why_graph_find_value (slope.graph, "x");
  WhyValue *seed = why_graph_add_constant (
    slope.graph, NULL, why_tensor_cast (slope.feeds[1], WHY_DTYPE_FLOAT64, NULL));
  g_autoptr (WhyGradients) middle =
    why_graph_differentiate (slope.graph, a, seed, WHY_GRAD_RULE_GRADIENT, &error);
  g_assert_no_error (error);
  WhyValue *gradient = why_gradients_get (middle, x, &error);
  WhyTensor *result = NULL;
  why_graph_evaluate (slope.graph, slope.feeds, &gradient, 1, &result, NULL, &error);
  g_assert_no_error (error);
  EXPECT_VALUES (result, 4, -6);
  EXPECT_VALUES (slope_of (&slope, "x"), 4 * 8, 4 * -27);
  slope_clear (&slope);
}

static void
test_cancel (void)
{
  g_autoptr (WhyGraph) graph = new_graph ("in x 2; Relu x a; Neg a y; out y");
  g_autoptr (WhyCancel) cancel = why_cancel_new ();
  g_autoptr (GError) error = NULL;
  WhyTensor *x = ob_f32 ("2", (const float[]){ 1, -3 }), *result = NULL;
  WhyValue *y = why_graph_output (graph, 0);
  why_cancel_set (cancel);
  g_assert_false (why_graph_evaluate (graph, &x, &y, 1, &result, cancel, &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_CANCELLED);
  g_assert_null (result);
  why_tensor_unref (x);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graph/load/order", test_order);
  g_test_add_func ("/graph/load/cycles", test_cycles);
  g_test_add_func ("/graph/load/names", test_names);
  g_test_add_func ("/graph/load/find", test_find);
  g_test_add_func ("/graph/load/aliases", test_aliases);
  g_test_add_func ("/graph/load/unknown", test_unknown);
  g_test_add_func ("/graph/opsets", test_opsets);
  g_test_add_func ("/graph/load/if", test_if);
  g_test_add_func ("/graph/load/functions", test_functions);
  g_test_add_func ("/graph/load/types", test_types);
  g_test_add_func ("/graph/load/folding", test_folding);
  g_test_add_func ("/graph/load/large-constants", test_large_constants);
  g_test_add_func ("/graph/load/failed-node", test_failed_node);
  g_test_add_func ("/graph/load/shapes", test_shapes);
  g_test_add_func ("/graph/differentiate/fan-out", test_fan_out);
  g_test_add_func ("/graph/differentiate/blocked", test_blocked);
  g_test_add_func ("/graph/differentiate/whole-numbers", test_whole_numbers);
  g_test_add_func ("/graph/differentiate/no-influence", test_no_influence);
  g_test_add_func ("/graph/differentiate/middle", test_middle);
  g_test_add_func ("/graph/evaluate/cancel", test_cancel);
  return g_test_run ();
}
