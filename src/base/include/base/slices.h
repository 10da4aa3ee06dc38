#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Slices that were taken one by one, put into the order of their places. */

/**
 * WhySlices:
 * @order: (array length=count): which slice comes first, second, ... along the normal
 * @step: from one slice to the next on average, millimetres in the slices' own system
 * @spacing: between neighbours along the normal on average, millimetres; NAN for a single slice
 * @smallest, @largest: distance between neighbours
 * @is_even: neighbours are equally far apart, to 1 % or 10 um
 * @tilt: degrees between @step and the normal: the gantry was tilted, or the stack leans; 0 where less than half a
 * degree
 * @same: of two slices in the same place that which comes second in @order (the other is before it); -1: none
 * @gap: behind which place in @order a slice is missing: the others are evenly spaced, and here it is twice as far, or
 *   more; -1: nowhere
 * @turned: a slice whose directions are not those of the first; -1: none
 */
typedef struct
{
  gsize *order;
  double step[3];
  double spacing, smallest, largest;
  gboolean is_even;
  double tilt;
  gint64 same, gap, turned;
} WhySlices;

/**
 * why_slices_arrange:
 * @positions: (array): of the first voxel of each slice, three numbers each, millimetres
 * @orientations: (array): directions of growing columns and of growing rows, six numbers each
 * @count: at least 1
 * @slices: (out caller-allocates): to be cleared
 *
 * Returns: %FALSE where a number is not finite, or the directions span no plane; nothing to be cleared then
 */
gboolean why_slices_arrange (const double *positions, const double *orientations, gsize count, WhySlices *slices);
void why_slices_clear (WhySlices *slices);

/** why_slices_dup_note: Returns: (transfer full): what of their places has to be said, or "" */
char *why_slices_dup_note (const WhySlices *slices) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_slices_get_world:
 * @position: of the first voxel of the first slice in order; @orientation: six numbers
 * @between_rows, @between_columns: millimetres
 * @step: from slice to slice
 * @world: (array fixed-size=12) (out): voxel indices (column, row, slice) to millimetres; right, anterior and superior
 *   are positive, where those of DICOM that come in are left, posterior and superior
 */
void why_slices_get_world (const double *position, const double *orientation, double between_rows,
                           double between_columns, const double *step, double *world);

G_END_DECLS
