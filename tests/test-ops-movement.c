#include "config.h"

#include "grad-check.h"
#include "region-check.h"

#include "base/error.h"

#include <string.h>

/* Operators that only move elements: values worked out by hand from ONNX's documentation, gradients
 * against differences, and boxes of dependence against what really changes. */

#define F32 WHY_DTYPE_FLOAT32
#define F64 WHY_DTYPE_FLOAT64
#define I64 WHY_DTYPE_INT64
/* Attributes and how many; the macros below pass both on as one argument. */
#define ATTRS(attrs) attrs, G_N_ELEMENTS (attrs)
#define NONE NULL, 0

static WhyTensor *
ints (const char *dims, gint64 first, gint64 step)
{
  /* first, first + step, ... : tells elements apart */
  WhyTensor *tensor = check_random (1, 0, 1, dims);
  WhyTensor *counted = why_tensor_new (I64, tensor->rank, tensor->dims, NULL);
  gsize count = why_tensor_count (counted);
  for (gsize index = 0; index < count; index++)
    ((gint64 *) counted->data)[index] = first + (gint64) index * step;
  why_tensor_unref (tensor);
  return counted;
}

static WhyTensor *
list (gsize n, const gint64 *values)
{
  return why_tensor_new_i64 (n, values);
}

#define LIST(...)                                                                                  \
  list (G_N_ELEMENTS (((const gint64[]) { __VA_ARGS__ })), (const gint64[]) { __VA_ARGS__ })
#define COUNT(dims) ints (dims, 0, 1)
#define TENSORS(...) (WhyTensor *[]){ __VA_ARGS__ }, G_N_ELEMENTS (((WhyTensor *[]){ __VA_ARGS__ }))
#define EVAL(type, opset, attrs, ...) check_eval (type, opset, TENSORS (__VA_ARGS__), attrs, 1, 0)
/* Input 0 is not constant. */
#define FAILS(part, type, opset, attrs, ...)                                                       \
  check_fails (type, opset, TENSORS (__VA_ARGS__), 1, attrs, part)
#define I(dims, ...) check_tensor (I64, dims, __VA_ARGS__)

/* @tensor: (transfer full) */
static void
has_dims (WhyTensor *tensor, const char *dims)
{
  check_dims (tensor, dims);
  why_tensor_unref (tensor);
}

/* ---- shapes ---- */

static void
test_shape (void)
{
  const WhyAttr part[] = { CHECK_INT ("start", -2), CHECK_INT ("end", 9) },
                one[] = { CHECK_INT ("end", -1) };
  const WhyAttr crossed[] = { CHECK_INT ("start", 2), CHECK_INT ("end", 1) };

  check_equal (EVAL ("Shape", 13, NONE, COUNT ("2x3x4")), I ("3", 2, 3, 4), 0);
  check_equal (EVAL ("Shape", 15, ATTRS (part), COUNT ("2x3x4")), I ("2", 3, 4), 0);
  check_equal (EVAL ("Shape", 15, ATTRS (one), COUNT ("2x3x4")), I ("2", 2, 3), 0);
  has_dims (EVAL ("Shape", 15, ATTRS (crossed), COUNT ("2x3x4")), "0");
  has_dims (EVAL ("Shape", 15, NONE, COUNT ("")), "0");
  check_equal (EVAL ("Size", 13, NONE, COUNT ("2x3x4")), I ("", 24), 0);
  check_equal (EVAL ("Size", 13, NONE, COUNT ("2x0")), I ("", 0), 0);
}

/* Shapes are numbers while building even where the tensor is not known. */
static void
test_shape_of_input (void)
{
  g_autoptr (WhyGraph) graph = why_graph_new_empty (NULL);
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { 1, 3, 7, 5 };
  WhyValue *input = why_graph_add_input (graph, "x", F32, 4, dims);
  WhyValue *shape = why_emit1 (graph, &error, "Shape", input);
  WhyValue *flat = why_emit2 (graph, &error, "Reshape", input,
                              why_emit_i64 (graph, 2, (const gint64[]) { 0, -1 }));

  g_assert_no_error (error);
  g_assert_nonnull (shape->constant);
  g_assert_cmpint (why_tensor_get_i64 (shape->constant, 2), ==, 7);
  g_assert_null (flat->constant);
  g_assert_cmpint (flat->dims[1], ==, 105);
  g_assert_cmpuint (why_graph_n_nodes (graph), ==, 1);
}

static void
test_reshape (void)
{
  const WhyAttr old[] = { CHECK_INTS ("shape", 3, -1) }, zero[] = { CHECK_INT ("allowzero", 1) };

  check_equal (EVAL ("Reshape", 14, NONE, COUNT ("2x3"), LIST (3, 2)), I ("3x2", 0, 1, 2, 3, 4, 5),
               0);
  check_equal (EVAL ("Reshape", 14, NONE, COUNT ("2x3"), LIST (0, 1, -1)),
               I ("2x1x3", 0, 1, 2, 3, 4, 5), 0);
  check_equal (EVAL ("Reshape", 1, ATTRS (old), COUNT ("2x3")), I ("3x2", 0, 1, 2, 3, 4, 5), 0);
  has_dims (EVAL ("Reshape", 14, ATTRS (zero), COUNT ("0x3"), LIST (3, 0)), "3x0");
  has_dims (EVAL ("Reshape", 14, NONE, COUNT ("0x3"), LIST (0, 3)), "0x3");
  check_equal (EVAL ("Reshape", 14, NONE, COUNT ("1"), check_tensor (I64, "0")), I ("", 0), 0);
  FAILS ("does not divide", "Reshape", 14, NONE, COUNT ("2x3"), LIST (4, -1));
  FAILS ("cannot become", "Reshape", 14, NONE, COUNT ("2x3"), LIST (4, 2));
  FAILS ("only one may be left open", "Reshape", 14, NONE, COUNT ("2x3"), LIST (-1, -1));
  FAILS ("is -2", "Reshape", 14, NONE, COUNT ("2x3"), LIST (-2, 3));
  FAILS ("'as the input'", "Reshape", 14, NONE, COUNT ("2x3"), LIST (6, 1, 0));
  FAILS ("too many", "Reshape", 14, NONE, COUNT ("2x3"), LIST (G_MAXINT64, G_MAXINT64));
  FAILS ("does not divide", "Reshape", 14, ATTRS (zero), COUNT ("0x3"), LIST (0, -1));
}

