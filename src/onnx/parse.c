#include "config.h"

#include "parse.h"

#include "graph.h"

#include "base/error.h"

#include <string.h>

/* Field numbers of onnx.proto; only what is read. */
enum
{
  MODEL_IR_VERSION = 1,
  MODEL_PRODUCER_NAME = 2,
  MODEL_PRODUCER_VERSION = 3,
  MODEL_DOMAIN = 4,
  MODEL_VERSION = 5,
  MODEL_DOC = 6,
  MODEL_GRAPH = 7,
  MODEL_OPSET = 8,
  MODEL_METADATA = 14,
  MODEL_FUNCTION = 25,

  OPSET_DOMAIN = 1,
  OPSET_VERSION = 2,

  ENTRY_KEY = 1,
  ENTRY_VALUE = 2,

  GRAPH_NODE = 1,
  GRAPH_NAME = 2,
  GRAPH_INITIALIZER = 5,
  GRAPH_DOC = 10,
  GRAPH_INPUT = 11,
  GRAPH_OUTPUT = 12,
  GRAPH_VALUE_INFO = 13,
  GRAPH_SPARSE_INITIALIZER = 15,

  NODE_INPUT = 1,
  NODE_OUTPUT = 2,
  NODE_NAME = 3,
  NODE_OP_TYPE = 4,
  NODE_ATTRIBUTE = 5,
  NODE_DOMAIN = 7,
  NODE_OVERLOAD = 8,

  ATTR_NAME = 1,
  ATTR_F = 2,
  ATTR_I = 3,
  ATTR_S = 4,
  ATTR_T = 5,
  ATTR_G = 6,
  ATTR_FLOATS = 7,
  ATTR_INTS = 8,
  ATTR_STRINGS = 9,
  ATTR_TENSORS = 10,
  ATTR_GRAPHS = 11,
  ATTR_TYPE_PROTO = 14,
  ATTR_TYPE_PROTOS = 15,
  ATTR_TYPE = 20,
  ATTR_REF_NAME = 21,
  ATTR_SPARSE_TENSOR = 22,
  ATTR_SPARSE_TENSORS = 23,

  VALUE_NAME = 1,
  VALUE_TYPE = 2,

  TYPE_TENSOR = 1,
  TYPE_SEQUENCE = 4,
  TYPE_MAP = 5,
  TYPE_DENOTATION = 6,
  TYPE_OPAQUE = 7,
  TYPE_SPARSE_TENSOR = 8,
  TYPE_OPTIONAL = 9,

  TENSOR_TYPE_ELEM = 1,
  TENSOR_TYPE_SHAPE = 2,

  SHAPE_DIM = 1,

  DIM_VALUE = 1,
  DIM_PARAM = 2,
  DIM_DENOTATION = 3,

  FUNCTION_NAME = 1,
  FUNCTION_INPUT = 4,
  FUNCTION_OUTPUT = 5,
  FUNCTION_ATTR = 6,
  FUNCTION_NODE = 7,
  FUNCTION_OPSET = 9,
  FUNCTION_DOMAIN = 10,
  FUNCTION_ATTR_DEFAULT = 11,
  FUNCTION_OVERLOAD = 13,
};

static const WhyWireSchema model_schema[] = {
  { MODEL_IR_VERSION, WHY_WIRE_VARINT, "ir_version" },
  { MODEL_PRODUCER_NAME, WHY_WIRE_BYTES, "producer_name" },
  { MODEL_PRODUCER_VERSION, WHY_WIRE_BYTES, "producer_version" },
  { MODEL_DOMAIN, WHY_WIRE_BYTES, "domain" },
  { MODEL_VERSION, WHY_WIRE_VARINT, "model_version" },
  { MODEL_DOC, WHY_WIRE_BYTES, "doc_string" },
  { MODEL_GRAPH, WHY_WIRE_BYTES, "graph" },
  { MODEL_OPSET, WHY_WIRE_BYTES, "opset_import" },
  { MODEL_METADATA, WHY_WIRE_BYTES, "metadata_props" },
  { MODEL_FUNCTION, WHY_WIRE_BYTES, "function" },
  { 0 },
};

static const WhyWireSchema opset_schema[] = {
  { OPSET_DOMAIN, WHY_WIRE_BYTES, "domain" },
  { OPSET_VERSION, WHY_WIRE_VARINT, "version" },
  { 0 },
};

static const WhyWireSchema entry_schema[] = {
  { ENTRY_KEY, WHY_WIRE_BYTES, "key" },
  { ENTRY_VALUE, WHY_WIRE_BYTES, "value" },
  { 0 },
};

