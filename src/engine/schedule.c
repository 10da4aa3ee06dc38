#include "config.h"

#include "schedule.h"

#include "graph/normalization.h"
#include "graph/reduce.h"
#include "kernels/program.h"

#include <math.h>
#include <string.h>

/* The order of a plan for gradients.
 *
 * Nodes of the backward direction come in the order of the graph. A node that takes part in a
 * program waits in the open one until somebody outside reads what the program computes, or until a
 * node does not fit: then the program becomes a step. Sums of gradients over positions are taken up
 * as soon as the gradient is there, in the same program if it can be; what else belongs to the maps
 * follows when the program is closed. */

typedef enum
{
  WAITING,
  GATHERED, /* in the open program */
  DONE,
} State;

typedef struct
{
  const WhyNode *node;
  const WhyValue *value; /* NULL: an intermediate result of the node */
  gboolean again;        /* a forward value computed again, for this program alone */
  WhyOperation operation;
} Member;

/* What the open program reads: a value, or numbers made for it. */
typedef struct
{
  WhyValue *value;
  WhyTensor *constant;
} Input;

typedef struct
{
  WhyPlan *plan;
  guint n_nodes;
  GPtrArray **readers; /* by value index: needed nodes, NULL: none */
  State *states;       /* by node index */
  GPtrArray *pending;  /* WhyNode: of the maps, with all inputs there */

  /* The open program */
  const WhyValue *domain; /* NULL: there is none */
  Member members[WHY_PROGRAM_OPS_MAX];
  guint n_members;
  Input inputs[WHY_PROGRAM_BUFFERS_MAX];
  guint n_inputs;
} Schedule;

static gboolean place (Schedule *schedule, WhyNode *node, GError **error);

/* ---- what may take part in a program ---- */

static gboolean
is_type (const WhyNode *node, const char *type)
{
  return strcmp (node->klass->type, type) == 0;
}

static gboolean
same_dims (const WhyValue *a, const WhyValue *b)
{
  return a->rank == b->rank && memcmp (a->dims, b->dims, (gsize) a->rank * sizeof *a->dims) == 0;
}

static gboolean
is_constant_batch_norm (const WhyNode *node)
{
  if (!is_type (node, "BatchNormalization") || node->n_outputs != 1 ||
      ((const WhyBatchNormParams *) node->params)->training)
    return FALSE;
  for (guint input = 1; input < 5; input++)
    {
      if (node->inputs[input]->constant == NULL)
        return FALSE;
    }
  return TRUE;
}

gboolean
why_schedule_recomputes (const WhyValue *value)
{
  const WhyNode *node = value->producer;
  WhyUnary unary;
  WhyBinaryLoops loops;

  if (node == NULL || node->n_outputs != 1 || value->dtype != WHY_DTYPE_FLOAT32)
    return FALSE;
  return is_constant_batch_norm (node) ||
         (node->n_inputs == 2 && why_elementwise_binary (node->klass->type, &loops)) ||
         why_elementwise_unary (node, &unary);
}

/* Sums over all positions: ReduceMean or ReduceSum of N x C x spatial... to one number a channel.
 */
static gboolean
is_column_sum (const WhyNode *node)
{
  const WhyReduceParams *params = node->params;
  const WhyValue *x = node->n_inputs > 0 ? node->inputs[0] : NULL;

  if ((!is_type (node, "ReduceMean") && !is_type (node, "ReduceSum")) || x->rank < 3 ||
      params->n_axes != x->rank - 2)
    return FALSE;
  return params->axes[0] == 2; /* ascending and all different, so the others follow */
}

/* The value whose dims the node's tensors have; NULL: it takes part in no program. */
static const WhyValue *
domain_of (const WhyNode *node)
{
  const WhyValue *output = node->n_outputs == 1 ? node->outputs[0] : NULL, *domain = output;
  WhyUnary unary;
  WhyBinaryLoops loops;
  gint64 positions = 1;

  if (output == NULL || output->dtype != WHY_DTYPE_FLOAT32)
    return NULL;
  if (is_column_sum (node) || is_type (node, "ChannelSum"))
    domain = node->inputs[0];
  else if (!is_type (node, "Expand") && !is_constant_batch_norm (node) &&
           !why_elementwise_binary (node->klass->type, &loops) &&
           !why_elementwise_unary (node, &unary))
    return NULL;
  if (domain->rank < 3 || domain->rank > 5 || domain->dims[0] < 1 || domain->dims[1] < 1)
    return NULL;
  for (int axis = 2; axis < domain->rank; axis++)
    positions *= domain->dims[axis];
  return positions > 1 ? domain : NULL;
}

