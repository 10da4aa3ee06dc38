#include "config.h"

#include "move.h"

#include "base/parallel.h"

#include <string.h>

#define COPY_RUN(TYPE)                                                                             \
  for (gint64 at = 0; at < n; at++)                                                                \
  ((TYPE *) to)[at * to_step] = ((const TYPE *) from)[at * from_step]

static void
copy_run (
  const WhyMove *move, const guint8 *from, guint8 *to, gint64 n, gint64 from_step, gint64 to_step)
{
  if (from_step == 1 && to_step == 1)
    memcpy (to, from, (gsize) n * move->size);
  else if (move->size == 4)
    COPY_RUN (guint32);
  else if (move->size == 8)
    COPY_RUN (guint64);
  else if (move->size == 2)
    COPY_RUN (guint16);
  else
    COPY_RUN (guint8);
}

static void
move_rows (gsize begin, gsize end, gpointer data)
{
  const WhyMove *move = data;
  int inner = move->rank - 1;
  for (gsize row = begin; row < end; row++)
    {
      gsize rest = row;
      gint64 from_at = move->from_start, to_at = move->to_start;
      for (int axis = inner - 1; axis >= 0; axis--)
        {
          gint64 index = (gint64) (rest % (gsize) move->dims[axis]);
          rest /= (gsize) move->dims[axis];
          from_at += index * move->from_strides[axis];
          to_at += index * move->to_strides[axis];
        }
      copy_run (move, move->from + from_at * (gint64) move->size,
                move->to + to_at * (gint64) move->size, move->dims[inner],
                move->from_strides[inner], move->to_strides[inner]);
    }
}

gboolean
why_moves_run (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  const WhyMoves *moves = step->data;
  for (guint output = 0; moves->clear && output < step->n_outputs; output++)
    memset (step->outputs[output]->data, 0, step->outputs[output]->n_bytes);
  for (guint index = 0; index < moves->n_moves; index++)
    {
      WhyMove move = moves->moves[index];
      gsize rows = 1;
      move.from = step->inputs[move.input]->data;
      move.to = step->outputs[move.output]->data;
      for (int axis = 0; axis < move.rank - 1; axis++)
        rows *= (gsize) move.dims[axis];
      if (move.dims[move.rank - 1] > 0)
        why_parallel_for (rows, 1 + 32768 / (gsize) move.dims[move.rank - 1], move_rows, &move);
    }
  return TRUE;
}

/* Puts the dimension in which the target is contiguous last, and joins dimensions that both sides
 * walk evenly, so that the inner loop is as long as can be. */
void
why_move_normalize (WhyMove *move)
{
  WhyMove sorted = *move;
  int n = 0;

  sorted.rank = 0;
  for (int axis = 0; axis < move->rank; axis++)
    {
      if (move->dims[axis] == 1)
        continue;
      int place = sorted.rank++;
      while (place > 0 && ABS (sorted.to_strides[place - 1]) < ABS (move->to_strides[axis]))
        {
          sorted.dims[place] = sorted.dims[place - 1];
          sorted.from_strides[place] = sorted.from_strides[place - 1];
          sorted.to_strides[place] = sorted.to_strides[place - 1];
          place--;
        }
      sorted.dims[place] = move->dims[axis];
      sorted.from_strides[place] = move->from_strides[axis];
      sorted.to_strides[place] = move->to_strides[axis];
    }
  *move = sorted;
  for (int axis = 0; axis < sorted.rank; axis++)
    {
      if (n > 0 && move->to_strides[n - 1] == sorted.to_strides[axis] * sorted.dims[axis] &&
          move->from_strides[n - 1] == sorted.from_strides[axis] * sorted.dims[axis])
        {
          move->dims[n - 1] *= sorted.dims[axis];
          move->to_strides[n - 1] = sorted.to_strides[axis];
          move->from_strides[n - 1] = sorted.from_strides[axis];
          continue;
        }
      move->dims[n] = sorted.dims[axis];
      move->to_strides[n] = sorted.to_strides[axis];
      move->from_strides[n++] = sorted.from_strides[axis];
    }
  move->rank = n;
  if (n == 0)
    {
      move->rank = 1;
      move->dims[0] = move->from_strides[0] = move->to_strides[0] = 1;
    }
}

WhyMoves *
why_moves_new (guint n)
{
  WhyMoves *moves = g_malloc0 (sizeof (WhyMoves) + n * sizeof (WhyMove));
  moves->n_moves = n;
  return moves;
}
