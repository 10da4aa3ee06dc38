#include "config.h"

#include "needs.h"

#include "graph/composite.h"
#include "step.h"

#include <string.h>

static const WhySpan needed = { 0, 1 };

struct _WhyNeeds
{
  WhyGraph *graph;
  const WhyValue *of;
  guint n_values;
  WhyField **fields; /* spans are "needed" or nothing; NULL: nothing of the value is */
};

void
why_needs_free (WhyNeeds *needs)
{
  for (guint index = 0; index < needs->n_values; index++)
    why_field_free (needs->fields[index]);
  g_free (needs->fields);
  g_free (needs);
}

static const WhyField *
field_of (const WhyNeeds *needs, const WhyValue *value)
{
  return value != NULL && value->index < needs->n_values ? needs->fields[value->index] : NULL;
}

/* @field: (transfer full) */
static void
need (WhyNeeds *needs, const WhyValue *value, WhyField *field)
{
  WhyField **own = &needs->fields[value->index];
  if (*own != NULL)
    {
      WhyField *both = why_field_combine (*own, field, WHY_FIELD_UNION);
      why_field_free (field);
      why_field_free (*own);
      field = both;
    }
  *own = field;
}

/* ---- backwards through one operator ---- */

static WhyField *
back_index (const WhyStep *step, const WhyValue *in, guint operand, const WhyField *field)
{
  int from[WHY_MAX_RANK];
  g_autoptr (WhyField) spread = why_field_copy (field);

  for (int axis = 0; axis < step->out_rank; axis++)
    {
      if (step->mixed[axis])
        why_field_merge (spread, axis);
    }
  for (int axis = 0; axis < in->rank; axis++)
    {
      int label = step->labels[operand][axis];
      from[axis] = label < step->out_rank ? label : -1;
    }
  WhyField *result = why_field_arrange (spread, in->rank, from);
  why_field_squeeze (result);
  return result;
}

static WhyField *
back_move (const WhyStep *step, const WhyValue *in, const WhyValue *out, const WhyField *field)
{
  const gint64 *dims = step->kind == WHY_STEP_TAKE ? step->taken : in->dims;
  WhyField *result = why_field_reshape (field, out->dims, in->rank, dims);

  for (int axis = in->rank - 1; result != NULL && axis >= 0; axis--)
    {
      if (step->sources[axis] == NULL)
        continue;
      WhyField *next =
        why_field_put (result, axis, step->sources[axis], step->taken[axis], in->dims[axis]);
      why_field_free (result);
      result = next;
    }
  return result;
}

static WhyField *
back_concat (const WhyStep *step, const WhyNode *node, guint input, const WhyField *field)
{
  gint64 offset = 0, n = node->inputs[input]->dims[step->axis];
  g_autofree gint64 *sources = g_new (gint64, MAX (n, 1));

  for (guint before = 0; before < input; before++)
    offset += node->inputs[before]->dims[step->axis];
  for (gint64 place = 0; place < n; place++)
    sources[place] = offset + place;
  return why_field_take (field, step->axis, sources, n);
}

static gboolean
any_needed (const WhyField *field)
{
  gsize count = why_field_count (field);
  for (gsize index = 0; index < count; index++)
    {
      if (field->spans[index].hi > field->spans[index].lo)
        return TRUE;
    }
  return FALSE;
}

static void
back (WhyNeeds *needs, const WhyPlaces *places, const WhyNode *node, guint output)
{
  const WhyValue *out = node->outputs[output];
  const WhyField *field = field_of (needs, out);
  g_auto (WhyStep) step;

  why_step_init (&step, node, output);
  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *in = node->inputs[input];
      WhyField *from = NULL;
      if (in == NULL || why_places_home (places, in, 0) == NULL)
        continue;
      if (input < step.n_operands && step.kind == WHY_STEP_INDEX)
        from = back_index (&step, in, input, field);
      else if (input < step.n_operands &&
               (step.kind == WHY_STEP_RESHAPE || step.kind == WHY_STEP_TAKE))
        from = back_move (&step, in, out, field);
      else if (step.kind == WHY_STEP_CONCAT)
        from = back_concat (&step, node, input, field);
      if (from == NULL)
        from = why_field_new_uniform (in->rank, needed);
      if (any_needed (from))
        need (needs, in, from);
      else
        why_field_free (from);
    }
}

