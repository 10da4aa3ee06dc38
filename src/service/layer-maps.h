#pragma once

#include "service/runner.h"

G_BEGIN_DECLS

/* Maps of all layers of a network for one question, for thumbnails and for walking through them. */

/* All maps together have no more cells than this (64 MB). */
#define WHY_LAYER_CELLS_MAX ((gsize) 16 << 20)

typedef struct _WhyLayerChecks WhyLayerChecks;

void why_layer_checks_free (WhyLayerChecks *checks);

/**
 * why_layer_maps_make:
 * @checks: (inout): whether the method can run at the layers, as the last request of this network knew it
 * @request: with layers
 * @job: the session and the prepared input
 * @result: gets maps, reasons, probabilities, logits and the class
 *
 * Where the method takes one run for all layers, a map of each that it can be made of and that is small
 * enough; for the others the reason.
 */
gboolean why_layer_maps_make (WhyLayerChecks **checks, const WhyRequest *request, const WhyJob *job, WhyResult *result,
                              GError **error);

G_END_DECLS
