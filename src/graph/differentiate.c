#include "config.h"

#include "graph/differentiate.h"

#include "base/error.h"
#include "graph/composite.h"

#include <string.h>

struct _WhyGradBuilder
{
  WhyGraph *graph;
  const WhyValue *of;
  WhyGradRule rule;
  GPtrArray **parts;    /* by value index: what flows into it, WhyValue; NULL: nothing */
  WhyValue **sums;      /* by value index: the finished gradient */
  const char **blocked; /* by value index: why there is none (borrowed from reasons) */
  const char **rounded; /* by value index: reaches the score through whole numbers (likewise); "":
                           is one itself */
  GPtrArray *reasons;   /* owned strings */
  guint n_values;       /* of the forward graph */
};

struct _WhyGradients
{
  WhyGradBuilder *builder;
  const WhyValue *of;
};

WhyGradRule
why_grad_rule (const WhyGradBuilder *builder)
{
  return builder->rule;
}

WhyGraph *
why_grad_graph (const WhyGradBuilder *builder)
{
  return builder->graph;
}

static gboolean
flows_into (const WhyValue *value)
{
  return value != NULL && value->constant == NULL && why_dtype_is_float (value->dtype);
}

gboolean
why_grad_wanted (const WhyGradBuilder *builder, const WhyNode *node, guint index)
{
  return index < node->n_inputs && flows_into (node->inputs[index]);
}

WhyValue *
why_grad_output (WhyGradBuilder *builder, const WhyNode *node, guint index)
{
  return index < node->n_outputs && node->outputs[index] != NULL
           ? builder->sums[node->outputs[index]->index]
           : NULL;
}

/* The composite that @node, itself or as one of the nodes that it stands for, belongs to. Not one that
 * the score is taken from the middle of. */
static const WhyNode *
group_of (const WhyGradBuilder *builder, const WhyNode *node)
{
  const WhyNode *composite = why_graph_composite (builder->graph, node);
  if (composite == NULL && node->n_outputs == 1 && node->outputs[0] != NULL)
    composite = why_graph_inside (builder->graph, node->outputs[0]);
  return composite != NULL && why_graph_inside (builder->graph, builder->of) != composite ? composite : NULL;
}

/* What flows out of a group has been counted by its composite; its own nodes only say what the
 * gradients inside are. */
static gboolean
is_counted (const WhyGradBuilder *builder, const WhyNode *node, const WhyValue *into)
{
  const WhyNode *group = group_of (builder, node);
  return group != NULL && group != node && why_graph_inside (builder->graph, into) != group;
}

gboolean
why_grad_add (WhyGradBuilder *builder, const WhyNode *node, guint index, WhyValue *gradient)
{
  WhyValue *value = node->inputs[index];

  if (gradient == NULL)
    return FALSE;
  if (!flows_into (value) || is_counted (builder, node, value))
    return TRUE;
  g_assert (gradient->rank == value->rank &&
            memcmp (gradient->dims, value->dims, (gsize) value->rank * sizeof *value->dims) == 0);
  g_assert (gradient->dtype == value->dtype);
  if (builder->parts[value->index] == NULL)
    builder->parts[value->index] = g_ptr_array_new ();
  g_ptr_array_add (builder->parts[value->index], gradient);
  return TRUE;
}

/* Sums what has flowed into a value. Called when all its readers have been visited. */
static gboolean
finish (WhyGradBuilder *builder, WhyValue *value, GError **error)
{
  GPtrArray *parts = builder->parts[value->index];
  if (parts == NULL || builder->sums[value->index] != NULL)
    return TRUE;
  WhyValue *sum = g_ptr_array_index (parts, 0);
  if (parts->len > 1)
    sum = why_emit (builder->graph, error, parts->len == 2 ? "Add" : "Sum", parts->len,
                    (WhyValue *const *) parts->pdata, NULL, 0);
  builder->sums[value->index] = sum;
  return sum != NULL;
}

static void
block_inputs (WhyGradBuilder *builder, const WhyNode *node, const char *reason)
{
  for (guint input = 0; input < node->n_inputs; input++)
    {
      if (flows_into (node->inputs[input]) && builder->blocked[node->inputs[input]->index] == NULL)
        builder->blocked[node->inputs[input]->index] = reason;
    }
}

/* Whole numbers between a value and the score (ArgMax, comparisons) pass no gradient. That is right
 * beside paths that do, such as a mask's; where there is no other path it is the answer to why
 * there is none. */
static void
note_rounded (WhyGradBuilder *builder, const WhyNode *node, gboolean by_this_node)
{
  const char *reason = NULL;
  gboolean any = by_this_node;

  for (guint output = 0; output < node->n_outputs; output++)
    {
      const char *known =
        node->outputs[output] != NULL ? builder->rounded[node->outputs[output]->index] : NULL;
      any |= known != NULL;
      reason = known != NULL && *known != '\0' ? known : reason;
    }
  for (guint input = 0; any && input < node->n_inputs; input++)
    {
      const WhyValue *value = node->inputs[input];
      if (value == NULL || value->constant != NULL || builder->rounded[value->index] != NULL)
        continue;
      if (flows_into (value) && reason == NULL)
        {
          char *text =
            g_strdup_printf ("%s '%s': its result is of whole numbers, which have no gradient",
                             node->klass->type, node->name);
          g_ptr_array_add (builder->reasons, text);
          reason = text;
        }
      builder->rounded[value->index] = flows_into (value) ? reason : "";
    }
}

