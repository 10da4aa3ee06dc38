#pragma once

#include "../plan.h"

G_BEGIN_DECLS

/* Copies of boxes of elements between two memories with strides of their own. */

/**
 * WhyMove:
 * @dims: of the box
 * @from_strides, @to_strides: in elements; negative or 0 where it reads backwards or repeats
 * @from_start, @to_start: first element
 * @input, @output: numbers of the step's buffers
 * @size: bytes of an element
 */
typedef struct
{
  int rank;
  gint64 dims[WHY_MAX_RANK];
  gint64 from_strides[WHY_MAX_RANK], to_strides[WHY_MAX_RANK];
  gint64 from_start, to_start;
  guint input, output;
  gsize size;
  /*< private >*/
  const guint8 *from;
  guint8 *to;
} WhyMove;

/**
 * WhyMoves:
 * @clear: zero the outputs first
 */
typedef struct
{
  gboolean clear;
  guint n_moves;
  WhyMove moves[];
} WhyMoves;

/** why_moves_new: (transfer full): all zero; freed with g_free() */
WhyMoves *why_moves_new (guint n) G_GNUC_WARN_UNUSED_RESULT;

/** why_move_normalize: sorts and joins dimensions so that the inner loop is as long as can be */
void why_move_normalize (WhyMove *move);

/** why_moves_run: of a step whose data is WhyMoves */
gboolean why_moves_run (const WhyStep *step, WhyCancel *cancel, GError **error);

G_END_DECLS
