#pragma once

#include "base/turn.h"
#include "draw/figure.h"
#include "image/area.h"
#include "service/model.h"
#include "service/runner.h"

G_BEGIN_DECLS

/**
 * WhyExportKind:
 * @WHY_EXPORT_AUTO: by the file's ending: .png, .svg, .pdf: the figure; .npy, .tif, .tiff, .nii, .nii.gz: raw; .csv, .json:
 *   the scores
 * @WHY_EXPORT_FIGURE: picture and map side by side, with classes and captions: .png, .svg, .pdf
 * @WHY_EXPORT_SEEN: the part of the picture that is on screen with map, colour bar and scale bar, nothing else: likewise
 * @WHY_EXPORT_OVERLAY: only the map, translucent, in the size of the picture: .png
 * @WHY_EXPORT_RAW: the map's own values, float32, cell by cell: .npy (with FILE.npy.json beside it), .tif, and for volumes
 *   .nii and .nii.gz, lying where the body lies
 * @WHY_EXPORT_RAW_SOURCE: the values at every pixel of the picture, interpolated as shown; not a number where the network
 *   does not look: .npy, .tif
 * @WHY_EXPORT_SCORES: every class with logit and probability, and what the covers did: .csv, .json
 */
typedef enum
{
  WHY_EXPORT_AUTO,
  WHY_EXPORT_FIGURE,
  WHY_EXPORT_SEEN,
  WHY_EXPORT_OVERLAY,
  WHY_EXPORT_RAW,
  WHY_EXPORT_RAW_SOURCE,
  WHY_EXPORT_SCORES,
} WhyExportKind;

/** why_export_kind_parse: "figure", "seen", "overlay", "raw", "raw-source", "scores"; "" and "auto": by the ending */
gboolean why_export_kind_parse (const char *text, WhyExportKind *kind, GError **error);

/** why_export_kind_resolve: @kind, or what the ending of @path says; an error tells the endings that fit */
gboolean why_export_kind_resolve (const char *path, WhyExportKind *kind, GError **error);

/* What stands below a figure. */
typedef enum
{
  WHY_EXPORT_TEXT_LINES,   /* facts, line by line */
  WHY_EXPORT_TEXT_CAPTION, /* the paragraph of why_caption_text() */
  WHY_EXPORT_TEXT_NONE,
} WhyExportText;

/** WhyExportOutline: @shape: owned by the array */
typedef struct
{
  WhyArea *shape;
  guint32 color;
  WhyPattern pattern;
} WhyExportOutline;

/** why_export_outlines_new: Returns: (transfer full) (element-type WhyExportOutline): clears what it holds */
GArray *why_export_outlines_new (void) G_GNUC_WARN_UNUSED_RESULT;

/**
 * WhyExportSurvey:
 * @values: float32 [rows, columns]; see why_surveyor_get_overlay()
 * @title: of its colour bar
 *
 * What a network says of every field, below the map.
 */
typedef struct
{
  WhyTensor *values;
  WhyAffine to_source;
  WhyOverlayStyle style;
  char *title;
} WhyExportSurvey;

WhyExportSurvey *why_export_survey_copy (const WhyExportSurvey *survey) G_GNUC_WARN_UNUSED_RESULT;
void why_export_survey_free (WhyExportSurvey *survey);

/**
 * WhyExport:
 * @model: (and all that follows) borrowed during the call
 * @input_path: (nullable): the picture or .npy file
 * @picture: (nullable): uint8 [H, W, C] as drawn, covers included
 * @source: (nullable): what @picture is of; needed for the planes of a volume
 * @result: the answer drawn; with a map
 * @style: how the map is drawn
 * @covers are those of the result's request
 * @kind: what the figure shows
 * @theme: light or dark ground
 * @hide_map: (as seen) the map is switched off
 * @view: (as seen) the part of the picture, source pixels; all zero: all of it
 * @survey: (nullable): (as seen)
 * @width: (as seen) of the drawing in user units, (overlay) in pixels; 0: of the view in source pixels
 * @scale: pixels to a user unit in a PNG; 0: 1
 * @text_scale: size of all text, 1 as designed; 0: 1
 * @text: what stands below the figure; without any a view has no colour bar either
 * @turn: how picture and map lie in figures and views; a map alone, raw values and @view are those of the file
 * @um_per_pixel: size of a picture's pixel; 0: unknown, no scale bar. Of volumes the file's is taken
 * @outlines: (nullable) (element-type WhyExportOutline): drawn into figures and views of pictures
 * @full_paths: files hold the whole path of model and picture. Else their names alone, or the way to them from
 *   the file's folder if they lie in it: where a person keeps things is nobody's business
 * @framed, @to_picture: @picture is but a part of a slide; from source pixels to its; set while writing
 * @made_as: which kind is being written; set by why_export_write(), for the command line inside
 *
 * All that goes into a file. A plain description: the same in the window and on the command line.
 */