static void
test_flatten_squeeze (void)
{
  const WhyAttr axis0[] = { CHECK_INT ("axis", 0) }, last[] = { CHECK_INT ("axis", -1) },
                all[] = { CHECK_INT ("axis", 3) };
  const WhyAttr beyond[] = { CHECK_INT ("axis", 4) }, axes[] = { CHECK_INTS ("axes", 0, -1) },
                same[] = { CHECK_INTS ("axes", 1, -2) };

  has_dims (EVAL ("Flatten", 13, NONE, COUNT ("2x3x4")), "2x12");
  has_dims (EVAL ("Flatten", 13, ATTRS (axis0), COUNT ("2x3x4")), "1x24");
  has_dims (EVAL ("Flatten", 13, ATTRS (last), COUNT ("2x3x4")), "6x4");
  has_dims (EVAL ("Flatten", 13, ATTRS (all), COUNT ("2x3x4")), "24x1");
  FAILS ("axis 4", "Flatten", 13, ATTRS (beyond), COUNT ("2x3x4"));

  has_dims (EVAL ("Squeeze", 11, ATTRS (axes), COUNT ("1x2x1x1")), "2x1");
  has_dims (EVAL ("Squeeze", 13, NONE, COUNT ("1x2x1x1"), LIST (0, -1)), "2x1");
  has_dims (EVAL ("Squeeze", 13, NONE, COUNT ("1x2x1x3")), "2x3");
  FAILS ("axis 1 has 2 entries", "Squeeze", 13, NONE, COUNT ("1x2"), LIST (1));
  FAILS ("named twice", "Squeeze", 11, ATTRS (same), COUNT ("1x1x1"));

  has_dims (EVAL ("Unsqueeze", 11, ATTRS (axes), COUNT ("2x3")), "1x2x3x1");
  has_dims (EVAL ("Unsqueeze", 13, NONE, COUNT ("2x3"), LIST (-2, 1)), "2x1x1x3");
  has_dims (EVAL ("Unsqueeze", 13, NONE, COUNT (""), LIST (0)), "1");
  FAILS ("outside a tensor of rank 3", "Unsqueeze", 13, NONE, COUNT ("2x3"), LIST (3));
  FAILS ("'axes' is missing", "Unsqueeze", 11, NONE, COUNT ("2x3"));
  FAILS ("9 dimensions", "Unsqueeze", 13, NONE, COUNT ("1x1x1x1x1x1x1x1"), LIST (8));
}

/* ---- made-up tensors ---- */

static WhyTensor *
constant (const WhyAttr *attrs, guint n_attrs)
{
  return check_eval ("Constant", 13, NULL, 0, attrs, n_attrs, 1, 0);
}

static void
test_constant (void)
{
  g_autoptr (WhyTensor) value = check_tensor (WHY_DTYPE_UINT8, "2", 200, 7);
  const WhyAttr tensor[] = { { .name = "value", .type = WHY_ATTR_TENSOR, .t = value } };
  const WhyAttr real[] = { CHECK_FLOAT ("value_float", 1.5) },
                reals[] = { CHECK_FLOATS ("value_floats", 1.5, -2.0) };
  const WhyAttr whole[] = { CHECK_INT ("value_int", 7) },
                wholes[] = { CHECK_INTS ("value_ints", 7, -8) };
  const WhyAttr text[] = { CHECK_STRING ("value_string", "x") };

  check_equal (constant (ATTRS (tensor)), why_tensor_ref (value), 0);
  check_equal (constant (ATTRS (real)), check_tensor (F32, "", 1.5), 0);
  check_equal (constant (ATTRS (reals)), check_tensor (F32, "2", 1.5, -2.0), 0);
  check_equal (constant (ATTRS (whole)), I ("", 7), 0);
  check_equal (constant (ATTRS (wholes)), I ("2", 7, -8), 0);
  check_fails ("Constant", 13, NULL, 0, 0, ATTRS (text), "'value_string' is not supported");
  check_fails ("Constant", 13, NULL, 0, 0, NULL, 0, "has no value");
}

static void
test_generators (void)
{
  g_autoptr (WhyTensor) nine = check_tensor (WHY_DTYPE_INT32, "1", 9),
                        two = check_tensor (F32, "2", 0.0, 1.0);
  const WhyAttr filled[] = { { .name = "value", .type = WHY_ATTR_TENSOR, .t = nine } };
  const WhyAttr wrong[] = { { .name = "value", .type = WHY_ATTR_TENSOR, .t = two } };
  const WhyAttr above[] = { CHECK_INT ("k", 1), CHECK_INT ("dtype", WHY_DTYPE_UINT8) },
                below[] = { CHECK_INT ("k", -1) };
  const WhyAttr lower[] = { CHECK_INT ("upper", 0) };

  check_equal (EVAL ("ConstantOfShape", 9, NONE, LIST (1, 2)), check_tensor (F32, "1x2", 0.0, 0.0),
               0);
  check_equal (EVAL ("ConstantOfShape", 9, ATTRS (filled), LIST (2)),
               check_tensor (WHY_DTYPE_INT32, "2", 9, 9), 0);
  has_dims (EVAL ("ConstantOfShape", 9, NONE, LIST (2, 0)), "2x0");
  has_dims (EVAL ("ConstantOfShape", 9, NONE, check_tensor (I64, "0")), "");
  check_fails ("ConstantOfShape", 9, (WhyTensor *[]) { LIST (-1) }, 1, 0, NULL, 0,
               "dimension 0 is -1");
  check_fails ("ConstantOfShape", 9, (WhyTensor *[]) { LIST (1) }, 1, 0, ATTRS (wrong),
               "expected one");
  check_fails ("ConstantOfShape", 9, (WhyTensor *[]) { LIST (1 << 20, 1 << 20) }, 1, 0, NULL, 0,
               "1 GB");
  check_fails ("ConstantOfShape", 9, (WhyTensor *[]){ LIST (1) }, 1, 1, NULL, 0, "only a constant");
  /* Nothing in it, but its strides would not be numbers. */
  check_fails ("ConstantOfShape", 9, (WhyTensor *[]) { LIST (0, G_MAXINT64, 2) }, 1, 0, NULL, 0,
               "its output would be");

  check_equal (EVAL ("Range", 11, NONE, I ("", 10), I ("", 4), I ("", -2)), I ("3", 10, 8, 6), 0);
  check_equal (EVAL ("Range", 11, NONE, I ("", 0), I ("", 5), I ("", 2)), I ("3", 0, 2, 4), 0);
  has_dims (EVAL ("Range", 11, NONE, I ("", 5), I ("", 0), I ("", 2)), "0");
  check_equal (EVAL ("Range", 11, NONE, check_tensor (F32, "", 1.0), check_tensor (F32, "", 2.0),
                     check_tensor (F32, "", 0.4)),
               check_tensor (F32, "3", 1.0, 1.4, 1.8), 1e-6);
  check_fails ("Range", 11, (WhyTensor *[]) { I ("", 0), I ("", 5), I ("", 0) }, 3, 0, NULL, 0,
               "is not a list");
  check_fails ("Range", 11,
               (WhyTensor *[]) { check_tensor (F32, "", 0.0), check_tensor (F32, "", 1.0),
                                check_tensor (F32, "", 0.0) },
               3, 0, NULL, 0, "is not a list");
  check_fails ("Range", 11, (WhyTensor *[]){ I ("", 0), I ("", 5), check_tensor (F32, "", 0.5) }, 3,
               0, NULL, 0, "one type");

  check_equal (EVAL ("EyeLike", 9, ATTRS (above), COUNT ("2x3")),
               check_tensor (WHY_DTYPE_UINT8, "2x3", 0, 1, 0, 0, 0, 1), 0);
  check_equal (EVAL ("EyeLike", 9, ATTRS (below), COUNT ("3x2")), I ("3x2", 0, 0, 1, 0, 0, 1), 0);
  FAILS ("expected 2", "EyeLike", 9, NONE, COUNT ("3"));

  check_equal (EVAL ("Trilu", 14, NONE, ints ("2x3", 1, 1)), I ("2x3", 1, 2, 3, 0, 5, 6), 0);
  check_equal (EVAL ("Trilu", 14, ATTRS (lower), ints ("2x3", 1, 1), I ("", 1)),
               I ("2x3", 1, 2, 0, 4, 5, 6), 0);
  check_equal (EVAL ("Trilu", 14, ATTRS (lower), ints ("2x2x2", 1, 1)),
               I ("2x2x2", 1, 0, 3, 4, 5, 0, 7, 8), 0);
  check_equal (EVAL ("Trilu", 14, NONE, ints ("1x2", 1, 1), LIST (G_MAXINT64)), I ("1x2", 0, 0), 0);
  FAILS ("2 or more", "Trilu", 14, NONE, COUNT ("3"));
}

