#include "config.h"

#include "occlude-private.h"

#include <math.h>
#include <string.h>

/* Filling a hole as if what is around it went on, in two layers that are added up:
 *
 * 1. The smooth layer. Around the hole the picture is averaged over small windows (of uncovered pixels only); these
 *    averages go on into the hole as a membrane, the solution of Laplace's equation. It is found on coarse grids first
 *    and brought to finer ones with a few relaxations on each (F. Bornemann, P. Deuflhard, "The cascadic multigrid
 *    method for elliptic problems", Numerische Mathematik 75, 1996).
 * 2. The texture. What the averages leave out is taken, for each covered pixel, from the pixel mirrored at the nearest
 *    place of the border. The nearest places come from two sweeps over the picture (P.-E. Danielsson, "Euclidean
 *    distance mapping", Computer Graphics and Image Processing 14, 1980).
 *
 * Smooth part and texture apart: M. Bertalmio, L. Vese, G. Sapiro, S. Osher, "Simultaneous structure and texture image
 * inpainting", IEEE Transactions on Image Processing 12, 2003. Nothing of what lies below the cover takes part. */

#define MAX_LEVELS 24
#define N_RELAXATIONS 3
/* Half the side of the windows, for holes of any size. */
#define LEAST_WINDOW 1
#define MOST_WINDOW 12

typedef struct
{
  const WhyOccludePart *part;
  WhyPixelBox region; /* the box and what is needed around it */
  gint64 n_rows, n_columns, n_bands;
  guint8 *known;  /* of the region: not covered */
  float *smooth;  /* of the region: averages where known, then the membrane */
  gint32 *offsets; /* of the region: columns and rows to the nearest known pixel */
} Hole;

static void
hole_clear (Hole *hole)
{
  g_free (hole->known);
  g_free (hole->smooth);
  g_free (hole->offsets);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Hole, hole_clear)

static double
source (const Hole *hole, gint64 row, gint64 column, gint64 band)
{
  const WhyTensor *pixels = hole->part->pixels;

  return why_occlude_get (pixels, (gsize) (((hole->region.top + row) * pixels->dims[1] + hole->region.left + column) *
                                           hole->n_bands + band));
}

static gsize
mark_known (Hole *hole)
{
  const WhyPixelBox *box = &hole->part->box;
  const gint64 box_w = box->right - box->left;
  gsize n_known = (gsize) (hole->n_rows * hole->n_columns);

  memset (hole->known, 1, n_known);
  for (gint64 h = box->top; h < box->bottom; h++)
    for (gint64 w = box->left; w < box->right; w++)
      {
        if (hole->part->coverage[(h - box->top) * box_w + w - box->left] == 0)
          continue;
        hole->known[(h - hole->region.top) * hole->n_columns + w - hole->region.left] = 0;
        n_known--;
      }
  return n_known;
}

/* ---- averages of what is known ---- */

/* Sums over windows of 2 @reach + 1 values, @step apart; in place, with @line as scratch. */
static void
sum_windows (float *values, gint64 n, gint64 step, gint64 reach, double *line)
{
  double sum = 0.0;

  for (gint64 at = 0; at < n; at++)
    line[at] = (double) values[at * step];
  for (gint64 at = 0; at < MIN (reach, n); at++)
    sum += line[at];
  for (gint64 at = 0; at < n; at++)
    {
      if (at + reach < n)
        sum += line[at + reach];
      if (at - reach - 1 >= 0)
        sum -= line[at - reach - 1];
      values[at * step] = (float) sum;
    }
}

static void
sum_field (const Hole *hole, float *values, gint64 n_bands, gint64 reach, double *line)
{
  for (gint64 h = 0; h < hole->n_rows; h++)
    for (gint64 c = 0; c < n_bands; c++)
      sum_windows (values + h * hole->n_columns * n_bands + c, hole->n_columns, n_bands, reach, line);
  for (gint64 w = 0; w < hole->n_columns; w++)
    for (gint64 c = 0; c < n_bands; c++)
      sum_windows (values + w * n_bands + c, hole->n_rows, hole->n_columns * n_bands, reach, line);
}

