#pragma once

#include "canvas.h"
#include "service/document.h"

G_BEGIN_DECLS

/* The three planes of a volume and what is seen along the axis of the current one, at once. They meet in the document's cross
 * hair: pressing in one shows other slices in the others. In a narrow place only the current one is shown.
 *
 * Signals: "probed": why_planes_view_dup_probe() says something new; "zoom-changed" */
#define WHY_TYPE_PLANES_VIEW (why_planes_view_get_type ())
G_DECLARE_FINAL_TYPE (WhyPlanesView, why_planes_view, WHY, PLANES_VIEW, GtkWidget)

#define WHY_N_PLANE_PANES 4

GtkWidget *why_planes_view_new (WhyDocument *document);

/** why_planes_view_get_canvas: @pane: axial, coronal, sagittal, projection; -1: the current one */
WhyCanvas *why_planes_view_get_canvas (WhyPlanesView *self, int pane);
guint why_planes_view_get_n_visible (WhyPlanesView *self);
/** why_planes_view_is_settled: all panes are up to date */
gboolean why_planes_view_is_settled (WhyPlanesView *self);
void why_planes_view_set_bare (WhyPlanesView *self, gboolean bare);
void why_planes_view_set_outdated (WhyPlanesView *self, gboolean outdated);
/** why_planes_view_set_legend: as why_canvas_set_legend() */
void why_planes_view_set_legend (WhyPlanesView *self, const char *title, const char *const *lines);
/** why_planes_view_dup_probe: Returns: (transfer full): voxel, place in the body, values of volume and map */
char *why_planes_view_dup_probe (WhyPlanesView *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
