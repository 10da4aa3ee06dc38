#pragma once

#include "base/rect.h"
#include "base/tensor.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Parts of a picture: what is covered, outlined or compared with a map. Coordinates are source pixels as in
 * base/affine.h: the origin is the top left corner of the first pixel, the centre of pixel (column, row) is at
 * (column + 0.5, row + 0.5). A shape may reach beyond the picture. */

/* So that no file makes a shape that takes minutes to draw. */
#define WHY_AREA_MAX_POINTS 100000
#define WHY_AREA_MAX_CELLS (G_GINT64_CONSTANT (1) << 26)
#define WHY_AREA_MAX_COORDINATE 1e8

typedef enum
{
  WHY_AREA_RECTANGLE,
  WHY_AREA_ELLIPSE, /* the largest one in its box */
  WHY_AREA_POLYGON, /* closed; inside by the even-odd rule */
  WHY_AREA_BRUSH,   /* all within the radius of an open line: round caps and corners */
  WHY_AREA_MASK,    /* 0..255 for each cell of a grid over a box */
} WhyAreaKind;

typedef struct
{
  double x, y;
} WhyPoint;

/**
 * WhyArea:
 *
 * A part of the plane, or all but that ("inverse"). Immutable, reference counted; any thread.
 */
typedef struct _WhyArea WhyArea;

const char *why_area_kind_to_string (WhyAreaKind kind); /* "rectangle", "ellipse", "polygon", "brush", "mask" */
gboolean why_area_kind_from_string (const char *name, WhyAreaKind *kind);

/* ---- making ---- */

/**
 * why_area_new_rectangle:
 * @box: finite, width and height above 0
 *
 * All five fail with %WHY_ERROR_BAD_REQUEST and a sentence where a value is not finite, beyond
 * %WHY_AREA_MAX_COORDINATE, or an extent not above 0; with %WHY_ERROR_TOO_LARGE over the limits above.
 */
WhyArea *why_area_new_rectangle (const WhyRect *box, gboolean inverse, GError **error) G_GNUC_WARN_UNUSED_RESULT;
WhyArea *why_area_new_ellipse (const WhyRect *box, gboolean inverse, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/** why_area_new_polygon: @points: (array length=n_points): at least 3, copied; the last joins the first */
WhyArea *why_area_new_polygon (const WhyPoint *points, gsize n_points, gboolean inverse,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
/** why_area_new_brush: @points: (array length=n_points): at least 1, copied; @radius: above 0 */
WhyArea *why_area_new_brush (const WhyPoint *points, gsize n_points, double radius, gboolean inverse,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
/** why_area_new_mask: @values: uint8 [h, w], dense; a reference is taken, and nobody may write to it any more */
WhyArea *why_area_new_mask (WhyTensor *values, const WhyRect *box, gboolean inverse,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

WhyArea *why_area_ref (WhyArea *shape);
void why_area_unref (WhyArea *shape);

/** why_area_with_inverse: Returns: (transfer full): the same shape with that flag, maybe @shape itself */
WhyArea *why_area_with_inverse (WhyArea *shape, gboolean inverse) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_area_fit:
 * @box: where its box shall be
 *
 * Moved and stretched; the width of a brush grows by the smaller of both factors, so that it stays round, and its
 * line fills what is left of the box.
 *
 * Returns: (transfer full) (nullable): %NULL with an error as of the constructors
 */
WhyArea *why_area_fit (const WhyArea *shape, const WhyRect *box, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- asking ---- */

WhyAreaKind why_area_get_kind (const WhyArea *shape);
gboolean why_area_get_inverse (const WhyArea *shape);
/** why_area_get_box: (out): the smallest box around it, of a brush with its width; without regard to "inverse" */
void why_area_get_box (const WhyArea *shape, WhyRect *box);
/** why_area_get_points: Returns: (transfer none) (nullable): of polygon and brush */
const WhyPoint *why_area_get_points (const WhyArea *shape, gsize *n_points);
double why_area_get_radius (const WhyArea *shape);          /* of a brush, else 0 */
const WhyTensor *why_area_get_values (const WhyArea *shape); /* of a mask, else NULL */
gboolean why_area_equal (const WhyArea *a, const WhyArea *b);

/** why_area_contains: "inverse" counts; of a mask cells from 128 on are inside. Any coordinates, NaN is outside of
 * all. */
gboolean why_area_contains (const WhyArea *shape, double x, double y);

/* ---- drawing ---- */

/**
 * WhyPixelBox:
 * @right, @bottom: one past the last pixel; empty where not above @left, @top
 */
typedef struct
{
  gint64 left, top, right, bottom;
} WhyPixelBox;

/**
 * why_area_get_pixels:
 * @pixels: (out): of a picture of @width x @height, those that can be covered: the whole picture of an inverse shape
 *
 * Returns: %FALSE if there is none
 */
gboolean why_area_get_pixels (const WhyArea *shape, gint64 width, gint64 height, WhyPixelBox *pixels);

/**
 * why_area_rasterise:
 * @coverage: (out caller-allocates): @height rows of @width, @stride bytes apart: 255 for each pixel whose centre is
 *   inside (on the left and top edges of a rectangle and a polygon counts, right and bottom does not; the edge of
 *   ellipse and brush counts), 0 for others; of a mask the value of the cell that the centre lies in
 *
 * A rectangle too thin for any centre covers the one column or row under its middle, and another shape whose box is
 * smaller than a pixel the pixel under the middle of the box, so that nothing small is lost. The same bytes every time.
 */
void why_area_rasterise (const WhyArea *shape, gint64 width, gint64 height, guint8 *coverage, gsize stride);

/** why_area_rasterise_part: the pixels of @part of an endless picture; @coverage starts at its top left one */
void why_area_rasterise_part (const WhyArea *shape, const WhyPixelBox *part, guint8 *coverage, gsize stride);

/** why_area_rasterise_union: the larger of all coverages; zeros for no shape. @shapes: (array length=n_shapes) */
void why_area_rasterise_union (WhyArea *const *shapes, gsize n_shapes, gint64 width, gint64 height, guint8 *coverage,
                                gsize stride);

/* ---- as text ---- */

/**
 * why_area_write:
 *
 * Adds the value, an object, at the builder's present place:
 *
 *   {"kind": "rectangle", "x": 10, "y": 20, "w": 30, "h": 40}         and "ellipse" likewise
 *   {"kind": "polygon", "points": [x, y, x, y, ...]}
 *   {"kind": "brush", "points": [x, y, ...], "radius": 8}
 *   {"kind": "mask", "x": 0, "y": 0, "w": 64, "h": 32, "columns": 8, "rows": 4, "data": "..."}
 *
 * "data" are the values row by row, in zlib's format (RFC 1950), as base64. "inverse": true where it is.
 */
void why_area_write (const WhyArea *shape, JsonBuilder *builder);

/**
 * why_area_read:
 *
 * Returns: (transfer full) (nullable): %NULL with %WHY_ERROR_BAD_REQUEST or %WHY_ERROR_TOO_LARGE and a sentence that
 *   names the key; sizes are checked before memory is taken for them
 */
WhyArea *why_area_read (JsonNode *node, GError **error) G_GNUC_WARN_UNUSED_RESULT;

char *why_area_to_json (const WhyArea *shape) G_GNUC_WARN_UNUSED_RESULT; /* one line */
/** why_area_from_json: @length: bytes, -1: zero-terminated; text of any origin */
WhyArea *why_area_from_json (const char *json, gssize length, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyArea, why_area_unref)

G_END_DECLS
