#include "config.h"

#include "places.h"

#include "step.h"

#include <string.h>

#define N_AXES 3

/* Of one value. @other: of a comparison of two places: the one that it is not about. */
typedef struct
{
  WhyField *home[N_AXES];
  WhyField *other[N_AXES];
  gboolean lost; /* through an operator that says nothing about places */
} Place;

struct _WhyPlaces
{
  int n_spatial;
  gint32 span[N_AXES]; /* of the picture, in units */
  guint n_values;
  Place **places;
  const WhyValue *preset_of; /* nullable: what the next one is for */
  const WhyValue *preset;
};

static void
place_free (Place *place)
{
  if (place == NULL)
    return;
  for (int axis = 0; axis < N_AXES; axis++)
    {
      why_field_free (place->home[axis]);
      why_field_free (place->other[axis]);
    }
  g_free (place);
}

static void
places_free (gpointer data)
{
  WhyPlaces *places = data;
  for (guint index = 0; index < places->n_values; index++)
    place_free (places->places[index]);
  g_free (places->places);
  g_free (places);
}

static const Place *
place_of (const WhyPlaces *places, const WhyValue *value)
{
  return value != NULL && value->index < places->n_values ? places->places[value->index] : NULL;
}

/* The home of values that have none, and of all that depends on nothing but constants. */
static WhyField *
nowhere (int rank)
{
  return why_field_new_uniform (rank, (WhySpan){ 0, 0 });
}

static WhyField *
everywhere (const WhyPlaces *places, int rank, int axis)
{
  return why_field_new_uniform (rank, (WhySpan){ 0, places->span[axis] });
}

static Place *
new_lost (const WhyPlaces *places, int rank)
{
  Place *place = g_new0 (Place, 1);
  for (int axis = 0; axis < places->n_spatial; axis++)
    place->home[axis] = everywhere (places, rank, axis);
  place->lost = TRUE;
  return place;
}

/* ---- sums, products and what works on single elements ---- */

/* The axes of an operand's field brought to those of the result, and behind them the summed ones. */
static WhyField *
to_result (const WhyStep *step, guint operand, const WhyField *field)
{
  int from[WHY_MAX_RANK];
  for (int axis = 0; axis < step->out_rank; axis++)
    from[axis] = -1;
  for (int axis = 0; axis < field->rank; axis++)
    {
      int label = step->labels[operand][axis];
      if (label >= 0 && label < step->out_rank)
        from[label] = axis;
    }
  WhyField *result = why_field_arrange (field, step->out_rank, from);
  why_field_squeeze (result);
  return result;
}

static Place *
operand_place (const WhyPlaces *places, const WhyStep *step, const Place *in, guint operand)
{
  Place *place = g_new0 (Place, 1);
  place->lost = in->lost;
  for (int axis = 0; axis < places->n_spatial; axis++)
    {
      place->home[axis] = to_result (step, operand, in->home[axis]);
      if (in->other[axis] != NULL)
        place->other[axis] = to_result (step, operand, in->other[axis]);
    }
  return place;
}

/* Whether places differ along an axis of the result that operand @own has and @against has not. */
static gboolean
differs_apart (
  const WhyPlaces *places, const WhyStep *step, const Place *place, guint own, guint against)
{
  for (int label = 0; label < step->out_rank; label++)
    {
      gboolean has_own = FALSE, has_against = FALSE;
      for (int axis = 0; axis < WHY_MAX_RANK; axis++)
        {
          has_own |= step->labels[own][axis] == label;
          has_against |= step->labels[against][axis] == label;
        }
      for (int axis = 0; has_own && !has_against && axis < places->n_spatial; axis++)
        {
          if (why_field_varies (place->home[axis], label))
            return TRUE;
        }
    }
  return FALSE;
}

static void
swap_fields (WhyField **a, WhyField **b)
{
  WhyField *kept = *a;
  *a = *b;
  *b = kept;
}

