#include "config.h"

#include "graph/graph.h"
#include "graph/op.h"

#include "base/error.h"

static gboolean
run_node (const WhyNode *node, WhyTensor **held, GError **error)
{
  g_autofree WhyTensor **inputs = g_new0 (WhyTensor *, node->n_inputs + 1);
  g_autofree WhyTensor **outputs = g_new0 (WhyTensor *, node->n_outputs + 1);

  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *value = node->inputs[input];
      if (value != NULL)
        inputs[input] = value->constant != NULL ? value->constant : held[value->index];
    }
  for (guint output = 0; output < node->n_outputs; output++)
    {
      const WhyValue *value = node->outputs[output];
      if (value == NULL)
        continue;
      outputs[output] = held[value->index] =
        why_tensor_new (value->dtype, value->rank, value->dims, error);
      if (outputs[output] == NULL)
        return FALSE;
    }
  return node->klass->eval (node, inputs, outputs, error);
}

/* For every value, the index + 1 of the last needed node that reads it; 0: not needed. */
static guint *
find_last_uses (WhyGraph *graph, WhyValue *const *wanted, guint n_wanted, gboolean *needed_nodes)
{
  guint n_nodes = why_graph_n_nodes (graph);
  guint *last = g_new0 (guint, why_graph_n_values (graph) + 1);

  for (guint index = 0; index < n_wanted; index++)
    last[wanted[index]->index] = n_nodes + 1;
  for (guint index = n_nodes; index-- > 0;)
    {
      const WhyNode *node = why_graph_node (graph, index);
      for (guint output = 0; output < node->n_outputs; output++)
        needed_nodes[index] |=
          node->outputs[output] != NULL && last[node->outputs[output]->index] > 0;
      for (guint input = 0; needed_nodes[index] && input < node->n_inputs; input++)
        {
          if (node->inputs[input] != NULL)
            last[node->inputs[input]->index] = MAX (last[node->inputs[input]->index], index + 1);
        }
    }
  return last;
}

gboolean
why_graph_evaluate (WhyGraph *graph,
                    WhyTensor *const *inputs,
                    WhyValue *const *wanted,
                    guint n_wanted,
                    WhyTensor **results,
                    WhyCancel *cancel,
                    GError **error)
{
  guint n_values = why_graph_n_values (graph);
  g_autofree gboolean *needed = g_new0 (gboolean, why_graph_n_nodes (graph) + 1);
  g_autofree guint *last = find_last_uses (graph, wanted, n_wanted, needed);
  g_autofree WhyTensor **held = g_new0 (WhyTensor *, n_values + 1);
  gboolean done = TRUE;

  for (guint index = 0; index < why_graph_n_inputs (graph); index++)
    held[why_graph_input (graph, index)->index] = why_tensor_ref (inputs[index]);
  for (guint index = 0; done && index < why_graph_n_nodes (graph); index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      if (!needed[index])
        continue;
      done = why_cancel_check (cancel, error) && run_node (node, held, error);
      for (guint input = 0; input < node->n_inputs; input++)
        {
          const WhyValue *value = node->inputs[input];
          if (value != NULL && last[value->index] == index + 1)
            g_clear_pointer (&held[value->index], why_tensor_unref);
        }
    }
  for (guint index = 0; done && index < n_wanted; index++)
    results[index] = why_tensor_ref (wanted[index]->constant != NULL ? wanted[index]->constant
                                                                     : held[wanted[index]->index]);
  for (guint index = 0; index < n_values; index++)
    why_tensor_unref (held[index]);
  return done;
}
