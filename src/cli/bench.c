#include "config.h"

#include "cli.h"
#include "json.h"

#include "base/error.h"
#include "base/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How long things take: medians over repetitions after a warm-up. Inputs are random numbers, a new tensor for
 * every forward run: a session does not compute again what it was given before. "all_layers_ms" is a new input and
 * then the map at every layer; "layer_change_ms" another layer of the same input, seen before, as when somebody goes
 * through the list a second time. "load_ms" is from the file to a session that has planned its forward run.
 *
 * "peak_mb" is what the process had at most when nothing but forward runs had been made, "peak_all_mb" at the end. */

typedef struct
{
  WhyModel *model;
  WhySession *forward; /* as small as can be */
  WhySession *session; /* keeps activations */
  GRand *random;
  const char *method;
  const char *options; /* nullable */
  const char *layer;
  WhyShape shape; /* of the input */
  int n_classes;
  int n_repeats;
} Bench;

static double
ms_since (gint64 start)
{
  return (g_get_monotonic_time () - start) / 1000.0;
}

static int
compare_doubles (const void *a, const void *b)
{
  const double one = *(const double *) a;
  const double other = *(const double *) b;

  return (one > other) - (one < other);
}

static double
median (double *times, int n)
{
  qsort (times, (gsize) n, sizeof *times, compare_doubles);
  return n % 2 == 1 ? times[n / 2] : (times[n / 2 - 1] + times[n / 2]) / 2;
}

static WhyTensor *
new_input (Bench *bench, GError **error)
{
  WhyTensor *tensor = why_tensor_new (WHY_DTYPE_FLOAT32, bench->shape.rank, bench->shape.dims, error);

  if (tensor == NULL)
    return NULL;
  const gsize count = why_tensor_count (tensor);
  float *values = tensor->data;
  for (gsize index = 0; index < count; index++)
    values[index] = (float) g_rand_double_range (bench->random, -1.0, 1.0);
  return tensor;
}

static gboolean
run_forward (Bench *bench, WhyTensor *input, GError **error)
{
  const WhyOnnxGraph *graph = why_model_get_onnx (bench->model)->graph;
  const char *names[] = { graph->outputs[0].name };
  WhyTensor *result = NULL;

  if (!why_session_run (bench->forward, &input, 1, names, 1, &result, NULL, error))
    return FALSE;
  why_tensor_unref (result);
  return TRUE;
}

static gboolean
run_explain (Bench *bench, WhyTensor *input, const char *layer, int k, GError **error)
{
  const WhyJob job = { .session = bench->session, .input = input };
  const WhyExplainRequest request = {
    .method = bench->method,
    .layer = layer,
    .options = bench->options,
    .target_class = k,
    .polarity = WHY_POLARITY_RELU,
    .multi_label = why_model_get_recipe (bench->model)->task == WHY_RECIPE_TASK_MULTI_LABEL,
  };
  WhyExplainResult result = { 0 };

  if (!why_explain (&request, &job, &result, error))
    return FALSE;
  why_explain_result_clear (&result);
  return TRUE;
}

static gboolean
run_all_layers (Bench *bench, WhyTensor *input, GError **error)
{
  const WhyJob job = { .session = bench->session, .input = input };
  const WhyExplainRequest request = {
    .method = bench->method,
    .options = bench->options,
    .polarity = WHY_POLARITY_RELU,
    .multi_label = why_model_get_recipe (bench->model)->task == WHY_RECIPE_TASK_MULTI_LABEL,
  };
  GListModel *layers = why_model_get_layers (bench->model);
  const guint n_layers = g_list_model_get_n_items (layers);
  g_autofree const char **names = g_new0 (const char *, n_layers + 1);
  g_autofree WhyMap **maps = g_new0 (WhyMap *, n_layers + 1);
  WhyExplainResult result = { 0 };

  for (guint index = 0; index < n_layers; index++)
    {
      g_autoptr (WhyLayerItem) item = g_list_model_get_item (layers, index);
      names[index] = why_layer_item_get_name (item); /* owned by the model's list */
    }
  if (!why_explain_layers (&request, names, n_layers, &job, &result, maps, error))
    return FALSE;
  for (guint index = 0; index < n_layers; index++)
    why_map_unref (maps[index]);
  why_explain_result_clear (&result);
  return TRUE;
}

