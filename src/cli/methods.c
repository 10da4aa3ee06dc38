#include "config.h"

#include "cli.h"

static int
run (int argc, char **argv)
{
  gsize n_methods;
  const WhyExplainerClass *const *methods = why_explainer_list (&n_methods);

  if (!cli_parse (&cli_methods, NULL, NULL, 0, 0, &argc, &argv))
    return CLI_BAD_USAGE;
  for (gsize method = 0; method < n_methods; method++)
    g_print ("%-20s %s: %s\n", methods[method]->id, methods[method]->title, methods[method]->paper);
  return CLI_OK;
}

const CliCommand cli_methods = { "methods", "", "List the methods of explanation", run };
