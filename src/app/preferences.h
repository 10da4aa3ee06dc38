#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/** why_preferences_show: what is set takes effect at once */
void why_preferences_show (GtkWindow *parent, GSettings *settings);

/** why_preferences_apply: threads and memory, as the settings have them. Also called at the start. */
void why_preferences_apply (GSettings *settings);

G_END_DECLS