/* @b becomes part of @a. */
static void
lay_upon (const WhyPlaces *places, Place *a, Place *b)
{
  for (int axis = 0; axis < places->n_spatial; axis++)
    {
      WhyField *both = why_field_combine (a->home[axis], b->home[axis], WHY_FIELD_FINER);
      why_field_free (a->home[axis]);
      a->home[axis] = both;
      if (a->other[axis] == NULL)
        a->other[axis] = g_steal_pointer (&b->other[axis]);
    }
  a->lost = a->lost && b->lost;
}

/* Two operands with places, multiplied: see places.h. */
static Place *
multiply (const WhyPlaces *places, const WhyStep *step, Place *a, Place *b)
{
  gboolean a_apart = differs_apart (places, step, a, 0, 1);
  gboolean b_apart = differs_apart (places, step, b, 1, 0);
  gboolean lost = a->lost || b->lost;
  Place *kept = b_apart && !a_apart ? b : a, *dropped = kept == a ? b : a;

  if (!a_apart && !b_apart)
    lay_upon (places, kept, dropped);
  for (int axis = 0; axis < places->n_spatial; axis++)
    {
      g_clear_pointer (&kept->other[axis], why_field_free);
      if (a_apart && b_apart)
        kept->other[axis] = g_steal_pointer (&dropped->home[axis]);
    }
  kept->lost = lost;
  place_free (dropped);
  return kept;
}

/* The softmax of a comparison sums over the keys. */
static void
turn_to_query (const WhyPlaces *places, const WhyStep *step, Place *place)
{
  gboolean home_varies = FALSE, other_varies = FALSE;
  for (int axis = 0; axis < places->n_spatial; axis++)
    {
      if (place->other[axis] == NULL)
        return;
      home_varies |= why_field_varies (place->home[axis], step->softmax);
      other_varies |= why_field_varies (place->other[axis], step->softmax);
    }
  for (int axis = 0; home_varies && !other_varies && axis < places->n_spatial; axis++)
    swap_fields (&place->home[axis], &place->other[axis]);
}

/* A comparison summed over one side is none any more. */
static void
forget_comparison (const WhyPlaces *places, Place *place)
{
  gboolean varies = FALSE;
  for (int axis = 0; axis < places->n_spatial; axis++)
    varies |= place->other[axis] != NULL && !why_field_is_uniform (place->other[axis]);
  for (int axis = 0; !varies && axis < places->n_spatial; axis++)
    g_clear_pointer (&place->other[axis], why_field_free);
}

static Place *
follow_index (const WhyPlaces *places, const WhyStep *step, const WhyNode *node)
{
  Place *result = NULL;
  for (guint operand = 0; operand < step->n_operands; operand++)
    {
      const Place *in = place_of (places, node->inputs[operand]);
      if (in == NULL)
        continue;
      Place *place = operand_place (places, step, in, operand);
      if (result == NULL)
        result = place;
      else if (step->product)
        result = multiply (places, step, result, place);
      else
        {
          lay_upon (places, result, place);
          place_free (place);
        }
    }
  if (result == NULL)
    return NULL;
  if (step->softmax >= 0)
    turn_to_query (places, step, result);
  forget_comparison (places, result);
  return result;
}

/* ---- elements that move ---- */

static WhyField *
move_field (const WhyStep *step, const WhyNode *node, const WhyValue *out, const WhyField *field)
{
  const WhyValue *in = node->inputs[0];
  g_autoptr (WhyField) taken = why_field_copy (field);

  for (int axis = 0; step->kind == WHY_STEP_TAKE && axis < in->rank; axis++)
    {
      if (step->sources[axis] == NULL)
        continue;
      WhyField *next = why_field_take (taken, axis, step->sources[axis], step->taken[axis]);
      why_field_free (taken);
      taken = next;
    }
  return why_field_reshape (taken, step->kind == WHY_STEP_TAKE ? step->taken : in->dims, out->rank,
                            out->dims);
}

static Place *
follow_move (const WhyPlaces *places,
             const WhyStep *step,
             const WhyNode *node,
             const WhyValue *out)
{
  const Place *in = place_of (places, node->inputs[0]);
  if (in == NULL)
    return NULL;
  Place *result = g_new0 (Place, 1);
  gboolean known = TRUE;
  result->lost = in->lost;
  for (int axis = 0; axis < places->n_spatial; axis++)
    {
      result->home[axis] = move_field (step, node, out, in->home[axis]);
      if (in->other[axis] != NULL)
        result->other[axis] = move_field (step, node, out, in->other[axis]);
      known &= result->home[axis] != NULL && (in->other[axis] == NULL || result->other[axis] != NULL);
    }
  if (known)
    return result;
  place_free (result);
  return NULL;
}

