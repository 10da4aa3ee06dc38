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
append_frame (GtkSnapshot *snapshot, const WhyRect *rect, double outset, double width, const GdkRGBA *color)
{
  GskRoundedRect outline;
  const float widths[4] = { (float) width, (float) width, (float) width, (float) width };
  const GdkRGBA colors[4] = { *color, *color, *color, *color };

  gsk_rounded_rect_init_from_rect (&outline,
                                   &GRAPHENE_RECT_INIT ((float) (rect->x - outset), (float) (rect->y - outset),
                                                        (float) (rect->width + 2 * outset),
                                                        (float) (rect->height + 2 * outset)),
                                   0);
  gtk_snapshot_append_border (snapshot, &outline, widths, colors);
}

/* White between two black lines: visible on any picture and any map. */
static void
append_outline (GtkSnapshot *snapshot, const WhyView *view, const WhyRect *img, double width)
{
  static const GdkRGBA black = { 0, 0, 0, 0.75f };
  static const GdkRGBA white = { 1, 1, 1, 1 };
  WhyRect rect = why_view_rect_from_image (view, img);
  const double right = round (rect.x + rect.width);
  const double bottom = round (rect.y + rect.height);

  rect.x = round (rect.x);
  rect.y = round (rect.y);
  rect.width = right - rect.x;
  rect.height = bottom - rect.y;
  append_frame (snapshot, &rect, width + 1, 1, &black);
  append_frame (snapshot, &rect, width, width, &white);
  append_frame (snapshot, &rect, 0, 1, &black);
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

  if (with_map)
    {
      if (self->outdated)
        gtk_snapshot_push_opacity (snapshot, OUTDATED_OPACITY);
      append_texture (self, snapshot, self->map_texture, &self->map_img);
      if (self->outdated)
        gtk_snapshot_pop (snapshot);
    }
  if (!self->bare)
    {
      for (gsize k = 0; k < self->n_outlines; k++)
        append_outline (snapshot, view, &self->outlines[k], (int) k == self->current_outline ? 2 : 1);
    }
  if (!self->bare)
    why_marks_snapshot (&self->marks, snapshot, view);
  if (self->banding)
    {
      WhyRect band;
      if (why_view_rect_between (view, self->band_x0, self->band_y0, self->band_x1, self->band_y1, &band))
        {
          const WhyRect rect = why_view_rect_from_image (view, &band);
          static const GdkRGBA veil = { 0, 0, 0, 0.35f };
          gtk_snapshot_append_color (snapshot, &veil,
                                     &GRAPHENE_RECT_INIT ((float) rect.x, (float) rect.y, (float) rect.width,
                                                          (float) rect.height));
          append_outline (snapshot, view, &band, 1);
        }
    }
  if (self->crosshair)
    append_crosshair (self, snapshot, self->cross_x, self->cross_y);
  else if (self->marker)
    append_crosshair (self, snapshot, self->marker_x, self->marker_y);
  if (with_map && self->legend_node != NULL)
    {
      gtk_snapshot_save (snapshot);
      gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) self->legend_x, (float) self->legend_y));
      gtk_snapshot_append_node (snapshot, self->legend_node);
      gtk_snapshot_restore (snapshot);
    }
}
