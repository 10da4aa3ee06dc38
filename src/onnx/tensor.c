#include "config.h"

#include "reader.h"

#include "base/error.h"
#include "base/size.h"

#include <string.h>

/* Dense size of all sparse tensors of a model together. Their dims cost a few bytes in the file,
 * whatever they multiply to. */
#define MAX_EXPANDED ((gsize) 256 << 20)

/* TensorProto */
enum
{
  TENSOR_DIMS = 1,
  TENSOR_DATA_TYPE = 2,
  TENSOR_SEGMENT = 3,
  TENSOR_FLOAT_DATA = 4,
  TENSOR_INT32_DATA = 5,
  TENSOR_STRING_DATA = 6,
  TENSOR_INT64_DATA = 7,
  TENSOR_NAME = 8,
  TENSOR_RAW_DATA = 9,
  TENSOR_DOUBLE_DATA = 10,
  TENSOR_UINT64_DATA = 11,
  TENSOR_EXTERNAL_DATA = 13,
  TENSOR_DATA_LOCATION = 14,
  TENSOR_N_FIELDS,
};

const WhyWireSchema why_onnx_tensor_schema[] = {
  { TENSOR_DIMS, WHY_WIRE_VARINTS, "dims" },
  { TENSOR_DATA_TYPE, WHY_WIRE_VARINT, "data_type" },
  { TENSOR_SEGMENT, WHY_WIRE_BYTES, "segment" },
  { TENSOR_FLOAT_DATA, WHY_WIRE_FLOATS, "float_data" },
  { TENSOR_INT32_DATA, WHY_WIRE_VARINTS, "int32_data" },
  { TENSOR_STRING_DATA, WHY_WIRE_BYTES, "string_data" },
  { TENSOR_INT64_DATA, WHY_WIRE_VARINTS, "int64_data" },
  { TENSOR_NAME, WHY_WIRE_BYTES, "name" },
  { TENSOR_RAW_DATA, WHY_WIRE_BYTES, "raw_data" },
  { TENSOR_DOUBLE_DATA, WHY_WIRE_DOUBLES, "double_data" },
  { TENSOR_UINT64_DATA, WHY_WIRE_VARINTS, "uint64_data" },
  { TENSOR_EXTERNAL_DATA, WHY_WIRE_BYTES, "external_data" },
  { TENSOR_DATA_LOCATION, WHY_WIRE_VARINT, "data_location" },
  { 0 },
};

enum
{
  SPARSE_VALUES = 1,
  SPARSE_INDICES = 2,
  SPARSE_DIMS = 3,
};

const WhyWireSchema why_onnx_sparse_schema[] = {
  { SPARSE_VALUES, WHY_WIRE_BYTES, "values" },
  { SPARSE_INDICES, WHY_WIRE_BYTES, "indices" },
  { SPARSE_DIMS, WHY_WIRE_VARINTS, "dims" },
  { 0 },
};

/* What a first pass over a TensorProto finds; the data are decoded in a second one, when their place
 * and size are known to be right. */
typedef struct
{
  gint64 elem_type;
  gint64 location;
  int rank;
  gboolean rank_too_large;
  gint64 dims[WHY_MAX_RANK];
  gsize counts[TENSOR_N_FIELDS]; /* of values, by field; of raw_data: bytes */
  gboolean has_raw;
  const guint8 *raw;
} Tensor;

WhyDType
why_onnx_dtype (int elem_type)
{
  /* Same numbers; what has no size cannot be held. */
  return why_dtype_size ((WhyDType) elem_type) > 0 ? (WhyDType) elem_type : WHY_DTYPE_UNDEFINED;
}

const char *
why_onnx_elem_type_name (int elem_type)
{
  static const char *const others[] = {
    [14] = "complex64",    [15] = "complex128",     [17] = "float8e4m3fn", [18] = "float8e4m3fnuz",
    [19] = "float8e5m2",   [20] = "float8e5m2fnuz", [21] = "uint4",        [22] = "int4",
    [23] = "float4e2m1",   [24] = "float8e8m0",
  };
  if (elem_type >= 0 && elem_type < (int) G_N_ELEMENTS (others) && others[elem_type] != NULL)
    return others[elem_type];
  return why_dtype_name ((WhyDType) elem_type);
}

