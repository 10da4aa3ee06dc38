#include "config.h"

#include "canvas-private.h"

#include <math.h>
#include <string.h>

/* Drawing parts of the picture, and moving those that are covered. Pointer and keys come from canvas-input.c. */

/* View pixels: a shorter drag is a click; how near counts as hit; how far apart two points of a stroke are. */
#define LEAST_DRAG 3.0
#define REACH 8.0
#define STROKE_STEP 1.5
#define BRUSH_STEP 1.25
/* Polygons with more points are moved and stretched only as a whole: they were not set one by one. */
#define MOST_GRIPS 64

static const char *const tool_names[] = {
  [WHY_TOOL_PAN] = "pan",         [WHY_TOOL_RECTANGLE] = "rectangle", [WHY_TOOL_ELLIPSE] = "ellipse",
  [WHY_TOOL_POLYGON] = "polygon", [WHY_TOOL_BRUSH] = "brush",         [WHY_TOOL_PROBE] = "probe",
};
static const char *const purpose_names[] = {
  [WHY_PURPOSE_OCCLUDE] = "occlude", [WHY_PURPOSE_ANNOTATE] = "annotate", [WHY_PURPOSE_EXPLAIN] = "explain",
};

static int
find_name (const char *name, const char *const *names, gsize n_names)
{
  for (gsize index = 0; index < n_names; index++)
    {
      if (strcmp (name, names[index]) == 0)
        return (int) index;
    }
  return -1;
}

const char *
why_tool_to_string (WhyTool tool)
{
  g_return_val_if_fail (tool < G_N_ELEMENTS (tool_names), "pan");
  return tool_names[tool];
}

gboolean
why_tool_from_string (const char *name, WhyTool *tool)
{
  const int found = find_name (name, tool_names, G_N_ELEMENTS (tool_names));

  if (found >= 0)
    *tool = (WhyTool) found;
  return found >= 0;
}

const char *
why_purpose_to_string (WhyPurpose purpose)
{
  g_return_val_if_fail (purpose < G_N_ELEMENTS (purpose_names), "occlude");
  return purpose_names[purpose];
}

gboolean
why_purpose_from_string (const char *name, WhyPurpose *purpose)
{
  const int found = find_name (name, purpose_names, G_N_ELEMENTS (purpose_names));

  if (found >= 0)
    *purpose = (WhyPurpose) found;
  return found >= 0;
}

gboolean
why_canvas_tool_draws (WhyTool tool)
{
  return tool != WHY_TOOL_PAN && tool != WHY_TOOL_PROBE;
}

/* ---- what is being drawn ---- */

static WhyPoint
point_at (WhyCanvas *self, double view_x, double view_y)
{
  WhyPoint point;

  why_view_to_image (&self->view, view_x, view_y, &point.x, &point.y);
  return point;
}

/* Corners stay on the picture: what lies outside covers nothing. */
static WhyPoint
clamp_point (WhyCanvas *self, WhyPoint point)
{
  return (WhyPoint) { CLAMP (point.x, 0, self->view.img_width), CLAMP (point.y, 0, self->view.img_height) };
}

static WhyArea *
make_box (WhyCanvas *self)
{
  const WhyPoint start = clamp_point (self, self->drawing.start);
  WhyPoint end = clamp_point (self, self->drawing.end);

  if (self->drawing.square)
    {
      const double side = MIN (fabs (end.x - start.x), fabs (end.y - start.y));

      end.x = start.x + (end.x < start.x ? -side : side);
      end.y = start.y + (end.y < start.y ? -side : side);
    }
  const WhyRect box = { MIN (start.x, end.x), MIN (start.y, end.y), fabs (end.x - start.x), fabs (end.y - start.y) };
  return self->tool == WHY_TOOL_ELLIPSE ? why_area_new_ellipse (&box, self->inverse, NULL)
                                        : why_area_new_rectangle (&box, self->inverse, NULL);
}

/* @with_end: the point that would be next counts too. */
static WhyArea *
make_polygon (WhyCanvas *self, gboolean with_end)
{
  GArray *points = self->drawing.points;
  g_autofree WhyPoint *all = g_new (WhyPoint, points->len + 1);

  if (points->len > 0)
    memcpy (all, points->data, points->len * sizeof *all);
  all[points->len] = clamp_point (self, self->drawing.end);
  return why_area_new_polygon (all, points->len + (with_end ? 1 : 0), self->inverse, NULL);
}

