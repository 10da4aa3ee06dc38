#include "config.h"

#include "step.h"

#include "graph/concat.h"
#include "graph/gather.h"
#include "graph/matmul.h"
#include "graph/normalization.h"
#include "graph/reduce.h"
#include "graph/slice.h"
#include "graph/softmax.h"
#include "graph/transpose.h"

#include <string.h>

void
why_step_clear (WhyStep *step)
{
  g_clear_pointer (&step->labels, g_free);
  for (int axis = 0; axis < WHY_MAX_RANK; axis++)
    g_clear_pointer (&step->sources[axis], g_free);
}

static void
use_labels (WhyStep *step, guint n_operands)
{
  step->kind = WHY_STEP_INDEX;
  step->n_operands = n_operands;
  step->labels = g_malloc (sizeof *step->labels * MAX (n_operands, 1));
  memset (step->labels, -1, sizeof *step->labels * MAX (n_operands, 1));
}

/* NumPy's broadcasting: axes are aligned at the last, those of size 1 stretched. */
static void
describe_elementwise (WhyStep *step, const WhyNode *node, guint n_operands)
{
  const WhyValue *out = node->outputs[0];
  use_labels (step, n_operands);
  for (guint operand = 0; operand < n_operands; operand++)
    {
      const WhyValue *in = node->inputs[operand];
      for (int axis = 0; in != NULL && axis < in->rank; axis++)
        {
          int aligned = axis + out->rank - in->rank;
          if (aligned >= 0 && in->dims[axis] == out->dims[aligned])
            step->labels[operand][axis] = aligned;
        }
    }
}

/* Operators that keep every element at its place while others along some axes enter into it. */
static void
describe_softmax (WhyStep *step, const WhyNode *node)
{
  const WhySoftmaxParams *params = node->params;
  describe_elementwise (step, node, 1);
  for (int axis = params->axis; axis <= params->last_axis; axis++)
    step->mixed[axis] = TRUE;
  step->softmax = params->last_axis;
}

static void
describe_layer_norm (WhyStep *step, const WhyNode *node)
{
  const WhyLayerNormParams *params = node->params;
  describe_elementwise (step, node, 1);
  for (int axis = params->axis; axis < step->out_rank; axis++)
    step->mixed[axis] = TRUE;
}

static void
describe_batch_norm (WhyStep *step, const WhyNode *node)
{
  describe_elementwise (step, node, 1);
}

/* Statistics over everything but the batch: more than some of these take, never less. */
static void
describe_norm (WhyStep *step, const WhyNode *node)
{
  describe_elementwise (step, node, 1);
  for (int axis = 1; axis < step->out_rank; axis++)
    step->mixed[axis] = TRUE;
}

static void
describe_lp_norm (WhyStep *step, const WhyNode *node)
{
  gint64 axis = why_node_int (node, "axis", -1);
  describe_elementwise (step, node, 1);
  axis += axis < 0 ? step->out_rank : 0;
  if (axis >= 0 && axis < step->out_rank)
    step->mixed[axis] = TRUE;
}

static void
describe_lrn (WhyStep *step, const WhyNode *node)
{
  describe_elementwise (step, node, 1);
  step->mixed[1] = TRUE;
}

static void
describe_transpose (WhyStep *step, const WhyNode *node)
{
  const WhyTransposeParams *params = node->params;
  use_labels (step, 1);
  step->moves = TRUE;
  for (int axis = 0; axis < step->out_rank; axis++)
    step->labels[0][params->perm[axis]] = axis;
}

static void
describe_copy (WhyStep *step, const WhyNode *node)
{
  describe_elementwise (step, node, 1);
  step->moves = TRUE;
}

static void
describe_reduce (WhyStep *step, const WhyNode *node)
{
  const WhyReduceParams *params = node->params;
  gboolean reduced[WHY_MAX_RANK] = { FALSE };
  int place = 0, summed = step->out_rank;

  use_labels (step, 1);
  for (int nth = 0; nth < params->n_axes; nth++)
    reduced[params->axes[nth]] = TRUE;
  for (int axis = 0; axis < node->inputs[0]->rank; axis++)
    {
      step->labels[0][axis] = reduced[axis] ? summed++ : place;
      place += !reduced[axis] || params->keep_dims;
    }
}

