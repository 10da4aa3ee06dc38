#include "config.h"

#include "graph/graph.h"
#include "graph/op.h"

#include "base/error.h"
#include "base/size.h"
#include "graph-private.h"

#include <string.h>

/* All that is computed while building together may not be larger: constants of real networks are
 * far below, and a small file must not be able to ask for all memory by a few ConstantOfShape. */
#define FOLD_BYTES_MAX ((gsize) 1 << 30)

static void
value_free (WhyValue *value)
{
  why_tensor_unref (value->constant);
  g_free (value->name);
  g_free (value);
}

static void
attr_clear (WhyAttr *attr)
{
  g_free ((char *) attr->name);
  g_free ((char *) attr->s);
  g_free ((gint64 *) attr->ints);
  g_free ((double *) attr->floats);
  why_tensor_unref (attr->t);
}

static void
attr_copy (WhyAttr *to, const WhyAttr *from)
{
  *to = *from;
  to->name = g_strdup (from->name);
  to->s = g_strdup (from->s);
  to->ints =
    from->type == WHY_ATTR_INTS ? g_memdup2 (from->ints, from->n * sizeof *from->ints) : NULL;
  to->floats =
    from->type == WHY_ATTR_FLOATS ? g_memdup2 (from->floats, from->n * sizeof *from->floats) : NULL;
  to->t = from->t != NULL ? why_tensor_ref (from->t) : NULL;
}

void
why_node_free (WhyNode *node)
{
  for (guint attr = 0; attr < node->n_attrs; attr++)
    attr_clear (&node->attrs[attr]);
  g_free (node->attrs);
  g_free (node->inputs);
  g_free (node->outputs);
  g_free (node->params);
  g_free (node->name);
  g_free (node);
}

static void
composite_free (gpointer node)
{
  if (node != NULL)
    why_node_free (node);
}

WhyGraph *
why_graph_new_empty (const WhyGraphOptions *options)
{
  WhyGraph *graph = g_new0 (WhyGraph, 1);
  if (options != NULL)
    graph->options = *options;
  graph->values = g_ptr_array_new_with_free_func ((GDestroyNotify) value_free);
  graph->nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) why_node_free);
  graph->inputs = g_ptr_array_new ();
  graph->outputs = g_ptr_array_new ();
  graph->output_names = g_ptr_array_new_with_free_func (g_free);
  graph->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  graph->last_outputs = g_ptr_array_new ();
  graph->composites = g_ptr_array_new_with_free_func (composite_free);
  graph->inside = g_ptr_array_new ();
  return graph;
}

void
why_graph_free (WhyGraph *graph)
{
  if (graph == NULL)
    return;
  why_graph_set_data (graph, NULL, NULL);
  g_ptr_array_unref (graph->nodes);
  g_ptr_array_unref (graph->values);
  g_ptr_array_unref (graph->inputs);
  g_ptr_array_unref (graph->outputs);
  g_ptr_array_unref (graph->output_names);
  g_ptr_array_unref (graph->last_outputs);
  g_ptr_array_unref (graph->composites);
  g_ptr_array_unref (graph->inside);
  g_hash_table_unref (graph->by_name);
  g_clear_pointer (&graph->model, why_onnx_model_unref);
  g_free (graph);
}

void
why_graph_set_data (WhyGraph *graph, gpointer data, GDestroyNotify free_data)
{
  if (graph->data != NULL && graph->free_data != NULL)
    graph->free_data (graph->data);
  graph->data = data;
  graph->free_data = free_data;
}

gpointer
why_graph_get_data (const WhyGraph *graph)
{
  return graph->data;
}

guint
why_graph_n_nodes (const WhyGraph *graph)
{
  return graph->nodes->len;
}

WhyNode *
why_graph_node (const WhyGraph *graph, guint index)
{
  return g_ptr_array_index (graph->nodes, index);
}

guint
why_graph_n_values (const WhyGraph *graph)
{
  return graph->values->len;
}

WhyValue *
why_graph_value (const WhyGraph *graph, guint index)
{
  return g_ptr_array_index (graph->values, index);
}

