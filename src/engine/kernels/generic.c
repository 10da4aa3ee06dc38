#include "config.h"

#include "generic.h"

#include "base/error.h"
#include "base/parallel.h"
#include "vector.h"

#include <string.h>

/* ---- reorder ---- */

typedef struct
{
  gsize channels, spatial;
  const guint8 *from;
  guint8 *to;
  gsize size; /* of an element */
  gboolean to_last;
} Reorder;

/* A matrix transposition per image, in blocks that stay in the first-level cache. */
#define REORDER_BLOCK 32

#define COPY_BLOCK(TYPE)                                                                           \
  for (gsize s = s_begin; s < s_end; s++)                                                          \
    for (gsize c = c_begin; c < c_end; c++)                                                        \
      {                                                                                            \
        if (reorder->to_last)                                                                      \
          ((TYPE *) reorder->to)[s * reorder->channels + c] =                                      \
            ((const TYPE *) reorder->from)[c * reorder->spatial + s];                              \
        else                                                                                       \
          ((TYPE *) reorder->to)[c * reorder->spatial + s] =                                       \
            ((const TYPE *) reorder->from)[s * reorder->channels + c];                             \
      }

/* Pictures come with three channels, and every network begins with this. */
WHY_VECTOR static void
interleave_three (const float *from, gsize spatial, float *to, gsize begin, gsize end)
{
  const float *a = from, *b = from + spatial, *c = from + 2 * spatial;
  for (gsize s = begin; s < end; s++)
    {
      to[3 * s] = a[s];
      to[3 * s + 1] = b[s];
      to[3 * s + 2] = c[s];
    }
}

static void
reorder_rows (gsize begin, gsize end, gpointer data)
{
  const Reorder *reorder = data;
  if (reorder->to_last && reorder->channels == 3 && reorder->size == sizeof (float))
    {
      interleave_three ((const float *) reorder->from, reorder->spatial, (float *) reorder->to,
                        begin * REORDER_BLOCK, MIN (end * REORDER_BLOCK, reorder->spatial));
      return;
    }
  for (gsize s_begin = begin * REORDER_BLOCK; s_begin < MIN (end * REORDER_BLOCK, reorder->spatial);
       s_begin += REORDER_BLOCK)
    for (gsize c_begin = 0; c_begin < reorder->channels; c_begin += REORDER_BLOCK)
      {
        gsize s_end = MIN (s_begin + REORDER_BLOCK, reorder->spatial),
              c_end = MIN (c_begin + REORDER_BLOCK, reorder->channels);
        if (reorder->size == 4)
          {
            COPY_BLOCK (guint32)
          }
        else if (reorder->size == 8)
          {
            COPY_BLOCK (guint64)
          }
        else if (reorder->size == 2)
          {
            COPY_BLOCK (guint16)
          }
        else
          {
            COPY_BLOCK (guint8)
          }
      }
}

static gboolean
run_reorder (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  const WhyBuffer *from = step->inputs[0], *to = step->outputs[0];
  const WhyValue *value = from->value;
  Reorder reorder = { .channels = (gsize) value->dims[1],
                      .spatial = 1,
                      .size = why_dtype_size (value->dtype),
                      .to_last = to->layout == WHY_LAYOUT_CHANNELS_LAST };

  for (int axis = 2; axis < value->rank; axis++)
    reorder.spatial *= (gsize) value->dims[axis];
  gsize image = reorder.channels * reorder.spatial * reorder.size;
  for (gsize n = 0; n < (gsize) value->dims[0]; n++)
    {
      reorder.from = (const guint8 *) from->data + n * image;
      reorder.to = (guint8 *) to->data + n * image;
      why_parallel_for ((reorder.spatial + REORDER_BLOCK - 1) / REORDER_BLOCK,
                        1 + 512 / (1 + reorder.channels), reorder_rows, &reorder);
    }
  return TRUE;
}

void
why_generic_add_reorder (WhyPlan *plan, WhyBuffer *from, WhyBuffer *to)
{
  why_plan_add_step (plan, from->value->producer, run_reorder, &from, 1, &to, 1, NULL, NULL);
}

/* ---- operators by their plain definition ---- */

typedef struct
{
  const WhyNode *node;
  guint n_inputs, n_outputs;
  int *in_place_of; /* for each of the node's inputs: index among the step's, -1: absent */
  int *out_place_of;
} Generic;

static void
generic_free (gpointer data)
{
  Generic *generic = data;
  g_free (generic->in_place_of);
  g_free (generic->out_place_of);
  g_free (generic);
}

static WhyTensor *
view_buffer (const WhyBuffer *buffer)
{
  const WhyValue *value = buffer->value;
  return why_tensor_new_view (value->dtype, value->rank, value->dims, NULL, buffer->data, NULL,
                              NULL);
}

static gboolean
run_generic (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  const Generic *generic = step->data;
  const WhyNode *node = generic->node;
  g_autofree WhyTensor **inputs = g_new0 (WhyTensor *, node->n_inputs + 1);
  g_autofree WhyTensor **outputs = g_new0 (WhyTensor *, node->n_outputs + 1);

  for (guint input = 0; input < node->n_inputs; input++)
    {
      if (generic->in_place_of[input] >= 0)
        inputs[input] = view_buffer (step->inputs[generic->in_place_of[input]]);
    }
  for (guint output = 0; output < node->n_outputs; output++)
    {
      if (generic->out_place_of[output] >= 0)
        outputs[output] = view_buffer (step->outputs[generic->out_place_of[output]]);
    }
  gboolean done = node->klass->eval (node, inputs, outputs, error);
  for (guint input = 0; input < node->n_inputs; input++)
    why_tensor_unref (inputs[input]);
  for (guint output = 0; output < node->n_outputs; output++)
    why_tensor_unref (outputs[output]);
  return done;
}

