#include "config.h"

#include "measure/resolution.h"

gboolean
why_resolution_of_layer (const WhyLayer *layer,
                         const WhyAffine *input_to_source,
                         WhyResolution *resolution)
{
  if (layer->n_spatial != 2 || layer->to_input.xx == 0 || layer->to_input.yy == 0)
    return FALSE;

  const WhyAffine to_source = why_affine_compose (&layer->to_input, input_to_source);
  double field_x = layer->receptive_field[1], field_y = layer->receptive_field[0];
  why_affine_apply_distance (input_to_source, &field_x, &field_y);
  *resolution = (WhyResolution) {
    .cell_x = fabs (to_source.xx),
    .cell_y = fabs (to_source.yy),
    .field_x = fabs (field_x),
    .field_y = fabs (field_y),
    .smallest = 2 * MAX (fabs (to_source.xx), fabs (to_source.yy)),
    .grid_to_source = to_source,
    .n_columns = layer->grid[1],
    .n_rows = layer->grid[0],
  };
  return TRUE;
}
