#include "config.h"

#include "graph/graph.h"

#include "base/error.h"

#include <string.h>

WhyValue *
why_emit (WhyGraph *graph,
          GError **error,
          const char *type,
          guint n_inputs,
          WhyValue *const *inputs,
          const WhyAttr *attrs,
          guint n_attrs)
{
  WhyValue **outputs =
    why_graph_add_node (graph, type, 0, NULL, inputs, n_inputs, NULL, 1, attrs, n_attrs, error);
  return outputs != NULL ? outputs[0] : NULL;
}

WhyValue *
why_emit1 (WhyGraph *graph, GError **error, const char *type, WhyValue *a)
{
  return a != NULL ? why_emit (graph, error, type, 1, &a, NULL, 0) : NULL;
}

WhyValue *
why_emit2 (WhyGraph *graph, GError **error, const char *type, WhyValue *a, WhyValue *b)
{
  WhyValue *inputs[] = { a, b };
  return a != NULL && b != NULL ? why_emit (graph, error, type, 2, inputs, NULL, 0) : NULL;
}

WhyValue *
why_emit3 (WhyGraph *graph, GError **error, const char *type, WhyValue *a, WhyValue *b, WhyValue *c)
{
  WhyValue *inputs[] = { a, b, c };
  return a != NULL && b != NULL && c != NULL ? why_emit (graph, error, type, 3, inputs, NULL, 0)
                                             : NULL;
}

WhyValue *
why_emit_scalar (WhyGraph *graph, const WhyValue *like, double value)
{
  WhyTensor *tensor = why_tensor_new (like->dtype, 0, NULL, NULL);
  g_assert (tensor != NULL);
  why_tensor_set_f64 (tensor, 0, value);
  return why_graph_add_constant (graph, NULL, tensor);
}

WhyValue *
why_emit_i64 (WhyGraph *graph, gsize n, const gint64 *values)
{
  return why_graph_add_constant (graph, NULL, why_tensor_new_i64 (n, values));
}

WhyValue *
why_emit_reshape (WhyGraph *graph, GError **error, WhyValue *value, int rank, const gint64 *dims)
{
  const WhyAttr allow_zero = { .name = "allowzero", .type = WHY_ATTR_INT, .i = 1 };

  if (value == NULL)
    return NULL;
  if (value->rank == rank &&
      (rank == 0 || memcmp (value->dims, dims, (gsize) rank * sizeof *dims) == 0))
    return value;
  WhyValue *inputs[] = { value, why_emit_i64 (graph, (gsize) rank, dims) };
  return why_emit (graph, error, "Reshape", 2, inputs, &allow_zero, 1);
}

WhyValue *
why_emit_transpose (WhyGraph *graph, GError **error, WhyValue *value, const gint64 *perm)
{
  if (value == NULL)
    return NULL;
  const WhyAttr attr = {
    .name = "perm", .type = WHY_ATTR_INTS, .ints = perm, .n = (gsize) value->rank
  };
  return why_emit (graph, error, "Transpose", 1, &value, &attr, 1);
}

WhyValue *
why_emit_reduce_sum (WhyGraph *graph,
                     GError **error,
                     WhyValue *value,
                     const gint64 *axes,
                     gsize n_axes,
                     gboolean keep_dims)
{
  const WhyAttr attr = { .name = "keepdims", .type = WHY_ATTR_INT, .i = keep_dims };

  if (value == NULL || n_axes == 0)
    return value;
  WhyValue *inputs[] = { value, why_emit_i64 (graph, n_axes, axes) };
  return why_emit (graph, error, "ReduceSum", 2, inputs, &attr, 1);
}

WhyValue *
why_emit_sum_to (WhyGraph *graph, GError **error, WhyValue *value, int rank, const gint64 *dims)
{
  gint64 axes[WHY_MAX_RANK];
  gsize n_axes = 0;

  if (value == NULL)
    return NULL;
  int extra = value->rank - rank;
  for (int axis = 0; axis < value->rank; axis++)
    {
      if (axis < extra || (dims[axis - extra] == 1 && value->dims[axis] != 1))
        axes[n_axes++] = axis;
    }
  value = why_emit_reduce_sum (graph, error, value, axes, n_axes, TRUE);
  return why_emit_reshape (graph, error, value, rank, dims);
}
