#include "config.h"

#include "graph/composite.h"
#include "graph/graph.h"
#include "graph/op.h"

#include "base/error.h"
#include "graph-private.h"

#include <string.h>

/* Functions may call functions, and If may stand in If; a chain deeper than this is no real
 * network. */
#define CALL_DEPTH_MAX 16
/* Inlined functions can multiply a small file into a huge graph. */
#define NODES_MAX 1000000u
#define UNKNOWN_SHOWN_MAX 12

/* Names visible at one level: the main graph, a branch of If, or the body of a function. A branch
 * also sees the names around it; a function does not. */
typedef struct _Scope Scope;
struct _Scope
{
  const Scope *parent; /* nullable */
  GHashTable *names;   /* borrowed name -> WhyValue */
  const WhyOnnxNode
    *call; /* of a function: where attributes that refer to the caller's come from */
  const WhyOnnxFunction *function;
  const Scope *call_scope;
};

typedef struct
{
  WhyGraph *graph;
  WhyOnnxModel *model;
  int depth;
} Loader;

/* ---- which operators are known ---- */

static const WhyOnnxFunction *
find_function (const WhyOnnxModel *model, const WhyOnnxNode *node)
{
  for (gsize index = 0; index < model->n_functions; index++)
    {
      const WhyOnnxFunction *function = &model->functions[index];
      if (strcmp (function->name, node->op_type) == 0 &&
          strcmp (function->domain, node->domain) == 0 &&
          strcmp (function->overload, node->overload) == 0)
        return function;
    }
  return NULL;
}

static gint64
opset_of (const WhyOnnxModel *model, const WhyOnnxFunction *function, const char *domain)
{
  if (function == NULL)
    return why_onnx_model_opset (model, domain);
  for (gsize index = 0; index < function->n_opsets; index++)
    {
      if (strcmp (function->opsets[index].domain, domain) == 0)
        return function->opsets[index].version;
    }
  return why_onnx_model_opset (model, domain);
}

static void
note_unknown (GHashTable *unknown, GPtrArray *order, const WhyOnnxNode *node, gint64 opset)
{
  g_autofree char *key =
    *node->domain != '\0'
      ? g_strdup_printf ("%s (domain %s)", node->op_type, node->domain)
      : g_strdup_printf ("%s (opset %" G_GINT64_FORMAT ")", node->op_type, opset);
  GPtrArray *nodes = g_hash_table_lookup (unknown, key);
  if (nodes == NULL)
    {
      nodes = g_ptr_array_new ();
      g_ptr_array_add (order, g_strdup (key));
      g_hash_table_insert (unknown, g_steal_pointer (&key), nodes);
    }
  const char *name = *node->name != '\0' ? node->name : node->n_outputs > 0 ? node->outputs[0] : "";
  g_ptr_array_add (nodes, (gpointer) name);
}

static void
collect_unknown (const WhyOnnxModel *model,
                 const WhyOnnxFunction *function,
                 const WhyOnnxNode *nodes,
                 gsize n_nodes,
                 GHashTable *unknown,
                 GPtrArray *order)
{
  for (gsize index = 0; index < n_nodes; index++)
    {
      const WhyOnnxNode *node = &nodes[index];
      gint64 opset = opset_of (model, function, node->domain);
      gboolean known =
        find_function (model, node) != NULL ||
        (*node->domain == '\0' && (strcmp (node->op_type, "If") == 0 ||
                                   why_op_lookup (node->op_type, opset, FALSE) != NULL));
      if (!known)
        note_unknown (unknown, order, node, opset);
      for (gsize attr = 0; attr < node->n_attrs; attr++)
        {
          if (node->attrs[attr].g != NULL)
            collect_unknown (model, function, node->attrs[attr].g->nodes,
                             node->attrs[attr].g->n_nodes, unknown, order);
        }
    }
}

