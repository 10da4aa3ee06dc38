#pragma once

#include "base/tensor.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/** why_thumbnail_texture: @pixels: (nullable): uint8 [H, W, 1 or 3]. Returns: (transfer full) (nullable) */
GdkTexture *why_thumbnail_texture (WhyTensor *pixels) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
