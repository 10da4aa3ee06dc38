#include "config.h"

#include "graph/slice.h"

#include "families.h"
#include "movement.h"
#include "slice-emit.h"

#include "base/error.h"
#include "base/size.h"

#include <string.h>

/* ---- Slice ---- */

/* ONNX's rules: negative bounds count from the end, then both are clamped to the axis. The
 * documentation lets "end" be any huge number of either sign. @step is at most the axis long. */
static gint64
slice_axis (gint64 extent, gint64 start, gint64 end, gint64 step, gint64 *first)
{
  if (start < 0)
    start += extent;
  if (end < 0)
    end += extent;
  if (step > 0)
    {
      start = CLAMP (start, 0, extent);
      end = CLAMP (end, 0, extent);
      *first = start;
      return end > start ? (end - start - 1) / step + 1 : 0;
    }
  start = CLAMP (start, 0, MAX (extent - 1, 0));
  end = CLAMP (end, -1, extent - 1);
  *first = start;
  /* extent 0: start 0, end -1, but there is nothing */
  return extent > 0 && start > end ? (start - end - 1) / -step + 1 : 0;
}

static gboolean
slice_infer (WhyNode *node, GError **error)
{
  WhySliceParams *params = node->params;
  const WhyValue *input = node->inputs[0];
  gint64 starts[WHY_MAX_RANK], ends[WHY_MAX_RANK], axes[WHY_MAX_RANK], steps[WHY_MAX_RANK],
    dims[WHY_MAX_RANK];
  int n_starts, n_ends, n_axes = 0, n_steps = 0;
  gboolean has_axes;

  if (node->opset < 10)
    {
      has_axes = why_node_has_attr (node, "axes");
      if (!why_infer_attr_ints (node, "starts", WHY_MAX_RANK, starts, &n_starts, error) ||
          !why_infer_attr_ints (node, "ends", WHY_MAX_RANK, ends, &n_ends, error) ||
          !why_infer_attr_ints (node, "axes", WHY_MAX_RANK, axes, &n_axes, error))
        return FALSE;
    }
  else
    {
      if (why_node_input (node, 1) == NULL || why_node_input (node, 2) == NULL)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "'starts' or 'ends' is missing");
      has_axes = why_node_input (node, 3) != NULL;
      if (!why_infer_ints (node, 1, "starts", WHY_MAX_RANK, starts, &n_starts, error) ||
          !why_infer_ints (node, 2, "ends", WHY_MAX_RANK, ends, &n_ends, error) ||
          (has_axes && !why_infer_ints (node, 3, "axes", WHY_MAX_RANK, axes, &n_axes, error)) ||
          (why_node_input (node, 4) != NULL &&
           !why_infer_ints (node, 4, "steps", WHY_MAX_RANK, steps, &n_steps, error)))
        return FALSE;
    }
  if (!has_axes)
    {
      n_axes = n_starts;
      for (int place = 0; place < n_axes; place++)
        axes[place] = place;
    }
  if (n_steps == 0)
    {
      n_steps = n_starts;
      for (int place = 0; place < n_steps; place++)
        steps[place] = 1;
    }
  if (n_starts != n_ends || n_starts != n_axes || n_starts != n_steps)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "has %d starts, %d ends, %d axes and %d steps", n_starts, n_ends, n_axes,
                          n_steps);
  if (!why_infer_axes (node, n_axes, axes, input->rank, error))
    return FALSE;

  for (int axis = 0; axis < input->rank; axis++)
    {
      params->start[axis] = 0;
      params->step[axis] = 1;
      dims[axis] = input->dims[axis];
    }
  for (int place = 0; place < n_axes; place++)
    {
      int axis = (int) axes[place];
      if (steps[place] == 0)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "the step of axis %d is 0", axis);
      /* A step beyond the axis takes its first element only, like any other such step. */
      gint64 reach = MAX (input->dims[axis], 1);
      params->step[axis] = CLAMP (steps[place], -reach, reach);
      dims[axis] = slice_axis (input->dims[axis], starts[place], ends[place], params->step[axis],
                               &params->start[axis]);
    }
  return why_node_set_output (node, 0, input->dtype, input->rank, dims, error);
}

