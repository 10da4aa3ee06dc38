#include "config.h"

#include "graph/slice.h"

#include "families.h"
#include "movement.h"

#include "base/error.h"
#include "base/size.h"

#include <string.h>

void
why_pad_sources (WhyPadMode mode, gint64 extent, gint64 begin, gint64 end, gint64 *sources)
{
  /* What negative padding leaves of the axis; the modes mirror and repeat that. */
  gint64 lo = MIN (MAX (0, -begin), extent), hi = MAX (extent - MAX (0, -end), lo);
  gint64 size = hi - lo, total = extent + begin + end;

  for (gint64 place = 0; place < total; place++)
    {
      gint64 at = place - begin - lo;
      if (at < 0 || at >= size)
        {
          if (mode == WHY_PAD_CONSTANT || size == 0)
            {
              sources[place] = -1;
              continue;
            }
          if (mode == WHY_PAD_EDGE || size == 1)
            at = at < 0 ? 0 : size - 1;
          else if (mode == WHY_PAD_WRAP)
            at = (at % size + size) % size;
          else
            {
              gint64 period = 2 * (size - 1);
              at = (at % period + period) % period;
              at = MIN (at, period - at);
            }
        }
      sources[place] = lo + at;
    }
}

/* One table of sources for each axis, in one allocation. */
typedef struct
{
  gint64 *axis[WHY_MAX_RANK];
  gint64 *memory;
} Sources;

static Sources
sources_new (const WhyPadParams *params, int rank, const gint64 *extents, const gint64 *totals)
{
  Sources sources;
  gsize count = 0;

  for (int axis = 0; axis < rank; axis++)
    count += (gsize) totals[axis];
  sources.memory = g_new (gint64, count + 1);
  count = 0;
  for (int axis = 0; axis < rank; axis++)
    {
      sources.axis[axis] = sources.memory + count;
      why_pad_sources (params->mode, extents[axis], params->begin[axis], params->end[axis],
                       sources.axis[axis]);
      count += (gsize) totals[axis];
    }
  return sources;
}

/* Walks the rows (all but the last axis) of the padded tensor: the offset of the matching row of
 * the unpadded one, or -1 where the whole row is constant. */
static gint64
source_row (const Sources *sources, int rank, const gint64 *index, const gint64 *strides)
{
  gint64 offset = 0;
  for (int axis = 0; axis < rank - 1; axis++)
    {
      if (sources->axis[axis][index[axis]] < 0)
        return -1;
      offset += sources->axis[axis][index[axis]] * strides[axis];
    }
  return offset;
}

static void
next_row (int rank, const gint64 *dims, gint64 *index)
{
  for (int axis = rank - 2; axis >= 0; axis--)
    {
      if (++index[axis] < dims[axis])
        return;
      index[axis] = 0;
    }
}

/* ---- Pad ---- */

static gboolean
pad_infer_mode (const WhyNode *node, WhyPadMode *mode, GError **error)
{
  static const char *const names[] = { "constant", "reflect", "edge", "wrap" };
  const char *name = why_node_string (node, "mode", "constant");

  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    {
      if (strcmp (names[index], name) == 0)
        {
          *mode = (WhyPadMode) index;
          return TRUE;
        }
    }
  return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                        "mode is '%s', expected constant, reflect, edge or wrap", name);
}

