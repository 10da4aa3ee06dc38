#include "config.h"

#include "replace.h"

#include "base/error.h"

#include <string.h>

/* A model with other weights borrows names, attributes and nodes from the one it was made of. Own are
 * the list of initialisers, with references to their tensors, and the list of nodes, which leaves out
 * those Constant nodes that became initialisers. */

void
why_onnx_replaced_free (WhyOnnxModel *model)
{
  for (gsize index = 0; index < model->graph->n_initializers; index++)
    g_clear_pointer (&model->graph->initializers[index].tensor, why_tensor_unref);
  g_free (model->graph->initializers);
  g_free (model->graph->nodes);
  g_free (model->graph);
  g_ptr_array_unref (model->sources);
  why_onnx_model_unref (model->base);
  g_free (model);
}

static gboolean
is_constant (const WhyOnnxNode *node)
{
  return strcmp (node->op_type, "Constant") == 0 && *node->domain == '\0' && node->n_outputs == 1;
}

/* Returns: (transfer none) (nullable): the value of a Constant node that holds a tensor */
static WhyTensor *
constant_tensor (const WhyOnnxNode *node)
{
  const WhyOnnxAttr *value = is_constant (node) ? why_onnx_node_attr (node, "value") : NULL;

  return value != NULL && value->type == WHY_ONNX_ATTR_TENSOR ? value->t : NULL;
}

static gboolean
check_fits (const char *name, const WhyTensor *old, const WhyTensor *tensor, GError **error)
{
  if (old != NULL && old->dtype == tensor->dtype && why_tensor_same_dims (old, tensor))
    return TRUE;
  g_autofree char *wanted = old != NULL ? why_dims_to_string (old->rank, old->dims) : g_strdup ("nothing");
  g_autofree char *found = why_dims_to_string (tensor->rank, tensor->dims);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE, "The weights '%s' are %s %s, what shall replace them is %s %s",
               name, old != NULL ? why_dtype_name (old->dtype) : "", wanted, why_dtype_name (tensor->dtype), found);
  return FALSE;
}

WhyOnnxModel *
why_onnx_model_replace (WhyOnnxModel *model, const WhyOnnxReplacement *replacements, gsize n_replacements,
                        GError **error)
{
  g_return_val_if_fail (model != NULL, NULL);
  g_return_val_if_fail (replacements != NULL || n_replacements == 0, NULL);

  const WhyOnnxGraph *old = model->graph;
  g_autoptr (GHashTable) wanted = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (WhyOnnxModel) result = g_new (WhyOnnxModel, 1);
  gsize n_found = 0;

  for (gsize index = 0; index < n_replacements; index++)
    g_hash_table_insert (wanted, (gpointer) replacements[index].name, replacements[index].tensor);
  *result = *model;
  result->ref_count = 1;
  result->base = why_onnx_model_ref (model);
  result->sources = g_ptr_array_ref (model->sources);
  result->graph = g_new (WhyOnnxGraph, 1);
  *result->graph = *old;
  result->graph->initializers = g_new0 (WhyOnnxInitializer, old->n_initializers + old->n_nodes + 1);
  result->graph->nodes = g_new (WhyOnnxNode, old->n_nodes + 1);
  result->graph->n_nodes = 0;

  for (gsize index = 0; index < old->n_initializers; index++)
    {
      WhyOnnxInitializer *initializer = &result->graph->initializers[index];
      WhyTensor *tensor = g_hash_table_lookup (wanted, old->initializers[index].name);
      *initializer = old->initializers[index];
      if (initializer->tensor != NULL)
        why_tensor_ref (initializer->tensor);
      if (tensor == NULL)
        continue;
      n_found++;
      if (!check_fits (initializer->name, initializer->tensor, tensor, error))
        {
          result->graph->n_initializers = index + 1;
          return NULL;
        }
      g_clear_pointer (&initializer->tensor, why_tensor_unref);
      initializer->tensor = why_tensor_ref (tensor);
    }
  for (gsize index = 0; index < old->n_nodes; index++)
    {
      const WhyOnnxNode *node = &old->nodes[index];
      WhyTensor *value = constant_tensor (node);
      WhyTensor *tensor = value != NULL ? g_hash_table_lookup (wanted, node->outputs[0]) : NULL;
      if (tensor == NULL)
        {
          result->graph->nodes[result->graph->n_nodes++] = *node;
          continue;
        }
      n_found++;
      if (!check_fits (node->outputs[0], value, tensor, error))
        return NULL;
      result->graph->initializers[result->graph->n_initializers++] =
        (WhyOnnxInitializer) { .name = node->outputs[0], .tensor = why_tensor_ref (tensor) };
    }
  if (n_found == g_hash_table_size (wanted))
    return g_steal_pointer (&result);
  g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND,
               "%s: of the %u weights to be replaced only %" G_GSIZE_FORMAT " exist", model->path,
               g_hash_table_size (wanted), n_found);
  return NULL;
}
