#pragma once

#include "draw/overlay.h"
#include "service/boxed.h"

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * WhyStep:
 *
 * One step of a talk: what a document asked and showed at some time: class, layer, method, look, covers, plane and the part
 * of the picture. Kept by a document; main thread only. Properties (read-only): "name" (s), "thumbnail" (WhyTensor, nullable:
 * uint8 [h, w, 3]).
 */
#define WHY_TYPE_STEP (why_step_get_type ())
G_DECLARE_FINAL_TYPE (WhyStep, why_step, WHY, STEP, GObject)

const char *why_step_get_name (WhyStep *self);
/** why_step_get_picture: Returns: (nullable): name of the picture's file, as shown to people, without its folder */
const char *why_step_get_picture (WhyStep *self);
WhyTensor *why_step_get_thumbnail (WhyStep *self);
guint why_step_get_n_covers (WhyStep *self);
/** why_step_get_part: @part: (out): what of the picture is shown, source pixels; all zero: all of it */
void why_step_get_part (WhyStep *self, WhyRect *part);
/** why_step_get_is_known: whether its answer is there, so that it is shown at once */
gboolean why_step_get_is_known (WhyStep *self);

G_END_DECLS
