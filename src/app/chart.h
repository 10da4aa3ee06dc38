#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A small chart of curves over a range from 0 to 1. Colours come from the theme and lines differ in more than colour. Charts are
 * not mirrored, whatever the text direction.
 *
 * With a handle (why_chart_set_handle()) a click, or the arrow keys, choose a place along the axis: "picked" (d: 0..1). Make such
 * ones with the accessible role of a slider. What the curves say is for the owner to put into the accessible description. */

#define WHY_TYPE_CHART (why_chart_get_type ())
G_DECLARE_FINAL_TYPE (WhyChart, why_chart, WHY, CHART, GtkWidget)

#define WHY_CHART_MAX_POINTS 101

typedef enum
{
  WHY_CHART_MAIN,    /* thick, accent colour */
  WHY_CHART_CONTROL, /* dashed, text colour */
  WHY_CHART_SECOND,  /* thin, text colour */
} WhyChartLine;

/** why_chart_clear: no curves */
void why_chart_clear (WhyChart *self);
/** why_chart_add: @x, @y: (array length=n): 0..1; points that are not finite are left out. @n: at most WHY_CHART_MAX_POINTS */
void why_chart_add (WhyChart *self, WhyChartLine line, const double *x, const double *y, gsize n, gboolean dots);
/** why_chart_set_handle: @position: 0..1, NAN: no handle */
void why_chart_set_handle (WhyChart *self, double position);
/** why_chart_set_mark: a second, fixed upright line: the best place. NAN: none */
void why_chart_set_mark (WhyChart *self, double position);
/** why_chart_set_labels: (nullable): below the axis, left and right, and above the upright one */
void why_chart_set_labels (WhyChart *self, const char *left, const char *right, const char *top);

G_END_DECLS
