#include "config.h"

#include "layer-advice.h"

#include "service/json.h"
#include "service/percent.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define MAX_CANDIDATES 6
/* Of the area, that is covered; and of the map, that concentration is about. */
#define COVERED 0.1
#define HELD 0.8

void
why_layer_advice_free (WhyLayerAdvice *advice)
{
  g_free (advice->layer);
  g_free (advice->grid);
  g_free (advice->reason);
  g_free (advice);
}

void
why_layer_advice_to_json (JsonBuilder *builder, const WhyLayerAdvice *advice)
{
  json_builder_begin_object (builder);
  why_json_add_string (builder, "layer", advice->layer);
  why_json_add_double (builder, "score", advice->score);
  why_json_add_boolean (builder, "last", advice->is_last);
  why_json_add_string (builder, "grid", advice->grid);
  why_json_add_double (builder, "before", advice->before);
  why_json_add_double (builder, "after", advice->after);
  why_json_add_double (builder, "elsewhere", advice->elsewhere);
  why_json_add_double (builder, "logit_drop", advice->logit_drop);
  why_json_add_double (builder, "concentration", advice->concentration);
  why_json_add_double (builder, "agreement", advice->agreement);
  why_json_add_string (builder, "reason", advice->reason);
  json_builder_end_object (builder);
}

/* ---- figures of one map ---- */

static int
compare_down (gconstpointer a, gconstpointer b)
{
  const float first = *(const float *) a;
  const float second = *(const float *) b;
  return first > second ? -1 : first < second;
}

/* Finite magnitudes, the largest first. */
static float *
sorted_magnitudes (const WhyMap *map, gsize n)
{
  const float *values = map->values->data;
  float *sorted = g_new (float, n + 1);

  for (gsize cell = 0; cell < n; cell++)
    sorted[cell] = isfinite (values[cell]) ? fabsf (values[cell]) : 0;
  qsort (sorted, n, sizeof *sorted, compare_down);
  return sorted;
}

static double
find_concentration (const float *sorted, gsize n)
{
  double sum = 0;
  double held = 0;
  gsize cells = 0;

  for (gsize cell = 0; cell < n; cell++)
    sum += sorted[cell];
  while (cells < n && held < HELD * sum)
    held += sorted[cells++];
  return (double) cells / (double) n;
}

static double
correlate (const WhyMap *a, const WhyMap *b)
{
  const gsize n = why_tensor_count (a->values);
  const float *first = a->values->data;
  const float *second = b->values->data;
  double sums[5] = { 0 };

  for (gsize cell = 0; cell < n; cell++)
    {
      const double x = first[cell];
      const double y = second[cell];
      sums[0] += x;
      sums[1] += y;
      sums[2] += x * x;
      sums[3] += y * y;
      sums[4] += x * y;
    }
  const double spread = (sums[2] - sums[0] * sums[0] / n) * (sums[3] - sums[1] * sums[1] / n);
  return spread > 0 ? (sums[4] - sums[0] * sums[1] / n) / sqrt (spread) : NAN;
}

static gboolean
same_size (const WhyMap *a, const WhyMap *b)
{
  return a != NULL && b != NULL && a->values->rank == b->values->rank &&
         memcmp (a->values->dims, b->values->dims, (gsize) a->values->rank * sizeof *a->values->dims) == 0;
}

static gboolean
is_empty (const WhyMap *map)
{
  return !(map->maximum > 0 || map->minimum < 0) || map->n_not_finite > 0;
}

/* The mean over the nearest layers of the same size before and after. */
static double
find_agreement (const WhyResult *result, gsize n_layers, gsize layer)
{
  double sum = 0;
  int n = 0;

  for (int direction = -1; direction <= 1; direction += 2)
    {
      for (gssize other = (gssize) layer + direction; other >= 0 && other < (gssize) n_layers; other += direction)
        {
          if (!same_size (result->maps[layer], result->maps[other]) || is_empty (result->maps[other]))
            continue;
          const double r = correlate (result->maps[layer], result->maps[other]);
          if (!isnan (r))
            {
              sum += r;
              n++;
            }
          break;
        }
    }
  return n > 0 ? sum / n : NAN;
}

/* ---- covering the hottest part ---- */

