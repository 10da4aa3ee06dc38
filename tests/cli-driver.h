#pragma once

#include "base/tensor.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The command line program as scripts run it, in a folder of its own that is removed at the end. */

typedef struct
{
  char *out;
  char *err;
  int status;
} CliRun;

void cli_run_clear (CliRun *run);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliRun, cli_run_clear)

/** cli_driver_start: after g_test_init() */
void cli_driver_start (void);
void cli_driver_finish (void);

/** cli: runs it in the folder; @line is split as a shell would, $P is a picture. Fails the test if it does not exit. */
CliRun cli (const char *line);
/** cli_fine: fails the test unless the status is 0 */
CliRun cli_fine (const char *line);
/** cli_json: Returns: (transfer full): what it prints, with status 0 */
JsonNode *cli_json (const char *line);

/** cli_path: Returns: (transfer full): of a file in the folder */
char *cli_path (const char *name);
/** cli_write: @length: -1 for text */
void cli_write (const char *name, gconstpointer contents, gssize length);
WhyTensor *cli_read_npy (const char *name);

G_END_DECLS
