#include "config.h"

#include "graph/gather.h"

#include "families.h"
#include "movement.h"

#include "base/error.h"
#include "base/size.h"

#include <string.h>

/* All operators here are one thing: a list of places in the data, computed from the indices, at
 * each of which a slice of neighbouring elements is read or written in the order of the list. */
typedef struct
{
  gsize n_slices;
  gsize slice;     /* elements */
  gint64 *offsets; /* flat indices into the data */
} Places;

static gboolean
place_index (const WhyNode *node, const WhyTensor *indices, gsize at, int axis, gint64 extent,
             gint64 *result, GError **error)
{
  gint64 index = why_tensor_get_i64 (indices, at);
  if (index < -extent || index >= extent)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "index %" G_GINT64_FORMAT " (number %" G_GSIZE_FORMAT
                          " of the indices) is outside axis %d of %" G_GINT64_FORMAT " entries",
                          index, at, axis, extent);
  *result = index < 0 ? index + extent : index;
  return TRUE;
}

static gboolean
places_across_axis (const WhyNode *node, const WhyValue *data, const WhyTensor *indices, int axis,
                    Places *places, GError **error)
{
  gsize n_indices = why_tensor_count (indices),
        outer = (gsize) why_dims_product (data->dims, 0, axis);
  gint64 inner = why_dims_product (data->dims, axis + 1, data->rank), extent = data->dims[axis],
         index = 0;

  for (gsize at = 0; at < n_indices; at++)
    {
      if (!place_index (node, indices, at, axis, extent, &index, error))
        return FALSE;
      for (gsize o = 0; o < outer; o++)
        places->offsets[o * n_indices + at] = ((gint64) o * extent + index) * inner;
    }
  return TRUE;
}

static gboolean
places_of_elements (const WhyNode *node, const WhyValue *data, const WhyTensor *indices, int axis,
                    Places *places, GError **error)
{
  gint64 strides[WHY_MAX_RANK], at[WHY_MAX_RANK] = { 0 }, index = 0;

  why_dims_dense_strides (data->rank, data->dims, strides);
  for (gsize element = 0; element < places->n_slices; element++)
    {
      gint64 offset = 0;
      if (!place_index (node, indices, element, axis, data->dims[axis], &index, error))
        return FALSE;
      for (int each = 0; each < data->rank; each++)
        offset += (each == axis ? index : at[each]) * strides[each];
      places->offsets[element] = offset;
      for (int each = data->rank - 1; each >= 0; each--)
        {
          if (++at[each] < indices->dims[each])
            break;
          at[each] = 0;
        }
    }
  return TRUE;
}

static gboolean
places_of_rows (const WhyNode *node, const WhyValue *data, const WhyTensor *indices, int batch_dims,
                Places *places, GError **error)
{
  gint64 strides[WHY_MAX_RANK], index = 0;
  gsize width = (gsize) indices->dims[indices->rank - 1];
  gsize n_batches = (gsize) why_dims_product (indices->dims, 0, batch_dims);
  gint64 batch_size = why_dims_product (data->dims, batch_dims, data->rank);

  why_dims_dense_strides (data->rank, data->dims, strides);
  for (gsize row = 0; row < places->n_slices; row++)
    {
      gint64 offset = (gint64) (row / (places->n_slices / n_batches)) * batch_size;
      for (gsize column = 0; column < width; column++)
        {
          int axis = batch_dims + (int) column;
          if (!place_index (node, indices, row * width + column, axis, data->dims[axis], &index,
                            error))
            return FALSE;
          offset += index * strides[axis];
        }
      places->offsets[row] = offset;
    }
  return TRUE;
}