typedef enum
{
  FORWARD,
  EXPLAIN,
  CLASS_CHANGE,
  LAYER_CHANGE,
  ALL_LAYERS,
} Kind;

/* Median time of one kind; NAN with @error set. The first repetition warms up and is not counted. */
static double
measure (Bench *bench, Kind kind, GError **error)
{
  g_autofree double *times = g_new (double, (gsize) bench->n_repeats + 1);
  GListModel *layers = why_model_get_layers (bench->model);
  const guint n_layers = g_list_model_get_n_items (layers);
  g_autoptr (WhyTensor) kept = new_input (bench, error);

  if (kept == NULL || ((kind == CLASS_CHANGE || kind == LAYER_CHANGE) && !run_explain (bench, kept, bench->layer, 0, error)))
    return NAN;
  if (kind == LAYER_CHANGE && !run_all_layers (bench, kept, error))
    return NAN;
  for (int repeat = 0; repeat <= bench->n_repeats; repeat++)
    {
      g_autoptr (WhyTensor) input = new_input (bench, error);
      g_autoptr (WhyLayerItem) item = n_layers > 0 ? g_list_model_get_item (layers, (guint) repeat % n_layers) : NULL;
      gboolean fine = FALSE;
      if (input == NULL)
        return NAN;
      const gint64 start = g_get_monotonic_time ();
      switch (kind)
        {
        case FORWARD:
          fine = run_forward (bench, input, error);
          break;
        case EXPLAIN:
          fine = run_explain (bench, input, bench->layer, 0, error);
          break;
        case CLASS_CHANGE:
          fine = run_explain (bench, kept, bench->layer, (repeat + 1) % bench->n_classes, error);
          break;
        case LAYER_CHANGE:
          fine = run_explain (bench, kept, why_layer_item_get_name (item), 0, error);
          break;
        case ALL_LAYERS:
          fine = run_all_layers (bench, input, error);
          break;
        default:
          g_assert_not_reached ();
        }
      times[repeat] = ms_since (start);
      if (!fine)
        return NAN;
    }
  return median (times + 1, bench->n_repeats);
}

static void
get_shape (WhyModel *model, WhyShape *shape)
{
  const gint64 *dims = why_model_get_input_shape (model, &shape->rank);

  memcpy (shape->dims, dims, (gsize) shape->rank * sizeof *dims);
}

/* From the file to a session that is ready to run. */
static double
measure_load (const char *path, const CliCommon *common, int n_repeats, GError **error)
{
  g_autofree double *times = g_new (double, (gsize) n_repeats);

  for (int repeat = 0; repeat < n_repeats; repeat++)
    {
      const gint64 start = g_get_monotonic_time ();
      g_autoptr (WhyModel) model = why_model_load (path, common->recipe, error);
      if (model == NULL)
        return NAN;
      const WhySessionOptions options = { .backend = common->backend };
      g_autoptr (WhySession) session = why_session_new (why_model_get_onnx (model), &options, error);
      WhyShape shape = { 0 };
      get_shape (model, &shape);
      if (session == NULL || !why_session_plan (session, &shape, 1, error))
        return NAN;
      times[repeat] = ms_since (start);
    }
  return median (times, n_repeats);
}

