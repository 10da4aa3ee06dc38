#pragma once

#include "service/document.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Take it along: files of all kinds, the caption, the size of a pixel, the steps of a talk, and the command line. */

#define WHY_TYPE_TAKE_PANEL (why_take_panel_get_type ())
G_DECLARE_FINAL_TYPE (WhyTakePanel, why_take_panel, WHY, TAKE_PANEL, AdwBin)

/** why_take_panel_set_document: once */
void why_take_panel_set_document (WhyTakePanel *self, WhyDocument *document);

/** why_take_panel_set_canvas: what the preview shows. @drag: (transfer full): a drag source for it. Once */
void why_take_panel_set_canvas (WhyTakePanel *self, GtkWidget *canvas, GtkEventController *drag);

/** why_take_panel_set_options: as they are now; choices go out as actions */
void why_take_panel_set_options (WhyTakePanel *self, const WhyExportOptions *options);

/** why_take_panel_dup_icon: Returns: (transfer full) (nullable): the preview, small, for a drag */
GdkPaintable *why_take_panel_dup_icon (WhyTakePanel *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