static const WhyWireSchema graph_schema[] = {
  { GRAPH_NODE, WHY_WIRE_BYTES, "node" },
  { GRAPH_NAME, WHY_WIRE_BYTES, "name" },
  { GRAPH_INITIALIZER, WHY_WIRE_BYTES, "initializer" },
  { GRAPH_DOC, WHY_WIRE_BYTES, "doc_string" },
  { GRAPH_INPUT, WHY_WIRE_BYTES, "input" },
  { GRAPH_OUTPUT, WHY_WIRE_BYTES, "output" },
  { GRAPH_VALUE_INFO, WHY_WIRE_BYTES, "value_info" },
  { GRAPH_SPARSE_INITIALIZER, WHY_WIRE_BYTES, "sparse_initializer" },
  { 0 },
};

static const WhyWireSchema node_schema[] = {
  { NODE_INPUT, WHY_WIRE_BYTES, "input" },
  { NODE_OUTPUT, WHY_WIRE_BYTES, "output" },
  { NODE_NAME, WHY_WIRE_BYTES, "name" },
  { NODE_OP_TYPE, WHY_WIRE_BYTES, "op_type" },
  { NODE_ATTRIBUTE, WHY_WIRE_BYTES, "attribute" },
  { NODE_DOMAIN, WHY_WIRE_BYTES, "domain" },
  { NODE_OVERLOAD, WHY_WIRE_BYTES, "overload" },
  { 0 },
};

static const WhyWireSchema attr_schema[] = {
  { ATTR_NAME, WHY_WIRE_BYTES, "name" },
  { ATTR_F, WHY_WIRE_FLOAT, "f" },
  { ATTR_I, WHY_WIRE_VARINT, "i" },
  { ATTR_S, WHY_WIRE_BYTES, "s" },
  { ATTR_T, WHY_WIRE_BYTES, "t" },
  { ATTR_G, WHY_WIRE_BYTES, "g" },
  { ATTR_FLOATS, WHY_WIRE_FLOATS, "floats" },
  { ATTR_INTS, WHY_WIRE_VARINTS, "ints" },
  { ATTR_STRINGS, WHY_WIRE_BYTES, "strings" },
  { ATTR_TENSORS, WHY_WIRE_BYTES, "tensors" },
  { ATTR_GRAPHS, WHY_WIRE_BYTES, "graphs" },
  { ATTR_TYPE_PROTO, WHY_WIRE_BYTES, "tp" },
  { ATTR_TYPE_PROTOS, WHY_WIRE_BYTES, "type_protos" },
  { ATTR_TYPE, WHY_WIRE_VARINT, "type" },
  { ATTR_REF_NAME, WHY_WIRE_BYTES, "ref_attr_name" },
  { ATTR_SPARSE_TENSOR, WHY_WIRE_BYTES, "sparse_tensor" },
  { ATTR_SPARSE_TENSORS, WHY_WIRE_BYTES, "sparse_tensors" },
  { 0 },
};

static const WhyWireSchema value_schema[] = {
  { VALUE_NAME, WHY_WIRE_BYTES, "name" },
  { VALUE_TYPE, WHY_WIRE_BYTES, "type" },
  { 0 },
};

static const WhyWireSchema type_schema[] = {
  { TYPE_TENSOR, WHY_WIRE_BYTES, "tensor_type" },
  { TYPE_SEQUENCE, WHY_WIRE_BYTES, "sequence_type" },
  { TYPE_MAP, WHY_WIRE_BYTES, "map_type" },
  { TYPE_DENOTATION, WHY_WIRE_BYTES, "denotation" },
  { TYPE_OPAQUE, WHY_WIRE_BYTES, "opaque_type" },
  { TYPE_SPARSE_TENSOR, WHY_WIRE_BYTES, "sparse_tensor_type" },
  { TYPE_OPTIONAL, WHY_WIRE_BYTES, "optional_type" },
  { 0 },
};

static const WhyWireSchema tensor_type_schema[] = {
  { TENSOR_TYPE_ELEM, WHY_WIRE_VARINT, "elem_type" },
  { TENSOR_TYPE_SHAPE, WHY_WIRE_BYTES, "shape" },
  { 0 },
};

static const WhyWireSchema shape_schema[] = {
  { SHAPE_DIM, WHY_WIRE_BYTES, "dim" },
  { 0 },
};

static const WhyWireSchema dim_schema[] = {
  { DIM_VALUE, WHY_WIRE_VARINT, "dim_value" },
  { DIM_PARAM, WHY_WIRE_BYTES, "dim_param" },
  { DIM_DENOTATION, WHY_WIRE_BYTES, "denotation" },
  { 0 },
};

