#pragma once

#include "service/compare.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The bar above maps that are compared: what all have in common, what each of the others is, one scale or several. */
#define WHY_TYPE_COMPARE_BAR (why_compare_bar_get_type ())
G_DECLARE_FINAL_TYPE (WhyCompareBar, why_compare_bar, WHY, COMPARE_BAR, GtkWidget)

GtkWidget *why_compare_bar_new (WhyDocument *document);

/** why_compare_bar_open: opens the list of what map @place (-1: the grid) is */
void why_compare_bar_open (WhyCompareBar *self, int place);

G_END_DECLS