guint
why_graph_n_inputs (const WhyGraph *graph)
{
  return graph->inputs->len;
}

WhyValue *
why_graph_input (const WhyGraph *graph, guint index)
{
  return g_ptr_array_index (graph->inputs, index);
}

guint
why_graph_n_outputs (const WhyGraph *graph)
{
  return graph->outputs->len;
}

WhyValue *
why_graph_output (const WhyGraph *graph, guint index)
{
  return g_ptr_array_index (graph->outputs, index);
}

const char *
why_graph_output_name (const WhyGraph *graph, guint index)
{
  return g_ptr_array_index (graph->output_names, index);
}

WhyValue *
why_graph_find_value (const WhyGraph *graph, const char *name)
{
  return g_hash_table_lookup (graph->by_name, name);
}

WhyValue *
why_graph_require_value (const WhyGraph *graph, const char *name, GError **error)
{
  WhyValue *value = why_graph_find_value (graph, name);
  if (value != NULL)
    return value;

  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  for (guint index = 0; index < graph->values->len; index++)
    {
      const WhyValue *other = why_graph_value (graph, index);
      if (other->producer != NULL || other->constant == NULL)
        g_ptr_array_add (names, other->name);
    }
  g_autofree char *near = why_error_nearest (name, (const char *const *) names->pdata, names->len);
  g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "The network has no tensor '%s'%s", name,
               near);
  return NULL;
}

guint
why_graph_n_uses (const WhyGraph *graph, const WhyValue *value)
{
  guint n_uses = 0;
  for (guint index = 0; index < graph->nodes->len; index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      for (guint input = 0; input < node->n_inputs; input++)
        n_uses += node->inputs[input] == value;
    }
  return n_uses;
}

void
why_graph_alias (WhyGraph *graph, const char *name, WhyValue *value)
{
  if (!g_hash_table_contains (graph->by_name, name))
    g_hash_table_insert (graph->by_name, g_strdup (name), value);
}

WhyValue *
why_graph_new_value (WhyGraph *graph, const char *name)
{
  WhyValue *value = g_new0 (WhyValue, 1);
  value->index = graph->values->len;
  value->rank = -1;
  if (name != NULL && *name != '\0')
    value->name = g_strdup (name);
  else
    value->name = g_strdup_printf ("~%u", graph->n_made_up++);
  g_ptr_array_add (graph->values, value);
  why_graph_alias (graph, value->name, value);
  return value;
}

/* The type that a tensor of a floating type takes in this graph. */
static WhyDType
effective_type (const WhyGraph *graph, WhyDType dtype)
{
  if (!why_dtype_is_float (dtype))
    return dtype;
  if (graph->options.force_float64)
    return WHY_DTYPE_FLOAT64;
  if (graph->options.promote_floats)
    return WHY_DTYPE_FLOAT32;
  return dtype;
}

WhyValue *
why_graph_add_input (
  WhyGraph *graph, const char *name, WhyDType dtype, int rank, const gint64 *dims)
{
  WhyValue *value = why_graph_new_value (graph, name);
  value->dtype = effective_type (graph, dtype);
  value->rank = rank;
  if (rank > 0)
    memcpy (value->dims, dims, (gsize) rank * sizeof *dims);
  g_ptr_array_add (graph->inputs, value);
  return value;
}

void
why_graph_add_output (WhyGraph *graph, WhyValue *value)
{
  g_ptr_array_add (graph->outputs, value);
  g_ptr_array_add (graph->output_names, g_strdup (value->name));
}

static void
set_constant (WhyValue *value, WhyTensor *tensor)
{
  value->dtype = tensor->dtype;
  value->rank = tensor->rank;
  memcpy (value->dims, tensor->dims, sizeof value->dims);
  value->constant = tensor;
  value->producer = NULL;
}

WhyValue *
why_graph_add_constant (WhyGraph *graph, const char *name, WhyTensor *tensor)
{
  WhyValue *value = why_graph_new_value (graph, name);
  WhyTensor *cast = why_tensor_cast (tensor, effective_type (graph, tensor->dtype), NULL);
  /* Weights come from a file that is in memory already; a copy at most doubles that. */
  g_assert (cast != NULL);
  set_constant (value, cast);
  why_tensor_unref (tensor);
  return value;
}

