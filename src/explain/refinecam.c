#include "config.h"

#include "methods.h"

#include "base/error.h"

#include <string.h>

/* RefineCAM: Domeniconi et al., 2026, arXiv 2605.14641: the product of the Grad-CAM++ maps of
 * several layers, each from 0 to 1 and at the finest one's size: late layers know what, early ones
 * know where. Layers that are not named are chosen: the last of each of the deepest resolutions. */

/* Earlier ones add noise rather than detail. */
#define LAYERS_CHOSEN 3

static gint64
count_cells (const WhyLayer *layer)
{
  gint64 count = 1;
  for (int axis = 0; axis < layer->n_spatial; axis++)
    count *= layer->grid[axis];
  return count;
}

/* Going back from the request's layer, the last one of each finer grid on the way to the score. */
static void
choose_layers (WhyGraph *graph, const WhyTarget *target, const char *name, GPtrArray *names)
{
  g_autoptr (GPtrArray) layers = why_layers_list (graph, target->logits);
  gint64 cells = -1;

  for (guint index = layers->len; index-- > 0 && names->len < LAYERS_CHOSEN;)
    {
      const WhyLayer *layer = g_ptr_array_index (layers, index);
      if (cells < 0)
        {
          if (strcmp (layer->name, name) == 0)
            cells = count_cells (layer);
          continue;
        }
      if (count_cells (layer) <= cells)
        continue;
      cells = count_cells (layer);
      g_ptr_array_add (names, g_strdup (layer->name));
    }
}

static WhyMap *
make_map (const WhyExplainRequest *request,
          const WhyJob *job,
          const GPtrArray *names,
          WhyTensor *const *activations,
          WhyTensor *const *gradients,
          double score,
          GError **error)
{
  WhyTensor **parts = g_new0 (WhyTensor *, names->len);
  WhyTensor *values = NULL;
  WhyMap *map = NULL;
  gboolean done = TRUE;

  for (guint index = 0; done && index < names->len; index++)
    {
      WhyExplainRequest one = *request;
      one.method = why_gradcampp.id;
      one.options = NULL;
      parts[index] =
        why_method_signed_map (&why_gradcampp, &one, activations[index], gradients[index], error);
      done = parts[index] != NULL;
      if (done)
        why_method_apply_polarity (parts[index], request->polarity == WHY_POLARITY_SIGNED
                                                   ? WHY_POLARITY_RELU
                                                   : request->polarity);
    }
  values = done ? why_method_fuse (parts, names->len, "product", 0, error) : NULL;
  if (values != NULL)
    {
      /* What speaks for the polarity is positive already. */
      WhyExplainRequest as_is = *request;
      as_is.polarity = WHY_POLARITY_SIGNED;
      map = why_method_new_map (&as_is, job, values, score);
      g_free (map->polarity);
      map->polarity = g_strdup (why_polarity_id (request->polarity));
      map->n_parts = map->n_part_layers = names->len;
      map->parts = g_steal_pointer (&parts);
      GStrvBuilder *more = g_strv_builder_new ();
      for (guint index = 1; index < names->len; index++)
        g_strv_builder_add (more, g_ptr_array_index (names, index));
      map->more_layers = g_strv_builder_end (more);
      g_strv_builder_unref (more);
    }
  for (guint index = 0; parts != NULL && index < names->len; index++)
    why_tensor_unref (parts[index]);
  g_free (parts);
  return map;
}

static WhyMap *
run (const WhyExplainRequest *request, const WhyTarget *target, const WhyJob *job, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  WhyMap *map = NULL;
  double score = 0;

  g_ptr_array_add (names, g_strdup (request->layer));
  for (const char *const *more = request->more_layers; more != NULL && *more != NULL; more++)
    g_ptr_array_add (names, g_strdup (*more));
  if (names->len == 1)
    choose_layers (why_session_graph (job->session), target, request->layer, names);

  g_autofree WhyTensor **activations = g_new0 (WhyTensor *, names->len);
  g_autofree WhyTensor **gradients = g_new0 (WhyTensor *, names->len);
  if (why_method_gradients (request, target, job, WHY_GRAD_RULE_GRADIENT,
                            (const char *const *) names->pdata, names->len, activations, gradients,
                            &score, error))
    map = make_map (request, job, names, activations, gradients, score, error);
  for (guint index = 0; index < names->len; index++)
    {
      why_tensor_unref (activations[index]);
      why_tensor_unref (gradients[index]);
    }
  return map;
}

const WhyExplainerClass why_refinecam = {
  .id = "refinecam",
  .title = N_ ("RefineCAM"),
  .paper = "Domeniconi et al., arXiv 2605.14641, 2026",
  .about =
    N_ ("What late layers find, drawn with the detail of earlier ones: the product of maps."),
  .needs = WHY_NEEDS_LAYER | WHY_NEEDS_GRADIENT | WHY_NEEDS_SEVERAL_LAYERS,
  .min_dimensions = 1,
  .max_dimensions = 3,
  .profiles = WHY_FITS_PYTORCH_GRAD_CAM | WHY_FITS_TORCHCAM,
  .run = run,
};
