#include "config.h"

#include "truth.h"

#include "panels.h"

#include "base/error.h"
#include "measure/sanity.h"
#include "measure/truth.h"
#include "service/samples.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define N_METHODS_MAX 64

typedef struct
{
  char **methods, **networks;
  char *models, *data, *figure;
  int n_cases, n_randomised, seed;
  double limit;
  gboolean json, verbose;
  const WhyExplainerClass *method_list[N_METHODS_MAX];
  gsize n_methods;
} Options;

static void
options_clear (Options *options)
{
  g_strfreev (options->methods);
  g_strfreev (options->networks);
  g_free (options->models);
  g_free (options->data);
  g_free (options->figure);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* ---- stopping ---- */

static WhyCancel *volatile current;
static volatile sig_atomic_t interrupted;

static void
on_interrupt (int signal_number)
{
  (void) signal_number;
  interrupted = 1;
  why_cancel_set (current); /* a lock-free atomic */
}

typedef struct
{
  gint64 begin;
  double limit;
} Clock;

static void
watch_clock (double done, gpointer data)
{
  const Clock *clock = data;

  (void) done;
  if ((double) (g_get_monotonic_time () - clock->begin) / 1e6 > clock->limit)
    why_cancel_set (current);
}

static double
seconds_of (const Clock *clock)
{
  return (double) (g_get_monotonic_time () - clock->begin) / 1e6;
}

/* ---- one network ---- */

typedef struct
{
  const Options *options;
  const TruthPhantom *phantom;
  WhyModel *model;
  WhySession *session;
  GPtrArray *cases;
  int target;
  gboolean dense;
  WhyBackend backend;
  TruthCase *shown; /* nullable: the case of the figure, borrowed */
} Bench;

/* Numbers drawn once would be one draw, however many cases there are: each has its own. */
static char *
seed_option (const Bench *bench, const WhyExplainerClass *method, const TruthCase *one)
{
  g_autoptr (GPtrArray) options = why_options_list (method);
  guint index = 0;

  for (guint at = 0; at < options->len; at++)
    {
      const WhyOptionClass *option = options->pdata[at];
      if (strcmp (option->id, "seed") == 0 && g_ptr_array_find (bench->cases, one, &index))
        return g_strdup_printf ("seed=%d", bench->options->seed + (int) index);
    }
  return NULL;
}

static WhyExplainRequest
make_request (const Bench *bench, const WhyExplainerClass *method, const char *options)
{
  return (WhyExplainRequest) {
    .method = method->id,
    .options = options,
    .layer = (method->needs & WHY_NEEDS_LAYER) != 0 ? why_model_get_default_layer (bench->model) : NULL,
    .target_class = bench->target,
    .polarity = WHY_POLARITY_SIGNED,
    .multi_label = why_model_is_multi_label (bench->model),
  };
}

static WhyResult *
explain_case (const Bench *bench, const WhyExplainerClass *method, const TruthCase *one, WhyCancel *cancel,
              Clock *clock, GError **error)
{
  g_autofree char *seed = seed_option (bench, method, one);
  const WhyExplainRequest explain = make_request (bench, method, seed);
  g_autoptr (WhyRequest) request =
    cli_input_ask (&one->input, bench->model, &explain);

  request->backend = bench->backend;
  return why_request_run (request, bench->session, cancel, watch_clock, clock, error);
}

/* What a network does not say of a picture, no map of it can explain. */
static gboolean
is_called_so (const Bench *bench, const WhyResult *result)
{
  const gsize n = why_tensor_count (result->probabilities);

  for (gsize other = 0; !bench->dense && !bench->phantom->counts_always && other < n; other++)
    {
      if (why_tensor_get_f64 (result->probabilities, other) >
          why_tensor_get_f64 (result->probabilities, (gsize) bench->target))
        return FALSE;
    }
  return TRUE;
}

static void
find_reach (const WhyResult *result, double *reach)
{
  const WhyMap *map = result->map;
  const WhyAffine cell = why_affine_compose (&map->to_input, &result->input_to_source);
  const int rank = map->values->rank;

  reach[rank - 1] = fabs (cell.xx) / 2;
  reach[rank - 2] = fabs (cell.yy) / 2;
  if (rank == 3)
    reach[0] = fabs (map->depth_scale * result->depth_scale) / 2;
}

/* @value 0: @score says that there is nothing of it */
static gboolean
score_part (const TruthCase *one, int value, WhyTensor *spread, const double *reach, WhyTruthScore *score,
            WhyCancel *cancel, GError **error)
{
  gsize n;
  g_autoptr (WhyTensor) mask = truth_case_mask (one, value, &n, error);

  memset (score, 0, sizeof *score);
  return mask != NULL && (n == 0 || why_truth_score (spread, mask, reach, score, cancel, error));
}

static gboolean
score_case (const Bench *bench, const TruthCase *one, const WhyResult *result, TruthRow *row, WhyCancel *cancel,
            GError **error)
{
  const WhyMap *map = result->map;
  const TruthPhantom *phantom = bench->phantom;
  const WhyAffine to_source = why_affine_compose (&map->to_input, &result->input_to_source);
  const gboolean called = is_called_so (bench, result);
  double reach[3] = { 0 };
  WhyTruthScore part;

  g_autoptr (WhyTensor) spread = why_truth_spread (map, &to_source, map->depth_scale * result->depth_scale,
                                                   map->depth_offset * result->depth_scale + result->depth_offset,
                                                   one->labels->rank, one->labels->dims, cancel, error);
  if (spread == NULL)
    return FALSE;
  find_reach (result, reach);
  if (!score_part (one, phantom->for_value, spread, reach, &part, cancel, error))
    return FALSE;
  if (part.n_inside > 0 && called)
    {
      row->n_for++;
      row->pointing += part.pointing;
      row->energy += part.energy;
      row->iou += part.best_iou;
      row->expected += part.expected;
      row->expected_pointing += part.expected_pointing;
    }
  if (!score_part (one, phantom->against_value, spread, reach, &part, cancel, error))
    return FALSE;
  if (part.n_inside > 0)
    {
      row->n_against++;
      row->sign_right += why_truth_sign_is_right (&part);
    }
  if (!score_part (one, phantom->mark_value, spread, reach, &part, cancel, error))
    return FALSE;
  if (part.n_inside > 0 && called)
    {
      row->n_marked++;
      row->mark_pointing += part.pointing;
      row->mark_energy += part.energy;
      row->mark_expected += part.expected;
      row->mark_expected_pointing += part.expected_pointing;
    }
  return TRUE;
}

/* Only the network whose weights are all random decides, so only it is made. */
static gboolean
randomise (const Bench *bench, const WhyExplainerClass *method, const TruthCase *one, const WhyResult *result,
           TruthRow *row, WhyCancel *cancel, Clock *clock, GError **error)
{
  g_autofree char *seed = seed_option (bench, method, one);
  const WhyExplainRequest request = make_request (bench, method, seed);
  const WhyJob job = { .session = bench->session,
                       .input = result->input,
                       .cancel = cancel,
                       .progress = watch_clock,
                       .progress_data = clock };
  const WhySanityOptions options = { .n_steps = 1,
                                     .seed = (guint64) bench->options->seed + row->n_randomised,
                                     .session = { .backend = bench->backend } };
  g_auto (WhySanity) sanity = { 0 };

  if (!why_sanity_measure (&request, &job, &options, &sanity, error))
    return FALSE;
  row->n_randomised++;
  row->n_passed += sanity.verdict == WHY_SANITY_PASSES;
  row->resemblance += sanity.resemblance;
  return TRUE;
}

/* The slice that shows most of what is for the class. */
static void
choose_plane (const Bench *bench, TruthCase *one)
{
  const gint64 *dims = one->labels->dims;
  gsize most = 0, n;
  gint64 chosen = dims[0] / 2;

  if (!one->input.picture->is_volume)
    return;
  g_autoptr (WhyTensor) mask = truth_case_mask (one, bench->phantom->for_value, &n, NULL);
  const gsize plane = (gsize) (dims[1] * dims[2]);
  for (gint64 depth = 0; mask != NULL && depth < dims[0]; depth++)
    {
      gsize inside = 0;
      for (gsize at = 0; at < plane; at++)
        inside += ((const guint8 *) mask->data)[(gsize) depth * plane + at];
      if (inside <= most)
        continue;
      most = inside;
      chosen = depth;
    }
  (void) why_picture_set_plane (one->input.picture, WHY_PLANE_AXIAL, chosen, NULL);
}

/* A case with the mark where the network is known to look at it, else one of the class. */
static void
find_shown (Bench *bench, GError **error)
{
  const WhyExplainerClass *method = why_explainer_lookup ("gradcam", error);
  const int wanted = bench->phantom->clever_hans ? bench->phantom->mark_value : bench->phantom->for_value;

  for (guint index = 0; method != NULL && bench->shown == NULL && index < bench->cases->len && !interrupted; index++)
    {
      TruthCase *one = bench->cases->pdata[index];
      Clock clock = { g_get_monotonic_time (), bench->options->limit };
      gsize n;
      g_autoptr (WhyTensor) mask = truth_case_mask (one, wanted, &n, error);
      g_autoptr (WhyResult) result =
        mask != NULL && n > 0 ? explain_case (bench, method, one, NULL, &clock, NULL) : NULL;
      if (result != NULL && is_called_so (bench, result))
        bench->shown = one;
    }
  if (bench->shown != NULL)
    choose_plane (bench, bench->shown);
}

static void
add_panel (CliPanels *panels, const TruthCase *shown, const WhyResult *result, const TruthRow *row)
{
  const WhyPicture *picture = shown != NULL ? shown->input.picture : NULL;
  WhyAffine to_display;
  g_autoptr (WhyMap) map =
    result != NULL ? why_result_show_map (result, result->map, picture, TRUE, &to_display) : NULL;

  if (map == NULL)
    cli_panels_add_on (panels, NULL, NULL, NULL, TRUE, NULL, row->reason != NULL ? "cannot run here" : NULL);
  else
    cli_panels_add_on (panels, picture->display, map->values, &to_display, TRUE, NULL, NULL);
}

static TruthRow *
run_method (const Bench *bench, const WhyExplainerClass *method, CliPanels *panels)
{
  g_autoptr (WhyCancel) cancel = why_cancel_new ();
  g_autoptr (WhyResult) shown = NULL;
  g_autoptr (GError) error = NULL;
  TruthRow *row = g_new0 (TruthRow, 1);
  Clock clock = { g_get_monotonic_time (), bench->options->limit };
  gboolean fine = TRUE;

  row->phantom = bench->phantom;
  row->method = method;
  current = cancel;
  for (guint index = 0; fine && index < bench->cases->len && !interrupted; index++)
    {
      const TruthCase *one = bench->cases->pdata[index];
      g_autoptr (WhyResult) result = explain_case (bench, method, one, cancel, &clock, &error);
      fine = result != NULL && score_case (bench, one, result, row, cancel, &error);
      if (!fine)
        break;
      row->n_maps++;
      row->seconds = seconds_of (&clock);
      if (one == bench->shown)
        shown = why_result_ref (result);
      watch_clock (0, &clock);
      if (index < (guint) bench->options->n_randomised)
        {
          /* Time of its own, or a slow method would be left with few maps. */
          Clock own = { g_get_monotonic_time (), bench->options->limit / MAX (bench->options->n_randomised, 1) };
          g_autoptr (WhyCancel) token = why_cancel_new ();
          g_autoptr (GError) local = NULL;
          current = token;
          if (!interrupted && !randomise (bench, method, one, result, row, token, &own, &local) &&
              !why_cancel_is_set (token) && row->reason == NULL)
            row->reason = g_strdup (local != NULL ? local->message : "no map of random weights");
          current = cancel;
          clock.begin += g_get_monotonic_time () - own.begin;
        }
    }
  if (interrupted)
    why_cancel_set (cancel);
  if (!interrupted && row->n_maps < bench->cases->len && why_cancel_is_set (cancel))
    {
      g_free (row->reason);
      row->reason = g_strdup_printf ("stopped after %g seconds (--limit): %u of %u maps were made",
                                     bench->options->limit, row->n_maps, bench->cases->len);
    }
  else if (error != NULL && !interrupted && row->reason == NULL)
    row->reason = g_strdup (error->message);
  current = NULL;
  if (panels != NULL)
    add_panel (panels, bench->shown, shown, row);
  return row;
}

/* The picture as it is, on top of its column. */
static void
add_picture (CliPanels *panels, const TruthCase *shown)
{
  cli_panels_add_on (panels, shown != NULL ? shown->input.picture->display : NULL, NULL, NULL, TRUE, NULL, NULL);
}

static void
tell (const Bench *bench, gsize index, const TruthRow *row)
{
  const gboolean terminal = isatty (STDERR_FILENO);

  g_printerr ("%s%s %" G_GSIZE_FORMAT "/%" G_GSIZE_FORMAT " %s: %u maps, %.1f s%s", terminal ? "\r\033[K" : "",
              bench->phantom->id, index + 1, bench->options->n_methods, row->method->id, row->n_maps, row->seconds,
              terminal ? "" : "\n");
}

static gboolean
run_network (const Options *options, const CliCommon *common, const TruthPhantom *phantom, const char *models,
             const char *data, GPtrArray *rows, CliPanels *panels, GError **error)
{
  g_autofree char *path = g_build_filename (models, phantom->model, NULL);
  g_autoptr (WhyModel) model = why_model_load (path, NULL, error);
  const WhySessionOptions session_options = { .backend = common->backend };

  if (model == NULL || !cli_check_explainable (model, error))
    return FALSE;
  Bench bench = {
    .options = options,
    .phantom = phantom,
    .model = model,
    .target = why_model_find_class (model, phantom->class_name, error),
    .dense = why_model_is_dense (model),
    .backend = common->backend,
  };
  g_autoptr (GPtrArray) cases =
    bench.target >= 0 ? truth_cases_load (phantom, data, (guint) options->n_cases, model, error) : NULL;
  if (cases == NULL)
    return FALSE;
  if (cases->len == 0)
    {
      g_printerr ("%s: no cases %s-*.png or .nii.gz in %s\n", phantom->id, phantom->prefix, data);
      for (gsize index = 0; panels != NULL && index <= options->n_methods; index++)
        cli_panels_add_on (panels, NULL, NULL, NULL, TRUE, NULL, NULL);
      return TRUE;
    }
  g_autoptr (WhySession) session = why_session_new (why_model_get_onnx (model), &session_options, error);
  if (session == NULL)
    return FALSE;
  bench.cases = cases;
  bench.session = session;
  if (panels != NULL)
    {
      find_shown (&bench, error);
      add_picture (panels, bench.shown);
    }
  for (gsize index = 0; index < options->n_methods; index++)
    {
      TruthRow *row = run_method (&bench, options->method_list[index], panels);
      g_ptr_array_add (rows, row);
      tell (&bench, index, row);
    }
  if (isatty (STDERR_FILENO))
    g_printerr ("\r\033[K");
  return TRUE;
}

/* ---- the figure ---- */

/* Panels come column by column; a figure is written row by row. */
static gboolean
write_figure (const Options *options, CliPanels *panels, const TruthPhantom *const *chosen, gsize n_chosen,
              GError **error)
{
  g_autofree const char **columns = g_new0 (const char *, n_chosen + 1);
  g_autofree const char **rows = g_new0 (const char *, options->n_methods + 2);
  static const char *const captions[] = { "Red speaks for the class, blue against it. Each map has a scale of its own.",
                                          NULL };

  for (gsize column = 0; column < n_chosen; column++)
    columns[column] = chosen[column]->id;
  rows[0] = "picture";
  for (gsize row = 0; row < options->n_methods; row++)
    rows[row + 1] = options->method_list[row]->id;
  cli_panels_set_headings (panels, rows, columns);
  cli_panels_turn (panels, options->n_methods + 1);
  cli_panels_set_width (panels, 120.0 + 250.0 * (double) n_chosen);
  return cli_panels_write (panels, n_chosen, "Methods on phantoms", "what is known beside what they show", captions,
                           options->figure, error);
}

/* ---- options ---- */

static gboolean
choose_methods (Options *options, GError **error)
{
  gsize n;
  const WhyExplainerClass *const *all = why_explainer_list (&n);

  if (options->methods == NULL)
    {
      options->n_methods = MIN (n, N_METHODS_MAX);
      memcpy (options->method_list, all, options->n_methods * sizeof *all);
      return TRUE;
    }
  for (char **id = options->methods; *id != NULL && options->n_methods < N_METHODS_MAX; id++)
    {
      options->method_list[options->n_methods] = why_explainer_lookup (*id, error);
      if (options->method_list[options->n_methods++] == NULL)
        return FALSE;
    }
  return TRUE;
}

static gboolean
choose_networks (const Options *options, const TruthPhantom **chosen, gsize *n_chosen, GError **error)
{
  *n_chosen = 0;
  for (gsize index = 0; index < TRUTH_N_PHANTOMS; index++)
    {
      if (options->networks == NULL ||
          g_strv_contains ((const char *const *) options->networks, truth_phantoms[index].id))
        chosen[(*n_chosen)++] = &truth_phantoms[index];
    }
  for (char **id = options->networks; id != NULL && *id != NULL; id++)
    {
      gboolean known = FALSE;
      for (gsize index = 0; index < TRUTH_N_PHANTOMS; index++)
        known = known || strcmp (*id, truth_phantoms[index].id) == 0;
      if (known)
        continue;
      g_set_error (
        error, WHY_ERROR, WHY_ERROR_BAD_REQUEST,
        "There is no phantom '%s'; choose lesion, lesion-clever-hans, tumour3d, gland, clearing, felled-tree or "
        "two-features",
        *id);
      return FALSE;
    }
  return TRUE;
}

/* Where the example that shows one of them is. */
static gboolean
find_folders (Options *options, GError **error)
{
  if (options->models != NULL && options->data != NULL)
    return TRUE;
  g_autoptr (WhySample) sample = why_samples_find ("lesion", error);
  if (sample == NULL)
    return FALSE;
  if (options->models == NULL)
    options->models = g_path_get_dirname (sample->model);
  if (options->data == NULL)
    options->data = g_path_get_dirname (sample->picture);
  return TRUE;
}

static int
run (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliCommon) common = { .without_recipe = TRUE };
  g_auto (Options) options = { .n_cases = 8, .n_randomised = 2, .limit = 10 };
  const TruthPhantom *chosen[TRUTH_N_PHANTOMS];
  gsize n_chosen;
  const GOptionEntry entries[] = {
    { "network", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.networks, "A phantom: lesion, lesion-clever-hans, tumour3d, gland, clearing, felled-tree, two-features (all; may be repeated)", "ID" },
    { "method", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.methods, "A method (all; may be repeated)", "ID" },
    { "cases", 0, 0, G_OPTION_ARG_INT, &options.n_cases, "At most so many cases of each phantom (8)", "N" },
    { "data", 0, 0, G_OPTION_ARG_FILENAME, &options.data, "Cases (the samples): PHANTOM-NAME.png or .nii.gz and beside each its mask PHANTOM-NAME.mask.png or .mask.nii.gz, with the values that data/samples/README.md tells", "FOLDER" },
    { "models", 0, 0, G_OPTION_ARG_FILENAME, &options.models, "The networks of the phantoms", "FOLDER" },
    { "randomised", 0, 0, G_OPTION_ARG_INT, &options.n_randomised, "Compare maps of so many cases with those of random weights (2)", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &options.seed, "Of all random numbers (0)", "N" },
    { "limit", 0, 0, G_OPTION_ARG_DOUBLE, &options.limit, "Stop a method on a network after so long, and its random weights after as long again (10)", "SECONDS" },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options.verbose, "Tell why a method did not run", NULL },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.figure, "Draw the maps of one case of each phantom, by method", "FIGURE.png|svg|pdf" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_truth, entries, &common, 0, 0, &argc, &argv))
    return CLI_BAD_USAGE;
  if (options.n_cases < 1 || options.n_cases > 10000 || options.n_randomised < 0 || options.seed < 0 ||
      !(options.limit > 0))
    return cli_fail_text (
      CLI_BAD_USAGE, "--cases takes a number from 1 to 10000, --randomised and --seed one from 0, --limit one above 0");
  if (!cli_check_figure_name (options.figure, &error) || !choose_methods (&options, &error) ||
      !choose_networks (&options, chosen, &n_chosen, &error))
    return cli_fail (CLI_BAD_USAGE, error);
  const gboolean shipped = options.data == NULL;
  if (!find_folders (&options, &error))
    return cli_fail (CLI_BAD_INPUT, error);

  /* The second time the program ends at once. */
  const struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int) SA_RESETHAND };
  sigaction (SIGINT, &action, NULL);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (truth_row_free);
  g_autoptr (CliPanels) panels = options.figure != NULL ? cli_panels_new (NULL) : NULL;
  gsize n_done = 0;
  for (; n_done < n_chosen && !interrupted; n_done++)
    {
      const guint before = rows->len;
      if (!run_network (&options, &common, chosen[n_done], options.models, options.data, rows, panels, &error))
        return cli_fail (CLI_BAD_INPUT, error);
      if (!options.json)
        truth_table_print (rows, before, options.verbose);
    }
  if (rows->len == 0)
    return cli_fail_text (CLI_BAD_INPUT, "%s: there are no cases of these phantoms", options.data);
  if (options.json)
    truth_table_print_json (rows, options.seed, options.limit);
  else if (shipped)
    g_print (
      "\nThese are the samples that come with the program, too few to rank methods by. models/phantoms/train.py of its source "
      "draws more:\n\n    python3 models/phantoms/train.py cases CASES --count 24\n    whylight-cli truth --data CASES --cases 24 "
      "--limit 600\n");
  if (panels != NULL && !write_figure (&options, panels, chosen, n_done, &error))
    return cli_fail (CLI_BAD_INPUT, error);
  return interrupted ? cli_fail_text (CLI_BAD_INPUT, "stopped; the table holds what was done until then") : CLI_OK;
}

const CliCommand cli_truth = { "truth", "", "Hold every method against phantoms, whose evidence is known", run };