/* Channels laid behind channels of the same place stay there, and what looked at more of the
 * picture joins the finer, as in a sum; else each piece keeps its own. */
static WhyField *
concat_homes (const WhyField *const *pieces, const gint64 *sizes, guint n, int axis, gboolean nested)
{
  if (!nested)
    return why_field_concat (pieces, sizes, n, axis);
  WhyField *result = why_field_copy (pieces[0]);
  for (guint piece = 1; piece < n; piece++)
    {
      WhyField *next = why_field_combine (result, pieces[piece], WHY_FIELD_FINER);
      why_field_free (result);
      result = next;
    }
  return result;
}

static Place *
follow_concat (const WhyPlaces *places, const WhyStep *step, const WhyNode *node)
{
  const guint n = node->n_inputs;
  g_autofree WhyField **pieces[N_AXES] = { NULL };
  g_autofree gint64 *sizes = g_new (gint64, n);
  gboolean nested = TRUE;
  Place *result = g_new0 (Place, 1);

  result->lost = TRUE;
  for (int axis = 0; axis < places->n_spatial; axis++)
    pieces[axis] = g_new (WhyField *, n);
  for (guint piece = 0; piece < n; piece++)
    {
      const WhyValue *in = node->inputs[piece];
      const Place *place = place_of (places, in);
      sizes[piece] = in->dims[step->axis];
      result->lost &= place == NULL || place->lost;
      for (int axis = 0; axis < places->n_spatial; axis++)
        {
          WhyField *field = place != NULL ? why_field_copy (place->home[axis]) : nowhere (in->rank);
          nested &= !why_field_varies (field, step->axis) &&
                    (piece == 0 || why_field_nested (pieces[axis][piece - 1], field));
          pieces[axis][piece] = field;
        }
    }
  for (int axis = 0; axis < places->n_spatial; axis++)
    {
      result->home[axis] =
        concat_homes ((const WhyField *const *) pieces[axis], sizes, n, step->axis, nested);
      for (guint piece = 0; piece < n; piece++)
        why_field_free (pieces[axis][piece]);
    }
  return result;
}

/* ---- windows ---- */

/* Whether the spans along @axis, the only one where they differ, follow one another without gaps
 * (nothing before the first and behind the last: padding). @all: what they cover */
static gboolean
is_regular (const WhyField *field, int axis, WhySpan *all)
{
  gint64 n = field->extents[axis], first = 0, last = n - 1;

  while (first < last && field->spans[first].hi <= field->spans[first].lo)
    first++;
  while (last > first && field->spans[last].hi <= field->spans[last].lo)
    last--;
  for (gint64 at = first + 1; at <= last; at++)
    {
      if (field->spans[at].lo != field->spans[at - 1].hi || field->spans[at].hi <= field->spans[at].lo)
        return FALSE;
    }
  *all = (WhySpan){ field->spans[first].lo, field->spans[last].hi };
  return all->hi > all->lo;
}

static WhyField *
new_regular (int rank, int axis, gint64 n, WhySpan all)
{
  gint64 extents[WHY_MAX_RANK];
  for (int each = 0; each < rank; each++)
    extents[each] = each == axis ? n : 1;
  WhyField *field = why_field_new (rank, extents);
  gint64 width = all.hi - all.lo;
  for (gint64 at = 0; at < n; at++)
    field->spans[at] = (WhySpan){ all.lo + (gint32) (width * at / n),
                                  all.lo + (gint32) (width * (at + 1) / n) };
  return field;
}

