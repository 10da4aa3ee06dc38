#pragma once

#include "base/tensor.h"

#include <glib.h>

G_BEGIN_DECLS

/* What an ONNX file says, as plain structs: no shapes are inferred, no operator is known and no
 * graph is checked here. The reader takes the bytes for hostile: every length, count, depth and
 * dimension is checked before it is used, so what these structs hold can be relied on:
 *
 *  - strings are never NULL unless a field says (nullable), and names, documentation and metadata
 *    are valid UTF-8: a byte that is not, and a zero byte, is replaced by the text "\xNN", which
 *    keeps different names different;
 *  - ranks are at most WHY_MAX_RANK, dims of tensors are >= 0, and a tensor's data has exactly the
 *    size that its dims and type ask for, aligned for its element type;
 *  - sub-graphs are nested at most WHY_ONNX_MAX_SUBGRAPHS deep, so functions that follow them may
 *    recurse.
 *
 * Memory: everything belongs to the model and lives as long as it. Tensors are counted by
 * themselves and may outlive the model. Files up to 16 MiB are read into memory; a larger one is
 * mapped, and tensors whose data lie suitably aligned in it point into the map. A mapped file that
 * somebody shortens in place would end the program with SIGBUS when a weight beyond its new end is
 * read; why_onnx_model_check_files() finds that out beforehand. Replacing a file by renaming
 * another over it, as careful programs do, is harmless.
 *
 * A model never changes after loading and may be read from any thread. */

#define WHY_ONNX_MIN_IR 3  /* operator sets exist since IR 3 */
#define WHY_ONNX_MAX_IR 14 /* newer files may mean something else by the same fields */
#define WHY_ONNX_MAX_SUBGRAPHS 16

typedef struct _WhyOnnxGraph WhyOnnxGraph;
typedef struct _WhyOnnxModel WhyOnnxModel;

/* Kinds of attributes, numbered as in ONNX's AttributeProto.AttributeType. */
typedef enum
{
  WHY_ONNX_ATTR_UNDEFINED = 0, /* only with ref_attr_name */
  WHY_ONNX_ATTR_FLOAT = 1,
  WHY_ONNX_ATTR_INT = 2,
  WHY_ONNX_ATTR_STRING = 3,
  WHY_ONNX_ATTR_TENSOR = 4,
  WHY_ONNX_ATTR_GRAPH = 5,
  WHY_ONNX_ATTR_FLOATS = 6,
  WHY_ONNX_ATTR_INTS = 7,
  WHY_ONNX_ATTR_STRINGS = 8,
  WHY_ONNX_ATTR_TENSORS = 9, /* recognised; the value is not kept, as for all that follow */
  WHY_ONNX_ATTR_GRAPHS = 10,
  WHY_ONNX_ATTR_SPARSE_TENSOR = 11,
  WHY_ONNX_ATTR_SPARSE_TENSORS = 12,
  WHY_ONNX_ATTR_TYPE_PROTO = 13,
  WHY_ONNX_ATTR_TYPE_PROTOS = 14,
} WhyOnnxAttrType;

/**
 * WhyOnnxAttr:
 * @name: never empty
 * @type: which of the values below is meant
 * @f: FLOAT
 * @i: INT
 * @s: (nullable): STRING, @s_len bytes as they are in the file and a zero byte; not NULL for STRING
 * @t: (nullable): TENSOR; %NULL if the tensor is of a kind that cannot be held, see @unsupported
 * @g: (nullable): GRAPH; not NULL for GRAPH
 * @floats: (array length=n) (nullable): FLOATS
 * @ints: (array length=n) (nullable): INTS
 * @strings: (array length=n) (nullable): STRINGS, bytes as they are in the file
 * @n: number of values of FLOATS, INTS or STRINGS
 * @unsupported: (nullable): why the value is not there, a sentence such as "string tensor 'x' is not
 *   supported"; report it with %WHY_ERROR_UNSUPPORTED_OP when the value is needed
 * @ref_attr_name: (nullable): inside a function: the value is that of the caller's attribute of this
 *   name, and no value is given here
 */
typedef struct
{
  char *name;
  WhyOnnxAttrType type;
  float f;
  gint64 i;
  char *s;
  gsize s_len;
  WhyTensor *t;
  WhyOnnxGraph *g;
  float *floats;
  gint64 *ints;
  char **strings;
  gsize n;
  char *unsupported;
  char *ref_attr_name;
} WhyOnnxAttr;

