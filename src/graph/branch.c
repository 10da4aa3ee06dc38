#include "config.h"

#include "graph/branch.h"

#include "base/error.h"
#include "graph-private.h"
#include "graph/composite.h"
#include "graph/concat.h"
#include "graph/gather.h"
#include "graph/matmul.h"
#include "graph/normalization.h"
#include "graph/reduce.h"
#include "graph/slice.h"
#include "graph/softmax.h"
#include "graph/transpose.h"

#include <string.h>

/* A value that depends on the alternatives has them along one of its axes: that axis is n times as
 * long as in the graph for one picture, and alternative k holds the k-th part of it. For an
 * operator it is enough to know that parts of this axis are computed independently, and which axis
 * of the output they are then along. */

#define SHARED (-1)

typedef struct
{
  const WhyGraph *whole;
  WhyGraph *graph;
  gint64 n;
  WhyValue **values;  /* by index in @whole: the value here; NULL: not here yet */
  int *axis;          /* by index in @whole: where the alternatives are, or SHARED */
  GPtrArray *outside; /* WhyValue of @whole: inputs from 1 on */
} Branch;

/* One node on its way: inputs that a rule may replace, and the axis of its outputs. */
typedef struct
{
  const WhyNode *node;
  WhyValue **inputs; /* in the branch */
  int *axes;         /* of the inputs; SHARED */
  int axis;          /* of the outputs: set by the rule */
  gboolean folded;   /* by fold_rows(): the output has to be unfolded */
} Step;

/* Sets step->axis, and returns FALSE where alternatives would mix or that is not known. A rule that
 * fails for another reason sets the error. */
typedef gboolean (*Rule) (Branch *branch, Step *step, GError **error);

/* ---- what rules share ---- */

static gint64
product (const gint64 *dims, int begin, int end)
{
  gint64 count = 1;
  for (int axis = begin; axis < end; axis++)
    count *= dims[axis];
  return count;
}

static gboolean
is_shared (const Step *step, guint input)
{
  return input >= step->node->n_inputs || step->node->inputs[input] == NULL ||
         step->axes[input] == SHARED;
}

static gboolean
others_are_shared (const Step *step)
{
  for (guint input = 1; input < step->node->n_inputs; input++)
    {
      if (!is_shared (step, input))
        return FALSE;
    }
  return !is_shared (step, 0);
}

/* A shared value, repeated for every alternative along @axis. */
static gboolean
spread (Branch *branch, Step *step, guint input, int axis, GError **error)
{
  WhyValue *value = step->inputs[input];
  gint64 repeats[WHY_MAX_RANK];

  for (int at = 0; at < value->rank; at++)
    repeats[at] = at == axis ? branch->n : 1;
  step->inputs[input] = why_emit2 (branch->graph, error, "Tile", value,
                                   why_emit_i64 (branch->graph, (gsize) value->rank, repeats));
  return step->inputs[input] != NULL;
}

/* ---- rules ---- */

/* Position by position, with broadcasting: dimensions are aligned at the end. */
static gboolean
elementwise (Branch *branch, Step *step, GError **error)
{
  const WhyNode *node = step->node;
  const WhyValue *output = node->outputs[0];

  for (guint input = 0; input < node->n_inputs; input++)
    {
      if (is_shared (step, input))
        continue;
      const WhyValue *value = node->inputs[input];
      int place = step->axes[input] + output->rank - value->rank;
      if ((step->axis != SHARED && step->axis != place) ||
          value->dims[step->axes[input]] != output->dims[place])
        return FALSE;
      step->axis = place;
    }
  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *value = node->inputs[input];
      int place = value != NULL ? step->axis - output->rank + value->rank : -1;
      if (is_shared (step, input) && place >= 0 && value->dims[place] != 1 &&
          !spread (branch, step, input, place, error))
        return FALSE;
    }
  return TRUE;
}

/* One picture after the other, as ONNX defines the first dimension of these. */
static gboolean
pictures (Branch *branch, Step *step, GError **error)
{
  step->axis = 0;
  return others_are_shared (step) && step->axes[0] == 0;
}

static gboolean
batch_norm (Branch *branch, Step *step, GError **error)
{
  const WhyBatchNormParams *params = step->node->params;
  return !params->training && pictures (branch, step, error);
}