/* ---- order of elements ---- */

static void
test_transpose (void)
{
  const WhyAttr perm[] = { CHECK_INTS ("perm", 1, 2, 0) },
                twice[] = { CHECK_INTS ("perm", 1, 1, 0) }, few[] = { CHECK_INTS ("perm", 1, 0) };

  check_equal (EVAL ("Transpose", 13, NONE, COUNT ("2x3")), I ("3x2", 0, 3, 1, 4, 2, 5), 0);
  check_equal (EVAL ("Transpose", 13, ATTRS (perm), COUNT ("2x1x3")), I ("1x3x2", 0, 3, 1, 4, 2, 5),
               0);
  check_equal (EVAL ("Transpose", 13, NONE, check_tensor (WHY_DTYPE_BOOL, "1x2", 1, 0)),
               check_tensor (WHY_DTYPE_BOOL, "2x1", 1, 0), 0);
  check_equal (
    EVAL ("Transpose", 13, NONE, check_tensor (WHY_DTYPE_FLOAT16, "2x2", 1.0, 2.0, 3.0, 4.0)),
    check_tensor (WHY_DTYPE_FLOAT16, "2x2", 1.0, 3.0, 2.0, 4.0), 0);
  has_dims (EVAL ("Transpose", 13, NONE, COUNT ("2x0x3")), "3x0x2");
  has_dims (EVAL ("Transpose", 13, NONE, COUNT ("")), "");
  FAILS ("named twice", "Transpose", 13, ATTRS (twice), COUNT ("2x3x4"));
  FAILS ("2 entries", "Transpose", 13, ATTRS (few), COUNT ("2x3x4"));
}

/* Larger than the tiles that the copy works in: element (a, b, c) must land at (c, b, a). */
static void
test_transpose_large (void)
{
  g_autoptr (WhyTensor) result = EVAL ("Transpose", 13, NONE, COUNT ("70x3x65"));

  for (gint64 a = 0; a < 70; a++)
    for (gint64 b = 0; b < 3; b++)
      for (gint64 c = 0; c < 65; c++)
        g_assert_cmpint (why_tensor_get_i64 (result, (gsize) ((c * 3 + b) * 70 + a)), ==,
                         (a * 3 + b) * 65 + c);
}

static void
test_depth_to_space (void)
{
  const WhyAttr dcr[] = { CHECK_INT ("blocksize", 2) },
                crd[] = { CHECK_INT ("blocksize", 2), CHECK_STRING ("mode", "CRD") };
  const WhyAttr bad[] = { CHECK_INT ("blocksize", 2), CHECK_STRING ("mode", "RCD") },
                none[] = { CHECK_INT ("blocksize", 0) };

  /* Channels 0..7 of one pixel; the block's place is the slow part (DCR) or the fast one (CRD). */
  check_equal (EVAL ("DepthToSpace", 13, ATTRS (dcr), COUNT ("1x8x1x1")),
               I ("1x2x2x2", 0, 2, 4, 6, 1, 3, 5, 7), 0);
  check_equal (EVAL ("DepthToSpace", 13, ATTRS (crd), COUNT ("1x8x1x1")),
               I ("1x2x2x2", 0, 1, 2, 3, 4, 5, 6, 7), 0);
  check_equal (EVAL ("DepthToSpace", 13, ATTRS (dcr), COUNT ("1x4x1x2")),
               I ("1x1x2x4", 0, 2, 1, 3, 4, 6, 5, 7), 0);
  check_equal (EVAL ("SpaceToDepth", 13, ATTRS (dcr), COUNT ("1x1x2x4")),
               I ("1x4x1x2", 0, 2, 1, 3, 4, 6, 5, 7), 0);
  check_equal (EVAL ("SpaceToDepth", 13, ATTRS (dcr),
                     EVAL ("DepthToSpace", 13, ATTRS (dcr), COUNT ("2x12x3x2"))),
               COUNT ("2x12x3x2"), 0);
  /* Since opset 28 this one has the other order as well. */
  check_equal (EVAL ("SpaceToDepth", 28, ATTRS (crd), COUNT ("1x2x2x2")),
               I ("1x8x1x1", 0, 1, 2, 3, 4, 5, 6, 7), 0);
  check_equal (EVAL ("SpaceToDepth", 28, ATTRS (crd),
                     EVAL ("DepthToSpace", 13, ATTRS (crd), COUNT ("2x12x3x2"))),
               COUNT ("2x12x3x2"), 0);
  FAILS ("do not divide", "DepthToSpace", 13, ATTRS (dcr), COUNT ("1x6x1x1"));
  FAILS ("does not divide", "SpaceToDepth", 13, ATTRS (dcr), COUNT ("1x1x3x2"));
  FAILS ("expected DCR or CRD", "DepthToSpace", 13, ATTRS (bad), COUNT ("1x4x1x1"));
  FAILS ("blocksize is 0", "SpaceToDepth", 13, ATTRS (none), COUNT ("1x4x1x1"));
  FAILS ("expected 4", "DepthToSpace", 13, ATTRS (dcr), COUNT ("4x1x1"));
}

