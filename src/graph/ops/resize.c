#include "config.h"

#include "graph/resize.h"

#include "families.h"
#include "movement.h"
#include "resize-table.h"

#include "base/error.h"
#include "base/size.h"

#include <math.h>
#include <string.h>

/* ---- infer ---- */

static gboolean
infer_choice (const WhyNode *node, const char *name, const char *fallback,
              const char *const *choices, int *result, GError **error)
{
  const char *value = why_node_string (node, name, fallback);
  for (int index = 0; choices[index] != NULL; index++)
    {
      if (strcmp (choices[index], value) == 0)
        {
          *result = index;
          return TRUE;
        }
    }
  g_autofree char *all = g_strjoinv (", ", (char **) choices);
  return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "%s is '%s', expected one of %s", name,
                        value, all);
}

static gboolean
infer_modes (const WhyNode *node, GError **error)
{
  static const char *const modes[] = { "nearest", "linear", "cubic", NULL };
  static const char *const coordinates[] = { "half_pixel",         "half_pixel_symmetric",
                                             "pytorch_half_pixel", "align_corners",
                                             "asymmetric",         "tf_half_pixel_for_nn",
                                             "tf_crop_and_resize", NULL };
  static const char *const nearest[] = { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil",
                                         NULL };
  /* Upsample, and Resize before it could be chosen, take positions as they are and round down. */
  gboolean plain = strcmp (node->klass->type, "Upsample") == 0 || node->opset < 11;
  WhyResizeParams *params = node->params;
  int mode = 0, coordinate = 0, rounding = 0;

  if (!infer_choice (node, "mode", "nearest", modes, &mode, error) ||
      !infer_choice (node, "coordinate_transformation_mode", plain ? "asymmetric" : "half_pixel",
                     coordinates, &coordinate, error) ||
      !infer_choice (node, "nearest_mode", plain ? "floor" : "round_prefer_floor", nearest,
                     &rounding, error))
    return FALSE;
  params->mode = (WhyResizeMode) mode;
  params->coordinates = (WhyResizeCoordinates) coordinate;
  params->nearest = (WhyResizeNearest) rounding;
  params->exclude_outside = why_node_int (node, "exclude_outside", 0) != 0;
  params->antialias = why_node_int (node, "antialias", 0) != 0 &&
                      params->mode != WHY_RESIZE_NEAREST;
  params->cubic_a = why_node_float (node, "cubic_coeff_a", -0.75);
  params->extrapolation = why_node_float (node, "extrapolation_value", 0);
  return TRUE;
}

/* The numbers of input @index; none if it is absent or empty. */
static gboolean
infer_numbers (const WhyNode *node, guint index, const char *what, int max, double *values, int *n,
               GError **error)
{
  *n = 0;
  if (why_node_input (node, index) == NULL ||
      why_dims_product (node->inputs[index]->dims, 0, node->inputs[index]->rank) == 0)
    return TRUE;
  WhyTensor *tensor = why_node_need_constant (node, index, what, error);
  if (tensor == NULL)
    return FALSE;
  gsize count = why_tensor_count (tensor);
  if (tensor->rank > 1 || count > (gsize) max)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "%s has %" G_GSIZE_FORMAT " numbers, expected at most %d", what, count,
                          max);
  for (gsize item = 0; item < count; item++)
    values[item] = why_tensor_get_f64 (tensor, item);
  *n = (int) count;
  return TRUE;
}

/* keep_aspect_ratio_policy: one scale for all axes, the smallest or greatest of those asked for. */
static gboolean
infer_policy (const WhyNode *node, int n_axes, const gint64 *axes, gint64 *dims, GError **error)
{
  static const char *const policies[] = { "stretch", "not_larger", "not_smaller", NULL };
  WhyResizeParams *params = node->params;
  const gint64 *in_dims = node->inputs[0]->dims;
  int policy = 0, chosen = -1;

  if (!infer_choice (node, "keep_aspect_ratio_policy", "stretch", policies, &policy, error))
    return FALSE;
  if (policy == 0)
    return TRUE;
  for (int place = 0; place < n_axes; place++)
    {
      int axis = (int) axes[place];
      double scale = params->to[axis] / params->from[axis],
             best = chosen < 0 ? scale : params->to[chosen] / params->from[chosen];
      if (chosen < 0 || (policy == 1 ? scale < best : scale > best))
        chosen = axis;
    }
  double to = chosen < 0 ? 1 : params->to[chosen], from = chosen < 0 ? 1 : params->from[chosen];
  for (int place = 0; place < n_axes; place++)
    {
      int axis = (int) axes[place];
      double size = floor (to * (double) in_dims[axis] / from + 0.5);
      if (size > 0x1p52)
        return why_node_fail (node, error, WHY_ERROR_TOO_LARGE, "axis %d would have %g entries",
                              axis, size);
      params->to[axis] = to;
      params->from[axis] = from;
      dims[axis] = (gint64) size;
    }
  return TRUE;
}

