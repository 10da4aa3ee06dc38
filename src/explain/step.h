#pragma once

#include "field.h"
#include "graph/op.h"

G_BEGIN_DECLS

/* What an operator does to the places of its elements, whatever it computes. A handful of kinds
 * covers all operators, so that following places forwards and needs backwards is written once. */

typedef enum
{
  /* Axes of operands and result are named by labels, as in a sum over products: a result's element
   * comes from those operands' elements that agree with it in all labels they share. */
  WHY_STEP_INDEX,
  WHY_STEP_RESHAPE, /* the same elements under other dims */
  WHY_STEP_TAKE,    /* elements copied along single axes, then reshaped */
  WHY_STEP_CONCAT,
  WHY_STEP_WINDOW, /* convolutions, pools, resizing: cells of a picture from cells of a picture */
  WHY_STEP_OPAQUE, /* anything: each element may come from any */
} WhyStepKind;

/**
 * WhyStep:
 * @out_rank: of the result
 * @n_operands: inputs that @labels describes; further ones are parameters
 * @labels: (array length=n_operands): label of each axis of each operand; an axis of the result is
 *   its own label, summed ones come after those; -1: the axis is stretched
 * @product: operands are multiplied and summed, instead of laid upon each other
 * @mixed: (array length=out_rank): along which axes of the result everything enters into each
 *   element, which yet keeps its place: statistics of normalisations, the sum of a softmax
 * @softmax: axis of a softmax, -1: none
 * @sources: of WHY_STEP_TAKE: for each axis of operand 0 %NULL or where elements are copied from
 * @taken: how many each axis has then
 * @axis: of WHY_STEP_CONCAT
 * @moves: the result is elements of operand 0, all or some or repeated, in any order
 */
typedef struct
{
  WhyStepKind kind;
  int out_rank;
  guint n_operands;
  int (*labels)[WHY_MAX_RANK];
  gboolean product;
  gboolean mixed[WHY_MAX_RANK];
  int softmax;
  gint64 *sources[WHY_MAX_RANK];
  gint64 taken[WHY_MAX_RANK];
  int axis;
  gboolean moves;
} WhyStep;

/** why_step_init: what @node does to the elements of its output number @output */
void why_step_init (WhyStep *step, const WhyNode *node, guint output);
void why_step_clear (WhyStep *step);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WhyStep, why_step_clear)

G_END_DECLS
