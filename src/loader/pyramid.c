#include "config.h"

#include "pyramid.h"

#include "base/error.h"
#include "base/size.h"

#include <math.h>
#include <string.h>

/* Side of what is decoded at a time, pixels of the level: little enough to be given up soon. */
#define BLOCK_SIDE 2048
/* A level counts as fine enough for a scale it misses by no more than rounding. */
#define SCALE_SLACK 1.002
/* Sizes of levels are rounded, mostly by less than this many pixels... */
#define ROUNDING 2.0
/* ... by scanners to whole tiles, so that both sides may tell slightly different ratios. */
#define MAX_SKEW 0.01

/* The ratio that was meant: levels are made by halving, and their sizes then rounded. */
static double
find_downsample (gint64 full, gint64 size, gint64 full_other, gint64 other)
{
  const double ratio = (double) full / (double) size;
  const double power = exp2 (round (log2 (ratio)));

  if (fabs ((double) full / power - (double) size) < ROUNDING &&
      fabs ((double) full_other / power - (double) other) < ROUNDING)
    return power;
  return (ratio + (double) full_other / (double) other) / 2.0;
}

gboolean
why_pyramid_add_level (WhyPyramid *pyramid, gint64 width, gint64 height)
{
  WhyPyramidLevel level = { width, height, 1.0 };

  if (width < 1 || height < 1 || pyramid->n_levels >= WHY_LOADER_MAX_LEVELS)
    return FALSE;
  if (pyramid->n_levels > 0)
    {
      const WhyPyramidLevel *full = &pyramid->levels[0];
      const WhyPyramidLevel *last = &pyramid->levels[pyramid->n_levels - 1];

      level.downsample = find_downsample (full->width, width, full->height, height);
      if (width >= last->width || height >= last->height || level.downsample < last->downsample * 1.2 ||
          fabs ((double) full->width / level.downsample - (double) width) > MAX (ROUNDING, MAX_SKEW * (double) width) ||
          fabs ((double) full->height / level.downsample - (double) height) > MAX (ROUNDING,
                                                                                   MAX_SKEW * (double) height))
        return FALSE;
    }
  pyramid->levels[pyramid->n_levels++] = level;
  return TRUE;
}

gboolean
why_pyramid_describe (const WhyPyramid *pyramid, WhyLoaderProperties *properties, GError **error)
{
  const WhyPyramidLevel *full = &pyramid->levels[0];
  const WhyPyramidLevel *last = &pyramid->levels[pyramid->n_levels - 1];
  gint64 n_pixels;

  g_assert (pyramid->n_levels > 0);
  if (full->width > WHY_LOADER_MAX_SIDE || full->height > WHY_LOADER_MAX_SIDE)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "has %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT " pixels; at most %" G_GINT64_FORMAT " a side are read",
                   full->width, full->height, WHY_LOADER_MAX_SIDE);
      return FALSE;
    }
  if (!why_dim_mul (last->width, last->height, &n_pixels) || (guint64) n_pixels > pyramid->file->options->max_pixels)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "has no overview: its smallest level has %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT
                   " pixels, and at most %" G_GUINT64_FORMAT " are read at a time; write it as a pyramid "
                   "(vips tiffsave --tile --pyramid)",
                   last->width, last->height, pyramid->file->options->max_pixels);
      return FALSE;
    }
  properties->kind = WHY_LOADER_KIND_SLIDE;
  properties->width = full->width;
  properties->height = full->height;
  properties->bands = pyramid->bands;
  properties->bits = pyramid->sample == WHY_SAMPLE_U16 ? 16 : 8;
  properties->n_levels = pyramid->n_levels;
  for (int level = 0; level < pyramid->n_levels; level++)
    properties->downsample[level] = pyramid->levels[level].downsample;
  return TRUE;
}

/* The coarsest one that is fine enough for @scale source pixels to a pixel. */
static int
choose_level (const WhyPyramid *pyramid, double scale)
{
  int chosen = 0;

  for (int level = 1; level < pyramid->n_levels; level++)
    {
      if (pyramid->levels[level].downsample <= scale * SCALE_SLACK)
        chosen = level;
    }
  return chosen;
}