static void
test_concat (void)
{
  const WhyAttr first[] = { CHECK_INT ("axis", 0) }, last[] = { CHECK_INT ("axis", -1) },
                beyond[] = { CHECK_INT ("axis", 2) };

  check_equal (EVAL ("Concat", 13, ATTRS (first), COUNT ("1x2"), ints ("2x2", 10, 1)),
               I ("3x2", 0, 1, 10, 11, 12, 13), 0);
  check_equal (EVAL ("Concat", 13, ATTRS (last), COUNT ("2x1"), COUNT ("2x0"), ints ("2x2", 10, 1)),
               I ("2x3", 0, 10, 11, 1, 12, 13), 0);
  FAILS ("'axis' is missing", "Concat", 13, NONE, COUNT ("1x2"));
  FAILS ("axis 2 is outside", "Concat", 13, ATTRS (beyond), COUNT ("1x2"), COUNT ("1x2"));
  FAILS ("input 1 is 2x3", "Concat", 13, ATTRS (first), COUNT ("1x2"), COUNT ("2x3"));
  FAILS ("input 1 is float32", "Concat", 13, ATTRS (first), COUNT ("1"),
         check_tensor (F32, "1", 0.0));
}

static WhyTensor *
split (gint64 opset, const WhyAttr *attrs, guint n_attrs, WhyTensor *sizes, guint n_outputs,
       guint output)
{
  WhyTensor *inputs[] = { COUNT ("2x5"), sizes };
  return check_eval ("Split", opset, inputs, sizes != NULL ? 2 : 1, attrs, n_attrs, n_outputs,
                     output);
}

static void
test_split (void)
{
  const WhyAttr axis[] = { CHECK_INT ("axis", 1) },
                old[] = { CHECK_INT ("axis", -1), CHECK_INTS ("split", 2, 3) };
  const WhyAttr number[] = { CHECK_INT ("axis", 1), CHECK_INT ("num_outputs", 3) };

  check_equal (split (11, ATTRS (old), NULL, 2, 1), I ("2x3", 2, 3, 4, 7, 8, 9), 0);
  check_equal (split (13, ATTRS (axis), LIST (1, 0, 4), 3, 0), I ("2x1", 0, 5), 0);
  has_dims (split (13, ATTRS (axis), LIST (1, 0, 4), 3, 1), "2x0");
  check_equal (split (13, NULL, 0, NULL, 2, 1), I ("1x5", 5, 6, 7, 8, 9), 0);
  check_equal (split (18, ATTRS (number), NULL, 3, 2), I ("2x1", 4, 9), 0);
  check_equal (split (18, ATTRS (number), NULL, 3, 1), I ("2x2", 2, 3, 7, 8), 0);
  FAILS ("sizes for 1 outputs", "Split", 13, ATTRS (axis), COUNT ("2x5"), LIST (2, 3));
  FAILS ("add up to 4", "Split", 13, ATTRS (axis), COUNT ("2x5"), LIST (4));
  FAILS ("do not add up", "Split", 13, ATTRS (axis), COUNT ("2x5"), LIST (6));
  FAILS ("do not add up", "Split", 13, ATTRS (axis), COUNT ("2x5"), LIST (-1));
  FAILS ("num_outputs is 3", "Split", 18, ATTRS (number), COUNT ("2x5"));
}

static void
test_slice (void)
{
  const WhyAttr old[] = { CHECK_INTS ("axes", 1, 0), CHECK_INTS ("starts", 1, -1),
                          CHECK_INTS ("ends", 1000, 2) };
  const WhyAttr uneven[] = { CHECK_INTS ("starts", 1, 1), CHECK_INTS ("ends", 2) };

  check_equal (EVAL ("Slice", 1, ATTRS (old), COUNT ("2x3")), I ("1x2", 4, 5), 0);
  check_equal (
    EVAL ("Slice", 13, NONE, COUNT ("3x4"), LIST (1, 0), LIST (3, 4), LIST (0, 1), LIST (1, 2)),
    I ("2x2", 4, 6, 8, 10), 0);
  check_equal (
    EVAL ("Slice", 13, NONE, COUNT ("5"), LIST (-1), LIST (G_MININT64), LIST (0), LIST (-2)),
    I ("3", 4, 2, 0), 0);
  check_equal (EVAL ("Slice", 13, NONE, COUNT ("5"), LIST (20), LIST (0), LIST (0), LIST (-1)),
               I ("4", 4, 3, 2, 1), 0);
  check_equal (EVAL ("Slice", 13, NONE, COUNT ("2x2"), LIST (1), LIST (G_MAXINT64)),
               I ("1x2", 2, 3), 0);
  check_equal (
    EVAL ("Slice", 13, NONE, COUNT ("5"), LIST (1), LIST (5), LIST (0), LIST (G_MAXINT64)),
    I ("1", 1), 0);
  check_equal (
    EVAL ("Slice", 13, NONE, COUNT ("5"), LIST (3), LIST (G_MININT64), LIST (0), LIST (G_MININT64)),
    I ("1", 3), 0);
  has_dims (EVAL ("Slice", 13, NONE, COUNT ("5"), LIST (3), LIST (1)), "0");
  has_dims (EVAL ("Slice", 13, NONE, COUNT ("0x2"), LIST (0), LIST (5), LIST (0), LIST (-1)),
            "0x2");
  FAILS ("step of axis 0 is 0", "Slice", 13, NONE, COUNT ("5"), LIST (1), LIST (5), LIST (0),
         LIST (0));
  FAILS ("named twice", "Slice", 13, NONE, COUNT ("5x5"), LIST (1, 1), LIST (5, 5), LIST (1, -1));
  FAILS ("2 starts, 1 ends", "Slice", 1, ATTRS (uneven), COUNT ("5x5"));
  check_fails ("Slice", 13, (WhyTensor *[]) { COUNT ("5"), LIST (0), LIST (1) }, 3, 7, NULL, 0,
               "'starts'");
}