gboolean
why_schedule_gathers (const WhyNode *node)
{
  return domain_of (node) != NULL;
}

/* How a program reads a value that is no tensor of its dims: one number, or one a channel. */
static gboolean
small_operand (const WhyValue *value, const WhyValue *domain, WhyOperandKind *kind)
{
  gint64 others = 1, channels = 1, images = 1;

  if (value->rank > domain->rank)
    return FALSE;
  for (int axis = 0; axis < value->rank; axis++)
    {
      int at = domain->rank - value->rank + axis;
      if (at == 0)
        images = value->dims[axis];
      else if (at == 1)
        channels = value->dims[axis];
      else
        others *= value->dims[axis];
    }
  if (others != 1 || (channels == 1 && images != 1))
    return FALSE;
  *kind = channels == 1 ? WHY_OPERAND_NUMBER
          : images == 1 ? WHY_OPERAND_CHANNEL
                        : WHY_OPERAND_IMAGE;
  return channels == 1 || channels == domain->dims[1];
}

/* ---- gathering ---- */

static int
find_member (const Schedule *schedule, const WhyValue *value)
{
  for (guint index = 0; index < schedule->n_members; index++)
    {
      if (schedule->members[index].value == value)
        return (int) index;
    }
  return -1;
}

/* A forward value that the parent has not kept and that nobody needed whole so far. */
static WhyNode *
producer_of (const Schedule *schedule, const WhyValue *value)
{
  return why_plan_node (schedule->plan, value->producer->index);
}

static gboolean
is_recomputed (const Schedule *schedule, const WhyValue *value)
{
  return value->producer != NULL &&
         value->producer->index < why_plan_options (schedule->plan)->first_backward &&
         schedule->states[value->producer->index] == WAITING;
}

static gboolean add_node (Schedule *schedule, const WhyNode *node, gboolean again);

static gboolean
add_input (Schedule *schedule, WhyValue *value, guint *index)
{
  for (*index = 0; *index < schedule->n_inputs; (*index)++)
    {
      if (schedule->inputs[*index].value == value)
        return TRUE;
    }
  if (schedule->n_inputs == WHY_PROGRAM_BUFFERS_MAX)
    return FALSE;
  schedule->inputs[schedule->n_inputs++].value = value;
  return TRUE;
}

static gboolean
add_constant (Schedule *schedule, WhyTensor *tensor, WhyOperand *operand)
{
  if (schedule->n_inputs == WHY_PROGRAM_BUFFERS_MAX)
    return FALSE;
  *operand = (WhyOperand){ WHY_OPERAND_CHANNEL, schedule->n_inputs };
  schedule->inputs[schedule->n_inputs++].constant = why_tensor_ref (tensor);
  return TRUE;
}

/* Tensors in plain order would first have to be copied: better left to other kernels. */
static gboolean
lies_right (const Schedule *schedule, const WhyValue *value)
{
  return why_layout_same (value) ||
         why_plan_layout (schedule->plan, value) == WHY_LAYOUT_CHANNELS_LAST;
}

static gboolean
find_operand (Schedule *schedule, WhyValue *value, WhyOperand *operand)
{
  gboolean whole = same_dims (value, schedule->domain);

  if (value->dtype != WHY_DTYPE_FLOAT32)
    return FALSE;
  if (whole && !why_plan_has (schedule->plan, value))
    {
      if (find_member (schedule, value) < 0 && is_recomputed (schedule, value) &&
          !add_node (schedule, producer_of (schedule, value), TRUE))
        return FALSE;
      int member = find_member (schedule, value);
      *operand = (WhyOperand){ WHY_OPERAND_RESULT, (guint) member };
      return member >= 0;
    }
  if (!why_plan_has (schedule->plan, value))
    return FALSE;
  if (whole && lies_right (schedule, value))
    operand->kind = WHY_OPERAND_TENSOR;
  else if (whole || !small_operand (value, schedule->domain, &operand->kind))
    return FALSE;
  return add_input (schedule, value, &operand->index);
}

