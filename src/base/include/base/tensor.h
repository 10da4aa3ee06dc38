#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* At most this many dimensions; checked where files are read, assumed everywhere else. */
#define WHY_MAX_RANK 8

/* Element types, numbered as in ONNX's TensorProto.DataType. */
typedef enum
{
  WHY_DTYPE_UNDEFINED = 0,
  WHY_DTYPE_FLOAT32 = 1,
  WHY_DTYPE_UINT8 = 2,
  WHY_DTYPE_INT8 = 3,
  WHY_DTYPE_UINT16 = 4,
  WHY_DTYPE_INT16 = 5,
  WHY_DTYPE_INT32 = 6,
  WHY_DTYPE_INT64 = 7,
  WHY_DTYPE_STRING = 8, /* recognised, never stored */
  WHY_DTYPE_BOOL = 9,   /* one byte, 0 or 1 */
  WHY_DTYPE_FLOAT16 = 10,
  WHY_DTYPE_FLOAT64 = 11,
  WHY_DTYPE_UINT32 = 12,
  WHY_DTYPE_UINT64 = 13,
  WHY_DTYPE_BFLOAT16 = 16,
} WhyDType;

const char *why_dtype_name (WhyDType dtype);
gsize why_dtype_size (WhyDType dtype); /* bytes; 0 for what cannot be stored */
gboolean why_dtype_is_float (WhyDType dtype);
gboolean why_dtype_is_integer (WhyDType dtype); /* bool is not an integer */

/**
 * WhyTensor:
 * @dtype: element type
 * @rank: number of dimensions, 0 for a scalar
 * @dims: logical dimensions in ONNX order, e.g. N, C, H, W
 * @strides: distance between neighbours along each dimension, in elements
 * @data: first element
 * @n_bytes: size of the memory behind @data
 *
 * An n-dimensional array. Dims keep ONNX order whatever the layout in memory is: an activation of a
 * convolution has dims N, C, H, W and the strides of N, H, W, C ("channels last"). A tensor is
 * written by whoever made it and read-only once it is shared. Reference counted; counting is
 * thread-safe.
 */
typedef struct
{
  WhyDType dtype;
  int rank;
  gint64 dims[WHY_MAX_RANK];
  gint64 strides[WHY_MAX_RANK];
  gpointer data;
  gsize n_bytes;
  /*< private >*/
  _Atomic int ref_count;
  GDestroyNotify owner_free;
  gpointer owner;
} WhyTensor;

/**
 * why_tensor_new:
 * @dims: (array length=rank): each at least 0
 *
 * Makes an uninitialised tensor, dense in ONNX order, 64-byte aligned.
 *
 * Returns: (transfer full) (nullable): %NULL with %WHY_ERROR_TOO_LARGE if the size overflows or the
 *   memory is not there.
 */
WhyTensor *why_tensor_new (WhyDType dtype, int rank, const gint64 *dims, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_tensor_new_channels_last: as why_tensor_new(), dense with dimension 1 fastest (rank >= 3). */
WhyTensor *why_tensor_new_channels_last (WhyDType dtype, int rank, const gint64 *dims,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_tensor_new_zeros: as why_tensor_new(), all bytes zero. */
WhyTensor *why_tensor_new_zeros (WhyDType dtype, int rank, const gint64 *dims,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_tensor_new_view:
 * @strides: (nullable): in elements; %NULL: dense in ONNX order
 * @data: memory that holds at least as many bytes as dims and strides reach
 * @owner: (nullable): kept until the last reference goes, then given to @owner_free
 *
 * Returns: (transfer full): a tensor on memory that something else owns.
 */
WhyTensor *why_tensor_new_view (WhyDType dtype, int rank, const gint64 *dims, const gint64 *strides,
                                gpointer data, gpointer owner, GDestroyNotify owner_free) G_GNUC_WARN_UNUSED_RESULT;

WhyTensor *why_tensor_new_scalar_f32 (float value) G_GNUC_WARN_UNUSED_RESULT;
WhyTensor *why_tensor_new_i64 (gsize n, const gint64 *values) G_GNUC_WARN_UNUSED_RESULT; /* rank 1 */

WhyTensor *why_tensor_ref (WhyTensor *tensor);
void why_tensor_unref (WhyTensor *tensor);

gsize why_tensor_count (const WhyTensor *tensor); /* number of elements */
gboolean why_tensor_is_dense (const WhyTensor *tensor); /* dense in ONNX order */
gboolean why_tensor_is_channels_last (const WhyTensor *tensor);
gboolean why_tensor_same_dims (const WhyTensor *a, const WhyTensor *b);

/** why_dims_dense_strides: fills @strides (elements) of a tensor dense in ONNX order. */
void why_dims_dense_strides (int rank, const gint64 *dims, gint64 *strides);

/** why_dims_channels_last_strides: the same with dimension 1 fastest; rank >= 2. */
void why_dims_channels_last_strides (int rank, const gint64 *dims, gint64 *strides);

/** why_dims_to_string: Returns: (transfer full): "1x3x224x224", "scalar" for rank 0, "?" for -1 */
char *why_dims_to_string (int rank, const gint64 *dims) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_tensor_to_dense:
 *
 * Returns: (transfer full): @tensor itself (a new reference) if it is dense in ONNX order, else a
 *   dense copy; %NULL with an error if there is no memory.
 */
WhyTensor *why_tensor_to_dense (WhyTensor *tensor, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_tensor_to_channels_last: likewise for the channels-last layout (rank >= 3). */
WhyTensor *why_tensor_to_channels_last (WhyTensor *tensor, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_tensor_copy: Returns: (transfer full): a dense copy in ONNX order with memory of its own */
WhyTensor *why_tensor_copy (const WhyTensor *tensor, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_tensor_cast:
 *
 * Converts to @dtype as ONNX's Cast does: floats to integers by truncation, anything to bool by
 * "!= 0", floats to float16/bfloat16 by rounding to nearest even.
 *
 * Returns: (transfer full): dense; @tensor itself if it is dense and of that type already.
 */
WhyTensor *why_tensor_cast (WhyTensor *tensor, WhyDType dtype, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_tensor_reshape: Returns: (transfer full): a view of a dense @tensor with other dims (same count) */
WhyTensor *why_tensor_reshape (WhyTensor *tensor, int rank, const gint64 *dims) G_GNUC_WARN_UNUSED_RESULT;

/* Element access by flat index into a dense tensor, converting to or from the element type. Slow,
 * for parameters and for the reference evaluation of operators. */
double why_tensor_get_f64 (const WhyTensor *tensor, gsize index);
gint64 why_tensor_get_i64 (const WhyTensor *tensor, gsize index);
void why_tensor_set_f64 (WhyTensor *tensor, gsize index, double value);
void why_tensor_set_i64 (WhyTensor *tensor, gsize index, gint64 value);

float why_half_to_float (guint16 half);
guint16 why_float_to_half (float value); /* round to nearest even */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyTensor, why_tensor_unref)

G_END_DECLS
