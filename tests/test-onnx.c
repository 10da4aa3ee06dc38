#include "config.h"

#include "onnx-builder.h"

#include "base/error.h"
#include "onnx/model.h"

#include <math.h>
#include <string.h>

/* ---- helpers ---- */

static WhyOnnxModel *
load (GByteArray *bytes, GError **error)
{
  g_autoptr (GBytes) copy = g_bytes_new (bytes->data, bytes->len);
  return why_onnx_model_load_bytes (copy, "some.onnx", NULL, error);
}

/* The error must be of the given code, name the file and contain a text. */
static void
assert_error (const GError *error, int code, const char *text)
{
  g_assert_error (error, WHY_ERROR, code);
  if (strstr (error->message, text) == NULL || strstr (error->message, "some.onnx") == NULL)
    g_error ("expected \"some.onnx\" and \"%s\" in: %s", text, error->message);
}

static void
assert_refused (OnnxBuilder *b, int code, const char *text)
{
  g_autoptr (GBytes) bytes = ob_bytes (b);
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyOnnxModel) model = why_onnx_model_load_bytes (bytes, "some.onnx", NULL, &error);
  g_assert_null (model);
  assert_error (error, code, text);
}

/* Reads everything a model points to, so that a sanitizer sees what is wrong. */
static guint64 touch_graph (const WhyOnnxGraph *graph);

static guint64
touch_tensor (const WhyTensor *tensor)
{
  guint64 sum = 0;
  for (gsize byte = 0; tensor != NULL && byte < tensor->n_bytes; byte++)
    sum += ((const guint8 *) tensor->data)[byte];
  return sum;
}

static guint64
touch_graph (const WhyOnnxGraph *graph)
{
  guint64 sum = strlen (graph->name) + strlen (graph->doc);
  for (gsize index = 0; index < graph->n_initializers; index++)
    {
      const WhyOnnxInitializer *initializer = &graph->initializers[index];
      g_assert_true ((initializer->tensor != NULL) != (initializer->unsupported != NULL));
      sum += strlen (initializer->name) + touch_tensor (initializer->tensor);
    }
  for (gsize index = 0; index < graph->n_inputs; index++)
    sum += strlen (graph->inputs[index].name);
  for (gsize index = 0; index < graph->n_nodes; index++)
    {
      const WhyOnnxNode *node = &graph->nodes[index];
      sum += strlen (node->name) + strlen (node->op_type) + strlen (node->domain);
      for (gsize attr = 0; attr < node->n_attrs; attr++)
        {
          sum += touch_tensor (node->attrs[attr].t);
          if (node->attrs[attr].g != NULL)
            sum += touch_graph (node->attrs[attr].g);
        }
    }
  return sum;
}

/* ---- what a model says ---- */

static void
test_description (void)
{
  g_autoptr (OnnxBuilder) b = ob_new (8, 17);
  OnnxBuilder *then = ob_new_graph ();
  const gint64 two[] = { 4, 5 };

  ob_opset (b, "com.example", 3);
  ob_opset (b, "ai.onnx.ml", 2);
  ob_producer (b, "maker", "1.2");
  pb_string (b->model, 4, "org.example");
  pb_int (b->model, 5, 77);
  pb_string (b->model, 6, "doc");
  ob_metadata (b, "classes", "cat,dog");
  ob_metadata (b, "empty", "");
  ob_input (b, "x", WHY_DTYPE_FLOAT32, "N,3,?,224");
  ob_input (b, "free", WHY_DTYPE_INT64, NULL);
  ob_input (b, "scalar", WHY_DTYPE_BOOL, "");
  ob_input (b, "minus", 17, "-1");
  ob_output (b, "y", WHY_DTYPE_FLOAT16, "1");
  ob_value_info (b, "between", WHY_DTYPE_FLOAT32, "2,3");
  ob_init_i64 (b, "k", "2", two);
  ob_node (then, "Identity", "x", "inner", NULL);
  ob_node_full (b, "n0", "ai.onnx", "Conv", "x,,k", "y,", ob_ints ("pads", 1, -1, 0), ob_float ("alpha", 0.25f),
                ob_int ("group", -7), ob_string ("mode", "same"), ob_strings ("names", "a,,c"),
                ob_floats ("scales", 1, 2.5), ob_graph ("then_branch", then), NULL);
  ob_node_full (b, NULL, "com.example", "Odd", "", "z", NULL);

  g_autoptr (WhyOnnxModel) model = ob_load (b);
  g_assert_cmpstr (model->path, ==, "test model");
  g_assert_cmpint (model->ir_version, ==, 8);
  g_assert_cmpint (why_onnx_model_opset (model, ""), ==, 17);
  g_assert_cmpint (why_onnx_model_opset (model, "com.example"), ==, 3);
  g_assert_cmpint (why_onnx_model_opset (model, "ai.onnx.ml"), ==, 2);
  g_assert_cmpint (why_onnx_model_opset (model, "none"), ==, 0);
  g_assert_cmpstr (model->producer_name, ==, "maker");
  g_assert_cmpstr (model->producer_version, ==, "1.2");
  g_assert_cmpstr (model->domain, ==, "org.example");
  g_assert_cmpint (model->model_version, ==, 77);
  g_assert_cmpstr (model->doc, ==, "doc");
  g_assert_cmpstr (why_onnx_model_metadata (model, "classes"), ==, "cat,dog");
  g_assert_cmpstr (why_onnx_model_metadata (model, "empty"), ==, "");
  g_assert_null (why_onnx_model_metadata (model, "no"));

  const WhyOnnxGraph *graph = model->graph;
  g_assert_cmpstr (graph->name, ==, "test");
  g_assert_cmpuint (graph->n_inputs, ==, 4);
  const WhyOnnxValueInfo *x = &graph->inputs[0];
  g_assert_cmpint (x->kind, ==, WHY_ONNX_VALUE_TENSOR);
  g_assert_cmpint (x->dtype, ==, WHY_DTYPE_FLOAT32);
  g_assert_cmpint (x->rank, ==, 4);
  g_assert_cmpint (x->dims[0], ==, -1);
  g_assert_cmpstr (x->dim_params[0], ==, "N");
  g_assert_cmpint (x->dims[1], ==, 3);
  g_assert_null (x->dim_params[1]);
  g_assert_cmpint (x->dims[2], ==, -1);
  g_assert_null (x->dim_params[2]);
  g_assert_cmpint (x->dims[3], ==, 224);
  g_assert_cmpint (graph->inputs[1].rank, ==, -1);
  g_assert_cmpint (graph->inputs[2].rank, ==, 0);
  g_assert_cmpint (graph->inputs[3].dims[0], ==, -1);
  g_assert_cmpint (graph->inputs[3].dtype, ==, WHY_DTYPE_UNDEFINED);
  g_assert_cmpstr (why_onnx_elem_type_name (graph->inputs[3].elem_type), ==, "float8e4m3fn");
  g_assert_cmpuint (graph->n_outputs, ==, 1);
  g_assert_cmpint (graph->outputs[0].dtype, ==, WHY_DTYPE_FLOAT16);
  g_assert_cmpuint (graph->n_value_infos, ==, 1);
  g_assert_cmpuint (graph->n_initializers, ==, 1);

  g_assert_cmpuint (graph->n_nodes, ==, 2);
  const WhyOnnxNode *node = &graph->nodes[0];
  g_assert_cmpstr (node->name, ==, "n0");
  g_assert_cmpstr (node->domain, ==, "");
  g_assert_cmpstr (node->op_type, ==, "Conv");
  g_assert_cmpuint (node->n_inputs, ==, 3);
  g_assert_cmpstr (node->inputs[1], ==, "");
  g_assert_cmpstr (node->inputs[2], ==, "k");
  g_assert_cmpuint (node->n_outputs, ==, 2);
  g_assert_cmpuint (node->n_attrs, ==, 7);
  const WhyOnnxAttr *pads = why_onnx_node_attr (node, "pads");
  g_assert_cmpint (pads->type, ==, WHY_ONNX_ATTR_INTS);
  g_assert_cmpuint (pads->n, ==, 3);
  g_assert_cmpint (pads->ints[1], ==, -1);
  g_assert_cmpfloat (why_onnx_node_attr (node, "alpha")->f, ==, 0.25f);
  g_assert_cmpint (why_onnx_node_attr (node, "group")->i, ==, -7);
  g_assert_cmpstr (why_onnx_node_attr (node, "mode")->s, ==, "same");
  g_assert_cmpuint (why_onnx_node_attr (node, "mode")->s_len, ==, 4);
  g_assert_cmpuint (why_onnx_node_attr (node, "names")->n, ==, 3);
  g_assert_cmpstr (why_onnx_node_attr (node, "names")->strings[2], ==, "c");
  g_assert_cmpfloat (why_onnx_node_attr (node, "scales")->floats[1], ==, 2.5f);
  g_assert_cmpstr (why_onnx_node_attr (node, "then_branch")->g->nodes[0].outputs[0], ==, "inner");
  g_assert_null (why_onnx_node_attr (node, "nothing"));
  g_assert_cmpstr (graph->nodes[1].domain, ==, "com.example");
  g_assert_cmpuint (graph->nodes[1].n_inputs, ==, 0);
}

