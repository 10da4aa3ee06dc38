#include "config.h"

#include "base/tensor.h"
#include "base/error.h"
#include "base/size.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* One cache line, and what the widest vector instructions want. */
#define ALIGNMENT 64

const char *
why_dtype_name (WhyDType dtype)
{
  switch (dtype)
    {
    case WHY_DTYPE_FLOAT32:
      return "float32";
    case WHY_DTYPE_UINT8:
      return "uint8";
    case WHY_DTYPE_INT8:
      return "int8";
    case WHY_DTYPE_UINT16:
      return "uint16";
    case WHY_DTYPE_INT16:
      return "int16";
    case WHY_DTYPE_INT32:
      return "int32";
    case WHY_DTYPE_INT64:
      return "int64";
    case WHY_DTYPE_STRING:
      return "string";
    case WHY_DTYPE_BOOL:
      return "bool";
    case WHY_DTYPE_FLOAT16:
      return "float16";
    case WHY_DTYPE_FLOAT64:
      return "float64";
    case WHY_DTYPE_UINT32:
      return "uint32";
    case WHY_DTYPE_UINT64:
      return "uint64";
    case WHY_DTYPE_BFLOAT16:
      return "bfloat16";
    case WHY_DTYPE_UNDEFINED:
      break;
    }
  return "unknown type";
}

gsize
why_dtype_size (WhyDType dtype)
{
  switch (dtype)
    {
    case WHY_DTYPE_UINT8:
    case WHY_DTYPE_INT8:
    case WHY_DTYPE_BOOL:
      return 1;
    case WHY_DTYPE_UINT16:
    case WHY_DTYPE_INT16:
    case WHY_DTYPE_FLOAT16:
    case WHY_DTYPE_BFLOAT16:
      return 2;
    case WHY_DTYPE_FLOAT32:
    case WHY_DTYPE_INT32:
    case WHY_DTYPE_UINT32:
      return 4;
    case WHY_DTYPE_INT64:
    case WHY_DTYPE_FLOAT64:
    case WHY_DTYPE_UINT64:
      return 8;
    case WHY_DTYPE_STRING:
    case WHY_DTYPE_UNDEFINED:
      break;
    }
  return 0;
}

gboolean
why_dtype_is_float (WhyDType dtype)
{
  return dtype == WHY_DTYPE_FLOAT32 || dtype == WHY_DTYPE_FLOAT64 || dtype == WHY_DTYPE_FLOAT16 ||
         dtype == WHY_DTYPE_BFLOAT16;
}

gboolean
why_dtype_is_integer (WhyDType dtype)
{
  return why_dtype_size (dtype) > 0 && !why_dtype_is_float (dtype) && dtype != WHY_DTYPE_BOOL;
}

void
why_dims_dense_strides (int rank, const gint64 *dims, gint64 *strides)
{
  gint64 step = 1;
  for (int axis = rank - 1; axis >= 0; axis--)
    {
      strides[axis] = step;
      step *= MAX (dims[axis], 1);
    }
}

void
why_dims_channels_last_strides (int rank, const gint64 *dims, gint64 *strides)
{
  gint64 step = MAX (dims[1], 1);
  strides[1] = 1;
  for (int axis = rank - 1; axis >= 2; axis--)
    {
      strides[axis] = step;
      step *= MAX (dims[axis], 1);
    }
  strides[0] = step;
}

char *
why_dims_to_string (int rank, const gint64 *dims)
{
  if (rank < 0)
    return g_strdup ("unknown shape");
  if (rank == 0)
    return g_strdup ("scalar");
  GString *text = g_string_new (NULL);
  for (int axis = 0; axis < rank; axis++)
    {
      if (axis > 0)
        g_string_append_c (text, 'x');
      if (dims[axis] < 0)
        g_string_append_c (text, '?');
      else
        g_string_append_printf (text, "%" G_GINT64_FORMAT, dims[axis]);
    }
  return g_string_free (text, FALSE);
}