/* Pixels @first to @first + @count of the result along one axis, and what they are made of. */
typedef struct
{
  double start, length; /* of the level, pixels from @begin on */
  gint64 begin, end;    /* whole pixels of the level */
} Part;

static Part
find_part (double start, double length, gint64 n_out, gint64 first, gint64 count, gint64 level_n)
{
  const double step = length / (double) n_out;
  const double from = start + (double) first * step;
  const double to = start + (double) (first + count) * step;
  Part part;

  part.begin = CLAMP ((gint64) floor (from), 0, level_n - 1);
  part.end = CLAMP ((gint64) ceil (to), part.begin + 1, level_n);
  part.start = from - (double) part.begin;
  part.length = to - from;
  return part;
}

/* How many pixels of the result are made at a time along an axis. */
static gint64
block_length (double length, gint64 n_out)
{
  const double count = (double) BLOCK_SIDE / MAX (length / (double) n_out, 1.0);

  return CLAMP ((gint64) count, 1, n_out);
}

gboolean
why_pyramid_read (const WhyPyramid *pyramid, const WhyLoaderRequest *request, void *pixels,
                  WhyLoaderProperties *properties, GError **error)
{
  const WhySample wanted = request->depth == WHY_LOADER_DEPTH_FULL ? pyramid->sample : WHY_SAMPLE_U8;
  const gsize pixel_size = (gsize) pyramid->bands * why_sample_size (wanted);
  const int index = choose_level (pyramid, MIN ((double) request->w / (double) request->out_w,
                                                (double) request->h / (double) request->out_h));
  const WhyPyramidLevel *level = &pyramid->levels[index];
  const double x = (double) request->x / level->downsample, y = (double) request->y / level->downsample;
  const double w = (double) request->w / level->downsample, h = (double) request->h / level->downsample;
  const gint64 columns = block_length (w, request->out_w), rows = block_length (h, request->out_h);

  if (w * h > (double) pyramid->file->options->max_pixels)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                   "has no level that is coarse enough for this view: %.0f pixels would have to be decoded, and at "
                   "most %" G_GUINT64_FORMAT " are",
                   w * h, pyramid->file->options->max_pixels);
      return FALSE;
    }
  for (gint64 row = 0; row < request->out_h; row += rows)
    {
      const gint64 n_rows = MIN (rows, request->out_h - row);
      const Part down = find_part (y, h, request->out_h, row, n_rows, level->height);

      for (gint64 column = 0; column < request->out_w; column += columns)
        {
          const gint64 n_columns = MIN (columns, request->out_w - column);
          const Part across = find_part (x, w, request->out_w, column, n_columns, level->width);
          const gint64 block_w = across.end - across.begin, block_h = down.end - down.begin;

          if (why_loader_file_cancelled (pyramid->file))
            {
              g_set_error_literal (error, WHY_ERROR, WHY_ERROR_CANCELLED, "reading was cancelled");
              return FALSE;
            }
          g_autofree void *block = pyramid->read (pyramid->data, index, across.begin, down.begin, block_w, block_h,
                                                  properties, error);
          if (block == NULL)
            return FALSE;
          g_autofree guint8 *made = g_try_malloc ((gsize) n_columns * (gsize) n_rows * pixel_size);
          if (made == NULL || !why_resample (block, pyramid->sample, block_w, block_h, pyramid->bands, across.start,
                                             down.start, across.length, down.length, made, wanted, n_columns, n_rows))
            {
              g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE, "there is not enough memory for this view");
              return FALSE;
            }
          for (gint64 line = 0; line < n_rows; line++)
            memcpy ((guint8 *) pixels + ((gsize) (row + line) * (gsize) request->out_w + (gsize) column) * pixel_size,
                    made + (gsize) line * (gsize) n_columns * pixel_size, (gsize) n_columns * pixel_size);
        }
    }
  return TRUE;
}
