#include "config.h"

#include "explain/explain.h"
#include "explain/layer.h"
#include "net-text.h"

#include "../src/explain/needs.h"
#include "../src/explain/places.h"

#include <string.h>

/* Where the tokens of a network are in its picture. The networks move what a convolution made of
 * the picture, so what comes out of it must be found again in every tensor, bit by bit, at the
 * cells where it was. */

/* Patches of 2 x 2 of a picture that is not square: a grid of 4 x 6 with 3 channels. */
#define PATCHES "in x 1,2,8,12; w pw 3,2,2,2; Conv x,pw p strides=[2,2]; "
/* [1, 24, 3] */
#define TOKENS PATCHES "i list 1,3,24; Reshape p,list r; Transpose r t perm=[0,2,1]; "
#define ROWS 4
#define COLUMNS 6
#define CHANNELS 3

typedef struct
{
  WhyOnnxModel *model;
  WhyGraph *graph;
  WhyTensor *input;
} Net;

static void
net_init (Net *net, const char *text)
{
  g_autoptr (GPtrArray) inputs = net_inputs (text, 5);
  g_autoptr (GError) error = NULL;

  net->input = why_tensor_ref (g_ptr_array_index (inputs, 0));
  net->model = net_load (text);
  WhyShape shape = { .rank = net->input->rank };
  memcpy (shape.dims, net->input->dims, sizeof shape.dims);
  net->graph = why_graph_new (net->model, &shape, 1, NULL, &error);
  g_assert_no_error (error);
}

static void
net_clear (Net *net)
{
  why_graph_free (net->graph);
  why_onnx_model_unref (net->model);
  why_tensor_unref (net->input);
}

static WhyTensor *
value_of (Net *net, const char *name)
{
  WhyValue *value = why_graph_find_value (net->graph, name);
  WhyTensor *result = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (value);
  why_graph_evaluate (net->graph, &net->input, &value, 1, &result, NULL, &error);
  g_assert_no_error (error);
  return result;
}

static gboolean
grid_of (Net *net, const char *name, WhyGrid *grid)
{
  const WhyValue *value = why_graph_find_value (net->graph, name);
  g_assert_nonnull (value);
  return why_grid_init (grid, why_places_get (net->graph), value);
}

/* Tensor @name, brought to a map, is tensor "p" again. */
static void
expect_patches (const char *text, const char *name, gint64 n_others)
{
  Net net;
  net_init (&net, text);
  g_auto (WhyGrid) grid = { 0 };
  g_assert_true (grid_of (&net, name, &grid));
  g_assert_cmpint (grid.kind, ==, WHY_GRID_TOKENS);
  g_assert_cmpint (grid.cells[0], ==, ROWS);
  g_assert_cmpint (grid.cells[1], ==, COLUMNS);
  g_assert_cmpint (grid.channels, ==, CHANNELS);
  g_assert_cmpint (grid.n_others, ==, n_others);
  g_assert_cmpfloat (grid.cell_size[0], ==, 2.0);
  g_assert_cmpfloat (grid.cell_size[1], ==, 2.0);

  g_autoptr (WhyTensor) patches = value_of (&net, "p");
  g_autoptr (WhyTensor) tokens = value_of (&net, name);
  g_autoptr (WhyTensor) map = why_grid_to_map (&grid, tokens, NULL);
  g_autoptr (WhyTensor) dense = why_tensor_to_dense (map, NULL);
  g_assert_true (why_tensor_same_dims (dense, patches));
  g_assert_cmpmem (dense->data, dense->n_bytes, patches->data, patches->n_bytes);

  /* And back: other values at the cells, the rest stays. */
  memset (dense->data, 0, dense->n_bytes);
  g_autoptr (WhyTensor) altered = why_grid_from_map (&grid, dense, tokens, NULL);
  g_autoptr (WhyTensor) zero = why_grid_to_map (&grid, altered, NULL);
  gsize n_kept = 0, n_zero = 0;
  for (gsize at = 0; at < why_tensor_count (zero); at++)
    n_zero += ((const float *) zero->data)[at] == 0.0f;
  for (gsize at = 0; at < why_tensor_count (altered); at++)
    n_kept += ((const float *) altered->data)[at] == ((const float *) tokens->data)[at];
  g_assert_cmpuint (n_zero, ==, why_tensor_count (zero));
  g_assert_cmpuint (n_kept, >=, (gsize) (n_others * CHANNELS));
  net_clear (&net);
}

