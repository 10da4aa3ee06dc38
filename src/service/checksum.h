#pragma once

#include "base/cancel.h"

G_BEGIN_DECLS

/** why_checksum_file: Returns: (transfer full) (nullable): SHA-256 of a file's bytes, hexadecimal. Blocks; any thread. */
char *why_checksum_file (const char *path, WhyCancel *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