/* Copies between the box and the strided places of the whole tensor. */
static void
copy_box (const WhySliceParams *params, const WhyTensor *box, const WhyTensor *whole,
          gboolean into_whole)
{
  gint64 box_strides[WHY_MAX_RANK], strides[WHY_MAX_RANK], first = 0;

  if (why_tensor_count (box) == 0)
    return;
  why_dims_dense_strides (box->rank, box->dims, box_strides);
  why_dims_dense_strides (whole->rank, whole->dims, strides);
  for (int axis = 0; axis < box->rank; axis++)
    {
      first += params->start[axis] * strides[axis];
      strides[axis] *= params->step[axis];
    }
  gsize size = why_dtype_size (box->dtype);
  gpointer place = why_tensor_at (whole, first);
  if (into_whole)
    why_move_strided (box->rank, box->dims, size, box->data, box_strides, place, strides);
  else
    why_move_strided (box->rank, box->dims, size, place, strides, box->data, box_strides);
}

static gboolean
slice_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
            GError **error)
{
  copy_box (node->params, outputs[0], inputs[0], FALSE);
  return TRUE;
}

static WhyValue *
emit_slice_grad (WhyGraph *graph, GError **error, WhyValue *value, int rank, const gint64 *dims,
                 const WhySliceParams *params)
{
  const WhyAttr attrs[] = {
    WHY_ATTR_OF_INTS ("dims", dims, rank),
    WHY_ATTR_OF_INTS ("starts", params->start, rank),
    WHY_ATTR_OF_INTS ("steps", params->step, rank),
  };
  return value != NULL
           ? why_emit (graph, error, "SliceGrad", 1, &value, attrs, G_N_ELEMENTS (attrs))
           : NULL;
}

static gboolean
slice_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  return why_grad_add (builder, node, 0,
                       emit_slice_grad (why_grad_graph (builder), error,
                                        why_grad_output (builder, node, 0), input->rank,
                                        input->dims, node->params));
}

static void
slice_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhySliceParams *params = node->params;

  if (input != 0)
    return;
  for (int axis = 0; axis < out->rank; axis++)
    {
      gint64 first = params->start[axis] + out->lo[axis] * params->step[axis];
      gint64 last = params->start[axis] + (out->hi[axis] - 1) * params->step[axis];
      in->lo[axis] = out->hi[axis] > out->lo[axis] ? MIN (first, last) : 0;
      in->hi[axis] = out->hi[axis] > out->lo[axis] ? MAX (first, last) + 1 : 0;
    }
}

/* ---- SliceGrad: the adjoint: writes its input to the places that Slice would read ---- */

static gboolean
slice_grad_infer (WhyNode *node, GError **error)
{
  WhySliceParams *params = node->params;
  gint64 dims[WHY_MAX_RANK];
  int rank, n_starts, n_steps;

  if (!why_infer_attr_ints (node, "dims", WHY_MAX_RANK, dims, &rank, error) ||
      !why_infer_attr_ints (node, "starts", WHY_MAX_RANK, params->start, &n_starts, error) ||
      !why_infer_attr_ints (node, "steps", WHY_MAX_RANK, params->step, &n_steps, error))
    return FALSE;
  g_assert (n_starts == rank && n_steps == rank && node->inputs[0]->rank == rank);
  return why_node_set_output (node, 0, node->inputs[0]->dtype, rank, dims, error);
}

static gboolean
slice_grad_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
                 GError **error)
{
  memset (outputs[0]->data, 0, why_tensor_count (outputs[0]) * why_dtype_size (outputs[0]->dtype));
  copy_box (node->params, inputs[0], outputs[0], TRUE);
  return TRUE;
}

static gboolean
slice_grad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhySliceParams *params = node->params;
  const WhyValue *box = node->inputs[0];
  WhyGraph *graph = why_grad_graph (builder);
  gint64 ends[WHY_MAX_RANK], axes[WHY_MAX_RANK];

  for (int axis = 0; axis < box->rank; axis++)
    {
      ends[axis] = params->start[axis] + (box->dims[axis] - 1) * params->step[axis] +
                   (params->step[axis] > 0 ? 1 : -1);
      if (box->dims[axis] == 0)
        ends[axis] = params->start[axis];
      else if (ends[axis] < 0)
        ends[axis] = G_MININT64; /* -1 would mean the last element */
      axes[axis] = axis;
    }
  gsize rank = (gsize) box->rank;
  WhyValue *inputs[] = { why_grad_output (builder, node, 0),
                         why_emit_i64 (graph, rank, params->start),
                         why_emit_i64 (graph, rank, ends), why_emit_i64 (graph, rank, axes),
                         why_emit_i64 (graph, rank, params->step) };
  return why_grad_add (builder, node, 0,
                       why_emit (graph, error, "Slice", G_N_ELEMENTS (inputs), inputs, NULL, 0));
}

