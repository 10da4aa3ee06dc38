#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Panes of one size in rows and columns: a few fill the place there is, many are scrolled. */
#define WHY_TYPE_PANE_GRID (why_pane_grid_get_type ())
G_DECLARE_FINAL_TYPE (WhyPaneGrid, why_pane_grid, WHY, PANE_GRID, GtkWidget)

GtkWidget *why_pane_grid_new (void);

void why_pane_grid_append (WhyPaneGrid *self, GtkWidget *pane);
void why_pane_grid_remove_last (WhyPaneGrid *self);

/**
 * why_pane_grid_set_layout:
 * @n_columns: fixed; 0: as many as look well
 * @min_width: of a pane
 * @aspect: height to width of what the panes show, to be seen in full; 0: they may be as low as they can
 */
void why_pane_grid_set_layout (WhyPaneGrid *self, guint n_columns, int min_width, double aspect);

G_END_DECLS