static void
describe_matmul (WhyStep *step, const WhyNode *node)
{
  const int rank = step->out_rank;
  if (node->inputs[0]->rank < 2 || node->inputs[1]->rank < 2)
    return;
  use_labels (step, 2);
  step->product = TRUE;
  for (guint operand = 0; operand < 2; operand++)
    {
      const WhyValue *in = node->inputs[operand];
      for (int axis = 0; axis < in->rank - 2; axis++)
        {
          int aligned = axis + rank - in->rank;
          if (in->dims[axis] == node->outputs[0]->dims[aligned])
            step->labels[operand][axis] = aligned;
        }
      step->labels[operand][in->rank - 2] = operand == 0 ? rank - 2 : rank;
      step->labels[operand][in->rank - 1] = operand == 0 ? rank : rank - 1;
    }
}

static void
describe_gemm (WhyStep *step, const WhyNode *node)
{
  const WhyGemmParams *params = node->params;
  use_labels (step, 2); /* the addend is a bias: it has no place of its own */
  step->product = TRUE;
  step->labels[0][params->trans_a ? 1 : 0] = 0;
  step->labels[0][params->trans_a ? 0 : 1] = 2;
  step->labels[1][params->trans_b ? 1 : 0] = 2;
  step->labels[1][params->trans_b ? 0 : 1] = 1;
}

/* Only equations with an arrow and without ellipsis; the operator has checked it already. */
static void
describe_einsum (WhyStep *step, const WhyNode *node)
{
  const char *equation = why_node_string (node, "equation", "");
  const char *arrow = strstr (equation, "->");
  int label_of[128], rank = 0, next = step->out_rank;
  guint operand = 0;

  if (arrow == NULL || strchr (equation, '.') != NULL)
    return;
  memset (label_of, -1, sizeof label_of);
  for (const char *at = arrow + 2; *at != '\0'; at++)
    {
      if (g_ascii_isalpha (*at))
        label_of[(int) *at] = rank++;
    }
  use_labels (step, node->n_inputs);
  step->product = TRUE;
  rank = 0;
  for (const char *at = equation; at < arrow; at++)
    {
      if (*at == ',')
        {
          operand++;
          rank = 0;
        }
      if (!g_ascii_isalpha (*at))
        continue;
      int *label = &label_of[(int) *at];
      if (*label < 0)
        *label = next++;
      for (int before = 0; before < rank; before++)
        {
          if (step->labels[operand][before] == *label || next > WHY_FIELD_RANK)
            {
              step->kind = WHY_STEP_OPAQUE; /* a diagonal */
              return;
            }
        }
      step->labels[operand][rank++] = *label;
    }
  if (node->n_inputs > 2)
    step->kind = WHY_STEP_OPAQUE;
}

static void
describe_reshape (WhyStep *step, const WhyNode *node)
{
  step->kind = WHY_STEP_RESHAPE;
  step->n_operands = 1;
  step->moves = TRUE;
}

static void
begin_take (WhyStep *step, const WhyNode *node)
{
  step->kind = WHY_STEP_TAKE;
  step->n_operands = 1;
  step->moves = TRUE;
  memcpy (step->taken, node->inputs[0]->dims, sizeof step->taken);
}

static void
describe_slice (WhyStep *step, const WhyNode *node)
{
  const WhySliceParams *params = node->params;
  begin_take (step, node);
  for (int axis = 0; axis < step->out_rank; axis++)
    {
      gint64 n = node->outputs[0]->dims[axis];
      if (n == node->inputs[0]->dims[axis] && params->step[axis] == 1)
        continue;
      step->taken[axis] = n;
      step->sources[axis] = g_new (gint64, MAX (n, 1));
      for (gint64 place = 0; place < n; place++)
        step->sources[axis][place] = params->start[axis] + place * params->step[axis];
    }
}

static void
describe_split (WhyStep *step, const WhyNode *node, guint output)
{
  const WhyConcatParams *params = node->params;
  gint64 offset, size;

  begin_take (step, node);
  why_split_range (node, output, &offset, &size);
  step->taken[params->axis] = size;
  step->sources[params->axis] = g_new (gint64, MAX (size, 1));
  for (gint64 place = 0; place < size; place++)
    step->sources[params->axis][place] = offset + place;
}

static void
describe_gather (WhyStep *step, const WhyNode *node)
{
  const WhyGatherParams *params = node->params;
  const WhyTensor *indices = node->inputs[1]->constant;
  if (indices == NULL || node->inputs[0]->rank == 0)
    return;
  begin_take (step, node);
  gint64 extent = node->inputs[0]->dims[params->axis];
  gint64 n = (gint64) why_tensor_count (indices);
  step->taken[params->axis] = n;
  step->sources[params->axis] = g_new (gint64, MAX (n, 1));
  for (gint64 place = 0; place < n; place++)
    {
      gint64 index = why_tensor_get_i64 (indices, (gsize) place);
      index += index < 0 ? extent : 0;
      step->sources[params->axis][place] = index < extent ? index : -1;
    }
}

