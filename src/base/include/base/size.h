#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Checked arithmetic for every size that comes from a file or is computed from one. All return
 * FALSE, and leave *result undefined, when the true value does not fit. */

static inline gboolean
why_size_mul (gsize a, gsize b, gsize *result)
{
  return !__builtin_mul_overflow (a, b, result);
}

static inline gboolean
why_size_add (gsize a, gsize b, gsize *result)
{
  return !__builtin_add_overflow (a, b, result);
}

static inline gboolean
why_dim_mul (gint64 a, gint64 b, gint64 *result)
{
  return !__builtin_mul_overflow (a, b, result);
}

static inline gboolean
why_dim_add (gint64 a, gint64 b, gint64 *result)
{
  return !__builtin_add_overflow (a, b, result);
}

/**
 * why_dims_count:
 * @dims: (array length=rank): dimensions, each at least 0
 * @rank: 0 (a scalar, one value) or more
 * @count: (out): the product
 *
 * Returns: %FALSE if a dimension is negative or the product overflows. A dimension of 0 does not
 *   excuse the others: their product must fit too, for strides are computed from it.
 */
static inline gboolean
why_dims_count (const gint64 *dims, int rank, gsize *count)
{
  gint64 product = 1;
  gboolean empty = FALSE;
  for (int axis = 0; axis < rank; axis++)
    {
      if (dims[axis] < 0 || (dims[axis] > 0 && !why_dim_mul (product, dims[axis], &product)))
        return FALSE;
      empty |= dims[axis] == 0;
    }
  *count = empty ? 0 : (gsize) product;
  return TRUE;
}

G_END_DECLS
