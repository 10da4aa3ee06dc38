#include "config.h"

#include "explain/concepts.h"

#include "base/error.h"
#include "methods.h"
#include "explain/noise.h"
#include "places.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* Non-negative matrix factorisation by hierarchical coordinate descent (Cichocki and Phan, 2009;
 * the solver of scikit-learn is of this kind): X, positions x channels, becomes P C with P
 * positions x k and C k x channels. One pass makes each column of one factor the best one for the
 * others given, clipped at 0. */

#define ITERATIONS_MAX 500
/* Relative change of the error, between checks, below which it is done. */
#define TOLERANCE 1e-5
#define CHECK_EVERY 10
#define CONCEPTS_MAX 50

typedef struct
{
  gsize n, m, k;    /* positions, channels, concepts */
  const double *x;  /* n x m */
  double *p;        /* n x k */
  double *c;        /* k x m */
  double *products; /* room: max (n, m) x k */
  double *gram;     /* room: k x k */
} Factors;

void
why_concepts_clear (WhyConcepts *concepts)
{
  for (gsize place = 0; place < concepts->n_concepts; place++)
    {
      why_tensor_unref (concepts->concepts[place].map);
      g_free (concepts->concepts[place].direction);
      g_free (concepts->concepts[place].channels);
    }
  g_clear_pointer (&concepts->concepts, g_free);
  g_clear_pointer (&concepts->layer, g_free);
  concepts->n_concepts = 0;
}

/* One value of a factor: rows of @values (n x k, or k x m seen by columns) against the other
 * factor's gram matrix and products. */
static void
descend (double *values,
         gsize n,
         gsize k,
         gsize row_step,
         gsize step,
         const double *products,
         const double *gram)
{
  for (gsize concept = 0; concept < k; concept++)
    {
      const double length = gram[concept * k + concept];
      if (length <= 0)
        continue;
      for (gsize row = 0; row < n; row++)
        {
          double *at = values + row * row_step;
          double pull = products[row * k + concept];
          for (gsize other = 0; other < k; other++)
            pull -= gram[concept * k + other] * at[other * step];
          at[concept * step] = fmax (at[concept * step] + pull / length, 0);
        }
    }
}

static void
iterate (Factors *f)
{
  const int n = (int) f->n, m = (int) f->m, k = (int) f->k;

  /* P for given C: products X C^T, gram C C^T. */
  cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, n, k, m, 1, f->x, m, f->c, m, 0,
               f->products, k);
  cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, k, k, m, 1, f->c, m, f->c, m, 0, f->gram,
               k);
  descend (f->p, f->n, f->k, f->k, 1, f->products, f->gram);
  /* C for given P: products X^T P, gram P^T P. */
  cblas_dgemm (CblasRowMajor, CblasTrans, CblasNoTrans, m, k, n, 1, f->x, m, f->p, k, 0,
               f->products, k);
  cblas_dgemm (CblasRowMajor, CblasTrans, CblasNoTrans, k, k, n, 1, f->p, k, f->p, k, 0, f->gram,
               k);
  descend (f->c, f->m, f->k, 1, f->m, f->products, f->gram);
}

static double
get_error (const Factors *f)
{
  double squares = 0, total = 0;

  for (gsize at = 0; at < f->n; at++)
    for (gsize channel = 0; channel < f->m; channel++)
      {
        double value = f->x[at * f->m + channel];
        total += value * value;
        for (gsize concept = 0; concept < f->k; concept++)
          value -= f->p[at * f->k + concept] * f->c[concept * f->m + channel];
        squares += value * value;
      }
  return total > 0 ? sqrt (squares / total) : 0;
}

/* Uniform numbers of about the size that the product needs. */
static void
start (Factors *f, guint64 seed)
{
  double sum = 0;

  for (gsize at = 0; at < f->n * f->m; at++)
    sum += f->x[at];
  const double size = sqrt (sum / (double) MAX (f->n * f->m, 1) / (double) f->k) * 2;
  for (gsize at = 0; at < f->n * f->k; at++)
    f->p[at] = size * why_noise_uniform (seed, at);
  for (gsize at = 0; at < f->k * f->m; at++)
    f->c[at] = size * why_noise_uniform (seed, f->n * f->k + at);
}

/* Channels that go below 0 are shifted up by their minimum. */
static double *
shifted_rows (const WhyTensor *activation)
{
  const WhyWalk walk = why_walk (activation);
  double *rows = why_method_rows (activation);

  for (gsize c = 0; c < walk.channels; c++)
    {
      double least = 0;
      for (gsize at = 0; at < walk.positions; at++)
        least = fmin (least, rows[at * walk.channels + c]);
      for (gsize at = 0; least < 0 && at < walk.positions; at++)
        rows[at * walk.channels + c] -= least;
    }
  return rows;
}

typedef struct
{
  double value;
  gint64 index;
} Ranked;

static int
by_value (const void *a, const void *b)
{
  const Ranked *one = a, *other = b;
  if (one->value != other->value)
    return one->value > other->value ? -1 : 1;
  return one->index < other->index ? -1 : 1;
}

