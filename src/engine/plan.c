#include "config.h"

#include "plan.h"

#include "base/error.h"
#include "base/pages.h"
#include "base/parallel.h"
#include "base/size.h"
#include "graph/composite.h"
#include "kernels/generic.h"
#include "kernels/view.h"
#include "schedule.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ARENA_ALIGNMENT 64
#define NEVER G_MAXUINT

struct _WhyPlan
{
  WhyGraph *graph; /* borrowed: outlives the plan */
  WhyPlanOptions options;
  guint n_values;
  WhyBuffer **homes;      /* by value index: the buffer it is computed in */
  WhyBuffer **others;     /* by value index: its copy in the other layout */
  WhyView **views;        /* by value index: what it is a view of; owned */
  gboolean *keep;         /* by value index */
  guint *n_reads;         /* by value index: by needed nodes */
  const WhyNode **reader; /* by value index: one of them */
  gboolean *wanted;       /* by value index: kept, or read by a needed node */
  gboolean *needed;       /* by node index */
  gboolean *absorbed;     /* by node index */
  gboolean *plain;        /* by node index: its composite is not used, somebody wants what is inside */
  GPtrArray *buffers;     /* owned */
  GPtrArray *steps;       /* owned */
  gpointer arena;
  gsize arena_bytes;
  gsize constant_bytes;
  gint64 *step_ns; /* (nullable): by step, the shortest run so far */
  gsize packed_bytes;     /* that are not in the cache yet, of a plan that only measures */
  GPtrArray *packed_used; /* WhyPacked */
  gboolean only_measures;
};

static void
buffer_free (WhyBuffer *buffer)
{
  why_tensor_unref (buffer->constant);
  g_free (buffer);
}

static void
step_free (WhyStep *step)
{
  if (step->free_data != NULL)
    step->free_data (step->data);
  g_free (step->inputs);
  g_free (step->outputs);
  g_free (step);
}

void
why_plan_free (WhyPlan *plan)
{
  if (plan == NULL)
    return;
  for (guint index = 0; index < plan->packed_used->len; index++)
    ((WhyPacked *) g_ptr_array_index (plan->packed_used, index))->n_users--;
  g_ptr_array_unref (plan->packed_used);
  g_ptr_array_unref (plan->steps);
  g_ptr_array_unref (plan->buffers);
  g_free (plan->homes);
  g_free (plan->others);
  for (guint index = 0; index < plan->n_values; index++)
    g_free (plan->views[index]);
  g_free (plan->views);
  g_free (plan->keep);
  g_free (plan->n_reads);
  g_free (plan->reader);
  g_free (plan->wanted);
  g_free (plan->needed);
  g_free (plan->absorbed);
  g_free (plan->plain);
  g_free (plan->step_ns);
  free (plan->arena);
  g_free (plan);
}

/* ---- buffers ---- */

gboolean
why_layout_same (const WhyValue *value)
{
  gint64 spatial = 1;
  if (value->rank < 3 || value->dims[1] == 1)
    return TRUE;
  for (int axis = 2; axis < value->rank; axis++)
    spatial *= value->dims[axis];
  return spatial == 1;
}

static gsize
value_bytes (const WhyValue *value)
{
  gsize count = 1;
  for (int axis = 0; axis < value->rank; axis++)
    count *= (gsize) value->dims[axis];
  return count * why_dtype_size (value->dtype);
}

static WhyBuffer *
new_buffer (WhyPlan *plan, const WhyValue *value, WhyLayout layout, gsize n_bytes)
{
  WhyBuffer *buffer = g_new0 (WhyBuffer, 1);
  buffer->value = value;
  buffer->layout = layout;
  buffer->n_bytes = n_bytes;
  buffer->root = buffer;
  buffer->first = NEVER;
  g_ptr_array_add (plan->buffers, buffer);
  return buffer;
}

static gboolean
fits_layout (const WhyBuffer *buffer, WhyLayout layout)
{
  return buffer->layout == layout || why_layout_same (buffer->value);
}

const WhyPlanOptions *
why_plan_options (const WhyPlan *plan)
{
  return &plan->options;
}

WhyGraph *
why_plan_graph (const WhyPlan *plan)
{
  return plan->graph;
}