static void
test_pad (void)
{
  const WhyAttr reflect[] = { CHECK_STRING ("mode", "reflect") },
                edge[] = { CHECK_STRING ("mode", "edge") };
  const WhyAttr wrap[] = { CHECK_STRING ("mode", "wrap") },
                bad[] = { CHECK_STRING ("mode", "mirror") };
  const WhyAttr old[] = { CHECK_INTS ("pads", 0, 1, 1, 0), CHECK_FLOAT ("value", 1.5) };

  check_equal (EVAL ("Pad", 2, ATTRS (old), check_tensor (F32, "1x1", 7.0)),
               check_tensor (F32, "2x2", 1.5, 7.0, 1.5, 1.5), 0);
  check_equal (EVAL ("Pad", 13, NONE, ints ("1x2", 1, 1), LIST (0, 1, 1, 2), I ("", 9)),
               I ("2x5", 9, 1, 2, 9, 9, 9, 9, 9, 9, 9), 0);
  check_equal (EVAL ("Pad", 18, NONE, ints ("2x2", 1, 1), LIST (-1, 1), NULL, LIST (-1)),
               I ("2x2", 2, 0, 4, 0), 0);
  check_equal (EVAL ("Pad", 18, ATTRS (reflect), ints ("4", 1, 1), LIST (2, 3)),
               I ("9", 3, 2, 1, 2, 3, 4, 3, 2, 1), 0);
  check_equal (EVAL ("Pad", 18, ATTRS (reflect), ints ("2", 1, 1), LIST (3, 2)),
               I ("7", 2, 1, 2, 1, 2, 1, 2), 0);
  check_equal (EVAL ("Pad", 18, ATTRS (reflect), ints ("1", 1, 1), LIST (1, 1)), I ("3", 1, 1, 1),
               0);
  check_equal (EVAL ("Pad", 18, ATTRS (edge), ints ("2x2", 1, 1), LIST (1, 0, 0, 2)),
               I ("3x4", 1, 2, 2, 2, 1, 2, 2, 2, 3, 4, 4, 4), 0);
  check_equal (EVAL ("Pad", 19, ATTRS (wrap), ints ("3", 1, 1), LIST (2, 4)),
               I ("9", 2, 3, 1, 2, 3, 1, 2, 3, 1), 0);
  has_dims (EVAL ("Pad", 18, NONE, COUNT ("2x0"), LIST (0, 1, 0, 1)), "2x2");
  has_dims (EVAL ("Pad", 18, NONE, COUNT ("3"), LIST (-2, -1)), "0");
  FAILS ("mode is 'mirror'", "Pad", 18, ATTRS (bad), COUNT ("3"), LIST (0, 0));
  FAILS ("1 pads for 1 axes", "Pad", 18, NONE, COUNT ("3"), LIST (0));
  FAILS ("cannot be padded", "Pad", 18, NONE, COUNT ("3"), LIST (-2, -2));
  FAILS ("cannot be padded", "Pad", 18, NONE, COUNT ("3"), LIST (G_MAXINT64, G_MAXINT64));
  FAILS ("no entries to pad with", "Pad", 18, ATTRS (edge), COUNT ("0"), LIST (1, 0));
  FAILS ("not one int64", "Pad", 18, NONE, COUNT ("3"), LIST (1, 0), I ("2", 1, 2));
}

static void
test_expand_tile (void)
{
  check_equal (EVAL ("Expand", 13, NONE, COUNT ("2x1"), LIST (3)), I ("2x3", 0, 0, 0, 1, 1, 1), 0);
  check_equal (EVAL ("Expand", 13, NONE, COUNT ("2"), LIST (2, 1)), I ("2x2", 0, 1, 0, 1), 0);
  has_dims (EVAL ("Expand", 13, NONE, COUNT ("2x1"), LIST (2, 0)), "2x0");
  FAILS ("cannot be expanded", "Expand", 13, NONE, COUNT ("2x3"), LIST (2, 2));
  FAILS ("entry 0 is -1", "Expand", 13, NONE, COUNT ("2x3"), LIST (-1, 3));

  check_equal (EVAL ("Tile", 13, NONE, COUNT ("1x2"), LIST (2, 2)),
               I ("2x4", 0, 1, 0, 1, 0, 1, 0, 1), 0);
  check_equal (EVAL ("Tile", 13, NONE, COUNT ("2x1"), LIST (1, 2)), I ("2x2", 0, 0, 1, 1), 0);
  has_dims (EVAL ("Tile", 13, NONE, COUNT ("2x1"), LIST (0, 2)), "0x2");
  FAILS ("1 repeats for 2", "Tile", 13, NONE, COUNT ("2x1"), LIST (2));
  FAILS ("cannot repeat axis 0", "Tile", 13, NONE, COUNT ("2"), LIST (-1));
  FAILS ("cannot repeat axis 0", "Tile", 13, NONE, COUNT ("2"), LIST (G_MAXINT64));
}

/* ---- by index ---- */

static void
test_gather (void)
{
  const WhyAttr axis1[] = { CHECK_INT ("axis", 1) }, batch[] = { CHECK_INT ("batch_dims", 1) };

  check_equal (EVAL ("Gather", 13, NONE, COUNT ("3x2"), LIST (2, -3)), I ("2x2", 4, 5, 0, 1), 0);
  check_equal (EVAL ("Gather", 13, ATTRS (axis1), COUNT ("2x3"), I ("", 1)), I ("2", 1, 4), 0);
  check_equal (EVAL ("Gather", 13, ATTRS (axis1), COUNT ("2x3"), I ("1x2", 0, 2)),
               I ("2x1x2", 0, 2, 3, 5), 0);
  has_dims (EVAL ("Gather", 13, NONE, COUNT ("3x2"), check_tensor (I64, "0")), "0x2");
  check_equal (EVAL ("GatherElements", 13, ATTRS (axis1), COUNT ("2x3"), I ("2x2", 0, 2, -1, 0)),
               I ("2x2", 0, 2, 5, 3), 0);
  check_equal (EVAL ("GatherND", 13, NONE, COUNT ("2x3"), I ("2x2", 0, 1, 1, -1)), I ("2", 1, 5),
               0);
  check_equal (EVAL ("GatherND", 13, NONE, COUNT ("2x3"), I ("1x1", 1)), I ("1x3", 3, 4, 5), 0);
  check_equal (EVAL ("GatherND", 13, ATTRS (batch), COUNT ("2x3"), I ("2x1", 2, 0)), I ("2", 2, 3),
               0);

  check_fails ("Gather", 13, (WhyTensor *[]) { COUNT ("3x2"), LIST (0, 3) }, 2, 0, NULL, 0,
               "index 3 (number 1 of the indices) is outside axis 0");
  check_fails ("GatherElements", 13, (WhyTensor *[]) { COUNT ("2"), LIST (-3) }, 2, 0, NULL, 0,
               "index -3");
  check_fails ("GatherND", 13, (WhyTensor *[]) { COUNT ("2x3"), I ("1x2", 0, 3) }, 2, 0, NULL, 0,
               "outside axis 1 of 3");
  FAILS ("the indices are 3x1", "GatherElements", 13, ATTRS (axis1), COUNT ("2x3"), COUNT ("3x1"));
  FAILS ("the indices are 1x3", "GatherND", 13, NONE, COUNT ("2x3"), COUNT ("1x3"));
  FAILS ("batch_dims is 1", "GatherND", 13, ATTRS (batch), COUNT ("2"), COUNT ("2x1"));
  FAILS ("expected int64 or int32", "Gather", 13, NONE, COUNT ("2"), check_tensor (F32, "1", 0.0));
}

