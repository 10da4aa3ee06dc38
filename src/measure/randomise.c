#include "config.h"

#include "measure/sanity.h"

#include "base/error.h"
#include "explain/noise.h"

#include <math.h>
#include <string.h>

/* What an operator multiplies and adds: a set of its inputs. A tensor of rank 2 or more at a @heavy one makes the
 * node a layer. */
typedef struct
{
  const char *op;
  guint operands;
  gboolean heavy;
} Operator;

static const Operator operators[] = {
  { "Add", 1u << 0 | 1u << 1, FALSE },
  { "BatchNormalization", 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4, FALSE },
  { "Conv", 1u << 1 | 1u << 2, TRUE },
  { "ConvInteger", 1u << 1, TRUE },
  { "ConvTranspose", 1u << 1 | 1u << 2, TRUE },
  { "Div", 1u << 1, FALSE },
  { "GRU", 1u << 1 | 1u << 2 | 1u << 3, TRUE },
  { "Gemm", 1u << 0 | 1u << 1 | 1u << 2, TRUE },
  { "GroupNormalization", 1u << 1 | 1u << 2, FALSE },
  { "InstanceNormalization", 1u << 1 | 1u << 2, FALSE },
  { "LSTM", 1u << 1 | 1u << 2 | 1u << 3, TRUE },
  { "LayerNormalization", 1u << 1 | 1u << 2, FALSE },
  { "MatMul", 1u << 0 | 1u << 1, TRUE },
  { "MatMulInteger", 1u << 1, TRUE },
  { "Mul", 1u << 0 | 1u << 1, FALSE },
  { "PRelu", 1u << 1, FALSE },
  { "QLinearConv", 1u << 3 | 1u << 8, TRUE },
  { "QLinearMatMul", 1u << 3, TRUE },
  { "RNN", 1u << 1 | 1u << 2 | 1u << 3, TRUE },
  { "Sub", 1u << 0 | 1u << 1, FALSE },
};

/* Between a stored tensor and the operator: their first input is looked through. */
static const char *const wrappers[] = { "Cast",     "DequantizeLinear", "Flatten",   "Identity",
                                        "Reshape",  "Squeeze",          "Transpose", "Unsqueeze" };

typedef struct
{
  const char *name;  /* of the stored tensor; borrowed of the model */
  WhyTensor *tensor; /* likewise */
  gsize node;        /* the last one that reads it */
  double fan_in;
} Parameter;

typedef struct
{
  const char *name;
  gsize node;
} Layer;

struct _WhyWeights
{
  WhyOnnxModel *model;
  GArray *parameters; /* of Parameter */
  GArray *layers;     /* of Layer, from the top */
};

static const char *const redraw_ids[] = { "permute", "gaussian", "he" };

const char *
why_redraw_id (WhyRedraw redraw)
{
  return redraw_ids[redraw];
}

gboolean
why_redraw_parse (const char *text, WhyRedraw *redraw, GError **error)
{
  for (gsize index = 0; index < G_N_ELEMENTS (redraw_ids); index++)
    if (strcmp (text, redraw_ids[index]) == 0)
      {
        *redraw = (WhyRedraw) index;
        return TRUE;
      }
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "There is no way '%s' to draw weights; there are permute, gaussian and he", text);
  return FALSE;
}

/* ---- finding them ---- */

static const Operator *
find_operator (const WhyOnnxNode *node)
{
  for (gsize index = 0; index < G_N_ELEMENTS (operators) && *node->domain == '\0'; index++)
    if (strcmp (operators[index].op, node->op_type) == 0)
      return &operators[index];
  return NULL;
}

static gboolean
is_wrapper (const WhyOnnxNode *node)
{
  for (gsize index = 0; index < G_N_ELEMENTS (wrappers); index++)
    if (strcmp (wrappers[index], node->op_type) == 0 && *node->domain == '\0' && node->n_inputs > 0)
      return TRUE;
  return FALSE;
}

/* Names of the main graph: stored tensors, and which node makes a value. */
typedef struct
{
  GHashTable *stored;    /* name -> WhyTensor, borrowed */
  GHashTable *producers; /* name -> WhyOnnxNode, borrowed */
  GHashTable *known;     /* name -> index of its parameter + 1 */
} Names;