static gboolean
is_known_elem_type (gint64 elem_type)
{
  return elem_type >= 1 && elem_type <= 24;
}

/* Appends dims, packed or single. */
static gboolean
read_dims (const WhyWire *wire, const WhyWireField *field, int *rank, gint64 *dims, gboolean *too_large, GError **error)
{
  const guint8 *cursor = NULL;
  guint64 value;
  WhyWireNext next;

  while ((next = why_wire_next_varint (wire, field, &cursor, &value, error)) == WHY_WIRE_FIELD)
    {
      if (*rank == WHY_MAX_RANK)
        {
          *too_large = TRUE;
          return TRUE;
        }
      dims[(*rank)++] = (gint64) value;
    }
  return next == WHY_WIRE_END;
}

/* Only after this may count, bytes and strides of such a tensor be computed without a check. */
static gboolean
check_dims (const WhyWire *wire, int rank, gboolean too_large, const gint64 *dims, gsize size, gsize *count,
            gsize *n_bytes, GError **error)
{
  gint64 reach = 1;
  if (too_large)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it has more than %d dimensions", WHY_MAX_RANK);

  g_autofree char *shape = why_dims_to_string (rank, dims);
  for (int axis = 0; axis < rank; axis++)
    {
      if (dims[axis] < 0)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "dimension %d is negative: %" G_GINT64_FORMAT, axis,
                              dims[axis]);
    }
  /* Strides are products that skip zeros, so these must fit too. */
  for (int axis = 0; axis < rank; axis++)
    {
      if (!why_dim_mul (reach, MAX (dims[axis], 1), &reach))
        return why_wire_fail (wire, WHY_ERROR_TOO_LARGE, error, "the number of values of %s overflows", shape);
    }
  if (!why_dim_mul (reach, (gint64) MAX (size, 1), &reach))
    return why_wire_fail (wire, WHY_ERROR_TOO_LARGE, error, "the number of bytes of %s overflows", shape);
  if (!why_dims_count (dims, rank, count) || !why_size_mul (*count, size, n_bytes))
    return why_wire_fail (wire, WHY_ERROR_TOO_LARGE, error, "the size of %s overflows", shape);
  return TRUE;
}

static gboolean
scan (WhyWire *wire, Tensor *scanned, char **name, GError **error)
{
  WhyWireField field;
  WhyWireNext next;

  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      gsize count = 1;
      switch (field.number)
        {
        case TENSOR_DIMS:
          if (!read_dims (wire, &field, &scanned->rank, scanned->dims, &scanned->rank_too_large, error))
            return FALSE;
          break;
        case TENSOR_DATA_TYPE: scanned->elem_type = (gint64) field.value; break;
        case TENSOR_DATA_LOCATION: scanned->location = (gint64) field.value; break;
        case TENSOR_NAME:
          if (!why_wire_set_text (wire, &field, name, error))
            return FALSE;
          wire->name = *name;
          break;
        case TENSOR_RAW_DATA:
          if (scanned->has_raw)
            return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "raw_data is given twice");
          scanned->has_raw = TRUE;
          scanned->raw = field.bytes;
          count = field.n_bytes;
          break;
        case TENSOR_FLOAT_DATA:
          if (!why_wire_count (wire, &field, WHY_WIRE_FLOATS, &count, error))
            return FALSE;
          break;
        case TENSOR_DOUBLE_DATA:
          if (!why_wire_count (wire, &field, WHY_WIRE_DOUBLES, &count, error))
            return FALSE;
          break;
        case TENSOR_INT32_DATA:
        case TENSOR_INT64_DATA:
        case TENSOR_UINT64_DATA:
          if (!why_wire_count (wire, &field, WHY_WIRE_VARINTS, &count, error))
            return FALSE;
          break;
        default: break;
        }
      scanned->counts[field.number] += count;
    }
  return next == WHY_WIRE_END;
}

