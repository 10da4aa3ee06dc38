#include "config.h"

#include "base/error.h"
#include "graph/composite.h"
#include "graph/differentiate.h"
#include "net-text.h"

#include <math.h>
#include <string.h>

/* Groups of nodes that amount to one operator: which are found, which are not, and that
 * differentiating over them changes no gradient. */

/* sqrt (2) and sqrt (2 / pi) stand in the file as float32, in the operator as float64. */
#define TOLERANCE 1e-6

#define NORM(x, y)                                                                                 \
  "ReduceMean " x " m axes=[-1]; Sub " x ",m c; f two - 2; Pow c,two q; "                          \
  "ReduceMean q v axes=[-1]; f e - 0.00001; Add v,e ve; Sqrt ve d; Div c,d u; Mul u,s us; "        \
  "Add us,b " y "; "
#define GELU(x, y)                                                                                 \
  "f r - 1.4142135; Div " x ",r gd; Erf gd ge; f one - 1; Add ge,one ga; f half - 0.5; "           \
  "Mul " x ",ga gm; Mul gm,half " y "; "
#define GELU_TANH(x, y)                                                                            \
  "f three - 3; Pow " x ",three g3; f k - 0.044715; Mul g3,k gk; Add " x ",gk gs; "                \
  "f z - 0.7978846; Mul gs,z gz; Tanh gz gt; f one - 1; Add gt,one ga; f half - 0.5; "             \
  "Mul " x ",half gh; Mul gh,ga " y "; "

static WhyGraph *
load (const char *text)
{
  const WhyGraphOptions options = { .force_float64 = TRUE };
  g_autoptr (WhyOnnxModel) model = net_load (text);
  g_autoptr (GError) error = NULL;
  WhyShape shape = { .rank = model->graph->inputs[0].rank };
  memcpy (shape.dims, model->graph->inputs[0].dims, sizeof shape.dims);
  WhyGraph *graph = why_graph_new (model, &shape, 1, &options, &error);
  g_assert_no_error (error);
  return graph;
}

static void
expect_composites (const char *text, const char *expected)
{
  g_autoptr (WhyGraph) graph = load (text);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint index = 0; index < why_graph_n_nodes (graph); index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      const WhyNode *composite = why_graph_composite (graph, node);
      if (composite == NULL)
        continue;
      g_assert_cmpuint (composite->index, ==, node->index);
      g_assert_true (composite->outputs[0] == node->outputs[0]);
      g_string_append_printf (found, "%s%s(%s)=%s", found->len > 0 ? " " : "", composite->klass->type,
                              composite->inputs[0]->name, composite->outputs[0]->name);
    }
  if (strcmp (found->str, expected) != 0)
    g_error ("found '%s', expected '%s' in\n%s", found->str, expected, text);
}

