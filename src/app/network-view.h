#pragma once

#include "layer-thumbs.h"
#include "service/network.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * WhyNetworkView:
 *
 * The graph of a network: blocks, what goes between them, and the maps of those that can be explained. Moved and zoomed
 * with pointer and keys; the arrow keys follow the edges, Enter chooses a layer. Signal: "cursor-changed".
 */
#define WHY_TYPE_NETWORK_VIEW (why_network_view_get_type ())
G_DECLARE_FINAL_TYPE (WhyNetworkView, why_network_view, WHY, NETWORK_VIEW, GtkWidget)

/** why_network_view_set_network: @network: (nullable) */
void why_network_view_set_network (WhyNetworkView *self, WhyNetwork *network);
/** why_network_view_set_document: once: whose layers and maps are shown */
void why_network_view_set_document (WhyNetworkView *self, WhyDocument *document);

/** why_network_view_show_layer: marks the block that has this tensor and brings it into sight. @layer: (nullable) */
void why_network_view_show_layer (WhyNetworkView *self, const char *layer);

/** why_network_view_search: @text: blocks that do not match are pale; "": none are. Returns: how many match */
guint why_network_view_search (WhyNetworkView *self, const char *text);
/** why_network_view_next_match: moves the cursor to the next (1) or the last (-1) block that matches */
void why_network_view_next_match (WhyNetworkView *self, int direction);

int why_network_view_get_cursor (WhyNetworkView *self); /* block, -1: none */
double why_network_view_get_zoom (WhyNetworkView *self);
void why_network_view_zoom_fit (WhyNetworkView *self);
/** why_network_view_zoom_by: about the middle */
void why_network_view_zoom_by (WhyNetworkView *self, double factor);

/** why_network_view_describe: Returns: (transfer full): block in words: name, operators, shape, what it follows and leads to */
char *why_network_view_describe (WhyNetworkView *self, int block) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
