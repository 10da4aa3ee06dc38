#pragma once

#include <cairo.h>

#include "draw/figure.h"
#include "draw/layout.h"

G_BEGIN_DECLS

/* The graph of a network on paper. */

/* Room for a map in a block, user units, and the stripe that tells its kind. */
#define WHY_NETWORK_THUMB 48.0
#define WHY_NETWORK_STRIPE 5.0

/**
 * WhyNetworkFigureBlock:
 * @title, @ops, @shape: its three lines
 * @color: of its kind, 0xRRGGBB
 * @has_room: for a map
 * @map, @style: (nullable): the map in it; places of the map in pixels of the figure's picture
 * @pale: it cannot be explained
 * @chosen: it is what is explained
 */
typedef struct
{
  const char *title;
  const char *ops;
  const char *shape;
  guint32 color;
  gboolean has_room;
  const WhyOverlayMap *map;
  const WhyOverlayStyle *style;
  gboolean pale;
  gboolean chosen;
} WhyNetworkFigureBlock;

/**
 * WhyNetworkFigure:
 * @layout: where blocks and edges are
 * @blocks: (array): as many as @layout has nodes
 * @edge_texts: (array): as many as @layout has edges: what goes along them
 * @picture: (nullable): [H, W, C] uint8, under the maps
 * @scale: pixels to a user unit in a PNG; 0: 1
 * @unit: size of the layout's unit in user units; set while writing
 */
typedef struct
{
  const WhyLayout *layout;
  const WhyNetworkFigureBlock *blocks;
  const char *const *edge_texts;
  const WhyTensor *picture;
  WhyTheme theme;
  double scale;
  double unit;
} WhyNetworkFigure;

/**
 * why_network_figure_write:
 * @path: ends in .png, .svg or .pdf
 *
 * Writes all of the graph, as why_figure_write() does. A PNG of more pixels than cairo or a reader's memory takes is drawn at a
 * smaller scale, as long as it can be read; %WHY_ERROR_TOO_LARGE beyond. A PDF is made to fit the largest page that readers show.
 */
gboolean why_network_figure_write (const WhyNetworkFigure *figure, const char *path, const WhyTextEntry *texts,
                                   gsize n_texts, const WhyCancel *cancel, GError **error);

/** why_network_trace_edge: a path along it, bent where it leaves the vertical */
void why_network_trace_edge (cairo_t *cr, const WhyLayoutEdge *edge);
/** why_network_draw_arrow: fills the head at its end */
void why_network_draw_arrow (cairo_t *cr, const WhyLayoutEdge *edge);

G_END_DECLS