/* %NULL: nothing can be said */
static WhyField *
window_home (const WhyNode *node, const WhyField *field)
{
  const WhyValue *in = node->inputs[0], *out = node->outputs[0];
  g_autoptr (WhyField) merged = why_field_copy (field);
  int n_varying = 0, varying = 0;
  gboolean same_size = TRUE;
  WhySpan all;

  why_field_merge (merged, 1);
  why_field_squeeze (merged);
  for (int axis = 0; axis < in->rank; axis++)
    {
      if (!why_field_varies (merged, axis))
        continue;
      n_varying++;
      varying = axis;
      same_size &= in->dims[axis] == out->dims[axis];
    }
  if (n_varying == 1 && varying >= 2 && is_regular (merged, varying, &all))
    return new_regular (out->rank, varying, out->dims[varying], all);
  return same_size ? g_steal_pointer (&merged) : NULL;
}

static Place *
follow_window (const WhyPlaces *places, const WhyNode *node)
{
  const Place *in = place_of (places, node->inputs[0]);
  if (in == NULL)
    return NULL;
  Place *result = g_new0 (Place, 1);
  gboolean known = TRUE;
  result->lost = in->lost;
  for (int axis = 0; axis < places->n_spatial; axis++)
    {
      result->home[axis] = window_home (node, in->home[axis]);
      known &= result->home[axis] != NULL;
      if (in->other[axis] == NULL)
        continue;
      result->other[axis] = window_home (node, in->other[axis]);
      known &= result->other[axis] != NULL;
    }
  if (known)
    return result;
  place_free (result);
  return NULL;
}

/* ---- the whole graph ---- */

static Place *
follow (const WhyPlaces *places, const WhyNode *node, guint output)
{
  g_auto (WhyStep) step;
  const WhyValue *out = node->outputs[output];
  Place *place = NULL;
  gboolean depends = FALSE;

  for (guint input = 0; input < node->n_inputs; input++)
    depends |= place_of (places, node->inputs[input]) != NULL;
  why_step_init (&step, node, output);
  if (!depends)
    return NULL;
  switch (step.kind)
    {
    case WHY_STEP_INDEX:
      place = follow_index (places, &step, node);
      break;
    case WHY_STEP_RESHAPE:
    case WHY_STEP_TAKE:
      place = follow_move (places, &step, node, out);
      break;
    case WHY_STEP_CONCAT:
      place = follow_concat (places, &step, node);
      break;
    case WHY_STEP_WINDOW:
      place = follow_window (places, node);
      break;
    case WHY_STEP_OPAQUE:
      break;
    }
  return place != NULL ? place : new_lost (places, out->rank);
}

/* Networks from TensorFlow take their picture with the channels last. */
static int
first_spatial_axis (const WhyValue *picture)
{
  gboolean last = picture->rank == 4 && picture->dims[1] > 4 && picture->dims[2] > 4 &&
                  (picture->dims[3] == 1 || picture->dims[3] == 3 || picture->dims[3] == 4);
  return last ? 1 : 2;
}

static WhyPlaces *
places_new (WhyGraph *graph)
{
  WhyPlaces *places = g_new0 (WhyPlaces, 1);
  const WhyValue *picture = why_graph_n_inputs (graph) > 0 ? why_graph_input (graph, 0) : NULL;

  places->n_values = why_graph_n_values (graph);
  places->places = g_new0 (Place *, places->n_values + 1);
  if (picture == NULL || picture->rank < 3 || picture->rank > 5)
    return places;
  const int first = first_spatial_axis (picture);
  Place *place = g_new0 (Place, 1);
  for (int axis = first; axis < first + picture->rank - 2; axis++)
    {
      if (picture->dims[axis] < 1 || picture->dims[axis] > G_MAXINT32 / WHY_PLACES_UNITS)
        {
          place_free (place);
          places->n_spatial = 0;
          return places;
        }
      WhySpan all = { 0, (gint32) picture->dims[axis] * WHY_PLACES_UNITS };
      places->span[places->n_spatial] = all.hi;
      place->home[places->n_spatial++] = new_regular (picture->rank, axis, picture->dims[axis], all);
    }
  places->places[picture->index] = place;
  for (guint index = 0; index < why_graph_n_nodes (graph); index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      for (guint output = 0; output < node->n_outputs; output++)
        {
          const WhyValue *value = node->outputs[output];
          if (value != NULL && value->name[0] != '~')
            places->places[value->index] = follow (places, node, output);
        }
    }
  return places;
}

