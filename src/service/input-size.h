#pragma once

#include "graph/graph.h"
#include "image/recipe.h"

G_BEGIN_DECLS

/**
 * why_input_graph:
 * @recipe: gets the size where nobody stated it and the one assumed does not fit the network
 * @prepared: (nullable): shape of the tensor that will be given; taken where it agrees with what the
 *   file states
 * @shapes: (out caller-allocates) (array): of all inputs of @onnx: open dimensions as @prepared or a
 *   picture of the recipe's size has them
 *
 * Exporters leave sizes open that the network itself does not: position embeddings and layers behind
 * a Flatten fit one size only. Where the size is merely assumed and does not fit, one is looked for
 * that does; where it is stated, the error says which one would.
 *
 * Returns: (transfer full) (nullable): the graph for these shapes
 */
WhyGraph *why_input_graph (WhyOnnxModel *onnx, WhyRecipe *recipe, const WhyShape *prepared, WhyShape *shapes,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
