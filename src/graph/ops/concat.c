#include "config.h"

#include "graph/concat.h"

#include "families.h"
#include "movement.h"
#include "slice-emit.h"

#include "base/error.h"
#include "base/size.h"

/* Copies a piece into, or out of, a tensor in which it begins at @offset along @axis. */
static void
copy_piece (const WhyTensor *piece, const WhyTensor *whole, int axis, gint64 offset, gboolean into)
{
  gint64 piece_strides[WHY_MAX_RANK], whole_strides[WHY_MAX_RANK];

  why_dims_dense_strides (piece->rank, piece->dims, piece_strides);
  why_dims_dense_strides (whole->rank, whole->dims, whole_strides);
  gsize size = why_dtype_size (whole->dtype);
  gpointer place = why_tensor_at (whole, offset * whole_strides[axis]);
  if (into)
    why_move_strided (piece->rank, piece->dims, size, piece->data, piece_strides, place,
                      whole_strides);
  else
    why_move_strided (piece->rank, piece->dims, size, place, whole_strides, piece->data,
                      piece_strides);
}

/* ---- Concat ---- */

gint64
why_concat_offset (const WhyNode *node, guint input)
{
  const WhyConcatParams *params = node->params;
  gint64 offset = 0;
  for (guint before = 0; before < input; before++)
    offset += node->inputs[before]->dims[params->axis];
  return offset;
}

static gboolean
concat_infer (WhyNode *node, GError **error)
{
  WhyConcatParams *params = node->params;
  const WhyValue *first = node->inputs[0];
  gint64 dims[WHY_MAX_RANK];

  if (!why_node_has_attr (node, "axis") && node->opset >= 4)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "'axis' is missing");
  if (!why_node_axis (node, why_node_int (node, "axis", 1), first->rank, &params->axis, error))
    return FALSE;
  for (int axis = 0; axis < first->rank; axis++)
    dims[axis] = first->dims[axis];
  for (guint input = 1; input < node->n_inputs; input++)
    {
      const WhyValue *value = node->inputs[input];
      if (value == NULL)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input %u is missing", input);
      if (value->dtype != first->dtype)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "input %u is %s, input 0 is %s",
                              input, why_dtype_name (value->dtype), why_dtype_name (first->dtype));
      gboolean fits = value->rank == first->rank;
      for (int axis = 0; fits && axis < first->rank; axis++)
        fits = axis == params->axis || value->dims[axis] == first->dims[axis];
      if (!fits)
        {
          g_autofree char *text = why_dims_to_string (value->rank, value->dims);
          g_autofree char *other = why_dims_to_string (first->rank, first->dims);
          return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                                "input %u is %s, input 0 is %s; they may differ along axis %d only",
                                input, text, other, params->axis);
        }
      if (!why_dim_add (dims[params->axis], value->dims[params->axis], &dims[params->axis]))
        return why_node_fail (node, error, WHY_ERROR_TOO_LARGE, "its output is too large");
    }
  return why_node_set_output (node, 0, first->dtype, first->rank, dims, error);
}

static gboolean
concat_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
             GError **error)
{
  const WhyConcatParams *params = node->params;
  gint64 offset = 0;

  for (guint input = 0; input < node->n_inputs; input++)
    {
      copy_piece (inputs[input], outputs[0], params->axis, offset, TRUE);
      offset += inputs[input]->dims[params->axis];
    }
  return TRUE;
}

static gboolean
concat_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyConcatParams *params = node->params;
  gint64 offset = 0;

  for (guint input = 0; input < node->n_inputs; input++)
    {
      gint64 size = node->inputs[input]->dims[params->axis];
      if (why_grad_wanted (builder, node, input) &&
          !why_grad_add (builder, node, input,
                         why_emit_slice (why_grad_graph (builder), error,
                                         why_grad_output (builder, node, 0), params->axis, offset,
                                         offset + size)))
        return FALSE;
      offset += size;
    }
  return TRUE;
}

static void
concat_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyConcatParams *params = node->params;
  gint64 offset = why_concat_offset (node, input);

  *in = *out;
  in->lo[params->axis] -= offset;
  in->hi[params->axis] -= offset;
}

/* ---- Split ---- */

void
why_split_range (const WhyNode *node, guint output, gint64 *offset, gint64 *size)
{
  const WhyConcatParams *params = node->params;
  gint64 extent = node->inputs[0]->dims[params->axis];
  const WhyValue *sizes = node->opset >= 13 ? why_node_input (node, 1) : NULL;
  gsize n_sizes = 0;
  const gint64 *attr = node->opset < 13 ? why_node_ints (node, "split", &n_sizes) : NULL;

  if (sizes == NULL && attr == NULL)
    {
      /* Equal pieces; from opset 18 on the last may be smaller. */
      gint64 piece = (extent + node->n_outputs - 1) / node->n_outputs;
      *offset = MIN (piece * output, extent);
      *size = MIN (piece, extent - *offset);
      return;
    }
  *offset = 0;
  for (guint before = 0; before <= output; before++)
    {
      *size = sizes != NULL ? why_tensor_get_i64 (sizes->constant, before) : attr[before];
      if (before < output)
        *offset += *size;
    }
}

