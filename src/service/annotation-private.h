#pragma once

#include "document-private.h"
#include "service/annotation.h"

G_BEGIN_DECLS

/**
 * WhyAnnotationData:
 * @name, @class_name: (nullable)
 * @color: 0xRRGGBB, if @has_color
 *
 * An annotation without an object, for other threads.
 */
typedef struct
{
  WhyArea *shape;
  char *name;
  char *class_name;
  gboolean has_color;
  guint32 color;
  WhyPattern pattern;
  gboolean visible;
} WhyAnnotationData;

GArray *why_annotation_data_new (void) G_GNUC_WARN_UNUSED_RESULT; /* of WhyAnnotationData, which it clears */

/** why_annotation_new: @data: copied; without a colour it gets that of its place in the list */
WhyAnnotation *why_annotation_new (const WhyAnnotationData *data, guint place) G_GNUC_WARN_UNUSED_RESULT;
/** why_annotation_get_data: borrowed */
const WhyAnnotationData *why_annotation_get_data (WhyAnnotation *self);
/** why_annotation_dup_data: Returns: (transfer full): copies of what is in a list of WhyAnnotation */
GArray *why_annotation_dup_data (const GPtrArray *annotations) G_GNUC_WARN_UNUSED_RESULT;

/* ---- files ---- */

/**
 * why_annotation_file_read:
 * @width, @height: of the picture
 * @warning: (out) (nullable): a sentence about what was left out or changed
 *
 * GeoJSON or a mask, told by content. Blocks; any thread.
 *
 * Returns: (transfer full) (nullable) (element-type WhyAnnotationData): at least one
 */
GArray *why_annotation_file_read (const char *path, gint64 width, gint64 height, WhyCancel *cancel, char **warning,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/** why_annotation_file_write: in one step: an old file is there in full until the new one is */
gboolean why_annotation_file_write (const GArray *data, gint64 width, gint64 height, const char *path, GError **error);

/** why_geojson_read: @text: of any origin */
GArray *why_geojson_read (const char *text, gsize length, char **warning, GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *why_geojson_write (const GArray *data, gint64 width, gint64 height, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** why_mask_read: @pixels: uint8 [H, W, C]; @name: what a single outline is called */
GArray *why_mask_read (const WhyTensor *pixels, gint64 width, gint64 height, const char *name, char **warning,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- in sessions ---- */

void why_session_add_annotations (JsonBuilder *builder, const GArray *data);
/** why_session_take_annotations: from the member "annotations", if it is there */
gboolean why_session_take_annotations (JsonObject *object, GArray *data, GError **error);

G_END_DECLS
