#pragma once

#include "service/document.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The window: one document, canvas, inspector, bottom line. Everything a person can do is an action
 * of the window or of the application (window-actions.c). */

#define WHY_TYPE_WINDOW (why_window_get_type ())
G_DECLARE_FINAL_TYPE (WhyWindow, why_window, WHY, WINDOW, AdwApplicationWindow)

GtkWidget *why_window_new (AdwApplication *application, WhyRunner *runner);

WhyDocument *why_window_get_document (WhyWindow *self);

/** why_window_open: pictures and models, in any order; their content decides. Of several of a kind the last counts. */
void why_window_open (WhyWindow *self, const char *const *paths);

/** why_window_keep: keeps what is open for after a crash. @folder: (nullable): %NULL: no more; must live longer */
struct _WhyAutosaveFolder;
void why_window_keep (WhyWindow *self, struct _WhyAutosaveFolder *folder);

/** why_window_offer_restore: asks whether what was open before a crash shall be open again */
void why_window_offer_restore (WhyWindow *self, gboolean offer);

/** why_window_show_sample: @id: (nullable): %NULL: the first */
void why_window_show_sample (WhyWindow *self, const char *id);

/** why_window_is_idle: nothing loads, runs or waits to be drawn */
gboolean why_window_is_idle (WhyWindow *self);

/** why_window_dup_state: Returns: (transfer full): the document's state and that of the window, one line of JSON */
char *why_window_dup_state (WhyWindow *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
