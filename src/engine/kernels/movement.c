#include "config.h"

#include "elementwise.h"

#include "graph/concat.h"
#include "graph/slice.h"
#include "graph/transpose.h"
#include "move.h"

#include <string.h>

/* Operators that only move values: each is one or more copies of a box of elements between two
 * memories with strides of their own, in whichever layout saves a reorder. */

#define MOVES_MAX 64

static void
layout_strides (const WhyValue *value, WhyLayout layout, gint64 *strides)
{
  if (layout == WHY_LAYOUT_CHANNELS_LAST && value->rank >= 3)
    why_dims_channels_last_strides (value->rank, value->dims, strides);
  else
    why_dims_dense_strides (value->rank, value->dims, strides);
}

static gboolean
storable (const WhyValue *value)
{
  return why_dtype_size (value->dtype) > 0;
}

/* A part is read as it lies where it is only a view; constants and the rest in the layout of the whole. */
static gboolean
read_part (WhyPlan *plan,
           WhyValue *x,
           WhyLayout layout,
           WhyMove *move,
           WhyBuffer **input,
           GError **error)
{
  const WhyView *view = why_plan_view (plan, x);

  if (view != NULL && !view->placed)
    {
      *input = view->base;
      move->from_start = view->start;
      memcpy (move->from_strides, view->strides, sizeof move->from_strides);
      return TRUE;
    }
  *input = why_plan_input (plan, x, layout, error);
  layout_strides (x, layout, move->from_strides);
  return *input != NULL;
}

static gboolean
compile_concat (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyConcatParams *params = node->params;
  WhyValue *y = node->outputs[0];
  WhyLayout layout = WHY_LAYOUT_PLAIN;
  WhyBuffer *inputs[MOVES_MAX];

  *done = FALSE;
  if (node->n_inputs > MOVES_MAX || !storable (y))
    return TRUE;
  for (guint input = 0; input < node->n_inputs; input++)
    {
      if (why_plan_layout (plan, node->inputs[input]) == WHY_LAYOUT_CHANNELS_LAST)
        layout = WHY_LAYOUT_CHANNELS_LAST;
    }
  g_autofree WhyMoves *moves = why_moves_new (node->n_inputs);
  gint64 to_strides[WHY_MAX_RANK];
  layout_strides (y, layout, to_strides);
  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *x = node->inputs[input];
      WhyMove *move = &moves->moves[input];
      if (!read_part (plan, node->inputs[input], layout, move, &inputs[input], error))
        return FALSE;
      move->rank = x->rank;
      memcpy (move->dims, x->dims, sizeof move->dims);
      memcpy (move->to_strides, to_strides, sizeof to_strides);
      move->to_start = why_concat_offset (node, input) * to_strides[params->axis];
      move->input = input;
      move->size = why_dtype_size (x->dtype);
      why_move_normalize (move);
    }
  WhyBuffer *output = why_plan_output (plan, y, layout);
  why_plan_add_step (plan, node, why_moves_run, inputs, node->n_inputs, &output, 1,
                     g_steal_pointer (&moves), g_free);
  *done = TRUE;
  return TRUE;
}

static gboolean
compile_split (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyConcatParams *params = node->params;
  WhyValue *x = node->inputs[0];
  WhyLayout layout = why_plan_layout (plan, x);
  WhyBuffer *outputs[MOVES_MAX];
  gint64 from_strides[WHY_MAX_RANK];
  guint n = 0;

  *done = FALSE;
  if (node->n_outputs > MOVES_MAX || !storable (x))
    return TRUE;
  WhyBuffer *input = why_plan_input (plan, x, layout, error);
  if (input == NULL)
    return FALSE;
  WhyMoves *moves = why_moves_new (node->n_outputs);
  layout_strides (x, layout, from_strides);
  for (guint output = 0; output < node->n_outputs; output++)
    {
      WhyValue *y = node->outputs[output];
      WhyMove *move = &moves->moves[n];
      gint64 offset, size;
      if (y == NULL)
        continue;
      why_split_range (node, output, &offset, &size);
      move->rank = y->rank;
      memcpy (move->dims, y->dims, sizeof move->dims);
      memcpy (move->from_strides, from_strides, sizeof from_strides);
      layout_strides (y, layout, move->to_strides);
      move->from_start = offset * from_strides[params->axis];
      move->output = n;
      move->size = why_dtype_size (y->dtype);
      why_move_normalize (move);
      outputs[n++] = why_plan_output (plan, y, layout);
    }
  moves->n_moves = n;
  why_plan_add_step (plan, node, why_moves_run, &input, 1, outputs, n, moves, g_free);
  *done = TRUE;
  return TRUE;
}

