#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * WhySlimBin:
 *
 * One child that, while relaxed, may be given less width than it needs; it then reaches beyond the end of the bin and is
 * cut off. So a window whose lay-out depends on its width can be made narrow in one go: with a wide lay-out, whose least
 * width would stop it, it changes to the narrow one as soon as it has the new width.
 */
#define WHY_TYPE_SLIM_BIN (why_slim_bin_get_type ())
G_DECLARE_FINAL_TYPE (WhySlimBin, why_slim_bin, WHY, SLIM_BIN, GtkWidget)

/** why_slim_bin_set_relaxed: whether the child's least width is of no concern; from the start it is not. */
void why_slim_bin_set_relaxed (WhySlimBin *self, gboolean relaxed);

G_END_DECLS
