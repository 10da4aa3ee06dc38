#include "config.h"

#include "maps.h"

#include "base/size.h"
#include "graph/conv.h"
#include "graph/normalization.h"
#include "schedule.h"

#include <math.h>
#include <string.h>

/* Recomputing goes through so many operators at most. */
#define DEPTH_MAX 6

/* What it costs that a value between a convolution and its activation is kept, in times its size:
 * the two can no longer be one step, so that it is written and read once more, and then it is read.
 */
#define COST_UNFUSED 4.0
/* Multiplications in the time in which one number is read from memory. */
#define COST_PRODUCTS 32.0

struct _WhyMapBuilder
{
  WhyGraph *graph;
  const WhyPlan *forward;
  guint n_values, n_nodes;
  guint8 *needed;    /* by value index: NEEDED_... */
  gboolean *kept;    /* by value index */
  gboolean *whole;   /* by value index: in memory during the forward run in any case */
  GHashTable *seen;  /* WhyValue: walked from already */
  GHashTable *means; /* gradient -> its channel means */
  GHashTable *sums;  /* activation -> (weights -> sum) */
};

/* How the backward direction reads a forward value. */
enum
{
  NEEDED_PIECEWISE = 1, /* in programs only, which may compute it again */
  NEEDED_WHOLE = 2,
};

WhyGraph *
why_map_builder_graph (const WhyMapBuilder *builder)
{
  return builder->graph;
}

static gsize
count_of (const WhyValue *value)
{
  gsize count = 1;
  for (int axis = 0; axis < value->rank; axis++)
    count *= (gsize) value->dims[axis];
  return count;
}

/* Element-wise operators and constant normalisations become part of the step in front. */
static void
find_whole (WhyMapBuilder *builder)
{
  for (guint index = 0; index < builder->n_nodes; index++)
    {
      const WhyNode *node = why_graph_node (builder->graph, index);
      gboolean joins = node->n_outputs == 1 && why_schedule_recomputes (node->outputs[0]);
      for (guint input = 0; !joins && input < node->n_inputs; input++)
        {
          if (node->inputs[input] != NULL && node->inputs[input]->index < builder->n_values)
            builder->whole[node->inputs[input]->index] = TRUE;
        }
    }
}

WhyMapBuilder *
why_map_builder_new (WhyGraph *graph, const WhyPlan *forward, guint n_values, guint n_nodes)
{
  WhyMapBuilder *builder = g_new0 (WhyMapBuilder, 1);
  builder->graph = graph;
  builder->forward = forward;
  builder->n_values = n_values;
  builder->n_nodes = n_nodes;
  builder->needed = g_new0 (guint8, n_values + 1);
  builder->kept = g_new0 (gboolean, n_values + 1);
  builder->whole = g_new0 (gboolean, n_values + 1);
  builder->seen = g_hash_table_new (NULL, NULL);
  builder->means = g_hash_table_new (NULL, NULL);
  builder->sums = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);
  find_whole (builder);
  return builder;
}

void
why_map_builder_free (WhyMapBuilder *builder)
{
  g_free (builder->needed);
  g_free (builder->kept);
  g_free (builder->whole);
  g_hash_table_unref (builder->seen);
  g_hash_table_unref (builder->means);
  g_hash_table_unref (builder->sums);
  g_free (builder);
}

/* ---- what is needed, and what of it is kept ---- */

void
why_map_builder_need (WhyMapBuilder *builder, WhyValue *value)
{
  g_autoptr (GPtrArray) stack = g_ptr_array_new ();

  g_ptr_array_add (stack, value);
  while (stack->len > 0)
    {
      WhyValue *next = g_ptr_array_steal_index_fast (stack, stack->len - 1);
      WhyNode *node = next->producer;
      if (next->index < builder->n_values || node == NULL ||
          !g_hash_table_add (builder->seen, next))
        continue;
      guint8 how = why_schedule_gathers (node) ? NEEDED_PIECEWISE : NEEDED_WHOLE;
      for (guint input = 0; input < node->n_inputs; input++)
        {
          WhyValue *from = node->inputs[input];
          if (from == NULL || from->constant != NULL)
            continue;
          if (from->index < builder->n_values)
            builder->needed[from->index] |= how;
          else
            g_ptr_array_add (stack, from);
        }
    }
}

static gboolean
is_small (const WhyValue *value)
{
  gint64 positions = 1;
  for (int axis = 2; axis < value->rank; axis++)
    positions *= value->dims[axis];
  return positions == 1;
}