gboolean
why_plan_needs (const WhyPlan *plan, const WhyNode *node)
{
  return plan->needed[node->index];
}

gboolean
why_plan_keeps (const WhyPlan *plan, const WhyValue *value)
{
  return value->index < plan->n_values && plan->keep[value->index];
}

static WhyBuffer *
find_home (const WhyPlan *plan, const WhyValue *value)
{
  if (plan->homes[value->index] != NULL)
    return plan->homes[value->index];
  if (plan->options.parent != NULL && why_plan_holds (plan->options.parent, value))
    return plan->options.parent->homes[value->index];
  return NULL;
}

WhyLayout
why_plan_layout (const WhyPlan *plan, const WhyValue *value)
{
  const WhyBuffer *home = find_home (plan, value);
  const WhyView *view = why_plan_view (plan, value);
  if (view != NULL && view->base->layout == WHY_LAYOUT_CHANNELS_LAST && value->rank >= 3 &&
      ABS (view->strides[1]) == 1)
    return WHY_LAYOUT_CHANNELS_LAST;
  return home != NULL ? home->layout : WHY_LAYOUT_PLAIN;
}

gboolean
why_plan_has (const WhyPlan *plan, const WhyValue *value)
{
  return value->constant != NULL || find_home (plan, value) != NULL ||
         why_plan_view (plan, value) != NULL;
}

void
why_plan_defer (WhyPlan *plan, const WhyValue *value, const WhyView *view)
{
  g_assert (plan->homes[value->index] == NULL && !plan->keep[value->index]);
  plan->views[value->index] = g_memdup2 (view, sizeof *view);
}

const WhyView *
why_plan_view (const WhyPlan *plan, const WhyValue *value)
{
  return value->index < plan->n_values && plan->homes[value->index] == NULL
           ? plan->views[value->index]
           : NULL;
}

/* A constant, or a value of the parent, as a buffer of this plan with memory from elsewhere. */
static WhyBuffer *
adopt_outside (WhyPlan *plan, WhyValue *value)
{
  WhyBuffer *buffer = new_buffer (plan, value, WHY_LAYOUT_PLAIN, value_bytes (value));
  buffer->outside = TRUE;
  if (value->constant != NULL)
    buffer->data = value->constant->data;
  else
    {
      const WhyBuffer *home = plan->options.parent->homes[value->index];
      buffer->layout = home->layout;
      buffer->data = home->data;
    }
  plan->homes[value->index] = buffer;
  return buffer;
}

static WhyBuffer *
constant_channels_last (WhyPlan *plan, WhyValue *value, GError **error)
{
  WhyTensor *tensor = why_tensor_to_channels_last (value->constant, error);
  if (tensor == NULL)
    return NULL;
  WhyBuffer *buffer = new_buffer (plan, value, WHY_LAYOUT_CHANNELS_LAST, tensor->n_bytes);
  buffer->outside = TRUE;
  buffer->constant = tensor;
  buffer->data = tensor->data;
  plan->constant_bytes += tensor->n_bytes;
  return buffer;
}

WhyBuffer *
why_plan_input (WhyPlan *plan, WhyValue *value, WhyLayout layout, GError **error)
{
  WhyBuffer *home = plan->homes[value->index], *other = plan->others[value->index];

  if (home == NULL && (value->constant != NULL || find_home (plan, value) != NULL))
    home = adopt_outside (plan, value);
  if (home == NULL && plan->views[value->index] != NULL)
    {
      const WhyView view = *plan->views[value->index];
      home = why_plan_output (plan, value, layout);
      why_view_add_copy (plan, value->producer, &view, home);
    }
  g_assert (home != NULL);
  if (fits_layout (home, layout))
    return home;
  if (other != NULL)
    return other;
  if (value->constant != NULL)
    other = constant_channels_last (plan, value, error);
  else
    {
      other = new_buffer (plan, value, layout, home->n_bytes);
      why_generic_add_reorder (plan, home, other);
    }
  plan->others[value->index] = other;
  return other;
}

WhyBuffer *
why_plan_output (WhyPlan *plan, WhyValue *value, WhyLayout layout)
{
  g_assert (plan->homes[value->index] == NULL);
  return plan->homes[value->index] = new_buffer (plan, value, layout, value_bytes (value));
}