static const WhyWireSchema function_schema[] = {
  { FUNCTION_NAME, WHY_WIRE_BYTES, "name" },
  { FUNCTION_INPUT, WHY_WIRE_BYTES, "input" },
  { FUNCTION_OUTPUT, WHY_WIRE_BYTES, "output" },
  { FUNCTION_ATTR, WHY_WIRE_BYTES, "attribute" },
  { FUNCTION_NODE, WHY_WIRE_BYTES, "node" },
  { FUNCTION_OPSET, WHY_WIRE_BYTES, "opset_import" },
  { FUNCTION_DOMAIN, WHY_WIRE_BYTES, "domain" },
  { FUNCTION_ATTR_DEFAULT, WHY_WIRE_BYTES, "attribute_proto" },
  { FUNCTION_OVERLOAD, WHY_WIRE_BYTES, "overload" },
  { 0 },
};

static gboolean
append_text (const WhyWire *wire, const WhyWireField *field, char ***strings, gsize *n, GError **error)
{
  char **slot = why_wire_append (wire, *strings, *n, error);
  return slot != NULL && (*slot = why_wire_text (wire, field, error)) != NULL;
}

/* The bytes as they are, and a zero byte. */
static char *
copy_bytes (const WhyWire *wire, const WhyWireField *field, GError **error)
{
  if (!why_wire_charge (wire, field->n_bytes + 24, error))
    return NULL;
  char *copy = g_malloc (field->n_bytes + 1);
  if (field->n_bytes > 0)
    memcpy (copy, field->bytes, field->n_bytes);
  copy[field->n_bytes] = '\0';
  return copy;
}

/* ONNX's own operators have two spellings of their domain. */
static void
finish_domain (char **domain)
{
  if (*domain == NULL || strcmp (*domain, "ai.onnx") == 0)
    {
      g_free (*domain);
      *domain = g_strdup ("");
    }
}

static void
finish_text (char **text)
{
  if (*text == NULL)
    *text = g_strdup ("");
}

static gboolean
parse_opset (const WhyWire *outer, const WhyWireField *message, WhyOnnxOpset **opsets, gsize *n, GError **error)
{
  WhyWire wire;
  WhyWireField field;
  WhyWireNext next;
  WhyOnnxOpset *opset = why_wire_append (outer, *opsets, *n, error);

  if (opset == NULL || !why_wire_enter (&wire, outer, message, opset_schema, "opset_import", (gssize) *n - 1, error))
    return FALSE;
  while ((next = why_wire_next (&wire, &field, error)) == WHY_WIRE_FIELD)
    {
      if (field.number == OPSET_VERSION)
        opset->version = (gint64) field.value;
      else if (!why_wire_set_text (&wire, &field, &opset->domain, error))
        return FALSE;
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;
  finish_domain (&opset->domain);
  if (opset->version < 1)
    return why_wire_fail (&wire, WHY_ERROR_BAD_MODEL, error, "version %" G_GINT64_FORMAT " of an operator set does not exist",
                          opset->version);
  return TRUE;
}

static gboolean
parse_metadata (const WhyWire *outer, const WhyWireField *message, WhyOnnxModel *model, GError **error)
{
  WhyWire wire;
  WhyWireField field;
  WhyWireNext next;
  WhyOnnxMetadata *entry = why_wire_append (outer, model->metadata, model->n_metadata, error);

  if (entry == NULL ||
      !why_wire_enter (&wire, outer, message, entry_schema, "metadata", (gssize) model->n_metadata - 1, error))
    return FALSE;
  while ((next = why_wire_next (&wire, &field, error)) == WHY_WIRE_FIELD)
    {
      if (!why_wire_set_text (&wire, &field, field.number == ENTRY_KEY ? &entry->key : &entry->value, error))
        return FALSE;
    }
  finish_text (&entry->key);
  finish_text (&entry->value);
  return next == WHY_WIRE_END;
}

static gboolean parse_graph (WhyWire *wire, WhyOnnxGraph *graph, GError **error);

/* Early files lack the type; then the value that is there tells it. */
static WhyOnnxAttrType
type_of_field (guint32 number)
{
  switch (number)
    {
    case ATTR_F: return WHY_ONNX_ATTR_FLOAT;
    case ATTR_I: return WHY_ONNX_ATTR_INT;
    case ATTR_S: return WHY_ONNX_ATTR_STRING;
    case ATTR_T: return WHY_ONNX_ATTR_TENSOR;
    case ATTR_G: return WHY_ONNX_ATTR_GRAPH;
    case ATTR_FLOATS: return WHY_ONNX_ATTR_FLOATS;
    case ATTR_INTS: return WHY_ONNX_ATTR_INTS;
    case ATTR_STRINGS: return WHY_ONNX_ATTR_STRINGS;
    case ATTR_TENSORS: return WHY_ONNX_ATTR_TENSORS;
    case ATTR_GRAPHS: return WHY_ONNX_ATTR_GRAPHS;
    case ATTR_TYPE_PROTO: return WHY_ONNX_ATTR_TYPE_PROTO;
    case ATTR_TYPE_PROTOS: return WHY_ONNX_ATTR_TYPE_PROTOS;
    case ATTR_SPARSE_TENSOR: return WHY_ONNX_ATTR_SPARSE_TENSOR;
    case ATTR_SPARSE_TENSORS: return WHY_ONNX_ATTR_SPARSE_TENSORS;
    default: return WHY_ONNX_ATTR_UNDEFINED;
    }
}

/* First pass: name and type, because the order of fields in a file is free and a value of another
 * type than the stated one is to be refused before it is built. */
static gboolean
parse_attr_head (WhyWire *wire, WhyOnnxAttr *attr, GError **error)
{
  WhyOnnxAttrType found = WHY_ONNX_ATTR_UNDEFINED;
  gint64 stated = 0;
  WhyWireField field;
  WhyWireNext next;

  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      if (field.number == ATTR_NAME)
        {
          if (!why_wire_set_text (wire, &field, &attr->name, error))
            return FALSE;
          wire->name = attr->name;
        }
      else if (field.number == ATTR_REF_NAME)
        {
          if (field.n_bytes > 0 && !why_wire_set_text (wire, &field, &attr->ref_attr_name, error))
            return FALSE;
        }
      else if (field.number == ATTR_TYPE)
        stated = (gint64) field.value;
      else if (found == WHY_ONNX_ATTR_UNDEFINED || (gint64) type_of_field (field.number) == stated)
        found = type_of_field (field.number);
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;
  if (attr->name == NULL || *attr->name == '\0')
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it has no name");
  if (stated < 0 || stated > WHY_ONNX_ATTR_TYPE_PROTOS)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "its type %" G_GINT64_FORMAT " is none that ONNX knows", stated);
  attr->type = stated != 0 ? (WhyOnnxAttrType) stated : found;
  if (attr->type == WHY_ONNX_ATTR_UNDEFINED && attr->ref_attr_name == NULL)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it has neither type nor value");
  return TRUE;
}