const WhyPlaces *
why_places_get (WhyGraph *graph)
{
  WhyPlaces *places = why_graph_get_data (graph);
  if (places == NULL)
    {
      places = places_new (graph);
      why_graph_set_data (graph, places, places_free);
    }
  return places;
}

int
why_places_n_spatial (const WhyPlaces *places)
{
  return places->n_spatial;
}

const WhyField *
why_places_home (const WhyPlaces *places, const WhyValue *value, int axis)
{
  const Place *place = place_of (places, value);
  return place != NULL ? place->home[axis] : NULL;
}

void
why_places_keep_preset (WhyGraph *graph, const WhyValue *of, const WhyValue *preset)
{
  WhyPlaces *places = why_graph_get_data (graph);
  places->preset_of = of;
  places->preset = preset;
}

gboolean
why_places_kept_preset (const WhyPlaces *places, const WhyValue *of, const WhyValue **preset)
{
  if (places->preset_of != of)
    return FALSE;
  *preset = places->preset;
  return TRUE;
}

/* ---- grids ---- */

void
why_grid_clear (WhyGrid *grid)
{
  g_clear_pointer (&grid->positions, g_free);
}

gsize
why_grid_n_cells (const WhyGrid *grid)
{
  gsize count = 1;
  for (int axis = 0; axis < grid->n_spatial; axis++)
    count *= (gsize) grid->cells[axis];
  return count;
}

/* Whether the dimensions behind the second are the picture's, in order. */
static gboolean
is_plain (const WhyPlaces *places, const WhyValue *value, const Place *place)
{
  gint64 spatial = 1;
  if (value->rank != places->n_spatial + 2)
    return FALSE;
  for (int axis = 0; axis < places->n_spatial; axis++)
    {
      int own = 2 + axis;
      gboolean varies = FALSE;
      spatial *= value->dims[own];
      for (int each = 2; each < value->rank; each++)
        {
          if (each != own && why_field_varies (place->home[axis], each))
            return FALSE;
          varies |= each == own && why_field_varies (place->home[axis], each);
        }
      if (value->dims[own] > 1 && !varies && !place->lost)
        return FALSE;
    }
  return spatial > 1;
}

static int
compare_spans (const WhySpan *one, const WhySpan *other)
{
  return one->lo != other->lo ? (one->lo > other->lo) - (one->lo < other->lo)
                              : (one->hi > other->hi) - (one->hi < other->hi);
}

/* Where @span is among @n sorted ones, or should be. */
static gint64
find_span (const WhySpan *spans, gint64 n, const WhySpan *span)
{
  gint64 lo = 0, hi = n;
  while (lo < hi)
    {
      gint64 middle = (lo + hi) / 2;
      if (compare_spans (&spans[middle], span) < 0)
        lo = middle + 1;
      else
        hi = middle;
    }
  return lo;
}

/* The different ones among the spans of used positions, sorted; %FALSE if they do not follow one
 * another without gaps over all of @whole. There are few of them, and neighbours are mostly the
 * same. */
static gboolean
make_axis (const WhySpan *spans,
           const gboolean *used,
           gsize n,
           gint32 whole,
           WhySpan *axis,
           gint64 *n_cells)
{
  gint64 kept = 0;
  const WhySpan *before = NULL;

  for (gsize position = 0; position < n; position++)
    {
      if (!used[position] || (before != NULL && compare_spans (before, &spans[position]) == 0))
        continue;
      before = &spans[position];
      gint64 at = find_span (axis, kept, before);
      if (at < kept && compare_spans (&axis[at], before) == 0)
        continue;
      memmove (axis + at + 1, axis + at, (gsize) (kept - at) * sizeof *axis);
      axis[at] = *before;
      kept++;
    }
  for (gint64 at = 1; at < kept; at++)
    {
      if (axis[at].lo != axis[at - 1].hi)
        return FALSE;
    }
  *n_cells = kept;
  return kept > 0 && axis[0].lo == 0 && axis[kept - 1].hi == whole;
}