static void
test_found (void)
{
  expect_composites ("in x 1,3,8; w s 8; w b 8; " NORM ("x", "y") "out y", "LayerNormalization(x)=y");
  expect_composites ("in x 1,3,8; w s 1,1,8; w b 8; " NORM ("x", "t") "Relu t y; out y",
                     "LayerNormalization(x)=t");
  /* the square as a product, operands the other way round */
  expect_composites ("in x 3,8; w s 8; w b 8; ReduceMean x m axes=[1]; Sub x,m c; Mul c,c q; ReduceMean q v "
                     "axes=[-1]; f e - 0.00001; Add e,v ve; Sqrt ve d; Div c,d u; Mul s,u us; Add b,us y; out y",
                     "LayerNormalization(x)=y");
  /* the centred value computed twice, as older exporters do */
  expect_composites ("in x 3,8; w s 8; w b 8; ReduceMean x m axes=[1]; Sub x,m c; Sub x,m c2; f two - 2; Pow c2,two "
                     "q; ReduceMean q v axes=[-1]; f e - 0.00001; Add e,v ve; Sqrt ve d; Div c,d u; Mul s,u us; Add "
                     "b,us y; out y",
                     "LayerNormalization(x)=y");
  expect_composites ("in x 3,8; " GELU ("x", "y") "out y", "Gelu(x)=y");
  expect_composites ("in x 3,8; " GELU_TANH ("x", "y") "out y", "Gelu(x)=y");
  /* the factors in another order, 1 / sqrt (2) as a factor, the half first */
  expect_composites ("in x 3,8; f r - 0.70710678; Mul r,x d; Erf d e; f one - 1; Add one,e a; f half - 0.5; Mul "
                     "half,x h; Mul a,h y; out y",
                     "Gelu(x)=y");
  expect_composites ("in x 3,8; f r - 0.70710678; Mul r,x d; Erf d e; f one - 1; Add one,e a; f half - 0.5; Mul "
                     "half,a h; Mul h,x y; out y",
                     "Gelu(x)=y");
  expect_composites ("in x 3,8; f k - 0.044715; Mul x,x x2; Mul x2,x x3; Mul k,x3 kx; Add kx,x t; f z - 0.7978846; "
                     "Mul z,t zt; Tanh zt th; f one - 1; Add th,one a; f half - 0.5; Mul half,x h; Mul h,a y; out y",
                     "Gelu(x)=y");
  expect_composites ("in x 3,8; w s 8; w b 8; " NORM ("x", "n") GELU ("n", "y") "out y",
                     "LayerNormalization(x)=n Gelu(n)=y");
}

static void
test_not_found (void)
{
  /* something inside is an output, or read by somebody else */
  expect_composites ("in x 1,3,8; w s 8; w b 8; " NORM ("x", "y") "out y; out d", "");
  expect_composites ("in x 1,3,8; w s 8; w b 8; " NORM ("x", "y") "Add y,c w; out w", "");
  expect_composites ("in x 3,8; " GELU ("x", "y") "Add y,ga w; out w", "");
  /* other functions */
  expect_composites ("in x 3,8; w s 8; w b 8; ReduceMean x m axes=[0]; Sub x,m c; Mul c,c q; ReduceMean q v "
                     "axes=[-1]; f e - 0.00001; Add e,v ve; Sqrt ve d; Div c,d u; Mul s,u us; Add b,us y; out y",
                     "");
  expect_composites ("in x 3,8; w s 8; w b 8; ReduceMean x m axes=[-1]; Sub x,m c; Mul x,x q; ReduceMean q v "
                     "axes=[-1]; f e - 0.00001; Add e,v ve; Sqrt ve d; Div c,d u; Mul s,u us; Add b,us y; out y",
                     "");
  expect_composites ("in x 3,8; w s 3,8; w b 8; " NORM ("x", "y") "out y", "");
  expect_composites ("in x 3,8; f r - 1.4140625; Div x,r d; Erf d e; f one - 1; Add e,one a; f half - 0.5; Mul x,a m; "
                     "Mul m,half y; out y",
                     "");
  expect_composites ("in x 3,8; f r - 1.5; Div x,r d; Erf d e; f one - 1; Add e,one a; f half - 0.5; Mul x,a m; Mul "
                     "m,half y; out y",
                     "");
  expect_composites ("in x 3,8; f r - 1.4142135; Div x,r d; Erf d e; f one - 1; Add e,one a; f half - 0.25; Mul x,a "
                     "m; Mul m,half y; out y",
                     "");
  expect_composites ("in x 3,8; Neg x w; f r - 1.4142135; Div x,r d; Erf d e; f one - 1; Add e,one a; f half - 0.5; "
                     "Mul w,a m; Mul m,half y; out y",
                     "");
}

