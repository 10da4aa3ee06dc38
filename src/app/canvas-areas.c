#include "config.h"

#include "canvas-private.h"

#include <math.h>

/* How parts of the picture look: a white line between two black ones, which is seen on any picture and any map; dashed
 * where all but the inside is meant. */

/* The outline of a mask is found on a grid of no more cells than this a side: nobody sees finer steps. */
#define MAX_EDGE_CELLS 400
#define GRIP_SIZE 9.0
#define POINT_SIZE 9.0
#define BADGE_PADDING 5.0

static const double dashes[] = { 7.0, 5.0 };

/* ---- edges of masks ---- */

static void
add_edge (GArray *edges, double x0, double y0, double x1, double y1)
{
  const WhyPoint ends[2] = { { x0, y0 }, { x1, y1 } };

  g_array_append_vals (edges, ends, 2);
}

/* Where neighbouring cells differ; what lies in one line is one edge. */
static GArray *
find_edges (WhyArea *area)
{
  WhyRect box;
  const WhyTensor *values = why_area_get_values (area);
  const int n_columns = (int) MIN (values->dims[1], MAX_EDGE_CELLS);
  const int n_rows = (int) MIN (values->dims[0], MAX_EDGE_CELLS);
  GArray *edges = g_array_new (FALSE, FALSE, sizeof (WhyPoint));

  why_area_get_box (area, &box);
  const double cell_w = box.width / n_columns;
  const double cell_h = box.height / n_rows;
  /* With a frame of cells that are outside. */
  g_autofree guint8 *inside = g_new0 (guint8, (gsize) (n_columns + 2) * (gsize) (n_rows + 2));
  const gsize stride = (gsize) n_columns + 2;
  const guint8 *cells = values->data;
  for (int row = 0; row < n_rows; row++)
    for (int column = 0; column < n_columns; column++)
      {
        const gint64 from_row = (gint64) (row + 0.5) * values->dims[0] / n_rows;
        const gint64 from_column = (gint64) (column + 0.5) * values->dims[1] / n_columns;
        inside[(gsize) (row + 1) * stride + (gsize) column + 1] = cells[from_row * values->dims[1] + from_column] >= 128;
      }
  for (int row = 0; row <= n_rows; row++)
    {
      int start = -1;

      for (int column = 0; column <= n_columns; column++)
        {
          const guint8 *below = inside + (gsize) (row + 1) * stride + (gsize) column + 1;
          const gboolean edge = column < n_columns && *below != *(below - stride);

          if (edge && start < 0)
            start = column;
          else if (!edge && start >= 0)
            {
              add_edge (edges, box.x + start * cell_w, box.y + row * cell_h, box.x + column * cell_w, box.y + row * cell_h);
              start = -1;
            }
        }
    }
  for (int column = 0; column <= n_columns; column++)
    {
      int start = -1;

      for (int row = 0; row <= n_rows; row++)
        {
          const guint8 *right = inside + (gsize) (row + 1) * stride + (gsize) column + 1;
          const gboolean edge = row < n_rows && *right != *(right - 1);

          if (edge && start < 0)
            start = row;
          else if (!edge && start >= 0)
            {
              add_edge (edges, box.x + column * cell_w, box.y + start * cell_h, box.x + column * cell_w, box.y + row * cell_h);
              start = -1;
            }
        }
    }
  return edges;
}

void
why_canvas_area_init (WhyCanvasArea *shown, WhyArea *area)
{
  shown->area = why_area_ref (area);
  shown->edges = why_area_get_kind (area) == WHY_AREA_MASK ? find_edges (area) : NULL;
}

void
why_canvas_area_clear (WhyCanvasArea *shown)
{
  g_clear_pointer (&shown->area, why_area_unref);
  g_clear_pointer (&shown->edges, g_array_unref);
}

/* ---- paths ---- */

static void
trace_points (WhyCanvas *self, cairo_t *cr, const WhyPoint *points, gsize n_points)
{
  for (gsize point = 0; point < n_points; point++)
    {
      double view_x;
      double view_y;

      why_view_from_image (&self->view, points[point].x, points[point].y, &view_x, &view_y);
      cairo_line_to (cr, view_x, view_y);
    }
  /* A stamp: a line of no length has round caps. */
  if (n_points == 1)
    cairo_close_path (cr);
}

