#include "config.h"

#include "base/npy.h"
#include "base/error.h"
#include "base/size.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct
{
  const char *descr;
  WhyDType dtype;
} types[] = {
  { "|b1", WHY_DTYPE_BOOL },    { "|i1", WHY_DTYPE_INT8 },    { "|u1", WHY_DTYPE_UINT8 },
  { "<i2", WHY_DTYPE_INT16 },   { "<u2", WHY_DTYPE_UINT16 },  { "<i4", WHY_DTYPE_INT32 },
  { "<u4", WHY_DTYPE_UINT32 },  { "<i8", WHY_DTYPE_INT64 },   { "<u8", WHY_DTYPE_UINT64 },
  { "<f2", WHY_DTYPE_FLOAT16 }, { "<f4", WHY_DTYPE_FLOAT32 }, { "<f8", WHY_DTYPE_FLOAT64 },
};

static gboolean
bad (GError **error, const char *path, const char *why)
{
  g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: not a usable .npy file: %s", path, why);
  return FALSE;
}

/* The header is a Python dict literal written by numpy with fixed keys; only that form is read. */
static gboolean
parse_header (const char *header,
              const char *path,
              WhyDType *dtype,
              gboolean *fortran,
              int *rank,
              gint64 *dims,
              GError **error)
{
  const char *descr = strstr (header, "'descr':");
  const char *order = strstr (header, "'fortran_order':");
  const char *shape = strstr (header, "'shape':");
  if (descr == NULL || order == NULL || shape == NULL)
    return bad (error, path, "its header lacks descr, fortran_order or shape");

  descr += strlen ("'descr':");
  descr += strspn (descr, " ");
  *dtype = WHY_DTYPE_UNDEFINED;
  for (gsize type = 0; type < G_N_ELEMENTS (types); type++)
    {
      if (descr[0] == '\'' && strncmp (descr + 1, types[type].descr, 3) == 0 && descr[4] == '\'')
        *dtype = types[type].dtype;
    }
  if (*dtype == WHY_DTYPE_UNDEFINED)
    return bad (error, path,
                "its element type is none of bool, (u)int8..64, float16..64 little-endian");

  order += strlen ("'fortran_order':");
  order += strspn (order, " ");
  *fortran = g_str_has_prefix (order, "True");

  shape += strlen ("'shape':");
  shape += strspn (shape, " ");
  if (*shape != '(')
    return bad (error, path, "its shape is not a tuple");
  shape++;
  *rank = 0;
  for (;;)
    {
      shape += strspn (shape, " ,");
      if (*shape == ')')
        return TRUE;
      if (!g_ascii_isdigit (*shape))
        return bad (error, path, "its shape is not a tuple of numbers");
      if (*rank == WHY_MAX_RANK)
        return bad (error, path, "it has more than 8 dimensions");
      errno = 0;
      char *end = NULL;
      dims[*rank] = g_ascii_strtoll (shape, &end, 10);
      if (errno != 0 || end == shape)
        return bad (error, path, "a dimension is out of range");
      shape = end;
      (*rank)++;
    }
}

