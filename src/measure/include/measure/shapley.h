#pragma once

#include "base/cancel.h"
#include "engine/session.h"

G_BEGIN_DECLS

/* 2^12 runs of the network are some minutes. */
#define WHY_SHAPLEY_MAX_PLAYERS 12

/**
 * WhyShapleyValue:
 * @players: bit p is set: player p takes part
 * @value: (out): what the players achieve together
 */
typedef gboolean (*WhyShapleyValue) (guint players, double *value, gpointer data, GError **error);

/**
 * why_shapley_exact:
 * @n: players, 1 to %WHY_SHAPLEY_MAX_PLAYERS
 * @value: called once for each of the 2^@n sets of players
 * @shares: (out caller-allocates) (array length=n): the Shapley value of each player: its mean contribution over all
 *   orders in which they may join; together value of all less value of none (Shapley 1953; for pictures Štrumbelj and
 *   Kononenko 2010)
 * @none, @all: (out) (nullable): the values of the empty and of the full set
 * @progress: (nullable)
 */
gboolean why_shapley_exact (guint n,
                            WhyShapleyValue value,
                            gpointer data,
                            double *shares,
                            double *none,
                            double *all,
                            WhyCancel *cancel,
                            WhyProgress progress,
                            gpointer progress_data,
                            GError **error);

G_END_DECLS
