#pragma once

#include "service/model.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* A row of the layer list: name; operator, shape and stride. */

#define WHY_TYPE_LAYER_ROW (why_layer_row_get_type ())
G_DECLARE_FINAL_TYPE (WhyLayerRow, why_layer_row, WHY, LAYER_ROW, AdwBin)

GtkWidget *why_layer_row_new (void);
void why_layer_row_set_item (WhyLayerRow *self, WhyLayerItem *item); /* nullable */

G_END_DECLS
