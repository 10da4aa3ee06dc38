#pragma once

#include "layer-list.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Where does it look? Layers, and how the map is drawn. */

#define WHY_TYPE_LOOK_PANEL (why_look_panel_get_type ())
G_DECLARE_FINAL_TYPE (WhyLookPanel, why_look_panel, WHY, LOOK_PANEL, AdwBin)

/** why_look_panel_set_document: once */
void why_look_panel_set_document (WhyLookPanel *self, WhyDocument *document);

/** why_look_panel_show_methods: opens the list of methods, or the options of the present one */
void why_look_panel_show_methods (WhyLookPanel *self, gboolean options);

/** why_look_panel_new_more_action: Returns: (transfer full): see why_map_look_new_more_action() */
GAction *why_look_panel_new_more_action (WhyLookPanel *self) G_GNUC_WARN_UNUSED_RESULT;

/** why_look_panel_edit_limit: puts the cursor to the lower or the upper end of the colour bar */
void why_look_panel_edit_limit (WhyLookPanel *self, gboolean upper);

WhyLayerList *why_look_panel_get_layers (WhyLookPanel *self); /* borrowed */

G_END_DECLS
