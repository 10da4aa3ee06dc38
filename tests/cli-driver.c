#include "config.h"

#include "cli-driver.h"

#include "base/npy.h"
#include "onnx-builder.h"

#include <string.h>
#include <sys/wait.h>

static char *folder;
static char *program;
static char *picture;

void
cli_run_clear (CliRun *run)
{
  g_clear_pointer (&run->out, g_free);
  g_clear_pointer (&run->err, g_free);
}

void
cli_driver_start (void)
{
  g_autoptr (GError) error = NULL;

  g_setenv ("WHYLIGHT_LOADER", WHY_BUILD_DIR "/src/loader/whylight-loader", FALSE);
  folder = g_dir_make_tmp ("test-cli-XXXXXX", &error);
  g_assert_no_error (error);
  program = g_strdup (WHY_BUILD_DIR "/src/cli/whylight-cli");
  picture = g_test_build_filename (G_TEST_DIST, "..", "data", "samples", "wardrobe-1.png", NULL);
}

void
cli_driver_finish (void)
{
  ob_remove_tree (folder);
  g_free (folder);
  g_free (program);
  g_free (picture);
}

CliRun
cli (const char *line)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) pieces = g_strsplit (line, "$P", -1);
  g_autofree char *quoted = g_shell_quote (picture);
  g_autofree char *whole = g_strjoinv (quoted, pieces);
  g_auto (GStrv) arguments = NULL;
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  CliRun run = { 0 };
  int wait_status;

  g_assert_true (*line == '\0' || g_shell_parse_argv (whole, NULL, &arguments, &error));
  g_ptr_array_add (argv, program);
  for (char **argument = arguments; argument != NULL && *argument != NULL; argument++)
    g_ptr_array_add (argv, *argument);
  g_ptr_array_add (argv, NULL);
  g_spawn_sync (folder, (char **) argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &run.out, &run.err, &wait_status,
                &error);
  g_assert_no_error (error);
  if (!WIFEXITED (wait_status))
    g_error ("whylight-cli %s died: %s", line, run.err);
  run.status = WEXITSTATUS (wait_status);
  return run;
}

CliRun
cli_fine (const char *line)
{
  CliRun run = cli (line);

  if (run.status != 0)
    g_error ("whylight-cli %s: status %d: %s", line, run.status, run.err);
  return run;
}

JsonNode *
cli_json (const char *line)
{
  g_auto (CliRun) run = cli_fine (line);
  g_autoptr (GError) error = NULL;
  JsonNode *node = json_from_string (run.out, &error);

  g_assert_no_error (error);
  return node;
}

char *
cli_path (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

void
cli_write (const char *name, gconstpointer contents, gssize length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = cli_path (name);

  g_file_set_contents (path, contents, length, &error);
  g_assert_no_error (error);
}

WhyTensor *
cli_read_npy (const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = cli_path (name);
  WhyTensor *tensor = why_npy_read (path, &error);

  g_assert_no_error (error);
  return tensor;
}