static void
test_scatter (void)
{
  const WhyAttr axis1[] = { CHECK_INT ("axis", 1) }, add[] = { CHECK_STRING ("reduction", "add") },
                mul[] = { CHECK_STRING ("reduction", "mul") };
  const WhyAttr max[] = { CHECK_STRING ("reduction", "max") },
                min[] = { CHECK_STRING ("reduction", "min") };
  const WhyAttr bad[] = { CHECK_STRING ("reduction", "mean") };

  check_equal (
    EVAL ("ScatterElements", 18, ATTRS (axis1), COUNT ("1x4"), I ("1x2", 3, -4), I ("1x2", 70, 80)),
    I ("1x4", 80, 1, 2, 70), 0);
  check_equal (EVAL ("Scatter", 9, ATTRS (axis1), COUNT ("1x4"), I ("1x1", 1), I ("1x1", 70)),
               I ("1x4", 0, 70, 2, 3), 0);
  check_equal (EVAL ("ScatterElements", 18, ATTRS (add), COUNT ("3"), LIST (1, 1), LIST (5, 6)),
               I ("3", 0, 12, 2), 0);
  check_equal (EVAL ("ScatterElements", 18, ATTRS (mul), COUNT ("3"), LIST (2, 2), LIST (5, 6)),
               I ("3", 0, 1, 60), 0);
  check_equal (EVAL ("ScatterElements", 18, ATTRS (max), COUNT ("3"), LIST (0, 2), LIST (5, 1)),
               I ("3", 5, 1, 2), 0);
  check_equal (EVAL ("ScatterElements", 18, ATTRS (min), COUNT ("3"), LIST (0, 2), LIST (5, 1)),
               I ("3", 0, 1, 1), 0);
  check_equal (EVAL ("ScatterElements", 18, ATTRS (max), check_tensor (WHY_DTYPE_UINT64, "1", -1),
                     LIST (0), check_tensor (WHY_DTYPE_UINT64, "1", 1)),
               check_tensor (WHY_DTYPE_UINT64, "1", -1), 0);
  check_equal (EVAL ("ScatterND", 18, NONE, COUNT ("3x2"), I ("2x1", 2, 0), ints ("2x2", 10, 1)),
               I ("3x2", 12, 13, 2, 3, 10, 11), 0);
  check_equal (EVAL ("ScatterND", 18, ATTRS (add), check_tensor (F32, "2", 1.0, 2.0),
                     I ("2x1", 1, 1), check_tensor (F32, "2", 0.5, 0.25)),
               check_tensor (F32, "2", 1.0, 2.75), 0);
  FAILS ("updates are 2", "ScatterElements", 18, NONE, COUNT ("3"), LIST (1), COUNT ("2"));
  FAILS ("updates are 2x3", "ScatterND", 18, NONE, COUNT ("3x2"), I ("2x1", 2, 0), COUNT ("2x3"));
  FAILS ("reduction is 'mean'", "ScatterND", 18, ATTRS (bad), COUNT ("3"), I ("1x1", 0),
         COUNT ("1"));
  FAILS ("updates are float32", "ScatterND", 18, NONE, COUNT ("3"), I ("1x1", 0),
         check_tensor (F32, "1", 0.0));
  check_fails ("ScatterND", 18, (WhyTensor *[]) { COUNT ("3"), I ("1x1", 3), COUNT ("1") }, 3, 0,
               NULL, 0, "index 3");
}

/* ---- gradients ---- */

static void
grad (const char *type, guint constants, WhyTensor *const *inputs, guint n_inputs,
      const WhyAttr *attrs, guint n_attrs)
{
  GradCheck check = {
    .type = type, .n_inputs = n_inputs, .constant = constants, .attrs = attrs, .n_attrs = n_attrs
  };
  memcpy (check.inputs, inputs, n_inputs * sizeof *inputs);
  grad_check (&check);
}

#define GRAD(type, constants, attrs, ...) grad (type, constants, TENSORS (__VA_ARGS__), attrs)
#define X(dims) check_random (7, -1, 1, dims)

static void
test_gradients (void)
{
  const WhyAttr perm[] = { CHECK_INTS ("perm", 2, 0, 1) }, block[] = { CHECK_INT ("blocksize", 2) };
  const WhyAttr crd[] = { CHECK_INT ("blocksize", 2), CHECK_STRING ("mode", "CRD") },
                axis1[] = { CHECK_INT ("axis", 1) };

  GRAD ("Reshape", 2, NONE, X ("2x3x4"), LIST (4, -1));
  GRAD ("Flatten", 0, NONE, X ("2x3x4"));
  GRAD ("Squeeze", 2, NONE, X ("1x3x1"), LIST (0));
  GRAD ("Unsqueeze", 2, NONE, X ("2x3"), LIST (1));
  GRAD ("Trilu", 0, NONE, X ("2x3x4"));
  GRAD ("Trilu", 2, NONE, X ("3x3"), I ("", -1));
  GRAD ("Transpose", 0, ATTRS (perm), X ("2x3x4"));
  GRAD ("DepthToSpace", 0, ATTRS (block), X ("1x8x2x1"));
  GRAD ("DepthToSpace", 0, ATTRS (crd), X ("1x8x2x1"));
  GRAD ("SpaceToDepth", 0, ATTRS (block), X ("1x2x4x2"));
  GRAD ("SpaceToDepth", 0, ATTRS (crd), X ("1x2x4x2"));
  GRAD ("Concat", 0, ATTRS (axis1), X ("2x1x2"), X ("2x3x2"), X ("2x2x2"));
  GRAD ("Expand", 2, NONE, X ("2x1"), LIST (3, 2, 4));
  GRAD ("Tile", 2, NONE, X ("2x3"), LIST (2, 3));
  GRAD ("Tile", 2, NONE, X ("2x1x2"), LIST (1, 4, 2));
  GRAD ("Tile", 2, NONE, X ("2x3"), LIST (0, 2)); /* not at all: zeros */
  GRAD ("Expand", 2, NONE, X ("2x1"), LIST (2, 0));
  for (guint output = 0; output < 3; output++)
    grad_check (&(GradCheck) { .type = "Split",
                              .n_inputs = 1,
                              .inputs = { X ("2x5") },
                              .attrs = axis1,
                              .n_attrs = 1,
                              .n_outputs = 3,
                              .output = output });
}

/* All pieces of a split flow back together: the gradient of their sum. */
static void
test_split_gradient_of_all (void)
{
  g_autoptr (WhyGraph) graph = why_graph_new_empty (NULL);
  g_autoptr (GError) error = NULL;
  const gint64 dims[] = { 4 };
  WhyValue *input = why_graph_add_input (graph, "x", F32, 1, dims),
           *sizes = why_emit_i64 (graph, 2, (const gint64[]) { 2, 2 });
  WhyValue *seed = why_graph_add_input (graph, "seed", F32, 1, (const gint64[]) { 2 });
  WhyValue **pieces = why_graph_add_node (graph, "Split", 0, NULL, (WhyValue *[]) { input, sizes },
                                          2, NULL, 2, NULL, 0, &error);
  WhyValue *first = pieces[0], *second = pieces[1];
  WhyValue *sum = why_emit2 (
    graph, &error, "Add", first,
    why_emit2 (graph, &error, "Mul", second, why_emit_scalar (graph, input, 3)));
  g_assert_no_error (error);
  g_autoptr (WhyGradients)
    gradients = why_graph_differentiate (graph, sum, seed, WHY_GRAD_RULE_GRADIENT, &error);
  WhyValue *gradient = why_gradients_get (gradients, input, &error);
  g_assert_no_error (error);

  g_autoptr (WhyTensor) x = check_tensor (F32, "4", 1.0, 2.0, 3.0, 4.0),
                        weights = check_tensor (F32, "2", 5.0, 7.0);
  WhyTensor *feeds[] = { x, weights }, *result = NULL;
  g_assert_true (why_graph_evaluate (graph, feeds, &gradient, 1, &result, NULL, &error));
  check_equal (result, check_tensor (F32, "4", 5.0, 7.0, 15.0, 21.0), 0);
}