void
why_plan_alias (WhyPlan *plan, WhyValue *value, WhyLayout layout, WhyBuffer *buffer)
{
  WhyBuffer *alias = why_plan_output (plan, value, layout);
  alias->root = buffer->root;
}

WhyBuffer *
why_plan_constant (WhyPlan *plan, WhyTensor *tensor)
{
  WhyBuffer *buffer = new_buffer (plan, NULL, WHY_LAYOUT_PLAIN, tensor->n_bytes);
  buffer->outside = TRUE;
  buffer->constant = why_tensor_ref (tensor);
  buffer->data = tensor->data;
  plan->constant_bytes += tensor->n_bytes;
  return buffer;
}

WhyBuffer *
why_plan_scratch (WhyPlan *plan, gsize n_bytes)
{
  return new_buffer (plan, NULL, WHY_LAYOUT_PLAIN, n_bytes);
}

WhyStep *
why_plan_add_step (WhyPlan *plan,
                   const WhyNode *node,
                   WhyStepFunc run,
                   WhyBuffer *const *inputs,
                   guint n_inputs,
                   WhyBuffer *const *outputs,
                   guint n_outputs,
                   gpointer data,
                   GDestroyNotify free_data)
{
  WhyStep *step = g_new0 (WhyStep, 1);
  step->run = run;
  step->node = node;
  step->n_inputs = n_inputs;
  step->inputs = g_memdup2 (inputs, n_inputs * sizeof *inputs);
  step->n_outputs = n_outputs;
  step->outputs = g_memdup2 (outputs, n_outputs * sizeof *outputs);
  step->data = data;
  step->free_data = free_data;
  g_ptr_array_add (plan->steps, step);
  return step;
}

/* ---- looking ahead ---- */

const WhyNode *
why_plan_only_reader (const WhyPlan *plan, const WhyValue *value)
{
  if (value->index >= plan->n_values || plan->keep[value->index] ||
      plan->n_reads[value->index] != 1)
    return NULL;
  const WhyNode *reader = plan->reader[value->index];
  return !plan->absorbed[reader->index] ? reader : NULL;
}

const WhyNode *
why_plan_gated (const WhyPlan *plan, const WhyValue *value, const WhyNode **gate)
{
  if (value->index >= plan->n_values || plan->keep[value->index] ||
      plan->n_reads[value->index] != 2)
    return NULL;
  /* the last of the two readers: the product comes after the activation */
  const WhyNode *product = plan->reader[value->index];
  if (strcmp (product->klass->type, "Mul") != 0 || plan->absorbed[product->index])
    return NULL;
  const WhyValue *other =
    product->inputs[0] == value ? product->inputs[1] : product->inputs[0];
  *gate = other->producer;
  if (*gate == NULL || *gate == product || (*gate)->inputs[0] != value ||
      (*gate)->n_outputs != 1 || why_plan_only_reader (plan, other) != product ||
      plan->absorbed[(*gate)->index])
    return NULL;
  return product;
}

gboolean
why_plan_wants (const WhyPlan *plan, const WhyValue *value)
{
  return value->index < plan->n_values && plan->wanted[value->index];
}

gboolean
why_plan_last_read (const WhyPlan *plan,
                    const WhyValue *value,
                    const WhyNode *node,
                    const WhyNode *reader)
{
  if (value->index >= plan->n_values || plan->keep[value->index] || value->producer == NULL ||
      plan->homes[value->index] == NULL || plan->homes[value->index]->outside ||
      plan->reader[value->index] != reader)
    return FALSE;
  for (guint index = node->index + 1; index < reader->index; index++)
    {
      const WhyNode *other = why_plan_node (plan, index);
      for (guint input = 0; plan->needed[index] && input < other->n_inputs; input++)
        {
          if (other->inputs[input] == value)
            return FALSE;
        }
    }
  return TRUE;
}

void
why_plan_absorb (WhyPlan *plan, const WhyNode *node)
{
  plan->absorbed[node->index] = TRUE;
}

gboolean
why_plan_is_absorbed (const WhyPlan *plan, const WhyNode *node)
{
  return plan->absorbed[node->index];
}

/* The node that is computed in place number @index: the graph's own, or the composite of which it
 * is the last. */
