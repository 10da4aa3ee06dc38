#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Layered drawing of a directed graph (Sugiyama, Tagawa, Toda: "Methods for visual understanding of
 * hierarchical system structures", IEEE Trans. SMC 11(2), 1981): from top to bottom, each node below
 * all that it depends on. Plain arithmetic, any thread; the same graph always gives the same drawing. */

/**
 * WhyLayoutNode:
 * @width, @height: wanted
 * @x, @y: (out): its upper left corner
 * @level: (out): row of the drawing, from 0
 */
typedef struct
{
  double width, height;
  double x, y;
  int level;
} WhyLayoutNode;

/**
 * WhyLayoutEdge:
 * @from, @to: numbers of nodes; @from is less than @to: nodes come in topological order
 * @points: (out): (array length=n_points) x and y of a polyline from the lower side of @from to the upper side of
 *   @to; between its inner points it passes no node
 * @n_points: (out): at least 2
 *
 * Edges from one node run together as far as they can.
 */
typedef struct
{
  guint from, to;
  double *points;
  gsize n_points;
} WhyLayoutEdge;

/**
 * WhyLayout:
 * @nodes: (array length=n_nodes)
 * @edges: (array length=n_edges)
 * @width, @height: (out): of the whole drawing, which begins at 0, 0
 */
typedef struct
{
  WhyLayoutNode *nodes;
  gsize n_nodes;
  WhyLayoutEdge *edges;
  gsize n_edges;
  double width, height;
} WhyLayout;

/** why_layout_new: @n_nodes, @n_edges: sizes and ends are to be filled in by the caller */
WhyLayout *why_layout_new (gsize n_nodes, gsize n_edges) G_GNUC_WARN_UNUSED_RESULT;
void why_layout_free (WhyLayout *layout);

/**
 * why_layout_run:
 * @gap: least distance of nodes beside each other
 * @level_gap: least distance of levels
 *
 * Places nodes and edges: levels by longest paths, order within levels by barycentres with fewest crossings kept,
 * positions by least squares to the neighbours' without changing the order.
 */
void why_layout_run (WhyLayout *layout, double gap, double level_gap);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyLayout, why_layout_free)

G_END_DECLS
