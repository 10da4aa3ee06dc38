#include "config.h"

#include "many.h"

#include <stdlib.h>
#include <string.h>

/* Recipro-CAM: Byun and Lee, CVPR Workshops 2024 (arXiv 2209.14074). The layer is shown to the rest
 * of the network one position at a time, all else set to 0; the map is the score of each. Around
 * the position its neighbours stay with the weights of a small Gaussian, 1/4 1/2 1/4 along every
 * axis, or nothing of them. Only the part of the network behind the layer is run. The authors take
 * the probability as score. */

static const char *const masks[] = { "gaussian", "single", NULL };

typedef struct
{
  WhyAltered layer;
  gboolean gaussian;
  WhyTensor *scores; /* [spatial...] */
} Recipro;

/* The weight of position @other in the mask of position @at. */
static float
weight_of (const Recipro *recipro, gsize at, gsize other)
{
  const WhyTensor *activation = recipro->layer.map;
  float weight = 1.0f;

  if (!recipro->gaussian)
    return at == other ? 1.0f : 0.0f;
  for (int axis = activation->rank - 1; axis >= 2; axis--)
    {
      const gsize size = (gsize) activation->dims[axis];
      const int apart = abs ((int) (at % size) - (int) (other % size));
      if (apart > 1)
        return 0.0f;
      weight *= apart == 0 ? 0.5f : 0.25f;
      at /= size;
      other /= size;
    }
  return weight;
}

static gboolean
make (gsize first, gsize n, float *rows, gpointer data, GError **error)
{
  Recipro *recipro = data;
  const WhyAltered *layer = &recipro->layer;
  const float *values = layer->map->data;
  const gsize count = why_tensor_count (layer->map);

  for (gsize row = 0; row < n; row++)
    {
      float *begin = rows + row * why_altered_size (layer);
      float *map = why_altered_begin (&recipro->layer, begin);
      memset (map, 0, layer->map->n_bytes);
      for (gsize other = 0; other < layer->positions; other++)
        {
          const float weight = weight_of (recipro, first + row, other);
          for (gsize at = other; weight != 0.0f && at < count; at += layer->positions)
            map[at] = weight * values[at];
        }
      if (!why_altered_end (&recipro->layer, begin, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
take (gsize first, gsize n, const double *scores, float *gradients, gpointer data, GError **error)
{
  Recipro *recipro = data;

  for (gsize row = 0; row < n; row++)
    ((float *) recipro->scores->data)[first + row] = (float) scores[row];
  return TRUE;
}

static WhyTensor *
sketch (gsize done, gpointer data, GError **error)
{
  const Recipro *recipro = data;
  return why_tensor_copy (recipro->scores, error);
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  g_auto (WhyFixed) fixed = { 0 };
  g_autoptr (WhyTensor) scores = NULL;
  Recipro recipro = {
    .gaussian = strcmp (why_option_choice (request, "mask"), "gaussian") == 0,
  };

  if (!why_fixed_init (&fixed, request, target, job, error) ||
      !why_altered_init (&recipro.layer, request->layer, job, error))
    {
      why_altered_clear (&recipro.layer);
      return NULL;
    }
  const WhyTensor *map = recipro.layer.map;
  scores = why_tensor_new_zeros (WHY_DTYPE_FLOAT32, map->rank - 2, map->dims + 2, error);
  recipro.scores = scores;
  const WhyMany many = {
    .from = request->layer,
    .n = recipro.layer.positions,
    .make = make,
    .take = take,
    .sketch = sketch,
    .layer = request->layer,
    .data = &recipro,
  };
  const gboolean done = scores != NULL && why_many_run (&many, &fixed, target, job, error);
  why_altered_clear (&recipro.layer);
  if (!done)
    return NULL;
  return why_method_new_map (request, job, g_steal_pointer (&scores), fixed.score);
}

static const WhyOptionClass options[] = {
  {
    .id = "mask",
    .title = N_ ("What stays around the position"),
    .kind = WHY_OPTION_CHOICE,
    .choices = masks,
  },
};

const WhyExplainerClass why_reciprocam = {
  .id = "reciprocam",
  .title = N_ ("Recipro-CAM"),
  .paper = "Byun and Lee, CVPR Workshops 2024",
  .about = N_ ("What the network says of each position of the layer alone."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_MANY_RUNS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .options = options,
  .n_options = G_N_ELEMENTS (options),
  .run = run,
};
