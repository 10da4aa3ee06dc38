#pragma once

#include "service/document.h"

G_BEGIN_DECLS

/**
 * why_state_to_json:
 *
 * The document's state on one line, for scripts and tests: "document" (picture path, width, height), "model" (path,
 * title, n_classes), "class" (target, shown, label), "contrast_class", "layer", "method", "polarity", "busy", "activity",
 * "progress", "probabilities" (the ten highest, and the target's: index, label, probability, logit, before),
 * "map" (null, or method, layer, polarity, profile, class, score kind and value, width, height, minimum, maximum, mean,
 * sum, peak cell, peak in source pixels, not_finite, reason), "display" (show_map, opacity, colormap, limits, lo, hi,
 * threshold, smooth, clip, contours, contour_levels, contour_labels, alpha, colour_vision, share_shown), "score", "region",
 * "also_classes", "occlusions" (x, y, w, h, fill, class, before, after), "can_undo", "can_redo", "status", "error" (null or a
 * sentence). Values not known yet are null.
 *
 * Returns: (transfer full): one line without a line feed. Main thread.
 */
char *why_state_to_json (WhyDocument *document) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