static WhyTensor *
tensor_alloc (WhyDType dtype, int rank, const gint64 *dims, GError **error)
{
  gsize count, n_bytes, padded;

  g_return_val_if_fail (rank >= 0 && rank <= WHY_MAX_RANK, NULL);
  g_return_val_if_fail (why_dtype_size (dtype) > 0, NULL);

  if (!why_dims_count (dims, rank, &count) ||
      !why_size_mul (count, why_dtype_size (dtype), &n_bytes) ||
      !why_size_add (n_bytes, ALIGNMENT, &padded))
    {
      g_autofree char *text = why_dims_to_string (rank, dims);
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "A tensor of %s %s values is too large",
                   text, why_dtype_name (dtype));
      return NULL;
    }
  gpointer data = NULL;
  if (posix_memalign (&data, ALIGNMENT, padded) != 0)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "There is no memory for %" G_GSIZE_FORMAT " MB", n_bytes >> 20);
      return NULL;
    }
  WhyTensor *tensor = g_new0 (WhyTensor, 1);
  atomic_init (&tensor->ref_count, 1);
  tensor->dtype = dtype;
  tensor->rank = rank;
  if (rank > 0)
    memcpy (tensor->dims, dims, (gsize) rank * sizeof *dims);
  tensor->data = data;
  tensor->n_bytes = n_bytes;
  tensor->owner = data;
  tensor->owner_free = free;
  return tensor;
}

WhyTensor *
why_tensor_new (WhyDType dtype, int rank, const gint64 *dims, GError **error)
{
  WhyTensor *tensor = tensor_alloc (dtype, rank, dims, error);
  if (tensor != NULL)
    why_dims_dense_strides (rank, dims, tensor->strides);
  return tensor;
}

WhyTensor *
why_tensor_new_channels_last (WhyDType dtype, int rank, const gint64 *dims, GError **error)
{
  g_return_val_if_fail (rank >= 3, NULL);
  WhyTensor *tensor = tensor_alloc (dtype, rank, dims, error);
  if (tensor != NULL)
    why_dims_channels_last_strides (rank, dims, tensor->strides);
  return tensor;
}

WhyTensor *
why_tensor_new_zeros (WhyDType dtype, int rank, const gint64 *dims, GError **error)
{
  WhyTensor *tensor = why_tensor_new (dtype, rank, dims, error);
  if (tensor != NULL)
    memset (tensor->data, 0, tensor->n_bytes);
  return tensor;
}

WhyTensor *
why_tensor_new_view (WhyDType dtype,
                     int rank,
                     const gint64 *dims,
                     const gint64 *strides,
                     gpointer data,
                     gpointer owner,
                     GDestroyNotify owner_free)
{
  g_return_val_if_fail (rank >= 0 && rank <= WHY_MAX_RANK, NULL);

  WhyTensor *tensor = g_new0 (WhyTensor, 1);
  atomic_init (&tensor->ref_count, 1);
  tensor->dtype = dtype;
  tensor->rank = rank;
  if (rank > 0)
    memcpy (tensor->dims, dims, (gsize) rank * sizeof *dims);
  if (strides != NULL && rank > 0)
    memcpy (tensor->strides, strides, (gsize) rank * sizeof *strides);
  else
    why_dims_dense_strides (rank, dims, tensor->strides);
  tensor->data = data;
  tensor->n_bytes = why_tensor_count (tensor) * why_dtype_size (dtype);
  tensor->owner = owner;
  tensor->owner_free = owner_free;
  return tensor;
}

WhyTensor *
why_tensor_new_scalar_f32 (float value)
{
  WhyTensor *tensor = why_tensor_new (WHY_DTYPE_FLOAT32, 0, NULL, NULL);
  g_assert (tensor != NULL);
  *(float *) tensor->data = value;
  return tensor;
}

WhyTensor *
why_tensor_new_i64 (gsize n, const gint64 *values)
{
  gint64 dims[1] = { (gint64) n };
  WhyTensor *tensor = why_tensor_new (WHY_DTYPE_INT64, 1, dims, NULL);
  g_assert (tensor != NULL);
  if (n > 0)
    memcpy (tensor->data, values, n * sizeof *values);
  return tensor;
}

WhyTensor *
why_tensor_ref (WhyTensor *tensor)
{
  atomic_fetch_add_explicit (&tensor->ref_count, 1, memory_order_relaxed);
  return tensor;
}