static gboolean
average_known (Hole *hole, gint64 reach)
{
  const gint64 n_pixels = hole->n_rows * hole->n_columns;
  g_autofree float *weights = g_try_new (float, (gsize) n_pixels);
  g_autofree double *line = g_try_new (double, (gsize) MAX (hole->n_rows, hole->n_columns));

  if (weights == NULL || line == NULL)
    return FALSE;
  for (gint64 h = 0; h < hole->n_rows; h++)
    for (gint64 w = 0; w < hole->n_columns; w++)
      {
        const gint64 at = h * hole->n_columns + w;

        weights[at] = hole->known[at];
        for (gint64 c = 0; c < hole->n_bands; c++)
          hole->smooth[at * hole->n_bands + c] = hole->known[at] ? (float) source (hole, h, w, c) : 0.0f;
      }
  sum_field (hole, hole->smooth, hole->n_bands, reach, line);
  sum_field (hole, weights, 1, reach, line);
  for (gint64 at = 0; at < n_pixels; at++)
    for (gint64 c = 0; c < hole->n_bands; c++)
      {
        float *value = &hole->smooth[at * hole->n_bands + c];
        *value = hole->known[at] ? *value / MAX (weights[at], 1.0f) : 0.0f;
      }
  return TRUE;
}

/* ---- the membrane ---- */

typedef struct
{
  gint64 n_rows, n_columns;
  guint8 *known;
  float *values;
} Level;

/* Means of the known ones among two by two cells. */
static void
coarsen (const Level *fine, Level *coarse, gint64 n_bands)
{
  for (gint64 h = 0; h < coarse->n_rows; h++)
    for (gint64 w = 0; w < coarse->n_columns; w++)
      {
        float sums[4] = { 0 };
        float count = 0;

        for (gint64 part = 0; part < 4; part++)
          {
            const gint64 from_h = 2 * h + part / 2;
            const gint64 from_w = 2 * w + part % 2;
            const gint64 from = from_h * fine->n_columns + from_w;

            if (from_h >= fine->n_rows || from_w >= fine->n_columns || !fine->known[from])
              continue;
            count++;
            for (gint64 c = 0; c < n_bands; c++)
              sums[c] += fine->values[from * n_bands + c];
          }
        coarse->known[h * coarse->n_columns + w] = count > 0;
        for (gint64 c = 0; c < n_bands; c++)
          coarse->values[(h * coarse->n_columns + w) * n_bands + c] = count > 0 ? sums[c] / count : 0;
      }
}

/* What is unknown, between the coarse cells: three quarters of the one it lies in on either axis. */
static void
interpolate (const Level *coarse, Level *fine, gint64 n_bands)
{
  for (gint64 h = 0; h < fine->n_rows; h++)
    for (gint64 w = 0; w < fine->n_columns; w++)
      {
        if (fine->known[h * fine->n_columns + w])
          continue;
        const gint64 row = h / 2;
        const gint64 column = w / 2;
        const gint64 other_row = CLAMP (h % 2 == 0 ? row - 1 : row + 1, 0, coarse->n_rows - 1);
        const gint64 other_column = CLAMP (w % 2 == 0 ? column - 1 : column + 1, 0, coarse->n_columns - 1);
        const float *near = coarse->values + (row * coarse->n_columns + column) * n_bands;
        const float *beside = coarse->values + (row * coarse->n_columns + other_column) * n_bands;
        const float *below = coarse->values + (other_row * coarse->n_columns + column) * n_bands;
        const float *across = coarse->values + (other_row * coarse->n_columns + other_column) * n_bands;

        for (gint64 c = 0; c < n_bands; c++)
          fine->values[(h * fine->n_columns + w) * n_bands + c] =
            0.5625f * near[c] + 0.1875f * (beside[c] + below[c]) + 0.0625f * across[c];
      }
}

