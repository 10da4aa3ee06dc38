#pragma once

#include "canvas.h"
#include "service/document.h"

G_BEGIN_DECLS

/* One plane of a volume among others: its name, slice and the map's value at the cross hair above, the picture with the map. */
#define WHY_TYPE_PLANE_PANE (why_plane_pane_get_type ())
G_DECLARE_FINAL_TYPE (WhyPlanePane, why_plane_pane, WHY, PLANE_PANE, GtkWidget)

GtkWidget *why_plane_pane_new (WhyDocument *document);

/** why_plane_pane_set: @projected: what is seen along the axis of @kind instead of a plane; why_plane_pane_update() shows it */
void why_plane_pane_set (WhyPlanePane *self, WhyPlaneKind kind, gboolean projected);
WhyPlaneKind why_plane_pane_get_plane (WhyPlanePane *self);
gboolean why_plane_pane_get_projected (WhyPlanePane *self);
WhyCanvas *why_plane_pane_get_canvas (WhyPlanePane *self);
/** why_plane_pane_get_picture: Returns: (nullable): the volume with the plane that is shown; until the next update */
const WhyPicture *why_plane_pane_get_picture (WhyPlanePane *self);

/** why_plane_pane_update: from the document: picture, map, cross hair, title */
void why_plane_pane_update (WhyPlanePane *self);
/** why_plane_pane_update_value: what the canvas is probed at */
void why_plane_pane_update_value (WhyPlanePane *self);
/** why_plane_pane_set_current: slider and keys are for it */
void why_plane_pane_set_current (WhyPlanePane *self, gboolean current);

G_END_DECLS
