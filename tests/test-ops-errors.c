#include "config.h"

#include "base/error.h"
#include "graph/graph.h"
#include "net-text.h"

#include <string.h>

/* What is wrong with a node is said when the network is loaded, in one sentence that names the
 * node, what was expected and what is there. The sentence must be that of the table to the letter. */

typedef struct
{
  const char *net;
  const char *message;
} Mistake;

static const Mistake arithmetic[] = {
  { "in x bool 2; in s bool 2; PRelu x,s y; out y",
    "PRelu 'y': input 'x' must be a number, not bool" },
  { "in x bool 2; Clip x y; out y",
    "Clip 'y': input 'x' must be a number, not bool" },
  { "in x 2; Sum x,,x y; out y",
    "Sum 'y': input 1 is missing" },
  { "in x bool 2; in z bool 2; Add x,z y; out y",
    "Add 'y': input 'x' must be a number, not bool" },
  { "in x 2; in z int64 2; Add x,z y; out y",
    "Add 'y': inputs must have one type; 'x' is float32 and 'z' is int64" },
  { "in x int64 2; in n int64 2; BitShift x,n y direction=LEFT; out y",
    "BitShift 'y': input 'x' must be of an unsigned type, not int64" },
  { "in c bool 2; in x 2; in z int64 2; Where c,x,z y; out y",
    "Where 'y': inputs must have one type; 'x' is float32 and 'z' is int64" },
  { "in c 2; in x 2; Where c,x,x y; out y",
    "Where 'y': condition 'c' must be bool, not float32" },
  { "in x 2; f r - 0.5; i t 0,1; Dropout x,r,t y; out y",
    "Dropout 'y': training_mode must be a scalar" },
  { "in x int64 2,2; Softmax x y; out y",
    "Softmax 'y': input is int64, expected a floating type" },
  { "in x 2,2; in z int64 2,2; Gemm x,z y; out y",
    "Gemm 'y': its inputs are of different types" },
  { "in x bool 2,2; Einsum x y equation=ij; out y",
    "Einsum 'y': its inputs are bool, expected numbers" },
  { "in x 1,1,1,1,1,1,1,1; in z 1; Einsum x,z y equation=abcdefgh,i; out y",
    "Einsum 'y': its output has more than 8 dimensions" },
  { "in x 2; Einsum x y equation=i1; out y",
    "Einsum 'y': the equation's term 'i1' has a character that is no letter" },
  { NULL, NULL },
};

static const Mistake movement[] = {
  { "in x 2,3; Concat x,,x y axis=0; out y",
    "Concat 'y': input 1 is missing" },
  { "in x 2,3; in z int64 2,3; Concat x,z y axis=0; out y",
    "Concat 'y': input 1 is int64, input 0 is float32" },
  { "in x 2,3; in z 4,4; Concat x,z y axis=0; out y",
    "Concat 'y': input 1 is 4x4, input 0 is 2x3; they may differ along axis 0 only" },
  { "in x 4; f n 2 2,2; Split x,n a,b; out a",
    "Split 'a': split is not a list of int64 numbers" },
  { "opset 13; in x 5; Split x a,b; out a",
    "Split 'a': 5 entries of axis 0 do not divide into 2 equal pieces" },
  { "opset 18; in x 4; Split x a,b num_outputs=3; out a",
    "Split 'a': num_outputs is 3, but there are 2" },
  { "in x 4; f s 1 1; i e 2; Slice x,s,e y; out y",
    "Slice 'y': starts is float32, expected int64 or int32" },
  { "in x 4; i s 0; Slice x,s, y; out y",
    "Slice 'y': 'starts' or 'ends' is missing" },
  { "in x 4; i s 0,0,0,0,0,0,0,0,0; i e 2; Slice x,s,e y; out y",
    "Slice 'y': starts is 9, expected a list of at most 8 numbers" },
  { "opset 9; in x 4; Slice x y starts=[0,0,0,0,0,0,0,0,0] ends=[1]; out y",
    "Slice 'y': starts has 9 numbers, expected at most 8" },
  { "in x 1,4,3,3; SpaceToDepth x y blocksize=2; out y",
    "SpaceToDepth 'y': 3x3 does not divide into blocks of 2x2" },
  { "in x 1,3,3,3; DepthToSpace x y blocksize=2; out y",
    "DepthToSpace 'y': 3 channels do not divide into blocks of 2x2" },
  { "in x 2; in z int64 -; GatherND z,x y; out y",
    "GatherND 'y': the indices are float32, expected int64 or int32" },
  { "in x 2; in k int64 -; GatherND x,k y; out y",
    "GatherND 'y': data and indices need at least one dimension" },
  { "in x 2,2; in k int64 1,1; GatherND x,k y batch_dims=2; out y",
    "GatherND 'y': batch_dims is 2, expected 0 to 1" },
  { "i s 0,1; i l 5; i d 1; Range s,l,d y; out y",
    "Range 'y': start has 2 elements, expected one" },
  { "i s 0; f l 1 5; i d 1; Squeeze s a; Squeeze l b; Squeeze d c; Range a,b,c y; out y",
    "Range 'y': limit is float32, start is int64; expected one type of number" },
  { "in x 2; EyeLike x y; out y",
    "EyeLike 'y': its input has 1 dimensions, expected 2" },
  { "in x 2; Cast x y to=4294967297; out y",
    "Cast 'y': casting to unknown type is not supported" },
  { "in x 2,2; EyeLike x y dtype=-3; out y",
    "EyeLike 'y': there is no element type -3" },
  { "in x 2,2; i k 0,1; Trilu x,k y; out y",
    "Trilu 'y': k is not one int64 number" },
  { "in x 2; i k 1,1; TopK x,k y,z; out y",
    "TopK 'y': K must be one int64" },
  { "in x 2; i a 0,0; CumSum x,a y; out y",
    "CumSum 'y': axis must be one integer" },
  { "in x bool 2; i a 0; CumSum x,a y; out y",
    "CumSum 'y': input 'x' must be a number, not bool" },
  { "in x 2; i d 2,2; f v 2 0,1; OneHot x,d,v y; out y",
    "OneHot 'y': depth must be one number" },
  { "in x 2; i d 0; f v 2 0,1; OneHot x,d,v y; out y",
    "OneHot 'y': depth must be at least 1, not 0" },
  { "in x bool 2; i d 2; f v 2 0,1; OneHot x,d,v y; out y",
    "OneHot 'y': indices 'x' must be numbers, not bool" },
  { "in x 2; i d 2; f v 3 0,1,2; OneHot x,d,v y; out y",
    "OneHot 'y': values must be two, off and on, not 3" },
  { "in x 1,1,1,1,1,1,1,1; i d 2; f v 2 0,1; OneHot x,d,v y; out y",
    "OneHot 'y': the output would have 9 dimensions, at most 8 are supported" },
  { NULL, NULL },
};