static WhyNode *
effective_node (const WhyPlan *plan, guint index)
{
  WhyNode *node = why_graph_node (plan->graph, index);
  const WhyNode *composite =
    plan->options.backend->composites ? why_graph_composite (plan->graph, node) : NULL;
  return composite != NULL && !plan->plain[index] ? (WhyNode *) composite : node;
}

WhyNode *
why_plan_node (const WhyPlan *plan, guint index)
{
  return effective_node (plan, index);
}

static void
find_plain (WhyPlan *plan)
{
  for (guint index = 0; plan->options.keep != NULL && index < plan->options.keep->len; index++)
    {
      const WhyNode *composite =
        why_graph_inside (plan->graph, g_ptr_array_index (plan->options.keep, index));
      if (composite != NULL)
        plan->plain[composite->index] = TRUE;
    }
}

/* Which nodes have to run for the values to keep, stopping at what the parent holds. */
static void
find_needed (WhyPlan *plan)
{
  gboolean *wanted = plan->wanted =
    g_memdup2 (plan->keep, (plan->n_values + 1) * sizeof (gboolean));

  for (guint index = why_graph_n_nodes (plan->graph); index-- > 0;)
    {
      const WhyNode *node = effective_node (plan, index);
      for (guint output = 0; output < node->n_outputs; output++)
        {
          const WhyValue *value = node->outputs[output];
          if (value != NULL && wanted[value->index] &&
              !(plan->options.parent != NULL && why_plan_holds (plan->options.parent, value)))
            plan->needed[index] = TRUE;
        }
      for (guint input = 0; plan->needed[index] && input < node->n_inputs; input++)
        {
          if (node->inputs[input] != NULL)
            wanted[node->inputs[input]->index] = TRUE;
        }
    }
}

/* Only the plan's own nodes count: what others will read later (a gradient, a person) is among the
 * values to keep, and kept values are never fused away. */
static void
count_reads (WhyPlan *plan)
{
  for (guint index = 0; index < why_graph_n_nodes (plan->graph); index++)
    {
      const WhyNode *node = effective_node (plan, index);
      if (!plan->needed[index])
        continue;
      for (guint input = 0; input < node->n_inputs; input++)
        {
          const WhyValue *value = node->inputs[input];
          if (value == NULL)
            continue;
          plan->n_reads[value->index]++;
          plan->reader[value->index] = node;
        }
    }
}

/* ---- memory ---- */

static void
touch (WhyBuffer *buffer, guint step)
{
  WhyBuffer *root = buffer->root;
  root->first = MIN (root->first, step);
  root->last = root->last == NEVER ? NEVER : MAX (root->last, step);
  root->n_bytes = MAX (root->n_bytes, buffer->n_bytes);
}

static void
find_lives (WhyPlan *plan)
{
  for (guint index = 0; index < plan->steps->len; index++)
    {
      const WhyStep *step = g_ptr_array_index (plan->steps, index);
      for (guint input = 0; input < step->n_inputs; input++)
        touch (step->inputs[input], index);
      for (guint output = 0; output < step->n_outputs; output++)
        touch (step->outputs[output], index);
      if (step->scratch != NULL)
        touch (step->scratch, index);
    }
  for (guint index = 0; index < plan->n_values; index++)
    {
      WhyBuffer *home = plan->homes[index];
      if (home == NULL || home->outside)
        continue;
      if (plan->keep[index] || home->value->producer == NULL)
        {
          home->root->kept = TRUE;
          home->root->last = NEVER;
        }
      if (home->value->producer == NULL) /* inputs are there before the first step */
        home->root->first = 0;
    }
}

typedef struct
{
  gsize begin, end;
  guint last;
} Block;

/* Where a buffer of @n_bytes fits among the blocks alive (sorted by begin): the smallest gap that
 * is large enough, else the end. */
static gsize
place_block (GArray *blocks, gsize n_bytes, guint last)
{
  gsize best = 0, best_gap = G_MAXSIZE, at = 0;
  guint best_index = blocks->len;

  for (guint index = 0; index <= blocks->len; index++)
    {
      const Block *block = index < blocks->len ? &g_array_index (blocks, Block, index) : NULL;
      gsize gap = block == NULL ? G_MAXSIZE - 1 : block->begin > at ? block->begin - at : 0;
      if (gap >= n_bytes && gap < best_gap)
        {
          best = at;
          best_gap = gap;
          best_index = index;
        }
      if (block != NULL)
        at = MAX (at, block->end);
    }
  Block block = { best, best + n_bytes, last };
  g_array_insert_val (blocks, best_index, block);
  return best;
}

