#include "config.h"

#include "resample.h"

#include <math.h>
#include <string.h>

/* One target index along an axis: sources first .. first + count - 1, the inner ones with weight @inner. */
typedef struct
{
  gint64 first;
  gint64 count;
  float left, inner, right; /* they add up to one; count 1 uses left alone */
} Span;

gsize
why_sample_size (WhySample sample)
{
  return sample == WHY_SAMPLE_U8 ? 1 : sample == WHY_SAMPLE_U16 ? 2 : 4;
}

static Span
find_span (double start, double length, gint64 source_n, gint64 target_n, gint64 index)
{
  const double step = length / (double) target_n;
  Span span = { .count = 1, .left = 1.0f };

  if (step <= 1.0)
    {
      const double centre = start + ((double) index + 0.5) * step;
      span.first = CLAMP ((gint64) floor (centre), 0, source_n - 1);
      return span;
    }

  const double from = CLAMP (start + (double) index * step, 0.0, (double) source_n);
  const double to = CLAMP (start + (double) (index + 1) * step, 0.0, (double) source_n);
  const double area = to - from;
  span.first = MIN ((gint64) floor (from), source_n - 1);
  const gint64 last = CLAMP ((gint64) ceil (to) - 1, span.first, source_n - 1);
  span.count = last - span.first + 1;
  if (span.count == 1 || !(area > 0.0))
    {
      span.count = 1;
      return span;
    }
  span.left = (float) (((double) (span.first + 1) - from) / area);
  span.inner = (float) (1.0 / area);
  span.right = (float) ((to - (double) last) / area);
  return span;
}

static void
add_row (float *sum, const void *row, WhySample type, gsize n, float weight)
{
  if (type == WHY_SAMPLE_U8)
    {
      const guint8 *values = row;
      for (gsize v = 0; v < n; v++)
        sum[v] += weight * (float) values[v];
    }
  else if (type == WHY_SAMPLE_U16)
    {
      const guint16 *values = row;
      for (gsize v = 0; v < n; v++)
        sum[v] += weight * (float) values[v];
    }
  else
    {
      const float *values = row;
      for (gsize v = 0; v < n; v++)
        sum[v] += weight * values[v];
    }
}

static void
store (void *target, WhySample type, gsize index, float value, float to_u8)
{
  if (type == WHY_SAMPLE_U8)
    ((guint8 *) target)[index] = (guint8) (CLAMP (value * to_u8, 0.0f, 255.0f) + 0.5f);
  else if (type == WHY_SAMPLE_U16)
    ((guint16 *) target)[index] = (guint16) (CLAMP (value, 0.0f, 65535.0f) + 0.5f);
  else
    ((float *) target)[index] = value;
}

gboolean
why_resample (const void *source, WhySample source_type, gint64 source_w, gint64 source_h, int bands, double x,
              double y, double w, double h, void *target, WhySample target_type, gint64 target_w, gint64 target_h)
{
  const gsize sample_size = why_sample_size (source_type);
  const gsize row_size = (gsize) source_w * (gsize) bands * sample_size;
  const gboolean whole = x == floor (x) && y == floor (y) && w == (double) target_w && h == (double) target_h;

  if (whole && source_type == target_type)
    {
      const gsize target_row = (gsize) target_w * (gsize) bands * sample_size;

      for (gint64 row = 0; row < target_h; row++)
        memcpy ((guint8 *) target + (gsize) row * target_row,
                (const guint8 *) source + ((gsize) y + (gsize) row) * row_size +
                  (gsize) x * (gsize) bands * sample_size,
                target_row);
      return TRUE;
    }

  /* Only the columns the region touches are summed. */
  const gint64 first_column = CLAMP ((gint64) floor (x), 0, source_w - 1);
  const gint64 end_column = CLAMP ((gint64) ceil (x + w), first_column + 1, source_w);
  const gsize n_sums = (gsize) (end_column - first_column) * (gsize) bands;
  const float to_u8 = source_type == WHY_SAMPLE_U16 ? 1.0f / 257.0f : 1.0f;
  g_autofree float *sums = g_try_new (float, n_sums);
  g_autofree Span *columns = g_try_new (Span, (gsize) target_w);

  if (sums == NULL || columns == NULL)
    return FALSE;
  for (gint64 column = 0; column < target_w; column++)
    {
      columns[column] = find_span (x, w, source_w, target_w, column);
      columns[column].first = CLAMP (columns[column].first - first_column, 0, end_column - first_column - 1);
      columns[column].count = MIN (columns[column].count, end_column - first_column - columns[column].first);
    }

  for (gint64 row = 0; row < target_h; row++)
    {
      const Span rows = find_span (y, h, source_h, target_h, row);

      memset (sums, 0, n_sums * sizeof *sums);
      for (gint64 r = 0; r < rows.count; r++)
        {
          const float weight = r == 0 ? rows.left : r == rows.count - 1 ? rows.right : rows.inner;
          const gsize at = ((gsize) (rows.first + r)) * row_size + (gsize) first_column * (gsize) bands * sample_size;

          add_row (sums, (const guint8 *) source + at, source_type, n_sums, weight);
        }
      for (gint64 column = 0; column < target_w; column++)
        {
          const Span *span = &columns[column];

          for (int band = 0; band < bands; band++)
            {
              const float *values = sums + (gsize) span->first * (gsize) bands + (gsize) band;
              float value = span->left * values[0];

              for (gint64 c = 1; c < span->count - 1; c++)
                value += span->inner * values[(gsize) c * (gsize) bands];
              if (span->count > 1)
                value += span->right * values[(gsize) (span->count - 1) * (gsize) bands];
              store (target, target_type,
                     ((gsize) row * (gsize) target_w + (gsize) column) * (gsize) bands + (gsize) band, value, to_u8);
            }
        }
    }
  return TRUE;
}

void
why_reorient (const void *source, gint64 source_w, gint64 source_h, gsize pixel_size, int orientation, void *target)
{
  const gboolean swapped = orientation >= 5;
  const gint64 target_w = swapped ? source_h : source_w;
  const gint64 target_h = swapped ? source_w : source_h;
  /* EXIF: where the row 0 and column 0 of the stored picture are in the upright one. */
  const gboolean flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const gboolean flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;

  for (gint64 row = 0; row < target_h; row++)
    for (gint64 column = 0; column < target_w; column++)
      {
        gint64 source_x = swapped ? row : column;
        gint64 source_y = swapped ? column : row;

        if (flip_x)
          source_x = source_w - 1 - source_x;
        if (flip_y)
          source_y = source_h - 1 - source_y;
        memcpy ((guint8 *) target + ((gsize) row * (gsize) target_w + (gsize) column) * pixel_size,
                (const guint8 *) source + ((gsize) source_y * (gsize) source_w + (gsize) source_x) * pixel_size,
                pixel_size);
      }
}
