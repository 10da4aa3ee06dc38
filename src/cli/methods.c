#include "config.h"

#include "cli.h"
#include "json.h"

#include "explain/agreement.h"

#include <string.h>

/* What a method needs, in words that fit a column. */
static char *
describe_needs (const WhyExplainerClass *method)
{
  static const struct
  {
    guint flag;
    const char *word;
  } words[] = {
    { WHY_NEEDS_LAYER, "layer" },           { WHY_NEEDS_SEVERAL_LAYERS, "several-layers" },
    { WHY_NEEDS_POOLED_HEAD, "pooled-head" }, { WHY_NEEDS_GRADIENT, "gradient" },
    { WHY_NEEDS_RELU_RULES, "relu-rules" }, { WHY_NEEDS_SECOND_GRADIENT, "second-gradient" },
    { WHY_NEEDS_MANY_RUNS, "many-runs" },   { WHY_NEEDS_NO_CLASS, "no-class" },
    { WHY_IS_CONTROL, "control" },
  };
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize word = 0; word < G_N_ELEMENTS (words); word++)
    {
      if ((method->needs & words[word].flag) != 0)
        g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", words[word].word);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
describe_dimensions (const WhyExplainerClass *method)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (int n = method->min_dimensions; n <= method->max_dimensions; n++)
    g_string_append_printf (text, "%s%d-D", text->len > 0 ? " " : "", n);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
describe_profiles (const WhyExplainerClass *method)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gsize n;
  const WhyProfile *profiles = why_profile_list (&n);

  for (gsize index = 0; index < n; index++)
    {
      if (why_profile_fits (&profiles[index], method))
        g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", profiles[index].id);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
describe_value (const WhyOptionClass *option, double value)
{
  if (option->kind == WHY_OPTION_CHOICE)
    return g_strdup (option->choices[(gsize) value]);
  if (option->kind == WHY_OPTION_BOOLEAN)
    return g_strdup (value != 0 ? "yes" : "no");
  return g_strdup_printf ("%.15g", value);
}

static char *
describe_range (const WhyOptionClass *option)
{
  if (option->kind == WHY_OPTION_CHOICE)
    return g_strjoinv ("|", (char **) option->choices);
  if (option->kind == WHY_OPTION_BOOLEAN)
    return g_strdup ("yes|no");
  return g_strdup_printf ("%g..%g%s", option->minimum, option->maximum,
                          option->kind == WHY_OPTION_INTEGER ? ", whole" : "");
}

/* ---- as text ---- */

static void
print_table (const WhyExplainerClass *const *methods, gsize n)
{
  g_print ("%-20s %-36s %-34s %-12s %s\n", "id", "title", "needs", "space", "paper");
  for (gsize index = 0; index < n; index++)
    {
      g_autofree char *needs = describe_needs (methods[index]);
      g_autofree char *dimensions = describe_dimensions (methods[index]);
      g_print ("%-20s %-36s %-34s %-12s %s\n", methods[index]->id, methods[index]->title, needs, dimensions,
               methods[index]->paper);
    }
}

static void
print_one (const WhyExplainerClass *method)
{
  g_autofree char *needs = describe_needs (method);
  g_autofree char *dimensions = describe_dimensions (method);
  g_autofree char *profiles = describe_profiles (method);
  g_autoptr (GPtrArray) options = why_options_list (method);

  g_print ("%s: %s\n%s\n\npaper      %s\nneeds      %s\nspace      %s\nprofiles   %s\n", method->id, method->title,
           method->about, method->paper, needs, dimensions, profiles);
  for (guint index = 0; index < options->len; index++)
    {
      const WhyOptionClass *option = g_ptr_array_index (options, index);
      g_autofree char *preset = describe_value (option, option->preset);
      g_autofree char *range = describe_range (option);
      g_print ("option     %s=%s (%s): %s\n", option->id, preset, range, option->title);
      for (gsize other = 0; other < WHY_OPTION_MAX_PRESETS && option->by_profile[other].profile != WHY_PROFILE_PAPER; other++)
        {
          gsize n;
          g_autofree char *value = describe_value (option, option->by_profile[other].preset);
          g_print ("           %s=%s under %s\n", option->id, value,
                   why_profile_list (&n)[option->by_profile[other].profile].id);
        }
    }
}

/* ---- as JSON ---- */

static void
add_options (JsonBuilder *builder, const WhyExplainerClass *method)
{
  g_autoptr (GPtrArray) options = why_options_list (method);

  json_builder_set_member_name (builder, "options");
  json_builder_begin_array (builder);
  for (guint index = 0; index < options->len; index++)
    {
      const WhyOptionClass *option = g_ptr_array_index (options, index);
      g_autofree char *preset = describe_value (option, option->preset);
      g_autofree char *range = describe_range (option);
      json_builder_begin_object (builder);
      why_json_add_string (builder, "id", option->id);
      why_json_add_string (builder, "title", option->title);
      why_json_add_string (builder, "preset", preset);
      why_json_add_string (builder, "values", range);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
print_json (const WhyExplainerClass *const *methods, gsize n)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "methods");
  json_builder_begin_array (builder);
  for (gsize index = 0; index < n; index++)
    {
      g_autofree char *needs = describe_needs (methods[index]);
      g_autofree char *profiles = describe_profiles (methods[index]);
      json_builder_begin_object (builder);
      why_json_add_string (builder, "id", methods[index]->id);
      why_json_add_string (builder, "title", methods[index]->title);
      why_json_add_string (builder, "paper", methods[index]->paper);
      why_json_add_string (builder, "about", methods[index]->about);
      why_json_add_string (builder, "needs", needs);
      why_json_add_int (builder, "min_dimensions", methods[index]->min_dimensions);
      why_json_add_int (builder, "max_dimensions", methods[index]->max_dimensions);
      why_json_add_string (builder, "profiles", profiles);
      add_options (builder, methods[index]);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

/* ---- agreement with other libraries ---- */

/* @method: (nullable): only its rows */
static gboolean
is_wanted (const WhyAgreement *row, const WhyExplainerClass *method)
{
  return method == NULL || strcmp (row->method, method->id) == 0;
}

static void
print_agreement (const WhyExplainerClass *method)
{
  gsize n;
  const WhyAgreement *rows = why_agreement_list (&n);

  g_print ("%-24s %-20s %-36s %5s %9s  %s\n", "library", "method", "compared", "maps", "largest", "verdict");
  for (gsize index = 0; index < n; index++)
    {
      const WhyAgreement *row = &rows[index];
      if (!is_wanted (row, method))
        continue;
      g_autofree char *library = g_strdup_printf ("%s %s", row->library, row->version);
      g_print ("%-24s %-20s %-36s %5u %s%8.2g  %s\n", library, row->method, row->compared, row->n_compared,
               row->verdict == WHY_AGREEMENT_DIFFERS ? " " : "<", row->largest,
               why_agreement_verdict_id (row->verdict));
      if (row->sentence != NULL)
        g_print ("    %s\n", row->sentence);
    }
  g_print ("\nLargest: the difference over all maps compared, of each map's range; < : at most that.\n");
}

static void
print_agreement_json (const WhyExplainerClass *method)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  gsize n;
  const WhyAgreement *rows = why_agreement_list (&n);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "agreement");
  json_builder_begin_array (builder);
  for (gsize index = 0; index < n; index++)
    {
      const WhyAgreement *row = &rows[index];
      if (!is_wanted (row, method))
        continue;
      json_builder_begin_object (builder);
      why_json_add_string (builder, "library", row->library);
      why_json_add_string (builder, "version", row->version);
      why_json_add_string (builder, "method", row->method);
      why_json_add_string (builder, "compared", row->compared);
      why_json_add_int (builder, "maps", row->n_compared);
      json_builder_set_member_name (builder, "largest");
      json_builder_add_double_value (builder, row->largest);
      why_json_add_string (builder, "verdict", why_agreement_verdict_id (row->verdict));
      if (row->sentence != NULL)
        why_json_add_string (builder, "sentence", row->sentence);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

static int
run (int argc, char **argv)
{
  gboolean json = FALSE, agreement = FALSE;
  gsize n;
  const WhyExplainerClass *const *methods = why_explainer_list (&n);
  g_autoptr (GError) error = NULL;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { "agreement", 0, 0, G_OPTION_ARG_NONE, &agreement, "Print how the results agree with other libraries'", NULL },
    { NULL },
  };

  if (!cli_parse (&cli_methods, entries, NULL, 0, 1, &argc, &argv))
    return CLI_BAD_USAGE;
  const WhyExplainerClass *one = argc > 1 ? why_explainer_lookup (argv[1], &error) : NULL;
  if (error != NULL)
    return cli_fail (CLI_BAD_USAGE, error);
  if (agreement && json)
    print_agreement_json (one);
  else if (agreement)
    print_agreement (one);
  else if (json)
    print_json (one != NULL ? &one : methods, one != NULL ? 1 : n);
  else if (one != NULL)
    print_one (one);
  else
    print_table (methods, n);
  return CLI_OK;
}

const CliCommand cli_methods = { "methods", "[METHOD]", "List the methods of explanation, or tell all about one", run };
