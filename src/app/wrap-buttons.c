#include "config.h"

#include "wrap-buttons.h"

void
why_wrap_buttons (GtkWidget *widget)
{
  const gboolean is_button = GTK_IS_BUTTON (widget);

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      if (!GTK_IS_LABEL (child) || (!is_button && !GTK_IS_CHECK_BUTTON (widget)))
        {
          why_wrap_buttons (child);
          continue;
        }
      gtk_label_set_wrap (GTK_LABEL (child), TRUE);
      if (is_button)
        gtk_label_set_justify (GTK_LABEL (child), GTK_JUSTIFY_CENTER);
    }
}
