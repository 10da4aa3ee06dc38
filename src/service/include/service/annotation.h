#pragma once

#include "draw/outline.h"
#include "image/area.h"
#include "service/document.h"

G_BEGIN_DECLS

/* Outlines that somebody drew or brought along: what a map is compared with. */

const char *why_pattern_id (WhyPattern pattern); /* "solid", "dashed", "dotted", "dash-dotted" */

/**
 * WhyAnnotation:
 *
 * One outline as a row of a list. Never changes: another name makes another object, so that undo can keep the old one.
 * Properties (read-only): "name", "class-name" (s), "visible" (b).
 */
#define WHY_TYPE_ANNOTATION (why_annotation_get_type ())
G_DECLARE_FINAL_TYPE (WhyAnnotation, why_annotation, WHY, ANNOTATION, GObject)

WhyArea *why_annotation_get_shape (WhyAnnotation *self);
const char *why_annotation_get_name (WhyAnnotation *self);       /* never NULL */
const char *why_annotation_get_class_name (WhyAnnotation *self); /* nullable: what it is an outline of */
guint32 why_annotation_get_color (WhyAnnotation *self);          /* 0xRRGGBB */
WhyPattern why_annotation_get_pattern (WhyAnnotation *self);     /* of its line, so that colour is not all that tells */
gboolean why_annotation_get_visible (WhyAnnotation *self);

/* ---- of a document; every change can be undone, but which one is selected ---- */

#define WHY_MAX_ANNOTATIONS 1000

/** why_document_get_annotations: Returns: (transfer none): of WhyAnnotation; always the same object */
GListModel *why_document_get_annotations (WhyDocument *self);

/**
 * why_document_annotate:
 * @name, @class_name: (nullable): %NULL: "Outline 3"; none
 *
 * Adds an outline, in source pixels, and selects it. Volumes and more than %WHY_MAX_ANNOTATIONS become the error message.
 */
void why_document_annotate (WhyDocument *self, WhyArea *shape, const char *name, const char *class_name);
/** why_document_rename_annotation: @class_name: (nullable): %NULL: keep */
void why_document_rename_annotation (WhyDocument *self, guint index, const char *name, const char *class_name);
void why_document_show_annotation (WhyDocument *self, guint index, gboolean visible);
/** why_document_reshape_annotation: another shape in its place */
void why_document_reshape_annotation (WhyDocument *self, guint index, WhyArea *shape);
/** why_document_nudge_annotation: @by: added to its box; several in a row are one step to undo */
void why_document_nudge_annotation (WhyDocument *self, guint index, const WhyRect *by);
void why_document_remove_annotation (WhyDocument *self, guint index);
void why_document_clear_annotations (WhyDocument *self);
/** why_document_select_annotation: -1: none. The selected one alone is what the map is compared with, else all that are
 *   visible. Property "selected-annotation". */
void why_document_select_annotation (WhyDocument *self, int index);
int why_document_get_selected_annotation (WhyDocument *self);

/** why_document_dup_outline_areas: Returns: (transfer full) (element-type WhyArea): what the map is compared with */
GPtrArray *why_document_dup_outline_areas (WhyDocument *self) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_document_import_annotations:
 * @path: GeoJSON, or a mask: a picture whose pixels are not 0 inside; up to 24 different values, or colours, make an
 *   outline each
 *
 * Adds what is in the file, in the background ("busy"). Remarks on the file become the error message, as failures do.
 */
void why_document_import_annotations (WhyDocument *self, const char *path);
/** why_document_export_annotations: @path: ends in .geojson or .json, or in .png: a mask with the number of the outline, or
 *   255 for a single one; in the background. Hidden ones are left out. */
void why_document_export_annotations (WhyDocument *self, const char *path);

G_END_DECLS
