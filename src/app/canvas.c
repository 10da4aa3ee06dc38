#include "config.h"

#include "canvas-private.h"

#include "draw/picture.h"

#include <math.h>

G_DEFINE_FINAL_TYPE (WhyCanvas, why_canvas, GTK_TYPE_WIDGET)

enum
{
  SIGNAL_AREA_DRAWING,
  SIGNAL_AREA_DRAWN,
  SIGNAL_COVER_PICKED,
  SIGNAL_PROBED,
  SIGNAL_SLICE_STEPPED,
  SIGNAL_ZOOM_CHANGED,
  SIGNAL_PLACE_CHANGED,
  SIGNAL_CLICKED,
  SIGNAL_CROSS_PLACED,
  SIGNAL_CROSS_STEPPED,
  SIGNAL_LAST_SIGNAL,
};

static guint signals[SIGNAL_LAST_SIGNAL];

/* ---- textures ---- */

static gboolean
rect_equal (const WhyRect *a, const WhyRect *b)
{
  return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

static gboolean
picture_is_stale (WhyCanvas *self, const WhyRect *img)
{
  return self->picture != NULL && (self->picture_texture == NULL ||
                                   self->picture_texture_serial != self->picture_serial ||
                                   self->picture_vision != self->style.vision ||
                                   (self->incomplete && self->tiles_loaded) ||
                                   !rect_equal (&self->picture_img, img));
}

static gboolean
map_is_stale (WhyCanvas *self, const WhyRect *img)
{
  return self->map != NULL && self->show_map &&
         (self->map_texture == NULL || self->map_texture_serial != self->map_serial ||
          !rect_equal (&self->map_img, img));
}

gboolean
why_canvas_is_settled (WhyCanvas *self)
{
  WhyRect img;
  WhyRect target;

  g_return_val_if_fail (WHY_IS_CANVAS (self), TRUE);

  if (self->rendering || self->tick_id != 0)
    return FALSE;
  if (!why_view_visible (&self->view, &img, &target))
    return TRUE;
  return !self->incomplete && !picture_is_stale (self, &img) && !map_is_stale (self, &img) && !why_canvas_survey_is_stale (self, &img);
}

static void
render_done_cb (WhyRenderTask *task, gpointer owner)
{
  WhyCanvas *self = owner;

  self->rendering = FALSE;
  if (task->base_texture != NULL && task->picture_serial == self->picture_serial)
    why_render_replace (&self->base_texture, task->base_texture);
  if (task->picture_texture != NULL && task->picture_serial == self->picture_serial)
    {
      why_render_replace (&self->picture_texture, task->picture_texture);
      self->picture_img = task->img;
      self->picture_texture_serial = task->picture_serial;
      self->picture_vision = task->style.vision;
      self->incomplete = task->incomplete;
    }
  if (task->whole_map_texture != NULL && self->map != NULL && task->picture_serial == self->picture_serial)
    {
      why_render_replace (&self->whole_map_texture, task->whole_map_texture);
      self->whole_map_serial = task->map_serial;
    }
  /* An outdated map is better than none, but never one of another picture. */
  if (task->map_texture != NULL && self->map != NULL && task->picture_serial == self->picture_serial)
    {
      why_render_replace (&self->map_texture, task->map_texture);
      self->map_img = task->img;
      self->map_texture_serial = task->map_serial;
    }
  why_canvas_survey_take (self, task);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  why_canvas_queue_update (self);
}

static void
start_rendering (WhyCanvas *self)
{
  WhyRect img;
  WhyRect target;

  if (self->rendering || !gtk_widget_get_mapped (GTK_WIDGET (self)) ||
      !why_view_visible (&self->view, &img, &target))
    return;
  const gboolean want_picture = picture_is_stale (self, &img);
  const gboolean want_map = map_is_stale (self, &img);
  /* When all is drawn there is time for the coarse picture. */
  const gboolean want_survey = why_canvas_survey_is_stale (self, &img);
  const gboolean idle = !want_picture && !want_map && !want_survey;
  const gboolean want_base = idle && self->picture != NULL && !self->base_tried;
  /* Nobody looks at the overview while all is visible. */
  const gboolean want_whole = idle && self->map != NULL && self->show_map && !self->view.fit && self->with_overview &&
                              (self->whole_map_texture == NULL || self->whole_map_serial != self->map_serial);
  const gboolean want_whole_survey = idle && why_canvas_survey_wants_whole (self);
  if (!want_picture && !want_map && !want_survey && !want_base && !want_whole && !want_whole_survey)
    return;

  g_autoptr (WhyRenderTask) task = why_render_task_new ();
  task->img = img;
  why_turn_size (self->view.turn, &target.width, &target.height);
  task->width = (int) round (target.width * self->view.device_scale);
  task->height = (int) round (target.height * self->view.device_scale);
  task->turn = self->view.turn;
  task->img_width = self->view.img_width;
  task->img_height = self->view.img_height;
  task->picture_serial = self->picture_serial;
  task->map_serial = self->map_serial;
  task->style = self->style;
  task->device_scale = self->view.device_scale;
  if (want_base)
    {
      task->base = why_tensor_ref (self->picture);
      self->base_tried = TRUE;
    }
  if (want_picture)
    task->picture = why_tensor_ref (self->picture);
  if (want_picture && self->tiles != NULL)
    {
      task->tiles = g_object_ref (self->tiles);
      task->looker = self;
      task->patch = self->patch != NULL ? why_tensor_ref (self->patch) : NULL;
      task->patch_img = self->patch_img;
      self->tiles_loaded = FALSE;
    }
  task->whole_map = want_whole;
  if (want_map || want_whole)
    {
      task->map = why_tensor_ref (self->map);
      task->to_source = self->to_source;
    }
  if (want_survey || want_whole_survey)
    why_canvas_survey_ask (self, task, !want_survey);
  self->rendering = TRUE;
  why_render_task_start (g_steal_pointer (&task), render_done_cb, G_OBJECT (self));
}

static gboolean
update_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  WhyCanvas *self = WHY_CANVAS (widget);

  self->tick_id = 0;
  why_canvas_update_legend (self);
  start_rendering (self);
  return G_SOURCE_REMOVE;
}

