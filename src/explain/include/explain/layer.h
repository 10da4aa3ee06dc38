#pragma once

#include "base/affine.h"
#include "graph/graph.h"

G_BEGIN_DECLS

/**
 * WhyLayer:
 * @name: the ONNX tensor name
 * @op: type of the operator that makes it
 * @node: name of that node
 * @rank, @dims: its shape: N x C x spatial, or any of a token layer
 * @tokens: a token layer: its elements are a grid over the picture in another order; methods see it
 *   as 1 x @channels x @grid
 * @n_spatial: 1 to 3
 * @grid: cells per spatial dimension
 * @channels: numbers in a cell
 * @n_other_tokens: of a token layer: tokens without a cell: class, distillation, registers, padding
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
  gboolean tokens;
  int n_spatial;
  gint64 grid[3];
  gint64 channels;
  gint64 n_other_tokens;
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
 * topological order: those with the picture's dimensions, and token layers (ViT, DeiT, Swin and
 * their kin, channels-last tensors), which are found by following places through the graph. Not
 * listed are token layers on none of whose cells @of depends (after the last attention of a ViT only
 * the class token is read on) or that hold one number a token (statistics), and attention scores.
 * Stride and receptive field come from the operators' region rules: a cell in
 * the middle is traced back to the box of input pixels that it depends on.
 *
 * Returns: (transfer full) (element-type WhyLayer): a GPtrArray that frees its elements
 */
GPtrArray *why_layers_list (WhyGraph *graph, const WhyValue *of) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_layers_preset:
 *
 * Returns: (nullable) (transfer none): the tensor that is explained when none is named: the last one
 *   of the picture's dimensions; of a token model, the last grid of tokens all of whose cells @of
 *   depends on, before its last attention or mean. Worked out once for a graph
 */
const WhyValue *why_layers_preset (WhyGraph *graph, const WhyValue *of);

G_END_DECLS