static void
test_functions (void)
{
  g_autoptr (OnnxBuilder) b = ob_new (8, 17);
  GByteArray *function = pb_new (), *opset = pb_new (), *ref = pb_new (), *node = pb_new ();

  pb_string (ref, 1, "alpha");
  pb_string (ref, 21, "slope");
  pb_int (ref, 20, WHY_ONNX_ATTR_FLOAT);
  pb_string (node, 1, "X");
  pb_string (node, 2, "Y");
  pb_string (node, 4, "LeakyRelu");
  pb_message (node, 5, ref);
  pb_string (function, 1, "Bent");
  pb_string (function, 4, "X");
  pb_string (function, 5, "Y");
  pb_string (function, 6, "slope");
  pb_message (function, 7, node);
  pb_string (opset, 1, "");
  pb_int (opset, 2, 16);
  pb_message (function, 9, opset);
  pb_string (function, 10, "local");
  pb_message (function, 11, ob_float ("other", 3));
  pb_message (b->model, 25, function);
  ob_node_full (b, NULL, "local", "Bent", "x", "y", NULL);

  g_autoptr (WhyOnnxModel) model = ob_load (b);
  g_assert_cmpuint (model->n_functions, ==, 1);
  const WhyOnnxFunction *read = &model->functions[0];
  g_assert_cmpstr (read->name, ==, "Bent");
  g_assert_cmpstr (read->domain, ==, "local");
  g_assert_cmpstr (read->inputs[0], ==, "X");
  g_assert_cmpstr (read->outputs[0], ==, "Y");
  g_assert_cmpstr (read->attr_names[0], ==, "slope");
  g_assert_cmpfloat (read->attr_defaults[0].f, ==, 3);
  g_assert_cmpint (read->opsets[0].version, ==, 16);
  g_assert_cmpstr (read->nodes[0].attrs[0].ref_attr_name, ==, "slope");
  g_assert_cmpint (read->nodes[0].attrs[0].type, ==, WHY_ONNX_ATTR_FLOAT);
}

/* Weights that are listed as inputs too, as IR 3 demanded, are no inputs. */
static void
test_ir3_inputs (void)
{
  g_autoptr (OnnxBuilder) b = ob_new (3, 7);
  ob_input (b, "w", WHY_DTYPE_FLOAT32, "2");
  ob_input (b, "x", WHY_DTYPE_FLOAT32, "2");
  ob_input (b, "v", WHY_DTYPE_FLOAT32, "1");
  ob_init_f32 (b, "w", "2", (const float[]) { 1, 2 });
  ob_init_f32 (b, "v", "1", (const float[]) { 3 });
  g_autoptr (WhyOnnxModel) model = ob_load (b);
  g_assert_cmpuint (model->graph->n_inputs, ==, 1);
  g_assert_cmpstr (model->graph->inputs[0].name, ==, "x");
  g_assert_cmpuint (model->graph->n_initializers, ==, 2);
}

static void
test_double_initializer (void)
{
  g_autoptr (OnnxBuilder) b = ob_new (7, 13);
  ob_init_f32 (b, "w", "1", (const float[]) { 1 });
  ob_init_f32 (b, "v", "1", (const float[]) { 2 });
  ob_init_f32 (b, "w", "1", (const float[]) { 3 });
  ob_init_f32 (b, "u", "1", (const float[]) { 4 });
  ob_init_f32 (b, "w", "1", (const float[]) { 5 });
  g_autoptr (WhyOnnxModel) model = ob_load (b);
  static const struct { const char *name; double value; } wanted[] = { { "v", 2 }, { "u", 4 }, { "w", 5 } };
  g_assert_cmpuint (model->graph->n_initializers, ==, G_N_ELEMENTS (wanted));
  for (gsize index = 0; index < G_N_ELEMENTS (wanted); index++)
    {
      g_assert_cmpstr (model->graph->initializers[index].name, ==, wanted[index].name);
      g_assert_cmpfloat (why_tensor_get_f64 (model->graph->initializers[index].tensor, 0), ==, wanted[index].value);
    }
}