WhyTensor *
why_npy_read (const char *path, GError **error)
{
  g_autoptr (GMappedFile) file = NULL;
  g_autoptr (GError) local = NULL;
  g_autofree char *header = NULL;
  WhyDType dtype;
  gboolean fortran;
  int rank;
  gint64 dims[WHY_MAX_RANK];
  gsize count, n_bytes;

  g_return_val_if_fail (path != NULL, NULL);

  file = g_mapped_file_new (path, FALSE, &local);
  if (file == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be opened: %s", path,
                   local->message);
      return NULL;
    }
  const guint8 *bytes = (const guint8 *) g_mapped_file_get_contents (file);
  gsize length = g_mapped_file_get_length (file);
  if (length < 12 || memcmp (bytes, "\x93NUMPY", 6) != 0)
    return bad (error, path, "it does not begin with NumPy's mark"), NULL;
  gboolean wide = bytes[6] >= 2;
  if (bytes[6] < 1 || bytes[6] > 3)
    return bad (error, path, "its format version is unknown"), NULL;
  gsize header_size = wide ? (gsize) bytes[8] | (gsize) bytes[9] << 8 | (gsize) bytes[10] << 16 |
                               (gsize) bytes[11] << 24
                           : (gsize) bytes[8] | (gsize) bytes[9] << 8;
  gsize start = wide ? 12 : 10;
  if (header_size > length - start)
    return bad (error, path, "it ends inside its header"), NULL;
  header = g_strndup ((const char *) bytes + start, header_size);
  if (!parse_header (header, path, &dtype, &fortran, &rank, dims, error))
    return NULL;
  if (!why_dims_count (dims, rank, &count) ||
      !why_size_mul (count, why_dtype_size (dtype), &n_bytes) ||
      n_bytes > length - start - header_size)
    return bad (error, path, "it ends before the values that its shape announces"), NULL;

  gint64 file_dims[WHY_MAX_RANK];
  for (int axis = 0; axis < rank; axis++)
    file_dims[axis] = dims[fortran ? rank - 1 - axis : axis];
  g_autoptr (WhyTensor) tensor = why_tensor_new (dtype, rank, file_dims, error);
  if (tensor == NULL)
    return NULL;
  if (n_bytes > 0)
    memcpy (tensor->data, bytes + start + header_size, n_bytes);
  if (dtype == WHY_DTYPE_BOOL)
    {
      guint8 *flags = tensor->data;
      for (gsize index = 0; index < count; index++)
        flags[index] = flags[index] != 0;
    }
  if (!fortran || rank < 2)
    return g_steal_pointer (&tensor);

  gint64 strides[WHY_MAX_RANK];
  for (int axis = 0; axis < rank; axis++)
    strides[axis] = tensor->strides[rank - 1 - axis];
  g_autoptr (WhyTensor) view =
    why_tensor_new_view (dtype, rank, dims, strides, tensor->data, NULL, NULL);
  return why_tensor_copy (view, error);
}

gboolean
why_npy_write (WhyTensor *tensor, const char *path, GError **error)
{
  g_autoptr (WhyTensor) dense = NULL;
  g_autoptr (GError) local = NULL;
  const char *descr = NULL;

  g_return_val_if_fail (tensor != NULL && path != NULL, FALSE);

  dense = tensor->dtype == WHY_DTYPE_BFLOAT16 ? why_tensor_cast (tensor, WHY_DTYPE_FLOAT32, error)
                                              : why_tensor_to_dense (tensor, error);
  if (dense == NULL)
    return FALSE;
  for (gsize type = 0; type < G_N_ELEMENTS (types); type++)
    {
      if (types[type].dtype == dense->dtype)
        descr = types[type].descr;
    }
  g_return_val_if_fail (descr != NULL, FALSE);

  g_autoptr (GString) header = g_string_new (NULL);
  g_string_append_printf (header, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
  for (int axis = 0; axis < dense->rank; axis++)
    g_string_append_printf (header, "%s%" G_GINT64_FORMAT "%s", axis > 0 ? " " : "",
                            dense->dims[axis],
                            axis + 1 < dense->rank || dense->rank == 1 ? "," : "");
  g_string_append (header, "), }");
  while ((10 + header->len + 1) % 64 != 0)
    g_string_append_c (header, ' ');
  g_string_append_c (header, '\n');

  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint8 length[2] = { (guint8) (header->len & 0xff), (guint8) (header->len >> 8) };
  g_byte_array_append (out, (const guint8 *) "\x93NUMPY\x01\x00", 8);
  g_byte_array_append (out, length, 2);
  g_byte_array_append (out, (const guint8 *) header->str, (guint) header->len);
  gsize n_bytes = why_tensor_count (dense) * why_dtype_size (dense->dtype);
  if (n_bytes > G_MAXUINT - out->len)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "%s: more than 4 GB of values", path);
      return FALSE;
    }
  g_byte_array_append (out, dense->data, (guint) n_bytes);
  if (!g_file_set_contents_full (path, (const char *) out->data, (gssize) out->len,
                                 G_FILE_SET_CONTENTS_CONSISTENT, 0666, &local))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_IO, "%s: cannot be written: %s", path,
                   local->message);
      return FALSE;
    }
  return TRUE;
}