static gboolean
split_infer (WhyNode *node, GError **error)
{
  WhyConcatParams *params = node->params;
  const WhyValue *input = node->inputs[0];
  gint64 dims[WHY_MAX_RANK], total = 0;
  gsize n_sizes = 0;
  gboolean given = FALSE;

  if (!why_node_axis (node, why_node_int (node, "axis", 0), input->rank, &params->axis, error))
    return FALSE;
  gint64 extent = input->dims[params->axis];
  if (node->opset >= 13 && why_node_input (node, 1) != NULL)
    {
      WhyTensor *sizes = why_node_need_constant (node, 1, "split", error);
      if (sizes == NULL)
        return FALSE;
      if (sizes->rank != 1 || sizes->dtype != WHY_DTYPE_INT64)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "split is not a list of int64 numbers");
      n_sizes = why_tensor_count (sizes);
      given = TRUE;
    }
  else if (node->opset < 13)
    given = why_node_ints (node, "split", &n_sizes) != NULL;

  if (given && n_sizes != node->n_outputs)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "split has %" G_GSIZE_FORMAT " sizes for %u outputs", n_sizes,
                          node->n_outputs);
  if (why_node_int (node, "num_outputs", node->n_outputs) != node->n_outputs)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "num_outputs is %" G_GINT64_FORMAT ", but there are %u",
                          why_node_int (node, "num_outputs", 0), node->n_outputs);
  if (!given && node->opset < 18 && extent % node->n_outputs != 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "%" G_GINT64_FORMAT
                          " entries of axis %d do not divide into %u equal pieces",
                          extent, params->axis, node->n_outputs);
  for (int axis = 0; axis < input->rank; axis++)
    dims[axis] = input->dims[axis];
  for (guint output = 0; output < node->n_outputs; output++)
    {
      gint64 offset;
      why_split_range (node, output, &offset, &dims[params->axis]);
      if (dims[params->axis] < 0 || dims[params->axis] > extent - total)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                              "the sizes in split do not add up to %" G_GINT64_FORMAT
                              ", the size of axis %d",
                              extent, params->axis);
      total += dims[params->axis];
      if (!why_node_set_output (node, output, input->dtype, input->rank, dims, error))
        return FALSE;
    }
  if (total != extent)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "the sizes in split add up to %" G_GINT64_FORMAT
                          ", but axis %d has %" G_GINT64_FORMAT,
                          total, params->axis, extent);
  return TRUE;
}

static gboolean
split_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
            GError **error)
{
  const WhyConcatParams *params = node->params;

  for (guint output = 0; output < node->n_outputs; output++)
    {
      gint64 offset, size;
      if (outputs[output] == NULL)
        continue;
      why_split_range (node, output, &offset, &size);
      copy_piece (outputs[output], inputs[0], params->axis, offset, FALSE);
    }
  return TRUE;
}

static gboolean
split_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyConcatParams *params = node->params;
  WhyGraph *graph = why_grad_graph (builder);
  g_autofree WhyValue **gradients = g_new0 (WhyValue *, node->n_outputs + 1);
  gboolean all = TRUE;

  for (guint output = 0; output < node->n_outputs; output++)
    {
      gradients[output] = why_grad_output (builder, node, output);
      all &= gradients[output] != NULL;
    }
  if (all)
    {
      const WhyAttr axis = WHY_ATTR_OF_INT ("axis", params->axis);
      return why_grad_add (builder, node, 0,
                           why_emit (graph, error, "Concat", node->n_outputs, gradients, &axis, 1));
    }
  /* Pieces that nothing flows back from are zero. */
  for (guint output = 0; output < node->n_outputs; output++)
    {
      gint64 offset, size;
      if (gradients[output] == NULL)
        continue;
      why_split_range (node, output, &offset, &size);
      if (!why_grad_add (builder, node, 0,
                         why_emit_place (graph, error, gradients[output], params->axis, offset,
                                         node->inputs[0]->dims[params->axis])))
        return FALSE;
    }
  return TRUE;
}

static void
split_region_of_later (const WhyNode *node, guint output, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyConcatParams *params = node->params;
  gint64 offset, size;

  if (input > 0)
    return;
  why_split_range (node, output, &offset, &size);
  *in = *out;
  in->lo[params->axis] += offset;
  in->hi[params->axis] += offset;
}

static void
split_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  split_region_of_later (node, 0, input, out, in);
}

/* clang-format off */
const WhyOpClass why_ops_concat[] = {
  { .type = "Concat", .since = 1, .min_inputs = 1, .max_inputs = G_MAXUINT, .max_outputs = 1,
    .params_size = sizeof (WhyConcatParams), .infer = concat_infer, .eval = concat_eval,
    .gradient = concat_gradient, .region = concat_region },
  { .type = "Split", .since = 2, .min_inputs = 1, .max_inputs = 2, .max_outputs = G_MAXUINT,
    .params_size = sizeof (WhyConcatParams), .infer = split_infer, .eval = split_eval,
    .gradient = split_gradient, .region = split_region, .region_of_later = split_region_of_later },
  { .type = NULL },
};
/* clang-format on */