/* @data: the value whose dims the places refer to; @moved: what is read or written at them */
static gboolean
places_init (Places *places, const WhyNode *node, const WhyValue *data, const WhyTensor *indices,
             const WhyTensor *moved, GError **error)
{
  const WhyGatherParams *params = node->params;
  gsize count = why_tensor_count (moved);

  memset (places, 0, sizeof *places);
  switch (params->kind)
    {
    case WHY_GATHER_AXIS:
      places->slice = (gsize) why_dims_product (data->dims, params->axis + 1, data->rank);
      break;
    case WHY_GATHER_ELEMENTS: places->slice = 1; break;
    case WHY_GATHER_ND:
      places->slice = (gsize) why_dims_product (
        data->dims, params->batch_dims + (int) indices->dims[indices->rank - 1], data->rank);
      break;
    }
  /* Nothing to move: the indices do not matter. */
  if (count == 0)
    return TRUE;
  places->n_slices = count / places->slice;
  places->offsets = g_try_new (gint64, places->n_slices);
  if (places->offsets == NULL)
    return why_node_fail (node, error, WHY_ERROR_TOO_LARGE,
                          "there is no memory for %" G_GSIZE_FORMAT " places", places->n_slices);

  gboolean done = FALSE;
  switch (params->kind)
    {
    case WHY_GATHER_AXIS:
      done = places_across_axis (node, data, indices, params->axis, places, error);
      break;
    case WHY_GATHER_ELEMENTS:
      done = places_of_elements (node, data, indices, params->axis, places, error);
      break;
    case WHY_GATHER_ND:
      done = places_of_rows (node, data, indices, params->batch_dims, places, error);
      break;
    }
  if (!done)
    g_clear_pointer (&places->offsets, g_free);
  return done;
}

/* ---- infer ---- */

static gboolean
infer_indices (const WhyNode *node, const WhyValue *indices, GError **error)
{
  if (indices->dtype != WHY_DTYPE_INT64 && indices->dtype != WHY_DTYPE_INT32)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "the indices are %s, expected int64 or int32",
                          why_dtype_name (indices->dtype));
  return TRUE;
}

static gboolean
gather_infer (WhyNode *node, GError **error)
{
  WhyGatherParams *params = node->params;
  const WhyValue *data = node->inputs[0], *indices = node->inputs[1];
  gint64 dims[2 * WHY_MAX_RANK];
  int rank = 0;

  if (!infer_indices (node, indices, error) ||
      !why_node_axis (node, why_node_int (node, "axis", 0), data->rank, &params->axis, error))
    return FALSE;
  for (int axis = 0; axis < params->axis; axis++)
    dims[rank++] = data->dims[axis];
  for (int axis = 0; axis < indices->rank; axis++)
    dims[rank++] = indices->dims[axis];
  for (int axis = params->axis + 1; axis < data->rank; axis++)
    dims[rank++] = data->dims[axis];
  return why_node_set_output (node, 0, data->dtype, rank, dims, error);
}

/* Indices of single elements: as many axes as the data, none longer but the one to choose from. */
static gboolean
infer_elements (const WhyNode *node, const WhyValue *data, const WhyValue *indices, GError **error)
{
  WhyGatherParams *params = node->params;

  params->kind = WHY_GATHER_ELEMENTS;
  if (!infer_indices (node, indices, error) ||
      !why_node_axis (node, why_node_int (node, "axis", 0), data->rank, &params->axis, error))
    return FALSE;
  gboolean fits = data->rank == indices->rank;
  for (int axis = 0; fits && axis < data->rank; axis++)
    fits = axis == params->axis || indices->dims[axis] <= data->dims[axis];
  if (!fits)
    {
      g_autofree char *text = why_dims_to_string (indices->rank, indices->dims);
      g_autofree char *other = why_dims_to_string (data->rank, data->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "the indices are %s, the data is %s",
                            text, other);
    }
  return TRUE;
}

static gboolean
gather_elements_infer (WhyNode *node, GError **error)
{
  return infer_elements (node, node->inputs[0], node->inputs[1], error) &&
         why_node_set_output_like (node, 0, node->inputs[0]->dtype, node->inputs[1], error);
}

/* Rows of indices: the last axis is a row, which names a place along the data's axes behind the
 * @batch_dims shared ones. Gives the dims of what is moved. */