static gboolean
take_concept (
  const Factors *f, gsize number, const WhyTensor *activation, WhyConcept *concept, GError **error)
{
  g_autofree double *place = g_new (double, MAX (f->n, 1));
  g_autofree Ranked *order = g_new (Ranked, MAX (f->m, 1));
  double length = 0;

  /* The concept has length 1, its size goes to the map. */
  for (gsize channel = 0; channel < f->m; channel++)
    length += f->c[number * f->m + channel] * f->c[number * f->m + channel];
  length = sqrt (length);
  concept->direction = g_new0 (double, MAX (f->m, 1));
  concept->channels = g_new0 (gint64, MAX (f->m, 1));
  for (gsize channel = 0; channel < f->m; channel++)
    {
      concept->direction[channel] = length > 0 ? f->c[number * f->m + channel] / length : 0;
      order[channel] = (Ranked){ concept->direction[channel], (gint64) channel };
    }
  qsort (order, f->m, sizeof *order, by_value);
  for (gsize channel = 0; channel < f->m; channel++)
    concept->channels[channel] = order[channel].index;
  concept->share = 0;
  for (gsize at = 0; at < f->n; at++)
    {
      place[at] = f->p[at * f->k + number] * length;
      concept->share += place[at];
    }
  concept->map = why_method_new_values (activation, place, error);
  return concept->map != NULL;
}

static int
by_concept_share (const void *a, const void *b)
{
  const WhyConcept *one = a, *other = b;
  return one->share > other->share ? -1 : one->share < other->share;
}

static gboolean
factorise (const WhyJob *job,
           const WhyTensor *activation,
           gsize k,
           guint64 seed,
           WhyConcepts *concepts,
           GError **error)
{
  const WhyWalk walk = why_walk (activation);
  g_autofree double *x = shifted_rows (activation);
  g_autofree double *p = g_new (double, walk.positions *k), *c = g_new (double, k *walk.channels);
  g_autofree double *products = g_new (double, MAX (walk.positions, walk.channels) * k);
  g_autofree double *gram = g_new (double, k *k);
  Factors f = { walk.positions, walk.channels, k, x, p, c, products, gram };
  double total = 0;

  start (&f, seed);
  concepts->error = get_error (&f);
  for (concepts->n_iterations = 0; concepts->n_iterations < ITERATIONS_MAX;)
    {
      for (int step = 0; step < CHECK_EVERY; step++, concepts->n_iterations++)
        {
          if (!why_cancel_check (job->cancel, error))
            return FALSE;
          iterate (&f);
        }
      const double before = concepts->error;
      concepts->error = get_error (&f);
      if (before - concepts->error < TOLERANCE * before)
        break;
    }
  concepts->concepts = g_new0 (WhyConcept, k);
  concepts->n_concepts = k;
  for (gsize number = 0; number < k; number++)
    {
      if (!take_concept (&f, number, activation, &concepts->concepts[number], error))
        return FALSE;
      total += concepts->concepts[number].share;
    }
  for (gsize number = 0; total > 0 && number < k; number++)
    concepts->concepts[number].share /= total;
  qsort (concepts->concepts, k, sizeof *concepts->concepts, by_concept_share);
  return TRUE;
}

static gboolean
find_layer (const WhyJob *job, gboolean multi_label, const char **layer, GError **error)
{
  WhyShape shape = { .rank = job->input->rank };
  WhyTarget target;
  memcpy (shape.dims, job->input->dims, sizeof shape.dims);
  WhyGraph *graph = why_session_prepare (job->session, &shape, 1, error);

  if (graph == NULL || !why_target_find (graph, NULL, multi_label, &target, error))
    return FALSE;
  if (*layer != NULL)
    {
      const WhyValue *value = why_graph_require_value (graph, *layer, error);
      g_auto (WhyGrid) grid = { 0 };
      if (value != NULL && !why_grid_init (&grid, why_places_get (graph), value))
        g_set_error (
          error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
          "Tensor '%s' has no spatial extent, so there are no concepts in it; the layers "
          "command lists those that have",
          *layer);
      return grid.kind != WHY_GRID_NONE;
    }
  const WhyValue *preset = why_layers_preset (graph, target.logits);
  if (preset != NULL)
    *layer = preset->name;
  else
    g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                 "The network has no layer with spatial extent to look for concepts in");
  return preset != NULL;
}

gboolean
why_concepts_make (const WhyJob *job,
                   const char *layer,
                   gboolean multi_label,
                   gsize n_wanted,
                   guint64 seed,
                   WhyConcepts *concepts,
                   GError **error)
{
  g_autoptr (WhyTensor) activation = NULL;

  memset (concepts, 0, sizeof *concepts);
  if (!find_layer (job, multi_label, &layer, error) ||
      !why_method_activations (job, &layer, 1, &activation, error))
    return FALSE;
  const WhyWalk walk = why_walk (activation);
  const gsize most = MIN (MIN (walk.positions, walk.channels), CONCEPTS_MAX);
  if (n_wanted < 1 || n_wanted > most)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "At '%s' there can be 1 to %" G_GSIZE_FORMAT " concepts, not %" G_GSIZE_FORMAT,
                   layer, most, n_wanted);
      return FALSE;
    }
  concepts->layer = g_strdup (layer);
  concepts->n_channels = (gint64) walk.channels;
  if (factorise (job, activation, n_wanted, seed, concepts, error))
    return TRUE;
  why_concepts_clear (concepts);
  return FALSE;
}