static void
names_init (Names *names, const WhyOnnxGraph *graph)
{
  names->stored = g_hash_table_new (g_str_hash, g_str_equal);
  names->producers = g_hash_table_new (g_str_hash, g_str_equal);
  names->known = g_hash_table_new (g_str_hash, g_str_equal);
  for (gsize index = 0; index < graph->n_initializers; index++)
    if (graph->initializers[index].tensor != NULL)
      g_hash_table_insert (names->stored, graph->initializers[index].name, graph->initializers[index].tensor);
  for (gsize index = 0; index < graph->n_nodes; index++)
    {
      const WhyOnnxNode *node = &graph->nodes[index];
      const WhyOnnxAttr *value = strcmp (node->op_type, "Constant") == 0 ? why_onnx_node_attr (node, "value") : NULL;
      if (value != NULL && value->type == WHY_ONNX_ATTR_TENSOR && value->t != NULL && node->n_outputs == 1)
        g_hash_table_insert (names->stored, node->outputs[0], value->t);
      for (gsize output = 0; output < node->n_outputs; output++)
        g_hash_table_insert (names->producers, node->outputs[output], (gpointer) node);
    }
}

static void
names_clear (Names *names)
{
  g_clear_pointer (&names->stored, g_hash_table_unref);
  g_clear_pointer (&names->producers, g_hash_table_unref);
  g_clear_pointer (&names->known, g_hash_table_unref);
}

/* Looks through what wraps a stored tensor. Returns: (nullable): its name, as the model has it */
static const char *
find_stored (const Names *names, const char *name, WhyTensor **tensor)
{
  gpointer key, value;

  /* A chain longer than this is no wrapping, and a circle would have no end. */
  for (int link = 0; link < 8; link++)
    {
      if (g_hash_table_lookup_extended (names->stored, name, &key, &value))
        {
          *tensor = value;
          return key;
        }
      const WhyOnnxNode *node = g_hash_table_lookup (names->producers, name);
      if (node == NULL || !is_wrapper (node))
        return NULL;
      name = node->inputs[0];
    }
  return NULL;
}

static gboolean
can_redraw (const WhyTensor *tensor)
{
  return why_tensor_count (tensor) > 1 && tensor->rank > 0 && tensor->dtype != WHY_DTYPE_BOOL &&
         tensor->dtype != WHY_DTYPE_INT64 && why_tensor_is_dense (tensor);
}

/* Inputs of one unit, which He's variance is taken from. */
static double
count_fan_in (const WhyOnnxNode *node, const WhyTensor *tensor)
{
  const WhyOnnxAttr *turned = why_onnx_node_attr (node, "transB");
  const double count = (double) why_tensor_count (tensor);

  if (tensor->rank < 2)
    return 1;
  if (strcmp (node->op_type, "MatMul") == 0 || (strcmp (node->op_type, "Gemm") == 0 && (turned == NULL || turned->i == 0)))
    return (double) tensor->dims[tensor->rank - 2];
  if (strcmp (node->op_type, "ConvTranspose") == 0)
    return count / (double) MAX (tensor->dims[1], 1);
  return count / (double) MAX (tensor->dims[0], 1);
}

/* Returns: whether the node multiplies by a stored matrix or kernel */
static gboolean
add_node (WhyWeights *weights, Names *names, const WhyOnnxNode *node, gsize index)
{
  const Operator *op = find_operator (node);
  gboolean heavy = FALSE;

  for (gsize input = 0; op != NULL && input < MIN (node->n_inputs, 16); input++)
    {
      WhyTensor *tensor = NULL;
      const char *name = (op->operands & 1u << input) != 0 ? find_stored (names, node->inputs[input], &tensor) : NULL;
      if (name == NULL || !can_redraw (tensor))
        continue;
      heavy |= op->heavy && tensor->rank >= 2;
      const guint known = GPOINTER_TO_UINT (g_hash_table_lookup (names->known, name));
      if (known > 0)
        {
          g_array_index (weights->parameters, Parameter, known - 1).node = index;
          continue;
        }
      const Parameter parameter = { name, tensor, index, count_fan_in (node, tensor) };
      g_array_append_val (weights->parameters, parameter);
      g_hash_table_insert (names->known, (gpointer) name, GUINT_TO_POINTER (weights->parameters->len));
    }
  return heavy;
}

WhyWeights *
why_weights_find (WhyOnnxModel *model, GError **error)
{
  g_autoptr (WhyWeights) weights = g_new0 (WhyWeights, 1);
  Names names;

  weights->model = why_onnx_model_ref (model);
  weights->parameters = g_array_new (FALSE, FALSE, sizeof (Parameter));
  weights->layers = g_array_new (FALSE, FALSE, sizeof (Layer));
  names_init (&names, model->graph);
  for (gsize index = 0; index < model->graph->n_nodes; index++)
    {
      const WhyOnnxNode *node = &model->graph->nodes[index];
      if (!add_node (weights, &names, node, index))
        continue;
      const Layer layer = { *node->name != '\0' ? node->name : node->outputs[0], index };
      g_array_prepend_val (weights->layers, layer);
    }
  names_clear (&names);
  if (weights->layers->len > 0)
    return g_steal_pointer (&weights);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
               "%s: no weights of convolutions or matrix products were found that could be drawn anew", model->path);
  return NULL;
}

