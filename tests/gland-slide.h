#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A small slide made of the project's own samples: normal tissue all over, one field of tumour, and glass at the right. */

#define GLAND_TILE 224

/**
 * gland_slide_write:
 * @slide_path: pyramid of tiles, half a micrometre a pixel
 * @plain_path: the same pixels as PNG
 * @columns, @rows: size in fields
 * @tumour_x, @tumour_y: upper left corner of the tumour, pixels
 * @n_glass: columns of glass
 *
 * libvips must have been started.
 */
void gland_slide_write (const char *slide_path, const char *plain_path, int columns, int rows, int tumour_x, int tumour_y, int n_glass);

/** gland_slide_model: Returns: (transfer full): path of the network that knows such fields: 0 normal, 1 tumour */
char *gland_slide_model (void);

G_END_DECLS
