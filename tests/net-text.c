#include "config.h"

#include "net-text.h"

#include "onnx-builder.h"

#include <string.h>

#define ATTRS_MAX 8

static WhyTensor *
tensor_of (WhyDType dtype, const char *dims_text)
{
  gint64 dims[WHY_MAX_RANK];
  int rank = 0;
  g_auto (GStrv) parts = g_strsplit (dims_text, ",", -1);
  if (strcmp (dims_text, "-") != 0)
    for (; parts[rank] != NULL; rank++)
      dims[rank] = g_ascii_strtoll (parts[rank], NULL, 10);
  WhyTensor *tensor = why_tensor_new_zeros (dtype, rank, dims, NULL);
  g_assert_nonnull (tensor);
  return tensor;
}

static void
fill_random (WhyTensor *tensor, guint32 seed, double low, double high)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  gsize count = why_tensor_count (tensor);
  for (gsize index = 0; index < count; index++)
    why_tensor_set_f64 (tensor, index, g_rand_double_range (rand, low, high));
}

WhyTensor *
net_random (guint32 seed, int rank, const gint64 *dims)
{
  WhyTensor *tensor = why_tensor_new (WHY_DTYPE_FLOAT32, rank, dims, NULL);
  g_assert_nonnull (tensor);
  fill_random (tensor, seed, -1, 1);
  return tensor;
}

static WhyTensor *
floats_of (const char *dims, const char *list)
{
  WhyTensor *tensor = tensor_of (WHY_DTYPE_FLOAT32, dims);
  g_auto (GStrv) parts = g_strsplit (list, ",", -1);
  gsize count = why_tensor_count (tensor), n = g_strv_length (parts);
  g_assert_true (n == 1 || n == count);
  for (gsize index = 0; index < count; index++)
    why_tensor_set_f64 (tensor, index, g_ascii_strtod (parts[n == 1 ? 0 : index], NULL));
  return tensor;
}

static WhyTensor *
ints_of (const char *list)
{
  gint64 values[64];
  gsize n = 0;
  g_auto (GStrv) parts = g_strsplit (list, ",", -1);
  for (; parts[n] != NULL; n++)
    values[n] = g_ascii_strtoll (parts[n], NULL, 10);
  return why_tensor_new_i64 (n, values);
}

static GByteArray *
attr_of (const char *word)
{
  g_auto (GStrv) sides = g_strsplit (word, "=", 2);
  const char *name = sides[0], *value = sides[1];
  g_assert_nonnull (value);
  if (*value == '[')
    {
      g_autofree char *inside = g_strndup (value + 1, strlen (value) - 2);
      g_autoptr (WhyTensor) list = ints_of (inside);
      return ob_ints_n (name, why_tensor_count (list), list->data);
    }
  if (!g_ascii_isdigit (*value) && *value != '-')
    return ob_string (name, value);
  if (strpbrk (value, ".e") != NULL)
    return ob_float (name, (float) g_ascii_strtod (value, NULL));
  return ob_int (name, g_ascii_strtoll (value, NULL, 10));
}

static void
add_node (OnnxBuilder *builder, char **words)
{
  GByteArray *attrs[ATTRS_MAX] = { NULL };
  for (gsize index = 0; words[3 + index] != NULL; index++)
    {
      g_assert_cmpuint (index, <, ATTRS_MAX);
      attrs[index] = attr_of (words[3 + index]);
    }
  ob_node (builder, words[0], strcmp (words[1], "-") == 0 ? "" : words[1], words[2], attrs[0],
           attrs[1], attrs[2], attrs[3], attrs[4], attrs[5], attrs[6], attrs[7], NULL);
}