static gboolean
add_operation (Schedule *schedule,
               const WhyNode *node,
               const WhyValue *value,
               gboolean again,
               const WhyOperation *operation)
{
  if (schedule->n_members == WHY_PROGRAM_OPS_MAX)
    return FALSE;
  schedule->members[schedule->n_members++] = (Member){ node, value, again, *operation };
  return TRUE;
}

static gboolean
is_tensor (const WhyOperand *operand)
{
  return operand->kind == WHY_OPERAND_TENSOR || operand->kind == WHY_OPERAND_RESULT;
}

/* x scale + shift: two operations. */
static gboolean
add_batch_norm (Schedule *schedule, const WhyNode *node, gboolean again)
{
  const WhyBatchNormParams *params = node->params;
  gint64 channels = node->inputs[0]->dims[1];
  g_autoptr (WhyTensor) scale = why_tensor_new (WHY_DTYPE_FLOAT32, 1, &channels, NULL);
  g_autoptr (WhyTensor) shift = why_tensor_new (WHY_DTYPE_FLOAT32, 1, &channels, NULL);
  WhyOperation multiply = { .kind = WHY_OPERATION_BINARY, .to = -1 };
  WhyOperation add = { .kind = WHY_OPERATION_BINARY, .to = -1 };

  if (scale == NULL || shift == NULL || !find_operand (schedule, node->inputs[0], &multiply.a) ||
      !is_tensor (&multiply.a))
    return FALSE;
  for (gint64 c = 0; c < channels; c++)
    {
      double factor =
        why_tensor_get_f64 (node->inputs[1]->constant, (gsize) c) /
        sqrt (why_tensor_get_f64 (node->inputs[4]->constant, (gsize) c) + params->epsilon);
      ((float *) scale->data)[c] = (float) factor;
      ((float *) shift->data)[c] =
        (float) (why_tensor_get_f64 (node->inputs[2]->constant, (gsize) c) -
                 why_tensor_get_f64 (node->inputs[3]->constant, (gsize) c) * factor);
    }
  why_elementwise_binary ("Mul", &multiply.loops);
  why_elementwise_binary ("Add", &add.loops);
  if (!add_constant (schedule, scale, &multiply.b) || !add_constant (schedule, shift, &add.b) ||
      !add_operation (schedule, node, NULL, again, &multiply))
    return FALSE;
  add.a = (WhyOperand){ WHY_OPERAND_RESULT, schedule->n_members - 1 };
  return add_operation (schedule, node, node->outputs[0], again, &add);
}

/* Expand of one number a channel, or of one number. */
static void
repeat_both (const float *a, const float *b, float *y, gsize n)
{
  memcpy (y, a, n * sizeof *y);
}

static void
repeat_number (const float *a, const float *b, float *y, gsize n)
{
  for (gsize at = 0; at < n; at++)
    y[at] = *a;
}

static gboolean
add_expand (Schedule *schedule, const WhyNode *node, gboolean again)
{
  WhyOperation operation = { .kind = WHY_OPERATION_BINARY,
                             .loops = { repeat_both, repeat_both, repeat_number },
                             .to = -1 };
  if (!find_operand (schedule, node->inputs[0], &operation.a))
    return FALSE;
  operation.b = operation.a;
  return add_operation (schedule, node, node->outputs[0], again, &operation);
}

/* Sum has any number of operands; all others of its kind two. */
static gboolean
add_binary (Schedule *schedule, const WhyNode *node, const WhyBinaryLoops *loops, gboolean again)
{
  WhyOperation operation = { .kind = WHY_OPERATION_BINARY, .loops = *loops, .to = -1 };

  if (node->n_inputs < 2 || !find_operand (schedule, node->inputs[0], &operation.a))
    return FALSE;
  for (guint input = 1; input < node->n_inputs; input++)
    {
      gboolean last = input + 1 == node->n_inputs;
      if (!find_operand (schedule, node->inputs[input], &operation.b) ||
          (!is_tensor (&operation.a) && !is_tensor (&operation.b)) ||
          !add_operation (schedule, node, last ? node->outputs[0] : NULL, again, &operation))
        return FALSE;
      operation.a = (WhyOperand){ WHY_OPERAND_RESULT, schedule->n_members - 1 };
    }
  return TRUE;
}