static gboolean
grid_sample (Branch *branch, Step *step, GError **error)
{
  step->axis = 0;
  for (guint input = 0; input < 2; input++)
    {
      if (is_shared (step, input) ? !spread (branch, step, input, 0, error)
                                  : step->axes[input] != 0)
        return FALSE;
    }
  return TRUE;
}

/* "sizes" counts pictures too. */
static gboolean
resize (Branch *branch, Step *step, GError **error)
{
  const WhyNode *node = step->node;

  if (!pictures (branch, step, error))
    return FALSE;
  const WhyValue *sizes = node->n_inputs > 3 ? node->inputs[3] : NULL;
  if (sizes == NULL || why_node_has_attr (node, "axes"))
    return TRUE;
  if (sizes->constant == NULL || sizes->rank != 1 || sizes->dims[0] < 1)
    return FALSE;
  WhyTensor *changed = why_tensor_copy (sizes->constant, error);
  if (changed == NULL)
    return FALSE;
  why_tensor_set_i64 (changed, 0, why_tensor_get_i64 (changed, 0) * branch->n);
  step->inputs[3] = why_graph_add_constant (branch->graph, NULL, changed);
  return TRUE;
}

/* A factor with the alternatives along the axis that is summed over: rows of n * k numbers are n
 * times as many rows of k in the same memory. What comes out is seen as n times as long rows again.
 */
static gboolean
fold_rows (Branch *branch, Step *step, GError **error)
{
  const WhyValue *value = step->node->inputs[0];
  gint64 dims[WHY_MAX_RANK];

  memcpy (dims, value->dims, sizeof dims);
  dims[value->rank - 2] *= branch->n;
  step->inputs[0] = why_emit_reshape (branch->graph, error, step->inputs[0], value->rank, dims);
  step->axis = step->node->outputs[0]->rank - 1;
  step->folded = TRUE;
  return step->inputs[0] != NULL;
}

static gboolean
matmul (Branch *branch, Step *step, GError **error)
{
  const WhyNode *node = step->node;
  const int rank = node->outputs[0]->rank;
  gboolean leading = FALSE;

  if (node->inputs[0]->rank == rank && rank >= 2 && node->inputs[1]->rank == 2 &&
      is_shared (step, 1) && step->axes[0] == rank - 1)
    return fold_rows (branch, step, error);

  for (guint input = 0; input < 2; input++)
    {
      const WhyValue *value = node->inputs[input];
      int axis = step->axes[input], kept = input == 0 ? value->rank - 2 : value->rank - 1, place;
      if (value->rank < 2)
        return FALSE;
      if (axis == SHARED)
        continue;
      if (axis < value->rank - 2)
        {
          place = axis + rank - value->rank;
          leading = TRUE;
          if (value->dims[axis] != node->outputs[0]->dims[place])
            return FALSE;
        }
      else if (axis == kept && is_shared (step, 1 - input))
        place = rank - 2 + (int) input;
      else
        return FALSE;
      if (step->axis != SHARED && step->axis != place)
        return FALSE;
      step->axis = place;
    }
  for (guint input = 0; leading && input < 2; input++)
    {
      const WhyValue *value = node->inputs[input];
      int place = step->axis - rank + value->rank;
      if (is_shared (step, input) && place >= 0 && value->dims[place] != 1 &&
          !spread (branch, step, input, place, error))
        return FALSE;
    }
  return TRUE;
}

/* Rows of the first factor; the others are the same for all. */
static gboolean
gemm (Branch *branch, Step *step, GError **error)
{
  const WhyGemmParams *params = step->node->params;
  const WhyValue *addend = why_node_input (step->node, 2);

  if (!params->trans_a && step->axes[0] == 1 && others_are_shared (step) &&
      (addend == NULL || addend->rank < 2 || addend->dims[0] == 1))
    return fold_rows (branch, step, error);
  step->axis = 0;
  return others_are_shared (step) && step->axes[0] == (params->trans_a ? 1 : 0) &&
         (addend == NULL || addend->rank < 2 || addend->dims[0] == 1 ||
          spread (branch, step, 2, 0, error));
}

