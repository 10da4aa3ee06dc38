#pragma once

#include "service/model.h"
#include "service/runner.h"

G_BEGIN_DECLS

#define CLI_OK 0
#define CLI_BAD_INPUT 1
#define CLI_BAD_USAGE 2

/**
 * CliCommand:
 * @arguments: what follows the name, for the help
 * @summary: one line
 * @run: argv[0] is the command's name; returns the exit status
 */
typedef struct
{
  const char *name;
  const char *arguments;
  const char *summary;
  int (*run) (int argc, char **argv);
} CliCommand;

extern const CliCommand cli_layers, cli_run, cli_explain, cli_sheet, cli_features, cli_concepts, cli_occlude, cli_check, cli_check_onnx, cli_bench,
  cli_methods, cli_survey, cli_truth;

/* ---- options ---- */

/**
 * CliCommon:
 * @roi: of the picture, what the network is shown; without a width none was given
 * @without_recipe: set before parsing where no picture is prepared: there is no such option then
 *
 * What every command that computes takes.
 */
typedef struct
{
  char *backend_name;
  int n_threads;
  char *recipe;
  char *roi_text;
  gboolean without_recipe;
  WhyBackend backend;
  WhyRoi roi;
} CliCommon;

void cli_common_clear (CliCommon *common);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliCommon, cli_common_clear)

/**
 * cli_parse:
 * @entries: of the command, besides the common ones
 * @common: (nullable): filled
 * @n_min, @n_max: how many arguments may be left; @n_max -1: any number
 * @argc, @argv: (inout): without the options on return
 *
 * Returns: %FALSE after saying on standard error what is wrong; the status is then %CLI_BAD_USAGE
 */
gboolean cli_parse (const CliCommand *command, const GOptionEntry *entries, CliCommon *common, int n_min, int n_max, int *argc,
                    char ***argv);

/** cli_parse_numbers: "1,2,3" to exactly @n finite numbers */
gboolean cli_parse_numbers (const char *text, int n, double *numbers);

/** CliOutput: one "NAME=FILE.npy": a tensor of the model and where it is written */
typedef struct
{
  char *name;
  char *path;
} CliOutput;

/**
 * cli_parse_outputs:
 * @option: what they were given with, for the message
 * @texts: (nullable): "NAME=FILE.npy" each
 *
 * Returns: (transfer full) (nullable) (element-type CliOutput): after %NULL the status is %CLI_BAD_USAGE
 */
GPtrArray *cli_parse_outputs (const char *option, char **texts) G_GNUC_WARN_UNUSED_RESULT;

/** cli_check_top: how many classes to print; after %FALSE the status is %CLI_BAD_USAGE */
gboolean cli_check_top (int n_top);

/** cli_fail: one line on standard error. Returns: @status */
int cli_fail (int status, const GError *error);
int cli_fail_text (int status, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* ---- inputs ---- */

/**
 * CliInput:
 * @pixels: (nullable): the picture for the network, in the depth of the file; of a slide @roi alone
 * @roi: what the network is shown; without a width all
 * @picture: (nullable): the file
 * @tensor: (nullable): instead, a tensor that is prepared already
 */
typedef struct
{
  char *path;
  WhyTensor *pixels;
  WhyPicture *picture;
  WhyTensor *tensor;
  WhyRoi roi;
} CliInput;

void cli_input_clear (CliInput *input);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliInput, cli_input_clear)

/** cli_model_load_for: a model for one input: a prepared tensor decides the sizes that the file leaves open */
WhyModel *cli_model_load_for (const char *path, const char *recipe, const char *input_path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** cli_input_load: @common: (nullable): with the region wanted; a picture, a .npy file, or a .pb file with one TensorProto; checked against @model's input */
gboolean cli_input_load (const char *path, const CliCommon *common, WhyModel *model, CliInput *input, GError **error);

/** cli_input_ask: Returns: (transfer full): a request about it */
WhyRequest *cli_input_ask (const CliInput *input, WhyModel *model,
                           const WhyExplainRequest *explain) G_GNUC_WARN_UNUSED_RESULT;

/** cli_check_cover: sets an error if @input is no picture, or nothing of it lies under @cover */
gboolean cli_check_cover (const WhyCover *cover, const CliInput *input, GError **error);

/** cli_input_prepare: Returns: (transfer full): what the network is given */
WhyTensor *cli_input_prepare (const CliInput *input, WhyModel *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- output ---- */

/** cli_top_classes: Returns: (transfer full) (array length=n): indices of the @n_wanted highest, highest first */
int *cli_top_classes (const WhyTensor *probabilities, int n_wanted, int *n) G_GNUC_WARN_UNUSED_RESULT;

/** cli_print_assumed: the line about what nobody stated, if there is something; not for prepared tensors */
void cli_print_assumed (WhyModel *model, const CliInput *input);

/** cli_check_explainable: sets an error if @model has no classes or more than one input */
gboolean cli_check_explainable (WhyModel *model, GError **error);

G_END_DECLS
