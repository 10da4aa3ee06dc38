#include "config.h"

#include "grad-check.h"

#include "base/error.h"

#include <string.h>

/* The operators that networks are made of: convolutions, products, pools, normalisations, Softmax.
 * Values worked out by hand, gradients against central differences in float64, boxes of dependence
 * against what really changes. */

#define F32 WHY_DTYPE_FLOAT32
#define F64 WHY_DTYPE_FLOAT64
#define I64 WHY_DTYPE_INT64
#define ATTRS_MAX 8
#define INPUTS_MAX 5
/* Results are float32 of numbers with few digits; roots are given with seven. */
#define TOLERANCE 1e-6

/* ---- attributes as text: "pads=[1,1] group=2 alpha=0.5 auto_pad=SAME_UPPER" ---- */

typedef struct
{
  WhyAttr attrs[ATTRS_MAX];
  guint n;
  char **words;
  gint64 ints[ATTRS_MAX][16];
} Attrs;

static void
attrs_init (Attrs *attrs, const char *text)
{
  memset (attrs, 0, sizeof *attrs);
  attrs->words = g_strsplit_set (text != NULL ? text : "", " =", -1);
  for (char **word = attrs->words; word[0] != NULL && *word[0] != '\0'; word += 2)
    {
      WhyAttr *attr = &attrs->attrs[attrs->n];
      char *value = word[1];
      attr->name = word[0];
      if (*value == '[')
        {
          g_auto (GStrv) parts = g_strsplit (value + 1, ",", -1);
          attr->type = WHY_ATTR_INTS;
          attr->ints = attrs->ints[attrs->n];
          for (; parts[attr->n] != NULL; attr->n++)
            attrs->ints[attrs->n][attr->n] = g_ascii_strtoll (parts[attr->n], NULL, 10);
        }
      else if (!g_ascii_isdigit (*value) && *value != '-')
        {
          attr->type = WHY_ATTR_STRING;
          attr->s = value;
        }
      else if (strpbrk (value, ".e") != NULL)
        {
          attr->type = WHY_ATTR_FLOAT;
          attr->f = g_ascii_strtod (value, NULL);
        }
      else
        {
          attr->type = WHY_ATTR_INT;
          attr->i = g_ascii_strtoll (value, NULL, 10);
        }
      g_assert_cmpuint (++attrs->n, <=, ATTRS_MAX);
    }
}

static void
attrs_clear (Attrs *attrs)
{
  g_strfreev (attrs->words);
}

/* ---- values ---- */

#define TENSORS(...) (WhyTensor *[]){ __VA_ARGS__ }, G_N_ELEMENTS (((WhyTensor *[]){ __VA_ARGS__ }))
#define V(dims, ...) check_tensor (F32, dims, __VA_ARGS__)

/* 1, 2, 3, ... */
static WhyTensor *
count_up (const char *dims)
{
  g_autoptr (WhyTensor) like = check_random (1, 0, 1, dims);
  WhyTensor *tensor = why_tensor_new (F32, like->rank, like->dims, NULL);
  gsize count = why_tensor_count (tensor);
  for (gsize index = 0; index < count; index++)
    ((float *) tensor->data)[index] = (float) index + 1;
  return tensor;
}

static WhyTensor *
filled (const char *dims, double value)
{
  WhyTensor *tensor = count_up (dims);
  gsize count = why_tensor_count (tensor);
  for (gsize index = 0; index < count; index++)
    why_tensor_set_f64 (tensor, index, value);
  return tensor;
}

static void
expect_output (const char *type,
               gint64 opset,
               const char *text,
               guint n_outputs,
               guint output,
               WhyTensor *expected,
               WhyTensor *const *inputs,
               guint n_inputs)
{
  Attrs attrs;
  attrs_init (&attrs, text);
  check_equal (check_eval (type, opset, inputs, n_inputs, attrs.attrs, attrs.n, n_outputs, output),
               expected, TOLERANCE);
  attrs_clear (&attrs);
}

#define EXPECT(type, opset, attrs, expected, ...)                                                  \
  expect_output (type, opset, attrs, 1, 0, expected, TENSORS (__VA_ARGS__))

static void
test_conv_values (void)
{
  /* 1 2 3 4 5 with the kernel 1 -1 and a bias of 10, padded by 1 in front: 0-1, 1-2, ... */
  EXPECT ("Conv", 0, "pads=[1,0]", V ("1x1x5", 9.0, 9.0, 9.0, 9.0, 9.0), count_up ("1x1x5"),
          V ("1x1x2", 1.0, -1.0), V ("1", 10.0));
  EXPECT ("Conv", 0, "strides=[2] dilations=[2]", V ("1x1x2", 4.0, 8.0), count_up ("1x1x5"),
          filled ("1x1x2", 1));
  /* sums of 2 x 2 windows of 1..9 */
  EXPECT ("Conv", 0, "", V ("1x1x2x2", 12.0, 16.0, 24.0, 28.0), count_up ("1x1x3x3"),
          filled ("1x1x2x2", 1));
  EXPECT ("Conv", 0, "auto_pad=SAME_UPPER strides=[2,2]", V ("1x1x2x2", 12.0, 9.0, 15.0, 9.0),
          count_up ("1x1x3x3"), filled ("1x1x2x2", 1));
  EXPECT ("Conv", 0, "auto_pad=SAME_LOWER strides=[2,2]", V ("1x1x2x2", 1.0, 5.0, 11.0, 28.0),
          count_up ("1x1x3x3"), filled ("1x1x2x2", 1));
  EXPECT ("Conv", 0, "auto_pad=VALID", V ("1x1x2x2", 12.0, 16.0, 24.0, 28.0), count_up ("1x1x3x3"),
          filled ("1x1x2x2", 1));
  EXPECT ("Conv", 0, "group=2", V ("1x2x2", 1.0, 2.0, -3.0, -4.0), count_up ("1x2x2"),
          V ("2x1x1", 1.0, -1.0));
  EXPECT ("Conv", 0, "", V ("1x1x1x1x1", 36.0), count_up ("1x1x2x2x2"), filled ("1x1x2x2x2", 1));
  EXPECT ("Conv", 0, "", V ("1x1x2", 4.0, 6.0), count_up ("1x2x2"), filled ("1x2x1", 1));
}

