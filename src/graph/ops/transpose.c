#include "config.h"

#include "graph/transpose.h"

#include "families.h"
#include "movement.h"

#include "base/error.h"

#include <string.h>

/* ---- Transpose ---- */

static gboolean
transpose_infer (WhyNode *node, GError **error)
{
  WhyTransposeParams *params = node->params;
  const WhyValue *input = node->inputs[0];
  gint64 perm[WHY_MAX_RANK], dims[WHY_MAX_RANK];
  int n;

  if (!why_infer_attr_ints (node, "perm", WHY_MAX_RANK, perm, &n, error))
    return FALSE;
  if (!why_node_has_attr (node, "perm"))
    {
      n = input->rank;
      for (int axis = 0; axis < n; axis++)
        perm[axis] = n - 1 - axis;
    }
  if (n != input->rank)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "perm has %d entries, its input %d dimensions", n, input->rank);
  if (!why_infer_axes (node, n, perm, n, error))
    return FALSE;
  for (int axis = 0; axis < n; axis++)
    {
      params->perm[axis] = (int) perm[axis];
      dims[axis] = input->dims[perm[axis]];
    }
  return why_node_set_output (node, 0, input->dtype, n, dims, error);
}

static gboolean
transpose_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
                GError **error)
{
  const WhyTransposeParams *params = node->params;
  gint64 from[WHY_MAX_RANK], strides[WHY_MAX_RANK], to[WHY_MAX_RANK];
  int rank = outputs[0]->rank;

  why_dims_dense_strides (rank, inputs[0]->dims, strides);
  why_dims_dense_strides (rank, outputs[0]->dims, to);
  for (int axis = 0; axis < rank; axis++)
    from[axis] = strides[params->perm[axis]];
  why_move_strided (rank, outputs[0]->dims, why_dtype_size (outputs[0]->dtype), inputs[0]->data,
                    from, outputs[0]->data, to);
  return TRUE;
}

static gboolean
transpose_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyTransposeParams *params = node->params;
  gint64 inverse[WHY_MAX_RANK];

  for (int axis = 0; axis < node->inputs[0]->rank; axis++)
    inverse[params->perm[axis]] = axis;
  return why_grad_add (builder, node, 0,
                       why_emit_transpose (why_grad_graph (builder), error,
                                           why_grad_output (builder, node, 0), inverse));
}

static void
transpose_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyTransposeParams *params = node->params;
  for (int axis = 0; axis < out->rank; axis++)
    {
      in->lo[params->perm[axis]] = out->lo[axis];
      in->hi[params->perm[axis]] = out->hi[axis];
    }
}

/* ---- DepthToSpace, SpaceToDepth: blocks of pixels from and to channels ---- */

typedef struct
{
  gint64 block;
  gboolean crd; /* "column, row, depth": the block's place is the fast part of the channel number */
} DepthParams;

static gboolean
depth_infer_block (const WhyNode *node, GError **error)
{
  DepthParams *params = node->params;
  const char *mode = why_node_string (node, "mode", "DCR");

  params->crd = strcmp (mode, "CRD") == 0;
  if (!params->crd && strcmp (mode, "DCR") != 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "mode is '%s', expected DCR or CRD",
                          mode);
  params->block = why_node_int (node, "blocksize", 0);
  if (params->block < 1 || params->block > G_MAXINT16)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "blocksize is %" G_GINT64_FORMAT,
                          params->block);
  if (node->inputs[0]->rank != 4)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "its input has %d dimensions, expected 4", node->inputs[0]->rank);
  return TRUE;
}

static gboolean
depth_to_space_infer (WhyNode *node, GError **error)
{
  const DepthParams *params = node->params;
  const gint64 *dims = node->inputs[0]->dims;

  if (!depth_infer_block (node, error))
    return FALSE;
  gint64 block = params->block;
  if (dims[1] % (block * block) != 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "%" G_GINT64_FORMAT
                          " channels do not divide into blocks of %" G_GINT64_FORMAT
                          "x%" G_GINT64_FORMAT,
                          dims[1], block, block);
  gint64 rows, columns;
  if (__builtin_mul_overflow (dims[2], block, &rows) ||
      __builtin_mul_overflow (dims[3], block, &columns))
    return why_node_fail (node, error, WHY_ERROR_TOO_LARGE, "its output is too large");
  const gint64 out_dims[] = { dims[0], dims[1] / (block * block), rows, columns };
  return why_node_set_output (node, 0, node->inputs[0]->dtype, 4, out_dims, error);
}

static gboolean
space_to_depth_infer (WhyNode *node, GError **error)
{
  const DepthParams *params = node->params;
  const gint64 *dims = node->inputs[0]->dims;

  if (!depth_infer_block (node, error))
    return FALSE;
  gint64 block = params->block, channels;
  if (dims[2] % block != 0 || dims[3] % block != 0)
    return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                          "%" G_GINT64_FORMAT "x%" G_GINT64_FORMAT
                          " does not divide into blocks of %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT,
                          dims[2], dims[3], block, block);
  if (__builtin_mul_overflow (dims[1], block * block, &channels))
    return why_node_fail (node, error, WHY_ERROR_TOO_LARGE, "its output is too large");
  const gint64 out_dims[] = { dims[0], channels, dims[2] / block, dims[3] / block };
  return why_node_set_output (node, 0, node->inputs[0]->dtype, 4, out_dims, error);
}