static void
drop_dead (GArray *blocks, guint step)
{
  for (guint index = blocks->len; index-- > 0;)
    {
      if (g_array_index (blocks, Block, index).last < step)
        g_array_remove_index (blocks, index);
    }
}

static gboolean
reads_elsewhere (const WhyStep *step, guint index)
{
  for (guint input = 0; input < step->n_inputs; input++)
    {
      if (input != index && step->inputs[input]->root == step->inputs[index]->root)
        return TRUE;
    }
  return FALSE;
}

/* An element-wise step may write over an input that dies with it, and one that adds to an input should,
 * unless it reads that memory as another input too. */
static gboolean
share_with_input (const WhyStep *step, guint index, WhyBuffer *output, GArray *blocks)
{
  for (guint input = 0; input < step->n_inputs; input++)
    {
      if (!(step->in_place && input < 2) &&
          (step->inputs[input] != step->adds_to || reads_elsewhere (step, input)))
        continue;
      WhyBuffer *root = step->inputs[input]->root;
      if (root->outside || root->kept || root->last != index || root->first == NEVER ||
          root->n_bytes < output->n_bytes || step->inputs[input]->n_bytes != output->n_bytes ||
          root == output || root->first == index)
        continue;
      output->offset = root->offset;
      for (guint block = 0; block < blocks->len; block++)
        {
          if (g_array_index (blocks, Block, block).begin == root->offset)
            g_array_index (blocks, Block, block).last = output->last;
        }
      return TRUE;
    }
  return FALSE;
}

static void
place (WhyPlan *plan, WhyBuffer *buffer, guint index, const WhyStep *step, GArray *blocks)
{
  WhyBuffer *root = buffer->root;
  if (root->outside || root->first != index || root->offset != G_MAXSIZE)
    return;
  if (step != NULL && buffer == step->outputs[0] && share_with_input (step, index, root, blocks))
    return;
  gsize padded = (MAX (root->n_bytes, 1) + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
  root->offset = place_block (blocks, padded, root->last);
  plan->arena_bytes = MAX (plan->arena_bytes, root->offset + padded);
}

static gboolean
lay_out_memory (WhyPlan *plan, GError **error)
{
  g_autoptr (GArray) blocks = g_array_new (FALSE, FALSE, sizeof (Block));

  find_lives (plan);
  for (guint index = 0; index < plan->buffers->len; index++)
    ((WhyBuffer *) g_ptr_array_index (plan->buffers, index))->offset = G_MAXSIZE;
  for (guint index = 0; index < plan->buffers->len; index++)
    {
      WhyBuffer *buffer = g_ptr_array_index (plan->buffers, index);
      if (!buffer->outside && buffer->value != NULL && buffer->value->producer == NULL)
        place (plan, buffer, 0, NULL, blocks);
    }
  for (guint index = 0; index < plan->steps->len; index++)
    {
      const WhyStep *step = g_ptr_array_index (plan->steps, index);
      drop_dead (blocks, index);
      for (guint output = 0; output < step->n_outputs; output++)
        place (plan, step->outputs[output], index, step, blocks);
      if (step->scratch != NULL)
        place (plan, step->scratch, index, NULL, blocks);
    }
  const gsize needs = plan->arena_bytes + plan->constant_bytes + plan->packed_bytes;
  if (plan->options.taken > plan->options.memory_budget ||
      needs > plan->options.memory_budget - plan->options.taken)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "The network needs %" G_GSIZE_FORMAT
                   " MB for an input of this size, the budget is %" G_GSIZE_FORMAT
                   " MB; use a smaller input or a larger budget",
                   ((needs + plan->options.taken) >> 20) + 1, plan->options.memory_budget >> 20);
      return FALSE;
    }
  if (plan->only_measures)
    return TRUE;
  plan->arena = why_pages_alloc (plan->arena_bytes + ARENA_ALIGNMENT);
  if (plan->arena == NULL)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "There is no memory for the %" G_GSIZE_FORMAT " MB that the network needs",
                   (plan->arena_bytes >> 20) + 1);
      return FALSE;
    }
  for (guint index = 0; index < plan->buffers->len; index++)
    {
      WhyBuffer *buffer = g_ptr_array_index (plan->buffers, index);
      const WhyBuffer *root = buffer->root;
      if (!buffer->outside)
        buffer->data = root->outside               ? root->data
                       : root->offset != G_MAXSIZE ? (guint8 *) plan->arena + root->offset
                                                   : NULL;
    }
  return TRUE;
}