static gboolean
parse_attr_ints (const WhyWire *wire, const WhyWireField *field, WhyOnnxAttr *attr, GError **error)
{
  const guint8 *cursor = NULL;
  guint64 value;
  WhyWireNext next;

  while ((next = why_wire_next_varint (wire, field, &cursor, &value, error)) == WHY_WIRE_FIELD)
    {
      gint64 *slot = why_wire_append (wire, attr->ints, attr->n, error);
      if (slot == NULL)
        return FALSE;
      *slot = (gint64) value;
    }
  return next == WHY_WIRE_END;
}

static gboolean
parse_attr_floats (const WhyWire *wire, const WhyWireField *field, WhyOnnxAttr *attr, GError **error)
{
  gsize count;
  if (!why_wire_count (wire, field, WHY_WIRE_FLOATS, &count, error))
    return FALSE;
  for (gsize index = 0; index < count; index++)
    {
      float *slot = why_wire_append (wire, attr->floats, attr->n, error);
      if (slot == NULL)
        return FALSE;
      *slot = why_wire_float (field, index);
    }
  return TRUE;
}

static gboolean
parse_attr_value (WhyWire *wire, const WhyWireField *field, WhyOnnxAttr *attr, GError **error)
{
  WhyWire inner;
  g_autofree char *inner_name = NULL;

  switch (attr->type)
    {
    case WHY_ONNX_ATTR_FLOAT: attr->f = why_wire_float (field, 0); return TRUE;
    case WHY_ONNX_ATTR_INT: attr->i = (gint64) field->value; return TRUE;
    case WHY_ONNX_ATTR_STRING:
      g_free (attr->s);
      attr->s_len = field->n_bytes;
      attr->s = copy_bytes (wire, field, error);
      return attr->s != NULL;
    case WHY_ONNX_ATTR_TENSOR:
      if (attr->t != NULL || attr->unsupported != NULL)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it has two tensors");
      return why_wire_enter (&inner, wire, field, why_onnx_tensor_schema, "tensor", -1, error) &&
             why_onnx_read_tensor (&inner, &inner_name, &attr->t, &attr->unsupported, error);
    case WHY_ONNX_ATTR_GRAPH:
      if (attr->g != NULL)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it has two graphs");
      if (!why_wire_charge (wire, sizeof *attr->g, error) ||
          !why_wire_enter (&inner, wire, field, graph_schema, "graph", -1, error))
        return FALSE;
      inner.subgraphs++;
      if (inner.subgraphs > WHY_ONNX_MAX_SUBGRAPHS)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "graphs are nested more than %d deep",
                              WHY_ONNX_MAX_SUBGRAPHS);
      attr->g = g_new0 (WhyOnnxGraph, 1);
      return parse_graph (&inner, attr->g, error);
    case WHY_ONNX_ATTR_FLOATS: return parse_attr_floats (wire, field, attr, error);
    case WHY_ONNX_ATTR_INTS: return parse_attr_ints (wire, field, attr, error);
    case WHY_ONNX_ATTR_STRINGS:
      {
        char **slot = why_wire_append (wire, attr->strings, attr->n, error);
        return slot != NULL && (*slot = copy_bytes (wire, field, error)) != NULL;
      }
    case WHY_ONNX_ATTR_UNDEFINED:
    case WHY_ONNX_ATTR_TENSORS:
    case WHY_ONNX_ATTR_GRAPHS:
    case WHY_ONNX_ATTR_SPARSE_TENSOR:
    case WHY_ONNX_ATTR_SPARSE_TENSORS:
    case WHY_ONNX_ATTR_TYPE_PROTO:
    case WHY_ONNX_ATTR_TYPE_PROTOS:
      break;
    }
  return TRUE;
}

