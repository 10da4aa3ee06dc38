#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * why_onnx_sniff:
 *
 * Asked when bytes turned out not to be a model: what are they then?
 *
 * Returns: (nullable): a sentence that says what the file is and what to do, or %NULL
 */
const char *why_onnx_sniff (const guint8 *data, gsize n_bytes);

G_END_DECLS