static void
test_slice_gradients (void)
{
  const WhyAttr box[] = { CHECK_INTS ("dims", 5, 4), CHECK_INTS ("starts", 3, 0),
                          CHECK_INTS ("steps", -2, 1) };

  GRAD ("Slice", 14, NONE, X ("4x5"), LIST (1, 1), LIST (3, 5), LIST (0, 1));
  GRAD ("Slice", 30, NONE, X ("4x5"), LIST (-1, 0), LIST (-100, 5), LIST (0, 1), LIST (-2, 3));
  GRAD ("Slice", 14, NONE, X ("4x5"), LIST (2, 1), LIST (2, 5), LIST (0, 1)); /* nothing is read */
  GRAD ("SliceGrad", 0, ATTRS (box), X ("2x4"));
  GRAD ("SliceGrad", 0, ATTRS (box), X ("2x0"));
}

static void
test_pad_gradients (void)
{
  static const char *const modes[] = { "constant", "reflect", "edge", "wrap" };

  for (gsize index = 0; index < G_N_ELEMENTS (modes); index++)
    {
      const WhyAttr mode[] = { CHECK_STRING ("mode", modes[index]) };
      const WhyAttr back[] = { CHECK_STRING ("mode", modes[index]), CHECK_INTS ("dims", 3, 4),
                               CHECK_INTS ("begin", 1, -1), CHECK_INTS ("end", 2, 2) };
      GRAD ("Pad", 2, ATTRS (mode), X ("3x4"), LIST (1, 2, 2, 0));
      GRAD ("Pad", 2, ATTRS (mode), X ("3x4"), LIST (-1, 2, 1, -2));
      if (index > 0)
        GRAD ("PadGrad", 0, ATTRS (back), X ("6x5"));
    }
  GRAD ("Pad", 2, NONE, X ("2x2"), LIST (1, 0, -1, 2), check_random (8, 1, 2, "1"));
}

static void
test_gather_gradients (void)
{
  const WhyAttr axis1[] = { CHECK_INT ("axis", 1) }, batch[] = { CHECK_INT ("batch_dims", 1) };
  const WhyAttr back[] = { CHECK_INT ("kind", 0), CHECK_INT ("axis", 1),
                           CHECK_INT ("batch_dims", 0), CHECK_INTS ("dims", 2, 4, 2) };
  static const char *const reductions[] = { "none", "add", "mul", "max", "min" };

  GRAD ("Gather", 2, ATTRS (axis1), X ("2x3x2"), I ("2x2", 0, 2, 2, -1));
  GRAD ("Gather", 0, ATTRS (axis1), X ("2x3x2"), I ("", 1));
  GRAD ("GatherElements", 0, ATTRS (axis1), X ("2x3"), I ("2x4", 0, 0, 2, 1, -1, 0, 1, 1));
  GRAD ("GatherND", 0, ATTRS (batch), X ("2x3x2"), I ("2x2x1", 0, 0, 2, 1));
  GRAD ("GatherND", 0, NONE, X ("2x3x2"), I ("3x2", 0, 0, 1, 1, 0, 0));
  GRAD ("GatherGrad", 0, ATTRS (back), X ("2x3x2"), LIST (0, 3, 0));
  for (gsize index = 0; index < G_N_ELEMENTS (reductions); index++)
    {
      const WhyAttr attrs[] = { CHECK_STRING ("reduction", reductions[index]),
                                CHECK_INT ("axis", 1) };
      const WhyAttr reduction_only[] = { attrs[0] };
      const double zero = 0;
      /* Different for none: of two writes to one place the last one counts. */
      WhyTensor *indices = index == 0 ? I ("2x2", 0, 2, 3, 1) : I ("2x2", 1, 1, 3, 1);
      WhyTensor *rows = index == 0 ? I ("2x1", 1, 0) : I ("2x1", 1, 1);
      GRAD ("ScatterElements", 0, ATTRS (attrs), check_random_away (9, -1, 1, &zero, 1, "2x4"),
            indices, check_random_away (10, -1, 1, &zero, 1, "2x2"));
      GRAD ("ScatterND", 0, ATTRS (reduction_only), check_random_away (11, -1, 1, &zero, 1, "2x3"),
            rows, check_random_away (12, -1, 1, &zero, 1, "2x3"));
    }
}

/* Products with zeros, and ties: what PyTorch's scatter_reduce gives. */
static void
test_scatter_gradient_kinks (void)
{
  const WhyAttr mul[] = { CHECK_STRING ("reduction", "mul") },
                max[] = { CHECK_STRING ("reduction", "max") };
  GradCheck product = { .type = "ScatterElements",
                        .n_inputs = 3,
                        .attrs = mul,
                        .n_attrs = 1,
                        .inputs = { check_tensor (F64, "3", 2.0, 3.0, 0.0), LIST (0, 1, 1, 2),
                                    check_tensor (F64, "4", 0.0, 0.0, 0.0, 5.0) } };
  GradCheck updates = product;
  for (int input = 0; input < 3; input++)
    why_tensor_ref (product.inputs[input]);

  check_equal (grad_check_values (&product, 0, check_tensor (F64, "3", 1.0, 1.0, 1.0)),
               check_tensor (F64, "3", 0.0, 0.0, 5.0), 0);
  check_equal (grad_check_values (&updates, 2, check_tensor (F64, "3", 1.0, 1.0, 1.0)),
               check_tensor (F64, "4", 2.0, 0.0, 0.0, 0.0), 0);

  GradCheck ties = { .type = "ScatterElements",
                     .n_inputs = 3,
                     .attrs = max,
                     .n_attrs = 1,
                     .inputs = { check_tensor (F64, "2", 4.0, 1.0), LIST (0, 0, 1),
                                 check_tensor (F64, "3", 4.0, 3.0, 2.0) } };
  check_equal (grad_check_values (&ties, 2, check_tensor (F64, "2", 6.0, 1.0)),
               check_tensor (F64, "3", 3.0, 0.0, 1.0), 0);
}

/* ---- regions ---- */

#define REGION(type, attrs, lo, hi, expected, ...)                                                 \
  region_check (type, TENSORS (__VA_ARGS__), attrs, lo, hi, expected)

