#pragma once

#include "format.h"
#include "resample.h"

G_BEGIN_DECLS

/* What whole slides have in common whatever file they come from: the picture in several sizes, each in tiles, of
 * which only those that a region touches are decoded. */

typedef struct
{
  gint64 width, height;
  double downsample; /* source pixels along a side of one of this level's; exact where the file rounds its sizes */
} WhyPyramidLevel;

/**
 * WhyPyramidRead:
 * @level: index
 * @x, @y, @w, @h: inside of the level
 *
 * Returns: (transfer full) (nullable): rows from the top, samples interleaved; freed with g_free()
 */
typedef void *(*WhyPyramidRead) (gpointer data, int level, gint64 x, gint64 y, gint64 w, gint64 h,
                                 WhyLoaderProperties *properties, GError **error);

typedef struct
{
  WhyLoaderFile *file;
  WhyPyramidLevel levels[WHY_LOADER_MAX_LEVELS];
  int n_levels;
  int bands;
  WhySample sample;
  WhyPyramidRead read;
  gpointer data;
} WhyPyramid;

/**
 * why_pyramid_add_level:
 *
 * Takes a level if it is one: smaller than the last, of the same shape.
 */
gboolean why_pyramid_add_level (WhyPyramid *pyramid, gint64 width, gint64 height);

/** why_pyramid_describe: checks the levels against the limits and fills @properties with what they say */
gboolean why_pyramid_describe (const WhyPyramid *pyramid, WhyLoaderProperties *properties, GError **error);

/**
 * why_pyramid_read:
 *
 * As the read of WhyLoaderFormat. Enlarged, in its own size and down to the next level the pixels are those of the
 * finest level, repeated or averaged; below that of the level that is just fine enough, averaged from there. Memory is
 * that of a block, whatever is asked for; a wish that would take more than the limit of pixels to decode is refused.
 */
gboolean why_pyramid_read (const WhyPyramid *pyramid, const WhyLoaderRequest *request, void *pixels,
                           WhyLoaderProperties *properties, GError **error);

G_END_DECLS
