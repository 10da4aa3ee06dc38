#include "config.h"

#include "onnx-builder.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

GByteArray *
pb_new (void)
{
  return g_byte_array_new ();
}

void
pb_raw_varint (GByteArray *message, guint64 value)
{
  do
    {
      guint8 byte = (guint8) (value & 0x7f);
      value >>= 7;
      if (value != 0)
        byte |= 0x80;
      g_byte_array_append (message, &byte, 1);
    }
  while (value != 0);
}

void
pb_tag (GByteArray *message, guint field, guint wire_type)
{
  pb_raw_varint (message, (guint64) field << 3 | wire_type);
}

void
pb_int (GByteArray *message, guint field, gint64 value)
{
  pb_tag (message, field, 0);
  pb_raw_varint (message, (guint64) value);
}

static void
append_fixed (GByteArray *message, guint64 bits, guint n_bytes)
{
  for (guint byte = 0; byte < n_bytes; byte++)
    {
      guint8 value = (guint8) (bits >> (8 * byte));
      g_byte_array_append (message, &value, 1);
    }
}

void
pb_float (GByteArray *message, guint field, float value)
{
  guint32 bits;
  memcpy (&bits, &value, sizeof bits);
  pb_tag (message, field, 5);
  append_fixed (message, bits, 4);
}

void
pb_double (GByteArray *message, guint field, double value)
{
  guint64 bits;
  memcpy (&bits, &value, sizeof bits);
  pb_tag (message, field, 1);
  append_fixed (message, bits, 8);
}

void
pb_bytes (GByteArray *message, guint field, gconstpointer bytes, gsize n_bytes)
{
  pb_tag (message, field, 2);
  pb_raw_varint (message, n_bytes);
  if (n_bytes > 0)
    g_byte_array_append (message, bytes, (guint) n_bytes);
}

void
pb_string (GByteArray *message, guint field, const char *text)
{
  pb_bytes (message, field, text, strlen (text));
}

void
pb_message (GByteArray *message, guint field, GByteArray *inner)
{
  pb_bytes (message, field, inner->data, inner->len);
  g_byte_array_unref (inner);
}

void
pb_entry (GByteArray *message, guint field, const char *key, const char *value)
{
  GByteArray *entry = pb_new ();
  pb_string (entry, 1, key);
  pb_string (entry, 2, value);
  pb_message (message, field, entry);
}

OnnxBuilder *
ob_new (int ir_version, int opset)
{
  OnnxBuilder *b = ob_new_graph ();
  b->model = pb_new ();
  pb_int (b->model, 1, ir_version);
  if (opset > 0)
    ob_opset (b, "", opset);
  return b;
}

OnnxBuilder *
ob_new_graph (void)
{
  OnnxBuilder *b = g_new0 (OnnxBuilder, 1);
  b->graph = pb_new ();
  pb_string (b->graph, 2, "test");
  return b;
}

void
ob_free (OnnxBuilder *b)
{
  if (b == NULL)
    return;
  g_clear_pointer (&b->model, g_byte_array_unref);
  g_clear_pointer (&b->graph, g_byte_array_unref);
  g_free (b);
}

void
ob_opset (OnnxBuilder *b, const char *domain, int version)
{
  GByteArray *opset = pb_new ();
  pb_string (opset, 1, domain);
  pb_int (opset, 2, version);
  pb_message (b->model, 8, opset);
}

void
ob_producer (OnnxBuilder *b, const char *name, const char *version)
{
  pb_string (b->model, 2, name);
  pb_string (b->model, 3, version);
}

void
ob_metadata (OnnxBuilder *b, const char *key, const char *value)
{
  pb_entry (b->model, 14, key, value);
}

static char **
split (const char *list)
{
  /* g_strsplit() makes no entry of "", which is what is wanted. */
  return g_strsplit (list, ",", -1);
}

static void
append_value_info (OnnxBuilder *b, guint field, const char *name, int elem_type, const char *dims)
{
  GByteArray *info = pb_new (), *type = pb_new (), *tensor = pb_new ();

  pb_int (tensor, 1, elem_type);
  if (dims != NULL)
    {
      GByteArray *shape = pb_new ();
      g_auto (GStrv) words = split (dims);
      for (gsize axis = 0; words[axis] != NULL; axis++)
        {
          GByteArray *dim = pb_new ();
          if (g_ascii_isdigit (*words[axis]) || *words[axis] == '-')
            pb_int (dim, 1, g_ascii_strtoll (words[axis], NULL, 10));
          else if (strcmp (words[axis], "?") != 0)
            pb_string (dim, 2, words[axis]);
          pb_message (shape, 1, dim);
        }
      pb_message (tensor, 2, shape);
    }
  pb_message (type, 1, tensor);
  pb_string (info, 1, name);
  pb_message (info, 2, type);
  pb_message (b->graph, field, info);
}

