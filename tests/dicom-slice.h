#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dicom_slice_write:
 * @series: (nullable): the series it is of; %NULL for none
 * @height: where it lies along the body, mm
 * @stored: (array length=columns*rows): values, in Hounsfield units
 *
 * One CT slice, as plain as DICOM can be: explicit little endian, pixels of 0.5 mm, no window stated.
 */
void dicom_slice_write (const char *path, const char *series, double height, const gint16 *stored, int columns,
                        int rows);

G_END_DECLS