static gboolean
parse_attr (WhyWire *wire, WhyOnnxAttr *attr, GError **error)
{
  WhyWireField field;
  WhyWireNext next;

  if (!parse_attr_head (wire, attr, error))
    return FALSE;
  why_wire_rewind (wire);
  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      WhyOnnxAttrType type = type_of_field (field.number);
      /* Some writers put empty values of all other types in as well. */
      if (type == WHY_ONNX_ATTR_UNDEFINED || type != attr->type)
        continue;
      if (attr->ref_attr_name != NULL)
        {
          g_autofree char *shown = why_wire_shown (attr->ref_attr_name);
          return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it has a value and refers to attribute '%s' as well", shown);
        }
      if (!parse_attr_value (wire, &field, attr, error))
        return FALSE;
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;
  if (attr->ref_attr_name != NULL)
    return TRUE;

  if (attr->type == WHY_ONNX_ATTR_STRING && attr->s == NULL)
    attr->s = g_strdup ("");
  else if (attr->type == WHY_ONNX_ATTR_TENSOR && attr->t == NULL && attr->unsupported == NULL)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it should be a tensor, but there is none");
  else if (attr->type == WHY_ONNX_ATTR_GRAPH && attr->g == NULL)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it should be a graph, but there is none");
  else if (attr->type >= WHY_ONNX_ATTR_TENSORS)
    {
      g_autofree char *shown = why_wire_shown (attr->name);
      attr->unsupported = g_strdup_printf ("attribute '%s' of kind %s is not supported", shown,
                                           why_onnx_attr_type_name (attr->type));
      return why_wire_charge (wire, strlen (attr->unsupported), error);
    }
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static gboolean
check_unique_attrs (const WhyWire *wire, const WhyOnnxAttr *attrs, gsize n, GError **error)
{
  if (n < 2)
    return TRUE;
  g_autofree const char **names = g_new (const char *, n);
  for (gsize index = 0; index < n; index++)
    names[index] = attrs[index].name;
  qsort (names, n, sizeof *names, compare_names);
  for (gsize index = 1; index < n; index++)
    {
      if (strcmp (names[index - 1], names[index]) == 0)
        {
          g_autofree char *shown = why_wire_shown (names[index]);
          return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it has two attributes '%s'", shown);
        }
    }
  return TRUE;
}

static gboolean
parse_node (WhyWire *wire, WhyOnnxNode *node, GError **error)
{
  WhyWireField field;
  WhyWireNext next;

  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      gboolean fine = TRUE;
      switch (field.number)
        {
        case NODE_INPUT: fine = append_text (wire, &field, &node->inputs, &node->n_inputs, error); break;
        case NODE_OUTPUT: fine = append_text (wire, &field, &node->outputs, &node->n_outputs, error); break;
        case NODE_NAME:
          fine = why_wire_set_text (wire, &field, &node->name, error);
          wire->name = node->name;
          break;
        case NODE_OP_TYPE: fine = why_wire_set_text (wire, &field, &node->op_type, error); break;
        case NODE_DOMAIN: fine = why_wire_set_text (wire, &field, &node->domain, error); break;
        case NODE_OVERLOAD: fine = why_wire_set_text (wire, &field, &node->overload, error); break;
        case NODE_ATTRIBUTE:
          {
            WhyWire inner;
            WhyOnnxAttr *attr = why_wire_append (wire, node->attrs, node->n_attrs, error);
            fine = attr != NULL &&
                   why_wire_enter (&inner, wire, &field, attr_schema, "attribute", (gssize) node->n_attrs - 1, error) &&
                   parse_attr (&inner, attr, error);
            break;
          }
        default: g_assert_not_reached ();
        }
      if (!fine)
        return FALSE;
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;
  if (node->op_type == NULL || *node->op_type == '\0')
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it has no operator type");
  finish_domain (&node->domain);
  finish_text (&node->name);
  finish_text (&node->overload);
  return check_unique_attrs (wire, node->attrs, node->n_attrs, error);
}

static gboolean
append_node (const WhyWire *outer, const WhyWireField *message, WhyOnnxNode **nodes, gsize *n, GError **error)
{
  WhyWire wire;
  WhyOnnxNode *node = why_wire_append (outer, *nodes, *n, error);
  return node != NULL && why_wire_enter (&wire, outer, message, node_schema, "node", (gssize) *n - 1, error) &&
         parse_node (&wire, node, error);
}

static gboolean
parse_dim (WhyWire *wire, WhyOnnxValueInfo *info, int axis, GError **error)
{
  WhyWireField field;
  WhyWireNext next;

  info->dims[axis] = -1;
  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      if (field.number == DIM_VALUE)
        info->dims[axis] = (gint64) field.value;
      else if (!why_wire_set_text (wire, &field,
                                   field.number == DIM_PARAM ? &info->dim_params[axis] : &info->dim_denotations[axis], error))
        return FALSE;
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;
  /* Several exporters write -1 for "any". */
  if (info->dims[axis] < -1)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it is negative: %" G_GINT64_FORMAT, info->dims[axis]);
  return TRUE;
}

static gboolean
parse_shape (WhyWire *wire, WhyOnnxValueInfo *info, GError **error)
{
  WhyWireField field;
  WhyWireNext next;

  info->rank = 0;
  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      WhyWire inner;
      if (info->rank == WHY_MAX_RANK)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it has more than %d dimensions", WHY_MAX_RANK);
      if (!why_wire_enter (&inner, wire, &field, dim_schema, "dimension", info->rank, error) ||
          !parse_dim (&inner, info, info->rank, error))
        return FALSE;
      info->rank++;
    }
  return next == WHY_WIRE_END;
}

