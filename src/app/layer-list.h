#pragma once

#include "service/document.h"

#include <adwaita.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The layers of the network, from the picture to the answer: search them, choose the one to be explained. What has no map is
 * listed where it is computed, and says why. */

#define WHY_TYPE_LAYER_LIST (why_layer_list_get_type ())
G_DECLARE_FINAL_TYPE (WhyLayerList, why_layer_list, WHY, LAYER_LIST, AdwBin)

/** why_layer_list_set_document: once */
void why_layer_list_set_document (WhyLayerList *self, WhyDocument *document);

/** why_layer_list_is_idle: nothing is missing in it */
gboolean why_layer_list_is_idle (WhyLayerList *self);
/** why_layer_list_dump: adds "n_rows" (whatever is searched for), "n_cannot" of them without a map by this method, and "n_seen":
 *   rows that are in sight as a whole */
void why_layer_list_dump (WhyLayerList *self, JsonObject *object);

G_END_DECLS
