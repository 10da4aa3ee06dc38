#include "config.h"

#include "occlude-private.h"

#include "base/parallel.h"

#include <math.h>
#include <string.h>

/* Rows a thread should have at least. */
#define ROW_GRAIN 32
/* From this sigma on the picture is made smaller first; nobody sees the difference in what is so far out of focus. */
#define REDUCE_FROM 16.0
/* Cells of the smaller picture in one sigma. */
#define CELLS_PER_SIGMA 8.0

/* A one-dimensional Gaussian. Small ones are summed up as they are; from sigma 3 on three running means take
 * their place (within 3 % of the kernel's height of a true Gaussian, and the time does not grow with sigma).
 * Source of the widths: P. Kovesi, "Fast Almost-Gaussian Filtering", DICTA 2010. */
typedef struct
{
  double sigma;
  gint64 reach; /* pixels needed on either side */
  gint64 widths[3]; /* odd; of the running means; 0: use weights */
  double weights[32]; /* from -reach on */
} Blur;

static void
blur_init (Blur *blur, double sigma)
{
  *blur = (Blur) { .sigma = sigma };
  if (sigma < 3.0)
    {
      double sum = 0.0;

      blur->reach = MAX (1, (gint64) ceil (3.0 * sigma));
      for (gint64 tap = -blur->reach; tap <= blur->reach; tap++)
        sum += blur->weights[tap + blur->reach] = exp (-0.5 * (double) (tap * tap) / (sigma * sigma));
      for (gint64 tap = 0; tap <= 2 * blur->reach; tap++)
        blur->weights[tap] /= sum;
      return;
    }

  gint64 lower = (gint64) floor (sqrt (4.0 * sigma * sigma + 1.0));
  lower -= lower % 2 == 0 ? 1 : 0;
  const double n = (double) lower;
  const double n_lower = round ((12.0 * sigma * sigma - 3.0 * n * n - 12.0 * n - 9.0) / (-4.0 * n - 4.0));
  for (int pass = 0; pass < 3; pass++)
    {
      blur->widths[pass] = pass < n_lower ? lower : lower + 2;
      blur->reach += blur->widths[pass] / 2;
    }
}

/* @line: @n + 2 reach values; @scratch: as many. The @n blurred values end up at the start of @line. */
static void
blur_line (const Blur *blur, double *line, double *scratch, gint64 n)
{
  if (blur->widths[0] == 0)
    {
      for (gint64 at = 0; at < n; at++)
        {
          double value = 0.0;

          for (gint64 tap = 0; tap <= 2 * blur->reach; tap++)
            value += blur->weights[tap] * line[at + tap];
          scratch[at] = value;
        }
      memcpy (line, scratch, (gsize) n * sizeof *line);
      return;
    }

  gint64 length = n + 2 * blur->reach;
  for (int pass = 0; pass < 3; pass++)
    {
      const gint64 width = blur->widths[pass];
      double sum = 0.0;

      for (gint64 at = 0; at < width; at++)
        sum += line[at];
      length -= width - 1;
      for (gint64 at = 0; at < length; at++)
        {
          scratch[at] = sum / (double) width;
          if (at + 1 < length)
            sum += line[at + width] - line[at];
        }
      memcpy (line, scratch, (gsize) length * sizeof *line);
    }
}

/* A picture of floats of which only some columns and rows are wanted: all of it, or a smaller one. */
typedef struct
{
  const WhyTensor *pixels;
  gint64 cell; /* pixels across and down a value */
  gint64 n_rows, n_columns, n_bands;
  float *values; /* NULL: the pixels themselves */
} Field;

static float
field_get (const Field *field, gint64 row, gint64 column, gint64 band)
{
  const gsize at = (gsize) ((row * field->n_columns + column) * field->n_bands + band);

  return field->values != NULL ? field->values[at] : (float) why_occlude_get (field->pixels, at);
}

/* Means over cells; the last ones may be cut off by the edge. */
typedef struct
{
  const Field *field;
  WhyPixelBox cells; /* those that are wanted */
} Reducing;

