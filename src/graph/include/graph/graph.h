#pragma once

#include "base/cancel.h"
#include "base/tensor.h"
#include "onnx/model.h"

G_BEGIN_DECLS

/* The graph: values and the nodes that compute them, for one set of input shapes.
 *
 * A graph is built from a model *for concrete input dimensions*. Building walks the nodes in
 * topological order; every node is checked and its output shapes are inferred at once, and a node
 * whose inputs are all constants is computed on the spot. So the Shape/Gather/Concat clutter of
 * exported networks is gone before anything else looks at the graph, every dimension is a number,
 * and the passes and kernels never meet an unknown one. Building costs well under a millisecond a
 * hundred nodes, and weights are shared with the model, so there is no second, symbolic form.
 *
 * Differentiation adds nodes to the same graph (graph/differentiate.h). */

typedef struct _WhyGraph WhyGraph;
typedef struct _WhyNode WhyNode;
typedef struct _WhyValue WhyValue;
typedef struct _WhyOpClass WhyOpClass;

/**
 * WhyValue:
 * @name: the ONNX tensor name; made up, and unique, for values that passes add
 * @index: its place in the graph's list
 * @dtype: element type
 * @rank: number of dimensions
 * @dims: dimensions in ONNX order, all known
 * @constant: (nullable): the value itself where it does not depend on the inputs; dense
 * @producer: (nullable): the node that computes it; %NULL for inputs and constants
 * @output: which of the producer's outputs it is
 */
struct _WhyValue
{
  char *name;
  guint index;
  WhyDType dtype;
  int rank;
  gint64 dims[WHY_MAX_RANK];
  WhyTensor *constant;
  WhyNode *producer;
  guint output;
};

/**
 * WhyAttr:
 *
 * One attribute of a node, owned by the node. @n counts @ints or @floats.
 */
typedef enum
{
  WHY_ATTR_INT,
  WHY_ATTR_FLOAT,
  WHY_ATTR_STRING,
  WHY_ATTR_TENSOR,
  WHY_ATTR_INTS,
  WHY_ATTR_FLOATS,
} WhyAttrType;

typedef struct
{
  const char *name;
  WhyAttrType type;
  gint64 i;
  double f;
  const char *s;
  WhyTensor *t;
  const gint64 *ints;
  const double *floats;
  gsize n;
} WhyAttr;

/**
 * WhyNode:
 * @klass: what kind of operator
 * @name: the ONNX node name, or its first output's where the node has none; for messages
 * @opset: version of the operator set it is written in
 * @inputs: (array length=n_inputs): %NULL where an optional input is absent
 * @outputs: (array length=n_outputs): %NULL where an optional output is not asked for
 * @params: what the operator's infer() made of the attributes; the operator's file (and the header
 *   of its family) says which struct
 */
struct _WhyNode
{
  const WhyOpClass *klass;
  char *name;
  guint index;
  gint64 opset;
  guint n_inputs;
  guint n_outputs;
  WhyValue **inputs;
  WhyValue **outputs;
  guint n_attrs;
  WhyAttr *attrs;
  gpointer params;
};

/**
 * WhyShape:
 *
 * A concrete shape for one input.
 */
typedef struct
{
  int rank;
  gint64 dims[WHY_MAX_RANK];
} WhyShape;

typedef struct
{
  /* Compute everything in float32: float16, bfloat16 and float64 tensors, inputs and Cast targets
   * become float32. What explaining wants; conformance tests keep the types as they are. */
  gboolean promote_floats;
  /* Compute all floating types in float64 instead (overrides promote_floats): for checking
   * gradients by finite differences. */
  gboolean force_float64;
} WhyGraphOptions;

/**
 * why_graph_check_operators:
 *
 * Returns: %TRUE if every operator of @model (sub-graphs and local functions included) is known;
 *   else %WHY_ERROR_UNSUPPORTED_OP with one report of all that are not, each with its nodes.
 */
gboolean why_graph_check_operators (WhyOnnxModel *model, GError **error);

/**
 * why_graph_new:
 * @model: kept alive by the graph: weights are shared, not copied
 * @shapes: (array length=n_shapes): one for each of the main graph's inputs, in order; every
 *   dimension at least 0 and equal to the declared one where that is a number
 *
 * Returns: (transfer full) (nullable): the graph for these input shapes
 */
