#include "config.h"

#include "cli.h"
#include "json.h"
#include "panels.h"

#include "base/error.h"
#include "explain/concepts.h"

/* Channels told of a concept. */
#define N_CHANNELS 5

typedef struct
{
  char *layer;
  char *figure;
  int count;
  gint64 seed;
  gboolean json;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->layer);
  g_free (options->figure);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
draw (const Options *options, const CliJob *job, const WhyConcepts *concepts, GError **error)
{
  g_autoptr (CliPanels) panels = cli_panels_new (job);
  g_autofree char *subtitle = g_strdup_printf ("concepts at %s", concepts->layer);
  g_autofree char *fit = g_strdup_printf ("Together they leave %.1f%% of the activations' length unexplained.",
                                          concepts->error * 100);
  const char *captions[] = { fit, NULL };

  for (gsize place = 0; place < concepts->n_concepts; place++)
    {
      g_autofree char *heading =
        g_strdup_printf ("concept %" G_GSIZE_FORMAT ": %.1f%%", place + 1, concepts->concepts[place].share * 100);
      if (!cli_panels_add (panels, concepts->concepts[place].map, NULL, FALSE, heading, NULL, error))
        return FALSE;
    }
  return cli_panels_write (panels, 5, why_model_get_title (job->model), subtitle, captions, options->figure, error);
}

static void
print_json (const Options *options, const CliJob *job, const WhyConcepts *concepts)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  why_json_add_string (builder, "model", why_model_get_path (job->model));
  why_json_add_string (builder, "input", job->input.path);
  why_json_add_string (builder, "layer", concepts->layer);
  why_json_add_int (builder, "channels", concepts->n_channels);
  why_json_add_double (builder, "unexplained", concepts->error);
  why_json_add_int (builder, "iterations", concepts->n_iterations);
  json_builder_set_member_name (builder, "concepts");
  json_builder_begin_array (builder);
  for (gsize place = 0; place < concepts->n_concepts; place++)
    {
      const WhyConcept *concept = &concepts->concepts[place];
      json_builder_begin_object (builder);
      why_json_add_double (builder, "share", concept->share);
      json_builder_set_member_name (builder, "channels");
      json_builder_begin_array (builder);
      for (gint64 channel = 0; channel < MIN (N_CHANNELS, concepts->n_channels); channel++)
        json_builder_add_int_value (builder, concept->channels[channel]);
      json_builder_end_array (builder);
      cli_json_dims (builder, "shape", concept->map->rank, concept->map->dims);
      json_builder_set_member_name (builder, "map");
      json_builder_begin_array (builder);
      for (gsize at = 0; at < why_tensor_count (concept->map); at++)
        json_builder_add_double_value (builder, why_tensor_get_f64 (concept->map, at));
      json_builder_end_array (builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  why_json_add_string (builder, "figure", options->figure);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

static void
print_text (const Options *options, const WhyConcepts *concepts)
{
  g_print ("layer      %s\n", concepts->layer);
  g_print ("fit        %.1f%% of the activations' length is left unexplained (%u iterations)\n", concepts->error * 100,
           concepts->n_iterations);
  for (gsize place = 0; place < concepts->n_concepts; place++)
    {
      const WhyConcept *concept = &concepts->concepts[place];
      g_print ("concept %-2" G_GSIZE_FORMAT " %5.1f%%  strongest channels", place + 1, concept->share * 100);
      for (gint64 channel = 0; channel < MIN (N_CHANNELS, concepts->n_channels); channel++)
        g_print (" %" G_GINT64_FORMAT, concept->channels[channel]);
      g_print ("\n");
    }
  if (options->figure != NULL)
    g_print ("written    %s\n", options->figure);
}

static int
run (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (CliCommon) common = { 0 };
  g_auto (Options) options = { .count = 5 };
  const GOptionEntry entries[] = {
    { "layer", 0, 0, G_OPTION_ARG_STRING, &options.layer, "Tensor to look at", "TENSOR" },
    { "count", 0, 0, G_OPTION_ARG_INT, &options.count, "How many concepts (5)", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &options.seed, "Seed of the start (0)", "N" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.figure, "Write a figure", "FIGURE.png|svg|pdf" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_concepts, entries, &common, 2, 2, &argc, &argv))
    return CLI_BAD_USAGE;
  if (options.count < 1)
    return cli_fail_text (CLI_BAD_USAGE, "--count takes a number from 1");
  if (!cli_check_figure_name (options.figure, &error))
    return cli_fail (CLI_BAD_USAGE, error);

  g_auto (CliJob) job = { 0 };
  g_auto (WhyConcepts) concepts = { 0 };
  if (!cli_job_open (&job, &common, argv[1], argv[2], &error) ||
      (options.layer != NULL && why_model_find_layer (job.model, options.layer, &error) == NULL) ||
      !why_concepts_make (&job.job, options.layer != NULL ? options.layer : why_model_get_default_layer (job.model),
                          why_model_is_multi_label (job.model), (gsize) options.count, (guint64) options.seed, &concepts,
                          &error) ||
      (options.figure != NULL && !draw (&options, &job, &concepts, &error)))
    return cli_fail (CLI_BAD_INPUT, error);
  if (options.json)
    print_json (&options, &job, &concepts);
  else
    print_text (&options, &concepts);
  return CLI_OK;
}

const CliCommand cli_concepts = { "concepts", "MODEL INPUT", "Take a layer's activations apart into a few concepts", run };