static void
test_versions (void)
{
  static const struct { int ir; const char *text; } refused[] = {
    { 0, "does not exist" }, { -1, "does not exist" }, { 1, "from before" }, { 2, "from before" }, { 15, "newer" }, { 9999, "newer" },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (refused); index++)
    {
      g_autoptr (OnnxBuilder) b = ob_new (refused[index].ir, 9);
      assert_refused (b, WHY_ERROR_BAD_MODEL, refused[index].text);
    }
  for (int ir = WHY_ONNX_MIN_IR; ir <= WHY_ONNX_MAX_IR; ir++)
    {
      g_autoptr (OnnxBuilder) b = ob_new (ir, 9);
      g_autoptr (WhyOnnxModel) model = ob_load (b);
      g_assert_cmpint (model->ir_version, ==, ir);
    }
}

/* Names stay different, stay text and do not end at a zero byte. */
static void
test_strange_names (void)
{
  g_autoptr (OnnxBuilder) b = ob_new (8, 17);
  static const struct { const char *bytes; gsize n_bytes; const char *shown; } names[] = {
    { "a\0b", 3, "a\\x00b" },
    { "\xff\xfe", 2, "\\xff\\xfe" },
    { "caf\xc3\xa9", 5, "caf\xc3\xa9" },
    { "cut \xc3", 5, "cut \\xc3" },
    { "", 0, "" },
  };
  GByteArray *node = pb_new ();
  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    pb_bytes (node, 1, names[index].bytes, names[index].n_bytes);
  pb_string (node, 4, "Sum");
  pb_message (b->graph, 1, node);
  g_autoptr (WhyOnnxModel) model = ob_load (b);
  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    g_assert_cmpstr (model->graph->nodes[0].inputs[index], ==, names[index].shown);
}

/* ---- attributes ---- */

static OnnxBuilder *
with_attr (GByteArray *attr)
{
  OnnxBuilder *b = ob_new (8, 17);
  ob_node_full (b, "knot", NULL, "Op", "x", "y", attr, NULL);
  return b;
}

static void
test_attributes (void)
{
  /* packed lists */
  GByteArray *attr = pb_new ();
  pb_string (attr, 1, "a");
  pb_int (attr, 20, WHY_ONNX_ATTR_INTS);
  pb_bytes (attr, 8, "\x05\x80\x01\x07", 4);
  pb_int (attr, 8, 9);
  g_autoptr (OnnxBuilder) packed = with_attr (attr);
  g_autoptr (WhyOnnxModel) model = ob_load (packed);
  const WhyOnnxAttr *read = &model->graph->nodes[0].attrs[0];
  g_assert_cmpuint (read->n, ==, 4);
  g_assert_cmpint (read->ints[1], ==, 128);
  g_assert_cmpint (read->ints[3], ==, 9);

  /* no type: taken from the value */
  attr = pb_new ();
  pb_string (attr, 1, "a");
  pb_float (attr, 2, 1.5f);
  g_autoptr (OnnxBuilder) untyped = with_attr (attr);
  g_autoptr (WhyOnnxModel) untyped_model = ob_load (untyped);
  g_assert_cmpint (untyped_model->graph->nodes[0].attrs[0].type, ==, WHY_ONNX_ATTR_FLOAT);
  g_assert_cmpfloat (untyped_model->graph->nodes[0].attrs[0].f, ==, 1.5f);

  /* values that are not written are the default ones */
  attr = pb_new ();
  pb_string (attr, 1, "a");
  pb_int (attr, 20, WHY_ONNX_ATTR_STRING);
  g_autoptr (OnnxBuilder) bare = with_attr (attr);
  g_autoptr (WhyOnnxModel) bare_model = ob_load (bare);
  g_assert_cmpstr (bare_model->graph->nodes[0].attrs[0].s, ==, "");

  /* kinds that are not held do not keep a model from loading */
  attr = pb_new ();
  pb_string (attr, 1, "a");
  pb_int (attr, 20, WHY_ONNX_ATTR_TYPE_PROTO);
  pb_string (attr, 14, "");
  g_autoptr (OnnxBuilder) type = with_attr (attr);
  g_autoptr (WhyOnnxModel) type_model = ob_load (type);
  g_assert_nonnull (strstr (type_model->graph->nodes[0].attrs[0].unsupported, "'a' of kind type"));

  GByteArray *strings = ob_tensor_proto ("words", WHY_DTYPE_STRING, "1");
  pb_string (strings, 6, "hello");
  attr = pb_new ();
  pb_string (attr, 1, "value");
  pb_int (attr, 20, WHY_ONNX_ATTR_TENSOR);
  pb_message (attr, 5, strings);
  g_autoptr (OnnxBuilder) words = with_attr (attr);
  g_autoptr (WhyOnnxModel) words_model = ob_load (words);
  g_assert_null (words_model->graph->nodes[0].attrs[0].t);
  g_assert_cmpstr (words_model->graph->nodes[0].attrs[0].unsupported, ==, "string tensor 'words' is not supported");
}

static void
test_bad_attributes (void)
{
  GByteArray *attr = pb_new ();
  pb_int (attr, 3, 1);
  g_autoptr (OnnxBuilder) nameless = with_attr (attr);
  assert_refused (nameless, WHY_ERROR_BAD_MODEL, "node 0 'knot', attribute 0: it has no name");

  attr = pb_new ();
  pb_string (attr, 1, "a");
  g_autoptr (OnnxBuilder) empty = with_attr (attr);
  assert_refused (empty, WHY_ERROR_BAD_MODEL, "attribute 0 'a': it has neither type nor value");

  attr = pb_new ();
  pb_string (attr, 1, "a");
  pb_int (attr, 20, 99);
  g_autoptr (OnnxBuilder) odd = with_attr (attr);
  assert_refused (odd, WHY_ERROR_BAD_MODEL, "type 99");

  attr = pb_new ();
  pb_string (attr, 1, "a");
  pb_int (attr, 20, WHY_ONNX_ATTR_TENSOR);
  g_autoptr (OnnxBuilder) tensorless = with_attr (attr);
  assert_refused (tensorless, WHY_ERROR_BAD_MODEL, "should be a tensor");

  attr = pb_new ();
  pb_string (attr, 1, "a");
  pb_int (attr, 20, WHY_ONNX_ATTR_GRAPH);
  g_autoptr (OnnxBuilder) graphless = with_attr (attr);
  assert_refused (graphless, WHY_ERROR_BAD_MODEL, "should be a graph");

  attr = ob_float ("a", 1);
  pb_string (attr, 21, "outer");
  g_autoptr (OnnxBuilder) both = with_attr (attr);
  assert_refused (both, WHY_ERROR_BAD_MODEL, "refers to attribute 'outer'");

  attr = ob_floats ("a", 1);
  pb_bytes (attr, 7, "12345", 5);
  g_autoptr (OnnxBuilder) ragged = with_attr (attr);
  assert_refused (ragged, WHY_ERROR_BAD_MODEL, "no multiple of 4");

  g_autoptr (OnnxBuilder) twice = ob_new (8, 17);
  ob_node (twice, "Op", "x", "y", ob_int ("a", 1), ob_int ("b", 1), ob_int ("a", 2), NULL);
  assert_refused (twice, WHY_ERROR_BAD_MODEL, "two attributes 'a'");

  g_autoptr (OnnxBuilder) untyped = ob_new (8, 17);
  pb_message (untyped->graph, 1, pb_new ());
  assert_refused (untyped, WHY_ERROR_BAD_MODEL, "node 0: it has no operator type");
}