static void
test_conv_transpose_values (void)
{
  EXPECT ("ConvTranspose", 0, "strides=[2]", V ("1x1x5", 1.0, 1.0, 3.0, 2.0, 2.0),
          V ("1x1x2", 1.0, 2.0), filled ("1x1x3", 1));
  EXPECT ("ConvTranspose", 0, "strides=[2] output_padding=[1]",
          V ("1x1x6", 1.5, 1.5, 3.5, 2.5, 2.5, 0.5), V ("1x1x2", 1.0, 2.0), filled ("1x1x3", 1),
          V ("1", 0.5));
  EXPECT ("ConvTranspose", 0, "strides=[2] pads=[1,0]", V ("1x1x4", 1.0, 3.0, 2.0, 2.0),
          V ("1x1x2", 1.0, 2.0), filled ("1x1x3", 1));
  /* 5 are 4: one is cut off; by ONNX 1.12 in front unless SAME_UPPER */
  EXPECT ("ConvTranspose", 0, "strides=[2] output_shape=[4]", V ("1x1x4", 1.0, 3.0, 2.0, 2.0),
          V ("1x1x2", 1.0, 2.0), filled ("1x1x3", 1));
  EXPECT ("ConvTranspose", 0, "strides=[2] auto_pad=SAME_UPPER", V ("1x1x4", 1.0, 1.0, 3.0, 2.0),
          V ("1x1x2", 1.0, 2.0), filled ("1x1x3", 1));
  EXPECT ("ConvTranspose", 0, "strides=[2] auto_pad=SAME_LOWER", V ("1x1x4", 1.0, 3.0, 2.0, 2.0),
          V ("1x1x2", 1.0, 2.0), filled ("1x1x3", 1));
  /* the kernel's first dimension is the input's channels: 1 (1, 2) + 10 (3, 4) */
  EXPECT ("ConvTranspose", 0, "", V ("1x2x1", 31.0, 42.0), V ("1x2x1", 1.0, 10.0),
          V ("2x2x1", 1.0, 2.0, 3.0, 4.0));
  EXPECT ("ConvTranspose", 0, "group=2", V ("1x2x1", 3.0, 50.0), V ("1x2x1", 1.0, 10.0),
          V ("2x1x1", 3.0, 5.0));
}

static void
test_pool_values (void)
{
  EXPECT ("MaxPool", 0, "kernel_shape=[2,2]", V ("1x1x2x2", 5.0, 6.0, 8.0, 9.0),
          count_up ("1x1x3x3"));
  EXPECT ("MaxPool", 0, "kernel_shape=[2,2] strides=[2,2]", V ("1x1x1x1", 5.0),
          count_up ("1x1x3x3"));
  EXPECT ("MaxPool", 0, "kernel_shape=[2,2] strides=[2,2] ceil_mode=1",
          V ("1x1x2x2", 5.0, 6.0, 8.0, 9.0), count_up ("1x1x3x3"));
  EXPECT ("MaxPool", 0, "kernel_shape=[2] dilations=[2] pads=[1,0]",
          V ("1x1x4", 2.0, 3.0, 4.0, 5.0), count_up ("1x1x5"));
  expect_output ("MaxPool", 0, "kernel_shape=[2,2]", 2, 1,
                 check_tensor (I64, "1x2x1x2", 4, 5, 10, 11), TENSORS (count_up ("1x2x2x3")));
  expect_output ("MaxPool", 0, "kernel_shape=[2,2] storage_order=1", 2, 1,
                 check_tensor (I64, "1x1x1x2", 3, 5), TENSORS (count_up ("1x1x2x3")));
  EXPECT ("AveragePool", 0, "kernel_shape=[2,2]", V ("1x1x2x2", 3.0, 4.0, 6.0, 7.0),
          count_up ("1x1x3x3"));
  EXPECT ("AveragePool", 0, "kernel_shape=[2] pads=[1,0]", V ("1x1x3", 1.0, 1.5, 2.5),
          count_up ("1x1x3"));
  EXPECT ("AveragePool", 0, "kernel_shape=[2] pads=[1,0] count_include_pad=1",
          V ("1x1x3", 0.5, 1.5, 2.5), count_up ("1x1x3"));
  EXPECT ("AveragePool", 0, "kernel_shape=[2] strides=[2] ceil_mode=1", V ("1x1x2", 1.5, 3.0),
          count_up ("1x1x3"));
  EXPECT ("AveragePool", 19, "kernel_shape=[2] dilations=[2]", V ("1x1x2", 2.0, 3.0),
          count_up ("1x1x4"));
  EXPECT ("LpPool", 0, "kernel_shape=[2]", V ("1x1x2", 5.0, 5.0), V ("1x1x3", 3.0, -4.0, 3.0));
  EXPECT ("LpPool", 0, "kernel_shape=[2] p=1", V ("1x1x2", 7.0, 7.0), V ("1x1x3", 3.0, -4.0, 3.0));
  EXPECT ("GlobalAveragePool", 0, "", V ("1x2x1x1", 2.5, 6.5), count_up ("1x2x2x2"));
  EXPECT ("GlobalMaxPool", 0, "", V ("1x2x1x1", 4.0, 8.0), count_up ("1x2x2x2"));
  EXPECT ("GlobalLpPool", 0, "", V ("1x1x1", 5.0), V ("1x1x2", 3.0, -4.0));
}

static void
test_product_values (void)
{
  EXPECT ("MatMul", 0, "", V ("2x2", 7.0, 10.0, 15.0, 22.0), count_up ("2x2"), count_up ("2x2"));
  EXPECT ("MatMul", 0, "", V ("2", 7.0, 10.0), count_up ("2"), count_up ("2x2"));
  EXPECT ("MatMul", 0, "", V ("2", 5.0, 11.0), count_up ("2x2"), count_up ("2"));
  EXPECT ("MatMul", 0, "", V ("", 5.0), count_up ("2"), count_up ("2"));
  EXPECT ("MatMul", 0, "", V ("2x1x1", 1.0, 2.0), count_up ("2x1x1"), filled ("1x1", 1));
  EXPECT ("MatMul", 0, "", V ("2x1x2", 11.0, 23.0, 23.0, 51.0), count_up ("2x1x2"),
          V ("2x2", 1.0, 5.0, 5.0, 9.0));
  EXPECT ("Gemm", 0, "alpha=0.5 beta=2.0", V ("2x2", 23.5, 45.0, 27.5, 51.0), count_up ("2x2"),
          count_up ("2x2"), V ("2", 10.0, 20.0));
  EXPECT ("Gemm", 0, "transA=1", V ("2x2", 10.0, 14.0, 14.0, 20.0), count_up ("2x2"),
          count_up ("2x2"));
  EXPECT ("Gemm", 0, "transB=1", V ("2x2", 5.0, 11.0, 11.0, 25.0), count_up ("2x2"),
          count_up ("2x2"));
  EXPECT ("Gemm", 0, "transA=1 transB=1", V ("2x2", 8.0, 16.0, 11.0, 23.0), count_up ("2x2"),
          count_up ("2x2"), V ("2x1", 1.0, 1.0));
}