/* The spans of every position, along one dimension of the picture. */
static WhySpan *
position_spans (const WhyField *home, const WhyValue *value, const gboolean *is_position, gsize n)
{
  gint64 dims[WHY_MAX_RANK], steps[WHY_MAX_RANK], at[WHY_MAX_RANK] = { 0 }, place = 0, step = 1;
  int rank = 0; /* of the positions; the last axis first */
  WhySpan *spans = g_new (WhySpan, n);

  for (int axis = value->rank - 1; axis >= 0; axis--)
    {
      if (is_position[axis])
        {
          dims[rank] = value->dims[axis];
          steps[rank++] = home->extents[axis] > 1 ? step : 0;
        }
      step *= home->extents[axis];
    }
  for (gsize position = 0; position < n; position++)
    {
      spans[position] = home->spans[place];
      for (int axis = 0; axis < rank; axis++)
        {
          place += steps[axis];
          if (++at[axis] < dims[axis])
            break;
          place -= steps[axis] * dims[axis];
          at[axis] = 0;
        }
    }
  return spans;
}

static gboolean
is_cell (const WhySpan *spans, gsize position, gint32 span)
{
  return spans[position].hi > spans[position].lo && spans[position].hi - spans[position].lo < span;
}

/* Each cell of the grid exactly once. */
static gboolean
fill_grid (WhyGrid *grid, WhySpan *const *axes, WhySpan *const *spans, const gboolean *used, gsize n)
{
  gsize n_cells = why_grid_n_cells (grid), n_found = 0;
  grid->positions = g_new (gint64, n_cells);
  for (gsize cell = 0; cell < n_cells; cell++)
    grid->positions[cell] = -1;
  for (gsize position = 0; position < n; position++)
    {
      gint64 cell = 0;
      if (!used[position])
        continue;
      for (int axis = 0; axis < grid->n_spatial; axis++)
        {
          cell = cell * grid->cells[axis] +
                 find_span (axes[axis], grid->cells[axis], &spans[axis][position]);
        }
      if (grid->positions[cell] >= 0)
        return FALSE;
      grid->positions[cell] = (gint64) position;
      n_found++;
    }
  return n_found == n_cells;
}

static gboolean
find_tokens (WhyGrid *grid, const WhyPlaces *places, const WhyValue *value, const Place *place)
{
  gsize n = 1, n_used = 0;
  WhySpan *spans[N_AXES] = { NULL }, *axes[N_AXES] = { NULL };
  gboolean found;

  grid->channels = 1;
  for (int axis = 0; axis < value->rank; axis++)
    {
      for (int each = 0; each < places->n_spatial; each++)
        grid->is_position[axis] |= why_field_varies (place->home[each], axis);
      if (grid->is_position[axis])
        n *= (gsize) value->dims[axis];
      else
        grid->channels *= value->dims[axis];
    }
  g_autofree gboolean *used = g_new0 (gboolean, n);
  for (int axis = 0; axis < places->n_spatial; axis++)
    {
      spans[axis] = position_spans (place->home[axis], value, grid->is_position, n);
      for (gsize position = 0; position < n; position++)
        used[position] |= is_cell (spans[axis], position, places->span[axis]);
    }
  for (gsize position = 0; position < n; position++)
    n_used += used[position];
  found = n_used >= 2;
  for (int axis = 0; axis < places->n_spatial; axis++)
    {
      axes[axis] = g_new (WhySpan, n + 1);
      found = found && make_axis (spans[axis], used, n, places->span[axis], axes[axis],
                                  &grid->cells[axis]);
      if (found)
        grid->cell_size[axis] =
          (double) places->span[axis] / (double) grid->cells[axis] / WHY_PLACES_UNITS;
    }
  grid->n_others = (gint64) (n - n_used);
  found = found && why_grid_n_cells (grid) == n_used && fill_grid (grid, axes, spans, used, n);
  for (int axis = 0; axis < places->n_spatial; axis++)
    {
      g_free (spans[axis]);
      g_free (axes[axis]);
    }
  return found;
}

