#pragma once

#include "base/affine.h"
#include "graph/graph.h"

G_BEGIN_DECLS

/**
 * WhyLayer:
 * @name: the ONNX tensor name
 * @op: type of the operator that makes it
 * @node: name of that node
 * @rank, @dims: its shape, N x C x spatial
 * @n_spatial: 1 to 3
 * @stride: input pixels between neighbouring cells, per spatial dimension (first to last); 0 if
 * unknown
 * @receptive_field: input pixels that one cell in the middle sees, per spatial dimension
 * @to_input: from cells to input pixels in the last two spatial dimensions, half-pixel convention
 * @depth_scale, @depth_offset: likewise for the first of three
 *
 * A tensor that can be explained: it has spatial extent and the score depends on it.
 */
typedef struct
{
  char *name;
  char *op;
  char *node;
  int rank;
  gint64 dims[WHY_MAX_RANK];
  int n_spatial;
  double stride[3];
  double receptive_field[3];
  WhyAffine to_input;
  double depth_scale;
  double depth_offset;
} WhyLayer;

void why_layer_free (WhyLayer *layer);

/**
 * why_layers_list:
 * @graph: for concrete shapes
 * @of: the value that scores are made of (why_target_find())
 *
 * Tensors with spatial extent on a path from the first input to @of, without @of itself, in
 * topological order. Stride and receptive field come from the operators' region rules: a cell in
 * the middle is traced back to the box of input pixels that it depends on.
 *
 * Returns: (transfer full) (element-type WhyLayer): a GPtrArray that frees its elements
 */
GPtrArray *why_layers_list (WhyGraph *graph, const WhyValue *of) G_GNUC_WARN_UNUSED_RESULT;

/** why_layers_default: Returns: (transfer none) (nullable): the last one: of several tensors of the
 *   same spatial size at the end, the last that feeds the score */
const WhyLayer *why_layers_default (const GPtrArray *layers);

G_END_DECLS