static gboolean
is_there (const WhyMapBuilder *builder, const WhyValue *value)
{
  return value->constant != NULL || builder->kept[value->index] ||
         (builder->forward != NULL && why_plan_holds (builder->forward, value));
}

/* Whether a forward value is kept or can be had from a single kept tensor: @leaf, NULL at first. */
static gboolean
comes_from (const WhyMapBuilder *builder, const WhyValue *value, const WhyValue **leaf, int depth)
{
  if (value->index >= builder->n_values)
    return value->constant != NULL;
  if (is_there (builder, value))
    {
      if (value->constant != NULL || is_small (value))
        return TRUE;
      gboolean same = *leaf == NULL || *leaf == value;
      *leaf = value;
      return same;
    }
  if (depth == DEPTH_MAX || !why_schedule_recomputes (value))
    return FALSE;
  for (guint input = 0; input < value->producer->n_inputs; input++)
    {
      const WhyValue *from = value->producer->inputs[input];
      if (from != NULL && !comes_from (builder, from, leaf, depth + 1))
        return FALSE;
    }
  return *leaf != NULL;
}

static gboolean
is_available (const WhyMapBuilder *builder, const WhyValue *value)
{
  const WhyValue *leaf = NULL;
  return is_there (builder, value) || comes_from (builder, value, &leaf, 0);
}

/* In the order of the graph: so an activation is computed again where what it is an activation of
 * is kept, and kept where that is not. */
void
why_map_builder_settle (WhyMapBuilder *builder)
{
  memset (builder->kept, 0, builder->n_values * sizeof *builder->kept);
  for (guint index = 0; index < builder->n_values; index++)
    {
      const WhyValue *value = why_graph_value (builder->graph, index);
      if (builder->needed[index] != 0 && ((builder->needed[index] & NEEDED_WHOLE) != 0 ||
                                          is_small (value) || !is_available (builder, value)))
        builder->kept[index] = TRUE;
    }
}

GPtrArray *
why_map_builder_kept (const WhyMapBuilder *builder)
{
  GPtrArray *kept = g_ptr_array_new ();
  for (guint index = 0; index < builder->n_values; index++)
    {
      if (builder->kept[index])
        g_ptr_array_add (kept, why_graph_value (builder->graph, index));
    }
  return kept;
}

/* ---- what methods build maps of ---- */

WhyValue *
why_map_channel_means (WhyMapBuilder *builder, WhyValue *gradient, GError **error)
{
  WhyValue *means = g_hash_table_lookup (builder->means, gradient);
  gint64 axes[WHY_MAX_RANK];

  if (means != NULL)
    return means;
  for (int axis = 2; axis < gradient->rank; axis++)
    axes[axis - 2] = axis;
  means = why_emit2 (builder->graph, error, "ReduceMean", gradient,
                     why_emit_i64 (builder->graph, (gsize) gradient->rank - 2, axes));
  if (means != NULL)
    g_hash_table_insert (builder->means, gradient, means);
  return means;
}

/* Whether the sum over a convolution's channels is cheaper had from the convolution's input. */
static gboolean
sums_before_conv (const WhyMapBuilder *builder, const WhyValue *value)
{
  const WhyNode *node = value->producer;
  const WhyValue *x = node->inputs[0], *w = node->inputs[1], *b = why_node_input (node, 2);
  const WhyConvParams *params = node->params;

  if (w->constant == NULL || (b != NULL && b->constant == NULL) || x->constant != NULL ||
      value->dtype != WHY_DTYPE_FLOAT32)
    return FALSE;
  double positions = (double) count_of (value) / (double) MAX (value->dims[1], 1);
  double area = (double) (params->kernel[0] * params->kernel[1] * params->kernel[2]);
  double products = positions * area * (double) x->dims[1];
  double before = (double) count_of (w) + (double) count_of (x) + products / COST_PRODUCTS;
  double after = (double) count_of (value) * (builder->whole[value->index] ? 1.0 : COST_UNFUSED);
  return before < after;
}

static WhyValue *
sum_before_conv (WhyMapBuilder *builder, WhyValue *value, WhyValue *weights, GError **error)
{
  const WhyNode *node = value->producer;
  WhyValue *inputs[] = { node->inputs[0], node->inputs[1], weights, why_node_input (node, 2) };

  builder->kept[inputs[0]->index] = TRUE;
  return why_emit (builder->graph, error, "ConvChannelSum", inputs[3] != NULL ? 4 : 3, inputs,
                   node->attrs, node->n_attrs);
}