static void
test_normalization_values (void)
{
  EXPECT ("BatchNormalization", 0, "epsilon=1.0", V ("1x2x2", 0.0, 0.5, 3.0, 5.0),
          count_up ("1x2x2"), V ("2", 1.0, 2.0), V ("2", 0.0, 1.0), V ("2", 1.0, 2.0),
          V ("2", 3.0, 0.0));
  EXPECT ("InstanceNormalization", 0, "epsilon=0.0", V ("1x1x2", -1.0, 3.0), V ("1x1x2", 1.0, 3.0),
          V ("1", 2.0), V ("1", 1.0));
  EXPECT ("LayerNormalization", 0, "epsilon=0.0", V ("2x2", -1.0, 3.0, -1.0, 3.0),
          V ("2x2", 1.0, 3.0, 5.0, 9.0), V ("2", 1.0, 2.0), V ("2", 0.0, 1.0));
  expect_output ("LayerNormalization", 0, "epsilon=0.0", 3, 1, V ("2x1", 2.0, 7.0),
                 TENSORS (V ("2x2", 1.0, 3.0, 5.0, 9.0), V ("2", 1.0, 2.0), NULL));
  expect_output ("LayerNormalization", 0, "epsilon=0.0 axis=0", 3, 2, V ("1x1", 0.5),
                 TENSORS (V ("2x1", 1.0, 5.0), V ("2x1", 1.0, 2.0), NULL));
  EXPECT ("GroupNormalization", 18, "num_groups=1 epsilon=0.0", V ("1x2x1", -1.0, 3.0),
          V ("1x2x1", 1.0, 3.0), V ("1", 2.0), V ("1", 1.0));
  EXPECT ("GroupNormalization", 21, "num_groups=1 epsilon=0.0", V ("1x2x1", -1.0, 3.0),
          V ("1x2x1", 1.0, 3.0), V ("2", 1.0, 2.0), V ("2", 0.0, 1.0));
  EXPECT ("MeanVarianceNormalization", 0, "axes=[1]", V ("2x2", -1.0, 1.0, -1.0, 1.0),
          V ("2x2", 1.0, 3.0, 5.0, 9.0));
  EXPECT ("LRN", 0, "size=2 alpha=2.0 beta=1.0 bias=1.0", V ("1x2x1", 1 / 6.0, 0.4),
          V ("1x2x1", 1.0, 2.0));
  EXPECT ("LpNormalization", 0, "", V ("2", 0.6, 0.8), V ("2", 3.0, 4.0));
  EXPECT ("LpNormalization", 0, "p=1 axis=0", V ("2", -0.3, 0.7), V ("2", -3.0, 7.0));
}

static void
test_softmax_values (void)
{
  EXPECT ("Softmax", 13, "", V ("1x2", 0.25, 0.75), V ("1x2", 0.0, 1.0986123));
  EXPECT ("LogSoftmax", 13, "", V ("1x2", -1.3862944, -0.2876821), V ("1x2", 0.0, 1.0986123));
  EXPECT ("Softmax", 11, "", filled ("1x2x2", 0.25), filled ("1x2x2", 7));
  EXPECT ("Softmax", 13, "", filled ("1x2x2", 0.5), filled ("1x2x2", 7));
  EXPECT ("Softmax", 11, "axis=2", filled ("1x2x2", 0.5), filled ("1x2x2", 7));
  EXPECT ("Softmax", 13, "axis=0", filled ("1x2x2", 1), filled ("1x2x2", 7));
  /* no overflow */
  EXPECT ("Softmax", 13, "", V ("3", 0.0, 1.0, 0.0), V ("3", -1e30, 1e30, 0.0));
}

/* ---- gradients ---- */

/* Inputs: dims, with a letter in front: "p" 0.5 to 1.5, "d" no two values alike (for maxima), "a"
 * away from 0. Those whose bit is set in @constant are constants. */
typedef struct
{
  const char *type;
  gint64 opset;
  const char *attrs;
  guint constant;
  const char *inputs[INPUTS_MAX];
} Case;

static WhyTensor *
make_input (const char *text, guint32 seed)
{
  const double zero = 0;
  if (text == NULL)
    return NULL;
  switch (*text)
    {
    case 'p':
      return check_random (seed, 0.5, 1.5, text + 1);
    case 'd':
      return check_distinct (seed, 0.1, text + 1);
    case 'a':
      return check_random_away (seed, -1, 1, &zero, 1, text + 1);
    default:
      return check_random (seed, -1, 1, text);
    }
}

static guint
make_inputs (const Case *test, WhyTensor **inputs)
{
  guint n = 0;
  for (guint input = 0; input < INPUTS_MAX; input++)
    {
      inputs[input] = make_input (test->inputs[input], 10 + input);
      n = inputs[input] != NULL ? input + 1 : n;
    }
  return n;
}

static void
check_cases (const Case *cases, gsize n_cases, gboolean second)
{
  for (gsize index = 0; index < n_cases; index++)
    {
      const Case *test = &cases[index];
      GradCheck check = {
        .type = test->type, .opset = test->opset, .constant = test->constant, .second = second
      };
      Attrs attrs;
      attrs_init (&attrs, test->attrs);
      check.attrs = attrs.attrs;
      check.n_attrs = attrs.n;
      check.n_inputs = make_inputs (test, check.inputs);
      g_test_message ("%s %s", test->type, test->attrs);
      grad_check (&check);
      attrs_clear (&attrs);
    }
}

static void
test_conv_gradients (void)
{
  static const Case cases[] = {
    { "Conv", 0, "", 2, { "2x2x5", "3x2x2", "3" } },
    { "Conv", 0, "strides=[2] pads=[2,1]", 2, { "1x2x7", "3x2x3" } },
    { "Conv", 0, "strides=[2,1] pads=[1,0,0,2] dilations=[1,2]", 2, { "1x2x5x6", "3x2x2x3", "3" } },
    { "Conv", 0, "group=2 pads=[1,1,1,1]", 2, { "1x4x4x3", "6x2x3x3" } },
    { "Conv", 0, "group=3 auto_pad=SAME_UPPER strides=[2,2]", 2, { "2x3x4x5", "3x1x2x3" } },
    { "Conv", 0, "auto_pad=SAME_LOWER strides=[3,2]", 2, { "1x1x7x5", "2x1x4x2" } },
    { "Conv", 0, "pads=[-1,0,1,-1]", 2, { "1x2x5x5", "2x2x2x2" } },
    { "Conv", 0, "strides=[3,3]", 2, { "1x1x8x8", "1x1x2x2" } },
    { "Conv",
      0,
      "pads=[0,1,1,1,0,1] strides=[1,2,1] dilations=[2,1,1]",
      2,
      { "1x2x4x4x3", "2x2x2x3x2", "2" } },
    { "Conv", 0, "", 2, { "0x2x5", "3x2x2" } },
    { "ConvTranspose", 0, "", 2, { "2x2x4", "2x3x3", "3" } },
    { "ConvTranspose", 0, "strides=[3] pads=[1,2] output_padding=[2]", 2, { "1x2x4", "2x3x4" } },
    { "ConvTranspose",
      0,
      "strides=[2,1] pads=[1,0,0,1] dilations=[1,2] output_padding=[1,0]",
      2,
      { "1x2x3x4", "2x3x3x2", "3" } },
    { "ConvTranspose", 0, "output_padding=[1,2]", 2, { "1x2x3x3", "2x1x2x2" } },
    { "ConvTranspose", 0, "group=2 strides=[2,2]", 2, { "1x4x3x3", "4x2x2x3" } },
    { "ConvTranspose", 0, "strides=[2,2] output_shape=[5,7]", 2, { "1x2x3x3", "2x1x3x2" } },
    { "ConvTranspose", 0, "strides=[2,3] auto_pad=SAME_LOWER", 2, { "1x2x3x3", "2x1x3x4" } },
    { "ConvTranspose", 0, "strides=[2,2] auto_pad=SAME_UPPER", 2, { "1x2x3x3", "2x1x1x1" } },
    { "ConvTranspose",
      0,
      "strides=[2,1,2] pads=[0,1,0,1,0,1]",
      2,
      { "1x1x2x3x2", "1x2x3x2x3", "2" } },
  };
  check_cases (cases, G_N_ELEMENTS (cases), TRUE);
}