static WhyDType
input_type (char **words)
{
  static const WhyDType types[] = { WHY_DTYPE_FLOAT64, WHY_DTYPE_INT64,  WHY_DTYPE_INT32,
                                    WHY_DTYPE_INT16,   WHY_DTYPE_INT8,   WHY_DTYPE_UINT64,
                                    WHY_DTYPE_UINT8,   WHY_DTYPE_BOOL };
  if (words[3] == NULL)
    return WHY_DTYPE_FLOAT32;
  for (gsize type = 0; type < G_N_ELEMENTS (types); type++)
    {
      if (strcmp (words[2], why_dtype_name (types[type])) == 0)
        return types[type];
    }
  g_error ("there is no input of type '%s'", words[2]);
}

static void
add_statement (OnnxBuilder *builder, char **words, guint32 seed)
{
  g_autoptr (WhyTensor) tensor = NULL;
  const char *first = words[0];

  if (strcmp (first, "in") == 0)
    {
      const char *dims = words[words[3] != NULL ? 3 : 2];
      ob_input (builder, words[1], input_type (words), strcmp (dims, "-") == 0 ? "" : dims);
    }
  else if (strcmp (first, "out") == 0)
    ob_output (builder, words[1], WHY_DTYPE_FLOAT32, NULL);
  else if (strcmp (first, "w") == 0)
    {
      double scale = words[3] != NULL ? g_ascii_strtod (words[3], NULL) : 1.0;
      tensor = tensor_of (WHY_DTYPE_FLOAT32, words[2]);
      fill_random (tensor, seed, -scale, scale);
    }
  else if (strcmp (first, "p") == 0)
    {
      tensor = tensor_of (WHY_DTYPE_FLOAT32, words[2]);
      fill_random (tensor, seed, 0.5, 1.5);
    }
  else if (strcmp (first, "f") == 0)
    tensor = floats_of (words[2], words[3]);
  else if (strcmp (first, "i") == 0)
    tensor = ints_of (words[2]);
  else
    add_node (builder, words);
  if (tensor != NULL)
    ob_init (builder, words[1], tensor);
}

/* Words of each statement, without the empty ones that neighbouring blanks make. */
static GPtrArray *
split (const char *text)
{
  GPtrArray *statements = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_auto (GStrv) lines = g_strsplit (text, ";", -1);
  for (gsize line = 0; lines[line] != NULL; line++)
    {
      g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
      g_auto (GStrv) parts = g_strsplit_set (lines[line], " \n", -1);
      gboolean any = FALSE;
      for (gsize part = 0; parts[part] != NULL; part++)
        {
          if (*parts[part] == '\0')
            continue;
          g_strv_builder_add (words, parts[part]);
          any = TRUE;
        }
      if (any)
        g_ptr_array_add (statements, g_strv_builder_end (words));
    }
  return statements;
}

WhyOnnxModel *
net_load (const char *text)
{
  g_autoptr (GPtrArray) statements = split (text);
  g_autoptr (OnnxBuilder) builder = NULL;
  guint start = 0;
  int opset = 17;

  if (strcmp (((char **) g_ptr_array_index (statements, 0))[0], "opset") == 0)
    opset =
      (int) g_ascii_strtoll (((char **) g_ptr_array_index (statements, start++))[1], NULL, 10);
  builder = ob_new (8, opset);
  for (guint index = start; index < statements->len; index++)
    add_statement (builder, g_ptr_array_index (statements, index), 100 + index);
  return ob_load (builder);
}

GPtrArray *
net_inputs (const char *text, guint32 seed)
{
  g_autoptr (GPtrArray) statements = split (text);
  GPtrArray *inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) why_tensor_unref);
  for (guint index = 0; index < statements->len; index++)
    {
      char **words = g_ptr_array_index (statements, index);
      if (strcmp (words[0], "in") != 0)
        continue;
      WhyTensor *tensor = tensor_of (input_type (words), words[words[3] != NULL ? 3 : 2]);
      if (why_dtype_is_float (tensor->dtype))
        fill_random (tensor, seed + index, -1, 1);
      else
        fill_random (tensor, seed + index, 0, tensor->dtype == WHY_DTYPE_BOOL ? 2 : 100);
      g_ptr_array_add (inputs, tensor);
    }
  return inputs;
}
