#pragma once

#include "graph/graph.h"

G_BEGIN_DECLS

/* The contract of an operator. Everything about one operator stands side by side in its family's
 * file under graph/ops/, in one const WhyOpClass; each family exports a table that ends with an
 * entry without a type, and ops/registry.c lists the families. To add an operator: write its
 * functions in its family's file and add its line to that file's table. */

typedef struct _WhyGradBuilder WhyGradBuilder;

/**
 * WhyBox:
 *
 * A box of a tensor: indices from @lo up to, not including, @hi along each of @rank dimensions.
 */
typedef struct
{
  int rank;
  gint64 lo[WHY_MAX_RANK];
  gint64 hi[WHY_MAX_RANK];
} WhyBox;

/* The output at a position depends on the inputs at that position alone (with NumPy broadcasting). */
#define WHY_OP_ELEMENTWISE (1u << 0)
/* The gradient is that of another function (rounding, quantisation: straight-through). */
#define WHY_OP_STRAIGHT_THROUGH (1u << 1)
/* Exists for passes only; not accepted in a file. */
#define WHY_OP_INTERNAL (1u << 2)
/* Must not be computed while building although all inputs are constant (never needed so far by ONNX
 * image networks except for random generators). */
#define WHY_OP_NO_FOLD (1u << 3)
/* Reads only the dims and type of its inputs, never their elements (Shape, Size): computed while
 * building whatever the inputs are, with %NULL for their tensors. */
#define WHY_OP_DIMS_ONLY (1u << 4)

/**
 * WhyOpClass:
 * @type: ONNX operator type; %NULL ends a table
 * @since: first opset this entry is for (1 for "from the beginning")
 * @until: last opset, or 0 for "to this day"
 * @min_inputs, @max_inputs: how many inputs are legal (%G_MAXUINT for variadic); checked, with the
 *   absence of the first @min_inputs ones, before @infer is called
 * @max_outputs: how many outputs are legal
 * @flags: WHY_OP_*
 * @params_size: size of the struct for node->params (zeroed before @infer), 0 for none. It must own
 *   nothing: fixed-size arrays of WHY_MAX_RANK, not pointers
 * @infer: checks attributes, ranks, types and dims; fills node->params; sets every asked-for output
 *   with why_node_set_output(). Inputs are concrete; where the output's shape depends on an input's
 *   *value* that input must be constant (why_node_need_constant()). After it the other functions
 *   assume everything it checked
 * @eval: computes the outputs from the inputs. All tensors are dense in ONNX order with the type and
 *   dims of their values; outputs are allocated, uninitialised (NULL where not asked for). The
 *   definition in plain C: serves constant folding, the engine's fallback, and as the reference
 *   that fast kernels are tested against. Floating types are computed in the type's own or a wider
 *   precision. Must check what it takes from data (indices)
 * @gradient: (nullable): adds the nodes of the backward direction. %NULL: the operator has none
 * @region: (nullable): the box of input number @input that the box @out of output 0 depends on; may reach
 *   beyond the tensor (padding), the caller clips. %NULL: same position for ELEMENTWISE ones, else
 *   the whole input
 * @region_of_later: (nullable): the same for a box of output number @output, 1 or more. %NULL: the whole input
 * @simulate: (nullable): in a graph whose options ask for floating types, adds nodes that compute the
 *   same in floating types instead of @node, which has its inputs and attributes but no outputs and is
 *   dropped afterwards; arguments and result are why_graph_add_node()'s. For quantised operators:
 *   integers that stand for real numbers are then whole floating numbers, have gradients, and are
 *   computed by the operators that have fast kernels
 */
struct _WhyOpClass
{
  const char *type;
  int since;
  int until;
  guint min_inputs;
  guint max_inputs;
  guint max_outputs;
  guint flags;
  gsize params_size;
  gboolean (*infer) (WhyNode *node, GError **error);
  gboolean (*eval) (const WhyNode *node, WhyTensor *const *inputs, WhyTensor *const *outputs, GError **error);
  gboolean (*gradient) (WhyGradBuilder *builder, const WhyNode *node, GError **error);
  void (*region) (const WhyNode *node, guint input, const WhyBox *out, WhyBox *in);
  void (*region_of_later) (const WhyNode *node, guint output, guint input, const WhyBox *out, WhyBox *in);
  WhyValue **(*simulate) (WhyGraph *graph, const WhyNode *node, const char *const *output_names, GError **error);
};

/** why_op_lookup: Returns: (nullable): the operator of that type and opset. Case matters. */
const WhyOpClass *why_op_lookup (const char *type, gint64 opset, gboolean internal);

/* The newest operator set written for: what passes emit their nodes in. */
#define WHY_OPSET_NEWEST 21