/* The cell over a position of the input: the map is as large as the input. @moved: the map is moved by half its size
 * along each dimension, and what leaves it on one side comes in on the other. */
static gsize
cell_over (const WhyTensor *map, const gint64 *dims, gsize position, gboolean moved)
{
  gsize cell = 0;
  gsize step = 1;

  for (int axis = map->rank - 1; axis >= 0; axis--)
    {
      const gsize at = position % (gsize) dims[axis];
      position /= (gsize) dims[axis];
      const gsize n = (gsize) map->dims[axis];
      cell += step * ((at * n / (gsize) dims[axis] + (moved ? n / 2 : 0)) % n);
      step *= n;
    }
  return cell;
}

static WhyTensor *
cover_hottest (const WhyTensor *input, const WhyMap *map, float threshold, gboolean moved, GError **error)
{
  WhyTensor *covered = why_tensor_new (WHY_DTYPE_FLOAT32, input->rank, input->dims, error);
  const gsize n_channels = (gsize) input->dims[1];
  const gsize n_positions = why_tensor_count (input) / MAX (n_channels, 1);
  const float *values = map->values->data;

  if (covered == NULL)
    return NULL;
  memcpy (covered->data, input->data, covered->n_bytes);
  for (gsize channel = 0; channel < n_channels; channel++)
    {
      float *plane = (float *) covered->data + channel * n_positions;
      double mean = 0;
      for (gsize position = 0; position < n_positions; position++)
        mean += plane[position];
      mean /= (double) n_positions;
      for (gsize position = 0; position < n_positions; position++)
        {
          const float value = fabsf (values[cell_over (map->values, input->dims + 2, position, moved)]);
          if (value >= threshold)
            plane[position] = (float) mean;
        }
    }
  return covered;
}

/* Probability and logit of the class with the hottest cells covered. */
static gboolean
run_covered (const WhyRequest *request, const WhyJob *job, const WhyResult *result, const WhyMap *map, float threshold,
             gboolean moved, double *probability, double *logit, GError **error)
{
  const gsize target = (gsize) result->target_class;
  g_autoptr (WhyTensor) covered = cover_hottest (job->input, map, threshold, moved, error);
  g_autoptr (WhyTensor) probabilities = NULL;
  g_autoptr (WhyTensor) logits = NULL;
  WhyJob other = *job;

  other.input = covered;
  other.progress = NULL;
  if (covered == NULL || !why_cancel_check (job->cancel, error) ||
      !why_predict (&other, request->explain.output, request->explain.multi_label, &probabilities, &logits, error))
    return FALSE;
  *probability = why_tensor_get_f64 (probabilities, target);
  *logit = why_tensor_get_f64 (logits, target);
  return TRUE;
}

static gboolean
find_drop (WhyLayerAdvice *advice, const WhyRequest *request, const WhyJob *job, const WhyResult *result, const WhyMap *map,
           float threshold, GError **error)
{
  double logit;
  double logit_elsewhere;

  advice->before = why_tensor_get_f64 (result->probabilities, (gsize) result->target_class);
  if (!run_covered (request, job, result, map, threshold, FALSE, &advice->after, &logit, error) ||
      !run_covered (request, job, result, map, threshold, TRUE, &advice->elsewhere, &logit_elsewhere, error))
    return FALSE;
  advice->logit_drop = logit_elsewhere - logit;
  return TRUE;
}

/* ---- ranking ---- */

/* The last layer of each size that has a map, late ones first. */
static GArray *
find_candidates (const WhyRequest *request, const WhyResult *result)
{
  GArray *candidates = g_array_new (FALSE, FALSE, sizeof (gsize));

  for (gsize layer = g_strv_length (request->layers); layer-- > 0 && candidates->len < MAX_CANDIDATES;)
    {
      const WhyMap *map = result->maps[layer];
      gboolean known = map == NULL || is_empty (map) || request->layer_cells[layer] < 4;
      for (guint index = 0; !known && index < candidates->len; index++)
        known = same_size (map, result->maps[g_array_index (candidates, gsize, index)]);
      if (!known)
        g_array_append_val (candidates, layer);
    }
  return candidates;
}

static int
compare_scores (gconstpointer a, gconstpointer b)
{
  const WhyLayerAdvice *first = *(const WhyLayerAdvice *const *) a;
  const WhyLayerAdvice *second = *(const WhyLayerAdvice *const *) b;
  return first->score > second->score ? -1 : first->score < second->score;
}

