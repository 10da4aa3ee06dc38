#pragma once

#include "draw/overlay.h"
#include "image/area.h"

G_BEGIN_DECLS

/**
 * why_hottest_area:
 * @map: as it is drawn; its source size is needed
 * @kind: how it is drawn between the centres of its cells
 * @share: of the picture's pixels, above 0, at most 1
 *
 * The pixels on which the map is highest, by its value at their centres. Where the values of the last ones are equal,
 * all of them are in; those at the map's lowest value never are, as it says nothing about them. Of pictures over
 * %WHY_AREA_MAX_CELLS cells of several pixels stand for their middle. Any thread.
 *
 * Returns: (transfer full) (nullable): a mask; %NULL with a sentence if the map has one value only
 */
WhyArea *why_hottest_area (const WhyOverlayMap *map, WhyResample kind, double share, gboolean inverse,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
