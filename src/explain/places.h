#pragma once

#include "field.h"
#include "graph/graph.h"

G_BEGIN_DECLS

/* Which part of the picture each element of each tensor is about, read off the graph.
 *
 * Convolutional networks keep the picture's axes, but transformers do not: a ViT holds its picture as
 * [1, 197, 768] (14 x 14 patches and a class token), a Swin as [1, 56, 56, 96] or in windows as [64,
 * 49, 96]. So places are followed from the picture through every operator. An element's place is a
 * box of the picture, one interval for each of its dimensions (field.h). What is assumed:
 *
 * - Operators that move elements (Reshape, Transpose, Slice, Concat, Gather, Pad, Split, ...) move
 *   their places. Nothing is assumed here.
 * - What a convolution, pool or resize makes of a regular grid of cells is a regular grid over the
 *   same part of the picture, as when a map is stretched over the picture.
 * - Operators on single elements keep the place. Where operands differ, one that lies in the other
 *   wins: x + f(x) stays at x's place though f looked at the whole picture, and a gate does not move
 *   what it gates. Else the result covers both.
 * - Sums (Reduce, MatMul, Gemm, Einsum) cover all places that they sum over.
 * - A product of two tensors with places of their own is a comparison of places, as the scores of
 *   attention are; it is about the query, which is what the softmax afterwards does not sum over (the
 *   left operand, where there is none). Multiplied with the values it stays at the query's place.
 * - Constants (position embeddings, class tokens, padding) have no place.
 *
 * A tensor in which the places make up a whole grid, each cell once, can be shown as [1, C, grid...]
 * whatever order its elements come in; elements without a place (class, distillation and register
 * tokens) are left out. No name of a network and no hint is needed. */

typedef struct _WhyPlaces WhyPlaces;

/** why_places_get: Returns: (transfer none): of all values of @graph; kept with it. Tensors that
 *   differentiation added have none */
const WhyPlaces *why_places_get (WhyGraph *graph);

/* Intervals are counted in this many units a pixel. */
#define WHY_PLACES_UNITS 1024

/** why_places_n_spatial: of the picture; 0 where the first input is none */
int why_places_n_spatial (const WhyPlaces *places);

/** why_places_home: Returns: (nullable) (transfer none): along the picture's dimension @axis; %NULL
 *   for values that do not depend on the picture */
const WhyField *why_places_home (const WhyPlaces *places, const WhyValue *value, int axis);

/** why_places_keep_preset: remembers what is explained where no layer is named; for layer.c */
void why_places_keep_preset (WhyGraph *graph, const WhyValue *of, const WhyValue *preset);
gboolean why_places_kept_preset (const WhyPlaces *places, const WhyValue *of, const WhyValue **preset);

typedef enum
{
  WHY_GRID_NONE,
  WHY_GRID_PLAIN,  /* dims are N, C, grid... already */
  WHY_GRID_TOKENS, /* to be rearranged */
} WhyGridKind;

/**
 * WhyGrid:
 * @n_spatial: dimensions of the grid, those of the picture
 * @cells: its size, first to last
 * @cell_size: pixels a cell covers, per dimension
 * @channels: numbers in a cell
 * @n_others: tokens without a cell
 * @is_position: which axes of the tensor count positions; the others count channels
 * @positions: (nullable) (array): of WHY_GRID_TOKENS: for each cell, the flat index over those axes
 *
 * How a tensor is a grid over the picture.
 */
typedef struct
{
  WhyGridKind kind;
  int n_spatial;
  gint64 cells[3];
  double cell_size[3];
  gint64 channels;
  gint64 n_others;
  gboolean is_position[WHY_MAX_RANK];
  gint64 *positions;
} WhyGrid;

/** why_grid_init: of any value; %FALSE, with kind WHY_GRID_NONE, where it is none */
gboolean why_grid_init (WhyGrid *grid, const WhyPlaces *places, const WhyValue *value);
void why_grid_clear (WhyGrid *grid);

gsize why_grid_n_cells (const WhyGrid *grid);

/** why_grid_to_map: Returns: (transfer full): @tensor, of the value the grid is of, as [1, C, grid...]
 *   float32; itself where it is that already */
WhyTensor *why_grid_to_map (const WhyGrid *grid, WhyTensor *tensor, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_grid_from_map: Returns: (transfer full): the inverse: @map in the places of a dense copy of
 *   @tensor, whose tokens without a cell stay */
WhyTensor *why_grid_from_map (const WhyGrid *grid, WhyTensor *map, WhyTensor *tensor,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WhyGrid, why_grid_clear)

G_END_DECLS
