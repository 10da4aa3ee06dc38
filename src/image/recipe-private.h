#pragma once

#include "image/recipe.h"

G_BEGIN_DECLS

/* Everything assumed: stretch, bilinear, RGB, /255, NCHW, no size. */
WhyRecipe *why_recipe_new (void) G_GNUC_WARN_UNUSED_RESULT;

/* Where the picture ends up: it is resized to full_w x full_h, of which the window win_* lands at put_* of an
 * input of input_w x input_h. */
typedef struct
{
  gint64 full_w, full_h;
  gint64 win_x, win_y, win_w, win_h;
  gint64 put_x, put_y;
  gint64 input_w, input_h;
} WhyPlacement;

/* No picture or plane is resized to a longer side; keeps every size computed from a recipe small. */
#define WHY_RECIPE_MAX_SIDE (G_GINT64_CONSTANT (1) << 24)

gboolean why_recipe_place (const WhyRecipe *recipe, gint64 src_w, gint64 src_h, WhyPlacement *placement,
                           GError **error);
/* One axis: the middle @n_win from @win on of @full fill or lie at @put in @input. */
void why_recipe_place_axis (gint64 full, gint64 input, gint64 *win, gint64 *n_win, gint64 *put);

/* why_recipe_prepare() of a volume [D, H, W, 1], float32: [1, C, d, h, w]. */
WhyTensor *why_recipe_prepare_volume (const WhyRecipe *recipe, const WhyTensor *volume, GError **error)
  G_GNUC_WARN_UNUSED_RESULT;

/* Text files beside a model or a recipe. */
#define WHY_RECIPE_MAX_TEXT (1u << 20)

/**
 * why_recipe_read_text:
 * @path: a regular file of at most WHY_RECIPE_MAX_TEXT bytes of UTF-8 (a byte order mark is dropped)
 *
 * Returns: (transfer full) (nullable): %WHY_ERROR_NOT_FOUND if there is no such file
 */
char *why_recipe_read_text (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_recipe_read_beside:
 * @folder: where
 * @anchor: (nullable): a file (the model); where it really is counts as @folder too, because caches keep
 *   links to files named by their hash in another folder
 * @name: a plain file name, from a file that is not trusted: no separators; a link may not lead elsewhere
 */
char *why_recipe_read_beside (const char *folder, const char *anchor, const char *name, GError **error)
  G_GNUC_WARN_UNUSED_RESULT;

/* why_recipe_parse() with an anchor for "labels_file", and not validated: a model may still fill in its
 * size, and shortest is 0 where it follows the size. */
WhyRecipe *why_recipe_parse_beside (const char *json, gssize length, const char *what, const char *folder,
                                    const char *anchor, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Labels of a text with one name a line. */
char **why_recipe_parse_label_lines (const char *text) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_recipe_parse_label_list:
 * @text: ["a", "b"], {"0": "a"}, {0: 'a', 1: 'b'}, "a,b" or lines
 *
 * Returns: (transfer full) (nullable): %NULL if it is none of these or absurdly long
 */
char **why_recipe_parse_label_list (const char *text) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
