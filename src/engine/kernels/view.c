#include "config.h"

#include "view.h"

#include "graph/gather.h"
#include "graph/slice.h"
#include "graph/transpose.h"
#include "move.h"

#include <string.h>

/* ---- how a value lies ---- */

static void
layout_strides (const WhyValue *value, WhyLayout layout, gint64 *strides)
{
  if (layout == WHY_LAYOUT_CHANNELS_LAST && value->rank >= 3)
    why_dims_channels_last_strides (value->rank, value->dims, strides);
  else
    why_dims_dense_strides (value->rank, value->dims, strides);
}

gboolean
why_view_resolve (WhyPlan *plan, WhyValue *value, WhyView *view, GError **error)
{
  const WhyView *known = why_plan_view (plan, value);

  if (known != NULL && !known->placed)
    {
      *view = *known;
      return TRUE;
    }
  memset (view, 0, sizeof *view);
  view->base = why_plan_input (plan, value, why_plan_layout (plan, value), error);
  if (view->base == NULL)
    return FALSE;
  layout_strides (value, view->base->layout, view->strides);
  return TRUE;
}

static gboolean
may_defer (const WhyPlan *plan, const WhyNode *node)
{
  const WhyValue *x = node->inputs[0], *y = node->outputs[0];

  if (x == NULL || y == NULL || x->constant != NULL || why_plan_keeps (plan, y) ||
      why_dtype_size (y->dtype) == 0 || x->dtype != y->dtype || x->rank == 0 || y->rank == 0)
    return FALSE;
  for (int axis = 0; axis < x->rank; axis++)
    {
      if (x->dims[axis] == 0)
        return FALSE;
    }
  for (int axis = 0; axis < y->rank; axis++)
    {
      if (y->dims[axis] == 0)
        return FALSE;
    }
  return TRUE;
}

/* A view that is all of its memory in one of the two layouts is just another name for it. */
static void
finish_view (WhyPlan *plan, WhyValue *value, const WhyView *view)
{
  gsize count = 1;

  for (int axis = 0; axis < value->rank; axis++)
    count *= (gsize) value->dims[axis];
  for (WhyLayout layout = WHY_LAYOUT_PLAIN; layout <= WHY_LAYOUT_CHANNELS_LAST; layout++)
    {
      gint64 strides[WHY_MAX_RANK];
      gboolean same = view->start == 0 && view->base->n_bytes == count * why_dtype_size (value->dtype);
      layout_strides (value, layout, strides);
      for (int axis = 0; axis < value->rank; axis++)
        same &= value->dims[axis] == 1 || view->strides[axis] == strides[axis];
      if (same)
        {
          why_plan_alias (plan, value, layout, view->base);
          return;
        }
    }
  why_plan_defer (plan, value, view);
}

/* ---- copying ---- */

static void
fill_move (const WhyView *view, const WhyBuffer *to, guint input, WhyMove *move)
{
  const WhyValue *value = to->value;
  gint64 strides[WHY_MAX_RANK];

  memset (move, 0, sizeof *move);
  layout_strides (value, to->layout, strides);
  move->rank = value->rank;
  move->from_start = view->start;
  move->input = input;
  move->size = why_dtype_size (value->dtype);
  memcpy (move->from_strides, view->strides, sizeof move->from_strides);
  for (int axis = 0; axis < value->rank; axis++)
    {
      move->dims[axis] = view->placed ? view->box_dims[axis] : value->dims[axis];
      move->to_strides[axis] = strides[axis] * (view->placed ? view->step[axis] : 1);
      move->to_start += view->placed ? strides[axis] * view->at[axis] : 0;
    }
  why_move_normalize (move);
}

void
why_view_add_copy (WhyPlan *plan, const WhyNode *node, const WhyView *view, WhyBuffer *to)
{
  WhyMoves *moves = why_moves_new (1);
  WhyBuffer *from = view->base;

  fill_move (view, to, 0, &moves->moves[0]);
  moves->clear = view->placed;
  why_plan_add_step (plan, node, why_moves_run, &from, 1, &to, 1, moves, g_free);
}

/* ---- reading: Transpose, Slice, Gather of one index, and reshapes of these ---- */

