#pragma once

#include "service/file-kind.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What was open lately, kept where the desktop keeps it. */

#define WHY_RECENT_MAX 6

/** why_recent_add: @kind: pictures and volumes, models, or sessions */
void why_recent_add (const char *path, WhyFileKind kind);

/** why_recent_list: Returns: (transfer full) (array zero-terminated): paths that are still there, the latest first */
char **why_recent_list (WhyFileKind kind) G_GNUC_WARN_UNUSED_RESULT;

/** why_recent_fill_menu: @menu: becomes sections of pictures, models and sessions, at most %WHY_RECENT_MAX each; empty if nothing
 *   was open; items call app.open */
void why_recent_fill_menu (GMenu *menu);

G_END_DECLS