static gboolean
pad_infer (WhyNode *node, GError **error)
{
  WhyPadParams *params = node->params;
  const WhyValue *input = node->inputs[0],
                 *value = node->opset >= 11 ? why_node_input (node, 2) : NULL;
  gint64 pads[2 * WHY_MAX_RANK], axes[WHY_MAX_RANK], dims[WHY_MAX_RANK];
  int rank = input->rank, n_pads, n_axes = rank;

  if (!pad_infer_mode (node, &params->mode, error))
    return FALSE;
  for (int axis = 0; axis < rank; axis++)
    axes[axis] = axis;
  if (node->opset < 11)
    {
      const char *name = why_node_has_attr (node, "pads") ? "pads"
                                                          : "paddings"; /* opset 1's name */
      if (!why_infer_attr_ints (node, name, 2 * WHY_MAX_RANK, pads, &n_pads, error))
        return FALSE;
      params->value = why_node_float (node, "value", 0);
    }
  else
    {
      if (!why_infer_ints (node, 1, "pads", 2 * WHY_MAX_RANK, pads, &n_pads, error))
        return FALSE;
      if (why_node_input (node, 3) != NULL &&
          (!why_infer_ints (node, 3, "axes", WHY_MAX_RANK, axes, &n_axes, error) ||
           !why_infer_axes (node, n_axes, axes, rank, error)))
        return FALSE;
      if (value != NULL &&
          (value->dtype != input->dtype || why_dims_product (value->dims, 0, value->rank) != 1))
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "the constant value is not one %s",
                              why_dtype_name (input->dtype));
    }
  if (n_pads != 2 * n_axes)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "has %d pads for %d axes", n_pads,
                          n_axes);

  memcpy (dims, input->dims, sizeof dims);
  for (int place = 0; place < n_axes; place++)
    {
      int axis = (int) axes[place];
      params->begin[axis] = pads[place];
      params->end[axis] = pads[n_axes + place];
      if (!why_dim_add (dims[axis], params->begin[axis], &dims[axis]) ||
          !why_dim_add (dims[axis], params->end[axis], &dims[axis]) || dims[axis] < 0 ||
          params->begin[axis] < -input->dims[axis] || params->end[axis] < -input->dims[axis])
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                              "axis %d of %" G_GINT64_FORMAT
                              " entries cannot be padded by %" G_GINT64_FORMAT
                              " and %" G_GINT64_FORMAT,
                              axis, input->dims[axis], params->begin[axis], params->end[axis]);
      gint64 left = input->dims[axis] + MIN (params->begin[axis], 0) + MIN (params->end[axis], 0);
      if (params->mode != WHY_PAD_CONSTANT && left <= 0 && dims[axis] > 0)
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                              "axis %d has no entries to pad with", axis);
    }
  return why_node_set_output (node, 0, input->dtype, rank, dims, error);
}

/* Fills @count elements of @size bytes. */
static void
fill (gpointer to, gsize count, gsize size, gconstpointer value)
{
  const gint64 n = (gint64) count, none = 0, one = 1;
  why_move_strided (1, &n, size, value, &none, to, &one);
}

static gboolean
pad_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error)
{
  const WhyPadParams *params = node->params;
  const WhyTensor *from = inputs[0], *to = outputs[0];
  int rank = to->rank;
  gsize size = why_dtype_size (to->dtype), count = why_tensor_count (to);
  gint64 strides[WHY_MAX_RANK], index[WHY_MAX_RANK] = { 0 };
  guint64 value_bits[1] = { 0 };

  if (count == 0)
    return TRUE;
  if (node->opset >= 11 && node->n_inputs > 2 && inputs[2] != NULL)
    memcpy (value_bits, inputs[2]->data, size);
  else if (params->value != 0)
    {
      const WhyTensor scalar = { .dtype = to->dtype, .data = value_bits };
      why_tensor_set_f64 ((WhyTensor *) &scalar, 0, params->value);
    }
  if (rank == 0)
    {
      why_move_all (from, outputs[0]);
      return TRUE;
    }

  why_dims_dense_strides (rank, from->dims, strides);
  Sources sources = sources_new (params, rank, from->dims, to->dims);
  const gint64 *columns = sources.axis[rank - 1];
  gint64 width = to->dims[rank - 1], one = 1;
  gint64 inner_lo = CLAMP (params->begin[rank - 1], 0, width);
  gint64 inner_hi = CLAMP (width - params->end[rank - 1], inner_lo, width);
  for (gsize done = 0; done < count; done += (gsize) width)
    {
      gint64 row = source_row (&sources, rank, index, strides);
      char *target = (char *) to->data + done * size;
      if (row < 0)
        fill (target, (gsize) width, size, value_bits);
      else
        {
          for (gint64 place = 0; place < width; place++)
            {
              if (place == inner_lo && inner_hi > inner_lo)
                {
                  why_move_strided (1, (const gint64[]) { inner_hi - inner_lo }, size,
                                    why_tensor_at (from, row + columns[place]), &one,
                                    target + place * (gint64) size, &one);
                  place = inner_hi - 1;
                }
              else
                memcpy (target + place * (gint64) size,
                        columns[place] < 0 ? (gpointer) value_bits
                                           : why_tensor_at (from, row + columns[place]),
                        size);
            }
        }
      next_row (rank, to->dims, index);
    }
  g_free (sources.memory);
  return TRUE;
}