/* The field that holds values of a type one by one. */
static int
typed_field (WhyDType dtype)
{
  switch (dtype)
    {
    case WHY_DTYPE_FLOAT32: return TENSOR_FLOAT_DATA;
    case WHY_DTYPE_FLOAT64: return TENSOR_DOUBLE_DATA;
    case WHY_DTYPE_INT64: return TENSOR_INT64_DATA;
    case WHY_DTYPE_UINT32:
    case WHY_DTYPE_UINT64: return TENSOR_UINT64_DATA;
    case WHY_DTYPE_UINT8:
    case WHY_DTYPE_INT8:
    case WHY_DTYPE_UINT16:
    case WHY_DTYPE_INT16:
    case WHY_DTYPE_INT32:
    case WHY_DTYPE_BOOL:
    case WHY_DTYPE_FLOAT16:
    case WHY_DTYPE_BFLOAT16: return TENSOR_INT32_DATA;
    case WHY_DTYPE_STRING:
    case WHY_DTYPE_UNDEFINED: break;
    }
  g_return_val_if_reached (TENSOR_INT32_DATA);
}

static const char *
field_name (int number)
{
  for (const WhyWireSchema *schema = why_onnx_tensor_schema; schema->number != 0; schema++)
    {
      if (schema->number == (guint32) number)
        return schema->name;
    }
  g_return_val_if_reached ("data");
}

/* The smallest and largest number that a value of int32_data or uint64_data may have. 16-bit floats
 * are bit patterns, which some writers extend with their sign. */
static void
range_of (WhyDType dtype, gint64 *low, gint64 *high)
{
  switch (dtype)
    {
    case WHY_DTYPE_UINT8: *low = 0; *high = G_MAXUINT8; return;
    case WHY_DTYPE_INT8: *low = G_MININT8; *high = G_MAXINT8; return;
    case WHY_DTYPE_UINT16: *low = 0; *high = G_MAXUINT16; return;
    case WHY_DTYPE_INT16: *low = G_MININT16; *high = G_MAXINT16; return;
    case WHY_DTYPE_FLOAT16:
    case WHY_DTYPE_BFLOAT16: *low = G_MININT16; *high = G_MAXUINT16; return;
    case WHY_DTYPE_INT32: *low = G_MININT32; *high = G_MAXINT32; return;
    case WHY_DTYPE_UINT32: *low = 0; *high = G_MAXUINT32; return;
    case WHY_DTYPE_BOOL: *low = 0; *high = 1; return;
    case WHY_DTYPE_FLOAT32:
    case WHY_DTYPE_FLOAT64:
    case WHY_DTYPE_INT64:
    case WHY_DTYPE_UINT64:
    case WHY_DTYPE_STRING:
    case WHY_DTYPE_UNDEFINED: break;
    }
  *low = G_MININT64;
  *high = G_MAXINT64;
}

static gboolean
decode_integers (const WhyWire *wire, const WhyWireField *field, WhyTensor *tensor, gsize *index, GError **error)
{
  const guint8 *cursor = NULL;
  guint64 bits;
  gint64 low, high;
  WhyWireNext next;

  range_of (tensor->dtype, &low, &high);
  while ((next = why_wire_next_varint (wire, field, &cursor, &bits, error)) == WHY_WIRE_FIELD)
    {
      gint64 value = (gint64) bits;
      if (value < low || value > high)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                              "value %" G_GSIZE_FORMAT " is %" G_GINT64_FORMAT ", out of the range of %s", *index, value,
                              why_dtype_name (tensor->dtype));
      gsize at = (*index)++;
      switch (why_dtype_size (tensor->dtype))
        {
        case 1: ((guint8 *) tensor->data)[at] = (guint8) bits; break;
        case 2: ((guint16 *) tensor->data)[at] = (guint16) bits; break;
        case 4: ((guint32 *) tensor->data)[at] = (guint32) bits; break;
        case 8: ((guint64 *) tensor->data)[at] = bits; break;
        default: g_assert_not_reached ();
        }
    }
  return next == WHY_WIRE_END;
}