static void
slice_grad_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhySliceParams *params = node->params;

  for (int axis = 0; axis < out->rank; axis++)
    {
      gint64 start = params->start[axis], step = params->step[axis],
             count = node->inputs[0]->dims[axis];
      if (step < 0)
        {
          start += (count - 1) * step;
          step = -step;
        }
      /* The first place at or behind lo, and the first at or behind hi. */
      gint64 lo = out->lo[axis] <= start ? 0 : (out->lo[axis] - start + step - 1) / step;
      gint64 hi = out->hi[axis] <= start ? 0 : (out->hi[axis] - start + step - 1) / step;
      in->lo[axis] = params->step[axis] > 0 ? lo : count - hi;
      in->hi[axis] = params->step[axis] > 0 ? hi : count - lo;
    }
}

WhyValue *
why_emit_slice (WhyGraph *graph, GError **error, WhyValue *value, int axis, gint64 begin,
                gint64 end)
{
  const gint64 where = axis;

  if (value == NULL)
    return NULL;
  if (begin == 0 && end == value->dims[axis])
    return value;
  WhyValue *inputs[] = { value, why_emit_i64 (graph, 1, &begin), why_emit_i64 (graph, 1, &end),
                         why_emit_i64 (graph, 1, &where) };
  return why_emit (graph, error, "Slice", G_N_ELEMENTS (inputs), inputs, NULL, 0);
}

WhyValue *
why_emit_place (WhyGraph *graph, GError **error, WhyValue *value, int axis, gint64 offset,
                gint64 extent)
{
  WhySliceParams params;
  gint64 dims[WHY_MAX_RANK];

  if (value == NULL)
    return NULL;
  for (int each = 0; each < value->rank; each++)
    {
      params.start[each] = each == axis ? offset : 0;
      params.step[each] = 1;
      dims[each] = each == axis ? extent : value->dims[each];
    }
  return emit_slice_grad (graph, error, value, value->rank, dims, &params);
}

/* ---- Expand ---- */

static gboolean
expand_infer (WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  gint64 shape[WHY_MAX_RANK], dims[WHY_MAX_RANK];
  int n, rank;

  if (!why_infer_ints (node, 1, "shape", WHY_MAX_RANK, shape, &n, error))
    return FALSE;
  for (int axis = 0; axis < n; axis++)
    {
      if (shape[axis] < 0)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                              "the shape's entry %d is %" G_GINT64_FORMAT, axis, shape[axis]);
    }
  if (!why_dims_broadcast (input->rank, input->dims, n, shape, &rank, dims))
    {
      g_autofree char *text = why_dims_to_string (input->rank, input->dims);
      g_autofree char *wanted = why_dims_to_string (n, shape);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "%s cannot be expanded to %s", text,
                            wanted);
    }
  return why_node_set_output (node, 0, input->dtype, rank, dims, error);
}

static gboolean
expand_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
             GError **error)
{
  gint64 from[WHY_MAX_RANK], to[WHY_MAX_RANK];

  why_broadcast_strides (inputs[0]->rank, inputs[0]->dims, outputs[0]->rank, outputs[0]->dims,
                         from);
  why_dims_dense_strides (outputs[0]->rank, outputs[0]->dims, to);
  why_move_strided (outputs[0]->rank, outputs[0]->dims, why_dtype_size (outputs[0]->dtype),
                    inputs[0]->data, from, outputs[0]->data, to);
  return TRUE;
}

static gboolean
expand_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  return why_grad_add (builder, node, 0,
                       why_emit_sum_to (why_grad_graph (builder), error,
                                        why_grad_output (builder, node, 0), input->rank,
                                        input->dims));
}

static void
expand_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  for (int axis = 0; input == 0 && axis < in->rank; axis++)
    {
      int out_axis = out->rank - in->rank + axis;
      if (node->inputs[0]->dims[axis] == 1)
        continue;
      in->lo[axis] = out->lo[out_axis];
      in->hi[axis] = out->hi[out_axis];
    }
}

/* ---- Tile ---- */

