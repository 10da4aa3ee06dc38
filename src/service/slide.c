#include "config.h"

#include "service/slide.h"

#include "service/picture.h"

#include <math.h>
#include <string.h>

/* So much of a slide is read as it is for the network; more is read smaller. */
#define MAX_READ_PIXELS ((gint64) 1 << 24)
/* Colour that no glass has: difference of the largest and smallest channel, of 255. */
#define LEAST_COLOUR 18
/* Cells across the slide among which the fullest neighbourhood is looked for, and that neighbourhood's reach. */
#define TISSUE_CELLS 96
#define TISSUE_REACH 4

gboolean
why_slide_is_tissue (const guint8 *rgb)
{
  const int most = MAX (MAX (rgb[0], rgb[1]), rgb[2]), least = MIN (MIN (rgb[0], rgb[1]), rgb[2]);

  return most - least >= LEAST_COLOUR;
}

/* Share of tissue in each cell of a grid. */
static float *
count_tissue (const WhyTensor *overview, gint64 columns, gint64 rows)
{
  float *cells = g_new0 (float, (gsize) (columns * rows));
  const gint64 height = overview->dims[0], width = overview->dims[1], bands = overview->dims[2];
  const guint8 *pixels = overview->data;

  for (gint64 y = 0; y < height && bands == 3; y++)
    for (gint64 x = 0; x < width; x++)
      cells[y * rows / height * columns + x * columns / width] +=
        why_slide_is_tissue (pixels + (y * width + x) * bands);
  return cells;
}

void
why_slide_find_centre (const WhyTensor *overview, double *x, double *y)
{
  const gint64 height = overview->dims[0], width = overview->dims[1];
  const double cell = MAX (1.0, (double) MAX (width, height) / TISSUE_CELLS);
  const gint64 columns = MAX (1, (gint64) ((double) width / cell)), rows = MAX (1, (gint64) ((double) height / cell));
  g_autofree float *cells = count_tissue (overview, columns, rows);
  double best = 0, best_distance = 0;

  *x = *y = 0.5;
  for (gint64 row = 0; row < rows; row++)
    for (gint64 column = 0; column < columns; column++)
      {
        double sum = 0;

        for (gint64 r = MAX (0, row - TISSUE_REACH); r <= MIN (rows - 1, row + TISSUE_REACH); r++)
          for (gint64 c = MAX (0, column - TISSUE_REACH); c <= MIN (columns - 1, column + TISSUE_REACH); c++)
            sum += cells[r * columns + c];
        /* Of places that are as full the one nearest to the middle. */
        const double at_x = ((double) column + 0.5) / (double) columns, at_y = ((double) row + 0.5) / (double) rows;
        const double distance = hypot (at_x - 0.5, at_y - 0.5);
        if (sum > best || (sum == best && sum > 0 && distance < best_distance))
          {
            best = sum;
            best_distance = distance;
            *x = at_x;
            *y = at_y;
          }
      }
}

void
why_slide_size_to_read (gint64 width, gint64 height, gint64 *out_width, gint64 *out_height)
{
  *out_width = width;
  *out_height = height;
  for (gint64 shrink = 2; *out_width * *out_height > MAX_READ_PIXELS; shrink *= 2)
    {
      *out_width = MAX (1, width / shrink);
      *out_height = MAX (1, height / shrink);
    }
}

WhyTensor *
why_slide_read (WhyImageSource *slide, gboolean deep, gint64 x, gint64 y, gint64 width, gint64 height, gint64 out_width, gint64 out_height,
                WhyCancel *cancel, GError **error)
{
  WhyTensor *(*const read) (WhyImageSource *, gint64, gint64, gint64, gint64, gint64, gint64, WhyCancel *, GError **) =
    deep ? why_image_source_read_full : why_image_source_read;
  const int reader = why_image_source_get_loader_pid (slide);
  GError *failure = NULL;
  WhyTensor *pixels = read (slide, x, y, width, height, out_width, out_height, cancel, &failure);

  /* Or another thread has started one since. */
  if (pixels == NULL && !why_cancel_is_set (cancel) &&
      (why_image_source_is_alive (slide) ? why_image_source_get_loader_pid (slide) != reader
                                         : why_image_source_reopen (slide, cancel, NULL)))
    {
      g_clear_error (&failure);
      pixels = read (slide, x, y, width, height, out_width, out_height, cancel, &failure);
    }
  if (failure != NULL)
    g_propagate_error (error, failure);
  return pixels;
}
