#include "config.h"

#include "palette.h"
#include "shortcuts.h"
#include "window-private.h"

/* What lies around the document: commands, keys, cases. */

static void
activate_palette (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gtk_window_present (GTK_WINDOW (why_palette_new (data)));
}

static void
activate_shortcuts (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  why_shortcuts_show (data);
}

static const GActionEntry entries[] = {
  { "palette", activate_palette, NULL, NULL, NULL, { 0 } },
  { "show-help-overlay", activate_shortcuts, NULL, NULL, NULL, { 0 } },
};

void
why_window_init_desk (WhyWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
}
