#include "config.h"

#include "graph.h"

#include <stdlib.h>
#include <string.h>

static void
strings_free (char **strings, gsize n)
{
  for (gsize string = 0; string < n; string++)
    g_free (strings[string]);
  g_free (strings);
}

static void
attrs_free (WhyOnnxAttr *attrs, gsize n)
{
  for (gsize index = 0; index < n; index++)
    {
      WhyOnnxAttr *attr = &attrs[index];
      g_free (attr->name);
      g_free (attr->s);
      why_tensor_unref (attr->t);
      why_onnx_graph_free (attr->g);
      g_free (attr->floats);
      g_free (attr->ints);
      strings_free (attr->strings, attr->strings != NULL ? attr->n : 0);
      g_free (attr->unsupported);
      g_free (attr->ref_attr_name);
    }
  g_free (attrs);
}

static void
nodes_free (WhyOnnxNode *nodes, gsize n)
{
  for (gsize index = 0; index < n; index++)
    {
      WhyOnnxNode *node = &nodes[index];
      g_free (node->name);
      g_free (node->op_type);
      g_free (node->domain);
      g_free (node->overload);
      strings_free (node->inputs, node->n_inputs);
      strings_free (node->outputs, node->n_outputs);
      attrs_free (node->attrs, node->n_attrs);
    }
  g_free (nodes);
}

static void
value_info_clear (WhyOnnxValueInfo *info)
{
  g_free (info->name);
  g_free (info->denotation);
  for (int axis = 0; axis < WHY_MAX_RANK; axis++)
    {
      g_free (info->dim_params[axis]);
      g_free (info->dim_denotations[axis]);
    }
}

static void
value_infos_free (WhyOnnxValueInfo *infos, gsize n)
{
  for (gsize index = 0; index < n; index++)
    value_info_clear (&infos[index]);
  g_free (infos);
}

static void
initializer_clear (WhyOnnxInitializer *initializer)
{
  g_free (initializer->name);
  why_tensor_unref (initializer->tensor);
  g_free (initializer->unsupported);
}

/* Calls itself through attributes, as deep as the parser lets graphs nest. */
void
why_onnx_graph_free (WhyOnnxGraph *graph)
{
  if (graph == NULL)
    return;
  g_free (graph->name);
  g_free (graph->doc);
  nodes_free (graph->nodes, graph->n_nodes);
  for (gsize index = 0; index < graph->n_initializers; index++)
    initializer_clear (&graph->initializers[index]);
  g_free (graph->initializers);
  value_infos_free (graph->inputs, graph->n_inputs);
  value_infos_free (graph->outputs, graph->n_outputs);
  value_infos_free (graph->value_infos, graph->n_value_infos);
  g_free (graph);
}

void
why_onnx_opsets_free (WhyOnnxOpset *opsets, gsize n)
{
  for (gsize index = 0; index < n; index++)
    g_free (opsets[index].domain);
  g_free (opsets);
}

void
why_onnx_function_clear (WhyOnnxFunction *function)
{
  g_free (function->name);
  g_free (function->domain);
  g_free (function->overload);
  strings_free (function->inputs, function->n_inputs);
  strings_free (function->outputs, function->n_outputs);
  strings_free (function->attr_names, function->n_attr_names);
  attrs_free (function->attr_defaults, function->n_attr_defaults);
  nodes_free (function->nodes, function->n_nodes);
  why_onnx_opsets_free (function->opsets, function->n_opsets);
}

static int
compare_initializers (gconstpointer a, gconstpointer b)
{
  const WhyOnnxInitializer *one = *(const WhyOnnxInitializer *const *) a, *other = *(const WhyOnnxInitializer *const *) b;
  int order = strcmp (one->name, other->name);
  return order != 0 ? order : (one > other) - (one < other);
}

static int
compare_name (gconstpointer name, gconstpointer initializer)
{
  return strcmp (name, (*(const WhyOnnxInitializer *const *) initializer)->name);
}

/* Sorted rather than hashed: a file can choose names that all have the same hash.
 * IR 3 wanted every weight in the list of inputs as well. */
void
why_onnx_graph_finish_initializers (WhyOnnxGraph *graph)
{
  gsize n = graph->n_initializers, kept = 0;
  if (n == 0)
    return;

  g_autofree WhyOnnxInitializer **sorted = g_new (WhyOnnxInitializer *, n);
  for (gsize index = 0; index < n; index++)
    sorted[index] = &graph->initializers[index];
  qsort (sorted, n, sizeof *sorted, compare_initializers);

  for (gsize index = 0; index < graph->n_inputs; index++)
    {
      WhyOnnxValueInfo *input = &graph->inputs[index];
      if (bsearch (input->name, sorted, n, sizeof *sorted, compare_name) != NULL)
        value_info_clear (input);
      else
        graph->inputs[kept++] = *input;
    }
  graph->n_inputs = kept;

  /* Of a run of one name the last in the file counts. The earlier ones are marked by emptying them, the
   * neighbour's name being needed until it was compared. */
  for (gsize index = 0; index + 1 < n; index++)
    {
      if (strcmp (sorted[index]->name, sorted[index + 1]->name) == 0)
        {
          initializer_clear (sorted[index]);
          *sorted[index] = (WhyOnnxInitializer) { 0 };
        }
    }
  kept = 0;
  for (gsize index = 0; index < n; index++)
    {
      if (graph->initializers[index].name != NULL)
        graph->initializers[kept++] = graph->initializers[index];
    }
  graph->n_initializers = kept;
}
