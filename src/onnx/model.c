#include "config.h"

#include "onnx/model.h"

#include "graph.h"
#include "parse.h"
#include "reader.h"
#include "replace.h"
#include "sniff.h"

#include "base/error.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Protocol buffers end here; larger models keep their weights in separate files. */
#define MAX_FILE ((gsize) 2 << 30)

WhyOnnxModel *
why_onnx_model_ref (WhyOnnxModel *model)
{
  atomic_fetch_add_explicit (&model->ref_count, 1, memory_order_relaxed);
  return model;
}

void
why_onnx_model_unref (WhyOnnxModel *model)
{
  if (model == NULL || atomic_fetch_sub_explicit (&model->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  if (model->base != NULL)
    {
      why_onnx_replaced_free (model);
      return;
    }
  why_onnx_opsets_free (model->opsets, model->n_opsets);
  for (gsize index = 0; index < model->n_metadata; index++)
    {
      g_free (model->metadata[index].key);
      g_free (model->metadata[index].value);
    }
  g_free (model->metadata);
  why_onnx_graph_free (model->graph);
  for (gsize index = 0; index < model->n_functions; index++)
    why_onnx_function_clear (&model->functions[index]);
  g_free (model->functions);
  g_free (model->producer_name);
  g_free (model->producer_version);
  g_free (model->domain);
  g_free (model->doc);
  g_free (model->path);
  g_ptr_array_unref (model->sources);
  g_free (model);
}

static void
reader_init (WhyOnnxReader *reader, WhyOnnxSource *source, const char *name, GPtrArray *sources)
{
  const guint8 *data = source->data != NULL ? source->data : (const guint8 *) "";
  *reader = (WhyOnnxReader) {
    .wire = { .name = name, .start = data, .end = data + source->n_bytes },
    .source = source,
    .sources = sources,
  };
}

/* Bytes that cannot be read are often something well known; saying what helps more than where the
 * reader gave up. */
static void
explain_failure (const WhyOnnxSource *source, const char *name, GError **error)
{
  const char *sentence = why_onnx_sniff (source->data, source->n_bytes);
  if (sentence == NULL || error == NULL || *error == NULL || !g_error_matches (*error, WHY_ERROR, WHY_ERROR_BAD_MODEL))
    return;
  g_clear_error (error);
  g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_MODEL, "%s: %s", name, sentence);
}

/* Takes @source over. */
static WhyOnnxModel *
load (WhyOnnxSource *source, const char *path, const char *folder, const char *real_folder, GError **error)
{
  g_autoptr (WhyOnnxModel) model = g_new0 (WhyOnnxModel, 1);
  g_autofree char *name = g_filename_display_name (path);
  g_autoptr (GError) local = NULL;
  WhyOnnxReader reader;

  atomic_init (&model->ref_count, 1);
  model->path = g_strdup (path);
  model->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) why_onnx_source_unref);
  g_ptr_array_add (model->sources, source);

  if (source->n_bytes >= MAX_FILE)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "%s: the file has %" G_GSIZE_FORMAT " MB; an ONNX file has less than 2048, larger models keep their weights in a second file",
                   name, source->n_bytes >> 20);
      return NULL;
    }
  reader_init (&reader, source, name, model->sources);
  reader.folder = folder;
  reader.real_folder = real_folder;
  gboolean fine = why_onnx_parse_model (&reader, model, &local);
  g_clear_pointer (&reader.externals, g_hash_table_unref);
  if (!fine)
    {
      explain_failure (source, name, &local);
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  return g_steal_pointer (&model);
}

WhyOnnxModel *
why_onnx_model_load (const char *path, GError **error)
{
  g_return_val_if_fail (path != NULL, NULL);

  WhyOnnxSource *source = why_onnx_source_open (path, error);
  if (source == NULL)
    return NULL;
  g_autofree char *folder = g_path_get_dirname (path);
  char *real = realpath (path, NULL);
  g_autofree char *real_folder = real != NULL ? g_path_get_dirname (real) : NULL;
  free (real);
  return load (source, path, folder, real_folder, error);
}

WhyOnnxModel *
why_onnx_model_load_bytes (GBytes *bytes, const char *name_for_messages, const char *folder, GError **error)
{
  g_return_val_if_fail (bytes != NULL && name_for_messages != NULL, NULL);

  char *real = folder != NULL ? realpath (folder, NULL) : NULL;
  WhyOnnxModel *model = load (why_onnx_source_new_bytes (bytes, name_for_messages), name_for_messages, folder, real, error);
  free (real);
  return model;
}

const char *
why_onnx_model_metadata (const WhyOnnxModel *model, const char *key)
{
  g_return_val_if_fail (model != NULL && key != NULL, NULL);

  for (gsize index = 0; index < model->n_metadata; index++)
    {
      if (strcmp (model->metadata[index].key, key) == 0)
        return model->metadata[index].value;
    }
  return NULL;
}

gint64
why_onnx_model_opset (const WhyOnnxModel *model, const char *domain)
{
  g_return_val_if_fail (model != NULL && domain != NULL, 0);

  for (gsize index = 0; index < model->n_opsets; index++)
    {
      if (strcmp (model->opsets[index].domain, domain) == 0)
        return model->opsets[index].version;
    }
  return 0;
}