static gboolean
visit (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  gboolean flows = FALSE;
  const char *reason = NULL;
  g_autoptr (GError) local = NULL;

  for (guint output = 0; output < node->n_outputs; output++)
    {
      WhyValue *value = node->outputs[output];
      if (value == NULL)
        continue;
      if (builder->blocked[value->index] != NULL)
        reason = builder->blocked[value->index];
      else if (!finish (builder, value, error))
        return FALSE;
      flows |= builder->sums[value->index] != NULL;
    }
  if (reason != NULL)
    {
      block_inputs (builder, node, reason);
      return TRUE;
    }
  gboolean any_wanted = FALSE;
  for (guint input = 0; input < node->n_inputs; input++)
    any_wanted |= flows_into (node->inputs[input]);
  if (!flows || !any_wanted)
    {
      note_rounded (builder, node, flows);
      return TRUE;
    }
  const WhyNode *composite = why_graph_composite (builder->graph, node);
  if (composite != NULL && group_of (builder, node) == composite &&
      !composite->klass->gradient (builder, composite, error))
    return FALSE;
  if (node->klass->gradient == NULL)
    why_node_fail (node, &local, WHY_ERROR_NO_GRADIENT, "this operator has no gradient");
  else if (node->klass->gradient (builder, node, &local))
    return TRUE;
  if (!g_error_matches (local, WHY_ERROR, WHY_ERROR_NO_GRADIENT))
    {
      g_prefix_error (&local, "%s '%s': gradient: ", node->klass->type, node->name);
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  char *text = g_strdup (local->message);
  g_ptr_array_add (builder->reasons, text);
  block_inputs (builder, node, text);
  return TRUE;
}

static void
builder_free (WhyGradBuilder *builder)
{
  for (guint index = 0; index < builder->n_values; index++)
    {
      if (builder->parts[index] != NULL)
        g_ptr_array_unref (builder->parts[index]);
    }
  g_free (builder->parts);
  g_free (builder->sums);
  g_free (builder->blocked);
  g_free (builder->rounded);
  g_ptr_array_unref (builder->reasons);
  g_free (builder);
}

WhyGradients *
why_graph_differentiate (
  WhyGraph *graph, WhyValue *of, WhyValue *seed, WhyGradRule rule, GError **error)
{
  g_return_val_if_fail (of->rank == seed->rank && of->dtype == seed->dtype, NULL);

  WhyGradBuilder *builder = g_new0 (WhyGradBuilder, 1);
  guint n_nodes = why_graph_n_nodes (graph);
  gboolean done = TRUE;

  builder->graph = graph;
  builder->of = of;
  builder->rule = rule;
  builder->n_values = why_graph_n_values (graph);
  builder->parts = g_new0 (GPtrArray *, builder->n_values + 1);
  builder->sums = g_new0 (WhyValue *, builder->n_values + 1);
  builder->blocked = g_new0 (const char *, builder->n_values + 1);
  builder->rounded = g_new0 (const char *, builder->n_values + 1);
  builder->reasons = g_ptr_array_new_with_free_func (g_free);

  builder->parts[of->index] = g_ptr_array_new ();
  g_ptr_array_add (builder->parts[of->index], seed);
  for (guint index = n_nodes; done && index-- > 0;)
    done = visit (builder, why_graph_node (graph, index), error);
  for (guint index = 0; done && index < builder->n_values; index++)
    done =
      builder->blocked[index] != NULL || finish (builder, why_graph_value (graph, index), error);
  if (!done)
    {
      builder_free (builder);
      return NULL;
    }

  WhyGradients *gradients = g_new0 (WhyGradients, 1);
  gradients->builder = builder;
  gradients->of = of;
  return gradients;
}

WhyValue *
why_gradients_get (WhyGradients *gradients, const WhyValue *value, GError **error)
{
  const WhyGradBuilder *builder = gradients->builder;

  if (value->index < builder->n_values && builder->blocked[value->index] != NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_NO_GRADIENT, "%s: no gradient reaches '%s'",
                   builder->blocked[value->index], value->name);
      return NULL;
    }
  if (value->index < builder->n_values && builder->sums[value->index] == NULL &&
      builder->rounded[value->index] != NULL && *builder->rounded[value->index] != '\0')
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_NO_GRADIENT, "%s: no gradient reaches '%s'",
                   builder->rounded[value->index], value->name);
      return NULL;
    }
  if (value->index >= builder->n_values || builder->sums[value->index] == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_NO_GRADIENT, "'%s' has no influence on '%s'",
                   value->name, gradients->of->name);
      return NULL;
    }
  return builder->sums[value->index];
}

gboolean
why_gradients_is_zero (const WhyGradients *gradients, const WhyValue *value)
{
  const WhyGradBuilder *builder = gradients->builder;
  return value->index < builder->n_values && builder->blocked[value->index] == NULL &&
         builder->sums[value->index] == NULL;
}

void
why_gradients_free (WhyGradients *gradients)
{
  if (gradients == NULL)
    return;
  builder_free (gradients->builder);
  g_free (gradients);
}