static void
describe_pad (WhyStep *step, const WhyNode *node)
{
  const WhyPadParams *params = node->params;
  begin_take (step, node);
  for (int axis = 0; axis < step->out_rank; axis++)
    {
      if (params->begin[axis] == 0 && params->end[axis] == 0)
        continue;
      step->taken[axis] = node->outputs[0]->dims[axis];
      step->sources[axis] = g_new (gint64, MAX (step->taken[axis], 1));
      why_pad_sources (params->mode, node->inputs[0]->dims[axis], params->begin[axis],
                       params->end[axis], step->sources[axis]);
    }
}

static void
describe_tile (WhyStep *step, const WhyNode *node)
{
  begin_take (step, node);
  for (int axis = 0; axis < step->out_rank; axis++)
    {
      gint64 extent = node->inputs[0]->dims[axis], n = node->outputs[0]->dims[axis];
      if (n == extent)
        continue;
      step->taken[axis] = n;
      step->sources[axis] = g_new (gint64, MAX (n, 1));
      for (gint64 place = 0; place < n; place++)
        step->sources[axis][place] = place % extent;
    }
}

static void
describe_concat (WhyStep *step, const WhyNode *node)
{
  const WhyConcatParams *params = node->params;
  step->kind = WHY_STEP_CONCAT;
  step->n_operands = node->n_inputs;
  step->axis = params->axis;
}

static void
describe_window (WhyStep *step, const WhyNode *node)
{
  if (node->inputs[0]->rank < 3 || node->inputs[0]->rank != step->out_rank)
    return;
  step->kind = WHY_STEP_WINDOW;
  step->n_operands = 1;
}

static const struct
{
  const char *type;
  void (*describe) (WhyStep *step, const WhyNode *node);
} descriptions[] = {
  { "MatMul", describe_matmul },
  { "Gemm", describe_gemm },
  { "Einsum", describe_einsum },
  { "Softmax", describe_softmax },
  { "LogSoftmax", describe_softmax },
  { "LayerNormalization", describe_layer_norm },
  { "BatchNormalization", describe_batch_norm },
  { "InstanceNormalization", describe_norm },
  { "GroupNormalization", describe_norm },
  { "MeanVarianceNormalization", describe_norm },
  { "LpNormalization", describe_lp_norm },
  { "LRN", describe_lrn },
  { "Transpose", describe_transpose },
  { "Reshape", describe_reshape },
  { "Flatten", describe_reshape },
  { "Squeeze", describe_reshape },
  { "Unsqueeze", describe_reshape },
  { "Slice", describe_slice },
  { "Gather", describe_gather },
  { "Pad", describe_pad },
  { "Tile", describe_tile },
  { "Expand", describe_copy },
  { "Identity", describe_copy },
  { "Dropout", describe_copy },
  { "Cast", describe_copy },
  { "Concat", describe_concat },
  { "Conv", describe_window },
  { "ConvTranspose", describe_window },
  { "MaxPool", describe_window },
  { "AveragePool", describe_window },
  { "LpPool", describe_window },
  { "GlobalAveragePool", describe_window },
  { "GlobalMaxPool", describe_window },
  { "GlobalLpPool", describe_window },
  { "Resize", describe_window },
  { "ResizeBy", describe_window },
  { "Upsample", describe_window },
  { "DepthToSpace", describe_window },
  { "SpaceToDepth", describe_window },
  { "ReduceMean", describe_reduce },
  { "ReduceSum", describe_reduce },
  { "ReduceMax", describe_reduce },
  { "ReduceMin", describe_reduce },
  { "ReduceProd", describe_reduce },
  { "ReduceL1", describe_reduce },
  { "ReduceL2", describe_reduce },
  { "ReduceLogSum", describe_reduce },
  { "ReduceLogSumExp", describe_reduce },
  { "ReduceSumSquare", describe_reduce },
};

void
why_step_init (WhyStep *step, const WhyNode *node, guint output)
{
  memset (step, 0, sizeof *step);
  step->kind = WHY_STEP_OPAQUE;
  step->softmax = -1;
  step->out_rank = node->outputs[output]->rank;
  if (strcmp (node->klass->type, "Split") == 0)
    {
      describe_split (step, node, output);
      return;
    }
  if (output > 0)
    return;
  for (gsize entry = 0; entry < G_N_ELEMENTS (descriptions); entry++)
    {
      if (strcmp (node->klass->type, descriptions[entry].type) == 0)
        {
          descriptions[entry].describe (step, node);
          return;
        }
    }
  if (node->klass->flags & WHY_OP_ELEMENTWISE)
    describe_elementwise (step, node, node->n_inputs);
}