static gboolean
infer_sizes (const WhyNode *node, int n, const double *sizes, int n_axes, const gint64 *axes,
             gint64 *dims, GError **error)
{
  WhyResizeParams *params = node->params;
  const gint64 *in_dims = node->inputs[0]->dims;

  if (n != n_axes)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "has %d sizes for %d axes", n, n_axes);
  for (int place = 0; place < n; place++)
    {
      int axis = (int) axes[place];
      if (!(sizes[place] >= 0 && sizes[place] < 0x1p52) || (in_dims[axis] == 0 && sizes[place] > 0))
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                              "cannot resize axis %d from %" G_GINT64_FORMAT " to %g entries", axis,
                              in_dims[axis], sizes[place]);
      dims[axis] = (gint64) sizes[place];
      params->from[axis] = MAX ((double) in_dims[axis], 1);
      params->to[axis] = in_dims[axis] == 0 ? 1 : sizes[place];
    }
  return infer_policy (node, n_axes, axes, dims, error);
}

static gboolean
infer_scales (const WhyNode *node, int n, const double *scales, int n_axes, const gint64 *axes,
              gint64 *dims, GError **error)
{
  WhyResizeParams *params = node->params;

  if (n != n_axes)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "has %d scales for %d axes", n, n_axes);
  for (int place = 0; place < n; place++)
    {
      int axis = (int) axes[place];
      /* In float32, as ONNX's shape inference does: 5 times 1.4 must be 7. */
      float size = floorf ((float) dims[axis] * (float) scales[place]);
      if (!(scales[place] > 0) || !isfinite (scales[place]) || !(size < 0x1p52f))
        return why_node_fail (node, error, WHY_ERROR_BAD_SHAPE,
                              "cannot scale axis %d of %" G_GINT64_FORMAT " entries by %g", axis,
                              dims[axis], scales[place]);
      params->from[axis] = 1;
      params->to[axis] = scales[place];
      if (scales[place] != 1)
        dims[axis] = (gint64) size;
    }
  return TRUE;
}

static gboolean
infer_roi (const WhyNode *node, int n_axes, const gint64 *axes, GError **error)
{
  WhyResizeParams *params = node->params;
  double roi[2 * WHY_MAX_RANK];
  int n;

  if (params->coordinates != WHY_RESIZE_TF_CROP_AND_RESIZE)
    return TRUE;
  if (!infer_numbers (node, 1, "roi", 2 * WHY_MAX_RANK, roi, &n, error))
    return FALSE;
  if (n != 2 * n_axes)
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          "roi has %d numbers, expected two for each of %d axes", n, n_axes);
  for (int place = 0; place < n_axes; place++)
    {
      if (!isfinite (roi[place]) || !isfinite (roi[n_axes + place]))
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL, "roi is not finite");
      params->roi_lo[axes[place]] = roi[place];
      params->roi_hi[axes[place]] = roi[n_axes + place];
    }
  return TRUE;
}

static void
reset_axes (WhyResizeParams *params)
{
  for (int axis = 0; axis < WHY_MAX_RANK; axis++)
    {
      params->from[axis] = params->to[axis] = params->roi_hi[axis] = 1;
      params->roi_lo[axis] = 0;
    }
}

