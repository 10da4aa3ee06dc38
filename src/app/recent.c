#include "config.h"

#include "recent.h"

#include <glib/gi18n.h>

static const char *
group_of (WhyFileKind kind)
{
  return kind == WHY_FILE_MODEL ? "whylight-model" : kind == WHY_FILE_SESSION ? "whylight-session" : "whylight-picture";
}

/* Enough for the longest name of a group and the byte that it may be moved by. */
#define GROUP_SPACE 32

void
why_recent_add (const char *path, WhyFileKind kind)
{
  g_autofree char *full = g_canonicalize_filename (path, NULL);
  g_autofree char *uri = g_filename_to_uri (full, NULL, NULL);
  char space[GROUP_SPACE];
  /* GTK 4.8 takes the first byte of the array of groups, which is one of an address, for the first letter of a name, and
   * leaves all groups out where it is 0 (gtk_recent_manager_add_full()): so the name lies where it is not. */
  char *group = ((guintptr) space & 0xff) != 0 ? space : space + 1;
  char *groups[] = { group, NULL };
  GtkRecentData data = {
    .mime_type = (char *) (kind == WHY_FILE_MODEL     ? "application/x-onnx"
                           : kind == WHY_FILE_SESSION ? "application/json"
                                                      : "application/octet-stream"),
    .app_name = (char *) "Whylight",
    .app_exec = (char *) "whylight %f",
    .groups = groups,
  };

  g_strlcpy (group, group_of (kind), GROUP_SPACE - 1);
  if (uri != NULL)
    gtk_recent_manager_add_full (gtk_recent_manager_get_default (), uri, &data);
}

static gint
compare_infos (gconstpointer first, gconstpointer second)
{
  GtkRecentInfo *a = *(GtkRecentInfo *const *) first;
  GtkRecentInfo *b = *(GtkRecentInfo *const *) second;

  return g_date_time_compare (gtk_recent_info_get_modified (b), gtk_recent_info_get_modified (a));
}

char **
why_recent_list (WhyFileKind kind)
{
  GList *all = gtk_recent_manager_get_items (gtk_recent_manager_get_default ());
  g_autoptr (GPtrArray) infos = g_ptr_array_new ();
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint n_kept = 0;

  for (GList *link = all; link != NULL; link = link->next)
    {
      if (gtk_recent_info_has_group (link->data, group_of (kind)) && gtk_recent_info_is_local (link->data))
        g_ptr_array_add (infos, link->data);
    }
  g_ptr_array_sort (infos, compare_infos);
  for (guint index = 0; index < infos->len && n_kept < WHY_RECENT_MAX; index++)
    {
      g_autofree char *path =
        g_filename_from_uri (gtk_recent_info_get_uri (g_ptr_array_index (infos, index)), NULL, NULL);
      if (path == NULL || !g_file_test (path, G_FILE_TEST_IS_REGULAR))
        continue;
      g_strv_builder_add (builder, path);
      n_kept++;
    }
  g_list_free_full (all, (GDestroyNotify) gtk_recent_info_unref);
  return g_strv_builder_end (builder);
}

/* Underlines in names are no mnemonics. Two files of one name are told apart by their folders. */
static char *
make_label (char **paths, gsize index)
{
  g_autofree char *name = g_filename_display_basename (paths[index]);
  gboolean twice = FALSE;

  for (gsize other = 0; paths[other] != NULL; other++)
    {
      g_autofree char *other_name = g_filename_display_basename (paths[other]);
      twice = twice || (other != index && strcmp (name, other_name) == 0);
    }
  g_autofree char *folder = g_path_get_dirname (paths[index]);
  g_autofree char *folder_name = g_filename_display_basename (folder);
  g_autoptr (GString) label = g_string_new (name);
  if (twice)
    g_string_append_printf (label, " (%s)", folder_name);
  g_string_replace (label, "_", "__", 0);
  return g_strdup (label->str);
}

static void
add_section (GMenu *menu, const char *title, WhyFileKind kind)
{
  g_auto (GStrv) paths = why_recent_list (kind);
  g_autoptr (GMenu) section = g_menu_new ();

  for (gsize index = 0; paths[index] != NULL; index++)
    {
      const char *one[] = { paths[index], NULL };
      if (!g_utf8_validate (paths[index], -1, NULL))
        continue;
      g_autofree char *label = make_label (paths, index);
      g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);
      g_menu_item_set_action_and_target_value (item, "app.open", g_variant_new_strv (one, 1));
      g_menu_append_item (section, item);
    }
  if (g_menu_model_get_n_items (G_MENU_MODEL (section)) > 0)
    g_menu_append_section (menu, title, G_MENU_MODEL (section));
}

void
why_recent_fill_menu (GMenu *menu)
{
  g_return_if_fail (G_IS_MENU (menu));

  g_menu_remove_all (menu);
  add_section (menu, _("Recent Pictures"), WHY_FILE_PICTURE);
  add_section (menu, _("Recent Models"), WHY_FILE_MODEL);
  add_section (menu, _("Recent Sessions"), WHY_FILE_SESSION);
}