/* For errors of functions that know nothing of files. */
static void
prefix_error (const WhyWire *wire, GError **error)
{
  g_autofree char *shown = why_wire_shown (wire->name != NULL ? wire->name : "");
  g_prefix_error (error, "%s: tensor '%s': ", wire->reader->name, shown);
}

/* Second pass, for data given value by value. Their number was compared with the dims. */
static WhyTensor *
decode_typed (WhyWire *wire, const Tensor *scanned, WhyDType dtype, GError **error)
{
  g_autoptr (WhyTensor) tensor = why_tensor_new (dtype, scanned->rank, scanned->dims, error);
  int wanted = typed_field (dtype);
  gsize index = 0, count = 0;
  WhyWireField field;
  WhyWireNext next;

  if (tensor == NULL)
    {
      prefix_error (wire, error);
      return NULL;
    }
  why_wire_rewind (wire);
  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      if (field.number != (guint32) wanted)
        continue;
      if (wanted == TENSOR_FLOAT_DATA || wanted == TENSOR_DOUBLE_DATA)
        {
          if (!why_wire_count (wire, &field, wanted == TENSOR_FLOAT_DATA ? WHY_WIRE_FLOATS : WHY_WIRE_DOUBLES, &count, error))
            return NULL;
          for (gsize value = 0; value < count; value++, index++)
            {
              if (wanted == TENSOR_FLOAT_DATA)
                ((float *) tensor->data)[index] = why_wire_float (&field, value);
              else
                ((double *) tensor->data)[index] = why_wire_double (&field, value);
            }
        }
      else if (!decode_integers (wire, &field, tensor, &index, error))
        return NULL;
    }
  return next == WHY_WIRE_END ? g_steal_pointer (&tensor) : NULL;
}

static gboolean
is_clean_bool (const guint8 *bytes, gsize n_bytes)
{
  guint8 seen = 0;
  for (gsize byte = 0; byte < n_bytes; byte++)
    seen |= bytes[byte];
  return seen <= 1;
}

/* A tensor on @bytes of @source: pointing there if it can, else a copy. */
static WhyTensor *
tensor_on_bytes (const WhyWire *wire, const Tensor *scanned, WhyDType dtype, WhyOnnxSource *source, const guint8 *bytes,
                 gsize n_bytes, GError **error)
{
  gsize size = why_dtype_size (dtype);
  gboolean clean = dtype != WHY_DTYPE_BOOL || is_clean_bool (bytes, n_bytes);

  if (n_bytes > 0 && (guintptr) bytes % size == 0 && clean && (G_BYTE_ORDER == G_LITTLE_ENDIAN || size == 1))
    return why_tensor_new_view (dtype, scanned->rank, scanned->dims, NULL, (gpointer) bytes, why_onnx_source_ref (source),
                                (GDestroyNotify) why_onnx_source_unref);

  /* Thousands of tensors on the same bytes of a companion file would be thousands of copies. */
  source->copied += n_bytes;
  if (source->copied / 2 > source->n_bytes)
    {
      g_autofree char *shown = g_filename_display_name (source->path);
      why_wire_fail (wire, WHY_ERROR_TOO_LARGE, error, "many tensors share the same bytes of %s", shown);
      return NULL;
    }
  WhyTensor *tensor = why_tensor_new (dtype, scanned->rank, scanned->dims, error);
  if (tensor == NULL)
    {
      prefix_error (wire, error);
      return NULL;
    }
  guint8 *target = tensor->data;
  why_onnx_source_copy (source, bytes, target, n_bytes);
  for (gsize byte = 0; !clean && byte < n_bytes; byte++)
    target[byte] = target[byte] != 0;
  if (G_BYTE_ORDER == G_BIG_ENDIAN)
    {
      for (gsize value = 0; value < n_bytes; value += size)
        for (gsize byte = 0; byte < size; byte++)
          target[value + byte] = bytes[value + size - 1 - byte];
    }
  return tensor;
}

