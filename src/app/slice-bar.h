#pragma once

#include "service/document.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Which plane of a volume is shown; hidden with pictures. */
#define WHY_TYPE_SLICE_BAR (why_slice_bar_get_type ())
G_DECLARE_FINAL_TYPE (WhySliceBar, why_slice_bar, WHY, SLICE_BAR, AdwBin)

/** why_slice_bar_set_document: once */
void why_slice_bar_set_document (WhySliceBar *self, WhyDocument *document);

/** why_slice_bar_set_narrow: the slider below the buttons */
void why_slice_bar_set_narrow (WhySliceBar *self, gboolean narrow);

G_END_DECLS