static gboolean
resize_infer (WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  gint64 axes[WHY_MAX_RANK], dims[WHY_MAX_RANK];
  double scales[WHY_MAX_RANK], sizes[WHY_MAX_RANK];
  int n_axes, n_scales = 0, n_sizes = 0;
  gboolean is_upsample = strcmp (node->klass->type, "Upsample") == 0;

  if (!infer_modes (node, error) ||
      !why_infer_attr_ints (node, "axes", WHY_MAX_RANK, axes, &n_axes, error) ||
      !why_infer_axes (node, n_axes, axes, input->rank, error))
    return FALSE;
  if (!why_node_has_attr (node, "axes"))
    {
      n_axes = input->rank;
      for (int axis = 0; axis < n_axes; axis++)
        axes[axis] = axis;
    }
  if (is_upsample && node->opset < 9)
    {
      gsize count;
      const double *attr = why_node_floats (node, "scales", &count);
      if (count == 0 || count > WHY_MAX_RANK)
        return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                              "has %" G_GSIZE_FORMAT " scales for %d axes", count, n_axes);
      memcpy (scales, attr, count * sizeof *scales);
      n_scales = (int) count;
    }
  else if (is_upsample || node->opset < 11)
    {
      if (!infer_numbers (node, 1, "scales", WHY_MAX_RANK, scales, &n_scales, error))
        return FALSE;
    }
  else if (!infer_numbers (node, 2, "scales", WHY_MAX_RANK, scales, &n_scales, error) ||
           !infer_numbers (node, 3, "sizes", WHY_MAX_RANK, sizes, &n_sizes, error))
    return FALSE;
  if (n_axes > 0 && (n_scales > 0) == (n_sizes > 0))
    return why_node_fail (node, error, WHY_ERROR_BAD_MODEL,
                          n_scales > 0 ? "has scales as well as sizes"
                                       : "has neither scales nor sizes");

  memcpy (dims, input->dims, sizeof dims);
  reset_axes (node->params);
  if (n_sizes > 0 ? !infer_sizes (node, n_sizes, sizes, n_axes, axes, dims, error)
                  : !infer_scales (node, n_scales, scales, n_axes, axes, dims, error))
    return FALSE;
  return infer_roi (node, n_axes, axes, error) &&
         why_node_set_output (node, 0, input->dtype, input->rank, dims, error);
}

/* ---- one axis at a time ---- */

#define DEFINE_PASSES(TYPE)                                                                        \
  /* The last axis: one value at a time. */                                                        \
  static void pass_last_##TYPE (const WhyResizeTable *table, gint64 outer, gint64 in_size,         \
                                const TYPE *from, TYPE *to)                                        \
  {                                                                                                \
    for (gint64 o = 0; o < outer; o++, from += in_size)                                            \
      for (gint64 position = 0; position < table->size; position++)                                \
        {                                                                                          \
          const gint64 *sources = table->sources + position * table->n_taps;                       \
          const double *weights = table->weights + position * table->n_taps;                       \
          TYPE sum = 0;                                                                            \
          for (gint64 tap = 0; tap < table->n_taps; tap++)                                         \
            sum += weights[tap] != 0 ? (TYPE) weights[tap] * from[sources[tap]] : 0;               \
          *to++ = sum;                                                                             \
        }                                                                                          \
  }                                                                                                \
  static void pass_##TYPE (const WhyResizeTable *table, gint64 outer, gint64 in_size,              \
                           gint64 inner, const TYPE *from, TYPE *to)                               \
  {                                                                                                \
    if (inner == 1)                                                                                \
      {                                                                                            \
        pass_last_##TYPE (table, outer, in_size, from, to);                                        \
        return;                                                                                    \
      }                                                                                            \
    for (gint64 o = 0; o < outer; o++, from += in_size * inner)                                    \
      for (gint64 position = 0; position < table->size; position++, to += inner)                   \
        {                                                                                          \
          memset (to, 0, (gsize) inner * sizeof *to);                                              \
          for (gint64 tap = 0; tap < table->n_taps; tap++)                                         \
            {                                                                                      \
              TYPE weight = (TYPE) table->weights[position * table->n_taps + tap];                 \
              const TYPE *source = from + table->sources[position * table->n_taps + tap] * inner;  \
              for (gint64 each = 0; weight != 0 && each < inner; each++)                           \
                to[each] += weight * source[each];                                                 \
            }                                                                                      \
        }                                                                                          \
  }                                                                                                \
  static void pass_back_##TYPE (const WhyResizeTable *table, gint64 outer, gint64 in_size,         \
                                gint64 inner, const TYPE *from, TYPE *to)                          \
  {                                                                                                \
    memset (to, 0, (gsize) (outer * in_size * inner) * sizeof *to);                                \
    for (gint64 o = 0; o < outer; o++, to += in_size * inner)                                      \
      for (gint64 position = 0; position < table->size; position++, from += inner)                 \
        {                                                                                          \
          for (gint64 tap = 0; tap < table->n_taps; tap++)                                         \
            {                                                                                      \
              TYPE weight = (TYPE) table->weights[position * table->n_taps + tap];                 \
              TYPE *target = to + table->sources[position * table->n_taps + tap] * inner;          \
              for (gint64 each = 0; weight != 0 && each < inner; each++)                           \
                target[each] += weight * from[each];                                               \
            }                                                                                      \
        }                                                                                          \
  }