void
why_canvas_queue_update (WhyCanvas *self)
{
  if (self->tick_id == 0 && gtk_widget_get_mapped (GTK_WIDGET (self)))
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), update_cb, NULL, NULL);
}

void
why_canvas_view_changed (WhyCanvas *self, gboolean zoom_changed)
{
  why_canvas_queue_update (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  why_canvas_update_cursor (self);
  if (zoom_changed)
    g_signal_emit (self, signals[SIGNAL_ZOOM_CHANGED], 0);
  g_signal_emit (self, signals[SIGNAL_PLACE_CHANGED], 0);
}

/* ---- probe ---- */

void
why_canvas_probe_none (WhyCanvas *self)
{
  if (!self->probe.valid)
    return;
  self->probe = (WhyProbe) { .valid = FALSE };
  g_signal_emit (self, signals[SIGNAL_PROBED], 0);
}

void
why_canvas_probe_at (WhyCanvas *self, double img_x, double img_y)
{
  WhyAffine to_map;
  WhyProbe probe = { .img_x = (gint64) floor (img_x), .img_y = (gint64) floor (img_y) };

  if (self->picture == NULL || img_x < 0 || img_y < 0 || img_x >= self->view.img_width ||
      img_y >= self->view.img_height)
    {
      why_canvas_probe_none (self);
      return;
    }
  probe.valid = TRUE;
  if (!why_canvas_probe_slide (self, probe.img_x, probe.img_y, probe.rgb))
    {
      const gint64 *strides = self->picture->strides;
      const guint8 *pixel = (const guint8 *) self->picture->data + probe.img_y * strides[0] + probe.img_x * strides[1];
      const gboolean grey = self->picture->dims[2] == 1;
      for (int c = 0; c < 3; c++)
        probe.rgb[c] = pixel[grey ? 0 : c * strides[2]];
    }
  if (self->map != NULL && why_affine_invert (&self->to_source, &to_map))
    {
      double map_x = img_x;
      double map_y = img_y;
      const int width = (int) self->map->dims[1];
      const int height = (int) self->map->dims[0];

      why_affine_apply (&to_map, &map_x, &map_y);
      if (map_x >= 0 && map_y >= 0 && map_x <= width && map_y <= height)
        {
          probe.has_map = TRUE;
          probe.value = why_resample_at (self->map->data, width, height, self->style.kind, map_x, map_y);
        }
    }
  why_canvas_probe_survey (self, img_x, img_y, &probe);
  self->probe = probe;
  g_signal_emit (self, signals[SIGNAL_PROBED], 0);
}

void
why_canvas_emit_drawing (WhyCanvas *self, WhyArea *area, int index)
{
  g_signal_emit (self, signals[SIGNAL_AREA_DRAWING], 0, area, index);
}

void
why_canvas_emit_drawn (WhyCanvas *self, WhyArea *area, int index)
{
  g_signal_emit (self, signals[SIGNAL_AREA_DRAWN], 0, area, index);
}

void
why_canvas_emit_picked (WhyCanvas *self, int index)
{
  g_signal_emit (self, signals[SIGNAL_COVER_PICKED], 0, index);
}

/* ---- widget ---- */

static gboolean
zoom_changed_cb (gpointer data)
{
  g_signal_emit (data, signals[SIGNAL_ZOOM_CHANGED], 0);
  return G_SOURCE_REMOVE;
}

static void
why_canvas_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  WhyCanvas *self = WHY_CANVAS (widget);
  const double zoom = self->view.zoom;

  why_view_set_size (&self->view, width, height, gtk_widget_get_scale_factor (widget));
  self->legend_stale = TRUE;
  why_canvas_queue_update (self);
  /* Labels may not change while sizes are being handed out. */
  if (zoom != self->view.zoom)
    g_idle_add_full (G_PRIORITY_HIGH_IDLE, zoom_changed_cb, g_object_ref (self), g_object_unref);
}