static gboolean
check_opsets (const WhyOnnxModel *model, GError **error)
{
  gint64 newest = why_onnx_model_opset (model, "");

  for (gsize index = 0; index < model->n_functions; index++)
    newest = MAX (newest, opset_of (model, &model->functions[index], ""));
  if (newest <= WHY_OPSET_LAST_KNOWN)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP,
               "%s: it is written in operator set %" G_GINT64_FORMAT
               ", but the newest known here is %d; export it with an older one, such as "
               "opset_version=%d",
               model->path, newest, WHY_OPSET_LAST_KNOWN, WHY_OPSET_NEWEST);
  return FALSE;
}

gboolean
why_graph_check_operators (WhyOnnxModel *model, GError **error)
{
  if (!check_opsets (model, error))
    return FALSE;
  g_autoptr (GHashTable) unknown =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GPtrArray) order = g_ptr_array_new_with_free_func (g_free);

  collect_unknown (model, NULL, model->graph->nodes, model->graph->n_nodes, unknown, order);
  for (gsize index = 0; index < model->n_functions; index++)
    collect_unknown (model, &model->functions[index], model->functions[index].nodes,
                     model->functions[index].n_nodes, unknown, order);
  if (order->len == 0)
    return TRUE;

  g_autoptr (GString) text = g_string_new (NULL);
  for (guint index = 0; index < order->len; index++)
    {
      const char *key = g_ptr_array_index (order, index);
      const GPtrArray *nodes = g_hash_table_lookup (unknown, key);
      g_string_append_printf (text, "%s%s at ", index > 0 ? "; " : "", key);
      for (guint at = 0; at < MIN (nodes->len, UNKNOWN_SHOWN_MAX); at++)
        g_string_append_printf (text, "%s'%s'", at > 0 ? ", " : "",
                                (const char *) g_ptr_array_index (nodes, at));
      if (nodes->len > UNKNOWN_SHOWN_MAX)
        g_string_append_printf (text, " and %u more", nodes->len - UNKNOWN_SHOWN_MAX);
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP, "%s: %u operator%s not supported: %s",
               model->path, order->len, order->len == 1 ? " is" : "s are", text->str);
  return FALSE;
}

/* ---- scopes ---- */

static void
scope_init (Scope *scope, const Scope *parent)
{
  memset (scope, 0, sizeof *scope);
  scope->parent = parent;
  scope->names = g_hash_table_new (g_str_hash, g_str_equal);
  if (parent != NULL)
    {
      scope->call = parent->call;
      scope->function = parent->function;
      scope->call_scope = parent->call_scope;
    }
}

static WhyValue *
scope_find (const Scope *scope, const char *name)
{
  for (; scope != NULL; scope = scope->parent)
    {
      WhyValue *value = g_hash_table_lookup (scope->names, name);
      if (value != NULL)
        return value;
    }
  return NULL;
}

/* ---- attributes ---- */

/* Follows references from the body of a function to the attributes of its call. */
static const WhyOnnxAttr *
resolve_attr (const Scope *scope, const WhyOnnxAttr *attr)
{
  while (attr != NULL && attr->ref_attr_name != NULL && scope != NULL && scope->call != NULL)
    {
      const WhyOnnxAttr *given = why_onnx_node_attr (scope->call, attr->ref_attr_name);
      if (given == NULL)
        {
          for (gsize index = 0; index < scope->function->n_attr_defaults; index++)
            {
              if (strcmp (scope->function->attr_defaults[index].name, attr->ref_attr_name) == 0)
                return &scope->function->attr_defaults[index];
            }
          return NULL;
        }
      attr = given;
      scope = scope->call_scope;
    }
  return attr != NULL && attr->ref_attr_name != NULL ? NULL : attr;
}

