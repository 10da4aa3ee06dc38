#include "config.h"

#include "recent.h"

static const char *
group_of (WhyFileKind kind)
{
  return kind == WHY_FILE_MODEL ? "whylight-model" : kind == WHY_FILE_SESSION ? "whylight-session" : "whylight-picture";
}

void
why_recent_add (const char *path, WhyFileKind kind)
{
  g_autofree char *full = g_canonicalize_filename (path, NULL);
  g_autofree char *uri = g_filename_to_uri (full, NULL, NULL);
  char *groups[] = { (char *) group_of (kind), NULL };
  GtkRecentData data = {
    .mime_type = (char *) (kind == WHY_FILE_MODEL     ? "application/x-onnx"
                           : kind == WHY_FILE_SESSION ? "application/json"
                                                      : "application/octet-stream"),
    .app_name = (char *) "Whylight",
    .app_exec = (char *) "whylight %f",
    .groups = groups,
  };

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