static gboolean
softmax (Branch *branch, Step *step, GError **error)
{
  const WhySoftmaxParams *params = step->node->params;
  step->axis = step->axes[0];
  return step->axis < params->axis || step->axis > params->last_axis;
}

static gboolean
layer_norm (Branch *branch, Step *step, GError **error)
{
  const WhyLayerNormParams *params = step->node->params;
  step->axis = step->axes[0];
  return others_are_shared (step) && step->axis < params->axis;
}

static gboolean
reduce (Branch *branch, Step *step, GError **error)
{
  const WhyReduceParams *params = step->node->params;
  int n_before = 0;

  for (int at = 0; at < params->n_axes; at++)
    {
      if (params->axes[at] == step->axes[0])
        return FALSE;
      n_before += params->axes[at] < step->axes[0];
    }
  step->axis = step->axes[0] - (params->keep_dims ? 0 : n_before);
  return others_are_shared (step);
}

static gboolean
transpose (Branch *branch, Step *step, GError **error)
{
  const WhyTransposeParams *params = step->node->params;
  for (int axis = 0; axis < step->node->outputs[0]->rank; axis++)
    {
      if (params->perm[axis] == step->axes[0])
        step->axis = axis;
    }
  return TRUE;
}

/* The same memory seen otherwise: parts stay together where as many elements lie before their axis
 * as before. Then this is a Reshape to dimensions that are written out. */
static gboolean
same_memory (Branch *branch, Step *step, GError **error)
{
  const WhyNode *node = step->node;
  const WhyValue *value = node->inputs[0], *output = node->outputs[0];
  gint64 before = product (value->dims, 0, step->axes[0]);
  /* A new dimension of one in front of the pictures is not theirs. */
  gboolean last = strcmp (node->klass->type, "Unsqueeze") == 0;

  for (int axis = 0; axis < output->rank; axis++)
    {
      if (product (output->dims, 0, axis) == before && (last || step->axis == SHARED) &&
          (!last || output->dims[axis] == value->dims[step->axes[0]]))
        step->axis = axis;
    }
  return step->axis != SHARED && others_are_shared (step);
}

