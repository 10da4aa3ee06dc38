#pragma once

#include "cli.h"

#include "draw/figure.h"

G_BEGIN_DECLS

/* What the commands that draw many small maps share. */

/**
 * CliJob:
 * @job: ready to explain; its input is the prepared picture
 * @to_source: from pixels of the network's input to those of the picture
 */
typedef struct
{
  WhyModel *model;
  CliInput input;
  WhySession *session;
  WhyTensor *prepared;
  WhyAffine to_source;
  WhyJob job;
} CliJob;

gboolean cli_job_open (CliJob *job, const CliCommon *common, const char *model_path, const char *input_path, GError **error);
void cli_job_clear (CliJob *job);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliJob, cli_job_clear)

/** CliPanels: panels of a figure with all that they borrow; made by cli_panels_new() */
typedef struct _CliPanels CliPanels;

/** cli_panels_new: @job: (nullable): whose picture cli_panels_add() draws on */
CliPanels *cli_panels_new (const CliJob *job) G_GNUC_WARN_UNUSED_RESULT;
void cli_panels_free (CliPanels *panels);

/**
 * cli_panels_add:
 * @values: float32 [h, w]: a map; a reference is taken
 * @to_input: from its cells to pixels of the network's input; %NULL: the whole input
 * @is_signed: whether 0 lies in the middle of the colours
 * @heading, @note: (nullable): copied
 */
gboolean cli_panels_add (CliPanels *panels, WhyTensor *values, const WhyAffine *to_input, gboolean is_signed,
                         const char *heading, const char *note, GError **error);

/**
 * cli_panels_add_on:
 * @picture: (nullable): uint8 [H, W, C]; a reference is taken
 * @values: (nullable): float32 [h, w]; a reference is taken. With neither the place stays empty
 * @to_source: from cells to pixels of @picture
 */
void cli_panels_add_on (CliPanels *panels, WhyTensor *picture, WhyTensor *values, const WhyAffine *to_source,
                        gboolean is_signed, const char *heading, const char *note);

/** cli_panels_set_headings: of rows and columns; (nullable) (array): borrowed until the figure is written */
void cli_panels_set_headings (CliPanels *panels, const char *const *rows, const char *const *columns);

/** cli_panels_turn: panels that were added column by column, each of @n_rows, are put row by row */
void cli_panels_turn (CliPanels *panels, gsize n_rows);

/** cli_panels_set_width: of the figure in pixels, where many rows ask for smaller panels than usual */
void cli_panels_set_width (CliPanels *panels, double width);

/** cli_panels_write: @captions: (nullable) (array zero-terminated=1) */
gboolean cli_panels_write (CliPanels *panels, gsize n_columns, const char *title, const char *subtitle,
                           const char *const *captions, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliPanels, cli_panels_free)

/** cli_check_figure_name: sets an error unless @path (nullable) ends in .png, .svg or .pdf */
gboolean cli_check_figure_name (const char *path, GError **error);

G_END_DECLS