static WhyValue *
emit_pad (WhyGraph *graph, GError **error, WhyValue *value, const char *mode,
          const WhyPadParams *params, gint64 sign)
{
  gint64 pads[2 * WHY_MAX_RANK];

  if (value == NULL)
    return NULL;
  for (int axis = 0; axis < value->rank; axis++)
    {
      pads[axis] = sign * params->begin[axis];
      pads[value->rank + axis] = sign * params->end[axis];
    }
  const WhyAttr attr = WHY_ATTR_OF_STRING ("mode", mode);
  WhyValue *inputs[] = { value, why_emit_i64 (graph, 2 * (gsize) value->rank, pads) };
  return why_emit (graph, error, "Pad", 2, inputs, &attr, 1);
}

static const char *
mode_name (WhyPadMode mode)
{
  static const char *const names[] = { "constant", "reflect", "edge", "wrap" };
  return names[mode];
}

static WhyValue *
emit_sum_all (WhyGraph *graph, GError **error, WhyValue *value)
{
  gint64 axes[WHY_MAX_RANK];

  if (value == NULL)
    return NULL;
  for (int axis = 0; axis < value->rank; axis++)
    axes[axis] = axis;
  return why_emit_reduce_sum (graph, error, value, axes, (gsize) value->rank, FALSE);
}

static gboolean
pad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyPadParams *params = node->params;
  const WhyValue *input = node->inputs[0];
  WhyGraph *graph = why_grad_graph (builder);
  WhyValue *gradient = why_grad_output (builder, node, 0), *inside;

  if (params->mode == WHY_PAD_CONSTANT)
    {
      /* Taking away what was added and adding zeros where something was taken. */
      inside = emit_pad (graph, error, gradient, "constant", params, -1);
      if (!why_grad_add (builder, node, 0, inside))
        return FALSE;
      if (node->opset < 11 || !why_grad_wanted (builder, node, 2))
        return TRUE;
      WhyValue *padding = why_emit2 (graph, error, "Sub", emit_sum_all (graph, error, gradient),
                                     emit_sum_all (graph, error, inside));
      const WhyValue *value = node->inputs[2];
      return why_grad_add (builder, node, 2,
                           why_emit_reshape (graph, error, padding, value->rank, value->dims));
    }
  const WhyAttr attrs[] = {
    WHY_ATTR_OF_STRING ("mode", mode_name (params->mode)),
    WHY_ATTR_OF_INTS ("dims", input->dims, input->rank),
    WHY_ATTR_OF_INTS ("begin", params->begin, input->rank),
    WHY_ATTR_OF_INTS ("end", params->end, input->rank),
  };
  return why_grad_add (
    builder, node, 0,
    why_emit (graph, error, "PadGrad", 1, &gradient, attrs, G_N_ELEMENTS (attrs)));
}

static void
pad_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyPadParams *params = node->params;
  const WhyValue *from = node->inputs[0], *to = node->outputs[0];

  if (input != 0 || why_dims_product (to->dims, 0, to->rank) == 0)
    return;
  for (int axis = 0; axis < out->rank; axis++)
    {
      gint64 begin = params->begin[axis], extent = from->dims[axis];
      gint64 lo = out->lo[axis] - begin, hi = out->hi[axis] - begin;
      if (params->mode != WHY_PAD_CONSTANT &&
          (lo < MAX (0, -begin) || hi > extent + MIN (params->end[axis], 0)))
        {
          /* It reads mirrored or repeated places too: look them up. */
          g_autofree gint64 *sources = g_new (gint64, (gsize) to->dims[axis] + 1);
          why_pad_sources (params->mode, extent, begin, params->end[axis], sources);
          lo = extent;
          hi = 0;
          for (gint64 place = MAX (out->lo[axis], 0); place < MIN (out->hi[axis], to->dims[axis]);
               place++)
            {
              lo = MIN (lo, sources[place]);
              hi = MAX (hi, sources[place] + 1);
            }
        }
      in->lo[axis] = lo;
      in->hi[axis] = hi;
    }
}