static void
test_lists (void)
{
  expect_patches (TOKENS "out t", "t", 0);
  /* down the columns first, and the class tokens last */
  expect_patches (PATCHES "Transpose p q perm=[0,3,2,1]; i s 1,24,3; Reshape q,s t; w cls 1,2,3; "
                          "Concat t,cls y axis=1; out y",
                  "y", 2);
  expect_patches (TOKENS "w cls 1,1,3; w pos 1,25,3; Concat cls,t y axis=1; Mul y,pos u; out u", "y",
                  1);
  /* backwards, behind one another without a batch, and split into heads */
  expect_patches (TOKENS "i from -1; i to -100; i axes 1; i back -1; Slice t,from,to,axes,back b; i s 24,3; "
                         "Reshape b,s y; out y",
                  "y", 0);
  expect_patches (TOKENS "i s 1,2,12,1,3; Reshape t,s y; Transpose y z perm=[3,2,4,0,1]; out z", "z", 0);
  /* taken by number, each once; every second, and the rest */
  expect_patches (TOKENS "i n 23,0,1,2,3,4,5,6,7,8,9,10,22,21,20,19,18,17,16,15,14,13,12,11; "
                         "Gather t,n y axis=1; out y",
                  "y", 0);
  expect_patches (TOKENS "i s 1,12,2,3; Reshape t,s u; Split u a,b axis=2; Concat b,a y axis=1; out y", "y", 0);
}

/* The rows of windows of 2 x 2 after a shift by one, as Swin has them. */
static void
test_windows (void)
{
  static const char shifted[] =
    PATCHES "Transpose p n perm=[0,2,3,1]; i one 1; i zero 0; i far 100; i hax 1; i wax 2; "
            "Slice n,one,far,hax a; Slice n,zero,one,hax b; Concat a,b c axis=1; "
            "Slice c,one,far,wax d; Slice c,zero,one,wax e; Concat d,e g axis=2; "
            "i cut 1,2,2,3,2,3; Reshape g,cut h; Transpose h u perm=[0,1,3,2,4,5]; "
            "i win 6,4,3; Reshape u,win v; out v";
  expect_patches (shifted, "n", 0);
  expect_patches (shifted, "g", 0);
  expect_patches (shifted, "v", 0);
  /* padded to whole windows of 5: the padding is no token */
  expect_patches (PATCHES "Transpose p n perm=[0,2,3,1]; i by 0,0,0,0,0,1,4,0; Pad n,by q; "
                          "i cut 1,1,5,2,5,3; Reshape q,cut h; Transpose h u perm=[0,1,3,2,4,5]; "
                          "i win 2,25,3; Reshape u,win v; out v",
                  "v", 50 - ROWS * COLUMNS);
}

/* The patches cut by reshaping and projected: no convolution at all. */
static void
test_cut_patches (void)
{
  Net net;
  net_init (&net, "in x 1,2,8,12; i cut 1,2,4,2,6,2; Reshape x,cut h; Transpose h t perm=[0,2,4,3,5,1]; "
                  "i list 1,24,8; Reshape t,list l; w m 8,3; MatMul l,m y; i batch 24,8; Reshape l,batch g; "
                  "Gemm g,m z; Einsum l,m e equation=blc,cd->bld; out y");
  static const char *const names[] = { "y", "z", "e" };
  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    {
      g_auto (WhyGrid) grid = { 0 };
      g_assert_true (grid_of (&net, names[index], &grid));
      g_assert_cmpint (grid.cells[0], ==, ROWS);
      g_assert_cmpint (grid.cells[1], ==, COLUMNS);
      g_assert_cmpint (grid.channels, ==, CHANNELS);
    }
  /* One element a pixel: every cell is there twelve times in the list of patches. */
  g_auto (WhyGrid) pixels = { 0 };
  g_assert_false (grid_of (&net, "l", &pixels));
  net_clear (&net);
}

static void
expect_none (const char *text, const char *name)
{
  Net net;
  g_auto (WhyGrid) grid = { 0 };
  net_init (&net, text);
  g_assert_false (grid_of (&net, name, &grid));
  g_assert_cmpint (grid.kind, ==, WHY_GRID_NONE);
  net_clear (&net);
}

static void
test_no_grid (void)
{
  expect_none (TOKENS "i n 1,2,1; Tile t,n y; out y", "y");                    /* each twice */
  expect_none (TOKENS "i n 0,1,2,3,4,7,6,5; Gather t,n y axis=1; out y", "y"); /* some missing */
  expect_none (TOKENS "i from 0; i to 12; i axes 1; Slice t,from,to,axes y; out y", "y"); /* the upper half */
  expect_none (TOKENS "ReduceMean t y axes=[1]; out y", "y");
  expect_none (TOKENS "Transpose t u perm=[0,2,1]; MatMul t,u y; Softmax y z; out z", "y"); /* scores */
  expect_none (TOKENS "Transpose t u perm=[0,2,1]; MatMul t,u y; Softmax y z; out z", "z");
  expect_none (TOKENS "w m 24,24; Transpose t u perm=[0,2,1]; MatMul u,m y; out y", "y"); /* all mixed */
  expect_none (TOKENS "i n 4; TopK t,n v,o axis=1; out v", "v");
}