static gboolean
add_sum (Schedule *schedule, const WhyNode *node)
{
  WhyOperation operation = { .kind = WHY_OPERATION_COLUMNS, .to = -1, .factor = 1.0f };
  gint64 positions = 1;

  if (!find_operand (schedule, node->inputs[0], &operation.a) || !is_tensor (&operation.a))
    return FALSE;
  if (is_type (node, "ChannelSum"))
    {
      operation.kind = WHY_OPERATION_ROWS;
      if (!find_operand (schedule, node->inputs[1], &operation.b) || is_tensor (&operation.b))
        return FALSE;
      return add_operation (schedule, node, node->outputs[0], FALSE, &operation);
    }
  for (int axis = 2; axis < schedule->domain->rank; axis++)
    positions *= schedule->domain->dims[axis];
  if (is_type (node, "ReduceMean"))
    operation.factor = 1.0f / (float) positions;
  return add_operation (schedule, node, node->outputs[0], FALSE, &operation);
}

static gboolean
add_node (Schedule *schedule, const WhyNode *node, gboolean again)
{
  WhyOperation operation = { .to = -1 };
  WhyBinaryLoops loops;
  const WhyValue *domain = domain_of (node);

  if (domain == NULL || !same_dims (domain, schedule->domain))
    return FALSE;
  if (domain != node->outputs[0])
    return !again && add_sum (schedule, node);
  if (is_type (node, "BatchNormalization"))
    return add_batch_norm (schedule, node, again);
  if (is_type (node, "Expand"))
    return add_expand (schedule, node, again);
  if (why_elementwise_binary (node->klass->type, &loops))
    return add_binary (schedule, node, &loops, again);
  if (!why_elementwise_unary (node, &operation.unary))
    return FALSE;
  operation.kind =
    g_str_has_suffix (node->klass->type, "Grad") ? WHY_OPERATION_GRADIENT : WHY_OPERATION_UNARY;
  if (!find_operand (schedule, node->inputs[0], &operation.a) || !is_tensor (&operation.a) ||
      (operation.kind == WHY_OPERATION_GRADIENT &&
       (!find_operand (schedule, node->inputs[1], &operation.b) || !is_tensor (&operation.b))))
    return FALSE;
  return add_operation (schedule, node, node->outputs[0], again, &operation);
}

/* Drops what an attempt to add a node has left behind. */
static void
forget_since (Schedule *schedule, guint n_members, guint n_inputs)
{
  schedule->n_members = n_members;
  while (schedule->n_inputs > n_inputs)
    {
      Input *input = &schedule->inputs[--schedule->n_inputs];
      g_clear_pointer (&input->constant, why_tensor_unref);
      input->value = NULL;
    }
}

/* Whether @node could be taken up into the open program, or into a new one. */
static gboolean
gather (Schedule *schedule, WhyNode *node)
{
  guint n_members = schedule->n_members, n_inputs = schedule->n_inputs;
  if (add_node (schedule, node, FALSE))
    {
      schedule->states[node->index] = GATHERED;
      why_plan_absorb (schedule->plan, node); /* no other step may take it up */
      return TRUE;
    }
  forget_since (schedule, n_members, n_inputs);
  return FALSE;
}

/* ---- closing ---- */

/* Whether anybody but the open program's own members reads @value. */
static gboolean
is_read_outside (const Schedule *schedule, const WhyValue *value)
{
  const GPtrArray *readers = schedule->readers[value->index];

  if (why_plan_keeps (schedule->plan, value))
    return TRUE;
  for (guint index = 0; readers != NULL && index < readers->len; index++)
    {
      const WhyNode *reader = g_ptr_array_index (readers, index);
      if (schedule->states[reader->index] != GATHERED)
        return TRUE;
    }
  return FALSE;
}

/* A program of one operator is better made by that operator's own kernel. */
static gboolean
is_single (const Schedule *schedule)
{
  return schedule->n_members == 1 && schedule->members[0].operation.kind <= WHY_OPERATION_BINARY;
}

