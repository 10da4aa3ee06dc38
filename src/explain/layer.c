#include "config.h"

#include "explain/layer.h"

#include "graph/composite.h"
#include "graph/op.h"

#include <string.h>

void
why_layer_free (WhyLayer *layer)
{
  g_free (layer->name);
  g_free (layer->op);
  g_free (layer->node);
  g_free (layer);
}

/* ---- which values the score depends on, and which depend on the picture ---- */

static gboolean *
leads_to (WhyGraph *graph, const WhyValue *of)
{
  gboolean *marked = g_new0 (gboolean, why_graph_n_values (graph) + 1);
  marked[of->index] = TRUE;
  for (guint index = why_graph_n_nodes (graph); index-- > 0;)
    {
      const WhyNode *node = why_graph_node (graph, index);
      gboolean reaches = FALSE;
      for (guint output = 0; output < node->n_outputs; output++)
        reaches |= node->outputs[output] != NULL && marked[node->outputs[output]->index];
      for (guint input = 0; reaches && input < node->n_inputs; input++)
        {
          if (node->inputs[input] != NULL)
            marked[node->inputs[input]->index] = TRUE;
        }
    }
  return marked;
}

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
      const WhyValue *output = node->n_outputs > 0 ? node->outputs[0] : NULL;
      if (output == NULL || !known[output->index])
        continue;
      for (guint input = 0; input < node->n_inputs; input++)
        {
          const WhyValue *from = node->inputs[input];
          WhyBox box;
          if (from == NULL || !depends[from->index])
            continue;
          why_op_region (node, input, &boxes[output->index], &box);
          if (known[from->index])
            join (&boxes[from->index], &box);
          else
            boxes[from->index] = box;
          known[from->index] = TRUE;
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

static WhyLayer *
new_layer (WhyGraph *graph, const gboolean *depends, const WhyValue *value, const WhyValue *picture)
{
  WhyLayer *layer = g_new0 (WhyLayer, 1);

  layer->name = g_strdup (value->name);
  layer->op = g_strdup (value->producer->klass->type);
  layer->node = g_strdup (value->producer->name);
  layer->rank = value->rank;
  memcpy (layer->dims, value->dims, sizeof layer->dims);
  layer->n_spatial = value->rank - 2;
  layer->depth_scale = 1.0;
  for (int axis = 0; axis < layer->n_spatial; axis++)
    find_stride (graph, depends, value, picture, 2 + axis, 2 + axis, &layer->stride[axis],
                 &layer->receptive_field[axis]);

  /* Drawn over the picture, the map covers all of it, as when it is resized to the picture's size:
   * that is the convention of the papers and of every library. Centres of receptive fields may lie
   * elsewhere (asymmetric padding); they are not used for drawing. */
  int n = layer->n_spatial;
  double scale_x =
    (double) picture->dims[picture->rank - 1] / (double) value->dims[value->rank - 1];
  double scale_y =
    n >= 2 ? (double) picture->dims[picture->rank - 2] / (double) value->dims[value->rank - 2]
           : 1.0;
  layer->to_input = why_affine_scale_translate (scale_x, scale_y, 0.0, 0.0);
  if (n == 3)
    layer->depth_scale = (double) picture->dims[2] / (double) value->dims[2];
  return layer;
}

GPtrArray *
why_layers_list (WhyGraph *graph, const WhyValue *of)
{
  GPtrArray *layers = g_ptr_array_new_with_free_func ((GDestroyNotify) why_layer_free);
  const WhyValue *picture = why_graph_n_inputs (graph) > 0 ? why_graph_input (graph, 0) : NULL;

  if (picture == NULL || picture->rank < 3 || picture->rank > 5)
    return layers;
  g_autofree gboolean *feeds = leads_to (graph, of);
  g_autofree gboolean *depends = depends_on (graph, picture);
  for (guint index = 0; index < why_graph_n_nodes (graph); index++)
    {
      const WhyNode *node = why_graph_node (graph, index);
      const WhyValue *value = node->n_outputs > 0 ? node->outputs[0] : NULL;
      gint64 spatial = 1;
      /* The mean inside of a layer normalisation, or half of a GELU, is nobody's layer. */
      if (value == NULL || value == of || why_graph_inside (graph, value) != NULL || !feeds[value->index] || !depends[value->index] ||
          value->rank != picture->rank || value->dtype != WHY_DTYPE_FLOAT32)
        continue;
      for (int axis = 2; axis < value->rank; axis++)
        spatial *= value->dims[axis];
      if (spatial > 1 && (value->name[0] != '~'))
        g_ptr_array_add (layers, new_layer (graph, depends, value, picture));
    }
  return layers;
}

const WhyLayer *
why_layers_default (const GPtrArray *layers)
{
  return layers->len > 0 ? g_ptr_array_index (layers, layers->len - 1) : NULL;
}