static void
rank (GPtrArray *advices)
{
  double most_drop = 0;
  gsize most_cells = 2;

  for (guint index = 0; index < advices->len; index++)
    {
      const WhyLayerAdvice *advice = g_ptr_array_index (advices, index);
      most_drop = MAX (most_drop, advice->logit_drop);
      most_cells = MAX (most_cells, advice->cells);
    }
  for (guint index = 0; index < advices->len; index++)
    {
      WhyLayerAdvice *advice = g_ptr_array_index (advices, index);
      const double drop = most_drop > 0 ? MAX (advice->logit_drop, 0) / most_drop : 0;
      const double agreement = isnan (advice->agreement) ? 0 : MAX (advice->agreement, 0);
      advice->score = 0.6 * drop + 0.2 * agreement + 0.2 * log ((double) advice->cells) / log ((double) most_cells);
    }
  g_ptr_array_sort (advices, compare_scores);
}

static char *
make_reason (const WhyLayerAdvice *advice)
{
  g_autofree char *before = why_percent_text (advice->before);
  g_autofree char *after = why_percent_text (advice->after);
  g_autofree char *elsewhere = why_percent_text (advice->elsewhere);
  g_auto (GStrv) sides = g_strsplit (advice->grid, "x", -1);
  g_autofree char *grid = g_strjoinv (" × ", sides);
  GString *text = g_string_new (NULL);

  /* Translators: probabilities of a class */
  g_string_append_printf (text, _ ("Covering the hottest tenth of its map takes the class from %1$s to %2$s, the same shape elsewhere to %3$s"),
                          before, after, elsewhere);
  /* Translators: "14 × 14" */
  g_string_append_printf (text, _ ("; %s cells"), grid);
  g_string_append_printf (text, _ (", %.0f%% of them hold four fifths of the map"), 100 * advice->concentration);
  if (!isnan (advice->agreement))
    /* Translators: a correlation */
    g_string_append_printf (text, _ ("; likeness to its neighbours %.2f"), advice->agreement);
  if (advice->is_last)
    g_string_append (text, _ ("; last layer with places in the picture before the answer"));
  g_string_append_c (text, '.');
  return g_string_free (text, FALSE);
}

static char *
grid_text (const WhyMap *map)
{
  return why_dims_to_string (map->values->rank, map->values->dims);
}

GPtrArray *
why_layer_advice_make (const WhyRequest *request, const WhyJob *job, const WhyResult *result, GError **error)
{
  g_autoptr (GPtrArray) advices = g_ptr_array_new_with_free_func ((GDestroyNotify) why_layer_advice_free);
  g_autoptr (GArray) candidates = find_candidates (request, result);
  const gsize n_layers = g_strv_length (request->layers);

  for (guint index = 0; index < candidates->len; index++)
    {
      const gsize layer = g_array_index (candidates, gsize, index);
      const WhyMap *map = result->maps[layer];
      const gsize n = why_tensor_count (map->values);
      if (map->values->rank != job->input->rank - 2)
        continue;
      g_autofree float *sorted = sorted_magnitudes (map, n);
      const gsize n_covered = (gsize) MAX (1.0, rint (COVERED * (double) n));
      WhyLayerAdvice *advice = g_new0 (WhyLayerAdvice, 1);
      g_ptr_array_add (advices, advice);
      advice->layer = g_strdup (request->layers[layer]);
      advice->is_last = g_strcmp0 (request->layers[layer], request->preset_layer) == 0;
      advice->cells = n;
      advice->grid = grid_text (map);
      advice->concentration = find_concentration (sorted, n);
      advice->agreement = find_agreement (result, n_layers, layer);
      /* No more than is hot at all. */
      const float threshold = MAX (sorted[n_covered - 1], sorted[0] * 1e-6f);
      if (!find_drop (advice, request, job, result, map, threshold, error))
        return NULL;
    }
  rank (advices);
  for (guint index = 0; index < advices->len; index++)
    {
      WhyLayerAdvice *advice = g_ptr_array_index (advices, index);
      advice->reason = make_reason (advice);
    }
  return g_steal_pointer (&advices);
}