/* Returns: (transfer full) (nullable): what there is so far, if that is anything */
static WhyArea *
make_area (WhyCanvas *self, gboolean finished)
{
  GArray *points = self->drawing.points;

  switch (self->tool)
    {
    case WHY_TOOL_RECTANGLE:
    case WHY_TOOL_ELLIPSE:
      return make_box (self);
    case WHY_TOOL_POLYGON:
      return make_polygon (self, !finished);
    case WHY_TOOL_BRUSH:
      return why_area_new_brush ((const WhyPoint *) (gpointer) points->data, points->len, why_canvas_get_brush_size (self) / 2,
                                 self->inverse, NULL);
    case WHY_TOOL_PAN:
    case WHY_TOOL_PROBE:
    default:
      return NULL;
    }
}

static void
take_shown (WhyCanvas *self, WhyArea *area)
{
  g_clear_pointer (&self->drawing.shown, why_area_unref);
  self->drawing.shown = area;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (area != NULL)
    why_canvas_emit_drawing (self, area, self->drawing.edited);
}

static void
show_drawing (WhyCanvas *self)
{
  take_shown (self, make_area (self, FALSE));
}

static void
forget_drawing (WhyCanvas *self)
{
  g_array_set_size (self->drawing.points, 0);
  self->drawing.active = FALSE;
  self->drawing.by_keys = FALSE;
  self->drawing.square = FALSE;
  self->drawing.edited = -1;
  self->drawing.grip = WHY_GRIP_NONE;
  g_clear_pointer (&self->drawing.shown, why_area_unref);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

gboolean
why_canvas_tool_give_up (WhyCanvas *self)
{
  const gboolean something = self->drawing.active || self->drawing.edited >= 0;
  const int edited = self->drawing.edited;

  forget_drawing (self);
  if (something)
    why_canvas_emit_drawing (self, NULL, edited);
  return something;
}

/* Hands over @area, which may be nothing: then it was given up. */
static void
finish (WhyCanvas *self, WhyArea *area)
{
  g_autoptr (WhyArea) done = area;
  const int edited = self->drawing.edited;

  if (done == NULL)
    {
      why_canvas_tool_give_up (self);
      return;
    }
  forget_drawing (self);
  why_canvas_emit_drawn (self, done, edited);
}

static gboolean
too_small (WhyCanvas *self)
{
  const double scale = why_view_scale (&self->view);

  return fabs (self->drawing.end.x - self->drawing.start.x) * scale < LEAST_DRAG ||
         fabs (self->drawing.end.y - self->drawing.start.y) * scale < LEAST_DRAG;
}

static void
close_polygon (WhyCanvas *self)
{
  finish (self, make_area (self, TRUE));
}

static void
add_point (WhyCanvas *self, WhyPoint point)
{
  GArray *points = self->drawing.points;
  const WhyPoint *last = points->len > 0 ? &g_array_index (points, WhyPoint, points->len - 1) : NULL;

  self->drawing.active = TRUE;
  self->drawing.end = point;
  if (points->len < WHY_AREA_MAX_POINTS - 1 && (last == NULL || last->x != point.x || last->y != point.y))
    g_array_append_val (points, point);
}

static double
view_distance (WhyCanvas *self, const WhyPoint *point, double view_x, double view_y)
{
  double x;
  double y;

  why_view_from_image (&self->view, point->x, point->y, &x, &y);
  return hypot (x - view_x, y - view_y);
}

/* ---- taking hold of what is there ---- */

WhyArea *
why_canvas_get_part (WhyCanvas *self, int index)
{
  if (index < 0)
    return NULL;
  if (index < WHY_CANVAS_FIRST_OUTLINE)
    return index < (int) self->covers->len ? g_array_index (self->covers, WhyCanvasArea, index).area : NULL;
  index -= WHY_CANVAS_FIRST_OUTLINE;
  return index < (int) self->outlines->len ? g_ptr_array_index (self->outlines, index) : NULL;
}

int
why_canvas_get_chosen_part (WhyCanvas *self)
{
  if (self->current_cover >= 0)
    return self->current_cover;
  return self->current_outline >= 0 ? WHY_CANVAS_FIRST_OUTLINE + self->current_outline : -1;
}

gsize
why_canvas_n_points_of (const WhyArea *area)
{
  gsize n_points = 0;

  if (why_area_get_kind (area) != WHY_AREA_POLYGON)
    return 0;
  why_area_get_points (area, &n_points);
  return n_points <= MOST_GRIPS ? n_points : 0;
}

int
why_canvas_grip_at (WhyCanvas *self, double view_x, double view_y, int *index)
{
  const WhyPoint point = point_at (self, view_x, view_y);
  WhyRect box;
  gsize n_points;

  *index = why_canvas_get_chosen_part (self);
  const WhyArea *area = why_canvas_get_part (self, *index);
  if (self->bare || area == NULL)
    return WHY_GRIP_NONE;
  why_area_get_box (area, &box);
  const WhyPoint *points = why_area_get_points (area, &n_points);
  for (gsize at = 0; at < why_canvas_n_points_of (area); at++)
    {
      if (view_distance (self, &points[at], view_x, view_y) <= REACH)
        return WHY_GRIP_FIRST_POINT + (int) at;
    }
  for (int grip = 0; grip < 9; grip++)
    {
      double x;
      double y;

      if (why_canvas_grip_place (self, &box, grip, &x, &y) && fabs (x - view_x) <= REACH && fabs (y - view_y) <= REACH)
        return grip;
    }
  /* With the other tools one draws over what is covered. */
  const gboolean inside = why_area_contains (area, point.x, point.y) != why_area_get_inverse (area);
  return inside && self->tool == WHY_TOOL_PAN ? WHY_GRIP_ALL : WHY_GRIP_NONE;
}

/* The topmost cover under a point, then the topmost outline, -1: none. */
static int
cover_at (WhyCanvas *self, double view_x, double view_y)
{
  const WhyPoint point = point_at (self, view_x, view_y);

  for (int index = (int) self->covers->len - 1; index >= 0 && !self->bare; index--)
    {
      const WhyArea *area = g_array_index (self->covers, WhyCanvasArea, index).area;

      if (why_area_contains (area, point.x, point.y) != why_area_get_inverse (area))
        return index;
    }
  for (int index = (int) self->outlines->len - 1; index >= 0 && !self->bare; index--)
    {
      const WhyArea *area = g_ptr_array_index (self->outlines, index);

      if (area != NULL && why_area_contains (area, point.x, point.y) != why_area_get_inverse (area))
        return WHY_CANVAS_FIRST_OUTLINE + index;
    }
  return -1;
}

/* With one of its points elsewhere. */
static WhyArea *
move_point (WhyCanvas *self, const WhyArea *area, gsize point)
{
  gsize n_points;
  const WhyPoint *points = why_area_get_points (area, &n_points);

  if (point >= n_points)
    return NULL;
  g_autofree WhyPoint *moved = g_memdup2 (points, n_points * sizeof *points);
  moved[point].x += self->drawing.end.x - self->drawing.start.x;
  moved[point].y += self->drawing.end.y - self->drawing.start.y;
  moved[point] = clamp_point (self, moved[point]);
  return why_area_new_polygon (moved, n_points, why_area_get_inverse (area), NULL);
}

static void
show_edited (WhyCanvas *self)
{
  const WhyArea *area = why_canvas_get_part (self, self->drawing.edited);
  const double dx = self->drawing.end.x - self->drawing.start.x;
  const double dy = self->drawing.end.y - self->drawing.start.y;
  const int grip = self->drawing.grip;
  WhyRect box;

  if (area == NULL)
    return;
  if (grip >= WHY_GRIP_FIRST_POINT)
    {
      take_shown (self, move_point (self, area, (gsize) (grip - WHY_GRIP_FIRST_POINT)));
      return;
    }
  why_area_get_box (area, &box);
  if (grip == WHY_GRIP_ALL)
    {
      box.x += dx;
      box.y += dy;
    }
  else
    {
      const double least = 1.0;
      const double right = box.x + box.width;
      const double bottom = box.y + box.height;

      if (grip % 3 == 0)
        box.x = MIN (box.x + dx, right - least);
      if (grip / 3 == 0)
        box.y = MIN (box.y + dy, bottom - least);
      box.width = grip % 3 == 2 ? MAX (box.width + dx, least) : right - box.x;
      box.height = grip / 3 == 2 ? MAX (box.height + dy, least) : bottom - box.y;
    }
  take_shown (self, why_area_fit (area, &box, NULL));
}

/* ---- pointer ---- */

static gboolean
is_double_press (WhyCanvas *self, double view_x, double view_y, guint32 time)
{
  int double_click_time = 400;

  g_object_get (gtk_widget_get_settings (GTK_WIDGET (self)), "gtk-double-click-time", &double_click_time, NULL);
  return time - self->drawing.press_time <= (guint32) double_click_time &&
         hypot (view_x - self->drawing.press_x, view_y - self->drawing.press_y) < REACH;
}

static void
press_polygon (WhyCanvas *self, double view_x, double view_y, guint32 time)
{
  GArray *points = self->drawing.points;
  const gboolean on_first = points->len >= 3 && view_distance (self, &g_array_index (points, WhyPoint, 0), view_x, view_y) < REACH;

  if (points->len >= 3 && (on_first || is_double_press (self, view_x, view_y, time)))
    {
      close_polygon (self);
      return;
    }
  add_point (self, clamp_point (self, point_at (self, view_x, view_y)));
  show_drawing (self);
}

gboolean
why_canvas_tool_press (WhyCanvas *self, double view_x, double view_y, guint32 time, gboolean square)
{
  int index;
  const int grip = self->drawing.active ? WHY_GRIP_NONE : why_canvas_grip_at (self, view_x, view_y, &index);
  gboolean taken = TRUE;

  if (grip != WHY_GRIP_NONE)
    {
      self->drawing.edited = index;
      self->drawing.grip = grip;
      self->drawing.start = self->drawing.end = point_at (self, view_x, view_y);
    }
  else if (self->tool == WHY_TOOL_POLYGON)
    press_polygon (self, view_x, view_y, time);
  else if (why_canvas_tool_draws (self->tool))
    {
      forget_drawing (self);
      self->drawing.active = TRUE;
      self->drawing.square = square;
      self->drawing.start = self->drawing.end = point_at (self, view_x, view_y);
      if (self->tool == WHY_TOOL_BRUSH)
        {
          add_point (self, self->drawing.start);
          show_drawing (self);
        }
    }
  else
    taken = FALSE;
  self->drawing.press_x = view_x;
  self->drawing.press_y = view_y;
  self->drawing.press_time = time;
  return taken;
}

void
why_canvas_tool_drag (WhyCanvas *self, double view_x, double view_y, gboolean square)
{
  const WhyPoint point = point_at (self, view_x, view_y);
  GArray *points = self->drawing.points;

  self->drawing.square = square;
  if (self->drawing.edited >= 0)
    {
      self->drawing.end = point;
      show_edited (self);
    }
  else if (!self->drawing.active)
    return;
  else if (self->tool == WHY_TOOL_BRUSH)
    {
      if (view_distance (self, &g_array_index (points, WhyPoint, points->len - 1), view_x, view_y) < STROKE_STEP)
        return;
      add_point (self, point);
      show_drawing (self);
    }
  else if (self->tool == WHY_TOOL_POLYGON)
    {
      /* The point that was set last follows until the button is released. */
      if (hypot (view_x - self->drawing.press_x, view_y - self->drawing.press_y) < LEAST_DRAG || points->len == 0)
        return;
      self->drawing.end = clamp_point (self, point);
      g_array_index (points, WhyPoint, points->len - 1) = self->drawing.end;
      show_drawing (self);
    }
  else
    {
      self->drawing.end = point;
      if (self->drawing.shown != NULL || !too_small (self))
        show_drawing (self);
    }
}

void
why_canvas_tool_release (WhyCanvas *self, double view_x, double view_y)
{
  const gboolean moved = hypot (view_x - self->drawing.press_x, view_y - self->drawing.press_y) >= LEAST_DRAG;

  if (self->drawing.edited >= 0)
    {
      finish (self, moved && self->drawing.shown != NULL ? why_area_ref (self->drawing.shown) : NULL);
      if (!moved)
        why_canvas_emit_picked (self, cover_at (self, view_x, view_y));
    }
  else if (self->drawing.active && (self->tool == WHY_TOOL_RECTANGLE || self->tool == WHY_TOOL_ELLIPSE))
    {
      const gboolean drawn = !too_small (self);

      finish (self, drawn ? make_area (self, TRUE) : NULL);
      /* A click without a drag is no shape, but it can mean one. */
      if (!drawn && !moved)
        why_canvas_emit_picked (self, cover_at (self, view_x, view_y));
    }
  else if (self->drawing.active && self->tool == WHY_TOOL_BRUSH)
    finish (self, make_area (self, TRUE));
  else if (self->tool == WHY_TOOL_PAN && !moved)
    why_canvas_emit_picked (self, cover_at (self, view_x, view_y));
}

void
why_canvas_tool_hover (WhyCanvas *self, double view_x, double view_y)
{
  if (self->tool == WHY_TOOL_BRUSH)
    gtk_widget_queue_draw (GTK_WIDGET (self));
  if (self->tool != WHY_TOOL_POLYGON || !self->drawing.active || self->drawing.by_keys)
    return;
  self->drawing.end = clamp_point (self, point_at (self, view_x, view_y));
  show_drawing (self);
}

/* ---- keys ---- */

void
why_canvas_tool_cursor_moved (WhyCanvas *self)
{
  if (!self->drawing.active)
    return;
  self->drawing.end = (WhyPoint) { self->cross_x, self->cross_y };
  /* A stroke goes where it is stamped, not along the way there. */
  if (self->tool != WHY_TOOL_BRUSH)
    show_drawing (self);
}

/* Space: a corner, a point or a stamp at the cross hair. */
static gboolean
set_point (WhyCanvas *self)
{
  const WhyPoint point = { self->cross_x, self->cross_y };

  if (!self->crosshair || !why_canvas_tool_draws (self->tool))
    return FALSE;
  if (self->tool == WHY_TOOL_POLYGON || self->tool == WHY_TOOL_BRUSH)
    {
      add_point (self, point);
      self->drawing.by_keys = TRUE;
      show_drawing (self);
      return TRUE;
    }
  if (!self->drawing.active)
    {
      forget_drawing (self);
      self->drawing.active = TRUE;
      self->drawing.by_keys = TRUE;
      self->drawing.start = self->drawing.end = point;
      return TRUE;
    }
  self->drawing.end = point;
  finish (self, too_small (self) ? NULL : make_area (self, TRUE));
  return TRUE;
}

/* Enter: the same, and the end of a polygon or a stroke. */
static gboolean
set_end (WhyCanvas *self)
{
  if (self->tool == WHY_TOOL_POLYGON && self->drawing.points->len >= 3)
    close_polygon (self);
  else if (self->tool == WHY_TOOL_BRUSH && self->drawing.points->len > 0)
    finish (self, make_area (self, TRUE));
  else if (self->tool == WHY_TOOL_BRUSH && set_point (self))
    finish (self, make_area (self, TRUE));
  else
    return set_point (self);
  return TRUE;
}

static gboolean
drop_point (WhyCanvas *self)
{
  GArray *points = self->drawing.points;

  if (!self->drawing.active || points->len == 0)
    return FALSE;
  g_array_set_size (points, points->len - 1);
  if (points->len == 0)
    why_canvas_tool_give_up (self);
  else
    show_drawing (self);
  return TRUE;
}

static gboolean
size_brush (WhyCanvas *self, double factor)
{
  if (self->tool != WHY_TOOL_BRUSH)
    return FALSE;
  const double size = CLAMP (why_canvas_get_brush_size (self) * factor, 1.0, 2 * MAX (self->view.img_width, self->view.img_height));
  return gtk_widget_activate_action (GTK_WIDGET (self), "win.brush-size", "d", size);
}

gboolean
why_canvas_tool_key (WhyCanvas *self, guint keyval, GdkModifierType state)
{
  switch (keyval)
    {
    case GDK_KEY_Return:
    case GDK_KEY_KP_Enter:
      return set_end (self);
    case GDK_KEY_space:
      return set_point (self);
    case GDK_KEY_BackSpace:
      return drop_point (self);
    case GDK_KEY_Delete:
    case GDK_KEY_KP_Delete:
      if (self->current_cover >= 0)
        return gtk_widget_activate_action (GTK_WIDGET (self), "win.remove-cover", "i", self->current_cover);
      return self->current_outline >= 0 &&
             gtk_widget_activate_action (GTK_WIDGET (self), "win.remove-annotation", "i", self->current_outline);
    case GDK_KEY_bracketleft:
      return size_brush (self, 1 / BRUSH_STEP);
    case GDK_KEY_bracketright:
      return size_brush (self, BRUSH_STEP);
    default:
      return FALSE;
    }
}