static const WhyAttr *
find_attr (const WhyNode *node, const char *name)
{
  for (guint attr = 0; attr < node->n_attrs; attr++)
    {
      if (strcmp (node->attrs[attr].name, name) == 0)
        return &node->attrs[attr];
    }
  return NULL;
}

/* Types named in attributes follow the graph's rule for floating types. */
static gboolean
promote_attrs (const WhyGraph *graph, WhyNode *node, GError **error)
{
  for (guint index = 0; index < node->n_attrs; index++)
    {
      WhyAttr *attr = &node->attrs[index];
      if (attr->type == WHY_ATTR_INT &&
          (strcmp (attr->name, "to") == 0 || strcmp (attr->name, "dtype") == 0 ||
           strcmp (attr->name, "output_dtype") == 0) &&
          attr->i > 0 && attr->i <= WHY_DTYPE_BFLOAT16)
        attr->i = effective_type (graph, (WhyDType) attr->i);
      else if (attr->type == WHY_ATTR_TENSOR && attr->t != NULL)
        {
          WhyTensor *cast =
            why_tensor_cast (attr->t, effective_type (graph, attr->t->dtype), error);
          if (cast == NULL)
            return FALSE;
          why_tensor_unref (attr->t);
          attr->t = cast;
        }
    }
  return TRUE;
}

static gboolean
check_arity (const WhyNode *node, GError **error)
{
  const WhyOpClass *klass = node->klass;
  if (node->n_inputs < klass->min_inputs || node->n_inputs > klass->max_inputs)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "has %u inputs, expected %u%s",
                          node->n_inputs, klass->min_inputs,
                          klass->max_inputs > klass->min_inputs ? " or more" : "");
  for (guint input = 0; input < klass->min_inputs; input++)
    {
      if (node->inputs[input] == NULL)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input %u is missing", input);
    }
  if (node->n_outputs > klass->max_outputs)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "has %u outputs, at most %u are defined", node->n_outputs,
                          klass->max_outputs);
  return TRUE;
}

static gboolean
can_fold (const WhyNode *node)
{
  if ((node->klass->flags & WHY_OP_NO_FOLD) != 0)
    return FALSE;
  if ((node->klass->flags & WHY_OP_DIMS_ONLY) != 0)
    return TRUE;
  for (guint input = 0; input < node->n_inputs; input++)
    {
      if (node->inputs[input] != NULL && node->inputs[input]->constant == NULL)
        return FALSE;
    }
  return TRUE;
}

static gboolean
fold (WhyGraph *graph, WhyNode *node, GError **error)
{
  g_autofree WhyTensor **inputs = g_new0 (WhyTensor *, node->n_inputs + 1);
  g_autoptr (GPtrArray) outputs =
    g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);

  for (guint input = 0; input < node->n_inputs; input++)
    inputs[input] = node->inputs[input] != NULL ? node->inputs[input]->constant : NULL;
  for (guint output = 0; output < node->n_outputs; output++)
    {
      WhyValue *value = node->outputs[output];
      WhyTensor *tensor = NULL;
      if (value != NULL)
        {
          gsize count = 0, n_bytes = 0;
          if (!why_dims_count (value->dims, value->rank, &count) ||
              !why_size_mul (count, why_dtype_size (value->dtype), &n_bytes) ||
              n_bytes > FOLD_BYTES_MAX - graph->folded_bytes)
            return why_node_fail (node, error, WHY_ERROR_TOO_LARGE,
                                  "constant results would take more than 1 GB");
          graph->folded_bytes += n_bytes;
          tensor = why_tensor_new (value->dtype, value->rank, value->dims, error);
          if (tensor == NULL)
            return FALSE;
        }
      g_ptr_array_add (outputs, tensor);
    }
  if (!node->klass->eval (node, inputs, (WhyTensor *const *) outputs->pdata, error))
    return FALSE;
  for (guint output = 0; output < node->n_outputs; output++)
    {
      if (node->outputs[output] == NULL)
        continue;
      /* Generators without a type of their own (Constant's value_float, ConstantOfShape) make
       * float32. */
      WhyTensor *result = g_ptr_array_index (outputs, output);
      WhyTensor *cast = why_tensor_cast (result, effective_type (graph, result->dtype), error);
      if (cast == NULL)
        return FALSE;
      set_constant (node->outputs[output], cast);
    }
  return TRUE;
}