static gboolean
compile_transpose (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyTransposeParams *params = node->params;
  WhyView view, turned;

  *done = FALSE;
  if (!may_defer (plan, node))
    return TRUE;
  if (!why_view_resolve (plan, node->inputs[0], &view, error))
    return FALSE;
  turned = view;
  for (int axis = 0; axis < node->outputs[0]->rank; axis++)
    turned.strides[axis] = view.strides[params->perm[axis]];
  finish_view (plan, node->outputs[0], &turned);
  *done = TRUE;
  return TRUE;
}

static gboolean
compile_slice (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhySliceParams *params = node->params;
  WhyView view;

  *done = FALSE;
  if (!may_defer (plan, node) || node->inputs[0]->rank != node->outputs[0]->rank)
    return TRUE;
  if (!why_view_resolve (plan, node->inputs[0], &view, error))
    return FALSE;
  for (int axis = 0; axis < node->inputs[0]->rank; axis++)
    {
      view.start += params->start[axis] * view.strides[axis];
      view.strides[axis] *= params->step[axis];
    }
  finish_view (plan, node->outputs[0], &view);
  *done = TRUE;
  return TRUE;
}

/* The constant index of a Gather, or of its gradient, along one axis; FALSE if there are several. */
static gboolean
single_index (const WhyNode *node, const WhyValue *data, gint64 *index)
{
  const WhyGatherParams *params = node->params;
  const WhyValue *indices = node->inputs[1];

  if (params->kind != WHY_GATHER_AXIS || indices->constant == NULL ||
      why_tensor_count (indices->constant) != 1 || indices->rank > 1)
    return FALSE;
  *index = why_tensor_get_i64 (indices->constant, 0);
  *index += *index < 0 ? data->dims[params->axis] : 0;
  return *index >= 0 && *index < data->dims[params->axis];
}

static gboolean
compile_gather (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyGatherParams *params = node->params;
  const WhyValue *x = node->inputs[0], *y = node->outputs[0];
  gint64 index;
  WhyView view, part;

  *done = FALSE;
  if (!may_defer (plan, node) || !single_index (node, x, &index))
    return TRUE;
  if (!why_view_resolve (plan, node->inputs[0], &view, error))
    return FALSE;
  part = view;
  part.start += index * view.strides[params->axis];
  for (int axis = 0; axis < y->rank; axis++)
    {
      gboolean dropped = y->rank < x->rank && axis >= params->axis;
      part.strides[axis] = view.strides[dropped ? axis + 1 : axis];
    }
  finish_view (plan, node->outputs[0], &part);
  *done = TRUE;
  return TRUE;
}

/* Strides for @to_dims over the elements that @from_dims and @from_strides walk in order; FALSE if there
 * are none. Dimensions are matched in groups of equal product; a group can be split if it walks evenly. */
static gboolean
reshape_strides (int from_rank,
                 const gint64 *from_dims,
                 const gint64 *from_strides,
                 int to_rank,
                 const gint64 *to_dims,
                 gint64 *to_strides)
{
  int from = 0, to = 0;

  while (from < from_rank || to < to_rank)
    {
      int from_begin = from, to_begin = to;
      gint64 from_count = from < from_rank ? from_dims[from++] : 1;
      gint64 to_count = to < to_rank ? to_dims[to++] : 1;
      while (from_count != to_count)
        {
          if (from_count < to_count)
            {
              if (from == from_rank)
                return FALSE;
              from_count *= from_dims[from++];
            }
          else
            {
              if (to == to_rank)
                return FALSE;
              to_count *= to_dims[to++];
            }
        }
      gint64 step = 0; /* of the group's last dimension that is not 1 */
      gint64 expected = 0;
      for (int axis = from - 1; axis >= from_begin; axis--)
        {
          if (from_dims[axis] == 1)
            continue;
          if (expected != 0 && from_strides[axis] != expected)
            return FALSE;
          step = step == 0 ? from_strides[axis] : step;
          expected = from_strides[axis] * from_dims[axis];
        }
      for (int axis = to - 1; axis >= to_begin; axis--)
        {
          to_strides[axis] = step;
          step *= to_dims[axis];
        }
    }
  return TRUE;
}