static const Mistake windows[] = {
  { "in x 1,2; w k 2,2; Conv x,k y; out y",
    "Conv 'y': weight is 2x2, input has rank 2; both want rank 3, 4 or 5" },
  { "in x 1,1,2,2,2,2; w k 1,1,1,1,1,1; Conv x,k y; out y",
    "Conv 'y': weight is 1x1x1x1x1x1, input has rank 6; both want rank 3, 4 or 5" },
  { "in x 1,1,4,4; w k 1,1,2,2; Conv x,k y pads=[4000000000,0,0,0]; out y",
    "Conv 'y': pads holds 4000000000" },
  { "in x 1,1,4,4; w k 1,1,2,2; Conv x,k y pads=[1,1]; out y",
    "Conv 'y': pads has 2 values, expected 4" },
  { "in x 1,1,4,4; w k 1,1,0,2; Conv x,k y; out y",
    "Conv 'y': weight is 1x1x0x2" },
  { "in x 1,1,4,4; w k 1,1,0,2; ConvTranspose x,k y; out y",
    "ConvTranspose 'y': its kernel is empty or too large" },
  { "in x 1,1,4,4; w k 1,1,2,2; ConvTranspose x,k y output_shape=[-1,4]; out y",
    "ConvTranspose 'y': output_shape asks for -1 positions" },
  { "in x int64 1,1,4,4; AveragePool x y kernel_shape=[2,2]; out y",
    "AveragePool 'y': input is int64, expected a floating type" },
  { "in x int64 1,1,4,4; GlobalAveragePool x y; out y",
    "GlobalAveragePool 'y': input is int64, expected a floating type" },
  { "in x 4; GlobalAveragePool x y; out y",
    "GlobalAveragePool 'y': input of rank 1, expected at least 2" },
  { "in x 4; w s 4; BatchNormalization x,s,s,s,s y; out y",
    "BatchNormalization 'y': input of rank 1, expected at least 2" },
  { "in x int64 1,4; w s 4; BatchNormalization x,s,s,s,s y; out y",
    "BatchNormalization 'y': input 0 is int64, expected a floating type" },
  { "in x 1,4; w s 3; BatchNormalization x,s,s,s,s y; out y",
    "BatchNormalization 'y': scale is 3, expected 4 values" },
  { "opset 6; in x 1,4; w s 4; BatchNormalization x,s,s,s,s y spatial=0 is_test=1; out y",
    "BatchNormalization 'y': statistics per position (spatial = 0) are not supported" },
  { "in x 1,4; MeanVarianceNormalization x y axes=[0,1,0,1,0,1,0,1,0]; out y",
    "MeanVarianceNormalization 'y': too many axes" },
  { "in x 1,1,2,2; in g int64 1,2,2,2; GridSample x,g y; out y",
    "GridSample 'y': the grid is int64, expected a floating type" },
  { "in x 1,1,2,2; in g 1,2,2,3; GridSample x,g y; out y",
    "GridSample 'y': the grid is 1x2x2x3, which does not fit an input of 1x1x2x2" },
  { "in x 1,1,2,2; f s 9 1; Resize x,,s y; out y",
    "Resize 'y': scales has 9 numbers, expected at most 8" },
  { "in x 1,1,2,2; f s 3 1; Resize x,,s y; out y",
    "Resize 'y': has 3 scales for 4 axes" },
  { "in x 1,1,2,2; i s 1,1,2; Resize x,,,s y; out y",
    "Resize 'y': has 3 sizes for 4 axes" },
  { NULL, NULL },
};