gboolean
why_onnx_model_check_files (const WhyOnnxModel *model, GError **error)
{
  g_return_val_if_fail (model != NULL, FALSE);

  for (guint index = 0; index < model->sources->len; index++)
    {
      if (!why_onnx_source_check (g_ptr_array_index (model->sources, index), error))
        return FALSE;
    }
  return TRUE;
}

const WhyOnnxAttr *
why_onnx_node_attr (const WhyOnnxNode *node, const char *name)
{
  g_return_val_if_fail (node != NULL && name != NULL, NULL);

  for (gsize index = 0; index < node->n_attrs; index++)
    {
      if (strcmp (node->attrs[index].name, name) == 0)
        return &node->attrs[index];
    }
  return NULL;
}

const char *
why_onnx_attr_type_name (WhyOnnxAttrType type)
{
  switch (type)
    {
    case WHY_ONNX_ATTR_FLOAT: return "float";
    case WHY_ONNX_ATTR_INT: return "int";
    case WHY_ONNX_ATTR_STRING: return "string";
    case WHY_ONNX_ATTR_TENSOR: return "tensor";
    case WHY_ONNX_ATTR_GRAPH: return "graph";
    case WHY_ONNX_ATTR_FLOATS: return "floats";
    case WHY_ONNX_ATTR_INTS: return "ints";
    case WHY_ONNX_ATTR_STRINGS: return "strings";
    case WHY_ONNX_ATTR_TENSORS: return "tensors";
    case WHY_ONNX_ATTR_GRAPHS: return "graphs";
    case WHY_ONNX_ATTR_SPARSE_TENSOR: return "sparse tensor";
    case WHY_ONNX_ATTR_SPARSE_TENSORS: return "sparse tensors";
    case WHY_ONNX_ATTR_TYPE_PROTO: return "type";
    case WHY_ONNX_ATTR_TYPE_PROTOS: return "types";
    case WHY_ONNX_ATTR_UNDEFINED: break;
    }
  return "undefined";
}

/* A sequence or an optional value has the outermost message of a tensor, nearly: its name is in field
 * 1, where a tensor has dims (numbers, so control characters), and it may have messages in field 3,
 * where a tensor practically never has anything. */
static gboolean
is_sequence_or_optional (WhyOnnxReader *reader)
{
  enum
  {
    SEQUENCE_NAME = 1,
    SEQUENCE_TENSORS = 3,
    TENSOR_RAW_DATA = 9,
  };
  static const WhyWireSchema any[] = { { SEQUENCE_NAME, WHY_WIRE_VARINTS, "name" },
                                       { SEQUENCE_TENSORS, WHY_WIRE_BYTES, "values" },
                                       { TENSOR_RAW_DATA, WHY_WIRE_BYTES, "raw_data" },
                                       { 0 } };
  gboolean values = FALSE, raw = FALSE, named = FALSE;
  WhyWire wire;
  WhyWireField field;
  WhyWireNext next;

  why_wire_init (&wire, &reader->wire, any, "value");
  while ((next = why_wire_next (&wire, &field, NULL)) == WHY_WIRE_FIELD)
    {
      values = values || field.number == SEQUENCE_TENSORS;
      raw = raw || field.number == TENSOR_RAW_DATA;
      if (field.number == SEQUENCE_NAME && field.packed && field.n_bytes > 0)
        {
          named = TRUE;
          for (gsize byte = 0; byte < field.n_bytes; byte++)
            named = named && field.bytes[byte] >= ' ';
        }
    }
  return next == WHY_WIRE_END && (values || named) && !raw;
}

WhyTensor *
why_onnx_tensor_load (const char *path, GError **error)
{
  g_return_val_if_fail (path != NULL, NULL);

  g_autoptr (WhyOnnxSource) source = why_onnx_source_open (path, error);
  if (source == NULL)
    return NULL;
  g_autoptr (GPtrArray) sources = g_ptr_array_new_with_free_func ((GDestroyNotify) why_onnx_source_unref);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *name = NULL, *unsupported = NULL;
  g_autoptr (GError) local = NULL;
  WhyOnnxReader reader;
  WhyWire wire;
  WhyTensor *tensor = NULL;

  reader_init (&reader, source, shown, sources);
  reader.folder = folder;
  why_wire_init (&wire, &reader.wire, why_onnx_tensor_schema, "tensor");
  gboolean fine = why_onnx_read_tensor (&wire, &name, &tensor, &unsupported, &local);
  g_clear_pointer (&reader.externals, g_hash_table_unref);
  if (tensor != NULL)
    return tensor;
  if (is_sequence_or_optional (&reader))
    g_set_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP,
                 "%s: this is a sequence or an optional value, not a tensor, which is not supported", shown);
  else if (fine)
    g_set_error (error, WHY_ERROR, WHY_ERROR_UNSUPPORTED_OP, "%s: %s", shown, unsupported);
  else
    {
      explain_failure (source, shown, &local);
      g_propagate_error (error, g_steal_pointer (&local));
    }
  return NULL;
}