/* ---- building and running ---- */

gboolean
why_plan_compile_node (WhyPlan *plan, WhyNode *node, GError **error)
{
  gboolean done = TRUE;
  if (!plan->options.backend->compile (plan, node, &done, error))
    return FALSE;
  return done || why_generic_compile (plan, node, error);
}

static gboolean
compile (WhyPlan *plan, GError **error)
{
  if (plan->options.parent != NULL && plan->options.backend->gathers)
    return why_schedule_compile (plan, error);
  for (guint index = 0; index < why_graph_n_nodes (plan->graph); index++)
    {
      WhyNode *node = effective_node (plan, index);
      if (plan->needed[index] && !plan->absorbed[index] &&
          !why_plan_compile_node (plan, node, error))
        return FALSE;
    }
  return TRUE;
}

void
why_plan_use_packed (WhyPlan *plan, WhyPacked *packed)
{
  packed->n_users++;
  g_ptr_array_add (plan->packed_used, packed);
}

gboolean
why_plan_only_measures (WhyPlan *plan, gsize n_bytes)
{
  if (plan->only_measures)
    plan->packed_bytes += n_bytes;
  return plan->only_measures;
}

/* More than a plan of this graph is likely to take: every value in both layouts, constants packed with
 * padding. */
static gsize
most_bytes (const WhyGraph *graph)
{
  gsize n_bytes = 0;
  for (guint index = 0; index < why_graph_n_values (graph); index++)
    {
      gsize value = value_bytes (why_graph_value (graph, index));
      if (value > (G_MAXSIZE - n_bytes) / 2)
        return G_MAXSIZE;
      n_bytes += 2 * value;
    }
  return n_bytes;
}

static WhyPlan *
build (WhyGraph *graph, const WhyPlanOptions *options, gboolean only_measures, GError **error)
{
  WhyPlan *plan = g_new0 (WhyPlan, 1);

  plan->only_measures = only_measures;
  plan->packed_used = g_ptr_array_new ();
  plan->graph = graph;
  plan->options = *options;
  plan->n_values = why_graph_n_values (graph);
  plan->homes = g_new0 (WhyBuffer *, plan->n_values + 1);
  plan->others = g_new0 (WhyBuffer *, plan->n_values + 1);
  plan->views = g_new0 (WhyView *, plan->n_values + 1);
  plan->keep = g_new0 (gboolean, plan->n_values + 1);
  plan->n_reads = g_new0 (guint, plan->n_values + 1);
  plan->reader = g_new0 (const WhyNode *, plan->n_values + 1);
  plan->needed = g_new0 (gboolean, why_graph_n_nodes (graph) + 1);
  plan->absorbed = g_new0 (gboolean, why_graph_n_nodes (graph) + 1);
  plan->buffers = g_ptr_array_new_with_free_func ((GDestroyNotify) buffer_free);
  plan->steps = g_ptr_array_new_with_free_func ((GDestroyNotify) step_free);

  for (guint index = 0; options->keep != NULL && index < options->keep->len; index++)
    plan->keep[((const WhyValue *) g_ptr_array_index (options->keep, index))->index] = TRUE;
  plan->plain = g_new0 (gboolean, why_graph_n_nodes (graph) + 1);
  find_plain (plan);
  find_needed (plan);
  count_reads (plan);
  for (guint index = 0; index < why_graph_n_inputs (graph); index++)
    {
      WhyValue *input = why_graph_input (graph, index);
      if (plan->wanted[input->index] &&
          (options->parent == NULL || !why_plan_holds (options->parent, input)))
        why_plan_output (plan, input, WHY_LAYOUT_PLAIN);
    }
  if (compile (plan, error) && lay_out_memory (plan, error))
    return plan;
  why_plan_free (plan);
  return NULL;
}

