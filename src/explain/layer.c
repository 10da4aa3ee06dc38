#include "config.h"

#include "explain/layer.h"

#include "graph/composite.h"
#include "graph/op.h"
#include "needs.h"
#include "places.h"

#include <string.h>

void
why_layer_free (WhyLayer *layer)
{
  g_free (layer->name);
  g_free (layer->op);
  g_free (layer->node);
  g_free (layer);
}

/* ---- which values depend on the picture ---- */

static gboolean *
depends_on (WhyGraph *graph, const WhyValue *picture)
{
  gboolean *marked = g_new0 (gboolean, why_graph_n_values (graph) + 1);
  marked[picture->index] = TRUE;
  for (guint index = 0; index < why_graph_n_nodes (graph); index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      gboolean depends = FALSE;
      for (guint input = 0; input < node->n_inputs; input++)
        depends |= node->inputs[input] != NULL && marked[node->inputs[input]->index];
      for (guint output = 0; depends && output < node->n_outputs; output++)
        {
          if (node->outputs[output] != NULL)
            marked[node->outputs[output]->index] = TRUE;
        }
    }
  return marked;
}

/* ---- geometry: boxes traced back through the region rules ---- */

static void
join (WhyBox *into, const WhyBox *box)
{
  for (int axis = 0; axis < box->rank; axis++)
    {
      into->lo[axis] = MIN (into->lo[axis], box->lo[axis]);
      into->hi[axis] = MAX (into->hi[axis], box->hi[axis]);
    }
}

/* The box of @picture that the box @cell of @value depends on. */
static gboolean
trace_back (WhyGraph *graph,
            const gboolean *depends,
            const WhyValue *value,
            const WhyBox *cell,
            const WhyValue *picture,
            WhyBox *result)
{
  g_autofree WhyBox *boxes = g_new0 (WhyBox, why_graph_n_values (graph) + 1);
  g_autofree gboolean *known = g_new0 (gboolean, why_graph_n_values (graph) + 1);

  boxes[value->index] = *cell;
  known[value->index] = TRUE;
  for (guint index = value->producer != NULL ? value->producer->index + 1 : 0; index-- > 0;)
    {
      const WhyNode *node = why_graph_node (graph, index);
      for (guint number = 0; number < node->n_outputs; number++)
        {
          const WhyValue *output = node->outputs[number];
          if (output == NULL || !known[output->index])
            continue;
          for (guint input = 0; input < node->n_inputs; input++)
            {
              const WhyValue *from = node->inputs[input];
              WhyBox box;
              if (from == NULL || !depends[from->index])
                continue;
              why_op_region (node, number, input, &boxes[output->index], &box);
              if (known[from->index])
                join (&boxes[from->index], &box);
              else
                boxes[from->index] = box;
              known[from->index] = TRUE;
            }
        }
    }
  *result = boxes[picture->index];
  return known[picture->index];
}

/* The cell at @position along @axis, in the middle of the others. */
static WhyBox
cell_at (const WhyValue *value, int axis, gint64 position)
{
  WhyBox box = { .rank = value->rank };
  for (int each = 0; each < value->rank; each++)
    {
      gint64 at = each == axis ? position : value->dims[each] / 2;
      box.lo[each] = each < 2 ? 0 : at;
      box.hi[each] = each < 2 ? value->dims[each] : at + 1;
    }
  return box;
}

/* Stride along one axis: from two cells whose boxes the border does not cut, as
 * far apart as there are such; a box that is cut says less. Where every box is cut (a receptive
 * field larger than the picture), the sizes decide. */
static void
find_stride (WhyGraph *graph,
             const gboolean *depends,
             const WhyValue *value,
             const WhyValue *picture,
             int axis,
             int picture_axis,
             double *stride,
             double *field)
{
  gint64 size = value->dims[axis], span = picture->dims[picture_axis];
  gint64 first = -1, last = -1;
  double first_centre = 0, last_centre = 0;
  gint64 probes[9];
  int n_probes = 0;

  *stride = (double) span / (double) size;
  *field = 0;
  for (int eighth = 0; eighth <= 8; eighth++)
    {
      gint64 position = (size - 1) * eighth / 8;
      if (n_probes == 0 || probes[n_probes - 1] != position)
        probes[n_probes++] = position;
    }
  for (int probe = 0; probe < n_probes; probe++)
    {
      WhyBox cell = cell_at (value, axis, probes[probe]), box;
      if (!trace_back (graph, depends, value, &cell, picture, &box))
        return;
      gint64 lo = box.lo[picture_axis], hi = box.hi[picture_axis];
      *field = MAX (*field, (double) (hi - lo));
      if (lo == 0 || hi == span)
        continue;
      double centre = (double) (lo + hi) / 2.0;
      if (first < 0)
        {
          first = probes[probe];
          first_centre = centre;
        }
      last = probes[probe];
      last_centre = centre;
    }
  if (first >= 0 && last > first)
    *stride = (last_centre - first_centre) / (double) (last - first);
}

