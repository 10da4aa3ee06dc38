#pragma once

#include "onnx/model.h"

G_BEGIN_DECLS

/* All of these take what a failed parse left half filled. */
void why_onnx_graph_free (WhyOnnxGraph *graph);
void why_onnx_function_clear (WhyOnnxFunction *function);
void why_onnx_opsets_free (WhyOnnxOpset *opsets, gsize n);

/* Drops initializers that a later one of the same name replaces, and inputs that are initializers. */
void why_onnx_graph_finish_initializers (WhyOnnxGraph *graph);

G_END_DECLS