static void
test_pool_gradients (void)
{
  static const Case first[] = {
    { "GlobalMaxPool", 0, "", 0, { "d2x3x2x3" } },
    { "GlobalMaxPool", 0, "", 0, { "d1x2x5" } },
    { "LpPool", 0, "kernel_shape=[2,2] strides=[2,1] pads=[1,0,0,1]", 0, { "a1x2x4x4" } },
    { "LpPool", 0, "kernel_shape=[3] p=3", 0, { "a1x2x5" } },
    { "LpPool", 0, "kernel_shape=[3] p=1", 0, { "a1x2x5" } },
    { "LpPool", 18, "kernel_shape=[2] dilations=[2]", 0, { "a1x2x5" } },
    { "GlobalLpPool", 0, "", 0, { "a1x2x3x2" } },
    { "GlobalLpPool", 0, "p=3", 0, { "a1x2x5" } },
  };
  static const Case second[] = {
    { "MaxPool", 0, "kernel_shape=[3] strides=[2] pads=[1,0]", 0, { "d2x2x6" } },
    { "MaxPool", 0, "kernel_shape=[2,3] strides=[1,2] pads=[1,0,0,2]", 0, { "d1x2x4x5" } },
    { "MaxPool", 0, "kernel_shape=[3,3] strides=[2,2] ceil_mode=1", 0, { "d1x2x6x6" } },
    { "MaxPool", 0, "kernel_shape=[2,2] dilations=[2,3]", 0, { "d1x1x5x6" } },
    { "MaxPool", 0, "kernel_shape=[2,2] auto_pad=SAME_LOWER strides=[2,2]", 0, { "d1x1x5x5" } },
    { "MaxPool", 0, "kernel_shape=[2,2,2] strides=[2,1,1]", 0, { "d1x1x4x3x3" } },
    { "AveragePool", 0, "kernel_shape=[3] strides=[2] pads=[1,0]", 0, { "2x2x6" } },
    { "AveragePool", 0, "kernel_shape=[2,3] strides=[1,2] pads=[1,0,0,2]", 0, { "1x2x4x5" } },
    { "AveragePool",
      0,
      "kernel_shape=[2,3] strides=[1,2] pads=[1,0,0,2] count_include_pad=1",
      0,
      { "1x2x4x5" } },
    { "AveragePool", 0, "kernel_shape=[3,3] strides=[2,2] ceil_mode=1", 0, { "1x1x6x6" } },
    { "AveragePool",
      0,
      "kernel_shape=[3,3] strides=[2,2] pads=[1,1,1,1] ceil_mode=1 count_include_pad=1",
      0,
      { "1x1x6x6" } },
    { "AveragePool", 19, "kernel_shape=[2,2] dilations=[2,1]", 0, { "1x1x5x4" } },
    { "AveragePool", 0, "kernel_shape=[2,2] auto_pad=SAME_UPPER strides=[2,2]", 0, { "1x1x5x5" } },
    { "AveragePool", 0, "kernel_shape=[2,2,2] strides=[1,2,1]", 0, { "1x1x3x4x3" } },
    { "GlobalAveragePool", 0, "", 0, { "2x3x2x3" } },
    { "GlobalAveragePool", 0, "", 0, { "1x2x2x3x2" } },
    { "GlobalAveragePool", 0, "", 0, { "2x3" } },
  };
  check_cases (first, G_N_ELEMENTS (first), FALSE);
  check_cases (second, G_N_ELEMENTS (second), TRUE);
}

/* Of equal values the first takes the gradient, as in PyTorch. */
static void
test_pool_ties (void)
{
  const WhyAttr attrs[] = { CHECK_INTS ("kernel_shape", 2) };
  const GradCheck check = { .type = "MaxPool",
                            .n_inputs = 1,
                            .attrs = attrs,
                            .n_attrs = 1,
                            .inputs = { check_tensor (F64, "1x1x3", 2.0, 2.0, 2.0) } };
  check_equal (grad_check_values (&check, 0, check_tensor (F64, "1x1x2", 3.0, 5.0)),
               check_tensor (F64, "1x1x3", 3.0, 5.0, 0.0), 0);
}

/* A norm has no derivative where all is zero, as behind a rectifier: 0 is taken, and nothing
 * infinite. */
static void
test_norms_of_zeros (void)
{
  static const struct
  {
    const char *type, *attrs, *dims, *seed;
  } cases[] = {
    { "LpPool", "kernel_shape=[2]", "1x1x4", "1x1x3" },
    { "LpPool", "kernel_shape=[2] p=1", "1x1x4", "1x1x3" },
    { "LpPool", "kernel_shape=[2] p=3", "1x1x4", "1x1x3" },
    { "GlobalLpPool", "", "1x1x4", "1x1x1" },
    { "GlobalLpPool", "p=3", "1x1x4", "1x1x1" },
    { "LpNormalization", "", "2x2", "2x2" },
    { "LpNormalization", "p=1", "2x2", "2x2" },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      GradCheck check = { .type = cases[index].type, .n_inputs = 1 };
      Attrs attrs;
      attrs_init (&attrs, cases[index].attrs);
      check.attrs = attrs.attrs;
      check.n_attrs = attrs.n;
      check.inputs[0] = check_random (1, 0, 1e-300, cases[index].dims);
      memset (check.inputs[0]->data, 0, check.inputs[0]->n_bytes);
      g_autoptr (WhyTensor) gradient =
        grad_check_values (&check, 0, check_random (2, 0.5, 1, cases[index].seed));
      gsize count = why_tensor_count (gradient);
      for (gsize at = 0; at < count; at++)
        g_assert_cmpfloat (why_tensor_get_f64 (gradient, at), ==, 0);
      attrs_clear (&attrs);
    }
}