/* ---- tensors ---- */

static const WhyDType all_types[] = {
  WHY_DTYPE_FLOAT32, WHY_DTYPE_UINT8,   WHY_DTYPE_INT8,    WHY_DTYPE_UINT16, WHY_DTYPE_INT16,  WHY_DTYPE_INT32,  WHY_DTYPE_INT64,
  WHY_DTYPE_BOOL,    WHY_DTYPE_FLOAT16, WHY_DTYPE_FLOAT64, WHY_DTYPE_UINT32, WHY_DTYPE_UINT64, WHY_DTYPE_BFLOAT16,
};

/* Six values that every type holds exactly, with its limits where it has some. */
static WhyTensor *
sample (WhyDType dtype)
{
  const gint64 dims[] = { 2, 3 };
  WhyTensor *tensor = why_tensor_new_zeros (dtype, 2, dims, NULL);
  static const double values[] = { 0, 1, 0, 1, 1, 0 };
  for (gsize index = 0; index < 6; index++)
    why_tensor_set_f64 (tensor, index, values[index]);
  if (why_dtype_is_float (dtype))
    {
      why_tensor_set_f64 (tensor, 2, -1.5);
      why_tensor_set_f64 (tensor, 3, -0.0);
      why_tensor_set_f64 (tensor, 5, (double) INFINITY);
    }
  else if (dtype != WHY_DTYPE_BOOL)
    {
      memset ((char *) tensor->data + 2 * why_dtype_size (dtype), 0xff, why_dtype_size (dtype));
      memset ((char *) tensor->data + 3 * why_dtype_size (dtype), 0x7f, why_dtype_size (dtype));
    }
  return tensor;
}

static guint64
bits_of (const WhyTensor *tensor, gsize index)
{
  switch (why_dtype_size (tensor->dtype))
    {
    case 1: return tensor->dtype == WHY_DTYPE_INT8 ? (guint64) ((gint8 *) tensor->data)[index] : ((guint8 *) tensor->data)[index];
    case 2: return tensor->dtype == WHY_DTYPE_INT16 ? (guint64) ((gint16 *) tensor->data)[index] : ((guint16 *) tensor->data)[index];
    case 4: return tensor->dtype == WHY_DTYPE_INT32 ? (guint64) ((gint32 *) tensor->data)[index] : ((guint32 *) tensor->data)[index];
    default: return ((guint64 *) tensor->data)[index];
    }
}

/* The value-by-value form, with the first two values packed, the third alone, the rest packed. */
static GByteArray *
typed_proto (const char *name, const WhyTensor *tensor)
{
  GByteArray *proto = ob_tensor_proto (name, tensor->dtype, "2,3");
  guint field = tensor->dtype == WHY_DTYPE_FLOAT32                                            ? 4
                : tensor->dtype == WHY_DTYPE_FLOAT64                                          ? 10
                : tensor->dtype == WHY_DTYPE_INT64                                            ? 7
                : tensor->dtype == WHY_DTYPE_UINT32 || tensor->dtype == WHY_DTYPE_UINT64 ? 11
                                                                                              : 5;
  gsize size = why_dtype_size (tensor->dtype);
  for (gsize index = 0; index < 6;)
    {
      gsize run = index == 0 ? 2 : index == 2 ? 1 : 3;
      const char *bytes = (const char *) tensor->data + index * size;
      if (run == 1 && field == 4)
        pb_float (proto, field, *(const float *) bytes);
      else if (run == 1 && field == 10)
        pb_double (proto, field, *(const double *) bytes);
      else if (run == 1)
        pb_int (proto, field, (gint64) bits_of (tensor, index));
      else if (field == 4 || field == 10)
        pb_bytes (proto, field, bytes, run * size);
      else
        {
          g_autoptr (GByteArray) packed = pb_new ();
          for (gsize value = 0; value < run; value++)
            pb_raw_varint (packed, bits_of (tensor, index + value));
          pb_bytes (proto, field, packed->data, packed->len);
        }
      index += run;
    }
  return proto;
}

static void
test_types (void)
{
  for (gsize type = 0; type < G_N_ELEMENTS (all_types); type++)
    {
      g_autoptr (WhyTensor) wanted = sample (all_types[type]);
      g_autoptr (OnnxBuilder) b = ob_new (8, 17);
      ob_init (b, "raw", wanted);
      ob_init_proto (b, typed_proto ("typed", wanted));
      g_autoptr (WhyOnnxModel) model = ob_load (b);
      g_assert_cmpuint (model->graph->n_initializers, ==, 2);
      for (gsize form = 0; form < 2; form++)
        {
          const WhyTensor *read = model->graph->initializers[form].tensor;
          g_assert_cmpint (read->dtype, ==, all_types[type]);
          g_assert_true (why_tensor_same_dims (read, wanted));
          g_assert_true (why_tensor_is_dense (read));
          g_assert_cmpmem (read->data, read->n_bytes, wanted->data, wanted->n_bytes);
          g_assert_cmpuint ((guintptr) read->data % why_dtype_size (read->dtype), ==, 0);
        }
    }
}