DEFINE_PASSES (float)
DEFINE_PASSES (double)

/* Tables of the axes that change; n_taps is 0 for the others. */
static void
tables_clear (WhyResizeTable *tables)
{
  for (int axis = 0; axis < WHY_MAX_RANK; axis++)
    why_resize_table_clear (&tables[axis]);
}

static gboolean
tables_init (WhyResizeTable *tables, const WhyResizeParams *params, int rank, const gint64 *small,
             const gint64 *big, GError **error)
{
  memset (tables, 0, WHY_MAX_RANK * sizeof *tables);
  for (int axis = 0; axis < rank; axis++)
    {
      if (!why_resize_is_identity (params, axis, small[axis], big[axis]) &&
          !why_resize_table_init (&tables[axis], params, axis, small[axis], big[axis], error))
        {
          tables_clear (tables);
          return FALSE;
        }
    }
  return TRUE;
}

/* Resizes all axes, those that shrink most first, so that nothing in between is larger than both.
 * @from and @to are float32 or float64; @backward: @from has the dims of Resize's output. */
static gboolean
resize_all (const WhyNode *node, const WhyResizeTable *tables, gboolean backward,
            const WhyTensor *from, WhyTensor *to, GError **error)
{
  int order[WHY_MAX_RANK], n_axes = 0, rank = from->rank;
  g_autoptr (WhyTensor) current = NULL;

  for (int axis = 0; axis < rank; axis++)
    {
      if (tables[axis].n_taps == 0)
        continue;
      int place = n_axes++;
      double growth = (double) to->dims[axis] / (double) from->dims[axis];
      while (place > 0 &&
             (double) to->dims[order[place - 1]] / (double) from->dims[order[place - 1]] > growth)
        {
          order[place] = order[place - 1];
          place--;
        }
      order[place] = axis;
    }
  if (n_axes == 0)
    {
      why_move_all (from, to);
      return TRUE;
    }
  for (int place = 0; place < n_axes; place++)
    {
      int axis = order[place];
      const WhyTensor *source = place == 0 ? from : current;
      gint64 dims[WHY_MAX_RANK];
      g_autoptr (WhyTensor) made = NULL;
      memcpy (dims, source->dims, sizeof dims);
      dims[axis] = to->dims[axis];
      if (place < n_axes - 1 && (made = why_tensor_new (to->dtype, rank, dims, error)) == NULL)
        return FALSE;
      WhyTensor *target = made != NULL ? made : to;
      gint64 outer = why_dims_product (dims, 0, axis),
             inner = why_dims_product (dims, axis + 1, rank);
      gint64 in_size = backward ? target->dims[axis] : source->dims[axis];
      if (to->dtype == WHY_DTYPE_FLOAT32)
        (backward ? pass_back_float : pass_float) (&tables[axis], outer, in_size, inner,
                                                   source->data, target->data);
      else
        (backward ? pass_back_double : pass_double) (&tables[axis], outer, in_size, inner,
                                                     source->data, target->data);
      why_tensor_unref (current);
      current = g_steal_pointer (&made);
    }
  return TRUE;
}

