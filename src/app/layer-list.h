#pragma once

#include "service/document.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The layers of the network, from the picture to the answer: search them, choose the one to be explained. */

#define WHY_TYPE_LAYER_LIST (why_layer_list_get_type ())
G_DECLARE_FINAL_TYPE (WhyLayerList, why_layer_list, WHY, LAYER_LIST, AdwBin)

/** why_layer_list_set_document: once */
void why_layer_list_set_document (WhyLayerList *self, WhyDocument *document);

G_END_DECLS
