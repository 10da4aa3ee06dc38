#pragma once

#include "service/document.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * WhyLayerThumbs:
 *
 * Small pictures of the maps of all layers, as the document would show them. Drawn by a worker when somebody asks
 * for one. Signal: "changed": some of them may be others now; ask again.
 */
#define WHY_TYPE_LAYER_THUMBS (why_layer_thumbs_get_type ())
G_DECLARE_FINAL_TYPE (WhyLayerThumbs, why_layer_thumbs, WHY, LAYER_THUMBS, GObject)

/** The longer side of a thumbnail, in pixels. */
#define WHY_LAYER_THUMB_SIDE 112

/** why_layer_thumbs_for: Returns: (transfer full): those of @document; the same for all who ask while somebody holds them */
WhyLayerThumbs *why_layer_thumbs_for (WhyDocument *document) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_layer_thumbs_get:
 * @is_current: (out): %FALSE: of an earlier question, or not drawn anew yet
 *
 * Returns: (transfer none) (nullable): what there is; a better one is drawn if there can be one
 */
GdkTexture *why_layer_thumbs_get (WhyLayerThumbs *self, const char *layer, gboolean *is_current);

/** why_layer_thumbs_is_idle: nothing is being drawn */
gboolean why_layer_thumbs_is_idle (WhyLayerThumbs *self);

G_END_DECLS