/* Slice reads a box with steps; SliceGrad writes it into zeros. */
static gboolean
compile_slice (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhySliceParams *params = node->params;
  gboolean is_grad = strcmp (node->klass->type, "SliceGrad") == 0;
  WhyValue *x = node->inputs[0], *y = node->outputs[0];
  const WhyValue *big = is_grad ? y : x, *small = is_grad ? x : y;
  WhyLayout layout = why_plan_layout (plan, x);
  gint64 big_strides[WHY_MAX_RANK], small_strides[WHY_MAX_RANK], start = 0;

  *done = FALSE;
  if (x->constant != NULL || !storable (x) || x->rank != y->rank)
    return TRUE;
  WhyBuffer *input = why_plan_input (plan, x, layout, error);
  if (input == NULL)
    return FALSE;
  WhyMoves *moves = why_moves_new (1);
  WhyMove *move = &moves->moves[0];
  layout_strides (big, layout, big_strides);
  layout_strides (small, layout, small_strides);
  for (int axis = 0; axis < big->rank; axis++)
    {
      start += params->start[axis] * big_strides[axis];
      big_strides[axis] *= params->step[axis];
    }
  move->rank = small->rank;
  memcpy (move->dims, small->dims, sizeof move->dims);
  memcpy (move->from_strides, is_grad ? small_strides : big_strides, sizeof move->from_strides);
  memcpy (move->to_strides, is_grad ? big_strides : small_strides, sizeof move->to_strides);
  move->from_start = is_grad ? 0 : start;
  move->to_start = is_grad ? start : 0;
  move->size = why_dtype_size (x->dtype);
  moves->clear = is_grad;
  why_move_normalize (move);
  for (int axis = 0; axis < small->rank; axis++)
    {
      if (small->dims[axis] == 0)
        moves->n_moves = 0; /* the box is empty, and its start may lie outside */
    }
  WhyBuffer *output = why_plan_output (plan, y, layout);
  why_plan_add_step (plan, node, why_moves_run, &input, 1, &output, 1, moves, g_free);
  *done = TRUE;
  return TRUE;
}

/* Constant padding with zeros is the same as the gradient of a slice, and cutting off a slice. */
static gboolean
compile_pad (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyPadParams *params = node->params;
  WhyValue *x = node->inputs[0], *y = node->outputs[0], *fill = why_node_input (node, 2);
  WhyLayout layout = why_plan_layout (plan, x);
  gint64 to_strides[WHY_MAX_RANK];

  *done = FALSE;
  if (params->mode != WHY_PAD_CONSTANT || x->dtype != WHY_DTYPE_FLOAT32 || params->value != 0.0 ||
      (fill != NULL && (fill->constant == NULL || why_tensor_get_f64 (fill->constant, 0) != 0.0)))
    return TRUE;
  WhyBuffer *input = why_plan_input (plan, x, layout, error);
  if (input == NULL)
    return FALSE;
  WhyMoves *moves = why_moves_new (1);
  WhyMove *move = &moves->moves[0];
  layout_strides (y, layout, to_strides);
  move->rank = x->rank;
  layout_strides (x, layout, move->from_strides);
  memcpy (move->to_strides, to_strides, sizeof to_strides);
  for (int axis = 0; axis < x->rank; axis++)
    {
      gint64 begin = params->begin[axis], end = params->end[axis];
      /* negative: cut off */
      move->dims[axis] = x->dims[axis] + MIN (begin, 0) + MIN (end, 0);
      move->from_start += MAX (-begin, 0) * move->from_strides[axis];
      move->to_start += MAX (begin, 0) * to_strides[axis];
      moves->clear |= begin > 0 || end > 0;
      if (move->dims[axis] <= 0)
        {
          moves->n_moves = 0; /* nothing of the input is left */
          moves->clear = TRUE;
        }
    }
  move->size = sizeof (float);
  if (moves->n_moves > 0)
    why_move_normalize (move);
  WhyBuffer *output = why_plan_output (plan, y, layout);
  why_plan_add_step (plan, node, why_moves_run, &input, 1, &output, 1, moves, g_free);
  *done = TRUE;
  return TRUE;
}

static gboolean
compile_transpose (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyTransposeParams *params = node->params;
  WhyValue *x = node->inputs[0], *y = node->outputs[0];
  gint64 from_strides[WHY_MAX_RANK];

  *done = FALSE;
  if (x->constant != NULL || !storable (x) || x->rank == 0)
    return TRUE;
  WhyLayout layout = why_plan_layout (plan, x);
  WhyBuffer *input = why_plan_input (plan, x, layout, error);
  if (input == NULL)
    return FALSE;
  WhyMoves *moves = why_moves_new (1);
  WhyMove *move = &moves->moves[0];
  layout_strides (x, input->layout, from_strides);
  move->rank = y->rank;
  memcpy (move->dims, y->dims, sizeof move->dims);
  for (int axis = 0; axis < y->rank; axis++)
    move->from_strides[axis] = from_strides[params->perm[axis]];
  layout_strides (y, WHY_LAYOUT_PLAIN, move->to_strides);
  move->size = why_dtype_size (x->dtype);
  why_move_normalize (move);
  WhyBuffer *output = why_plan_output (plan, y, WHY_LAYOUT_PLAIN);
  why_plan_add_step (plan, node, why_moves_run, &input, 1, &output, 1, moves, g_free);
  *done = TRUE;
  return TRUE;
}

const WhyKernel why_movement_kernels[] = {
  { "Concat", compile_concat },
  { "Split", compile_split },
  { "Slice", compile_slice },
  { "SliceGrad", compile_slice },
  { "Pad", compile_pad },
  { "Transpose", compile_transpose },
  { NULL, NULL },
};