/* Data that lie aligned are pointed at, others are copied, and either outlives the model. */
static void
test_views (void)
{
  gsize n_views = 0, n_copies = 0;
  for (gsize shift = 0; shift < 8; shift++)
    {
      g_autoptr (OnnxBuilder) b = ob_new (8, 17);
      g_autofree char *filler = g_strnfill (shift, 'x');
      pb_string (b->model, 6, filler);
      ob_init_f32 (b, "w", "2", (const float[]) { 1.5f, -2 });
      g_autoptr (GBytes) bytes = ob_bytes (b);
      const guint8 *start = g_bytes_get_data (bytes, NULL);
      const guint8 *end = start + g_bytes_get_size (bytes);
      g_autoptr (GError) error = NULL;
      WhyOnnxModel *model = why_onnx_model_load_bytes (bytes, "m", NULL, &error);
      g_assert_no_error (error);
      g_autoptr (WhyTensor) tensor = why_tensor_ref (model->graph->initializers[0].tensor);
      const guint8 *data = tensor->data;
      if (data >= start && data < end)
        n_views++;
      else
        n_copies++;
      why_onnx_model_unref (model);
      g_clear_pointer (&bytes, g_bytes_unref);
      g_assert_cmpfloat (why_tensor_get_f64 (tensor, 0), ==, 1.5);
      g_assert_cmpfloat (why_tensor_get_f64 (tensor, 1), ==, -2);
    }
  g_assert_cmpuint (n_views, ==, 2);
  g_assert_cmpuint (n_copies, ==, 6);
}

static void
test_special_tensors (void)
{
  g_autoptr (OnnxBuilder) b = ob_new (8, 17);
  ob_init_proto (b, ob_tensor_proto ("none", WHY_DTYPE_FLOAT32, "0,5"));
  GByteArray *raw = ob_tensor_proto ("none raw", WHY_DTYPE_INT64, "0");
  pb_bytes (raw, 9, "", 0);
  ob_init_proto (b, raw);
  ob_init_f32 (b, "scalar", "", (const float[]) { 4 });
  GByteArray *truth = ob_tensor_proto ("truth", WHY_DTYPE_BOOL, "3");
  pb_bytes (truth, 9, "\0\2\377", 3);
  ob_init_proto (b, truth);
  GByteArray *half = ob_tensor_proto ("half", WHY_DTYPE_FLOAT16, "1");
  pb_int (half, 5, (gint16) 0xbc00); /* extended with its sign */
  ob_init_proto (b, half);
  GByteArray *words = ob_tensor_proto ("words", WHY_DTYPE_STRING, "1");
  pb_string (words, 6, "hi");
  ob_init_proto (b, words);
  ob_init_proto (b, ob_tensor_proto ("tiny", 19, "4"));

  g_autoptr (WhyOnnxModel) model = ob_load (b);
  const WhyOnnxInitializer *read = model->graph->initializers;
  g_assert_cmpuint (read[0].tensor->n_bytes, ==, 0);
  g_assert_cmpint (read[0].tensor->dims[1], ==, 5);
  g_assert_cmpuint (read[1].tensor->n_bytes, ==, 0);
  g_assert_cmpint (read[2].tensor->rank, ==, 0);
  g_assert_cmpmem (read[3].tensor->data, 3, "\0\1\1", 3);
  g_assert_cmpfloat (why_tensor_get_f64 (read[4].tensor, 0), ==, -1);
  g_assert_null (read[5].tensor);
  g_assert_cmpstr (read[5].unsupported, ==, "string tensor 'words' is not supported");
  g_assert_cmpstr (read[6].unsupported, ==, "float8e5m2 tensor 'tiny' is not supported");
}

static void
test_bad_tensors (void)
{
  /* type, dims, field of the data (0: none), how many bytes or values, code, message */
  static const struct
  {
    int type;
    const char *dims;
    guint field;
    int n;
    int code;
    const char *text;
  } cases[] = {
    { 1, "1,1,1,1,1,1,1,1,1", 9, 4, WHY_ERROR_BAD_MODEL, "more than 8 dimensions" },
    { 1, "2,-1", 9, 8, WHY_ERROR_BAD_MODEL, "dimension 1 is negative: -1" },
    { 1, "-9223372036854775808", 9, 8, WHY_ERROR_BAD_MODEL, "is negative" },
    { 1, "4294967296,4294967296", 9, 8, WHY_ERROR_TOO_LARGE, "overflows" },
    { 1, "9223372036854775807", 9, 8, WHY_ERROR_TOO_LARGE, "overflows" },
    { 1, "2305843009213693952", 9, 8, WHY_ERROR_TOO_LARGE, "overflows" },
    { 1, "2305843009213693951", 9, 8, WHY_ERROR_BAD_MODEL, "needs 9223372036854775804" },
    { 1, "0,9223372036854775807,9223372036854775807", 0, 0, WHY_ERROR_TOO_LARGE, "overflows" },
    { 1, "2305843009213693951", 4, 1, WHY_ERROR_BAD_MODEL, "1 values" },
    { 1, "1000000000000", 0, 0, WHY_ERROR_BAD_MODEL, "have 0 values" },
    { 1, "2,3", 9, 23, WHY_ERROR_BAD_MODEL, "have 23 bytes, but 2x3 of float32 needs 24" },
    { 1, "2,3", 9, 25, WHY_ERROR_BAD_MODEL, "have 25 bytes" },
    { 1, "", 9, 8, WHY_ERROR_BAD_MODEL, "but scalar of float32 needs 4" },
    { 1, "0", 9, 4, WHY_ERROR_BAD_MODEL, "needs 0" },
    { 1, "2", 0, 0, WHY_ERROR_BAD_MODEL, "have 0 values, but 2 of float32 needs 2" },
    { 1, "2", 4, 3, WHY_ERROR_BAD_MODEL, "have 3 values" },
    { 1, "2", 7, 2, WHY_ERROR_BAD_MODEL, "it has int64_data, but its data should be in float_data" },
    { 7, "2", 5, 2, WHY_ERROR_BAD_MODEL, "it has int32_data, but its data should be in int64_data" },
    { 6, "2", 6, 2, WHY_ERROR_BAD_MODEL, "it has string_data" },
    { 0, "2", 9, 8, WHY_ERROR_BAD_MODEL, "no element type" },
    { 25, "2", 9, 8, WHY_ERROR_BAD_MODEL, "element type 25 is none" },
    { -3, "2", 9, 8, WHY_ERROR_BAD_MODEL, "element type -3 is none" },
    { 8, "-2", 0, 0, WHY_ERROR_BAD_MODEL, "is negative" },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      g_autoptr (OnnxBuilder) b = ob_new (8, 17);
      GByteArray *tensor = ob_tensor_proto ("W", cases[index].type, cases[index].dims);
      static const guint8 zeros[64];
      for (int n = 0; n < cases[index].n && cases[index].field != 9; n++)
        {
          if (cases[index].field == 4)
            pb_float (tensor, 4, 0);
          else if (cases[index].field == 6)
            pb_string (tensor, 6, "");
          else
            pb_int (tensor, cases[index].field, 0);
        }
      if (cases[index].field == 9)
        pb_bytes (tensor, 9, zeros, (gsize) cases[index].n);
      ob_init_proto (b, tensor);
      assert_refused (b, cases[index].code, cases[index].text);
      assert_refused (b, cases[index].code, "graph, initializer 0 'W'");
    }

  g_autoptr (OnnxBuilder) both = ob_new (8, 17);
  GByteArray *tensor = ob_tensor_proto ("W", 1, "1");
  pb_bytes (tensor, 9, "1234", 4);
  pb_float (tensor, 4, 1);
  ob_init_proto (both, tensor);
  assert_refused (both, WHY_ERROR_BAD_MODEL, "it has float_data, but its data should be in raw_data");

  g_autoptr (OnnxBuilder) twice = ob_new (8, 17);
  tensor = ob_tensor_proto ("W", 1, "1");
  pb_bytes (tensor, 9, "1234", 4);
  pb_bytes (tensor, 9, "1234", 4);
  ob_init_proto (twice, tensor);
  assert_refused (twice, WHY_ERROR_BAD_MODEL, "raw_data is given twice");

  g_autoptr (OnnxBuilder) nameless = ob_new (8, 17);
  ob_init_proto (nameless, ob_tensor_proto (NULL, 1, "0"));
  assert_refused (nameless, WHY_ERROR_BAD_MODEL, "initializer 0: it has no name");

  static const struct { WhyDType type; gint64 value; gboolean fits; } ranges[] = {
    { WHY_DTYPE_UINT8, 255, TRUE },     { WHY_DTYPE_UINT8, 256, FALSE },   { WHY_DTYPE_UINT8, -1, FALSE },
    { WHY_DTYPE_INT8, -128, TRUE },     { WHY_DTYPE_INT8, -129, FALSE },   { WHY_DTYPE_INT8, 128, FALSE },
    { WHY_DTYPE_INT16, 32768, FALSE },  { WHY_DTYPE_UINT16, 65535, TRUE }, { WHY_DTYPE_UINT16, 65536, FALSE },
    { WHY_DTYPE_BOOL, 2, FALSE },       { WHY_DTYPE_INT32, G_MININT32, TRUE }, { WHY_DTYPE_INT32, (gint64) G_MAXINT32 + 1, FALSE },
    { WHY_DTYPE_FLOAT16, 65536, FALSE },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (ranges); index++)
    {
      g_autoptr (OnnxBuilder) b = ob_new (8, 17);
      tensor = ob_tensor_proto ("W", ranges[index].type, "1");
      pb_int (tensor, 5, ranges[index].value);
      ob_init_proto (b, tensor);
      if (ranges[index].fits)
        why_onnx_model_unref (ob_load (b));
      else
        assert_refused (b, WHY_ERROR_BAD_MODEL, "out of the range of");
    }
}