static gboolean
depth_to_space_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
                     GError **error)
{
  const DepthParams *params = node->params;
  const gint64 *in = inputs[0]->dims, *out = outputs[0]->dims;
  gint64 block = params->block, plane = in[2] * in[3];
  gint64 step_c = params->crd ? block * block * plane : plane;
  gint64 step_block = params->crd ? plane : out[1] * plane;
  /* n, c, h, row of the block, w, column of the block */
  const gint64 dims[] = { in[0], out[1], in[2], block, in[3], block };
  const gint64 from[] = { in[1] * plane, step_c, in[3], block * step_block, 1, step_block };
  const gint64 to[] = {
    out[1] * out[2] * out[3], out[2] * out[3], block * out[3], out[3], block, 1
  };

  why_move_strided (6, dims, why_dtype_size (outputs[0]->dtype), inputs[0]->data, from,
                    outputs[0]->data, to);
  return TRUE;
}

static gboolean
space_to_depth_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
                     GError **error)
{
  const DepthParams *params = node->params;
  const gint64 *in = inputs[0]->dims, *out = outputs[0]->dims;
  gint64 block = params->block, plane = out[2] * out[3];
  /* n, row of the block, column of the block, c, h, w */
  const gint64 dims[] = { in[0], block, block, in[1], out[2], out[3] };
  const gint64 from[] = { in[1] * in[2] * in[3], in[3], 1, in[2] * in[3], block * in[3], block };
  gint64 step_c = params->crd ? block * block * plane : plane;
  gint64 step_block = params->crd ? plane : in[1] * plane;
  const gint64 to[] = { out[1] * plane, block * step_block, step_block, step_c, out[3], 1 };

  why_move_strided (6, dims, why_dtype_size (outputs[0]->dtype), inputs[0]->data, from,
                    outputs[0]->data, to);
  return TRUE;
}

/* Each is the other's inverse, and so its adjoint. */
static gboolean
depth_gradient (WhyGradBuilder *builder, const WhyNode *node, const char *inverse, GError **error)
{
  const DepthParams *params = node->params;
  WhyValue *gradient = why_grad_output (builder, node, 0);
  const WhyAttr attrs[] = {
    WHY_ATTR_OF_INT ("blocksize", params->block),
    WHY_ATTR_OF_STRING ("mode", params->crd ? "CRD" : "DCR"),
  };
  return why_grad_add (builder, node, 0,
                       why_emit (why_grad_graph (builder), error, inverse, 1, &gradient, attrs, 2));
}

static gboolean
depth_to_space_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  return depth_gradient (builder, node, "SpaceToDepth", error);
}

static gboolean
space_to_depth_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  return depth_gradient (builder, node, "DepthToSpace", error);
}

static void
depth_to_space_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const DepthParams *params = node->params;
  gint64 block = params->block, blocks = block * block;

  in->lo[0] = out->lo[0];
  in->hi[0] = out->hi[0];
  in->lo[1] = params->crd ? out->lo[1] * blocks : out->lo[1];
  in->hi[1] = params->crd ? out->hi[1] * blocks
                          : (blocks - 1) * node->outputs[0]->dims[1] + out->hi[1];
  for (int axis = 2; axis < 4; axis++)
    {
      in->lo[axis] = out->lo[axis] / block;
      in->hi[axis] = (out->hi[axis] + block - 1) / block;
    }
}

static void
space_to_depth_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const DepthParams *params = node->params;
  gint64 channels = node->inputs[0]->dims[1], blocks = params->block * params->block;

  in->lo[0] = out->lo[0];
  in->hi[0] = out->hi[0];
  if (params->crd)
    {
      in->lo[1] = out->lo[1] / blocks;
      in->hi[1] = (out->hi[1] + blocks - 1) / blocks;
    }
  else if (channels > 0 && out->hi[1] > out->lo[1] &&
      out->lo[1] / channels == (out->hi[1] - 1) / channels)
    {
      in->lo[1] = out->lo[1] % channels;
      in->hi[1] = (out->hi[1] - 1) % channels + 1;
    }
  for (int axis = 2; axis < 4; axis++)
    {
      in->lo[axis] = out->lo[axis] * params->block;
      in->hi[axis] = out->hi[axis] * params->block;
    }
}

/* clang-format off */
const WhyOpClass why_ops_transpose[] = {
  { .type = "Transpose", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .params_size = sizeof (WhyTransposeParams), .infer = transpose_infer, .eval = transpose_eval,
    .gradient = transpose_gradient, .region = transpose_region },
  { .type = "DepthToSpace", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .params_size = sizeof (DepthParams), .infer = depth_to_space_infer,
    .eval = depth_to_space_eval, .gradient = depth_to_space_gradient,
    .region = depth_to_space_region },
  { .type = "SpaceToDepth", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .params_size = sizeof (DepthParams), .infer = space_to_depth_infer,
    .eval = space_to_depth_eval, .gradient = space_to_depth_gradient,
    .region = space_to_depth_region },
  { .type = NULL },
};
/* clang-format on */
