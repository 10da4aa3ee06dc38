#include "config.h"

#include "cli.h"

#include "service/conformance.h"

#include <stdio.h>

static int
run (int argc, char **argv)
{
  g_auto (CliCommon) common = { .without_recipe = TRUE };
  guint totals[3] = { 0 };

  if (!cli_parse (&cli_check_onnx, NULL, &common, 1, -1, &argc, &argv))
    return CLI_BAD_USAGE;
  for (int argument = 1; argument < argc; argument++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) folders = why_conformance_find (argv[argument], &error);
      if (folders == NULL)
        return cli_fail (CLI_BAD_INPUT, error);
      if (folders->len == 0)
        return cli_fail_text (CLI_BAD_INPUT, "%s: there is no folder with a model.onnx and a test_data_set_0", argv[argument]);
      for (guint index = 0; index < folders->len; index++)
        {
          const char *folder = g_ptr_array_index (folders, index);
          g_autofree char *why = NULL;
          const WhyConformance outcome = why_conformance_run (folder, why_conformance_run_session, &common.backend,
                                                              WHY_CONFORMANCE_RTOL, WHY_CONFORMANCE_ATOL, &why);
          totals[outcome]++;
          if (why != NULL)
            g_print ("%s %s: %s\n", why_conformance_to_string (outcome), folder, why);
          else
            g_print ("%s %s\n", why_conformance_to_string (outcome), folder);
          fflush (stdout);
        }
    }
  g_print ("%u passed, %u failed, %u unsupported\n", totals[WHY_CONFORMANCE_PASS], totals[WHY_CONFORMANCE_FAIL],
           totals[WHY_CONFORMANCE_UNSUPPORTED]);
  return totals[WHY_CONFORMANCE_FAIL] > 0 ? CLI_BAD_INPUT : CLI_OK;
}

const CliCommand cli_check_onnx = { "check-onnx", "DIR...", "Run folders of ONNX's backend tests", run };