void
why_tensor_unref (WhyTensor *tensor)
{
  if (tensor == NULL ||
      atomic_fetch_sub_explicit (&tensor->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  if (tensor->owner_free != NULL)
    tensor->owner_free (tensor->owner);
  g_free (tensor);
}

gsize
why_tensor_count (const WhyTensor *tensor)
{
  gsize count = 1;
  for (int axis = 0; axis < tensor->rank; axis++)
    count *= (gsize) tensor->dims[axis];
  return count;
}

static gboolean
has_strides (const WhyTensor *tensor, const gint64 *strides)
{
  for (int axis = 0; axis < tensor->rank; axis++)
    {
      if (tensor->dims[axis] > 1 && tensor->strides[axis] != strides[axis])
        return FALSE;
    }
  return TRUE;
}

gboolean
why_tensor_is_dense (const WhyTensor *tensor)
{
  gint64 strides[WHY_MAX_RANK];
  why_dims_dense_strides (tensor->rank, tensor->dims, strides);
  return has_strides (tensor, strides);
}

gboolean
why_tensor_is_channels_last (const WhyTensor *tensor)
{
  gint64 strides[WHY_MAX_RANK];
  if (tensor->rank < 3)
    return FALSE;
  why_dims_channels_last_strides (tensor->rank, tensor->dims, strides);
  return has_strides (tensor, strides);
}

gboolean
why_tensor_same_dims (const WhyTensor *a, const WhyTensor *b)
{
  if (a->rank != b->rank)
    return FALSE;
  for (int axis = 0; axis < a->rank; axis++)
    {
      if (a->dims[axis] != b->dims[axis])
        return FALSE;
    }
  return TRUE;
}

/* Copies values between two tensors of equal dims and type and any strides. Runs along the
 * destination's fastest dimension in the inner loop, so that writes are contiguous. */
static void
copy_strided (const WhyTensor *from, WhyTensor *to)
{
  gsize size = why_dtype_size (from->dtype);
  gint64 index[WHY_MAX_RANK] = { 0 };
  int order[WHY_MAX_RANK];
  int rank = from->rank;
  gsize count = why_tensor_count (from);

  if (count == 0)
    return;
  if (rank == 0)
    {
      memcpy (to->data, from->data, size);
      return;
    }
  for (int axis = 0; axis < rank; axis++)
    {
      int place = axis;
      while (place > 0 && to->strides[order[place - 1]] < to->strides[axis])
        {
          order[place] = order[place - 1];
          place--;
        }
      order[place] = axis;
    }
  int inner = order[rank - 1];
  gint64 run = from->dims[inner];
  gint64 from_step = from->strides[inner] * (gint64) size,
         to_step = to->strides[inner] * (gint64) size;

  for (gsize done = 0; done < count; done += (gsize) run)
    {
      gint64 from_at = 0, to_at = 0;
      for (int axis = 0; axis < rank; axis++)
        {
          from_at += index[axis] * from->strides[axis];
          to_at += index[axis] * to->strides[axis];
        }
      const char *source = (const char *) from->data + from_at * (gint64) size;
      char *target = (char *) to->data + to_at * (gint64) size;
      if (from_step == (gint64) size && to_step == (gint64) size)
        memcpy (target, source, (gsize) run * size);
      else if (size == 4)
        for (gint64 step = 0; step < run; step++)
          *(guint32 *) (target + step * to_step) = *(const guint32 *) (source + step * from_step);
      else
        for (gint64 step = 0; step < run; step++)
          memcpy (target + step * to_step, source + step * from_step, size);

      for (int place = rank - 2; place >= 0; place--)
        {
          int axis = order[place];
          if (++index[axis] < from->dims[axis])
            break;
          index[axis] = 0;
        }
    }
}

WhyTensor *
why_tensor_copy (const WhyTensor *tensor, GError **error)
{
  WhyTensor *copy = why_tensor_new (tensor->dtype, tensor->rank, tensor->dims, error);
  if (copy != NULL)
    copy_strided (tensor, copy);
  return copy;
}

WhyTensor *
why_tensor_to_dense (WhyTensor *tensor, GError **error)
{
  return why_tensor_is_dense (tensor) ? why_tensor_ref (tensor) : why_tensor_copy (tensor, error);
}

WhyTensor *
why_tensor_to_channels_last (WhyTensor *tensor, GError **error)
{
  if (why_tensor_is_channels_last (tensor))
    return why_tensor_ref (tensor);
  WhyTensor *copy = why_tensor_new_channels_last (tensor->dtype, tensor->rank, tensor->dims, error);
  if (copy != NULL)
    copy_strided (tensor, copy);
  return copy;
}

WhyTensor *
why_tensor_reshape (WhyTensor *tensor, int rank, const gint64 *dims)
{
  WhyTensor *view =
    why_tensor_new_view (tensor->dtype, rank, dims, NULL, tensor->data, why_tensor_ref (tensor),
                         (GDestroyNotify) why_tensor_unref);
  g_assert (why_tensor_count (view) == why_tensor_count (tensor));
  return view;
}

WhyTensor *
why_tensor_cast (WhyTensor *tensor, WhyDType dtype, GError **error)
{
  if (tensor->dtype == dtype)
    return why_tensor_to_dense (tensor, error);

  g_autoptr (WhyTensor) dense = why_tensor_to_dense (tensor, error);
  if (dense == NULL)
    return NULL;
  WhyTensor *cast = why_tensor_new (dtype, tensor->rank, tensor->dims, error);
  if (cast == NULL)
    return NULL;
  gsize count = why_tensor_count (dense);
  gboolean exact_integers = !why_dtype_is_float (dense->dtype) && !why_dtype_is_float (dtype);
  for (gsize index = 0; index < count; index++)
    {
      if (dtype == WHY_DTYPE_BOOL)
        ((guint8 *) cast->data)[index] = why_tensor_get_f64 (dense, index) != 0.0;
      else if (exact_integers)
        why_tensor_set_i64 (cast, index, why_tensor_get_i64 (dense, index));
      else
        why_tensor_set_f64 (cast, index, why_tensor_get_f64 (dense, index));
    }
  return cast;
}

float
why_half_to_float (guint16 half)
{
  guint32 sign = (guint32) (half & 0x8000) << 16;
  guint32 exponent = (half >> 10) & 0x1f, mantissa = half & 0x3ff;
  union
  {
    guint32 bits;
    float value;
  } out;

  if (exponent == 0x1f)
    out.bits = sign | 0x7f800000 | mantissa << 13;
  else if (exponent != 0)
    out.bits = sign | (exponent + 112) << 23 | mantissa << 13;
  else
    {
      out.value = (float) mantissa * 0x1p-24f;
      out.bits |= sign;
    }
  return out.value;
}

guint16
why_float_to_half (float value)
{
  union
  {
    float value;
    guint32 bits;
  } in = { .value = value };
  guint32 sign = (in.bits >> 16) & 0x8000;
  guint32 magnitude = in.bits & 0x7fffffff;

  if (magnitude > 0x7f800000)
    return (guint16) (sign | 0x7e00);
  if (magnitude >= 0x477ff000) /* 65520 and more round to infinity */
    return (guint16) (sign | 0x7c00);
  if (magnitude < 0x38800000) /* below the smallest normal half */
    {
      float scaled = fabsf (value) * 0x1p24f;
      return (guint16) (sign | (guint32) lrintf (scaled));
    }
  guint32 rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return (guint16) (sign | ((rounded - 0x38000000) >> 13));
}

static float
bfloat_to_float (guint16 bits)
{
  union
  {
    guint32 bits;
    float value;
  } out = { .bits = (guint32) bits << 16 };
  return out.value;
}

static guint16
float_to_bfloat (float value)
{
  union
  {
    float value;
    guint32 bits;
  } in = { .value = value };
  if (isnan (value))
    return 0x7fc0;
  return (guint16) ((in.bits + 0x7fff + ((in.bits >> 16) & 1)) >> 16);
}

double
why_tensor_get_f64 (const WhyTensor *tensor, gsize index)
{
  switch (tensor->dtype)
    {
    case WHY_DTYPE_FLOAT32:
      return (double) ((const float *) tensor->data)[index];
    case WHY_DTYPE_FLOAT64:
      return ((const double *) tensor->data)[index];
    case WHY_DTYPE_FLOAT16:
      return (double) why_half_to_float (((const guint16 *) tensor->data)[index]);
    case WHY_DTYPE_BFLOAT16:
      return (double) bfloat_to_float (((const guint16 *) tensor->data)[index]);
    case WHY_DTYPE_UINT64:
      return (double) ((const guint64 *) tensor->data)[index];
    case WHY_DTYPE_UINT8:
    case WHY_DTYPE_INT8:
    case WHY_DTYPE_UINT16:
    case WHY_DTYPE_INT16:
    case WHY_DTYPE_INT32:
    case WHY_DTYPE_INT64:
    case WHY_DTYPE_BOOL:
    case WHY_DTYPE_UINT32:
      return (double) why_tensor_get_i64 (tensor, index);
    case WHY_DTYPE_STRING:
    case WHY_DTYPE_UNDEFINED:
      break;
    }
  g_return_val_if_reached (0.0);
}

/* Out-of-range values saturate: C leaves the plain conversion undefined. */
static gint64
double_to_i64 (double value)
{
  if (isnan (value))
    return 0;
  if (value >= 0x1p63)
    return G_MAXINT64;
  if (value <= -0x1p63)
    return G_MININT64;
  return (gint64) value;
}

gint64
why_tensor_get_i64 (const WhyTensor *tensor, gsize index)
{
  switch (tensor->dtype)
    {
    case WHY_DTYPE_UINT8:
      return ((const guint8 *) tensor->data)[index];
    case WHY_DTYPE_INT8:
      return ((const gint8 *) tensor->data)[index];
    case WHY_DTYPE_UINT16:
      return ((const guint16 *) tensor->data)[index];
    case WHY_DTYPE_INT16:
      return ((const gint16 *) tensor->data)[index];
    case WHY_DTYPE_INT32:
      return ((const gint32 *) tensor->data)[index];
    case WHY_DTYPE_INT64:
      return ((const gint64 *) tensor->data)[index];
    case WHY_DTYPE_BOOL:
      return ((const guint8 *) tensor->data)[index] != 0;
    case WHY_DTYPE_UINT32:
      return ((const guint32 *) tensor->data)[index];
    case WHY_DTYPE_UINT64:
      return (gint64) ((const guint64 *) tensor->data)[index];
    case WHY_DTYPE_FLOAT32:
    case WHY_DTYPE_FLOAT64:
    case WHY_DTYPE_FLOAT16:
    case WHY_DTYPE_BFLOAT16:
      return double_to_i64 (why_tensor_get_f64 (tensor, index));
    case WHY_DTYPE_STRING:
    case WHY_DTYPE_UNDEFINED:
      break;
    }
  g_return_val_if_reached (0);
}

void
why_tensor_set_f64 (WhyTensor *tensor, gsize index, double value)
{
  switch (tensor->dtype)
    {
    case WHY_DTYPE_FLOAT32:
      ((float *) tensor->data)[index] = (float) value;
      return;
    case WHY_DTYPE_FLOAT64:
      ((double *) tensor->data)[index] = value;
      return;
    case WHY_DTYPE_FLOAT16:
      ((guint16 *) tensor->data)[index] = why_float_to_half ((float) value);
      return;
    case WHY_DTYPE_BFLOAT16:
      ((guint16 *) tensor->data)[index] = float_to_bfloat ((float) value);
      return;
    case WHY_DTYPE_UINT64:
      ((guint64 *) tensor->data)[index] = value >= 0x1p63
                                            ? (guint64) MIN (value, 0x1.fffffffffffffp63)
                                            : (guint64) double_to_i64 (value);
      return;
    case WHY_DTYPE_BOOL:
      ((guint8 *) tensor->data)[index] = value != 0.0;
      return;
    case WHY_DTYPE_UINT8:
    case WHY_DTYPE_INT8:
    case WHY_DTYPE_UINT16:
    case WHY_DTYPE_INT16:
    case WHY_DTYPE_INT32:
    case WHY_DTYPE_INT64:
    case WHY_DTYPE_UINT32:
      why_tensor_set_i64 (tensor, index, double_to_i64 (value));
      return;
    case WHY_DTYPE_STRING:
    case WHY_DTYPE_UNDEFINED:
      break;
    }
  g_return_if_reached ();
}

void
why_tensor_set_i64 (WhyTensor *tensor, gsize index, gint64 value)
{
  switch (tensor->dtype)
    {
    case WHY_DTYPE_UINT8:
      ((guint8 *) tensor->data)[index] = (guint8) value;
      return;
    case WHY_DTYPE_INT8:
      ((gint8 *) tensor->data)[index] = (gint8) value;
      return;
    case WHY_DTYPE_UINT16:
      ((guint16 *) tensor->data)[index] = (guint16) value;
      return;
    case WHY_DTYPE_INT16:
      ((gint16 *) tensor->data)[index] = (gint16) value;
      return;
    case WHY_DTYPE_INT32:
      ((gint32 *) tensor->data)[index] = (gint32) value;
      return;
    case WHY_DTYPE_INT64:
      ((gint64 *) tensor->data)[index] = value;
      return;
    case WHY_DTYPE_BOOL:
      ((guint8 *) tensor->data)[index] = value != 0;
      return;
    case WHY_DTYPE_UINT32:
      ((guint32 *) tensor->data)[index] = (guint32) value;
      return;
    case WHY_DTYPE_UINT64:
      ((guint64 *) tensor->data)[index] = (guint64) value;
      return;
    case WHY_DTYPE_FLOAT32:
    case WHY_DTYPE_FLOAT64:
    case WHY_DTYPE_FLOAT16:
    case WHY_DTYPE_BFLOAT16:
      why_tensor_set_f64 (tensor, index, (double) value);
      return;
    case WHY_DTYPE_STRING:
    case WHY_DTYPE_UNDEFINED:
      break;
    }
  g_return_if_reached ();
}
