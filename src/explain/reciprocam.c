#include "config.h"

#include "many.h"

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

/* Shows the positions around position @at in @map, which is 0 elsewhere. */
static void
show_around (const Recipro *recipro, gsize at, float *map)
{
  const WhyTensor *activation = recipro->layer.map;
  const float *values = activation->data;
  const gsize count = why_tensor_count (activation);
  const int n_axes = activation->rank - 2;
  gsize n_neighbours = 1;

  for (int axis = 0; axis < n_axes && recipro->gaussian; axis++)
    n_neighbours *= 3;
  for (gsize neighbour = 0; neighbour < n_neighbours; neighbour++)
    {
      gsize rest = neighbour, position = at, step = 1, other = 0;
      float weight = 1.0f;
      for (int axis = n_axes - 1; axis >= 0 && weight != 0.0f; axis--)
        {
          const gint64 size = activation->dims[axis + 2];
          const int apart = recipro->gaussian ? (int) (rest % 3) - 1 : 0;
          const gint64 place = (gint64) (position % (gsize) size) + apart;
          if (recipro->gaussian)
            weight *= apart == 0 ? 0.5f : 0.25f;
          if (place < 0 || place >= size)
            weight = 0.0f;
          else
            other += (gsize) place * step;
          rest /= 3;
          position /= (gsize) size;
          step *= (gsize) size;
        }
      for (; weight != 0.0f && other < count; other += recipro->layer.positions)
        map[other] = weight * values[other];
    }
}

static gboolean
make (gsize first, gsize n, float *rows, gpointer data, GError **error)
{
  Recipro *recipro = data;
  const WhyAltered *layer = &recipro->layer;

  for (gsize row = 0; row < n; row++)
    {
      float *begin = rows + row * why_altered_size (layer);
      float *map = why_altered_begin (&recipro->layer, begin);
      memset (map, 0, layer->map->n_bytes);
      show_around (recipro, first + row, map);
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