static gboolean
check_single_place (const WhyWire *wire, const Tensor *scanned, int place, GError **error)
{
  static const int places[] = { TENSOR_FLOAT_DATA, TENSOR_INT32_DATA, TENSOR_STRING_DATA, TENSOR_INT64_DATA,
                                TENSOR_RAW_DATA, TENSOR_DOUBLE_DATA, TENSOR_UINT64_DATA };
  for (gsize other = 0; other < G_N_ELEMENTS (places); other++)
    {
      if (places[other] != place && scanned->counts[places[other]] > 0)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it has %s, but its data should be in %s",
                              field_name (places[other]), field_name (place));
    }
  return TRUE;
}

gboolean
why_onnx_read_tensor (WhyWire *wire, char **name, WhyTensor **tensor, char **unsupported, GError **error)
{
  WhyOnnxReader *reader = (WhyOnnxReader *) wire->reader;
  Tensor scanned = { 0 };
  gsize count, n_bytes;

  *tensor = NULL;
  *unsupported = NULL;
  if (!why_wire_charge (wire, sizeof (WhyTensor) + 64, error) || !scan (wire, &scanned, name, error))
    return FALSE;
  g_autofree char *shown = why_wire_shown (*name != NULL ? *name : "");

  if (!is_known_elem_type (scanned.elem_type))
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                          scanned.elem_type == 0 ? "it has no element type"
                                                 : "its element type %" G_GINT64_FORMAT " is none that ONNX knows",
                          scanned.elem_type);
  WhyDType dtype = why_onnx_dtype ((int) scanned.elem_type);
  gsize size = why_dtype_size (dtype);
  if (!check_dims (wire, scanned.rank, scanned.rank_too_large, scanned.dims, size, &count, &n_bytes, error))
    return FALSE;
  if (dtype == WHY_DTYPE_UNDEFINED || scanned.counts[TENSOR_SEGMENT] > 0)
    {
      *unsupported = dtype == WHY_DTYPE_UNDEFINED
                         ? g_strdup_printf ("%s tensor '%s' is not supported",
                                            why_onnx_elem_type_name ((int) scanned.elem_type), shown)
                         : g_strdup_printf ("tensor '%s' is stored in segments, which is not supported", shown);
      return why_wire_charge (wire, strlen (*unsupported), error);
    }

  g_autofree char *shape = why_dims_to_string (scanned.rank, scanned.dims);
  if (scanned.location == 1)
    {
      WhyOnnxSource *source;
      gsize offset;
      if (!check_single_place (wire, &scanned, TENSOR_EXTERNAL_DATA, error) ||
          !why_onnx_read_external (wire, n_bytes, &source, &offset, error))
        return FALSE;
      *tensor = tensor_on_bytes (wire, &scanned, dtype, source, source->data + offset, n_bytes, error);
    }
  else if (scanned.location != 0)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "its data_location %" G_GINT64_FORMAT " is none that ONNX knows",
                          scanned.location);
  else if (scanned.counts[TENSOR_RAW_DATA] > 0)
    {
      if (!check_single_place (wire, &scanned, TENSOR_RAW_DATA, error))
        return FALSE;
      if (scanned.counts[TENSOR_RAW_DATA] != n_bytes)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                              "its data have %" G_GSIZE_FORMAT " bytes, but %s of %s needs %" G_GSIZE_FORMAT,
                              scanned.counts[TENSOR_RAW_DATA], shape, why_dtype_name (dtype), n_bytes);
      *tensor = tensor_on_bytes (wire, &scanned, dtype, reader->source, scanned.raw, n_bytes, error);
    }
  else
    {
      int place = typed_field (dtype);
      if (!check_single_place (wire, &scanned, place, error))
        return FALSE;
      if (scanned.counts[place] != count)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                              "its data have %" G_GSIZE_FORMAT " values, but %s of %s needs %" G_GSIZE_FORMAT,
                              scanned.counts[place], shape, why_dtype_name (dtype), count);
      *tensor = decode_typed (wire, &scanned, dtype, error);
    }
  return *tensor != NULL;
}