static void
test_product_gradients (void)
{
  static const Case cases[] = {
    { "MatMul", 0, "", 0, { "3x4", "4x2" } },
    { "MatMul", 0, "", 0, { "2x3x4", "4x2" } },
    { "MatMul", 0, "", 0, { "3x4", "2x4x2" } },
    { "MatMul", 0, "", 0, { "2x3x4", "2x4x2" } },
    { "MatMul", 0, "", 0, { "2x1x2x3", "3x3x2" } },
    { "MatMul", 0, "", 0, { "1x2x3", "2x3x2" } },
    { "MatMul", 0, "", 0, { "4", "4x2" } },
    { "MatMul", 0, "", 0, { "3x4", "4" } },
    { "MatMul", 0, "", 0, { "4", "4" } },
    { "MatMul", 0, "", 0, { "4", "2x4x3" } },
    { "MatMul", 0, "", 0, { "2x3x4", "4" } },
    { "MatMul", 0, "", 2, { "2x3", "3x2" } },
    { "MatMul", 0, "", 1, { "2x3", "3x2" } },
    { "Gemm", 0, "", 0, { "3x4", "4x2", "2" } },
    { "Gemm", 0, "", 0, { "3x4", "4x2" } },
    { "Gemm", 0, "transA=1", 0, { "4x3", "4x2", "3x2" } },
    { "Gemm", 0, "transB=1", 0, { "3x4", "2x4", "3x1" } },
    { "Gemm", 0, "transA=1 transB=1", 0, { "4x3", "2x4", "1x2" } },
    { "Gemm", 0, "alpha=0.5 beta=-2.0", 0, { "3x4", "4x2", "1" } },
    { "Gemm", 0, "alpha=0.5 beta=-2.0 transA=1", 0, { "4x3", "4x2", "" } },
    { "Gemm", 0, "alpha=-1.5 transB=1", 0, { "3x4", "2x4", "1x1" } },
    { "Gemm", 0, "alpha=-1.5 transA=1 transB=1 beta=0.0", 0, { "4x3", "2x4", "2" } },
  };
  check_cases (cases, G_N_ELEMENTS (cases), TRUE);
}

static void
test_normalization_gradients (void)
{
  static const Case cases[] = {
    { "BatchNormalization", 0, "epsilon=0.1", 30, { "2x3x2x2", "3", "3", "3", "p3" } },
    { "BatchNormalization", 0, "", 30, { "4x3", "3", "3", "3", "p3" } },
    { "InstanceNormalization", 0, "epsilon=0.01", 6, { "2x2x3x2", "2", "2" } },
    { "InstanceNormalization", 0, "", 6, { "1x2x5", "2", "2" } },
    { "LayerNormalization", 17, "", 6, { "2x3x4", "4", "4" } },
    { "LayerNormalization", 17, "axis=1 epsilon=0.1", 6, { "2x3x4", "3x4" } },
    { "LayerNormalization", 17, "axis=-2", 6, { "2x3x4", "1x4", "3x1" } },
    { "LayerNormalization", 17, "axis=0", 6, { "2x3", "1", "1" } },
    { "GroupNormalization", 18, "num_groups=2 epsilon=0.01", 6, { "2x4x3", "2", "2" } },
    { "GroupNormalization", 21, "num_groups=2 epsilon=0.01", 6, { "2x4x3", "4", "4" } },
    { "GroupNormalization", 21, "num_groups=1", 6, { "1x3x2x2", "3", "3" } },
    { "GroupNormalization", 21, "num_groups=3", 6, { "1x3x2x2", "3", "3" } },
    { "MeanVarianceNormalization", 0, "", 0, { "2x3x2x2" } },
    { "MeanVarianceNormalization", 0, "axes=[1,2]", 0, { "2x3x2" } },
    { "MeanVarianceNormalization", 0, "axes=[-1]", 0, { "3x4" } },
    { "LRN", 0, "size=3 alpha=0.5", 0, { "1x5x2" } },
    { "LRN", 0, "size=2 alpha=0.5 beta=0.5 bias=2.0", 0, { "2x4x2x1" } },
    { "LRN", 0, "size=7 alpha=1.0", 0, { "1x3x2" } },
    { "LpNormalization", 0, "", 0, { "a3x4" } },
    { "LpNormalization", 0, "axis=1", 0, { "a2x3x2" } },
    { "LpNormalization", 0, "p=1 axis=0", 0, { "a3x2" } },
  };
  check_cases (cases, G_N_ELEMENTS (cases), TRUE);
}

static void
test_softmax_gradients (void)
{
  static const char *const types[] = { "Softmax", "LogSoftmax" };
  for (gsize type = 0; type < G_N_ELEMENTS (types); type++)
    {
      const Case cases[] = {
        { types[type], 11, "", 0, { "2x3x2" } },
        { types[type], 11, "axis=0", 0, { "2x3" } },
        { types[type], 11, "axis=2", 0, { "2x3x4" } },
        { types[type], 11, "axis=-1", 0, { "2x3x4" } },
        { types[type], 13, "", 0, { "2x3x4" } },
        { types[type], 13, "axis=1", 0, { "2x3x2x2" } },
        { types[type], 13, "axis=0", 0, { "4" } },
        { types[type], 13, "", 0, { "" } },
        { types[type], 13, "", 0, { "2x0" } },
      };
      check_cases (cases, G_N_ELEMENTS (cases), TRUE);
    }
}

/* ---- what has no gradient says so ---- */

static void
expect_no_gradient (const char *type,
                    gint64 opset,
                    const char *text,
                    guint n_inputs,
                    const char *const *dims,
                    guint variable,
                    const char *message)
{
  const WhyGraphOptions options = { .force_float64 = TRUE };
  g_autoptr (WhyGraph) graph = why_graph_new_empty (&options);
  g_autoptr (GError) error = NULL;
  WhyValue *values[INPUTS_MAX];
  Attrs attrs;

  attrs_init (&attrs, text);
  for (guint input = 0; input < n_inputs; input++)
    {
      g_autoptr (WhyTensor) tensor = make_input (dims[input], 3);
      values[input] = (variable & 1u << input) != 0
                        ? why_graph_add_input (graph, NULL, F64, tensor->rank, tensor->dims)
                        : why_graph_add_constant (graph, NULL, why_tensor_ref (tensor));
    }
  WhyValue **outputs = why_graph_add_node (graph, type, opset, "it", values, n_inputs, NULL, 1,
                                           attrs.attrs, attrs.n, &error);
  g_assert_no_error (error);
  WhyValue *output = outputs[0];
  WhyValue *seed = why_graph_add_input (graph, NULL, F64, output->rank, output->dims);
  g_autoptr (WhyGradients) gradients =
    why_graph_differentiate (graph, output, seed, WHY_GRAD_RULE_GRADIENT, &error);
  g_assert_no_error (error);
  g_assert_null (why_gradients_get (gradients, values[0], &error));
  g_assert_error (error, WHY_ERROR, WHY_ERROR_NO_GRADIENT);
  if (strstr (error->message, message) == NULL)
    g_error ("no '%s' in '%s'", message, error->message);
  attrs_clear (&attrs);
}