/* Where the time of a forward run, or of the maps at every layer, goes: every step, in order, with its least time over the repetitions. */
static gboolean
print_steps (Bench *bench, gboolean all_layers, GError **error)
{
  WhySession *session = all_layers ? bench->session : bench->forward;
  double sum = 0;

  why_session_time_steps (session);
  for (int repeat = 0; repeat <= bench->n_repeats; repeat++)
    {
      g_autoptr (WhyTensor) input = new_input (bench, error);
      if (input == NULL || !(all_layers ? run_all_layers (bench, input, error) : run_forward (bench, input, error)))
        return FALSE;
    }
  for (guint index = 0; index < why_session_n_steps (session); index++)
    {
      const WhyNode *node;
      const double ms = why_session_step_ms (session, index, &node);
      g_autofree char *dims = NULL;
      if (node != NULL && node->n_outputs > 0 && node->outputs[0] != NULL)
        dims = why_dims_to_string (node->outputs[0]->rank, node->outputs[0]->dims);
      g_print ("%4u %9.4f ms  %-18s %-20s %s\n", index, ms, node != NULL ? node->klass->type : "layout", dims != NULL ? dims : "",
               node != NULL && node->name != NULL ? node->name : "");
      sum += ms;
    }
  g_print ("%4s %9.4f ms\n", "sum", sum);
  return TRUE;
}

static double
peak_megabytes (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return NAN;
  line = strstr (status, "VmHWM:");
  return line != NULL ? (double) g_ascii_strtoll (line + strlen ("VmHWM:"), NULL, 10) / 1024.0 : NAN;
}

static gboolean
prepare (Bench *bench, const CliCommon *common, GError **error)
{
  const WhySessionOptions options = { .backend = common->backend };
  WhyOnnxModel *onnx = why_model_get_onnx (bench->model);

  if (onnx->graph->n_inputs != 1 || onnx->graph->n_outputs < 1)
    {
      g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "%s: the model needs one input and an output to be measured",
                   why_model_get_path (bench->model));
      return FALSE;
    }
  if (why_model_get_limitation (bench->model) == NULL && why_model_find_layer (bench->model, bench->layer, error) == NULL)
    return FALSE;
  if (bench->layer == NULL)
    bench->layer = why_model_get_default_layer (bench->model);
  get_shape (bench->model, &bench->shape);
  bench->n_classes = MAX (why_model_get_n_classes (bench->model), 1);
  bench->forward = why_session_new (onnx, &options, error);
  bench->session = bench->forward != NULL ? why_session_new (onnx, &options, error) : NULL;
  return bench->session != NULL;
}

static void
bench_clear (Bench *bench)
{
  g_clear_pointer (&bench->forward, why_session_free);
  g_clear_pointer (&bench->session, why_session_free);
  g_clear_pointer (&bench->random, g_rand_free);
  g_clear_object (&bench->model);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bench, bench_clear)

