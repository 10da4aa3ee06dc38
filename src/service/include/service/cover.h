#pragma once

#include <json-glib/json-glib.h>

#include "image/occlude.h"

G_BEGIN_DECLS

/**
 * WhyCover:
 * @shape: owned by whoever owns the struct
 * @seed: for noise
 *
 * One covered part of a picture, in source pixels.
 */
typedef struct
{
  WhyArea *shape;
  WhyOccludeFill fill;
  guint64 seed;
} WhyCover;

/** why_cover_copy: @to: (out): takes a reference of its own */
void why_cover_copy (const WhyCover *from, WhyCover *to);
/** why_cover_clear: drops the shape; fine for an empty one */
void why_cover_clear (WhyCover *cover);
gboolean why_cover_equal (const WhyCover *a, const WhyCover *b);
/** why_cover_array_new: Returns: (transfer full) (element-type WhyCover): clears what it holds */
GArray *why_cover_array_new (void) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_cover_write:
 *
 * Adds an object with "fill" and "seed"; a rectangle has "x", "y", "w", "h" beside them, any other shape is in "shape"
 * as why_area_write() writes it.
 */
void why_cover_write (const WhyCover *cover, JsonBuilder *builder);

/**
 * why_cover_read:
 * @cover: (out caller-allocates): to be cleared; untouched on failure
 *
 * What why_cover_write() writes; "fill" and "seed" may be left out (mean, 1).
 *
 * Returns: %FALSE with a sentence that names the key
 */
gboolean why_cover_read (JsonNode *node, WhyCover *cover, GError **error);

/**
 * why_cover_parse:
 *
 * "X,Y,W,H[,FILL[,SEED]]", or the JSON of why_cover_write(), or "@FILE" with such JSON in it; for command lines.
 */
gboolean why_cover_parse (const char *text, WhyCover *cover, GError **error);

/** why_cover_to_text: Returns: (transfer full): as why_cover_parse() reads it */
char *why_cover_to_text (const WhyCover *cover) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WhyCover, why_cover_clear)

G_END_DECLS
