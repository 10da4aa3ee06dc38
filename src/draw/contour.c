#include "config.h"

#include "draw/contour.h"

#include <math.h>
#include <string.h>

/* The finer grid has so many samples to a cell where that makes no more than ENOUGH_SAMPLES along a
 * side, at least two to a cell up to MAX_SAMPLES, and never more than MAX_SAMPLES. */
#define SAMPLES_PER_CELL 8
#define ENOUGH_SAMPLES 512
#define MAX_SAMPLES 2048

/* Crossing points are on the edges between neighbouring samples: edge 2 * sample goes to the right,
 * 2 * sample + 1 downwards. A line through a square joins two of its edges; every edge is left by
 * at most one line and entered by at most one, because all lines keep the high side on their right.
 */
typedef struct
{
  int width; /* samples */
  int height;
  const float *samples;
  double level;
  gint64 *next; /* by edge: the edge the line goes to, -1 none */
  guint8 *entered;
} Tracer;

void
why_contour_line_free (WhyContourLine *line)
{
  if (line == NULL)
    return;
  g_free (line->points);
  g_free (line);
}

static gboolean
is_high (const Tracer *tracer, int w, int h)
{
  return tracer->samples[(gsize) h * (gsize) tracer->width + (gsize) w] >= tracer->level;
}

static gint64
edge_right (const Tracer *tracer, int w, int h)
{
  return 2 * ((gint64) h * tracer->width + w);
}

static gint64
edge_down (const Tracer *tracer, int w, int h)
{
  return edge_right (tracer, w, h) + 1;
}

static void
join (Tracer *tracer, gint64 to, gint64 from)
{
  tracer->next[from] = to;
  tracer->entered[to] = 1;
}

/* One square of four samples: 8 top left, 4 top right, 2 bottom right, 1 bottom left. */
static void
join_square (Tracer *tracer, int w, int h)
{
  gint64 top = edge_right (tracer, w, h);
  gint64 bottom = edge_right (tracer, w, h + 1);
  gint64 left = edge_down (tracer, w, h);
  gint64 right = edge_down (tracer, w + 1, h);
  int corners = is_high (tracer, w, h) << 3 | is_high (tracer, w + 1, h) << 2 |
                is_high (tracer, w + 1, h + 1) << 1 | is_high (tracer, w, h + 1);
  gboolean saddle_high = FALSE;

  if (corners == 5 || corners == 10)
    {
      const float *sample = tracer->samples + (gsize) h * (gsize) tracer->width + (gsize) w;
      double mean = ((double) sample[0] + sample[1] + sample[tracer->width] +
                     sample[tracer->width + 1]) /
                    4;

      saddle_high = mean >= tracer->level;
    }
  switch (corners)
    {
    case 1: join (tracer, bottom, left); break;
    case 2: join (tracer, right, bottom); break;
    case 3: join (tracer, right, left); break;
    case 4: join (tracer, top, right); break;
    case 6: join (tracer, top, bottom); break;
    case 7: join (tracer, top, left); break;
    case 8: join (tracer, left, top); break;
    case 9: join (tracer, bottom, top); break;
    case 11: join (tracer, right, top); break;
    case 12: join (tracer, left, right); break;
    case 13: join (tracer, bottom, right); break;
    case 14: join (tracer, left, bottom); break;
    case 5: /* top right and bottom left */
      join (tracer, saddle_high ? top : bottom, left);
      join (tracer, saddle_high ? bottom : top, right);
      break;
    case 10: /* top left and bottom right */
      join (tracer, saddle_high ? left : right, bottom);
      join (tracer, saddle_high ? right : left, top);
      break;
    default: break;
    }
}

/* Where the level is crossed on @edge, in samples. */
static void
edge_point (const Tracer *tracer, gint64 edge, double *x, double *y)
{
  gint64 sample = edge / 2;
  gboolean down = edge % 2 == 1;
  double here = tracer->samples[sample];
  double there = tracer->samples[sample + (down ? tracer->width : 1)];
  double f = (tracer->level - here) / (there - here);

  /* Not finite neighbours: half way. */
  f = f >= 0 && f <= 1 ? f : 0.5;
  *x = (double) (sample % tracer->width) + (down ? 0 : f);
  *y = (double) (sample / tracer->width) + (down ? f : 0);
}

static void
follow (Tracer *tracer, gint64 start, gboolean closed, const WhyAffine *to_map, GPtrArray *lines)
{
  g_autoptr (GArray) points = g_array_new (FALSE, FALSE, sizeof (double));
  gint64 edge = start;

  while (edge >= 0)
    {
      double point[2];
      gint64 next = tracer->next[edge];

      edge_point (tracer, edge, &point[0], &point[1]);
      why_affine_apply (to_map, &point[0], &point[1]);
      g_array_append_vals (points, point, 2);
      tracer->next[edge] = -1;
      edge = next != start ? next : -1;
    }
  if (points->len < 4)
    return;

  WhyContourLine *line = g_new (WhyContourLine, 1);
  line->n_points = points->len / 2;
  line->points = (double *) (gpointer) g_array_free (g_steal_pointer (&points), FALSE);
  line->closed = closed;
  g_ptr_array_add (lines, line);
}

