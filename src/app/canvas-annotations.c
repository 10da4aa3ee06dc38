#include "config.h"

#include "canvas-annotations.h"

#include "canvas-private.h"

#include <math.h>
#include <string.h>

/* Points nearer to each other on the screen are one: an outline may have a hundred thousand. */
#define NEAR 0.7
/* Cells smaller than this are no help to anybody. */
#define MIN_CELL 4.0

static void
clear_outlines (WhyMarks *marks)
{
  for (gsize index = 0; index < marks->n_outlines; index++)
    g_array_unref (marks->outlines[index].rings);
  g_clear_pointer (&marks->outlines, g_free);
  marks->n_outlines = 0;
}

void
why_marks_clear (WhyMarks *marks)
{
  clear_outlines (marks);
  g_clear_object (&marks->texture);
}

static gboolean
same_outline (const WhyCanvasOutline *a, const WhyCanvasOutline *b)
{
  return a->rings == b->rings && a->color == b->color && a->pattern == b->pattern && a->current == b->current;
}

void
why_marks_set_outlines (WhyMarks *marks, const WhyCanvasOutline *outlines, gsize n)
{
  gsize n_same = 0;

  while (n_same < MIN (n, marks->n_outlines) && same_outline (&outlines[n_same], &marks->outlines[n_same]))
    n_same++;
  if (n_same == n && n == marks->n_outlines)
    return;
  clear_outlines (marks);
  marks->outlines = g_memdup2 (outlines, n * sizeof *outlines);
  marks->n_outlines = n;
  for (gsize index = 0; index < n; index++)
    g_array_ref (marks->outlines[index].rings);
  marks->stale = TRUE;
}

void
why_marks_set_grid (WhyMarks *marks, const WhyAffine *to_source, gint64 n_columns, gint64 n_rows)
{
  marks->has_grid = to_source != NULL;
  if (to_source != NULL)
    marks->grid_to_source = *to_source;
  marks->n_columns = n_columns;
  marks->n_rows = n_rows;
  marks->stale = TRUE;
}

static void
add_ring (cairo_t *cr, const WhyRing *ring, const WhyView *view)
{
  double last_x = 0, last_y = 0;

  for (gsize at = 0; at < ring->n_points; at++)
    {
      double x, y;
      why_view_from_image (view, ring->points[at].x, ring->points[at].y, &x, &y);
      if (at > 0 && fabs (x - last_x) < NEAR && fabs (y - last_y) < NEAR)
        continue;
      if (at == 0)
        cairo_move_to (cr, x, y);
      else
        cairo_line_to (cr, x, y);
      last_x = x;
      last_y = y;
    }
  cairo_close_path (cr);
}

/* A line of the grid, on whole pixels; the dark one of the pair lies one beside. */
static void
add_line (cairo_t *cr, const WhyView *view, double x0, double y0, double x1, double y1, int pass)
{
  const double beside = pass == 0 ? 1.5 : 0.5;

  why_view_from_image (view, x0, y0, &x0, &y0);
  why_view_from_image (view, x1, y1, &x1, &y1);
  if (fabs (x1 - x0) < fabs (y1 - y0))
    x0 = x1 = floor (x0) + beside;
  else
    y0 = y1 = floor (y0) + beside;
  cairo_move_to (cr, x0, y0);
  cairo_line_to (cr, x1, y1);
}

static void
draw_grid (cairo_t *cr, const WhyMarks *marks, const WhyView *view)
{
  const WhyAffine *to_source = &marks->grid_to_source;
  const double left = MAX (to_source->x0, 0);
  const double top = MAX (to_source->y0, 0);
  const double right = MIN (to_source->x0 + to_source->xx * (double) marks->n_columns, view->img_width);
  const double bottom = MIN (to_source->y0 + to_source->yy * (double) marks->n_rows, view->img_height);
  /* A pixel of the screen: a line at the very edge belongs to it. */
  const double slack = 1.0 / why_view_scale (view);

  for (int pass = 0; pass < 2; pass++)
    {
      cairo_set_source_rgba (cr, pass, pass, pass, pass == 0 ? 0.45 : 0.8);
      cairo_set_line_width (cr, 1);
      for (gint64 column = 0; column <= marks->n_columns; column++)
        {
          const double x = to_source->x0 + to_source->xx * (double) column;
          if (x >= left - slack && x <= right + slack)
            add_line (cr, view, x, top, x, bottom, pass);
        }
      for (gint64 row = 0; row <= marks->n_rows; row++)
        {
          const double y = to_source->y0 + to_source->yy * (double) row;
          if (y >= top - slack && y <= bottom + slack)
            add_line (cr, view, left, y, right, y, pass);
        }
      cairo_stroke (cr);
    }
}