static void
test_no_gradient (void)
{
  const char *const conv[] = { "1x2x4", "3x2x2" }, *const norm[] = { "1x2x4", "2", "2", "2", "p2" };
  expect_no_gradient ("Conv", 0, "", 2, conv, 3,
                      "Conv 'it': its weight depends on the picture, which has no gradient here");
  expect_no_gradient ("BatchNormalization", 0, "", 5, norm, 3, "BatchNormalization 'it': ");
  expect_no_gradient ("BatchNormalization", 0, "training_mode=1", 5, norm, 1,
                      "BatchNormalization 'it': in training mode");
  expect_no_gradient ("InstanceNormalization", 0, "", 3, norm, 3,
                      "InstanceNormalization 'it': its scale or bias depends on the picture");
}

/* ---- boxes: an output changes only if an input in its box does ---- */

#define GEOMETRIES 40

typedef struct
{
  WhyGraph *graph;
  WhyValue *output;
  WhyTensor *input;
} Boxed;

static WhyTensor *
evaluate (const Boxed *boxed)
{
  g_autoptr (GError) error = NULL;
  WhyTensor *result = NULL, *input = boxed->input;
  WhyValue *output = boxed->output;
  why_graph_evaluate (boxed->graph, &input, &output, 1, &result, NULL, &error);
  g_assert_no_error (error);
  return result;
}

static void
unravel (gsize index, int rank, const gint64 *dims, gint64 *at)
{
  for (int axis = rank - 1; axis >= 0; axis--)
    {
      at[axis] = (gint64) (index % (gsize) dims[axis]);
      index /= (gsize) dims[axis];
    }
}

/* For some cells of the output: the box of inputs that it says it depends on, against those that
 * change it. @tight: the box must have no row or column to spare (in space). */
static void
check_boxes (const Boxed *boxed, GRand *rand, gboolean tight, const char *what)
{
  g_autoptr (WhyTensor) before = evaluate (boxed);
  gsize n_inputs = why_tensor_count (boxed->input), n_outputs = why_tensor_count (before);
  double *values = boxed->input->data;
  gsize cell = (gsize) g_rand_int_range (rand, 0, (gint32) n_outputs);
  WhyBox out = { .rank = before->rank }, in, seen = { .rank = boxed->input->rank };
  gboolean any = FALSE;

  unravel (cell, before->rank, before->dims, out.lo);
  for (int axis = 0; axis < out.rank; axis++)
    out.hi[axis] = out.lo[axis] + 1;
  why_op_region (boxed->output->producer, 0, 0, &out, &in);
  for (gsize index = 0; index < n_inputs; index++)
    {
      gint64 at[WHY_MAX_RANK];
      double held = values[index];
      values[index] = held + 1000;
      g_autoptr (WhyTensor) after = evaluate (boxed);
      values[index] = held;
      if (why_tensor_get_f64 (before, cell) == why_tensor_get_f64 (after, cell))
        continue;
      unravel (index, boxed->input->rank, boxed->input->dims, at);
      for (int axis = 0; axis < in.rank; axis++)
        {
          if (at[axis] < in.lo[axis] || at[axis] >= in.hi[axis])
            g_error ("%s: output %" G_GSIZE_FORMAT " depends on input %" G_GSIZE_FORMAT
                     ", outside its box along axis %d",
                     what, cell, index, axis);
          seen.lo[axis] = any ? MIN (seen.lo[axis], at[axis]) : at[axis];
          seen.hi[axis] = any ? MAX (seen.hi[axis], at[axis] + 1) : at[axis] + 1;
        }
      any = TRUE;
    }
  for (int axis = 2; tight && any && axis < in.rank; axis++)
    {
      if (in.lo[axis] != seen.lo[axis] || in.hi[axis] != seen.hi[axis])
        g_error ("%s: the box is %" G_GINT64_FORMAT "..%" G_GINT64_FORMAT
                 " along axis %d, inputs %" G_GINT64_FORMAT "..%" G_GINT64_FORMAT " matter",
                 what, in.lo[axis], in.hi[axis], axis, seen.lo[axis], seen.hi[axis]);
    }
}

static gboolean
boxed_init (Boxed *boxed,
            const char *type,
            gint64 opset,
            const char *text,
            const char *const *dims,
            guint n_inputs)
{
  const WhyGraphOptions options = { .force_float64 = TRUE };
  g_autoptr (GError) error = NULL;
  WhyValue *values[INPUTS_MAX];
  Attrs attrs;

  attrs_init (&attrs, text);
  boxed->graph = why_graph_new_empty (&options);
  boxed->input = make_input (dims[0], 5);
  values[0] = why_graph_add_input (boxed->graph, "x", F64, boxed->input->rank, boxed->input->dims);
  for (guint input = 1; input < n_inputs; input++)
    values[input] =
      why_graph_add_constant (boxed->graph, NULL, make_input (dims[input], 5 + input));
  WhyValue **outputs = why_graph_add_node (boxed->graph, type, opset, "it", values, n_inputs, NULL,
                                           1, attrs.attrs, attrs.n, &error);
  boxed->output = outputs != NULL ? outputs[0] : NULL;
  attrs_clear (&attrs);
  /* Random geometries may leave no window; nothing else may be wrong with them. */
  g_assert_true (outputs != NULL || g_error_matches (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE));
  return outputs != NULL;
}

static void
boxed_clear (Boxed *boxed)
{
  why_graph_free (boxed->graph);
  why_tensor_unref (boxed->input);
}