void
why_weights_free (WhyWeights *weights)
{
  if (weights == NULL)
    return;
  g_array_unref (weights->parameters);
  g_array_unref (weights->layers);
  why_onnx_model_unref (weights->model);
  g_free (weights);
}

gsize
why_weights_n_layers (const WhyWeights *weights)
{
  return weights->layers->len;
}

const char *
why_weights_layer_name (const WhyWeights *weights, gsize layer)
{
  g_return_val_if_fail (layer < weights->layers->len, NULL);
  return g_array_index (weights->layers, Layer, layer).name;
}

/* ---- drawing ---- */

/* Fisher and Yates. */
static WhyTensor *
permute (const WhyTensor *tensor, guint64 seed, GError **error)
{
  WhyTensor *result = why_tensor_copy (tensor, error);
  const gsize size = why_dtype_size (tensor->dtype), n = why_tensor_count (tensor);
  guint8 held[16];

  for (gsize left = n; result != NULL && left > 1; left--)
    {
      guint8 *bytes = result->data;
      const gsize chosen = MIN ((gsize) (why_noise_uniform (seed, left) * (double) left), left - 1);
      memcpy (held, bytes + (left - 1) * size, size);
      memmove (bytes + (left - 1) * size, bytes + chosen * size, size);
      memcpy (bytes + chosen * size, held, size);
    }
  return result;
}

static WhyTensor *
draw_normal (WhyTensor *tensor, double mean, double sigma, guint64 seed, GError **error)
{
  g_autoptr (WhyTensor) flat = why_tensor_new (WHY_DTYPE_FLOAT32, tensor->rank, tensor->dims, error);

  if (flat == NULL)
    return NULL;
  const gsize n = why_tensor_count (flat);
  for (gsize at = 0; at < n; at++)
    ((float *) flat->data)[at] = (float) mean;
  g_autoptr (WhyTensor) drawn = why_noise_add (flat, sigma, seed, 0, error);
  return drawn != NULL ? why_tensor_cast (drawn, tensor->dtype, error) : NULL;
}

static WhyTensor *
redraw_tensor (const Parameter *parameter, WhyRedraw redraw, guint64 seed, GError **error)
{
  WhyTensor *tensor = parameter->tensor;
  const gsize n = why_tensor_count (tensor);
  double mean = 0, square = 0;

  if (redraw == WHY_REDRAW_PERMUTE || tensor->rank < 2 || !why_dtype_is_float (tensor->dtype))
    return permute (tensor, seed, error);
  if (redraw == WHY_REDRAW_HE)
    return draw_normal (tensor, 0, sqrt (2 / MAX (parameter->fan_in, 1)), seed, error);
  for (gsize at = 0; at < n; at++)
    mean += why_tensor_get_f64 (tensor, at) / (double) n;
  for (gsize at = 0; at < n; at++)
    {
      const double off = why_tensor_get_f64 (tensor, at) - mean;
      square += off * off / (double) n;
    }
  return draw_normal (tensor, mean, sqrt (square), seed, error);
}

WhyOnnxModel *
why_weights_redraw (const WhyWeights *weights, gsize n_layers, WhyRedraw redraw, guint64 seed, GError **error)
{
  g_return_val_if_fail (n_layers <= weights->layers->len, NULL);

  /* Below the lowest layer nothing that belongs to one is left: what is there goes with it. */
  gsize lowest = G_MAXSIZE;
  if (n_layers > 0)
    lowest = n_layers == weights->layers->len ? 0 : g_array_index (weights->layers, Layer, n_layers - 1).node;
  g_autoptr (GPtrArray) drawn = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  g_autoptr (GArray) replacements = g_array_new (FALSE, FALSE, sizeof (WhyOnnxReplacement));
  for (guint index = 0; index < weights->parameters->len; index++)
    {
      const Parameter *parameter = &g_array_index (weights->parameters, Parameter, index);
      if (parameter->node < lowest)
        continue;
      WhyTensor *tensor =
        redraw_tensor (parameter, redraw, seed + (index + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c55), error);
      if (tensor == NULL)
        return NULL;
      const WhyOnnxReplacement replacement = { parameter->name, tensor };
      g_ptr_array_add (drawn, tensor);
      g_array_append_val (replacements, replacement);
    }
  return why_onnx_model_replace (weights->model, (const WhyOnnxReplacement *) replacements->data, replacements->len,
                                 error);
}
