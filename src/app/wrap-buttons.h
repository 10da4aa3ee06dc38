#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/** why_wrap_buttons: where there is little room the words on the buttons below @widget go on in a second line: in some languages
 *   they are long */
void why_wrap_buttons (GtkWidget *widget);

G_END_DECLS