static void
test_window_boxes (gconstpointer data)
{
  const char *type = data;
  gboolean pool = g_str_has_suffix (type, "Pool"), transposed = strcmp (type, "ConvTranspose") == 0;
  guint32 seed = (guint32) g_test_rand_int ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  guint n_checked = 0;

  for (int geometry = 0; geometry < GEOMETRIES; geometry++)
    {
      g_autoptr (GString) attrs = g_string_new (NULL);
      int kernel[2], stride[2], dilation[2], pad[4];
      for (int axis = 0; axis < 2; axis++)
        {
          kernel[axis] = g_rand_int_range (rand, 1, 4);
          stride[axis] = g_rand_int_range (rand, 1, 4);
          dilation[axis] = g_rand_int_range (rand, 1, 3);
          pad[axis] = g_rand_int_range (rand, 0, kernel[axis]);
          pad[2 + axis] = g_rand_int_range (rand, 0, kernel[axis]);
        }
      g_string_append_printf (attrs, "strides=[%d,%d] dilations=[%d,%d] pads=[%d,%d,%d,%d]",
                              stride[0], stride[1], dilation[0], dilation[1], pad[0], pad[1],
                              pad[2], pad[3]);
      if (pool)
        g_string_append_printf (attrs, " kernel_shape=[%d,%d] ceil_mode=%d", kernel[0], kernel[1],
                                (int) g_rand_boolean (rand));
      if (transposed && g_rand_boolean (rand))
        g_string_append_printf (attrs, " output_padding=[%d,%d]", stride[0] - 1, stride[1] - 1);
      g_autofree char *x =
        g_strdup_printf ("1x2x%dx%d", g_rand_int_range (rand, 3, 8), g_rand_int_range (rand, 3, 8));
      g_autofree char *w = g_strdup_printf ("2x2x%dx%d", kernel[0], kernel[1]);
      const char *const dims[] = { x, w };
      g_autofree char *what = g_strdup_printf ("%s of %s, %s (seed %u)", type, x, attrs->str, seed);
      Boxed boxed;
      if (boxed_init (&boxed, type, 0, attrs->str, dims, pool ? 1 : 2) &&
          boxed.output->dims[2] > 0 && boxed.output->dims[3] > 0)
        {
          gboolean tight = dilation[0] == 1 && dilation[1] == 1;
          check_boxes (&boxed, rand, tight, what);
          check_boxes (&boxed, rand, tight, what);
          n_checked++;
        }
      boxed_clear (&boxed);
    }
  g_assert_cmpuint (n_checked, >, GEOMETRIES / 4);
}

static void
test_other_boxes (void)
{
  static const Case cases[] = {
    { "MatMul", 0, "", 0, { "2x3x4", "4x3" } },
    { "MatMul", 0, "", 0, { "1x3x4", "2x4x3" } },
    { "MatMul", 0, "", 0, { "4", "2x4x3" } },
    { "MatMul", 0, "", 0, { "3x4", "2x4x3" } },
    { "Gemm", 0, "", 0, { "3x4", "4x2" } },
    { "Softmax", 13, "axis=1", 0, { "1x3x2x2" } },
    { "Softmax", 11, "axis=1", 0, { "2x3x2" } },
    { "LogSoftmax", 13, "", 0, { "2x3x2" } },
    { "BatchNormalization", 0, "", 0, { "2x2x3x3", "2", "2", "2", "p2" } },
    { "BatchNormalization", 0, "training_mode=1", 0, { "2x2x3", "2", "2", "2", "p2" } },
    { "InstanceNormalization", 0, "", 0, { "1x2x3x3", "2", "2" } },
    { "LayerNormalization", 17, "axis=2", 0, { "2x2x3", "3", "3" } },
    { "GroupNormalization", 21, "num_groups=2", 0, { "2x4x2", "4", "4" } },
    { "MeanVarianceNormalization", 0, "axes=[1]", 0, { "2x3x2" } },
    { "LRN", 0, "size=3 alpha=0.5", 0, { "1x5x2x2" } },
    { "LpNormalization", 0, "axis=1", 0, { "2x3x2" } },
    { "GlobalAveragePool", 0, "", 0, { "2x2x2x3" } },
    { "GlobalMaxPool", 0, "", 0, { "2x2x2x3" } },
    { "GlobalLpPool", 0, "", 0, { "2x2x4" } },
    { "LpPool", 0, "kernel_shape=[2]", 0, { "1x2x5" } },
  };
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      const Case *test = &cases[index];
      guint n = 0;
      Boxed boxed;
      while (n < INPUTS_MAX && test->inputs[n] != NULL)
        n++;
      g_assert_true (boxed_init (&boxed, test->type, test->opset, test->attrs, test->inputs, n));
      for (int cell = 0; cell < 4; cell++)
        check_boxes (&boxed, rand, FALSE, test->type);
      boxed_clear (&boxed);
    }
}

/* ---- bad attributes and shapes ---- */