static gboolean
convert_attr (const Scope *scope,
              const WhyOnnxNode *node,
              const WhyOnnxAttr *given,
              WhyAttr *to,
              GError **error)
{
  const WhyOnnxAttr *attr = resolve_attr (scope, given);

  memset (to, 0, sizeof *to);
  to->name = given->name;
  if (attr == NULL)
    {
      to->name = NULL; /* an optional attribute that the call leaves out */
      return TRUE;
    }
  if (attr->unsupported != NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP, "%s '%s': %s", node->op_type,
                   node->name, attr->unsupported);
      return FALSE;
    }
  to->n = attr->n;
  switch (attr->type)
    {
    case WHY_ONNX_ATTR_INT:
      to->type = WHY_ATTR_INT;
      to->i = attr->i;
      return TRUE;
    case WHY_ONNX_ATTR_FLOAT:
      to->type = WHY_ATTR_FLOAT;
      to->f = (double) attr->f;
      return TRUE;
    case WHY_ONNX_ATTR_STRING:
      to->type = WHY_ATTR_STRING;
      to->s = attr->s;
      return TRUE;
    case WHY_ONNX_ATTR_TENSOR:
      to->type = WHY_ATTR_TENSOR;
      to->t = attr->t;
      return TRUE;
    case WHY_ONNX_ATTR_INTS:
      to->type = WHY_ATTR_INTS;
      to->ints = attr->ints;
      return TRUE;
    case WHY_ONNX_ATTR_FLOATS:
      {
        double *wide = g_new (double, MAX (attr->n, 1));
        for (gsize index = 0; index < attr->n; index++)
          wide[index] = (double) attr->floats[index];
        to->type = WHY_ATTR_FLOATS;
        to->floats = wide;
        return TRUE;
      }
    case WHY_ONNX_ATTR_UNDEFINED:
    case WHY_ONNX_ATTR_GRAPH:
    case WHY_ONNX_ATTR_STRINGS:
    case WHY_ONNX_ATTR_TENSORS:
    case WHY_ONNX_ATTR_GRAPHS:
    case WHY_ONNX_ATTR_SPARSE_TENSOR:
    case WHY_ONNX_ATTR_SPARSE_TENSORS:
    case WHY_ONNX_ATTR_TYPE_PROTO:
    case WHY_ONNX_ATTR_TYPE_PROTOS:
      break;
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP,
               "%s '%s': attribute '%s' is of a kind (%s) that is not supported", node->op_type,
               node->name, attr->name, why_onnx_attr_type_name (attr->type));
  return FALSE;
}

/* ---- nodes ---- */

static gboolean
load_nodes (Loader *loader, Scope *scope, const WhyOnnxNode *nodes, gsize n_nodes, GError **error);

static gboolean
load_initializers (Loader *loader, Scope *scope, const WhyOnnxGraph *graph, GError **error)
{
  for (gsize index = 0; index < graph->n_initializers; index++)
    {
      const WhyOnnxInitializer *initializer = &graph->initializers[index];
      if (initializer->tensor == NULL)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP, "%s", initializer->unsupported);
          return FALSE;
        }
      WhyValue *value = why_graph_add_constant (loader->graph, initializer->name,
                                                why_tensor_ref (initializer->tensor));
      g_hash_table_insert (scope->names, initializer->name, value);
    }
  return TRUE;
}

static gboolean
resolve_inputs (const Scope *scope, const WhyOnnxNode *node, WhyValue **inputs, GError **error)
{
  for (gsize input = 0; input < node->n_inputs; input++)
    {
      if (*node->inputs[input] == '\0')
        continue;
      inputs[input] = scope_find (scope, node->inputs[input]);
      if (inputs[input] == NULL)
        {
          g_set_error (
            error, WHY_ERROR, WHY_ERROR_BAD_MODEL,
            "%s '%s': input '%s' is made by no node, or only by one that depends on this one",
            node->op_type, node->name, node->inputs[input]);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
enter (Loader *loader, const WhyOnnxNode *node, GError **error)
{
  if (loader->depth++ < CALL_DEPTH_MAX)
    return TRUE;
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_MODEL,
               "%s '%s': functions and branches are nested more than %d deep", node->op_type,
               node->name, CALL_DEPTH_MAX);
  return FALSE;
}

static gboolean
bind_outputs (Loader *loader,
              Scope *scope,
              const WhyOnnxNode *node,
              const Scope *inner,
              gsize n_names,
              const char *const *names,
              GError **error)
{
  for (gsize output = 0; output < node->n_outputs; output++)
    {
      if (*node->outputs[output] == '\0')
        continue;
      WhyValue *value = output < n_names ? scope_find (inner, names[output]) : NULL;
      if (value == NULL)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_MODEL,
                       "%s '%s': its body makes no output %" G_GSIZE_FORMAT, node->op_type,
                       node->name, output);
          return FALSE;
        }
      g_hash_table_insert (scope->names, node->outputs[output], value);
      why_graph_alias (loader->graph, node->outputs[output], value);
    }
  return TRUE;
}

