#include "config.h"

#include "families.h"
#include "movement.h"

#include "base/error.h"
#include "base/size.h"

/* ---- Shape, Size: numbers while building, for every dimension is known ---- */

typedef struct
{
  int start, end;
} ShapeParams;

static gboolean
shape_infer (WhyNode *node, GError **error)
{
  ShapeParams *params = node->params;
  int rank = node->inputs[0]->rank;
  gint64 start = why_node_int (node, "start", 0), end = why_node_int (node, "end", rank);

  params->start = (int) CLAMP (start < 0 ? start + rank : start, 0, rank);
  params->end = (int) CLAMP (end < 0 ? end + rank : end, params->start, rank);
  gint64 count = params->end - params->start;
  return why_node_set_output (node, 0, WHY_DTYPE_INT64, 1, &count, error);
}

static gboolean
shape_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
            GError **error)
{
  const ShapeParams *params = node->params;
  for (int axis = params->start; axis < params->end; axis++)
    ((gint64 *) outputs[0]->data)[axis - params->start] = node->inputs[0]->dims[axis];
  return TRUE;
}

static gboolean
size_infer (WhyNode *node, GError **error)
{
  return why_node_set_output (node, 0, WHY_DTYPE_INT64, 0, NULL, error);
}

static gboolean
size_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  *(gint64 *) outputs[0]->data = why_dims_product (node->inputs[0]->dims, 0, node->inputs[0]->rank);
  return TRUE;
}

/* ---- Reshape, Flatten, Squeeze, Unsqueeze: the same elements under other dims ---- */

static gboolean
regroup_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
              GError **error)
{
  why_move_all (inputs[0], outputs[0]);
  return TRUE;
}

static gboolean
regroup_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  return why_grad_add (builder, node, 0,
                       why_emit_reshape (why_grad_graph (builder), error,
                                         why_grad_output (builder, node, 0), input->rank,
                                         input->dims));
}

/* Maps a box of some output axes to the input axes that hold the same elements: the first and the
 * last flat index bound the box. Exact where an axis only gains or loses axes of size 1; else it
 * covers what lies between, which is right, if more than needed. */
static void
regroup_block (const WhyBox *out, int out_begin, int out_end, const gint64 *out_dims, WhyBox *in,
               int in_begin, int in_end, const gint64 *in_dims)
{
  gint64 first = 0, last = 0;
  for (int axis = out_begin; axis < out_end; axis++)
    {
      gint64 lo = CLAMP (out->lo[axis], 0, out_dims[axis]),
             hi = CLAMP (out->hi[axis], 0, out_dims[axis]);
      if (hi <= lo)
        return;
      first = first * out_dims[axis] + lo;
      last = last * out_dims[axis] + hi - 1;
    }
  gboolean apart = FALSE;
  gint64 step = why_dims_product (in_dims, in_begin, in_end);
  for (int axis = in_begin; axis < in_end && !apart; axis++)
    {
      step /= in_dims[axis];
      in->lo[axis] = first / step;
      in->hi[axis] = last / step + 1;
      apart = first / step != last / step;
      first %= step;
      last %= step;
    }
}

static void
regroup_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyValue *from = node->inputs[0], *to = node->outputs[0];
  int in_axis = 0, out_axis = 0;

  if (input != 0 || why_dims_product (from->dims, 0, from->rank) == 0)
    return;
  while (in_axis < from->rank || out_axis < to->rank)
    {
      int in_begin = in_axis, out_begin = out_axis;
      gint64 in_count = in_axis < from->rank ? from->dims[in_axis++] : 1;
      gint64 out_count = out_axis < to->rank ? to->dims[out_axis++] : 1;
      while (in_count != out_count)
        {
          if (in_count < out_count)
            in_count *= from->dims[in_axis++];
          else
            out_count *= to->dims[out_axis++];
        }
      regroup_block (out, out_begin, out_axis, to->dims, in, in_begin, in_axis, from->dims);
    }
}

static gboolean
reshape_infer (WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  gint64 dims[WHY_MAX_RANK];
  int rank, inferred = -1;
  gsize known = 1, count;

  if (node->opset < 5 ? !why_infer_attr_ints (node, "shape", WHY_MAX_RANK, dims, &rank, error)
                      : !why_infer_ints (node, 1, "shape", WHY_MAX_RANK, dims, &rank, error))
    return FALSE;
  gboolean allow_zero = why_node_int (node, "allowzero", 0) != 0;
  for (int axis = 0; axis < rank; axis++)
    {
      if (dims[axis] == 0 && !allow_zero)
        {
          if (axis >= input->rank)
            return why_node_fail (
              node, error, WHY_ERROR_BAD_SHAPE,
              "the shape's entry %d is 0 ('as the input'), but the input has %d dimensions", axis,
              input->rank);
          dims[axis] = input->dims[axis];
        }
      if (dims[axis] == -1 && inferred < 0)
        inferred = axis;
      else if (dims[axis] < 0)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                              "the shape's entry %d is %" G_GINT64_FORMAT "%s", axis, dims[axis],
                              dims[axis] == -1 ? ", but only one may be left open" : "");
      else if (!why_size_mul (known, (gsize) dims[axis], &known))
        return why_node_fail (node, error, WHY_ERROR_TOO_LARGE,
                              "the shape asks for too many elements");
    }
  count = (gsize) why_dims_product (input->dims, 0, input->rank);
  if (inferred >= 0)
    {
      if (known == 0 || count % known != 0)
        {
          g_autofree char *text = why_dims_to_string (input->rank, input->dims);
          dims[inferred] = -1;
          g_autofree char *wanted = why_dims_to_string (rank, dims);
          return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "%s does not divide into %s",
                                text, wanted);
        }
      dims[inferred] = (gint64) (count / known);
    }
  else if (known != count)
    {
      g_autofree char *text = why_dims_to_string (input->rank, input->dims);
      g_autofree char *wanted = why_dims_to_string (rank, dims);
      return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE, "%s cannot become %s", text, wanted);
    }
  return why_node_set_output (node, 0, input->dtype, rank, dims, error);
}