static void
why_canvas_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                    int *minimum_baseline, int *natural_baseline)
{
  *minimum = 80;
  *natural = 400;
}

static void
why_canvas_map_vfunc (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (why_canvas_parent_class)->map (widget);
  why_canvas_queue_update (WHY_CANVAS (widget));
}

static void
why_canvas_unmap_vfunc (GtkWidget *widget)
{
  WhyCanvas *self = WHY_CANVAS (widget);

  if (self->tick_id != 0)
    gtk_widget_remove_tick_callback (widget, self->tick_id);
  self->tick_id = 0;
  GTK_WIDGET_CLASS (why_canvas_parent_class)->unmap (widget);
}

static void
why_canvas_dispose (GObject *object)
{
  WhyCanvas *self = WHY_CANVAS (object);

  why_canvas_drop_slide (self);
  g_clear_pointer (&self->picture, why_tensor_unref);
  g_clear_pointer (&self->map, why_tensor_unref);
  why_canvas_clear_survey (self);
  why_marks_clear (&self->marks);
  g_clear_pointer (&self->covers, g_array_unref);
  g_clear_pointer (&self->outlines, g_ptr_array_unref);
  g_clear_pointer (&self->volume.window_text, g_free);
  g_clear_pointer (&self->drawing.points, g_array_unref);
  g_clear_pointer (&self->drawing.shown, why_area_unref);
  g_clear_object (&self->base_texture);
  g_clear_object (&self->picture_texture);
  g_clear_object (&self->map_texture);
  g_clear_object (&self->whole_map_texture);
  g_clear_pointer (&self->scale_node, gsk_render_node_unref);
  g_clear_pointer (&self->legend_node, gsk_render_node_unref);
  g_clear_pointer (&self->legend_title, g_free);
  g_clear_pointer (&self->legend_lines, g_strfreev);
  g_clear_pointer (&self->legend_unit, g_free);
  G_OBJECT_CLASS (why_canvas_parent_class)->dispose (object);
}

