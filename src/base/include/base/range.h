#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * why_range_robust:
 * @values: (array length=n): not-a-number and infinities are left out
 * @low, @high: (out): the ends of what is left when the lowest and the highest thousandth of the values are
 *   cut off; 0 and 1 if there is no finite value, and never equal
 *
 * What to show as black and white of data that state no window. Of more than 65,536 values a regular sample
 * decides.
 */
void why_range_robust (const float *values, gsize n, float *low, float *high);

/**
 * why_window_get_range:
 * @is_exact: the window is of real numbers, from centre - width / 2 to centre + width / 2; else of whole ones, of which
 *   @width many are shown (DICOM PS3.3 C.11.2.1.2: the ends are half a step within)
 * @low, @high: (out): what is black and white
 */
void why_window_get_range (double centre, double width, gboolean is_exact, double *low, double *high);
/** why_window_from_range: the other way round */
void why_window_from_range (double low, double high, gboolean is_exact, double *centre, double *width);

/** why_range_compare_floats: for qsort(); no NaN */
int why_range_compare_floats (const void *a, const void *b);

G_END_DECLS
