#include "config.h"

#include "application.h"

#include "base/environment.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <malloc.h>

/* Run from its build folder the program finds there what is not installed yet. What somebody has set
 * counts more. */
static void
use_build_folder (void)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);

  if (self == NULL || !g_str_has_prefix (self, WHY_BUILD_DIR "/"))
    return;
  g_setenv ("GSETTINGS_SCHEMA_DIR", WHY_BUILD_DIR "/data", FALSE);
  g_setenv ("WHYLIGHT_LOCALE_DIR", WHY_BUILD_DIR "/po", FALSE);
}

int
main (int argc, char **argv)
{
  why_environment_settle (argv);
  /* Pictures and tensors come and go for hours. By itself the allocator would raise this limit to 32 MB as soon as one
   * was freed, and from then on keep them in a heap that only grows. */
  mallopt (M_MMAP_THRESHOLD, 1 << 20);
  use_build_folder ();
  const char *locale_dir = g_getenv ("WHYLIGHT_LOCALE_DIR");

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, locale_dir != NULL ? locale_dir : WHY_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  g_autoptr (WhyApplication) application = why_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