/* Lines on whole pixels are sharp. */
static void
trace_box (cairo_t *cr, const WhyRect *rect)
{
  const double left = round (rect->x) - 0.5;
  const double top = round (rect->y) - 0.5;

  cairo_rectangle (cr, left, top, round (rect->x + rect->width) + 0.5 - left, round (rect->y + rect->height) + 0.5 - top);
}

static void
trace (WhyCanvas *self, cairo_t *cr, const WhyCanvasArea *shown)
{
  WhyRect box;
  gsize n_points;
  const WhyPoint *points = why_area_get_points (shown->area, &n_points);

  why_area_get_box (shown->area, &box);
  const WhyRect rect = why_view_rect_from_image (&self->view, &box);
  cairo_new_path (cr);
  switch (why_area_get_kind (shown->area))
    {
    case WHY_AREA_RECTANGLE:
      trace_box (cr, &rect);
      break;
    case WHY_AREA_ELLIPSE:
      cairo_save (cr);
      cairo_translate (cr, rect.x + rect.width / 2, rect.y + rect.height / 2);
      cairo_scale (cr, MAX (rect.width / 2, 0.5), MAX (rect.height / 2, 0.5));
      cairo_arc (cr, 0, 0, 1, 0, 2 * G_PI);
      cairo_close_path (cr);
      cairo_restore (cr);
      break;
    case WHY_AREA_POLYGON:
      trace_points (self, cr, points, n_points);
      cairo_close_path (cr);
      break;
    case WHY_AREA_BRUSH:
      trace_points (self, cr, points, n_points);
      break;
    case WHY_AREA_MASK:
      for (guint end = 0; shown->edges != NULL && end < shown->edges->len; end++)
        {
          const WhyPoint *point = &g_array_index (shown->edges, WhyPoint, end);
          double view_x;
          double view_y;

          why_view_from_image (&self->view, point->x, point->y, &view_x, &view_y);
          if (end % 2 == 0)
            cairo_move_to (cr, view_x, view_y);
          else
            cairo_line_to (cr, view_x, view_y);
        }
      break;
    default:
      break;
    }
}

/* The outline of a thick line is a thicker one of which the line itself is taken out. */
static void
stroke_brush (WhyCanvas *self, cairo_t *cr, const WhyCanvasArea *shown, double line)
{
  const double width = 2 * why_area_get_radius (shown->area) * why_view_scale (&self->view);

  cairo_push_group (cr);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.75);
  cairo_set_line_width (cr, width + 2 * (line + 1));
  cairo_stroke_preserve (cr);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_set_line_width (cr, width + 2 * line);
  cairo_stroke_preserve (cr);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.75);
  cairo_set_line_width (cr, width);
  cairo_stroke_preserve (cr);
  cairo_set_operator (cr, CAIRO_OPERATOR_CLEAR);
  cairo_set_line_width (cr, MAX (width - 2, 0.1));
  cairo_stroke_preserve (cr);
  cairo_pop_group_to_source (cr);
  cairo_paint (cr);
}

static void
stroke_outline (cairo_t *cr, double line, gboolean dashed)
{
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_BUTT);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.75);
  cairo_set_line_width (cr, line + 2);
  cairo_stroke_preserve (cr);
  if (dashed)
    cairo_set_dash (cr, dashes, G_N_ELEMENTS (dashes), 0);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_set_line_width (cr, line);
  cairo_stroke_preserve (cr);
  cairo_set_dash (cr, NULL, 0, 0);
}