static gboolean
infer_rows (const WhyNode *node, const WhyValue *data, const WhyValue *indices, gint64 batch_dims,
            int *rank, gint64 *dims, GError **error)
{
  WhyGatherParams *params = node->params;

  params->kind = WHY_GATHER_ND;
  if (!infer_indices (node, indices, error))
    return FALSE;
  if (data->rank < 1 || indices->rank < 1)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "data and indices need at least one dimension");
  if (batch_dims < 0 || batch_dims >= MIN (data->rank, indices->rank))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "batch_dims is %" G_GINT64_FORMAT ", expected 0 to %d", batch_dims,
                          MIN (data->rank, indices->rank) - 1);
  gint64 width = indices->dims[indices->rank - 1];
  gboolean fits = width <= data->rank - batch_dims;
  for (int axis = 0; fits && axis < batch_dims; axis++)
    fits = data->dims[axis] == indices->dims[axis];
  if (!fits)
    {
      g_autofree char *text = why_dims_to_string (indices->rank, indices->dims);
      g_autofree char *other = why_dims_to_string (data->rank, data->dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "the indices are %s, the data is %s",
                            text, other);
    }
  params->batch_dims = (int) batch_dims;
  *rank = 0;
  for (int axis = 0; axis < indices->rank - 1; axis++)
    dims[(*rank)++] = indices->dims[axis];
  for (int axis = (int) (batch_dims + width); axis < data->rank; axis++)
    dims[(*rank)++] = data->dims[axis];
  return TRUE;
}

static gboolean
gather_nd_infer (WhyNode *node, GError **error)
{
  gint64 dims[2 * WHY_MAX_RANK];
  int rank = 0;

  return infer_rows (node, node->inputs[0], node->inputs[1], why_node_int (node, "batch_dims", 0),
                     &rank, dims, error) &&
         why_node_set_output (node, 0, node->inputs[0]->dtype, rank, dims, error);
}

static gboolean
scatter_infer_reduction (const WhyNode *node, GError **error)
{
  static const char *const names[] = { "none", "add", "mul", "max", "min" };
  WhyGatherParams *params = node->params;
  const char *name = why_node_string (node, "reduction", "none");

  if (node->inputs[2]->dtype != node->inputs[0]->dtype)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "the updates are %s, the data is %s",
                          why_dtype_name (node->inputs[2]->dtype),
                          why_dtype_name (node->inputs[0]->dtype));
  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    {
      if (strcmp (names[index], name) != 0)
        continue;
      params->reduction = (WhyScatterReduction) index;
      return TRUE;
    }
  return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                        "reduction is '%s', expected none, add, mul, max or min", name);
}

static gboolean
scatter_infer_updates (WhyNode *node, int rank, const gint64 *dims, GError **error)
{
  const WhyValue *updates = node->inputs[2];
  if (updates->rank != rank ||
      (rank > 0 && memcmp (updates->dims, dims, (gsize) rank * sizeof *dims) != 0))
    {
      g_autofree char *text = why_dims_to_string (updates->rank, updates->dims);
      g_autofree char *wanted = why_dims_to_string (rank, dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "the updates are %s, expected %s",
                            text, wanted);
    }
  return scatter_infer_reduction (node, error) &&
         why_node_set_output_like (node, 0, node->inputs[0]->dtype, node->inputs[0], error);
}

static gboolean
scatter_elements_infer (WhyNode *node, GError **error)
{
  return infer_elements (node, node->inputs[0], node->inputs[1], error) &&
         scatter_infer_updates (node, node->inputs[1]->rank, node->inputs[1]->dims, error);
}

static gboolean
scatter_nd_infer (WhyNode *node, GError **error)
{
  gint64 dims[2 * WHY_MAX_RANK];
  int rank = 0;

  return infer_rows (node, node->inputs[0], node->inputs[1], 0, &rank, dims, error) &&
         scatter_infer_updates (node, rank, dims, error);
}

/* ---- eval ---- */

static gboolean
gather_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
             GError **error)
{
  Places places;

  if (!places_init (&places, node, node->inputs[0], inputs[1], outputs[0], error))
    return FALSE;
  gsize size = why_dtype_size (outputs[0]->dtype), n_bytes = places.slice * size;
  const char *from = inputs[0]->data;
  char *to = outputs[0]->data;
  for (gsize slice = 0; slice < places.n_slices; slice++)
    memcpy (to + slice * n_bytes, from + places.offsets[slice] * (gint64) size, n_bytes);
  g_free (places.offsets);
  return TRUE;
}

