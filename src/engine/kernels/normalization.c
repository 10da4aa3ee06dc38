#include "config.h"

#include "elementwise.h"

#include "base/parallel.h"
#include "graph/activation.h"
#include "graph/normalization.h"
#include "vector.h"

#include <math.h>
#include <string.h>

/* ---- batch normalisation that no convolution in front could take in (pre-activation networks)
 * ---- */

/* y = clip (x scale[c] + shift[c]) in channels last; the rectifier that follows is taken along. */
typedef struct
{
  gsize channels;
  float *scale, *shift;
  float low, high;
  const float *x;
  float *y;
} Affine;

static void
affine_free (gpointer data)
{
  Affine *affine = data;
  g_free (affine->scale);
  g_free (affine->shift);
  g_free (affine);
}

WHY_VECTOR static void
affine_row (
  const float *x, const float *scale, const float *shift, float low, float high, float *y, gsize n)
{
  for (gsize c = 0; c < n; c++)
    {
      float value = x[c] * scale[c] + shift[c];
      value = value < low ? low : value;
      y[c] = value > high ? high : value;
    }
}

static void
affine_rows (gsize begin, gsize end, gpointer data)
{
  const Affine *affine = data;
  for (gsize row = begin; row < end; row++)
    affine_row (affine->x + row * affine->channels, affine->scale, affine->shift, affine->low,
                affine->high, affine->y + row * affine->channels, affine->channels);
}

static gboolean
run_affine (const WhyStep *step, WhyCancel *cancel, GError **error)
{
  Affine affine = *(const Affine *) step->data;
  affine.x = step->inputs[0]->data;
  affine.y = step->outputs[0]->data;
  gsize rows =
    affine.channels > 0 ? step->outputs[0]->n_bytes / sizeof (float) / affine.channels : 0;
  why_parallel_for (rows, 1 + 16384 / (1 + affine.channels), affine_rows, &affine);
  return TRUE;
}

/* Relu and Clip behind a batch normalisation cost nothing when done on the way. */
static void
take_rectifier (WhyPlan *plan, WhyValue **tail, Affine *affine)
{
  const WhyNode *reader = why_plan_only_reader (plan, *tail);
  affine->low = -INFINITY;
  affine->high = INFINITY;
  if (reader == NULL || reader->inputs[0] != *tail)
    return;
  if (strcmp (reader->klass->type, "Relu") == 0)
    affine->low = 0.0f;
  else if (strcmp (reader->klass->type, "Clip") == 0 &&
           ((const WhyActivationParams *) reader->params)->bounds_known)
    {
      affine->low = (float) ((const WhyActivationParams *) reader->params)->min;
      affine->high = (float) ((const WhyActivationParams *) reader->params)->max;
    }
  else
    return;
  why_plan_absorb (plan, reader);
  *tail = reader->outputs[0];
}

static gboolean
compile_batch_norm (WhyPlan *plan, WhyNode *node, gboolean *done, GError **error)
{
  const WhyBatchNormParams *params = node->params;
  WhyValue *x = node->inputs[0], *tail = node->outputs[0];

  *done = FALSE;
  if (params->training || x->dtype != WHY_DTYPE_FLOAT32 || x->rank < 2 || tail == NULL)
    return TRUE;
  for (guint input = 1; input < 5; input++)
    {
      if (node->inputs[input]->constant == NULL)
        return TRUE;
    }
  WhyBuffer *input = why_plan_input (plan, x, WHY_LAYOUT_CHANNELS_LAST, error);
  if (input == NULL)
    return FALSE;
  Affine *affine = g_new0 (Affine, 1);
  affine->channels = (gsize) x->dims[1];
  affine->scale = g_new (float, affine->channels + 1);
  affine->shift = g_new (float, affine->channels + 1);
  for (gsize c = 0; c < affine->channels; c++)
    {
      double scale = why_tensor_get_f64 (node->inputs[1]->constant, c) /
                     sqrt (why_tensor_get_f64 (node->inputs[4]->constant, c) + params->epsilon);
      affine->scale[c] = (float) scale;
      affine->shift[c] = (float) (why_tensor_get_f64 (node->inputs[2]->constant, c) -
                                  why_tensor_get_f64 (node->inputs[3]->constant, c) * scale);
    }
  take_rectifier (plan, &tail, affine);
  WhyBuffer *output = why_plan_output (plan, tail, WHY_LAYOUT_CHANNELS_LAST);
  WhyStep *step =
    why_plan_add_step (plan, node, run_affine, &input, 1, &output, 1, affine, affine_free);
  step->in_place = TRUE;
  *done = TRUE;
  return TRUE;
}

const WhyKernel why_normalization_kernels[] = {
  { "BatchNormalization", compile_batch_norm },
  { NULL, NULL },
};
