#pragma once

#include "base/affine.h"
#include "explain/layer.h"

G_BEGIN_DECLS

/**
 * WhyResolution:
 * @cell_x, @cell_y: the size of a cell of the layer, in source pixels
 * @field_x, @field_y: what a cell in the middle can see, in source pixels
 * @smallest: the smallest structure that can be told from its neighbour: two cells of the coarser axis, in
 *   source pixels: of what lies closer, a map of this layer shows one spot
 * @grid_to_source: from cells to source pixels
 * @n_columns, @n_rows: of the grid
 *
 * The resolution limit of a layer. A map may be drawn smooth; it knows no more than its cells.
 */
typedef struct
{
  double cell_x, cell_y;
  double field_x, field_y;
  double smallest;
  WhyAffine grid_to_source;
  gint64 n_columns, n_rows;
} WhyResolution;

/**
 * why_resolution_of_layer:
 * @layer: of two dimensions of space
 * @input_to_source: from pixels of the network's input to source pixels
 *
 * Returns: %FALSE if the layer has not two dimensions, or its stride is not known
 */
gboolean why_resolution_of_layer (const WhyLayer *layer,
                                  const WhyAffine *input_to_source,
                                  WhyResolution *resolution);

G_END_DECLS