gboolean
why_grid_init (WhyGrid *grid, const WhyPlaces *places, const WhyValue *value)
{
  const Place *place = place_of (places, value);

  memset (grid, 0, sizeof *grid);
  grid->n_spatial = places->n_spatial;
  if (place == NULL || value->constant != NULL || !why_dtype_is_float (value->dtype) ||
      place->other[0] != NULL)
    return FALSE;
  if (is_plain (places, value, place))
    {
      grid->kind = WHY_GRID_PLAIN;
      grid->channels = value->dims[1];
      for (int axis = 0; axis < grid->n_spatial; axis++)
        {
          grid->cells[axis] = value->dims[2 + axis];
          grid->cell_size[axis] =
            (double) places->span[axis] / (double) grid->cells[axis] / WHY_PLACES_UNITS;
          grid->is_position[2 + axis] = TRUE;
        }
      return TRUE;
    }
  if (find_tokens (grid, places, value, place))
    {
      grid->kind = WHY_GRID_TOKENS;
      return TRUE;
    }
  why_grid_clear (grid);
  return FALSE;
}

/* Where cells and channels lie in the memory of a tensor, in elements. */
static void
find_offsets (const WhyGrid *grid, const WhyTensor *tensor, gint64 *cells, gint64 *channels)
{
  gsize n_cells = why_grid_n_cells (grid);
  for (gsize cell = 0; cell < n_cells; cell++)
    {
      gint64 rest = grid->positions[cell];
      cells[cell] = 0;
      for (int axis = tensor->rank - 1; axis >= 0; axis--)
        {
          if (!grid->is_position[axis])
            continue;
          cells[cell] += rest % tensor->dims[axis] * tensor->strides[axis];
          rest /= tensor->dims[axis];
        }
    }
  for (gint64 c = 0; c < grid->channels; c++)
    {
      gint64 rest = c;
      channels[c] = 0;
      for (int axis = tensor->rank - 1; axis >= 0; axis--)
        {
          if (grid->is_position[axis])
            continue;
          channels[c] += rest % tensor->dims[axis] * tensor->strides[axis];
          rest /= tensor->dims[axis];
        }
    }
}

WhyTensor *
why_grid_to_map (const WhyGrid *grid, WhyTensor *tensor, GError **error)
{
  gint64 dims[2 + N_AXES] = { 1, grid->channels };
  gsize n_cells = why_grid_n_cells (grid);

  if (grid->kind == WHY_GRID_PLAIN)
    return why_tensor_ref (tensor);
  for (int axis = 0; axis < grid->n_spatial; axis++)
    dims[2 + axis] = grid->cells[axis];
  WhyTensor *map = why_tensor_new_channels_last (WHY_DTYPE_FLOAT32, 2 + grid->n_spatial, dims, error);
  if (map == NULL)
    return NULL;
  g_autofree gint64 *cells = g_new (gint64, n_cells);
  g_autofree gint64 *channels = g_new (gint64, MAX (grid->channels, 1));
  find_offsets (grid, tensor, cells, channels);
  float *to = map->data;
  for (gsize cell = 0; cell < n_cells; cell++)
    {
      const float *from = (const float *) tensor->data + cells[cell];
      for (gint64 c = 0; c < grid->channels; c++)
        *to++ = from[channels[c]];
    }
  return map;
}

WhyTensor *
why_grid_from_map (const WhyGrid *grid, WhyTensor *map, WhyTensor *tensor, GError **error)
{
  if (grid->kind == WHY_GRID_PLAIN)
    return why_tensor_ref (map);
  g_autoptr (WhyTensor) last = why_tensor_to_channels_last (map, error);
  WhyTensor *result = last != NULL ? why_tensor_copy (tensor, error) : NULL;
  if (result == NULL)
    return NULL;
  gsize n_cells = why_grid_n_cells (grid);
  g_autofree gint64 *cells = g_new (gint64, n_cells);
  g_autofree gint64 *channels = g_new (gint64, MAX (grid->channels, 1));
  find_offsets (grid, result, cells, channels);
  const float *from = last->data;
  for (gsize cell = 0; cell < n_cells; cell++)
    {
      float *to = (float *) result->data + cells[cell];
      for (gint64 c = 0; c < grid->channels; c++)
        to[channels[c]] = *from++;
    }
  return result;
}