static void
why_canvas_class_init (WhyCanvasClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = why_canvas_dispose;
  widget_class->size_allocate = why_canvas_size_allocate;
  widget_class->measure = why_canvas_measure;
  widget_class->snapshot = why_canvas_snapshot;
  widget_class->map = why_canvas_map_vfunc;
  widget_class->unmap = why_canvas_unmap_vfunc;

  signals[SIGNAL_AREA_DRAWING] = g_signal_new ("area-drawing", WHY_TYPE_CANVAS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                               G_TYPE_NONE, 2, G_TYPE_POINTER, G_TYPE_INT);
  signals[SIGNAL_AREA_DRAWN] = g_signal_new ("area-drawn", WHY_TYPE_CANVAS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                             G_TYPE_NONE, 2, G_TYPE_POINTER, G_TYPE_INT);
  signals[SIGNAL_COVER_PICKED] = g_signal_new ("cover-picked", WHY_TYPE_CANVAS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                               G_TYPE_NONE, 1, G_TYPE_INT);
  signals[SIGNAL_PROBED] =
      g_signal_new ("probed", WHY_TYPE_CANVAS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_SLICE_STEPPED] = g_signal_new ("slice-stepped", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                                NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  signals[SIGNAL_PLACE_CHANGED] = g_signal_new ("place-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                                NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_CLICKED] = g_signal_new ("clicked", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 0);
  signals[SIGNAL_CROSS_PLACED] = g_signal_new ("cross-placed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                               G_TYPE_NONE, 2, G_TYPE_DOUBLE, G_TYPE_DOUBLE);
  signals[SIGNAL_CROSS_STEPPED] = g_signal_new ("cross-stepped", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                                NULL, G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_INT);
  signals[SIGNAL_ZOOM_CHANGED] =
      g_signal_new ("zoom-changed", WHY_TYPE_CANVAS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_css_name (widget_class, "canvas");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
clear_outline (gpointer area)
{
  if (area != NULL)
    why_area_unref (area);
}

static void
clear_area (gpointer shown)
{
  why_canvas_area_clear (shown);
}

static void
why_canvas_init (WhyCanvas *self)
{
  why_view_init (&self->view);
  why_overlay_style_init (&self->style, FALSE);
  self->show_map = TRUE;
  self->covers = g_array_new (FALSE, FALSE, sizeof (WhyCanvasArea));
  g_array_set_clear_func (self->covers, clear_area);
  self->current_cover = -1;
  self->outlines = g_ptr_array_new_with_free_func (clear_outline);
  self->current_outline = -1;
  self->drawing.points = g_array_new (FALSE, FALSE, sizeof (WhyPoint));
  self->drawing.edited = -1;
  self->pointer_x = -1;
  self->pointer_y = -1;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  /* A picture is not text: it is never mirrored, nor are its arrow keys. */
  gtk_widget_set_direction (GTK_WIDGET (self), GTK_TEXT_DIR_LTR);
  why_canvas_init_legend (self);
  why_canvas_init_input (self);
  why_canvas_init_over (self);
}

GtkWidget *
why_canvas_new (void)
{
  return g_object_new (WHY_TYPE_CANVAS, NULL);
}

/* ---- getters ---- */

double
why_canvas_get_zoom (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), 1.0);

  return self->view.zoom;
}

gboolean
why_canvas_get_fit (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), TRUE);

  return self->view.fit;
}

WhyTool
why_canvas_get_tool (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), WHY_TOOL_PAN);

  return self->tool;
}

gboolean
why_canvas_get_bare (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), FALSE);

  return self->bare;
}

