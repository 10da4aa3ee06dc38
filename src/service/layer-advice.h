#pragma once

#include "service/layer-advice.h"

G_BEGIN_DECLS

/**
 * why_layer_advice_make:
 * @request: with layers and the preset one
 * @job: the session and the prepared input
 * @result: its maps
 *
 * Of each size of map the last layer is a candidate. At most twelve forward runs. The session is left with another
 * input.
 *
 * Returns: (transfer full) (element-type WhyLayerAdvice): best first; none where all maps are empty
 */
GPtrArray *why_layer_advice_make (const WhyRequest *request, const WhyJob *job, const WhyResult *result,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