/**
 * WhyOnnxNode:
 * @name: may be empty; not necessarily unique
 * @op_type: never empty
 * @domain: "" for ONNX's own operators ("ai.onnx" is read as "")
 * @overload: which of several functions of one name; mostly ""
 * @inputs: (array length=n_inputs): tensor names; "" is an optional input left out
 * @outputs: (array length=n_outputs): likewise
 * @attrs: (array length=n_attrs): names are unique
 */
typedef struct
{
  char *name;
  char *op_type;
  char *domain;
  char *overload;
  char **inputs;
  gsize n_inputs;
  char **outputs;
  gsize n_outputs;
  WhyOnnxAttr *attrs;
  gsize n_attrs;
} WhyOnnxNode;

typedef enum
{
  WHY_ONNX_VALUE_UNKNOWN, /* no type is given */
  WHY_ONNX_VALUE_TENSOR,
  WHY_ONNX_VALUE_SPARSE_TENSOR,
  WHY_ONNX_VALUE_SEQUENCE,
  WHY_ONNX_VALUE_MAP,
  WHY_ONNX_VALUE_OPTIONAL,
  WHY_ONNX_VALUE_OPAQUE,
} WhyOnnxValueKind;

/**
 * WhyOnnxValueInfo:
 * @name: never empty
 * @kind: what sort of value; the fields below are only filled for tensors
 * @dtype: %WHY_DTYPE_UNDEFINED if not given or none that can be held (complex, float8, int4, ...)
 * @elem_type: the number in the file, for messages
 * @rank: -1 if no shape is given, else 0 to %WHY_MAX_RANK
 * @dims: >= 0, or -1 for a symbolic or unknown dimension (a stated -1 counts as unknown)
 * @dim_params: (nullable elements): names of symbolic dimensions
 * @dim_denotations: (nullable elements): such as "DATA_BATCH"
 * @denotation: (nullable): of the type, such as "IMAGE"
 */
typedef struct
{
  char *name;
  WhyOnnxValueKind kind;
  WhyDType dtype;
  int elem_type;
  int rank;
  gint64 dims[WHY_MAX_RANK];
  char *dim_params[WHY_MAX_RANK];
  char *dim_denotations[WHY_MAX_RANK];
  char *denotation;
} WhyOnnxValueInfo;

/**
 * WhyOnnxInitializer:
 * @name: never empty, unique in its graph (of two of one name the later counts, as elsewhere)
 * @tensor: (nullable): dense in ONNX order; %NULL if the tensor cannot be held
 * @unsupported: (nullable): then why; see WhyOnnxAttr.unsupported
 */
typedef struct
{
  char *name;
  WhyTensor *tensor;
  char *unsupported;
} WhyOnnxInitializer;

/**
 * WhyOnnxGraph:
 * @inputs: without those that are initialisers too (files of IR 3 list all weights as inputs)
 */
struct _WhyOnnxGraph
{
  char *name;
  char *doc;
  WhyOnnxNode *nodes;
  gsize n_nodes;
  WhyOnnxInitializer *initializers;
  gsize n_initializers;
  WhyOnnxValueInfo *inputs;
  gsize n_inputs;
  WhyOnnxValueInfo *outputs;
  gsize n_outputs;
  WhyOnnxValueInfo *value_infos;
  gsize n_value_infos;
};

typedef struct
{
  char *domain; /* "" for ONNX's own operators */
  gint64 version;
} WhyOnnxOpset;

/**
 * WhyOnnxFunction:
 * @attr_names: (array length=n_attr_names): attributes without a default
 * @attr_defaults: (array length=n_attr_defaults): attributes with their defaults
 */
typedef struct
{
  char *name;
  char *domain;
  char *overload;
  char **inputs;
  gsize n_inputs;
  char **outputs;
  gsize n_outputs;
  char **attr_names;
  gsize n_attr_names;
  WhyOnnxAttr *attr_defaults;
  gsize n_attr_defaults;
  WhyOnnxNode *nodes;
  gsize n_nodes;
  WhyOnnxOpset *opsets;
  gsize n_opsets;
} WhyOnnxFunction;

typedef struct
{
  char *key;
  char *value;
} WhyOnnxMetadata;

/**
 * WhyOnnxModel:
 * @path: as given to the loader
 * @graph: never %NULL
 */