static void
reduce_float (WhyScatterReduction reduction, WhyTensor *to, gsize at, double update)
{
  double value = why_tensor_get_f64 (to, at);
  switch (reduction)
    {
    case WHY_SCATTER_NONE: value = update; break;
    case WHY_SCATTER_ADD: value += update; break;
    case WHY_SCATTER_MUL: value *= update; break;
    case WHY_SCATTER_MAX: value = value < update || update != update ? update : value; break;
    case WHY_SCATTER_MIN: value = value > update || update != update ? update : value; break;
    }
  why_tensor_set_f64 (to, at, value);
}

static void
reduce_integer (WhyScatterReduction reduction, WhyTensor *to, gsize at, gint64 update)
{
  gint64 value = why_tensor_get_i64 (to, at);
  gboolean is_less = to->dtype == WHY_DTYPE_UINT64 ? (guint64) value < (guint64) update
                                                   : value < update;
  switch (reduction)
    {
    case WHY_SCATTER_NONE: value = update; break;
    case WHY_SCATTER_ADD: value = (gint64) ((guint64) value + (guint64) update); break;
    case WHY_SCATTER_MUL: value = (gint64) ((guint64) value * (guint64) update); break;
    case WHY_SCATTER_MAX: value = is_less ? update : value; break;
    case WHY_SCATTER_MIN: value = is_less ? value : update; break;
    }
  why_tensor_set_i64 (to, at, value);
}

static void
scatter_into (const Places *places, WhyScatterReduction reduction, const WhyTensor *updates,
              WhyTensor *to)
{
  gsize size = why_dtype_size (to->dtype);
  gboolean is_float = why_dtype_is_float (to->dtype);

  for (gsize slice = 0; slice < places->n_slices; slice++)
    {
      gsize from = slice * places->slice, at = (gsize) places->offsets[slice];
      if (reduction == WHY_SCATTER_NONE)
        memcpy ((char *) to->data + at * size, (const char *) updates->data + from * size,
                places->slice * size);
      else if (reduction == WHY_SCATTER_ADD && to->dtype == WHY_DTYPE_FLOAT32)
        {
          for (gsize element = 0; element < places->slice; element++)
            ((float *) to->data)[at + element] += ((const float *) updates->data)[from + element];
        }
      else if (is_float)
        {
          for (gsize element = 0; element < places->slice; element++)
            reduce_float (reduction, to, at + element,
                          why_tensor_get_f64 (updates, from + element));
        }
      else
        {
          for (gsize element = 0; element < places->slice; element++)
            reduce_integer (reduction, to, at + element,
                            why_tensor_get_i64 (updates, from + element));
        }
    }
}

static gboolean
scatter_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
              GError **error)
{
  const WhyGatherParams *params = node->params;
  Places places;

  if (!places_init (&places, node, node->inputs[0], inputs[1], inputs[2], error))
    return FALSE;
  why_move_all (inputs[0], outputs[0]);
  scatter_into (&places, params->reduction, inputs[2], outputs[0]);
  g_free (places.offsets);
  return TRUE;
}

/* ---- gradients ---- */

static WhyValue *
emit_gather (WhyGraph *graph, GError **error, const WhyGatherParams *params, WhyValue *data,
             WhyValue *indices)
{
  static const char *const types[] = { "Gather", "GatherElements", "GatherND" };
  const WhyAttr attr = params->kind == WHY_GATHER_ND
                         ? (WhyAttr) WHY_ATTR_OF_INT ("batch_dims", params->batch_dims)
                         : (WhyAttr) WHY_ATTR_OF_INT ("axis", params->axis);
  WhyValue *inputs[] = { data, indices };
  return why_emit (graph, error, types[params->kind], 2, inputs, &attr, 1);
}