/* Each unknown value becomes the mean of its neighbours; beyond the edge there is what is at it. */
static void
relax (Level *level, gint64 n_bands)
{
  const gint64 row_step = level->n_columns * n_bands;

  for (gint64 h = 0; h < level->n_rows; h++)
    for (gint64 w = 0; w < level->n_columns; w++)
      {
        float *value = level->values + (h * level->n_columns + w) * n_bands;
        if (level->known[h * level->n_columns + w])
          continue;
        const float *above = h > 0 ? value - row_step : value;
        const float *below = h + 1 < level->n_rows ? value + row_step : value;
        const float *before = w > 0 ? value - n_bands : value;
        const float *after = w + 1 < level->n_columns ? value + n_bands : value;

        for (gint64 c = 0; c < n_bands; c++)
          value[c] = 0.25f * (above[c] + below[c] + before[c] + after[c]);
      }
}

static gboolean
stretch_membrane (Hole *hole)
{
  Level levels[MAX_LEVELS] = { { hole->n_rows, hole->n_columns, hole->known, hole->smooth } };
  int n_levels = 1;
  gboolean fine = TRUE;

  while (fine && n_levels < MAX_LEVELS && levels[n_levels - 1].n_rows * levels[n_levels - 1].n_columns > 1)
    {
      Level *level = &levels[n_levels++];

      level->n_rows = (level[-1].n_rows + 1) / 2;
      level->n_columns = (level[-1].n_columns + 1) / 2;
      level->known = g_try_new (guint8, (gsize) (level->n_rows * level->n_columns));
      level->values = g_try_new (float, (gsize) (level->n_rows * level->n_columns * hole->n_bands));
      fine = level->known != NULL && level->values != NULL;
      if (fine)
        coarsen (&level[-1], level, hole->n_bands);
    }
  for (int level = n_levels - 2; fine && level >= 0; level--)
    {
      interpolate (&levels[level + 1], &levels[level], hole->n_bands);
      for (int pass = 0; pass < N_RELAXATIONS; pass++)
        relax (&levels[level], hole->n_bands);
    }
  for (int level = 1; level < n_levels; level++)
    {
      g_free (levels[level].known);
      g_free (levels[level].values);
    }
  return fine;
}

/* ---- the nearest known pixel ---- */

static void
take_nearer (const Hole *hole, gint64 h, gint64 w, gint64 dh, gint64 dw)
{
  const gint64 other_h = h + dh;
  const gint64 other_w = w + dw;

  if (other_h < 0 || other_h >= hole->n_rows || other_w < 0 || other_w >= hole->n_columns)
    return;
  gint32 *mine = hole->offsets + 2 * (h * hole->n_columns + w);
  const gint32 *other = hole->offsets + 2 * (other_h * hole->n_columns + other_w);
  const gint64 across = other[0] + dw;
  const gint64 down = other[1] + dh;
  if (across * across + down * down < (gint64) mine[0] * mine[0] + (gint64) mine[1] * mine[1])
    {
      mine[0] = (gint32) across;
      mine[1] = (gint32) down;
    }
}

static void
find_nearest (Hole *hole)
{
  /* Farther than anything, and its square still fits. */
  const gint32 far = 1 << 26;

  for (gint64 at = 0; at < hole->n_rows * hole->n_columns; at++)
    hole->offsets[2 * at] = hole->offsets[2 * at + 1] = hole->known[at] ? 0 : far;
  for (gint64 h = 0; h < hole->n_rows; h++)
    {
      for (gint64 w = 0; w < hole->n_columns; w++)
        {
          if (hole->known[h * hole->n_columns + w])
            continue;
          take_nearer (hole, h, w, 0, -1);
          take_nearer (hole, h, w, -1, -1);
          take_nearer (hole, h, w, -1, 0);
          take_nearer (hole, h, w, -1, 1);
        }
      for (gint64 w = hole->n_columns - 1; w >= 0; w--)
        take_nearer (hole, h, w, 0, 1);
    }
  for (gint64 h = hole->n_rows - 1; h >= 0; h--)
    {
      for (gint64 w = hole->n_columns - 1; w >= 0; w--)
        {
          if (hole->known[h * hole->n_columns + w])
            continue;
          take_nearer (hole, h, w, 0, 1);
          take_nearer (hole, h, w, 1, 1);
          take_nearer (hole, h, w, 1, 0);
          take_nearer (hole, h, w, 1, -1);
        }
      for (gint64 w = 0; w < hole->n_columns; w++)
        take_nearer (hole, h, w, 0, -1);
    }
}