static void
test_regions (void)
{
  const WhyAttr perm[] = { CHECK_INTS ("perm", 2, 0, 1) }, block[] = { CHECK_INT ("blocksize", 2) };
  const WhyAttr crd[] = { CHECK_INT ("blocksize", 2), CHECK_STRING ("mode", "CRD") },
                axis1[] = { CHECK_INT ("axis", 1) };
  const WhyAttr reflect[] = { CHECK_STRING ("mode", "reflect") },
                wrap[] = { CHECK_STRING ("mode", "wrap") };
  const WhyAttr box[] = { CHECK_INTS ("dims", 7, 4), CHECK_INTS ("starts", 5, 0),
                          CHECK_INTS ("steps", -2, 1) };

  REGION ("Reshape", NONE, "1,2", "2,5", "1..2,2..5,0..1", X ("2x6x1"), LIST (2, 6));
  REGION ("Reshape", NONE, "1,0,2", "2,1,4", "1..2,2..4", X ("2x6"), LIST (2, 1, 6));
  REGION ("Reshape", NONE, "0,3", "2,5", "0..2,1..3,0..2", X ("2x3x2"), LIST (2, 6));
  REGION ("Reshape", NONE, "3", "9", "0..2,0..6", X ("2x6"), LIST (12));
  REGION ("Reshape", NONE, "1,1", "2,3", "2..3,0..2", X ("3x2"), LIST (2, 3));
  REGION ("Flatten", NONE, "1,3", "2,4", "1..2,1..2,1..2", X ("2x3x2"));
  REGION ("Unsqueeze", NONE, "1,0,2", "2,1,3", "1..2,2..3", X ("3x4"), LIST (1));
  REGION ("Transpose", ATTRS (perm), "1,0,2", "3,1,3", "0..1,2..3,1..3", X ("2x3x4"));
  REGION ("DepthToSpace", ATTRS (block), "0,1,1,2", "1,2,3,4", "0..1,1..8,0..2,1..2",
          X ("1x8x2x3"));
  REGION ("DepthToSpace", ATTRS (crd), "0,1,1,2", "1,2,3,4", "0..1,4..8,0..2,1..2", X ("1x8x2x3"));
  REGION ("SpaceToDepth", ATTRS (crd), "0,5,0,1", "1,6,1,2", "0..1,1..2,0..2,2..4", X ("1x2x2x6"));
  REGION ("SpaceToDepth", ATTRS (block), "0,1,0,1", "1,2,1,2", "0..1,1..2,0..2,2..4",
          X ("1x2x4x6"));
  REGION ("Slice", NONE, "0,1", "1,3", "2..3,2..4", X ("4x6"), LIST (2, 1), LIST (4, 6));
  REGION ("Slice", NONE, "0,1", "1,3", "3..4,2..5", X ("4x6"), LIST (3, 0), LIST (-10, 6),
          LIST (0, 1), LIST (-1, 2));
  REGION ("SliceGrad", ATTRS (box), "2,1", "4,2", "1..2,1..2", X ("3x4"));
  REGION ("Pad", NONE, "0,2", "2,4", "0..1,1..3", X ("3x4"), LIST (1, 1, 0, 2));
  REGION ("Pad", ATTRS (reflect), "0", "3", "0..3", X ("5"), LIST (2, 1));
  REGION ("Pad", ATTRS (reflect), "7", "8", "3..4", X ("5"), LIST (2, 1));
  REGION ("Pad", ATTRS (wrap), "0", "3", "0..5", X ("5"), LIST (2, 1));
  REGION ("Expand", NONE, "1,0,2", "2,1,3", "0..1,0..1", X ("2x1"), LIST (3, 2, 4));
  REGION ("Tile", NONE, "1,4", "2,6", "1..2,1..3", X ("2x3"), LIST (1, 3));
  REGION ("Tile", NONE, "1,1", "2,4", "1..2,0..3", X ("2x3"), LIST (1, 3));
  REGION ("Gather", ATTRS (axis1), "0,1,1", "1,3,2", "0..1,0..4,1..2", X ("2x5x2"),
          LIST (4, 0, -2));
  REGION ("GatherElements", ATTRS (axis1), "0,1", "1,2", "0..1,0..3", X ("2x3"),
          I ("2x2", 0, 0, 1, 2));
  REGION ("Concat", ATTRS (axis1), "0,1", "2,4", "0..2,1..2", X ("2x2"), X ("2x3"));
  REGION ("Split", ATTRS (axis1), "0,0", "1,2", "0..1,0..2", X ("2x5"));
  region_check_of ("Split", TENSORS (X ("2x5"), LIST (2, 3)), ATTRS (axis1), 2, 1, "1,1", "2,3",
                   "1..2,3..5");
  region_check_of ("Split", TENSORS (X ("4x3"), LIST (1, 2, 1)), NONE, 3, 2, "0,1", "1,2",
                   "3..4,1..2");
  REGION ("Trilu", NONE, "0,1", "1,2", "0..1,1..2", X ("2x3"));
  REGION ("ScatterND", NONE, "0,1", "1,2", "0..1,1..2", X ("2x3"), I ("1x1", 1), X ("1x3"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ops/shape/values", test_shape);
  g_test_add_func ("/ops/shape/of-input", test_shape_of_input);
  g_test_add_func ("/ops/shape/reshape", test_reshape);
  g_test_add_func ("/ops/shape/flatten-squeeze", test_flatten_squeeze);
  g_test_add_func ("/ops/generate/constant", test_constant);
  g_test_add_func ("/ops/generate/others", test_generators);
  g_test_add_func ("/ops/transpose/values", test_transpose);
  g_test_add_func ("/ops/transpose/large", test_transpose_large);
  g_test_add_func ("/ops/transpose/depth-to-space", test_depth_to_space);
  g_test_add_func ("/ops/concat/concat", test_concat);
  g_test_add_func ("/ops/concat/split", test_split);
  g_test_add_func ("/ops/slice/slice", test_slice);
  g_test_add_func ("/ops/slice/pad", test_pad);
  g_test_add_func ("/ops/slice/expand-tile", test_expand_tile);
  g_test_add_func ("/ops/gather/gather", test_gather);
  g_test_add_func ("/ops/gather/scatter", test_scatter);
  g_test_add_func ("/ops/movement/gradients", test_gradients);
  g_test_add_func ("/ops/concat/gradient-of-all", test_split_gradient_of_all);
  g_test_add_func ("/ops/slice/gradients", test_slice_gradients);
  g_test_add_func ("/ops/slice/pad-gradients", test_pad_gradients);
  g_test_add_func ("/ops/gather/gradients", test_gather_gradients);
  g_test_add_func ("/ops/gather/gradient-kinks", test_scatter_gradient_kinks);
  g_test_add_func ("/ops/movement/regions", test_regions);
  return g_test_run ();
}
