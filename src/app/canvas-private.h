#pragma once

#include "canvas.h"

#include "canvas-annotations.h"
#include "canvas-render.h"
#include "view.h"

G_BEGIN_DECLS

/* canvas.c: state and textures; canvas-draw.c: snapshot; canvas-legend.c: the colour bar; canvas-input.c: pointer and keys. */

struct _WhyCanvas
{
  GtkWidget parent_instance;

  /* What is shown. Serials count changes: a texture is up to date when it carries the present one. */
  WhyTensor *picture;
  WhyTensor *map;
  WhyAffine to_source;
  WhyOverlayStyle style;
  guint64 picture_serial, map_serial;
  gboolean show_map, bare, outdated;
  WhyRect *outlines;
  gsize n_outlines;
  int current_outline;

  WhyMarks marks; /* outlines that people drew, the layer's grid */

  WhyView view;

  /* Textures with the part of the source that they show. The base one shows all of it, coarsely: it
   * fills what a quick zoom or pan uncovers until the fine one is there. */
  GdkTexture *base_texture;
  gboolean base_tried;
  GdkTexture *picture_texture;
  WhyRect picture_img;
  guint64 picture_texture_serial;
  WhyVision picture_vision; /* with which it was drawn */
  GdkTexture *map_texture;
  WhyRect map_img;
  guint64 map_texture_serial;
  gboolean rendering;
  guint tick_id;

  /* Colour bar */
  char *legend_title;
  char **legend_lines;
  char *legend_unit;
  GskRenderNode *legend_node;
  double legend_width, legend_height;
  double legend_x, legend_y;
  gboolean legend_stale;

  /* Input */
  WhyTool tool;
  WhyProbe probe;
  double pointer_x, pointer_y; /* logical; negative: outside */
  gboolean space_held;
  gboolean panning, banding;
  double pan_last_x, pan_last_y;
  double band_x0, band_y0, band_x1, band_y1; /* source pixels */
  gboolean steps_slices;
  double slice_scroll; /* part of a step that a touch pad has made */
  gboolean crosshair;                        /* moved by keys */
  double cross_x, cross_y;                   /* source pixels */
  double pinch_zoom;
  gboolean marker; /* of a linked canvas */
  double marker_x, marker_y;
};

void why_canvas_queue_update (WhyCanvas *self); /* textures and legend, before the next frame */
void why_canvas_view_changed (WhyCanvas *self, gboolean zoom_changed);
void why_canvas_emit_clicked (WhyCanvas *self);
void why_canvas_emit_occlude (WhyCanvas *self, const WhyRect *rect);
void why_canvas_emit_slice_stepped (WhyCanvas *self, int n_steps);
void why_canvas_probe_at (WhyCanvas *self, double img_x, double img_y);
void why_canvas_probe_none (WhyCanvas *self);

void why_canvas_snapshot (GtkWidget *widget, GtkSnapshot *snapshot);

/* canvas-legend.c */
void why_canvas_update_legend (WhyCanvas *self);
void why_canvas_init_legend (WhyCanvas *self);

void why_canvas_init_input (WhyCanvas *self);
void why_canvas_update_cursor (WhyCanvas *self);

G_END_DECLS