/* 24 queries, 6 keys; whichever comes first in the product, the result is about the queries. */
static void
test_attention (void)
{
  static const char keys[] = TOKENS "AveragePool p f kernel_shape=[2,2] strides=[2,2]; i few 1,3,6; "
                                    "Reshape f,few kt; Transpose kt k perm=[0,2,1]; Transpose t qt perm=[0,2,1]; ";
  static const char *const products[] = {
    "MatMul t,kt s; Softmax s a axis=-1; MatMul a,k y; ",
    "MatMul k,qt s; Softmax s a axis=1; Transpose a b perm=[0,2,1]; MatMul b,k y; ",
    "Einsum t,k s equation=bqc,bkc->bqk; Softmax s a axis=2; Einsum a,k y equation=bqk,bkc->bqc; ",
    /* values first: [1, 3, 6] x [1, 6, 24] */
    "MatMul k,qt s; Softmax s a axis=1; MatMul kt,a z; Transpose z y perm=[0,2,1]; ",
  };
  for (gsize index = 0; index < G_N_ELEMENTS (products); index++)
    {
      g_autofree char *text = g_strconcat (keys, products[index], "Add y,t o; out o", NULL);
      static const char *const names[] = { "y", "o" };
      Net net;
      net_init (&net, text);
      for (gsize each = 0; each < G_N_ELEMENTS (names); each++)
        {
          g_auto (WhyGrid) grid = { 0 };
          g_assert_true (grid_of (&net, names[each], &grid));
          g_assert_cmpint (grid.cells[0], ==, ROWS);
          g_assert_cmpint (grid.cells[1], ==, COLUMNS);
        }
      net_clear (&net);
    }
}

/* Convolutional networks keep their layers: whatever is gated, joined, cropped or resized. */
static void
test_plain (void)
{
  static const char *const texts[] = {
    PATCHES "GlobalAveragePool p g; w m 3,3,1,1; Conv g,m h; Sigmoid h s; Mul p,s y; out y",
    PATCHES "GlobalAveragePool p g; f sc 4 1,1,4,6; Resize g,,sc u; Concat p,u y axis=1; out y",
    PATCHES "w m 3,3,3,3; Conv p,m c pads=[1,1,1,1]; Relu c y; out y",
    PATCHES "i from 1; i to 3; i axes 2; Slice p,from,to,axes y; out y",
    PATCHES "MaxPool p q kernel_shape=[3,3] strides=[2,2] pads=[1,1,1,1]; f sc 4 1,1,2,2; Resize q,,sc y; out y",
    PATCHES "w m 4,3,1,1; Conv p,m d; DepthToSpace d y blocksize=2; out y",
  };
  for (gsize index = 0; index < G_N_ELEMENTS (texts); index++)
    {
      Net net;
      g_auto (WhyGrid) grid = { 0 };
      net_init (&net, texts[index]);
      g_assert_true (grid_of (&net, "y", &grid));
      g_assert_cmpint (grid.kind, ==, WHY_GRID_PLAIN);
      net_clear (&net);
    }
}

/* A picture with its channels last, as TensorFlow's networks take it. */
static void
test_channels_last_picture (void)
{
  Net net;
  net_init (&net, "in x 1,8,12,3; Transpose x c perm=[0,3,1,2]; w pw 3,3,2,2; Conv c,pw p strides=[2,2]; "
                  "Transpose p y perm=[0,2,3,1]; out y");
  g_auto (WhyGrid) input = { 0 };
  g_auto (WhyGrid) plain = { 0 };
  g_auto (WhyGrid) last = { 0 };
  g_assert_true (grid_of (&net, "x", &input));
  g_assert_cmpint (input.kind, ==, WHY_GRID_TOKENS);
  g_assert_cmpint (input.cells[0], ==, 8);
  g_assert_cmpint (input.cells[1], ==, 12);
  g_assert_true (grid_of (&net, "p", &plain));
  g_assert_cmpint (plain.kind, ==, WHY_GRID_PLAIN);
  g_assert_true (grid_of (&net, "y", &last));
  g_assert_cmpint (last.kind, ==, WHY_GRID_TOKENS);
  net_clear (&net);
}

/* What is explained when nobody says: the last tensor all of whose cells count. */
static void
expect_preset (const char *text, const char *expected)
{
  Net net;
  net_init (&net, text);
  const WhyValue *preset = why_layers_preset (net.graph, why_graph_output (net.graph, 0));
  g_assert_cmpstr (preset != NULL ? preset->name : NULL, ==, expected);
  /* the second time from memory */
  g_assert_true (why_layers_preset (net.graph, why_graph_output (net.graph, 0)) == preset);
  net_clear (&net);
}

