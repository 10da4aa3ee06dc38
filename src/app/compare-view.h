#pragma once

#include "canvas.h"
#include "service/compare.h"

G_BEGIN_DECLS

/* The maps that a document compares: side by side, in a grid, with a curtain, or their difference. All canvases show the
 * same part of the picture, and the cross hair is at the same place in all of them.
 *
 * Signals: "probed": why_compare_view_dup_probe() says something new; "zoom-changed"; "slice-stepped" (i) */
#define WHY_TYPE_COMPARE_VIEW (why_compare_view_get_type ())
G_DECLARE_FINAL_TYPE (WhyCompareView, why_compare_view, WHY, COMPARE_VIEW, GtkWidget)

GtkWidget *why_compare_view_new (WhyDocument *document);

/** why_compare_view_get_canvas: Returns: (nullable): the one that leads: zooming it zooms all */
WhyCanvas *why_compare_view_get_canvas (WhyCompareView *self);
guint why_compare_view_get_n_panes (WhyCompareView *self);
/** why_compare_view_get_pane_canvas: @place: of the panes, in the order they stand in */
WhyCanvas *why_compare_view_get_pane_canvas (WhyCompareView *self, guint place);
/** why_compare_view_get_n_columns: Returns: in how many columns the panes stand */
guint why_compare_view_get_n_columns (WhyCompareView *self);
/** why_compare_view_get_n_probed: Returns: in how many panes the cross hair is on the picture */
guint why_compare_view_get_n_probed (WhyCompareView *self);
/** why_compare_view_get_selected: Returns: which of the maps beside the main one is being set; 0: B */
guint why_compare_view_get_selected (WhyCompareView *self);
void why_compare_view_set_selected (WhyCompareView *self, guint selected);

/** why_compare_view_is_settled: nothing is to be built, and all canvases are up to date */
gboolean why_compare_view_is_settled (WhyCompareView *self);
void why_compare_view_set_bare (WhyCompareView *self, gboolean bare);
/** why_compare_view_cancel: Returns: whether there was a cross hair */
gboolean why_compare_view_cancel (WhyCompareView *self);
/** why_compare_view_probe: source pixels; %FALSE outside of the picture */
gboolean why_compare_view_probe (WhyCompareView *self, double img_x, double img_y);

/** why_compare_view_dup_probe: Returns: (transfer full): the position, and the value of each map: "x 3  y 4   A 0.1   B 0.2" */
char *why_compare_view_dup_probe (WhyCompareView *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
