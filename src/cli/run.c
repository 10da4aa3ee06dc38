#include "config.h"

#include "cli.h"
#include "json.h"

#include "base/error.h"
#include "base/npy.h"

#include <math.h>
#include <string.h>

static void
statistics (const WhyTensor *tensor, double *minimum, double *maximum)
{
  const gsize count = why_tensor_count (tensor);
  gboolean any = FALSE;

  *minimum = *maximum = NAN;
  for (gsize index = 0; index < count; index++)
    {
      const double value = why_tensor_get_f64 (tensor, index);
      if (!isfinite (value))
        continue;
      *minimum = any ? MIN (*minimum, value) : value;
      *maximum = any ? MAX (*maximum, value) : value;
      any = TRUE;
    }
}

static void
print_tensor (const char *name, const WhyTensor *tensor, const char *path)
{
  g_autofree char *dims = why_dims_to_string (tensor->rank, tensor->dims);
  double minimum;
  double maximum;

  statistics (tensor, &minimum, &maximum);
  g_print ("output     %s %s %s, %.6g to %.6g%s%s\n", name, why_dtype_name (tensor->dtype), dims, minimum, maximum,
           path != NULL ? ", written to " : "", path != NULL ? path : "");
}

static void
add_tensor (JsonBuilder *builder, const char *name, const WhyTensor *tensor, const char *path)
{
  double minimum;
  double maximum;

  statistics (tensor, &minimum, &maximum);
  json_builder_begin_object (builder);
  why_json_add_string (builder, "name", name);
  why_json_add_string (builder, "type", why_dtype_name (tensor->dtype));
  cli_json_dims (builder, "shape", tensor->rank, tensor->dims);
  why_json_add_double (builder, "minimum", minimum);
  why_json_add_double (builder, "maximum", maximum);
  why_json_add_string (builder, "file", path);
  json_builder_end_object (builder);
}

static void
print_top (WhyModel *model, const WhyTensor *probabilities, int n_top)
{
  int n;
  g_autofree int *top = cli_top_classes (probabilities, n_top, &n);

  for (int place = 0; place < n; place++)
    g_print ("%7.4f    %d %s\n", why_tensor_get_f64 (probabilities, (gsize) top[place]), top[place],
             why_model_get_class_label (model, top[place]));
}

static void
free_tensors (WhyTensor **tensors)
{
  for (WhyTensor **tensor = tensors; *tensor != NULL; tensor++)
    why_tensor_unref (*tensor);
  g_free (tensors);
}

static int
run (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliCommon) common = { 0 };
  g_auto (CliInput) input = { 0 };
  g_auto (GStrv) output_texts = NULL;
  gboolean json = FALSE;
  int n_top = 5;
  const GOptionEntry entries[] = {
    { "output", 0, 0, G_OPTION_ARG_STRING_ARRAY, &output_texts, "Write a tensor, by its name in the model (may be repeated)", "NAME=FILE.npy" },
    { "top", 0, 0, G_OPTION_ARG_INT, &n_top, "How many classes to print (5)", "K" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_run, entries, &common, 2, 2, &argc, &argv) || !cli_check_top (n_top))
    return CLI_BAD_USAGE;
  g_autoptr (GPtrArray) outputs = cli_parse_outputs ("--output", output_texts);
  if (outputs == NULL)
    return CLI_BAD_USAGE;
  g_autoptr (WhyModel) model = cli_model_load_for (argv[1], common.recipe, argv[2], &error);
  if (model == NULL || !cli_input_load (argv[2], &common, model, &input, &error))
    return cli_fail (CLI_BAD_INPUT, error);

  const WhySessionOptions options = { .backend = common.backend };
  g_autoptr (WhySession) session = why_session_new (why_model_get_onnx (model), &options, &error);
  g_autoptr (WhyTensor) tensor = session != NULL ? cli_input_prepare (&input, model, &error) : NULL;
  if (tensor == NULL)
    return cli_fail (CLI_BAD_INPUT, error);

  /* The graph's outputs, if no tensor is asked for. */
  const WhyOnnxGraph *graph = why_model_get_onnx (model)->graph;
  const gsize n_names = outputs->len > 0 ? outputs->len : graph->n_outputs;
  g_autofree const char **names = g_new0 (const char *, n_names + 1);
  for (gsize index = 0; index < n_names; index++)
    names[index] = outputs->len > 0 ? ((CliOutput *) g_ptr_array_index (outputs, index))->name : graph->outputs[index].name;

  WhyTensor **results = g_new0 (WhyTensor *, n_names + 1);
  g_autoptr (WhyTensor) probabilities = NULL;
  g_autoptr (WhyTensor) logits = NULL;
  const WhyJob job = { .session = session, .input = tensor };
  const gboolean multi_label = why_model_get_recipe (model)->task == WHY_RECIPE_TASK_MULTI_LABEL;
  int status = CLI_OK;
  if (!why_session_run (session, &tensor, 1, names, n_names, results, NULL, &error) ||
      (why_model_get_n_classes (model) > 0 && !why_predict (&job, NULL, multi_label, &probabilities, &logits, &error)))
    status = cli_fail (CLI_BAD_INPUT, error);
  for (guint index = 0; status == CLI_OK && index < outputs->len; index++)
    {
      if (!why_npy_write (results[index], ((CliOutput *) g_ptr_array_index (outputs, index))->path, &error))
        status = cli_fail (CLI_BAD_INPUT, error);
    }

  if (status == CLI_OK && json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();
      json_builder_begin_object (builder);
      why_json_add_string (builder, "model", argv[1]);
      why_json_add_string (builder, "input", argv[2]);
      why_json_add_string (builder, "backend", why_session_backend_name (session));
      if (probabilities != NULL)
        cli_json_top (builder, model, probabilities, logits, n_top);
      json_builder_set_member_name (builder, "outputs");
      json_builder_begin_array (builder);
      for (gsize index = 0; index < n_names; index++)
        add_tensor (builder, names[index], results[index],
                    outputs->len > 0 ? ((CliOutput *) g_ptr_array_index (outputs, index))->path : NULL);
      json_builder_end_array (builder);
      why_json_add_string (builder, "assumed", input.tensor == NULL ? why_model_get_assumed_text (model) : "");
      json_builder_end_object (builder);
      cli_json_print (builder);
    }
  else if (status == CLI_OK)
    {
      if (probabilities != NULL)
        print_top (model, probabilities, n_top);
      for (gsize index = 0; index < n_names; index++)
        print_tensor (names[index], results[index],
                      outputs->len > 0 ? ((CliOutput *) g_ptr_array_index (outputs, index))->path : NULL);
      cli_print_assumed (model, &input);
    }
  free_tensors (results);
  return status;
}

const CliCommand cli_run = { "run", "MODEL INPUT", "Print what the network says; write any of its tensors", run };