static gboolean
load_if (Loader *loader, Scope *scope, const WhyOnnxNode *node, GError **error)
{
  WhyValue *condition = NULL;
  const WhyOnnxAttr *branch;

  if (node->n_inputs != 1 || *node->inputs[0] == '\0')
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_MODEL, "If '%s': has no condition", node->name);
      return FALSE;
    }
  if (!resolve_inputs (scope, node, &condition, error))
    return FALSE;
  if (condition->constant == NULL || why_tensor_count (condition->constant) != 1)
    {
      g_set_error (
        error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP,
        "If '%s': its condition depends on the picture; only a constant one is supported",
        node->name);
      return FALSE;
    }
  branch = why_onnx_node_attr (
    node, why_tensor_get_i64 (condition->constant, 0) != 0 ? "then_branch" : "else_branch");
  if (branch == NULL || branch->g == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_MODEL, "If '%s': a branch is missing",
                   node->name);
      return FALSE;
    }
  if (!enter (loader, node, error))
    return FALSE;
  Scope inner;
  scope_init (&inner, scope);
  g_autofree const char **names = g_new0 (const char *, branch->g->n_outputs + 1);
  for (gsize output = 0; output < branch->g->n_outputs; output++)
    names[output] = branch->g->outputs[output].name;
  gboolean done = load_initializers (loader, &inner, branch->g, error) &&
                  load_nodes (loader, &inner, branch->g->nodes, branch->g->n_nodes, error) &&
                  bind_outputs (loader, scope, node, &inner, branch->g->n_outputs, names, error);
  g_hash_table_unref (inner.names);
  loader->depth--;
  return done;
}

static gboolean
load_call (Loader *loader,
           Scope *scope,
           const WhyOnnxNode *node,
           const WhyOnnxFunction *function,
           GError **error)
{
  g_autofree WhyValue **inputs = g_new0 (WhyValue *, node->n_inputs + 1);

  if (!resolve_inputs (scope, node, inputs, error) || !enter (loader, node, error))
    return FALSE;
  Scope inner;
  scope_init (&inner, NULL);
  inner.call = node;
  inner.function = function;
  inner.call_scope = scope;
  for (gsize input = 0; input < MIN (function->n_inputs, node->n_inputs); input++)
    {
      if (inputs[input] != NULL)
        g_hash_table_insert (inner.names, function->inputs[input], inputs[input]);
    }
  gboolean done = load_nodes (loader, &inner, function->nodes, function->n_nodes, error) &&
                  bind_outputs (loader, scope, node, &inner, function->n_outputs,
                                (const char *const *) function->outputs, error);
  if (!done)
    g_prefix_error (error, "in function %s called by '%s': ", function->name, node->name);
  g_hash_table_unref (inner.names);
  loader->depth--;
  return done;
}

/* Identity, and Dropout whose mask nobody reads: the output is another name of the input. */
static gboolean
is_alias (const WhyOnnxNode *node)
{
  if (node->n_inputs == 0 || *node->inputs[0] == '\0' || node->n_outputs == 0)
    return FALSE;
  if (strcmp (node->op_type, "Identity") == 0)
    return node->n_outputs == 1;
  if (strcmp (node->op_type, "Dropout") != 0 || (node->n_outputs > 1 && *node->outputs[1] != '\0'))
    return FALSE;
  return node->n_inputs < 3 || *node->inputs[2] == '\0'; /* training_mode could be true */
}

/* Before opset 7 the second operand of arithmetic was aligned with a run of the first one's
 * dimensions that begins at `axis`. Appending ones says the same in today's rule. */
