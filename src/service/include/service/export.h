#pragma once

#include "draw/figure.h"
#include "service/model.h"
#include "service/runner.h"

G_BEGIN_DECLS

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
 *
 * All that goes into a figure. A plain description: the same in the window and on the command line.
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
} WhyExport;

/**
 * why_export_figure:
 * @path: ends in .png, .svg or .pdf
 *
 * Draws and writes the figure; it carries "whylight:recipe" (see why_export_recipe()) as text. Blocks (reads model
 * and picture once more for their checksums); any thread.
 */
gboolean why_export_figure (const WhyExport *what, const char *path, WhyCancel *cancel, GError **error);

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

/** why_export_command: Returns: (transfer full): "whylight-cli explain ..." quoted for the shell */
char *why_export_command (const WhyExport *what, const char *figure_path) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