static WhyNode *
new_node (const WhyOpClass *klass,
          gint64 opset,
          WhyValue *const *inputs,
          guint n_inputs,
          guint n_outputs,
          const WhyAttr *attrs,
          guint n_attrs)
{
  WhyNode *node = g_new0 (WhyNode, 1);
  node->klass = klass;
  node->opset = opset;
  node->n_inputs = n_inputs;
  node->inputs = g_new0 (WhyValue *, n_inputs + 1);
  if (n_inputs > 0)
    memcpy (node->inputs, inputs, n_inputs * sizeof *inputs);
  node->n_attrs = n_attrs;
  node->attrs = g_new0 (WhyAttr, n_attrs + 1);
  for (guint attr = 0; attr < n_attrs; attr++)
    attr_copy (&node->attrs[attr], &attrs[attr]);
  node->n_outputs = n_outputs;
  node->outputs = g_new0 (WhyValue *, n_outputs + 1);
  node->params = klass->params_size > 0 ? g_malloc0 (klass->params_size) : NULL;
  return node;
}

WhyNode *
why_graph_make_composite (WhyGraph *graph,
                          const char *type,
                          const WhyNode *last,
                          WhyValue *const *inputs,
                          guint n_inputs,
                          const WhyAttr *attrs,
                          guint n_attrs)
{
  const WhyOpClass *klass = why_op_lookup (type, WHY_OPSET_NEWEST, TRUE);
  WhyValue *output = last->outputs[0], inferred = *output;

  if (klass == NULL)
    return NULL;
  WhyNode *node = new_node (klass, WHY_OPSET_NEWEST, inputs, n_inputs, 1, attrs, n_attrs);
  node->name = g_strdup (last->name);
  node->index = last->index;
  /* infer() must not touch the value itself: it is the group's last node that has made it. */
  node->outputs[0] = &inferred;
  gboolean same = check_arity (node, NULL) && klass->infer (node, NULL) &&
                  inferred.dtype == output->dtype && inferred.rank == output->rank &&
                  memcmp (inferred.dims, output->dims, (gsize) output->rank * sizeof *output->dims) == 0;
  node->outputs[0] = output;
  if (same)
    return node;
  why_node_free (node);
  return NULL;
}