static gboolean
align_legacy_operand (
  Loader *loader, const WhyOnnxNode *node, gint64 opset, WhyValue **inputs, GError **error)
{
  const WhyOnnxAttr *broadcast = why_onnx_node_attr (node, "broadcast"),
                    *axis = why_onnx_node_attr (node, "axis");
  gint64 dims[WHY_MAX_RANK];

  if (opset >= 7 || broadcast == NULL || broadcast->i == 0 || axis == NULL || node->n_inputs != 2 ||
      inputs[0] == NULL || inputs[1] == NULL)
    return TRUE;
  int rank = inputs[0]->rank, own = inputs[1]->rank;
  gint64 start = axis->i < 0 ? axis->i + rank : axis->i;
  if (start < 0 || start + own > rank)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_MODEL,
                   "%s '%s': axis %" G_GINT64_FORMAT " does not fit operands of rank %d and %d",
                   node->op_type, node->name, axis->i, rank, own);
      return FALSE;
    }
  for (int at = 0; at < rank - (int) start; at++)
    dims[at] = at < own ? inputs[1]->dims[at] : 1;
  inputs[1] = why_emit_reshape (loader->graph, error, inputs[1], rank - (int) start, dims);
  return inputs[1] != NULL;
}

static gboolean
load_op (Loader *loader, Scope *scope, const WhyOnnxNode *node, GError **error)
{
  g_autofree WhyValue **inputs = g_new0 (WhyValue *, node->n_inputs + 1);
  g_autofree WhyAttr *attrs = g_new0 (WhyAttr, node->n_attrs + 1);
  guint n_attrs = 0;
  gboolean done = TRUE;
  WhyValue **outputs = NULL;

  if (!resolve_inputs (scope, node, inputs, error))
    return FALSE;
  if (is_alias (node))
    {
      g_hash_table_insert (scope->names, node->outputs[0], inputs[0]);
      why_graph_alias (loader->graph, node->outputs[0], inputs[0]);
      return TRUE;
    }
  if (loader->graph->nodes->len >= NODES_MAX)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "The network has more than %u nodes",
                   NODES_MAX);
      return FALSE;
    }
  gint64 opset = opset_of (loader->model, scope->function, "");
  if (!align_legacy_operand (loader, node, opset, inputs, error))
    return FALSE;
  guint n_inputs = (guint) node->n_inputs;
  while (n_inputs > 0 && inputs[n_inputs - 1] == NULL)
    n_inputs--;
  for (gsize attr = 0; done && attr < node->n_attrs; attr++)
    {
      done = convert_attr (scope, node, &node->attrs[attr], &attrs[n_attrs], error);
      n_attrs += done && attrs[n_attrs].name != NULL;
    }
  if (done)
    outputs = why_graph_add_node (loader->graph, node->op_type, opset, node->name, inputs, n_inputs,
                                  (const char *const *) node->outputs, (guint) node->n_outputs,
                                  attrs, n_attrs, error);
  for (guint attr = 0; attr < n_attrs; attr++)
    g_free ((double *) attrs[attr].floats);
  for (gsize output = 0; outputs != NULL && output < node->n_outputs; output++)
    {
      if (outputs[output] != NULL)
        g_hash_table_insert (scope->names, node->outputs[output], outputs[output]);
    }
  return outputs != NULL;
}

static gboolean
load_node (Loader *loader, Scope *scope, const WhyOnnxNode *node, GError **error)
{
  const WhyOnnxFunction *function = find_function (loader->model, node);
  if (function != NULL)
    return load_call (loader, scope, node, function, error);
  if (*node->domain != '\0')
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP,
                   "%s '%s': operators of domain '%s' are not supported", node->op_type, node->name,
                   node->domain);
      return FALSE;
    }
  if (strcmp (node->op_type, "If") == 0)
    return load_if (loader, scope, node, error);
  return load_op (loader, scope, node, error);
}

/* Names that a node needs before it can be loaded: its inputs, and for If whatever the branches
 * take from outside. Only names made in this very list of nodes make a node wait. */