static GByteArray *
sparse_proto (const char *values_dims, const char *indices_dims, const char *dims, gint64 last_index)
{
  GByteArray *sparse = pb_new ();
  g_autoptr (WhyTensor) values = ob_f32 (values_dims, (const float[]) { 5, 6 });
  const gint64 numbers[] = { 1, last_index, 0, 2 };
  g_autoptr (WhyTensor) indices = ob_i64 (indices_dims, numbers);
  pb_message (sparse, 1, ob_tensor_proto_of ("S", values));
  pb_message (sparse, 2, ob_tensor_proto_of (NULL, indices));
  g_auto (GStrv) words = g_strsplit (dims, ",", -1);
  for (gsize axis = 0; words[axis] != NULL; axis++)
    pb_int (sparse, 3, g_ascii_strtoll (words[axis], NULL, 10));
  return sparse;
}

static void
test_sparse (void)
{
  g_autoptr (OnnxBuilder) linear = ob_new (8, 17);
  pb_message (linear->graph, 15, sparse_proto ("2", "2", "2,3", 5));
  g_autoptr (WhyOnnxModel) model = ob_load (linear);
  const WhyTensor *read = model->graph->initializers[0].tensor;
  g_assert_cmpstr (model->graph->initializers[0].name, ==, "S");
  g_assert_cmpmem (read->data, read->n_bytes, ((const float[]) { 0, 5, 0, 0, 0, 6 }), 24);

  /* [1, 0] and [0, 2] */
  g_autoptr (OnnxBuilder) grid = ob_new (8, 17);
  pb_message (grid->graph, 15, sparse_proto ("2", "2,2", "2,3", 0));
  g_autoptr (WhyOnnxModel) grid_model = ob_load (grid);
  read = grid_model->graph->initializers[0].tensor;
  g_assert_cmpmem (read->data, read->n_bytes, ((const float[]) { 0, 0, 6, 5, 0, 0 }), 24);

  static const struct { const char *indices, *dims; gint64 last; int code; const char *text; } bad[] = {
    { "2", "2,3", 6, WHY_ERROR_BAD_MODEL, "out of its shape" },
    { "2", "2,3", -1, WHY_ERROR_BAD_MODEL, "out of its shape" },
    { "2", "2,3", G_MAXINT64, WHY_ERROR_BAD_MODEL, "out of its shape" },
    { "2,2", "2,3", 3, WHY_ERROR_BAD_MODEL, "out of its shape" },
    { "2,2", "2,3", G_MININT64, WHY_ERROR_BAD_MODEL, "out of its shape" },
    { "1", "2,3", 0, WHY_ERROR_BAD_MODEL, "indices of a sparse tensor" },
    { "2,2", "6", 0, WHY_ERROR_BAD_MODEL, "indices of a sparse tensor" },
    { "2", "2,-3", 0, WHY_ERROR_BAD_MODEL, "negative" },
    { "2", "1000000,1000000", 0, WHY_ERROR_TOO_LARGE, "more than 256 MB" },
    { "2", "4294967296,4294967296", 0, WHY_ERROR_TOO_LARGE, "overflows" },
    { "2", "1,1,1,1,1,1,1,1,2", 0, WHY_ERROR_BAD_MODEL, "more than 8 dimensions" },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (bad); index++)
    {
      g_autoptr (OnnxBuilder) b = ob_new (8, 17);
      pb_message (b->graph, 15, sparse_proto ("2", bad[index].indices, bad[index].dims, bad[index].last));
      assert_refused (b, bad[index].code, bad[index].text);
    }
  g_autoptr (OnnxBuilder) empty = ob_new (8, 17);
  pb_message (empty->graph, 15, pb_new ());
  assert_refused (empty, WHY_ERROR_BAD_MODEL, "lacks values or indices");
}

/* ---- damage ---- */

