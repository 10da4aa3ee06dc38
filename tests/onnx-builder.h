#pragma once

/* Makes ONNX models in memory for tests, by hand-written protocol buffers: no other ONNX library is
 * asked, and nothing of the reader under test is used.
 *
 *   g_autoptr (OnnxBuilder) b = ob_new (7, 13);
 *   ob_input (b, "x", WHY_DTYPE_FLOAT32, "N,3,8,8");
 *   ob_init_f32 (b, "w", "1,3,1,1", (const float[]) { 0.5f, -1, 2 });
 *   ob_node (b, "Conv", "x,w", "y", ob_ints ("kernel_shape", 1, 1), ob_int ("group", 1), NULL);
 *   ob_output (b, "y", WHY_DTYPE_FLOAT32, "N,1,8,8");
 *   g_autoptr (WhyOnnxModel) model = ob_load (b);
 *
 * Lists are written with commas: "x,,w" has an empty second entry. Dims: "" is a scalar, a word is a
 * symbolic dimension, "?" an unknown one, and NULL leaves the shape out. */

#include "base/tensor.h"
#include "onnx/model.h"

#include <glib.h>

G_BEGIN_DECLS

/* ---- messages: fields are appended to a GByteArray ---- */

GByteArray *pb_new (void) G_GNUC_WARN_UNUSED_RESULT;
void pb_raw_varint (GByteArray *message, guint64 value);
void pb_tag (GByteArray *message, guint field, guint wire_type);
void pb_int (GByteArray *message, guint field, gint64 value);
void pb_float (GByteArray *message, guint field, float value);
void pb_double (GByteArray *message, guint field, double value);
void pb_bytes (GByteArray *message, guint field, gconstpointer bytes, gsize n_bytes);
void pb_string (GByteArray *message, guint field, const char *text);
void pb_message (GByteArray *message, guint field, GByteArray *inner); /* takes inner */
void pb_entry (GByteArray *message, guint field, const char *key, const char *value); /* StringStringEntryProto */

/* ---- models ---- */

/**
 * OnnxBuilder:
 * @model: fields of the ModelProto but its graph; tests may append to it
 * @graph: fields of the GraphProto; likewise
 */
typedef struct
{
  GByteArray *model;
  GByteArray *graph;
} OnnxBuilder;

/* @opset 0: imports none. */
OnnxBuilder *ob_new (int ir_version, int opset) G_GNUC_WARN_UNUSED_RESULT;

/* Only a graph, for ob_graph(). */
OnnxBuilder *ob_new_graph (void) G_GNUC_WARN_UNUSED_RESULT;
void ob_free (OnnxBuilder *b);

void ob_opset (OnnxBuilder *b, const char *domain, int version);
void ob_producer (OnnxBuilder *b, const char *name, const char *version);
void ob_metadata (OnnxBuilder *b, const char *key, const char *value);

void ob_input (OnnxBuilder *b, const char *name, int elem_type, const char *dims);
void ob_output (OnnxBuilder *b, const char *name, int elem_type, const char *dims);
void ob_value_info (OnnxBuilder *b, const char *name, int elem_type, const char *dims);

void ob_init (OnnxBuilder *b, const char *name, const WhyTensor *tensor);
void ob_init_f32 (OnnxBuilder *b, const char *name, const char *dims, const float *values);
void ob_init_i64 (OnnxBuilder *b, const char *name, const char *dims, const gint64 *values);

/* Values in -scale to scale; the same for the same seed on every machine. */
void ob_init_random (OnnxBuilder *b, const char *name, const char *dims, guint32 seed, float scale);

/* Appends attributes up to NULL, and takes them. The node's name is its first output. */
void ob_node (OnnxBuilder *b, const char *op_type, const char *inputs, const char *outputs, ...) G_GNUC_NULL_TERMINATED;

/* As ob_node() with all there is. @name and @domain may be NULL. */
void ob_node_full (OnnxBuilder *b, const char *name, const char *domain, const char *op_type, const char *inputs,
                   const char *outputs, ...) G_GNUC_NULL_TERMINATED;

/* Attributes; each is to be given to one node. */
GByteArray *ob_int (const char *name, gint64 value) G_GNUC_WARN_UNUSED_RESULT;
GByteArray *ob_float (const char *name, float value) G_GNUC_WARN_UNUSED_RESULT;
GByteArray *ob_string (const char *name, const char *value) G_GNUC_WARN_UNUSED_RESULT;
GByteArray *ob_strings (const char *name, const char *values) G_GNUC_WARN_UNUSED_RESULT; /* with commas */
GByteArray *ob_tensor (const char *name, const WhyTensor *value) G_GNUC_WARN_UNUSED_RESULT;
GByteArray *ob_graph (const char *name, OnnxBuilder *value) G_GNUC_WARN_UNUSED_RESULT; /* takes value */
GByteArray *ob_ints_n (const char *name, gsize n, const gint64 *values) G_GNUC_WARN_UNUSED_RESULT;
GByteArray *ob_floats_n (const char *name, gsize n, const float *values) G_GNUC_WARN_UNUSED_RESULT;

#define ob_ints(name, ...) \
  ob_ints_n ((name), sizeof ((const gint64[]) { __VA_ARGS__ }) / sizeof (gint64), (const gint64[]) { __VA_ARGS__ })
#define ob_floats(name, ...) \
  ob_floats_n ((name), sizeof ((const float[]) { __VA_ARGS__ }) / sizeof (float), (const float[]) { __VA_ARGS__ })

/* ---- tensors ---- */

/* A TensorProto without data; dims are numbers. */
GByteArray *ob_tensor_proto (const char *name, int elem_type, const char *dims) G_GNUC_WARN_UNUSED_RESULT;

/* A TensorProto with raw_data; @name may be NULL. */
GByteArray *ob_tensor_proto_of (const char *name, const WhyTensor *tensor) G_GNUC_WARN_UNUSED_RESULT;

/* A TensorProto whose data are in another file; offset and length may be NULL. */
GByteArray *ob_tensor_proto_external (const char *name, int elem_type, const char *dims, const char *location,
                                      const char *offset, const char *length) G_GNUC_WARN_UNUSED_RESULT;

/* Appends a TensorProto to the initializers, and takes it. */
void ob_init_proto (OnnxBuilder *b, GByteArray *tensor);

/* Tensors from literals, for expectations and inputs. */
WhyTensor *ob_f32 (const char *dims, const float *values) G_GNUC_WARN_UNUSED_RESULT;
WhyTensor *ob_i64 (const char *dims, const gint64 *values) G_GNUC_WARN_UNUSED_RESULT;
WhyTensor *ob_random (const char *dims, guint32 seed, float scale) G_GNUC_WARN_UNUSED_RESULT;

/* ---- results ---- */

GBytes *ob_bytes (OnnxBuilder *b) G_GNUC_WARN_UNUSED_RESULT;
void ob_write (OnnxBuilder *b, const char *path);

/* Loads the model from memory and ends the test when that fails. */
WhyOnnxModel *ob_load (OnnxBuilder *b) G_GNUC_WARN_UNUSED_RESULT;

/* Everything below a folder, and the folder. Does not follow links. */
void ob_remove_tree (const char *folder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OnnxBuilder, ob_free)

G_END_DECLS