WhyValue **
why_graph_add_node (WhyGraph *graph,
                    const char *type,
                    gint64 opset,
                    const char *name,
                    WhyValue *const *inputs,
                    guint n_inputs,
                    const char *const *output_names,
                    guint n_outputs,
                    const WhyAttr *attrs,
                    guint n_attrs,
                    GError **error)
{
  gint64 version = opset > 0 ? opset : WHY_OPSET_NEWEST;
  const WhyOpClass *klass = why_op_lookup (type, version, TRUE);

  if (klass == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP,
                   "%s '%s': this operator is not supported (opset %" G_GINT64_FORMAT ")", type,
                   name != NULL ? name : "", version);
      return NULL;
    }

  WhyNode *node = new_node (klass, version, inputs, n_inputs, n_outputs, attrs, n_attrs);
  if (name != NULL && *name != '\0')
    node->name = g_strdup (name);
  else if (output_names != NULL && n_outputs > 0 && output_names[0] != NULL)
    node->name = g_strdup (output_names[0]);
  else
    node->name = g_strdup_printf ("~%u", graph->n_made_up);

  if (!promote_attrs (graph, node, error) || !check_arity (node, error))
    {
      why_node_free (node);
      return NULL;
    }
  if (klass->simulate != NULL && (graph->options.promote_floats || graph->options.force_float64))
    {
      WhyValue **outputs = klass->simulate (graph, node, output_names, error);
      why_node_free (node);
      return outputs;
    }
  guint n_values = graph->values->len;
  for (guint output = 0; output < n_outputs; output++)
    {
      if (output_names != NULL && (output_names[output] == NULL || output_names[output][0] == '\0'))
        continue;
      node->outputs[output] =
        why_graph_new_value (graph, output_names != NULL ? output_names[output] : NULL);
      node->outputs[output]->producer = node;
      node->outputs[output]->output = output;
    }

  gboolean done = klass->infer (node, error);
  for (guint output = 0; done && output < n_outputs; output++)
    g_assert (node->outputs[output] == NULL || node->outputs[output]->rank >= 0);
  gboolean folded = done && can_fold (node);
  if (folded)
    done = fold (graph, node, error);
  if (!done)
    {
      /* The half-made values go with the node: names first, then the values themselves. */
      while (graph->values->len > n_values)
        {
          WhyValue *value = g_ptr_array_index (graph->values, graph->values->len - 1);
          if (g_hash_table_lookup (graph->by_name, value->name) == value)
            g_hash_table_remove (graph->by_name, value->name);
          g_ptr_array_remove_index (graph->values, graph->values->len - 1);
        }
      why_node_free (node);
      return NULL;
    }

  g_ptr_array_set_size (graph->last_outputs, 0);
  for (guint output = 0; output < n_outputs; output++)
    g_ptr_array_add (graph->last_outputs, node->outputs[output]);
  g_ptr_array_add (graph->last_outputs, NULL);
  if (folded)
    why_node_free (node);
  else
    {
      node->index = graph->nodes->len;
      g_ptr_array_add (graph->nodes, node);
    }
  return (WhyValue **) graph->last_outputs->pdata;
}

/* ---- attribute access ---- */

gboolean
why_node_fail (const WhyNode *node, GError **error, int code, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, WHY_ERROR, code, "%s '%s': %s", node->klass->type, node->name, text);
  return FALSE;
}

gboolean
why_node_has_attr (const WhyNode *node, const char *name)
{
  return find_attr (node, name) != NULL;
}

gint64
why_node_int (const WhyNode *node, const char *name, gint64 fallback)
{
  const WhyAttr *attr = find_attr (node, name);
  return attr != NULL && attr->type == WHY_ATTR_INT ? attr->i : fallback;
}

double
why_node_float (const WhyNode *node, const char *name, double fallback)
{
  const WhyAttr *attr = find_attr (node, name);
  return attr != NULL && attr->type == WHY_ATTR_FLOAT ? attr->f : fallback;
}

const char *
why_node_string (const WhyNode *node, const char *name, const char *fallback)
{
  const WhyAttr *attr = find_attr (node, name);
  return attr != NULL && attr->type == WHY_ATTR_STRING ? attr->s : fallback;
}

const gint64 *
why_node_ints (const WhyNode *node, const char *name, gsize *n)
{
  const WhyAttr *attr = find_attr (node, name);
  *n = attr != NULL && attr->type == WHY_ATTR_INTS ? attr->n : 0;
  return *n > 0 ? attr->ints : NULL;
}

const double *
why_node_floats (const WhyNode *node, const char *name, gsize *n)
{
  const WhyAttr *attr = find_attr (node, name);
  *n = attr != NULL && attr->type == WHY_ATTR_FLOATS ? attr->n : 0;
  return *n > 0 ? attr->floats : NULL;
}

WhyTensor *
why_node_tensor (const WhyNode *node, const char *name)
{
  const WhyAttr *attr = find_attr (node, name);
  return attr != NULL && attr->type == WHY_ATTR_TENSOR ? attr->t : NULL;
}

WhyValue *
why_node_input (const WhyNode *node, guint index)
{
  return index < node->n_inputs ? node->inputs[index] : NULL;
}

WhyTensor *
why_node_need_constant (const WhyNode *node, guint index, const char *what, GError **error)
{
  WhyValue *value = why_node_input (node, index);
  if (value != NULL && value->constant != NULL)
    return value->constant;
  why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP,
                 "input %u ('%s') depends on the picture; only a constant is supported here", index,
                 what);
  return NULL;
}