/* Floating results to integers: ONNX truncates; a hair below a whole number is that number. */
static void
store_rounded (const WhyTensor *from, WhyTensor *to)
{
  gsize count = why_tensor_count (to);
  gsize bits = 8 * why_dtype_size (to->dtype);
  gboolean is_signed = to->dtype == WHY_DTYPE_INT8 || to->dtype == WHY_DTYPE_INT16 ||
                       to->dtype == WHY_DTYPE_INT32 || to->dtype == WHY_DTYPE_INT64;
  double high = ldexp (1, (int) bits - (is_signed ? 1 : 0)) - 1, low = is_signed ? -high - 1 : 0;

  for (gsize index = 0; index < count; index++)
    {
      double value = ((const double *) from->data)[index];
      if (why_dtype_is_integer (to->dtype))
        {
          double whole = rint (value);
          value = CLAMP (fabs (value - whole) < 1e-6 ? whole : trunc (value), low, high);
        }
      why_tensor_set_f64 (to, index, value);
    }
}

static gboolean
resize_any_type (const WhyNode *node, const WhyResizeTable *tables, gboolean backward,
                 WhyTensor *from, WhyTensor *to, GError **error)
{
  if (to->dtype == WHY_DTYPE_FLOAT32 || to->dtype == WHY_DTYPE_FLOAT64)
    return resize_all (node, tables, backward, from, to, error);

  g_autoptr (WhyTensor) wide = why_tensor_cast (from, WHY_DTYPE_FLOAT64, error);
  g_autoptr (WhyTensor) result = why_tensor_new (WHY_DTYPE_FLOAT64, to->rank, to->dims, error);
  if (wide == NULL || result == NULL || !resize_all (node, tables, backward, wide, result, error))
    return FALSE;
  store_rounded (result, to);
  return TRUE;
}

static void
next_index (int rank, const gint64 *dims, gint64 *index)
{
  for (int axis = rank - 1; axis >= 0; axis--)
    {
      if (++index[axis] < dims[axis])
        return;
      index[axis] = 0;
    }
}

#define DEFINE_PICK(TYPE)                                                                          \
  static void pick_##TYPE (const TYPE *from, TYPE *to, gint64 count, const gint64 *sources)        \
  {                                                                                                \
    for (gint64 each = 0; each < count; each++)                                                    \
      to[each] = from[sources != NULL ? sources[each] : each];                                     \
  }

DEFINE_PICK (guint8)
DEFINE_PICK (guint16)
DEFINE_PICK (guint32)
DEFINE_PICK (guint64)

/* Nearest neighbours are copied, whatever the type. */
static void
resize_nearest (const WhyResizeTable *tables, const WhyTensor *from, WhyTensor *to)
{
  gint64 strides[WHY_MAX_RANK], index[WHY_MAX_RANK] = { 0 };
  int last = to->rank - 1;
  gsize size = why_dtype_size (to->dtype);
  gint64 width = to->dims[last], n_rows = why_dims_product (to->dims, 0, last);

  why_dims_dense_strides (from->rank, from->dims, strides);
  for (gint64 row = 0; row < n_rows; row++)
    {
      gint64 offset = 0;
      for (int axis = 0; axis < last; axis++)
        offset += (tables[axis].n_taps > 0 ? tables[axis].sources[index[axis]] : index[axis]) *
                  strides[axis];
      gconstpointer source = why_tensor_at (from, offset);
      gpointer target = why_tensor_at (to, row * width);
      const gint64 *sources = tables[last].sources;
      switch (size)
        {
        case 1: pick_guint8 (source, target, width, sources); break;
        case 2: pick_guint16 (source, target, width, sources); break;
        case 4: pick_guint32 (source, target, width, sources); break;
        default: pick_guint64 (source, target, width, sources); break;
        }
      next_index (last, to->dims, index);
    }
}

/* A position that is outside along any axis is the extrapolation value. */
static void
extrapolate (const WhyResizeTable *tables, double value, WhyTensor *to)
{
  gint64 index[WHY_MAX_RANK] = { 0 };
  gsize count = why_tensor_count (to);
  gboolean any = FALSE;

  for (int axis = 0; axis < to->rank; axis++)
    any |= tables[axis].outside != NULL;
  for (gsize element = 0; any && element < count; element++)
    {
      gboolean outside = FALSE;
      for (int axis = 0; axis < to->rank; axis++)
        outside |= tables[axis].outside != NULL && tables[axis].outside[index[axis]];
      if (outside)
        why_tensor_set_f64 (to, element, value);
      next_index (to->rank, to->dims, index);
    }
}

