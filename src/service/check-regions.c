#include "config.h"

#include "check-private.h"

#include "base/error.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* What each of some regions contributes to the answer: all combinations of them are covered, and the probability is shared out
 * by Shapley's rule. Two regions of which one is enough share what they have in common, where covering one after the other
 * would give all of it to the second. */

typedef struct
{
  const WhyCheckRequest *check;
  const WhyJob *job;
  WhyTensor *background; /* source pixels with what stays covered */
} Game;

/* @except: bits of those among the first WHY_REGIONS_MAX that are left out */
static gboolean
cover_all (const WhyRequest *request, WhyTensor *pixels, const WhyCover *covers, gsize n_covers, guint except,
           GError **error)
{
  for (gsize cover = 0; cover < n_covers; cover++)
    {
      const gboolean left_out = cover < WHY_REGIONS_MAX && (except & 1u << cover) != 0;
      if (!left_out && !why_request_occlude (request, pixels, &covers[cover], error))
        return FALSE;
    }
  return TRUE;
}

/* The probability with the regions of the others covered. */
static gboolean
play (guint players, double *value, gpointer data, GError **error)
{
  const Game *game = data;
  const WhyRequest *request = game->check->request;
  const GArray *regions = game->check->regions;
  WhyJob job = *game->job;
  g_autoptr (WhyTensor) probabilities = NULL;
  g_autoptr (WhyTensor) logits = NULL;
  g_autoptr (WhyTensor) pixels = why_tensor_copy (game->background, error);

  if (pixels == NULL ||
      !cover_all (request, pixels, &g_array_index (regions, WhyCover, 0), regions->len, players, error))
    return FALSE;
  g_autoptr (WhyTensor) prepared = why_request_prepare (request, pixels, error);
  job.input = prepared;
  job.progress = NULL;
  if (prepared == NULL ||
      !why_predict (&job, request->explain.output, request->explain.multi_label, &probabilities, &logits, error))
    return FALSE;
  *value = why_tensor_get_f64 (probabilities, (gsize) game->check->target_class);
  return TRUE;
}

gboolean
why_check_regions_possible (const GArray *regions)
{
  return regions->len >= 2 && regions->len <= WHY_REGIONS_MAX;
}

gboolean
why_check_run_regions (const WhyCheckRequest *check, const WhyJob *job, WhyRegions *result, GError **error)
{
  const WhyRequest *request = check->request;
  Game game = { .check = check, .job = job };

  if (request->pixels == NULL || request->pixels->rank != 3 || !why_check_regions_possible (check->regions))
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "Shares are computed for 2 to %d regions of a picture, outlined or covered, not for %u",
                   WHY_REGIONS_MAX, check->regions->len);
      return FALSE;
    }
  g_autoptr (WhyTensor) background = why_tensor_copy (request->pixels, error);
  if (background == NULL || !cover_all (request, background, request->covers, check->n_background, 0, error))
    return FALSE;
  game.background = background;
  result->n = check->regions->len;
  result->names = g_strdupv (check->names);
  return why_shapley_exact (result->n, play, &game, result->shares, &result->none, &result->all, job->cancel,
                            job->progress, job->progress_data, error);
}

/* In points of a hundred, with a real minus. */
static char *
points (double share)
{
  const double rounded = rint (share * 1000) / 10;

  return g_strdup_printf ("%s%.1f", rounded < 0 ? "−" : rounded > 0 ? "+" : "", fabs (rounded));
}

char *
why_check_describe_regions (const WhyRegions *regions)
{
  g_autoptr (GString) shares = g_string_new (NULL);
  guint largest = 0;

  for (guint region = 0; region < regions->n; region++)
    {
      g_autofree char *share = points (regions->shares[region]);
      g_string_append_printf (shares, "%s%s %s", region > 0 ? ", " : "", regions->names[region], share);
      if (regions->shares[region] > regions->shares[largest])
        largest = region;
    }
  /* Translators: region; two probabilities in percent; "left bag +41.0, right bag −1.2" */
  return g_strdup_printf (_ ("Most rests on “%1$s”. With all regions covered the probability is %2$.1f%%, with none "
                             "%3$.1f%%; of the difference, in percentage points: %4$s."),
                          regions->names[largest], regions->none * 100, regions->all * 100, shares->str);
}
