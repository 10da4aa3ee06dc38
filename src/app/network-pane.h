#pragma once

#include "service/document.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The graph of the document's network with what belongs to it: search, zoom, and the block under the cursor in words. */

#define WHY_TYPE_NETWORK_PANE (why_network_pane_get_type ())
G_DECLARE_FINAL_TYPE (WhyNetworkPane, why_network_pane, WHY, NETWORK_PANE, AdwBin)

GtkWidget *why_network_pane_new (WhyDocument *document);

/** why_network_pane_is_idle: no graph is being laid out */
gboolean why_network_pane_is_idle (WhyNetworkPane *self);

/** why_network_pane_search: @text: as typed into the search entry */
void why_network_pane_search (WhyNetworkPane *self, const char *text);

/** why_network_pane_get_n_blocks: 0 while there is no graph */
guint why_network_pane_get_n_blocks (WhyNetworkPane *self);
/** why_network_pane_get_cursor_title: Returns: (nullable): of the block under the cursor */
const char *why_network_pane_get_cursor_title (WhyNetworkPane *self);

G_END_DECLS