static void
reduce_rows (gsize begin, gsize end, gpointer data)
{
  const Reducing *work = data;
  const Field *field = work->field;
  const WhyTensor *pixels = field->pixels;
  const gint64 n_bands = field->n_bands;

  for (gint64 row = work->cells.top + (gint64) begin; row < work->cells.top + (gint64) end; row++)
    {
      const gint64 bottom = MIN ((row + 1) * field->cell, pixels->dims[0]);

      for (gint64 column = work->cells.left; column < work->cells.right; column++)
        {
          const gint64 left = column * field->cell;
          const gint64 right = MIN (left + field->cell, pixels->dims[1]);
          const double count = (double) ((bottom - row * field->cell) * (right - left));
          float *means = field->values + (row * field->n_columns + column) * n_bands;
          double sums[4] = { 0.0 };

          for (gint64 h = row * field->cell; h < bottom; h++)
            {
              const gsize first = (gsize) ((h * pixels->dims[1] + left) * n_bands);
              guint32 whole[4] = { 0 };

              if (pixels->dtype == WHY_DTYPE_UINT8)
                for (gint64 w = 0; w < right - left; w++)
                  for (gint64 c = 0; c < n_bands; c++)
                    whole[c] += ((const guint8 *) pixels->data)[first + (gsize) (w * n_bands + c)];
              else
                for (gint64 w = 0; w < right - left; w++)
                  for (gint64 c = 0; c < n_bands; c++)
                    sums[c] += why_occlude_get (pixels, first + (gsize) (w * n_bands + c));
              for (gint64 c = 0; c < n_bands; c++)
                sums[c] += whole[c];
            }
          for (gint64 c = 0; c < n_bands; c++)
            means[c] = (float) (sums[c] / count);
        }
    }
}

/* Gaussian of the box of a field only, in two passes: along rows for the box's columns over all rows the second
 * pass can reach, then along columns. */
static float *
blur_box (const Field *field, const WhyPixelBox *box, double sigma)
{
  const gint64 box_w = box->right - box->left;
  const gint64 box_h = box->bottom - box->top;
  Blur blur;

  blur_init (&blur, sigma);
  /* Rows kept in the middle: all rows if the kernel is taller than the picture, else those in reach. Mirrored
   * rows of a reach that ends inside the picture are in reach themselves. */
  const gint64 middle_h = box_h + 2 * blur.reach;
  const gboolean all_rows = middle_h >= field->n_rows;
  const gint64 first_row = all_rows ? 0 : CLAMP (box->top - blur.reach, 0, field->n_rows - middle_h);
  const gint64 kept_rows = all_rows ? field->n_rows : middle_h;
  const gsize line_length = (gsize) (MAX (box_w, box_h) + 2 * blur.reach);
  g_autofree double *line = g_try_new (double, line_length);
  g_autofree double *scratch = g_try_new (double, line_length);
  g_autofree float *middle = g_try_new (float, (gsize) (kept_rows * box_w * field->n_bands));
  float *result = g_try_new (float, (gsize) (box_h * box_w * field->n_bands));

  if (line == NULL || scratch == NULL || middle == NULL || result == NULL)
    {
      g_free (result);
      return NULL;
    }
  for (gint64 h = 0; h < kept_rows; h++)
    for (gint64 c = 0; c < field->n_bands; c++)
      {
        for (gint64 at = 0; at < box_w + 2 * blur.reach; at++)
          line[at] = (double) field_get (field, first_row + h,
                                         why_occlude_mirror (box->left + at - blur.reach, field->n_columns), c);
        blur_line (&blur, line, scratch, box_w);
        for (gint64 w = 0; w < box_w; w++)
          middle[(h * box_w + w) * field->n_bands + c] = (float) line[w];
      }
  for (gint64 w = 0; w < box_w; w++)
    for (gint64 c = 0; c < field->n_bands; c++)
      {
        for (gint64 at = 0; at < box_h + 2 * blur.reach; at++)
          {
            const gint64 row = why_occlude_mirror (box->top + at - blur.reach, field->n_rows) - first_row;
            line[at] = (double) middle[(row * box_w + w) * field->n_bands + c];
          }
        blur_line (&blur, line, scratch, box_h);
        for (gint64 h = 0; h < box_h; h++)
          result[(h * box_w + w) * field->n_bands + c] = (float) line[h];
      }
  return result;
}

typedef struct
{
  const WhyOccludePart *part;
  const float *cells; /* of @cell_box */
  WhyPixelBox cell_box;
  gint64 cell;
  float *values;
} Enlarging;

/* The two cells around a pixel's centre and how much of the second, in cells of the box. */
static gint64
between_cells (gint64 pixel, gint64 cell, gint64 first, gint64 end, float *share)
{
  const double at = ((double) pixel + 0.5) / (double) cell - 0.5 - (double) first;
  const gint64 low = CLAMP ((gint64) floor (at), 0, MAX (end - first - 2, 0));

  *share = (float) CLAMP (at - (double) low, 0.0, end - first > 1 ? 1.0 : 0.0);
  return low;
}