static gboolean
gather_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyGatherParams *params = node->params;
  const WhyValue *data = node->inputs[0];
  const WhyAttr attrs[] = {
    WHY_ATTR_OF_INT ("kind", params->kind),
    WHY_ATTR_OF_INT ("axis", params->axis),
    WHY_ATTR_OF_INT ("batch_dims", params->batch_dims),
    WHY_ATTR_OF_INTS ("dims", data->dims, data->rank),
  };
  WhyValue *inputs[] = { why_grad_output (builder, node, 0), node->inputs[1] };
  return why_grad_add (builder, node, 0,
                       why_emit (why_grad_graph (builder), error, "GatherGrad", 2, inputs, attrs,
                                 G_N_ELEMENTS (attrs)));
}

/* GatherGrad: adds every slice of its first input to the place in a tensor of zeros that Gather
 * read it from */

static gboolean
gather_grad_infer (WhyNode *node, GError **error)
{
  WhyGatherParams *params = node->params;
  gint64 dims[WHY_MAX_RANK];
  int rank;

  params->kind = (WhyGatherKind) why_node_int (node, "kind", 0);
  params->axis = (int) why_node_int (node, "axis", 0);
  params->batch_dims = (int) why_node_int (node, "batch_dims", 0);
  return why_infer_attr_ints (node, "dims", WHY_MAX_RANK, dims, &rank, error) &&
         why_node_set_output (node, 0, node->inputs[0]->dtype, rank, dims, error);
}

static gboolean
gather_grad_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
                  GError **error)
{
  Places places;

  if (!places_init (&places, node, node->outputs[0], inputs[1], inputs[0], error))
    return FALSE;
  memset (outputs[0]->data, 0, why_tensor_count (outputs[0]) * why_dtype_size (outputs[0]->dtype));
  scatter_into (&places, WHY_SCATTER_ADD, inputs[0], outputs[0]);
  g_free (places.offsets);
  return TRUE;
}

static gboolean
gather_grad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  return why_grad_add (builder, node, 0,
                       emit_gather (why_grad_graph (builder), error, node->params,
                                    why_grad_output (builder, node, 0), node->inputs[1]));
}

static gboolean
scatter_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyGatherParams *params = node->params;
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *gradient = why_grad_output (builder, node, 0), *indices = node->inputs[1];
  const WhyValue *updates = node->inputs[2];

  if (params->reduction > WHY_SCATTER_ADD)
    {
      const WhyAttr attrs[] = {
        WHY_ATTR_OF_INT ("kind", params->kind),
        WHY_ATTR_OF_INT ("axis", params->axis),
        WHY_ATTR_OF_STRING ("reduction", why_node_string (node, "reduction", "none")),
      };
      WhyValue *inputs[] = { node->inputs[0], indices, node->inputs[2], gradient };
      WhyValue **both = why_graph_add_node (graph, "ScatterGrad", 0, NULL, inputs,
                                            G_N_ELEMENTS (inputs), NULL, 2, attrs,
                                            G_N_ELEMENTS (attrs), error);
      return both != NULL && why_grad_add (builder, node, 0, both[0]) &&
             why_grad_add (builder, node, 2, both[1]);
    }
  if (why_grad_wanted (builder, node, 0))
    {
      WhyValue *passed = gradient;
      if (params->reduction == WHY_SCATTER_NONE)
        {
          /* What was overwritten has no influence. */
          const WhyAttr axis = WHY_ATTR_OF_INT ("axis", params->axis);
          WhyValue *shape = why_emit_i64 (graph, (gsize) updates->rank, updates->dims);
          WhyValue *zeros = why_emit2 (graph, error, "Expand", why_emit_scalar (graph, updates, 0),
                                       shape);
          WhyValue *inputs[] = { gradient, indices, zeros };
          passed = zeros == NULL ? NULL
                   : params->kind == WHY_GATHER_ND
                     ? why_emit (graph, error, "ScatterND", 3, inputs, NULL, 0)
                     : why_emit (graph, error, "ScatterElements", 3, inputs, &axis, 1);
        }
      if (!why_grad_add (builder, node, 0, passed))
        return FALSE;
    }
  return !why_grad_wanted (builder, node, 2) ||
         why_grad_add (builder, node, 2, emit_gather (graph, error, params, gradient, indices));
}