gboolean
why_view_compile_reshape (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  static const char *const types[] = { "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity" };
  WhyValue *x = node->n_inputs > 0 ? node->inputs[0] : NULL, *y = node->outputs[0];
  gboolean is_reshape = FALSE;

  *done = FALSE;
  for (gsize type = 0; type < G_N_ELEMENTS (types); type++)
    is_reshape |= strcmp (node->klass->type, types[type]) == 0;
  const WhyView *view = is_reshape && x != NULL ? why_plan_view (plan, x) : NULL;
  if (view == NULL || view->placed || !may_defer (plan, node))
    return TRUE;
  WhyView reshaped = *view;
  if (!reshape_strides (x->rank, x->dims, view->strides, y->rank, y->dims, reshaped.strides))
    return TRUE;
  finish_view (plan, y, &reshaped);
  *done = TRUE;
  return TRUE;
}

/* ---- writing: SliceGrad, GatherGrad of one index, and their sums ---- */

static gboolean
compile_slice_grad (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhySliceParams *params = node->params;
  const WhyValue *dy = node->inputs[0];
  WhyView view;

  *done = FALSE;
  if (!may_defer (plan, node) || dy->rank != node->outputs[0]->rank)
    return TRUE;
  if (!why_view_resolve (plan, node->inputs[0], &view, error))
    return FALSE;
  view.placed = TRUE;
  for (int axis = 0; axis < dy->rank; axis++)
    {
      view.box_dims[axis] = dy->dims[axis];
      view.at[axis] = params->start[axis];
      view.step[axis] = params->step[axis];
    }
  why_plan_defer (plan, node->outputs[0], &view);
  *done = TRUE;
  return TRUE;
}

static gboolean
compile_gather_grad (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyGatherParams *params = node->params;
  const WhyValue *dy = node->inputs[0], *dx = node->outputs[0];
  gint64 index;
  WhyView view, placed;

  *done = FALSE;
  if (!may_defer (plan, node) || !single_index (node, dx, &index))
    return TRUE;
  if (!why_view_resolve (plan, node->inputs[0], &view, error))
    return FALSE;
  placed = view;
  placed.placed = TRUE;
  for (int axis = 0; axis < dx->rank; axis++)
    {
      gboolean dropped = dy->rank < dx->rank && axis >= params->axis, itself = axis == params->axis;
      placed.strides[axis] = itself && dropped ? 0 : view.strides[dropped ? axis - 1 : axis];
      placed.box_dims[axis] = itself ? 1 : dx->dims[axis];
      placed.at[axis] = itself ? index : 0;
      placed.step[axis] = 1;
    }
  why_plan_defer (plan, node->outputs[0], &placed);
  *done = TRUE;
  return TRUE;
}

/* Along one axis two boxes have no index in common: they lie apart, or between each other. */
static gboolean
are_apart (const WhyView *a, const WhyView *b, int axis)
{
  gint64 a_end = a->at[axis] + (a->box_dims[axis] - 1) * a->step[axis],
         b_end = b->at[axis] + (b->box_dims[axis] - 1) * b->step[axis];

  return MAX (a->at[axis], a_end) < MIN (b->at[axis], b_end) ||
         MAX (b->at[axis], b_end) < MIN (a->at[axis], a_end) ||
         (ABS (a->step[axis]) == ABS (b->step[axis]) &&
          (a->at[axis] - b->at[axis]) % ABS (a->step[axis]) != 0);
}

static gboolean
are_disjoint (const WhyView *const *views, guint n, int rank)
{
  for (guint one = 0; one < n; one++)
    for (guint other = one + 1; other < n; other++)
      {
        gboolean apart = FALSE;
        for (int axis = 0; axis < rank; axis++)
          apart |= are_apart (views[one], views[other], axis);
        if (!apart)
          return FALSE;
      }
  return TRUE;
}

#define PARTS_MAX 16