struct _WhyOnnxModel
{
  char *path;
  gint64 ir_version;
  WhyOnnxOpset *opsets;
  gsize n_opsets;
  char *producer_name;
  char *producer_version;
  char *domain;
  char *doc;
  gint64 model_version;
  WhyOnnxMetadata *metadata;
  gsize n_metadata;
  WhyOnnxGraph *graph;
  WhyOnnxFunction *functions;
  gsize n_functions;
  /*< private >*/
  GPtrArray *sources;
  WhyOnnxModel *base; /* nullable: for a model made by replacing: owns all but the lists of nodes and initialisers */
  _Atomic int ref_count;
};

/**
 * why_onnx_model_load:
 * @path: an ONNX file
 *
 * Reads a model. Weights in separate files are looked for in the folder of @path and nowhere else; a
 * symbolic link among them is followed only into the folder that holds the model's real file, which
 * is how download caches lay their files out.
 *
 * Errors, all naming the file: %WHY_ERROR_IO, %WHY_ERROR_NOT_FOUND (model or companion file),
 * %WHY_ERROR_BAD_MODEL (also for files that are something else: the message says what),
 * %WHY_ERROR_TOO_LARGE, %WHY_ERROR_UNSUPPORTED_OP.
 *
 * Returns: (transfer full) (nullable): the model
 */
WhyOnnxModel *why_onnx_model_load (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_onnx_model_load_bytes:
 * @bytes: kept as long as tensors point into it
 * @name_for_messages: how errors call the bytes; becomes the model's path
 * @folder: (nullable): where companion files may lie; %NULL: nowhere
 *
 * As why_onnx_model_load(), from memory.
 */
WhyOnnxModel *why_onnx_model_load_bytes (GBytes *bytes, const char *name_for_messages, const char *folder,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * WhyOnnxReplacement:
 * @name: of an initialiser, or the output of a Constant node, of the model's graph
 * @tensor: what it becomes
 */
typedef struct
{
  const char *name;
  WhyTensor *tensor;
} WhyOnnxReplacement;

/**
 * why_onnx_model_replace:
 * @replacements: (array length=n_replacements): tensors of the types and dims that are there now
 *
 * The same network with other weights. Whatever is not replaced is shared with @model, which is kept.
 *
 * Returns: (transfer full) (nullable): %NULL with %WHY_ERROR_NOT_FOUND where there is no such tensor, or
 *   %WHY_ERROR_BAD_SHAPE where a replacement does not fit
 */
WhyOnnxModel *why_onnx_model_replace (WhyOnnxModel *model, const WhyOnnxReplacement *replacements,
                                      gsize n_replacements, GError **error) G_GNUC_WARN_UNUSED_RESULT;

WhyOnnxModel *why_onnx_model_ref (WhyOnnxModel *model);
void why_onnx_model_unref (WhyOnnxModel *model);

/** why_onnx_model_metadata: Returns: (nullable): the value of @key, owned by @model */
const char *why_onnx_model_metadata (const WhyOnnxModel *model, const char *key);

/**
 * why_onnx_model_opset:
 * @domain: "" for ONNX's own operators
 *
 * Returns: the version of the operator set that the model imports, 0 if it imports none of @domain
 */
gint64 why_onnx_model_opset (const WhyOnnxModel *model, const char *domain);

/**
 * why_onnx_model_check_files:
 *
 * Finds out whether a file that weights are mapped from was changed in place since it was opened.
 * Cheap (one stat a file); meant to be called before weights are read again after a while.
 *
 * Returns: %FALSE with %WHY_ERROR_IO naming the file if so; the model should then be loaded again
 */
gboolean why_onnx_model_check_files (const WhyOnnxModel *model, GError **error);

/** why_onnx_node_attr: Returns: (nullable): the attribute of that name, owned by @node */
const WhyOnnxAttr *why_onnx_node_attr (const WhyOnnxNode *node, const char *name);

/** why_onnx_attr_type_name: Returns: such as "ints", for messages */
const char *why_onnx_attr_type_name (WhyOnnxAttrType type);

/**
 * why_onnx_elem_type_name:
 * @elem_type: a number as in TensorProto.DataType, also of types that cannot be held
 *
 * Returns: such as "float8e4m3fn", for messages
 */
const char *why_onnx_elem_type_name (int elem_type);

/**
 * why_onnx_tensor_load:
 * @path: a file that holds a single TensorProto, such as input_0.pb of ONNX's backend tests
 *
 * Sequences, optional values and strings are recognised and refused with
 * %WHY_ERROR_UNSUPPORTED_OP.
 *
 * Returns: (transfer full) (nullable): a dense tensor
 */
WhyTensor *why_onnx_tensor_load (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyOnnxModel, why_onnx_model_unref)

G_END_DECLS
