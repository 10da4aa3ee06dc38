#include "config.h"

#include "layer-maps.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* A larger map is not made for a thumbnail (16 MB). */
#define CELLS_MAX ((gsize) 4 << 20)
/* Numbers in activations that may have to be held at once, over all layers (1 GB): an upper bound, as the
 * engine keeps less than all of them. */
#define NUMBERS_MAX ((gsize) 256 << 20)
/* Of methods that are handed activations and gradients: so many of them at once. */
#define PART_NUMBERS_MAX ((gsize) 16 << 20)
/* Such methods may take a singular value decomposition of positions times channels. */
#define COMBINE_CELLS_MAX (gsize) 4096

/**
 * WhyLayerChecks:
 * @key: method, options and layers they were asked for
 * @reasons: (element-type nullable utf8): why the method cannot run at the layer
 * @cells, @numbers: as the request has them, for the input there is: where the file leaves sizes open, the model was looked at
 *   with others
 */
struct _WhyLayerChecks
{
  char *key;
  GPtrArray *reasons;
  gsize *cells;
  gsize *numbers;
};

void
why_layer_checks_free (WhyLayerChecks *checks)
{
  g_free (checks->key);
  g_ptr_array_unref (checks->reasons);
  g_free (checks->cells);
  g_free (checks->numbers);
  g_free (checks);
}

static void
find_sizes (WhyLayerChecks *checks, const WhyRequest *request, const WhyGraph *graph, gsize n_layers)
{
  checks->cells = g_new0 (gsize, n_layers + 1);
  checks->numbers = g_new0 (gsize, n_layers + 1);
  for (gsize index = 0; index < n_layers; index++)
    {
      const WhyValue *value = why_graph_find_value (graph, request->layers[index]);
      double numbers = 1;
      for (int axis = 0; value != NULL && axis < value->rank; axis++)
        numbers *= (double) value->dims[axis];
      checks->numbers[index] = (gsize) numbers;
      checks->cells[index] = (gsize) ceil (numbers * (double) request->layer_cells[index] /
                                           (double) MAX (request->layer_numbers[index], 1));
    }
}

/* On a graph of its own: checking adds nodes. */
static WhyLayerChecks *
check_layers (const WhyRequest *request, const WhyJob *job, const char *key, GError **error)
{
  const gsize n_layers = g_strv_length (request->layers);
  WhyShape shape = { .rank = job->input->rank };
  const WhyGraphOptions options = { .promote_floats = TRUE };

  memcpy (shape.dims, job->input->dims, sizeof shape.dims);
  g_autoptr (WhyGraph) graph = why_graph_new (request->model, &shape, 1, &options, error);
  if (graph == NULL)
    return NULL;
  WhyLayerChecks *checks = g_new0 (WhyLayerChecks, 1);
  checks->key = g_strdup (key);
  find_sizes (checks, request, graph, n_layers);
  checks->reasons = why_explainer_check_layers (&request->explain, graph, (const char *const *) request->layers, n_layers);
  return checks;
}

static gboolean
ensure_checks (WhyLayerChecks **checks, const WhyRequest *request, const WhyJob *job, GError **error)
{
  g_autofree char *names = g_strjoinv ("\n", request->layers);
  g_autofree char *shape = why_dims_to_string (job->input->rank, job->input->dims);
  g_autofree char *key =
    g_strdup_printf ("%s\n%s\n%s\n%s\n%s", request->explain.method,
                     request->explain.profile != NULL ? request->explain.profile : "",
                     request->explain.options != NULL ? request->explain.options : "", shape, names);

  if (*checks != NULL && strcmp ((*checks)->key, key) == 0)
    return TRUE;
  g_clear_pointer (checks, why_layer_checks_free);
  *checks = check_layers (request, job, key, error);
  return *checks != NULL;
}

/* Which layers to make maps of: late ones, which are asked for most and are smallest, first. The others have
 * neither a map nor a reason: they can be asked for one by one. */
