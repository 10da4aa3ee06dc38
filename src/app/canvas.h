#pragma once

#include "base/tensor.h"
#include "base/turn.h"
#include "draw/overlay.h"
#include "image/area.h"
#include "service/tiles.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The picture with the map over it. Knows pixels and numbers, neither models nor files: the window
 * tells it what to show.
 *
 * Pixels are made by draw/ (the code that writes figures too) in a thread of the canvas's own, for just
 * the part that is visible, and kept as textures; while a new one is made, the old is shown in the
 * right place, so that zooming never waits. snapshot() only paints. */

#define WHY_TYPE_CANVAS (why_canvas_get_type ())
G_DECLARE_FINAL_TYPE (WhyCanvas, why_canvas, WHY, CANVAS, GtkWidget)

typedef enum
{
  WHY_TOOL_PAN,
  WHY_TOOL_RECTANGLE,
  WHY_TOOL_ELLIPSE,
  WHY_TOOL_POLYGON,
  WHY_TOOL_BRUSH,
  WHY_TOOL_PROBE, /* arrow keys move the cross hair, dragging moves the picture */
} WhyTool;

const char *why_tool_to_string (WhyTool tool); /* "pan", "rectangle", ... */
gboolean why_tool_from_string (const char *name, WhyTool *tool);

/* What a part that was drawn is for; the canvas only carries it. */
typedef enum
{
  WHY_PURPOSE_OCCLUDE,
  WHY_PURPOSE_ANNOTATE,
  WHY_PURPOSE_EXPLAIN,
} WhyPurpose;

const char *why_purpose_to_string (WhyPurpose purpose); /* "occlude", "annotate", "explain" */
gboolean why_purpose_from_string (const char *name, WhyPurpose *purpose);

/**
 * WhyPlace:
 * @fit: the picture is shown as a whole
 * @zoom: see why_canvas_get_zoom()
 * @center_x, @center_y: source position in the middle
 *
 * What part of a picture is shown: what canvases that are linked have in common.
 */
typedef struct
{
  gboolean fit;
  double zoom;
  double center_x, center_y;
} WhyPlace;

/**
 * WhyProbe:
 * @valid: the position is on the picture
 * @img_x, @img_y: pixel
 * @rgb: value of the picture there
 * @has_map: a map covers the position
 * @value: raw value of the map as drawn there; may be NaN
 * @has_survey: a field is there whose answer is known
 * @survey: probability of the class in that field
 */
typedef struct
{
  gboolean valid;
  gint64 img_x, img_y;
  guint8 rgb[3];
  gboolean has_map;
  float value;
  gboolean has_survey;
  float survey;
} WhyProbe;

GtkWidget *why_canvas_new (void);

double why_canvas_get_zoom (WhyCanvas *self); /* 1: a source pixel is a device pixel */
gboolean why_canvas_get_fit (WhyCanvas *self);
WhyTool why_canvas_get_tool (WhyCanvas *self);
gboolean why_canvas_get_bare (WhyCanvas *self);
const WhyProbe *why_canvas_get_probe (WhyCanvas *self);

/** why_canvas_is_settled: what is on screen, or will be with the next frame, is up to date. */
gboolean why_canvas_is_settled (WhyCanvas *self);

/** why_canvas_is_dragging: a part is being drawn or moved */
gboolean why_canvas_is_dragging (WhyCanvas *self);

/** why_canvas_set_picture: @pixels: (nullable): as for why_picture_check(). Zoom is kept if the size is. */
void why_canvas_set_picture (WhyCanvas *self, WhyTensor *pixels);

/**
 * why_canvas_set_slide:
 * @patch: (nullable): uint8 [H, W, C], drawn over it at @place (source pixels)
 *
 * In place of a picture: a whole slide, of which what is visible is drawn from tiles as they come.
 */
void why_canvas_set_slide (WhyCanvas *self, WhyTiles *tiles, WhyTensor *patch, const WhyRect *place);

/**
 * why_canvas_set_survey:
 * @values: (nullable): float32 [rows, columns]: drawn below the map, and not in the region that is explained; NaN: nothing
 * @to_source: from its cells to source pixels
 * @title: (nullable): of its colour bar
 */
void why_canvas_set_survey (WhyCanvas *self, WhyTensor *values, const WhyAffine *to_source, const WhyOverlayStyle *style, const char *title);

/** why_canvas_set_region: @region: (nullable): what the network is shown, source pixels: outlined */
void why_canvas_set_region (WhyCanvas *self, const WhyRect *region);

/**
 * why_canvas_set_map:
 * @values: (nullable): float32 [h, w], dense
 * @to_source: from cells to source pixels; needed with @values
 */
void why_canvas_set_map (WhyCanvas *self, WhyTensor *values, const WhyAffine *to_source);
void why_canvas_set_style (WhyCanvas *self, const WhyOverlayStyle *style);
/** why_canvas_set_steps_slices: whether the wheel steps through slices ("slice-stepped", i) instead of zooming; with Ctrl it
 *  zooms all the same */
void why_canvas_set_steps_slices (WhyCanvas *self, gboolean steps_slices);
void why_canvas_set_show_map (WhyCanvas *self, gboolean show_map);

/** why_canvas_set_bare: show the picture without map and outlines for as long as a key is held. */
void why_canvas_set_bare (WhyCanvas *self, gboolean bare);

/** why_canvas_set_turn: how the picture lies on the screen; positions stay those of the picture */
void why_canvas_set_turn (WhyCanvas *self, WhyTurn turn);

/** why_canvas_set_outdated: the map is of an earlier question: show it paler. */
void why_canvas_set_outdated (WhyCanvas *self, gboolean outdated);

