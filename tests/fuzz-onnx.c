#include "config.h"

/* Feeds damaged models to the reader (see fuzz.h). The outcome must be a model whose every byte can be read, or an
 * error of our domain; anything else ends the process. */

#include "fuzz.h"
#include "onnx-builder.h"

#include "base/error.h"
#include "onnx/model.h"

#include <string.h>

static char *companion_folder; /* holds w.bin, so that external data are read as well */
static volatile guint64 sink;

static void
touch_text (const char *text)
{
  g_assert_true (g_utf8_validate (text, -1, NULL));
  sink += strlen (text);
}

static void
touch_tensor (const WhyTensor *tensor)
{
  gsize count;
  g_assert_true (tensor->rank >= 0 && tensor->rank <= WHY_MAX_RANK);
  count = why_tensor_count (tensor);
  g_assert_cmpuint (tensor->n_bytes, ==, count * why_dtype_size (tensor->dtype));
  g_assert_true (why_tensor_is_dense (tensor));
  g_assert_cmpuint ((guintptr) tensor->data % why_dtype_size (tensor->dtype), ==, 0);
  guint64 sum = 0;
  for (gsize byte = 0; byte < tensor->n_bytes; byte++)
    {
      guint8 value = ((const guint8 *) tensor->data)[byte];
      g_assert_true (tensor->dtype != WHY_DTYPE_BOOL || value <= 1);
      sum += value;
    }
  sink += sum;
}

static void touch_graph (const WhyOnnxGraph *graph, int depth);

static void
touch_attrs (const WhyOnnxAttr *attrs, gsize n, int depth)
{
  for (gsize index = 0; index < n; index++)
    {
      const WhyOnnxAttr *attr = &attrs[index];
      g_assert_true (*attr->name != '\0');
      touch_text (attr->name);
      if (attr->ref_attr_name != NULL)
        {
          touch_text (attr->ref_attr_name);
          continue;
        }
      switch (attr->type)
        {
        case WHY_ONNX_ATTR_STRING:
          g_assert_true (attr->s[attr->s_len] == '\0');
          break;
        case WHY_ONNX_ATTR_TENSOR:
          g_assert_true ((attr->t != NULL) != (attr->unsupported != NULL));
          if (attr->t != NULL)
            touch_tensor (attr->t);
          break;
        case WHY_ONNX_ATTR_GRAPH: touch_graph (attr->g, depth + 1); break;
        case WHY_ONNX_ATTR_FLOATS:
          for (gsize value = 0; value < attr->n; value++)
            sink += attr->floats[value] > 0;
          break;
        case WHY_ONNX_ATTR_INTS:
          for (gsize value = 0; value < attr->n; value++)
            sink += (guint64) attr->ints[value];
          break;
        case WHY_ONNX_ATTR_STRINGS:
          for (gsize value = 0; value < attr->n; value++)
            sink += strlen (attr->strings[value]);
          break;
        case WHY_ONNX_ATTR_FLOAT:
        case WHY_ONNX_ATTR_INT: break;
        case WHY_ONNX_ATTR_TENSORS:
        case WHY_ONNX_ATTR_GRAPHS:
        case WHY_ONNX_ATTR_SPARSE_TENSOR:
        case WHY_ONNX_ATTR_SPARSE_TENSORS:
        case WHY_ONNX_ATTR_TYPE_PROTO:
        case WHY_ONNX_ATTR_TYPE_PROTOS: touch_text (attr->unsupported); break;
        case WHY_ONNX_ATTR_UNDEFINED: g_assert_not_reached ();
        }
    }
}

static void
touch_nodes (const WhyOnnxNode *nodes, gsize n, int depth)
{
  for (gsize index = 0; index < n; index++)
    {
      const WhyOnnxNode *node = &nodes[index];
      touch_text (node->name);
      touch_text (node->op_type);
      touch_text (node->domain);
      touch_text (node->overload);
      for (gsize input = 0; input < node->n_inputs; input++)
        touch_text (node->inputs[input]);
      for (gsize output = 0; output < node->n_outputs; output++)
        touch_text (node->outputs[output]);
      touch_attrs (node->attrs, node->n_attrs, depth);
    }
}

static void
touch_infos (const WhyOnnxValueInfo *infos, gsize n)
{
  for (gsize index = 0; index < n; index++)
    {
      touch_text (infos[index].name);
      g_assert_true (infos[index].rank >= -1 && infos[index].rank <= WHY_MAX_RANK);
      for (int axis = 0; axis < infos[index].rank; axis++)
        {
          g_assert_true (infos[index].dims[axis] >= -1);
          if (infos[index].dim_params[axis] != NULL)
            touch_text (infos[index].dim_params[axis]);
        }
    }
}

