#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * why_data_file_find:
 * @kind: folder where files are installed: "samples"
 * @source_folder: the same in the source tree
 *
 * Looks under $WHYLIGHT_DATA, then, for a program run from its build folder, in the source tree, then where files are
 * installed.
 *
 * Returns: (transfer full) (nullable): %WHY_ERROR_NOT_FOUND naming the places
 */
char *why_data_file_find (const char *kind, const char *name, const char *source_folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
