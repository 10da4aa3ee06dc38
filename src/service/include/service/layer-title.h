#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * why_layer_title:
 * @name: ONNX tensor name
 * @op: operator that makes it
 *
 * Exporters write the path of modules into names, each level with all of those above it
 * ("/features/features.18/features.18.2/Clip_output_0"). What a person wants to read is where the layer
 * is: without repetitions, the number of the output, and the operator where the module's name is enough.
 *
 * Returns: (transfer full): "features.18.2"
 */
char *why_layer_title (const char *name, const char *op) G_GNUC_WARN_UNUSED_RESULT;

/** why_layer_shape_text: Returns: (transfer full): "512 × 14 × 14" for "1x512x14x14": what a person reads */
char *why_layer_shape_text (const char *shape) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