static GBytes *
rich_model (void)
{
  g_autoptr (OnnxBuilder) b = ob_new (8, 17);
  OnnxBuilder *inner = ob_new_graph ();
  g_autoptr (WhyTensor) value = ob_f32 ("2", (const float[]) { 1, 2 });

  ob_producer (b, "p", "1");
  ob_metadata (b, "key", "value");
  ob_input (b, "x", WHY_DTYPE_FLOAT32, "N,2");
  ob_output (b, "y", WHY_DTYPE_FLOAT32, "N,2");
  for (gsize type = 0; type < G_N_ELEMENTS (all_types); type += 3)
    {
      g_autoptr (WhyTensor) tensor = sample (all_types[type]);
      ob_init_proto (b, typed_proto ("t", tensor));
      ob_init (b, "r", tensor);
    }
  pb_message (b->graph, 15, sparse_proto ("2", "2", "2,3", 5));
  ob_node (inner, "Constant", "", "c", ob_tensor ("value", value), NULL);
  ob_node (b, "If", "x", "y", ob_graph ("then_branch", inner), ob_ints ("p", 1, 2), ob_floats ("f", 1),
           ob_strings ("s", "a,b"), NULL);
  ob_init_proto (b, ob_tensor_proto_external ("e", 1, "2", "w.bin", "0", "8"));
  return ob_bytes (b);
}

static void
try_damaged (const guint8 *data, gsize n_bytes)
{
  /* A copy of its own, so that a sanitizer sees a read behind the end. */
  g_autoptr (GBytes) bytes = g_bytes_new (data, n_bytes);
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyOnnxModel) model = why_onnx_model_load_bytes (bytes, "some.onnx", NULL, &error);
  if (model != NULL)
    touch_graph (model->graph);
  else
    {
      g_assert_nonnull (error);
      g_assert_true (error->domain == WHY_ERROR);
      g_assert_true (g_str_has_prefix (error->message, "some.onnx: "));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
}

static void
test_truncated (void)
{
  g_autoptr (GBytes) whole = rich_model ();
  gsize n_bytes;
  const guint8 *data = g_bytes_get_data (whole, &n_bytes);
  gsize n_named = 0;

  for (gsize end = 0; end < n_bytes; end++)
    {
      g_autoptr (GBytes) part = g_bytes_new (data, end);
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyOnnxModel) model = why_onnx_model_load_bytes (part, "some.onnx", NULL, &error);
      /* The graph is the last field, so no part of the file is a model. */
      g_assert_null (model);
      g_assert_error (error, WHY_ERROR, WHY_ERROR_BAD_MODEL);
      g_autofree char *place = g_strdup_printf ("at byte %" G_GSIZE_FORMAT ",", end);
      if (strstr (error->message, "the file ends inside") != NULL)
        {
          g_assert_nonnull (strstr (error->message, place));
          n_named++;
        }
    }
  /* All but the few that end just between two fields of the model. */
  g_assert_cmpuint (n_named, >=, n_bytes - 8);
}

static void
test_flipped (void)
{
  g_autoptr (GBytes) whole = rich_model ();
  gsize n_bytes;
  g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (whole, NULL), g_bytes_get_size (whole));

  n_bytes = g_bytes_get_size (whole);
  for (gsize byte = 0; byte < n_bytes; byte++)
    {
      guint8 was = data[byte];
      for (guint bit = 0; bit < 8; bit++)
        {
          data[byte] = (guint8) (was ^ 1u << bit);
          try_damaged (data, n_bytes);
        }
      data[byte] = (guint8) ~was;
      try_damaged (data, n_bytes);
      data[byte] = was;
    }
}

/* graph { node { attribute { g { node ... } } } } */
static GByteArray *
nested_model (gsize n_graphs)
{
  gsize n_levels = 3 * n_graphs;
  g_autofree gsize *lengths = g_new0 (gsize, n_levels + 1);
  GByteArray *bytes = pb_new ();
  /* Beside what it nests: a node has an operator, an attribute a name. */
  static const guint8 node_rest[] = { 0x22, 1, 'I' }, attr_rest[] = { 0x0a, 1, 'a' };

  for (gsize level = n_levels; level-- > 0;)
    {
      gsize inner = lengths[level + 1], varint = 1;
      for (gsize rest = inner >> 7; rest > 0; rest >>= 7)
        varint++;
      /* the innermost graph is empty */
      gsize nested = level + 1 < n_levels ? 1 + varint + inner : 0;
      lengths[level] = nested + (level % 3 == 1 ? sizeof node_rest : level % 3 == 2 ? sizeof attr_rest : 0);
    }
  pb_int (bytes, 1, 8);
  for (gsize level = 0; level < n_levels; level++)
    {
      pb_tag (bytes, level == 0 ? 7 : level % 3 == 1 ? 1 : level % 3 == 2 ? 5 : 6, 2);
      pb_raw_varint (bytes, lengths[level]);
      if (level % 3 == 1)
        g_byte_array_append (bytes, node_rest, sizeof node_rest);
      else if (level % 3 == 2)
        g_byte_array_append (bytes, attr_rest, sizeof attr_rest);
    }
  return bytes;
}

static void
test_nesting (void)
{
  static const struct { gsize n; const char *text; } cases[] = {
    { WHY_ONNX_MAX_SUBGRAPHS + 2, "graphs are nested more than 16 deep" },
    { 10000, "graphs are nested" },
    { 100000, "graphs are nested" },
    { 1000000, "graphs are nested" },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      g_autoptr (GByteArray) bytes = nested_model (cases[index].n);
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyOnnxModel) model = load (bytes, &error);
      g_assert_null (model);
      assert_error (error, WHY_ERROR_BAD_MODEL, cases[index].text);
      g_assert_cmpuint (strlen (error->message), <, 4096);
    }
  /* The deepest that is allowed; the last attribute is of no value. */
  OnnxBuilder *inner = ob_new_graph ();
  for (int depth = 0; depth < WHY_ONNX_MAX_SUBGRAPHS; depth++)
    {
      OnnxBuilder *outer = depth + 1 < WHY_ONNX_MAX_SUBGRAPHS ? ob_new_graph () : ob_new (8, 17);
      ob_node (outer, "If", "c", "y", ob_graph ("then_branch", inner), NULL);
      inner = outer;
    }
  g_autoptr (OnnxBuilder) deepest = inner;
  g_autoptr (WhyOnnxModel) model = ob_load (deepest);
  int depth = 0;
  for (const WhyOnnxGraph *graph = model->graph; graph->n_nodes > 0; graph = graph->nodes[0].attrs[0].g)
    depth++;
  g_assert_cmpint (depth, ==, WHY_ONNX_MAX_SUBGRAPHS);

  /* A type within a type, 100,000 times, is not followed at all. */
  enum { N_TYPES = 100000 };
  g_autoptr (OnnxBuilder) typed = ob_new (8, 17);
  g_autoptr (GByteArray) type = pb_new ();
  g_autofree gsize *lengths = g_new0 (gsize, N_TYPES + 1);
  for (gsize level = N_TYPES; level-- > 0;)
    lengths[level] = lengths[level + 1] + 2 + (lengths[level + 1] > 127) + (lengths[level + 1] > 16383);
  for (gsize level = 1; level <= N_TYPES; level++)
    {
      pb_tag (type, level % 2 == 1 ? 4 : 1, 2); /* sequence_type, elem_type */
      pb_raw_varint (type, lengths[level]);
    }
  g_assert_cmpuint (type->len, ==, lengths[0]);
  GByteArray *info = pb_new ();
  pb_string (info, 1, "x");
  pb_bytes (info, 2, type->data, type->len);
  pb_message (typed->graph, 11, info);
  g_autoptr (WhyOnnxModel) typed_model = ob_load (typed);
  g_assert_cmpint (typed_model->graph->inputs[0].kind, ==, WHY_ONNX_VALUE_SEQUENCE);
}