/* ScatterGrad: for mul, max and min. Inputs data, indices, updates and the gradient of the result;
 * outputs the gradients of data and of updates. A product gives each factor the product of the
 * others, a maximum is shared evenly by all that attain it (as PyTorch's scatter_reduce does). */

static gboolean
scatter_grad_infer (WhyNode *node, GError **error)
{
  WhyGatherParams *params = node->params;

  params->kind = (WhyGatherKind) why_node_int (node, "kind", 0);
  params->axis = (int) why_node_int (node, "axis", 0);
  return scatter_infer_reduction (node, error) &&
         why_node_set_output_like (node, 0, node->inputs[0]->dtype, node->inputs[0], error) &&
         why_node_set_output_like (node, 1, node->inputs[2]->dtype, node->inputs[2], error);
}

/* What one element of the result was made of. */
typedef struct
{
  double value; /* product of the factors that are not zero, or the extreme */
  gint64 count; /* factors that are zero, or how many attain the extreme */
} Cell;

static void
cell_take (WhyScatterReduction reduction, Cell *cell, double value)
{
  if (reduction == WHY_SCATTER_MUL)
    {
      cell->count += value == 0;
      cell->value *= value == 0 ? 1 : value;
    }
  else if (value == cell->value)
    cell->count++;
  else if (reduction == WHY_SCATTER_MAX ? value > cell->value : value < cell->value)
    *cell = (Cell) { .value = value, .count = 1 };
}

static double
cell_share (WhyScatterReduction reduction, const Cell *cell, double value)
{
  if (reduction == WHY_SCATTER_MUL)
    {
      if (value == 0)
        return cell->count == 1 ? cell->value : 0;
      return cell->count == 0 ? cell->value / value : 0;
    }
  return value == cell->value ? 1.0 / (double) cell->count : 0;
}

static gboolean
scatter_grad_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
                   GError **error)
{
  const WhyGatherParams *params = node->params;
  const WhyTensor *data = inputs[0], *updates = inputs[2], *gradient = inputs[3];
  WhyScatterReduction reduction = params->reduction;
  gsize count = why_tensor_count (data);
  Places places;

  if (!places_init (&places, node, node->inputs[0], inputs[1], updates, error))
    return FALSE;
  g_autofree gint64 *offsets = places.offsets;
  g_autofree Cell *cells = g_try_new (Cell, count + 1);
  if (cells == NULL)
    return why_node_fail (node, error, WHY_ERROR_TOO_LARGE, "there is no memory");

  for (gsize at = 0; at < count; at++)
    {
      double value = why_tensor_get_f64 (data, at);
      cells[at] = reduction == WHY_SCATTER_MUL ? (Cell) { .value = 1 } : (Cell) { .value = value };
      cell_take (reduction, &cells[at], value);
    }
  for (gsize slice = 0; slice < places.n_slices; slice++)
    {
      for (gsize element = 0; element < places.slice; element++)
        cell_take (reduction, &cells[(gsize) offsets[slice] + element],
                   why_tensor_get_f64 (updates, slice * places.slice + element));
    }
  for (gsize at = 0; outputs[0] != NULL && at < count; at++)
    why_tensor_set_f64 (outputs[0], at,
                        why_tensor_get_f64 (gradient, at) *
                          cell_share (reduction, &cells[at], why_tensor_get_f64 (data, at)));
  for (gsize slice = 0; outputs[1] != NULL && slice < places.n_slices; slice++)
    {
      for (gsize element = 0; element < places.slice; element++)
        {
          gsize at = (gsize) offsets[slice] + element, from = slice * places.slice + element;
          why_tensor_set_f64 (
            outputs[1], from,
            why_tensor_get_f64 (gradient, at) *
              cell_share (reduction, &cells[at], why_tensor_get_f64 (updates, from)));
        }
    }
  return TRUE;
}

/* ---- regions ---- */