WhyNeeds *
why_needs_new (WhyGraph *graph, const WhyValue *of)
{
  const WhyPlaces *places = why_places_get (graph);
  WhyNeeds *needs = g_new0 (WhyNeeds, 1);

  needs->graph = graph;
  needs->of = of;
  needs->n_values = why_graph_n_values (graph);
  needs->fields = g_new0 (WhyField *, needs->n_values + 1);
  if (why_places_n_spatial (places) == 0)
    return needs;
  needs->fields[of->index] = why_field_new_uniform (of->rank, needed);
  for (guint index = why_graph_n_nodes (graph); index-- > 0;)
    {
      const WhyNode *node = why_graph_node (graph, index);
      for (guint output = 0; output < node->n_outputs; output++)
        {
          if (field_of (needs, node->outputs[output]) != NULL)
            back (needs, places, node, output);
        }
    }
  return needs;
}

gboolean
why_needs_any (const WhyNeeds *needs, const WhyValue *value)
{
  return field_of (needs, value) != NULL;
}

gsize
why_needs_count (const WhyNeeds *needs, const WhyValue *value, const WhyGrid *grid)
{
  const WhyField *field = field_of (needs, value);
  gsize n_cells = why_grid_n_cells (grid), count = 0;

  if (field == NULL || why_field_is_uniform (field))
    return field != NULL ? n_cells : 0;
  g_autoptr (WhyField) positions = why_field_copy (field);
  for (int axis = 0; axis < value->rank; axis++)
    {
      if (!grid->is_position[axis])
        why_field_merge (positions, axis);
    }
  for (gsize cell = 0; cell < n_cells; cell++)
    {
      gint64 rest = grid->positions != NULL ? grid->positions[cell] : (gint64) cell, place = 0,
             step = 1;
      for (int axis = value->rank - 1; axis >= 0; axis--)
        {
          if (!grid->is_position[axis])
            continue;
          if (positions->extents[axis] > 1)
            place += rest % value->dims[axis] * step;
          step *= positions->extents[axis];
          rest /= value->dims[axis];
        }
      count += positions->spans[place].hi > positions->spans[place].lo;
    }
  return count;
}

/* ---- the trunk ---- */

/* Whether @value is a grid that the score depends on every cell of, and no inner value of a
 * normalisation. */
static gboolean
is_whole (const WhyNeeds *needs, const WhyPlaces *places, const WhyValue *value, WhyGridKind *kind)
{
  g_auto (WhyGrid) grid = { 0 };
  *kind = WHY_GRID_NONE;
  if (value == NULL || value == needs->of || value->producer == NULL ||
      !why_needs_any (needs, value) || why_graph_inside (needs->graph, value) != NULL ||
      !why_grid_init (&grid, places, value))
    return FALSE;
  *kind = grid.kind;
  return why_needs_count (needs, value, &grid) == why_grid_n_cells (&grid);
}

/* From the end: values after which there is no other whole grid. @whole: (out caller-allocates) */
static guint
find_ends (const WhyNeeds *needs, WhyGraph *graph, gboolean *whole, gboolean *is_end,
           const WhyValue **last)
{
  const WhyPlaces *places = why_places_get (graph);
  g_autofree gboolean *followed = g_new0 (gboolean, needs->n_values + 1);
  guint n_ends = 0;

  *last = NULL;
  for (guint index = why_graph_n_nodes (graph); index-- > 0;)
    {
      const WhyNode *node = why_graph_node (graph, index);
      gboolean leads = FALSE;
      for (guint output = 0; output < node->n_outputs; output++)
        {
          const WhyValue *value = node->outputs[output];
          WhyGridKind kind;
          if (field_of (needs, value) == NULL)
            continue;
          whole[value->index] = is_whole (needs, places, value, &kind);
          if (whole[value->index] && !followed[value->index])
            {
              is_end[value->index] = TRUE;
              n_ends++;
              /* Convolutional networks end here: no need to look at the rest. */
              if (*last == NULL && kind == WHY_GRID_PLAIN)
                return 0;
              *last = *last == NULL ? value : *last;
            }
          leads |= whole[value->index] || followed[value->index];
        }
      for (guint input = 0; leads && input < node->n_inputs; input++)
        {
          if (node->inputs[input] != NULL && node->inputs[input]->index < needs->n_values)
            followed[node->inputs[input]->index] = TRUE;
        }
    }
  return n_ends;
}