static gboolean
tile_infer (WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  gint64 repeats[WHY_MAX_RANK], dims[WHY_MAX_RANK];
  int n;

  if (!why_infer_ints (node, 1, "repeats", WHY_MAX_RANK, repeats, &n, error))
    return FALSE;
  if (n != input->rank)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "has %d repeats for %d dimensions", n,
                          input->rank);
  for (int axis = 0; axis < n; axis++)
    {
      if (repeats[axis] < 0 || !why_dim_mul (input->dims[axis], repeats[axis], &dims[axis]))
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                              "cannot repeat axis %d %" G_GINT64_FORMAT " times", axis,
                              repeats[axis]);
    }
  return why_node_set_output (node, 0, input->dtype, n, dims, error);
}

static gboolean
tile_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  int rank = outputs[0]->rank;
  gint64 in_strides[WHY_MAX_RANK], out_strides[WHY_MAX_RANK];
  gint64 dims[WHY_MOVE_RANK], from[WHY_MOVE_RANK], to[WHY_MOVE_RANK];

  if (why_tensor_count (outputs[0]) == 0)
    return TRUE;
  why_dims_dense_strides (rank, inputs[0]->dims, in_strides);
  why_dims_dense_strides (rank, outputs[0]->dims, out_strides);
  for (int axis = 0; axis < rank; axis++)
    {
      dims[2 * axis] = outputs[0]->dims[axis] / inputs[0]->dims[axis];
      from[2 * axis] = 0;
      to[2 * axis] = out_strides[axis] * inputs[0]->dims[axis];
      dims[2 * axis + 1] = inputs[0]->dims[axis];
      from[2 * axis + 1] = in_strides[axis];
      to[2 * axis + 1] = out_strides[axis];
    }
  why_move_strided (2 * rank, dims, why_dtype_size (outputs[0]->dtype), inputs[0]->data, from,
                    outputs[0]->data, to);
  return TRUE;
}

/* One repeated axis after the other, so that the rank never grows. */
static gboolean
tile_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *gradient = why_grad_output (builder, node, 0);
  gint64 dims[WHY_MAX_RANK];

  memcpy (dims, node->outputs[0]->dims, sizeof dims);
  if (why_dims_product (dims, 0, input->rank) == 0)
    {
      /* Repeated no times at all. */
      WhyValue *shape = why_emit_i64 (graph, (gsize) input->rank, input->dims);
      WhyValue *zero = why_emit_scalar (graph, input, 0);
      return why_grad_add (builder, node, 0, why_emit2 (graph, error, "Expand", zero, shape));
    }
  for (int axis = 0; axis < input->rank; axis++)
    {
      if (dims[axis] == input->dims[axis])
        continue;
      gint64 repeat = dims[axis] / input->dims[axis];
      gint64 inner = why_dims_product (dims, axis + 1, input->rank) * input->dims[axis];
      const gint64 split[] = { why_dims_product (dims, 0, axis), repeat, inner }, one = 1;
      gradient = why_emit_reshape (graph, error, gradient, 3, split);
      gradient = why_emit_reduce_sum (graph, error, gradient, &one, 1, FALSE);
      dims[axis] = input->dims[axis];
      gradient = why_emit_reshape (graph, error, gradient, input->rank, dims);
    }
  return why_grad_add (builder, node, 0, gradient);
}

static void
tile_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  for (int axis = 0; input == 0 && axis < in->rank; axis++)
    {
      gint64 extent = node->inputs[0]->dims[axis];
      if (extent == 0 || out->hi[axis] <= out->lo[axis] ||
          out->lo[axis] / extent != (out->hi[axis] - 1) / extent)
        continue;
      in->lo[axis] = out->lo[axis] % extent;
      in->hi[axis] = (out->hi[axis] - 1) % extent + 1;
    }
}

/* clang-format off */
const WhyOpClass why_ops_slice[] = {
  { .type = "Slice", .since = 1, .min_inputs = 1, .max_inputs = 5, .max_outputs = 1,
    .params_size = sizeof (WhySliceParams), .infer = slice_infer, .eval = slice_eval,
    .gradient = slice_gradient, .region = slice_region },
  { .type = "SliceGrad", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .flags = WHY_OP_INTERNAL, .params_size = sizeof (WhySliceParams), .infer = slice_grad_infer,
    .eval = slice_grad_eval, .gradient = slice_grad_gradient, .region = slice_grad_region },
  { .type = "Expand", .since = 8, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,
    .infer = expand_infer, .eval = expand_eval, .gradient = expand_gradient,
    .region = expand_region },
  { .type = "Tile", .since = 6, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,
    .infer = tile_infer, .eval = tile_eval, .gradient = tile_gradient, .region = tile_region },
  { .type = NULL },
};
/* clang-format on */