void
ob_input (OnnxBuilder *b, const char *name, int elem_type, const char *dims)
{
  append_value_info (b, 11, name, elem_type, dims);
}

void
ob_output (OnnxBuilder *b, const char *name, int elem_type, const char *dims)
{
  append_value_info (b, 12, name, elem_type, dims);
}

void
ob_value_info (OnnxBuilder *b, const char *name, int elem_type, const char *dims)
{
  append_value_info (b, 13, name, elem_type, dims);
}

GByteArray *
ob_tensor_proto (const char *name, int elem_type, const char *dims)
{
  GByteArray *tensor = pb_new ();
  g_auto (GStrv) words = split (dims);
  for (gsize axis = 0; words[axis] != NULL; axis++)
    pb_int (tensor, 1, g_ascii_strtoll (words[axis], NULL, 10));
  pb_int (tensor, 2, elem_type);
  if (name != NULL)
    pb_string (tensor, 8, name);
  return tensor;
}

GByteArray *
ob_tensor_proto_of (const char *name, const WhyTensor *tensor)
{
  g_autoptr (WhyTensor) dense = why_tensor_copy (tensor, NULL);
  GByteArray *proto = pb_new ();

  g_assert_nonnull (dense);
  for (int axis = 0; axis < dense->rank; axis++)
    pb_int (proto, 1, dense->dims[axis]);
  pb_int (proto, 2, dense->dtype);
  if (name != NULL)
    pb_string (proto, 8, name);
  pb_bytes (proto, 9, dense->data, dense->n_bytes);
  return proto;
}

GByteArray *
ob_tensor_proto_external (const char *name, int elem_type, const char *dims, const char *location, const char *offset,
                          const char *length)
{
  GByteArray *tensor = ob_tensor_proto (name, elem_type, dims);
  pb_entry (tensor, 13, "location", location);
  if (offset != NULL)
    pb_entry (tensor, 13, "offset", offset);
  if (length != NULL)
    pb_entry (tensor, 13, "length", length);
  pb_int (tensor, 14, 1);
  return tensor;
}

void
ob_init_proto (OnnxBuilder *b, GByteArray *tensor)
{
  pb_message (b->graph, 5, tensor);
}

void
ob_init (OnnxBuilder *b, const char *name, const WhyTensor *tensor)
{
  ob_init_proto (b, ob_tensor_proto_of (name, tensor));
}

static WhyTensor *
tensor_of_dims (WhyDType dtype, const char *dims)
{
  g_auto (GStrv) words = split (dims);
  gint64 numbers[WHY_MAX_RANK];
  int rank = 0;

  for (; words[rank] != NULL; rank++)
    {
      g_assert_cmpint (rank, <, WHY_MAX_RANK);
      numbers[rank] = g_ascii_strtoll (words[rank], NULL, 10);
    }
  WhyTensor *tensor = why_tensor_new_zeros (dtype, rank, numbers, NULL);
  g_assert_nonnull (tensor);
  return tensor;
}

WhyTensor *
ob_f32 (const char *dims, const float *values)
{
  WhyTensor *tensor = tensor_of_dims (WHY_DTYPE_FLOAT32, dims);
  if (tensor->n_bytes > 0)
    memcpy (tensor->data, values, tensor->n_bytes);
  return tensor;
}

WhyTensor *
ob_i64 (const char *dims, const gint64 *values)
{
  WhyTensor *tensor = tensor_of_dims (WHY_DTYPE_INT64, dims);
  if (tensor->n_bytes > 0)
    memcpy (tensor->data, values, tensor->n_bytes);
  return tensor;
}

WhyTensor *
ob_random (const char *dims, guint32 seed, float scale)
{
  WhyTensor *tensor = tensor_of_dims (WHY_DTYPE_FLOAT32, dims);
  guint64 state = seed * 2654435761u + 1;
  gsize count = why_tensor_count (tensor);

  for (gsize index = 0; index < count; index++)
    {
      state = state * 6364136223846793005u + 1442695040888963407u;
      ((float *) tensor->data)[index] = scale * ((float) (state >> 40) / 8388608.0f - 1.0f);
    }
  return tensor;
}

void
ob_init_f32 (OnnxBuilder *b, const char *name, const char *dims, const float *values)
{
  g_autoptr (WhyTensor) tensor = ob_f32 (dims, values);
  ob_init (b, name, tensor);
}

void
ob_init_i64 (OnnxBuilder *b, const char *name, const char *dims, const gint64 *values)
{
  g_autoptr (WhyTensor) tensor = ob_i64 (dims, values);
  ob_init (b, name, tensor);
}

void
ob_init_random (OnnxBuilder *b, const char *name, const char *dims, guint32 seed, float scale)
{
  g_autoptr (WhyTensor) tensor = ob_random (dims, seed, scale);
  ob_init (b, name, tensor);
}