const WhyProbe *
why_canvas_get_probe (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), NULL);

  return &self->probe;
}

gboolean
why_canvas_is_dragging (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), FALSE);

  return self->drawing.active || self->drawing.edited >= 0;
}

void
why_canvas_emit_clicked (WhyCanvas *self)
{
  g_signal_emit (self, signals[SIGNAL_CLICKED], 0);
}

void
why_canvas_get_place (WhyCanvas *self, WhyPlace *place)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  *place = (WhyPlace) { self->view.fit, self->view.zoom, self->view.center_x, self->view.center_y };
}

gboolean
why_canvas_get_visible (WhyCanvas *self, double *left, double *right)
{
  WhyRect img;
  WhyRect target;

  g_return_val_if_fail (WHY_IS_CANVAS (self), FALSE);

  if (!why_view_visible (&self->view, &img, &target))
    return FALSE;
  *left = target.x;
  *right = target.x + target.width;
  return TRUE;
}

void
why_canvas_emit_slice_stepped (WhyCanvas *self, int n_steps)
{
  g_signal_emit (self, signals[SIGNAL_SLICE_STEPPED], 0, n_steps);
}

void
why_canvas_emit_cross_placed (WhyCanvas *self, double img_x, double img_y)
{
  g_signal_emit (self, signals[SIGNAL_CROSS_PLACED], 0, img_x, img_y);
}

void
why_canvas_emit_cross_stepped (WhyCanvas *self, int dx, int dy)
{
  g_signal_emit (self, signals[SIGNAL_CROSS_STEPPED], 0, dx, dy);
}

/* ---- setters ---- */

void
why_canvas_set_picture (WhyCanvas *self, WhyTensor *pixels)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (WHY_IS_CANVAS (self));

  if (pixels == self->picture && self->tiles == NULL)
    return;
  if (pixels != NULL && !why_picture_check (pixels, &error))
    {
      g_warning ("canvas: %s", error->message);
      return;
    }
  why_canvas_drop_slide (self);
  g_clear_pointer (&self->picture, why_tensor_unref);
  g_clear_object (&self->base_texture);
  self->base_tried = FALSE;
  self->picture_serial++;
  if (pixels != NULL)
    {
      const gboolean same_size = self->view.img_width == (double) pixels->dims[1] &&
                                 self->view.img_height == (double) pixels->dims[0];
      self->picture = why_tensor_ref (pixels);
      why_view_set_picture (&self->view, (double) pixels->dims[1], (double) pixels->dims[0]);
      /* A picture of the same size is most often the same one with a part covered: until the new
       * texture is there the old one does no harm. */
      if (!same_size)
        {
          g_clear_object (&self->picture_texture);
          g_clear_object (&self->map_texture);
          g_clear_object (&self->whole_map_texture);
        }
    }
  else
    {
      g_clear_object (&self->picture_texture);
      g_clear_object (&self->map_texture);
      why_canvas_clear_survey (self);
      why_view_set_picture (&self->view, 0, 0);
      why_canvas_probe_none (self);
    }
  why_canvas_view_changed (self, TRUE);
}

void
why_canvas_set_steps_slices (WhyCanvas *self, gboolean steps_slices)
{
  g_return_if_fail (WHY_IS_CANVAS (self));
  self->steps_slices = steps_slices;
}

void
why_canvas_set_map (WhyCanvas *self, WhyTensor *values, const WhyAffine *to_source)
{
  g_return_if_fail (WHY_IS_CANVAS (self));
  g_return_if_fail (values == NULL || (values->dtype == WHY_DTYPE_FLOAT32 && values->rank == 2 && to_source != NULL));

  if (values == self->map && (values == NULL || memcmp (to_source, &self->to_source, sizeof *to_source) == 0))
    return;
  if (values != NULL)
    why_tensor_ref (values);
  g_clear_pointer (&self->map, why_tensor_unref);
  self->map = values;
  if (values != NULL)
    self->to_source = *to_source;
  else
    {
      g_clear_object (&self->map_texture);
      g_clear_object (&self->whole_map_texture);
    }
  self->map_serial++;
  self->legend_stale = TRUE;
  if (self->probe.valid)
    why_canvas_probe_at (self, self->probe.img_x + 0.5, self->probe.img_y + 0.5);
  why_canvas_view_changed (self, FALSE);
}