static void
trace_samples (Tracer *tracer, const WhyAffine *to_map, GPtrArray *lines)
{
  gsize n_edges = 2 * (gsize) tracer->width * (gsize) tracer->height;

  tracer->next = g_new (gint64, n_edges);
  memset (tracer->next, 0xff, n_edges * sizeof (gint64)); /* -1 */
  tracer->entered = g_new0 (guint8, n_edges);
  for (int h = 0; h + 1 < tracer->height; h++)
    for (int w = 0; w + 1 < tracer->width; w++)
      join_square (tracer, w, h);
  /* Open lines start where nothing enters; what is left over afterwards are rings. */
  for (gsize edge = 0; edge < n_edges; edge++)
    {
      if (tracer->next[edge] >= 0 && !tracer->entered[edge])
        follow (tracer, (gint64) edge, FALSE, to_map, lines);
    }
  for (gsize edge = 0; edge < n_edges; edge++)
    {
      if (tracer->next[edge] >= 0)
        follow (tracer, (gint64) edge, TRUE, to_map, lines);
    }
  g_free (tracer->next);
  g_free (tracer->entered);
}

/* Cells as cells: the line runs from corner to corner along the borders between high cells and low
 * ones; beyond the map all is low. */
static void
trace_cells (const float *values, int width, int height, double level, GPtrArray *lines)
{
  int n_w = width + 1;
  gsize n_corners = (gsize) n_w * (gsize) (height + 1);
  /* By corner: the corners the line goes on to; two where high cells touch diagonally. */
  g_autofree gint64 *next = g_new (gint64, 2 * n_corners);

  memset (next, 0xff, 2 * n_corners * sizeof (gint64));
#define HIGH(w, h)                                                                                 \
  ((w) >= 0 && (h) >= 0 && (w) < width && (h) < height &&                                          \
   values[(gsize) (h) * (gsize) width + (gsize) (w)] >= level)
#define CORNER(w, h) ((gint64) (h) * n_w + (w))
  for (int h = 0; h <= height; h++)
    for (int w = 0; w <= width; w++)
      {
        gint64 here = CORNER (w, h);
        gint64 steps[4][2];
        int n_steps = 0;

        if (w < width && HIGH (w, h) != HIGH (w, h - 1)) /* the border to the right of the corner */
          {
            steps[n_steps][0] = HIGH (w, h) ? here : CORNER (w + 1, h);
            steps[n_steps++][1] = HIGH (w, h) ? CORNER (w + 1, h) : here;
          }
        if (h < height && HIGH (w, h) != HIGH (w - 1, h)) /* downwards */
          {
            steps[n_steps][0] = HIGH (w - 1, h) ? here : CORNER (w, h + 1);
            steps[n_steps++][1] = HIGH (w - 1, h) ? CORNER (w, h + 1) : here;
          }
        for (int step = 0; step < n_steps; step++)
          {
            gint64 from = steps[step][0];

            next[2 * from + (next[2 * from] >= 0)] = steps[step][1];
          }
      }
#undef HIGH
#undef CORNER
  for (gsize start = 0; start < n_corners; start++)
    {
      while (next[2 * start] >= 0)
        {
          g_autoptr (GArray) points = g_array_new (FALSE, FALSE, sizeof (double));
          gint64 corner = (gint64) start;

          do
            {
              double point[2] = { (double) (corner % n_w), (double) (corner / n_w) };
              gint64 to = next[2 * corner];

              g_array_append_vals (points, point, 2);
              next[2 * corner] = next[2 * corner + 1];
              next[2 * corner + 1] = -1;
              corner = to;
            }
          while (corner != (gint64) start && corner >= 0);

          WhyContourLine *line = g_new (WhyContourLine, 1);
          line->n_points = points->len / 2;
          line->points = (double *) (gpointer) g_array_free (g_steal_pointer (&points), FALSE);
          line->closed = TRUE;
          g_ptr_array_add (lines, line);
        }
    }
}

static int
count_samples (int cells)
{
  gint64 least = MIN ((gint64) cells * 2, MAX_SAMPLES);

  return (int) MIN ((gint64) cells * SAMPLES_PER_CELL, MAX (least, ENOUGH_SAMPLES)) + 1;
}

GPtrArray *
why_contour_trace (const float *values, int width, int height, WhyResample kind, double level)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func ((GDestroyNotify) why_contour_line_free);

  g_return_val_if_fail (values != NULL && width > 0 && height > 0, lines);

  if (kind == WHY_RESAMPLE_NEAREST)
    {
      trace_cells (values, width, height, level, lines);
      return lines;
    }

  /* Samples on the whole map, its borders included; the outermost half cells are level with the
   * border cells' centres. */
  int n_w = count_samples (width);
  int n_h = count_samples (height);
  double step_x = width / (n_w - 1.0);
  double step_y = height / (n_h - 1.0);
  WhyAffine sample_to_map = why_affine_scale_translate (step_x, step_y, 0, 0);
  WhyAffine out_to_map = why_affine_scale_translate (step_x, step_y, -step_x / 2, -step_y / 2);
  g_autofree float *samples = g_new (float, (gsize) n_w * (gsize) n_h);
  Tracer tracer = { .width = n_w, .height = n_h, .samples = samples, .level = level };

  why_resample_affine (values, width, height, kind, &out_to_map, NAN, samples, n_w, n_h);
  trace_samples (&tracer, &sample_to_map, lines);
  return lines;
}