/* What one cell in the middle of a token layer sees. */
static void
find_token_field (WhyGraph *graph,
                  const gboolean *depends,
                  const WhyValue *value,
                  const WhyValue *picture,
                  const WhyGrid *grid,
                  double *field)
{
  gint64 cell = 0;
  WhyBox box = { .rank = value->rank }, seen;

  for (int axis = 0; axis < grid->n_spatial; axis++)
    cell = cell * grid->cells[axis] + grid->cells[axis] / 2;
  gint64 rest = grid->positions[cell];
  for (int axis = value->rank - 1; axis >= 0; axis--)
    {
      box.hi[axis] = value->dims[axis];
      if (!grid->is_position[axis])
        continue;
      box.lo[axis] = rest % value->dims[axis];
      box.hi[axis] = box.lo[axis] + 1;
      rest /= value->dims[axis];
    }
  if (!trace_back (graph, depends, value, &box, picture, &seen))
    return;
  for (int axis = 0; axis < grid->n_spatial; axis++)
    field[axis] = (double) (seen.hi[2 + axis] - seen.lo[2 + axis]);
}

static WhyLayer *
new_layer (WhyGraph *graph,
           const gboolean *depends,
           const WhyValue *value,
           const WhyValue *picture,
           const WhyGrid *grid)
{
  WhyLayer *layer = g_new0 (WhyLayer, 1);
  const int n = grid->n_spatial;

  layer->name = g_strdup (value->name);
  layer->op = g_strdup (value->producer->klass->type);
  layer->node = g_strdup (value->producer->name);
  layer->rank = value->rank;
  memcpy (layer->dims, value->dims, sizeof layer->dims);
  layer->tokens = grid->kind == WHY_GRID_TOKENS;
  layer->n_spatial = n;
  memcpy (layer->grid, grid->cells, sizeof layer->grid);
  layer->channels = grid->channels;
  layer->n_other_tokens = grid->n_others;
  layer->depth_scale = 1.0;
  for (int axis = 0; axis < n; axis++)
    {
      layer->stride[axis] = grid->cell_size[axis];
      if (!layer->tokens)
        find_stride (graph, depends, value, picture, 2 + axis, 2 + axis, &layer->stride[axis],
                     &layer->receptive_field[axis]);
    }
  if (layer->tokens)
    find_token_field (graph, depends, value, picture, grid, layer->receptive_field);

  /* Drawn over the picture, the map covers all of it, as when it is resized to the picture's size:
   * that is the convention of the papers and of every library. Centres of receptive fields may lie
   * elsewhere (asymmetric padding); they are not used for drawing. */
  double scale_x = (double) picture->dims[picture->rank - 1] / (double) grid->cells[n - 1];
  double scale_y =
    n >= 2 ? (double) picture->dims[picture->rank - 2] / (double) grid->cells[n - 2] : 1.0;
  layer->to_input = why_affine_scale_translate (scale_x, scale_y, 0.0, 0.0);
  if (n == 3)
    layer->depth_scale = (double) picture->dims[2] / (double) grid->cells[0];
  return layer;
}

static gboolean
is_listed (WhyGraph *graph, const WhyNeeds *needs, const WhyValue *value, WhyGrid *grid)
{
  /* The mean inside of a layer normalisation, or half of a GELU, is nobody's layer. */
  return why_graph_inside (graph, value) == NULL && why_needs_any (needs, value) && value->dtype == WHY_DTYPE_FLOAT32 &&
         value->name[0] != '~' && why_grid_init (grid, why_places_get (graph), value) &&
         (grid->kind == WHY_GRID_PLAIN ||
          (grid->channels > 1 && why_needs_count (needs, value, grid) > 0));
}

GPtrArray *
why_layers_list (WhyGraph *graph, const WhyValue *of)
{
  GPtrArray *layers = g_ptr_array_new_with_free_func ((GDestroyNotify) why_layer_free);
  const WhyPlaces *places = why_places_get (graph);

  if (why_places_n_spatial (places) == 0)
    return layers;
  const WhyValue *picture = why_graph_input (graph, 0);
  g_autoptr (WhyNeeds) needs = why_needs_new (graph, of);
  g_autofree gboolean *depends = depends_on (graph, picture);
  for (guint index = 0; index < why_graph_n_nodes (graph); index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      for (guint output = 0; output < node->n_outputs; output++)
        {
          const WhyValue *value = node->outputs[output];
          g_auto (WhyGrid) grid = { 0 };
          if (value != NULL && value != of && is_listed (graph, needs, value, &grid))
            g_ptr_array_add (layers, new_layer (graph, depends, value, picture, &grid));
        }
    }
  return layers;
}

static const WhyValue *
find_preset (WhyGraph *graph, const WhyValue *of)
{
  g_autoptr (WhyNeeds) needs = why_needs_new (graph, of);
  const WhyValue *trunk = why_needs_trunk (needs, graph);

  if (trunk != NULL)
    return trunk;
  for (guint index = why_graph_n_nodes (graph); index-- > 0;)
    {
      const WhyNode *node = why_graph_node (graph, index);
      for (guint output = node->n_outputs; output-- > 0;)
        {
          const WhyValue *value = node->outputs[output];
          g_auto (WhyGrid) grid = { 0 };
          if (value != NULL && value != of && is_listed (graph, needs, value, &grid))
            return value;
        }
    }
  return NULL;
}

const WhyValue *
why_layers_preset (WhyGraph *graph, const WhyValue *of)
{
  const WhyPlaces *places = why_places_get (graph);
  const WhyValue *preset = NULL;

  if (why_places_n_spatial (places) == 0 || why_places_kept_preset (places, of, &preset))
    return preset;
  preset = find_preset (graph, of);
  why_places_keep_preset (graph, of, preset);
  return preset;
}