static gboolean
emit_program (Schedule *schedule, GError **error)
{
  WhyOperation operations[WHY_PROGRAM_OPS_MAX];
  WhyBuffer *inputs[WHY_PROGRAM_BUFFERS_MAX], *outputs[WHY_PROGRAM_OPS_MAX];
  guint n_outputs = 0;

  for (guint index = 0; index < schedule->n_inputs; index++)
    {
      const Input *input = &schedule->inputs[index];
      inputs[index] =
        input->constant != NULL
          ? why_plan_constant (schedule->plan, input->constant)
          : why_plan_input (schedule->plan, input->value,
                            same_dims (input->value, schedule->domain) ? WHY_LAYOUT_CHANNELS_LAST
                                                                       : WHY_LAYOUT_PLAIN,
                            error);
      if (inputs[index] == NULL)
        return FALSE;
    }
  for (guint index = 0; index < schedule->n_members; index++)
    {
      const Member *member = &schedule->members[index];
      operations[index] = member->operation;
      gboolean sum = member->operation.kind > WHY_OPERATION_BINARY;
      if (member->value == NULL || member->again ||
          (!sum && !is_read_outside (schedule, member->value)))
        continue;
      operations[index].to = (int) n_outputs;
      outputs[n_outputs++] = why_plan_output (schedule->plan, (WhyValue *) member->value,
                                              sum ? WHY_LAYOUT_PLAIN : WHY_LAYOUT_CHANNELS_LAST);
    }
  why_program_add_step (schedule->plan, schedule->members[schedule->n_members - 1].node,
                        schedule->domain, operations, schedule->n_members, inputs,
                        schedule->n_inputs, outputs, n_outputs);
  return TRUE;
}

/* Makes a step of the open program. */
static gboolean
close_program (Schedule *schedule, GError **error)
{
  gboolean done = TRUE;

  if (schedule->domain == NULL)
    return TRUE;
  if (is_single (schedule))
    done = why_plan_compile_node (schedule->plan, (WhyNode *) schedule->members[0].node, error);
  else
    done = emit_program (schedule, error);
  for (guint index = 0; index < schedule->n_members; index++)
    {
      const Member *member = &schedule->members[index];
      if (!member->again)
        schedule->states[member->node->index] = DONE;
    }
  forget_since (schedule, 0, 0);
  schedule->domain = NULL;
  return done;
}

/* ---- the order ---- */

static gboolean
is_ready (const Schedule *schedule, const WhyNode *node)
{
  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *value = node->inputs[input];
      if (value == NULL || why_plan_has (schedule->plan, value) || value->producer == NULL)
        continue;
      if (schedule->states[value->producer->index] == WAITING && !is_recomputed (schedule, value))
        return FALSE;
    }
  return TRUE;
}

static gboolean
reads_open (const Schedule *schedule, const WhyNode *node)
{
  for (guint input = 0; input < node->n_inputs; input++)
    {
      const WhyValue *value = node->inputs[input];
      if (value != NULL && value->producer != NULL &&
          schedule->states[value->producer->index] == GATHERED)
        return TRUE;
    }
  return FALSE;
}

/* Nodes of the maps that read what @node has made: sums of gradients at once, others later. */
static gboolean
follow (Schedule *schedule, const WhyNode *node, GError **error)
{
  guint first_map = why_plan_options (schedule->plan)->first_map;

  for (guint output = 0; output < node->n_outputs; output++)
    {
      const WhyValue *value = node->outputs[output];
      const GPtrArray *readers = value != NULL ? schedule->readers[value->index] : NULL;
      for (guint index = 0; readers != NULL && index < readers->len; index++)
        {
          WhyNode *reader = g_ptr_array_index (readers, index);
          if (reader->index < first_map || schedule->states[reader->index] != WAITING ||
              !is_ready (schedule, reader))
            continue;
          if (!is_column_sum (reader))
            g_ptr_array_add (schedule->pending, reader);
          else if (!place (schedule, reader, error))
            return FALSE;
        }
    }
  return TRUE;
}