gboolean
why_node_axis (const WhyNode *node, gint64 axis, int rank, int *result, GError **error)
{
  if (axis < -rank || axis >= rank)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "axis %" G_GINT64_FORMAT " is outside a tensor of rank %d", axis, rank);
  *result = (int) (axis < 0 ? axis + rank : axis);
  return TRUE;
}

gboolean
why_node_set_output (
  WhyNode *node, guint index, WhyDType dtype, int rank, const gint64 *dims, GError **error)
{
  gsize count, n_bytes;

  if (index >= node->n_outputs || node->outputs[index] == NULL)
    return TRUE;
  if (rank > WHY_MAX_RANK)
    return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP,
                          "its output has %d dimensions, at most %d are supported", rank,
                          WHY_MAX_RANK);
  if (why_dtype_size (dtype) == 0)
    return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP,
                          "its output's type %s is not supported", why_dtype_name (dtype));
  if (!why_dims_count (dims, rank, &count) ||
      !why_size_mul (count, why_dtype_size (dtype), &n_bytes) || n_bytes > G_MAXSSIZE)
    {
      g_autofree char *text = why_dims_to_string (rank, dims);
      return why_node_fail (node, error, WHY_ERROR_TOO_LARGE, "its output would be %s", text);
    }
  WhyValue *value = node->outputs[index];
  value->dtype = dtype;
  value->rank = rank;
  if (rank > 0)
    memmove (value->dims, dims, (gsize) rank * sizeof *dims);
  return TRUE;
}

gboolean
why_node_set_output_like (
  WhyNode *node, guint index, WhyDType dtype, const WhyValue *like, GError **error)
{
  return why_node_set_output (node, index, dtype, like->rank, like->dims, error);
}

/* ---- broadcasting ---- */

gboolean
why_dims_broadcast (
  int rank_a, const gint64 *dims_a, int rank_b, const gint64 *dims_b, int *rank, gint64 *dims)
{
  gint64 result[WHY_MAX_RANK];
  int wide = MAX (rank_a, rank_b);
  for (int axis = 0; axis < wide; axis++)
    {
      gint64 a = axis < wide - rank_a ? 1 : dims_a[axis - (wide - rank_a)];
      gint64 b = axis < wide - rank_b ? 1 : dims_b[axis - (wide - rank_b)];
      if (a != b && a != 1 && b != 1)
        return FALSE;
      result[axis] = a == 1 ? b : a;
    }
  *rank = wide;
  memcpy (dims, result, (gsize) wide * sizeof *dims);
  return TRUE;
}

void
why_broadcast_strides (
  int rank, const gint64 *dims, int out_rank, const gint64 *out_dims, gint64 *strides)
{
  gint64 step = 1;
  for (int axis = out_rank - 1; axis >= 0; axis--)
    {
      int own = axis - (out_rank - rank);
      strides[axis] = own < 0 || dims[own] == 1 ? 0 : step;
      if (own >= 0)
        step *= dims[own];
    }
}

/* ---- regions ---- */

void
why_op_region (const WhyNode *node, guint output, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyValue *value = node->inputs[input];

  in->rank = value->rank;
  for (int axis = 0; axis < value->rank; axis++)
    {
      in->lo[axis] = 0;
      in->hi[axis] = value->dims[axis];
    }
  if (output > 0)
    {
      if (node->klass->region_of_later != NULL)
        node->klass->region_of_later (node, output, input, out, in);
    }
  else if (node->klass->region != NULL)
    node->klass->region (node, input, out, in);
  else if ((node->klass->flags & WHY_OP_ELEMENTWISE) != 0)
    {
      for (int axis = 0; axis < value->rank; axis++)
        {
          int out_axis = out->rank - value->rank + axis;
          if (out_axis >= 0 && value->dims[axis] != 1)
            {
              in->lo[axis] = out->lo[out_axis];
              in->hi[axis] = out->hi[out_axis];
            }
        }
    }
  for (int axis = 0; axis < value->rank; axis++)
    {
      in->lo[axis] = CLAMP (in->lo[axis], 0, value->dims[axis]);
      in->hi[axis] = CLAMP (in->hi[axis], in->lo[axis], value->dims[axis]);
    }
}