static void
collect_needs (const WhyOnnxNode *node, GHashTable *made_here, GPtrArray *needs)
{
  for (gsize input = 0; input < node->n_inputs; input++)
    {
      if (g_hash_table_contains (made_here, node->inputs[input]))
        g_ptr_array_add (needs, node->inputs[input]);
    }
  for (gsize attr = 0; attr < node->n_attrs; attr++)
    {
      const WhyOnnxGraph *branch = node->attrs[attr].g;
      for (gsize inner = 0; branch != NULL && inner < branch->n_nodes; inner++)
        collect_needs (&branch->nodes[inner], made_here, needs);
      for (gsize output = 0; branch != NULL && output < branch->n_outputs; output++)
        {
          if (g_hash_table_contains (made_here, branch->outputs[output].name))
            g_ptr_array_add (needs, branch->outputs[output].name);
        }
    }
}

/* Kahn's algorithm. ONNX asks for topological order, but not every exporter delivers it. Of the
 * nodes that are ready, the one just made possible goes first, which keeps close to the file's
 * order. */
static gboolean
load_nodes (Loader *loader, Scope *scope, const WhyOnnxNode *nodes, gsize n_nodes, GError **error)
{
  g_autoptr (GHashTable) made_here = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) waiting =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_array_unref);
  g_autofree gsize *n_missing = g_new0 (gsize, n_nodes + 1);
  g_autoptr (GPtrArray) needs = g_ptr_array_new ();
  g_autoptr (GArray) ready = g_array_new (FALSE, FALSE, sizeof (gsize));
  gsize n_loaded = 0;

  for (gsize index = 0; index < n_nodes; index++)
    {
      for (gsize output = 0; output < nodes[index].n_outputs; output++)
        {
          const char *name = nodes[index].outputs[output];
          if (*name == '\0')
            continue;
          if (!g_hash_table_add (made_here, (gpointer) name) ||
              g_hash_table_contains (scope->names, name))
            {
              g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_MODEL,
                           "%s '%s': tensor '%s' is made twice", nodes[index].op_type,
                           nodes[index].name, name);
              return FALSE;
            }
        }
    }
  for (gsize index = 0; index < n_nodes; index++)
    {
      g_ptr_array_set_size (needs, 0);
      collect_needs (&nodes[index], made_here, needs);
      n_missing[index] = needs->len;
      for (guint need = 0; need < needs->len; need++)
        {
          gpointer name = g_ptr_array_index (needs, need);
          GArray *list = g_hash_table_lookup (waiting, name);
          if (list == NULL)
            {
              list = g_array_new (FALSE, FALSE, sizeof (gsize));
              g_hash_table_insert (waiting, name, list);
            }
          g_array_append_val (list, index);
        }
    }
  for (gsize index = n_nodes; index-- > 0;)
    {
      if (n_missing[index] == 0)
        g_array_append_val (ready, index);
    }
  while (ready->len > 0)
    {
      const WhyOnnxNode *node = &nodes[g_array_index (ready, gsize, ready->len - 1)];
      g_array_set_size (ready, ready->len - 1);
      if (!load_node (loader, scope, node, error))
        return FALSE;
      n_loaded++;
      for (gsize output = 0; output < node->n_outputs; output++)
        {
          const GArray *list = g_hash_table_lookup (waiting, node->outputs[output]);
          for (guint at = list != NULL ? list->len : 0; at-- > 0;)
            {
              gsize waiter = g_array_index (list, gsize, at);
              if (--n_missing[waiter] == 0)
                g_array_append_val (ready, waiter);
            }
        }
    }
  if (n_loaded == n_nodes)
    return TRUE;
  for (gsize index = 0; index < n_nodes; index++)
    {
      if (n_missing[index] > 0)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_MODEL,
                       "%s '%s': is part of a cycle, or waits for one", nodes[index].op_type,
                       nodes[index].name);
          break;
        }
    }
  return FALSE;
}

/* ---- the main graph ---- */

