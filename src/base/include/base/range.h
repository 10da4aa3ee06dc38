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

/** why_range_compare_floats: for qsort(); no NaN */
int why_range_compare_floats (const void *a, const void *b);

G_END_DECLS