/* A sum of boxes that do not overlap is each of them in its place, and zeros where there is none. */
static gboolean
compile_sum (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyView *views[PARTS_MAX];
  WhyBuffer *inputs[PARTS_MAX];
  WhyValue *y = node->outputs[0];
  WhyLayout layout = WHY_LAYOUT_PLAIN;
  gint64 covered = 0, count = 1;

  *done = FALSE;
  if (node->n_inputs > PARTS_MAX)
    return TRUE;
  for (int axis = 0; axis < y->rank; axis++)
    count *= y->dims[axis];
  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *value = node->inputs[input];
      gint64 box = 1;
      views[input] = why_plan_view (plan, value);
      if (views[input] == NULL || !views[input]->placed || value->rank != y->rank ||
          memcmp (value->dims, y->dims, (gsize) y->rank * sizeof *y->dims) != 0)
        return TRUE;
      for (int axis = 0; axis < y->rank; axis++)
        box *= views[input]->box_dims[axis];
      covered += box;
      inputs[input] = views[input]->base;
      if (why_plan_layout (plan, value) == WHY_LAYOUT_CHANNELS_LAST)
        layout = WHY_LAYOUT_CHANNELS_LAST;
    }
  if (!are_disjoint (views, node->n_inputs, y->rank))
    return TRUE;
  WhyBuffer *output = why_plan_output (plan, y, layout);
  WhyMoves *moves = why_moves_new (node->n_inputs);
  moves->clear = covered < count;
  for (guint input = 0; input < node->n_inputs; input++)
    fill_move (views[input], output, input, &moves->moves[input]);
  why_plan_add_step (plan, node, why_moves_run, inputs, node->n_inputs, &output, 1, moves, g_free);
  *done = TRUE;
  return TRUE;
}

/* ---- for matrix products ---- */

/* @strides are those of dense memory, or of dense memory with the last two axes swapped. */
static gboolean
is_packed (const WhyValue *value, const gint64 *strides, gboolean swapped)
{
  gint64 dims[WHY_MAX_RANK], dense[WHY_MAX_RANK];
  int rank = value->rank;

  memcpy (dims, value->dims, sizeof dims);
  if (swapped)
    {
      dims[rank - 1] = value->dims[rank - 2];
      dims[rank - 2] = value->dims[rank - 1];
    }
  why_dims_dense_strides (rank, dims, dense);
  for (int axis = 0; axis < rank; axis++)
    {
      int place = swapped && axis >= rank - 2 ? 2 * rank - 3 - axis : axis;
      if (value->dims[axis] != 1 && strides[axis] != dense[place])
        return FALSE;
    }
  return TRUE;
}

WhyBuffer *
why_view_matrices (WhyPlan *plan, WhyValue *value, gint64 *strides, GError **error)
{
  const WhyView *view = why_plan_view (plan, value);
  int rank = value->rank;
  gint64 dims[WHY_MAX_RANK], turned[WHY_MAX_RANK];

  why_dims_dense_strides (rank, value->dims, strides);
  /* By columns, only of matrices whose rows are not a single number. */
  if (view == NULL || view->placed || value->dims[rank - 1] == 1 || value->dims[rank - 2] == 1 ||
      view->strides[rank - 2] != 1)
    return why_plan_input (plan, value, WHY_LAYOUT_PLAIN, error);
  memcpy (dims, value->dims, sizeof dims);
  dims[rank - 1] = value->dims[rank - 2];
  dims[rank - 2] = value->dims[rank - 1];
  why_dims_dense_strides (rank, dims, turned);
  memcpy (strides, turned, sizeof turned);
  strides[rank - 1] = turned[rank - 2];
  strides[rank - 2] = turned[rank - 1];
  if (view->start == 0 && is_packed (value, view->strides, TRUE))
    return view->base;

  /* Columns that lie contiguous are copied as they are. */
  gsize n_bytes = why_dtype_size (value->dtype);
  for (int axis = 0; axis < rank; axis++)
    n_bytes *= (gsize) dims[axis];
  WhyBuffer *columns = why_plan_scratch (plan, n_bytes), *from = view->base;
  WhyMoves *moves = why_moves_new (1);
  WhyMove *move = &moves->moves[0];
  move->rank = rank;
  move->from_start = view->start;
  move->size = why_dtype_size (value->dtype);
  memcpy (move->dims, value->dims, sizeof move->dims);
  memcpy (move->from_strides, view->strides, sizeof move->from_strides);
  memcpy (move->to_strides, strides, sizeof move->to_strides);
  why_move_normalize (move);
  why_plan_add_step (plan, value->producer, why_moves_run, &from, 1, &columns, 1, moves, g_free);
  return columns;
}

const WhyKernel why_view_kernels[] = {
  { "Transpose", compile_transpose },
  { "Slice", compile_slice },
  { "Gather", compile_gather },
  { "SliceGrad", compile_slice_grad },
  { "GatherGrad", compile_gather_grad },
  { "Add", compile_sum },
  { "Sum", compile_sum },
  { NULL, NULL },
};
