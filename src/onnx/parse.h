#pragma once

#include "reader.h"

G_BEGIN_DECLS

/* Fills a model from the bytes of a ModelProto. What was filled stays on failure, for the model to
 * free. */
gboolean why_onnx_parse_model (WhyOnnxReader *reader, WhyOnnxModel *model, GError **error);

G_END_DECLS