/* ---- PadGrad: every padded place adds what flows back to the element that it copies ---- */

static gboolean
pad_grad_infer (WhyNode *node, GError **error)
{
  WhyPadParams *params = node->params;
  gint64 dims[WHY_MAX_RANK];
  int rank, n_begin, n_end;

  if (!pad_infer_mode (node, &params->mode, error) ||
      !why_infer_attr_ints (node, "dims", WHY_MAX_RANK, dims, &rank, error) ||
      !why_infer_attr_ints (node, "begin", WHY_MAX_RANK, params->begin, &n_begin, error) ||
      !why_infer_attr_ints (node, "end", WHY_MAX_RANK, params->end, &n_end, error))
    return FALSE;
  g_assert (n_begin == rank && n_end == rank && node->inputs[0]->rank == rank);
  return why_node_set_output (node, 0, node->inputs[0]->dtype, rank, dims, error);
}

static gboolean
pad_grad_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
               GError **error)
{
  const WhyTensor *from = inputs[0], *to = outputs[0];
  int rank = to->rank;
  gsize count = why_tensor_count (from), n_sums = why_tensor_count (to);
  gint64 strides[WHY_MAX_RANK], index[WHY_MAX_RANK] = { 0 };
  g_autofree double *sums = g_try_new0 (double, n_sums + 1);

  if (sums == NULL)
    return why_node_fail (node, error, WHY_ERROR_TOO_LARGE, "there is no memory");
  if (rank == 0)
    {
      why_move_all (from, outputs[0]);
      return TRUE;
    }
  if (count == 0)
    {
      memset (to->data, 0, n_sums * why_dtype_size (to->dtype));
      return TRUE;
    }
  why_dims_dense_strides (rank, to->dims, strides);
  Sources sources = sources_new (node->params, rank, to->dims, from->dims);
  const gint64 *columns = sources.axis[rank - 1];
  gint64 width = from->dims[rank - 1];
  for (gsize done = 0; done < count; done += (gsize) width)
    {
      gint64 row = source_row (&sources, rank, index, strides);
      if (row >= 0)
        {
          for (gint64 place = 0; place < width; place++)
            {
              if (columns[place] >= 0)
                sums[row + columns[place]] += why_tensor_get_f64 (from, done + (gsize) place);
            }
        }
      next_row (rank, from->dims, index);
    }
  g_free (sources.memory);
  for (gsize element = 0; element < n_sums; element++)
    why_tensor_set_f64 (outputs[0], element, sums[element]);
  return TRUE;
}

static gboolean
pad_grad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyPadParams *params = node->params;
  return why_grad_add (builder, node, 0,
                       emit_pad (why_grad_graph (builder), error,
                                 why_grad_output (builder, node, 0), mode_name (params->mode),
                                 params, 1));
}

/* clang-format off */
const WhyOpClass why_ops_pad[] = {
  { .type = "Pad", .since = 1, .until = 10, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .params_size = sizeof (WhyPadParams), .infer = pad_infer, .eval = pad_eval,
    .gradient = pad_gradient, .region = pad_region },
  { .type = "Pad", .since = 11, .min_inputs = 2, .max_inputs = 4, .max_outputs = 1,
    .params_size = sizeof (WhyPadParams), .infer = pad_infer, .eval = pad_eval,
    .gradient = pad_gradient, .region = pad_region },
  { .type = "PadGrad", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .flags = WHY_OP_INTERNAL, .params_size = sizeof (WhyPadParams), .infer = pad_grad_infer,
    .eval = pad_grad_eval, .gradient = pad_grad_gradient },
  { .type = NULL },
};
/* clang-format on */