static void
append_node (OnnxBuilder *b, const char *name, const char *domain, const char *op_type, const char *inputs,
             const char *outputs, va_list attrs)
{
  GByteArray *node = pb_new (), *attr;
  g_auto (GStrv) input_names = split (inputs);
  g_auto (GStrv) output_names = split (outputs);

  for (gsize input = 0; input_names[input] != NULL; input++)
    pb_string (node, 1, input_names[input]);
  for (gsize output = 0; output_names[output] != NULL; output++)
    pb_string (node, 2, output_names[output]);
  pb_string (node, 3, name != NULL ? name : output_names[0] != NULL ? output_names[0] : "");
  pb_string (node, 4, op_type);
  while ((attr = va_arg (attrs, GByteArray *)) != NULL)
    pb_message (node, 5, attr);
  if (domain != NULL)
    pb_string (node, 7, domain);
  pb_message (b->graph, 1, node);
}

void
ob_node (OnnxBuilder *b, const char *op_type, const char *inputs, const char *outputs, ...)
{
  va_list attrs;
  va_start (attrs, outputs);
  append_node (b, NULL, NULL, op_type, inputs, outputs, attrs);
  va_end (attrs);
}

void
ob_node_full (OnnxBuilder *b, const char *name, const char *domain, const char *op_type, const char *inputs,
              const char *outputs, ...)
{
  va_list attrs;
  va_start (attrs, outputs);
  append_node (b, name, domain, op_type, inputs, outputs, attrs);
  va_end (attrs);
}

static GByteArray *
attr_new (const char *name, WhyOnnxAttrType type)
{
  GByteArray *attr = pb_new ();
  pb_string (attr, 1, name);
  pb_int (attr, 20, type);
  return attr;
}

GByteArray *
ob_int (const char *name, gint64 value)
{
  GByteArray *attr = attr_new (name, WHY_ONNX_ATTR_INT);
  pb_int (attr, 3, value);
  return attr;
}

GByteArray *
ob_float (const char *name, float value)
{
  GByteArray *attr = attr_new (name, WHY_ONNX_ATTR_FLOAT);
  pb_float (attr, 2, value);
  return attr;
}

GByteArray *
ob_string (const char *name, const char *value)
{
  GByteArray *attr = attr_new (name, WHY_ONNX_ATTR_STRING);
  pb_string (attr, 4, value);
  return attr;
}

GByteArray *
ob_strings (const char *name, const char *values)
{
  GByteArray *attr = attr_new (name, WHY_ONNX_ATTR_STRINGS);
  g_auto (GStrv) words = split (values);
  for (gsize word = 0; words[word] != NULL; word++)
    pb_string (attr, 9, words[word]);
  return attr;
}

GByteArray *
ob_tensor (const char *name, const WhyTensor *value)
{
  GByteArray *attr = attr_new (name, WHY_ONNX_ATTR_TENSOR);
  pb_message (attr, 5, ob_tensor_proto_of (NULL, value));
  return attr;
}

GByteArray *
ob_graph (const char *name, OnnxBuilder *value)
{
  GByteArray *attr = attr_new (name, WHY_ONNX_ATTR_GRAPH);
  pb_message (attr, 6, g_steal_pointer (&value->graph));
  ob_free (value);
  return attr;
}

GByteArray *
ob_ints_n (const char *name, gsize n, const gint64 *values)
{
  GByteArray *attr = attr_new (name, WHY_ONNX_ATTR_INTS);
  for (gsize index = 0; index < n; index++)
    pb_int (attr, 8, values[index]);
  return attr;
}

GByteArray *
ob_floats_n (const char *name, gsize n, const float *values)
{
  GByteArray *attr = attr_new (name, WHY_ONNX_ATTR_FLOATS);
  for (gsize index = 0; index < n; index++)
    pb_float (attr, 7, values[index]);
  return attr;
}

GBytes *
ob_bytes (OnnxBuilder *b)
{
  GByteArray *all = pb_new ();
  g_byte_array_append (all, b->model->data, b->model->len);
  pb_bytes (all, 7, b->graph->data, b->graph->len);
  return g_byte_array_free_to_bytes (all);
}

void
ob_write (OnnxBuilder *b, const char *path)
{
  g_autoptr (GBytes) bytes = ob_bytes (b);
  g_autoptr (GError) error = NULL;
  g_file_set_contents (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), &error);
  g_assert_no_error (error);
}

WhyOnnxModel *
ob_load (OnnxBuilder *b)
{
  g_autoptr (GBytes) bytes = ob_bytes (b);
  g_autoptr (GError) error = NULL;
  WhyOnnxModel *model = why_onnx_model_load_bytes (bytes, "test model", NULL, &error);
  g_assert_no_error (error);
  return model;
}

static int
remove_entry (const char *path, const struct stat *info, int type, struct FTW *place)
{
  return remove (path);
}

void
ob_remove_tree (const char *folder)
{
  g_assert_cmpint (nftw (folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), ==, 0);
}