/* d (random sum of y) / d (@name) */
static WhyTensor *
gradient_of (const char *text, const char *name)
{
  g_autoptr (WhyGraph) graph = load (text);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) narrow = net_inputs (text, 3);
  WhyValue *y = why_graph_find_value (graph, "y");
  WhyValue *seed = why_graph_add_input (graph, NULL, WHY_DTYPE_FLOAT64, y->rank, y->dims);
  g_autoptr (WhyGradients) gradients =
    why_graph_differentiate (graph, y, seed, WHY_GRAD_RULE_GRADIENT, &error);
  g_assert_no_error (error);
  WhyValue *gradient = why_gradients_get (gradients, why_graph_find_value (graph, name), &error);
  g_assert_no_error (error);
  g_autoptr (WhyTensor) weights = net_random (5, y->rank, y->dims);
  WhyTensor *feeds[] = { why_tensor_cast (g_ptr_array_index (narrow, 0), WHY_DTYPE_FLOAT64, NULL),
                         why_tensor_cast (weights, WHY_DTYPE_FLOAT64, NULL) };
  WhyTensor *result = NULL;
  why_graph_evaluate (graph, feeds, &gradient, 1, &result, NULL, &error);
  g_assert_no_error (error);
  why_tensor_unref (feeds[0]);
  why_tensor_unref (feeds[1]);
  return result;
}

/* A second output inside a group keeps it from being found: the same network node by node. */
static void
test_gradients (void)
{
  static const char *const texts[] = {
    "in x 2,3,8; w s 8; w b 8; Tanh x a; " NORM ("a", "n") GELU ("n", "o") "Add o,a y; out y",
    "in x 3,8; w s 8; w b 8; Tanh x a; " NORM ("a", "n") GELU_TANH ("n", "o") "Mul o,n y; out y",
  };
  for (gsize text = 0; text < G_N_ELEMENTS (texts); text++)
    {
      g_autofree char *plain = g_strconcat (texts[text], "; out d; out ga", NULL);
      g_autoptr (WhyGraph) graph = load (plain);
      expect_composites (texts[text], "LayerNormalization(a)=n Gelu(n)=o");
      expect_composites (plain, "");
      for (guint index = 0; index < why_graph_n_values (graph); index++)
        {
          const WhyValue *value = why_graph_value (graph, index);
          if (value->constant != NULL)
            continue;
          g_autoptr (WhyTensor) actual = gradient_of (texts[text], value->name);
          g_autoptr (WhyTensor) expected = gradient_of (plain, value->name);
          for (gsize at = 0; at < why_tensor_count (expected); at++)
            {
              double is = why_tensor_get_f64 (actual, at), wanted = why_tensor_get_f64 (expected, at);
              if (!(fabs (is - wanted) <= TOLERANCE * (1.0 + fabs (wanted))))
                g_error ("by '%s': %.15g, expected %.15g in\n%s", value->name, is, wanted, plain);
            }
        }
    }
}

/* A score from the middle of a group: what lies before it has a gradient, what lies behind has none. */
static void
test_score_inside (void)
{
  const char *text = "in x 3,8; w s 8; w b 8; Tanh x a; " NORM ("a", "n") "Relu n y; out y";
  g_autoptr (WhyGraph) graph = load (text);
  g_autoptr (GError) error = NULL;
  WhyValue *of = why_graph_find_value (graph, "u");
  WhyValue *seed = why_graph_add_input (graph, NULL, WHY_DTYPE_FLOAT64, of->rank, of->dims);
  g_autoptr (WhyGradients) gradients =
    why_graph_differentiate (graph, of, seed, WHY_GRAD_RULE_GRADIENT, &error);
  g_assert_no_error (error);
  g_assert_nonnull (why_gradients_get (gradients, why_graph_find_value (graph, "a"), &error));
  g_assert_no_error (error);
  g_assert_null (why_gradients_get (gradients, why_graph_find_value (graph, "n"), &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_NO_GRADIENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/composite/found", test_found);
  g_test_add_func ("/composite/not-found", test_not_found);
  g_test_add_func ("/composite/gradients", test_gradients);
  g_test_add_func ("/composite/score-inside", test_score_inside);
  return g_test_run ();
}