WhyGraph *why_graph_new (WhyOnnxModel *model, const WhyShape *shapes, gsize n_shapes,
                         const WhyGraphOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_graph_new_with_values:
 * @values: (nullable) (array length=n_shapes) (element-type nullable): inputs that are to be constants, of the
 *   dims in @shapes; they are then no inputs of the graph, and why_graph_evaluate() is not given them
 *
 * As why_graph_new(), for networks that take axes, sizes or the like as inputs: those decide the
 * shapes of other values and must be known when the graph is built.
 */
WhyGraph *why_graph_new_with_values (WhyOnnxModel *model, const WhyShape *shapes, WhyTensor *const *values,
                                     gsize n_shapes, const WhyGraphOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_graph_new_empty: a graph to be filled by why_graph_add_input() and why_graph_emit(). */
WhyGraph *why_graph_new_empty (const WhyGraphOptions *options) G_GNUC_WARN_UNUSED_RESULT;

void why_graph_free (WhyGraph *graph);

guint why_graph_n_nodes (const WhyGraph *graph);
WhyNode *why_graph_node (const WhyGraph *graph, guint index); /* in topological order */
guint why_graph_n_values (const WhyGraph *graph);
WhyValue *why_graph_value (const WhyGraph *graph, guint index);
guint why_graph_n_inputs (const WhyGraph *graph);
WhyValue *why_graph_input (const WhyGraph *graph, guint index);
guint why_graph_n_outputs (const WhyGraph *graph);
WhyValue *why_graph_output (const WhyGraph *graph, guint index);
/** why_graph_output_name: what the file calls output @index (its value may go by an earlier name) */
const char *why_graph_output_name (const WhyGraph *graph, guint index);

/** why_graph_find_value: Returns: (nullable): the value of that ONNX name */
WhyValue *why_graph_find_value (const WhyGraph *graph, const char *name);

/** why_graph_require_value: as why_graph_find_value(), with an error that offers the nearest names */
WhyValue *why_graph_require_value (const WhyGraph *graph, const char *name, GError **error);

/**
 * why_graph_set_data:
 * @data: (transfer full): freed with @free_data when the graph goes or other data come
 *
 * A place for what the layer above works out about a graph once and wants to keep with it.
 */
void why_graph_set_data (WhyGraph *graph, gpointer data, GDestroyNotify free_data);
gpointer why_graph_get_data (const WhyGraph *graph); /* nullable, borrowed */

/** why_graph_n_uses: how many node inputs read @value; counted afresh on every call (linear). */
guint why_graph_n_uses (const WhyGraph *graph, const WhyValue *value);

/* ---- building: used by the loader, by passes and by gradients ---- */

WhyValue *why_graph_add_input (WhyGraph *graph, const char *name, WhyDType dtype, int rank, const gint64 *dims);
void why_graph_add_output (WhyGraph *graph, WhyValue *value);

/** why_graph_add_constant: @name: (nullable); @tensor: (transfer full): made dense if it is not */
WhyValue *why_graph_add_constant (WhyGraph *graph, const char *name, WhyTensor *tensor);

/**
 * why_graph_add_node:
 * @type: operator type; operators for passes only (such as "ReluGrad") are found too
 * @opset: version, or 0 for the newest
 * @name: (nullable): for messages
 * @output_names: (nullable) (array length=n_outputs): "" or %NULL: not asked for; @output_names
 *   itself %NULL: names are made up
 * @attrs: (array length=n_attrs): copied
 *
 * Adds the node, infers its outputs, and computes them if all its inputs are constants (then the
 * node is dropped and the outputs are constants).
 *
 * Returns: (nullable) (transfer none) (array length=n_outputs): the outputs (valid until the next
 *   call), or %NULL with an error that names the node
 */
WhyValue **why_graph_add_node (WhyGraph *graph, const char *type, gint64 opset, const char *name,
                               WhyValue *const *inputs, guint n_inputs,
                               const char *const *output_names, guint n_outputs,
                               const WhyAttr *attrs, guint n_attrs, GError **error);

/* Short forms for gradients and passes: newest opset, one output. %NULL with an error on failure;
 * a %NULL input (an earlier failure) gives %NULL again without touching the error, so calls nest. */
WhyValue *why_emit (WhyGraph *graph, GError **error, const char *type, guint n_inputs,
                    WhyValue *const *inputs, const WhyAttr *attrs, guint n_attrs);
WhyValue *why_emit1 (WhyGraph *graph, GError **error, const char *type, WhyValue *a);
WhyValue *why_emit2 (WhyGraph *graph, GError **error, const char *type, WhyValue *a, WhyValue *b);
WhyValue *why_emit3 (WhyGraph *graph, GError **error, const char *type, WhyValue *a, WhyValue *b, WhyValue *c);
/** why_emit_scalar: a constant of rank 0 in @like's type */
WhyValue *why_emit_scalar (WhyGraph *graph, const WhyValue *like, double value);
WhyValue *why_emit_i64 (WhyGraph *graph, gsize n, const gint64 *values); /* constant, rank 1 */
WhyValue *why_emit_reshape (WhyGraph *graph, GError **error, WhyValue *value, int rank, const gint64 *dims);
WhyValue *why_emit_transpose (WhyGraph *graph, GError **error, WhyValue *value, const gint64 *perm);
/** why_emit_reduce_sum: @axes: (array length=n_axes) */
WhyValue *why_emit_reduce_sum (WhyGraph *graph, GError **error, WhyValue *value, const gint64 *axes, gsize n_axes, gboolean keep_dims);
/** why_emit_sum_to: adjoint of broadcasting: sums @value down to @rank and @dims (which broadcast to its own) */
WhyValue *why_emit_sum_to (WhyGraph *graph, GError **error, WhyValue *value, int rank, const gint64 *dims);

/** why_graph_evaluate:
 * @inputs: (array): one dense tensor for each graph input, in order
 * @wanted: (array length=n_wanted): values to compute
 * @results: (out caller-allocates) (array length=n_wanted) (transfer full)
 *
 * Computes with the operators' own plain definitions, one node after the other. This is the slow,
 * simple reference: the engine is checked against it, and gradients are checked in float64 by it.
 */
gboolean why_graph_evaluate (WhyGraph *graph, WhyTensor *const *inputs, WhyValue *const *wanted, guint n_wanted,
                             WhyTensor **results, WhyCancel *cancel, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyGraph, why_graph_free)

G_END_DECLS