/* The axes of the output: the data's before the axis, then the indices', then the data's others. */
static void
gather_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyGatherParams *params = node->params;
  const WhyValue *data = node->inputs[0], *indices = node->inputs[1];

  if (input == 1)
    {
      for (int axis = 0; axis < indices->rank; axis++)
        {
          in->lo[axis] = out->lo[params->axis + axis];
          in->hi[axis] = out->hi[params->axis + axis];
        }
      return;
    }
  for (int axis = 0; axis < data->rank; axis++)
    {
      int out_axis = axis < params->axis ? axis : axis - 1 + indices->rank;
      if (axis == params->axis)
        continue;
      in->lo[axis] = out->lo[out_axis];
      in->hi[axis] = out->hi[out_axis];
    }
  if (indices->constant == NULL)
    return;
  gint64 extent = data->dims[params->axis], lo = extent, hi = 0, begin = 0,
         end = (gint64) why_tensor_count (indices->constant);
  if (indices->rank == 1)
    {
      begin = CLAMP (out->lo[params->axis], 0, end);
      end = CLAMP (out->hi[params->axis], begin, end);
    }
  for (gint64 at = begin; at < end; at++)
    {
      /* They are checked when they are used; here wrong ones must only do no harm. */
      gint64 index = CLAMP (why_tensor_get_i64 (indices->constant, (gsize) at), -extent, extent);
      lo = MIN (lo, index < 0 ? index + extent : index);
      hi = MAX (hi, (index < 0 ? index + extent : index) + 1);
    }
  in->lo[params->axis] = lo;
  in->hi[params->axis] = hi;
}

static void
gather_elements_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyGatherParams *params = node->params;
  for (int axis = 0; axis < out->rank; axis++)
    {
      if (input == 0 && axis == params->axis)
        continue;
      in->lo[axis] = out->lo[axis];
      in->hi[axis] = out->hi[axis];
    }
}

static void
scatter_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  /* Updates may go anywhere; what they do not touch is the data at the same place. */
  if (input == 0)
    *in = *out;
}

/* clang-format off */
const WhyOpClass why_ops_gather[] = {
  { .type = "Gather", .since = 1, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,
    .params_size = sizeof (WhyGatherParams), .infer = gather_infer, .eval = gather_eval,
    .gradient = gather_gradient, .region = gather_region },
  { .type = "GatherElements", .since = 11, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,
    .params_size = sizeof (WhyGatherParams), .infer = gather_elements_infer, .eval = gather_eval,
    .gradient = gather_gradient, .region = gather_elements_region },
  { .type = "GatherND", .since = 11, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,
    .params_size = sizeof (WhyGatherParams), .infer = gather_nd_infer, .eval = gather_eval,
    .gradient = gather_gradient },
  { .type = "GatherGrad", .since = 1, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,
    .flags = WHY_OP_INTERNAL, .params_size = sizeof (WhyGatherParams), .infer = gather_grad_infer,
    .eval = gather_grad_eval, .gradient = gather_grad_gradient },
  { .type = "Scatter", .since = 9, .until = 10, .min_inputs = 3, .max_inputs = 3,
    .max_outputs = 1, .params_size = sizeof (WhyGatherParams), .infer = scatter_elements_infer,
    .eval = scatter_eval, .gradient = scatter_gradient, .region = scatter_region },
  { .type = "ScatterElements", .since = 11, .min_inputs = 3, .max_inputs = 3, .max_outputs = 1,
    .params_size = sizeof (WhyGatherParams), .infer = scatter_elements_infer,
    .eval = scatter_eval, .gradient = scatter_gradient, .region = scatter_region },
  { .type = "ScatterND", .since = 11, .min_inputs = 3, .max_inputs = 3, .max_outputs = 1,
    .params_size = sizeof (WhyGatherParams), .infer = scatter_nd_infer, .eval = scatter_eval,
    .gradient = scatter_gradient, .region = scatter_region },
  { .type = "ScatterGrad", .since = 1, .min_inputs = 4, .max_inputs = 4, .max_outputs = 2,
    .flags = WHY_OP_INTERNAL, .params_size = sizeof (WhyGatherParams),
    .infer = scatter_grad_infer, .eval = scatter_grad_eval },
  { .type = NULL },
};
/* clang-format on */