static gboolean
resize_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
             GError **error)
{
  const WhyResizeParams *params = node->params;
  WhyResizeTable tables[WHY_MAX_RANK];
  gboolean done = TRUE;

  if (why_tensor_count (outputs[0]) == 0)
    return TRUE;
  if (!tables_init (tables, params, outputs[0]->rank, inputs[0]->dims, outputs[0]->dims, error))
    return FALSE;
  if (outputs[0]->rank == 0)
    why_move_all (inputs[0], outputs[0]);
  else if (params->mode == WHY_RESIZE_NEAREST)
    resize_nearest (tables, inputs[0], outputs[0]);
  else
    done = resize_any_type (node, tables, FALSE, inputs[0], outputs[0], error);
  if (done)
    extrapolate (tables, params->extrapolation, outputs[0]);
  tables_clear (tables);
  return done;
}

/* ---- gradients: ResizeGrad is the adjoint, ResizeBy is Resize again ---- */

static WhyValue *
emit_resize (WhyGraph *graph, GError **error, const char *type, WhyValue *value,
             const WhyResizeParams *params, int rank, const gint64 *dims)
{
  const WhyAttr attrs[] = {
    WHY_ATTR_OF_INT ("mode", params->mode),
    WHY_ATTR_OF_INT ("coordinates", params->coordinates),
    WHY_ATTR_OF_INT ("nearest", params->nearest),
    WHY_ATTR_OF_INT ("exclude_outside", params->exclude_outside),
    WHY_ATTR_OF_INT ("antialias", params->antialias),
    WHY_ATTR_OF_FLOAT ("cubic_a", params->cubic_a),
    WHY_ATTR_OF_FLOATS ("from", params->from, rank),
    WHY_ATTR_OF_FLOATS ("to", params->to, rank),
    WHY_ATTR_OF_FLOATS ("roi_lo", params->roi_lo, rank),
    WHY_ATTR_OF_FLOATS ("roi_hi", params->roi_hi, rank),
    WHY_ATTR_OF_INTS ("dims", dims, rank),
  };
  return why_emit (graph, error, type, 1, &value, attrs, G_N_ELEMENTS (attrs));
}

static gboolean
resize_by_infer (WhyNode *node, GError **error)
{
  static const char *const names[] = { "from", "to", "roi_lo", "roi_hi" };
  WhyResizeParams *params = node->params;
  double *const lists[] = { params->from, params->to, params->roi_lo, params->roi_hi };
  gint64 dims[WHY_MAX_RANK];
  int rank;

  params->mode = (WhyResizeMode) why_node_int (node, "mode", 0);
  params->coordinates = (WhyResizeCoordinates) why_node_int (node, "coordinates", 0);
  params->nearest = (WhyResizeNearest) why_node_int (node, "nearest", 0);
  params->exclude_outside = why_node_int (node, "exclude_outside", 0) != 0;
  params->antialias = why_node_int (node, "antialias", 0) != 0;
  params->cubic_a = why_node_float (node, "cubic_a", -0.75);
  for (gsize index = 0; index < G_N_ELEMENTS (names); index++)
    {
      gsize n;
      const double *values = why_node_floats (node, names[index], &n);
      g_assert (n == (gsize) node->inputs[0]->rank);
      if (n > 0)
        memcpy (lists[index], values, n * sizeof *values);
    }
  return why_infer_attr_ints (node, "dims", WHY_MAX_RANK, dims, &rank, error) &&
         why_node_set_output (node, 0, node->inputs[0]->dtype, rank, dims, error);
}

static gboolean
resize_grad_eval (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs,
                  GError **error)
{
  WhyResizeTable tables[WHY_MAX_RANK];

  if (why_tensor_count (inputs[0]) == 0 || why_tensor_count (outputs[0]) == 0)
    {
      memset (outputs[0]->data, 0,
              why_tensor_count (outputs[0]) * why_dtype_size (outputs[0]->dtype));
      return TRUE;
    }
  if (!tables_init (tables, node->params, outputs[0]->rank, outputs[0]->dims, inputs[0]->dims,
                    error))
    return FALSE;
  gboolean done = resize_any_type (node, tables, TRUE, inputs[0], outputs[0], error);
  tables_clear (tables);
  return done;
}

