#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/** why_shortcuts_install: sets the accelerators of the catalogue */
void why_shortcuts_install (GtkApplication *application);

/** why_shortcuts_show: the window with all keys, made from the catalogue */
void why_shortcuts_show (GtkWindow *parent);

G_END_DECLS
