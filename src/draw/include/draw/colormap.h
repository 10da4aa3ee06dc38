#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * WhyColormapFlags:
 * @WHY_COLORMAP_SEQUENTIAL: lightness rises from 0 to 1: for maps without a sign
 * @WHY_COLORMAP_DIVERGING: 0.5 is neutral and means zero: for signed maps
 * @WHY_COLORMAP_PERCEPTUAL: equal steps of the value look like equal steps. The maps without this flag
 *   (jet, turbo) invent edges that are not in the data; they are there to compare with papers.
 */
typedef enum
{
  WHY_COLORMAP_SEQUENTIAL = 1 << 0,
  WHY_COLORMAP_DIVERGING = 1 << 1,
  WHY_COLORMAP_PERCEPTUAL = 1 << 2,
} WhyColormapFlags;

/* A colour map. Static and immutable: pointers stay valid for ever and may be used in any thread. */
typedef struct _WhyColormap WhyColormap;

/**
 * why_colormap_list:
 * @n: (out): how many
 *
 * Returns: (transfer none) (array length=n): all colour maps in the order a menu shows them,
 *   perceptual ones first
 */
const WhyColormap *const *why_colormap_list (gsize *n);

/**
 * why_colormap_find:
 * @id: e.g. "inferno"
 *
 * Returns: (transfer none) (nullable): %NULL with %WHY_ERROR_NOT_FOUND and the nearest names
 */
const WhyColormap *why_colormap_find (const char *id, GError **error);

/** why_colormap_default: "blue-red" for signed maps, else "inferno". */
const WhyColormap *why_colormap_default (gboolean is_signed);

const char *why_colormap_get_id (const WhyColormap *colormap);    /* stable, never translated */
const char *why_colormap_get_title (const WhyColormap *colormap); /* translated */
WhyColormapFlags why_colormap_get_flags (const WhyColormap *colormap);

/**
 * why_colormap_lookup:
 * @t: position; clamped to 0..1, NaN gives the middle
 * @rgb: (out) (array fixed-size=3): sRGB, gamma-encoded, 0..1
 *
 * Whoever draws decides about values that are not finite: the overlay hatches them.
 */
void why_colormap_lookup (const WhyColormap *colormap, double t, double rgb[3]);

/** why_colormap_lookup_rgb8: the same, rounded to 0xRRGGBB. */
guint32 why_colormap_lookup_rgb8 (const WhyColormap *colormap, double t);

/** why_color_lightness: L of OKLab, 0 black to 1 white, of gamma-encoded sRGB in 0..1. */
double why_color_lightness (const double rgb[3]);

/**
 * WhyVision:
 *
 * Colour vision for the preview "as seen by".
 */
typedef enum
{
  WHY_VISION_NORMAL,
  WHY_VISION_PROTAN, /* no or weak long-wave cones */
  WHY_VISION_DEUTAN, /* medium */
  WHY_VISION_TRITAN, /* short */
  WHY_VISION_ACHROMAT, /* no colours at all, only lightness */
} WhyVision;

/**
 * why_vision_simulate:
 * @severity: 0 (normal) to 1 (the cone type is missing)
 * @rgb: gamma-encoded sRGB, 0..1
 * @seen: (out): the same for somebody with normal vision who shall see what @vision sees; may be @rgb
 *
 * Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
 * deficiency", IEEE TVCG 15(6), 2009; severity between 0 and 1 mixes linearly with the identity.
 * They do not treat achromatopsia: there the relative luminance of Recommendation ITU-R BT.709-6 is left. (Eyes
 * that see by rods alone weigh blue more and red less than that.)
 */
void why_vision_simulate (WhyVision vision, double severity, const double rgb[3], double seen[3]);

/**
 * why_vision_simulate_pixels:
 * @pixels: opaque native-endian 0xAARRGGBB (cairo's RGB24 or ARGB32 with alpha 255), changed in place
 * @stride: bytes from row to row
 */
void why_vision_simulate_pixels (WhyVision vision, double severity, guint32 *pixels, int width, int height,
                                 gsize stride);

/** why_vision_parse: "normal", "protanopia", "deuteranopia", "tritanopia", "achromatopsia"; an error lists them */
gboolean why_vision_parse (const char *text, WhyVision *vision, GError **error);
const char *why_vision_id (WhyVision vision);

G_END_DECLS
