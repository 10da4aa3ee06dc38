#pragma once

#include "service/document.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The document for an audience: picture, map, and the answer in large type, and nothing that is nobody's business: no names of
 * files, no folders, no messages. Page Up and Page Down go through the steps, B makes the screen black, Escape leaves. */

#define WHY_TYPE_PRESENTATION (why_presentation_get_type ())
G_DECLARE_FINAL_TYPE (WhyPresentation, why_presentation, WHY, PRESENTATION, AdwBin)

GtkWidget *why_presentation_new (WhyDocument *document);

/** why_presentation_enter: it is on screen now. @part: what of the picture is shown; %NULL: all */
void why_presentation_enter (WhyPresentation *self, const WhyRect *part);
void why_presentation_leave (WhyPresentation *self);

/** why_presentation_go: shows a step, fading; covers grow in it. Returns: whether there is such a step */
gboolean why_presentation_go (WhyPresentation *self, int step);
/** why_presentation_move: to the step so many further on; stays at either end */
void why_presentation_move (WhyPresentation *self, int n_steps);

void why_presentation_set_blank (WhyPresentation *self, gboolean blank);
gboolean why_presentation_get_blank (WhyPresentation *self);
gboolean why_presentation_is_settled (WhyPresentation *self);

/** why_presentation_dup_text: Returns: (transfer full): all that can be read on the screen */
char *why_presentation_dup_text (WhyPresentation *self) G_GNUC_WARN_UNUSED_RESULT;

/* Signal "leave": Escape was pressed. */

G_END_DECLS
