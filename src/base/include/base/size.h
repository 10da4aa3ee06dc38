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
 * Returns: %FALSE if a dimension is negative or the product overflows.
 */
static inline gboolean
why_dims_count (const gint64 *dims, int rank, gsize *count)
{
  gsize product = 1;
  for (int axis = 0; axis < rank; axis++)
    {
      if (dims[axis] < 0 || !why_size_mul (product, (gsize) dims[axis], &product))
        return FALSE;
    }
  *count = product;
  return TRUE;
}

G_END_DECLS
