#pragma once

#include "draw/figure.h"
#include "service/compare.h"

G_BEGIN_DECLS

/**
 * WhySheet:
 *
 * The maps that a document compares, with their titles, as a figure of panels: what is on the screen, to be written by
 * another thread while the document goes on. Immutable.
 */
typedef struct _WhySheet WhySheet;

/** why_sheet_new: Returns: (transfer full) (nullable): %NULL unless maps are compared and one is there */
WhySheet *why_sheet_new (WhyDocument *document) G_GNUC_WARN_UNUSED_RESULT;
void why_sheet_free (WhySheet *sheet);

gsize why_sheet_get_n_panels (const WhySheet *sheet);
gsize why_sheet_get_n_columns (const WhySheet *sheet);
/** why_sheet_get_panel: borrowed, with all that it points to, as the file has it: what is written is turned like the document.
 * Empty cells have no map */
const WhyPanel *why_sheet_get_panel (const WhySheet *sheet, gsize place);

/**
 * why_sheet_write:
 * @path: ends in .png, .svg or .pdf
 *
 * With the recipe of every map inside: "whylight:recipe" is {"program", "version", "maps": [{"title", "command"}]}. Any
 * thread.
 */
gboolean why_sheet_write (const WhySheet *sheet, const char *path, WhyTheme theme, const WhyCancel *cancel, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhySheet, why_sheet_free)

G_END_DECLS