#define CLASS_TOKEN TOKENS "w cls 1,1,3; Concat cls,t ct axis=1; "
#define ATTEND(in, out)                                                                            \
  "w q" out " 3,3; w k" out " 3,3; w v" out " 3,3; MatMul " in ",q" out " Q" out "; MatMul " in      \
  ",k" out " K" out "; MatMul " in ",v" out " V" out "; Transpose K" out " T" out                    \
  " perm=[0,2,1]; MatMul Q" out ",T" out " S" out "; Softmax S" out " A" out "; MatMul A" out ",V"   \
  out " M" out "; Add " in ",M" out " " out "; "
#define READ_CLASS(in) "i zero 0; Gather " in ",zero y axis=1; out y"

static void
test_preset (void)
{
  expect_preset (CLASS_TOKEN ATTEND ("ct", "b1") "Relu b1 n; " ATTEND ("n", "b2") READ_CLASS ("b2"), "n");
  expect_preset (CLASS_TOKEN ATTEND ("ct", "b1") "Relu b1 n; " READ_CLASS ("n"), "ct");
  expect_preset (CLASS_TOKEN ATTEND ("ct", "b1") "ReduceMean b1 y axes=[1] keepdims=0; out y", "b1");
  /* the mean of the patches without the class token */
  expect_preset (CLASS_TOKEN ATTEND ("ct", "b1") "i one 1; i far 99; i axes 1; Slice b1,one,far,axes s; "
                 "ReduceMean s y axes=[1] keepdims=0; out y", "b1");
  /* of the upper half alone: the rest of b1 does not count */
  expect_preset (CLASS_TOKEN ATTEND ("ct", "b1") "i one 1; i to 13; i axes 1; Slice b1,one,to,axes s; "
                 "ReduceMean s y axes=[1] keepdims=0; out y", "ct");
  expect_preset (PATCHES "Relu p r; GlobalAveragePool r g; Flatten g y; out y", "r");
}

static void
test_needs (void)
{
  Net net;
  net_init (&net, CLASS_TOKEN ATTEND ("ct", "b1") "Relu b1 n; " READ_CLASS ("n"));
  g_autoptr (WhyNeeds) needs = why_needs_new (net.graph, why_graph_output (net.graph, 0));
  static const struct
  {
    const char *name;
    gsize n;
  } expected[] = { { "n", 0 }, { "Mb1", 0 }, { "Qb1", 0 }, { "Vb1", 24 }, { "Kb1", 24 }, { "ct", 24 }, { "t", 24 } };
  for (gsize index = 0; index < G_N_ELEMENTS (expected); index++)
    {
      g_auto (WhyGrid) grid = { 0 };
      g_assert_true (grid_of (&net, expected[index].name, &grid));
      const WhyValue *value = why_graph_find_value (net.graph, expected[index].name);
      g_assert_cmpuint (why_needs_count (needs, value, &grid), ==, expected[index].n);
      g_assert_true (why_needs_any (needs, value));
    }
  /* so those that do not count are not listed */
  g_autoptr (GPtrArray) layers = why_layers_list (net.graph, why_graph_output (net.graph, 0));
  gboolean has_ct = FALSE;
  for (guint index = 0; index < layers->len; index++)
    {
      const WhyLayer *layer = g_ptr_array_index (layers, index);
      g_assert_cmpstr (layer->name, !=, "n");
      g_assert_cmpstr (layer->name, !=, "Sb1");
      if (strcmp (layer->name, "ct") != 0)
        continue;
      has_ct = TRUE;
      g_assert_true (layer->tokens);
      g_assert_cmpint (layer->n_other_tokens, ==, 1);
      g_assert_cmpint (layer->channels, ==, CHANNELS);
      g_assert_cmpfloat (layer->stride[1], ==, 2.0);
      g_assert_cmpfloat_with_epsilon (layer->to_input.xx, 2.0, 1e-9);
    }
  g_assert_true (has_ct);
  net_clear (&net);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/places/lists", test_lists);
  g_test_add_func ("/places/windows", test_windows);
  g_test_add_func ("/places/cut-patches", test_cut_patches);
  g_test_add_func ("/places/no-grid", test_no_grid);
  g_test_add_func ("/places/attention", test_attention);
  g_test_add_func ("/places/plain", test_plain);
  g_test_add_func ("/places/channels-last-picture", test_channels_last_picture);
  g_test_add_func ("/places/preset", test_preset);
  g_test_add_func ("/places/needs", test_needs);
  return g_test_run ();
}