static void
touch_graph (const WhyOnnxGraph *graph, int depth)
{
  g_assert_true (depth <= WHY_ONNX_MAX_SUBGRAPHS);
  touch_text (graph->name);
  touch_text (graph->doc);
  touch_nodes (graph->nodes, graph->n_nodes, depth);
  touch_infos (graph->inputs, graph->n_inputs);
  touch_infos (graph->outputs, graph->n_outputs);
  touch_infos (graph->value_infos, graph->n_value_infos);
  for (gsize index = 0; index < graph->n_initializers; index++)
    {
      const WhyOnnxInitializer *initializer = &graph->initializers[index];
      touch_text (initializer->name);
      g_assert_true ((initializer->tensor != NULL) != (initializer->unsupported != NULL));
      if (initializer->tensor != NULL)
        touch_tensor (initializer->tensor);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t n_bytes)
{
  if (companion_folder == NULL)
    {
      companion_folder = g_dir_make_tmp ("fuzz-onnx-XXXXXX", NULL);
      g_assert_nonnull (companion_folder);
      g_autofree char *path = g_build_filename (companion_folder, "w.bin", NULL);
      g_assert_true (g_file_set_contents (path, "0123456789abcdef", 16, NULL));
    }
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new (data, n_bytes);
  g_autoptr (WhyOnnxModel) model = why_onnx_model_load_bytes (bytes, "fuzz", companion_folder, &error);
  if (model == NULL)
    {
      g_assert_true (error != NULL && error->domain == WHY_ERROR && g_str_has_prefix (error->message, "fuzz: "));
      touch_text (error->message);
      return 0;
    }
  touch_graph (model->graph, 0);
  for (gsize index = 0; index < model->n_functions; index++)
    {
      touch_text (model->functions[index].name);
      touch_nodes (model->functions[index].nodes, model->functions[index].n_nodes, 0);
      touch_attrs (model->functions[index].attr_defaults, model->functions[index].n_attr_defaults, 0);
    }
  for (gsize index = 0; index < model->n_metadata; index++)
    touch_text (model->metadata[index].value);
  return 0;
}

#ifndef WHY_LIBFUZZER

static GByteArray *
copy_of (OnnxBuilder *b)
{
  g_autoptr (GBytes) bytes = ob_bytes (b);
  return g_bytes_unref_to_array (g_steal_pointer (&bytes));
}

static GPtrArray *
make_seeds (void)
{
  GPtrArray *seeds = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  g_autoptr (OnnxBuilder) net = ob_new (8, 17);
  g_autoptr (OnnxBuilder) odd = ob_new (3, 9);
  g_autoptr (WhyTensor) value = ob_i64 ("2", (const gint64[]) { 1, 300 });
  OnnxBuilder *inner = ob_new_graph ();
  GByteArray *typed = ob_tensor_proto ("t", WHY_DTYPE_FLOAT16, "2,1"), *sparse = pb_new (), *function = pb_new ();

  ob_input (net, "x", WHY_DTYPE_FLOAT32, "N,3,4,4");
  ob_init_random (net, "w", "2,3,1,1", 1, 1);
  ob_node (net, "Conv", "x,w", "c", ob_ints ("pads", 0, 0, 0, 0), ob_int ("group", 1), NULL);
  ob_node (net, "Relu", "c", "y", NULL);
  ob_output (net, "y", WHY_DTYPE_FLOAT32, "N,2,4,4");
  ob_metadata (net, "classes", "a,b");
  g_ptr_array_add (seeds, copy_of (net));

  ob_opset (odd, "ai.onnx.ml", 2);
  ob_init_proto (odd, ob_tensor_proto_external ("e", 1, "2", "w.bin", "4", "8"));
  pb_bytes (typed, 5, "\x80\x70\x01", 3);
  ob_init_proto (odd, typed);
  pb_message (sparse, 1, ob_tensor_proto_of ("s", value));
  pb_message (sparse, 2, ob_tensor_proto_of (NULL, value));
  pb_int (sparse, 3, 400);
  pb_message (odd->graph, 15, sparse);
  ob_node (inner, "Constant", "", "k", ob_tensor ("value", value), ob_floats ("f", 1, 2), NULL);
  ob_node (odd, "If", "b", "z", ob_graph ("then_branch", inner), ob_string ("s", "text"), ob_strings ("l", "a,,b"),
           NULL);
  pb_string (function, 1, "F");
  pb_string (function, 6, "alpha");
  pb_message (function, 11, ob_float ("beta", 1));
  pb_message (odd->model, 25, function);
  g_ptr_array_add (seeds, copy_of (odd));
  return seeds;
}

static void
test_mutations (void)
{
  g_autoptr (GPtrArray) seeds = make_seeds ();

  fuzz_mutations (seeds);
  ob_remove_tree (companion_folder);
  g_clear_pointer (&companion_folder, g_free);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/onnx/fuzz/mutations", test_mutations);
  return g_test_run ();
}

#endif
