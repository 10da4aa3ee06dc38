#pragma once

#include "image/occlude.h"

G_BEGIN_DECLS

/* occlude.c: which pixels and the plain fills; occlude-blur.c and occlude-texture.c: those that look around. */

/**
 * WhyOccludePart:
 * @pixels: the picture as it is
 * @box: the pixels that may be covered; not empty, inside the picture
 * @coverage: of the box, row by row
 */
typedef struct
{
  const WhyTensor *pixels;
  WhyPixelBox box;
  const guint8 *coverage;
} WhyOccludePart;

static inline double
why_occlude_get (const WhyTensor *pixels, gsize index)
{
  return pixels->dtype == WHY_DTYPE_UINT8    ? ((const guint8 *) pixels->data)[index]
         : pixels->dtype == WHY_DTYPE_UINT16 ? ((const guint16 *) pixels->data)[index]
                                             : (double) ((const float *) pixels->data)[index];
}

/* A mirrored index: ... 1 0 | 0 1 ... n-1 | n-1 n-2 ... */
static inline gint64
why_occlude_mirror (gint64 at, gint64 n)
{
  const gint64 period = 2 * n;

  at %= period;
  if (at < 0)
    at += period;
  return at < n ? at : period - 1 - at;
}

/* Both return the values of the box, float [rows][columns][bands], to be freed; NULL: no memory. What they
 * say where nothing is covered has no meaning. */
float *why_occlude_blur (const WhyOccludePart *part, double sigma) G_GNUC_WARN_UNUSED_RESULT;
float *why_occlude_texture (const WhyOccludePart *part) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