/* Puts values at their indices: either one linear index a value, or one per dimension. */
static WhyTensor *
expand (const WhyWire *wire, const WhyTensor *values, const WhyTensor *indices, int rank, const gint64 *dims, GError **error)
{
  gsize n_values = why_tensor_count (values), size = why_dtype_size (values->dtype);
  gboolean linear = indices->rank == 1;
  gint64 strides[WHY_MAX_RANK];

  if (values->rank != 1 || indices->dtype != WHY_DTYPE_INT64 || indices->rank < 1 || indices->rank > 2 ||
      (gsize) indices->dims[0] != n_values || (!linear && indices->dims[1] != rank))
    {
      why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                     "the indices of a sparse tensor must be int64 of shape [values] or [values, rank]");
      return NULL;
    }
  g_autoptr (WhyTensor) dense = why_tensor_new_zeros (values->dtype, rank, dims, error);
  if (dense == NULL)
    {
      prefix_error (wire, error);
      return NULL;
    }
  gsize count = why_tensor_count (dense);
  why_dims_dense_strides (rank, dims, strides);
  for (gsize value = 0; value < n_values; value++)
    {
      const gint64 *index = (const gint64 *) indices->data + (linear ? value : value * (gsize) rank);
      gint64 at = linear ? index[0] : 0;
      gboolean inside = TRUE;
      for (int axis = 0; !linear && axis < rank; axis++)
        {
          inside = inside && index[axis] >= 0 && index[axis] < dims[axis];
          if (inside)
            at += index[axis] * strides[axis];
        }
      if (!inside || at < 0 || (guint64) at >= count)
        {
          why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "index %" G_GSIZE_FORMAT " of a sparse tensor is out of its shape",
                         value);
          return NULL;
        }
      memcpy ((char *) dense->data + (gsize) at * size, (const char *) values->data + value * size, size);
    }
  return g_steal_pointer (&dense);
}

gboolean
why_onnx_read_sparse_tensor (WhyWire *wire, char **name, WhyTensor **tensor, char **unsupported, GError **error)
{
  WhyOnnxReader *reader = (WhyOnnxReader *) wire->reader;
  g_autoptr (WhyTensor) values = NULL;
  g_autoptr (WhyTensor) indices = NULL;
  g_autofree char *indices_name = NULL;
  gint64 dims[WHY_MAX_RANK];
  int rank = 0;
  gboolean too_large = FALSE, has_values = FALSE;
  gsize count, n_bytes;
  WhyWireField field;
  WhyWireNext next;

  *tensor = NULL;
  *unsupported = NULL;
  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      WhyWire inner;
      if (field.number == SPARSE_DIMS)
        {
          if (!read_dims (wire, &field, &rank, dims, &too_large, error))
            return FALSE;
          continue;
        }
      gboolean is_values = field.number == SPARSE_VALUES;
      if (is_values ? has_values : indices != NULL)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "a sparse tensor has two sets of %s",
                              is_values ? "values" : "indices");
      g_autofree char *why_not = NULL;
      if (!why_wire_enter (&inner, wire, &field, why_onnx_tensor_schema, is_values ? "values" : "indices", -1, error) ||
          !why_onnx_read_tensor (&inner, is_values ? name : &indices_name, is_values ? &values : &indices, &why_not, error))
        return FALSE;
      has_values = has_values || is_values;
      if (is_values)
        {
          wire->name = *name;
          *unsupported = g_steal_pointer (&why_not);
        }
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;
  if (*unsupported != NULL)
    return TRUE;
  if (values == NULL || indices == NULL)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "a sparse tensor lacks values or indices");
  if (!check_dims (wire, rank, too_large, dims, why_dtype_size (values->dtype), &count, &n_bytes, error))
    return FALSE;
  if (n_bytes > MAX_EXPANDED - reader->expanded)
    return why_wire_fail (wire, WHY_ERROR_TOO_LARGE, error,
                          "sparse tensors would take more than %" G_GSIZE_FORMAT " MB of memory", MAX_EXPANDED >> 20);
  reader->expanded += n_bytes;
  *tensor = expand (wire, values, indices, rank, dims, error);
  return *tensor != NULL;
}
