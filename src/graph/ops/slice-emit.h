#pragma once

#include "graph/op.h"

G_BEGIN_DECLS

/** why_emit_slice: the part of @value from @begin up to, not including, @end along @axis */
WhyValue *why_emit_slice (WhyGraph *graph, GError **error, WhyValue *value, int axis, gint64 begin,
                          gint64 end);

/** why_emit_place: @value from @offset on along @axis in zeros, @extent entries long there */
WhyValue *why_emit_place (WhyGraph *graph, GError **error, WhyValue *value, int axis, gint64 offset,
                          gint64 extent);

G_END_DECLS
