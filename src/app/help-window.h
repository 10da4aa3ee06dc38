#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* The help pages (service/help.h): contents, search, links, the way back. */

#define WHY_TYPE_HELP_WINDOW (why_help_window_get_type ())
G_DECLARE_FINAL_TYPE (WhyHelpWindow, why_help_window, WHY, HELP_WINDOW, AdwWindow)

GtkWidget *why_help_window_new (void);

/** why_help_window_show_page: %FALSE where there is no such page */
gboolean why_help_window_show_page (WhyHelpWindow *self, const char *id);
const char *why_help_window_get_page (WhyHelpWindow *self);
gboolean why_help_window_go_back (WhyHelpWindow *self);
/** why_help_window_search: as if it had been typed. Returns: how many pages are listed */
guint why_help_window_search (WhyHelpWindow *self, const char *words);

G_END_DECLS