/* Reshaping keeps the order of elements in plain layout; in channels last it does while N and C
 * stay, because then only spatial dimensions are joined or split. */
static gboolean
keeps_channels (const WhyValue *from, const WhyValue *to)
{
  return from->rank >= 3 && to->rank >= 3 && from->dims[0] == to->dims[0] &&
         from->dims[1] == to->dims[1];
}

/* Whether @node only changes how its input is seen. Dropout does, while nobody reads its mask. */
static gboolean
is_reshape (const WhyPlan *plan, const WhyNode *node)
{
  static const char *const types[] = { "Reshape",   "Flatten",  "Squeeze",
                                       "Unsqueeze", "Identity", "Dropout" };
  for (gsize type = 0; type < G_N_ELEMENTS (types); type++)
    {
      if (strcmp (node->klass->type, types[type]) == 0)
        return node->n_outputs == 1 || node->outputs[1] == NULL ||
               !why_plan_wants (plan, node->outputs[1]);
    }
  return FALSE;
}

/* A transposition that reads channels-last memory in exactly the order it lies in. */
static gboolean
transposes_to_plain (const WhyNode *node)
{
  gsize n;
  const gint64 *perm = why_node_ints (node, "perm", &n);
  if (perm == NULL || n < 3 || perm[0] != 0 || perm[n - 1] != 1)
    return FALSE;
  for (gsize axis = 1; axis + 1 < n; axis++)
    {
      if (perm[axis] != (gint64) axis + 1)
        return FALSE;
    }
  return TRUE;
}

/* The reverse: plain memory N, spatial..., C seen as N, C, spatial... in channels last. */
static gboolean
transposes_to_last (const WhyNode *node)
{
  gsize n;
  const gint64 *perm = why_node_ints (node, "perm", &n);
  if (perm == NULL || n < 3 || perm[0] != 0 || perm[1] != (gint64) n - 1)
    return FALSE;
  for (gsize axis = 2; axis < n; axis++)
    {
      if (perm[axis] != (gint64) axis - 1)
        return FALSE;
    }
  return TRUE;
}

gboolean
why_generic_compile_alias (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  WhyValue *from = node->n_inputs > 0 ? node->inputs[0] : NULL, *to = node->outputs[0];

  *done = FALSE;
  if (from == NULL || to == NULL || from->constant != NULL)
    return TRUE;
  WhyLayout layout = why_plan_layout (plan, from);
  if (is_reshape (plan, node))
    {
      if (layout == WHY_LAYOUT_PLAIN || !keeps_channels (from, to))
        layout = WHY_LAYOUT_PLAIN;
    }
  else if (strcmp (node->klass->type, "Transpose") == 0 && layout == WHY_LAYOUT_CHANNELS_LAST &&
           transposes_to_plain (node))
    {
      WhyBuffer *buffer = why_plan_input (plan, from, WHY_LAYOUT_CHANNELS_LAST, error);
      if (buffer == NULL)
        return FALSE;
      why_plan_alias (plan, to, WHY_LAYOUT_PLAIN, buffer);
      *done = TRUE;
      return TRUE;
    }
  else if (strcmp (node->klass->type, "Transpose") == 0 && layout == WHY_LAYOUT_PLAIN &&
           transposes_to_last (node))
    {
      WhyBuffer *buffer = why_plan_input (plan, from, WHY_LAYOUT_PLAIN, error);
      if (buffer == NULL)
        return FALSE;
      why_plan_alias (plan, to, WHY_LAYOUT_CHANNELS_LAST, buffer);
      *done = TRUE;
      return TRUE;
    }
  else
    return TRUE;
  WhyBuffer *buffer = why_plan_input (plan, from, layout, error);
  if (buffer == NULL)
    return FALSE;
  why_plan_alias (plan, to, layout, buffer);
  *done = TRUE;
  return TRUE;
}

gboolean
why_generic_compile (WhyPlan *plan, WhyNode *node, GError **error)
{
  gboolean aliased = FALSE;
  if (!why_generic_compile_alias (plan, node, &aliased, error))
    return FALSE;
  if (aliased)
    return TRUE;

  Generic *generic = g_new0 (Generic, 1);
  g_autofree WhyBuffer **inputs = g_new0 (WhyBuffer *, node->n_inputs + 1);
  g_autofree WhyBuffer **outputs = g_new0 (WhyBuffer *, node->n_outputs + 1);
  guint n_inputs = 0, n_outputs = 0;

  generic->node = node;
  generic->in_place_of = g_new (int, node->n_inputs + 1);
  generic->out_place_of = g_new (int, node->n_outputs + 1);
  for (guint input = 0; input < node->n_inputs; input++)
    {
      generic->in_place_of[input] = -1;
      if (node->inputs[input] == NULL)
        continue;
      generic->in_place_of[input] = (int) n_inputs;
      inputs[n_inputs] = why_plan_input (plan, node->inputs[input], WHY_LAYOUT_PLAIN, error);
      if (inputs[n_inputs++] == NULL)
        {
          generic_free (generic);
          return FALSE;
        }
    }
  for (guint output = 0; output < node->n_outputs; output++)
    {
      generic->out_place_of[output] = -1;
      if (node->outputs[output] == NULL)
        continue;
      generic->out_place_of[output] = (int) n_outputs;
      outputs[n_outputs++] = why_plan_output (plan, node->outputs[output], WHY_LAYOUT_PLAIN);
    }
  why_plan_add_step (plan, node, run_generic, inputs, n_inputs, outputs, n_outputs, generic,
                     generic_free);
  return TRUE;
}