/**
 * why_canvas_set_legend:
 * @title: (nullable): e.g. the class; %NULL: no colour bar
 * @lines: (nullable) (array zero-terminated=1)
 * @unit: (nullable)
 */
void why_canvas_set_legend (WhyCanvas *self, const char *title, const char *const *lines, const char *unit);

/** why_canvas_set_covers: @areas: (array length=n_areas): covered parts, numbered from 1; @current: the chosen one, which can be
 *  moved and stretched, or -1 */
void why_canvas_set_covers (WhyCanvas *self, WhyArea *const *areas, gsize n_areas, int current);

/* In signals, the number of the first outline: covers have smaller ones. */
#define WHY_CANVAS_FIRST_OUTLINE (1 << 20)

/** why_canvas_set_outline_areas: @areas: (array length=n_areas): outlines that can be chosen, moved and reshaped, in the order
 *   of their numbers; %NULL for a hidden one. @current: the chosen one, -1: none */
void why_canvas_set_outline_areas (WhyCanvas *self, WhyArea *const *areas, gsize n_areas, int current);
void why_canvas_set_tool (WhyCanvas *self, WhyTool tool);
WhyPurpose why_canvas_get_purpose (WhyCanvas *self);
void why_canvas_set_purpose (WhyCanvas *self, WhyPurpose purpose);
/** why_canvas_set_inverse: whether what is drawn stands for all but itself */
gboolean why_canvas_get_inverse (WhyCanvas *self);
void why_canvas_set_inverse (WhyCanvas *self, gboolean inverse);
/** why_canvas_set_brush_size: diameter in source pixels; 0: by the size of the picture */
double why_canvas_get_brush_size (WhyCanvas *self);
void why_canvas_set_brush_size (WhyCanvas *self, double size);
/** why_canvas_get_n_points: of the polygon or stroke that is being drawn */
guint why_canvas_get_n_points (WhyCanvas *self);

/** why_canvas_set_place: of another canvas; "place-changed" is not emitted */
void why_canvas_get_place (WhyCanvas *self, WhyPlace *place);
void why_canvas_set_place (WhyCanvas *self, const WhyPlace *place);
/** why_canvas_get_visible: (out) the visible part of the picture in logical pixels; %FALSE if there is none */
gboolean why_canvas_get_visible (WhyCanvas *self, double *left, double *right);
/** why_canvas_set_marker: a cross hair where another canvas is probed, source pixels */
void why_canvas_set_marker (WhyCanvas *self, gboolean shown, double img_x, double img_y);
/** why_canvas_set_meets: whether the marker is where other planes meet this one: drawn from edge to edge, and moved by pressing,
 *  dragging ("cross-placed", dd) and arrow keys ("cross-stepped", ii) */
void why_canvas_set_meets (WhyCanvas *self, gboolean meets);
/** why_canvas_set_sides: (nullable) (array fixed-size=4): letters of what lies at left, right, top and bottom of the picture */
void why_canvas_set_sides (WhyCanvas *self, const char *sides);
/** why_canvas_set_window_text: @text: (nullable): which values are shown, at the upper left */
void why_canvas_set_window_text (WhyCanvas *self, const char *text);
/** why_canvas_is_probed_by_hand: the pointer is over it, or its cross hair was moved: it does not follow another canvas */
gboolean why_canvas_is_probed_by_hand (WhyCanvas *self);
/** why_canvas_probe: as if the cross hair were moved there, source pixels; %FALSE outside of the picture */
gboolean why_canvas_probe (WhyCanvas *self, double img_x, double img_y);

void why_canvas_zoom_fit (WhyCanvas *self);
void why_canvas_zoom_to (WhyCanvas *self, double zoom); /* around the middle */
void why_canvas_zoom_step (WhyCanvas *self, int steps); /* likewise, by 1.5 a step */

/** why_canvas_set_um_per_pixel: for the scale bar; 0: unknown, there is none */
void why_canvas_set_um_per_pixel (WhyCanvas *self, double um_per_pixel);

/** why_canvas_set_with_overview: whether a small picture of the whole shows which part is visible */
void why_canvas_set_with_overview (WhyCanvas *self, gboolean with_overview);

/** why_canvas_get_overview: Returns: whether there is one just now, and where (logical pixels) */
gboolean why_canvas_get_overview (WhyCanvas *self, WhyRect *place);

/** why_canvas_set_with_legend: whether the colour bar lies over the picture */
void why_canvas_set_with_legend (WhyCanvas *self, gboolean with_legend);

/** why_canvas_get_shown_part: @img: (out): the visible part, source pixels. Returns: %FALSE if nothing is */
gboolean why_canvas_get_shown_part (WhyCanvas *self, WhyRect *img);

/** why_canvas_show_part: zooms and moves so that @img (source pixels) just fits; %NULL or empty: all */
void why_canvas_show_part (WhyCanvas *self, const WhyRect *img);

/** why_canvas_cancel_drag: Returns: whether there was something to cancel */
gboolean why_canvas_cancel_drag (WhyCanvas *self);

/* Signals:
 * "area-drawing" (WhyArea, i): what it would be if the drawing ended now; NULL: it was given up. The number is that of the
 *   cover that is moved, -1 for a new part
 * "area-drawn" (WhyArea, i): it is finished; what it is for says why_canvas_get_purpose()
 * "cover-picked" (i): a cover was clicked, -1: none
 * "probed": why_canvas_get_probe() says something new
 * "zoom-changed"
 * "place-changed": it was moved or zoomed
 * "cross-placed" (d, d): source pixels; "cross-stepped" (i, i): right and down: see why_canvas_set_meets()
 * "clicked": pressed and released without a drag, with the probe as tool */

G_END_DECLS