static gboolean
parse_tensor_type (WhyWire *wire, WhyOnnxValueInfo *info, GError **error)
{
  WhyWireField field;
  WhyWireNext next;

  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      WhyWire inner;
      if (field.number == TENSOR_TYPE_ELEM)
        {
          if (field.value > G_MAXUINT16)
            return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "the element type %" G_GUINT64_FORMAT " is none that ONNX knows",
                                  field.value);
          info->elem_type = (int) field.value;
          info->dtype = why_onnx_dtype (info->elem_type);
          continue;
        }
      if (info->rank >= 0)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it has two shapes");
      if (!why_wire_enter (&inner, wire, &field, shape_schema, "shape", -1, error) || !parse_shape (&inner, info, error))
        return FALSE;
    }
  return next == WHY_WIRE_END;
}

/* Only tensors are looked into; what sequences and the like hold does not matter here. */
static gboolean
parse_type (WhyWire *wire, WhyOnnxValueInfo *info, GError **error)
{
  WhyWireField field;
  WhyWireNext next;

  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      WhyWire inner;
      if (field.number == TYPE_DENOTATION)
        {
          if (!why_wire_set_text (wire, &field, &info->denotation, error))
            return FALSE;
          continue;
        }
      if (info->kind != WHY_ONNX_VALUE_UNKNOWN)
        return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "it has two types");
      switch (field.number)
        {
        case TYPE_TENSOR: info->kind = WHY_ONNX_VALUE_TENSOR; break;
        case TYPE_SEQUENCE: info->kind = WHY_ONNX_VALUE_SEQUENCE; break;
        case TYPE_MAP: info->kind = WHY_ONNX_VALUE_MAP; break;
        case TYPE_OPAQUE: info->kind = WHY_ONNX_VALUE_OPAQUE; break;
        case TYPE_SPARSE_TENSOR: info->kind = WHY_ONNX_VALUE_SPARSE_TENSOR; break;
        case TYPE_OPTIONAL: info->kind = WHY_ONNX_VALUE_OPTIONAL; break;
        default: g_assert_not_reached ();
        }
      if (info->kind == WHY_ONNX_VALUE_TENSOR &&
          (!why_wire_enter (&inner, wire, &field, tensor_type_schema, "tensor type", -1, error) ||
           !parse_tensor_type (&inner, info, error)))
        return FALSE;
    }
  return next == WHY_WIRE_END;
}

