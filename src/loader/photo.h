#pragma once

#include "format.h"

#include <vips/vips.h>

G_BEGIN_DECLS

/* What photographs have in common whatever file they come from: decoded once, brought to sRGB or
 * grey without alpha, kept in memory, then served in regions. */

/**
 * WhyPhotoLoad:
 * @shrink: 1, or 2, 4, 8 if the photo said it can do that
 *
 * Returns: (transfer full): the picture as the file has it; may be lazy
 */
typedef VipsImage *(*WhyPhotoLoad) (gpointer decoder, int shrink, GError **error);

typedef struct
{
  WhyLoaderFile *file;
  WhyPhotoLoad load;
  gpointer decoder;
  GDestroyNotify decoder_free;
  gboolean can_shrink;

  /* From the header: */
  gint64 stored_w, stored_h; /* before orientation */
  int bands;
  int orientation;

  /* After the first read: */
  void *pixels; /* whole picture, or NULL */
  void *overview;
  int overview_shrink;
  gint64 overview_w, overview_h;
} WhyPhoto;

/**
 * why_photo_new:
 * @header: a lazy image, for its header only
 * @decoder: (transfer full): given to @load; freed in any case
 *
 * Checks the sizes, fills @properties (all but the format's name).
 */
WhyPhoto *why_photo_new (WhyLoaderFile *file, VipsImage *header, gboolean can_shrink, WhyPhotoLoad load,
                         gpointer decoder, GDestroyNotify decoder_free, WhyLoaderProperties *properties,
                         GError **error);

/* The read and close of WhyLoaderFormat. */
gboolean why_photo_read (gpointer state, const WhyLoaderRequest *request, void *pixels,
                         WhyLoaderProperties *properties, GError **error);
void why_photo_free (gpointer state);

/* ---- shared with pyramids ---- */

/** why_photo_convert: replaces *@image by one in sRGB or grey without alpha, @bands bands */
gboolean why_photo_convert (VipsImage **image, const WhyLoaderFile *file, int bands, WhyLoaderProperties *properties,
                            GError **error);

/** why_photo_count_bands: how many are shown: 1 or 3 */
int why_photo_count_bands (const VipsImage *header);
gboolean why_photo_has_alpha (const VipsImage *header);

/** why_photo_describe_size: of a pixel, unless it was meant for print. @swapped: lies on its side */
void why_photo_describe_size (const VipsImage *header, gboolean swapped, WhyLoaderProperties *properties);

/** why_photo_set_vips_error: moves libvips's error text into @error, as one line. */
void why_photo_set_vips_error (GError **error, const char *what);

G_END_DECLS