/* The last whole grid that every way from the picture to an end leads through: when its node is
 * reached, no edge of an earlier value is still open. */
static const WhyValue *
find_cut (const WhyNeeds *needs, WhyGraph *graph, const gboolean *whole, const gboolean *is_end)
{
  const WhyPlaces *places = why_places_get (graph);
  const guint n_nodes = why_graph_n_nodes (graph);
  g_autofree gboolean *leads = g_new0 (gboolean, needs->n_values + 1);
  g_autofree guint *reach = g_new0 (guint, needs->n_values + 1);
  const WhyValue *cut = NULL;
  guint open = 0;

  for (guint index = n_nodes; index-- > 0;)
    {
      const WhyNode *node = why_graph_node (graph, index);
      gboolean inside = FALSE;
      for (guint output = 0; output < node->n_outputs; output++)
        {
          const WhyValue *value = node->outputs[output];
          if (value == NULL || value->index >= needs->n_values)
            continue;
          leads[value->index] |= is_end[value->index];
          if (is_end[value->index])
            reach[value->index] = n_nodes;
          inside |= leads[value->index];
        }
      for (guint input = 0; inside && input < node->n_inputs; input++)
        {
          const WhyValue *from = node->inputs[input];
          if (from == NULL || why_places_home (places, from, 0) == NULL)
            continue;
          leads[from->index] = TRUE;
          reach[from->index] = MAX (reach[from->index], index);
        }
    }
  open = reach[why_graph_input (graph, 0)->index];
  for (guint index = 0; index < n_nodes; index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      const WhyValue *only = NULL;
      guint n_used = 0, furthest = 0;
      for (guint output = 0; output < node->n_outputs; output++)
        {
          const WhyValue *value = node->outputs[output];
          if (value == NULL || value->index >= needs->n_values || !leads[value->index])
            continue;
          only = value;
          n_used++;
          furthest = MAX (furthest, reach[value->index]);
        }
      if (n_used == 1 && open <= index && whole[only->index])
        cut = only;
      open = MAX (open, furthest);
    }
  return cut;
}

static const WhyValue *
back_over_moves (const WhyNeeds *needs, const WhyPlaces *places, const WhyValue *value)
{
  for (const WhyNode *node = value->producer; node != NULL; node = value->producer)
    {
      g_auto (WhyStep) step;
      WhyGridKind kind;
      why_step_init (&step, node, value->output);
      if (!step.moves || !is_whole (needs, places, node->inputs[0], &kind))
        break;
      value = node->inputs[0];
    }
  return value;
}

/* Queries, keys and values made by one linear map out of @value: what that map reads. */
static const WhyValue *
before_linear (const WhyPlaces *places, const WhyValue *value)
{
  const WhyValue *at = value;
  for (const WhyNode *node = at->producer; node != NULL; node = at->producer)
    {
      const WhyValue *data = NULL;
      guint n_data = 0;
      g_auto (WhyStep) step;
      why_step_init (&step, node, at->output);
      for (guint input = 0; input < node->n_inputs; input++)
        {
          if (why_places_home (places, node->inputs[input], 0) == NULL)
            continue;
          data = node->inputs[input];
          n_data++;
        }
      if (n_data != 1)
        return value;
      if (step.product)
        return data;
      /* Moves, and biases and scales */
      if (!step.moves && strcmp (node->klass->type, "Add") != 0 &&
          strcmp (node->klass->type, "Mul") != 0)
        return value;
      at = data;
    }
  return value;
}

const WhyValue *
why_needs_trunk (const WhyNeeds *needs, WhyGraph *graph)
{
  const WhyPlaces *places = why_places_get (graph);
  g_autofree gboolean *whole = g_new0 (gboolean, needs->n_values + 1);
  g_autofree gboolean *is_end = g_new0 (gboolean, needs->n_values + 1);
  const WhyValue *last;
  guint n_ends = find_ends (needs, graph, whole, is_end, &last);

  if (n_ends == 0)
    return NULL;
  if (n_ends > 1)
    {
      const WhyValue *cut = find_cut (needs, graph, whole, is_end);
      if (cut != NULL)
        {
          const WhyValue *read = before_linear (places, cut);
          last = whole[read->index] ? read : cut;
        }
    }
  return back_over_moves (needs, places, last);
}