static gboolean
append_value_info (const WhyWire *outer, const WhyWireField *message, const char *what, WhyOnnxValueInfo **infos, gsize *n,
                   GError **error)
{
  WhyWire wire;
  WhyWireField field;
  WhyWireNext next;
  WhyOnnxValueInfo *info = why_wire_append (outer, *infos, *n, error);

  if (info == NULL)
    return FALSE;
  info->rank = -1;
  if (!why_wire_enter (&wire, outer, message, value_schema, what, (gssize) *n - 1, error))
    return FALSE;
  while ((next = why_wire_next (&wire, &field, error)) == WHY_WIRE_FIELD)
    {
      WhyWire inner;
      if (field.number == VALUE_NAME)
        {
          if (!why_wire_set_text (&wire, &field, &info->name, error))
            return FALSE;
          wire.name = info->name;
        }
      else if (!why_wire_enter (&inner, &wire, &field, type_schema, "type", -1, error) ||
               !parse_type (&inner, info, error))
        return FALSE;
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;
  if (info->name == NULL || *info->name == '\0')
    return why_wire_fail (&wire, WHY_ERROR_BAD_MODEL, error, "it has no name");
  return TRUE;
}

static gboolean
append_initializer (const WhyWire *outer, const WhyWireField *message, WhyOnnxGraph *graph, GError **error)
{
  WhyWire wire;
  gboolean sparse = message->number == GRAPH_SPARSE_INITIALIZER;
  WhyOnnxInitializer *initializer = why_wire_append (outer, graph->initializers, graph->n_initializers, error);

  if (initializer == NULL ||
      !why_wire_enter (&wire, outer, message, sparse ? why_onnx_sparse_schema : why_onnx_tensor_schema,
                       sparse ? "sparse initializer" : "initializer", (gssize) graph->n_initializers - 1, error))
    return FALSE;
  if (sparse ? !why_onnx_read_sparse_tensor (&wire, &initializer->name, &initializer->tensor, &initializer->unsupported, error)
             : !why_onnx_read_tensor (&wire, &initializer->name, &initializer->tensor, &initializer->unsupported, error))
    return FALSE;
  if (initializer->name == NULL || *initializer->name == '\0')
    return why_wire_fail (&wire, WHY_ERROR_BAD_MODEL, error, "it has no name");
  return TRUE;
}

static gboolean
parse_graph (WhyWire *wire, WhyOnnxGraph *graph, GError **error)
{
  WhyWireField field;
  WhyWireNext next;

  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      gboolean fine = TRUE;
      switch (field.number)
        {
        case GRAPH_NODE: fine = append_node (wire, &field, &graph->nodes, &graph->n_nodes, error); break;
        case GRAPH_NAME: fine = why_wire_set_text (wire, &field, &graph->name, error); break;
        case GRAPH_DOC: fine = why_wire_set_text (wire, &field, &graph->doc, error); break;
        case GRAPH_INPUT:
          fine = append_value_info (wire, &field, "input", &graph->inputs, &graph->n_inputs, error);
          break;
        case GRAPH_OUTPUT:
          fine = append_value_info (wire, &field, "output", &graph->outputs, &graph->n_outputs, error);
          break;
        case GRAPH_VALUE_INFO:
          fine = append_value_info (wire, &field, "value_info", &graph->value_infos, &graph->n_value_infos, error);
          break;
        case GRAPH_INITIALIZER:
        case GRAPH_SPARSE_INITIALIZER: fine = append_initializer (wire, &field, graph, error); break;
        default: g_assert_not_reached ();
        }
      if (!fine)
        return FALSE;
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;
  finish_text (&graph->name);
  finish_text (&graph->doc);
  why_onnx_graph_finish_initializers (graph);
  return TRUE;
}

static gboolean
parse_function (const WhyWire *outer, const WhyWireField *message, WhyOnnxModel *model, GError **error)
{
  WhyWire wire, inner;
  WhyWireField field;
  WhyWireNext next;
  WhyOnnxFunction *function = why_wire_append (outer, model->functions, model->n_functions, error);

  if (function == NULL ||
      !why_wire_enter (&wire, outer, message, function_schema, "function", (gssize) model->n_functions - 1, error))
    return FALSE;
  while ((next = why_wire_next (&wire, &field, error)) == WHY_WIRE_FIELD)
    {
      gboolean fine = TRUE;
      switch (field.number)
        {
        case FUNCTION_NAME:
          fine = why_wire_set_text (&wire, &field, &function->name, error);
          wire.name = function->name;
          break;
        case FUNCTION_INPUT: fine = append_text (&wire, &field, &function->inputs, &function->n_inputs, error); break;
        case FUNCTION_OUTPUT: fine = append_text (&wire, &field, &function->outputs, &function->n_outputs, error); break;
        case FUNCTION_ATTR: fine = append_text (&wire, &field, &function->attr_names, &function->n_attr_names, error); break;
        case FUNCTION_NODE: fine = append_node (&wire, &field, &function->nodes, &function->n_nodes, error); break;
        case FUNCTION_OPSET: fine = parse_opset (&wire, &field, &function->opsets, &function->n_opsets, error); break;
        case FUNCTION_DOMAIN: fine = why_wire_set_text (&wire, &field, &function->domain, error); break;
        case FUNCTION_OVERLOAD: fine = why_wire_set_text (&wire, &field, &function->overload, error); break;
        case FUNCTION_ATTR_DEFAULT:
          {
            WhyOnnxAttr *attr = why_wire_append (&wire, function->attr_defaults, function->n_attr_defaults, error);
            fine = attr != NULL &&
                   why_wire_enter (&inner, &wire, &field, attr_schema, "attribute", (gssize) function->n_attr_defaults - 1, error) &&
                   parse_attr (&inner, attr, error);
            break;
          }
        default: g_assert_not_reached ();
        }
      if (!fine)
        return FALSE;
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;
  if (function->name == NULL || *function->name == '\0')
    return why_wire_fail (&wire, WHY_ERROR_BAD_MODEL, error, "it has no name");
  finish_domain (&function->domain);
  finish_text (&function->overload);
  return check_unique_attrs (&wire, function->attr_defaults, function->n_attr_defaults, error);
}

/* Before anything else: what the rest means depends on it, wherever in the file it stands. */
static gboolean
check_ir_version (WhyWire *wire, WhyOnnxModel *model, GError **error)
{
  WhyWireField field;
  WhyWireNext next;
  gboolean found = FALSE;

  while ((next = why_wire_next (wire, &field, error)) == WHY_WIRE_FIELD)
    {
      if (field.number == MODEL_IR_VERSION)
        {
          model->ir_version = (gint64) field.value;
          found = TRUE;
        }
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;
  why_wire_rewind (wire);
  if (!found)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "not an ONNX model: it states no IR version");
  if (model->ir_version < 1)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error, "IR version %" G_GINT64_FORMAT " does not exist", model->ir_version);
  if (model->ir_version < WHY_ONNX_MIN_IR)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                          "its ONNX IR version %" G_GINT64_FORMAT " is from before operator sets had versions; "
                          "convert it with onnx.version_converter or export it again (IR version %d to %d)",
                          model->ir_version, WHY_ONNX_MIN_IR, WHY_ONNX_MAX_IR);
  if (model->ir_version > WHY_ONNX_MAX_IR)
    return why_wire_fail (wire, WHY_ERROR_BAD_MODEL, error,
                          "its ONNX IR version %" G_GINT64_FORMAT " is newer than this program knows (%d to %d); "
                          "export it again with an older version of ONNX",
                          model->ir_version, WHY_ONNX_MIN_IR, WHY_ONNX_MAX_IR);
  return TRUE;
}

