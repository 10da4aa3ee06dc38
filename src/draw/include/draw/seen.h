#pragma once

#include "draw/figure.h"

G_BEGIN_DECLS

/**
 * WhySeen:
 * @panel: picture, part, map; headings and notes are not drawn
 * @title: (nullable): of the colour bar; without it and with no map there is no bar
 * @lines: (nullable) (array zero-terminated=1): of the colour bar
 * @below_title: (nullable): of the colour bar of the panel's lower map, which stands above the other
 * @mark: (nullable): small, in the upper right corner, e.g. "Not a medical device"
 * @font_size: user units
 * @width: user units; the height follows from the view
 * @scale: pixels to a user unit in a PNG; 0: 1
 *
 * A part of a picture as a window shows it: map, colour bar and scale bar over it, no margin. Borrows everything.
 */
typedef struct
{
  WhyPanel panel;
  const char *title;
  const char *const *lines;
  const char *below_title;
  const char *mark;
  double font_size;
  double width;
  double scale;
} WhySeen;

/** why_seen_measure: user units; %FALSE when the panel cannot be drawn */
gboolean why_seen_measure (const WhySeen *seen, double *width, double *height, GError **error);

/** why_seen_draw: at the origin of @cr. @device_scale: pixels for a user unit in pictures and maps */
gboolean why_seen_draw (cairo_t *cr, const WhySeen *seen, double device_scale, GError **error);

/** why_seen_render: Returns: (transfer full) (nullable): 0xAARRGGBB, rows dense, at the scale */
guint32 *why_seen_render (const WhySeen *seen, int *width, int *height, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_seen_write: as why_figure_write() */
gboolean why_seen_write (const WhySeen *seen, const char *path, const WhyTextEntry *texts, gsize n_texts,
                         const WhyCancel *cancel, GError **error);

G_END_DECLS