void
why_canvas_set_style (WhyCanvas *self, const WhyOverlayStyle *style)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (memcmp (style, &self->style, sizeof *style) == 0)
    return;
  if (style->vision != self->style.vision)
    self->base_tried = FALSE;
  self->style = *style;
  self->map_serial++;
  self->legend_stale = TRUE;
  why_canvas_view_changed (self, FALSE);
}

void
why_canvas_set_show_map (WhyCanvas *self, gboolean show_map)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (show_map == self->show_map)
    return;
  self->show_map = show_map;
  why_canvas_view_changed (self, FALSE);
}

void
why_canvas_set_bare (WhyCanvas *self, gboolean bare)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (bare == self->bare)
    return;
  self->bare = bare;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
why_canvas_set_turn (WhyCanvas *self, WhyTurn turn)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (turn == self->view.turn)
    return;
  why_canvas_tool_give_up (self);
  why_view_set_turn (&self->view, turn);
  /* What was drawn lies the other way. */
  self->base_tried = FALSE;
  self->picture_serial++;
  self->map_serial++;
  self->survey.serial++;
  g_clear_object (&self->survey.texture);
  g_clear_object (&self->survey.whole);
  g_clear_object (&self->base_texture);
  g_clear_object (&self->picture_texture);
  g_clear_object (&self->map_texture);
  g_clear_object (&self->whole_map_texture);
  self->legend_stale = TRUE;
  why_canvas_view_changed (self, TRUE);
}

void
why_canvas_set_outdated (WhyCanvas *self, gboolean outdated)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (outdated == self->outdated)
    return;
  self->outdated = outdated;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
why_canvas_set_legend (WhyCanvas *self, const char *title, const char *const *lines, const char *unit)
{
  static const char *const none[] = { NULL };

  g_return_if_fail (WHY_IS_CANVAS (self));

  if (lines == NULL)
    lines = none;
  if (g_strcmp0 (title, self->legend_title) == 0 && g_strcmp0 (unit, self->legend_unit) == 0 &&
      self->legend_lines != NULL && g_strv_equal (lines, (const char *const *) self->legend_lines))
    return;
  g_free (self->legend_title);
  self->legend_title = g_strdup (title);
  g_strfreev (self->legend_lines);
  self->legend_lines = g_strdupv ((char **) lines);
  g_free (self->legend_unit);
  self->legend_unit = g_strdup (unit);
  self->legend_stale = TRUE;
  why_canvas_queue_update (self);
}

void
why_canvas_set_covers (WhyCanvas *self, WhyArea *const *areas, gsize n_areas, int current)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  /* The edges of a mask are worth keeping. */
  gsize n_same = 0;
  while (n_same < n_areas && n_same < self->covers->len &&
         g_array_index (self->covers, WhyCanvasArea, n_same).area == areas[n_same])
    n_same++;
  g_array_set_size (self->covers, (guint) n_same);
  for (gsize index = n_same; index < n_areas; index++)
    {
      WhyCanvasArea shown;

      why_canvas_area_init (&shown, areas[index]);
      g_array_append_val (self->covers, shown);
    }
  if (self->drawing.edited >= (int) n_areas && self->drawing.edited < WHY_CANVAS_FIRST_OUTLINE)
    why_canvas_tool_give_up (self);
  self->current_cover = current;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
