#pragma once

#include "canvas.h"
#include "service/compare.h"

G_BEGIN_DECLS

/* One of several maps: its title and the value under the cross hair above, the picture with the map, its colours below.
 * Signals: "chosen": clicked, or Enter. */
#define WHY_TYPE_COMPARE_PANE (why_compare_pane_get_type ())
G_DECLARE_FINAL_TYPE (WhyComparePane, why_compare_pane, WHY, COMPARE_PANE, GtkWidget)

/** What a pane shows. */
typedef enum
{
  WHY_PANE_MAIN,
  WHY_PANE_VARIANT,
  WHY_PANE_DIFFERENCE,
} WhyPaneKind;

GtkWidget *why_compare_pane_new (WhyDocument *document);

/** why_compare_pane_show: @variant: (nullable): with %WHY_PANE_VARIANT; @letter: (nullable): "A" */
void why_compare_pane_show (WhyComparePane *self, WhyPaneKind kind, WhyVariant *variant, const char *letter);
WhyPaneKind why_compare_pane_get_kind (WhyComparePane *self);
WhyVariant *why_compare_pane_get_variant (WhyComparePane *self); /* nullable */
WhyCanvas *why_compare_pane_get_canvas (WhyComparePane *self);
const char *why_compare_pane_get_title (WhyComparePane *self);
/** why_compare_pane_get_letter: Returns: "B", or "" */
const char *why_compare_pane_get_letter (WhyComparePane *self);

/** why_compare_pane_set_side: title and colours at one side, for a pane of which only that is seen. @right: which */
void why_compare_pane_set_side (WhyComparePane *self, gboolean right);

/** why_compare_pane_update: from the document: picture, outlines, map, colours, title */
void why_compare_pane_update (WhyComparePane *self);
/** why_compare_pane_update_value: what the canvas is probed at */
void why_compare_pane_update_value (WhyComparePane *self);
/** why_compare_pane_set_current: it asks what the main question asks */
void why_compare_pane_set_current (WhyComparePane *self, gboolean current);

G_END_DECLS
