#pragma once

#include "graph/op.h"

G_BEGIN_DECLS

/* What the operators that move elements without computing share: one strided copy, lists of numbers
 * from constant inputs, and short ways to write attributes. */

/* Copies may split every axis in two (Tile, DepthToSpace). */
#define WHY_MOVE_RANK (2 * WHY_MAX_RANK)

/**
 * why_move_strided:
 * @rank: at most %WHY_MOVE_RANK
 * @dims: (array length=rank): of the box that is copied
 * @size: bytes of an element: 1, 2, 4 or 8
 * @from: first element that is read
 * @from_strides: (array length=rank): in elements; 0 repeats, negative ones walk backwards
 * @to: first element that is written
 * @to_strides: (array length=rank): likewise; the last axis should be the fastest
 */
void why_move_strided (int rank, const gint64 *dims, gsize size, gconstpointer from,
                       const gint64 *from_strides, gpointer to, const gint64 *to_strides);

/** why_move_all: copies @from to @to, dense and of equal type and count */
void why_move_all (const WhyTensor *from, WhyTensor *to);

/** why_tensor_at: the address of the element with flat index @index */
static inline gpointer
why_tensor_at (const WhyTensor *tensor, gint64 index)
{
  return (char *) tensor->data + index * (gint64) why_dtype_size (tensor->dtype);
}

/** why_dims_product: of @dims from @begin up to, not including, @end; sizes are checked already */
static inline gint64
why_dims_product (const gint64 *dims, int begin, int end)
{
  gint64 product = 1;
  for (int axis = begin; axis < end; axis++)
    product *= dims[axis];
  return product;
}

/**
 * why_infer_ints:
 * @index: number of an input that must be a constant int32 or int64 tensor of rank 0 or 1
 * @what: its ONNX name
 * @values: (out caller-allocates) (array length=max)
 * @n: (out): how many there are, at most @max
 */
gboolean why_infer_ints (const WhyNode *node, guint index, const char *what, int max,
                         gint64 *values, int *n, GError **error);

/** why_infer_attr_ints: the same for an attribute; absent: @n is 0 */
gboolean why_infer_attr_ints (const WhyNode *node, const char *name, int max, gint64 *values,
                              int *n, GError **error);

/** why_infer_axes: brings @axes (array length=n) to 0..@rank-1 in place; fails if two are the same */
gboolean why_infer_axes (const WhyNode *node, int n, gint64 *axes, int rank, GError **error);

#define WHY_ATTR_OF_INT(key, value)                                                                \
  {                                                                                                \
    .name = key, .type = WHY_ATTR_INT, .i = value                                                  \
  }
#define WHY_ATTR_OF_FLOAT(key, value)                                                              \
  {                                                                                                \
    .name = key, .type = WHY_ATTR_FLOAT, .f = value                                                \
  }
#define WHY_ATTR_OF_STRING(key, value)                                                             \
  {                                                                                                \
    .name = key, .type = WHY_ATTR_STRING, .s = value                                               \
  }
#define WHY_ATTR_OF_INTS(key, values, count)                                                       \
  {                                                                                                \
    .name = key, .type = WHY_ATTR_INTS, .ints = values, .n = (gsize) (count)                       \
  }
#define WHY_ATTR_OF_FLOATS(key, values, count)                                                     \
  {                                                                                                \
    .name = key, .type = WHY_ATTR_FLOATS, .floats = values, .n = (gsize) (count)                   \
  }

G_END_DECLS