static void
enlarge_rows (gsize begin, gsize end, gpointer data)
{
  const Enlarging *work = data;
  const WhyPixelBox *box = &work->part->box;
  const gint64 n_bands = work->part->pixels->dims[2];
  const gint64 box_w = box->right - box->left;
  const gint64 n_columns = work->cell_box.right - work->cell_box.left;
  const gint64 n_rows = work->cell_box.bottom - work->cell_box.top;

  for (gint64 h = (gint64) begin; h < (gint64) end; h++)
    {
      const guint8 *coverage = work->part->coverage + h * box_w;
      float down;
      const gint64 row = between_cells (box->top + h, work->cell, work->cell_box.top, work->cell_box.bottom, &down);
      const float *upper = work->cells + row * n_columns * n_bands;
      const float *lower = upper + (n_rows > 1 ? n_columns * n_bands : 0);

      for (gint64 w = 0; w < box_w; w++)
        {
          float across;
          if (coverage[w] == 0)
            continue;
          const gint64 left = between_cells (box->left + w, work->cell, work->cell_box.left, work->cell_box.right,
                                             &across) * n_bands;
          const gint64 right = left + (n_columns > 1 ? n_bands : 0);

          for (gint64 c = 0; c < n_bands; c++)
            {
              const float above = upper[left + c] + across * (upper[right + c] - upper[left + c]);
              const float below = lower[left + c] + across * (lower[right + c] - lower[left + c]);

              work->values[(h * box_w + w) * n_bands + c] = above + down * (below - above);
            }
        }
    }
}

float *
why_occlude_blur (const WhyOccludePart *part, double sigma)
{
  const WhyTensor *pixels = part->pixels;
  const WhyPixelBox *box = &part->box;
  const gint64 cell = sigma >= REDUCE_FROM ? (gint64) floor (sigma / CELLS_PER_SIGMA) : 1;
  Field field = {
    .pixels = pixels,
    .cell = cell,
    .n_rows = (pixels->dims[0] + cell - 1) / cell,
    .n_columns = (pixels->dims[1] + cell - 1) / cell,
    .n_bands = pixels->dims[2],
  };

  if (cell == 1)
    return blur_box (&field, box, sigma);

  g_autofree float *reduced = g_try_new (float, (gsize) (field.n_rows * field.n_columns * field.n_bands));
  if (reduced == NULL)
    return NULL;
  field.values = reduced;
  /* Averaging over cells and interpolating between them blur too: variances add up. In cells: a box of width 1, 1/12,
   * and a triangle, 1/6 on the mean. */
  const double in_cells = sigma / (double) cell;
  const double rest = sqrt (in_cells * in_cells - 1.0 / 12.0 - 1.0 / 6.0);
  const WhyPixelBox cell_box = {
    MAX (box->left / cell - 1, 0), MAX (box->top / cell - 1, 0), MIN ((box->right - 1) / cell + 2, field.n_columns),
    MIN ((box->bottom - 1) / cell + 2, field.n_rows),
  };
  Blur blur;
  blur_init (&blur, rest);
  /* blur_box() reads whole rows where the kernel is taller than the picture; columns likewise by mirroring. */
  const gboolean all_rows = cell_box.bottom - cell_box.top + 2 * blur.reach >= field.n_rows;
  const gboolean all_columns = cell_box.right - cell_box.left + 2 * blur.reach >= field.n_columns;
  Reducing reducing = { &field, { 0, 0, field.n_columns, field.n_rows } };
  if (!all_rows)
    {
      reducing.cells.top = CLAMP (cell_box.top - blur.reach, 0, field.n_rows);
      reducing.cells.bottom = CLAMP (cell_box.bottom + blur.reach, 0, field.n_rows);
      /* The rows that blur_box() keeps, which do not shrink at an edge. */
      reducing.cells.top = MIN (reducing.cells.top, field.n_rows - (cell_box.bottom - cell_box.top + 2 * blur.reach));
      reducing.cells.bottom = MAX (reducing.cells.bottom, cell_box.bottom - cell_box.top + 2 * blur.reach);
    }
  if (!all_columns)
    {
      reducing.cells.left = CLAMP (cell_box.left - blur.reach, 0, field.n_columns);
      reducing.cells.right = CLAMP (cell_box.right + blur.reach, 0, field.n_columns);
    }
  why_parallel_for ((gsize) (reducing.cells.bottom - reducing.cells.top), 1 + (gsize) (ROW_GRAIN / cell), reduce_rows,
                    &reducing);
  g_autofree float *cells = blur_box (&field, &cell_box, rest);
  float *values = g_try_new (float, (gsize) ((box->right - box->left) * (box->bottom - box->top) * field.n_bands));
  if (cells == NULL || values == NULL)
    {
      g_free (values);
      return NULL;
    }
  Enlarging work = { part, cells, cell_box, cell, values };
  why_parallel_for ((gsize) (box->bottom - box->top), ROW_GRAIN, enlarge_rows, &work);
  return values;
}