static GdkTexture *
draw (const WhyMarks *marks, const WhyView *view, int width, int height)
{
  const double scale = view->device_scale;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  cairo_t *cr = cairo_create (surface);
  double x0, y0, x1, y1;

  cairo_scale (cr, scale, scale);
  why_view_from_image (view, 0, 0, &x0, &y0);
  why_view_from_image (view, 1, 1, &x1, &y1);
  if (marks->has_grid && fabs (x1 - x0) * fabs (marks->grid_to_source.xx) >= MIN_CELL &&
      fabs (y1 - y0) * fabs (marks->grid_to_source.yy) >= MIN_CELL)
    draw_grid (cr, marks, view);
  for (gsize index = 0; index < marks->n_outlines; index++)
    {
      const WhyCanvasOutline *outline = &marks->outlines[index];
      cairo_new_path (cr);
      for (guint ring = 0; ring < outline->rings->len; ring++)
        add_ring (cr, &g_array_index (outline->rings, WhyRing, ring), view);
      why_outline_stroke (cr, outline->color, outline->pattern, outline->current ? 3 : 1.75);
    }
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  const gsize stride = (gsize) cairo_image_surface_get_stride (surface);
  g_autoptr (GBytes) bytes = g_bytes_new_with_free_func (cairo_image_surface_get_data (surface), stride * (gsize) height,
                                                         (GDestroyNotify) cairo_surface_destroy, surface);
  return gdk_memory_texture_new (width, height, GDK_MEMORY_DEFAULT, bytes, stride);
}

static gboolean
same_view (const WhyView *a, const WhyView *b)
{
  return a->img_width == b->img_width && a->img_height == b->img_height && a->view_width == b->view_width &&
         a->view_height == b->view_height && a->device_scale == b->device_scale && a->zoom == b->zoom &&
         a->center_x == b->center_x && a->center_y == b->center_y && a->turn == b->turn;
}

void
why_marks_snapshot (WhyMarks *marks, GtkSnapshot *snapshot, const WhyView *view)
{
  const int width = (int) ceil (view->view_width * view->device_scale);
  const int height = (int) ceil (view->view_height * view->device_scale);

  if ((marks->n_outlines == 0 && !marks->has_grid) || width < 1 || height < 1)
    return;
  if (marks->texture == NULL || marks->stale || !same_view (&marks->drawn, view))
    {
      g_clear_object (&marks->texture);
      marks->texture = draw (marks, view, width, height);
      marks->drawn = *view;
      marks->stale = FALSE;
    }
  gtk_snapshot_append_texture (snapshot, marks->texture,
                               &GRAPHENE_RECT_INIT (0, 0, (float) (width / view->device_scale),
                                                    (float) (height / view->device_scale)));
}

/* ---- of the canvas ---- */

void
why_canvas_set_annotations (WhyCanvas *self, const WhyCanvasOutline *outlines, gsize n)
{
  g_return_if_fail (WHY_IS_CANVAS (self));
  why_marks_set_outlines (&self->marks, outlines, n);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

guint
why_canvas_get_n_annotations (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), 0);
  return (guint) self->marks.n_outlines;
}

void
why_canvas_set_grid (WhyCanvas *self, const WhyAffine *to_source, gint64 n_columns, gint64 n_rows)
{
  g_return_if_fail (WHY_IS_CANVAS (self));
  why_marks_set_grid (&self->marks, to_source, n_columns, n_rows);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
