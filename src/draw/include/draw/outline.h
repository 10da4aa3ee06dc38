#pragma once

#include <cairo.h>
#include <glib.h>

G_BEGIN_DECLS

/* How outlines are drawn, on screen and in figures. */

typedef enum
{
  WHY_PATTERN_SOLID,
  WHY_PATTERN_DASHED,
  WHY_PATTERN_DOTTED,
  WHY_PATTERN_DASH_DOTTED,
  WHY_N_PATTERNS,
} WhyPattern;

/**
 * WhyPanelOutline:
 * @points: (array): x and y of one point after the other, source pixels
 * @ring_sizes: (array length=n_rings): points of each closed line
 * @color: 0xRRGGBB
 */
typedef struct
{
  const double *points;
  const gsize *ring_sizes;
  gsize n_rings;
  guint32 color;
  WhyPattern pattern;
} WhyPanelOutline;

/** why_outline_stroke: draws the present path and clears it: colour and pattern between dark edges, so that it is seen on any
 *   ground. @width: user units */
void why_outline_stroke (cairo_t *cr, guint32 color, WhyPattern pattern, double width);

G_END_DECLS