gboolean
why_onnx_parse_model (WhyOnnxReader *reader, WhyOnnxModel *model, GError **error)
{
  WhyWire wire, inner;
  WhyWireField field;
  WhyWireNext next;

  why_wire_init (&wire, &reader->wire, model_schema, "model");
  if (!check_ir_version (&wire, model, error))
    return FALSE;
  while ((next = why_wire_next (&wire, &field, error)) == WHY_WIRE_FIELD)
    {
      gboolean fine = TRUE;
      switch (field.number)
        {
        case MODEL_IR_VERSION: break;
        case MODEL_PRODUCER_NAME: fine = why_wire_set_text (&wire, &field, &model->producer_name, error); break;
        case MODEL_PRODUCER_VERSION: fine = why_wire_set_text (&wire, &field, &model->producer_version, error); break;
        case MODEL_DOMAIN: fine = why_wire_set_text (&wire, &field, &model->domain, error); break;
        case MODEL_VERSION: model->model_version = (gint64) field.value; break;
        case MODEL_DOC: fine = why_wire_set_text (&wire, &field, &model->doc, error); break;
        case MODEL_GRAPH:
          if (model->graph != NULL)
            return why_wire_fail (&wire, WHY_ERROR_BAD_MODEL, error, "it has two graphs");
          model->graph = g_new0 (WhyOnnxGraph, 1);
          fine = why_wire_enter (&inner, &wire, &field, graph_schema, "graph", -1, error) &&
                 parse_graph (&inner, model->graph, error);
          break;
        case MODEL_OPSET: fine = parse_opset (&wire, &field, &model->opsets, &model->n_opsets, error); break;
        case MODEL_METADATA: fine = parse_metadata (&wire, &field, model, error); break;
        case MODEL_FUNCTION: fine = parse_function (&wire, &field, model, error); break;
        default: g_assert_not_reached ();
        }
      if (!fine)
        return FALSE;
    }
  if (next == WHY_WIRE_ERROR)
    return FALSE;
  if (model->graph == NULL)
    return why_wire_fail (&wire, WHY_ERROR_BAD_MODEL, error, "not a usable ONNX model: it has no graph");
  finish_text (&model->producer_name);
  finish_text (&model->producer_version);
  finish_text (&model->domain);
  finish_text (&model->doc);
  return TRUE;
}