/* First what programs take up, so that they are not closed in between. */
static gboolean
place_pending (Schedule *schedule, GError **error)
{
  while (schedule->pending->len > 0)
    {
      g_autoptr (GPtrArray) pending = g_steal_pointer (&schedule->pending);
      schedule->pending = g_ptr_array_new ();
      for (guint pass = 0; pass < 2; pass++)
        {
          for (guint index = 0; index < pending->len; index++)
            {
              WhyNode *node = g_ptr_array_index (pending, index);
              if ((domain_of (node) != NULL) == (pass == 0) && !place (schedule, node, error))
                return FALSE;
            }
        }
      if (!close_program (schedule, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
finish_program (Schedule *schedule, GError **error)
{
  return close_program (schedule, error) && place_pending (schedule, error);
}

static gboolean
place_alone (Schedule *schedule, WhyNode *node, GError **error)
{
  for (guint input = 0; input < node->n_inputs; input++)
    {
      WhyValue *value = node->inputs[input];
      if (value != NULL && !why_plan_has (schedule->plan, value) &&
          is_recomputed (schedule, value) &&
          !place (schedule, producer_of (schedule, value), error))
        return FALSE;
    }
  if (reads_open (schedule, node) && !close_program (schedule, error))
    return FALSE;
  if (!why_plan_is_absorbed (schedule->plan, node) &&
      !why_plan_compile_node (schedule->plan, node, error))
    return FALSE;
  schedule->states[node->index] = DONE;
  return follow (schedule, node, error);
}

static gboolean
place (Schedule *schedule, WhyNode *node, GError **error)
{
  const WhyValue *domain = domain_of (node);

  if (schedule->states[node->index] != WAITING)
    return TRUE;
  if (why_plan_is_absorbed (schedule->plan, node) || domain == NULL)
    return place_alone (schedule, node, error);
  if (schedule->domain != NULL && gather (schedule, node))
    return follow (schedule, node, error);
  if (!close_program (schedule, error))
    return FALSE;
  schedule->domain = domain;
  if (gather (schedule, node))
    return follow (schedule, node, error);
  schedule->domain = NULL;
  return place_alone (schedule, node, error);
}

static void
find_readers (Schedule *schedule)
{
  for (guint index = 0; index < schedule->n_nodes; index++)
    {
      WhyNode *node = why_plan_node (schedule->plan, index);
      for (guint input = 0; why_plan_needs (schedule->plan, node) && input < node->n_inputs;
           input++)
        {
          const WhyValue *value = node->inputs[input];
          if (value == NULL || value->constant != NULL)
            continue;
          GPtrArray **readers = &schedule->readers[value->index];
          if (*readers == NULL)
            *readers = g_ptr_array_new ();
          g_ptr_array_add (*readers, node);
        }
    }
}

/* Whether a node of the backward direction reads what the open program makes and cannot join it:
 * then the maps follow now, while their tensors are in the cache. */
static gboolean
place_in_order (Schedule *schedule, WhyNode *node, GError **error)
{
  if (schedule->states[node->index] == WAITING && domain_of (node) == NULL &&
      reads_open (schedule, node) && !finish_program (schedule, error))
    return FALSE;
  return place (schedule, node, error);
}

gboolean
why_schedule_compile (WhyPlan *plan, GError **error)
{
  WhyGraph *graph = why_plan_graph (plan);
  const WhyPlanOptions *options = why_plan_options (plan);
  guint n_values = why_graph_n_values (graph);
  Schedule *schedule = g_new0 (Schedule, 1);
  gboolean done = TRUE;

  schedule->plan = plan;
  schedule->n_nodes = why_graph_n_nodes (graph);
  schedule->readers = g_new0 (GPtrArray *, n_values + 1);
  schedule->states = g_new0 (State, schedule->n_nodes + 1);
  schedule->pending = g_ptr_array_new ();
  find_readers (schedule);
  for (guint index = 0; index < schedule->n_nodes; index++)
    {
      if (!why_plan_needs (plan, why_plan_node (plan, index)))
        schedule->states[index] = DONE;
    }
  for (guint index = options->first_backward; done && index < schedule->n_nodes; index++)
    {
      if (index < options->first_map)
        done = place_in_order (schedule, why_plan_node (plan, index), error);
    }
  done = done && finish_program (schedule, error);
  /* Maps that read no gradient, and forward values that are wanted themselves. */
  for (guint index = 0; done && index < schedule->n_nodes; index++)
    {
      WhyNode *node = why_plan_node (plan, index);
      if (index >= options->first_map ||
          (node->outputs[0] != NULL && why_plan_keeps (plan, node->outputs[0])))
        done = place (schedule, node, error);
    }
  done = done && finish_program (schedule, error);

  forget_since (schedule, 0, 0);
  for (guint index = 0; index < n_values; index++)
    g_clear_pointer (&schedule->readers[index], g_ptr_array_unref);
  g_ptr_array_unref (schedule->pending);
  g_free (schedule->readers);
  g_free (schedule->states);
  g_free (schedule);
  return done;
}
