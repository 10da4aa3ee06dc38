#include "config.h"

#include "measure/similarity.h"

#include <math.h>

#define N_ORIENTATIONS 9
#define BLOCK 3 /* cells along each axis */
#define BLOCK_SIZE (BLOCK * BLOCK * N_ORIENTATIONS)
#define EPSILON 1e-5
#define CLIP 0.2
#define PAPER_CELL 16

static int
orientation_of (double down, double right)
{
  double degrees = atan2 (down, right) * 180 / G_PI;

  degrees = fmod (degrees, 180.0);
  if (degrees < 0)
    degrees += 180.0;
  return MIN ((int) (degrees / (180.0 / N_ORIENTATIONS)), N_ORIENTATIONS - 1);
}

/* [rows of cells, columns of cells, orientations] */
static double *
make_cells (const WhyTensor *map, gint64 cell, gint64 n_rows, gint64 n_columns)
{
  const gint64 height = map->dims[0], width = map->dims[1];
  const float *values = map->data;
  double *cells = g_new0 (double, (gsize) (n_rows * n_columns) * N_ORIENTATIONS);

  for (gint64 row = 0; row < n_rows * cell; row++)
    for (gint64 column = 0; column < n_columns * cell; column++)
      {
        const float *at = values + row * width + column;
        const double down = row > 0 && row < height - 1 ? (double) at[width] - (double) at[-width] : 0;
        const double right = column > 0 && column < width - 1 ? (double) at[1] - (double) at[-1] : 0;
        const double magnitude = hypot (down, right);
        if (!(magnitude > 0))
          continue;
        const gint64 index = row / cell * n_columns + column / cell;
        cells[index * N_ORIENTATIONS + orientation_of (down, right)] +=
          magnitude / (double) (cell * cell);
      }
  return cells;
}

static void
normalise (double *block, gboolean clip)
{
  double sum = EPSILON * EPSILON;

  for (int at = 0; at < BLOCK_SIZE; at++)
    sum += block[at] * block[at];
  for (int at = 0; at < BLOCK_SIZE; at++)
    block[at] = clip ? MIN (block[at] / sqrt (sum), CLIP) : block[at] / sqrt (sum);
}

static void
write_block (const double *cells, gint64 n_columns, gint64 row, gint64 column, float *out)
{
  double block[BLOCK_SIZE];
  int next = 0;

  for (gint64 h = row; h < row + BLOCK; h++)
    for (gint64 w = column; w < column + BLOCK; w++)
      for (int orientation = 0; orientation < N_ORIENTATIONS; orientation++)
        block[next++] = cells[(h * n_columns + w) * N_ORIENTATIONS + orientation];
  normalise (block, TRUE);
  normalise (block, FALSE);
  for (int at = 0; at < BLOCK_SIZE; at++)
    out[at] = (float) block[at];
}

float *
why_similarity_hog (const WhyTensor *map, gint64 cell, gsize *n)
{
  g_return_val_if_fail (map->rank == 2 && cell > 0, NULL);

  const gint64 n_rows = map->dims[0] / cell, n_columns = map->dims[1] / cell;
  *n = 0;
  if (n_rows < BLOCK || n_columns < BLOCK)
    return NULL;
  g_autofree double *cells = make_cells (map, cell, n_rows, n_columns);
  const gint64 down = n_rows - BLOCK + 1, across = n_columns - BLOCK + 1;
  *n = (gsize) (down * across) * BLOCK_SIZE;
  float *result = g_new (float, *n);
  for (gint64 row = 0; row < down; row++)
    for (gint64 column = 0; column < across; column++)
      write_block (cells, n_columns, row, column, result + (row * across + column) * BLOCK_SIZE);
  return result;
}

double
why_similarity_hogs (const WhyTensor *a, const WhyTensor *b)
{
  gsize n_a, n_b;
  g_autofree float *hog_a = why_similarity_hog (a, PAPER_CELL, &n_a);
  g_autofree float *hog_b = why_similarity_hog (b, PAPER_CELL, &n_b);

  return hog_a != NULL && hog_b != NULL && n_a == n_b ? why_similarity_pearson (hog_a, hog_b, n_a) : NAN;
}