static gboolean
add_inputs (Loader *loader,
            Scope *scope,
            const WhyShape *shapes,
            WhyTensor *const *values,
            gsize n_shapes,
            GError **error)
{
  const WhyOnnxGraph *main_graph = loader->model->graph;

  if (n_shapes != main_graph->n_inputs)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE,
                   "%s: the network has %" G_GSIZE_FORMAT
                   " inputs, shapes were given for %" G_GSIZE_FORMAT,
                   loader->model->path, main_graph->n_inputs, n_shapes);
      return FALSE;
    }
  for (gsize index = 0; index < n_shapes; index++)
    {
      const WhyOnnxValueInfo *info = &main_graph->inputs[index];
      const WhyShape *shape = &shapes[index];
      if (info->kind != WHY_ONNX_VALUE_TENSOR || why_dtype_size (info->dtype) == 0)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP,
                       "%s: input '%s' is not a tensor of a supported type (%s)",
                       loader->model->path, info->name, why_onnx_elem_type_name (info->elem_type));
          return FALSE;
        }
      gboolean fits = shape->rank >= 0 && shape->rank <= WHY_MAX_RANK &&
                      (info->rank < 0 || info->rank == shape->rank);
      for (int axis = 0; fits && axis < shape->rank; axis++)
        fits = shape->dims[axis] >= 0 &&
               (info->rank < 0 || info->dims[axis] < 0 || info->dims[axis] == shape->dims[axis]);
      if (!fits)
        {
          g_autofree char *expected = why_dims_to_string (info->rank, info->dims);
          g_autofree char *found = why_dims_to_string (shape->rank, shape->dims);
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE,
                       "%s: input '%s' wants %s, was given %s", loader->model->path, info->name,
                       expected, found);
          return FALSE;
        }
      WhyValue *value;
      if (values != NULL && values[index] != NULL)
        {
          if (values[index]->dtype != info->dtype)
            {
              g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_SHAPE,
                           "%s: input '%s' wants %s, was given %s", loader->model->path, info->name,
                           why_dtype_name (info->dtype), why_dtype_name (values[index]->dtype));
              return FALSE;
            }
          value =
            why_graph_add_constant (loader->graph, info->name, why_tensor_ref (values[index]));
        }
      else
        value =
          why_graph_add_input (loader->graph, info->name, info->dtype, shape->rank, shape->dims);
      g_hash_table_insert (scope->names, info->name, value);
    }
  return TRUE;
}

static gboolean
add_outputs (Loader *loader, const Scope *scope, GError **error)
{
  const WhyOnnxGraph *main_graph = loader->model->graph;
  for (gsize index = 0; index < main_graph->n_outputs; index++)
    {
      const char *name = main_graph->outputs[index].name;
      WhyValue *value = scope_find (scope, name);
      if (value == NULL)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_MODEL, "%s: output '%s' is made by no node",
                       loader->model->path, name);
          return FALSE;
        }
      g_ptr_array_add (loader->graph->outputs, value);
      g_ptr_array_add (loader->graph->output_names, g_strdup (name));
    }
  if (main_graph->n_outputs == 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_MODEL, "%s: the network has no output",
                   loader->model->path);
      return FALSE;
    }
  return TRUE;
}

WhyGraph *
why_graph_new (WhyOnnxModel *model,
               const WhyShape *shapes,
               gsize n_shapes,
               const WhyGraphOptions *options,
               GError **error)
{
  return why_graph_new_with_values (model, shapes, NULL, n_shapes, options, error);
}

WhyGraph *
why_graph_new_with_values (WhyOnnxModel *model,
                           const WhyShape *shapes,
                           WhyTensor *const *values,
                           gsize n_shapes,
                           const WhyGraphOptions *options,
                           GError **error)
{
  g_autoptr (WhyGraph) graph = NULL;
  Loader loader = { 0 };
  Scope scope;

  if (!why_graph_check_operators (model, error))
    return NULL;
  graph = why_graph_new_empty (options);
  graph->model = why_onnx_model_ref (model);
  loader.graph = graph;
  loader.model = model;
  scope_init (&scope, NULL);
  gboolean done = load_initializers (&loader, &scope, model->graph, error) &&
                  add_inputs (&loader, &scope, shapes, values, n_shapes, error);
  if (done && !load_nodes (&loader, &scope, model->graph->nodes, model->graph->n_nodes, error))
    {
      g_prefix_error (error, "%s: ", model->path);
      done = FALSE;
    }
  done = done && add_outputs (&loader, &scope, error);
  g_hash_table_unref (scope.names);
  if (done)
    why_graph_find_composites (graph);
  return done ? g_steal_pointer (&graph) : NULL;
}
