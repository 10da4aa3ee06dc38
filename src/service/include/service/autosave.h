#pragma once

#include "service/document.h"

G_BEGIN_DECLS

/* What is open, kept so that a crash loses nothing: for each process a folder of its own in the user's state folder, with a
 * session file for each document and a lock that the system gives back when the process ends, however it ends. A folder
 * whose lock is free belongs to a process that did not clean up after itself: it crashed. */

/**
 * WhyAutosave:
 *
 * Writes a document's session a few seconds after it changed, in the background, without being asked and without being
 * seen; nothing is written for a document that is empty. Main thread only; the last reference removes the file.
 */
#define WHY_TYPE_AUTOSAVE (why_autosave_get_type ())
G_DECLARE_FINAL_TYPE (WhyAutosave, why_autosave, WHY, AUTOSAVE, GObject)

typedef struct _WhyAutosaveFolder WhyAutosaveFolder;

/**
 * why_autosave_folder_new:
 * @state_folder: where folders of all processes are, usually why_autosave_get_default_folder()
 *
 * Returns: (transfer full) (nullable): this process's own, locked; %NULL with an error if none can be made
 */
WhyAutosaveFolder *why_autosave_folder_new (const char *state_folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/** why_autosave_folder_free: removes it with all that is in it: the clean end */
void why_autosave_folder_free (WhyAutosaveFolder *folder);

/** why_autosave_get_default_folder: Returns: (transfer full) */
char *why_autosave_get_default_folder (void) G_GNUC_WARN_UNUSED_RESULT;

/**
 * why_autosave_folder_find_lost:
 *
 * Takes over what processes that have crashed had open: it is this process's from now on, and goes with it.
 *
 * Returns: (transfer full) (array zero-terminated): session files; empty if nothing was lost
 */
char **why_autosave_folder_find_lost (WhyAutosaveFolder *folder) G_GNUC_WARN_UNUSED_RESULT;

/** why_autosave_folder_forget_lost: removes what find_lost() found */
void why_autosave_folder_forget_lost (WhyAutosaveFolder *folder);

/**
 * why_autosave_new:
 * @folder: must live longer
 * @delay_ms: from a change to the writing of it
 */
WhyAutosave *why_autosave_new (WhyAutosaveFolder *folder, WhyDocument *document, guint delay_ms) G_GNUC_WARN_UNUSED_RESULT;

/** why_autosave_get_path: of the file, whether it is there already or not */
const char *why_autosave_get_path (WhyAutosave *self);
/** why_autosave_is_settled: nothing waits to be written */
gboolean why_autosave_is_settled (WhyAutosave *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhyAutosaveFolder, why_autosave_folder_free)

G_END_DECLS
