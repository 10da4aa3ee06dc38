#pragma once

#include "onnx/model.h"

G_BEGIN_DECLS

/** why_onnx_replaced_free: frees a model made by why_onnx_model_replace() */
void why_onnx_replaced_free (WhyOnnxModel *model);

G_END_DECLS
