#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The examples that ship, as samples.json beside the pictures lists them:
 *
 *   [{"id": "wardrobe", "title": "...", "story": "...", "picture": "wardrobe-1.png", "model": "wardrobe/wardrobe.onnx",
 *     "class": "bag", "layer": "...", "method": "...", "polarity": "signed"}]
 *
 * "class" and what follows may be left out. Files are looked for under $WHYLIGHT_DATA, then, for a program run from its
 * build folder, in the source tree, then where they are installed; an example whose files are not there is left out. */

/**
 * WhySample:
 * @title, @story: in the file's language; to be translated when shown
 * @picture, @model: paths
 * @class_name, @layer, @method, @polarity: (nullable): %NULL: the default
 */
typedef struct
{
  char *id;
  char *title;
  char *story;
  char *picture;
  char *model;
  char *class_name;
  char *layer;
  char *method;
  char *polarity;
} WhySample;

void why_sample_free (WhySample *sample);

/** why_samples_list: Returns: (transfer full) (element-type WhySample) (nullable): %NULL with a sentence; never empty */
GPtrArray *why_samples_list (GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_samples_find: Returns: (transfer full) (nullable): @id: (nullable): %NULL: the first */
WhySample *why_samples_find (const char *id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_samples_model: Returns: (transfer full) (nullable): path of the first example's model */
char *why_samples_model (GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_samples_picture: Returns: (transfer full) (nullable): path of the first example's picture */
char *why_samples_picture (GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhySample, why_sample_free)

G_END_DECLS