static void
fill_veil (WhyCanvas *self, cairo_t *cr, const WhyCanvasArea *shown)
{
  const WhyRect all = { 0, 0, self->view.img_width, self->view.img_height };
  const WhyRect rect = why_view_rect_from_image (&self->view, &all);
  const WhyAreaKind kind = why_area_get_kind (shown->area);
  const double width = 2 * why_area_get_radius (shown->area) * why_view_scale (&self->view);

  if (kind == WHY_AREA_MASK)
    return;
  cairo_save (cr);
  cairo_push_group (cr);
  cairo_set_fill_rule (cr, CAIRO_FILL_RULE_EVEN_ODD);
  cairo_set_source_rgb (cr, 0, 0, 0);
  if (why_area_get_inverse (shown->area))
    {
      cairo_paint (cr);
      cairo_set_operator (cr, CAIRO_OPERATOR_CLEAR);
    }
  if (kind == WHY_AREA_BRUSH)
    {
      cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
      cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
      cairo_set_line_width (cr, width);
      cairo_stroke_preserve (cr);
    }
  else
    cairo_fill_preserve (cr);
  cairo_pop_group_to_source (cr);
  cairo_path_t *path = cairo_copy_path (cr);
  cairo_new_path (cr);
  cairo_rectangle (cr, rect.x, rect.y, rect.width, rect.height);
  cairo_clip (cr);
  cairo_paint_with_alpha (cr, 0.35);
  cairo_restore (cr);
  cairo_new_path (cr);
  cairo_append_path (cr, path);
  cairo_path_destroy (path);
}

/* Only what of the widget the outline can touch is drawn on. */
static gboolean
find_bounds (WhyCanvas *self, const WhyArea *area, gboolean whole, graphene_rect_t *bounds)
{
  WhyRect box;
  graphene_rect_t around;

  why_area_get_box (area, &box);
  const WhyRect rect = why_view_rect_from_image (&self->view, &box);
  graphene_rect_init (bounds, 0, 0, (float) self->view.view_width, (float) self->view.view_height);
  if (whole)
    return TRUE;
  graphene_rect_init (&around, (float) floor (rect.x) - 5, (float) floor (rect.y) - 5, (float) ceil (rect.width) + 11,
                      (float) ceil (rect.height) + 11);
  return graphene_rect_intersection (bounds, &around, bounds);
}

void
why_canvas_append_area (WhyCanvas *self, GtkSnapshot *snapshot, const WhyCanvasArea *shown, gboolean strong, gboolean veil)
{
  graphene_rect_t bounds;

  if (!find_bounds (self, shown->area, veil && why_area_get_inverse (shown->area), &bounds))
    return;
  cairo_t *cr = gtk_snapshot_append_cairo (snapshot, &bounds);
  trace (self, cr, shown);
  if (veil)
    fill_veil (self, cr, shown);
  if (why_area_get_kind (shown->area) == WHY_AREA_BRUSH)
    stroke_brush (self, cr, shown, strong ? 2 : 1);
  else
    stroke_outline (cr, strong ? 2 : 1, why_area_get_inverse (shown->area));
  cairo_destroy (cr);
}

void
why_canvas_append_badge (WhyCanvas *self, GtkSnapshot *snapshot, const WhyArea *area, guint number)
{
  g_autofree char *text = g_strdup_printf ("%u", number);
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  PangoAttrList *attributes = pango_attr_list_new ();
  WhyRect box;
  int text_w;
  int text_h;

  pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_BOLD));
  pango_attr_list_insert (attributes, pango_attr_scale_new (PANGO_SCALE_SMALL));
  pango_layout_set_attributes (layout, attributes);
  pango_attr_list_unref (attributes);
  pango_layout_get_pixel_size (layout, &text_w, &text_h);
  why_area_get_box (area, &box);
  const WhyRect rect = why_view_rect_from_image (&self->view, &box);
  const double height = text_h + 2;
  const double width = MAX (text_w + 2 * BADGE_PADDING, height);
  if (rect.x > self->view.view_width || rect.y > self->view.view_height || rect.x + rect.width < 0 || rect.y + rect.height < 0)
    return;
  /* At the corner, above it; inside the widget always. */
  const double x = CLAMP (round (rect.x) - 1, 2, MAX (self->view.view_width - width - 2, 2));
  const double y = CLAMP (round (rect.y) - height - 3, 2, MAX (self->view.view_height - height - 2, 2));
  GskRoundedRect outline;
  const float widths[4] = { 1, 1, 1, 1 };
  static const GdkRGBA black = { 0, 0, 0, 0.8f };
  static const GdkRGBA white = { 1, 1, 1, 1 };
  const GdkRGBA colors[4] = { white, white, white, white };
  gsk_rounded_rect_init_from_rect (&outline, &GRAPHENE_RECT_INIT ((float) x, (float) y, (float) width, (float) height),
                                   (float) (height / 2));
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, &black, &outline.bounds);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_append_border (snapshot, &outline, widths, colors);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) (x + (width - text_w) / 2), (float) (y + 1)));
  gtk_snapshot_append_layout (snapshot, layout, &white);
  gtk_snapshot_restore (snapshot);
}

