#pragma once

#include "canvas.h"

#include "canvas-annotations.h"
#include "canvas-render.h"
#include "view.h"

G_BEGIN_DECLS

/* canvas.c: state and textures; canvas-draw.c: snapshot; canvas-legend.c: the colour bar; canvas-input.c: pointer
 * and keys; canvas-tools.c: what they draw; canvas-areas.c: how that looks. */

/* A part of the picture as it is shown, with what is worth keeping between frames. */
typedef struct
{
  WhyArea *area;
  GArray *edges; /* of a mask: pairs of WhyPoint, source pixels; NULL for other kinds */
} WhyCanvasArea;

typedef enum
{
  WHY_GRIP_NONE = -2,
  WHY_GRIP_ALL = -1, /* moves it */
  /* 0..8: of a grid of 3 x 3 over its box, row by row; 4, the middle, is none */
  WHY_GRIP_FIRST_POINT = 9, /* and on: the points of a polygon */
} WhyGrip;

/* What a tool is drawing, or which part is being moved. */
typedef struct
{
  gboolean active;
  gboolean by_keys;
  gboolean square;
  WhyPoint start, end; /* corners; of a polygon the end is where the next point would be */
  GArray *points;      /* of WhyPoint: polygon, brush */
  double press_x, press_y; /* view; the last press, for double clicks */
  guint32 press_time;
  int edited; /* index of the part that is moved; -1: none */
  int grip;
  WhyArea *shown; /* nullable: what it would be */
} WhyDrawing;

/* Of a plane of a volume. */
typedef struct
{
  gboolean meets;    /* other planes: the marker is where, and pressing moves it */
  gboolean moving;   /* it is being moved */
  gboolean has_sides;
  char sides[4];     /* of the body: left, right, top, bottom of the picture */
  char *window_text; /* nullable */
} WhyCanvasVolume;

/* What is known of every field; see WhySurveyor. Textures as those of the map. */
typedef struct
{
  WhyTensor *values; /* nullable */
  WhyAffine to_source;
  WhyOverlayStyle style;
  char *title;
  guint64 serial;
  GdkTexture *texture;
  WhyRect img, hole;
  guint64 texture_serial;
  GdkTexture *whole; /* as small as the overview needs it */
  guint64 whole_serial;
  GskRenderNode *legend;
  double legend_width, legend_height;
} WhyCanvasSurvey;

struct _WhyCanvas
{
  GtkWidget parent_instance;

  /* What is shown. Serials count changes: a texture is up to date when it carries the present one. */
  WhyTensor *picture;
  WhyTensor *map;
  WhyAffine to_source;
  WhyOverlayStyle style;
  WhyTiles *tiles;     /* nullable: of a slide; the picture is then its overview */
  WhyTensor *patch;    /* nullable: over a slide */
  WhyRect patch_img;
  WhyRect region;      /* what the network is shown; without a width none */
  gboolean incomplete; /* the texture is coarser than it could be... */
  gboolean tiles_loaded; /* ...and more is there now */
  guint64 picture_serial, map_serial;
  gboolean show_map, bare, outdated;
  GArray *covers; /* of WhyCanvasArea */
  int current_cover;
  GPtrArray *outlines; /* of WhyArea, NULL for one that is not seen: they are drawn by the marks */
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

  /* Scale bar and overview */
  double um_per_pixel; /* 0: unknown */
  gboolean with_overview, no_legend;
  GdkTexture *whole_map_texture; /* as small as the overview needs it */
  guint64 whole_map_serial;
  GskRenderNode *scale_node;
  double scale_width, scale_height;
  double scale_um, scale_most; /* what the node was made for */

  /* Input */
  WhyTool tool;
  WhyPurpose purpose;
  gboolean inverse;  /* new parts are all but what is drawn */
  double brush_size; /* diameter, source pixels */
  WhyDrawing drawing;
  WhyProbe probe;
  double pointer_x, pointer_y; /* logical; negative: outside */
  gboolean space_held;
  gboolean panning, tool_pressed;
  double pan_last_x, pan_last_y;
  gboolean steps_slices;
  double slice_scroll; /* part of a step that a touch pad has made */
  gboolean crosshair;                        /* moved by keys */
  double cross_x, cross_y;                   /* source pixels */
  double pinch_zoom;
  gboolean marker; /* of a linked canvas */
  double marker_x, marker_y;

  WhyCanvasVolume volume;
  WhyCanvasSurvey survey;
};

void why_canvas_queue_update (WhyCanvas *self); /* textures and legend, before the next frame */
void why_canvas_view_changed (WhyCanvas *self, gboolean zoom_changed);
void why_canvas_emit_clicked (WhyCanvas *self);
/* @index: the part that @area stands for, -1: a new one */
void why_canvas_emit_drawing (WhyCanvas *self, WhyArea *area, int index); /* @area: (nullable): given up */
void why_canvas_emit_drawn (WhyCanvas *self, WhyArea *area, int index);
void why_canvas_emit_picked (WhyCanvas *self, int index);
void why_canvas_emit_slice_stepped (WhyCanvas *self, int n_steps);
void why_canvas_probe_at (WhyCanvas *self, double img_x, double img_y);
void why_canvas_probe_none (WhyCanvas *self);

