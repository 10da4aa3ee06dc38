#pragma once

#include "service/document.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* How the map is drawn: opacity and colours in sight, the rest behind "More". */

#define WHY_TYPE_MAP_LOOK (why_map_look_get_type ())
G_DECLARE_FINAL_TYPE (WhyMapLook, why_map_look, WHY, MAP_LOOK, AdwBin)

void why_map_look_set_document (WhyMapLook *self, WhyDocument *document);

/** why_map_look_new_more_action: Returns: (transfer full): "look-more", a switch for what lies behind "More" */
GAction *why_map_look_new_more_action (WhyMapLook *self) G_GNUC_WARN_UNUSED_RESULT;

/** why_map_look_edit_limit: opens what is folded and puts the cursor to the lower or the upper limit */
void why_map_look_edit_limit (WhyMapLook *self, gboolean upper);

G_END_DECLS