gboolean
why_canvas_grip_place (WhyCanvas *self, const WhyRect *box, int grip, double *view_x, double *view_y)
{
  const double least = 4 * GRIP_SIZE / why_view_scale (&self->view);

  why_view_from_image (&self->view, box->x + box->width * (grip % 3) / 2.0, box->y + box->height * (grip / 3) / 2.0, view_x, view_y);
  *view_x = round (*view_x);
  *view_y = round (*view_y);
  /* Between two corners there is room only on a longer side. */
  return grip != 4 && (grip % 3 != 1 || box->width > least) && (grip / 3 != 1 || box->height > least);
}

static void
append_dot (GtkSnapshot *snapshot, double x, double y, double size, const GdkRGBA *color)
{
  GskRoundedRect dot;

  const float half = (float) size / 2;

  gsk_rounded_rect_init_from_rect (&dot, &GRAPHENE_RECT_INIT ((float) x - half, (float) y - half, 2 * half, 2 * half), half);
  gtk_snapshot_push_rounded_clip (snapshot, &dot);
  gtk_snapshot_append_color (snapshot, color, &dot.bounds);
  gtk_snapshot_pop (snapshot);
}

void
why_canvas_append_grips (WhyCanvas *self, GtkSnapshot *snapshot, const WhyArea *area)
{
  static const GdkRGBA black = { 0, 0, 0, 0.85f };
  static const GdkRGBA white = { 1, 1, 1, 1 };
  WhyRect box;

  why_area_get_box (area, &box);
  for (int grip = 0; grip < 9; grip++)
    {
      double x;
      double y;

      if (!why_canvas_grip_place (self, &box, grip, &x, &y))
        continue;
      const float left = (float) (x - GRIP_SIZE / 2 - 0.5);
      const float top = (float) (y - GRIP_SIZE / 2 - 0.5);
      gtk_snapshot_append_color (snapshot, &black, &GRAPHENE_RECT_INIT (left, top, (float) GRIP_SIZE, (float) GRIP_SIZE));
      gtk_snapshot_append_color (snapshot, &white,
                                 &GRAPHENE_RECT_INIT (left + 1, top + 1, (float) GRIP_SIZE - 2, (float) GRIP_SIZE - 2));
    }
  gsize n_points;
  const WhyPoint *points = why_area_get_points (area, &n_points);
  for (gsize point = 0; point < why_canvas_n_points_of (area); point++)
    {
      double x;
      double y;

      why_view_from_image (&self->view, points[point].x, points[point].y, &x, &y);
      append_dot (snapshot, x, y, POINT_SIZE, &black);
      append_dot (snapshot, x, y, POINT_SIZE - 2, &white);
    }
}

void
why_canvas_append_brush (WhyCanvas *self, GtkSnapshot *snapshot, double img_x, double img_y)
{
  const double radius = why_canvas_get_brush_size (self) / 2;
  g_autoptr (WhyArea) circle =
    why_area_new_ellipse (&(WhyRect) { img_x - radius, img_y - radius, 2 * radius, 2 * radius }, FALSE, NULL);
  WhyCanvasArea shown;

  if (circle == NULL)
    return;
  why_canvas_area_init (&shown, circle);
  why_canvas_append_area (self, snapshot, &shown, FALSE, FALSE);
  why_canvas_area_clear (&shown);
}
