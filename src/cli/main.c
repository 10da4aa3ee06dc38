#include "config.h"

#include "cli.h"

#include "base/environment.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static const CliCommand *const commands[] = {
  &cli_layers, &cli_run, &cli_explain, &cli_sheet, &cli_features, &cli_concepts, &cli_occlude, &cli_check, &cli_check_onnx, &cli_bench,
  &cli_methods, &cli_survey, &cli_truth,
};

static void
print_help (void)
{
  g_print ("Usage: whylight-cli COMMAND ...\n\nShows why an image network answers as it does, from ONNX files.\n\nCommands:\n");
  for (gsize command = 0; command < G_N_ELEMENTS (commands); command++)
    g_print ("  %-11s %s\n", commands[command]->name, commands[command]->summary);
  g_print ("\nwhylight-cli COMMAND --help tells the options of a command.\n"
           "  --version   print the version\n"
           "\nExit status: 0 fine, 1 bad input, 2 bad usage.\n"
           "For research and teaching; not a medical device.\n");
}

int
main (int argc, char **argv)
{
  why_environment_settle (argv);
  /* Texts of the user's language, numbers with points: output is read by scripts. */
  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C");

  if (argc < 2)
    {
      print_help ();
      return CLI_BAD_USAGE;
    }
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0 || strcmp (argv[1], "help") == 0)
    {
      print_help ();
      return CLI_OK;
    }
  if (strcmp (argv[1], "--version") == 0)
    {
      g_print ("whylight-cli %s\n", WHY_VERSION);
      return CLI_OK;
    }
  for (gsize command = 0; command < G_N_ELEMENTS (commands); command++)
    {
      if (strcmp (argv[1], commands[command]->name) != 0)
        continue;
      const int status = commands[command]->run (argc - 1, argv + 1);
      /* A full disk or a closed pipe shows itself here. */
      if (fflush (stdout) != 0 && status == CLI_OK)
        return cli_fail_text (CLI_BAD_INPUT, "standard output cannot be written");
      return status;
    }
  return cli_fail_text (CLI_BAD_USAGE, "there is no command '%s'; see whylight-cli --help", argv[1]);
}
