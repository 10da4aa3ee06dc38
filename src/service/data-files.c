#include "config.h"

#include "data-files.h"

#include "base/error.h"

/* Whether this program lies in the build folder, and so shall not show what an older version installed. */
static gboolean
runs_from_build_folder (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  return program != NULL && g_str_has_prefix (program, WHY_BUILD_DIR G_DIR_SEPARATOR_S);
}

char *
why_data_file_find (const char *kind, const char *name, const char *source_folder, GError **error)
{
  const char *data = g_getenv ("WHYLIGHT_DATA");
  const gboolean from_build = runs_from_build_folder ();
  g_autofree char *given = data != NULL && *data != '\0' ? g_build_filename (data, kind, name, NULL) : NULL;
  g_autofree char *installed = g_build_filename (WHY_PKGDATA_DIR, kind, name, NULL);
  g_autofree char *source = g_build_filename (WHY_SOURCE_DIR, source_folder, name, NULL);
  const char *places[] = { given, from_build ? source : installed, from_build ? installed : source };
  g_autoptr (GString) looked = g_string_new (NULL);

  for (gsize place = 0; place < G_N_ELEMENTS (places); place++)
    {
      if (places[place] == NULL)
        continue;
      if (g_file_test (places[place], G_FILE_TEST_IS_REGULAR))
        return g_strdup (places[place]);
      g_string_append_printf (looked, "%s%s", looked->len > 0 ? ", " : "", places[place]);
    }
  g_set_error (error, WHY_ERROR, WHY_ERROR_NOT_FOUND, "%s is not installed; looked for it at %s", name, looked->str);
  return NULL;
}
