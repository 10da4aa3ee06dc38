#include "config.h"

#include "canvas-private.h"

#include <math.h>

/* An outdated map is shown paler than the one that answers the present question. */
#define OUTDATED_OPACITY 0.45

static void
append_texture (WhyCanvas *self, GtkSnapshot *snapshot, GdkTexture *texture, const WhyRect *img)
{
  const WhyRect target = why_view_rect_from_image (&self->view, img);

  why_render_append (snapshot, GTK_WIDGET (self), texture,
                     &GRAPHENE_RECT_INIT ((float) target.x, (float) target.y, (float) target.width, (float) target.height));
}

static void
append_crosshair (WhyCanvas *self, GtkSnapshot *snapshot, double img_x, double img_y)
{
  static const GdkRGBA black = { 0, 0, 0, 0.75f };
  static const GdkRGBA white = { 1, 1, 1, 1 };
  const float arm = 14;
  double view_x;
  double view_y;

  why_view_from_image (&self->view, img_x, img_y, &view_x, &view_y);
  const float x = (float) floor (view_x);
  const float y = (float) floor (view_y);
  gtk_snapshot_append_color (snapshot, &black, &GRAPHENE_RECT_INIT (x - arm - 1, y - 1, 2 * arm + 3, 3));
  gtk_snapshot_append_color (snapshot, &black, &GRAPHENE_RECT_INIT (x - 1, y - arm - 1, 3, 2 * arm + 3));
  gtk_snapshot_append_color (snapshot, &white, &GRAPHENE_RECT_INIT (x - arm, y, 2 * arm + 1, 1));
  gtk_snapshot_append_color (snapshot, &white, &GRAPHENE_RECT_INIT (x, y - arm, 1, 2 * arm + 1));
}

void
why_canvas_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  WhyCanvas *self = WHY_CANVAS (widget);
  const WhyView *view = &self->view;
  const gboolean with_map = self->map != NULL && self->map_texture != NULL && self->show_map && !self->bare;

  if (self->picture == NULL)
    return;
  const WhyRect all = { 0, 0, view->img_width, view->img_height };
  WhyRect img;
  WhyRect target;
  const gboolean sharp = why_view_visible (view, &img, &target) && self->picture_texture != NULL &&
                         img.x == self->picture_img.x && img.y == self->picture_img.y &&
                         img.width == self->picture_img.width && img.height == self->picture_img.height;
  if (!sharp && self->base_texture != NULL)
    append_texture (self, snapshot, self->base_texture, &all);
  if (self->picture_texture != NULL)
    append_texture (self, snapshot, self->picture_texture, &self->picture_img);

  if (self->survey.texture != NULL && !self->bare)
    append_texture (self, snapshot, self->survey.texture, &self->survey.img);
  if (with_map)
    {
      if (self->outdated)
        gtk_snapshot_push_opacity (snapshot, OUTDATED_OPACITY);
      append_texture (self, snapshot, self->map_texture, &self->map_img);
      if (self->outdated)
        gtk_snapshot_pop (snapshot);
    }
  why_canvas_append_region (self, snapshot);
  for (guint index = 0; index < self->covers->len && !self->bare; index++)
    {
      const WhyCanvasArea *cover = &g_array_index (self->covers, WhyCanvasArea, index);

      if ((int) index != self->drawing.edited)
        why_canvas_append_area (self, snapshot, cover, (int) index == self->current_cover, FALSE);
    }
  if (!self->bare)
    why_marks_snapshot (&self->marks, snapshot, view);
  for (guint index = 0; index < self->covers->len && !self->bare; index++)
    why_canvas_append_badge (self, snapshot, g_array_index (self->covers, WhyCanvasArea, index).area, index + 1);
  if (self->drawing.shown != NULL)
    {
      WhyCanvasArea shown;

      why_canvas_area_init (&shown, self->drawing.shown);
      why_canvas_append_area (self, snapshot, &shown, TRUE, self->drawing.edited < WHY_CANVAS_FIRST_OUTLINE);
      why_canvas_area_clear (&shown);
    }
  else if (!self->bare && why_canvas_get_part (self, why_canvas_get_chosen_part (self)) != NULL)
    why_canvas_append_grips (self, snapshot, why_canvas_get_part (self, why_canvas_get_chosen_part (self)));
  if (self->tool == WHY_TOOL_BRUSH && self->crosshair)
    why_canvas_append_brush (self, snapshot, self->cross_x, self->cross_y);
  else if (self->tool == WHY_TOOL_BRUSH && self->pointer_x >= 0 && !self->panning)
    {
      double img_x;
      double img_y;

      why_view_to_image (view, self->pointer_x, self->pointer_y, &img_x, &img_y);
      why_canvas_append_brush (self, snapshot, img_x, img_y);
    }
  if (self->crosshair)
    append_crosshair (self, snapshot, self->cross_x, self->cross_y);
  else if (self->marker && !self->volume.meets)
    append_crosshair (self, snapshot, self->marker_x, self->marker_y);
  why_canvas_append_volume (self, snapshot);
  why_canvas_append_over (self, snapshot);
  if (with_map && self->legend_node != NULL && !self->no_legend)
    {
      gtk_snapshot_save (snapshot);
      gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) self->legend_x, (float) self->legend_y));
      gtk_snapshot_append_node (snapshot, self->legend_node);
      gtk_snapshot_restore (snapshot);
    }
  why_canvas_append_survey_legend (self, snapshot);
}