static void
test_bad (void)
{
  static const struct
  {
    Case node;
    const char *message;
  } cases[] = {
    { { "Conv", 0, "pads=[1,1,1]", 0, { "1x2x4x4", "3x2x2x2" } },
      "Conv 'it': pads has 3 values, expected 4" },
    { { "Conv", 0, "strides=[1]", 0, { "1x2x4x4", "3x2x2x2" } },
      "Conv 'it': strides has 1 values, expected 2" },
    { { "Conv", 0, "strides=[0,1]", 0, { "1x2x4x4", "3x2x2x2" } }, "Conv 'it': strides holds 0" },
    { { "Conv", 0, "dilations=[1,-1]", 0, { "1x2x4x4", "3x2x2x2" } },
      "Conv 'it': dilations holds -1" },
    { { "Conv", 0, "group=2", 0, { "1x2x4x4", "3x1x2x2" } },
      "Conv 'it': weight is 3x1x2x2, 2 groups do not divide its output channels" },
    { { "Conv", 0, "group=0", 0, { "1x2x4x4", "3x2x2x2" } },
      "Conv 'it': weight is 3x2x2x2, 0 groups" },
    { { "Conv", 0, "", 0, { "1x3x4x4", "3x2x2x2" } },
      "Conv 'it': weight is 3x2x2x2 with 1 groups, input has 3 channels" },
    { { "Conv", 0, "kernel_shape=[3,3]", 0, { "1x2x4x4", "3x2x2x2" } },
      "Conv 'it': kernel_shape contradicts the weight, which is 3x2x2x2" },
    { { "Conv", 0, "", 0, { "1x2x4x4", "3x2x2" } },
      "Conv 'it': weight is 3x2x2, input has rank 4" },
    { { "Conv", 0, "", 0, { "1x2", "3x2" } }, "Conv 'it': weight is 3x2, input has rank 2" },
    { { "Conv", 0, "", 0, { "1x2x4x4", "3x2x2x2", "2" } },
      "Conv 'it': bias is 2, the output has 3 channels" },
    { { "Conv", 0, "", 0, { "1x2x2x2", "3x2x3x3" } },
      "Conv 'it': the window spans 3 positions, the padded input has 2" },
    { { "ConvTranspose", 0, "", 0, { "1x2x4", "3x2x2" } },
      "ConvTranspose 'it': weight is 3x2x2 with 1 groups, input is 1x2x4" },
    { { "ConvTranspose", 0, "output_padding=[1,1]", 0, { "1x2x4", "2x2x2" } },
      "ConvTranspose 'it': output_padding has 2 values, expected 1" },
    { { "ConvTranspose", 0, "output_shape=[1,1]", 0, { "1x2x4", "2x2x2" } },
      "ConvTranspose 'it': output_shape has 2 values, expected 1" },
    { { "ConvTranspose", 0, "pads=[9,9]", 0, { "1x2x4", "2x2x2" } },
      "ConvTranspose 'it': its padding leaves no output" },
    { { "MaxPool", 0, "", 0, { "1x2x4x4" } },
      "MaxPool 'it': kernel_shape has 0 values, expected 2" },
    { { "MaxPool", 0, "kernel_shape=[2,0]", 0, { "1x2x4x4" } },
      "MaxPool 'it': kernel_shape holds 0" },
    { { "AveragePool", 0, "kernel_shape=[2]", 0, { "1x2x4x4" } },
      "AveragePool 'it': kernel_shape has 1 values, expected 2" },
    { { "AveragePool", 0, "kernel_shape=[2]", 0, { "1x2" } },
      "AveragePool 'it': input of rank 2; 3, 4 and 5 are supported" },
    { { "GlobalAveragePool", 0, "", 0, { "2" } },
      "GlobalAveragePool 'it': input of rank 1, expected at least 2" },
    { { "MatMul", 0, "", 0, { "2x3", "2x3" } }, "MatMul 'it': 2x3 and 2x3 do not fit" },
    { { "MatMul", 0, "", 0, { "2x2x3", "3x3x2" } }, "MatMul 'it': 2x2x3 and 3x3x2 do not fit" },
    { { "MatMul", 0, "", 0, { "", "3x2" } },
      "MatMul 'it': a scalar cannot be multiplied as a matrix" },
    { { "Gemm", 0, "transB=1", 0, { "2x3", "3x2" } },
      "Gemm 'it': 2x3 and 3x2 transposed do not fit" },
    { { "Gemm", 0, "", 0, { "2x3", "3x2", "3" } }, "Gemm 'it': C is 3, the product 2x2" },
    { { "Gemm", 0, "", 0, { "1x3", "3x2", "4x2" } }, "Gemm 'it': C is 4x2, the product 1x2" },
    { { "BatchNormalization", 0, "", 0, { "1x2x3", "3", "2", "2", "2" } },
      "BatchNormalization 'it': scale is 3, expected 2 values" },
    { { "BatchNormalization", 0, "", 0, { "1x2x3", "2", "2", "2", "1x2" } },
      "BatchNormalization 'it': variance is 1x2, expected 2 values" },
    { { "InstanceNormalization", 0, "", 0, { "1x2", "2", "2" } },
      "InstanceNormalization 'it': input of rank 2, expected at least 3" },
    { { "LayerNormalization", 17, "axis=3", 0, { "1x2x3", "3" } },
      "LayerNormalization 'it': axis 3 is outside a tensor of rank 3" },
    { { "LayerNormalization", 17, "", 0, { "1x2x3", "2" } },
      "LayerNormalization 'it': scale does not fit the input" },
    { { "GroupNormalization", 21, "num_groups=2", 0, { "1x3x2", "3", "3" } },
      "GroupNormalization 'it': 2 groups do not divide the channels" },
    { { "GroupNormalization", 18, "num_groups=3", 0, { "1x6x2", "6", "6" } },
      "GroupNormalization 'it': scale is 6, expected 3 values" },
    { { "MeanVarianceNormalization", 0, "axes=[4]", 0, { "1x3x2" } },
      "MeanVarianceNormalization 'it': axis 4 is outside a tensor of rank 3" },
    { { "LRN", 0, "", 0, { "1x3x2" } }, "LRN 'it': size is 0 for an input of rank 3" },
    { { "LpNormalization", 0, "p=3", 0, { "1x3" } },
      "LpNormalization 'it': p is 3, 1 and 2 are defined" },
    { { "LpNormalization", 0, "axis=2", 0, { "1x3" } },
      "LpNormalization 'it': axis 2 is outside a tensor of rank 2" },
    { { "Softmax", 13, "axis=2", 0, { "1x3" } },
      "Softmax 'it': axis 2 is outside a tensor of rank 2" },
    { { "Softmax", 11, "axis=3", 0, { "1x3" } },
      "Softmax 'it': axis 3 is outside a tensor of rank 2" },
    { { "LpPool", 0, "kernel_shape=[2] p=0", 0, { "1x2x3" } },
      "LpPool 'it': p is 0, expected at least 1" },
    { { "GlobalLpPool", 0, "p=-1", 0, { "1x2x3" } },
      "GlobalLpPool 'it': p is -1, expected at least 1" },
    { { "Conv", 0, "auto_pad=SAME", 0, { "1x2x4", "3x2x2" } }, "Conv 'it': auto_pad is 'SAME'" },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      WhyTensor *inputs[INPUTS_MAX];
      Attrs attrs;
      attrs_init (&attrs, cases[index].node.attrs);
      guint n = make_inputs (&cases[index].node, inputs);
      check_fails (cases[index].node.type, cases[index].node.opset, inputs, n, 1, attrs.attrs,
                   attrs.n, cases[index].message);
      attrs_clear (&attrs);
    }
  /* Types: Conv of integers, products of two types. */
  WhyTensor *whole[] = { check_tensor (I64, "1x1x2", 1, 2), check_tensor (I64, "1x1x1", 1) };
  check_fails ("Conv", 0, whole, 2, 1, NULL, 0,
               "Conv 'it': input 0 is int64; all must be of one floating type");
  WhyTensor *mixed[] = { V ("1x1", 1.0), check_tensor (F64, "1x1", 1.0) };
  check_fails ("MatMul", 0, mixed, 2, 1, NULL, 0, "MatMul 'it': inputs are float32 and float64");
}

int
main (int argc, char **argv)
{
  static const char *const windows[] = { "Conv", "ConvTranspose", "MaxPool", "AveragePool" };
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ops/nets/values/conv", test_conv_values);
  g_test_add_func ("/ops/nets/values/conv-transpose", test_conv_transpose_values);
  g_test_add_func ("/ops/nets/values/pool", test_pool_values);
  g_test_add_func ("/ops/nets/values/product", test_product_values);
  g_test_add_func ("/ops/nets/values/normalization", test_normalization_values);
  g_test_add_func ("/ops/nets/values/softmax", test_softmax_values);
  g_test_add_func ("/ops/nets/gradients/conv", test_conv_gradients);
  g_test_add_func ("/ops/nets/gradients/pool", test_pool_gradients);
  g_test_add_func ("/ops/nets/gradients/pool-ties", test_pool_ties);
  g_test_add_func ("/ops/nets/gradients/norms-of-zeros", test_norms_of_zeros);
  g_test_add_func ("/ops/nets/gradients/product", test_product_gradients);
  g_test_add_func ("/ops/nets/gradients/normalization", test_normalization_gradients);
  g_test_add_func ("/ops/nets/gradients/softmax", test_softmax_gradients);
  g_test_add_func ("/ops/nets/gradients/none", test_no_gradient);
  for (gsize index = 0; index < G_N_ELEMENTS (windows); index++)
    {
      g_autofree char *path = g_strconcat ("/ops/nets/boxes/", windows[index], NULL);
      g_test_add_data_func (path, windows[index], test_window_boxes);
    }
  g_test_add_func ("/ops/nets/boxes/others", test_other_boxes);
  g_test_add_func ("/ops/nets/bad", test_bad);
  return g_test_run ();
}
