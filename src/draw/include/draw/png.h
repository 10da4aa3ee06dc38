#pragma once

#include <glib.h>

#include "base/cancel.h"

G_BEGIN_DECLS

/* Sides of cairo's image surfaces end here. */
#define WHY_MAX_SURFACE 32767

/**
 * WhyTextEntry:
 * @key: 1..79 characters of Latin-1 without leading, trailing or double spaces, e.g. "whylight:recipe"
 * @text: UTF-8
 */
typedef struct
{
  const char *key;
  const char *text;
} WhyTextEntry;

/**
 * why_png_write:
 * @pixels: native-endian 0xAARRGGBB, premultiplied
 * @stride: bytes from row to row
 * @with_alpha: write RGBA (straight alpha, as the format asks); else RGB, @pixels taken as opaque
 * @texts: (array length=n_texts): written as iTXt chunks
 * @cancel: (nullable): looked at between rows
 *
 * Atomic: on any error or cancel the old file is still there.
 */
gboolean why_png_write (const char *path, const guint32 *pixels, int width, int height, gsize stride,
                        gboolean with_alpha, const WhyTextEntry *texts, gsize n_texts,
                        const WhyCancel *cancel, GError **error);

/**
 * why_png_read_text:
 * @key: keyword of a tEXt, zTXt or iTXt chunk
 *
 * Looks through the chunks up to the end of the file without decoding the picture; the first text of
 * that key counts. At most 8 MB a text, packed and unpacked, and 100,000 chunks.
 *
 * Returns: (transfer full) (nullable): UTF-8; %NULL with %WHY_ERROR_NOT_FOUND when there is no such text
 */
char *why_png_read_text (const char *path, const char *key, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