void why_canvas_snapshot (GtkWidget *widget, GtkSnapshot *snapshot);

/* canvas-legend.c */
void why_canvas_update_legend (WhyCanvas *self);
/* How high it is what other widgets have in the upper left corner. */
double why_canvas_get_upper_left (WhyCanvas *self);
void why_canvas_init_legend (WhyCanvas *self);

/* canvas-areas.c */
void why_canvas_area_init (WhyCanvasArea *shown, WhyArea *area);
void why_canvas_area_clear (WhyCanvasArea *shown);
/* @strong: the one that is chosen. @veil: darken what would be covered. */
void why_canvas_append_area (WhyCanvas *self, GtkSnapshot *snapshot, const WhyCanvasArea *shown, gboolean strong, gboolean veil);
void why_canvas_append_badge (WhyCanvas *self, GtkSnapshot *snapshot, const WhyArea *area, guint number);
void why_canvas_append_grips (WhyCanvas *self, GtkSnapshot *snapshot, const WhyArea *area);
void why_canvas_append_brush (WhyCanvas *self, GtkSnapshot *snapshot, double img_x, double img_y);
/* Centre of a grip in the view; FALSE for those of a side too short to hold one. */
gboolean why_canvas_grip_place (WhyCanvas *self, const WhyRect *box, int grip, double *view_x, double *view_y);

/* canvas-tools.c */
gboolean why_canvas_tool_draws (WhyTool tool);
/* Each returns whether it was for the tools. View coordinates. */
gboolean why_canvas_tool_press (WhyCanvas *self, double view_x, double view_y, guint32 time, gboolean square);
void why_canvas_tool_drag (WhyCanvas *self, double view_x, double view_y, gboolean square);
void why_canvas_tool_release (WhyCanvas *self, double view_x, double view_y);
void why_canvas_tool_hover (WhyCanvas *self, double view_x, double view_y);
gboolean why_canvas_tool_key (WhyCanvas *self, guint keyval, GdkModifierType state);
void why_canvas_tool_cursor_moved (WhyCanvas *self); /* the cross hair */
gboolean why_canvas_tool_give_up (WhyCanvas *self);
/* The part with that number, covers or outlines; NULL: there is none. */
WhyArea *why_canvas_get_part (WhyCanvas *self, int index);
int why_canvas_get_chosen_part (WhyCanvas *self); /* -1: none */
/* How many points of a part can be moved, each for itself. */
gsize why_canvas_n_points_of (const WhyArea *area);
/* What pressing would take hold of. @index: (out) */
int why_canvas_grip_at (WhyCanvas *self, double view_x, double view_y, int *index);
/* canvas-over.c */
void why_canvas_init_over (WhyCanvas *self);
void why_canvas_update_scale (WhyCanvas *self);
void why_canvas_append_over (WhyCanvas *self, GtkSnapshot *snapshot);

/* canvas-volume.c */
void why_canvas_append_volume (WhyCanvas *self, GtkSnapshot *snapshot);
/* Each returns whether it was for the planes. View coordinates. */
gboolean why_canvas_volume_press (WhyCanvas *self, double view_x, double view_y);
gboolean why_canvas_volume_drag (WhyCanvas *self, double view_x, double view_y);
void why_canvas_volume_release (WhyCanvas *self);
gboolean why_canvas_volume_arrow (WhyCanvas *self, int dx, int dy);
void why_canvas_emit_cross_placed (WhyCanvas *self, double img_x, double img_y);
void why_canvas_emit_cross_stepped (WhyCanvas *self, int dx, int dy);

/* canvas-slide.c */
void why_canvas_drop_slide (WhyCanvas *self);
gboolean why_canvas_probe_slide (WhyCanvas *self, gint64 img_x, gint64 img_y, guint8 rgb[3]);
void why_canvas_append_region (WhyCanvas *self, GtkSnapshot *snapshot);
/* In the overview at @place; @turn: from the picture to what is shown of it. */
void why_canvas_append_region_mark (WhyCanvas *self, GtkSnapshot *snapshot, const WhyRect *place, const WhyAffine *turn,
                                    double shrink);

/* canvas-survey.c */
void why_canvas_clear_survey (WhyCanvas *self);
gboolean why_canvas_survey_is_stale (WhyCanvas *self, const WhyRect *img);
gboolean why_canvas_survey_wants_whole (WhyCanvas *self);
/* @whole: small, for the overview */
void why_canvas_survey_ask (WhyCanvas *self, WhyRenderTask *task, gboolean whole);
void why_canvas_survey_take (WhyCanvas *self, const WhyRenderTask *task);
void why_canvas_probe_survey (WhyCanvas *self, double img_x, double img_y, WhyProbe *probe);
void why_canvas_update_survey_legend (WhyCanvas *self, double scale);
/* How much room its colour bar takes above the other one. */
double why_canvas_get_survey_lift (WhyCanvas *self);
void why_canvas_append_survey_legend (WhyCanvas *self, GtkSnapshot *snapshot);

void why_canvas_init_input (WhyCanvas *self);
void why_canvas_update_cursor (WhyCanvas *self);

G_END_DECLS