static gboolean
resize_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  return why_grad_add (builder, node, 0,
                       emit_resize (why_grad_graph (builder), error, "ResizeGrad",
                                    why_grad_output (builder, node, 0), node->params, input->rank,
                                    input->dims));
}

static gboolean
resize_grad_gradient (WhyGradBuilder *builder, const WhyNode *node, GError **error)
{
  const WhyValue *input = node->inputs[0];
  return why_grad_add (builder, node, 0,
                       emit_resize (why_grad_graph (builder), error, "ResizeBy",
                                    why_grad_output (builder, node, 0), node->params, input->rank,
                                    input->dims));
}

/* ---- region: what the first and the last position read; those between lie between ---- */

static void
resize_region (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in)
{
  const WhyResizeParams *params = node->params;
  const gint64 *in_dims = node->inputs[0]->dims, *out_dims = node->outputs[0]->dims;

  if (input != 0)
    return;
  for (int axis = 0; axis < out->rank; axis++)
    {
      const gint64 ends[] = { MAX (out->lo[axis], 0), MIN (out->hi[axis], out_dims[axis]) - 1 };
      if (params->coordinates == WHY_RESIZE_TF_CROP_AND_RESIZE)
        continue; /* the ends may be outside */
      if (why_resize_is_identity (params, axis, in_dims[axis], out_dims[axis]) ||
          in_dims[axis] == 0 || ends[1] < ends[0])
        {
          in->lo[axis] = out->lo[axis];
          in->hi[axis] = out->hi[axis];
          continue;
        }
      gint64 n_taps = why_resize_n_taps (params, axis);
      g_autofree gint64 *sources = g_try_new (gint64, n_taps);
      g_autofree double *weights = g_try_new (double, n_taps);
      if (sources == NULL || weights == NULL)
        continue;
      in->lo[axis] = in_dims[axis];
      in->hi[axis] = 0;
      for (gsize end = 0; end < G_N_ELEMENTS (ends); end++)
        {
          why_resize_taps (params, axis, in_dims[axis], out_dims[axis], ends[end], sources,
                           weights);
          for (gint64 tap = 0; tap < n_taps; tap++)
            {
              if (weights[tap] == 0)
                continue;
              in->lo[axis] = MIN (in->lo[axis], sources[tap]);
              in->hi[axis] = MAX (in->hi[axis], sources[tap] + 1);
            }
        }
    }
}

/* clang-format off */
const WhyOpClass why_ops_resize[] = {
  { .type = "Resize", .since = 10, .until = 10, .min_inputs = 2, .max_inputs = 2,
    .max_outputs = 1, .params_size = sizeof (WhyResizeParams), .infer = resize_infer,
    .eval = resize_eval, .gradient = resize_gradient, .region = resize_region },
  { .type = "Resize", .since = 11, .min_inputs = 1, .max_inputs = 4, .max_outputs = 1,
    .params_size = sizeof (WhyResizeParams), .infer = resize_infer, .eval = resize_eval,
    .gradient = resize_gradient, .region = resize_region },
  { .type = "Upsample", .since = 7, .until = 8, .min_inputs = 1, .max_inputs = 1,
    .max_outputs = 1, .params_size = sizeof (WhyResizeParams), .infer = resize_infer,
    .eval = resize_eval, .gradient = resize_gradient, .region = resize_region },
  { .type = "Upsample", .since = 9, .until = 9, .min_inputs = 2, .max_inputs = 2,
    .max_outputs = 1, .params_size = sizeof (WhyResizeParams), .infer = resize_infer,
    .eval = resize_eval, .gradient = resize_gradient, .region = resize_region },
  { .type = "ResizeBy", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .flags = WHY_OP_INTERNAL, .params_size = sizeof (WhyResizeParams), .infer = resize_by_infer,
    .eval = resize_eval, .gradient = resize_gradient, .region = resize_region },
  { .type = "ResizeGrad", .since = 1, .min_inputs = 1, .max_inputs = 1, .max_outputs = 1,
    .flags = WHY_OP_INTERNAL, .params_size = sizeof (WhyResizeParams), .infer = resize_by_infer,
    .eval = resize_grad_eval, .gradient = resize_grad_gradient },
  { .type = NULL },
};
/* clang-format on */
