#pragma once

#include "graph/graph.h"

G_BEGIN_DECLS

/* Resize is separable: along each axis every output position is a weighted sum of a few input
 * positions. These tables hold the weights; the plain definition, its gradient (which is exactly
 * the adjoint) and fast kernels all read the same ones. */

typedef enum
{
  WHY_RESIZE_NEAREST,
  WHY_RESIZE_LINEAR,
  WHY_RESIZE_CUBIC,
} WhyResizeMode;

typedef enum
{
  WHY_RESIZE_HALF_PIXEL,
  WHY_RESIZE_HALF_PIXEL_SYMMETRIC,
  WHY_RESIZE_PYTORCH_HALF_PIXEL,
  WHY_RESIZE_ALIGN_CORNERS,
  WHY_RESIZE_ASYMMETRIC,
  WHY_RESIZE_TF_HALF_PIXEL_FOR_NN,
  WHY_RESIZE_TF_CROP_AND_RESIZE,
} WhyResizeCoordinates;

typedef enum
{
  WHY_RESIZE_ROUND_PREFER_FLOOR,
  WHY_RESIZE_ROUND_PREFER_CEIL,
  WHY_RESIZE_FLOOR,
  WHY_RESIZE_CEIL,
} WhyResizeNearest;

/**
 * WhyResizeParams:
 * @from, @to: the scale of each axis is @to / @from: kept as two numbers because with given sizes
 *   these are whole, and so are positions computed from them
 * @roi_lo, @roi_hi: the part of each axis that is resized, 0 to 1; for tf_crop_and_resize
 * @extrapolation: what positions outside the axis get; for tf_crop_and_resize
 *
 * Of "Resize" and "Upsample", of the adjoint "ResizeGrad", and of "ResizeBy", which is Resize with
 * everything in attributes.
 */
typedef struct
{
  WhyResizeMode mode;
  WhyResizeCoordinates coordinates;
  WhyResizeNearest nearest;
  gboolean exclude_outside;
  gboolean antialias;
  double cubic_a;
  double extrapolation;
  double from[WHY_MAX_RANK];
  double to[WHY_MAX_RANK];
  double roi_lo[WHY_MAX_RANK];
  double roi_hi[WHY_MAX_RANK];
} WhyResizeParams;

/**
 * WhyResizeTable:
 * @size: number of output positions
 * @n_taps: how many input positions each of them sums
 * @sources: @size x @n_taps indices, all inside the input; the same one may come twice (at borders)
 * @weights: @size x @n_taps
 * @outside: (nullable): for each output position whether it is extrapolated (its weights are zero)
 */
typedef struct
{
  gint64 size;
  gint64 n_taps;
  gint64 *sources;
  double *weights;
  guint8 *outside;
} WhyResizeTable;

/** why_resize_is_identity: whether axis @axis is passed through as it is */
gboolean
why_resize_is_identity (const WhyResizeParams *params, int axis, gint64 in_size, gint64 out_size);

/**
 * why_resize_table_init:
 * @axis: which of the tensor's axes
 * @in_size: its size in the input, at least 1
 * @out_size: its size in the output
 *
 * Returns: %FALSE with %WHY_ERROR_TOO_LARGE if there is no memory. Clear the table after use.
 */
gboolean why_resize_table_init (WhyResizeTable *table, const WhyResizeParams *params, int axis,
                                gint64 in_size, gint64 out_size, GError **error);
void why_resize_table_clear (WhyResizeTable *table);

G_END_DECLS
