#include "config.h"

#include "measure/shapley.h"

#include "base/error.h"

/* |S|! (n - |S| - 1)! / n! for every size of a set S that the player is not in. */
static void
make_weights (guint n, double *weights)
{
  weights[0] = 1.0 / n;
  for (guint size = 1; size < n; size++)
    weights[size] = weights[size - 1] * size / (n - size);
}

gboolean
why_shapley_exact (guint n,
                   WhyShapleyValue value,
                   gpointer data,
                   double *shares,
                   double *none,
                   double *all,
                   WhyCancel *cancel,
                   WhyProgress progress,
                   gpointer progress_data,
                   GError **error)
{
  double weights[WHY_SHAPLEY_MAX_PLAYERS];

  if (n < 1 || n > WHY_SHAPLEY_MAX_PLAYERS)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
                   "Exact Shapley values are computed for 1 to %d regions, not for %u; join or hide some",
                   WHY_SHAPLEY_MAX_PLAYERS, n);
      return FALSE;
    }

  const guint n_sets = 1u << n;
  g_autofree double *values = g_new (double, n_sets);
  for (guint players = 0; players < n_sets; players++)
    {
      if (!why_cancel_check (cancel, error) || !value (players, &values[players], data, error))
        return FALSE;
      if (progress != NULL)
        progress ((double) (players + 1) / n_sets, progress_data);
    }
  make_weights (n, weights);
  for (guint player = 0; player < n; player++)
    {
      shares[player] = 0;
      for (guint players = 0; players < n_sets; players++)
        if ((players & 1u << player) == 0)
          shares[player] += weights[__builtin_popcount (players)] *
                            (values[players | 1u << player] - values[players]);
    }
  if (none != NULL)
    *none = values[0];
  if (all != NULL)
    *all = values[n_sets - 1];
  return TRUE;
}
