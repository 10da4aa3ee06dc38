#pragma once

#include "service/export.h"

G_BEGIN_DECLS

/* Shared by export.c (recipe, command, figures) and export-file.c (all other kinds of file). */

/* The map as it is drawn; the overlay below borrows from it. */
WhyMap *why_export_shown_map (const WhyExport *what, WhyAffine *to_display, GError **error);
WhyOverlayMap why_export_overlay_map (const WhyExport *what, const WhyMap *shown, const WhyAffine *to_display);
/* @label: of the class; texts for a legend: what is shown and where. Returns: (transfer full) strv of two */
char **why_export_legend_lines (const WhyExport *what, const WhyMap *shown);
/* "evidence for", "the same for every class" */
const char *why_export_polarity_text (const WhyMap *map);
/* @width, @height: of the picture before it is turned */
void why_export_turn_map (WhyTurn turn, double width, double height, WhyOverlayMap *map);
/* Turns picture, map and view of a panel of the whole picture. @map: what panel->map is. Returns: (transfer full) (nullable): keeps
 * the picture. Outlines are turned already by why_export_outlines_init(). */
WhyTensor *why_export_turn_panel (WhyTurn turn, WhyPanel *panel, WhyOverlayMap *map) G_GNUC_WARN_UNUSED_RESULT;
/* "Shown turned by 90° clockwise" */
char *why_export_turn_text (WhyTurn turn) G_GNUC_WARN_UNUSED_RESULT;
/* "Axial plane, slice 3 of 90; ..." */
char *why_export_plane_text (const WhyPicture *source, WhyTurn turn);
/* NULL where there is none. */
char *why_export_window_text (const WhyPicture *source);
/* "The logit before the final Softmax is explained: 3.21" */
char *why_export_score_text (const WhyExport *what, const WhyMap *map);
gboolean why_export_knows_class (const WhyMap *map);
const char *why_export_method_title (const WhyMap *map);
const char *why_export_profile_version (const WhyMap *map);
/* Whether the file is of a kind that holds pictures of patients. */
gboolean why_export_is_medical (const WhyExport *what);

/* As the command line has it; NULL where the ending says enough. */
const char *why_export_kind_id (WhyExportKind kind);

/* Texts that travel with a drawing. Owned by the struct; @entries point into it. */
typedef struct
{
  char *title;
  char *recipe;
  char *comment;
  WhyTextEntry entries[6];
  gsize n_entries;
} WhyExportTexts;

gboolean why_export_texts_init (WhyExportTexts *texts, const WhyExport *what, const char *path, WhyCancel *cancel,
                                GError **error);
void why_export_texts_clear (WhyExportTexts *texts);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WhyExportTexts, why_export_texts_clear)

/* export-outlines.c: as they are drawn. Owned by the struct; @panel points into it. */
typedef struct
{
  WhyPanelOutline *panel;
  gsize n;
  GArray *points; /* of double */
  GArray *sizes;  /* of gsize */
} WhyExportOutlines;

/* Brings @outlines (element-type WhyExportOutline) to the pixels of a part of the picture. Returns: (transfer full) */
GArray *why_export_outlines_move (const GArray *outlines, const WhyAffine *to_picture) G_GNUC_WARN_UNUSED_RESULT;
gboolean why_export_outlines_init (WhyExportOutlines *outlines, const WhyExport *what, const WhyCancel *cancel,
                                   GError **error);
void why_export_outlines_clear (WhyExportOutlines *outlines);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WhyExportOutlines, why_export_outlines_clear)

/* export-frame.c: of a slide, the part that a file of @kind shows, in place of all of it; of others nothing is changed. Owned by
 * the struct; @what points into it. */
typedef struct
{
  WhyExport what;
  WhyTensor *picture;
  GArray *outlines;
} WhyExportFrame;

gboolean why_export_frame_init (WhyExportFrame *frame, const WhyExport *what, WhyExportKind kind, WhyCancel *cancel,
                                GError **error);
void why_export_frame_clear (WhyExportFrame *frame);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WhyExportFrame, why_export_frame_clear)

/* A sentence about the region that is explained; NULL if that is all of the picture. */
char *why_export_region_text (const WhyExport *what);

/* export-raw.c */
gboolean why_export_raw (const WhyExport *what, gboolean of_source, const char *path, WhyCancel *cancel, GError **error);
gboolean why_export_scores (const WhyExport *what, const char *path, WhyCancel *cancel, GError **error);

G_END_DECLS
