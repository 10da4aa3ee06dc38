#pragma once

/* What the parts of the reader share. */

#include "onnx/model.h"

#include "source.h"
#include "wire.h"

G_BEGIN_DECLS

/**
 * WhyOnnxReader:
 * @wire: first, so that a WhyWire leads here
 * @source: the file that is read
 * @folder: (nullable): where companion files may lie
 * @real_folder: (nullable): where the model's file is once links are resolved
 * @sources: (element-type WhyOnnxSource): all files that tensors point into; owned
 * @externals: (nullable): location -> source, borrowed from @sources
 * @expanded: bytes made out of sparse tensors so far
 */
typedef struct
{
  WhyWireReader wire;
  WhyOnnxSource *source;
  const char *folder;
  const char *real_folder;
  GPtrArray *sources;
  GHashTable *externals;
  gsize expanded;
} WhyOnnxReader;

extern const WhyWireSchema why_onnx_tensor_schema[];
extern const WhyWireSchema why_onnx_sparse_schema[];

/* The element type that holds @elem_type, WHY_DTYPE_UNDEFINED if there is none. */
WhyDType why_onnx_dtype (int elem_type);

/**
 * why_onnx_read_tensor:
 * @wire: on a TensorProto
 * @name: (out) (nullable): as the tensor gives it, maybe ""
 * @tensor: (out): the tensor, or %NULL if it is of a kind that cannot be held
 * @unsupported: (out): in that case the sentence that says so
 */
gboolean why_onnx_read_tensor (WhyWire *wire, char **name, WhyTensor **tensor, char **unsupported, GError **error);

/* The same for a SparseTensorProto, made dense. */
gboolean why_onnx_read_sparse_tensor (WhyWire *wire, char **name, WhyTensor **tensor, char **unsupported,
                                      GError **error);

/* The data of a tensor in a companion file, @n_bytes of them; FALSE with an error. */
gboolean why_onnx_read_external (WhyWire *wire, gsize n_bytes, WhyOnnxSource **source, gsize *offset, GError **error);

G_END_DECLS