static const Mistake quantised[] = {
  { "in x int64 2; f s - 1; in z uint8 -; QuantizeLinear x,s,z y; out y",
    "QuantizeLinear 'y': input 'x' must be floating or int32, not int64" },
  { "in x 2; f s 3 1; in z uint8 3; QuantizeLinear x,s,z y axis=0; out y",
    "QuantizeLinear 'y': 's' is 3, expected one value or 2" },
  { "in x bool 2; f s - 1; DequantizeLinear x,s y; out y",
    "DequantizeLinear 'y': input 'x' must be of an integer type, not bool" },
  { "in x uint8 1,1,2,2; in w uint8 1,1,1,1; i s 1; in z uint8 -; "
    "QLinearConv x,s,z,w,s,z,s,z y; out y",
    "QLinearConv 'y': scale 's' must be of a floating type, not int64" },
  { "in x uint8 1,1,2,2; in w uint8 1,1,1,1; f s - 1; in z uint8 -; in q int64 -; "
    "QLinearConv x,s,z,w,s,z,s,q y; out y",
    "QLinearConv 'y': quantising to int64 is not supported" },
  { "in x uint8 1,1,2,2; in w uint8 1,1,1,1; f s - 1; in z uint8 -; in b int32 2; "
    "QLinearConv x,s,z,w,s,z,s,z,b y; out y",
    "QLinearConv 'y': bias is 2 of int32, expected 1 of int32" },
  { "in x uint8 1,1,2,2; in w uint8 1,1,1,1; in z uint8 2; ConvInteger x,w,z y; out y",
    "ConvInteger 'y': the input's zero point must be one value" },
  { "in x uint8 1,1,2,2; in w uint8 3,1,1,1; in z uint8 -; in q uint8 2; "
    "ConvInteger x,w,z,q y; out y",
    "ConvInteger 'y': the weight's zero point must be one value or 3" },
  { "in x uint8 2,2; in w uint8 2,2; in z uint8 3; MatMulInteger x,w,z y; out y",
    "MatMulInteger 'y': zero point 'z' is 3, expected one value or 2" },
  { "in x int64 1,1,2,2; in w uint8 1,1,1,1; ConvInteger x,w y; out y",
    "ConvInteger 'y': 'x' must be int8 or uint8, not int64" },
  { NULL, NULL },
};

static void
check_mistakes (gconstpointer data)
{
  for (const Mistake *mistake = data; mistake->net != NULL; mistake++)
    {
      g_autoptr (WhyOnnxModel) model = net_load (mistake->net);
      g_autoptr (GError) error = NULL;
      g_autofree char *wanted = g_strconcat ("test model: ", mistake->message, NULL);
      WhyShape shapes[10] = { { 0 } };
      gsize n = model->graph->n_inputs;
      g_assert_cmpuint (n, <=, G_N_ELEMENTS (shapes));
      for (gsize input = 0; input < n; input++)
        {
          shapes[input].rank = model->graph->inputs[input].rank;
          memcpy (shapes[input].dims, model->graph->inputs[input].dims, sizeof shapes[input].dims);
        }
      g_autoptr (WhyGraph) graph = why_graph_new (model, shapes, n, NULL, &error);
      if (graph != NULL)
        g_error ("nothing is found wrong with %s", mistake->net);
      if (error->domain != WHY_ERROR || strcmp (error->message, wanted) != 0)
        g_error ("%s\n  expected: %s\n  found:    %s", mistake->net, wanted, error->message);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/ops-errors/arithmetic", arithmetic, check_mistakes);
  g_test_add_data_func ("/ops-errors/movement", movement, check_mistakes);
  g_test_add_data_func ("/ops-errors/windows", windows, check_mistakes);
  g_test_add_data_func ("/ops-errors/quantised", quantised, check_mistakes);
  return g_test_run ();
}