static gboolean
flatten_infer (WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  gint64 axis = why_node_int (node, "axis", 1);

  if (axis < -input->rank || axis > input->rank)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "axis %" G_GINT64_FORMAT " is outside a tensor of rank %d", axis,
                          input->rank);
  int split = (int) (axis < 0 ? axis + input->rank : axis);
  gint64 dims[] = { why_dims_product (input->dims, 0, split),
                    why_dims_product (input->dims, split, input->rank) };
  return why_node_set_output (node, 0, input->dtype, 2, dims, error);
}

/* The axes of Squeeze and Unsqueeze: an attribute before opset 13, then an input. */
static gboolean
infer_axes (const WhyNode *node, gint64 *axes, int *n, gboolean *given, GError **error)
{
  *n = 0;
  if (node->opset < 13)
    {
      *given = why_node_has_attr (node, "axes");
      return why_infer_attr_ints (node, "axes", WHY_MAX_RANK, axes, n, error);
    }
  *given = why_node_input (node, 1) != NULL;
  return !*given || why_infer_ints (node, 1, "axes", WHY_MAX_RANK, axes, n, error);
}

static gboolean
squeeze_infer (WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  gint64 axes[WHY_MAX_RANK], dims[WHY_MAX_RANK];
  gboolean dropped[WHY_MAX_RANK] = { FALSE }, given;
  int n_axes, rank = 0;

  if (!infer_axes (node, axes, &n_axes, &given, error) ||
      !why_infer_axes (node, n_axes, axes, input->rank, error))
    return FALSE;
  for (int place = 0; place < n_axes; place++)
    {
      dropped[axes[place]] = TRUE;
      if (input->dims[axes[place]] != 1)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                              "axis %d has %" G_GINT64_FORMAT
                              " entries; only axes with one can be dropped",
                              (int) axes[place], input->dims[axes[place]]);
    }
  for (int axis = 0; axis < input->rank; axis++)
    {
      if (given ? !dropped[axis] : input->dims[axis] != 1)
        dims[rank++] = input->dims[axis];
    }
  return why_node_set_output (node, 0, input->dtype, rank, dims, error);
}

static gboolean
unsqueeze_infer (WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  gint64 axes[WHY_MAX_RANK], dims[WHY_MAX_RANK];
  gboolean added[WHY_MAX_RANK] = { FALSE }, given;
  int n_axes, taken = 0;

  if (!infer_axes (node, axes, &n_axes, &given, error))
    return FALSE;
  if (!given)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "'axes' is missing");
  int rank = input->rank + n_axes;
  if (rank > WHY_MAX_RANK)
    return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP,
                          "its output has %d dimensions, at most %d are supported", rank,
                          WHY_MAX_RANK);
  if (!why_infer_axes (node, n_axes, axes, rank, error)) /* they count in the output */
    return FALSE;
  for (int place = 0; place < n_axes; place++)
    added[axes[place]] = TRUE;
  for (int axis = 0; axis < rank; axis++)
    dims[axis] = added[axis] ? 1 : input->dims[taken++];
  return why_node_set_output (node, 0, input->dtype, rank, dims, error);
}

/* clang-format off */
const WhyOpClass why_ops_shape[] = {
  { .type = "Shape", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .flags = WHY_OP_DIMS_ONLY, .params_size = sizeof (ShapeParams), .infer = shape_infer,
    .eval = shape_eval },
  { .type = "Size", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .flags = WHY_OP_DIMS_ONLY, .infer = size_infer, .eval = size_eval },
  { .type = "Reshape", .since = 1, .until = 4, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .infer = reshape_infer, .eval = regroup_eval, .gradient = regroup_gradient,
    .region = regroup_region },
  { .type = "Reshape", .since = 5, .min_inputs = 2, .max_inputs = 2, .max_outputs = 1,
    .infer = reshape_infer, .eval = regroup_eval, .gradient = regroup_gradient,
    .region = regroup_region },
  { .type = "Flatten", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .infer = flatten_infer, .eval = regroup_eval, .gradient = regroup_gradient,
    .region = regroup_region },
  { .type = "Squeeze", .since = 1, .min_inputs = 1, .max_inputs = 2, .max_outputs = 1,
    .infer = squeeze_infer, .eval = regroup_eval, .gradient = regroup_gradient,
    .region = regroup_region },
  { .type = "Unsqueeze", .since = 1, .min_inputs = 1, .max_inputs = 2, .max_outputs = 1,
    .infer = unsqueeze_infer, .eval = regroup_eval, .gradient = regroup_gradient,
    .region = regroup_region },
  { .type = NULL },
};
/* clang-format on */