/* The pixel whose texture a covered one gets: mirrored at the border, or nearer to it where that is covered as well
 * or beyond the edge; at last the one on the border. */
static gint64
texture_of (const Hole *hole, gint64 h, gint64 w)
{
  const gint32 *offset = hole->offsets + 2 * (h * hole->n_columns + w);

  for (gint64 quarters = 8; quarters > 4; quarters--)
    {
      const gint64 from_h = h + offset[1] * quarters / 4;
      const gint64 from_w = w + offset[0] * quarters / 4;

      if (from_h >= 0 && from_h < hole->n_rows && from_w >= 0 && from_w < hole->n_columns &&
          hole->known[from_h * hole->n_columns + from_w])
        return from_h * hole->n_columns + from_w;
    }
  return (h + offset[1]) * hole->n_columns + w + offset[0];
}

/* ---- all of it ---- */

/* Everything is covered: there is nothing to go on from. */
static void
fill_mean (const WhyOccludePart *part, float *values)
{
  const gint64 n_bands = part->pixels->dims[2];
  const gint64 n_pixels = (part->box.right - part->box.left) * (part->box.bottom - part->box.top);
  const gsize n_values = why_tensor_count (part->pixels);
  double sums[4] = { 0.0 };

  for (gsize value = 0; value < n_values; value++)
    sums[value % (gsize) n_bands] += why_occlude_get (part->pixels, value);
  for (gint64 pixel = 0; pixel < n_pixels; pixel++)
    for (gint64 c = 0; c < n_bands; c++)
      values[pixel * n_bands + c] = (float) (sums[c] / ((double) n_values / (double) n_bands));
}

float *
why_occlude_texture (const WhyOccludePart *part)
{
  const WhyTensor *pixels = part->pixels;
  const WhyPixelBox *box = &part->box;
  const gint64 box_w = box->right - box->left;
  const gint64 box_h = box->bottom - box->top;
  const gint64 window = CLAMP (MAX (box_w, box_h) / 24, LEAST_WINDOW, MOST_WINDOW);
  /* The farthest a mirrored place can be out, and its window. */
  const gint64 margin = MIN (box_w, box_h) / 2 + 2 * window + 2;
  g_auto (Hole) hole = {
    .part = part,
    .region = { MAX (box->left - margin, 0), MAX (box->top - margin, 0), MIN (box->right + margin, pixels->dims[1]),
                MIN (box->bottom + margin, pixels->dims[0]) },
    .n_bands = pixels->dims[2],
  };

  hole.n_rows = hole.region.bottom - hole.region.top;
  hole.n_columns = hole.region.right - hole.region.left;
  const gsize n_pixels = (gsize) (hole.n_rows * hole.n_columns);
  hole.known = g_try_new (guint8, n_pixels);
  hole.smooth = g_try_new (float, n_pixels * (gsize) hole.n_bands);
  hole.offsets = g_try_new (gint32, 2 * n_pixels);
  g_autofree float *values = g_try_new (float, (gsize) (box_w * box_h * hole.n_bands));
  if (hole.known == NULL || hole.smooth == NULL || hole.offsets == NULL || values == NULL)
    return NULL;
  if (mark_known (&hole) == 0)
    {
      fill_mean (part, values);
      return g_steal_pointer (&values);
    }
  if (!average_known (&hole, window) || !stretch_membrane (&hole))
    return NULL;
  find_nearest (&hole);

  for (gint64 h = 0; h < box_h; h++)
    for (gint64 w = 0; w < box_w; w++)
      {
        const gint64 row = box->top + h - hole.region.top;
        const gint64 column = box->left + w - hole.region.left;
        const gint64 at = row * hole.n_columns + column;
        float *value = values + (h * box_w + w) * hole.n_bands;

        if (hole.known[at])
          continue;
        const gint64 from = texture_of (&hole, row, column);
        for (gint64 c = 0; c < hole.n_bands; c++)
          value[c] = hole.smooth[at * hole.n_bands + c] +
                     (float) source (&hole, from / hole.n_columns, from % hole.n_columns,
                                     c) - hole.smooth[from * hole.n_bands + c];
      }
  return g_steal_pointer (&values);
}