WhyPlan *
why_plan_new (WhyGraph *graph, const WhyPlanOptions *options, GError **error)
{
  /* Where it may become tight, what is needed is counted before any of it is taken. */
  if (options->taken > options->memory_budget ||
      most_bytes (graph) > (options->memory_budget - options->taken) / 2)
    {
      WhyPlan *measure = build (graph, options, TRUE, error);
      if (measure == NULL)
        return NULL;
      why_plan_free (measure);
    }
  return build (graph, options, FALSE, error);
}

gboolean
why_plan_set_input (WhyPlan *plan, const WhyValue *value, WhyTensor *tensor, GError **error)
{
  WhyBuffer *buffer = plan->homes[value->index];
  g_autoptr (WhyTensor) dense = why_tensor_cast (tensor, value->dtype, error);

  if (dense == NULL)
    return FALSE;
  if (buffer == NULL) /* nothing reads it */
    return TRUE;
  g_assert (!buffer->outside && dense->n_bytes == buffer->n_bytes);
  if (buffer->data != NULL && dense->n_bytes > 0)
    memcpy (buffer->data, dense->data, dense->n_bytes);
  return TRUE;
}

/* Steps can be shorter than GLib's clock counts. */
static gint64
now_ns (void)
{
  struct timespec now;
  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

static gboolean
run_steps (WhyPlan *plan, WhyCancel *cancel, GError **error)
{
  for (guint index = 0; index < plan->steps->len; index++)
    {
      const WhyStep *step = g_ptr_array_index (plan->steps, index);
      gint64 start = plan->step_ns != NULL ? now_ns () : 0;
      if (why_cancel_is_set (cancel))
        return why_cancel_check (cancel, error);
      if (!step->run (step, cancel, error))
        return FALSE;
      if (plan->step_ns != NULL)
        plan->step_ns[index] = MIN (plan->step_ns[index], now_ns () - start);
    }
  return why_cancel_check (cancel, error); /* the last step may have stopped half way */
}

gboolean
why_plan_run (WhyPlan *plan, WhyCancel *cancel, GError **error)
{
  why_parallel_watch (cancel);
  gboolean done = run_steps (plan, cancel, error);
  why_parallel_watch (NULL);
  return done;
}

void
why_plan_time_steps (WhyPlan *plan)
{
  g_free (plan->step_ns);
  plan->step_ns = g_new (gint64, plan->steps->len + 1);
  for (guint index = 0; index < plan->steps->len; index++)
    plan->step_ns[index] = G_MAXINT64;
}

double
why_plan_step_ms (const WhyPlan *plan, guint index)
{
  return plan->step_ns != NULL ? (double) plan->step_ns[index] / 1e6 : 0.0;
}

gboolean
why_plan_holds (const WhyPlan *plan, const WhyValue *value)
{
  if (value->index >= plan->n_values)
    return FALSE;
  const WhyBuffer *home = plan->homes[value->index];
  return home != NULL && (home->root->kept || home->root->outside);
}

WhyTensor *
why_plan_read (const WhyPlan *plan, const WhyValue *value, GError **error)
{
  if (value->constant != NULL)
    return why_tensor_copy (value->constant, error);
  const WhyBuffer *home = find_home (plan, value);
  g_assert (home != NULL);
  WhyTensor *copy = home->layout == WHY_LAYOUT_CHANNELS_LAST && value->rank >= 3
                      ? why_tensor_new_channels_last (value->dtype, value->rank, value->dims, error)
                      : why_tensor_new (value->dtype, value->rank, value->dims, error);
  if (copy != NULL && copy->n_bytes > 0)
    memcpy (copy->data, home->data, copy->n_bytes);
  return copy;
}

gsize
why_plan_bytes (const WhyPlan *plan)
{
  return plan->arena_bytes + plan->constant_bytes;
}

guint
why_plan_n_steps (const WhyPlan *plan)
{
  return plan->steps->len;
}

const WhyStep *
why_plan_step (const WhyPlan *plan, guint index)
{
  return g_ptr_array_index (plan->steps, index);
}