/* y = x scale + shift by channel: the sum of x with other weights, and a number. */
static WhyValue *
sum_before_norm (WhyMapBuilder *builder, WhyValue *value, WhyValue *weights, GError **error)
{
  const WhyNode *node = value->producer;
  const WhyBatchNormParams *params = node->params;
  gint64 dims[WHY_MAX_RANK], channels = value->dims[1], one = 1;
  WhyTensor *scale, *shift;

  for (int axis = 0; axis < value->rank; axis++)
    dims[axis] = axis == 1 ? channels : 1;
  scale = why_tensor_new (WHY_DTYPE_FLOAT32, value->rank, dims, error);
  shift = scale != NULL ? why_tensor_new (WHY_DTYPE_FLOAT32, value->rank, dims, error) : NULL;
  if (shift == NULL)
    {
      why_tensor_unref (scale);
      return NULL;
    }
  for (gsize c = 0; c < (gsize) channels; c++)
    {
      double factor = why_tensor_get_f64 (node->inputs[1]->constant, c) /
                      sqrt (why_tensor_get_f64 (node->inputs[4]->constant, c) + params->epsilon);
      why_tensor_set_f64 (scale, c, factor);
      why_tensor_set_f64 (shift, c,
                          why_tensor_get_f64 (node->inputs[2]->constant, c) -
                            why_tensor_get_f64 (node->inputs[3]->constant, c) * factor);
    }
  WhyValue *scaled = why_emit2 (builder->graph, error, "Mul", weights,
                                why_graph_add_constant (builder->graph, NULL, scale));
  WhyValue *number =
    why_emit_reduce_sum (builder->graph, error,
                         why_emit2 (builder->graph, error, "Mul", weights,
                                    why_graph_add_constant (builder->graph, NULL, shift)),
                         &one, 1, TRUE);
  WhyValue *sum =
    scaled != NULL ? why_map_weighted_sum (builder, node->inputs[0], scaled, error) : NULL;
  return number != NULL ? why_emit2 (builder->graph, error, "Add", sum, number) : NULL;
}

static gboolean
adds_alike (const WhyNode *node)
{
  const WhyValue *y = node->outputs[0];
  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *x = node->inputs[input];
      if (x->constant != NULL || x->rank != y->rank ||
          memcmp (x->dims, y->dims, (gsize) y->rank * sizeof *y->dims) != 0)
        return FALSE;
    }
  return strcmp (node->klass->type, "Add") == 0;
}

static WhyValue *
make_sum (WhyMapBuilder *builder, WhyValue *value, WhyValue *weights, GError **error)
{
  const WhyNode *node = value->index < builder->n_values ? value->producer : NULL;
  const char *type = node != NULL ? node->klass->type : "";

  if (node == NULL || is_available (builder, value))
    return why_emit2 (builder->graph, error, "ChannelSum", value, weights);
  if (strcmp (type, "Conv") == 0 && sums_before_conv (builder, value))
    return sum_before_conv (builder, value, weights, error);
  if (adds_alike (node) && !builder->whole[value->index])
    {
      WhyValue *first = why_map_weighted_sum (builder, node->inputs[0], weights, error);
      return first != NULL
               ? why_emit2 (builder->graph, error, "Add", first,
                            why_map_weighted_sum (builder, node->inputs[1], weights, error))
               : NULL;
    }
  if (strcmp (type, "BatchNormalization") == 0 && why_schedule_recomputes (value) &&
      !builder->whole[value->index])
    return sum_before_norm (builder, value, weights, error);
  builder->kept[value->index] = TRUE;
  return why_emit2 (builder->graph, error, "ChannelSum", value, weights);
}

WhyValue *
why_map_weighted_sum (WhyMapBuilder *builder,
                      WhyValue *activation,
                      WhyValue *weights,
                      GError **error)
{
  GHashTable *sums = g_hash_table_lookup (builder->sums, activation);

  if (sums == NULL)
    {
      sums = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (builder->sums, activation, sums);
    }
  WhyValue *sum = g_hash_table_lookup (sums, weights);
  if (sum == NULL)
    sum = make_sum (builder, activation, weights, error);
  if (sum != NULL)
    g_hash_table_insert (sums, weights, sum);
  return sum;
}