static gboolean *
choose (const WhyLayerChecks *checks, const WhyExplainerClass *method, gsize n_layers, char **reasons)
{
  gboolean *chosen = g_new0 (gboolean, n_layers + 1);
  gsize n_cells = 0;
  gsize n_numbers = 0;

  for (gsize index = n_layers; index-- > 0;)
    {
      const gsize cells = checks->cells[index];
      reasons[index] = g_strdup (g_ptr_array_index (checks->reasons, index));
      if (reasons[index] != NULL)
        continue;
      if (cells <= CELLS_MAX && n_cells + cells <= WHY_LAYER_CELLS_MAX &&
          n_numbers + checks->numbers[index] <= NUMBERS_MAX &&
          (method->combine == NULL || cells <= COMBINE_CELLS_MAX))
        {
          chosen[index] = TRUE;
          n_cells += cells;
          n_numbers += checks->numbers[index];
        }
    }
  return chosen;
}

/* The maps from layer @first on, as many as go together. */
static gboolean
make_part (const WhyLayerChecks *checks, const WhyRequest *request, const WhyJob *job, WhyResult *result,
           const gboolean *chosen, gboolean one_run, gsize *first, GError **error)
{
  const gsize n_layers = g_strv_length (request->layers);
  g_autofree const char **names = g_new0 (const char *, n_layers + 1);
  g_autofree gsize *places = g_new0 (gsize, n_layers + 1);
  g_autofree WhyMap **maps = g_new0 (WhyMap *, n_layers + 1);
  WhyExplainResult explained = { 0 };
  gsize n_names = 0;
  gsize n_numbers = 0;

  for (; *first < n_layers; (*first)++)
    {
      if (!chosen[*first])
        continue;
      n_numbers += checks->numbers[*first];
      if (!one_run && n_names > 0 && n_numbers > PART_NUMBERS_MAX)
        break;
      places[n_names] = *first;
      names[n_names++] = request->layers[*first];
    }
  if (n_names == 0)
    return TRUE;
  if (!why_explain_layers (&request->explain, names, n_names, job, &explained, maps, error))
    return FALSE;
  for (gsize index = 0; index < n_names; index++)
    {
      result->maps[places[index]] = maps[index];
      why_map_prepare_projections (maps[index]);
    }
  g_clear_pointer (&result->probabilities, why_tensor_unref);
  g_clear_pointer (&result->logits, why_tensor_unref);
  result->probabilities = g_steal_pointer (&explained.probabilities);
  result->logits = g_steal_pointer (&explained.logits);
  result->target_class = explained.target_class;
  why_explain_result_clear (&explained);
  return TRUE;
}

gboolean
why_layer_maps_make (WhyLayerChecks **checks, const WhyRequest *request, const WhyJob *job, WhyResult *result,
                     GError **error)
{
  const gsize n_layers = g_strv_length (request->layers);
  const WhyExplainerClass *method = why_explainer_lookup (request->explain.method, error);

  if (method == NULL || !ensure_checks (checks, request, job, error))
    return FALSE;
  result->maps = g_new0 (WhyMap *, n_layers + 1);
  result->reasons = g_new0 (char *, n_layers + 1);
  if (!why_explainer_shares_runs (method, request->explain.options))
    {
      for (gsize index = 0; index < n_layers; index++)
        {
          const char *reason = g_ptr_array_index ((*checks)->reasons, index);
          result->reasons[index] = g_strdup (reason);
        }
      return TRUE;
    }
  g_autofree gboolean *chosen = choose (*checks, method, n_layers, result->reasons);
  for (gsize first = 0; first < n_layers;)
    {
      if (!why_cancel_check (job->cancel, error) ||
          !make_part (*checks, request, job, result, chosen, method->emit != NULL, &first, error))
        return FALSE;
    }
  return TRUE;
}