/* The newest operator set looked at: between the two, operators known here gained element types and
 * these attributes, and nothing else: SpaceToDepth's mode and DequantizeLinear's output_dtype, which
 * are heeded; QuantizeLinear's precision and Range's stash_type, which say how coarsely one may
 * compute, and Cast's round_mode, which concerns types of 8 bits: these need not be. Files in newer
 * sets are refused: an operator may mean something else there. */
#define WHY_OPSET_LAST_KNOWN 28

/** why_op_region: the box of input number @input that the box @out of output number @output depends on, by
 * @klass->region, @klass->region_of_later or their defaults, clipped to the input's dims. */
void why_op_region (const WhyNode *node, guint output, guint input, const WhyBox *out, WhyBox *in);

/* ---- for infer() ---- */

/** why_node_fail: sets an error "TYPE 'name': ..." and returns %FALSE */
gboolean why_node_fail (const WhyNode *node, GError **error, int code, const char *format, ...) G_GNUC_PRINTF (4, 5);

gboolean why_node_has_attr (const WhyNode *node, const char *name);
gint64 why_node_int (const WhyNode *node, const char *name, gint64 fallback);
double why_node_float (const WhyNode *node, const char *name, double fallback);
/** why_node_string: Returns: (transfer none): the attribute or @fallback */
const char *why_node_string (const WhyNode *node, const char *name, const char *fallback);
/** why_node_ints: Returns: (transfer none) (nullable): the attribute's values; @n is 0 if absent */
const gint64 *why_node_ints (const WhyNode *node, const char *name, gsize *n);
const double *why_node_floats (const WhyNode *node, const char *name, gsize *n);
/** why_node_tensor: Returns: (transfer none) (nullable) */
WhyTensor *why_node_tensor (const WhyNode *node, const char *name);

/** why_node_input: Returns: (nullable): input @index, %NULL if absent or beyond the last */
WhyValue *why_node_input (const WhyNode *node, guint index);

/** why_node_need_constant: Returns: (nullable) (transfer none): the constant behind input @index, or
 *   %NULL with "TYPE 'name': input 2 ('axes') must be constant" in @error */
WhyTensor *why_node_need_constant (const WhyNode *node, guint index, const char *what, GError **error);

/** why_node_axis: normalises a possibly negative axis to 0..@rank-1, or fails naming the node */
gboolean why_node_axis (const WhyNode *node, gint64 axis, int rank, int *result, GError **error);

/** why_node_set_output: sets type and dims; checks that their product is sane. Ignored where the
 *   output is not asked for. */
gboolean why_node_set_output (WhyNode *node, guint index, WhyDType dtype, int rank, const gint64 *dims, GError **error);

/** why_node_set_output_like: as another value's dims, with that dtype */
gboolean why_node_set_output_like (WhyNode *node, guint index, WhyDType dtype, const WhyValue *like, GError **error);

/** why_dims_broadcast: NumPy's rule for two shapes; %FALSE if they do not fit. @dims may alias. */
gboolean why_dims_broadcast (int rank_a, const gint64 *dims_a, int rank_b, const gint64 *dims_b, int *rank, gint64 *dims);

/** why_broadcast_strides: element strides to walk a dense tensor of @rank/@dims as if it had the
 *   (broader) @out_dims: 0 along broadcast dimensions. @strides has @out_rank entries. */
void why_broadcast_strides (int rank, const gint64 *dims, int out_rank, const gint64 *out_dims, gint64 *strides);

/* ---- for gradient() ---- */

typedef enum
{
  WHY_GRAD_RULE_GRADIENT,  /* the mathematical gradient */
  WHY_GRAD_RULE_GUIDED,    /* guided backpropagation: ReLU-like operators pass only positive gradients */
  WHY_GRAD_RULE_DECONVNET, /* deconvnet: ReLU-like operators pass positive gradients whatever the input */
} WhyGradRule;

WhyGradRule why_grad_rule (const WhyGradBuilder *builder);
WhyGraph *why_grad_graph (const WhyGradBuilder *builder);

/** why_grad_output: Returns: (nullable): d(score)/d(output @index), %NULL where nothing flows back */
WhyValue *why_grad_output (WhyGradBuilder *builder, const WhyNode *node, guint index);

/** why_grad_wanted: whether the gradient of input @index is needed: call before building it. */
gboolean why_grad_wanted (const WhyGradBuilder *builder, const WhyNode *node, guint index);

/** why_grad_add: adds @gradient (same dims as the input; %NULL: an emit failed, error is set) to what
 *   flows into input @index. Returns %FALSE if @gradient is %NULL. Contributions are summed. */
gboolean why_grad_add (WhyGradBuilder *builder, const WhyNode *node, guint index, WhyValue *gradient);

G_END_DECLS
