#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** random_net: Returns: (transfer full): the text (see net-check.h) of a random network on one
 * picture: convolutions, normalisations, activations, residual sums, gates, pools, joins, cuts,
 * transpositions, with values that are read several times. It depends on @seed alone. */
char *random_net (guint32 seed) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