static gboolean
concat (Branch *branch, Step *step, GError **error)
{
  const WhyNode *node = step->node;
  const WhyConcatParams *params = node->params;

  for (guint input = 0; input < node->n_inputs; input++)
    {
      if (is_shared (step, input))
        continue;
      if (step->axes[input] == params->axis ||
          (step->axis != SHARED && step->axis != step->axes[input]))
        return FALSE;
      step->axis = step->axes[input];
    }
  for (guint input = 0; input < node->n_inputs; input++)
    {
      if (is_shared (step, input) && !spread (branch, step, input, step->axis, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
split (Branch *branch, Step *step, GError **error)
{
  const WhyConcatParams *params = step->node->params;
  step->axis = step->axes[0];
  return others_are_shared (step) && params->axis != step->axis;
}

static gboolean
slice (Branch *branch, Step *step, GError **error)
{
  const WhySliceParams *params = step->node->params;
  const int axis = step->axis = step->axes[0];
  return others_are_shared (step) && params->start[axis] == 0 && params->step[axis] == 1 &&
         step->node->inputs[0]->dims[axis] == step->node->outputs[0]->dims[axis];
}

static gboolean
pad (Branch *branch, Step *step, GError **error)
{
  const WhyPadParams *params = step->node->params;
  step->axis = step->axes[0];
  return others_are_shared (step) && params->begin[step->axis] == 0 && params->end[step->axis] == 0;
}

static gboolean
gather (Branch *branch, Step *step, GError **error)
{
  const WhyGatherParams *params = step->node->params;
  const WhyValue *indices = step->node->inputs[1];

  if (is_shared (step, 0)) /* rows of a table, such as an embedding */
    {
      step->axis = params->axis + step->axes[1];
      return TRUE;
    }
  step->axis = step->axes[0] < params->axis ? step->axes[0] : step->axes[0] + indices->rank - 1;
  return is_shared (step, 1) && step->axes[0] != params->axis;
}

static gboolean
expand (Branch *branch, Step *step, GError **error)
{
  const WhyValue *value = step->node->inputs[0], *output = step->node->outputs[0];
  gint64 dims[WHY_MAX_RANK];

  step->axis = step->axes[0] + output->rank - value->rank;
  if (!others_are_shared (step) || value->dims[step->axes[0]] != output->dims[step->axis])
    return FALSE;
  memcpy (dims, output->dims, sizeof dims);
  dims[step->axis] *= branch->n;
  step->inputs[1] = why_emit_i64 (branch->graph, (gsize) output->rank, dims);
  return TRUE;
}

/* Everything else that leaves the axis of the alternatives as it is; that its length comes out
 * right is checked for all nodes. */
static gboolean
tile (Branch *branch, Step *step, GError **error)
{
  step->axis = step->axes[0];
  return others_are_shared (step) &&
         step->node->inputs[0]->dims[step->axis] == step->node->outputs[0]->dims[step->axis];
}

/* Of the last two dimensions. */
static gboolean
trilu (Branch *branch, Step *step, GError **error)
{
  step->axis = step->axes[0];
  return others_are_shared (step) && step->axis < step->node->inputs[0]->rank - 2;
}

static const struct
{
  const char *type;
  Rule rule;
} rules[] = {
  { "AveragePool", pictures },
  { "BatchNormalization", batch_norm },
  { "Concat", concat },
  { "Conv", pictures },
  { "ConvTranspose", pictures },
  { "DepthToSpace", pictures },
  { "Expand", expand },
  { "Flatten", same_memory },
  { "Gather", gather },
  { "Gemm", gemm },
  { "GlobalAveragePool", pictures },
  { "GlobalLpPool", pictures },
  { "GlobalMaxPool", pictures },
  { "GridSample", grid_sample },
  { "GroupNormalization", pictures },
  { "InstanceNormalization", pictures },
  { "LRN", pictures },
  { "LayerNormalization", layer_norm },
  { "LogSoftmax", softmax },
  { "LpPool", pictures },
  { "MatMul", matmul },
  { "MaxPool", pictures },
  { "Pad", pad },
  { "Reshape", same_memory },
  { "Resize", resize },
  { "Slice", slice },
  { "Softmax", softmax },
  { "SpaceToDepth", pictures },
  { "Split", split },
  { "Squeeze", same_memory },
  { "Tile", tile },
  { "Transpose", transpose },
  { "Trilu", trilu },
  { "Unsqueeze", same_memory },
  { "Upsample", pictures },
};

static Rule
find_rule (const WhyNode *node)
{
  if ((node->klass->flags & WHY_OP_ELEMENTWISE) != 0)
    return elementwise;
  if (g_str_has_prefix (node->klass->type, "Reduce"))
    return reduce;
  for (gsize index = 0; index < G_N_ELEMENTS (rules); index++)
    {
      if (strcmp (rules[index].type, node->klass->type) == 0)
        return rules[index].rule;
    }
  return NULL;
}

/* ---- the branch ---- */

/* The value of the branch for one of the whole graph that a node reads. */
static WhyValue *
value_here (Branch *branch, WhyValue *value)
{
  if (branch->values[value->index] != NULL)
    return branch->values[value->index];
  WhyValue *here;
  if (value->constant != NULL)
    here = why_graph_add_constant (branch->graph, value->name, why_tensor_ref (value->constant));
  else
    {
      here =
        why_graph_add_input (branch->graph, value->name, value->dtype, value->rank, value->dims);
      g_ptr_array_add (branch->outside, value);
    }
  return branch->values[value->index] = here;
}

static gboolean
check_dims (const Branch *branch, const WhyValue *value, const WhyValue *here, int axis)
{
  if (value->rank != here->rank || value->dtype != here->dtype)
    return FALSE;
  for (int at = 0; at < value->rank; at++)
    {
      if (here->dims[at] != value->dims[at] * (at == axis ? branch->n : 1))
        return FALSE;
    }
  return TRUE;
}

static gboolean
fail_mixed (const WhyNode *node, GError **error)
{
  return why_node_fail (node, error, WHY_ERROR_UNSUPPORTED_OP,
                        "several pictures cannot be computed at once: they could mix here");
}

/* @value in the dimensions that the node's output has here. */
static WhyValue **
add_reshape (Branch *branch, const Step *step, WhyValue *value, const char *name, GError **error)
{
  const WhyAttr allow_zero = { .name = "allowzero", .type = WHY_ATTR_INT, .i = 1 };
  const WhyValue *output = step->node->outputs[0];
  gint64 dims[WHY_MAX_RANK];

  memcpy (dims, output->dims, sizeof dims);
  dims[step->axis] *= branch->n;
  WhyValue *inputs[] = { value, why_emit_i64 (branch->graph, (gsize) output->rank, dims) };
  return why_graph_add_node (branch->graph, "Reshape", 0, step->node->name, inputs, 2, &name, 1,
                             &allow_zero, 1, error);
}

static gboolean
add_step (Branch *branch, Step *step, Rule rule, GError **error)
{
  const WhyNode *node = step->node;
  g_autofree const char **names = g_new0 (const char *, node->n_outputs + 1);
  GError *local = NULL;

  for (guint output = 0; output < node->n_outputs; output++)
    names[output] = node->outputs[output] != NULL ? node->outputs[output]->name : NULL;
  WhyValue **outputs =
    rule == same_memory
      ? add_reshape (branch, step, step->inputs[0], names[0], &local)
      : why_graph_add_node (branch->graph, node->klass->type, node->opset, node->name, step->inputs,
                            node->n_inputs, step->folded ? NULL : names, node->n_outputs,
                            node->attrs, node->n_attrs, &local);
  if (outputs != NULL && step->folded)
    outputs = add_reshape (branch, step, outputs[0], names[0], &local);
  if (outputs == NULL)
    {
      /* A shape that was meant for one picture and does not fit several. */
      gboolean memory = g_error_matches (local, WHY_ERROR, WHY_ERROR_TOO_LARGE);
      if (branch->n == 1 || memory)
        g_propagate_error (error, local);
      else
        {
          g_clear_error (&local);
          fail_mixed (node, error);
        }
      return FALSE;
    }
  for (guint output = 0; output < node->n_outputs; output++)
    {
      const WhyValue *value = node->outputs[output];
      if (value == NULL)
        continue;
      if (!check_dims (branch, value, outputs[output], step->axis))
        return fail_mixed (node, error);
      branch->values[value->index] = outputs[output];
      branch->axis[value->index] = step->axis;
    }
  return TRUE;
}

static gboolean
add_node (Branch *branch, const WhyNode *node, GError **error)
{
  g_autofree WhyValue **inputs = g_new0 (WhyValue *, node->n_inputs + 1);
  g_autofree int *axes = g_new0 (int, node->n_inputs + 1);
  Step step = { node, inputs, axes, SHARED, FALSE };

  for (guint input = 0; input < node->n_inputs; input++)
    {
      WhyValue *value = node->inputs[input];
      axes[input] = value != NULL ? branch->axis[value->index] : SHARED;
      inputs[input] = value != NULL ? value_here (branch, value) : NULL;
    }
  Rule rule = NULL;
  if (branch->n == 1)
    step.axis = 0;
  else
    {
      GError *local = NULL;
      rule = find_rule (node);
      if (rule == NULL || !rule (branch, &step, &local))
        {
          if (local != NULL)
            g_propagate_error (error, local);
          else
            fail_mixed (node, error);
          return FALSE;
        }
    }
  return add_step (branch, &step, rule, error);
}

/* Brings the alternatives of a wanted value to the front. */
static WhyValue *
bring_to_front (Branch *branch, const WhyValue *value, GError **error)
{
  WhyValue *here = branch->values[value->index];
  const int axis = branch->axis[value->index];
  static const gint64 swap[] = { 1, 0, 2 };
  gint64 dims[WHY_MAX_RANK] = { branch->n };

  if (axis == 0 && value->rank > 0)
    return here;
  if (value->rank > 0)
    {
      const gint64 parts[] = { product (value->dims, 0, axis), branch->n,
                               product (value->dims, axis, value->rank) };
      here = why_emit_transpose (branch->graph, error,
                                 why_emit_reshape (branch->graph, error, here, 3, parts), swap);
      memcpy (dims, value->dims, sizeof dims);
      dims[0] *= branch->n;
    }
  return why_emit_reshape (branch->graph, error, here, MAX (value->rank, 1), dims);
}

/* Marks, in topological order, what depends on @from; of that, going back, what is wanted. */
static gboolean *
find_nodes (const WhyGraph *graph, const WhyValue *from, WhyValue *const *wanted, guint n_wanted)
{
  g_autofree gboolean *depends = g_new0 (gboolean, why_graph_n_values (graph) + 1);
  g_autofree gboolean *needed = g_new0 (gboolean, why_graph_n_values (graph) + 1);
  gboolean *nodes = g_new0 (gboolean, why_graph_n_nodes (graph) + 1);

  depends[from->index] = TRUE;
  for (guint index = 0; index < why_graph_n_nodes (graph); index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      gboolean reached = FALSE;
      for (guint input = 0; input < node->n_inputs; input++)
        reached |= node->inputs[input] != NULL && depends[node->inputs[input]->index];
      for (guint output = 0; reached && output < node->n_outputs; output++)
        {
          if (node->outputs[output] != NULL && node->outputs[output] != from)
            depends[node->outputs[output]->index] = TRUE;
        }
    }
  for (guint index = 0; index < n_wanted; index++)
    needed[wanted[index]->index] = TRUE;
  for (guint index = why_graph_n_nodes (graph); index-- > 0;)
    {
      const WhyNode *node = why_graph_node (graph, index);
      for (guint output = 0; output < node->n_outputs; output++)
        {
          const WhyValue *value = node->outputs[output];
          nodes[index] |=
            value != NULL && value != from && needed[value->index] && depends[value->index];
        }
      for (guint input = 0; nodes[index] && input < node->n_inputs; input++)
        {
          if (node->inputs[input] != NULL)
            needed[node->inputs[input]->index] = TRUE;
        }
    }
  return nodes;
}

static gboolean
fill (Branch *branch, const WhyValue *from, WhyValue *const *wanted, guint n_wanted, GError **error)
{
  g_autofree gboolean *nodes = find_nodes (branch->whole, from, wanted, n_wanted);
  gint64 dims[WHY_MAX_RANK];

  memcpy (dims, from->dims, sizeof dims);
  if (from->rank < 1 || __builtin_mul_overflow (dims[0], branch->n, &dims[0]))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "'%s' is a single number: there are no alternatives of it to compute from",
                   from->name);
      return FALSE;
    }
  branch->values[from->index] =
    why_graph_add_input (branch->graph, from->name, from->dtype, from->rank, dims);
  branch->axis[from->index] = 0;
  for (guint index = 0; index < why_graph_n_nodes (branch->whole); index++)
    {
      if (nodes[index] && !add_node (branch, why_graph_node (branch->whole, index), error))
        return FALSE;
    }
  for (guint index = 0; index < n_wanted; index++)
    {
      if (wanted[index] == from || branch->axis[wanted[index]->index] == SHARED)
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "'%s' does not depend on '%s'",
                       wanted[index]->name, from->name);
          return FALSE;
        }
      WhyValue *front = bring_to_front (branch, wanted[index], error);
      if (front == NULL)
        return FALSE;
      why_graph_add_output (branch->graph, front);
    }
  return TRUE;
}

WhyGraph *
why_graph_branch (const WhyGraph *graph,
                  const WhyValue *from,
                  gint64 n,
                  WhyValue *const *wanted,
                  guint n_wanted,
                  GPtrArray *outside,
                  GError **error)
{
  g_return_val_if_fail (n >= 1, NULL);

  guint n_values = why_graph_n_values (graph);
  g_autoptr (WhyGraph) here = why_graph_new_empty (&graph->options);
  g_autofree WhyValue **values = g_new0 (WhyValue *, n_values + 1);
  g_autofree int *axis = g_new (int, n_values + 1);
  Branch branch = { graph, here, n, values, axis, outside };

  if (graph->model != NULL)
    here->model = why_onnx_model_ref (graph->model);
  here->n_made_up = graph->n_made_up; /* names are kept, so new ones must not meet them */
  for (guint index = 0; index < n_values; index++)
    axis[index] = SHARED;
  if (!fill (&branch, from, wanted, n_wanted, error))
    return NULL;
  why_graph_find_composites (here);
  return g_steal_pointer (&here);
}
