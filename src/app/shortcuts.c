#include "config.h"

#include "shortcuts.h"

#include "action-catalogue.h"

#include <glib/gi18n.h>

void
why_shortcuts_install (GtkApplication *application)
{
  gsize n_infos;
  const WhyActionInfo *infos = why_action_catalogue (&n_infos);

  for (gsize info = 0; info < n_infos; info++)
    {
      if (infos[info].accels[0] != NULL)
        gtk_application_set_accels_for_action (application, infos[info].action, (const char **) infos[info].accels);
    }
}

static void
add_shortcut (GString *xml, const WhyActionInfo *info)
{
  g_autoptr (GString) keys = g_string_new (info->keys);

  /* Further accelerators are other ways to type the same sign. */
  if (info->accels[0] != NULL)
    g_string_append_printf (keys, "%s%s", keys->len > 0 ? " " : "", info->accels[0]);
  g_autofree char *line =
    g_markup_printf_escaped ("<child><object class=\"GtkShortcutsShortcut\"><property name=\"title\">%s</property>"
                             "<property name=\"accelerator\">%s</property></object></child>",
                             why_action_info_title (info), keys->str);
  g_string_append (xml, line);
}

static void
add_group (GString *xml, WhyActionsGroup group)
{
  gsize n_infos;
  const WhyActionInfo *infos = why_action_catalogue (&n_infos);
  g_autoptr (GString) rows = g_string_new (NULL);

  for (gsize info = 0; info < n_infos; info++)
    {
      if (infos[info].group == group && (infos[info].accels[0] != NULL || infos[info].keys != NULL))
        add_shortcut (rows, &infos[info]);
    }
  if (rows->len == 0)
    return;
  g_autofree char *head = g_markup_printf_escaped (
    "<child><object class=\"GtkShortcutsGroup\"><property name=\"title\">%s</property>", why_actions_group_title (group));
  g_string_append_printf (xml, "%s%s</object></child>", head, rows->str);
}

/* Sections take their groups from a builder only. */
void
why_shortcuts_show (GtkWindow *parent)
{
  g_autoptr (GString) xml = g_string_new (
    "<interface><object class=\"GtkShortcutsWindow\" id=\"shortcuts\"><property name=\"modal\">true</property><child>"
    "<object class=\"GtkShortcutsSection\"><property name=\"section-name\">shortcuts</property>"
    "<property name=\"max-height\">14</property>");

  for (int group = 0; group < WHY_N_ACTIONS_GROUPS; group++)
    add_group (xml, group);
  g_string_append (xml, "</object></child></object></interface>");
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_string (xml->str, (gssize) xml->len);
  GtkWindow *window = GTK_WINDOW (gtk_builder_get_object (builder, "shortcuts"));
  gtk_window_set_transient_for (window, parent);
  gtk_window_present (window);
}