typedef struct
{
  WhyModel *model;
  const char *input_path;
  WhyTensor *picture;
  const WhyPicture *source;
  WhyResult *result;
  WhyOverlayStyle style;
  WhyFigureKind kind;
  WhyTheme theme;
  gboolean hide_map;
  const WhyExportSurvey *survey;
  WhyRect view;
  double width;
  double scale;
  double text_scale;
  WhyExportText text;
  WhyTurn turn;
  double um_per_pixel;
  GArray *outlines;
  gboolean full_paths;
  gboolean framed;
  WhyAffine to_picture;
  WhyExportKind made_as;
} WhyExport;

/**
 * WhyExportOptions:
 *
 * What a person chooses of the above; see WhyExport.
 */
typedef struct
{
  WhyExportKind kind;
  const WhyExportSurvey *survey;
  WhyRect view;
  double width;
  double scale;
  double text_scale;
  WhyExportText text;
  gboolean dark;
  gboolean full_paths;
} WhyExportOptions;

/**
 * why_export_write:
 * @path: see WhyExportKind for the endings
 *
 * Writes one file of any kind, in one step: on any error or cancel the old file is still there. Every file carries
 * why_export_recipe(): a PNG, SVG or PDF as text "whylight:recipe", a TIFF in its description, .json inside, all
 * others in FILE.json beside it. Blocks (reads model and picture once more for their checksums); any thread.
 */
gboolean why_export_write (const WhyExport *what, WhyExportKind kind, const char *path, WhyCancel *cancel, GError **error);

/**
 * why_export_figure:
 * @path: ends in .png, .svg or .pdf
 *
 * Draws and writes the figure; it carries "whylight:recipe" (see why_export_recipe()) as text. Blocks (reads model
 * and picture once more for their checksums); any thread.
 */
gboolean why_export_figure (const WhyExport *what, const char *path, WhyCancel *cancel, GError **error);

/**
 * why_export_render_seen:
 * @width, @height: (out): pixels
 *
 * %WHY_EXPORT_SEEN as pixels, for the clipboard and thumbnails.
 *
 * Returns: (transfer full) (nullable): native-endian 0xAARRGGBB, rows dense
 */
guint32 *why_export_render_seen (const WhyExport *what, int *width, int *height, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_export_recipe:
 * @figure_path: (nullable): where the figure goes, for the command line
 *
 * Returns: (transfer full) (nullable): one line of JSON with what is needed to make the map again: version, model and input
 *   (path, SHA-256), preparation, method, layer, class, polarity, profile, score, covers, limits, colour map,
 *   opacity, threshold and "command", a line for the shell
 */
char *why_export_recipe (const WhyExport *what, const char *figure_path, WhyCancel *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_export_share_limits:
 *
 * Where @map has three dimensions and the style has no limits of its own, sets those of the whole map, so that
 * all its planes are drawn on one scale.
 */
void why_export_share_limits (const WhyMap *map, WhyOverlayStyle *style);

/** why_export_get_um_per_pixel: Returns: micrometres of a pixel of the picture shown, 0: unknown */
double why_export_get_um_per_pixel (const WhyExport *what);

/** why_export_command: Returns: (transfer full): "whylight-cli explain ..." quoted for the shell; with whole paths */
char *why_export_command (const WhyExport *what, const char *figure_path) G_GNUC_WARN_UNUSED_RESULT;
/** why_export_command_names: Returns: (transfer full): likewise with the names of the files alone, for inside of files */
char *why_export_command_names (const WhyExport *what) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
