#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a file is, so that one Open takes everything. The first bytes decide; only where they say nothing that is
 * known the name does, so that a damaged picture is reported as a picture. */

typedef enum
{
  WHY_FILE_OTHER, /* a model that does not look like one, or nothing that can be opened */
  WHY_FILE_PICTURE,
  WHY_FILE_VOLUME,
  WHY_FILE_MODEL,
  WHY_FILE_SESSION,
  WHY_FILE_LABELS,
  WHY_FILE_FOLDER,
} WhyFileKind;

/** why_file_kind_of: reads a few bytes, never from a pipe or a device; blocks that long; any thread */
WhyFileKind why_file_kind_of (const char *path);

/** why_file_kind_from: the same of bytes that are there. @path: only its name is looked at */
WhyFileKind why_file_kind_from (const char *path, const guint8 *bytes, gsize n_bytes);

/** why_file_kind_is_shown: pictures and volumes: what can be a case */
gboolean why_file_kind_is_shown (WhyFileKind kind);

G_END_DECLS