static void
test_lies (void)
{
  static const struct { const char *bytes; gsize n_bytes; const char *text; } cases[] = {
    /* lengths that reach behind the end, up to 2^64 - 1 */
    { "\x08\x07\x3a\x7f\x00", 5, "the file ends inside graph at byte 5" },
    { "\x08\x07\x3a\xff\xff\xff\xff\x07", 8, "the file ends inside graph" },
    { "\x08\x07\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 12, "the file ends inside graph" },
    { "\x08\x07\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, "the file ends inside graph" },
    { "\x08\x07\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 13, "more than 64 bits" },
    { "\x08\x07\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 14, "more than 64 bits" },
    /* an inner length that reaches out of its message, while the file goes on */
    { "\x08\x07\x3a\x04\x0a\x05\x22\x01\xa0\x06\x01", 11, "node at byte 4 claims 3 bytes more than the graph holds" },
    { "\x08\x07\x3a\x03\x0a\x01\x22\x08\x07", 9, "op_type at byte 7 claims 1 bytes more than the node holds" },
    /* field 0, groups, types 6 and 7, a field number of more than 29 bits */
    { "\x08\x07\x02\x01\x61", 5, "does not begin a field" },
    { "\x08\x07\x3b\x3c", 4, "does not begin a field" },
    { "\x08\x07\x3c", 3, "does not begin a field" },
    { "\x08\x07\x3e\x01", 4, "does not begin a field" },
    { "\x08\x07\x3f\x01", 4, "does not begin a field" },
    { "\x08\x07\xfa\xff\xff\xff\x7f\x01", 8, "does not begin a field" },
    /* a field of another kind */
    { "\x08\x07\x38\x01", 4, "graph at byte 2 is stored as another kind" },
    { "\x08\x07\x3d\x01\x02\x03\x04", 7, "graph at byte 2 is stored as another kind" },
    /* two of what there is one */
    { "\x08\x07\x3a\x00\x3a\x00", 6, "two graphs" },
    { "\x08\x07", 2, "has no graph" },
    { "\x3a\x00", 2, "no IR version" },
    { "\x08\x07\x42\x02\x10\x00\x3a\x00", 8, "version 0 of an operator set" },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (cases[index].bytes, cases[index].n_bytes);
      g_autoptr (GError) error = NULL;
      g_autoptr (WhyOnnxModel) model = why_onnx_model_load_bytes (bytes, "some.onnx", NULL, &error);
      g_assert_null (model);
      assert_error (error, WHY_ERROR_BAD_MODEL, cases[index].text);
    }
  /* An unknown field is skipped, whatever it holds. */
  static const char newer[] = "\x08\x07\xba\x3e\x03zzz\xb8\x3e\x05\x3a\x00";
  g_autoptr (GBytes) bytes = g_bytes_new (newer, sizeof newer - 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (WhyOnnxModel) model = why_onnx_model_load_bytes (bytes, "some.onnx", NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (model);
}

/* Two million nodes of five bytes each must not become gigabytes of structs. */
static void
test_description_bomb (void)
{
  g_autoptr (OnnxBuilder) b = ob_new (8, 17);
  for (gsize node = 0; node < 2000000; node++)
    g_byte_array_append (b->graph, (const guint8 *) "\x0a\x03\x22\x01" "a", 5);
  assert_refused (b, WHY_ERROR_TOO_LARGE, "more than 256 MB");
}

static void
test_bad_shapes (void)
{
  static const struct { const char *dims; const char *text; } cases[] = {
    { "1,2,3,4,5,6,7,8,9", "more than 8 dimensions" },
    { "1,-2", "dimension 1: it is negative" },
  };
  for (gsize index = 0; index < G_N_ELEMENTS (cases); index++)
    {
      g_autoptr (OnnxBuilder) b = ob_new (8, 17);
      ob_input (b, "x", WHY_DTYPE_FLOAT32, cases[index].dims);
      assert_refused (b, WHY_ERROR_BAD_MODEL, cases[index].text);
      assert_refused (b, WHY_ERROR_BAD_MODEL, "input 0 'x'");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/onnx/model/description", test_description);
  g_test_add_func ("/onnx/model/functions", test_functions);
  g_test_add_func ("/onnx/model/ir3-inputs", test_ir3_inputs);
  g_test_add_func ("/onnx/model/double-initializer", test_double_initializer);
  g_test_add_func ("/onnx/model/versions", test_versions);
  g_test_add_func ("/onnx/model/strange-names", test_strange_names);
  g_test_add_func ("/onnx/model/bad-shapes", test_bad_shapes);
  g_test_add_func ("/onnx/attribute/kinds", test_attributes);
  g_test_add_func ("/onnx/attribute/bad", test_bad_attributes);
  g_test_add_func ("/onnx/tensor/types", test_types);
  g_test_add_func ("/onnx/tensor/views", test_views);
  g_test_add_func ("/onnx/tensor/special", test_special_tensors);
  g_test_add_func ("/onnx/tensor/bad", test_bad_tensors);
  g_test_add_func ("/onnx/tensor/sparse", test_sparse);
  g_test_add_func ("/onnx/damage/truncated", test_truncated);
  g_test_add_func ("/onnx/damage/flipped", test_flipped);
  g_test_add_func ("/onnx/damage/nesting", test_nesting);
  g_test_add_func ("/onnx/damage/lies", test_lies);
  g_test_add_func ("/onnx/damage/description-bomb", test_description_bomb);
  return g_test_run ();
}