why_canvas_set_outline_areas (WhyCanvas *self, WhyArea *const *areas, gsize n_areas, int current)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (self->drawing.edited >= WHY_CANVAS_FIRST_OUTLINE)
    why_canvas_tool_give_up (self);
  g_ptr_array_set_size (self->outlines, 0);
  for (gsize index = 0; index < n_areas; index++)
    g_ptr_array_add (self->outlines, areas[index] != NULL ? why_area_ref (areas[index]) : NULL);
  self->current_outline = current;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
why_canvas_set_tool (WhyCanvas *self, WhyTool tool)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (tool == self->tool)
    return;
  why_canvas_tool_give_up (self);
  self->tool = tool;
  self->crosshair = FALSE;
  why_canvas_update_cursor (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

WhyPurpose
why_canvas_get_purpose (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), WHY_PURPOSE_OCCLUDE);

  return self->purpose;
}

void
why_canvas_set_purpose (WhyCanvas *self, WhyPurpose purpose)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (purpose == self->purpose)
    return;
  why_canvas_tool_give_up (self);
  self->purpose = purpose;
}

gboolean
why_canvas_get_inverse (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), FALSE);

  return self->inverse;
}

void
why_canvas_set_inverse (WhyCanvas *self, gboolean inverse)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  self->inverse = inverse;
}

double
why_canvas_get_brush_size (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), 1.0);

  const double shorter = MIN (self->view.img_width, self->view.img_height);
  return self->brush_size > 0 ? self->brush_size : MAX (1.0, round (shorter / 12.0));
}

void
why_canvas_set_brush_size (WhyCanvas *self, double size)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  self->brush_size = CLAMP (size, 0.0, WHY_AREA_MAX_COORDINATE);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

guint
why_canvas_get_n_points (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), 0);

  return self->drawing.points->len;
}

void
why_canvas_set_place (WhyCanvas *self, const WhyPlace *place)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (self->view.fit == place->fit && (place->fit || (self->view.zoom == place->zoom && self->view.center_x == place->center_x &&
                                                      self->view.center_y == place->center_y)))
    return;
  why_view_place (&self->view, place->fit, place->zoom, place->center_x, place->center_y);
  why_canvas_queue_update (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  why_canvas_update_cursor (self);
}

void
why_canvas_set_marker (WhyCanvas *self, gboolean shown, double img_x, double img_y)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  if (self->marker == shown && (!shown || (self->marker_x == img_x && self->marker_y == img_y)))
    return;
  self->marker = shown;
  self->marker_x = img_x;
  self->marker_y = img_y;
  if (shown)
    why_canvas_probe_at (self, img_x, img_y);
  else if (self->pointer_x < 0 && !self->crosshair)
    why_canvas_probe_none (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

gboolean
why_canvas_is_probed_by_hand (WhyCanvas *self)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), FALSE);

  return self->pointer_x >= 0 || self->crosshair;
}

gboolean
why_canvas_probe (WhyCanvas *self, double img_x, double img_y)
{
  g_return_val_if_fail (WHY_IS_CANVAS (self), FALSE);

  if (self->picture == NULL || !(img_x >= 0 && img_y >= 0 && img_x < self->view.img_width && img_y < self->view.img_height))
    return FALSE;
  self->crosshair = TRUE;
  self->cross_x = img_x;
  self->cross_y = img_y;
  why_canvas_probe_at (self, img_x, img_y);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  return TRUE;
}

void
why_canvas_zoom_fit (WhyCanvas *self)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  why_view_zoom_fit (&self->view);
  why_canvas_view_changed (self, TRUE);
}

void
why_canvas_zoom_to (WhyCanvas *self, double zoom)
{
  g_return_if_fail (WHY_IS_CANVAS (self));

  why_view_zoom_at (&self->view, zoom, self->view.view_width / 2, self->view.view_height / 2);
  why_canvas_view_changed (self, TRUE);
}

void
why_canvas_zoom_step (WhyCanvas *self, int steps)
{
  why_canvas_zoom_to (self, self->view.zoom * pow (WHY_VIEW_STEP_FACTOR, steps));
}
