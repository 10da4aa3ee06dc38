#pragma once

#include "base/affine.h"
#include "base/rect.h"
#include "base/tensor.h"

G_BEGIN_DECLS

/* The eight ways in which a picture can lie on the screen: mirrored or not, and then turned clockwise. Source pixels
 * stay what they are; only what is shown of them is turned. */

/**
 * WhyTurn:
 *
 * Quarter turns clockwise (0 to 3), and 4 for a picture whose left and right are exchanged before that.
 */
typedef int WhyTurn;

#define WHY_N_TURNS 8

gboolean why_turn_is_mirrored (WhyTurn turn);
int why_turn_get_quarters (WhyTurn turn);
/** why_turn_is_sideways: width and height are exchanged */
gboolean why_turn_is_sideways (WhyTurn turn);

/** why_turn_rotate: what is shown turned by so many quarters more, clockwise; negative: the other way */
WhyTurn why_turn_rotate (WhyTurn turn, int quarters) G_GNUC_WARN_UNUSED_RESULT;
/** why_turn_flip: left and right of what is shown exchanged */
WhyTurn why_turn_flip (WhyTurn turn) G_GNUC_WARN_UNUSED_RESULT;
/** why_turn_invert: what leads back */
WhyTurn why_turn_invert (WhyTurn turn) G_GNUC_WARN_UNUSED_RESULT;

/** why_turn_size: @width, @height: (inout): of the picture, then of what is shown */
void why_turn_size (WhyTurn turn, double *width, double *height);
/** why_turn_get_affine: from positions in a picture of this size to those in what is shown */
WhyAffine why_turn_get_affine (WhyTurn turn, double width, double height);
/** why_turn_distance: a displacement in the picture as one in what is shown */
void why_turn_distance (WhyTurn turn, double *dx, double *dy);

/** why_turn_rect: @affine: of why_turn_get_affine(). Returns: where the rectangle lies in what is shown */
WhyRect why_turn_rect (const WhyAffine *affine, const WhyRect *rect);

/** why_turn_tensor: @pixels: [h, w, channels]. Returns: (transfer full): what is shown of it: the same memory, other
 * strides */
WhyTensor *why_turn_tensor (WhyTurn turn, WhyTensor *pixels) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_turn_pixels:
 * @from: (array): rows dense, of @width x @height
 * @to: (out caller-allocates): of the size that is shown, rows dense
 */
void why_turn_pixels (WhyTurn turn, const guint32 *from, int width, int height, guint32 *to);

G_END_DECLS