static int
run (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliCommon) common = { 0 };
  g_auto (Bench) bench = { .n_repeats = 20 };
  g_autofree char *method = NULL;
  g_autofree char *layer = NULL;
  g_autofree char *what = NULL;
  g_auto (GStrv) option_list = NULL;
  g_autofree char *options = NULL;
  gboolean json = FALSE;
  gboolean steps = FALSE;
  const GOptionEntry entries[] = {
    { "method", 0, 0, G_OPTION_ARG_STRING, &method, "Method of explanation (gradcam)", "ID" },
    { "option", 0, 0, G_OPTION_ARG_STRING_ARRAY, &option_list, "An option of the method (may be repeated)", "NAME=VALUE" },
    { "layer", 0, 0, G_OPTION_ARG_STRING, &layer, "Tensor to explain at", "TENSOR" },
    { "repeat", 0, 0, G_OPTION_ARG_INT, &bench.n_repeats, "Repetitions of which the median counts (20)", "N" },
    { "what", 0, 0, G_OPTION_ARG_STRING, &what, "Measure this alone: forward, explain, all-layers, class-change or layer-change", "KIND" },
    { "steps", 0, 0, G_OPTION_ARG_NONE, &steps, "Print how long each step of a forward run takes; with --what=all-layers, of the maps at every layer", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_bench, entries, &common, 1, 1, &argc, &argv))
    return CLI_BAD_USAGE;
  bench.method = method != NULL ? method : "gradcam";
  bench.layer = layer;
  options = option_list != NULL ? g_strjoinv (",", option_list) : NULL;
  bench.options = options;
  if (bench.n_repeats < 1 || bench.n_repeats > 1000000)
    return cli_fail_text (CLI_BAD_USAGE, "--repeat takes a number from 1 to 1000000");
  if (why_explainer_lookup (bench.method, &error) == NULL)
    return cli_fail (CLI_BAD_USAGE, error);

  static const struct
  {
    const char *name, *key;
    Kind kind;
  } kinds[] = {
    { "forward", "forward_ms", FORWARD },
    { "explain", "explain_ms", EXPLAIN },
    { "all-layers", "all_layers_ms", ALL_LAYERS },
    { "class-change", "class_change_ms", CLASS_CHANGE },
    { "layer-change", "layer_change_ms", LAYER_CHANGE },
  };
  double figures[G_N_ELEMENTS (kinds)], peak = NAN;
  gboolean known = what == NULL;
  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    known = known || strcmp (what, kinds[kind].name) == 0;
  if (!known)
    return cli_fail_text (CLI_BAD_USAGE, "--what takes forward, explain, all-layers, class-change or layer-change, not '%s'", what);

  bench.model = why_model_load (argv[1], common.recipe, &error);
  bench.random = g_rand_new_with_seed (1);
  if (bench.model == NULL || !prepare (&bench, &common, &error))
    return cli_fail (CLI_BAD_INPUT, error);

  const gboolean explainable = why_model_get_limitation (bench.model) == NULL;
  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      const gboolean wanted = what == NULL || strcmp (what, kinds[kind].name) == 0;
      figures[kind] = wanted && (explainable || kinds[kind].kind == FORWARD) ? measure (&bench, kinds[kind].kind, &error) : NAN;
      if (error != NULL)
        return cli_fail (CLI_BAD_INPUT, error);
      if (kinds[kind].kind == FORWARD && wanted)
        peak = peak_megabytes ();
    }
  if (steps)
    return print_steps (&bench, what != NULL && strcmp (what, "all-layers") == 0, &error) ? CLI_OK : cli_fail (CLI_BAD_INPUT, error);
  const double peak_all = peak_megabytes ();
  const double load = measure_load (argv[1], &common, MIN (bench.n_repeats, 5), &error);
  if (error != NULL)
    return cli_fail (CLI_BAD_INPUT, error);

  g_autoptr (JsonBuilder) builder = json_builder_new ();
  json_builder_begin_object (builder);
  why_json_add_string (builder, "model", argv[1]);
  why_json_add_string (builder, "backend", why_session_backend_name (bench.session));
  why_json_add_int (builder, "threads", why_parallel_get_threads ());
  why_json_add_int (builder, "repeat", bench.n_repeats);
  why_json_add_string (builder, "method", bench.method);
  why_json_add_string (builder, "layer", bench.layer);
  why_json_add_int (builder, "n_layers", why_model_get_n_layers (bench.model));
  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    why_json_add_double (builder, kinds[kind].key, figures[kind]);
  why_json_add_double (builder, "load_ms", load);
  why_json_add_double (builder, "peak_mb", peak);
  why_json_add_double (builder, "peak_all_mb", peak_all);
  json_builder_end_object (builder);
  if (json)
    cli_json_print (builder);
  else
    {
      g_print ("backend          %s, %d threads, median of %d\n", why_session_backend_name (bench.session),
               why_parallel_get_threads (), bench.n_repeats);
      for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
        g_print ("%-16s %.2f\n", kinds[kind].key, figures[kind]);
      g_print ("%-16s %.2f\n%-16s %.1f\n%-16s %.1f\n", "load_ms", load, "peak_mb", peak, "peak_all_mb", peak_all);
    }
  return CLI_OK;
}

const CliCommand cli_bench = { "bench", "MODEL", "Measure how long runs and explanations take", run };
