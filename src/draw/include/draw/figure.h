#pragma once

#include "base/cancel.h"
#include "base/tensor.h"
#include "draw/legend.h"
#include "draw/outline.h"
#include "draw/overlay.h"
#include "draw/png.h"

G_BEGIN_DECLS

/* Figures for talks and papers: drawn once by cairo, written as PNG, SVG or PDF. All structs are plain
 * descriptions that borrow everything; they must stay as they are only during the call. Sizes are in
 * user units: pixels of a PNG at scale 1, points of a PDF. */

/**
 * WhyPanel:
 * @picture: (nullable): [H, W, C] uint8 as for why_picture_check(); %NULL: the map on a plain ground
 * @picture_view: where @picture lies in the source, in source pixels; all zero: it is the whole source
 * @view: the part of the source to show; all zero: all of the picture (without picture: of the map)
 * @map: (nullable): drawn over the picture
 * @style: (nullable): needed with @map
 * @below, @below_style: (nullable): another map, drawn below @map, and not in @below_hole (source pixels)
 * @heading: (nullable): above the panel
 * @note: (nullable): below the panel, smaller
 * @outlines: (nullable) (array length=n_outlines): drawn over the map
 * @um_per_pixel: size of a source pixel for the scale bar; 0: unknown, no bar
 * @pixelated: show picture pixels as squares instead of interpolating
 */
typedef struct
{
  const WhyTensor *picture;
  WhyRect picture_view;
  WhyRect view;
  const WhyOverlayMap *map;
  const WhyOverlayStyle *style;
  const WhyOverlayMap *below;
  const WhyOverlayStyle *below_style;
  WhyRect below_hole;
  const char *heading;
  const char *note;
  const WhyPanelOutline *outlines;
  gsize n_outlines;
  double um_per_pixel;
  gboolean pixelated;
} WhyPanel;

/**
 * WhyFigureKind:
 * @WHY_FIGURE_SIDE_BY_SIDE: the picture, and beside it the picture under the map
 * @WHY_FIGURE_OVERLAY: only the picture under the map
 * @WHY_FIGURE_BARE: the picture under the map and nothing else: no text, no margin
 */
typedef enum
{
  WHY_FIGURE_SIDE_BY_SIDE,
  WHY_FIGURE_OVERLAY,
  WHY_FIGURE_BARE,
} WhyFigureKind;

/**
 * WhyFigureClass:
 * @label: a class name
 * @value: its probability in words
 * @probability: 0..1
 * @target: the class that is explained
 */
typedef struct
{
  const char *label;
  const char *value;
  double probability;
  gboolean target;
} WhyFigureClass;

/**
 * WhyFigure:
 * @panel: picture and map
 * @title: (nullable): e.g. "tabby cat"
 * @title_value: (nullable): beside the title, e.g. "83.2%"; never shortened
 * @subtitle: (nullable): e.g. "Grad-CAM at features.18.2"
 * @classes: (array length=n_classes): rows of a bar chart beside the captions; may be 0, at most 10 are drawn
 * @captions: (nullable) (array zero-terminated=1): lines below: model, layer, method, polarity, size of a cell; or one paragraph
 * @footer: (nullable): small, last; %NULL: "For research and teaching; not a medical device." An
 *   empty string: none
 * @unit: (nullable): of the colour bar
 * @width: user units; 0: 1600, for %WHY_FIGURE_BARE the width of the view in source pixels. The height
 *   follows from the content
 * @scale: pixels to a user unit in a PNG; 0: 1
 * @text_scale: size of all text, 1 as designed; 0: 1
 */
typedef struct
{
  WhyFigureKind kind;
  WhyPanel panel;
  const char *title;
  const char *title_value;
  const char *subtitle;
  const WhyFigureClass *classes;
  gsize n_classes;
  const char *const *captions;
  const char *footer;
  const char *unit;
  WhyTheme theme;
  double width;
  double scale;
  double text_scale;
} WhyFigure;

/**
 * WhyGrid:
 * @panels: (array): @n_rows x @n_columns, row by row; a panel without picture and map stays empty
 * @row_headings: (nullable): @n_rows texts, each %NULL or text
 * @column_headings: (nullable): @n_columns texts
 * @shared_limits: the panels have one scale: one colour bar is drawn, with the style and limits of
 *   the first panel that has a map; else each panel tells its own limits below it
 *
 * A contact sheet, or layers x methods x classes.
 */
typedef struct
{
  const WhyPanel *panels;
  gsize n_rows;
  gsize n_columns;
  const char *const *row_headings;
  const char *const *column_headings;
  const char *title;
  const char *subtitle;
  const char *const *captions;
  const char *footer;
  const char *unit;
  gboolean shared_limits;
  WhyTheme theme;
  double width;
  double scale;
  double text_scale;
} WhyGrid;

/** why_figure_measure: user units. Fails when a panel is not drawable. */
gboolean why_figure_measure (const WhyFigure *figure, double *width, double *height, GError **error);
gboolean why_grid_measure (const WhyGrid *grid, double *width, double *height, GError **error);

/**
 * why_figure_draw:
 * @device_scale: pixels for a user unit in pictures and maps
 *
 * Draws at the origin of @cr, ground included.
 */
gboolean why_figure_draw (cairo_t *cr, const WhyFigure *figure, double device_scale, GError **error);
gboolean why_grid_draw (cairo_t *cr, const WhyGrid *grid, double device_scale, GError **error);

/**
 * why_figure_write:
 * @path: ends in .png, .svg or .pdf
 * @texts: (array length=n_texts): the recipe and what else shall travel with the figure: iTXt chunks of a
 *   PNG, <metadata> of an SVG, of a PDF "Title", "Author", "Comment" and "whylight:recipe" go to its title, author,
 *   subject and keywords
 * @cancel: (nullable)
 *
 * Atomic: on any error or cancel the old file is still there. A PNG wider or higher than
 * %WHY_MAX_SURFACE pixels is refused with %WHY_ERROR_TOO_LARGE.
 */
gboolean why_figure_write (const WhyFigure *figure, const char *path, const WhyTextEntry *texts,
                           gsize n_texts, const WhyCancel *cancel, GError **error);
gboolean why_grid_write (const WhyGrid *grid, const char *path, const WhyTextEntry *texts, gsize n_texts,
                         const WhyCancel *cancel, GError **error);

/**
 * why_figure_write_overlay:
 * @width: of the file in pixels; 0: that of the view in source pixels
 *
 * Only the map (and its contours), as a translucent RGBA PNG of @panel's view, to lay over the picture
 * in another program.
 */
gboolean why_figure_write_overlay (const WhyPanel *panel, int width, const char *path,
                                   const WhyTextEntry *texts, gsize n_texts, const WhyCancel *cancel,
                                   GError **error);

G_END_DECLS
