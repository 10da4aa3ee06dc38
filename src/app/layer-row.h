#pragma once

#include "layer-thumbs.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* A row of the list of layers: name, operator, shape, stride, size of a cell, and what its map looks like. */

#define WHY_TYPE_LAYER_ROW (why_layer_row_get_type ())
G_DECLARE_FINAL_TYPE (WhyLayerRow, why_layer_row, WHY, LAYER_ROW, AdwBin)

GtkWidget *why_layer_row_new (WhyDocument *document, WhyLayerThumbs *thumbs);

/** why_layer_row_set_item: @item: (nullable): none while the row waits to be used again */
void why_layer_row_set_item (WhyLayerRow *self, WhyLayerItem *item);

/** why_layer_row_update: what is known of the layer may be other: its map, whether it can be explained */
void why_layer_row_update (WhyLayerRow *self);

G_END_DECLS
